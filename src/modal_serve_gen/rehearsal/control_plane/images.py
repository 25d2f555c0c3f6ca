"""RPC handlers for images: layers are recorded, their packages are prepared, build functions are executed.

Nothing is installed as the image would: packages are read from a layer's commands, and containers get those that the
rehearsal can provide. A `run_function` layer runs in its own container, every time.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import shlex
import time
from collections.abc import AsyncIterator, Callable

from modal_proto import api_pb2
from packaging.requirements import Requirement

from modal_serve_gen import facts
from modal_serve_gen.checks.images import KNOWN_BASES
from modal_serve_gen.flags import relations
from modal_serve_gen.rehearsal import build_steps, image_packages
from modal_serve_gen.rehearsal.control_plane import image_layers
from modal_serve_gen.rehearsal.control_plane.objects import IMAGE_BUILDER_VERSION
from modal_serve_gen.rehearsal.control_plane.rpc import Fields, compatible
from modal_serve_gen.rehearsal.control_plane.state import ControlPlane, Function, Image, Mount
from modal_serve_gen.rehearsal.packages import ENGINES, Contents, brought_by, package_facts

SUCCESS = api_pb2.GenericResult.GENERIC_STATUS_SUCCESS
TEXT_FILES = (".txt", ".toml", ".in", ".lock", ".yml", ".yaml")
# Images that the engines' projects publish, by tag; with a digest or a tag without a version, the version is unknown.
PUBLISHED = re.compile(
    r"FROM (?:docker\.io/)?(?:(?P<vllm>vllm/vllm-openai)|lmsysorg/sglang)(?![\w-])(?::v?(?P<version>\d[\d.]*))?"
)


async def ImageGetOrCreate(plane: ControlPlane, request: api_pb2.ImageGetOrCreateRequest) -> Fields:
    definition = request.image
    base = [plane.images[item.image_id] for item in definition.base_images if item.image_id in plane.images]
    commands = [command for image in base for command in image.commands] + list(definition.dockerfile_commands)
    build = plane.functions.get(request.build_function_id)
    key = hashlib.sha256(
        definition.SerializeToString(deterministic=True) + (build.id.encode() if build else b"")
    ).hexdigest()[:22]
    image = plane.images.get(f"im-{key}")
    if image is None:
        python = _python(base, plane.mounts.get(definition.context_mount_id), commands)
        image = plane.images[f"im-{key}"] = Image(f"im-{key}", commands, python, build)
        image.layers = [layer for item in base for layer in item.layers]
        _read_steps(plane, image, request)
        image.files = {name: text for item in base for name, text in item.files.items()} | _files(plane, definition)
        if definition.build_function.HasField("input"):
            image.build_input = definition.build_function.input
        work = await asyncio.to_thread(plane.image_work, image)
        if build is None and work is None and image.steps is None:
            image.result = api_pb2.GenericResult(status=SUCCESS)
        else:
            image.task = asyncio.create_task(_build(plane, image, work))
    # Without a result in this response the SDK follows the build's log.
    return {"image_id": image.id, "result": image.result, "metadata": _metadata()}


def _files(plane: ControlPlane, definition: api_pb2.Image) -> dict[str, str]:
    """Text files that the steps of a layer can copy, such as requirements: path in the build context -> text."""
    files = {item.filename: item.data for item in definition.context_files}
    mount = plane.mounts.get(definition.context_mount_id)
    for name, digest in mount.files.items() if mount else ():
        if name.endswith(TEXT_FILES) and (blob := plane.folder / "blobs" / digest).is_file():
            files[name] = blob.read_bytes()
    return {name: data.decode("utf-8", "replace") for name, data in files.items()}


def _read_steps(plane: ControlPlane, image: Image, request: api_pb2.ImageGetOrCreateRequest) -> None:
    """Copy the files of a layer, and find out which of its commands are run."""
    definition = request.image
    before = image.commands[: len(image.commands) - len(definition.dockerfile_commands)]
    folder = next((line.split()[1] for line in reversed(before) if line.upper().startswith("WORKDIR ")), "/")
    mount = plane.mounts.get(definition.context_mount_id)
    if mount and not mount.name:
        image_layers.copied(plane, image, build_steps.copies(definition.dockerfile_commands, mount.files, folder))
    steps = build_steps.read(definition.dockerfile_commands, folder)
    if request.namespace != api_pb2.DEPLOYMENT_NAMESPACE_GLOBAL:  # not Modal's own base images
        plane.not_run += [text for text in steps.not_run if text not in plane.not_run]
    if steps.script:
        image.script = steps.script
        image.steps = Function(plane.new_id("fu"), plane.app(request.app_id), "the image build")
        image.steps.definition.image_id = image.id
        image.steps.definition.secret_ids.extend(definition.secret_ids)
        if "volume_mounts" in definition.DESCRIPTOR.fields_by_name:
            image.steps.definition.volume_mounts.extend(definition.volume_mounts)
        plane.functions[image.steps.id] = image.steps


async def _build(plane: ControlPlane, image: Image, work: Callable[[Callable[[str], None]], None] | None) -> None:
    loop = asyncio.get_running_loop()

    def say(text: str) -> None:
        loop.call_soon_threadsafe(log, image, f"{text}\n")

    try:
        if work is not None:
            await asyncio.to_thread(work, say)
        if image.steps is not None:
            await plane.run_steps(image)
        elif image.build is None:
            image.result = api_pb2.GenericResult(status=SUCCESS)
            image.changed.notify()
        else:
            await plane.run_build(image)
    except Exception as error:
        plane.internal_errors.append(error)
        image.result = api_pb2.GenericResult(
            status=api_pb2.GenericResult.GENERIC_STATUS_FAILURE, exception=f"the rehearsal failed: {error!r}"
        )
        image.changed.notify()


def log(image: Image, text: str) -> None:
    """Append `text` to the log of the image's build."""
    image.logs.append(compatible(api_pb2.TaskLogs, data=text, timestamp=time.time()))
    image.changed.notify()


async def ImageJoinStreaming(
    plane: ControlPlane, request: api_pb2.ImageJoinStreamingRequest
) -> AsyncIterator[api_pb2.ImageJoinStreamingResponse]:
    image = plane.images[request.image_id]
    position = int(request.last_entry_id or 0)
    while True:
        while position < len(image.logs):
            position += 1
            yield api_pb2.ImageJoinStreamingResponse(task_logs=[image.logs[position - 1]], entry_id=str(position))
        if image.result is not None:
            yield compatible(api_pb2.ImageJoinStreamingResponse, result=image.result, metadata=_metadata(), eof=True)
            return
        if not await image.changed.wait(50):
            return


def _metadata() -> api_pb2.ImageMetadata:
    return compatible(api_pb2.ImageMetadata, image_builder_version=IMAGE_BUILDER_VERSION, workdir="/root")


def environment(image: Image) -> dict[str, str]:
    """Variables that the image's ENV lines set, in order; `$NAME` is not expanded."""
    values: dict[str, str] = {}
    for line in image.commands:
        if line.startswith("ENV "):
            for word in shlex.split(line[4:]):
                name, equals, value = word.partition("=")
                if equals:
                    values[name] = value
    return values


def engines(image: Image) -> dict[str, str]:
    """Version of each engine that the image contains, '' if it is not pinned: by a step, or by its project's image."""
    versions: dict[str, str] = {}
    for line in image.commands:
        if published := PUBLISHED.match(line):
            versions["vllm" if published["vllm"] else "sglang"] = (published["version"] or "").rstrip(".")
    for item in image_packages.wanted(image.commands, image.files):
        if item.name in ENGINES:
            versions[item.name] = item.version
    return versions


def contents(image: Image) -> Contents:
    """The packages of an image, as far as its steps and the name of its base image tell."""
    explicit = tuple(image_packages.wanted(image.commands, image.files))
    resolved = engines(image).keys() | {item.name for item in explicit if item.name in facts.pins()}
    brought = {name for package in resolved for name in brought_by(package)}
    base = next((line.split()[1] for line in image.commands if line.startswith("FROM ") and line != "FROM base"), "")
    name = base.removeprefix("docker.io/").partition("@")[0].partition(":")[0]
    return Contents(explicit, frozenset(brought) | set(package_facts().images.get(name, ())))


def packages(image: Image) -> frozenset[str] | None:
    """Names of all packages of an image, with those of its engine's extras; None if its base brings unknown ones."""
    bases = [line.split()[1] for line in image.commands if line.startswith("FROM ")]
    if any(base != "base" and not KNOWN_BASES.match(base) for base in bases):
        return None
    inside, extras = contents(image), set[str]()
    for item in inside.explicit:
        if item.name in ENGINES and item.requirement and (table := facts.flag_table(item.name)):
            asked = Requirement(item.requirement).extras
            extras |= {row.requirement for row in relations.rows(table) if row.extra in asked}
    return frozenset(inside.names | extras)


def _python(base: list[Image], mount: Mount | None, commands: list[str]) -> str | None:
    """The Python series of an image: from a layer that adds Python, from a python base image, or from its base."""
    added = re.search(r"python-build-standalone\.\d+\.(\d+\.\d+)", mount.name if mount else "")
    official = re.search(r"FROM python:(\d+\.\d+)", "\n".join(commands))
    match = added or official
    return match.group(1) if match else next((image.python for image in base if image.python), None)
