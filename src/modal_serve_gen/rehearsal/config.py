"""Settings of one rehearsal, as records that do not change while it runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from modal_serve_gen.models.hub import RepositoryConfig
from modal_serve_gen.rehearsal.faults import NONE, Faults
from modal_serve_gen.rehearsal.secret_keys import NONE_KNOWN, SecretKeys


@dataclass(frozen=True)
class RealEngine:
    """A real engine that can run on this machine."""

    python: Path
    version: str


@dataclass(frozen=True, order=True)
class ModelRevision:
    id: str
    revision: str


@dataclass(frozen=True)
class RehearsalConfig:
    """`engine` is "real" or "stub"; `repository(model id, engine)` returns None for a model that does not exist."""

    engine: str
    engines: Mapping[str, RealEngine]
    repository: Callable[[str, str], RepositoryConfig | None]
    secrets: frozenset[str] | None = None  # names of the Secrets that the app may use; None: unknown
    secret_keys: SecretKeys = NONE_KNOWN  # keys of Secrets whose values only the account has
    imports: frozenset[str] | None = None  # top-level modules that the app's files import or mention; None: unknown
    client_imports: frozenset[str] = frozenset()  # those that `modal run` imports
    planned: ModelRevision | None = None  # from the app's provenance
    findings: tuple[str, ...] = ()  # of the checks
    adapters: frozenset[str] = frozenset()  # ids of LoRA repositories for the planned model
    programs: Mapping[str, str] = field(default_factory=dict)  # path that the app names -> program of an engine
    faults: Faults = NONE
    isolated: bool = True  # run containers in their own network and mount namespaces, where the machine allows it
    passed: tuple[str, ...] = ()  # further variables of the user's environment, for `modal run`
    state_dir: Path | None = None  # keeps Volumes and Secrets after the rehearsal
