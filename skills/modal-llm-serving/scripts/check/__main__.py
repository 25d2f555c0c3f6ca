"""Check Modal apps with nothing but Python 3.11 or newer: python3 check [--json] [--no-import] PATH...

The rules are those of `modal-serve-gen check`; the modules beside this file are copies of its own. Each file is also
imported, in a process of its own and without credentials, where the modal package is installed. Exit code 0: no
findings, 1: findings, 2: bad input.
"""

import argparse
import sys
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036 (whatever Python there is runs it)
    sys.exit("Python 3.11 or newer is needed.")
sys.dont_write_bytecode = True

from modal_serve_gen import errors  # noqa: E402
from modal_serve_gen.checks import checking  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(prog="check", description=__doc__.split("\n\n")[0])
    parser.add_argument("path", nargs="+", type=Path, help="a Modal app, or a folder of them")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--no-import", action="store_true", help="read the files only")
    given = parser.parse_args()
    try:
        checked = checking.run(given.path, checking.chosen([], []), imports=not given.no_import, say=_say)
    except errors.ServeError as refusal:
        _say(f"Error: {refusal}")
        return refusal.exit_code
    for note in checked.notes:
        _say(f"Note: {note}")
    print(checked.json() if given.json else checked.text())
    return errors.FINDINGS if checked.findings else 0


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
