"""Jobs of offline inference: their ids, their shards, and prompts from datasets."""

import hashlib
import json
import re
from itertools import islice
from pathlib import Path

# An app defines these itself.
MODEL = "owner/name"
REVISIONS = {MODEL: "0" * 40}
SHARD = 1024
MAX_MODEL_LEN = 8192
MAX_TOKENS = 1024


def job_id(prompts) -> str:
    """Return an id that is the same for the same prompts under the same settings."""
    settings = repr((MODEL, REVISIONS[MODEL], SHARD, MAX_MODEL_LEN, MAX_TOKENS))
    return hashlib.file_digest(prompts, lambda: hashlib.sha256(settings.encode())).hexdigest()[:16]


def unanswered(prompts: Path, folder: Path):
    """Yield the shards of a file that have no results: the job, the shard's number, its lines."""
    with prompts.open("rb") as lines:
        for number, shard in enumerate(iter(lambda: list(islice(lines, SHARD)), [])):
            if not (folder / f"results/{number:07}.jsonl").exists():
                yield folder.name, number, shard


def fetch_dataset(dataset: str, folder: Path) -> Path:
    """Save one column of a dataset, OWNER/NAME@COMMIT:SPLIT:COLUMN, as a file of prompts."""
    from datasets import load_dataset

    match = re.fullmatch(r"([^/]+/[^/]+)@([0-9a-f]{40}):(.+):(.+)", dataset)
    if not match:
        raise ValueError(f"{dataset} is not OWNER/NAME@COMMIT:SPLIT:COLUMN with a 40-digit COMMIT")
    name, commit, split, column = match.groups()
    target = folder / f"{hashlib.sha256(dataset.encode()).hexdigest()[:16]}.jsonl"
    if not target.exists():
        with target.with_suffix(".partial").open("w") as lines:
            rows = load_dataset(name, revision=commit, split=split, streaming=True)
            lines.writelines(
                json.dumps({"prompt": row[column]}, default=str) + "\n" for row in rows
            )
        target.with_suffix(".partial").rename(target)
    return target
