"""Write the HTTP routes of an SGLang wheel to src/modal_serve_gen/facts/apis/: paths, methods, and who may call them.

    python -m scripts.routes_of_sglang sglang-VERSION-...whl

Read with `ast` from the decorators of the server's own modules: `@app.get(...)` and the like, and `@auth_level(...)`,
which marks administration (srt/utils/auth.py). A path that a variable can change is recorded with its default; other
paths that are computed at start are left out and printed.
"""

import ast
import datetime
import json
import re
import sys
import zipfile
from pathlib import Path
from typing import Any

APIS = Path(__file__).resolve().parent.parent / "src" / "modal_serve_gen" / "facts" / "apis"
MODULES = ("http_server", "v1_loads", "elastic_ep")
VERBS = ("get", "head", "post", "put", "delete", "api_route")

Route = dict[str, Any]  # its methods, and "admin"


def routes(source: str) -> tuple[dict[str, Route], list[str]]:
    """The routes by path, and the expressions of paths that are not literals."""
    table: dict[str, Route] = {}
    computed = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef):
            continue
        calls = [decorator for decorator in node.decorator_list if isinstance(decorator, ast.Call)]
        admin = any(re.fullmatch(r"auth_level\(AuthLevel\.ADMIN_\w+\)", ast.unparse(call)) for call in calls)
        for call in calls:
            function = call.func
            if not (isinstance(function, ast.Attribute) and function.attr in VERBS and call.args):
                continue
            if ast.unparse(function.value) not in ("app", "router"):
                continue
            path = call.args[0]
            if isinstance(path, ast.Call) and ast.unparse(path.func) == "os.environ.get" and len(path.args) == 2:
                path = path.args[1]  # the default of the variable
            try:
                path = ast.literal_eval(path)
                methods = next((ast.literal_eval(k.value) for k in call.keywords if k.arg == "methods"), None)
            except ValueError:
                computed.append(ast.unparse(call.args[0]))
                continue
            entry = table.setdefault(path, {"methods": []})
            entry["methods"] += [m for m in methods or [function.attr.upper()] if m not in entry["methods"]]
            if admin:
                entry["admin"] = True
    return table, computed


def main(argv: list[str]) -> int:
    wheel = Path(argv[0])
    version = wheel.name.split("-")[1]
    table: dict[str, Route] = {}
    with zipfile.ZipFile(wheel) as archive:
        for module in MODULES:
            more, computed = routes(archive.read(f"sglang/srt/entrypoints/{module}.py").decode())
            table |= more
            for path in computed:
                print(f"left out, computed at start: {path}")
    table |= {path: {"methods": ["GET"]} for path in ("/openapi.json", "/docs", "/redoc")}  # FastAPI adds them
    document = {
        "engine": "sglang",
        "version": version,
        "read_on": datetime.date.today().isoformat(),
        "source": "decorators of the server's modules in the wheel, read with ast",
    }
    lines = [f"    {json.dumps(path)}: {json.dumps(entry)}" for path, entry in sorted(table.items())]
    head = json.dumps(document, indent=2).removesuffix("\n}")
    text = f'{head},\n  "routes": {{\n' + ",\n".join(lines) + "\n  }\n}\n"
    (APIS / f"sglang_routes-{version}.json").write_text(text)
    print(f"{len(table)} routes of SGLang {version}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
