"""The local hub, asked by the real Hub client."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from modal_serve_gen.rehearsal.web.localhub import LocalHub

DATASETS = """
import json, sys
from huggingface_hub import HfApi, HfFileSystem, hf_hub_download
from huggingface_hub.errors import EntryNotFoundError
name, revision = sys.argv[1:]
info = HfApi().dataset_info(name, revision=revision)
path = hf_hub_download(name, "deep/er/prompts.jsonl", repo_type="dataset", revision=revision)
listed = [each.path for each in HfApi().list_repo_tree(name, repo_type="dataset", revision=revision, recursive=True)]
opened = HfFileSystem().open(f"datasets/{name}@{revision}/train.jsonl").read().decode()
try:
    other = hf_hub_download(name, "data.parquet", repo_type="dataset", revision=revision)
except EntryNotFoundError:
    other = None
print(json.dumps({"sha": info.sha, "siblings": [each.rfilename for each in info.siblings], "listed": listed,
                  "rows": open(path).read(), "opened": opened, "other": other}))
"""
VERIFY = """
import json, sys
from huggingface_hub import HfApi, snapshot_download
from pathlib import Path
model, revision = sys.argv[1:]
folder = Path(snapshot_download(model, revision=revision, ignore_patterns=["*.bin"]))
first = HfApi().verify_repo_checksums(model, revision=revision)
for name in ("config.json", "sub/model.safetensors"):
    file = (folder / name).resolve()
    file.write_bytes(b"x" + file.read_bytes()[1:])
second = HfApi().verify_repo_checksums(model, revision=revision)
print(json.dumps({"good": first.checked_count, "bad": sorted(each["path"] for each in second.mismatches),
                  "missing": first.missing_paths, "wrong": len(first.mismatches),
                  "top": sorted(each.path for each in HfApi().list_repo_tree(model, revision=revision))}))
"""
SHA = "0123456789abcdef0123456789abcdef01234567"
CLIENT = """
import json, sys
from huggingface_hub import HfApi, snapshot_download
from huggingface_hub.errors import HfHubHTTPError
model = sys.argv[1]
try:
    info = HfApi().model_info(model, revision=sys.argv[2], files_metadata=True)
    folder = snapshot_download(model, revision=sys.argv[2], ignore_patterns=["*.bin"])
    print(json.dumps({"sha": info.sha, "folder": folder, "files": {f.rfilename: [f.size, f.blob_id, f.lfs and f.lfs.sha256] for f in info.siblings}}))
except HfHubHTTPError as refusal:
    print(json.dumps({"refused": type(refusal).__name__}))
"""  # noqa: E501


@pytest.fixture
def ask(tmp_path):
    """Ask a hub that serves one model `owner/name` (gated if `gated`); what the client made of it."""
    repository = tmp_path / "repository"
    (repository / "sub").mkdir(parents=True)
    (repository / "config.json").write_text('{"a": 1}')
    (repository / "sub" / "model.safetensors").write_bytes(bytes(100_000))
    (repository / "old.bin").write_bytes(b"pickle")

    said: list[str] = []

    def run(model: str, revision: str = SHA, *, gated: bool = False, token: str = "", client: str = CLIENT) -> dict:
        async def main() -> dict:
            miniature = lambda name: (repository, gated) if name == "owner/name" else None  # noqa: E731
            hub = LocalHub(miniature, "the-token".__eq__, substitute=said.append)
            url = (await hub.start()).url
            env = {"HF_ENDPOINT": url, "HF_HOME": str(tmp_path / "home"), "PATH": "/usr/bin:/bin"}
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", client, model, revision,
                env=env | ({"HF_TOKEN": token} if token else {}), stdout=subprocess.PIPE,
            )  # fmt: skip
            out, _ = await process.communicate()
            await hub.close()
            return json.loads(out)

        return asyncio.run(main())

    run.said = said
    return run


def test_serves_files_with_their_sizes_and_hashes(ask):
    """What is listed is what is downloaded: size, git hash, SHA-256 of weights; ignored files stay."""
    answer = ask("owner/name")
    assert answer["sha"] == SHA
    folder = Path(answer["folder"])
    assert (folder / "config.json").read_text() == '{"a": 1}'
    assert (folder / "sub" / "model.safetensors").stat().st_size == 100_000
    assert not (folder / "old.bin").exists()
    assert answer["files"]["config.json"] == [
        8,
        "4a036f56bb619924ec4189bd84ed716c766971ae",
        None,
    ]  # git hash-object config.json
    assert len(answer["files"]["sub/model.safetensors"][2]) == 64


@pytest.mark.parametrize(
    ("model", "revision", "gated", "token", "refusal"),
    [
        ("nobody/nothing", SHA, False, "", "RepositoryNotFoundError"),
        ("owner/name", "no-such-branch", False, "", "RevisionNotFoundError"),
        ("owner/name", SHA, True, "", "GatedRepoError"),
        ("owner/name", SHA, True, "wrong", "GatedRepoError"),
    ],
)
def test_refuses_as_the_hub_does(ask, model, revision, gated, token, refusal):
    """The client raises its own errors: unknown model, unknown revision, gated without the token."""
    assert ask(model, revision, gated=gated, token=token) == {"refused": refusal}


def test_a_gated_model_comes_with_its_token(ask):
    """With the right token a gated model is served."""
    assert ask("owner/name", gated=True, token="the-token")["sha"] == SHA


def test_the_clients_own_check_of_hashes_holds(ask):
    """`verify_repo_checksums` is content with what was downloaded, and finds files that were changed since."""
    answer = ask("owner/name", client=VERIFY)
    assert answer["good"] == 2 and answer["wrong"] == 0 and answer["missing"] == ["old.bin"]
    assert answer["bad"] == ["config.json", "sub/model.safetensors"]
    assert answer["top"] == ["config.json", "old.bin", "sub"]


def test_datasets_are_stood_in_for(ask):
    """Each split, and each JSONL file that is asked for, has a hundred rows of prompts; that is said."""
    answer = ask("somebody/prompts", client=DATASETS)
    assert answer["sha"] == SHA and answer["siblings"] == answer["listed"]
    assert {"train.jsonl", "test.jsonl"} < set(answer["listed"])
    for text in (answer["rows"], answer["opened"]):
        rows = [json.loads(line) for line in text.splitlines()]
        assert len(rows) == 100 and len({row["prompt"] for row in rows}) == 100
    assert answer["rows"] != answer["opened"] and answer["other"] is None
    assert ask.said and all("dataset somebody/prompts:" in line and "generated rows" in line for line in ask.said)


def test_a_container_reads_a_dataset(shell, tmp_path):
    """With the stand-in for the package that its image names; both that and the made-up rows are reported."""
    (tmp_path / "a.py").write_text((Path(__file__).with_name("apps") / "dataset.py").read_text())
    done = shell("rehearse", "a.py", "--engine", "stub", "--json")
    assert done.returncode == 0, done.stderr
    assert "the dataset is content" in done.stderr
    said = json.loads(done.stdout)["substituted"]
    assert any("package datasets" in line for line in said)
    assert any("dataset somebody/questions" in line for line in said)
