"""Bounds on speed: computed by hand for a dense model, and properties for all models."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modal_serve_gen import facts
from modal_serve_gen.models import hub
from modal_serve_gen.plan.ledger import Setup
from modal_serve_gen.plan.speed import active_parameters, bounds


def setup(gpu: str = "H100", gpus: int = 1, **more) -> Setup:
    return Setup("vllm", gpu, gpus, 8192, 32, 8192, 2, None, **more)


def test_a_dense_model_by_hand():
    """Each step reads the cache and all weights except the embedding; a prompt is processed once."""
    model, card = hub.bundled("Qwen/Qwen3-8B"), facts.gpus()["H100"]
    read = 2 * (8_190_735_360 - 151_936 * 4096)
    limits = bounds(model, setup(), 1000, 10)
    single, ten = ((read + n * 1000 * 147_456) / (card.bandwidth_gb_per_s * 1e9) for n in (1, 10))
    assert limits.time_per_output_token_one_s == pytest.approx(single, rel=0.001)
    assert limits.time_per_output_token_all_s == pytest.approx(ten, rel=0.001)
    assert limits.output_tokens_per_s == pytest.approx(10 / ten, rel=0.001)
    work = 1000 * (2 * (read / 2) + 2 * 36 * 32 * 256 * 500)
    assert limits.prefill_tokens_per_s == pytest.approx(1000 * card.tflops["bf16"] * 1e12 / work, rel=0.01)
    assert limits.usd_per_million(3.6)[1] == pytest.approx(1e6 * 0.001 * ten / 10, rel=0.001)


def test_only_used_experts_are_read():
    """One request uses an eighth of the weights of Qwen3 30B; many requests use nearly all experts."""
    model = hub.bundled("Qwen/Qwen3-30B-A3B")
    assert active_parameters(model) / 1e9 == pytest.approx(3.0, rel=0.05)
    few, many = (bounds(model, setup(), 1, n).time_per_output_token_all_s for n in (1, 512))
    assert many / few > 8


def test_fp8_weights_are_multiplied_in_fp8_if_the_gpu_supports_it():
    """At twice the rate on an H100, at the same rate on an A100."""
    plain, small = (hub.bundled(name) for name in ("Qwen/Qwen3-8B", "Qwen/Qwen3-8B-FP8"))
    for gpu, factor in (("H100", 2), ("A100-80GB", 1)):
        rates = [bounds(model, setup(gpu), 4000, 1).prefill_tokens_per_s for model in (plain, small)]
        assert rates[1] / rates[0] == pytest.approx(factor, rel=0.01)


@given(st.sampled_from(sorted(facts.models())), st.integers(1, 30_000), st.integers(1, 300))
def test_more_work_takes_longer(name, context, requests):
    """Longer contexts and more requests increase the time per step; more GPUs reduce it."""
    model = hub.bundled(name)
    limits = bounds(model, setup(), context, requests)
    longer = bounds(model, setup(), 2 * context, 2 * requests)
    wider = bounds(model, setup(gpus=2), context, requests)
    assert 0 < limits.time_per_output_token_one_s <= limits.time_per_output_token_all_s
    assert longer.time_per_output_token_all_s >= limits.time_per_output_token_all_s
    assert longer.time_to_first_token_s > limits.time_to_first_token_s
    assert wider.time_per_output_token_all_s < limits.time_per_output_token_all_s
