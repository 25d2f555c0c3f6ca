"""`--config FILE`: a file's flags put before those of the command line, as SGLang's ConfigArgumentMerger does it.

Source: srt/utils/server_args_config_parser.py of 0.5.23. Written as `--config=FILE` the engine does not read the file.
"""

import json
from pathlib import Path

from sglang.notes import note


def merged(argv: list[str], table) -> list[str]:
    """The words with the file's in front of them. Raises ValueError with what the engine would say."""
    if "--config" not in argv:
        return argv
    if not argv[0].startswith("-"):
        argv = ["--model-path", *argv]  # before the file's words it would no longer be the first
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


def _read(path: Path) -> dict:
    text = path.read_text(encoding="utf-8")
    try:
        found = json.loads(text)  # which is YAML, too
    except ValueError:
        try:
            import yaml
        except ImportError:  # the container has it wherever it has the Hub's client
            note("left_out", f"the file {path} given by --config: there is no YAML reader in this container")
            return {}
        try:
            found = yaml.safe_load(text)
        except yaml.YAMLError as fault:
            raise ValueError(f"Failed to read config file {path}: {fault}") from None
    if not isinstance(found or {}, dict):
        raise ValueError("Config file must contain a dictionary at root level")
    return found or {}
