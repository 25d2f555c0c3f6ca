"""One HTTP request through a public URL, as the report lists it."""

from dataclasses import dataclass

from aiohttp import web


@dataclass
class RequestRecord:
    """Filled in while the request runs; status 499: the client disconnected before the response began."""

    method: str
    path: str
    status: int = 499
    broken: bool = False  # the response broke off in the middle
    seconds: float = 0.0

    def break_off(self, request: web.Request) -> None:
        """Close the connection, so that a partial response does not look complete."""
        self.broken = True
        if request.transport is not None:
            request.transport.abort()
