"""Repositories that an app passes to its engine as LoRA adapters, found in its source.

What an app passes leads through names, loops and downloads to the constants that it comes from: those that look like
repositories are adapters, unless the app also passes them as a model.
"""

import ast
import itertools
import re
from collections.abc import Iterator

from modal_serve_gen.checks.app_source import AppSource

FLAGS = ("--lora-modules", "--lora-paths")
KEYWORDS = ("lora_path", "lora_local_path", "lora_paths", "lora_modules")
DOWNLOADS = ("snapshot_download", "hf_hub_download")
MODEL_FLAGS = ("--model", "--model-path", "serve")
MODEL_KEYWORDS = ("model", "model_path", "model_id")
REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
MOST = 200  # names that are followed


def found(app: AppSource) -> frozenset[str]:
    """Ids of the repositories that are adapters."""
    sources = _Sources(app)
    names = sources.names_of([*_flag_values(app, FLAGS), *_keyword_values(app, KEYWORDS)])
    # A folder that is passed on may have been downloaded to: the repository of that download is the adapter.
    for call in _calls(app, DOWNLOADS):
        folder = next((keyword.value for keyword in call.keywords if keyword.arg == "local_dir"), None)
        if folder is not None and sources.shares(folder, names):
            names |= sources.names_of([*call.args[:1], *(k.value for k in call.keywords if k.arg == "repo_id")])
    adapters = sources.repositories(names)
    models = sources.repositories(
        sources.names_of([*_flag_values(app, MODEL_FLAGS), *_keyword_values(app, MODEL_KEYWORDS)])
    )
    return frozenset(adapters - models)


class _Sources:
    """Where the values of an app's names come from."""

    def __init__(self, app: AppSource):
        self._values: dict[str, list[ast.expr]] = {}
        for node in app.nodes:
            for target, value in _bindings(node):
                for name in _names(target):
                    self._values.setdefault(name, []).append(value)

    def names_of(self, expressions: list[ast.expr], *, follow: bool = True) -> set[str | ast.expr]:
        """Names and constants from which the expressions are made, directly or (`follow`) through other names."""
        seen: set[str | ast.expr] = set()
        queue = list(expressions)
        while queue and len(seen) < MOST:
            for node in ast.walk(queue.pop()):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    seen.add(node)
                name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else None
                if name and name not in seen:
                    seen.add(name)
                    # Without `follow`, a name still stands for the constants that are assigned to it.
                    values = self._values.get(name, [])
                    queue += values if follow else [value for value in values if isinstance(value, ast.Constant)]
        return seen

    def shares(self, expression: ast.expr, names: set[str | ast.expr]) -> bool:
        """True if the expression has a name or a text of `names` in it."""
        own = self.names_of([expression], follow=False)
        texts = {node.value for node in names if isinstance(node, ast.Constant)}
        return any(item in names or (isinstance(item, ast.Constant) and item.value in texts) for item in own)

    def repositories(self, names: set[str | ast.expr]) -> set[str]:
        texts = {str(node.value) for node in names if isinstance(node, ast.Constant)}
        parts = {part for text in texts for part in (text, text.rpartition("=")[2])}
        parts |= {
            match for text in texts if "{" in text for match in re.findall(r'"(?:lora_)?path":\s*"([^"]+)"', text)
        }
        return {part for part in parts if REPOSITORY.fullmatch(part)}


def _bindings(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Targets and values of assignments and loops."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield target, node.value
    elif isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr) and node.value is not None:
        yield node.target, node.value
    elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
        yield node.target, node.iter
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("append", "extend"):
        for argument in node.args:
            yield node.func.value, argument


def _names(target: ast.expr) -> list[str]:
    """Names that an assignment to `target` binds; of an attribute or an item, the attribute or the container."""
    if isinstance(target, ast.Tuple | ast.List):
        return [name for item in target.elts for name in _names(item)]
    if isinstance(target, ast.Subscript | ast.Starred):
        return _names(target.value)
    return [target.id] if isinstance(target, ast.Name) else [target.attr] if isinstance(target, ast.Attribute) else []


def _flag_values(app: AppSource, flags: tuple[str, ...]) -> list[ast.expr]:
    """Expressions that follow one of `flags` in a list, up to the next flag; of a text of words, the text."""
    values: list[ast.expr] = []
    for node in app.nodes:
        if isinstance(node, ast.List | ast.Tuple):
            inside = False
            for item in node.elts:
                text = item.value if isinstance(item, ast.Constant) and isinstance(item.value, str) else ""
                inside = text in flags if text.startswith("--") or text in flags else inside
                if inside and text not in flags:
                    values.append(item)
    texts = [(text, node) for text, node in app.strings if " " in text]
    for text, _ in texts:
        words = text.split()
        values += [ast.Constant(after) for word, after in itertools.pairwise(words) if word in flags and after]
    return values


def _keyword_values(app: AppSource, names: tuple[str, ...]) -> list[ast.expr]:
    values = [
        keyword.value
        for node in app.nodes
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg in names
    ]
    if names == KEYWORDS:  # the third argument of LoRARequest
        values += [argument for call in _calls(app, ("LoRARequest",)) for argument in call.args[2:3]]
    return values


def _calls(app: AppSource, functions: tuple[str, ...]) -> list[ast.Call]:
    return [
        node
        for node in app.nodes
        if isinstance(node, ast.Call) and app.full_name(node.func).rpartition(".")[2] in functions
    ]
