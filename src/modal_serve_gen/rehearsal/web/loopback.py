"""HTTP services on a free port of loopback: how the hub, the depot and the front listen."""

from dataclasses import dataclass

from aiohttp import web


@dataclass(frozen=True)
class Door:
    runner: web.AppRunner
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def close(self) -> None:
        await self.runner.cleanup()


async def serve(application: web.Application, *, handler_cancellation: bool = False) -> Door:
    """Serve `application` until the door is closed.

    With `handler_cancellation` a handler is cancelled as soon as its client goes away.
    """
    runner = web.AppRunner(application, handler_cancellation=handler_cancellation, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return Door(runner, runner.addresses[0][1])
