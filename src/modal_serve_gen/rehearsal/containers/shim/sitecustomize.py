"""For interpreters with this folder in PYTHONPATH, such as the engine's: it takes precedence over any other."""

import rehearsal_shim  # noqa: F401
