"""State of the control plane: apps, functions, inputs, containers, and the objects that they use.

Plain records that only wake their waiters; the RPC handlers and `containers` change them. One asyncio loop owns all of
them, so there are no locks.
"""

import asyncio
import itertools
import socket
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from grpclib import GRPCError, Status
from modal_proto import api_pb2

from modal_serve_gen.rehearsal.control_plane.data import DictObject, QueueObject
from modal_serve_gen.rehearsal.control_plane.events import Event, EventKind, Party
from modal_serve_gen.rehearsal.control_plane.signals import Signal, Stream
from modal_serve_gen.rehearsal.loopback import Listener


@dataclass
class Input:
    """One call of a function: its arguments on the way in, its result on the way out."""

    id: str
    call: "Call"
    idx: int
    payload: api_pb2.FunctionInput
    container: "Container | None" = None
    tries: int = 0  # retries so far
    works: bool = True  # False: an HTTP request that only reads, such as GET /health
    output: api_pb2.FunctionGetOutputsItem | None = None


@dataclass
class Call:
    """A function call as the SDK sees it: one input for `.remote` and for an HTTP request."""

    id: str
    function: "Function"
    call_type: api_pb2.FunctionCallType.ValueType
    invocation: api_pb2.FunctionCallInvocationType.ValueType
    inputs: dict[str, Input] = field(default_factory=dict)
    finished: list[api_pb2.FunctionGetOutputsItem] = field(default_factory=list)
    changed: Signal = field(default_factory=Signal)
    data_in: Stream = field(default_factory=Stream)
    data_out: Stream = field(default_factory=Stream)


@dataclass
class Function:
    """A function as the SDK defined it, with its queue and containers."""

    id: str
    app: "App"
    tag: str
    definition: api_pb2.Function = field(default_factory=api_pb2.Function)
    data: api_pb2.FunctionData = field(default_factory=api_pb2.FunctionData)  # the same, as the SDK reads it back
    metadata: api_pb2.FunctionHandleMetadata = field(default_factory=api_pb2.FunctionHandleMetadata)
    gpus: list[str] = field(default_factory=list)
    queue: deque[Input] = field(default_factory=deque)
    queued: Signal = field(default_factory=Signal)
    containers: list["Container"] = field(default_factory=list)
    parameters: bytes = b""  # of an instance of a class, serialized
    answered: Counter[int] = field(default_factory=Counter)  # HTTP status -> number of responses
    failed_starts: list[str] = field(default_factory=list)  # why its containers did not start
    broken: str = ""  # why the last container of a server could not start
    refused: str = ""  # why its engine cannot start: no container is started

    @property
    def live(self) -> list["Container"]:
        return [container for container in self.containers if container.alive]


@dataclass
class App:
    id: str
    description: str
    functions: dict[str, Function] = field(default_factory=dict)  # tag -> function, as AppLayout lists them
    logs: list[api_pb2.TaskLogsBatch] = field(default_factory=list)
    log_added: Signal = field(default_factory=Signal)
    done: bool = False
    # From its publication: state, classes, and for a deployed app its name and versions.
    state: api_pb2.AppState.ValueType = api_pb2.APP_STATE_INITIALIZING
    class_ids: dict[str, str] = field(default_factory=dict)  # tag -> id
    name: str = ""
    version: int = 0
    history: list[api_pb2.AppDeploymentHistory] = field(default_factory=list)
    created_at: float = field(default_factory=time.time)
    deployed_at: float = 0
    stopped_at: float = 0
    last_heartbeat: float = field(default_factory=time.monotonic)  # of its client
    watch: asyncio.Task[None] | None = None
    ending: bool = False  # no more starts and retries


@dataclass
class Image:
    """One image: its complete chain of layers, flattened, and the build function of its last layer, if any."""

    id: str
    commands: list[str]
    python: str | None = None  # series, such as "3.12"; None: unknown
    build: Function | None = None
    files: dict[str, str] = field(default_factory=dict)  # text files that its steps can copy, by path
    steps: Function | None = None  # runs the downloads of its last layer, `script`
    script: str = ""  # shell text
    layers: list[Path] = field(default_factory=list)  # folders with files that its containers have
    build_input: api_pb2.FunctionInput | None = None
    result: api_pb2.GenericResult | None = None
    logs: list[api_pb2.TaskLogs] = field(default_factory=list)
    task: asyncio.Task[None] | None = None
    changed: Signal = field(default_factory=Signal)


@dataclass
class Mount:
    id: str
    files: dict[str, str] = field(default_factory=dict)  # path in the container -> sha256 of the content
    name: str = ""  # of a mount that Modal itself provides, such as a Python build


class Network(Protocol):
    """A container's own network (containers/isolation.py)."""

    def socket(self, *_: object) -> socket.socket: ...

    async def serve(self, listener: Listener) -> None: ...

    def release(self) -> None: ...

    async def close(self) -> None: ...


@dataclass
class Container:
    """One local process that runs the SDK's container entrypoint."""

    id: str
    function: Function
    folder: Path
    number: int
    process: asyncio.subprocess.Process | None = None
    running: dict[str, Input] = field(default_factory=dict)
    started_at: float = field(default_factory=time.monotonic)
    host: str = ""  # the address from which its 0.0.0.0 is reached
    inner_host: str = ""  # the address from which its localhost is reached; "" where unknown
    network: Network | None = None  # None: it shares this machine's
    entered: bool = False  # of a server: its enter methods have ended
    requests: int = 0  # of a server: HTTP requests in progress
    connected: bool = False  # its entrypoint has called the control plane
    ready: bool = False
    stopping: bool = False
    killed: bool = False  # by the control plane
    exit_code: int | None = None
    failure: api_pb2.GenericResult | None = None  # why it could not start, as the container reported it
    launched: list[str] = field(default_factory=list)  # command lines of the engines that it has started
    changed: Signal = field(default_factory=Signal)

    @property
    def alive(self) -> bool:
        return self.exit_code is None and self.failure is None and not self.stopping


@dataclass(eq=False)
class Tunnel:
    """A port of a container that `modal.forward` makes public: `listeners` has its address with TLS, then without."""

    container: Container
    port: int
    listeners: list[Listener] = field(default_factory=list)
    connections: int = 0  # that reached the port
    status: int = 0  # of GET /health at the port; 0: it has not answered
    open: bool = True


async def _no_url(function: Function, method: str) -> str:
    return ""


async def _no_tunnel(container: Container, port: int, unencrypted: bool) -> Tunnel:
    raise NotImplementedError


async def _nothing(_: object) -> None:
    return None


@dataclass
class ControlPlane:
    """All state of one rehearsal, below one temporary folder."""

    folder: Path
    workspace: str = "rehearsal"
    environment: str = "main"
    apps: dict[str, App] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)
    calls: dict[str, Call] = field(default_factory=dict)
    inputs: dict[str, Input] = field(default_factory=dict)
    images: dict[str, Image] = field(default_factory=dict)
    mounts: dict[str, Mount] = field(default_factory=dict)
    secrets: dict[str, dict[str, str]] = field(default_factory=dict)  # id -> environment
    known_secrets: frozenset[str] | None = None  # names that the app's provenance declares; None: unknown
    private_values: dict[str, str] = field(default_factory=dict)  # not to be shown: value of a Secret -> key
    expected_keys: Callable[[str], Sequence[str]] = lambda name: ()  # of a Secret that only the account has
    volumes: dict[str, str] = field(default_factory=dict)  # id -> name
    file_systems: dict[str, str] = field(default_factory=dict)  # id -> name
    dicts: dict[str, DictObject] = field(default_factory=dict)
    queues: dict[str, QueueObject] = field(default_factory=dict)
    state_dir: Path | None = None  # holds Volumes and named Secrets; None: `folder` does
    proxy_tokens: dict[str, str] = field(default_factory=dict)  # token id -> secret
    allowed_tokens: set[str] = field(default_factory=set)  # ids allowed for this environment
    # Instances of classes, by function, parameters and options.
    instances: dict[tuple[str, bytes, bytes], Function] = field(default_factory=dict)
    heartbeat_limit_s: float = 60.0  # silence after which a client is lost; clients send one every 15 s
    unimplemented: list[str] = field(default_factory=list)  # RPCs that were called and are not implemented
    internal_errors: list[Exception] = field(default_factory=list)  # failures of the rehearsal, not of the app
    substituted: list[str] = field(default_factory=list)
    not_run: list[str] = field(default_factory=list)  # commands in the builds of images
    findings: list[str] = field(default_factory=list)  # problems of the app that did not stop it
    events: list[Event] = field(default_factory=list)
    blob_server_url: str = ""
    listeners: list[Listener] = field(default_factory=list)
    tunnels: list[Tunnel] = field(default_factory=list)
    # Hooks, set by the session.
    listener_added: Callable[[Listener], Awaitable[None]] = _nothing
    start_container: Callable[[Function], None] = lambda function: None
    retire: Callable[[Function], None] = lambda function: None
    stop_containers: Callable[[App], Awaitable[None]] = _nothing
    kill: Callable[[Container, str], None] = lambda container, why: None
    run_build: Callable[[Image], Awaitable[None]] = _nothing
    run_steps: Callable[[Image], Awaitable[None]] = _nothing
    # What has to be done before an image is ready, with a callback for progress; None: nothing.
    image_work: Callable[[Image], Callable[[Callable[[str], None]], None] | None] = lambda image: None
    completed: Callable[[App], Awaitable[None]] = _nothing  # its entrypoint has ended well; the app still runs
    open_url: Callable[[Function, str], Awaitable[str]] = _no_url  # of a function ("") or a method of its class
    open_tunnel: Callable[[Container, int, bool], Awaitable[Tunnel]] = _no_tunnel
    on_log: Callable[[str], None] = lambda text: None  # output of the containers of deployed apps
    # Hooks for faults: a container got work; it begins a streamed response; is a Volume full; a fault was triggered.
    at_work: Callable[[Container], None] = lambda container: None
    streaming: Callable[[Container], None] = lambda container: None
    full: Callable[[str], bool] = lambda volume: False
    triggered: Callable[[str], None] = lambda fault: None
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    @property
    def storage(self) -> Path:
        """The folder of Volumes and named Secrets."""
        return self.state_dir or self.folder

    @property
    def volumes_folder(self) -> Path:
        return self.storage / "volumes"

    def app(self, app_id: str) -> App:
        """Raises GRPCError NOT_FOUND for an unknown id."""
        if app_id not in self.apps:
            raise GRPCError(Status.NOT_FOUND, f"App {app_id} not found.")
        return self.apps[app_id]

    def function(self, function_id: str) -> Function:
        """Raises GRPCError NOT_FOUND for an unknown id."""
        if function_id not in self.functions:
            raise GRPCError(Status.NOT_FOUND, f"Function {function_id} not found.")
        return self.functions[function_id]

    def container(self, container_id: str) -> Container | None:
        containers = (container for function in self.functions.values() for container in function.containers)
        return next((container for container in containers if container.id == container_id), None)

    def new_id(self, prefix: str) -> str:
        """A fresh id with the service's own prefix, such as `fu-000012`."""
        return f"{prefix}-{next(self._numbers):06d}"

    def note(self, kind: EventKind, tag: str = "", text: str = "", party: Party = Party.APP, trace: str = "") -> None:
        self.events.append(Event(kind, tag, text, party, trace))

    def substitute(self, line: str) -> None:
        """Record, once, a local substitute for something that Modal would do."""
        if line not in self.substituted:
            self.substituted.append(line)

    def is_secret(self, value: str) -> bool:
        """True if a Secret of the rehearsal holds this value."""
        return any(value in values.values() for values in self.secrets.values() if value)

    def volume_path(self, volume_id: str) -> Path:
        path = self.volumes_folder / self.volumes[volume_id]
        path.mkdir(parents=True, exist_ok=True)
        return path
