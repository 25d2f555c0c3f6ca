"""The engine listens where Modal looks: on 0.0.0.0, at the port that the web server or Server announces.

Bound to localhost, or at another port, the container waits until its start-up time-out and fails, with a GPU running.
"""

import ast
from collections.abc import Iterator

from modal_serve_gen.checks.picture import Picture, keyword, value

DEFAULT_PORT = {"vllm": "8000", "sglang": "30000"}


def find(picture: Picture) -> Iterator[tuple[int, str, str]]:
    announced = dict(_ports(picture))
    for command in (each for each in picture.commands if each.server):
        host = command.value("--host")
        line = command.lines[0] if command.lines else 1
        if host is None:
            yield line, f"{command.engine} serve is given no --host", 'add "--host", "0.0.0.0"'
        elif host[0] not in (None, "0.0.0.0", "::"):
            yield host[1], f"{command.engine} listens on {host[0]}, where Modal cannot reach it", 'write "0.0.0.0"'
        port, at = command.value("--port", "-p") or (DEFAULT_PORT[command.engine], line)
        if port is not None and announced and port not in announced:
            wanted = next(iter(announced))
            yield at, f"{command.engine} listens at port {port}, but Modal is told {wanted}", f"write {wanted}"


def _ports(picture: Picture) -> Iterator[tuple[str, int]]:
    for name, call in picture.calls:
        if name.endswith("web_server"):
            node: ast.expr | None = keyword(call, "port") or (call.args[0] if call.args else None)
        elif name.endswith(("app.server", "http_server")):
            node = keyword(call, "port") or (call.args[0] if call.args else ast.Constant(8000))
        else:
            continue
        if isinstance(port := value(node, picture.constants), int):
            yield str(port), call.lineno
