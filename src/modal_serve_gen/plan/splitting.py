"""Whether a model can be divided over the GPUs: heads, widths, experts, layers and blocks of its weights (pure).

vLLM 0.33.0: config/model.py, verify_with_parallel_config; layers/linear.py; layers/fused_moe/config.py,
FusedMoEParallelConfig.make. SGLang 0.5.23: layers/moe/fused_moe_triton/layer.py; layers/quantization/fp8.py.
"""

import math
from dataclasses import dataclass

from modal_serve_gen import facts
from modal_serve_gen.models import Model
from modal_serve_gen.models.weights import Cut
from modal_serve_gen.plan.gpus import gpu_facts
from modal_serve_gen.plan.overheads import parse_version


@dataclass(frozen=True, slots=True)
class Ranks:
    """The engine's processes, one for each GPU: `tp` x `pp` x `dp`."""

    engine: str
    version: str | None  # None: the pinned version
    gpu: str
    tp: int
    pp: int = 1
    dp: int = 1
    expert_parallel: bool = False

    @property
    def experts_cut(self) -> int:
        """The parts that each expert is cut into: without expert parallelism, one for each rank of all replicas."""
        return 1 if self.expert_parallel else self.tp * self.dp


def split_refusal(model: Model, ranks: Ranks) -> str | None:
    """Why the engine cannot divide the model so; None if it can."""
    return (
        _heads_refusal(model, ranks.tp)
        or _expert_parallel_refusal(model, ranks)
        or _stages_refusal(model, ranks.pp)
        or next((refusal for cut in model.sizes.cuts if (refusal := _cut_refusal(model, cut, ranks))), None)
    )


def _heads_refusal(model: Model, tp: int) -> str | None:
    """Query heads and those of recurrent states are divided; KV heads are divided, or replicated beyond their number.
    The vocabulary is padded."""
    if model.num_attention_heads % tp:
        return f"its {model.num_attention_heads} attention heads are not divisible by {tp} GPUs"
    for layer in model.layers:
        if layer.kv_heads and layer.kv_heads % tp and tp % layer.kv_heads:
            return f"its {layer.kv_heads} KV heads are not divisible by {tp} GPUs"
        if layer.state_heads % tp:
            return f"its {layer.state_heads} heads of linear attention are not divisible by {tp} GPUs"
    return None


def _expert_parallel_refusal(model: Model, ranks: Ranks) -> str | None:
    """vLLM places the experts on the ranks of all replicas, one more on some of them; SGLang requires equal numbers."""
    if not ranks.expert_parallel:
        return None
    if not model.num_experts:
        return "expert parallelism needs a model with experts"
    number = ranks.tp * ranks.dp
    if ranks.engine == "sglang" and model.num_experts % number:
        return f"its {model.num_experts} experts are not divisible by {number} GPUs"
    return None


def _stages_refusal(model: Model, stages: int) -> str | None:
    layers = len(model.sizes.decoder.layers)
    return f"its {layers} layers are fewer than {stages} pipeline stages" if stages > layers else None


def _cut_refusal(model: Model, cut: Cut, ranks: Ranks) -> str | None:
    """Why this width cannot be divided."""
    parts = ranks.experts_cut if cut.part == "experts" else ranks.tp
    what = f"{parts} GPUs would split a layer of {cut.width:,} columns"
    if cut.width % parts:
        return f"{what} unevenly"
    shard = cut.width // parts
    if parts > 1 and cut.block and shard % cut.block and not _refines(model, cut, shard, ranks):
        return f"{what} across its {_format(model)} blocks of {cut.block}"
    # AWQ and GPTQ experts get smaller groups (moe_wna16.py), those in FP4 are padded.
    grouped = cut.part != "experts" or model.quantization_method == "compressed-tensors"
    if parts > 1 and grouped and cut.group and shard % cut.group:
        return f"{what} inside a group of {cut.group} weights"
    return None


def _format(model: Model) -> str:
    return "FP8" if model.quantization == "fp8" else str(model.quantization)


def _refines(model: Model, cut: Cut, shard: int, ranks: Ranks) -> bool:
    """True where the engine gives shards of experts finer blocks, by repeating their scales as it loads them."""
    rule = facts.quantization().refined_blocks.get(ranks.engine)
    if rule is None or cut.part != "experts" or model.quantization_method not in rule.methods:
        return False
    version = parse_version(ranks.version or facts.pins()[ranks.engine].version)
    if version < parse_version(rule.since) or gpu_facts(ranks.gpu).compute_capability < rule.capability:
        return False
    return math.gcd(cut.block, shard, cut.hidden) >= rule.least
