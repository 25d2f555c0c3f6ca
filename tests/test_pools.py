"""How an engine divides its memory pool for the KV cache, compared with the engine's own calculation."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modal_serve_gen import facts
from modal_serve_gen.commands import new_app
from modal_serve_gen.models import Model, kv_bytes_per_token
from modal_serve_gen.models.decoder import LayerGroup
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
    return model(FULL, LayerGroup(kind="linear", count=1, recurrent_elements=state_bytes, recurrent_bytes=1))


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
