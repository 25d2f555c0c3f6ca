"""`check --fix`: mechanical repairs, on mutants of golden apps in old spellings and on what must be left alone."""

import difflib
import json
import os
import random
import re
import textwrap

import pytest

from modal_serve_gen import checks, facts, fixes
from modal_serve_gen.checks.sdk_import import import_app
from scripts import golden

RENAMES = {
    "min_containers=": "keep_warm=",
    "max_containers=": "concurrency_limit=",
    "scaledown_window=": "container_idle_timeout=",
    "enable_memory_snapshot=": "checkpointing_enabled=",
    "modal.App(": "modal.Stub(",
    "modal.Volume.from_name(": "modal.Volume.lookup(",
    "modal.Function.from_name(": "modal.Function.lookup(",
    "modal.Cls.from_name(": "modal.Cls.lookup(",
    '"HF_XET_HIGH_PERFORMANCE"': '"HF_HUB_ENABLE_HF_TRANSFER"',
}
GPU = re.compile(r'gpu="([A-Z0-9]+)(?::(\d+))?"')
CONCURRENT = re.compile(
    r"^@app\.(?:function|cls)\((?:\n    .*)+\n\)\n(@modal\.concurrent\(\n    max_inputs=(\w+),\n\)\n)", re.M
)
DECORATOR = re.compile(r"^@app\.(?:function|cls)\(\n", re.M)
LAYOUT = re.compile(r"@modal\.concurrent\(\n    max_inputs=(\w+),\n\)")
GONE = "    wrap_returned_exceptions=True,\n"
MUTANTS = int(os.environ.get("MUTANTS", "48"))  # of the slow test
CHUNKS = 8  # which run in parallel


def mutations(text: str) -> list[tuple[int, int, str]]:
    """(start, end, old spelling) of every place in a golden app that had another spelling once."""
    places = [
        (match.start(), match.end(), old) for new, old in RENAMES.items() for match in re.finditer(re.escape(new), text)
    ]
    for match in GPU.finditer(text):
        count = f"count={match[2]}" if match[2] else ""
        places.append((match.start(), match.end(), f"gpu=modal.gpu.{match[1]}({count})"))
    places += [(match.end(), match.end(), GONE) for match in DECORATOR.finditer(text)]
    for match in CONCURRENT.finditer(text):
        end = match.start(1) - len(")\n")
        places.append((end, match.end(1), f"    allow_concurrent_inputs={match[2]},\n)\n"))
    return places


def mutant(text: str, seed: int) -> str:
    """A golden app with some of its places in an old spelling."""
    chance = random.Random(seed)
    places = mutations(text)
    for start, end, old in sorted(chance.sample(places, chance.randint(1, len(places))), reverse=True):
        text = text[:start] + old + text[end:]
    return text


def check_mutant(case: str, seed: int, folder) -> None:
    """The repaired mutant is the golden app again, up to the layout of one decorator, and imports without a finding."""
    original = golden.app(case)
    text = mutant(original, seed)
    fixed = fixes.fix(text)
    assert fixed.repairs and text != original
    expected, same = (LAYOUT.sub(r"@modal.concurrent(max_inputs=\1)", each) for each in (original, fixed.text))
    assert same == expected, "".join(difflib.unified_diff(expected.splitlines(True), same.splitlines(True)))
    assert checks.check(fixed.text) == []
    if folder:
        path = folder / "app.py"
        path.write_text(fixed.text)
        imported = import_app(path)
        assert (imported.violations, imported.note) == ((), "")


@pytest.mark.parametrize("case", sorted(case for case in golden.CASES if case.endswith("_default")))
def test_old_spellings_of_golden_apps_are_repaired(case, tmp_path):
    """Each mutant becomes its golden app again; one of each case is imported as well."""
    for seed in range(2):
        check_mutant(case, seed, tmp_path if seed == 0 else None)


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_many_mutants_are_repaired(chunk, tmp_path):
    """The same for MUTANTS of them, of which every tenth is imported; each takes about a second."""
    cases = sorted(golden.CASES)
    seeds = range(1000 + chunk, 1000 + MUTANTS, CHUNKS)
    texts = set()
    for number, seed in enumerate(seeds):
        case = cases[seed % len(cases)]
        texts.add(mutant(golden.app(case), seed))
        check_mutant(case, seed, tmp_path if number % 10 == 0 else None)
    assert len(texts) > 0.9 * len(seeds)


def fixed(body: str) -> str:
    """The repaired text of an app with this body; its first lines are taken away again."""
    head = "import subprocess\n\nimport modal\n\napp = modal.App('x')\n"
    text = head + textwrap.dedent(body)
    return fixes.fix(text).text.removeprefix(head)


REPAIRED = {
    "a keyword in a list": (
        "@app.function(secret=modal.Secret.from_name('a'))\ndef f(): ...\n",
        "@app.function(secrets=[modal.Secret.from_name('a')])\ndef f(): ...\n",
    ),
    "comments around a removed argument": (
        """
        @app.function(
            # one
            timeout=60,  # two
            # three
            allow_concurrent_inputs=7  # four
            # five
        )
        def f(): ...
        """,
        """
        @app.function(
            # one
            timeout=60,  # two
            # three
            # five
        )
        @modal.concurrent(max_inputs=7)  # four
        def f(): ...
        """,
    ),
    "a comment before the last argument": (
        "@app.function(timeout=60,  # one\n    wrap_returned_exceptions=True)\ndef f(): ...\n",
        "@app.function(timeout=60,  # one\n    )\ndef f(): ...\n",
    ),
    "a name from the package": (
        "from modal import web_endpoint  # kept\n@app.function()\n@web_endpoint(label='x')\ndef f(): ...\n",
        "from modal import fastapi_endpoint  # kept\n@app.function()\n@fastapi_endpoint(label='x')\ndef f(): ...\n",
    ),
    "GPU objects and their import": (
        "from modal import gpu\nN = 2\nG = gpu.A100(size='80GB', count=N)\n"
        "@app.function(gpu=[gpu.L40S(), G])\ndef f(): ...\n",
        'N = 2\nG = f"A100-80GB:{N}"\n@app.function(gpu=["L40S", G])\ndef f(): ...\n',
    ),
    "import modal.gpu": (
        "import modal.gpu\n@app.function(gpu=modal.gpu.H100(count=4))\ndef f(): ...\n",
        'import modal\n@app.function(gpu="H100:4")\ndef f(): ...\n',
    ),
    "a string for the shell": (
        "subprocess.run('echo \\'a b\\' c', shell=True, check=True)\n",
        'subprocess.run(["echo", "a b", "c"], check=True)\n',
    ),
    "a joined list": (
        "words = ['echo', str(1)]\nwords += ['--a=b' if app else '--c']\n"
        "subprocess.Popen(' '.join(words), shell=True)\n",
        "words = ['echo', str(1)]\nwords += ['--a=b' if app else '--c']\nsubprocess.Popen(words)\n",
    ),
    "an f-string of constants": (
        "NAME, PORT = 'a', 8\nLOG = 'x'\nTO = 9\nsubprocess.run(f'echo {LOG} --to={TO} {TO}', shell=True)\n",
        "NAME, PORT = 'a', 8\nLOG = 'x'\nTO = 9\nsubprocess.run([\"echo\", LOG, f\"--to={TO}\", str(TO)])\n",
    ),
    "a renamed flag, and a revision among the facts": (
        "words = ['vllm', 'serve', 'MODEL', '--override-pooler-config', '{}']\n",
        "words = ['vllm', 'serve', 'MODEL', \"--revision\", \"COMMIT\", '--pooler-config', '{}']\n",
    ),
    "a download": (
        "from huggingface_hub import snapshot_download\nsnapshot_download('MODEL', revision='main')\n",
        "from huggingface_hub import snapshot_download\nsnapshot_download('MODEL', revision=\"COMMIT\")\n",
    ),
    "a variable": (
        "image = modal.Image.debian_slim().env({'HF_HUB_ENABLE_HF_TRANSFER': '1'})\n",
        "image = modal.Image.debian_slim().env({'HF_XET_HIGH_PERFORMANCE': '1'})\n",
    ),
}
LEFT = {
    "hidden keywords": "@app.function(keep_warm=1, **OPTIONS)\ndef f(): ...\n",
    "both spellings": "@app.function(keep_warm=1, min_containers=1)\ndef f(): ...\n",
    "not an app": "other = make()\n@other.function(keep_warm=1)\ndef f(): ...\n",
    "an app assigned twice": "app = make()\n@app.function(keep_warm=1)\ndef f(): ...\n",
    "a GPU object that is read": "G = modal.gpu.H100(count=2)\nN = G.count\n@app.function(gpu=G)\ndef f(): ...\n",
    "an unknown GPU": "@app.function(gpu=modal.gpu.H10(count=2))\ndef f(): ...\n",
    "unknown arguments of a GPU": "@app.function(gpu=modal.gpu.H100(**more))\ndef f(): ...\n",
    "a name that is taken": "from modal import Stub\nApp = 1\nstub = Stub('a')\n",
    "an allowed finding": "@app.function(keep_warm=1)  # serve: allow[removed-api] old SDK\ndef f(): ...\n",
    "a pipe": "subprocess.run('echo a | cat', shell=True)\n",
    "a variable of the shell": "subprocess.run('echo $HOME', shell=True)\n",
    "a builtin": "subprocess.run('cd /tmp', shell=True)\n",
    "an assignment": "subprocess.run('A=1 env', shell=True)\n",
    "a parameter": "def f(name):\n    subprocess.run(f'echo {name}', shell=True)\n",
    "a constant with a space": "NAME = 'a b'\nsubprocess.run(f'echo {NAME}', shell=True)\n",
    "an unknown word in a list": "words = ['echo', make()]\nsubprocess.run(' '.join(words), shell=True)\n",
    "a list that is changed": "words = ['echo']\nchange = words\nsubprocess.run(' '.join(words), shell=True)\n",
    "another meaning": "words = ['vllm', 'serve', '/x', '--mem-fraction-static', '0.8']\n",
    "a model of which no commit is known": "words = ['vllm', 'serve', 'someone/unknown']\n",
    "another function of that name": "snapshot_download('MODEL')\n",
}


def with_model(text: str) -> str:
    model, entry = next((name, entry) for name, entry in facts.models().items() if entry.revision)
    return text.replace("MODEL", model).replace("COMMIT", entry.revision)


@pytest.mark.parametrize("name", REPAIRED)
def test_what_is_mechanical_is_repaired(name):
    """Exactly this text, with its comments."""
    before, after = map(with_model, REPAIRED[name])
    assert fixed(before) == textwrap.dedent(after)


@pytest.mark.parametrize("name", LEFT)
def test_what_is_in_doubt_is_left(name):
    """The text is unchanged."""
    text = with_model(LEFT[name])
    assert fixed(text) == text


@pytest.mark.parametrize("engine", ["vllm", "sglang"])
def test_every_flag_with_the_same_meaning_can_be_repaired(engine):
    """Each row of renamed.toml that says so, where the value is accepted under the new name."""
    table = facts.flag_table(engine)
    rows = [row for row in table.renamed if row.same]
    assert rows
    for row in rows:
        choices = (*table.spellings[row.old if row.value else row.new].choices, "1")
        value = row.value or {"--override-pooler-config": "{}"}.get(row.old, choices[0])
        text = f'words = ["{engine}", "serve", "--port", "8000", "{row.old}", "{value}"]\n'
        new = f'"{row.old}", "{row.new}"' if row.value else f'"{row.new}", "{value}"'
        assert fixes.fix(text, ["engine-flags"]).text == text.replace(f'"{row.old}", "{value}"', new), row


OLD = "import modal\n\napp = modal.App('x')\n\n\n@app.function(keep_warm=1)\ndef f():\n    return 'ä'\n"
NEW = OLD.replace("keep_warm", "min_containers")


@pytest.mark.parametrize("prefix", ["", "\ufeff"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_file_keeps_its_bytes_mode_and_links(cli, tmp_path, newline, prefix):
    """Encoding, newlines and permissions; a link still points to the file; the original is kept on request."""
    path, link = tmp_path / "app.py", tmp_path / "link.py"
    path.write_bytes((prefix + OLD.replace("\n", newline)).encode())
    path.chmod(0o750)
    link.symlink_to("app.py")
    result = cli("check", str(link), "--fix", "--backup", "--no-import")
    assert result.exit_code == 0 and "keep_warm is now min_containers (removed-api)" in result.stderr
    assert path.read_bytes() == (prefix + NEW.replace("\n", newline)).encode()
    assert path.stat().st_mode & 0o777 == 0o750 and link.is_symlink()
    assert (tmp_path / "app.py.orig").read_bytes() == (prefix + OLD.replace("\n", newline)).encode()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["app.py", "app.py.orig", "link.py"]


def test_a_difference_is_shown_and_nothing_is_written(cli, tmp_path):
    """`--diff` prints a patch, as JSON too, and exits with 1; without a difference it is `check`."""
    path = tmp_path / "app.py"
    path.write_text(OLD)
    result = cli("check", str(path), "--fix", "--diff", "--no-import")
    assert result.exit_code == 1 and path.read_text() == OLD
    assert "-@app.function(keep_warm=1)\n+@app.function(min_containers=1)\n" in result.stdout
    assert json.loads(cli("check", str(path), "--diff", "--no-import", "--json").stdout)["diff"] == result.stdout
    path.write_text(NEW)
    assert cli("check", str(path), "--diff", "--no-import").stdout.startswith("No findings")


@pytest.mark.parametrize("options", [["--severity", "error"], ["--select", "removed-api"]])
def test_only_what_is_selected_is_repaired(cli, tmp_path, options):
    """Neither findings of a lower severity nor of other rules."""
    path = tmp_path / "app.py"
    path.write_text(OLD + "import subprocess\nsubprocess.run('echo a', shell=True)\n")
    cli("check", str(path), "--fix", "--no-import", *options)
    assert path.read_text() == NEW + "import subprocess\nsubprocess.run('echo a', shell=True)\n"


def test_a_file_that_cannot_be_replaced_is_left(cli, tmp_path, monkeypatch):
    """A read-only file, an earlier backup, and a failure while writing: one message, and the input is as it was."""
    path = tmp_path / "app.py"
    path.write_text(OLD)

    def refused(*options: str) -> str:
        result = cli("check", str(path), "--fix", "--no-import", *options)
        assert result.exit_code == 2 and path.read_text() == OLD
        return result.stderr

    path.chmod(0o444)
    assert "is read-only." in refused()
    path.chmod(0o644)
    (tmp_path / "app.py.orig").touch()
    assert "already exists." in refused("--backup")
    (tmp_path / "app.py.orig").unlink()
    assert "--backup keeps what --fix replaces." in refused("--backup", "--diff")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    assert "cannot be replaced: No space left on device." in refused("--backup")
    assert [file.name for file in tmp_path.iterdir()] == ["app.py"]
