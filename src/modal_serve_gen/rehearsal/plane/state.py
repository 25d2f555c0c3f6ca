"""What the control plane knows: apps, functions, inputs, containers, and the objects that they name.

Plain records without behaviour beyond waking whoever waits on them; the RPC handlers (`apps`, `objects`, `calls`) and
`containers` change them. One asyncio loop owns all of it, so there are no locks.
"""

import asyncio
import itertools
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modal_proto import api_pb2


class Signal:
    """Wakes all waiters on each change; waiting costs nothing while nothing changes."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def notify(self) -> None:
        self._event.set()
        self._event = asyncio.Event()

    async def wait(self, timeout: float) -> bool:
        """True if a change came within `timeout` seconds."""
        try:
            await asyncio.wait_for(self._event.wait(), max(timeout, 0))
        except TimeoutError:
            return False
        return True

    async def until(self, condition: Callable[[], bool], limit: float) -> bool:
        """Whether `condition` came true within `limit` seconds, looked at on each change."""
        deadline = time.monotonic() + limit
        while not condition():
            if not await self.wait(deadline - time.monotonic()):
                return condition()
        return True


@dataclass
class Stream:
    """An ordered stream of data chunks, such as an HTTP body on its way in or out of a container."""

    chunks: list[api_pb2.DataChunk] = field(default_factory=list)
    closed: bool = False
    changed: Signal = field(default_factory=Signal)

    def put(self, chunk: api_pb2.DataChunk) -> None:
        self.chunks.append(chunk)
        self.changed.notify()

    def close(self) -> None:
        self.closed = True
        self.changed.notify()


@dataclass
class Input:
    """One call of a function: its arguments on the way in, its result on the way out."""

    id: str
    call: "Call"
    idx: int
    payload: api_pb2.FunctionInput
    container: "Container | None" = None
    tries: int = 0  # how often it was tried again
    works: bool = True  # a call, or a request that asks for something; False: one that only looks
    output: api_pb2.FunctionGetOutputsItem | None = None


@dataclass
class Call:
    """A function call as the SDK sees it: one input for `.remote` and for an HTTP request."""

    id: str
    function: "Function"
    call_type: int
    invocation: int
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
    answered: Counter = field(default_factory=Counter)  # of a server: status -> number of answers
    broken: str = ""  # why the last container of a server could not start, if it could not

    @property
    def live(self) -> list["Container"]:
        return [c for c in self.containers if c.alive]


@dataclass
class App:
    id: str
    description: str
    functions: dict[str, Function] = field(default_factory=dict)  # tag -> function, as AppLayout lists them
    logs: list[api_pb2.TaskLogsBatch] = field(default_factory=list)
    log_added: Signal = field(default_factory=Signal)
    done: bool = False
    # As it was published: its state (AppState), the classes in it, and if it is deployed its name and versions.
    state: int = api_pb2.APP_STATE_INITIALIZING
    class_ids: dict[str, str] = field(default_factory=dict)  # tag -> id
    name: str = ""
    version: int = 0
    history: list[api_pb2.AppDeploymentHistory] = field(default_factory=list)
    created_at: float = field(default_factory=time.time)
    deployed_at: float = 0
    stopped_at: float = 0
    seen: float = field(default_factory=time.monotonic)  # when its client was last heard of
    watch: asyncio.Task | None = None
    ending: bool = False  # nothing is started or tried again for it any more


@dataclass
class Image:
    """One image: its whole chain of layers, flattened, and the build function of its last layer if it has one."""

    id: str
    commands: list[str]
    python: str | None = None  # series, such as "3.12", as far as the layers tell
    build: "Function | None" = None
    build_input: api_pb2.FunctionInput | None = None
    result: api_pb2.GenericResult | None = None
    logs: list[api_pb2.TaskLogs] = field(default_factory=list)
    task: asyncio.Task | None = None
    changed: Signal = field(default_factory=Signal)


@dataclass
class Mount:
    id: str
    files: dict[str, str] = field(default_factory=dict)  # path in the container -> sha256 of the content
    name: str = ""  # of a mount that Modal itself provides, such as a Python build


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
    host: str = ""  # the address at which the outside finds what it binds to 0.0.0.0
    inner_host: str = ""  # and what it binds to localhost; "" where nobody can tell
    inside: Any = None  # containers.isolation.Inside, where it has a network of its own
    entered: bool = False  # of a server: its enter methods have ended
    requests: int = 0  # of a server: HTTP requests that it answers now
    ready: bool = False
    stopping: bool = False
    killed: bool = False  # by the plane
    exit_code: int | None = None
    failure: api_pb2.GenericResult | None = None  # why it could not start, in the container's own words
    changed: Signal = field(default_factory=Signal)

    @property
    def alive(self) -> bool:
        return self.exit_code is None and self.failure is None and not self.stopping


@dataclass
class Plane:
    """All state of one rehearsal, under one temporary folder."""

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
    known_secrets: frozenset[str] | None = None  # names that the app's provenance declares; None: not known
    volumes: dict[str, str] = field(default_factory=dict)  # id -> name
    kept: Path | None = None  # where Volumes and named Secrets lie; None: in `folder`
    proxy_tokens: dict[str, str] = field(default_factory=dict)  # token id -> secret
    allowed_tokens: set[str] = field(default_factory=set)  # ids allowed for this environment
    instances: dict[tuple, Function] = field(default_factory=dict)  # of classes, by function, parameters and options
    heartbeat_limit_s: float = 40.0  # how long a client may be silent; they send one each 15 s
    unimplemented: list[str] = field(default_factory=list)  # RPCs that were asked for and are not there
    troubles: list[Exception] = field(default_factory=list)  # what the rehearsal itself, not the app, stumbled over
    substituted: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)  # what is wrong with the app, though it ran
    events: list[tuple[float, str]] = field(default_factory=list)  # (monotonic seconds, what) for the report
    depot_url: str = ""  # where large things are put and got
    doors: list[Any] = field(default_factory=list)  # HTTP services on loopback (web/loopback.py)
    new_door: Callable[..., Awaitable[None]] | None = None  # opens one of them to the containers that run
    # Set by the session: what the handlers need of the containers and of the front.
    start_container: Callable[[Function], None] = lambda function: None
    retire: Callable[[Function], None] = lambda function: None
    stop_containers: Callable[[App], Awaitable[None]] | None = None
    kill: Callable[[Container, str], None] = lambda container, why: None
    # Where faults strike: a container has got work; it begins a streamed answer; a Volume is full.
    at_work: Callable[[Container], None] = lambda container: None
    streaming: Callable[[Container], None] = lambda container: None
    full: Callable[[str], bool] = lambda volume: False
    struck: Callable[[str], None] = lambda fault: None
    hear: Callable[[str], None] = lambda text: None  # told of what the containers of deployed apps print
    run_build: Callable[[Image], Awaitable[None]] | None = None
    open_url: Callable[..., Awaitable[str]] | None = (
        None  # of a function, or (second argument) of a method of its class
    )
    _numbers: itertools.count = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.kept = self.kept or self.folder

    @property
    def volumes_folder(self) -> Path:
        return self.kept / "volumes"

    def new_id(self, prefix: str) -> str:
        """A fresh id with the service's own prefix, such as `fu-000012`."""
        return f"{prefix}-{next(self._numbers):06d}"

    def note(self, what: str) -> None:
        self.events.append((time.monotonic(), what))

    def substitute(self, line: str) -> None:
        """Record, once, something that stands in for what Modal would do."""
        if line not in self.substituted:
            self.substituted.append(line)

    def is_secret(self, value: str) -> bool:
        """Whether some Secret of the rehearsal holds this value."""
        return any(value in values.values() for values in self.secrets.values() if value)

    def volume_path(self, volume_id: str) -> Path:
        path = self.volumes_folder / self.volumes[volume_id]
        path.mkdir(parents=True, exist_ok=True)
        return path
