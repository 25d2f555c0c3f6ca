"""The gRPC service, built from the installed SDK's own descriptor.

Every method that the service has answers: those with a handler through it, all others with UNIMPLEMENTED and their
name. Replies are built by `reply`, which leaves out fields that the installed protocol lacks; this one rule lets one
plane serve every SDK from the oldest that the project admits to the newest.
"""

import inspect
import logging
from collections.abc import Callable
from functools import cache

from google.protobuf import message_factory
from grpclib import GRPCError, Status
from grpclib.const import Cardinality, Handler
from grpclib.exceptions import StreamTerminatedError
from h2.exceptions import H2Error
from modal_proto import api_pb2

from modal_serve_gen.rehearsal.plane.state import Container, Plane

SERVICE = "ModalClient"
# A fault of ours is kept in `Plane.troubles`; that a peer was killed in the middle of a call is no news to the user.
logging.getLogger("grpclib.server").addHandler(logging.NullHandler())
# What RPCs are for, by the beginning of their names, as a user knows it.
PURPOSES = {
    "Sandbox": "modal.Sandbox", "Queue": "modal.Queue", "Dict": "modal.Dict", "Tunnel": "modal.forward",
    "SharedVolume": "modal.NetworkFileSystem", "Proxy": "modal.Proxy", "Snapshot": "Sandbox snapshots",
    "ContainerExec": "modal container exec", "ContainerFilesystem": "files of a Sandbox", "Task": "containers by id",
    "Cluster": "modal.experimental.clustered", "Domain": "custom domains", "Token": "tokens of the account",
    "Workspace": "settings of the workspace", "Environment": "environments", "Secret": "Secrets, listed or removed",
    "Volume": "Volumes, listed, renamed or removed", "Image": "images by id", "FunctionCall": "calls by id",
    "Function": "functions", "App": "apps", "Input": "inputs by id", "Map": "maps by the newer way of calling",
    "Attempt": "calls by the newer way of calling", "Mount": "mounts", "Blob": "large arguments", "Class": "classes",
}  # fmt: skip


def reply(message: Callable, **fields):
    """`message(**fields)` without the fields that the installed protocol does not know."""
    known = message.DESCRIPTOR.fields_by_name
    return message(**{name: value for name, value in fields.items() if name in known})


@cache
def methods() -> dict[str, tuple]:
    """RPC name -> (path, cardinality, request class, reply class), from the installed descriptor."""
    service = api_pb2.DESCRIPTOR.services_by_name[SERVICE]
    table = {}
    for method in service.methods:
        cardinality = {
            (False, False): Cardinality.UNARY_UNARY,
            (False, True): Cardinality.UNARY_STREAM,
            (True, False): Cardinality.STREAM_UNARY,
            (True, True): Cardinality.STREAM_STREAM,
        }[(method.client_streaming, method.server_streaming)]
        table[method.name] = (
            f"/{service.full_name}/{method.name}",
            cardinality,
            message_factory.GetMessageClass(method.input_type),
            message_factory.GetMessageClass(method.output_type),
        )
    return table


def handlers_of(*modules) -> dict[str, Callable]:
    """The handlers that these modules define: every coroutine function that bears the name of an RPC."""
    return {name: function for module in modules for name in methods() if (function := getattr(module, name, None))}


def purpose(name: str) -> str:
    """What RPC `name` is for, in words of the SDK's users."""
    return next((text for start, text in PURPOSES.items() if name.startswith(start)), "a newer part of the SDK")


def answer(name: str) -> type:
    """The class of the reply that RPC `name` sends."""
    return methods()[name][3]


class Service:
    """The plane as one peer sees it: the client, or (one unix socket each) one container."""

    def __init__(self, plane: Plane, handlers: dict[str, Callable], caller: Container | None = None):
        self.plane, self.handlers, self.caller = plane, handlers, caller

    def __mapping__(self) -> dict[str, Handler]:
        return {
            path: Handler(self._serve(name), cardinality, request, response)
            for name, (path, cardinality, request, response) in methods().items()
        }

    def _serve(self, name: str) -> Callable:
        handler = self.handlers.get(name)

        async def serve(stream) -> None:
            request = await stream.recv_message()
            if handler is None:
                if name not in self.plane.unimplemented:
                    self.plane.unimplemented.append(name)
                raise GRPCError(Status.UNIMPLEMENTED, f"the rehearsal's control plane has no {name} ({purpose(name)})")
            try:
                if inspect.isasyncgenfunction(handler):
                    async for message in handler(self.plane, request, self.caller):
                        await stream.send_message(message)
                else:
                    await stream.send_message(await handler(self.plane, request, self.caller))
            except (GRPCError, ConnectionError, GeneratorExit, StreamTerminatedError, H2Error):
                raise  # a refusal of ours, or a peer that is gone
            except Exception as fault:  # a fault of ours must end the rehearsal by name, not as a hung call
                self.plane.troubles.append(fault)
                raise GRPCError(Status.INTERNAL, f"fault in the rehearsal's {name}: {fault!r}") from fault

        return serve
