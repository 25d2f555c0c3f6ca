"""SGLang's argument table and registries, out of its wheel.

SGLang declares one annotated field per option, `A[T, "help"]` or `A[T, Arg(...)]`, in the classes of
srt/arg_groups/fields, turns them into argparse calls by the rules of `add_cli_args_from_dataclass`, and registers a few
more by hand in `ServerArgs.add_cli_args`.
"""

import ast
import re

from flags_of_vllm import suffixes
from wheel_source import Module, Opaque, Source

PARSERS = {
    "human_readable_int": "human_int",
    "json.loads": "json",
    "json_list_type": "json",
    "parse_cuda_graph_config_arg": "json",
}


def inner_type(node: ast.expr) -> ast.expr:
    """`Optional[X]` and `X | None` as X; a wider union as it is."""
    match node:
        case ast.Subscript(value=ast.Name(id="Optional")):
            return node.slice
        case ast.BinOp(op=ast.BitOr(), right=ast.Constant(value=None)):
            return node.left
    return node


def declared(kind: ast.expr, meta: ast.expr, default: object, module: Module, source: Source) -> dict | None:
    """One field as an option, by the rules of `add_cli_args_from_dataclass`; None when it has no flag."""
    given = {k.arg: k.value for k in meta.keywords} if isinstance(meta, ast.Call) else {"help": meta}
    read = {key: source.value(node, module) for key, node in given.items()}
    if read.get("no_cli") is True:
        return None
    option: dict = {"aliases": read.get("aliases") or [], "cli_name": read.get("cli_name"), "help": read.get("help")}
    kind = inner_type(kind)
    if "action" in given:
        action = ast.unparse(given["action"])
        if action == "argparse.BooleanOptionalAction":
            return option | {"type": "toggle", "default": default}
        extra = read.get("action_kwargs")
        return option | {"type": "str", "nargs": extra.get("nargs") if isinstance(extra, dict) else None}
    parser = ast.unparse(given["type_parser"]) if "type_parser" in given else None
    scalar = kind.id if isinstance(kind, ast.Name) and kind.id in ("int", "float", "bool") else "str"
    choices, nargs = read.get("choices"), read.get("nargs")
    literal = isinstance(kind, ast.Subscript) and ast.unparse(kind.value) == "Literal"
    if literal:
        values = source.literals(kind, module)
        choices, nargs, scalar = choices or values, None, type(values[0]).__name__
    elif isinstance(kind, ast.Subscript) and ast.unparse(kind.value) in ("List", "list") and not parser:
        nargs, scalar = nargs or "+", ast.unparse(kind.slice) if ast.unparse(kind.slice) in ("int", "float") else "str"
    elif scalar == "bool":
        return option | {"type": "flag", "default": default}
    named = PARSERS.get(parser, scalar if parser is None else "str")
    named = "json" if named == "str" and default == "{}" else named  # a string option that must hold a JSON object
    return option | {"type": named, "nargs": nargs, "choices": choices, "default": default}


def fields(source: Source, home: Module) -> dict[str, dict]:
    """Every field with a flag, over the classes listed in `_INPUT_NAMESPACES`."""
    options: dict[str, dict] = {}
    for name in home.runtime["_INPUT_NAMESPACES"].elts:
        found = source.find(name.id, home)
        for field, (module, node) in source.fields(found).items():
            match node.annotation:
                case ast.Subscript(value=ast.Name(id="A" | "Annotated"), slice=ast.Tuple(elts=[kind, meta, *_])):
                    default = source.default(node.value, module) if node.value else Opaque("(required)")
                    option = declared(kind, meta, default, module, source)
                    if option is not None:
                        flag = option.pop("cli_name") or "--" + field.replace("_", "-")
                        options[flag] = option | {"required": node.value is None or None}
    return options


def by_hand(source: Source, home: Module, options: dict[str, dict]) -> None:
    """The `parser.add_argument` calls of `ServerArgs.add_cli_args`; changes made under an `if` stay out."""
    found = source.find("ServerArgs", home)
    if found is None or not isinstance(found.node, ast.ClassDef):  # rebound below by msgspec.defstruct
        found_node = next(n for n in home.tree.body if isinstance(n, ast.ClassDef) and n.name == "ServerArgs")
    else:
        found_node = found.node
    method = next(n for n in found_node.body if getattr(n, "name", "") == "add_cli_args")
    env: dict = {}
    for node in method.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                env[name] = source.value(value, home, env)
            case ast.Expr(value=ast.Call(func=ast.Attribute(attr="add_argument")) as call):
                flag = call.args[0].value
                given = {k.arg: source.value(k.value, home, env) for k in call.keywords}
                action = next((ast.unparse(k.value) for k in call.keywords if k.arg == "action"), "store")
                bare = (
                    "store_true" in action or "StoreTrue" in action or ("StoreConst" in action and "nargs" not in given)
                )
                help_text = given.get("help")
                new = given.get("new_flag")
                options[flag] = {
                    "aliases": [argument.value for argument in call.args[1:]],
                    "type": "flag" if bare else "str",
                    "choices": given.get("choices"),
                    "default": given.get("default"),
                    "help": f"Deprecated. Use {new} instead." if isinstance(new, str) else help_text,
                }


def architectures(source: Source) -> dict[str, list[str]]:
    """Every `EntryClass`, grouped by the engine's own lists; drafts by their names, as no list of them exists."""
    every: set[str] = set()
    for file in sorted(source.names):
        if re.fullmatch(r"sglang/srt/models/[^/]+\.py", file) and b"\nEntryClass" in source.archive.read(file):
            tree = ast.parse(source.archive.read(file))
            for node in tree.body:
                if isinstance(node, ast.Assign | ast.AugAssign) and "EntryClass" in ast.unparse(node).split("=")[0]:
                    every |= {name.id for name in ast.walk(node.value) if isinstance(name, ast.Name)}
    config = source.module("sglang.srt.configs.model_config")
    multimodal = set(source.value(ast.Name("multimodal_model_archs"), config)) & every
    judge = next(n for n in config.tree.body if getattr(n, "name", "") == "is_generation_model")
    other = {n.value for n in ast.walk(judge) if isinstance(n, ast.Constant) and isinstance(n.value, str)} & every
    drafts = {name for name in every if re.search(r"NextN|MTP|Eagle|Draft|DSpark|DFlash|Assistant", name)}
    return {
        "text_generation": sorted(every - multimodal - other - drafts),
        "multimodal": sorted(multimodal),
        "pooling": sorted(other),
        "speculative_decoding": sorted(drafts),
        "transformers_backend": sorted(name for name in every if name.startswith("Transformers")),
    }


def extract(source: Source) -> dict:
    """The table of one SGLang wheel, keys as `modal_serve_gen.flags` reads them."""
    home = source.module("sglang.srt.server_args")
    options = fields(source, home)
    by_hand(source, home, options)
    for flag, option in options.items():
        text = option.pop("help", None)
        if isinstance(text, str) and re.match(r"\(?deprecated", text, re.IGNORECASE):
            option["deprecated"] = text
        if option["type"] == "toggle":
            option["negations"] = [f"--no-{name[2:]}" for name in (flag, *option["aliases"])]
        option.pop("cli_name", None)
    graphs = source.module("sglang.srt.model_executor.cuda_graph_config")
    phases = {node.targets[0].id: node for node in graphs.tree.body if isinstance(node, ast.Assign)}
    if "ALLOWED_KEYS_PER_PHASE" in phases and "--cuda-graph-config" in options:
        table = phases["ALLOWED_KEYS_PER_PHASE"].value
        options["--cuda-graph-config"]["keys"] = {
            source.value(key, graphs): dict.fromkeys(source.value(value, graphs))
            for key, value in zip(table.keys, table.values, strict=True)
        }
    if "--model-type" in (source.archive.read("sglang/cli/serve.py").decode()):
        options["--model-type"] = {"aliases": [], "type": "str", "default": "auto", "launcher": "sglang serve"}
    common = source.module("sglang.srt.utils.common")
    human = next(n for n in common.tree.body if getattr(n, "name", "") == "human_readable_int")
    lists = {
        "tool_parsers": ("sglang.srt.function_call.parser_names", "TOOL_CALL_PARSER_NAMES"),
        "reasoning_parsers": ("sglang.srt.parser.reasoning_parser_names", "REASONING_PARSER_NAMES"),
    }
    return {
        "underscores": False,
        "dotted_json": False,
        "shorthand": {},
        "suffixes": suffixes(human, source, common),
        "positional": {"name": "model", "place": "first", "stands_for": "--model-path"},
        "required": [flag for flag, option in options.items() if option.pop("required", None)],
        "options": options,
        "architectures": architectures(source),
        **{key: sorted(source.value(ast.Name(name), source.module(place))) for key, (place, name) in lists.items()},
    }
