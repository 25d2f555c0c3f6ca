"""What a dead engine is told by."""

from vllm.exceptions import VLLMServerError


class EngineDeadError(VLLMServerError):
    """The engine's process is gone: no further call can succeed."""
