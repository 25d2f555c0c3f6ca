"""--lora NAME=REPO@SHA: what an adapter is, and whether it fits its model and the engine."""

import re
from collections.abc import Callable

from pydantic import BaseModel, ConfigDict

from modal_serve_gen import flags
from modal_serve_gen.errors import BadInput, ModelError, quoted
from modal_serve_gen.models import Model, hub_client, lora_memory, valid_id

ASKED = re.compile(r"([A-Za-z0-9][\w.-]{0,62})=([^=@\s]+)@([0-9a-f]{40})", re.ASCII)
WEIGHTS = "adapter_model.safetensors"
# Keys of adapter_config.json for what vLLM refuses when the adapter is loaded (vLLM 0.33.0, lora/peft_helper.py).
UNSERVED = {
    "use_dora": "DoRA",
    "use_qalora": "QALoRA",
    "use_bdlora": "block-diagonal LoRA",
    "lora_bias": "biases",
    "alora_invocation_tokens": "activation by tokens (aLoRA)",
    "layer_replication": "replicated layers",
    "modules_to_save": "whole modules of its own (modules_to_save)",
}
# Ways to begin a training that leave the base model's weights as they are; others change them (same source).
PLAIN_STARTS = ("gaussian", "eva", "orthogonal", "mica", "lora_ga")
# What publishers add to a model's name for its quantised copies; an adapter of the one fits the other.
QUANTISED = re.compile(
    r"[-_](fp8|fp8-dynamic|awq|gptq|nvfp4|mxfp4|w8a8|w4a16|int4|int8|(unsloth-)?bnb-4bit)$", re.IGNORECASE
)


class Adapter(BaseModel):
    """One LoRA adapter at one commit; `rank` is its r, `bytes` the size of its weights."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    repo: str
    revision: str
    rank: int
    bytes: int


def parse(asked: str) -> tuple[str, str, str]:
    """(name, repository, commit). Raises BadInput for anything else."""
    match = ASKED.fullmatch(asked)
    if not match or not valid_id(match[2]):
        raise BadInput(
            f"--lora {quoted(asked)} is not NAME=REPO@SHA.",
            "Give the name that clients will ask for, the adapter's repository and its commit of 40 hex digits.",
        )
    return match[1], match[2], match[3]


def resolve(
    asked: tuple[str, ...],
    model: Model,
    served_name: str,
    table: flags.Table,
    *,
    offline: bool,
    say: Callable[[str], None] | None = None,
) -> tuple[Adapter, ...]:
    """Every adapter as the Hub describes it. Raises BadInput or ModelError for one that cannot be served."""
    parsed = [parse(each) for each in asked]
    if parsed and not table.takes_lora(model.architecture):
        raise ModelError(
            f"{table.engine} {table.version} takes no LoRA adapters for {model.id} ({model.architecture}).",
            "Leave out --lora, or serve a copy of the model with the adapter merged into it.",
        )
    names = [name for name, _, _ in parsed]
    if twice := next((name for name in names if names.count(name) > 1 or name == served_name), None):
        raise BadInput(
            f"--lora {twice}=... takes a name that something else is served by.", "Give each adapter a name of its own."
        )
    if parsed and offline:
        raise ModelError(
            f"--offline forbids asking the Hub about the adapter {parsed[0][1]}, whose rank has to be known.",
            "Leave out --offline.",
        )
    return tuple(_resolved(name, repo, commit, model, table, say) for name, repo, commit in parsed)


def _resolved(name: str, repo: str, commit: str, model: Model, table: flags.Table, say) -> Adapter:
    found = hub_client.fetch(repo, commit, token=None, say=say, document="adapter_config.json")
    config = found.config if isinstance(found.config, dict) else {}
    rank, base = _rank(config), config.get("base_model_name_or_path")
    if config.get("peft_type") != "LORA" or rank is None:
        raise ModelError(f"{repo} is not a LoRA adapter in the PEFT layout.", "Choose a repository that is one.")
    if WEIGHTS not in found.weights:
        raise ModelError(
            f"{repo} has no {WEIGHTS} at that commit; pickle files run code when they are loaded.",
            "Choose a commit or a copy with safetensors.",
        )
    if isinstance(base, str) and valid_id(base) and _plain(base) != _plain(model.id):
        raise BadInput(f"The adapter {repo} was made for {base}, not for {model.id}.", f"Serve it with --model {base}.")
    if what := _unserved(config):
        raise ModelError(
            f"The adapter {repo} has {what}, which {table.engine} {table.version} does not serve.",
            "Convert it to a plain LoRA adapter, or merge it into its model.",
        )
    most = max(ranks(table))
    if rank > most:
        raise BadInput(
            f"The adapter {repo} has rank {rank}; {table.engine} {table.version} takes {most} at most.",
            "Choose an adapter of a lower rank, or merge it into its model.",
        )
    return Adapter(name=name, repo=repo, revision=commit, rank=rank, bytes=found.weights[WEIGHTS])


def _rank(config: dict) -> int | None:
    """The largest rank of any module; None where one is no positive whole number."""
    pattern = config.get("rank_pattern") or {}
    found = [config.get("r"), *(pattern.values() if isinstance(pattern, dict) else [None])]
    return max(found) if all(type(each) is int and each > 0 for each in found) else None


def _unserved(config: dict) -> str | None:
    """What the engine would refuse when it loads the adapter; None for a plain one."""
    start = config.get("init_lora_weights", True)
    if isinstance(start, str) and start.lower() not in PLAIN_STARTS:
        return f"{quoted(start)} as its start, which changes the base model's weights"
    if config.get("bias", "none") != "none":
        return "biases"
    return next((what for key, what in UNSERVED.items() if config.get(key)), None)


def _plain(model_id: str) -> str:
    return QUANTISED.sub("", model_id.rpartition("/")[2]).lower()


def ranks(table: flags.Table) -> list[int]:
    """The ranks that the engine makes room for."""
    return sorted(int(rank) for rank in table.options["--max-lora-rank"].choices)


def room(adapters: tuple[Adapter, ...], table: flags.Table) -> int:
    """The smallest of these ranks that holds every adapter."""
    return next(rank for rank in ranks(table) if rank >= max(each.rank for each in adapters))


def gpu_bytes(adapters: tuple[Adapter, ...], model: Model, table: flags.Table) -> int:
    """What the engine sets aside for them on a GPU: a slot of `room` for each."""
    return len(adapters) * lora_memory.slot_bytes(model, room(adapters, table)) if adapters else 0
