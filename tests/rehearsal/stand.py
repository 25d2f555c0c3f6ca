"""Several modal commands against one plane, as one rehearsal."""

import asyncio
import contextlib
import os
import sys
from pathlib import Path

from grpclib.server import Server

from modal_serve_gen import rehearsing
from modal_serve_gen.rehearsal import (
    apps,
    calls,
    classes,
    deployments,
    depot,
    ends,
    images,
    logs,
    objects,
    servers,
    session,
    volume_files,
    volumes,
)
from modal_serve_gen.rehearsal.containers import Containers
from modal_serve_gen.rehearsal.front import Front
from modal_serve_gen.rehearsal.localhub import LocalHub
from modal_serve_gen.rehearsal.rpc import Service, handlers_of
from modal_serve_gen.rehearsal.stage import Stage
from modal_serve_gen.rehearsal.state import Plane


class Stand:
    """`await stand.modal("deploy", "a.py")` gives the exit code and what was printed."""

    def __init__(self, plane: Plane, environment: dict, folder: Path):
        self.plane, self.environment, self.folder = plane, environment, folder

    async def modal(self, *arguments: str, python: str = sys.executable, limit_s: float = 170) -> tuple[int, str]:
        process = await asyncio.create_subprocess_exec(
            python, "-m", "modal", *arguments, cwd=self.folder, env=self.environment,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        output, _ = await asyncio.wait_for(process.communicate(), limit_s)
        return process.returncode, output.decode()


@contextlib.asynccontextmanager
async def stand(folder: Path, models: bool = False):
    """A plane with the stub's stage; commands run in `folder`. `models`: with a hub of the bundled ones."""
    inner = session._folder()
    plane = Plane(inner)
    stage = Stage("stub", {}, rehearsing._repository if models else lambda model, engine: None)
    hub = LocalHub(stage.miniature, objects.PLACEHOLDER, plane.troubles.append, plane.substitute)
    stage.set(inner, hub_url=await hub.start(), substitute=plane.substitute)
    handlers = handlers_of(
        apps, calls, classes, deployments, depot, ends, images, logs, objects, servers, volumes, volume_files
    )
    containers = Containers(plane, handlers, limit_s=60, prepare=stage.prepare)
    front, store = Front(plane), depot.Depot(plane)
    plane.start_container, plane.open_url, plane.retire = containers.ensure, front.open, containers.retire
    plane.kill = containers.kill
    plane.stop_containers, plane.run_build = containers.stop_app, containers.build
    server = Server([Service(plane, handlers)])
    reaper = session._Reaper(containers.mark, inner)
    containers.started = reaper.watch
    try:
        plane.depot_url = await store.start()
        listener = session._listener()
        await server.start(sock=listener)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        environment = session.client_environment(url, inner, containers.mark)
        environment["PYTHONPATH"] = os.environ.get("PYTHONPATH", "")
        yield Stand(plane, environment, folder)
    finally:
        server.close()
        await containers.close()
        await front.close()
        await store.close()
        await hub.close()
        await asyncio.to_thread(reaper.finish)
    assert not plane.troubles, plane.troubles
