"""What errors of the Hub's client mean to the user. Their text is never shown, so that no token can leak."""

import os
from urllib.parse import urlsplit

from modal_serve_gen.errors import GatedModel, HubUnavailable, ModelError, quoted

TOKEN_HELP = (
    "set it with `export HF_TOKEN=...` here and `modal secret create huggingface-secret 'HF_TOKEN=...'` for the app"
)
LONGEST_HOST = 253 + 6  # characters of a DNS name, and a port
BUNDLED_HELP = "choose a bundled model: `modal-serve-gen list models`"
UNREACHABLE = {"TransportError", "TimeoutException", "ConnectionError", "TimeoutError", "OSError", "InvalidURL"}


def endpoint() -> str:
    return (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")


def host() -> str:
    """The Hub's host, without the user part of its address, which may hold a password."""
    try:
        parts = urlsplit(endpoint())
        name = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname or ""
    except ValueError:
        name = ""
    return name if 0 < len(name) <= LONGEST_HOST and name.isprintable() else "the Hub"


def model_error(error: Exception, model_id: str, revision: str | None, has_token: bool) -> ModelError:
    """The ModelError to raise for an error of the client when it read a repository."""
    names, status = _classes_and_status(error)
    target = f"{model_id} at {quoted(revision)}" if revision else model_id
    if "GatedRepoError" in names or status == 403:
        return _gated(model_id, target, has_token)
    if status == 401 and has_token and "RepositoryNotFoundError" not in names:
        return ModelError(
            f"{host()} rejected the Hugging Face token that was sent for {target}.",
            f"Create a new one at https://huggingface.co/settings/tokens and {TOKEN_HELP}.",
        )
    if "RevisionNotFoundError" in names:
        return ModelError(
            f"{model_id} has no revision {quoted(revision)}.",
            "Use a commit, branch or tag of that repository, or omit --revision.",
        )
    if "RepositoryNotFoundError" in names or status in (401, 404):
        private = "" if has_token else f" If it is private: {TOKEN_HELP}."
        return ModelError(
            f"{host()} has no model {target}, or it is private.", f"Check the spelling of the id.{private}"
        )
    return _unavailable(names, status, target)


def _unavailable(names: set[str], status: int | None, target: str) -> ModelError:
    """Errors that say nothing about the model."""
    if "OfflineModeIsEnabled" in names:
        return HubUnavailable(
            f"HF_HUB_OFFLINE is set, so {target} cannot be read from the Hub.", f"Unset it, or {BUNDLED_HELP}."
        )
    if status == 429:
        return HubUnavailable(
            f"{host()} limits the rate of requests (429), so {target} was not read.",
            "Wait a few minutes; the limit is higher with HF_TOKEN set.",
        )
    if status:
        return HubUnavailable(
            f"{host()} answered {status} to the request for {target}.", f"Try again later, or {BUNDLED_HELP}."
        )
    if names & UNREACHABLE:
        return HubUnavailable(
            f"{host()} cannot be reached, so {target} was not read.",
            f"Check the network, the proxy and HF_ENDPOINT, or {BUNDLED_HELP}.",
        )
    return not_the_hub(target)


def _classes_and_status(error: BaseException) -> tuple[set[str], int | None]:
    """The class names of the error and its causes, and the HTTP status of the first response among them."""
    names: set[str] = set()
    status = None
    cause: BaseException | None = error
    while cause is not None and len(names) < 100:
        names |= {kind.__name__ for kind in type(cause).__mro__}
        code = getattr(getattr(cause, "response", None), "status_code", None)
        status = status or (code if isinstance(code, int) and code >= 400 else None)
        cause = cause.__cause__ or cause.__context__
    return names, status


def _gated(model_id: str, target: str, has_token: bool) -> GatedModel:
    page = f"https://huggingface.co/{model_id}"
    if has_token:
        return GatedModel(
            f"{target} is gated, and the Hugging Face token that was sent has no access to it.",
            f"Accept the license at {page} with the account of that token; some owners approve requests manually.",
        )
    return GatedModel(
        f"{target} is gated, and no Hugging Face token is set.",
        f"Accept the license at {page}, create a token with read access, then {TOKEN_HELP}.",
    )


def not_the_hub(target: str) -> ModelError:
    return ModelError(
        f"{host()} returned a response for {target} that is not from the Hub.",
        f"Check HF_ENDPOINT and the proxy, or {BUNDLED_HELP}.",
    )
