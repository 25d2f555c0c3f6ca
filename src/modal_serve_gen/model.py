"""What the project knows of one model, and how much KV cache its configuration costs (pure; nothing here reads a file).

`Model` is the value that `hub.resolve` hands to `plan.plan` and `render.render`.
"""

import math
import re
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from modal_serve_gen.attention import MOST, Layers, Size, heads_of, layers_of, text_part
from modal_serve_gen.errors import ModelRefused, shown

__all__ = [
    "Layers",
    "Model",
    "from_config",
    "kv_bytes_per_token",
    "request_bytes",
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
    speculative: dict[str, dict[str, Any]] = {}  # engine -> method, draft_model, draft_revision, num_tokens, arguments
    min_engine: dict[str, str] = {}  # engine -> oldest version that a public recipe names
    trust_remote_code: bool = False  # True: needs Python code out of its own repository
    pickle_only: bool = False
    source: str  # "bundled facts" or the Hub's address
    notes: tuple[str, ...] = ()
    config: dict[str, Any] = Field(default_factory=dict, exclude=True, repr=False)


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


def from_config(id: str, revision: str, config: Any, *, weight_bytes: int, source: str, **known: Any) -> Model:
    """The Model that `config` (a config.json) describes; `known` holds fields that the configuration does not say.

    A known field wins over the configuration's. Raises ModelRefused naming the field that the configuration lacks or
    has wrong.
    """
    try:
        if not isinstance(config, dict):
            raise TypeError("it is not an object")
        text = text_part(config)
        quantization, block = quantization_of(config)
        read = {
            "architecture": architecture_of(config),
            "model_type": config.get("model_type"),
            "text_model_type": text.get("model_type"),
            "dtype": str(text.get("dtype") or text.get("torch_dtype") or "bfloat16").removeprefix("torch."),
            "quantization": quantization,
            "quantization_block": block,
            "max_context": _first(text, "max_position_embeddings", "max_sequence_length", "n_positions", "seq_length"),
            "layers": layers_of(config),
            "num_attention_heads": heads_of(text),
            "hidden_size": _first(text, "hidden_size", "n_embd"),
            "shard_sizes": _shard_sizes(text),
            "vocab_size": _first(text, "vocab_size"),
            "num_experts": next((text[k] for k in EXPERTS if text.get(k)), None),
            "experts_per_token": text.get("num_experts_per_tok") or text.get("num_experts_per_token"),
            "multimodal": any(isinstance(config.get(k), dict) for k in ("vision_config", "audio_config")),
            "config": config,
        }
        return Model(id=id, revision=revision, weight_bytes=weight_bytes, source=source, **{**read, **known})
    except KeyError as error:
        fault = f"lacks {error.args[0]}"
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        fault = f"has {'.'.join(map(str, first['loc']))} = {shown(first['input'], 40)}: {first['msg'].lower()}"
    except (TypeError, ValueError, AttributeError, ArithmeticError) as error:
        fault = f"cannot be read ({shown(error)})"
    raise ModelRefused(
        f"The config.json of {id} {fault}.",
        "Choose a revision or a model whose configuration is complete: `modal-serve-gen list models`.",
    )


EXPERTS = ("num_experts", "num_local_experts", "n_routed_experts")


def architecture_of(config: dict) -> str:
    """`architectures[0]`. KeyError when the configuration names none."""
    named = config.get("architectures")
    if isinstance(named, list) and named and isinstance(named[0], str):
        return named[0]
    raise KeyError("architectures")


def quantization_of(config: dict) -> tuple[str | None, int | None]:
    """The label of the weights' format and the block that FP8 shards must be a multiple of."""
    text = text_part(config)
    stated = config.get("quantization_config") or text.get("quantization_config") or config.get("compression_config")
    if not isinstance(stated, dict):
        return None, None
    method = str(stated.get("quant_method") or stated.get("quant_algo") or "unknown").lower()
    block = stated.get("weight_block_size")
    block = block[0] if isinstance(block, list) and block and isinstance(block[0], int) else None
    if method.startswith("modelopt"):
        algorithm = str(stated.get("quant_algo") or "").lower()
        return {"fp8": "fp8", "nvfp4": "nvfp4", "mixed_precision": "modelopt-mixed"}.get(algorithm, method), block
    if method == "compressed-tensors":
        return _compressed(stated), block
    return method, block


def _compressed(stated: dict) -> str:
    layout = str(stated.get("format") or "")
    for name in ("mxfp4", "nvfp4"):
        if name in layout:
            return name
    groups = stated.get("config_groups")
    weights = [g["weights"] for g in groups.values() if g.get("weights")] if isinstance(groups, dict) else []
    if "float" in layout or (weights and weights[0].get("type") == "float" and weights[0].get("num_bits") == 8):
        return "fp8"
    bits = weights[0].get("num_bits") if weights else None
    return f"compressed-tensors-int{bits}" if bits else "compressed-tensors"


def _first(text: dict, *keys: str) -> int:
    for key in keys:
        if text.get(key) is not None:
            return text[key]
    raise KeyError(keys[0])


def _shard_sizes(text: dict) -> tuple[int, ...]:
    keys = ("moe_intermediate_size", "shared_expert_intermediate_size", "intermediate_size")
    dense = not any(text.get(k) for k in EXPERTS) or text.get("first_k_dense_replace")
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


def window_bytes_per_sequence(
    model: Model, length: int, tp: int = 1, cache_bytes: float = 2, *, in_flight: int = 0, block: int = 16
) -> float:
    """Bytes on each GPU that the sliding and chunked layers of one sequence of `length` tokens hold.

    Blocks for min(window - 1 + in_flight, length) tokens, plus one since a window may begin inside a block; `in_flight`
    are tokens scheduled but not settled (vLLM 0.33.0, SlidingWindowSpec.max_admission_blocks_per_request).
    """
    return sum(_window_bytes(layer, length, tp, cache_bytes, in_flight, block) for layer in model.layers)


def _window_bytes(layer: Layers, length: int, tp: int, cache_bytes: float, in_flight: int, block: int) -> float:
    if not layer.window:
        return 0.0
    tokens = min(layer.window - 1 + in_flight, length)
    return (math.ceil(tokens / block) + 1) * block * layer.token_bytes(tp, cache_bytes)


def request_bytes(
    model: Model, length: int, tp: int = 1, cache_bytes: float = 2, *, in_flight: int = 0, block: int = 16
) -> float:
    """Bytes on each GPU that one request of `length` tokens occupies, everything counted.

    Hybrids round the attention block up until its page holds a state page, keep two states per sequence while prefixes
    are cached (vLLM 0.33.0, MambaSpec.max_memory_usage_bytes in mode `align`), and pad their groups of layers.
    """
    per_token = kv_bytes_per_token(model, tp, cache_bytes)
    kept_block = block
    if state_bytes_per_sequence(model, tp) and per_token:
        attention = sum(x.count for x in model.layers if x.kind in ("full", "mla"))
        largest = max(x.state_bytes(tp) / x.count for x in model.layers if x.kind == "linear")
        kept_block = max(block, math.ceil(largest / (per_token / max(1, attention)) / block) * block)
    tokens = math.ceil(length / kept_block) * kept_block
    group = _group_size(model)
    total = 0.0
    for layer in model.layers:
        held = 0.0 if layer.window else tokens * layer.token_bytes(tp, cache_bytes)
        held += _window_bytes(layer, length, tp, cache_bytes, in_flight, block) + 2 * layer.state_bytes(tp)
        total += held * (math.ceil(layer.count / group) * group / layer.count if group else 1)
    return total


def _group_size(model: Model) -> int:
    """How many layers share a page where kinds are mixed; each kind is padded to a multiple of it. 0: no groups.

    The smallest count, or the largest when that is less than half as much again (vLLM 0.33.0, v1/core/
    kv_cache_planning.py, _get_kv_cache_groups_uniform_page_size).
    """
    kinds = {layer.kind for layer in model.layers}
    if "compressed" in kinds or not kinds & {"sliding", "chunked", "linear"} or not kinds & {"full", "mla"}:
        return 0
    counts = [layer.count for layer in model.layers]
    return max(counts) if max(counts) < 1.5 * min(counts) else min(counts)
