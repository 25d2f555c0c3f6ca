"""Folders: templates and skills, in the installed package or the checkout, and the user's cache."""

import os
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
FACTS = PACKAGE / "facts"


def shipped(name: str) -> Path:
    """The folder `templates` or `skills`: inside the installed package, otherwise at the top of the checkout."""
    inside = PACKAGE / name
    return inside if inside.is_dir() else PACKAGE.parent.parent / name


def cache() -> Path:
    """The user's cache folder for engine environments and miniatures; not created here.

    `MODAL_SERVE_GEN_CACHE` overrides the platform's default.
    """
    if override := os.environ.get("MODAL_SERVE_GEN_CACHE"):
        return Path(override).expanduser().resolve()
    if sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "modal-serve-gen"
