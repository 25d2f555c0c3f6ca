"""The `doctor` command without its terminal: what this machine has for Modal and for rehearsals. Changes nothing."""

import importlib.metadata
import platform
import re
import shutil
import sys
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from modal_serve_gen.commands.credentials import credentials
from modal_serve_gen.commands.machine import STUB, Finding, disk, kind_and_memory
from modal_serve_gen.commands.modal_command import interpreter_of, version_of


def examine() -> list[Finding]:
    """All findings, in the order in which to fix them. Does not raise; takes up to 30 s if `modal` hangs."""
    engines = [rehearsal_engine(name) for name in ("vllm", "sglang")]
    return [python_version(), *sdks(), credentials(), *kind_and_memory(), *disk(), *engines, isolation()]


def text(findings: list[Finding]) -> str:
    """Findings for a person, each remedy below its finding."""
    width = max(len(finding.name) for finding in findings)
    lines = []
    for finding in findings:
        lines.append(f"{finding.status:<5} {finding.name:<{width}}  {finding.value}")
        if finding.status != "ok" and finding.remedy:
            lines.append(f"{'':<5} {'':<{width}}  -> {finding.remedy}")
    return "\n".join(lines)


def python_version() -> Finding:
    """Whether modal-serve-gen and the installed Modal SDK support this Python version."""
    version = platform.python_version()
    ranges = {"modal-serve-gen": _required("requires-python")}
    if sdk := _installed("modal"):
        ranges["modal"] = sdk.metadata["Requires-Python"] or ""
    problems = [f"{name} requires {allowed}" for name, allowed in ranges.items() if not admits(allowed, version)]
    details = {"executable": sys.executable, "ranges": ranges}
    if not problems:
        return Finding("python", "ok", f"{version} ({sys.executable})", details=details)
    remedy = "uv tool install --python 3.12 modal-serve-gen"
    return Finding("python", "fail", f"{version}; {' and '.join(problems)}", remedy, details)


def sdks() -> list[Finding]:
    """The SDK that this interpreter imports, the `modal` command on PATH, and whether they are one installation."""
    required = _required("modal")
    sdk = _installed("modal")
    imported = sdk.version if sdk else ""
    findings = [_sdk(imported, required)]
    command = shutil.which("modal")
    if not command:
        missing = "no `modal` command on PATH: rehearsals work, `modal run` and `modal deploy` are not available"
        sibling = Path(sys.executable).with_name("modal")
        remedy = f'export PATH="{sibling.parent}:$PATH"' if sibling.exists() else "uv tool install modal"
        return [*findings, Finding("modal command", "warn", missing, remedy)]
    version, problem = version_of(command)
    interpreter = interpreter_of(Path(command))
    details = {"path": command, "version": version, "interpreter": interpreter}
    if not version:
        remedy = "uv tool install --force modal"
        return [*findings, Finding("modal command", "fail", f"{command} {problem}", remedy, details)]
    value = f"{version} ({command})"
    if not admits(required, version):
        upgrade = (
            f"{interpreter} -m pip install --upgrade 'modal{required}'" if interpreter else "uv tool upgrade modal"
        )
        return [*findings, Finding("modal command", "fail", f"{value}; modal{required} is required", upgrade, details)]
    findings.append(Finding("modal command", "ok", value, details=details))
    return [*findings, *_two_installations(version, interpreter, imported)]


def _sdk(imported: str, required: str) -> Finding:
    install = f"{sys.executable} -m pip install --upgrade 'modal{required}'"
    if not imported:
        return Finding("modal sdk", "fail", "this interpreter has no modal package", install)
    if not admits(required, imported):
        return Finding("modal sdk", "fail", f"{imported}; modal-serve-gen requires modal{required}", install)
    return Finding("modal sdk", "ok", imported, details={"wanted": required})


def _two_installations(version: str, interpreter: str, imported: str) -> list[Finding]:
    """A finding if the `modal` command and this interpreter do not share an SDK."""
    same_folder = not interpreter or _bin_folder(interpreter) == _bin_folder(sys.executable)
    if version == imported and same_folder:
        return []
    value = (
        f"`modal` runs SDK {version} under {interpreter or 'another interpreter'}; "
        f"modal-serve-gen imports SDK {imported or '(none)'} under {sys.executable}"
    )
    if version == imported:
        return [Finding("two modals", "ok", value)]
    return [Finding("two modals", "warn", value, f"{sys.executable} -m pip install 'modal=={version}'")]


def rehearsal_engine(engine: str) -> Finding:
    """Whether the CPU engine can run on this machine."""
    name = f"rehearsal, {engine}"
    try:
        from modal_serve_gen.rehearsal.engines import engine_env, sglang_env

        able, reason = {"vllm": engine_env, "sglang": sglang_env}[engine].examine()
    except Exception as error:
        able, reason = False, f"could not be examined ({type(error).__name__})"
    return Finding(name, "ok", reason) if able else Finding(name, "warn", reason, STUB)


def isolation() -> Finding:
    """Whether rehearsed containers get their own network and files on this machine."""
    name = "isolation"
    try:
        from modal_serve_gen.rehearsal.containers.isolation import refusal
    except ImportError as error:  # the SDK is missing, which has its own finding
        return Finding(name, "warn", f"could not be examined ({type(error).__name__})", STUB)
    if reason := refusal():
        value = f"{reason}; rehearsed containers share the network and files of this machine"
        return Finding(name, "warn", value, "allow user namespaces, or ignore this: rehearsals work without isolation")
    return Finding(name, "ok", "rehearsed containers have their own network and files")


def admits(allowed: str, version: str) -> bool:
    """True if a range such as `>=3.10,<3.16` contains the release of a version; '' contains all."""
    release = re.match(r"\d+(\.\d+)*", version)
    return release is not None and SpecifierSet(allowed).contains(release[0])


def _bin_folder(executable: str) -> Path:
    """The folder of an interpreter: two environments may share one Python, but not one bin folder."""
    return Path(executable).parent.resolve()


def _installed(name: str) -> importlib.metadata.Distribution | None:
    try:
        return importlib.metadata.distribution(name)
    except (importlib.metadata.PackageNotFoundError, OSError):
        return None


def _required(name: str) -> str:
    """The version range of `requires-python`, or of a dependency, in this project's metadata."""
    own = _installed("modal-serve-gen")
    if own is None:
        return ""
    if name == "requires-python":
        return own.metadata["Requires-Python"] or ""
    requirements = map(Requirement, own.requires or ())
    return next((str(row.specifier) for row in requirements if row.name == name and not row.marker), "")
