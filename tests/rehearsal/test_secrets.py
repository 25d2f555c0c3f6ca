"""Secrets of apps that this project did not generate: which keys they get, and that their values are not shown."""

import json
import shutil
from pathlib import Path

import pytest

from modal_serve_gen.checks.app_source import AppSource
from modal_serve_gen.rehearsal import app_files, secret_keys
from modal_serve_gen.rehearsal.redaction import Redacted, Redaction

CASES = Path(__file__).parent.parent / "data" / "cases"


def expected(source: str, folder: Path, **given: tuple[str, ...]) -> secret_keys.SecretKeys:
    """What an app of this source says about its Secrets."""
    return secret_keys.of_app(app_files.read(folder / "a.py", AppSource(source), folder), given)


def named(*names: str) -> str:
    """Source that names these Secrets."""
    return "import modal, os\n" + "".join(f"modal.Secret.from_name({name!r})\n" for name in names)


# Source after the imports, and the keys of its only Secret "mine".
READS = {
    'os.environ["SALT"]': ["SALT"],
    'os.environ.get("API_KEY")\nos.getenv("DB_PASSWORD", "x")': ["API_KEY", "DB_PASSWORD"],
    'from os import environ as e\ne["SALT"]': ["SALT"],
    'NAME = "SALT"\nos.environ[NAME]': ["SALT"],
    'if "ADMIN_TOKEN" in os.environ: pass': ["ADMIN_TOKEN"],
    'print(f"vllm serve m --api-key $VLLM_KEY --port ${PORT}")': ["VLLM_KEY"],
    'env = {"API_KEY": os.environ["API_KEY"]}': ["API_KEY"],
    'os.environ.get("DEBUG")\nos.getenv("MODEL", "m")\nos.environ["HOME"]\nos.environ["MODAL_TASK_ID"]': [],
    'os.environ["MODAL_API_KEY"]': ["MODAL_API_KEY"],
    'os.environ["MODE"] = "fast"\nos.environ["MODE"]': [],
}


@pytest.mark.parametrize("code", READS)
def test_a_secret_has_the_keys_that_the_app_reads(code, tmp_path):
    """Variables read without a default, and private ones; not those that the app sets, or that containers have."""
    assert list(expected(f"{named('mine')}{code}\n", tmp_path).expected("mine")) == READS[code]


def test_a_key_belongs_to_the_secret_that_its_name_suggests(tmp_path):
    """Usual keys go to the Secret of that service only; others to the rest; given keys are added."""
    source = named("my-hf", "wandb-secret", "other") + 'os.environ["HF_TOKEN"]; os.environ["SALT"]\n'
    keys = expected(source, tmp_path, other=("EXTRA",))
    assert keys.expected("my-hf") == ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "SALT")
    assert keys.expected("wandb-secret") == ("WANDB_API_KEY", "SALT")
    assert keys.expected("other") == ("EXTRA", "SALT")
    assert expected(named("half-life"), tmp_path).expected("half-life") == ()
    assert expected(named("Gemini-API-Key"), tmp_path).expected("Gemini-API-Key")[0] == "GEMINI_API_KEY"


def test_a_secret_for_a_registry_has_the_keys_that_modal_asks_for(tmp_path):
    """Written in the call or assigned before; Secrets of AWS and Google Cloud have their own keys."""
    source = """import modal
key = modal.Secret.from_name("mine")
modal.Image.from_registry("x/y", secret=key)
modal.Image.from_dockerfile("Dockerfile", registry_secret=modal.Secret.from_name("other"))
modal.Image.from_registry("x/z", secret=modal.Secret.from_name("aws-secret"))
"""
    keys = expected(source, tmp_path)
    assert keys.expected("mine") == keys.expected("other") == secret_keys.REGISTRY
    assert "AWS_REGION" in keys.expected("aws-secret") and keys.expected("third") == ()


def test_without_any_hint_the_modules_say_what_a_secret_is_for(tmp_path):
    """An engine or a client in the app reads its own variables."""
    engine = 'image = modal.Image.debian_slim().pip_install("vllm==0.31.0")\n'
    assert expected(named("mine") + engine, tmp_path).expected("mine")[0] == "HF_TOKEN"
    assert expected(named("mine") + "import wandb\n", tmp_path).expected("mine") == ("WANDB_API_KEY",)


def test_helper_modules_are_read_too(tmp_path):
    """Modules beside the file and in packages, absolute and relative; others are imports."""
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "__init__.py").write_text("from .deep import x\n")
    (tmp_path / "pkg" / "deep.py").write_text('import os, numpy.linalg\nx = os.environ["DEEP"]\n')
    (tmp_path / "pkg" / "sub.py").write_text('import os, a\nos.environ["SUB"]\n')
    (tmp_path / "helper.py").write_text('import os\nfrom pkg import sub\nos.environ["HELPER"]\n')
    source = named("mine") + "def f():\n    import helper, requests\n"
    (tmp_path / "a.py").write_text(source)
    files = app_files.read(tmp_path / "a.py", AppSource(source), tmp_path)
    assert files.imports == {"modal", "os", "requests", "numpy"}
    assert set(secret_keys.of_app(files, {}).expected("mine")) == {"DEEP", "SUB", "HELPER"}


def test_imports_that_only_containers_run_are_not_the_clients(tmp_path):
    """Those in functions and below `with image.imports()`; a local entrypoint runs with the client."""
    source = """import one
try:
    import two.deep
except ImportError: pass
with image.imports():
    import three
@app.function()
def f():
    import four
@app.local_entrypoint()
async def main():
    with open("x"):
        from five import x
"""
    files = app_files.read(tmp_path / "a.py", AppSource(source), tmp_path)
    assert files.imports == {"one", "two", "three", "four", "five"}
    assert files.client_imports == {"one", "two", "five"}
    dotenv = app_files.read(tmp_path / "a.py", AppSource("import modal\nmodal.Secret.from_dotenv()\n"), tmp_path)
    assert "dotenv" in dotenv.client_imports


def test_a_placeholder_can_be_parsed():
    """Keys whose values are read as JSON, a URL or a number get such a value."""
    assert json.loads(secret_keys.placeholder("SERVICE_ACCOUNT_JSON"))
    assert secret_keys.placeholder("DATABASE_URL").startswith("http://")
    assert int(secret_keys.placeholder("PGPORT"))
    assert secret_keys.placeholder("HF_TOKEN") == secret_keys.PLACEHOLDER


def test_a_value_is_replaced_however_it_arrives():
    """Whole, in pieces, escaped, and in parts of several lines; short values and other text stay."""
    values = {
        "s3cr3t-value": "KEY",
        "short": "PIN",
        "-----BEGIN-----\nabcdefghijklmnopqrstuvwxyz\n": "PEM",
        'a"b"c/d': "Q",
    }
    redaction, seen = Redaction(lambda: values), []
    stream = Redacted(redaction, seen.append)
    for piece in ("is s3cr", "3t-va", "lue and s3cr3t", "-", "other; short"):
        stream(piece)
    stream.flush()
    assert "".join(seen) == "is [KEY] and s3cr3t-other; short"
    assert redaction.text("x abcdefghijklmnopqrstuvwxyz") == "x [PEM]"
    assert redaction.everything({"a": ["s3cr3t-value", 1], json.dumps('a"b"c/d'): None}) == {
        "a": ["[KEY]", 1],
        '"[Q]"': None,
    }


@pytest.fixture
def secret_app(tmp_path) -> Path:
    """The app of the shared cases, which reads the token of a Secret that it gives no keys."""
    return Path(shutil.copy(CASES / "sec.py", tmp_path / "a.py"))


def test_a_secret_without_required_keys_is_substituted(secret_app, rehearse):
    """The app gets a placeholder, which the report names by its keys; --secret adds one."""
    run = rehearse("--secret", "hf-token-of-mine=EXTRA_KEY")
    assert run.code == 0, run.output
    assert "token length 21" in run.output
    lines = [line for line in run.report["substituted"] if line.startswith("Secret")]
    assert lines == ["Secret 'hf-token-of-mine': placeholder values for EXTRA_KEY, HF_TOKEN, HUGGING_FACE_HUB_TOKEN"]


def test_values_of_the_user_are_used_and_never_shown(secret_app, rehearse, tmp_path):
    """A file written before the first rehearsal gives the value; output and report show only its key."""
    (tmp_path / "kept" / "secrets").mkdir(parents=True)
    (tmp_path / "kept" / "secrets" / "hf-token-of-mine.json").write_text('{"HF_TOKEN": "hf_my_own_token"}')
    text = secret_app.read_text().replace('print("token length", len(', 'print("token is", (')
    secret_app.write_text(text)
    run = rehearse("--state", "kept")
    assert run.code == 0, run.output
    assert "token is [HF_TOKEN]" in run.output
    assert "hf_my_own" not in run.output and "placeholder values" not in run.output


def test_a_value_on_the_command_line_is_refused(secret_app, cli):
    """Neither the message nor anything else repeats it."""
    for argument, problem in (("mine=KEY=hf_value", "more than names"), ("mine", "names no key"), ("mine=a b", "more")):
        result = cli("rehearse", secret_app, "--engine", "stub", "--secret", argument)
        assert result.exit_code == 2 and problem in result.stderr
        assert "hf_value" not in result.stderr and "--state DIR" in result.stderr
