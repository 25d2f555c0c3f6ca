"""Requests to web endpoints that the app's own entrypoint does not reach: as a client would send them."""

import asyncio
import json
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

from modal_serve_gen.rehearsal import load
from modal_serve_gen.rehearsal.control_plane.state import ControlPlane, Function

SUBSTITUTE = "modal run: the app has no entrypoint, so it was deployed, and what others call was called"
UNREACHED = "requests by the rehearsal, as the app's entrypoint sent none there"
RETRIED = (303, 429, 503)  # a container is starting, or all are full
REFUSED = (401, 403)
PAUSE_S = 0.5
TOKENS = 16
# What an engine may answer to, in this order: path and body without the model.
TASKS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("chat/completions", {"messages": [{"role": "user", "content": "What is a GPU?"}], "max_tokens": TOKENS}),
    ("completions", {"prompt": "A GPU is", "max_tokens": TOKENS}),
    ("embeddings", {"input": "What is a GPU?"}),
)
NAMES = {"chat/completions": "a chat", "completions": "a completion", "embeddings": "an embedding"}


@dataclass(frozen=True)
class Endpoint:
    """A web function, a web method of a class, or a server."""

    name: str
    url: str
    function: Function


def endpoints(plane: ControlPlane) -> list[Endpoint]:
    """Every web endpoint."""
    found: dict[str, Endpoint] = {}  # by URL
    for function in plane.functions.values():
        tag = function.tag.partition(".")[0]
        for url in (function.metadata.web_url, *function.metadata._experimental_flash_urls):
            if url:
                found[url] = Endpoint(tag, url, function)
        for name, method in function.metadata.method_handle_metadata.items():
            if method.web_url:
                found[method.web_url] = Endpoint(f"{tag}.{name}", method.web_url, function)
    return list(found.values())


async def answers(
    plane: ControlPlane, asked: Sequence[Endpoint], limit_s: float, emit: Callable[[str], None]
) -> dict[str, bool]:
    """Request /health of endpoints, and a chat from OpenAI-compatible ones; which of them answered, by name.

    Waits up to `limit_s` seconds for each, longer while the machine is busy. Sends a proxy token as an OpenAI client
    does, and then the values of the endpoint's Secrets, if it requires a key of its own.
    """
    key, secret = f"wk-{secrets.token_hex(8)}", f"ws-{secrets.token_hex(16)}"
    plane.proxy_tokens[key] = secret
    plane.allowed_tokens.add(key)
    proxy = {"Modal-Key": key, "Modal-Secret": secret}
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(None), headers=proxy) as session:
        answered = {}
        for endpoint in asked:
            attached = [plane.secrets.get(name, {}) for name in endpoint.function.definition.secret_ids]
            keys = [f"{key}.{secret}", *(value for values in attached for value in values.values())]
            client = Client(session, endpoint, keys, load.Patience(limit_s), emit)
            answered[endpoint.name] = await client.answered(limit_s)
    return answered


class Client:
    """Requests to one endpoint; the `keys` are tried in order until one is accepted."""

    def __init__(
        self, session: aiohttp.ClientSession, endpoint: Endpoint, keys: list[str], patience: load.Patience,
        emit: Callable[[str], None],
    ):  # fmt: skip
        self._session, self._endpoint, self._keys, self._patience = session, endpoint, keys, patience
        self._emit = emit

    def _say(self, text: str) -> None:
        self._emit(f"{self._endpoint.name}: {text}\n")

    async def answered(self, limit_s: float) -> bool:
        """True if it is healthy, and chats if it is an OpenAI-compatible engine."""
        started_at = time.monotonic()
        try:
            status, _ = await self._request("GET", "/health")
            self._say(f"GET /health returned {status} after {time.monotonic() - started_at:.1f} s")
            if status >= 500:
                return False
            status, listed = await self._request("GET", "/v1/models")
            if status in REFUSED:
                self._say("it requires an API key of its own, so no chat was requested")
                return True
            models = listed.get("data") if status == 200 and isinstance(listed, dict) else None
            return await (self._task(models[0]["id"]) if models else self._described())
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError) as error:
            self._say(f"no answer within {limit_s:g} s ({type(error).__name__})")
            return False

    async def _task(self, model: str) -> bool:
        """True if the engine does one of TASKS."""
        for path, body in TASKS:
            status, answer = await self._request("POST", f"/v1/{path}", body | {"model": model})
            self._say(f"{NAMES[path]} with {model} returned {status}")
            if status == 200:
                return bool(isinstance(answer, dict) and (answer.get("choices") or answer.get("data")))
            if status >= 500:
                return False
        return False

    async def _described(self) -> bool:
        """Not an OpenAI-compatible API: say what an application of FastAPI offers."""
        status, document = await self._request("GET", "/openapi.json")
        paths = document.get("paths") if status == 200 and isinstance(document, dict) else None
        if isinstance(paths, dict) and paths:
            routes = [f"{method.upper()} {path}" for path, methods in paths.items() for method in methods]
            self._say(f"its documentation lists {', '.join(routes[:10])}; the rehearsal does not call them")
        return status < 500

    async def _request(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, object]:
        """Status and JSON document of a response; retried while a container is starting, and with the next key."""
        while True:
            status, document = await load.wait_for(self._send(method, path, body), self._patience)
            if status in REFUSED and len(self._keys) > 1:
                self._keys.pop(0)
            elif status not in RETRIED or self._patience.over():
                return status, document
            else:
                await asyncio.sleep(PAUSE_S)

    async def _send(self, method: str, path: str, body: dict[str, Any] | None) -> tuple[int, object]:
        headers = {"Authorization": f"Bearer {self._keys[0]}"}
        url = f"{self._endpoint.url}{path}"
        async with self._session.request(method, url, json=body, headers=headers, allow_redirects=False) as response:
            text = await response.text()
            if response.status == 303 and "Location" in response.headers:  # its answer comes at another URL
                location = response.headers["Location"]
                async with self._session.get(f"{self._endpoint.url}{location}", headers=headers) as later:
                    response, text = later, await later.text()
            try:
                return response.status, json.loads(text)
            except ValueError:
                return response.status, None
