"""The planner: memory ledger, choice of the GPU, refusals, and properties of all plans."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modal_serve_gen import facts
from modal_serve_gen.errors import BadInput, DoesNotFit
from modal_serve_gen.models import Model, from_config, kv_bytes_per_token
from modal_serve_gen.plan import Workload, plan, require_fit
from modal_serve_gen.plan.gpus import parse_gpu, region_multiplier, usd_per_hour
from modal_serve_gen.plan.ledger import Memory, Setup, memory


def bundled(name: str, **fields) -> Model:
    entry = facts.model_facts(name)
    fields = {"weight_bytes": entry.weight_bytes, "weights_from_files": "weight_bytes" in fields, **fields}
    return from_config(name, "0" * 40, facts.config(name).config, **fields)


QWEN = bundled("Qwen/Qwen3-8B")
SMALL = Workload(max_model_len=8192, concurrency=8)


def test_setups_that_are_known_to_fail_are_refused():
    """Llama 3.3 70B in FP8 leaves no space for a cache on an H100; 131,072 tokens of Llama 3.1 8B do not fit an A10."""
    failed = bundled("RedHatAI/Llama-3.3-70B-Instruct-FP8-dynamic")
    planned = plan(failed, Workload(gpu="H100", max_model_len=16000, fixed=True, engine_version="0.11.0"))
    assert not planned.fits and "for a KV cache" in planned.reason
    planned = plan(
        bundled("meta-llama/Llama-3.1-8B-Instruct"), Workload(gpu="A10", max_model_len=131072, concurrency=1)
    )
    assert not planned.fits and "--max-model-len" in planned.reason


def test_the_ledger_adds_up_to_the_memory_of_the_engine():
    """Weights, cache and overheads are usable memory x utilization, in both columns."""
    planned = plan(QWEN, replace(SMALL, gpu="H100"))
    total = facts.gpus()["H100"].usable_gib * planned.gpu_memory_utilization
    assert [row.item for row in planned.ledger] == ["weights", "kv_cache", "activations", "cuda_graphs", "non_torch"]
    assert sum(row.gib for row in planned.ledger) == pytest.approx(total, abs=0.05)
    assert sum(row.gib_sized for row in planned.ledger) == pytest.approx(total, abs=0.05)
    assert planned.kv_cache.gib_low <= planned.kv_cache.gib <= planned.kv_cache.gib_high
    assert all(row.source for row in planned.ledger)


def test_only_sizes_of_files_are_exact():
    """Weights are exact if their size was summed from files; overheads never are."""
    exact = bundled("Qwen/Qwen3-8B", weights_exact=True, weights_from_files=True)
    rows = {row.item: row.exact for row in plan(exact, replace(SMALL, gpu="H100")).ledger}
    assert rows == {"weights": True, "kv_cache": False, "activations": False, "cuda_graphs": False, "non_torch": False}
    assert not any(row.exact for row in plan(QWEN, replace(SMALL, gpu="H100")).ledger)


def test_the_cheapest_gpu_that_fits_is_chosen():
    """The others are listed by price; only several GPUs without NVLink may cost less, and a note says so."""
    planned = plan(QWEN, SMALL)
    prices = [other.usd_per_hour for other in planned.alternatives]
    assert (
        planned.fits and prices == sorted(prices) and len({other.gpu for other in planned.alternatives}) == len(prices)
    )
    cheaper = [other for other in planned.alternatives if other.usd_per_hour < planned.usd_per_hour]
    assert all(other.gpus > 1 and not facts.gpus()[other.gpu].nvlink for other in cheaper)
    assert bool(cheaper) == ("costs less" in " ".join(note.text for note in planned.notes))


def test_candidates_limit_the_choice_and_not_the_alternatives():
    """The GPU is one of the workflow's candidates; other GPUs that fit are still listed."""
    planned = plan(QWEN, replace(SMALL, gpu_candidates=("H100", "H200")))
    assert planned.gpu == "H100" and {"L40S", "H200"} <= {other.gpu for other in planned.alternatives}
    single = plan(bundled("Qwen/Qwen3-32B"), replace(SMALL, gpu_candidates=("L40S", "H200"), max_gpus=1))
    assert (single.gpu, single.gpus) == ("H200", 1)


def test_fp8_weights_are_planned_for_a_gpu_with_fp8():
    """A cheaper A100 is not chosen; if it is requested, the plan has a note."""
    model = bundled("Qwen/Qwen3-8B-FP8")
    assert facts.gpus()[plan(model, SMALL).gpu].compute_capability >= 8.9
    requested = plan(model, replace(SMALL, gpu="A100-80GB"))
    assert requested.fits and any("16 bits" in note.text for note in requested.notes)


def test_a_t4_is_planned_in_half_precision_and_never_chosen():
    """A T4 has no bfloat16; Gemma 3 cannot run in float16 at all."""
    tiny = bundled("Qwen/Qwen2.5-1.5B-Instruct")
    assert plan(tiny, Workload(max_model_len=2048, concurrency=1)).gpu != "T4"
    requested = plan(tiny, Workload(max_model_len=2048, concurrency=1, gpu="T4"))
    assert requested.fits and requested.dtype == "half"
    gemma = plan(bundled("google/gemma-3-1b-it"), Workload(max_model_len=2048, concurrency=1, gpu="T4"))
    assert not gemma.fits and "float16" in gemma.reason


def test_a_token_in_an_fp8_cache_takes_half_the_bytes():
    planned = plan(QWEN, replace(SMALL, gpu="H100", kv_cache_dtype="fp8"))
    assert planned.fits and planned.kv_cache.bytes_per_token == kv_bytes_per_token(QWEN) / 2


@pytest.mark.parametrize(
    "name, gpu, reason",
    [
        ("Qwen/Qwen2.5-0.5B-Instruct", "H100:4", "14 attention heads"),
        ("microsoft/phi-4", "H100:4", "10 KV heads"),
    ],
)
def test_a_gpu_count_that_cannot_shard_the_model_is_refused(name, gpu, reason):
    """Attention heads and KV heads must be divisible."""
    planned = plan(bundled(name), Workload(gpu=gpu, max_model_len=4096, concurrency=1))
    assert not planned.fits and reason in planned.reason
    assert all(other.gpus != 4 for other in planned.alternatives)


def test_only_defaults_are_lowered():
    """Defaults are lowered until they fit a requested GPU, with a note; requested values are refused instead."""
    planned = plan(QWEN, Workload(gpu="A10"))
    assert (
        planned.fits
        and planned.max_num_seqs < 32
        and any("max_num_seqs was lowered" in note.text for note in planned.notes)
    )
    tight = plan(QWEN, Workload(gpu="L4", concurrency=4))
    assert tight.max_num_seqs == 4 and (tight.max_model_len < 32768 or not tight.fits)
    refused = plan(QWEN, Workload(gpu="L4", max_model_len=40960, concurrency=32))
    assert not refused.fits and (refused.max_model_len, refused.max_num_seqs) == (40960, 32)


def test_a_plan_that_does_not_fit_suggests_what_would():
    """The concurrency in the reason fits that GPU, and the GPU in the remedy fits the request."""
    workload = Workload(gpu="L40S", max_model_len=32768, concurrency=64)
    planned = plan(QWEN, workload)
    fewer = int(planned.reason.split("--concurrency ")[1].split(" ")[0].rstrip("."))
    assert plan(QWEN, replace(workload, concurrency=fewer)).fits
    with pytest.raises(DoesNotFit) as caught:
        require_fit(planned)
    assert caught.value.exit_code == 4 and caught.value.details["fits"] is False
    other_gpu = caught.value.remedy.split("--gpu ")[1].split(" ")[0]
    assert plan(QWEN, replace(workload, gpu=other_gpu)).fits


@given(st.sampled_from(("L4", "A10", "L40S", "A100-40GB")), st.integers(1, 64), st.integers(4096, 40_960))
def test_every_suggestion_fits(gpu, requests, length):
    """Fewer requests, a shorter length, or an FP8 cache, each by itself on the same GPU."""
    workload = Workload(gpu=gpu, max_model_len=length, concurrency=requests)
    suggestions = plan(QWEN, workload, others=False).reason.partition("It would fit with ")[2].rstrip(".")
    for option in filter(None, suggestions.split(" or ")):
        name, value = option.split()
        field = name.removeprefix("--").replace("-", "_")
        changed = replace(workload, **{field: value if field == "kv_cache_dtype" else int(value)})
        assert plan(QWEN, changed, others=False).fits, option


def test_a_model_that_fits_nowhere_still_gets_a_plan():
    """For a petabyte of weights, there are no alternatives, and the remedy is a smaller model."""
    planned = plan(bundled("Qwen/Qwen3-8B", weight_bytes=10**15), Workload())
    assert not planned.fits and planned.alternatives == () and planned.kv_cache.max_concurrency == 0
    with pytest.raises(DoesNotFit, match="smaller"):
        require_fit(planned)


def test_sglang_needs_memory_outside_its_static_fraction():
    """Activations and CUDA graphs are outside of the fraction; if it leaves too little, the setup is refused."""
    ours = plan(QWEN, replace(SMALL, gpu="H100", engine="sglang"))
    assert ours.fits and 0.8 < ours.gpu_memory_utilization < 1
    rows = {row.item: row.gib_sized for row in ours.ledger}
    outside = rows["activations"] + rows["cuda_graphs"]
    usable = facts.gpus()["H100"].usable_gib - rows["non_torch"]
    assert usable * (1 - ours.gpu_memory_utilization) >= outside - 0.01
    greedy = plan(QWEN, replace(SMALL, gpu="H100", engine="sglang", gpu_memory_utilization=0.99))
    assert greedy.verdict == "does not run" and "a static fraction of 0.99 leaves 0.8 GiB" in greedy.reason
    assert greedy.kv_cache.gib > ours.kv_cache.gib + 1  # the engine does not shrink its pool


def test_prices_depend_on_count_and_region_and_have_a_date():
    """Regions cost more, narrow ones most; in a list, the lowest factor applies; the bound is for all containers."""
    assert usd_per_hour("H100", 2) == round(2 * 3600 * facts.gpus()["H100"].usd_per_s, 2)
    assert (region_multiplier(None), region_multiplier("us"), region_multiplier("us-east")) == (1, 1.15, 1.75)
    assert region_multiplier("us-east,eu") == 1.15
    planned = plan(QWEN, replace(SMALL, gpu="H100", region="us-east", min_containers=1, max_containers=3))
    assert planned.usd_per_hour == usd_per_hour("H100", 1, "us-east") and planned.region_multiplier == 1.75
    assert planned.bounds.usd_per_hour_max_containers == pytest.approx(3 * planned.usd_per_hour)
    assert planned.price_date == facts.gpus()["H100"].price_read and planned.price_date in " ".join(
        note.text for note in planned.notes
    )


def test_the_startup_timeout_grows_with_the_weights():
    """It is in whole minutes and at least the minimum."""
    short = plan(QWEN, SMALL).startup_timeout_s
    long = plan(bundled("deepseek-ai/DeepSeek-R1-0528"), SMALL).startup_timeout_s
    assert short >= facts.overheads().startup.least_s and long - short > 600 and long % 60 == short % 60 == 0


def test_notes_on_several_gpus():
    """Modal takes longer to find more than two GPUs, and some GPUs have no NVLink."""
    notes = " ".join(note.text for note in plan(QWEN, replace(SMALL, gpu="L4:4")).notes)
    assert "no NVLink" in notes and "wait longer" in notes
    assert "NVLink" not in " ".join(note.text for note in plan(QWEN, replace(SMALL, gpu="H100:2")).notes)


def test_adapters_and_drafts_are_in_the_ledger():
    """Extra weights reduce the cache by the same amount."""
    plain = plan(QWEN, replace(SMALL, gpu="H100"))
    more = plan(QWEN, replace(SMALL, gpu="H100", extra_weight_bytes=2 * 2**30))
    assert plain.kv_cache.gib_low - more.kv_cache.gib_low == pytest.approx(2, abs=0.02)
    assert "adapters_and_drafts" in [row.item for row in more.ledger]


@pytest.mark.parametrize(
    "text, parsed",
    [
        ("H100", ("H100", 1)),
        ("h100:2", ("H100", 2)),
        ("a100-80gb:8", ("A100-80GB", 8)),
        ("A10G", ("A10", 1)),
        ("H100!:4", ("H100!", 4)),
        ("b200+", ("B200+", 1)),
        (" l4 : 2 ", ("L4", 2)),
    ],
)
def test_gpu_strings_in_modals_spelling(text, parsed):
    """In any case; documented aliases are kept, a deprecated one is replaced."""
    assert parse_gpu(text) == parsed


@pytest.mark.parametrize(
    "text",
    ["H10", "H100:0", "H100:9", "A10:5", "H100:x", "H100,A100", "any", "", ":2", "H100:-1", "H100:٣", "H" * 9**6],
)
def test_other_gpu_strings_are_bad_input(text):
    """Unknown names, counts out of range and lists; the message has limited length."""
    with pytest.raises(BadInput) as caught:
        parse_gpu(text)
    assert len(caught.value.problem) < 300


def test_the_closest_name_of_a_misspelled_gpu_is_suggested():
    """Also for transposed parts of a name."""
    with pytest.raises(BadInput, match="Did you mean RTX-PRO-6000"):
        parse_gpu("RTX6000-PRO")


@pytest.mark.parametrize(
    "values, message",
    [
        ({"gpu": "H1000"}, "H1000"),
        ({"max_model_len": 10}, "256 to 40,960"),
        ({"max_model_len": 10**6}, "256 to 40,960"),
        ({"concurrency": 0}, "--concurrency"),
        ({"concurrency": 10**6}, "--concurrency"),
        ({"gpu_memory_utilization": 0.0}, "fraction"),
        ({"gpu_memory_utilization": 1.0}, "fraction"),
        ({"gpu_memory_utilization": float("nan")}, "fraction"),
        ({"kv_cache_dtype": "fp7"}, "fp7"),
        ({"max_num_batched_tokens": 0}, "--max-num-batched-tokens"),
        ({"max_num_batched_tokens": 8, "concurrency": 16}, "each request takes a token"),
        ({"min_containers": 3, "max_containers": 2}, "--min-containers"),
    ],
)
def test_invalid_values_are_bad_input(values, message):
    """For any GPU: exit code 2, and the message has the value or the option."""
    with pytest.raises(BadInput) as caught:
        plan(QWEN, Workload(**values))
    assert message in str(caught.value) and caught.value.exit_code == 2


MODELS = st.sampled_from([bundled(name) for name in sorted(facts.models())])
GPUS = st.sampled_from(sorted(facts.gpus()))
LENGTHS = st.integers(256, 40_000)
SEQS = st.integers(1, 512)


def pool(model: Model, gpu: str, gpus: int, length: int, seqs: int) -> Memory:
    return memory(model, Setup("vllm", gpu, gpus, length, seqs, 8192, 2, None))


@given(MODELS, GPUS, LENGTHS, LENGTHS, SEQS)
def test_a_longer_context_never_needs_less_memory(model, gpu, length, other, seqs):
    """The pool does not grow with the length, but each request does."""
    short, long = sorted((length, other))
    before, after = pool(model, gpu, 1, short, seqs), pool(model, gpu, 1, long, seqs)
    assert after.low <= before.low and after.needed >= before.needed and after.pool.request >= before.pool.request


@given(MODELS, GPUS, LENGTHS, SEQS, st.integers(0, 2))
def test_more_gpus_never_reduce_the_total_cache(model, gpu, length, seqs, doublings):
    """Twice as many GPUs have at least the same pool in total."""
    few, many = pool(model, gpu, 2**doublings, length, seqs), pool(model, gpu, 2 ** (doublings + 1), length, seqs)
    assert few.low <= 0 or many.low * 2 >= few.low


@given(MODELS, GPUS, st.sampled_from((1, 2, 4)), LENGTHS, SEQS, SEQS)
def test_more_requests_never_need_less_memory(model, gpu, gpus, length, requests, other):
    """They reduce the pool and increase the demand."""
    few, many = sorted((requests, other))
    before, after = pool(model, gpu, gpus, length, few), pool(model, gpu, gpus, length, many)
    assert after.low <= before.low and after.needed >= before.needed


@given(
    MODELS,
    st.builds(
        Workload,
        gpu=st.none() | st.builds("{}:{}".format, GPUS, st.sampled_from((1, 2, 4))),
        max_model_len=st.none() | st.integers(256, 8192),
        concurrency=st.none() | SEQS,
        engine=st.sampled_from(("vllm", "sglang")),
        gpu_memory_utilization=st.none() | st.floats(0.05, 0.99),
        kv_cache_dtype=st.sampled_from((None, "auto", "fp8")),
    ),
)
def test_a_plan_that_fits_is_plausible(model, workload):
    """Weights and cache are below the GPU's memory, and the cache holds a request of full length."""
    planned = plan(model, workload)
    usable = facts.gpus()[planned.gpu].usable_gib
    if planned.fits:
        assert model.weight_bytes / planned.gpus / 2**30 + planned.kv_cache.gib_low < usable
        assert planned.kv_cache.max_concurrency >= 1
        assert planned.kv_cache.bytes_per_request <= (planned.kv_cache.gib_low + 0.01) * 2**30
    assert planned.model_dump_json() and planned.reason and planned.usd_per_hour > 0
    for requested, value in (
        (workload.max_model_len, planned.max_model_len),
        (workload.concurrency, planned.max_num_seqs),
    ):
        assert requested is None or requested == value


def test_plans_are_deterministic():
    """The same request gives an equal plan."""
    assert plan(QWEN, SMALL) == plan(QWEN, SMALL)
