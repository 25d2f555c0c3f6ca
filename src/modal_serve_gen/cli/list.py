"""`list`: tables of workflows, models, GPUs and checks."""

import json
from typing import Annotated, Literal

import typer

from modal_serve_gen.cli.console import Json, guarded


@guarded
def list_(
    what: Annotated[
        Literal["workflows", "models", "gpus", "checks"],
        typer.Argument(metavar="workflows|models|gpus|checks", help="What to list."),
    ],
    as_json: Json = False,
) -> None:
    """What there is: workflows, models with bundled facts, GPUs with prices, checks."""
    from modal_serve_gen.commands import listings

    rows = listings.rows(what)
    print(json.dumps(rows, indent=2) if as_json else listings.table(rows))
