"""What an app must be: every app, and those of one case. Each check is a function here, by its name.

A check yields what is wrong; its docstring is the expectation, `{}` in it the value that the case asks for.
"""

import inspect
import os
import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from pydantic import TypeAdapter, ValidationError

from evals import cases
from evals.artifact import App, Verdict
from modal_serve_gen import facts
from modal_serve_gen.checks.units import Unit
from modal_serve_gen.errors import BadInput, nearest, quoted

SHA = re.compile(r"[0-9a-f]{40}")
MOST = 20  # faults that a verdict shows


# What every app must be.


def syntax(app: App) -> Iterator[str]:
    """it is Python"""
    yield from (each.message for each in app.looked_at[0] if each.rule == "syntax")


def imports(app: App) -> Iterator[str]:
    """it imports with the installed Modal SDK, without a warning"""
    seen = app.looked_at[1]
    yield from (f"line {line}: {message}" for line, message, _ in seen.faults)
    if seen.note:
        yield seen.note


def clean(app: App) -> Iterator[str]:
    """check finds nothing in it"""
    for each in app.looked_at[0]:
        if each.rule not in ("import", "syntax"):
            yield f"line {each.line}: {each.rule}: {each.message}"


def smoke(app: App) -> Iterator[str]:
    """it has one local entrypoint, which asks for health and a chat where it serves"""
    if app.picture is None:
        yield "it is no Python"
        return
    entrypoints = [call for call in app.picture.reads if call.endswith(".local_entrypoint")]
    many = sum(len(app.picture.reads[name]) for name in entrypoints)
    if many != 1:
        yield f"it has {many} local entrypoints"
    if app.form and app.form[1] != "offline":
        texts = [text for text, _ in app.picture.strings]
        if not any("/health" in text for text in texts):
            yield "nothing asks for /health"
        chats = any("chat/completions" in text for text in texts)
        if not chats and not any(call.name.endswith("chat.completions.create") for call in app.picture.calls):
            yield "nothing asks for a chat completion"


def revision(app: App) -> Iterator[str]:
    """each commit that it pins is one that exists"""
    if app.picture is None:
        return
    texts = {text for text, _ in app.picture.strings}
    models = sorted(text for text in texts if "/" in text and text in facts.models())
    for commit in sorted(text for text in texts if SHA.fullmatch(text)):
        if (
            commit not in _commits()
            and commit not in app.given
            and not any(_on_the_hub(model, commit) for model in models)
        ):
            of = f" of {', '.join(models)}" if models else ""
            yield f"{commit[:12]} is no commit{of} that the facts know, and nothing else confirms it"


ALWAYS = (syntax, imports, clean, smoke, revision)


# What a case may ask beyond that: called with the app and the value of the case.


def model(app: App, wanted: str) -> Iterator[str]:
    """it serves {}"""
    if app.picture is None or wanted not in {text for text, _ in app.picture.strings}:
        yield f"{wanted} stands nowhere in it"


def gpu(app: App, wanted: list[str]) -> Iterator[str]:
    """it runs on one of {}"""
    given = [
        f"{kind}:{count}" if count > 1 else str(kind)
        for unit in (app.picture.units if app.picture else [])
        for kind, count in unit.gpus
    ]
    if not given or any(each not in wanted for each in given):
        yield f"its GPUs: {', '.join(given) or 'none'}"


def context(app: App, tokens: int) -> Iterator[str]:
    """a request may hold {} tokens"""
    lengths = app.values("--max-model-len", "--context-length")
    if not lengths or any(not each.isdecimal() or int(each) < tokens for each in lengths):
        yield f"its limits: {', '.join(lengths) or 'none that can be read'}"


def requests(app: App, many: int) -> Iterator[str]:
    """a container takes {} requests at once"""
    limits = app.values("--max-num-seqs", "--max-running-requests")
    if not limits or any(not each.isdecimal() or int(each) < many for each in limits):
        yield f"its limits: {', '.join(limits) or 'none that can be read'}"


def containers(app: App, many: int) -> Iterator[str]:
    """at most {} containers run"""
    for unit in app.picture.units if app.picture else []:
        given = unit.given("max_containers")
        if unit.gpus and (given is None or not isinstance(given.value, int) or given.value > many):
            yield f"{unit.name} may run {given.value if given else 'any number'}"


def warm(app: App, many: int) -> Iterator[str]:
    """{} containers stay warm"""
    given = [unit.given("min_containers") for unit in (app.picture.units if app.picture else []) if unit.gpus]
    if [each.value if each else 0 for each in given] != [many]:
        yield f"min_containers: {[each.value if each else 0 for each in given]}"


def region(app: App, wanted: str) -> Iterator[str]:
    """it runs in {}"""
    units = [unit for unit in (app.picture.units if app.picture else []) if unit.gpus]
    given = [unit.given("compute_region" if unit.kind == "server" else "region") for unit in units]
    held = [each.value if each else None for each in given]
    if not held or any(each != wanted and each != [wanted] for each in held):
        yield f"its regions: {held}"


def open_to_all(app: App, wanted: bool) -> Iterator[str]:
    """whether everybody may ask it: {}"""
    served = [unit for unit in (app.picture.units if app.picture else []) if unit.gpus and unit.web]
    anybody = [unit.name for unit in served if not _guarded(unit)]
    if bool(anybody) != wanted:
        yield f"everybody may ask {', '.join(anybody)}" if anybody else "it asks for a token or key"


def _guarded(unit: Unit) -> bool:
    """Whether a token of Modal's, or a key from a Secret, must be shown. The older http_server knows no token."""
    if unit.kind == "server":
        token = unit.call.lacks("unauthenticated") or not unit.given("unauthenticated").value
    else:
        given = unit.web.arguments.get("requires_proxy_auth")
        token = bool(given and given.value)
    keyed = unit.given("secrets") is not None or any(command.has("--api-key") for command in unit.commands)
    return token or keyed


def keeps(app: App, wanted: list[str]) -> Iterator[str]:
    """it keeps what the user had: {}"""
    texts = {text for text, _ in app.picture.strings} if app.picture else set()
    names = set(app.picture.definitions) if app.picture else set()
    missing = [each for each in wanted if each not in texts | names]
    if missing:
        yield f"gone: {', '.join(missing)}"


def mentions(app: App, wanted: list[str]) -> Iterator[str]:
    """it holds {}"""
    texts = [text for text, _ in app.picture.strings] if app.picture else []
    missing = [each for each in wanted if not any(each in text for text in texts)]
    if missing:
        yield f"nowhere: {', '.join(missing)}"


ASKED: dict[str, Callable] = {
    each.__name__.replace("_", "-"): each
    for each in (model, gpu, context, requests, containers, warm, region, open_to_all, keeps, mentions)
}


def checked(task: cases.Task) -> cases.Task:
    """`task`, whose files are there and whose checks can be made. Raises BadInput otherwise."""
    for path in task.files:
        if not path.is_file():
            raise BadInput(f"The case {task.name} wants {quoted(str(path))}, which is not there.", "Put it there.")
    for name, value in task.case.artifact.checks.items() if task.case.artifact else ():
        if name not in ASKED:
            near = nearest(name, list(ASKED))
            raise BadInput(
                f"The case {task.name} asks for a check {quoted(name)}.{near}", f"There are {', '.join(ASKED)}."
            )
        wanted = list(inspect.get_annotations(ASKED[name]).values())[1]
        try:
            TypeAdapter(wanted).validate_python(value, strict=True)
        except ValidationError:
            raise BadInput(
                f"The case {task.name} gives {quoted(value)} to the check {name}.",
                f"It takes {getattr(wanted, '__name__', wanted)}: {ASKED[name].__doc__}.",
            ) from None
    return task


def judge(app: App, asked: dict[str, object]) -> Iterator[Verdict]:
    """Every check of `app`: those that all apps get, and those that the case asks for."""
    for function in ALWAYS:
        yield _verdict(function.__name__, function.__doc__, list(function(app)))
    for name, value in asked.items():
        shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        yield _verdict(name, ASKED[name].__doc__.format(shown), list(ASKED[name](app, value)))


def _verdict(name: str, text: str, faults: list[str]) -> Verdict:
    return Verdict(name, text.strip(), not faults, "; ".join(faults[:MOST]) or "yes")


@lru_cache
def _commits() -> frozenset[str]:
    """Every commit that the facts know, of models and of their drafts."""
    models = facts.models().values()
    drafts = [draft.draft_revision for model in models for draft in model.speculative.values()]
    return frozenset(commit for commit in (*drafts, *(model.revision for model in models)) if commit)


@lru_cache(maxsize=500)
def _on_the_hub(model: str, commit: str) -> bool:
    """Whether the Hub has this commit; False also where it cannot be asked."""
    if os.environ.get("HF_HUB_OFFLINE") == "1":
        return False
    import huggingface_hub

    try:
        huggingface_hub.HfApi(token=False).model_info(model, revision=commit, timeout=10)
    except Exception:  # any answer but a good one confirms nothing
        return False
    return True
