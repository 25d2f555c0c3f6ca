"""Write the arguments of an SGLang wheel's benchmark to src/modal_serve_gen/facts/apis/, as a table like facts/flags/.

    python scripts/bench_of_sglang.py sglang-0.5.23-...whl

Read with `ast` from the `add_argument` calls of `sglang.benchmark.serving`. A value's own check (a positive number)
is not read: such a value counts as a number.
"""

import ast
import datetime
import hashlib
import json
import sys
import zipfile
from pathlib import Path

APIS = Path(__file__).resolve().parent.parent / "src" / "modal_serve_gen" / "facts" / "apis"
MODULE = "sglang/benchmark/serving.py"
BACKENDS = "ASYNC_REQUEST_FUNCS"
TYPES = {"str": "str", "int": "int", "float": "float", "_finite_positive_float": "float"}


def options(source: str) -> dict[str, dict]:
    """flag -> its row, for every add_argument of the command line."""
    tree = ast.parse(source)
    backends = next(
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and ast.unparse(node.targets[0]) == BACKENDS
        and isinstance(node.value, ast.Dict)
    )
    known = [ast.literal_eval(key) for key in backends.keys]
    main = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "cli_main")
    found = {}
    for call in ast.walk(main):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "add_argument":
            names = [ast.literal_eval(one) for one in call.args]
            found[names[0]] = row({word.arg: word.value for word in call.keywords}, known) | (
                {"aliases": names[1:]} if names[1:] else {}
            )
    return dict(sorted(found.items()))


def row(words: dict[str, ast.expr], backends: list[str]) -> dict:
    """One option as modal_serve_gen.flags reads it."""
    action = ast.literal_eval(words["action"]) if isinstance(words.get("action"), ast.Constant) else ""
    if action == "store_true":
        return {"type": "flag", "default": False}
    found: dict = {"type": TYPES.get(ast.unparse(words["type"]), "str") if "type" in words else "str"}
    if "nargs" in words:
        found["nargs"] = ast.literal_eval(words["nargs"])
    if "choices" in words:
        found["choices"] = sorted(backends if BACKENDS in ast.unparse(words["choices"])
                                  else ast.literal_eval(words["choices"]))  # fmt: skip
    try:
        default = ast.literal_eval(words["default"]) if "default" in words else None
    except ValueError:
        default = None  # computed: float("inf"), or a constant of the module
    return found | ({"default": default} if default is not None else {})


def main(argv: list[str]) -> int:
    wheel = Path(argv[0])
    version = wheel.name.split("-")[1]
    with zipfile.ZipFile(wheel) as archive:
        found = options(archive.read(MODULE).decode())
    head = {
        "engine": "sglang", "distribution": "sglang", "version": version,
        "wheel": {"file": wheel.name, "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest()},
        "read_on": datetime.date.today().isoformat(), "underscores": False, "dotted_json": False, "shorthand": {},
        "suffixes": {"decimal": [], "binary": []}, "positional": {"name": "nothing", "place": "none"}, "required": [],
    }  # fmt: skip
    rows = ",\n".join(f"  {json.dumps(flag)}: {json.dumps(each)}" for flag, each in found.items())
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    lines += [f'"options": {{\n{rows}\n}}', '"architectures": {}', '"tool_parsers": []', '"reasoning_parsers": []']
    file = APIS / f"sglang_bench-{version}.json"
    file.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(f"{file.name}: {len(found)} options")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
