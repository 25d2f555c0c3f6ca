"""Local substitutes for Modal's image, for the engine and for the model.

Containers get a bare environment with the packages that the rehearsal provides. An engine that the app's image pins is
replaced by a command and a package of the same name, a model by a miniature of the same architecture.
"""

import contextlib
import json
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modal_serve_gen import facts
from modal_serve_gen.errors import MachineError
from modal_serve_gen.rehearsal.config import RehearsalConfig
from modal_serve_gen.rehearsal.containers import bare_env
from modal_serve_gen.rehearsal.control_plane import images
from modal_serve_gen.rehearsal.control_plane.state import Image
from modal_serve_gen.rehearsal.engines import miniature, other_engines, stubs
from modal_serve_gen.rehearsal.engines.stubs.engine_stub import adapters
from modal_serve_gen.rehearsal.packages import ENGINES, Contents, Packages

PACKAGE = Path(__file__).resolve().parent.parent
MAX_LISTED = 5  # packages in one line of the report


@dataclass(frozen=True)
class Note:
    """A line that a stub wrote about itself: a check that passed, an injected fault, a substitution, a usage error."""

    kind: str
    text: str
    container: str = ""  # its id


class Substitutes:
    """Substitutes of one rehearsal, below `folder`; `record` gets a line for each that the report lists."""

    def __init__(self, config: RehearsalConfig, folder: Path, record: Callable[[str], None]):
        self.config, self.folder, self.record = config, folder, record
        self.hub_url = ""
        self.trust: dict[str, str] = {}  # variables with which programs accept the certificate of tunnels
        self.pinned: dict[str, str] = {}  # engine -> version that the app's image pins
        self.packages = Packages(config.imports, real=config.engine == "real")
        self.unconfirmed: set[str] = set()  # repositories of which nobody could say that they exist
        self.notes: list[Note] = []
        self._read = 0  # bytes of the file of notes
        self._lock = threading.Lock()

    def visible(self) -> list[Path]:
        """Folders of this machine that every container needs: Python, its packages, this package, the engines."""
        pythons = [Path(sys.executable), *(engine.python for engine in self.config.engines.values())]
        prefixes = [path.parent.parent for python in pythons for path in (python.absolute(), python.resolve())]
        folders = [*bare_env.folders(), *self.packages.folders()]
        return [
            path for path in (Path(sys.prefix), Path(sys.base_prefix), PACKAGE, *prefixes, *folders) if path.exists()
        ]

    @property
    def _notes_file(self) -> Path:
        return self.folder / "notes.jsonl"

    def read_notes(self) -> list[Note]:
        """Read the notes that the stubs have written since the last time, in order."""
        if not self._notes_file.exists():
            return []
        with self._notes_file.open("rb") as file:
            file.seek(self._read)
            lines, _, _ = file.read().rpartition(b"\n")
        self._read += len(lines) + bool(lines)
        notes = []
        for line in lines.splitlines():
            with contextlib.suppress(ValueError):  # a partial line of a stub that was killed while writing
                note = json.loads(line)
                notes.append(Note(note["kind"], note["text"], note.get("container", "")))
        self.notes += notes
        return notes

    def image_work(self, image: Image) -> Callable[[Callable[[str], None]], None] | None:
        """What has to be downloaded for an image, to be called with a callback for progress; None: nothing."""
        needed = self.packages.needed(images.contents(image))
        if not self.packages.to_download(needed):
            return None
        return lambda say: self.packages.download(needed, say)

    def prepare(self, image: Image | None) -> tuple[Path, dict[str, str]]:
        """The interpreter for containers of `image`, and the rehearsal's additions to their environment."""
        environment = self.folder / "env" / (image.id if image else "none")
        with self._lock:
            if not environment.exists():
                self._make(environment, image)
        added = {
            "HF_ENDPOINT": self.hub_url,
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",  # miniatures need none
            "REHEARSAL_NOTES": str(self._notes_file),
            **self.trust,
        }
        if self.config.faults.for_engines:
            added["REHEARSAL_FAULTS"] = self.config.faults.for_engines
        return environment / "bin" / "python", added

    def client_path(self, say: Callable[[str], None]) -> Path | None:
        """A folder with packages that `modal run` needs to import the app and that are not installed here, if any."""
        packages = Packages(None, real=True)
        names, distributions = packages.for_client(self.config.client_imports, say)
        stub = "datasets" in self.config.client_imports and not packages.find("datasets")
        if not names and not stub:
            return None
        site = self.folder / "client"
        site.mkdir()
        bare_env.link(site, distributions)
        if stub:
            stubs.copy("datasets.py", site)
            names.append("datasets (a stub)")
        self.record(f"packages of the machine that runs modal, not installed here: {', '.join(names)}")
        return site

    def _make(self, environment: Path, image: Image | None) -> None:
        contents = images.contents(image) if image else Contents((), frozenset())
        engines = images.engines(image) if image else {}
        names = ["modal"]
        if engines or contents.names & {"huggingface-hub", "datasets"}:
            names.append("huggingface_hub")
        others = other_engines.brought(image, contents.names) if image else None
        if engines or (others and others.anything):
            names += stubs.REQUIRED
        bare_env.make(environment, names, self.packages.distributions(contents))
        if others and others.anything:
            other_engines.install(environment, others)
        stubs.install_nvidia_smi(environment)
        here = f"{sys.version_info.major}.{sys.version_info.minor}"
        if image and image.python and image.python != here:
            self.record(f"Python {here} instead of {image.python}")
        if other := self.packages.other_versions(contents.explicit):
            more = f" and {len(other) - MAX_LISTED} more" if len(other) > MAX_LISTED else ""
            self.record(f"packages of this machine: {', '.join(other[:MAX_LISTED])}{more}")
        if "datasets" in contents.names:
            stubs.place(environment, "datasets.py")
        for engine, version in engines.items():
            self._install(environment, engine, version, images.packages(image) if image else None)

    def programs(self, image: Image | None) -> dict[str, Path]:
        """Path in containers of `image` -> program, for the programs of engines that the app starts by their path."""
        folder = self.folder / "env" / (image.id if image else "none") / "bin"
        named = {path: folder / name for path, name in self.config.programs.items()}
        return {path: program for path, program in named.items() if program.exists()}

    def _install(self, environment: Path, engine: str, version: str, packages: frozenset[str] | None) -> None:
        """Install the stub for `engine` as `version` ('' if the image does not say which) in `environment`.

        `packages` are all names of packages in the image; None if they are not known.
        """
        if not version:
            version = facts.pins()[engine].version
            self.record(f"{engine} {version}: the app's image does not say which version it installs")
        self.pinned[engine] = version
        real = self.config.engines.get(engine)
        if self.config.engine == "real" and real is None:
            raise MachineError(
                f"The app installs {engine}, but its source does not name it, so the real engine was not prepared.",
                f"Pin {engine}==VERSION in the app's own image, or rehearse it with --engine stub.",
            )
        own, newest = facts.flag_document(engine, version), facts.flag_document(engine, "")
        if own is None:
            self.record(f"not checked: no table of {engine} {version}; its flags are read as those of another release")
        elif own["version"] != version:
            self.record(f"flags of {engine} {version} are checked against the table of {own['version']}")
        stubs.install(
            environment,
            engine=engine,
            version=version,
            mode=self.config.engine,
            table=own or newest or {},
            cpu_table=facts.cpu_flag_document(engine),
            checked=own is not None,
            engine_python=real.python if real else None,
            packages=packages,
        )

    def model(self, model_id: str) -> tuple[Path, bool] | None:
        """A folder that replaces the model's repository, and whether it is gated; None for an unknown model."""
        repository = self.config.repository(model_id, self._engine())
        known_adapter = model_id in self.config.adapters
        if not (repository and repository.confirmed):
            self.unconfirmed.add(model_id)
        if known_adapter or (repository and repository.adapter):
            return self._adapter(model_id), bool(repository and repository.gated and not known_adapter)
        if repository is None:
            return None
        if repository.config is None:
            reason = "the Hub could not be reached, so whether the model exists is unknown"
            if repository.gated:
                reason = "its configuration cannot be read without a token that has access"
            self.record(f"{model_id}: a plain configuration is used; {reason}")
        folder = self.folder / "models" / model_id.replace("/", "--")
        folder.mkdir(parents=True)
        for line in self._miniature(repository.config or miniature.PLAIN, folder):
            self.record(f"{model_id}: {line}")
        if repository.gated:
            self.record(f"{model_id} is gated: the local hub requires a token, and accepts any value of a Secret")
        return folder, repository.gated

    def _engine(self) -> str:
        return next(iter(self.pinned), ENGINES[0])

    def _miniature(self, config: dict[str, Any], folder: Path) -> list[str]:
        real = self.config.engines.get(self._engine())
        return miniature.make(config, folder=folder, engine_python=real.python if real else None, engine=self._engine())

    def _adapter(self, model_id: str) -> Path:
        """A folder that replaces an adapter's repository. Its base model is made again, since it may not exist yet."""
        planned = self.config.planned
        repository = self.config.repository(planned.id, self._engine()) if planned else None
        base = self.folder / "models" / f"base-of-{model_id.replace('/', '--')}"
        config = (repository.config if repository else None) or miniature.PLAIN
        self._miniature(config, base)
        folder = self.folder / "models" / model_id.replace("/", "--")
        for line in adapters.make(base, folder, base_id=planned.id if planned else ""):
            self.record(f"{model_id}: {line}")
        return folder
