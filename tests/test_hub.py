"""Resolving a model id: from bundled facts without a network, otherwise through the real Hub client."""

import gzip
import json
from dataclasses import replace

import pytest

from modal_serve_gen import facts
from modal_serve_gen.errors import BadInput, ModelError
from modal_serve_gen.models import hub, hub_client
from modal_serve_gen.models.hub import RepositoryConfig
from modal_serve_gen.plan import Workload, plan
from tests.fake_hub import SHA, Repo, running
from tests.versions import SGLANG, VLLM

ENGINE = {"engine": "vllm", "engine_version": VLLM}
TOKEN = "hf_verySecretToken123"
CONFIG = {
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
GOOD = Repo(
    files={"config.json": 700, "model-00001-of-00002.safetensors": 1000, "model-00002-of-00002.safetensors": 234},
    config=json.dumps(CONFIG).encode(),
)


@pytest.fixture(autouse=True)
def clean(monkeypatch, tmp_path):
    """Ignore the tokens, caches and endpoints of this machine."""
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "token"))


@pytest.fixture
def served(monkeypatch):
    with running() as fake:
        monkeypatch.setenv("HF_ENDPOINT", fake.url)
        yield fake


def refused(model_id: str = "me/model", *args, **kwargs) -> ModelError:
    with pytest.raises(ModelError) as caught:
        hub.resolve(model_id, *args, **{**ENGINE, **kwargs})
    error = caught.value
    assert error.exit_code == 3
    assert error.problem.endswith((".", "?")) and error.remedy.endswith(".")
    assert TOKEN not in str(error)
    return error


def config_with(**changes) -> bytes:
    return json.dumps({**CONFIG, **changes}).encode()


def test_a_bundled_model_needs_no_network():
    """It is resolved, with a commit, although the endpoint refuses connections."""
    model = hub.resolve("Qwen/Qwen3-8B", **ENGINE)
    assert len(model.revision) == 40
    assert model.tool_call_parser["vllm"] == "hermes" and not model.weights_exact
    assert hub.resolve("Qwen/Qwen3-8B", model.revision, offline=True, **ENGINE) == model


@pytest.mark.parametrize("engine, version", [("vllm", VLLM), ("sglang", SGLANG)])
def test_every_bundled_model_resolves_or_is_refused_with_a_reason(engine, version):
    """Those with a revision resolve offline, except for architectures that the engine does not know."""
    refusals = {}
    for name, known in facts.models().items():
        try:
            assert hub.resolve(name, engine=engine, engine_version=version, offline=True).revision == known.revision
        except ModelError as error:
            refusals[name] = error.problem
    unpinned = {name for name, known in facts.models().items() if not known.revision}
    assert unpinned <= set(refusals)
    unknown = set(refusals) - unpinned
    assert all("does not know the architecture" in refusals[name] for name in unknown)
    assert unknown == (
        {"ByteDance-Seed/Seed-OSS-36B-Instruct", "HuggingFaceTB/SmolLM3-3B"} if engine == "sglang" else set()
    )


def test_gating_of_a_bundled_model_may_be_unknown():
    """None; the app then uses a Secret with a token if there is one."""
    assert hub.resolve("microsoft/phi-4", **ENGINE).gated is None


def test_commit_sizes_gating_and_configuration_come_from_the_hub(served):
    """`main` is resolved to a commit and file sizes are summed, in three requests."""
    served.repos["me/model"] = GOOD
    model = hub.resolve("me/model", **ENGINE)
    assert (model.revision, model.weight_bytes, model.weights_exact) == (SHA, 1234, True)
    assert (model.gated, model.max_context) == (False, 40960)
    assert [(method, path) for method, path, _ in served.seen] == [
        ("GET", "/api/models/me/model"),
        ("HEAD", f"/me/model/resolve/{SHA}/config.json"),
        ("GET", f"/me/model/resolve/{SHA}/config.json"),
    ]


@pytest.mark.parametrize("endless", ["description", "document"])
def test_a_body_without_end_is_not_read(served, endless):
    """Memory is bounded, and the connection is closed."""
    served.repos["me/model"] = replace(GOOD, endless=endless)
    assert "not from the Hub" in refused().problem
    assert served.poured < 64 * 2**20  # the limit, and what sockets buffer


def test_a_compressed_body_is_not_unpacked(served):
    """It could be a thousand times as large."""
    served.repos["me/model"] = replace(GOOD, config=gzip.compress(GOOD.config), encoding="gzip")
    assert "not from the Hub" in refused().problem


def test_the_client_asks_nothing_by_itself(served, monkeypatch, tmp_path):
    """Its list of coding agents, which it would keep for a day, is not requested and not stored."""
    detect = pytest.importorskip("huggingface_hub.utils._detect_agent")
    served.repos["me/model"] = GOOD
    hub.resolve("me/model", **ENGINE)
    monkeypatch.setattr(detect, "_registry", None)
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", served.url)
    monkeypatch.setattr("huggingface_hub.constants.AGENT_HARNESSES_PATH", str(tmp_path / "agents.json"))
    assert detect._get_registry() == detect._EMPTY_REGISTRY
    assert not [path for _, path, _ in served.seen if "agent" in path] and not (tmp_path / "agents.json").exists()


@pytest.mark.parametrize(
    "elements, label",
    [({"F8_E4M3": 9, "BF16": 2}, "fp8"), ({"U8": 5, "F8_E4M3": 1, "BF16": 4}, "nvfp4"), ({"BF16": 9}, None)],
)
def test_a_format_that_the_configuration_lacks_is_read_from_the_dtypes(served, elements, label):
    """In the same three requests; a format in the configuration takes precedence."""
    served.repos["me/model"] = replace(GOOD, elements=elements)
    assert hub.resolve("me/model", **ENGINE).quantization == label
    stated = {**json.loads(GOOD.config), "quantization_config": {"quant_method": "awq", "bits": 4, "group_size": 128}}
    served.repos["me/awq"] = replace(GOOD, elements=elements, config=json.dumps(stated).encode())
    assert hub.resolve("me/awq", **ENGINE).quantization == "awq" and len(served.seen) == 6


def test_files_that_do_not_match_the_configuration_are_noted(served):
    """The plan uses the size of the files, with a note."""
    served.repos["me/model"] = GOOD
    notes = plan(hub.resolve("me/model", **ENGINE), Workload(gpu="H100")).notes
    assert any("as large as the configuration implies" in note.text for note in notes)


def test_a_bundled_model_at_another_revision_is_resolved_through_the_hub(served):
    """Parsers are those of the bundled id; sizes and commit come from the Hub."""
    served.repos["Qwen/Qwen3-8B"] = GOOD
    model = hub.resolve("Qwen/Qwen3-8B", SHA, **ENGINE)
    assert model.revision == SHA and model.weight_bytes == 1234 and model.tool_call_parser["vllm"] == "hermes"


def test_only_the_files_that_an_engine_loads_are_counted(served):
    """Copies in subfolders, and consolidated files of Mistral next to ordinary ones, are left out."""
    extra = {"original/model.safetensors": 9, "consolidated.safetensors": 9, "metal/model.bin": 9}
    served.repos["me/model"] = replace(GOOD, files={**GOOD.files, **extra})
    assert hub.resolve("me/model", **ENGINE).weight_bytes == 1234


def test_a_token_gives_access_to_a_gated_model(served, monkeypatch):
    """The argument or HF_TOKEN is sent as the Authorization header; it is not part of the Model."""
    served.repos["me/model"] = replace(GOOD, gated="manual", open_to=TOKEN)
    assert hub.resolve("me/model", token=TOKEN, **ENGINE).gated is True
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    model = hub.resolve("me/model", **ENGINE)
    assert {token for *_, token in served.seen} == {f"Bearer {TOKEN}"}
    assert TOKEN not in model.model_dump_json()


def test_anonymous_requests_have_no_token(served):
    """Without a token, there is no Authorization header."""
    served.repos["me/model"] = GOOD
    hub.resolve("me/model", **ENGINE)
    assert {token for *_, token in served.seen} == {None}


def test_a_gated_model_without_a_token_is_refused_with_both_commands(served):
    """The remedy: accept the license, and set the token in the environment and as a Modal Secret."""
    served.repos["me/model"] = replace(GOOD, gated="auto", open_to=TOKEN)
    error = refused()
    assert "gated" in error.problem and "no Hugging Face token" in error.problem
    assert "huggingface.co/me/model" in error.remedy
    assert "export HF_TOKEN" in error.remedy and "modal secret create" in error.remedy


def test_a_token_without_access_has_its_own_message(served):
    """The license has to be accepted with the account of the token."""
    served.repos["me/model"] = replace(GOOD, gated="auto", open_to="hf_another")
    error = refused(token=TOKEN)
    assert "no access" in error.problem and "Accept the license" in error.remedy


def test_an_unknown_model_and_an_unknown_revision_are_named(served):
    """They have different messages."""
    served.repos["me/model"] = GOOD
    assert "no model me/other" in refused("me/other").problem
    assert "me/model has no revision 'v9'" in refused("me/model", "v9").problem


FILES_ONLY = {
    "pickle": ({"config.json": 1, "pytorch_model-00001-of-00002.bin": 9}, "pickle"),
    "gguf": ({"model-Q4_K_M.gguf": 9}, "GGUF"),
    "adapter": ({"adapter_config.json": 1, "adapter_model.safetensors": 9}, "--lora"),
    "adapter-with-config": ({"adapter_config.json": 1, "config.json": 1, "adapter_model.safetensors": 9}, "--lora"),
    "no-config": ({"model.safetensors": 9}, "no config.json"),
    "diffusion": ({"model_index.json": 1, "unet/model.safetensors": 9}, "diffusion"),
    "empty": ({"README.md": 1, "config.json": 1}, "no weights"),
    "huge-config": ({"config.json": 10**9, "model.safetensors": 9}, "1,000,000,000 bytes"),
    "sizeless": ({"config.json": 1, "model.safetensors": None}, "not from the Hub"),
}


@pytest.mark.parametrize("name", FILES_ONLY)
def test_repositories_that_no_engine_can_load_are_refused(served, name):
    """By their list of files, before the configuration is downloaded."""
    files, message = FILES_ONLY[name]
    served.repos["me/model"] = replace(GOOD, files=files)
    assert message in str(refused())
    assert len(served.seen) == 1


OTHER_TASKS = {
    "embedding by tag": ({"task": "feature-extraction"}, "an embedding model"),
    "reranker by tag": ({"task": "text-ranking"}, "a reranker"),
    "classifier by tag": ({"task": "text-classification"}, "a classification model"),
    "speech by tag": ({"task": "automatic-speech-recognition"}, "a speech model"),
    "embedding by library": ({"task": None, "library": "sentence-transformers"}, "an embedding model"),
    "classifier by class": (
        {"task": None, "config": config_with(architectures=["Qwen2ForSequenceClassification"])},
        "a classification or reward model",
    ),
    "speech by class": (
        {"task": None, "config": config_with(architectures=["WhisperForConditionalGeneration"])},
        "a speech model",
    ),
    "embedding by registry": ({"task": None, "config": config_with(architectures=["GteModel"])}, "embedding model"),
}


@pytest.mark.parametrize("name", OTHER_TASKS)
def test_models_that_do_not_generate_text_are_refused(served, name):
    """According to their task on the Hub, their library, their architecture or the engine's registry."""
    changes, message = OTHER_TASKS[name]
    served.repos["me/model"] = replace(GOOD, **changes)
    error = refused()
    assert message in error.problem and "text-generation" in error.problem


def test_an_architecture_that_the_engine_does_not_know_is_refused(served):
    """The error names the architecture, the engine and its version."""
    served.repos["me/model"] = replace(GOOD, config=config_with(architectures=["NeverHeardForCausalLM"]))
    assert f"vllm {VLLM} does not know the architecture 'NeverHeardForCausalLM'" in refused().problem


BAD_CONFIGS = {
    "not json": (b"<html>", "is not JSON"),
    "deep": (b"[" * 100_000, "is not JSON"),
    "a list": (b"[]", "cannot be read"),
    "no architectures": (config_with(architectures=[]), "lacks architectures"),
    "no layers": (
        json.dumps({k: v for k, v in CONFIG.items() if k != "num_hidden_layers"}).encode(),
        "num_hidden_layers",
    ),
    "zero heads": (
        config_with(num_attention_heads=0, num_key_value_heads=0, head_dim=None),
        "num_attention_heads is 0",
    ),
    "text for a number": (config_with(vocab_size="many"), "vocab_size"),
    "negative layers": (config_with(num_hidden_layers=-3), "layers"),
}


@pytest.mark.parametrize("name", BAD_CONFIGS)
def test_an_invalid_configuration_is_refused(served, name):
    """For broken JSON, missing fields and impossible values, the error names the fault."""
    config, message = BAD_CONFIGS[name]
    served.repos["me/model"] = replace(GOOD, config=config)
    assert message in refused().problem


@pytest.mark.parametrize(
    "status, message", [(500, "answered 500"), (503, "answered 503"), (429, "limits the rate of requests")]
)
def test_a_failing_hub_is_reported_with_its_status(served, status, message):
    """Server errors and rate limits do not cause a traceback."""
    served.repos["me/model"] = replace(GOOD, status=status)
    assert message in refused().problem


@pytest.mark.parametrize("body", [b"<html>captive portal</html>", b"[]", b'{"id": "me/model"}', b'{"sha": 5}', b"null"])
def test_a_response_of_another_server_is_refused(served, body):
    """Such as the page of a captive portal, or an incomplete response of a mirror."""
    served.repos["me/model"] = replace(GOOD, body=body)
    assert "not from the Hub" in refused().problem


def test_an_invalid_token_is_reported_but_not_printed(served):
    """The Hub answers 401; the token is not in the message."""
    served.repos["me/model"] = replace(GOOD, status=401)
    assert "token" in str(refused(token=TOKEN))


def test_an_unreachable_hub_is_reported():
    """The remedy mentions the bundled models."""
    error = refused()
    assert "127.0.0.1:9 cannot be reached" in error.problem and "bundled" in error.remedy


@pytest.mark.parametrize(
    "endpoint", ["nonsense", "http://", "http://user:hf_verySecretToken123@127.0.0.1:9", "http://[::bad"]
)
def test_the_password_of_an_invalid_endpoint_is_not_printed(monkeypatch, endpoint):
    """Whatever HF_ENDPOINT contains, the part before the @ is in no message."""
    monkeypatch.setenv("HF_ENDPOINT", endpoint)
    refused()


def test_hf_hub_offline_is_respected(monkeypatch):
    """No request is made, and the error names the variable."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    hub_client_reset()
    assert "HF_HUB_OFFLINE" in refused().problem


def hub_client_reset() -> None:
    from huggingface_hub.utils import close_session

    close_session()


def test_a_slow_hub_is_reported_and_times_out(served, monkeypatch):
    """First a line says what the program waits for; after the deadline comes an error."""
    monkeypatch.setattr(hub_client, "QUIET_S", 0.05)
    monkeypatch.setattr(hub_client, "DEADLINE_S", 0.2)
    served.repos["me/model"] = replace(GOOD, delay_s=1)
    lines = []
    assert "within" in refused(say=lines.append).problem
    assert len(lines) == 1 and "me/model" in lines[0]


def test_offline_errors_have_a_remedy():
    """An unknown model, another revision, and a bundled model without a commit have different remedies."""
    for mistyped in ("Qwen/Qwen3-8b", "qwen3-8b", "Qwne/Qwen3-8B"):
        assert "Did you mean Qwen/Qwen3-8B?" in refused(mistyped, offline=True).problem
    assert "Omit --revision" in refused("Qwen/Qwen3-8B", "main", offline=True).remedy
    unpinned = next(name for name, known in facts.models().items() if not known.revision)
    assert "without a revision" in refused(unpinned, offline=True).problem


@pytest.mark.parametrize(
    "model_id", ["../../etc/passwd", "a/b/c", "", "a b", "me/mod\nel", "https://huggingface.co/me/model"]
)
def test_invalid_ids_are_refused_before_any_request(served, model_id):
    """The Hub is not queried for an invalid id."""
    with pytest.raises(BadInput):
        hub.resolve(model_id, **ENGINE)
    assert served.seen == []


@pytest.mark.parametrize("revision", ["", "a\nb", "../main", "x" * 300])
def test_invalid_revisions_are_refused_before_any_request(served, revision):
    """A revision is part of a URL, so it must be printable, short and without `..`."""
    with pytest.raises(BadInput):
        hub.resolve("me/model", revision, **ENGINE)
    assert served.seen == []


def test_the_configuration_of_a_repository_for_a_rehearsal(served, monkeypatch):
    """From the bundled facts, else from the Hub; None if the Hub cannot be reached."""
    assert hub.repository_config("Qwen/Qwen3-8B", "vllm") == RepositoryConfig(
        facts.config("Qwen/Qwen3-8B").config, False
    )
    served.repos["me/model"] = GOOD
    assert hub.repository_config("me/model", "vllm") == RepositoryConfig(CONFIG, False)
    assert hub.repository_config("me/other", "vllm") is None
    files = {"adapter_config.json": 1, "adapter_model.safetensors": 9}
    served.repos["me/adapter"] = Repo(files=files, config=b"{}")
    assert hub.repository_config("me/adapter", "vllm") == RepositoryConfig(None, False, adapter=True)
    served.repos["me/gated"] = replace(GOOD, gated="manual", open_to=TOKEN)
    assert hub.repository_config("me/gated", "vllm") == RepositoryConfig(None, True)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert hub.repository_config("me/model", "vllm") == RepositoryConfig(None, False, confirmed=False)
