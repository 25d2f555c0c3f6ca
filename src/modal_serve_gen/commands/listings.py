"""The rows of `list`: workflows, models, GPUs and checks."""

from typing import Any

from modal_serve_gen import facts

WORKFLOW_KEYS = (
    "name",
    "title",
    "engine",
    "default_model",
    "endpoints",
    "auth",
    "max_model_len",
    "concurrency",
    "max_containers",
    "scaledown_window",
    "options",
    "goals",
    "use_when",
    "not_when",
    "instead",
)


def rows(listing: str) -> list[dict[str, Any]]:
    """The rows of a listing, the same for people and for `--json`."""
    return {"workflows": _workflows, "models": _models, "gpus": _gpus, "checks": _checks}[listing]()


def _workflows() -> list[dict[str, Any]]:
    from modal_serve_gen.spec import serve_spec, workflows

    rows = []
    for name in workflows.names():
        workflow = workflows.load(name)
        row = workflow.model_dump(mode="json")
        row["goals"] = sorted(workflow.goals, key=lambda goal: workflow.goals[goal])
        row["options"] = [serve_spec.option(name) for name in workflow.options]
        rows.append({key: row[key] for key in WORKFLOW_KEYS})
    return rows


def _models() -> list[dict[str, Any]]:
    return [
        {
            "model": model_id,
            "gib": round(entry.weight_bytes / 2**30, 1) if entry.weight_bytes else None,
            "gated": {True: "yes", False: "no", None: "unknown"}[entry.gated],
            "licence": entry.license or "unknown",
            "revision": entry.revision or "unknown (needs network access)",
        }
        for model_id, entry in sorted(facts.models().items(), key=lambda item: item[0].lower())
    ]


def _gpus() -> list[dict[str, Any]]:
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


def _checks() -> list[dict[str, Any]]:
    from modal_serve_gen import checks

    severities = checks.severities()
    return [
        {"rule": name, "severity": severities[name], "what": text.split("\n")[0]}
        for name, text in checks.documentation().items()
    ]
