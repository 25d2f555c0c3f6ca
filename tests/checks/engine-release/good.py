import modal

current = modal.Image.debian_slim(python_version="3.12").uv_pip_install("vllm==0.33.0")
newer = modal.Image.debian_slim(python_version="3.12").uv_pip_install("vllm==1.2.3")
recent = modal.Image.from_registry("lmsysorg/sglang:v0.5.20-cu130")
unknown = modal.Image.debian_slim(python_version="3.12").uv_pip_install("tensorrt-llm==0.20.0")
