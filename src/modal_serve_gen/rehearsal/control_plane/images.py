"""RPC handlers for images: layers are recorded, build functions are executed.

Nothing is installed: packages are read from a layer's commands, and containers get the substitutes that the rehearsal
has. A `run_function` layer runs in its own container, every time.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import shlex
from collections.abc import AsyncIterator

from modal_proto import api_pb2

from modal_serve_gen.rehearsal.control_plane.objects import IMAGE_BUILDER_VERSION
from modal_serve_gen.rehearsal.control_plane.rpc import Fields, compatible
from modal_serve_gen.rehearsal.control_plane.state import ControlPlane, Image, Mount

SUCCESS = api_pb2.GenericResult.GENERIC_STATUS_SUCCESS
# `pip install 'vllm==1.2.3'` and `uv pip install vllm==1.2.3`, however the SDK quotes it.
PINNED = re.compile(r"(?<![\w.-])([A-Za-z0-9][\w.-]*)(?:\[[\w,.-]*\])?==([\w.!+-]+)")

NAME = re.compile(r"[A-Za-z0-9][\w.-]*(?![\w./:-])")  # of a package, before its version specifier
ENGINE = re.compile(r"(?<![\w./-])(vllm|sglang)(?![\w./-])")
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
        if build is None:
            image.result = api_pb2.GenericResult(status=SUCCESS)
        else:
            if definition.build_function.HasField("input"):
                image.build_input = definition.build_function.input
            image.task = asyncio.create_task(_build(plane, image))
    # Without a result in this response the SDK follows the build's log.
    return {"image_id": image.id, "result": image.result, "metadata": _metadata()}


async def _build(plane: ControlPlane, image: Image) -> None:
    try:
        await plane.run_build(image)
    except Exception as error:
        plane.internal_errors.append(error)
        image.result = api_pb2.GenericResult(
            status=api_pb2.GenericResult.GENERIC_STATUS_FAILURE, exception=f"the rehearsal failed: {error!r}"
        )
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


def packages(image: Image) -> dict[str, str]:
    """Normalized name -> version of every package that the image's install steps pin with `==`.

    An engine is also recognized without a pin (version ''), and by an image that its project publishes.
    """
    versions: dict[str, str] = {}
    for line in image.commands:
        if published := PUBLISHED.match(line):
            versions["vllm" if published["vllm"] else "sglang"] = (published["version"] or "").rstrip(".")
        if "pip install" in line:
            for name in ENGINE.findall(line):
                versions.setdefault(name, "")
            versions |= {name.lower().replace("_", "-"): version for name, version in PINNED.findall(line)}
    return versions


def installed(image: Image) -> set[str]:
    """Normalized names of all packages in the image's install steps."""
    names: set[str] = set()
    for line in image.commands:
        _, installs, rest = line.partition("pip install")
        if installs:
            names |= {
                match[0].lower().replace("_", "-") for word in rest.split() if (match := NAME.match(word.strip("'\"")))
            }
    return names


def _python(base: list[Image], mount: Mount | None, commands: list[str]) -> str | None:
    """The Python series of an image: from a layer that adds Python, from a python base image, or from its base."""
    added = re.search(r"python-build-standalone\.\d+\.(\d+\.\d+)", mount.name if mount else "")
    official = re.search(r"FROM python:(\d+\.\d+)", "\n".join(commands))
    match = added or official
    return match.group(1) if match else next((image.python for image in base if image.python), None)
