"""What flags in --engine-arg need besides themselves: the app gets it, or they are refused."""

import math
from collections.abc import Iterator

from modal_serve_gen import facts, flags, render
from modal_serve_gen.checks.app_source import AppSource
from modal_serve_gen.errors import BadInput
from modal_serve_gen.flags import relations
from modal_serve_gen.flags.settings import Settings, of_command
from modal_serve_gen.models import Model
from modal_serve_gen.plan import Note, Plan
from modal_serve_gen.render import Resolved


def complete(resolved: Resolved, model: Model, plan: Plan) -> tuple[Resolved, tuple[Note, ...]]:
    """The app with the packages and the memory that its --engine-arg need, and notes on them.

    Raises BadInput for flags that the engine refuses or ignores beside each other and the app's own.
    """
    settings = _settings(resolved, model, plan)
    if settings is None:
        return resolved, ()
    packages = tuple(_packages(settings, resolved))
    needs = list(relations.host_memory(settings, gpus=plan.gpus, cache_gib=plan.kv_cache.gib_high))
    gib = math.ceil(sum(size for _, size in needs))
    if packages:
        pins = resolved.pins.model_copy(update={"packages": (*resolved.pins.packages, *packages)})
        resolved = resolved.model_copy(update={"pins": pins})
    if not gib:
        return resolved, ()
    says = "; ".join(relations.message(row, settings) for row, _ in needs)
    return with_memory(resolved, gib, says)


def with_memory(resolved: Resolved, gib: int, says: str) -> tuple[Resolved, tuple[Note, ...]]:
    """The app with `gib` GiB more of the machine's memory, for what `says`, and a note with the price.

    Raises BadInput if no container gets that much.
    """
    resolved = resolved.model_copy(update={"host_memory_gib": resolved.host_memory_gib + gib})
    mib, most = render.memory_mib(resolved), int(facts.limits().memory_mib.range[1])
    if mib > most:
        raise BadInput(
            f"{says[0].upper()}{says[1:]}: with the engine's own, {mib // 1024} GiB, but a container gets "
            f"{most // 1024} GiB at most.",
            "Use a smaller size.",
        )
    price = gib * facts.memory_usd_per_gib_s() * 3600
    text = f"{says[0].upper()}{says[1:]}: the container requests it, for ${price:.2f} per hour besides the GPU."
    return resolved, (Note(kind="memory", text=text),)


def _settings(resolved: Resolved, model: Model, plan: Plan) -> Settings | None:
    """The settings of the engine that the app starts; None without --engine-arg, which the app's own never break."""
    if not resolved.spec.engine_arg:
        return None
    command = next(iter(AppSource(render.render(resolved)).commands), None)
    if command is None:
        return None
    table = flags.load(facts.flag_table_path(command.engine, resolved.pins.version))
    known: dict[str, object] = {
        "gpus": plan.gpus,
        "capability": resolved.plan.compute_capability,
        "moe": bool(model.num_experts),
        "multimodal": model.multimodal,
        "quantization": model.quantization_method,
    }
    return of_command(flags.parse(command.argv, table), table, known=known, packages=())


def _packages(settings: Settings, resolved: Resolved) -> Iterator[str]:
    """Pins of the packages that are needed besides the engine's. Raises BadInput for what the app cannot have."""
    engine, table = settings.table.engine, settings.table
    asked = {option.flag for option in flags.parse(resolved.spec.engine_arg, table).options}
    for row in relations.broken(settings):
        if asked.isdisjoint(row.flags):
            continue
        if row.package and (pin := facts.pins()[engine].optional.get(row.requirement)):
            yield pin
            continue
        raise _refused(row, settings, next(flag for flag in row.flags if flag in asked))


def _refused(row: relations.Relation, settings: Settings, cause: str) -> BadInput:
    """The error for a flag that the engine refuses or ignores."""
    says = relations.message(row, settings).removesuffix(".") or row.error
    if row.effect == "ignored":
        problem = f"--engine-arg={cause} would have no effect: {says}."
    else:
        problem = f"With --engine-arg={cause}, {settings.table.engine} exits: {says}."
    if row.package:
        return BadInput(problem, f"Leave it out: apps have no pin of {row.requirement}.")
    return BadInput(problem, f"{row.fix[0].upper()}{row.fix[1:]}.")
