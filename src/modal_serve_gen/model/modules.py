"""Which weight matrices a model has, read out of its config.json (pure): the base of its size, speed and LoRA slots.

Names and shapes follow the checkpoints and vLLM 0.33.0 (model_executor/models/<family>.py). Vectors, such as norms and
biases, are left out: they are less than a thousandth of any model here.
"""

from typing import Any

from modal_serve_gen.model.attention import hidden_of, layer_kinds, shared_kv_layers, text_part
from modal_serve_gen.model.matrix import Matrix, Part, Split
from modal_serve_gen.model.mixers import attention, recurrent

EXPERTS = ("num_experts", "num_local_experts", "n_routed_experts")
# Whose MLP has two matrices, not three: no gate (vLLM 0.33.0, models of these types).
UNGATED_ACTIVATIONS = ("relu2", "relu", "gelu_new", "gelu_fast")
UNGATED = (
    "gpt2", "opt", "gpt_neox", "gpt_bigcode", "bloom", "falcon", "mpt", "phi", "starcoder2", "nemotron", "codegen",
)  # fmt: skip


def matrices(config: dict) -> list[Matrix]:
    """All matrices of the model that `config` describes. KeyError names a field that is missing."""
    text = text_part(config)
    hidden, vocab = hidden_of(text), text["vocab_size"]
    kinds, kept = layer_kinds(text), mlp_kinds(text)
    found = [Matrix("embedding", "embed_tokens", hidden, vocab)]
    tied = config.get("tie_word_embeddings", text.get("tie_word_embeddings", _tied_by_default(text)))
    if not tied:
        found.append(Matrix("head", "lm_head", hidden, vocab))
    found += _per_layer_embeddings(text, hidden, len(kinds))
    for kind, build in (("attention", attention), ("linear", recurrent), ("conv", recurrent)):
        if layers := tuple(at for at, one in enumerate(kinds) if one == kind):
            found += build(text, hidden, layers, len(kinds))
    dense = tuple(at for at, one in enumerate(kept) if one in ("dense", "both"))
    if dense:
        found += _dense(text, hidden, dense, len(kinds))
    sparse = tuple(at for at, one in enumerate(kept) if one in ("sparse", "both"))
    if sparse:
        found += _experts(text, hidden, sparse)
    found += _towers(config)
    return found + _drafts(text, hidden, vocab, found)


def _tied_by_default(text: dict) -> bool:
    """Gemma's and transformers' own classes tie where nothing is said; most written configurations say it."""
    return str(text.get("model_type", "")).startswith(("gemma", "cohere"))


def expert_count(text: dict) -> int:
    return next((text[key] for key in EXPERTS if text.get(key)), 0)


def mlp_kinds(text: dict) -> list[str]:
    """For each layer: dense, sparse (experts), both or none."""
    total = text.get("num_hidden_layers") or text.get("n_layer")
    if not total:
        raise KeyError("num_hidden_layers")
    if isinstance(pattern := text.get("hybrid_override_pattern"), str):  # Nemotron H: a letter is a layer of one kind
        return [{"-": "dense", "E": "sparse"}.get(letter, "none") for letter in pattern[:total]]
    if not expert_count(text):
        return ["dense"] * total
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
    width = text.get("intermediate_size_mlp") or text.get("intermediate_size") or text.get("n_inner")
    if not width:
        if text.get("model_type") not in UNGATED:
            raise KeyError("intermediate_size")
        width = 4 * hidden  # by their classes
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
    shared = text.get("shared_expert_intermediate_size") or text.get("moe_shared_expert_intermediate_size") or 0
    shared = shared or (text.get("n_shared_experts") or text.get("num_shared_experts") or 0) * width
    shared = shared or (width if text.get("interleave_moe_layer_step") else 0)  # Llama 4 has one, and does not say so
    latent = text.get("moe_latent_size") or text.get("routed_expert_hidden_size")
    found = _mlp("experts", "layers.{}.mlp.experts.0", text, latent or hidden, width, layers, many)
    found.append(Matrix("router", "layers.{}.mlp.gate", hidden, many, layers, split="copy"))
    if latent:
        found += [Matrix("shared", "layers.{}.mlp.latent_proj", hidden, latent, layers, 2, "copy")]
    if shared:
        found += _mlp("shared", "layers.{}.mlp.shared_experts", text, hidden, shared, layers)
    return found


def _towers(config: dict) -> list[Matrix]:
    """Encoders for pictures and sound, by the shape that they all have: an estimate, within tens of MB."""
    found: list[Matrix] = []
    out = text_part(config).get("hidden_size") or 0
    for key, name in (("vision_config", "visual"), ("audio_config", "audio_tower")):
        if not isinstance(tower := config.get(key), dict):
            continue
        hidden = tower.get("vt_hidden_size") or tower.get("hidden_size") or tower.get("d_model")
        depth = next((tower[k] for k in ("depth", "num_hidden_layers", "vt_num_hidden_layers") if tower.get(k)), None)
        if not isinstance(hidden, int) or not isinstance(depth, int) or not 0 < depth < 1000:
            continue
        width = tower.get("intermediate_size") or tower.get("vt_intermediate_size") or 4 * hidden
        if not isinstance(width, int):
            width = 4 * hidden
        three = tower.get("hidden_act") == "silu" or str(tower.get("model_type", "")).startswith("gemma4")
        layers = tuple(range(depth))

        def one(tail: str, inputs: int, outputs: int, layers=(0,), each=1, name=name) -> Matrix:
            return Matrix("tower", f"{name}.{tail}", inputs, outputs, layers, each, lora=False)

        found += [
            one("layers.{}.attn", hidden, hidden, layers, 4),
            one("layers.{}.mlp", hidden, width, layers, 3 if three else 2),
        ]
        if patch := tower.get("patch_size"):
            found.append(one("patch_embed", 3 * (tower.get("temporal_patch_size") or 1) * patch * patch, hidden))
        merge = (tower.get("spatial_merge_size") or config.get("spatial_merge_size") or 1) ** 2
        if merge > 1:
            merged = hidden * merge
            found += [one("merger.0", merged, merged), one("merger.2", merged, tower.get("out_hidden_size") or out)]
            if kept := tower.get("deepstack_visual_indexes"):
                found.append(one("deepstack.0", merged, merged, each=len(kept)))
                found.append(one("deepstack.2", merged, out, each=len(kept)))
        else:
            found.append(one("projector", hidden, out))
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
    keys = ("num_experts_per_tok", "num_experts_per_token", "top_k_experts", "experts_per_token", "moe_topk")
    used = next((text[key] for key in keys if isinstance(text.get(key), int)), 0)
    return used / many if many and used else 1.0
