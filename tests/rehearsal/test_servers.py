"""Servers in a rehearsal: real `modal run` of small apps with a server of a few lines of Python."""

import asyncio
import re
import sys
import textwrap

import modal
import pytest

from tests.conftest import SDKS, slow_except
from tests.rehearsal.conftest import Run
from tests.rehearsal.local_modal import local_modal

# A server that returns its container's id; /entered: whether the enter method has ended; /die exits; /slow waits.
PROGRAM = """
import http.server, os, time
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/die":
            os._exit(3)
        if self.path == "/slow":
            time.sleep(1)
        self.send_response(200)
        self.end_headers()
        answer = os.path.exists("entered") if self.path == "/entered" else os.environ["MODAL_TASK_ID"]
        self.wfile.write(str(answer).encode())
    def log_message(self, *arguments):
        pass
http.server.ThreadingHTTPServer(("HOST", PORT), Handler).serve_forever()
"""
APP = """
import concurrent.futures
import subprocess
import sys
import time
import urllib.error
import urllib.request

import modal
import modal.experimental

app = modal.App("small")
PROGRAM = {program!r}


{decorators}
class Server:
    @modal.enter()
    def start(self):
        {start}

    @modal.exit()
    def stop(self):
        print("the exit method ran", flush=True)
{methods}

def get(url, retry_503=False, **headers):
    deadline = time.monotonic() + 1800
    while True:
        try:
            request = urllib.request.Request(url, headers={{k.replace("_", "-"): v for k, v in headers.items()}})
            with urllib.request.urlopen(request, timeout=1800) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as fault:
            if fault.status != 503 or not retry_503 or time.monotonic() > deadline:
                return fault.status, fault.read().decode()
        time.sleep(0.1)


def until(condition):
    deadline = time.monotonic() + 1800
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@app.local_entrypoint()
def main():
{main}
"""
SERVER = '@app.server(port=8000, unauthenticated=True, startup_timeout=1800, routing_region="us-east"{})'
PLAIN = SERVER.format("")
SHORT = PLAIN.replace("=1800", "=3")
START = 'subprocess.Popen([sys.executable, "-c", PROGRAM])'


@pytest.fixture
def rehearse_server(rehearse, tmp_path):
    """Rehearse a small app with a server: the code of its entrypoint, and optionally its decorators and other parts."""

    def run(
        main: str, *, decorators=PLAIN, start=START, methods="", host="0.0.0.0", port=8000, python=sys.executable
    ) -> Run:
        program = PROGRAM.replace("HOST", host).replace("PORT", str(port))
        main = textwrap.indent(textwrap.dedent(main).strip(), "    ")
        text = APP.format(program=program, decorators=decorators, start=start, methods=methods, main=main)
        (tmp_path / "a.py").write_text(text)
        return rehearse(python=python)

    return run


@pytest.mark.parametrize("python", SDKS)
def test_a_server_starts_on_its_first_request(rehearse_server, python):
    """503 until its enter method has ended and its port answers; its exit method runs at the end."""
    run = rehearse_server(
        """
        time.sleep(1)  # long enough to see a container if publication started one
        assert get(Server.get_url())[0] == 503
        assert get(f"{Server.get_url()}/entered", True) == (200, "True")
        """,
        start=f"{START}; time.sleep(1); open('entered', 'w').close()",
        python=python,
    )
    assert run.code == 0, run.output
    assert "the exit method ran" in run.output
    assert set(run.statuses) == {503, 200}
    text = run.proven
    assert "container of Server started and was reached" in text
    assert re.search(r"while no container was ready: 503 \(\d+ requests?\)", text), text
    assert "Server stopped gracefully" in text


@pytest.mark.skipif(
    not hasattr(modal.Server, "autoscaler"), reason="run `make setup`: the servers of this SDK have no autoscaler"
)
def test_a_warm_server_starts_without_a_request(rehearse_server):
    """Its containers start when the app is published; the SDK lists and counts them, and can change their settings."""
    run = rehearse_server(
        """
        until(lambda: len(Server._experimental_list_containers()) == 2)
        url = Server.get_url()
        assert get(url)[0] == 200
        settings = Server.autoscaler.settings()
        assert (settings.min_containers, settings.max_containers) == (2, 3), settings
        assert Server.autoscaler.update(min_containers=3).min_containers == 3
        until(lambda: len(Server._experimental_list_containers()) == 3)
        stats = Server.stats()
        assert (stats.request_count_by_status_code, stats.container_started_count) == ({200: 1}, 3), stats
        assert Server.info().server_url == url
        """,
        decorators=SERVER.format(", min_containers=2, max_containers=3"),
    )
    assert run.code == 0, run.output


def test_a_server_scales_up_and_keeps_conversations_together(rehearse_server):
    """Beyond target_concurrency more containers start, up to max_containers; one affinity key uses one container."""
    run = rehearse_server(
        """
        url = Server.get_url()
        get(url, True)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            until(lambda: len({body for _, body in pool.map(get, [f"{url}/slow"] * 8)}) == 3)
            for name in ("Modal_Session_ID", "Modal_Routing_Affinity_Key"):
                for key in "abc":
                    assert len(set(pool.map(lambda _: get(url, **{name: key}), range(20)))) == 1
        """,
        decorators=SERVER.format(", target_concurrency=1, max_containers=3"),
    )
    assert run.code == 0, run.output
    assert any("affinity key" in line for line in run.report["proven"]), run.report["proven"]


def test_a_server_requires_its_token(rehearse_server):
    """401 without a token, and nothing starts; 403 if it is not allowed here; a proxy token of the SDK gives access."""
    run = rehearse_server(
        """
        url = Server.get_url()
        assert get(url)[0] == 401
        time.sleep(1)  # long enough to see a container if the request started one
        tokens = modal.Workspace.from_context().proxy_tokens
        token = tokens.create()
        bearer = f"Bearer {token.token_id}.{token.token_secret}"
        assert get(url, Authorization=bearer)[0] == 403
        tokens.allow(token.token_id, modal.Environment.from_context().hydrate().name)
        assert get(url, Authorization=bearer)[0] == 503
        assert get(url, True, Authorization=bearer)[0] == 200
        """,
        decorators=PLAIN.replace("unauthenticated=True, ", ""),
    )
    assert run.code == 0, run.output
    assert "refused without a valid token or key: 2 requests" in run.report["proven"]


@pytest.mark.parametrize(
    "start",
    [
        START,
        f"{START}; __import__('threading').Thread(target=lambda: (self.p.wait(), os._exit(7)), daemon=True).start()",
    ],
    ids=["the server dies", "its container dies with it"],
)
def test_a_server_that_dies_is_replaced(rehearse_server, start):
    """Requests get 503 until another container is ready."""
    run = rehearse_server(
        """
        url = Server.get_url()
        first = get(url, True)[1]
        assert get(f"{url}/die")[0] == 503
        status, second = get(url, True)
        assert status == 200 and second != first
        """,
        start=start.replace("subprocess", "import os; self.p = subprocess", 1),
    )
    assert run.code == 0, run.output
    text = " ".join(run.report["proven"] + run.report["findings"])
    expected = "a container of Server exited on its own with code 7" if "os._exit(7)" in start else "was replaced"
    assert expected in text


CLASS = """@app.cls({})
@modal.concurrent(target_inputs=1)
@modal.experimental.http_server(8000, proxy_regions=["us-east"], startup_timeout=1800, exit_grace_period=20)"""


@pytest.mark.parametrize("python", SDKS)
def test_a_class_with_an_http_server_behaves_like_a_server(rehearse_server, python):
    """503 until its container registers and answers at its port; then it scales like a server."""
    run = rehearse_server(
        """
        url = Server._experimental_get_flash_urls()[0]
        assert get(url)[0] == 503
        assert get(url, True)[0] == 200
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            until(lambda: len({body for _, body in pool.map(get, [f"{url}/slow"] * 4)}) == 2)
        assert get(f"{url}/die")[0] == 503
        assert get(url, True)[0] == 200
        """,
        decorators=CLASS.format("max_containers=2"),
        python=python,
    )
    assert run.code == 0, run.output
    assert "the exit method ran" in run.output
    text = run.proven
    assert "container of Server.* started and was reached" in text and "Server.* stopped gracefully" in text
    assert "exit grace period of Server.*: 3 s instead of 20 s" in run.report["substituted"]


WEB_METHOD = """
    @modal.web_server(8000, startup_timeout=1800, requires_proxy_auth={})
    def {}(self):
        pass
"""


@pytest.mark.parametrize("python", SDKS)
def test_web_methods_of_a_class_have_their_own_url_and_authentication(rehearse_server, python):
    """Requests wait for a container as with web functions; only one of the two methods requires a token."""
    run = rehearse_server(
        """
        server = Server()
        assert get(server.closed.get_web_url())[0] == 401
        status, container = get(server.public.get_web_url())
        assert (status, container[:3]) == (200, "ta-"), container
        """,
        decorators="@app.cls()\n@modal.concurrent(max_inputs=8)",
        methods=WEB_METHOD.format(False, "public") + WEB_METHOD.format(True, "closed"),
        python=python,
    )
    assert run.code == 0, run.output
    assert run.statuses == [401, 200] and "the exit method ran" in run.output


REQUEST = "status, text = get(Server.get_url(), True)\nassert status == 200, text"
# Ways in which a server fails to start: the change, and a part of the reason in the last lines.
BROKEN = {
    "bound to localhost": ({"host": "127.0.0.1"}, "listens on port 8000 on localhost only"),
    "wrong port": (
        {"port": 8001, "decorators": SHORT},
        "answers HTTP on port 8001, but Modal expects port 8000",
    ),
    "enter raises": ({"start": "raise RuntimeError('no weights here')"}, "no weights here"),
    "container dies": ({"start": "import os; os._exit(4)"}, "ended with exit code 4"),
    "never listens": (
        {"start": "pass", "decorators": SHORT},
        "was not ready after its startup timeout of 3 s",
    ),
    "unknown routing region": (
        {"decorators": PLAIN.replace("us-east", "us-eas")},
        "'us-eas' is not a Modal routing region. Did you mean us-east?",
    ),
    "unknown compute region": (
        {"decorators": SERVER.format(', compute_region="mars"')},
        "'mars' is not a Modal region.",
    ),
}


@pytest.mark.parametrize("case", slow_except(BROKEN, "bound to localhost", "enter raises"))
def test_a_server_that_cannot_start_fails_with_its_reason(rehearse_server, case):
    """Exit code 1 with the reason in the last lines, where Modal would answer 503 forever."""
    changes, reason = BROKEN[case]
    run = rehearse_server(REQUEST, **changes)
    assert run.code == 1, run.output
    assert reason in run.last_lines, run.output


def test_a_server_that_is_still_being_started_is_stopped(tmp_path):
    """Its container has no process yet that a signal could reach; nothing waits for it until it has to be killed."""
    text = APP.format(program="", decorators=PLAIN, start="pass", methods="", main="    pass")
    (tmp_path / "a.py").write_text(text)

    async def main() -> None:
        async with local_modal(tmp_path) as local:
            assert (await local.modal("deploy", "a.py"))[0] == 0
            (function,) = local.plane.functions.values()
            container = local.rehearsal.fleet.launch(function)
            await local.rehearsal.fleet.stop(function)
            assert container.exit_code is not None and not container.killed

    asyncio.run(main())
