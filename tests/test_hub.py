"""A model id becomes a Model: bundled facts without network, anything else through the real Hub client."""

import json
from dataclasses import replace

import pytest

from modal_serve_gen import facts
from modal_serve_gen.errors import BadInput, ModelError
from modal_serve_gen.models import hub, hub_client
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
    """No token, cache or endpoint of this machine takes part."""
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
    """The endpoint refuses every connection, and the bundled model still resolves, pinned."""
    model = hub.resolve("Qwen/Qwen3-8B", **ENGINE)
    assert len(model.revision) == 40
    assert model.tool_call_parser["vllm"] == "hermes" and not model.weights_exact
    assert hub.resolve("Qwen/Qwen3-8B", model.revision, offline=True, **ENGINE) == model


@pytest.mark.parametrize("engine, version", [("vllm", VLLM), ("sglang", SGLANG)])
def test_every_bundled_model_resolves_or_says_why_not(engine, version):
    """All bundled models with a revision resolve offline, but for architectures that the engine does not know."""
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


def test_a_bundled_model_may_be_gated_or_not():
    """None: not known, so that the app uses a Secret with a token if there is one."""
    assert hub.resolve("microsoft/phi-4", **ENGINE).gated is None


def test_the_hub_gives_commit_sizes_gating_and_configuration(served):
    """The good path: `main` becomes a commit, weights are summed exactly, in three requests."""
    served.repos["me/model"] = GOOD
    model = hub.resolve("me/model", **ENGINE)
    assert (model.revision, model.weight_bytes, model.weights_exact) == (SHA, 1234, True)
    assert (model.gated, model.max_context) == (False, 40960)
    assert [(method, path) for method, path, _ in served.seen] == [
        ("GET", "/api/models/me/model"),
        ("HEAD", f"/me/model/resolve/{SHA}/config.json"),
        ("GET", f"/me/model/resolve/{SHA}/config.json"),
    ]


@pytest.mark.parametrize(
    "elements, label",
    [({"F8_E4M3": 9, "BF16": 2}, "fp8"), ({"U8": 5, "F8_E4M3": 1, "BF16": 4}, "nvfp4"), ({"BF16": 9}, None)],
)
def test_a_format_that_the_configuration_does_not_tell_is_read_from_the_dtypes(served, elements, label):
    """In the same three requests; where the configuration says one, that counts."""
    served.repos["me/model"] = replace(GOOD, elements=elements)
    assert hub.resolve("me/model", **ENGINE).quantization == label
    stated = {**json.loads(GOOD.config), "quantization_config": {"quant_method": "awq", "bits": 4, "group_size": 128}}
    served.repos["me/awq"] = replace(GOOD, elements=elements, config=json.dumps(stated).encode())
    assert hub.resolve("me/awq", **ENGINE).quantization == "awq" and len(served.seen) == 6


def test_files_that_are_not_what_the_configuration_describes_are_noted(served):
    """The plan goes by the files, and says so."""
    served.repos["me/model"] = GOOD
    notes = plan(hub.resolve("me/model", **ENGINE), Workload(gpu="H100")).notes
    assert any("as large as the configuration implies" in note.text for note in notes)


def test_a_bundled_model_at_another_revision_is_asked_of_the_hub(served):
    """Parsers belong to the id and stay; sizes and commit are the Hub's."""
    served.repos["Qwen/Qwen3-8B"] = GOOD
    model = hub.resolve("Qwen/Qwen3-8B", SHA, **ENGINE)
    assert model.revision == SHA and model.weight_bytes == 1234 and model.tool_call_parser["vllm"] == "hermes"


def test_only_the_files_that_an_engine_loads_are_counted(served):
    """Copies in folders and Mistral's consolidated files beside ordinary ones are left out."""
    extra = {"original/model.safetensors": 9, "consolidated.safetensors": 9, "metal/model.bin": 9}
    served.repos["me/model"] = replace(GOOD, files={**GOOD.files, **extra})
    assert hub.resolve("me/model", **ENGINE).weight_bytes == 1234


def test_the_token_opens_a_gated_model_and_is_sent_only_to_the_endpoint(served, monkeypatch):
    """HF_TOKEN, or the argument, goes into the Authorization header; the Model tells that the repository is gated."""
    served.repos["me/model"] = replace(GOOD, gated="manual", open_to=TOKEN)
    assert hub.resolve("me/model", token=TOKEN, **ENGINE).gated is True
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    model = hub.resolve("me/model", **ENGINE)
    assert {token for *_, token in served.seen} == {f"Bearer {TOKEN}"}
    assert TOKEN not in model.model_dump_json()


def test_without_a_token_none_is_sent(served):
    """An anonymous request carries no Authorization header."""
    served.repos["me/model"] = GOOD
    hub.resolve("me/model", **ENGINE)
    assert {token for *_, token in served.seen} == {None}


def test_gated_without_a_token_names_both_commands(served):
    """The remedy: accept the licence, set the token here and as a Modal Secret."""
    served.repos["me/model"] = replace(GOOD, gated="auto", open_to=TOKEN)
    error = refused()
    assert "gated" in error.problem and "no Hugging Face token" in error.problem
    assert "huggingface.co/me/model" in error.remedy
    assert "export HF_TOKEN" in error.remedy and "modal secret create" in error.remedy


def test_a_token_without_access_is_told_apart_from_none(served):
    """A token that the gate refuses: accept the licence with that account."""
    served.repos["me/model"] = replace(GOOD, gated="auto", open_to="hf_another")
    error = refused(token=TOKEN)
    assert "no access" in error.problem and "Accept the license" in error.remedy


def test_not_found_and_wrong_revision_name_what_was_asked(served):
    """An unknown id and an unknown revision of a known id are different refusals."""
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
def test_repositories_that_no_engine_loads_are_refused_by_their_files(served, name):
    """Each is told apart before its configuration is fetched."""
    files, words = FILES_ONLY[name]
    served.repos["me/model"] = replace(GOOD, files=files)
    assert words in str(refused())
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
    """By their task on the Hub, their library, their architecture or the engine's registry."""
    changes, words = OTHER_TASKS[name]
    served.repos["me/model"] = replace(GOOD, **changes)
    error = refused()
    assert words in error.problem and "text-generation" in error.problem


def test_an_architecture_that_the_engine_does_not_know_is_refused(served):
    """The refusal names the architecture, the engine and its version."""
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
def test_a_broken_configuration_is_refused_by_name(served, name):
    """Broken JSON, missing fields and absurd values all end in a refusal that names the fault."""
    config, words = BAD_CONFIGS[name]
    served.repos["me/model"] = replace(GOOD, config=config)
    assert words in refused().problem


@pytest.mark.parametrize(
    "status, words", [(500, "answered 500"), (503, "answered 503"), (429, "limits the rate of requests")]
)
def test_a_hub_in_trouble_is_named_with_its_status(served, status, words):
    """Server errors and rate limits are refusals, not tracebacks."""
    served.repos["me/model"] = replace(GOOD, status=status)
    assert words in refused().problem


@pytest.mark.parametrize("body", [b"<html>captive portal</html>", b"[]", b'{"id": "me/model"}', b'{"sha": 5}', b"null"])
def test_an_answer_that_is_not_the_hubs_is_refused(served, body):
    """A captive portal's page or a mirror's half answer does not become a model."""
    served.repos["me/model"] = replace(GOOD, body=body)
    assert "not from the Hub" in refused().problem


def test_a_token_that_the_hub_does_not_know_is_refused_without_being_shown(served):
    """A revoked token answers 401; the message names no token."""
    served.repos["me/model"] = replace(GOOD, status=401)
    assert "token" in str(refused(token=TOKEN))


def test_no_network_says_so_and_offers_the_bundled_models():
    """Nothing listens at the endpoint."""
    error = refused()
    assert "127.0.0.1:9 cannot be reached" in error.problem and "bundled" in error.remedy


@pytest.mark.parametrize(
    "endpoint", ["nonsense", "http://", "http://user:hf_verySecretToken123@127.0.0.1:9", "http://[::bad"]
)
def test_a_broken_endpoint_is_refused_without_showing_its_password(monkeypatch, endpoint):
    """HF_ENDPOINT may hold anything; what stands before the @ is never printed."""
    monkeypatch.setenv("HF_ENDPOINT", endpoint)
    refused()


def test_hf_hub_offline_is_honoured(monkeypatch):
    """The client's own switch forbids the request, and the refusal names it."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    hub_client_reset()
    assert "HF_HUB_OFFLINE" in refused().problem


def hub_client_reset() -> None:
    from huggingface_hub.utils import close_session

    close_session()


def test_a_slow_hub_is_reported_and_then_given_up(served, monkeypatch):
    """After the quiet time a line says what is waited for; after the deadline comes a refusal."""
    monkeypatch.setattr(hub_client, "QUIET_S", 0.05)
    monkeypatch.setattr(hub_client, "DEADLINE_S", 0.2)
    served.repos["me/model"] = replace(GOOD, delay_s=1)
    lines = []
    assert "within" in refused(say=lines.append).problem
    assert len(lines) == 1 and "me/model" in lines[0]


def test_offline_refusals_say_what_to_do():
    """Unknown, at another revision, and bundled without a commit: three different remedies."""
    for mistyped in ("Qwen/Qwen3-8b", "qwen3-8b", "Qwne/Qwen3-8B"):
        assert "Did you mean Qwen/Qwen3-8B?" in refused(mistyped, offline=True).problem
    assert "Omit --revision" in refused("Qwen/Qwen3-8B", SHA, offline=True).remedy
    unpinned = next(name for name, known in facts.models().items() if not known.revision)
    assert "without a revision" in refused(unpinned, offline=True).problem


@pytest.mark.parametrize(
    "model_id", ["../../etc/passwd", "a/b/c", "", "a b", "me/mod\nel", "https://huggingface.co/me/model"]
)
def test_hostile_ids_are_bad_input_before_any_request(served, model_id):
    """Nothing is asked of the Hub for an id that cannot be one."""
    with pytest.raises(BadInput):
        hub.resolve(model_id, **ENGINE)
    assert served.seen == []


@pytest.mark.parametrize("revision", ["", "a\nb", "../main", "x" * 300])
def test_hostile_revisions_are_bad_input(served, revision):
    """A revision goes into a URL, so it must be printable, short and without climbing."""
    with pytest.raises(BadInput):
        hub.resolve("me/model", revision, **ENGINE)
    assert served.seen == []


def test_a_rehearsal_gets_the_configuration_of_a_repository(served, monkeypatch):
    """Bundled facts first, then the Hub; without a reachable Hub nothing is known."""
    assert hub.repository_config("Qwen/Qwen3-8B", "vllm") == (facts.config("Qwen/Qwen3-8B").config, False)
    served.repos["me/model"] = GOOD
    assert hub.repository_config("me/model", "vllm") == (CONFIG, False)
    assert hub.repository_config("me/other", "vllm") is None
    served.repos["me/gated"] = replace(GOOD, gated="manual", open_to=TOKEN)
    assert hub.repository_config("me/gated", "vllm") == (None, True)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert hub.repository_config("me/model", "vllm") == (None, False)
