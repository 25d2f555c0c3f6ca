"""The result of `LLM.get_tokenizer()` in a rehearsed container: the methods of a tokenizer that batches use.

The real tokenizer is in the engine's process and is called there; the stub counts a few bytes as one token.
"""

from collections.abc import Callable


class Tokenizer:
    """`call(method, arguments)` returns what the engine's own tokenizer does, in plain lists and strings."""

    def __init__(self, call: Callable[[str, dict], object], eos_token_id: int | None):
        self._call, self.eos_token_id = call, eos_token_id

    def encode(self, text: str, **options) -> list[int]:
        return self._call("encode", {"text": text, **options})

    def decode(self, token_ids, **options) -> str:
        ids = [token_ids] if isinstance(token_ids, int) else [int(token) for token in token_ids]
        return self._call("decode", {"token_ids": ids, **options})

    def apply_chat_template(self, conversation: list, **options):
        """The conversation as token ids, or as text with tokenize=False; a list for several conversations."""
        return self._call("apply_chat_template", {"conversation": conversation, **options})

    def __call__(self, text, **options) -> dict[str, list]:
        several = not isinstance(text, str)
        ids = [self.encode(item, **options) for item in (text if several else [text])]
        masks = [[1] * len(tokens) for tokens in ids]
        return {"input_ids": ids if several else ids[0], "attention_mask": masks if several else masks[0]}

    def __getattr__(self, name: str):
        raise AttributeError(f"The rehearsal's stub of the tokenizer of vllm.LLM has no {name}.")
