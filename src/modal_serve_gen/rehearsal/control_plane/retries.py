"""Retries and timeouts of inputs, as their function declares them."""

import asyncio

from modal_proto import api_pb2

from modal_serve_gen.rehearsal import load
from modal_serve_gen.rehearsal.control_plane.state import Container, ControlPlane, Input

FAILED = (
    api_pb2.GenericResult.GENERIC_STATUS_FAILURE,
    api_pb2.GenericResult.GENERIC_STATUS_INTERNAL_FAILURE,
    api_pb2.GenericResult.GENERIC_STATUS_TIMEOUT,
)
MAX_DELAY_S = 1.0  # between two attempts: shorter than the app may declare


def retried(plane: ControlPlane, item: Input, result: api_pb2.GenericResult) -> bool:
    """Queue a failed input again, unless it has no retries left or its app is ending; True if queued."""
    function = item.call.function
    policy = function.definition.retry_policy
    if result.status not in FAILED or item.tries >= policy.retries or function.app.ending:
        return False
    item.tries += 1
    if item.container:
        item.container.running.pop(item.id, None)
        item.container = None
    delay = min(MAX_DELAY_S, policy.initial_delay_ms / 1000)
    asyncio.get_running_loop().call_later(delay, _queue, plane, item)
    return True


def _queue(plane: ControlPlane, item: Input) -> None:
    function = item.call.function
    if item.output is None:
        function.queue.append(item)
        function.queued.notify()
        plane.start_container(function)


def limit_time(plane: ControlPlane, item: Input, container: Container) -> None:
    """Kill `container` if `item`, which it has just taken, runs for longer than its function's timeout."""
    seconds = container.function.definition.timeout_secs
    if seconds and not container.function.definition.webhook_config.type:
        _expire(plane, item, container, seconds, load.Patience(seconds))


def _expire(plane: ControlPlane, item: Input, container: Container, seconds: int, patience: load.Patience) -> None:
    """Kill the container once its input has run for too long; look again in a moment until then."""
    if item.output is not None or item.container is not container:
        return
    if not patience.over():
        loop = asyncio.get_running_loop()
        loop.call_later(patience.pause_s, _expire, plane, item, container, seconds, patience)
    else:
        plane.kill(container, f"An input of {container.function.tag} hit its timeout of {seconds} s.")
