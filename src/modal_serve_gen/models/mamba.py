"""State-space layers: which sizes a configuration gives them, what they keep, which matrices they have (pure).

Families name the same sizes differently; shapes follow vLLM 0.33.0 (model_executor/layers/mamba/mamba_mixer.py,
mamba_mixer2.py and mamba_utils.py, models/zamba2.py).
"""

import math
from typing import Any, NamedTuple

from modal_serve_gen.models.matrix import Matrix
from modal_serve_gen.models.names import heads_of, hidden_of

# Attention-free families, whose every layer is one of these.
PURE = ("mamba", "mamba2", "falcon_mamba")
NARROW = ("bfloat16", "float16")


class Mamba2(NamedTuple):
    heads: int
    dim: int
    state: int
    groups: int
    kernel: int

    @property
    def inner(self) -> int:
        return self.heads * self.dim

    @property
    def convolved(self) -> int:
        return self.inner + 2 * self.groups * self.state


class Mamba1(NamedTuple):
    inner: int
    state: int
    rank: int
    kernel: int


# By the first key of each row, which only that family's configurations have: heads, head size, state, groups, kernel.
MAMBA2 = (
    ("mamba_num_heads", "mamba_head_dim", "ssm_state_size", "n_groups", "conv_kernel"),  # Nemotron H
    ("mamba_n_heads", "mamba_d_head", "mamba_d_state", "mamba_n_groups", "mamba_d_conv"),  # Granite 4, Bamba, Falcon H1
    ("n_mamba_heads", "mamba_headdim", "mamba_d_state", "mamba_ngroups", "mamba_d_conv"),  # Zamba 2
)


def sizes_of(text: dict) -> Mamba1 | Mamba2 | None:
    """None where no layer is one of these. KeyError names a missing field."""
    for keys in MAMBA2:
        if text.get(keys[0]):
            heads, dim, *rest = (text[key] for key in keys)
            if not isinstance(dim, int):  # "auto"
                dim = (text.get("mamba_d_ssm") or text.get("mamba_expand", 2) * hidden_of(text)) // heads
            return Mamba2(heads, dim, *rest)
    if text.get("model_type") == "mamba2":
        return Mamba2(*(text[key] for key in ("num_heads", "head_dim", "state_size", "n_groups", "conv_kernel")))
    if text.get("model_type") in PURE:
        inner = text.get("intermediate_size") or text.get("expand", 2) * hidden_of(text)
        return Mamba1(inner, text["state_size"], _rank(text, "time_step_rank"), text["conv_kernel"])
    if text.get("mamba_d_state"):  # Jamba
        inner = text["mamba_expand"] * hidden_of(text)
        return Mamba1(inner, text["mamba_d_state"], _rank(text, "mamba_dt_rank"), text["mamba_d_conv"])
    return None


def _rank(text: dict, key: str) -> int:
    found = text.get(key, "auto")
    return math.ceil(hidden_of(text) / 16) if found == "auto" else found


def state(text: dict, sizes: Mamba1 | Mamba2) -> dict[str, Any]:
    """What one layer keeps of a sequence. Nemotron H keeps it in 32 bits where nothing is said, all others in the
    model's dtype (models/config.py, NemotronHForCausalLMConfig)."""
    usual = "float32" if "mamba_num_heads" in text else "bfloat16"
    width = 2 if text.get("mamba_ssm_cache_dtype", usual) in NARROW else 4
    if isinstance(sizes, Mamba1):
        inner, kept = sizes.inner, sizes.inner * sizes.state
        return {"recurrent_elements": kept, "recurrent_bytes": width, "conv_elements": inner * (sizes.kernel - 1)}
    return {
        "recurrent_elements": sizes.inner * sizes.state,
        "recurrent_bytes": width,
        "conv_elements": sizes.convolved * (sizes.kernel - 1),
        "checkpoints": "always",
    }


def mixers(sizes: Mamba1 | Mamba2, hidden: int, layers: tuple[int, ...]) -> list[Matrix]:
    """The matrices of one such layer each."""

    def one(name: str, inputs: int, outputs: int, each: int = 1) -> Matrix:
        return Matrix("recurrent", f"layers.{{}}.mixer.{name}", inputs, outputs, layers, each)

    if isinstance(sizes, Mamba1):
        return [
            one("in_proj", hidden, sizes.inner, 2),
            one("conv1d", sizes.kernel, sizes.inner),
            one("x_proj", sizes.inner, sizes.rank + 2 * sizes.state),
            one("dt_proj", sizes.rank, sizes.inner),
            one("A", sizes.inner, sizes.state),
            one("out_proj", sizes.inner, hidden),
        ]
    return [
        one("in_proj", hidden, sizes.inner, 2),
        one("in_proj", hidden, sizes.groups * sizes.state, 2),
        one("in_proj", hidden, sizes.heads),
        one("conv1d", sizes.kernel, sizes.convolved),
        one("out_proj", sizes.inner, hidden),
    ]


def shared_blocks(text: dict, hidden: int, layers: tuple[int, ...]) -> list[Matrix]:
    """Zamba 2: a few blocks of attention and MLP, over twice the width, that its hybrid layers use in turn; each layer
    adds a narrow matrix of its own to the shared ones, and one after them."""
    blocks, rank, width = tuple(range(text["num_mem_blocks"])), text["adapter_rank"], text["intermediate_size"]
    wide, inner = 2 * hidden, heads_of(text) * (text.get("attention_head_dim") or 2 * hidden // heads_of(text))

    def one(part, name: str, inputs: int, outputs: int, where=blocks, each: int = 1) -> Matrix:
        return Matrix(part, f"layers.{{}}.shared_transformer.{name}", inputs, outputs, where, each)

    found = [
        one("attention", "self_attn.qkv_proj", wide, inner, each=3),
        one("attention", "self_attn.o_proj", inner, hidden),
        one("mlp", "feed_forward.gate_up_proj", hidden, 2 * width),
        one("mlp", "feed_forward.down_proj", width, hidden),
        one("mlp", "feed_forward.adapter_in", hidden, rank, layers),
        one("mlp", "feed_forward.adapter_out", rank, 2 * width, layers),
        one("mlp", "linear", hidden, hidden, layers),
    ]
    if text.get("use_shared_attention_adapter"):
        found.append(one("attention", "self_attn.adapter_in", wide, rank, layers, 3))
        found.append(one("attention", "self_attn.adapter_out", rank, inner, layers, 3))
    return found
