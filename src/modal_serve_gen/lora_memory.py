"""How much GPU memory an engine sets aside for LoRA adapters (pure).

vLLM allocates at start, for every linear layer and every expert that an adapter could change, one slot of the largest
rank for each adapter: rank x (inputs + outputs) elements a matrix in the model's dtype, whatever the adapters' files
hold (vLLM 0.33.0, lora/layers/base_linear.py and fused_moe.py, create_lora_weights).
"""

from modal_serve_gen.attention import heads_of, text_part
from modal_serve_gen.model import Model

ELEMENT_BYTES = 2  # lora_dtype follows the model's, which is bfloat16 or float16 here


def slot_bytes(model: Model, rank: int) -> int:
    """Bytes of the slot of one adapter of this rank, on a single GPU; several divide less than all of it.

    Read out of the configuration; where that does not say which layers have experts, all count as having them.
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
        dense, sparse = (0, total) if model.num_experts else (total, 0)
    widths = attention * _attention(text, hidden) + linear * _recurrent(text, hidden)
    widths += dense * _mlp(hidden, text.get("intermediate_size") or 4 * hidden)
    if sparse:
        widths += sparse * _experts(text, hidden, model.num_experts or 0)
    widths += 2 * (hidden + model.vocab_size)  # the embeddings and the head
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
    return 2 * (hidden + heads * size) + 2 * (hidden + kept)


def _recurrent(text: dict, hidden: int) -> int:
    """Gated DeltaNet, Mamba-2 or a short convolution: what goes in, and what comes out."""
    if values := text.get("linear_num_value_heads"):
        inner = values * text["linear_value_head_dim"]
        inputs = 2 * (text["linear_num_key_heads"] * text["linear_key_head_dim"] + inner) + 2 * values
    elif heads := text.get("mamba_num_heads"):
        inner = heads * text["mamba_head_dim"]
        inputs = 2 * inner + 2 * text["n_groups"] * text["ssm_state_size"] + heads
    else:
        inner, inputs = hidden, 3 * hidden
    return 4 * hidden + inputs + inner + hidden  # one input for each of the packed parts
