"""The bundled models: configurations, sizes, parsers and drafts; and what repositories say about their task."""

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from modal_serve_gen.facts.loading import read, record, refuse


@dataclass(frozen=True, slots=True)
class Draft:
    """Speculative decoding of one model as its publisher or a public recipe sets it up."""

    method: str
    arguments: tuple[str, ...]
    source: str
    draft_model: str | None = None  # None: prediction layers of the checkpoint itself
    draft_revision: str | None = None
    num_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What is known about one model beyond its configuration. Dicts are keyed by engine."""

    tier: str
    config: str  # file below configs/
    weight_bytes: int
    weight_bytes_how: str
    weight_margin: float
    tool_call_parser: dict[str, str]
    reasoning_parser: dict[str, str]
    min_engine: dict[str, str]
    speculative: dict[str, Draft]
    confidence: Literal["A", "B", "C"]
    sources: dict[str, str]
    notes: tuple[str, ...]
    read: str  # date
    revision: str | None = None
    revision_source: str | None = None
    license: str | None = None
    gated: bool | None = None
    weights_from_files: bool = False  # False: logged by an engine, or computed
    computed_weight_bytes: int | None = None
    quantization: str | None = None
    copy_of: str | None = None  # the model that this is a quantized copy of, bundled or not


@dataclass(frozen=True, slots=True)
class BundledConfig:
    """The config.json of one model, or its reconstruction."""

    config: dict[str, Any]
    source: str
    verbatim: bool
    note: str | None = None  # how it was put together, where it is not verbatim


@dataclass(frozen=True, slots=True)
class Tasks:
    """Kinds of models that do not generate text, by what their repository says."""

    read: str
    source: str
    not_served: dict[str, tuple[str, ...]]  # kind -> values of pipeline_tag
    by_architecture: dict[str, tuple[str, ...]]  # kind -> parts of architecture names
    by_library: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class EngineSpeculation:
    """What one engine can use for speculative decoding."""

    layers: tuple[str, ...]  # configuration keys that count prediction layers
    arguments: tuple[str, ...]
    with_draft: dict[str, tuple[str, ...]]  # algorithm -> arguments
    architectures: dict[str, str]  # architecture of a checkpoint -> that of its prediction layers


@dataclass(frozen=True, slots=True)
class _SpeculationFile:
    read: str
    source: str
    sglang: EngineSpeculation


@dataclass(frozen=True, slots=True)
class _Thinking:
    read: str
    source: str
    off: dict[str, str]


@cache
def models() -> dict[str, ModelFacts]:
    """Every bundled model by id."""
    document = read("models.json")
    date, tables = document.get("read"), document.get("models")
    if not date or not isinstance(tables, dict):
        raise refuse("models.json lacks read or models")
    return {model_id: _model(model_id, table, date) for model_id, table in tables.items()}


def _model(model_id: str, table: Any, date: str) -> ModelFacts:
    model = record(ModelFacts, table, model_id, read=date)
    needed = ["config", "weight_bytes"]
    needed += [key for key in ("license", "gated", "copy_of") if getattr(model, key) is not None]
    if missing := [key for key in needed if not model.sources.get(key)]:
        raise refuse(f"{model_id} lacks the source of {', '.join(missing)}")
    if model.revision and not model.revision_source:
        raise refuse(f"{model_id} lacks revision_source")
    return model


def model_facts(model_id: str) -> ModelFacts | None:
    """What is bundled about one model; None when it is not bundled."""
    return models().get(model_id)


def copies(model_id: str) -> list[str]:
    """The other bundled models with the same origin, as models.json relates them (`copy_of`)."""
    known = models()
    if model_id not in known:
        return []
    origin = known[model_id].copy_of or model_id
    return [name for name, row in known.items() if origin in (name, row.copy_of) and name != model_id]


@cache
def config(model_id: str) -> BundledConfig:
    """The bundled configuration of one model. KeyError when it is not bundled."""
    return record(BundledConfig, read(f"configs/{models()[model_id].config}"), f"the config of {model_id}")


@cache
def tasks() -> Tasks:
    """Tags, architectures and libraries of models that do not generate text."""
    return record(Tasks, read("tasks.toml"), "tasks.toml")


@cache
def speculation() -> dict[str, EngineSpeculation]:
    """What each engine can use for speculative decoding; engines without facts are absent."""
    return {"sglang": record(_SpeculationFile, read("speculation.toml"), "speculation.toml").sglang}


@cache
def thinking_off() -> dict[str, str]:
    """Reasoning parser -> chat template arguments, as JSON, that turn reasoning off."""
    return record(_Thinking, read("thinking.toml"), "thinking.toml").off
