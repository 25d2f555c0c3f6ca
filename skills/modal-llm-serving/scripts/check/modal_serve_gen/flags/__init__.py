"""An engine's command line, read against the argument table of that engine's pinned version.

The tables are `facts/flags/<distribution>-<version>.json`, read out of the engines' wheels by scripts/update_flags.py;
`renamed.toml` beside them holds the spellings that older versions, or the other engine, would have taken. This package
uses the standard library and relative imports only, because the stand-in engines inside the rehearsal's containers hold
a copy of it.

What is checked is what the engine's own parser would do, with one difference: argparse also takes an unambiguous
prefix of a flag, which stops working when a release adds a second flag with that prefix, so only exact names pass here.
"""

from .checking import Problem, check
from .table import Given, Option, Parsed, Table, load, parse

__all__ = ["Given", "Option", "Parsed", "Problem", "Table", "check", "load", "parse"]
