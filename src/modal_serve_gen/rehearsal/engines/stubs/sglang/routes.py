"""The stub's application: SGLang's own list of routes, its keys, and the answers of small routes.

Routes of the list (api_routes.json) that the stub does not implement answer 501.
"""

import http.client
import json
import sys
import threading
from pathlib import Path
from typing import Any

from engine_stub import flags, models, notes, server
from sglang import __version__, answers
from sglang.engine import Engine, read
from sglang.srt.entrypoints.http_server import app
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope

TABLE = json.loads(Path(__file__).with_name("api_routes.json").read_text(encoding="utf-8"))["routes"]
DOCUMENTS = ("/openapi.json", "/docs", "/redoc")
ALWAYS_OPEN = ("/health", "/ready", "/metrics")  # and all paths with these prefixes (srt/utils/auth.py)
METRICS = ("/metrics", "/metrics/")


def serve(options: flags.Parsed) -> int:
    """Serve until SIGTERM or SIGINT; the exit code. 1 when the real engine would not start."""
    try:
        engine, address = read(options)
    except models.StartError as error:
        notes.note("invalid", str(error))
        print(error, file=sys.stderr)
        return 1
    add_routes(engine)
    title = f"stub of SGLang {__version__}, serving {engine.model}"
    ready = threading.Thread(target=_freeze_gc, args=(engine, address), daemon=True)
    return server.serve(app, engine.load, address, title, ready.start)


def add_routes(engine: Engine) -> None:
    """Give the application, with the plugins' middleware, SGLang's routes and its rule for keys."""
    routes = {path: row["methods"] for path, row in TABLE.items() if engine.documented or path not in DOCUMENTS}
    routes |= {path: ["GET"] for path in METRICS} if engine.metrics else {}
    server.add_routes(app, engine, routes, ACTIONS)
    admin_routes = [
        route for route in app.routes if isinstance(route, Route) and TABLE.get(route.path, {}).get("admin")
    ]

    def required_keys(scope: Scope) -> list[str]:
        """Health and metrics are open; an admin key alone guards administration only."""
        if scope["path"].startswith(ALWAYS_OPEN):
            return []
        admin = any(route.matches(scope)[0] is Match.FULL for route in admin_routes)
        key = (engine.admin_key or engine.key) if admin else engine.key
        return [key] if key else []

    server.require_keys(app, required_keys)


def _freeze_gc(engine: Engine, address: tuple[str, int]) -> None:
    """Call /freeze_gc as the real server does after its start, and print an error if that is refused."""
    host = "127.0.0.1" if address[0] == "0.0.0.0" else address[0]
    key = engine.admin_key or engine.key
    connection = http.client.HTTPConnection(host, address[1], timeout=60)
    try:
        connection.request("POST", "/freeze_gc", headers={"Authorization": f"Bearer {key}"} if key else {})
        status = connection.getresponse().status
        failure = str(status) if status in (401, 404) else ""
    except OSError as error:
        failure = str(error)
    if failure:
        print(f"post-warmup freeze_gc failed: {failure}", file=sys.stderr, flush=True)
    print("The server is fired up and ready to roll!", file=sys.stderr, flush=True)


def _empty(engine: Engine, request: Request, body: bytes) -> None:
    return None


def _release(engine: Engine, request: Request, body: bytes) -> None:
    """Without memory on a GPU, requests wait until it is resumed."""
    engine.load.awake.clear()


def _resume(engine: Engine, request: Request, body: bytes) -> None:
    engine.load.awake.set()


def _openapi(engine: Engine, request: Request, body: bytes) -> dict[str, Any]:
    return server.openapi({path: row["methods"] for path, row in TABLE.items()})


def _metrics(engine: Engine, request: Request, body: bytes) -> Response:
    return server.metrics("sglang", f'model_name="{engine.name}"', [
        ("num_running_reqs", "gauge", {"": engine.load.running}),
        ("num_queue_reqs", "gauge", {"": 0}),
        ("token_usage", "gauge", {"": 0.0}),
        ("prompt_tokens_total", "counter", {"": engine.totals["prompt_tokens"]}),
        ("generation_tokens_total", "counter", {"": engine.totals["completion_tokens"]}),
        ("num_requests_total", "counter", {"": engine.totals["requests"]}),
    ])  # fmt: skip


ACTIONS: dict[str, server.Action] = {
    **dict.fromkeys(DOCUMENTS, _openapi),
    **dict.fromkeys(METRICS, _metrics),
    **dict.fromkeys(("/health", "/health_generate", "/ready", "/ping"), _empty),
    **dict.fromkeys(("/release_memory_occupation", "/pause_generation"), _release),
    **dict.fromkeys(("/resume_memory_occupation", "/continue_generation"), _resume),
    **dict.fromkeys(("/flush_cache", "/freeze_gc", "/abort_request"), _empty),
    "/v1/models": answers.models,
    "/v1/models/{model:path}": answers.model,
    "/model_info": answers.model_info,
    "/get_model_info": answers.model_info,
    "/server_info": answers.server_info,
    "/get_server_info": answers.server_info,
    "/v1/chat/completions": answers.chat,
    "/v1/completions": answers.completion,
    "/generate": answers.generate,
}
