"""Keys and tokens: from Modal Secrets, never in files or on command lines."""

import ast
import re
from collections.abc import Iterator

from modal_serve_gen import facts
from modal_serve_gen.checks.app_source import AppSource
from modal_serve_gen.checks.modal_objects import Violation
from modal_serve_gen.checks.severity import Severity, severity

SECRETS = re.compile(
    r"\b(hf_[A-Za-z0-9]{20,}|sk-[A-Za-z0-9_-]{20,}|a[ks]-[A-Za-z0-9]{20,}|w[ks]-[A-Za-z0-9]{20,}|gh[pousr]_[A-Za-z0-9]{30,})"
)
SECRET_NAMES = re.compile(r"(API_?KEY|(^|_)TOKEN|(^|_)SECRET|SECRET_KEY|PASSWORD|PASSWD)$", re.I)
# What documentation writes in the place of a key.
PLACEHOLDERS = re.compile(
    r"(?i)^(empty|none|null|dummy|fake|test|unused|na|n/a|key|token|secret|no[-_]?key"
    r"|not[-_ ]?(needed|used|required|set))$|your[-_ ]|xxx|\.\.\.|replace|change[-_]?me|placeholder|example|<|\{"
)
# Special tokens, paths, and names of variables.
NO_KEYS = re.compile(r"[\s|/\\\[\]]|^[A-Z][A-Z0-9]*_[A-Z0-9_]+$|^.{0,4}$")
REVOKE = "it is compromised: revoke it, and put a new one in a Modal Secret"
ENVIRONMENT_READS = (
    "os.environ.get",
    "os.getenv",
    "environ.get",
    "getenv",
    "os.environ.setdefault",
    "environ.setdefault",
)


@severity(Severity.WARNING)
def key_in_argv(app: AppSource) -> Iterator[Violation]:
    """A key reaches the engine through an environment variable from a Modal Secret, not on its command line.

    Command lines appear in process lists and logs. vLLM reads VLLM_API_KEY by itself.
    """
    for command in app.commands:
        line = command.line_of(*command.spellings.key)
        variable = next(iter(facts.serving_engines()[command.engine].key_variables), "")
        if line and variable and command.server:
            yield Violation(line, "the key is on the command line", f"set {variable} from a Modal Secret")
        elif line and command.shell:
            fix = "pass a list of arguments, with the key from a Modal Secret"
            yield Violation(line, "the key is on a shell command line", fix)
    strings = dict(app.strings)
    if "--token" in strings and {"hf", "huggingface-cli"} & set(strings):
        yield Violation(
            strings["--token"].lineno, "the token is on the command line", "set HF_TOKEN from a Modal Secret"
        )


@severity(Severity.WARNING)
def key_in_file(app: AppSource) -> Iterator[Violation]:
    """No API key or token is hard-coded, neither in a constant nor as a default.

    Anyone who can read the repository can use it, also after it is removed from the file: it stays in the history.
    Revoke it. A Modal Secret keeps the new one out of the file, the image and the logs.
    """
    reported = set()
    for text, node in app.strings:
        if match := SECRETS.search(text):
            reported.add(node.lineno)
            yield Violation(node.lineno, f"a key, {match[0][:6]}..., is hard-coded", REVOKE)
    written: dict[str, int] = {}  # value -> line where it is written first
    for text, node in app.strings:
        written[text] = min(node.lineno, written.get(text, node.lineno))
    for name, value, line in _hard_coded(app):
        place = written.get(value, line)
        if place not in reported:
            reported.add(place)
            yield Violation(place, f"{name} is hard-coded", REVOKE)


def _hard_coded(app: AppSource) -> Iterator[tuple[str, str, int]]:
    """(what is hard-coded, its value, a line that uses it) of each key that the file contains."""
    in_names = {inner for call in app.calls if call.method == "from_name" for inner in ast.walk(call.node)}
    names_of_secrets = {inner.id for inner in in_names if isinstance(inner, ast.Name)}
    for node in app.nodes:  # what those names are assigned
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id in names_of_secrets for target in node.targets
        ):
            in_names.update(ast.walk(node.value))
    for name, node in _literals(app):
        if SECRET_NAMES.search(name) and name not in names_of_secrets and _is_key(node.value):
            yield name, str(node.value), node.lineno
    for command in app.commands:
        key = command.value(*command.spellings.key)
        if key and key.text and command.server and not key.text.startswith(("-", "$", "/")):
            yield f"the key of {command.engine}", key.text, key.line
    for call in app.calls:
        if call.name in ENVIRONMENT_READS and len(call.node.args) == 2 and call.node not in in_names:
            variable, default = map(app.evaluate, call.node.args)
            named = isinstance(variable, str) and SECRET_NAMES.search(variable)
            if named and isinstance(default, str) and _is_key(default):
                yield f"a default of {variable}", default, call.node.args[1].lineno
    of_engines = {name for engine in facts.serving_engines().values() for name in engine.key_variables}
    for name, value, line in app.variables:
        if isinstance(value, str) and SECRET_NAMES.search(name) and (_is_written(value) or name in of_engines):
            yield name, value, line


def _literals(app: AppSource) -> Iterator[tuple[str, ast.Constant]]:
    """(name, string) of each name that is assigned a string, anywhere in the file."""
    for node in app.nodes:
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Name) and isinstance(node.value.value, str):
                    yield target.id, node.value


def _is_written(value: str) -> bool:
    return bool(value.strip()) and not PLACEHOLDERS.search(value)


def _is_key(value: object) -> bool:
    """True for a text that may be a real key."""
    return isinstance(value, str) and _is_written(value) and not NO_KEYS.search(value.strip())
