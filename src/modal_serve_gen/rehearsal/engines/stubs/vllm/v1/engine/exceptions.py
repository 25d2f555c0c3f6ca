"""The error of a dead engine."""

from vllm.exceptions import VLLMServerError


class EngineDeadError(VLLMServerError):
    """The engine's process has ended: no further call can succeed."""
