"""Memory of an engine besides weights and KV cache: each term computed by hand, and by release."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modal_serve_gen import facts
from modal_serve_gen.errors import BadInput
from modal_serve_gen.models import hub
from modal_serve_gen.plan import Workload, plan
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
    """The expected activations in bytes, without the parts that are added for every model."""
    memory = activations(hub.bundled(name), rules, sequences=sequences, tokens=tokens, tp=tp, length=length)
    return (memory.mid - rules.rules.base.mid - rules.rules.compile.mid) * GIB


def test_with_a_thousand_sequences_the_sampler_is_the_peak():
    """9.5 copies of the float32 logits where they are sorted, to 0.16, and fewer since then, plus the hidden states."""
    logits, hidden = 4 * 1024 * 128_256, 2 * 8192 * 4096
    for version, copies in (("0.13.0", 9.5), ("0.20.0", 3.5), ("0.31.0", 2.5)):
        rules = release("vllm", version)
        assert peak("meta-llama/Llama-3.1-8B-Instruct", rules) == pytest.approx(copies * logits + hidden)


def test_with_few_sequences_the_forward_pass_is_the_peak():
    """Gate, up and their product in a dense layer, plus residual and hidden states, which are not sharded."""
    assert peak("Qwen/Qwen3-8B", sequences=1) == pytest.approx(2 * 8192 * (3 * 12_288 + 2 * 4096))
    assert peak("Qwen/Qwen3-8B", sequences=1, tp=4) == pytest.approx(2 * 8192 * (3 * 12_288 / 4 + 2 * 4096))


def test_experts_have_two_workspaces():
    """Both as wide as the hidden states since 0.17, one narrower before; FP8 blocks pad the rows of each expert."""
    rows, hidden = 65_536 * 8, 2048
    plain = {"sequences": 1, "tokens": 65_536}
    others = 3 * 65_536 * hidden
    assert peak("Qwen/Qwen3-30B-A3B", OLD, **plain) == pytest.approx(2 * (rows * (2048 + 768) + others))
    assert peak("Qwen/Qwen3-30B-A3B", NEW, **plain) == pytest.approx(2 * (rows * 2 * 2048 + others))
    assert peak("Qwen/Qwen3-30B-A3B-FP8", OLD, **plain) == pytest.approx(2 * ((rows + 128 * 127) * 2 * 2048 + others))


def test_latent_attention_reserves_memory_for_its_up_projection():
    """K without positions and V of all heads, for at most 65,536 tokens of context."""
    tokens = {"sequences": 1, "tokens": 256, "length": 8192}
    assert peak("zai-org/GLM-4.7-Flash", **tokens) == pytest.approx(2 * 65_536 * 20 * (192 + 256))
    short = {**tokens, "length": 1024}
    assert peak("zai-org/GLM-4.7-Flash", **short) == pytest.approx(2 * 8192 * 20 * (192 + 256))


def test_cuda_graphs_count_in_releases_that_subtract_them():
    """By number of layers, more with several GPUs, and none in eager mode."""
    model = hub.bundled("Qwen/Qwen3-32B")
    assert cuda_graphs(model, OLD, ranks=1).high == cuda_graphs(model, NEW, ranks=1, eager=True).high == 0
    assert cuda_graphs(model, NEW, ranks=1).mid == pytest.approx(64 * 0.01)
    assert cuda_graphs(model, NEW, ranks=2).mid > cuda_graphs(model, NEW, ranks=1).mid
    latent = hub.bundled("deepseek-ai/DeepSeek-R1-0528")
    assert cuda_graphs(latent, NEW, ranks=8).mid > 2 * cuda_graphs(model, NEW, ranks=8).mid


def test_memory_outside_pytorch_grows_with_the_number_of_ranks():
    """One GPU needs none for NCCL; GPUs without NVLink have no buffers for custom all-reduce."""
    one, two, eight = (non_torch("H100", OLD, ranks=ranks).mid for ranks in (1, 2, 8))
    assert one < two < eight and non_torch("L40S", OLD, ranks=2).mid < two


def test_graphs_that_the_profiled_run_captures_keep_memory_of_nccl():
    """From 0.18 to 0.26, on several GPUs with NVLink, and not in eager mode."""
    keeps = facts.overheads().non_torch.nvlink_graphs.mid
    for version, gpu, ranks, expected in (
        ("0.17.1", "H200", 4, 0),
        ("0.18.0", "H200", 4, keeps),
        ("0.26.0", "H200", 4, keeps),
        ("0.27.0", "H200", 4, 0),
        ("0.18.0", "L4", 4, 0),
        ("0.18.0", "H200", 1, 0),
    ):
        rules = release("vllm", version)
        both = [non_torch(gpu, rules, ranks=ranks, eager=eager).mid for eager in (False, True)]
        assert both[0] - both[1] == pytest.approx(expected), (version, gpu, ranks)


def test_replicas_that_share_experts_take_more():
    """Of a mixture only: replicas of a dense model do not communicate."""
    workload = Workload(gpu="L4:4", engine_version="0.29.0", data_parallel_size=4, fixed=True, max_model_len=4096)
    known = facts.overheads().non_torch
    for name, expected in (
        ("Qwen/Qwen3-30B-A3B-Instruct-2507-FP8", known.pcie.mid + known.replicas.mid),
        ("Qwen/Qwen3-4B", known.one_gpu.mid),
    ):
        rows = {row.item: row.gib for row in plan(hub.bundled(name), workload).ledger}
        assert rows["non_torch"] == pytest.approx(expected)


def test_streams_of_hyper_connections_grow_with_the_tokens():
    """DeepSeek V4 keeps four streams of hidden states for each token of a batch."""
    model, known = hub.bundled("deepseek-ai/DeepSeek-V4-Flash"), facts.overheads().activations.streams.mid
    few, many = (
        activations(model, NEW, sequences=1, tokens=tokens, tp=2, length=4096).mid for tokens in (16_384, 32_768)
    )
    assert (many - few) * GIB >= 16_384 * 4 * 4096 * known


def test_some_architectures_have_an_allowance_of_their_own():
    """Models with linear attention."""
    for name, kind in (("Qwen/Qwen3-Next-80B-A3B-Instruct", "linear"),):
        extra = getattr(facts.overheads().activations, kind).mid
        model = hub.bundled(name)
        plain = model.model_copy(update={"multimodal": False, "layers": model.layers[:1]})
        workload = {"sequences": 1, "tokens": 8192, "tp": 1, "length": 8192}
        assert activations(model, OLD, **workload).mid - activations(plain, OLD, **workload).mid == pytest.approx(extra)


@pytest.mark.parametrize(
    "text, number",
    [("0.11.0", (0, 11, 0)), ("v0.11.2rc1", (0, 11, 2)), ("0.13.0+cu129", (0, 13, 0)), ("0.10.1.1", (0, 10, 1, 1))],
)
def test_versions_in_the_form_of_engines(text, number):
    """With a leading v, the suffix of a release candidate or a build, or a fourth number."""
    assert parse_version(text) == number


@given(st.text(max_size=40))
def test_other_text_is_not_a_version(text):
    """The result is numbers or an error of limited length."""
    try:
        assert all(isinstance(part, int) for part in parse_version(text))
    except BadInput as refusal:
        assert len(refusal.problem) < 200


def test_rules_exist_for_every_supported_release():
    """From the first supported release to the pinned one, and for later ones."""
    check_version("vllm", "0.10.0")
    with pytest.raises(BadInput):
        check_version("vllm", "0.9.2")
    copies = [release("vllm", f"0.{minor}.0").rules.sampler_copies.mid for minor in range(10, 34)]
    assert [*dict.fromkeys(copies)] == [8.5, 9.5, 3.5, 2.5]  # the first releases sort only without FlashInfer
    assert release("vllm", "0.99.0").rules == release("vllm", None).rules
    assert defaults("vllm", "0.11.0", "L4", server=False) == (8192, 256)


def test_an_encoder_runs_before_the_language_model():
    """Its peak is not added to that of the language model, only its outputs for a full batch are."""
    model = hub.bundled("google/gemma-3-27b-it")
    plain = model.model_copy(update={"multimodal": False})
    workload = {"sequences": 1, "tokens": 8192, "tp": 1, "length": 8192}
    kept = 2 * 8192 * model.hidden_size / GIB
    both = [activations(each, OLD, **workload) for each in (model, plain)]
    assert both[0].mid - both[1].mid == pytest.approx(kept)
    small = {**workload, "tokens": 16}
    known = facts.overheads().activations.multimodal.mid
    assert activations(model, OLD, **small).mid == pytest.approx(known + OLD.rules.base.mid + OLD.rules.compile.mid)


def test_experts_see_the_tokens_of_every_replica():
    """Two replicas of 65,536 tokens have workspaces for both, and expert parallelism does not cut their width."""
    model = hub.bundled("Qwen/Qwen3-30B-A3B")
    workload = {"sequences": 1, "tokens": 65_536, "tp": 1, "length": 8192}
    one, two = (activations(model, NEW, **workload, replicas=replicas).mid for replicas in (1, 2))
    assert two - one == pytest.approx(2 * 65_536 * 8 * 2 * 2048 / GIB)
    cut, complete = (
        activations(model, OLD, **{**workload, "tp": 4}, whole_experts=whole).mid for whole in (False, True)
    )
    assert complete - cut == pytest.approx(2 * 65_536 * 8 * (768 - 768 / 4) / GIB)


def test_states_are_required_since_a_release():
    """Before it, a hybrid starts with fewer states than sequences; the reason names them."""
    assert not release("vllm", "0.16.0").rules.states_required
    workload = Workload(gpu="H100", engine_version="0.19.0", gpu_memory_utilization=0.95, fixed=True)
    planned = plan(hub.bundled("Qwen/Qwen3.6-27B-FP8"), workload)
    assert not planned.fits and "for the states of 1,024 sequences" in planned.reason
    assert plan(hub.bundled("Qwen/Qwen3.6-27B-FP8"), replace(workload, engine_version="0.16.0")).fits


def test_scans_belong_to_the_language_model():
    """Their workspaces are not added to an encoder's peak either: the range of a hybrid has one of both ends."""
    model = hub.bundled("Qwen/Qwen3.5-9B")
    known, rules = facts.overheads().activations, OLD.rules
    peak = activations(model, OLD, sequences=1, tokens=16, tp=1, length=8192)
    assert peak.high < known.multimodal.high + known.linear.high + rules.base.high + rules.compile.high
    assert peak.high >= known.multimodal.high + rules.base.high + rules.compile.high
