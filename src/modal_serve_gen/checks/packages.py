"""Python packages that an image installs: by an install step, a shell command, or an engine's own image."""

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from modal_serve_gen.checks.modal_objects import Call

INSTALL_METHODS = ("pip_install", "uv_pip_install")
REQUIREMENT = re.compile(r"([A-Za-z0-9][\w.-]*)(?:\[[\w,.-]*\])?\s*(.*)$", re.S)
PIP_COMMAND = re.compile(r"\b(?:uv )?pip3? install\b([^;&|\n]*)")
ENGINE_IMAGES = {"vllm/vllm-openai": "vllm", "lmsysorg/sglang": "sglang"}


class Requirement(NamedTuple):
    """A package that is installed. `specifier` is '' if any version may be installed."""

    name: str
    specifier: str
    line: int


def requirements(calls: Iterable[Call], evaluate: Callable[[ast.expr], object]) -> Iterator[Requirement]:
    """Packages that the image steps among `calls` install."""
    for call in calls:
        if call.method in INSTALL_METHODS:
            for argument in call.node.args:
                for text in _strings(evaluate(argument.value if isinstance(argument, ast.Starred) else argument)):
                    yield from _parse(text, argument.lineno)
        elif call.method in ("run_commands", "dockerfile_commands"):
            for argument in call.node.args:
                for text in _strings(evaluate(argument)):
                    for match in PIP_COMMAND.finditer(text):
                        for word in match[1].replace("'", " ").replace('"', " ").split():
                            yield from _parse(word, argument.lineno)
        elif call.method == "from_registry" and call.node.args:
            image, _, tag = str(evaluate(call.node.args[0]) or "").partition(":")
            if image in ENGINE_IMAGES:
                version = re.match(r"v?(\d+\.\d+\.\d+(?:\.post\d+)?)", tag)
                yield Requirement(ENGINE_IMAGES[image], f"=={version[1]}" if version else "", call.line)


def _strings(value: object) -> list[str]:
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)]


def _parse(text: str, line: int) -> list[Requirement]:
    """The requirement in `text`; none for an option, a path, a URL or a requirements file."""
    if not (match := REQUIREMENT.match(text)) or "/" in match[1] or text.endswith((".txt", ".whl", ".toml")):
        return []
    return [Requirement(match[1].lower().replace("_", "-"), match[2].partition(";")[0].replace(" ", ""), line)]
