"""LoRA adapters of apps that this project did not generate: passed as repositories, as folders, and per request."""

import json

import pytest

from tests.conftest import slow_except
from tests.rehearsal.engines import needs_vllm

SERVED = """
import json, subprocess, urllib.request
import modal

image = modal.Image.debian_slim().pip_install("vllm==0.31.0", "huggingface-hub")
weights = modal.Volume.from_name("weights", create_if_missing=True)
app = modal.App("adapters")
BASE = "Qwen/Qwen3-0.6B"
REPOS = {{"one": ("someone/tuned", "1" * 40), "two": ("someone/other", "2" * 40)}}

@app.function(image=image, volumes={{"/weights": weights}})
def fetch():
    from huggingface_hub import snapshot_download
    for name, (repo, sha) in REPOS.items():
        snapshot_download(repo, revision=sha, local_dir=f"/weights/{{name}}")

@app.function(image=image, gpu="L4", max_containers=1, volumes={{"/weights": weights}}, timeout=600)
@modal.concurrent(max_inputs=4)
@modal.web_server(8000, startup_timeout=300)
def serve():
    modules = {modules}
    subprocess.Popen(["vllm", "serve", BASE, "--host", "0.0.0.0", "--port", "8000", "--max-model-len", "2048",
                      "--max-num-seqs", "4", "--enable-lora", "--max-lora-rank", "16", "--lora-modules", *modules])

@app.local_entrypoint()
def main():
    {before}
    def ask(path, body=None):
        data = json.dumps(body).encode() if body else None
        request = urllib.request.Request(serve.get_web_url() + path, data, {{"Content-Type": "application/json"}})
        with urllib.request.urlopen(request) as response:
            return json.load(response)
    print("served:", [row["id"] for row in ask("/v1/models")["data"]])
    chat = {{"model": "two", "messages": [{{"role": "user", "content": "What?"}}], "max_tokens": 4}}
    print("answered:", ask("/v1/chat/completions", chat)["model"])
"""
# Form of --lora-modules -> its values, and what the entrypoint does first.
FORMS = {
    "folders": ('[f"{name}=/weights/{name}" for name in REPOS]', "fetch.remote()"),
    "repositories": ('[f"{name}={repo}" for name, (repo, sha) in REPOS.items()]', "pass"),
    "JSON": (
        '[json.dumps({"name": name, "path": repo, "base_model_name": BASE}) for name, (repo, sha) in REPOS.items()]',
        "pass",
    ),
}


@pytest.mark.parametrize("form", slow_except(FORMS, "folders"))
def test_adapters_that_nobody_confirms_are_served(rehearse, tmp_path, form):
    """Without the Hub, what the app passes to its engine as an adapter is one; that it exists is not claimed."""
    check_served(rehearse, tmp_path, form, "stub")


@pytest.mark.slow
@needs_vllm
@pytest.mark.parametrize("form", FORMS)
def test_the_real_engine_serves_adapters_that_fit_its_miniature(rehearse, tmp_path, form):
    """Whatever the app passes is replaced by an adapter for the served model."""
    run = check_served(rehearse, tmp_path, form, "real")
    assert any("the adapter two" in line for line in run.report["substituted"]), run.report["substituted"]


def check_served(rehearse, tmp_path, form: str, engine: str):
    """The rehearsal's run, in which both adapters were listed and one of them answered."""
    modules, before = FORMS[form]
    (tmp_path / "a.py").write_text(SERVED.format(modules=modules, before=before))
    run = rehearse(engine=engine)
    assert run.code == 0, run.output
    assert "served: ['Qwen/Qwen3-0.6B', 'one', 'two']" in run.output
    assert "answered: two" in run.output
    if form == "folders":
        assert "someone/tuned at 111111111111 (whether it exists was not checked)" in run.proven
    return run


BATCH = """
import modal

image = modal.Image.debian_slim().pip_install("vllm==0.31.0", "huggingface-hub")
app = modal.App("adapters-batch")

@app.cls(image=image, gpu="L4", max_containers=1, timeout=600)
class Model:
    @modal.enter()
    def load(self):
        from huggingface_hub import snapshot_download
        from vllm import LLM
        self.adapter = snapshot_download("someone/tuned", revision="1" * 40)
        self.llm = LLM(model="Qwen/Qwen3-0.6B", enable_lora=True, max_lora_rank=16, max_model_len=2048, max_num_seqs=4)

    @modal.method()
    def ask(self, prompts):
        from vllm import SamplingParams
        from vllm.lora.request import LoRARequest
        request = LoRARequest("tuned", 1, {path})
        outputs = self.llm.generate(prompts, SamplingParams(max_tokens=4), lora_request=request)
        return [output.outputs[0].text for output in outputs]

@app.local_entrypoint()
def main():
    print("answers:", len(Model().ask.remote(["What?", "Why?"])))
"""


def test_an_adapter_of_a_request(rehearse, tmp_path):
    """A downloaded folder is accepted; a folder without an adapter is the engine's error."""
    check_batch(rehearse, tmp_path, "stub")


@pytest.mark.slow
@needs_vllm
def test_an_adapter_of_a_request_to_the_real_engine(rehearse, tmp_path):
    check_batch(rehearse, tmp_path, "real")


def check_batch(rehearse, tmp_path, engine: str) -> None:
    (tmp_path / "a.py").write_text(BATCH.format(path="self.adapter"))
    run = rehearse(engine=engine)
    assert run.code == 0, run.output
    assert "answers: 2" in run.output
    (tmp_path / "a.py").write_text(BATCH.format(path='"/nothing"'))
    run = rehearse(engine=engine)
    assert run.code == 1 and "No adapter found for /nothing" in run.last_lines, run.output


SGLANG = """
import subprocess, urllib.request
import modal

image = modal.Image.debian_slim().pip_install("sglang==0.5.22")
app = modal.App("adapters-sglang")

@app.function(image=image, gpu="L4", max_containers=1, timeout=600)
@modal.web_server(8000, startup_timeout=300)
def serve():
    subprocess.Popen("sglang serve --model-path Qwen/Qwen3-0.6B --host 0.0.0.0 --port 8000 "
                     "--lora-paths one=someone/tuned {second}", shell=True)

@app.local_entrypoint()
def main():
    print("health:", urllib.request.urlopen(serve.get_web_url() + "/health").status)
"""


def test_adapters_of_sglang(rehearse, tmp_path):
    """--lora-paths takes a name with a path, or a path alone; one that is not there is an error of the engine."""
    (tmp_path / "a.py").write_text(SGLANG.format(second="someone/other"))
    run = rehearse()
    assert run.code == 0 and "health: 200" in run.output, run.output
    (tmp_path / "a.py").write_text(SGLANG.format(second="two=/nothing"))
    run = rehearse()
    assert run.code == 1 and "No adapter found for /nothing" in json.dumps(run.report) + run.output, run.output
