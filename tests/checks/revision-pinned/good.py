import modal

app = modal.App("example")
REVISION = "c202236235762e1c871ad0ccb60c8ee5ba337b9a"


@app.function()
def download():
    from huggingface_hub import snapshot_download

    snapshot_download("Qwen/Qwen3.5-9B", revision=REVISION)


COMMAND = ["vllm", "serve", "/weights/model"]
OTHER = ["vllm", "serve", "Qwen/Qwen3.5-9B", "--revision", REVISION]
