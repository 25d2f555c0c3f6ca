"""Check Modal apps with nothing but Python 3.11 or newer: python3 check.py [--json] [--no-import] PATH...

The rules are those of `modal-serve-gen check`. Each file is also imported, in a separate process and without
credentials, if the modal package is installed. Exit code 0: no findings, 1: findings, 2: bad input.

`make docs` generates check.py in the skill from this program and the modules and facts of modal_serve_gen that it
needs, which follow as comments, one section per file. Plain text can be reviewed and compared, and survives tools that
copy skills as text. Each run unpacks it into a temporary folder, and writes nothing next to this file.
"""

import argparse
import sys
import tempfile
from pathlib import Path

HEADER, PREFIX = "# === ", "#|"
DOCUMENTATION = Path(__file__).resolve().parent.parent / "references" / "checks.md"


def main() -> int:
    if sys.version_info < (3, 11):  # noqa: UP036 # any Python may be the user's
        print("Error: Python 3.11 or newer is required.", file=sys.stderr)
        return 2
    sys.dont_write_bytecode = True
    with tempfile.TemporaryDirectory(prefix="modal-serve-gen-") as folder:
        unpack(Path(__file__), Path(folder))
        sys.path.insert(0, folder)
        return check()


def unpack(source: Path, folder: Path) -> None:
    """Write the files in the comments of `source` below `folder`."""
    files: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in source.read_text(encoding="utf-8").split("\n"):
        if line.startswith(HEADER):
            lines = files[line[len(HEADER) :]] = []
        elif line.startswith(PREFIX):
            lines.append(line[len(PREFIX) :].removeprefix(" ") + "\n")
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(content), encoding="utf-8")


def check() -> int:
    """Run the command. Returns its exit code."""
    from modal_serve_gen import errors
    from modal_serve_gen.checks import runner

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0] + ".")
    parser.add_argument("path", nargs="+", type=Path, help="a Modal app, or a folder of apps")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--no-import", action="store_true", help="read the files only")
    options = parser.parse_args()
    try:
        rules = runner.select_rules([], [])
        report = runner.check_paths(options.path, rules, imports=not options.no_import, say=say)
    except errors.ServeError as error:
        say(f"Error: {error}")
        return error.exit_code
    for note in report.notes:
        say(f"Note: {note}")
    print(report.json() if options.json else report.text(DOCUMENTATION))
    return errors.FINDINGS if report.findings else 0


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
