"""The `modal` command on PATH: its version and the interpreter that runs it."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

SECONDS = 30.0  # `modal --version` takes half a second on an idle machine


def version_of(command: str, seconds: float = SECONDS) -> tuple[str, str]:
    """(version, '') from `modal --version`, or ('', what went wrong). Past the time limit its processes are killed."""
    environment = os.environ | {"MODAL_CONFIG_PATH": os.devnull}  # a broken config has its own finding
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
            with contextlib.suppress(OSError, AttributeError):  # Windows has no process groups
                os.killpg(process.pid, signal.SIGKILL)
            process.kill()
            process.wait()
            return "", f"did not answer --version within {seconds:g} s"
        out.seek(0)
        match = re.search(r"\b(\d+\.\d+\S*)", out.read(4000).decode("utf-8", "replace"))
    if code or not match:
        return "", f"ended with exit code {code}" if code else "did not print a version for --version"
    return match[1], ""


def interpreter_of(script: Path) -> str:
    """The Python of a console script, from its first lines; '' if they do not name one (a shim, a binary)."""
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
