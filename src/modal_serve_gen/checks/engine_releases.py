"""Which releases of an engine an app may run, as far as its source tells, and what their tables say."""

from modal_serve_gen import facts, flags
from modal_serve_gen.checks.app_source import AppSource

MAX_SHOWN = 80  # characters of a specifier


def releases(app: AppSource, engine: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The releases with a table that judge the app's commands, and the names of those without one.

    A range of versions stands for the newest release that it admits. Without a requirement the pinned release judges.
    """
    if not facts.serving_engines()[engine].pinned:  # no table of any release
        return (), ()
    rows = [row for row in app.requirements if row.name == engine]
    specifiers = sorted({f"@ {row.source}" if row.source else row.specifier for row in rows})
    judges, unknown = [], []
    for specifier in specifiers or [""]:
        release = facts.newest_release(engine, specifier)
        if release:
            judges.append(release)
        else:
            unknown.append(f"{engine} {specifier.removeprefix('==')[:MAX_SHOWN]}".replace(" :", ":"))
    return tuple(dict.fromkeys(judges)), tuple(unknown)


def notes(app: AppSource) -> list[str]:
    """What is not checked, once for each engine of the app."""
    engines = sorted({command.engine for command in app.commands})
    unknown = [(engine, name) for engine in engines for name in releases(app, engine)[1]]
    return [f"not checked: no table of {name} (flags and variables of {engine})" for engine, name in unknown]


def tables(app: AppSource, engine: str) -> tuple[flags.Table, ...]:
    """The tables that judge the app's commands; none if one of its releases has no table."""
    judges, unknown = releases(app, engine)
    found = (facts.flag_table(engine, release) for release in judges)
    return () if unknown else tuple(table for table in found if table)


def variables(app: AppSource, engine: str) -> tuple[facts.Variables, ...]:
    """The variables of the app's releases; none if one of its releases has no list."""
    judges, unknown = releases(app, engine)
    found = (facts.engine_variables(engine, release) for release in judges)
    return () if unknown else tuple(known for known in found if known)


def advice(problem: flags.Problem, table: flags.Table) -> str:
    """What to do about a problem: the table's own advice, or which release or engine has the flag."""
    if problem.advice:
        return problem.advice
    flag = problem.flag.partition("=")[0].partition(".")[0]
    if lifetime := facts.flag_lifetime(table.engine, flag):
        first, last = lifetime
        if flags.numbers(last) < flags.numbers(table.version):
            return f"remove it: {table.engine} {last} was the last release with it"
        return f"remove it, or pin {table.engine} {first} or newer, which has it"
    others = [engine for engine in facts.engines() if engine != table.engine]
    having = [engine for engine in others if facts.flag_lifetime(engine, flag)]
    return f"remove it: it is a flag of {having[0]}" if having else "remove it"
