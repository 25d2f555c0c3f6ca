"""Schedules: checked as the service would, kept with their function, and never acted on here."""

from grpclib import GRPCError, Status
from modal_proto import api_pb2

from modal_serve_gen.rehearsal.plane.state import Plane
from modal_serve_gen.spec import cron


def check(plane: Plane, tag: str, schedule: api_pb2.Schedule) -> None:
    """Refuse a schedule that is none; the SDK leaves that to the service."""
    if schedule.HasField("cron"):
        line = schedule.cron.cron_string
        if problem := cron.problem(line):
            raise GRPCError(Status.INVALID_ARGUMENT, f"The schedule of {tag}, Cron({line!r}), {problem}.")
        plane.substitute(f"the schedule of {tag}, {line!r}: checked and kept, nothing runs by it here")
    elif schedule.HasField("period"):
        plane.substitute(f"the period of {tag}: kept, nothing runs by it here")
