"""The planner compared with boot logs of engines; a third of the setups was held out when it was fitted."""

import hashlib
import statistics

import pytest

from modal_serve_gen.models import hub
from modal_serve_gen.plan import Workload, plan
from scripts import calibrate
from tests.versions import VLLM

SCORES = {engine: [score for score in calibrate.scores() if score.engine == engine] for engine in ("vllm", "sglang")}
LIMITS = {"vllm": (0.02, 0.1, 0.95), "sglang": (0.025, 0.08, 0.95)}  # of the median and of the worst; share inside
groups = pytest.mark.parametrize(
    "engine, scores",
    [
        pytest.param(engine, [score for score in scores if score.held_out or not held_out], id=f"{engine}-{name}")
        for engine, scores in SCORES.items()
        for held_out, name in ((False, "all"), (True, "held out"))
    ],
)


@groups
def test_the_kv_cache_is_close_to_the_logged_size(engine, scores):
    """In the median and at worst, and the logged values are inside the predicted range."""
    median, worst, inside = LIMITS[engine]
    assert statistics.median_high(abs(score.error) for score in scores) <= median
    assert max(abs(score.error) for score in scores) <= worst
    assert sum(score.inside for score in scores) >= inside * len(scores)


@groups
def test_weights_are_close_to_the_logged_size(engine, scores):
    """At most 1 % off in the median."""
    errors = [abs(score.weights_error) for score in scores if score.weights_error is not None]
    assert statistics.median_high(errors) <= 0.01


def test_a_third_is_held_out():
    """By a hash of the id, of setups with many releases and GPUs."""
    setups = calibrate.setups()
    for logged in setups:
        assert logged.held_out == (int(hashlib.sha256(logged.id.encode()).hexdigest(), 16) % 3 == 0), logged.id
    assert len(setups) >= 120
    assert 0.2 < sum(logged.held_out for logged in setups) / len(setups) < 0.45
    assert len({x.engine_version for x in setups}) > 12 and len({x.gpu for x in setups}) >= 7


OUT_OF_MEMORY = ("OOM", "out of memory")  # after the pool was sized
REFUSED = [
    x for x in calibrate.setups() if not (x.started or x.card or any(words in x.status for words in OUT_OF_MEMORY))
]


# Logs whose failure is not explained by the engine's source.
ACCEPTED = {
    "sglang/Qwen3.8-27B/RTX-PRO-6000/tp1/0.5.18/failed": "3 GiB less than its release computes from these flags",
}


@pytest.mark.parametrize("logged", REFUSED, ids=lambda logged: logged.id)
def test_setups_that_an_engine_refused_are_refused(request, logged):
    """The low end of the cache decides, not its expected size."""
    if reason := ACCEPTED.get(logged.id):
        request.applymarker(pytest.mark.xfail(reason=reason, strict=True))
    assert calibrate.wrong_verdict(logged) is None


def test_no_setup_that_started_is_refused():
    """Some with little memory to spare `may not fit`; of no kind is one refused for certain."""
    started = [logged for logged in calibrate.setups() if logged.started]
    verdicts = [calibrate.wrong_verdict(logged) for logged in started]
    assert set(verdicts) <= {None, "may not fit"} and verdicts.count("may not fit") <= 0.15 * len(started)


def test_an_older_release_has_its_own_defaults():
    """A utilization of 0.9, 1024 sequences and 8,192 tokens on an H100; 256 and 2,048 on an A100."""
    model = hub.bundled("Qwen/Qwen3-8B")
    big = plan(model, Workload(gpu="H100", fixed=True, engine_version="0.11.0"))
    assert (big.gpu_memory_utilization, big.max_num_seqs, big.max_num_batched_tokens) == (0.9, 1024, 8192)
    assert big.max_model_len == model.max_context
    small = plan(model, Workload(gpu="A100-80GB", fixed=True, engine_version=VLLM))
    assert (small.gpu_memory_utilization, small.max_num_seqs, small.max_num_batched_tokens) == (0.92, 256, 2048)
    assert plan(model, Workload(gpu="B200", fixed=True, engine_version="0.27.0")).max_num_batched_tokens == 8192
    assert plan(model, Workload(gpu="B200", fixed=True, engine_version="0.28.0")).max_num_batched_tokens == 16384
    assert plan(model, Workload(gpu="H100", fixed=True, server=False)).max_num_batched_tokens == 16384


def test_a_release_without_logs_has_a_wider_range():
    """The expected size is the same, the ends are further apart, and there is a note."""
    model = hub.bundled("Qwen/Qwen3-8B")
    known, unknown = (
        plan(model, Workload(gpu="H100", fixed=True, engine_version=version)) for version in ("0.31.0", "0.30.0")
    )
    assert known.kv_cache.gib == unknown.kv_cache.gib
    assert unknown.kv_cache.gib_low < known.kv_cache.gib_low
    known_text, unknown_text = (" ".join(note.text for note in planned.notes) for planned in (known, unknown))
    assert "no startup log of vllm" in unknown_text and "no startup log" not in known_text
