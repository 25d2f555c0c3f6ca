"""What an engine sets aside beside weights and KV cache, by its version: the profiling run's peak and the rest (pure).

Everything is GiB on each GPU, as low, mid and high.
"""

import re
from dataclasses import dataclass
from functools import cache

from modal_serve_gen import facts
from modal_serve_gen.errors import BadInput, quoted
from modal_serve_gen.facts import Activations, Range, ReleaseRules
from modal_serve_gen.models import Model
from modal_serve_gen.plan.gpus import gpu_facts

GIB = 2**30
ENDS = ("low", "mid", "high")
PADDED_ROWS = 128  # DeepGEMM's alignment of one expert's rows
VERSION = re.compile(r"v?(\d{1,4}(?:\.\d{1,6}){1,3})(?:[.+-]?[A-Za-z][\w.+-]{0,60})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Era:
    """The rules and figures of the engine releases that one version belongs to."""

    rules: ReleaseRules
    logged: bool  # False: no log of this release was read, so that its figures are wider

    def range(self, figures: Range) -> Range:
        return figures if self.logged else figures.spread(facts.overheads().sizing.unlogged)


@cache
def parse_version(text: str) -> tuple[int, ...]:
    """ "v0.11.0rc2" -> (0, 11, 0). Raises BadInput for what is no version."""
    match = VERSION.fullmatch(text.strip()) if len(text) <= 100 else None
    if not match:
        raise BadInput(f"--engine-version {quoted(text, 60)} is not a version.", "Write it as 0.11.0.")
    return tuple(int(part) for part in match[1].split("."))


def check_version(engine: str, text: str | None) -> None:
    """Raises BadInput for a version whose memory follows rules that are not known here."""
    first = facts.overheads().defaults.first_version
    if text is not None and engine == "vllm" and parse_version(text) < parse_version(first):
        raise BadInput(
            f"--engine-version {quoted(text, 60)} is older than vLLM {first}, and sizes its memory by other rules.",
            f"Plan for vLLM {first} or newer; apps pin {facts.pins()['vllm'].version}.",
        )


def era(engine: str, text: str | None) -> Era:
    """The era of that version; None: the version that apps pin."""
    version = text or facts.pins()[engine].version
    number = parse_version(version)
    known = facts.overheads()
    releases = known.sglang if engine == "sglang" else known.vllm
    rules = [row for row in releases if parse_version(row.since) <= number][-1]
    minor = ".".join(map(str, number[:2]))
    return Era(rules, minor in rules.logged)


def defaults(engine: str, version: str | None, gpu: str, *, server: bool) -> tuple[int, int]:
    """(max_num_batched_tokens, max_num_seqs) that this vLLM takes by itself on this GPU (engine/arg_utils.py)."""
    number = parse_version(version or facts.pins()[engine].version)
    usable, name = gpu_facts(gpu).usable_gib, facts.gpu_aliases().get(gpu, gpu)
    for row in facts.overheads().defaults.rows:
        if usable >= row.at_least_gib and name not in row.except_for and number >= parse_version(row.since):
            return row.server if server else row.offline, row.sequences
    raise AssertionError("the last row holds for every GPU")


def activations(model: Model, age: Era, *, sequences: int, tokens: int, tp: int, length: int) -> Range:
    """The peak of the profiling pass: the sampler's logits or one layer's forward pass, whichever is larger, plus
    what only some architectures want (vLLM 0.33.0, v1/worker/gpu_model_runner.py, profile_run).

    Sampler: copies x max_num_seqs x vocabulary in float32, beside the hidden states of a whole batch of tokens. The
    copies are counted in facts/overheads.toml.
    """
    known, rules = facts.overheads().activations, age.rules
    hidden = 2 * tokens * model.hidden_size / GIB
    logits = 4 * sequences * model.vocab_size / GIB
    copies, forward = age.range(rules.sampler_copies), _forward(model, age, known, tokens, tp, length, sequences)
    sampler = copies.times(logits) + Range(hidden, hidden, hidden)
    peak = Range(*(max(getattr(sampler, end), getattr(forward, end)) for end in ENDS))
    peak += age.range(rules.base) + age.range(rules.compile)
    if model.multimodal:
        peak += age.range(known.multimodal)
    kinds = {layer.kind for layer in model.layers}
    if "linear" in kinds:
        peak += age.range(known.linear)
    return peak + age.range(known.index) if "index" in kinds else peak


def _forward(model: Model, age: Era, known: Activations, tokens: int, tp: int, length: int, sequences: int) -> Range:
    """The largest of one layer's tensors for a batch of tokens, beside residual and hidden states."""
    sized = model.sizes
    if sized is None:
        return age.range(known.forward_copies).times(2 * tokens * 14 * model.hidden_size / GIB)
    inputs = [one for one in sized.weights if one.inputs == model.hidden_size]
    dense = max((one.outputs for one in inputs if one.part in ("mlp", "shared")), default=0)
    found = age.range(known.forward_copies).times(2 * tokens * (3 * dense / tp + 2 * model.hidden_size) / GIB)
    sparse = age.range(known.expert_copies).times(_experts(model, age, tokens, tp) / GIB)
    # What MLA's profiling reserves to project a prompt's context upwards (vLLM 0.33.0, layers/attention/
    # mla_attention.py): for 8 full requests or 4 blocks each, at most 65,536 tokens.
    context = min(max(8 * length, 4 * sequences * 16), 2**16)
    latent = 2 * context * sized.up_projected / tp / GIB
    return Range(*(max(getattr(found, end), getattr(sparse, end), latent) for end in ENDS))


def _experts(model: Model, age: Era, tokens: int, tp: int) -> float:
    """Bytes of a mixture's two workspaces, a row for each token and expert that it uses, and of three hidden states.

    Modular kernels: max(width, hidden) and max(2 width, hidden); DeepGEMM, for FP8 blocks, pads each expert's rows to
    128 (vLLM 0.18.0, layers/fused_moe/fused_moe.py and deep_gemm_moe.py, workspace_shapes; 0.13.0, fused_experts_impl:
    max(2 width, hidden) and width).
    """
    experts = [one for one in model.sizes.weights if one.part == "experts"] if model.sizes else []
    if not experts or not model.num_experts:
        return 0.0
    up = max(experts, key=lambda one: one.elements)  # gate and up together; down has the other direction
    hidden, width = up.inputs, up.outputs / tp
    rows = tokens * round(model.sizes.active * model.num_experts)
    if model.quantization_block:
        rows += model.num_experts * (PADDED_ROWS - 1)
    if age.rules.modular_experts or model.quantization_block:
        row = max(width, hidden) + max(2 * width, hidden)
    else:
        row = max(2 * width, hidden) + width
    return 2 * (rows * row + 3 * tokens * model.hidden_size)


def cuda_graphs(model: Model, age: Era, *, ranks: int, eager: bool = False) -> Range:
    """What capturing CUDA graphs takes out of the pool: nothing before vLLM subtracted it, nor in eager mode."""
    if eager or not age.rules.graphs_counted:
        return Range(0.0, 0.0, 0.0)
    table = facts.overheads().cuda_graphs
    return age.range(table.one_gpu if ranks == 1 else table.several_gpus).times(
        model.sizes.layers if model.sizes else sum(one.count for one in model.layers)
    )


def non_torch(gpu: str, age: Era, *, ranks: int) -> Range:
    """CUDA context, NCCL and workspaces outside torch."""
    table = facts.overheads().non_torch
    if ranks > 1 and gpu_facts(gpu).nvlink:
        return age.range(table.nvlink) + age.range(table.nvlink_rank).times(ranks)
    return age.range(table.one_gpu if ranks == 1 else table.pcie)
