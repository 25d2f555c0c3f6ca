"""Extract SGLang's argument table and registries from its wheel.

SGLang declares one annotated field per option, `A[T, "help"]` or `A[T, Arg(...)]`, in the classes of
srt/arg_groups/fields, turns them into argparse calls by the rules of `add_cli_args_from_dataclass`, and registers a few
more by hand in `ServerArgs.add_cli_args`.
"""

import ast
import re
from typing import Any

from scripts.flags_of_vllm import suffixes
from scripts.vllm_annotations import Row
from scripts.wheel_source import Module, Source, fields
from scripts.wheel_values import Opaque, default, literals, value

PARSERS = {
    "human_readable_int": "human_int",
    "json.loads": "json",
    "json_list_type": "json",
    "parse_cuda_graph_config_arg": "json",
}


def inner_type(node: ast.expr) -> ast.expr:
    """X of `Optional[X]` and `X | None`; a wider union is returned unchanged."""
    match node:
        case ast.Subscript(value=ast.Name(id="Optional")):
            return node.slice
        case ast.BinOp(op=ast.BitOr(), right=ast.Constant(value=None)):
            return node.left
    return node


def declared(kind: ast.expr, meta: ast.expr, initial: Any, module: Module) -> Row | None:
    """One field as an option, by the rules of `add_cli_args_from_dataclass`; None if it has no flag."""
    nodes = {k.arg: k.value for k in meta.keywords} if isinstance(meta, ast.Call) else {"help": meta}
    read = {key: value(node, module) for key, node in nodes.items()}
    if read.get("no_cli") is True:
        return None
    option: Row = {"aliases": read.get("aliases") or [], "cli_name": read.get("cli_name"), "help": read.get("help")}
    kind = inner_type(kind)
    if "action" in nodes:
        action = ast.unparse(nodes["action"])
        if action == "argparse.BooleanOptionalAction":
            return option | {"type": "toggle", "default": initial}
        extra = read.get("action_kwargs")
        return option | {"type": "str", "nargs": extra.get("nargs") if isinstance(extra, dict) else None}
    parser = ast.unparse(nodes["type_parser"]) if "type_parser" in nodes else None
    scalar = kind.id if isinstance(kind, ast.Name) and kind.id in ("int", "float", "bool") else "str"
    choices, nargs = read.get("choices"), read.get("nargs")
    if isinstance(kind, ast.Subscript) and ast.unparse(kind.value) == "Literal":
        values = literals(kind, module)
        choices, nargs, scalar = choices or values, None, type(values[0]).__name__
    elif isinstance(kind, ast.Subscript) and ast.unparse(kind.value) in ("List", "list") and not parser:
        nargs, scalar = nargs or "+", ast.unparse(kind.slice) if ast.unparse(kind.slice) in ("int", "float") else "str"
    elif scalar == "bool":
        return option | {"type": "flag", "default": initial}
    named = scalar if parser is None else PARSERS.get(parser, "str")
    named = "json" if named == "str" and initial == "{}" else named  # a string option that must hold a JSON object
    return option | {"type": named, "nargs": nargs, "choices": choices, "default": initial}


def declared_options(home: Module) -> dict[str, Row]:
    """Every field with a flag, over the classes listed in `_INPUT_NAMESPACES`; before 0.5.20, those of `ServerArgs`."""
    options: dict[str, Row] = {}
    namespaces = home.runtime.get("_INPUT_NAMESPACES")
    listed = namespaces.elts if isinstance(namespaces, ast.Tuple | ast.List) else [ast.Name("ServerArgs")]
    for name in listed:
        for field, (module, node) in fields(home.definition(ast.unparse(name))).items():
            match node.annotation:
                case ast.Subscript(value=ast.Name(id="A" | "Annotated"), slice=ast.Tuple(elts=[kind, meta, *_])):
                    initial = default(node.value, module) if node.value else Opaque("(required)")
                    option = declared(kind, meta, initial, module)
                    if option is not None:
                        flag = option.pop("cli_name") or "--" + field.replace("_", "-")
                        options[flag] = option | {"required": node.value is None or None}
    return options


def registered_options(home: Module) -> dict[str, Row]:
    """The `parser.add_argument` calls of `ServerArgs.add_cli_args`; changes under an `if` are ignored."""
    # Below its definition the class's name is bound again, by msgspec.defstruct.
    server_args = next(n for n in home.tree.body if isinstance(n, ast.ClassDef) and n.name == "ServerArgs")
    method = next(n for n in server_args.body if isinstance(n, ast.FunctionDef) and n.name == "add_cli_args")
    options: dict[str, Row] = {}
    env: dict[str, Any] = {}
    for node in method.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=assigned):
                env[name] = value(assigned, home, env)
            case ast.Expr(value=ast.Call(func=ast.Attribute(attr="add_argument"), args=args, keywords=keywords)):
                flag, *aliases = [argument.value for argument in args if isinstance(argument, ast.Constant)]
                options[str(flag)] = {"aliases": aliases} | _registered(keywords, home, env)
    return options


def _registered(keywords: list[ast.keyword], home: Module, env: dict[str, Any]) -> Row:
    values = {k.arg: value(k.value, home, env) for k in keywords}
    action = next((ast.unparse(k.value) for k in keywords if k.arg == "action"), "store")
    bare = action == "DeprecatedAction" or "store_true" in action or "StoreTrue" in action
    bare = bare or ("StoreConst" in action and "nargs" not in values)
    kind = next((ast.unparse(k.value) for k in keywords if k.arg == "type"), "str")
    named = kind if kind in ("int", "float") else PARSERS.get(kind, "str")
    new_flag = values.get("new_flag")
    return {
        "type": "flag" if bare else "toggle" if action == "argparse.BooleanOptionalAction" else named,
        "nargs": None if isinstance(values.get("nargs"), Opaque) else values.get("nargs"),
        "choices": values.get("choices"),
        "default": values.get("default"),
        "required": values.get("required") is True or None,
        "help": f"Deprecated. Use {new_flag} instead." if isinstance(new_flag, str) else values.get("help"),
    }


def architectures(source: Source) -> dict[str, list[str]]:
    """Every `EntryClass`, grouped by the engine's own lists; draft models, which no list has, by their names."""
    every: set[str] = set()
    for file in sorted(source.names):
        if re.fullmatch(r"sglang/srt/models/[^/]+\.py", file) and b"\nEntryClass" in source.archive.read(file):
            tree = ast.parse(source.archive.read(file))
            for node in tree.body:
                if isinstance(node, ast.Assign | ast.AugAssign) and "EntryClass" in ast.unparse(node).split("=")[0]:
                    every |= {name.id for name in ast.walk(node.value) if isinstance(name, ast.Name)}
    config = source.required("sglang.srt.configs.model_config")
    multimodal = set(value(ast.Name("multimodal_model_archs"), config)) & every
    judge = config.function("is_generation_model")
    other = {n.value for n in ast.walk(judge) if isinstance(n, ast.Constant) and isinstance(n.value, str)} & every
    drafts = {name for name in every if re.search(r"NextN|MTP|Eagle|Draft|DSpark|DFlash|Assistant", name)}
    return {
        "text_generation": sorted(every - multimodal - other - drafts),
        "multimodal": sorted(multimodal),
        "pooling": sorted(other),
        "speculative_decoding": sorted(drafts),
        "transformers_backend": sorted(name for name in every if name.startswith("Transformers")),
    }


def parsers(source: Source, *places: str) -> list[str]:
    """Names of the registered parsers, from the first place (`module name`) that the wheel has."""
    for place in places:
        path, name = place.split()
        home = source.module(f"sglang.srt.{path}")
        names = value(ast.parse(name, mode="eval").body, home) if home else None
        if isinstance(names, list | dict):
            return sorted(names)
    raise LookupError(f"{source.wheel.name} has none of {', '.join(places)}")


def _cuda_graph_keys(source: Source) -> Row | None:
    """The JSON keys of --cuda-graph-config; None in a wheel without such a table."""
    graphs = source.module("sglang.srt.model_executor.cuda_graph_config")
    phases = graphs.runtime.get("ALLOWED_KEYS_PER_PHASE") if graphs else None
    if graphs is None or not isinstance(phases, ast.Dict):
        return None
    pairs = zip(phases.keys, phases.values, strict=True)
    return {value(key, graphs): dict.fromkeys(value(names, graphs)) for key, names in pairs if key}


def extract(source: Source) -> Row:
    """The table of one SGLang wheel, keys as `modal_serve_gen.flags` reads them."""
    home = source.required("sglang.srt.server_args")
    options = declared_options(home) | registered_options(home)
    for flag, option in options.items():
        text = option.pop("help", None)
        if isinstance(text, str) and re.match(r"\(?deprecated", text, re.IGNORECASE):
            option["deprecated"] = text
        if option["type"] == "toggle":
            option["negations"] = [f"--no-{name[2:]}" for name in (flag, *option["aliases"])]
        option.pop("cli_name", None)
    if "--cuda-graph-config" in options and (keys := _cuda_graph_keys(source)):
        options["--cuda-graph-config"]["keys"] = keys
    if "sglang/cli/serve.py" in source.names and b'"--model-type"' in source.archive.read("sglang/cli/serve.py"):
        options["--model-type"] = {"aliases": [], "type": "str", "default": "auto", "launcher": "sglang serve"}
    common = source.required("sglang.srt.utils.common")
    sized = "human_readable_int" in common.runtime  # not in 0.5.5
    return {
        "prefixes": "allow_abbrev" not in ast.unparse(home.function("prepare_server_args")),
        "underscores": False,
        "dotted_json": False,
        "shorthand": {},
        "suffixes": suffixes(common.function("human_readable_int") if sized else None, common),
        "positional": {"name": "model", "place": "first", "stands_for": "--model-path"},
        "required": [flag for flag, option in options.items() if option.pop("required", None)],
        "options": options,
        "architectures": architectures(source),
        "tool_parsers": parsers(
            source,
            "function_call.parser_names TOOL_CALL_PARSER_NAMES",
            "function_call.function_call_parser FunctionCallParser.ToolCallParserEnum",
        ),
        "reasoning_parsers": parsers(
            source,
            "parser.reasoning_parser_names REASONING_PARSER_NAMES",
            "parser.reasoning_parser ReasoningParser.DetectorMap",
        ),
    }
