"""Property tests with hostile input: a short run in `make test`, a long one with `make fuzz`."""

import os

import hypothesis
import pytest
from hypothesis import strategies as st

from modal_serve_gen.render.provenance import BEGIN, END

LONG = bool(os.environ.get("FUZZ"))
# All strings that a file can contain: no lone surrogates.
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)
HOSTILE = TEXT | st.sampled_from(
    ['"""', "'''", '"', "\\", "\\\"", "{{ 7*7 }}", "{% raw %}", "{## x ##}", "#: if 1", "\u2028", "\x85", "\n", "\r\n",
     "\x0c", "$(id)", "`id`", "a\nimport os", "13\nimport os\n#", '"""\nimport os\n"""', "#", BEGIN, END,
     "# --- end ---", "\U0001f600", "\x00", "\x1b[2J", "\u202eimport os", "../..", "-" * 300]
)  # fmt: skip


def fuzz(short: int, long: int):
    """Decorate a property test: `short` examples in `make test`, `long` ones in `make fuzz`."""

    def decorate(test):
        run = hypothesis.settings(
            max_examples=long if LONG else short,
            deadline=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        return pytest.mark.fuzz(run(test))

    return decorate
