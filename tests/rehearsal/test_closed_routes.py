"""Public routes of deployed apps: every route of the engine is requested without a key."""

import asyncio
import json
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from modal_serve_gen import facts, folders, render
from scripts import golden
from tests.conftest import LIMIT_S, slow_except
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
EVERYDAY = ("vllm_online_default", "vllm_online_api_key", "vllm_cold_start_open", "sglang_low_latency_api_key")
# Routes that are closed even if the app requires no key.
INTERNAL = ("developer", "admin")
HEALTH = ("/health", "/ready")  # SGLang has several health routes


def routes(engine: str, version: str) -> dict[str, dict]:
    """Routes of that engine version: path -> methods, developer or admin."""
    return json.loads((folders.FACTS / "apis" / f"{engine}_routes-{version}.json").read_text())["routes"]


def status_of(url: str, method: str = "GET") -> int:
    """Status of a request without a key."""
    data = b"{}" if method in ("POST", "PUT", "PATCH", "DELETE") else None
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=LIMIT_S) as response:
            return response.status
    except urllib.error.HTTPError as answer:
        return answer.status


def url_of(plane, case: str) -> str:
    app = next(app for app in plane.apps.values() if app.name == case)
    function = next(f for tag, f in app.functions.items() if tag.removesuffix(".*") in ("serve", "Server"))
    methods = [method.web_url for method in function.metadata.method_handle_metadata.values() if method.web_url]
    flash = list(function.metadata._experimental_flash_urls)
    return next(url for url in (function.metadata.web_url, *methods, *flash) if url)


def statuses(case: str) -> dict[tuple[str, str], int]:
    """Status of each (method, path) without a key, once the app is ready or refuses the health check."""
    resolved = render.read_provenance(golden.app(case))
    engine = "sglang" if case.startswith("sglang") else "vllm"

    async def main() -> dict:
        with tempfile.TemporaryDirectory() as folder:
            async with local_modal(Path(folder), models=True) as local:
                path = Path(folder, f"{case}.py")
                path.write_text(golden.app(case))
                code, output = await local.modal("deploy", "--name", case, str(path))
                assert code == 0, output
                url = url_of(local.plane, case)
                while await asyncio.to_thread(status_of, f"{url}/health") in (503, 303):
                    await asyncio.sleep(0.3)
                return {
                    (method, path): await asyncio.to_thread(
                        status_of, f"{url}{path.replace('{', '').replace('}', '')}", method
                    )
                    for path, route in routes(engine, resolved.pins.version).items()
                    for method in route["methods"]
                }

    return asyncio.run(main())


@pytest.mark.parametrize("case", slow_except(CASES, *EVERYDAY))
def test_only_intended_routes_are_public(case):
    """proxy: none; api-key: only health; none: the API and health, but no developer or admin route."""
    auth = CASES[case]
    engine = "sglang" if case.startswith("sglang") else "vllm"
    known = routes(engine, facts.pins()[engine].version)
    answers = statuses(case)
    assert len(answers) > 20
    refused = {key for key, status in answers.items() if status in (401, 403, 404, 405)}
    if auth == "proxy":
        assert set(answers.values()) == {401}
    elif auth == "api-key":
        assert answers["GET", "/health"] == 200
        assert {path for _, path in answers.keys() - refused} <= {path for path in known if path.startswith(HEALTH)}
    else:
        assert answers["GET", "/health"] == 200 and answers["GET", "/v1/models"] == 200
        internal = {key for key in answers if any(known[key[1]].get(kind) for kind in INTERNAL)}
        assert internal and internal <= refused, internal - refused
