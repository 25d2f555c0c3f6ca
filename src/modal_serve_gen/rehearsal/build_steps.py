"""The RUN steps of an image in a rehearsal: downloads from the Hub are run, the rest is listed as not run."""

import posixpath
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from modal_serve_gen.rehearsal.image_packages import is_install
from modal_serve_gen.rehearsal.shell_commands import Command, commands, run_steps

HUB = re.compile(r"https://(?:huggingface\.co|hf\.co)/(?:(datasets)/)?([\w.-]+/[\w.-]+?)(?:\.git)?/?$")
# Functions of huggingface_hub, and of the libraries that use it, which download a repository or a file.
FETCHES = re.compile(r"\b(?:snapshot_download|hf_hub_download|from_pretrained|SentenceTransformer|pipeline)\(")
CONTEXT = {"cd", "export", "mkdir", "set"}  # commands that a later download may depend on
SILENT = CONTEXT | {"echo", "true", ":", "test", "[", "ls", "pwd", "printf", "fi", "done"}
REMOVED = re.compile(r"\s--(?:local-dir-use-symlinks(?:[= ]\S+)?|resume-download)(?=\s|$)")  # options of older releases
SHOWN = 60  # characters of a command in the report


@dataclass(frozen=True)
class Steps:
    """The RUN steps of one layer."""

    script: str  # shell text that runs its downloads; '' if there are none
    not_run: tuple[str, ...]  # other commands, shortened


def read(lines: Sequence[str], folder: str = "/") -> Steps:
    """The steps among a Dockerfile's lines, which begin in the working `folder`."""
    script, not_run = list[str](), list[str]()
    folder = next((line.split()[1] for line in lines if re.match(r"WORKDIR \S", line)), folder)
    for step in run_steps(lines):
        shell, downloads = [_cd(shlex.quote(folder))], False
        for command in commands(step):
            if text := _download(command):
                shell.append(text)
                downloads = True
            elif command.program in CONTEXT:
                folders = command.program == "cd" and command.words[1:2] not in ((), ("-",))
                shell.append(_cd(command.text.removeprefix("cd ").strip()) if folders else command.text)
            elif command.program not in SILENT and not is_install(command) and not _is_base(command):
                not_run.append(_short(command.text))
        script += shell if downloads else []
    return Steps("\n".join(["set -e", "export NO_COLOR=1", *script]) if script else "", tuple(dict.fromkeys(not_run)))


def _cd(folder: str) -> str:
    """Shell text to change to a folder that another step may have made."""
    return f"mkdir -p {folder} && cd {folder}"


def copies(lines: Iterable[str], files: Mapping[str, str], folder: str) -> Iterator[tuple[str, str]]:
    """(path in the container, digest) of what the COPY lines take from the build context `files`: path -> digest."""
    for line in lines:
        instruction, *words = line.split() or [""]
        if instruction.upper() not in ("COPY", "ADD") or any(word.startswith("--from=") for word in words):
            continue
        *sources, last = [word for word in words if not word.startswith("--")] or [""]
        target = posixpath.join(folder, last)
        for source in sources:
            top = posixpath.normpath(source).strip("/.")
            for name, digest in files.items():
                path = posixpath.normpath(name).lstrip("/")
                if path == top:
                    own = posixpath.join(target, path.rpartition("/")[2]) if last.endswith(("/", ".")) else target
                    yield posixpath.normpath(own), digest
                elif not top or path.startswith(f"{top}/"):
                    yield posixpath.normpath(posixpath.join(target, path[len(top) :].lstrip("/"))), digest


def _download(command: Command) -> str:
    """Shell text that downloads what `command` does, with the Hub's present client; '' for another command."""
    words, program = command.words, command.program
    if program in ("hf", "huggingface-cli") and words[1:2] == ("download",):
        text = REMOVED.sub("", re.sub(r"^(.*?)(?<![\w/-])uv run(?:\s+-\S+)*\s", r"\1", command.text))
        return re.sub(r"(?:\S*/)?(?<![\w-])huggingface-cli(?=\s)", "hf", text, count=1)
    if re.fullmatch(r"python[\d.]*", program) and FETCHES.search(command.text):
        return re.sub(r"^(.*?)(?<![\w/-])uv run(?:\s+-\S+)*\s", r"\1", command.text)
    if program == "git" and "clone" in words:
        address = next((word for word in words if HUB.match(word)), "")
        if match := HUB.match(address):
            after = words[words.index(address) + 1 :]
            folder = after[0] if after else match[2].rpartition("/")[2]
            kind = " --repo-type dataset" if match[1] else ""
            return f"hf download{kind} {match[2]} --local-dir {shlex.quote(folder)}"
    return ""


def _is_base(command: Command) -> bool:
    """True for steps of Modal's own base images, and for updates of package lists."""
    return command.words[:2] in (("apt-get", "update"), ("apt", "update")) or "debconf-set-selections" in command.text


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 4].rstrip()} ..."
