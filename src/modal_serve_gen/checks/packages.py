"""What an image installs: packages, by an install step, a shell command or an engine's own image, and git clones."""

import ast
import re
import shlex
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from modal_serve_gen.checks import engine_names
from modal_serve_gen.checks.modal_objects import Call

INSTALL_METHODS = ("pip_install", "uv_pip_install")
SHELL_METHODS = ("run_commands", "dockerfile_commands")
SHELL_CALLS = ("os.system", "subprocess.run", "subprocess.call", "subprocess.check_call", "subprocess.check_output")
REQUIREMENT = re.compile(r"([A-Za-z0-9][\w.-]*)(?:\[([\w,. -]*)\])?\s*(.*)$", re.S)
PIP_COMMAND = re.compile(r"\b(?:uv )?pip3? install\b([^;&|\n]*)")
SHELL_INSTALL = re.compile(
    r"\b(pip3?|uv|conda|poetry|pixi) |\bsetup\.py\b|^None$"
)  # of packages that may not be listed
VALUE_OPTIONS = (
    "-i", "--index-url", "--extra-index-url", "--index", "--default-index", "-f", "--find-links", "-c", "--constraint",
    "-r", "--requirement", "-t", "--target", "--prefix", "--python", "-p", "--platform", "--python-version",
    "--index-strategy", "--torch-backend", "--overrides", "--override", "--no-binary", "--only-binary",
)  # fmt: skip
EDITABLE = ("-e", "--editable")
WHEEL = re.compile(r"([A-Za-z0-9_.]+)-(\d[\w.+!]*)-[\w.]+-[\w.]+-[\w.]+\.whl")
COMMIT = re.compile(r"[0-9a-f]{7,40}")
RELEASE = re.compile(r"(?:[A-Za-z][\w-]*[-_/])?v?\d+(?:\.\d+)+[\w.+-]*|[br]\d+")  # v0.9.2, release/1.2.3, b4567
CLONE = re.compile(r"\bgit\s+(?:-\S+\s+)*clone\b([^;&|\n]*)")
CHECKOUT = re.compile(r"\bgit\b[^;&|\n]*?\b(?:checkout|reset|fetch|switch|pull)\b([^;&|\n]*)")
CLONE_OPTIONS = ("--depth", "-o", "--origin", "-c", "--config", "--filter", "-j", "--jobs", "--reference")


class Requirement(NamedTuple):
    """A package that is installed.

    `specifier` is '' if any version may be installed; it begins with `@` for a URL whose content does not change, and
    with `:` for a movable tag of an image.
    `source` is the URL of the repository that it is built from, if it comes from one.
    """

    name: str
    specifier: str
    line: int
    source: str = ""
    extras: tuple[str, ...] = ()


class Clone(NamedTuple):
    """A git repository that is cloned. `ref` is '' for its default branch."""

    url: str
    ref: str
    line: int


def requirements(calls: Iterable[Call], evaluate: Callable[[ast.expr], object]) -> Iterator[Requirement]:
    """Packages that the image steps among `calls` install."""
    for call in calls:
        if call.method in INSTALL_METHODS:
            for argument in call.node.args:
                for text in _strings(evaluate(argument.value if isinstance(argument, ast.Starred) else argument)):
                    yield from _parse(text, argument.lineno)
        elif call.method in SHELL_METHODS:
            for text, line in _shell_texts(call, evaluate):
                for match in PIP_COMMAND.finditer(text):
                    yield from _parse_words(_split(match[1]), line)
        elif call.method == "from_registry" and call.node.args:
            image, _, tag = str(evaluate(call.node.args[0]) or "").partition(":")
            if engine := engine_names.of_image(image.partition("@")[0]):
                version = re.match(r"v?(\d+\.\d+\.\d+(?:\.post\d+)?)(?![\d.])", tag)
                other = f"@{tag}" if is_fixed(tag) or "@sha256" in image else f":{tag or 'latest'}"
                yield Requirement(engine, f"=={version[1]}" if version else other, call.line)


def lists_every_package(calls: Iterable[Call], evaluate: Callable[[ast.expr], object]) -> bool:
    """True if `requirements` has every package that these image steps install, as far as one can tell.

    An engine's own image has packages that nothing here lists, and a shell command may install from a file.
    """
    for call in calls:
        values = [evaluate(arg.value if isinstance(arg, ast.Starred) else arg) for arg in call.node.args]
        texts = [text for value in values for text in (value if isinstance(value, list) else [value])]
        if call.method in INSTALL_METHODS and not all(isinstance(text, str) for text in texts):
            return False
        if call.method in SHELL_METHODS and any(SHELL_INSTALL.search(str(text)) for text in texts):
            return False
        if call.method == "from_registry" and engine_names.of_image(re.split("[:@]", str(texts[:1]).strip("[]'"))[0]):
            return False
    return True


def clones(calls: Iterable[Call], evaluate: Callable[[ast.expr], object]) -> list[Clone]:
    """Repositories that shell commands clone, each with what is checked out in it afterwards."""
    found: list[Clone] = []
    for call in sorted(calls, key=lambda call: call.line):
        if call.method not in SHELL_METHODS and call.name not in SHELL_CALLS:
            continue
        for text, line in _shell_texts(call, evaluate):
            steps = [(match.start(), match) for pattern in (CLONE, CHECKOUT) for match in pattern.finditer(text)]
            for _, match in sorted(steps, key=lambda step: step[0]):
                words = _split(match[1])
                if match.re is CLONE:
                    found += _clone(words, line)
                elif found and (ref := next((word for word in reversed(words) if is_fixed(word)), "")):
                    found[-1] = found[-1]._replace(ref=ref)
    return found


def is_fixed(ref: str) -> bool:
    """True for a commit, or the tag of a release; False for a branch, or nothing."""
    parts = (ref, ref.rpartition("-")[2])
    return any(RELEASE.fullmatch(part) or (COMMIT.fullmatch(part) and re.search(r"\d", part)) for part in parts)


def _clone(words: list[str], line: int) -> list[Clone]:
    url, ref = "", ""
    waiting = iter(words)
    for word in waiting:
        name, equals, value = word.partition("=")
        if name in ("-b", "--branch", "--revision"):
            ref = value if equals else next(waiting, "")
        elif name in CLONE_OPTIONS and not equals:
            next(waiting, "")
        elif not word.startswith("-") and not url:
            url = word
    return [Clone(url, ref, line)] if engine_names.repository(url) or "://" in url else []


def _shell_texts(call: Call, evaluate: Callable[[ast.expr], object]) -> Iterator[tuple[str, int]]:
    """(shell command, line) of each known argument of a call; a list of a subprocess is one command."""
    for argument in call.node.args:
        value = evaluate(argument.value if isinstance(argument, ast.Starred) else argument)
        if call.method in SHELL_METHODS:
            yield from ((text, argument.lineno) for text in _strings(value))
        elif isinstance(value, list) and value and all(isinstance(word, str) for word in value):
            yield " ".join(value), argument.lineno
        elif isinstance(value, str):
            yield value, argument.lineno


def _strings(value: object) -> list[str]:
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)]


def _split(text: str) -> list[str]:
    text = text.replace("\\\n", " ")
    try:
        return shlex.split(text)
    except ValueError:
        return text.replace("'", " ").replace('"', " ").split()


def _parse_words(words: list[str], line: int) -> Iterator[Requirement]:
    """Requirements among the arguments of `pip install`."""
    waiting = iter(words)
    for word in waiting:
        if word in VALUE_OPTIONS:
            next(waiting, "")
        elif word in EDITABLE:
            path = next(waiting, "")
            yield from _parse(path, line) if "://" in path else ()
        elif not word.startswith(("-", ">", "<")):
            yield from _parse(word, line)


def _parse(text: str, line: int) -> list[Requirement]:
    """The requirement in `text`; none for an option, a local path or a requirements file."""
    name, at, url = text.partition("@")
    if "://" in text and (at and "://" in url and "://" not in name):
        return [_from_url(url.strip(), line, name.partition("[")[0].strip())]
    if "://" in text:
        return [_from_url(text, line)]
    match = REQUIREMENT.match(text)
    if not match or "/" in text.partition(";")[0] or text.endswith((".txt", ".whl", ".toml", ".tar.gz")):
        return []
    extras = tuple(extra.strip() for extra in (match[2] or "").split(",") if extra.strip())
    specifier = match[3].partition(";")[0].replace(" ", "")
    return [Requirement(_normalized(match[1]), specifier, line, extras=extras)]


def _from_url(url: str, line: int, name: str = "") -> Requirement:
    """A requirement that is installed from a repository, or from a file at a URL."""
    path, _, fragment = url.partition("#")
    if not path.startswith(("git+", "hg+", "svn+", "bzr+")):
        if wheel := WHEEL.search(path.replace("%2B", "+")):
            return Requirement(_normalized(name or wheel[1]), f"=={wheel[2].partition('+')[0]}", line)
        return Requirement(_normalized(name or path.rpartition("/")[2].partition("-")[0]), f"@{path}", line)
    egg = re.search(r"egg=([\w.-]+)", fragment)
    host, _, place = path.partition("://")[2].partition("/")
    place, _, ref = place.partition("@")
    engine = engine_names.of_repository(path)
    known = name or (egg[1] if egg else "") or engine or engine_names.repository(path).rpartition("/")[2]
    release = re.fullmatch(r"v?(\d+\.\d+\.\d+[\w.]*)", ref)
    specifier = f"=={release[1]}" if engine and release else f"@{ref}" if is_fixed(ref) else ""
    return Requirement(_normalized(known), specifier, line, f"https://{host.rpartition('@')[2]}/{place}")


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
