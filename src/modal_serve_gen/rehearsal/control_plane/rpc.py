"""The gRPC service, built from the installed SDK's own descriptor.

Every method of the service answers: through its handler, or with UNIMPLEMENTED and its name. Messages are built by
`compatible`, which leaves out fields that the installed protocol lacks; this one rule lets the same control plane serve
every SDK from the oldest supported one to the newest.
"""

import importlib
import inspect
import logging
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from google.protobuf import message_factory
from google.protobuf.message import Message
from grpclib import GRPCError, Status
from grpclib.const import Cardinality, Handler
from grpclib.exceptions import StreamTerminatedError
from grpclib.server import Stream
from h2.exceptions import H2Error
from modal_proto import api_pb2

from modal_serve_gen.rehearsal.control_plane.events import EventKind, Party
from modal_serve_gen.rehearsal.control_plane.state import Container, ControlPlane

SERVICE = "ModalClient"
# Our own errors are kept in `ControlPlane.internal_errors`; grpclib would also log peers that were killed.
logging.getLogger("grpclib.server").addHandler(logging.NullHandler())
# Features of the SDK that use the RPCs, by prefixes of their names.
PURPOSES = {
    "Sandbox": "modal.Sandbox", "Queue": "modal.Queue", "Dict": "modal.Dict", "Tunnel": "modal.forward",
    "SharedVolume": "modal.NetworkFileSystem", "Proxy": "modal.Proxy", "Snapshot": "Sandbox snapshots",
    "ContainerExec": "modal container exec", "ContainerFilesystem": "files of a Sandbox", "Task": "containers by id",
    "Cluster": "modal.experimental.clustered", "Domain": "custom domains", "Token": "tokens of the account",
    "Workspace": "settings of the workspace", "Environment": "environments", "Secret": "Secrets, listed or removed",
    "Volume": "Volumes, listed, renamed or removed", "Image": "images by id", "FunctionCall": "calls by id",
    "Function": "functions", "App": "apps", "Input": "inputs by id", "Map": "maps through the input plane",
    "Attempt": "calls through the input plane", "Mount": "mounts", "Blob": "large arguments", "Class": "classes",
}  # fmt: skip


# An RPC handler has the name of its method. It takes the control plane and the request, and, if only containers call
# it, the calling container. It returns the fields of its reply (None: an empty one), or yields messages.
Handlers = Mapping[str, Callable[..., Any]]
Fields = Mapping[str, object]
M = TypeVar("M", bound=Message)


def compatible(message: type[M], **fields: object) -> M:
    """`message(**fields)` without the fields that the installed protocol lacks."""
    known = message.DESCRIPTOR.fields_by_name
    return message(**{name: value for name, value in fields.items() if name in known})


@dataclass(frozen=True)
class Method:
    path: str
    cardinality: Cardinality
    request: type[Message]
    reply: type[Message]


@cache
def methods() -> dict[str, Method]:
    """RPC name -> method, from the installed descriptor."""
    service = api_pb2.DESCRIPTOR.services_by_name[SERVICE]
    table = {}
    for method in service.methods:
        cardinality = {
            (False, False): Cardinality.UNARY_UNARY,
            (False, True): Cardinality.UNARY_STREAM,
            (True, False): Cardinality.STREAM_UNARY,
            (True, True): Cardinality.STREAM_STREAM,
        }[(method.client_streaming, method.server_streaming)]
        table[method.name] = Method(
            f"/{service.full_name}/{method.name}",
            cardinality,
            message_factory.GetMessageClass(method.input_type),
            message_factory.GetMessageClass(method.output_type),
        )
    return table


def handlers() -> Handlers:
    """The RPC handlers in the modules of this package: their functions with the name of an RPC."""
    names = [module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)])]
    modules = [importlib.import_module(f"{__package__}.{name}") for name in names]
    return {name: function for module in modules for name in methods() if (function := getattr(module, name, None))}


def purpose(name: str) -> str:
    """The feature of the SDK that uses the RPC `name`."""
    return next((text for start, text in PURPOSES.items() if name.startswith(start)), "a newer part of the SDK")


class Service:
    """The service for one peer: the client, or (with its own unix socket) one container."""

    def __init__(self, plane: ControlPlane, handlers: Handlers, caller: Container | None = None):
        self.plane, self.handlers, self.caller = plane, handlers, caller

    def __mapping__(self) -> dict[str, Handler]:
        return {
            method.path: Handler(self._serve(name), method.cardinality, method.request, method.reply)
            for name, method in methods().items()
        }

    def _serve(self, name: str) -> Callable[[Stream[Any, Any]], Any]:
        handler, reply = self.handlers.get(name), methods()[name].reply

        async def serve(stream: Stream[Any, Any]) -> None:
            request = await stream.recv_message()
            if self.caller is not None and not self.caller.connected:
                self.caller.connected = True
                self.caller.changed.notify()
            if handler is None:
                if name not in self.plane.unimplemented:
                    self.plane.unimplemented.append(name)
                    self.plane.note(EventKind.UNIMPLEMENTED, text=name, party=Party.REHEARSAL)
                raise GRPCError(
                    Status.UNIMPLEMENTED, f"the rehearsal's control plane does not implement {name} ({purpose(name)})"
                )
            arguments = (self.plane, request, self.caller)[: len(inspect.signature(handler).parameters)]
            try:
                if inspect.isasyncgenfunction(handler):
                    async for message in handler(*arguments):
                        await stream.send_message(message)
                else:
                    await stream.send_message(compatible(reply, **(await handler(*arguments) or {})))
            except (GRPCError, ConnectionError, GeneratorExit, StreamTerminatedError, H2Error):
                raise  # a refusal of ours, or a peer that has disconnected
            except Exception as error:  # our own error must end the rehearsal, not leave the call hanging
                self.plane.internal_errors.append(error)
                raise GRPCError(Status.INTERNAL, f"error in the rehearsal's {name}: {error!r}") from error

        return serve
