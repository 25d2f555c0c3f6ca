"""Requests to the web endpoints of a deployed app that has no entrypoint."""

import asyncio
import json
import secrets
import time
from collections.abc import Callable

import aiohttp

from modal_serve_gen.rehearsal.control_plane.state import ControlPlane

SUBSTITUTE = "modal run: the app has no entrypoint, so it was deployed and its web endpoints got requests"
RETRIED = (303, 429, 503)  # a container is starting, or all are full
PAUSE_S = 0.5


def urls(plane: ControlPlane) -> list[tuple[str, str]]:
    """(name, URL) of every web endpoint."""
    names: dict[str, str] = {}  # by URL
    for function in plane.functions.values():
        for url in (function.metadata.web_url, *function.metadata._experimental_flash_urls):
            if url:
                names[url] = function.tag.partition(".")[0]
        for name, method in function.metadata.method_handle_metadata.items():
            if method.web_url:
                names[method.web_url] = f"{function.tag.partition('.')[0]}.{name}"
    return [(name, url) for url, name in names.items()]


async def answers(plane: ControlPlane, limit_s: float, emit: Callable[[str], None]) -> bool:
    """Request /health of every endpoint, and a chat from OpenAI-compatible ones; True if all of them answered.

    Waits up to `limit_s` seconds for each, and sends a proxy token as an OpenAI client does.
    """
    key, secret = f"wk-{secrets.token_hex(8)}", f"ws-{secrets.token_hex(16)}"
    plane.proxy_tokens[key] = secret
    plane.allowed_tokens.add(key)
    headers = {"Authorization": f"Bearer {key}.{secret}"}
    endpoints = urls(plane)
    async with aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(limit_s)) as client:
        answered = [await _answered(client, name, url, limit_s, emit) for name, url in endpoints]
    if not endpoints:
        emit("The app has neither an entrypoint nor a web endpoint: nothing to run.\n")
    return bool(endpoints) and all(answered)


async def _answered(
    client: aiohttp.ClientSession, name: str, url: str, limit_s: float, emit: Callable[[str], None]
) -> bool:
    started_at = time.monotonic()
    try:
        status, _ = await _until(client, f"{url}/health", limit_s)
        emit(f"{name}: GET /health returned {status} after {time.monotonic() - started_at:.1f} s\n")
        if status >= 500:
            return False
        status, listed = await _until(client, f"{url}/v1/models", limit_s)
        if status in (401, 403):
            emit(f"{name}: it requires an API key of its own, so no chat was requested\n")
            return True
        models = listed.get("data") if isinstance(listed, dict) else None
        if status != 200 or not models:
            return True  # not an OpenAI-compatible API
        body = {"model": models[0]["id"], "messages": [{"role": "user", "content": "What is a GPU?"}], "max_tokens": 16}
        async with client.post(f"{url}/v1/chat/completions", json=body) as response:
            succeeded = response.status == 200 and bool((await response.json())["choices"])
            emit(f"{name}: a chat with {models[0]['id']} returned {response.status}\n")
            return succeeded
    except (aiohttp.ClientError, TimeoutError, ValueError, KeyError) as error:
        emit(f"{name}: no answer within {limit_s:g} s ({type(error).__name__})\n")
        return False


async def _until(client: aiohttp.ClientSession, url: str, limit_s: float) -> tuple[int, object]:
    """Status and JSON document of a GET, retried while a container is starting."""
    deadline = time.monotonic() + limit_s
    while True:
        async with client.get(url, allow_redirects=False) as response:
            text = await response.text()
            if response.status not in RETRIED or time.monotonic() > deadline:
                try:
                    return response.status, json.loads(text)
                except ValueError:
                    return response.status, None
        await asyncio.sleep(PAUSE_S)
