"""A model id becomes a Model: from the bundled facts, else from the Hugging Face Hub (the only network here)."""

from collections.abc import Callable

from .model import Model


def resolve(
    model_id: str,
    revision: str | None = None,
    *,
    engine: str,
    engine_version: str | None = None,
    offline: bool = False,
    token: str | None = None,
    say: Callable[[str], None] | None = None,
) -> Model:
    """The model at that revision (default: the bundled one, else the branch `main` of now).

    Raises ModelRefused when it cannot be found, read or served by `engine`. `say` is told what is waited for.
    """
    raise NotImplementedError
