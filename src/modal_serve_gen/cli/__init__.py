"""The command line: the only package that parses arguments, prints, writes files and exits."""

from modal_serve_gen.cli import interrupts


def main() -> None:
    """The console script. Its imports take a moment, in which Ctrl-C ends it as well."""
    interrupts.outside_commands()
    from modal_serve_gen.cli import console

    console.prepare()
    with console.ending():
        from modal_serve_gen.cli.program import app

        app(prog_name="modal-serve-gen")
