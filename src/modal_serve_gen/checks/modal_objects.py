"""The functions, classes and servers that Modal runs, with their decorators and arguments."""

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from modal_serve_gen.checks import scopes
from modal_serve_gen.checks.engine_command import EngineCommand
from modal_serve_gen.checks.evaluation import is_number
from modal_serve_gen.checks.severity import Severity

BEYOND = 10**15  # more than any limit, and still a number that can be printed
KINDS = ("function", "cls", "server")
PORT_DECORATORS = ("web_server", "http_server")  # which expose a port of the container
WEB_DECORATORS = (*PORT_DECORATORS, "asgi_app", "wsgi_app", "fastapi_endpoint", "web_endpoint")


FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Violation(NamedTuple):
    """A place where an app breaks a rule."""

    line: int
    message: str  # what is wrong
    fix: str  # what to do about it
    severity: Severity | None = None  # that of the rule if None


class Argument(NamedTuple):
    """One argument of a call. `value` is None if it is unknown."""

    value: object
    line: int
    node: ast.expr

    @property
    def number(self) -> float | None:
        """The value if it is a number; one beyond all limits is cut, so that it can be computed with and printed."""
        return max(-BEYOND, min(BEYOND, self.value)) if is_number(self.value) else None


@dataclass(frozen=True)
class Call:
    """A call, under its name after imports are resolved, such as `modal.Image.from_registry`."""

    name: str
    node: ast.Call
    arguments: Mapping[str, Argument]  # by keyword, entries of a known `**options` included
    complete: bool  # whether every keyword is known

    @property
    def line(self) -> int:
        return self.node.lineno

    @property
    def method(self) -> str:
        """The last part of the name."""
        return self.name.rpartition(".")[2]

    @property
    def is_on_app(self) -> bool:
        """True for a method of a variable other than `modal`, such as `app.function`, whatever the app is called."""
        owner = self.name.rpartition(".")[0]
        return owner not in ("", "modal") and "." not in owner

    def lacks(self, *names: str) -> bool:
        """True if none of these keywords can be present."""
        return self.complete and not any(name in self.arguments for name in names)

    def switch(self, name: str, value: bool) -> Argument | None:
        """The argument `name` if it is this boolean."""
        argument = self.arguments.get(name)
        return argument if argument and argument.value is value else None


@dataclass
class ModalObject:
    """A function, class or server that Modal runs in containers.

    `reachable` holds the definitions whose code may run there: its own, and those it refers to, except other objects.
    """

    kind: str  # `function`, `cls` or `server`
    name: str
    call: Call  # of the decorator
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    decorators: list[Call]
    methods: dict[str, list[Call]]  # of a class: name -> decorators
    reachable: list[ast.stmt] = field(default_factory=list)
    commands: list[EngineCommand] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)

    @property
    def line(self) -> int:
        """Line of the decorator that makes it a Modal object."""
        return self.call.line

    def contains(self, line: int) -> bool:
        """True if a line is in a definition whose code may run in it."""
        return any(node.lineno <= line <= (node.end_lineno or node.lineno) for node in self.reachable)

    def argument(self, name: str) -> Argument | None:
        """An argument of the decorator that makes it a Modal object."""
        return self.call.arguments.get(name)

    def decorator(self, *names: str) -> Call | None:
        """The first decorator with one of these names, on the object or on one of its methods."""
        method_decorators = (call for decorators in self.methods.values() for call in decorators)
        return next((call for call in (*self.decorators, *method_decorators) if call.method in names), None)

    @property
    def web(self) -> Call | None:
        """The decorator that gives it a URL."""
        return self.call if self.kind == "server" else self.decorator(*WEB_DECORATORS)

    @property
    def start_nodes(self) -> frozenset[int]:
        """ids of the nodes that run only when a container starts or ends: enter and exit methods, what they call."""
        if not isinstance(self.node, ast.ClassDef):
            return frozenset()
        methods = {item.name: item for item in self.node.body if isinstance(item, FUNCTIONS)}
        known = {item.name: item for item in self.reachable if isinstance(item, FUNCTIONS)} | methods
        decorated = {name: {call.method for call in calls} for name, calls in self.methods.items() if calls}
        hooks = {name for name, decorators in decorated.items() if decorators & {"enter", "exit"}}
        only = _called_from(hooks, known) - _called_from(decorated.keys() - hooks, known)
        return frozenset(id(inner) for name in only for inner in scopes.walk(known[name]))

    @property
    def exposes_port(self) -> bool:
        """True if its URL is that of a port, where whatever listens there answers; otherwise its own code answers."""
        return self.web is not None and (self.kind == "server" or self.web.method in PORT_DECORATORS)

    @property
    def tunnel(self) -> Call | None:
        """The call that opens a tunnel to one of its ports."""
        return next((call for call in self.calls if call.name == "modal.forward"), None)

    @property
    def gpus(self) -> list[tuple[str | None, int]]:
        """(name, count) of each GPU that its containers may get; (None, 1) if unknown. Empty without a GPU."""
        gpu = self.argument("gpu")
        if gpu is None or (isinstance(gpu.node, ast.Constant) and gpu.node.value is None):
            return []
        gpus: list[tuple[str | None, int]] = []
        for choice in gpu.value if isinstance(gpu.value, list) else [gpu.value]:
            name, _, count = choice.partition(":") if isinstance(choice, str) else (None, "", "")
            gpus.append((name, int(count) if count.isdecimal() else 1))
        return gpus

    @property
    def server_command(self) -> EngineCommand | None:
        """The engine that answers HTTP requests in it."""
        return next((command for command in self.commands if command.server), None)

    @property
    def offline(self) -> bool:
        """True if its engine is vLLM's LLM class, which takes one call at a time, and not the asynchronous engine."""
        return not self.server_command and any(call.name == "vllm.LLM" for call in self.calls)

    @property
    def engine_command(self) -> EngineCommand | None:
        """The engine that runs in it, as an HTTP server or offline."""
        return self.commands[0] if self.commands else None


def _called_from(names: Iterable[str], known: Mapping[str, ast.AST]) -> set[str]:
    """`names`, and the functions and methods that they call, directly or not."""
    called: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in called and name in known:
            called.add(name)
            inner = [node for node in scopes.walk(known[name]) if isinstance(node, ast.Name | ast.Attribute)]
            waiting += [node.id if isinstance(node, ast.Name) else node.attr for node in inner]
    return called
