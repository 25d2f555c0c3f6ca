"""A strict fake of vLLM's HTTP server: the routes, checks and error shapes of the real one, answers without a model."""

import contextlib
import os
import re
import signal
import socket
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from vllm import __version__, models
from vllm.command import note

ANYWHERE = ("", "0.0.0.0", "::")
SIZES = {"k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
FINISH_S = 15  # how long requests that run may go on after SIGTERM
# What the real engine would do with them, the stub cannot.
NOT_DONE = {
    "--ssl-keyfile": "TLS: the stub engine speaks plain HTTP",
    "--otlp-traces-endpoint": "traces for {0}: the stub engine sends none",
    "--config": "the file {0} given by --config: the stub engine does not read it",
}


@dataclass
class Server:
    """What the served model is called, and how it may be asked."""

    names: list[str]
    adapters: dict[str, str]  # name -> folder
    model: str
    max_model_len: int
    keys: list[str]
    auto_tools: bool
    reasoning: bool
    developer: bool
    sleeping_allowed: bool
    counts_load: bool
    counts_cached: bool
    documented: bool
    version: str = __version__
    created: int = field(default_factory=lambda: int(time.time()))
    lock: threading.Lock = field(default_factory=threading.Lock)
    running: int = 0
    requests: int = 0
    prompt_tokens: int = 0
    generated_tokens: int = 0
    finished: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("stop", "length", "abort", "error"), 0))
    asleep: set[str] = field(default_factory=set)  # of weights and kv_cache
    level: int = 0  # of sleep
    paused: bool = False
    awake: threading.Event = field(default_factory=threading.Event)

    @contextlib.contextmanager
    def working(self):
        """Count a request while it runs, and keep it waiting while the engine sleeps or is paused."""
        with self.lock:
            self.running += 1
            self.requests += 1
        try:
            self.awake.wait()
            yield
        finally:
            with self.lock:
                self.running -= 1


def serve(options, table) -> int:
    """Serve until SIGTERM or SIGINT; the exit code. 1 when the real engine would not have come up."""
    from vllm import middleware, web

    try:
        server, address = _read(options, table)
        named = [name for given in options.options if given.flag == "--middleware" for name in given.values]
        chain = middleware.load(named, server)
    except models.Missing as fault:
        print(fault, file=sys.stderr)
        return 1
    where = address if isinstance(address, str) else f"{address[0]}:{address[1]}"
    try:
        listener = web.listen(server, address, chain)
    except OSError as fault:
        print(f"OSError: [Errno {fault.errno}] {os.strerror(fault.errno or 0)}: {where}", file=sys.stderr)
        return 1
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=listener.shutdown).start())
    print(f"INFO: stub of vLLM {__version__}, serving {server.model} on {where}", file=sys.stderr, flush=True)
    print("INFO: Application startup complete.", file=sys.stderr, flush=True)
    listener.serve_forever(poll_interval=0.05)
    listener.socket.close()
    until = time.monotonic() + FINISH_S
    while server.running and server.awake.is_set() and time.monotonic() < until:
        time.sleep(0.02)
    sys.stderr.flush()
    os._exit(0)  # idle keep-alive connections have threads that nobody needs to wait for


def _read(options, table) -> tuple[Server, tuple[str, int] | str]:
    """What the command line says. Raises models.Missing with what the engine would say instead of starting."""

    def value(flag: str) -> str | None:
        values = options.values(flag)
        return values[-1] if values and values[-1] not in ("", "None") else None

    def on(flag: str) -> bool:
        last = next((given for given in reversed(options.options) if given.flag == flag), None)
        return last is not None and last.spelled.replace("_", "-") not in last.option.negations

    for flag, text in NOT_DONE.items():
        if value(flag):
            note("left_out", text.format(value(flag)))
    model = options.positionals[0] if options.positionals else value("--model") or table.options["--model"].default
    folder, config = models.resolve(model, value("--revision"), value("--download-dir"))
    if on("--enable-auto-tool-choice") and not value("--tool-call-parser"):
        raise models.Missing("TypeError: Error: --enable-auto-tool-choice requires --tool-call-parser")
    template = value("--chat-template")
    if template and not Path(template).is_file() and not re.search(r"[{}\n]", template):
        raise models.Missing(f"ValueError: the chat template {template!r} is no file and does not look like a template")
    names = [name for name in options.values("--served-model-name") if name] or [model]
    adapters = {}
    for given in options.values("--lora-modules"):
        name, path = models.adapter(given, int(value("--max-lora-rank") or table.options["--max-lora-rank"].default))
        if not on("--enable-lora"):
            raise models.Missing("ValueError: LoRA adapters are given, but --enable-lora is not")
        adapters[name] = path
    keys = [key for key in options.values("--api-key") or (os.environ.get("VLLM_API_KEY"),) if key]
    developer = os.environ.get("VLLM_SERVER_DEV_MODE", "0") not in ("", "0")
    server = Server(
        names=names,
        adapters=adapters,
        model=folder,
        max_model_len=length(value("--max-model-len"), config, bool(value("--hf-overrides"))),
        keys=keys,
        auto_tools=on("--enable-auto-tool-choice"),
        reasoning=bool(value("--reasoning-parser")),
        developer=developer,
        sleeping_allowed=on("--enable-sleep-mode"),
        counts_load=on("--enable-server-load-tracking"),
        counts_cached=on("--enable-prompt-tokens-details"),
        documented=not on("--disable-fastapi-docs"),
    )
    server.awake.set()
    host = value("--host") or "0.0.0.0"
    if host in ANYWHERE and not os.environ.get("REHEARSAL_OUTER"):
        host = "127.0.0.1"  # outside a rehearsed container nothing may listen beyond this machine
    return server, value("--uds") or (socket.gethostbyname(host), int(value("--port") or 8000))


def length(given: str | None, config: dict, overridden: bool) -> int:
    """The longest request in tokens, refused as the engine does when the model's positions end before it."""
    text = next((config[key] for key in ("text_config", "llm_config", "language_config") if key in config), config)
    own = text.get("max_position_embeddings") or 2048
    rope = text.get("rope_scaling") or text.get("rope_parameters") or {}
    if isinstance(rope.get("factor"), int | float):
        own = max(own, int(rope["factor"] * (rope.get("original_max_position_embeddings") or own)))
    if given is None or given.strip().lower() in ("auto", "-1"):
        return own
    number, suffix = re.fullmatch(r"\s*([\d.]+)([kmgtKMGT]?)\s*", given).groups()
    asked = int(float(number) * SIZES.get(suffix, 1))
    if asked > own and not overridden and os.environ.get("VLLM_ALLOW_LONG_MAX_MODEL_LEN", "0") in ("", "0"):
        raise models.Missing(
            f"ValueError: User-specified max_model_len ({asked}) is greater than the derived max_model_len "
            f"(max_position_embeddings={own} in the model's config.json)."
        )
    return asked
