"""Apps without an entrypoint: deployed, and asked as a client would."""

import json
from pathlib import Path

import pytest

APPS = Path(__file__).with_name("apps")
NOTHING = 'import modal\n\napp = modal.App("x")\n\n\n@app.function()\n@modal.asgi_app()\ndef web():\n    {body}\n'
ANSWER = """async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": STATUS, "headers": []})
        await send({"type": "http.response.body", "body": b"hello"})

    return app"""


def without_entrypoint(name: str) -> str:
    """A foreign app up to where its entrypoint begins."""
    return (APPS / f"foreign_{name}.py").read_text().partition("@app.local_entrypoint")[0]


@pytest.fixture
def rehearse(shell, tmp_path):
    def run(text: str):
        (tmp_path / "a.py").write_text(text)
        (tmp_path / "foreign_settings.py").write_text((APPS / "foreign_settings.py").read_text())
        done = shell("rehearse", "a.py", "--engine", "stub", "--json")
        return done.returncode, done.stderr, json.loads(done.stdout)

    return run


@pytest.mark.parametrize(
    ("name", "asked"), [("web_function", "serve"), ("snapshot", "Ministral3.serve"), ("server", "Server")]
)
def test_an_app_that_is_only_deployed_is_asked_for_a_chat(rehearse, name, asked):
    """Web functions, web methods of classes and servers: each is healthy, and an engine behind it chats."""
    code, output, report = rehearse(without_entrypoint(name))
    assert code == 0, output
    assert f"{asked}: GET /health returned 200" in output and f"{asked}: a chat with " in output
    assert "each web endpoint answered a client" in report["proven"]
    assert any("no entrypoint" in line for line in report["substituted"])


def test_an_engine_that_does_not_start_fails_the_rehearsal(rehearse):
    """No answer, no success; the reason stands in the last lines."""
    code, output, report = rehearse(without_entrypoint("snapshot").replace('"--max-num-seqs"', '"--max-num-seqz"'))
    assert code == 1 and not report["ok"]
    assert "--max-num-seqz" in output


@pytest.mark.parametrize(("status", "expected"), [(200, 0), (404, 0), (401, 0), (500, 1)])
def test_a_web_app_that_is_no_engine_is_asked_once(rehearse, status, expected):
    """Whatever it answers below 500 is an answer."""
    code, output, _ = rehearse(NOTHING.format(body=ANSWER.replace("STATUS", str(status))))
    assert code == expected, output
    assert f"web: GET /health returned {status}" in output
