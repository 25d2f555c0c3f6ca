"""Weight matrices that are alike, and how they lie on several GPUs."""

from dataclasses import dataclass
from typing import Literal

# How tensor parallelism places a matrix: cut over all ranks; cut by KV heads, which replicate beyond their number; by
# experts (over ranks, or over the expert-parallel group); the same on every rank.
Split = Literal["rank", "heads", "experts", "copy"]
Part = Literal["embedding", "head", "attention", "recurrent", "mlp", "experts", "shared", "router", "tower", "draft"]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Matrices that are alike: `each` of them in every one of `layers`, inputs x outputs, by one name."""

    part: Part
    name: str  # as in a checkpoint, `{}` for the layer: layers.{}.self_attn.q_proj
    inputs: int
    outputs: int
    layers: tuple[int, ...] = (0,)
    each: int = 1
    split: Split = "rank"
    lora: bool = True  # False: no adapter changes it
    kv_heads: int = 0  # where it is split by KV heads

    @property
    def count(self) -> int:
        return len(self.layers) * self.each

    @property
    def elements(self) -> int:
        return self.inputs * self.outputs * self.count
