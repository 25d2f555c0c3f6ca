"""Which GPU generations run a model: attention, weights and KV cache, by engine and release."""

import pytest

from modal_serve_gen import facts
from modal_serve_gen.plan import Workload, plan
from modal_serve_gen.plan.generations import support
from tests.test_plan import bundled
from tests.test_splitting import changed

GENERATIONS = ("A100-80GB", "A10", "L40S", "H100", "B200", "RTX-PRO-6000")


def runs_on(model, engine="vllm", version=None, cache="auto", gpus=GENERATIONS) -> set[str]:
    """The GPUs that run the model, of one for each generation."""
    return {gpu for gpu in gpus if support(model, gpu, engine, version, cache).refusal is None}


BLACKWELL, HOPPER = {"B200", "RTX-PRO-6000"}, {"H100"}
ADA, AMPERE = {"L40S"}, {"A100-80GB", "A10"}


@pytest.mark.parametrize(
    ("model", "engine", "gpus"),
    [
        ("deepseek-ai/DeepSeek-V4-Flash", "vllm", HOPPER | BLACKWELL),
        ("deepseek-ai/DeepSeek-V4-Flash", "sglang", HOPPER | BLACKWELL),
        ("deepseek-ai/DeepSeek-V3.2", "vllm", HOPPER | BLACKWELL),
        ("deepseek-ai/DeepSeek-V3.2", "sglang", HOPPER | {"B200"}),
        ("zai-org/GLM-5.2-FP8", "vllm", HOPPER | BLACKWELL),
        ("zai-org/GLM-5.2-FP8", "sglang", HOPPER | BLACKWELL),
        ("deepseek-ai/DeepSeek-V3.1", "vllm", AMPERE | ADA | HOPPER | BLACKWELL),  # dense attention
        ("deepseek-ai/DeepSeek-V3.1", "sglang", ADA | HOPPER | BLACKWELL),  # experts in FP8
        ("Qwen/Qwen3-8B-FP8", "sglang", AMPERE | ADA | HOPPER | BLACKWELL),
        ("MiniMaxAI/MiniMax-M2.7", "vllm", AMPERE | ADA | HOPPER | BLACKWELL),  # ran on A800
        ("openai/gpt-oss-20b", "vllm", AMPERE | ADA | HOPPER | BLACKWELL),
        ("Qwen/Qwen2.5-7B-Instruct-AWQ", "vllm", {*GENERATIONS}),
        ("Qwen/Qwen2.5-7B-Instruct-AWQ", "sglang", {*GENERATIONS}),
        ("nvidia/Gemma-4-31B-IT-NVFP4", "vllm", {*GENERATIONS}),
        ("nvidia/Gemma-4-31B-IT-NVFP4", "sglang", {*GENERATIONS}),
        ("moonshotai/Kimi-K2.5", "vllm", {*GENERATIONS}),
    ],
)
def test_generations_of_a_model(model, engine, gpus):
    """Attention and weights, of the pinned releases."""
    assert runs_on(bundled(model), engine) == gpus


def test_turing():
    """AWQ runs on a T4 with vLLM; SGLang converts it to Marlin, which needs Ampere; MXFP4 needs it too."""
    awq = bundled("Qwen/Qwen2.5-7B-Instruct-AWQ")
    assert runs_on(awq, gpus=["T4"]) and not runs_on(awq, "sglang", gpus=["T4"])
    assert not runs_on(bundled("openai/gpt-oss-20b"), gpus=["T4"])


def test_releases_differ_in_what_they_need():
    """FP8 runs on Turing since 0.26; ModelOpt's FP8 on Ampere since 0.28."""
    plain = bundled("Qwen/Qwen3-8B-FP8")
    assert runs_on(plain, version="0.26.0", gpus=["T4"]) and not runs_on(plain, version="0.12.0", gpus=["T4"])
    modelopt = changed(bundled("Qwen/Qwen3-8B"), quantization_config={"quant_method": "modelopt", "quant_algo": "FP8"})
    assert "A10" in runs_on(modelopt) and "A10" not in runs_on(modelopt, version="0.26.0")
    assert "A10" not in runs_on(modelopt, "sglang")


@pytest.mark.parametrize(
    ("model", "engine", "version", "runs"),
    [
        ("Qwen/Qwen3-8B", "vllm", None, True),  # the cache of Qwen3 0.6B was halved so on an A100
        ("Qwen/Qwen3-8B", "vllm", "0.11.0", False),  # chose kernels without it
        ("Qwen/Qwen3-8B", "vllm", "0.11.1", True),
        ("Qwen/Qwen3-8B", "sglang", None, True),
        ("Qwen/Qwen3.5-9B", "vllm", None, True),
        ("deepseek-ai/DeepSeek-V3.1", "vllm", None, False),  # MLA: Triton only
        ("openai/gpt-oss-20b", "vllm", None, False),  # sinks: Triton only
        ("google/gemma-3-27b-it", "vllm", None, False),
    ],
)
def test_an_fp8_cache_on_ampere(model, engine, version, runs):
    """FlashInfer stores it in 8 bits and computes in 16; Triton refuses. Ada and newer run it everywhere."""
    gpus = runs_on(bundled(model), engine, version, "fp8_e4m3")
    assert gpus == ADA | HOPPER | BLACKWELL | (AMPERE if runs else set())
    assert not runs_on(bundled(model), engine, version, "fp8_e4m3", gpus=["T4"])
    assert not AMPERE & runs_on(bundled(model), engine, version, "nvfp4")


def test_head_sizes_that_flashinfer_lacks_have_no_fp8_cache_on_ampere():
    model = changed(bundled("Qwen/Qwen3-8B"), head_dim=96)
    assert runs_on(model, cache="fp8") == ADA | HOPPER | BLACKWELL


def test_a_plan_says_what_is_emulated():
    """Each in a sentence: weights in FP8 and the cache, on a GPU without FP8."""
    planned = plan(bundled("Qwen/Qwen3-8B-FP8"), Workload(gpu="A100-80GB", max_model_len=8192, kv_cache_dtype="fp8"))
    notes = " ".join(note.text for note in planned.notes)
    assert planned.fits and "computes fp8 weights in 16 bits" in notes
    assert "stores the KV cache in fp8 and computes in 16 bits" in notes


def test_a_plan_names_the_capability_that_is_missing():
    """And is not chosen: DeepSeek V4 on A100 and L40S."""
    model = bundled("deepseek-ai/DeepSeek-V4-Flash")
    for gpu in ("A100-80GB:8", "L40S:8"):
        planned = plan(model, Workload(gpu=gpu, max_model_len=8192, concurrency=1))
        assert planned.verdict == "does not run" and "compute capability 9, 10, 12" in planned.reason
        assert {other.gpu for other in planned.alternatives} <= {"H100", "H200", "B200", "B300", "RTX-PRO-6000"}


def test_every_label_of_a_format_has_a_rule():
    """For each engine, so that no format is planned by default; an engine that does not load it refuses it first."""
    labels = {*facts.quantization().methods.values()} - {"modelopt", "bitsandbytes", "quark", "auto-round", "inc"}
    for engine in facts.engines():
        known = {name for row in facts.generations().weights if row.engine == engine for name in row.formats}
        assert labels <= known, engine
