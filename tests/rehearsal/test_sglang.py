"""The stub of SGLang in a rehearsed container: its command line, authentication, answers and benchmark."""

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
from tests.conftest import LIMIT_S
from tests.rehearsal.engines import HELLO, HTTP, environment, get, notes, post, stream

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
                     table=facts.flag_document("sglang", VERSION))  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    """A folder with the configuration of a model of at most 4,096 tokens."""
    folder = tmp_path_factory.mktemp("model")
    (folder / "config.json").write_text(json.dumps(miniature.PLAIN | {"max_position_embeddings": 4096}))
    return folder


def run(env: Path, tmp_path: Path, *arguments, **more: str) -> subprocess.CompletedProcess:
    """Run `sglang ARGUMENTS`, or `python -m MODULE ...` if the first argument is -m, until it exits."""
    command = [env / "bin" / ("python" if arguments[0] == "-m" else "sglang"), *map(str, arguments)]
    return subprocess.run(command, env=environment(tmp_path, **more), cwd=tmp_path,
                          capture_output=True, text=True, timeout=LIMIT_S)  # fmt: skip


@contextlib.contextmanager
def serving(env: Path, tmp_path: Path, model: Path, *arguments, module: bool = False, **more: str):
    """Run `sglang serve --model-path MODEL ARGUMENTS` on a free port; yields its URL and process."""
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
        deadline = time.monotonic() + LIMIT_S
        while "ready to roll" not in (text := (tmp_path / "log").read_text()):
            assert process.poll() is None and time.monotonic() < deadline, text[-3000:]
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
    return HTTP.request(method, f"{url}{path}", json=body, headers=headers | more)


def chat(**more) -> dict:
    return {"model": NAME, "messages": HELLO, **more}


@pytest.mark.parametrize(("arguments", "message"), [
    (["--mem-fraction-statik", "0.5"], "--mem-fraction-statik"),
    (["--cuda-graph-max-bs", "4"], "--cuda-graph-max-bs"),
    (["--log-requests-level", "7"], "--log-requests-level"),
    (["--tool-call-parser", "nobody"], "nobody"),
])  # fmt: skip
@pytest.mark.parametrize("start", [["serve"], ["-m", "sglang.launch_server"], ["-m", "sglang.compile_deep_gemm"]])
def test_flags_that_the_pinned_engine_refuses(env, model, tmp_path, start, arguments, message):
    """Exit code 2 and the flag in the message, for the server and for compiling kernels."""
    ended = run(env, tmp_path, *start, "--model-path", model, *arguments)
    assert ended.returncode == 2 and message in ended.stderr


def test_compiling_kernels_is_skipped(env, model, tmp_path):
    """Valid arguments of the server pass; nothing is compiled, with a note."""
    seen = tmp_path / "notes"
    ended = run(env, tmp_path, "-m", "sglang.compile_deep_gemm", "--model-path", model, "--timeout", "100",
                REHEARSAL_NOTES=str(seen))  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert any("compile_deep_gemm" in note["text"] for note in notes(seen))


@pytest.mark.parametrize(("arguments", "message"), [
    (["--enable-hierarchical-cache", "--disable-radix-cache"], "ValueError: The arguments enable-hierarchical-cache"),
    (["--moe-dense-tp-size", "2"], "AssertionError: moe_dense_tp_size only supports None, 1, or tp_size"),
    (["--kv-cache-dtype", "nvfp4"], "RuntimeError: --kv-cache-dtype=nvfp4 requires Blackwell"),
    (["--tp-size", "4", "--attn-dp-size", "3"], "AssertionError (--attn-dp-size)"),
])  # fmt: skip
def test_relations_that_the_engine_refuses(env, model, tmp_path, arguments, message):
    """Before anything starts, in the engine's words and with its exit code; without words, its exception."""
    gpus = "H100:4:80000:9.0"
    ended = run(env, tmp_path, "serve", "--model-path", model, *arguments, REHEARSAL_GPUS=gpus)
    assert ended.returncode == 1 and message in ended.stderr


@pytest.mark.parametrize(("arguments", "message"), [
    (["--model-path", "/nowhere/at/all"], "/nowhere/at/all"),
    (["--speculative-draft-model-path", "/no/draft"], "/no/draft"),
    (["--context-length", "5000"], "5000"),
])  # fmt: skip
def test_errors_at_startup(env, model, tmp_path, arguments, message):
    """A missing model or draft, and a context longer than the model's."""
    ended = run(env, tmp_path, "serve", "--model-path", model, *arguments, "--port", "1")
    assert ended.returncode == 1 and message in ended.stderr, ended.stderr


def test_a_variable_allows_longer_contexts(env, model, tmp_path):
    """The same variable as in the real engine."""
    allowed = {"SGLANG_ALLOW_OVERWRITE_LONGER_CONTEXT_LEN": "1"}
    with serving(env, tmp_path, model, "--context-length", "5000", **allowed) as (url, _):
        assert ask(url, "/v1/models").json()["data"][0]["max_model_len"] == 5000


@pytest.mark.parametrize(
    "keys",
    [
        *(pytest.param(keys, marks=pytest.mark.slow) for keys in [(), ("--api-key", KEY), ("--admin-api-key", ADMIN)]),
        ("--api-key", KEY, "--admin-api-key", ADMIN),
    ],
)
def test_keys_grant_access_as_in_sglang(env, model, tmp_path, keys):
    """Every route has its own access level; an admin key alone protects administration only."""
    key, admin = KEY if KEY in keys else None, ADMIN if ADMIN in keys else None
    with (
        serving(env, tmp_path, model, "--enable-metrics", *keys) as (url, _),
        httpx.Client(timeout=LIMIT_S) as client,
    ):
        for path, route in ROUTES.items():
            required = (admin or key) if route.get("admin") else key
            if path.startswith(("/health", "/ready", "/metrics")):
                required = None
            for method in route["methods"]:
                for sent in (None, KEY, ADMIN):
                    headers = {"Authorization": f"Bearer {sent}"} if sent else {}
                    address = f"{url}{path.replace('{', '').replace('}', '')}"
                    status = client.request(method, address, headers=headers).status_code
                    assert (status == 401) == (required is not None and sent != required), (path, method, sent)
                    assert status not in (404, 405) or "{model" in path, (path, method)
        for path in ("/health", "/health_generate", "/ready", "/metrics"):
            assert ask(url, path).status_code == 200
        for other in (KEY, f"Basic {KEY}"):
            assert ask(url, "/v1/models", Authorization=other).status_code == (401 if key else 200)
        assert get(f"{url}/v1/models", headers={"Authorization": f"bearer {KEY}"}).status_code == 200


def test_metrics_require_their_flag(env, model, tmp_path):
    """Prometheus text that counts the tokens of requests; without the flag the route does not exist."""
    with serving(env, tmp_path, model, "--enable-metrics") as (url, _):
        used = ask(url, "/v1/chat/completions", chat()).json()["usage"]
        assert (
            f'sglang:generation_tokens_total{{model_name="{NAME}"}} {used["completion_tokens"]}'
            in ask(url, "/metrics").text.splitlines()
        )
    with serving(env, tmp_path, model) as (url, _):
        assert ask(url, "/metrics").status_code == 404


def test_openapi_lists_the_routes(env, model, tmp_path):
    """All routes of the pinned engine; DISABLE_OPENAPI_DOC disables it."""
    with serving(env, tmp_path, model) as (url, _):
        assert ask(url, "/openapi.json").json()["paths"].keys() == ROUTES.keys()
    with serving(env, tmp_path, model, DISABLE_OPENAPI_DOC="1") as (url, _):
        assert ask(url, "/openapi.json").status_code == 404


def test_chats_have_the_format_of_sglang(env, model, tmp_path):
    """Complete and streamed answers agree; reasoning is in reasoning_content, usage in the last chunk."""
    with serving(env, tmp_path, model, "--reasoning-parser", "qwen3", "--enable-cache-report") as (url, _):
        complete = ask(url, "/v1/chat/completions", chat()).json()
        message, usage = complete["choices"][0]["message"], complete["usage"]
        assert "hello there" in message["content"] and message["reasoning_content"]
        assert complete["model"] == NAME and complete["choices"][0]["finish_reason"] == "stop"
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


def test_the_prefix_of_a_conversation_is_cached(env, model, tmp_path):
    """With --enable-cache-report, the usage has the tokens of the previous turn as cached tokens."""
    later = [*HELLO, {"role": "assistant", "content": "yes"}, {"role": "user", "content": "and now?"}]
    with serving(env, tmp_path, model, "--enable-cache-report") as (url, _):
        first = ask(url, "/v1/chat/completions", chat()).json()["usage"]
        second = ask(url, "/v1/chat/completions", chat(messages=later)).json()["usage"]
        cached = second["prompt_tokens_details"]["cached_tokens"]
        assert first["prompt_tokens"] - 1 <= cached < second["prompt_tokens"]
    with serving(env, tmp_path, model) as (url, _):
        assert ask(url, "/v1/chat/completions", chat()).json()["usage"]["prompt_tokens_details"] is None


@pytest.mark.parametrize(("body", "message"), [
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
def test_invalid_requests_are_refused(served, body, message):
    """400 with SGLang's own message, in its flat error object."""
    answer = ask(served, "/v1/chat/completions", body)
    assert answer.status_code == 400
    assert answer.json()["object"] == "error" and message in answer.json()["message"]


def test_bodies_that_are_not_json_are_refused(served):
    """Because of their content type or their content."""
    address = f"{served}/v1/chat/completions"
    headers = {"Content-Type": "application/json"}
    assert post(address, content=json.dumps(chat())).status_code == 400
    assert post(address, content=b"{", headers=headers).status_code == 400
    assert post(address, content=b"[]", headers=headers).status_code == 400
    assert post(address, json=chat()).status_code == 200


def test_the_model_is_found_by_its_name(served):
    """/v1/models/NAME, with a slash in it; other names are 404."""
    assert ask(served, f"/v1/models/{NAME}").json()["id"] == NAME
    unknown = ask(served, "/v1/models/other")
    assert unknown.status_code == 404 and unknown.json()["error"]["code"] == "model_not_found"


def test_a_required_tool_is_called(served):
    """With arguments of its schema, and without content."""
    function = {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}
    tools = [{"type": "function", "function": function}]
    complete = ask(served, "/v1/chat/completions", chat(tools=tools, tool_choice="required")).json()["choices"][0]
    call = complete["message"]["tool_calls"][0]["function"]
    assert complete["finish_reason"] == "tool_calls" and complete["message"]["content"] is None
    assert call["name"] == "weather" and json.loads(call["arguments"]).keys() == {"city"}


def test_texts_are_completed_by_both_apis(served):
    """OpenAI's completions and SGLang's own /generate."""
    answer = ask(served, "/v1/completions", {"model": NAME, "prompt": "once upon", "max_tokens": 7}).json()
    assert "once upon" in answer["choices"][0]["text"] and answer["usage"]["completion_tokens"] == 7
    own = ask(served, "/generate", {"text": "once upon", "sampling_params": {"max_new_tokens": 2}}).json()
    assert own["meta_info"]["completion_tokens"] == 2 and own["meta_info"]["finish_reason"]["type"] == "length"


@pytest.fixture(scope="module")
def served(env, model, tmp_path_factory):
    """URL of a stub without keys."""
    with serving(env, tmp_path_factory.mktemp("served"), model) as (url, _):
        yield url


def test_request_logs_contain_no_texts(env, model, tmp_path):
    """One line of JSON per request, after a time stamp."""
    logged = ("--log-requests", "--log-requests-level", "0", "--log-requests-format", "json")
    with serving(env, tmp_path, model, *logged) as (url, _):
        ask(url, "/v1/chat/completions", chat())
        ask(url, "/health")
        lines = [line for line in (tmp_path / "log").read_text().splitlines() if "request.finished" in line]
    assert len(lines) == 1 and "hello there" not in lines[0]
    assert json.loads(lines[0].partition("] ")[2])["out"]["meta_info"]["completion_tokens"] > 0


def install_plugin(folder: Path, source: str) -> None:
    """Write a plugin of SGLang that is found if the folder is on PYTHONPATH."""
    (folder / "gate.py").write_text(source)
    info = folder / "gate-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: gate\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[sglang.srt.plugins]\ngate = gate:plug_in\n")


def test_plugins_add_middleware(env, model, tmp_path):
    """They are found through their entry points on PYTHONPATH, as in the real engine; an exception gives 500."""
    install_plugin(tmp_path, PLUGIN)
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
def test_a_failing_plugin_is_skipped(env, model, tmp_path, source, more):
    """SGLang serves without it, so an app has to check that its gate is closed."""
    install_plugin(tmp_path, source)
    with serving(env, tmp_path, model, PYTHONPATH=str(tmp_path), **more) as (url, _):
        assert ask(url, "/v1/models").status_code == 200


def test_the_older_command_serves(env, model, tmp_path):
    """python -m sglang.launch_server takes the same arguments."""
    with serving(env, tmp_path, model, module=True) as (url, _):
        assert ask(url, "/v1/models").json()["data"][0] | {"created": 0} == {
            "id": NAME, "object": "model", "created": 0, "owned_by": "sglang", "root": NAME, "parent": None,
            "max_model_len": 4096,
        }  # fmt: skip


def test_running_requests_end_before_the_server(env, model, tmp_path):
    """After SIGTERM in the middle of a stream, the stream is completed, and the process ends."""
    body = chat(stream=True, max_tokens=500, ignore_eos=True)
    with serving(env, tmp_path, model) as (url, process):
        with stream("POST", f"{url}/v1/chat/completions", json=body) as answer:
            lines = answer.iter_lines()
            next(lines)
            process.terminate()
            assert [line for line in lines if line][-1] == "data: [DONE]"
        assert process.wait(LIMIT_S) == 0


def test_a_fault_ends_the_engine_in_the_middle_of_a_stream(env, model, tmp_path):
    """The connection is closed, and the exit code is 1."""
    with serving(env, tmp_path, model, REHEARSAL_FAULTS="engine-crash-mid-stream:0") as (url, process):
        with pytest.raises(httpx.RemoteProtocolError):
            ask(url, "/v1/chat/completions", chat(stream=True))
        assert process.wait(LIMIT_S) == 1


def test_unsupported_arguments_are_noted(env, model, tmp_path):
    """Such as an endpoint for traces."""
    seen = tmp_path / "notes"
    arguments = ("--enable-trace", "--otlp-traces-endpoint", "otel:4317")
    with serving(env, tmp_path, model, *arguments, REHEARSAL_NOTES=str(seen)):
        (text,) = [note["text"] for note in notes(seen) if note["kind"] == "left_out"]
    assert "otel:4317" in text


def test_a_configuration_file_is_read_as_by_the_engine(env, model, tmp_path):
    """Flags on the command line take precedence; false leaves out a switch."""
    arguments = {"api-key": KEY, "enable-metrics": False, "served-model-name": "from-the-file", "context-length": 100}
    (tmp_path / "keys.yaml").write_text(json.dumps(arguments))
    command = (model, "--config", tmp_path / "keys.yaml", "--served-model-name", "typed")
    with serving(env, tmp_path, *command) as (url, _):
        assert ask(url, "/v1/models").status_code == 401
        (card,) = ask(url, "/v1/models", key=KEY).json()["data"]
        assert (card["id"], card["max_model_len"]) == ("typed", 100)
        assert get(f"{url}/metrics").status_code == 404


@pytest.mark.parametrize(
    ("name", "text", "code", "message"),
    [
        ("a.yaml", '{"api_key": "x"}', 2, "--api_key"),
        ("a.yaml", '{"no-such-flag": 1}', 2, "--no-such-flag"),
        ("a.yaml", "[1]", 1, "dictionary at root"),
        ("a.json", "{}", 1, "must be YAML"),
        ("missing.yaml", None, 1, "not found"),
    ],
)
def test_a_configuration_file_that_the_engine_refuses(env, model, tmp_path, name, text, code, message):
    """Underscored or unknown keys are unknown flags; a file that is not a YAML mapping is an error."""
    if text is not None:
        (tmp_path / name).write_text(text)
    ended = run(env, tmp_path, "serve", model, "--config", tmp_path / name)
    assert (ended.returncode, "Traceback" in ended.stderr) == (code, False)
    assert message in ended.stderr


BENCH = ("--backend", "vllm-chat", "--dataset-name", "random-ids", "--random-input-len", "64", "--random-output-len",
         "8", "--random-range-ratio", "1.0", "--output-file", "bench.jsonl")  # fmt: skip


@pytest.mark.parametrize("module", ["sglang.benchmark.serving", "sglang.bench_serving"])
def test_the_benchmark_writes_the_fields_of_the_real_one(env, model, tmp_path, module):
    """Every run sends its requests with the key, and appends a line of JSON."""
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


def test_the_benchmark_waits_until_the_server_is_ready(env, model, tmp_path):
    """Without the key, /v1/models remains 401, and the benchmark ends with 1 after its timeout."""
    with serving(env, tmp_path, model, "--api-key", KEY) as (url, _):
        ended = run(env, tmp_path, "-m", "sglang.benchmark.serving", *BENCH, "--base-url", url, "--model", NAME,
                    "--num-prompts", "1", "--ready-check-timeout-sec", "1")  # fmt: skip
    assert ended.returncode == 1 and "not ready" in ended.stdout + ended.stderr


@pytest.mark.parametrize(("arguments", "message"), [
    (["--max-concurency", "3"], "--max-concurency"),
    (["--backend", "nobody"], "nobody"),
    (["--dataset-name", "random-words"], "random-words"),
    (["--num-prompts", "some"], "--num-prompts"),
])  # fmt: skip
def test_invalid_flags_of_the_benchmark(env, tmp_path, arguments, message):
    """Exit code 2 and the flag or value in the message."""
    ended = run(env, tmp_path, "-m", "sglang.benchmark.serving", *BENCH, *arguments)
    assert ended.returncode == 2 and message in ended.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="run it on Linux")
def test_outside_a_container_it_listens_on_loopback_only(env, model, tmp_path):
    """--host 0.0.0.0 binds the loopback address."""
    with serving(env, tmp_path, model) as (url, process):
        port = int(url.rpartition(":")[2])
        lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
        assert process.poll() is None
        assert {line.split()[1].partition(":")[0] for line in lines
                if line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A"} == {"0100007F"}  # fmt: skip
