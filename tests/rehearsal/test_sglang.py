"""The stub of SGLang in a rehearsed container: its command line, who may ask what, its answers, its benchmark."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from modal_serve_gen import facts
from modal_serve_gen.folders import FACTS
from modal_serve_gen.rehearsal.containers import bare_env
from modal_serve_gen.rehearsal.engines import miniature, stubs
from tests.rehearsal.engines import HELLO, PATIENCE_S, environment, get, notes, post, stream

VERSION = facts.pins()["sglang"].version
ROUTES = json.loads((FACTS / "apis" / f"sglang_routes-{VERSION}.json").read_text("utf-8"))["routes"]
NAME = "some/name"
KEY, ADMIN = "the-key", "the-admin-key"
PLUGIN = """
class Gate:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope.get("path") == "/v1/break":
            raise ValueError("broken")
        if scope["type"] != "http" or dict(scope["headers"]).get(b"x-own") == b"mine":
            return await self.app(scope, receive, send)
        await send({"type": "http.response.start", "status": 418, "headers": []})
        await send({"type": "http.response.body", "body": b"closed by the gate"})


def plug_in():
    from sglang.srt.entrypoints.http_server import app

    app.add_middleware(Gate)
"""


@pytest.fixture(scope="module")
def env(tmp_path_factory) -> Path:
    """A bare environment with the stub of the pinned SGLang."""
    folder = tmp_path_factory.mktemp("sglang") / "env"
    bare_env.make(folder, stubs.REQUIRED)
    stubs.install(folder, engine="sglang", version=VERSION, mode="stub", cpu_table=None, engine_python=None,
                     table=facts.flag_table_path("sglang", VERSION))  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    """A folder with a model's configuration, of 4096 tokens at most."""
    folder = tmp_path_factory.mktemp("model")
    (folder / "config.json").write_text(json.dumps(miniature.PLAIN | {"max_position_embeddings": 4096}))
    return folder


def run(env: Path, tmp_path: Path, *arguments, **more: str) -> subprocess.CompletedProcess:
    """`sglang ARGUMENTS`, or `python -m MODULE ...` where the first argument is -m, to its end."""
    command = [env / "bin" / ("python" if arguments[0] == "-m" else "sglang"), *map(str, arguments)]
    return subprocess.run(command, env=environment(tmp_path, **more), cwd=tmp_path,
                          capture_output=True, text=True, timeout=PATIENCE_S)  # fmt: skip


@contextlib.contextmanager
def serving(env: Path, tmp_path: Path, model: Path, *arguments, module: bool = False, **more: str):
    """The address of `sglang serve --model-path MODEL ARGUMENTS` on a free port, and its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    start = ["bin/python", "-m", "sglang.launch_server"] if module else ["bin/sglang", "serve"]
    log = (tmp_path / "log").open("w+")
    process = subprocess.Popen(
        [env / start[0], *start[1:], "--model-path", model, "--served-model-name", NAME, "--host", "0.0.0.0",
         "--port", str(port), *map(str, arguments)],
        env=environment(tmp_path, **more), cwd=tmp_path, stdout=log, stderr=log, start_new_session=True,
    )  # fmt: skip
    try:
        until = time.monotonic() + PATIENCE_S
        while "ready to roll" not in (told := (tmp_path / "log").read_text()):
            assert process.poll() is None and time.monotonic() < until, told[-3000:]
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}", process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        log.close()


def ask(url: str, path: str, body: dict | None = None, key: str | None = None, **more) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    method = "POST" if body is not None else "GET"
    return httpx.request(method, f"{url}{path}", json=body, headers=headers | more, timeout=PATIENCE_S)


def chat(**more) -> dict:
    return {"model": NAME, "messages": HELLO, **more}


@pytest.mark.parametrize(("arguments", "told"), [
    (["--mem-fraction-statik", "0.5"], "--mem-fraction-statik"),
    (["--cuda-graph-max-bs", "4"], "--cuda-graph-max-bs"),
    (["--log-requests-level", "7"], "--log-requests-level"),
    (["--tool-call-parser", "nobody"], "nobody"),
])  # fmt: skip
@pytest.mark.parametrize("start", [["serve"], ["-m", "sglang.launch_server"], ["-m", "sglang.compile_deep_gemm"]])
def test_what_the_pinned_engine_refuses_ends_each_command(env, model, tmp_path, start, arguments, told):
    """Exit code 2 and the user's own flag in the reason, for the server and for compiling kernels alike."""
    ended = run(env, tmp_path, *start, "--model-path", model, *arguments)
    assert ended.returncode == 2 and told in ended.stderr


def test_compiling_kernels_is_left_out_and_said(env, model, tmp_path):
    """Good arguments of the server pass; nothing is compiled, and the notes say so."""
    seen = tmp_path / "notes"
    ended = run(env, tmp_path, "-m", "sglang.compile_deep_gemm", "--model-path", model, "--timeout", "100",
                REHEARSAL_NOTES=str(seen))  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert any("compile_deep_gemm" in note["text"] for note in notes(seen))


@pytest.mark.parametrize(("arguments", "told"), [
    (["--model-path", "/nowhere/at/all"], "/nowhere/at/all"),
    (["--speculative-draft-model-path", "/no/draft"], "/no/draft"),
    (["--context-length", "5000"], "5000"),
])  # fmt: skip
def test_what_only_a_starting_engine_finds_ends_it(env, model, tmp_path, arguments, told):
    """A model or a draft that is not there, and more tokens than the model has positions."""
    ended = run(env, tmp_path, "serve", "--model-path", model, *arguments, "--port", "1")
    assert ended.returncode == 1 and told in ended.stderr, ended.stderr


def test_longer_contexts_are_allowed_by_their_variable(env, model, tmp_path):
    """As with the real engine, which then serves that many tokens."""
    allowed = {"SGLANG_ALLOW_OVERWRITE_LONGER_CONTEXT_LEN": "1"}
    with serving(env, tmp_path, model, "--context-length", "5000", **allowed) as (url, _):
        assert ask(url, "/v1/models").json()["data"][0]["max_model_len"] == 5000


@pytest.mark.parametrize("keys", [(), ("--api-key", KEY), ("--admin-api-key", ADMIN),
                                  ("--api-key", KEY, "--admin-api-key", ADMIN)])  # fmt: skip
def test_keys_open_what_sglang_lets_them_open(env, model, tmp_path, keys):
    """Every route by its level: an admin key alone guards administration only, and then takes its place there."""
    key, admin = KEY if KEY in keys else None, ADMIN if ADMIN in keys else None
    with (
        serving(env, tmp_path, model, "--enable-metrics", *keys) as (url, _),
        httpx.Client(timeout=PATIENCE_S) as client,
    ):
        for path, route in ROUTES.items():
            wanted = (admin or key) if route.get("admin") else key
            if path.startswith(("/health", "/ready", "/metrics")):
                wanted = None
            for method in route["methods"]:
                for given in (None, KEY, ADMIN):
                    headers = {"Authorization": f"Bearer {given}"} if given else {}
                    where = f"{url}{path.replace('{', '').replace('}', '')}"
                    status = client.request(method, where, headers=headers).status_code
                    assert (status == 401) == (wanted is not None and given != wanted), (path, method, given)
                    assert status not in (404, 405) or "{model" in path, (path, method)
        for path in ("/health", "/health_generate", "/ready", "/metrics"):
            assert ask(url, path).status_code == 200
        for other in (KEY, f"Basic {KEY}"):
            assert ask(url, "/v1/models", Authorization=other).status_code == (401 if key else 200)
        assert get(f"{url}/v1/models", headers={"Authorization": f"bearer {KEY}"}).status_code == 200


def test_metrics_are_there_when_they_are_switched_on(env, model, tmp_path):
    """Prometheus text that counts the tokens of requests; without its flag there is no such route."""
    with serving(env, tmp_path, model, "--enable-metrics") as (url, _):
        used = ask(url, "/v1/chat/completions", chat()).json()["usage"]
        assert (
            f'sglang:generation_tokens_total{{model_name="{NAME}"}} {used["completion_tokens"]}'
            in ask(url, "/metrics").text.splitlines()
        )
    with serving(env, tmp_path, model) as (url, _):
        assert ask(url, "/metrics").status_code == 404


def test_openapi_lists_the_routes_unless_it_is_switched_off(env, model, tmp_path):
    """All routes of the pinned engine; DISABLE_OPENAPI_DOC closes it."""
    with serving(env, tmp_path, model) as (url, _):
        assert ask(url, "/openapi.json").json()["paths"].keys() == ROUTES.keys()
    with serving(env, tmp_path, model, DISABLE_OPENAPI_DOC="1") as (url, _):
        assert ask(url, "/openapi.json").status_code == 404


def test_chats_have_the_shapes_of_sglang(env, model, tmp_path):
    """Whole and streamed answers agree; thoughts come as reasoning_content, usage in the last chunk."""
    with serving(env, tmp_path, model, "--reasoning-parser", "qwen3", "--enable-cache-report") as (url, _):
        whole = ask(url, "/v1/chat/completions", chat()).json()
        message, usage = whole["choices"][0]["message"], whole["usage"]
        assert "hello there" in message["content"] and message["reasoning_content"]
        assert whole["model"] == NAME and whole["choices"][0]["finish_reason"] == "stop"
        assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
        assert usage["prompt_tokens_details"] == {"cached_tokens": 0}
        answer = ask(url, "/v1/chat/completions", chat(stream=True, stream_options={"include_usage": True}))
        lines = [line.removeprefix("data: ") for line in answer.text.splitlines() if line]
        chunks = [json.loads(line) for line in lines[:-1]]
        assert lines[-1] == "[DONE]" and {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
        assert chunks[-1]["choices"] == [] and chunks[-1]["usage"]["completion_tokens"] == usage["completion_tokens"]
        assert chunks[-1]["usage"]["prompt_tokens_details"]["cached_tokens"] > 0
        deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
        for kind in ("content", "reasoning_content"):
            assert "".join(delta.get(kind) or "" for delta in deltas) == message[kind]
        assert ask(url, "/v1/chat/completions", chat(model="another")).json()["model"] == "another"
        two = ask(url, "/v1/chat/completions", chat(n=2)).json()
        assert [choice["index"] for choice in two["choices"]] == [0, 1]
        assert two["usage"]["completion_tokens"] == 2 * usage["completion_tokens"]
        assert two["usage"]["prompt_tokens_details"]["cached_tokens"] == usage["prompt_tokens"] - 1
        short = ask(url, "/v1/chat/completions", chat(max_tokens=3)).json()
        assert short["choices"][0]["finish_reason"] == "length" and short["usage"]["completion_tokens"] == 3


def test_the_next_turn_of_a_conversation_finds_its_beginning_cached(env, model, tmp_path):
    """With --enable-cache-report as many tokens are cached as the turn before had, and none without it."""
    later = [*HELLO, {"role": "assistant", "content": "yes"}, {"role": "user", "content": "and now?"}]
    with serving(env, tmp_path, model, "--enable-cache-report") as (url, _):
        first = ask(url, "/v1/chat/completions", chat()).json()["usage"]
        second = ask(url, "/v1/chat/completions", chat(messages=later)).json()["usage"]
        cached = second["prompt_tokens_details"]["cached_tokens"]
        assert first["prompt_tokens"] - 1 <= cached < second["prompt_tokens"]
    with serving(env, tmp_path, model) as (url, _):
        assert ask(url, "/v1/chat/completions", chat()).json()["usage"]["prompt_tokens_details"] is None


@pytest.mark.parametrize(("body", "told"), [
    ({"messages": []}, "Messages cannot be empty"),
    ({}, "messages"),
    ({"messages": HELLO, "max_tokens": "many"}, "max_tokens"),
    ({"messages": HELLO, "max_tokens": 4096}, "4096"),
    ({"messages": [{"role": "user", "content": "word " * 4000}]}, "longer than the model's context length"),
    ({"messages": HELLO, "temperature": -1}, "temperature"),
    ({"messages": HELLO, "top_p": 1.5}, "top_p"),
    ({"messages": HELLO, "tool_choice": "required"}, "Tools cannot be empty"),
    ({"messages": HELLO, "tool_choice": {"type": "function", "function": {"name": "b"}},
      "tools": [{"type": "function", "function": {"name": "a"}}]}, "'b' not found"),
])  # fmt: skip
def test_wrong_requests_are_refused_in_its_words(served, body, told):
    """400 with SGLang's flat error."""
    answer = ask(served, "/v1/chat/completions", body)
    assert answer.status_code == 400
    assert answer.json()["object"] == "error" and told in answer.json()["message"]


def test_bodies_that_are_no_json_are_refused(served):
    """By their content type, and by what they hold."""
    where = f"{served}/v1/chat/completions"
    typed = {"Content-Type": "application/json"}
    assert post(where, content=json.dumps(chat())).status_code == 400
    assert post(where, content=b"{", headers=typed).status_code == 400
    assert post(where, content=b"[]", headers=typed).status_code == 400
    assert post(where, json=chat()).status_code == 200


def test_one_model_is_known_by_its_name(served):
    """/v1/models/NAME, with a slash in it; any other is unknown."""
    assert ask(served, f"/v1/models/{NAME}").json()["id"] == NAME
    unknown = ask(served, "/v1/models/other")
    assert unknown.status_code == 404 and unknown.json()["error"]["code"] == "model_not_found"


def test_a_required_tool_is_called(served):
    """With arguments that its schema names, and no content."""
    function = {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}
    tools = [{"type": "function", "function": function}]
    whole = ask(served, "/v1/chat/completions", chat(tools=tools, tool_choice="required")).json()["choices"][0]
    call = whole["message"]["tool_calls"][0]["function"]
    assert whole["finish_reason"] == "tool_calls" and whole["message"]["content"] is None
    assert call["name"] == "weather" and json.loads(call["arguments"]).keys() == {"city"}


def test_texts_are_completed_on_both_apis(served):
    """OpenAI's completions and SGLang's own /generate."""
    told = ask(served, "/v1/completions", {"model": NAME, "prompt": "once upon", "max_tokens": 7}).json()
    assert "once upon" in told["choices"][0]["text"] and told["usage"]["completion_tokens"] == 7
    own = ask(served, "/generate", {"text": "once upon", "sampling_params": {"max_new_tokens": 2}}).json()
    assert own["meta_info"]["completion_tokens"] == 2 and own["meta_info"]["finish_reason"]["type"] == "length"


@pytest.fixture(scope="module")
def served(env, model, tmp_path_factory):
    """The address of one stub without keys."""
    with serving(env, tmp_path_factory.mktemp("served"), model) as (url, _):
        yield url


def test_request_logs_have_figures_and_no_texts(env, model, tmp_path):
    """One line of JSON after a time stamp for each request."""
    logged = ("--log-requests", "--log-requests-level", "0", "--log-requests-format", "json")
    with serving(env, tmp_path, model, *logged) as (url, _):
        ask(url, "/v1/chat/completions", chat())
        ask(url, "/health")
        lines = [line for line in (tmp_path / "log").read_text().splitlines() if "request.finished" in line]
    assert len(lines) == 1 and "hello there" not in lines[0]
    assert json.loads(lines[0].partition("] ")[2])["out"]["meta_info"]["completion_tokens"] > 0


def plugged(folder: Path, source: str) -> None:
    """Make `source` a plugin of SGLang, for who has the folder on PYTHONPATH."""
    (folder / "gate.py").write_text(source)
    info = folder / "gate-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: gate\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[sglang.srt.plugins]\ngate = gate:plug_in\n")


def test_plugins_put_their_middleware_before_the_server(env, model, tmp_path):
    """Found by their entry point on PYTHONPATH, as the real engine finds them; a gate that breaks is a 500."""
    plugged(tmp_path, PLUGIN)
    with serving(env, tmp_path, model, PYTHONPATH=str(tmp_path)) as (url, _):
        closed = ask(url, "/v1/models")
        assert (closed.status_code, closed.text) == (418, "closed by the gate")
        opened = get(f"{url}/v1/models", headers={"x-own": "mine"})
        assert opened.json()["data"][0]["id"] == NAME
        assert ask(url, "/v1/break").status_code == 500


@pytest.mark.parametrize(("source", "more"), [
    ("import nothing_of_this_name", {}),
    (PLUGIN.replace("app.add_middleware(Gate)", "raise OSError"), {}),
    (PLUGIN, {"SGLANG_PLUGINS": "another"}),
])  # fmt: skip
def test_a_plugin_that_fails_is_left_out(env, model, tmp_path, source, more):
    """SGLang serves on without it: an app that trusts a gate has to look whether it is shut."""
    plugged(tmp_path, source)
    with serving(env, tmp_path, model, PYTHONPATH=str(tmp_path), **more) as (url, _):
        assert ask(url, "/v1/models").status_code == 200


def test_the_older_command_serves_too(env, model, tmp_path):
    """python -m sglang.launch_server takes the same arguments."""
    with serving(env, tmp_path, model, module=True) as (url, _):
        assert ask(url, "/v1/models").json()["data"][0] | {"created": 0} == {
            "id": NAME, "object": "model", "created": 0, "owned_by": "sglang", "root": NAME, "parent": None,
            "max_model_len": 4096,
        }  # fmt: skip


def test_running_requests_are_finished_when_it_ends(env, model, tmp_path):
    """SIGTERM in the middle of a stream: the stream is whole, then the process is gone."""
    body = chat(stream=True, max_tokens=500, ignore_eos=True)
    with serving(env, tmp_path, model) as (url, process):
        with stream("POST", f"{url}/v1/chat/completions", json=body) as answer:
            lines = answer.iter_lines()
            next(lines)
            process.terminate()
            assert [line for line in lines if line][-1] == "data: [DONE]"
        assert process.wait(PATIENCE_S) == 0


def test_the_fault_kills_it_in_the_middle_of_a_stream(env, model, tmp_path):
    """engine-crash-mid-stream: the connection breaks, the process ends with 1."""
    with serving(env, tmp_path, model, REHEARSAL_FAULTS="engine-crash-mid-stream:0") as (url, process):
        with pytest.raises(httpx.RemoteProtocolError):
            ask(url, "/v1/chat/completions", chat(stream=True))
        assert process.wait(PATIENCE_S) == 1


def test_what_the_stub_cannot_do_is_noted(env, model, tmp_path):
    """TLS and traces are named in the notes."""
    seen = tmp_path / "notes"
    arguments = ("--enable-trace", "--otlp-traces-endpoint", "otel:4317")
    with serving(env, tmp_path, model, *arguments, REHEARSAL_NOTES=str(seen)):
        (told,) = [note["text"] for note in notes(seen) if note["kind"] == "left_out"]
    assert "otel:4317" in told


def test_a_file_of_arguments_is_read_as_the_engine_reads_it(env, model, tmp_path):
    """Its flags count as if typed first: the command line wins, false leaves a switch off."""
    arguments = {"api-key": KEY, "enable-metrics": False, "served-model-name": "of-the-file", "context-length": 100}
    (tmp_path / "keys.yaml").write_text(json.dumps(arguments))
    given = (model, "--config", tmp_path / "keys.yaml", "--served-model-name", "typed")
    with serving(env, tmp_path, *given) as (url, _):
        assert ask(url, "/v1/models").status_code == 401
        (card,) = ask(url, "/v1/models", key=KEY).json()["data"]
        assert (card["id"], card["max_model_len"]) == ("typed", 100)
        assert get(f"{url}/metrics").status_code == 404


@pytest.mark.parametrize(
    ("name", "text", "code", "told"),
    [
        ("a.yaml", '{"api_key": "x"}', 2, "--api_key"),
        ("a.yaml", '{"no-such-flag": 1}', 2, "--no-such-flag"),
        ("a.yaml", "[1]", 1, "dictionary at root"),
        ("a.json", "{}", 1, "must be YAML"),
        ("missing.yaml", None, 1, "not found"),
    ],
)
def test_a_file_of_arguments_that_the_engine_refuses_ends_it(env, model, tmp_path, name, text, code, told):
    """Underscored or unknown keys are unknown flags; what is no mapping in a YAML file is not read at all."""
    if text is not None:
        (tmp_path / name).write_text(text)
    ended = run(env, tmp_path, "serve", model, "--config", tmp_path / name)
    assert (ended.returncode, "Traceback" in ended.stderr) == (code, False)
    assert told in ended.stderr


BENCH = ("--backend", "vllm-chat", "--dataset-name", "random-ids", "--random-input-len", "64", "--random-output-len",
         "8", "--random-range-ratio", "1.0", "--output-file", "bench.jsonl")  # fmt: skip


@pytest.mark.parametrize("module", ["sglang.benchmark.serving", "sglang.bench_serving"])
def test_the_benchmark_asks_with_the_key_and_keeps_the_real_keys(env, model, tmp_path, module):
    """So many requests, a line of JSON appended, the figures under the names of the real benchmark."""
    with serving(env, tmp_path, model, "--api-key", KEY) as (url, _):
        command = ["-m", module, *BENCH, "--base-url", url, "--model", NAME, "--tokenizer", model,
                   "--num-prompts", "6", "--max-concurrency", "3"]  # fmt: skip
        ended = run(env, tmp_path, *command, OPENAI_API_KEY=KEY)
        assert ended.returncode == 0, ended.stderr
        assert KEY not in ended.stdout + ended.stderr
        again = run(env, tmp_path, *command, OPENAI_API_KEY=KEY)
        assert again.returncode == 0
        rows = [json.loads(line) for line in (tmp_path / "bench.jsonl").read_text().splitlines()]
        assert len(rows) == 2 and rows[0]["completed"] == 6 and rows[0]["max_concurrency"] == 3
        assert rows[0]["total_output_tokens"] == 48
        for name in ("ttft", "tpot", "itl", "e2e_latency"):
            assert rows[0][f"median_{name}_ms"] >= 0 and rows[0][f"p99_{name}_ms"] >= rows[0][f"median_{name}_ms"]
        assert rows[0]["output_throughput"] > 0


def test_the_benchmark_waits_for_a_server_that_lets_it_in(env, model, tmp_path):
    """Without a key /v1/models stays closed, and it gives up with 1 after the time that it was given."""
    with serving(env, tmp_path, model, "--api-key", KEY) as (url, _):
        ended = run(env, tmp_path, "-m", "sglang.benchmark.serving", *BENCH, "--base-url", url, "--model", NAME,
                    "--num-prompts", "1", "--ready-check-timeout-sec", "1")  # fmt: skip
    assert ended.returncode == 1 and "not ready" in ended.stdout + ended.stderr


@pytest.mark.parametrize(("arguments", "told"), [
    (["--max-concurency", "3"], "--max-concurency"),
    (["--backend", "nobody"], "nobody"),
    (["--dataset-name", "random-words"], "random-words"),
    (["--num-prompts", "some"], "--num-prompts"),
])  # fmt: skip
def test_the_benchmark_refuses_what_the_real_one_refuses(env, tmp_path, arguments, told):
    """Exit code 2 and the user's own word."""
    ended = run(env, tmp_path, "-m", "sglang.benchmark.serving", *BENCH, *arguments)
    assert ended.returncode == 2 and told in ended.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="addresses of its own are a matter of Linux")
def test_outside_a_container_it_listens_on_this_machine_only(env, model, tmp_path):
    """--host 0.0.0.0 binds the loopback address."""
    with serving(env, tmp_path, model) as (url, process):
        port = int(url.rpartition(":")[2])
        lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
        assert process.poll() is None
        assert {line.split()[1].partition(":")[0] for line in lines
                if line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A"} == {"0100007F"}  # fmt: skip
