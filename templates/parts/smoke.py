"""The smoke test's calls: standard library and modal only, so that it runs wherever `modal run` does."""

import contextlib
import json
import os
import time
import urllib.error
import urllib.request

import modal


@contextlib.contextmanager
def proxy_token():
    """MODAL_PROXY_TOKEN_ID and _SECRET from the environment as one key, or a new token, deleted afterwards."""
    if "MODAL_PROXY_TOKEN_ID" in os.environ:
        yield f"{os.environ['MODAL_PROXY_TOKEN_ID']}.{os.environ['MODAL_PROXY_TOKEN_SECRET']}"
        return
    print("MODAL_PROXY_TOKEN_ID and MODAL_PROXY_TOKEN_SECRET are not set: making a temporary proxy token")
    tokens = modal.Workspace.from_context().proxy_tokens
    token = tokens.create()
    try:
        print(f"made {token.token_id}, deleted when this ends")
        tokens.allow(token.token_id, modal.Environment.from_context().hydrate().name)
        yield f"{token.token_id}.{token.token_secret}"
    finally:
        tokens.delete(token.token_id)


def ask(url: str, key: str | None, body: dict | None = None, timeout: float = 120, accept=(200,)):
    """GET `url`, or POST `body` to it, with `key` as Bearer token as any OpenAI client does; the open response."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
    data = None if body is None else json.dumps(body).encode()
    try:
        return urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=timeout)
    except urllib.error.HTTPError as answer:
        if answer.status in accept:
            return answer
        raise RuntimeError(f"{url} says {answer.status}: {answer.read().decode(errors='replace')}") from None


def wait_until_ready(url: str, key: str | None, limit: float) -> None:
    """Ask /health until it says 200. A cold endpoint queues, redirects or says 503; any other answer is final."""
    began = time.monotonic()
    while (waited := time.monotonic() - began) < limit:
        with contextlib.suppress(OSError):  # no answer within 30 s, or nobody to connect to yet
            if ask(f"{url}/health", key, timeout=30, accept=(200, 303, 429, 503)).status == 200:
                print(f"ready after {time.monotonic() - began:.1f} s")
                return
        print(f"waiting for /health: {waited:.0f} s of at most {limit:.0f} s", flush=True)
        time.sleep(1)
    raise RuntimeError(f"/health did not say 200 within {limit:.0f} s")


def check_chat(url: str, key: str | None, model: str) -> None:
    """One chat completion, plain and then streamed; both have to come back whole."""
    body = {"model": model, "messages": [{"role": "user", "content": "What is a GPU?"}], "max_tokens": 128}
    with ask(f"{url}/v1/chat/completions", key, body) as response:
        message = json.load(response)["choices"][0]["message"]
    print("answer:", repr(message.get("content") or message["reasoning"])[:300])  # a thinker's first words stand apart
    body |= {"stream": True, "stream_options": {"include_usage": True}}
    began = time.monotonic()
    with ask(f"{url}/v1/chat/completions", key, body) as response:
        lines = [(time.monotonic(), line.strip()) for line in response if line.strip()]
    if len(lines) < 3 or lines[-1][1] != b"data: [DONE]":
        raise RuntimeError(f"the streamed answer broke off after {len(lines)} lines")
    tokens = json.loads(lines[-2][1].removeprefix(b"data: "))["usage"]["completion_tokens"]
    first, speed = lines[0][0] - began, tokens / max(lines[-1][0] - lines[0][0], 1e-9)
    print(f"streamed {tokens} tokens: time to first token {first:.2f} s, then {speed:.0f} tokens/s")
