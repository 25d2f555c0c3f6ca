"""Engines and models: the real engines on the CPU, the stand-ins that the containers find, and miniatures."""
