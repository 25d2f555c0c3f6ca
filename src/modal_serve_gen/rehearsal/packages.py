"""Where the packages of images come from: this environment, the CPU engines' environments, or the wheel cache."""

import importlib.metadata
import importlib.util
import re
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import Distribution, DistributionFinder, MetadataPathFinder
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from modal_serve_gen import facts
from modal_serve_gen.facts.loading import read, record
from modal_serve_gen.rehearsal import wheel_cache
from modal_serve_gen.rehearsal.engines import engine_env, other_engines, sglang_env
from modal_serve_gen.rehearsal.engines.installing import SITE
from modal_serve_gen.rehearsal.image_packages import Wanted

ENGINES = ("vllm", "sglang")  # engines that have stubs
STUBS = (*ENGINES, "datasets")
TOOLS = ("pip", "setuptools", "uv", "wheel")  # of Modal's own base images
MAX_DEPTH = 8  # of dependencies
FROM_SOURCE = "it is built from source, which a rehearsal does not"
MISSING_MODULE = re.compile(r"No module named '(\w+)")  # the top of its name
NEEDS_GPU = "it is a build for GPUs, or too large to download for a rehearsal"


@dataclass(frozen=True, slots=True)
class PackageFacts:
    """The content of packages.toml."""

    read: str
    source: str
    never: tuple[str, ...]
    modules: dict[str, str]
    images: dict[str, tuple[str, ...]]
    images_source: dict[str, str]

    def is_never_downloaded(self, name: str) -> bool:
        return any(re.fullmatch(pattern, name) for pattern in self.never)


@cache
def package_facts() -> PackageFacts:
    """The bundled packages.toml."""
    return record(PackageFacts, read("rehearsal/packages.toml"), "packages.toml")


def of_module(module: str) -> str:
    """The package of a top-level module, by the facts, otherwise by its name."""
    return canonicalize_name(package_facts().modules.get(module, module))


def brought_by(package: str) -> frozenset[str]:
    """Names of the packages that the pinned release of an engine, or of another package of pins.toml, brings."""
    pins = facts.pins()[package]
    return frozenset({pin.partition("==")[0] for pin in pins.packages} | set(pins.fixed))


def of_public_apps() -> set[str]:
    """Packages that public apps import, or that engines bring."""
    engines = {name for package in facts.pins() for name in brought_by(package)}
    return {*engines, *package_facts().modules.values(), *STUBS}


@dataclass(frozen=True)
class Contents:
    """What an image contains: the packages of its install steps, and those that its engine or base image bring."""

    explicit: tuple[Wanted, ...]
    brought: frozenset[str]

    @property
    def names(self) -> set[str]:
        return {item.name for item in self.explicit} | self.brought


class Packages:
    """Packages for the containers of one rehearsal; `imports` are the modules that the app imports, None: unknown.

    Libraries that run models in the app's process have placeholders (other_engines.toml): they are never downloaded,
    and those of the CPU engines are used only with `real` engines, since a stub's models have no weights.
    """

    def __init__(self, imports: frozenset[str] | None, *, real: bool = False):
        self._placeholders = {name for library in other_engines.table().libraries for name in library.packages}
        self._real = real
        self._imported = None if imports is None else frozenset(map(of_module, imports))
        self._lock = threading.Lock()
        self.missing: dict[str, str] = {}  # package -> why it cannot be had here

    @cached_property
    def sites(self) -> list[Path]:
        """Folders of packages of the CPU engines that are installed."""
        environments = [module.folder() for module in (engine_env, sglang_env) if module.ready()]
        return [environment / SITE for environment in environments]

    def folders(self) -> list[Path]:
        """Folders that containers have to see."""
        return [wheel_cache.folder(), *self.sites]

    def needed(self, contents: Contents) -> list[Wanted]:
        """Packages that have to be there and are not: what the image installs by name, and what the app imports.

        An engine brings packages that no app imports: these are not downloaded.
        """
        explicit = {item.name: item for item in contents.explicit}
        wanted = [item for item in explicit.values() if item.name not in contents.brought or self._imports(item.name)]
        wanted += [Wanted(name, name) for name in sorted(contents.brought - explicit.keys()) if self._imports(name)]
        left_out = {*STUBS, *TOOLS, *self._placeholders}
        return [item for item in wanted if item.name not in left_out and not self.find(item.name)]

    def _imports(self, name: str) -> bool:
        return self._imported is not None and name in self._imported

    def to_download(self, wanted: Sequence[Wanted]) -> list[Wanted]:
        """Those of `wanted`, and of the dependencies of cached ones, that may be downloaded and are not cached."""
        found, queue, seen = [], list(wanted), set[str]()
        while queue:  # in levels, so that of several requirements for one package the same is chosen every time
            item = queue.pop(0)
            if item.name in seen or item.name in self.missing:
                continue
            seen.add(item.name)
            if item.name in self._placeholders:
                continue
            if not item.requirement or package_facts().is_never_downloaded(item.name):
                self.missing[item.name] = NEEDS_GPU if item.requirement else FROM_SOURCE
            elif entry := wheel_cache.cached(item):
                queue += self._dependencies(entry, item)
            else:
                found.append(item)
        return found

    def download(self, wanted: Sequence[Wanted], say: Callable[[str], None]) -> None:
        """Download packages and their dependencies, one level after the other; what fails becomes missing."""
        with self._lock:
            for _ in range(MAX_DEPTH):
                level = self.to_download(wanted)
                if not level:
                    return
                if wheel_cache.UNREACHABLE in self.missing.values():
                    self.missing |= {item.name: wheel_cache.UNREACHABLE for item in level}
                    return
                self.missing |= wheel_cache.add(level, say)

    def _dependencies(self, entry: Path, item: Wanted) -> list[Wanted]:
        """Dependencies of a cached package that are not installed here."""
        (distribution,) = importlib.metadata.distributions(path=[str(entry)])
        extras = Requirement(item.requirement).extras if not item.requirement.startswith("http") else set()
        required = (Requirement(text) for text in distribution.requires or ())
        return [
            Wanted(canonicalize_name(requirement.name), _without_marker(requirement), item.options)
            for requirement in required
            if _applies(requirement, extras) and not self.find(requirement.name)
        ]

    def find(self, name: str) -> Distribution | None:
        """A package that is installed here or with a CPU engine."""
        try:
            return importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            if not self._real and canonicalize_name(name) in self._placeholders:
                return None
            context = DistributionFinder.Context(name=name, path=[str(site) for site in self.sites])
            return next(iter(MetadataPathFinder.find_distributions(context)), None)

    def distributions(self, contents: Contents) -> list[Distribution]:
        """What containers of an image get: all of its packages that can be had, with their requirements."""
        distributions: dict[str, Distribution] = {}
        queue = [(name, "") for name in sorted(contents.names - set(STUBS))]
        seen = set(queue)
        for item in self._cached(self.needed(contents)):
            (distribution,) = importlib.metadata.distributions(path=[str(item)])
            distributions[str(item)] = distribution
            queue += list(_requirements(distribution, ""))
        while queue:
            name, extra = queue.pop()
            if found := self.find(name):
                distributions[name] = found
                more = [key for key in _requirements(found, extra) if key not in seen]
                seen |= set(more)
                queue += more
        return list(distributions.values())

    def for_client(self, imports: Iterable[str], say: Callable[[str], None]) -> tuple[list[str], list[Distribution]]:
        """Packages that the client needs to import an app and that are not installed here, and where they are.

        Only packages that public apps use are downloaded: others may have another name than their module.
        """
        names = sorted({of_module(name) for name in imports if not _is_here(name)} & of_public_apps())
        contents = Contents(tuple(Wanted(name, name) for name in names), frozenset())
        self.download(self.needed(contents), say)
        here = {Path(folder).resolve() for folder in sys.path}
        distributions = [
            found for found in self.distributions(contents) if Path(str(found.locate_file(""))).resolve() not in here
        ]
        provided = {canonicalize_name(found.name) for found in distributions}
        return [name for name in names if name in provided], distributions

    def _cached(self, wanted: Sequence[Wanted]) -> Iterator[Path]:
        """Entries of the cache for packages and their dependencies."""
        queue, seen = list(wanted), set[str]()
        while queue:
            item = queue.pop(0)
            if item.name not in seen and item.requirement and (entry := wheel_cache.cached(item)):
                seen.add(item.name)
                yield entry
                queue += self._dependencies(entry, item)

    def other_versions(self, explicit: Iterable[Wanted]) -> list[str]:
        """`name here instead of pinned` for each package in another version than the image's."""
        lines = []
        for item in explicit:
            found = self.find(item.name) if item.version and item.name not in STUBS else None
            if found and found.version.partition("+")[0] != item.version.partition("+")[0]:
                lines.append(f"{item.name} {found.version} instead of {item.version}")
        return lines


def _is_here(module: str) -> bool:
    """True if this interpreter finds a top-level module."""
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def _requirements(distribution: Distribution, extra: str) -> Iterator[tuple[str, str]]:
    """(name, extra) of each requirement that applies."""
    for text in distribution.requires or ():
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        if _applies(requirement, {extra} if extra else set()):
            yield from ((canonicalize_name(requirement.name), more) for more in ("", *requirement.extras))


def _applies(requirement: Requirement, extras: set[str]) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in extras or {""})


def _without_marker(requirement: Requirement) -> str:
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    return f"{canonicalize_name(requirement.name)}{extras}{requirement.specifier}"


def explain(missing: Mapping[str, str], name: str) -> str:
    """Why a package of the image is not in its containers."""
    return missing.get(name, "it was not prepared, since no file of the app imports it")
