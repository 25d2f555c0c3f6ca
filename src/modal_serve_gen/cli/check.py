"""The `check` command: find mistakes in any Modal app."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from modal_serve_gen import errors
from modal_serve_gen.cli.console import Json, end, guarded, say, show
from modal_serve_gen.errors import BadInput

if TYPE_CHECKING:
    from modal_serve_gen.checks.severity import Severity


@guarded
def check(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH",
            help="Modal apps, or folders with files that import modal. APP.py::NAME, as for `modal run`, checks the "
            "entire file.",
        ),
    ],
    format_: Annotated[
        Literal["text", "json", "github"],
        typer.Option("--format", help="text: findings by file. github: annotations on a pull request."),
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
    severity: Annotated[
        Literal["error", "warning", "advice"],
        typer.Option(help="Report findings of this severity and above, and exit with 1 for these only."),
    ] = "advice",
    fix: Annotated[
        bool,
        typer.Option("--fix", help="Repair what is mechanical, such as renamed arguments, and report what is left."),
    ] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Show what --fix would change, and write nothing.")] = False,
    backup: Annotated[bool, typer.Option("--backup", help="With --fix, keep each original as FILE.orig.")] = False,
    as_json: Json = False,
) -> None:
    """Find errors, leaks and needless costs in any Modal app, before a GPU starts.

    A comment `# serve: allow[RULE] reason` at the end of a line disables a rule there.
    """
    from modal_serve_gen.checks import runner
    from modal_serve_gen.checks.severity import Severity

    rules, least = runner.select_rules(select or [], ignore or []), Severity(severity)
    if backup and (diff or not fix):
        raise BadInput("--backup keeps what --fix replaces.", "Use --backup with --fix, without --diff.")
    if fix or diff:
        _fix(paths, rules, least, write=not diff, backup=backup, as_json=as_json or format_ == "json")
    checked = runner.check_paths(paths, rules, imports=not no_import, say=say, least=least)
    for note in checked.notes:
        say(f"Note: {note}")
    show({"text": checked.text, "json": checked.json, "github": checked.github}["json" if as_json else format_]())
    end(errors.FINDINGS if checked.findings else 0)


def _fix(
    paths: list[Path], rules: frozenset[str], least: "Severity", *, write: bool, backup: bool, as_json: bool
) -> None:
    """Repair the apps; without `write`, print the difference and exit with 1 if there is one."""
    from modal_serve_gen.cli import files
    from modal_serve_gen.commands.fix_apps import fixed_apps

    apps = list(fixed_apps(paths, rules, least))
    if write:
        for app in apps:
            files.replace(app.path, app.before, app.after, backup=backup)
            for line, rule, text in app.repairs:
                say(f"Fixed {app.path}:{line}: {text} ({rule})")
    elif apps:
        difference = "".join(app.diff() for app in apps)
        print(json.dumps({"diff": difference}, indent=2) if as_json else difference, end="\n" if as_json else "")
        end(errors.FINDINGS)
