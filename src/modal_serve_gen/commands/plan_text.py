"""A plan as text: memory with a bar for each GPU, limits, speed and alternatives."""

import sys
import textwrap

from modal_serve_gen import facts
from modal_serve_gen.commands import demand_text, layout
from modal_serve_gen.commands.comparison import Comparison
from modal_serve_gen.commands.layout import count, dollars, wrapped
from modal_serve_gen.commands.plan_model import Answer
from modal_serve_gen.plan import Alternative, Plan, Row
from modal_serve_gen.plan.gpus import gpu_facts

MARKS = {"weights": "█", "kv_cache": "▒"}
OTHER = "▓"
ASCII = {"█": "#", "▒": "=", "▓": "+", "·": "."}
SLACK_GIB = 0.05  # by how much the sum of rounded rows may be off
RANKED_BY = {"latency": "fastest first", "throughput": "cheapest per token first"}

# Columns of a comparison: the figure and its format.
FIGURES = {
    "KV GiB": ("kv_gib_low", ".1f"),
    "full requests": ("max_concurrency", ".1f"),
    "concurrent": ("requests", ","),
    "ms/token": ("time_per_output_token_ms_all_requests", ".1f"),
    "$/M at bound": ("usd_per_million_output_tokens", "$"),
}


def text(answer: Answer) -> str:
    """The answer for a person, as wide as the terminal."""
    plan = answer.plan
    copies = [line for note in plan.notes if note.kind == "sibling" for line in wrapped(note.text, "")]
    paragraphs = [_head(answer), *([copies] if copies else []), ledger(plan)]
    if plan.kv_cache.gib_low > 0 and plan.verdict != "does not run":
        paragraphs += [_limits(plan), _speed(plan)]
    if answer.comparison:
        paragraphs.append(_comparison(answer.comparison))
    if answer.ways_out:
        paragraphs.append(demand_text.ways_out(answer.ways_out))
    if plan.load or plan.batch:
        paragraphs.append(demand_text.load(plan) or demand_text.batch(plan))
    elif plan.alternatives:
        paragraphs.append(_alternatives(answer))
    if advice := answer.advice:
        lines = wrapped(f"Workflow for {advice.goal}: {advice.workflow}. {layout.sentence(advice.why)}.")
        paragraphs.append([*lines, *(line for alternative in advice.instead for line in wrapped(alternative))])
    paragraphs.append([line for note in plan.notes if note.kind != "sibling" for line in wrapped(note.text, "  - ")])
    if answer.command:
        paragraphs.append(["To write the app:", f"  {answer.command}"])
    return "\n\n".join("\n".join(lines) for lines in paragraphs)


def ledger(plan: Plan) -> list[str]:
    """Each item of GPU memory, the total, and a bar for each GPU."""
    usable, share = gpu_facts(plan.gpu).usable_gib, plan.gpu_memory_utilization
    lines = [f"  {'GiB per GPU':<22}{'expected':>10}{'planned with':>14}"]
    for row in plan.ledger:
        if row.item == "sleep_mode" and not row.gib_sized:
            continue
        name = f"{_drawn(MARKS.get(row.item, OTHER))} {row.item.replace('_', ' '):<22}"
        line = f"{name}{row.gib:>10.2f}{row.gib_sized:>14.2f}"
        remark = _remark(plan, row)
        lines.append(f"{line}  {remark}" if remark and len(line) + 2 + len(remark) <= layout.width() else line)
    total, basis = usable * share, f"{share:.0%} of {usable}"
    if sum(row.gib_sized for row in plan.ledger) - total > SLACK_GIB:  # the share covers weights and KV cache only
        total, basis = usable, f"{share:.0%} of it for weights and KV cache"
        expected, sized = (
            total - sum(figures) for figures in zip(*((row.gib, row.gib_sized) for row in plan.ledger), strict=True)
        )
        lines.append(f"{_drawn('·')} {'unused':<22}{expected:>10.2f}{sized:>14.2f}")
    lines.append(f"  {'total':<22}{total:>10.2f}{total:>14.2f}  ({basis})")
    return [*lines, "", *_bars(plan, usable, max(20, min(72, layout.width() - 16)))]


def _remark(plan: Plan, row: Row) -> str:
    if plan.measured and row.item in MARKS:
        return "startup log"
    if row.item == "kv_cache":
        low, high = plan.kv_cache.gib_low, plan.kv_cache.gib_high
        return f"{low:.1f} to {high:.1f}" if low > 0 else f"short by {-low:.1f}"
    if row.item == "cuda_graphs" and not row.gib_sized:
        return "not counted by this engine version"
    if row.item == "weights":
        return "exact" if row.exact else row.source
    return ""


def _drawn(marks: str) -> str:
    """Block characters if the terminal can show them, otherwise ASCII."""
    try:
        marks.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return "".join(ASCII[mark] for mark in marks)
    return marks


def _bars(plan: Plan, usable: float, width: int) -> list[str]:
    """A bar for each of up to three GPUs, or one for all. Whatever exceeds the GPU is drawn past the bar's end."""
    sizes = [(row.item, max(0.0, row.gib_sized)) for row in plan.ledger]
    scale, bar, total = max(usable, sum(size for _, size in sizes)), "", 0.0
    for item, size in sizes:
        total += size
        bar += MARKS.get(item, OTHER) * (round(width * total / scale) - len(bar))
    end = round(width * usable / scale)
    bar = _drawn(bar.ljust(end, "·"))
    line = f"  {bar[:end]}|{bar[end:]}"
    return [f"{line} each of {plan.gpus}"] if plan.gpus > 3 else [line] * plan.gpus


def _gpus(gpu: str, number: int) -> str:
    return gpu if number == 1 else f"{number} x {gpu}"


def _head(answer: Answer) -> list[str]:
    plan = answer.plan
    size = f", {answer.parameters / 1e9:.2f}B parameters" if answer.parameters else ""
    price = f"${plan.usd_per_hour:.2f} per hour"
    if plan.region_multiplier != 1:
        price += f" ({plan.region_multiplier:g} times the base price)"
    first = (
        f"{plan.model}{size}: {plan.verdict} on {_gpus(plan.gpu, plan.gpus)}{_lowered(plan)}, {price}, "
        f"${plan.usd_per_month:,.0f} a month if always on"
    )
    return [*wrapped(first, ""), *wrapped(plan.reason, "")]


def _lowered(plan: Plan) -> str:
    """What the plan has less of than requested, for its first line."""
    if not plan.lowered:
        return ""
    holds = plan.verdict in ("fits", "misses a target")
    return f" {'with' if holds else 'even with'} only {' and '.join(plan.lowered)}"


def _limits(plan: Plan) -> list[str]:
    cache, fill = plan.kv_cache, facts.overheads().sizing.fill
    dtype = "in the model's data type" if cache.dtype == "auto" else cache.dtype
    shorter = int(cache.max_concurrency / fill)
    of_which = f", up to {plan.max_num_seqs:,} of them concurrently" if shorter > plan.max_num_seqs else ""
    lines = [
        f"up to {plan.max_model_len:,} tokens per request, {count(plan.max_num_seqs, 'concurrent request')}, "
        f"{plan.max_num_batched_tokens:,} tokens per engine step",
        f"the KV cache ({dtype}) holds at least {cache.tokens:,} tokens of {cache.bytes_per_token:,.0f} bytes"
        f"{' on each GPU' if plan.gpus > 1 else ''}: {cache.max_concurrency:.1f} full-length requests, or "
        f"{shorter:,} of {int(plan.max_model_len * fill):,} tokens{of_which}",
        f"{demand_text.start(plan)}; startup timeout of the app: {plan.startup_timeout_s // 60} minutes",
    ]
    return [line for text in lines for line in wrapped(text)]


def _speed(plan: Plan) -> list[str]:
    """Upper bounds on speed, and the range that engines reach."""
    bound, reached = plan.bounds, facts.overheads().speed
    context, requests, first = bound.context_tokens, bound.requests, bound.time_to_first_token_ms
    token = bound.usd_per_million_output_tokens
    pace = f"{bound.time_per_output_token_ms_one_request:.2f} ms for one request"
    if requests > 1:
        pace += f", {bound.time_per_output_token_ms_all_requests:.2f} ms with {requests} concurrent requests"
    rows = {
        "time per output token": pace,
        "output tokens": f"{bound.decode_tokens_per_s_all_requests:,.0f} per second with "
        f"{count(requests, 'request')}: {dollars(token)} per million at the bound, "
        f"{dollars(token / reached.reached_high)} to {dollars(token / reached.reached)} in practice",
        "prompt tokens": f"{bound.prefill_tokens_per_s:,.0f} per second, "
        f"{dollars(bound.usd_per_million_prompt_tokens)} per million",
        "time to first token": f"{first:.0f} ms" if first < 1000 else f"{first / 1000:.1f} s",
        "idle window": f"{dollars(bound.usd_per_idle_window)} for {bound.idle_window_s} s after the last request",
    }
    head = (
        f"At best, by memory bandwidth and compute, at {context:,} tokens per request; engines reach "
        f"{reached.reached:.0%} to {reached.reached_high:.0%} of the decoding bound:"
    )
    lines = wrapped(head)
    for name, value in rows.items():
        lines += textwrap.wrap(f"{name:<22} {value}", layout.width(), initial_indent="    ", subsequent_indent=" " * 27)
    return lines


def _comparison(comparison: Comparison) -> list[str]:
    """A row for each plan at the same size, with dashes where it does not fit, and what fits there instead."""
    rows = [
        {
            "model": row.plan.model,
            "gpu": row.gpu,
            "verdict": row.plan.verdict,
            "$/hour": f"{row.plan.usd_per_hour:.2f}",
            **{name: _figure(row.figures()[key], form) for name, (key, form) in FIGURES.items()},
        }
        for row in comparison.rows
    ]
    dropped = "model" if len({row["model"] for row in rows}) == 1 else "full requests"  # for a narrow terminal
    for cells in rows:
        del cells[dropped]
    size = f"{comparison.max_model_len:,} tokens and {count(comparison.max_num_seqs, 'request')}"
    remarks = [f"{row.gpu}: {remark}." for row in comparison.rows if (remark := row.remark())]
    differs = [f"Not the same: {text}." for text in comparison.differs]
    return [
        f"Compared at {size}:",
        layout.indented(layout.table(rows)),
        *(line for text in (*remarks, *differs) for line in wrapped(text)),
    ]


def _figure(value: float | None, form: str) -> str:
    """A figure in a table, or a dash."""
    if value is None:
        return "-"
    return dollars(value) if form == "$" else format(value, form)


def _alternatives(answer: Answer) -> list[str]:
    plan, goal = answer.plan, answer.advice.goal if answer.advice else ""
    first = plan.alternatives[0]
    fits = "GPUs that also fit" if plan.fits else "GPUs that would fit"
    size = f"{first.max_model_len:,} tokens and {count(first.max_num_seqs, 'request')}"
    lines = [
        f"{fits} {size}, {RANKED_BY.get(goal, 'cheapest per hour first')}:",
        layout.indented(layout.table([_alternative(other) for other in plan.alternatives])),
    ]
    if not all(other.native for other in plan.alternatives):
        lines.append("  * no native support for the format of these weights")
    return lines


def _alternative(other: Alternative) -> dict[str, str]:
    return {
        "gpu": _gpus(other.gpu, other.gpus) + ("" if other.native else " *"),
        "$/hour": f"{other.usd_per_hour:.2f}",
        "KV GiB": f"{other.kv_gib_low:.1f}",
        "full requests": f"{other.max_concurrency:.1f}",
        "concurrent": str(other.requests),
        "ms/token": f"{other.time_per_output_token_ms_all_requests:.1f}",
        "$/M at bound": dollars(other.usd_per_million_output_tokens),
        "$/idle window": dollars(other.usd_per_idle_window),
    }
