"""What one layer keeps in GPU memory while a model serves, for each token or for each sequence (pure).

Sizes follow vLLM 0.33.0 (v1/kv_cache_interface.py, model_executor/layers/mamba/mamba_utils.py).
"""

from dataclasses import dataclass
from typing import Literal

# When a prefill saves an intermediate state, which takes the place of one more: Mamba-2 layers always, Gated DeltaNet
# with FlashInfer's kernel (vLLM 0.33.0, mamba_mixer2.py and gdn/qwen_gdn_linear_attn.py, get_kv_cache_spec).
Checkpoints = Literal["none", "flashinfer", "always"]
Kind = Literal["full", "mla", "sliding", "chunked", "compressed", "linear", "index"]


@dataclass(frozen=True, kw_only=True)
class LayerGroup:
    """`count` layers with the same cache. Sizes are those of one layer at tensor parallel size 1."""

    kind: Kind
    count: int = 1
    kv_heads: int = 0  # 0: one row for all heads, not divided by tensor parallelism
    key_dim: int = 0  # head size of K; for mla: kv_lora_rank + qk_rope_head_dim
    value_dim: int = 0  # head size of V; 0 where V is not stored separately
    window: int | None = None  # tokens that a sliding or chunked layer attends to
    row_bytes: int = 0  # bytes per entry where the layout is packed, whatever the cache's dtype
    fp8_row: int = 0  # bytes per entry where an FP8 cache has a packed layout
    block: int = 0  # tokens per page where the layer sets it; 0: the engine's --block-size
    compress_ratio: int = 1  # tokens per entry
    recurrent_elements: int = 0  # of the state of one sequence
    recurrent_bytes: int = 4  # per element
    conv_elements: int = 0  # held in the model's dtype (2 bytes)
    checkpoints: Checkpoints = "none"

    @property
    def attends(self) -> bool:
        """True for attention, with keys and values of its own."""
        return self.kind not in ("linear", "index")

    def token_bytes(self, tp: int, cache_bytes: float) -> float:
        """Bytes on each GPU for one token in all of these layers; KV heads are replicated once `tp` exceeds them."""
        if self.row_bytes:
            return self.count * self.row_bytes / self.compress_ratio
        if self.fp8_row and cache_bytes < 2:
            return self.count * self.fp8_row
        heads = max(1, self.kv_heads // tp) if self.kv_heads else 1
        return self.count * heads * (self.key_dim + self.value_dim) * cache_bytes / self.compress_ratio

    def state_bytes(self, tp: int) -> float:
        """Bytes on each GPU for the fixed-size state of one sequence in all of these layers."""
        return self.count * (self.recurrent_elements * self.recurrent_bytes + self.conv_elements * 2) / tp
