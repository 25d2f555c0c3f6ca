"""Which numbers of GPUs a model can be divided over: blocks of FP8 weights, heads, experts and layers."""

from dataclasses import replace

import pytest

from modal_serve_gen.models import Model, from_config
from modal_serve_gen.plan import Workload, plan
from modal_serve_gen.plan.splitting import split_refusal
from tests.test_plan import bundled
from tests.versions import VLLM

SMALL_EXPERTS = bundled("Qwen/Qwen3-30B-A3B-Instruct-2507-FP8")  # 768 columns, of blocks of 128; 2,048 wide


def refusal(model: Model, gpu: str, count: int, **fields) -> str | None:
    return split_refusal(model, Workload(**fields).ranks(gpu, count))


def changed(model: Model, **fields) -> Model:
    """The same model with other fields in its configuration."""
    return from_config(model.id, model.revision, {**model.config, **fields})


@pytest.mark.parametrize(
    ("gpu", "count", "fields", "runs"),
    [
        ("L4", 4, {"enable_expert_parallel": True, "engine_version": "0.11.0"}, True),  # ran so, with 0.88 of each L4
        ("L4", 4, {"engine_version": "0.28.0"}, False),
        ("L4", 4, {"engine_version": "0.29.0"}, True),  # 192 columns in finer blocks of 64
        ("L4", 4, {}, True),
        ("L4", 2, {"engine_version": "0.11.0"}, True),  # 384 columns are three blocks
        ("A100-80GB", 4, {}, False),  # finer blocks have no kernel without FP8 arithmetic
        ("A100-80GB", 2, {}, True),
        ("H100", 4, {"engine": "sglang"}, False),
        ("H100", 4, {"engine": "sglang", "enable_expert_parallel": True}, True),
        ("H100", 4, {"data_parallel_size": 2, "engine_version": "0.28.0"}, False),  # experts over both replicas
        ("H100", 4, {"data_parallel_size": 2, "engine_version": VLLM}, True),
    ],
)
def test_experts_in_fp8_blocks(gpu, count, fields, runs):
    """Complete experts always; shards of them where the release and the GPU allow finer blocks."""
    reason = refusal(SMALL_EXPERTS, gpu, count, **fields)
    assert (reason is None) == runs, reason
    assert runs or "768 columns across its FP8 blocks of 128" in reason


def test_finer_blocks_have_at_least_32_weights():
    """The greatest common divisor of block, shard and hidden size: 1,536 columns over 8 have 64, 576 over 4 have 16."""
    large = bundled("Qwen/Qwen3-235B-A22B-FP8")
    assert refusal(large, "H200", 8) is None
    assert refusal(changed(SMALL_EXPERTS, moe_intermediate_size=576), "L4", 4) is not None
    assert refusal(changed(SMALL_EXPERTS, hidden_size=2064), "L4", 4) is not None


@pytest.mark.parametrize(
    "fields",
    [
        {"mlp_only_layers": [0], "intermediate_size": 768},
        {"shared_expert_intermediate_size": 768},
        {"quantization_config": {
            "quant_method": "compressed-tensors", "format": "float-quantized", "ignore": ["lm_head"],
            "config_groups": {"group_0": {"targets": ["Linear"], "weights": {
                "num_bits": 8, "type": "float", "strategy": "block", "block_structure": [128, 128]}}},
        }},
    ],
    ids=["dense", "shared", "compressed-tensors"],
)  # fmt: skip
def test_other_layers_in_fp8_blocks_are_strict(fields):
    """Dense layers and shared experts are cut with expert parallelism too; compressed-tensors keeps its blocks."""
    model = changed(SMALL_EXPERTS, **fields)
    assert refusal(model, "H100", 2) is None
    assert "768 columns" in refusal(model, "H100", 4)
    complete = refusal(model, "H100", 4, enable_expert_parallel=True)
    assert (complete is None) == ("quantization_config" in fields)


def test_layers_without_blocks_are_not_bound_by_them():
    """DeepSeek V4 has FP4 experts beside its FP8 layers; ignored modules keep 16 bits."""
    v4 = bundled("deepseek-ai/DeepSeek-V4-Flash")
    assert {cut.part for cut in v4.sizes.cuts if cut.block} == {"shared"}
    stated = {**SMALL_EXPERTS.config["quantization_config"], "ignored_layers": ["re:.*experts.*"]}
    assert refusal(changed(SMALL_EXPERTS, quantization_config=stated), "A100-80GB", 4) is None


def test_a_plan_on_four_l4_runs():
    """Qwen3 30B-A3B FP8 ran on four L4 with complete experts."""
    workload = Workload(gpu="L4:4", max_model_len=8192, gpu_memory_utilization=0.88, fixed=True)
    assert plan(SMALL_EXPERTS, workload).fits
    older = replace(workload, engine_version="0.28.0")
    assert plan(SMALL_EXPERTS, older).verdict == "does not run"
    assert plan(SMALL_EXPERTS, replace(older, enable_expert_parallel=True)).fits


@pytest.mark.parametrize(
    ("model", "count", "fields", "reason"),
    [
        ("Qwen/Qwen3-8B", 3, {}, "32 attention heads"),
        ("microsoft/phi-4", 4, {}, "10 KV heads"),
        ("Qwen/Qwen3-235B-A22B", 8, {}, None),  # 4 KV heads are replicated
        ("google/gemma-4-26B-A4B-it", 8, {}, None),  # 2 and 8 KV heads
        ("nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16", 16, {}, "8 heads of linear attention"),
        ("Qwen/Qwen3-8B", 8, {"pipeline_parallel_size": 8}, None),
        ("Qwen/Qwen3-8B", 64, {"pipeline_parallel_size": 64}, "36 layers are fewer than 64 pipeline stages"),
        ("Qwen/Qwen3-8B", 2, {"enable_expert_parallel": True}, "a model with experts"),
        ("Qwen/Qwen3-30B-A3B", 8, {"enable_expert_parallel": True, "engine": "sglang"}, None),
        ("openai/gpt-oss-20b", 64, {"enable_expert_parallel": True, "engine": "sglang"}, "32 experts"),
        ("openai/gpt-oss-20b", 64, {"enable_expert_parallel": True}, None),
        ("openai/gpt-oss-20b", 7, {"data_parallel_size": 7}, "2,880 columns unevenly"),
        ("Qwen/Qwen2.5-7B-Instruct-AWQ", 4, {}, None),
        ("Qwen/Qwen3-Next-80B-A3B-Instruct-FP8", 8, {"engine": "sglang"}, "512 columns across its FP8 blocks"),
    ],
)
def test_what_is_divided(model, count, fields, reason):
    """Heads, experts, layers and widths."""
    refused = refusal(bundled(model), "H100", count, **fields)
    assert (refused is None) if reason is None else (reason in refused)


def test_public_reports_of_shards():
    """Qwen2.5 72B in AWQ with groups of 128: 29,568 inputs over two are 115.5 groups. Experts of 640 columns in FP8
    blocks: over eight L40S 80 remain, whose blocks would have 16, over four 160, with 32, and without them on A100."""
    awq = {"quant_method": "awq", "bits": 4, "group_size": 128, "zero_point": True}
    large = changed(bundled("Qwen/Qwen2.5-72B-Instruct"), quantization_config=awq)
    for count in (2, 4, 8):
        assert "29,568 columns inside a group of 128" in refusal(large, "H100", count)
        assert "29,568 columns inside a group of 128" in refusal(large, "H100", count, engine="sglang")
    small = changed(SMALL_EXPERTS, moe_intermediate_size=640)
    assert refusal(small, "L40S", 8) and refusal(small, "L40S", 4) is None and refusal(small, "A100-80GB", 4)
    assert refusal(small, "L40S", 8, enable_expert_parallel=True) is None


def test_int4_experts_are_cut_between_groups():
    """Kimi K2.5 has groups of 32: 2,048 columns over 128 ranks would cut them."""
    kimi = bundled("moonshotai/Kimi-K2.5")
    assert refusal(kimi, "B200", 64) is None
    assert "inside a group of 32" in refusal(kimi, "B200", 128, data_parallel_size=2)
