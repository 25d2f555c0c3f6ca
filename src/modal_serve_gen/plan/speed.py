"""Upper bounds on speed by memory bandwidth and compute, and the cost of tokens at these bounds (pure).

The roofline model (Williams, Waterman and Patterson, CACM 2009): no step is faster than its memory reads, no prefill
faster than its multiplications.
"""

from collections.abc import Callable
from dataclasses import dataclass

from modal_serve_gen.models import Model, kv_bytes_per_token, state_bytes_per_sequence
from modal_serve_gen.plan.gpus import gpu_facts
from modal_serve_gen.plan.ledger import Setup

HOUR = 3600


@dataclass(frozen=True, slots=True)
class Bounds:
    """Bounds for one setup: not measured, and never reached. Contexts are tokens in the cache of each request."""

    time_per_output_token_one_s: float  # a single request of `context` tokens
    time_per_output_token_all_s: float  # all requests at once, `context` tokens each
    output_tokens_per_s: float  # of all requests
    prefill_tokens_per_s: float
    time_to_first_token_s: float  # of a prompt of `context` tokens, nothing else running
    context: int
    requests: int

    def usd_per_million(self, usd_per_hour: float) -> tuple[float, float]:
        """USD for a million prompt tokens, and for a million output tokens, while the GPUs do nothing else."""
        price = usd_per_hour / HOUR * 1e6
        return price / self.prefill_tokens_per_s, price / self.output_tokens_per_s


def bounds(model: Model, setup: Setup, context: int, requests: int) -> Bounds:
    """Bounds of one data-parallel replica on its GPUs; tokens per second are of all replicas together."""
    step_s = decoding_step(model, setup, context)
    one_s, all_s = step_s(1), step_s(max(1, requests))
    prefill_s = prompt_s(model, setup, context)
    return Bounds(
        time_per_output_token_one_s=one_s,
        time_per_output_token_all_s=all_s,
        output_tokens_per_s=setup.dp * max(1, requests) / all_s,
        prefill_tokens_per_s=setup.dp * context / prefill_s,
        time_to_first_token_s=prefill_s + one_s,
        context=context,
        requests=requests,
    )


def decoding_step(model: Model, setup: Setup, context: float) -> Callable[[float], float]:
    """Seconds of one decoding step by its number of requests, which reads the active weights and every cache once.

    Of E experts, n requests with k each read about E (1 - (1 - k/E)^n); layers with a window read the window, linear
    layers their state.
    """
    cache = (
        context * kv_bytes_per_token(model, setup.tp, setup.cache_bytes)
        + sum(min(x.window, context) * x.token_bytes(setup.tp, setup.cache_bytes) for x in model.layers if x.window)
        + 2 * state_bytes_per_sequence(model, setup.tp)
    )
    always, experts = _weight_bytes(model, setup)
    unused = 1 - model.sizes.decoder.active_experts
    bandwidth = gpu_facts(setup.gpu).bandwidth_gb_per_s * 1e9

    def seconds(requests: float) -> float:
        read: float = always + experts * (1 - unused**requests) + requests * cache
        return read / bandwidth

    return seconds


def _weight_bytes(model: Model, setup: Setup) -> tuple[float, float]:
    """Bytes that a step reads on each GPU, stages together: what every step reads, and all experts.

    Rows of the embedding for other tokens are not read.
    """
    decoder = model.sizes.decoder
    always = experts = 0.0
    for weight in model.sizes.weights:
        if weight.part in ("draft", "tower") or (weight.part == "embedding" and not decoder.tied):
            continue
        ranks = setup.tp * (setup.dp if setup.expert_parallel and weight.matrix.split == "experts" else 1)
        size = weight.bytes * model.weight_factor / (1 if weight.matrix.split == "copy" else ranks)
        if weight.part == "experts":
            experts += size
        else:
            always += size
    return always, experts


def active_parameters(model: Model) -> float:
    """Parameters that one token is multiplied with: no embedding, and only the experts that it uses."""
    active = model.sizes.decoder.active_experts
    return sum(
        weight.matrix.elements * (active if weight.part == "experts" else 1)
        for weight in model.sizes.weights
        if weight.part not in ("draft", "tower", "embedding")
    )


def prompt_s(model: Model, setup: Setup, tokens: int) -> float:
    """Seconds to process a prompt: 2 x active parameters per token, and 2 x heads x (K + V size) x tokens / 2 in each
    layer with full causal attention."""
    attention = 0.0
    for layer in model.layers:
        if layer.kind in ("full", "mla"):
            seen = tokens / 2
        elif layer.window:
            seen = min(layer.window, tokens / 2)
        else:
            continue
        size = (layer.key_dim + layer.value_dim) if layer.kind != "mla" else 2 * layer.key_dim
        attention += 2 * layer.count * model.num_attention_heads * size * seen
    work = tokens * (2 * active_parameters(model) + attention)
    return work / (_flops(model, setup.gpu) * setup.tp * setup.pp)


def _flops(model: Model, gpu: str) -> float:
    """Dense arithmetic per second in the format of the weights, or in 16 bits where the GPU does not support it."""
    tflops = gpu_facts(gpu).tflops
    names = {"fp8": ["fp8"], "nvfp4": ["fp4", "fp8"], "modelopt-mixed": ["fp8"]}.get(model.quantization or "", [])
    rate = next((tflops[name] for name in (*names, "bf16", "fp16") if name in tflops), None)
    if rate is None:
        raise AssertionError(f"{gpu} has no arithmetic rate")
    return rate * 1e12
