"""Fields of a config.json that state a data type or a size, and that nothing in this package reads (pure).

A plan that used a default in their place would be wrong in silence: they are named in a note, and widen the range.
"""

import re
from typing import Any

from modal_serve_gen.models.text_config import Json, text_config_of

# Fields that name a data type or a number of bits and are read somewhere, or change no size that is planned (the type
# of a router, of scales and zero points, of the arithmetic).
KNOWN_TYPES = {
    *("dtype", "torch_dtype", "expert_dtype", "store_dtype", "mamba_ssm_dtype", "mamba_ssm_cache_dtype"),
    *("bits", "num_bits", "w_bit", "moe_router_dtype", "scale_dtype", "zp_dtype"),
    *("bnb_4bit_compute_dtype", "bnb_4bit_quant_storage"),
}
TYPE = re.compile(r".*dtype|(.*_)?bits?", re.IGNORECASE)
MAX_DEPTH, MAX_UNREAD = 8, 8
# Fields that name a size and are read somewhere (a test compares them with the readers), and those that change nothing
# that is planned: sizes of kernels' chunks, of rotated parts, and sums of others.
KNOWN_SIZES = {
    *("adapter_rank", "alignment_intermediate_size", "attention_chunk_size", "attention_head_dim"),
    *("block_auto_adjust_ff_dim", "block_size", "conv_dim", "dense_intermediate_size", "embed_dim"),
    *("encoder_ffn_dim", "expert_ffn_hidden_size", "expert_hidden_dim", "ffn_dim", "ffn_hidden_size"),
    *("global_head_dim", "group_size", "head_dim", "hidden_size", "index_head_dim", "index_n_heads"),
    *("intermediate_size", "kv_channels", "kv_lora_rank", "kv_n_heads", "layer_group_size", "linear_conv_kernel_dim"),
    *("linear_key_head_dim", "linear_num_key_heads", "linear_num_value_heads", "linear_value_head_dim"),
    *("mamba_dt_rank", "mamba_head_dim", "mamba_n_heads", "mamba_num_heads", "moe_intermediate_size"),
    *("moe_latent_size", "moe_num_experts", "moe_num_shared_experts", "moe_shared_expert_intermediate_size"),
    *("mova_num_experts", "n_heads", "n_mamba_heads", "n_routed_experts", "n_shared_experts", "num_attention_heads"),
    *("num_experts", "num_global_key_value_heads", "num_heads", "num_key_value_heads", "num_kv_heads"),
    *("num_local_experts", "num_shared_experts", "num_sliding_attention_heads", "o_lora_rank", "out_hidden_size"),
    *("padded_vocab_size", "patch_size", "projection_intermediate_size", "projector_hidden_size", "q_lora_rank"),
    *("qk_nope_head_dim", "qk_rope_head_dim", "routed_expert_hidden_size", "share_expert_dim", "share_q_dim"),
    *("shared_expert_intermediate_size", "shared_intermediate_size", "short_conv_kernel_size", "sliding_window_size"),
    *("sparse_index_dim", "spatial_merge_size", "ssm_state_size", "state_size", "swa_head_dim"),
    *("swa_num_attention_heads", "swa_num_key_value_heads", "swa_v_head_dim", "temporal_patch_size"),
    *("time_step_rank", "top_k_experts", "total_size", "v_head_dim", "vocab_size", "vt_hidden_size"),
    *("vt_intermediate_size", "weight_block_size", "word_embed_proj_dim"),
    *("attn_res_block_size", "block_ff_dim", "chunk_size", "qk_head_dim", "rotary_dim"),
}
SIZE = re.compile(r"(.*_)(size|sizes|dim|dims|rank|width|heads|experts|channels)")


def unread_fields(config: Json) -> tuple[str, ...]:
    """Names of types anywhere in a configuration, and of sizes in its language model, that nothing reads."""
    fields = text_config_of(config).values.items()
    sizes = [key[:60] for key, value in fields if SIZE.fullmatch(key) and key not in KNOWN_SIZES and _is_size(value)]
    return tuple(dict.fromkeys((*_types(config), *sizes)))[:MAX_UNREAD]


def _is_size(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 1


def _types(config: Any, depth: int = 0) -> tuple[str, ...]:
    """Names of fields anywhere in a configuration that state a type or a number of bits, and that nothing reads."""
    if depth > MAX_DEPTH or not isinstance(config, dict | list):
        return ()
    names: dict[str, None] = {}
    for key, value in config.items() if isinstance(config, dict) else ((None, item) for item in config):
        stated = isinstance(value, str | int) and not isinstance(value, bool)
        if isinstance(key, str) and stated and key not in KNOWN_TYPES and TYPE.fullmatch(key):
            names[key[:60]] = None
        names.update(dict.fromkeys(_types(value, depth + 1)))
    return tuple(names)[:MAX_UNREAD]
