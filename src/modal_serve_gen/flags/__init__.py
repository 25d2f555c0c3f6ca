"""Check an engine's command line against the argument table of a version of that engine.

The tables are facts/flags/<distribution>-<version>.json, read from the engines' wheels by scripts/update_flags.py.
renamed.toml next to them lists spellings that older versions, or the other engine, accept. This package imports only
the standard library and itself, by relative imports: the engines' stubs in a rehearsal's containers contain a copy.

It reports what the engine's own parser would, with one exception: argparse also accepts an unambiguous prefix of a
flag, which breaks when a release adds a second flag with that prefix, so only exact names are accepted here.
"""

from .checking import Problem, check
from .parsing import Parsed, ParsedOption, parse
from .table import Option, Renamed, Table, load

__all__ = ["Option", "Parsed", "ParsedOption", "Problem", "Renamed", "Table", "check", "load", "parse"]
