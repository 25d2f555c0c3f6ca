"""`check`: report what fails, leaks or costs in any Modal app."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from modal_serve_gen import errors
from modal_serve_gen.cli.console import Json, end, guarded, say


@guarded
def check(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH", help="Modal apps, or folders: those of its files that import modal."),
    ],
    format_: Annotated[
        Literal["text", "json", "github"],
        typer.Option("--format", help="text: a line for each finding. github: annotations of a pull request."),
    ] = "text",
    select: Annotated[
        list[str] | None, typer.Option(metavar="RULE", help="Only these rules; repeatable, or with commas between.")
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(metavar="RULE", help="All but these rules; repeatable, or with commas between.")
    ] = None,
    no_import: Annotated[
        bool,
        typer.Option("--no-import", help="Read the files only; without it each is imported, in a process of its own."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Look for what fails, leaks or costs in any Modal app, before a GPU starts.

    # serve: allow[RULE] reason -- at the end of a line silences a rule there.
    """
    from modal_serve_gen.checks import runner

    rules = runner.select_rules(select or [], ignore or [])
    checked = runner.check_paths(paths, rules, imports=not no_import, say=say)
    for note in checked.notes:
        say(f"Note: {note}")
    print({"text": checked.text, "json": checked.json, "github": checked.github}["json" if as_json else format_]())
    end(errors.FINDINGS if checked.findings else 0)
