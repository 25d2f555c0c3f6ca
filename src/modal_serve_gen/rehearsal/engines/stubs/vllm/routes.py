"""Which routes the stub has, the small ones' answers among them.

The list is the real server's own (api_routes.json); a route of it that the stub does not answer gets 501, anything else
404 in FastAPI's words.
"""

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from vllm import answers, command
from vllm.answers import Refusal

TABLE = json.loads(Path(__file__).with_name("api_routes.json").read_text(encoding="utf-8"))["routes"]
PATTERNS = {path: re.compile(re.sub(r"\{\w+\}", "[^/]+", path)) for path in TABLE}
DOCUMENTS = ("/openapi.json", "/docs", "/docs/oauth2-redirect", "/redoc")
SLEEPERS = {"weights", "kv_cache"}
MODES = ("abort", "wait", "keep")


@dataclass(frozen=True)
class Text:
    """An answer that is no JSON."""

    text: str
    kind: str = "text/html; charset=utf-8"


def find(engine, method: str, path: str):
    """What answers this request. Raises Refusal: 404, 405, or 501 for what only the real engine does."""
    fits = [
        name
        for name, pattern in PATTERNS.items()
        if pattern.fullmatch(path)
        and (engine.developer or not TABLE[name].get("developer"))
        and (engine.documented or name not in DOCUMENTS)
    ]
    if not fits:
        raise _plain(404, "Not Found")
    name = next((each for each in fits if method in TABLE[each]["methods"]), None)
    if name is None:
        raise _plain(405, "Method Not Allowed")
    if name not in ACTIONS:
        raise Refusal(501, f"vLLM answers {path}; the rehearsal's stub engine does not.")
    return ACTIONS[name]


def _plain(status: int, detail: str) -> Refusal:
    refusal = Refusal(status, detail)
    refusal.body = {"detail": detail}
    return refusal


def _openapi(engine, body, query) -> dict:
    shown = {path: row for path, row in TABLE.items() if row.get("listed", True)}
    paths = {
        path: {
            method.lower(): {"responses": {"200": {"description": "Successful Response"}}} for method in row["methods"]
        }
        for path, row in shown.items()
        if engine.developer or not row.get("developer")
    }
    return {"openapi": "3.1.0", "info": {"title": "FastAPI", "version": "0.1.0"}, "paths": paths}


def _nothing(engine, body, query) -> None:
    return None


def _document(engine, body, query) -> Text:
    return Text("<!DOCTYPE html>\n<title>the rehearsal's stub of vLLM</title>\n")


def _metrics(engine, body, query) -> Text:
    label = f'engine="0",model_name="{engine.names[0]}"'
    states = {"awake": not engine.asleep, "weights_offloaded": engine.level == 1, "discard_all": engine.level == 2}
    rows = [
        ("num_requests_running", "gauge", {"": engine.running}),
        ("num_requests_waiting", "gauge", {"": 0}),
        ("engine_sleep_state", "gauge", {f',sleep_state="{name}"': int(held) for name, held in states.items()}),
        ("kv_cache_usage_perc", "gauge", {"": 0.0}),
        ("num_preemptions_total", "counter", {"": 0}),
        ("prefix_cache_queries_total", "counter", {"": engine.prompt_tokens}),
        ("prefix_cache_hits_total", "counter", {"": 0}),
        ("prompt_tokens_total", "counter", {"": engine.prompt_tokens}),
        ("generation_tokens_total", "counter", {"": engine.generated_tokens}),
        ("request_success_total", "counter",
         {f',finished_reason="{name}"': count for name, count in engine.finished.items()}),
    ]  # fmt: skip
    lines = []
    for name, kind, values in rows:
        lines.append(f"# HELP vllm:{name} As vLLM names it.\n# TYPE vllm:{name} {kind}\n")
        lines += [f"vllm:{name}{{{label}{more}}} {value}\n" for more, value in values.items()]
    return Text("".join(lines), "text/plain; version=0.0.4; charset=utf-8")


def _one_of(query: dict, name: str, allowed: tuple, default: str) -> str:
    given = query.get(name, [default])[-1]
    if given not in allowed:
        message = f"1 validation error:\n  query.{name}: Input should be one of {', '.join(allowed)}, got {given!r}"
        raise Refusal(400, message, param=f"query.{name}")
    return given


def _sleep(engine, body, query) -> dict:
    level, _ = int(_one_of(query, "level", ("0", "1", "2"), "1")), _one_of(query, "mode", MODES, "abort")
    if level and not engine.sleeping_allowed:
        told = "the engine was put to sleep without --enable-sleep-mode: a GPU would answer so, too, and free no memory"
        command.note("left_out", told)
        print(f"WARNING: {told}", file=sys.stderr, flush=True)
    with engine.lock:
        engine.paused, engine.level = True, level
        engine.asleep = set(SLEEPERS) if level else set()
    engine.awake.clear()
    return {"status": "sleeping", "level": level}


def _wake_up(engine, body, query) -> dict:
    tags = query.get("tags")
    with engine.lock:
        engine.asleep -= set(tags or SLEEPERS)
        if not engine.asleep:
            engine.paused, engine.level = False, 0
            engine.awake.set()
    return {"status": "sleeping" if engine.asleep else "awake", "tags": tags}


def _pause(engine, body, query) -> dict:
    _one_of(query, "mode", MODES, "abort")
    engine.paused = True
    engine.awake.clear()
    return {"status": "paused"}


def _resume(engine, body, query) -> dict:
    engine.paused = False
    if not engine.asleep:
        engine.awake.set()
    return {"status": "resumed"}


def _collective_rpc(engine, body, query) -> dict:
    try:
        request = json.loads(body)
    except ValueError as fault:
        raise Refusal(400, f"JSON decode error: {fault}") from None
    if not isinstance(request, dict) or request.get("method") is None:
        raise Refusal(400, "Missing 'method' in request body")
    if request["method"] != "reload_weights":  # what a waking engine of level 2 is asked
        told = f"Call to collective_rpc method failed: Method {request['method']!r} is not implemented."
        raise Refusal(500, told, "InternalServerError")
    return {"results": [None]}


def _unknown_response(engine, body, query):
    raise Refusal(404, "No response is kept under this id.", "invalid_request_error", "response_id")


def _asleep(engine) -> bool:
    return engine.paused or bool(engine.asleep)


ACTIONS = {
    "/openapi.json": _openapi,
    "/docs": _document,
    "/docs/oauth2-redirect": _document,
    "/redoc": _document,
    "/health": _nothing,
    "/ping": _nothing,
    "/version": lambda engine, body, query: {"version": engine.version},
    "/load": lambda engine, body, query: {"server_load": engine.running if engine.counts_load else 0},
    "/kv_event_sources": lambda engine, body, query: {},
    "/metrics": _metrics,
    "/v1/models": answers.models,
    "/v1/chat/completions": answers.chat,
    "/v1/completions": answers.completion,
    "/v1/responses/{response_id}": _unknown_response,
    "/v1/responses/{response_id}/cancel": _unknown_response,
    "/invocations": answers.invocation,
    "/tokenize": answers.tokenize,
    "/detokenize": answers.detokenize,
    "/is_scaling_elastic_ep": lambda engine, body, query: {"is_scaling_elastic_ep": False, "phase": "idle"},
    "/sleep": _sleep,
    "/wake_up": _wake_up,
    "/is_sleeping": lambda engine, body, query: {"is_sleeping": _asleep(engine)},
    "/pause": _pause,
    "/resume": _resume,
    "/is_paused": lambda engine, body, query: {"is_paused": _asleep(engine)},
    "/abort_requests": lambda engine, body, query: {"status": "aborted", "aborted": 0},
    "/reset_prefix_cache": lambda engine, body, query: {"success": True},
    "/reset_mm_cache": _nothing,
    "/reset_encoder_cache": _nothing,
    "/collective_rpc": _collective_rpc,
    "/server_info": lambda engine, body, query: {"vllm_config": f"stub of {engine.model}", "vllm_env": {}},
    "/weight_info": lambda engine, body, query: {"weight_version": "default"},
    "/get_world_size": lambda engine, body, query: {"world_size": 1},
}
