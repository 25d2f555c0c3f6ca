"""State-space layers, Mamba 1 and 2, alone and with attention (pure).

Shapes follow vLLM 0.33.0 (model_executor/layers/mamba/mamba_mixer.py, mamba_mixer2.py and mamba_utils.py).
"""

import math
from dataclasses import dataclass

from modal_serve_gen.models.attention import attention_of, hybrid_layers, layer_types_of, stated_layer_types
from modal_serve_gen.models.decoder import Decoder, LayerGroup, Matrix, Mixer, Mlp
from modal_serve_gen.models.families.assembly import assemble
from modal_serve_gen.models.mlp import dense_mlp, experts_of, mlp_layers
from modal_serve_gen.models.text_config import MAMBA_TYPES, TextConfig

NARROW = ("bfloat16", "float16")
# Names of the sizes of Mamba 2: heads, head size, state, groups, kernel.
MAMBA2_SIZES = ("num_heads", "head_dim", "state_size", "n_groups", "conv_kernel")
BAMBA_SIZES = ("mamba_n_heads", "mamba_d_head", "mamba_d_state", "mamba_n_groups", "mamba_d_conv")
NEMOTRON_SIZES = ("mamba_num_heads", "mamba_head_dim", "ssm_state_size", "n_groups", "conv_kernel")
NEMOTRON_LETTERS = {"M": "mamba", "*": "attention", "E": "moe", "-": "mlp"}


@dataclass(frozen=True, slots=True)
class Mamba1:
    inner: int
    state: int
    rank: int
    kernel: int
    state_bytes: int  # per element of the state

    def caches(self) -> tuple[LayerGroup, ...]:
        return (
            LayerGroup(
                kind="linear",
                recurrent_elements=self.inner * self.state,
                recurrent_bytes=self.state_bytes,
                conv_elements=self.inner * (self.kernel - 1),
            ),
        )

    def matrices(self, hidden: int) -> list[Matrix]:
        return [
            mixer_matrix("in_proj", hidden, self.inner, 2),
            mixer_matrix("conv1d", self.kernel, self.inner),
            mixer_matrix("x_proj", self.inner, self.rank + 2 * self.state),
            mixer_matrix("dt_proj", self.rank, self.inner),
            mixer_matrix("A", self.inner, self.state),
            mixer_matrix("out_proj", self.inner, hidden),
        ]


@dataclass(frozen=True, slots=True)
class Mamba2:
    heads: int
    head_dim: int
    state: int
    groups: int
    kernel: int
    state_bytes: int  # per element of the state

    @property
    def inner(self) -> int:
        return self.heads * self.head_dim

    @property
    def convolved(self) -> int:
        return self.inner + 2 * self.groups * self.state

    def caches(self) -> tuple[LayerGroup, ...]:
        return (
            LayerGroup(
                kind="linear",
                recurrent_elements=self.inner * self.state,
                recurrent_bytes=self.state_bytes,
                conv_elements=self.convolved * (self.kernel - 1),
                checkpoints="always",
            ),
        )

    def matrices(self, hidden: int) -> list[Matrix]:
        return [
            mixer_matrix("in_proj", hidden, self.inner, 2),
            mixer_matrix("in_proj", hidden, self.groups * self.state, 2),
            mixer_matrix("in_proj", hidden, self.heads),
            mixer_matrix("conv1d", self.kernel, self.convolved),
            mixer_matrix("out_proj", self.inner, hidden),
        ]


def mixer_matrix(name: str, inputs: int, outputs: int, each: int = 1) -> Matrix:
    return Matrix("recurrent", f"layers.{{}}.mixer.{name}", inputs, outputs, each=each)


def mamba2_of(text_config: TextConfig, names: tuple[str, str, str, str, str], *, usual: str = "bfloat16") -> Mamba2:
    """Mamba 2 by the family's names of its sizes; `usual` is the dtype of states where none is stated."""
    heads, head_dim, state, groups, kernel = names
    count = text_config.size(heads)
    dim = 0 if text_config.get(head_dim) == "auto" else text_config.optional(head_dim)
    if not dim:
        inner = text_config.optional("mamba_d_ssm")
        dim = (inner or (text_config.optional("mamba_expand") or 2) * text_config.size("hidden_size")) // count
    return Mamba2(
        count,
        dim,
        text_config.size(state),
        text_config.size(groups),
        text_config.size(kernel),
        state_bytes_of(text_config, usual),
    )


def state_bytes_of(text_config: TextConfig, usual: str = "bfloat16") -> int:
    """Bytes of an element of a state: the model's 16 bits where nothing is stated, but for Nemotron H (vLLM 0.33.0,
    models/config.py, NemotronHForCausalLMConfig)."""
    return 2 if text_config.values.get("mamba_ssm_cache_dtype", usual) in NARROW else 4


def step_rank(text_config: TextConfig, key: str) -> int:
    """The rank of Mamba 1's time steps; "auto" is a sixteenth of the width."""
    if text_config.values.get(key, "auto") == "auto":
        return math.ceil(text_config.size("hidden_size") / 16)
    return text_config.size(key)


def mamba(text_config: TextConfig) -> Decoder | None:
    """Attention-free state-space models: Mamba, Mamba 2 and Falcon Mamba."""
    if text_config.model_type not in MAMBA_TYPES:
        return None
    mixer: Mixer
    if text_config.model_type == "mamba2":
        mixer = mamba2_of(text_config, MAMBA2_SIZES)
    else:
        inner = text_config.optional("intermediate_size")
        mixer = Mamba1(
            inner or (text_config.optional("expand") or 2) * text_config.size("hidden_size"),
            text_config.size("state_size"),
            step_rank(text_config, "time_step_rank"),
            text_config.size("conv_kernel"),
            state_bytes_of(text_config),
        )
    total = text_config.layer_count
    return assemble(text_config, [mixer] * total, [()] * total, tied=text_config.model_type != "mamba2")


def bamba(text_config: TextConfig) -> Decoder | None:
    """Mamba 2 in most layers and attention in the listed ones: Bamba, Granite 4."""
    if not text_config.get("mamba_n_heads"):
        return None
    stated = stated_layer_types(text_config)
    if not stated and (attending := text_config.items("attn_layer_indices")) is not None:
        stated = ["attention" if number in attending else "mamba" for number in range(text_config.layer_count)]
    mamba2 = mamba2_of(text_config, BAMBA_SIZES)
    mixers = hybrid_layers(text_config, layer_types_of(text_config, stated), linear_attention=mamba2)
    return assemble(text_config, mixers, mlp_layers(text_config))


def falcon_h1(text_config: TextConfig) -> Decoder | None:
    """Falcon H1: attention and Mamba 2 in parallel in every layer."""
    if "mamba_d_ssm" not in text_config:
        return None
    mixers = (attention_of(text_config), mamba2_of(text_config, BAMBA_SIZES))
    return assemble(text_config, [mixers] * text_config.layer_count, mlp_layers(text_config), tied=False)


def jamba(text_config: TextConfig) -> Decoder | None:
    """Jamba: Mamba 1 in most layers, attention in each n-th, and experts in each m-th."""
    if not text_config.get("attn_layer_period"):
        return None
    mamba1 = Mamba1(
        text_config.size("mamba_expand") * text_config.size("hidden_size"),
        text_config.size("mamba_d_state"),
        step_rank(text_config, "mamba_dt_rank"),
        text_config.size("mamba_d_conv"),
        state_bytes_of(text_config),
    )
    attention = attention_of(text_config)
    mixers = [attention if attends else mamba1 for attends in _periodic(text_config, "attn_layer")]
    sparse = _periodic(text_config, "expert_layer") if text_config.get("expert_layer_period") else None
    return assemble(text_config, mixers, mlp_layers(text_config, sparse=sparse))


def _periodic(text_config: TextConfig, prefix: str) -> list[bool]:
    """True for the layers at an offset in each period."""
    period, offset = text_config.size(f"{prefix}_period"), text_config.number(f"{prefix}_offset")
    return [number % period == offset for number in range(text_config.layer_count)]


def nemotron_h(text_config: TextConfig) -> Decoder | None:
    """Nemotron H and 3: each layer is a Mamba 2 mixer, attention, an MLP or experts, by a letter or a word."""
    if isinstance(pattern := text_config.get("hybrid_override_pattern"), str):
        blocks = [NEMOTRON_LETTERS.get(letter, "none") for letter in pattern]
    else:
        blocks = [str(name) for name in text_config.items("layers_block_type") or []]
        if not {"mlp", "moe"} & {*blocks}:
            return None
    blocks = blocks[: text_config.layer_count]
    mixers: dict[str, Mixer] = {}
    mlps: dict[str, Mlp] = {}
    if "mamba" in blocks:
        mixers["mamba"] = mamba2_of(text_config, NEMOTRON_SIZES, usual="float32")
    if "attention" in blocks:
        mixers["attention"] = attention_of(text_config)
    if "mlp" in blocks:
        mlps["mlp"] = dense_mlp(text_config)
    if "moe" in blocks:
        mlps["moe"] = experts_of(text_config)
    return assemble(text_config, [mixers.get(name, ()) for name in blocks], [mlps.get(name, ()) for name in blocks])
