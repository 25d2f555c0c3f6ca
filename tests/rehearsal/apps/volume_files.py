"""Operations on a Volume by the entrypoint and by containers; the entrypoint fails on a wrong result."""

import hashlib
import io
import os
import tempfile
from pathlib import Path

import modal

app = modal.App("volume-files")
image = modal.Image.debian_slim().env({"DATA": "/data"})
VERSION = 2  # the test also runs the app with 1
jobs = modal.Volume.from_name("jobs", create_if_missing=True, version=VERSION)
BIG = 20 * 2**20 + 12345


def big() -> bytes:
    """Data of more than two blocks, with zeros at the end of the first and of the last."""
    data = bytearray(hashlib.sha256(b"").digest() * (BIG // 32 + 1))[:BIG]
    data[7 * 2**20 : 8 * 2**20] = bytes(2**20)
    data[-5000:] = bytes(5000)
    return bytes(data)


@app.function(image=image, volumes={"/data": jobs}, serialized=False)
def work(name: str) -> dict:
    """Read a file and write a result in a container."""
    jobs.reload()
    folder = Path(os.environ["DATA"])
    data = (folder / name).read_bytes()
    (folder / "results").mkdir(exist_ok=True)
    (folder / "results" / "00001.jsonl").write_bytes(b'{"n": 1}\n')
    jobs.commit()
    return {"sha256": hashlib.sha256(data).hexdigest(), "mode": (folder / name).stat().st_mode & 0o777}


def refused(kind: type[BaseException], call, *arguments, **named) -> str:
    try:
        call(*arguments, **named)
    except kind as refusal:
        return str(refusal)
    raise AssertionError(f"{call} was not refused")


def put(files: dict[str, bytes], force: bool = False) -> None:
    with jobs.batch_upload(force=force) as batch:
        for name, data in files.items():
            batch.put_file(io.BytesIO(data), name)


@app.local_entrypoint()
def main() -> None:
    data = big()
    with tempfile.TemporaryDirectory() as folder:
        local = Path(folder)
        (local / "input.jsonl").write_bytes(data)
        (local / "input.jsonl").chmod(0o640)
        (local / "tree" / "sub").mkdir(parents=True)
        (local / "tree" / "a b%20ü#.txt").write_text("a")
        (local / "tree" / "sub" / "empty").write_text("")
        with jobs.batch_upload() as batch:
            batch.put_file(local / "input.jsonl", "/deep/er/input.jsonl")
            batch.put_directory(local / "tree", "/tree")
            batch.put_file(io.BytesIO(bytes(9 * 2**20)), "zeros")

    # The container reads the same bytes, and its results can be read here.
    result = work.remote("deep/er/input.jsonl")
    assert result == {"sha256": hashlib.sha256(data).hexdigest(), "mode": 0o640}, result
    assert b"".join(jobs.read_file("results/00001.jsonl")) == b'{"n": 1}\n'

    # Reading: block by block, with all zeros; an empty file; unusual names; into a file object.
    pieces = list(jobs.read_file("deep/er/input.jsonl"))
    assert b"".join(pieces) == data and max(map(len, pieces)) <= 8 * 2**20
    assert b"".join(jobs.read_file("/zeros")) == bytes(9 * 2**20)
    assert b"".join(jobs.read_file("tree/sub/empty")) == b""
    assert b"".join(jobs.read_file("tree/a b%20ü#.txt")) == b"a"
    file = io.BytesIO()
    assert jobs.read_file_into_fileobj("deep/er/input.jsonl", file) == BIG and file.getvalue() == data
    refused(FileNotFoundError, lambda: list(jobs.read_file("nothing")))
    refused(modal.exception.Error, lambda: list(jobs.read_file("tree")))

    # Listing: a folder, recursively, a single file, a missing path.
    top = {entry.path: entry for entry in jobs.listdir("/")}
    assert sorted(top) == ["deep", "results", "tree", "zeros"]
    assert top["zeros"].size == 9 * 2**20 and top["zeros"].type.name == "FILE" and top["tree"].type.name == "DIRECTORY"
    below = [entry.path for entry in jobs.iterdir("tree", recursive=True)]
    assert below == ["tree/a b%20ü#.txt", "tree/sub", "tree/sub/empty"], below
    assert [entry.path for entry in jobs.listdir("tree/sub/empty")] == ["tree/sub/empty"]
    refused(modal.exception.NotFoundError, jobs.listdir, "nothing")

    # Overwriting: only with force, all or nothing, and never a folder.
    refused(FileExistsError, put, {"new": b"1", "zeros": b"1"})
    refused(modal.exception.NotFoundError, jobs.listdir, "new")
    put({"zeros": b"1"}, force=True)
    assert b"".join(jobs.read_file("zeros")) == b"1"
    refused(FileExistsError, put, {"tree": b"1"}, force=True)
    refused(modal.exception.Error, put, {"zeros/below": b"1"})
    refused(modal.exception.Error, put, {"x" * 300: b"1"})

    # No path leads out of the Volume.
    for path in ("../x", "tree/../../x", "/../x"):
        assert "leads out" in refused(modal.exception.Error, put, {path: b"1"}), path
        assert "leads out" in refused(modal.exception.Error, jobs.remove_file, path), path
        assert "leads out" in refused(modal.exception.Error, lambda path=path: list(jobs.read_file(path))), path

    # Copies and removals.
    jobs.copy_files(["zeros"], "tree")
    jobs.copy_files(["zeros"], "copied")
    assert b"".join(jobs.read_file("tree/zeros")) == b"".join(jobs.read_file("copied")) == b"1"
    jobs.remove_file("copied")
    refused(FileNotFoundError, jobs.remove_file, "copied")
    assert "recursive" in refused(modal.exception.Error, jobs.remove_file, "tree")
    jobs.remove_file("tree", recursive=True)
    assert sorted(entry.path for entry in jobs.listdir("/")) == ["deep", "results", "zeros"]

    # Names and versions.
    other = modal.Volume.from_name("jobs", version=3 - VERSION)
    assert "version" in refused(modal.exception.InvalidError, other.listdir, "/")
    assert modal.Volume.from_name("of-the-account").listdir("/") == []
    assert "name" in refused(modal.exception.Error, modal.Volume.from_name("..", create_if_missing=True).listdir, "/")
    with modal.Volume.ephemeral() as ephemeral:
        assert ephemeral.listdir("/") == []
        assert modal.Volume.from_id(ephemeral.object_id).listdir("/") == []
    print("Volumes passed")
