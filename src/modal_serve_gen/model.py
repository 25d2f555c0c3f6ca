"""What the project knows of one model, and how much KV cache its configuration costs (pure; nothing here reads a file).

`Model` is the value that `hub.resolve` hands to `plan.plan` and `render.render`.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Kind = Literal["full", "sliding", "chunked", "mla", "compressed", "linear"]


class Layers(BaseModel):
    """Layers of one kind, all alike: what each of them stores for one token, or for one sequence."""

    model_config = ConfigDict(frozen=True)

    kind: Kind
    count: int = Field(gt=0)
    kv_heads: int = 0  # of the configuration, before tensor parallelism; 0 for mla and linear
    key_dim: int = 0  # head size of K; for mla: kv_lora_rank + qk_rope_head_dim
    value_dim: int = 0  # head size of V; 0 where V is not stored apart
    window: int | None = None  # tokens a sliding or chunked layer looks back
    state_bytes: int = 0  # linear layers: bytes per sequence and layer at TP 1
    compress_ratio: int = 1  # compressed layers keep one entry for so many tokens


class Model(BaseModel):
    """One model at one revision. Sizes are bytes, lengths tokens."""

    model_config = ConfigDict(frozen=True)

    id: str
    revision: str  # 40 hex digits
    architecture: str  # `architectures[0]` of its config.json
    model_type: str | None = None
    license: str | None = None
    gated: bool | None = None  # None: not known
    dtype: str = "bfloat16"
    quantization: str | None = None  # fp8, awq, mxfp4, nvfp4, compressed-tensors-int4, ...; None: not quantised
    quantization_block: int | None = None  # fp8 block size that every shard must be a multiple of
    weight_bytes: int = Field(gt=0)
    weights_exact: bool = False  # True: summed from the files themselves
    weights_source: str = ""
    max_context: int = Field(gt=0)
    layers: tuple[Layers, ...]
    num_attention_heads: int = Field(gt=0)
    hidden_size: int = Field(gt=0)
    intermediate_size: int | None = None
    vocab_size: int = Field(gt=0)
    num_experts: int | None = None
    experts_per_token: int | None = None
    multimodal: bool = False
    tool_call_parser: dict[str, str] = {}  # engine -> name
    reasoning_parser: dict[str, str] = {}
    speculative: dict[str, Any] | None = None  # method, draft_model, draft_revision, num_tokens, engine
    min_engine: dict[str, str] = {}  # engine -> oldest version that a public recipe names
    trust_remote_code: bool = False  # True: its config names code of its own and the engine has no class for it
    pickle_only: bool = False
    source: str  # "bundled facts" or the Hub's address
    notes: tuple[str, ...] = ()
    config: dict[str, Any] = Field(default_factory=dict, exclude=True, repr=False)


def valid_id(text: str) -> bool:
    """Whether `text` is a repository id by the Hub's own rules (`name` or `owner/name`)."""
    raise NotImplementedError


def from_config(id: str, revision: str, config: dict, *, weight_bytes: int, source: str, **known: Any) -> Model:
    """The Model that `config` (a config.json) describes; `known` holds fields that the configuration does not say.

    Raises ModelRefused naming the field when the configuration lacks one.
    """
    raise NotImplementedError


def kv_bytes_per_token(model: Model, tp: int = 1, cache_bytes: float = 2) -> float:
    """Bytes of KV cache that one more token costs on each GPU in the layers that keep every token."""
    raise NotImplementedError


def state_bytes_per_sequence(model: Model, tp: int = 1) -> float:
    """Bytes on each GPU that one sequence holds in its linear-attention, Mamba and convolution layers."""
    raise NotImplementedError


def window_bytes_per_sequence(
    model: Model, length: int, tp: int = 1, cache_bytes: float = 2, *, batched_tokens: int = 8192, block: int = 16
) -> float:
    """Bytes on each GPU that the sliding and chunked layers of one sequence of `length` tokens hold."""
    raise NotImplementedError
