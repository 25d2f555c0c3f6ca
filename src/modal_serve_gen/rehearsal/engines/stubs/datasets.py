"""What a rehearsed container finds in place of Hugging Face's `datasets`: rows of a JSONL file of the local hub.

They come as a list, which can be iterated over like what the real package streams.
"""

import json
import os
from pathlib import Path

from huggingface_hub import hf_hub_download


def load_dataset(path, name=None, *, split=None, revision=None, **options):
    """One split of a dataset. Raises NotImplementedError for other uses, which this stand-in does not cover."""
    if name is not None or split is None or set(options) - {"streaming", "token", "cache_dir"}:
        raise NotImplementedError("the rehearsal's load_dataset knows a path, split, revision, streaming and token")
    if notes := os.environ.get("REHEARSAL_NOTES"):
        text = "the package datasets: a stand-in that reads JSONL files of the local hub"
        with Path(notes).open("a", encoding="utf-8") as lines:
            lines.write(json.dumps({"kind": "changed", "text": text}) + "\n")
    file = hf_hub_download(path, f"{split}.jsonl", repo_type="dataset", revision=revision)
    return [json.loads(line) for line in Path(file).read_text("utf-8").splitlines()]
