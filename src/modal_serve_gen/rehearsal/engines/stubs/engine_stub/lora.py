"""LoRA adapters that an app gives to its engine, and the miniatures that replace them for the real engine on the CPU.

An adapter fits the shapes of its base model, so no real one fits a miniature. Whatever the app passes, a folder or a
repository, is looked for as the engine does, and a miniature for the served model is made in its place.
"""

import json
import os
import re
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

from engine_stub import adapters, models
from engine_stub.notes import note

CONFIG = "adapter_config.json"
SAFETENSORS = re.compile(r".*\.safetensors")


def parse(value: str) -> tuple[str, str]:
    """Name and path of one adapter: `NAME=PATH`, an object of JSON, or a path alone, which is its own name."""
    if value.lstrip().startswith("{"):
        entry = json.loads(value)
        return str(entry.get("name") or entry.get("lora_name")), str(entry.get("path") or entry.get("lora_path") or "")
    name, equals, path = value.partition("=")
    return (name, path) if equals else (value, value)


def check(name: str, path: str, max_rank: int | None = None) -> None:
    """Raise models.StartError for an adapter that the engine could not load."""
    folder = Path(path)
    if folder.is_dir():
        if (folder / CONFIG).is_file():
            rank = json.loads((folder / CONFIG).read_text(encoding="utf-8")).get("r", 0)
            if max_rank and rank > max_rank:
                raise models.StartError(f"ValueError: LoRA rank {rank} is greater than max_lora_rank {max_rank}.")
            return
        if (folder / "config.json").is_file():
            return  # a repository that the local hub took for a model's, before it was passed as an adapter
    elif models.REPOSITORY.fullmatch(path) and "/" in path and _on_hub(path):
        return
    raise models.StartError(f"ValueError: Loading lora {name} failed: No adapter found for {path}")


def _on_hub(repository: str) -> bool:
    """True unless the Hub says that there is no such repository."""
    endpoint = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
    try:
        with urllib.request.urlopen(f"{endpoint}/api/models/{repository}", timeout=30):
            return True
    except urllib.error.HTTPError as error:
        return error.code != 404
    except OSError:
        return True


class Miniatures:
    """Miniatures of the adapters of one engine, whose model is `model`."""

    def __init__(self, model: str, revision: str | None, download_dir: str | None):
        self.model, self.revision, self.download_dir = model, revision, download_dir
        self._folder = Path(tempfile.mkdtemp(prefix="adapters-"))
        self._base: Path | None = None
        self._made: dict[str, str] = {}

    def value(self, value: str) -> str:
        """The engine's `value` of one adapter, with the miniature's folder as its path. Raises models.StartError."""
        name, path = parse(value)
        folder = self.path(name, path)
        if not value.lstrip().startswith("{"):
            return f"{name}={folder}" if "=" in value else folder
        entry = json.loads(value)
        return json.dumps(entry | {key: folder for key in ("path", "lora_path") if key in entry})

    def path(self, name: str, path: str) -> str:
        """The folder of the miniature in place of `path`. Raises models.StartError."""
        if path not in self._made:
            check(name, path)
            folder = self._folder / str(len(self._made))
            try:
                adapters.make(self._model_folder(), folder, base_id=self.model)
            except (OSError, ValueError) as error:
                raise models.StartError(f"ValueError: Loading lora {name} failed: {error}") from None
            note("changed", f"the adapter {name} ({path}): a tiny one with random weights, made for the served model")
            self._made[path] = str(folder)
        return self._made[path]

    def _model_folder(self) -> Path:
        """A folder with the model's weights, which are downloaded if only the Hub has them."""
        if self._base is None:
            found, _ = models.resolve(self.model, self.revision, self.download_dir)
            self._base = Path(found) if Path(found).is_dir() else self._download(found)
        return self._base

    def _download(self, model: str) -> Path:
        endpoint = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
        token, revision = os.environ.get("HF_TOKEN"), self.revision or "main"
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        folder = self._folder / "base"
        folder.mkdir()

        def get(path: str) -> bytes:
            with urllib.request.urlopen(urllib.request.Request(f"{endpoint}{path}", headers=headers)) as response:
                return response.read()

        files = json.loads(get(f"/api/models/{model}/revision/{revision}"))["siblings"]
        for name in [row["rfilename"] for row in files if SAFETENSORS.fullmatch(row["rfilename"])]:
            (folder / name).write_bytes(get(f"/{model}/resolve/{revision}/{name}"))
        return folder
