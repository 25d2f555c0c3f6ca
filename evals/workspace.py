"""A new project and home folder for one run, with all skills installed under their real names."""

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

PACK = cases.ROOT / "skills"
DECOYS = cases.FOLDER / "decoys"
COMMAND = "modal-serve-gen"
NOT_COPIED = shutil.ignore_patterns("__pycache__", "*.pyc")
SECRET_NAMES = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL", re.I)
SHORTEST = 8  # characters; shorter values are not treated as secrets
_roots: set[Path] = set()  # folders of the open spaces


@dataclass(frozen=True)
class Space:
    """The folders of one run. `skills`: files of each installed skill. `before`: the project's files before the run.

    `commands` is first on the agent's PATH. It holds `modal-serve-gen`, which runs without the agent's variables.
    """

    root: Path
    home: Path
    project: Path
    commands: Path
    skills_folder: Path
    skills: dict[str, list[str]]
    before: dict[str, str]

    def environment(self) -> dict[str, str]:
        """The environment of an agent: PATH and its new home, none of this machine's settings or keys."""
        bare = bare_environment(self.home)
        return bare | {"PATH": f"{self.commands}{os.pathsep}{bare.get('PATH', os.defpath)}", "TERM": "dumb"}


def skills(configuration: str) -> dict[str, Path]:
    """The folder of each skill by name: the skill under test, the decoys, and the skill in Modal's SDK."""
    folders = {
        path.name: path
        for folder in (DECOYS, PACK)
        for path in sorted(folder.iterdir())
        if (path / "SKILL.md").exists()
    }
    spec = importlib.util.find_spec("modal")
    sdk = Path(spec.origin).parent / "skills" / "modal" if spec and spec.origin else None
    if sdk and (sdk / "SKILL.md").exists():
        folders["modal"] = sdk
    if configuration == grading.WITHOUT:
        folders.pop(cases.SKILL, None)
    return folders


def descriptions(folders: dict[str, Path]) -> dict[str, str]:
    """The description in the front matter of each skill."""
    return {name: _description((path / "SKILL.md").read_text("utf-8")) for name, path in folders.items()}


def _description(page: str) -> str:
    """The `description` of a SKILL.md: on its line, or, after `>-` or `|`, on the indented lines below."""
    match = re.search(r"^description:[ \t]*(?:[>|][-+]?[ \t]*)?(.*(?:\n[ \t]+.*)*)", page, re.M)
    return " ".join(match[1].split()).strip("\"'") if match else ""


@contextmanager
def opened(task: cases.Task, configuration: str, skills_folder: str) -> Iterator[Space]:
    """A space for one run of `task`. `skills_folder`: where in the project the agent looks for skills."""
    root = Path(tempfile.mkdtemp(prefix=PREFIX))
    _roots.add(root)
    try:
        home, project, commands = root / "home", root / "project", root / "bin"
        for folder in (home, project, commands, root / "command-home"):
            folder.mkdir()
        before = {}
        for path in task.paths:
            shutil.copyfile(path, project / path.name)
            before[path.name] = path.read_text("utf-8")
        installed = {}
        for name, source in skills(configuration).items():
            target = project / skills_folder / name
            shutil.copytree(source, target, ignore=NOT_COPIED)
            installed[name] = sorted(str(file.relative_to(target)) for file in target.rglob("*.md"))
        _put_command(commands / COMMAND, root / "command-home")
        yield Space(root, home, project, commands, project / skills_folder, installed, before)
    finally:
        _remove(root)


def clean_up() -> None:
    """Remove the folders of threads that were abandoned."""
    for root in list(_roots):
        _remove(root)


def _remove(root: Path) -> None:
    shutil.rmtree(root, ignore_errors=True)
    _roots.discard(root)


def _put_command(path: Path, home: Path) -> None:
    """Write `modal-serve-gen` as a script that drops the agent's variables and does not import from its folder."""
    variables = " ".join(shlex.quote(f"{name}={value}") for name, value in bare_environment(home).items())
    path.write_text(
        f'#!/bin/sh\nexec env -i {variables} {shlex.quote(sys.executable)} -P -m modal_serve_gen.cli "$@"\n', "utf-8"
    )
    path.chmod(0o755)


class Redactor:
    """Replaces secrets in a text: the values of environment variables whose names suggest a key, and of `names`."""

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
