"""The Python files of an app: the file itself, and the modules beside it that it imports."""

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from modal_serve_gen.checks.app_source import AppSource

WORD = re.compile(r"[a-z][a-z0-9_]{2,30}")
MAX_FILES, MAX_BYTES = 100, 1_000_000


@dataclass(frozen=True)
class AppFiles:
    """Parsed files of an app, the app's own first; `imports` has the top-level modules that are not among them."""

    sources: tuple[AppSource, ...]
    imports: frozenset[str]

    @property
    def client_imports(self) -> frozenset[str]:
        """Modules that `modal run` needs itself: imported at the top of files, in local entrypoints, or by the SDK."""
        names = {name.partition(".")[0] for source in self.sources for name in _run_by_client(source.tree.body)}
        calls = {call.name for source in self.sources for call in source.calls}
        by_sdk = {"dotenv"} if "modal.Secret.from_dotenv" in calls else set[str]()
        return self.imports & names | by_sdk

    @property
    def modules(self) -> frozenset[str]:
        """Modules that the app imports or may run, as in `python -m uvicorn`: also short texts that could be a name."""
        words = {text for source in self.sources for text, _ in source.strings if WORD.fullmatch(text)}
        return self.imports | words


def read(path: Path, app: AppSource, folder: Path) -> AppFiles:
    """The files of the app `app` at `path`; modules are looked up beside it and in `folder`, as `modal run` does."""
    sources, missing, seen = [app], set[str](), {path.resolve()}
    queue = [(app, path.parent)]
    while queue:
        source, own_folder = queue.pop(0)
        for name in _imported(source, own_folder):
            files = list(_files(name, (path.parent, folder) if not name.startswith(".") else (own_folder,)))
            if not files and not name.startswith("."):
                missing.add(name.partition(".")[0])
            for file in files:
                if file.resolve() not in seen and len(seen) < MAX_FILES:
                    seen.add(file.resolve())
                    if parsed := _parse(file):
                        sources.append(parsed)
                        queue.append((parsed, file.parent))
    return AppFiles(tuple(sources), frozenset(missing))


def _imported(source: AppSource, folder: Path) -> Iterator[str]:
    """Dotted names of imported modules, wherever the import is; relative ones begin with their dots."""
    for node in source.nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            yield base
            if base.startswith(".") or (folder / base.partition(".")[0]).exists():  # names may be modules of a package
                yield from (f"{base}.{alias.name}" if node.module else base + alias.name for alias in node.names)


def _run_by_client(statements: Iterable[ast.AST]) -> Iterator[str]:
    """Modules that `statements` import when the client runs them: not below `with image.imports()`."""
    for node in statements:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if any("local_entrypoint" in ast.unparse(decorator) for decorator in node.decorator_list):
                yield from _run_by_client(node.body)
        elif not (isinstance(node, ast.With) and any(".imports" in ast.unparse(item) for item in node.items)):
            yield from _run_by_client(ast.iter_child_nodes(node))


def _files(name: str, folders: Sequence[Path]) -> Iterator[Path]:
    """The file of a module, and those of the packages around it, in the first of `folders` that has one."""
    level = len(name) - len(name.lstrip("."))
    parts = [part for part in name.split(".") if part]
    for folder in folders:
        for _ in range(level - 1):
            folder = folder.parent
        found = []
        for length in range(1, len(parts) + 1):
            base = folder.joinpath(*parts[:length])
            found += [file for file in (base.with_name(f"{base.name}.py"), base / "__init__.py") if file.is_file()]
        if found:
            yield from found
            return


def _parse(file: Path) -> AppSource | None:
    try:
        if file.stat().st_size > MAX_BYTES:
            return None
        return AppSource(file.read_text("utf-8"))
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        return None
