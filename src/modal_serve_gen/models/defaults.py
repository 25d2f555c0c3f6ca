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


# By model type (gates and windows: vLLM 0.33.0, models of these types, and engine/arg_utils.py, create_engine_config).
BY_DEFAULTS = (
    (Defaults(tied=True), ("cohere", "ernie4_5", "gemma", "granite_swa", "lfm2")),
    (Defaults(tied=True), ("minicpm", "paligemma", "smollm3", "youtu")),
    (Defaults(tied=True, full_every=2), ("gemma2", "vaultgemma")),
    (Defaults(tied=True, full_every=4), ("cohere2",)),
    (Defaults(tied=True, full_every=5), ("gemma3n_text",)),
    (Defaults(tied=True, full_every=6), ("gemma3", "gemma3_text", "gemma4_text")),
    (Defaults(full_every=2), ("gpt_oss",)),
    (Defaults(full_every=4), ("olmo3",)),
    (Defaults(full_every=4, gated_attention=True), ("afmoe", "muse_glimmer_text")),
    (Defaults(gated_attention=True), ("hrm_text", "hy_v4")),
    (Defaults(windowed=True), ("ministral", "mistral", "mixtral", "phi3", "phimoe")),
    (Defaults(gated_mlp=False), ("codegen", "gpt_neox", "gptj", "nemotron", "phi")),
    (Defaults(gated_mlp=False, tied=True), ("bloom", "falcon", "mpt", "RefinedWeb", "RefinedWebModel")),
    (Defaults(gated_mlp=False, tied=True, windowed=True), ("starcoder2",)),
    (Defaults(gated_mlp=False, tied=True, first_position=0), ("gpt2", "gpt_bigcode")),
    (Defaults(gated_mlp=False, tied=True, first_position=2), ("opt",)),
    (Defaults(joint_mlp=True), ("molmo",)),
    (Defaults(shared_experts=1), ("hunyuan_v1_moe",)),
    (Defaults(), ("minicpmo", "minicpmv")),
)
DEFAULTS = {model_type: defaults for defaults, model_types in BY_DEFAULTS for model_type in model_types}


def defaults_of(text_config: TextConfig) -> Defaults:
    """The defaults of its model type; of those of a relative by name, only whether the head is tied is used."""
    model_type = text_config.model_type
    if model_type in DEFAULTS:
        return DEFAULTS[model_type]
    return Defaults(tied=any(defaults.tied and model_type.startswith(name) for name, defaults in DEFAULTS.items()))
