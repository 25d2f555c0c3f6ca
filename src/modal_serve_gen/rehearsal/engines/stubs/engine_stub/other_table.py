"""Engines and libraries without a stub of their own: facts/rehearsal/other_engines.toml, as JSON in containers."""

import json
from pathlib import Path
from typing import Any

TABLE: dict[str, Any] = json.loads(Path(__file__).with_name("others.json").read_text(encoding="utf-8"))
