"""Tables: of workflows, models, GPUs and checks, and of what the doctor found."""

import dataclasses
from typing import Any

from modal_serve_gen import facts


def rows(what: str) -> list[dict[str, Any]]:
    """The rows of a list, the same for people and for `--json`."""
    return {"workflows": _workflows, "models": _models, "gpus": _gpus, "checks": _checks}[what]()


def _workflows() -> list[dict]:
    from modal_serve_gen.spec import workflows

    keys = (
        "name",
        "title",
        "engine",
        "default_model",
        "endpoints",
        "auth",
        "options",
        "goals",
        "use_when",
        "not_when",
        "instead",
    )
    rows = [workflows.load(name).model_dump(mode="json") for name in workflows.names()]
    for row in rows:
        row["goals"] = sorted(row["goals"], key=row["goals"].get)
        row["options"] = [f"--{name.replace('_', '-')}" for name in row["options"]]
    return [{key: row[key] for key in keys} for row in rows]


def _models() -> list[dict]:
    return [
        {
            "model": model_id,
            "gib": round(entry.weight_bytes / 2**30, 1) if entry.weight_bytes else None,
            "gated": {True: "yes", False: "no", None: "not known"}[entry.gated],
            "licence": entry.license or "not known",
            "revision": entry.revision or "not known: needs the network",
        }
        for model_id, entry in sorted(facts.models().items(), key=lambda item: item[0].lower())
    ]


def _gpus() -> list[dict]:
    return [
        {
            "gpu": name,
            "usable_gib": gpu.usable_gib,
            "usd_per_hour": round(gpu.usd_per_s * 3600, 2),
            "max_count": gpu.max_count,
            "price_read": gpu.price_read,
        }
        for name, gpu in sorted(facts.gpus().items(), key=lambda item: item[1].usd_per_s)
    ]


def _checks() -> list[dict]:
    from modal_serve_gen import checks

    return [{"rule": name, "what": text.split("\n")[0]} for name, text in checks.documentation().items()]


def table(rows: list[dict[str, Any]]) -> str:
    """Rows as columns where they fit the terminal, else as one paragraph a row."""
    import shutil
    import textwrap

    width = shutil.get_terminal_size((100, 24)).columns
    cells = [[_cell(value) for value in row.values()] for row in rows]
    heads = [key.replace("_", " ") for key in rows[0]]
    sizes = [max(len(line[index]) for line in [heads, *cells]) for index in range(len(heads))]
    if sum(sizes) + 2 * len(sizes) <= width:
        return "\n".join(
            "  ".join(text.ljust(size) for text, size in zip(line, sizes, strict=True)).rstrip()
            for line in [heads, *cells]
        )
    blocks = []
    for line in cells:
        parts = [line[0]] + [
            textwrap.fill(
                f"{head}: {text}", width, initial_indent="  ", subsequent_indent="    ", break_long_words=False
            )
            for head, text in zip(heads[1:], line[1:], strict=True)
        ]
        blocks.append("\n".join(parts))
    return "\n\n".join(blocks)


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value) or "-"
    return "-" if value is None else str(value)


def plain(found: list) -> list[dict]:
    """Findings of the doctor as JSON values."""
    return [dataclasses.asdict(each) for each in found]


def findings(found: list) -> str:
    """Findings of the doctor for a person, remedies below what they mend."""
    width = max(len(each.name) for each in found)
    lines = []
    for each in found:
        lines.append(f"{each.status:<5} {each.name:<{width}}  {each.value}")
        if each.status != "ok" and each.remedy:
            lines.append(f"{'':<5} {'':<{width}}  -> {each.remedy}")
    return "\n".join(lines)
