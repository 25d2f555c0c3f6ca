"""The `plan` command: whether a model fits, how much it holds, how fast it is and what it costs."""

import json

from modal_serve_gen import errors
from modal_serve_gen.cli import options
from modal_serve_gen.cli.console import Json, Offline, end, guarded, say, show
from modal_serve_gen.spec import request


@guarded
def plan(
    target: options.PlanTarget = None,
    workflow: options.Workflow = None,
    goal: options.Goal = None,
    gpu: options.Gpu = None,
    max_model_len: options.MaxModelLen = None,
    concurrency: options.Concurrency = None,
    gpu_memory_utilization: options.GpuMemoryUtilization = None,
    kv_cache_dtype: options.KvCacheDtype = None,
    kv_offload: options.KvOffload = None,
    max_num_batched_tokens: options.MaxNumBatchedTokens = None,
    engine_version: options.EngineVersion = None,
    compare: options.Compare = None,
    region: options.Region = None,
    budget: options.Budget = None,
    time_per_output_token: options.TimePerOutputToken = None,
    tokens_per_s: options.TokensPerS = None,
    users: options.Users = None,
    requests_per_s: options.RequestsPerS = None,
    prompt_tokens: options.PromptTokens = None,
    output_tokens: options.OutputTokens = None,
    ttft_p95: options.TtftP95 = None,
    ready_within: options.ReadyWithin = None,
    prompts: options.Prompts = None,
    by: options.By = None,
    pipeline_parallel_size: options.PipelineParallelSize = 1,
    data_parallel_size: options.DataParallelSize = 1,
    enable_expert_parallel: options.EnableExpertParallel = False,
    from_boot_log: options.FromBootLog = None,
    revision: options.PlanRevision = None,
    as_json: Json = False,
    offline: Offline = False,
) -> None:
    """Check whether a model fits, and estimate its capacity, speed and price."""
    wanted = request.from_options(locals())
    from modal_serve_gen.cli import files
    from modal_serve_gen.commands import boot_logs, plan_model, plan_text

    start = files.start(from_boot_log)
    answer = plan_model.answer(
        boot_logs.target(target, start),
        wanted,
        start=start,
        workflow=workflow,
        compare=tuple(compare or ()),
        revision=revision,
        offline=offline,
        say=say,
    )
    show(json.dumps(answer.document(), indent=2) if as_json else plan_text.text(answer))
    end(0 if answer.plan.fits else errors.DoesNotFit.exit_code)
