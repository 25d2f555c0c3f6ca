import subprocess

import modal

app = modal.App("example")
image = modal.Image.debian_slim(python_version="3.12").uv_pip_install("vllm==0.33.0").env(
    {
        "HF_HUB_ENABLE_HF_TRANSFER": "1",  # finding: is no longer used
        "VLLM_USE_V1": "1",  # finding: vllm 0.33.0 does not read VLLM_USE_V1
    }
)
weights = modal.Volume.from_name("weights", create_if_missing=True)



@app.function(image=image, gpu="L4", volumes={"/weights": weights}, max_containers=2, startup_timeout=900)
@modal.concurrent(max_inputs=8)
@modal.web_server(8000, startup_timeout=900, requires_proxy_auth=True)
def serve():
    subprocess.Popen(["vllm", "serve", "/weights/model", "--host", "0.0.0.0"])
