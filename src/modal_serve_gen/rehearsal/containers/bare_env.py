"""A bare Python environment for containers: modal's own dependencies and the image's substitutes, as links.

It takes about a tenth of a second: a virtual environment is an interpreter link, a `pyvenv.cfg` and a folder. Packages
that the app's image would not have are absent, so importing them fails here as it would on Modal.
"""

import functools
import importlib.metadata
import sys
from pathlib import Path

from packaging.requirements import Requirement

SHIM = Path(__file__).resolve().parent / "shim"


def make(folder: Path, distributions: tuple[str, ...]) -> Path:
    """Make the environment in `folder` with `distributions` and all their requirements; returns its interpreter."""
    site = folder / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    site.mkdir(parents=True)
    (folder / "bin").mkdir()
    # sys._base_executable is the interpreter behind a virtual environment, or equal to sys.executable.
    base = Path(getattr(sys, "_base_executable", None) or sys.executable).resolve()
    for name in ("python", "python3"):
        (folder / "bin" / name).symlink_to(base)
    version = ".".join(map(str, sys.version_info[:3]))
    (folder / "pyvenv.cfg").write_text(
        f"home = {base.parent}\ninclude-system-site-packages = false\nversion = {version}\n"
    )
    for entry in sorted({entry for name in distributions for entry in _entries(name)}):
        link = site / entry.name
        if not link.exists():
            link.symlink_to(entry)
    # Through a .pth file, since a system's own sitecustomize (Debian has one) would take precedence.
    (site / "rehearsal_shim.py").symlink_to(SHIM / "rehearsal_shim.py")
    (site / "rehearsal_shim.pth").write_text("import rehearsal_shim\n")
    return folder / "bin" / "python"


def folders() -> set[Path]:
    """The folders of the packages that environments link to."""
    return {entry.parent for name in ("modal", "huggingface_hub") for entry in _entries(name)}


@functools.cache
def _entries(name: str) -> tuple[Path, ...]:
    """Top-level files and folders of a distribution and of all its requirements."""
    entries: set[Path] = set()
    for distribution in _closure(name):
        tops = {file.parts[0] for file in distribution.files or ()}
        site = Path(str(distribution.locate_file(""))).resolve()  # links are not followed inside a container
        entries |= {site / top for top in tops - {"..", "__pycache__"}}
    return tuple(entry for entry in entries if entry.exists() and entry.suffix != ".pth")


def _closure(name: str) -> list[importlib.metadata.Distribution]:
    seen: dict[tuple[str, str], importlib.metadata.Distribution] = {}
    queue = [(name, "")]
    while queue:
        key = queue.pop()
        if key in seen:
            continue
        try:
            seen[key] = importlib.metadata.distribution(key[0])
        except importlib.metadata.PackageNotFoundError:
            continue  # a requirement whose marker does not apply here
        for text in seen[key].requires or ():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": key[1]}):
                queue += [(requirement.name, extra) for extra in ("", *requirement.extras)]
    return list(seen.values())
