"""The errors of vLLM that a caller of `vllm.LLM` meets, with its names, places and bases: none is a ValueError."""


class VLLMError(Exception):
    """The base of all."""


class VLLMClientError(VLLMError):
    """What was asked is wrong."""


class VLLMServerError(VLLMError):
    """What answers is at fault."""


class VLLMValidationError(VLLMClientError):
    """A parameter or a prompt that the engine refuses."""

    def __init__(self, message: str, *, parameter: str | None = None, value: object = None):
        super().__init__(message)
        self.parameter, self.value = parameter, value

    def __str__(self) -> str:
        more = {"parameter": self.parameter, "value": self.value}
        told = ", ".join(f"{name}={given}" for name, given in more.items() if given is not None)
        return f"{super().__str__()} ({told})" if told else super().__str__()


class VLLMNotFoundError(VLLMClientError):
    """Something that is named is not there."""


class GenerationError(VLLMServerError):
    """One request failed inside the engine."""
