"""ServeSpec: the validated options of `new`."""

import difflib
import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from modal_serve_gen import facts
from modal_serve_gen.errors import BadInput, nearest, quoted
from modal_serve_gen.models.values import Commit, ModelId, Text
from modal_serve_gen.spec import cron, workflows
from modal_serve_gen.spec.workflows import Workflow

# Modal's rule for object names: letters, digits, - . _, fewer than 64 characters (modal/_utils/name_utils.py).
OBJECT_NAME = re.compile(r"[A-Za-z0-9._-]{1,63}")
FLAG = re.compile(r"--?[A-Za-z][\w.-]*", re.ASCII)
MAX_CONTEXT = 16 * 2**20  # beyond every model; keeps absurd numbers out of the arithmetic
MAX_REPEATED = 200  # adapters, or flags of the engine


def _object_name(value: str) -> str:
    if not OBJECT_NAME.fullmatch(value):
        raise ValueError("must be 1 to 63 letters, digits, '-', '.' or '_' (Modal's rule for names)")
    return value


def _served_name(value: str) -> str:
    if value.startswith("-") or value.strip() != value:
        raise ValueError("must not begin with '-', and not begin or end with a space")
    return value


def _engine_arg(value: str) -> str:
    if not FLAG.fullmatch(value.partition("=")[0]):
        raise ValueError("must be --flag or --flag=value, as on the engine's command line")
    return value


def _region(value: str) -> str:
    known = facts.regions().compute
    if value not in known.regions:
        near = difflib.get_close_matches(value, known.regions, 3) or known.broad
        raise ValueError(f"must be a Modal region, such as {', '.join(near)}")
    return value


def _cron(value: str) -> str:
    if problem := cron.problem(value):
        raise ValueError(f"must be a cron expression such as '0 2 * * *'; this one {problem}")
    return value


def _otlp(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/@]+(/\S*)?", value):
        raise ValueError("must be the URL of the collector, such as http://collector:4317, without a user or password")
    return value


ObjectName = Annotated[str, AfterValidator(_object_name)]
Number = Annotated[int, Field(ge=-(10**15), le=10**15)]  # a target, for which the plan has narrower bounds
EngineArg = Annotated[Text, AfterValidator(_engine_arg)]


class ServeSpec(BaseModel):
    """The options of `new`. None: not given, so the workflow or the plan decides."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    workflow: str
    model: ModelId
    revision: Commit | None = None
    gpu: Annotated[Text, Field(max_length=40)] | None = None
    max_model_len: Annotated[int, Field(ge=64, le=MAX_CONTEXT)] | None = None
    concurrency: Annotated[int, Field(ge=1, le=4096)] | None = None
    kv_cache_dtype: Annotated[Text, Field(max_length=40)] | None = None
    kv_offload: Annotated[int, Field(ge=1, le=4096)] | None = None
    endpoint: str | None = None  # None: the workflow is not a server
    auth: str | None = None
    region: Annotated[str, AfterValidator(_region)] | None = None
    min_containers: Annotated[int, Field(ge=0, le=1000)] = 0
    max_containers: Annotated[int, Field(ge=1, le=1000)]
    scaledown_window: Annotated[int, Field(ge=2, le=3600)]  # the SDK's own bounds
    budget: float | None = None  # targets of the plan, which checks them
    time_per_output_token: float | None = None
    tokens_per_s: float | None = None
    users: Number | None = None
    requests_per_s: float | None = None
    prompt_tokens: Number | None = None
    output_tokens: Number | None = None
    ttft_p95: float | None = None
    ready_within: float | None = None
    prompts: Number | None = None
    by: float | None = None
    name: ObjectName
    served_model_name: Annotated[Text, AfterValidator(_served_name), Field(min_length=1, max_length=200)]
    lora: Annotated[tuple[Text, ...], Field(max_length=MAX_REPEATED)] = ()
    max_lora_rank: Annotated[int, Field(ge=1, le=4096)] | None = None
    draft: Annotated[Text, Field(min_length=1)] | None = None
    weights_volume: ObjectName = "huggingface-cache"
    hf_secret: ObjectName = "huggingface-secret"
    api_key_secret: ObjectName = "llm-api-key"
    otlp_endpoint: Annotated[Text, AfterValidator(_otlp), Field(max_length=1000)] | None = None
    schedule: Annotated[Text, AfterValidator(_cron), Field(max_length=200)] | None = None
    engine_arg: Annotated[tuple[EngineArg, ...], Field(max_length=MAX_REPEATED)] = ()

    @property
    def jobs_volume(self) -> str:
        """The Volume that holds a batch app's jobs: named after the app, within Modal's limit of 64 characters."""
        return f"{self.name[:58]}-jobs"


def option(field: str) -> str:
    """The command-line spelling of a field, such as `--max-model-len`."""
    return f"--{field.replace('_', '-')}"


def default_name(workflow: str, model: str) -> str:
    """An app name that Modal accepts.

    >>> default_name("my-workflow", "Qwen/Qwen3-8B")
    'my-workflow-qwen3-8b'
    """
    name = f"{workflow}-{model.rpartition('/')[2]}".lower()
    return re.sub(r"[^a-z0-9.-]+", "-", name)[:63].rstrip("-.")


def make(options: Mapping[str, Any], workflow: Workflow) -> ServeSpec:
    """The ServeSpec of `options`, completed with the workflow's defaults.

    `options` maps field names to values; None and () mean not given. Raises BadInput for the first problem.
    """
    options = {name: value for name, value in options.items() if value is not None and value != ()}
    _check_names(options, workflow)
    model = options.get("model", workflow.default_model)
    endpoint, auth = _access(options, workflow)
    least = options.get("min_containers", workflow.min_containers)
    defaults = {
        "model": model,
        "endpoint": endpoint,
        "auth": auth,
        "min_containers": least,
        "max_containers": max(workflow.max_containers, least) if isinstance(least, int) else workflow.max_containers,
        "scaledown_window": workflow.scaledown_window,
        "served_model_name": model,
        "name": default_name(workflow.name, str(model)),
    }
    try:
        spec = ServeSpec(**(defaults | options | {"workflow": workflow.name}))
    except ValidationError as error:
        raise _refusal(error) from None
    check(spec, workflow)
    return spec


def check(spec: ServeSpec, workflow: Workflow) -> None:
    """Check the fields of `spec` against each other and the workflow. Raises BadInput."""
    _access({name: value for name in ("endpoint", "auth") if (value := getattr(spec, name)) is not None}, workflow)
    if spec.min_containers > spec.max_containers:
        raise BadInput(
            f"--min-containers {spec.min_containers} exceeds --max-containers {spec.max_containers}.",
            "Raise --max-containers, or lower --min-containers.",
        )
    if spec.weights_volume in (f"{workflow.engine}-cache", spec.jobs_volume):
        raise BadInput(
            f"--weights-volume {quoted(spec.weights_volume)} is the app's Volume for something else.",
            "Name another Volume: one cannot be mounted twice.",
        )


def _check_names(options: Mapping[str, Any], workflow: Workflow) -> None:
    """Check that the options exist and that the workflow takes them. Raises BadInput."""
    for name in options:
        if name not in ServeSpec.model_fields:
            raise BadInput(
                f"There is no option {quoted(name)}.{nearest(name, list(ServeSpec.model_fields))}",
                "Keys of a spec file are option names with underscores; see modal-serve-gen new --help.",
            )
        if name in workflows.OPTIONAL and name not in workflow.options:
            raise BadInput(
                f"The workflow {workflow.name} has no option {option(name)}.",
                f"Leave it out, or use a workflow that has it: {workflow.having(name) or 'none so far'}.",
            )


def _access(options: Mapping[str, Any], workflow: Workflow) -> tuple[str | None, str | None]:
    """The endpoint type and the authentication. Raises BadInput if the workflow does not have them."""
    for name, allowed in (("endpoint", workflow.endpoints), ("auth", workflow.auth)):
        if name in options and options[name] not in allowed:
            raise BadInput(
                f"The workflow {workflow.name} has no {option(name)} {quoted(options[name])}."
                + nearest(str(options[name]), allowed),
                f"Choose one of: {', '.join(allowed)}."
                if allowed
                else f"Leave it out: {workflow.name} is not a server.",
            )
    endpoint = options.get("endpoint") or next(iter(workflow.endpoints), None)
    supported = [auth for auth in workflow.auth if not workflow.refusal(endpoint, auth)]
    auth = options.get("auth") or next(iter(supported), None)
    if why := workflow.refusal(endpoint, auth):
        raise BadInput(
            f"--endpoint {endpoint} does not support --auth {auth}: {why}.",
            f"Use --auth {' or '.join(supported)}, or another endpoint.",
        )
    if "api_key_secret" in options and auth != "api-key":
        raise BadInput(
            f"--api-key-secret {quoted(options['api_key_secret'])} has no effect without --auth api-key.",
            "Add --auth api-key, or leave the Secret out.",
        )
    return endpoint, auth


def _refusal(error: ValidationError) -> BadInput:
    """Pydantic's first complaint as two sentences, with the user's value in the first."""
    first = error.errors()[0]
    rule = first["msg"].partition(", unable")[0]
    for subject in ("Value error, ", "Input ", "String ", "Tuple "):
        rule = rule.removeprefix(subject)
    field = option(str(first["loc"][0]))
    return BadInput(f"{field} {quoted(first['input'])} is not valid.", f"It {rule}.")
