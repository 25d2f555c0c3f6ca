"""Relations between flags: each with a pair of command lines, and against the real CPU engines' own configuration."""

import random
import re
import shlex
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from modal_serve_gen import facts, flags
from modal_serve_gen.flags import relations
from modal_serve_gen.flags.settings import Settings, of_command
from modal_serve_gen.folders import FACTS
from tests.engine_verdicts import verdicts

PAIRS = tomllib.loads((Path(__file__).parent / "data" / "relation_pairs.toml").read_text("utf-8"))
KNOWN = {
    "dense": {"moe": False, "multimodal": False},
    "moe": {"moe": True, "multimodal": False},
    "multimodal": {"moe": False, "multimodal": True},
    "awq": {"moe": False, "multimodal": False, "quantization": "awq"},
}
HOPPER = {"gpus": 2, "capability": 9.0}
# What the CPU engines refuse because they run on a CPU, or because of something that no relation is about.
NOT_COMPARABLE = {
    "vllm": {
        r"only supported on CUDA|not supported on current platform|is not supported on CPU": "needs a GPU",
        r"attention heads \(\d+\) must be divisible|GQA/MQA requires|is larger than the number": "of the model's shape",
    },
    "sglang": {
        r"on device 'cpu'|requires a CUDA|not available on (the )?CPU|only supports? CUDA": "needs a GPU",
        r"Repo id must use|is not a local folder|file not found": "a file is missing",
    },
}
COMBINATIONS, LENGTH = 200, 10


def tables() -> dict[str, flags.Table]:
    """The tables of the releases whose CPU builds answer."""
    cpu = flags.from_document(facts.cpu_flag_document("vllm"), FACTS / "flags")
    return {"vllm": cpu, "sglang": facts.flag_table("sglang")}


TABLES = tables()
ROWS = {engine: {row.name: row for row in relations.rows(table)} for engine, table in TABLES.items()}
BOTH = [(engine, name) for engine, pairs in PAIRS.items() for name in pairs]


def settings(argv: list[str], table: flags.Table, kind: str = "dense", **more) -> Settings:
    """The settings of a command line in an image without further packages."""
    options = {"known": KNOWN[kind] | HOPPER, "packages": ()} | more
    return of_command(flags.parse(argv, table), table, **options)


def broken(engine: str, argv: str, **more) -> list[str]:
    return [row.name for row in relations.broken(settings(shlex.split(argv), TABLES[engine], **more))]


@pytest.mark.parametrize("engine", PAIRS)
def test_every_relation_has_a_pair(engine):
    """Each but those about memory, whose flags exist in this release's table; and each has a source and a remedy."""
    rows = ROWS[engine]
    assert set(PAIRS[engine]) == {name for name, row in rows.items() if row.effect != "memory"}
    for row in rows.values():
        assert row.source.startswith(engine) and row.fix and row.flags
        assert all(TABLES[engine].find(flag) for flag in row.flags), row.name


@pytest.mark.parametrize("engine", PAIRS)
def test_optional_pins_are_what_relations_need(engine):
    """Each is a package that a flag needs, in a version that the engine's wheel asks for, with the same extras."""
    needed = {row.requirement: Requirement(row.package) for row in ROWS[engine].values() if row.package}
    for name, text in facts.pins()[engine].optional.items():
        pin = Requirement(text)
        assert (pin.name, pin.extras) == (needed[name].name, needed[name].extras)
        assert needed[name].specifier.contains(str(pin.specifier).removeprefix("=="))


@pytest.mark.parametrize(("engine", "name"), BOTH)
def test_a_relation_tells_its_pair_apart(engine, name):
    """It is broken by the bad command line, and nothing is by the good one."""
    pair = PAIRS[engine][name]
    kind = pair.get("model", "dense")
    assert name in broken(engine, pair["bad"], kind=kind)
    assert broken(engine, pair["good"], kind=kind) == []


@pytest.fixture(scope="module", params=list(PAIRS))
def real(request, tmp_path_factory):
    """A process in the environment of each real engine."""
    with verdicts(request.param, tmp_path_factory.mktemp(request.param)) as running:
        yield running


@pytest.mark.engine
@pytest.mark.slow
def test_the_real_engine_agrees_about_each_pair(real):
    """It refuses the bad command line in the words of the row, and accepts those that are good or ignored."""
    for name, pair in PAIRS[real.engine].items():
        row, kind = ROWS[real.engine][name], pair.get("model", "dense")
        if "cpu" in pair:
            continue
        bad = shlex.split(pair["bad"])
        error = real.error(bad, kind)
        if row.effect == "ignored":
            assert error == "", name
        else:
            assert error and relations.message(row, settings(bad, TABLES[real.engine], kind)) in error, (name, error)
        assert real.error(shlex.split(pair["good"]), kind) == "", name


@pytest.mark.engine
@pytest.mark.slow
def test_the_real_engine_agrees_about_combinations(real):
    """Of ten flags each: it refuses those that break a row, in the words of one of them, and no others."""
    table, counts = TABLES[real.engine], Counter()
    unasked = {name for name, pair in PAIRS[real.engine].items() if "cpu" in pair}
    for argv, kind in combinations(real.engine):
        found = settings(argv, table, kind)
        rows = [row for row in relations.broken(found) if row.effect == "refused" and row.name not in unasked]
        error = real.error(argv, kind)
        reason = next((why for text, why in NOT_COMPARABLE[real.engine].items() if re.search(text, error)), "")
        if reason:
            counts[reason] += 1
            continue
        assert bool(error) == bool(rows), (shlex.join(argv), kind, [row.name for row in rows], error)
        assert not error or any(relations.message(row, found) in error for row in rows), (argv, error)
        counts["refused" if error else "accepted"] += 1
    assert sum(counts.values()) == COMBINATIONS
    assert counts["refused"] > 50 and counts["accepted"] > 30, counts


def combinations(engine: str):
    """Random command lines of ten flags from the pairs, with the kind of their model; every other one of good parts."""
    chance, table = random.Random(engine), TABLES[engine]
    for number in range(COMBINATIONS):
        kind = chance.choice(("dense", "dense", "moe", "multimodal" if engine == "vllm" else "moe"))
        options: dict[str, list[str]] = {}
        while len(options) < LENGTH:
            pair = chance.choice([pair for pair in PAIRS[engine].values() if "cpu" not in pair])
            side = "bad" if number % 2 and chance.random() < 0.2 else "good"
            for option in flags.parse(shlex.split(pair[side]), table).options:
                name = option.name + "".join(f".{key}" for key in option.keys)
                options.setdefault(option.flag, [name, *(value for value in option.values if value is not None)])
        yield [word for words in options.values() for word in words], kind
