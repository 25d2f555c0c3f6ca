"""As in SGLang: its benchmarks."""
