"""The real SGLang behind its stub: arguments for a CPU, its environment, and the server itself."""

import importlib
import itertools
import json
import os
import signal
import subprocess
import sys
import tomllib
import types
from pathlib import Path

import httpx
import pytest

from modal_serve_gen import facts, flags
from modal_serve_gen.errors import MachineError
from modal_serve_gen.rehearsal.containers import bare_env
from modal_serve_gen.rehearsal.engines import engine_env, miniature, sglang_env, stubs
from tests.conftest import LIMIT_S
from tests.rehearsal.engines import notes
from tests.rehearsal.test_engine_env import clear_caches, environments, supported, tiny, wheel  # noqa: F401
from tests.rehearsal.test_sglang import KEY, PLUGIN, ask, chat, run, serving

VERSION = facts.pins()["sglang"].version
TABLE = flags.load(facts.flag_table_path("sglang", VERSION))


def golden_command() -> list[str]:
    """Arguments of the default app's engine, with every flag that a plan may add."""
    return [
        "--model-path", "/m", "--served-model-name", "some/name", "--host", "0.0.0.0", "--port", "8000",
        "--tp-size", "2", "--dtype", "auto", "--enable-metrics", "--max-running-requests", "16",
        "--cuda-graph-max-bs-decode", "16", "--context-length", "16384", "--mem-fraction-static", "0.9",
        "--enable-cache-report", "--log-requests", "--log-requests-level", "0", "--log-requests-format", "json",
        "--tool-call-parser", "qwen3_coder", "--reasoning-parser", "qwen3", "--kv-cache-dtype", "fp8_e4m3",
        "--speculative-draft-model-path", "/m", "--speculative-algorithm=NEXTN", "--speculative-num-steps=3",
        "--attention-backend", "fa3", "--grammar-backend", "xgrammar", "--enable-trace",
    ]  # fmt: skip


@pytest.fixture
def handover(monkeypatch, tmp_path):
    """The stub's module as in a container: in a package with the name `sglang`."""
    package, folder = types.ModuleType("sglang"), Path(stubs.__file__).parent
    package.__path__ = [str(folder / "sglang")]

    def imported() -> list[str]:
        return [name for name in sys.modules if name.partition(".")[0] in ("sglang", "engine_stub")]

    for name in imported():
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setitem(sys.modules, "sglang", package)
    monkeypatch.setitem(sys.modules, "engine_stub.flags", flags)
    monkeypatch.setenv("REHEARSAL_NOTES", str(tmp_path / "notes"))
    monkeypatch.delenv("REHEARSAL_OUTER", raising=False)
    import engine_stub

    engine_stub.flags = flags
    module = importlib.import_module("sglang.handover")
    yield module
    for name in imported():
        monkeypatch.delitem(sys.modules, name)


def test_arguments_for_gpus_are_left_out(handover, tmp_path):
    """Parallelism, drafts, quantized caches, kernels and traces are left out with a note; flags of the API stay."""
    words = handover.arguments(flags.parse(golden_command(), TABLE), {"dtype": "bfloat16"}, None, TABLE)
    kept = dict(itertools.pairwise(words))
    assert kept["--served-model-name"] == "some/name" and kept["--context-length"] == "16384"
    assert {"--enable-metrics", "--enable-cache-report", "--tool-call-parser", "--grammar-backend"} <= set(words)
    assert (kept["--device"], kept["--dtype"], kept["--attention-backend"]) == ("cpu", "float32", "torch_native")
    assert words.count("--attention-backend") == 1 and kept["--host"] == "127.0.0.1"
    texts = "\n".join(note["text"] for note in notes(tmp_path / "notes"))
    left_out = ("--tp-size 2", "--speculative-algorithm NEXTN", "--kv-cache-dtype fp8_e4m3", "--attention-backend fa3",
            "--enable-trace", "--log-requests-format json", "--dtype auto is float32")  # fmt: skip
    assert all(text in texts for text in left_out), texts
    assert "--mem-fraction-static" not in texts + " ".join(words)
    assert not [problem for problem in flags.check(words, TABLE) if problem.kind == "error"]


def test_arguments_without_a_difference_are_not_noted(handover, tmp_path):
    """One GPU and a float32 model: the only note is about whitespace in JSON."""
    handover.arguments(flags.parse(["--model-path", "/m", "--tp-size", "1"], TABLE), {"dtype": "float32"}, None, TABLE)
    (note,) = notes(tmp_path / "notes")
    assert note["kind"] == "added" and "whitespace" in note["text"]


def test_the_cache_holds_one_request_of_full_length(handover, tmp_path, monkeypatch):
    """Or as many tokens as half of the memory holds, with a note."""
    options = flags.parse(["--model-path", "/m", "--context-length", "16384"], TABLE)
    config = {"num_hidden_layers": 2, "num_key_value_heads": 1, "head_dim": 128}
    assert handover.tokens(options, config) > 16384
    assert notes(tmp_path / "notes") == []
    monkeypatch.setattr(os, "sysconf", lambda name: {"SC_PAGE_SIZE": 4096, "SC_AVPHYS_PAGES": 4096}[name])
    assert handover.tokens(options, config) == 4096 * 4096 // 2 // (2 * 1 * 128 * 2 * 4)
    assert "4096 tokens" in notes(tmp_path / "notes")[0]["text"]


def test_the_engine_gets_the_containers_variables(handover, monkeypatch):
    """But not those of its Python; plugins on PYTHONPATH are still found."""
    monkeypatch.setenv("LLM_API_KEY", "k")
    monkeypatch.setenv("PYTHONHOME", "/wrong")
    monkeypatch.setenv("PYTHONPATH", "/the/app")
    monkeypatch.setenv("REHEARSAL_SHIM", "/the/shim")
    environment = handover.handover.environment()
    assert environment["LLM_API_KEY"] == "k" and "PYTHONHOME" not in environment
    assert environment["PYTHONPATH"] == os.pathsep.join(("/the/shim", "/the/app"))


def test_the_bundled_recipe_pins_the_engine_that_apps_pin():
    """A hash for every Python version of the engine environment; other packages by version."""
    recipe, below = sglang_env.recipe(), engine_env.recipe()
    assert recipe.engine.version == VERSION
    text = tomllib.loads(sglang_env.RECIPE.read_text("utf-8"))
    assert text["source"] and text["read"]
    hashes = recipe.engine.sha256
    assert sorted(hashes) == sorted(below.needs.python) and len(set(hashes.values())) == len(hashes)
    wheels = json.loads(facts.flag_table_path("sglang", VERSION).read_text("utf-8"))["wheel"]
    assert wheels["sha256"] in hashes.values()
    assert all("==" in requirement for requirement in recipe.engine.beside)


@pytest.fixture
def layer(tiny, monkeypatch):  # noqa: F811
    """A recipe of two tiny packages over the tiny engine environment."""
    wheel(tiny / "wheels", "orjson", "1.0")
    launch = tiny / "launch.py"
    launch.write_text("import orjson, sglang, sys, torch, vllm\nassert sys.argv[1:] == ['try']\n")
    monkeypatch.setattr(sglang_env, "RECIPE", tiny / "sglang.toml")
    monkeypatch.setattr(sglang_env, "LAUNCH", launch)
    write_recipe(tiny)
    yield tiny
    monkeypatch.undo()
    clear_all_caches()


def write_recipe(folder: Path, code: str = "") -> None:
    sha256 = wheel(folder / "wheels", "sglang", "1.0", code)
    (folder / "sglang.toml").write_text(
        f'[engine]\ndistribution = "sglang"\nversion = "1.0"\nbeside = ["orjson==1.0"]\n'
        f'[engine.sha256]\n"{engine_env.SERIES}" = "{sha256}"\n'
        '[needs]\nglibc = "2.0"\ndownload_mib = 1\ndisk_gib = 0.1\nseconds = 1\n'
    )
    clear_all_caches()


def clear_all_caches() -> None:
    sglang_env.recipe.cache_clear()
    sglang_env._key.cache_clear()
    clear_caches()


@supported
def test_the_layer_is_installed_once(layer):
    """It contains SGLang and the packages of the engine environment; a second call does nothing."""
    lines = []
    assert not sglang_env.ready()
    python = sglang_env.ensure(lines.append)
    assert sglang_env.ready() and engine_env.ready()
    assert environments(layer) == sorted([engine_env.folder().name, sglang_env.folder().name])
    subprocess.run([python, "-c", "import sglang, orjson, torch"], check=True)
    assert "SGLang is ready" in lines[-1]
    lines.clear()
    assert (sglang_env.ensure(lines.append), lines) == (python, [])
    assert "is installed" in sglang_env.examine()[1]


@supported
def test_another_engine_environment_requires_another_layer(layer):
    """A layer over another engine environment is not ready, and is installed again."""
    sglang_env.ensure(lambda line: None)
    with engine_env.REQUIREMENTS.open("a") as requirements:
        requirements.write("# and\nextra==1.0\n")
    wheel(layer / "wheels", "extra", "1.0")
    clear_all_caches()
    assert not sglang_env.ready()
    sglang_env.ensure(lambda line: None)
    assert sum(name.startswith("sglang-") for name in environments(layer)) == 2


@supported
def test_a_layer_with_another_hash_or_a_failing_import_is_discarded(layer):
    """The error names the reason and the stub, and the engine environment stays."""
    wheel(layer / "wheels", "sglang", "1.0", "# changed\n")
    with pytest.raises(MachineError, match=r"(?i)hash") as refusal:
        sglang_env.ensure(lambda line: None)
    assert "--engine stub" in refusal.value.remedy
    write_recipe(layer, "raise ImportError('an error: libsomething is missing')\n")
    with pytest.raises(MachineError, match="libsomething"):
        sglang_env.ensure(lambda line: None)
    assert environments(layer) == [engine_env.folder().name]


@supported
def test_an_older_c_library_is_refused(layer):
    """SGLang may require a newer version than the engine environment."""
    text = (layer / "sglang.toml").read_text().replace('glibc = "2.0"', 'glibc = "99.1"')
    (layer / "sglang.toml").write_text(text)
    clear_all_caches()
    assert engine_env.examine()[0]
    with pytest.raises(MachineError, match=r"glibc 99\.1"):
        sglang_env.ensure(lambda line: None)


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.skipif(not sglang_env.ready(), reason=f"run `make engine`: {sglang_env.examine()[1]}")
def test_the_real_engine_answers_as_the_stub_does(tmp_path):
    """Plugins, keys, plain and streamed chats, a tool call, metrics, a benchmark, and shutdown on SIGTERM."""
    env, folder, root = tmp_path / "env", tmp_path / "model", tmp_path / "root"
    python = sglang_env.folder() / "bin" / "python"
    bare_env.make(env, stubs.REQUIRED)
    stubs.install(env, engine="sglang", version=VERSION, mode="real", engine_python=python,
                     cpu_table=facts.cpu_flag_document("sglang"),
                     table=facts.flag_document("sglang", VERSION))  # fmt: skip
    config = facts.config("Qwen/Qwen3-4B-Instruct-2507").config
    miniature.make(config, folder=folder, engine_python=python, engine="sglang")
    (root / "own-1.dist-info").mkdir(parents=True)
    (root / "own.py").write_text(PLUGIN)
    (root / "own-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: own\nVersion: 1\n")
    (root / "own-1.dist-info" / "entry_points.txt").write_text("[sglang.srt.plugins]\nown = own:plug_in\n")
    arguments = ("--context-length", "2048", "--tool-call-parser", "qwen", "--enable-metrics", "--api-key", KEY,
                 "--skip-server-warmup", "--log-level", "info")  # fmt: skip
    own = {"key": KEY, "x-own": "mine"}
    with serving(env, tmp_path, folder, *arguments, PYTHONPATH=str(root)) as (url, process):
        assert ask(url, "/v1/models", key=KEY).status_code == 418  # the plugin's middleware
        assert ask(url, "/v1/models", **{"x-own": "mine"}).status_code == 401
        (card,) = ask(url, "/v1/models", **own).json()["data"]
        assert (card["id"], card["max_model_len"]) == ("some/name", 2048)
        answer = ask(url, "/v1/chat/completions", chat(model="whatever", max_tokens=5), **own).json()
        assert (answer["model"], answer["usage"]["completion_tokens"]) == ("whatever", 5)
        endless = ask(url, "/v1/chat/completions", chat(temperature=0), **own).json()
        assert endless["usage"]["completion_tokens"] == 64
        body = chat(max_tokens=5, stream=True, stream_options={"include_usage": True})
        lines = [line for line in ask(url, "/v1/chat/completions", body, **own).text.splitlines() if line]
        assert lines[-1] == "data: [DONE]"
        assert json.loads(lines[-2].removeprefix("data: "))["usage"]["completion_tokens"] == 5
        parameters = {"type": "object", "properties": {"a": {"type": "boolean"}}, "required": ["a"]}
        tool = {"type": "function", "function": {"name": "f", "parameters": parameters, "strict": True}}
        # With random weights, a low temperature may repeat one token forever.
        body = chat(tools=[tool], tool_choice="required", parallel_tool_calls=False, temperature=50, max_tokens=500)
        called = ask(url, "/v1/chat/completions", body, **own)
        assert called.json()["choices"][0]["message"]["tool_calls"][0]["function"]["name"] == "f"
        assert "sglang:" in ask(url, "/metrics", **own).text
        command = ["-m", "sglang.benchmark.serving", "--backend", "vllm-chat", "--base-url", url, "--model", folder,
                   "--tokenizer", folder, "--dataset-name", "random-ids", "--random-input-len", "32",
                   "--random-output-len", "4", "--num-prompts", "4", "--output-file", "b.jsonl",
                   "--ready-check-timeout-sec", "0", "--header", "x-own=mine"]  # fmt: skip
        ended = run(env, tmp_path, *command, OPENAI_API_KEY=KEY)
        assert ended.returncode == 0, ended.stderr
        assert json.loads((tmp_path / "b.jsonl").read_text())["completed"] == 4
        process.terminate()
        assert process.wait(LIMIT_S) in (0, -signal.SIGTERM)
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/health")
