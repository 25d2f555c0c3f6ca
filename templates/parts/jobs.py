"""Jobs of offline inference: what names one, and how its prompts are parted."""

import hashlib
import json
import re
from itertools import islice
from pathlib import Path

# An app has its own under these names.
MODEL, REVISION, SHARD, LENGTH, MAX_TOKENS = "owner/name", "0" * 40, 1024, 8192, 1024


def job_id(prompts) -> str:
    """The same prompts under the same settings are the same job."""
    settings = hashlib.sha256(repr((MODEL, REVISION, SHARD, LENGTH, MAX_TOKENS)).encode())
    return hashlib.file_digest(prompts, lambda: settings).hexdigest()[:16]


def shards(source: Path, size: int):
    """(number, offset in bytes, lines) of each shard of a file."""
    with source.open("rb") as lines:
        number = offset = 0
        while chunk := list(islice(lines, size)):
            yield number, offset, len(chunk)
            number, offset = number + 1, offset + sum(map(len, chunk))


def fetch_dataset(dataset: str, folder: Path) -> Path:
    """One column of a dataset, named as OWNER/NAME@COMMIT:SPLIT:COLUMN, as a file of prompts."""
    from datasets import load_dataset

    if not (parts := re.fullmatch(r"([^/]+/[^/]+)@([0-9a-f]{40}):(.+):(.+)", dataset)):
        raise ValueError(f"{dataset} is not OWNER/NAME@COMMIT:SPLIT:COLUMN with a commit of 40 hex digits")
    name, commit, split, column = parts.groups()
    target = folder / f"{hashlib.sha256(dataset.encode()).hexdigest()[:16]}.jsonl"
    if not target.exists():
        with target.with_suffix(".partial").open("w") as lines:
            for row in load_dataset(name, revision=commit, split=split, streaming=True):
                lines.write(json.dumps({"prompt" if isinstance(row[column], str) else "messages": row[column]}) + "\n")
        target.with_suffix(".partial").rename(target)
    return target
