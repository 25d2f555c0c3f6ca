"""Check an engine's command line against the argument table of a version of that engine.

The tables are facts/flags/<distribution>-<version>.json, read from the engines' wheels by scripts/update_flags.py.
renamed.toml next to them lists spellings that older versions, or the other engine, accept; relations.toml lists what
flags need of each other (relations.py). This package imports only the standard library and itself, by relative imports:
the engines' stubs in a rehearsal's containers contain a copy.

It reports what the engine's own parser would: where a table says `prefixes`, as argparse does by default, a unique
prefix of a flag is accepted, and an ambiguous one is an error.
"""

from .checking import Problem, check
from .parsing import Parsed, ParsedOption, parse
from .table import Option, Renamed, Table, from_document, load, numbers
from .values import misspelled

__all__ = [
    "Option",
    "Parsed",
    "ParsedOption",
    "Problem",
    "Renamed",
    "Table",
    "check",
    "from_document",
    "load",
    "misspelled",
    "numbers",
    "parse",
]
