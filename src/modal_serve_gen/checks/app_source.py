"""An app's source code, analyzed without importing it: what Modal runs, on which GPUs, with which engine.

Values that are unknown without running the app are None, and rules skip them.
"""

import ast
import re
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from modal_serve_gen.checks import command_lines, environment, scopes
from modal_serve_gen.checks.engine_command import EngineCommand
from modal_serve_gen.checks.environment import Environment
from modal_serve_gen.checks.evaluation import dotted_name
from modal_serve_gen.checks.images import NVCC, WITHOUT_NVCC, Image, ImageReader
from modal_serve_gen.checks.modal_objects import KINDS, Call, ModalObject
from modal_serve_gen.checks.packages import Clone, Requirement, clones, requirements
from modal_serve_gen.checks.proxies import ADD_ROUTE, Proxy
from modal_serve_gen.checks.python_source import PythonSource

MAX_OBJECTS = 300  # of a file, and definitions reachable from one: time grows with both
VARIABLE_NAME = re.compile(r"[A-Z][A-Z0-9]*_[A-Z0-9_]+")


class TooLarge(Exception):
    """A file that would take too long to analyze, and is larger than any real app."""


class Variable(NamedTuple):
    """An environment variable that the app sets. `value` is None if it is unknown."""

    name: str
    value: object
    line: int


class AppSource(PythonSource):
    """Source of one app, and what Modal runs of it."""

    @cached_property
    def modal_objects(self) -> list[ModalObject]:
        """Functions, classes and servers that Modal runs, in file order. Raises TooLarge."""
        objects = list(self._modal_objects())
        if len(objects) > MAX_OBJECTS:
            raise TooLarge(f"the file defines {len(objects):,} Modal functions, more than any app")
        separate = {id(obj.node) for obj in objects}
        for obj in objects:
            obj.reachable = self._reachable(obj.node, separate - {id(obj.node)})
            spans = [(node.lineno, node.end_lineno or node.lineno) for node in obj.reachable]
            obj.commands = [
                command for command in self.commands if any(first <= command.line <= last for first, last in spans)
            ]
            ids = {id(inner) for node in obj.reachable for inner in scopes.walk(node)}
            obj.calls = [call for call in self.calls if id(call.node) in ids]
        return objects

    @cached_property
    def web_engines(self) -> list[tuple[ModalObject, Call, EngineCommand]]:
        """Each engine that answers HTTP requests from outside, with its object and what exposes its port.

        That is a web decorator, or the call that opens a tunnel.
        """
        return [
            (obj, exposure, command)
            for obj in self.modal_objects
            if (command := obj.server_command) is not None
            for exposure in (obj.web if obj.exposes_port else None, obj.tunnel)
            if exposure is not None
        ]

    @cached_property
    def proxied_engines(self) -> list[tuple[ModalObject, EngineCommand, Proxy]]:
        """Each engine to which the web application of its object may pass requests."""
        return [
            (obj, command, Proxy(obj.reachable, self.evaluate))
            for obj in self.modal_objects
            if obj.web is not None and not obj.exposes_port and (command := obj.server_command) is not None
        ]

    @cached_property
    def commands(self) -> list[EngineCommand]:
        """Every engine command line in the file, in file order."""
        commands: list[EngineCommand] = []
        for scope in scopes.outer_scopes(self.tree):
            commands += command_lines.from_lists(scope, self.scope(scope))
        commands += command_lines.from_strings(self.nodes, self.constants)
        commands += command_lines.from_calls(self.calls, self.evaluate)
        unique = {(command.line, command.argv): command for command in commands}
        return sorted(unique.values(), key=lambda command: command.line)

    @cached_property
    def installed(self) -> list[tuple[Call, Requirement]]:
        """(image step, package) of each package that images of the app install."""
        return [(call, row) for call in self.calls for row in requirements([call], self.evaluate)]

    @property
    def requirements(self) -> list[Requirement]:
        """Python packages that images of the app install."""
        return [row for _, row in self.installed]

    def chain_of(self, step: Call) -> list[Requirement]:
        """Packages that the image has after a step."""
        return list(requirements(self._images.read(step.node).steps, self.evaluate))

    def is_none(self, node: ast.AST) -> bool:
        """True for None itself, or a constant that is assigned nothing else."""
        values = self._images.assigned.get(node.id, [node]) if isinstance(node, ast.Name) else [node]
        return all(isinstance(value, ast.Constant) and value.value is None for value in values)

    @cached_property
    def clones(self) -> list[Clone]:
        """Git repositories that the app clones."""
        return clones(self.calls, self.evaluate)

    @cached_property
    def _images(self) -> ImageReader:
        return ImageReader(
            self.tree, self.call, lambda node: self.full_name(node) == "modal.Image", functions=self.definitions
        )

    def _of_app(self, obj: ModalObject, name: str) -> ast.expr | None:
        """An argument of the app to which an object belongs."""
        apps = self._images.assigned.get(obj.call.name.partition(".")[0], [])
        arguments = (environment.keyword(app, name) for app in apps if isinstance(app, ast.Call))
        return next((argument for argument in arguments if argument), None)

    def image_of(self, obj: ModalObject) -> Image:
        """The image in which an object runs; Modal's default image has no steps."""
        argument = obj.argument("image")
        expression = argument.node if argument else self._of_app(obj, "image")
        return Image(complete=obj.call.complete) if expression is None else self._images.read(expression)

    def has_compiler(self, image: Image) -> bool:
        """True if an image has nvcc, or this is unknown."""
        texts = (text for step in image.steps for argument in step.node.args for text in self._texts(argument))
        if image.base is None or any(NVCC.search(text) for text in texts):
            return True
        return image.base.method == "from_registry" and not WITHOUT_NVCC.match(self.text_of(image.base))

    def _texts(self, node: ast.expr) -> list[str]:
        value = self.evaluate(node.value if isinstance(node, ast.Starred) else node)
        return [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]

    def environment_of(self, obj: ModalObject) -> Environment:
        """Variables that an object's containers have, from its image, its Secrets and its own `env`."""
        found = Environment()
        steps = [step.node.args[0] for step in self.image_of(obj).steps if step.method == "env" and step.node.args]
        for node in [*steps, getattr(obj.argument("env"), "node", None)]:
            found |= environment.of_entries(node, self.entries)
        for node in (self._of_app(obj, "secrets"), getattr(obj.argument("secrets"), "node", None)):
            found |= environment.of_secrets(node, self._images.assigned, self.call, self.entries)
        return found

    def may_set(self, obj: ModalObject, name: str) -> bool:
        """True if a variable is set in an object's containers, or this is unknown."""
        lines = [variable.line for variable in self.variables if variable.name == name]
        return not self.image_of(obj).complete or self.mentions(obj, name) or any(map(obj.contains, lines))

    def mentions(self, obj: ModalObject, name: str) -> bool:
        """True if a variable is set in an object's containers, its Secrets may set it, or the code there names it."""
        environment = self.environment_of(obj)
        named = [node.lineno for text, node in self.strings if text == name]
        return name in environment.names or not environment.complete or any(map(obj.contains, named))

    def pinned_version(self, package: str) -> str:
        """The version to which the app pins a package; '' if it is not pinned or unknown."""
        pins = (row.specifier for row in self.requirements if row.name == package)
        return next((specifier[2:] for specifier in pins if specifier.startswith("==")), "")

    @cached_property
    def variables(self) -> list[Variable]:
        """Every environment variable that the file sets, in a dictionary, as a keyword or by subscript."""
        variables = []
        for node in self.nodes:
            pairs: list[tuple[object, ast.expr, int]] = []
            if isinstance(node, ast.Dict):
                entries = zip(node.keys, node.values, strict=True)
                pairs = [(self.evaluate(key), value, value.lineno) for key, value in entries]
            elif isinstance(node, ast.Call):
                pairs = [(keyword.arg, keyword.value, keyword.value.lineno) for keyword in node.keywords]
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
                pairs = [(self.evaluate(node.targets[0].slice), node.value, node.lineno)]
            variables += [
                Variable(name, self.evaluate(value), line)
                for name, value, line in pairs
                if isinstance(name, str) and VARIABLE_NAME.fullmatch(name)
            ]
        return variables

    def variable(self, name: str) -> Variable | None:
        """The last setting of an environment variable."""
        return next((variable for variable in reversed(self.variables) if variable.name == name), None)

    @cached_property
    def own_routes(self) -> frozenset[str]:
        """Paths of the routes that the app itself defines."""
        calls = [call for call in self.calls if id(call.node) in self.decorator_ids or call.method in ADD_ROUTE]
        values = [self.evaluate(argument) for call in calls for argument in call.node.args[:2]]
        return frozenset(value for value in values if isinstance(value, str) and value.startswith("/"))

    def _modal_objects(self) -> Iterator[ModalObject]:
        for node in self.nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                decorators = [self.decorator(decorator) for decorator in node.decorator_list]
                call = next((call for call in decorators if call.is_on_app and call.method in KINDS), None)
                if call:
                    methods = {
                        method.name: [self.decorator(decorator) for decorator in method.decorator_list]
                        for method in (node.body if isinstance(node, ast.ClassDef) else ())
                        if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef)
                    }
                    yield ModalObject(call.method, node.name, call, node, decorators, methods)
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Call) and len(node.args) == 1:
                call = self.call(node.func)
                definition = self.definitions.get(dotted_name(node.args[0]))
                creates = call.is_on_app and call.method in KINDS
                if creates and isinstance(definition, ast.FunctionDef | ast.ClassDef):
                    yield ModalObject(call.method, definition.name, call, definition, [], {})

    def _reachable(self, node: ast.stmt, separate: set[int]) -> list[ast.stmt]:
        """`node` and the definitions it refers to, directly or not, except those in `separate`."""
        reachable: list[ast.stmt] = []
        waiting = [node]
        seen = {id(node)}
        while waiting and len(reachable) < MAX_OBJECTS:
            reachable.append(waiting.pop())
            for inner in scopes.body_nodes(reachable[-1]):
                name = inner.id if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load) else ""
                definition = self.definitions.get(name)
                if definition is not None and id(definition) not in seen and id(definition) not in separate:
                    seen.add(id(definition))
                    waiting.append(definition)
        return reachable
