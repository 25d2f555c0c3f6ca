"""The `check` command: find mistakes in any Modal app."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from modal_serve_gen import errors
from modal_serve_gen.cli.console import Json, end, guarded, say


@guarded
def check(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH", help="Modal apps, or folders with files that import modal."),
    ],
    format_: Annotated[
        Literal["text", "json", "github"],
        typer.Option("--format", help="text: one line per finding. github: annotations on a pull request."),
    ] = "text",
    select: Annotated[
        list[str] | None, typer.Option(metavar="RULE", help="Run only these rules; repeatable, or separated by commas.")
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(metavar="RULE", help="Skip these rules; repeatable, or separated by commas.")
    ] = None,
    no_import: Annotated[
        bool,
        typer.Option("--no-import", help="Do not import the apps. By default each is imported in a separate process."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Find errors, leaks and needless costs in any Modal app, before a GPU starts.

    A comment `# serve: allow[RULE] reason` at the end of a line disables a rule there.
    """
    from modal_serve_gen.checks import runner

    rules = runner.select_rules(select or [], ignore or [])
    checked = runner.check_paths(paths, rules, imports=not no_import, say=say)
    for note in checked.notes:
        say(f"Note: {note}")
    print({"text": checked.text, "json": checked.json, "github": checked.github}["json" if as_json else format_]())
    end(errors.FINDINGS if checked.findings else 0)
