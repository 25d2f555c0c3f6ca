"""Engines that end before they serve: their container does not wait until its limit, and none starts them again."""

from collections.abc import Callable

from modal_proto import api_pb2

from modal_serve_gen.rehearsal import load
from modal_serve_gen.rehearsal.control_plane import apps, calls
from modal_serve_gen.rehearsal.control_plane.events import EventKind, Party
from modal_serve_gen.rehearsal.control_plane.state import Container, ControlPlane

NOTICE_S = 5  # for an app to notice that its engine ended: to end as well, or to start another one
LINES = 3  # of an error
READ = 50  # items of a container's log, from its end


class EngineStarts:
    """Follows the engines of all containers. `crash` ends a container, `stop` the running command."""

    def __init__(self, plane: ControlPlane, crash: Callable[[Container], None]):
        self.plane, self._crash = plane, crash
        self.stop: Callable[[], None] = lambda: None
        self._failures: set[tuple[str, str, str]] = set()  # container, command line, error
        self._pending: dict[str, tuple[str, Party]] = {}  # container -> how its last engine ended, and whose fault

    def launched(self, container: Container, words: str) -> None:
        """The container has started an engine, perhaps in place of one that ended."""
        container.launched.append(words)
        self._pending.pop(container.id, None)
        container.changed.notify()

    async def ended(self, container: Container, why: str, party: Party) -> None:
        """An engine ended before it served: unless the app starts another one, nothing waits for it.

        An app may try another command line, or the same one once more; not if it fails in the same way again.
        """
        started = len(container.launched)
        failure = (container.id, "".join(container.launched[-1:]), why)
        self._pending[container.id] = why, party
        if failure not in self._failures:
            self._failures.add(failure)
            await load.until(
                container.changed,
                lambda: container.exit_code is not None or len(container.launched) > started,
                NOTICE_S,
            )
        if len(container.launched) == started:
            self.give_up(container, why, party)

    def settle(self, container: Container) -> None:
        """The container does nothing any more: if its engine is the reason, none is to start it again."""
        if container.id in self._pending:
            self.give_up(container, *self._pending[container.id])

    def give_up(self, container: Container, why: str, party: Party) -> None:
        """Start no other container with the engine of this one, and end this one and the command."""
        function = container.function
        if function.refused or container.stopping:
            return
        function.refused = function.broken = f"The engine of {function.tag} ended before it served: {why}"
        self.plane.note(EventKind.ENGINE_ENDED, function.tag, why, party)
        container.failure = calls.failure(function.refused)
        if container.exit_code is None:
            self._crash(container)
        self.stop()

    def process_ended(self, container: Container, code: int) -> None:
        """The only process that a container started has ended with exit code `code`, while it waits for its port."""
        if container.id in self._pending:  # the engine has noted why
            return self.settle(container)
        app = container.function.app
        items = [batch.items[0] for batch in app.logs[-READ:] if batch.task_id == container.id]
        errors = "".join(item.data for item in items if item.file_descriptor == api_pb2.FILE_DESCRIPTOR_STDERR)
        lines = [line.strip() for line in errors.splitlines() if line.strip() and line[:1] not in " \t"]
        why = f"exit code {code}" + (f": {' '.join(lines[-LINES:])}" if lines else "")
        text = f"The process that {container.function.tag} started ended with {why}\n"
        apps.log(self.plane, app, text, api_pb2.FILE_DESCRIPTOR_STDERR, container.id)
        return self.give_up(container, why, Party.APP)
