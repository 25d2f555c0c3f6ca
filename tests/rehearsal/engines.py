"""Helpers for tests of engines: a container's environment, its commands, and HTTP requests with long timeouts."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Collection
from pathlib import Path

import httpx
import pytest

from modal_serve_gen import facts
from modal_serve_gen.rehearsal.containers import bare_env
from modal_serve_gen.rehearsal.engines import engine_env, stubs
from tests.conftest import LIMIT_S
from tests.versions import VLLM

# Marks of a test that runs the real vLLM.
NEEDS_VLLM = [
    pytest.mark.engine,
    pytest.mark.skipif(not engine_env.ready(), reason=f"run `make engine`: {engine_env.examine()[1]}"),
]
MODEL = "Qwen/Qwen3-4B-Instruct-2507"
HELLO = [{"role": "user", "content": "hello there"}]
# One client, since creating its TLS context is slow; without keep-alive, since servers are started and stopped.
HTTP = httpx.Client(timeout=LIMIT_S, limits=httpx.Limits(max_connections=None, max_keepalive_connections=0))
get, post, stream = HTTP.get, HTTP.post, HTTP.stream


def needs_vllm(test):
    """Mark a test that runs the real vLLM."""
    for mark in NEEDS_VLLM:
        test = mark(test)
    return test


def container(folder: Path, mode: str = "stub", packages: Collection[str] | None = None) -> Path:
    """A bare environment with the stub of vLLM, in an image with these packages (None: unknown ones)."""
    bare_env.make(folder, stubs.REQUIRED)
    stubs.install(
        folder,
        engine="vllm",
        version=VLLM,
        mode=mode,
        table=facts.flag_document("vllm", VLLM),
        cpu_table=facts.cpu_flag_document("vllm"),
        engine_python=engine_env.folder() / "bin" / "python" if mode == "real" else None,
        packages=packages,
    )
    return folder


def environment(tmp_path: Path, **more: str) -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "HF_HUB_OFFLINE": "1", **more}


def run(env: Path, tmp_path: Path, *arguments, **more: str) -> subprocess.CompletedProcess:
    """Run `vllm ARGUMENTS` until it exits."""
    return subprocess.run(
        [env / "bin" / "vllm", *map(str, arguments)],
        env=environment(tmp_path, **more),
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )


@contextlib.contextmanager
def serving(env: Path, tmp_path: Path, *arguments, **more: str):
    """Run `vllm serve ARGUMENTS` on a free port; yields its URL and process, and kills its process group at the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = (tmp_path / "log").open("w+")
    process = subprocess.Popen(
        [env / "bin" / "vllm", "serve", *map(str, arguments), "--host", "0.0.0.0", "--port", str(port)],
        env=environment(tmp_path, **more), stdout=log, stderr=log, start_new_session=True,
    )  # fmt: skip
    try:
        until = time.monotonic() + LIMIT_S
        while True:
            assert process.poll() is None, (tmp_path / "log").read_text()[-3000:]
            assert time.monotonic() < until, (tmp_path / "log").read_text()[-3000:]
            with contextlib.suppress(httpx.TransportError):
                if get(f"http://127.0.0.1:{port}/health").status_code == 200:
                    break
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}", process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        log.close()


def notes(path: Path) -> list[dict]:
    """Notes of a stub about substitutions, without those about checked flags, its start and its end."""
    lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return [line for line in lines if line["kind"] not in ("checked", "started", "launched", "ended")]
