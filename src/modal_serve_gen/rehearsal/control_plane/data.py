"""Contents of Dicts and Queues: records that only wake their waiters."""

from dataclasses import dataclass, field

from modal_serve_gen.rehearsal.control_plane.signals import Signal


@dataclass
class DictObject:
    """Keys and values as the SDK serialized them."""

    name: str
    entries: dict[bytes, bytes] = field(default_factory=dict)


@dataclass
class QueueObject:
    """Partition -> (number, value) in their order; numbers count up within the queue."""

    name: str
    partitions: dict[bytes, list[tuple[int, bytes]]] = field(default_factory=dict)
    count: int = 0
    changed: Signal = field(default_factory=Signal)

    def put(self, partition: bytes, values: list[bytes]) -> None:
        items = self.partitions.setdefault(partition, [])
        for value in values:
            self.count += 1
            items.append((self.count, value))
        self.changed.notify()

    def take(self, partition: bytes, most: int) -> list[bytes]:
        """Remove and return the first `most` values at most."""
        items = self.partitions.get(partition, [])
        taken, items[:most] = items[:most], []
        return [value for _, value in taken]
