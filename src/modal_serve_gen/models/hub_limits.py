"""Bounds for the Hub's client: how much it reads, and that it asks only what it is told to.

The client reads bodies of any size into memory, and asks the Hub for a list of coding agents that it caches for a day.
Its HTTP session has hooks for requests and responses, which are public in every release since 1.0.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

DESCRIPTION_BYTES = 4 * 2**20  # of a repository: more than 10,000 files
DOCUMENT_BYTES = 8 * 2**20  # larger than any real config.json
UNASKED = "/api/agent-harnesses"


class Refused(Exception):
    """A request that is not sent, or a response that is not read."""


def apply() -> None:
    """Use a session with these bounds from now on, in this process."""
    from huggingface_hub import get_session, set_client_factory

    session = get_session()
    hooks = session.event_hooks
    if _request not in hooks["request"]:
        bounded: dict[str, Any] = {kind: [*hooks[kind], hook] for kind, hook in HOOKS.items()}
        set_client_factory(partial(type(session), event_hooks=bounded, follow_redirects=True, timeout=None))


def _request(request: Any) -> None:
    if request.url.path.endswith(UNASKED):
        raise Refused(f"{UNASKED} is not needed")
    request.headers["Accept-Encoding"] = "identity"  # so that the bytes that arrive are those that are kept


def _response(response: Any) -> None:
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise Refused("the response is compressed")
    limit = DESCRIPTION_BYTES if response.request.url.path.startswith("/api/") else DOCUMENT_BYTES
    response.iter_raw = partial(_bounded, response.iter_raw, limit)


def _bounded(read: Callable[..., Iterator[bytes]], limit: int, *arguments: Any, **options: Any) -> Iterator[bytes]:
    count = 0
    for chunk in read(*arguments, **options):
        count += len(chunk)
        if count > limit:
            raise Refused(f"the response has more than {limit} bytes")
        yield chunk


HOOKS = {"request": _request, "response": _response}
