"""Rehearsals of APP.py::NAME in a file with several apps."""

import pytest

from tests.conftest import slow_except

APPS = """import modal

one, two = modal.App("one"), modal.App("two")
image = modal.Image.debian_slim(python_version="3.12").pip_install("fastapi==0.136.3")


@one.function()
def work(word: str = "none"):
    print("work got", word)


@one.local_entrypoint()
def first():
    work.remote("from first")


@two.function(image=image)
@modal.fastapi_endpoint()
def answer():
    return {"from": "two"}
"""
# Target -> exit code, and texts of the output.
TARGETS = {
    "a.py": (0, ["work got from first"]),
    "a.py::work": (0, ["work got none"]),
    "a.py::one": (0, ["work got from first"]),
    "a.py::one.work": (0, ["work got none"]),
    "a.py::two": (0, ["it is deployed, and its web endpoints are called", "answer: GET /health returned"]),
    "a.py::three": (2, ["'a.py' has nothing named 'three'", "It has work, first, answer."]),
}


@pytest.mark.parametrize("target", slow_except(TARGETS, "a.py::two"))
def test_a_target_names_what_modal_run_would_run(rehearse, tmp_path, target):
    """Of an app without an entrypoint, the endpoints are called."""
    (tmp_path / "a.py").write_text(APPS)
    run = rehearse(target=target)
    code, texts = TARGETS[target]
    assert run.code == code, run.output
    assert all(text in run.output for text in texts), run.output


def test_an_app_has_to_be_named_before_it_is_deployed(rehearse, tmp_path):
    """As `modal deploy` takes the variable `app`, which the file lacks."""
    (tmp_path / "a.py").write_text(APPS)
    run = rehearse("--deploy")
    assert run.code == 2 and "'a.py' has several apps: one, two" in run.output, run.output
