"""What a rehearsal puts in place of Modal's image, of the engine and of the model.

Containers get a bare environment with the packages that the rehearsal can stand in for; an engine that the app's image
pins is stood in for by a command and a package of its name; the model by a miniature of its own architecture.
"""

import contextlib
import importlib.metadata
import json
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from modal_serve_gen import facts
from modal_serve_gen.errors import MachineError
from modal_serve_gen.rehearsal.containers import bare
from modal_serve_gen.rehearsal.engines import adapters, miniature, stubs
from modal_serve_gen.rehearsal.faults import NONE, Faults
from modal_serve_gen.rehearsal.plane import images
from modal_serve_gen.rehearsal.plane.state import Container, Image

PACKAGE = Path(__file__).resolve().parent.parent
ENGINES = ("vllm", "sglang")  # engines that have stand-ins


@dataclass(frozen=True)
class Repository:
    """What is known of a model's repository: its config.json (None: it could not be read) and whether it is gated."""

    config: dict | None
    gated: bool


@dataclass
class Stage:
    """`engine` is "real" or "stub"; `repository(model id, engine)` is None where there is no such model.

    `engines` holds, of each real engine that can run here, its Python and its version.
    """

    engine: str
    engines: dict[str, tuple[Path, str]]
    repository: Callable[[str, str], Repository | None]
    secrets: frozenset[str] | None = None  # names that the app may expect; None: not known
    planned: tuple[str, str] | None = None  # model id and revision of the app's provenance
    findings: tuple[str, ...] = ()  # of the checks
    adapters: frozenset[str] = frozenset()  # ids of LoRA repositories, which fit the planned model
    faults: Faults = NONE
    isolated: bool = True  # whether containers may have a network and files of their own, where that can be had
    kept: Path | None = None  # where Volumes and Secrets outlive the rehearsal
    folder: Path = Path()
    hub_url: str = ""
    substitute: Callable[[str], None] = lambda line: None
    pinned: dict[str, str] = field(default_factory=dict)  # engine -> version that the app's image pins
    brought: set[str] = field(default_factory=set)  # packages that come with the engines into the app's images
    notes: list[dict] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def set(self, folder: Path, *, hub_url: str, substitute: Callable[[str], None]) -> None:
        self.folder, self.hub_url, self.substitute = folder, hub_url, substitute

    def visible(self) -> list[Path]:
        """Folders of this machine without which nothing runs in a container: Python, its packages, ours, engines."""
        pythons = [Path(sys.executable), *(python for python, _ in self.engines.values())]
        prefixes = [each.parent.parent for python in pythons for each in (python.absolute(), python.resolve())]
        return [Path(sys.prefix), Path(sys.base_prefix), PACKAGE, *prefixes, *bare.folders()]

    @property
    def _notes_file(self) -> Path:
        return self.folder / "notes.jsonl"

    def collect(self) -> None:
        """Read what the stand-ins wrote down, in order, before the folder goes."""
        if self._notes_file.exists():
            for line in self._notes_file.read_text("utf-8").splitlines():
                with contextlib.suppress(ValueError):  # half a line, of a stand-in that was killed while it wrote
                    self.notes.append(json.loads(line))

    def prepare(self, image: Image | None, container: Container) -> tuple[Path, dict[str, str]]:
        """The interpreter for a container of `image`, and what the rehearsal adds to its environment."""
        environment = self.folder / "env" / (image.id if image else "none")
        with self._lock:
            if not environment.exists():
                self._make(environment, images.packages(image) if image else {}, image)
        added = {
            "HF_ENDPOINT": self.hub_url,
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",  # miniatures need none
            "REHEARSAL_NOTES": str(self._notes_file),
        }
        if self.faults.for_engines:
            added["REHEARSAL_FAULTS"] = self.faults.for_engines
        return environment / "bin" / "python", added

    def _make(self, environment: Path, packages: dict[str, str], image: Image | None) -> None:
        engines = [name for name in ENGINES if name in packages]
        distributions = ["modal"]
        for engine in engines:
            self.brought |= {each.partition("==")[0] for each in facts.pins()[engine].packages}
        # Of what the image installs and the engine brings, that which is at hand here.
        distributions += sorted((images.installed(image) if image else set()) | (self.brought if engines else set()))
        if engines or packages.keys() & {"huggingface-hub", "datasets"}:
            distributions.append("huggingface_hub")
            self._compare("huggingface-hub", packages.get("huggingface-hub"))
        bare.make(environment, (*distributions, *(stubs.REQUIRED if engines else ())))
        here = f"{sys.version_info.major}.{sys.version_info.minor}"
        if image and image.python and image.python != here:
            self.substitute(f"Python {here} in place of {image.python}")
        if "datasets" in packages:
            stubs.place(environment, "datasets.py")
        for engine in engines:
            version = packages[engine]
            if not version:
                version = facts.pins()[engine].version
                self.substitute(f"{engine} {version}: the app's image does not say which version it installs")
            self.pinned[engine] = version
            python, _ = self.engines.get(engine, (None, None))
            if self.engine == "real" and python is None:
                raise MachineError(
                    f"The app installs {engine}, which it does not name, so the real one was not made ready.",
                    f"Pin {engine}==VERSION in the app's own image, or rehearse it with --engine stub.",
                )
            table = facts.flag_table_path(engine, version)
            if not table.exists():
                table = max(table.parent.glob(f"{engine}-*.json"))
                self.substitute(f"flags of {engine} {version} checked against the table {table.stem}")
            stubs.install(
                environment,
                engine=engine,
                version=version,
                mode=self.engine,
                table=table,
                cpu_table=next(iter(table.parent.glob(f"{engine}_cpu-*.json")), None),
                engine_python=python,
            )

    def _compare(self, name: str, pinned: str | None) -> None:
        here = importlib.metadata.version(name)
        if pinned and pinned != here:
            self.substitute(f"{name} {here} in place of {pinned}")

    def miniature(self, model_id: str) -> tuple[Path, bool] | None:
        """A folder that stands in for the model's repository, and whether it asks for a token."""
        if model_id in self.adapters:
            return self._adapter(model_id), False
        known = self.repository(model_id, next(iter(self.pinned), ENGINES[0]))
        if known is None:
            return None
        if known.config is None:
            self.substitute(
                f"{model_id}: the Hub could not be asked for its configuration, nor whether it exists, "
                "so a plain one stands in"
            )
        folder = self.folder / "models" / model_id.replace("/", "--")
        folder.mkdir(parents=True)
        for line in self._small(known.config or miniature.PLAIN, folder):
            self.substitute(f"{model_id}: {line}")
        if known.gated:
            self.substitute(f"{model_id} is gated: the local hub asks for a token, and takes what the Secret holds")
        return folder, known.gated

    def _small(self, config: dict, folder: Path) -> list[str]:
        engine = next(iter(self.pinned), ENGINES[0])
        python, _ = self.engines.get(engine, (None, None))
        return miniature.make(config, folder=folder, engine_python=python, engine=engine)

    def _adapter(self, model_id: str) -> Path:
        """A folder that stands in for an adapter's repository. Its base is made anew, as it may not be there yet."""
        base_id = self.planned[0] if self.planned else ""
        known = self.repository(base_id, next(iter(self.pinned), ENGINES[0])) if base_id else None
        base = self.folder / "models" / f"base-of-{model_id.replace('/', '--')}"
        config = (known.config if known else None) or miniature.PLAIN
        self._small(config, base)
        folder = self.folder / "models" / model_id.replace("/", "--")
        for line in adapters.make(base, folder, base_id=base_id):
            self.substitute(f"{model_id}: {line}")
        return folder
