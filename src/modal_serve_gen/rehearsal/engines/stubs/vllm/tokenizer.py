"""What `LLM.get_tokenizer()` gives in a rehearsed container: the methods of a tokenizer that batches use.

The real one is in the engine's process, and is asked there; the stub counts a few bytes as one token, as it does
everywhere.
"""

from collections.abc import Callable


class Tokenizer:
    """`ask(method, arguments)` answers as the engine's own tokenizer would, in plain lists and texts."""

    def __init__(self, ask: Callable[[str, dict], object], eos_token_id: int | None):
        self._ask, self.eos_token_id = ask, eos_token_id

    def encode(self, text: str, **options) -> list[int]:
        return self._ask("encode", {"text": text, **options})

    def decode(self, token_ids, **options) -> str:
        ids = [token_ids] if isinstance(token_ids, int) else [int(each) for each in token_ids]
        return self._ask("decode", {"token_ids": ids, **options})

    def apply_chat_template(self, conversation: list, **options):
        """The conversation as text, or, unless tokenize=False, as token ids; several give a list of them."""
        return self._ask("apply_chat_template", {"conversation": conversation, **options})

    def __call__(self, text, **options) -> dict[str, list]:
        several = not isinstance(text, str)
        ids = [self.encode(each, **options) for each in (text if several else [text])]
        masks = [[1] * len(each) for each in ids]
        return {"input_ids": ids if several else ids[0], "attention_mask": masks if several else masks[0]}

    def __getattr__(self, name: str):
        raise AttributeError(f"The rehearsal's stub of the tokenizer of vllm.LLM has no {name}.")
