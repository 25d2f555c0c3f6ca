"""Typed reads of the language model's part of a config.json, by the usual name of each field (pure)."""

from typing import Any

from modal_serve_gen.errors import InvalidConfig, quoted

Json = dict[str, Any]

MAX_SIZE = 2**40  # no size in a configuration comes near; beyond it, arithmetic would overflow
MAX_LAYERS = 2_000
MAMBA_TYPES = ("mamba", "mamba2", "falcon_mamba")  # without attention
WIDTHS = {"auto": 2, "bfloat16": 2, "float16": 2, "float32": 4, "half": 2, "float": 4, "float8_e4m3fn": 1}
# The usual name of a field, and other names for it (vLLM 0.33.0, transformers_utils/config.py, CONFIG_FIELD_ALIASES;
# the attribute_map of each class in transformers).
ALIASES = {
    "hidden_size": ("n_embd", "d_model"),
    "num_attention_heads": ("n_head", "n_heads", "num_heads"),
    "num_hidden_layers": ("n_layer", "n_layers", "num_layers"),
    "num_key_value_heads": ("n_head_kv", "num_kv_heads", "kv_n_heads", "multi_query_group_num", "num_attention_groups"),
    "head_dim": ("attention_head_dim", "hidden_size_per_head", "kv_channels"),
    "intermediate_size": ("n_inner", "ffn_dim", "ffn_hidden_size"),
    "moe_intermediate_size": ("expert_ffn_hidden_size", "expert_hidden_dim"),
    "num_experts": ("moe_num_experts",),
    "num_experts_per_tok": ("num_experts_per_token", "top_k_experts", "moe_topk", "moe_top_k", "moe_k"),
    "n_shared_experts": ("moe_num_shared_experts", "num_shared_expert"),
    "vocab_size": ("padded_vocab_size",),
    "swa_num_attention_heads": ("num_sliding_attention_heads",),
}
NESTED = ("attn_config", "ffn_config")  # MPT and DBRX nest their fields one level deeper
# Fields that multimodal configurations may state at the top level only.
INHERITED = ("torch_dtype", "dtype", "vocab_size", "tie_word_embeddings")


class TextConfig:
    """The fields of one language model. Readers raise KeyError for a missing field, InvalidConfig for a wrong one."""

    def __init__(self, values: Json):
        self.values = values

    def replace(self, **fields: Any) -> "TextConfig":
        """The same configuration with these fields."""
        return TextConfig({**self.values, **fields})

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def get(self, key: str) -> Any:
        return self.values.get(key)

    @property
    def model_type(self) -> str:
        return str(self.values.get("model_type") or "")

    def size(self, key: str) -> int:
        """A required size."""
        value = self.optional(key)
        if self.values.get(key) is None:
            raise KeyError(key)
        if not value:
            raise InvalidConfig(f"{key} is 0, which is not a valid size")
        return value

    def optional(self, *keys: str) -> int:
        """The first of these sizes or counts that is stated and not 0, else 0."""
        for key in keys:
            if (value := self.values.get(key)) is None:
                continue
            if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_SIZE:
                raise InvalidConfig(f"{key} is {quoted(value, 40)}, which is not a valid size")
            if value:
                return value
        return 0

    def number(self, key: str) -> int:
        """A required count or offset, which may be 0."""
        if self.values.get(key) is None:
            raise KeyError(key)
        return self.optional(key)

    def first(self, key: str) -> int:
        """As `optional`, of a list its first item (Hunyuan states some numbers for each layer)."""
        value = self.values.get(key)
        return TextConfig({key: value[0] if isinstance(value, list) and value else value}).optional(key)

    def sizes(self, key: str) -> list[int]:
        """A size that is stated once or in a list."""
        value = self.values.get(key)
        values = value if isinstance(value, list) else [] if value is None else [value]
        return [TextConfig({key: size}).optional(key) for size in values]

    def items(self, key: str) -> list[Any] | None:
        """A list; None if the field is absent or of another type."""
        value = self.values.get(key)
        return value if isinstance(value, list) else None

    def table(self, key: str) -> "TextConfig | None":
        """A nested table of fields; None if the field is absent or of another type."""
        value = self.values.get(key)
        return TextConfig(value) if isinstance(value, dict) else None

    def flag(self, key: str, default: bool = False) -> bool:
        return bool(self.values.get(key, default))

    @property
    def layer_count(self) -> int:
        count = self.size("num_hidden_layers")
        if count > MAX_LAYERS:
            raise InvalidConfig(f"num_hidden_layers is {count:,}, more than the {MAX_LAYERS:,} that this tool reads")
        return count

    @property
    def heads(self) -> int:
        if self.values.get("num_attention_heads") is None and "state_size" in self:  # Mamba 1 divides its channels
            return self.optional("intermediate_size") or (self.optional("expand") or 2) * self.size("hidden_size")
        return self.size("num_attention_heads")

    @property
    def dtype(self) -> str:
        return str(self.values.get("dtype") or self.values.get("torch_dtype") or "bfloat16").removeprefix("torch.")


def text_fields(config: Json) -> Json:
    """The table in a config.json that describes its language model: nested in multimodal models, else all of it."""
    for key in ("text_config", "llm_config", "language_config", "thinker_config"):
        if isinstance(nested := config.get(key), dict):
            return text_fields(nested) if key == "thinker_config" else nested
    return config


def text_config_of(config: Json) -> TextConfig:
    """The language model's part of a config.json, with the usual names of its fields."""
    thinker = config.get("thinker_config")  # of models that also talk
    top = thinker if isinstance(thinker, dict) else config
    return TextConfig(_with_usual_names({**{key: top[key] for key in INHERITED if key in top}, **text_fields(top)}))


def _with_usual_names(fields: Json) -> Json:
    """The same fields with the usual names added; a field that has its usual name already is kept."""
    tables = [fields, *(nested for key in NESTED if isinstance(nested := fields.get(key), dict))]
    named: Json = {}
    for usual, aliases in ALIASES.items():
        if fields.get(usual) is None:
            values = (table.get(alias) for table in tables for alias in aliases)
            if (value := next((value for value in values if value is not None), None)) is not None:
                # Hunyuan and ERNIE list some for each layer or modality; the first is used for all.
                named[usual] = value[0] if isinstance(value, list) and value else value
    for key, kind in (("layers_block_type", list), ("hybrid_override_pattern", str)):
        if fields.get("num_hidden_layers") is None and isinstance(blocks := fields.get(key), kind):
            named["num_hidden_layers"] = len(blocks)
    return {**fields, **named}
