"""The bundled facts: every one with a source and a date, read lazily, refused when broken."""

import dataclasses
import re

import pytest

from modal_serve_gen import facts, flags
from modal_serve_gen.errors import InternalError
from modal_serve_gen.facts import hardware, loading
from modal_serve_gen.folders import FACTS
from modal_serve_gen.models import SHA, from_config, valid_id
from tests.versions import SGLANG, VLLM

SHA_0 = "0" * 40
DATE = re.compile(r"20\d\d-\d\d(-\d\d)?")


@pytest.mark.parametrize("name", sorted(facts.models()))
def test_every_model_is_sourced_and_well_formed(name):
    """Id, commit, size, parsers: each well formed, and each with where it was read."""
    known = facts.model_facts(name)
    assert valid_id(name) and DATE.fullmatch(known.read)
    assert known.revision is None or SHA.fullmatch(known.revision)
    assert known.weight_bytes > 10**8 and 0 <= known.weight_margin < 1
    for key in ("tool_call_parser", "reasoning_parser"):
        assert not getattr(known, key).get("vllm") or known.sources[key]
        assert not getattr(known, key).get("sglang") or known.sources["sglang_parsers"]
    held = facts.config(name)
    assert held.config["architectures"] and (held.verbatim or held.note)
    for draft in known.speculative.values():
        assert draft.source and (draft.draft_revision is None or SHA.fullmatch(draft.draft_revision))


def test_every_configuration_belongs_to_a_model():
    """No orphans, and no model points at a file that is not there."""
    named = {known.config for known in facts.models().values()}
    assert {path.name for path in (FACTS / "configs").iterdir()} == named


@pytest.mark.parametrize("engine, version", [("vllm", VLLM), ("sglang", SGLANG)])
def test_every_parser_is_registered_in_the_engine_it_is_for(engine, version):
    """A parser name that the engine does not have would stop it at start."""
    table = flags.load(facts.flag_table_path(engine, version))
    for name, known in facts.models().items():
        assert known.tool_call_parser.get(engine) in {None, *table.tool_parsers}, name
        assert known.reasoning_parser.get(engine) in {None, *table.reasoning_parsers}, name


@pytest.mark.parametrize(
    ("name", "sibling"),
    [
        ("Qwen/Qwen3-8B", "Qwen/Qwen3-8B-FP8"),
        ("nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16", "nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-FP8"),
        ("meta-llama/Llama-3.3-70B-Instruct", "RedHatAI/Llama-3.3-70B-Instruct-FP8-dynamic"),
        ("Qwen/Qwen3-8B-FP8", None),
        ("Qwen/Qwen3-0.6B", None),
        ("me/unknown", None),
    ],
)
def test_an_fp8_copy_is_found_by_its_name(name, sibling):
    """Of the same owner, else of another; it is in FP8 and smaller."""
    assert facts.fp8_sibling(name) == sibling
    if sibling:
        known = facts.models()[sibling]
        held = from_config(sibling, SHA_0, facts.config(sibling).config, weight_bytes=1)
        assert (known.quantization or held.quantization) == "fp8"
        assert known.weight_bytes < 0.7 * facts.models()[name].weight_bytes


def test_every_recorded_speculation_is_what_the_engine_takes():
    """Each argument stands in the pinned engine's own table, and each draft has an algorithm that --draft takes."""
    for name, known in facts.models().items():
        for engine, row in known.speculative.items():
            table = flags.load(facts.flag_table_path(engine, facts.pins()[engine].version))
            assert not flags.check(row.arguments, table, complete=False), name
            if engine == "sglang" and row.draft_model:
                assert row.method in facts.speculation()["sglang"].with_draft, name


@pytest.mark.parametrize("name", sorted(facts.gpus()))
def test_every_gpu_is_sourced_and_consistent(name):
    """Price per hour is the price per second, usable memory is below the marketing figure, sources are named."""
    gpu = facts.gpus()[name]
    assert gpu.usd_per_h == pytest.approx(gpu.usd_per_s * 3600, abs=0.01)
    assert 0.85 * gpu.marketing_gb < gpu.usable_gib < gpu.marketing_gb
    assert DATE.fullmatch(gpu.price_read) and 1 <= gpu.max_count <= 8
    assert all(gpu.sources[key] for key in ("bandwidth", "compute_capability", "arithmetic"))


def test_aliases_lead_to_gpus():
    """Every other spelling stands for a GPU that has facts."""
    assert set(facts.gpu_aliases().values()) <= set(facts.gpus())


@pytest.mark.parametrize("read", [facts.overheads, facts.pools, facts.quantization, facts.regions])
def test_tables_carry_source_and_date(read):
    """Each table says when and from where it was read."""
    table = read()
    assert DATE.fullmatch(table.read) and table.source


def test_ranges_of_the_allowances_are_in_order():
    """low <= mid <= high everywhere, or a plan would be sized by the wrong end."""

    def ranges(value):
        if isinstance(value, facts.Range):
            yield value
        elif isinstance(value, tuple):
            for item in value:
                yield from ranges(item)
        elif dataclasses.is_dataclass(value):
            yield from ranges(tuple(getattr(value, field.name) for field in dataclasses.fields(value)))

    found = list(ranges(facts.overheads()))
    assert len(found) >= 30 and all(figures.low <= figures.mid <= figures.high for figures in found)


def test_no_fact_names_a_place_that_only_its_collector_had():
    """Sources are public: no machine path, no file outside this project, no registry address."""
    for path in FACTS.rglob("*"):
        if path.suffix in (".json", ".toml") and path.parent.name != "flags":
            text = path.read_text(encoding="utf-8")
            assert not re.search(r'["\s(]/(work|home|tmp)/|find_string|facts/\w+\.md', text), path.name


@pytest.fixture
def broken(monkeypatch, tmp_path):
    """Lets a test read facts of its own; what was cached before is restored after."""
    monkeypatch.setattr(loading, "FACTS", tmp_path)
    cached = (hardware._gpus, facts.overheads, facts.models, facts.pins)
    for function in cached:
        function.cache_clear()
    yield tmp_path
    for function in cached:
        function.cache_clear()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not toml",
        'read = "2026-11-20"\n[gpus.T4]\nusable_gib = 14.6',
        'read = "2026-11-20"\nprice_read = "2026-10"\nprice_source = "x"\nusable_source = "x"\n[gpus.T4]\nx = 1',
    ],
)
def test_a_gpu_without_source_or_date_is_refused(broken, text):
    """Our own bug, said as one."""
    (broken / "gpus.toml").write_text(text)
    with pytest.raises(InternalError, match=r"gpus\.toml|T4"):
        facts.gpus()


def test_a_missing_table_is_refused(broken):
    """A file that a broken installation lacks is named."""
    with pytest.raises(InternalError, match=r"overheads\.toml"):
        facts.overheads()


@pytest.mark.parametrize(
    "change, complaint",
    [
        ({"confidence": ""}, "lacks confidence"),
        ({"revision_source": None}, "lacks revision_source"),
        ({"sources": {"config": "x"}}, "lacks the source of weight_bytes"),
        ({"license": "mit"}, "lacks the source of license"),
        ({"weight_bytes": "16 GB"}, "weight_bytes must be of type int"),
        ({"wieght_bytes": 1}, "unknown wieght_bytes"),
    ],
)
def test_a_model_without_its_sources_is_refused(broken, change, complaint):
    """An entry with an unsourced, mistyped or unknown field is not used."""
    import json

    entry = json.loads((FACTS / "models.json").read_text())["models"]["Qwen/Qwen3-8B"]
    (broken / "models.json").write_text(json.dumps({"read": "2026-11-20", "models": {"me/model": entry}}))
    assert facts.model_facts("me/model") and facts.model_facts("me/other") is None
    facts.models.cache_clear()
    (broken / "models.json").write_text(json.dumps({"read": "2026-11-20", "models": {"me/model": {**entry, **change}}}))
    with pytest.raises(InternalError, match=complaint):
        facts.model_facts("me/model")


def test_the_sdk_takes_what_the_facts_say():
    """The bundled arguments are those of the SDK that they name, where it is the one at hand."""
    from importlib.metadata import version

    from scripts import update_modal

    if f"modal-{version('modal')}.json" not in {path.name for path in (FACTS / "apis").glob("modal-*.json")}:
        pytest.skip(f"modal {version('modal')} has no bundled table")
    assert {x: tuple(names) for x, names in update_modal.signatures().items()} == facts.modal_arguments()


@pytest.mark.parametrize("row", facts.modal_changes().removed, ids=lambda row: row.old)
def test_what_the_sdk_removed_is_gone(row):
    """Each row ends as it says: refused, missing, or with a warning; and no row names what the SDK takes."""
    import modal
    import modal.experimental

    if row.kind == "argument" and row.outcome == "raises":
        for name in row.of or ["app.function", "app.cls"]:
            owner = modal.App("x") if name.startswith("app.") else getattr(modal, name.partition(".")[0])
            with pytest.raises((TypeError, modal.exception.Error, modal.exception.DeprecationError)):
                made = getattr(owner, name.partition(".")[2])(**{row.old: {} if row.old == "mounts" else 2})
                made(lambda: None)
    elif row.kind == "name":
        _, *parts, last = row.old.split(".")
        owner = modal
        for part in parts:
            owner = getattr(owner, part)
        assert hasattr(owner, last) == (row.outcome != "missing")
    elif row.kind == "method" and row.outcome == "missing":
        for name in row.of:
            assert not hasattr(getattr(modal, name.removeprefix("modal.")), row.old)
