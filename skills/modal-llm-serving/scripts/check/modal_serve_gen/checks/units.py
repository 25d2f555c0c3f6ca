"""What Modal runs, as it stands in a file: functions, classes and servers, with their decorators and arguments."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from modal_serve_gen.checks.commands import Command

Fault = tuple[int, str, str]  # of a rule: the line, what is wrong there, what to do
WEB = ("web_server", "asgi_app", "wsgi_app", "fastapi_endpoint", "web_endpoint", "http_server")


@dataclass(frozen=True)
class Given:
    """One argument: what it is worth (None: not known), its line, its expression."""

    value: Any
    line: int
    node: ast.expr


@dataclass(frozen=True)
class Call:
    """A call as it stands in the file, under the name that its imports give it: `modal.Image.from_registry`."""

    name: str
    node: ast.Call
    arguments: Mapping[str, Given]  # by keyword, `**known` among them
    whole: bool  # whether every keyword is known

    @property
    def line(self) -> int:
        return self.node.lineno

    @property
    def last(self) -> str:
        return self.name.rpartition(".")[2]

    def lacks(self, *names: str) -> bool:
        """Whether it is certain that none of these keywords is given."""
        return self.whole and not any(name in self.arguments for name in names)


@dataclass
class Unit:
    """What Modal runs in a container of its own: a function, a class or a server, with its decorators.

    `within` holds what may run there: its own body, and what that names of the module, other units apart.
    """

    kind: str
    name: str
    call: Call
    node: ast.AST
    decorators: list[Call]
    methods: dict[str, list[Call]]  # of a class: name -> decorators
    within: list[ast.AST] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)

    def given(self, name: str) -> Given | None:
        """An argument of the decorator that makes it."""
        return self.call.arguments.get(name)

    def decorator(self, *names: str) -> Call | None:
        """The first decorator of these names, of the unit or of one of its methods."""
        every = [*self.decorators, *(each for found in self.methods.values() for each in found)]
        return next((each for each in every if each.last in names), None)

    @property
    def web(self) -> Call | None:
        """What puts it on the web."""
        return self.call if self.kind == "server" else self.decorator(*WEB)

    @property
    def gpus(self) -> list[tuple[str | None, int]]:
        """Each GPU that it may get, with its count; (None, 1) where that is not known. Empty: it has none."""
        gpu = self.given("gpu")
        if gpu is None or (isinstance(gpu.node, ast.Constant) and gpu.node.value is None):
            return []
        found = []
        for name in gpu.value if isinstance(gpu.value, list) else [gpu.value]:
            kind, _, count = name.partition(":") if isinstance(name, str) else (None, "", "")
            found.append((kind, int(count) if count.isdecimal() else 1))
        return found

    @property
    def serves(self) -> Command | None:
        """The engine that answers over HTTP in it."""
        return next((each for each in self.commands if each.server), None)

    @property
    def engine(self) -> Command | None:
        return self.commands[0] if self.commands else None
