"""Access: endpoints and tunnels require a token or key, and the engine's other routes are closed."""

from collections.abc import Iterable, Iterator

from modal_serve_gen import facts
from modal_serve_gen.checks.app_source import AppSource
from modal_serve_gen.checks.engine_command import EngineCommand
from modal_serve_gen.checks.engine_keys import has_gate, requires_key
from modal_serve_gen.checks.modal_objects import Call, ModalObject, Violation
from modal_serve_gen.checks.proxies import Forward, Proxy
from modal_serve_gen.checks.severity import Severity, severity

OPEN_ROUTES = ("/invocations", "/tokenize", "/metrics")  # of vLLM, whatever its key


@severity(Severity.WARNING)
def public_endpoint(app: AppSource) -> Iterator[Violation]:
    """Web endpoints on a GPU require a token or a key.

    Web functions are public by default. Scanners find them within hours and start GPUs.
    """
    for obj in app.modal_objects:
        command = obj.server_command
        if not obj.gpus or not obj.web or _requires_proxy_token(obj, obj.web):
            continue
        if command and requires_key(app, obj, command):
            continue
        if not obj.exposes_port and Proxy(obj.reachable, app.evaluate).authenticates():
            continue
        fix = "remove unauthenticated=True" if obj.kind == "server" else "add requires_proxy_auth=True"
        if obj.web.method == "http_server":
            fix = "use @app.server, which requires a proxy token"
        place = obj.argument("unauthenticated") or obj.web.arguments.get("requires_proxy_auth") or obj.web
        yield Violation(place.line, f"anyone can call {obj.name} and start its containers", fix)


@severity(Severity.WARNING)
def open_tunnel(app: AppSource) -> Iterator[Violation]:
    """An engine behind a tunnel requires a key.

    `modal.forward` gives a port a public address, which requires no token. It is printed, logged and passed on, and
    everyone who has it uses the GPU.
    """
    for obj, exposure, command in app.web_engines:
        if exposure is obj.tunnel and not requires_key(app, obj, command):
            variable = next(iter(facts.serving_engines()[command.engine].key_variables), "")
            fix = f"set {variable} from a Modal Secret" if variable else "set a key, or use a web server with a token"
            message = f"anyone with the tunnel's address reaches {command.engine}, which requires no key"
            yield Violation(exposure.line, message, fix)


@severity(Severity.WARNING)
def open_routes(app: AppSource) -> Iterator[Violation]:
    """Routes that the engine's key does not protect are closed by other means.

    vLLM requires its key under /v1 and a few other paths. /invocations, which answers chats, /tokenize and /metrics
    stay open to anyone.
    """
    for obj, exposure, command in app.web_engines:
        closed = _requires_proxy_token(obj, exposure) or not command.lacks("--middleware")
        if command.engine == "vllm" and not closed and requires_key(app, obj, command):
            yield Violation(
                command.line_of("--api-key") or command.line,
                "the key does not protect /invocations, /tokenize and /metrics",
                "require a proxy token as well, or close these routes with --middleware",
            )
    for obj, command, proxy in app.proxied_engines:
        if command.engine == "vllm" and requires_key(app, obj, command):
            for forward, paths in _passed_on(obj, command, proxy, OPEN_ROUTES):
                message = f"{forward.route} passes {_listed(paths)} on, which the engine's key does not protect"
                yield Violation(forward.line, message, "pass on /v1 only")


@severity(Severity.WARNING)
def developer_mode(app: AppSource) -> Iterator[Violation]:
    """The engine's developer routes cannot be reached from outside.

    VLLM_SERVER_DEV_MODE opens /sleep, /collective_rpc and /update_weights, and the engine's key protects none of them.
    """
    mode = app.variable("VLLM_SERVER_DEV_MODE")
    if mode is None or str(mode.value) in ("None", "0", ""):
        return
    message = "developer mode lets anyone put the engine to sleep or change its weights"
    for obj, exposure, command in app.web_engines:
        in_mode = command.engine == "vllm" and app.may_set(obj, mode.name)
        if in_mode and not _requires_proxy_token(obj, exposure) and command.lacks("--middleware"):
            fix = "require a proxy token, or close these routes with --middleware"
            yield Violation(mode.line, message, fix if obj.web is exposure else "close these routes with --middleware")
    routes = sorted(path for path, route in facts.routes("vllm").items() if route.developer)
    for obj, command, proxy in app.proxied_engines:
        if command.engine == "vllm" and app.may_set(obj, mode.name):
            for forward, paths in _passed_on(obj, command, proxy, routes):
                told = f"{message}: {forward.route} passes {_listed(paths)} on"
                yield Violation(forward.line, told, "pass on /v1 only, or require a proxy token")


@severity(Severity.WARNING)
def admin_routes(app: AppSource) -> Iterator[Violation]:
    """SGLang's administration routes are protected.

    Without a key, the routes that change weights, start profiles or flush caches answer anyone who reaches the
    server.
    """
    message = "anyone who reaches sglang can change its weights"
    for obj, exposure, command in app.web_engines:
        closed = _requires_proxy_token(obj, exposure) or has_gate(app) or requires_key(app, obj, command)
        if command.engine == "sglang" and not closed:
            yield Violation(command.line, message, "require a proxy token, or set a key")
    routes = sorted(path for path, route in facts.routes("sglang").items() if route.admin)
    for obj, command, proxy in app.proxied_engines:
        if command.engine == "sglang" and not has_gate(app) and not requires_key(app, obj, command):
            for forward, paths in _passed_on(obj, command, proxy, routes):
                told = f"{message}: {forward.route} passes {_listed(paths)} on"
                yield Violation(forward.line, told, "pass on /v1 only, or require a proxy token")


def _passed_on(
    obj: ModalObject, command: EngineCommand, proxy: Proxy, paths: Iterable[str]
) -> Iterator[tuple[Forward, list[str]]]:
    """(route, the engine's paths that it passes on from anyone) of an app's own routes."""
    if obj.web is None or _requires_proxy_token(obj, obj.web) or not command.lacks("--middleware"):
        return
    for forward in proxy.forwards():
        if reached := forward.reaches(paths):
            yield forward, reached


def _listed(paths: list[str]) -> str:
    return ", ".join(paths[:2]) + (f" and {len(paths) - 2} more" if len(paths) > 2 else "")


def _requires_proxy_token(obj: ModalObject, exposure: Call) -> bool:
    """False if Modal requires no token; True if it does or this is unknown."""
    if exposure.method in ("http_server", "forward"):
        return False
    if obj.kind == "server":
        unauthenticated = exposure.arguments.get("unauthenticated")
        return unauthenticated is None or not unauthenticated.value
    required = exposure.arguments.get("requires_proxy_auth")
    return required.value is not False if required else not exposure.complete
