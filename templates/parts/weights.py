"""Weights: download at the pinned revision and compare with the Hub's own list."""

import hashlib
from pathlib import Path


def fetch(model: str, revision: str, skip: list[str]) -> None:
    """Download the weights into their Volume and compare every file with the Hub's list: name, size and hash."""
    from huggingface_hub import HfApi, snapshot_download, utils

    info = HfApi().model_info(model, revision=revision, files_metadata=True)
    files = list(utils.filter_repo_objects(info.siblings, ignore_patterns=skip, key=lambda file: file.rfilename))
    size = sum(file.size for file in files) / 1e9
    print(f"{model} at {revision[:12]}: {len(files)} files, {size:.2f} GB", flush=True)
    folder = Path(snapshot_download(model, revision=revision, ignore_patterns=skip))
    for file in files:
        digest = hashlib.sha256() if file.lfs else hashlib.sha1(b"blob %d\0" % file.size)  # git's hash
        with (folder / file.rfilename).open("rb") as content:
            while chunk := content.read(2**20):
                digest.update(chunk)
        if digest.hexdigest() != (file.lfs.sha256 if file.lfs else file.blob_id):
            (folder / file.rfilename).resolve().unlink()  # the next run downloads it anew
            raise RuntimeError(f"{file.rfilename} is not what the Hub lists: it was removed, run this again.")
    print(f"verified {len(files)} files, {size:.2f} GB, against the Hub's hashes", flush=True)
