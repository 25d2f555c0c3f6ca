"""Resolved: everything the text of an app is rendered from, as one frozen record that its provenance stores."""

import math
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from modal_serve_gen import facts
from modal_serve_gen.models.adapters import Adapter
from modal_serve_gen.models.speculation import Speculation
from modal_serve_gen.models.values import Bytes, Commit, Count, Figure, ModelId, Pin, Text, Word
from modal_serve_gen.spec.serve_spec import MAX_CONTEXT, EngineArg, ServeSpec


def _gpu(value: str) -> str:
    if value not in facts.gpus() and value not in facts.gpu_aliases():
        raise ValueError(f"must be one of {', '.join(facts.gpus())}")
    return value


def _routing_region(value: str) -> str:
    if value not in facts.regions().routing.regions:
        raise ValueError(f"must be one of {', '.join(facts.regions().routing.regions)}")
    return value


PackageList = Annotated[tuple[Pin, ...], Field(max_length=1000)]
Option = bool | int | Annotated[float, Field(allow_inf_nan=False)] | Text | list[Text]


class ModelFacts(BaseModel):
    """The model, as far as the text depends on it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: ModelId
    revision: Commit
    gated: bool | None = None  # None: unknown
    weight_bytes: Bytes
    quantization: Word | None = None
    multimodal: bool = False
    tool_parser: Word | None = None
    reasoning_parser: Word | None = None


class PlanFacts(BaseModel):
    """The plan, as far as the text depends on it. Memory is in GiB per GPU."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    gpu: Annotated[str, AfterValidator(_gpu)]
    gpus: Annotated[int, Field(ge=1, le=64)]
    tensor_parallel_size: Annotated[int, Field(ge=1, le=64)]
    dtype: Word
    max_model_len: Annotated[int, Field(ge=1, le=MAX_CONTEXT)]
    max_num_seqs: Count
    max_num_batched_tokens: Annotated[int, Field(ge=1, le=MAX_CONTEXT)]
    gpu_memory_utilization: Annotated[float, Field(gt=0, le=1)]
    startup_timeout_s: Annotated[int, Field(ge=1, le=86400)]
    usd_per_hour: Figure
    price_date: Annotated[str, Field(pattern=r"^[0-9]{4}(-[0-9]{2}){1,2}$")]
    gpu_gib: Figure
    weights_gib: Figure
    kv_gib: Figure
    kv_tokens: Bytes
    state_slots: Count | None = None
    compute_capability: Figure = 0.0
    routing_region: Annotated[str, AfterValidator(_routing_region)] = "us-east"


class Pins(BaseModel):
    """The engine's version, its base image, and the packages installed with it (`name==version`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Word
    cuda: Word
    base_image: Annotated[str, Field(pattern=r"^[a-z0-9][A-Za-z0-9._:/@-]*$", max_length=300)]
    python: Annotated[str, Field(pattern=r"^3\.[0-9]{1,2}$")]
    packages: PackageList


class Resolved(BaseModel):
    """Everything an app is rendered from. `options` are the user's own, for planning again with other ones."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    generator: Word
    options: dict[Word, Option] = Field(default_factory=dict)
    spec: ServeSpec
    model: ModelFacts
    plan: PlanFacts
    pins: Pins
    adapters: tuple[Adapter, ...] = ()
    max_lora_rank: Count | None = None
    speculation: Speculation = Speculation()
    cache_flags: tuple[EngineArg, ...] = ()  # of the engine, for the KV cache
    also: dict[Word, PackageList] = Field(default_factory=dict)  # further package lists, by name
    host_memory_gib: Annotated[int, Field(ge=0, le=2**20)] = 0  # for cache and weights that --engine-arg keep there

    @model_validator(mode="after")
    def _has_finite_targets(self) -> "Resolved":
        if any(isinstance(value, float) and not math.isfinite(value) for _, value in self.spec):
            raise ValueError("the targets must be finite numbers")
        return self

    @model_validator(mode="before")
    @classmethod
    def _read_older_documents(cls, document: Any) -> Any:
        """In older apps the table `options` is called `asked`."""
        if isinstance(document, dict) and "asked" in document and "options" not in document:
            return {("options" if name == "asked" else name): value for name, value in document.items()}
        return document
