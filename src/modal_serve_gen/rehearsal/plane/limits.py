"""What the SDK leaves to the service to refuse: names, GPUs, regions, amounts of everything (facts/limits.toml)."""

import re

from grpclib import GRPCError, Status
from modal_proto import api_pb2

from modal_serve_gen import facts
from modal_serve_gen.errors import BadInput, nearest, quoted
from modal_serve_gen.plan import gpus


def refusal(text: str) -> GRPCError:
    return GRPCError(Status.INVALID_ARGUMENT, text.replace("\n", " "))


def check_name(kind: str, name: str) -> None:
    """Refuse what cannot be the name of an object; `kind` is what the user calls it, such as Volume."""
    rule = facts.limits().object_name
    if not re.fullmatch(rule.pattern, name) or set(name) == {"."} or len(name) > rule.characters:
        raise refusal(
            f"{quoted(name)} is no name for a {kind}: Modal takes up to {rule.characters} letters, digits, dashes, "
            "periods and underscores."
        )


def check_secret(values: dict[str, str]) -> None:
    """Refuse names that no environment variable has, and what is too long for one."""
    rule = facts.limits().secret
    for key, value in values.items():
        if not re.fullmatch(rule.key, key) or len(key) > rule.key_characters:
            raise refusal(f"{quoted(key)} is no key for a Secret: use letters, digits and underscores, no digit first.")
        if len(value) > rule.value_characters:
            raise refusal(
                f"The value of {key} has {len(value):,} characters; a Secret takes {rule.value_characters:,}."
            )


def check_function(tag: str, definition) -> None:
    """Refuse what a function asks for that Modal does not have or does not give: GPU, regions, resources, times.

    `definition` is any of the SDK's messages that hold them: Function, FunctionData or FunctionOptions.
    """
    fields = definition.DESCRIPTOR.fields_by_name
    if "resources" in fields:
        _check_resources(tag, definition.resources)
    limits = facts.limits()
    for name, limit in (("timeout_secs", limits.timeout_s), ("task_idle_timeout_secs", limits.scaledown_window_s)):
        if name in fields:
            _within(
                tag,
                name.removesuffix("_secs").replace("task_idle_timeout", "scaledown_window"),
                limit,
                getattr(definition, name),
                "s",
            )
    settings = definition.autoscaler_settings if "autoscaler_settings" in fields else None
    for name in ("min_containers", "max_containers", "buffer_containers"):
        if settings is not None:
            _within(tag, name, limits.containers, getattr(settings, name), "")
    if settings is not None and 0 < settings.max_containers < settings.min_containers:
        raise refusal(
            f"{tag} asks for at least {settings.min_containers} and at most {settings.max_containers} containers."
        )
    known = facts.regions()
    asked = [
        ("routing region", each, known.routing.regions)
        for each in (definition.http_config.proxy_regions if "http_config" in fields else ())
    ]
    if "scheduler_placement" in fields:
        asked += [("region", each, known.compute.regions) for each in definition.scheduler_placement.regions]
    for what, region, regions in asked:
        if region not in regions:
            raise refusal(f"{region!r} is not a {what} of Modal.{nearest(region, regions)}")


def gpu_of(resources: api_pb2.Resources) -> str:
    """The GPU that is asked for, as `NAME:COUNT`; '' for none."""
    gpu = resources.gpu_config
    return f"{gpu.gpu_type}:{gpu.count}" if gpu.gpu_type else ""


def _check_resources(tag: str, resources: api_pb2.Resources) -> None:
    if gpu := gpu_of(resources):
        try:
            gpus.parse_gpu(gpu)
        except BadInput as fault:
            raise refusal(str(fault)) from fault
    limits = facts.limits()
    for name in ("milli_cpu", "milli_cpu_max"):
        _within(tag, "cpu", limits.cores, getattr(resources, name) / 1000, "cores")
    for name in ("memory_mb", "memory_mb_max"):
        _within(tag, "memory", limits.memory_mib, getattr(resources, name), "MiB")
    _within(tag, "ephemeral_disk", limits.ephemeral_disk_mib, resources.ephemeral_disk_mb, "MiB")


def _within(tag: str, name: str, limit: facts.Limit, value: float, unit: str) -> None:
    least, most = limit.range
    if value and not least <= value <= most:
        given = int(value) if value == int(value) else value
        raise refusal(f"{tag} asks for {name}={given:,}; Modal takes {least:,} to {most:,} {unit}".rstrip() + ".")
