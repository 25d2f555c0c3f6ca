"""Find the model as the engine would: a local folder, or a repository id through the Hub's cache layout."""

import json
import os
import re
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
COMMIT = re.compile(r"[0-9a-f]{40}")


class StartError(Exception):
    """The engine would not start; the text is its error message."""


def resolve(model: str, revision: str | None, download_dir: str | None) -> tuple[str, dict[str, Any]]:
    """The model's folder (its id if only the Hub has it) and its configuration. Raises StartError."""
    folder = Path(model)
    if folder.is_dir():
        return str(folder), _config(folder, model)
    if not REPOSITORY.fullmatch(model):
        raise StartError(f"ValueError: Invalid repository ID or local directory specified: '{model}'. No such folder.")
    home = Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface")
    cache = Path(download_dir or os.environ.get("HF_HUB_CACHE") or home / "hub")
    stored = cache / f"models--{model.replace('/', '--')}"
    commit = revision or "main"
    if not COMMIT.fullmatch(commit) and (stored / "refs" / commit).is_file():
        commit = (stored / "refs" / commit).read_text(encoding="utf-8").strip()
    if (stored / "snapshots" / commit).is_dir():
        return str(stored / "snapshots" / commit), _config(stored / "snapshots" / commit, model)
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE"):
        raise StartError(
            f"LocalEntryNotFoundError: '{model}' at revision {revision or 'main'} is not in the cache {cache}, "
            "and HF_HUB_OFFLINE forbids downloading it."
        )
    return model, _download_config(model, revision or "main")


def text_config(config: dict[str, Any]) -> dict[str, Any]:
    """The language model's part of a configuration."""
    return next((config[key] for key in ("text_config", "llm_config", "language_config") if key in config), config)


def _config(folder: Path, model: str) -> dict[str, Any]:
    try:
        return json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StartError(
            f"ValueError: Invalid repository ID or local directory specified: '{model}'. "
            f"Its config.json cannot be read ({type(error).__name__})."
        ) from None


def _download_config(model: str, revision: str) -> dict[str, Any]:
    endpoint = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
    request = urllib.request.Request(f"{endpoint}/{model}/resolve/{revision}/config.json")
    if token := os.environ.get("HF_TOKEN"):
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        raise StartError(f"OSError: the Hub answers {error.code} for '{model}' at revision {revision}.") from None
    except (OSError, ValueError) as error:
        raise StartError(f"OSError: '{model}' cannot be read from the Hub ({type(error).__name__}).") from None
