"""Speculative decoding: what a model brings for it, or the draft that was asked for."""

import re
from collections.abc import Callable

from pydantic import BaseModel, ConfigDict

from modal_serve_gen import facts, flags, hub_client
from modal_serve_gen.attention import text_part
from modal_serve_gen.errors import BadInput, ModelRefused, shown
from modal_serve_gen.model import Model, valid_id

ASKED = re.compile(r"([A-Za-z0-9_]{1,40})=([^=@\s]+)@([0-9a-f]{40})")
ADD = "add one with --draft ALGORITHM=REPO@SHA"


class Speculation(BaseModel):
    """The engine's arguments; the draft (id, commit), which may be the model itself; its bytes; a note for the user."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    arguments: tuple[str, ...] = ()
    draft: tuple[str, str] | None = None
    extra_weight_bytes: int = 0
    note: str = ""


def of_model(model: Model, engine: str) -> Speculation:
    """What the checkpoint itself holds for speculation, by the facts of the engine; else nothing, and a note."""
    known = facts.speculation()[engine]
    text = text_part(model.config)
    layers = next((text[key] for key in known["layers"] if isinstance(text.get(key), int) and text[key] > 0), 0)
    if not layers or model.architecture not in known["architectures"]:
        return Speculation(note=f"{model.id} brings no layers for speculative decoding that {engine} can use; {ADD}.")
    depth = sum(layer.count for layer in model.layers) or 1
    return Speculation(
        arguments=tuple(known["arguments"]),
        draft=(model.id, model.revision),
        extra_weight_bytes=int(model.weight_bytes * layers / depth),
        note=f"Speculative decoding uses the prediction layers of the checkpoint ({layers}); its gain is not measured.",
    )


def of_draft(
    asked: str, model: Model, table: flags.Table, *, offline: bool, say: Callable[[str], None] | None = None
) -> Speculation:
    """--draft ALGORITHM=REPO@SHA. Raises BadInput for an unknown algorithm or a draft of another vocabulary."""
    match = ASKED.fullmatch(asked)
    known = facts.speculation()[table.engine]
    if not match or not valid_id(match[2]) or match[1] not in known["with_draft"]:
        raise BadInput(
            f"--draft {shown(asked)} is not ALGORITHM=REPO@SHA.",
            f"ALGORITHM is one of {', '.join(known['with_draft'])}, SHA a commit of 40 hex digits.",
        )
    algorithm, repo, commit = match.groups()
    if offline:
        raise ModelRefused(
            f"--offline forbids asking the Hub about the draft {repo}, whose vocabulary has to be known.",
            "Leave out --offline.",
        )
    found = hub_client.fetch(repo, commit, token=None, say=say)
    text = text_part(found.config) if isinstance(found.config, dict) else {}
    if text.get("vocab_size") != model.vocab_size:
        raise BadInput(
            f"The draft {repo} has a vocabulary of {shown(text.get('vocab_size'))}, {model.id} one of "
            f"{model.vocab_size}: it cannot guess its tokens.",
            "Choose a draft that was made for this model.",
        )
    return Speculation(
        arguments=(f"--speculative-algorithm={algorithm}", *known["draft_arguments"]),
        draft=(repo, commit),
        extra_weight_bytes=sum(found.weights.values()),
        note=f"The draft {repo} guesses tokens for {model.id} by {algorithm}; its gain is not measured.",
    )
