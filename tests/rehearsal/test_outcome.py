"""Outcomes: something has run, limits on a busy machine, and whose fault a failure is."""

import asyncio
import contextlib
import shutil
import socket
import tempfile
from pathlib import Path

import pytest
from modal_proto import api_pb2

from modal_serve_gen.rehearsal import figures, load
from modal_serve_gen.rehearsal.containers import startup
from modal_serve_gen.rehearsal.control_plane.state import App, Container, Function
from tests.conftest import slow_except
from tests.rehearsal.conftest import Run
from tests.rehearsal.test_isolation import possible

ENGINE = """import subprocess, sys, time
import modal

image = modal.Image.debian_slim(python_version="3.12").pip_install("vllm==0.31.0")
app = modal.App("outcome")


@app.function(image=image, gpu="L4")
@modal.web_server(8000, startup_timeout=600)
def serve():
    subprocess.Popen(["vllm", "serve", "Qwen/Qwen3-0.6B", "--host=0.0.0.0"])


@app.function()
def other():
    return 1


@app.local_entrypoint()
def main():
"""
REACHES = "the rehearsal sends requests there"
CHAT = "serve: a chat with Qwen/Qwen3-0.6B returned 200"


@pytest.fixture
def rehearse_text(rehearse, tmp_path):
    """Rehearse an app that is given as text."""

    def run(text: str, *arguments: str, target: str = "a.py") -> Run:
        (tmp_path / "a.py").write_text(text)
        return rehearse(*arguments, target=target)

    return run


# What an entrypoint does instead of calling its endpoint.
IDLE = {
    "prints the URL": "    print(serve.get_web_url())\n",
    "waits": "    while True:\n        time.sleep(1)\n",
    "calls another function": "    other.remote()\n",
}


@pytest.mark.parametrize("entrypoint", slow_except(IDLE, "prints the URL"))
def test_an_endpoint_that_the_entrypoint_does_not_reach_is_asked(rehearse_text, entrypoint):
    """The engine behind it starts and chats; an entrypoint that only waits is ended."""
    run = rehearse_text(ENGINE + IDLE[entrypoint])
    assert run.code == 0, run.output
    assert REACHES in run.output and CHAT in run.output
    assert "serve answered a client" in run.proven
    assert ("only waited: the rehearsal ended it" in run.proven) == (entrypoint == "waits")


def test_an_endpoint_that_does_not_answer_fails_the_rehearsal(rehearse_text):
    """Although the entrypoint succeeded; the engine's own exit is the reason."""
    broken = ENGINE.replace("startup_timeout=600", "startup_timeout=1").replace("Qwen/Qwen3-0.6B", "/no/such/model")
    run = rehearse_text(f"{broken}    pass\n")
    assert run.code == 1 and run.report["exit_code"] == 0, run.output
    assert run.report["cause"]["kind"] == "app" and "'/no/such/model'" in run.report["cause"]["text"]


def test_an_engine_that_nothing_starts_is_said_plainly(rehearse_text):
    """Nothing can call the only function with the engine, so the rehearsal did not pass."""
    plain = ENGINE.replace("@modal.web_server(8000, startup_timeout=600)\n", "").replace("serve():", "serve(file):")
    run = rehearse_text(f"{plain}    other.remote()\n")
    assert run.code == 1, run.output
    assert "vllm, never started" in run.report["cause"]["text"]
    assert run.report["not_shown"][:2] == [
        "the engine: vllm never started", "not run, as nothing called them: serve",
    ]  # fmt: skip
    assert rehearse_text(f"{plain}    pass\n", target="a.py::other").code == 0  # it was named


CALLED = """import time
import modal

image = modal.Image.debian_slim(python_version="3.12").pip_install("vllm==0.31.0")
app = modal.App("called")


@app.cls(image=image, gpu="L4")
class Model:
    name: str = modal.parameter(default="Qwen/Qwen3-0.6B")

    @modal.enter()
    def load(self):
        {load}
        from vllm import LLM
        self.llm = LLM(self.name)

    @modal.method()
    def generate({parameters}):
        {body}
        return [output.outputs[0].text for output in self.llm.generate(prompts)]


@app.function(image=image)
@modal.fastapi_endpoint(method="POST")
def ask(request: dict):
    return Model().generate.remote(request["prompts"])
"""
PROMPTS = "self, prompts: list[str]"
# What the class does: exit code, and a line of the report or of the cause.
CALLS = {
    "answers": ({}, 0, "called with made-up arguments, and returned: Model.generate"),
    "raises at its start": ({"load": "open('/no/such/file')"}, 1, "No such file or directory: '/no/such/file'"),
    "raises for these": ({"body": "raise ValueError('five at least')"}, 5, "cannot judge Model.generate"),
    "needs a file": ({"parameters": "self, prompts_file: str"}, 5, "no arguments can be made up"),
    "waits": ({"body": "time.sleep(3600)"}, 0, "called with made-up arguments, and not waited for: Model.generate"),
}


@pytest.mark.parametrize("case", slow_except(CALLS, "answers", "raises for these"))
def test_methods_that_only_others_call_are_called(rehearse_text, case):
    """Without an entrypoint or endpoint, with arguments by their names and types; exceptions are judged fairly."""
    parts, code, text = CALLS[case]
    app = CALLED.format(**{"load": "", "body": "", "parameters": PROMPTS} | parts).partition("@app.function")[0]
    run = rehearse_text(app.replace("@app.", "@service.").replace("app = ", "service = "))
    assert run.code == code, run.output
    assert text in run.proven + str(run.report["cause"])


LOOP = """
    while True:
        try:
            urllib.request.urlopen(serve.get_web_url())
        except OSError: ...
"""
# Text after a function f: the kind and a part of the cause.
UNCLEAR = {
    "an option": ("@app.local_entrypoint()\ndef main(config: str): ...\n", "rehearsal", "without --config"),
    "an entrypoint": (
        "@app.local_entrypoint()\ndef a(): ...\n@app.local_entrypoint()\ndef b(): ...\n", "rehearsal", "a, b",
    ),
    "a module of the image": (
        "with image.imports():\n    import no_such\n@app.local_entrypoint()\ndef a(): f.remote()\n", "app",
        "no module named no_such",
    ),
    "a variable": (
        "@app.function()\n@modal.web_server(80)\ndef serve(): print(os.environ['NO_KEY'])\n"
        f"@app.local_entrypoint()\ndef a():{LOOP}", "app", "NO_KEY",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", slow_except(UNCLEAR, "an option", "a variable"))
def test_the_cause_names_what_is_missing(rehearse_text, case):
    """An argument, a name, a package or a variable; a start that fails again and again ends the rehearsal."""
    text, kind, part = UNCLEAR[case]
    head = "import os, urllib.request, modal\nimage = modal.Image.debian_slim()\napp = modal.App('a')\n"
    run = rehearse_text(f"{head}@app.function(image=image)\ndef f(): ...\n{text}")
    cause = run.report["cause"]
    assert (run.code, cause["kind"]) == (1 if kind == "app" else 5, kind), run.output
    assert part in cause["text"], cause


def test_a_method_that_only_an_endpoint_calls_is_called(rehearse_text):
    """The rehearsal does not know what to send to the endpoint, and the engine has to run."""
    run = rehearse_text(CALLED.format(load="", body="", parameters=PROMPTS))
    assert run.code == 0, run.output
    assert "each web endpoint answered a client" in run.proven and "returned: Model.generate" in run.proven


ASKS = "    import urllib.request\n    while True:\n        urllib.request.urlopen(serve.get_web_url(), timeout=900)\n"
POPEN = 'subprocess.Popen(["vllm", "serve", "Qwen/Qwen3-0.6B", "--host=0.0.0.0"])'
# How an app starts an engine that ends before it serves: the text in place of POPEN, and the engine's error.
FAILED_STARTS = {
    "unknown flag": (POPEN.replace("--host=0.0.0.0", "--max-num-seqz=4"), "vllm 0.31.0 has no --max-num-seqz"),
    "its output is not read": (
        'subprocess.Popen(["vllm", "serve", "/no/such"], stderr=subprocess.PIPE)\n    time.sleep(900)',
        "'/no/such'",
    ),
    "started again and again": (
        'while True:\n        subprocess.run(["vllm", "serve", "/no/such"])\n        time.sleep(0.1)',
        "'/no/such'",
    ),
    "no such module": (
        'subprocess.Popen(["python", "-m", "vllm.entrypoints.no_server"])',
        "No module named vllm.entrypoints.no_server",
    ),
}


@pytest.mark.parametrize("case", slow_except(FAILED_STARTS, "unknown flag"))
def test_an_engine_that_does_not_start_ends_the_rehearsal_at_once(rehearse_text, case):
    """With its own error. The app does not notice, and the next request would start the same engine again."""
    started, error = FAILED_STARTS[case]
    run = rehearse_text(ENGINE.replace(POPEN, started) + ASKS)
    assert run.code == 1, run.output
    cause, printed = run.report["cause"], run.output.partition("\n{\n")[0]
    assert cause["kind"] == "app" and error in cause["text"], cause
    assert cause["line"] == (11 if case == "unknown flag" else None)
    if case != "its output is not read":
        assert 1 <= printed.count(error) <= 2, printed
    assert "was not ready after its startup timeout" not in run.output


# What an app does before it starts its engine.
HARMLESS = {
    "another command line": 'subprocess.run(["vllm", "serve", "Qwen/Qwen3-0.6B", "--no-such-flag"])\n    ',
    "an engine that it ends": (
        'first = subprocess.Popen(["vllm", "serve", "Qwen/Qwen3-0.6B", "--port=9000"])\n'
        "    time.sleep(1)\n    first.terminate()\n    first.wait()\n    "
    ),
    "a command that fails": 'subprocess.Popen(["false"])\n    time.sleep(8)\n    ',
}


@pytest.mark.parametrize("case", slow_except(HARMLESS, "another command line"))
def test_an_engine_that_the_app_replaces_ends_nothing(rehearse_text, case):
    """Nor one that it stops itself, nor another process that fails while the app is busy."""
    before = HARMLESS[case].replace("time.sleep(8)", "until = time.time() + 8\n    while time.time() < until: pass")
    run = rehearse_text(ENGINE.replace(POPEN, before + POPEN) + "    pass\n")
    assert run.code == 0, run.output
    assert CHAT in run.output


SCRIPT = """import errno, os, sys
import modal

app = modal.App("fault")


@app.function()
def f(x):
    {0}


@app.local_entrypoint()
def main():
    {1}
"""
# What a function and the entrypoint do: exit code, the line of the app, and a part of the cause.
FAULTS = {
    "a function raises": ("raise ValueError('deep down')", "f.remote(1)", 1, 9, "ValueError: deep down"),
    "the entrypoint raises": ("...", "raise RuntimeError('at the end')", 1, 14, "RuntimeError: at the end"),
    "the entrypoint exits": ("...", "sys.exit(3)", 1, 14, "exited with code 3"),
    "the SDK refuses a call": ("...", "modal.Volume.from_name('a b').hydrate()", 1, 14, "Invalid Volume name"),
    "a module is nowhere": ("import tomli_w", "f.remote(1)", 1, 9, "no module named tomli_w"),
    "the disk is full": (
        "raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))",
        "f.remote(1)",
        5,
        9,
        "No space left",
    ),
    "no stand-in": ("...", "modal.Sandbox.create('true', app=app)", 5, 14, "cannot run modal.Sandbox"),
}


@pytest.mark.parametrize("case", slow_except(FAULTS, "a function raises", "the entrypoint exits"))
def test_the_report_says_whose_fault_it_is(rehearse_text, shell, case):
    """In JSON with the line, and in the last lines of the text; the exit codes differ."""
    remote, local, code, line, text = FAULTS[case]
    run = rehearse_text(SCRIPT.format(remote, local))
    cause = run.report["cause"]
    assert run.code == code, run.output
    assert (cause["file"], cause["line"]) == ("a.py", line) and text in cause["text"], cause
    assert cause["kind"] == ("app" if code == 1 else "rehearsal") and bool(cause["help"]) == (code == 5)
    end = " ".join(shell("rehearse", "a.py", "--engine", "stub").stdout.splitlines()[-3:])
    assert text in end and f"a.py line {line}" in end, end


def test_a_limit_passes_slower_on_a_busy_machine():
    """With a twentieth of a core, a limit takes twenty times as long; an idle machine keeps it."""
    idle, busy = load.Patience(0.05, lambda: 1.0), load.Patience(0.05, lambda: 0.05)
    with contextlib.suppress(TimeoutError):
        asyncio.run(load.wait_for(asyncio.sleep(60), load.Patience(0.1, lambda: 1.0)))
    assert idle.over() and not busy.over()


@pytest.mark.parametrize(("runnable", "share"), [("1/9", 1.0), ("16/99", 2 / 16), ("900/999", load.LEAST_SHARE)])
def test_the_share_of_a_core(monkeypatch, tmp_path, runnable, share):
    """Two cores for so many runnable processes, as the kernel counts them now."""
    (tmp_path / "loadavg").write_text(f"0.1 0.1 0.1 {runnable} 4711\n")
    monkeypatch.setattr(load, "LOADAVG", tmp_path / "loadavg")
    monkeypatch.setattr(load, "cores", lambda: 2)
    assert load.share() == share


def test_internal_ports_of_an_engine_are_not_the_wrong_port(tmp_path, monkeypatch):
    """Only a port that answers HTTP while the expected one is closed is a wrong one."""
    monkeypatch.setattr(startup, "ANSWER_S", 0.2)
    asyncio.run(check_ports(tmp_path))


async def check_ports(tmp_path):
    definition = api_pb2.Function(http_config=api_pb2.HTTPConfig(port=9))
    container = Container("ta-1", Function("fu-1", App("ap-1", ""), "f", definition), tmp_path, 1)
    container.host = container.inner_host = "127.8.7.6"
    container.process = object()

    async def http(reader, writer):
        await reader.readline()
        writer.write(b"HTTP/1.1 404 Not Found\r\n\r\n")
        writer.close()

    with socket.create_server((container.host, 0)):  # accepts connections, and says nothing
        assert await startup.wrong_port(container, set()) == ""
        async with await asyncio.start_server(http, container.host, 0) as server:
            port = server.sockets[0].getsockname()[1]
            assert f"answers HTTP on port {port}, but Modal expects port 9" in await startup.wrong_port(
                container, set()
            )
            assert await startup.wrong_port(container, {port}) == ""


WRITES = """import pathlib
import modal

app = modal.App("writes")


@app.function(gpu="L4")
def f():
    return 1


@app.local_entrypoint()
def main(output: str = "results.jsonl"):
    f.remote()
    print("read:", pathlib.Path("prompts.txt").read_text())
    pathlib.Path(output).write_text("gibberish")
    pathlib.Path("new").mkdir()
    pathlib.Path("new", "more.txt").write_text("more")
    print("8 prompts, 12 tokens/s")
    print("in all $1.25")
    print("8 prompts read")
"""
MARKED = [f"8 prompts, 12 tokens/s{figures.MARK}", f"in all $1.25{figures.MARK}", "8 prompts read"]


@pytest.mark.parametrize("options", [(), ("--no-isolation",)], ids=["overlay", "copy"])
def test_a_rehearsal_overwrites_nothing(rehearse_text, tmp_path, options):
    """What the entrypoint writes is in a folder that the report names; it reads the user's files."""
    (tmp_path / "results.jsonl").write_text("precious")
    (tmp_path / "prompts.txt").write_text("the prompts")
    run = rehearse_text(WRITES, *options)
    assert run.code == 0 and "read: the prompts" in run.output, run.output
    assert (tmp_path / "results.jsonl").read_text() == "precious"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.py", "prompts.txt", "results.jsonl"]
    written = run.report["written"]
    assert written["files"] == ["new/more.txt", "results.jsonl"]
    assert (Path(written["folder"]) / "results.jsonl").read_text() == "gibberish"
    lines = run.output.splitlines()
    assert [line for line in lines if "$1.25" in line or "8 prompts" in line][:3] == MARKED
    shutil.rmtree(written["folder"])


@possible
def test_an_absolute_path_is_protected_too(rehearse_text, tmp_path_factory):
    """In another folder that the user may write."""
    folder = Path(tempfile.mkdtemp(dir=Path.home()))
    (folder / "results.jsonl").write_text("precious")
    (folder / "prompts.txt").write_text("the prompts")
    try:
        run = rehearse_text(
            WRITES.replace('"results.jsonl"', f'"{folder}/results.jsonl"').replace(
                '"prompts.txt"', f'"{folder}/prompts.txt"'
            )
        )
        assert run.code == 0 and "read: the prompts" in run.output, run.output
        assert (folder / "results.jsonl").read_text() == "precious"
        assert f"{folder}/results.jsonl" in run.report["written"]["files"]
    finally:
        shutil.rmtree(folder)


def test_figures_are_marked_across_chunks():
    """A line that comes in pieces is marked once, at its end; without a GPU there is nothing to mark."""
    printed = []
    marker = figures.Marker(printed.append, lambda: True)
    for piece in ("so", "me\n5", " ms", " each\nlast $2"):
        marker(piece)
    assert "".join(printed) == f"some\n5 ms each{figures.MARK}\nlast $2"
    plain = []
    figures.Marker(plain.append, lambda: False)("5 ms\n")
    assert plain == ["5 ms\n"]
