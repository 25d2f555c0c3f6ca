"""Parse command lines as the pinned engine does, with its errors."""

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from engine_stub import ending, flags, notes

ANY_ADDRESS = ("", "0.0.0.0", "::")


def refuse(usage: str, message: str, kind: str = "refused") -> NoReturn:
    """End with exit code 2 and an error in argparse's form; `kind` "lacking": the stub is at fault, not the app."""
    error = f"{usage.partition(' [')[0]}: error: {message}"
    print(f"usage: {usage}\n{error}", file=sys.stderr)
    notes.note(kind, error)
    raise SystemExit(2)


def parse(
    argv: Sequence[str], table: flags.Table, *, usage: str, version: str, positionals: bool = True, checked: bool = True
) -> flags.Parsed:
    """The options of `argv`; ends with exit code 2 if the pinned engine's parser refuses them.

    If `table` is not that engine's, `checked` is false: nothing is refused, and what the table lacks is left out.
    """
    problems = flags.check(argv, table)
    for problem in problems:
        if problem.kind == "warning":
            print(f"WARNING: {problem.message}", file=sys.stderr)
    options = flags.parse(argv, table)
    if not checked:
        return _known(options, table, version)
    errors = [problem.message for problem in problems if problem.kind == "error"]
    if not positionals:
        errors += [f"unrecognized arguments: {word}" for word in options.positionals]
    if errors:
        refuse(usage, " ".join(errors))
    program = usage.partition(" [")[0]
    notes.note(
        "checked", f"the {len(options.options)} flags of {program}, with their values, are valid for {table.version}"
    )
    return options


def _known(options: flags.Parsed, table: flags.Table, version: str) -> flags.Parsed:
    """The options that the table of another release has as well, with fitting values; a note for each other one."""
    kept = []
    for parsed in options.options:
        words = [parsed.spelled, *(value for value in parsed.values if value is not None)]
        problems = flags.check(words, table, complete=False) if parsed.option else None
        if problems is None or any(problem.kind == "error" for problem in problems):
            reason = f"not checked, as there is no table of {version}, and {table} lacks it"
            notes.note("left_out", f"{' '.join(words)}: {reason}")
        else:
            kept.append(parsed)
    return flags.Parsed(options.positionals, tuple(kept))


def inject_start_faults(crash: str) -> None:
    """Delay the start, or end it with exit code 1 and the engine's message `crash`, if the rehearsal injects that."""
    notes.delay_start()
    if notes.triggered("engine-crash-at-start"):
        ending.settle()
        print(f"RuntimeError: {crash} (a fault that the rehearsal injected)", file=sys.stderr)
        raise SystemExit(1)


def last(options: flags.Parsed, flag: str, default: str | None = None) -> str | None:
    """The value of the flag's last occurrence; an empty value and "None" unset it."""
    values = options.values(flag)
    return values[-1] if values and values[-1] not in ("", "None") else default


def switched_on(options: flags.Parsed, flag: str) -> bool:
    """True if the last occurrence of a switch turns it on."""
    occurrence = next((option for option in reversed(options.options) if option.flag == flag), None)
    return occurrence is not None and occurrence.name not in occurrence.option.negations


def note_unsupported(options: flags.Parsed, texts: dict[str, str]) -> None:
    """Note each flag of `texts` that is set; {0} in its text is the value."""
    for flag, text in texts.items():
        if value := last(options, flag):
            notes.note("left_out", text.format(value))


def listening_host(host: str) -> str:
    """The host to bind. Outside a rehearsed container nothing may listen beyond this machine."""
    if host in ANY_ADDRESS:
        return "0.0.0.0" if os.environ.get("REHEARSAL_OUTER") else "127.0.0.1"
    return host
