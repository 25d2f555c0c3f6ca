"""HTTP services on a free port of loopback: the local hub, the blob server, and the ingress."""

from dataclasses import dataclass

from aiohttp import web


@dataclass(frozen=True)
class Listener:
    runner: web.AppRunner
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def close(self) -> None:
        await self.runner.cleanup()


async def serve(application: web.Application, *, handler_cancellation: bool = False) -> Listener:
    """Serve `application` until the listener is closed.

    With `handler_cancellation` a handler is canceled as soon as its client disconnects.
    """
    runner = web.AppRunner(application, handler_cancellation=handler_cancellation, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return Listener(runner, runner.addresses[0][1])
