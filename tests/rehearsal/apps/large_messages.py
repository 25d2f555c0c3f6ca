"""Arguments, results and files above the SDK's limits for inline messages; the entrypoint fails if one is altered."""

import hashlib
import os
import urllib.request
from pathlib import Path

import modal

app = modal.App("large-messages")
LOCAL = Path(__file__).with_name("large.bin")
image = modal.Image.debian_slim().add_local_file(LOCAL, "/root/large.bin")


def random_bytes(count: int, seed: int) -> bytes:
    return hashlib.shake_128(b"%d" % seed).digest(count)


@app.function(image=image)
def turn(data: bytes) -> bytes:
    return data[::-1]


@app.function(image=image)
def pieces(count: int):
    for seed in range(3):
        yield random_bytes(count, seed)


@app.function(image=image)
def uploaded() -> str:
    file = Path(os.environ["PYTHONPATH"]) / "large.bin"  # on Modal this is /root
    return hashlib.sha256(file.read_bytes()).hexdigest()


@app.function(image=image)
def fail(count: int) -> None:
    raise RuntimeError("x" * count)


@app.function(image=image)
@modal.asgi_app()
def page():
    async def answer(scope, receive, send) -> None:
        """Send the number of bytes in the path, in one message."""
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": bytes(int(scope["path"].strip("/")))})

    return answer


@app.local_entrypoint()
def main() -> None:
    for count in (1000, 3 * 2**20, 70 * 2**20):  # inline, one blob, a blob in parts
        data = random_bytes(count, 1)
        assert turn.remote(data) == data[::-1], count
    data = [random_bytes(20_000, seed) for seed in range(3)]  # over the limit of asynchronous calls
    assert [call.get() for call in [turn.spawn(item) for item in data]] == [item[::-1] for item in data]
    assert list(pieces.remote_gen(3 * 2**20)) == [random_bytes(3 * 2**20, seed) for seed in range(3)]
    assert uploaded.remote() == hashlib.sha256(LOCAL.read_bytes()).hexdigest()
    with urllib.request.urlopen(f"{page.get_web_url()}/{45 * 2**20}") as reply:  # the SDK splits smaller messages
        assert reply.read() == bytes(45 * 2**20)
    try:
        fail.remote(3 * 2**20)
        raise AssertionError("nothing was raised")
    except RuntimeError as failure:
        assert str(failure).startswith("xxx")
    print("large messages passed")
