"""As in SGLang: its runtime."""
