"""The local hub with the real Hub client."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from modal_serve_gen.rehearsal.engines.stubs import datasets
from modal_serve_gen.rehearsal.web.localhub import LocalHub

DATASETS = """
import json, sys
from huggingface_hub import HfApi, HfFileSystem, hf_hub_download
from huggingface_hub.errors import EntryNotFoundError
name, revision = sys.argv[1:]
info = HfApi().dataset_info(name, revision=revision)
path = hf_hub_download(name, "deep/er/prompts.jsonl", repo_type="dataset", revision=revision)
listed = [entry.path for entry in HfApi().list_repo_tree(name, repo_type="dataset", revision=revision, recursive=True)]
opened = HfFileSystem().open(f"datasets/{name}@{revision}/train.jsonl").read().decode()
try:
    other = hf_hub_download(name, "data.parquet", repo_type="dataset", revision=revision)
except EntryNotFoundError:
    other = None
print(json.dumps({"sha": info.sha, "siblings": [file.rfilename for file in info.siblings], "listed": listed,
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
print(json.dumps({"good": first.checked_count, "bad": sorted(row["path"] for row in second.mismatches),
                  "missing": first.missing_paths, "wrong": len(first.mismatches),
                  "top": sorted(entry.path for entry in HfApi().list_repo_tree(model, revision=revision))}))
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
def run_client(tmp_path):
    """Run a client against a hub that serves the model `owner/name`, and return what it prints."""
    repository = tmp_path / "repository"
    (repository / "sub").mkdir(parents=True)
    (repository / "config.json").write_text('{"a": 1}')
    (repository / "sub" / "model.safetensors").write_bytes(bytes(100_000))
    (repository / "old.bin").write_bytes(b"pickle")

    substituted: list[str] = []

    def run(model: str, revision: str = SHA, *, gated: bool = False, token: str = "", client: str = CLIENT) -> dict:
        async def main() -> dict:
            miniature = lambda name: (repository, gated) if name == "owner/name" else None  # noqa: E731
            hub = LocalHub(miniature, "the-token".__eq__, substitute=substituted.append)
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

    run.substituted = substituted
    return run


def test_files_have_sizes_and_hashes(run_client):
    """Listed files are downloaded unless they are ignored; size, git hash, and SHA-256 of weights are right."""
    answer = run_client("owner/name")
    assert answer["sha"] == SHA
    folder = Path(answer["folder"])
    assert (folder / "config.json").read_text() == '{"a": 1}'
    assert (folder / "sub" / "model.safetensors").stat().st_size == 100_000
    assert not (folder / "old.bin").exists()
    git_hash = "4a036f56bb619924ec4189bd84ed716c766971ae"  # git hash-object config.json
    assert answer["files"]["config.json"] == [8, git_hash, None]
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
def test_errors_are_those_of_the_hub(run_client, model, revision, gated, token, refusal):
    """For an unknown model or revision, and a gated model without its token, the client raises its own error."""
    assert run_client(model, revision, gated=gated, token=token) == {"refused": refusal}


def test_a_gated_model_is_served_with_its_token(run_client):
    assert run_client("owner/name", gated=True, token="the-token")["sha"] == SHA


def test_the_client_verifies_hashes(run_client):
    """`verify_repo_checksums` accepts downloaded files, and reports files that were changed later."""
    answer = run_client("owner/name", client=VERIFY)
    assert answer["good"] == 2 and answer["wrong"] == 0 and answer["missing"] == ["old.bin"]
    assert answer["bad"] == ["config.json", "sub/model.safetensors"]
    assert answer["top"] == ["config.json", "old.bin", "sub"]


def test_datasets_are_generated(run_client):
    """Every split and every requested JSONL file has a hundred rows of prompts, and the report says so."""
    answer = run_client("somebody/prompts", client=DATASETS)
    assert answer["sha"] == SHA and answer["siblings"] == answer["listed"]
    assert {"train.jsonl", "test.jsonl"} < set(answer["listed"])
    for text in (answer["rows"], answer["opened"]):
        rows = [json.loads(line) for line in text.splitlines()]
        assert len(rows) == 100 and len({row["prompt"] for row in rows}) == 100
    assert answer["rows"] != answer["opened"] and answer["other"] is None
    assert run_client.substituted
    assert all("dataset somebody/prompts:" in line and "generated rows" in line for line in run_client.substituted)


def test_a_container_reads_a_dataset(rehearse, tmp_path):
    """It uses a substitute of the package datasets; the report names the package and the generated rows."""
    (tmp_path / "a.py").write_text((Path(__file__).with_name("apps") / "dataset.py").read_text())
    run = rehearse()
    assert run.code == 0 and "dataset passed" in run.output, run.output
    assert any("package datasets" in line for line in run.report["substituted"])
    assert any("dataset somebody/questions" in line for line in run.report["substituted"])


def test_a_stub_of_a_dataset_has_the_usual_methods():
    """Columns, slices, and methods that return a dataset again."""
    rows = datasets.Dataset({"n": number, "text": f"row {number}"} for number in range(5))
    assert rows["n"] == [0, 1, 2, 3, 4] and rows[1]["text"] == "row 1" and rows[:2]["n"] == [0, 1]
    assert sorted(rows.shuffle(seed=1)["n"]) == rows["n"] and rows.skip(3)["n"] == rows.select([3, 4])["n"] == [3, 4]
    doubled = rows.filter(lambda row: row["n"] > 2).map(lambda row: {"twice": 2 * row["n"]})
    assert doubled["twice"] == [6, 8] and doubled.column_names == ["n", "text", "twice"]
