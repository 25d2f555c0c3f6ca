"""An outdated app: removed methods of images, mounts, and a model that is loaded in each call."""

import modal

app = modal.App("old-images")

built = modal.Image.from_dockerfile(
    "./Dockerfile",
    context_mount=modal.Mount.from_local_dir(".", remote_path="/context"),  # finding: removed-api
)
cuda = modal.Image.from_registry("nvidia/cuda:12.1.0-cudnn8-devel-ubuntu22.04").pip_install(  # finding: image-pinned
    "torch==2.3.0",
    "--extra-index-url",  # finding: install-options
    "https://example.com/wheels",
)
copied = modal.Image.debian_slim().copy_local_file("prompts.yaml", "/app/prompts.yaml")  # finding: removed-api image-pinned


@app.function(  # finding: container-bound weights-volume
    image=cuda,
    gpu="A10G",
    mounts=[modal.Mount.from_local_file("prompts.yaml")],  # finding: removed-api
)
def generate(prompt: str) -> str:
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained("openai-community/gpt2")  # finding: model-per-call revision-pinned download-on-gpu
    return model.generate(prompt)


@app.function(gpu="T4", max_containers=2)  # finding: weights-volume
def with_a_pipeline(prompt: str) -> str:
    from transformers import pipeline

    return pipeline("text-generation", model="gpt2")(prompt)  # finding: model-per-call


url = generate.web_url  # finding: removed-api
weights = modal.Volume.lookup("weights")  # finding: removed-api
