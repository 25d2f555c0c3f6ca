"""The workflows: what each folder under templates/ says of itself in its `workflow.toml`. The listing is the list."""

import tomllib
from functools import cache

from pydantic import BaseModel, ConfigDict, Field

from modal_serve_gen import folders
from modal_serve_gen.errors import BadInput, nearest, quoted

# Options that only some workflows have; the others belong to all.
OPTIONAL = (
    "api_key_secret", "draft", "lora", "min_containers", "otlp_endpoint", "schedule", "served_model_name",
)  # fmt: skip


class Apart(BaseModel):
    """An endpoint and a way of authentication that do not go together, and why: the end of a sentence."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    endpoint: str
    auth: str
    why: str


class Workflow(BaseModel):
    """One way to serve. Lengths are tokens, `scaledown_window` seconds; the first of each list is the default.

    A workflow without endpoints is no server: nobody authenticates there either.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    engine: str
    use_when: str
    not_when: str
    instead: str
    in_short: str  # use_when, in a few words, for the skill
    reference: str  # of the skill, in its folder references/
    default_model: str
    endpoints: tuple[str, ...] = ()
    auth: tuple[str, ...] = ()
    apart: tuple[Apart, ...] = ()
    options: tuple[str, ...] = ()
    gpus: tuple[str, ...] = ()  # candidates of the plan; none: every GPU, the cheapest that fits
    max_gpus: int = Field(ge=1)
    max_gpus_why: str = ""  # a sentence: why no more, and what to do instead
    sleep: bool = False  # its engine sleeps while it waits
    speculate: bool = False  # speculative decoding as the facts know it for the model
    only_deployed: str = ""  # what of it `modal run` does not show, so that its deployment is rehearsed, too
    goals: dict[str, int] = {}  # which goals of a plan it serves, 1 best
    also: tuple[str, ...] = ()  # further sets of pins that its app installs
    min_containers: int = Field(default=0, ge=0)
    max_model_len: int = Field(ge=1)
    concurrency: int = Field(ge=1)
    max_containers: int = Field(ge=1)
    scaledown_window: int = Field(ge=2, le=3600)

    def refusal(self, endpoint: str | None, auth: str | None) -> str | None:
        """Why this endpoint cannot have this authentication; None when it can."""
        return next((one.why for one in self.apart if (one.endpoint, one.auth) == (endpoint, auth)), None)

    def too_many(self, gpus: int) -> tuple[str, str] | None:
        """Why it cannot use so many GPUs, and what instead; None when it can."""
        if gpus <= self.max_gpus:
            return None
        why, _, instead = self.max_gpus_why.partition("; ")
        return f"{self.name} takes {self.max_gpus}: {why}.", f"{instead[:1].upper()}{instead[1:]}."

    def having(self, option: str) -> str:
        """The workflows that take `option`, for a message."""
        return ", ".join(name for name in names() if option in load(name).options)


def names() -> list[str]:
    """All workflows, the default first."""
    found = sorted(path.parent.name for path in folders.shipped("templates").glob("*/workflow.toml"))
    return sorted(found, key=lambda name: not _toml(name).get("default", False))


@cache
def _toml(name: str) -> dict:
    return tomllib.loads((folders.shipped("templates") / name / "workflow.toml").read_text("utf-8"))


@cache
def load(name: str) -> Workflow:
    """The workflow called `name`. Raises BadInput when there is none."""
    if name not in (known := names()):
        raise BadInput(
            f"There is no workflow {quoted(name)}.{nearest(name, known)}", f"Choose one of: {', '.join(known)}."
        )
    return Workflow(name=name, **{key: value for key, value in _toml(name).items() if key != "default"})
