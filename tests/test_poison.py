"""Hostile input to the command line: an error of two sentences or a finding, never a crash of the program itself."""

import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from modal_serve_gen import checks
from modal_serve_gen.errors import BadInput
from scripts import golden
from tests.conftest import ROOT
from tests.fuzz import LONG

DEEP = 2000
SPECS = {
    "a workflow that is a number": "workflow = 3",
    "a workflow that is a list": 'workflow = ["vllm-online"]',
    "an integer of 5,000 digits": f"concurrency = {'9' * 5000}",
    "a hexadecimal integer of 5,000 digits": f"concurrency = 0x{'f' * 5000}",
    "nesting": f"name = {'[' * DEEP}{']' * DEEP}",
    "a huge window": f"scaledown_window = {'9' * 400}",
    "a huge number of containers": f"max_containers = {'9' * 400}",
    "not a number": "max_containers = nan",
    "an empty draft": 'workflow = "sglang-low-latency"\ndraft = ""',
    "digits of another script": 'workflow = "vllm-throughput"\nschedule = "٣ 2 * * *"',
    "a control character": 'served_model_name = "a\\u001bb"',
    "a character that reorders text": 'served_model_name = "a\\u202eb"',
    "a date": "name = 1979-05-27",
    "tables": "[[lora]]\na = 1",
}


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_a_hostile_spec_is_refused(cli, tmp_path, spec):
    (tmp_path / "spec.toml").write_text(spec, "utf-8")
    result = cli("new", "--spec", "spec.toml", "--offline", "a.py")
    assert result.exit_code == BadInput.exit_code, result.output
    problem, remedy = result.stderr.removeprefix("Error: ").splitlines()
    assert problem and remedy and len(result.stderr) < 2000 and not (tmp_path / "a.py").exists()


@pytest.mark.parametrize("endpoint", ["http://" + "a" * 200_000, "http://a/" + "a" * 200_000, "http://[", "a\x1bb"])
def test_an_impossible_endpoint_is_no_crash(cli, monkeypatch, endpoint):
    monkeypatch.setenv("HF_ENDPOINT", endpoint)
    result = cli("plan", "owner/name")
    assert result.exit_code == 3, result.output
    assert len(result.stderr) < 2000 and result.stderr.replace("\n", "").isprintable()


HUGE = {
    "a window": "scaledown_window=" + "9" * 4000,
    "containers": "max_containers=10**300",
    "both": f"min_containers={'9' * 4000}, max_containers={'8' * 4000}",
    "a key with half of a surrogate pair": '**{"\\ud800": 1, "region": "\\ud800"}',
    "a version": f'image=modal.Image.debian_slim().uv_pip_install("vllm=={"1." * 3000}1")',
}


@pytest.mark.parametrize("argument", HUGE.values(), ids=HUGE)
@pytest.mark.parametrize("more", [["--no-import"], ["--json", "--no-import"]], ids=["text", "json"])
def test_a_hostile_app_has_findings(shell, tmp_path, argument, more):
    """In a process, whose output is really encoded."""
    decorator = f"@app.function(gpu='L4', {argument})"
    lines = ["import modal", "app = modal.App()", decorator, "def f():", "    from vllm import LLM", "    LLM('o/n')"]
    (tmp_path / "a.py").write_text("\n".join(lines))
    done = shell("check", "a.py", *more)
    assert done.returncode == 1, done.stderr
    assert max(map(len, done.stderr.splitlines()), default=0) < 500


C_LOCALE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["new", "--help"],
        ["list", "models"],
        ["new", "--offline", "a.py"],
        ["plan", "Qwen/Qwen3-8B", "--offline"],
    ],
    ids=" ".join,
)
def test_output_falls_back_to_ascii(shell, arguments):
    done = shell(*arguments, env=C_LOCALE)
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii() and done.stderr.isascii()


def test_an_app_is_utf_8_in_every_locale(shell, tmp_path):
    """On stdout, too."""
    (tmp_path / "spec.toml").write_text('served_model_name = "größe"', "utf-8")
    options = ("new", "--offline", "--spec", "spec.toml")
    command = [sys.executable, "-m", "modal_serve_gen.cli", *options, "--stdout"]
    done = subprocess.run(command, env={**subprocess.os.environ, **C_LOCALE}, capture_output=True, cwd=tmp_path)
    assert 'SERVED_NAME = "größe"'.encode() in done.stdout, done.stderr
    assert shell(*options, "a.py", env=C_LOCALE).returncode == 0
    assert (tmp_path / "a.py").read_bytes() == done.stdout


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", [["--help"], ["list", "gpus"], ["--version"]], ids=" ".join)
def test_a_full_disk_is_named(arguments):
    """Where the output goes, help included."""
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "modal_serve_gen.cli", *arguments]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 5 and "Traceback" not in done.stderr, done.stderr
    assert done.stderr.startswith("Error: The disk is full or cannot be written.\n")


@pytest.mark.parametrize("arguments", [["--help"], ["list", "gpus"]], ids=" ".join)
def test_a_closed_pipe_is_no_error(arguments):
    reader, writer = subprocess.os.pipe()
    subprocess.os.close(reader)
    command = [sys.executable, "-m", "modal_serve_gen.cli", *arguments]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True)
    subprocess.os.close(writer)
    assert done.stderr == ""


TOKENS = [
    '"\\ud800"', "'''", "9" * 5000, "10**5000", "-1", "nan", "None", "[]", "{}", "*", "**", "f'{x!r:{y}}'", "lambda: 0",
    "(" * 150 + ")" * 150, '"' + "x" * 5000 + '"', '"vllm==9.9.9"', '"vllm==0.11.*"', '"\\x1b[2J"', "\u202e", "...",
    '"--' + "a" * 300 + '"', "1e999", "b'\\xff'", "import modal", "@app.function()", '"H100:99999999999999999999"',
    'modal.Image.from_registry("a:" + "b" * 9)', '["vllm", "serve"]', "0x" + "f" * 5000, "True", "yield", "x := 1",
]  # fmt: skip


def mutated(text: str, numbers: random.Random) -> str:
    """`text` with one to four tokens replaced by hostile ones, or lines moved."""
    parts = re.split(r"(\W+)", text)
    for _ in range(numbers.randrange(1, 5)):
        at = numbers.randrange(len(parts))
        kind = numbers.randrange(4)
        if kind == 0:
            del parts[at : at + numbers.randrange(1, 20)]
        elif kind == 1:
            parts[at:at] = parts[(other := numbers.randrange(len(parts))) : other + 9]
        else:
            parts[at] = numbers.choice(TOKENS)
        parts = parts or [""]
    return "".join(parts)


@pytest.mark.fuzz
def test_mutated_apps_have_findings_or_none(capfd):
    """`check` never fails itself, whatever an app contains."""
    paths = sorted((ROOT / "tests" / "checks").glob("*/*.py"))
    sources = [path.read_text("utf-8") for path in paths] + [golden.app(case) for case in golden.CASES][:4]
    numbers = random.Random(7)
    for _ in range(20_000 if LONG else 150):
        text = mutated(numbers.choice(sources), numbers)
        for finding in checks.check(text):
            assert len(finding.message) < 1500, text
