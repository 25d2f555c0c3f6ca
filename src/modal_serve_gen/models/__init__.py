"""What the project knows of one model, and how much KV cache its configuration costs (pure; nothing here reads a file).

`Model` is the value that `hub.resolve` hands to `plan.plan` and `render.render`.
"""

import re
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from modal_serve_gen.errors import InvalidConfig, ModelError, quoted
from modal_serve_gen.facts import Draft
from modal_serve_gen.models import mamba, quantized, towers, weights
from modal_serve_gen.models.attention import MOST, Layers, Size, layers_of
from modal_serve_gen.models.modules import expert_count
from modal_serve_gen.models.names import heads_of, hidden_of, text_part

__all__ = [
    "Layers",
    "Model",
    "from_config",
    "kv_bytes_per_token",
    "state_bytes_per_sequence",
    "valid_id",
]

# The Hub's rules (huggingface_hub.utils.validate_repo_id), in ASCII, which the Hub itself demands when a name is given.
ID = re.compile(r"(?:[A-Za-z0-9_][\w.-]{0,95}/)?[A-Za-z0-9_][\w.-]{0,95}", re.ASCII)
SHA = re.compile(r"[0-9a-f]{40}")


class Model(BaseModel):
    """One model at one revision. Sizes are bytes, lengths tokens."""

    # Fields named model_... are meant; older pydantic releases warn of them.
    model_config = ConfigDict(frozen=True, protected_namespaces=())

    id: str
    revision: str  # 40 hex digits
    architecture: str  # `architectures[0]` of its config.json
    model_type: str | None = None
    text_model_type: str | None = None  # of the language model inside a multimodal one
    license: str | None = None
    gated: bool | None = None  # None: not known
    dtype: str = "bfloat16"
    quantization: str | None = None  # fp8, awq, mxfp4, nvfp4, compressed-tensors-int4, ...; None: not quantised
    quantization_block: Size | None = None  # fp8 block size that every shard must be a multiple of
    weight_bytes: int = Field(gt=0, le=2**60)
    weight_margin: float = Field(default=0.0, ge=0)  # how much larger, as a fraction, they might be
    weights_exact: bool = False  # True: summed from the files themselves
    weights_source: str = ""
    max_context: int = Field(gt=0, le=MOST)
    layers: tuple[Layers, ...] = Field(min_length=1)
    num_attention_heads: int = Field(gt=0, le=MOST)
    hidden_size: int = Field(gt=0, le=MOST)
    shard_sizes: tuple[Size, ...] = ()  # widths that tensor parallelism cuts: MLP, experts, shared experts
    vocab_size: int = Field(gt=0, le=MOST)
    num_experts: Size | None = None
    experts_per_token: Size | None = None
    multimodal: bool = False
    tool_call_parser: dict[str, str] = {}  # engine -> name
    reasoning_parser: dict[str, str] = {}
    speculative: dict[str, Draft] = {}  # by engine
    min_engine: dict[str, str] = {}  # engine -> oldest version that a public recipe names
    trust_remote_code: bool = False  # True: needs Python code out of its own repository
    pickle_only: bool = False
    source: str  # "bundled facts" or the Hub's address
    notes: tuple[str, ...] = ()
    config: dict[str, Any] = Field(default_factory=dict, exclude=True, repr=False)
    sizes: weights.Sizes | None = Field(default=None, exclude=True, repr=False)  # of its parts, by the configuration
    weight_factor: float = 1.0  # by which the files differ from those sizes


def valid_id(text: str) -> bool:
    """Whether `text` is a repository id by the Hub's own rules: `name` or `owner/name`."""
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
    source: str,
    **known: Any,
) -> Model:
    """The Model that `config` (a config.json) describes; `known` holds fields that the configuration does not say.

    A known field wins over the configuration's. `weight_bytes` that do not come from the files themselves give way to
    what the configuration says, which is an estimate and marked so. Raises ModelError naming the field
    that the configuration lacks or has wrong.
    """
    try:
        if not isinstance(config, dict):
            raise TypeError("it is not an object")
        weights.check(config)
        text = text_part(config)
        scheme = quantized.read(config, known.get("quantization"))
        read = {
            "architecture": architecture_of(config),
            "model_type": config.get("model_type"),
            "text_model_type": text.get("model_type"),
            "dtype": str(text.get("dtype") or text.get("torch_dtype") or "bfloat16").removeprefix("torch."),
            "quantization": scheme.label,
            "quantization_block": scheme.block,
            "max_context": _context(text),
            "layers": layers_of(config),
            "num_attention_heads": heads_of(text),
            "hidden_size": hidden_of(text),
            "shard_sizes": _shard_sizes(text),
            "vocab_size": _first(text, "vocab_size"),
            "num_experts": expert_count(text) or None,
            "experts_per_token": text.get("num_experts_per_tok"),
            "multimodal": any(isinstance(config.get(key), dict) for key in ENCODERS),
            "config": config,
            **_weights(config, known.get("quantization"), weight_bytes, weights_from_files),
        }
        return Model(id=id, revision=revision, source=source, **{**read, **known})
    except KeyError as error:
        fault = f"lacks {error.args[0]}"
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        fault = f"has {'.'.join(map(str, first['loc']))} = {quoted(first['input'], 40)}: {first['msg'].lower()}"
    except InvalidConfig as error:
        raise ModelError(
            f"The config.json of {id} cannot be planned: {error}.",
            "Mend it, or choose another model: `modal-serve-gen list models`.",
        ) from None
    except (TypeError, ValueError, AttributeError, ArithmeticError) as error:
        fault = f"cannot be read ({quoted(error)})"
    raise ModelError(
        f"The config.json of {id} {fault}.",
        "Choose a revision or a model whose configuration is complete: `modal-serve-gen list models`.",
    )


def _weights(config: dict, told: str | None, known: int | None, from_files: bool) -> dict[str, Any]:
    """The sizes of all parts, and what is known of them together."""
    sized = weights.sizes(config, told)
    if known and from_files:
        factor = weights.scale(known, sized)
        return {"weight_bytes": known, "weights_source": READ, "sizes": sized, "weight_factor": factor}
    if missing := towers.unsized(config):
        raise InvalidConfig(f"its {missing} tells of an encoder, and not of its size")
    plain = all(one.part != "tower" for one in sized.weights) and quantized.read(config, told).label is None
    return {
        "weight_bytes": max(1, round(sized.served + sized.drafts)),
        "weight_margin": MARGINS["plain" if plain else "certain" if sized.certain else "uncertain"],
        "weights_source": COMPUTED if sized.certain else f"{COMPUTED}; which layers are quantised it does not say",
        "sizes": sized,
    }


READ = "sum of the safetensors files"
# How far computed sizes may be off, as a fraction: matrices in 16 bits; encoders or scales that a configuration does
# not describe; a format whose lists it leaves out (`python -m scripts.calibrate --all` shows each).
MARGINS = {"plain": 0.005, "certain": 0.02, "uncertain": 0.1}
COMPUTED = "computed from config.json"


def architecture_of(config: dict) -> str:
    """`architectures[0]`. KeyError when the configuration names none."""
    named = config.get("architectures")
    if isinstance(named, list) and named and isinstance(named[0], str):
        return named[0]
    raise KeyError("architectures")


def _first(text: dict, *keys: str) -> int:
    for key in keys:
        if text.get(key) is not None:
            return text[key]
    raise KeyError(keys[0])


ENCODERS = ("vision_config", "audio_config", "thinker_config")
# Where the length of a context stands; the least counts. For families that never say it, vLLM assumes 2,048
# (vLLM 0.33.0, transformers_utils/model_arch_config_convertor.py, derive_max_model_len_and_key; config/model.py).
LENGTHS = (
    "max_position_embeddings", "n_positions", "max_seq_len", "seq_length", "max_sequence_length", "max_seq_length",
    "seq_len",
)  # fmt: skip
ASSUMED = dict.fromkeys((*mamba.PURE, "bloom", "falcon", "RefinedWeb", "RefinedWebModel"), 2048)


def _context(text: dict) -> int:
    if isinstance(longest := text.get("model_max_length"), int):  # Command R: wins over all others
        return longest
    found = [text[key] for key in LENGTHS if text.get(key) is not None]
    if not found and text.get("model_type") in ASSUMED:
        return ASSUMED[text["model_type"]]
    return min(found) if found else _first(text, LENGTHS[0])


def _shard_sizes(text: dict) -> tuple[int, ...]:
    keys = ("moe_intermediate_size", "shared_expert_intermediate_size", "intermediate_size")
    dense = not expert_count(text) or text.get("first_k_dense_replace")
    wanted = keys if dense else keys[:2] if text.get("moe_intermediate_size") else keys
    return tuple(sorted({text[k] for k in wanted if isinstance(text.get(k), int) and text[k] > 0}))


def kv_bytes_per_token(model: Model, tp: int = 1, cache_bytes: float = 2) -> float:
    """Bytes of KV cache that one more token costs on each GPU in the layers that keep every token.

    full: count x max(1, heads // tp) x (K + V) x bytes; MLA: count x (latent + rope) x bytes, not divided by tp
    (vLLM 0.33.0, v1/kv_cache_interface.py FullAttentionSpec and MLAAttentionSpec).
    """
    return sum(layer.token_bytes(tp, cache_bytes) for layer in model.layers if not layer.window)


def state_bytes_per_sequence(model: Model, tp: int = 1) -> float:
    """Bytes on each GPU that one sequence holds in its linear-attention, Mamba and convolution layers.

    The sum of each layer's state shapes (vLLM 0.33.0, model_executor/layers/mamba/mamba_utils.py), divided by tp.
    """
    return sum(layer.state_bytes(tp) for layer in model.layers)
