"""Stubs of inference engines for rehearsed containers: a command and a package of the engine's name.

An engine's folder (`vllm/` here) is copied into the container's bare environment next to the package `engine_stub`,
which all engines share. They import the standard library and REQUIRED, and nothing of modal_serve_gen; engine_stub gets
a copy of the package `flags`.
"""

import json
import shutil
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from modal_serve_gen import flags
from modal_serve_gen.flags import relations
from modal_serve_gen.folders import FACTS
from modal_serve_gen.rehearsal.containers import bare_env

HERE = Path(__file__).resolve().parent
APIS = FACTS / "apis"
SHARED = "engine_stub"
CACHES = shutil.ignore_patterns("__pycache__")
REQUIRED = ("starlette", "uvicorn")  # distributions that the environment must have; both engines bring them


def install(
    env: Path,
    *,
    engine: str,
    version: str,
    mode: str,
    table: Mapping[str, Any],
    cpu_table: Mapping[str, Any] | None,
    engine_python: Path | None,
    checked: bool = True,
    packages: Collection[str] | None = None,
) -> None:
    """Install the stub of `engine` in the virtual environment `env`, under the version that the app pins.

    `mode` is "real" (hand over to the CPU engine of `engine_python`, whose flags are in `cpu_table`) or "stub". `table`
    is the flag table of the pinned GPU engine or, with `checked` false, of another release: what it lacks is left out
    then. `packages` are the names of those in the image, None: unknown. Raises ValueError for an unknown mode or an
    engine without a stub.
    """
    source = HERE / engine
    if not source.is_dir() or mode not in ("real", "stub") or (mode == "real" and not engine_python):
        raise ValueError(f"no {mode} stub of {engine}")
    site = next((env / "lib").glob("python3*/site-packages"))
    package = site / engine
    shutil.copytree(source, package, ignore=CACHES)
    _share(site)
    (package / "table.json").write_text(json.dumps(table), encoding="utf-8")
    for name in ("renamed.toml", relations.FILE):
        shutil.copyfile(FACTS / "flags" / name, package / name)
    for kind in ("", "_bench", "_routes"):
        if api := _api(engine, kind, version):
            shutil.copyfile(api, package / f"api{kind}.json")
    if cpu_table:
        (package / "cpu_table.json").write_text(json.dumps(cpu_table), encoding="utf-8")
        if api := _api(f"{engine}_cpu", "_bench", ""):
            shutil.copyfile(api, package / "cpu_api_bench.json")
    python = str(engine_python) if engine_python else None
    settings = {
        "version": version, "mode": mode, "engine_python": python, "checked": checked,
        "packages": None if packages is None else sorted(packages),
    }  # fmt: skip
    (package / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    metadata = site / f"{engine}-{version}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {engine}\nVersion: {version}\n", encoding="utf-8")
    (metadata / "INSTALLER").write_text("modal-serve-gen rehearsal\n", encoding="utf-8")
    bare_env.add_command(
        env / "bin" / engine, f"import sys\nfrom {engine}.command import main\nsys.exit(main(sys.argv[1:]))\n"
    )


def _share(site: Path) -> None:
    """Install what all stubs share: the package engine_stub, with the package flags."""
    shutil.copytree(HERE / SHARED, site / SHARED, ignore=CACHES, dirs_exist_ok=True)
    shutil.copytree(Path(flags.__file__).parent, site / SHARED / "flags", ignore=CACHES, dirs_exist_ok=True)
    limits = tomllib.loads((FACTS / "rehearsal" / "answers.toml").read_text(encoding="utf-8"))
    (site / SHARED / "limits.json").write_text(json.dumps(limits), encoding="utf-8")


def install_others(env: Path, table: str, programs: Mapping[str, str], modules: Collection[str]) -> None:
    """Install stubs of other engines in `env`: commands (name -> row of `table`), and placeholders of `modules`."""
    site = next((env / "lib").glob("python3*/site-packages"))
    _share(site)
    (site / SHARED / "others.json").write_text(table, encoding="utf-8")
    for program, engine in programs.items():
        bare_env.add_command(
            env / "bin" / program,
            f"import sys\nfrom engine_stub.other import main\nsys.exit(main({engine!r}, sys.argv[1:]))\n",
        )
    if modules:
        (site / "placeholders.pth").write_text(
            f"import engine_stub.placeholder_modules; engine_stub.placeholder_modules.install({sorted(modules)!r})\n",
            encoding="utf-8",
        )


def install_nvidia_smi(env: Path) -> None:
    """Install the program `nvidia-smi`, which the containers of functions with GPUs have on Modal."""
    _share(next((env / "lib").glob("python3*/site-packages")))
    bare_env.add_command(
        env / "bin" / "nvidia-smi", "from engine_stub.nvidia_smi import main\nsys.exit(main(sys.argv[1:]))\n"
    )


def place(env: Path, module: str) -> None:
    """Install the stub `module`, a single file, in the virtual environment `env`."""
    copy(module, next((env / "lib").glob("python3*/site-packages")))


def copy(module: str, site: Path) -> None:
    """Copy the stub `module`, a single file, to the folder `site`."""
    shutil.copyfile(HERE / module, site / module)


def _api(engine: str, kind: str, version: str) -> Path | None:
    """The recorded API of this version of the engine, or of the newest one recorded; None if there is none."""
    exact = APIS / f"{engine}{kind}-{version}.json"
    return exact if exact.exists() else max(APIS.glob(f"{engine}{kind}-*.json"), default=None)
