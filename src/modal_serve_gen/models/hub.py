"""Resolves a model id into a Model: from the bundled facts, else from the Hugging Face Hub."""

from collections.abc import Callable
from typing import Any, NamedTuple

from modal_serve_gen import facts, flags
from modal_serve_gen.errors import BadInput, GatedModel, HubUnavailable, ModelError, nearest, quoted
from modal_serve_gen.models import SHA, Model, from_config, hub_client, quantization_config, valid_id
from modal_serve_gen.models.hub_client import Repository

# Groups of an engine's registry whose architectures generate text.
SERVED = ("text_generation", "multimodal", "transformers_supported")
# Groups that describe how an architecture is run, not its task.
OTHERS = ("transformers_backend", "previously_supported", "oot_supported")
LIST_HELP = "List the bundled models with `modal-serve-gen list models`."


class RepositoryConfig(NamedTuple):
    """The config.json of a repository, None if it cannot be read here, and whether the repository is gated.

    `adapter`: it is a LoRA adapter. `confirmed`: the bundled facts or the Hub say that it exists.
    """

    config: dict[str, Any] | None
    gated: bool
    adapter: bool = False
    confirmed: bool = True


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
    """The model at that revision (default: the bundled one, else the commit that `main` points to now).

    A bundled model at its bundled revision needs no network; without `pin`, neither does one that is bundled without a
    revision. Offline, a bundled model at another commit has the bundled configuration (`assumed`). Anything
    else is read from the Hub in three requests, all within `hub_client.DEADLINE_S`; `say` gets a progress line. Raises
    ModelError when the model cannot be found, read or served by `engine`, BadInput for an id or a revision that is not
    valid.
    """
    if not valid_id(model_id):
        raise BadInput(
            f"{quoted(model_id)} is not a model id.", "Use OWNER/NAME as on huggingface.co, such as Qwen/Qwen3-8B."
        )
    if revision is not None and not (0 < len(revision) <= 250 and revision.isprintable() and ".." not in revision):
        raise BadInput(f"{quoted(revision)} is not a revision.", "Use a full commit hash, a branch or a tag.")
    known = facts.model_facts(model_id)
    if known and (known.revision or not pin) and revision in (None, known.revision):
        return servable(bundled(model_id), engine, engine_version)
    if offline and known and SHA.fullmatch(revision or ""):
        other = bundled(model_id).model_copy(update={"revision": revision, "assumed": True})
        return servable(other, engine, engine_version)
    if offline:
        raise _offline_error(model_id, revision, known)
    try:
        repository = hub_client.fetch(model_id, revision, token=token, say=say)
    except HubUnavailable as error:
        problem = _with_reason(error.problem, model_id, revision, known)
        raise HubUnavailable(problem, _without_the_hub(error.remedy, revision, known)) from None
    _refuse_other_tasks(model_id, repository)
    return servable(_from_hub(model_id, repository, known), engine, engine_version)


def bundled(model_id: str) -> Model:
    """A bundled model at its bundled revision ('' where none is known). KeyError for other models."""
    config, known = facts.config(model_id).config, facts.models()[model_id]
    return from_config(
        model_id,
        known.revision or "",
        config,
        weight_bytes=known.weight_bytes,
        weights_from_files=known.weights_from_files,
        gated=known.gated,
        **_facts_by_id(known),
        **({"quantization": known.quantization} if known.quantization else {}),
    )


def copies(model_id: str, engine: str) -> list[Model]:
    """The bundled models of the same origin in other formats that `engine` serves."""
    found = []
    for name in facts.copies(model_id):
        try:
            found.append(servable(bundled(name), engine, None))
        except ModelError:
            continue
    return found


def repository_config(model_id: str, engine: str) -> RepositoryConfig | None:
    """Configuration of a bundled model or one on the Hub; None if there is no such model that `engine` serves."""
    if known := facts.model_facts(model_id):
        return RepositoryConfig(facts.config(model_id).config, bool(known.gated))
    try:
        model = resolve(model_id, engine=engine)
    except GatedModel:
        return RepositoryConfig(None, True)
    except HubUnavailable:
        return RepositoryConfig(None, False, confirmed=False)
    except ModelError:
        return _adapter(model_id)
    return RepositoryConfig(model.config, bool(model.gated))


def _adapter(model_id: str) -> RepositoryConfig | None:
    """The repository of an adapter; None if it is none."""
    try:
        repository = hub_client.fetch(model_id, None, token=None, say=None, document="adapter_config.json")
    except ModelError:  # HubUnavailable among them
        return None
    return RepositoryConfig(None, repository.gated, adapter=True)


def _facts_by_id(known: facts.ModelFacts | None) -> dict[str, Any]:
    """Facts that apply at every revision: parsers and drafts."""
    keys = ("tool_call_parser", "reasoning_parser", "speculative")
    return {key: getattr(known, key) for key in keys} if known else {}


def _from_hub(model_id: str, repository: Repository, known: facts.ModelFacts | None) -> Model:
    return from_config(
        model_id,
        repository.revision,
        repository.config,
        weight_bytes=sum(repository.weights.values()),
        weights_from_files=True,
        weights_exact=True,
        gated=repository.gated,
        **_facts_by_id(known),
        **_quantization(repository),
    )


def _quantization(repository: Repository) -> dict[str, str]:
    """The weight format by the dtypes of the weights, where config.json states none (ModelOpt writes it elsewhere)."""
    config, counts = repository.config, repository.elements
    if not counts or not isinstance(config, dict) or quantization_config.stated_tables(config):
        return {}
    eight_bit = sum(count for dtype, count in counts.items() if dtype.startswith("F8"))
    packed, total = counts.get("U8", 0), sum(counts.values())
    if packed > total / 4:  # two weights per byte
        return {"quantization": "nvfp4"}
    return {"quantization": "fp8"} if eight_bit > total / 2 else {}


def _with_reason(problem: str, model_id: str, revision: str | None, known: facts.ModelFacts | None) -> str:
    """`problem`, and why the Hub was queried: a bundled model would not have required that."""
    if known is None:
        return problem + _suggestion(model_id)
    if known.revision is None:
        return f"{model_id} is bundled without a revision. {problem}"
    return f"{model_id} is bundled at another revision than {quoted(revision)}. {problem}"


def _without_the_hub(remedy: str, revision: str | None, known: facts.ModelFacts | None) -> str:
    """What to do if the Hub cannot be reached; of a bundled model, how to go on without it."""
    if known is None:
        return remedy
    if SHA.fullmatch(revision or ""):
        return "Try again later, or add --offline: the bundled configuration is planned with, at that commit."
    if known.revision:
        return "Try again later, or omit --revision to use the bundled one."
    return "Try again later, or add --offline and --revision with the full hash of the commit to serve."


def _offline_error(model_id: str, revision: str | None, known: facts.ModelFacts | None) -> ModelError:
    if known is None:
        return ModelError(
            f"{model_id} is not a bundled model, and --offline forbids querying the Hub.{_suggestion(model_id)}",
            f"Omit --offline, or choose a bundled model. {LIST_HELP}",
        )
    if revision is not None and known.revision:
        return ModelError(
            f"{model_id} is bundled at revision {known.revision}, not at {quoted(revision)}.",
            "Omit --revision to use the bundled one, or give the full hash of a commit.",
        )
    return ModelError(
        f"{model_id} is bundled without a revision, so it cannot be pinned offline.",
        "Add --revision with the full hash of the commit to serve, or omit --offline to get the newest from the Hub.",
    )


def _suggestion(model_id: str) -> str:
    """The bundled model with the same name from another owner, else the most similar id; '' if there is none."""
    name = model_id.rpartition("/")[2].lower()
    if same := next((known for known in facts.models() if known.rpartition("/")[2].lower() == name), None):
        return f" Did you mean {same}?"
    return nearest(model_id, [*facts.models()])


def _refuse_other_tasks(model_id: str, repository: Repository) -> None:
    """Raise ModelError for a repository whose task or library is not text generation."""
    rules = facts.tasks()
    kind = next((kind for kind, tasks in rules.not_served.items() if repository.task in tasks), None)
    reason = f"its task on the Hub is {repository.task}"
    if kind is None and repository.library:
        kind = next((kind for kind, names in rules.by_library.items() if repository.library in names), None)
        reason = f"its library is {repository.library}"
    if kind:
        raise _not_text_error(model_id, kind, reason)


def _not_text_error(model_id: str, kind: str, reason: str) -> ModelError:
    return ModelError(
        f"{model_id} is {kind}, not a text-generation model ({quoted(reason, 120)[1:-1]}).",
        "Choose a model that answers chat requests; the workflows serve no others.",
    )


def servable(model: Model, engine: str, version: str | None) -> Model:
    """`model`, if the engine's registry serves its architecture as text. Raises ModelError."""
    architecture = model.architecture
    for kind, parts in facts.tasks().by_architecture.items():
        if any(part in architecture for part in parts):
            raise _not_text_error(model.id, kind, f"its architecture is {architecture}")
    path = facts.flag_table_path(engine, version or "")
    table = flags.load(path if path.exists() else facts.flag_table_path(engine, facts.pins()[engine].version))
    groups = table.architecture_groups
    if architecture in table.architectures(*(name for name in SERVED if name in groups)):
        return model
    others = [name for name in groups if architecture in groups[name] and name not in (*SERVED, *OTHERS)]
    if others:
        kind = f"a {others[0].replace('_', ' ')} model"
        raise _not_text_error(model.id, kind, f"{architecture} in {engine}'s registry")
    raise ModelError(
        f"{engine} {table.version} does not know the architecture {quoted(architecture)} of {model.id}."
        + (" An older release did." if architecture in groups.get("previously_supported", ()) else ""),
        f"Choose a workflow with another engine, or another model. {LIST_HELP}",
    )
