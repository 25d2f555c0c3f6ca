"""How many bytes each weight takes, by what a config.json says of its quantisation (pure).

Which matrices are quantised at all is said by lists of names: what they leave out keeps the model's own 16 bits. The
forms of those lists are transformers', compressed-tensors' and ModelOpt's, as vLLM 0.33.0 reads them
(model_executor/layers/quantization/utils/quant_utils.py, is_layer_skipped; compressed_tensors/utils.py).
"""

import fnmatch
import re
from dataclasses import dataclass
from functools import lru_cache

from modal_serve_gen import facts
from modal_serve_gen.errors import InvalidConfig, quoted
from modal_serve_gen.models.matrix import Matrix
from modal_serve_gen.models.text_config import TextConfig, text_config_of

# What no scheme touches unless it names it; the head only where `lm_head` says so.
LEFT = ("embedding", "head", "router", "tower")
LISTS = ("ignore", "ignored_layers", "modules_to_not_convert", "exclude_modules", "exclude")
PREFIXES = ("model.", "model.language_model.", "language_model.model.", "backbone.", "")
MOST_PATTERN, MOST_EXPRESSIONS = 500, 200  # characters, and how many; no checkpoint comes near


@dataclass(frozen=True, slots=True)
class Form:
    """How a matrix that is quantised is stored."""

    bits: float
    group: int | None = None  # weights that share one scale; None: a scale for each row or matrix
    scale_bytes: float = 2.0
    zeros: bool = False  # integer zero points, of the weights' own bits
    block: int | None = None  # side of a square block with one float32 scale

    @property
    def bytes_per_weight(self) -> float:
        found = self.bits / 8
        if self.group:
            found += (self.scale_bytes + (self.bits / 8 if self.zeros else 0)) / self.group
        return found + (4 / self.block**2 if self.block else 0)


@dataclass(frozen=True)
class Quantization:
    """The label of a checkpoint's format, and what it does to each matrix. InvalidConfig where entries contradict."""

    label: str | None
    block: int | None  # that every shard of a matrix must be a multiple of
    forms: tuple[tuple[tuple[str, ...], Form], ...] = ()  # (targets, form); no targets: every linear layer
    left: tuple[str, ...] = ()
    experts: Form | None = None  # where the experts have a form of their own
    experts_only: bool = False
    certain: bool = True  # False: which matrices it left alone is not said

    def bytes_of(self, matrix: Matrix, own: float) -> float:
        """Bytes of these matrices, on all GPUs together; `own` is the model's bytes per element."""
        if self.label is None or matrix.name.endswith(("conv1d", "conv.conv")):
            return matrix.elements * own
        each = matrix.inputs * matrix.outputs * matrix.each
        return sum(each * self._per_weight(matrix, layer, own) for layer in matrix.layers)

    def _per_weight(self, matrix: Matrix, layer: int, own: float) -> float:
        if matrix.part == "experts" and self.experts:
            return self.experts.bytes_per_weight
        if self.experts_only:
            return own
        name = matrix.name.replace("{}", str(layer))
        everything = next((form for targets, form in self.forms if not targets), None)
        if matrix.part in LEFT or name.endswith(("embed_tokens", "eh_proj", "mlp.gate")):
            everything = None
        if matrix.part == "draft":  # whose names are their own, beginning with mtp
            left = everything is None or any("mtp" in pattern for pattern in self.left)
            return own if left else everything.bytes_per_weight
        if _listed(name, self.left):
            return own
        for targets, form in self.forms:
            if targets and _listed(name, targets):
                return form.bytes_per_weight
        return everything.bytes_per_weight if everything else own


def _listed(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether a list of names, parts of names, wildcards or `re:` expressions holds this module."""
    if not patterns:
        return False
    names, expressions = _compiled(patterns)
    head, _, tail = name.rpartition(".")
    words = name.split(".")
    parts = {".".join(words[i:j]) for i in range(len(words)) for j in range(i + 1, len(words) + 1)}
    if parts & names:
        return True
    for prefix in PREFIXES:
        if prefix and any(f"{prefix}{'.'.join(words[:end])}" in names for end in range(1, len(words) + 1)):
            return True
        if any(f"{prefix}{head}.{other}" in names for other in TOGETHER.get(tail, ())):
            return True
    return any(one.match(f"{prefix}{name}") for one in expressions for prefix in PREFIXES)


@lru_cache(maxsize=64)
def _compiled(patterns: tuple[str, ...]) -> tuple[frozenset[str], tuple[re.Pattern, ...]]:
    """The plain names, and expressions for the rest. Those that could run for ever are passed over: a repeated group
    can, on a name that it does not fit, and no checkpoint needs one."""
    plain = frozenset(one for one in patterns if "*" not in one and not one.startswith("re:"))
    found = []
    wild = [one for one in patterns if "*" in one and not one.startswith("re:") and len(one) <= MOST_PATTERN]
    if wild:
        found.append(re.compile("|".join(fnmatch.translate(end) for one in wild for end in (one, f"{one}.*"))))
    for one in dict.fromkeys(pattern for pattern in patterns if pattern.startswith("re:")):
        expression = one.removeprefix("re:")
        if len(one) > MOST_PATTERN or re.search(r"\)[*+{?]", expression) or len(found) > MOST_EXPRESSIONS:
            continue
        try:
            found.append(re.compile(expression))
        except (re.error, RecursionError, OverflowError):
            continue
    return plain, tuple(found)


# Matrices that some checkpoints store as one, and what is then listed.
TOGETHER = {
    "q_proj": ("qkv_proj", "qkv"),
    "k_proj": ("qkv_proj", "qkv"),
    "v_proj": ("qkv_proj", "qkv"),
    "up_proj": ("gate_up_proj", "gate_proj"),
    "in_proj_q": ("in_proj_qkv", "in_proj_qkvz"),
    "in_proj_v": ("in_proj_qkv", "in_proj_qkvz", "in_proj_z"),
    "in_proj_b": ("in_proj_ba", "in_proj_a"),
}


def read(config: dict, told: str | None = None) -> Quantization:
    """What `config` says; `told` is the label known of a checkpoint whose configuration says nothing.

    Raises InvalidConfig for entries that contradict each other or that no engine here knows.
    """
    if not (found := stated(config)):
        return _told(told)
    labels = {str(one.get("quant_method") or one.get("quant_algo") or "").lower() for one in found} - {""}
    if len(labels) > 1:
        raise InvalidConfig(f"its quantisation is stated twice and differently: {', '.join(sorted(labels))}")
    return _stated(found[0], text_config_of(config), told)


def stated(config: dict) -> list[dict]:
    """The tables that say how a checkpoint is quantised; none where it is not, or does not say."""
    text = text_config_of(config).values
    if wrong := next((one for one in (config, text) if isinstance(one.get("quantization_config"), (str, list))), None):
        raise InvalidConfig(f"its quantization_config is {quoted(wrong['quantization_config'], 40)}, not a table")
    return [
        found
        for found in (
            config.get("quantization_config"), text.get("quantization_config"), config.get("compression_config")
        )
        if isinstance(found, dict) and found
    ]  # fmt: skip


def _told(label: str | None) -> Quantization:
    if label is None:
        return Quantization(None, None)
    bits = {"nvfp4": Form(4, 16, 1), "mxfp4": Form(4, 32, 1)}.get(label, Form(8))
    return Quantization(label, None, (((), bits),), ("lm_head",), certain=False)


def _stated(stated: dict, text: TextConfig, told: str | None) -> Quantization:
    method = str(stated.get("quant_method") or stated.get("quant_algo") or "").lower()
    if not method:
        raise InvalidConfig("its quantization_config names no quant_method")
    known = facts.quantization().methods
    if method not in known:
        raise InvalidConfig(f"its quantisation {quoted(method, 40)} is none that the engines here know")
    bits, block = stated.get("bits", stated.get("w_bit")), _block(stated)
    _consistent(method, stated, bits)
    left = tuple(
        str(name) for key in LISTS if isinstance(stated.get(key), list) for name in stated[key] if isinstance(name, str)
    )
    if isinstance(head := stated.get("lm_head"), bool) and not head:
        left += ("lm_head",)
    if method == "compressed-tensors":
        return _compressed(stated, left, block, told)
    if method.startswith("modelopt"):
        return _modelopt(method, stated, left, block)
    if method in ("awq", "gptq", "awq_marlin", "gptq_marlin", "auto_awq", "auto_gptq", "auto-round", "inc"):
        zeros = bool(stated.get("zero_point", True)) if "awq" in method else True
        form = Form(bits or 4, stated.get("group_size") if (stated.get("group_size") or 0) > 0 else None, zeros=zeros)
        return Quantization(method.removeprefix("auto_").removesuffix("_marlin"), block, (((), form),), left)
    if method == "bitsandbytes":
        eight = bool(stated.get("load_in_8bit"))
        # NF4: one float32 for 64 weights; nested, one byte for 64 and one float32 for 256 of those.
        scale = 1 + 4 / 256 if stated.get("bnb_4bit_use_double_quant") else 4
        form = Form(8) if eight else Form(4, 64, scale)
        return Quantization("bitsandbytes", None, (((), form),), left)
    if method in ("mxfp4", "gpt_oss_mxfp4"):
        return Quantization("mxfp4", None, experts=Form(4, 32, 1), experts_only=True)
    if method == "quark":
        found = (stated.get("global_quant_config") or {}).get("weight") or {}
        four = "fp4" in str(found.get("dtype", ""))
        return Quantization("quark", None, (((), Form(4, 32, 1) if four else Form(8)),), left, certain=False)
    experts = Form(4, 32, 1) if text.get("expert_dtype") == "fp4" else None  # DeepSeek V4
    return Quantization(known[method], block, (((), Form(8, block=block)),), left, experts, certain=not experts)


def _block(stated: dict) -> int | None:
    block = stated.get("weight_block_size")
    if block is None:
        return None
    if isinstance(block, list) and len(block) == 2 and all(isinstance(one, int) and 0 < one <= 2**20 for one in block):
        return block[0]
    raise InvalidConfig(f"its weight_block_size is {quoted(block, 40)}, not two whole numbers")


def _consistent(method: str, stated: dict, bits: object) -> None:
    """Raises InvalidConfig where two entries of one quantization_config cannot both be true."""
    if bits is not None and (not isinstance(bits, int) or bits not in (2, 3, 4, 8)):
        raise InvalidConfig(f"its quantisation {method} has {quoted(bits, 40)} bits, which is neither 2, 3, 4 nor 8")
    if method in ("fp8", "fbgemm_fp8", "deepseek_v4_fp8") and bits not in (None, 8):
        raise InvalidConfig(f"its quantisation is {method} and of {bits} bits at once")
    if "awq" in method and bits not in (None, 4):
        raise InvalidConfig(f"its quantisation is {method} and of {bits} bits at once")
    if "fp4" in method and bits not in (None, 4):
        raise InvalidConfig(f"its quantisation is {method} and of {bits} bits at once")
    if stated.get("load_in_4bit") and stated.get("load_in_8bit"):
        raise InvalidConfig("its quantisation is to be loaded in 4 and in 8 bits at once")
    group = stated.get("group_size")
    if group is not None and not (isinstance(group, int) and (group == -1 or 0 < group <= 2**20)):
        raise InvalidConfig(f"its quantisation has a group_size of {quoted(group, 40)}")
    if method.startswith(("awq", "gptq", "bitsandbytes")) and stated.get("weight_block_size"):
        raise InvalidConfig(f"its quantisation is {method} and has FP8 blocks at once")


def _groups(stated: dict) -> list[dict]:
    groups = stated.get("config_groups")
    found = [one for one in groups.values() if isinstance(one, dict)] if isinstance(groups, dict) else []
    return [one for one in found if isinstance(one.get("weights"), dict)]


def _form(weights: dict) -> Form:
    bits, group = weights.get("num_bits") or 8, weights.get("group_size")
    if not isinstance(bits, int) or bits not in (2, 3, 4, 8):
        raise InvalidConfig(f"its quantisation has {quoted(bits, 40)} bits, which is neither 2, 3, 4 nor 8")
    group = group if isinstance(group, int) and group > 0 else None
    block = weights.get("block_structure")
    square = block[0] if isinstance(block, list) and block and isinstance(block[0], int) and block[0] > 0 else None
    fours = weights.get("type") == "float" and bits == 4
    return Form(bits, group, 1 if fours else 2, weights.get("symmetric") is False, square)


def _group_forms(stated: dict) -> tuple[tuple[tuple[str, ...], Form], ...]:
    found = []
    for group in _groups(stated):
        targets = [str(one) for one in group.get("targets") or ()]
        named = tuple(one for one in targets if one not in ("Linear", "FusedMoE", "RoutedExperts"))
        found.append((named if len(named) == len(targets) else (), _form(group["weights"])))
    return tuple(found)


def _compressed(stated: dict, left: tuple[str, ...], block: int | None, told: str | None) -> Quantization:
    layout, forms = str(stated.get("format") or ""), _group_forms(stated)
    if not forms:
        label = told or ("fp8" if "float" in layout else "compressed-tensors")
        return Quantization(label, block, (((), Form(8)),), left or ("lm_head",), certain=False)
    weights = _groups(stated)[0]["weights"]
    label = next((name for name in ("mxfp4", "nvfp4") if name in layout), None)
    if label is None and ("float" in layout or weights.get("type") == "float") and forms[0][1].bits == 8:
        label = "fp8"
    structure = forms[0][1].block
    return Quantization(label or f"compressed-tensors-int{int(forms[0][1].bits)}", block or structure, forms, left)


def _modelopt(method: str, stated: dict, left: tuple[str, ...], block: int | None) -> Quantization:
    algorithm = str(stated.get("quant_algo") or "").lower()
    label = {"fp8": "fp8", "nvfp4": "nvfp4", "mixed_precision": "modelopt-mixed"}.get(algorithm)
    label = label or ("nvfp4" if method == "modelopt_fp4" else "fp8" if method == "modelopt" else method)
    forms = _group_forms(stated)
    if not forms:
        forms = (((), Form(4, 16, 1) if label == "nvfp4" else Form(8)),)
    return Quantization(label, block, forms, left, certain=label in ("fp8", "nvfp4"))
