"""Measure the source: `make sizes` writes the table of CONTRIBUTING.md; tests/test_structure.py holds the limits."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "modal_serve_gen"
MEASURED = ("src", "evals", "scripts")  # what mypy, the function and the complexity limits cover
PAGE = ROOT / "CONTRIBUTING.md"
BLOCK = re.compile(r"(<!-- sizes -->\n).*?(<!-- end -->)", re.S)
FUNCTION_LINES = 60
COMPLEXITY = 15
SIMILAR_LINES = 8  # consecutive equal lines that count as a duplicated block
GENERATED = ("assets", "golden")
COMPLEX = re.compile(r"`(?P<name>[^`]+)` is too complex \((?P<value>\d+) > \d+\)")


@dataclass(frozen=True)
class LongFunction:
    """A function that exceeds the limit on lines."""

    path: Path
    name: str
    lines: int


@dataclass(frozen=True)
class ComplexFunction:
    """A function that exceeds the limit on cyclomatic complexity."""

    path: Path
    name: str
    complexity: int


def python_files(folder: Path) -> list[Path]:
    """Hand-written Python files below `folder`."""
    return sorted(path for path in folder.rglob("*.py") if not {*GENERATED, "__pycache__"} & set(path.parts))


def line_count(paths: list[Path]) -> int:
    return sum(len(path.read_text("utf-8").splitlines()) for path in paths)


def long_functions() -> Iterator[LongFunction]:
    """Functions of more than FUNCTION_LINES lines, decorators and docstring included."""
    for path in (path for folder in MEASURED for path in python_files(ROOT / folder)):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION_LINES:
                    yield LongFunction(path.relative_to(ROOT), node.name, lines)


def complex_functions() -> list[ComplexFunction]:
    """Functions whose cyclomatic complexity, as ruff's C901 counts it, exceeds COMPLEXITY."""
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "C901", "--output-format", "json"]
    command += ["--ignore-noqa", "--config", f"lint.mccabe.max-complexity = {COMPLEXITY}", *MEASURED]
    report = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    found = []
    for row in json.loads(report.stdout):
        if match := COMPLEX.search(row["message"]):
            path = Path(row["filename"]).relative_to(ROOT)
            found.append(ComplexFunction(path, match["name"], int(match["value"])))
    return found


def type_errors() -> int:
    """Errors that mypy reports under the settings of pyproject.toml."""
    report = subprocess.run([sys.executable, "-m", "mypy"], cwd=ROOT, capture_output=True, text=True, check=False)
    match = re.search(r"Found (\d+) error", report.stdout)
    return int(match[1]) if match else 0


def duplicated_blocks() -> int:
    """Blocks of SIMILAR_LINES or more equal lines, imports, comments and docstrings aside, as pylint counts them."""
    command = [sys.executable, "-m", "pylint", "--disable=all", "--enable=duplicate-code", "--output-format=json"]
    command += [f"--min-similarity-lines={SIMILAR_LINES}", "--ignore-imports=y", "--ignore-signatures=y"]
    files = [str(path) for folder in MEASURED for path in python_files(ROOT / folder)]
    report = subprocess.run([*command, *files], cwd=ROOT, capture_output=True, text=True, check=False)
    return len(json.loads(report.stdout or "[]"))


def table() -> str:
    """The Markdown table."""
    packages = sorted(path for path in SOURCE.iterdir() if path.is_dir() and path.name != "__pycache__")
    rows = [(f"`{path.name}/`", line_count(python_files(path))) for path in packages]
    rows += [(f"`{path.name}`", line_count([path])) for path in sorted(SOURCE.glob("*.py"))]
    rows += [(f"`{folder}/`", line_count(python_files(ROOT / folder))) for folder in ("evals", "scripts", "tests")]
    lines = ["| Python | lines |", "| --- | --- |", *(f"| {name} | {count:,} |" for name, count in rows), ""]
    measures = [
        (f"functions over {FUNCTION_LINES} lines", len(list(long_functions()))),
        (f"functions with a cyclomatic complexity over {COMPLEXITY}", len(complex_functions())),
        ("mypy errors (strict)", type_errors()),
        (f"duplicated blocks of {SIMILAR_LINES} lines or more", duplicated_blocks()),
    ]
    lines += ["| measure | count |", "| --- | --- |", *(f"| {name} | {count} |" for name, count in measures)]
    return "\n".join(lines) + "\n"


def main() -> int:
    text = PAGE.read_text("utf-8")
    rows = table()
    PAGE.write_text(BLOCK.sub(lambda match: match[1] + rows + match[2], text), "utf-8")
    print(rows, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
