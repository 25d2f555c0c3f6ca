import modal

old = modal.Image.debian_slim(python_version="3.12").uv_pip_install("vllm==0.7.2")  # finding: vllm 0.7.2 is far behind
older = modal.Image.from_registry("lmsysorg/sglang:v0.4.6.post1-cu124")  # finding: sglang 0.4.6.post1 is far behind
