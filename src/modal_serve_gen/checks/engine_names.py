"""Which engine a call, a command, a package, an image or a repository belongs to."""

import re
from collections.abc import Sequence
from functools import cache

from modal_serve_gen import facts

WRAPPERS = re.compile(r"(env|exec|nohup|numactl|nice|time|stdbuf|python[\d.]*|-\S+|[A-Z_]+=\S*|uv|run)$")
REPOSITORY = re.compile(r"(?:github\.com|gitlab\.com)[/:]([\w.-]+/[\w.-]+?)(?:\.git)?(?=[@#/\s]|$)", re.I)


def of_call(name: str) -> str:
    """Engine that a call loads, by its name after imports are resolved; '' if it loads none."""
    module, _, rest = name.partition(".")
    path = rest.split(".")
    for engine, names in facts.serving_engines().items():
        if rest and module in names.modules and path[-1] in names.calls:
            owner = path[-2] if len(path) > 1 else ""
            return "" if owner.endswith(names.not_calls or ("\0",)) else engine
    return ""


def of_package(name: str) -> str:
    """Engine that a distribution is; '' if it is none."""
    return _packages().get(name, "")


def of_image(image: str) -> str:
    """Engine that a registry image without its tag contains; '' if it is none of an engine's own."""
    name = image.removeprefix("docker.io/")
    return next((engine for engine, names in facts.serving_engines().items() if name in names.images), "")


def repository(url: str) -> str:
    """`owner/name` of a repository's URL; '' if it has none."""
    match = REPOSITORY.search(url)
    return match[1] if match else ""


def of_repository(url: str) -> str:
    """Engine whose source code is at a URL; '' if it is none."""
    wanted = repository(url).lower()
    for engine, names in facts.serving_engines().items():
        if wanted and wanted in {name.lower() for name in names.repositories}:
            return engine
    return ""


def start(words: Sequence[str | None]) -> tuple[str, int] | None:
    """The engine that the words of a command line start, and the index of its first argument."""
    for index in range(min(8, len(words))):
        for command, engine in _commands():
            found = [(word or "").rpartition("/")[2] for word in words[index : index + len(command)]]
            if found == command and (len(command) > 1 or all(map(_wraps, words[:index]))):
                return engine, index + len(command)
    return None


def shell_start(text: str) -> tuple[str, int] | None:
    """The engine that a shell command starts, and the position of its first argument."""
    if match := _shell_start().search(f"{text} "):
        words = (match[1] or match[2]).split()
        return next(engine for command, engine in _commands() if command == words), match.end()
    return None


@cache
def _shell_start() -> re.Pattern[str]:
    """A program of one word starts something only as the first word of a command: elsewhere it may be prose."""
    words: dict[bool, list[str]] = {True: [], False: []}
    for command, _ in _commands():
        words[len(command) > 1].append(r"\s+".join(map(re.escape, command)))
    several, single = "|".join(words[True]), "|".join(words[False])
    path = r"(?:[\w./-]*/)?"
    return re.compile(
        rf"(?:^|[\s;&|(]){path}({several})(?=\s)|(?:^\s*|[;&|(\n]\s*|\b(?:exec|nohup)\s+){path}({single})(?=\s+\S)"
    )


def _wraps(word: str | None) -> bool:
    return word is not None and WRAPPERS.fullmatch(word.rpartition("/")[2]) is not None


@cache
def _commands() -> list[tuple[list[str], str]]:
    """(first words of a command line, engine), longest first."""
    pairs = [
        (command.split(), engine) for engine, names in facts.serving_engines().items() for command in names.commands
    ]
    return sorted(pairs, key=lambda pair: -len(pair[0]))


@cache
def _packages() -> dict[str, str]:
    return {package: engine for engine, names in facts.serving_engines().items() for package in names.packages}
