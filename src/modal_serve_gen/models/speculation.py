"""Speculative decoding: the prediction layers of a checkpoint, or a draft model that the user names."""

import re
from collections.abc import Callable, Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from modal_serve_gen import facts, flags
from modal_serve_gen.errors import BadInput, ModelError, quoted
from modal_serve_gen.models import Model, architecture_of, hub_client, valid_id
from modal_serve_gen.models.decoder import layer_groups
from modal_serve_gen.models.families import decoder_of
from modal_serve_gen.models.text_config import Json, text_config_of
from modal_serve_gen.models.values import Bytes, Commit, Figure, ModelId, Text, is_commit

DRAFT = re.compile(r"([A-Za-z0-9_]{1,40})=([^=@\s]+)@(?!0{40})([0-9a-f]{40})")
STEPS = "--speculative-num-steps="
DFLASH_BLOCK, MAX_BLOCK = 16, 1024  # tokens; SGLang 0.5.23 assumes 16 where a DFLASH draft states no block size


class Speculation(BaseModel):
    """Speculative decoding with one draft, which may be the model itself, and what it costs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    arguments: tuple[Text, ...] = ()  # of the engine
    draft: tuple[ModelId, Commit] | None = None
    extra_weight_bytes: Bytes = 0
    vocabulary_bytes: Bytes = 0  # of an embedding and a head that the engine allocates for the draft, over all GPUs
    draft_layers: Figure = 0  # layers with a KV cache, in layers of the model's size
    draft_tokens: Annotated[int, Field(ge=0, le=2**20)] = 0  # verified in one step; hybrids keep a state for each
    note: Text = ""


def of_model(model: Model, engine: str) -> Speculation:
    """Speculation with the checkpoint's prediction layers, where the engine can use them; else only a note."""
    known = facts.speculation().get(engine)
    layers = _prediction_layers(model, known.layers) if known and model.architecture in known.architectures else 0
    if known is None or not layers:
        return Speculation(note=_note_without_layers(model, engine))
    return Speculation(
        arguments=known.arguments,
        draft=(model.id, model.revision) if is_commit(model.revision) else None,  # a local folder has none
        extra_weight_bytes=int(_draft_bytes(model) * layers / max(1, model.sizes.decoder.draft_layers)),
        vocabulary_bytes=_vocabulary_bytes(model),
        draft_layers=layers,
        draft_tokens=_verified_tokens(known.arguments, {}),
        note=f"Speculative decoding uses the checkpoint's prediction layers ({layers}). Its gain is not measured.",
    )


def _prediction_layers(model: Model, keys: Sequence[str]) -> int:
    """Prediction layers of the checkpoint: stated in its configuration under one of `keys`, or known from the facts."""
    text_config = text_config_of(model.config)
    for key in keys:
        if isinstance(text_config.get(key), int):
            return text_config.optional(key)
    return int(any(draft.draft_model is None for draft in model.speculative.values()))


def _draft_bytes(model: Model) -> float:
    """Bytes of the prediction layers, quantized or not as the configuration says."""
    if model.sizes.drafts:
        return model.sizes.drafts * model.weight_factor
    return model.weight_bytes / min(len(model.sizes.decoder.layers), sum(group.count for group in model.layers))


def _vocabulary_bytes(model: Model) -> int:
    """An embedding and a head, in 16 bits, where the prediction layers in the checkpoint have none of their own. SGLang
    allocates them with the layers, and shares the model's only after the pool is sized (0.5.14 to 0.5.23,
    managers/scheduler.py and speculative/eagle_worker_v2.py, init_lm_head; logged: 5.53 GiB for Qwen3.8 27B)."""
    decoder = model.sizes.decoder
    if decoder.draft_embeddings:
        return 0
    return 2 * decoder.vocab_size * decoder.hidden_size * (1 if decoder.tied else 2)


def _note_without_layers(model: Model, engine: str) -> str:
    known = model.speculative.get(engine)
    draft, needs = "ALGORITHM=REPO@SHA", "the Hub"
    if known and known.draft_model:
        draft = f"{known.method}={known.draft_model}@{known.draft_revision or 'SHA'}"
        needs = "the Hub" if known.draft_revision else "the Hub, also for its commit"
    return f"{model.id} has no prediction layers that {engine} can use. A draft model needs {needs}: --draft {draft}."


def parse_draft(option: str, engine: str) -> tuple[str, str, str]:
    """The algorithm, repository and commit in the value of --draft. Raises BadInput for another form."""
    known = facts.speculation().get(engine)
    algorithms = known.with_draft if known else {}
    match = DRAFT.fullmatch(option)
    if not match or not valid_id(match[2]) or match[1] not in algorithms:
        raise BadInput(
            f"--draft {quoted(option)} is not in the form ALGORITHM=REPO@SHA.",
            f"Use one of the algorithms {', '.join(algorithms)}, and a commit of 40 hex digits.",
        )
    return match[1], match[2], match[3]


def of_draft(
    option: str, model: Model, table: flags.Table, *, offline: bool, say: Callable[[str], None] | None = None
) -> Speculation:
    """The draft of --draft ALGORITHM=REPO@SHA, as the Hub describes it.

    Raises BadInput for another form, an unknown algorithm, a draft that the engine does not know or with another
    vocabulary, and ModelError where the Hub must not be queried or has no safetensors files.
    """
    algorithm, repo, commit = parse_draft(option, table.engine)
    bundled = facts.model_facts(repo)
    if bundled and bundled.revision == commit:
        config, weight_bytes = facts.config(repo).config, bundled.weight_bytes
    elif offline:
        raise ModelError(
            f"The draft {repo} is not bundled, and --offline forbids reading its vocabulary size from the Hub.",
            "Leave --draft out, or omit --offline where the Hub can be reached.",
        )
    else:
        repository = hub_client.fetch(repo, commit, token=None, say=say)
        config = repository.config if isinstance(repository.config, dict) else {}
        weight_bytes = sum(repository.weights.values())
    _require_supported(config, algorithm, repo, table)
    vocab_size = text_config_of(config).get("vocab_size")
    if vocab_size != model.vocab_size:
        raise BadInput(
            f"The draft {repo} has a vocabulary of {quoted(vocab_size)} tokens, {model.id} one of {model.vocab_size}.",
            "Choose a draft that was made for this model.",
        )
    arguments = (f"--speculative-algorithm={algorithm}", *facts.speculation()[table.engine].with_draft[algorithm])
    return Speculation(
        arguments=arguments,
        draft=(repo, commit),
        extra_weight_bytes=weight_bytes,
        draft_layers=_cached_layers(config, algorithm, model),
        draft_tokens=_verified_tokens(arguments, config),
        note=f"Speculative decoding uses the draft model {repo} ({algorithm}). Its gain is not measured.",
    )


def _verified_tokens(arguments: Sequence[str], config: Json) -> int:
    """Tokens that one step verifies: one more than it drafts, or the draft's block size."""
    for argument in arguments:
        if argument.startswith(STEPS):
            return int(argument.removeprefix(STEPS)) + 1
    stated = config.get("dflash_config")
    block = (stated.get("block_size") if isinstance(stated, dict) else None) or config.get("block_size")
    return block if isinstance(block, int) and 0 < block <= MAX_BLOCK else DFLASH_BLOCK


def _cached_layers(config: Json, algorithm: str, model: Model) -> float:
    """Layers of a draft with a KV cache. The engine sizes each like one of the model's; those of DFLASH at their own
    size (SGLang 0.5.23, srt/model_executor/pool_configurator.py)."""
    try:
        groups = layer_groups(decoder_of(config))
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError):
        return 1.0
    count = sum(group.count for group in groups if group.attends)
    if algorithm != "DFLASH":
        return count
    attention = [group for group in model.layers if group.attends]
    average = sum(group.token_bytes(1, 2) for group in attention) / max(sum(group.count for group in attention), 1)
    return max(count, sum(group.token_bytes(1, 2) for group in groups) / average) if average else count


def _require_supported(config: Json, algorithm: str, repo: str, table: flags.Table) -> None:
    """Raise BadInput unless the engine's registry lists the draft's architecture: among drafts, or for STANDALONE among
    models."""
    try:
        architecture = architecture_of(config)
    except KeyError:
        architecture = None
    group = "text_generation" if algorithm == "STANDALONE" else "speculative_decoding"
    if architecture not in table.architectures(group):
        raise BadInput(
            f"The draft {repo} has the architecture {quoted(architecture)}, which {table.engine} {table.version} does "
            f"not support for {algorithm}.",
            "Choose a copy that was made for this engine.",
        )
