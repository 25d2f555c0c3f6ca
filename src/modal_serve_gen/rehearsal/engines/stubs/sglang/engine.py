"""State of the stub of SGLang: the served model, its settings from the command line, and counters for metrics."""

import json
import os
import secrets
import socket
import time
from dataclasses import dataclass, field
from typing import Any

from engine_stub import flags, lora, models
from engine_stub.command import last, listening_host, note_unsupported, switched_on
from engine_stub.server import Address, Load

LENGTHS = ("max_sequence_length", "seq_length", "max_seq_len", "model_max_length", "max_position_embeddings")
MOST_REMEMBERED = 1000  # prompts
UNSUPPORTED = {
    "--ssl-keyfile": "TLS: the stub engine speaks plain HTTP",
    "--otlp-traces-endpoint": "traces for {0}: the stub engine sends none",
}


@dataclass
class Engine:
    """The served model; earlier `prompts` determine how much of the next one is cached."""

    name: str
    model: str
    max_model_len: int
    key: str | None
    admin_key: str | None
    reasoning: str | None
    metrics: bool
    cache_report: bool
    log_json: bool
    documented: bool
    load: Load = field(default_factory=Load)
    created: int = field(default_factory=lambda: int(time.time()))
    prompts: list[str] = field(default_factory=list)
    totals: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("prompt_tokens", "completion_tokens", "requests"), 0)
    )

    def unanswered(self, path: str) -> dict[str, Any]:
        return {"error": f"SGLang answers {path}; the rehearsal's stub engine does not."}

    def cached_prefix(self, prompt: str) -> str:
        """The longest prefix that a prompt shares with an earlier one."""
        prefixes = (os.path.commonprefix((prompt, earlier)) for earlier in self.prompts)  # noqa: RUF071  (texts, not paths)
        prefix = max(prefixes, key=len, default="")
        self.prompts = [*self.prompts, prompt][-MOST_REMEMBERED:]
        return prefix

    def count(self, usage: dict[str, Any]) -> None:
        """Count a request; with --log-requests in JSON log its figures, without its texts."""
        self.totals["requests"] += 1
        for name in ("prompt_tokens", "completion_tokens"):
            self.totals[name] += usage[name]
        if self.log_json:
            stamp, rid = time.strftime("[%Y-%m-%d %H:%M:%S]"), secrets.token_hex(16)
            event = {"event": "request.finished", "rid": rid, "obj": {"rid": rid}, "out": {"meta_info": usage}}
            print(stamp, json.dumps(event), flush=True)


def read(options: flags.Parsed) -> tuple[Engine, Address]:
    """The engine that the command line describes, and its address. Raises models.StartError."""
    note_unsupported(options, UNSUPPORTED)
    model = last(options, "--model-path") or next(iter(options.positionals), None)
    if model is None:
        raise models.StartError("ValueError: Error: --model-path is required. Please provide the path to the model.")
    folder, config = models.resolve(model, last(options, "--revision"), last(options, "--download-dir"))
    if draft := last(options, "--speculative-draft-model-path"):
        models.resolve(draft, last(options, "--speculative-draft-model-revision"), last(options, "--download-dir"))
    for value in options.values("--lora-paths"):
        lora.check(*lora.parse(value))
    log_format = last(options, "--log-requests-format")
    engine = Engine(
        name=last(options, "--served-model-name") or model,
        model=folder,
        max_model_len=_context_length(last(options, "--context-length"), config),
        key=last(options, "--api-key"),
        admin_key=last(options, "--admin-api-key"),
        reasoning=last(options, "--reasoning-parser"),
        metrics=switched_on(options, "--enable-metrics"),
        cache_report=switched_on(options, "--enable-cache-report"),
        log_json=switched_on(options, "--log-requests") and log_format == "json",
        documented=os.environ.get("DISABLE_OPENAPI_DOC", "").lower() not in ("1", "true", "yes"),
    )
    host = socket.gethostbyname(listening_host(last(options, "--host") or "127.0.0.1"))
    return engine, (host, int(last(options, "--port") or 30000))


def _context_length(value: str | None, config: dict[str, Any]) -> int:
    """The longest request in tokens. Raises models.StartError above the model's own positions, as the engine does."""
    text_config = config.get("text_config") or config
    positions = next((text_config[name] for name in LENGTHS if text_config.get(name)), 2048)
    length = int(value or positions)
    allowed = os.environ.get("SGLANG_ALLOW_OVERWRITE_LONGER_CONTEXT_LEN", "0").lower() in ("1", "true")
    if length > positions and not allowed:
        raise models.StartError(
            f"ValueError: Warning: User-specified context_length ({length}) is greater than the derived context_length "
            f"({positions})."
        )
    return length
