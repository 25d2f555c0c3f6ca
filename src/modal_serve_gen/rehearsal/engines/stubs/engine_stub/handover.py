"""Pass a checked command line to a real engine on the CPU. Options that a CPU lacks are left out, each with a note."""

import os
import re
from collections.abc import Callable, Container
from pathlib import Path
from typing import Any, NoReturn

from engine_stub import flags, models
from engine_stub.command import last
from engine_stub.notes import note

KV_SHARE = 0.5  # of the free memory, at most
BYTES = 4  # of a float32 in the KV cache
SILENT_VARIABLES = ("REHEARSAL_FAULTS", "VIRTUAL_ENV")


def patterns(reasons: dict[str, str]) -> list[tuple[re.Pattern[str], str]]:
    """Compile `reasons`: why flags are left out -> pattern of their names, after the dashes."""
    return [(re.compile(f"--({pattern})"), reason) for reason, pattern in reasons.items()]


def keep(
    options: flags.Parsed, reason: Callable[[Any], str], spell: Callable[[Any], list[str]], *, silent: Container[str],
    replaced: Container[str],
) -> list[str]:  # fmt: skip
    """The command line without the options for which there is a `reason`, which is noted.

    `silent` flags and sizes of 1 are left out without a note. `replaced` flags are set by the caller.
    """
    words = [word for word in options.positionals if word is not None]
    for option in options.options:
        if why := reason(option):
            if option.flag not in silent and not (option.flag.endswith("-size") and option.values == ("1",)):
                text = " ".join([option.spelled, *(value for value in option.values if value is not None)])
                note("left_out", f"{text}: {why}")
        elif option.flag not in replaced:
            words += spell(option)
    return words


def lacking(option: Any, words: list[str], cpu_table: flags.Table) -> str:
    """Why the CPU engine cannot take an option, spelled as `words`; '' if it can."""
    if cpu_table.find(option.flag) is None:
        return f"the engine here, {cpu_table.version}, does not know it"
    problems = flags.check(words, cpu_table, complete=False)
    if any(problem.kind == "error" for problem in problems):
        return f"the engine here, {cpu_table.version}, does not know this value"
    return ""


def spelled(name: str, values: tuple[str, ...]) -> list[str]:
    """An option's words; a value that begins with a dash needs the form with `=`."""
    if len(values) == 1 and values[0].startswith("-"):
        return [f"{name}={values[0]}"]
    return [name, *values]


def environment(*, without: tuple[str, ...] = (), plugins: bool = True, **values: str) -> dict[str, str]:
    """The engine's variables: the container's without those of its own Python, then `values`.

    With `plugins`, the engine can import from the app's PYTHONPATH.
    """
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PYTHON") and name not in (*SILENT_VARIABLES, *without)
    }
    own = os.environ.get("PYTHONPATH") if plugins else None
    paths = [path for path in (os.environ.get("REHEARSAL_SHIM"), own) if path]
    return inherited | values | {
        "PYTHONNOUSERSITE": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "ignore",  # about the engine's own packages
        **({"PYTHONPATH": os.pathsep.join(paths)} if paths else {}),
    }  # fmt: skip


def become(python: Path, script: Path, *words: str, variables: dict[str, str]) -> NoReturn:
    """Replace this process with `script` in the engine's Python."""
    os.execve(python, [str(python), "-P", str(script), *words], variables)


def config_of(model: str, options: flags.Parsed) -> dict[str, Any]:
    """The model's configuration; empty if it is not found, which the engine then reports."""
    try:
        return models.resolve(model, last(options, "--revision"), last(options, "--download-dir"))[1]
    except models.StartError:
        return {}


def dtype(options: flags.Parsed, config: dict[str, Any], on_cpu: str) -> str:
    """`on_cpu`, with a note if the engine would use another data type on a GPU."""
    value = last(options, "--dtype") or "auto"
    parts = (models.text_config(config), config)
    own = next((part[key] for part in parts for key in ("dtype", "torch_dtype") if part.get(key)), "bfloat16")
    if (own if value == "auto" else value).replace("float32", "float") != on_cpu.replace("float32", "float"):
        note("changed", f"--dtype {value} is {on_cpu} on the CPU")
    return on_cpu


def kv_limit() -> float:
    """Bytes of this machine's free memory that the KV cache may take."""
    return KV_SHARE * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES")
