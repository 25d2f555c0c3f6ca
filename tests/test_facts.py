"""The bundled facts: complete with source and date, consistent with each other, refused if invalid."""

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
def test_every_model_is_valid_and_has_sources(name):
    """Id, commit, size and parsers are valid, and have a source."""
    known = facts.model_facts(name)
    assert valid_id(name) and DATE.fullmatch(known.read)
    assert known.revision is None or SHA.fullmatch(known.revision)
    assert known.weight_bytes > 10**8 and 0 <= known.weight_margin < 1
    for key in ("tool_call_parser", "reasoning_parser"):
        assert not getattr(known, key).get("vllm") or known.sources[key]
        assert not getattr(known, key).get("sglang") or known.sources["sglang_parsers"]
    stored = facts.config(name)
    assert stored.config["architectures"] and (stored.verbatim or stored.note)
    for draft in known.speculative.values():
        assert draft.source and (draft.draft_revision is None or SHA.fullmatch(draft.draft_revision))


def test_every_configuration_belongs_to_a_model():
    """There are no unused files, and no model refers to a missing one."""
    named = {known.config for known in facts.models().values()}
    assert {path.name for path in (FACTS / "configs").iterdir()} == named


@pytest.mark.parametrize("engine, version", [("vllm", VLLM), ("sglang", SGLANG)])
def test_every_parser_is_registered_in_its_engine(engine, version):
    """With an unknown parser name, the engine would not start."""
    table = flags.load(facts.flag_table_path(engine, version))
    for name, known in facts.models().items():
        assert known.tool_call_parser.get(engine) in {None, *table.tool_parsers}, name
        assert known.reasoning_parser.get(engine) in {None, *table.reasoning_parsers}, name


def test_copies_are_related_by_the_facts_and_smaller():
    """Each has a source for it, the same layers as its origin where that is bundled, and fewer bytes."""
    copies = {name: known for name, known in facts.models().items() if known.copy_of}
    assert len(copies) > 25 and all(known.sources["copy_of"] for known in copies.values())
    for name, known in copies.items():
        config = from_config(name, SHA_0, facts.config(name).config, weight_bytes=1)
        assert known.quantization or config.quantization, name
        if origin := facts.model_facts(known.copy_of):
            theirs = from_config(known.copy_of, SHA_0, facts.config(known.copy_of).config, weight_bytes=1)
            assert known.weight_bytes < 0.7 * origin.weight_bytes and config.layers == theirs.layers, name


def test_copies_are_found_from_either_side():
    """Also two of a model that is not bundled; the letters of a name do not count."""
    assert facts.copies("Qwen/Qwen3-32B") == ["Qwen/Qwen3-32B-FP8"]
    assert facts.copies("Qwen/Qwen3-32B-FP8") == ["Qwen/Qwen3-32B"]
    assert facts.copies("nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-FP8") == [
        "nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-NVFP4"
    ]
    assert facts.copies("Qwen/Qwen3-0.6B") == facts.copies("me/unknown") == []


def test_speculative_arguments_are_accepted_by_the_engine():
    """Each argument is in the pinned engine's own table, and each draft has an algorithm that --draft accepts."""
    for name, known in facts.models().items():
        for engine, row in known.speculative.items():
            table = flags.load(facts.flag_table_path(engine, facts.pins()[engine].version))
            assert not flags.check(row.arguments, table, complete=False), name
            if engine == "sglang" and row.draft_model:
                assert row.method in facts.speculation()["sglang"].with_draft, name


@pytest.mark.parametrize("name", sorted(facts.gpus()))
def test_every_gpu_is_consistent_and_has_sources(name):
    """Prices per hour and per second agree, and usable memory is less than the marketing figure."""
    gpu = facts.gpus()[name]
    assert gpu.usd_per_h == pytest.approx(gpu.usd_per_s * 3600, abs=0.01)
    assert 0.85 * gpu.marketing_gb < gpu.usable_gib < gpu.marketing_gb
    assert DATE.fullmatch(gpu.price_read) and 1 <= gpu.max_count <= 8
    assert all(gpu.sources[key] for key in ("bandwidth", "compute_capability", "arithmetic"))


def test_aliases_refer_to_gpus():
    """Every other spelling belongs to a GPU with facts."""
    assert set(facts.gpu_aliases().values()) <= set(facts.gpus())


@pytest.mark.parametrize("read", [facts.overheads, facts.pools, facts.quantization, facts.regions])
def test_tables_have_source_and_date(read):
    """When and from where they were read."""
    table = read()
    assert DATE.fullmatch(table.read) and table.source


def test_ranges_of_overheads_are_ordered():
    """low <= mid <= high everywhere, since plans are sized by one end."""

    def ranges(value):
        if isinstance(value, facts.Range):
            yield value
        elif isinstance(value, tuple):
            for item in value:
                yield from ranges(item)
        elif dataclasses.is_dataclass(value):
            yield from ranges(tuple(getattr(value, field.name) for field in dataclasses.fields(value)))

    figures = list(ranges(facts.overheads()))
    assert len(figures) >= 30 and all(row.low <= row.mid <= row.high for row in figures)


def test_sources_are_public():
    """No source is a path of a machine, a file outside this project, or an internal tool."""
    for path in FACTS.rglob("*"):
        if path.suffix in (".json", ".toml") and path.parent.name != "flags":
            text = path.read_text(encoding="utf-8")
            assert not re.search(r'["\s(]/(work|home|tmp)/|find_string|facts/\w+\.md', text), path.name


@pytest.fixture
def broken(monkeypatch, tmp_path):
    """A folder from which facts are read instead; caches are cleared before and after."""
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
    """As an internal error that names the file or the GPU."""
    (broken / "gpus.toml").write_text(text)
    with pytest.raises(InternalError, match=r"gpus\.toml|T4"):
        facts.gpus()


def test_a_missing_table_is_an_error(broken):
    """The error names the file that is missing from the installation."""
    with pytest.raises(InternalError, match=r"overheads\.toml"):
        facts.overheads()


@pytest.mark.parametrize(
    "change, message",
    [
        ({"confidence": ""}, "lacks confidence"),
        ({"revision_source": None}, "lacks revision_source"),
        ({"sources": {"config": "x"}}, "lacks the source of weight_bytes"),
        ({"license": "mit"}, "lacks the source of license"),
        ({"weight_bytes": "16 GB"}, "weight_bytes must be of type int"),
        ({"wieght_bytes": 1}, "unknown wieght_bytes"),
    ],
)
def test_an_invalid_model_entry_is_refused(broken, change, message):
    """A field without its source, with a wrong type, or with an unknown name."""
    import json

    entry = json.loads((FACTS / "models.json").read_text())["models"]["Qwen/Qwen3-8B"]
    (broken / "models.json").write_text(json.dumps({"read": "2026-11-20", "models": {"me/model": entry}}))
    assert facts.model_facts("me/model") and facts.model_facts("me/other") is None
    facts.models.cache_clear()
    (broken / "models.json").write_text(json.dumps({"read": "2026-11-20", "models": {"me/model": {**entry, **change}}}))
    with pytest.raises(InternalError, match=message):
        facts.model_facts("me/model")


def test_the_arguments_of_the_facts_are_those_of_the_sdk():
    """If the installed SDK is the one from which they were read."""
    from importlib.metadata import version

    from scripts import update_modal

    if f"modal-{version('modal')}.json" not in {path.name for path in (FACTS / "apis").glob("modal-*.json")}:
        pytest.skip(f"modal {version('modal')} has no bundled table")
    assert {x: tuple(names) for x, names in update_modal.signatures().items()} == facts.modal_arguments()


@pytest.mark.parametrize("row", facts.modal_changes().removed, ids=lambda row: row.old)
def test_removed_apis_are_missing_from_the_sdk(row):
    """Each row has the outcome that it states: an error, a missing name or a warning."""
    import modal
    import modal.experimental

    if row.kind == "argument" and row.outcome == "raises":
        for name in row.of or ["app.function", "app.cls"]:
            owner = modal.App("x") if name.startswith("app.") else getattr(modal, name.partition(".")[0])
            with pytest.raises((TypeError, modal.exception.Error, modal.exception.DeprecationError)):
                decorator = getattr(owner, name.partition(".")[2])(**{row.old: {} if row.old == "mounts" else 2})
                decorator(lambda: None)
    elif row.kind == "name":
        _, *parts, last = row.old.split(".")
        owner = modal
        for part in parts:
            owner = getattr(owner, part)
        assert hasattr(owner, last) == (row.outcome != "missing")
    elif row.kind == "method" and row.outcome == "missing":
        for name in row.of:
            assert not hasattr(getattr(modal, name.removeprefix("modal.")), row.old)
