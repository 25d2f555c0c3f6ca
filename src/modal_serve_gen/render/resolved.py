"""Resolved: everything the text of an app is rendered from, as one frozen record that its provenance stores."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from modal_serve_gen.models.adapters import Adapter
from modal_serve_gen.models.speculation import Speculation
from modal_serve_gen.spec.serve_spec import ServeSpec


class ModelFacts(BaseModel):
    """The model, as far as the text depends on it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    revision: str
    gated: bool | None = None  # None: unknown
    weight_bytes: int
    quantization: str | None = None
    multimodal: bool = False
    tool_parser: str | None = None
    reasoning_parser: str | None = None


class PlanFacts(BaseModel):
    """The plan, as far as the text depends on it. Memory is in GiB per GPU."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    gpu: str
    gpus: int
    tensor_parallel_size: int
    dtype: str
    max_model_len: int
    max_num_seqs: int
    max_num_batched_tokens: int
    gpu_memory_utilization: float
    startup_timeout_s: int
    usd_per_hour: float
    price_date: str
    gpu_gib: float
    weights_gib: float
    kv_gib: float
    kv_tokens: int
    state_slots: int | None = None
    compute_capability: float = 0.0
    routing_region: str = "us-east"


class Pins(BaseModel):
    """The engine's version, its base image, and the packages installed with it (`name==version`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    cuda: str
    base_image: str
    python: str
    packages: tuple[str, ...]


class Resolved(BaseModel):
    """Everything an app is rendered from. `options` are the user's own, for planning again with other ones."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    generator: str
    options: dict[str, Any] = Field(default_factory=dict)
    spec: ServeSpec
    model: ModelFacts
    plan: PlanFacts
    pins: Pins
    adapters: tuple[Adapter, ...] = ()
    max_lora_rank: int | None = None
    speculation: Speculation = Speculation()
    also: dict[str, tuple[str, ...]] = Field(default_factory=dict)  # further package lists, by name
    host_memory_gib: int = 0  # of the machine, for cache and weights that --engine-arg keep there

    @model_validator(mode="before")
    @classmethod
    def _read_older_documents(cls, document: Any) -> Any:
        """In older apps the table `options` is called `asked`."""
        if isinstance(document, dict) and "asked" in document and "options" not in document:
            return {("options" if name == "asked" else name): value for name, value in document.items()}
        return document
