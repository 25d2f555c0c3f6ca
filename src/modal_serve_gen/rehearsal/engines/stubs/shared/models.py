"""Where the engine would find the model: a local folder, or a repository id by way of the Hub's cache layout."""

import json
import os
import re
import urllib.error
import urllib.request
from pathlib import Path

REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
COMMIT = re.compile(r"[0-9a-f]{40}")


class Missing(Exception):
    """The model cannot be found; the text is what the engine would say last."""


def resolve(model: str, revision: str | None, download_dir: str | None) -> tuple[str, dict]:
    """The model's folder (or id, where only the Hub has it) and its configuration. Raises Missing."""
    folder = Path(model)
    if folder.is_dir():
        return str(folder), _config(folder, model)
    if not REPOSITORY.fullmatch(model):
        raise Missing(f"ValueError: Invalid repository ID or local directory specified: '{model}'. No such folder.")
    cache = Path(download_dir or os.environ.get("HF_HUB_CACHE") or _home() / "hub")
    stored = cache / f"models--{model.replace('/', '--')}"
    commit = revision or "main"
    if not COMMIT.fullmatch(commit) and (stored / "refs" / commit).is_file():
        commit = (stored / "refs" / commit).read_text(encoding="utf-8").strip()
    if (stored / "snapshots" / commit).is_dir():
        return str(stored / "snapshots" / commit), _config(stored / "snapshots" / commit, model)
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE"):
        raise Missing(
            f"LocalEntryNotFoundError: '{model}' at revision {revision or 'main'} is not in the cache {cache}, "
            "and HF_HUB_OFFLINE forbids asking the Hub."
        )
    return model, _ask_hub(model, revision or "main")


def adapter(given: str, most_rank: int) -> tuple[str, str]:
    """The name and the folder of one --lora-modules value. Raises Missing when the engine could not load it."""
    name, equals, path = given.partition("=")
    if not equals:
        row = json.loads(given)
        name, path = row.get("name"), row.get("path")
    if not path.startswith("/"):
        return name, path  # of the Hub, or of the folder that the engine runs in
    try:
        config = json.loads((Path(path) / "adapter_config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        told = f"Loading lora {name} failed: No adapter found for {path}"
        raise Missing(f"ValueError: {told}") from None
    if config.get("r", 0) > most_rank:
        raise Missing(f"ValueError: LoRA rank {config['r']} is greater than max_lora_rank {most_rank}.")
    return name, path


def _home() -> Path:
    return Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface")


def _config(folder: Path, model: str) -> dict:
    try:
        return json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise Missing(
            f"ValueError: Invalid repository ID or local directory specified: '{model}'. "
            f"Its config.json cannot be read ({type(fault).__name__})."
        ) from None


def _ask_hub(model: str, revision: str) -> dict:
    endpoint = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
    request = urllib.request.Request(f"{endpoint}/{model}/resolve/{revision}/config.json")
    if token := os.environ.get("HF_TOKEN"):
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as answer:
        raise Missing(f"OSError: the Hub answers {answer.code} for '{model}' at revision {revision}.") from None
    except (OSError, ValueError) as fault:
        raise Missing(f"OSError: the Hub cannot be asked for '{model}' ({type(fault).__name__}).") from None
