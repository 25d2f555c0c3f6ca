"""A bare Python environment for containers: modal's own dependencies and the image's substitutes, as links.

It takes about a tenth of a second: a virtual environment is an interpreter link, a `pyvenv.cfg` and a folder. Packages
that the app's image would not have are absent, so importing them fails here as it would on Modal.
"""

import configparser
import contextlib
import functools
import importlib.metadata
import sys
from collections.abc import Iterable
from importlib.metadata import Distribution
from pathlib import Path

from packaging.requirements import Requirement

SITE = Path("lib") / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
SHIM = Path(__file__).resolve().parent / "shim"


def make(folder: Path, names: Iterable[str], more: Iterable[Distribution] = ()) -> Path:
    """Make the environment in `folder`: the distributions `names` of this environment with all their requirements, and
    `more` without. Returns its interpreter.
    """
    site = folder / SITE
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
    distributions = [distribution for name in sorted(names) for distribution in _closure(name)]
    distributions = list({id(item): item for item in (*distributions, *more)}.values())
    link(site, distributions)
    for distribution in distributions:
        _add_commands(distribution, folder / "bin")
    # Through a .pth file, since a system's own sitecustomize (Debian has one) would take precedence.
    (site / "rehearsal_shim.py").symlink_to(SHIM / "rehearsal_shim.py")
    (site / "rehearsal_shim.pth").write_text("import rehearsal_shim\n")
    return folder / "bin" / "python"


def link(site: Path, distributions: Iterable[Distribution]) -> None:
    """Link the modules of `distributions` in the folder `site`."""
    for distribution in distributions:
        for entry in _entries(distribution):
            _link(entry, site / entry.name)


def add_command(file: Path, code: str) -> None:
    """Make `file` a command that runs the Python `code`, after `import sys`, with the interpreter beside it.

    A #! line holds about 127 bytes and no spaces, so /bin/sh starts Python, which reads that line as a string.
    """
    python = file.parent.absolute() / "python"
    file.write_text(f"#!/bin/sh\n'''exec' '{python}' \"$0\" \"$@\"\n' '''\nimport sys\n{code}", encoding="utf-8")
    file.chmod(0o755)


def _add_commands(distribution: Distribution, folder: Path) -> None:
    """Add the commands that a distribution brings, such as `hf`."""
    parser = configparser.RawConfigParser(delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # names of commands keep their case
    with contextlib.suppress(configparser.Error):
        parser.read_string(distribution.read_text("entry_points.txt") or "")
    for name, target in parser.items("console_scripts") if parser.has_section("console_scripts") else ():
        module, _, function = target.partition("[")[0].strip().partition(":")
        if not (folder / name).exists() and module and function:
            first = function.partition(".")[0]
            add_command(folder / name, f"from {module} import {first}\nsys.exit({function}())\n")


def _link(entry: Path, link: Path) -> None:
    """Link `link` to `entry`; folders of the same name, as of a namespace package, are merged."""
    if not link.is_symlink() and not link.exists():
        link.symlink_to(entry)
    elif link.is_symlink() and link.is_dir() and entry.is_dir():
        first = link.resolve()
        if first == entry.resolve():
            return
        link.unlink()
        link.mkdir()
        for folder in (first, entry):
            for item in folder.iterdir():
                _link(item, link / item.name)
    elif link.is_dir() and entry.is_dir():
        for item in entry.iterdir():
            _link(item, link / item.name)


def folders() -> set[Path]:
    """The folders of the packages that environments link to."""
    return {
        entry.parent
        for name in ("modal", "huggingface_hub")
        for distribution in _closure(name)
        for entry in _entries(distribution)
    }


def _entries(distribution: Distribution) -> list[Path]:
    """Top-level files and folders of a distribution."""
    site = Path(str(distribution.locate_file(""))).resolve()  # links are not followed inside a container
    return [site / top for top in _tops(distribution) if not top.endswith(".pth") and (site / top).exists()]


def _tops(distribution: Distribution) -> set[str]:
    """First parts of the paths in a distribution's RECORD, which can be long."""
    record = distribution.read_text("RECORD")
    if record is None:
        return {file.parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}
    paths = (line.strip('"').rpartition(",")[0].rpartition(",")[0] or line for line in record.splitlines() if line)
    return {path.partition("/")[0] for path in paths} - {"..", "__pycache__", ""}


@functools.cache
def _closure(name: str) -> list[Distribution]:
    """A distribution and all its requirements, as far as they are installed here."""
    seen: dict[tuple[str, str], Distribution] = {}
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
