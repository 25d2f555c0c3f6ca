"""What a rehearsed container finds in place of an inference engine: a command and a package of its name.

The package folder of an engine (`vllm/` here) is copied into the container's bare environment as it stands, together
with the modules of `shared/`, the package `flags` and the flag tables: it uses the standard library only and imports
nothing of modal_serve_gen.
"""

import json
import shutil
from pathlib import Path

from modal_serve_gen import flags
from modal_serve_gen.folders import FACTS

HERE = Path(__file__).resolve().parent
APIS = FACTS / "apis"


def install(
    env: Path,
    *,
    engine: str,
    version: str,
    mode: str,
    table: Path,
    cpu_table: Path | None,
    engine_python: Path | None,
) -> None:
    """Put the stand-in for `engine` into the virtual environment `env`, under the version that the app pinned.

    `mode` is "real" (hand over to the CPU engine of `engine_python`, whose flags are `cpu_table` where it is a build of
    its own) or "stub". `table` is the flag table of the pinned GPU engine. Raises ValueError for an unknown mode or an
    engine without a stand-in.
    """
    source = HERE / engine
    if not source.is_dir() or mode not in ("real", "stub") or (mode == "real" and not engine_python):
        raise ValueError(f"no {mode} stand-in for {engine}")
    site = next((env / "lib").glob("python3*/site-packages"))
    package = site / engine
    shutil.copytree(source, package, ignore=shutil.ignore_patterns("__pycache__"))
    for module in (HERE / "shared").glob("*.py"):
        shutil.copyfile(module, package / module.name)
    shutil.copytree(Path(flags.__file__).parent, package / "flags", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(table, package / "table.json")
    if (renamed := table.with_name("renamed.toml")).exists():
        shutil.copyfile(renamed, package / "renamed.toml")
    for kind in ("", "_bench", "_routes"):
        if found := _api(engine, kind, version):
            shutil.copyfile(found, package / f"api{kind}.json")
    if cpu_table:
        shutil.copyfile(cpu_table, package / "cpu_table.json")
        if found := _api(f"{engine}_cpu", "_bench", ""):
            shutil.copyfile(found, package / "cpu_api_bench.json")
    settings = {"version": version, "mode": mode, "engine_python": str(engine_python) if engine_python else None}
    (package / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    metadata = site / f"{engine}-{version}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {engine}\nVersion: {version}\n", encoding="utf-8")
    (metadata / "INSTALLER").write_text("modal-serve-gen rehearsal\n", encoding="utf-8")
    command = env / "bin" / engine
    python = env.absolute() / "bin" / "python"
    start = f"import sys\nfrom {engine}.command import main\nsys.exit(main(sys.argv[1:]))\n"
    # A #! line holds about 127 bytes and no blanks, so /bin/sh starts the interpreter; Python reads the line as text.
    command.write_text(f"#!/bin/sh\n'''exec' '{python}' \"$0\" \"$@\"\n' '''\n{start}", encoding="utf-8")
    command.chmod(0o755)


def place(env: Path, module: str) -> None:
    """Put one stand-in of a single file into the virtual environment `env`."""
    site = next((env / "lib").glob("python3*/site-packages"))
    shutil.copyfile(HERE / module, site / module)


def _api(engine: str, kind: str, version: str) -> Path | None:
    """What is known of this engine's API in this version, else in the newest that is known; None where nothing is."""
    exact = APIS / f"{engine}{kind}-{version}.json"
    return exact if exact.exists() else max(APIS.glob(f"{engine}{kind}-*.json"), default=None)
