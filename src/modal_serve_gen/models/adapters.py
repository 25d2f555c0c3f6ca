"""LoRA adapters (--lora NAME=REPO@SHA): what an adapter is, and whether its model and the engine support it."""

import re
from collections.abc import Callable

from pydantic import BaseModel, ConfigDict

from modal_serve_gen import flags
from modal_serve_gen.errors import BadInput, HubUnavailable, ModelError, quoted
from modal_serve_gen.models import Model, hub_client, valid_id
from modal_serve_gen.models.text_config import Json
from modal_serve_gen.models.values import Bytes, Commit, Count, ModelId, Word

OPTION = re.compile(r"([A-Za-z0-9][\w.-]{0,62})=([^=@\s]+)@(?!0{40})([0-9a-f]{40})", re.ASCII)
WEIGHTS = "adapter_model.safetensors"
ELEMENT_BYTES = 2  # of lora_dtype, which follows the model's: bfloat16 or float16
STATE_RANK = "Add --max-lora-rank RANK, the highest `r` in the adapter_config.json of the adapters"
# Fields of adapter_config.json that vLLM rejects when it loads an adapter (vLLM 0.33.0, lora/peft_helper.py).
UNSUPPORTED = {
    "use_dora": "DoRA",
    "use_qalora": "QALoRA",
    "use_bdlora": "block-diagonal LoRA",
    "lora_bias": "biases",
    "alora_invocation_tokens": "activation by tokens (aLoRA)",
    "layer_replication": "replicated layers",
    "modules_to_save": "complete copies of modules (modules_to_save)",
}
# Values of init_lora_weights that leave the base model's weights unchanged; others change them (same source).
UNCHANGED_BASE = ("gaussian", "eva", "orthogonal", "mica", "lora_ga")
# Suffixes of quantized copies of a model; an adapter of the model fits them as well.
QUANTIZED = re.compile(
    r"[-_](fp8|fp8-dynamic|awq|gptq|nvfp4|mxfp4|w8a8|w4a16|int4|int8|(unsloth-)?bnb-4bit)$", re.IGNORECASE
)


class Adapter(BaseModel):
    """One LoRA adapter at one commit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Word
    repo: ModelId
    revision: Commit
    rank: Count
    bytes: Bytes  # of its weights
    confirmed: bool = True  # False: the Hub was not asked, and the rank is the one that the user stated


def parse(option: str) -> tuple[str, str, str]:
    """The name, repository and commit in the value of --lora. Raises BadInput for another form."""
    match = OPTION.fullmatch(option)
    if not match or not valid_id(match[2]):
        raise BadInput(
            f"--lora {quoted(option)} is not in the form NAME=REPO@SHA.",
            "NAME is what clients request, REPO the repository of the adapter, and SHA its full commit hash.",
        )
    return match[1], match[2], match[3]


def resolve(
    options: tuple[str, ...],
    model: Model,
    served_name: str,
    table: flags.Table,
    *,
    stated_rank: int | None = None,
    offline: bool,
    say: Callable[[str], None] | None = None,
) -> tuple[Adapter, ...]:
    """All adapters, as the Hub describes them; where it cannot be asked, with the rank that the user stated.

    Raises BadInput or ModelError for one that cannot be served.
    """
    parsed = [parse(option) for option in options]
    if parsed and not table.takes_lora(model.architecture):
        raise ModelError(
            f"{table.engine} {table.version} does not support LoRA adapters for {model.id} ({model.architecture}).",
            "Omit --lora, or serve a copy of the model with the adapter merged into it.",
        )
    names = [name for name, _, _ in parsed]
    if duplicate := next((name for name in names if names.count(name) > 1 or name == served_name), None):
        raise BadInput(
            f"--lora {duplicate}=... uses a name that is already served.", "Give each adapter a different name."
        )
    if parsed and offline and stated_rank is None:
        raise ModelError(
            f"--offline forbids reading the rank of the adapter {parsed[0][1]} from the Hub.",
            f"{STATE_RANK}; without --offline, the Hub is asked.",
        )
    resolved = []
    for name, repo, commit in parsed:
        repository = None if offline else _repository(repo, commit, stated_rank, say)
        if repository is not None:
            adapter = _described(name, repo, commit, repository, model, table)
        else:
            rank = stated_rank or 0  # without one, an error was raised
            size = slot_bytes(model, rank)
            adapter = Adapter(name=name, repo=repo, revision=commit, rank=rank, bytes=size, confirmed=False)
        resolved.append(adapter)
    return tuple(resolved)


def _repository(
    repo: str, commit: str, stated_rank: int | None, say: Callable[[str], None] | None
) -> hub_client.Repository | None:
    """The repository of an adapter; None if the Hub cannot be reached and the user has stated the rank."""
    try:
        return hub_client.fetch(repo, commit, token=None, say=say, document="adapter_config.json")
    except HubUnavailable as error:
        if stated_rank is not None:
            return None
        raise HubUnavailable(error.problem, f"{STATE_RANK}, to write the app without the Hub.") from None


def _described(
    name: str, repo: str, commit: str, repository: hub_client.Repository, model: Model, table: flags.Table
) -> Adapter:
    config = repository.config if isinstance(repository.config, dict) else {}
    rank, base = _rank(config), config.get("base_model_name_or_path")
    if config.get("peft_type") != "LORA" or rank is None:
        raise ModelError(f"{repo} is not a LoRA adapter in the PEFT layout.", "Choose a repository that is.")
    if WEIGHTS not in repository.weights:
        raise ModelError(
            f"{repo} has no {WEIGHTS} at that commit; loading pickle files executes code.",
            "Choose a commit or a copy with safetensors.",
        )
    if isinstance(base, str) and valid_id(base) and _base_name(base) != _base_name(model.id):
        raise BadInput(f"The adapter {repo} was made for {base}, not for {model.id}.", f"Serve it with --model {base}.")
    if feature := _unsupported_feature(config):
        raise ModelError(
            f"The adapter {repo} has {feature}, which {table.engine} {table.version} does not support.",
            "Convert it to a plain LoRA adapter, or merge it into its model.",
        )
    if rank > (limit := max(ranks(table))):
        raise BadInput(
            f"The adapter {repo} has rank {rank}; {table.engine} {table.version} supports at most {limit}.",
            "Choose an adapter of a lower rank, or merge it into its model.",
        )
    return Adapter(name=name, repo=repo, revision=commit, rank=rank, bytes=repository.weights[WEIGHTS])


def _rank(config: Json) -> int | None:
    """The largest rank of any module; None if one is not a positive integer."""
    by_module = config.get("rank_pattern") or {}
    ranks = [config.get("r"), *(by_module.values() if isinstance(by_module, dict) else [None])]
    valid = [rank for rank in ranks if type(rank) is int and rank > 0]
    return max(valid) if len(valid) == len(ranks) else None


def _unsupported_feature(config: Json) -> str | None:
    """What the engine would reject when it loads the adapter; None for a plain one."""
    initialization = config.get("init_lora_weights", True)
    if isinstance(initialization, str) and initialization.lower() not in UNCHANGED_BASE:
        return f"the initialization {quoted(initialization)}, which changes the base model's weights"
    if config.get("bias", "none") != "none":
        return "biases"
    return next((feature for key, feature in UNSUPPORTED.items() if config.get(key)), None)


def _base_name(model_id: str) -> str:
    """A model's name without its owner and without the suffix of a quantized copy."""
    return QUANTIZED.sub("", model_id.rpartition("/")[2]).lower()


def ranks(table: flags.Table) -> list[int]:
    """The values of --max-lora-rank."""
    return sorted(int(rank) for rank in table.options["--max-lora-rank"].choices)


def max_rank(adapters: tuple[Adapter, ...], table: flags.Table, stated: int | None = None) -> int | None:
    """The --max-lora-rank of the app: the stated one, or the smallest that fits every adapter; None without adapters.

    Raises BadInput for a stated rank that the engine does not have or that is too low for an adapter.
    """
    if not adapters:
        return None
    highest = max(adapters, key=lambda adapter: adapter.rank)
    least = next(rank for rank in ranks(table) if rank >= highest.rank)
    if stated is not None and stated < highest.rank:
        raise BadInput(
            f"--max-lora-rank {stated} is below the rank {highest.rank} of the adapter {highest.repo}.",
            f"Use --max-lora-rank {least}, or leave it out.",
        )
    return stated or least


def check_rank(stated: int | None, options: tuple[str, ...], table: flags.Table) -> None:
    """Raise BadInput for a --max-lora-rank without adapters, or one that the engine does not have."""
    if stated is None:
        return
    if not options:
        raise BadInput(f"--max-lora-rank {stated} has no effect without --lora.", "Add --lora, or leave it out.")
    if stated not in (known := ranks(table)):
        raise BadInput(
            f"--max-lora-rank {stated} is not one that {table.engine} {table.version} has: "
            f"{', '.join(map(str, known))}.",
            f"Use {next((rank for rank in known if rank >= stated), known[-1])}.",
        )


def slot_bytes(model: Model, rank: int) -> int:
    """Bytes of the slot of one adapter of this rank on a single GPU; tensor parallelism divides only a part of it.

    At start vLLM allocates, for every linear layer and every expert that an adapter could change, rank x (inputs +
    outputs) elements per matrix in the model's dtype, whatever the adapters' files hold (vLLM 0.33.0,
    lora/layers/base_linear.py and fused_moe.py, create_lora_weights; counted in a running vLLM 0.32.0 for five
    families, tests/data/lora_slots.json).
    """
    widths = sum(
        (matrix.inputs + matrix.outputs) * matrix.count
        for matrix in (weight.matrix for weight in model.sizes.weights)
        if matrix.lora and matrix.part not in ("embedding", "head")
    )
    widths += 2 * (model.hidden_size + model.vocab_size)  # embedding and head, which some families leave out
    return widths * rank * ELEMENT_BYTES


def gpu_bytes(adapters: tuple[Adapter, ...], model: Model, max_rank: int | None) -> int:
    """GPU memory that the engine reserves for them: one slot of `max_rank` for each."""
    return len(adapters) * slot_bytes(model, max_rank) if max_rank else 0
