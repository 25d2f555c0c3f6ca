import modal

latest = modal.Image.from_registry("vllm/vllm-openai:latest", add_python="3.12")  # finding: has no fixed tag
untagged = modal.Image.from_registry("lmsysorg/sglang", add_python="3.12")  # finding: has no fixed tag
local = modal.Image.from_registry("nvidia/cuda:13.0.3-devel-ubuntu24.04")  # finding: has no add_python
model = modal.Image.from_registry("lmsysorg/sglang:deepseek-v4-blackwell")  # finding: has no fixed tag
cuda = modal.Image.from_registry("ghcr.io/ggml-org/llama.cpp:server-cuda", add_python="3.12")  # finding: has no fixed tag
python = modal.Image.debian_slim()  # finding: debian_slim has no python_version
