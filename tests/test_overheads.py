"""What an engine takes beside weights and cache: by hand for each term, and by release."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modal_serve_gen import facts
from modal_serve_gen.errors import BadInput
from modal_serve_gen.models import hub
from modal_serve_gen.plan.overheads import (
    GIB,
    activations,
    check_version,
    cuda_graphs,
    defaults,
    non_torch,
    parse_version,
    release,
)  # fmt: skip

OLD, NEW = release("vllm", "0.11.0"), release("vllm", "0.31.0")


def peak(name: str, rules=OLD, *, sequences=1024, tokens=8192, tp=1, length=16_000) -> float:
    """The middle figure, less what is added to every peak."""
    found = activations(hub.bundled(name), rules, sequences=sequences, tokens=tokens, tp=tp, length=length)
    return (found.mid - rules.rules.base.mid - rules.rules.compile.mid) * GIB


def test_a_thousand_sequences_make_the_sampler_the_peak():
    """Nine and a half copies of their logits in float32 up to 0.16, three and a half since, and the hidden states."""
    logits, hidden = 4 * 1024 * 128_256, 2 * 8192 * 4096
    name = "meta-llama/Llama-3.1-8B-Instruct"
    assert peak(name) == pytest.approx(9.5 * logits + hidden)
    assert peak(name, NEW) == pytest.approx(3.5 * logits + hidden)


def test_few_sequences_make_the_forward_pass_the_peak():
    """Gate, up and their product of a dense layer, beside residual and hidden states, which are not cut."""
    assert peak("Qwen/Qwen3-8B", sequences=1) == pytest.approx(2 * 8192 * (3 * 12_288 + 2 * 4096))
    assert peak("Qwen/Qwen3-8B", sequences=1, tp=4) == pytest.approx(2 * 8192 * (3 * 12_288 / 4 + 2 * 4096))


def test_experts_have_two_workspaces():
    """As wide as the hidden states each since 0.17, one of them narrower before; FP8 blocks pad each expert's rows."""
    rows, hidden = 65_536 * 8, 2048
    plain = {"sequences": 1, "tokens": 65_536}
    beside = 3 * 65_536 * hidden
    assert peak("Qwen/Qwen3-30B-A3B", OLD, **plain) == pytest.approx(2 * (rows * (2048 + 768) + beside))
    assert peak("Qwen/Qwen3-30B-A3B", NEW, **plain) == pytest.approx(2 * (rows * 2 * 2048 + beside))
    assert peak("Qwen/Qwen3-30B-A3B-FP8", OLD, **plain) == pytest.approx(2 * ((rows + 128 * 127) * 2 * 2048 + beside))


def test_latent_attention_reserves_its_upward_projection():
    """For 65,536 tokens of context at most, all heads of K without position and of V."""
    tokens = {"sequences": 1, "tokens": 256, "length": 8192}
    assert peak("zai-org/GLM-4.7-Flash", **tokens) == pytest.approx(2 * 65_536 * 20 * (192 + 256))
    short = {**tokens, "length": 1024}
    assert peak("zai-org/GLM-4.7-Flash", **short) == pytest.approx(2 * 8192 * 20 * (192 + 256))


def test_graphs_count_since_the_engine_subtracts_them_and_not_in_eager_mode():
    """By layers, more with several GPUs."""
    model = hub.bundled("Qwen/Qwen3-32B")
    assert cuda_graphs(model, OLD, ranks=1).high == cuda_graphs(model, NEW, ranks=1, eager=True).high == 0
    assert cuda_graphs(model, NEW, ranks=1).mid == pytest.approx(64 * 0.01)
    assert cuda_graphs(model, NEW, ranks=2).mid > cuda_graphs(model, NEW, ranks=1).mid


def test_memory_outside_torch_grows_with_the_ranks_that_talk():
    """One GPU has none of NCCL; cards without NVLink have no buffers of custom all-reduce."""
    one, two, eight = (non_torch("H100", OLD, ranks=ranks).mid for ranks in (1, 2, 8))
    assert one < two < eight and non_torch("L40S", OLD, ranks=2).mid < two


def test_peaks_of_some_architectures_come_on_top():
    """Encoders, states, indices: each has an allowance of its own."""
    for name, kind in (("google/gemma-3-27b-it", "multimodal"), ("Qwen/Qwen3-Next-80B-A3B-Instruct", "linear")):
        extra = getattr(facts.overheads().activations, kind).mid
        model = hub.bundled(name)
        plain = model.model_copy(update={"multimodal": False, "layers": model.layers[:1]})
        asked = {"sequences": 1, "tokens": 8192, "tp": 1, "length": 8192}
        assert activations(model, OLD, **asked).mid - activations(plain, OLD, **asked).mid == pytest.approx(extra)


@pytest.mark.parametrize(
    "text, number",
    [("0.11.0", (0, 11, 0)), ("v0.11.2rc1", (0, 11, 2)), ("0.13.0+cu129", (0, 13, 0)), ("0.10.1.1", (0, 10, 1, 1))],
)
def test_versions_are_read_as_engines_write_them(text, number):
    """With a v, a candidate's or a build's suffix, a fourth number."""
    assert parse_version(text) == number


@given(st.text(max_size=40))
def test_anything_else_is_no_version(text):
    """Digits and dots, or bad input."""
    try:
        assert all(isinstance(part, int) for part in parse_version(text))
    except BadInput as refusal:
        assert len(refusal.problem) < 200


def test_each_release_has_an_era():
    """From the first that is answered to the pinned one, and beyond."""
    check_version("vllm", "0.10.0")
    with pytest.raises(BadInput):
        check_version("vllm", "0.9.2")
    copies = [release("vllm", f"0.{minor}.0").rules.sampler_copies.mid for minor in range(10, 34)]
    assert copies == sorted(copies, reverse=True) and len(set(copies)) == 2
    assert release("vllm", "0.99.0").rules == release("vllm", None).rules
    assert defaults("vllm", "0.11.0", "L4", server=False) == (8192, 256)
