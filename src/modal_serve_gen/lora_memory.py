"""How much GPU memory an engine sets aside for LoRA adapters (pure).

vLLM allocates at start, for every linear layer and every expert that an adapter could change, one slot of the largest
rank for each adapter: rank x (inputs + outputs) elements a matrix in the model's dtype, whatever the adapters' files
hold (vLLM 0.33.0, lora/layers/base_linear.py and fused_moe.py, create_lora_weights; counted in a running vLLM 0.32.0
for five families, tests/data/lora_slots.json).
"""

from modal_serve_gen.attention import heads_of, text_part
from modal_serve_gen.model import Model

ELEMENT_BYTES = 2  # lora_dtype follows the model's, which is bfloat16 or float16 here


def slot_bytes(model: Model, rank: int) -> int:
    """Bytes of the slot of one adapter of this rank, on a single GPU; several divide less than all of it.

    Read out of the configuration; all layers count as having experts but the first ones that it says have none.
    """
    text = text_part(model.config)
    hidden = model.hidden_size
    pattern = text.get("hybrid_override_pattern")
    linear = sum(layer.count for layer in model.layers if layer.kind == "linear")
    if isinstance(pattern, str):  # Nemotron H: each letter is a layer of one kind alone
        attention, dense, sparse = (pattern.count(letter) for letter in "*-E")
    else:
        total = text.get("num_hidden_layers") or sum(layer.count for layer in model.layers)
        attention = max(total - linear, 0)
        plain = text.get("first_k_dense_replace") or text.get("num_dense_layers") or 0
        dense = min(plain, total) if model.num_experts else total
        sparse = total - dense
    widths = attention * _attention(text, hidden) + linear * _recurrent(text, hidden)
    widths += dense * _mlp(hidden, text.get("intermediate_size") or 4 * hidden)
    if sparse:
        widths += sparse * _experts(text, hidden, model.num_experts or 0)
    widths += 2 * (hidden + model.vocab_size)  # the embeddings and the head, which some families leave out
    return widths * rank * ELEMENT_BYTES


def _mlp(hidden: int, width: int) -> int:
    return 3 * (hidden + width)  # gate, up and down


def _experts(text: dict, hidden: int, count: int) -> int:
    width = text.get("moe_intermediate_size") or text.get("intermediate_size") or 4 * hidden
    shared = text.get("shared_expert_intermediate_size") or text.get("moe_shared_expert_intermediate_size")
    shared = shared or (text.get("n_shared_experts") or 0) * width
    router = hidden + count
    return count * _mlp(hidden, width) + (_mlp(hidden, shared) if shared else 0) + router


def _attention(text: dict, hidden: int) -> int:
    heads = heads_of(text)
    if latent := text.get("kv_lora_rank"):
        rope, plain = text["qk_rope_head_dim"], text["qk_nope_head_dim"]
        value, query = text.get("v_head_dim") or plain, heads * (plain + rope)
        down = text.get("q_lora_rank") or 0
        asks = (hidden + down + down + query) if down else hidden + query
        return asks + (hidden + latent + rope) + (latent + heads * (plain + value)) + (heads * value + hidden)
    size = text.get("head_dim") or hidden // heads
    kept = (text.get("num_key_value_heads") or heads) * size
    # Qwen3-Next and its heirs have a gate beside the queries, whether their configuration says so or not.
    gate = heads * size if text.get("attn_output_gate", "linear_num_value_heads" in text) else 0
    return 2 * (hidden + heads * size) + gate + 2 * (hidden + kept)


def _recurrent(text: dict, hidden: int) -> int:
    """Gated DeltaNet, Mamba-2 or a short convolution: what goes in, in its packed parts, the kernel, what comes out."""
    if values := text.get("linear_num_value_heads"):
        inner, keys = values * text["linear_value_head_dim"], text["linear_num_key_heads"] * text["linear_key_head_dim"]
        parts, inputs = 6, 2 * (keys + inner) + 2 * values
        kernel, mixed = text["linear_conv_kernel_dim"], 2 * keys + inner
    elif heads := text.get("mamba_num_heads"):
        inner, groups = heads * text["mamba_head_dim"], text["n_groups"] * text["ssm_state_size"]
        parts, inputs = 5, 2 * inner + 2 * groups + heads
        kernel, mixed = text["conv_kernel"], inner + 2 * groups
    else:
        parts, inner, inputs = 3, hidden, 3 * hidden
        kernel, mixed = text.get("conv_L_cache") or 0, hidden
    return parts * hidden + inputs + kernel + mixed + inner + hidden
