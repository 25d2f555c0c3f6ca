"""A Python file's source, parsed: names after imports, values of constants, and calls.

Values that are unknown without running the file are None.
"""

import ast
from collections.abc import Mapping
from functools import cached_property

from modal_serve_gen.checks import scopes
from modal_serve_gen.checks.evaluation import dotted_name, evaluate
from modal_serve_gen.checks.modal_objects import Argument, Call


class PythonSource:
    """Source of one file. Raises SyntaxError, or ValueError for null bytes, as the compiler does."""

    def __init__(self, text: str):
        self.tree = ast.parse(text)
        self.nodes = scopes.walk(self.tree)
        self.definitions = dict(scopes.module_definitions(self.tree))
        # An import inside a function does not rename what the module itself defines or imports.
        everywhere = {name: full for name, full in scopes.import_aliases(self.nodes) if name not in self.definitions}
        self.aliases = everywhere | self._module_aliases()
        self.constants: dict[str, object] = {}
        for name, expression in scopes.assignments(self.tree.body):
            self.constants[name] = evaluate(expression, self.constants)
        for node in self.tree.body:
            if isinstance(node, ast.ClassDef):
                for name, expression in scopes.assignments(node.body):
                    self.constants[f"{node.name}.{name}"] = evaluate(expression, self.constants)

    @cached_property
    def _imports_in_functions(self) -> list[tuple[list[int], dict[str, str]]]:
        return list(scopes.imports_in_functions(self.tree))

    def _module_aliases(self) -> dict[str, str]:
        in_functions = {inner for ids, _ in self._imports_in_functions for inner in ids}
        outside = [node for node in self.nodes if id(node) not in in_functions]
        return {name: full for name, full in scopes.import_aliases(outside) if name not in self.definitions}

    @cached_property
    def star_imports(self) -> list[str]:
        """Modules from which everything is imported."""
        imports = (node for node in self.nodes if isinstance(node, ast.ImportFrom) and node.module)
        return [node.module or "" for node in imports if any(alias.name == "*" for alias in node.names)]

    @cached_property
    def _local_aliases(self) -> dict[int, dict[str, str]]:
        """id of a node in a function -> what the imports of that function bind."""
        aliases: dict[int, dict[str, str]] = {}
        for ids, bound in self._imports_in_functions:
            for inner in ids:
                aliases[inner] = aliases[inner] | bound if inner in aliases else bound
        return aliases

    def update_constants(self, values: Mapping[str, object]) -> None:
        """Use the values that importing the app gave its constants. Call this before anything else."""
        self.constants |= {name: value for name, value in values.items() if name in self.constants}

    def evaluate(self, node: ast.AST | None) -> object:
        """Value of an expression in its scope; None if it is unknown."""
        return evaluate(node, self.scope(node))

    def scope(self, node: ast.AST | None) -> Mapping[str, object]:
        """Values of the names that are visible at a node."""
        return self._names.get(id(node), self.constants)

    @cached_property
    def _names(self) -> dict[int, Mapping[str, object]]:
        """id of a node in a function -> values of the names in scope there."""
        names: dict[int, Mapping[str, object]] = {}
        for function in self.nodes:
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                names |= dict.fromkeys(map(id, scopes.walk(function)), scopes.names_in(function, self.constants))
        return names

    @cached_property
    def calls(self) -> list[Call]:
        """Every call in the file."""
        return [self.call(node) for node in self.nodes if isinstance(node, ast.Call)]

    @cached_property
    def reads(self) -> dict[str, list[int]]:
        """Dotted name -> lines that read it. `modal.gpu.A100` also counts as `modal.gpu` and `modal`."""
        reads: dict[str, list[int]] = {}
        for node in self.nodes:
            if isinstance(node, ast.Attribute | ast.Name) and isinstance(node.ctx, ast.Load):
                reads.setdefault(self.full_name(node), []).append(node.lineno)
        return reads

    def is_image_class(self, call: Call) -> bool:
        """True for a call on the class modal.Image."""
        return call.name == f"modal.Image.{call.method}"

    def text_of(self, call: Call) -> str:
        """The first argument of a call, if it is a known string; otherwise ''."""
        value = self.evaluate(call.node.args[0]) if call.node.args else None
        return value if isinstance(value, str) else ""

    @cached_property
    def decorator_ids(self) -> frozenset[int]:
        """ids of the calls that are decorators."""
        decorated = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        return frozenset(
            id(decorator) for node in self.nodes if isinstance(node, decorated) for decorator in node.decorator_list
        )

    @cached_property
    def strings(self) -> list[tuple[str, ast.Constant]]:
        """Every string in the file except docstrings."""
        docstrings = {id(node.value) for node in self.nodes if isinstance(node, ast.Expr)}
        return [
            (node.value, node)
            for node in self.nodes
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings
        ]

    def full_name(self, node: ast.AST) -> str:
        """Dotted name of an expression after imports are resolved: `modal.concurrent` for a bare `concurrent`."""
        first, dot, rest = dotted_name(node).partition(".")
        full = self._local_aliases.get(id(node), {}).get(first) or self.aliases.get(first)
        if full is None and len(self.star_imports) == 1 and first[:1].isupper() and first not in self.definitions:
            full = f"{self.star_imports[0]}.{first}"
        return f"{full or first}{dot}{rest}"

    def call(self, node: ast.Call) -> Call:
        """A call with its name and keyword arguments resolved, also those of `**options`."""
        arguments: dict[str, Argument] = {}
        complete = True
        for keyword in node.keywords:
            if keyword.arg:
                entries, known = {keyword.arg: keyword.value}, True
            else:
                entries, known = self.entries(keyword.value)
            complete = complete and known
            for name, value in entries.items():
                arguments[name] = Argument(self.evaluate(value), value.lineno, value)
        return Call(self.full_name(node.func), node, arguments, complete)

    def entries(self, node: ast.AST) -> tuple[dict[str, ast.expr], bool]:
        """Entries of a dictionary literal, or of a constant assigned one, and whether they are complete."""
        if isinstance(node, ast.Name) and isinstance(definition := self.definitions.get(node.id), ast.Assign):
            node = definition.value
        if isinstance(node, ast.Call) and dotted_name(node.func) == "dict" and not node.args:
            keywords = node.keywords
            return {item.arg: item.value for item in keywords if item.arg}, all(item.arg for item in keywords)
        if not isinstance(node, ast.Dict):
            return {}, False
        entries: dict[str, ast.expr] = {}
        complete = True
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                inner, known = self.entries(value)
                entries, complete = entries | inner, complete and known
            elif isinstance(name := self.evaluate(key), str):
                entries[name] = value
            else:
                complete = False
        return entries, complete

    def decorator(self, node: ast.expr) -> Call:
        """A decorator as a call, also one without parentheses."""
        if isinstance(node, ast.Call):
            return self.call(node)
        without_arguments = ast.copy_location(ast.Call(node, [], []), node)
        return Call(self.full_name(node), without_arguments, {}, True)
