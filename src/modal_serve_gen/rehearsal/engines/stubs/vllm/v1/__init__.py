"""As in vLLM: the engine."""
