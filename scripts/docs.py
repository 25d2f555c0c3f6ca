"""Write the generated blocks of the documentation anew: `make docs`. A test fails when a block has drifted.

A block stands between `<!-- generated: NAME -->` and `<!-- end -->`; NAME is a function below.
"""

import re
import sys
from pathlib import Path

from modal_serve_gen import errors, facts, workflows
from modal_serve_gen.rehearsal import faults as rehearsal_faults

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("README.md",)
MEANT = {"1": "once", "0": "each time", "30": "30 seconds"}  # defaults of faults, as words
BLOCK = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.S)


def workflow_table() -> str:
    rows = [workflows.load(name) for name in workflows.names()]
    return table(
        ("workflow", "use it for", "not when", "then rather"),
        [(f"`{row.name}`", row.use_when, row.not_when, row.instead) for row in rows],
    )


def exit_codes() -> str:
    classes = (errors.BadInput, errors.ModelRefused, errors.DoesNotFit, errors.EnvironmentLacks, errors.OurBug)
    rows = [(0, "good"), (errors.FINDINGS, "findings, or the rehearsal's app failed")]
    rows += [(each.exit_code, (each.__doc__ or "").rstrip(".")) for each in classes]
    return table(("exit code", "meaning"), [*rows, (errors.INTERRUPTED, "interrupted")])


def faults() -> str:
    rows = [
        (f"`{rehearsal_faults.spelled(name)}`", kind.what, MEANT.get(kind.default, kind.default))
        for name, kind in rehearsal_faults.KINDS.items()
    ]
    return table(("fault", "what happens", "without an argument"), rows)


def pins() -> str:
    rows = [
        (engine, pin["version"], pin["base_image"], pin["python"], len(pin["direct"]), pin["read"])
        for engine, pin in facts.pins().items()
        if engine in {workflows.load(name).engine for name in workflows.names()}
    ]
    return table(("engine", "version", "base image", "Python", "packages pinned beside it", "resolved on"), rows)


def gpus() -> str:
    rows = sorted(facts.gpus().items(), key=lambda item: item[1]["usd_per_s"])
    return table(
        ("GPU", "usable GiB", "$ per hour", "up to", "price read"),
        [
            (name, gpu["usable_gib"], f"{gpu['usd_per_s'] * 3600:.2f}", gpu["max_count"], gpu["price_read"])
            for name, gpu in rows
        ],
    )


def table(heads: tuple, rows: list[tuple]) -> str:
    """A Markdown table."""
    lines = [heads, ("---",) * len(heads), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines) + "\n"


def renewed(text: str) -> str:
    """`text` with every generated block as the facts have it today."""
    return BLOCK.sub(lambda match: f"{match[1]}{globals()[match[2]]()}{match[3]}", text)


def main() -> int:
    for page in PAGES:
        path = ROOT / page
        path.write_text(renewed(path.read_text("utf-8")), "utf-8")
        print(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
