"""Write the tables of older releases to src/modal_serve_gen/facts/flags/<engine>-history.json.

    python -m scripts.update_history vllm-VERSION-...whl ...
    python -m scripts.update_history --download vllm==VERSION

Flags come from scripts/update_flags.py and variables from scripts/update_variables.py. Each release is stored as its
difference to the next newer one, so adding a wheel changes two entries. `make bump` adds the release that was pinned.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from modal_serve_gen.facts import releases
from modal_serve_gen.facts.differences import difference
from modal_serve_gen.facts.releases import KEPT, Past
from modal_serve_gen.flags import numbers
from modal_serve_gen.folders import FACTS
from scripts import update_flags, update_variables
from scripts.vllm_annotations import Row

SOURCE = "the wheels of these releases, read by scripts/update_history.py"
State = tuple[str, Row, str, Row]  # version, wheel, date, and the kept part of the table with the variables


def state_of(wheel: Path) -> State:
    """What the history keeps of a wheel."""
    table = update_flags.table(wheel)
    names = update_variables.variables(wheel, table["engine"])
    plain: Row = json.loads(json.dumps({key: table[key] for key in KEPT}))
    return table["version"], table["wheel"], table["read_on"], {**plain, "variables": names}


def known(engine: str) -> list[State]:
    """The states of the releases that the history has."""
    return [(past.version, past.wheel, past.read_on, releases.state(engine, past.version))
            for past in releases.history(engine).releases]  # fmt: skip


def chained(pinned: Row, states: Iterable[State]) -> list[Past]:
    """The releases, newest first, each as its difference to the one before; `pinned` is the state of the newest."""
    entries, newer = [], pinned
    for version, wheel, read_on, state in sorted(states, key=lambda state: numbers(state[0]), reverse=True):
        entries.append(Past(version, wheel, read_on, difference(newer, state) or {}))
        newer = state
    return entries


def dumped(engine: str, entries: Iterable[Past]) -> str:
    """JSON with one option, or one group of names, per line."""
    texts = []
    for past in entries:
        head = json.dumps({"version": past.version, "read_on": past.read_on, "wheel": past.wheel})[:-1]
        parts = {key: value for key, value in past.changes.items() if key != "in"}
        inner = [f'"{key}": {_lines(change, "   ")}' for key, change in past.changes.get("in", {}).items()]
        changes = [f'"{key}": {json.dumps(value)}' for key, value in parts.items()]
        changes += ['"in": {\n  ' + ",\n  ".join(inner) + "\n }"] if inner else []
        body = "\n " + ",\n ".join(changes) + "\n" if changes else ""
        texts.append(f'{head}, "changes": {{{body}}}}}')
    fields = f'"engine": "{engine}",\n"source": {json.dumps(SOURCE)},\n"releases": [\n'
    return "{\n" + fields + ",\n".join(texts) + "\n]\n}\n"


def _lines(change: Row, indent: str) -> str:
    """A difference with one key per line."""
    parts = []
    for name, content in change.items():
        if isinstance(content, dict):
            rows = [f"{indent} {json.dumps(key)}: {json.dumps(item, sort_keys=True)}" for key, item in content.items()]
            parts.append(f'{indent}"{name}": {{\n' + ",\n".join(rows) + "\n" + indent + "}")
        else:
            parts.append(f'{indent}"{name}": {json.dumps(content)}')
    return "{\n" + ",\n".join(parts) + "\n  }"


def path(engine: str, facts: Path = FACTS) -> Path:
    return facts / "flags" / f"{engine}-history.json"


def retire(facts: Path, engine: str, old: str, new: str) -> None:
    """Add the release `old` to the history in the folder `facts`, where the tables of `old` and `new` both are."""
    states = {}
    for version in (old, new):
        table = json.loads((facts / "flags" / f"{engine}-{version}.json").read_text("utf-8"))
        names = json.loads((facts / "apis" / f"{engine}_variables-{version}.json").read_text("utf-8"))["names"]
        states[version] = table, {**{key: table[key] for key in KEPT}, "variables": names}
    document: dict[str, Any] = json.loads(path(engine, facts).read_text("utf-8"))
    older = [Past(**row) for row in document["releases"]]
    table, state = states[old]
    entry = Past(old, table["wheel"], table["read_on"], difference(states[new][1], state) or {})
    path(engine, facts).write_text(dumped(engine, [entry, *older]), "utf-8")


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("wheels", nargs="*", type=Path, help="wheel files of vllm or sglang")
    parser.add_argument("--download", action="append", default=[], metavar="NAME==VERSION", help="fetch it with pip")
    arguments = parser.parse_args(argv)
    added: dict[str, list[State]] = {}
    with tempfile.TemporaryDirectory() as folder:
        downloaded = (update_flags.download(name, Path(folder)) for name in arguments.download)
        for wheel in [*arguments.wheels, *downloaded]:
            added.setdefault(wheel.name.partition("-")[0], []).append(state_of(wheel))
            print(f"{wheel.name} is read", flush=True)
    for engine, states in added.items():
        new = {state[0] for state in states}
        every = [*states, *(state for state in known(engine) if state[0] not in new)]
        pinned = releases.known_releases(engine)[0]
        entries = chained(releases.state(engine, pinned), [state for state in every if state[0] != pinned])
        path(engine).write_text(dumped(engine, entries), "utf-8")
        print(f"{path(engine).name}: {len(entries)} releases")
    return 0


if __name__ == "__main__":
    sys.exit(main())
