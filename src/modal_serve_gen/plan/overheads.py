"""What an engine reserves in addition to weights and KV cache, by its version (pure).

Every figure is GiB on each GPU, as a low, a middle and a high one.
"""

import re
from dataclasses import dataclass
from functools import cache

from modal_serve_gen import facts
from modal_serve_gen.errors import BadInput, quoted
from modal_serve_gen.facts import Range, ReleaseRules
from modal_serve_gen.models import Model
from modal_serve_gen.plan.gpus import gpu_facts

GIB = 2**30
PADDED_ROWS = 128  # DeepGEMM's alignment of the rows of one expert
VERSION = re.compile(r"v?(\d{1,4}(?:\.\d{1,6}){1,3})(?:[.+-]?[A-Za-z][\w.+-]{0,60})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Release:
    """The rules for one engine version."""

    rules: ReleaseRules
    logged: bool  # False: no log of this release was available, so its ranges are wider

    def range(self, figures: Range) -> Range:
        return figures if self.logged else figures.spread(facts.overheads().sizing.unlogged)


@cache
def parse_version(text: str) -> tuple[int, ...]:
    """ "v0.11.0rc2" -> (0, 11, 0). Raises BadInput for text that is not a version."""
    match = VERSION.fullmatch(text.strip()) if len(text) <= 100 else None
    if not match:
        raise BadInput(f"--engine-version {quoted(text, 60)} is not a version.", "Use a version such as 0.11.0.")
    return tuple(int(part) for part in match[1].split("."))


def check_version(engine: str, text: str | None) -> None:
    """Raises BadInput for a version whose memory rules are not known."""
    first = facts.overheads().defaults.first_version
    if text is not None and engine == "vllm" and parse_version(text) < parse_version(first):
        raise BadInput(
            f"--engine-version {quoted(text, 60)} is older than vLLM {first} and sizes its memory by other rules.",
            f"Plan for vLLM {first} or newer; apps pin {facts.pins()['vllm'].version}.",
        )


def release(engine: str, version: str | None) -> Release:
    """The rules for that version; None: the pinned version."""
    number = parse_version(version or facts.pins()[engine].version)
    releases = facts.overheads().sglang if engine == "sglang" else facts.overheads().vllm
    rules = [row for row in releases if parse_version(row.since) <= number][-1]
    return Release(rules, ".".join(map(str, number[:2])) in rules.logged)


def defaults(engine: str, version: str | None, gpu: str, *, server: bool) -> tuple[int, int]:
    """(max_num_batched_tokens, max_num_seqs) that this vLLM uses by default on this GPU (engine/arg_utils.py)."""
    number = parse_version(version or facts.pins()[engine].version)
    usable, name = gpu_facts(gpu).usable_gib, facts.gpu_aliases().get(gpu, gpu)
    for row in facts.overheads().defaults.rows:
        if usable >= row.at_least_gib and name not in row.except_for and number >= parse_version(row.since):
            return row.server if server else row.offline, row.sequences
    raise AssertionError("the last row applies to every GPU")


def activations(
    model: Model,
    release: Release,
    *,
    sequences: int,
    tokens: int,
    tp: int,
    length: int,
    replicas: int = 1,
    whole_experts: bool = False,
) -> Range:
    """The peak of the profiling run: the larger of the sampler's logits and one layer's forward pass, plus what only
    some architectures require (vLLM 0.33.0, v1/worker/gpu_model_runner.py, profile_run).

    Sampler: copies x max_num_seqs x vocabulary in float32, and the hidden states of a full batch of tokens. The copies
    are counted in facts/overheads.toml. An encoder runs before, alone, and its outputs for a full batch are kept.
    Experts see the tokens of all `replicas`, and are complete with expert parallelism (`whole_experts`).
    """
    known, rules = facts.overheads().activations, release.rules
    hidden = 2 * tokens * model.hidden_size / GIB
    logits = 4 * sequences * model.vocab_size / GIB
    sampler = release.range(rules.sampler_copies).times(logits) + Range(hidden, hidden, hidden)
    experts = _experts(model, release, tokens, replicas, 1 if whole_experts else tp)
    peak = _largest(sampler, _forward(model, release, tokens, tp, length, sequences, experts))
    kinds = {layer.kind for layer in model.layers}
    if "linear" in kinds:
        peak += release.range(known.linear)
    if "index" in kinds:
        peak += release.range(known.index)
    if model.multimodal:
        peak = _largest(peak + Range(hidden, hidden, hidden), release.range(known.multimodal))
    return peak + release.range(rules.base) + release.range(rules.compile)


def _largest(*ranges: Range) -> Range:
    """The largest low, middle and high figure."""
    return Range(max(x.low for x in ranges), max(x.mid for x in ranges), max(x.high for x in ranges))


def _forward(
    model: Model, release: Release, tokens: int, tp: int, length: int, sequences: int, experts: float
) -> Range:
    """The largest tensors of one layer for a batch of tokens, with residual and hidden states."""
    known, matrices = facts.overheads().activations, [weight.matrix for weight in model.sizes.weights]
    widths = [x.outputs for x in matrices if x.inputs == model.hidden_size and x.part in ("mlp", "shared")]
    row = 3 * max(widths, default=0) / tp + 2 * model.hidden_size
    dense = release.range(known.forward_copies).times(2 * tokens * row / GIB)
    if streams := model.sizes.decoder.streams:
        dense += release.range(known.streams).times(tokens * streams * model.hidden_size / GIB)
    sparse = release.range(known.expert_copies).times(experts / GIB)
    # MLA's profiling reserves the up-projection of a prompt's context (vLLM 0.33.0, layers/attention/
    # mla_attention.py): for 8 full requests or 4 blocks each, at most 65,536 tokens.
    context = min(max(8 * length, 4 * sequences * 16), 2**16)
    up_projected = max((matrix.outputs for matrix in model.sizes.up_projections), default=0)
    latent = 2 * context * up_projected / tp / GIB
    return _largest(dense, sparse, Range(latent, latent, latent))


def _experts(model: Model, release: Release, tokens: int, replicas: int, parts: int) -> float:
    """Bytes of a mixture's two workspaces, one row for each token and expert that it uses, and of three hidden states.

    Each rank gathers the tokens of all data-parallel replicas (vLLM 0.33.0, layers/fused_moe/prepare_finalize/
    naive_dp_ep.py). `parts`: that an expert is cut into.

    Modular kernels: max(width, hidden) and max(2 width, hidden); DeepGEMM, for FP8 blocks, pads the rows of each expert
    to 128 (vLLM 0.18.0, layers/fused_moe/fused_moe.py and deep_gemm_moe.py, workspace_shapes; 0.13.0,
    fused_experts_impl: max(2 width, hidden) and width).
    """
    experts = [weight.matrix for weight in model.sizes.weights if weight.part == "experts"]
    if not experts or not model.num_experts:
        return 0.0
    up = max(experts, key=lambda matrix: matrix.elements)  # gate and up together; down has the other direction
    hidden, width = up.inputs, up.outputs / parts
    rows = tokens * replicas * round(model.sizes.decoder.active_experts * model.num_experts)
    if model.quantization_block:
        rows += model.num_experts * (PADDED_ROWS - 1)
    if release.rules.modular_experts or model.quantization_block:
        row = max(width, hidden) + max(2 * width, hidden)
    else:
        row = max(2 * width, hidden) + width
    return 2 * (rows * row + 3 * tokens * model.hidden_size)


def cuda_graphs(model: Model, release: Release, *, ranks: int, eager: bool = False) -> Range:
    """What CUDA graph capture takes from the pool: nothing in eager mode, nor before vLLM subtracted it."""
    if eager or not release.rules.graphs_counted:
        return Range(0.0, 0.0, 0.0)
    known = facts.overheads().cuda_graphs
    figures = known.one_gpu if ranks == 1 else known.several_gpus
    if any(layer.kind in ("mla", "compressed") for layer in model.layers):
        figures = known.latent
    return release.range(figures).times(len(model.sizes.decoder.layers))


def non_torch(gpu: str, release: Release, *, ranks: int, replicas: int = 1, eager: bool = False) -> Range:
    """CUDA context, NCCL and workspaces outside torch; `replicas` share the experts of a mixture."""
    known = facts.overheads().non_torch
    if ranks == 1:
        return release.range(known.one_gpu)
    if gpu_facts(gpu).nvlink:
        figures = release.range(known.nvlink) + release.range(known.nvlink_rank).times(ranks)
        if release.rules.graphs_profiled and not eager:
            figures += release.range(known.nvlink_graphs)
    else:
        figures = release.range(known.pcie)
    return figures + release.range(known.replicas) if replicas > 1 else figures
