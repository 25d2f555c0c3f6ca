"""vLLM's argument table and registries, out of its wheel.

vLLM derives argparse's keywords from the annotations of its config classes (`get_kwargs` in engine/arg_utils.py) and
hands them to `add_argument`, some of them changed on the way. This walks the same calls over the syntax tree, with the
same rules from annotation to keyword, and keeps what argparse is not told as well: the names in a `Literal | str`.
"""

import ast
import re

from wheel_source import Found, Module, Opaque, Source

BUILTINS = ("bool", "int", "float", "str", "dict", "list", "tuple", "set")


def leaves(node: ast.AST, module: Module, source: Source, typed: bool) -> list[tuple]:
    """The alternatives of an annotation: (kind, detail), unions and `Annotated` unfolded."""
    match node:
        case ast.Constant(value=None):
            return [("None", None)]
        case ast.Constant(value=str(text)):
            return leaves(ast.parse(text, mode="eval").body, module, source, typed)
        case ast.BinOp(op=ast.BitOr()):
            return leaves(node.left, module, source, typed) + leaves(node.right, module, source, typed)
        case ast.Subscript(value=ast.Name(id="Literal")):
            return [("Literal", source.literals(node, module))]
        case ast.Subscript(value=ast.Name(id="Annotated" | "InitVar" | "SkipValidation" | "Optional" as wrapper)):
            inner = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) else node.slice
            more = [("None", None)] if wrapper == "Optional" else []
            return leaves(inner, module, source, typed) + more
        case ast.Subscript(value=ast.Name(id="Union")):
            return [leaf for part in node.slice.elts for leaf in leaves(part, module, source, typed)]
        case ast.Subscript(value=ast.Name(id=name)) if name in BUILTINS:
            first = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) else node.slice
            return [(name, leaves(first, module, source, typed))]
        case ast.Name(id=name) if name in BUILTINS:
            return [(name, [])]
        case ast.Name():
            found = source.find(node.id, module, typed=typed)
            if not found:
                return [("class", node.id)]
            if isinstance(found.node, ast.ClassDef):
                return [(class_kind(found, source), found)]
            if isinstance(found.node, ast.expr):
                return leaves(found.node, found.module, source, typed)
        case ast.Attribute(value=ast.Name(id=lazy), attr=attribute):
            bound = module.typed.get(lazy)  # a lazily imported module: `me_quant.QuantizationMethods`
            home = source.module(bound[0]) if isinstance(bound, tuple) and bound[1] is None and bound[0] else None
            if home is not None and typed:
                return leaves(ast.Name(attribute), home, source, typed)
    return [("class", ast.unparse(node))]


def class_kind(found: Found, source: Source) -> str:
    bases = "".join(ast.unparse(base) for one in source.classes(found) for base in one.node.bases)
    if "Enum" in bases:
        return "enum"
    if "dict[" in bases or bases.startswith("dict"):
        return "dict"
    marks = [ast.unparse(mark) for mark in found.node.decorator_list]
    return "dataclass" if any(re.match(r"(config|dataclass)\b", mark) for mark in marks) else "class"


def converted(found: Found, how: str) -> dict[str, str]:
    """The fields with a validator whose text matches `how`, with that text: they take more than their annotation."""
    return {
        argument.value: ast.unparse(node)
        for node in found.node.body
        if isinstance(node, ast.FunctionDef) and re.search(how, ast.unparse(node))
        for mark in node.decorator_list
        if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "field_validator"
        for argument in mark.args
        if isinstance(argument, ast.Constant)
    }


def keys_of(found: Found, source: Source, inside: tuple = ()) -> dict:
    """The JSON keys of a config class, which forbids others: key -> type (None: unread), values, or the keys below."""
    keys: dict = {}
    for name, (module, node) in source.fields(found).items():
        if name.startswith("_") or "init=False" in ast.unparse(node):
            continue
        kinds = leaves(node.annotation, module, source, typed=True)
        nested = next((detail for kind, detail in kinds if kind == "dataclass"), None)
        alone = {kind for kind, _ in kinds} <= {"dataclass", "None"} and "SkipValidation" not in ast.unparse(node)
        if nested and nested.name not in inside and alone:
            keys[name] = keys_of(nested, source, (*inside, nested.name))
        else:
            seen = {kind for kind, _ in kinds} - {"None"}
            values = [str(value) for kind, detail in kinds if kind == "Literal" for value in detail]
            keys[name] = sorted(set(values)) if seen <= {"Literal", "str"} and values else None
            if len(seen) == 1 and seen <= {"int", "float", "bool", "str", "list", "dict"}:
                keys[name] = None if {name, "*"} & set(converted(found, "before")) else min(seen)
    return keys


def kwargs_of(found: Found, source: Source, human: list[str]) -> dict[str, dict]:
    """What `get_kwargs(cls)` gives for each field: `_compute_kwargs`, rule by rule."""
    table: dict[str, dict] = {}
    lenient = converted(found, r"\.(lower|upper)\(\)")
    for name, (module, node) in source.fields(found).items():
        kinds = leaves(node.annotation, module, source, typed=False)
        by_kind = dict(kinds)
        seen = set(by_kind)
        one: dict = {"default": source.default(node.value, module) if node.value else Opaque("(none)")}
        optional = "None" in seen
        if "dataclass" in seen:
            one |= {"type": "object"}
        elif seen == {"bool", "str", "None"}:
            one |= {"type": "str", "nargs": "?"}
        elif "bool" in seen:
            one |= {"action": "toggle"}
        elif "Literal" in seen:
            one |= {"type": type(by_kind["Literal"][0]).__name__}
            one |= {"known" if "str" in seen else "choices": sorted(by_kind["Literal"])}
        elif collection := seen & {"list", "tuple", "set"}:
            element = by_kind[min(collection)]
            kind, detail = element[0] if len(element) == 1 else ("str", None)
            one |= {"nargs": "+", "type": kind if kind in ("int", "float") else "str"}
            if kind == "Literal":
                one |= {"choices": sorted(detail)}
        elif "int" in seen:
            special = "human_int" if name in human else "int"
            one |= {"type": "human_int_or_auto" if name == "max_model_len" else special}
        elif "float" in seen:
            one |= {"type": "float"}
        elif "dict" in seen and seen & {"str", "class", "enum"}:
            one |= {"type": "json_or_str"}
        elif "dict" in seen:
            one |= {"type": "json"}
        else:
            one |= {"type": "str"}
        if optional and one.get("action") != "toggle" and one.get("nargs") != "?":
            one |= {"optional": True}
        shown = leaves(node.annotation, module, source, typed=True)
        names = [str(value) for kind, detail in shown if kind == "Literal" for value in detail]
        if names and "choices" not in one and one["type"] == "str":
            one["known"] = sorted(set(names))
        enum = next((detail for kind, detail in shown if kind == "enum"), None)
        if enum and one["type"] == "str":
            numeric = any("Int" in ast.unparse(base) for base in enum.node.bases)
            members = source.members(enum)
            one["known"] = sorted(str(member.value) if numeric else member.name for member in members)
        if any(kind == "class" and str(detail).startswith("type[") for kind, detail in shown):
            one["import_path"] = True  # the dotted path of a class of one's own is taken as well
        if name in lenient and "known" in one:
            one["fold"] = True
            one["known"] += ["auto"] if "'auto'" in lenient[name] else []
        config = next((detail for kind, detail in shown if kind == "dataclass"), None)
        if config and "dataclass" in seen:
            one["keys"] = keys_of(config, source, (config.name,))
        table[name] = one
    return table


class Walk:
    """One pass over the functions that register arguments, in the order in which vLLM calls them."""

    def __init__(self, source: Source):
        self.source = source
        self.engine = source.module_with("class EngineArgs", "vllm/engine/")
        self.front = source.module_with("class FrontendArgs", "vllm/entrypoints/")
        compute = next(n for n in ast.walk(self.engine.tree) if getattr(n, "name", "") == "_compute_kwargs")
        self.human = next(
            (
                source.value(node.value, self.engine)
                for node in ast.walk(compute)
                if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "human_readable_int_args"
            ),
            ["max_num_batched_tokens", "max_num_scheduled_tokens", "kv_cache_memory_bytes"],
        )
        self.options: dict[str, dict] = {}

    def configured(self, name: str, module: Module) -> dict[str, dict]:
        return kwargs_of(self.source.find(name, module), self.source, self.human)

    def run(self, body: list[ast.stmt], module: Module, env: dict, certain: bool = True) -> None:
        """Follow the statements of a function: assignments of keywords, changes of them, `add_argument` calls."""
        for node in body:
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    env[name] = self.value(value, module, env)
                case ast.Assign(targets=[ast.Subscript(value=whole, slice=key)], value=value):
                    holder = self.value(whole, module, env)
                    if isinstance(holder, dict):
                        holder[self.value(key, module, env)] = self.value(value, module, env)
                case ast.Delete(targets=[ast.Subscript(value=whole, slice=key)]):
                    self.value(whole, module, env).pop(self.value(key, module, env), None)
                case ast.Expr(value=ast.Call(func=ast.Attribute(value=owner, attr="remove"), args=[item])) if certain:
                    self.value(owner, module, env).remove(self.value(item, module, env))
                case ast.Expr(value=ast.Call(func=ast.Attribute(attr="add_argument")) as call):
                    self.register(call, module, env)
                case ast.If():
                    self.run(node.body + node.orelse, module, env, certain=False)

    def value(self, node: ast.AST, module: Module, env: dict) -> object:
        match node:
            case ast.Subscript():
                whole, key = self.value(node.value, module, env), self.value(node.slice, module, env)
                return (
                    whole.get(key, Opaque(ast.unparse(node))) if isinstance(whole, dict) else Opaque(ast.unparse(node))
                )
            case ast.Call(func=ast.Name(id="get_kwargs"), args=[ast.Name(id=name)]):
                return self.configured(name, module)
            case ast.Call(func=ast.Name(id="optional_type"), args=[inner]):
                return ("optional", self.value(inner, module, env))
            case ast.Attribute() | ast.Lambda():
                text = ast.unparse(node)
                fold = "lambda s: s.lower().replace('-', '_')"
                known = {"argparse.BooleanOptionalAction": "toggle", "json.loads": "json", fold: "fold"}
                return known.get(text) or self.source.value(node, module, env)
            case ast.Dict():
                merged: dict = {}
                for key, value in zip(node.keys, node.values, strict=True):
                    inner = self.value(value, module, env)
                    merged |= {self.value(key, module, env): inner} if key else inner
                return merged
        return self.source.value(node, module, env)

    def register(self, call: ast.Call, module: Module, env: dict) -> None:
        names = [argument.value for argument in call.args if isinstance(argument, ast.Constant)]
        given: dict = {}
        for keyword in call.keywords:
            inner = self.value(keyword.value, module, env)
            given |= {keyword.arg: inner} if keyword.arg else inner
        if any(name.startswith("-") for name in names):
            self.add(names, given)

    def add(self, names: list[str], given: dict) -> None:
        kind = given.get("type", "str")
        if isinstance(kind, tuple):
            kind, given["optional"] = kind[1], True
        kind = kind if isinstance(kind, str) else {"int": "int", "float": "float"}.get(kind.text, "str")
        action = given.get("action")
        help_text = given.get("help")
        deprecated = help_text if isinstance(help_text, str) and re.search(r"\bis deprecated\b", help_text) else None
        flag = next(name for name in names if name.startswith("--"))
        option: dict = {"aliases": [name for name in names if name != flag], "type": kind, "deprecated": deprecated}
        if action in ("toggle", "store_true"):
            option |= {"type": "toggle" if action == "toggle" else "flag"}
        else:
            option |= {
                key: given.get(key) for key in ("nargs", "optional", "known", "choices", "keys", "fold", "import_path")
            }
            if isinstance(action, Opaque) and action.text == "LoRAParserAction":
                option["type"] = "lora"
            option["repeat"] = action == "append" or None
        option["default"] = given.get("default")
        self.options[flag] = option

    def frontend(self) -> None:
        """`FrontendArgs.add_cli_args`: every field, with what its `_customize_cli_kwargs` change."""
        found = self.source.find("FrontendArgs", self.front)
        kwargs = self.configured("FrontendArgs", self.front)
        for one in self.source.classes(found):
            for node in one.node.body:
                if isinstance(node, ast.FunctionDef) and node.name == "_customize_cli_kwargs":
                    changes = [n for n in node.body if not ast.unparse(n).startswith("frontend_kwargs = super()")]
                    self.run(changes, one.module, {"frontend_kwargs": kwargs})
        for name, given in kwargs.items():
            self.add([f"--{name.replace('_', '-')}"], given)


def negations(flag: str, names: list[str], pairs: bool) -> list[str]:
    """`--no-x` for every long spelling and, where the parser pairs them, `--disable-x` for `--enable-x` and back."""
    longs = [name for name in (flag, *names) if name.startswith("--")]
    turned = [f"--no-{name[2:]}" for name in longs]
    if pairs:
        swap = {"--enable-": "--disable-", "--disable-": "--enable-"}
        turned += [new + n.removeprefix(old) for n in longs for old, new in swap.items() if n.startswith(old)]
    return turned


def suffixes(function: ast.FunctionDef, source: Source, module: Module) -> dict[str, list[str]]:
    """The size suffixes of a human-readable integer: those that allow decimals (powers of ten), those that do not."""
    found: dict[str, list[str]] = {"decimal": [], "binary": []}
    for node in ast.walk(function):
        table = source.value(node, module) if isinstance(node, ast.Dict) else {}
        for suffix, factor in table.items() if isinstance(table, dict) else ():
            if isinstance(suffix, str) and isinstance(factor, int):
                found["decimal" if factor % 10 == 0 else "binary"].append(suffix)
    return found


def group(node: ast.Dict, module: Module, source: Source) -> list[str]:
    """The architectures of one registry dict; a `**{...}` part takes those of another dict with the same class."""
    names: set[str] = set()
    for key, value in zip(node.keys, node.values, strict=True):
        if key is not None:
            names.add(source.value(key, module))
            continue
        match value:
            case ast.DictComp(
                generators=[ast.comprehension(iter=ast.Call(func=ast.Attribute(value=other)), ifs=[test])]
            ):
                wanted = source.value(test.comparators[0], module)
                rows = source.value(other, module)
                names |= {name for name, (_, architecture) in rows.items() if architecture == wanted}
            case ast.Name():
                names |= set(group(module.runtime[value.id], module, source))
    return sorted(names)


def without_lora(registry: Module, source: Source) -> list[str]:
    """The architectures whose class does not say that it takes LoRA adapters; one that cannot be read is left out."""
    rows: dict[str, list] = {}
    for name, node in registry.runtime.items():
        if re.fullmatch(r"_[A-Z_]+_MODELS", name) and isinstance(node, ast.Dict):
            pairs = [pair for pair in zip(node.keys, node.values, strict=True) if isinstance(pair[1], ast.Tuple)]
            rows |= {source.value(key, registry): source.value(row, registry) for key, row in pairs if key}
    found = []
    for architecture, (module, name) in rows.items():
        home = source.module(module if module.startswith("vllm.") else f"{registry.package}.{module}")
        where = source.find(name, home) if home else None
        if where and isinstance(where.node, ast.ClassDef):
            bases = [ast.unparse(base) for one in source.classes(where) for base in one.node.bases]
            found += [] if "SupportsLoRA" in bases else [architecture]
    return sorted(found)


def extract(source: Source) -> dict:
    """The table of one vLLM wheel, keys as `modal_serve_gen.flags` reads them."""
    walk = Walk(source)
    for function in walk.front.tree.body:
        if isinstance(function, ast.FunctionDef) and function.name == "make_arg_parser":
            walk.run(function.body, walk.front, {})
    walk.frontend()
    for name in ("EngineArgs", "AsyncEngineArgs"):
        found = source.find(name, walk.engine)
        method = next(n for n in found.node.body if getattr(n, "name", "") == "add_cli_args")
        walk.run(method.body, walk.engine, {})

    parsing = source.module("vllm.utils.argparse_utils")
    text = ast.unparse(parsing.tree)
    for flag, option in walk.options.items():
        if option["type"] == "toggle":
            option["negations"] = negations(flag, option["aliases"], pairs="_inverse_prefixes" in text)
    tools = source.value(ast.Name("_TOOL_PARSERS_TO_REGISTER"), source.module("vllm.tool_parsers"))
    reasoning = source.value(ast.Name("_REASONING_PARSERS_TO_REGISTER"), source.module("vllm.reasoning"))
    walk.options["--tool-call-parser"]["known"] = sorted(tools)
    walk.options["--reasoning-parser"]["known"] = sorted([*reasoning, "none"])
    spec = source.find("SpeculativeConfig", walk.engine)
    walk.options["--speculative-config"]["keys"] = keys_of(spec, source, (spec.name,))
    registry = source.module("vllm.model_executor.models.registry")
    groups = {
        name.strip("_").removesuffix("_MODELS").lower(): group(node, registry, source)
        for name, node in registry.runtime.items()
        if re.fullmatch(r"_[A-Z_]+_MODELS", name) and isinstance(node, ast.Dict) and name != "_VLLM_MODELS"
    }
    human = next(n for n in parsing.tree.body if getattr(n, "name", "") == "human_readable_int")
    return {
        "underscores": 'replace("_", "-")' in text or "replace('_', '-')" in text,
        "dotted_json": True,
        "shorthand": {"-O": "--optimization-level"} if "startswith('-O')" in text else {},
        "suffixes": suffixes(human, source, parsing),
        "positional": {"name": "model", "place": "anywhere"},
        "required": [],
        "options": walk.options,
        "architectures": groups,
        "without_lora": without_lora(registry, source),
        "tool_parsers": sorted(tools),
        "reasoning_parsers": sorted(reasoning),
    }
