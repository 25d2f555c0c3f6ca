"""Engines without a stub of their own: one HTTP stub answers where their command line says, placeholders in Python."""

import re

import pytest

from modal_serve_gen.rehearsal.engines import other_engines
from tests.conftest import slow_except

SERVED = """
import json, subprocess, urllib.request
import modal

image = {image}
app = modal.App("served")

@app.function(image=image, gpu="L4", max_containers=1)
@modal.concurrent(max_inputs=4)
@modal.web_server({port}, startup_timeout=60)
def serve():
    subprocess.Popen({command})

@app.local_entrypoint()
def main():
    def ask(path, body=None):
        data = json.dumps(body).encode() if body else None
        request = urllib.request.Request(serve.get_web_url() + path, data, {{"Content-Type": "application/json"}})
        with urllib.request.urlopen(request) as response:
            return response.read().decode()
    chat = {{"model": "m", "messages": [{{"role": "user", "content": "What is a GPU?"}}], "stream": False}}
    print("answer: " + {ask})
"""
CHAT = 'json.loads(ask("/v1/chat/completions", chat))["choices"][0]["message"]["content"]'
# Engine -> image, port, command, request.
ENGINES = {
    "llama.cpp by its path": (
        'modal.Image.from_registry("ghcr.io/ggml-org/llama.cpp:server-cuda", add_python="3.12").entrypoint([])',
        9001, ["/app/llama-server", "-hf", "ggml-org/x-GGUF", "--host", "0.0.0.0", "--port=9001", "-ngl", "99"], CHAT,
    ),
    "llama.cpp built in the image": (
        'modal.Image.debian_slim().run_commands("git clone https://github.com/ggml-org/llama.cpp /root/llama.cpp")',
        8080, "/root/llama.cpp/build/bin/llama-server -hf x/y --host 0.0.0.0",
        'json.loads(ask("/completion", {"prompt": "GPU"}))["content"]',
    ),
    "llama-cpp-python": (
        'modal.Image.debian_slim().pip_install("llama-cpp-python[server]==0.3.9")',
        8000, ["python", "-m", "llama_cpp.server", "--hf_model_repo_id", "x/y", "--host", "0.0.0.0"], CHAT,
    ),
    "TensorRT-LLM": (
        'modal.Image.from_registry("nvcr.io/nvidia/tensorrt-llm/release:1.0.0")',
        8000, "trtllm-serve Qwen/Qwen3-0.6B --host 0.0.0.0 --tp_size 1 --backend pytorch", CHAT,
    ),
    "LMDeploy": (
        'modal.Image.debian_slim().pip_install("lmdeploy==0.9.2")',
        23333, ["lmdeploy", "serve", "api_server", "Qwen/Qwen3-0.6B", "--tp", "1"], CHAT,
    ),
    "text-generation-inference": (
        'modal.Image.from_registry("ghcr.io/huggingface/text-generation-inference:3.3.4", add_python="3.12")'
        '.entrypoint([]).env({"PORT": "3001"})',
        3001, ["text-generation-launcher", "--model-id", "Qwen/Qwen3-0.6B"],
        'json.loads(ask("/generate", {"inputs": "GPU", "parameters": {"max_new_tokens": 8}}))["generated_text"]',
    ),
    "Ollama": (
        'modal.Image.debian_slim().run_commands("curl -fsSL https://ollama.com/install.sh | sh")'
        '.env({"OLLAMA_HOST": "0.0.0.0:11434"})',
        11434, "ollama serve & sleep 1; ollama pull llama3; wait",
        'json.loads(ask("/api/chat", chat))["message"]["content"]',
    ),
}  # fmt: skip


@pytest.mark.parametrize("engine", slow_except(ENGINES, "llama.cpp by its path"))
def test_a_stub_answers_at_the_engine_s_address(rehearse, tmp_path, engine):
    """An answer comes through the public URL, and the report says that nothing of the engine was checked."""
    image, port, command, ask = ENGINES[engine]
    how = f"{command!r}, shell=True" if isinstance(command, str) else repr(command)
    (tmp_path / "a.py").write_text(SERVED.format(image=image, port=port, command=how, ask=ask))
    run = rehearse()
    assert run.code == 0, run.output
    assert re.search("answer: .*GPU", run.output), run.output
    shown = "\n".join(run.report["not_shown"])
    assert f"{engine.partition(' by')[0].partition(' built')[0]}: an HTTP stub answered in its place" in shown
    assert "its flags were not checked and no model ran" in shown


def test_a_server_on_localhost_is_not_reached(rehearse, tmp_path):
    """The stub binds what the command line says, so an engine without --host fails here as on Modal."""
    image, _, command, _ = ENGINES["llama.cpp by its path"]
    app = SERVED.format(image=image, port=9001, command=[*command[:3], "--port", "9001"], ask=CHAT)
    (tmp_path / "a.py").write_text(app)
    run = rehearse()
    assert run.code == 1, run.output
    assert "listens on port 9001 on localhost only" in run.last_lines


LIBRARIES = """
import modal

image = modal.Image.debian_slim().pip_install({packages})
app = modal.App("library")

with image.imports():
    {imports}

@app.function(image=image, gpu="L4", max_containers=1)
def generate(prompt):
{body}

@app.local_entrypoint()
def main():
    print("answer:", generate.remote("What is a GPU?"))
"""
TRANSFORMERS = """
    tokenizer = transformers.AutoTokenizer.from_pretrained("Qwen/Qwen3-0.6B")
    model = transformers.AutoModelForCausalLM.from_pretrained("Qwen/Qwen3-0.6B", torch_dtype=torch.bfloat16)
    model = model.to("cuda" if torch.cuda.is_available() else "cpu").eval()
    class Stop(transformers.StoppingCriteria):
        def __call__(self, ids, scores, **more):
            return False
    text = tokenizer.apply_chat_template([{"role": "user", "content": prompt}], tokenize=False)
    assert "GPU" in text
    inputs = tokenizer(text, return_tensors="pt").to(model.device)
    with torch.inference_mode():
        ids = model.generate(**inputs, max_new_tokens=64, stopping_criteria=transformers.StoppingCriteriaList([Stop()]))
    print(f"{torch.cuda.memory_allocated() / 1e9:.1f} GB")
    return tokenizer.decode(ids[0][inputs["input_ids"].shape[1]:], skip_special_tokens=True)
"""
# Packages, import, and how the function makes its answer.
CALLS = {
    "transformers": ('"torch==2.7.1", "transformers==4.53.0"', "import torch, transformers", TRANSFORMERS),
    "pipeline": (
        '"torch", "transformers"', "from transformers import pipeline",
        '    pipe = pipeline("text-generation", model="Qwen/Qwen3-0.6B", device_map="auto")\n'
        '    chat = pipe([{"role": "user", "content": prompt}], max_new_tokens=8)[0]["generated_text"]\n'
        '    return chat[-1]["content"] + pipe(prompt, return_full_text=False)[0]["generated_text"]',
    ),
    "TensorRT-LLM": (
        '"tensorrt-llm==0.20.0"', "from tensorrt_llm import LLM, SamplingParams",
        '    llm = LLM(model="Qwen/Qwen3-0.6B", tensor_parallel_size=1)\n'
        "    return llm.generate([prompt], SamplingParams(max_tokens=8))[0].outputs[0].text",
    ),
    "LMDeploy": (
        '"lmdeploy==0.9.2"', "from lmdeploy import pipeline, TurbomindEngineConfig",
        '    pipe = pipeline("Qwen/Qwen3-0.6B", backend_config=TurbomindEngineConfig(tp=1))\n'
        "    return pipe([prompt])[0].text",
    ),
    "llama-cpp-python": (
        '"llama-cpp-python==0.3.9"', "import llama_cpp",
        '    llm = llama_cpp.Llama.from_pretrained(repo_id="x/y-GGUF", filename="*q8_0.gguf", verbose=False)\n'
        '    chat = llm.create_chat_completion(messages=[{"role": "user", "content": prompt}], max_tokens=32)\n'
        '    streamed = llm(prompt, max_tokens=32, stream=True)\n'
        '    return chat["choices"][0]["message"]["content"] + "".join(p["choices"][0]["text"] for p in streamed)',
    ),
}  # fmt: skip


@pytest.mark.parametrize("library", slow_except(CALLS, "transformers"))
def test_a_library_s_placeholders_answer(rehearse, tmp_path, library):
    """The app's own code runs and gets text where it expects text; the report says that no model ran."""
    packages, imports, body = CALLS[library]
    (tmp_path / "a.py").write_text(LIBRARIES.format(packages=packages, imports=imports, body=body))
    run = rehearse()
    assert run.code == 0, run.output
    assert re.search("answer: .*stub", run.output), run.output
    assert "placeholders answered" in "\n".join(run.report["not_shown"])


def test_a_model_that_is_not_there_is_an_error(rehearse, tmp_path):
    """Placeholders look for a model as the library does: a folder that the container lacks is not loaded."""
    packages, imports, body = CALLS["transformers"]
    body = body.replace("Qwen/Qwen3-0.6B", "/models/none")
    (tmp_path / "a.py").write_text(LIBRARIES.format(packages=packages, imports=imports, body=body))
    run = rehearse()
    assert run.code == 1, run.output
    assert "/models/none" in run.last_lines


def test_what_an_image_does_not_bring_is_missing(rehearse, tmp_path):
    """Only installed packages have placeholders."""
    _, imports, body = CALLS["transformers"]
    (tmp_path / "a.py").write_text(LIBRARIES.format(packages='"requests"', imports=imports, body=body))
    run = rehearse()
    assert run.code == 1, run.output
    assert re.search("'(torch|transformers)'", run.last_lines), run.last_lines


def test_every_engine_has_a_source_and_a_way_to_start():
    for engine in other_engines.table().engines:
        assert (engine.source and engine.brought_by and engine.programs) or engine.modules, engine.name
        assert engine.default_port or engine.prompt, engine.name


@pytest.mark.parametrize(
    "text, path",
    [
        ("/opt/llama.cpp/build/bin/llama-cli", "/opt/llama.cpp/build/bin/llama-cli"),
        ("cd /x && /app/llama-server -m /m.gguf", "/app/llama-server"),
        ("https://example.com/llama-server", ""),
        ("build/bin/llama-server", ""),
    ],
)
def test_programs_that_an_app_names_by_their_path(text, path):
    assert list(other_engines.programs_at([text])) == ([path] if path else [])


def test_nvidia_smi_knows_the_gpu_that_the_app_asks_for(rehearse, tmp_path):
    """Its name, number and memory as the driver would report them; on a function without GPUs it fails."""
    (tmp_path / "a.py").write_text(
        "import subprocess, modal\n"
        "app = modal.App('smi', image=modal.Image.debian_slim())\n"
        "ASK = ['nvidia-smi', '--query-gpu=name,memory.total', '--format=csv,noheader,nounits']\n"
        "@app.function(gpu='L4:2')\n"
        "def gpu():\n    return subprocess.run(ASK, capture_output=True, text=True).stdout\n"
        "@app.function()\n"
        "def cpu():\n    return subprocess.run(ASK).returncode\n"
        "@app.local_entrypoint()\n"
        "def main():\n    print(gpu.remote().split(chr(10)), cpu.remote())\n"
    )
    run = rehearse()
    assert run.code == 0, run.output
    assert re.search(r"\['NVIDIA L4, 2\d{4}', 'NVIDIA L4, 2\d{4}', ''\] 9", run.output), run.output
    assert any("nvidia-smi" in line for line in run.report["substituted"])
