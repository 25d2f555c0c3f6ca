"""Engines and models: the real engines on the CPU, the stubs that containers import, and miniatures."""
