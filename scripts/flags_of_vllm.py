"""Extract vLLM's argument table and registries from its wheel.

vLLM derives argparse's keywords from the annotations of its config classes (vllm_annotations.py) and passes them to
`add_argument`, some of them changed on the way. This walks the same calls over the syntax tree.
"""

import ast
import re
from collections.abc import Sequence
from typing import Any

from scripts.vllm_annotations import Row, keys_of, kwargs_of
from scripts.wheel_source import Module, Source, classes
from scripts.wheel_values import Opaque, value

KEYWORDS = ("nargs", "optional", "known", "choices", "keys", "fold", "import_path")
FOLD = "lambda s: s.lower().replace('-', '_')"
KNOWN = {"argparse.BooleanOptionalAction": "toggle", "json.loads": "json", FOLD: "fold"}
HUMAN = ["max_num_batched_tokens", "max_num_scheduled_tokens", "kv_cache_memory_bytes"]
Environment = dict[str, Any]  # local variables of a function that registers arguments


class Walk:
    """One pass over the functions that register arguments, in the order in which vLLM calls them."""

    def __init__(self, source: Source):
        self.source = source
        self.engine = source.module_with("class EngineArgs", "vllm/engine/")
        self.front = source.module_with("class FrontendArgs", "vllm/entrypoints/")
        compute = next(n for n in ast.walk(self.engine.tree) if getattr(n, "name", "") == "_compute_kwargs")
        self.human = next(
            (
                value(node.value, self.engine)
                for node in ast.walk(compute)
                if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "human_readable_int_args"
            ),
            HUMAN,
        )
        self.options: dict[str, Row] = {}

    def configured(self, name: str, module: Module) -> dict[str, Row]:
        return kwargs_of(module.definition(name), self.human)

    def run(self, body: Sequence[ast.stmt], module: Module, env: Environment, certain: bool = True) -> None:
        """Follow the statements of a function: assignments of keywords, changes of them, `add_argument` calls."""
        for node in body:
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=assigned):
                    env[name] = self.value(assigned, module, env)
                case ast.Assign(targets=[ast.Subscript(value=container, slice=key)], value=assigned):
                    table = self.value(container, module, env)
                    if isinstance(table, dict):
                        table[self.value(key, module, env)] = self.value(assigned, module, env)
                case ast.Delete(targets=[ast.Subscript(value=container, slice=key)]):
                    self.value(container, module, env).pop(self.value(key, module, env), None)
                case ast.Expr(value=ast.Call(func=ast.Attribute(value=owner, attr="remove"), args=[item])) if certain:
                    self.value(owner, module, env).remove(self.value(item, module, env))
                case ast.Expr(value=ast.Call(func=ast.Attribute(attr="add_argument")) as call):
                    self.register(call, module, env)
                case ast.If():
                    self.run(node.body + node.orelse, module, env, certain=False)
                case ast.For(target=ast.Tuple(elts=[ast.Name(id=name), ast.Name(id=kind)]), iter=ast.List(elts=rows)):
                    for row in rows:  # (flag, type)
                        pair = self.value(row, module, env)
                        self.run(node.body, module, {**env, name: pair[0], kind: pair[1]})

    def value(self, node: ast.AST, module: Module, env: Environment) -> Any:
        """The value of an expression, where keywords of `get_kwargs` count as data too."""
        match node:
            case ast.Subscript():
                table, key = self.value(node.value, module, env), self.value(node.slice, module, env)
                opaque = Opaque(ast.unparse(node))
                return table.get(key, opaque) if isinstance(table, dict) else opaque
            case ast.Call(func=ast.Name(id="get_kwargs"), args=[ast.Name(id=name)]):
                return self.configured(name, module)
            case ast.Call(func=ast.Name(id="optional_type"), args=[inner]):
                return ("optional", self.value(inner, module, env))
            case ast.Attribute() | ast.Lambda():
                return KNOWN.get(ast.unparse(node)) or value(node, module, env)
            case ast.Dict():
                merged: Row = {}
                for key_node, item_node in zip(node.keys, node.values, strict=True):
                    item = self.value(item_node, module, env)
                    merged |= {self.value(key_node, module, env): item} if key_node else item
                return merged
        return value(node, module, env)

    def register(self, call: ast.Call, module: Module, env: Environment) -> None:
        read = [self.value(argument, module, env) for argument in call.args]
        names = [name for name in read if isinstance(name, str)]
        keywords: Row = {}
        for keyword in call.keywords:
            item = self.value(keyword.value, module, env)
            keywords |= {keyword.arg: item} if keyword.arg else item
        if any(name.startswith("-") for name in names):
            self.add(names, keywords)

    def add(self, names: list[str], keywords: Row) -> None:
        """Record one `add_argument` call."""
        kind, action, help_text = keywords.get("type", "str"), keywords.get("action"), keywords.get("help")
        if isinstance(kind, tuple):
            kind, keywords["optional"] = kind[1], True
        kind = kind if isinstance(kind, str) else {"int": "int", "float": "float"}.get(kind.text, "str")
        deprecated = help_text if isinstance(help_text, str) and re.search(r"\bis deprecated\b", help_text) else None
        flag = next(name for name in names if name.startswith("--"))
        option: Row = {"aliases": [name for name in names if name != flag], "type": kind, "deprecated": deprecated}
        if action in ("toggle", "store_true"):
            option |= {"type": "toggle" if action == "toggle" else "flag"}
        else:
            option |= {key: keywords.get(key) for key in KEYWORDS}
            if isinstance(action, Opaque) and action.text == "LoRAParserAction":
                option["type"] = "lora"
            option["repeat"] = action == "append" or None
        option["default"] = keywords.get("default")
        self.options[flag] = option

    def frontend(self) -> None:
        """`FrontendArgs.add_cli_args`: every field, with the changes that it or its `_customize_cli_kwargs` makes."""
        env: Environment = {"frontend_kwargs": self.configured("FrontendArgs", self.front)}
        owner = self.front.definition("FrontendArgs")
        if any(getattr(node, "name", "") == "add_cli_args" for node in owner.body):
            self.run(owner.method("add_cli_args").body, self.front, env)
        kwargs = env["frontend_kwargs"]
        for ancestor in classes(self.front.definition("FrontendArgs")):
            for node in ancestor.body:
                if isinstance(node, ast.FunctionDef) and node.name == "_customize_cli_kwargs":
                    changes = [n for n in node.body if not ast.unparse(n).startswith("frontend_kwargs = super()")]
                    self.run(changes, ancestor.module, {"frontend_kwargs": kwargs})
        for name, keywords in kwargs.items():
            self.add([f"--{name.replace('_', '-')}"], keywords)


def negations(flag: str, names: list[str], pairs: bool) -> list[str]:
    """`--no-x` for every long spelling and, where the parser pairs them, `--disable-x` for `--enable-x` and back."""
    longs = [name for name in (flag, *names) if name.startswith("--")]
    negated = [f"--no-{name[2:]}" for name in longs]
    if pairs:
        swap = {"--enable-": "--disable-", "--disable-": "--enable-"}
        negated += [new + n.removeprefix(old) for n in longs for old, new in swap.items() if n.startswith(old)]
    return negated


def suffixes(function: ast.FunctionDef | None, module: Module) -> dict[str, list[str]]:
    """The size suffixes of a human-readable integer: those that allow decimals (powers of ten), those that do not."""
    kinds: dict[str, list[str]] = {"decimal": [], "binary": []}
    for node in ast.walk(function) if function else ():
        table = value(node, module) if isinstance(node, ast.Dict) else {}
        for suffix, factor in table.items() if isinstance(table, dict) else ():
            if isinstance(suffix, str) and isinstance(factor, int):
                kinds["decimal" if factor % 10 == 0 else "binary"].append(suffix)
    return kinds


def _registries(registry: Module) -> dict[str, ast.Dict]:
    """The registry's dictionaries of architectures by their names."""
    return {
        name: node
        for name, node in registry.runtime.items()
        if re.fullmatch(r"_[A-Z_]+_MODELS", name) and isinstance(node, ast.Dict)
    }


def group(node: ast.Dict, module: Module) -> list[str]:
    """The architectures of one registry dict; a `**{...}` part takes those of another dict with the same class."""
    names: set[str] = set()
    for key, item in zip(node.keys, node.values, strict=True):
        if key is not None:
            names.add(value(key, module))
            continue
        match item:
            case ast.DictComp(
                generators=[
                    ast.comprehension(
                        iter=ast.Call(func=ast.Attribute(value=other)),
                        ifs=[ast.Compare(comparators=[required, *_])],
                    )
                ]
            ):
                rows, implementation = value(other, module), value(required, module)
                names |= {name for name, (_, architecture) in rows.items() if architecture == implementation}
            case ast.Name(id=name):
                part = module.runtime[name]
                names |= set(group(part, module)) if isinstance(part, ast.Dict) else set()
    return sorted(names)


def without_lora(registry: Module) -> list[str]:
    """Architectures whose class does not declare LoRA support; those whose class cannot be read are left out."""
    rows: dict[str, list[str]] = {}
    for node in _registries(registry).values():
        pairs = [pair for pair in zip(node.keys, node.values, strict=True) if isinstance(pair[1], ast.Tuple)]
        rows |= {value(key, registry): value(row, registry) for key, row in pairs if key}
    unsupported = []
    for architecture, (module, name) in rows.items():
        home = registry.source.module(module if module.startswith("vllm.") else f"{registry.package}.{module}")
        definition = home.find(name) if home else None
        if definition and isinstance(definition.node, ast.ClassDef):
            bases = [base for ancestor in classes(definition) for base in ancestor.bases]
            unsupported += [] if "SupportsLoRA" in bases else [architecture]
    return sorted(unsupported)


def shorthand(text: str) -> dict[str, str]:
    """What -O3 and -O.key mean to the parser in `text`: a level, and until its deprecation a key of a JSON option."""
    if "startswith('-O')" not in text:
        return {}
    level = next((key for key in ("-O.level", "-O.mode") if f"'{key}'" in text), "--optimization-level")
    dotted = {"-O.": "-O." if level.startswith("-O") else "--compilation-config."} if "arg[2] != '.'" in text else {}
    return {"-O": level} | dotted


def plugins(source: Source, registry: str, manager: str) -> list[str]:
    """Names of parsers: the keys of `registry`, or, before 0.11.1, the arguments of `@manager.register_module(...)`."""
    try:
        return sorted(value(ast.Name(registry), source.module_with(f"{registry} =", "vllm/")))
    except LookupError:
        names: set[str] = set()
        needle = f"@{manager}.register_module(".encode()
        for file in sorted(name for name in source.names if needle in source.archive.read(name)):
            module = source.required(file.removesuffix(".py").replace("/", "."))
            for node in ast.walk(module.tree):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == f"{manager}.register_module":
                    named = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg == "name")]
                    read = value(named[0], module) if named else []
                    names |= set(read if isinstance(read, list) else [read])
        return sorted(names)


def extract(source: Source) -> Row:
    """The table of one vLLM wheel, keys as `modal_serve_gen.flags` reads them."""
    walk = Walk(source)
    walk.run(walk.front.function("make_arg_parser").body, walk.front, {})
    walk.frontend()
    for name in ("EngineArgs", "AsyncEngineArgs"):
        walk.run(walk.engine.definition(name).method("add_cli_args").body, walk.engine, {})
    parsing = source.module_with("class FlexibleArgumentParser", "vllm/utils/")
    text = ast.unparse(parsing.definition("FlexibleArgumentParser").node)
    inverse = "_inverse_prefixes" in ast.unparse(parsing.tree)
    for flag, option in walk.options.items():
        if option["type"] == "toggle":
            option["negations"] = negations(flag, option["aliases"], pairs=inverse)
    tools = plugins(source, "_TOOL_PARSERS_TO_REGISTER", "ToolParserManager")
    reasoning = plugins(source, "_REASONING_PARSERS_TO_REGISTER", "ReasoningParserManager")
    sizes = source.module_with("def human_readable_int(", "vllm/")
    for flag, names in (("--tool-call-parser", tools), ("--reasoning-parser", [*reasoning, "none"])):
        enforced = isinstance(walk.options[flag].get("choices"), Opaque)  # until 0.11.0, of the registry
        walk.options[flag] |= {"choices": names} if enforced else {"known": sorted(names)}
    walk.options["--speculative-config"]["keys"] = keys_of(walk.engine.definition("SpeculativeConfig"))
    registry = source.required("vllm.model_executor.models.registry")
    groups = {
        name.strip("_").removesuffix("_MODELS").lower(): group(node, registry)
        for name, node in _registries(registry).items()
        if name != "_VLLM_MODELS"
    }
    return {
        "prefixes": "allow_abbrev" not in text,
        "underscores": 'replace("_", "-")' in text or "replace('_', '-')" in text,
        "dotted_json": "create_nested_dict" in text,
        "shorthand": shorthand(text),
        "suffixes": suffixes(sizes.function("human_readable_int"), sizes),
        "positional": {"name": "model", "place": "anywhere"},
        "required": [],
        "options": walk.options,
        "architectures": groups,
        "without_lora": without_lora(registry),
        "tool_parsers": sorted(tools),
        "reasoning_parsers": sorted(reasoning),
    }
