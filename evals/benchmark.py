"""Records of the reports: benchmark.json, in skill-creator's format with our own keys, and comparison.json."""

from typing import Any

from pydantic import Field

from evals.artifact import Verdict
from evals.records import Record, Settings
from evals.stats import Rate, Spread

SCHEMA = "1.0"


class Metadata(Record):
    """skill-creator's metadata."""

    skill_name: str
    skill_path: str
    executor_model: str
    analyzer_model: str
    timestamp: str
    evals_run: list[int]
    runs_per_configuration: int


class Control(Record):
    """Runs of the controls, and how many fired. The evaluation is void unless one of each set fired."""

    asked: int
    fired: int
    void: bool
    why: str
    reasons: list[str]


class Progress(Record):
    """Runs that are planned and done."""

    planned: int
    done: int


class Configuration(Record):
    """The cases with or without the skill. `told`: conclusive runs, to which the rates refer."""

    runs: int
    told: int
    delivered: Rate
    passed: Rate
    checks: dict[str, Rate]
    tokens: Spread
    seconds: Spread
    turns: Spread
    usd: float | None


class Gain(Record):
    """Difference of the delivery rates with and without the skill, with its 95 % interval."""

    value: float
    low: float
    high: float


class Matrix(Record):
    """A confusion matrix: a row for each expected label, a column for each observed one."""

    labels: list[str]
    rows: list[list[int]]
    right: Rate


class Triggering(Record):
    """Confusion counts and rates of the skill under test; inconclusive runs are counted apart."""

    tp: int
    fn: int
    fp: int
    tn: int
    errors: int
    timeouts: int
    recall: Rate
    precision: Rate
    specificity: Rate


class CaseRun(Record):
    """A conclusive run of a case, as an entry of skill-creator's `runs`."""

    eval_id: int
    eval_name: str
    configuration: str
    run_number: int
    result: dict[str, Any]  # skill-creator's pass_rate, time_seconds, tokens, tool_calls and so on
    expectations: list[Verdict]
    routing: list[Verdict]
    passed: bool
    skills: list[str]
    workflow: str
    expect_workflow: str | None
    usd: float | None
    notes: list[str]

    @property
    def id(self) -> str:
        """The id of the case in results."""
        return f"eval-{self.eval_id}"

    @property
    def delivered(self) -> bool:
        """True if every verdict on the files passed."""
        return all(verdict.passed for verdict in self.expectations)


class QueryRun(Record):
    """A run of a query; `triggered` is None if it was inconclusive."""

    id: str
    query: str
    run_number: int
    split: str
    kind: str
    topic: str
    should_trigger: bool
    expect_skill: str | None
    outcome: str
    triggered: bool | None
    skills: list[str]
    workflow: str
    tokens: int
    usd: float | None
    seconds: float


class Failure(Record):
    """A run that failed, or was inconclusive (`told` false), and the reasons."""

    place: str
    name: str
    outcome: str
    told: bool
    why: list[str]


class Benchmark(Record):
    """A complete evaluation: benchmark.json."""

    schema_version: str = SCHEMA
    metadata: Metadata
    settings: Settings
    control: Control
    complete: Progress
    outcomes: dict[str, int]
    evals: dict[str, Configuration]
    gain: Gain | None
    skills_matrix: Matrix
    trigger: dict[str, Triggering]
    trigger_by_kind: dict[str, Triggering]
    trigger_by_topic: dict[str, Triggering]
    workflow_matrix: Matrix
    routing_matrix: Matrix
    runs: list[CaseRun]
    queries: list[QueryRun]
    queries_usd: float | None
    run_summary: dict[str, Any]  # skill-creator's
    failures: list[Failure] = Field(default_factory=list)  # left out of published files
    notes: list[str]


class RateChange(Record):
    """A rate before and after, their difference, and its 95 % interval."""

    name: str
    text: str
    before: Rate
    after: Rate
    low: float
    high: float
    difference: float


class Flip(Record):
    """A task that most runs got right before and wrong after, or the reverse: shares of good runs."""

    id: str
    name: str
    before: float
    after: float


class TokenChange(Record):
    """Mean tokens of a run before and after, and the relative change."""

    before: float
    after: float
    change: float | None


class Comparison(Record):
    """Two evaluations, compared by the tasks that both ran: comparison.json."""

    before: str
    after: str
    shared: int
    rates: list[RateChange]
    flips: list[Flip]
    only_before: list[str]
    only_after: list[str]
    differs: list[str]
    tokens: TokenChange
