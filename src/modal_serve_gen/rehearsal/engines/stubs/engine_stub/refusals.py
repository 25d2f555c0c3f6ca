"""Refuse what the pinned engine refuses when it builds its configuration: flags that lack or exclude one another."""

import builtins
import importlib.util
import os
import sys
from typing import Any, NamedTuple

from engine_stub import command, flags, models
from engine_stub.flags import relations
from engine_stub.flags.settings import of_command


class Refusal(NamedTuple):
    """The engine's error: `kind` is its exception, or `usage` for one of its argument parser, about `flag`."""

    kind: str
    text: str
    flag: str


def first(options: flags.Parsed, table: flags.Table, packages: list[str] | None, model: str | None) -> Refusal | None:
    """The first error, in the engine's order; None if it starts. `packages` are those of the image, None: unknown."""
    settings = of_command(options, table, known=_known(options, model), packages=packages)
    for row in relations.broken(settings):
        installed = row.module and importlib.util.find_spec(row.module) is not None
        if row.effect == "refused" and not installed:
            return Refusal(row.error, relations.message(row, settings), row.flags[0])
    return None


def check(
    options: flags.Parsed, table: flags.Table, *, packages: list[str] | None, model: str | None, usage: str
) -> None:
    """End the server's command as the engine does: exit code 2 for a usage error, otherwise 1 and the exception."""
    refusal = first(options, table, packages, model)
    if refusal is None:
        return
    if refusal.kind == "usage":
        command.refuse(usage, f"argument {refusal.flag}: {refusal.text}")
    print(f"{refusal.kind}: {refusal.text}" if refusal.text else f"{refusal.kind} ({refusal.flag})", file=sys.stderr)
    raise SystemExit(1)


def check_keywords(options: flags.Parsed, table: flags.Table, *, packages: list[str] | None, model: str | None) -> None:
    """Raise the exception that the engine's Python API raises."""
    if refusal := first(options, table, packages, model):
        raise getattr(builtins, refusal.kind, ValueError)(refusal.text)


def _known(options: flags.Parsed, model: str | None) -> dict[str, object]:
    """What relations depend on beside flags: the container's GPUs, and what the model's configuration tells."""
    known: dict[str, object] = {}
    _, count, _, capability = (os.environ.get("REHEARSAL_GPUS", "") + ":::").split(":")[:4]
    if count.isdecimal():
        known |= {"gpus": int(count), "capability": float(capability or 0)}
    config = _config(options, model)
    text = models.text_config(config)
    if config:
        known["moe"] = any("expert" in name for name in text)
    if "vision_config" in config:
        known["multimodal"] = True
    method = (config.get("quantization_config") or {}).get("quant_method")
    return known | ({"quantization": method} if method else {})


def _config(options: flags.Parsed, model: str | None) -> dict[str, Any]:
    """The model's configuration; empty if it is not found, which is reported later."""
    try:
        folder = command.last(options, "--download-dir")
        return models.resolve(model, command.last(options, "--revision"), folder)[1] if model else {}
    except models.StartError:
        return {}
