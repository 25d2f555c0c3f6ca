"""Checks on an app: those that apply to every app, and those that a case requires. Each is a function.

A check yields what is wrong. Its docstring is the expectation as reports show it; `{}` is the value in the case.
"""

import inspect
import os
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from evals import cases
from evals.artifact import App, Verdict
from modal_serve_gen import facts
from modal_serve_gen.checks.modal_objects import ModalObject
from modal_serve_gen.errors import BadInput, nearest, quoted

SHA = re.compile(r"[0-9a-f]{40}")
SHOWN = 20  # faults in the evidence of a verdict


# Every app must pass these.


def syntax(app: App) -> Iterator[str]:
    """the file is valid Python"""
    yield from (finding.message for finding in app.examination.findings if finding.rule == "syntax")


def imports(app: App) -> Iterator[str]:
    """the file imports with the installed Modal SDK without warnings"""
    imported = app.examination.imported
    yield from (f"line {violation.line}: {violation.message}" for violation in imported.violations)
    if imported.note:
        yield imported.note


def clean(app: App) -> Iterator[str]:
    """check reports no findings"""
    for finding in app.examination.findings:
        if finding.rule not in ("import", "syntax"):
            yield f"line {finding.line}: {finding.rule}: {finding.message}"


def smoke(app: App) -> Iterator[str]:
    """one local entrypoint tests the app; for a server it requests /health and a chat completion"""
    if app.source is None:
        yield "the file is not valid Python"
        return
    entrypoints = [call for call in app.source.reads if call.endswith(".local_entrypoint")]
    count = sum(len(app.source.reads[name]) for name in entrypoints)
    if count != 1:
        yield f"the file has {count} local entrypoints"
    if app.form and app.form.mode != "offline":
        texts = [text for text, _ in app.source.strings]
        if not any("/health" in text for text in texts):
            yield "nothing requests /health"
        chats = any("chat/completions" in text for text in texts)
        if not chats and not any(call.name.endswith("chat.completions.create") for call in app.source.calls):
            yield "nothing requests a chat completion"


def revision(app: App) -> Iterator[str]:
    """every pinned commit exists"""
    if app.source is None:
        return
    texts = {text for text, _ in app.source.strings}
    models = sorted(text for text in texts if "/" in text and text in facts.models())
    for commit in sorted(text for text in texts if SHA.fullmatch(text)):
        known = commit in _commits() or commit in app.user_text
        if not known and not any(_on_the_hub(model, commit) for model in models):
            of = f" of {', '.join(models)}" if models else ""
            yield f"{commit[:12]} is not a known commit{of}"


ALWAYS = (syntax, imports, clean, smoke, revision)


# A case may require these: each gets the app and the value in the case.


def model(app: App, name: str) -> Iterator[str]:
    """it serves {}"""
    if app.source is None or name not in {text for text, _ in app.source.strings}:
        yield f"{name} does not occur in the file"


def gpu(app: App, allowed: list[str]) -> Iterator[str]:
    """its GPU is one of {}"""
    gpus = [f"{kind}:{count}" if count > 1 else str(kind) for unit in _units(app) for kind, count in unit.gpus]
    if not gpus or any(gpu not in allowed for gpu in gpus):
        yield f"its GPUs: {', '.join(gpus) or 'none'}"


def context(app: App, tokens: int) -> Iterator[str]:
    """the context length is at least {} tokens"""
    yield from _too_low(app.values("--max-model-len", "--context-length"), tokens)


def requests(app: App, count: int) -> Iterator[str]:
    """a container runs at least {} requests at once"""
    yield from _too_low(app.values("--max-num-seqs", "--max-running-requests"), count)


def _too_low(limits: list[str], least: int) -> Iterator[str]:
    if not limits or any(not limit.isdecimal() or int(limit) < least for limit in limits):
        yield f"its limits: {', '.join(limits) or 'none that can be read'}"


def containers(app: App, count: int) -> Iterator[str]:
    """at most {} containers run"""
    for unit in _units(app):
        limit = unit.argument("max_containers")
        if unit.gpus and (limit is None or not isinstance(limit.value, int) or limit.value > count):
            yield f"{unit.name} may run {limit.value if limit else 'any number of'} containers"


def warm(app: App, count: int) -> Iterator[str]:
    """{} containers are kept warm"""
    arguments = [unit.argument("min_containers") for unit in _units(app) if unit.gpus]
    values = [argument.value if argument else 0 for argument in arguments]
    if values != [count]:
        yield f"min_containers: {values}"


def region(app: App, name: str) -> Iterator[str]:
    """it runs in the region {}"""
    arguments = [
        unit.argument("compute_region" if unit.kind == "server" else "region") for unit in _units(app) if unit.gpus
    ]
    regions = [argument.value if argument else None for argument in arguments]
    if not regions or any(region not in (name, [name]) for region in regions):
        yield f"its regions: {regions}"


def open_to_all(app: App, expected: bool) -> Iterator[str]:
    """requests need no credentials: {}"""
    served = [unit for unit in _units(app) if unit.gpus and unit.web]
    public = [unit.name for unit in served if not _requires_credentials(unit)]
    if bool(public) != expected:
        yield f"{', '.join(public)} accepts requests without credentials" if public else "a token or key is required"


def _requires_credentials(unit: ModalObject) -> bool:
    """True if a request needs a Modal proxy token, or an API key from a Secret."""
    token = False  # the older `http_server` has no proxy authentication
    if unit.kind == "server":
        argument = unit.argument("unauthenticated")
        token = unit.call.lacks("unauthenticated") or not (argument and argument.value)
    elif unit.web:
        argument = unit.web.arguments.get("requires_proxy_auth")
        token = bool(argument and argument.value)
    key = unit.argument("secrets") is not None or any(command.line_of("--api-key") for command in unit.commands)
    return token or key


def keeps(app: App, names: list[str]) -> Iterator[str]:
    """it keeps the user's names: {}"""
    present = _strings(app) | (set(app.source.definitions) if app.source else set())
    missing = [name for name in names if name not in present]
    if missing:
        yield f"missing: {', '.join(missing)}"


def mentions(app: App, texts: list[str]) -> Iterator[str]:
    """it contains {}"""
    missing = [text for text in texts if not any(text in string for string in _strings(app))]
    if missing:
        yield f"missing: {', '.join(missing)}"


def _units(app: App) -> list[ModalObject]:
    return app.source.modal_objects if app.source else []


def _strings(app: App) -> set[str]:
    return {text for text, _ in app.source.strings} if app.source else set()


OPTIONAL: dict[str, Callable[[App, Any], Iterator[str]]] = {
    check.__name__.replace("_", "-"): check
    for check in (model, gpu, context, requests, containers, warm, region, open_to_all, keeps, mentions)
}


def validate(case: cases.Case) -> cases.Case:
    """The case, if its files exist and its checks are known. Raises BadInput otherwise."""
    for path in case.paths:
        if not path.is_file():
            text = f"The case {case.name} uses the file {quoted(path)}, which does not exist."
            raise BadInput(text, "Add the file, or remove it from the case.")
    for name, value in case.artifact.checks.items() if case.artifact else ():
        if name not in OPTIONAL:
            near = nearest(name, list(OPTIONAL))
            raise BadInput(
                f"The case {case.name} uses an unknown check {quoted(name)}.{near}",
                f"Choose from {', '.join(OPTIONAL)}.",
            )
        kind = list(inspect.get_annotations(OPTIONAL[name]).values())[1]
        try:
            TypeAdapter(kind).validate_python(value, strict=True)
        except ValidationError:
            raise BadInput(
                f"The case {case.name} gives the check {name} the value {quoted(value)}.",
                f"It takes {getattr(kind, '__name__', kind)}: {expectation(OPTIONAL[name])}.",
            ) from None
    return case


def expectation(check: Callable[..., Iterator[str]]) -> str:
    """The expectation of a check, as reports show it."""
    return (check.__doc__ or "").strip()


def judge(app: App, required: dict[str, Any]) -> Iterator[Verdict]:
    """A verdict for each check that applies to every app, and each that the case requires (name: value)."""
    for check in ALWAYS:
        yield _verdict(check.__name__, expectation(check), list(check(app)))
    for name, value in required.items():
        text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        yield _verdict(name, expectation(OPTIONAL[name]).format(text), list(OPTIONAL[name](app, value)))


def _verdict(name: str, text: str, faults: list[str]) -> Verdict:
    return Verdict(name, text, not faults, "; ".join(faults[:SHOWN]) or "yes")


@lru_cache
def _commits() -> frozenset[str]:
    """All commits in the facts, of models and of their draft models."""
    models = facts.models().values()
    drafts = [draft.draft_revision for model in models for draft in model.speculative.values()]
    return frozenset(commit for commit in (*drafts, *(model.revision for model in models)) if commit)


@lru_cache(maxsize=500)
def _on_the_hub(model: str, commit: str) -> bool:
    """True if the Hub confirms this commit; False also if it cannot be reached."""
    if os.environ.get("HF_HUB_OFFLINE") == "1":
        return False
    import huggingface_hub

    try:
        huggingface_hub.HfApi(token=False).model_info(model, revision=commit, timeout=10)
    except Exception:  # whatever the Hub answers, the commit is not confirmed
        return False
    return True
