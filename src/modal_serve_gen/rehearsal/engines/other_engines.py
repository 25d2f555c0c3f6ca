"""Engines without a stub of their own, and libraries that run models in the app's process: which an image brings."""

import json
import re
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path, PurePosixPath

from modal_serve_gen.facts.loading import read, record
from modal_serve_gen.rehearsal.control_plane.state import Image
from modal_serve_gen.rehearsal.engines import stubs

# Images that bring neither an engine nor a library of these; of others, what they bring is not known.
PLAIN = re.compile(r"FROM ((base|scratch)$|(docker\.io/)?((library/)?(python|debian|ubuntu|alpine)|nvidia/cuda)[:@])")

ABSOLUTE = re.compile(r"(?<![\w.:/-])/(?:[\w.+-]+/)*[\w.+-]+")


@dataclass(frozen=True)
class Engine:
    """A row of other_engines.toml, which explains its fields."""

    name: str
    source: str
    brought_by: tuple[str, ...]
    programs: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    positional: bool = False
    model: tuple[str, ...] = ()
    name_flags: tuple[str, ...] = ()
    port: tuple[str, ...] = ()
    host: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    prompt: tuple[str, ...] = ()
    local_file: tuple[str, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)
    default_port: int = 0
    default_host: str = ""
    apis: tuple[str, ...] = ()
    commands: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Library:
    """Packages of an image whose `modules` are placeholders in a rehearsal."""

    name: str
    source: str
    packages: tuple[str, ...]
    modules: tuple[str, ...]


@dataclass(frozen=True)
class Rule:
    """What a placeholder at `path` gives."""

    path: str
    kind: str


@dataclass(frozen=True)
class Table:
    read: str
    source: str
    engines: tuple[Engine, ...]
    libraries: tuple[Library, ...]
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Brought:
    """What an image brings: program -> engine, and the modules for which there are placeholders."""

    programs: dict[str, str]
    modules: frozenset[str]

    @property
    def anything(self) -> bool:
        return bool(self.programs or self.modules)


@cache
def table() -> Table:
    """The bundled other_engines.toml."""
    return record(Table, read("rehearsal/other_engines.toml"), "other_engines.toml")


def brought(image: Image, packages: Collection[str]) -> Brought:
    """What `image` brings, with its `packages`. Of a base image that nothing is known of, everything is assumed."""
    bases = [line for line in image.commands if line.startswith("FROM ")]
    unknown = any(not PLAIN.match(line) for line in bases)
    lines = "\n".join(image.commands)
    engines = [
        engine
        for engine in table().engines
        if unknown or any(re.search(pattern, lines, re.IGNORECASE) for pattern in engine.brought_by)
    ]
    modules = {
        module
        for library in table().libraries
        if unknown or set(packages) & set(library.packages)
        for module in library.modules
    }
    modules |= {module.partition(".")[0] for engine in engines for module in engine.modules}
    return Brought({program: engine.name for engine in engines for program in engine.programs}, frozenset(modules))


def install(env: Path, found: Brought) -> None:
    """Install the stubs of what an image brings in the environment `env`."""
    rows = {engine.name: asdict(engine) for engine in table().engines}
    document = asdict(table()) | {"engines": rows}
    stubs.install_others(env, json.dumps(document), found.programs, found.modules)


def programs_at(texts: Iterable[str]) -> dict[str, str]:
    """Absolute path -> program, of the engines' programs to which an app's `texts` refer by a path."""
    names = {program for engine in table().engines for program in engine.programs}
    paths = {path for text in texts for path in ABSOLUTE.findall(text)}
    return {path: name for path in sorted(paths) if (name := PurePosixPath(path).name) in names}
