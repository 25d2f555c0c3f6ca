import modal

image = modal.Image.from_registry("nvidia/cuda:13.0.3-devel-ubuntu24.04", add_python="3.12").entrypoint([])
nightly = modal.Image.from_registry("vllm/vllm-openai:nightly-74fe80ee9594bbc6c0d0c979dbb9d56fae0e789b")
build = modal.Image.from_registry("ghcr.io/ggml-org/llama.cpp:server-cuda13-b10088")
codename = modal.Image.from_registry("debian:bookworm-slim", add_python="3.12")
slim = modal.Image.debian_slim("3.12")
