"""Python packages that the install steps of an image name: by pip, uv, poetry or conda, and in requirements files."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from modal_serve_gen.rehearsal.shell_commands import Command, commands, run_steps

INDEX_OPTIONS = {"-i", "--index-url", "--extra-index-url", "-f", "--find-links", "--index", "--default-index"}
WITH_VALUE = INDEX_OPTIONS | {
    "-c", "--constraint", "--constraints", "-t", "--target", "-p", "--python", "--prefix", "--root", "--platform",
    "--python-version", "--torch-backend", "--prerelease", "--index-strategy", "--override", "--overrides",
    "--config-settings", "-C", "--group", "--trusted-host", "--timeout", "--retries", "--resolution", "-b",
    "--build-constraint", "--build-constraints", "--exclude-newer", "--no-binary", "--only-binary", "--src", "--log",
    "--no-build-isolation-package", "--reinstall-package", "-P", "--upgrade-package", "--progress-bar", "--link-mode",
    "--cache-dir", "--use-feature", "--global-option", "--report", "--upgrade-strategy", "--implementation", "--abi",
    "--keyring-provider", "--extra", "-n", "--name", "--channel", "--file", "--refresh-package", "--color",
}  # fmt: skip
FILES = {"-r", "--requirement", "--requirements"}
CHANNEL = {"micromamba", "mamba", "conda"}


@dataclass(frozen=True)
class Wanted:
    """A package of an image: its normalized name, what is required of it, and pip's options on where it is."""

    name: str
    requirement: str  # for pip; '' if it is built from source, which a rehearsal does not
    options: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        """The version to which it is pinned; '' if it is not."""
        match = re.search(r"={2,3}\s*([\w.!+-]+)\s*(?:;|$)", self.requirement)
        return match[1] if match else ""


def wanted(lines: Sequence[str], files: Mapping[str, str]) -> list[Wanted]:
    """Packages in the order of the steps `lines`; `files` are those that the steps can copy, by path or name."""
    copied = dict(files)
    for line in lines:
        match = re.match(r"(?:COPY|ADD)\s+(?:--\S+\s+)*(\S+)\s+(\S+)\s*$", line.strip(), re.IGNORECASE)
        if match and (text := _file(match[1], files)) is not None:
            copied[match[2]] = text
    found = [item for step in run_steps(lines) for command in commands(step) for item in _of(command, copied)]
    return list({item.name: item for item in found}.values())


def is_install(command: Command) -> bool:
    """True for a command that installs Python packages."""
    return bool(_arguments(command) is not None or _project(command))


def _arguments(command: Command) -> tuple[str, ...] | None:
    """The arguments of an install command; None for another command."""
    words, program = command.words, command.program
    if re.fullmatch(r"python[\d.]*", program) and words[1:3] in (("-m", "pip"), ("-m", "uv")):
        words, program = words[2:], words[2]
    if re.fullmatch(r"pip[\d.]*", program) and words[1:2] == ("install",):
        return words[2:]
    if program == "uv" and words[1:3] == ("pip", "install"):
        return words[3:]
    if program == "uv" and words[1:2] == ("add",):
        return words[2:]
    return words[2:] if program in CHANNEL and words[1:2] == ("install",) else None


def _project(command: Command) -> str:
    """`uv` or `poetry` for a command that installs what a project's file lists."""
    return command.program if command.words[1:2] in (("sync",), ("install",)) and command.program in (
        "uv", "poetry"
    ) else ""  # fmt: skip


def _of(command: Command, files: Mapping[str, str]) -> Iterator[Wanted]:
    if _project(command):
        text = next((text for path, text in files.items() if path.endswith("pyproject.toml")), "")
        yield from _of_project(text, command.words)
        return
    arguments = _arguments(command)
    if arguments is None:
        return
    names, options, listed = _sorted(arguments)
    for path in listed:
        yield from _of_file(_file(path, files) or "", options, files)
    for name in names:
        yield from _parsed(name, options)


def _sorted(arguments: Iterable[str]) -> tuple[list[str], tuple[str, ...], list[str]]:
    """Requirements, options on indexes, and requirements files among the arguments of an install command."""
    names, options, listed = list[str](), list[str](), list[str]()
    words = iter(arguments)
    for word in words:
        option, equals, value = word.partition("=")
        if option in FILES or (word.startswith("-r") and not word.startswith("--") and len(word) > 2):
            listed.append((value if equals else next(words, "")) if option in FILES else word[2:])
        elif option in ("-e", "--editable"):
            next(words, "")  # a local folder or a repository, which is not built here
        elif option in WITH_VALUE:
            value = value if equals else next(words, "")
            if option in INDEX_OPTIONS:
                options += [_pip_option(option), value]
        elif word == "--pre":
            options.append(word)
        elif not word.startswith("-"):
            names.append(word)
    return names, tuple(options), listed


def _pip_option(option: str) -> str:
    return {"--index": "--extra-index-url", "--default-index": "--index-url"}.get(option, option)


def _of_file(text: str, options: tuple[str, ...], files: Mapping[str, str], depth: int = 0) -> Iterator[Wanted]:
    """Packages of a requirements file."""
    lines = [re.sub(r"(^|\s)#.*", "", line).strip() for line in text.replace("\\\n", " ").splitlines()]
    for line in lines:
        if line.startswith("-"):
            options = (*options, *_sorted(line.split())[1])
    for line in lines:
        if line.startswith(tuple(FILES)) and depth < 5:
            for path in _sorted(line.split())[2]:
                yield from _of_file(_file(path, files) or "", options, files, depth + 1)
        elif line and not line.startswith("-"):
            yield from _parsed(re.sub(r"\s+--\w+.*", "", line), options)


def _parsed(text: str, options: tuple[str, ...]) -> Iterator[Wanted]:
    """A requirement; with '' for one that is built from source, and nothing for a path without a name."""
    if re.match(r"(?:git\+|hg\+|https?:)", text):
        wheel = re.search(r"/([\w.]+)-[^/]*\.whl(?:$|[#?])", text)
        name = (
            re.search(r"#egg=([\w.-]+)", text) or wheel or re.search(r"/([\w.-]+?)(?:\.git)?(?:@[^/]*)?(?:#.*)?$", text)
        )
        if name:
            yield Wanted(canonicalize_name(name[1]), text if wheel else "", options)
        return
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        match = re.match(r"([A-Za-z0-9][\w.-]*)=([\w.]+)$", text)  # conda's way to pin
        if match:
            yield Wanted(canonicalize_name(match[1]), f"{match[1]}=={match[2]}", options)
        return
    if requirement.marker is None or requirement.marker.evaluate():
        from_source = requirement.url is not None and not requirement.url.partition("#")[0].endswith(".whl")
        yield Wanted(canonicalize_name(requirement.name), "" if from_source else text, options)


def _of_project(text: str, words: Sequence[str]) -> Iterator[Wanted]:
    """Dependencies in a pyproject.toml, with the extras and groups of a uv or poetry command."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    project: dict[str, Any] = document.get("project", {})
    listed = [*project.get("dependencies", [])]
    asked = {word.partition("=")[2] for word in words if word.startswith(("--extra=", "--group="))}
    groups = {**project.get("optional-dependencies", {}), **document.get("dependency-groups", {})}
    listed += [item for name in asked for item in groups.get(name, []) if isinstance(item, str)]
    for item in listed:
        yield from _parsed(item, ())
    for name in document.get("tool", {}).get("poetry", {}).get("dependencies", {}):
        if name != "python":  # poetry's own notation of versions is not pip's
            yield Wanted(canonicalize_name(name), name)


def _file(path: str, files: Mapping[str, str]) -> str | None:
    """The text of a copied file: by its path, else the only one of that name."""
    if path in files:
        return files[path]
    name = path.rpartition("/")[2]
    same = [text for other, text in files.items() if other.rpartition("/")[2] == name]
    return same[0] if same else None
