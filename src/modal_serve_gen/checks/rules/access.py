"""Who may ask: an endpoint behind a token or key, keys kept out of files and command lines, engine routes closed."""

import re
from collections.abc import Iterator

from modal_serve_gen.checks.picture import Picture
from modal_serve_gen.checks.units import Fault, Given, Unit

KEYS = re.compile(r"\b(hf_[A-Za-z0-9]{20,}|sk-[A-Za-z0-9_-]{20,}|a[ks]-[A-Za-z0-9]{20,}|w[ks]-[A-Za-z0-9]{20,})")
KEY_NAMES = re.compile(r"(API_KEY|_TOKEN|_SECRET|PASSWORD)$")
FLAGS = ("--api-key", "--admin-api-key")
VARIABLES = {"vllm": ("VLLM_API_KEY",), "sglang": ()}
PLUGINS = "sglang.srt.plugins"  # the entry points by which SGLang loads middleware of the app's own


def public_endpoint(app: Picture) -> Iterator[Fault]:
    """What has a GPU and a URL asks for a token or a key.

    Web functions are public by default; scanners find them within hours and start GPUs.
    """
    for unit in app.units:
        if unit.gpus and unit.web and not _proxy_auth(unit) and not _keyed(app, unit):
            given = unit.given("unauthenticated")
            line = given.line if given else unit.web.line
            mend = "take unauthenticated=True out" if unit.kind == "server" else "add requires_proxy_auth=True"
            if unit.web.last == "http_server":
                mend = "use @app.server, which asks for a proxy token"
            yield line, f"everybody can start and use {unit.name}", mend


def open_routes(app: Picture) -> Iterator[Fault]:
    """Routes that an engine's key does not guard are closed by something else.

    vLLM asks for its key under /v1 and a few other paths: /invocations, which answers chats, /tokenize and /metrics
    stay open to everybody.
    """
    for unit in app.units:
        command = unit.serves
        if command is None or not unit.web or command.engine != "vllm" or _proxy_auth(unit):
            continue
        if _keyed(app, unit) and command.known("--middleware"):
            at = command.has("--api-key") or command.line
            yield (
                at,
                "the key leaves /invocations, /tokenize and /metrics open",
                "ask for a proxy token as well, or close them with --middleware",
            )


def developer_mode(app: Picture) -> Iterator[Fault]:
    """The engine's developer routes are not reachable from outside.

    VLLM_SERVER_DEV_MODE opens /sleep, /collective_rpc and /update_weights, and no engine key guards them.
    """
    held, line = app.variable("VLLM_SERVER_DEV_MODE") or (None, 0)
    if str(held) in ("None", "0", ""):
        return
    for unit in app.units:
        command = unit.serves
        if command and unit.web and not _proxy_auth(unit) and command.known("--middleware"):
            yield (
                line,
                "developer mode lets everybody put the engine to sleep or change its weights",
                "ask for a proxy token, or close the routes with --middleware",
            )


def admin_routes(app: Picture) -> Iterator[Fault]:
    """SGLang's administration is not open to everybody.

    Without a key every route that changes weights, profiles or flushes answers whoever reaches the server.
    """
    for unit in app.units:
        command = unit.serves
        if command is None or command.engine != "sglang" or _gated(app):
            continue
        if unit.web and not _proxy_auth(unit) and command.known(*FLAGS):
            yield (
                command.line,
                "everybody who reaches sglang may change its weights",
                "ask for a proxy token, or set a key",
            )


def key_in_argv(app: Picture) -> Iterator[Fault]:
    """A key reaches the engine through its environment, from a Modal Secret, not on its command line.

    Command lines stand in process lists and logs; vLLM itself reads VLLM_API_KEY.
    """
    for command in app.commands:
        at = command.has(*FLAGS)
        if at and command.engine == "vllm":
            yield at, "the key stands on the command line", "set VLLM_API_KEY from a Modal Secret"
        elif at and command.text:
            yield at, "the key stands in a shell's command line", "pass a list of words, the key from a Modal Secret"
    words = dict(app.strings)
    if "--token" in words and {"hf", "huggingface-cli"} & set(words):
        yield words["--token"].lineno, "the token stands on the command line", "set HF_TOKEN from a Modal Secret"


def key_in_file(app: Picture) -> Iterator[Fault]:
    """No key stands in the file.

    What is committed is known; a Modal Secret keeps a key out of the file, the image and the log.
    """
    found = set()
    for text, node in app.strings:
        if match := KEYS.search(text):
            found.add(node.lineno)
            yield (
                node.lineno,
                f"a key, {match[0][:6]}..., stands in the file",
                "put it into a Modal Secret, and revoke it",
            )
    for name, held, line in app.variables:
        if KEY_NAMES.search(name) and isinstance(held, str) and held.strip() and line not in found:
            yield line, f"{name} is written into the file", "put it into a Modal Secret"


def _proxy_auth(unit: Unit) -> bool:
    """Whether Modal itself asks for a token, as far as is known."""
    web = unit.web
    if web is None or web.last == "http_server":
        return False
    given: Given | None = web.arguments.get("unauthenticated" if unit.kind == "server" else "requires_proxy_auth")
    if given is None:
        return unit.kind == "server" or not web.whole
    return not given.value if unit.kind == "server" else given.value is not False


def _keyed(app: Picture, unit: Unit) -> bool:
    """Whether the engine asks for a key, as far as is known."""
    command = unit.serves
    if command is None:
        return False
    if command.engine == "sglang" and _gated(app):
        return True
    named = VARIABLES[command.engine]
    mentioned = any(text in named for text, _ in app.strings) or any(name in named for name, _, _ in app.variables)
    return mentioned or not command.known(*FLAGS)


def _gated(app: Picture) -> bool:
    """Whether SGLang is given middleware that compares what callers show with a key."""
    compares = any(call.last == "compare_digest" for call in app.calls)
    return compares and any(PLUGINS in text for text, _ in app.strings)
