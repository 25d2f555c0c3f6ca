"""Step 3 and 3.5: queries by way of a narrow projection, experts in the listed layers, other heads near than far."""

from dataclasses import replace

from modal_serve_gen.models.attention import attention_layers, layer_types_of
from modal_serve_gen.models.decoder import Decoder
from modal_serve_gen.models.families.assembly import assemble
from modal_serve_gen.models.mlp import mlp_layers
from modal_serve_gen.models.text_config import TextConfig


def matches(text_config: TextConfig) -> bool:
    return any(text_config.get(key) for key in ("share_q_dim", "moe_layers_enum", "attention_other_setting"))


def build(text_config: TextConfig) -> Decoder:
    if near := text_config.table("attention_other_setting"):  # of the layers with a window
        heads = {"swa_num_attention_heads": near.get("num_attention_heads")}
        heads["swa_num_key_value_heads"] = near.get("num_attention_groups")
        text_config = TextConfig({**text_config.values, **heads})
    query_width = text_config.optional("share_q_dim")
    mixers = attention_layers(text_config, layer_types_of(text_config))
    sparse = None
    if isinstance(numbers := text_config.get("moe_layers_enum"), str):
        chosen = {int(number) for number in numbers.split(",") if number.strip()}
        sparse = [number in chosen for number in range(text_config.layer_count)]
    return assemble(
        text_config,
        [(replace(attention, query_width=query_width),) for (attention,) in mixers],
        mlp_layers(text_config, sparse=sparse),
    )
