"""How an app shows which engine it runs, and what each engine's command line calls the same thing."""

from dataclasses import dataclass, field, replace
from functools import cache
from typing import Literal

from modal_serve_gen.facts.loading import newest, read, record


@dataclass(frozen=True, slots=True)
class Lag:
    """When a release of an engine is old: `releases` behind the pinned one, counted by this number of its version."""

    part: Literal["minor", "patch"]
    releases: int


@dataclass(frozen=True, slots=True)
class Spellings:
    """Flags by meaning. A flag of `shared` lets data-parallel ranks share GPUs; of `elsewhere`, use other machines."""

    model: tuple[str, ...] = ()
    host: tuple[str, ...] = ()
    port: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    tensor: tuple[str, ...] = ()
    pipeline: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    experts: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Engine:
    """One engine, with the names by which an app refers to it. `release`: the one that workflows pin, or ''."""

    title: str
    source: str
    flags: Spellings = Spellings()
    modules: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    not_calls: tuple[str, ...] = ()
    model_first: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    repositories: tuple[str, ...] = ()
    host: str = ""
    port: int = 0
    key_variables: tuple[str, ...] = ()
    nvcc: str = ""
    nvcc_if: tuple[tuple[str, ...], ...] = ()
    slow_start: bool = False
    library: bool = False
    lags: Lag | None = None
    routes: dict[str, str] = field(default_factory=dict)
    release: str = ""

    @property
    def pinned(self) -> bool:
        """True for the engines of the workflows, whose flags, routes and variables are bundled."""
        return bool(self.release)


@dataclass(frozen=True, slots=True)
class _File:
    read: str
    engine: dict[str, Engine]


@cache
def serving_engines() -> dict[str, Engine]:
    """Engines by name. Those of the workflows have the names of their pins."""
    engines = record(_File, read("serving.toml"), "serving.toml").engine
    for name, engine in engines.items():
        if engine.lags:  # those with bundled tables
            engines[name] = replace(engine, release=newest(f"{name}_routes-*.json").stem.rpartition("-")[2])
    return engines
