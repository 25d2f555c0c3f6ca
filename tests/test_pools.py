"""How an engine uses its pool for the KV cache, against the engine's own arithmetic."""

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
FULL = LayerGroup(kind="full", count=4, kv_heads=2, key_dim=64, value_dim=64)  # 2048 bytes a token
WINDOW = replace(FULL, kind="sliding", count=8, window=1024)
APART = "GptOssForCausalLM"


def model(*layers: LayerGroup, architecture: str = "Qwen3ForCausalLM") -> Model:
    """A model whose caches are those of `layers`."""
    return bundled("Qwen/Qwen3-8B").model_copy(update={"layers": layers, "architecture": architecture})


def hybrid(state_bytes: int) -> Model:
    return model(FULL, LayerGroup(kind="linear", count=1, recurrent_elements=state_bytes, recurrent_bytes=1))


def demand(length: int = 256, requests: int = 1, **more) -> Demand:
    return Demand(**{"length": length, "requests": requests, "fill": 0.25, "tp": 1, "cache_bytes": 2, **more})


@pytest.mark.parametrize("case", REAL, ids=lambda case: f"{case['pool_gib']}-{case['requests']}-{case['draft_tokens']}")
def test_states_take_what_the_real_engine_takes(case):
    """Its own share where that is enough, within one state; elsewhere a number of states to ask for."""
    asked = demand(requests=case["requests"], draft_tokens=case["draft_tokens"])
    size, state = case["pool_gib"] * GIB, case["state_bytes"]
    found = pool("sglang", hybrid(state), asked, size)
    left = found.share * size - found.reserved
    if found.state_slots is None:
        assert case["slots"] or case["running"] == case["requests"]
        if not case["slots"]:
            assert left == pytest.approx(case["tokens_gib"] * GIB, abs=state * (1 + case["draft_tokens"] / 5) + 1e5)
    elif case["slots"]:
        assert found.state_slots == case["slots"] and left == pytest.approx(case["tokens_gib"] * GIB, abs=1e5)
    assert found.needed > size or left >= 2048 * 256


def test_the_cases_show_both_ways():
    """Of the engine's own share there are some that do, and some that run fewer requests than asked."""
    own = [case["running"] == case["requests"] for case in REAL if not case["slots"]]
    assert any(own) and not all(own) and any(case["slots"] and case["tokens_gib"] > 0 for case in REAL)


def test_layers_with_a_window_get_their_share_of_the_tokens():
    """Where the engine has them apart; elsewhere they keep every token."""
    apart = pool("sglang", model(FULL, WINDOW, architecture=APART), demand(4096), GIB)
    assert apart.per_token == 2048 * (1 + 0.8 * 2) and apart.request == 4096 * apart.per_token
    together = pool("sglang", model(FULL, WINDOW), demand(4096), GIB)
    assert together.per_token == 2048 * 3
    only = pool("sglang", model(WINDOW, architecture=APART), demand(4096), GIB)
    assert only.per_token == 2048 * 2


def test_a_request_shorter_than_the_window_is_charged_for_the_smaller_share():
    """512 tokens want 512 places in every layer, and the windows' layers have 0.8 for each token of the pool."""
    found = pool("sglang", model(FULL, WINDOW, architecture=APART), demand(512), GIB)
    assert found.request == 512 / 0.8 * found.per_token


def test_speculation_adds_the_cache_of_its_layers():
    """One prediction layer beside four: a quarter more for each token."""
    found = pool("sglang", model(FULL), demand(draft_layers=1, draft_tokens=4), GIB)
    assert found.per_token == 2048 * 1.25 and found.reserved == 0


def test_a_layer_and_its_index_are_one():
    """DeepSeek V3.2: a prediction layer costs what one of 61 layers costs, its index included."""
    deepseek = bundled("deepseek-ai/DeepSeek-V3.2")
    plain, guessing = (pool("sglang", deepseek, demand(draft_layers=n), GIB).per_token for n in (0, 1))
    assert guessing == plain * (1 + 1 / 61)


def test_vllm_gives_out_blocks_of_one_pool():
    """A full-length request, the others at their fill, and the block that the engine keeps empty."""
    found = pool("vllm", model(FULL), demand(4096, 3), GIB)
    whole, part = request_bytes(model(FULL), 4096), request_bytes(model(FULL), 1024)
    assert (found.request, found.needed, found.share) == (whole, whole + 2 * part + 16 * found.per_token, 1)
    assert found.per_token == kv_bytes_per_token(model(FULL)) and found.concurrency(2.5 * whole) == 2.5


@given(
    st.sampled_from(sorted(facts.models())), st.integers(256, 40_000), st.integers(1, 256), st.sampled_from((0, 4, 16))
)
def test_what_is_needed_holds_the_demand(name, length, requests, verified):
    """At the size that a pool needs it holds at least the full-length request, and never less in a larger one."""
    made, asked = bundled(name), demand(length, requests, draft_tokens=verified, draft_layers=1 if verified else 0)
    size = pool("sglang", made, asked, 0).needed
    found = pool("sglang", made, asked, size * 1.0001)
    assert found.needed <= size * 1.0001 and found.concurrency(size * 1.0001) >= 1
    more = pool("sglang", made, asked, size * 2)
    assert more.needed <= size * 2 and more.concurrency(size * 2) >= 1


def test_an_app_asks_for_its_states_where_the_engines_own_share_is_too_small():
    """Qwen3.6 27B on one H100: 80 states of 147 MiB for 16 requests, in place of a larger GPU."""
    asked = {"workflow": "sglang-low-latency", "model": "Qwen/Qwen3.6-27B-FP8", "gpu": "H100"}
    made = new_app.make(asked, source=None, generator="test", offline=True, say=print)
    assert '"--max-mamba-cache-size=80",' in made.text and made.plan.kv_cache.tokens > 200_000
    made = new_app.make({**asked, "concurrency": 2}, source=None, generator="test", offline=True, say=print)
    assert "--max-mamba-cache-size" not in made.text
