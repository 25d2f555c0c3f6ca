"""The smoke test's requests, with the standard library and modal only."""

import contextlib
import json
import os
import time
import urllib.error
import urllib.request

import modal

app = modal.App("app")  # an app defines it itself


def proxy_token(stack: contextlib.ExitStack) -> str:
    """Return a proxy token: from the environment, or a new one, deleted when `stack` closes."""
    if "MODAL_PROXY_TOKEN_ID" in os.environ:
        return os.environ["MODAL_PROXY_TOKEN_ID"] + "." + os.environ["MODAL_PROXY_TOKEN_SECRET"]
    tokens = modal.Workspace.from_context().proxy_tokens
    token = tokens.create()
    stack.callback(tokens.delete, token.token_id)
    print(
        f"MODAL_PROXY_TOKEN_ID and MODAL_PROXY_TOKEN_SECRET are not set: created {token.token_id},",
        "which is deleted when the smoke test ends",
    )
    tokens.allow(token.token_id, modal.Environment.from_context().hydrate().name)
    return f"{token.token_id}.{token.token_secret}"


def ask(url: str, key: str, body=None, expect=200, deadline=0.0, **headers: str):
    """GET `url`, or POST `body`; retries on 303/429/503 until `deadline` (`time.monotonic`)."""
    request = urllib.request.Request(
        url,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/json",
            **headers,
        },
    )
    while True:
        try:
            response = urllib.request.urlopen(request, timeout=30 if deadline else 600)
        except OSError as error:  # no connection, or an HTTP error, which is a response too
            response = error
        status = getattr(response, "status", 503)
        if status == expect:
            return response
        if status not in (303, 429, 503) or time.monotonic() > deadline:
            reason = response.read().decode() if hasattr(response, "read") else response
            raise SystemExit(
                f"{url} answered {status} instead of {expect}: {reason}\n"
                f"See the log above, or: modal app logs {app.name}"
            )
        print(f"waiting for {url}: {status}", flush=True)
        time.sleep(1)


def check_chat(url: str, key: str, model: str) -> None:
    """Request one chat completion, then the same one streamed."""
    body = {
        "model": model,
        "messages": [{"role": "user", "content": "What is a GPU?"}],
        "max_tokens": 128,
    }
    print(  # reasoning models return text in `reasoning`
        "answer:",
        json.load(ask(f"{url}/v1/chat/completions", key, body))["choices"][0]["message"],
    )
    began = time.monotonic()
    lines = [
        (time.monotonic(), line)
        for line in ask(
            f"{url}/v1/chat/completions",
            key,
            {**body, "stream": True, "stream_options": {"include_usage": True}},
        )
        if line.strip()
    ]
    if len(lines) < 3 or lines[-1][1].strip() != b"data: [DONE]":
        raise SystemExit(f"the stream ended early, after {len(lines)} lines")
    tokens = json.loads(lines[-2][1].removeprefix(b"data: "))["usage"]["completion_tokens"]
    print(
        f"streamed {tokens} tokens:",
        f"time to first token {lines[0][0] - began:.2f} s,",
        f"then {tokens / max(lines[-1][0] - lines[0][0], 1e-9):.0f} tokens/s",
    )
