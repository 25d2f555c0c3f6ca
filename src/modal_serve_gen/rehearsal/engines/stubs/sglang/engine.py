"""What the stub knows of its command line, its keys and the requests that it answered."""

import json
import os
import secrets
import socket
import threading
import time

from sglang import __version__, models
from sglang.notes import note

ALWAYS_OPEN = ("/health", "/ready", "/metrics")  # whatever follows, too (srt/utils/auth.py)
LENGTHS = ("max_sequence_length", "seq_length", "max_seq_len", "model_max_length", "max_position_embeddings")
MOST_SEEN = 1000
# What the real engine would do with them, the stub cannot.
NOT_DONE = {
    "--ssl-keyfile": "TLS: the stub engine speaks plain HTTP",
    "--otlp-traces-endpoint": "traces for {0}: the stub engine sends none",
    "--lora-paths": "the adapters {0}: the stub engine does not serve them",
}


class Engine:
    """What the command line says of the served model. Raises models.Missing with what the engine would say last."""

    def __init__(self, options):
        def value(flag: str, otherwise: str | None = None) -> str | None:
            values = options.values(flag)
            return values[-1] if values and values[-1] not in ("", "None") else otherwise

        def on(flag: str) -> bool:
            return any(given.flag == flag for given in options.options)

        for flag, text in NOT_DONE.items():
            if value(flag):
                note("left_out", text.format(value(flag)))
        model = value("--model-path") or next(iter(options.positionals), None)
        if model is None:
            raise models.Missing("ValueError: Error: --model-path is required. Please provide the path to the model.")
        self.model, config = models.resolve(model, value("--revision"), value("--download-dir"))
        if draft := value("--speculative-draft-model-path"):
            models.resolve(draft, value("--speculative-draft-model-revision"), value("--download-dir"))
        self.length = _length(value("--context-length"), config)
        self.name, self.version, self.created = value("--served-model-name", model), __version__, int(time.time())
        self.key, self.admin_key = value("--api-key"), value("--admin-api-key")
        self.metrics, self.cache_report = on("--enable-metrics"), on("--enable-cache-report")
        self.reasoning = value("--reasoning-parser")
        self.log_json = on("--log-requests") and value("--log-requests-format") == "json"
        self.documented = os.environ.get("DISABLE_OPENAPI_DOC", "").lower() not in ("1", "true", "yes")
        self.lock, self.running = threading.Lock(), 0
        self.seen: list[str] = []  # prompts, for what is cached of the next
        self.totals = {"prompt_tokens": 0, "completion_tokens": 0, "requests": 0}
        host = value("--host", "127.0.0.1")
        if host in ("0.0.0.0", "::") and not os.environ.get("REHEARSAL_OUTER"):
            host = "127.0.0.1"  # outside a rehearsed container nothing may listen beyond this machine
        self.address = socket.gethostbyname(host), int(value("--port", "30000"))

    def remembers(self, prompt: str) -> int:
        """How many of the first characters of a prompt were seen in an earlier one."""
        with self.lock:
            known = max((_shared(prompt, each) for each in self.seen), default=0)
            self.seen = [*self.seen, prompt][-MOST_SEEN:]
        return known

    def done(self, usage: dict) -> None:
        """Count a request, and log it where that was asked for: with its figures, without its texts."""
        with self.lock:
            self.totals["requests"] += 1
            for name in ("prompt_tokens", "completion_tokens"):
                self.totals[name] += usage[name]
        if self.log_json:
            stamp, rid = time.strftime("[%Y-%m-%d %H:%M:%S]"), secrets.token_hex(16)
            event = {"event": "request.finished", "rid": rid, "obj": {"rid": rid}, "out": {"meta_info": usage}}
            print(stamp, json.dumps(event), flush=True)

    def refuses(self, method: str, path: str, authorization: str, admin: bool) -> bool:
        """SGLang's own rule: health and metrics are open, and an admin key alone guards administration only."""
        wanted = (self.admin_key or self.key) if admin else self.key
        if method == "OPTIONS" or path.startswith(ALWAYS_OPEN) or not wanted:
            return False
        scheme, _, given = authorization.partition(" ")
        return scheme.lower() != "bearer" or not secrets.compare_digest(given.encode(), wanted.encode())


def _shared(one: str, other: str) -> int:
    """How many characters two texts have in common from their beginning."""
    most = min(len(one), len(other))
    return next((at for at in range(most) if one[at] != other[at]), most)


def _length(given: str | None, config: dict) -> int:
    """The longest request in tokens, refused as the engine does when the model's positions end before it."""
    text = config.get("text_config") or config
    own = next((text[name] for name in LENGTHS if text.get(name)), 2048)
    asked = int(given or own)
    if asked > own and os.environ.get("SGLANG_ALLOW_OVERWRITE_LONGER_CONTEXT_LEN", "0").lower() not in ("1", "true"):
        raise models.Missing(
            f"ValueError: Warning: User-specified context_length ({asked}) is greater than the derived context_length "
            f"({own})."
        )
    return asked
