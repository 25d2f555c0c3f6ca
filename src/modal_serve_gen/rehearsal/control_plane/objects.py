"""RPC handlers for objects that an app uses: environment, workspace, Secrets, mounts, proxy tokens."""

from __future__ import annotations

import base64
import json
import secrets as random_secrets
import time
from collections.abc import Sequence

from google.protobuf.empty_pb2 import Empty
from grpclib import GRPCError, Status
from modal_proto import api_pb2

from modal_serve_gen.rehearsal import kept
from modal_serve_gen.rehearsal.control_plane import blobs, limits
from modal_serve_gen.rehearsal.control_plane.rpc import Fields, compatible
from modal_serve_gen.rehearsal.control_plane.state import ControlPlane, Mount
from modal_serve_gen.rehearsal.secret_keys import PRIVATE, is_placeholder, placeholder

# A setting of the workspace that decides the base image; this one is known to every supported SDK (modal/builder in
# the wheel).
IMAGE_BUILDER_VERSION = "2025.06"
OVERWRITE = api_pb2.OBJECT_CREATION_TYPE_CREATE_OVERWRITE_IF_EXISTS


async def EnvironmentGetOrCreate(plane: ControlPlane, request: api_pb2.EnvironmentGetOrCreateRequest) -> Fields:
    name = request.deployment_name or plane.environment
    if name != plane.environment and request.object_creation_type == api_pb2.OBJECT_CREATION_TYPE_UNSPECIFIED:
        plane.substitute(f"Modal environment {name!r}: assumed to exist")
    return {
        "environment_id": f"en-{name}",
        "metadata": api_pb2.EnvironmentMetadata(
            name=name, settings=api_pb2.EnvironmentSettings(image_builder_version=IMAGE_BUILDER_VERSION)
        ),
    }


async def WorkspaceNameLookup(plane: ControlPlane, request: Empty) -> Fields:
    return {"workspace_name": plane.workspace, "username": plane.workspace}


async def WebhookTokenCreate(plane: ControlPlane, request: api_pb2.WebhookTokenCreateRequest) -> Fields:
    token_id, secret = f"wk-{random_secrets.token_hex(11)}", f"ws-{random_secrets.token_hex(11)}"
    plane.proxy_tokens[token_id] = secret
    return {"token_id": token_id, "token_secret": secret}


async def WebhookTokenDelete(plane: ControlPlane, request: api_pb2.TokenDeleteRequest) -> None:
    if plane.proxy_tokens.pop(request.token_id, None) is None:
        raise GRPCError(Status.NOT_FOUND, f"Proxy token {request.token_id} not found.")


async def WebhookTokenEnvironmentAdd(plane: ControlPlane, request: api_pb2.WebhookTokenEnvironmentAddRequest) -> None:
    if request.token_id not in plane.proxy_tokens:
        raise GRPCError(Status.NOT_FOUND, f"Proxy token {request.token_id} not found.")
    plane.allowed_tokens.add(request.token_id)


async def SecretGetOrCreate(plane: ControlPlane, request: api_pb2.SecretGetOrCreateRequest) -> Fields:
    name, creation = request.deployment_name, request.object_creation_type
    limits.check_secret(dict(request.env_dict))
    if name:
        limits.check_name("Secret", name)
    if not name:  # Secret.from_dict and env=: anonymous, with its values in the request
        values = dict(request.env_dict)
        plane.private_values |= {value: key for key, value in values.items() if PRIVATE.search(key)}
    elif creation == OVERWRITE or (creation and _stored(plane, name) is None):
        values = _store(plane, name, dict(request.env_dict))
        plane.private_values |= {value: key for key, value in values.items()}
    elif creation == api_pb2.OBJECT_CREATION_TYPE_CREATE_FAIL_IF_EXISTS:
        raise GRPCError(Status.ALREADY_EXISTS, f"Secret '{name}' already exists.")
    else:
        values = _named(plane, name, request.required_keys)
    secret_id = plane.new_id("st")
    plane.secrets[secret_id] = values
    return {"secret_id": secret_id, **_metadata(name, values)}


def _metadata(name: str, values: dict[str, str]) -> Fields:
    """The keys of a Secret, as far as the installed protocol has them."""
    if "metadata" not in api_pb2.SecretGetOrCreateResponse.DESCRIPTOR.fields_by_name:
        return {}
    return {"metadata": compatible(api_pb2.SecretMetadata, name=name, keys=list(values))}


def _named(plane: ControlPlane, name: str, required: Sequence[str]) -> dict[str, str]:
    """The values of a Secret that the app names: the user's own, else placeholders for the keys that it should have."""
    stored = _stored(plane, name)
    if stored is None and plane.known_secrets is not None and name not in plane.known_secrets:
        raise GRPCError(
            Status.NOT_FOUND,
            f"Secret '{name}' not found: this app was generated for {_listed(plane.known_secrets)}. "
            f"If yours is called {name}, generate the app with --hf-secret {name}.",
        )
    values = dict(stored or {})
    if any(not is_placeholder(key, value) for key, value in values.items()):
        if missing := [key for key in required if key not in values]:
            raise GRPCError(Status.NOT_FOUND, f"Secret '{name}' is missing key(s): {', '.join(missing)}")
    else:
        keys = dict.fromkeys([*values, *required, *plane.expected_keys(name)])
        values = {key: placeholder(key) for key in keys}
        if values != stored:
            _store(plane, name, values)
    _report(plane, name, values)
    return values


def _report(plane: ControlPlane, name: str, values: dict[str, str]) -> None:
    """Report which values of a Secret are placeholders, and keep the others out of the output."""
    if own := {key: value for key, value in values.items() if not is_placeholder(key, value)}:
        plane.private_values |= {value: key for key, value in own.items()}
    if substituted := [key for key in values if key not in own]:
        plane.substitute(f"Secret {name!r}: placeholder values for {', '.join(substituted)}")
    elif not own:
        plane.substitute(
            f"Secret {name!r}: without keys, since nothing says which it has; name them with --secret {name}=KEY"
        )


def _stored(plane: ControlPlane, name: str) -> dict[str, str] | None:
    """The stored values of the Secret `name`, which the user may have edited; None if there are none."""
    path = plane.storage / "secrets" / f"{name}.json"
    try:
        if not (text := kept.read(path)):
            return None
        values = json.loads(text)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise GRPCError(Status.INVALID_ARGUMENT, f"{path} is not a JSON object of strings.")
    return values


def _store(plane: ControlPlane, name: str, values: dict[str, str]) -> dict[str, str]:
    kept.write(plane.storage / "secrets" / f"{name}.json", json.dumps(values, indent=1), mode=0o600)
    return values


def _listed(names: frozenset[str]) -> str:
    return ", ".join(sorted(names)) or "a model that needs no Secret"


async def MountGetOrCreate(plane: ControlPlane, request: api_pb2.MountGetOrCreateRequest) -> Fields:
    mount = Mount(
        plane.new_id("mo"), {item.filename: item.sha256_hex for item in request.files}, request.deployment_name
    )
    plane.mounts[mount.id] = mount
    return {"mount_id": mount.id, "handle_metadata": api_pb2.MountHandleMetadata(content_checksum_sha256_hex=mount.id)}


async def MountBatchedCheckExistence(plane: ControlPlane, request: api_pb2.MountBatchedCheckExistenceRequest) -> Fields:
    missing = [digest for digest in request.sha256_hex_hashes if not (plane.folder / "blobs" / digest).exists()]
    return {"missing_sha256_hex_hashes": missing}


async def MountPutFile(plane: ControlPlane, request: api_pb2.MountPutFileRequest) -> Fields:
    path = plane.folder / "blobs" / request.sha256_hex
    if request.data_blob_id:  # over the inline limit: uploaded to the blob server before
        if (blob := blobs.blob_path(plane, request.data_blob_id)).exists():  # else this call is a retry
            blob.replace(path)
    elif request.HasField("data"):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(request.data)
    return {"exists": path.exists()}


async def AuthTokenGet(plane: ControlPlane, request: api_pb2.AuthTokenGetRequest) -> Fields:
    """An unsigned token, valid for a day; the services that it is for (input plane, sandboxes) do not exist here."""
    parts = ({"alg": "none"}, {"exp": int(time.time()) + 86400})
    token = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
    return {"token": f"{token}."}
