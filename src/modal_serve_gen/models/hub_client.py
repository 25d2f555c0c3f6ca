"""What the Hugging Face Hub says of one model, through its own client, within a deadline.

The client is heavy and is imported when it is first needed. It honours HF_ENDPOINT and HF_TOKEN; both are read again at
each call. No text of the client's errors is shown: only their kind and status, so that no token can leak.
"""

import json
import os
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from modal_serve_gen.errors import HubUnavailable, ModelError, quoted
from modal_serve_gen.models import SHA

DEADLINE_S = 60  # for everything together
REQUEST_S = 15  # for one answer to begin
QUIET_S = 2  # nothing is said before
CONFIG_BYTES = 8 * 2**20  # no real config.json comes near
PICKLE = re.compile(r"(pytorch_model.*|consolidated.*|model.*)\.(bin|pt|pth|ckpt)")
TOKEN_HELP = (
    "set it with `export HF_TOKEN=...` here and `modal secret create huggingface-secret 'HF_TOKEN=...'` for the app"
)


@dataclass(frozen=True)
class Found:
    """One repository at one commit."""

    revision: str
    config: Any
    weights: dict[str, int]  # file -> bytes, of the safetensors files that an engine loads
    gated: bool
    license: str | None
    task: str | None
    library: str | None
    host: str
    elements: dict[str, int] = field(default_factory=dict)  # by dtype, as the Hub counts them in the headers


def fetch(
    model_id: str,
    revision: str | None,
    *,
    token: str | None,
    say: Callable[[str], None] | None,
    document: str = "config.json",
) -> Found:
    """The repository's facts: two or three requests. Raises ModelError with what to do.

    `document` is the file that describes it: of an adapter, whose weights are not a model's, adapter_config.json.
    """
    outcome: list[Found | BaseException] = []

    def work() -> None:
        try:
            outcome.append(_fetch(model_id, revision, token, document))
        except BaseException as error:  # handed to the waiting thread
            outcome.append(error)

    thread = threading.Thread(target=work, daemon=True, name="hub")
    thread.start()
    thread.join(QUIET_S)
    if thread.is_alive() and say:
        say(f"Waiting for {_host()} to describe {model_id} (up to {DEADLINE_S} s)")
    thread.join(DEADLINE_S - QUIET_S)
    if not outcome:
        raise HubUnavailable(
            f"{_host()} did not describe {model_id} within {DEADLINE_S} seconds.",
            "Try again later, or a bundled model.",
        )
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    return outcome[0]


def _endpoint() -> str:
    return (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")


def _host() -> str:
    """The Hub's host without the user part of its address, where a password might stand."""
    try:
        parts = urlsplit(_endpoint())
        return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname or "the Hub")
    except ValueError:
        return "the Hub"


def _fetch(model_id: str, revision: str | None, token: str | None, document: str) -> Found:
    from huggingface_hub import HfApi, get_token

    token = token or get_token()
    asked = f"{model_id} at {quoted(revision)}" if revision else model_id
    try:
        api = HfApi(endpoint=_endpoint(), token=token or False)
        info = api.model_info(model_id, revision=revision, files_metadata=True, timeout=REQUEST_S)
        sizes = {file.rfilename: file.size for file in info.siblings or []}
        sha = info.sha
    except Exception as error:  # the client's classes differ between its releases
        raise _refusal(error, asked, revision, bool(token)) from None
    if not isinstance(sha, str) or not SHA.fullmatch(sha):
        raise _garbage(asked)
    whole = document == "config.json"
    weights = _weights(model_id, sizes) if whole else {name: size for name, size in sizes.items() if size}
    _check_config(model_id, sizes, document)
    config = _config(api, model_id, sha, asked, bool(token), document)
    card = info.card_data.to_dict() if info.card_data else {}
    named = card.get("license_name") if card.get("license") == "other" else card.get("license")
    return Found(
        revision=sha,
        config=config,
        weights=weights,
        gated=bool(info.gated),
        license=named if isinstance(named, str) else None,
        task=info.pipeline_tag if isinstance(info.pipeline_tag, str) else None,
        library=info.library_name if isinstance(info.library_name, str) else None,
        host=_host(),
        elements=_elements(info),
    )


def _elements(info: Any) -> dict[str, int]:
    found = getattr(getattr(info, "safetensors", None), "parameters", None)
    if not isinstance(found, dict):
        return {}
    return {str(name): count for name, count in found.items() if isinstance(count, int) and count > 0}


def _weights(model_id: str, sizes: dict[str, Any]) -> dict[str, int]:
    """The safetensors files at the top of the repository; Mistral's own copies only where there are no others.

    Raises ModelError for repositories without such files, saying what they hold instead.
    """
    top = {name: size for name, size in sizes.items() if "/" not in name}
    found = {name: size for name, size in top.items() if name.endswith(".safetensors") and "adapter" not in name}
    plain = {name: size for name, size in found.items() if not name.startswith("consolidated")}
    chosen = plain or found
    if chosen:
        if not all(isinstance(size, int) and size > 0 for size in chosen.values()):
            raise _garbage(model_id)
        return chosen
    if "adapter_config.json" in sizes:
        raise ModelError(
            f"{model_id} is an adapter, not a whole model.", "Serve its base model with --lora NAME=REPO@SHA."
        )
    if "model_index.json" in sizes:
        raise ModelError(
            f"{model_id} is a diffusion pipeline, not a text-generation model.", "Choose a model that answers in text."
        )
    if any(name.endswith(".gguf") for name in sizes):
        raise ModelError(
            f"{model_id} holds GGUF files only, which the engines here do not serve.",
            "Choose the repository that it was converted from, or an AWQ, FP8 or NVFP4 one.",
        )
    if any(PICKLE.fullmatch(name) for name in top):
        raise ModelError(
            f"{model_id} holds its weights as pickle files only, and loading those runs code.",
            "Choose a revision or a copy with safetensors files (refs/pr often has one).",
        )
    raise ModelError(
        f"{model_id} holds no weights at its top level.", "Check the id: it may be a data set, a draft or a collection."
    )


def _check_config(model_id: str, sizes: dict[str, Any], document: str) -> None:
    if document not in sizes:
        raise ModelError(
            f"{model_id} has no {document}, from which its memory is planned.",
            "Choose a repository in the transformers layout.",
        )
    if isinstance(sizes[document], int) and sizes[document] > CONFIG_BYTES:
        raise ModelError(
            f"The {document} of {model_id} has {sizes[document]:,} bytes, which no model's has.",
            "Check the id: this is not an ordinary model.",
        )


def _config(api: Any, model_id: str, sha: str, asked: str, has_token: bool, document: str) -> Any:
    from huggingface_hub.utils import are_progress_bars_disabled, disable_progress_bars

    if not are_progress_bars_disabled():
        disable_progress_bars()
    with TemporaryDirectory(prefix="modal-serve-gen-") as folder:
        try:
            path = api.hf_hub_download(model_id, document, revision=sha, etag_timeout=REQUEST_S, cache_dir=Path(folder))
            text = Path(path).read_bytes()
        except Exception as error:  # as above
            raise _refusal(error, asked, sha, has_token) from None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ModelError(
            f"The {document} of {model_id} is not JSON.", "Choose another revision, or report it to its owner."
        ) from None


def _refusal(error: Exception, asked: str, revision: str | None, has_token: bool) -> ModelError:
    """What the client's error means for the user. Nothing of its text is used."""
    kinds, status = _kinds(error)
    if "GatedRepoError" in kinds or status == 403:
        return _gated(asked, has_token)
    if status == 401 and has_token and "RepositoryNotFoundError" not in kinds:
        return ModelError(
            f"{_host()} does not accept the Hugging Face token that was used for {asked}.",
            f"Make a new one at https://huggingface.co/settings/tokens and {TOKEN_HELP}.",
        )
    if "RevisionNotFoundError" in kinds:
        return ModelError(
            f"There is no revision {quoted(revision)} of {asked.split(' at ')[0]}.",
            "Give a commit, branch or tag of that repository, or leave out --revision.",
        )
    if "RepositoryNotFoundError" in kinds or status in (401, 404):
        private = "" if has_token else f" If it is private: {TOKEN_HELP}."
        return ModelError(
            f"{_host()} has no model {asked}, or it is private.", f"Check the spelling of the id.{private}"
        )
    if "OfflineModeIsEnabled" in kinds:
        return HubUnavailable(
            f"HF_HUB_OFFLINE forbids asking the Hub about {asked}.",
            "Unset HF_HUB_OFFLINE, or choose a bundled model: `modal-serve-gen list models`.",
        )
    if status == 429:
        return HubUnavailable(
            f"{_host()} refuses further requests for now (429), so {asked} was not read.",
            "Wait a few minutes; with HF_TOKEN set the limit is higher.",
        )
    if status:
        return HubUnavailable(
            f"{_host()} answered {status} when asked about {asked}.",
            "Try again later; a bundled model needs no network: `modal-serve-gen list models`.",
        )
    if kinds & {"TransportError", "TimeoutException", "ConnectionError", "TimeoutError", "OSError", "InvalidURL"}:
        return HubUnavailable(
            f"{_host()} cannot be reached, so nothing is known of {asked}.",
            "Check the network, the proxy and HF_ENDPOINT, or choose a bundled model: `modal-serve-gen list models`.",
        )
    return _garbage(asked)


def _kinds(error: BaseException) -> tuple[set[str], int | None]:
    """The names of all classes of the error and its causes, and the HTTP status that the first response had."""
    kinds: set[str] = set()
    status = None
    seen: BaseException | None = error
    while seen is not None and len(kinds) < 100:
        kinds |= {kind.__name__ for kind in type(seen).__mro__}
        code = getattr(getattr(seen, "response", None), "status_code", None)
        status = status or (code if isinstance(code, int) and code >= 400 else None)
        seen = seen.__cause__ or seen.__context__
    return kinds, status


def _gated(asked: str, has_token: bool) -> ModelError:
    page = f"https://huggingface.co/{asked.split(' at ')[0]}"
    if has_token:
        return ModelError(
            f"{asked} is gated, and the Hugging Face token that was used has no access to it.",
            f"Accept the licence at {page} with the account of that token; some owners answer by hand.",
        )
    return ModelError(
        f"{asked} is gated, and no Hugging Face token is set.",
        f"Accept the licence at {page}, make a token with read access, then {TOKEN_HELP}.",
    )


def _garbage(asked: str) -> ModelError:
    return ModelError(
        f"{_host()} gave an answer about {asked} that is not the Hub's.",
        "Check HF_ENDPOINT and the proxy; a bundled model needs no network: `modal-serve-gen list models`.",
    )
