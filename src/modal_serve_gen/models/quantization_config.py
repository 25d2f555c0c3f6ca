"""Reads the weight format that a config.json states (pure)."""

from dataclasses import replace

from modal_serve_gen import facts
from modal_serve_gen.errors import InvalidConfig, quoted
from modal_serve_gen.models.text_config import Json, TextConfig, text_config_of
from modal_serve_gen.models.weight_format import Storage, WeightFormat

IGNORE_LISTS = ("ignore", "ignored_layers", "modules_to_not_convert", "exclude_modules", "exclude")
GROUPED = ("awq", "gptq", "awq_marlin", "gptq_marlin", "auto_awq", "auto_gptq", "auto-round", "inc")
NVFP4, MXFP4 = Storage(4, 16, 1), Storage(4, 32, 1)
BITS = (2, 3, 4, 8)
EXPERT_DTYPES = ("expert_dtype", "store_dtype")
MAX_GROUP = 2**20


def read(config: Json, known: str | None = None) -> WeightFormat:
    """The weight format of a checkpoint; `known` is its label where the configuration states none.

    Raises InvalidConfig for entries that contradict each other or that no engine here knows.
    """
    if not (tables := stated_tables(config)):
        return _known_format(known)
    labels = {str(table.get("quant_method") or table.get("quant_algo") or "").lower() for table in tables} - {""}
    if len(labels) > 1:
        raise InvalidConfig(f"its quantization is stated twice and differently: {', '.join(sorted(labels))}")
    method = str(tables[0].get("quant_method") or "").lower() or None
    return replace(_stated_format(tables[0], text_config_of(config), known), method=method)


def stated_tables(config: Json) -> list[Json]:
    """The tables in a configuration that state a weight format; empty where it states none."""
    text_config = text_config_of(config)
    tables = (
        config.get("quantization_config"),
        text_config.get("quantization_config"),
        config.get("compression_config"),
    )
    if wrong := next((table for table in tables[:2] if isinstance(table, (str, list))), None):
        raise InvalidConfig(f"its quantization_config is {quoted(wrong, 40)}, not a table")
    return [table for table in tables if isinstance(table, dict) and table]


def _known_format(label: str | None) -> WeightFormat:
    if label is None:
        return WeightFormat(None, None)
    storage = {"nvfp4": NVFP4, "mxfp4": MXFP4}.get(label, Storage(8))
    return WeightFormat(label, None, (((), storage),), ("lm_head",), certain=False)


def _stated_format(table: Json, text_config: TextConfig, known: str | None) -> WeightFormat:
    method = str(table.get("quant_method") or table.get("quant_algo") or "").lower()
    if not method:
        raise InvalidConfig("its quantization_config names no quant_method")
    labels = facts.quantization().methods
    if method not in labels:
        raise InvalidConfig(f"its quantization {quoted(method, 40)} is not known to the engines here")
    block = _block(table)
    _check(method, table)
    ignored = _ignored(table)
    if method == "compressed-tensors":
        return _compressed_tensors(table, ignored, block, known)
    if method.startswith("modelopt"):
        return _modelopt(method, table, ignored, block)
    if method in GROUPED:
        group = table.get("group_size") or 0
        zeros = "awq" not in method or bool(table.get("zero_point", True))
        storage = Storage(_bits(table) or 4, group if group > 0 else None, zeros=zeros)
        return WeightFormat(method.removeprefix("auto_").removesuffix("_marlin"), block, (((), storage),), ignored)
    if method == "bitsandbytes":
        # NF4: one float32 for 64 weights; nested, one byte for 64 and one float32 for 256 of those.
        scale_bytes = 1 + 4 / 256 if table.get("bnb_4bit_use_double_quant") else 4
        storage = Storage(8) if table.get("load_in_8bit") else Storage(4, 64, scale_bytes)
        return WeightFormat("bitsandbytes", None, (((), storage),), ignored)
    if method in ("mxfp4", "gpt_oss_mxfp4"):
        return WeightFormat("mxfp4", None, experts=MXFP4, experts_only=True)
    if method == "quark":
        weight = (table.get("global_quant_config") or {}).get("weight") or {}
        storage = MXFP4 if "fp4" in str(weight.get("dtype", "")) else Storage(8)
        return WeightFormat("quark", None, (((), storage),), ignored, certain=False)
    experts = _expert_storage(table, text_config)
    storage = Storage(8, block=block)
    return WeightFormat(labels[method], block, (((), storage),), ignored, experts, certain=not experts)


def _expert_storage(table: Json, text_config: TextConfig) -> Storage | None:
    """How experts are stored where that is stated for them alone, beside the model's fields or in its table: by
    expert_dtype of DeepSeek V4, and by store_dtype."""
    stated = {str(fields.get(key) or "").lower() for fields in (table, text_config.values) for key in EXPERT_DTYPES}
    return MXFP4 if stated & {"fp4", "mxfp4"} else None


def _ignored(table: Json) -> tuple[str, ...]:
    """Names of the modules that are not quantized."""
    lists = (names for key in IGNORE_LISTS if isinstance(names := table.get(key), list))
    ignored = tuple(name for names in lists for name in names if isinstance(name, str))
    return (*ignored, "lm_head") if table.get("lm_head") is False else ignored


def _block(table: Json) -> int | None:
    block = table.get("weight_block_size")
    if block is None:
        return None
    if isinstance(block, list) and len(block) == 2 and all(isinstance(n, int) and 0 < n <= MAX_GROUP for n in block):
        return int(block[0])
    raise InvalidConfig(f"its weight_block_size is {quoted(block, 40)}, not two whole numbers")


def _bits(table: Json) -> int | None:
    bits = table.get("bits", table.get("w_bit"))
    return bits if isinstance(bits, int) else None


def _check(method: str, table: Json) -> None:
    """Raise InvalidConfig where two entries of one quantization_config contradict each other."""
    bits = table.get("bits", table.get("w_bit"))
    if bits is not None and (not isinstance(bits, int) or bits not in BITS):
        raise InvalidConfig(f"its quantization {method} has {quoted(bits, 40)} bits, which is neither 2, 3, 4 nor 8")
    eight = method in ("fp8", "fbgemm_fp8", "deepseek_v4_fp8")
    four = "awq" in method or "fp4" in method
    if (eight and bits not in (None, 8)) or (four and bits not in (None, 4)):
        raise InvalidConfig(f"its quantization is {method} and of {bits} bits at once")
    if table.get("load_in_4bit") and table.get("load_in_8bit"):
        raise InvalidConfig("its quantization is to be loaded in 4 and in 8 bits at once")
    group = table.get("group_size")
    if group is not None and not (isinstance(group, int) and (group == -1 or 0 < group <= MAX_GROUP)):
        raise InvalidConfig(f"its quantization has a group_size of {quoted(group, 40)}")
    if method.startswith(("awq", "gptq", "bitsandbytes")) and table.get("weight_block_size"):
        raise InvalidConfig(f"its quantization is {method} and has FP8 blocks at once")


def _weight_groups(table: Json) -> list[Json]:
    """The entries of config_groups that describe weights."""
    groups = table.get("config_groups")
    entries = groups.values() if isinstance(groups, dict) else ()
    return [entry for entry in entries if isinstance(entry, dict) and isinstance(entry.get("weights"), dict)]


def _storage(weights: Json) -> Storage:
    """The storage that the weights of a config group describe."""
    bits, group = weights.get("num_bits") or 8, weights.get("group_size")
    if not isinstance(bits, int) or bits not in BITS:
        raise InvalidConfig(f"its quantization has {quoted(bits, 40)} bits, which is neither 2, 3, 4 nor 8")
    group = group if isinstance(group, int) and group > 0 else None
    block = weights.get("block_structure")
    side = block[0] if isinstance(block, list) and block and isinstance(block[0], int) and block[0] > 0 else None
    scale_bytes = 1 if weights.get("type") == "float" and bits == 4 else 2
    return Storage(bits, group, scale_bytes, weights.get("symmetric") is False, side)


def _group_storages(table: Json) -> tuple[tuple[tuple[str, ...], Storage], ...]:
    storages = []
    for group in _weight_groups(table):
        targets = tuple(str(target) for target in group.get("targets") or ())
        named = () if {"Linear", "FusedMoE", "RoutedExperts"} & {*targets} else targets
        storages.append((named, _storage(group["weights"])))
    return tuple(storages)


def _compressed_tensors(table: Json, ignored: tuple[str, ...], block: int | None, known: str | None) -> WeightFormat:
    layout, storages = str(table.get("format") or ""), _group_storages(table)
    if not storages:
        label = known or ("fp8" if "float" in layout else "compressed-tensors")
        return WeightFormat(label, block, (((), Storage(8)),), ignored or ("lm_head",), certain=False)
    first = storages[0][1]
    is_float = "float" in layout or _weight_groups(table)[0]["weights"].get("type") == "float"
    default = "fp8" if is_float and first.bits == 8 else f"compressed-tensors-int{int(first.bits)}"
    label = next((name for name in ("mxfp4", "nvfp4") if name in layout), default)
    return WeightFormat(label, block or first.block, storages, ignored)


def _modelopt(method: str, table: Json, ignored: tuple[str, ...], block: int | None) -> WeightFormat:
    algorithm = str(table.get("quant_algo") or "").lower()
    default = {"modelopt_fp4": "nvfp4", "modelopt": "fp8"}.get(method, method)
    label = {"fp8": "fp8", "nvfp4": "nvfp4", "mixed_precision": "modelopt-mixed"}.get(algorithm, default)
    storages = _group_storages(table) or (((), NVFP4 if label == "nvfp4" else Storage(8)),)
    return WeightFormat(label, block, storages, ignored, certain=label in ("fp8", "nvfp4"))
