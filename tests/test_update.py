"""`update`: a generated app with other options or pins keeps its owner's edits, or has marked conflicts."""

import ast
import json
import os
import re
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modal_serve_gen import checks, render
from modal_serve_gen.commands import new_app, update_app
from modal_serve_gen.errors import ServeError
from scripts import golden

HISTORIES = int(os.environ.get("HISTORIES", "25"))


@pytest.fixture
def app(cli):
    """A generated file, and a function that replaces text in it once."""
    assert cli("new", "serve.py", "--offline").exit_code == 0
    file = Path("serve.py")

    def edit(old: str, new: str) -> None:
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new, 1))

    return file, edit


def update(source: str, options: dict, **more) -> update_app.Update:
    arguments = {"latest_pins": False, "base": None, "generator": golden.GENERATOR, "offline": True, "say": print}
    return update_app.update(source, options, **{**arguments, **more})


def test_an_option_changes_and_edits_stay(cli, app):
    """The provenance follows, and the model's commit stays without becoming an option."""
    file, edit = app
    edit("import os\n", "import os\nimport sys\n")
    edit("timeout=3600,  # seconds for one", "timeout=7200,  # seconds for one")
    before = render.read_provenance(file.read_text())
    file.chmod(0o640)
    result = cli("update", "serve.py", "--max-containers", "5", "--offline")
    assert result.exit_code == 0 and result.stdout.startswith("Updated serve.py")
    text = file.read_text()
    assert "import sys\n" in text and "timeout=7200" in text and "max_containers=5" in text
    after = render.read_provenance(text)
    assert (after.options, after.spec.max_containers) == ({"max_containers": 5}, 5)
    assert after.model == before.model and after.spec.revision is None
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    again = cli("update", "serve.py", "--offline")
    assert again.exit_code == 0 and "up to date" in again.stdout and file.read_text() == text


def test_a_conflict_is_marked(cli, app):
    """Exit code 1 with its line; the next update asks to resolve it first."""
    file, edit = app
    edit("max_containers=3", "max_containers=4")
    before = file.read_text()
    dry = cli("update", "serve.py", "--max-containers", "5", "--offline", "--dry-run")
    assert dry.exit_code == 1 and file.read_text() == before
    result = cli("update", "serve.py", "--max-containers", "5", "--offline", "--json")
    document, lines = json.loads(result.stdout), file.read_text().splitlines()
    assert result.exit_code == 1 and document["written"]
    (at,) = document["conflicts"]
    assert lines[at - 1] == "<<<<<<< your file" and "max_containers=4" in lines[at]
    again = cli("update", "serve.py", "--max-containers", "5", "--offline")
    assert again.exit_code == 2 and f"unresolved conflict at line {at}" in again.stderr


def test_edits_that_do_not_fit_the_update_are_found(cli, app):
    """Merged without a conflict, but more requests are let in than the engine runs: nothing is written."""
    file, edit = app
    edit('f"--max-num-seqs={MAX_NUM_SEQS}"', '"--max-num-seqs=32"')
    before = file.read_text()
    result = cli("update", "serve.py", "--concurrency", "48", "--offline")
    assert result.exit_code == 1 and "was not changed" in result.stdout and file.read_text() == before


def test_latest_pins_keep_added_packages(cli, app):
    """A package that the owner added stays, and is named; one that the owner moved follows the pins."""
    file, edit = app
    pin = next(pin for pin in render.read_provenance(file.read_text()).pins.packages if pin.startswith("aiohttp=="))
    edit(f'"{pin}",\n', '"aiohttp==3.0.0",\n    "boto3==1.40.0",\n')
    kept = cli("update", "serve.py", "--max-containers", "5", "--offline")
    assert kept.exit_code == 0 and '"aiohttp==3.0.0"' in file.read_text()
    moved = cli("update", "serve.py", "--to-latest-pins", "--offline")
    assert moved.exit_code == 0 and "boto3==1.40.0" in moved.stderr
    packages = render.read_provenance(file.read_text()).pins.packages
    assert pin in packages and "boto3==1.40.0" in packages


def test_a_later_model_has_its_own_commit(cli, app):
    """Neither the stored commit nor the stored option --revision belongs to another model."""
    file, _ = app
    commit = render.read_provenance(file.read_text()).model.revision
    assert cli("update", "serve.py", "--revision", commit, "--offline").exit_code == 0
    assert cli("update", "serve.py", "--model", "Qwen/Qwen3-0.6B", "--offline").exit_code == 0
    stored = render.read_provenance(file.read_text())
    assert stored.model.id == "Qwen/Qwen3-0.6B" and stored.model.revision != commit
    assert stored.options == {"model": "Qwen/Qwen3-0.6B"}


def test_an_edit_during_the_update_is_kept(cli, app, monkeypatch):
    """The file is replaced only if it still is what was merged."""
    file, edit = app
    merge = update_app.update

    def slow(*arguments, **options):
        result = merge(*arguments, **options)
        edit("timeout=3600,  # seconds for one", "timeout=7200,  # seconds for one")
        return result

    monkeypatch.setattr(update_app, "update", slow)
    result = cli("update", "serve.py", "--max-containers", "5", "--offline")
    assert result.exit_code == 2 and "was changed" in result.stderr
    assert "timeout=7200" in file.read_text() and "max_containers=3" in file.read_text()


def test_line_endings_stay(cli, app):
    file, _ = app
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert cli("update", "serve.py", "--max-containers", "5", "--offline").exit_code == 0
    data = file.read_bytes()
    assert data.count(b"\n") == data.count(b"\r\n") and b"max_containers=5" in data


@pytest.mark.parametrize(
    ("change", "words", "code"),
    [
        (lambda text: "import modal\n", "not generated", 2),
        (lambda text: text.replace("import modal\n", "import modal (\n"), "cannot be read", 2),
        (lambda text: text.replace('# generator = "', '# generator = "0.0.'), "uvx modal-serve-gen==0.0.", 5),
    ],
)
def test_other_files_are_refused(cli, app, change, words, code):
    file, _ = app
    file.write_text(change(file.read_text()))
    before = file.read_bytes()
    result = cli("update", "serve.py", "--max-containers", "5", "--offline")
    assert (result.exit_code, file.read_bytes()) == (code, before) and words in result.stderr


def test_the_base_of_another_version_is_given(cli, app):
    """As that version renders it: its differences from today's templates are no edits."""
    file, _ = app
    text = file.read_text().replace('# generator = "', '# generator = "0.0.')
    base = text.replace("import os\n", "import os  # an older template\n")
    Path("base.py").write_text(base)
    file.write_text(base.replace("scaledown_window=300", "scaledown_window=120"))
    assert cli("update", "serve.py", "--base", "base.py", "--offline").exit_code == 0
    text = file.read_text()
    assert "older template" not in text and "scaledown_window=120" in text and '# generator = "0.0.' not in text


def test_without_git(cli, app, monkeypatch):
    monkeypatch.setenv("PATH", "")
    result = cli("update", "serve.py", "--max-containers", "5", "--offline")
    assert result.exit_code == 5 and "git is not installed" in result.stderr


def test_new_does_not_drop_edits(cli, app):
    """--force overwrites an app as it was generated; an edited one requires --drop-edits."""
    file, edit = app
    assert cli("new", "serve.py", "--offline", "--force").exit_code == 0
    edit("scaledown_window=300", "scaledown_window=120")
    refused = cli("new", "serve.py", "--offline", "--force", "--spec", "serve.py", "--max-containers", "5")
    assert refused.exit_code == 2 and "modal-serve-gen update serve.py" in refused.stderr
    assert "scaledown_window=120" in file.read_text()
    assert cli("new", "serve.py", "--offline", "--force", "--drop-edits").exit_code == 0
    assert "scaledown_window=120" not in file.read_text()


# An edit: how to change a line (an indented comment before it, a comment after it, a number in it), and where.
EDITS = st.lists(st.tuples(st.sampled_from(["before", "after", "number"]), st.floats(0, 1)), min_size=1, max_size=6)
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "max_containers": st.integers(1, 9),
        "scaledown_window": st.integers(60, 900),
        "concurrency": st.integers(1, 32),
        "region": st.sampled_from(["us", "eu"]),
        "weights_volume": st.just("mine"),
    },
)


def _edited(text: str, edits: list[tuple[str, float]]) -> tuple[str, list[str]]:
    """The app after an owner's edits, and what has to be found in it afterwards."""
    lines, marks = text.splitlines(), []
    last = lines.index(next(line for line in lines if line.startswith("# --- provenance")))
    for number, (kind, where) in enumerate(edits):
        plain = [at for at, line in enumerate(lines[:last]) if re.fullmatch(r"    \w+=\d+,( *#.*)?|import \w+", line)]
        at, mark = plain[int(where * (len(plain) - 1))], f"edit {number}"
        indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
        if kind == "before":
            lines.insert(at, f"{indent}# {mark}")
            last += 1
        elif kind == "after":
            lines[at] += f"  # {mark}"
        else:
            lines[at] = re.sub(r"=([0-9]+)", "=\\g<1>0", lines[at]) + f"  # {mark}"
        marks.append(mark)
    return "\n".join(lines) + "\n", marks


@pytest.mark.slow
@settings(max_examples=HISTORIES)
@given(st.sampled_from(sorted(golden.CASES)), EDITS, st.lists(CHANGES, min_size=1, max_size=2), st.booleans())
def test_no_edit_is_lost(case, edits, histories, latest):
    """After any history, each edit is still there and the file passes the checks, or a conflict is marked."""
    text, marks = _edited(golden.app(case), edits)
    known = {(finding.rule, finding.message) for finding in checks.check(text)}
    for options in histories:
        try:
            result = update(text, options, latest_pins=latest)
        except ServeError:
            return  # this option is not possible for this app: nothing was written
        text = result.text
        assert all(mark in text for mark in marks)
        if result.conflicts or result.findings:
            return
    ast.parse(text)
    assert {(finding.rule, finding.message) for finding in checks.check(text)} <= known
    stored = render.read_provenance(text)
    for name, value in {name: value for options in histories for name, value in options.items()}.items():
        assert stored.options[name] == value or not value
    assert new_app.may_be_edited(text)
