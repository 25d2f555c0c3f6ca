"""What an engine sets aside beside weights and KV cache, by its version: the profiling run's peak and the rest (pure).

Everything is GiB on each GPU, as low, mid and high.
"""

import re
from dataclasses import dataclass
from functools import cache

from modal_serve_gen import facts
from modal_serve_gen.errors import BadInput, shown
from modal_serve_gen.model import Model
from modal_serve_gen.plan.gpus import gpu_facts

GIB = 2**30
ENDS = ("low", "mid", "high")
VERSION = re.compile(r"v?(\d{1,4}(?:\.\d{1,6}){1,3})(?:[.+-]?[A-Za-z][\w.+-]{0,60})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Range:
    """One item's low, middle and high figure."""

    low: float
    mid: float
    high: float

    def __add__(self, other: "Range") -> "Range":
        return Range(self.low + other.low, self.mid + other.mid, self.high + other.high)

    def times(self, factor: float) -> "Range":
        return Range(self.low * factor, self.mid * factor, self.high * factor)

    def spread(self, factor: float) -> "Range":
        """The same middle, its ends `factor` times as far away."""
        return Range(self.mid - (self.mid - self.low) * factor, self.mid, self.mid + (self.high - self.mid) * factor)


@dataclass(frozen=True, slots=True)
class Era:
    """The rules and figures of the engine releases that one version belongs to."""

    rules: dict
    logged: bool  # False: no log of this release was read, so that its figures are wider

    def range(self, table: dict) -> Range:
        found = Range(table["low"], table["mid"], table["high"])
        return found if self.logged else found.spread(facts.overheads()["sizing"]["unlogged"])


@cache
def parse_version(text: str) -> tuple[int, ...]:
    """ "v0.11.0rc2" -> (0, 11, 0). Raises BadInput for what is no version."""
    match = VERSION.fullmatch(text.strip()) if len(text) <= 100 else None
    if not match:
        raise BadInput(f"--engine-version {shown(text, 60)} is not a version.", "Write it as 0.11.0.")
    return tuple(int(part) for part in match[1].split("."))


def check_version(engine: str, text: str | None) -> None:
    """Raises BadInput for a version whose memory follows rules that are not known here."""
    first = facts.overheads()["defaults"]["first_version"]
    if text is not None and engine == "vllm" and parse_version(text) < parse_version(first):
        raise BadInput(
            f"--engine-version {shown(text, 60)} is older than vLLM {first}, and sizes its memory by other rules.",
            f"Plan for vLLM {first} or newer; apps pin {facts.pins()['vllm']['version']}.",
        )


def era(engine: str, text: str | None) -> Era:
    """The era of that version; None: the version that apps pin."""
    version = text or facts.pins().get(engine, {}).get("version", "0")
    number = parse_version(version)
    rules = [one for one in facts.overheads()[engine] if parse_version(one["from"]) <= number][-1]
    minor = ".".join(map(str, number[:2]))
    return Era(rules, minor in rules["logged"])


def defaults(engine: str, version: str | None, gpu: str, *, server: bool) -> tuple[int, int]:
    """(max_num_batched_tokens, max_num_seqs) that this vLLM takes by itself on this GPU (engine/arg_utils.py)."""
    number = parse_version(version or facts.pins()[engine]["version"])
    usable, name = gpu_facts(gpu)["usable_gib"], facts.gpu_aliases().get(gpu, gpu)
    for row in facts.overheads()["defaults"]["rows"]:
        if usable >= row["at_least_gib"] and name not in row.get("not", ()) and number >= _from(row):
            return row["server" if server else "offline"], row["sequences"]
    raise AssertionError("the last row holds for every GPU")


def _from(row: dict) -> tuple[int, ...]:
    return parse_version(row["from"]) if "from" in row else ()


def activations(model: Model, age: Era, *, sequences: int, tokens: int, tp: int) -> Range:
    """The peak of the profiling pass: the sampler's logits or one layer's forward pass, whichever is larger, plus
    what only some architectures want (vLLM 0.33.0, v1/worker/gpu_model_runner.py, profile_run).

    Sampler: copies x max_num_seqs x vocabulary in float32, beside the hidden states of a whole batch of tokens. The
    copies are counted in facts/overheads.toml.
    """
    known, rules = facts.overheads()["activations"], age.rules
    hidden = 2 * tokens * model.hidden_size / GIB
    logits = 4 * sequences * model.vocab_size / GIB
    copies, forward = age.range(rules["sampler_copies"]), _forward(model, age, known, tokens, tp)
    sampler = copies.times(logits) + Range(hidden, hidden, hidden)
    peak = Range(*(max(getattr(sampler, end), getattr(forward, end)) for end in ENDS))
    peak += age.range(rules["base"]) + age.range(rules["compile"])
    if model.multimodal:
        peak += age.range(known["multimodal"])
    kinds = {layer.kind for layer in model.layers}
    if "linear" in kinds:
        peak += age.range(known["linear"])
    return peak + age.range(known["index"]) if "index" in kinds else peak


def _forward(model: Model, age: Era, known: dict, tokens: int, tp: int) -> Range:
    """One layer's tensors for a batch: gate, up and their product beside residual and hidden states; for experts, the
    two caches of fused_moe (vLLM 0.33.0, layers/fused_moe/fused_moe.py: tokens x top_k x max(2 width, hidden), and
    tokens x top_k x width), which FP8 blocks hold in 8 bits once more."""
    sized = model.sizes
    dense = max(
        (one.outputs for one in sized.weights if one.part in ("mlp", "shared") and one.inputs == model.hidden_size),
        default=0,
    ) if sized else 4 * model.hidden_size  # fmt: skip
    row = 3 * dense / tp + 2 * model.hidden_size
    found = age.range(known["forward_copies"]).times(2 * tokens * row / GIB)
    experts = [one for one in sized.weights if one.part == "experts"] if sized else []
    if not experts or not model.num_experts:
        return found
    width, inner = min(experts[0].outputs, experts[0].inputs), max(experts[0].outputs, experts[0].inputs)
    if experts[0].inputs == model.hidden_size:
        inner, width = experts[0].inputs, experts[0].outputs
    used = round(sized.active * model.num_experts)
    row = used * (max(2 * width / tp, inner) + width / tp) + 3 * model.hidden_size
    if model.quantization_block:
        row += used * inner
    sparse = age.range(known["expert_copies"]).times(2 * tokens * row / GIB)
    return Range(*(max(getattr(found, end), getattr(sparse, end)) for end in ENDS))


def cuda_graphs(model: Model, age: Era, *, ranks: int, eager: bool = False) -> Range:
    """What capturing CUDA graphs takes out of the pool: nothing before vLLM subtracted it, nor in eager mode."""
    if eager or not age.rules["graphs_counted"]:
        return Range(0.0, 0.0, 0.0)
    table = facts.overheads()["cuda_graphs"]["one_gpu" if ranks == 1 else "several_gpus"]
    return age.range(table).times(model.sizes.layers if model.sizes else sum(one.count for one in model.layers))


def non_torch(gpu: str, age: Era, *, ranks: int) -> Range:
    """CUDA context, NCCL and workspaces outside torch."""
    table = facts.overheads()["non_torch"]
    return age.range(table["one_gpu" if ranks == 1 else "nvlink" if gpu_facts(gpu)["nvlink"] else "pcie"])
