"""ServeSpec: what the user asked for, checked. Bad values end here, with what was wrong and what is allowed."""

import difflib
import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from modal_serve_gen import facts
from modal_serve_gen.errors import BadInput, nearest, quoted
from modal_serve_gen.models import valid_id
from modal_serve_gen.spec import cron, workflows

# Modal's rule for names of its objects: letters, digits, - . _, fewer than 64 characters (modal/_utils/name_utils.py).
OBJECT_NAME = re.compile(r"[A-Za-z0-9._-]{1,63}")
SHA = re.compile(r"[0-9a-f]{40}")
FLAG = re.compile(r"--?[A-Za-z][\w.-]*")
MAX_CONTEXT = 16 * 2**20  # longer than any model there is; only keeps absurd numbers out of the arithmetic


def _object_name(value: str) -> str:
    if not OBJECT_NAME.fullmatch(value):
        raise ValueError("must be 1 to 63 letters, digits, '-', '.' or '_', as Modal names its objects")
    return value


def _text(value: str) -> str:
    """A string that may stand in an argument list and in a file: no control characters, no lone surrogates."""
    if any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 or 0xD800 <= ord(char) < 0xE000 for char in value):
        raise ValueError("must not hold control characters or broken Unicode")
    return value


def _model(value: str) -> str:
    if not valid_id(value):
        raise ValueError(
            "must be a Hugging Face id: owner/name of letters, digits, '-', '.' and '_', as in Qwen/Qwen3-8B"
        )
    return value


def _revision(value: str) -> str:
    if not SHA.fullmatch(value):
        raise ValueError("must be a full commit hash of 40 lower-case hex digits, so that it can never move")
    return value


def _served_name(value: str) -> str:
    if value.startswith("-") or value.strip() != value:
        raise ValueError("must not begin with '-' nor begin or end with a space")
    return _text(value)


def _engine_arg(value: str) -> str:
    if not FLAG.fullmatch(value.partition("=")[0]):
        raise ValueError("must be --flag or --flag=value, as the engine's own command line takes it")
    return _text(value)


def _region(value: str) -> str:
    known = facts.regions().compute
    if value not in known.regions:
        near = difflib.get_close_matches(value, known.regions, 3) or known.broad
        raise ValueError(f"must be one region as Modal writes it, such as {', '.join(near)}")
    return value


def _cron(value: str) -> str:
    if problem := cron.problem(_text(value)):
        raise ValueError(f"must be a cron line such as '0 2 * * *'; this one {problem}")
    return value


def _otlp(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/@]+(/\S*)?", value):
        raise ValueError("must be the collector's address, such as http://collector:4317, without a user or password")
    return _text(value)


ObjectName = Annotated[str, AfterValidator(_object_name)]


class ServeSpec(BaseModel):
    """The user's request. None means: not asked for, the workflow or the plan decides."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    workflow: str
    model: Annotated[str, AfterValidator(_model)]
    revision: Annotated[str, AfterValidator(_revision)] | None = None
    gpu: Annotated[str, AfterValidator(_text), Field(max_length=40)] | None = None
    max_model_len: Annotated[int, Field(ge=64, le=MAX_CONTEXT)] | None = None
    concurrency: Annotated[int, Field(ge=1, le=4096)] | None = None
    endpoint: str | None = None  # None: the workflow has none
    auth: str | None = None
    region: Annotated[str, AfterValidator(_region)] | None = None
    min_containers: Annotated[int, Field(ge=0, le=1000)] = 0
    max_containers: Annotated[int, Field(ge=1, le=1000)]
    scaledown_window: Annotated[int, Field(ge=2, le=3600)]  # the SDK's own bounds
    name: ObjectName
    served_model_name: Annotated[str, AfterValidator(_served_name), Field(min_length=1, max_length=200)]
    lora: tuple[Annotated[str, AfterValidator(_text)], ...] = ()
    draft: Annotated[str, AfterValidator(_text)] | None = None
    hf_secret: ObjectName = "huggingface-secret"
    api_key_secret: ObjectName = "llm-api-key"
    otlp_endpoint: Annotated[str, AfterValidator(_otlp)] | None = None
    schedule: Annotated[str, AfterValidator(_cron)] | None = None
    engine_arg: tuple[Annotated[str, AfterValidator(_engine_arg), Field(max_length=4000)], ...] = ()

    @model_validator(mode="after")
    def _containers(self) -> "ServeSpec":
        if self.min_containers > self.max_containers:
            raise ValueError(
                f"min_containers {self.min_containers} is more than max_containers {self.max_containers}; "
                "raise the one or lower the other"
            )
        return self


def option(field: str) -> str:
    """How a field is spelled on the command line."""
    return f"--{field.replace('_', '-')}"


def default_name(workflow: str, model: str) -> str:
    """An app name from workflow and model, such as `<workflow>-qwen3-8b`, within Modal's rules."""
    name = f"{workflow}-{model.rpartition('/')[2]}".lower()
    return re.sub(r"[^a-z0-9.-]+", "-", name)[:63].rstrip("-.")


def make(asked: dict[str, Any], workflow) -> ServeSpec:
    """The ServeSpec of what was asked, completed by the workflow's defaults.

    `asked` maps field names to values; None and () mean not asked for. Raises BadInput, one fault at a time.
    """
    asked = {name: value for name, value in asked.items() if value is not None and value != ()}
    if unknown := [name for name in asked if name not in ServeSpec.model_fields]:
        raise BadInput(
            f"There is no option {quoted(unknown[0])}.{nearest(unknown[0], list(ServeSpec.model_fields))}",
            "Keys of a spec file are the option names with underscores; see modal-serve-gen new --help.",
        )
    for name in asked:
        if name in workflows.OPTIONAL and name not in workflow.options:
            raise BadInput(
                f"The workflow {workflow.name} does not take {option(name)}.",
                f"Leave it out, or choose a workflow that has it: {workflow.having(name) or 'none has it yet'}.",
            )
    for name, allowed in (("endpoint", workflow.endpoints), ("auth", workflow.auth)):
        if name in asked and asked[name] not in allowed:
            raise BadInput(
                f"{option(name)} {quoted(asked[name])} is not one that {workflow.name} has."
                + nearest(str(asked[name]), allowed),
                f"Choose one of: {', '.join(allowed)}." if allowed else f"Leave it out: {workflow.name} is no server.",
            )
    asked.setdefault("model", workflow.default_model)
    endpoint = asked.get("endpoint") or next(iter(workflow.endpoints), None)
    auth = asked.get("auth") or next((one for one in workflow.auth if not workflow.refusal(endpoint, one)), None)
    if why := workflow.refusal(endpoint, auth):
        raise BadInput(
            f"--auth {auth} does not go with --endpoint {endpoint}: {why}.",
            f"Choose --auth {' or '.join(one for one in workflow.auth if not workflow.refusal(endpoint, one))}, "
            "or another endpoint.",
        )
    if "api_key_secret" in asked and auth != "api-key":
        raise BadInput(
            f"--api-key-secret {quoted(asked['api_key_secret'])} is only read with --auth api-key.",
            "Add --auth api-key, or leave the Secret out.",
        )
    values = {
        "endpoint": endpoint,
        "auth": auth,
        "min_containers": workflow.min_containers,
        "max_containers": max(workflow.max_containers, asked.get("min_containers") or 0)
        if isinstance(asked.get("min_containers"), int)
        else workflow.max_containers,
        "scaledown_window": workflow.scaledown_window,
        "served_model_name": asked["model"],
        "name": default_name(workflow.name, str(asked["model"])),
    }
    try:
        return ServeSpec(**(values | asked | {"workflow": workflow.name}))
    except ValidationError as fault:
        raise _refusal(fault) from None


def _refusal(fault: ValidationError) -> BadInput:
    """Pydantic's first complaint as two sentences, with the user's own value in the first."""
    first = fault.errors()[0]
    message = first["msg"].removeprefix("Value error, ")
    if not first["loc"]:  # a complaint about several fields together says it all itself
        problem, _, remedy = message.partition("; ")
        return BadInput(f"{problem}.", f"{remedy[:1].upper()}{remedy[1:]}.")
    field = str(first["loc"][0])
    message = message.removeprefix("Input ").partition(", unable")[0].replace("valid ", "")
    return BadInput(f"{option(field)} {quoted(first['input'])} is not usable.", f"It {message}.")
