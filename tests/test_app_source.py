"""The source that rules examine: constant expressions, engine commands, Modal objects."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modal_serve_gen import checks
from modal_serve_gen.checks.app_source import AppSource
from modal_serve_gen.checks.evaluation import evaluate
from scripts import golden

NAMES = {"N": 3, "NAME": "qwen", "WORDS": ["a", "b"], "Settings.PORT": 9000}
VALUES = {
    "10 * 60": 600,
    "N + 1": 4,
    "-N": -3,
    "7 // 0": None,
    "10 ** 9": None,
    "'a' * 5": None,
    "'a' + NAME": "aqwen",
    "['a'] + WORDS": ["a", "a", "b"],
    "[*WORDS, 'c']": ["a", "b", "c"],
    "f'{NAME}:{N}'": "qwen:3",
    "f'{unknown}'": None,
    "'a b'.split()": ["a", "b"],
    "'a,b'.split(',')": None,
    "' '.join(WORDS)": "a b",
    "shlex.split('a \"b c\"')": ["a", "b c"],
    "shlex.join(['a', 'b c'])": "a 'b c'",
    "shlex.join([unknown])": None,
    "json.dumps({'a': N})": '{"a": 3}',
    "json.dumps({'a': unknown})": None,
    "json.dumps([unknown])": None,
    "str(N)": "3",
    "int('x')": None,
    "{'a': 1}['a']": 1,
    "WORDS[7]": None,
    "{'a': 1} | {'b': 2}": {"a": 1, "b": 2},
    "{1} & {2}": None,
    "N if True else 0": 3,
    "N if unknown else 0": None,
    "Settings.PORT": 9000,
    "os.environ['N']": None,
    "True + 1": None,
}


@pytest.mark.parametrize(("text", "expected"), VALUES.items(), ids=list(VALUES))
def test_constant_expressions_are_evaluated(text, expected):
    """Arithmetic, strings and collections of known values; None for anything else."""
    assert evaluate(ast.parse(text, mode="eval").body, NAMES) == expected


@given(
    st.recursive(
        st.integers() | st.text() | st.booleans(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_a_literal_evaluates_to_its_value(value):
    """`evaluate` reads back what `repr` writes."""
    assert evaluate(ast.parse(repr(value), mode="eval").body, {}) == value


COMMANDS = {
    '["vllm", "serve", "m", "--port", str(8000)]': ("m", "--port", "8000"),
    '["/usr/bin/vllm", "serve", "m"]': ("m",),
    '["python", "-m", "vllm.entrypoints.openai.api_server", "--model", "m"]': ("--model", "m"),
    '["python", "-m", "vllm.entrypoints.cli.main", "serve", "m"]': ("m",),
    '["sglang", "serve"] + ["--model-path", "m"]': ("--model-path", "m"),
    'shlex.split("vllm serve m --seed 1")': ("m", "--seed", "1"),
    '"cd /app && vllm serve m --seed 1 > log"': ("m", "--seed", "1"),
    'f"vllm serve {unknown} --seed 1"': (None, "--seed", "1"),
    '"vllm serve m " + "--seed 1"': ("m", "--seed", "1"),
    'LLM("m", seed=1, enforce_eager=True, async_scheduling=False)': (
        "--model", "m", "--seed", "1", "--enforce-eager", "--no-async-scheduling",
    ),
    'LLM(model="m", disable_log_stats=False, revision=None)': ("--model", "m"),
    'LLM(model="m", **{"seed": 1})': ("--model", "m", "--seed", "1"),
    '["vllm", "serve", "m", "--enforce-eager" if fast else "--no-enforce-eager"]': ("m", "--enforce-eager"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "words"), COMMANDS.items(), ids=list(COMMANDS))
def test_engine_commands_are_recognized(text, words):
    """As a list, as a shell string, or as a call of the engine's Python API."""
    (command,) = AppSource(f"import shlex\nfrom vllm import LLM\nx = {text}\n").commands
    assert command.argv == words


@pytest.mark.parametrize(
    "text", ['["vllm", "bench", "serve"]', '"the vllm server"', '["serve", "vllm"]', "LLMS()", "x.LLM"]
)
def test_similar_expressions_are_not_engine_commands(text):
    """Another subcommand, prose, another order, other names."""
    assert AppSource(f"x = {text}\n").commands == []


def test_arguments_that_are_added_later_are_included():
    """By `+=`, `append` and `extend` on the same variable; an unknown part makes the command incomplete."""
    text = "def f():\n    c = ['vllm', 'serve', 'm']\n    c += ['--seed', '1']\n    c.append('--enforce-eager')\n"
    (command,) = AppSource(text + "    c.extend(['--port', '8000'])\n    d = []\n    d.append()\n").commands
    assert command.argv == ("m", "--seed", "1", "--enforce-eager", "--port", "8000") and command.complete
    (open_ended,) = AppSource(text + "    c += more()\n").commands
    assert not open_ended.complete and open_ended.lacks("--seed") is False and not open_ended.lacks("--port")
    (values,) = AppSource("c = ['vllm', 'serve', 'm', '--served-model-name', *names]\n").commands
    assert values.complete
    (first,) = AppSource("c = ['vllm', 'serve', *more]\n").commands
    assert not first.complete


def test_modal_objects_and_their_engine_commands():
    """Functions, classes, and functions that are decorated by a call, each with the commands that it reaches."""
    source = AppSource(
        "import modal\nfrom modal import concurrent as together\n\napp = modal.App('x')\nFLAGS = ['--seed', '1']\n\n"
        "def start():\n    return ['vllm', 'serve', 'm', *FLAGS]\n\n"
        "@app.function(gpu=['H100:2', 'A100'])\n@together(max_inputs=2)\ndef one():\n    start()\n\n"
        "@app.cls()\nclass Two:\n    @modal.enter(snap=True)\n    def begin(self):\n        one.remote()\n\n"
        "def plain():\n    start()\n\n"
        "three = app.function(gpu='L4')(plain)\nnot_one = other(gpu='L4')(plain)\n"
    )
    decorated, cls, wrapped = source.modal_objects
    assert [(item.kind, item.name) for item in source.modal_objects] == [
        ("function", "one"),
        ("cls", "Two"),
        ("function", "plain"),
    ]
    assert decorated.gpus == [("H100", 2), ("A100", 1)]
    assert decorated.decorator("concurrent").name == "modal.concurrent"
    assert decorated.server_command.argv == wrapped.server_command.argv == ("m", "--seed", "1")
    assert cls.server_command is None and cls.decorator("enter").arguments["snap"].value is True


CLEAN = """
import os

import modal

app = modal.App("clean")
more = get_more()
image = modal.Image.from_registry("lmsysorg/sglang:v0.5.12.post1-cu130", add_python="3.12").pip_install("httpx==0.28.1")
weights = modal.Volume.from_name("weights")


@app.function(image=image, volumes={"/weights": weights})
def download():
    from huggingface_hub import snapshot_download

    snapshot_download("a/b", revision=os.environ["REVISION"])


@app.server(image=image, gpu=os.environ["GPU"], volumes={"/weights": weights}, max_containers=2, startup_timeout=900,
            scaledown_window=300, unauthenticated=True, target_concurrency=8, max_concurrency=64)
class Server:
    @modal.enter()
    def start(self):
        import subprocess

        command = ["sglang", "serve", "--model-path", "/weights/m", "--host", "0.0.0.0", "--port", "8000"]
        command += ["--cuda-graph-max-bs", "8", "--max-running-requests", "8", "--api-key", os.environ["KEY"]]
        process = subprocess.Popen(command)
        check("http://localhost:8000/health", process.poll())


@app.function(retries=2, **more)
def unknown():
    pass
"""


def test_unknown_values_are_not_findings():
    """Values from the environment, flags of a release without a table, keywords behind `**`, a key for all routes."""
    assert checks.check(CLEAN) == []


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("target_concurrency=8", "target_concurrency=16", "concurrency"),
        ('"--api-key", os.environ["KEY"]', '"--log-level", "info"', "admin-routes"),
        ('"--cuda-graph-max-bs"', '"--max-runing-requests"', "engine-flags"),
        ("scaledown_window=300", "scaledown_window=4000", "limits"),
        ("max_containers=2", "max_containers=2, min_containers=5", "limits"),
        ("process.poll()", "process", "dead-engine"),
        ('/health"', '/v1/chat/completions"', "readiness"),
        ("retries=2, **more", "retires=2, **more", "unknown-argument"),
        ("v0.5.12.post1-cu130", "latest", "image-pinned"),
        ('os.environ["REVISION"]', '"main"', "revision-pinned"),
        ("httpx==0.28.1", "httpx", "packages-pinned"),
        ('"--port", "8000"', '"--port", "8001"', "engine-address"),
    ],
)
def test_one_fault_is_reported(old, new, rule):
    """An app without findings, changed in one place: the rule for it reports a finding."""
    assert CLEAN.count(old) == 1
    assert rule in {finding.rule for finding in checks.check(CLEAN.replace(old, new))}


def test_an_image_digest_pins_the_engine():
    """The content of such an image cannot change, so no other pin is needed."""
    tag = "vllm/vllm-openai@sha256:" + "0" * 64
    text = f'import modal\nimage = modal.Image.from_registry("{tag}")\nC = ["vllm", "serve", "/m"]\n'
    assert checks.check(text) == []
    assert checks.check(text.replace("@sha256:" + "0" * 64, ":latest"))


def test_each_package_has_its_own_pin():
    """The version of one package is not taken for that of another."""
    source = AppSource('i.pip_install("a==1", "b>=2", "vllm[audio]==4").run_commands("uv pip install c==3 d")')
    assert [source.pinned_version(name) for name in ("a", "b", "vllm", "c", "d")] == ["1", "", "4", "3", ""]


def test_an_import_in_a_function_does_not_shadow_the_app():
    """With `from x.y import app` inside a function, the functions of the module's app are still found."""
    text = (
        "import modal\napp = modal.App()\n@app.function(gpu='H100')\ndef f():\n    from x.y import app\n    app.z()\n"
    )
    assert [item.name for item in AppSource(text).modal_objects] == ["f"]


def test_a_gate_in_the_app_protects_sglang():
    """Middleware that compares keys and is loaded as a plugin of SGLang counts; without it, the routes are public."""
    text = golden.app("sglang_low_latency_api_key")
    assert checks.check(text) == []
    without = text.replace("secrets.compare_digest", "secrets.equal")
    assert {finding.rule for finding in checks.check(without)} == {"admin-routes", "public-endpoint"}


@pytest.mark.parametrize("case", sorted(golden.CASES))
def test_modal_objects_of_every_golden_app_are_found(case):
    """Without Modal objects, most rules would have nothing to check."""
    assert len(AppSource(golden.app(case)).modal_objects) >= 2
