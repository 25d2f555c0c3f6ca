"""Paths of Volumes on this machine's disk: no path leads out of a Volume, and files appear atomically."""

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from grpclib import GRPCError, Status

from modal_serve_gen.rehearsal import kept
from modal_serve_gen.rehearsal.control_plane.state import ControlPlane


def inside(root: Path, path: str) -> Path:
    """`path` of a Volume as a path below its folder `root`; refused if it leads out of it, also through links."""
    parts = PurePosixPath("/", path).parts[1:]
    target = root.joinpath(*parts)
    folder = target.parent if parts else root
    with refusing(path):
        if ".." in parts or "\0" in path or not folder.resolve().is_relative_to(root.resolve()):
            raise GRPCError(Status.INVALID_ARGUMENT, f"{path!r} leads out of the Volume.")
    return target


def existing(root: Path, path: str, *, followed: bool = True) -> Path:
    """`path` below `root`, which has to exist; if it is a link and `followed`, its target has to be below `root`."""
    target = inside(root, path)
    if not os.path.lexists(target):
        raise GRPCError(Status.NOT_FOUND, f"No such file or directory in the Volume: {path!r}")
    if followed and not target.resolve().is_relative_to(root.resolve()):
        raise GRPCError(Status.INVALID_ARGUMENT, f"{path!r} leads out of the Volume.")
    return target


@contextlib.contextmanager
def refusing(path: str) -> Iterator[None]:
    """Report invalid names, and files in place of folders, as errors of the caller."""
    try:
        yield
    except (NotADirectoryError, FileExistsError, IsADirectoryError) as error:
        raise GRPCError(Status.INVALID_ARGUMENT, f"{path!r}: {error.strerror}.") from error
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        raise GRPCError(Status.INVALID_ARGUMENT, f"{path[:80]!r}: {error.strerror}.") from error


@contextlib.contextmanager
def arriving(plane: ControlPlane, target: Path, mode: int) -> Iterator[Path]:
    """A temporary file on the Volumes' disk that replaces `target` when it is complete."""
    folder = plane.volumes_folder / kept.ARRIVING
    folder.mkdir(exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=folder)
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
