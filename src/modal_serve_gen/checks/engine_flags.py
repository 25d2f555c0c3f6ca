"""An engine's command line holds only flags and values that its pinned version knows.

Checked by exact name against the table that was read out of that version's wheel; where the app pins no version that
has a table, the newest bundled one serves.
"""

from collections.abc import Iterator

from modal_serve_gen import facts, flags
from modal_serve_gen.checks.picture import Picture


def find(picture: Picture) -> Iterator[tuple[int, str, str]]:
    for command in picture.commands:
        table = flags.load(table_path(command.engine, picture.pins.get(command.engine, ("", 0))[0]))
        for problem in flags.check(command.words, table):
            if problem.kind == "error":
                line = next(
                    (at for word, at in zip(command.words, command.lines, strict=True) if word == problem.flag),
                    command.lines[0] if command.lines else 1,
                )
                yield line, problem.message, f"write {problem.nearest}" if problem.nearest else "take it out"


def table_path(engine: str, version: str):
    """The flag table of that version, or the newest bundled one."""
    path = facts.flag_table_path(engine, version)
    return path if version and path.exists() else max(path.parent.glob(f"{engine}-*.json"))
