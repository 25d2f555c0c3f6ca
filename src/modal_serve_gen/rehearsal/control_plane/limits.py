"""Limits that the service enforces, not the SDK: names, GPUs, regions, resources, schedules (facts/limits.toml)."""

import re
from collections.abc import Iterable, Sequence

from grpclib import GRPCError, Status
from modal_proto import api_pb2

from modal_serve_gen import facts
from modal_serve_gen.errors import BadInput, nearest, quoted
from modal_serve_gen.plan import gpus
from modal_serve_gen.rehearsal.control_plane.state import ControlPlane
from modal_serve_gen.spec import cron


def refusal(text: str) -> GRPCError:
    return GRPCError(Status.INVALID_ARGUMENT, text.replace("\n", " "))


def check_name(kind: str, name: str) -> None:
    """Refuse an invalid object name; `kind` is the SDK's name of the object, such as Volume."""
    rule = facts.limits().object_name
    if not re.fullmatch(rule.pattern, name) or set(name) == {"."} or len(name) > rule.characters:
        raise refusal(
            f"{quoted(name)} is not a valid name for a {kind}: Modal accepts up to {rule.characters} letters, "
            "digits, dashes, periods and underscores."
        )


def check_secret(values: dict[str, str]) -> None:
    """Refuse keys that are not valid names of environment variables, and values that are too long."""
    rule = facts.limits().secret
    for key, value in values.items():
        if not re.fullmatch(rule.key, key) or len(key) > rule.key_characters:
            raise refusal(
                f"{quoted(key)} is not a valid key of a Secret: use letters, digits and underscores, no digit first."
            )
        if len(value) > rule.value_characters:
            raise refusal(
                f"The value of {key} has {len(value):,} characters; at most {rule.value_characters:,} are allowed."
            )


def check_function(tag: str, definition: api_pb2.Function | api_pb2.FunctionData | api_pb2.FunctionOptions) -> None:
    """Refuse GPUs, regions, resources and times that Modal does not offer."""
    fields = definition.DESCRIPTOR.fields_by_name
    if not isinstance(definition, api_pb2.FunctionData):
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
    settings = None if isinstance(definition, api_pb2.FunctionOptions) else definition.autoscaler_settings
    for name in ("min_containers", "max_containers", "buffer_containers"):
        if settings is not None:
            _within(tag, name, limits.containers, getattr(settings, name), "")
    if settings is not None and 0 < settings.max_containers < settings.min_containers:
        raise refusal(
            f"{tag} requests at least {settings.min_containers} and at most {settings.max_containers} containers."
        )
    if not isinstance(definition, api_pb2.FunctionOptions):
        _check_regions("routing region", definition.http_config.proxy_regions, facts.regions().routing.regions)
    if not isinstance(definition, api_pb2.FunctionData):
        _check_regions("region", definition.scheduler_placement.regions, facts.regions().compute.regions)


def check_schedule(plane: ControlPlane, tag: str, schedule: api_pb2.Schedule) -> None:
    """Refuse an invalid schedule, and record that a valid one does not run here."""
    if schedule.HasField("cron"):
        line = schedule.cron.cron_string
        if problem := cron.problem(line):
            raise refusal(f"The schedule of {tag}, Cron({line!r}), {problem}.")
        plane.substitute(f"the schedule of {tag}, {line!r}: validated, but not run by the rehearsal")
    elif schedule.HasField("period"):
        plane.substitute(f"the period of {tag}: not run by the rehearsal")


def _check_regions(kind: str, regions: Iterable[str], known: Sequence[str]) -> None:
    for region in regions:
        if region not in known:
            raise refusal(f"{region!r} is not a Modal {kind}.{nearest(region, known)}")


def gpu_of(resources: api_pb2.Resources) -> str:
    """The requested GPU as `NAME:COUNT`; '' for none."""
    gpu = resources.gpu_config
    return f"{gpu.gpu_type}:{gpu.count}" if gpu.gpu_type else ""


def _check_resources(tag: str, resources: api_pb2.Resources) -> None:
    if gpu := gpu_of(resources):
        try:
            gpus.parse_gpu(gpu)
        except BadInput as error:
            raise refusal(str(error)) from error
    limits = facts.limits()
    for name in ("milli_cpu", "milli_cpu_max"):
        _within(tag, "cpu", limits.cores, getattr(resources, name) / 1000, "cores")
    for name in ("memory_mb", "memory_mb_max"):
        _within(tag, "memory", limits.memory_mib, getattr(resources, name), "MiB")
    _within(tag, "ephemeral_disk", limits.ephemeral_disk_mib, resources.ephemeral_disk_mb, "MiB")


def _within(tag: str, name: str, limit: facts.Limit, value: float, unit: str) -> None:
    least, most = limit.range
    if value and not least <= value <= most:
        number = int(value) if value == int(value) else value
        raise refusal(f"{tag} requests {name}={number:,}; Modal accepts {least:,} to {most:,} {unit}".rstrip() + ".")
