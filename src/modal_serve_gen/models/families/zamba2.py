"""Zamba 2: Mamba 2 layers, some of which first run one of a few shared blocks of attention and MLP.

The blocks are used in turn and are twice as wide as the model; each such layer adds its own low-rank matrices
to the shared ones, and a projection after them (vLLM 0.33.0, models/zamba2.py).
"""

from dataclasses import dataclass

from modal_serve_gen.models.attention import Attention, attention_of, stated_layer_types
from modal_serve_gen.models.decoder import Decoder, LayerGroup, Matrix, Mixer, Part
from modal_serve_gen.models.families.assembly import assemble
from modal_serve_gen.models.families.mamba import mamba2_of
from modal_serve_gen.models.text_config import TextConfig

SIZES = ("n_mamba_heads", "mamba_headdim", "mamba_d_state", "mamba_ngroups", "mamba_d_conv")
BLOCK = "layers.{}.shared_transformer."


@dataclass(frozen=True, slots=True)
class SharedBlock:
    """A layer's use of the shared blocks, and the matrices that it adds to them."""

    attention: Attention
    inner: int  # width of all heads together
    width: int  # of the MLP
    rank: int
    attention_adapters: bool

    def caches(self) -> tuple[LayerGroup, ...]:
        return self.attention.caches()

    def matrices(self, hidden: int) -> list[Matrix]:
        added = [
            Matrix("mlp", f"{BLOCK}feed_forward.adapter_in", hidden, self.rank),
            Matrix("mlp", f"{BLOCK}feed_forward.adapter_out", self.rank, 2 * self.width),
            Matrix("mlp", f"{BLOCK}linear", hidden, hidden),
        ]
        if self.attention_adapters:
            added.append(Matrix("attention", f"{BLOCK}self_attn.adapter_in", 2 * hidden, self.rank, each=3))
            added.append(Matrix("attention", f"{BLOCK}self_attn.adapter_out", self.rank, self.inner, each=3))
        return added

    def shared_matrices(self, hidden: int, blocks: int) -> list[Matrix]:
        def matrix(part: Part, name: str, inputs: int, outputs: int, each: int = 1) -> Matrix:
            return Matrix(part, BLOCK + name, inputs, outputs, tuple(range(blocks)), each)

        return [
            matrix("attention", "self_attn.qkv_proj", 2 * hidden, self.inner, 3),
            matrix("attention", "self_attn.o_proj", self.inner, hidden),
            matrix("mlp", "feed_forward.gate_up_proj", hidden, 2 * self.width),
            matrix("mlp", "feed_forward.down_proj", self.width, hidden),
        ]


def zamba2(text_config: TextConfig) -> Decoder | None:
    if not text_config.get("num_mem_blocks"):
        return None
    hidden, heads, total = text_config.size("hidden_size"), text_config.heads, text_config.layer_count
    block = SharedBlock(
        attention_of(text_config),
        heads * (text_config.optional("attention_head_dim") or 2 * hidden // heads),
        text_config.size("intermediate_size"),
        text_config.size("adapter_rank"),
        text_config.flag("use_shared_attention_adapter"),
    )
    layer_types = stated_layer_types(text_config)
    if layer_types is None:
        raise KeyError("layers_block_type")
    mamba2 = mamba2_of(text_config, SIZES)
    hybrid: tuple[Mixer, ...] = (block, mamba2)
    mixers = [hybrid if name == "hybrid" else (mamba2,) for name in layer_types[:total]]
    shared = block.shared_matrices(hidden, text_config.size("num_mem_blocks"))
    return assemble(text_config, mixers, [()] * total, tied=True, extra=shared)
