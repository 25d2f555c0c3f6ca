"""Calls of a class in all forms; the entrypoint fails on a wrong result."""

import os
import time
from pathlib import Path

import modal

app = modal.App("classes")
state = modal.Volume.from_name("state", create_if_missing=True)


@app.cls(max_containers=3, retries=2, volumes={"/state": state}, env={"STATE": "/state"})
class Engine:
    word: str = modal.parameter(default="plain")

    @modal.enter()
    def load(self):
        self.task_id = os.environ["MODAL_TASK_ID"]

    @modal.method()
    def double(self, number: int) -> int:
        return 2 * number

    @modal.method()
    def named(self, number: int) -> str:
        return f"{self.word} {number}"

    @modal.method()
    def count(self, upto: int):
        yield from range(upto)

    @modal.method()
    def where(self, seconds: float) -> str:
        time.sleep(seconds)
        return self.task_id

    @modal.method()
    def meet(self, number: int) -> str:
        """Return the container's id once `number` containers have been called."""
        folder = Path(os.environ["STATE"])
        (folder / f"met-{self.task_id}").touch()
        while len(list(folder.glob("met-*"))) < number:
            time.sleep(0.05)
        return self.task_id

    @modal.method()
    def fails(self, times: int, how: str) -> int:
        """Fail `times` times, by raising or by dying, then return the number of failures."""
        record = Path(os.environ["STATE"], f"{how}-{times}")
        seen = len(record.read_text()) if record.exists() else 0
        record.write_text("x" * (seen + 1))
        if seen < times:
            if how == "dies":
                os._exit(9)
            raise ValueError(f"try {seen}")
        return seen


@app.function(timeout=2)
def slow() -> None:
    time.sleep(30)


@app.function()
def inside() -> list[int]:
    """A call from one container to another."""
    return list(Engine().double.map(range(3)))


@app.local_entrypoint()
def main() -> None:
    engine = Engine()
    assert engine.double.remote(4) == 8
    assert list(engine.double.map(range(300))) == [2 * number for number in range(300)]
    assert sorted(engine.double.starmap([(1,), (2,)], order_outputs=False)) == [2, 4]
    assert modal.FunctionCall.gather(*(engine.double.spawn(number) for number in range(5))) == [0, 2, 4, 6, 8]
    assert list(engine.count.remote_gen(4)) == [0, 1, 2, 3]
    assert Engine(word="other").named.remote(1) == "other 1" and engine.named.remote(1) == "plain 1"
    assert len(set(engine.meet.map([3, 3, 3]))) == 3
    alone = Engine.with_options(max_containers=1)()
    assert len(set(alone.where.map([0.1] * 6))) == 1, "max_containers is not observed"
    assert inside.remote() == [0, 2, 4]
    assert engine.fails.remote(2, "raises") == 2 and engine.fails.remote(1, "dies") == 1
    for times, how, message in ((5, "raises", "ValueError"), (5, "dies", "exit code 9")):
        (failed,) = engine.fails.starmap([(times, how)], return_exceptions=True)
        assert message in repr(failed), failed
    try:
        slow.remote()
    except modal.exception.FunctionTimeoutError as error:
        assert "2 s" in str(error), error
    else:
        raise AssertionError("the timeout was not enforced")
    print("classes passed")
