"""Resolved (spec, model, plan, pins) -> the text of the app. The only Jinja; pure.

A template is Python that any reader can follow: `#:` lines choose whole sections, `{{ }}` places values, and every
value that becomes a literal goes through the `py` filter, so that no input can become code.
"""

import ast
import json
import math
import textwrap
import tomllib
from functools import cache
from typing import Any

import jinja2
import tomli_w
from pydantic import BaseModel, ConfigDict, ValidationError

from modal_serve_gen import folders
from modal_serve_gen.errors import BadInput
from modal_serve_gen.models.adapters import Adapter
from modal_serve_gen.models.speculation import Speculation
from modal_serve_gen.spec.serve_spec import ServeSpec

WIDTH = 118
BEGIN = "# --- what this file was made from: `modal-serve-gen new --spec` reads this block, not the code above ---"
END = "# --- end ---"
# Copies of the weights in formats that the engine does not load; publishers use these names.
SKIP = ["original/*", "metal/*", "consolidated*", "*.bin", "*.pt", "*.pth", "*.gguf", "*.onnx", "*.msgpack", "*.h5"]


class ModelFacts(BaseModel):
    """What the text says of the model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    revision: str
    gated: bool | None = None  # None: not known
    weight_bytes: int
    quantization: str | None = None
    multimodal: bool = False
    tool_parser: str | None = None
    reasoning_parser: str | None = None


class PlanFacts(BaseModel):
    """What the text says of the plan. Memory is GiB per GPU."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    gpu: str
    gpus: int
    tensor_parallel_size: int
    dtype: str
    max_model_len: int
    max_num_seqs: int
    max_num_batched_tokens: int
    gpu_memory_utilization: float
    startup_timeout_s: int
    usd_per_hour: float
    price_date: str
    gpu_gib: float
    weights_gib: float
    kv_gib: float
    kv_tokens: int
    state_slots: int | None = None
    compute_capability: float = 0.0
    routing_region: str = "us-east"


class Pins(BaseModel):
    """The engine and what is installed with it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    cuda: str
    base_image: str
    python: str
    packages: tuple[str, ...]


class Resolved(BaseModel):
    """Everything that the text is made from. `asked` is what the user said, for planning anew with other options."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    generator: str
    asked: dict[str, Any]
    spec: ServeSpec
    model: ModelFacts
    plan: PlanFacts
    pins: Pins
    adapters: tuple[Adapter, ...] = ()
    max_lora_rank: int | None = None
    speculation: Speculation = Speculation()
    also: dict[str, tuple[str, ...]] = {}  # further sets of pins, by name


def render(resolved: Resolved) -> str:
    """The app's text, its provenance included: the same bytes for the same `resolved`, always."""
    spec, model, plan = resolved.spec, resolved.model, resolved.plan
    gigabytes = model.weight_bytes / 1e9
    text = _template(spec.workflow).render(
        spec=spec,
        model=model,
        plan=plan,
        pins=resolved.pins,
        packages=textwrap.fill(" ".join(resolved.pins.packages), WIDTH, break_long_words=False, break_on_hyphens=False),
        gpu=plan.gpu if plan.gpus == 1 else f"{plan.gpu}:{plan.gpus}",
        hardware=f"on one {plan.gpu}" if plan.gpus == 1 else f"on {plan.gpus} {plan.gpu}",
        per_gpu="" if plan.gpus == 1 else ", on each GPU",
        price=f"{plan.usd_per_hour:.2f}",
        least=f"{plan.usd_per_hour * spec.min_containers:.2f}",
        bound=f"{plan.usd_per_hour * spec.max_containers:.2f}",
        weights_gb=f"{gigabytes:.1f}",
        target_inputs=max(1, math.ceil(plan.max_num_seqs * 0.8)),  # new containers start before the batch is full
        proxy_auth=spec.auth == "proxy",
        gate=spec.auth in ("api-key", "none"),  # where Modal lets everybody through, the app itself must not
        adapters=resolved.adapters,
        max_lora_rank=resolved.max_lora_rank,
        speculation=resolved.speculation,
        draft=None if (resolved.speculation.draft or (model.id,))[0] == model.id else resolved.speculation.draft,
        parsers=_parsers(model),
        engine_keywords=({"language_model_only": True} if model.multimodal else {}) | keywords(spec.engine_arg),
        also=resolved.also,
        kernels=model.quantization == "fp8" and resolved.plan.compute_capability >= 9,
        routing_region=resolved.plan.routing_region,
        # Where gating is not known, the Secret is named: an account's token does no harm, its lack would.
        hf_secret=None if model.gated is False else spec.hf_secret,
        skip=SKIP,
        weights_volume="huggingface-cache",
        cache_volume="vllm-cache",
        jobs_volume=jobs_volume(spec),
        # An hour for 100 GB is slow even for a busy Hub; half an hour on top for the wait in between.
        download_timeout_s=min(86400, 1800 + math.ceil(gigabytes * 36 / 600) * 600),
        host_memory_mib=16384
        + math.ceil(model.weight_bytes / 2**30) * 1024,  # the weights, and what the engine wants itself
        download_memory_mib=8192,  # the Hub's client buffers chunks in memory at full speed
        part=_part,
    )
    return f"{text.rstrip()}\n\n\n{provenance(resolved)}"


def jobs_volume(spec: ServeSpec) -> str:
    """The Volume that holds a batch app's jobs: named after the app, within what Modal allows."""
    return f"{spec.name[:58]}-jobs"


def provenance(resolved: Resolved) -> str:
    """The last comment block of the text."""
    plain = Resolved.model_fields
    values = {
        name: value
        for name, value in resolved.model_dump(mode="json").items()
        if plain[name].is_required() or getattr(resolved, name) != plain[name].default
    }
    document = tomli_w.dumps(_without_none(values))
    lines = [f"# {line}".rstrip() for line in document.split("\n")[:-1]]
    return "\n".join([BEGIN, *lines, END]) + "\n"


def read_provenance(text: str) -> Resolved | None:
    """The Resolved that a generated app carries, None when `text` has no such block; BadInput for a broken one."""
    _, begin, rest = text.partition(f"\n{BEGIN}\n")
    block, end, _ = rest.partition(f"\n{END}")
    if not begin:
        return None
    try:
        if not end:
            raise ValueError(f"its last line {END!r} is missing")
        lines = [line.removeprefix("#").removeprefix(" ") for line in block.split("\n")]
        return Resolved.model_validate(tomllib.loads("\n".join(lines)))
    except (ValueError, ValidationError) as fault:
        why = str(fault).splitlines()[0]
        raise BadInput(
            f"The provenance block at the end of this app cannot be read: {why}.",
            "Restore the block from version control, or generate the app anew.",
        ) from None


def _without_none(value: Any) -> Any:
    """TOML has no null: absent is its way to say None."""
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    return value


def _parsers(model: ModelFacts) -> list[str]:
    tool = ["--tool-call-parser", model.tool_parser] if model.tool_parser else []
    return tool + (["--reasoning-parser", model.reasoning_parser] if model.reasoning_parser else [])


def keywords(arguments: tuple[str, ...]) -> dict[str, Any]:
    """`--name=value` as a keyword of the engine's Python API: JSON values as such, a bare flag as True or False."""
    found: dict[str, Any] = {}
    for argument in arguments:
        flag, has_value, text = argument.partition("=")
        name = flag.lstrip("-").replace("-", "_")
        if not has_value:
            found[name.removeprefix("no_")] = not name.startswith("no_")
            continue
        try:
            found[name] = json.loads(text)
        except ValueError:
            found[name] = text
    return found


def literal(value: Any) -> str:
    """`value` as a Python literal in the formatter's style: double quotes, everything unprintable escaped."""
    if isinstance(value, str):
        return '"' + "".join(map(_escaped, value)) + '"'
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(key)}: {literal(item)}" for key, item in value.items()) + "}"
    if value is None or isinstance(value, bool | int | float):
        return repr(value)
    raise TypeError(f"no literal for {type(value).__name__}")


def _escaped(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    if char.isprintable():
        return char
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"


@cache
def _template(workflow: str) -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folders.shipped("templates")),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # the output is Python, and `py` is its escape
        line_statement_prefix="#:",
        trim_blocks=False,
        comment_start_string="{##",  # the usual one opens on a dict whose first line is a comment
        comment_end_string="##}",
        keep_trailing_newline=True,
    )
    environment.filters["py"] = literal
    return environment.get_template(f"{workflow}/app.py.j2")


@cache
def _part(module: str, function: str) -> str:
    """The source of one function of templates/parts, decorators included, exactly as it is written there."""
    source = (folders.shipped("templates") / "parts" / f"{module}.py").read_text("utf-8")
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == function:
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            return "\n".join(source.split("\n")[first - 1 : node.end_lineno])
    raise LookupError(f"templates/parts/{module}.py has no function {function}")
