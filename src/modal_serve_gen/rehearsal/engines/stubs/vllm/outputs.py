"""The results of `vllm.LLM`."""

from dataclasses import dataclass, field


@dataclass
class CompletionOutput:
    """One answer to a prompt. `finish_reason`: stop, length, abort, error or repetition."""

    index: int
    text: str
    token_ids: list[int]
    cumulative_logprob: float | None = None
    logprobs: list | None = None
    finish_reason: str | None = None
    stop_reason: int | str | None = None
    lora_request: object = None

    def finished(self) -> bool:
        return self.finish_reason is not None


@dataclass
class RequestOutput:
    """All answers to one prompt."""

    request_id: str
    prompt: str | None
    prompt_token_ids: list[int]
    outputs: list[CompletionOutput]
    prompt_logprobs: list | None = None
    finished: bool = True
    metrics: object = None
    lora_request: object = None
    num_cached_tokens: int | None = 0
    encoder_prompt: str | None = None
    encoder_prompt_token_ids: list[int] | None = None
    kv_transfer_params: dict | None = field(default=None, repr=False)
