"""Read a process's output without waiting for its descendants.

With asyncio's own PIPE, `Process.wait()` does not return while any descendant, such as an engine, holds the other end;
with separate pipes, the end of the process and the end of its output are independent.
"""

import asyncio
import codecs
import os
from collections.abc import Callable


class Output:
    """The write end of a new pipe, and a task that passes on what arrives, as text."""

    def __init__(self, on_text: Callable[[str], None]):
        self._read, self.write_end = os.pipe()
        self._on_text = on_text
        self._task: asyncio.Task[None] | None = None

    def started(self) -> None:
        """The process has its copy of the write end: close ours, and begin to read."""
        os.close(self.write_end)
        self._task = asyncio.create_task(self._relay())

    async def drained(self, limit_s: float) -> None:
        """Wait for the end of the output, at most `limit_s` seconds."""
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=limit_s)
            self._task.cancel()

    async def _relay(self) -> None:
        stream, decoder = asyncio.StreamReader(), codecs.getincrementaldecoder("utf-8")("replace")
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(self._read, "rb", 0)
        )
        try:
            while data := await stream.read(65536):
                if text := decoder.decode(data):
                    self._on_text(text)
        finally:
            transport.close()
