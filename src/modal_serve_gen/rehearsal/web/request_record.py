"""One HTTP request through a public URL, as the report lists it."""

from dataclasses import dataclass


@dataclass
class RequestRecord:
    """Filled in while the request runs; status 499: the client disconnected before the response began."""

    method: str
    path: str
    status: int = 499
    broken: bool = False  # the response broke off in the middle
    seconds: float = 0.0
