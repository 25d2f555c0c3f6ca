"""Blocks of vLLM's KV cache pool that one request occupies, counted as the engine counts them (pure).

The real engine confirms the count for every kind of attention that it runs on a CPU (tests/test_kv_real_engine.py).
"""

import math
from dataclasses import dataclass

from modal_serve_gen.models import Model
from modal_serve_gen.models.decoder import LayerGroup

PAGE_ALIGNMENT = 576  # bytes, of DeepSeek V4's pages (vLLM 0.33.0, models/deepseek_v4/attention.py)
FLASHINFER_STEP = 64  # tokens, FLASHINFER_GDN_CHECKPOINT_ALIGNMENT (v1/attention/backends/gdn_attn.py)


@dataclass(frozen=True, slots=True)
class Blocks:
    """Blocks of one size."""

    count: int
    size: int  # bytes of one block on each GPU


def request_blocks(
    model: Model,
    length: int,
    tp: int = 1,
    cache_bytes: float = 2,
    *,
    in_flight: int = 0,
    block: int = 16,
    prefix_caching: bool = True,
    flashinfer: bool = False,
) -> Blocks:
    """The blocks of vLLM's pool that one request of `length` tokens occupies.

    Layers that keep the same tokens share a block. Where kinds are mixed, groups of equally many layers take blocks of
    one size in turn (vLLM 0.33.0, v1/core/kv_cache_planning.py, get_kv_cache_groups; v1/core/kv_cache_utils.py,
    get_max_concurrency_for_kv_cache_config). `block` is the engine's --block-size; `in_flight` counts the tokens that
    are scheduled and not settled; `flashinfer` is true where Gated DeltaNet runs that prefill, as on Hopper and
    Blackwell.
    """
    block = _raised_block(model, tp, cache_bytes, block, flashinfer)
    pages = [(layer, _page_bytes(layer, tp, cache_bytes, block)) for layer in model.layers]

    def blocks_of(layer: LayerGroup, tokens: int) -> int:
        """Blocks of `tokens` for one request (v1/kv_cache_interface.py, max_memory_usage_bytes of each spec)."""
        if layer.kind == "linear":  # two states while prefixes are cached, and one that a prefill saves on its way
            saves = layer.checkpoints == "always" or (layer.checkpoints == "flashinfer" and flashinfer)
            return 2 + saves if prefix_caching else 1
        if not layer.window:
            return math.ceil(length / tokens)
        if layer.kind == "chunked":
            return math.ceil(min(layer.window + in_flight, length) / tokens)
        # One more, since a window may begin inside a block.
        return math.ceil(min(layer.window - 1 + in_flight, length) / tokens) + 1

    if any(layer.block for layer in model.layers):
        groups, size = _packed_groups(pages)
        return Blocks(sum(count * blocks_of(layer, layer.block) for layer, count in groups), size)
    kinds = {(layer.kind if layer.window or layer.kind == "linear" else "full", layer.window) for layer in model.layers}
    if len(kinds) == 1:
        count = max(blocks_of(layer, block) for layer in model.layers)
        return Blocks(count, sum(layer.count * page for layer, page in pages))
    counts, largest = [layer.count for layer in model.layers], max(page for _, page in pages)
    group_size = max(counts) if max(counts) < 1.5 * min(counts) else min(counts)
    total = 0
    for layer, page in pages:  # a smaller page holds more tokens where they fill the largest exactly, else it is padded
        tokens = block * largest // page if largest % page == 0 else block
        total += math.ceil(layer.count / group_size) * blocks_of(layer, tokens)
    return Blocks(total, group_size * largest)


def _raised_block(model: Model, tp: int, cache_bytes: float, block: int, flashinfer: bool) -> int:
    """Tokens per block in hybrids, raised until an attention page holds a state.

    vLLM 0.33.0, platforms/interface.py, Platform._align_hybrid_block_size.
    """
    states = [layer for layer in model.layers if layer.kind == "linear"]
    attention = next((layer for layer in model.layers if layer.kind in ("full", "mla")), None)
    if not states or attention is None:
        return block
    step = max(block, 128) if attention.kind == "mla" else block
    if flashinfer and all(layer.checkpoints == "flashinfer" for layer in states):
        step = math.lcm(step, FLASHINFER_STEP)
    largest = max(_page_bytes(layer, tp, 0, 0) for layer in states)
    return step * math.ceil(largest / _page_bytes(attention, tp, cache_bytes, step))


def _page_bytes(layer: LayerGroup, tp: int, cache_bytes: float, block: int) -> int:
    """Bytes of one layer in one block."""
    if layer.kind == "linear":
        return max(1, math.ceil(layer.state_bytes(tp) / layer.count))
    size = max(1, math.ceil(layer.token_bytes(tp, cache_bytes) / layer.count * (layer.block or block)))
    return math.ceil(size / PAGE_ALIGNMENT) * PAGE_ALIGNMENT if layer.block else size


def _packed_groups(pages: list[tuple[LayerGroup, int]]) -> tuple[list[tuple[LayerGroup, int]], int]:
    """DeepSeek V4, whose blocks hold pages of several sizes: the number of groups of each kind, and a block's bytes.

    Kinds that keep the same tokens and repeat evenly are divided into groups of about as many repeats (vLLM 0.33.0,
    v1/core/kv_cache_planning.py, _get_packed_kv_cache_groups and _approximate_gcd).
    """
    kinds: dict[tuple[int | None, int], list[tuple[LayerGroup, int]]] = {}
    for layer, page in pages:
        kinds.setdefault((layer.window, layer.block), []).append((layer, page))
    even = {key: kind[0][0].count for key, kind in kinds.items() if len({layer.count for layer, _ in kind}) == 1}
    least = max((count for key, count in even.items() if len(kinds[key]) > 1), default=1)
    repeats = min(range(least, max(even.values()) + 1), key=lambda size: (sum(-n % size for n in even.values()), -size))
    groups, widest = [], 0
    for key, kind in kinds.items():
        number = math.ceil(even[key] / repeats) if key in even else 1
        groups.append((kind[0][0], number))
        widest = max(widest, sum(math.ceil(layer.count / number) * page for layer, page in kind))
    return groups, widest
