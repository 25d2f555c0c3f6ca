"""Reading a configuration into a Model, and the size of its KV cache."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from modal_serve_gen import facts
from modal_serve_gen.errors import ModelError
from modal_serve_gen.models import Model, from_config, hub, kv_bytes_per_token, state_bytes_per_sequence, valid_id
from modal_serve_gen.models.blocks import request_blocks

DATA = Path(__file__).parent / "data"
DERIVED = json.loads((DATA / "derived_kv.json").read_text())["models"]
POINTS = json.loads((DATA / "kv_cache_logs.json").read_text())["points"]
REQUESTS = json.loads((DATA / "vllm_request_bytes.json").read_text())["requests"]
OBSERVED = "observed_bytes_per_token_per_gpu"


def bundled(name: str) -> Model:
    return from_config(name, "0" * 40, facts.config(name).config, weight_bytes=10**9)


def llama_with(**fields) -> Model:
    """A Llama with 32 layers and changed fields."""
    config = {
        "architectures": ["LlamaForCausalLM"],
        "hidden_size": 4096,
        "intermediate_size": 14336,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "max_position_embeddings": 131072,
        "vocab_size": 128256,
    }
    return from_config("me/model", "0" * 40, {**config, **fields}, weight_bytes=10**9)


def request_bytes(model: Model, length: int, tp: int = 1, **options) -> int:
    blocks = request_blocks(model, length, tp, **options)
    return blocks.count * blocks.size


def of_kind(model, *kinds: str) -> float:
    return sum(layer.token_bytes(1, 2) for layer in model.layers if layer.kind in kinds)


@pytest.mark.parametrize("name", sorted(DERIVED))
def test_bundled_configurations_agree_with_independent_figures(name):
    """KV bytes per token by kind of layer, heads, context and architecture, as derived by other code."""
    model, derived = bundled(name), DERIVED[name]
    assert model.architecture == derived["architecture"]
    assert (model.num_attention_heads, model.max_context) == (derived["num_attention_heads"], derived["max_context"])
    assert model.num_experts == derived["num_experts"]
    kv = derived["derived_kv"]
    if not kv:  # DeepSeek V4: no independent figure
        assert {"compressed", "sliding", "index"} == {layer.kind for layer in model.layers}
    elif "bytes_per_token_bf16" in kv:
        assert of_kind(model, "mla") == kv["bytes_per_token_bf16"]
    else:
        # The independent figures count chunked layers as full ones.
        assert of_kind(model, "full", "chunked") == kv["bytes_per_token_bf16_full_layers"]
        assert of_kind(model, "sliding") == (kv["bytes_per_token_bf16_sliding_layers"] or 0)


@pytest.mark.parametrize("name", sorted(name for name, derived in DERIVED.items() if derived["hybrid"]))
def test_states_of_hybrids_agree_with_independent_figures(name):
    """The number of layers with a fixed state, and the elements that each keeps for a sequence."""
    derived = DERIVED[name]["hybrid"]
    (linear,) = [layer for layer in bundled(name).layers if layer.kind == "linear"]
    assert linear.count == (derived.get("linear_layers") or derived.get("mamba_layers") or derived.get("conv_layers"))
    if derived["kind"] == "kda":  # no independent figure: 96 heads of 128 x 128, and the last 3 inputs of q, k and v
        expected = (96 * 128 * 128, 3 * 96 * 128 * 3)
    else:
        expected = (derived.get("recurrent_state_elements_per_layer", 0), derived["conv_state_elements_per_layer"])
    assert (linear.recurrent_elements, linear.conv_elements) == expected


@pytest.mark.parametrize(
    "point", [p for p in POINTS if p.get("observed_bytes_per_token_per_gpu")], ids=lambda p: p["id"]
)
def test_bytes_per_token_match_logs_of_engines(point):
    """Within 0.11 %, the rounding error of two printed decimals."""
    arch = point["arch"]
    if arch["attn"] == "mla":
        extra = {k: arch[k] for k in ("kv_lora_rank", "qk_rope_head_dim")} | {"qk_nope_head_dim": 128}
    else:
        extra = {"num_key_value_heads": arch["kv_heads"], "head_dim": arch["head_dim"]}
    model = llama_with(num_hidden_layers=arch["layers"], num_attention_heads=64, **extra)
    assert kv_bytes_per_token(model, point["tp"]) == pytest.approx(
        point["observed_bytes_per_token_per_gpu"], rel=1.1e-3
    )


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda r: f"{r['model']} tp{r['tp']} {r['length']}")
def test_a_request_takes_as_many_bytes_as_vllm_reserves(request_):
    """Full, latent, windowed, chunked and hybrid models, on several GPUs: within 1 % of the engine's own code."""
    size = request_bytes(bundled(request_["model"]), request_["length"], request_["tp"], in_flight=2 * 8192)
    assert size == pytest.approx(request_["bytes"], rel=0.01)


def test_states_have_the_dtype_of_the_configuration():
    """Float32 for Nemotron 3 and Qwen3.5; half of the recurrent part with 16 bits."""
    for name, key, inner in (
        ("nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16", "mamba_ssm_cache_dtype", None),
        ("Qwen/Qwen3.5-27B", "mamba_ssm_dtype", "text_config"),
    ):
        config = facts.config(name).config
        small = {**config, inner: {**config[inner], key: "bfloat16"}} if inner else {**config, key: "bfloat16"}
        wide, narrow = (
            next(layer for layer in from_config("me/model", "", fields).layers if layer.kind == "linear")
            for fields in (config, small)
        )
        assert wide.state_bytes(1) - narrow.state_bytes(1) == wide.count * wide.recurrent_elements * 2


def test_sparse_attention_has_a_packed_row_in_an_fp8_cache():
    """GLM 5.1 on 8 GPUs was logged with 341,504 tokens in 19.55 GiB of FP8 cache, 373,696 in 34.86 GiB of BF16."""
    config = {k: v for k, v in facts.config("zai-org/GLM-5.2-FP8").config.items() if not k.startswith("index_")}
    config |= {"index_topk": 2048, "index_head_dim": 128, "index_n_heads": 32, "indexer_types": None}
    model = from_config("zai-org/GLM-5.1", "0" * 40, config)
    assert kv_bytes_per_token(model, 8, 1) == pytest.approx(19.55 * 2**30 / 341_504, rel=1e-3)
    assert kv_bytes_per_token(model, 8, 2) == pytest.approx(34.86 * 2**30 / 373_696, rel=1e-3)


def test_kv_heads_are_replicated_once_tensor_parallelism_exceeds_them():
    """8 heads on 8 GPUs are one per GPU, as they are on 16 GPUs."""
    model = llama_with()
    assert kv_bytes_per_token(model, 8) == kv_bytes_per_token(model) / 8
    assert kv_bytes_per_token(model, 16) == kv_bytes_per_token(model, 8)


def test_latent_attention_is_not_divided_and_its_index_is_counted():
    """Every rank holds the complete latent row; DeepSeek V3.2 adds 132 bytes per layer for its sparse index."""
    model = bundled("deepseek-ai/DeepSeek-V3.2")
    assert kv_bytes_per_token(model, 8) == kv_bytes_per_token(model, 1) == 61 * (576 * 2 + 132)
    assert kv_bytes_per_token(model, 8, cache_bytes=1) == 61 * (656 + 132)  # packed
    assert kv_bytes_per_token(bundled("deepseek-ai/DeepSeek-R1-0528"), 8, cache_bytes=1) == 61 * 576


def test_glm_5_has_an_index_in_every_fourth_layer_only():
    """index_topk_freq 4 with offset 3: layers 0, 1, 2, 6, 10, ... as in its list of index layers."""
    config = facts.config("zai-org/GLM-5.2-FP8").config
    (index,) = [layer for layer in bundled("zai-org/GLM-5.2-FP8").layers if layer.kind == "index"]
    assert index.count == config["indexer_types"].count("full")


def test_layers_with_a_window_keep_the_window_and_tokens_in_flight():
    """A sliding layer stops growing at its window; tokens in flight add to it; short requests cost less."""
    window = llama_with(sliding_window=1024, layer_types=["sliding_attention"] * 32)
    block = 16 * of_kind(window, "sliding")
    assert request_bytes(window, 100_000) == (1024 / 16 + 1) * block
    assert request_bytes(window, 100_000, in_flight=1600) == (2624 / 16 + 1) * block
    assert request_bytes(window, 16) == 2 * block
    model = bundled("google/gemma-3-27b-it")
    assert request_bytes(model, 100_000) < 100_000 * of_kind(model, "full", "sliding") / 3


def test_hybrids_have_pages_as_large_as_a_state():
    """Qwen3.5 27B: a state page of 3.2 MB makes attention blocks of 784 tokens, and is padded to them; two states are
    kept while prefixes are cached, a third with FlashInfer's kernel, whose blocks are multiples of 64 tokens."""
    model = bundled("Qwen/Qwen3.5-27B")
    state = 48 * (786432 * 4 + 30720 * 2)
    assert state_bytes_per_sequence(model) == state and state_bytes_per_sequence(model, 4) == state / 4
    assert request_bytes(model, 1) == 784 * kv_bytes_per_token(model) * (1 + 2 * 3)
    assert request_blocks(model, 1, prefix_caching=False).count == 1 + 3
    assert request_bytes(model, 1, flashinfer=True) == 832 * kv_bytes_per_token(model) * (1 + 3 * 3)


def test_mixed_kinds_of_layers_are_padded_to_groups_of_one_size():
    """Gemma 3 27B: 10 full layers make groups of 10, so its 52 sliding layers take as much as 60."""
    model = bundled("google/gemma-3-27b-it")
    full, sliding = 1600 * of_kind(model, "full"), (1024 + 16) * of_kind(model, "sliding")
    assert request_bytes(model, 1600) == pytest.approx(full + sliding * 60 / 52)
    even = llama_with(sliding_window=1024, layer_types=["full_attention", "sliding_attention"] * 16)
    assert request_bytes(even, 1600) == 1600 * of_kind(even, "full") + (1024 + 16) * of_kind(even, "sliding")
    near = llama_with(sliding_window=1024, layer_types=["full_attention"] * 18 + ["sliding_attention"] * 14)
    assert request_bytes(near, 16) == pytest.approx(
        16 * of_kind(near, "full") + 32 * of_kind(near, "sliding") * 18 / 14
    )


def test_layers_that_share_kv_are_not_counted_twice():
    """Gemma 4 E4B caches in 24 of its 42 layers."""
    assert sum(layer.count for layer in bundled("google/gemma-4-E4B-it").layers) == 24


def test_a_stated_head_size_takes_precedence():
    """hidden_size / heads is only the default."""
    assert kv_bytes_per_token(llama_with()) == 32 * 8 * 128 * 2 * 2
    assert kv_bytes_per_token(llama_with(head_dim=64)) == 32 * 8 * 64 * 2 * 2


def test_older_forms_of_layer_patterns_are_read():
    """An interval, a pattern, a family's default, a disabled window, and one as long as the context."""

    def full(**fields) -> int:
        return sum(layer.count for layer in llama_with(**fields).layers if layer.kind == "full")

    assert full(sliding_window=4096, sliding_window_pattern=4) == 8
    assert full(sliding_window=4096, model_type="gemma2") == 16
    assert full(sliding_window=4096, sliding_window_pattern=4, use_sliding_window=False) == 32
    assert full(sliding_window=131072, sliding_window_pattern=4) == 32
    assert full(layer_types=["full_attention", "brand_new"] * 16) == 32
    assert full(attention_chunk_size=8192) == 8


@pytest.mark.parametrize(
    "stated, label",
    [
        ({"quant_method": "fp8", "weight_block_size": [128, 128]}, ("fp8", 128)),
        ({"quant_method": "awq", "bits": 4}, ("awq", None)),
        ({"quant_method": "mxfp4"}, ("mxfp4", None)),
        ({"quant_method": "modelopt", "quant_algo": "NVFP4"}, ("nvfp4", None)),
        ({"quant_method": "modelopt", "quant_algo": "MIXED_PRECISION"}, ("modelopt-mixed", None)),
        ({"quant_method": "compressed-tensors", "format": "float-quantized"}, ("fp8", None)),
        (
            {
                "quant_method": "compressed-tensors",
                "format": "pack-quantized",
                "config_groups": {"group_0": {"weights": {"num_bits": 4, "type": "int"}}},
            },
            ("compressed-tensors-int4", None),
        ),
        (None, (None, None)),
    ],
)
def test_quantization_has_one_label(stated, label):
    """Independent of the name that the quantization tool uses."""
    model = llama_with(quantization_config=stated)
    assert (model.quantization, model.quantization_block) == label


def test_a_dump_of_a_model_omits_the_configuration():
    """The raw configuration stays available on the Model."""
    model = llama_with()
    assert "config" not in model.model_dump() and model.config["num_hidden_layers"] == 32


@pytest.mark.parametrize(
    "text, valid",
    [
        ("Qwen/Qwen3-8B", True),
        ("gpt2", True),
        ("a_b/c.d-e_f", True),
        ("a/" + "x" * 96, True),
        ("a/" + "x" * 97, False),
        ("a/b/c", False),
        ("a--b/c", False),
        ("a/b..c", False),
        ("-a/b", False),
        ("a/b.", False),
        ("a/b.git", False),
        ("a/bé", False),
        ("a/b\n", False),
        ("/b", False),
        ("", False),
    ],
)
def test_ids_follow_the_hubs_rules(text, valid):
    """Owner and name of letters, digits, `_`, `-` and `.`, at most one slash."""
    assert valid_id(text) is valid


@given(st.text(alphabet=st.sampled_from("aZ9._-/ \n%éA"), max_size=12))
def test_valid_ids_are_safe_in_paths_and_code(text):
    """A valid id is safe in a path, a URL and a line of Python; the Hub's client accepts it as well."""
    from huggingface_hub.utils import validate_repo_id

    if valid_id(text):
        assert re.fullmatch(r"[\w.-]+(/[\w.-]+)?", text, re.ASCII) and ".." not in text and not text.startswith(".")
        validate_repo_id(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 10**7) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
KEYS = sorted({key for name in DERIVED for key in facts.config(name).config})


@given(st.sampled_from(sorted(DERIVED)), st.sampled_from(KEYS), JSON)
@example("deepseek-ai/DeepSeek-V4-Flash", "compress_ratios", [None])
def test_any_configuration_gives_a_model_or_a_model_error(name, key, value):
    """One field of a real configuration is replaced by an arbitrary JSON value."""
    config = {**facts.config(name).config, key: value}
    try:
        model = from_config("me/model", "0" * 40, config, weight_bytes=1)
    except ModelError:
        return
    assert request_bytes(model, 1000) >= 0


@pytest.mark.parametrize(
    ("model_id", "widths"),
    [
        ("Qwen/Qwen3-8B", (12288,)),
        ("Qwen/Qwen3-30B-A3B", (768,)),
        ("LiquidAI/LFM2.5-1.2B-Instruct", (8192,)),  # its intermediate_size of 12288 is adjusted
        ("LiquidAI/LFM2.5-8B-A1B", (1792, 7168)),
        ("nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-FP8", (1856, 3712)),
    ],
)
def test_tensor_parallelism_divides_every_mlp(model_id, widths):
    """Dense MLPs, experts and shared experts, as the layers have them."""
    cuts = hub.bundled(model_id).sizes.cuts
    assert tuple(dict.fromkeys(cut.width for cut in cuts if cut.part != "attention")) == widths
