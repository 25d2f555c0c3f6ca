"""Weights: download at pinned commits, verify against the Hub, find again offline."""

import importlib.metadata
from pathlib import Path

import modal

# An app defines these itself.
weights = modal.Volume.from_name("weights")
PACKAGES = ["vllm==0"]
REVISIONS: dict[str, str] = {}  # repository: commit


def preflight() -> None:
    """Check the engine's version, then download the weights and verify each file's hash."""
    from huggingface_hub import HfApi, snapshot_download

    if f"vllm=={importlib.metadata.version('vllm')}" not in PACKAGES:
        raise RuntimeError(f"The installed vllm is not the pinned {PACKAGES[0]}.")
    for repository, commit in REVISIONS.items():
        snapshot_download(
            repository,
            revision=commit,
            ignore_patterns=[  # copies of the weights in other formats
                "original/*",
                "metal/*",
                "consolidated*",
                "*.bin",
                "*.pt",
                "*.pth",
                "*.gguf",
                "*.onnx",
                "*.msgpack",
                "*.h5",
            ],
        )
        check = HfApi().verify_repo_checksums(repository, revision=commit)
        for file in check.mismatches:
            (check.verified_path / file["path"]).resolve().unlink()
        if check.mismatches:
            raise RuntimeError(f"Run this again to download these files: {check.mismatches}")
        print(f"{repository}: {check.checked_count} files match the Hub's hashes", flush=True)
    weights.commit()


def local_folder(repository: str) -> str:
    """Return the path of a repository in the Volume."""
    from huggingface_hub import errors, snapshot_download

    try:
        return snapshot_download(
            repository,
            revision=REVISIONS[repository],
            local_files_only=True,
        )
    except errors.LocalEntryNotFoundError:
        raise RuntimeError(
            f"{repository} is not in its Volume: modal run {Path(__file__).name}::download"
        ) from None
