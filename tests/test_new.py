"""`new`: what it writes, and what it refuses."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from modal_serve_gen import facts, render
from modal_serve_gen.commands import new_app
from modal_serve_gen.render.provenance import BEGIN, END
from tests import fake_hub

SHA = "c1899de289a04d12100db370d81485cdf75e47ca"


def test_writes_the_default_app_and_says_what_to_type_next(cli):
    """Without options: a file named after workflow and model, the ledger, the price, the next commands."""
    result = cli("new", "--offline")
    assert result.exit_code == 0, result.output
    (written,) = Path().glob("*.py")
    assert written.name.startswith("vllm_online_")
    for expected in (f"modal-serve-gen rehearse {written}", f"modal run {written}", "weights", "per hour"):
        assert expected in result.stdout


def test_spec_and_stdout_give_back_the_same_bytes(cli):
    """`new --spec a.py --stdout` is a.py, byte for byte."""
    assert cli("new", "a.py", "--offline", "--model", "Qwen/Qwen3-8B", "--region", "us").exit_code == 0
    again = cli("new", "--spec", "a.py", "--stdout")
    assert again.exit_code == 0
    assert again.stdout == Path("a.py").read_text()


def test_a_spec_is_rendered_from_itself_whatever_the_facts_say(cli):
    """Without options nothing is looked up or planned anew: the provenance is the source."""
    assert cli("new", "a.py", "--offline").exit_code == 0
    text = Path("a.py").read_text()
    Path("a.py").write_text(re.sub(r"# max_num_seqs = .*", "# max_num_seqs = 123", text))
    assert "\nMAX_NUM_SEQS = 123 " in cli("new", "--spec", "a.py", "--stdout").stdout


def test_options_beside_a_spec_override_it_and_plan_anew(cli):
    """The model of the spec stays, the GPU is the option's, and derived names follow."""
    assert cli("new", "a.py", "--offline", "--model", "Qwen/Qwen3-8B", "--max-containers", "7").exit_code == 0
    assert cli("new", "b.py", "--offline", "--spec", "a.py", "--gpu", "H100").exit_code == 0
    resolved = render.read_provenance(Path("b.py").read_text())
    assert (resolved.plan.gpu, resolved.spec.max_containers, resolved.model.id) == ("H100", 7, "Qwen/Qwen3-8B")


def test_a_toml_spec_takes_the_option_names(cli):
    """Keys of a TOML spec are the option names with underscores."""
    Path("s.toml").write_text('model = "Qwen/Qwen3-0.6B"\nmax_model_len = 4096\nengine_arg = ["--seed=7"]\n')
    assert cli("new", "a.py", "--offline", "--spec", "s.toml").exit_code == 0
    text = Path("a.py").read_text()
    assert '\nMODEL = "Qwen/Qwen3-0.6B"\n' in text and '"--seed=7"' in text
    assert '"--max-model-len=4096"' in text


def test_diff_says_what_today_would_change(cli):
    """`--diff` ends 0 when nothing would change and 1 with the change; the owner's edits do not show."""
    assert cli("new", "a.py", "--offline").exit_code == 0
    assert "edited" not in cli("new", "--spec", "a.py", "--diff", "--offline").stderr
    Path("a.py").write_text("# an owner's note\n" + Path("a.py").read_text())
    same = cli("new", "--spec", "a.py", "--diff", "--offline")
    assert same.exit_code == 0 and "has been edited" in same.stderr
    changed = cli("new", "--spec", "a.py", "--diff", "--offline", "--max-containers", "9")
    assert changed.exit_code == 1
    assert "+    max_containers=9,\n" in changed.stdout and "owner" not in changed.stdout


def test_json_is_one_document(cli):
    """`--json` prints the file, the plan and the next commands, and nothing else on stdout."""
    result = cli("new", "a.py", "--offline", "--json")
    document = json.loads(result.stdout)
    assert document["file"] == "a.py" and document["plan"]["fits"] and document["next"]


def test_a_gated_model_is_written_with_its_secret(cli):
    """A gated model of the facts needs no network: the Secret is referenced, and its command printed."""
    result = cli("new", "a.py", "--offline", "--model", "meta-llama/Llama-3.1-8B-Instruct", "--hf-secret", "hub")
    assert result.exit_code == 0, result.output
    assert 'modal.Secret.from_name("hub", required_keys=["HF_TOKEN"])' in Path("a.py").read_text()
    assert "modal secret create hub HF_TOKEN=-" in result.stdout


@pytest.mark.parametrize(
    ("options", "kinds"),
    [
        ({"model": "Qwen/Qwen3-4B-Instruct-2507"}, set()),
        ({"model": "Qwen/Qwen3-8B"}, {"reasoning"}),
        ({"model": "Qwen/Qwen3-4B-Instruct-2507", "region": "us"}, {"routing"}),
        ({"model": "Qwen/Qwen3-4B-Instruct-2507", "auth": "none"}, {"access"}),
        ({"model": "meta-llama/Llama-3.1-8B-Instruct"}, {"gated"}),
        ({"workflow": "sglang-low-latency", "model": "Qwen/Qwen3-4B-Instruct-2507", "region": "us"}, {"reasoning"}),
    ],
)
def test_notes_on_an_app_have_a_kind(options, kinds):
    """Each note of `new` belongs to an option or to the model; the plan's own notes come first."""
    app = new_app.make(options, source=None, generator="1", offline=True, say=print)
    planned = len(app.plan.notes)
    assert app.notes[:planned] == app.plan.notes
    assert {note.kind for note in app.notes[planned:]} == kinds


def test_notes_on_a_stored_app_name_its_edits_and_its_version():
    """An app is compared with its provenance by the version that generated it; another version is named."""
    made = new_app.make({}, source=None, generator="1", offline=True, say=print)
    for text, generator, kinds in (
        (made.text, "1", []),
        (f"# mine\n{made.text}", "1", ["edited"]),
        (f"# mine\n{made.text}", "2", ["generator"]),
    ):
        again = new_app.make({}, source=text, generator=generator, offline=True, say=print)
        assert [note.kind for note in again.notes] == kinds


def test_no_auth_is_written_with_a_warning(cli):
    """--auth none works, without token code, and says what it means."""
    result = cli("new", "a.py", "--offline", "--auth", "none")
    assert "answer anyone" in result.stdout
    text = Path("a.py").read_text()
    assert "requires_proxy_auth=False" in text and "proxy_token" not in text


@pytest.mark.parametrize(("gpu", "named"), [("L40S", True), ("A100-80GB", False)])
def test_an_fp8_copy_is_named_where_the_gpu_computes_in_fp8(cli, gpu, named):
    """Half the memory for the asking; on a GPU without FP8 it would gain less, and nothing is said."""
    run = cli("new", "app.py", "--model", "Qwen/Qwen3-8B", "--gpu", gpu, "--offline")
    assert run.exit_code == 0 and ("Qwen/Qwen3-8B-FP8" in run.output) == named


def test_a_path_with_spaces_works(cli):
    """The next commands quote the path."""
    Path("my apps").mkdir()
    result = cli("new", "my apps/serve it.py", "--offline")
    assert result.exit_code == 0 and "modal run 'my apps/serve it.py'" in result.stdout


BAD = {
    "unknown workflow": (["--workflow", "vllm-onlin"], 2, "vllm-online"),
    "quotes in the model": (["--model", 'a/b"; import os'], 2, "--model"),
    "newline in the model": (["--model", "a/b\nimport os"], 2, "--model"),
    "dots in the model": (["--model", "../../etc"], 2, "--model"),
    "braces in the model": (["--model", "{{7*7}}/x"], 2, "--model"),
    "long model": (["--model", "a/" + "b" * 10_000], 2, "10,002 characters"),
    "empty model": (["--model", ""], 2, "--model"),
    "short revision": (["--revision", "main"], 2, "40 lower-case hex"),
    "upper-case revision": (["--revision", SHA.upper()], 2, "40 lower-case hex"),
    "unknown GPU": (["--gpu", "H1000"], 2, "H100"),
    "GPU count of 0": (["--gpu", "H100:0"], 2, "H100:0"),
    "GPU count of 9": (["--gpu", "H100:9"], 2, "8"),
    "GPU count that is no number": (["--gpu", "H100:x"], 2, "H100:x"),
    "length of 1": (["--max-model-len", "1"], 2, "--max-model-len"),
    "absurd length": (["--max-model-len", "99999999999"], 2, "--max-model-len"),
    "length over the model's own": (["--model", "Qwen/Qwen3-8B", "--max-model-len", "9000000"], 2, "40,960"),
    "negative concurrency": (["--concurrency", "-1"], 2, "--concurrency"),
    "absurd concurrency": (["--concurrency", "1000000"], 2, "--concurrency"),
    "more warm than allowed": (["--min-containers", "5", "--max-containers", "2"], 2, "--min-containers 5"),
    "window out of range": (["--scaledown-window", "1"], 2, "--scaledown-window"),
    "bad app name": (["--name", "bad name!"], 2, "--name"),
    "bad Secret name": (["--hf-secret", "x" * 64], 2, "--hf-secret"),
    "bad region": (["--region", "US East"], 2, "--region"),
    "unknown region": (["--region", "eu-weast"], 2, "eu-west"),
    "unknown endpoint": (["--endpoint", "http-server"], 2, "web-server"),
    "unknown auth": (["--auth", "basic"], 2, "proxy"),
    "option of another workflow": (["--schedule", "0 2 * * *"], 2, "--schedule"),
    "engine flag that is not": (["--engine-arg=--max-num-seq=4"], 2, "--max-num-seqs"),
    "engine value that is not": (["--engine-arg=--dtype=float8"], 2, "--dtype"),
    "engine flag of another engine": (["--engine-arg=--mem-fraction-static=0.8"], 2, "--mem-fraction-static"),
    "engine flag that is set already": (["--engine-arg=--port=9000"], 2, "--port"),
    "several GPUs where snapshots allow one": (["--workflow", "vllm-cold-start", "--gpu", "H100:2"], 2, "vllm-online"),
    "too large for one GPU": (["--workflow", "vllm-cold-start", "--model", "Qwen/Qwen3-235B-A22B"], 4, "vllm-online"),
    "endpoint that Modal leaves open": (
        ["--workflow", "sglang-low-latency", "--endpoint", "http-server", "--auth", "proxy"],
        2,
        "api-key",
    ),
    "endpoint of a batch workflow": (["--workflow", "vllm-throughput", "--endpoint", "server"], 2, "is not a server"),
    "flag of the other engine": (
        ["--workflow", "sglang-low-latency", "--engine-arg=--gpu-memory-utilization=0.9"],
        2,
        "flag of vllm",
    ),
    "FP8 cache on a GPU without it": (
        ["--gpu", "A100-80GB", "--engine-arg=--kv-cache-dtype=fp8"],
        4,
        "does not support FP8",
    ),
    "FP8 weights on a GPU without kernels": (
        ["--model", "Qwen/Qwen3-0.6B", "--gpu", "T4", "--engine-arg=--quantization=fp8"],
        2,
        "T4",
    ),
    "draft as an engine flag": (
        ["--workflow", "sglang-low-latency", "--engine-arg=--speculative-draft-model-path=a/model"],
        2,
        "--draft",
    ),
    "adapter where there is none": (["--workflow", "vllm-throughput", "--lora", "a=b/c@" + "0" * 40], 2, "--lora"),
    "key's Secret without a key": (["--api-key-secret", "mine"], 2, "--auth api-key"),
    "cron line of three fields": (["--workflow", "vllm-throughput", "--schedule", "0 2 *"], 2, "3 fields"),
    "password in the collector's address": (["--otlp-endpoint", "http://me:pw@host:4317"], 2, "--otlp-endpoint"),
    "architecture that the engine lacks": (
        ["--workflow", "sglang-low-latency", "--model", "HuggingFaceTB/SmolLM3-3B"],
        3,
        "SmolLM3ForCausalLM",
    ),
    "key as engine flag": (["--engine-arg=--api-key=s3cr3t"], 2, "--auth"),
    "engine arg without dashes": (["--engine-arg=seed"], 2, "--engine-arg"),
    "control character": (["--served-model-name", "a\x1b[31m"], 2, "--served-model-name"),
    "control character of C1": (["--served-model-name", "a\x85b"], 2, "--served-model-name"),
    "served name like a flag": (["--served-model-name=--port"], 2, "--served-model-name"),
    "model that is not bundled": (["--model", "nobody/nothing-here"], 3, "nobody/nothing-here"),
    "bundled model at another revision": (["--model", "Qwen/Qwen3-8B", "--revision", "0" * 40], 3, "0" * 12),
    "does not fit": (["--model", "meta-llama/Llama-3.3-70B-Instruct", "--gpu", "T4"], 4, "T4"),
    "stdout and a file": (["--stdout", "--json"], 2, "--stdout"),
    "diff without spec": (["--diff"], 2, "--diff"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused(cli, case):
    """Two useful sentences, the contract's exit code, nothing written, no traceback."""
    arguments, code, mentioned = BAD[case]
    out = [] if "--stdout" in arguments or "--diff" in arguments else ["a.py"]
    result = cli("new", *out, "--offline", *arguments)
    assert result.exit_code == code, result.output
    assert mentioned in result.stderr
    assert "Traceback" not in result.output
    assert result.stdout == "" or json.loads(result.stdout)["exit_code"] == code  # an error document with --json
    assert result.stderr.startswith("Error: ") and result.stderr.count("\n") >= 2
    assert not list(Path().iterdir())


SPECS = {
    "missing": (None, "cannot be read"),
    "not text": (b"\xff\xfe\x00", "cannot be read"),
    "not TOML": (b"model = [", "TOML"),
    "unknown key": (b'modle = "a/b"', "modle"),
    "wrong type": (b"model = 7", "--model"),
    "broken provenance": (f"x = 1\n\n{BEGIN}\n# generator = \n{END}\n".encode(), "provenance"),
    "provenance cut off": (f"x = 1\n\n{BEGIN}\n# generator = 1\n".encode(), "provenance"),
}


@pytest.mark.parametrize("case", SPECS)
def test_a_broken_spec_is_refused(cli, case):
    """Exit 2, with what is wrong with the file."""
    content, mentioned = SPECS[case]
    if content is not None:
        Path("s.toml").write_bytes(content)
    result = cli("new", "a.py", "--offline", "--spec", "s.toml")
    assert result.exit_code == 2, result.output
    assert mentioned in result.stderr and "Traceback" not in result.output
    assert not Path("a.py").exists()


@pytest.mark.parametrize("case", ["folder", "exists", "no folder", "suffix", "dots"])
def test_an_output_that_cannot_be_written_is_refused(cli, case):
    """Exit 2, and what was there is as it was."""
    Path("folder.py").mkdir()
    Path("there.py").write_text("mine")
    out = {
        "folder": "folder.py",
        "exists": "there.py",
        "no folder": "no/such/a.py",
        "suffix": "app.txt",
        "dots": "qwen3.5.py",
    }[case]
    result = cli("new", out, "--offline")
    assert result.exit_code == 2, result.output
    assert Path("there.py").read_text() == "mine"
    assert sorted(path.name for path in Path().iterdir()) == ["folder.py", "there.py"]


def test_a_write_that_fails_leaves_nothing(cli, monkeypatch):
    """The file is whole or not there, and no half of it stays beside it."""

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    result = cli("new", "a.py", "--offline")
    assert result.exit_code == 2 and "No space left" in result.stderr
    assert not list(Path().iterdir())


def test_force_overwrites(cli):
    """--force replaces the file as a whole."""
    Path("a.py").write_text("mine")
    assert cli("new", "a.py", "--offline", "--force").exit_code == 0
    assert render.read_provenance(Path("a.py").read_text()) is not None


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="/proc is where even root cannot write")
def test_a_read_only_folder_is_refused(cli):
    """Exit 2 when the folder may not be written to."""
    result = cli("new", "/proc/a.py", "--offline")
    assert result.exit_code == 2 and "cannot be written" in result.stderr


def test_what_does_not_fit_prints_the_plan_as_json(cli):
    """Exit 4 with --json: the plan on stdout, with fits false and the reason."""
    result = cli("new", "a.py", "--offline", "--json", "--model", "Qwen/Qwen3-32B", "--gpu", "L4")
    assert result.exit_code == 4
    plan = json.loads(result.stdout)
    assert plan["fits"] is False and plan["reason"]


def test_our_own_bug_is_told_apart(cli, monkeypatch):
    """What we render and our own checks refuse ends 70, and nothing is written."""
    monkeypatch.setattr(render, "render", lambda resolved: "def broken(:\n")
    monkeypatch.setattr("modal_serve_gen.commands.engine_args.check_repeats", lambda text, resolved: None)
    result = cli("new", "a.py", "--offline")
    assert result.exit_code == 70 and "report" in result.stderr
    assert not Path("a.py").exists()


def test_provenance_is_toml_without_tokens(cli, monkeypatch):
    """The block is TOML, and a token in the environment reaches neither it nor anything printed."""
    monkeypatch.setenv("HF_TOKEN", "hf_verysecretvalue")
    result = cli("new", "a.py", "--offline", "--json")
    text = Path("a.py").read_text()
    block = text.partition(BEGIN)[2].partition(END)[0]
    tomllib.loads("\n".join(line.removeprefix("#") for line in block.split("\n")))
    assert "hf_verysecretvalue" not in text + result.output


HUB_MODEL = {
    "architectures": ["Qwen3ForCausalLM"],
    "model_type": "qwen3",
    "hidden_size": 1024,
    "intermediate_size": 3072,
    "num_hidden_layers": 28,
    "num_attention_heads": 16,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "max_position_embeddings": 40960,
    "vocab_size": 151936,
    "torch_dtype": "bfloat16",
}


@pytest.fixture
def hub_model(monkeypatch, tmp_path):
    """A local Hub with the model me/model, and a token in the environment."""
    with fake_hub.running() as hub:
        hub.repos["me/model"] = fake_hub.Repo(
            files={"config.json": 700, "model.safetensors": 10**9}, config=json.dumps(HUB_MODEL).encode()
        )
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
        monkeypatch.setenv("HF_TOKEN", "hf_verysecretvalue")
        yield hub


def test_a_model_on_the_hub_is_written(cli, hub_model):
    """A model that is not bundled is resolved through the Hub; the token is in neither the file nor the output."""
    result = cli("new", "a.py", "--model", "me/model", "--json")
    assert result.exit_code == 0, result.stderr
    text = Path("a.py").read_text()
    resolved = render.read_provenance(text)
    assert resolved is not None and (resolved.model.id, resolved.model.revision) == ("me/model", fake_hub.SHA)
    assert f'"{fake_hub.SHA}"' in text.partition(BEGIN)[0]
    assert "Bearer hf_verysecretvalue" in {token for _, _, token in hub_model.seen}
    assert "hf_verysecretvalue" not in text + result.output
    unknown = cli("new", "b.py", "--model", "me/other")
    assert unknown.exit_code == 3 and "me/other" in unknown.stderr


@pytest.mark.slow
def test_a_model_on_an_unreachable_hub_is_rehearsed(shell, hub_model, tmp_path):
    """A plain model is substituted and reported, and the token is not in the output."""
    assert shell("new", "a.py", "--model", "me/model").returncode == 0
    done = shell("rehearse", "a.py", "--engine", "stub", env={"HF_ENDPOINT": "http://127.0.0.1:9"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert "a plain configuration is used" in " ".join(done.stdout.split())
    assert "hf_verysecretvalue" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "name", ["modal", "json", "torch", "sglang", "datasets", "httpx", "huggingface_hub", "__main__"]
)
def test_a_name_that_would_hide_a_module_is_refused(cli, name):
    """Python would import the app in its place, in every app of the folder; another name is taken, also twice."""
    done = cli("new", f"{name}.py", "--offline")
    assert done.exit_code == 2 and name in done.stderr and not Path(f"{name}.py").exists()
    for _ in range(2):
        assert cli("new", "chat.py", "--offline", "--force").exit_code == 0


def test_the_summary_tells_what_is_paid_for_day_and_night(cli):
    """Containers kept warm cost without traffic; the ledger is the plan's."""
    for workflow, warm in (("vllm-online", 0), ("sglang-low-latency", 1)):
        told = cli("new", f"a{warm}.py", "--offline", "--workflow", workflow).stdout
        assert ("around the clock, $" in told) == bool(warm)
        assert "planned with" in told and ("unused" in told) == bool(warm)


def test_the_commands_of_a_schedule_name_the_apps_own_volume(cli):
    """Also where the app's name is so long that the Volume's is cut."""
    name = "a" * 63
    told = cli("new", "b.py", "--offline", "--workflow", "vllm-throughput", "--schedule", "0 2 * * *", "--name", name)
    volume = Path("b.py").read_text().partition("\njobs = modal.Volume.from_name(")[2].split('"')[1]
    assert len(volume) == 63
    assert f"modal volume put {volume} " in told.stdout and f"modal volume get {volume} " in told.stdout


def test_a_bundled_draft_needs_no_network(cli):
    """A model of the bundled facts, at their commit, guesses for another of its vocabulary, offline."""
    revision = facts.models()["Qwen/Qwen3-0.6B"].revision
    given = ["new", "a.py", "--offline", "--workflow", "sglang-low-latency", "--model", "Qwen/Qwen3-32B-FP8"]
    result = cli(*given, "--draft", f"STANDALONE=Qwen/Qwen3-0.6B@{revision}")
    assert result.exit_code == 0, result.stderr
    assert revision in Path("a.py").read_text()
    assert "adapters and drafts" in result.stdout


def test_stdout_keeps_the_figures_apart(cli):
    """With --stdout the app alone goes there; price and ledger are said on stderr."""
    result = cli("new", "--offline", "--stdout")
    assert "per hour" in result.stderr and "weights" in result.stderr
    assert result.stdout.startswith('"""')


def test_a_model_that_thinks_is_named_with_its_switch(cli):
    """The note says what spares the thoughts, and is gone once that is asked for."""
    switch = '--engine-arg=--default-chat-template-kwargs={"enable_thinking": false}'
    assert switch in cli("new", "a.py", "--offline", "--model", "Qwen/Qwen3-8B").stdout.replace("\n    ", " ")
    quiet = cli("new", "b.py", "--offline", "--model", "Qwen/Qwen3-8B", switch)
    assert quiet.exit_code == 0 and "may reason" not in quiet.stdout
    batch = cli("new", "c.py", "--offline", "--model", "Qwen/Qwen3-8B", "--workflow", "vllm-throughput")
    assert "chat_template_kwargs" in batch.stdout
    assert "may reason" not in cli("new", "d.py", "--offline", "--model", "Qwen/Qwen3-4B-Instruct-2507").stdout
