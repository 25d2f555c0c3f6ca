"""A model as the planner sees it, and the KV cache that its configuration costs (pure; nothing here reads a file).

`Model` is the value that `hub.resolve` hands to `plan.plan` and `render.render`.
"""

import re
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, InstanceOf, ValidationError

from modal_serve_gen.errors import InvalidConfig, ModelError, quoted
from modal_serve_gen.facts import Draft
from modal_serve_gen.models import quantization_config, weights
from modal_serve_gen.models.decoder import Decoder, LayerGroup, layer_groups
from modal_serve_gen.models.encoders import unsized_encoder
from modal_serve_gen.models.families import decoder_of
from modal_serve_gen.models.mlp import expert_count
from modal_serve_gen.models.text_config import (
    MAMBA_TYPES,
    MAX_SIZE,
    Json,
    TextConfig,
    text_config_of,
)
from modal_serve_gen.models.unread import unread_fields
from modal_serve_gen.models.weight_format import WeightFormat

__all__ = [
    "Model",
    "from_config",
    "kv_bytes_per_token",
    "state_bytes_per_sequence",
    "valid_id",
]

# The Hub's rules (huggingface_hub.utils.validate_repo_id), in ASCII only, as the Hub requires of new names.
ID = re.compile(r"(?:[A-Za-z0-9_][\w.-]{0,95}/)?[A-Za-z0-9_][\w.-]{0,95}", re.ASCII)
SHA = re.compile(r"[0-9a-f]{40}")
Size = Annotated[int, Field(ge=0, le=MAX_SIZE)]


class Model(BaseModel):
    """One model at one revision. Sizes are in bytes, lengths in tokens."""

    # Names that begin with model_ are intended; older pydantic releases warn about them.
    model_config = ConfigDict(frozen=True, protected_namespaces=())

    id: str
    revision: str  # 40 hex digits
    architecture: str  # `architectures[0]` of its config.json
    model_type: str | None = None
    text_model_type: str | None = None  # of the language model inside a multimodal one
    gated: bool | None = None  # None: not known
    dtype: str = "bfloat16"
    quantization: str | None = None  # fp8, awq, mxfp4, nvfp4, compressed-tensors-int4, ...; None: not quantized
    quantization_method: str | None = None  # quant_method in its configuration
    quantization_block: Size | None = None  # side of the blocks that share a scale, in FP8
    weight_bytes: int = Field(gt=0, le=2**60)
    weight_margin: float = Field(default=0.0, ge=0)  # fraction by which they may be larger
    weights_exact: bool = False  # True: summed from the files themselves
    weights_computed: bool = False  # True: computed from the configuration
    weights_source: str = ""
    assumed: bool = False  # True: the configuration is that of another commit, as the Hub was not asked
    unread: tuple[str, ...] = ()  # fields that name a type or a size, and that nothing here reads
    max_context: int = Field(gt=0, le=MAX_SIZE)
    layers: tuple[LayerGroup, ...] = Field(min_length=1)
    num_attention_heads: int = Field(gt=0, le=MAX_SIZE)
    hidden_size: int = Field(gt=0, le=MAX_SIZE)
    vocab_size: int = Field(gt=0, le=MAX_SIZE)
    num_experts: Size | None = None
    multimodal: bool = False
    tool_call_parser: dict[str, str] = {}  # engine -> name
    reasoning_parser: dict[str, str] = {}
    speculative: dict[str, Draft] = {}  # by engine
    config: Json = Field(default_factory=dict, exclude=True, repr=False)
    sizes: InstanceOf[weights.Sizes] = Field(exclude=True, repr=False)  # of its parts, by the configuration
    weight_factor: float = 1.0  # size of the files, relative to those sizes


def valid_id(text: str) -> bool:
    """True for a repository id by the Hub's rules: `name` or `owner/name`."""
    parts = text.split("/")
    return (
        ID.fullmatch(text) is not None
        and "--" not in text
        and ".." not in text
        and not text.endswith(".git")
        and all(part[-1] not in "-." for part in parts)
    )


def from_config(
    id: str,
    revision: str,
    config: Any,
    *,
    weight_bytes: int | None = None,
    weights_from_files: bool = False,
    **known: Any,
) -> Model:
    """The Model that a config.json describes; `known` are fields that come from elsewhere and take precedence.

    `weight_bytes` that were not summed from files are replaced by what the configuration implies, an estimate with a
    margin. Raises ModelError naming the field that the configuration lacks, or whose value is wrong.
    """
    try:
        if not isinstance(config, dict):
            raise TypeError("it is not an object")
        stated = _stated(config, known.get("quantization"), weight_bytes if weights_from_files else None)
        return Model(id=id, revision=revision, **{**stated, **known})
    except KeyError as error:
        problem = f"lacks {error.args[0]}"
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        problem = f"has {'.'.join(map(str, first['loc']))} = {quoted(first['input'], 40)}: {first['msg'].lower()}"
    except InvalidConfig as error:
        raise ModelError(
            f"The config.json of {id} cannot be planned: {error}.",
            "Fix it, or choose another model: `modal-serve-gen list models`.",
        ) from None
    except (TypeError, ValueError, AttributeError, ArithmeticError) as error:
        problem = f"cannot be read ({quoted(error)})"
    raise ModelError(
        f"The config.json of {id} {problem}.",
        "Choose a revision or a model whose configuration is complete: `modal-serve-gen list models`.",
    )


def _stated(config: Json, quantization: str | None, file_bytes: int | None) -> Json:
    """The fields of a Model that its configuration states or implies."""
    text_config, decoder = text_config_of(config), decoder_of(config)
    weight_format = quantization_config.read(config, quantization)
    return {
        "architecture": architecture_of(config),
        "model_type": config.get("model_type"),
        "text_model_type": text_config.get("model_type"),
        "dtype": text_config.dtype,
        "quantization": weight_format.label,
        "quantization_method": weight_format.method,
        "quantization_block": weight_format.block,
        "max_context": _max_context(text_config),
        "layers": layer_groups(decoder),
        "num_attention_heads": text_config.heads,
        "hidden_size": decoder.hidden_size,
        "vocab_size": decoder.vocab_size,
        "num_experts": expert_count(text_config) or None,
        "multimodal": any(isinstance(config.get(key), dict) for key in ENCODERS),
        "config": config,
        **_with_unread(config, _weights(config, decoder, weight_format, file_bytes)),
    }


def _weights(config: Json, decoder: Decoder, weight_format: WeightFormat, file_bytes: int | None) -> Json:
    """The sizes of all parts, and their sum or that of the files."""
    sizes = weights.sizes_of(decoder, weight_format)
    if file_bytes:
        factor = weights.scale(file_bytes, sizes)
        return {"weight_bytes": file_bytes, "weights_source": FROM_FILES, "sizes": sizes, "weight_factor": factor}
    if field := unsized_encoder(config):
        raise InvalidConfig(f"its {field} names an encoder without its size")
    plain = weight_format.label is None and all(weight.part != "tower" for weight in sizes.weights)
    return {
        "weight_bytes": max(1, round(sizes.served + sizes.drafts)),
        "weight_margin": MARGINS["plain" if plain else "certain" if sizes.certain else "uncertain"],
        "weights_computed": True,
        "weights_source": COMPUTED if sizes.certain else f"{COMPUTED}, which does not say which layers are quantized",
        "sizes": sizes,
    }


def _with_unread(config: Json, sizes: Json) -> Json:
    """The sizes, with a wider margin where the configuration states a type or a size that nothing reads."""
    if not (names := unread_fields(config)):
        return sizes
    margin = max(sizes.get("weight_margin", 0.0), MARGINS["uncertain"])
    return {**sizes, "unread": names, "weight_margin": margin}


FROM_FILES = "sum of the safetensors files"
COMPUTED = "computed from config.json"
# How far computed sizes may be off, as a fraction: matrices in 16 bits; encoders or scales that a configuration does
# not describe; a format whose lists of modules are absent (`python -m scripts.calibrate --all` lists the errors).
MARGINS = {"plain": 0.005, "certain": 0.02, "uncertain": 0.1}


def architecture_of(config: Json) -> str:
    """`architectures[0]`. KeyError when the configuration names none."""
    names = config.get("architectures")
    if isinstance(names, list) and names and isinstance(names[0], str):
        return names[0]
    raise KeyError("architectures")


ENCODERS = ("vision_config", "audio_config", "thinker_config")
# Fields that state the length of a context; the smallest counts. Where none is stated, vLLM assumes 2,048 for some
# families (vLLM 0.33.0, transformers_utils/model_arch_config_convertor.py, derive_max_model_len_and_key;
# config/model.py).
CONTEXT_LENGTHS = (
    "max_position_embeddings",
    "n_positions",
    "max_seq_len",
    "seq_length",
    "max_sequence_length",
    "max_seq_length",
    "seq_len",
)
ASSUMED_CONTEXT = 2048
WITHOUT_CONTEXT = (*MAMBA_TYPES, "bloom", "falcon", "RefinedWeb", "RefinedWebModel")


def _max_context(text_config: TextConfig) -> int:
    if isinstance(longest := text_config.get("model_max_length"), int):  # Command R: takes precedence over all others
        return longest
    stated = [length for key in CONTEXT_LENGTHS if (length := text_config.get(key)) is not None]
    if not stated and text_config.model_type in WITHOUT_CONTEXT:
        return ASSUMED_CONTEXT
    return min(stated) if stated else text_config.size(CONTEXT_LENGTHS[0])


def kv_bytes_per_token(model: Model, tp: int = 1, cache_bytes: float = 2) -> float:
    """Bytes of KV cache on each GPU for one more token, in the layers that keep every token.

    full: count x max(1, heads // tp) x (K + V) x bytes; MLA: count x (latent + rope) x bytes, not divided by tp
    (vLLM 0.33.0, v1/kv_cache_interface.py FullAttentionSpec and MLAAttentionSpec).
    """
    return sum(layer.token_bytes(tp, cache_bytes) for layer in model.layers if not layer.window)


def state_bytes_per_sequence(model: Model, tp: int = 1) -> float:
    """Bytes on each GPU for the state of one sequence, in linear attention, Mamba and convolution layers.

    The sum of each layer's state shapes (vLLM 0.33.0, model_executor/layers/mamba/mamba_utils.py), divided by tp.
    """
    return sum(layer.state_bytes(tp) for layer in model.layers)
