"""`new`: generated files, their specs, and refused input."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from modal_serve_gen import facts, render
from modal_serve_gen.commands import new_app
from modal_serve_gen.render.provenance import BEGIN, END
from modal_serve_gen.spec import workflows
from tests import fake_hub

SHA = "c1899de289a04d12100db370d81485cdf75e47ca"


def test_the_default_app_is_written(cli):
    """Without options: a file named after workflow and model; memory plan, price and next commands are printed."""
    result = cli("new", "--offline")
    assert result.exit_code == 0, result.output
    (written,) = Path().glob("*.py")
    assert written.name.startswith("vllm_online_")
    for expected in (f"modal-serve-gen rehearse {written}", f"modal run {written}", "weights", "per hour"):
        assert expected in result.stdout


def test_spec_and_stdout_print_the_same_app(cli):
    """`new --spec a.py --stdout` is a.py, byte for byte."""
    assert cli("new", "a.py", "--offline", "--model", "Qwen/Qwen3-8B", "--region", "us").exit_code == 0
    again = cli("new", "--spec", "a.py", "--stdout")
    assert again.exit_code == 0
    assert again.stdout == Path("a.py").read_text()


def test_a_spec_without_options_is_not_planned_again(cli):
    """Without options, nothing is resolved again: the app is rendered from its provenance."""
    assert cli("new", "a.py", "--offline").exit_code == 0
    text = Path("a.py").read_text()
    Path("a.py").write_text(re.sub(r"# max_num_seqs = .*", "# max_num_seqs = 123", text))
    assert "\nMAX_NUM_SEQS = 123 " in cli("new", "--spec", "a.py", "--stdout").stdout


def test_options_override_a_spec(cli):
    """The GPU comes from the option, everything else from the spec, and the app is planned again."""
    assert cli("new", "a.py", "--offline", "--model", "Qwen/Qwen3-8B", "--max-containers", "7").exit_code == 0
    assert cli("new", "b.py", "--offline", "--spec", "a.py", "--gpu", "H100").exit_code == 0
    resolved = render.read_provenance(Path("b.py").read_text())
    assert (resolved.plan.gpu, resolved.spec.max_containers, resolved.model.id) == ("H100", 7, "Qwen/Qwen3-8B")


def test_a_toml_spec_has_the_names_of_options(cli):
    """Keys of a TOML spec are the option names with underscores."""
    Path("s.toml").write_text('model = "Qwen/Qwen3-0.6B"\nmax_model_len = 4096\nengine_arg = ["--seed=7"]\n')
    assert cli("new", "a.py", "--offline", "--spec", "s.toml").exit_code == 0
    text = Path("a.py").read_text()
    assert '\nMODEL = "Qwen/Qwen3-0.6B"\n' in text and '"--seed=7"' in text
    assert '"--max-model-len=4096"' in text


def test_diff_shows_what_would_change_today(cli):
    """Exit code 0 without changes, 1 with changes; the user's own edits are not part of the diff."""
    assert cli("new", "a.py", "--offline").exit_code == 0
    assert "edited" not in cli("new", "--spec", "a.py", "--diff", "--offline").stderr
    Path("a.py").write_text("# the user's note\n" + Path("a.py").read_text())
    same = cli("new", "--spec", "a.py", "--diff", "--offline")
    assert same.exit_code == 0 and "has been edited" in same.stderr
    changed = cli("new", "--spec", "a.py", "--diff", "--offline", "--max-containers", "9")
    assert changed.exit_code == 1
    assert "+    max_containers=9,\n" in changed.stdout and "the user" not in changed.stdout


def test_json_is_one_document(cli):
    """`--json` prints the file, the plan and the next commands, and nothing else on stdout."""
    result = cli("new", "a.py", "--offline", "--json")
    document = json.loads(result.stdout)
    assert document["file"] == "a.py" and document["plan"]["fits"] and document["next"]


def test_the_next_commands_create_a_token_only_for_proxy_authentication(cli):
    """Other endpoints need none."""
    for auth, needed in (("proxy", True), ("none", False)):
        document = json.loads(cli("new", f"{auth}.py", "--offline", "--auth", auth, "--json").stdout)
        assert ("modal workspace proxy-tokens create" in str(document["next"])) is needed


@pytest.mark.parametrize("workflow", workflows.names())
def test_weights_can_stay_in_their_volume(cli, workflow):
    """An app that replaces another keeps its Volume, also when it is written again from its provenance."""
    result = cli("new", "a.py", "--offline", "--workflow", workflow, "--weights-volume", "my-models")
    text = Path("a.py").read_text()
    assert result.exit_code == 0 and 'modal.Volume.from_name("my-models", create_if_missing=True)' in text
    assert "huggingface-cache" not in text
    assert cli("new", "--offline", "--spec", "a.py", "--diff").exit_code == 0


def test_a_gated_model_is_written_with_its_secret(cli):
    """For a bundled gated model, without a network; the command that creates the Secret is printed."""
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
    """Each note of `new` is about an option or the model; the notes of the plan come first."""
    app = new_app.make(options, source=None, generator="1", offline=True, say=print)
    planned = len(app.plan.notes)
    assert app.notes[:planned] == app.plan.notes
    assert {note.kind for note in app.notes[planned:]} == kinds


def test_notes_on_an_existing_app():
    """Edits are detected by the version that generated the app; another version is noted instead."""
    app = new_app.make({}, source=None, generator="1", offline=True, say=print)
    for text, generator, kinds in (
        (app.text, "1", []),
        (f"# mine\n{app.text}", "1", ["edited"]),
        (f"# mine\n{app.text}", "2", ["generator"]),
    ):
        again = new_app.make({}, source=text, generator=generator, offline=True, say=print)
        assert [note.kind for note in again.notes] == kinds


def test_an_app_without_authentication_is_written_with_a_warning(cli):
    """The app has no code for tokens, and the output warns that the endpoint answers anyone."""
    result = cli("new", "a.py", "--offline", "--auth", "none")
    assert "answer anyone" in result.stdout
    text = Path("a.py").read_text()
    assert "requires_proxy_auth=False" in text and "proxy_token" not in text


@pytest.mark.parametrize(("gpu", "suggested"), [("L40S", True), ("A100-80GB", False)])
def test_an_fp8_copy_is_suggested_for_gpus_with_fp8(cli, gpu, suggested):
    """It takes half the memory; on a GPU without FP8, where it gains less, it is not mentioned."""
    run = cli("new", "app.py", "--model", "Qwen/Qwen3-8B", "--gpu", gpu, "--offline")
    assert run.exit_code == 0 and ("Qwen/Qwen3-8B-FP8" in run.output) == suggested


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
    "GPU count that is not a number": (["--gpu", "H100:x"], 2, "H100:x"),
    "length of 1": (["--max-model-len", "1"], 2, "--max-model-len"),
    "impossible length": (["--max-model-len", "99999999999"], 2, "--max-model-len"),
    "length over the model's own": (["--model", "Qwen/Qwen3-8B", "--max-model-len", "9000000"], 2, "40,960"),
    "negative concurrency": (["--concurrency", "-1"], 2, "--concurrency"),
    "impossible concurrency": (["--concurrency", "1000000"], 2, "--concurrency"),
    "more warm containers than allowed": (["--min-containers", "5", "--max-containers", "2"], 2, "--min-containers 5"),
    "window out of range": (["--scaledown-window", "1"], 2, "--scaledown-window"),
    "bad app name": (["--name", "bad name!"], 2, "--name"),
    "bad Volume name": (["--weights-volume", "my weights"], 2, "--weights-volume"),
    "Volume with another use": (["--weights-volume", "vllm-cache"], 2, "vllm-cache"),
    "bad Secret name": (["--hf-secret", "x" * 64], 2, "--hf-secret"),
    "bad region": (["--region", "US East"], 2, "--region"),
    "unknown region": (["--region", "eu-weast"], 2, "eu-west"),
    "unknown endpoint": (["--endpoint", "http-server"], 2, "web-server"),
    "unknown auth": (["--auth", "basic"], 2, "proxy"),
    "option of another workflow": (["--schedule", "0 2 * * *"], 2, "--schedule"),
    "unknown engine flag": (["--engine-arg=--max-num-seq=4"], 2, "--max-num-seqs"),
    "unknown engine value": (["--engine-arg=--dtype=float8"], 2, "--dtype"),
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
    "ranks that the GPUs cannot be divided into": (
        ["--gpu", "H100:4", "--engine-arg=--pipeline-parallel-size=3"],
        2,
        "cannot be divided into 3 pipeline stages",
    ),
    "stages of a workflow with one GPU": (
        ["--workflow", "vllm-cold-start", "--engine-arg=--pipeline-parallel-size=2"],
        2,
        "require 2 GPUs",
    ),
    "replicas inside a container": (
        ["--workflow", "sglang-low-latency", "--gpu", "H100:2", "--engine-arg=--dp-size=2"],
        2,
        "--max-containers",
    ),
    "replicas of a batch": (
        ["--workflow", "vllm-throughput", "--gpu", "H100:2", "--engine-arg=--data-parallel-size=2"],
        2,
        "one replica in a process",
    ),
    "experts that a model lacks": (
        ["--model", "Qwen/Qwen3-8B", "--gpu", "H100:2", "--engine-arg=--enable-expert-parallel"],
        4,
        "a model with experts",
    ),
    "flag without the one that it needs": (["--engine-arg=--enable-eplb"], 2, "Add --enable-expert-parallel."),
    "flag that excludes another": (
        ["--workflow", "sglang-low-latency", "--engine-arg=--enable-hicache", "--engine-arg=--disable-radix-cache"],
        2,
        "mutually exclusive",
    ),
    "flag of a batch that excludes another": (
        ["--workflow", "vllm-throughput", "--engine-arg=--data-parallel-size-local=2"],
        2,
        "must be <= data_parallel_size",
    ),
    "flag that another makes useless": (
        ["--engine-arg=--limit-mm-per-prompt.image=2"],
        2,
        "would have no effect: with --language-model-only",
    ),
    "flag with a package that has no pin": (["--engine-arg=--load-format=tensorizer"], 2, "no pin of tensorizer"),
    "more host memory than there is": (["--engine-arg=--kv-offloading-size=400"], 2, "gets 336 GiB at most"),
    "FP8 cache on a GPU without it": (
        ["--model", "Qwen/Qwen3-0.6B", "--gpu", "T4", "--engine-arg=--kv-cache-dtype=fp8"],
        4,
        "does not support FP8",
    ),
    "FP4 weights on a GPU without kernels": (
        ["--model", "Qwen/Qwen3-0.6B", "--gpu", "T4", "--engine-arg=--quantization=mxfp4"],
        2,
        "T4",
    ),
    "draft as an engine flag": (
        ["--workflow", "sglang-low-latency", "--engine-arg=--speculative-draft-model-path=a/model"],
        2,
        "--draft",
    ),
    "adapter without support": (["--workflow", "vllm-throughput", "--lora", "a=b/c@" + "0" * 40], 2, "--lora"),
    "Secret of an API key without API keys": (["--api-key-secret", "mine"], 2, "--auth api-key"),
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
    "invalid Unicode": (["--served-model-name", "a\ud800"], 2, "It must not contain control characters or invalid"),
    "control character of C1": (["--served-model-name", "a\x85b"], 2, "--served-model-name"),
    "served name that looks like a flag": (["--served-model-name=--port"], 2, "--served-model-name"),
    "model that is not bundled": (["--model", "nobody/nothing-here"], 3, "nobody/nothing-here"),
    "commit of zeros": (["--model", "Qwen/Qwen3-8B", "--revision", "0" * 40], 2, "0" * 12),
    "does not fit": (["--model", "meta-llama/Llama-3.3-70B-Instruct", "--gpu", "T4"], 4, "T4"),
    "stdout and a file": (["--stdout", "--json"], 2, "--stdout"),
    "diff without spec": (["--diff"], 2, "--diff"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused(cli, case):
    """Problem and remedy, the documented exit code, no file, no traceback."""
    arguments, code, expected = BAD[case]
    out = [] if "--stdout" in arguments or "--diff" in arguments else ["a.py"]
    result = cli("new", *out, "--offline", *arguments)
    assert result.exit_code == code, result.output
    assert expected in result.stderr
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
    """Exit code 2; the error says what is wrong with the file."""
    content, expected = SPECS[case]
    if content is not None:
        Path("s.toml").write_bytes(content)
    result = cli("new", "a.py", "--offline", "--spec", "s.toml")
    assert result.exit_code == 2, result.output
    assert expected in result.stderr and "Traceback" not in result.output
    assert not Path("a.py").exists()


@pytest.mark.parametrize("case", ["folder", "exists", "no folder", "suffix", "dots"])
def test_an_output_that_cannot_be_written_is_refused(cli, case):
    """Exit code 2; existing files are not changed."""
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


def test_a_failed_write_leaves_no_file(cli, monkeypatch):
    """Neither the file nor a temporary one."""

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    result = cli("new", "a.py", "--offline")
    assert result.exit_code == 2 and "No space left" in result.stderr
    assert not list(Path().iterdir())


def test_force_overwrites(cli):
    """--force replaces an existing file."""
    Path("a.py").write_text("mine")
    assert cli("new", "a.py", "--offline", "--force").exit_code == 0
    assert render.read_provenance(Path("a.py").read_text()) is not None


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="/proc is where even root cannot write")
def test_a_read_only_folder_is_refused(cli):
    """Exit code 2."""
    result = cli("new", "/proc/a.py", "--offline")
    assert result.exit_code == 2 and "cannot be written" in result.stderr


def test_a_plan_that_does_not_fit_is_printed_as_json(cli):
    """Exit code 4; with --json, the plan is on stdout, with `fits` false and the reason."""
    result = cli("new", "a.py", "--offline", "--json", "--model", "Qwen/Qwen3-32B", "--gpu", "L4")
    assert result.exit_code == 4
    plan = json.loads(result.stdout)
    assert plan["fits"] is False and plan["reason"]


def test_an_internal_error_has_its_own_exit_code(cli, monkeypatch):
    """If the rendered app fails the project's own checks, the exit code is 70, and nothing is written."""
    monkeypatch.setattr(render, "render", lambda resolved: "def broken(:\n")
    monkeypatch.setattr("modal_serve_gen.commands.engine_args.check_repeats", lambda text, resolved: None)
    result = cli("new", "a.py", "--offline")
    assert result.exit_code == 70 and "report" in result.stderr
    assert not Path("a.py").exists()


def test_provenance_is_toml_without_tokens(cli, monkeypatch):
    """A token in the environment is neither in the provenance nor in the output."""
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
def test_a_file_name_that_would_shadow_a_module_is_refused(cli, name):
    """Any app in that folder would import it instead; other names are accepted, also for a second time."""
    done = cli("new", f"{name}.py", "--offline")
    assert done.exit_code == 2 and name in done.stderr and not Path(f"{name}.py").exists()
    for _ in range(2):
        assert cli("new", "chat.py", "--offline", "--force").exit_code == 0


def test_the_summary_has_the_cost_of_warm_containers(cli):
    """They are billed without traffic; the memory plan is printed as well."""
    for workflow, warm in (("vllm-online", 0), ("sglang-low-latency", 1)):
        output = cli("new", f"a{warm}.py", "--offline", "--workflow", workflow).stdout
        assert ("around the clock, $" in output) == bool(warm)
        assert "planned with" in output and ("unused" in output) == bool(warm)


def test_the_commands_of_a_schedule_use_the_apps_volume(cli):
    """Also if the app's name is so long that the Volume's name is truncated."""
    name = "a" * 63
    result = cli("new", "b.py", "--offline", "--workflow", "vllm-throughput", "--schedule", "0 2 * * *", "--name", name)
    volume = Path("b.py").read_text().partition("\njobs = modal.Volume.from_name(")[2].split('"')[1]
    assert len(volume) == 63
    assert f"modal volume put {volume} " in result.stdout and f"modal volume get {volume} " in result.stdout


def test_a_bundled_draft_needs_no_network(cli):
    """A bundled model at its bundled commit can be the draft of another one with the same vocabulary, offline."""
    revision = facts.models()["Qwen/Qwen3-0.6B"].revision
    arguments = ["new", "a.py", "--offline", "--workflow", "sglang-low-latency", "--model", "Qwen/Qwen3-32B-FP8"]
    result = cli(*arguments, "--draft", f"STANDALONE=Qwen/Qwen3-0.6B@{revision}")
    assert result.exit_code == 0, result.stderr
    assert revision in Path("a.py").read_text()
    assert "adapters and drafts" in result.stdout


@pytest.mark.parametrize("workflow", ["vllm-online", "vllm-throughput", "sglang-low-latency"])
def test_a_package_that_a_flag_needs_is_installed(cli, workflow):
    """In the version that resolves with the engine's pins; the file is generated again from its own provenance."""
    result = cli("new", "a.py", "--offline", "--workflow", workflow, "--engine-arg=--load-format=runai_streamer")
    assert result.exit_code == 0, result.stderr
    engine = workflows.load(workflow).engine
    assert f'\n    "{facts.pins()[engine].optional["runai-model-streamer"]}",\n]' in Path("a.py").read_text()
    assert cli("new", "--spec", "a.py", "--stdout").stdout == Path("a.py").read_text()


@pytest.mark.parametrize(
    ("workflow", "flag", "gib"),
    [
        ("vllm-online", "--kv-offloading-size=40", 40),
        ("vllm-throughput", "--cpu-offload-gb=4", 4),
        ("sglang-low-latency", "--cpu-offload-gb=3", 3),
    ],
)
def test_host_memory_that_a_flag_takes_is_requested(cli, workflow, flag, gib):
    """With 16 GiB for the engine itself; its price is named."""
    result = cli("new", "a.py", "--offline", "--workflow", workflow, f"--engine-arg={flag}")
    assert result.exit_code == 0, result.stderr
    assert f"    memory={(16 + gib) * 1024},  # MiB" in Path("a.py").read_text()
    price = gib * facts.memory_usd_per_gib_s() * 3600
    assert f"{gib} GiB" in result.stdout and f"${price:.2f} per hour besides the GPU" in " ".join(result.stdout.split())
    assert cli("new", "--spec", "a.py", "--stdout").stdout == Path("a.py").read_text()


def test_host_memory_adds_to_sleeping_weights(cli):
    """The memory of a snapshot holds both."""
    arguments = ["new", "a.py", "--offline", "--force", "--workflow", "vllm-cold-start"]
    sizes = []
    for more in ([], ["--engine-arg=--kv-offloading-size=40"]):
        assert cli(*arguments, *more).exit_code == 0
        sizes.append(int(re.search(r"    memory=(\d+),  # MiB; holds the weights", Path("a.py").read_text())[1]))
    assert sizes[1] - sizes[0] == 40 * 1024


def test_an_option_of_the_engine_is_passed_with_engine_arg(cli):
    """A flag of an engine that `new` does not have: the error shows how the app passes it on."""
    result = cli("new", "a.py", "--block-size", "32")
    assert result.exit_code == 2 and "--engine-arg=--block-size=VALUE" in result.stderr
    assert "--engine-arg" not in cli("new", "a.py", "--nope").stderr


def test_stdout_contains_the_app_only(cli):
    """With --stdout, price and memory plan are printed to stderr."""
    result = cli("new", "--offline", "--stdout")
    assert "per hour" in result.stderr and "weights" in result.stderr
    assert result.stdout.startswith('"""')


def test_a_reasoning_model_is_noted_with_the_option_that_turns_it_off(cli):
    """With that option, the note is not printed."""
    switch = '--engine-arg=--default-chat-template-kwargs={"enable_thinking":false}'
    assert switch in cli("new", "a.py", "--offline", "--model", "Qwen/Qwen3-8B").stdout.replace("\n    ", " ")
    quiet = cli("new", "b.py", "--offline", "--model", "Qwen/Qwen3-8B", switch)
    assert quiet.exit_code == 0 and "may reason" not in quiet.stdout
    batch = cli("new", "c.py", "--offline", "--model", "Qwen/Qwen3-8B", "--workflow", "vllm-throughput")
    assert "chat_template_kwargs" in batch.stdout
    assert "may reason" not in cli("new", "d.py", "--offline", "--model", "Qwen/Qwen3-4B-Instruct-2507").stdout


@pytest.mark.parametrize(
    ("arguments", "flags"),
    [
        (["--gpu", "H100:4", "--engine-arg=--pipeline-parallel-size=2"], ["--tensor-parallel-size=2"]),
        (["--gpu", "L40S:2", "--engine-arg=--data-parallel-size=2"], ["--tensor-parallel-size=1"]),
        (["--gpu", "H100:4", "--workflow", "sglang-low-latency", "--engine-arg=--pp-size=2"], ["--tp-size=2"]),
        (["--gpu", "H100:2", "--workflow", "vllm-throughput", "--engine-arg=--pipeline-parallel-size=2"],
         ["tensor_parallel_size=1", "pipeline_parallel_size"]),
    ],
)  # fmt: skip
def test_ranks_are_as_many_as_gpus(cli, arguments, flags):
    """Pipeline stages and replicas leave fewer GPUs for tensor parallelism, in the plan and in the app."""
    done = cli("new", "a.py", "--offline", *arguments)
    assert done.exit_code == 0, done.output
    text = Path("a.py").read_text()
    assert all(flag in text for flag in flags)
