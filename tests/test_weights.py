"""Sizes of weights according to the configuration, and per GPU under parallelism."""

import ast
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modal_serve_gen import facts
from modal_serve_gen.errors import ModelError
from modal_serve_gen.models import encoders, from_config, hub, quantization_config, unread, weights
from modal_serve_gen.models.decoder import layer_groups, matrices
from modal_serve_gen.models.families import decoder_of
from modal_serve_gen.models.mlp import Experts
from modal_serve_gen.plan import Workload, plan

FROM_FILES = [name for name, known in facts.models().items() if known.weights_from_files]
# Models with incomplete configurations: encoders, or whether embeddings are tied, are missing.
INCOMPLETE = {"google/gemma-4-E4B-it", "Qwen/Qwen3.5-4B"}
# Published numbers of parameters, in billions.
PUBLISHED = {
    "Qwen/Qwen3-8B": 8.2, "Qwen/Qwen3-235B-A22B": 235, "deepseek-ai/DeepSeek-V3-0324": 671, "openai/gpt-oss-20b": 20.9,
    "openai/gpt-oss-120b": 117, "meta-llama/Llama-3.1-8B-Instruct": 8.03, "google/gemma-3-27b-it": 27.4,
    "Qwen/Qwen3-Next-80B-A3B-Instruct": 80, "nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16": 31.6,
    "meta-llama/Llama-4-Scout-17B-16E-Instruct": 109, "zai-org/GLM-4.5-Air": 107, "moonshotai/Kimi-K2-Instruct": 1026,
}  # fmt: skip

COUNTED = json.loads((Path(__file__).parent / "data" / "parameters.json").read_text(encoding="utf-8"))["models"]
# The state of one layer for a sequence, by vLLM's classes (get_mamba_state_shape_from_config of each model, called in
# vLLM 0.32.0): layers, elements of the convolution and of the state, bytes per element; and layers with attention.
STATES = {
    "jamba-v0.1": (28, 24576, 131072, 2, 4), "falcon-h1-7b": (44, 10752, 786432, 2, 44),
    "zamba2-7b": (81, 22272, 458752, 2, 13), "granite-4-h-small": (36, 25344, 1048576, 2, 4),
    "mamba-2.8b": (64, 15360, 81920, 2, 0), "falcon-mamba-7b": (64, 24576, 131072, 2, 0),
    "mamba2-2.7b": (64, 16128, 655360, 2, 0),
}  # fmt: skip


def sizes_of(config: dict, quantization: str | None = None) -> weights.Sizes:
    return weights.sizes_of(decoder_of(config), quantization_config.read(config, quantization))


def bundled_sizes(name: str) -> weights.Sizes:
    return sizes_of(facts.config(name).config, facts.models()[name].quantization)


def elements(config: dict) -> int:
    """Weights of all matrices except those of prediction layers."""
    return sum(matrix.elements for matrix in matrices(decoder_of(config)) if matrix.part != "draft")


@pytest.mark.parametrize("name", sorted(set(FROM_FILES) - INCOMPLETE))
def test_computed_sizes_match_the_files(name):
    """Within 2 %: dense, latent, hybrid and expert models in 16, 8 and 4 bits, with and without prediction layers."""
    assert weights.scale(facts.models()[name].weight_bytes, bundled_sizes(name)) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_parameter_counts_match_published_figures(name):
    """Within 1.2 %, the precision of the published figures."""
    count = elements(facts.config(name).config) / 1e9
    assert count == pytest.approx(PUBLISHED[name], rel=0.012)


@pytest.mark.parametrize("name", sorted(COUNTED))
def test_parameter_counts_match_the_models_real_classes(name):
    """Within 1 %, without norms, biases and small parts of encoders; and each can be planned."""
    config = COUNTED[name]["config"]
    count = elements(config)
    assert count == pytest.approx(COUNTED[name]["parameters"], rel=0.01)
    assert from_config("me/model", "", config).max_context > 0


@pytest.mark.parametrize("name", sorted(STATES))
def test_states_have_the_sizes_that_vllm_reserves(name):
    """Mamba 1 and 2, alone, alternating with attention, and in parallel with it."""
    groups = layer_groups(decoder_of(COUNTED[name]["config"]))
    state = next(layer for layer in groups if layer.kind == "linear")
    attending = sum(layer.count for layer in groups if layer.attends)
    figures = (state.count, state.conv_elements, state.recurrent_elements, state.recurrent_bytes, attending)
    assert figures == STATES[name]


@pytest.mark.parametrize(
    "name, heads, dim",
    [("falcon-7b", 1, 64), ("falcon-40b", 8, 64), ("starcoder", 1, 128), ("dbrx", 8, 128), ("zamba2-7b", 32, 224)],
)
def test_kv_heads_are_read_from_each_familys_fields(name, heads, dim):
    """One for all queries, a number under another name, or a nested field."""
    full = layer_groups(decoder_of(COUNTED[name]["config"]))[0]
    assert (full.kind, full.kv_heads, full.key_dim) == ("full", heads, dim)


CHATGLM = {
    "architectures": ["ChatGLMModel"], "model_type": "chatglm", "ffn_hidden_size": 13696, "hidden_size": 4096,
    "kv_channels": 128, "multi_query_attention": True, "multi_query_group_num": 2, "num_attention_heads": 32,
    "num_layers": 28, "padded_vocab_size": 65024, "seq_length": 8192, "tie_word_embeddings": False,
}  # fmt: skip


def test_field_names_of_remote_code_are_read():
    """ChatGLM 3 6B, as in its repository: 6.24 billion, two KV heads, 8k."""
    model = from_config("me/model", "", CHATGLM)
    assert elements(CHATGLM) == pytest.approx(6.2436e9, rel=0.001)
    assert (model.layers[0].kv_heads, model.layers[0].count, model.max_context) == (2, 28, 8192)


def test_layers_with_a_window_may_have_other_sizes():
    """Step 3.5: more query heads with a window; MiMo V2: other KV heads and head sizes."""
    types = ["full_attention", "sliding_attention"]
    base = {"model_type": "x", "hidden_size": 512, "num_hidden_layers": 2, "vocab_size": 64, "intermediate_size": 64,
            "head_dim": 64, "sliding_window": 128, "layer_types": types, "num_attention_heads": 8}  # fmt: skip
    step = {**base, "num_attention_groups": 2, "attention_other_setting": {"num_attention_heads": 12}}
    queries = {matrix.layers: matrix.outputs for matrix in matrices(decoder_of(step)) if matrix.name.endswith("q_proj")}
    assert queries == {(0,): 512, (1,): 768}
    mimo = {**base, "num_key_value_heads": 4, "swa_num_key_value_heads": 8, "swa_head_dim": 32, "swa_v_head_dim": 16}
    groups = layer_groups(decoder_of(mimo))
    assert [(group.kv_heads, group.key_dim, group.value_dim) for group in groups] == [(4, 64, 64), (8, 32, 16)]


@pytest.mark.parametrize(
    "key", ["block_configs", "per_layer_config", "layer_group_size", "loop_num", "n_recurrent_loops"]
)
def test_fields_of_layers_that_are_not_read_are_refused(key):
    """Such layers are not counted as ordinary ones."""
    with pytest.raises(ModelError, match=key):
        from_config("me/model", "", {**LLAMA, key: {"0": {"head_dim": 64}}})


def test_families_that_resemble_others_are_refused():
    """MiniMax Text 01 has lightning attention in the layers that its lists call linear."""
    with pytest.raises(ModelError, match="minimax"):
        from_config("me/model", "", {**LLAMA, "model_type": "minimax"})


def test_linear_attention_in_unknown_layers_is_refused():
    """Qwen3-Next without its interval would be planned as full attention in every layer."""
    config = {**facts.config("Qwen/Qwen3-Next-80B-A3B-Instruct").config}
    for key in ("full_attention_interval", "layer_types"):
        config.pop(key, None)
    with pytest.raises(ModelError, match="does not say which layers"):
        from_config("me/model", "", config)


def test_an_encoder_of_unknown_size_requires_the_size_of_the_files():
    """Phi 3.5 Vision names a CLIP without its sizes; the size of the files suffices."""
    config = {**LLAMA, "img_processor": {"name": "clip_vision_model"}}
    assert encoders.unsized_encoder(config) == "img_processor"
    with pytest.raises(ModelError, match="img_processor"):
        from_config("me/model", "", config)
    known = {"weight_bytes": 16 * 10**9, "weights_from_files": True}
    assert from_config("me/model", "", config, **known).weight_bytes == 16 * 10**9


def test_active_parameters_match_published_figures():
    """Qwen3 235B uses 22 billion per token, gpt-oss 120B 5.1, including embedding and head."""
    for name, active in (("Qwen/Qwen3-235B-A22B", 22), ("openai/gpt-oss-120b", 5.1)):
        sizes = bundled_sizes(name)
        used = sum(
            weight.matrix.elements * (sizes.decoder.active_experts if weight.part == "experts" else 1)
            for weight in sizes.weights
        )
        assert used / 1e9 == pytest.approx(active, rel=0.15)


NAMES = st.sampled_from(sorted(facts.models()))


@given(NAMES, st.sampled_from((1, 2, 4)))
def test_more_gpus_hold_less_each_but_not_less_in_total(name, tp):
    """Sharded matrices are divided, replicated ones are counted for each GPU."""
    model = hub.bundled(name)

    def per_gpu(ranks: int) -> float:
        return weights.per_gpu(model.sizes, model.weight_factor, tp=ranks)

    assert per_gpu(2 * tp) < per_gpu(tp) <= 2 * per_gpu(2 * tp) * 1.0001
    assert per_gpu(1) >= model.sizes.served * model.weight_factor


@given(NAMES, st.sampled_from((2, 4)))
def test_pipeline_stages_and_expert_groups_hold_less(name, number):
    """The fullest stage holds less than the model and at least its share; more ranks hold fewer experts each."""
    model = hub.bundled(name)
    known = (model.sizes, model.weight_factor)
    everything, stage = weights.per_gpu(*known), weights.per_gpu(*known, pp=number)
    assert everything / number * 0.999 <= stage < everything
    if model.num_experts:
        assert weights.per_gpu(*known, tp=number, experts_over=2 * number) < weights.per_gpu(*known, tp=number)


def test_kv_projections_are_replicated_beyond_the_heads():
    """Qwen3 8B has 8 KV heads: 16 ranks hold as much of K and V as 8."""
    model = hub.bundled("Qwen/Qwen3-8B")
    projections = [weight for weight in model.sizes.weights if weight.matrix.split == "heads"]
    assert len(projections) == 2 and all(weight.matrix.kv_heads == 8 for weight in projections)
    sizes = replace(model.sizes, weights=tuple(projections))
    eight, sixteen = (weights.per_gpu(sizes, 1, tp=tp) for tp in (8, 16))
    assert eight == sixteen > 0


def test_mxfp4_experts_grow_where_their_kernels_pad():
    """gpt-oss: 2880 becomes 3072 on one side on Hopper, on both sides below and above Hopper, as logs show."""
    model = hub.bundled("openai/gpt-oss-120b")
    gib = {
        capability: weights.per_gpu(model.sizes, 1, capability=capability) / 2**30 for capability in (8.0, 9.0, 10.0)
    }
    assert gib[8.0] == pytest.approx(65.97, rel=0.01) and gib[9.0] == pytest.approx(64.38, rel=0.01)
    assert gib[10.0] > gib[8.0]


LLAMA = facts.config("meta-llama/Llama-3.1-8B-Instruct").config
LINEAR = sum(matrix.elements for matrix in matrices(decoder_of(LLAMA)) if matrix.part in ("attention", "mlp"))
REST = 2 * sum(matrix.elements for matrix in matrices(decoder_of(LLAMA)) if matrix.part in ("embedding", "head"))


@pytest.mark.parametrize(
    "stated, label, bits",
    [
        ({"quant_method": "fp8", "weight_block_size": [128, 128]}, "fp8", 8 + 32 / 128**2),
        ({"quant_method": "fp8"}, "fp8", 8),
        ({"quant_method": "awq", "bits": 4, "group_size": 128}, "awq", 4 + 20 / 128),
        ({"quant_method": "gptq", "bits": 4, "group_size": 32}, "gptq", 4 + 20 / 32),
        ({"quant_method": "gptq", "bits": 8, "group_size": -1}, "gptq", 8),
        ({"quant_method": "bitsandbytes", "load_in_4bit": True}, "bitsandbytes", 4.5),
        ({"quant_method": "bitsandbytes", "load_in_4bit": True, "bnb_4bit_use_double_quant": True}, "bitsandbytes",
         4 + 8 * (1 + 1 / 64) / 64),
        ({"quant_method": "bitsandbytes", "load_in_8bit": True}, "bitsandbytes", 8),
        ({"quant_method": "modelopt", "quant_algo": "NVFP4"}, "nvfp4", 4.5),
        ({"quant_method": "modelopt", "quant_algo": "FP8"}, "fp8", 8),
        ({"quant_method": "compressed-tensors", "format": "pack-quantized", "ignore": ["lm_head"], "config_groups":
          {"a": {"targets": ["Linear"], "weights": {"num_bits": 4, "type": "int", "group_size": 32}}}},
         "compressed-tensors-int4", 4.5),
        ({"quant_method": "compressed-tensors", "format": "int-quantized", "config_groups":
          {"a": {"targets": ["Linear"], "weights": {"num_bits": 8, "type": "int", "strategy": "channel"}}}},
         "compressed-tensors-int8", 8),
        ({"quant_method": "compressed-tensors", "format": "nvfp4-pack-quantized", "config_groups":
          {"a": {"targets": ["Linear"], "weights": {"num_bits": 4, "type": "float", "group_size": 16}}}}, "nvfp4", 4.5),
    ],
)  # fmt: skip
def test_sizes_of_quantized_formats(stated, label, bits):
    """Linear layers in the format with its scales, embedding and head in 16 bits."""
    sizes = sizes_of({**LLAMA, "quantization_config": stated})
    assert quantization_config.read({**LLAMA, "quantization_config": stated}).label == label
    assert sizes.served == pytest.approx(LINEAR * bits / 8 + REST, rel=1e-6)


@pytest.mark.parametrize(
    "listed",
    ["model.layers.0.mlp", "re:.*layers\\.0\\.mlp.*", "model.layers.0.mlp*", "*.layers.0.mlp.*"],
)
def test_listed_modules_keep_16_bits(listed):
    """By name, wildcard or expression; one layer's MLP of 32."""
    stated = {"quant_method": "fp8", "ignored_layers": [listed]}
    mlp = sum(matrix.elements for matrix in matrices(decoder_of(LLAMA)) if matrix.part == "mlp")
    sizes = sizes_of({**LLAMA, "quantization_config": stated})
    assert sizes.served == pytest.approx(LINEAR + mlp / 32 + REST, rel=1e-6)


def test_expressions_that_could_take_exponential_time_are_skipped():
    """A repeated group, an invalid expression and a long wildcard exclude nothing."""
    stated = {"quant_method": "fp8", "ignored_layers": ["re:(.+)+x$", "re:[", "*" * 600]}
    assert sizes_of({**LLAMA, "quantization_config": stated}).served == pytest.approx(LINEAR + REST, rel=1e-6)


@pytest.mark.parametrize(
    "changed, message",
    [
        ({"num_key_value_heads": 0}, "not a multiple of its 0 KV heads"),
        ({"torch_dtype": "banana"}, "its dtype is 'banana'"),
        ({"num_attention_heads": None}, "lacks num_attention_heads"),
        ({"hidden_size": None}, "lacks hidden_size"),
        ({"hidden_size": 0}, "hidden_size is 0"),
        ({"quantization_config": "fp8"}, "'fp8', not a table"),
        ({"num_key_value_heads": 5}, "not a multiple of its 5 KV heads"),
        ({"hidden_size": -4}, "hidden_size is '-4'"),
        ({"vocab_size": "many"}, "vocab_size is 'many'"),
        ({"hidden_size": True}, "hidden_size is 'True'"),
        ({"intermediate_size": 2.5}, "intermediate_size is '2.5'"),
        ({"intermediate_size": None}, "lacks intermediate_size"),
        ({"num_hidden_layers": 10**7}, "num_hidden_layers is 10,000,000"),
        ({"hidden_size": 4097, "head_dim": None}, "4,097 is not a multiple of its 32 attention heads"),
        ({"num_local_experts": 4, "num_experts_per_tok": 8}, "more experts than the model has"),
        ({"quantization_config": {"quant_method": "fp8", "bits": 4}}, "fp8 and of 4 bits at once"),
        ({"quantization_config": {"quant_method": "awq", "bits": 8}}, "awq and of 8 bits at once"),
        ({"quantization_config": {"quant_method": "gptq", "bits": 5}}, "'5' bits"),
        ({"quantization_config": {"quant_method": "gptq", "bits": 4, "group_size": "x"}}, "group_size of 'x'"),
        ({"quantization_config": {"quant_method": "zzz"}}, "is not known to the engines here"),
        ({"quantization_config": {"bits": 4}}, "names no quant_method"),
        ({"quantization_config": {"quant_method": "fp8", "weight_block_size": [128]}}, "weight_block_size"),
        (
            {"quantization_config": {"quant_method": "awq"}, "compression_config": {"quant_method": "fp8"}},
            "differently",
        ),
        ({"quantization_config": {"quant_method": "bitsandbytes", "load_in_4bit": 1, "load_in_8bit": 1}}, "4 and in 8"),
    ],
)
def test_impossible_fields_are_refused_by_name(changed, message):
    """The error names the field and its value, or the two fields that contradict each other."""
    with pytest.raises(ModelError) as caught:
        from_config("me/model", "", {**LLAMA, **changed})
    assert message in caught.value.problem and caught.value.exit_code == 3


NUMBERS = st.integers(-5, 10**15) | st.floats(allow_nan=True) | st.lists(st.integers(-2, 9), max_size=3)
VALUES = st.none() | st.booleans() | st.text(max_size=5) | NUMBERS


@given(NAMES, st.data())
def test_broken_configurations_give_a_model_or_a_model_error(name, data):
    """One field of a real configuration is replaced by an arbitrary value or dropped."""
    config = dict(facts.config(name).config)
    inner = "text_config" if isinstance(config.get("text_config"), dict) else None
    text = dict(config[inner]) if inner else config
    key = data.draw(st.sampled_from(sorted(text)))
    if data.draw(st.booleans()):
        del text[key]
    else:
        text[key] = data.draw(VALUES)
    if inner:
        config[inner] = text
    try:
        model = from_config("me/model", "", config)
    except ModelError as error:
        assert "Traceback" not in str(error) and len(error.problem) < 400
    else:
        assert model.weight_bytes > 0


@pytest.mark.parametrize(
    ("fields", "sparse"),
    [
        ({"n_routed_experts": 8, "first_k_dense_replace": 1}, [False, True, True, True]),
        ({"num_local_experts": 8, "interleave_moe_layer_step": 2}, [False, True, False, True]),
        ({"num_experts": 8, "mlp_layer_types": ["dense", "sparse"] * 2}, [False, True, False, True]),
        ({"num_experts": 8, "hybrid_override_pattern": "*E*-"}, [None, True, None, False]),
    ],
)
def test_layers_with_experts_are_recognized(fields, sparse):
    """By a number of dense layers, an interval, a list or letters; None: a layer without an MLP."""
    layers = decoder_of({**LLAMA, "num_hidden_layers": 4, **fields}).layers
    kinds = [isinstance(layer.mlps[0], Experts) if layer.mlps else None for layer in layers]
    assert kinds == sparse


@pytest.mark.parametrize("tp, logged", [(2, 74.08), (8, 19.79)])
def test_every_rank_of_deepseek_v4_holds_its_compressors(tp, logged):
    """In 16 bits, with float32 hyper-connections and tables of positions: about 0.8 GiB more on each GPU."""
    model = hub.bundled("deepseek-ai/DeepSeek-V4-Flash")
    sizes = model.sizes
    assert weights.per_gpu(sizes, model.weight_factor, tp=tp) / 2**30 == pytest.approx(logged, rel=0.006)
    kept = [weight for weight in sizes.weights if weight.matrix.stored_bytes and weight.part != "draft"]
    assert {weight.matrix.split for weight in kept} == {"copy"}
    assert all(weight.bytes == weight.matrix.elements * weight.matrix.stored_bytes for weight in kept)


@pytest.mark.parametrize("place", ["model", "quantization_config"])
@pytest.mark.parametrize("key, value", [("expert_dtype", "fp4"), ("store_dtype", "mxfp4"), ("expert_dtype", "fp8")])
def test_the_type_of_experts_is_read_where_it_is_stated(place, key, value):
    """Beside the fields of the model or among those of its quantization; FP8 experts are twice as large."""
    config = dict(facts.config("deepseek-ai/DeepSeek-V4-Flash").config)
    config.pop("expert_dtype")
    target = config if place == "model" else config["quantization_config"]
    stated = config | ({key: value} if place == "model" else {"quantization_config": target | {key: value}})
    sizes = from_config("a/model", "0" * 40, stated).sizes
    experts = sum(weight.bytes for weight in sizes.weights if weight.part == "experts")
    elements = sum(weight.matrix.elements for weight in sizes.weights if weight.part == "experts")
    assert experts / elements == pytest.approx(1 if value == "fp8" else 17 / 32, rel=0.001)


def test_a_type_that_nothing_reads_widens_the_range():
    """It is named, wherever it is nested; the types that are read, and flags, are not."""
    config = facts.config("Qwen/Qwen3-8B").config
    known = config | {"quantization_config": {"quant_method": "fp8", "num_bits": 8}, "use_bits": True}
    assert from_config("a/model", "0" * 40, known).unread == ()
    unknown = from_config("a/model", "0" * 40, config | {"vq": [{"code_dtype": "int3"}], "kv_bits": 4})
    assert unknown.unread == ("code_dtype", "kv_bits") and unknown.weight_margin >= 0.1
    note = next(note for note in plan(unknown, Workload(gpu="H100")).notes if "does not read" in note.text)
    assert "code_dtype, kv_bits" in note.text
    assert not any(hub.bundled(name).unread for name in facts.models())


def test_a_size_that_nothing_reads_widens_the_range():
    """Of the language model; sizes of 1, flags and an encoder's own sizes are left out."""
    config = facts.config("Qwen/Qwen3-8B").config
    others = {"latent_kv_rank": 512, "memory_dim": 1, "use_small_heads": True, "vision_config": {"odd_size": 7}}
    unknown = from_config("a/model", "0" * 40, config | others, weight_bytes=2**34, weights_from_files=True)
    assert unknown.unread == ("latent_kv_rank",) and unknown.weight_margin >= 0.1


def test_sizes_that_are_read_are_known():
    """Every name of a size in the readers' sources is listed, so that a new one raises no false note."""
    folder = Path(unread.__file__).parent
    tree = [ast.parse(path.read_text("utf-8")) for path in folder.rglob("*.py") if path.name != "unread.py"]
    names = {node.value for each in tree for node in ast.walk(each) if isinstance(node, ast.Constant)}
    sizes = {name for name in names if isinstance(name, str) and name.isidentifier() and unread.SIZE.fullmatch(name)}
    assert sizes - {"vision_experts"} <= unread.KNOWN_SIZES and len(sizes) > 60
