"""What becomes of an input that failed, or takes too long: tried again as often as its function says, or answered."""

import asyncio

from modal_proto import api_pb2

from modal_serve_gen.rehearsal.plane.state import Container, Input, Plane

FAILED = (
    api_pb2.GenericResult.GENERIC_STATUS_FAILURE,
    api_pb2.GenericResult.GENERIC_STATUS_INTERNAL_FAILURE,
    api_pb2.GenericResult.GENERIC_STATUS_TIMEOUT,
)
MOST_DELAY_S = 1.0  # between two tries: a rehearsal does not wait as long as the app says


def again(plane: Plane, item: Input, result: api_pb2.GenericResult) -> bool:
    """Queue a failed input anew, unless its function has no tries left for it or its app is going; whether it was."""
    function = item.call.function
    policy = function.definition.retry_policy
    if result.status not in FAILED or item.tries >= policy.retries or function.app.ending:
        return False
    item.tries += 1
    plane.note(f"tried again: {function.tag}")
    if item.container:
        item.container.running.pop(item.id, None)
        item.container = None
    delay = min(MOST_DELAY_S, policy.initial_delay_ms / 1000)
    asyncio.get_running_loop().call_later(delay, _queue, plane, item)
    return True


def _queue(plane: Plane, item: Input) -> None:
    function = item.call.function
    if item.output is None:
        function.queue.append(item)
        function.queued.notify()
        plane.start_container(function)


def limit(plane: Plane, item: Input, container: Container) -> None:
    """See that `item`, which `container` has just been given, does not run for longer than its function may."""
    seconds = container.function.definition.timeout_secs
    if seconds and not container.function.definition.webhook_config.type:
        asyncio.get_running_loop().call_later(seconds, _expire, plane, item, container, seconds)


def _expire(plane: Plane, item: Input, container: Container, seconds: int) -> None:
    if item.output is None and item.container is container:
        plane.kill(container, f"An input of {container.function.tag} hit its time-out of {seconds} s.")
