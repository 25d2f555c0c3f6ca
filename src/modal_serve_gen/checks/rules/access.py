"""Access: endpoints require a token or key, secrets stay out of files and command lines, engine routes are closed."""

import re
from collections.abc import Iterator

from modal_serve_gen.checks.app_source import AppSource
from modal_serve_gen.checks.engine_command import EngineCommand
from modal_serve_gen.checks.modal_objects import ModalObject, Violation
from modal_serve_gen.checks.severity import Severity, severity

SECRETS = re.compile(r"\b(hf_[A-Za-z0-9]{20,}|sk-[A-Za-z0-9_-]{20,}|a[ks]-[A-Za-z0-9]{20,}|w[ks]-[A-Za-z0-9]{20,})")
SECRET_NAMES = re.compile(r"(API_KEY|_TOKEN|_SECRET|PASSWORD)$")
KEY_FLAGS = ("--api-key", "--admin-api-key")
KEY_VARIABLES = {"vllm": ("VLLM_API_KEY",), "sglang": ()}
PLUGIN_GROUP = "sglang.srt.plugins"  # the entry points from which SGLang loads an app's own middleware


@severity(Severity.WARNING)
def public_endpoint(app: AppSource) -> Iterator[Violation]:
    """Web endpoints on a GPU require a token or a key.

    Web functions are public by default. Scanners find them within hours and start GPUs.
    """
    for obj in app.modal_objects:
        command = obj.server_command
        if (
            not obj.gpus
            or not obj.web
            or _requires_proxy_token(obj)
            or (command and _requires_engine_key(app, command))
        ):
            continue
        fix = "remove unauthenticated=True" if obj.kind == "server" else "add requires_proxy_auth=True"
        if obj.web.method == "http_server":
            fix = "use @app.server, which requires a proxy token"
        place = obj.argument("unauthenticated") or obj.web
        yield Violation(place.line, f"anyone can call {obj.name} and start its containers", fix)


@severity(Severity.WARNING)
def open_routes(app: AppSource) -> Iterator[Violation]:
    """Routes that the engine's key does not protect are closed by other means.

    vLLM requires its key under /v1 and a few other paths. /invocations, which answers chats, /tokenize and /metrics
    stay open to anyone.
    """
    for obj, _, command in app.web_engines:
        closed = _requires_proxy_token(obj) or not command.lacks("--middleware")
        if command.engine == "vllm" and not closed and _requires_engine_key(app, command):
            yield Violation(
                command.line_of("--api-key") or command.line,
                "the key does not protect /invocations, /tokenize and /metrics",
                "require a proxy token as well, or close these routes with --middleware",
            )


@severity(Severity.WARNING)
def developer_mode(app: AppSource) -> Iterator[Violation]:
    """The engine's developer routes cannot be reached from outside.

    VLLM_SERVER_DEV_MODE opens /sleep, /collective_rpc and /update_weights, and the engine's key protects none of them.
    """
    mode = app.variable("VLLM_SERVER_DEV_MODE")
    if mode is None or str(mode.value) in ("None", "0", ""):
        return
    for obj, _, command in app.web_engines:
        if not _requires_proxy_token(obj) and command.lacks("--middleware"):
            yield Violation(
                mode.line,
                "developer mode lets anyone put the engine to sleep or change its weights",
                "require a proxy token, or close these routes with --middleware",
            )


@severity(Severity.WARNING)
def admin_routes(app: AppSource) -> Iterator[Violation]:
    """SGLang's administration routes are protected.

    Without a key, the routes that change weights, start profiles or flush caches answer anyone who reaches the
    server.
    """
    for obj, _, command in app.web_engines:
        unprotected = not _requires_proxy_token(obj) and command.lacks(*KEY_FLAGS)
        if command.engine == "sglang" and unprotected and not _has_key_middleware(app):
            message = "anyone who reaches sglang can change its weights"
            yield Violation(command.line, message, "require a proxy token, or set a key")


@severity(Severity.WARNING)
def key_in_argv(app: AppSource) -> Iterator[Violation]:
    """A key reaches the engine through an environment variable from a Modal Secret, not on its command line.

    Command lines appear in process lists and logs. vLLM reads VLLM_API_KEY by itself.
    """
    for command in app.commands:
        line = command.line_of(*KEY_FLAGS)
        if line and command.engine == "vllm":
            yield Violation(line, "the key is on the command line", "set VLLM_API_KEY from a Modal Secret")
        elif line and command.shell:
            fix = "pass a list of arguments, with the key from a Modal Secret"
            yield Violation(line, "the key is on a shell command line", fix)
    strings = dict(app.strings)
    if "--token" in strings and {"hf", "huggingface-cli"} & set(strings):
        yield Violation(
            strings["--token"].lineno, "the token is on the command line", "set HF_TOKEN from a Modal Secret"
        )


@severity(Severity.WARNING)
def key_in_file(app: AppSource) -> Iterator[Violation]:
    """No API key or token is hard-coded.

    Anyone who can read the repository can use it. A Modal Secret keeps it out of the file, the image and the logs.
    """
    reported = set()
    for text, node in app.strings:
        if match := SECRETS.search(text):
            reported.add(node.lineno)
            message = f"a key, {match[0][:6]}..., is hard-coded"
            yield Violation(node.lineno, message, "move it to a Modal Secret, and revoke it")
    for name, value, line in app.variables:
        if SECRET_NAMES.search(name) and isinstance(value, str) and value.strip() and line not in reported:
            yield Violation(line, f"{name} is hard-coded", "move it to a Modal Secret")


def _requires_proxy_token(obj: ModalObject) -> bool:
    """False if Modal requires no token; True if it does or this is unknown."""
    web = obj.web
    if web is None or web.method == "http_server":
        return False
    if obj.kind == "server":
        unauthenticated = web.arguments.get("unauthenticated")
        return unauthenticated is None or not unauthenticated.value
    required = web.arguments.get("requires_proxy_auth")
    return required.value is not False if required else not web.complete


def _requires_engine_key(app: AppSource, command: EngineCommand) -> bool:
    """False if the engine requires no key; True if it does or this is unknown."""
    if command.engine == "sglang" and _has_key_middleware(app):
        return True
    variables = KEY_VARIABLES[command.engine]
    mentioned = {text for text, _ in app.strings} | {variable.name for variable in app.variables}
    return bool(mentioned & set(variables)) or not command.lacks(*KEY_FLAGS)


def _has_key_middleware(app: AppSource) -> bool:
    """True if SGLang loads middleware from the app that compares keys."""
    compares = any(call.method == "compare_digest" for call in app.calls)
    return compares and any(PLUGIN_GROUP in text for text, _ in app.strings)
