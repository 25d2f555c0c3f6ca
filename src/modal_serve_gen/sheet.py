"""A plan as people read it: the ledger with a bar for each GPU, limits, speed, what else would fit."""

import shutil
import sys
import textwrap
from typing import Any

from modal_serve_gen import facts, listings
from modal_serve_gen.plan import Plan
from modal_serve_gen.plan.gpus import gpu_facts
from modal_serve_gen.planning import Answer


def text(found: Answer) -> str:
    """The answer for a person, as wide as the terminal."""
    width = min(110, shutil.get_terminal_size((100, 24)).columns)
    lines = [*_head(found, width), "", *_ledger(found.plan, width), "", *_limits(found.plan), "", *_speed(found.plan)]
    if found.compared:
        lines += ["", "Compared:", _indented(listings.table(_rows((found.plan, *found.compared))))]
    if found.plan.alternatives:
        what = "Also fits, best first:" if found.plan.fits else "What would fit, best first:"
        lines += ["", what, _indented(listings.table([_other(one) for one in found.plan.alternatives]))]
    if found.advice:
        lines += ["", *_wrapped(f"For {found.advice.goal}: {found.advice.workflow} ({found.advice.why}).", width)]
        lines += [line for each in found.advice.instead for line in _wrapped(each, width)]
    lines += [""] + [line for note in found.plan.notes for line in _wrapped(note, width, "  - ")]
    return "\n".join(lines)


def _head(found: Answer, width: int) -> list[str]:
    one = found.plan
    verdict = "fits" if one.fits else "does not fit"
    size = f", {found.parameters / 1e9:.2f}B parameters" if found.parameters else ""
    first = f"{one.model}{size}: {verdict} on {spelled(one)}, ${one.usd_per_hour:.2f} per hour"
    if one.region_multiplier != 1:
        first += f" ({one.region_multiplier:g} times the base price)"
    return [*textwrap.wrap(first, width), *textwrap.wrap(one.reason, width)]


def spelled(one: Plan) -> str:
    """The GPUs as people write them."""
    return one.gpu if one.gpus == 1 else f"{one.gpus} x {one.gpu}"


def _ledger(one: Plan, width: int) -> list[str]:
    """Each item with its figures, and one bar for all of a GPU."""
    usable = gpu_facts(one.gpu)["usable_gib"]
    exact = {True: "", False: "  estimate"}
    lines = [f"  {'GiB per GPU':<22}{'expected':>10}{'planned with':>14}"]
    for row in one.ledger:
        more = exact[row.exact] if row.item == "weights" else ""
        if row.item == "kv_cache":
            more = f"  {one.kv_cache.gib_low:.1f} to {one.kv_cache.gib_high:.1f}"
        lines.append(f"{_mark(row.item)} {row.item.replace('_', ' '):<22}{row.gib:>10.2f}{row.gib_sized:>14.2f}{more}")
    share = one.gpu_memory_utilization
    lines.append(f"  {'of':<22}{usable * share:>10.2f}   ({share:.0%} of {usable})")
    return [*lines, "", *_bars(one, usable, max(20, min(72, width - 8)))]


MARKS = {"weights": "█", "kv_cache": "▒", "activations": "▓", "cuda_graphs": "▓", "non_torch": "▓"}
PLAIN = {"█": "#", "▒": "=", "▓": "+", "·": "."}


def _mark(item: str) -> str:
    return _drawn(MARKS.get(item, "▓"))


def _drawn(marks: str) -> str:
    """Blocks where the terminal can show them, else ASCII."""
    try:
        marks.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return "".join(PLAIN[mark] for mark in marks)
    return marks


def _bars(one: Plan, usable: float, width: int) -> list[str]:
    """One bar for each GPU: they are alike, so that four and more are drawn once."""
    parts, bar = [(row.item, max(0.0, row.gib_sized)) for row in one.ledger], ""
    whole = max(usable, sum(size for _, size in parts))
    for at, (item, _) in enumerate(parts):
        end = round(width * sum(size for _, size in parts[: at + 1]) / whole)
        bar += MARKS.get(item, "▓") * (end - len(bar))
    full = round(width * usable / whole)
    bar = _drawn(bar.ljust(full, "·"))
    line = f"  {bar[:full]}|{bar[full:]}" if len(bar) > full else f"  {bar}|"
    if one.gpus > 3:
        return [f"{line} each of {one.gpus}"]
    return [line] * one.gpus


def _limits(one: Plan) -> list[str]:
    cache = one.kv_cache
    return [
        f"  up to {one.max_model_len:,} tokens per request, {one.max_num_seqs} requests and "
        f"{one.max_num_batched_tokens:,} tokens in a batch;",
        f"  {cache.bytes_per_token:,.0f} bytes of KV cache a token and GPU ({cache.dtype}): room for {cache.tokens:,} "
        f"tokens at least, {cache.max_concurrency:.1f} requests of full length;",
        f"  ready within {one.startup_timeout_s // 60} minutes, or the start counts as failed",
    ]


def _speed(one: Plan) -> list[str]:
    """The bounds, said to be bounds."""
    bound = one.bounds
    context, many = int(bound["context_tokens"]), int(bound["requests"])
    return [
        f"  Bounds by bandwidth and arithmetic, with {context:,} tokens in each request; engines reach "
        f"{facts.overheads()['speed']['reached']:.0%} to 85%:",
        f"    time per output token   {bound['time_per_output_token_ms_one_request']:>9.2f} ms for one request, "
        f"{bound['time_per_output_token_ms_all_requests']:.2f} ms for {many} at once",
        f"    output tokens           {bound['decode_tokens_per_s_all_requests']:>9,.0f} per second of all, "
        f"${bound['usd_per_million_output_tokens']:.3f} a million",
        f"    prompt tokens           {bound['prefill_tokens_per_s']:>9,.0f} per second, "
        f"${bound['usd_per_million_prompt_tokens']:.4f} a million",
        f"    time to first token     {bound['time_to_first_token_ms']:>9.1f} ms for a prompt of {context:,} tokens",
        f"    an idle window costs    {bound['usd_per_idle_window']:>9.3f} $ after the last request",
    ]


def _rows(plans: tuple[Plan, ...]) -> list[dict[str, Any]]:
    """A line for each; the model only where there are several."""
    rows = [
        {
            "model": one.model,
            "gpu": spelled(one),
            "fits": "yes" if one.fits else "no",
            "$/hour": f"{one.usd_per_hour:.2f}",
            "KV GiB": f"{max(0.0, one.kv_cache.gib_low):.1f}",
            "full requests": f"{one.kv_cache.max_concurrency:.1f}",
            "ms/token": f"{one.bounds['time_per_output_token_ms_one_request']:.1f}",
            "$/M out": f"{one.bounds['usd_per_million_output_tokens']:.3f}",
        }
        for one in plans
    ]
    if len({one.model for one in plans}) == 1:
        for row in rows:
            del row["model"]
    return rows


def _other(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "gpu": one["gpu"] if one["gpus"] == 1 else f"{one['gpus']} x {one['gpu']}",
        "$/hour": f"{one['usd_per_hour']:.2f}",
        "KV GiB": f"{one['kv_gib_low']:.1f}",
        "full requests": f"{one['max_concurrency']:.1f}",
        "ms/token": f"{one['time_per_output_token_ms']:.1f}",
        "$/M out": f"{one['usd_per_million_output_tokens']:.3f}",
        "$ idle window": f"{one['usd_per_idle_window']:.3f}",
    }


def _wrapped(line: str, width: int, first: str = "  ") -> list[str]:
    return textwrap.wrap(
        line, width, initial_indent=first, subsequent_indent=" " * len(first), break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip


def _indented(table: str) -> str:
    return textwrap.indent(table, "  ")
