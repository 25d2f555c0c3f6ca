"""Model + Workload -> Plan: the ledger, the choice, the refusals, the properties."""

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


def bundled(name: str, **known) -> Model:
    entry = facts.model_facts(name)
    fields = {"weight_bytes": entry.weight_bytes, "weights_from_files": "weight_bytes" in known, **known}
    return from_config(name, "0" * 40, facts.config(name).config, **fields)


QWEN = bundled("Qwen/Qwen3-8B")
SMALL = Workload(max_model_len=8192, concurrency=8)


def test_a_set_up_that_is_known_to_fail_is_refused():
    """Llama 3.3 70B in FP8 left no room on one H100; 131,072 tokens of Llama 3.1 8B did not fit an A10."""
    failed = bundled("RedHatAI/Llama-3.3-70B-Instruct-FP8-dynamic")
    found = plan(failed, Workload(gpu="H100", max_model_len=16000, fixed=True, engine_version="0.11.0"))
    assert not found.fits and "for a KV cache" in found.reason
    found = plan(bundled("meta-llama/Llama-3.1-8B-Instruct"), Workload(gpu="A10", max_model_len=131072, concurrency=1))
    assert not found.fits and "--max-model-len" in found.reason


def test_the_ledger_adds_up_to_what_the_engine_may_take():
    """Weights, pool and overheads are usable memory x utilisation, whichever figure is shown."""
    found = plan(QWEN, replace(SMALL, gpu="H100"))
    wanted = facts.gpus()["H100"].usable_gib * found.gpu_memory_utilization
    assert [row.item for row in found.ledger] == ["weights", "kv_cache", "activations", "cuda_graphs", "non_torch"]
    assert sum(row.gib for row in found.ledger) == pytest.approx(wanted, abs=0.05)
    assert sum(row.gib_sized for row in found.ledger) == pytest.approx(wanted, abs=0.05)
    assert found.kv_cache.gib_low <= found.kv_cache.gib <= found.kv_cache.gib_high
    assert all(row.source for row in found.ledger)


def test_only_what_was_summed_from_files_is_called_exact():
    """Allowances never are; weights are when their size came from the files and nothing splits them."""
    exact = bundled("Qwen/Qwen3-8B", weights_exact=True, weights_from_files=True)
    rows = {row.item: row.exact for row in plan(exact, replace(SMALL, gpu="H100")).ledger}
    assert rows == {"weights": True, "kv_cache": False, "activations": False, "cuda_graphs": False, "non_torch": False}
    assert not any(row.exact for row in plan(QWEN, replace(SMALL, gpu="H100")).ledger)


def test_the_cheapest_that_fits_is_chosen_and_the_others_are_listed_by_price():
    """Without a GPU: no other that fits costs less, but for several cards without NVLink, which a note names."""
    found = plan(QWEN, SMALL)
    prices = [other.usd_per_hour for other in found.alternatives]
    assert found.fits and prices == sorted(prices) and len({other.gpu for other in found.alternatives}) == len(prices)
    cheaper = [other for other in found.alternatives if other.usd_per_hour < found.usd_per_hour]
    assert all(other.gpus > 1 and not facts.gpus()[other.gpu].nvlink for other in cheaper)
    assert bool(cheaper) == ("costs less" in " ".join(note.text for note in found.notes))


def test_candidates_limit_the_choice_and_not_the_alternatives():
    """A workflow's GPUs are chosen from; what else would fit is still told."""
    found = plan(QWEN, replace(SMALL, gpu_candidates=("H100", "H200")))
    assert found.gpu == "H100" and {"L40S", "H200"} <= {other.gpu for other in found.alternatives}
    one = plan(bundled("Qwen/Qwen3-32B"), replace(SMALL, gpu_candidates=("L40S", "H200"), max_gpus=1))
    assert (one.gpu, one.gpus) == ("H200", 1)


def test_fp8_weights_go_to_a_gpu_that_has_fp8():
    """A cheaper A100 is passed over; asked for, it is planned with a note."""
    model = bundled("Qwen/Qwen3-8B-FP8")
    assert facts.gpus()[plan(model, SMALL).gpu].compute_capability >= 8.9
    asked = plan(model, replace(SMALL, gpu="A100-80GB"))
    assert asked.fits and any("16 bits" in note.text for note in asked.notes)


def test_t4_gets_half_precision_when_asked_and_is_never_chosen():
    """A T4 has no bfloat16; Gemma 3 cannot run in float16 at all."""
    tiny = bundled("Qwen/Qwen2.5-1.5B-Instruct")
    assert plan(tiny, Workload(max_model_len=2048, concurrency=1)).gpu != "T4"
    asked = plan(tiny, Workload(max_model_len=2048, concurrency=1, gpu="T4"))
    assert asked.fits and asked.dtype == "half"
    gemma = plan(bundled("google/gemma-3-1b-it"), Workload(max_model_len=2048, concurrency=1, gpu="T4"))
    assert not gemma.fits and "float16" in gemma.reason


def test_an_fp8_cache_wants_a_gpu_with_fp8_and_halves_the_bytes():
    """On an A100 it is refused with the reason; on an H100 a token costs half."""
    assert "FP8" in plan(QWEN, replace(SMALL, gpu="A100-80GB", kv_cache_dtype="fp8")).reason
    found = plan(QWEN, replace(SMALL, gpu="H100", kv_cache_dtype="fp8"))
    assert found.fits and found.kv_cache.bytes_per_token == kv_bytes_per_token(QWEN) / 2


@pytest.mark.parametrize(
    "name, gpu, words",
    [
        ("Qwen/Qwen2.5-0.5B-Instruct", "H100:4", "14 attention heads"),
        ("microsoft/phi-4", "H100:4", "10 KV heads"),
        ("Qwen/Qwen3-235B-A22B-FP8", "H200:8", "FP8 blocks of 128"),
    ],
)
def test_a_count_that_cannot_cut_the_model_is_refused_with_the_reason(name, gpu, words):
    """Attention heads, KV heads and FP8 blocks must divide."""
    found = plan(bundled(name), Workload(gpu=gpu, max_model_len=4096, concurrency=1))
    assert not found.fits and words in found.reason
    assert all(other.gpus != 4 or words == "FP8 blocks of 128" for other in found.alternatives)


def test_what_was_not_asked_for_is_lowered_and_what_was_is_not():
    """Defaults shrink until a given GPU fits, with a note; an asked length stays and is refused."""
    found = plan(QWEN, Workload(gpu="A10"))
    assert (
        found.fits and found.max_num_seqs < 32 and any("max_num_seqs was lowered" in note.text for note in found.notes)
    )
    tight = plan(QWEN, Workload(gpu="L4", concurrency=4))
    assert tight.max_num_seqs == 4 and (tight.max_model_len < 32768 or not tight.fits)
    refused = plan(QWEN, Workload(gpu="L4", max_model_len=40960, concurrency=32))
    assert not refused.fits and (refused.max_model_len, refused.max_num_seqs) == (40960, 32)


def test_what_does_not_fit_says_what_would():
    """The reason names a value that really fits on that GPU, and the remedy a GPU that really fits."""
    asked = Workload(gpu="L40S", max_model_len=32768, concurrency=64)
    found = plan(QWEN, asked)
    fewer = int(found.reason.split("--concurrency ")[1].split(" ")[0].rstrip("."))
    assert plan(QWEN, replace(asked, concurrency=fewer)).fits
    with pytest.raises(DoesNotFit) as caught:
        require_fit(found)
    assert caught.value.exit_code == 4 and caught.value.details["fits"] is False
    spelled = caught.value.remedy.split("--gpu ")[1].split(" ")[0]
    assert plan(QWEN, replace(asked, gpu=spelled)).fits


@given(st.sampled_from(("L4", "A10", "L40S", "A100-40GB")), st.integers(1, 64), st.integers(4096, 40_960))
def test_everything_that_is_offered_instead_fits(gpu, requests, length):
    """Fewer requests, a shorter length, an FP8 cache: each alone, on the same GPU."""
    asked = Workload(gpu=gpu, max_model_len=length, concurrency=requests)
    offered = plan(QWEN, asked, others=False).reason.partition("It would with ")[2].rstrip(".")
    for option in filter(None, offered.split(" or ")):
        name, value = option.removeprefix("an FP8 KV cache (the engine flag ").rstrip(")").split()
        field = name.removeprefix("--").replace("-", "_")
        changed = replace(asked, **{field: value if field == "kv_cache_dtype" else int(value)})
        assert plan(QWEN, changed, others=False).fits, option


def test_a_model_that_fits_nowhere_still_gets_a_plan():
    """A petabyte of weights: no GPU, no alternatives, a plain remedy."""
    found = plan(bundled("Qwen/Qwen3-8B", weight_bytes=10**15), Workload())
    assert not found.fits and found.alternatives == () and found.kv_cache.max_concurrency == 0
    with pytest.raises(DoesNotFit, match="smaller"):
        require_fit(found)


def test_sglang_leaves_room_outside_its_static_share():
    """Activations and graphs live beside the pool, so the share is below vLLM's; a share too large is charged."""
    ours = plan(QWEN, replace(SMALL, gpu="H100", engine="sglang"))
    assert ours.fits and 0.8 < ours.gpu_memory_utilization < 1
    rows = {row.item: row.gib_sized for row in ours.ledger}
    outside = rows["activations"] + rows["cuda_graphs"]
    usable = facts.gpus()["H100"].usable_gib - rows["non_torch"]
    assert usable * (1 - ours.gpu_memory_utilization) >= outside - 0.01
    greedy = plan(QWEN, replace(SMALL, gpu="H100", engine="sglang", gpu_memory_utilization=0.99))
    assert greedy.kv_cache.gib_low <= ours.kv_cache.gib_low + 1


def test_prices_multiply_by_count_and_region_and_carry_their_date():
    """Broad regions and narrow ones cost more; of a list the lowest applies; the bound is for all containers."""
    assert usd_per_hour("H100", 2) == round(2 * 3600 * facts.gpus()["H100"].usd_per_s, 2)
    assert (region_multiplier(None), region_multiplier("us"), region_multiplier("us-east")) == (1, 1.15, 1.75)
    assert region_multiplier("us-east,eu") == 1.15
    found = plan(QWEN, replace(SMALL, gpu="H100", region="us-east", min_containers=1, max_containers=3))
    assert found.usd_per_hour == usd_per_hour("H100", 1, "us-east") and found.region_multiplier == 1.75
    assert found.bounds.usd_per_hour_max_containers == pytest.approx(3 * found.usd_per_hour)
    assert found.price_date == facts.gpus()["H100"].price_read and found.price_date in " ".join(
        note.text for note in found.notes
    )


def test_start_up_gets_more_time_for_more_weights_in_whole_minutes():
    """Bytes to load set the timeout, never below the least."""
    short = plan(QWEN, SMALL).startup_timeout_s
    long = plan(bundled("deepseek-ai/DeepSeek-R1-0528"), SMALL).startup_timeout_s
    assert short >= facts.overheads().startup.least_s and long - short > 600 and long % 60 == short % 60 == 0


def test_notes_tell_what_several_gpus_cost_beyond_their_price():
    """Waiting for more than two of them, and cards without NVLink."""
    notes = " ".join(note.text for note in plan(QWEN, replace(SMALL, gpu="L4:4")).notes)
    assert "no NVLink" in notes and "wait longer" in notes
    assert "NVLink" not in " ".join(note.text for note in plan(QWEN, replace(SMALL, gpu="H100:2")).notes)


def test_adapters_and_drafts_take_memory_of_their_own():
    """Extra weights lower the pool by as much, and stand in the ledger."""
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
def test_gpu_strings_are_read_in_modals_spelling(text, parsed):
    """Any case, documented aliases kept, the deprecated spelling turned into the documented one."""
    assert parse_gpu(text) == parsed


@pytest.mark.parametrize(
    "text",
    ["H10", "H100:0", "H100:9", "A10:5", "H100:x", "H100,A100", "any", "", ":2", "H100:-1", "H100:٣", "H" * 9**6],
)
def test_other_gpu_strings_are_bad_input(text):
    """Unknown names, counts out of range, lists: exit 2, with the value or its length in the message."""
    with pytest.raises(BadInput) as caught:
        parse_gpu(text)
    assert len(caught.value.problem) < 300


def test_a_misspelt_gpu_gets_the_nearest_name():
    """The usual slip is answered with the name."""
    with pytest.raises(BadInput, match="Did you mean RTX-PRO-6000"):
        parse_gpu("RTX6000-PRO")


@pytest.mark.parametrize(
    "values, words",
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
def test_values_that_make_no_sense_anywhere_are_bad_input(values, words):
    """Each ends in exit 2 with the value in the message, whatever the GPU."""
    with pytest.raises(BadInput) as caught:
        plan(QWEN, Workload(**values))
    assert words in str(caught.value) and caught.value.exit_code == 2


MODELS = st.sampled_from([bundled(name) for name in sorted(facts.models())])
GPUS = st.sampled_from(sorted(facts.gpus()))
LENGTHS = st.integers(256, 40_000)
SEQS = st.integers(1, 512)


def pool(model: Model, gpu: str, gpus: int, length: int, seqs: int) -> Memory:
    return memory(model, Setup("vllm", gpu, gpus, length, seqs, 8192, 2, None))


@given(MODELS, GPUS, LENGTHS, LENGTHS, SEQS)
def test_a_longer_context_never_frees_memory_and_never_needs_less(model, gpu, one, other, seqs):
    """The pool does not grow with the length, requests do, and so fewer of them fit."""
    short, long = sorted((one, other))
    before, after = pool(model, gpu, 1, short, seqs), pool(model, gpu, 1, long, seqs)
    assert after.low <= before.low and after.needed >= before.needed and after.pool.request >= before.pool.request


@given(MODELS, GPUS, LENGTHS, SEQS, st.integers(0, 2))
def test_more_gpus_never_lower_the_cache_of_all_together(model, gpu, length, seqs, doublings):
    """Twice the GPUs hold at least the same pool in sum, wherever there was a pool at all."""
    few, many = pool(model, gpu, 2**doublings, length, seqs), pool(model, gpu, 2 ** (doublings + 1), length, seqs)
    assert few.low <= 0 or many.low * 2 >= few.low


@given(MODELS, GPUS, st.sampled_from((1, 2, 4)), LENGTHS, SEQS, SEQS)
def test_more_requests_never_need_less_nor_leave_more(model, gpu, gpus, length, one, other):
    """Concurrency costs memory on both sides."""
    few, many = sorted((one, other))
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
def test_a_plan_never_claims_to_fit_what_cannot(model, workload):
    """Whenever it fits: weights are below the GPU's memory, and one full-length request is below the pool."""
    found = plan(model, workload)
    usable = facts.gpus()[found.gpu].usable_gib
    if found.fits:
        assert model.weight_bytes / found.gpus / 2**30 + found.kv_cache.gib_low < usable
        assert found.kv_cache.max_concurrency >= 1
        assert found.kv_cache.bytes_per_request <= (found.kv_cache.gib_low + 0.01) * 2**30
    assert found.model_dump_json() and found.reason and found.usd_per_hour > 0
    for asked, got in ((workload.max_model_len, found.max_model_len), (workload.concurrency, found.max_num_seqs)):
        assert asked is None or asked == got


def test_the_same_question_gets_the_same_plan():
    """A plan holds nothing of today."""
    assert plan(QWEN, SMALL) == plan(QWEN, SMALL)
