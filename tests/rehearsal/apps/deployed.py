"""An app that is deployed twice; its entrypoint looks it up by name."""

import os
import time
import urllib.request
from pathlib import Path

import modal

app = modal.App("deployed")
image = modal.Image.debian_slim()
VERSION = "first"


@app.function(image=image)
def version() -> str:
    return VERSION


@app.function(image=image)
def container() -> str:
    return os.environ["MODAL_TASK_ID"]


@app.function(image=image)
@modal.web_server(8000, startup_timeout=60)
def web() -> None:
    import subprocess
    import sys

    page = f"import http.server as h\nclass P(h.BaseHTTPRequestHandler):\n def do_GET(s):\n  s.send_response(200)\n  s.end_headers()\n  s.wfile.write({VERSION!r}.encode())\nh.HTTPServer(('0.0.0.0', 8000), P).serve_forever()"  # noqa: E501
    subprocess.Popen([sys.executable, "-c", page])


@app.cls(image=image)
class Versions:
    @modal.method()
    def version(self, prefix: str) -> str:
        return prefix + VERSION

    @modal.asgi_app()
    def page(self):
        async def answer(scope, receive, send) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": VERSION.encode()})

        return answer


signals = modal.Volume.from_name("signals", create_if_missing=True)


@app.function(image=image.env({"SIGNALS": "/signals"}), volumes={"/signals": signals}, max_containers=1)
def patient() -> str:
    while not Path(os.environ["SIGNALS"], "go").exists():
        time.sleep(0.05)
    return VERSION


@app.function(image=image, schedule=modal.Cron("30 4 * * mon-fri"))
def nightly() -> None:
    raise AssertionError("a schedule was run")


@app.local_entrypoint()
def main(deployed: str = "", missing: str = "") -> None:
    if missing:
        print(modal.Function.from_name(app.name, missing).remote())
    if deployed == "both":
        calls = [modal.Function.from_name(app.name, "patient").spawn() for _ in range(2)]
        print("answered by", [call.get() for call in calls])
        return
    if not deployed:
        assert version.remote() == VERSION
        return
    function = modal.Function.from_name(app.name, "version")
    assert function.remote() == deployed
    name = modal.Function.from_name(app.name, "container")
    assert name.remote() == name.remote(), "a deployed app keeps its containers"
    with urllib.request.urlopen(modal.Function.from_name(app.name, "web").get_web_url()) as answer:
        assert answer.read().decode() == deployed
    versions = modal.Cls.from_name(app.name, "Versions")()
    assert versions.version.remote("the ") == f"the {deployed}"
    assert list(versions.version.map("ab")) == [f"a{deployed}", f"b{deployed}"]
    with urllib.request.urlopen(versions.page.get_web_url()) as answer:
        assert answer.read().decode() == deployed
    assert modal.App.lookup(app.name).app_id
    print("deployment passed")
