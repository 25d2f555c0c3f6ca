"""The only module that uses Jinja: templates/WORKFLOW/app.py.j2, templates/parts, and the values they refer to.

A template is Python with `#:` lines that select whole sections and `{{ }}` where a value goes. Strings become literals
by the `py` filter, or part of a docstring or comment by `prose`; the environment refuses any other string, so that no
input can become code.
"""

import ast
import json
import keyword
import math
from functools import cache
from typing import Any

import jinja2

from modal_serve_gen import facts, folders
from modal_serve_gen.errors import BadInput
from modal_serve_gen.render.literals import Source, escaped, literal
from modal_serve_gen.render.provenance import constant
from modal_serve_gen.render.resolved import ModelFacts, Resolved

ANSWER_TOKENS = 1024  # of a batch, where its plan states no other length


def code(resolved: Resolved) -> str:
    """Return the app's text without its provenance."""
    spec, model, plan = resolved.spec, resolved.model, resolved.plan
    _check_revisions(resolved)
    gigabytes = model.weight_bytes / 1e9
    values: dict[str, Any] = {
        "spec": spec,
        "model": model,
        "plan": plan,
        "pins": resolved.pins,
        "served": Source("MODEL" if spec.served_model_name == model.id else "SERVED_NAME"),  # the constant to use
        "gpu": plan.gpu if plan.gpus == 1 else f"{plan.gpu}:{plan.gpus}",
        "hardware": f"one {plan.gpu}" if plan.gpus == 1 else f"{plan.gpus} {plan.gpu}",
        "target_inputs": max(1, math.ceil(plan.max_num_seqs * 0.8)),  # scale up before the batch is full
        "answer_tokens": _answer_tokens(resolved),
        "proxy_auth": spec.auth == "proxy",
        "gate": spec.auth in ("api-key", "none"),  # Modal lets every request through: the app restricts the routes
        "tensor_parallel": Source("GPUS") if plan.tensor_parallel_size == plan.gpus else plan.tensor_parallel_size,
        "allowed": Source("serve: allow[public-endpoint] as asked" if spec.auth == "none" else ""),
        "adapters": resolved.adapters,
        "max_lora_rank": resolved.max_lora_rank,
        "speculation": resolved.speculation,
        "draft": _draft(resolved),
        "parsers": parsers(model),
        "cache_flags": resolved.cache_flags,
        "routing_region": plan.routing_region,
        "engine_keywords": ({"language_model_only": True} if model.multimodal else {})
        | (keywords((*resolved.cache_flags, *spec.engine_arg)) if spec.endpoint is None else {}),
        "also": {constant(name): packages for name, packages in resolved.also.items()},
        "kernels": model.quantization == "fp8" and plan.compute_capability >= 9,
        # If gating is unknown, the Secret is required: an unneeded token does no harm, a missing one fails.
        "hf_secret": None if model.gated is False else spec.hf_secret,
        "weights_volume": spec.weights_volume,
        "jobs_volume": spec.jobs_volume,
        # An hour for 100 GB is slow even for a busy Hub; half an hour more for queueing.
        "download_timeout_s": min(86400, 1800 + math.ceil(gigabytes * 36 / 600) * 600),
        "memory_mib": memory_mib(resolved) if resolved.host_memory_gib else None,
        "sleeping_memory_mib": memory_mib(resolved) + math.ceil(model.weight_bytes / 2**30) * 1024,
        "part": part,
    }
    text = template(spec.workflow).render(values).rstrip()
    return text.replace("  # \n", "\n")  # comments without a text


def memory_mib(resolved: Resolved) -> int:
    """Return what an engine takes of the machine's memory, in MiB: 16 GiB for itself, and what its flags keep there."""
    return (facts.host_memory().engine.gib + resolved.host_memory_gib) * 1024


def _answer_tokens(resolved: Resolved) -> int:
    """Return the length at which an answer of a batch ends: twice the typical one, if the prompt leaves as much."""
    spec, length = resolved.spec, resolved.plan.max_model_len
    return max(ANSWER_TOKENS, min(2 * (spec.output_tokens or 0), length - (spec.prompt_tokens or 0)))


def parsers(model: ModelFacts) -> list[str]:
    """Return the flags for the model's tool-call and reasoning parsers."""
    flags = {"--tool-call-parser": model.tool_parser, "--reasoning-parser": model.reasoning_parser}
    return [f"{flag}={name}" for flag, name in flags.items() if name]


def keywords(arguments: tuple[str, ...]) -> dict[str, Any]:
    """Return `--name=value` arguments as keywords of the engine's Python API.

    A JSON value that Python can write is decoded, any other stays a string, and a flag without one is True (False for
    `--no-name`). Raises BadInput for a name that Python does not allow.
    """
    values: dict[str, Any] = {}
    for argument in arguments:
        flag, has_value, text = argument.partition("=")
        name = flag.lstrip("-").replace("-", "_")
        value: Any = not name.startswith("no_")
        if has_value:
            try:
                value = json.loads(text)
                literal(value)
            except (ValueError, RecursionError):
                value = text
        else:
            name = name.removeprefix("no_")
        if not name.isidentifier() or keyword.iskeyword(name):
            raise BadInput(
                f"--engine-arg {flag} is not a keyword that the engine's Python API accepts.",
                "Spell it as the engine's command line does, with hyphens.",
            )
        values[name] = value
    return values


def _check_revisions(resolved: Resolved) -> None:
    """Refuse two commits of one repository: an app maps each repository to one commit."""
    commits = {resolved.model.id: resolved.model.revision}
    for adapter in resolved.adapters:
        if commits.setdefault(adapter.repo, adapter.revision) != adapter.revision:
            raise BadInput(
                f"--lora names {adapter.repo} at two commits, but an app can serve only one.",
                "Use the same commit for each adapter of a repository.",
            )


def _draft(resolved: Resolved) -> tuple[str, str] | None:
    """Return the repository and commit of a separate draft model; None for the model's own prediction layers."""
    draft = resolved.speculation.draft
    return None if draft is None or draft[0] == resolved.model.id else draft


@cache
def template(workflow: str) -> jinja2.Template:
    """Return the compiled template of a workflow."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folders.shipped("templates")),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # the output is Python: see `_inserted`
        finalize=_inserted,
        line_statement_prefix="#:",
        trim_blocks=False,
        comment_start_string="{##",  # Jinja's default, {#, also opens a dict whose first line is a comment
        comment_end_string="##}",
        keep_trailing_newline=True,
    )
    environment.filters |= {"py": literal, "prose": escaped}
    return environment.get_template(f"{workflow}/app.py.j2")


def _inserted(value: Any) -> Source:
    """Return what a `{{ }}` inserts: source and numbers. Raises TypeError for a string that may become code."""
    if isinstance(value, str) and value and not isinstance(value, Source):
        raise TypeError("a string is inserted into a template without a filter")
    return value if isinstance(value, Source) else Source() if value == "" else literal(value)


@cache
def part(module: str, name: str, engine: str = "vllm") -> Source:
    """Return the source of one function or class of templates/parts, decorators included, for this engine."""
    source = (folders.shipped("templates") / "parts" / f"{module}.py").read_text("utf-8")
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            return Source("\n".join(source.split("\n")[first - 1 : node.end_lineno]).replace("vllm", engine))
    raise LookupError(f"templates/parts/{module}.py has no function {name}")
