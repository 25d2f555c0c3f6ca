"""A model id becomes a Model: from the bundled facts, else from the Hugging Face Hub (the only network here)."""

from collections.abc import Callable
from functools import cache
from typing import Any

from modal_serve_gen import facts, flags
from modal_serve_gen.errors import BadInput, HubUnavailable, ModelError, nearest, quoted
from modal_serve_gen.models import Model, from_config, hub_client, quantization_config, valid_id

# Which groups of an engine's registry answer chat requests with text.
SERVED = ("text_generation", "multimodal", "transformers_supported")
# Groups that say how an architecture is run, not what it is for.
OTHERS = ("transformers_backend", "previously_supported", "oot_supported")
LISTED = "See what is bundled with `modal-serve-gen list models`."


def resolve(
    model_id: str,
    revision: str | None = None,
    *,
    engine: str,
    engine_version: str | None = None,
    offline: bool = False,
    pin: bool = True,
    token: str | None = None,
    say: Callable[[str], None] | None = None,
) -> Model:
    """The model at that revision (default: the bundled one, else what `main` points to now).

    A bundled model at its bundled revision needs no network, and without `pin` none is needed where no revision of it
    is known. Anything else is asked of the Hub: three requests, all
    within `hub_client.DEADLINE_S`. Raises ModelError when it cannot be found, read or served by `engine`, BadInput
    for an id or revision that cannot be one. `say` is told what is waited for.
    """
    if not valid_id(model_id):
        raise BadInput(
            f"{quoted(model_id)} is not a model id.", "Write OWNER/NAME as on huggingface.co, such as Qwen/Qwen3-8B."
        )
    if revision is not None and not (0 < len(revision) <= 250 and revision.isprintable() and ".." not in revision):
        raise BadInput(f"{quoted(revision)} is not a revision.", "Give a commit of 40 hex digits, a branch or a tag.")
    known = facts.model_facts(model_id)
    if known and (known.revision or not pin) and revision in (None, known.revision):
        return servable(bundled(model_id), engine, engine_version)
    if offline:
        raise _offline(model_id, revision, known)
    try:
        found = hub_client.fetch(model_id, revision, token=token, say=say)
    except HubUnavailable as silent:
        raise HubUnavailable(_why_asked(model_id, revision, known) + silent.problem, silent.remedy) from None
    _refuse_other_tasks(model_id, found)
    return servable(_from_hub(model_id, found, known), engine, engine_version)


def bundled(model_id: str) -> Model:
    """A bundled model at its bundled revision; '' where none is known. KeyError when the model is not bundled."""
    held, known = facts.config(model_id), facts.models()[model_id]
    notes = list(known.notes)
    if known.gated is None:
        notes.append("whether the repository is gated is not known: a Hugging Face Secret is used when there is one")
    return from_config(
        model_id,
        known.revision or "",
        held.config,
        weight_bytes=known.weight_bytes,
        weights_from_files=known.weights_from_files,
        license=known.license,
        gated=known.gated,
        source=f"bundled facts, read {known.read}",
        notes=tuple(notes),
        **_per_id(known),
        **({"quantization": known.quantization} if known.quantization else {}),
        **_remote_code(held.config),
    )


def _per_id(known: facts.ModelFacts | None) -> dict[str, Any]:
    """What belongs to the id whatever its revision: parsers, drafts, oldest engines."""
    keys = ("tool_call_parser", "reasoning_parser", "speculative", "min_engine")
    return {key: getattr(known, key) for key in keys} if known else {}


def _remote_code(config: object) -> dict:
    if not isinstance(config, dict):
        return {}
    text = config.get("text_config")
    named = config.get("auto_map") or (isinstance(text, dict) and text.get("auto_map"))
    return {"trust_remote_code": bool(named) and config.get("model_type") not in facts.remote_code_not_needed()}


def _from_hub(model_id: str, found: hub_client.Found, known: facts.ModelFacts | None) -> Model:
    notes = [f"{len(found.weights)} safetensors files at this revision"]
    if not known:
        notes.append("no tool or reasoning parser is known for this id; give one as an engine argument if it has any")
    return from_config(
        model_id,
        found.revision,
        found.config,
        weight_bytes=sum(found.weights.values()),
        weights_from_files=True,
        weights_exact=True,
        license=found.license,
        gated=found.gated,
        source=f"Hugging Face Hub ({found.host})",
        notes=tuple(notes),
        **_per_id(known),
        **_remote_code(found.config),
        **_format(found),
    )


def _format(found: hub_client.Found) -> dict:
    """The weights' format where their dtypes tell it and the configuration does not: ModelOpt writes it elsewhere."""
    config, counts = found.config, found.elements
    if not counts or not isinstance(config, dict) or quantization_config.stated_tables(config):
        return {}
    eight = sum(count for name, count in counts.items() if name.startswith("F8"))
    packed, total = counts.get("U8", 0), sum(counts.values())
    if packed > total / 4:  # two weights in a byte
        return {"quantization": "nvfp4"}
    return {"quantization": "fp8"} if eight > total / 2 else {}


def _why_asked(model_id: str, revision: str | None, known: facts.ModelFacts | None) -> str:
    """What led to the question that the Hub did not answer, as a sentence before that; '' where it says so itself."""
    if known is None:
        return f"{near.strip()} " if (near := _near(model_id)) else ""
    if known.revision is None:
        return f"{model_id} is bundled without a revision. "
    return f"{model_id} is bundled at another revision than {quoted(revision)}. "


def _offline(model_id: str, revision: str | None, known: facts.ModelFacts | None) -> ModelError:
    if known is None:
        return ModelError(
            f"{model_id} is not among the bundled models, and --offline forbids asking the Hub.{_near(model_id)}",
            f"Leave out --offline, or choose a bundled model. {LISTED}",
        )
    if revision is not None and known.revision:
        return ModelError(
            f"{model_id} is bundled at revision {known.revision}, not at {quoted(revision)}.",
            "Leave out --revision to take the bundled one, or leave out --offline to ask the Hub.",
        )
    return ModelError(
        f"{model_id} is bundled without a revision, so it cannot be pinned offline.",
        "Leave out --offline: the Hub names the newest commit.",
    )


def _near(model_id: str) -> str:
    """The bundled model of that name, whoever published it, or the one whose id is closest."""
    same = [
        known for known in facts.models() if known.rpartition("/")[2].lower() == model_id.rpartition("/")[2].lower()
    ]
    return nearest(model_id, [*facts.models()]) if not same else f" Did you mean {same[0]}?"


def _refuse_other_tasks(model_id: str, found: hub_client.Found) -> None:
    """Refuses what its tag, library or architecture says is no text generator. Raises ModelError."""
    rules = facts.tasks()
    what = next((name for name, tags in rules.not_served.items() if found.task in tags), None)
    why = f"its task on the Hub is {found.task}"
    if what is None and found.library:
        what = next((name for name, values in rules.by_library.items() if found.library in values), None)
        why = f"its library is {found.library}"
    if what:
        raise _not_text(model_id, what, why)


def _not_text(model_id: str, what: str, why: str) -> ModelError:
    return ModelError(
        f"{model_id} is {what}, not a text-generation model ({quoted(why, 120)[1:-1]}).",
        "Choose a model that answers chat requests; the workflows here serve nothing else.",
    )


@cache
def _table(engine: str, version: str | None) -> flags.Table | None:
    """The registry of that engine version, else of the pinned one; None when it is not bundled."""
    if version and (path := facts.flag_table_path(engine, version)).is_file():
        return flags.load(path)
    pinned = facts.pins()[engine].version if engine in facts.pins() else ""
    path = facts.flag_table_path(engine, pinned)
    return flags.load(path) if pinned and path.is_file() else None


def servable(model: Model, engine: str, version: str | None) -> Model:
    """`model` when the engine's registry serves its architecture as text. Raises ModelError."""
    architecture = model.architecture
    for what, parts in facts.tasks().by_architecture.items():
        if any(part in architecture for part in parts):
            raise _not_text(model.id, what, f"its architecture is {architecture}")
    table = _table(engine, version)
    if table is None:
        note = f"no registry of {engine} is bundled for this version: whether it knows {architecture} was not checked"
        return model.model_copy(update={"notes": (*model.notes, note)})
    groups = table.architecture_groups
    served = table.architectures(*(name for name in SERVED if name in groups))
    if architecture in served:
        return model
    others = [name for name in groups if architecture in groups[name] and name not in (*SERVED, *OTHERS)]
    if others:
        raise _not_text(model.id, f"a {others[0].replace('_', ' ')} model", f"{architecture} in {engine}'s registry")
    raise ModelError(
        f"{engine} {table.version} does not know the architecture {quoted(architecture)} of {model.id}."
        + (" An older release did." if architecture in groups.get("previously_supported", ()) else ""),
        f"Choose a workflow with another engine, or another model. {LISTED}",
    )
