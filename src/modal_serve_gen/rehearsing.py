"""`rehearse` without its terminal: from an app's path to the report of its rehearsal."""

import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

from modal_serve_gen import checks, facts, hub, render
from modal_serve_gen.errors import BadInput, EnvironmentLacks, HubSilent, ModelRefused, shown
from modal_serve_gen.rehearsal import engine_env, sglang_env
from modal_serve_gen.rehearsal.report import Report
from modal_serve_gen.rehearsal.session import rehearse
from modal_serve_gen.rehearsal.stage import Repository, Stage


async def run(
    target: str, arguments: list[str], *, engine: str, say: Callable[[str], None], emit: Callable[[str], None]
) -> Report:
    """Rehearse `target` (APP.py or APP.py::function). Raises BadInput or EnvironmentLacks before anything starts."""
    if sys.platform == "win32":
        raise EnvironmentLacks("A rehearsal needs unix sockets and process groups.", "Run it on Linux, WSL or macOS.")
    path = Path(target.partition("::")[0])
    try:
        source = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        why = fault.strerror if isinstance(fault, OSError) else "it is not UTF-8 text"
        raise BadInput(f"{shown(path)} cannot be read: {why}.", "Name a Modal app, a Python file.") from None
    resolved = render.read_provenance(source)
    engines = {}
    if engine == "real":
        engines["vllm"] = engine_env.ensure(say), engine_env.recipe()["engine"]["version"]
        if "sglang" in source:
            engines["sglang"] = sglang_env.ensure(say), sglang_env.recipe()["engine"]["version"]
    findings = tuple(f"line {each.line}: {each.message}; {each.mend}" for each in checks.check(source))
    for finding in findings:
        say(f"Check: {finding}")
    secrets, planned, adapters = None, None, frozenset()
    if resolved is not None:
        planned = (resolved.model.id, resolved.model.revision)
        # Each adapter stands there as NAME=REPOSITORY@COMMIT.
        adapters = frozenset(one.partition("=")[2].partition("@")[0] for one in resolved.spec.lora)
        secrets = frozenset() if resolved.model.gated is False else frozenset({resolved.spec.hf_secret})
        if resolved.spec.auth == "api-key":
            secrets |= {resolved.spec.api_key_secret}
    stage = Stage(engine, engines, _repository, secrets, planned, findings, adapters)
    return await rehearse(target, arguments, stage, emit)


def _repository(model_id: str, engine: str) -> Repository | None:
    """What the local hub stands in for: a model of the facts, or of the Hub; None where the Hub has no such model."""
    if known := facts.model_facts(model_id):
        return Repository(facts.config(model_id)["config"], bool(known["gated"]))
    try:
        model = hub.resolve(model_id, engine=engine)
    except HubSilent:
        return Repository(None, False)
    except ModelRefused:
        return None
    return Repository(model.config, bool(model.gated))


def summary(report: Report) -> str:
    """The report as a person reads it."""
    engine = ""
    if report.engine["name"]:
        name, version, pinned = (report.engine[key] for key in ("name", "version", "pinned"))
        engine = f" and a stub of {name} {pinned}"
        if report.engine["real"]:
            kind = "its own release" if version == pinned else "the CPU build of a neighbouring one"
            engine = f" and the real {name} on a CPU, {kind}: {version} for the pinned {pinned}"
    verdict = "passed." if report.ok else f"FAILED: modal run ended with {report.exit_code}. Its last lines:"
    seconds = ", ".join(f"{name} {value:.1f}" for name, value in report.seconds.items())
    lines = []
    for title, items in (
        ("Proven", report.proven),
        ("Substituted", report.substituted),
        ("Not shown", report.not_shown),
        ("Findings", report.findings),
    ):
        if items:
            lines += ["", f"{title}:"]
            for item in items:
                lines += textwrap.wrap(
                    item, 112, initial_indent="  - ", subsequent_indent="    ", break_long_words=False
                )
    lines += ["", f"With modal {report.modal}{engine}; seconds: {seconds}.", f"The rehearsal {verdict}"]
    return "\n".join([*lines, *([] if report.ok else (f"  {line}" for line in report.last_lines))])
