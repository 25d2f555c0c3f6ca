"""What an engine's pool for the KV cache holds, and how large it has to be (pure).

vLLM gives out the blocks of one pool as requests need them. SGLang cuts its pool once, at start, so that one kind of
layer can run short while another has room (facts/pools.toml says how).
"""

import math
from dataclasses import dataclass, replace

from modal_serve_gen import facts
from modal_serve_gen.models import Model, kv_bytes_per_token, state_bytes_per_sequence
from modal_serve_gen.models.blocks import request_blocks

APART = ("sliding", "chunked")  # layers that need a window of tokens only


@dataclass(frozen=True, slots=True)
class Demand:
    """What the pool has to hold on each of `tp` GPUs."""

    length: int  # tokens of the longest request
    requests: int  # running at once
    fill: float  # how full the others are while one has full length; 0: nothing is asked of them
    tp: int
    cache_bytes: float  # of one element
    in_flight: int = 0  # tokens scheduled and not settled
    draft_layers: float = 0  # whose KV cache speculation adds, in layers of the model's own size
    draft_tokens: int = 0  # that one step of speculation verifies
    pp: int = 1  # pipeline stages, which share the layers
    states: bool = False  # whether the engine refuses to start without a state for each request that may run
    prefix_caching: bool = True  # of hybrids, which keep states for it
    flashinfer: bool = False  # whether Gated DeltaNet has that kernel


@dataclass(frozen=True, slots=True)
class Pool:
    """Bytes on each GPU; the tokens' part of a pool of `n` bytes is `share` x n - `reserved`."""

    per_token: float  # what one more token costs
    request: float  # one request of full length, in the tokens' part
    needed: float  # the smallest pool that holds the demand
    share: float = 1.0
    reserved: float = 0.0
    state_slots: int | None = None  # to ask the engine for, where its own share would hold too few
    block: float = 0.0  # bytes of one block, of which there are only whole ones; 0: it has none

    def concurrency(self, size: float) -> float:
        """Full-length requests at once in a pool of `size` bytes."""
        held = self.share * size - self.reserved
        return max(0.0, (held // self.block * self.block if self.block else held) / self.request)


def pool(engine: str, model: Model, demand: Demand, size: float) -> Pool:
    """How this engine uses a pool of `size` bytes for this model."""
    return _sglang(model, demand, size) if engine == "sglang" else _vllm(model, demand)


def _part(demand: Demand) -> int:
    """Tokens of each request but the longest."""
    return max(1, math.ceil(demand.length * demand.fill))


def _vllm(model: Model, demand: Demand) -> Pool:
    """Blocks for the requests, and one that the engine keeps empty (vLLM 0.33.0, v1/core/kv_cache_utils.py).

    Tokens in flight are shared by all requests, so only the first is charged with them. Of stages that share the
    layers, each has its part.
    """
    asked = {"tp": demand.tp, "cache_bytes": demand.cache_bytes, "flashinfer": demand.flashinfer}
    asked["prefix_caching"] = demand.prefix_caching
    one = request_blocks(model, demand.length, in_flight=demand.in_flight, **asked)
    if demand.fill:
        needed = one.count + (demand.requests - 1) * request_blocks(model, _part(demand), **asked).count
    else:  # the engine itself: one request has to fit, and a state for each that may run
        needed = max(one.count, demand.requests if demand.states else 0)
    total = sum(layer.count for layer in model.layers if layer.kind != "index")
    size = one.size * math.ceil(total / demand.pp) / total
    every = kv_bytes_per_token(model, demand.tp, demand.cache_bytes)  # 0 where all layers have a window
    every = every or sum(layer.token_bytes(demand.tp, demand.cache_bytes) for layer in model.layers)
    per_token = every * math.ceil(total / demand.pp) / total
    return Pool(per_token, one.count * size, (needed + 1) * size, block=size)


def _sglang(model: Model, demand: Demand, size: float) -> Pool:
    """Tokens are counted in layers that keep all of them; those with a window get a fixed share of as many."""
    known = facts.pools().sglang
    per_token, ratio = _sglang_token(model, demand, known.window_to_full_tokens.get(model.architecture))
    longest = max((layer.window or 0 for layer in model.layers if layer.kind in APART), default=0)

    def tokens(length: int) -> float:
        """Tokens of the pool that a request takes: a short one may need more of the windows' share."""
        return max(length, min(length, longest) / ratio) if ratio else length

    state = state_bytes_per_sequence(model, demand.tp)
    request = per_token * tokens(demand.length) or state  # a model may have no layer that keeps tokens
    held = request + (demand.requests - 1) * per_token * tokens(_part(demand))
    if not state:
        return Pool(per_token, request, held)
    return _with_states(Pool(per_token, request, held), state, demand, size)


def _with_states(tokens: Pool, state: float, demand: Demand, size: float) -> Pool:
    """`tokens`, less what linear attention takes: K states of `state` bytes, and as many for each of the d tokens that
    speculation verifies for n running requests; one of each is to spare. A running request takes q states: n <= K/q.

    SGLang gives r/(1 + r) of the pool to both together: K (1 + d/q) + 1 + d states, and returns what is not verified.
    K = q n instead, by --max-mamba-cache-size, fits a smaller pool (kv_cache_configurator.py,
    handle_max_mamba_cache; K is not rounded down here, so one more is asked for).
    """
    known, d, n = facts.pools().sglang, demand.draft_tokens, demand.requests
    r, q = known.state_to_token_bytes, known.states_per_request
    spread = 1 + d / q
    share = 1 - r / ((1 + r) * spread)
    reserved = state * (d * (n + 1) + 1 - (1 + d) / spread)
    needed = max((tokens.needed + reserved) / share, (1 + r) / r * state * (1 + d + (q * n + 1) * spread))
    if needed <= size:
        return replace(tokens, needed=needed, share=share, reserved=reserved)
    reserved = state * (d * (n + 1) + q * n + 1)
    return replace(tokens, needed=tokens.needed + reserved, reserved=reserved, state_slots=q * n)


def _sglang_token(model: Model, demand: Demand, ratio: float | None) -> tuple[float, float | None]:
    """Bytes of one token of the pool; and the windows' share, None where no layers are apart."""
    sizes = {True: 0.0, False: 0.0}
    count = 0
    for layer in model.layers:
        apart = ratio is not None and layer.kind in APART
        sizes[apart] += layer.token_bytes(demand.tp, demand.cache_bytes)
        count += layer.count if not apart and layer.attends else 0
    if not sizes[False]:  # every layer has a window: the pool is theirs
        sizes, ratio, count = {True: 0.0, False: sizes[True]}, None, sum(layer.count for layer in model.layers)
    draft = sizes[False] * demand.draft_layers / max(count, 1)
    return sizes[False] + (ratio or 0) * sizes[True] + draft, ratio
