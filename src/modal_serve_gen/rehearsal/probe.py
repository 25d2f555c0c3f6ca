"""An app without an entrypoint of its own: what its web endpoints answer to a client, once it is deployed."""

import asyncio
import json
import secrets
import time
from collections.abc import Callable

import aiohttp

from modal_serve_gen.rehearsal.plane.state import Plane

INSTEAD = "modal run: the app has no entrypoint, so it was deployed and its web endpoints were asked"
AGAIN = (303, 429, 503)  # a container is starting, or all are full
PAUSE_S = 0.5


def urls(plane: Plane) -> list[tuple[str, str]]:
    """(name, URL) of every web endpoint."""
    found = {}
    for function in plane.functions.values():
        for url in (function.metadata.web_url, *function.metadata._experimental_flash_urls):
            if url:
                found[url] = function.tag.partition(".")[0]
        for name, method in function.metadata.method_handle_metadata.items():
            if method.web_url:
                found[method.web_url] = f"{function.tag.partition('.')[0]}.{name}"
    return [(name, url) for url, name in found.items()]


async def answers(plane: Plane, limit_s: float, emit: Callable[[str], None]) -> bool:
    """Ask every endpoint for /health, and an OpenAI-compatible one for a chat; whether all of them answered.

    It waits up to `limit_s` seconds for each, and sends a proxy token as an OpenAI client does.
    """
    key, secret = f"wk-{secrets.token_hex(8)}", f"ws-{secrets.token_hex(16)}"
    plane.proxy_tokens[key] = secret
    plane.allowed_tokens.add(key)
    headers = {"Authorization": f"Bearer {key}.{secret}"}
    places = urls(plane)
    async with aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(limit_s)) as client:
        good = [await _answered(client, name, url, limit_s, emit) for name, url in places]
    if not places:
        emit("The app has neither an entrypoint nor a web endpoint: there is nothing to ask.\n")
    return bool(places) and all(good)


async def _answered(
    client: aiohttp.ClientSession, name: str, url: str, limit_s: float, emit: Callable[[str], None]
) -> bool:
    began = time.monotonic()
    try:
        status, _ = await _until(client, f"{url}/health", limit_s)
        emit(f"{name}: GET /health answers {status} after {time.monotonic() - began:.1f} s\n")
        if status >= 500:
            return False
        status, listed = await _until(client, f"{url}/v1/models", limit_s)
        if status in (401, 403):
            emit(f"{name}: it asks for a key of its own, so no chat was tried\n")
            return True
        models = listed.get("data") if isinstance(listed, dict) else None
        if status != 200 or not models:
            return True  # not an OpenAI-compatible API
        body = {"model": models[0]["id"], "messages": [{"role": "user", "content": "What is a GPU?"}], "max_tokens": 16}
        async with client.post(f"{url}/v1/chat/completions", json=body) as response:
            good = response.status == 200 and bool((await response.json())["choices"])
            emit(f"{name}: a chat with {models[0]['id']} answers {response.status}\n")
            return good
    except (aiohttp.ClientError, TimeoutError, ValueError, KeyError) as fault:
        emit(f"{name}: no answer within {limit_s:g} s ({type(fault).__name__})\n")
        return False


async def _until(client: aiohttp.ClientSession, url: str, limit_s: float) -> tuple[int, object]:
    """Status and document of a GET, asked again while a container is starting."""
    began = time.monotonic()
    while True:
        async with client.get(url, allow_redirects=False) as response:
            text = await response.text()
            if response.status not in AGAIN or time.monotonic() - began > limit_s:
                try:
                    return response.status, json.loads(text)
                except ValueError:
                    return response.status, None
        await asyncio.sleep(PAUSE_S)
