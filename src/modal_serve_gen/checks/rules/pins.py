"""Reproducibility: engine, model, packages and base image are pinned."""

import re
from collections.abc import Iterator

from modal_serve_gen import facts
from modal_serve_gen.checks import engine_names, engine_releases
from modal_serve_gen.checks.app_source import AppSource
from modal_serve_gen.checks.engine_command import EngineCommand
from modal_serve_gen.checks.modal_objects import Call, Violation
from modal_serve_gen.checks.packages import Requirement, is_fixed
from modal_serve_gen.checks.rules.weights import DOWNLOAD_COMMAND, DOWNLOADS, HUB_ID
from modal_serve_gen.checks.severity import Severity, severity

SHA = re.compile(r"[0-9a-f]{40}")
NO_COMMIT = re.compile(r"(?<![0-9a-f])0{40}(?![0-9a-f])")
PINNED = re.compile(r"(==|===|@|~=\d+\.\d+\.\d)")
INSTALLERS = ("pip", "setuptools", "wheel", "uv", "hatchling", "poetry")  # which do not stay in use
VERSION = re.compile(r"\d+\.\d+|\d{8}|\d{4}-\d\d")  # in an image's tag: of a release, or a date
MOVING_TAG = re.compile(r"(latest|stable|nightly|main|master|dev|edge|rolling|testing|unstable|slim|alpine|sid)\b")
ADD_REVISION = "add revision= with the full commit hash"


@severity(Severity.ADVICE)
def engine_pinned(app: AppSource) -> Iterator[Violation]:
    """The engine is pinned to one version or commit, also in an image that no function uses yet.

    Otherwise an image built next month contains another version, with other flags and another memory footprint.
    """
    installed = set()
    for call, row in app.installed:
        engine = engine_names.of_package(row.name)
        installed.add(engine)
        if not engine or facts.serving_engines()[engine].library or call.method == "from_registry":
            continue  # an image's tag is a matter of image-pinned
        if _is_pinned(row) or any(row.name == other.name and _is_pinned(other) for other in app.chain_of(call)):
            continue
        fix = "add @COMMIT to its URL" if row.source else f'install "{row.name}==VERSION"'
        yield Violation(row.line, f"the image does not pin {row.name}", fix)
    for clone in app.clones:
        if not (engine := engine_names.of_repository(clone.url)):
            continue
        installed.add(engine)
        if not is_fixed(clone.ref):
            branch = f"the branch {clone.ref}" if clone.ref else "the default branch"
            yield Violation(clone.line, f"{engine} is built from {branch} of its repository", "check out a commit")
    for obj in app.modal_objects:
        command, image = obj.engine_command, app.image_of(obj)
        if command is None or command.engine in installed or not image.lists_packages or _has_image_digest(app):
            continue
        if facts.serving_engines()[command.engine].pinned and image.steps:
            installed.add(command.engine)
            message = f"the image does not pin {command.engine}"
            yield Violation(command.line, message, f'install "{command.engine}==VERSION"')


@severity(Severity.ADVICE)
def packages_pinned(app: AppSource) -> Iterator[Violation]:
    """The other packages in the engine's image are pinned too, and so are repositories that it clones.

    An image is rebuilt whenever an earlier step changes, and then installs the newest versions.
    """
    names = {row.name for row in app.requirements}
    if not app.commands and not any(map(engine_names.of_package, names)):
        return
    for call, row in app.installed:
        engine = engine_names.of_package(row.name)
        is_engine = (engine and not facts.serving_engines()[engine].library) or call.method == "from_registry"
        if is_engine or _is_pinned(row) or row.name in INSTALLERS:
            continue
        if row.source:
            yield Violation(row.line, f"{row.name} is built from a branch of {row.source}", "add @COMMIT to its URL")
        else:
            yield Violation(row.line, f"{row.name} is not pinned", f'install "{row.name}==VERSION"')
    for clone in app.clones:
        if not engine_names.of_repository(clone.url) and not is_fixed(clone.ref):
            yield Violation(clone.line, f"the clone of {clone.url} is not pinned", "check out a commit")


@severity(Severity.ADVICE)
def engine_release(app: AppSource) -> Iterator[Violation]:
    """The engine's release is not far behind the one that this generator pins.

    Newer releases know newer models, and fix what a search for an error finds. Flags and memory differ, so plan again.
    """
    for row in app.requirements:
        names = facts.serving_engines().get(engine_names.of_package(row.name))
        if names is None or names.lags is None or not row.specifier.startswith("=="):
            continue
        numbers = [re.findall(r"\d+", version)[:3] for version in (row.specifier, names.release)]
        old, new = ([*map(int, found), 0, 0, 0][:3] for found in numbers)
        part = ("major", "minor", "patch").index(names.lags.part)
        if old[:part] < new[:part] or (old[:part] == new[:part] and new[part] - old[part] >= names.lags.releases):
            message = f"{row.name} {row.specifier[2:]} is far behind {names.release}"
            yield Violation(row.line, message, f"move to {names.release}, and check the flags and the plan again")


@severity(Severity.ADVICE)
def image_pinned(app: AppSource) -> Iterator[Violation]:
    """The base image has a fixed tag, and the Python version is set.

    `latest`, or a name without a version, changes without notice. Without add_python or python_version, the image gets
    the Python of the machine that deploys it.
    """
    for call in app.calls:
        if call.method in ("debian_slim", "micromamba") and app.is_image_class(call):
            if not call.node.args and call.lacks("python_version"):
                yield Violation(call.line, f"{call.method} has no python_version", 'add python_version="3.12"')
            continue
        if call.method != "from_registry" or not call.node.args:
            continue
        image = app.evaluate(call.node.args[0])
        if not isinstance(image, str):
            continue
        if "@sha256:" not in image and not _is_fixed_tag(image):
            message = f"image {image!r} has no fixed tag"
            yield Violation(call.line, message, "use the tag of a version, or a digest")
        if image.startswith("nvidia/") and call.lacks("add_python"):
            yield Violation(call.line, f"image {image!r} has no add_python", 'add add_python="3.12"')


@severity(Severity.ADVICE)
def revision_pinned(app: AppSource) -> Iterator[Violation]:
    """Every download of the model is pinned to a full commit hash.

    With a branch, or without a revision, the app serves whatever the repository contains that day.
    """
    loaded = set()  # lines of calls
    for call in app.calls:
        if call.method in DOWNLOADS:
            yield from _unpinned_download(app, call)
        elif call.method == "from_pretrained" and _lacks_revision(app, call) and call.node.args:
            model = app.evaluate(call.node.args[0])
            if isinstance(model, str) and HUB_ID.fullmatch(model):
                loaded.add(call.line)
                yield Violation(call.line, f"{model} is loaded without a revision", ADD_REVISION)
    for text, node in app.strings:
        if DOWNLOAD_COMMAND.search(text) and "--revision" not in text:
            fix = "add --revision with the full commit hash"
            yield Violation(node.lineno, "a download command has no --revision", fix)
        if NO_COMMIT.search(text):
            yield Violation(node.lineno, "a revision of zeros is no commit", "use the hash of a commit that exists")
    for command in app.commands:
        model, line = command.model
        revision = command.value("--revision")
        if revision and revision.text is not None and not SHA.fullmatch(revision.text):
            yield Violation(revision.line, f"revision {revision.text!r} is not a commit", "use the full commit hash")
        elif model and HUB_ID.fullmatch(model) and command.lacks("--revision") and command.line not in loaded:
            message = f"{command.engine} loads {model} without a revision"
            yield Violation(line, message, f"add {command.spelled('--revision')} with the full commit hash")


@severity(Severity.WARNING)
def remote_code(app: AppSource) -> Iterator[Violation]:
    """Code from a model repository runs only at a pinned commit.

    --trust-remote-code executes code from the repository. vLLM's --code-revision pins its commit, and --revision that
    of the model.
    """
    for command in app.commands:
        line = command.line_of("--trust-remote-code")
        revision = command.value("--code-revision", "--revision")
        pinned = revision and (revision.text is None or SHA.fullmatch(revision.text))
        model, _ = command.model
        if line and not pinned and model is not None and not model.startswith("/"):
            flag = next((name for name in ("--code-revision", "--revision") if _accepts(app, command, name)), "")
            message = f"{command.spelled('--trust-remote-code').rstrip('=')} runs code from an unpinned revision"
            fix = f"add {command.spelled(flag)}, or remove it" if flag else "remove it, or pin the download"
            yield Violation(line, message, fix)
    for call in app.calls:
        trust = call.switch("trust_remote_code", True)
        if trust and call.method == "from_pretrained" and call.lacks("code_revision") and _lacks_revision(app, call):
            message = "trust_remote_code runs code from an unpinned revision"
            yield Violation(trust.line, message, "add revision=, or remove it")


def _accepts(app: AppSource, command: EngineCommand, flag: str) -> bool:
    """True if the engine has a flag, by the table of its release or else the pinned one."""
    if not facts.serving_engines()[command.engine].pinned:
        return False
    tables = engine_releases.tables(app, command.engine) or (facts.flag_table(command.engine),)
    return all(table is not None and table.find(flag) for table in tables)


def _is_pinned(row: Requirement) -> bool:
    return bool(PINNED.match(row.specifier))


def _is_fixed_tag(image: str) -> bool:
    """True if an image's tag names a version, a date, a commit, or the release of a distribution."""
    tag = image.rpartition("/")[2].partition(":")[2]
    if VERSION.search(tag) or is_fixed(tag):
        return True
    return bool(tag) and "/" not in image and not tag[0].isdigit() and not MOVING_TAG.match(tag)


def _lacks_revision(app: AppSource, call: Call) -> bool:
    """True if a call has no revision, or None in its place."""
    revision = call.arguments.get("revision")
    return app.is_none(revision.node) if revision else call.lacks("revision")


def _unpinned_download(app: AppSource, call: Call) -> Iterator[Violation]:
    revision = call.arguments.get("revision")
    if _lacks_revision(app, call):
        yield Violation(revision.line if revision else call.line, f"{call.method} has no revision", ADD_REVISION)
    elif revision and isinstance(revision.value, str) and not SHA.fullmatch(revision.value):
        yield Violation(revision.line, f"revision {revision.value!r} is not a commit", "use the full commit hash")


def _has_image_digest(app: AppSource) -> bool:
    """True if an image is pinned by its digest: its contents cannot change."""
    return any("@sha256:" in text for text, _ in app.strings)
