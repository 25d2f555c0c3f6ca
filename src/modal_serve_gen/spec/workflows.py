"""Workflows: one folder under templates/ each, described by its `workflow.toml`."""

import tomllib
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from modal_serve_gen import folders
from modal_serve_gen.errors import BadInput, nearest, quoted

# Options that only some workflows take; the others apply to all.
OPTIONAL = frozenset(
    {
        "api_key_secret",
        "draft",
        "kv_offload",
        "lora",
        "max_lora_rank",
        "min_containers",
        "otlp_endpoint",
        "schedule",
        "served_model_name",
    }
)


class Apart(BaseModel):
    """An endpoint type that does not support a way of authentication, and why (the end of a sentence)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    endpoint: str
    auth: str
    why: str


class Workflow(BaseModel):
    """One way to serve. Lengths are in tokens, `scaledown_window` in seconds; the first of each list is the default.

    A workflow without endpoints is not a server and needs no authentication.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    engine: str
    use_when: str
    not_when: str
    instead: str
    in_short: str  # use_when in a few words, for the skill
    reference: str  # page of the skill, in its references/ folder
    default_model: str
    endpoints: tuple[str, ...] = ()
    auth: tuple[str, ...] = ()
    apart: tuple[Apart, ...] = ()
    options: tuple[str, ...] = ()
    gpus: tuple[str, ...] = ()  # GPUs that the plan chooses from; empty: every GPU
    max_gpus: int = Field(ge=1)
    max_gpus_why: str = ""  # why no more, as the end of a sentence
    max_gpus_instead: str = ""  # what to do instead, as a sentence
    sleep: bool = False  # the engine sleeps in the memory snapshot
    speculate: bool = False  # uses speculative decoding where the facts know it for the model
    only_deployed: str = ""  # what `modal run` does not use, so that the deployment is rehearsed too
    autoscalers: dict[str, str] = {}  # endpoint type -> Modal object that `modal ... autoscaler update` can name
    goals: dict[str, int] = {}  # goals of `plan --goal`, with a rank: 1 is best
    also: tuple[str, ...] = ()  # further sets of pins that the app installs
    min_containers: int = Field(default=0, ge=0)
    max_model_len: int = Field(ge=1)
    concurrency: int = Field(ge=1)
    max_containers: int = Field(ge=1)
    scaledown_window: int = Field(ge=2, le=3600)

    def refusal(self, endpoint: str | None, auth: str | None) -> str | None:
        """Why this endpoint type does not support this authentication; None if it does."""
        return next((pair.why for pair in self.apart if (pair.endpoint, pair.auth) == (endpoint, auth)), None)

    def too_many(self, gpus: int) -> tuple[str, str] | None:
        """Why the workflow cannot use this many GPUs, and what to do instead; None if it can."""
        if gpus <= self.max_gpus:
            return None
        why = f": {self.max_gpus_why}" if self.max_gpus_why else ""
        remedy = self.max_gpus_instead or f"Use --gpu with a count of at most {self.max_gpus}."
        return f"{self.name} uses at most {self.max_gpus}{why}.", remedy

    def having(self, option: str) -> str:
        """Names of the workflows that take `option`, for a message."""
        return ", ".join(name for name in names() if option in load(name).options)


def names() -> list[str]:
    """All workflows, the default first."""
    folder = folders.shipped("templates")
    known = sorted(path.parent.name for path in folder.glob("*/workflow.toml"))
    return sorted(known, key=lambda name: not _toml(name).get("default", False))


def default(*, batch: bool) -> str:
    """The default workflow: of those that work through a file, or of all."""
    return next(name for name in names() if not batch or not load(name).endpoints)


@cache
def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((folders.shipped("templates") / name / "workflow.toml").read_text("utf-8"))


@cache
def load(name: str) -> Workflow:
    """The workflow called `name`. Raises BadInput if there is none."""
    if name not in (known := names()):
        raise BadInput(
            f"There is no workflow {quoted(name)}.{nearest(name, known)}", f"Choose one of: {', '.join(known)}."
        )
    return Workflow(name=name, **{key: value for key, value in _toml(name).items() if key != "default"})
