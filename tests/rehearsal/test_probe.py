"""Apps without an entrypoint: they are deployed, and their endpoints are requested like by a client."""

import shutil
from pathlib import Path

import pytest

from tests.rehearsal.conftest import Run
from tests.versions import VLLM

APPS = Path(__file__).with_name("apps")
HEAD = 'import modal\n\napp = modal.App("x")\n\n\n'
WEB = """@app.function()
@modal.asgi_app()
def web_{0}():
    async def app(scope, receive, send):
        await send({{"type": "http.response.start", "status": {0}, "headers": []}})
        await send({{"type": "http.response.body", "body": b"hello"}})

    return app


"""


def without_entrypoint(name: str) -> str:
    """The source of a foreign app without its entrypoint."""
    return (APPS / f"foreign_{name}.py").read_text().partition("@app.local_entrypoint")[0]


@pytest.fixture
def rehearse_text(rehearse, tmp_path):
    """Rehearse an app that is given as text."""

    def run(text: str) -> Run:
        (tmp_path / "a.py").write_text(text)
        shutil.copy(APPS / "foreign_settings.py", tmp_path)
        return rehearse()

    return run


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        pytest.param("web_function", "serve", marks=pytest.mark.slow),
        pytest.param("snapshot", "Ministral3.serve", marks=pytest.mark.slow),
        ("server", "Server"),
    ],
)
def test_a_deployed_engine_is_sent_a_chat(rehearse_text, name, tag):
    """Web functions, web methods of classes, and Servers: health check and chat completion succeed."""
    run = rehearse_text(without_entrypoint(name))
    assert run.code == 0, run.output
    assert f"{tag}: GET /health returned 200" in run.output and f"{tag}: a chat with " in run.output
    assert "each web endpoint answered a client" in run.report["proven"]
    assert any("no entrypoint" in line for line in run.report["substituted"])


@pytest.mark.slow
def test_an_engine_that_does_not_start_fails_the_rehearsal(rehearse_text):
    """The output has the reason."""
    text = without_entrypoint("snapshot").replace("vllm==9.9.9", f"vllm=={VLLM}")
    run = rehearse_text(text.replace('"--max-num-seqs"', '"--max-num-seqz"'))
    assert run.code == 1 and not run.report["ok"]
    assert "--max-num-seqz" in run.output


@pytest.mark.parametrize(("statuses", "code"), [((200, 404, 401), 0), ((500,), 1)])
def test_a_web_app_without_an_engine_must_respond(rehearse_text, statuses, code):
    """With any status below 500."""
    run = rehearse_text(HEAD + "".join(map(WEB.format, statuses)))
    assert run.code == code, run.output
    assert set(run.statuses) == set(statuses)
    for status in statuses:
        assert f"web_{status}: GET /health returned {status}" in run.output
