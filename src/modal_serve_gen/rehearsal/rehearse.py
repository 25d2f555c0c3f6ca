"""One app from start to end: run its entrypoint or its endpoints in a rehearsal, and report."""

import time
from collections.abc import Callable
from pathlib import Path

from modal_serve_gen.rehearsal.config import RehearsalConfig
from modal_serve_gen.rehearsal.outcome import Outcome
from modal_serve_gen.rehearsal.report import Report, write_report
from modal_serve_gen.rehearsal.session import Rehearsal, internal_error


async def rehearse(
    app: str,
    arguments: list[str],
    config: RehearsalConfig,
    emit: Callable[[str], None],
    *,
    deploy: bool = False,
    entrypoint: bool = True,
    whole: bool = True,
    deployed: str = "",
) -> Report:
    """Run `modal run APP ARGUMENTS` on this machine, and report; `emit` gets its output as it comes.

    With `deploy` the app is deployed first. Without an `entrypoint` the app is deployed, and its web endpoints get
    requests instead. `whole`: the target is the app, not one of its functions, so the endpoints that its entrypoint
    does not reach are asked as well. `deployed`: the variable of the app to deploy, if its file has several.
    """
    file = Path(app.partition("::")[0]).absolute()
    async with Rehearsal(config, emit) as rehearsal:
        await rehearsal.protect(Path.cwd())
        target = rehearsal.outputs.target(app) if rehearsal.outputs else app
        started_at, code = time.monotonic(), 0
        if deploy or not entrypoint:
            path = target.partition("::")[0]
            code = await rehearsal.deploy(f"{path}::{deployed}" if deployed else path)
        if code == 0 and entrypoint:
            code = await rehearsal.run(target, *arguments, whole=whole)
        elif code == 0:
            await rehearsal.probe()
        ended_at, failure, exercise = time.monotonic(), rehearsal.failure(), rehearsal.exercise
        written = rehearsal.outputs.collect() if rehearsal.outputs else None
    if rehearsal.plane.internal_errors:
        raise internal_error(rehearsal.plane.internal_errors[0])
    report = write_report(
        Outcome(
            app=app,
            written=written,
            file=str(file),
            source=_source(file),
            timed_out=rehearsal.timed_out,
            exit_code=code,
            probed=not entrypoint,
            whole=whole,
            asked=exercise.asked if exercise else {},
            called=exercise.called if exercise else {},
            waited=exercise.waited if exercise else False,
            failure=failure,
            started_at=started_at,
            ended_at=ended_at,
            output="".join(rehearsal.output),
            config=config,
            plane=rehearsal.plane,
            ingress=rehearsal.ingress,
            hub=rehearsal.hub,
            substitutes=rehearsal.substitutes,
            triggered=rehearsal.injector.triggered,
        )
    )
    return report.redacted(rehearsal.redaction)


def _source(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
