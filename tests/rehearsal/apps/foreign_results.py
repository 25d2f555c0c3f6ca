"""A Volume at a hard-coded path: one function writes there; another function and the client read."""

from pathlib import Path

import modal

RESULTS = Path("/foreign-results")
app = modal.App("foreign-results")
volume = modal.Volume.from_name("foreign-results", create_if_missing=True)


@app.function(volumes={str(RESULTS): volume})
def write(number: int):
    (RESULTS / f"{number}.txt").write_text(f"result {number}")
    volume.commit()


@app.function(volumes={str(RESULTS): volume})
def read() -> list[str]:
    volume.reload()
    return sorted(path.read_text() for path in RESULTS.glob("*.txt"))


@app.local_entrypoint()
def main():
    list(write.map(range(3)))
    assert read.remote() == [f"result {number}" for number in range(3)]
    assert b"".join(volume.read_file("1.txt")) == b"result 1"
    print("results passed")
