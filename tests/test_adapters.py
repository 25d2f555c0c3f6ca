"""LoRA adapters and draft models: pinned and served if they fit the model, otherwise refused."""

import json
from pathlib import Path

import pytest

from modal_serve_gen import facts, flags
from modal_serve_gen.commands import new_app
from modal_serve_gen.errors import BadInput, ModelError, ServeError
from modal_serve_gen.models import adapters, from_config, hub, kv_bytes_per_token, speculation
from tests.conftest import ROOT
from tests.fake_hub import SHA, Repo, running

BASE = "Qwen/Qwen3-8B"
TABLE = flags.load(facts.flag_table_path("vllm", facts.pins()["vllm"].version))
LORA = {"peft_type": "LORA", "r": 24, "base_model_name_or_path": BASE}
COUNTED = json.loads((ROOT / "tests" / "data" / "lora_slots.json").read_text("utf-8"))["counted"]
FILES = {"adapter_config.json": 600, "adapter_model.safetensors": 3 * 2**20}


@pytest.fixture
def served(monkeypatch, tmp_path):
    """A Hub on this machine, without a token."""
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    with running() as fake:
        monkeypatch.setenv("HF_ENDPOINT", fake.url)
        yield fake


def adapter(**changes) -> Repo:
    return Repo(files=FILES, config=json.dumps(LORA | changes).encode())


def new(**options) -> new_app.Made:
    return new_app.make({"model": BASE, **options}, source=None, generator="test", offline=False, say=print)


def test_an_adapter_is_pinned_verified_and_served(served):
    """The app has its commit, preflight downloads it, the engine serves it by name with a sufficient maximum rank."""
    served.repos["me/sql"], served.repos["me/chat"] = adapter(), adapter(r=8)
    app = new(lora=[f"sql={'me/sql'}@{SHA}", f"chat=me/chat@{SHA}"])
    assert '"sql": "me/sql",' in app.text and f'"me/sql": "{SHA}",' in app.text
    assert '"--max-loras=2",' in app.text and '"--max-lora-rank=32",' in app.text
    again = new_app.make({}, source=app.text, generator="test", offline=True, say=print)
    assert again.text == app.text
    (row,) = [row for row in app.plan.ledger if row.item == "adapters_and_drafts"]
    assert row.gib == pytest.approx(2 * adapters.slot_bytes(hub.resolve(BASE, engine="vllm"), 32) / 2**30, abs=0.01)


@pytest.mark.parametrize(
    ("name", "elements"),
    [
        # PEFT's trainable parameters for all linear layers of Llama 3.1 8B at rank 16, plus head and embeddings.
        ("meta-llama/Llama-3.1-8B-Instruct", 41_943_040 + 16 * 2 * (4096 + 128_256)),
        # 48 layers of 128 experts with 3 matrices of 2048 x 768, the router, 32 query and 4 KV heads of 128.
        (
            "Qwen/Qwen3-30B-A3B",
            16 * (48 * (128 * 3 * (2048 + 768) + 2048 + 128 + 2 * (2048 + 4096) + 2 * (2048 + 512)) + 2 * 153_984),
        ),
    ],
)
def test_a_slot_holds_every_matrix_and_every_expert(name, elements):
    """rank x (inputs + outputs) elements for each, of two bytes."""
    model = from_config(name, SHA, facts.config(name).config, weight_bytes=1)
    assert adapters.slot_bytes(model, 16) == 2 * elements


@pytest.mark.parametrize("case", COUNTED, ids=lambda case: case["config"]["architectures"][0])
def test_slots_have_the_size_that_the_real_engine_allocates(case):
    """Exactly, for three kinds of attention, short convolutions, Gated DeltaNet and experts."""
    model = from_config("me/model", SHA, case["config"], weight_bytes=1)
    rank, slots = 16, 2
    outer = 0 if case["embeddings"] else slots * rank * 2 * (model.hidden_size + model.vocab_size)
    assert slots * adapters.slot_bytes(model, rank) / adapters.ELEMENT_BYTES - outer == case["elements"]


@pytest.mark.parametrize("name", sorted(facts.models()))
def test_a_slot_is_a_small_part_of_every_bundled_model(name):
    """Between 0.1 % and 10 % of the weights; doubling the rank doubles the slot."""
    known = facts.models()[name]
    model = from_config(name, SHA, facts.config(name).config, weight_bytes=known.weight_bytes)
    slot = adapters.slot_bytes(model, 8)
    assert 0.001 < slot / model.weight_bytes < 0.1 and adapters.slot_bytes(model, 16) == 2 * slot


def test_an_app_is_written_without_the_hub_by_following_each_error(cli, monkeypatch):
    """The configuration is bundled and the rank is stated: the advice leads to an app, and never back."""
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # nothing listens there
    lora = ("--lora", f"sql=me/sql@{SHA}")
    base = ("new", "a.py", "--model", BASE, *lora, "--revision", SHA)
    cut_off = cli(*base)
    assert cut_off.exit_code == 3 and "add --offline" in cut_off.stderr
    without_rank = cli(*base, "--offline")
    assert without_rank.exit_code == 3 and "Add --max-lora-rank RANK" in without_rank.stderr
    repeated = cli(*base, "--offline", "--engine-arg=--max-lora-rank=16", "--max-lora-rank", "16")
    assert "Use --max-lora-rank without --engine-arg=" in repeated.stderr
    done = cli(*base, "--offline", "--max-lora-rank", "16")
    assert done.exit_code == 0
    notes = " ".join(done.stdout.split())
    assert f"not asked about {BASE} at {SHA[:12]}" in notes and "not asked about me/sql" in notes
    text = Path("a.py").read_text("utf-8")
    assert '"--max-lora-rank=16",' in text and f'MODEL: "{SHA}",' in text and f'"me/sql": "{SHA}",' in text
    assert cli("new", "--spec", "a.py", "--diff", "--offline").exit_code == 0


def test_a_stated_rank_replaces_an_adapter_that_cannot_be_read(cli, monkeypatch):
    """Of a bundled model at its own commit no other option is necessary."""
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    arguments = ("new", "a.py", "--model", BASE, "--lora", f"sql=me/sql@{SHA}")
    refused = cli(*arguments)
    assert refused.exit_code == 3 and "--max-lora-rank RANK" in refused.stderr and "bundled model" not in refused.stderr
    assert cli(*arguments, "--max-lora-rank", "16").exit_code == 0


def test_a_model_without_a_bundled_commit_takes_one_offline(cli):
    """The error asks for it."""
    name = next(name for name, known in facts.models().items() if not known.revision)
    refused = cli("new", "a.py", "--offline", "--model", name)
    assert refused.exit_code == 3 and "Add --revision" in refused.stderr
    assert cli("new", "a.py", "--offline", "--model", name, "--revision", SHA).exit_code == 0


def test_a_stated_rank_has_to_fit_the_adapters(served):
    """It reserves larger slots than the adapters require, never smaller ones, and only where there are adapters."""
    served.repos["me/sql"] = adapter()  # of rank 24
    lora = [f"sql=me/sql@{SHA}"]
    assert '"--max-lora-rank=64",' in new(lora=lora, max_lora_rank=64).text
    for options, remedy in (
        ({"lora": lora, "max_lora_rank": 16}, "Use --max-lora-rank 32"),
        ({"lora": lora, "max_lora_rank": 48}, "Use 64."),
        ({"max_lora_rank": 16}, "Add --lora"),
    ):
        with pytest.raises(BadInput) as caught:
            new(**options)
        assert remedy in caught.value.remedy


REFUSED = {
    "a commit of zeros": (f"sql=me/sql@{'0' * 40}", adapter(), BadInput, "full commit hash"),
    "not in the form": ("sql=me/sql", adapter(), BadInput, "NAME=REPO@SHA"),
    "a branch": ("sql=me/sql@main", adapter(), BadInput, "full commit hash"),
    "another base": (f"sql=me/sql@{SHA}", adapter(base_model_name_or_path="Qwen/Qwen3-4B"), BadInput, "Qwen/Qwen3-4B"),
    "too high a rank": (f"sql=me/sql@{SHA}", adapter(r=1024), BadInput, "1024"),
    "too high a rank in one module": (f"sql=me/sql@{SHA}", adapter(rank_pattern={"q_proj": 640}), BadInput, "640"),
    "a rank that is not a number": (f"sql=me/sql@{SHA}", adapter(r="8"), ModelError, "not a LoRA"),
    "DoRA": (f"sql=me/sql@{SHA}", adapter(use_dora=True), ModelError, "has DoRA"),
    "complete modules": (f"sql=me/sql@{SHA}", adapter(modules_to_save=["lm_head"]), ModelError, "modules_to_save"),
    "biases": (f"sql=me/sql@{SHA}", adapter(bias="all"), ModelError, "has biases"),
    "another initialization": (f"sql=me/sql@{SHA}", adapter(init_lora_weights="pissa"), ModelError, "pissa"),
    "a name in other letters": (f"sqlé=me/sql@{SHA}", adapter(), BadInput, "NAME=REPO@SHA"),
    "no LoRA": (f"sql=me/sql@{SHA}", adapter(peft_type="IA3"), ModelError, "not a LoRA"),
    "pickle": (
        f"sql=me/sql@{SHA}",
        Repo(files={"adapter_config.json": 600, "adapter_model.bin": 9}, config=json.dumps(LORA).encode()),
        ModelError,
        "pickle",
    ),
    "the model's own name": (f"{BASE.split('/')[1]}=me/sql@{SHA}", adapter(), BadInput, "different name"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_adapter_that_does_not_fit_is_refused(case, served):
    """The error has the invalid value."""
    option, repo, kind, reason = REFUSED[case]
    served.repos["me/sql"] = repo
    with pytest.raises(kind) as caught:
        new(lora=[option], served_model_name=BASE.split("/")[1])
    assert reason in str(caught.value)


def test_two_adapters_with_one_name_are_refused():
    """Clients select an adapter by its name."""
    with pytest.raises(BadInput, match="different name"):
        new(lora=[f"sql=me/a@{SHA}", f"sql=me/b@{SHA}"])


def test_an_architecture_without_lora_support_is_refused():
    """According to its class in the engine; the Hub is not queried."""
    model = hub.resolve("deepseek-ai/DeepSeek-V3.1", engine="vllm")
    model = model.model_copy(update={"architecture": "DeepseekV4ForCausalLM"})
    with pytest.raises(ModelError, match="does not support LoRA"):
        adapters.resolve((f"sql=me/sql@{SHA}",), model, "deepseek", TABLE, offline=False)


def test_an_adapter_of_the_base_fits_its_quantized_copy(served):
    """An FP8 copy has the same layers, as has the 4-bit copy on which an adapter was trained."""
    served.repos["me/sql"] = adapter(base_model_name_or_path="unsloth/Qwen3-8B-unsloth-bnb-4bit")
    assert '"me/sql"' in new(model="Qwen/Qwen3-8B-FP8", lora=[f"sql=me/sql@{SHA}"]).text


def test_an_adapter_cannot_be_resolved_offline():
    """The error names --offline."""
    with pytest.raises(ModelError, match="--offline"):
        new_app.make({"lora": [f"a=me/sql@{SHA}"]}, source=None, generator="test", offline=True, say=print)


def low(**options) -> new_app.Made:
    return new(workflow="sglang-low-latency", **options)


def config(vocabulary: int, architecture: str = "LlamaForCausalLMEagle3", **more) -> bytes:
    return json.dumps({"architectures": [architecture], "vocab_size": vocabulary, **more}).encode()


def test_a_draft_is_pinned_and_has_the_same_vocabulary(served):
    """It is downloaded with the weights and passed as a local folder; another vocabulary is refused."""
    vocabulary = hub.resolve(BASE, engine="sglang").vocab_size
    served.repos["me/eagle"] = Repo(files={"config.json": 9, "model.safetensors": 2**20}, config=config(vocabulary))
    text = low(draft=f"EAGLE3=me/eagle@{SHA}").text
    assert 'DRAFT = "me/eagle"' in text and f'DRAFT: "{SHA}",' in text and "--speculative-algorithm=EAGLE3" in text
    assert "local_folder(DRAFT)" in text
    served.repos["me/eagle"] = Repo(files={"config.json": 9, "model.safetensors": 2**20}, config=config(32_000))
    with pytest.raises(BadInput, match="32000"):
        low(draft=f"EAGLE3=me/eagle@{SHA}")


@pytest.mark.parametrize(
    ("algorithm", "architecture", "accepted"),
    [
        ("EAGLE3", "LlamaForCausalLMEagle3", True),
        ("DFLASH", "DFlashDraftModel", True),
        ("STANDALONE", "Qwen3ForCausalLM", True),
        ("EAGLE3", "Qwen3ForCausalLM", False),
        ("STANDALONE", "LlamaForCausalLMEagle3", False),
        ("EAGLE3", "", False),
    ],
)
def test_a_draft_must_be_known_to_the_engine(served, algorithm, architecture, accepted):
    """In its registry of draft models or, for STANDALONE, in its registry of models."""
    vocabulary = hub.resolve(BASE, engine="sglang").vocab_size
    files = {"config.json": 9, "model.safetensors": 2**20}
    served.repos["me/draft"] = Repo(files=files, config=config(vocabulary, architecture))
    if accepted:
        text = low(draft=f"{algorithm}=me/draft@{SHA}").text
        assert f"--speculative-algorithm={algorithm}" in text
        assert ("--speculative-num-steps=3" in text) == (algorithm != "DFLASH")  # a DFLASH draft has its own block size
    else:
        with pytest.raises(BadInput, match=f"does not support for {algorithm}"):
            low(draft=f"{algorithm}=me/draft@{SHA}")


def test_a_draft_is_part_of_the_memory_plan(served):
    """With the size of its files on the Hub."""
    vocabulary = hub.resolve(BASE, engine="sglang").vocab_size
    served.repos["me/eagle"] = Repo(files={"config.json": 9, "model.safetensors": 3 * 2**30}, config=config(vocabulary))
    (row,) = [row for row in low(draft=f"EAGLE3=me/eagle@{SHA}").plan.ledger if row.item == "adapters_and_drafts"]
    assert row.gib == 3


DRAFT = {
    "num_hidden_layers": 2,
    "num_attention_heads": 32,
    "num_key_value_heads": 16,
    "hidden_size": 4096,
    "intermediate_size": 12288,
}


@pytest.mark.parametrize(
    ("algorithm", "architecture", "more", "layers", "tokens"),
    [
        ("EAGLE3", "LlamaForCausalLMEagle3", {}, 2, 4),  # the engine counts them like layers of the model
        ("DFLASH", "DFlashDraftModel", {"dflash_config": {"block_size": 8}}, 4, 8),  # twice the KV heads of the model
        ("DFLASH", "DFlashDraftModel", {"block_size": "x"}, 4, 16),
        ("EAGLE3", "LlamaForCausalLMEagle3", {"num_hidden_layers": None}, 1, 4),
    ],
)
def test_a_draft_has_its_own_kv_cache(served, algorithm, architecture, more, layers, tokens):
    """Per token, in units of a layer of the model; hybrids keep a state for each token that a step verifies."""
    model = hub.resolve(BASE, engine="sglang")
    stated = config(model.vocab_size, architecture, **DRAFT | more)
    served.repos["me/draft"] = Repo(files={"config.json": 9, "model.safetensors": 9}, config=stated)
    app = low(draft=f"{algorithm}=me/draft@{SHA}")
    assert f"# draft_layers = {layers:.1f}\n# draft_tokens = {tokens}\n" in app.text
    assert app.plan.kv_cache.bytes_per_token == kv_bytes_per_token(model) * (1 + layers / 36)


@pytest.mark.parametrize("draft", ["EAGLE3=me/eagle", f"MAGIC=me/eagle@{SHA}", f"EAGLE3=../x@{SHA}", "x"])
def test_a_draft_option_in_another_form_is_refused(draft):
    """Algorithm, repository and commit are required."""
    with pytest.raises(ServeError, match="ALGORITHM=REPO@SHA"):
        low(draft=draft)


def test_a_checkpoint_with_prediction_layers_uses_them():
    """Qwen 3.6 has them; Qwen 3 does not, and the note says how to add a draft."""
    own = speculation.of_model(hub.resolve("Qwen/Qwen3.6-35B-A3B-FP8", engine="sglang"), "sglang")
    assert own.draft[0] == "Qwen/Qwen3.6-35B-A3B-FP8" and own.extra_weight_bytes > 0
    none = speculation.of_model(hub.resolve(BASE, engine="sglang"), "sglang")
    assert none.draft is None and not none.arguments and "--draft" in none.note


@pytest.mark.parametrize(("architecture", "engine"), [("OtherForCausalLM", "sglang"), (None, "vllm")])
def test_prediction_layers_that_the_engine_cannot_use_are_ignored(architecture, engine):
    """For another architecture, or an engine without facts, there is no draft, and the note says so."""
    model = hub.resolve("Qwen/Qwen3.6-35B-A3B-FP8", engine="sglang")
    model = model.model_copy(update={"architecture": architecture or model.architecture})
    speculative = speculation.of_model(model, engine)
    assert speculative.draft is None and speculative.extra_weight_bytes == 0 and engine in speculative.note


def test_the_arguments_in_the_facts_are_flags_of_the_pinned_engine():
    """Every argument and architecture is in the engine's own table."""
    table = flags.load(facts.flag_table_path("sglang", facts.pins()["sglang"].version))
    known = facts.speculation()["sglang"]
    for arguments in (known.arguments, *known.with_draft.values()):
        assert not flags.check(arguments, table, complete=False)
    assert set(known.architectures) <= set(table.architectures("text_generation", "multimodal"))
    assert set(known.architectures.values()) <= set(table.architectures("speculative_decoding"))


def test_the_maximum_rank_is_the_smallest_that_the_engine_accepts():
    """A rank between two accepted values is rounded up to the larger one."""
    examples = [adapters.Adapter(name="a", repo="me/a", revision=SHA, rank=rank, bytes=1) for rank in (3, 16, 17, 300)]
    assert [adapters.max_rank((example,), TABLE) for example in examples] == [8, 16, 32, 320]
    assert adapters.max_rank(tuple(examples[:2]), TABLE) == 16
