"""A plan as people read it: the ledger with a bar for each GPU, limits, speed, what else would fit."""

import shutil
import sys
import textwrap
from typing import Any

from modal_serve_gen import facts
from modal_serve_gen.commands import listings
from modal_serve_gen.commands.plan_model import Answer
from modal_serve_gen.plan import Plan
from modal_serve_gen.plan.gpus import gpu_facts

MARKS = {"weights": "█", "kv_cache": "▒"}
OTHER = "▓"
PLAIN = {"█": "#", "▒": "=", "▓": "+", "·": "."}
SLACK_GIB = 0.05  # by which rounded rows may miss their sum
WIDEST = 110


def text(found: Answer) -> str:
    """The answer for a person, as wide as the terminal."""
    width = min(WIDEST, shutil.get_terminal_size((100, 24)).columns)
    one = found.plan
    paragraphs = [_head(found, width), ledger(one, width)]
    if one.kv_cache.gib_low > 0 and one.verdict != "does not run":
        paragraphs += [_limits(one, width), _speed(one, width)]
    if found.compared:
        paragraphs.append(["Compared:", _indented(listings.table(_rows((one, *found.compared))))])
    if one.alternatives:
        first = one.alternatives[0]
        size = f"{first['max_model_len']:,} tokens and {_many(first['max_num_seqs'], 'request')}"
        what = f"{'Also fits' if one.fits else 'Would fit'} {size}"
        table = listings.table([_other(each) for each in one.alternatives])
        legend = (
            [] if all(each["native"] for each in one.alternatives) else ["  * computes these weights in another format"]
        )
        paragraphs.append([f"{what}, {_ranked(found)} first:", _indented(table), *legend])
    if found.advice:
        advice = found.advice
        told = _wrapped(f"For {advice.goal}: {advice.workflow}. {_sentence(advice.why)}.", width)
        paragraphs.append(told + [line for each in advice.instead for line in _wrapped(each, width)])
    paragraphs.append([line for note in one.notes for line in _wrapped(note, width, "  - ")])
    if found.command:
        paragraphs.append(["Write the app:", f"  {found.command}"])
    return "\n\n".join("\n".join(lines) for lines in paragraphs)


def spelled(one: Plan) -> str:
    """The GPUs as people write them."""
    return one.gpu if one.gpus == 1 else f"{one.gpus} x {one.gpu}"


def ledger(one: Plan, width: int) -> list[str]:
    """Each item with its figures, their sum, and a bar for each GPU."""
    usable, share = gpu_facts(one.gpu).usable_gib, one.gpu_memory_utilization
    lines = [f"  {'GiB per GPU':<22}{'expected':>10}{'planned with':>14}"]
    for row in one.ledger:
        if row.item == "sleep_mode" and not row.gib_sized:
            continue
        name = f"{_drawn(MARKS.get(row.item, OTHER))} {row.item.replace('_', ' '):<22}"
        lines.append(f"{name}{row.gib:>10.2f}{row.gib_sized:>14.2f}{_remark(one, row)}".rstrip())
    whole, what = usable * share, f"{share:.0%} of {usable}"
    if sum(row.gib_sized for row in one.ledger) - whole > SLACK_GIB:  # an engine whose share is not for everything
        whole, what = usable, f"of which {share:.0%} for weights and KV cache"
        free = [whole - sum(getattr(row, key) for row in one.ledger) for key in ("gib", "gib_sized")]
        lines.append(f"{_drawn('·')} {'left free':<22}{free[0]:>10.2f}{free[1]:>14.2f}")
    lines.append(f"  {'of':<22}{whole:>10.2f}{whole:>14.2f}  ({what})")
    return [*lines, "", *_bars(one, usable, max(20, min(72, width - 16)))]


def _remark(one: Plan, row: Any) -> str:
    if row.item == "kv_cache":
        low, high = one.kv_cache.gib_low, one.kv_cache.gib_high
        return f"  {low:.1f} to {high:.1f}" if low > 0 else f"  short by {-low:.1f}"
    if row.item == "cuda_graphs" and not row.gib_sized:
        return "  not counted by this release"
    if row.item != "weights":
        return ""
    return "  exact" if row.exact else "  from its files" if row.source.startswith("sum of") else "  estimate"


def _drawn(marks: str) -> str:
    """Blocks where the terminal can show them, else ASCII."""
    try:
        marks.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return "".join(PLAIN[mark] for mark in marks)
    return marks


def _bars(one: Plan, usable: float, width: int) -> list[str]:
    """One bar for each GPU; four and more are drawn once, for they are alike. What is beyond its end is too much."""
    sizes = [(row.item, max(0.0, row.gib_sized)) for row in one.ledger]
    whole, bar, total = max(usable, sum(size for _, size in sizes)), "", 0.0
    for item, size in sizes:
        total += size
        bar += MARKS.get(item, OTHER) * (round(width * total / whole) - len(bar))
    full = round(width * usable / whole)
    bar = _drawn(bar.ljust(full, "·"))
    line = f"  {bar[:full]}|{bar[full:]}"
    return [f"{line} each of {one.gpus}"] if one.gpus > 3 else [line] * one.gpus


def _head(found: Answer, width: int) -> list[str]:
    one = found.plan
    size = f", {found.parameters / 1e9:.2f}B parameters" if found.parameters else ""
    price = f"${one.usd_per_hour:.2f} per hour"
    if one.region_multiplier != 1:
        price += f" ({one.region_multiplier:g} times the base price)"
    first = (
        f"{one.model}{size}: {one.verdict} on {spelled(one)}, {price}, ${one.usd_per_month:,.0f} a month if always on"
    )
    return [*_wrapped(first, width, ""), *_wrapped(one.reason, width, "")]


def _limits(one: Plan, width: int) -> list[str]:
    cache, fill = one.kv_cache, facts.overheads().sizing.fill
    part, shorter = int(one.max_model_len * fill), int(cache.max_concurrency / fill)
    lines = [
        f"up to {one.max_model_len:,} tokens per request, {_many(one.max_num_seqs, 'request')} and "
        f"{one.max_num_batched_tokens:,} tokens in a batch;",
        f"the KV cache ({cache.dtype}) holds {cache.tokens:,} tokens at least, at {cache.bytes_per_token:,.0f} bytes"
        f"{' on each GPU' if one.gpus > 1 else ''}: room for {cache.max_concurrency:.1f} requests of full length or "
        f"{shorter:,} of {part:,} tokens, of which {min(shorter, one.max_num_seqs):,} run at once;",
        f"an app gets {one.startup_timeout_s // 60} minutes to be ready",
    ]
    return [line for each in lines for line in _wrapped(each, width)]


def _speed(one: Plan, width: int) -> list[str]:
    """The bounds, said to be bounds, and what engines make of them."""
    bound, reached = one.bounds, facts.overheads().speed
    context, many, first = int(bound["context_tokens"]), int(bound["requests"]), bound["time_to_first_token_ms"]
    low, high = (
        _dollars(bound["usd_per_million_output_tokens"] / share) for share in (reached.reached_high, reached.reached)
    )
    rows = [
        ("time per output token", f"{bound['time_per_output_token_ms_one_request']:.2f} ms for one request"
         + (f", {bound['time_per_output_token_ms_all_requests']:.2f} ms for {many} at once" if many > 1 else "")),
        ("output tokens", f"{bound['decode_tokens_per_s_all_requests']:,.0f} per second with {_many(many, 'request')}: "
         f"{_dollars(bound['usd_per_million_output_tokens'])} a million, "
         f"{low} to {high} as engines reach it"),
        ("prompt tokens", f"{bound['prefill_tokens_per_s']:,.0f} per second, "
         f"{_dollars(bound['usd_per_million_prompt_tokens'])} a million"),
        ("time to first token", f"{first:.0f} ms" if first < 1000 else f"{first / 1000:.1f} s"),
        ("an idle window", f"{_dollars(bound['usd_per_idle_window'])} for {bound['idle_window_s']} s after the last "
         "request"),
    ]  # fmt: skip
    head = (
        f"Bounds by bandwidth and arithmetic, {context:,} tokens in each request; engines reach "
        f"{reached.reached:.0%} to {reached.reached_high:.0%} in decoding:"
    )
    lines = _wrapped(head, width)
    for name, value in rows:
        lines += textwrap.wrap(f"{name:<22} {value}", width, initial_indent="    ", subsequent_indent=" " * 27)
    return lines


def _dollars(amount: float) -> str:
    """With two digits that count."""
    return f"${amount:,.0f}" if amount >= 100 else f"${amount:.2f}" if amount >= 0.1 else f"${amount:.2g}"


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _ranked(found: Answer) -> str:
    goal = found.advice.goal if found.advice else None
    words = {"latency": "the fastest token", "throughput": "the cheapest token"}
    return words.get(goal or "", "the cheapest hour")


def _rows(plans: tuple[Plan, ...]) -> list[dict[str, Any]]:
    """A line for each; the model only where there are several."""
    rows = [
        {
            "model": one.model,
            "gpu": spelled(one),
            "verdict": one.verdict,
            "$/hour": f"{one.usd_per_hour:.2f}",
            "KV GiB": f"{max(0.0, one.kv_cache.gib_low):.1f}",
            "full requests": f"{one.kv_cache.max_concurrency:.1f}",
            "at once": str(int(one.bounds["requests"])),
            "ms/token": f"{one.bounds['time_per_output_token_ms_all_requests']:.1f}",
            "$/M at bound": _dollars(one.bounds["usd_per_million_output_tokens"]),
        }
        for one in plans
    ]
    if len({one.model for one in plans}) == 1:
        for row in rows:
            del row["model"]
    return rows


def _other(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "gpu": (one["gpu"] if one["gpus"] == 1 else f"{one['gpus']} x {one['gpu']}") + ("" if one["native"] else " *"),
        "$/hour": f"{one['usd_per_hour']:.2f}",
        "KV GiB": f"{one['kv_gib_low']:.1f}",
        "full requests": f"{one['max_concurrency']:.1f}",
        "at once": str(one["requests"]),
        "ms/token": f"{one['time_per_output_token_ms_all_requests']:.1f}",
        "$/M at bound": _dollars(one["usd_per_million_output_tokens"]),
        "$/idle window": _dollars(one["usd_per_idle_window"]),
    }


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _wrapped(line: str, width: int, first: str = "  ") -> list[str]:
    return textwrap.wrap(
        line, width, initial_indent=first, subsequent_indent=" " * len(first), break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip


def _indented(table: str) -> str:
    return textwrap.indent(table, "  ")
