"""A user's program against a rehearsed endpoint: `python probe.py URL KEY MODEL`.

Tests run it from an app's smoke test, while the endpoint is up.
"""

import re
import sys
from pathlib import Path

import openai


def ask(url: str, key: str, model: str) -> None:
    """Chat with the real OpenAI client, plain and streaming; the proxy token is its API key."""
    messages = [{"role": "user", "content": "Say something."}]
    client = openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0, timeout=1800)
    answer = client.chat.completions.create(model=model, messages=messages, max_tokens=16)
    assert answer.choices[0].finish_reason in ("stop", "length"), answer
    assert answer.usage.completion_tokens > 0
    chunks = list(client.chat.completions.create(model=model, messages=messages, max_tokens=16, stream=True))
    assert len(chunks) > 2 and chunks[-1].choices[0].finish_reason, chunks
    assert model in [row.id for row in client.models.list()]
    try:
        client.with_options(api_key="not-a-token").models.list()
        raise AssertionError("the endpoint answers without a valid token")
    except openai.AuthenticationError as refusal:
        assert refusal.status_code == 401
    try:
        client.chat.completions.create(model="another", messages=messages)
        raise AssertionError("the endpoint answers for an unknown model")
    except openai.NotFoundError:
        pass


def beyond_loopback() -> list[str]:
    """TCP sockets of rehearsed processes that listen at addresses other than loopback."""
    listening = {}
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for row in Path(table).read_text().splitlines()[1:]:
            fields = row.split()
            if fields[3] == "0A":
                listening[fields[9]] = fields[1]
    addresses = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if b"REHEARSAL_MARK=" not in (process / "environ").read_bytes():
                continue
            for descriptor in (process / "fd").iterdir():
                match = re.fullmatch(r"socket:\[(\d+)\]", str(descriptor.readlink()))
                address = listening.get(match[1], "") if match else ""
                # 127.x.y.z ends in 7F in the kernel's byte order, ::1 in 01000000, ::ffff:127.x.y.z in 7F again.
                host = address.partition(":")[0]
                if address and not host.endswith("7F") and host != "00000000000000000000000001000000":
                    addresses.append(f"{process.name} {address} {(process / 'cmdline').read_bytes()[:200]}")
        except OSError:
            continue
    return addresses


if __name__ == "__main__":
    ask(*sys.argv[1:])
    if addresses := beyond_loopback():
        sys.exit(f"listening beyond loopback: {addresses}")
    print("probe passed")
