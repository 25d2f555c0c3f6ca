"""Modal's proxy tokens, as its HTTP ingress checks them; and headers that are not passed on."""

import hmac

from aiohttp import web

from modal_serve_gen.rehearsal.control_plane.state import ControlPlane

HOP_BY_HOP = {
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailers", "transfer-encoding",
    "upgrade",
}  # fmt: skip
READING = ("GET", "HEAD", "OPTIONS")  # methods of requests that give the engine no work
STREAM = "text/event-stream"
MODAL_HEADERS = {"modal-key", "modal-secret"}  # for Modal only: a container does not see them


def refusal(plane: ControlPlane, request: web.Request) -> web.Response | None:
    """None for a request that carries a valid proxy token, as header pair or as Bearer; else 401, or 403 for a token
    that is not allowed here.
    """
    token_id, secret = request.headers.get("Modal-Key", ""), request.headers.get("Modal-Secret", "")
    bearer = request.headers.get("Authorization", "")
    if not token_id and bearer.startswith("Bearer wk-"):
        token_id, _, secret = bearer.removeprefix("Bearer ").partition(".")
    if not token_id:
        return web.Response(status=401, text="modal-http: missing credentials for proxy authorization\n")
    if not hmac.compare_digest(plane.proxy_tokens.get(token_id, "").encode(), secret.encode()) or not secret:
        return web.Response(status=401, text="modal-http: invalid credentials for proxy authorization\n")
    if token_id not in plane.allowed_tokens:
        return web.Response(status=403, text="modal-http: this token is not allowed for the environment\n")
    return None
