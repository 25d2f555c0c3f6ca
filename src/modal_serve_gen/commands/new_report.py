"""What `new` reports about an app it has written: price, memory, notes and the next commands."""

import shlex
from pathlib import Path
from typing import Any, NamedTuple

from modal_serve_gen.commands import demand_text, layout, plan_text
from modal_serve_gen.commands.new_app import Made
from modal_serve_gen.plan import HOURS_A_MONTH
from modal_serve_gen.render import Resolved
from modal_serve_gen.spec import workflows


class Step(NamedTuple):
    """A command to run next, and what it does."""

    command: str
    purpose: str


def document(app: Made, path: Path) -> dict[str, Any]:
    """The document of `--json`."""
    plan = app.plan or app.resolved.plan
    return {
        "file": str(path),
        "workflow": app.resolved.spec.workflow,
        "model": app.resolved.model.id,
        "revision": app.resolved.model.revision,
        "plan": plan.model_dump(mode="json"),
        "notes": [note.text for note in app.notes],
        "next": [step.command for step in next_steps(app.resolved, path)],
    }


def summary(app: Made, path: Path) -> str:
    """The report for a person."""
    resolved = app.resolved
    lines = [f"Wrote {path}: workflow {resolved.spec.workflow}, model {resolved.model.id}.", "", *figures(app)]
    if app.notes:
        lines += ["", *(line for note in app.notes for line in layout.wrapped(note.text, "  - "))]
    steps = next_steps(resolved, path)
    longest = max(len(step.command) for step in steps)
    lines += ["", "Next:"]
    if longest + 5 + max(len(step.purpose) for step in steps) <= layout.width():
        lines += [f"  {step.command:<{longest}}   {step.purpose}" for step in steps]
    else:
        lines += [f"  # {step.purpose}\n  {step.command}" for step in steps]
    return "\n".join(lines)


def figures(app: Made) -> list[str]:
    """Price, memory and capacity, line by line."""
    plan, spec = app.resolved.plan, app.resolved.spec
    gpu = layout.gpus(plan.gpu, plan.gpus)
    price = f"{gpu}: ${plan.usd_per_hour:.2f} per hour per container (prices as of {plan.price_date}"
    if app.plan and app.plan.region_multiplier != 1:
        price += f"; {app.plan.region_multiplier:g} times the base price in region {spec.region}"
    most, least = (plan.usd_per_hour * containers for containers in (spec.max_containers, spec.min_containers))
    texts = [f"{price})", f"at most {layout.count(spec.max_containers, 'container')}: up to ${most:.2f} per hour"]
    if spec.min_containers:
        texts.append(
            f"{layout.count(spec.min_containers, 'container')} kept warm: ${least:.2f} per hour around the clock, "
            f"${least * HOURS_A_MONTH:,.0f} a month"
        )
    lines = [line for text in texts for line in layout.wrapped(text)]
    if app.plan:
        cache = app.plan.kv_cache
        requests = layout.count(plan.max_num_seqs, "concurrent request")
        capacity = (
            f"up to {plan.max_model_len:,} tokens per request and {requests}; the KV cache holds {cache.tokens:,} "
            f"tokens, enough for {cache.max_concurrency:.1f} full-length requests; further requests wait"
        )
        lines += ["", *plan_text.ledger(app.plan), "", *layout.wrapped(capacity)]
        if app.plan.load or app.plan.batch:
            load, batch = (text(app.plan, options=False) for text in (demand_text.load, demand_text.batch))
            lines += ["", *load, *batch]
    return lines


def next_steps(resolved: Resolved, path: Path) -> list[Step]:
    """The commands from rehearsal to shutdown, in order."""
    file, spec = shlex.quote(str(path)), resolved.spec
    rehearse = Step(f"modal-serve-gen rehearse {file}", "run it locally: no account, no GPU, nothing billed")
    run = Step(f"modal run {file}", "build the image, verify the weights, smoke-test on a GPU")
    logs = Step(f"modal app logs {spec.name} -f", "follow the logs")
    stop = Step(f"modal app stop {spec.name}", "stop the app")
    secrets = _secrets(resolved)
    if spec.endpoint is None:
        return [rehearse, *secrets, run, *_batch_steps(resolved, file, stop), logs]
    steps = [rehearse]
    if only := workflows.load(spec.workflow).only_deployed:
        steps.append(
            Step(f"modal-serve-gen rehearse {file} -- --deployed", f"rehearse the deployed app, which uses {only}")
        )
    steps += [
        *secrets,
        run,
        Step(f"modal deploy -e staging {file}", "optional: deploy to a staging environment first"),
        Step(f"modal deploy {file}", "deploy to a permanent URL"),
    ]
    if spec.auth == "proxy":
        steps.append(Step("modal workspace proxy-tokens create", "create a proxy token for clients: wk-….ws-…"))
    steps += [Step(f"modal run {file} --deployed", "smoke-test the deployment; --bench measures it"), logs]
    return [*steps, *_autoscaler(resolved), stop]


def _secrets(resolved: Resolved) -> list[Step]:
    """Commands that create the Secrets of the app."""
    spec, keys = resolved.spec, []
    if resolved.model.gated is not False:
        keys.append((spec.hf_secret, "HF_TOKEN", "a token that can read the model"))
    if spec.auth == "api-key":
        keys.append((spec.api_key_secret, "LLM_API_KEY", "the key that clients will send"))
    return [
        Step(f"modal secret create {shlex.quote(secret)} {key}=-", f"once: your editor opens for {value}")
        for secret, key, value in keys
    ]


def _batch_steps(resolved: Resolved, file: str, stop: Step) -> list[Step]:
    """Commands of an app that processes files of prompts."""
    steps = [
        Step(f"modal run --detach {file} --input prompts.jsonl", "process a file; run again to follow or fetch results")
    ]
    if resolved.spec.schedule:
        volume = shlex.quote(resolved.spec.jobs_volume)
        steps += [
            Step(f"modal volume put {volume} prompts.jsonl input.jsonl", "upload the prompts for the schedule"),
            Step(f"modal deploy {file}", "start the schedule; the log of each run names its job"),
            Step(f"modal volume get {volume} JOB/results.jsonl", "fetch the results of a job"),
            stop,
        ]
    return steps


def _autoscaler(resolved: Resolved) -> list[Step]:
    """Modal's command that changes limits without a deployment, if it can name the workflow's object."""
    spec = resolved.spec
    name = workflows.load(spec.workflow).autoscalers.get(spec.endpoint or "")
    if not name:
        return []
    kind = "server" if spec.endpoint == "server" else "function"
    command = f"modal {kind} autoscaler update {spec.name}/{name} --max-containers {spec.max_containers + 1}"
    return [Step(command, "raise the container limit without deploying again")]
