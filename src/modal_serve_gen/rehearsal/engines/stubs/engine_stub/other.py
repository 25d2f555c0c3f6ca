"""An HTTP stub for engines that have no stub of their own, and their commands that answer and end.

`python -m engine_stub.other NAME ARGV...` reads what it needs of the command line and of the variables of the row NAME
in others.json, and checks nothing else.
"""

import os
import socket
import sys
import urllib.parse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine_stub import ending, other_apis, server
from engine_stub.answers import (
    text_pieces,
)
from engine_stub.command import inject_start_faults, listening_host
from engine_stub.notes import note
from engine_stub.other_table import TABLE


@dataclass(frozen=True)
class Settings:
    """What a command line says: the model, its name in requests, the address, and a key ('' for none)."""

    model: str
    name: str
    host: str
    port: int
    key: str


def main(name: str, argv: Sequence[str]) -> int:
    """Run the command of the row `name`; its exit code."""
    row = TABLE["engines"][name]
    words = list(argv)
    if words[:1] and words[0] in row.get("commands", {}):
        if row["commands"][words[0]]:
            print("".join(piece for _, piece in text_pieces(words[-1])).strip())
        return 0
    if any(word in ("-h", "--help", "--version") for word in words):
        print(f"{name}: the rehearsal's stub")
        return 0
    for expected in row.get("arguments", ()):
        if words[:1] == [expected]:
            words.pop(0)
    if row.get("prompt"):
        note("other", name)
        print("".join(piece for _, piece in text_pieces(_value(words, row["prompt"]) or "")).strip())
        return 0
    return ending.launch(lambda: _serve(name, row, words), [name, *argv])


def _serve(name: str, row: dict[str, Any], words: list[str]) -> int:
    try:
        settings = read(row, words)
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    note("other", name)
    inject_start_faults("the engine could not start")
    app = other_apis.application(name, settings.name, settings.key)
    host = socket.gethostbyname(listening_host(settings.host))
    return server.serve(app, app.state.engine.load, (host, settings.port), f"stub in place of {name}")


def read(row: dict[str, Any], words: Sequence[str]) -> Settings:
    """What the command line says. Raises ValueError for a port that is no number."""
    variables = {key: os.environ.get(name, "") for key, name in row.get("variables", {}).items()}
    address = urllib.parse.urlsplit(
        f"//{variables.get('address', '').partition('//')[2] or variables.get('address', '')}"
    )
    model = _value(words, row.get("model", ())) or variables.get("model", "")
    if not model and row.get("positional"):
        model = next(iter(_positionals(words)), "")
    file = _value(words, row.get("local_file", ())) or (model if model.startswith("/") else "")
    if file and not Path(file).exists():
        note("changed", f"the model {file}: not in this rehearsal, so assumed to be there on Modal")
    port = _value(words, row.get("port", ())) or variables.get("port") or address.port or row.get("default_port", 0)
    if not str(port).isdigit():
        raise ValueError(f"the port {port!r} is no number")
    return Settings(
        model,
        _value(words, row.get("name_flags", ())) or model or "model",
        _value(words, row.get("host", ())) or variables.get("host") or address.hostname or row.get("default_host", ""),
        int(port),
        _value(words, row.get("key", ())) or variables.get("key", ""),
    )


def _value(words: Sequence[str], names: Sequence[str]) -> str:
    """The last value of a flag with one of `names`, as `--flag value` or `--flag=value`; underscores are dashes."""
    spelled = {name.replace("_", "-") for name in names}
    found = ""
    for position, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name.replace("_", "-") in spelled:
            found = value if equals else words[position + 1] if position + 1 < len(words) else ""
    return found


def _positionals(words: Sequence[str]) -> Iterator[str]:
    """Words that are neither a flag nor directly after one."""
    after_flag = False
    for word in words:
        if word.startswith("-"):
            after_flag = "=" not in word
        elif after_flag:
            after_flag = False
        else:
            yield word


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
