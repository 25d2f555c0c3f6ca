"""What is served tomorrow is what is tested today: engine, model, packages and base image are pinned."""

import re
from collections.abc import Iterator

from modal_serve_gen.checks.commands import Command
from modal_serve_gen.checks.picture import Picture
from modal_serve_gen.checks.units import Fault

SHA = re.compile(r"[0-9a-f]{40}")
DOWNLOADS = ("snapshot_download", "hf_hub_download")
IN_SHELL = re.compile(r"\b(?:hf|huggingface-cli) download\b")
HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


def engine_pinned(app: Picture) -> Iterator[Fault]:
    """The engine is installed at one version.

    Without it an image that is built next month holds another engine, with other flags and another need of memory.
    """
    for command in app.commands:
        rows = [(asked, line) for name, asked, line in app.installs if name == command.engine]
        if not any(asked.startswith("==") for asked, _ in rows) and not _from_digest(app):
            line = rows[-1][1] if rows else command.line
            yield line, f"no version of {command.engine} is pinned in the image", f'install "{command.engine}==VERSION"'


def packages_pinned(app: Picture) -> Iterator[Fault]:
    """What stands beside the engine in its image is pinned, too.

    An image is built anew whenever a line above changes, and then takes whatever is newest.
    """
    if not app.commands:
        return
    engines = {each.engine for each in app.commands}
    for name, asked, line in app.installs:
        if name not in engines and not re.match(r"(==|===|@|~=\d+\.\d+\.\d)", asked):
            yield line, f"{name} is installed at no version", f'write "{name}==VERSION"'


def image_pinned(app: Picture) -> Iterator[Fault]:
    """The base image has a tag that does not move, and the Python series is said.

    `latest` is another image next week; without add_python the image takes the Python of whoever builds it.
    """
    for call in app.calls:
        if call.last == "from_registry" and call.node.args:
            tag = app.worth(call.node.args[0])
            if not isinstance(tag, str):
                continue
            name = tag.rpartition("/")[2]
            if "@sha256:" not in tag and (":" not in name or re.search(r":(latest|nightly|main|dev)\b", name)):
                yield call.line, f"the image {tag!r} can move", "name a version's tag, or a digest"
            given = call.arguments.get("add_python")
            if tag.startswith("nvidia/") and call.lacks("add_python") and not given:
                yield call.line, f"the image {tag!r} is given no add_python", 'add add_python="3.12"'


def revision_pinned(app: Picture) -> Iterator[Fault]:
    """The model is one commit: 40 hex digits, where it is downloaded or where the engine fetches it.

    A branch or a missing revision serves whatever the repository holds that day.
    """
    for call in app.calls:
        if call.last in DOWNLOADS:
            given = call.arguments.get("revision")
            if given is None and call.whole:
                yield call.line, f"{call.last} is given no revision", "add revision= with the 40-hex commit"
            elif given and isinstance(given.value, str) and not SHA.fullmatch(given.value):
                yield given.line, f"the revision {given.value!r} can move", "write the 40-hex commit"
        elif call.last == "from_pretrained" and call.lacks("revision") and call.node.args:
            model = app.worth(call.node.args[0])
            if isinstance(model, str) and HUB_ID.fullmatch(model):
                yield call.line, f"{model} is loaded at no revision", "add revision= with the 40-hex commit"
    for text, node in app.strings:
        if IN_SHELL.search(text) and "--revision" not in text:
            yield (
                node.lineno,
                "a download on the command line has no --revision",
                "add --revision with the 40-hex commit",
            )
    for command in app.commands:
        model, line = _model(command)
        given = command.value("--revision")
        if given and given[0] is not None and not SHA.fullmatch(given[0]):
            yield given[1], f"the revision {given[0]!r} can move", "write the 40-hex commit"
        elif model and HUB_ID.fullmatch(model) and command.known("--revision"):
            yield line, f"{command.engine} is given {model} at no revision", "add --revision with the 40-hex commit"


def remote_code(app: Picture) -> Iterator[Fault]:
    """Code of a model repository runs only at a pinned commit.

    --trust-remote-code executes what the repository holds; --code-revision says which of it.
    """
    for command in app.commands:
        at = command.has("--trust-remote-code")
        given = command.value("--code-revision", "--revision")
        pinned = given and (given[0] is None or SHA.fullmatch(given[0]))
        model, _ = _model(command)
        if at and not pinned and not (model is None or model.startswith("/")):
            yield (
                at,
                "--trust-remote-code runs whatever the repository holds that day",
                "add --code-revision, or drop it",
            )
    for call in app.calls:
        given = call.arguments.get("trust_remote_code")
        if call.last == "from_pretrained" and given and given.value is True and call.lacks("code_revision", "revision"):
            yield (
                given.line,
                "trust_remote_code runs whatever the repository holds that day",
                "add revision=, or drop it",
            )


def _model(command: Command) -> tuple[str | None, int]:
    """What a command serves, as far as it is known, with its line."""
    given = command.value("--model", "--model-path")
    if given:
        return given
    first = command.words[0] if command.words else None
    return (first, command.lines[0]) if first and not first.startswith("-") else (None, command.line)


def _from_digest(app: Picture) -> bool:
    """Whether some image is taken by its digest: what it holds cannot change."""
    return any("@sha256:" in text for text, _ in app.strings)
