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
    tp = ranks.tp
    if model.num_attention_heads % tp:
        return f"its {model.num_attention_heads} attention heads are not divisible by {tp} GPUs"
    for layer in model.layers:
        if layer.kv_heads and layer.kv_heads % tp and tp % layer.kv_heads:
            return f"its {layer.kv_heads} KV heads are not divisible by {tp} GPUs"
    refusals = (_cut_refusal(model, cut, ranks) for cut in model.sizes.cuts)
    return next((refusal for refusal in refusals if refusal), None)


def _cut_refusal(model: Model, cut: Cut, ranks: Ranks) -> str | None:
    """Why this width cannot be divided."""
    parts = ranks.experts_cut if cut.part == "experts" else ranks.tp
    block = model.quantization_block
    if not block or not cut.in_blocks or cut.width % (parts * block) == 0 or _refines(model, cut, parts, ranks):
        return None
    return f"{parts} GPUs would split a layer of {cut.width:,} columns across its FP8 blocks of {block}"


def _refines(model: Model, cut: Cut, parts: int, ranks: Ranks) -> bool:
    """True where the engine gives shards of experts finer blocks, by repeating their scales as it loads them."""
    rule = facts.quantization().refined_blocks.get(ranks.engine)
    if rule is None or cut.part != "experts" or cut.width % parts or model.quantization_method not in rule.methods:
        return False
    version = parse_version(ranks.version or facts.pins()[ranks.engine].version)
    if version < parse_version(rule.since) or gpu_facts(ranks.gpu).compute_capability < rule.capability:
        return False
    return math.gcd(model.quantization_block or 1, cut.width // parts, cut.inputs) >= rule.least
