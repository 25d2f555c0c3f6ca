"""Deployed apps, with the real `modal deploy`, `modal run` and `modal app`."""

import asyncio
import functools
import json
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modal_serve_gen.spec import cron
from tests.conftest import LIMIT_S, OLDEST
from tests.rehearsal.local_modal import local_modal

APP = Path(__file__).with_name("apps") / "deployed.py"


def deploying(test):
    """Run an async test with (the local Modal, path of the app)."""

    @functools.wraps(test)
    def run(tmp_path):
        async def main() -> None:
            path = tmp_path / "a.py"
            path.write_text(APP.read_text())
            async with local_modal(tmp_path) as local:
                await test(local, path)

        asyncio.run(main())

    del run.__wrapped__  # pytest would inject the arguments of the inner function
    return run


async def succeed(local, *arguments: str, **options) -> str:
    """Run a modal command that must end with 0, and return its output."""
    code, output = await local.modal(*arguments, **options)
    assert code == 0, output
    return output


@deploying
async def test_a_deployed_app_is_found_by_name(local, path):
    """Its functions and classes answer another run; deployed again, they run the new code at the same URLs."""
    await succeed(local, "deploy", "a.py")
    url = next(f.metadata.web_url for f in local.plane.functions.values() if f.tag == "web")
    for _ in range(2):  # the end of a run leaves the deployment alone
        assert "deployment passed" in await succeed(local, "run", "a.py", "--deployed", "first")
    path.write_text(path.read_text().replace('"first"', '"second"'))
    await succeed(local, "deploy", "a.py")
    assert "deployment passed" in await succeed(local, "run", "a.py", "--deployed", "second")
    (app,) = [app for app in local.plane.apps.values() if app.name]
    assert app.functions["web"].metadata.web_url == url
    assert any("not run by the rehearsal" in line for line in local.plane.substituted)


@deploying
async def test_deploying_again_loses_no_call(local, path):
    """A running call ends in its container; a queued one is answered by the new code."""
    await succeed(local, "deploy", "a.py")
    function = next(function for function in local.plane.functions.values() if function.tag == "patient")
    run = asyncio.create_task(succeed(local, "run", "a.py", "--deployed", "both"))
    while not (function.queue and function.containers[0].running):
        await asyncio.sleep(0.05)
    path.write_text(path.read_text().replace('"first"', '"second"'))
    await succeed(local, "deploy", "a.py")
    (volume,) = local.plane.volumes
    (local.plane.volume_path(volume) / "go").touch()
    assert "answered by ['first', 'second']" in await asyncio.wait_for(run, LIMIT_S)


@deploying
async def test_a_stopped_app_is_removed(local, path):
    """A deployed app is listed with its versions; after it is stopped, name, URL and containers no longer exist."""
    await succeed(local, "deploy", "a.py")
    await succeed(local, "deploy", "a.py")
    await succeed(local, "run", "a.py", "--deployed", "first")
    (row,) = [row for row in json.loads(await succeed(local, "app", "list", "--json")) if row["state"] == "deployed"]
    assert row["description"] == "deployed" and int(row["tasks"]) >= 4
    assert len(json.loads(await succeed(local, "app", "history", "deployed", "--json"))) == 2
    await succeed(local, "app", "stop", "deployed", "--yes")
    assert not any(function.live for function in local.plane.functions.values())
    code, output = await local.modal("run", "a.py", "--deployed", "first")
    assert code == 1 and "no app 'deployed' is deployed" in output
    code, output = await local.modal("app", "stop", "deployed", "--yes")
    assert code == 1 and "already stopped" in output


@deploying
async def test_an_app_that_was_not_deployed_is_not_found(local, path):
    """`modal run` deploys nothing; for an unknown function, the error lists the existing ones."""
    await succeed(local, "run", "a.py")
    code, output = await local.modal("run", "a.py", "--deployed", "first")
    assert code == 1 and "no app 'deployed' is deployed" in output
    await succeed(local, "deploy", "a.py")
    code, output = await local.modal("run", "a.py", "--missing", "versoin")
    assert code == 1 and "no function 'versoin'; it has: " in output and "version" in output


@pytest.mark.slow
@deploying
async def test_logs_can_be_read_later(local, path):
    """`modal app logs` prints the output of the containers of a deployed app, and filters it."""
    path.write_text(
        path.read_text().replace("    return VERSION", "    print('a line')\n    print('another')\n    return VERSION")
    )
    await succeed(local, "deploy", "a.py")
    await succeed(local, "run", "a.py", "--deployed", "first")
    lines = await succeed(local, "app", "logs", "deployed")
    assert "a line" in lines and "another" in lines
    assert "a line" not in await succeed(local, "app", "logs", "deployed", "--search", "another text")
    assert "a line" not in await succeed(local, "app", "logs", "deployed", "--source", "stderr")
    assert "a line" in await succeed(local, "app", "logs", "deployed", "--since", "1h", "--search", "a line")


@pytest.mark.slow
@pytest.mark.skipif(not OLDEST.exists(), reason="run `make setup`: no oldest SDK")
@deploying
async def test_the_oldest_sdk_deploys_too(local, path):
    """The oldest SDK deploys an app, and looks it up by name."""
    await succeed(local, "deploy", "a.py", python=str(OLDEST))
    assert "deployment passed" in await succeed(local, "run", "a.py", "--deployed", "first", python=str(OLDEST))


@deploying
async def test_an_invalid_schedule_is_refused(local, path):
    """The deployment fails as on Modal, and the error names the function and the field."""
    path.write_text(path.read_text().replace("30 4 * * mon-fri", "30 24 * * *"))
    code, output = await local.modal("deploy", "a.py")
    assert code == 1 and "nightly" in output and "'24' as its hour" in output


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("* * * *", "4 fields"),
        ("60 * * * *", "'60' as its minute"),
        ("*/0 * * * *", "step of 0"),
        ("5-1 * * * *", "ends before"),
        ("0 0 0 * *", "day of the month"),
        ("0 0 1 foo *", "'foo' as its month"),
        ("0 0 1 * 8", "day of the week"),
        ("0 0 ? * 1", "'?'"),
        ("0 0 1,, * 1", "''"),
        ("", "0 fields"),
    ],
)
def test_an_invalid_cron_line_is_refused(line, problem):
    """Every field must be within its range and have valid syntax."""
    assert problem in cron.problem(line)


@given(st.data())
def test_valid_cron_lines_pass(data):
    """Numbers, ranges, steps and lists within the range of a field, and names in either case."""
    fields = []
    for least, most, names in [(low, high, names) for _, low, high, names in cron.FIELDS]:
        number = st.integers(least, most)
        span = st.tuples(number, number).map(lambda pair: "{}-{}".format(*sorted(pair)))
        step = st.integers(1, 99).map(lambda number: f"*/{number}")
        forms = [number.map(str), span, step, st.just("*"), span.map(lambda text: f"{text}/2")]
        if names:
            forms.append(st.sampled_from([*names, *map(str.upper, names)]))
        fields.append(",".join(data.draw(st.lists(st.one_of(forms), min_size=1, max_size=3))))
    assert cron.problem(" ".join(fields)) == ""


SERVER = """
import urllib.error, urllib.request
import modal

app = modal.App("deployed-server")


@app.server(image=modal.Image.debian_slim(), port=8000, unauthenticated=True, max_containers=1)
class Server:
    @modal.enter()
    def start(self):
        import subprocess, sys
        self.process = subprocess.Popen([sys.executable, "-m", "http.server", "8000", "--bind", "0.0.0.0"])


@app.local_entrypoint()
def main():
    import time

    url = modal.Server.from_name(app.name, "Server").get_url()
    while True:  # 503 until a container is ready
        try:
            assert urllib.request.urlopen(url).status == 200
            return print("server passed")
        except urllib.error.HTTPError as refusal:
            assert refusal.code == 503, refusal
            time.sleep(0.1)
"""


@deploying
async def test_a_deployed_server_is_found_by_name(local, path):
    """Its URL answers until the app is stopped."""
    path.write_text(SERVER)
    await succeed(local, "deploy", "a.py")
    assert "server passed" in await succeed(local, "run", "a.py")
    (app,) = [app for app in local.plane.apps.values() if app.name]
    url = app.functions["Server"].metadata._experimental_flash_urls[0]
    await succeed(local, "app", "stop", "deployed-server", "--yes")
    with pytest.raises(urllib.error.HTTPError, match="404"):
        await asyncio.to_thread(urllib.request.urlopen, url)
