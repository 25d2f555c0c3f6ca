"""Defaults of plain transformers by model type, which their configurations may leave out (transformers' classes)."""

from dataclasses import dataclass

from modal_serve_gen.models.text_config import TextConfig


@dataclass(frozen=True, kw_only=True)
class Defaults:
    tied: bool = False  # the head uses the embedding's weights
    full_every: int = 0  # each n-th layer has full attention, the others a window
    windowed: bool = False  # a window applies to all layers
    gated_attention: bool = False  # a gate as large as the queries
    gated_mlp: bool = True  # False: two matrices and not three; 4 x hidden_size wide where nothing is stated
    joint_mlp: bool = False  # intermediate_size counts both halves of a gated MLP's first matrix
    first_position: int | None = None  # learned positions, and how many precede that of the first token
    shared_experts: int = 0  # where no number is stated


UNGATED = Defaults(gated_mlp=False)
UNGATED_AND_TIED = Defaults(gated_mlp=False, tied=True)
GPT2 = Defaults(gated_mlp=False, tied=True, first_position=0)
WINDOWED = Defaults(windowed=True)
TIED = Defaults(tied=True)
NONE = Defaults()
# By model type (gates and windows: vLLM 0.33.0, models of these types, and engine/arg_utils.py, create_engine_config).
DEFAULTS = {
    "afmoe": Defaults(full_every=4, gated_attention=True),
    "bloom": UNGATED_AND_TIED,
    "codegen": UNGATED,
    "cohere": TIED,
    "cohere2": Defaults(tied=True, full_every=4),
    "ernie4_5": TIED,
    "falcon": UNGATED_AND_TIED,
    "gemma": TIED,
    "gemma2": Defaults(tied=True, full_every=2),
    "gemma3": Defaults(tied=True, full_every=6),
    "gemma3_text": Defaults(tied=True, full_every=6),
    "gemma3n_text": Defaults(tied=True, full_every=5),
    "gemma4_text": Defaults(tied=True, full_every=6),
    "gpt2": GPT2,
    "gpt_bigcode": GPT2,
    "gpt_neox": UNGATED,
    "gpt_oss": Defaults(full_every=2),
    "gptj": UNGATED,
    "granite_swa": TIED,
    "hrm_text": Defaults(gated_attention=True),
    "hunyuan_v1_moe": Defaults(shared_experts=1),
    "hy_v4": Defaults(gated_attention=True),
    "lfm2": TIED,
    "minicpm": TIED,
    "minicpmo": NONE,
    "minicpmv": NONE,
    "ministral": WINDOWED,
    "mistral": WINDOWED,
    "mixtral": WINDOWED,
    "molmo": Defaults(joint_mlp=True),
    "mpt": UNGATED_AND_TIED,
    "muse_glimmer_text": Defaults(full_every=4, gated_attention=True),
    "nemotron": UNGATED,
    "olmo3": Defaults(full_every=4),
    "opt": Defaults(gated_mlp=False, tied=True, first_position=2),
    "paligemma": TIED,
    "phi": UNGATED,
    "phi3": WINDOWED,
    "phimoe": WINDOWED,
    "RefinedWeb": UNGATED_AND_TIED,
    "RefinedWebModel": UNGATED_AND_TIED,
    "smollm3": TIED,
    "starcoder2": Defaults(gated_mlp=False, tied=True, windowed=True),
    "vaultgemma": Defaults(tied=True, full_every=2),
    "youtu": TIED,
}


def defaults_of(text_config: TextConfig) -> Defaults:
    """The defaults of its model type; of those of a relative by name, only whether the head is tied is used."""
    model_type = text_config.model_type
    if model_type in DEFAULTS:
        return DEFAULTS[model_type]
    return Defaults(tied=any(defaults.tied and model_type.startswith(name) for name, defaults in DEFAULTS.items()))
