"""Apps by name, with the real `modal deploy`, `modal run` and `modal app` against one plane."""

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
from tests.conftest import OLDEST
from tests.rehearsal.local_modal import local_modal

APP = Path(__file__).with_name("apps") / "deployed.py"


def planned(test):
    """Run an async test with (the local Modal, path of the app)."""

    @functools.wraps(test)
    def run(tmp_path, **given):
        async def main() -> None:
            path = tmp_path / "a.py"
            path.write_text(APP.read_text())
            async with local_modal(tmp_path) as plane:
                await test(plane, path, **given)

        asyncio.run(main())

    del run.__wrapped__  # pytest would ask for the inner one's arguments
    return run


async def good(plane, *arguments: str, **options) -> str:
    code, output = await plane.modal(*arguments, **options)
    assert code == 0, output
    return output


@planned
async def test_a_deployed_app_is_found_by_name(plane, path):
    """Deployed, its functions and classes answer calls and requests of another run; anew, with new code at old URLs."""
    await good(plane, "deploy", "a.py")
    url = next(f.metadata.web_url for f in plane.plane.functions.values() if f.tag == "web")
    for _ in range(2):  # the end of a run leaves the deployment alone
        assert "the deployment is content" in await good(plane, "run", "a.py", "--deployed", "first")
    path.write_text(path.read_text().replace('"first"', '"second"'))
    await good(plane, "deploy", "a.py")
    assert "the deployment is content" in await good(plane, "run", "a.py", "--deployed", "second")
    (app,) = [app for app in plane.plane.apps.values() if app.name]
    assert app.functions["web"].metadata.web_url == url
    assert any("not run by the rehearsal" in line for line in plane.plane.substituted)


@planned
async def test_deploying_anew_loses_no_call(plane, path):
    """A call that runs ends where it began; one that waits is answered by the new code."""
    await good(plane, "deploy", "a.py")
    function = next(each for each in plane.plane.functions.values() if each.tag == "patient")
    run = asyncio.create_task(good(plane, "run", "a.py", "--deployed", "both"))
    while not (function.queue and function.containers[0].running):
        await asyncio.sleep(0.05)
    path.write_text(path.read_text().replace('"first"', '"second"'))
    await good(plane, "deploy", "a.py")
    (volume,) = plane.plane.volumes
    (plane.plane.volume_path(volume) / "go").touch()
    assert "answered by ['first', 'second']" in await asyncio.wait_for(run, 300)


@planned
async def test_an_app_that_was_stopped_is_gone(plane, path):
    """It is listed with its state and its versions; once it is stopped, its name, URL and containers are gone."""
    await good(plane, "deploy", "a.py")
    await good(plane, "deploy", "a.py")
    await good(plane, "run", "a.py", "--deployed", "first")
    (row,) = [row for row in json.loads(await good(plane, "app", "list", "--json")) if row["state"] == "deployed"]
    assert row["description"] == "deployed" and int(row["tasks"]) >= 4
    assert len(json.loads(await good(plane, "app", "history", "deployed", "--json"))) == 2
    await good(plane, "app", "stop", "deployed", "--yes")
    assert not any(function.live for function in plane.plane.functions.values())
    code, output = await plane.modal("run", "a.py", "--deployed", "first")
    assert code == 1 and "no app 'deployed' is deployed" in output
    code, output = await plane.modal("app", "stop", "deployed", "--yes")
    assert code == 1 and "already stopped" in output


@planned
async def test_what_was_never_deployed_is_not_found(plane, path):
    """A run alone deploys nothing; a function that the deployment lacks is named with those that it has."""
    await good(plane, "run", "a.py")
    code, output = await plane.modal("run", "a.py", "--deployed", "first")
    assert code == 1 and "no app 'deployed' is deployed" in output
    await good(plane, "deploy", "a.py")
    code, output = await plane.modal("run", "a.py", "--missing", "versoin")
    assert code == 1 and "no function 'versoin'; it has: " in output and "version" in output


@planned
async def test_logs_can_be_read_afterwards(plane, path):
    """`modal app logs` shows what containers of a deployed app wrote, or what of it is asked for."""
    path.write_text(
        path.read_text().replace("    return VERSION", "    print('a line')\n    print('another')\n    return VERSION")
    )
    await good(plane, "deploy", "a.py")
    await good(plane, "run", "a.py", "--deployed", "first")
    lines = await good(plane, "app", "logs", "deployed")
    assert "a line" in lines and "another" in lines
    assert "a line" not in await good(plane, "app", "logs", "deployed", "--search", "a word that nobody wrote")
    assert "a line" not in await good(plane, "app", "logs", "deployed", "--source", "stderr")
    assert "a line" in await good(plane, "app", "logs", "deployed", "--since", "1h", "--search", "a line")


@planned
async def test_the_oldest_sdk_deploys_too(plane, path):
    """Deployed, and found by name, by the oldest SDK."""
    if not OLDEST.exists():
        pytest.skip("the oldest SDK's environment is missing: make setup")
    await good(plane, "deploy", "a.py", python=str(OLDEST))
    assert "is content" in await good(plane, "run", "a.py", "--deployed", "first", python=str(OLDEST))


@planned
async def test_a_schedule_that_is_none_is_refused(plane, path):
    """The service would refuse it at deploy; the refusal names it."""
    path.write_text(path.read_text().replace("30 4 * * mon-fri", "30 24 * * *"))
    code, output = await plane.modal("deploy", "a.py")
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
def test_a_bad_cron_line_is_named(line, problem):
    """Each field within its range, in the forms that cron has."""
    assert problem in cron.problem(line)


@given(st.data())
def test_good_cron_lines_pass(data):
    """Numbers, ranges, steps and lists within each field's range, names in either case."""
    fields = []
    for least, most, names in [(low, high, names) for _, low, high, names in cron.FIELDS]:
        number = st.integers(least, most)
        span = st.tuples(number, number).map(lambda pair: "{}-{}".format(*sorted(pair)))
        step = st.integers(1, 99).map(lambda each: f"*/{each}")
        forms = [number.map(str), span, step, st.just("*"), span.map(lambda each: f"{each}/2")]
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
            return print("the server is content")
        except urllib.error.HTTPError as refusal:
            assert refusal.code == 503, refusal
            time.sleep(0.1)
"""


@planned
async def test_a_deployed_server_is_found_by_name(plane, path):
    """Its URL is known by its name and answers, and after the app was stopped it does not."""
    path.write_text(SERVER)
    await good(plane, "deploy", "a.py")
    assert "the server is content" in await good(plane, "run", "a.py")
    (app,) = [app for app in plane.plane.apps.values() if app.name]
    url = app.functions["Server"].metadata._experimental_flash_urls[0]
    await good(plane, "app", "stop", "deployed-server", "--yes")
    with pytest.raises(urllib.error.HTTPError, match="404"):
        await asyncio.to_thread(urllib.request.urlopen, url)
