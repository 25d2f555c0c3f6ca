"""Schedules: validated as the service does, and never run here."""

from grpclib import GRPCError, Status
from modal_proto import api_pb2

from modal_serve_gen.rehearsal.control_plane.state import ControlPlane
from modal_serve_gen.spec import cron


def check(plane: ControlPlane, tag: str, schedule: api_pb2.Schedule) -> None:
    """Refuse an invalid schedule; the SDK leaves that to the service."""
    if schedule.HasField("cron"):
        line = schedule.cron.cron_string
        if problem := cron.problem(line):
            raise GRPCError(Status.INVALID_ARGUMENT, f"The schedule of {tag}, Cron({line!r}), {problem}.")
        plane.substitute(f"the schedule of {tag}, {line!r}: validated, but not run by the rehearsal")
    elif schedule.HasField("period"):
        plane.substitute(f"the period of {tag}: not run by the rehearsal")
