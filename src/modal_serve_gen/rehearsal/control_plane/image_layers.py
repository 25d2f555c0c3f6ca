"""Files that the build of an image leaves in its containers: what its functions and downloads wrote, and copied files.

A layer is a folder with `fs` (files outside of /root, by their path), `root` and, for containers without a file system
of their own, `home`. Each container gets its own copy.
"""

import json
import os
import shutil
import stat
from collections.abc import Iterable
from pathlib import Path

from modal_serve_gen.rehearsal.control_plane.state import Container, ControlPlane, Image

PARTS = ("fs", "root", "home")


def apply(image: Image | None, folder: Path) -> None:
    """Copy the layers of an image into the folder of a container that has not started."""
    for layer in image.layers if image else ():
        for part in PARTS:
            if (layer / part).is_dir():
                _copy(layer / part, folder / part)


def keep(plane: ControlPlane, image: Image, container: Container) -> None:
    """Make the files of a container of the build, which began with the layers so far, the layer of `image`."""
    layer = plane.folder / "layers" / image.id
    mounted = {target for _, target in _mounts(container)}
    inside = {target.removeprefix("/root/") for target in mounted if target.startswith("/root/")}
    _move(container.folder / "fs", layer / "fs", "", mounted, plane.folder, on_machine=True)
    _move(container.folder / "root", layer / "root", "", {f"/{path}" for path in inside}, plane.folder)
    if container.network is None:
        _move(container.folder / "home", layer / "home", "", set(), plane.folder)
    image.layers = [layer] if layer.is_dir() else []


def copied(plane: ControlPlane, image: Image, files: Iterable[tuple[str, str]]) -> None:
    """Make files (path in the container, digest of the content) a layer of `image`."""
    layer = plane.folder / "layers" / f"{image.id}-copied"
    for path, digest in files:
        part, rest = ("root", path.removeprefix("/root/")) if path.startswith("/root/") else ("fs", path.lstrip("/"))
        blob, target = plane.folder / "blobs" / digest, layer / part / rest
        if blob.is_file() and layer in Path(os.path.normpath(target)).parents:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(blob, target)
    if layer.is_dir():
        image.layers.append(layer)


def _copy(source: Path, target: Path) -> None:
    """Copy a folder over another one, links as links."""
    target.mkdir(parents=True, exist_ok=True)
    for entry in source.iterdir():
        if entry.is_symlink():
            (target / entry.name).unlink(missing_ok=True)
            (target / entry.name).symlink_to(entry.readlink())
        elif entry.is_dir():
            _copy(entry, target / entry.name)
        else:
            shutil.copy(entry, target / entry.name)


def _mounts(container: Container) -> list[list[str]]:
    file = container.folder / "specification"
    mounts: list[list[str]] = json.loads(file.read_text("utf-8"))["mounts"] if file.is_file() else []
    return mounts


def _move(source: Path, target: Path, below: str, mounted: set[str], own: Path, *, on_machine: bool = False) -> None:
    """Move what a container has written from `source` to `target`.

    `below` is the path of `source` in the container. What is `mounted` there, links to the rehearsal's `own` files, and
    with `on_machine` files that this machine has at the same path, are no part of the image.
    """
    if not source.is_dir():
        return
    for entry in sorted(source.iterdir()):
        path = f"{below}/{entry.name}"
        machine = Path(path)
        if path in mounted or (on_machine and os.path.lexists(machine) and not _is_folder(machine)):
            continue
        mode = entry.lstat().st_mode
        if stat.S_ISDIR(mode):
            _move(entry, target / entry.name, path, mounted, own, on_machine=on_machine)
            if not (on_machine and _is_folder(machine)):
                (target / entry.name).mkdir(parents=True, exist_ok=True)
        elif stat.S_ISREG(mode) or (stat.S_ISLNK(mode) and own not in entry.readlink().parents):
            target.mkdir(parents=True, exist_ok=True)
            entry.rename(target / entry.name)


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()
