"""The Python source inside a wheel, read with `ast` only: nothing of the wheel is imported or run.

A wheel is a tree of modules; a name in a module leads, through imports and re-exports, to the statement that binds it.
`Source.value` computes what plain data says (constants, lists, sums, enum members, dataclass defaults); what it cannot
read comes back as `Opaque`, never as a guess.
"""

import ast
import hashlib
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True)
class Opaque:
    """An expression that only running the wheel could evaluate, as its source text."""

    text: str


@dataclass(frozen=True)
class Member:
    """One member of an enum class."""

    owner: str
    name: str
    value: object


@dataclass(frozen=True)
class Found:
    """Where a name ends up: the module that binds it, and the binding (a class, a function or an expression)."""

    module: "Module"
    node: ast.AST
    name: str


class Module:
    """One parsed module. `typed` holds what a type checker sees, `runtime` what the interpreter binds."""

    def __init__(self, name: str, text: str, is_package: bool):
        self.name = name
        self.package = name if is_package else name.rpartition(".")[0]
        self.tree = ast.parse(text)
        self.typed: dict[str, object] = {}
        self.runtime: dict[str, object] = {}
        bind(self.tree.body, self.package, self.typed, self.runtime)


def bind(body: list[ast.stmt], package: str, typed: dict, runtime: dict | None) -> None:
    """Record what each statement binds: a node, or `(module, attribute or None)` for an import."""
    both = [scope for scope in (typed, runtime) if scope is not None]
    for node in body:
        names: dict[str, object] = {}
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
                parts = package.split(".")
                base = ".".join(parts[: len(parts) - node.level + 1]) if node.level else ""
                origin = ".".join(part for part in (base, node.module) if part)
                for alias in node.names:
                    star = alias.name == "*"
                    names[f"*{origin}" if star else alias.asname or alias.name] = (origin, alias.name)
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                bind(node.body, package, typed, None)
                hidden: dict = {}
                bind(node.orelse, package, hidden, runtime)
                for name, bound in hidden.items():
                    typed.setdefault(name, bound)
            case ast.If():
                bind(node.orelse + node.body, package, typed, runtime)
            case ast.Try():
                bind(node.body, package, typed, runtime)
        for scope in both:
            scope.update(names)


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
        """The module of this dotted name, or None when it is not in the wheel (torch, the standard library, ...)."""
        if name not in self.modules:
            path = name.replace(".", "/")
            file = next((f for f in (f"{path}.py", f"{path}/__init__.py") if f in self.names), None)
            text = self.archive.read(file).decode() if file else ""
            self.modules[name] = Module(name, text, file.endswith("__init__.py")) if file else None
        return self.modules[name]

    def module_with(self, statement: str, under: str = "") -> Module:
        """The one module below `under` with a line that begins with `statement`: modules move between releases."""
        needle = f"\n{statement}".encode()
        files = [n for n in sorted(self.names) if n.startswith(under) and needle in self.archive.read(n)]
        if len(files) != 1:
            raise LookupError(f"{self.wheel.name}: {len(files)} modules with {statement!r}: {files}")
        return self.module(files[0].removesuffix(".py").removesuffix("/__init__").replace("/", "."))

    def find(self, name: str, module: Module, *, typed: bool = False, local: dict | None = None) -> Found | None:
        """Where `name` in `module` is bound, through imports and plain aliases; None for a name from elsewhere."""
        for _ in range(12):
            scope = module.typed if typed else module.runtime
            bound = (local or {}).get(name, scope.get(name))
            local = None
            if bound is None:
                stars = [self.module(star[1:]) for star in scope if star.startswith("*")]
                bound = next(((home.name, name) for home in stars if home and name in home.runtime), None)
            if isinstance(bound, tuple):
                origin, attribute = bound
                if origin is None or attribute is None:
                    return None
                submodule, home = self.module(f"{origin}.{attribute}"), self.module(origin)
                if home is None or (submodule and attribute not in home.runtime):
                    return None
                name, module = attribute, home
            elif isinstance(bound, ast.Name) and bound.id != name:
                name = bound.id
            elif isinstance(bound, ast.AST):
                return Found(module, bound, name)
            else:
                return None
        return None

    def classes(self, found: Found) -> list[Found]:
        """The class and its bases in this wheel, the base first, as dataclasses order their fields."""
        order: list[Found] = []
        for base in found.node.bases:
            up = self.find(base.id, found.module) if isinstance(base, ast.Name) else None
            if up and isinstance(up.node, ast.ClassDef):
                order += [one for one in self.classes(up) if one not in order]
        return [*order, found]

    def fields(self, found: Found) -> dict[str, tuple[Module, ast.AnnAssign]]:
        """The annotated fields of a class with those that it inherits, in the order of a dataclass."""
        fields: dict[str, tuple[Module, ast.AnnAssign]] = {}
        for one in self.classes(found):
            for node in one.node.body:
                if (
                    isinstance(node, ast.AnnAssign)
                    and isinstance(node.target, ast.Name)
                    and "ClassVar" not in ast.unparse(node.annotation)
                ):
                    fields[node.target.id] = (one.module, node)
        return fields

    def is_enum(self, found: Found | None) -> bool:
        return (
            bool(found)
            and isinstance(found.node, ast.ClassDef)
            and "Enum" in "".join(map(ast.unparse, found.node.bases))
        )

    def members(self, found: Found) -> list[Member]:
        """The members of an enum class, in order."""
        return [
            Member(found.name, target.id, self.value(node.value, found.module))
            for node in found.node.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name) and not target.id.startswith("_")
        ]

    def value(self, node: ast.AST, module: Module, env: dict | None = None, local: dict | None = None) -> object:
        """What `node` evaluates to in `module`, where data alone says so; otherwise `Opaque`.

        `env` holds values of local variables, `local` the imports made inside the enclosing function.
        """

        def again(inner: ast.AST) -> object:
            return self.value(inner, module, env, local)

        opaque = Opaque(ast.unparse(node))
        match node:
            case ast.Constant():
                return node.value
            case ast.Name() if env and node.id in env:
                return env[node.id]
            case ast.Name():
                found = self.find(node.id, module, local=local)
                if found and isinstance(found.node, ast.expr):
                    return self.value(found.node, found.module)
                return opaque
            case ast.List() | ast.Tuple() | ast.Set():
                items: list = []
                for item in node.elts:
                    one = again(item.value if isinstance(item, ast.Starred) else item)
                    if isinstance(item, ast.Starred):
                        if not isinstance(one, list):
                            return opaque
                        items += one
                    else:
                        items.append(one)
                return items
            case ast.Dict():
                merged: dict = {}
                for key, item in zip(node.keys, node.values, strict=True):
                    one, name = again(item), None if key is None else again(key)
                    if isinstance(name, list):
                        return opaque
                    if key is not None:
                        merged[name] = one
                    elif isinstance(one, dict):
                        merged |= one
                    else:
                        return opaque
                return merged
            case ast.Subscript():
                whole, key = again(node.value), again(node.slice)
                return whole[key] if isinstance(whole, dict) and key in whole else opaque
            case ast.Attribute(value=ast.Name(id="current_platform"), attr="device_type"):
                return self.platform
            case ast.Attribute():
                return self._attribute(node, module, again(node.value), local, opaque)
            case ast.UnaryOp(op=ast.USub()):
                inner = again(node.operand)
                return -inner if isinstance(inner, int | float) else opaque
            case ast.BinOp():
                left, right = again(node.left), again(node.right)
                if isinstance(node.op, ast.Add) and type(left) is type(right) and isinstance(left, list | str | int):
                    return left + right
                if isinstance(node.op, ast.Pow | ast.Mult) and isinstance(left, int) and isinstance(right, int):
                    return left**right if isinstance(node.op, ast.Pow) else left * right
                return opaque
            case ast.IfExp(test=ast.Compare(ops=[ast.In() | ast.NotIn() as op], comparators=[others])):
                left, right = again(node.test.left), again(others)
                if isinstance(left, Opaque) or not isinstance(right, list):
                    return opaque
                return again(node.body if (left in right) == isinstance(op, ast.In) else node.orelse)
            case ast.JoinedStr():
                parts = [again(part) for part in node.values if isinstance(part, ast.Constant)]
                return "".join(map(str, parts))
            case ast.ListComp(generators=[ast.comprehension(target=ast.Name(id=name), ifs=[]) as loop]):
                items = again(loop.iter)
                if not isinstance(items, list):
                    return opaque
                return [self.value(node.elt, module, {**(env or {}), name: item}, local) for item in items]
            case ast.Call():
                return self._call(node, module, again, local, opaque)
        return opaque

    def _attribute(self, node: ast.Attribute, module: Module, owner: object, local: dict | None, opaque: Opaque):
        if isinstance(owner, Member):
            return {"name": owner.name, "value": owner.value}.get(node.attr, opaque)
        if not isinstance(node.value, ast.Name):
            return opaque
        found = self.find(node.value.id, module, local=local)
        if not found or not isinstance(found.node, ast.ClassDef):
            return opaque
        if self.is_enum(found):
            return next((one for one in self.members(found) if one.name == node.attr), opaque)
        fields = self.fields(found)
        if node.attr in fields:
            home, field = fields[node.attr]
            return self.default(field.value, home) if field.value else opaque
        for one in reversed(self.classes(found)):
            scope: dict = {}
            bind(one.node.body, one.module.package, scope, None)
            if isinstance(scope.get(node.attr), ast.expr):
                names = {k: self.value(v, one.module) for k, v in scope.items() if isinstance(v, ast.Constant)}
                return self.value(scope[node.attr], one.module, names)
        return opaque

    def default(self, node: ast.expr, module: Module) -> object:
        """What a dataclass field declares as default, through `field(...)`, pydantic's `Field(...)` and `get_field`."""
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute)):
            return self.value(node, module)
        called = ast.unparse(node.func).rpartition(".")[2]
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        opaque = Opaque(ast.unparse(node))
        if called == "get_field" and len(node.args) == 2:
            return self.value(ast.Attribute(node.args[0], node.args[1].value), module)
        if called not in ("field", "Field"):
            return self.value(node, module)
        if "default" in given or node.args:
            return self.default(given.get("default") or node.args[0], module)
        factory = given.get("default_factory")
        if isinstance(factory, ast.Name) and factory.id in ("list", "dict", "set"):
            return {} if factory.id == "dict" else []
        if isinstance(factory, ast.Lambda):
            return self.value(factory.body, module)
        return opaque

    def _call(self, node: ast.Call, module: Module, again, local: dict | None, opaque: Opaque) -> object:
        called = ast.unparse(node.func)
        if called in ("list", "set", "frozenset", "tuple", "sorted") and len(node.args) == 1:
            inner = again(node.args[0])
            if isinstance(inner, Opaque) and isinstance(node.args[0], ast.Name):
                found = self.find(node.args[0].id, module, local=local)
                return self.members(found) if self.is_enum(found) else opaque
            return list(inner) if isinstance(inner, list | dict) else opaque
        if called == "get_args" and isinstance(node.args[0], ast.Name):
            found = self.find(node.args[0].id, module, local=local)
            return self.literals(found.node, found.module) if found else opaque
        if isinstance(node.func, ast.Attribute) and node.func.attr == "lower" and not node.args:
            inner = again(node.func.value)
            return inner.lower() if isinstance(inner, str) else opaque
        if isinstance(node.func, ast.Name) and not node.args:
            found = self.find(node.func.id, module, local=local)
            if found and isinstance(found.node, ast.FunctionDef):
                return self._returned(found, opaque)
        return opaque

    def _returned(self, found: Found, opaque: Opaque) -> object:
        """What a function without arguments returns at its end, with the imports that it makes itself."""
        last = found.node.body[-1]
        if not isinstance(last, ast.Return) or last.value is None:
            return opaque
        inside: dict = {}
        bind([one for one in found.node.body if isinstance(one, ast.ImportFrom)], found.module.package, inside, None)
        return self.value(last.value, found.module, None, inside)

    def literals(self, node: ast.AST, module: Module) -> list:
        """The values of `Literal[...]`, nested Literals and their aliases unfolded."""
        match node:
            case ast.Subscript(value=ast.Name(id="Literal")):
                parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
                return [value for part in parts for value in self.literals(part, module)]
            case ast.Name():
                found = self.find(node.id, module, typed=True)
                return self.literals(found.node, found.module) if found else []
            case _:
                return [self.value(node, module)]
