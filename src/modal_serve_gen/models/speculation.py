"""Speculative decoding: what a model brings for it, or the draft that was asked for."""

import re
from collections.abc import Callable, Sequence

from pydantic import BaseModel, ConfigDict

from modal_serve_gen import facts, flags
from modal_serve_gen.errors import BadInput, ModelError, quoted
from modal_serve_gen.models import Model, architecture_of, hub_client, valid_id
from modal_serve_gen.models.decoder import layer_groups
from modal_serve_gen.models.families import decoder_of
from modal_serve_gen.models.text_config import text_config_of

ASKED = re.compile(r"([A-Za-z0-9_]{1,40})=([^=@\s]+)@([0-9a-f]{40})")
STEPS = "--speculative-num-steps="
DFLASH_BLOCK, MOST_VERIFIED = 16, 1024  # SGLang 0.5.23 takes 16 where a DFLASH draft names no block
ADD = "add one with --draft ALGORITHM=REPO@SHA"


class Speculation(BaseModel):
    """The engine's arguments; the draft (id, commit), which may be the model itself; what it costs; a note.

    Costs: bytes of weights; layers that keep a KV cache, counted in layers of the model's own size; tokens that one
    step verifies, for which hybrids keep states.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    arguments: tuple[str, ...] = ()
    draft: tuple[str, str] | None = None
    extra_weight_bytes: int = 0
    draft_layers: float = 0
    draft_tokens: int = 0
    note: str = ""


def of_model(model: Model, engine: str) -> Speculation:
    """What the checkpoint itself holds for speculation, by the facts of the engine; else nothing, and a note."""
    known = facts.speculation().get(engine)
    if (
        known is None
        or model.architecture not in known.architectures
        or not (layers := _own_layers(model, known.layers))
    ):
        return Speculation(note=_none(model, engine))
    return Speculation(
        arguments=known.arguments,
        draft=(model.id, model.revision),
        extra_weight_bytes=int(_draft_bytes(model) * layers / max(1, model.decoder.draft_layers if model.decoder else 1)),
        draft_layers=layers,
        draft_tokens=_verified(known.arguments, {}),
        note=f"Speculative decoding uses the prediction layers of the checkpoint ({layers}); its gain is not measured.",
    )


def _own_layers(model: Model, keys: tuple[str, ...] | list[str]) -> int:
    """Prediction layers in the checkpoint: counted by its configuration, or known of the model."""
    text = text_config_of(model.config)
    for key in keys:
        if isinstance(text.get(key), int):
            return max(text[key], 0)
    return int(any(draft.draft_model is None for draft in model.speculative.values()))


def _draft_bytes(model: Model) -> float:
    """Bytes of the prediction layers, quantised or not as the configuration says."""
    if model.sizes and model.sizes.drafts:
        return model.sizes.drafts * model.weight_factor
    cached = sum(layer.count for layer in model.layers)
    depth = min(len(model.decoder.layers), cached) if model.decoder else cached
    return model.weight_bytes / depth


def _none(model: Model, engine: str) -> str:
    note = f"{model.id} brings no layers for speculative decoding that {engine} can use"
    known = model.speculative.get(engine)
    if known and known.draft_model:
        return f"{note}; known is --draft {known.method}={known.draft_model}@{known.draft_revision or 'SHA'}."
    return f"{note}; {ADD}."


def parse_draft(asked: str, engine: str) -> tuple[str, str, str]:
    """(algorithm, repository, commit). Raises BadInput for anything else."""
    known = facts.speculation().get(engine)
    algorithms = known.with_draft if known else {}
    match = ASKED.fullmatch(asked)
    if not match or not valid_id(match[2]) or match[1] not in algorithms:
        raise BadInput(
            f"--draft {quoted(asked)} is not ALGORITHM=REPO@SHA.",
            f"ALGORITHM is one of {', '.join(algorithms)}, SHA a commit of 40 hex digits.",
        )
    return match[1], match[2], match[3]


def of_draft(
    asked: str, model: Model, table: flags.Table, *, offline: bool, say: Callable[[str], None] | None = None
) -> Speculation:
    """--draft ALGORITHM=REPO@SHA, as the Hub describes it.

    Raises BadInput for another form, an unknown algorithm, a draft that the engine does not know or one of another
    vocabulary, and ModelError where the Hub may not be asked or holds no safetensors.
    """
    algorithm, repo, commit = parse_draft(asked, table.engine)
    bundled = facts.model_facts(repo)
    if bundled and bundled.revision == commit:
        config, weight_bytes = facts.config(repo).config, bundled.weight_bytes
    elif offline:
        raise ModelError(
            f"--offline forbids asking the Hub about the draft {repo}, whose vocabulary has to be known.",
            "Leave out --offline.",
        )
    else:
        found = hub_client.fetch(repo, commit, token=None, say=say)
        config = found.config if isinstance(found.config, dict) else {}
        weight_bytes = sum(found.weights.values())
    _require_known(config, algorithm, repo, table)
    text = text_config_of(config)
    if text.get("vocab_size") != model.vocab_size:
        raise BadInput(
            f"The draft {repo} has a vocabulary of {quoted(text.get('vocab_size'))}, {model.id} one of "
            f"{model.vocab_size}: it cannot guess its tokens.",
            "Choose a draft that was made for this model.",
        )
    arguments = (f"--speculative-algorithm={algorithm}", *facts.speculation()[table.engine].with_draft[algorithm])
    return Speculation(
        arguments=arguments,
        draft=(repo, commit),
        extra_weight_bytes=weight_bytes,
        draft_layers=_cached_layers(config, algorithm, model),
        draft_tokens=_verified(arguments, config),
        note=f"The draft {repo} guesses tokens for {model.id} by {algorithm}; its gain is not measured.",
    )


def _verified(arguments: Sequence[str], config: dict) -> int:
    """Tokens that one step verifies: one more than it guesses, or the draft's own block."""
    for argument in arguments:
        if argument.startswith(STEPS):
            return int(argument.removeprefix(STEPS)) + 1
    stated = config.get("dflash_config")
    block = (stated.get("block_size") if isinstance(stated, dict) else None) or config.get("block_size")
    return block if isinstance(block, int) and 0 < block <= MOST_VERIFIED else DFLASH_BLOCK


def _cached_layers(config: dict, algorithm: str, model: Model) -> float:
    """Layers of a draft that keep a KV cache. The engine takes each for one of the model's; a DFLASH draft's as it is
    (SGLang 0.5.23, srt/model_executor/pool_configurator.py)."""
    try:
        layers = layer_groups(decoder_of(config))
    except (KeyError, TypeError, ValueError, ArithmeticError):
        return 1.0
    count = sum(layer.count for layer in layers if layer.attends)
    if algorithm != "DFLASH":
        return count
    kept = [layer for layer in model.layers if layer.attends]
    usual = sum(layer.token_bytes(1, 2) for layer in kept) / max(sum(layer.count for layer in kept), 1)
    return max(count, sum(layer.token_bytes(1, 2) for layer in layers) / usual) if usual else count


def _require_known(config: dict, algorithm: str, repo: str, table: flags.Table) -> None:
    """A draft of its own kind is in the engine's registry of drafts; a STANDALONE one is a model like any other."""
    try:
        architecture = architecture_of(config)
    except KeyError:
        architecture = None
    group = "text_generation" if algorithm == "STANDALONE" else "speculative_decoding"
    if architecture in table.architectures(group):
        return
    raise BadInput(
        f"The draft {repo} is {quoted(architecture)}: {table.engine} {table.version} does not take it for {algorithm}.",
        "Choose a copy that was made for this engine.",
    )
