import modal

app = modal.App("example")
image = modal.Image.debian_slim(python_version="3.12").uv_pip_install("vllm==9.9.9")
image = image.run_commands("hf download Qwen/Qwen3-8B")  # finding: has no --revision


@app.function(image=image)
def download():
    from huggingface_hub import snapshot_download

    snapshot_download("Qwen/Qwen3-8B")  # finding: no revision
    snapshot_download(
        "Qwen/Qwen3-8B",
        revision="main",  # finding: is not a commit
    )


COMMAND = [
    "vllm",
    "serve",
    "Qwen/Qwen3-8B",  # finding: without a revision
]

NOTHING = None
zeros = "0000000000000000000000000000000000000000"  # finding: a revision of zeros is no commit


def load():
    from huggingface_hub import snapshot_download
    from vllm import LLM

    snapshot_download("example/model", revision=None)  # finding: snapshot_download has no revision
    snapshot_download("example/model", revision=NOTHING)  # finding: snapshot_download has no revision
    LLM("example/model", revision=None)  # finding: vllm loads example/model without a revision
