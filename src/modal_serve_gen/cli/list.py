"""The `list` command: workflows, models, GPUs and checks."""

import json
from typing import Annotated, Literal

import typer

from modal_serve_gen.cli.console import Json, guarded


@guarded
def list_(
    listing: Annotated[
        Literal["workflows", "models", "gpus", "checks"],
        typer.Argument(metavar="workflows|models|gpus|checks", help="What to list."),
    ],
    as_json: Json = False,
) -> None:
    """List workflows, models with bundled facts, GPUs with prices, or checks."""
    from modal_serve_gen.commands import layout, listings

    rows = listings.rows(listing)
    print(json.dumps(rows, indent=2) if as_json else layout.table(rows))
