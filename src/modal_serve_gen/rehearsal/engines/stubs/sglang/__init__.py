"""The package `sglang` of a rehearsed container."""

import json
from pathlib import Path

SETTINGS = json.loads(Path(__file__).with_name("settings.json").read_text(encoding="utf-8"))
__version__ = SETTINGS["version"]
