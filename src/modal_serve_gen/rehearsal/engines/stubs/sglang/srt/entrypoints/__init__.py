"""As in SGLang: its servers."""
