"""Zamba 2: Mamba 2 layers, some of which first run one of a few shared blocks of attention and MLP.

The blocks are used in turn and are twice as wide as the model; each such layer adds its own low-rank matrices
to the shared ones, and a projection after them (vLLM 0.33.0, models/zamba2.py).
"""

from modal_serve_gen.models.attention import attention_of, stated_layer_types
from modal_serve_gen.models.decoder import Decoder, ListedMixer, Matrix
from modal_serve_gen.models.families.assembly import assemble
from modal_serve_gen.models.families.mamba import mamba2_of
from modal_serve_gen.models.text_config import TextConfig

SIZES = ("n_mamba_heads", "mamba_headdim", "mamba_d_state", "mamba_ngroups", "mamba_d_conv")
BLOCK = "layers.{}.shared_transformer."


def zamba2(text_config: TextConfig) -> Decoder | None:
    if not text_config.get("num_mem_blocks"):
        return None
    hidden, heads, total = text_config.size("hidden_size"), text_config.heads, text_config.layer_count
    inner = heads * (text_config.optional("attention_head_dim") or 2 * hidden // heads)
    width, rank = text_config.size("intermediate_size"), text_config.size("adapter_rank")
    layer_types = stated_layer_types(text_config)
    if layer_types is None:
        raise KeyError("layers_block_type")
    added = [
        Matrix("mlp", f"{BLOCK}feed_forward.adapter_in", hidden, rank),
        Matrix("mlp", f"{BLOCK}feed_forward.adapter_out", rank, 2 * width),
        Matrix("mlp", f"{BLOCK}linear", hidden, hidden),
    ]
    if text_config.flag("use_shared_attention_adapter"):
        added.append(Matrix("attention", f"{BLOCK}self_attn.adapter_in", 2 * hidden, rank, each=3))
        added.append(Matrix("attention", f"{BLOCK}self_attn.adapter_out", rank, inner, each=3))
    blocks = tuple(range(text_config.size("num_mem_blocks")))
    shared = [
        Matrix("attention", f"{BLOCK}self_attn.qkv_proj", 2 * hidden, inner, blocks, 3),
        Matrix("attention", f"{BLOCK}self_attn.o_proj", inner, hidden, blocks),
        Matrix("mlp", f"{BLOCK}feed_forward.gate_up_proj", hidden, 2 * width, blocks),
        Matrix("mlp", f"{BLOCK}feed_forward.down_proj", width, hidden, blocks),
    ]
    mamba2 = mamba2_of(text_config, SIZES)
    hybrid = (ListedMixer(attention_of(text_config).caches(), tuple(added)), mamba2)
    mixers = [hybrid if name == "hybrid" else (mamba2,) for name in layer_types[:total]]
    return assemble(text_config, mixers, [()] * total, tied=True, extra=shared)
