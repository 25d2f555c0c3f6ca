"""The matrices of attention and of its linear relatives, by family (pure).

Names and shapes follow the checkpoints and vLLM 0.33.0 (model_executor/models/<family>.py).
"""

from modal_serve_gen.models import mamba
from modal_serve_gen.models.attention import kv_shape, sliding_shape
from modal_serve_gen.models.kinds import layer_types, shared_kv_layers
from modal_serve_gen.models.matrix import Matrix, Split
from modal_serve_gen.models.names import heads_of, layer_count

# Whose attention has a gate as large as its queries, which their configurations do not say.
GATED = ("afmoe", "hrm_text", "muse_glimmer_text")


def attention(text: dict, hidden: int, layers: tuple[int, ...]) -> list[Matrix]:
    heads, at = heads_of(text), "layers.{}.self_attn."

    def one(name: str, inputs: int, outputs: int, where=layers, split: Split = "rank", lora: bool = True) -> Matrix:
        return Matrix("attention", at + name, inputs, outputs, where, split=split, lora=lora)

    if text.get("compress_ratios"):  # DeepSeek V4: keys and values are one head, the output is projected by groups
        dim, down, groups = text["head_dim"], text["q_lora_rank"], text["o_groups"]
        rank, ratios = text["o_lora_rank"], text["compress_ratios"]
        small = tuple(layer for layer in layers if ratios[layer] == 4)
        large = tuple(layer for layer in layers if ratios[layer] > 4)
        index, wide = text["index_n_heads"] * text["index_head_dim"], 2 * text["index_head_dim"]
        return [
            one("wq_a", hidden, down, split="copy"),
            one("wq_b", down, heads * dim),
            one("wkv", hidden, dim, split="copy"),
            one("wo_a", heads * dim // groups, groups * rank),
            one("wo_b", groups * rank, hidden),
            one("compressor.wkv_gate", hidden, 4 * dim, small, "copy", False),
            one("compressor.wkv_gate", hidden, 2 * dim, large, "copy", False),
            one("indexer.wq_b", down, index, small, "copy", False),
            one("indexer.compressor", hidden, 2 * wide, small, "copy", False),
        ]
    if latent := text.get("kv_lora_rank"):
        rope, plain = text["qk_rope_head_dim"], text["qk_nope_head_dim"]
        value, asked = text.get("v_head_dim") or plain, heads * (plain + rope)
        down = text.get("q_lora_rank")
        query = [one("q_a_proj", hidden, down, split="copy"), one("q_b_proj", down, asked)] if down else []
        found = [
            *(query or [one("q_proj", hidden, asked)]),
            one("kv_a_proj_with_mqa", hidden, latent + rope, split="copy"),
            one("kv_b_proj", latent, heads * (plain + value)),
            one("o_proj", heads * value, hidden),
        ]
        if text.get("mla_use_output_gate") or text.get("model_type") == "hy_v4":
            found.append(one("g_proj", hidden, heads * value))
        if text.get("index_topk"):  # DeepSeek V3.2, GLM 5: an index in some of the layers
            size, many = text["index_head_dim"], text["index_n_heads"]
            marks = text.get("indexer_types")
            indexed = tuple(n for n in layers if not isinstance(marks, list) or n >= len(marks) or marks[n] == "full")
            found += [
                one("indexer.wq_b", down or hidden, many * size, indexed, "copy", False),
                one("indexer.wk", hidden, size + many, indexed, "copy", False),
            ]
        return found
    # Qwen3-Next and its heirs have a gate beside the queries, whether their configuration says so or not.
    gated = text.get("attn_output_gate", "linear_num_value_heads" in text and text.get("model_type") != "olmo_hybrid")
    gated = gated or text.get("model_type") in GATED
    own = layer_count(text) - shared_kv_layers(text)
    found = []
    for where, heads, shape, same in _shapes(text, layers):
        if not where:
            continue
        kv, queries = shape["kv_heads"], heads * shape["key_dim"] * (2 if gated else 1)
        held = tuple(n for n in where if n < own)
        if narrow := text.get("share_q_dim"):  # Step 3: by way of a narrow one
            found += [one("q_proj", hidden, narrow, where, "copy"), one("wq", narrow, queries, where)]
        else:
            found.append(one("q_proj", hidden, queries, where))
        found += [
            one("k_proj", hidden, kv * shape["key_dim"], held, "heads"),
            one("o_proj", heads * shape["value_dim"], hidden, where),
        ]
        found += [] if same else [one("v_proj", hidden, kv * shape["value_dim"], held, "heads")]
    return found


def _shapes(text: dict, layers: tuple[int, ...]) -> list[tuple[tuple[int, ...], int, dict[str, int], bool]]:
    """Layers that are alike: which, query heads, KV heads and head sizes, whether V is K again."""
    heads = heads_of(text)
    types = layer_types(text, layer_count(text))
    if text.get("global_head_dim"):  # Gemma 4's full layers: other sizes, and V may be K again
        full = tuple(n for n in layers if types[n] == "full_attention")
        rest = tuple(n for n in layers if n not in full)
        same = bool(text.get("attention_k_eq_v"))
        heads_key = "num_global_key_value_heads" if same else "num_key_value_heads"
        wide = kv_shape(text, heads_key, "global_head_dim")
        return [(rest, heads, kv_shape(text), False), (full, heads, wide, same)]
    if any(text.get(key) for key in ("swa_num_attention_heads", "swa_num_key_value_heads", "swa_head_dim")):
        near = tuple(n for n in layers if types[n] == "sliding_attention")
        rest = tuple(n for n in layers if n not in near)
        several = text.get("swa_num_attention_heads") or heads
        return [(rest, heads, kv_shape(text), False), (near, several, sliding_shape(text), False)]
    if isinstance(each := text.get("num_attention_heads_per_layer"), list) and len(each) >= len(types):  # Laguna
        alike = {number: tuple(n for n in layers if each[n] == number) for number in sorted(set(each))}
        return [(where, number, kv_shape(text), False) for number, where in alike.items()]
    return [(layers, heads, kv_shape(text), False)]


def recurrent(text: dict, hidden: int, layers: tuple[int, ...]) -> list[Matrix]:
    """Gated DeltaNet, Kimi Delta Attention, Mamba-2 or a short convolution: inputs, kernel, output."""

    def one(name: str, inputs: int, outputs: int, each: int = 1) -> Matrix:
        return Matrix("recurrent", f"layers.{{}}.{name}", inputs, outputs, layers, each)

    if values := text.get("linear_num_value_heads"):
        inner, keys = values * text["linear_value_head_dim"], text["linear_num_key_heads"] * text["linear_key_head_dim"]
        return [
            one("linear_attn.in_proj_q", hidden, keys, 2),
            one("linear_attn.in_proj_v", hidden, inner, 2),
            one("linear_attn.in_proj_b", hidden, values, 2),
            one("linear_attn.conv1d", text["linear_conv_kernel_dim"], 2 * keys + inner),
            one("linear_attn.out_proj", inner, hidden),
        ]
    if isinstance(linear := text.get("linear_attn_config"), dict):
        dim, inner = linear["head_dim"], linear["num_heads"] * linear["head_dim"]
        gates = [one("self_attn.f_a_proj", hidden, dim), one("self_attn.f_b_proj", dim, inner)]
        if linear.get("use_full_rank_gate"):
            gates.append(one("self_attn.g_proj", hidden, inner))
        else:
            gates += [one("self_attn.g_a_proj", hidden, dim), one("self_attn.g_b_proj", dim, inner)]
        return [
            one("self_attn.q_proj", hidden, inner, 3),
            *gates,
            one("self_attn.b_proj", hidden, linear["num_heads"]),
            one("self_attn.q_conv1d", linear["short_conv_kernel_size"], inner, 3),
            one("self_attn.o_proj", inner, hidden),
        ]
    if sizes := mamba.sizes_of(text):
        return mamba.mixers(sizes, hidden, layers)
    return [
        one("conv.in_proj", hidden, hidden, 3),
        one("conv.conv", text["conv_L_cache"], hidden),
        one("conv.out_proj", hidden, hidden),
    ]
