"""The smoke test's calls: standard library and modal only, so that it runs wherever `modal run` does."""

import contextlib
import json
import os
import time
import urllib.request

import modal


def proxy_token(stack: contextlib.ExitStack) -> str:
    """MODAL_PROXY_TOKEN_ID and _SECRET from the environment as one key, or a new token, deleted when `stack` closes."""
    if "MODAL_PROXY_TOKEN_ID" in os.environ:
        return "{MODAL_PROXY_TOKEN_ID}.{MODAL_PROXY_TOKEN_SECRET}".format_map(os.environ)
    print("MODAL_PROXY_TOKEN_ID and MODAL_PROXY_TOKEN_SECRET are not set: making a proxy token for this test")
    tokens = modal.Workspace.from_context().proxy_tokens
    token = tokens.create()
    stack.callback(tokens.delete, token.token_id)
    print(f"made {token.token_id}, deleted when this ends")
    tokens.allow(token.token_id, modal.Environment.from_context().hydrate().name)
    return f"{token.token_id}.{token.token_secret}"


def ask(url: str, key: str | None, body: dict | None = None, patience: float = 0, accept=(200,), **headers: str):
    """GET `url`, or POST `body` to it, as an OpenAI client does; for `patience` seconds a cold or full one again."""
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {key}"} if key else {}), **headers}
    request = urllib.request.Request(url, None if body is None else json.dumps(body).encode(), headers)
    began = time.monotonic()
    while True:
        try:
            return urllib.request.urlopen(request, timeout=30 if patience else 600)
        except OSError as fault:  # another answer than 200, or nobody to connect to
            status = getattr(fault, "status", 503)
            if status in accept:
                return fault
            if status not in (303, 429, 503) or time.monotonic() - began > patience:
                raise RuntimeError(f"{url}: {fault} {getattr(fault, 'read', bytes)().decode()}") from None
        print(f"waiting for {url}: {time.monotonic() - began:.0f} s of at most {patience:.0f} s", flush=True)
        time.sleep(1)


def check_chat(url: str, key: str | None, model: str) -> None:
    """One chat completion, plain and then streamed; both have to come back whole."""
    body = {"model": model, "messages": [{"role": "user", "content": "What is a GPU?"}], "max_tokens": 128}
    with ask(f"{url}/v1/chat/completions", key, body) as response:
        message = json.load(response)["choices"][0]["message"]
    print("answer:", repr(message.get("content") or message["reasoning"])[:300])  # a thinker's first words stand apart
    began = time.monotonic()
    with ask(f"{url}/v1/chat/completions", key, dict(body, stream=True, stream_options={"include_usage": True})) as sse:
        lines = [(time.monotonic(), line.strip()) for line in sse if line.strip()]
    if len(lines) < 3 or lines[-1][1] != b"data: [DONE]":
        raise RuntimeError(f"the streamed answer broke off after {len(lines)} lines")
    tokens = json.loads(lines[-2][1].removeprefix(b"data: "))["usage"]["completion_tokens"]
    first, speed = lines[0][0] - began, tokens / max(lines[-1][0] - lines[0][0], 1e-9)
    print(f"streamed {tokens} tokens: time to first token {first:.2f} s, then {speed:.0f} tokens/s")
