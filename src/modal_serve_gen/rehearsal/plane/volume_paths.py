"""Paths of Volumes on this machine's disk: nothing leads out of a Volume, and what arrives appears whole."""

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from grpclib import GRPCError, Status

from modal_serve_gen.rehearsal.plane.state import Plane


def inside(root: Path, path: str) -> Path:
    """`path` of a Volume as a path below its folder `root`; refused where it leads out of it, also through links."""
    parts = PurePosixPath("/", path).parts[1:]
    target = root.joinpath(*parts)
    folder = target.parent if parts else root
    with refusing(path):
        if ".." in parts or "\0" in path or not folder.resolve().is_relative_to(root.resolve()):
            raise GRPCError(Status.INVALID_ARGUMENT, f"{path!r} leads out of the Volume.")
    return target


def existing(root: Path, path: str, *, followed: bool = True) -> Path:
    """`path` below `root`, which has to be there and, if it is a link to be followed, to end below `root`."""
    target = inside(root, path)
    if not os.path.lexists(target):
        raise GRPCError(Status.NOT_FOUND, f"No such file or directory in the Volume: {path!r}")
    if followed and not target.resolve().is_relative_to(root.resolve()):
        raise GRPCError(Status.INVALID_ARGUMENT, f"{path!r} leads out of the Volume.")
    return target


@contextlib.contextmanager
def refusing(path: str) -> Iterator[None]:
    """Names that no file system takes, or a file where a folder should be, are the caller's fault, not the disk's."""
    try:
        yield
    except (NotADirectoryError, FileExistsError, IsADirectoryError) as fault:
        raise GRPCError(Status.INVALID_ARGUMENT, f"{path!r}: {fault.strerror}.") from fault
    except OSError as fault:
        if fault.errno != errno.ENAMETOOLONG:
            raise
        raise GRPCError(Status.INVALID_ARGUMENT, f"{path[:80]!r}: {fault.strerror}.") from fault


@contextlib.contextmanager
def arriving(plane: Plane, target: Path, mode: int) -> Iterator[Path]:
    """A file outside of all Volumes, but on their disk, that takes the place of `target` when it is complete."""
    waiting = plane.volumes_folder / "arriving~"  # a character that no Volume's name may have
    waiting.mkdir(exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=waiting)
    os.close(descriptor)
    new = Path(name)
    try:
        yield new
        new.chmod(mode or 0o644)
        with refusing(target.name):
            target.parent.mkdir(parents=True, exist_ok=True)
            new.replace(target)
    finally:
        new.unlink(missing_ok=True)
