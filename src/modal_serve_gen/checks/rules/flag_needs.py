"""What an engine's flags need besides themselves: other flags, packages, a GPU generation, memory of the machine."""

import math
from collections.abc import Iterator

from modal_serve_gen import facts
from modal_serve_gen.checks import engine_releases, packages
from modal_serve_gen.checks.app_source import AppSource
from modal_serve_gen.checks.engine_command import EngineCommand
from modal_serve_gen.checks.modal_objects import Argument, ModalObject, Violation
from modal_serve_gen.checks.severity import Severity, severity
from modal_serve_gen.flags import Table, parse, relations
from modal_serve_gen.flags.settings import Settings, of_command

MIB = 1024


@severity(Severity.ERROR)
def flag_needs(app: AppSource) -> Iterator[Violation]:
    """A flag has what it needs, and nothing beside it that excludes it.

    Some need another flag, a package that is an extra of the engine, or a newer GPU. The engine checks that when it
    builds its configuration or loads the model, and exits on a GPU that is billed; what it ignores is advice.
    """
    for command in app.commands:
        objects = [obj for obj in app.modal_objects if command in obj.commands]
        tables = engine_releases.tables(app, command.engine)
        found = [_broken(app, command, objects, table) for table in tables]
        for row, settings in (found[0] if found else {}).items():
            if all(row in rows for rows in found):
                level = Severity.ADVICE if row.effect == "ignored" else None
                yield Violation(_line(command, row, tables[0]), _text(command, row, settings), row.fix, level)


@severity(Severity.WARNING)
def host_memory(app: AppSource) -> Iterator[Violation]:
    """A container whose engine keeps cache or weights in the machine's memory requests that memory.

    Only what is requested is certain: beyond it, a container gets what the machine happens to have, and at its own
    limit it is killed.
    """
    for obj in app.modal_objects:
        for command in obj.commands:
            for table in engine_releases.tables(app, command.engine)[:1]:
                yield from _missing_memory(obj, command, table)


def _broken(
    app: AppSource, command: EngineCommand, objects: list[ModalObject], table: Table
) -> dict[relations.Relation, Settings]:
    """The relations that a command breaks on every GPU and in every image in which it runs, with its settings."""
    if table.distribution != table.engine:
        return {}
    parsed = parse(command.argv, table)
    everywhere = []
    for obj in (*objects,) or (None,):
        known: dict[str, object] = {}
        if obj and (capability := _capability(obj)):
            known["capability"] = capability
        installed = _installed(app, obj, command.engine, table) if obj else None
        settings = of_command(parsed, table, complete=command.complete, known=known, packages=installed)
        everywhere.append(dict.fromkeys(relations.broken(settings), settings))
    return {row: settings for row, settings in everywhere[0].items() if all(row in rows for rows in everywhere)}


def _capability(obj: ModalObject) -> float:
    """The lowest compute capability of the GPUs that an object may get; 0 if one of them is unknown."""
    names = [facts.gpu_aliases().get(name or "", name or "") for name, _ in obj.gpus]
    gpus = [facts.gpus().get(name) for name in names]
    return min((gpu.compute_capability if gpu else 0 for gpu in gpus), default=0)


def _installed(app: AppSource, obj: ModalObject, engine: str, table: Table) -> frozenset[str] | None:
    """Packages of an object's image beside the engine's own; None if the file does not show all of them."""
    image = app.image_of(obj)
    if not image.lists_packages or not packages.lists_every_package(image.steps, app.evaluate):
        return None
    rows = list(packages.requirements(image.steps, app.evaluate))
    extras = {extra for row in rows if row.name == engine for extra in row.extras}
    if not any(row.name == engine for row in rows):
        return None
    from_extras = {row.requirement for row in relations.rows(table) if row.extra in extras}
    return frozenset({row.name for row in rows} | from_extras)


def _missing_memory(obj: ModalObject, command: EngineCommand, table: Table) -> Iterator[Violation]:
    counts = [count for name, count in obj.gpus if name]
    settings = of_command(parse(command.argv, table), table, complete=command.complete)
    needs = dict(relations.host_memory(settings, gpus=min(counts, default=1)))
    gib = sum(size for size in needs.values() if not math.isnan(size))
    memory = obj.argument("memory")
    request, limit = _memory(memory)
    if not needs or (memory is None and not obj.call.lacks("memory")):
        return
    says = "; ".join(relations.message(row, settings) for row in needs)
    fix = (
        f"set memory= to {math.ceil(gib) * MIB} MiB for it and what the engine takes besides" if gib else "set memory="
    )
    if memory is None:
        yield Violation(_line(command, next(iter(needs)), table), f"{says}, but none is requested", fix)
    elif limit is not None and limit < gib * MIB:
        yield Violation(memory.line, f"{says}, but the container is killed at {limit:g} MiB", fix, Severity.ERROR)
    elif request is not None and request < gib * MIB:
        yield Violation(memory.line, f"{says}, but {request:g} MiB are requested", fix)


def _memory(memory: Argument | None) -> tuple[float | None, float | None]:
    """MiB that an argument `memory=` requests, and its limit; None for what is unknown or absent."""
    if memory is None:
        return None, None
    values = memory.value if isinstance(memory.value, list | tuple) else [memory.value, None]
    numbers = [value if isinstance(value, int | float) else None for value in values]
    return (numbers[0], numbers[1]) if len(numbers) == 2 else (None, None)


def _text(command: EngineCommand, row: relations.Relation, settings: Settings) -> str:
    says = relations.message(row, settings).removesuffix(".")
    if row.effect == "ignored":
        return says
    if row.error == "usage":
        return f"{command.engine} refuses its command line: {says}"
    article = "an" if row.error[0] in "AEIOU" else "a"
    return f"{command.engine} exits with {article} {row.error}: {says or ' with '.join(row.flags)}"


def _line(command: EngineCommand, row: relations.Relation, table: Table) -> int:
    """The line of the first flag of a relation that is in the command, by any spelling."""
    for flag in row.flags:
        spellings = tuple(table.options[flag].spellings) if flag in table.options else (flag,)
        for word in command.words:
            name = (word.text or "").partition("=")[0].partition(".")[0].replace("_", "-")
            if name in spellings:
                return word.line
    return command.line
