"""Attention-free state-space models: Mamba, Mamba 2 and Falcon Mamba."""

from modal_serve_gen.models.decoder import Decoder
from modal_serve_gen.models.families.assembly import assemble
from modal_serve_gen.models.state_space import Mamba1, Mamba2, mamba2_of, state_bytes_of, step_rank
from modal_serve_gen.models.text_config import TextConfig

MODEL_TYPES = ("mamba", "mamba2", "falcon_mamba")


def matches(text_config: TextConfig) -> bool:
    return text_config.model_type in MODEL_TYPES


def build(text_config: TextConfig) -> Decoder:
    mixer: Mamba1 | Mamba2
    if text_config.model_type == "mamba2":
        mixer = mamba2_of(text_config, "num_heads", "head_dim", "state_size", "n_groups", "conv_kernel")
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
    return assemble(text_config, [(mixer,)] * total, [()] * total, tied=text_config.model_type != "mamba2")
