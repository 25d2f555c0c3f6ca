"""`rehearse` from end to end through the real command line: a good app passes, a broken one does not."""

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

from modal_serve_gen.rehearsal.engines import engine_env
from tests.conftest import OLDEST
from tests.versions import VLLM

NEW = ("new", "a.py", "--offline", "--model", "Qwen/Qwen3-0.6B", "--gpu", "L4")
NO_ENGINE = f"needs the real engine's environment (make engine): {engine_env.examine()[1]}"
SHORT = ("STARTUP_TIMEOUT = 600", "STARTUP_TIMEOUT = 4")


@pytest.fixture
def app(shell, tmp_path) -> Path:
    """A generated app."""
    done = shell(*NEW)
    assert done.returncode == 0, done.stderr
    return tmp_path / "a.py"


def edit(path: Path, *changes: tuple[str, str]) -> None:
    """Replace each text, which has to be there."""
    text = path.read_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    path.write_text(text)


def probe(path: Path) -> None:
    """Let the app's smoke test run `probe.py` while its endpoint is up."""
    script = Path(__file__).with_name("probe.py")
    call = f"__import__('subprocess').run([{sys.executable!r}, {str(script)!r}, url, key, MODEL], check=True)"
    ready = "    check_chat(url, key, MODEL)\n"
    edit(path, (ready, f"{ready}    {call}\n"))


def descendants(ancestor: int) -> dict[int, bytes]:
    """All processes below `ancestor`: id -> when it was started, which tells it from a later one with that id."""
    parents, starts = {}, {}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            fields = (process / "stat").read_bytes().rpartition(b")")[2].split()
            parents[int(process.name)], starts[int(process.name)] = int(fields[1]), fields[19]
    found: set[int] = {ancestor}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return {pid: starts[pid] for pid in found - {ancestor}}


def alive(processes: dict[int, bytes]) -> set[int]:
    """Those of `processes` that are still there, and no other ones in their place."""
    everything = descendants(0) | descendants(1)
    return {pid for pid, start in processes.items() if everything.get(pid) == start}


@pytest.mark.parametrize("python", [sys.executable, str(OLDEST)], ids=["newest SDK", "oldest SDK"])
def test_a_generated_app_passes_with_the_stub(app, shell, python):
    """The whole chain: preflight downloads and verifies, the smoke test passes, the report says what was shown."""
    if not OLDEST.exists():
        pytest.skip("the oldest SDK's environment is missing: make setup")
    done = shell("rehearse", "a.py", "--engine", "stub", "--json", python=python)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["ok"] and report["exit_code"] == 0
    assert report["engine"]["name"] == "vllm" and report["engine"]["real"] is False
    assert {row["status"] for row in report["requests"]} == {401, 200}
    text = " ".join(report["proven"])
    for shown in (
        "build function preflight completed",
        "Qwen/Qwen3-0.6B",
        "container of serve",
        "flags of vllm serve",
        "refused",
    ):
        assert shown in text, report["proven"]
    assert any("GPU" in line for line in report["not_shown"])


@pytest.mark.engine
@pytest.mark.skipif(not engine_env.ready(), reason=NO_ENGINE)
def test_a_generated_app_passes_with_the_real_engine(app, shell):
    """The same with the engine itself: real flags, real routes, a real (if random) answer."""
    probe(app)
    done = shell("rehearse", "a.py", "--json", timeout=400)
    assert done.returncode == 0, done.stderr[-4000:]
    assert "the probe is content" in done.stderr
    report = json.loads(done.stdout)
    assert report["engine"]["real"] and report["engine"]["version"] and report["engine"]["pinned"] == VLLM
    assert "Smoke test passed" in done.stderr
    assert report["substituted"]


def test_an_openai_client_works_with_a_proxy_token(app, shell):
    """The real client, plain and streaming, with the token as its api key, and 401 without; all on loopback."""
    probe(app)
    done = shell("rehearse", "a.py", "--engine", "stub")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the probe is content" in done.stdout


def test_an_open_endpoint_passes_too(shell):
    """--auth none: no token is made, and nothing is refused."""
    assert shell(*NEW, "--auth", "none").returncode == 0
    done = shell("rehearse", "a.py", "--engine", "stub", "--json")
    assert done.returncode == 0, done.stderr
    assert {row["status"] for row in json.loads(done.stdout)["requests"]} == {200}


def test_a_gated_model_passes_with_its_secret(shell):
    """The Secret's placeholder is what the local hub asks for."""
    assert shell(*NEW[:3], "--model", "meta-llama/Llama-3.2-1B-Instruct").returncode == 0
    done = shell("rehearse", "a.py", "--engine", "stub", "--json")
    assert done.returncode == 0, done.stderr
    assert any("is gated" in line for line in json.loads(done.stdout)["substituted"])


def test_a_function_can_be_rehearsed_by_name(app, shell):
    """`rehearse a.py::download` is `modal run a.py::download`."""
    done = shell("rehearse", "a.py::download", "--engine", "stub", "--json")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("match the Hub's hashes") == 2  # preflight's, and its own


APP = "import modal\n"
FETCH = "    weights.commit()\n"  # the end of preflight
EMPTY = "    __import__('shutil').rmtree(os.environ['HF_HUB_CACHE'], ignore_errors=True)\n"  # the mount itself stays
IMPORT = "from huggingface_hub import errors"
# How an app can be broken: the changes, and what the last lines have to say about it.
BROKEN = {
    "wrong port": ([('f"--port={PORT}"', '"--port=8001"')], "listens on port 8001, but Modal expects port 8000"),
    "bound to localhost": ([("--host=0.0.0.0", "--host=127.0.0.1"), SHORT], "bound to 0.0.0.0 (rather than localhost"),
    "unknown engine flag": ([("--max-num-seqs=", "--max-num-seq=")], "--max-num-seqs"),
    "unknown engine value": ([("--dtype=auto", "--dtype=float8")], "float8"),
    "package missing in the container": ([(APP, f"{APP}import tomli_w\n")], "tomli_w"),
    "package missing in the function": ([(IMPORT, f"import pytest\n    {IMPORT}")], "pytest"),
    "smoke test's assertion": ([('b"data: [DONE]"', 'b"data: [END]"')], "the stream ended early"),
    "wrong health route": ([('f"{url}/health", key', 'f"{url}/healthz", key')], "404"),
    "wrong model name": ([("check_chat(url, key, MODEL)", 'check_chat(url, key, "other")')], "404"),
    "no auth after all": ([("requires_proxy_auth=True", "requires_proxy_auth=False")], "answered 200 instead of 401"),
    "weights missing from the Volume": ([(FETCH, EMPTY)], "::download"),
    "container that dies while it imports": (
        [(APP, f"{APP}if not modal.is_local():\n    os._exit(4)\n")],
        "exit code 4",
    ),
    "preflight that dies": ([(FETCH, "    os._exit(3)\n")], "ended with exit code 3"),
    "another engine in the image": (
        [("install(*PACKAGES)", 'install("vllm==9.9.9", *PACKAGES[1:])')],
        "not the pinned vllm",
    ),
    "GPU that Modal has not": ([('gpu="L4"', 'gpu="L40"')], "L40"),
    "unknown function": ([("    start_engine(\n", "    start_motor(\n")], "start_motor"),
    "no Python": ([("def serve() -> None:", "def serve( -> None:")], "SyntaxError"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_app_fails_with_its_reason(app, shell, case):
    """Exit 1, soon, with Modal's or the engine's own reason in the last lines; and nothing is left behind."""
    changes, reason = BROKEN[case]
    edit(app, *changes)
    done = shell("rehearse", "a.py", "--engine", "stub")
    output = done.stdout + done.stderr
    assert done.returncode == 1, output
    assert reason in done.stdout.partition("The rehearsal FAILED")[2], output
    assert "FAILED" in done.stdout


def test_a_missing_secret_is_modals_own_refusal(shell, tmp_path):
    """A Secret that the app's provenance does not know does not exist."""
    assert shell(*NEW[:3], "--model", "meta-llama/Llama-3.2-1B-Instruct").returncode == 0
    edit(tmp_path / "a.py", ('from_name("huggingface-secret"', 'from_name("hugginface-secret"'))
    done = shell("rehearse", "a.py", "--engine", "stub")
    assert done.returncode == 1
    assert "Secret 'hugginface-secret' not found" in done.stdout + done.stderr


REAL = pytest.param(
    "real", signal.SIGKILL,
    marks=[pytest.mark.engine, pytest.mark.skipif(not engine_env.ready(), reason=NO_ENGINE)],
)  # fmt: skip


@pytest.mark.parametrize(
    ("engine", "how"), [("stub", signal.SIGINT), ("stub", signal.SIGTERM), ("stub", signal.SIGKILL), REAL]
)
def test_nothing_is_left_behind(app, tmp_path, engine, how):
    """However a rehearsal ends, also by Ctrl-C or kill -9: no process and no folder stays."""
    edit(
        app,
        ("    check_chat(url, key, MODEL)\n", "    print('held')\n    time.sleep(3600)\n"),
    )
    folder = Path(tempfile.mkdtemp(dir="/tmp"))  # short: unix sockets lie in it
    process = subprocess.Popen(
        [sys.executable, "-m", "modal_serve_gen.cli", "rehearse", "a.py", "--engine", engine],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, "TMPDIR": str(folder)},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background job ignores it
    )  # fmt: skip
    for line in process.stdout:
        if line.strip() == "held":
            break
    below = descendants(process.pid)
    assert len(below) > 3 and list(folder.iterdir())
    process.send_signal(how)
    process.communicate(timeout=300)
    assert process.returncode == {signal.SIGINT: 130, signal.SIGTERM: -15, signal.SIGKILL: -9}[how]
    deadline = time.monotonic() + 120
    while (alive(below) or list(folder.iterdir())) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not alive(below)
    folder.rmdir()  # raises unless it is empty


def test_a_mistyped_option_is_bad_usage(app, shell):
    """What is meant for modal run follows --, so an unknown option is one of ours, mistyped."""
    done = shell("rehearse", "a.py", "--engnie", "stub")
    assert done.returncode == 2 and "--engnie" in done.stderr
    assert "rehearse APP.py -- --engnie" in " ".join(done.stderr.split())
    document = json.loads(shell("rehearse", "a.py", "--json", "--engnie", "stub").stdout)
    assert document["exit_code"] == 2 and "-- --engnie stub" in document["remedy"]


def test_what_follows_goes_to_modal_run(app, shell):
    """Options after -- are the app's own, which refuses what it does not know."""
    done = shell("rehearse", "a.py", "--engine", "stub", "--", "--nope")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "No such option" in done.stdout and "--nope" in done.stdout
    done = shell("rehearse", "a.py", "--engine", "stub", "--", "--help")
    assert done.returncode == 0 and "The rehearsal ended without running the app." in done.stdout


def test_a_full_disk_is_not_the_apps_fault(app, tmp_path):
    """What the rehearsal itself cannot write ends 5, and says that it tells nothing of the app."""
    done = subprocess.run(
        [sys.executable, "-m", "modal_serve_gen.cli", "rehearse", "a.py", "--engine", "stub"],
        cwd=tmp_path, capture_output=True, text=True, timeout=600,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000)),
    )  # fmt: skip
    assert done.returncode == 5, done.stdout + done.stderr
    assert "says nothing about the app" in done.stderr


@pytest.mark.parametrize("target", ["no-such.py", "folder"])
def test_what_cannot_be_read_is_bad_input(shell, tmp_path, target):
    """A file that is not there, or is none, ends 2."""
    (tmp_path / "folder").mkdir()
    done = shell("rehearse", target, "--engine", "stub")
    assert done.returncode == 2 and "cannot be read" in done.stderr


def test_without_an_engine_it_says_what_is_missing(app, shell, tmp_path):
    """Where no engine can be had it ends 5, names what it needs, and offers the stub."""
    env = {"MODAL_SERVE_GEN_CACHE": str(tmp_path / "cache"), "PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_RETRIES": "0",
           "PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": ""}  # fmt: skip
    done = shell("rehearse", "a.py", env=env)
    assert done.returncode == 5, done.stdout + done.stderr
    assert "--engine stub" in done.stderr and "Traceback" not in done.stderr
