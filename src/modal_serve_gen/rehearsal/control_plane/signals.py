"""Waiting for changes: signals, and streams of data chunks."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field

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

    async def until(self, condition: Callable[[], bool], limit_s: float) -> bool:
        """True if `condition`, checked on each change, became true within `limit_s` seconds."""
        deadline = time.monotonic() + limit_s
        while not condition():
            if not await self.wait(deadline - time.monotonic()):
                return condition()
        return True


@dataclass
class Stream:
    """An ordered stream of data chunks, such as an HTTP body on its way to or from a container."""

    chunks: list[api_pb2.DataChunk] = field(default_factory=list)
    closed: bool = False
    changed: Signal = field(default_factory=Signal)

    def put(self, chunk: api_pb2.DataChunk) -> None:
        self.chunks.append(chunk)
        self.changed.notify()

    def close(self) -> None:
        self.closed = True
        self.changed.notify()

    async def read(self, after: int) -> AsyncGenerator[api_pb2.DataChunk, None]:
        """Chunks with an index above `after`, as they come, until the stream is closed."""
        position = 0
        while True:
            while position < len(self.chunks):
                chunk = self.chunks[position]
                position += 1
                if chunk.index > after:
                    yield chunk
            if self.closed:
                return
            await self.changed.wait(3600)
