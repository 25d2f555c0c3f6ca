"""A fresh project and a fresh home for one run, with every skill installed under its real name."""

import importlib.util
import os
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from evals import cases, grading
from evals.artifact import PREFIX, bare_environment

PACK = cases.HERE.parent / "skills"
DECOYS = cases.HERE / "decoys"
COMMAND = "modal-serve-gen"
NOT_COPIED = shutil.ignore_patterns("__pycache__", "*.pyc")
SECRET_NAMES = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL", re.I)
_roots: set[Path] = set()  # of the spaces that are open
SHORTEST = 8  # characters of a value that is a secret


@dataclass(frozen=True)
class Space:
    """Where one run happens. `skills`: each installed skill with its files. `before`: the project's files, as found.

    `commands` comes first on the agent's PATH: it holds `modal-serve-gen`, which passes no key on.
    """

    root: Path
    home: Path
    project: Path
    commands: Path
    skills_folder: Path
    skills: dict[str, list[str]]
    before: dict[str, str]

    def environment(self) -> dict[str, str]:
        """What an agent gets: where programs are, its home, nothing of this machine's own settings or keys."""
        bare = bare_environment(self.home)
        return bare | {"PATH": f"{self.commands}{os.pathsep}{bare.get('PATH', os.defpath)}", "TERM": "dumb"}


def skills(configuration: str) -> dict[str, Path]:
    """Name -> folder of each skill that is installed: the pack's, the decoys, and the one that Modal's SDK brings."""
    found = {
        path.name: path
        for folder in (DECOYS, PACK)
        for path in sorted(folder.iterdir())
        if (path / "SKILL.md").exists()
    }
    spec = importlib.util.find_spec("modal")
    own = Path(spec.origin).parent / "skills" / "modal" if spec and spec.origin else None
    if own and (own / "SKILL.md").exists():
        found["modal"] = own
    if configuration == grading.WITHOUT:
        found.pop(cases.SKILL, None)
    return found


def descriptions(folders: dict[str, Path]) -> dict[str, str]:
    """What each skill says of itself in its front matter."""
    return {name: _description((path / "SKILL.md").read_text("utf-8")) for name, path in folders.items()}


def _description(page: str) -> str:
    """The `description` of a SKILL.md: on its line, or, behind `>-` or `|`, on those that are indented below."""
    match = re.search(r"^description:[ \t]*(?:[>|][-+]?[ \t]*)?(.*(?:\n[ \t]+.*)*)", page, re.M)
    return " ".join(match[1].split()).strip("\"'") if match else ""


@contextmanager
def opened(task: cases.Task, configuration: str, where: str) -> Iterator[Space]:
    """A space for one run of `task`; `where`: the folder of the project in which the agent looks for skills."""
    root = Path(tempfile.mkdtemp(prefix=PREFIX))
    _roots.add(root)
    try:
        home, project, commands = root / "home", root / "project", root / "bin"
        for folder in (home, project, commands, root / "command-home"):
            folder.mkdir()
        before = {}
        for path in task.files:
            shutil.copyfile(path, project / path.name)
            before[path.name] = path.read_text("utf-8")
        installed = {}
        for name, source in skills(configuration).items():
            target = project / where / name
            shutil.copytree(source, target, ignore=NOT_COPIED)
            installed[name] = sorted(str(file.relative_to(target)) for file in target.rglob("*.md"))
        _put_command(commands / COMMAND, root / "command-home")
        yield Space(root, home, project, commands, project / where, installed, before)
    finally:
        _remove(root)


def clear_up() -> None:
    """Remove what threads that were left to themselves have not."""
    for root in list(_roots):
        _remove(root)


def _remove(root: Path) -> None:
    shutil.rmtree(root, ignore_errors=True)
    _roots.discard(root)


def _put_command(path: Path, home: Path) -> None:
    """`modal-serve-gen`, as a program that hands on none of the agent's variables and imports nothing from here."""
    given = " ".join(shlex.quote(f"{name}={value}") for name, value in bare_environment(home).items())
    path.write_text(
        f'#!/bin/sh\nexec env -i {given} {shlex.quote(sys.executable)} -P -m modal_serve_gen.cli "$@"\n', "utf-8"
    )
    path.chmod(0o755)


class Redactor:
    """Takes what is secret out of a text: every value of this process's environment whose name sounds like a key."""

    def __init__(self, *names: str):
        self.secrets = sorted(
            {
                (value, name)
                for name, value in os.environ.items()
                if len(value) >= SHORTEST and (name in names or SECRET_NAMES.search(name))
            },
            key=lambda pair: -len(pair[0]),
        )

    def __call__(self, text: str) -> str:
        for value, name in self.secrets:
            text = text.replace(value, f"[{name}]")
        return text
