"""MLPs: dense ones, and mixtures of experts, as a config.json states for each layer (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass

from modal_serve_gen.models.decoder import Matrix, Part, Split
from modal_serve_gen.models.defaults import defaults_of
from modal_serve_gen.models.text_config import TextConfig

UNGATED_ACTIVATIONS = ("relu2", "relu", "gelu_new", "gelu_fast", "xielu")
EXPERT_COUNTS = ("num_experts", "num_local_experts", "n_routed_experts")
EXPERTS_PER_TOKEN = ("num_experts_per_tok", "num_experts_per_token", "top_k_experts", "experts_per_token")
# Where the width of all shared experts together is stated; else it is their number times the width of one expert.
SHARED_WIDTHS = (
    "shared_expert_intermediate_size",
    "moe_shared_expert_intermediate_size",
    "shared_intermediate_size",
    "share_expert_dim",
)


@dataclass(frozen=True, slots=True)
class DenseMlp:
    width: int
    gated: bool = True

    def matrices(self, hidden: int) -> list[Matrix]:
        return mlp_matrices("mlp", "mlp", hidden, self.width, gated=self.gated)


@dataclass(frozen=True, slots=True, kw_only=True)
class Experts:
    count: int
    width: int
    gated: bool = True
    shared_width: int = 0  # of the experts that every token uses
    latent: int = 0  # width that tokens are projected to before the experts; 0: they see the hidden state
    vision_width: int = 0  # of as many other experts for images (ERNIE 4.5 VL)

    def matrices(self, hidden: int) -> list[Matrix]:
        def experts(name: str, inputs: int, width: int) -> list[Matrix]:
            return mlp_matrices("experts", f"mlp.{name}.0", inputs, width, gated=self.gated, count=self.count)

        parts = experts("experts", self.latent or hidden, self.width)
        if self.vision_width:
            parts += experts("vision_experts", hidden, self.vision_width)
        parts.append(Matrix("router", "layers.{}.mlp.gate", hidden, self.count, split="copy"))
        if self.latent:
            parts.append(Matrix("shared", "layers.{}.mlp.latent_proj", hidden, self.latent, each=2, split="copy"))
        if self.shared_width:
            parts += mlp_matrices("shared", "mlp.shared_experts", hidden, self.shared_width, gated=self.gated)
        return parts


def mlp_matrices(part: Part, name: str, hidden: int, width: int, *, gated: bool, count: int = 1) -> list[Matrix]:
    """The matrices of `count` MLPs in each layer."""
    split: Split = "experts" if part == "experts" else "rank"
    return [
        Matrix(part, f"layers.{{}}.{name}.up_proj", hidden, width, each=(2 if gated else 1) * count, split=split),
        Matrix(part, f"layers.{{}}.{name}.down_proj", width, hidden, each=count, split=split),
    ]


def expert_count(text_config: TextConfig) -> int:
    """Also 0 where the single expert is an ordinary MLP (Jamba), and where experts are disabled (Doge)."""
    if text_config.get("is_moe") is False:
        return 0
    for key in EXPERT_COUNTS:
        if count := text_config.first(key):
            return count if count > 1 else 0
    return 0


def active_fraction(text_config: TextConfig) -> float:
    """The fraction of the experts that one token uses."""
    count = expert_count(text_config)
    used = text_config.optional(*EXPERTS_PER_TOKEN)
    return used / count if count and used else 1.0


def gated_mlp(text_config: TextConfig) -> bool:
    """True for MLPs of three matrices."""
    names = ("mlp_hidden_act", "hidden_act", "activation_function")
    activation = next((name for key in names if (name := text_config.get(key))), "")
    return activation not in UNGATED_ACTIVATIONS and defaults_of(text_config).gated_mlp


def dense_mlp(text_config: TextConfig) -> DenseMlp:
    # Llama 4 and MiniMax M3 name the width in layers without experts separately.
    width = text_config.optional("intermediate_size_mlp", "dense_intermediate_size")
    if not width and not expert_count(text_config):  # Granite 4 names its MLP after the one shared by experts
        width = text_config.optional("shared_intermediate_size")
    width = width or text_config.optional("intermediate_size")
    defaults = defaults_of(text_config)
    if not width:
        if defaults.gated_mlp:
            raise KeyError("intermediate_size")
        width = (text_config.optional("expansion_ratio") or 4) * text_config.size("hidden_size")
    return DenseMlp(width // 2 if defaults.joint_mlp else width, gated_mlp(text_config))


def experts_of(text_config: TextConfig, *, vision_width: int = 0, shared_width: int = 0) -> Experts:
    """The experts of a layer; `shared_width` where the configuration states no shared experts."""
    # The largest, where it is stated for each layer or kind of input.
    width = max(text_config.sizes("moe_intermediate_size"), default=0) or text_config.size("intermediate_size")
    stated = text_config.optional(*SHARED_WIDTHS)
    if not stated:
        number = text_config.first("n_shared_experts") or text_config.first("num_shared_experts")
        stated = (number or defaults_of(text_config).shared_experts) * width
    return Experts(
        count=expert_count(text_config),
        width=width,
        gated=gated_mlp(text_config),
        shared_width=stated or shared_width,
        latent=text_config.optional("moe_latent_size", "routed_expert_hidden_size"),
        vision_width=vision_width,
    )


def mlp_layers(
    text_config: TextConfig, *, experts: Experts | None = None, sparse: list[bool] | None = None
) -> Sequence[DenseMlp | Experts]:
    """The MLP of each layer: dense, or experts where `sparse` is true (None: where the configuration has them)."""
    total = text_config.layer_count
    if text_config.items("intermediate_size"):  # Gemma 3n: one per layer
        widths, gated = text_config.sizes("intermediate_size"), gated_mlp(text_config)
        return [DenseMlp(widths[min(number, len(widths) - 1)], gated) for number in range(total)]
    if not expert_count(text_config):
        return [dense_mlp(text_config)] * total
    if sparse is None:
        sparse = sparse_layers(text_config, total)
    mlps: dict[bool, DenseMlp | Experts] = {}
    if True in sparse:
        mlps[True] = experts or experts_of(text_config)
    if False in sparse:
        mlps[False] = dense_mlp(text_config)
    return [mlps[has_experts] for has_experts in sparse]


def sparse_layers(text_config: TextConfig, total: int) -> list[bool]:
    """True for the layers with experts: listed, or from one layer on, in each n-th."""
    if (types := text_config.items("mlp_layer_types")) and len(types) >= total:
        return [name != "dense" for name in types[:total]]
    if numbers := text_config.items("moe_layers"):
        return [number in numbers for number in range(total)]
    if (marks := text_config.items("moe_layer_freq")) is not None:
        return [number < len(marks) and bool(marks[number]) for number in range(total)]
    first = text_config.optional("first_k_dense_replace", "num_dense_layers")
    every = text_config.optional("decoder_sparse_step", "interleave_moe_layer_step", "moe_layer_freq") or 1
    dense = text_config.items("mlp_only_layers") or []
    shift = 0 if "moe_layer_freq" in text_config and "decoder_sparse_step" not in text_config else 1
    return [number >= first and number not in dense and (number + shift) % every == 0 for number in range(total)]
