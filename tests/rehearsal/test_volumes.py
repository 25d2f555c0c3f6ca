"""Volumes of both versions, with the SDK's own client."""

import asyncio
import hashlib
from pathlib import Path

import httpx
import pytest
from grpclib import GRPCError
from hypothesis import given
from hypothesis import strategies as st
from modal_proto import api_pb2

from modal_serve_gen.rehearsal.control_plane import blobs, volume_files, volume_paths, volumes
from modal_serve_gen.rehearsal.control_plane.state import ControlPlane
from modal_serve_gen.rehearsal.web import blob_server
from tests.conftest import LIMIT_S, SDKS

APP = Path(__file__).with_name("apps") / "volume_files.py"


@pytest.mark.parametrize("version", [pytest.param(1, marks=pytest.mark.slow), 2])
@pytest.mark.parametrize("python", SDKS)
def test_files_of_a_volume(rehearse, tmp_path, python, version):
    """They are uploaded, listed, read, copied, removed, visible in containers, and refused as by Modal."""
    (tmp_path / "a.py").write_text(APP.read_text().replace("VERSION = 2", f"VERSION = {version}"))
    run = rehearse(python=python)
    assert run.code == 0 and "Volumes passed" in run.output, run.output
    assert any("commit() or reload()" in line for line in run.report["substituted"])


def test_an_upload_is_atomic(tmp_path):
    """Until it is complete, the old file stays; an incomplete upload leaves no file behind."""
    plane = ControlPlane(tmp_path, volumes={"vo-1": "jobs"})
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


def test_volumes_persist_in_a_state_folder(tmp_path):
    """A later control plane with the same state folder finds them by name, with their version."""

    def get(plane, name, **more):
        request = api_pb2.VolumeGetOrCreateRequest(deployment_name=name, **more)
        return asyncio.run(volumes.VolumeGetOrCreate(plane, request))

    first, second = (ControlPlane(tmp_path / name, state_dir=tmp_path / "state") for name in ("first", "second"))
    get(first, "jobs", version=2, object_creation_type=api_pb2.OBJECT_CREATION_TYPE_CREATE_IF_MISSING)
    response = get(second, "jobs")
    assert response["version"] == response["metadata"].version == 2
    assert second.volume_path(response["volume_id"]) == tmp_path / "state" / "volumes" / "jobs"
    get(second, "of-the-account")
    assert any("'of-the-account': assumed to exist" in line for line in second.substituted)
    second.known_secrets = frozenset()  # a generated app, which creates its Volumes
    with pytest.raises(GRPCError, match="not found"):
        get(second, "other")


def test_a_block_is_requested_once(tmp_path):
    """Even if it occurs several times in a batch, since the client would upload it several times."""
    plane = ControlPlane(tmp_path, volumes={"vo-1": "jobs"})
    request = api_pb2.VolumePutFiles2Request(volume_id="vo-1")
    for name in ("a", "b"):
        file = request.files.add(path=name, size=3 * volume_files.BLOCK)
        for content in (b"1", b"2", b"1"):
            file.blocks.add(contents_sha256=hashlib.sha256(content).digest())
    missing = asyncio.run(volume_files.VolumePutFiles2(plane, request))["missing_blocks"]
    assert [(block.file_index, block.block_index) for block in missing] == [(0, 0), (0, 1)]


def test_symbolic_links_stay_within_the_volume(tmp_path):
    """Other links are not followed, but can be listed and removed."""
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
def test_paths_stay_within_the_volume(parts):
    """Every path is below the Volume's folder, or refused."""
    root = Path("/nowhere/volume")
    try:
        path = volume_paths.inside(root, "/".join(parts))
    except GRPCError:
        assert {"..", "\0", "x" * 300} & set(parts)
    else:
        assert ".." not in path.parts and path.is_relative_to(root)


def test_a_file_that_shrinks_while_it_is_read_is_an_error(tmp_path):
    """The client fills an incomplete block with zeros, so the blob server never sends less than requested."""

    async def main() -> None:
        plane = ControlPlane(tmp_path)
        server = blob_server.BlobServer(plane)
        await server.start()
        plane.blob_server_url = server.url
        file = tmp_path / "file"
        file.write_bytes(b"0123456789")
        url = blobs.range_url(plane, file, 4, 6)
        async with httpx.AsyncClient(timeout=LIMIT_S) as client:
            assert (await client.get(url)).content == b"456789"
            file.write_bytes(b"01234567")
            assert (await client.get(url)).status_code == 410
            file.unlink()
            assert (await client.get(url)).status_code == 410
            secret = plane.blob_server_url.rpartition("/")[2]
            assert (await client.get(url.replace(secret, "another"))).status_code == 404
        await server.close()

    asyncio.run(main())
