"""RPC handlers for tunnels (`modal.forward`). A server of SDK 1.5 also reports its readiness with TunnelStart."""

from __future__ import annotations

from grpclib import GRPCError, Status
from modal_proto import api_pb2

from modal_serve_gen.rehearsal.control_plane import servers
from modal_serve_gen.rehearsal.control_plane.rpc import Fields
from modal_serve_gen.rehearsal.control_plane.state import Container, ControlPlane

SUBSTITUTE = "tunnels (modal.forward): https://127.0.0.1 with a certificate that only this rehearsal's processes trust"


async def TunnelStart(plane: ControlPlane, request: api_pb2.TunnelStartRequest, caller: Container) -> Fields:
    definition = caller.function.definition
    if definition.is_server and request.port == definition.http_config.port:
        servers.enter(caller)
        return {"host": caller.host, "port": request.port}
    if servers.serves(definition) and request.port == definition.http_config.port:
        return {"host": caller.host, "port": request.port}
    if any(tunnel.port == request.port for tunnel in plane.tunnels if tunnel.container is caller and tunnel.open):
        raise GRPCError(Status.ALREADY_EXISTS, f"Port {request.port} is already forwarded.")
    plane.substitute(SUBSTITUTE)
    tunnel = await plane.open_tunnel(caller, request.port, request.unencrypted)
    fields: dict[str, object] = {"host": "127.0.0.1", "port": tunnel.listeners[0].port}
    if request.unencrypted:
        fields |= {"unencrypted_host": "127.0.0.1", "unencrypted_port": tunnel.listeners[1].port}
    return fields


async def TunnelStop(plane: ControlPlane, request: api_pb2.TunnelStopRequest, caller: Container) -> Fields:
    stopped = [
        tunnel for tunnel in plane.tunnels if tunnel.container is caller and tunnel.port == request.port and tunnel.open
    ]
    for tunnel in stopped:
        tunnel.open = False
        for listener in tunnel.listeners:
            plane.listeners.remove(listener)
            await listener.close()
    return {"exists": bool(stopped) or servers.serves(caller.function.definition)}
