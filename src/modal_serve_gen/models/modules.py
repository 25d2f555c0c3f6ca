"""Which weight matrices a model has, read out of its config.json (pure): the base of its size, speed and LoRA slots.

Names and shapes follow the checkpoints and vLLM 0.33.0 (model_executor/models/<family>.py). Vectors, such as norms and
biases, are left out: they are less than a thousandth of any model here.
"""

from typing import Any

from modal_serve_gen.models import mamba
from modal_serve_gen.models.kinds import layer_kinds, shared_kv_layers
from modal_serve_gen.models.matrix import Matrix, Part, Split
from modal_serve_gen.models.mixers import attention, recurrent
from modal_serve_gen.models.names import hidden_of, layer_count, refuse_odd, text_part
from modal_serve_gen.models.towers import towers

EXPERTS = ("num_experts", "num_local_experts", "n_routed_experts")
# transformers' classes that tie embedding and head where nothing is said.
TIED = (
    "gemma", "cohere", "gpt2", "gpt_bigcode", "bloom", "falcon", "RefinedWeb", "opt", "mpt", "starcoder2", "mamba",
    "zamba", "ernie4_5", "lfm2", "smollm3", "vaultgemma", "youtu", "minicpm", "paligemma", "granite_swa",
)  # fmt: skip
# Of families that a prefix takes in, those that do not.
UNTIED = ("mamba2", "falcon_h1", "minicpmv", "minicpmo")
# Learned positions, by the first position that is no token's (transformers, models/opt and gpt2).
POSITIONS = {"gpt2": 0, "gpt_bigcode": 0, "opt": 2}
# Where the width of shared experts stands apart; else it is their number times the experts' own.
SHARED = (
    "shared_expert_intermediate_size", "moe_shared_expert_intermediate_size", "shared_intermediate_size",
    "share_expert_dim",
)  # fmt: skip
ONE_SHARED = ("hunyuan_v1_moe",)  # have one, and may not say so
# Whose MLP has two matrices, not three: no gate (vLLM 0.33.0, models of these types).
UNGATED_ACTIVATIONS = ("relu2", "relu", "gelu_new", "gelu_fast", "xielu")
UNGATED = (
    "gpt2", "gptj", "opt", "gpt_neox", "gpt_bigcode", "bloom", "falcon", "RefinedWeb", "RefinedWebModel", "mpt", "phi",
    "starcoder2", "nemotron", "codegen",
)  # fmt: skip


def matrices(config: dict) -> list[Matrix]:
    """All matrices of the model that `config` describes. KeyError names a field that is missing."""
    text = text_part(config)
    refuse_odd(text)
    if stacks := text.get("num_layers_per_stack"):  # HRM: two stacks, gone through again and again
        text = {**text, "num_hidden_layers": 2 * stacks}
    hidden, vocab = hidden_of(text), text["vocab_size"]
    kinds, kept = layer_kinds(text), mlp_kinds(text)
    width = text.get("word_embed_proj_dim") or hidden  # OPT 350M: a narrower one, and a projection on either side
    found = [Matrix("embedding", "embed_tokens", width, vocab), *_position_embeddings(text, hidden)]
    if width != hidden:
        found.append(Matrix("embedding", "project_in", width, hidden, each=2))
    tied = config.get("tie_word_embeddings", text.get("tie_word_embeddings", _tied_by_default(text)))
    if not tied:
        found.append(Matrix("head", "lm_head", width, vocab))
    found += _per_layer_embeddings(text, hidden, len(kinds))
    for wanted, build in ((("attention", "both"), attention), (("linear", "both", "shared"), recurrent),
                          (("conv",), recurrent), (("shared",), mamba.shared_blocks)):  # fmt: skip
        if layers := tuple(at for at, one in enumerate(kinds) if one in wanted):
            found += build(text, hidden, layers)
    dense = tuple(at for at, one in enumerate(kept) if one in ("dense", "both"))
    if dense:
        found += _dense(text, hidden, dense, len(kinds))
    sparse = tuple(at for at, one in enumerate(kept) if one in ("sparse", "both"))
    if sparse:
        found += _experts(text, hidden, sparse)
    found += towers(config)
    return found + _drafts(text, hidden, vocab, found)


def _tied_by_default(text: dict) -> bool:
    """Written configurations leave out what is their class's default; most say it."""
    kind = str(text.get("model_type", ""))
    return kind.startswith(TIED) and kind not in UNTIED


def expert_count(text: dict) -> int:
    """0 also where there is one alone, which is an MLP (Jamba), and where they are switched off (Doge)."""
    found = next((text[key] for key in EXPERTS if text.get(key)), 0)
    found = found[0] if isinstance(found, list) else found
    return found if found > 1 and text.get("is_moe") is not False else 0


def mlp_kinds(text: dict) -> list[str]:
    """For each layer: dense, sparse (experts), both or none."""
    total = layer_count(text)
    if isinstance(pattern := text.get("hybrid_override_pattern"), str):  # Nemotron H: a letter is a layer of one kind
        return [{"-": "dense", "E": "sparse"}.get(letter, "none") for letter in pattern[:total]]
    if isinstance(blocks := text.get("layers_block_type"), list) and {"mlp", "moe"} & set(blocks):  # the same in words
        return [{"mlp": "dense", "moe": "sparse"}.get(kind, "none") for kind in blocks[:total]]
    if text.get("model_type") in mamba.PURE or text.get("num_mem_blocks"):
        return ["none"] * total
    if not expert_count(text):
        return ["dense"] * total
    if text.get("expert_ffn_hidden_size"):  # LongCat: each second MLP has experts beside it
        return ["both" if at % 2 == 0 else "dense" for at in range(total)]
    if isinstance(listed := text.get("moe_layers_enum"), str):  # Step 3: as text
        chosen = {int(at) for at in listed.split(",") if at.strip()}
        return ["sparse" if at in chosen else "dense" for at in range(total)]
    if every := text.get("expert_layer_period"):  # Jamba
        return ["sparse" if at % every == text["expert_layer_offset"] else "dense" for at in range(total)]
    if (first := text.get("moe_layer_start_index")) is not None:
        return _ernie_kinds(text, total, first)
    if text.get("enable_moe_block"):  # Gemma 4: experts beside the MLP
        return ["both"] * total
    if isinstance(listed := text.get("mlp_layer_types"), list) and len(listed) >= total:
        return ["dense" if kind == "dense" else "sparse" for kind in listed[:total]]
    if isinstance(listed := text.get("moe_layers"), list) and listed:
        return ["sparse" if at in listed else "dense" for at in range(total)]
    if isinstance(marks := text.get("moe_layer_freq"), list):
        return ["sparse" if at < len(marks) and marks[at] else "dense" for at in range(total)]
    plain = text.get("first_k_dense_replace") or text.get("num_dense_layers") or 0
    every = text.get("decoder_sparse_step") or text.get("interleave_moe_layer_step") or text.get("moe_layer_freq") or 1
    only = text.get("mlp_only_layers") or []
    shift = 0 if "moe_layer_freq" in text and "decoder_sparse_step" not in text else 1
    return ["dense" if at < plain or at in only or (at + shift) % every else "sparse" for at in range(total)]


def _ernie_kinds(text: dict, total: int, first: Any) -> list[str]:
    """ERNIE 4.5: experts from one layer to another, in each n-th; with pictures, one number for each kind of input."""
    first = min(first) if isinstance(first, list) else first
    last = text.get("moe_layer_end_index", -1)
    last = max(last) if isinstance(last, list) else last
    last, every = total - 1 if last < 0 else last, text.get("moe_layer_interval") or 1
    return ["sparse" if first <= at <= last and (at + 1) % every == 0 else "dense" for at in range(total)]


def _position_embeddings(text: dict, hidden: int) -> list[Matrix]:
    kind = text.get("model_type")
    length = text.get("n_positions") or text.get("max_position_embeddings")
    return [Matrix("embedding", "embed_positions", hidden, length + POSITIONS[kind])] if kind in POSITIONS else []


def _per_layer_embeddings(text: dict, hidden: int, total: int) -> list[Matrix]:
    """Gemma 3n and 4 E: every layer has a small embedding of its own."""
    if not (size := text.get("hidden_size_per_layer_input")):
        return []
    layers = tuple(range(total))
    vocab = text.get("vocab_size_per_layer_input") or text["vocab_size"]
    return [
        Matrix("embedding", "embed_tokens_per_layer", size * total, vocab, lora=False),
        Matrix("mlp", "per_layer_model_projection", hidden, size * total, split="copy", lora=False),
        Matrix("mlp", "layers.{}.per_layer_input_gate", hidden, size, layers, split="copy", lora=False),
        Matrix("mlp", "layers.{}.per_layer_projection", size, hidden, layers, split="copy", lora=False),
    ]


def gated_mlp(text: dict) -> bool:
    act = text.get("mlp_hidden_act") or text.get("hidden_act") or text.get("activation_function") or ""
    return act not in UNGATED_ACTIVATIONS and text.get("model_type") not in UNGATED


def _mlp(part: Part, at: str, text: dict, hidden: int, width: int, layers: tuple[int, ...], each: int = 1):
    split: Split = "experts" if part == "experts" else "rank"
    up = 2 if gated_mlp(text) else 1
    return [
        Matrix(part, f"{at}.up_proj", hidden, width, layers, up * each, split),
        Matrix(part, f"{at}.down_proj", width, hidden, layers, each, split),
    ]


def _dense(text: dict, hidden: int, layers: tuple[int, ...], total: int) -> list[Matrix]:
    # Granite 4's own MLP is the one that its experts share; MiniMax M3 names that of layers without experts.
    keys = ("intermediate_size_mlp", "dense_intermediate_size", "shared_intermediate_size", "intermediate_size")
    width = next((text[key] for key in keys if text.get(key) and (key != keys[2] or not expert_count(text))), None)
    if not width:
        if text.get("model_type") not in UNGATED:
            raise KeyError("intermediate_size")
        width = text.get("expansion_ratio", 4) * hidden  # by their classes
    if text.get("model_type") == "molmo":  # says the two halves of its first matrix together
        width //= 2
    if isinstance(width, list):  # Gemma 3n: one for each layer
        return [
            one
            for n in layers
            for one in _mlp("mlp", "layers.{}.mlp", text, hidden, width[min(n, len(width) - 1)], (n,))
        ]
    if text.get("block_auto_adjust_ff_dim"):  # LFM2: two thirds of it, rounded up
        multiple = text.get("block_multiple_of") or 256
        width = -(-int(text.get("block_ffn_dim_multiplier", 1) * (2 * width // 3)) // multiple) * multiple
    if text.get("use_double_wide_mlp"):  # Gemma 4: the layers that share KV
        own = total - shared_kv_layers(text)
        wide, plain = (tuple(n for n in layers if (n >= own) == late) for late in (True, False))
        found = _mlp("mlp", "layers.{}.mlp", text, hidden, width, plain) if plain else []
        return found + (_mlp("mlp", "layers.{}.mlp", text, hidden, 2 * width, wide) if wide else [])
    return _mlp("mlp", "layers.{}.mlp", text, hidden, width, layers)


def _experts(text: dict, hidden: int, layers: tuple[int, ...]) -> list[Matrix]:
    many = expert_count(text)
    width = text.get("moe_intermediate_size") or text["intermediate_size"]
    width = max(width) if isinstance(width, list) else width
    shared = next((text[key] for key in SHARED if text.get(key)), 0)
    number = text.get("n_shared_experts") or text.get("num_shared_experts") or text.get("model_type") in ONE_SHARED
    number = number[0] if isinstance(number, list) and number else number
    shared = shared or number * width
    shared = shared or (width if text.get("interleave_moe_layer_step") else 0)  # Llama 4 has one, and does not say so
    latent = text.get("moe_latent_size") or text.get("routed_expert_hidden_size")
    found = _mlp("experts", "layers.{}.mlp.experts.0", text, latent or hidden, width, layers, many)
    widths = text.get("moe_intermediate_size")
    if isinstance(widths, list) and str(text.get("model_type")).startswith("ernie4_5"):  # others, for pictures
        found += _mlp("experts", "layers.{}.mlp.vision_experts.0", text, hidden, min(widths), layers, many)
    found.append(Matrix("router", "layers.{}.mlp.gate", hidden, many, layers, split="copy"))
    if latent:
        found += [Matrix("shared", "layers.{}.mlp.latent_proj", hidden, latent, layers, 2, "copy")]
    if shared:
        found += _mlp("shared", "layers.{}.mlp.shared_experts", text, hidden, shared, layers)
    return found


def draft_layers(text: dict) -> int:
    """Layers for speculation in the checkpoint, which an engine loads only to speculate."""
    keys = ("num_nextn_predict_layers", "mtp_num_hidden_layers", "num_mtp_modules")
    found = next((text[key] for key in keys if isinstance(text.get(key), int)), 0)
    return found or len(text.get("mtp_hybrid_override_pattern") or "")


def _drafts(text: dict, hidden: int, vocab: int, found: list[Matrix]) -> list[Matrix]:
    """Each is like a last layer, with a projection before it; DeepSeek's bring embedding and head again."""
    many = draft_layers(text)
    if not many:
        return []
    last = max(n for one in found if one.part in ("mlp", "experts") and "{}" in one.name for n in one.layers)
    layers = tuple(range(many))
    copies = [
        Matrix("draft", one.name, one.inputs, one.outputs, layers, one.each, one.split, False)
        for one in found
        if last in one.layers and "{}" in one.name and one.part not in ("tower", "recurrent")
    ]
    copies.append(Matrix("draft", "layers.{}.eh_proj", 2 * hidden, hidden, layers, split="copy", lora=False))
    if text.get("num_nextn_predict_layers"):
        copies.append(Matrix("draft", "layers.{}.embed_tokens", hidden, vocab, layers, 2, lora=False))
    return copies


def active_fraction(text: dict[str, Any]) -> float:
    """Of the experts' weights, the part that one token uses."""
    many = expert_count(text)
    keys = ("num_experts_per_tok", "num_experts_per_token", "top_k_experts", "experts_per_token")
    used = next((text[key] for key in keys if isinstance(text.get(key), int)), 0)
    return used / many if many and used else 1.0
