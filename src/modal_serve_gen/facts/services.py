"""What Modal's SDK and service accept, and which HTTP routes the engines have."""

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from modal_serve_gen.facts.loading import newest, read, record


@dataclass(frozen=True, slots=True)
class Limit:
    """An inclusive range; Modal takes 0 or nothing as its default."""

    range: tuple[float, ...]  # least and most
    source: str


@dataclass(frozen=True, slots=True)
class ObjectName:
    """What the name of a Modal object may be."""

    pattern: str
    characters: int
    source: str


@dataclass(frozen=True, slots=True)
class SecretLimit:
    """What the keys and values of a Secret may be."""

    key: str  # pattern
    key_characters: int
    value_characters: int
    source: str


@dataclass(frozen=True, slots=True)
class Limits:
    """What Modal's service refuses although its client does not."""

    read: str
    cores: Limit
    memory_mib: Limit
    ephemeral_disk_mib: Limit
    timeout_s: Limit
    scaledown_window_s: Limit
    containers: Limit
    object_name: ObjectName
    secret: SecretLimit


@dataclass(frozen=True, slots=True)
class Removed:
    """A name or argument that Modal's SDK no longer takes."""

    old: str
    kind: Literal["argument", "name", "method", "decorator"]
    outcome: Literal["raises", "missing", "warns"]
    new: str = ""  # empty: nothing replaces it
    of: tuple[str, ...] = ()  # where the argument or method was; empty: anywhere
    remembered: bool = False  # agents still write it often
    concurrency: bool = False
    repair: Literal["", "rename", "remove", "list", "concurrent", "gpu"] = ""  # what `check --fix` does


@dataclass(frozen=True, slots=True)
class RemovedVariable:
    """An environment variable that has no effect since a release of a package."""

    old: str
    package: str
    since: str
    source: str
    new: str = ""


@dataclass(frozen=True, slots=True)
class ModalChanges:
    """What has changed in Modal's SDK and around it."""

    read: str
    source: str
    removed: tuple[Removed, ...]
    variable: tuple[RemovedVariable, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """One path of an engine's HTTP server."""

    methods: tuple[str, ...]
    admin: bool = False  # SGLang: guarded by the admin key
    developer: bool = False  # vLLM: only in development mode
    listed: bool = True  # False: absent from /openapi.json


@dataclass(frozen=True, slots=True)
class Routes:
    """The HTTP routes of one engine version."""

    engine: str
    version: str
    read_on: str
    source: str
    routes: dict[str, Route]


@dataclass(frozen=True, slots=True)
class ModalArguments:
    """The arguments of the SDK's decorators and methods, by `app.function`, `modal.concurrent`, `Image.pip_install`."""

    version: str
    read_on: str
    source: str
    takes: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a Python API."""

    default: Any = None


@dataclass(frozen=True, slots=True)
class PythonApi:
    """The parts of vLLM's Python API that the rules read."""

    version: str
    read_on: str
    sampling_params: dict[str, Parameter]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """When another kind of service fits better than an app, and which one. Both are parts of sentences."""

    when: str
    instead: str


@dataclass(frozen=True, slots=True)
class _ElsewhereFile:
    read: str
    source: str
    managed: Elsewhere
    cluster: Elsewhere
    nodes: Elsewhere


@cache
def limits() -> Limits:
    """What Modal's service refuses although its client does not."""
    return record(Limits, read("limits.toml"), "limits.toml")


@cache
def modal_changes() -> ModalChanges:
    """What Modal's SDK no longer takes, and environment variables without effect."""
    return record(ModalChanges, read("modal.toml"), "modal.toml")


@cache
def modal_arguments() -> dict[str, tuple[str, ...]]:
    """Arguments that Modal's newest known SDK takes, by decorator or method."""
    return record(ModalArguments, read(newest("modal-*.json")), "the SDK's arguments").takes


@cache
def routes(engine: str) -> dict[str, Route]:
    """HTTP routes of the newest known version of an engine, by path."""
    return record(Routes, read(newest(f"{engine}_routes-*.json")), f"the routes of {engine}").routes


@cache
def sampling_defaults() -> dict[str, Any]:
    """Defaults of vLLM's SamplingParams in its newest known version."""
    document = read(newest("vllm-*.json"))
    wanted = {key: document.get(key) for key in ("version", "read_on", "sampling_params")}
    api = record(PythonApi, wanted, "the API of vllm")
    return {name: parameter.default for name, parameter in api.sampling_params.items()}


@cache
def elsewhere() -> dict[str, Elsewhere]:
    """When managed endpoints, machines by the month or clusters fit better than an app."""
    table = record(_ElsewhereFile, read("elsewhere.toml"), "elsewhere.toml")
    return {"managed": table.managed, "cluster": table.cluster, "nodes": table.nodes}
