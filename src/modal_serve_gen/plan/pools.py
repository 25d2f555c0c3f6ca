"""What an engine's KV cache pool holds, and the size that it must have (pure).

vLLM allocates the blocks of one pool as requests need them. SGLang divides its pool once, at start, so that one kind of
layer can run out of memory while another has some left (see facts/pools.toml).
"""

import math
from dataclasses import dataclass, replace

from modal_serve_gen import facts
from modal_serve_gen.models import Model, kv_bytes_per_token, state_bytes_per_sequence
from modal_serve_gen.models.blocks import Blocks, request_blocks
from modal_serve_gen.plan.sglang import StateDemand, states_of

WINDOWED = ("sliding", "chunked")  # kinds of layers that keep only a window of tokens


@dataclass(frozen=True, slots=True)
class Demand:
    """What the pool must hold on each of `tp` GPUs."""

    length: int  # tokens of the longest request
    requests: int  # running at once
    fill: float  # how full the others are while one has full length; 0: only that one must fit
    tp: int
    cache_bytes: float  # per element
    in_flight: int = 0  # tokens scheduled and not yet computed
    draft_layers: float = 0  # layers with a KV cache for speculation, in layers of the model's own size
    draft_tokens: int = 0  # tokens that one speculative step verifies
    pp: int = 1  # pipeline stages, among which the layers are divided
    states: bool = False  # the engine does not start without a state for each of `requests`
    prefix_caching: bool = True  # hybrids keep states for it
    flashinfer: bool = False  # Gated DeltaNet uses FlashInfer's kernel
    version: str | None = None  # of the engine; None: the pinned version
    state_slots: int | None = None  # SGLang's --max-mamba-cache-size


@dataclass(frozen=True, slots=True)
class Pool:
    """Bytes on each GPU; the tokens' part of a pool of `n` bytes is `share` x n - `reserved`."""

    per_token: float  # for one more token
    request: float  # one request of full length, in the tokens' part
    needed: float  # the smallest pool that holds the demand
    share: float = 1.0
    reserved: float = 0.0
    state_slots: int | None = None  # to set explicitly, where the engine's default would be too few
    running: int | None = None  # requests at once, where the states allow fewer than requested
    states: int | None = None  # where their number decides: one for each request that may run
    block: float = 0.0  # bytes of one block, the unit of allocation; 0: no blocks

    def concurrency(self, size: float) -> float:
        """Full-length requests at once in a pool of `size` bytes."""
        held = self.share * size - self.reserved
        return max(0.0, (held // self.block * self.block if self.block else held) / self.request)


def pool(engine: str, model: Model, demand: Demand, size: float) -> Pool:
    """How this engine uses a pool of `size` bytes for this model."""
    return _sglang(model, demand, size) if engine == "sglang" else _vllm(_with_vllm_states(model), demand)


def _with_vllm_states(model: Model) -> Model:
    """The model with the type that vLLM gives its states; the families state SGLang's, which is 32 bits."""
    if model.architecture not in facts.pools().vllm.narrow_states:
        return model
    layers = tuple(replace(layer, recurrent_bytes=min(layer.recurrent_bytes, 2)) for layer in model.layers)
    return model.model_copy(update={"layers": layers})


def _other_length(demand: Demand) -> int:
    """Tokens of each request but the longest."""
    return max(1, math.ceil(demand.length * demand.fill))


def _vllm(model: Model, demand: Demand) -> Pool:
    """Blocks for the requests, and one that the engine keeps empty (vLLM 0.33.0, v1/core/kv_cache_utils.py).

    Tokens in flight are shared by all requests, so only the longest is charged with them. Each pipeline stage has its
    part of the layers.
    """

    def blocks(length: int, in_flight: int = 0) -> Blocks:
        return request_blocks(
            model,
            length,
            in_flight=in_flight,
            tp=demand.tp,
            cache_bytes=demand.cache_bytes,
            flashinfer=demand.flashinfer,
            prefix_caching=demand.prefix_caching,
        )

    longest = blocks(demand.length, demand.in_flight)
    if demand.fill:
        needed = longest.count + (demand.requests - 1) * blocks(_other_length(demand)).count
    else:  # the engine itself: one request must fit, and a state for each that may run
        needed = max(longest.count, demand.requests if demand.states else 0)
    total = sum(layer.count for layer in model.layers if layer.kind != "index")
    size = longest.size * math.ceil(total / demand.pp) / total
    token_bytes = kv_bytes_per_token(model, demand.tp, demand.cache_bytes)  # 0 where all layers have a window
    token_bytes = token_bytes or sum(layer.token_bytes(demand.tp, demand.cache_bytes) for layer in model.layers)
    per_token = token_bytes * math.ceil(total / demand.pp) / total
    states = demand.requests if not demand.fill and demand.states and demand.requests > longest.count else None
    return Pool(per_token, longest.count * size, (needed + 1) * size, states=states, block=size)


def _sglang(model: Model, demand: Demand, size: float) -> Pool:
    """Tokens are counted in layers that keep all of them; layers with a window get a fixed share of that number."""
    known = facts.pools().sglang
    per_token, ratio = _sglang_token(model, demand, known.window_to_full_tokens.get(model.architecture))
    longest = max((layer.window or 0 for layer in model.layers if layer.kind in WINDOWED), default=0)

    def tokens(length: int) -> float:
        """Tokens of the pool that a request takes: a short request may require more of the windows' share."""
        return max(length, min(length, longest) / ratio) if ratio else length

    state = state_bytes_per_sequence(model, demand.tp)
    request = per_token * tokens(demand.length) or state  # a model may have no layer that keeps tokens
    if demand.fill:
        held = request + (demand.requests - 1) * per_token * tokens(_other_length(demand))
    else:  # the engine itself starts with any pool, and limits the length of requests to it
        held = per_token * tokens(min(demand.length, facts.overheads().sizing.least_context)) or state
    if not state:
        return Pool(per_token, request, held)
    of_states = StateDemand(
        state=state,
        tokens=held,
        requests=demand.requests,
        verified=demand.draft_tokens,
        slots=demand.state_slots,
        must_run=demand.fill > 0,
    )
    states = states_of(model, demand.version, of_states, size)
    return Pool(
        per_token,
        request,
        states.needed,
        share=states.share,
        reserved=states.reserved,
        state_slots=states.slots,
        running=states.running,
    )


def _sglang_token(model: Model, demand: Demand, ratio: float | None) -> tuple[float, float | None]:
    """Bytes of one token of the pool; and the windows' share, None where no layers have a separate pool.

    DeepSeek V4's compressors keep one entry of their window for each page of the longest one (SGLang 0.5.12,
    pool_configurator.py, DSV4PoolConfigurator; a log has 15,956 bytes for V4 Flash).
    """
    sizes = {True: 0.0, False: 0.0}
    count = 0
    longest = max((layer.window or 0 for layer in model.layers if layer.kind in WINDOWED), default=0)
    paged = any(layer.kind == "compressed" for layer in model.layers)
    for layer in model.layers:
        separate = ratio is not None and layer.kind in WINDOWED
        part = (layer.window or longest) / longest if separate and paged else 1
        sizes[separate] += part * layer.token_bytes(demand.tp, demand.cache_bytes)
        count += layer.count if not separate and layer.attends else 0
    if not sizes[False]:  # every layer has a window, and they get the complete pool
        sizes, ratio, count = {True: 0.0, False: sizes[True]}, None, sum(layer.count for layer in model.layers)
    draft = sizes[False] * demand.draft_layers / max(count, 1)
    return sizes[False] + (ratio or 0) * sizes[True] + draft, ratio
