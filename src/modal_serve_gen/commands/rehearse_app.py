"""`rehearse` without its terminal: from an app's path to the report of its rehearsal."""

import contextlib
import shutil
import sys
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path

from modal_serve_gen import checks, facts, render
from modal_serve_gen.checks.app_source import AppSource, TooLarge
from modal_serve_gen.errors import BadInput, HubUnavailable, MachineError, ModelError, quoted
from modal_serve_gen.models import hub
from modal_serve_gen.rehearsal.config import ModelRevision, RealEngine, RehearsalConfig, Repository
from modal_serve_gen.rehearsal.engines import engine_env, sglang_env
from modal_serve_gen.rehearsal.faults import parse as parse_faults
from modal_serve_gen.rehearsal.report import Report
from modal_serve_gen.rehearsal.session import rehearse
from modal_serve_gen.rehearsal.state_dir import open_state_dir

WIDEST = 112  # characters of a line of the report, however wide the terminal is
DEPLOYED = "--deployed"  # how an app that we wrote is told to ask its deployment


async def run(
    target: str,
    arguments: list[str],
    *,
    engine: str,
    faults: Sequence[str] = (),
    kept: Path | None = None,
    fresh: bool = False,
    deploy: bool = False,
    isolated: bool = True,
    say: Callable[[str], None],
    emit: Callable[[str], None],
) -> Report:
    """Rehearse `target` (APP.py or APP.py::function). Raises BadInput or MachineError before anything starts.

    What asks the deployed app is given one: `modal deploy` comes first. `kept` is the folder in which Volumes and
    Secrets outlive the rehearsal; `fresh` empties it before. Containers have a network and files of their own where the
    machine allows it, unless `isolated` is false.
    """
    if sys.platform == "win32":
        raise MachineError("A rehearsal needs unix sockets and process groups.", "Run it on Linux, WSL or macOS.")
    path = Path(target.partition("::")[0])
    try:
        source = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        why = fault.strerror if isinstance(fault, OSError) else "it is not UTF-8 text"
        raise BadInput(f"{quoted(path)} cannot be read: {why}.", "Name a Modal app, a Python file.") from None
    asked = parse_faults(faults)
    if kept is not None and not str(kept).strip("."):
        raise BadInput("--state names no folder of its own.", "Name one, such as --state kept.")
    if fresh and kept is None:
        raise BadInput("--fresh empties the folder of --state, and none is named.", "Add --state DIR.")
    resolved = render.read_provenance(source)
    if not deploy and DEPLOYED in arguments:
        say(f"{DEPLOYED} asks the deployed app, so modal deploy comes first.")
        deploy = True
    entrypoint = bool(arguments) or "::" in target or _entrypoint(source)
    if not entrypoint:
        say("The app has no entrypoint for modal run: it is deployed, and its web endpoints are asked.")
    engines: dict[str, RealEngine] = {}
    if engine == "real":
        engines["vllm"] = RealEngine(engine_env.ensure(say), engine_env.recipe().engine.version)
        if "sglang" in source:
            engines["sglang"] = RealEngine(sglang_env.ensure(say), sglang_env.recipe().engine.version)
    findings = tuple(f"line {each.line}: {each.message}; {each.fix}" for each in checks.check(source))
    for finding in findings:
        say(f"Check: {finding}")
    secrets: frozenset[str] | None = None
    planned, adapters = None, frozenset[str]()
    if resolved is not None:
        planned = ModelRevision(resolved.model.id, resolved.model.revision)
        # Each adapter stands there as NAME=REPOSITORY@COMMIT.
        adapters = frozenset(one.partition("=")[2].partition("@")[0] for one in resolved.spec.lora)
        secrets = frozenset() if resolved.model.gated is False else frozenset({resolved.spec.hf_secret})
        if resolved.spec.auth == "api-key":
            secrets |= {resolved.spec.api_key_secret}
    with contextlib.ExitStack() as held:
        folder = held.enter_context(open_state_dir(kept, fresh=fresh)) if kept else None
        config = RehearsalConfig(
            engine, engines, repository, secrets, planned, findings, adapters, asked, isolated, folder
        )
        return await rehearse(target, arguments, config, emit, deploy=deploy, entrypoint=entrypoint)


def _entrypoint(source: str) -> bool:
    """Whether `modal run` has something to run, as far as the text tells: anything that is not on the web."""
    try:
        units = AppSource(source).modal_objects
    except (SyntaxError, ValueError, RecursionError, MemoryError, TooLarge):
        return True  # modal run says what is wrong
    return "local_entrypoint" in source or not units or any(unit.web is None for unit in units)


def repository(model_id: str, engine: str) -> Repository | None:
    """What the local hub stands in for: a model of the facts, or of the Hub; None where the Hub has no such model."""
    if known := facts.model_facts(model_id):
        return Repository(facts.config(model_id).config, bool(known.gated))
    try:
        model = hub.resolve(model_id, engine=engine)
    except HubUnavailable:
        return Repository(None, False)
    except ModelError:
        return None
    return Repository(model.config, bool(model.gated))


def _faults(report: Report) -> list[str]:
    """How often each fault was triggered, and the statuses of all requests."""
    lines = [f"{name}: triggered {times} time{'s' * (times != 1)}" for name, times in report.faults.items()]
    return [*lines, f"all requests through the public URL: {report.answers}"] if lines and report.answers else lines


def _wrapped(text: str, start: str = "") -> list[str]:
    """Lines that fit the terminal; model ids and paths stay whole."""
    width = min(shutil.get_terminal_size().columns, WIDEST)
    return textwrap.wrap(
        text, width, initial_indent=start, subsequent_indent=" " * len(start) + ("" if start else "  "),
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def summary(report: Report) -> str:
    """The report as a person reads it."""
    engine = ""
    if name := report.engine.name:
        version, pinned = report.engine.version, report.engine.pinned
        engine = f" and a stub of {name} {pinned}"
        if report.engine.real:
            kind = "its own release" if version == pinned else "the CPU build of a neighbouring one"
            engine = f" and the real {name} on a CPU, {kind}: {version} for the pinned {pinned}"
    passed = "passed."
    if not all(report.faults.values()):
        passed = "passed, but not every fault was triggered."
    elif report.exit_code == 0 and not report.exercised:
        passed = "ended without running the app."
    verdict = passed if report.ok else f"FAILED: modal run ended with {report.exit_code}. Its last lines:"
    seconds = ", ".join(f"{name} {value:.1f}" for name, value in report.seconds.items())
    lines = []
    for title, items in (
        ("Proven", report.proven),
        ("Substituted", report.substituted),
        ("Not shown", report.not_shown),
        ("Findings", report.findings),
        ("Faults", _faults(report)),
    ):
        if items:
            lines += ["", f"{title}:"]
            for item in items:
                lines += _wrapped(item, "  - ")
    lines += ["", *_wrapped(f"With modal {report.modal}{engine}; seconds: {seconds}."), f"The rehearsal {verdict}"]
    return "\n".join([*lines, *([] if report.ok else (f"  {line}" for line in report.last_lines))])
