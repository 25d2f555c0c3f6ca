"""Write the arguments of an SGLang wheel's benchmark to src/modal_serve_gen/facts/apis/, as a table like facts/flags/.

    python -m scripts.bench_of_sglang sglang-VERSION-...whl

Read with `ast` from the `add_argument` calls of `sglang.benchmark.serving`. A type function that only checks its value
(a positive number) counts as the plain type.
"""

import ast
import datetime
import json
import sys
from pathlib import Path
from typing import Any

from scripts.wheel_source import Source

APIS = Path(__file__).resolve().parent.parent / "src" / "modal_serve_gen" / "facts" / "apis"
MODULE = "sglang/benchmark/serving.py"
BACKENDS = "ASYNC_REQUEST_FUNCS"
TYPES = {"str": "str", "int": "int", "float": "float", "_finite_positive_float": "float"}

Row = dict[str, Any]  # an option in the tables' format


def options(source: str) -> dict[str, Row]:
    """Every `add_argument` of the command line, by flag."""
    tree = ast.parse(source)
    backends = next(
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and ast.unparse(node.targets[0]) == BACKENDS
        and isinstance(node.value, ast.Dict)
    )
    known = [ast.literal_eval(key) for key in backends.keys if key]
    main = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "cli_main")
    rows: dict[str, Row] = {}
    for call in ast.walk(main):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "add_argument":
            flag, *aliases = [ast.literal_eval(argument) for argument in call.args]
            rows[flag] = row({keyword.arg or "": keyword.value for keyword in call.keywords}, known)
            rows[flag] |= {"aliases": aliases} if aliases else {}
    return dict(sorted(rows.items()))


def row(keywords: dict[str, ast.expr], backends: list[str]) -> Row:
    """One option in the format of modal_serve_gen.flags."""
    action = ast.literal_eval(keywords["action"]) if isinstance(keywords.get("action"), ast.Constant) else ""
    if action == "store_true":
        return {"type": "flag", "default": False}
    option: Row = {"type": TYPES.get(ast.unparse(keywords["type"]), "str") if "type" in keywords else "str"}
    if "nargs" in keywords:
        option["nargs"] = ast.literal_eval(keywords["nargs"])
    if "choices" in keywords:
        option["choices"] = sorted(backends if BACKENDS in ast.unparse(keywords["choices"])
                                  else ast.literal_eval(keywords["choices"]))  # fmt: skip
    try:
        default = ast.literal_eval(keywords["default"]) if "default" in keywords else None
    except ValueError:
        default = None  # computed: float("inf"), or a constant of the module
    return option | ({"default": default} if default is not None else {})


def main(argv: list[str]) -> int:
    source = Source(Path(argv[0]))
    version = source.wheel.name.split("-")[1]
    table = options(source.archive.read(MODULE).decode())
    head = {
        "engine": "sglang", "distribution": "sglang", "version": version,
        "wheel": {"file": source.wheel.name, "sha256": source.sha256},
        "read_on": datetime.date.today().isoformat(), "prefixes": True, "underscores": False,
        "dotted_json": False, "shorthand": {}, "suffixes": {"decimal": [], "binary": []},
        "positional": {"name": "nothing", "place": "none"}, "required": [],
    }  # fmt: skip
    rows = ",\n".join(f"  {json.dumps(flag)}: {json.dumps(option)}" for flag, option in table.items())
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    lines += [f'"options": {{\n{rows}\n}}', '"architectures": {}', '"tool_parsers": []', '"reasoning_parsers": []']
    file = APIS / f"sglang_bench-{version}.json"
    file.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(f"{file.name}: {len(table)} options")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
