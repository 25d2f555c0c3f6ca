"""The packages that an image installs: by a step of its own, by a shell command, or with an engine's own image."""

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from modal_serve_gen.checks.units import Call

Install = tuple[str, str, int]  # a package, what is asked of its version ('' for any), the line
INSTALLS = ("pip_install", "uv_pip_install")
PACKAGE = re.compile(r"([A-Za-z0-9][\w.-]*)(?:\[[\w,.-]*\])?\s*(.*)$", re.S)
IN_SHELL = re.compile(r"\b(?:uv )?pip3? install\b([^;&|\n]*)")
ENGINE_IMAGES = {"vllm/vllm-openai": "vllm", "lmsysorg/sglang": "sglang"}


def installed(calls: Iterable[Call], worth: Callable[[Any], Any]) -> Iterator[Install]:
    """What the steps among `calls` install; `worth` says what an expression is worth."""
    for call in calls:
        if call.last in INSTALLS:
            for argument in call.node.args:
                for word in _texts(worth(argument.value if isinstance(argument, ast.Starred) else argument)):
                    yield from _package(word, argument.lineno)
        elif call.last in ("run_commands", "dockerfile_commands"):
            for argument in call.node.args:
                for text in _texts(worth(argument)):
                    for match in IN_SHELL.finditer(text):
                        for word in match[1].replace("'", " ").replace('"', " ").split():
                            yield from _package(word, argument.lineno)
        elif call.last == "from_registry" and call.node.args:
            image, _, tag = str(worth(call.node.args[0]) or "").partition(":")
            if image in ENGINE_IMAGES:
                version = re.match(r"v?(\d+\.\d+\.\d+(?:\.post\d+)?)", tag)
                yield ENGINE_IMAGES[image], f"=={version[1]}" if version else "", call.line


def _texts(held: Any) -> list[str]:
    return [item for item in (held if isinstance(held, list) else [held]) if isinstance(item, str)]


def _package(word: str, line: int) -> list[Install]:
    """A requirement taken apart; none for an option, a path, an address or a requirements file."""
    if not (match := PACKAGE.match(word)) or "/" in match[1] or word.endswith((".txt", ".whl", ".toml")):
        return []
    return [(match[1].lower().replace("_", "-"), match[2].partition(";")[0].replace(" ", ""), line)]
