"""Environments of containers and of `modal run`, and packages of an image."""

import subprocess
from pathlib import Path

from modal_proto import api_pb2

from modal_serve_gen.rehearsal import client
from modal_serve_gen.rehearsal.containers import bare_env, container_env
from modal_serve_gen.rehearsal.control_plane import images
from modal_serve_gen.rehearsal.control_plane.state import App, Container, ControlPlane, Function, Image


def test_volume_paths_become_folders_in_the_environment(tmp_path):
    """A variable with a path in a Volume points into the Volume's folder; others are unchanged."""
    plane = ControlPlane(
        tmp_path, volumes={"vo-1": "weights", "vo-2": "cache"}, secrets={"st-1": {"SECRET": "/weights"}}
    )
    definition = api_pb2.Function(
        secret_ids=["st-1"],
        volume_mounts=[
            api_pb2.VolumeMount(volume_id="vo-1", mount_path="/weights"),
            api_pb2.VolumeMount(volume_id="vo-2", mount_path="/cache/"),
        ],
    )
    commands = ["FROM base", "ENV A=/weights B=/weights/hub C='/weightsmore x' D=/cache", "ENV A=/cache/a"]
    container = Container("ta-1", Function("fu-1", App("ap-1", ""), "f", definition), tmp_path / "c", 1)
    values = container_env.environment(plane, container, Image("im-1", commands), Path("/env/bin/python"), Path("/s"))
    weights, cache = str(tmp_path / "volumes" / "weights"), str(tmp_path / "volumes" / "cache")
    assert values["A"] == f"{cache}/a" and values["B"] == f"{weights}/hub" and values["D"] == cache
    assert values["C"] == "/weightsmore x" and values["SECRET"] == weights
    assert values["PATH"].startswith("/env/bin:")


def test_a_container_does_not_inherit_the_environment(tmp_path, monkeypatch):
    """A token in the user's environment does not reach a container."""
    monkeypatch.setenv("HF_TOKEN", "hf_users_own")
    monkeypatch.setenv("MODAL_TOKEN_SECRET", "as-users-own")
    container = Container("ta-1", Function("fu-1", App("ap-1", ""), "f"), tmp_path / "c", 1)
    values = container_env.environment(ControlPlane(tmp_path), container, None, Path("/env/bin/python"), Path("/s"))
    assert not {"HF_TOKEN", "MODAL_TOKEN_SECRET", "MODAL_TOKEN_ID"} & set(values)


def test_modal_run_gets_what_it_needs_and_no_keys(tmp_path, monkeypatch):
    """Of the user's variables: those by which Python finds its files, and those that are passed on by name."""
    for name in ("MODAL_TOKEN_ID", "HTTPS_PROXY", "HF_TOKEN", "OPENAI_API_KEY", "AWS_SECRET_ACCESS_KEY", "MINE", "TZ"):
        monkeypatch.setenv(name, "users-own")
    values = client.environment("http://127.0.0.1:1", tmp_path, "mark", ["MINE", "MODAL_TOKEN_ID"])
    assert {name for name, value in values.items() if value == "users-own"} == {"MINE", "TZ"}
    assert values["MODAL_SERVER_URL"] == "http://127.0.0.1:1"


def test_packages_are_read_from_every_layer():
    """Pins count, however the SDK quotes them; ranges and other commands do not."""
    image = Image(
        "im-1",
        [
            "RUN python -m pip install 'vllm[audio]==1.2.3' torch>=2",
            "RUN /.uv/uv pip install --python $(command -v python) huggingface_hub==2.4.0",
            "RUN echo sglang==1.2.3",
        ],
    )
    assert images.engines(image) == {"vllm": "1.2.3"}
    explicit = {item.name: item.version for item in images.contents(image).explicit}
    assert explicit == {"vllm": "1.2.3", "torch": "", "huggingface-hub": "2.4.0"}


def test_the_shim_works_with_another_sitecustomize(tmp_path):
    """A `sitecustomize` of the system, as in Debian, does not disable the addresses of a container."""
    python = bare_env.make(tmp_path / "env", ("modal",))
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "sitecustomize.py").write_text("")
    script = (
        "import socket\n"
        "outside, inside = socket.socket(), socket.socket()\n"
        "outside.bind(('0.0.0.0', 18431)); inside.bind(('localhost', 18431))\n"
        "print(outside.getsockname()[0], inside.getsockname()[0])\n"
        "outside.listen(); socket.create_connection(('localhost', 18431)).close()\n"
    )
    env = {"PYTHONPATH": str(tmp_path / "other"), "REHEARSAL_INNER": "127.9.8.1", "REHEARSAL_OUTER": "127.9.8.2"}
    done = subprocess.run([python, "-c", script], env=env, capture_output=True, text=True)
    assert done.stdout.split() == ["127.9.8.2", "127.9.8.1"], done.stderr
    assert done.returncode == 0, done.stderr
