"""Options that `new` and `plan` accept: type and help text, each stated once."""

from pathlib import Path
from typing import Annotated

import typer

DEFAULT_OF_WORKFLOW = "Default: that of the workflow (`list workflows`)."

OutputFile = Annotated[
    str | None,
    typer.Argument(metavar="OUT.py", help="File to write. Default: named after workflow and model."),
]
Workflow = Annotated[
    str | None,
    typer.Option(help="How to serve the model: see `list workflows`, where the first is the default."),
]
Model = Annotated[str | None, typer.Option(help="Model id on the Hub. Default: that of the workflow.")]
Revision = Annotated[str | None, typer.Option(help="Commit of the model (40 hex digits). Default: the latest.")]
Gpu = Annotated[
    str | None, typer.Option(help="GPU type and count, such as H100:2. Default: the cheapest per hour that fits.")
]
MaxModelLen = Annotated[
    int | None, typer.Option(help=f"Maximum tokens per request, prompt and output. {DEFAULT_OF_WORKFLOW}")
]
Concurrency = Annotated[
    int | None, typer.Option(help=f"Concurrent requests per container (max_num_seqs). {DEFAULT_OF_WORKFLOW}")
]
Endpoint = Annotated[
    str | None,
    typer.Option(help="Type of web endpoint: web-server, server or http-server. Default: the workflow's first."),
]
Auth = Annotated[
    str | None,
    typer.Option(
        help="Authentication: proxy (Modal proxy tokens), api-key (your own key) or none. "
        "Default: the workflow's first."
    ),
]
Region = Annotated[str | None, typer.Option(help="Region for containers, such as us or eu-west; raises the price.")]
MinContainers = Annotated[int | None, typer.Option(help="Containers to keep warm, billed around the clock.")]
MaxContainers = Annotated[
    int | None, typer.Option(help=f"Maximum number of containers, which bounds the cost. {DEFAULT_OF_WORKFLOW}")
]
ScaledownWindow = Annotated[
    int | None, typer.Option(help=f"Seconds before an idle container is stopped. {DEFAULT_OF_WORKFLOW}")
]
Name = Annotated[str | None, typer.Option(help="Name of the Modal app.")]
ServedModelName = Annotated[str | None, typer.Option(help="Model name in the API. Default: the model id.")]
Loras = Annotated[list[str] | None, typer.Option(help="LoRA adapter as NAME=REPO@SHA; repeatable.")]
MaxLoraRank = Annotated[
    int | None,
    typer.Option(help="Maximum rank of the adapters. Default: the highest of them; with --offline it has to be given."),
]
Draft = Annotated[str | None, typer.Option(help="Draft model for speculative decoding as ALGORITHM=REPO@SHA.")]
WeightsVolume = Annotated[str | None, typer.Option(help="Modal Volume for the weights, such as one that has them.")]
HfSecret = Annotated[str | None, typer.Option(help="Modal Secret with HF_TOKEN, for gated models.")]
ApiKeySecret = Annotated[str | None, typer.Option(help="Modal Secret with the key for --auth api-key.")]
OtlpEndpoint = Annotated[str | None, typer.Option(help="OpenTelemetry collector URL for traces.")]
Schedule = Annotated[str | None, typer.Option(help="Cron expression for running the deployed app.")]
EngineArgs = Annotated[list[str] | None, typer.Option(help="Engine flag, as --engine-arg=--flag=value; repeatable.")]
SpecFile = Annotated[
    Path | None, typer.Option(help="TOML file of options or a generated app to start from; options override it.")
]
Diff = Annotated[bool, typer.Option("--diff", help="With --spec APP.py: show what generating it again would change.")]
Stdout = Annotated[bool, typer.Option("--stdout", help="Print the app instead of writing a file.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")]
DropEdits = Annotated[bool, typer.Option("--drop-edits", help="With --force: overwrite edited apps as well.")]
GeneratedApp = Annotated[Path, typer.Argument(metavar="APP.py", help="Generated app, edited or not.")]
LatestPins = Annotated[
    bool, typer.Option("--to-latest-pins", help="Move engine, base image and packages to this version's pins.")
]
Base = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="The app without edits, for an app that another version generated."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the changes, and write nothing.")]
PlanTarget = Annotated[
    str | None,
    typer.Argument(
        metavar="MODEL|FOLDER",
        help="Model id on the Hub, a folder with a config.json, or that file. With a boot log: the one that it names.",
    ),
]
Goal = Annotated[str | None, typer.Option(help="Choose the workflow by goal: latency, throughput, cold-start or cost.")]
GpuMemoryUtilization = Annotated[
    float | None,
    typer.Option(help="Fraction of GPU memory for the engine. With --gpu, plans an existing setup."),
]
KvCacheDtype = Annotated[
    str | None, typer.Option(help="Data type of the KV cache, such as fp8. Default: that of the model.")
]
KvOffload = Annotated[
    int | None,
    typer.Option(metavar="GIB", help="Host memory for the KV cache of earlier prompts, of all GPUs together."),
]
MaxNumBatchedTokens = Annotated[int | None, typer.Option(help="Maximum tokens per engine step.")]
EngineVersion = Annotated[
    str | None,
    typer.Option(
        help="Plan for this engine version. With --gpu, plans an existing setup: "
        "other settings are the defaults of that version."
    ),
]
FromBootLog = Annotated[
    Path | None,
    typer.Option(
        help="Log of a start of vLLM or SGLang: its figures replace the estimate, and limits are set by them."
    ),
]
Compare = Annotated[
    list[str] | None,
    typer.Option(metavar="MODEL|GPU|MODEL@GPU", help="Also plan this model or GPU; repeatable."),
]
Budget = Annotated[float | None, typer.Option(help="Maximum price of a container in USD per hour.")]
TimePerOutputToken = Annotated[
    float | None, typer.Option(help="Target time per output token in milliseconds, at full concurrency.")
]
TokensPerS = Annotated[float | None, typer.Option(help="Target output tokens per second of one container.")]
Users = Annotated[
    int | None,
    typer.Option(
        help="Count containers for this many users, each with one request at a time; "
        "without --requests-per-s they never pause."
    ),
]
RequestsPerS = Annotated[
    float | None, typer.Option(help="Count containers for this many requests per second, at the peak.")
]
PromptTokens = Annotated[int | None, typer.Option(help="Typical tokens of a prompt, for a load or a batch.")]
OutputTokens = Annotated[int | None, typer.Option(help="Typical tokens of an answer, for a load or a batch.")]
TtftP95 = Annotated[
    float | None, typer.Option(help="Target seconds to the first token for 95 % of the requests of a load.")
]
ReadyWithin = Annotated[
    float | None,
    typer.Option(help="Target seconds until a container that has to start answers; a warm one always does."),
]
Prompts = Annotated[
    int | None, typer.Option(help="Plan a batch of this many prompts: containers, hours and USD, starts included.")
]
By = Annotated[float | None, typer.Option(help="Target hours until the batch is done. Default: the cheapest.")]
PipelineParallelSize = Annotated[int, typer.Option(help="Pipeline stages that share the layers.")]
DataParallelSize = Annotated[int, typer.Option(help="Data-parallel replicas of attention, each with its KV cache.")]
EnableExpertParallel = Annotated[
    bool,
    typer.Option("--enable-expert-parallel", help="Expert parallelism: each GPU holds complete experts."),
]
PlanRevision = Annotated[str | None, typer.Option(help="Commit, branch or tag of the model on the Hub.")]
