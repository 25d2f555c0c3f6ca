"""The functions in templates/parts that several apps share, unmodified."""

import asyncio
import io
import json
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import ROOT

sys.path.insert(0, str(ROOT / "templates" / "parts"))
import asleep
import conversation
import engine
import jobs
import plugin
import smoke

API = {"/v1/models", "/v1/chat/completions", "/v1/realtime", "/metrics"}
CLOSED = {
    "/sleep",
    "/wake_up",
    "/collective_rpc",
    "/invocations",
    "/tokenize",
    "/docs",
    "/openapi.json",
    "/v1",
    "/",
    "",
}


async def refusal(message: dict) -> None:
    """The ASGI `send` of a request that a gate answers itself."""


def passes(gate: type, scope: dict) -> bool:
    """True if a request reaches its route."""
    seen = []

    async def app(scope, receive, send):
        seen.append(scope.get("path"))

    asyncio.run(gate(app)(scope, None, refusal))
    return seen == [scope.get("path")]


def request(path: str, key: str | None = None, kind: str = "http") -> dict:
    headers = [] if key is None else [(b"authorization", f"Bearer {key}".encode())]
    return {"type": kind, "path": path, "headers": headers}


@pytest.mark.parametrize("gate", [engine.Gate, asleep.Gate], ids=["gate", "gate of a sleeping engine"])
@pytest.mark.parametrize("key", ["", "sk-1"], ids=["open", "api key"])
@pytest.mark.parametrize("sent_key", [None, "", "wrong", "sk-1", "own"])
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_the_gate_passes_routes_of_clients(gate, key, sent_key, kind, monkeypatch):
    """/health reaches the engine, and with the key the API; other routes with the container's own key only."""
    monkeypatch.setenv("VLLM_API_KEY", key)
    monkeypatch.setenv("OWN_KEY", "own")
    owner = gate is asleep.Gate and sent_key == "own"
    assert passes(gate, request("/health", sent_key, kind))
    for path in API:
        assert passes(gate, request(path, sent_key, kind)) == (not key or sent_key == key or owner), path
    for path in CLOSED:
        assert passes(gate, request(path, sent_key, kind)) == owner, path


@pytest.mark.parametrize("gate", [engine.Gate, asleep.Gate])
def test_a_gate_without_keys_has_no_owner(gate, monkeypatch):
    """If the container's own key is not set, an empty one gives no access; lifespan events pass."""
    monkeypatch.delenv("OWN_KEY", raising=False)
    monkeypatch.delenv("VLLM_API_KEY", raising=False)
    assert not passes(gate, request("/sleep", ""))
    assert passes(gate, {"type": "lifespan"})


@pytest.mark.parametrize(
    ("key", "sent_key"),
    [(None, None), (None, "x"), ("sk", None), ("sk", "x"), ("sk", "sk"), ("", None), ("", ""), ("", "x")],
)
def test_the_gate_of_sglang_passes_routes_of_clients(key, sent_key, monkeypatch):
    """It checks the key itself: without it, only /health is open, and /freeze_gc once, for SGLang's own request."""
    if key is not None:
        monkeypatch.setenv("LLM_API_KEY", key)
    authorized = key is None or sent_key == key != ""  # an empty key gives no access
    assert passes(plugin.Gate, request("/health", sent_key)) and passes(plugin.Gate, {"type": "lifespan"})
    for path in ("/v1/models", "/v1/chat/completions", "/metrics"):
        assert passes(plugin.Gate, request(path, sent_key)) == authorized
    for path in {*CLOSED, "/server_info", "/generate", "/flush_cache", "/api/chat"}:
        assert not passes(plugin.Gate, request(path, sent_key)), path
    seen = []

    async def app(scope, receive, send):
        seen.append(scope.get("path"))

    gate = plugin.Gate(app)
    for _ in range(3):
        asyncio.run(gate(request("/freeze_gc"), None, refusal))
    assert seen == ["/freeze_gc"]


@given(
    lines=st.lists(
        st.text(st.characters(exclude_characters="\n", exclude_categories=("Cs",)), max_size=8), max_size=12
    ),
    size=st.integers(1, 5),
    answered=st.sets(st.integers(0, 11)),
)
def test_shards_contain_every_unanswered_line_once(lines, size, answered):
    """Shards are numbered in file order, all but the last have the same size, and answered ones are left out."""
    expected = [lines[start : start + size] for start in range(0, len(lines), size)]
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "SHARD", size)
        folder = Path(name, "job")
        (folder / "results").mkdir(parents=True)
        for number in answered:
            (folder / "results" / f"{number:07}.jsonl").touch()
        prompts = Path(name, "input.jsonl")
        prompts.write_bytes("".join(f"{line}\n" for line in lines).encode())
        shards = list(jobs.unanswered(prompts, folder))
    assert shards == [
        ("job", number, [f"{line}\n".encode() for line in shard])
        for number, shard in enumerate(expected)
        if number not in answered
    ]


def test_a_job_is_identified_by_prompts_and_settings(monkeypatch):
    """The same prompts are the same job unless the commit of the model or a setting changes."""
    job = jobs.job_id(io.BytesIO(b"a"))
    assert job == jobs.job_id(io.BytesIO(b"a")) != jobs.job_id(io.BytesIO(b"b"))
    for name, value in (("REVISIONS", {jobs.MODEL: "1" * 40}), ("SHARD", 7), ("MAX_TOKENS", 8)):
        with monkeypatch.context() as patch:
            patch.setattr(jobs, name, value)
            assert jobs.job_id(io.BytesIO(b"a")) != job


@pytest.fixture
def endpoint():
    """A server that answers with queued statuses, then with 200: its URL, the queue, and the received requests."""
    statuses, received = [], []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            received.append((dict(self.headers), body))
            status = statuses.pop(0) if statuses else 200
            self.send_response(status)
            self.end_headers()
            if status != 200:
                self.wfile.write(b"why not")
            elif body.get("stream"):
                for delta in ({"content": "Hel"}, {"reasoning_content": "lo"}):
                    self.wfile.write(b"data: %s\n\n" % json.dumps({"choices": [{"delta": delta}]}).encode())
                usage = {"prompt_tokens": 9, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 5}}
                self.wfile.write(b"data: %s\n\n" % json.dumps({"choices": [], "usage": usage}).encode())
                self.wfile.write(b"data: [DONE]\n\n" if "cut" not in body["model"] else b"")
            else:
                self.wfile.write(json.dumps({"choices": [{"message": {"content": "Hi"}}]}).encode())

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", statuses, received
    server.shutdown()


def test_requests_to_a_cold_or_full_endpoint_are_repeated(endpoint, monkeypatch):
    """503 and 429 are retried until the deadline; other statuses are final, and the response is in the error."""
    monkeypatch.setattr(smoke.time, "sleep", lambda seconds: None)
    url, statuses, received = endpoint
    statuses += [503, 429]
    assert smoke.ask(url, "key", {}, deadline=time.monotonic() + 20).status == 200
    assert len(received) == 3 and received[0][0]["Authorization"] == "Bearer key"
    statuses += [404]
    with pytest.raises(SystemExit, match=r"404.*why not"):
        smoke.ask(url, None, {}, deadline=time.monotonic() + 20)
    statuses += [503]
    with pytest.raises(SystemExit, match="503"):
        smoke.ask(url, None, {})
    statuses += [401]
    assert smoke.ask(url, "", {}, expect=401).status == 401


def test_a_conversation_stays_with_its_container(endpoint, capsys):
    """Both turns have both affinity headers with one value; the second turn contains the first answer."""
    url, _, received = endpoint
    conversation.check_conversation(url, "key", "m")
    sent = [{name.lower(): value for name, value in headers.items()} for headers, _ in received[:2]]
    sessions = {headers[name] for headers in sent for name in ("modal-session-id", "modal-routing-affinity-key")}
    assert len(sessions) == 1
    assert received[1][1]["messages"][1] == {"role": "assistant", "content": "Hello"}
    assert "5 of 9 prompt tokens" in capsys.readouterr().out


@pytest.mark.parametrize("check", [smoke.check_chat, conversation.check_conversation])
def test_an_incomplete_answer_is_a_failure(check, endpoint):
    """A stream that ends without [DONE] is an error, not a short answer."""
    with pytest.raises(SystemExit, match="ended early"):
        check(endpoint[0], None, "cut")
