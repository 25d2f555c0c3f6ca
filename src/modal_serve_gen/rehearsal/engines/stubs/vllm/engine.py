"""State of the stub of vLLM: the served model, its settings from the command line, and counters for metrics."""

import os
import re
import socket
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine_stub import flags, lora, models
from engine_stub.command import last, listening_host, note_unsupported, switched_on
from engine_stub.server import Address, Load
from vllm.lengths import max_model_len, model_of

UNSUPPORTED = {
    "--ssl-keyfile": "TLS: the stub engine speaks plain HTTP",
    "--otlp-traces-endpoint": "traces for {0}: the stub engine sends none",
    "--config": "the file {0} of --config: the stub engine does not read it",
}


@dataclass
class Engine:
    """`asleep` holds "weights" and "kv_cache" while they are off the GPU, `level` the level of sleep."""

    names: list[str]
    adapters: dict[str, str]  # name -> folder
    model: str
    max_model_len: int
    keys: list[str]
    auto_tools: bool
    reasoning: bool
    developer: bool
    sleep_mode: bool
    tracks_load: bool
    counts_cached: bool
    documented: bool
    load: Load = field(default_factory=Load)
    created: int = field(default_factory=lambda: int(time.time()))
    prompt_tokens: int = 0
    generated_tokens: int = 0
    finished: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("stop", "length", "abort", "error"), 0))
    asleep: set[str] = field(default_factory=set)
    level: int = 0
    paused: bool = False

    def unanswered(self, path: str) -> dict[str, Any]:
        return error_body(501, f"vLLM answers {path}; the rehearsal's stub engine does not.", "Not Implemented")


def error_body(status: int, message: str, kind: str, param: str | None = None) -> dict[str, Any]:
    """An error in vLLM's form."""
    return {"error": {"message": message, "type": kind, "param": param, "code": status}}


def read(options: flags.Parsed, table: flags.Table) -> tuple[Engine, Address]:
    """The engine that the command line describes, and its address. Raises models.StartError."""
    note_unsupported(options, UNSUPPORTED)
    model = model_of(options, table)
    folder, config = models.resolve(model, last(options, "--revision"), last(options, "--download-dir"))
    template = last(options, "--chat-template")
    if template and not Path(template).is_file() and not re.search(r"[{}\n]", template):
        raise models.StartError(
            f"ValueError: the chat template {template!r} is not a file and does not look like a template"
        )
    engine = Engine(
        names=[name for name in options.values("--served-model-name") if name] or [model],
        adapters=_adapters(options, int(last(options, "--max-lora-rank") or table.options["--max-lora-rank"].default)),
        model=folder,
        max_model_len=max_model_len(last(options, "--max-model-len"), config, bool(last(options, "--hf-overrides"))),
        keys=[key for key in options.values("--api-key") or (os.environ.get("VLLM_API_KEY"),) if key],
        auto_tools=switched_on(options, "--enable-auto-tool-choice"),
        reasoning=bool(last(options, "--reasoning-parser")),
        developer=os.environ.get("VLLM_SERVER_DEV_MODE", "0") not in ("", "0"),
        sleep_mode=switched_on(options, "--enable-sleep-mode"),
        tracks_load=switched_on(options, "--enable-server-load-tracking"),
        counts_cached=switched_on(options, "--enable-prompt-tokens-details"),
        documented=not switched_on(options, "--disable-fastapi-docs"),
    )
    host = socket.gethostbyname(listening_host(last(options, "--host") or ""))
    return engine, last(options, "--uds") or (host, int(last(options, "--port") or 8000))


def _adapters(options: flags.Parsed, max_rank: int) -> dict[str, str]:
    """Folders of the LoRA adapters by name. Raises models.StartError for one that the engine could not load."""
    adapters = dict(lora.parse(value) for value in options.values("--lora-modules"))
    for name, path in adapters.items():
        lora.check(name, path, max_rank)
    if adapters and not switched_on(options, "--enable-lora"):
        raise models.StartError("ValueError: LoRA adapters are given, but --enable-lora is not")
    return adapters
