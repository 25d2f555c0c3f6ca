"""A queueing model of containers that batch continuously: waiting times, and how many containers a load needs (pure).

Two queues follow each other. A request first waits for a slot (max_num_seqs of all containers): an M/M/c queue in
which a service takes longer the more requests run, because they share each step. That is a birth-death process with
state-dependent rates (Kleinrock, Queueing Systems I, 3.2 and 3.5; constant rates give Erlang's C formula). Then its
prompt waits for the prompts before it: an M/D/1 queue at the rate of chunked prefill, whose waiting time is taken as
exponential with the exact mean (Pollaczek and Khinchine). Arrivals are Poisson, and containers are equally loaded.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

NEGLIGIBLE = 1e-9  # probability
MOST_CONTAINERS = 1000  # of one app; the limit of --max-containers


@dataclass(frozen=True)
class Service:
    """What one container does with one kind of request. Times are seconds."""

    prompt_tokens: int
    output_tokens: int
    slots: int  # requests that run at once
    tokens_per_step: int
    prefill_token_s: float
    step_s: Callable[[float], float]  # of a decoding step with this many requests; must not decrease

    def prefill_s(self, running: float) -> float:
        """From the first step of a prompt to its first output token, beside `running` other requests."""
        room = max(1.0, self.tokens_per_step - running)
        return self.prompt_tokens * self.prefill_token_s + math.ceil(self.prompt_tokens / room) * self.step_s(running)

    def prefill_work_s(self, running: float) -> float:
        """Of a prompt when several share each step: what limits the rate of prompts."""
        room = max(1.0, self.tokens_per_step - running)
        return self.prompt_tokens * (self.prefill_token_s + self.step_s(running) / room)

    def token_s(self, rate: float, running: float) -> float:
        """Per output token: a step, while the prompts of `rate` requests per second take their share of the time."""
        left = 1 - rate * self.prompt_tokens * self.prefill_token_s
        return self.step_s(running) / left if left > 0 else math.inf

    def holding_s(self, rate: float, running: float) -> float:
        """How long a request occupies its slot."""
        decode = (self.output_tokens - 1) * self.token_s(rate, running)
        return self.prefill_s(running) + decode


@dataclass(frozen=True)
class Load:
    """Requests per second, and how many of them can be under way at most, as each user waits for an answer.

    Users without `pauses` send the next request as soon as they have it: each of them needs a slot.
    """

    requests_per_s: float
    users: int | None = None
    pauses: bool = True


@dataclass(frozen=True)
class Estimate:
    """A load on a number of containers. Times are seconds."""

    containers: int
    running: float  # requests at once in each container, on average
    busy: float  # the load as a share of what the containers finish with all slots taken
    waiting: float  # probability that a request waits for a slot
    ttft_p95_s: float
    token_s: float  # time per output token
    request_s: float  # from a free slot to the last token


def without_pauses(service: Service, users: int, containers: int) -> Load:
    """The load of `users` that send the next request as soon as they have an answer."""
    low, high = 0.0, containers / (service.prompt_tokens * service.prefill_token_s)
    running = min(users / containers, service.slots)
    for _ in range(60):
        rate = (low + high) / 2
        if rate * service.holding_s(rate / containers, running) < running * containers:
            low = rate
        else:
            high = rate
    return Load(low, users, pauses=False)


def estimate(service: Service, load: Load, containers: int) -> Estimate | None:
    """The figures of `load` on that many containers; None if they cannot keep up with it."""
    rate = load.requests_per_s / containers
    running = _running(service, rate)
    work = service.prefill_work_s(running) if running is not None else math.inf
    if running is None or rate * work >= 1:
        return None
    probability, mean = _slot_wait(service, load, containers)
    prefill = rate * work * work / 2 / (1 - rate * work)  # mean wait behind other prompts
    first = service.step_s(running) + service.prefill_s(running)  # the step that is under way comes before it
    return Estimate(
        containers=containers,
        running=running,
        busy=rate * service.holding_s(rate, service.slots) / service.slots,
        waiting=probability,
        ttft_p95_s=first + _percentile(0.95, (probability, mean), (rate * work, prefill)),
        token_s=service.token_s(rate, running),
        request_s=service.holding_s(rate, running) + prefill,
    )


def containers_for(
    service: Service, load: Callable[[int], Load], accept: Callable[[Estimate], bool]
) -> Estimate | None:
    """The fewest containers whose estimate is accepted; None if MOST_CONTAINERS are not enough.

    `load` gives the load on a number of containers: without pauses, users send more if they are answered faster. More
    containers are never worse, so the number is bracketed by doubling and then halved.
    """

    def accepted(containers: int) -> Estimate | None:
        found = estimate(service, load(containers), containers)
        return found if found and accept(found) else None

    low, high = 0, 1
    while not (best := accepted(high)):
        if high == MOST_CONTAINERS:
            return None
        low, high = high, min(2 * high, MOST_CONTAINERS)
    while high - low > 1:
        middle = (low + high) // 2
        if found := accepted(middle):
            best, high = found, middle
        else:
            low = middle
    return best


def _running(service: Service, rate: float) -> float | None:
    """Requests at once in a container, by Little's law; None if more than its slots would be necessary."""
    low, high = 0.0, float(service.slots)
    if rate * service.holding_s(rate, high) >= high:
        return None
    for _ in range(50):
        middle = (low + high) / 2
        if rate * service.holding_s(rate, middle) > middle:
            low = middle
        else:
            high = middle
    return high


def _slot_wait(service: Service, load: Load, containers: int) -> tuple[float, float]:
    """The probability that a request waits for a slot, and the mean wait of all requests.

    Weights of the states are relative to the first one in which all slots are taken, and are summed downwards from it
    until the rest decides nothing: far from saturation that takes few steps.
    """
    slots = containers * service.slots
    if load.users is not None and load.users <= slots:
        return 0.0, 0.0
    if not load.pauses:
        return 1.0, math.inf
    rate = load.requests_per_s

    def completions(requests: int) -> float:
        return requests / service.holding_s(rate / containers, requests / containers)

    full = completions(slots)
    ratio = rate / full
    if ratio >= 1:
        return 1.0, math.inf
    queued, weighted = _geometric(ratio, None if load.users is None else load.users - slots)
    below, weight = 0.0, 1.0
    for requests in range(slots, 0, -1):
        weight *= completions(requests) / rate
        below += weight
        if queued < NEGLIGIBLE * below or weight < NEGLIGIBLE * below / slots:
            break
    total = queued + below
    return queued / total, weighted / full / total


def _geometric(ratio: float, terms: int | None) -> tuple[float, float]:
    """The sums of ratio^j and of (j + 1) ratio^j for j from 0 on, `terms` of them."""
    rest = 1 - ratio
    if terms is None:
        return 1 / rest, 1 / rest**2
    if rest * terms < 1e-6:
        return terms, terms * (terms + 1) / 2
    last = ratio**terms
    return (1 - last) / rest, (1 - (terms + 1) * last + terms * last * ratio) / rest**2


def _percentile(share: float, *waits: tuple[float, float]) -> float:
    """That quantile of the sum of two independent waits, each with its probability and its mean.

    A wait is 0, or exponential with the mean that it has where there is one.
    """
    if any(math.isinf(mean) for _, mean in waits):
        return math.inf
    (a, first), (b, second) = ((p, mean / p if p > 0 else 0.0) for p, mean in waits)
    if first and abs(first - second) < 1e-6 * first:
        second *= 1 + 1e-5  # the formula below has no value for equal means

    def beyond(time: float) -> float:
        one = math.exp(-time / first) if first else 0.0
        two = math.exp(-time / second) if second else 0.0
        both = (first * one - second * two) / (first - second) if first and second else 0.0
        return a * (1 - b) * one + (1 - a) * b * two + a * b * both

    if beyond(0.0) <= 1 - share:
        return 0.0
    low, high = 0.0, first + second
    while beyond(high) > 1 - share:
        high *= 2
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if beyond(middle) > 1 - share else (low, middle)
    return high
