"""The stub behind `vllm.LLM`: refuses what the engine refuses and answers with text made of the prompt."""

import json
import sys
import zlib
from pathlib import Path

from engine_stub import flags, lora, models, notes
from engine_stub.texts import example, text_of, text_of_tokens, tokens_of, words
from vllm.exceptions import VLLMValidationError
from vllm.lengths import max_model_len
from vllm.outputs import CompletionOutput, RequestOutput
from vllm.v1.engine.exceptions import EngineDeadError

VOCABULARY = 100_000
# Keys of generation_config.json that vLLM takes as sampling defaults -> its own names.
DEFAULTS = {"max_new_tokens": "max_tokens"} | {
    name: name
    for name in ("repetition_penalty", "presence_penalty", "frequency_penalty", "temperature", "top_k", "top_p",
                 "min_p", "skip_special_tokens")
}  # fmt: skip
TYPES = {"object", "array", "string", "integer", "number", "boolean", "null"}  # of JSON schemas
UNABLE = ("regex", "grammar", "structural_tag")  # constraints that need a real sampler
DEAD = "EngineCore encountered an issue. (a fault that the rehearsal injected)"


class Engine:
    """`max_model_len` in tokens, `defaults` of sampling, `eos_token_id` of the tokenizer.

    Raises ValueError for a model or length that the engine would not start with.
    """

    def __init__(self, argv: list[str], unsupported: list[str], chat_template: str | None, table: flags.Table):
        parsed = flags.parse(argv, table)

        def last(flag: str) -> str | None:
            return next(iter(parsed.values(flag)), None)

        try:
            folder, config = models.resolve(last("--model"), last("--revision"), last("--download-dir"))
            overridden = bool(last("--hf-overrides"))
            self.max_model_len = max_model_len(last("--max-model-len"), config, overridden)
        except models.StartError as error:
            raise ValueError(str(error).removeprefix("ValueError: ")) from None
        self.defaults = _defaults(folder, last("--generation-config"), last("--override-generation-config"))
        self.eos_token_id = 0
        self.dead = False
        self.waiting: dict[str, RequestOutput] = {}
        self.asleep: set[str] = set()
        print(
            f"INFO: stub of vLLM {table.version} for batches, {self.max_model_len} tokens", file=sys.stderr, flush=True
        )

    def add(self, number: str, kind: str, request: dict, options: dict) -> None:
        """Queue one prompt, or raise the engine's error."""
        if self.dead:
            raise EngineDeadError(DEAD)
        params, prompt, adapter = request["params"], request["prompt"], request["lora_request"]
        if adapter is not None:
            try:
                lora.check(adapter.lora_name, adapter.lora_path)
            except models.StartError as error:
                raise ValueError(str(error).removeprefix("ValueError: ")) from None
        if kind == "chat":
            text, question = _conversation(prompt, options.get("tools"))
        else:
            text = question = _prompt(prompt)
        read = tokens_of(text)
        if not read:
            raise VLLMValidationError("The decoder prompt cannot be empty")
        if len(read) > self.max_model_len:
            raise VLLMValidationError(
                f"This model's maximum context length is {self.max_model_len} tokens, but the prompt contains "
                f"{len(read)} input tokens. Please reduce the length of the input prompt.",
                parameter="input_tokens", value=len(read),
            )  # fmt: skip
        if len(read) == self.max_model_len:
            raise VLLMValidationError(f"The decoder prompt (length {len(read)}) leaves no token for an answer.")
        available = self.max_model_len - len(read)
        pieces, reason, stop = _answer(params, question, min(params.max_tokens or available, available))
        outputs = [
            CompletionOutput(at, "".join(pieces), [zlib.crc32(piece.encode()) % VOCABULARY for piece in pieces],
                             finish_reason=reason, stop_reason=stop, lora_request=request["lora_request"])
            for at in range(params.n)
        ]  # fmt: skip
        self.waiting[number] = RequestOutput(number, text, read, outputs, lora_request=request["lora_request"])

    def forget(self, numbers: list[str]) -> None:
        for number in numbers:
            self.waiting.pop(number, None)

    def wait(self) -> list[RequestOutput]:
        """The answers to all waiting requests, in their order."""
        self.dead = self.dead or (bool(self.waiting) and notes.triggered("engine-crash-mid-stream"))
        if self.dead:
            raise EngineDeadError(DEAD)
        answers, self.waiting = list(self.waiting.values()), {}
        return answers

    def tokenizer(self, method: str, arguments: dict) -> object:
        """The stub's tokenizer: a token for a few bytes, and a chat template of roles and lines."""
        if method == "decode":
            return text_of_tokens(arguments["token_ids"])
        if method == "encode":
            return tokens_of(arguments["text"])
        several = bool(arguments["conversation"]) and isinstance(arguments["conversation"][0], list)
        conversations = arguments["conversation"] if several else [arguments["conversation"]]
        texts = [_conversation(messages, arguments.get("tools"))[0] for messages in conversations]
        results = [tokens_of(text) for text in texts] if arguments.get("tokenize", True) else texts
        return results if several else results[0]

    def call(self, name: str, arguments: dict) -> object:
        if name == "sleep":
            self.asleep = {"weights", "kv_cache"}
        if name == "wake_up":
            self.asleep -= set(arguments["tags"] or ("weights", "kv_cache"))
        return not self.asleep


def _defaults(folder: str, source: str | None, override: str | None) -> dict:
    """Sampling defaults of the model's generation_config.json, unless the flags override it."""
    path = Path(folder if source in (None, "auto") else source) / "generation_config.json"
    try:
        config = {} if source == "vllm" else json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        config = {}
    config |= json.loads(override or "{}")
    return {ours: config[theirs] for theirs, ours in DEFAULTS.items() if config.get(theirs) is not None}


def _conversation(messages: list, tools: list | None) -> tuple[str, str]:
    """The conversation as text, and its last message."""
    if not messages:
        raise VLLMValidationError("Cannot apply chat template to an empty conversation. Provide at least one message.")
    read = []
    for message in messages:
        if not isinstance(message, dict):
            raise TypeError(f"a message must be a dictionary, not {type(message).__name__}")
        read.append(f"{message['role']}\n{text_of(message)}\n")
    return "".join(read) + (json.dumps(tools) if tools else ""), text_of(messages[-1])


def _prompt(prompt: object) -> str:
    if isinstance(prompt, dict) and "prompt_token_ids" in prompt:
        return text_of_tokens(prompt["prompt_token_ids"])
    text = prompt.get("prompt") if isinstance(prompt, dict) else prompt
    if not isinstance(text, str):
        raise TypeError(
            f"Prompt should be a string or a dictionary with prompt or prompt_token_ids, not {prompt!r}"[:200]
        )
    return text


def _schema(source: dict | str) -> dict:
    try:
        schema = json.loads(source) if isinstance(source, str) else source
    except ValueError as error:
        raise VLLMValidationError(f"Invalid JSON grammar specification: {error}") from None
    kind = schema.get("type", "object") if isinstance(schema, dict) else None
    if not set(kind if isinstance(kind, list) else [kind]) <= TYPES:
        raise VLLMValidationError(f"Grammar error: Invalid type: {kind}")
    return schema


def _answer(params, question: str, limit: int) -> tuple[list[str], str, str | None]:
    """The answer's tokens, the finish reason, and the stop string if one ended it."""
    form = params.structured_outputs
    if form is not None and form.json is not None:
        pieces = words(json.dumps(example(_schema(form.json))))
    elif form is not None and form.choice:
        pieces = [form.choice[0]]
    elif form is not None and form.json_object:
        pieces = words(json.dumps({"answer": " ".join(question.split())}))
    else:
        if form is not None:
            kind = next(name for name in UNABLE if getattr(form, name) is not None)
            notes.note("left_out", f"structured outputs by {kind}: the stub engine has no sampler to enforce them")
        pieces = words(f"This is the stub engine, which has no model. You said: {' '.join(question.split())}")
    text = "".join(pieces)
    for stop in params.stop:
        if stop in text:
            beginning = text[: text.index(stop) + (len(stop) if params.include_stop_str_in_output else 0)]
            return words(beginning)[:limit] if beginning else [], "stop", stop
    return pieces[:limit], "length" if len(pieces) > limit else "stop", None
