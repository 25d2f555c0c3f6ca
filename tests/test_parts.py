"""The functions that several apps share, run as they stand in templates/parts."""

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

OPEN = {"/health", "/v1/models", "/v1/chat/completions"}  # the engine itself asks for the key below /v1
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
    """Takes what a gate answers itself."""


def let_in(gate: type, scope: dict) -> bool:
    """Whether a request reaches the route that it asked for."""
    seen = []

    async def app(scope, receive, send):
        seen.append(scope.get("path"))

    asyncio.run(gate(app)(scope, None, refusal))
    return seen == [scope.get("path")]


def request(path: str, key: str | None = None, kind: str = "http") -> dict:
    headers = [] if key is None else [(b"authorization", f"Bearer {key}".encode())]
    return {"type": kind, "path": path, "headers": headers}


@pytest.mark.parametrize("gate", [engine.Gate, asleep.Gate], ids=["gate", "gate of a sleeper"])
@pytest.mark.parametrize("key", ["", "sk-1"], ids=["open", "api key"])
@pytest.mark.parametrize("given_key", [None, "", "wrong", "sk-1", "own"])
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_gate_lets_in_what_clients_need(gate, key, given_key, kind, monkeypatch):
    """The API and /health reach the engine, /metrics with the key; other routes with the container's own key only."""
    monkeypatch.setenv("VLLM_API_KEY", key)
    monkeypatch.setenv("OWN_KEY", "own")
    owner = gate is asleep.Gate and given_key == "own"
    for path in OPEN:
        assert let_in(gate, request(path, given_key, kind))
    assert let_in(gate, request("/metrics", given_key, kind)) == (not key or given_key == key or owner)
    for path in CLOSED:
        assert let_in(gate, request(path, given_key, kind)) == owner, path


@pytest.mark.parametrize("gate", [engine.Gate, asleep.Gate])
def test_gate_without_keys_knows_no_owner(gate, monkeypatch):
    """An own key that is not set opens nothing, and the server's start and end pass."""
    monkeypatch.delenv("OWN_KEY", raising=False)
    monkeypatch.delenv("VLLM_API_KEY", raising=False)
    assert not let_in(gate, request("/sleep", ""))
    assert let_in(gate, {"type": "lifespan"})


@pytest.mark.parametrize(
    ("key", "given_key"),
    [(None, None), (None, "x"), ("sk", None), ("sk", "x"), ("sk", "sk"), ("", None), ("", ""), ("", "x")],
)
def test_the_gate_of_sglang_lets_in_what_clients_need(key, given_key, monkeypatch):
    """It knows the key itself: without it only /health is open, and /freeze_gc once, for SGLang's own request."""
    if key is not None:
        monkeypatch.setenv("LLM_API_KEY", key)
    known = key is None or given_key == key != ""  # an empty key opens nothing
    assert let_in(plugin.Gate, request("/health", given_key)) and let_in(plugin.Gate, {"type": "lifespan"})
    for path in ("/v1/models", "/v1/chat/completions", "/metrics"):
        assert let_in(plugin.Gate, request(path, given_key)) == known
    for path in {*CLOSED, "/server_info", "/generate", "/flush_cache", "/api/chat"}:
        assert not let_in(plugin.Gate, request(path, given_key)), path
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
    """Shards are numbered in the order of the file; all but the last have the same size; answered ones are left out."""
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


def test_a_job_is_its_prompts_and_settings(monkeypatch):
    """The same prompts are the same job, until the model, its commit or a setting changes."""
    one = jobs.job_id(io.BytesIO(b"a"))
    assert one == jobs.job_id(io.BytesIO(b"a")) != jobs.job_id(io.BytesIO(b"b"))
    for name, value in (("REVISIONS", {jobs.MODEL: "1" * 40}), ("SHARD", 7), ("MAX_TOKENS", 8)):
        with monkeypatch.context() as patch:
            patch.setattr(jobs, name, value)
            assert jobs.job_id(io.BytesIO(b"a")) != one


@pytest.fixture
def endpoint():
    """A server that answers the statuses it is given, one after the other, then 200; its URL and what it was asked."""
    statuses, asked = [], []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append((dict(self.headers), body))
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
    yield f"http://127.0.0.1:{server.server_port}", statuses, asked
    server.shutdown()


def test_a_cold_or_full_endpoint_is_asked_again(endpoint, monkeypatch):
    """503 and 429 are waited for while there is patience; other answers are final, with what the endpoint said."""
    monkeypatch.setattr(smoke.time, "sleep", lambda seconds: None)
    url, statuses, asked = endpoint
    statuses += [503, 429]
    assert smoke.ask(url, "key", {}, deadline=time.monotonic() + 20).status == 200
    assert len(asked) == 3 and asked[0][0]["Authorization"] == "Bearer key"
    statuses += [404]
    with pytest.raises(SystemExit, match=r"404.*why not"):
        smoke.ask(url, None, {}, deadline=time.monotonic() + 20)
    statuses += [503]
    with pytest.raises(SystemExit, match="503"):
        smoke.ask(url, None, {})
    statuses += [401]
    assert smoke.ask(url, "", {}, expect=401).status == 401


def test_a_conversation_stays_with_its_container(endpoint, capsys):
    """Both turns carry both affinity headers with one value, the second turn holds the first answer."""
    url, _, asked = endpoint
    conversation.check_conversation(url, "key", "m")
    sent = [{name.lower(): value for name, value in headers.items()} for headers, _ in asked[:2]]
    sessions = {headers[name] for headers in sent for name in ("modal-session-id", "modal-routing-affinity-key")}
    assert len(sessions) == 1
    assert asked[1][1]["messages"][1] == {"role": "assistant", "content": "Hello"}
    assert "5 of 9 prompt tokens" in capsys.readouterr().out


@pytest.mark.parametrize("check", [smoke.check_chat, conversation.check_conversation])
def test_half_an_answer_is_a_failure(check, endpoint):
    """A stream without its end is an error, not a short answer."""
    with pytest.raises(SystemExit, match="ended early"):
        check(endpoint[0], None, "cut")
