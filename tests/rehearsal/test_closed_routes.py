"""What a stranger reaches through the public URL of a deployed app: every route that the engine has is tried."""

import asyncio
import json
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from modal_serve_gen import facts, folders, render
from scripts import golden
from tests.rehearsal.local_modal import local_modal

CASES = {
    "vllm_online_default": "proxy",
    "vllm_online_server": "proxy",
    "vllm_online_api_key": "api-key",
    "vllm_online_open": "none",
    "vllm_cold_start_default": "proxy",
    "vllm_cold_start_api_key": "api-key",
    "vllm_cold_start_open": "none",
    "sglang_low_latency_default": "proxy",
    "sglang_low_latency_api_key": "api-key",
    "sglang_low_latency_open": "none",
    "sglang_low_latency_http_server": "api-key",
}
# What is not for everybody even where nobody needs a key.
INNER = ("developer", "admin")
READY_S = 40


def routes(engine: str, version: str) -> dict[str, dict]:
    """path -> {methods, developer or admin}, as that engine version has them."""
    return json.loads((folders.FACTS / "apis" / f"{engine}_routes-{version}.json").read_text())["routes"]


def ask(url: str, method: str = "GET") -> int:
    """The status of a request without any key."""
    data = b"{}" if method in ("POST", "PUT", "PATCH", "DELETE") else None
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status
    except urllib.error.HTTPError as answer:
        return answer.status


def url_of(plane, case: str) -> str:
    app = next(app for app in plane.apps.values() if app.name == case)
    function = next(f for tag, f in app.functions.items() if tag.removesuffix(".*") in ("serve", "Server"))
    methods = [method.web_url for method in function.metadata.method_handle_metadata.values() if method.web_url]
    flash = list(function.metadata._experimental_flash_urls)
    return next(url for url in (function.metadata.web_url, *methods, *flash) if url)


def tried(case: str) -> dict[tuple[str, str], int]:
    """(method, path) -> status, once the app is up as far as a stranger can see."""
    resolved = render.read_provenance(golden.app(case))
    engine = "sglang" if case.startswith("sglang") else "vllm"

    async def main() -> dict:
        with tempfile.TemporaryDirectory() as folder:
            async with local_modal(Path(folder), models=True) as one:
                path = Path(folder, f"{case}.py")
                path.write_text(golden.app(case))
                code, output = await one.modal("deploy", "--name", case, str(path))
                assert code == 0, output
                url = url_of(one.plane, case)
                began = time.monotonic()
                while (
                    await asyncio.to_thread(ask, f"{url}/health") in (503, 303) and time.monotonic() - began < READY_S
                ):
                    await asyncio.sleep(0.3)
                return {
                    (method, path): await asyncio.to_thread(
                        ask, f"{url}{path.replace('{', '').replace('}', '')}", method
                    )
                    for path, route in routes(engine, resolved.pins.version).items()
                    for method in route["methods"]
                }

    return asyncio.run(main())


@pytest.mark.parametrize("case", CASES)
def test_strangers_reach_only_what_was_meant_for_them(case):
    """proxy: nothing answers; api-key: only health; none: the API and health, no developer or admin route."""
    auth = CASES[case]
    engine = "sglang" if case.startswith("sglang") else "vllm"
    known = routes(engine, facts.pins()[engine].version)
    found = tried(case)
    assert len(found) > 20
    refused = {key for key, status in found.items() if status in (401, 403, 404, 405)}
    if auth == "proxy":
        assert set(found.values()) == {401}
    elif auth == "api-key":
        assert found["GET", "/health"] == 200
        assert {path for _, path in found.keys() - refused} <= {path for path in known if path.startswith(HEALTH)}
    else:
        assert found["GET", "/health"] == 200 and found["GET", "/v1/models"] == 200
        inner = {key for key in found if any(known[key[1]].get(kind) for kind in INNER)}
        assert inner and inner <= refused, inner - refused


HEALTH = ("/health", "/ready")  # SGLang has several ways to ask for its health
