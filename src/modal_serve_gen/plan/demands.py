"""Which loads and batches are incomplete, contradictory or out of range (pure)."""

from modal_serve_gen.errors import BadInput, quoted
from modal_serve_gen.models import Model
from modal_serve_gen.plan.workload import Workload

# Upper limits of options, which no app comes near.
MOST_USERS = 10**6
MOST_REQUESTS_PER_S = 10**5
MOST_SECONDS = 10**4
MOST_PROMPTS = 10**9
MOST_HOURS = 10**5


def check_demand(model: Model, workload: Workload) -> None:
    """Raises BadInput for the first problem of a load or a batch."""
    _check_ranges(model, workload)
    _check_kind(workload)
    if workload.has_load or workload.prompts is not None:
        _check_lengths(model, workload)


def requests_length(workload: Workload) -> int:
    """Tokens of a typical request: its prompt and its answer."""
    return (workload.prompt_tokens or 0) + (workload.output_tokens or 0)


def _check_ranges(model: Model, workload: Workload) -> None:
    given = {
        "--users": (workload.users, MOST_USERS),
        "--requests-per-s": (workload.requests_per_s, MOST_REQUESTS_PER_S),
        "--prompts": (workload.prompts, MOST_PROMPTS),
        "--by": (workload.by, MOST_HOURS),
        "--prompt-tokens": (workload.prompt_tokens, model.max_context),
        "--output-tokens": (workload.output_tokens, model.max_context),
        "--ttft-p95": (workload.ttft_p95, MOST_SECONDS),
    }
    for option, (value, most) in given.items():
        if value is not None and not 0 < value <= most:
            raise BadInput(
                f"{option} {quoted(value)} is not between 0 and {most:,}.",
                "Use a value in that range, or leave it out.",
            )


def _check_kind(workload: Workload) -> None:
    """A load is one of a server, a batch one of a workflow that works through a file, and an app has one of them."""
    load, batch = workload.has_load, workload.prompts is not None
    if load and batch:
        raise BadInput(
            "--prompts is a batch, but --users and --requests-per-s are the load of a server.",
            "Plan one of them at a time.",
        )
    if load and not workload.server:
        raise BadInput(
            "A load is one of a server, but this workflow works through a file.",
            "Choose another --workflow, or give the number of --prompts instead.",
        )
    if batch and workload.server:
        raise BadInput(
            "--prompts is a batch, but this workflow serves requests.",
            "Choose a --workflow that works through a file, or leave --prompts out.",
        )
    if (load or batch) and (workload.fixed or workload.data_parallel_size > 1):
        raise BadInput(
            "A load or a batch is planned for generated apps, not for an existing setup or for data parallelism.",
            "Leave out --engine-version, --gpu-memory-utilization and --data-parallel-size.",
        )
    depending = {
        "--prompt-tokens": (workload.prompt_tokens, load or batch, "--requests-per-s, --users or --prompts"),
        "--output-tokens": (workload.output_tokens, load or batch, "--requests-per-s, --users or --prompts"),
        "--ttft-p95": (workload.ttft_p95, load, "--requests-per-s or --users"),
        "--by": (workload.by, batch, "--prompts"),
    }
    for option, (value, used, needed) in depending.items():
        if value is not None and not used:
            raise BadInput(f"{option} {value:g} has no effect without {needed}.", "Add that, or leave it out.")


def _check_lengths(model: Model, workload: Workload) -> None:
    missing = [
        option
        for option, value in (("--prompt-tokens", workload.prompt_tokens), ("--output-tokens", workload.output_tokens))
        if value is None
    ]
    if missing:
        raise BadInput(
            f"A load or a batch without {' and '.join(missing)} says nothing of the work that it is.",
            "Add the typical length of a prompt and of an answer, such as --prompt-tokens 1000 --output-tokens 300.",
        )
    length, limit = requests_length(workload), workload.max_model_len or model.max_context
    if length > limit:
        of = f"--max-model-len {limit}" if workload.max_model_len else f"the {limit:,} tokens of {model.id}"
        raise BadInput(
            f"--prompt-tokens and --output-tokens are {length:,} tokens together, which exceeds {of}.",
            "Shorten them, or raise --max-model-len." if workload.max_model_len else "Shorten them.",
        )
