"""How the report of a rehearsal is printed."""

from modal_serve_gen.commands.layout import count, wrapped
from modal_serve_gen.rehearsal.cause import Cause
from modal_serve_gen.rehearsal.report import Report


def text(report: Report) -> str:
    """The report as paragraphs and lists, as wide as the terminal."""
    lines: list[str] = []
    for title, items in (
        ("Proven", report.proven),
        ("Substituted", report.substituted),
        ("Not shown", report.not_shown),
        ("Findings", report.findings),
        ("Faults", _faults(report)),
        ("Written", _written(report)),
    ):
        if items:
            lines += ["", f"{title}:", *(line for item in items for line in wrapped(item, "  - "))]
    seconds = ", ".join(f"{phase} {value:.1f}" for phase, value in report.seconds.items())
    lines += ["", *wrapped(f"Ran with modal {report.modal}{_engine(report)}. Seconds: {seconds}.", "", "  ")]
    lines.append(f"The rehearsal {_verdict(report)}")
    if not report.ok:
        lines += [f"  {line}" for line in report.last_lines]
    if report.cause:
        lines += _cause(report.cause)
    return "\n".join(lines)


def _engine(report: Report) -> str:
    engine = report.engine
    if not engine.name:
        return ""
    if not engine.real:
        return f" and a stub of {engine.name} {engine.pinned}"
    kind = "the pinned release" if engine.version == engine.pinned else f"in place of the pinned {engine.pinned}"
    return f" and {engine.name} {engine.version} on the CPU, {kind}"


def _written(report: Report) -> list[str]:
    """Files that the entrypoint wrote, and where they are."""
    if report.written is None:
        return []
    files, more = report.written.files[:10], len(report.written.files) - 10
    names = ", ".join(files) + (f" and {more} more" if more > 0 else "")
    return [f"in {report.written.folder} instead of in place, since the answers are gibberish: {names}"]


def _faults(report: Report) -> list[str]:
    """How often each fault was triggered, and the statuses of all requests."""
    lines = [f"{name}: triggered {count(times, 'time')}" for name, times in report.faults.items()]
    return [*lines, f"all requests through the public URL: {report.answers}"] if lines and report.answers else lines


def _cause(cause: Cause) -> list[str]:
    """Whose fault it is, in the last lines."""
    where = f", {cause.file} line {cause.line}" if cause.line else ""
    if cause.kind == "app":
        return [f"Your app{where}: {cause.text}"]
    at = f" ({where[2:]})" if where else ""
    return [f"This rehearsal {cause.text}{at}.", f"What would help: {cause.help}."]


def _verdict(report: Report) -> str:
    if not report.ok:
        end = "The end of the output:" if report.last_lines else ""
        code = f": modal run exited with code {report.exit_code}" if report.exit_code else ""
        return f"FAILED{code}. {end}".rstrip()
    if not all(report.faults.values()):
        return "passed, but not every fault was triggered."
    if report.exit_code == 0 and not report.exercised:
        return "ended without running the app."
    return "passed."
