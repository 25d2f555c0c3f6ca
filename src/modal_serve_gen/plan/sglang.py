"""SGLang's memory pool: its default size, and its division between states and tokens, by release (pure)."""

from dataclasses import dataclass
from functools import cache

from modal_serve_gen import facts
from modal_serve_gen.facts import SglangRelease
from modal_serve_gen.models import Model
from modal_serve_gen.plan.gpus import gpu_facts
from modal_serve_gen.plan.overheads import parse_version

# Sizes in tokens for which a prefill is captured: from, to and step of each range (see [sglang.fraction]).
PREFILL_SIZES = ((4, 32, 4), (48, 256, 16), (288, 512, 32), (576, 1024, 64), (1280, 4096, 256), (4608, 2**20, 512))


@cache
def release(version: str | None) -> SglangRelease:
    """The rules for that version; None: the pinned version."""
    number = _number(version)
    known = facts.pools().sglang.releases
    return [row for row in known if parse_version(row.since) <= number or row is known[0]][-1]


def _number(version: str | None) -> tuple[int, ...]:
    return parse_version(version or facts.pins()["sglang"].version)


def capacity(version: str | None, gpu: str, tp: int = 1) -> tuple[int, int]:
    """Default tokens of a chunk of prefill, and the largest batch whose decoding is captured."""
    rule = facts.pools().sglang.fraction
    total, number = gpu_facts(gpu).usable_gib + rule.unseen_gib, _number(version)
    row = next(row for row in rule.rows if total < row.below_gib and number >= parse_version(row.since))
    return row.chunk, row.batch[tp >= 4]


def default_fraction(
    model: Model, version: str | None, gpu: str, *, tp: int, pp: int, chunk: int, speculates: bool
) -> float:
    """SGLang's own --mem-fraction-static, by the memory of the GPU and what the engine sets aside."""
    rule, rules = facts.pools().sglang.fraction, release(version)
    total = (gpu_facts(gpu).usable_gib + rule.unseen_gib) * 1024
    reserved = rule.base_mib + rule.token_mib * max(chunk, 2048) + rule.gpu_mib * tp * pp
    reserved += rule.request_mib * capacity(version, gpu, tp)[1]
    if rules.prefill_graphs and pp == 1 and not model.multimodal:
        mla = any(layer.kind == "mla" for layer in model.layers)
        sizes = sum(len(range(first, min(last, chunk) + 1, step)) for first, last, step in PREFILL_SIZES)
        reserved += rule.prefill_mla_mib if mla else rule.prefill_size_mib * sizes
    if total > rule.least_from_gib * 1024:
        reserved = max(reserved, rule.least_mib)
    reserved += rules.speculation_mib if speculates else 0
    return round((total - reserved) / total, 3) * _encoder_factor(model)


def _encoder_factor(model: Model) -> float:
    """What a multimodal model leaves of the fraction, by the size of its vision encoder."""
    rule, encoder = facts.pools().sglang.fraction, model.config.get("vision_config")
    if not model.multimodal or not isinstance(encoder, dict):
        return 1.0
    layers, width = (encoder.get(key) for key in ("num_hidden_layers", "hidden_size"))
    layers = layers if isinstance(layers, int) else rule.encoder_layers
    width = width if isinstance(width, int) else rule.encoder_width
    size = layers * width**2 / (rule.encoder_layers * rule.encoder_width**2)
    lowest, highest = rule.encoder_limits
    return rule.encoder * max(lowest, min(highest, 1 - rule.encoder_sensitivity * (size - 1)))


@dataclass(frozen=True, slots=True)
class States:
    """How a pool is divided: the tokens' part of `n` bytes is `share` x n - `reserved`."""

    needed: float  # the smallest pool that holds the tokens and states
    share: float
    reserved: float
    slots: int | None = None  # to set explicitly, where the default would be too few
    running: int | None = None  # requests at once, where the states allow fewer than requested


@dataclass(frozen=True, slots=True)
class StateDemand:
    """States of one request, in bytes, and the tokens' demand."""

    state: float
    tokens: float  # bytes for tokens
    requests: int
    verified: int  # tokens that one speculative step verifies
    slots: int | None = None  # set by --max-mamba-cache-size
    must_run: bool = True  # all requests at once; otherwise one, as for the engine itself


def states_of(model: Model, version: str | None, demand: StateDemand, size: float) -> States:
    """The division of a pool of `size` bytes between states and tokens.

    SGLang gives r/(1 + r) of the pool to K states, and a running request takes q of them, so that K/q run at most. What
    speculation adds is inside that part ("every", "capped") or taken from the pool before ("running"); with "capped",
    what is not verified since fewer requests run becomes tokens. K = q n instead, by --max-mamba-cache-size, fits a
    smaller pool (K is not rounded down here, so one more is requested).
    """
    rules = release(version)
    q = rules.states_per_request
    if model.architecture in facts.pools().sglang.tracked:
        q += rules.tracked_states
    if demand.slots is not None:
        return _with_slots(rules, demand, q, demand.slots)
    division = _division(rules, demand, q)
    all_run = max(division.size_for_tokens(demand.tokens), division.size_for_slots(q * demand.requests + 1))
    if demand.must_run:
        if all_run > size:
            return _with_slots(rules, demand, q, q * demand.requests)
        return States(all_run, division.share, division.reserved)
    running = min(demand.requests, max(0, int(division.slots(size) // q)))
    fewer = running < demand.requests and rules.states == "capped"
    tokens = division.size_for_tokens(demand.tokens)
    if rules.states == "capped":
        tokens = min(tokens, demand.tokens / (1 - division.part))
    return States(
        needed=max(tokens, division.size_for_slots(q + 1)),
        share=1 - division.part if fewer else division.share,
        reserved=0.0 if fewer else division.reserved,
        running=running if running < demand.requests else None,
    )


@dataclass(frozen=True, slots=True)
class _Division:
    """The engine's default division: (part (size - before) - given) / (state spread) states, each of which takes
    `per_slot` states, and `fixed` bytes; tokens get the rest."""

    part: float
    before: float
    given: float
    spread: float
    per_slot: float
    fixed: float
    state: float

    @property
    def share(self) -> float:
        return 1 - self.part * self.per_slot / self.spread

    @property
    def reserved(self) -> float:
        return self.fixed - self.per_slot / self.spread * (self.part * self.before + self.given)

    def slots(self, size: float) -> float:
        return (self.part * (size - self.before) - self.given) / (self.state * self.spread)

    def size_for_slots(self, slots: int) -> float:
        return self.before + (self.given + self.state * self.spread * slots) / self.part

    def size_for_tokens(self, tokens: float) -> float:
        return (tokens + self.reserved) / self.share


def _division(rules: SglangRelease, demand: StateDemand, q: int) -> _Division:
    ratio = facts.pools().sglang.state_to_token_bytes
    part, state, d, spare = ratio / (1 + ratio), demand.state, demand.verified, rules.spare_states
    if rules.states == "every":
        return _Division(part, 0.0, 0.0, 1 + d, 1 + d, 0.0, state)
    if rules.states == "running":
        before = state * demand.requests * d
        return _Division(part, before, 0.0, 1, 1, before, state)
    fixed = state * (spare + (demand.requests + spare) * d)
    return _Division(part, 0.0, spare * state * (1 + d), 1 + d / q, 1, fixed, state)


def _with_slots(rules: SglangRelease, demand: StateDemand, q: int, slots: int) -> States:
    """With a number of states that is set explicitly."""
    spare, d, running = rules.spare_states, demand.verified, min(demand.requests, slots // q)
    states = {
        "every": slots * (1 + d),
        "running": slots + demand.requests * d,
        "capped": slots + spare + (running + spare) * d,
    }[rules.states]
    reserved = demand.state * states
    return States(demand.tokens + reserved, 1.0, reserved, slots, running if running < demand.requests else None)
