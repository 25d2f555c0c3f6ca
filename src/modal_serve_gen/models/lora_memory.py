"""GPU memory that an engine reserves for LoRA adapters (pure).

At start vLLM allocates, for every linear layer and every expert that an adapter could change, one slot of the largest
rank for each adapter: rank x (inputs + outputs) elements per matrix in the model's dtype, whatever the adapters' files
hold (vLLM 0.33.0, lora/layers/base_linear.py and fused_moe.py, create_lora_weights; counted in a running vLLM 0.32.0
for five families, tests/data/lora_slots.json).
"""

from modal_serve_gen.models import Model
from modal_serve_gen.models.decoder import matrices

ELEMENT_BYTES = 2  # lora_dtype follows the model's, bfloat16 or float16


def slot_bytes(model: Model, rank: int) -> int:
    """Bytes of the slot of one adapter of this rank on a single GPU; tensor parallelism divides only a part of it."""
    if model.decoder is None:
        raise ValueError(f"{model.id} was made without its configuration")
    widths = sum(
        (matrix.inputs + matrix.outputs) * matrix.count
        for matrix in matrices(model.decoder)
        if matrix.lora and matrix.part not in ("embedding", "head")
    )
    widths += 2 * (model.hidden_size + model.vocab_size)  # embedding and head, which some families leave out
    return widths * rank * ELEMENT_BYTES
