"""For interpreters that are given this folder in PYTHONPATH, such as the engine's: it comes before any other's."""

import rehearsal_shim  # noqa: F401
