"""A container's uploaded source, its environment variables, and the arguments of the SDK's entrypoint."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from modal_proto import api_pb2

from modal_serve_gen import facts
from modal_serve_gen.rehearsal import load
from modal_serve_gen.rehearsal.containers import bare_env
from modal_serve_gen.rehearsal.control_plane import deployments, images, mounts, servers, volumes
from modal_serve_gen.rehearsal.control_plane.rpc import compatible
from modal_serve_gen.rehearsal.control_plane.state import Container, ControlPlane, Function, Image


def upload(plane: ControlPlane, function: Function, root: Path) -> dict[str, Path]:
    """Link the files that the SDK uploaded, and no others, so that a file that was not mounted is missing here too.

    Returns files outside of /root: path in the container -> file with its content.
    """
    uploaded = [plane.mounts[mount_id] for mount_id in function.definition.mount_ids if mount_id in plane.mounts]
    return link(
        {name: plane.folder / "blobs" / digest for mount in uploaded for name, digest in mount.files.items()}, root
    )


def link(files: Mapping[str, Path], root: Path) -> dict[str, Path]:
    """Link `files`, by their path in the container, below `root` in place of /root; returns those outside of it."""
    elsewhere = {name: file for name, file in files.items() if not name.startswith("/root/")}
    for name in files.keys() - elsewhere.keys():
        target = root / name.removeprefix("/root/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        target.symlink_to(files[name])
    return elsewhere


def environment(
    plane: ControlPlane, container: Container, image: Image | None, python: Path, socket_path: Path
) -> dict[str, str]:
    """The image's variables, then the Secrets', then Modal's own; none of this machine's."""
    definition = container.function.definition
    values = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}
    values |= images.environment(image) if image else {}
    for secret_id in definition.secret_ids:
        values |= plane.secrets.get(secret_id, {})
    full, isolated = [], container.network is not None
    full_paths = [
        mount.mount_path.rstrip("/") for mount in definition.volume_mounts if plane.full(plane.volumes[mount.volume_id])
    ]
    for path, folder in mounts.folders(plane, definition).items():
        # Without a mount namespace, these have other paths: those in environment variables are rewritten.
        local = path if isolated else str(folder)
        if path in full_paths:
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
        "REHEARSAL_SHIM": str(bare_env.SHIM),
        "REHEARSAL_OUTER": container.host,
        "REHEARSAL_GPUS": _gpus(container.function),
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


def _gpus(function: Function) -> str:
    """NAME:COUNT:MIB:CAPABILITY of the first GPU that the function may get; '' for none."""
    name, _, count = (function.gpus[0] if function.gpus else "").rstrip("!+").partition(":")
    gpu = facts.gpus().get(facts.gpu_aliases().get(name, name))
    mib, capability = (round(gpu.usable_gib * 1024), gpu.compute_capability) if gpu else (0, 0)
    return f"{name}:{count or 1}:{mib}:{capability}" if name else ""


def addresses(network: str, number: int) -> tuple[str, str]:
    """The two loopback addresses that replace 0.0.0.0 and localhost in a container without its own network namespace
    (shim/rehearsal_shim.py).

    Only Linux has all of 127.0.0.0/8; elsewhere there is only 127.0.0.1, and a wrong binding is not detected.
    """
    if sys.platform != "linux":
        return "127.0.0.1", ""
    host = 2 * (number % 120)
    return f"{network}.{host + 2}", f"{network}.{host + 1}"


def snapshots(function: Function) -> bool:
    """True if Modal would take a memory snapshot: it does so only for deployed apps."""
    return function.definition.checkpointing_enabled and function.app.state == api_pb2.APP_STATE_DEPLOYED


def arguments(plane: ControlPlane, container: Container, limit_s: float) -> api_pb2.ContainerArguments:
    """Arguments of the entrypoint: the function, with a startup timeout beyond startup.py's, and the app's layout.

    The layout lists every function of the app and every object that the function depends on; the SDK cannot hydrate
    others.
    """
    function = container.function
    definition = api_pb2.Function()
    definition.CopyFrom(function.definition)
    for web in servers.webhooks(definition):
        if web.type != api_pb2.WEBHOOK_TYPE_WEB_SERVER:
            continue
        if web.web_server_startup_timeout > limit_s:
            plane.substitute(
                f"startup timeout of {function.tag}: {limit_s:g} s instead of {web.web_server_startup_timeout:g} s"
            )
        # The SDK's clock knows nothing of a busy machine: startup.py applies the timeout.
        web.web_server_startup_timeout = min(web.web_server_startup_timeout, limit_s) / load.LEAST_SHARE
    definition.is_checkpointing_function = snapshots(function)
    if servers.serves(definition):
        servers.shorten(plane, function, definition, limit_s)
    app = function.app
    layout = deployments.layout(plane, app)
    listed = {item.object_id for item in layout.objects}
    for dependency in definition.object_dependencies:
        if dependency.object_id not in listed:
            item = api_pb2.Object(object_id=dependency.object_id)
            if dependency.object_id in plane.volumes:
                item.volume_metadata.CopyFrom(volumes.metadata(plane, dependency.object_id))
            layout.objects.append(item)
    return compatible(
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
