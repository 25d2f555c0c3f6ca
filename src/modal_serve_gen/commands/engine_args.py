"""Check --engine-arg: flags of the pinned engine that the app does not set itself and the GPU supports."""

from typing import Any

from modal_serve_gen import facts, flags
from modal_serve_gen.checks.app_source import AppSource
from modal_serve_gen.errors import BadInput, quoted
from modal_serve_gen.plan.generations import least_capability
from modal_serve_gen.plan.gpus import gpu_facts
from modal_serve_gen.render import Resolved
from modal_serve_gen.spec.serve_spec import ServeSpec
from modal_serve_gen.spec.workflows import Workflow

KEYS = ("--api-key", "--admin-api-key")
# A draft model must be in the Volume before the engine starts offline, so a flag alone is not enough.
DRAFTS = ("--speculative-config", "--spec-model", "--speculative-draft-model-path", "--speculative-draft-model")


def check(spec: ServeSpec, workflow: Workflow, table: flags.Table) -> None:
    """Check each --engine-arg against the flags of the pinned engine, as its parser does. Raises BadInput."""
    for problem in flags.check(spec.engine_arg, table, complete=False):
        if problem.kind == "error":
            raise BadInput(
                problem.message + _other_engine(problem, table),
                "Write each flag as --engine-arg=--flag=value, with the name that the engine documents.",
            )
    for option in flags.parse(spec.engine_arg, table).options:
        if option.flag in KEYS:
            raise BadInput(
                f"{option.flag} would store a key in the file.", "Use --auth api-key: the key is read from a Secret."
            )
        if option.flag in DRAFTS and "model" in str(option.values):
            raise BadInput(
                f"{option.flag} names a draft model, which the app must download and pin.",
                "Use --draft ALGORITHM=REPO@SHA with a workflow that supports it.",
            )


def _other_engine(problem: flags.Problem, table: flags.Table) -> str:
    """A sentence if only another engine has the flag, otherwise ''."""
    flag = problem.flag.partition("=")[0]
    if table.find(flag) or table.candidates(flag):
        return ""
    for other in facts.engines():
        if other != table.engine and (theirs := facts.flag_table(other)) and theirs.find(flag):
            return f" It is a flag of {other}, and this workflow runs {table.engine}."
    return ""


def value(spec: ServeSpec, flag: str) -> str | None:
    """The value that --engine-arg gives to `flag`; the last one wins."""
    values = [arg.partition("=")[2] for arg in spec.engine_arg if arg.partition("=")[0] == flag]
    return values[-1] or None if values else None


def planned(spec: ServeSpec, table: flags.Table) -> dict[str, Any]:
    """The fields of a Request that --engine-arg sets, since the plan depends on them."""
    names = facts.serving_engines()[table.engine].flags
    used = {option.flag: option.values for option in flags.parse(spec.engine_arg, table).options if not option.keys}

    def number(spellings: tuple[str, ...]) -> int:
        values = next((used[name] for name in spellings if name in used), ())
        return int(values[0]) if values and values[0] and values[0].isdecimal() else 1

    if names.shared and number(names.data) > 1 and not used.keys() & {*names.shared}:
        raise BadInput(
            f"--engine-arg={names.data[0]} starts {number(names.data)} copies of the model in one container.",
            "Leave it out: --max-containers and --min-containers set the number of copies.",
        )
    experts = [used[name] for name in names.experts if name in used]
    return {
        "kv_cache_dtype": spec.kv_cache_dtype or value(spec, "--kv-cache-dtype"),
        "enforce_eager": "--enforce-eager" in used,
        "pipeline_parallel_size": number(names.pipeline),
        "data_parallel_size": 1 if names.shared else number(names.data),
        "enable_expert_parallel": bool(experts) and (not experts[0] or number(names.experts) > 1),
    }


def require_gpu(spec: ServeSpec, workflow: Workflow, gpu: str) -> None:
    """Refuse an online quantization for which the GPU has no kernels. Raises BadInput."""
    name = value(spec, "--quantization")
    least = least_capability(workflow.engine, None, name) if name else None
    if least is not None and gpu_facts(gpu).compute_capability < least:
        raise BadInput(
            f"--engine-arg=--quantization={name} needs compute capability {least:g}, which {quoted(gpu)} lacks.",
            "Choose a newer GPU with --gpu, or leave the quantization out.",
        )


def check_repeats(text: str, resolved: Resolved) -> None:
    """Refuse an --engine-arg for a flag that the app sets itself. Raises BadInput."""
    command = next(iter(AppSource(text).commands), None)
    if command is None or not resolved.spec.engine_arg:
        return
    table = flags.load(facts.flag_table_path(command.engine, resolved.pins.version))
    seen: set[str] = set()
    for option in flags.parse(command.argv, table).options:
        if option.flag in seen and not (option.option and option.option.repeat):
            same = option.flag.removeprefix("--").replace("-", "_") in ServeSpec.model_fields
            raise BadInput(
                f"--engine-arg sets {option.flag}, which the app already sets.",
                f"Use {option.flag} without --engine-arg=." if same else f"Edit {option.flag} in the generated file.",
            )
        seen.add(option.flag)
