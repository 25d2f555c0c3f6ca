import subprocess

COMMAND = ["vllm", "serve", "/weights/model"]  # VLLM_API_KEY comes from a Modal Secret
subprocess.run(["hf", "download", "example/model"])
