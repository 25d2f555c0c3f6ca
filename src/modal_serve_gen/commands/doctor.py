"""What this machine has for Modal and for the rehearsal, as findings: nothing here prints, and nothing is changed.

Of credentials only their presence and the profile's name are ever read into a finding, never a value.
"""

import contextlib
import importlib.metadata
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from modal_serve_gen import folders
from modal_serve_gen.commands.machine import STUB, Finding, disk, kind_and_memory
from modal_serve_gen.errors import quoted

MODAL_SECONDS = 30.0  # an answer of `modal --version` takes half a second on an idle machine
CONFIG_BYTES = 1_000_000  # a .modal.toml has a few lines


def examine() -> list[Finding]:
    """Everything, in the order in which one would mend it. Never raises for what it finds; takes up to half a minute
    when the `modal` command hangs."""
    machine = [python_series(), *kind_and_memory(), *disk()]
    engines = [rehearsal_engine(name, machine[1:]) for name in ("vllm", "sglang")]
    return [machine[0], *sdks(), credentials(), *machine[1:], *engines, isolation()]


def python_series() -> Finding:
    """Whether this interpreter is of a series that this program and the installed SDK take."""
    here = platform.python_version()
    ranges = {"modal-serve-gen": _own("requires-python")}
    if sdk := _installed("modal"):
        ranges["modal"] = sdk.metadata["Requires-Python"] or ""
    refused = [f"{name} wants {wanted}" for name, wanted in ranges.items() if not admits(wanted, here)]
    details = {"executable": sys.executable, "ranges": ranges}
    if not refused:
        return Finding("python", "ok", f"{here} ({sys.executable})", details=details)
    remedy = "uv tool install --python 3.12 modal-serve-gen"
    return Finding("python", "fail", f"{here}; {' and '.join(refused)}", remedy, details)


def sdks() -> list[Finding]:
    """The SDK that this interpreter imports, the `modal` command on PATH, and whether they are one installation."""
    wanted = _own("modal")
    install = f"{sys.executable} -m pip install --upgrade 'modal{wanted}'"
    sdk = _installed("modal")
    imported = sdk.version if sdk else ""
    if not imported:
        first = Finding("modal sdk", "fail", "this interpreter has no modal package", install)
    elif not admits(wanted, imported):
        first = Finding("modal sdk", "fail", f"{imported}; this program wants modal{wanted}", install)
    else:
        first = Finding("modal sdk", "ok", imported, details={"wanted": wanted})
    command = shutil.which("modal")
    if not command:
        missing = "no `modal` command on PATH: rehearse works, running and deploying on Modal do not"
        beside = Path(sys.executable).with_name("modal")
        remedy = f'export PATH="{beside.parent}:$PATH"' if beside.exists() else "uv tool install modal"
        return [first, Finding("modal command", "warn", missing, remedy)]
    answered, trouble = ask_version(command)
    interpreter = interpreter_of(Path(command))
    details = {"path": command, "version": answered, "interpreter": interpreter}
    if not answered:
        broken = Finding("modal command", "fail", f"{command} {trouble}", "uv tool install --force modal", details)
        return [first, broken]
    behind = f"{answered} ({command})"
    upgrade = f"{interpreter} -m pip install --upgrade 'modal{wanted}'" if interpreter else "uv tool upgrade modal"
    if not admits(wanted, answered):
        return [first, Finding("modal command", "fail", f"{behind}; wanted: modal{wanted}", upgrade, details)]
    second = Finding("modal command", "ok", behind, details=details)
    same = not interpreter or _folder(interpreter) == _folder(sys.executable)
    if answered != imported or not same:
        two = f"`modal` runs SDK {answered} under {interpreter or 'another interpreter'}; "
        two += f"this program imports SDK {imported or '(none)'} under {sys.executable}"
        status = "ok" if answered == imported else "warn"
        remedy = "" if status == "ok" else f"{sys.executable} -m pip install 'modal=={answered}'"
        return [first, second, Finding("two modals", status, two, remedy)]
    return [first, second]


def ask_version(command: str, seconds: float = MODAL_SECONDS) -> tuple[str, str]:
    """(version, '') as `modal --version` says it, or ('', what went wrong). It and its children end with the limit."""
    environment = os.environ | {"MODAL_CONFIG_PATH": os.devnull}  # a broken config is a finding of its own
    with tempfile.TemporaryFile() as out:
        try:
            process = subprocess.Popen(
                [command, "--version"],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.DEVNULL,
                env=environment,
                start_new_session=True,
            )
        except OSError as error:
            return "", f"cannot be started: {error.strerror or type(error).__name__}"
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(OSError, AttributeError):  # with what it started; Windows has no groups
                os.killpg(process.pid, signal.SIGKILL)
            process.kill()
            process.wait()
            return "", f"did not answer --version within {seconds:g} s"
        out.seek(0)
        match = re.search(r"\b(\d+\.\d+\S*)", out.read(4000).decode("utf-8", "replace"))
    if code or not match:
        return "", f"ended with exit code {code}" if code else "did not answer --version with a version"
    return match[1], ""


def interpreter_of(script: Path) -> str:
    """The Python behind a console script, from its first lines; '' when they do not say (a shim, a binary)."""
    try:
        with script.open("rb") as stream:
            head = stream.read(2000).decode("utf-8", "replace")
    except OSError:
        return ""
    first, _, rest = head.partition("\n")
    if not first.startswith("#!"):
        return ""
    words = first[2:].split()
    if words and Path(words[0]).name in ("sh", "bash", "dash"):  # a long path: "'''exec' /path/python "$0" "$@"
        match = re.match(r"""'''exec' ("?)(/[^"\n]+?)\1 "\$0\"""", rest)
        return match[2] if match else ""
    if words and Path(words[0]).name == "env":
        names = [word for word in words[1:] if not word.startswith("-") and "=" not in word]
        return shutil.which(names[0]) or "" if names else ""
    return first[2:].strip() if "python" in first else ""


def credentials() -> Finding:
    """Whether a token or a profile is there to be used; the profile's name, never a value."""
    name = "modal credentials"
    token = {key: bool(os.environ.get(key)) for key in ("MODAL_TOKEN_ID", "MODAL_TOKEN_SECRET")}
    if all(token.values()):
        return Finding(name, "ok", "token from the environment")
    if any(token.values()):
        there, gone = sorted(token, key=token.get, reverse=True)
        return Finding(name, "fail", f"{there} is set without {gone}", f"export {gone}=…   # or: unset {there}")
    if os.environ.get("MODAL_OAUTH_REFRESH_TOKEN") and os.environ.get("MODAL_OAUTH_CLIENT_ID"):
        return Finding(name, "ok", "OAuth credentials from the environment")
    path = Path(os.environ.get("MODAL_CONFIG_PATH") or os.path.expanduser("~/.modal.toml"))  # noqa: PTH111 (no home: ~)
    profiles, trouble = _profiles(path)
    details = {"config": str(path)}
    if trouble:
        return Finding(
            name,
            "fail",
            f"{quoted(path)} {trouble}",
            f"mv {quoted(path)} {quoted(f'{path}.bad')} && modal setup",
            details,
        )
    if not profiles:
        without = "no token and no profile: new and rehearse work, deploy and run on Modal do not"
        return Finding(name, "warn", without, "modal setup", details)
    active = [key for key, values in profiles.items() if values.get("active") is True]
    chosen = os.environ.get("MODAL_PROFILE") or (active[0] if active else "default")
    details["profile"] = chosen
    pick = f"modal profile activate {quoted(next(iter(profiles)))}"
    if len(active) > 1:
        return Finding(name, "fail", f"{len(active)} profiles of {quoted(path)} are active", pick, details)
    if chosen not in profiles:
        return Finding(name, "fail", f"{quoted(path)} has no profile {quoted(chosen)}", pick, details)
    held = profiles[chosen]
    if (held.get("token_id") and held.get("token_secret")) or held.get("oauth_refresh_token"):
        return Finding(name, "ok", f"profile {quoted(chosen)}", details=details)
    return Finding(name, "fail", f"profile {quoted(chosen)} holds no token", "modal setup", details)


def _profiles(path: Path) -> tuple[dict[str, dict], str]:
    """(the profiles of a Modal config, ''), or ({}, what is wrong with the file). A missing file has no profiles."""
    try:
        if not path.exists():
            return {}, ""
        if not path.is_file():
            return {}, "" if path == Path(os.devnull) else "is not a file"
        if path.stat().st_size > CONFIG_BYTES:
            return {}, "is too large for a Modal configuration"
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        return {}, "is not text"
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at [^)]*\)", str(error))  # the place only: the message may quote what stands there
        return {}, f"is not valid TOML {place[0] if place else ''}".rstrip()
    except RecursionError:
        return {}, "is not valid TOML"
    except OSError as error:
        return {}, f"cannot be read: {error.strerror or type(error).__name__}"
    if not all(isinstance(values, dict) for values in document.values()):
        return {}, "has settings outside a profile's section"
    return document, ""


def rehearsal_engine(engine: str, machine: list[Finding]) -> Finding:
    """Whether a real engine can run here: what the rehearsal itself says, else what `machine` shows."""
    name = f"rehearsal, {engine}"
    try:
        from modal_serve_gen.rehearsal.engines import engine_env, sglang_env

        able, reason = {"vllm": engine_env, "sglang": sglang_env}[engine].examine()
    except (ImportError, AttributeError):
        short = [one.name for one in machine if one.status != "ok" and one.name != "disk, here"]
        able, reason = not short, f"this machine falls short: {', '.join(short)}" if short else "can be made here"
    except Exception as error:
        able, reason = False, f"could not be asked ({type(error).__name__})"
    return Finding(name, "ok", reason or "ready") if able else Finding(name, "warn", reason, STUB)


def isolation() -> Finding:
    """Whether rehearsed containers get a network and files of their own here."""
    name = "isolation"
    try:
        from modal_serve_gen.rehearsal.containers.isolation import refusal
    except ImportError as error:  # the SDK is missing, which has its own line
        return Finding(name, "warn", f"could not be asked ({type(error).__name__})", STUB)
    if reason := refusal():
        told = f"{reason}; rehearsed containers share this machine's network and files"
        return Finding(name, "warn", told, "allow user namespaces, or leave it: rehearsals work all the same")
    return Finding(name, "ok", "rehearsed containers have a network and files of their own")


def admits(wanted: str, version: str) -> bool:
    """Whether a comma-separated range such as `>=3.10,<3.16` holds a version; release numbers only, '' admits all."""
    have = _release(version)
    for part in filter(None, (one.strip() for one in wanted.split(","))):
        sign, bound = re.match(r"([<>=!~]*)\s*(.*)", part).groups()
        edge = _release(bound)
        width = max(len(have), len(edge))
        left, right = (one + (0,) * (width - len(one)) for one in (have, edge))
        start = left[: len(edge)] == edge
        held = {
            ">=": left >= right,
            ">": left > right,
            "<": left < right,
            "<=": left <= right,
            "==": start if bound.endswith("*") else left == right,
            "!=": not (start if bound.endswith("*") else left == right),
            "~=": left >= right and left[: len(edge) - 1] == edge[:-1],
        }
        if not held.get(sign, True):
            return False
    return True


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", re.match(r"[\d.]*", version)[0]))


def _folder(executable: str) -> Path:
    """The folder of an interpreter: two environments may share one Python, but not one bin folder."""
    return Path(executable).parent.resolve()


def _installed(name: str) -> importlib.metadata.Distribution | None:
    try:
        return importlib.metadata.distribution(name)
    except (importlib.metadata.PackageNotFoundError, OSError):
        return None


def _own(what: str) -> str:
    """A range of this project's own metadata (a checkout's pyproject.toml): `requires-python` or a dependency's."""
    own = _installed("modal-serve-gen")
    if own:
        python, needs = own.metadata["Requires-Python"] or "", own.requires or []
    else:
        project = tomllib.loads((folders.PACKAGE.parent.parent / "pyproject.toml").read_text())["project"]
        python, needs = project["requires-python"], project["dependencies"]
    if what == "requires-python":
        return python
    ranges = (re.fullmatch(rf"{re.escape(what)}\s*\(?([<>=!~][^;)]*)\)?.*", need) for need in needs)
    return next((match[1].strip() for match in ranges if match), "")
