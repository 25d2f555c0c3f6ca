"""Stub of Hugging Face's `datasets` in a rehearsed container: the rows of a JSONL file of the local hub, as a list."""

import json
import os
from pathlib import Path
from typing import Any

from huggingface_hub import hf_hub_download


def load_dataset(
    path: str, name: str | None = None, *, split: str | None = None, revision: str | None = None, **options: Any
) -> list[Any]:
    """One split of a dataset. Raises NotImplementedError for other uses, which the stub does not cover."""
    if name is not None or split is None or set(options) - {"streaming", "token", "cache_dir"}:
        raise NotImplementedError("the rehearsal's load_dataset takes a path, split, revision, streaming and token")
    if notes := os.environ.get("REHEARSAL_NOTES"):
        text = "the package datasets: a stub that reads JSONL files of the local hub"
        with Path(notes).open("a", encoding="utf-8") as lines:
            lines.write(json.dumps({"kind": "changed", "text": text}) + "\n")
    file = hf_hub_download(path, f"{split}.jsonl", repo_type="dataset", revision=revision)
    return [json.loads(line) for line in Path(file).read_text("utf-8").splitlines()]
