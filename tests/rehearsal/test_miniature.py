"""Miniatures: a small configuration of the same architecture, a matching tokenizer, reproducible bytes."""

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
from tests.conftest import LIMIT_S
from tests.rehearsal.engines import needs_vllm

QWEN, HYBRID, MIXTURE, GEMMA = "Qwen/Qwen3-4B", "Qwen/Qwen3.5-9B", "deepseek-ai/DeepSeek-V3.1", "google/gemma-4-E4B-it"


def config(model_id: str) -> dict:
    return facts.config(model_id).config


def small(model_id: str, context: int | None = None) -> dict:
    return shrink(config(model_id), context, {"<|endoftext|>": 1, "<|im_end|>": 2})[0]


def digests(folder) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@pytest.mark.parametrize("model_id", sorted(facts.models()))
def test_a_miniature_keeps_the_architecture(model_id):
    """Architecture and head size are the model's; layers, width and vocabulary are small; nothing is quantized."""
    before, after = config(model_id), small(model_id)
    assert (after["architectures"], after["model_type"]) == (before["architectures"], before["model_type"])
    original, text = text_fields(before), text_fields(after)
    assert 2 <= text["num_hidden_layers"] <= 8
    assert text["hidden_size"] <= 512
    keeps_vocabulary = before["model_type"] in rules()["own_vocabulary"]
    assert text["vocab_size"] == (original["vocab_size"] if keeps_vocabulary else rules()["vocab_size"])
    assert text.get("head_dim") == original.get("head_dim")
    assert "quantization_config" not in after
    assert "quantization_config" not in text


@pytest.mark.parametrize("model_id", sorted(facts.models()))
def test_a_miniature_keeps_every_kind_of_layer(model_id):
    """A hybrid model keeps a layer of every kind; lists by layer have as many entries as layers."""
    original, text = text_fields(config(model_id)), text_fields(small(model_id))
    for key in ("layer_types", "mlp_layer_types"):
        if original.get(key):
            assert set(text[key]) == set(original[key])
            assert len(text[key]) == text["num_hidden_layers"]
    if original.get("hybrid_override_pattern"):
        assert set(text["hybrid_override_pattern"]) == set(original["hybrid_override_pattern"])


@pytest.mark.parametrize("model_id", sorted(facts.models()))
def test_a_miniature_keeps_grouped_query_attention(model_id):
    """Query heads share key heads exactly if they do in the model."""
    original, text = text_fields(config(model_id)), text_fields(small(model_id))
    if original.get("num_key_value_heads"):
        grouped = original["num_key_value_heads"] < original["num_attention_heads"]
        assert (text["num_key_value_heads"] < text["num_attention_heads"]) == grouped


def test_a_mixture_of_experts_routes_tokens():
    """It has more experts than are active for a token, and a dense layer before them."""
    text = small(MIXTURE)
    assert text["n_routed_experts"] > text["num_experts_per_tok"] >= 1
    assert text["first_k_dense_replace"] < text["num_hidden_layers"]
    assert (text["kv_lora_rank"], text["qk_rope_head_dim"]) == (512, 64)


def test_layers_share_the_cache_of_earlier_layers():
    """If the last layers of a model reuse earlier caches, the miniature has both kinds of layers."""
    text = text_fields(small(GEMMA))
    assert 0 < text["num_kv_shared_layers"] < text["num_hidden_layers"]
    shared = text["layer_types"][-text["num_kv_shared_layers"] :]
    assert set(shared) <= set(text["layer_types"][: -text["num_kv_shared_layers"]])


def test_the_context_is_as_long_as_requested():
    """By default, it is the model's own length, up to a limit."""
    assert small(QWEN, 123_456)["max_position_embeddings"] == 123_456
    assert small(QWEN)["max_position_embeddings"] == config(QWEN)["max_position_embeddings"]
    longest = "meta-llama/Llama-4-Scout-17B-16E-Instruct"
    assert text_fields(config(longest))["max_position_embeddings"] > rules()["longest_context"]
    assert text_fields(small(longest))["max_position_embeddings"] == rules()["longest_context"]


def test_the_original_configuration_is_not_changed():
    """Shrinking works on a copy."""
    before = json.dumps(config(HYBRID))
    small(HYBRID)
    assert json.dumps(config(HYBRID)) == before


def test_special_ids_point_into_the_vocabulary(tmp_path):
    """Every special id of a configuration is a token of its own in the miniature's tokenizer."""
    miniature.make(config(HYBRID), folder=tmp_path, engine_python=None)
    document = json.loads((tmp_path / "config.json").read_text())
    added = json.loads((tmp_path / "tokenizer.json").read_text())["added_tokens"]
    tokens = {entry["id"]: entry["content"] for entry in added}
    special = {key: value for key, value in document.items() if key.endswith("_token_id")}
    assert set(special) == {"image_token_id", "video_token_id", "vision_start_token_id", "vision_end_token_id"}
    for key, value in special.items():
        assert tokens[value] == f"<|{key.removesuffix('_token_id')}|>"


def test_the_tokenizer_is_complete(tmp_path):
    """It has all bytes; every merge is of two tokens and gives a token; ids have no gap and fit the vocabulary."""
    miniature.make(config(QWEN), folder=tmp_path, engine_python=None)
    document = json.loads((tmp_path / "tokenizer.json").read_text())
    vocabulary = document["model"]["vocab"]
    assert sum(1 for word in vocabulary if len(word) == 1) == 256
    assert all(left in vocabulary and right in vocabulary for left, right in document["model"]["merges"])
    assert all(left + right in vocabulary for left, right in document["model"]["merges"])
    ids = [*vocabulary.values(), *(entry["id"] for entry in document["added_tokens"])]
    assert sorted(ids) == list(range(len(ids)))
    assert len(ids) <= rules()["vocab_size"]


def test_a_miniature_without_the_engine(tmp_path):
    """It has all files that an app downloads, always the same bytes; the weights are a valid file of one tensor."""
    notes = miniature.make(config(QWEN), folder=tmp_path / "a", engine_python=None, context=4096)
    assert notes == miniature.make(config(QWEN), folder=tmp_path / "b", engine_python=None, context=4096)
    assert digests(tmp_path / "a") == digests(tmp_path / "b")
    assert set(digests(tmp_path / "a")) == {
        "config.json", "generation_config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json",
    }  # fmt: skip
    weights = (tmp_path / "a" / "model.safetensors").read_bytes()
    (length,) = struct.unpack("<Q", weights[:8])
    for tensor in json.loads(weights[8 : 8 + length]).values():
        assert tensor["data_offsets"][1] == len(weights) - 8 - length
    assert any("one tensor" in sentence for sentence in notes)


def test_a_miniature_is_not_quantized():
    """The note names the quantization of the model."""
    notes = shrink(config("Qwen/Qwen3-8B-FP8"), None, {"<|endoftext|>": 1})[1]
    assert any("not quantized (fp8)" in sentence for sentence in notes)


READ = """
import json, sys
from transformers import AutoTokenizer
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
texts = json.load(sys.stdin)
ids = [tokenizer.encode(text, add_special_tokens=False) for text in texts]
messages = [{"role": "user", "content": "hi"}]
json.dump({
    "back": [tokenizer.decode(row, skip_special_tokens=False) for row in ids],
    "shown": [tokenizer.decode(row, skip_special_tokens=True) for row in ids],
    "lengths": [len(row) for row in ids],
    "chat": tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True),
    "no_thought": tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True,
                                                enable_thinking=False),
    "tools": tokenizer.apply_chat_template(messages, tokenize=False, tools=[{"name": "look_up"}]),
}, sys.stdout)
"""


@pytest.mark.slow
@needs_vllm
def test_the_engine_reads_the_tokenizer(tmp_path):
    """transformers decodes any encoded text, has tags as single tokens, hides markers, and renders the template."""
    miniature.make(config(QWEN), folder=tmp_path, engine_python=None)
    english = "A graphics processing unit is a computer chip that renders pictures by rapid calculation."
    generator = random.Random(1)
    strange = [
        "".join(chr(generator.choice((32, 97, 233, 0x4E2D, 0x1F600, 0x7F, 10))) for _ in range(40)) for _ in range(20)
    ]
    texts = [english, "<think>", "</think>", "<tool_call>", "[TOOL_CALLS]", "<think>a</think>", "a<|im_end|>", *strange]
    run = subprocess.run(
        [engine_env.folder() / "bin" / "python", "-I", "-c", READ, tmp_path],
        input=json.dumps(texts), capture_output=True, text=True, timeout=LIMIT_S, check=True,
    )  # fmt: skip
    read = json.loads(run.stdout)
    assert read["back"] == texts
    assert read["lengths"][0] < 0.7 * len(english)
    assert read["lengths"][1:5] == [1, 1, 1, 1]
    assert read["shown"][5:7] == ["<think>a</think>", "a"]
    assert read["chat"] == "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n"
    assert read["no_thought"].endswith("<think>\n\n</think>\n\n")
    assert "look_up" in read["tools"]


@pytest.mark.slow
@needs_vllm
def test_real_weights_are_reproducible(tmp_path, monkeypatch):
    """transformers builds the architecture, with the model's own tensor names."""
    python = engine_env.folder() / "bin" / "python"
    results = []
    for name in "ab":
        monkeypatch.setenv("MODAL_SERVE_GEN_CACHE", str(tmp_path / f"cache-{name}"))
        miniature.make(config(HYBRID), folder=tmp_path / name, engine_python=python, context=4096)
        results.append(digests(tmp_path / name))
    assert results[0] == results[1]
    weights = (tmp_path / "a" / "model.safetensors").read_bytes()
    names = json.loads(weights[8 : 8 + struct.unpack("<Q", weights[:8])[0]])
    assert any("linear_attn" in name for name in names)
    assert any("self_attn" in name for name in names)


def test_a_cached_miniature_is_replaced_when_its_configuration_changes(tmp_path, monkeypatch):
    """The cache is keyed by the shrunk configuration, which depends on how the model's layers are read."""
    calls = []
    monkeypatch.setattr(miniature, "cache", lambda: tmp_path / "cache")
    monkeypatch.setattr(miniature, "_make_real", lambda *arguments: calls.append(arguments) or [])
    config, python = facts.config("Qwen/Qwen3-0.6B").config, tmp_path / "environment" / "bin" / "python"
    for _ in range(2):
        miniature.make(config, folder=tmp_path / "model", engine_python=python)
    assert len(calls) == 1
    monkeypatch.setattr(miniature, "shrink", lambda *arguments: (shrink(*arguments)[0] | {"num_hidden_layers": 3}, []))
    miniature.make(config, folder=tmp_path / "model", engine_python=python)
    assert len(calls) == 2


@pytest.mark.slow
@needs_vllm
def test_an_architecture_that_cpus_cannot_run_is_replaced(tmp_path, monkeypatch):
    """The note has the reason, and the context is as long as the model's."""
    python, original = engine_env.folder() / "bin" / "python", config("zai-org/GLM-5.3")
    monkeypatch.setenv("MODAL_SERVE_GEN_CACHE", str(tmp_path / "cache"))
    (note, *_) = miniature.make(original, folder=tmp_path / "m", engine_python=python)
    assert "cannot run GlmMoeDsaForCausalLM (sparse attention" in note
    document = json.loads((tmp_path / "m" / "config.json").read_text())
    assert document["max_position_embeddings"] == original["max_position_embeddings"]
    assert document["architectures"] == ["Qwen3ForCausalLM"]


@pytest.mark.slow
@needs_vllm
def test_an_unknown_architecture_is_replaced(tmp_path, monkeypatch):
    """By a small Qwen3 with the requested context, and a note."""
    python = engine_env.folder() / "bin" / "python"
    monkeypatch.setenv("MODAL_SERVE_GEN_CACHE", str(tmp_path / "cache"))
    unknown = {**config(QWEN), "architectures": ["UnknownForCausalLM"], "model_type": "unknown"}
    notes = miniature.make(unknown, folder=tmp_path / "m", engine_python=python, context=5000)
    assert "UnknownForCausalLM" in notes[0]
    document = json.loads((tmp_path / "m" / "config.json").read_text())
    assert (document["architectures"], document["max_position_embeddings"]) == (["Qwen3ForCausalLM"], 5000)
