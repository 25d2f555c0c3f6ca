"""Loads and starts of a plan as text: containers, times and prices, marked as estimates."""

from modal_serve_gen.commands import layout
from modal_serve_gen.commands.layout import count, dollars, wrapped
from modal_serve_gen.commands.ways_out import WayOut, price, ready
from modal_serve_gen.plan import Plan
from modal_serve_gen.plan.records import PlanLoad


def load(plan: Plan, *, options: bool = True) -> list[str]:
    """What the load needs, and with `options` the other GPUs for it; empty without a load."""
    if (found := plan.load) is None:
        return []
    fast = found.containers_if_fast
    fewer = f" ({fast} if the engine is as fast as the best)" if fast and fast < found.containers else ""
    texts = [
        f"{count(found.containers, 'container')} x {count(found.slots, 'slot')}{fewer}: "
        f"${found.usd_per_hour:,.2f} per hour, ${found.usd_per_month:,.0f} a month, while the load lasts; "
        f"{dollars(found.usd_per_million_output_tokens)} per million output tokens",
        f"time to first token: {_seconds(found.ttft_p95_s)} or less for 95 % of the requests{_target(found)}; "
        f"{found.waiting:.0%} wait for a slot",
        f"a token every {found.time_per_output_token_ms:.0f} ms, an answer in {_seconds(found.request_s)}; "
        f"{found.running:.0f} requests at once in each container",
    ]
    lines = wrapped(f"An estimate by a queueing model, for {_load(found)}, with all containers running:", "")
    for text in texts:
        lines += wrapped(text)
    if options and found.options:
        rows = [
            {
                "gpu": layout.gpus(other.gpu, other.gpus),
                "containers": str(other.containers),
                "slots": str(other.slots),
                "$/hour": f"{other.usd_per_hour:.2f}",
                "first token, p95": _seconds(other.ttft_p95_s),
            }
            for other in found.options
        ]
        lines += ["Other GPUs for this load, cheapest first:", layout.indented(layout.table(rows))]
    return lines


def batch(plan: Plan, *, options: bool = True) -> list[str]:
    """What the batch takes, and with `options` other GPUs for it; empty without a batch."""
    if (found := plan.batch) is None:
        return []
    work = f"{found.prompts:,} prompts of {found.prompt_tokens:,} tokens with {found.output_tokens:,} tokens of answer"
    by = "" if found.by_hours is None else f" (target {found.by_hours:g} hours)"
    lines = wrapped(f"An estimate for {work}, from the first start to the end of the idle window:", "")
    lines += wrapped(
        f"{count(found.containers, 'container')} x {count(found.slots, 'slot')}: {_hours(found.hours_low)} to "
        f"{_hours(found.hours_high)}{by}, {dollars(found.usd_low)} to {dollars(found.usd_high)}, "
        f"{found.start_share:.0%} of it for starts and the idle window"
    )
    if options and found.options:
        rows = [
            {
                "gpu": layout.gpus(other.gpu, other.gpus),
                "containers": str(other.containers),
                "at most": _hours(other.hours_high),
                "$ at most": f"{other.usd_high:,.2f}",
            }
            for other in found.options
        ]
        lines += ["Other GPUs for this batch, cheapest first:", layout.indented(layout.table(rows))]
    return lines


def _hours(hours: float) -> str:
    """
    >>> _hours(0.034), _hours(1.62), _hours(40)
    ('2 minutes', '1.6 hours', '40 hours')
    """
    if hours < 1:
        return count(max(1, round(hours * 60)), "minute")
    return f"{hours:.1f} hours" if hours < 10 else f"{hours:,.0f} hours"


def start(plan: Plan) -> str:
    """How long a start takes."""
    found = plan.start
    how = " from a memory snapshot" if found.snapshot else ""
    return (
        f"a start takes an estimated {found.low_s:.0f} to {found.high_s:.0f} s{how}, the first one "
        f"{found.first_low_s:.0f} to {found.first_high_s:.0f} s"
    )


def ways_out(ways: tuple[WayOut, ...]) -> list[str]:
    """A table of the ways to be ready sooner, with the remarks below it."""
    rows = [
        {
            "way": way.way,
            "options": way.options or "-",
            "ready": ready(way),
            "price": price(way),
            "in time": way.in_time,
        }
        for way in ways
    ]
    remarks = [line for way in ways if way.remark for line in wrapped(f"{way.way}: {way.remark}", "  - ")]
    return ["Ways to be ready sooner (estimates):", layout.indented(layout.table(rows)), *remarks]


def _load(found: PlanLoad) -> str:
    users = f"{count(found.users, 'user')} with " if found.users else ""
    return (
        f"{users}{found.requests_per_s:g} requests/s of {found.prompt_tokens:,} prompt and "
        f"{found.output_tokens:,} output tokens"
    )


def _target(found: PlanLoad) -> str:
    return "" if found.ttft_p95_target_s is None else f" (target {found.ttft_p95_target_s:g} s)"


def _seconds(value: float) -> str:
    """
    >>> _seconds(0.4321), _seconds(12.34), _seconds(200)
    ('0.43 s', '12.3 s', '200 s')
    """
    return f"{value:.2f} s" if value < 10 else f"{value:.1f} s" if value < 100 else f"{value:,.0f} s"
