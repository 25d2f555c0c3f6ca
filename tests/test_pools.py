"""How an engine divides its memory pool for the KV cache, compared with the engine's own calculation."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modal_serve_gen import facts
from modal_serve_gen.commands import new_app
from modal_serve_gen.models import Model, hub, kv_bytes_per_token, speculation
from modal_serve_gen.models.decoder import LayerGroup
from modal_serve_gen.plan import Workload, plan, sglang
from modal_serve_gen.plan.pools import Demand, pool
from tests.conftest import ROOT
from tests.test_model import request_bytes
from tests.test_plan import bundled

GIB = 2**30
REAL = json.loads((ROOT / "tests" / "data" / "sglang_pools.json").read_text("utf-8"))["cases"]
FULL = LayerGroup(kind="full", count=4, kv_heads=2, key_dim=64, value_dim=64)  # 2048 bytes per token
WINDOW = replace(FULL, kind="sliding", count=8, window=1024)
SEPARATE_WINDOWS = "GptOssForCausalLM"


def model(*layers: LayerGroup, architecture: str = "Qwen3ForCausalLM") -> Model:
    """A model whose caches are those of `layers`."""
    return bundled("Qwen/Qwen3-8B").model_copy(update={"layers": layers, "architecture": architecture})


def hybrid(state_bytes: int) -> Model:
    state = LayerGroup(kind="linear", count=1, recurrent_elements=state_bytes, recurrent_bytes=1)
    return model(FULL, state, architecture="Qwen3NextForCausalLM")


def demand(length: int = 256, requests: int = 1, **more) -> Demand:
    return Demand(**{"length": length, "requests": requests, "fill": 0.25, "tp": 1, "cache_bytes": 2, **more})


@pytest.mark.parametrize("case", REAL, ids=lambda case: f"{case['pool_gib']}-{case['requests']}-{case['draft_tokens']}")
def test_states_take_as_much_memory_as_in_the_real_engine(case):
    """The engine's default fraction if it suffices, within one state; otherwise a number of states to request."""
    workload = demand(requests=case["requests"], draft_tokens=case["draft_tokens"])
    size, state = case["pool_gib"] * GIB, case["state_bytes"]
    result = pool("sglang", hybrid(state), workload, size)
    left = result.share * size - result.reserved
    if result.state_slots is None:
        assert case["slots"] or case["running"] == case["requests"]
        if not case["slots"]:
            assert left == pytest.approx(case["tokens_gib"] * GIB, abs=state * (1 + case["draft_tokens"] / 5) + 1e5)
    elif case["slots"]:
        assert result.state_slots == case["slots"] and left == pytest.approx(case["tokens_gib"] * GIB, abs=1e5)
    assert result.needed > size or left >= 2048 * 256


def test_the_recorded_cases_cover_both_outcomes():
    """With the default fraction, some run all requests and some fewer; others request a number of states."""
    default = [case["running"] == case["requests"] for case in REAL if not case["slots"]]
    assert any(default) and not all(default) and any(case["slots"] and case["tokens_gib"] > 0 for case in REAL)


def test_layers_with_a_window_have_fewer_tokens():
    """If the engine has a separate pool for them; otherwise they keep every token."""
    separate = pool("sglang", model(FULL, WINDOW, architecture=SEPARATE_WINDOWS), demand(4096), GIB)
    assert separate.per_token == 2048 * (1 + 0.8 * 2) and separate.request == 4096 * separate.per_token
    together = pool("sglang", model(FULL, WINDOW), demand(4096), GIB)
    assert together.per_token == 2048 * 3
    only = pool("sglang", model(WINDOW, architecture=SEPARATE_WINDOWS), demand(4096), GIB)
    assert only.per_token == 2048 * 2


def test_a_request_shorter_than_the_window_is_limited_by_the_windows_pool():
    """512 tokens need 512 slots in every layer, and layers with a window have 0.8 slots per token of the pool."""
    result = pool("sglang", model(FULL, WINDOW, architecture=SEPARATE_WINDOWS), demand(512), GIB)
    assert result.request == 512 / 0.8 * result.per_token


def test_speculation_adds_the_cache_of_its_layers():
    """One prediction layer for four layers adds a quarter per token."""
    result = pool("sglang", model(FULL), demand(draft_layers=1, draft_tokens=4), GIB)
    assert result.per_token == 2048 * 1.25 and result.reserved == 0


def test_an_index_counts_as_part_of_its_layer():
    """DeepSeek V3.2: a prediction layer takes 1/61 of the cache, including its index."""
    deepseek = bundled("deepseek-ai/DeepSeek-V3.2")
    plain, speculative = (pool("sglang", deepseek, demand(draft_layers=n), GIB).per_token for n in (0, 1))
    assert speculative == plain * (1 + 1 / 61)


def test_vllm_allocates_blocks_of_one_pool():
    """One request of full length, the others partly filled, and the block that the engine keeps empty."""
    result = pool("vllm", model(FULL), demand(4096, 3), GIB)
    full, part = request_bytes(model(FULL), 4096), request_bytes(model(FULL), 1024)
    assert (result.request, result.needed, result.share) == (full, full + 2 * part + 16 * result.per_token, 1)
    assert result.per_token == kv_bytes_per_token(model(FULL)) and result.concurrency(2.5 * full) == 2.5


@given(
    st.sampled_from(sorted(facts.models())), st.integers(256, 40_000), st.integers(1, 256), st.sampled_from((0, 4, 16))
)
def test_the_required_pool_is_sufficient(name, length, requests, verified):
    """A pool of the required size holds at least one request of full length, as does a larger one."""
    example = bundled(name)
    workload = demand(length, requests, draft_tokens=verified, draft_layers=1 if verified else 0)
    size = pool("sglang", example, workload, 0).needed
    result = pool("sglang", example, workload, size * 1.0001)
    assert result.needed <= size * 1.0001 and result.concurrency(size * 1.0001) >= 1
    more = pool("sglang", example, workload, size * 2)
    assert more.needed <= size * 2 and more.concurrency(size * 2) >= 1


def test_an_app_requests_states_if_the_engines_default_is_too_small():
    """Qwen3.6 27B on one H100: 80 states of 147 MiB for 16 requests, instead of a larger GPU."""
    options = {"workflow": "sglang-low-latency", "model": "Qwen/Qwen3.6-27B-FP8", "gpu": "H100"}
    app = new_app.make(options, source=None, generator="test", offline=True, say=print)
    assert '"--max-mamba-cache-size=80",' in app.text and app.plan.kv_cache.tokens > 200_000
    app = new_app.make({**options, "concurrency": 2}, source=None, generator="test", offline=True, say=print)
    assert "--max-mamba-cache-size" not in app.text


@pytest.mark.parametrize(
    "name, gpu, version, fraction",
    [("Qwen/Qwen3-8B", "B200", "0.5.11", 0.854), ("Qwen/Qwen3-30B-A3B-Instruct-2507-FP8", "H100", "0.5.18", 0.83)],
)
def test_the_static_fraction_is_the_engines_default(name, gpu, version, fraction):
    """As two boot logs have it, within the third digit."""
    planned = plan(bundled(name), Workload(engine="sglang", gpu=gpu, engine_version=version))
    assert planned.gpu_memory_utilization != fraction  # chosen for an app
    planned = plan(bundled(name), Workload(engine="sglang", gpu=gpu, engine_version=version, fixed=True))
    assert planned.gpu_memory_utilization == pytest.approx(fraction, abs=0.0011)


def test_an_encoder_lowers_the_fraction():
    """Qwen3-VL 8B on an H200 logged 0.8388: no prefill is captured, and 0.925 of what remains is used (0.5.10)."""
    encoder = {"hidden_size": 1152, "depth": 27}
    seen = bundled("Qwen/Qwen3-8B").model_copy(update={"multimodal": True, "config": {"vision_config": encoder}})
    workload = {"tp": 1, "pp": 1, "chunk": 8192, "speculates": False}
    assert sglang.default_fraction(seen, "0.5.10", "H200", **workload) == pytest.approx(0.8388, abs=0.001)


def test_defaults_change_with_the_gpu_and_the_release():
    """A chunk of 4,096 tokens on 24 GB cards since 0.5.20; larger batches from tensor parallel size 4."""
    assert sglang.capacity("0.5.19", "L4") == (2048, 24) and sglang.capacity("0.5.20", "L4", 4) == (4096, 160)
    assert sglang.capacity(None, "A100-40GB") == (4096, 32) and sglang.capacity(None, "H100", 8) == (8192, 512)


@pytest.mark.parametrize(
    "version, states",
    [("0.5.6", 10 * 3), ("0.5.12", 10 + 2 * 2), ("0.5.16", 10 + 2 * 2), ("0.5.17", 11 + 3 * 2)],
)
def test_speculation_keeps_states_by_the_rules_of_the_release(version, states):
    """10 states, and two draft tokens for two requests: of every state, of each request, and one of each spare."""
    workload = demand(requests=2, draft_tokens=2, state_slots=10, version=version)
    assert pool("sglang", hybrid(1000), workload, GIB).reserved == states * 1000


def test_states_limit_the_requests_that_run():
    """Qwen3.8 27B on an H100, 0.5.18: 124 states and 24 of 32 requests were logged, and it started."""
    workload = Workload(
        engine="sglang", gpu="H100", engine_version="0.5.18", concurrency=32, gpu_memory_utilization=0.85, fixed=True
    )
    planned = plan(bundled("Qwen/Qwen3.8-27B-FP8"), workload)
    assert planned.fits and any("at most 24 of 32 requests" in note.text for note in planned.notes)
    app = plan(bundled("Qwen/Qwen3.8-27B-FP8"), replace(workload, fixed=False, concurrency=8))
    assert app.fits and not any("at most" in note.text for note in app.notes)


def test_a_pool_below_one_request_starts():
    """SGLang limits the length of requests instead; vLLM refuses."""
    workload = Workload(gpu="L4", gpu_memory_utilization=0.82, max_model_len=40_960, concurrency=1, fixed=True)
    assert not plan(bundled("Qwen/Qwen3-8B"), workload).fits
    planned = plan(bundled("Qwen/Qwen3-8B"), replace(workload, engine="sglang"))
    assert planned.fits and any("limits requests to its pool" in note.text for note in planned.notes)


def test_weights_above_the_fraction_are_refused():
    """15 GiB of weights in half of an L4."""
    workload = Workload(engine="sglang", gpu="L4", gpu_memory_utilization=0.5, max_model_len=4096, fixed=True)
    planned = plan(bundled("Qwen/Qwen3-8B"), workload)
    assert planned.verdict == "does not fit" and planned.kv_cache.gib < 0


def test_compressors_have_a_part_of_the_windows_pool():
    """DeepSeek V4 Flash: 15,956 bytes per token were logged (0.5.12), where one more layer was counted."""
    result = pool("sglang", bundled("deepseek-ai/DeepSeek-V4-Flash"), demand(4096, tp=8, cache_bytes=1), GIB)
    assert result.per_token == pytest.approx(15_955.85, rel=0.004)


def test_a_draft_is_charged_with_its_own_vocabulary():
    """5.53 GiB were logged for the prediction layer of Qwen3.8 27B, whose checkpoint shares embedding and head."""
    draft = speculation.of_model(bundled("Qwen/Qwen3.8-27B"), "sglang")
    assert (draft.extra_weight_bytes + draft.vocabulary_bytes) / GIB == pytest.approx(5.53, abs=0.01)
    assert speculation.of_model(bundled("deepseek-ai/DeepSeek-V3.1"), "sglang").vocabulary_bytes == 0  # has copies
    workload = Workload(engine="sglang", gpu="H100:2", vocabulary_bytes=2 * GIB)
    assert next(row.gib for row in plan(bundled("Qwen/Qwen3-8B"), workload).ledger if "draft" in row.item) == 1


def test_sglang_loads_the_scales_of_fp4_experts_in_float32():
    """DeepSeek V4 Pro on eight H200 logged 125.65 GiB per GPU, and a fraction of 0.88 was too low."""
    workload = Workload(engine="sglang", gpu="H200:8", engine_version="0.5.14", gpu_memory_utilization=0.88, fixed=True)
    model = hub.bundled("deepseek-ai/DeepSeek-V4-Pro")
    planned, vllm = plan(model, workload), plan(model, replace(workload, engine="vllm", engine_version=None))
    first, second = (next(row for row in each.ledger if row.item == "weights") for each in (planned, vllm))
    assert not planned.fits and first.gib > 1.15 * second.gib and 115 < first.gib < 125.65 < first.gib_sized < 130
