"""The skill pack: valid, small, up to date, installable, and every command in it runs."""

import asyncio
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from skills_ref.validator import validate

from modal_serve_gen import checks
from modal_serve_gen.spec import workflows
from scripts import check_alone, docs, skill, tokens
from tests.conftest import ROOT
from tests.rehearsal.local_modal import local_modal

PAGES = sorted(docs.SKILL.rglob("*.md"))
BAD = ROOT / "tests" / "data" / "outdated" / "download_and_server.py"
CONSOLE = re.compile(r"```console\n(.*?)```", re.S)
LINK = re.compile(r"`((?:references|scripts|assets)/[\w./-]+)`")
REHEARSED = re.compile(r"^\$ modal(?:-serve-gen rehearse)? ", re.M)
JOBS = '{"prompt": "one"}\n{"prompt": "two"}\n'


def test_the_skill_conforms_to_the_specification():
    """`skills-ref` reports no errors."""
    assert validate(docs.SKILL) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name: modal-llm-serving", "name: Modal-LLM"),
        ("name: modal-llm-serving", "name: another-name"),
        ("description: >-", "description: a: b"),
        ("license: MIT", "tags: llm"),
        ("---\nname", "name"),
        ("name: modal-llm-serving\n", ""),
    ],
)
def test_invalid_front_matter_is_detected(tmp_path, old, new):
    """A wrong name, an unquoted colon, an unknown field, a missing field."""
    copy = tmp_path / "modal-llm-serving"
    shutil.copytree(docs.SKILL, copy)
    text = (copy / "SKILL.md").read_text("utf-8")
    assert old in text
    (copy / "SKILL.md").write_text(text.replace(old, new, 1), "utf-8")
    assert validate(copy)


def test_the_skill_is_small():
    """The description, SKILL.md and each reference are within their limits of tokens."""
    over = [row for row in tokens.costs() if row[1] > row[2]]
    assert not over
    assert len((docs.SKILL / "SKILL.md").read_text("utf-8").split("\n")) <= 150


def test_generated_files_are_up_to_date():
    """`make docs` would change nothing, and leave no other app in assets/."""
    contents = skill.files()
    stale = [path for path, content in contents.items() if not path.exists() or path.read_bytes() != content]
    assert not stale, "run `make docs`"
    assets = docs.SKILL / "assets"
    assert set(assets.iterdir()) == {path for path in contents if assets in path.parents}


def test_the_check_unpacks_to_its_source(tmp_path):
    """The stand-alone check contains its modules and facts byte for byte."""
    check_alone.unpack(skill.CHECK, tmp_path)
    unpacked = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    source = {path.relative_to(skill.SOURCE): path.read_bytes() for path in skill.check_files()}
    assert unpacked == source, "run `make docs`"


def test_manifests_agree_with_package_json():
    """Every manifest has its name, version and description, and the skill its version."""
    package = json.loads((ROOT / "package.json").read_text("utf-8"))
    for path in skill.manifests(package):
        text = path.read_text("utf-8")
        assert json.dumps(package["name"]) in text
        for key in re.findall(r'"(version|description)": (".*")', text):
            assert json.loads(key[1]) == package[key[0]], path
    assert f'version: "{package["version"]}"' in (docs.SKILL / "SKILL.md").read_text("utf-8")


def test_every_workflow_has_its_own_reference():
    """And its own file to copy; both exist."""
    references = [workflows.load(name).reference for name in workflows.names()]
    assert len(set(references)) == len(references)
    assert len({docs.app_path(name) for name in workflows.names()}) == len(references)
    for name, reference in zip(workflows.names(), references, strict=True):
        assert (docs.SKILL / "references" / reference).exists()
        assert (docs.SKILL / docs.app_path(name)).exists()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_references_of_a_page_are_in_the_skill(page):
    """Users get only the skill's own folder."""
    for link in LINK.findall(page.read_text("utf-8")):
        assert (docs.SKILL / link).exists(), link
    for name in re.findall(r"`([\w-]+\.md)`", page.read_text("utf-8")):
        assert (docs.SKILL / "references" / name).exists() or name == "SKILL.md", name


def test_python_in_a_page_is_generated():
    """Only commands are written by hand."""
    for page in PAGES:
        prose = docs.BLOCK.sub("", page.read_text("utf-8"))
        assert "```python" not in prose and set(re.findall(r"```(\w+)", prose)) <= {"console"}, page


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, id=page.stem, marks=[pytest.mark.slow] if REHEARSED.search(page.read_text("utf-8")) else [])
        for page in PAGES
    ],
)
def test_every_command_of_a_page_runs(page, shell, tmp_path):
    """The project's own commands with the stub engine, Modal's commands against a local control plane."""
    lines = [line[2:] for block in CONSOLE.findall(page.read_text("utf-8")) for line in block.split("\n") if line]
    modal_commands = []
    (tmp_path / "prompts.jsonl").write_text(JOBS)
    for line in lines:
        program, *arguments = shlex.split(line)
        if program == "modal":
            modal_commands.append(arguments)
            continue
        assert program == "modal-serve-gen", line
        stub = ["--engine", "stub"] if arguments[0] == "rehearse" else []
        force = ["--force"] if arguments[0] == "new" else []
        done = shell(*arguments, *stub, *force)
        assert done.returncode == 0 or arguments == ["doctor"], f"{line}\n{done.stdout}\n{done.stderr}"
    if modal_commands:
        asyncio.run(_run_modal(tmp_path, modal_commands, shell))


async def _run_modal(folder: Path, commands: list[list[str]], shell) -> None:
    if not list(folder.glob("*.py")):
        assert shell("new", "serve.py", "--model", "Qwen/Qwen3-8B").returncode == 0
    async with local_modal(folder, models=True) as plane:
        if any("logs" in arguments for arguments in commands):
            assert (await plane.modal("deploy", "serve.py"))[0] == 0
        for arguments in commands:
            code, output = await plane.modal(*arguments)
            assert code == 0, f"modal {' '.join(arguments)}\n{output}"


def standalone(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a skill's check with an interpreter that has no packages."""
    command = [sys.executable, "-S", "-E", str(folder / "scripts" / "check.py"), *map(str, arguments)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def assert_check_works(folder: Path) -> None:
    """The check in a copy of the skill has the findings of the command, and writes no files."""
    before = sorted(folder.rglob("*"))
    done = standalone(folder, BAD, "--json")
    assert done.returncode == 1, done.stderr
    rows = json.loads(done.stdout)["findings"]
    expected = [(finding.line, finding.rule) for finding in checks.check(BAD.read_text())]
    assert [(row["line"], row["rule"]) for row in rows] == expected
    good = standalone(folder, folder / "assets" / "vllm_online.py")
    assert good.returncode == 0, good.stdout
    assert sorted(folder.rglob("*")) == before


def test_the_check_of_the_skill_needs_only_python():
    """It runs without any installed package, also on a folder, which it checks in several processes."""
    assert_check_works(docs.SKILL)
    folder = standalone(docs.SKILL, "--no-import", ROOT / "tests" / "golden")
    assert folder.returncode == 0, folder.stdout + folder.stderr
    missing = standalone(docs.SKILL, "missing.py")
    assert missing.returncode == 2 and "neither a file nor a folder" in missing.stderr


@pytest.mark.slow
def test_the_installer_finds_exactly_the_skill(tmp_path):
    """`npx skills add` lists one skill, and installs all of its files for two agents."""
    npx = _installer()
    listed = _npx(npx, tmp_path, "add", str(ROOT), "--list")
    assert re.findall(r"^\W*(modal-llm-serving|[a-z]+(?:-[a-z]+)+)\s*$", listed, re.M) == ["modal-llm-serving"], listed
    _npx(npx, tmp_path, "add", str(ROOT), "--skill", "modal-llm-serving", "-y", "-a", "claude-code", "codex")
    expected = {path.relative_to(docs.SKILL) for path in docs.SKILL.rglob("*") if path.is_file()}
    expected = {path for path in expected if "__pycache__" not in path.parts}
    for agent in (".claude", ".agents"):
        folder = tmp_path / agent / "skills" / "modal-llm-serving"
        assert {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()} >= expected, agent
        assert_check_works(folder)


def _installer() -> list[str]:
    """The newest release of the installer for the installed Node; the test is skipped without Node or network."""
    node = shutil.which("node")
    if node is None or shutil.which("npx") is None:
        pytest.skip("there is no Node here")
    version = tuple(map(int, subprocess.check_output([node, "--version"], text=True).strip("v\n").split(".")))
    if version < (18,):
        pytest.skip("the installer needs Node 18 or newer")
    release = "skills@latest" if version >= (22, 20) else "skills@1.5.18"
    command = ["npx", "--yes", release]
    done = subprocess.run([*command, "--version"], capture_output=True, text=True, timeout=120)
    if done.returncode:
        pytest.skip(f"npm cannot fetch {release}: {done.stderr.strip()[-200:]}")
    return command


def _npx(command: list[str], folder: Path, *arguments: str) -> str:
    environment = os.environ | {"DO_NOT_TRACK": "1", "NO_COLOR": "1", "HOME": str(folder), "CI": "1"}
    environment.setdefault("npm_config_cache", str(Path.home() / ".npm"))
    done = subprocess.run(
        [*command, *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", done.stdout)
