"""As in vLLM: adapters."""
