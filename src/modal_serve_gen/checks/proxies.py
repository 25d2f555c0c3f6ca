"""What an app's own HTTP routes let through to the engine behind them.

Each route is followed from its path to the requests that its handler sends: text that comes from the request's path
becomes a pattern, and everything else keeps its value. A request that the handler may refuse, by its caller or by its
path, counts as guarded.
"""

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from modal_serve_gen.checks import scopes
from modal_serve_gen.checks.evaluation import dotted_name

ROUTE_METHODS = (
    "api_route", "route", "get", "post", "put", "delete", "patch", "options", "head", "websocket", "websocket_route",
)  # fmt: skip
ADD_ROUTE = ("add_api_route", "add_route", "add_url_rule", "add_websocket_route", "Route", "WebSocketRoute")
SENDS = ("get", "post", "put", "patch", "delete", "urlopen", "Request", "fetch", "ws_connect", "websocket_connect")
SENDS_SECOND = ("request", "stream", "build_request")  # whose URL is the second argument
REQUEST_PATHS = re.compile(r"(^|\.)(url\.path|path|full_path|raw_path|rel_url|path_qs|url)$")
PARAMETER = re.compile(r"\{(\w+)(?::([^{}]*(?:\{[^{}]*\})?))?\}|<(?:(\w+):)?(\w+)>")
AUTHENTICATION = re.compile(r"authori[sz]ation|api[-_]?key|bearer|token|secret|credential|password", re.I)
AUTHENTICATORS = re.compile(r"(HTTPBearer|HTTPBasic|APIKeyHeader|APIKeyQuery|OAuth2\w*|compare_digest|Security)$")
NEUTRAL_MIDDLEWARE = re.compile(r"(CORS|GZip|TrustedHost|HTTPSRedirect|Brotli|Prometheus|Session)\w*$")
UNKNOWN = "\x01"  # a part of a URL that does not depend on the request
MAX_DEPTH = 4  # of functions that call each other
MAX_CALLS = 500  # that are followed from one route
MAX_PARTS = 6  # of a path that depend on the request, which bounds the time to match it

Function = ast.FunctionDef | ast.AsyncFunctionDef
Evaluate = Callable[[ast.AST], object]


class Forward(NamedTuple):
    """A route that sends requests on. `guarded` if its handler may refuse them."""

    route: str
    line: int
    upstream: re.Pattern[str]  # paths that it asks for
    guarded: bool

    def reaches(self, paths: Iterable[str]) -> list[str]:
        """Those of the engine's paths that anyone may ask for."""
        return [] if self.guarded else [path for path in paths if self.upstream.fullmatch(path)]


@dataclass
class Proxy:
    """The routes that a Modal object's own code defines. `evaluate` is the app's."""

    definitions: list[ast.stmt]  # reachable ones
    evaluate: Evaluate
    nodes: list[ast.AST] = field(init=False)
    functions: dict[str, Function] = field(init=False)
    followed: int = 0

    def __post_init__(self) -> None:
        self.nodes = [node for definition in self.definitions for node in scopes.walk(definition)]
        self.functions = {node.name: node for node in self.nodes if isinstance(node, Function)}

    def authenticates(self) -> bool:
        """True if the code compares a credential of the caller, or a framework does."""
        for node in self.nodes:
            if isinstance(node, ast.Call) and AUTHENTICATORS.search(dotted_name(node.func)):
                return True
            if isinstance(node, ast.If) and _refuses(node) and AUTHENTICATION.search(ast.unparse(node.test)):
                return True
        return False

    def forwards(self) -> Iterator[Forward]:
        """Every request that a route may send on."""
        everywhere = self._guards_all()
        for path, line, handler, dependent in self._routes():
            names = dict(_parameters(path))
            guarded = everywhere or dependent or self._guards(handler, set(names), set())
            self.followed = 0
            for upstream in set(self._sent(handler, names, _pattern(path), 0)):
                if upstream.count("*") + upstream.count("+") <= MAX_PARTS:
                    yield Forward(path, line, re.compile(upstream, re.S), guarded)

    def _routes(self) -> Iterator[tuple[str, int, Function, bool]]:
        """(path, line, handler, whether it depends on another function that may refuse) of each route."""
        for function in self.functions.values():
            for decorator in function.decorator_list:
                name = dotted_name(decorator.func) if isinstance(decorator, ast.Call) else ""
                if not isinstance(decorator, ast.Call) or name.rpartition(".")[2] not in ROUTE_METHODS:
                    continue
                path = self.evaluate(decorator.args[0]) if decorator.args else None
                if isinstance(path, str) and path.startswith("/"):
                    yield path, decorator.lineno, function, _depends(function, decorator)
        for node in self.nodes:
            if isinstance(node, ast.Call) and dotted_name(node.func).rpartition(".")[2] in ADD_ROUTE:
                path = next((text for text in map(self.evaluate, node.args) if _is_path(text)), None)
                names = [dotted_name(argument).rpartition(".")[2] for argument in node.args]
                handler = next((self.functions[name] for name in names if name in self.functions), None)
                if isinstance(path, str) and handler:
                    yield path, node.lineno, handler, _depends(handler, node)

    def _guards_all(self) -> bool:
        """True if middleware or a dependency of the whole application may refuse requests."""
        for node in self.nodes:
            if not isinstance(node, ast.Call):
                continue
            method = dotted_name(node.func).rpartition(".")[2]
            if method == "add_middleware" and node.args and not NEUTRAL_MIDDLEWARE.search(dotted_name(node.args[0])):
                return True
            if method in ("FastAPI", "APIRouter", "include_router") and any(
                keyword.arg == "dependencies" for keyword in node.keywords
            ):
                return True
        middleware = (
            function
            for function in self.functions.values()
            for decorator in function.decorator_list
            if dotted_name(getattr(decorator, "func", decorator)).rpartition(".")[2] in ("middleware", "before_request")
        )
        return any(isinstance(node, ast.If) and _refuses(node) for item in middleware for node in scopes.walk(item))

    def _guards(self, function: Function, names: set[str], seen: set[str]) -> bool:
        """True if the handler, or a function that it calls, may refuse by the caller or the path."""
        seen.add(function.name)
        for node in scopes.walk(function):
            if isinstance(node, ast.If) and _refuses(node):
                tested = {item.id for item in scopes.walk(node.test) if isinstance(item, ast.Name)}
                text = ast.unparse(node.test)
                if tested & names or AUTHENTICATION.search(text) or ".path" in text:
                    return True
            if isinstance(node, ast.Call):
                called = self.functions.get(dotted_name(node.func).rpartition(".")[2])
                if called is not None and called.name not in seen and self._guards(called, names, seen):
                    return True
        return False

    def _sent(self, function: Function, names: Mapping[str, str], whole: str, depth: int) -> Iterator[str]:
        """Patterns of the paths that a function asks for. `whole` is that of the request's own path."""
        known = dict(names)
        for node in scopes.walk(function):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                known.setdefault(node.targets[0].id, self._text(node.value, known, whole))
        for node in scopes.walk(function):
            if not isinstance(node, ast.Call) or node in function.decorator_list:
                continue
            method = dotted_name(node.func).rpartition(".")[2]
            called = self.functions.get(method)
            if called is not None and called is not function and depth < MAX_DEPTH and self.followed < MAX_CALLS:
                self.followed += 1
                bound = {item.arg: self._text(value, known, whole) for item, value in _bound(called, node)}
                yield from self._sent(called, bound, whole, depth + 1)
            elif (url := _url(node, method)) is not None:
                upstream = _path_of(self._text(url, known, whole))
                if upstream is not None:
                    yield upstream

    def _text(self, node: ast.expr, known: Mapping[str, str], whole: str, depth: int = 0) -> str:
        """Pattern of the text that an expression may be."""
        name = dotted_name(node)
        if isinstance(node, ast.Name) and node.id in known:
            return known[node.id]
        value = self.evaluate(node)
        if isinstance(value, str):
            return re.escape(value)
        if depth > 20:
            return UNKNOWN
        if isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.FormattedValue) else part for part in node.values]
            return "".join(self._text(part, known, whole, depth + 1) for part in parts)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return self._text(node.left, known, whole, depth + 1) + self._text(node.right, known, whole, depth + 1)
        if isinstance(node, ast.Subscript) and isinstance(key := self.evaluate(node.slice), str):
            return known.get(key, whole if key in ("path", "raw_path") else UNKNOWN)
        if isinstance(node, ast.Call):
            inner = next((item.value for item in node.keywords if item.arg in ("path", "raw_path")), None)
            if inner is None and isinstance(node.func, ast.Attribute) and not node.args[1:] and name.count(".") <= 3:
                stripped = node.func.attr in ("lstrip", "strip", "rstrip", "removeprefix", "decode", "encode")
                inner = node.func.value if stripped else None
            if inner is None and name.rpartition(".")[2] in ("str", "URL", "urljoin", "quote") and node.args:
                inner = node.args[-1]
            return self._text(inner, known, whole, depth + 1) if inner is not None else UNKNOWN
        return whole if isinstance(node, ast.Attribute) and REQUEST_PATHS.search(name) else UNKNOWN


def _refuses(node: ast.If) -> bool:
    statements = [inner for item in (*node.body, *node.orelse) for inner in scopes.walk(item)]
    return any(isinstance(inner, ast.Raise | ast.Return) for inner in statements)


def _depends(function: Function, route: ast.Call) -> bool:
    """True if a handler has a dependency that may refuse, by its parameters or those of its route."""
    defaults = [item for item in (*function.args.defaults, *function.args.kw_defaults) if item is not None]
    annotations = [item.annotation for item in (*function.args.args, *function.args.kwonlyargs) if item.annotation]
    calls = [node for item in (*defaults, *annotations) for node in scopes.walk(item) if isinstance(node, ast.Call)]
    names = {dotted_name(call.func).rpartition(".")[2] for call in calls}
    return bool(names & {"Depends", "Security"}) or any(keyword.arg == "dependencies" for keyword in route.keywords)


def _bound(function: Function, call: ast.Call) -> Iterator[tuple[ast.arg, ast.expr]]:
    """(parameter, argument) of a call of one of the app's functions."""
    parameters = [item for item in function.args.args if item.arg not in ("self", "cls")]
    yield from zip(parameters, call.args, strict=False)
    by_name = {item.arg: item for item in (*function.args.args, *function.args.kwonlyargs)}
    yield from ((by_name[item.arg], item.value) for item in call.keywords if item.arg in by_name)


def _url(node: ast.Call, method: str) -> ast.expr | None:
    """The URL of a request that a call sends; None if it sends none."""
    if keyword := next((item.value for item in node.keywords if item.arg == "url"), None):
        return keyword
    if method in SENDS and node.args:
        return node.args[0]
    return node.args[1] if method in SENDS_SECOND and len(node.args) > 1 else None


def _path_of(text: str) -> str | None:
    """Pattern of the path in the pattern of a URL; None for a URL of somewhere else."""
    host = re.match(r"https?:(?:\\?/){2}([\w.\\-]+|\x01)(?::[\d\x01]+)?", text)
    if host and host[1].replace("\\", "") not in ("localhost", "127.0.0.1", "0.0.0.0", UNKNOWN):
        return None
    path = text[host.end() :] if host else text.lstrip(UNKNOWN)
    path = re.split(r"\\\?|\x01", path)[0]
    if not path:
        return None
    return path if path.startswith("/") else "/?" + path


def _is_path(value: object) -> bool:
    return isinstance(value, str) and value.startswith("/")


def _parameters(path: str) -> Iterator[tuple[str, str]]:
    """(name, pattern) of each parameter of a route's path, in the spelling of Starlette, aiohttp or Flask."""
    for match in PARAMETER.finditer(path):
        kind = match[2] or match[3] or ""
        yield match[1] or match[4], ".*" if kind == "path" or ".*" in kind or ".+" in kind else "[^/]+"


def _pattern(path: str) -> str:
    """Pattern of the paths that a route accepts."""
    patterns = [pattern for _, pattern in _parameters(path)]
    literal = [re.escape(text) for text in PARAMETER.sub("\0", path).split("\0")]
    return literal[0] + "".join(pattern + text for pattern, text in zip(patterns, literal[1:], strict=True))
