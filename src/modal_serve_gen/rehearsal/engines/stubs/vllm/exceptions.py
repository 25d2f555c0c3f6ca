"""The errors that `vllm.LLM` raises, with vLLM's names, modules and bases: none is a ValueError."""


class VLLMError(Exception):
    """Base of all errors."""


class VLLMClientError(VLLMError):
    """The request is wrong."""


class VLLMServerError(VLLMError):
    """The engine is at fault."""


class VLLMValidationError(VLLMClientError):
    """The engine refuses a parameter or a prompt."""

    def __init__(self, message: str, *, parameter: str | None = None, value: object = None):
        super().__init__(message)
        self.parameter, self.value = parameter, value

    def __str__(self) -> str:
        details = {"parameter": self.parameter, "value": self.value}
        text = ", ".join(f"{name}={detail}" for name, detail in details.items() if detail is not None)
        return f"{super().__str__()} ({text})" if text else super().__str__()


class VLLMNotFoundError(VLLMClientError):
    """A requested object does not exist."""


class GenerationError(VLLMServerError):
    """One request failed inside the engine."""
