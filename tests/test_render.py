"""Rendering: any string becomes a literal, never code; provenance contains every value."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modal_serve_gen import folders, render
from modal_serve_gen.render import ModelFacts, Pins, PlanFacts, Resolved, template
from modal_serve_gen.render.literals import literal
from modal_serve_gen.render.provenance import BEGIN, END, provenance
from modal_serve_gen.spec import workflows
from modal_serve_gen.spec.serve_spec import ServeSpec

# All strings that a file can contain: no lone surrogates.
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)
HOSTILE = TEXT | st.sampled_from(
    ['"""', "'''", '"', "\\", "\\\"", "{{ 7*7 }}", "{% raw %}", "{## x ##}", "#: if 1", "\u2028", "\x85", "\n", "\r\n",
     "\x0c", "$(id)", "`id`", "a\nimport os", "#", "# --- end ---", BEGIN, END, "\U0001f600", "\x00"]
)  # fmt: skip


def resolved(**changes) -> Resolved:
    """A Resolved with the string fields in `changes`, without validation."""
    spec = {
        "workflow": "vllm-online",
        "model": "owner/name",
        "endpoint": "web-server",
        "auth": "proxy",
        "min_containers": 0,
        "max_containers": 2,
        "scaledown_window": 300,
        "name": changes.get("name", "app"),
        "served_model_name": changes.get("served", "served"),
        "hf_secret": changes.get("secret", "secret"),
        "region": changes.get("region"),
        "engine_arg": tuple(changes.get("args", ())),
    }
    return Resolved.model_construct(
        generator=changes.get("generator", "0.0.0"),
        options={"name": changes.get("name", "app")},
        spec=ServeSpec.model_construct(**(dict.fromkeys(ServeSpec.model_fields) | {"lora": ()} | spec)),
        model=ModelFacts(
            id=changes.get("model", "owner/name"),
            revision=changes.get("revision", "0" * 40),
            gated=True,
            weight_bytes=1,
            tool_parser=changes.get("parser"),
        ),
        plan=PlanFacts(
            gpu=changes.get("gpu", "L4"),
            gpus=1,
            tensor_parallel_size=1,
            dtype="auto",
            max_model_len=4096,
            max_num_seqs=8,
            max_num_batched_tokens=2048,
            gpu_memory_utilization=0.9,
            startup_timeout_s=600,
            usd_per_hour=0.8,
            price_date="2026-10",
            gpu_gib=22,
            weights_gib=1,
            kv_gib=1,
            kv_tokens=1,
        ),
        pins=Pins(version="1.0", cuda="13", base_image=changes.get("image", "i"), python="3.12", packages=("a==1",)),
    )


@given(
    name=HOSTILE, served=HOSTILE, secret=HOSTILE, args=st.lists(HOSTILE, max_size=3), parser=HOSTILE, image=HOSTILE,
    revision=HOSTILE, gpu=HOSTILE,
)  # fmt: skip
def test_hostile_strings_stay_strings(**values):
    """For any field, the app parses, and its literals are equal to the input."""
    text = template.template("vllm-online").render  # compiled once; the work below is ours
    assert text
    rendered = render.render(resolved(**{**values, "gpu": "L4"}))
    strings = [node.value for node in ast.walk(ast.parse(rendered)) if isinstance(node, ast.Constant)]
    for value in (values["name"], values["served"], values["secret"], values["image"], values["revision"]):
        assert value in strings
    assert [value for value in values["args"] if value not in strings] == []
    if values["parser"]:
        assert f"--tool-call-parser={values['parser']}" in strings


@given(HOSTILE)
def test_a_literal_evaluates_to_its_value(value):
    """`ast.literal_eval` is the inverse of `literal`, whose result is a single line."""
    assert ast.literal_eval(literal(value)) == value
    assert len(literal(value).splitlines()) == 1


@given(name=HOSTILE, served=HOSTILE, args=st.lists(HOSTILE, max_size=3))
def test_provenance_contains_every_string(name, served, args):
    """It consists of comments, and the strings can be read back."""
    block = provenance(resolved(name=name, served=served, args=args))
    assert all(line.startswith("#") for line in block.split("\n")[:-1])
    assert ast.parse(block).body == []
    import tomllib

    inner = block.split("\n", 1)[1].rsplit(END, 1)[0]
    document = tomllib.loads("\n".join(line.removeprefix("#").removeprefix(" ") for line in inner.split("\n")))
    assert (document["spec"]["name"], document["spec"]["served_model_name"]) == (name, served)
    assert document["spec"].get("engine_arg", []) == args


@pytest.mark.parametrize("workflow", workflows.names())
def test_a_template_is_valid_python(workflow):
    """Statements of the template language are `#:` comments, and values are where Python allows an expression."""
    ast.parse((folders.shipped("templates") / workflow / "app.py.j2").read_text("utf-8"))


def test_an_unknown_part_is_an_error():
    """A template cannot name a function that templates/parts does not have."""
    with pytest.raises(LookupError, match="no function nothing"):
        template.part("engine", "nothing")
