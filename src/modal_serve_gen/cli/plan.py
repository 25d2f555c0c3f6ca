"""The `plan` command: whether a model fits, how much it holds, how fast it is and what it costs."""

import json
from typing import Annotated

import typer

from modal_serve_gen import errors
from modal_serve_gen.cli.console import Json, Offline, end, guarded, say
from modal_serve_gen.spec import request


@guarded
def plan(
    target: Annotated[
        str,
        typer.Argument(metavar="MODEL|FOLDER", help="Model id on the Hub, a folder with a config.json, or that file."),
    ],
    workflow: Annotated[
        str | None, typer.Option(help="Plan for this workflow; see `modal-serve-gen list workflows`.")
    ] = None,
    goal: Annotated[
        str | None, typer.Option(help="Choose the workflow by goal: latency, throughput, cold-start or cost.")
    ] = None,
    gpu: Annotated[
        str | None, typer.Option(help="GPU type and count, such as H200:4. Default: the cheapest that fits.")
    ] = None,
    max_model_len: Annotated[int | None, typer.Option(help="Maximum tokens per request, prompt and output.")] = None,
    concurrency: Annotated[
        int | None, typer.Option(help="Concurrent requests per container (max_num_seqs of the engine).")
    ] = None,
    gpu_memory_utilization: Annotated[
        float | None,
        typer.Option(help="Fraction of GPU memory for the engine. With --gpu, plans an existing set-up."),
    ] = None,
    kv_cache_dtype: Annotated[
        str | None, typer.Option(help="Data type of the KV cache, such as fp8. Default: that of the model.")
    ] = None,
    max_num_batched_tokens: Annotated[int | None, typer.Option(help="Maximum tokens per engine step.")] = None,
    engine_version: Annotated[
        str | None,
        typer.Option(
            help="Plan for this engine version. With --gpu, plans an existing set-up: "
            "other settings are the defaults of that version."
        ),
    ] = None,
    compare: Annotated[
        list[str] | None,
        typer.Option(metavar="MODEL|GPU|MODEL@GPU", help="Also plan this model or GPU; repeatable."),
    ] = None,
    region: Annotated[
        str | None, typer.Option(help="Region for containers, such as us or eu-west; raises the price.")
    ] = None,
    budget: Annotated[float | None, typer.Option(help="Maximum price of a container in USD per hour.")] = None,
    time_per_output_token: Annotated[
        float | None, typer.Option(help="Target time per output token in milliseconds, at full concurrency.")
    ] = None,
    tokens_per_s: Annotated[
        float | None, typer.Option(help="Target output tokens per second of one container.")
    ] = None,
    pipeline_parallel_size: Annotated[int, typer.Option(help="Pipeline stages that share the layers.")] = 1,
    data_parallel_size: Annotated[
        int, typer.Option(help="Data-parallel replicas of attention, each with its KV cache.")
    ] = 1,
    enable_expert_parallel: Annotated[
        bool,
        typer.Option("--enable-expert-parallel", help="Expert parallelism: each GPU holds complete experts."),
    ] = False,
    revision: Annotated[str | None, typer.Option(help="Commit, branch or tag of the model on the Hub.")] = None,
    as_json: Json = False,
    offline: Offline = False,
) -> None:
    """Check whether a model fits, and estimate its capacity, speed and price."""
    wanted = request.from_options(locals())
    from modal_serve_gen.commands import plan_model, plan_text

    answer = plan_model.answer(
        target,
        wanted,
        workflow=workflow,
        compare=tuple(compare or ()),
        revision=revision,
        offline=offline,
        say=say,
    )
    print(json.dumps(answer.document(), indent=2) if as_json else plan_text.text(answer))
    end(0 if answer.plan.fits else errors.DoesNotFit.exit_code)
