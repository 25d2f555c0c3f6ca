"""The folder in which vLLM has its OpenAI-compatible server."""
