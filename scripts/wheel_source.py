"""The Python source inside a wheel, read with `ast` only: nothing of the wheel is imported or run.

A wheel is a tree of modules; a name in a module leads, through imports and re-exports, to the statement that binds it.
"""

import ast
import hashlib
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

# What a name is bound to: a node, or (module, attribute) of an import; None for what cannot be followed.
Binding = ast.ClassDef | ast.FunctionDef | ast.expr | tuple[str | None, str | None]
Bindings = dict[str, Binding]
MOST_HOPS = 12  # imports and aliases between a name and its definition


@dataclass(frozen=True)
class Definition:
    """Where a name ends up: the module that binds it, and the class, function or expression."""

    module: "Module"
    node: ast.ClassDef | ast.FunctionDef | ast.expr
    name: str

    @property
    def body(self) -> list[ast.stmt]:
        """The statements of a class or function."""
        return self.node.body if isinstance(self.node, ast.ClassDef | ast.FunctionDef) else []

    @property
    def bases(self) -> list[str]:
        """The source text of a class's own bases."""
        return [ast.unparse(base) for base in self.node.bases] if isinstance(self.node, ast.ClassDef) else []

    def method(self, name: str) -> ast.FunctionDef:
        """The last definition of a method: overloads come before it."""
        return [node for node in self.body if isinstance(node, ast.FunctionDef) and node.name == name][-1]


class Module:
    """One parsed module of `source`. `typed` holds what a type checker sees, `runtime` what the interpreter binds."""

    def __init__(self, source: "Source", name: str, text: str, is_package: bool):
        self.source = source
        self.name = name
        self.package = name if is_package else name.rpartition(".")[0]
        self.tree = ast.parse(text)
        self.typed: Bindings = {}
        self.runtime: Bindings = {}
        bind(self.tree.body, self.package, self.typed, self.runtime)

    def find(self, name: str, *, typed: bool = False, local: Bindings | None = None) -> Definition | None:
        """Where `name` is bound, through imports and plain aliases; None for a name from outside the wheel."""
        module: Module | None = self
        for _ in range(MOST_HOPS):
            if module is None:
                return None
            scope = module.typed if typed else module.runtime
            bound = (local or {}).get(name) or scope.get(name) or module._starred(name, scope)
            local = None
            if isinstance(bound, tuple):
                origin, attribute = bound
                if origin is None or attribute is None:
                    return None
                submodule, module = self.source.module(f"{origin}.{attribute}"), self.source.module(origin)
                if module is None or (submodule and attribute not in module.runtime):
                    return None
                name = attribute
            elif isinstance(bound, ast.Name) and bound.id != name:
                name = bound.id
            else:
                return Definition(module, bound, name) if bound is not None else None
        return None

    def _starred(self, name: str, scope: Bindings) -> Binding | None:
        """What `from module import *` binds."""
        origins = [self.source.module(star[1:]) for star in scope if star.startswith("*")]
        return next(((origin.name, name) for origin in origins if origin and name in origin.runtime), None)

    def definition(self, name: str) -> Definition:
        """The class, function or expression of this name. Raises LookupError if the wheel does not have it."""
        if (definition := self.find(name)) is None:
            raise LookupError(f"{self.name} has no {name}")
        return definition

    def function(self, name: str) -> ast.FunctionDef:
        """The top-level function of this name. Raises LookupError if there is none."""
        for node in self.tree.body:
            if isinstance(node, ast.FunctionDef) and node.name == name:
                return node
        raise LookupError(f"{self.name} has no function {name}")


def bind(body: list[ast.stmt], package: str, typed: Bindings, runtime: Bindings | None) -> None:
    """Record what each statement binds, in `typed` and, if it is bound at run time, in `runtime`."""
    for node in body:
        names: Bindings = {}
        match node:
            case ast.ClassDef() | ast.FunctionDef():
                names[node.name] = node
            case ast.Assign():
                names |= {target.id: node.value for target in node.targets if isinstance(target, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                names[name] = value
            case ast.Import():
                for alias in node.names:
                    names[alias.asname or alias.name.partition(".")[0]] = (alias.name if alias.asname else None, None)
            case ast.ImportFrom():
                names |= _imported(node, package)
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                bind(node.body, package, typed, None)
                hidden: Bindings = {}
                bind(node.orelse, package, hidden, runtime)
                for name, bound in hidden.items():
                    typed.setdefault(name, bound)
            case ast.If():
                bind(node.orelse + node.body, package, typed, runtime)
            case ast.Try():
                bind(node.body, package, typed, runtime)
        for scope in (typed, runtime):
            if scope is not None:
                scope.update(names)


def _imported(node: ast.ImportFrom, package: str) -> Bindings:
    parts = package.split(".")
    base = ".".join(parts[: len(parts) - node.level + 1]) if node.level else ""
    origin = ".".join(part for part in (base, node.module) if part)
    return {
        f"*{origin}" if alias.name == "*" else alias.asname or alias.name: (origin, alias.name) for alias in node.names
    }


class Source:
    """The modules of one wheel."""

    def __init__(self, wheel: Path, platform: str = "cuda"):
        """`platform` is what the engine's `current_platform.device_type` would be on the machine it is built for."""
        self.wheel = wheel
        self.platform = platform
        self.archive = zipfile.ZipFile(wheel)
        self.names = {name for name in self.archive.namelist() if name.endswith(".py")}
        self.modules: dict[str, Module | None] = {}

    @cached_property
    def sha256(self) -> str:
        with self.wheel.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()

    @cached_property
    def metadata(self) -> str:
        name = next(n for n in self.archive.namelist() if n.endswith(".dist-info/METADATA") and n.count("/") == 1)
        return self.archive.read(name).decode()

    def module(self, name: str) -> Module | None:
        """The module of this dotted name, or None if it is not in the wheel (torch, the standard library, ...)."""
        if name not in self.modules:
            path = name.replace(".", "/")
            file = next((f for f in (f"{path}.py", f"{path}/__init__.py") if f in self.names), None)
            text = self.archive.read(file).decode() if file else ""
            self.modules[name] = Module(self, name, text, file.endswith("__init__.py")) if file else None
        return self.modules[name]

    def required(self, name: str) -> Module:
        """The module of this dotted name. Raises LookupError if it is not in the wheel."""
        if (module := self.module(name)) is None:
            raise LookupError(f"{self.wheel.name} has no module {name}")
        return module

    def module_with(self, statement: str, under: str = "") -> Module:
        """The one module below `under` with a line that begins with `statement`: modules move between releases."""
        needle = f"\n{statement}".encode()
        files = [n for n in sorted(self.names) if n.startswith(under) and needle in self.archive.read(n)]
        if len(files) != 1:
            raise LookupError(f"{self.wheel.name}: {len(files)} modules with {statement!r}: {files}")
        return self.required(files[0].removesuffix(".py").removesuffix("/__init__").replace("/", "."))


def classes(definition: Definition) -> list[Definition]:
    """A class and its bases in the wheel, bases first, as dataclasses order their fields."""
    order: list[Definition] = []
    for base in definition.node.bases if isinstance(definition.node, ast.ClassDef) else ():
        parent = definition.module.find(base.id) if isinstance(base, ast.Name) else None
        if parent and isinstance(parent.node, ast.ClassDef):
            order += [ancestor for ancestor in classes(parent) if ancestor not in order]
    return [*order, definition]


def fields(definition: Definition) -> dict[str, tuple[Module, ast.AnnAssign]]:
    """The annotated fields of a class with the inherited ones, in the order of a dataclass."""
    annotated: dict[str, tuple[Module, ast.AnnAssign]] = {}
    for ancestor in classes(definition):
        for node in ancestor.body:
            if (
                isinstance(node, ast.AnnAssign)
                and isinstance(node.target, ast.Name)
                and "ClassVar" not in ast.unparse(node.annotation)
            ):
                annotated[node.target.id] = (ancestor.module, node)
    return annotated
