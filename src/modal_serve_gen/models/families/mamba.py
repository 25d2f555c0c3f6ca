"""State-space layers, Mamba 1 and 2, alone and with attention (pure).

Shapes follow vLLM 0.33.0 (model_executor/layers/mamba/mamba_mixer.py, mamba_mixer2.py and mamba_utils.py).
"""

import math

from modal_serve_gen.models.attention import attention_of, hybrid_layers, layer_types_of, stated_layer_types
from modal_serve_gen.models.decoder import Decoder, LayerGroup, ListedMixer, Mixer, Mlp, recurrent_matrix
from modal_serve_gen.models.families.assembly import assemble
from modal_serve_gen.models.mlp import dense_mlp, experts_of, mlp_layers
from modal_serve_gen.models.text_config import MAMBA_TYPES, TextConfig

NARROW = ("bfloat16", "float16")
# Names of the sizes of Mamba 2: heads, head size, state, groups, kernel.
MAMBA2_SIZES = ("num_heads", "head_dim", "state_size", "n_groups", "conv_kernel")
BAMBA_SIZES = ("mamba_n_heads", "mamba_d_head", "mamba_d_state", "mamba_n_groups", "mamba_d_conv")
NEMOTRON_SIZES = ("mamba_num_heads", "mamba_head_dim", "ssm_state_size", "n_groups", "conv_kernel")
NEMOTRON_LETTERS = {"M": "mamba", "*": "attention", "E": "moe", "-": "mlp"}


def mamba1_of(text_config: TextConfig, inner: int, state: str, rank: str, kernel: str) -> ListedMixer:
    """Mamba 1 of that inner width, by the family's names of the other sizes; rank "auto": a sixteenth of the width."""
    hidden, states, taps = text_config.size("hidden_size"), text_config.size(state), text_config.size(kernel)
    is_auto = text_config.values.get(rank, "auto") == "auto"
    step_rank = math.ceil(hidden / 16) if is_auto else text_config.size(rank)
    return ListedMixer(
        (
            LayerGroup(
                kind="linear",
                recurrent_elements=inner * states,
                recurrent_bytes=_state_bytes(text_config),
                conv_elements=inner * (taps - 1),
            ),
        ),
        (
            recurrent_matrix("mixer.in_proj", hidden, inner, 2),
            recurrent_matrix("mixer.conv1d", taps, inner),
            recurrent_matrix("mixer.x_proj", inner, step_rank + 2 * states),
            recurrent_matrix("mixer.dt_proj", step_rank, inner),
            recurrent_matrix("mixer.A", inner, states),
            recurrent_matrix("mixer.out_proj", inner, hidden),
        ),
    )


def mamba2_of(text_config: TextConfig, names: tuple[str, ...], *, usual: str = "bfloat16") -> ListedMixer:
    """Mamba 2 by the family's names of its sizes; `usual` is the dtype of states where none is stated."""
    hidden, (heads, dim, state, groups, kernel) = text_config.size("hidden_size"), names
    count = text_config.size(heads)
    head_dim = 0 if text_config.get(dim) == "auto" else text_config.optional(dim)
    if not head_dim:
        expanded = text_config.optional("mamba_d_ssm") or (text_config.optional("mamba_expand") or 2) * hidden
        head_dim = expanded // count
    inner, states, taps = count * head_dim, text_config.size(state), text_config.size(kernel)
    group_states = text_config.size(groups) * states
    return ListedMixer(
        (
            LayerGroup(
                kind="linear",
                recurrent_elements=inner * states,
                recurrent_bytes=_state_bytes(text_config, usual),
                conv_elements=(inner + 2 * group_states) * (taps - 1),
                checkpoints="always",
                state_heads=math.gcd(count, text_config.size(groups)) if text_config.size(groups) > 1 else count,
            ),
        ),
        (
            recurrent_matrix("mixer.in_proj", hidden, inner, 2),
            recurrent_matrix("mixer.in_proj", hidden, group_states, 2),
            recurrent_matrix("mixer.in_proj", hidden, count),
            recurrent_matrix("mixer.conv1d", taps, inner + 2 * group_states),
            recurrent_matrix("mixer.out_proj", inner, hidden),
        ),
    )


def _state_bytes(text_config: TextConfig, usual: str = "bfloat16") -> int:
    """Bytes of an element of a state: the model's 16 bits where nothing is stated, but for Nemotron H (vLLM 0.33.0,
    models/config.py, NemotronHForCausalLMConfig)."""
    return 2 if text_config.values.get("mamba_ssm_cache_dtype", usual) in NARROW else 4


def mamba(text_config: TextConfig) -> Decoder | None:
    """Attention-free state-space models: Mamba, Mamba 2 and Falcon Mamba."""
    if text_config.model_type not in MAMBA_TYPES:
        return None
    if text_config.model_type == "mamba2":
        mixer = mamba2_of(text_config, MAMBA2_SIZES)
    else:
        inner = text_config.optional("intermediate_size")
        inner = inner or (text_config.optional("expand") or 2) * text_config.size("hidden_size")
        mixer = mamba1_of(text_config, inner, "state_size", "time_step_rank", "conv_kernel")
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
    inner = text_config.size("mamba_expand") * text_config.size("hidden_size")
    mamba1 = mamba1_of(text_config, inner, "mamba_d_state", "mamba_dt_rank", "mamba_d_conv")
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
