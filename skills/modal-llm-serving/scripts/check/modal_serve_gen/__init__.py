"""From "serve this open-weight LLM on Modal" to one file that its owner can read, trust, run and keep."""
