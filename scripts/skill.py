"""Generate files of the skill pack: `make docs` runs this, and a test compares them with their source.

These are the apps to copy, the stand-alone check, and the manifests of agents that have plugins. Name, version and
description come from package.json.
"""

import ast
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from modal_serve_gen.commands import new_app
from modal_serve_gen.spec import workflows
from scripts import check_alone
from scripts.docs import ROOT, SKILL, app_path

SOURCE = ROOT / "src"
PACKAGE = SOURCE / "modal_serve_gen"
CHECK = SKILL / "scripts" / "check.py"
CHECK_FACTS = (
    "facts/gpus.toml",
    "facts/limits.toml",
    "facts/modal.toml",
    "facts/serving.toml",
    "facts/flags/relations.toml",
    "facts/flags/renamed.toml",
    "facts/flags/vllm-*.json",
    "facts/flags/sglang-*.json",
    "facts/apis/modal-*.json",
    "facts/apis/vllm-*.json",
    "facts/apis/*_routes-*.json",
    "facts/apis/*_variables-*.json",
)


def files() -> dict[Path, bytes]:
    """Path -> content of every generated file."""
    package = json.loads((ROOT / "package.json").read_text("utf-8"))
    return {**apps(package["version"]), CHECK: check_program().encode(), **manifests(package)}


def apps(version: str) -> dict[Path, bytes]:
    """The default app of each workflow, as `new --offline` writes it."""
    contents = {}
    for name in workflows.names():
        app = new_app.make({"workflow": name}, source=None, generator=version, offline=True, say=print)
        contents[SKILL / app_path(name)] = app.text.encode()
    return contents


def check_program() -> str:
    """The stand-alone check: scripts/check_alone.py, followed by the files that it unpacks, as comments."""
    sections = [Path(check_alone.__file__).read_text("utf-8")]
    for path in check_files():
        text = path.read_text("utf-8")
        assert not text or text.endswith("\n"), f"{path} does not end with a newline"
        lines = [check_alone.PREFIX + (f" {line}" if line else "") for line in text.split("\n")[:-1]]
        sections.append("\n".join([check_alone.HEADER + path.relative_to(SOURCE).as_posix(), *lines, ""]))
    return "\n".join(sections)


def check_files() -> list[Path]:
    """The check's modules, every module of the package that they import, and the facts that they read."""
    modules: set[Path] = set()
    waiting = list((PACKAGE / "checks").rglob("*.py"))
    while waiting:
        path = waiting.pop()
        if path not in modules:
            modules.add(path)
            waiting += imported_files(path)
    facts = {path for pattern in CHECK_FACTS for path in PACKAGE.glob(pattern)}
    return sorted(modules | facts)


def imported_files(path: Path) -> Iterator[Path]:
    """Files of the package that a module imports, and the `__init__` of each package above them."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.ImportFrom):
            continue
        parts = (node.module or "").split(".") if node.module else []
        if node.level:
            parts = [*path.relative_to(SOURCE).parts[: -node.level], *parts]
        if parts[:1] != [PACKAGE.name]:
            continue
        for name in (".".join(parts), *(".".join([*parts, alias.name]) for alias in node.names)):
            place = SOURCE.joinpath(*name.split("."))
            candidates = [place.with_suffix(".py"), *(folder / "__init__.py" for folder in (place, *place.parents))]
            yield from (file for file in candidates if PACKAGE in file.parents and file.is_file())


def manifests(package: dict[str, Any]) -> dict[Path, bytes]:
    """The manifest of each agent."""
    core = {key: package[key] for key in ("name", "version", "description")}
    more = {"license": package["license"], "keywords": package["keywords"]}
    owner = {"name": f"the authors of {package['name']}"}
    entry = {key: core[key] for key in ("name", "description", "version")}
    documents: dict[str, dict[str, Any]] = {
        ".claude-plugin/plugin.json": {**core, "author": owner, **more},
        ".claude-plugin/marketplace.json": {
            "name": package["name"],
            "description": package["description"],
            "owner": owner,
            "plugins": [{**entry, "source": "./"}],
        },
        ".codex-plugin/plugin.json": {**core, "author": owner, **more, "skills": "./skills/"},
        ".agents/plugins/marketplace.json": {
            "name": package["name"],
            "plugins": [
                {"name": package["name"], "source": {"source": "local", "path": "./"}, "category": "Productivity"}
            ],
        },
        ".cursor-plugin/plugin.json": {**core, "author": owner, **more, "skills": "./skills/"},
        "gemini-extension.json": core,
    }
    return {ROOT / name: (json.dumps(document, indent=2) + "\n").encode() for name, document in documents.items()}


def main() -> int:
    contents = files()
    shutil.rmtree(SKILL / "assets", ignore_errors=True)
    for path, content in contents.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    print(f"{len(contents)} files of the skill pack")
    return 0


if __name__ == "__main__":
    sys.exit(main())
