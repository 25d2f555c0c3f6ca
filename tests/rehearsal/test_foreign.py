"""Apps that this project did not generate, rehearsed unmodified: common ways to serve models on Modal."""

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.conftest import slow_except
from tests.rehearsal.conftest import Run, edit
from tests.versions import SGLANG, VLLM

APPS = Path(__file__).with_name("apps")


@pytest.fixture
def rehearse_foreign(rehearse, tmp_path):
    """Rehearse one of the foreign apps, optionally with replaced text."""

    def run(name: str, *changes: tuple[str, str], entrypoint: str = "") -> Run:
        shutil.copy(APPS / f"foreign_{name}.py", tmp_path / "a.py")
        shutil.copy(APPS / "foreign_settings.py", tmp_path)
        edit(tmp_path / "a.py", *changes)
        text = (tmp_path / "a.py").read_text()
        for other, pinned in RELEASES.items():
            text = text.replace(other, pinned)
        (tmp_path / "a.py").write_text(text)
        return rehearse(target=f"a.py{entrypoint and '::'}{entrypoint}")

    return run


# The apps' placeholders for the pinned releases, which are facts.
RELEASES = {
    "vllm==9.9.9": f"vllm=={VLLM}",
    "vllm-openai:v9.9.9": f"vllm-openai:v{VLLM}",
    "sglang==9.9.9": f"sglang=={SGLANG}",
    "sglang:v9.9.9": f"sglang:v{SGLANG}",
}


def in_order(run: Run, *texts: str) -> bool:
    """True if the output contains `texts` in this order."""
    return re.search(".*".join(map(re.escape, texts)), run.output, re.DOTALL) is not None


PIP = '.uv_pip_install("vllm==9.9.9", "huggingface-hub==2.4.0", extra_options="--torch-backend=auto")'
SERVE = '        "vllm",\n        "serve",\n'
# Ways to install the engine in the image of a web function, and to start it.
ENGINES = {
    "unmodified": (),
    "installed by pip": ((PIP, '.pip_install("vllm==9.9.9")'),),
    "installed by a command": ((PIP, '.run_commands("uv pip install --system vllm==9.9.9")'),),
    "no version": ((PIP, '.uv_pip_install("vllm")'),),
    "a range of versions": ((PIP, '.uv_pip_install("vllm>=0.30,<1")'),),
    "the engine's own image": (
        ("nvidia/cuda:12.8.1-devel-ubuntu22.04", "vllm/vllm-openai:v9.9.9"),
        (PIP, ""),
    ),
    "started as a module": (
        (SERVE, '        "python -m vllm.entrypoints.openai.api_server --model",\n        settings.MODEL,\n'),
        ('"--uvicorn-log-level=info",\n        settings.MODEL', '"--uvicorn-log-level=info"'),
    ),
}


@pytest.mark.parametrize("variant", slow_except(ENGINES, "unmodified"))
def test_a_web_function_that_starts_the_engine_in_a_shell(rehearse_foreign, variant):
    """Its first request waits for the engine, both streams are complete, and its helper module is in the container."""
    run = rehearse_foreign("web_function", *ENGINES[variant])
    assert run.code == 0, run.output
    assert run.statuses == [200, 200, 200]
    assert "# by a web function" in run.output  # from the Secret
    assert in_order(run, "You said: What is a shell?", "You said: And a pipe?")
    assert "the container of serve started and was reached on the port that Modal expects" in run.proven
    assert "Qwen/Qwen3-4B-Instruct-2507 at cdbee75f17c0" in run.proven


def test_an_unknown_flag_of_the_engine_is_named(rehearse_foreign):
    """Flags are checked in foreign apps too, through the shell that starts the engine."""
    run = rehearse_foreign("web_function", ("--tensor-parallel-size", "--tensor-parallel-sizes"))
    assert run.code == 1
    assert "--tensor-parallel-sizes" in run.last_lines, run.last_lines


def test_flags_of_a_release_without_a_table_are_not_judged(rehearse_foreign):
    """The app runs; the report says that its flags were not checked, and which one was left out."""
    other = ("vllm==9.9.9", "vllm==99.9.9")
    run = rehearse_foreign("web_function", other, ("--tensor-parallel-size", "--tensor-parallel-sizes"))
    assert run.code == 0, run.output
    substituted = " ".join(run.report["substituted"])
    assert "not checked: no table of vllm 99.9.9" in substituted and "--tensor-parallel-sizes" in substituted


@pytest.mark.slow
def test_a_module_that_is_not_mounted_is_missing(rehearse_foreign):
    """A module next to the app is only in the container if the image adds it."""
    run = rehearse_foreign("web_function", ('    .add_local_python_source("foreign_settings")\n', ""))
    assert run.code == 1, run.output
    assert "No module named 'foreign_settings'" in run.output


CALL = re.compile(r"def call\(.*?\n\n\n", re.DOTALL).search((APPS / "foreign_snapshot.py").read_text())[0]
HTTPX = """with image.imports():
    import httpx


def call(method, path, body=None):
    response = httpx.request(method, f"http://localhost:{VLLM_PORT}{path}", json=body, timeout=1800)
    response.raise_for_status()
    return response.text


"""


@pytest.mark.slow
def test_a_package_that_only_the_image_has_is_reported(rehearse_foreign, monkeypatch, tmp_path):
    """A dependency of the engine that cannot be downloaded is missing here; the app is not at fault."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    only_on_modal = "\nif not modal.is_local():\n    import ijson\n"
    run = rehearse_foreign("snapshot", ("import modal\n", f"import modal\n{only_on_modal}"))
    assert run.code == 5, run.output
    assert any(line.startswith("ijson is in the app's image on Modal") for line in run.report["findings"]), run.report


@pytest.mark.parametrize("call", [CALL, pytest.param(HTTPX, marks=pytest.mark.slow)], ids=["urllib", "httpx"])
def test_a_class_whose_engine_sleeps_for_a_snapshot(rehearse_foreign, call):
    """Its engine is warmed up, put to sleep, woken, used and stopped, with either HTTP client of its image.

    The async entrypoint reads the URL of the web method without `await`; the SDK only warns about it.
    """
    run = rehearse_foreign("snapshot", (CALL, call))
    assert run.code == 0, run.output
    assert in_order(run, 
        "entered: before the snapshot", "asleep: True", "entered: after the snapshot", "asleep: False",
        "You said: What is sleep good for?", "left, engine running: True",
    ), run.output  # fmt: skip
    assert run.statuses == [200, 200, 200]
    assert "the container of Ministral3.* started" in run.proven


@pytest.mark.slow
def test_a_class_that_does_not_wake_its_engine_fails(rehearse_foreign):
    """A sleeping engine does not answer."""
    short = ("asyncio.timeout(10 * MINUTES)", "asyncio.timeout(3)")
    run = rehearse_foreign("snapshot", ('        call("POST", "/wake_up")\n', ""), short)
    assert run.code == 1, run.output
    assert in_order(run, "asleep: True", "asleep: True", "TimeoutError"), run.output


@pytest.mark.parametrize("image", ["installed", pytest.param("its own", marks=pytest.mark.slow)])
def test_a_server_that_returns_at_once(rehearse_foreign, image):
    """Its enter method only starts the engine: 503 until the port answers, then two streams, then the exit method."""
    changes = ()
    if image == "its own":
        changes = (
            ("nvidia/cuda:12.9.0-devel-ubuntu22.04", "vllm/vllm-openai:v9.9.9"),
            ('    .uv_pip_install("vllm==9.9.9", "transformers==5.20.2")\n', ""),
        )
    run = rehearse_foreign("server", *changes)
    assert run.code == 0, run.output
    assert in_order(run, "entered, and returned at once", "streamed:", "in a limerick", "left, engine's exit code: 0")
    assert run.statuses[0] == 503 and run.statuses[-3:] == [200, 200, 200]
    assert "Server stopped gracefully" in run.proven


def test_batches_are_spawned_and_gathered(rehearse_foreign):
    """Every row is answered once and in order, with at most as many containers as the app allows."""
    run = rehearse_foreign("batches")
    assert run.code == 0, run.output
    assert "spawned 22 batches" in run.output
    assert json.loads(re.search(r'\{"answers".*\}', run.output)[0])["answers"] == 150
    assert 1 <= len(set(re.findall(r"entered: (ta-\w+)", run.output))) <= 3
    assert "arguments of vllm.LLM, with their values, are valid" in run.proven


@pytest.mark.slow
def test_an_unknown_argument_of_the_engine_is_named(rehearse_foreign):
    """A misspelled argument of `vllm.LLM` ends the run with the engine's own message."""
    run = rehearse_foreign("batches", ("max_model_len=", "max_model_length="))
    assert run.code == 1, run.output
    assert "max_model_length" in run.last_lines, run.last_lines


SERVER = re.compile(r"@app\.server\(.*?\n\)\n", re.DOTALL).search((APPS / "foreign_sglang.py").read_text())[0]
HTTP_SERVER = """@app.cls(image=sglang_image, gpu="H100!:2", volumes={HF_CACHE: hf_cache}, min_containers=2)
@modal.concurrent(target_inputs=TARGET_INPUTS)
@modal.experimental.http_server(PORT, proxy_regions=["us-west"], startup_timeout=20 * MINUTES, exit_grace_period=15)
"""
INSTALLED = ('.uv_pip_install("huggingface-hub==2.4.0")', '.uv_pip_install("sglang==9.9.9")')


@pytest.mark.parametrize("image", slow_except(["its own", "installed"], "its own"))
@pytest.mark.parametrize("endpoint", slow_except(["server", "http_server"], "server"))
def test_a_conversation_with_sglang_stays_with_its_container(rehearse_foreign, endpoint, image):
    """Each of three conversations stays with one of two containers, under both names of the affinity header."""
    changes = [INSTALLED] if image == "installed" else []
    if endpoint == "http_server":
        changes += [
            (SERVER, HTTP_SERVER),
            ("import modal\n", "import modal\nimport modal.experimental\n"),
            ("SGLang.get_url()", "SGLang._experimental_get_flash_urls()[0]"),
        ]
    run = rehearse_foreign("sglang", *changes)
    assert run.code == 0, run.output
    assert "entered, warm" in run.output and "conversations: 3" in run.output
    assert run.statuses.count(200) == 1 + 3 * 3
    assert "flags of sglang serve" in run.proven
    stayed = re.search(r"one affinity key reached the same one of several containers \((\d) requests\)", run.proven)
    assert stayed and int(stayed[1]) >= 6  # of nine: the second container may be entered after the first requests


def test_an_unsupported_part_of_modal_is_named(rehearse_foreign):
    """The rehearsal is at fault, and its report names the call that the control plane does not implement."""
    run = rehearse_foreign("unsupported")
    assert run.code == 5, run.output
    assert run.report["cause"]["kind"] == "rehearsal" and run.report["cause"]["line"]
    assert not run.report["ok"]
    missing = [line for line in run.report["not_shown"] if "control plane does not implement" in line]
    assert missing and "Sandbox" in missing[0], run.report["not_shown"]
    assert "the rehearsal's control plane does not implement" in run.last_lines, run.last_lines
    assert "got" not in run.output.split()


def test_weights_in_a_volume_at_the_default_folder(rehearse_foreign):
    """Weights that one container downloaded to the Hub's default folder are available offline in another one."""
    run = rehearse_foreign("weights")
    assert run.code == 0, run.output
    assert in_order(run, "downloaded to", "served:", "Qwen/Qwen3-1.7B")


def test_a_volume_at_a_hard_coded_path(rehearse_foreign):
    """A Volume is at its mount path, even if no environment variable contains that path."""
    run = rehearse_foreign("results")
    assert run.code == 0, run.output
    assert "results passed" in run.output
