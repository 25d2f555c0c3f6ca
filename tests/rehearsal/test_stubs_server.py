"""The stub of `vllm serve` with middleware of the app, all routes of the real server, and adapters."""

import contextlib
import json
import socket
import subprocess
import time

import httpx
import pytest

from modal_serve_gen.folders import FACTS
from tests.rehearsal.engines import (
    HELLO,
    HTTP,
    LIMIT_S,
    environment,
    get,
    notes,
    post,
    run,
    serving,
    stream,
)
from tests.versions import VLLM

ROUTES = json.loads((FACTS / "apis" / f"vllm_routes-{VLLM}.json").read_text("utf-8"))["routes"]
GATE = '''
import os

class Gate:
    """Passes /v1 and /health, other routes only with the owner's header."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        headers = dict(scope.get("headers", ()))
        path = scope.get("path", "/health")
        if not (path.startswith("/v1/") or path == "/health" or headers.get(b"x-own") == os.environ["OWN"].encode()):
            scope = {**scope, "path": "/closed"}
        await self.app(scope, receive, send)


class Stamp:
    """Answers one path, adds a header to the others, and raises for one."""

    def __init__(self, app):
        self.app, self.seen = app, 0

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            raise RuntimeError("only http")
        self.seen += 1
        if scope["path"] == "/v1/break":
            raise ValueError("broken")
        if scope["path"] == "/v1/own":
            body = b"%d" % self.seen
            await send({"type": "http.response.start", "status": 203, "headers": []})
            await send({"type": "http.response.body", "body": body})
            return

        async def stamped(message):
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], (b"x-stamp", scope["path"].encode())]}
            await send(message)

        await self.app(scope, receive, stamped)


async def function(request, call_next):
    answer = await call_next(request)
    answer.headers["x-function"] = request.url.path
    return answer
'''


@pytest.fixture
def code(tmp_path):
    """Variables with a PYTHONPATH that contains the app's module gate.py."""
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "gate.py").write_text(GATE)
    return {"PYTHONPATH": str(tmp_path / "code"), "OWN": "mine"}


def request(url: str, path: str, method: str, **more) -> httpx.Response:
    return HTTP.request(method, url + path.replace("{response_id}", "resp_1"), **more)


def test_every_route_of_the_real_server_exists(env, model, tmp_path):
    """In developer mode, all answer or are 501, and /openapi.json lists them; otherwise there are fewer."""
    with serving(env, tmp_path, model, VLLM_SERVER_DEV_MODE="1") as (url, _):
        listed = get(f"{url}/openapi.json").json()["paths"]
        for path, row in ROUTES.items():
            for method in row["methods"]:
                answer = request(url, path, method)
                assert answer.status_code in (200, 400, 404, 501), path
                assert answer.status_code != 404 or "detail" not in answer.json(), path
            request(url, "/wake_up", "POST")
    assert set(listed) == {path for path, row in ROUTES.items() if row.get("listed", True)}
    with serving(env, tmp_path, model, "--disable-fastapi-docs") as (url, _):
        open_routes = {path for path, row in ROUTES.items() if request(url, path, row["methods"][0]).status_code != 404}
        assert get(f"{url}/openapi.json").status_code == 404
    public = {path for path, row in ROUTES.items() if not row.get("developer")}
    hidden = {"/openapi.json", "/docs", "/docs/oauth2-redirect", "/redoc", "/v1/responses/{response_id}"}
    assert open_routes == public - hidden - {"/v1/responses/{response_id}/cancel"}


def test_an_encoded_path_requires_the_key_as_well(env, model, tmp_path):
    """Percent-encoding does not bypass the check."""
    with serving(env, tmp_path, model, "--api-key", "one") as (url, _):
        assert request(url, "/%761/models", "GET").status_code == 401
        assert request(url, "/inference/v1/generate", "POST").status_code == 401
        assert request(url, "/openapi.json", "GET").status_code == 200


def test_middleware_closes_routes(env, model, tmp_path, code):
    """A class of the app: routes of the developer mode are 404 unless requested by their owner; streams pass."""
    flags = ["--middleware", "gate.Gate", "--enable-sleep-mode"]
    with serving(env, tmp_path, model, *flags, VLLM_SERVER_DEV_MODE="1", **code) as (url, _):
        for path, row in ROUTES.items():
            if not path.startswith("/v1/") and path != "/health":
                assert request(url, path, row["methods"][0]).json() == {"detail": "Not Found"}, path
        own = {"X-Own": "mine"}
        assert request(url, "/sleep", "POST", headers=own).status_code == 200
        assert request(url, "/wake_up", "POST", headers=own).json()["status"] == "awake"
        body = {"messages": HELLO, "stream": True}
        text = request(url, "/v1/chat/completions", "POST", json=body).text
        assert text.endswith("data: [DONE]\n\n")
        assert "hello" in text


def test_middleware_is_applied_in_the_order_of_vllm(env, model, tmp_path, code):
    """The last one is the outermost, with one instance; it may respond, add headers, or raise, which gives 500."""
    with serving(env, tmp_path, model, "--middleware", "gate.Gate", "--middleware", "gate.Stamp", **code) as (url, _):
        first, second = (request(url, "/v1/own", "GET") for _ in range(2))
        assert (first.status_code, int(second.text) - int(first.text)) == (203, 1)
        closed = request(url, "/metrics", "GET")
        assert (closed.status_code, closed.headers["x-stamp"]) == (404, "/metrics")
        assert request(url, "/v1/break", "GET").status_code == 500
        assert request(url, "/health", "GET").status_code == 200
    log = (tmp_path / "log").read_text()
    assert "broken" in log and "only http" not in log  # uvicorn skips the lifespan if middleware refuses it


def test_a_disconnected_stream_is_not_counted_as_running(env, model, tmp_path, code):
    """Even behind middleware."""
    with serving(env, tmp_path, model, "--middleware", "gate.Stamp", **code) as (url, _):
        body = {"messages": HELLO, "stream": True, "max_tokens": 200_000, "ignore_eos": True}
        with stream("POST", f"{url}/v1/chat/completions", json=body) as answer:
            next(answer.iter_lines())
        deadline = time.monotonic() + 200  # the complete stream would take at least twice as long
        while running(url) != "0" and time.monotonic() < deadline:
            time.sleep(0.05)
        assert running(url) == "0"


def running(url: str) -> str:
    lines = get(f"{url}/metrics").text.splitlines()
    return next(line.rpartition(" ")[2] for line in lines if line.startswith("vllm:num_requests_running"))


def test_middleware_can_be_a_function(env, model, tmp_path, code):
    """A coroutine function gets a Starlette request, as in vLLM."""
    with serving(env, tmp_path, model, "--middleware", "gate.function", **code) as (url, _):
        answer = request(url, "/v1/chat/completions", "POST", json={"messages": HELLO, "stream": True})
        assert answer.text.endswith("data: [DONE]\n\n")
        assert answer.headers["x-function"] == "/v1/chat/completions"


def test_middleware_that_the_stub_cannot_run_is_noted(env, model, tmp_path, code):
    """If it imports FastAPI or modules of vLLM, it runs with the real engine only."""
    (tmp_path / "code" / "needs.py").write_text("import fastapi\n\nclass Gate: pass\n")
    log = tmp_path / "notes"
    with serving(env, tmp_path, model, "--middleware", "needs.Gate", REHEARSAL_NOTES=str(log), **code):
        assert "it needs fastapi" in notes(log)[0]["text"]


def test_a_unix_socket_is_served(env, model, tmp_path):
    """With --uds, the server listens at its path only."""
    path = f"{tmp_path}/s"
    command = [env / "bin" / "vllm", "serve", model, "--uds", path]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([*command, "--port", str(port)], env=environment(tmp_path), stderr=subprocess.DEVNULL)
    try:
        with httpx.Client(transport=httpx.HTTPTransport(uds=path), timeout=LIMIT_S) as client:
            deadline = time.monotonic() + LIMIT_S
            while time.monotonic() < deadline:
                with contextlib.suppress(httpx.TransportError):
                    assert client.get("http://engine/version").json() == {"version": VLLM}
                    break
                time.sleep(0.05)
            else:
                pytest.fail("nothing listens at the socket")
        with socket.socket() as other:
            assert other.connect_ex(("127.0.0.1", port)) != 0
    finally:
        process.kill()
        process.wait()


def adapter(folder, rank: int):
    folder.mkdir()
    (folder / "adapter_config.json").write_text(json.dumps({"r": rank, "lora_alpha": 8, "target_modules": ["q_proj"]}))
    return folder


def test_adapters_are_models(env, model, tmp_path):
    """They are listed with their base model, and requested by name; a rank above the limit is an error at the start."""
    one, two = adapter(tmp_path / "one", 8), adapter(tmp_path / "two", 16)
    named = ["--lora-modules", f"one={one}", json.dumps({"name": "two", "path": str(two), "base_model_name": "base"})]
    flags = ["--served-model-name", "base", "--enable-lora"]
    with serving(env, tmp_path, model, *flags, *named) as (url, _):
        rows = {row["id"]: row for row in get(f"{url}/v1/models").json()["data"]}
        assert {name: row["parent"] for name, row in rows.items()} == {"base": None, "one": "base", "two": "base"}
        assert rows["two"]["root"] == str(two)
        answer = post(f"{url}/v1/chat/completions", json={"model": "two", "messages": HELLO}).json()
        assert answer["model"] == "two"
        unknown = post(f"{url}/v1/chat/completions", json={"model": "three", "messages": HELLO})
        assert unknown.status_code == 404
    refused = run(env, tmp_path, "serve", model, *flags, "--max-lora-rank", "8", *named)
    assert (refused.returncode, "rank 16 is greater than max_lora_rank 8" in refused.stderr) == (1, True)
    refused = run(env, tmp_path, "serve", model, *named)
    assert (refused.returncode, "--enable-lora" in refused.stderr) == (1, True)


def test_cached_tokens_require_their_flag(env, model, tmp_path):
    """--enable-prompt-tokens-details adds them to the usage; counters count answers by their finish reason."""
    with serving(env, tmp_path, model, "--enable-prompt-tokens-details") as (url, _):
        usage = post(f"{url}/v1/chat/completions", json={"messages": HELLO}).json()["usage"]
        assert usage["prompt_tokens_details"]["cached_tokens"] == 0
        post(f"{url}/v1/chat/completions", json={"messages": HELLO, "max_tokens": 1})
        metrics = get(f"{url}/metrics").text
    ended = [line for line in metrics.splitlines() if line.startswith("vllm:request_success_total")]
    assert [line.rpartition(" ")[2] for line in ended] == ["1", "1", "0", "0"]
