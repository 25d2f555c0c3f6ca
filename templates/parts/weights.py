"""Weights: download at pinned commits, compare with the Hub's own list, find again offline."""

import importlib.metadata
from pathlib import Path

import modal

weights = modal.Volume.from_name("weights")  # an app has its own under this name


def preflight(engine: str, version: str, repositories: dict[str, str], skip: list[str]) -> None:
    """On a CPU, before any GPU starts: the pinned engine is in, and every pinned file with the Hub's size and hash."""
    from huggingface_hub import HfApi, snapshot_download, utils

    if (found := importlib.metadata.version(engine)) != version:
        raise RuntimeError(f"The image holds {engine} {found}, not the pinned {version}.")
    for repository, commit in repositories.items():
        snapshot_download(repository, revision=commit, ignore_patterns=skip)
        check = HfApi().verify_repo_checksums(repository, revision=commit)
        broken = [file["path"] for file in check.mismatches]
        for path in broken:
            (check.verified_path / path).resolve().unlink()  # the next run downloads it anew
        if broken := [*broken, *utils.filter_repo_objects(check.missing_paths, ignore_patterns=skip)]:
            raise RuntimeError(f"not as the Hub lists it, run this again: {', '.join(broken)}")
        print(f"{repository}: verified {check.checked_count} files against the Hub's hashes", flush=True)
    weights.commit()


def local_folder(repository: str, commit: str) -> str:
    """Where the Volume holds a repository."""
    from huggingface_hub import errors, snapshot_download

    try:
        return snapshot_download(repository, revision=commit, local_files_only=True)
    except errors.LocalEntryNotFoundError:
        raise RuntimeError(f"{repository} is not in its Volume: modal run {Path(__file__).name}::download") from None
