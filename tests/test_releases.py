"""Tables of older releases: the stored differences, the choice of a table, and what `check` says of each release."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modal_serve_gen import checks, facts, flags
from modal_serve_gen.facts.differences import applied, difference
from modal_serve_gen.folders import FACTS
from tests.conftest import ROOT
from tests.versions import SGLANG, VLLM

CASES = ROOT / "tests" / "data" / "cases"
APP = """
import subprocess
import modal
image = modal.Image.{image}
app = modal.App("example")
@app.function(image=image, gpu="L4")
@modal.web_server(8000)
def serve():
    subprocess.Popen({command})
"""
NAMES = st.lists(st.sampled_from("abcdef"), unique=True).map(sorted)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | NAMES | st.just(["b", "a"]),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


def messages(name: str, rules: tuple[str, ...] = ("engine-flags", "engine-variables", "remote-code")) -> list[str]:
    """The findings of some rules in a case."""
    findings = checks.check((CASES / f"{name}.py").read_text("utf-8"))
    return [f"{row.message}; {row.fix}" for row in findings if row.rule in rules]


def checked(image: str, command: str) -> tuple[list[str], str]:
    """The messages of engine-flags, and the note."""
    findings, note = checks.examine(APP.format(image=image, command=command.split()))
    return [f"{row.message}; {row.fix}" for row in findings if row.rule == "engine-flags"], note


@given(st.dictionaries(st.sampled_from("abcd"), VALUES), st.dictionaries(st.sampled_from("abcd"), VALUES))
def test_a_difference_leads_from_one_document_to_the_other(old, new):
    """Whatever the two documents are, and also after a round trip through JSON."""
    change = json.loads(json.dumps(difference(old, new)))
    assert json.dumps(applied(old, change), sort_keys=True) == json.dumps(new, sort_keys=True)


def test_equal_documents_have_no_difference():
    """An empty difference, so that a release without changes is one line."""
    assert difference({"a": ["x"], "b": {"c": None}}, {"a": ["x"], "b": {"c": None}}) == {}


@pytest.mark.parametrize(("engine", "oldest"), [("vllm", "0.10.0"), ("sglang", "0.5.5")])
def test_every_release_has_a_complete_table(engine, oldest):
    """Each stored release has flags that no engine was ever without, choices that fit, and variables."""
    releases = facts.known_releases(engine)
    assert releases[-1] == oldest
    assert list(releases) == sorted(releases, key=flags.numbers, reverse=True)
    for release in releases:
        table, variables = facts.flag_table(engine, release), facts.engine_variables(engine, release)
        assert table.version == variables.version == release
        assert {"--revision", "--host", "--port", "--tool-call-parser", "--trust-remote-code"} <= set(table.options)
        assert len(table.options) > 150 and len(variables.names) > 50
        assert set(table.tool_parsers) <= set(table.find("--tool-call-parser").known or table.tool_parsers)


def test_history_stays_small():
    """The tables of all older releases together take less than half a megabyte."""
    assert sum(path.stat().st_size for path in (FACTS / "flags").glob("*-history.json")) < 500_000


@pytest.mark.parametrize(
    ("engine", "specifier", "release"),
    [
        ("vllm", "", VLLM),
        ("vllm", f"=={VLLM}", VLLM),
        ("vllm", "==0.10.1.1", "0.10.1.1"),
        ("vllm", "==0.11.2+cu129", "0.11.2"),
        ("vllm", "==0.12.9", "0.12.0"),
        ("vllm", "==0.10.*", "0.10.2"),
        ("vllm", ">=0.11", VLLM),
        ("vllm", ">=0.10.1,<0.11", "0.10.2"),
        ("vllm", "~=0.11.0", "0.11.2"),
        ("vllm", "<=0.14.0", "0.14.0"),
        ("vllm", ">0.14,!=0.15.1,<0.16", "0.15.0"),
        ("vllm", "==0.7.2", ""),
        ("vllm", "==99.0", ""),
        ("vllm", "<0.9", ""),
        ("vllm", "@main", ""),
        ("sglang", "==0.5.10.post1", "0.5.10.post1"),
        ("sglang", "==0.5.9.post7", "0.5.9"),
        ("sglang", "==0.4.10", ""),
        ("sglang", ">=0.5.5,<0.6", SGLANG),
    ],
)
def test_the_release_that_judges(engine, specifier, release):
    """Its own table, or that of its minor; for a range, the newest release that it admits."""
    assert facts.newest_release(engine, specifier) == release


def test_each_case_is_judged_by_its_release():
    """Unique prefixes pass, a removed flag is found, and nothing is said of releases without a table."""
    assert messages("tp") == messages("old", ("engine-flags",)) == messages("envs") == []
    assert messages("dlr21") == ["vllm 0.21.0 has no --disable-log-requests; --no-enable-log-requests turns that off"]
    assert messages("star") == [f"vllm {VLLM} rejects '*' for --allowed-origins; use a JSON list, such as [\"*\"]"]
    assert messages("trc") == ["--trust-remote-code runs code from an unpinned revision; add --revision, or remove it"]


@pytest.mark.parametrize("release", [name for name in facts.known_releases("vllm") if name.endswith(".0")])
def test_allowed_origins_are_json_in_each_release(release):
    """A bare asterisk is refused by every release whose table says JSON: all of them."""
    found, note = checked(f'debian_slim().pip_install("vllm=={release}")', "vllm serve /m --allowed-origins *")
    assert "rejects '*' for --allowed-origins" in found[0] and not note


@pytest.mark.parametrize(
    ("image", "command", "note"),
    [
        ('debian_slim().pip_install("vllm==0.7.2")', "vllm serve /m --no-such-flag", "no table of vllm 0.7.2"),
        ('from_registry("lmsysorg/sglang:latest")', "sglang serve /m --no-such", "no table of sglang:latest"),
        ('from_registry("vllm/vllm-openai@sha256:ab")', "vllm serve /m --no-such", "no table of vllm @ab"),
        (
            'debian_slim().pip_install("vllm @ git+https://x/y@z")',
            "vllm serve /m --no-such",
            "no table of vllm @ https://x/y",
        ),
    ],
)
def test_a_release_without_a_table_is_noted_once(image, command, note):
    """No finding is made of its flags, and the note names it."""
    found, said = checked(image, command)
    assert found == [] and said.count("not checked") == 1 and note in said


@pytest.mark.parametrize(
    ("pin", "command", "message"),
    [
        ("vllm==0.33.0", "--swap-space 4", "has no --swap-space; remove it: vllm 0.17.1 was the last release with it"),
        ("vllm==0.10.0", "--sleep-mode-backend x", "remove it, or pin vllm 0.33.0 or newer, which has it"),
        (
            "vllm==0.33.0",
            "--mem-fraction-static 0.8",
            "has no --mem-fraction-static; remove it: it is a flag of sglang",
        ),
        ("vllm==0.33.0", "--cuda-graph-sizes 8", "--cuda-graph-sizes since 0.13.0; use --cudagraph-capture-sizes"),
        ("vllm==0.33.0", "--no-such-flag", "has no --no-such-flag; remove it"),
        ("vllm==0.33.0", "--max-lora-rank 17", "rejects '17' for --max-lora-rank; use 32"),
    ],
)
def test_advice_is_a_fact(pin, command, message):
    """A rename, the last or first release with the flag, or the engine that has it; never a similar name."""
    (found,), _ = checked(f'debian_slim().pip_install("{pin}")', f"vllm serve /m {command}")
    assert found.endswith(message)


def test_a_renamed_flag_is_still_valid_in_its_own_release():
    """The release before a rename takes the old name, and the rename is not mentioned."""
    image = 'debian_slim().pip_install("vllm==0.12.0")'
    assert checked(image, "vllm serve /m --cuda-graph-sizes 8 --swap-space 4") == ([], "")


def test_two_images_report_what_neither_release_accepts():
    """A flag that one of the pinned releases has is accepted, since either may run the command."""
    image = 'debian_slim().pip_install("vllm==0.33.0")\nother = modal.Image.debian_slim().pip_install("vllm==0.12.0")'
    found, _ = checked(image, "vllm serve /m --swap-space 4 --no-such-flag")
    assert len(found) == 1 and "--no-such-flag" in found[0]
