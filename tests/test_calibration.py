"""The planner against memory that engines logged; a third of the set-ups is held out when its figures are set."""

import pytest

from modal_serve_gen.models import hub
from modal_serve_gen.plan import Workload, plan
from scripts import calibrate

SCORES = [calibrate.score(point) for point in calibrate.points()]
HELD_OUT = [one for one in SCORES if one["held_out"]]


def median(values) -> float:
    values = sorted(values)
    return values[len(values) // 2]


@pytest.mark.parametrize("scores", [SCORES, HELD_OUT], ids=["all", "held out"])
def test_the_pool_is_close_to_what_was_logged(scores):
    """3 % in the middle, the logged value inside the interval in nine of ten."""
    assert median(abs(one["error"]) for one in scores) <= 0.03
    assert sum(one["inside"] for one in scores) >= 0.9 * len(scores)


@pytest.mark.parametrize("scores", [SCORES, HELD_OUT], ids=["all", "held out"])
def test_no_pool_is_far_off(scores):
    """15 % at worst, where two builds of one release differ: with a sampler or an MXFP4 kernel that the other lacks."""
    assert max(abs(one["error"]) for one in scores) <= 0.15
    assert sum(abs(one["error"]) > 0.1 for one in scores) <= 0.15 * len(scores)


@pytest.mark.parametrize("scores", [SCORES, HELD_OUT], ids=["all", "held out"])
def test_weights_are_close_to_what_was_loaded(scores):
    """1 % in the middle."""
    assert median(abs(one["weights_error"]) for one in scores if one["weights_error"] is not None) <= 0.01


def test_a_third_is_held_out():
    """And the points are of many releases and GPUs."""
    points = calibrate.points()
    assert 0.2 < len(HELD_OUT) / len(points) < 0.45
    assert len({point["engine_version"] for point in points}) > 12 and len({point["gpu"] for point in points}) >= 7


FAILED = [point for point in calibrate.points() if not point.get("started") and "card" not in point]


@pytest.mark.parametrize(
    "point", [p for p in FAILED if "OOM" not in p["status"] and p["kv_gib"] < 12], ids=lambda point: point["id"]
)
def test_set_ups_that_an_engine_refused_are_refused(point):
    """Whatever the expected figure says, the low one decides."""
    workload = Workload(
        gpu=f"{point['gpu']}:{point['tensor_parallel_size']}",
        gpu_memory_utilization=point.get("gpu_memory_utilization"),
        max_model_len=point.get("max_model_len"),
        concurrency=point.get("max_num_seqs"),
        max_num_batched_tokens=point.get("max_num_batched_tokens"),
        engine_version=point["engine_version"],
        fixed=True,
    )
    found = plan(calibrate.model_of(point), workload)
    assert not found.fits and found.reason


def test_an_older_release_has_its_own_defaults():
    """A share of 0.9, 1024 sequences and 8,192 tokens on an H100; 256 and 2,048 on an A100."""
    model = hub.bundled("Qwen/Qwen3-8B")
    big = plan(model, Workload(gpu="H100", fixed=True, engine_version="0.11.0"))
    assert (big.gpu_memory_utilization, big.max_num_seqs, big.max_num_batched_tokens) == (0.9, 1024, 8192)
    assert big.max_model_len == model.max_context
    small = plan(model, Workload(gpu="A100-80GB", fixed=True, engine_version="0.33.0"))
    assert (small.gpu_memory_utilization, small.max_num_seqs, small.max_num_batched_tokens) == (0.92, 256, 2048)
    assert plan(model, Workload(gpu="B200", fixed=True, engine_version="0.27.0")).max_num_batched_tokens == 8192
    assert plan(model, Workload(gpu="B200", fixed=True, engine_version="0.28.0")).max_num_batched_tokens == 16384
    assert plan(model, Workload(gpu="H100", fixed=True, server=False)).max_num_batched_tokens == 16384


def test_a_release_without_logs_has_a_wider_interval():
    """The same rules, the ends further off, and a note that says so."""
    model = hub.bundled("Qwen/Qwen3-8B")
    known, unknown = (
        plan(model, Workload(gpu="H100", fixed=True, engine_version=version)) for version in ("0.31.0", "0.32.0")
    )
    assert known.kv_cache.gib == unknown.kv_cache.gib
    assert unknown.kv_cache.gib_low < known.kv_cache.gib_low
    assert "wider" in " ".join(note.text for note in unknown.notes) and "wider" not in " ".join(
        note.text for note in known.notes
    )
