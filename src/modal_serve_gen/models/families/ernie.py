"""ERNIE 4.5 with experts: from one layer to another, in each n-th; the VL models have others for images."""

from modal_serve_gen.models.attention import attention_layers, layer_types_of
from modal_serve_gen.models.decoder import Decoder
from modal_serve_gen.models.families.assembly import assemble
from modal_serve_gen.models.mlp import expert_count, experts_of, mlp_layers
from modal_serve_gen.models.text_config import TextConfig


def matches(text_config: TextConfig) -> bool:
    return bool(expert_count(text_config)) and (
        text_config.get("moe_layer_start_index") is not None or text_config.model_type.startswith("ernie4_5")
    )


def build(text_config: TextConfig) -> Decoder:
    widths = text_config.sizes("moe_intermediate_size")  # of text and images, in the VL models
    experts = experts_of(text_config, vision_width=min(widths) if len(widths) > 1 else 0)
    sparse = None
    if text_config.get("moe_layer_start_index") is not None:
        # The VL models state one number for each modality.
        first = min(_numbers(text_config, "moe_layer_start_index"))
        last = max(_numbers(text_config, "moe_layer_end_index") or [-1])
        every, total = text_config.optional("moe_layer_interval") or 1, text_config.layer_count
        last = total - 1 if last < 0 else last
        sparse = [first <= number <= last and (number + 1) % every == 0 for number in range(total)]
    mixers = attention_layers(text_config, layer_types_of(text_config))
    return assemble(text_config, mixers, mlp_layers(text_config, experts=experts, sparse=sparse))


def _numbers(text_config: TextConfig, key: str) -> list[int]:
    value = text_config.get(key)
    return [int(number) for number in (value if isinstance(value, list) else [value]) if number is not None]
