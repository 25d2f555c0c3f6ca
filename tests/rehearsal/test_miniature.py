"""Miniatures: a small configuration of the same architecture, a tokenizer that fits it, the same bytes each time."""

import hashlib
import json
import random
import struct
import subprocess

import pytest

from modal_serve_gen import facts
from modal_serve_gen.models.text_config import text_fields
from modal_serve_gen.rehearsal.engines import engine_env, miniature
from modal_serve_gen.rehearsal.engines.shrinking import rules, shrink

QWEN, HYBRID, MIXTURE, GEMMA = "Qwen/Qwen3-4B", "Qwen/Qwen3.5-9B", "deepseek-ai/DeepSeek-V3.1", "google/gemma-4-E4B-it"


def config(model_id: str) -> dict:
    return facts.config(model_id).config


def small(model_id: str, context: int | None = None) -> dict:
    return shrink(config(model_id), context, {"<|endoftext|>": 1, "<|im_end|>": 2})[0]


def digests(folder) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@pytest.mark.parametrize("model_id", sorted(facts.models()))
def test_every_bundled_model_keeps_its_architecture_in_a_few_small_layers(model_id):
    """Architecture and head size are the model's own; layers, width and vocabulary are small; nothing is quantised."""
    before, after = config(model_id), small(model_id)
    assert (after["architectures"], after["model_type"]) == (before["architectures"], before["model_type"])
    own, text = text_fields(before), text_fields(after)
    assert 2 <= text["num_hidden_layers"] <= 8
    assert text["hidden_size"] <= 512
    kept = before["model_type"] in rules()["own_vocabulary"]
    assert text["vocab_size"] == (own["vocab_size"] if kept else rules()["vocab_size"])
    assert text.get("head_dim") == own.get("head_dim")
    assert "quantization_config" not in after
    assert "quantization_config" not in text


@pytest.mark.parametrize("model_id", sorted(facts.models()))
def test_every_kind_of_layer_stays(model_id):
    """A hybrid keeps a layer of each kind that it names, and the lists by layer are as long as the layers."""
    own, text = text_fields(config(model_id)), text_fields(small(model_id))
    for key in ("layer_types", "mlp_layer_types"):
        if own.get(key):
            assert set(text[key]) == set(own[key])
            assert len(text[key]) == text["num_hidden_layers"]
    if own.get("hybrid_override_pattern"):
        assert set(text["hybrid_override_pattern"]) == set(own["hybrid_override_pattern"])


@pytest.mark.parametrize("model_id", sorted(facts.models()))
def test_query_heads_are_shared_as_before(model_id):
    """A model whose query heads share key heads still does; one whose do not, does not."""
    own, text = text_fields(config(model_id)), text_fields(small(model_id))
    if own.get("num_key_value_heads"):
        grouped = own["num_key_value_heads"] < own["num_attention_heads"]
        assert (text["num_key_value_heads"] < text["num_attention_heads"]) == grouped


def test_the_experts_of_a_mixture_stay_a_choice():
    """More experts than are chosen for a token, so that routing is real, and a dense layer before them."""
    text = small(MIXTURE)
    assert text["n_routed_experts"] > text["num_experts_per_tok"] >= 1
    assert text["first_k_dense_replace"] < text["num_hidden_layers"]
    assert (text["kv_lora_rank"], text["qk_rope_head_dim"]) == (512, 64)


def test_layers_that_share_their_cache_have_layers_to_share_it_with():
    """Of a model whose last layers reuse earlier caches, both sorts stay."""
    text = text_fields(small(GEMMA))
    assert 0 < text["num_kv_shared_layers"] < text["num_hidden_layers"]
    shared = text["layer_types"][-text["num_kv_shared_layers"] :]
    assert set(shared) <= set(text["layer_types"][: -text["num_kv_shared_layers"]])


def test_the_context_is_as_long_as_asked():
    """With a context the miniature allows just that; without one its own, up to the bound."""
    assert small(QWEN, 123_456)["max_position_embeddings"] == 123_456
    assert small(QWEN)["max_position_embeddings"] == config(QWEN)["max_position_embeddings"]
    far = "meta-llama/Llama-4-Scout-17B-16E-Instruct"
    assert text_fields(config(far))["max_position_embeddings"] > rules()["longest_context"]
    assert text_fields(small(far))["max_position_embeddings"] == rules()["longest_context"]


def test_the_configuration_given_is_not_changed():
    """Shrinking works on a copy."""
    before = json.dumps(config(HYBRID))
    small(HYBRID)
    assert json.dumps(config(HYBRID)) == before


def test_special_ids_point_into_the_vocabulary(tmp_path):
    """Every special id that a configuration names is a token of the miniature's tokenizer, each its own."""
    miniature.make(config(HYBRID), folder=tmp_path, engine_python=None)
    document = json.loads((tmp_path / "config.json").read_text())
    added = json.loads((tmp_path / "tokenizer.json").read_text())["added_tokens"]
    tokens = {entry["id"]: entry["content"] for entry in added}
    named = {key: value for key, value in document.items() if key.endswith("_token_id")}
    assert set(named) == {"image_token_id", "video_token_id", "vision_start_token_id", "vision_end_token_id"}
    for key, value in named.items():
        assert tokens[value] == f"<|{key.removesuffix('_token_id')}|>"


def test_the_tokenizer_is_whole(tmp_path):
    """All bytes are there, each merge makes a token out of two, ids count up without a gap within the vocabulary."""
    miniature.make(config(QWEN), folder=tmp_path, engine_python=None)
    document = json.loads((tmp_path / "tokenizer.json").read_text())
    vocabulary = document["model"]["vocab"]
    assert sum(1 for word in vocabulary if len(word) == 1) == 256
    assert all(left in vocabulary and right in vocabulary for left, right in document["model"]["merges"])
    assert all(left + right in vocabulary for left, right in document["model"]["merges"])
    ids = [*vocabulary.values(), *(entry["id"] for entry in document["added_tokens"])]
    assert sorted(ids) == list(range(len(ids)))
    assert len(ids) <= rules()["vocab_size"]


def test_without_the_engine_the_folder_is_whole_and_the_same_each_time(tmp_path):
    """All files that an app downloads are there; the weights are a valid file of one tensor; bytes repeat."""
    said = miniature.make(config(QWEN), folder=tmp_path / "a", engine_python=None, context=4096)
    assert said == miniature.make(config(QWEN), folder=tmp_path / "b", engine_python=None, context=4096)
    assert digests(tmp_path / "a") == digests(tmp_path / "b")
    assert set(digests(tmp_path / "a")) == {
        "config.json", "generation_config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json",
    }  # fmt: skip
    weights = (tmp_path / "a" / "model.safetensors").read_bytes()
    (length,) = struct.unpack("<Q", weights[:8])
    for tensor in json.loads(weights[8 : 8 + length]).values():
        assert tensor["data_offsets"][1] == len(weights) - 8 - length
    assert any("one tensor" in sentence for sentence in said)


def test_what_is_quantised_is_said_to_be_no_longer():
    """The sentence names the scheme that was left out."""
    said = shrink(config("Qwen/Qwen3-8B-FP8"), None, {"<|endoftext|>": 1})[1]
    assert any("not quantized (fp8)" in sentence for sentence in said)


engine = pytest.mark.skipif(not engine_env.ready(), reason=f"needs the engine environment: {engine_env.examine()[1]}")


READ = """
import json, sys
from transformers import AutoTokenizer
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
texts = json.load(sys.stdin)
ids = [tokenizer.encode(text, add_special_tokens=False) for text in texts]
messages = [{"role": "user", "content": "hi"}]
json.dump({
    "back": [tokenizer.decode(each, skip_special_tokens=False) for each in ids],
    "shown": [tokenizer.decode(each, skip_special_tokens=True) for each in ids],
    "lengths": [len(each) for each in ids],
    "chat": tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True),
    "no_thought": tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True,
                                                enable_thinking=False),
    "tools": tokenizer.apply_chat_template(messages, tokenize=False, tools=[{"name": "look_up"}]),
}, sys.stdout)
"""


@engine
@pytest.mark.engine
def test_the_engine_reads_the_tokenizer(tmp_path):
    """transformers gives any text back, knows each tag as one token, hides only markers, and renders the template."""
    miniature.make(config(QWEN), folder=tmp_path, engine_python=None)
    english = "A graphics processing unit is a computer chip that renders pictures by rapid calculation."
    chance = random.Random(1)
    strange = [
        "".join(chr(chance.choice((32, 97, 233, 0x4E2D, 0x1F600, 0x7F, 10))) for _ in range(40)) for _ in range(20)
    ]
    texts = [english, "<think>", "</think>", "<tool_call>", "[TOOL_CALLS]", "<think>a</think>", "a<|im_end|>", *strange]
    run = subprocess.run(
        [engine_env.folder() / "bin" / "python", "-I", "-c", READ, tmp_path],
        input=json.dumps(texts), capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    read = json.loads(run.stdout)
    assert read["back"] == texts
    assert read["lengths"][0] < 0.7 * len(english)
    assert read["lengths"][1:5] == [1, 1, 1, 1]
    assert read["shown"][5:7] == ["<think>a</think>", "a"]
    assert read["chat"] == "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n"
    assert read["no_thought"].endswith("<think>\n\n</think>\n\n")
    assert "look_up" in read["tools"]


@engine
@pytest.mark.engine
def test_the_engine_environment_makes_real_weights_the_same_each_time(tmp_path, monkeypatch):
    """transformers builds the architecture: tensors by their own names, equal bytes, one cached copy."""
    python = engine_env.folder() / "bin" / "python"
    found = []
    for name in "ab":
        monkeypatch.setenv("MODAL_SERVE_GEN_CACHE", str(tmp_path / f"cache-{name}"))
        miniature.make(config(HYBRID), folder=tmp_path / name, engine_python=python, context=4096)
        found.append(digests(tmp_path / name))
    assert found[0] == found[1]
    weights = (tmp_path / "a" / "model.safetensors").read_bytes()
    names = json.loads(weights[8 : 8 + struct.unpack("<Q", weights[:8])[0]])
    assert any("linear_attn" in name for name in names)
    assert any("self_attn" in name for name in names)


@engine
@pytest.mark.engine
def test_an_architecture_that_cpus_cannot_run_has_a_stand_in_too(tmp_path, monkeypatch):
    """The reason is in the sentence, and the miniature is as long as the model."""
    python, own = engine_env.folder() / "bin" / "python", config("zai-org/GLM-5.3")
    monkeypatch.setenv("MODAL_SERVE_GEN_CACHE", str(tmp_path / "cache"))
    (said, *_) = miniature.make(own, folder=tmp_path / "m", engine_python=python)
    assert "cannot run GlmMoeDsaForCausalLM (sparse attention" in said
    document = json.loads((tmp_path / "m" / "config.json").read_text())
    assert document["max_position_embeddings"] == own["max_position_embeddings"]
    assert document["architectures"] == ["Qwen3ForCausalLM"]


@engine
@pytest.mark.engine
def test_an_architecture_that_cannot_be_built_has_a_stand_in_that_is_named(tmp_path, monkeypatch):
    """What this transformers does not know is a small Qwen3, of the context asked for, and the sentence says so."""
    python = engine_env.folder() / "bin" / "python"
    monkeypatch.setenv("MODAL_SERVE_GEN_CACHE", str(tmp_path / "cache"))
    strange = {**config(QWEN), "architectures": ["NobodyKnowsForCausalLM"], "model_type": "nobody_knows"}
    said = miniature.make(strange, folder=tmp_path / "m", engine_python=python, context=5000)
    assert "NobodyKnowsForCausalLM" in said[0]
    document = json.loads((tmp_path / "m" / "config.json").read_text())
    assert (document["architectures"], document["max_position_embeddings"]) == (["Qwen3ForCausalLM"], 5000)
