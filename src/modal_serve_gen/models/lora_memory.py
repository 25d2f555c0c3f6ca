"""How much GPU memory an engine sets aside for LoRA adapters (pure).

vLLM allocates at start, for every linear layer and every expert that an adapter could change, one slot of the largest
rank for each adapter: rank x (inputs + outputs) elements a matrix in the model's dtype, whatever the adapters' files
hold (vLLM 0.33.0, lora/layers/base_linear.py and fused_moe.py, create_lora_weights; counted in a running vLLM 0.32.0
for five families, tests/data/lora_slots.json).
"""

from modal_serve_gen.models import Model
from modal_serve_gen.models.modules import matrices

ELEMENT_BYTES = 2  # lora_dtype follows the model's, which is bfloat16 or float16 here


def slot_bytes(model: Model, rank: int) -> int:
    """Bytes of the slot of one adapter of this rank, on a single GPU; several divide less than all of it."""
    widths = sum(
        (one.inputs + one.outputs) * one.count
        for one in matrices(model.config)
        if one.lora and one.part not in ("embedding", "head")
    )
    widths += 2 * (model.hidden_size + model.vocab_size)  # the embeddings and the head, which some families leave out
    return widths * rank * ELEMENT_BYTES
