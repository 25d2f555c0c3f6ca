"""Whether a GPU's generation has the kernels that a model needs (pure, over facts/generations.toml).

Every function looks up the rules of one engine, at one release (None: the pinned one).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from modal_serve_gen import facts
from modal_serve_gen.facts import CacheKernels
from modal_serve_gen.models import Model
from modal_serve_gen.plan.gpus import gpu_facts
from modal_serve_gen.plan.overheads import parse_version


@dataclass(frozen=True, slots=True)
class Support:
    """How a GPU runs a model."""

    refusal: str | None = None  # why it does not run it
    native: bool = True  # computes in the format of the weights
    float16: bool = False  # the GPU has no bfloat16, so the model runs in float16
    remarks: tuple[str, ...] = ()  # sentences for the plan


def support(model: Model, gpu: str, engine: str, version: str | None, cache_dtype: str) -> Support:
    """Whether and how this GPU runs the model's attention and weights with that KV cache."""
    refusal = (
        cache_refusal(model, gpu, engine, version, cache_dtype)
        or _attention_refusal(model, gpu, engine)
        or _float16_refusal(model, gpu)
        or _weights_refusal(model, gpu, engine, version)
    )
    if refusal:
        return Support(refusal, False)
    capability, remarks = gpu_facts(gpu).compute_capability, []
    if float16 := _needs_float16(model, gpu):
        remarks.append(f"{gpu} has no bfloat16: the model runs in float16, in which it was not trained.")
    rule = facts.quantization().formats.get(model.quantization or "")
    if rule is not None and capability < rule.native:
        remarks.append(f"{gpu} computes {model.quantization} weights in 16 bits ({rule.kernels_below}).")
    native = not remarks
    if (cache := _cache_rule(engine, cache_dtype)) and capability < cache.least:
        remarks.append(f"{gpu} stores the KV cache in {cache_dtype} and computes in 16 bits.")
    return Support(native=native, float16=float16, remarks=tuple(remarks))


@cache
def least_capability(engine: str, version: str | None, *formats: str) -> float | None:
    """The least compute capability for weights in the first of these formats that has a rule; None without one."""
    number = parse_version(version or facts.pins()[engine].version)
    for name in formats:
        rows = [row for row in facts.generations().weights if row.engine == engine and name in row.formats]
        known = [row for row in rows if parse_version(row.since) <= number]
        if known:
            return max(known, key=lambda row: parse_version(row.since)).least
    return None


def _weights_refusal(model: Model, gpu: str, engine: str, version: str | None) -> str | None:
    if model.quantization is None:
        return None
    capability = gpu_facts(gpu).compute_capability
    formats = (f"{model.quantization_method}/{model.quantization}", model.quantization)
    least = least_capability(engine, version, *formats)
    if least is not None and capability < least:
        return f"{engine} runs {model.quantization} weights on compute capability {least:g} and newer, not on {gpu}"
    if model.num_experts and capability < (least := _least_for_experts(engine, *formats)):
        kind = f"{model.quantization} experts"
        return f"{engine} runs {kind} on compute capability {least:g} and newer, not on {gpu}"
    return None


@cache
def _least_for_experts(engine: str, *formats: str) -> float:
    rows = (row for row in facts.generations().weights if row.engine == engine and {*formats} & {*row.formats})
    return max((row.experts for row in rows), default=0.0)


def _attention_refusal(model: Model, gpu: str, engine: str) -> str | None:
    kinds, capability = {layer.kind for layer in model.layers}, gpu_facts(gpu).compute_capability
    for row in facts.generations().attention:
        if row.engine != engine or not kinds.issuperset(row.layers) or int(capability) in row.majors:
            continue
        if model.architecture not in row.also.get(str(int(capability)), ()):
            majors = ", ".join(map(str, row.majors))
            return f"{row.name} has kernels for compute capability {majors} in {engine}, and {gpu} has {capability:g}"
    return None


def _needs_float16(model: Model, gpu: str) -> bool:
    least = facts.quantization().float16.bfloat16_from
    return gpu_facts(gpu).compute_capability < least and model.dtype == "bfloat16"


def _float16_refusal(model: Model, gpu: str) -> str | None:
    unsupported = {*facts.quantization().float16.unsupported}
    if _needs_float16(model, gpu) and {model.model_type, model.text_model_type} & unsupported:
        return f"{gpu} has no bfloat16, and the engine does not run {model.model_type} in float16"
    return None


@cache
def _cache_rule(engine: str, cache_dtype: str) -> CacheKernels | None:
    rows = (row for row in facts.generations().cache if row.engine == engine and cache_dtype.startswith(row.dtype))
    return next(rows, None)


def cache_refusal(model: Model, gpu: str, engine: str, version: str | None, cache_dtype: str) -> str | None:
    """Why the engine has no kernels for a KV cache in that data type on this GPU; None if it has."""
    rule, capability = _cache_rule(engine, cache_dtype), gpu_facts(gpu).compute_capability
    if rule is None or capability >= rule.least:
        return None
    reason = f"{gpu} does not support {rule.dtype[-3:].upper()}, which a KV cache in {cache_dtype} requires"
    if not rule.expanded or capability < rule.expanded:
        return reason
    number = parse_version(version or facts.pins()[engine].version)
    if number < parse_version(rule.since):
        return f"{reason} before {engine} {rule.since}"
    if problem := next((problem for problem, applies in EXPANDED.items() if applies(model, rule)), None):
        return f"{reason} for {problem}"
    return None


# What FlashInfer, which expands such a cache, does not run: a name for messages, and whether a model is one.
EXPANDED: dict[str, Callable[[Model, CacheKernels], bool]] = {
    "the kind of its attention": lambda model, rule: any(layer.kind not in rule.layers for layer in model.layers),
    "the size of its attention heads": lambda model, rule: any(
        layer.attends and layer.key_dim not in rule.head_sizes for layer in model.layers
    ),
    "its architecture": lambda model, rule: bool({model.model_type, model.text_model_type} & {*rule.without}),
}
