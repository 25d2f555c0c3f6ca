"""The stub's application: vLLM's own list of routes, its keys, the app's middleware, and the answers of small routes.

Routes of the list (api_routes.json) that the stub does not implement answer 501.
"""

import importlib
import inspect
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine_stub import models, server
from engine_stub.notes import note
from starlette.applications import Starlette
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Scope
from vllm import __version__, answers
from vllm.engine import Engine

TABLE = json.loads(Path(__file__).with_name("api_routes.json").read_text(encoding="utf-8"))["routes"]
DOCUMENTS = ("/openapi.json", "/docs", "/docs/oauth2-redirect", "/redoc")
GUARDED = ("/v1", "/v2", "/inference", "/cohere")  # the only paths that a key protects, as in vLLM's own middleware
ON_GPU = {"weights", "kv_cache"}
MODES = ("abort", "wait", "keep")


def application(engine: Engine, middleware: Sequence[str]) -> Starlette:
    """The server with the app's `--middleware`. Raises models.StartError for one that the engine refuses."""
    app = Starlette()
    routes = {
        path: row["methods"]
        for path, row in TABLE.items()
        if (engine.developer or not row.get("developer")) and (engine.documented or path not in DOCUMENTS)
    }
    server.add_routes(app, engine, routes, ACTIONS)
    for name in middleware:
        _add_middleware(app, name)

    def required_keys(scope: Scope) -> list[str]:
        return engine.keys if scope["path"].startswith(GUARDED) else []

    server.require_keys(app, required_keys)
    return app


def _add_middleware(app: Starlette, name: str) -> None:
    """Add the class or coroutine function of this dotted name, as vLLM does: the last one added is the outermost."""
    module, _, attribute = name.rpartition(".")
    try:
        imported = getattr(importlib.import_module(module), attribute)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("fastapi", "vllm"):
            raise models.StartError(f"ModuleNotFoundError: {error} (for --middleware {name})") from None
        return note("left_out", f"the middleware {name}: it needs {error.name}, which the stub engine does not have")
    except (ImportError, AttributeError, ValueError, SyntaxError) as error:
        raise models.StartError(f"{type(error).__name__}: {error} (for --middleware {name})") from None
    if inspect.isclass(imported):
        app.add_middleware(imported)
    elif inspect.iscoroutinefunction(imported):
        app.add_middleware(BaseHTTPMiddleware, dispatch=imported)
    else:
        raise models.StartError(f"ValueError: Invalid middleware {name}. Must be a function or a class.")


def _openapi(engine: Engine, request: Request, body: bytes) -> dict[str, Any]:
    return server.openapi({
        path: row["methods"]
        for path, row in TABLE.items()
        if row.get("listed", True) and (engine.developer or not row.get("developer"))
    })  # fmt: skip


def _empty(engine: Engine, request: Request, body: bytes) -> None:
    return None


def _document(engine: Engine, request: Request, body: bytes) -> Response:
    return HTMLResponse("<!DOCTYPE html>\n<title>the rehearsal's stub of vLLM</title>\n")


def _metrics(engine: Engine, request: Request, body: bytes) -> Response:
    states = {"awake": not engine.asleep, "weights_offloaded": engine.level == 1, "discard_all": engine.level == 2}
    return server.metrics("vllm", f'engine="0",model_name="{engine.names[0]}"', [
        ("num_requests_running", "gauge", {"": engine.load.running}),
        ("num_requests_waiting", "gauge", {"": 0}),
        ("engine_sleep_state", "gauge", {f',sleep_state="{name}"': int(value) for name, value in states.items()}),
        ("kv_cache_usage_perc", "gauge", {"": 0.0}),
        ("num_preemptions_total", "counter", {"": 0}),
        ("prefix_cache_queries_total", "counter", {"": engine.prompt_tokens}),
        ("prefix_cache_hits_total", "counter", {"": 0}),
        ("prompt_tokens_total", "counter", {"": engine.prompt_tokens}),
        ("generation_tokens_total", "counter", {"": engine.generated_tokens}),
        ("request_success_total", "counter",
         {f',finished_reason="{name}"': count for name, count in engine.finished.items()}),
    ])  # fmt: skip


def _choice(request: Request, name: str, allowed: tuple[str, ...], default: str) -> str:
    value = request.query_params.get(name, default)
    if value not in allowed:
        message = f"1 validation error:\n  query.{name}: Input should be one of {', '.join(allowed)}, got {value!r}"
        raise answers.refuse(400, message, param=f"query.{name}")
    return value


def _update(engine: Engine) -> bool:
    """Let requests run only while the engine is awake and not paused; True while they wait."""
    waits = engine.paused or bool(engine.asleep)
    if waits:
        engine.load.awake.clear()
    else:
        engine.load.awake.set()
    return waits


def _sleep(engine: Engine, request: Request, body: bytes) -> dict[str, Any]:
    level = int(_choice(request, "level", ("0", "1", "2"), "1"))
    _choice(request, "mode", MODES, "abort")
    if level and not engine.sleep_mode:
        text = "sleep without --enable-sleep-mode: on a GPU the engine answers the same and frees no memory"
        note("left_out", text)
        print(f"WARNING: {text}", file=sys.stderr, flush=True)
    engine.paused, engine.level = True, level
    engine.asleep = set(ON_GPU) if level else set()
    _update(engine)
    return {"status": "sleeping", "level": level}


def _wake_up(engine: Engine, request: Request, body: bytes) -> dict[str, Any]:
    tags = request.query_params.getlist("tags")
    engine.asleep -= set(tags or ON_GPU)
    if not engine.asleep:
        engine.paused, engine.level = False, 0
    _update(engine)
    return {"status": "sleeping" if engine.asleep else "awake", "tags": tags or None}


def _pause(engine: Engine, request: Request, body: bytes) -> dict[str, Any]:
    _choice(request, "mode", MODES, "abort")
    engine.paused = True
    _update(engine)
    return {"status": "paused"}


def _resume(engine: Engine, request: Request, body: bytes) -> dict[str, Any]:
    engine.paused = False
    _update(engine)
    return {"status": "resumed"}


def _collective_rpc(engine: Engine, request: Request, body: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(body)
    except ValueError as error:
        raise answers.refuse(400, f"JSON decode error: {error}") from None
    if not isinstance(fields, dict) or fields.get("method") is None:
        raise answers.refuse(400, "Missing 'method' in request body")
    if fields["method"] != "reload_weights":  # needed to wake up from level 2
        message = f"Call to collective_rpc method failed: Method {fields['method']!r} is not implemented."
        raise answers.refuse(500, message, "InternalServerError")
    return {"results": [None]}


def _unknown_response(engine: Engine, request: Request, body: bytes) -> None:
    raise answers.refuse(404, "No response is stored under this id.", "invalid_request_error", "response_id")


ACTIONS: dict[str, server.Action] = {
    "/openapi.json": _openapi,
    "/docs": _document,
    "/docs/oauth2-redirect": _document,
    "/redoc": _document,
    "/health": _empty,
    "/ping": _empty,
    "/version": lambda engine, request, body: {"version": __version__},
    "/load": lambda engine, request, body: {"server_load": engine.load.running if engine.tracks_load else 0},
    "/kv_event_sources": lambda engine, request, body: {},
    "/metrics": _metrics,
    "/v1/models": answers.models,
    "/v1/chat/completions": answers.chat,
    "/v1/completions": answers.completion,
    "/v1/responses/{response_id}": _unknown_response,
    "/v1/responses/{response_id}/cancel": _unknown_response,
    "/invocations": answers.invocation,
    "/tokenize": answers.tokenize,
    "/detokenize": answers.detokenize,
    "/is_scaling_elastic_ep": lambda engine, request, body: {"is_scaling_elastic_ep": False, "phase": "idle"},
    "/sleep": _sleep,
    "/wake_up": _wake_up,
    "/is_sleeping": lambda engine, request, body: {"is_sleeping": _update(engine)},
    "/pause": _pause,
    "/resume": _resume,
    "/is_paused": lambda engine, request, body: {"is_paused": _update(engine)},
    "/abort_requests": lambda engine, request, body: {"status": "aborted", "aborted": 0},
    "/reset_prefix_cache": lambda engine, request, body: {"success": True},
    "/reset_mm_cache": _empty,
    "/reset_encoder_cache": _empty,
    "/collective_rpc": _collective_rpc,
    "/server_info": lambda engine, request, body: {"vllm_config": f"stub of {engine.model}", "vllm_env": {}},
    "/weight_info": lambda engine, request, body: {"weight_version": "default"},
    "/get_world_size": lambda engine, request, body: {"world_size": 1},
}
