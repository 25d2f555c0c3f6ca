"""`rehearse` without its terminal: from the path of an app to the report of its rehearsal."""

import ast
import contextlib
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from modal_serve_gen import checks, facts, render
from modal_serve_gen.checks import targets
from modal_serve_gen.checks.app_source import AppSource, TooLarge
from modal_serve_gen.checks.grouping import grouped
from modal_serve_gen.errors import BadInput, MachineError, quoted
from modal_serve_gen.models import hub
from modal_serve_gen.rehearsal import adapter_repositories, app_files, secret_keys
from modal_serve_gen.rehearsal.config import ModelRevision, RealEngine, RehearsalConfig
from modal_serve_gen.rehearsal.engines import engine_env, other_engines, sglang_env
from modal_serve_gen.rehearsal.faults import parse as parse_faults
from modal_serve_gen.rehearsal.rehearse import rehearse
from modal_serve_gen.rehearsal.report import Report
from modal_serve_gen.rehearsal.secret_keys import SecretKeys
from modal_serve_gen.rehearsal.state_dir import open_state_dir
from modal_serve_gen.render import Resolved

DEPLOYED = "--deployed"  # the option of generated apps that tests their deployment


async def run(
    target: str,
    arguments: list[str],
    *,
    engine: str,
    faults: Sequence[str] = (),
    state: Path | None = None,
    fresh: bool = False,
    deploy: bool = False,
    isolated: bool = True,
    secrets: Sequence[str] = (),
    passed: Sequence[str] = (),
    say: Callable[[str], None],
    emit: Callable[[str], None],
) -> Report:
    """Rehearse `target` (APP.py or APP.py::function) with `arguments` for `modal run`.

    Deploys first if `deploy` is set or the arguments test the deployment. `state` is the folder that keeps Volumes and
    Secrets, and `fresh` empties it first; `secrets` names keys of Secrets, `passed` variables that `modal run` gets.
    Raises BadInput or MachineError before anything starts.
    """
    _require_unix()
    path, named = targets.split(target)
    source, given, injected = _read(path), _given_keys(secrets), parse_faults(faults)
    targets.check_name(source, target)
    _check_state(state, fresh)
    if not deploy and DEPLOYED in arguments:
        say(f"{DEPLOYED} tests the deployed app, so the app is deployed first.")
        deploy = True
    app = _parse(source)
    resolved = render.read_provenance(source) if app else None
    entrypoint = bool(arguments) or _runs(app, named)
    deployed = targets.app_of(app, named, path) if app and (deploy or not entrypoint) else ""
    if not entrypoint:
        say("The app has no entrypoint for `modal run`: it is deployed, and its web endpoints are called.")
    files = app_files.read(path, app, Path.cwd()) if app else None
    keys = secret_keys.of_app(files, given) if files and not resolved else SecretKeys(given)
    engines = _engines(app, say) if engine == "real" else {}
    with contextlib.ExitStack() as stack:
        config = RehearsalConfig(
            engine,
            engines,
            hub.repository_config,
            secrets=_secrets(resolved) if resolved else None,
            secret_keys=keys,
            imports=files.modules if files else None,
            client_imports=files.client_imports if files else frozenset(),
            planned=ModelRevision(resolved.model.id, resolved.model.revision) if resolved else None,
            findings=tuple(group.sentence for group in grouped(checks.check(source))),
            adapters=_adapters(app, resolved),
            programs=other_engines.programs_at(text for text, _ in app.strings) if app else {},
            faults=injected,
            isolated=isolated,
            passed=_set(passed),
            state_dir=stack.enter_context(open_state_dir(state, fresh=fresh)) if state else None,
        )
        return await rehearse(
            target, arguments, config, emit, deploy=deploy, entrypoint=entrypoint, deployed=deployed,
            whole=_is_whole(app, named),
        )  # fmt: skip


def _require_unix() -> None:
    if sys.platform == "win32":
        raise MachineError("A rehearsal requires unix sockets and process groups.", "Run it on Linux, WSL or macOS.")


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise BadInput(f"{quoted(path)} cannot be read: {why}.", "Pass the path of a Modal app.") from None


def _check_state(state: Path | None, fresh: bool) -> None:
    if state is not None and not str(state).strip("."):
        raise BadInput(f"--state {quoted(state)} is not a folder for rehearsals only.", "Use one such as --state kept.")
    if fresh and state is None:
        raise BadInput("--fresh requires --state, whose folder it empties.", "Add --state DIR.")


def _set(names: Sequence[str]) -> tuple[str, ...]:
    """The names of variables, each of which is set. Raises BadInput."""
    for name in names:
        if name not in os.environ:
            raise BadInput(
                f"--pass-env {quoted(name)} is not set in this environment.", "Set it, or leave the option out."
            )
    return tuple(names)


def _given_keys(secrets: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The keys of each Secret, from NAME=KEY,KEY. Raises BadInput, without repeating what may be a value."""
    given: dict[str, tuple[str, ...]] = {}
    rule = facts.limits().secret
    for text in secrets:
        name, _, listed = text.partition("=")
        keys = tuple(listed.split(","))
        if not name or not all(re.fullmatch(rule.key, key) for key in keys):
            what = "contains more than names of keys" if listed else "names no key"
            raise BadInput(
                f"--secret {quoted(name)} {what}.",
                "Write --secret NAME=KEY,KEY; values belong in DIR/secrets/NAME.json of --state DIR.",
            )
        given[name] = (*given.get(name, ()), *keys)
    return given


def _parse(source: str) -> AppSource | None:
    """The app's source; None if it cannot be parsed, which `modal run` reports."""
    try:
        app = AppSource(source)
        app.modal_objects  # noqa: B018 (computed on first use; raises TooLarge)
    except (SyntaxError, ValueError, RecursionError, MemoryError, TooLarge):
        return None
    return app


def _runs(app: AppSource | None, name: str) -> bool:
    """True if `modal run` can run what a target names: a function, an app, or the whole file if the name is ''.

    An app has a local entrypoint, or its one function needs no arguments.
    """
    if app is None or not app.modal_objects or (name and name not in targets.apps(app)):
        return True
    if any(name in ("", owner) for owner in targets.entrypoints(app).values()):
        return True
    objects = [obj for obj in app.modal_objects if name in ("", obj.call.name.rpartition(".")[0])]
    return len(objects) == 1 and objects[0].web is None and _callable(objects[0].node)


def _callable(node: ast.AST) -> bool:
    """True for a function without required parameters."""
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    parameters = node.args
    optional = len(parameters.defaults) + sum(default is not None for default in parameters.kw_defaults)
    return len(parameters.posonlyargs + parameters.args + parameters.kwonlyargs) == optional


def _is_whole(app: AppSource | None, name: str) -> bool:
    """True if `name` (of APP.py::NAME) is not one of the app's functions: the rehearsal is of the whole app."""
    return not name or (
        app is not None and (name in targets.apps(app) or name.rpartition(".")[2] in targets.entrypoints(app))
    )


def _engines(app: AppSource | None, say: Callable[[str], None]) -> dict[str, RealEngine]:
    """The CPU engines that the app may use, installed if necessary; SGLang's environment extends vLLM's."""
    engines = {"vllm": RealEngine(engine_env.ensure(say), engine_env.recipe().engine.version)}
    if app is None or any("sglang" in text for text in (*app.aliases.values(), *(text for text, _ in app.strings))):
        engines["sglang"] = RealEngine(sglang_env.ensure(say), sglang_env.recipe().engine.version)
    return engines


def _adapters(app: AppSource | None, resolved: Resolved | None) -> frozenset[str]:
    """Repositories that are LoRA adapters: by the provenance, or by what the app passes to its engine."""
    if resolved:
        return frozenset(adapter.repo for adapter in resolved.adapters)
    return adapter_repositories.found(app) if app else frozenset()


def _secrets(resolved: Resolved) -> frozenset[str]:
    """Names of the Secrets that a generated app uses."""
    names = set() if resolved.model.gated is False else {resolved.spec.hf_secret}
    if resolved.spec.auth == "api-key":
        names.add(resolved.spec.api_key_secret)
    return frozenset(names)
