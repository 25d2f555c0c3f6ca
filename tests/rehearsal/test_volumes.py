"""Volumes as the SDK's own client uses them, in both versions."""

import asyncio
import hashlib
import json
import sys
from pathlib import Path

import httpx
import pytest
from grpclib import GRPCError
from hypothesis import given
from hypothesis import strategies as st
from modal_proto import api_pb2

from modal_serve_gen.rehearsal.plane import blobs, volume_files, volume_paths, volumes
from modal_serve_gen.rehearsal.plane.state import Plane
from modal_serve_gen.rehearsal.web import depot
from tests.conftest import OLDEST

APP = Path(__file__).with_name("apps") / "volume_files.py"


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("python", [sys.executable, str(OLDEST)], ids=["newest SDK", "oldest SDK"])
def test_files_of_a_volume(shell, tmp_path, python, version):
    """Put, listed, read, copied, removed; seen by containers; refused where Modal refuses."""
    if not Path(python).exists():
        pytest.skip("the oldest SDK's environment is missing: make setup")
    (tmp_path / "a.py").write_text(APP.read_text().replace("VERSION = 2", f"VERSION = {version}"))
    done = shell("rehearse", "a.py", "--engine", "stub", "--json", python=python)
    assert done.returncode == 0, done.stderr
    assert "the Volumes are content" in done.stderr
    assert any("commit() or reload()" in line for line in json.loads(done.stdout)["substituted"])


def test_a_file_arrives_whole_or_not_at_all(tmp_path):
    """Until it is complete, and if it never is, its place holds what was there; nothing is left lying about."""
    plane = Plane(tmp_path, volumes={"vo-1": "jobs"})
    root = plane.volume_path("vo-1")
    (root / "a").write_text("old")
    with pytest.raises(KeyError), volume_paths.arriving(plane, root / "a", 0o600) as new:
        new.write_text("half")
        raise KeyError
    assert (root / "a").read_text() == "old"
    with volume_paths.arriving(plane, root / "sub" / "b", 0o600) as new:
        new.write_text("all")
        assert not (root / "sub").exists()
    assert (root / "sub" / "b").read_text() == "all"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [root / "a", root / "sub" / "b"]


def test_volumes_can_be_kept(tmp_path):
    """In a folder of their own, whose Volumes a later plane finds by name, in the version in which they were made."""

    def get(plane, name, **more):
        request = api_pb2.VolumeGetOrCreateRequest(deployment_name=name, **more)
        return asyncio.run(volumes.VolumeGetOrCreate(plane, request, None))

    first, second = (Plane(tmp_path / name, kept=tmp_path / "kept") for name in ("first", "second"))
    get(first, "jobs", version=2, object_creation_type=api_pb2.OBJECT_CREATION_TYPE_CREATE_IF_MISSING)
    found = get(second, "jobs")
    assert found.version == found.metadata.version == 2
    assert second.volume_path(found.volume_id) == tmp_path / "kept" / "volumes" / "jobs"
    with pytest.raises(GRPCError, match="not found"):
        get(second, "other")


def test_a_block_is_asked_for_once(tmp_path):
    """However often it occurs in a batch; the client would send it again each time, and all but one would stay."""
    plane = Plane(tmp_path, volumes={"vo-1": "jobs"})
    request = api_pb2.VolumePutFiles2Request(volume_id="vo-1")
    for name in ("a", "b"):
        file = request.files.add(path=name, size=3 * volume_files.BLOCK)
        for content in (b"1", b"2", b"1"):
            file.blocks.add(contents_sha256=hashlib.sha256(content).digest())
    missing = asyncio.run(volume_files.VolumePutFiles2(plane, request, None)).missing_blocks
    assert [(each.file_index, each.block_index) for each in missing] == [(0, 0), (0, 1)]


def test_links_do_not_lead_out(tmp_path):
    """A link in a Volume is followed within it, listed and removed anywhere, and read nowhere else."""
    root = tmp_path / "volume"
    (root / "sub").mkdir(parents=True)
    (root / "out").symlink_to(tmp_path)
    (root / "in").symlink_to(root / "sub")
    assert volume_paths.existing(root, "in") == root / "in"
    assert volume_paths.existing(root, "out", followed=False) == root / "out"
    for path in ("out", "out/x"):
        with pytest.raises(GRPCError, match="leads out"):
            volume_paths.existing(root, path)


@given(st.lists(st.sampled_from(["..", ".", "a", "", "/", "b c", "\0", "x" * 300]), max_size=6))
def test_no_path_leads_out(parts):
    """Whatever is asked for lies below the Volume's folder, or is refused."""
    root = Path("/nowhere/volume")
    try:
        found = volume_paths.inside(root, "/".join(parts))
    except GRPCError:
        assert {"..", "\0", "x" * 300} & set(parts)
    else:
        assert ".." not in found.parts and found.is_relative_to(root)


def test_a_file_that_shrinks_while_it_is_read_is_an_error(tmp_path):
    """The client takes what is missing at the end of a block for zeros, so the depot does not answer with less."""

    async def main() -> None:
        plane = Plane(tmp_path)
        store = depot.Depot(plane)
        plane.depot_url = await store.start()
        file = tmp_path / "file"
        file.write_bytes(b"0123456789")
        url = blobs.range_url(plane, file, 4, 6)
        async with httpx.AsyncClient() as client:
            assert (await client.get(url)).content == b"456789"
            file.write_bytes(b"01234567")
            assert (await client.get(url)).status_code == 410
            file.unlink()
            assert (await client.get(url)).status_code == 410
            word = plane.depot_url.rpartition("/")[2]
            assert (await client.get(url.replace(word, "another"))).status_code == 404
        await store.close()

    asyncio.run(main())
