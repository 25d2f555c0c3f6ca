"""Reproducibility: engine, model, packages and base image are pinned."""

import re
from collections.abc import Iterator

from modal_serve_gen.checks.app_source import AppSource
from modal_serve_gen.checks.engine_command import EngineCommand, Word
from modal_serve_gen.checks.modal_objects import Call, Violation
from modal_serve_gen.checks.rules.weights import DOWNLOAD_COMMAND, DOWNLOADS
from modal_serve_gen.checks.severity import Severity, severity

SHA = re.compile(r"[0-9a-f]{40}")
HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
PINNED = re.compile(r"(==|===|@|~=\d+\.\d+\.\d)")
MOVING_TAG = re.compile(r":(latest|nightly|main|dev)\b")
ADD_REVISION = "add revision= with the full commit hash"


@severity(Severity.ADVICE)
def engine_pinned(app: AppSource) -> Iterator[Violation]:
    """The engine is pinned to one version.

    Otherwise an image built next month contains another version, with other flags and another memory footprint.
    """
    for command in app.commands:
        rows = [row for row in app.requirements if row.name == command.engine]
        if any(row.specifier.startswith("==") for row in rows) or _has_image_digest(app):
            continue
        message = f"the image does not pin {command.engine}"
        yield Violation(rows[-1].line if rows else command.line, message, f'install "{command.engine}==VERSION"')


@severity(Severity.ADVICE)
def packages_pinned(app: AppSource) -> Iterator[Violation]:
    """The other packages in the engine's image are pinned too.

    An image is rebuilt whenever an earlier step changes, and then installs the newest versions.
    """
    if not app.commands:
        return
    engines = {command.engine for command in app.commands}
    for name, specifier, line in app.requirements:
        if name not in engines and not PINNED.match(specifier):
            yield Violation(line, f"{name} is not pinned", f'install "{name}==VERSION"')


@severity(Severity.ADVICE)
def image_pinned(app: AppSource) -> Iterator[Violation]:
    """The base image has a fixed tag, and the Python version is set.

    `latest` changes without notice. Without add_python, the image gets the Python of the machine that builds it.
    """
    for call in app.calls:
        if call.method != "from_registry" or not call.node.args:
            continue
        image = app.evaluate(call.node.args[0])
        if not isinstance(image, str):
            continue
        name = image.rpartition("/")[2]
        if "@sha256:" not in image and (":" not in name or MOVING_TAG.search(name)):
            message = f"image {image!r} has no fixed tag"
            yield Violation(call.line, message, "use the tag of a version, or a digest")
        if image.startswith("nvidia/") and call.lacks("add_python"):
            yield Violation(call.line, f"image {image!r} has no add_python", 'add add_python="3.12"')


@severity(Severity.ADVICE)
def revision_pinned(app: AppSource) -> Iterator[Violation]:
    """Every download of the model is pinned to a full commit hash.

    With a branch, or without a revision, the app serves whatever the repository contains that day.
    """
    for call in app.calls:
        if call.method in DOWNLOADS:
            yield from _unpinned_download(call)
        elif call.method == "from_pretrained" and call.lacks("revision") and call.node.args:
            model = app.evaluate(call.node.args[0])
            if isinstance(model, str) and HUB_ID.fullmatch(model):
                yield Violation(call.line, f"{model} is loaded without a revision", ADD_REVISION)
    for text, node in app.strings:
        if DOWNLOAD_COMMAND.search(text) and "--revision" not in text:
            fix = "add --revision with the full commit hash"
            yield Violation(node.lineno, "a download command has no --revision", fix)
    for command in app.commands:
        model, line = _model(command)
        revision = command.value("--revision")
        if revision and revision.text is not None and not SHA.fullmatch(revision.text):
            yield Violation(revision.line, f"revision {revision.text!r} is not a commit", "use the full commit hash")
        elif model and HUB_ID.fullmatch(model) and command.lacks("--revision"):
            message = f"{command.engine} loads {model} without a revision"
            yield Violation(line, message, "add --revision with the full commit hash")


@severity(Severity.WARNING)
def remote_code(app: AppSource) -> Iterator[Violation]:
    """Code from a model repository runs only at a pinned commit.

    --trust-remote-code executes code from the repository; --code-revision pins its commit.
    """
    for command in app.commands:
        line = command.line_of("--trust-remote-code")
        revision = command.value("--code-revision", "--revision")
        pinned = revision and (revision.text is None or SHA.fullmatch(revision.text))
        model, _ = _model(command)
        if line and not pinned and model is not None and not model.startswith("/"):
            message = "--trust-remote-code runs code from an unpinned revision"
            yield Violation(line, message, "add --code-revision, or remove it")
    for call in app.calls:
        trust = call.switch("trust_remote_code", True)
        if trust and call.method == "from_pretrained" and call.lacks("code_revision", "revision"):
            message = "trust_remote_code runs code from an unpinned revision"
            yield Violation(trust.line, message, "add revision=, or remove it")


def _unpinned_download(call: Call) -> Iterator[Violation]:
    revision = call.arguments.get("revision")
    if call.lacks("revision"):
        yield Violation(call.line, f"{call.method} has no revision", ADD_REVISION)
    elif revision and isinstance(revision.value, str) and not SHA.fullmatch(revision.value):
        yield Violation(revision.line, f"revision {revision.value!r} is not a commit", "use the full commit hash")


def _model(command: EngineCommand) -> Word:
    """The model that a command serves."""
    if model := command.value("--model", "--model-path"):
        return model
    first = command.words[0] if command.words else Word(None, command.line)
    return first if first.text and not first.text.startswith("-") else Word(None, command.line)


def _has_image_digest(app: AppSource) -> bool:
    """True if an image is pinned by its digest: its contents cannot change."""
    return any("@sha256:" in text for text, _ in app.strings)
