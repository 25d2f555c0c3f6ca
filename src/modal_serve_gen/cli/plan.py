"""`plan`: does it fit, how much does it hold, what does it cost."""

import json
from typing import Annotated

import typer

from modal_serve_gen import errors
from modal_serve_gen.cli.console import Json, end, guarded, say


@guarded
def plan(
    target: Annotated[
        str, typer.Argument(metavar="MODEL|FOLDER", help="A model's id, a folder with its config.json, or that file.")
    ],
    workflow: Annotated[
        str | None, typer.Option(help="Plan for this workflow; see modal-serve-gen list workflows.")
    ] = None,
    goal: Annotated[
        str | None, typer.Option(help="Choose the workflow: latency, throughput, cold-start or cost.")
    ] = None,
    gpu: Annotated[
        str | None, typer.Option(help="GPU and count, such as H200:4; without it, the cheapest that fits.")
    ] = None,
    max_model_len: Annotated[int | None, typer.Option(help="Tokens of one prompt and its answer.")] = None,
    concurrency: Annotated[
        int | None, typer.Option(help="Requests that one container answers at once (max_num_seqs).")
    ] = None,
    gpu_memory_utilization: Annotated[
        float | None,
        typer.Option(
            help="Share of the GPU's memory for the engine. With --gpu, a set-up as it is: see --engine-version."
        ),
    ] = None,
    kv_cache_dtype: Annotated[str | None, typer.Option(help="Such as fp8; without it, the model's own.")] = None,
    max_num_batched_tokens: Annotated[int | None, typer.Option(help="Tokens of one step of the engine.")] = None,
    engine_version: Annotated[
        str | None,
        typer.Option(help="Plan for this release. With --gpu, what is not given is that release's own default."),
    ] = None,
    compare: Annotated[
        list[str] | None, typer.Option(metavar="MODEL|GPU|MODEL@GPU", help="Plan this, too; repeatable.")
    ] = None,
    region: Annotated[str | None, typer.Option(help="Compute region, such as us or eu-west; costs more.")] = None,
    budget: Annotated[float | None, typer.Option(help="USD per hour that one container may cost.")] = None,
    time_per_output_token: Annotated[
        float | None, typer.Option(help="Milliseconds that a token may take while all requests run.")
    ] = None,
    tokens_per_s: Annotated[
        float | None, typer.Option(help="Output tokens per second that one container has to give.")
    ] = None,
    pipeline_parallel_size: Annotated[int, typer.Option(help="Stages that share the layers.")] = 1,
    data_parallel_size: Annotated[int, typer.Option(help="Replicas of attention, each with a cache of its own.")] = 1,
    enable_expert_parallel: Annotated[
        bool, typer.Option("--enable-expert-parallel", help="Experts lie whole on GPUs instead of cut over them.")
    ] = False,
    revision: Annotated[str | None, typer.Option(help="Commit, branch or tag on the Hub.")] = None,
    as_json: Json = False,
    offline: Annotated[bool, typer.Option("--offline", help="Use the bundled facts only; no network.")] = False,
) -> None:
    """Say whether a model fits, how much it holds, how fast it can be and what it costs."""
    given = {name: value for name, value in locals().items() if name not in ("as_json", "compare")}
    from modal_serve_gen.commands import plan_model, plan_text

    found = plan_model.answer(plan_model.Asked(**given, compare=tuple(compare or ())), say)
    print(json.dumps(found.document(), indent=2) if as_json else plan_text.text(found))
    end(0 if found.plan.fits else errors.DoesNotFit.exit_code)
