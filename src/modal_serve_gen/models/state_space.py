"""State-space layers, Mamba 1 and 2: sizes, states and matrices (pure).

Shapes follow vLLM 0.33.0 (model_executor/layers/mamba/mamba_mixer.py, mamba_mixer2.py and mamba_utils.py).
"""

import math
from dataclasses import dataclass

from modal_serve_gen.models.cache import LayerGroup
from modal_serve_gen.models.matrix import Matrix
from modal_serve_gen.models.text_config import TextConfig

NARROW = ("bfloat16", "float16")


@dataclass(frozen=True, slots=True)
class Mamba1:
    inner: int
    state: int
    rank: int
    kernel: int
    state_bytes: int = 2  # per element of the state

    def caches(self) -> tuple[LayerGroup, ...]:
        return (
            LayerGroup(
                kind="linear",
                recurrent_elements=self.inner * self.state,
                recurrent_bytes=self.state_bytes,
                conv_elements=self.inner * (self.kernel - 1),
            ),
        )

    def matrices(self, hidden: int, layers: tuple[int, ...]) -> list[Matrix]:
        return [
            Matrix("recurrent", "layers.{}.mixer.in_proj", hidden, self.inner, layers, 2),
            Matrix("recurrent", "layers.{}.mixer.conv1d", self.kernel, self.inner, layers),
            Matrix("recurrent", "layers.{}.mixer.x_proj", self.inner, self.rank + 2 * self.state, layers),
            Matrix("recurrent", "layers.{}.mixer.dt_proj", self.rank, self.inner, layers),
            Matrix("recurrent", "layers.{}.mixer.A", self.inner, self.state, layers),
            Matrix("recurrent", "layers.{}.mixer.out_proj", self.inner, hidden, layers),
        ]


@dataclass(frozen=True, slots=True)
class Mamba2:
    heads: int
    head_dim: int
    state: int
    groups: int
    kernel: int
    state_bytes: int = 2  # per element of the state

    @property
    def inner(self) -> int:
        return self.heads * self.head_dim

    @property
    def convolved(self) -> int:
        return self.inner + 2 * self.groups * self.state

    def caches(self) -> tuple[LayerGroup, ...]:
        return (
            LayerGroup(
                kind="linear",
                recurrent_elements=self.inner * self.state,
                recurrent_bytes=self.state_bytes,
                conv_elements=self.convolved * (self.kernel - 1),
                checkpoints="always",
            ),
        )

    def matrices(self, hidden: int, layers: tuple[int, ...]) -> list[Matrix]:
        return [
            Matrix("recurrent", "layers.{}.mixer.in_proj", hidden, self.inner, layers, 2),
            Matrix("recurrent", "layers.{}.mixer.in_proj", hidden, self.groups * self.state, layers, 2),
            Matrix("recurrent", "layers.{}.mixer.in_proj", hidden, self.heads, layers),
            Matrix("recurrent", "layers.{}.mixer.conv1d", self.kernel, self.convolved, layers),
            Matrix("recurrent", "layers.{}.mixer.out_proj", self.inner, hidden, layers),
        ]


def mamba2_of(
    text_config: TextConfig, heads: str, head_dim: str, state: str, groups: str, kernel: str, *, usual: str = "bfloat16"
) -> Mamba2:
    """Mamba 2 by the names that its family gives the sizes; `usual` is the states' dtype where none is stated."""
    count = text_config.size(heads)
    dim = 0 if text_config.get(head_dim) == "auto" else text_config.optional(head_dim)
    if not dim:
        inner = text_config.optional("mamba_d_ssm")
        dim = (inner or (text_config.optional("mamba_expand") or 2) * text_config.size("hidden_size")) // count
    return Mamba2(
        count,
        dim,
        text_config.size(state),
        text_config.size(groups),
        text_config.size(kernel),
        state_bytes_of(text_config, usual),
    )


def state_bytes_of(text_config: TextConfig, usual: str = "bfloat16") -> int:
    """Bytes of an element of a state: the model's 16 bits where nothing is stated, but for Nemotron H (vLLM 0.33.0,
    models/config.py, NemotronHForCausalLMConfig)."""
    return 2 if text_config.values.get("mamba_ssm_cache_dtype", usual) in NARROW else 4


def step_rank(text_config: TextConfig, key: str) -> int:
    """The rank of Mamba 1's time steps; "auto" is a sixteenth of the width."""
    if text_config.values.get(key, "auto") == "auto":
        return math.ceil(text_config.size("hidden_size") / 16)
    return text_config.size(key)
