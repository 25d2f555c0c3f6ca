"""Rendering: any string becomes a literal, never code; provenance contains every value."""

import ast
import re
import tomllib
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modal_serve_gen import folders, render
from modal_serve_gen.commands import new_app
from modal_serve_gen.errors import BadInput
from modal_serve_gen.models.adapters import Adapter
from modal_serve_gen.models.speculation import Speculation
from modal_serve_gen.render import template
from modal_serve_gen.render.literals import DEEPEST, literal
from modal_serve_gen.render.provenance import BEGIN, END, provenance
from modal_serve_gen.spec import workflows
from scripts import golden
from tests.fuzz import HOSTILE, fuzz

SELECTING = {"workflow", "endpoint", "auth"}  # fields that select sections of a template


@cache
def base(case: str) -> render.Resolved:
    """What a golden app is rendered from, with adapters, a draft and engine arguments where the workflow takes them."""
    record = render.read_provenance(golden.app(case))
    assert record is not None
    changes: dict = {}
    if case == "vllm_online_default":
        adapter = Adapter(name="a", repo="o/adapter", revision="1" * 40, rank=8, bytes=1)
        changes = {"adapters": (adapter, adapter), "max_lora_rank": 8}
    if case == "sglang_low_latency_default":
        changes = {"speculation": Speculation(arguments=("--speculative-algorithm=EAGLE",), draft=("o/d", "2" * 40))}
    if record.spec.endpoint:
        more = {"otlp_endpoint": "http://o", "engine_arg": ("--seed=7",)}
        changes["spec"] = record.spec.model_copy(update=more)
    return record.model_copy(update=changes)


def replaced(value, change, path=()):
    """A copy of a record, never validated, in which `change(path, leaf)` replaces every leaf."""
    if hasattr(value, "model_fields_set"):
        fields = {name: replaced(getattr(value, name), change, (*path, name)) for name in type(value).model_fields}
        return type(value).model_construct(**fields)
    if isinstance(value, dict):
        return {key: replaced(item, change, (*path, key)) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(replaced(item, change, (*path, index)) for index, item in enumerate(value))
    return value if path[-1] in SELECTING else change(path, value)


def shape(text: str) -> str:
    """The syntax tree of an app without the values of its literals."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            node.value = type(node.value).__name__
    return ast.dump(tree)


def with_strings(record, strings):
    """`record` with `strings(index)` in every string field, distinct in each."""
    counter = iter(range(10_000))

    def change(path, value):
        if not isinstance(value, str):
            return value
        text = f"{strings(index := next(counter))}{index}"
        return f"--flag{index}=s{text}" if "engine_arg" in path else text

    return replaced(record, change)


@cache
def harmless_shape(case: str) -> str:
    return shape(render.render(with_strings(base(case), lambda index: "v")))


@given(case=st.sampled_from(sorted(golden.CASES)), values=st.lists(HOSTILE, min_size=1, max_size=8))
@fuzz(20, 2_000)
def test_hostile_strings_stay_strings(case, values):
    """In every field of Resolved at once, about 100 in each app: the app keeps its shape, shows every character, and
    its provenance is equal to the record."""
    hostile = with_strings(base(case), lambda index: values[index % len(values)])
    text = render.render(hostile)
    assert shape(text) == harmless_shape(case)
    assert all(char.isprintable() or char == "\n" for char in text)
    strings = {node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)}
    assert {hostile.model.revision, hostile.spec.name, hostile.pins.base_image, *hostile.pins.packages} <= strings
    block = text.rpartition(f"{BEGIN}\n")[2].rpartition(f"\n{END}")[0]
    document = tomllib.loads("\n".join(line.removeprefix("#").removeprefix(" ") for line in block.split("\n")))
    for name in ("spec", "model", "plan"):
        dumped = getattr(hostile, name).model_dump(mode="json", exclude_none=True, exclude_defaults=True)
        assert document[name] == dumped
    assert ast.parse(provenance(hostile)).body == []


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
@pytest.mark.parametrize("case", [case for case in golden.CASES if case.endswith("_default")])
def test_a_value_of_another_type_is_no_code(case):
    """In any field, it is refused while rendering, or is a literal."""
    record = base(case)
    for group in ("spec", "model", "plan"):
        for name in set(type(getattr(record, group)).model_fields) - {"workflow"}:
            for value in ("__import__('os')", '1) + __import__("os"', "1\nimport os", float("nan"), -1, []):
                changed = getattr(record, group).model_copy(update={name: value})
                try:
                    text = render.render(record.model_copy(update={group: changed}))
                except (TypeError, ValueError, BadInput, AttributeError):
                    continue
                assert not names(text) & {"__import__", "nan"} and text.count("\nimport os") <= 1


TOML = (
    HOSTILE.map(lambda text: '"' + "".join(f"\\U{ord(char):08x}" for char in text) + '"')
    | HOSTILE
    | st.sampled_from(
        [
            "nan",
            "-inf",
            "-1",
            "0",
            "1",
            "true",
            "1e308",
            "9" * 30,
            "0x" + "f" * 5000,
            "9" * 5000,
            "[]",
            "{}",
            '""',
            "1979-05-27",
            "[" * 2000,
            "{a=1}",
            '["a"]',
            '"PACKAGES"',
            '"server"',
            '"none"',
            '"api-key"',
        ]
    )
)
CHANGES = st.dictionaries(st.integers(0), TOML, min_size=1, max_size=3)


def names(text: str) -> set[str | None]:
    """Names and attributes in an app."""
    return {getattr(node, "id", None) or getattr(node, "attr", None) for node in ast.walk(ast.parse(text))}


@cache
def known_names() -> set[str | None]:
    apps = (golden.app(case) for case in golden.CASES)
    return {"SERVED_NAME", "DRAFT", "ADAPTERS"}.union(*map(names, apps))


@cache
def fields(case: str) -> list[str]:
    """Fields in the provenance block of a golden app, as their lines begin."""
    lines = golden.app(case).rpartition(BEGIN)[2].split("\n")
    return [line.partition(" = ")[0] for line in lines if " = " in line]


@given(
    case=st.sampled_from(sorted(golden.CASES)), changes=st.dictionaries(st.integers(0), TOML, min_size=1, max_size=3)
)
@fuzz(100, 100_000)
def test_a_mutated_provenance_block_is_refused_or_safe(case, changes):
    """It is an app without names that no generated app has, or an error of two sentences that a terminal can show."""
    text = golden.app(case)
    for index, value in changes.items():
        field = fields(case)[index % len(fields(case))]
        text = re.sub(f"^{re.escape(field)} = .*", lambda match, line=f"{field} = {value}": line, text, flags=re.M)
    try:
        app = new_app.make({}, source=text, generator=golden.GENERATOR, offline=True, say=print)
    except BadInput as error:
        assert str(error).replace("\n", "").isprintable() and len(str(error)) < 4000
        return
    assert names(app.text) <= known_names()
    assert all(char.isprintable() or char == "\n" for char in app.text)


@given(HOSTILE)
def test_a_literal_evaluates_to_its_value(value):
    """`ast.literal_eval` is the inverse of `literal`, whose result is a single line."""
    assert ast.literal_eval(literal(value)) == value
    assert len(literal(value).splitlines()) == 1


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {"a": [-float("inf")]}, 10**5000], ids=type)
def test_a_number_without_a_literal_is_an_error(value):
    with pytest.raises(ValueError):
        literal(value)


def test_nesting_is_limited():
    """Before Python's parser refuses the app."""
    deepest: list = []
    for _ in range(DEEPEST):
        deepest = [deepest]
    assert ast.literal_eval(literal(deepest)) == deepest
    with pytest.raises(ValueError, match="too deeply"):
        literal([deepest])


@pytest.mark.parametrize("text", ["NaN", "1e999", "[" * 2000, "[" * 50 + "]" * 50])
def test_a_keyword_that_python_cannot_write_stays_text(text):
    """JSON in --engine-arg that has no literal is passed on as the user wrote it."""
    assert template.keywords((f"--x={text}",)) == {"x": text}


@pytest.mark.parametrize("workflow", workflows.names())
def test_a_template_is_valid_python(workflow):
    """Statements of the template language are `#:` comments, and values are where Python allows an expression."""
    ast.parse((folders.shipped("templates") / workflow / "app.py.j2").read_text("utf-8"))


def test_an_unknown_part_is_an_error():
    """A template cannot name a function that templates/parts does not have."""
    with pytest.raises(LookupError, match="no function nothing"):
        template.part("engine", "nothing")
