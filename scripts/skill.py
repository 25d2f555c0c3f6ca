"""Write what is generated of the skill pack, whole files: `make docs` runs this. A test fails when one has drifted.

Apps to copy, the check that needs only Python, and the manifests of the agents that know packs. Name, version and
description come from package.json.
"""

import json
import shutil
import sys
from pathlib import Path

from modal_serve_gen.commands import new_app
from modal_serve_gen.spec import workflows
from scripts.docs import ROOT, SKILL, copied

PACKAGE = ROOT / "src" / "modal_serve_gen"
# What the check needs of the package, and nothing that is not in the standard library.
CHECK = (
    "__init__.py", "errors.py", "folders.py", "checks/**/*.py", "flags/*.py", "facts/*.py",
    "facts/gpus.toml", "facts/limits.toml", "facts/modal.toml", "facts/flags/renamed.toml", "facts/flags/vllm-*.json",
    "facts/flags/sglang-*.json", "facts/apis/modal-*.json", "facts/apis/vllm-*.json", "facts/apis/*_routes-*.json",
    "facts/apis/*_variables-*.json",
)  # fmt: skip


def files() -> dict[Path, bytes]:
    """Path -> content of every generated file."""
    package = json.loads((ROOT / "package.json").read_text("utf-8"))
    return {**apps(package["version"]), **check(), **manifests(package)}


def apps(version: str) -> dict[Path, bytes]:
    """Each workflow's default app, as `new --offline` writes it."""
    found = {}
    for name in workflows.names():
        made = new_app.make({"workflow": name}, source=None, generator=version, offline=True, say=print)
        found[SKILL / copied(name)] = made.text.encode()
    return found


def check() -> dict[Path, bytes]:
    """The modules and facts that `python3 scripts/check` runs on, as they stand in the package."""
    home = SKILL / "scripts" / "check" / "modal_serve_gen"
    paths = {path for pattern in CHECK for path in PACKAGE.glob(pattern) if "__pycache__" not in path.parts}
    return {home / path.relative_to(PACKAGE): path.read_bytes() for path in sorted(paths)}


def manifests(package: dict) -> dict[Path, bytes]:
    """What each agent wants to know of the pack."""
    core = {key: package[key] for key in ("name", "version", "description")}
    more = {"license": package["license"], "keywords": package["keywords"]}
    owner = {"name": f"the authors of {package['name']}"}
    entry = {key: core[key] for key in ("name", "description", "version")}
    documents = {
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
    return {ROOT / name: (json.dumps(held, indent=2) + "\n").encode() for name, held in documents.items()}


def main() -> int:
    wanted = files()
    for folder in (SKILL / "assets", SKILL / "scripts" / "check" / "modal_serve_gen"):
        shutil.rmtree(folder, ignore_errors=True)
    for path, content in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    print(f"{len(wanted)} files of the skill pack")
    return 0


if __name__ == "__main__":
    sys.exit(main())
