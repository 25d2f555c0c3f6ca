"""Weights in the image: downloaded by commands and by a function of its build, and used offline by containers."""

import os
import subprocess
from pathlib import Path

import modal

REVISION = "c1899de289a04d12100db370d81485cdf75e47ca"
app = modal.App("built")
image = (
    modal.Image.debian_slim(python_version="3.12")
    .apt_install("git")
    .pip_install("huggingface_hub==2.4.0")
    .env({"HF_HOME": "/cache/hf"})
    .add_local_file(__file__, "/opt/copied/app.py", copy=True)
    .run_commands(
        "make install && cd sources && HF_HUB_ENABLE_HF_TRANSFER=1 huggingface-cli download Qwen/Qwen3-0.6B "
        f"--revision {REVISION} --local-dir /models/small --local-dir-use-symlinks False",
        'python -c "from huggingface_hub import snapshot_download; '
        f"snapshot_download('Qwen/Qwen3-1.7B', revision='{REVISION}')\"",
    )
    if modal.is_local()
    else None
)


def download() -> None:
    from huggingface_hub import snapshot_download

    snapshot_download("Qwen/Qwen3-4B", revision=REVISION, local_dir="/built/model")
    Path("/root/from-the-build").write_text("kept")


@app.function(image=image.run_function(download) if image else None)
def look() -> list[object]:
    from huggingface_hub import snapshot_download

    Path("/models/small/mine").write_text("of this container only")
    return [
        sorted(path.name for path in Path("/models/small").glob("*.safetensors")),
        snapshot_download("Qwen/Qwen3-1.7B", revision=REVISION, local_files_only=True).startswith("/cache/hf/"),
        Path("/built/model/config.json").exists(),
        Path("/root/from-the-build").read_text(),
        Path("/opt/copied/app.py").read_text() == Path(__file__).read_text(),
        subprocess.run(["hf", "version"], capture_output=True, check=False).returncode,
        os.environ["HF_HOME"],
    ]


@app.local_entrypoint()
def main() -> None:
    print("SEEN", look.remote())
