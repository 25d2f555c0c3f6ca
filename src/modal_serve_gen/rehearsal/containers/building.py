"""Image builds: build functions and the steps of an image that download, each in a container of its own."""

import asyncio
import re

from modal._serialization import serialize_data_format
from modal_proto import api_pb2

from modal_serve_gen.rehearsal import load
from modal_serve_gen.rehearsal.containers.fleet import LOG_DRAIN_S, Fleet, kill_processes
from modal_serve_gen.rehearsal.control_plane import calls, image_layers
from modal_serve_gen.rehearsal.control_plane.events import EventKind
from modal_serve_gen.rehearsal.control_plane.state import Function, Image

MAX_BUILD_S = 1800
ABSOLUTE = re.compile(r"(?<![\w.:/])/\w")  # a path in shell text
LACKING = re.compile(r"No module named '[\w.]+'|[\w./-]+: (?:command )?not found")  # here, not in the image


class Builder:
    """Builds the images of one rehearsal in containers of its fleet."""

    def __init__(self, fleet: Fleet):
        self.fleet, self.plane, self.launcher = fleet, fleet.plane, fleet.launcher

    async def build(self, image: Image) -> None:
        """Run the build function of `image`, and set the image's result."""
        function = image.build
        assert function is not None
        payload = image.build_input or api_pb2.FunctionInput(
            args=serialize_data_format(((), {}), api_pb2.DATA_FORMAT_PICKLE), data_format=api_pb2.DATA_FORMAT_PICKLE
        )
        payload.final_input = True  # the entrypoint ends by itself after this one
        self.plane.note(EventKind.BUILD_STARTED, function.tag)
        item = calls.submit(self.plane, function, payload)
        limit_s = min(function.definition.timeout_secs or 3600, MAX_BUILD_S)
        if not await load.until(item.call.changed, lambda: item.output is not None, limit_s):
            calls.finish(item, calls.failure(f"The build function {function.tag} did not end within {limit_s} s."))
        await self.fleet.stop(function)
        for container in function.containers[-1:]:
            await asyncio.to_thread(image_layers.keep, self.plane, image, container)
        self.plane.note(EventKind.BUILD_ENDED, function.tag)
        assert item.output is not None
        image.result = item.output.result
        if image.result.status == calls.FAILURE:  # a status that the SDK knows of calls, not of images
            image.result.status = api_pb2.GenericResult.GENERIC_STATUS_FAILURE
        image.changed.notify()

    async def run_steps(self, image: Image) -> None:
        """Run the downloads of an image's last layer, and set the image's result."""
        function, image.result = image.steps, None
        assert function is not None
        if not self.launcher.isolated and ABSOLUTE.search(image.script.replace(" /\n", "\n")):
            self.plane.not_run.append("downloads to absolute paths, which need isolated containers")
            code, output = 0, ""
        else:
            code, output = await self._run_script(image, function)
        if code and LACKING.search(output):
            self.plane.not_run.append(f"a download ({LACKING.search(output)[0]})")  # type: ignore[index]
        elif code:
            image.result = api_pb2.GenericResult(
                status=api_pb2.GenericResult.GENERIC_STATUS_FAILURE,
                exception=f"A command of the image failed with exit code {code}: {_last_lines(output)}",
            )
        image.result = image.result or api_pb2.GenericResult(status=api_pb2.GenericResult.GENERIC_STATUS_SUCCESS)
        image.changed.notify()

    async def _run_script(self, image: Image, function: Function) -> tuple[int, str]:
        """Run `image.script` in a container of its own; its exit code and output, and its files become a layer."""
        container = self.fleet.new_container(function)
        script = image.script if self.launcher.isolated else re.sub(r"mkdir -p / && cd /", "cd", image.script)
        server, process, outputs = await self.launcher.start(container, script)
        first = len(image.logs)
        try:
            code = await asyncio.wait_for(process.wait(), MAX_BUILD_S)
        except TimeoutError:
            code = -1
        finally:
            kill_processes(container)
            server.close()
            if container.network:
                await container.network.close()
        for output in outputs:
            await output.drained(LOG_DRAIN_S)
        container.exit_code = code
        if code == 0:
            await asyncio.to_thread(image_layers.keep, self.plane, image, container)
        return code, "".join(item.data for item in image.logs[first:])


def _last_lines(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip() and not line.startswith(("Hint:", " "))]
    return " ".join(lines[-3:])[-400:]
