"""`plan --compare`: other models and GPUs at the same length and number of requests."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from modal_serve_gen.commands import layout
from modal_serve_gen.plan import Offer, Plan

# Settings that an engine chooses by the GPU, as they are named in a sentence.
BY_GPU = {
    "max_num_seqs": "requests at once",
    "max_num_batched_tokens": "tokens per engine step",
    "gpu_memory_utilization": "share of GPU memory",
    "dtype": "data type",
}


@dataclass(frozen=True)
class Compared:
    """One row: the plan at the size of the comparison, and what these GPUs hold where that is too much."""

    plan: Plan
    length: int  # of the comparison
    instead: Offer | None = None

    @property
    def holds(self) -> bool:
        """True if its figures can be compared with those of the others."""
        return self.plan.verdict in ("fits", "misses a target") and self.plan.max_model_len == self.length

    @property
    def gpu(self) -> str:
        return layout.gpus(self.plan.gpu, self.plan.gpus)

    def remark(self) -> str:
        """Why there are no figures: what fits instead, or that nothing does; '' where there are some."""
        plan = self.plan
        if self.holds:
            return ""
        if plan.max_model_len < self.length:
            return f"{plan.model} has at most {plan.max_model_len:,} tokens"
        if self.instead is None or plan.verdict == "does not run":
            return f"{plan.model} {plan.verdict} there"
        if not self.instead.max_num_seqs and not self.instead.max_model_len:
            return f"holds one request of up to {self.instead.longest:,} tokens"
        fewer = f"{self.instead.max_num_seqs} of {plan.max_num_seqs} requests at once"
        if not self.instead.max_model_len:
            return f"holds {fewer}"
        return f"holds {fewer}, or all of them with up to {self.instead.max_model_len:,} tokens"

    def figures(self) -> dict[str, float | int | None]:
        """What is compared; null where the size does not fit."""
        plan, bounds = self.plan, self.plan.bounds
        figures: dict[str, float | int | None] = {
            "kv_gib_low": plan.kv_cache.gib_low,
            "max_concurrency": plan.kv_cache.max_concurrency,
            "requests": bounds.requests,
            "time_per_output_token_ms_all_requests": bounds.time_per_output_token_ms_all_requests,
            "output_tokens_per_s": bounds.decode_tokens_per_s_all_requests,
            "usd_per_million_output_tokens": bounds.usd_per_million_output_tokens,
        }
        return figures if self.holds else dict.fromkeys(figures)


@dataclass(frozen=True)
class Comparison:
    """Plans at one size, the first of which is the plan itself."""

    max_model_len: int
    max_num_seqs: int
    rows: tuple[Compared, ...]

    @property
    def differs(self) -> tuple[str, ...]:
        """The settings that are not the same in all rows, as the engine chooses them by the GPU."""
        held = [row for row in self.rows if row.holds]
        found = []
        for name, words in BY_GPU.items():
            values = {row.gpu: getattr(row.plan, name) for row in held}
            if len(set(values.values())) > 1:
                found.append(f"{words}: {', '.join(_each(values.items()))}")
        return tuple(found)

    def document(self) -> dict[str, Any]:
        """The value of `comparison` in JSON."""
        rows = [
            {
                "model": row.plan.model,
                "gpu": row.plan.gpu,
                "gpus": row.plan.gpus,
                "verdict": row.plan.verdict,
                "usd_per_hour": row.plan.usd_per_hour,
                **row.figures(),
                "instead": row.instead.model_dump(mode="json") if row.instead else None,
                "remark": row.remark(),
            }
            for row in self.rows
        ]
        return {
            "max_model_len": self.max_model_len,
            "max_num_seqs": self.max_num_seqs,
            "rows": rows,
            "differs": list(self.differs),
        }


def _each(values: Iterable[tuple[str, Any]]) -> list[str]:
    return [f"{value:,} on {gpu}" if isinstance(value, int) else f"{value} on {gpu}" for gpu, value in values]
