"""`--config FILE`: put a file's flags before those of the command line, as SGLang's ConfigArgumentMerger does.

Source: srt/utils/server_args_config_parser.py of 0.5.23. Written as `--config=FILE` the engine does not read the file.
"""

import json
from pathlib import Path
from typing import Any

from engine_stub import flags
from engine_stub.notes import note


def merged(argv: list[str], table: flags.Table) -> list[str]:
    """The arguments with the file's in front. Raises ValueError with the engine's message."""
    if "--config" not in argv:
        return argv
    if not argv[0].startswith("-"):
        argv = ["--model-path", *argv]  # after the file's words it would no longer be the first
    at = argv.index("--config")
    if argv.count("--config") > 1:
        raise ValueError("Multiple config files specified! Only one allowed.")
    if at + 1 == len(argv):
        raise ValueError("No config file specified after --config flag!")
    path = Path(argv[at + 1])
    if path.suffix.lower() not in (".yaml", ".yml"):
        raise ValueError(f"Config file must be YAML format, got: {path.suffix}")
    if not path.exists():
        raise ValueError(f"Config file not found: {path}")
    words: list[str] = []
    for key, value in _read(path).items():
        flag = f"--{key}"
        if isinstance(value, bool):
            option = table.find(f"--{key.replace('_', '-')}")
            if option is None or not option.bare:
                words += [flag, str(value).lower()]
            elif value:
                words.append(flag)
        elif isinstance(value, list):
            words += [flag, *map(str, value)] if value else []
        else:
            words += [flag, json.dumps(value) if isinstance(value, dict) else str(value)]
    return [*words, *argv[:at], *argv[at + 2 :]]


def _read(path: Path) -> dict[str, Any]:
    text = path.read_text(encoding="utf-8")
    try:
        content = json.loads(text)  # JSON is YAML, too
    except ValueError:
        try:
            import yaml
        except ImportError:  # installed with the Hub's client
            note("left_out", f"the file {path} given by --config: this container has no YAML parser")
            return {}
        try:
            content = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise ValueError(f"Failed to read config file {path}: {error}") from None
    if not isinstance(content or {}, dict):
        raise ValueError("Config file must contain a dictionary at root level")
    return content or {}
