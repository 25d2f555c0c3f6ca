"""What an app says of itself, read from its syntax tree: what Modal runs, on what, with which engine, on which line.

Nothing is imported or run here. What cannot be known without running is None, and rules pass over it.
"""

import ast
import re
from collections import ChainMap
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from modal_serve_gen.checks import commands
from modal_serve_gen.checks.commands import Command
from modal_serve_gen.checks.installs import Install, installed
from modal_serve_gen.checks.names import aliases, assignments, definitions, inside, scopes
from modal_serve_gen.checks.units import Call, Given, Unit
from modal_serve_gen.checks.values import dotted, value

KINDS = ("function", "cls", "server")
MOST = 300  # units of a file, and definitions that one reaches: time grows with both
VARIABLE = re.compile(r"[A-Z][A-Z0-9]*_[A-Z0-9_]+")


class TooLarge(Exception):
    """A file that no app can be: to look at it would take too long."""


class Picture:
    """The app as far as its text tells. Raises SyntaxError, or ValueError for null bytes, as the compiler does."""

    def __init__(self, text: str):
        self.tree = ast.parse(text)
        self.nodes = list(ast.walk(self.tree))
        self.definitions = dict(definitions(self.tree))
        # What some function imports under a name that the module itself defines is that function's own matter.
        self.aliases = {name: full for name, full in aliases(self.nodes) if name not in self.definitions}
        self.constants: dict[str, Any] = {}
        for name, node in assignments(self.tree.body):
            self.constants[name] = value(node, self.constants)
        for node in self.tree.body:
            if isinstance(node, ast.ClassDef):
                for name, held in assignments(node.body):
                    self.constants[f"{node.name}.{name}"] = value(held, self.constants)

    def learn(self, names: Mapping[str, Any]) -> None:
        """Take over what importing the app found its constants to be worth, before anything else is asked."""
        self.constants |= {name: held for name, held in names.items() if name in self.constants}

    @cached_property
    def scopes(self) -> dict[int, Mapping[str, Any]]:
        """id of a node -> what the names around it are worth: a function's own constants over the module's."""
        found: dict[int, Mapping[str, Any]] = {}
        for function in (each for each in self.nodes if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)):
            held = list(ast.walk(function))
            own: dict[str, Any] = {}
            times: dict[str, int] = {}
            for name, node in assignments([each for each in held if isinstance(each, ast.Assign | ast.AnnAssign)]):
                times[name] = times.get(name, 0) + 1
                own[name] = value(node, ChainMap(own, self.constants)) if times[name] == 1 else None
            hidden = {each.arg: None for each in (*function.args.args, *function.args.kwonlyargs)}
            scope = ChainMap(own, hidden, self.constants)
            found |= {id(each): scope for each in held}
        return found

    def worth(self, node: ast.AST | None) -> Any:
        """What an expression is worth where it stands; None where that is not known."""
        return value(node, self.scopes.get(id(node), self.constants))

    @cached_property
    def calls(self) -> list[Call]:
        """Every call of the file."""
        return [self.call(node) for node in self.nodes if isinstance(node, ast.Call)]

    def call(self, node: ast.Call) -> Call:
        """A call with its arguments by name."""
        arguments: dict[str, Given] = {}
        whole = True
        for item in node.keywords:
            if item.arg:
                arguments[item.arg] = Given(self.worth(item.value), item.value.lineno, item.value)
                continue
            entries, known = self.entries(item.value)
            whole = whole and known
            for name, held in entries.items():
                arguments[name] = Given(self.worth(held), held.lineno, held)
        return Call(self.name(node.func), node, arguments, whole)

    def entries(self, node: ast.AST) -> tuple[dict[str, ast.expr], bool]:
        """The entries of a literal dictionary, or of a constant that is one, and whether those are all."""
        if isinstance(node, ast.Name) and isinstance(held := self.definitions.get(node.id), ast.Assign):
            node = held.value
        if isinstance(node, ast.Call) and dotted(node.func) == "dict" and not node.args:
            return {item.arg: item.value for item in node.keywords if item.arg}, all(i.arg for i in node.keywords)
        if not isinstance(node, ast.Dict):
            return {}, False
        found: dict[str, ast.expr] = {}
        whole = True
        for key, held in zip(node.keys, node.values, strict=True):
            if key is None:
                inner, known = self.entries(held)
                found, whole = found | inner, whole and known
            elif isinstance(name := self.worth(key), str):
                found[name] = held
            else:
                whole = False
        return found, whole

    def name(self, node: ast.AST) -> str:
        """The dotted name of an expression, by what the file imports: `modal.concurrent` for a bare `concurrent`."""
        first, dot, rest = dotted(node).partition(".")
        return f"{self.aliases.get(first, first)}{dot}{rest}"

    @cached_property
    def reads(self) -> dict[str, list[int]]:
        """Dotted name -> the lines that read it: of `modal.gpu.A100` also `modal.gpu` and `modal`."""
        found: dict[str, list[int]] = {}
        for node in self.nodes:
            if isinstance(node, ast.Attribute | ast.Name) and isinstance(node.ctx, ast.Load):
                found.setdefault(self.name(node), []).append(node.lineno)
        return found

    @cached_property
    def units(self) -> list[Unit]:
        """What Modal runs, in the order of the file."""
        found = list(self._units())
        if len(found) > MOST:
            raise TooLarge(f"the file has {len(found):,} functions for Modal, which no app does")
        apart = {id(each.node) for each in found}
        every = self.commands
        for unit in found:
            unit.within = self._within(unit, apart - {id(unit.node)})
            spans = [(each.lineno, each.end_lineno or each.lineno) for each in unit.within]
            unit.commands = [each for each in every if any(low <= each.line <= high for low, high in spans)]
            ids = {id(each) for node in unit.within for each in ast.walk(node)}
            unit.calls = [each for each in self.calls if id(each.node) in ids]
        return found

    def _units(self) -> Iterator[Unit]:
        for node in self.nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                decorators = [self._decorator(each) for each in node.decorator_list]
                made = next((each for each in decorators if self._makes(each)), None)
                if made:
                    methods = {}
                    for each in node.body if isinstance(node, ast.ClassDef) else ():
                        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
                            methods[each.name] = [self._decorator(one) for one in each.decorator_list]
                    yield Unit(made.last, node.name, made, node, decorators, methods)
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Call) and len(node.args) == 1:
                made = self.call(node.func)
                home = self.definitions.get(dotted(node.args[0]))
                if self._makes(made) and isinstance(home, ast.FunctionDef | ast.ClassDef):
                    yield Unit(made.last, home.name, made, home, [], {})

    def _decorator(self, node: ast.expr) -> Call:
        if isinstance(node, ast.Call):
            return self.call(node)
        bare = ast.copy_location(ast.Call(node, [], []), node)
        return Call(self.name(node), bare, {}, True)

    def _makes(self, call: Call) -> bool:
        """Whether a call is one of an app's: `app.function`, whatever the app is called."""
        owner, _, kind = call.name.rpartition(".")
        return kind in KINDS and owner not in ("", "modal") and "." not in owner

    def _within(self, unit: Unit, apart: set[int]) -> list[ast.AST]:
        found, waiting = [], [unit.node]
        seen = {id(unit.node)}
        while waiting and len(found) < MOST:
            node = waiting.pop()
            found.append(node)
            for each in inside(node):
                name = each.id if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load) else ""
                home = self.definitions.get(name)
                if home is not None and id(home) not in seen | apart:
                    seen.add(id(home))
                    waiting.append(home)
        return found

    @cached_property
    def commands(self) -> list[Command]:
        """Every engine command line of the file."""
        found = [
            command
            for scope in scopes(self.tree)
            for command in commands.lists(scope, self.scopes.get(id(scope), self.constants))
        ]
        found += commands.texts(self.tree, self.constants)
        for call in self.calls:
            name = call.name if call.name in commands.IN_PYTHON else call.last
            if name in commands.IN_PYTHON and (call.last != "Engine" or name == call.name):
                nodes = {key: given.node for key, given in call.arguments.items()}
                names = self.scopes.get(id(call.node), self.constants)
                found.append(commands.keywords(call.node, name, nodes, names, call.whole))
        return sorted({(each.line, each.words): each for each in found}.values(), key=lambda each: each.line)

    @cached_property
    def installs(self) -> list[Install]:
        """Each package that an image installs."""
        return list(installed(self.calls, self.worth))

    def pin(self, package: str) -> str:
        """The version to which the app pins a package; '' where it does not, or where that is not known."""
        return next((asked[2:] for name, asked, _ in self.installs if name == package and asked.startswith("==")), "")

    @cached_property
    def variables(self) -> list[tuple[str, Any, int]]:
        """Each environment variable that the file sets somewhere, with its value and line."""
        found = []
        for node in self.nodes:
            if isinstance(node, ast.Dict):
                pairs = [(self.worth(key), held, held.lineno) for key, held in zip(node.keys, node.values, strict=True)]
            elif isinstance(node, ast.Call):
                pairs = [(item.arg, item.value, item.value.lineno) for item in node.keywords]
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
                pairs = [(self.worth(node.targets[0].slice), node.value, node.lineno)]
            else:
                continue
            found += [
                (n, self.worth(held), at) for n, held, at in pairs if isinstance(n, str) and VARIABLE.fullmatch(n)
            ]
        return found

    def variable(self, name: str) -> tuple[Any, int] | None:
        """The last value that the file gives to an environment variable, with its line."""
        return next(((held, line) for each, held, line in reversed(self.variables) if each == name), None)

    @cached_property
    def strings(self) -> list[tuple[str, ast.Constant]]:
        """Each text of the file that is neither a docstring nor a comment."""
        prose = {id(each.value) for each in self.nodes if isinstance(each, ast.Expr)}
        return [
            (each.value, each)
            for each in self.nodes
            if isinstance(each, ast.Constant) and isinstance(each.value, str) and id(each) not in prose
        ]
