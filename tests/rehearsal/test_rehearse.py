"""`rehearse` from end to end on the command line: a generated app passes, a broken one fails."""

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tests.conftest import LIMIT_S, SDKS, slow_except
from tests.rehearsal.conftest import edit
from tests.rehearsal.engines import NEEDS_VLLM, needs_vllm
from tests.versions import VLLM

GATED = {"model": "meta-llama/Llama-3.2-1B-Instruct"}
READY = "    check_chat(url, key, MODEL)\n"  # in the smoke test


@pytest.fixture
def app(new) -> Path:
    """A generated app."""
    return new(model="Qwen/Qwen3-0.6B", gpu="L4")


def add_probe(path: Path) -> None:
    """Run `probe.py` in the app's smoke test, while its endpoint is up."""
    script = Path(__file__).with_name("probe.py")
    call = f"__import__('subprocess').run([{sys.executable!r}, {str(script)!r}, url, key, MODEL], check=True)"
    edit(path, (READY, f"{READY}    {call}\n"))


def descendants(ancestor: int) -> dict[int, bytes]:
    """Processes below `ancestor`: id -> start time, which distinguishes it from a later process with the same id."""
    parents, starts = {}, {}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            fields = (process / "stat").read_bytes().rpartition(b")")[2].split()
            parents[int(process.name)], starts[int(process.name)] = int(fields[1]), fields[19]
    family: set[int] = {ancestor}
    while more := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= more
    return {pid: starts[pid] for pid in family - {ancestor}}


def alive(processes: dict[int, bytes]) -> set[int]:
    """Ids of those `processes` that are still running."""
    running = descendants(0) | descendants(1)
    return {pid for pid, start in processes.items() if running.get(pid) == start}


@pytest.mark.parametrize("python", SDKS)
def test_a_generated_app_passes_with_the_stub(app, rehearse, python):
    """Preflight, smoke test and an OpenAI client pass, and the report says what was shown."""
    add_probe(app)
    run = rehearse(python=python)
    assert run.code == 0 and "probe passed" in run.output, run.output
    assert run.report["ok"] and run.report["exit_code"] == 0
    assert run.report["engine"]["name"] == "vllm" and run.report["engine"]["real"] is False
    assert set(run.statuses) >= {401, 200}
    for text in (
        "build function preflight completed",
        "Qwen/Qwen3-0.6B",
        "container of serve",
        "flags of vllm serve",
        "refused",
    ):
        assert text in run.proven, run.proven
    assert any("GPU" in line for line in run.report["not_shown"])


@needs_vllm
def test_a_generated_app_passes_with_the_real_engine(app, rehearse):
    """The same with the engine itself: real flags, real routes, a real (if random) answer."""
    add_probe(app)
    run = rehearse(engine="real")
    assert run.code == 0 and "probe passed" in run.output and "Smoke test passed" in run.output, run.output[-4000:]
    engine = run.report["engine"]
    assert engine["real"] and engine["version"] and engine["pinned"] == VLLM
    assert run.report["substituted"]


@pytest.mark.slow
def test_a_function_is_rehearsed_by_name(app, rehearse):
    """`rehearse a.py::download` is `modal run a.py::download`."""
    run = rehearse(target="a.py::download")
    assert run.code == 0, run.output
    log, _, _ = run.output.partition("\n{\n")  # the report repeats the last lines
    assert log.count("match the Hub's hashes") == 2  # in preflight, and in download


APP = "import modal\n"
FETCH = "    weights.commit()\n"  # the end of preflight
EMPTY = "    __import__('shutil').rmtree(os.environ['HF_HUB_CACHE'], ignore_errors=True)\n"  # the mount itself stays
IMPORT = "from huggingface_hub import errors"
# Ways to break an app: the change, and a part of the reason in the last lines.
BROKEN = {
    "wrong port": (
        ('f"--port={PORT}"', '"--port=8001"'),
        ("startup_timeout=STARTUP_TIMEOUT", "startup_timeout=1"),  # it is noticed at the limit
        "answers HTTP on port 8001, but Modal expects port 8000",
    ),
    "bound to localhost": (("--host=0.0.0.0", "--host=127.0.0.1"), "listens on port 8000 on localhost only"),
    "unknown engine flag": (("--max-num-seqs=", "--max-num-seqz="), "--max-num-seqs"),
    "unknown engine value": (("--dtype=auto", "--dtype=float8"), "float8"),
    "package missing in the container": ((APP, f"{APP}import tomli_w\n"), "tomli_w"),
    "package missing in the function": ((IMPORT, f"import pytest\n    {IMPORT}"), "pytest"),
    "smoke test's assertion": (('b"data: [DONE]"', 'b"data: [END]"'), "the stream ended early"),
    "wrong health route": (('f"{url}/health", key', 'f"{url}/healthz", key'), "404"),
    "wrong model name": (("check_chat(url, key, MODEL)", 'check_chat(url, key, "other")'), "404"),
    "no authentication": (("requires_proxy_auth=True", "requires_proxy_auth=False"), "answered 200 instead of 401"),
    "weights missing from the Volume": ((FETCH, EMPTY), "::download"),
    "container exits on import": ((APP, f"{APP}if not modal.is_local():\n    os._exit(4)\n"), "exit code 4"),
    "preflight exits": ((FETCH, "    os._exit(3)\n"), "ended with exit code 3"),
    "another engine version": (
        ("install(*PACKAGES)", 'install("vllm==9.9.9", *PACKAGES[1:])'),
        "not the pinned vllm",
    ),
    "unknown GPU": (('gpu="L4"', 'gpu="L40"'), "L40"),
    "unknown function": (("    start_engine(\n", "    start_motor(\n"), "start_motor"),
    "syntax error": (("def serve() -> None:", "def serve( -> None:"), "SyntaxError"),
}
EVERYDAY = ("wrong port", "unknown engine flag", "package missing in the container", "preflight exits", "syntax error")


@pytest.mark.parametrize("case", slow_except(BROKEN, *EVERYDAY))
def test_a_broken_app_fails_with_its_reason(app, shell, case):
    """Exit code 1, with the reason of Modal or the engine after the line that says FAILED."""
    *changes, reason = BROKEN[case]
    edit(app, *changes)
    done = shell("rehearse", "a.py", "--engine", "stub")
    assert done.returncode == 1, done.stdout + done.stderr
    assert reason in done.stdout.partition("The rehearsal FAILED")[2], done.stdout + done.stderr


@pytest.mark.slow
def test_a_missing_secret_is_refused_as_by_modal(new, rehearse):
    """Only Secrets in the app's provenance exist."""
    edit(new(**GATED), ('from_name("huggingface-secret"', 'from_name("hugginface-secret"'))
    run = rehearse()
    assert run.code == 1 and "Secret 'hugginface-secret' not found" in run.output


@pytest.mark.parametrize(
    ("engine", "signum"),
    [
        ("stub", signal.SIGINT),
        pytest.param("stub", signal.SIGTERM, marks=pytest.mark.slow),
        ("stub", signal.SIGKILL),
        pytest.param("real", signal.SIGKILL, marks=[pytest.mark.slow, *NEEDS_VLLM]),
    ],
)
def test_nothing_is_left_behind(app, tmp_path, engine, signum):
    """However a rehearsal ends, no process and no folder remains."""
    edit(app, (READY, "    print('the smoke test waits')\n    time.sleep(36000)\n"))
    folder = Path(tempfile.mkdtemp(dir="/tmp"))  # a short path, for unix sockets
    process = subprocess.Popen(
        [sys.executable, "-m", "modal_serve_gen.cli", "rehearse", "a.py", "--engine", engine],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, "TMPDIR": str(folder)},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background job ignores it
    )  # fmt: skip
    for line in process.stdout:
        if line.strip() == "the smoke test waits":
            break
    below = descendants(process.pid)
    assert len(below) > 3 and list(folder.iterdir())
    process.send_signal(signum)
    process.communicate(timeout=LIMIT_S)
    assert process.returncode == {signal.SIGINT: 130, signal.SIGTERM: -15, signal.SIGKILL: -9}[signum]
    deadline = time.monotonic() + LIMIT_S
    while (alive(below) or list(folder.iterdir())) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not alive(below)
    folder.rmdir()  # raises unless it is empty


def test_a_mistyped_option_is_bad_usage(app, cli):
    """Options of the app come after --, so an unknown option before it is a mistyped option of `rehearse`."""
    result = cli("rehearse", "a.py", "--engnie", "stub")
    assert result.exit_code == 2 and "--engnie" in result.stderr
    assert "rehearse APP.py -- --engnie" in " ".join(result.stderr.split())


def test_a_mistyped_option_is_an_error_in_json(app, shell):
    """The remedy repeats the options of the app as they were typed."""
    document = json.loads(shell("rehearse", "a.py", "--json", "--engnie", "stub").stdout)
    assert document["exit_code"] == 2 and "-- --engnie stub" in document["remedy"]


def test_arguments_after_the_dashes_go_to_modal_run(app, shell):
    """`modal run` refuses unknown options of the app, and shows its help."""
    done = shell("rehearse", "a.py", "--engine", "stub", "--", "--nope")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "No such option" in done.stdout and "--nope" in done.stdout
    done = shell("rehearse", "a.py", "--engine", "stub", "--", "--help")
    assert done.returncode == 0 and "The rehearsal ended without running the app." in done.stdout


def test_a_full_disk_is_not_the_apps_fault(app, tmp_path):
    """If the rehearsal itself cannot write, the exit code is 5, and there is no verdict about the app."""
    done = subprocess.run(
        [sys.executable, "-m", "modal_serve_gen.cli", "rehearse", "a.py", "--engine", "stub"],
        cwd=tmp_path, capture_output=True, text=True, timeout=LIMIT_S,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000)),
    )  # fmt: skip
    assert done.returncode == 5, done.stdout + done.stderr
    assert "says nothing about the app" in done.stderr


@pytest.mark.parametrize("target", ["no-such.py", "folder"])
def test_a_file_that_cannot_be_read_is_bad_input(cli, tmp_path, target):
    """Exit code 2 for a missing file and for a folder."""
    (tmp_path / "folder").mkdir()
    result = cli("rehearse", target, "--engine", "stub")
    assert result.exit_code == 2 and "cannot be read" in result.stderr


@pytest.mark.slow
def test_an_engine_that_cannot_be_installed(app, shell, tmp_path):
    """Exit code 5; the error names what is missing and offers the stub."""
    env = {"MODAL_SERVE_GEN_CACHE": str(tmp_path / "cache"), "PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_RETRIES": "0",
           "PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": ""}  # fmt: skip
    done = shell("rehearse", "a.py", env=env)
    assert done.returncode == 5, done.stdout + done.stderr
    assert "--engine stub" in done.stderr and "Traceback" not in done.stderr
