"""Apps that this project did not generate: the shapes in which people serve models on Modal, rehearsed unmodified."""

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

APPS = Path(__file__).with_name("apps")


@dataclass
class Run:
    """What one rehearsal came to: its exit code, everything printed, and the report."""

    code: int
    output: str
    report: dict

    def statuses(self) -> list[int]:
        return [row["status"] for row in self.report["requests"]]

    def proven(self) -> str:
        return "\n".join(self.report["proven"])

    def order(self, *said: str) -> bool:
        """Whether the output says each of these, in this order."""
        return re.search(".*".join(map(re.escape, said)), self.output, re.DOTALL) is not None


@pytest.fixture
def rehearse(shell, tmp_path):
    """Rehearse one of the foreign apps, with texts in it replaced, which have to be there."""

    def run(name: str, *changes: tuple[str, str], entrypoint: str = "") -> Run:
        text = (APPS / f"foreign_{name}.py").read_text()
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        (tmp_path / "foreign.py").write_text(text)
        shutil.copy(APPS / "foreign_settings.py", tmp_path)
        done = shell("rehearse", f"foreign.py{entrypoint and '::'}{entrypoint}", "--engine", "stub", "--json")
        return Run(done.returncode, done.stdout + done.stderr, json.loads(done.stdout) if done.stdout else {})

    return run


PIP = '.uv_pip_install("vllm==9.9.9", "huggingface-hub==2.4.0", extra_options="--torch-backend=auto")'
SERVE = '        "vllm",\n        "serve",\n'
# How the engine comes into a web function's image, and how it is started there.
ENGINES = {
    "as it stands": (),
    "installed by pip": ((PIP, '.pip_install("vllm==9.9.9")'),),
    "installed by a command": ((PIP, '.run_commands("uv pip install --system vllm==9.9.9")'),),
    "no version named": ((PIP, '.uv_pip_install("vllm")'),),
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


@pytest.mark.parametrize("how", ENGINES)
def test_a_web_function_started_by_a_shell(rehearse, how):
    """Its first request waits for the engine; both streams come back whole; the helper module is in the container."""
    done = rehearse("web_function", *ENGINES[how])
    assert done.code == 0, done.output
    assert done.statuses() == [200, 200, 200]
    assert "# by a web function" in done.output  # of the Secret
    assert done.order("You said: What is a shell?", "You said: And a pipe?")
    assert "the container of serve started and was reached on the port that Modal expects" in done.proven()
    assert "Qwen/Qwen3-4B-Instruct-2507 at cdbee75f17c0" in done.proven()


def test_a_flag_that_the_engine_lacks_fails_by_name(rehearse):
    """An app of others is held against the engine's own flags, through the shell that starts it."""
    done = rehearse("web_function", ("--tensor-parallel-size", "--tensor-parallel-sizes"))
    assert done.code == 1
    assert "--tensor-parallel-sizes" in "\n".join(done.report["last_lines"]), done.report["last_lines"]


def test_a_module_that_was_not_mounted_is_missing(rehearse):
    """The helper beside the app is not in the container unless the image is told of it."""
    done = rehearse("web_function", ('    .add_local_python_source("foreign_settings")\n', ""))
    assert done.code == 1, done.output
    assert "No module named 'foreign_settings'" in done.output


CALL = re.compile(r"def call\(.*?\n\n\n", re.DOTALL).search((APPS / "foreign_snapshot.py").read_text())[0]
CALLS = {"urllib": CALL} | {
    client: f"""with image.imports():
    import {client}


def call(method, path, body=None):
    response = {client}.request(method, f"http://localhost:{{VLLM_PORT}}{{path}}", json=body, timeout=300)
    response.raise_for_status()
    return response.text


"""
    for client in ("httpx",)
}


def test_a_package_that_only_the_image_has_is_said(rehearse):
    """What the engine brings on Modal may be missing here: that is no fault of the app's, and the report says so."""
    done = rehearse("snapshot", ("import modal\n", "import modal\n\nif not modal.is_local():\n    import ijson\n"))
    assert done.code == 1, done.output
    assert any(line.startswith("ijson is in the app's image on Modal") for line in done.report["findings"]), done.report


@pytest.mark.parametrize("client", CALLS)
def test_a_class_that_sleeps_for_a_snapshot(rehearse, client):
    """Warmed and put to sleep, then woken; it serves, and ends. The engine brings all of these clients into its image.

    The address of the web method is asked for in an async entrypoint without `await`, which the SDK only warns of.
    """
    done = rehearse("snapshot", (CALL, CALLS[client]))
    assert done.code == 0, done.output
    assert done.order(
        "entered: before the snapshot", "asleep: True", "entered: after the snapshot", "asleep: False",
        "You said: What is sleep good for?", "left, engine running: True",
    ), done.output  # fmt: skip
    assert done.statuses() == [200, 200, 200]
    assert "the container of Ministral3.* started" in done.proven()


def test_a_class_that_does_not_wake_is_noticed(rehearse):
    """An engine that still sleeps does not answer."""
    hurry = ("asyncio.timeout(MINUTES)", "asyncio.timeout(3)")
    done = rehearse("snapshot", ('        call("POST", "/wake_up")\n', ""), hurry)
    assert done.code == 1, done.output
    assert done.order("asleep: True", "asleep: True", "TimeoutError"), done.output


@pytest.mark.parametrize("image", ["installed", "its own"])
def test_a_server_that_returns_at_once(rehearse, image):
    """Its enter method only starts the engine: 503 until the port answers, then two streams, then its exit method."""
    changes = ()
    if image == "its own":
        changes = (
            ("nvidia/cuda:12.9.0-devel-ubuntu22.04", "vllm/vllm-openai:v9.9.9"),
            ('    .uv_pip_install("vllm==9.9.9", "transformers==5.20.2")\n', ""),
        )
    done = rehearse("server", *changes)
    assert done.code == 0, done.output
    assert done.order("entered, and returned at once", "streamed:", "in a limerick", "left, engine's exit code: 0")
    assert done.statuses()[0] == 503 and done.statuses()[-3:] == [200, 200, 200]
    assert "Server stopped gracefully" in done.proven()


def test_batches_are_spawned_and_gathered(rehearse):
    """Every row is transformed, answered once and in order, by no more containers than the app allows."""
    done = rehearse("batches")
    assert done.code == 0, done.output
    assert "spawned 22 batches" in done.output
    assert json.loads(re.search(r'\{"answers".*\}', done.output)[0])["answers"] == 150
    assert 1 <= len(set(re.findall(r"entered: (ta-\w+)", done.output))) <= 3
    assert "arguments of vllm.LLM, with their values, are valid" in done.proven()


def test_an_argument_that_the_engine_lacks_fails_by_name(rehearse):
    """What is misspelt in a call of `vllm.LLM` ends the run with the engine's own words."""
    done = rehearse("batches", ("max_model_len=", "max_model_length="))
    assert done.code == 1, done.output
    assert "max_model_length" in "\n".join(done.report["last_lines"]), done.report["last_lines"]


SERVER = re.compile(r"@app\.server\(.*?\n\)\n", re.DOTALL).search((APPS / "foreign_sglang.py").read_text())[0]
HTTP_SERVER = """@app.cls(image=sglang_image, gpu="H100!:2", volumes={HF_CACHE: hf_cache}, min_containers=2)
@modal.concurrent(target_inputs=TARGET_INPUTS)
@modal.experimental.http_server(PORT, proxy_regions=["us-west"], startup_timeout=20 * MINUTES, exit_grace_period=15)
"""
INSTALLED = ('.uv_pip_install("huggingface-hub==2.4.0")', '.uv_pip_install("sglang==9.9.9")')


@pytest.mark.parametrize("image", ["its own", "installed"])
@pytest.mark.parametrize("endpoint", ["server", "http_server"])
def test_conversations_with_sglang_stay_together(rehearse, endpoint, image):
    """Of three conversations, under both names of the affinity header, each is held with one of two containers."""
    changes = [INSTALLED] if image == "installed" else []
    if endpoint == "http_server":
        changes += [
            (SERVER, HTTP_SERVER),
            ("import modal\n", "import modal\nimport modal.experimental\n"),
            ("SGLang.get_url()", "SGLang._experimental_get_flash_urls()[0]"),
        ]
    done = rehearse("sglang", *changes)
    assert done.code == 0, done.output
    assert "entered, warm" in done.output and "conversations: 3" in done.output
    assert done.statuses().count(200) == 1 + 3 * 3
    assert "flags of sglang serve" in done.proven()
    assert "one affinity key reached the same one of several containers (9 requests)" in done.proven()


@pytest.mark.parametrize("entrypoint", ["queue", "dictionary", "sandbox"])
def test_what_a_rehearsal_lacks_is_named(rehearse, entrypoint):
    """A part of Modal that is not there fails the rehearsal, and the report names the call."""
    done = rehearse("lacking", entrypoint=entrypoint)
    assert done.code == 1, done.output
    assert not done.report["ok"]
    call = {"queue": "Queue", "dictionary": "Dict", "sandbox": "Sandbox"}[entrypoint]
    missing = [line for line in done.report["not_shown"] if "control plane does not implement" in line]
    assert missing and call in missing[0], done.report["not_shown"]
    assert "the rehearsal's control plane does not implement" in "\n".join(done.report["last_lines"]), done.report[
        "last_lines"
    ]
    assert "got" not in done.output.split()


def test_weights_in_a_volume_at_the_usual_folder(rehearse):
    """What one container fetched into the Hub's usual folder another one finds there without a network."""
    done = rehearse("weights")
    assert done.code == 0, done.output
    assert done.order("downloaded to", "served:", "Qwen/Qwen3-1.7B")


def test_a_volume_at_a_path_in_the_code(rehearse):
    """A Volume lies where the app mounts it, also where no variable names that path."""
    done = rehearse("results")
    assert done.code == 0, done.output
    assert "the results are content" in done.output
