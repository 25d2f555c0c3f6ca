"""Weights: download at pinned commits, compare with the Hub's own list, find again offline."""

import importlib.metadata
from pathlib import Path

import modal

# An app has its own under these names.
weights = modal.Volume.from_name("weights")
ENGINE, VERSION = "vllm", "0"
REPOSITORIES: dict[str, str] = {}  # repository -> commit
SKIP: list[str] = []


def preflight() -> None:
    """On a CPU, before any GPU starts: the pinned engine is in, and every pinned file with the Hub's size and hash."""
    from huggingface_hub import HfApi, snapshot_download, utils

    if (found := importlib.metadata.version(ENGINE)) != VERSION:
        raise RuntimeError(f"The image holds {ENGINE} {found}, not the pinned {VERSION}.")
    for repository, commit in REPOSITORIES.items():
        snapshot_download(repository, revision=commit, ignore_patterns=SKIP)
        check = HfApi().verify_repo_checksums(repository, revision=commit)
        for file in check.mismatches:
            (check.verified_path / file["path"]).resolve().unlink()  # the next run downloads it anew
        missing = list(utils.filter_repo_objects(check.missing_paths, ignore_patterns=SKIP))
        if check.mismatches or missing:
            raise RuntimeError(f"{repository}: not as the Hub lists it, run this again: {check.mismatches or missing}")
        print(f"{repository}: verified {check.checked_count} files against the Hub's hashes", flush=True)
    weights.commit()


def local_folder(repository: str, commit: str) -> str:
    from huggingface_hub import errors, snapshot_download

    try:
        return snapshot_download(repository, revision=commit, local_files_only=True)
    except errors.LocalEntryNotFoundError:
        raise RuntimeError(f"{repository} is not in its Volume: modal run {Path(__file__).name}::download") from None
