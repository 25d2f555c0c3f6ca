"""As in vLLM: its core."""
