"""What a container is given: the uploaded source, its environment, and the arguments of the SDK's entrypoint."""

import os
import sys
from pathlib import Path

from modal_proto import api_pb2

from modal_serve_gen.rehearsal.containers import bare
from modal_serve_gen.rehearsal.plane import deployments, images, servers, volumes
from modal_serve_gen.rehearsal.plane.rpc import reply
from modal_serve_gen.rehearsal.plane.state import Container, Function, Image, Plane


def upload(plane: Plane, function: Function, root: Path) -> dict[str, Path]:
    """Lay out what the SDK uploaded, and nothing more, so that a file that was not mounted is missing here too.

    What goes elsewhere than below /root is returned: path -> where its content lies.
    """
    elsewhere = {}
    for mount_id in function.definition.mount_ids:
        mount = plane.mounts.get(mount_id)
        for name, digest in mount.files.items() if mount else ():
            if not name.startswith("/root/"):
                elsewhere[name] = plane.folder / "blobs" / digest
                continue
            target = root / name.removeprefix("/root/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            target.symlink_to(plane.folder / "blobs" / digest)
    return elsewhere


def environment(
    plane: Plane, container: Container, image: Image | None, python: Path, socket_path: Path
) -> dict[str, str]:
    """The image's variables, then the Secrets', then Modal's own; nothing of the machine's."""
    definition = container.function.definition
    values = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}
    values |= images.environment(image) if image else {}
    for secret_id in definition.secret_ids:
        values |= plane.secrets.get(secret_id, {})
    full, isolated = [], container.inside is not None
    for mount in definition.volume_mounts:
        path = mount.mount_path.rstrip("/")
        # Without mounts of our own, there are no true paths: those in the environment are rewritten.
        local = path if isolated else str(plane.volume_path(mount.volume_id))
        if plane.full(plane.volumes[mount.volume_id]):
            full.append(local)
        for name, value in values.items():
            if value.rstrip("/") == path or value.startswith(f"{path}/"):
                values[name] = local + value[len(path) :]
    return values | {
        "PATH": f"{python.parent}:{values['PATH']}",
        "PYTHONPATH": "/root" if isolated else str(container.folder / "root"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": "/root" if isolated else str(container.folder / "home"),
        "TMPDIR": "/tmp" if isolated else str(container.folder / "tmp"),
        "REHEARSAL_SHIM": str(bare.SHIM),
        "REHEARSAL_OUTER": container.host,
        **({"REHEARSAL_ISOLATED": "1"} if isolated else {"REHEARSAL_INNER": container.inner_host}),
        "REHEARSAL_FULL": os.pathsep.join(full),
        "MODAL_SERVER_URL": f"unix://{socket_path}",
        "MODAL_TASK_ID": container.id,
        "MODAL_IS_REMOTE": "1",
        "MODAL_CONTAINER_ARGUMENTS_PATH": str(container.folder / "arguments"),
        "MODAL_CONFIG_PATH": str(container.folder / "modal.toml"),
        "MODAL_IMAGE_ID": definition.image_id,
        "MODAL_ENVIRONMENT": plane.environment,
        "MODAL_CLOUD_PROVIDER": "CLOUD_PROVIDER_UNSPECIFIED",
        "MODAL_REGION": "local",
        **(
            {"MODAL_ENABLE_SNAP_RESTORE": "1", "MODAL_RESTORE_STATE_PATH": str(container.folder / "restore")}
            if snapshots(container.function)
            else {}
        ),
    }


def addresses(network: str, number: int) -> tuple[str, str]:
    """What 0.0.0.0 and what localhost mean in a container without a network of its own: two loopback addresses that it
    has alone (shim/rehearsal_shim.py).

    Only Linux has all of 127.0.0.0/8; elsewhere there is the one, and a wrong binding is not caught.
    """
    if sys.platform != "linux":
        return "127.0.0.1", ""
    host = 2 * (number % 120)
    return f"{network}.{host + 2}", f"{network}.{host + 1}"


def snapshots(function: Function) -> bool:
    """Whether Modal would take a memory snapshot: only of what is deployed."""
    return function.definition.checkpointing_enabled and function.app.state == api_pb2.APP_STATE_DEPLOYED


def arguments(plane: Plane, container: Container, limit_s: float) -> api_pb2.ContainerArguments:
    """What the entrypoint reads: the function, with its start-up time-out cut to `limit_s`, and the app's layout.

    The layout lists every function of the app and every object that the function depends on; the SDK cannot hydrate
    what is not in it.
    """
    function = container.function
    definition = api_pb2.Function()
    definition.CopyFrom(function.definition)
    web = definition.webhook_config
    if web.type == api_pb2.WEBHOOK_TYPE_WEB_SERVER and web.web_server_startup_timeout > limit_s:
        plane.substitute(
            f"start-up time-out of {function.tag}: {limit_s:g} s in place of {web.web_server_startup_timeout:g} s"
        )
        web.web_server_startup_timeout = limit_s
    definition.is_checkpointing_function = snapshots(function)
    if servers.serves(definition):
        servers.shorten(plane, function, definition, limit_s)
    app = function.app
    layout = deployments.layout(plane, app)
    known = {each.object_id for each in layout.objects}
    for dependency in definition.object_dependencies:
        if dependency.object_id not in known:
            item = api_pb2.Object(object_id=dependency.object_id)
            if dependency.object_id in plane.volumes:
                item.volume_metadata.CopyFrom(volumes.metadata(plane, dependency.object_id))
            layout.objects.append(item)
    return reply(
        api_pb2.ContainerArguments,
        task_id=container.id,
        function_id=function.id,
        app_id=app.id,
        function_def=definition,
        environment_name=plane.environment,
        app_layout=layout,
        serialized_params=function.parameters,
        checkpoint_id=f"ch-{container.id}" if snapshots(function) else "",
    )
