"""RPC handlers for images: layers are recorded, build functions are executed.

Nothing is installed: what a layer's packages are is read from its commands, and the containers get substitutes for the
few that the rehearsal has. A `run_function` layer does run, in a container of its own, every time.
"""

import asyncio
import hashlib
import re
import shlex

from modal_proto import api_pb2

from modal_serve_gen.rehearsal.plane.objects import IMAGE_BUILDER_VERSION
from modal_serve_gen.rehearsal.plane.rpc import answer, reply
from modal_serve_gen.rehearsal.plane.state import Image, Mount, Plane

SUCCESS = api_pb2.GenericResult.GENERIC_STATUS_SUCCESS
# `pip install 'vllm==1.2.3'` and `uv pip install vllm==1.2.3`, however the SDK quotes it.
PINNED = re.compile(r"(?<![\w.-])([A-Za-z0-9][\w.-]*)(?:\[[\w,.-]*\])?==([\w.!+-]+)")

# Packages that matter also where an install step names no version of them, or a range.
NAME = re.compile(r"[A-Za-z0-9][\w.-]*(?![\w./:-])")  # of a package, at the beginning of what says its version
ENGINE = re.compile(r"(?<![\w./-])(vllm|sglang)(?![\w./-])")
# Images that the engines' own projects publish, by their tag; without a version in it, or by digest: it is not known.
PUBLISHED = re.compile(
    r"FROM (?:docker\.io/)?(?:(?P<vllm>vllm/vllm-openai)|lmsysorg/sglang)(?![\w-])(?::v?(?P<version>\d[\d.]*))?"
)


async def ImageGetOrCreate(plane: Plane, request, caller):
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
    # Without a result in this answer the SDK goes on to follow the build's log.
    return reply(answer("ImageGetOrCreate"), image_id=image.id, result=image.result, metadata=_metadata())


async def _build(plane: Plane, image: Image) -> None:
    try:
        await plane.run_build(image)
    except Exception as fault:
        plane.troubles.append(fault)
        image.result = api_pb2.GenericResult(
            status=api_pb2.GenericResult.GENERIC_STATUS_FAILURE, exception=f"the rehearsal failed: {fault!r}"
        )
        image.changed.notify()


async def ImageJoinStreaming(plane: Plane, request, caller):
    image = plane.images[request.image_id]
    position = int(request.last_entry_id or 0)
    while True:
        while position < len(image.logs):
            position += 1
            yield api_pb2.ImageJoinStreamingResponse(task_logs=[image.logs[position - 1]], entry_id=str(position))
        if image.result is not None:
            yield reply(api_pb2.ImageJoinStreamingResponse, result=image.result, metadata=_metadata(), eof=True)
            return
        if not await image.changed.wait(50):
            return


def _metadata() -> api_pb2.ImageMetadata:
    return reply(api_pb2.ImageMetadata, image_builder_version=IMAGE_BUILDER_VERSION, workdir="/root")


def environment(image: Image) -> dict[str, str]:
    """What the image's ENV lines set, in order, with `$NAME` left as it stands."""
    values: dict[str, str] = {}
    for line in image.commands:
        if line.startswith("ENV "):
            for word in shlex.split(line[4:]):
                name, equals, value = word.partition("=")
                if equals:
                    values[name] = value
    return values


def packages(image: Image) -> dict[str, str]:
    """Normalised name -> version of every package that the image's install steps pin with `==`.

    An engine is also found by an image of its own project; '' where nothing says which version.
    """
    found: dict[str, str] = {}
    for line in image.commands:
        if published := PUBLISHED.match(line):
            found["vllm" if published["vllm"] else "sglang"] = (published["version"] or "").rstrip(".")
        if "pip install" in line:
            for name in ENGINE.findall(line):
                found.setdefault(name, "")
            found |= {name.lower().replace("_", "-"): version for name, version in PINNED.findall(line)}
    return found


def installed(image: Image) -> set[str]:
    """Normalised names of all packages that the image's install steps name, in whatever version."""
    found = set()
    for line in image.commands:
        _, installs, rest = line.partition("pip install")
        if installs:
            found |= {
                match[0].lower().replace("_", "-") for word in rest.split() if (match := NAME.match(word.strip("'\"")))
            }
    return found


def _python(base: list[Image], mount: Mount | None, commands: list[str]) -> str | None:
    """The Python series of an image: of a build that a layer adds, of a python base image, or its base's."""
    added = re.search(r"python-build-standalone\.\d+\.(\d+\.\d+)", mount.name if mount else "")
    official = re.search(r"FROM python:(\d+\.\d+)", "\n".join(commands))
    match = added or official
    return match.group(1) if match else next((image.python for image in base if image.python), None)
