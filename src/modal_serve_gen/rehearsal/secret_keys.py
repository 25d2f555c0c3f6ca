"""Which keys a Secret that exists only in the user's account has: by its name, and by what the app reads."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from modal_serve_gen.checks.app_source import AppSource
from modal_serve_gen.facts.loading import read, record
from modal_serve_gen.rehearsal.app_files import AppFiles

PLACEHOLDER = "rehearsal-placeholder"
PRIVATE = re.compile(r"TOKEN|KEY|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|(?:^|_)(?:AUTH|PAT|PASS|PWD|DSN)(?:_|$)")
# Variables that every container has, or that Modal (modal.com/docs/guide/environment_variables, read 2026-11), Python
# or CUDA set.
GIVEN = re.compile(
    r"MODAL_(CLOUD_PROVIDER|ENVIRONMENT|IDENTITY_TOKEN|IMAGE_ID|IS_REMOTE|REGION|SANDBOX_ID|TASK_ID)"
    r"|PYTHON.*|CUDA_.*|NVIDIA_.*|LD_.*|HOME|PATH|USER|PWD|TMPDIR|LANG|SHELL|HOSTNAME|TERM"
)
IN_SHELL = re.compile(r"\$\{?([A-Z][A-Z0-9_]*)")
# modal 1.6.4, Image.from_registry: keys of a Secret for a registry that is neither AWS nor Google Cloud
REGISTRY = ("REGISTRY_USERNAME", "REGISTRY_PASSWORD")
SHORT = 5  # letters of a service's name that has to be a whole word


@dataclass(frozen=True, slots=True)
class Service:
    """A service whose Secrets have usual names and keys."""

    names: tuple[str, ...]
    keys: tuple[str, ...]
    modules: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Format:
    """The placeholder of keys whose values are parsed."""

    pattern: str
    value: str


@dataclass(frozen=True, slots=True)
class SecretFacts:
    """The content of secrets.toml."""

    read: str
    services: tuple[Service, ...]
    placeholders: tuple[Format, ...]


@cache
def _facts() -> SecretFacts:
    return record(SecretFacts, read("rehearsal/secrets.toml"), "secrets.toml")


@dataclass(frozen=True)
class SecretKeys:
    """What is known about the Secrets of one app."""

    given: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by --secret, by the Secret's name
    read: tuple[str, ...] = ()  # variables that the app reads, and that nothing in it sets
    names: frozenset[str] = frozenset()  # of all Secrets that the app names
    imports: frozenset[str] = frozenset()  # modules that the app imports, and its engine
    registries: frozenset[str] = frozenset()  # names of Secrets for registries of images

    def expected(self, name: str) -> tuple[str, ...]:
        """Keys of the Secret `name`: the given ones, those of its service, and those that the app reads.

        A key that belongs to the service of another Secret is left to that one. If nothing else is known, the Secret
        is expected to be for the modules that the app imports.
        """
        if name in self.registries and not _of_service(name):
            return (*self.given.get(name, ()), *REGISTRY)
        own, others = _of_service(name), {key for other in self.names - {name} for key in _of_service(other)}
        keys = [*self.given.get(name, ()), *own, *(key for key in self.read if key not in others - set(own))]
        if not keys:
            keys = [key for service in _facts().services if self.imports & set(service.modules) for key in service.keys]
        return tuple(dict.fromkeys(keys))


NONE_KNOWN = SecretKeys()


def placeholder(key: str) -> str:
    """A value for `key` that stands for the real one."""
    formats = _facts().placeholders
    return next((item.value for item in formats if re.fullmatch(item.pattern, key)), PLACEHOLDER)


def is_placeholder(key: str, value: str) -> bool:
    return value == placeholder(key)


def of_app(files: AppFiles, given: Mapping[str, tuple[str, ...]]) -> SecretKeys:
    """What the files of an app say about its Secrets."""
    fixed = {key for source in files.sources for key in _set_by(source)}
    keys = [key for source in files.sources for key in _read_by(source)]
    calls = [call for source in files.sources for call in source.calls if call.name == "modal.Secret.from_name"]
    sources = {id(call): source for source in files.sources for call in source.calls}
    names = [sources[id(call)].evaluate(call.node.args[0]) for call in calls if call.node.args]
    engines = {row.name for source in files.sources for row in source.requirements if row.name in ("vllm", "sglang")}
    return SecretKeys(
        given,
        tuple(dict.fromkeys(key for key in keys if key not in fixed and not GIVEN.fullmatch(key))),
        frozenset(name for name in names if isinstance(name, str)),
        files.imports | engines,
        frozenset(name for source in files.sources for name in _registries(source)),
    )


def _registries(source: AppSource) -> Iterator[str]:
    """Names of Secrets that give access to a registry of images."""
    for call in source.calls:
        argument = call.arguments.get("registry_secret") or call.arguments.get("secret")
        if argument is None or call.method not in ("from_registry", "from_dockerfile"):
            continue
        node: ast.AST = argument.node
        if isinstance(node, ast.Name) and isinstance(assigned := source.definitions.get(node.id), ast.Assign):
            node = assigned.value
        if isinstance(node, ast.Call) and node.args and isinstance(name := source.evaluate(node.args[0]), str):
            yield name


def _set_by(source: AppSource) -> Iterator[str]:
    """Variables that a file sets to a known value: in a dictionary, such as an image's, or in `os.environ`."""
    for node in source.nodes:
        pairs: list[tuple[ast.expr | None, ast.expr]] = []
        if isinstance(node, ast.Dict):
            pairs = list(zip(node.keys, node.values, strict=True))
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            target = node.targets[0]
            pairs = [(target.slice, node.value)] if source.full_name(target.value) == "os.environ" else []
        for key, value in pairs:
            if source.evaluate(value) is not None and isinstance(name := source.evaluate(key), str):
                yield name


def _read_by(source: AppSource) -> Iterator[str]:
    """Variables that a file needs: read without a default, or private by their name and read in any way."""
    for node in source.nodes:
        required = False
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
            key, required = node.slice if source.full_name(node.value) == "os.environ" else None, True
        elif isinstance(node, ast.Call) and node.args:
            reads = source.full_name(node.func) in ("os.getenv", "os.environ.get", "os.environ.pop")
            key = node.args[0] if reads else None
        elif isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.In | ast.NotIn):
            key = node.left if source.full_name(node.comparators[0]) == "os.environ" else None
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from (name for name in IN_SHELL.findall(node.value) if PRIVATE.search(name))
            continue
        else:
            continue
        name = source.evaluate(key) if key is not None else None
        if isinstance(name, str) and name and (required or PRIVATE.search(name)):
            yield name


def _of_service(name: str) -> tuple[str, ...]:
    """Keys of the service that the name of a Secret mentions."""
    text = re.sub(r"[^a-z0-9]", "", name.lower())
    words = {word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+", name)}
    for service in _facts().services:
        for mentioned in service.names:
            plain = mentioned.replace("-", "")
            if plain in words or (len(plain) >= SHORT and plain in text):
                return service.keys
    return ()
