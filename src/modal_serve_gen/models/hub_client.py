"""Reads one repository's metadata and configuration from the Hugging Face Hub, through its client, within a deadline.

The client is slow to import and is imported at first use. It honors HF_ENDPOINT and HF_TOKEN, which are read again at
each call.
"""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from modal_serve_gen.errors import HubUnavailable, ModelError
from modal_serve_gen.models import SHA, hub_limits
from modal_serve_gen.models.checkpoint_files import refuse_other_formats, weight_files
from modal_serve_gen.models.hub_errors import endpoint, host, model_error, not_the_hub
from modal_serve_gen.models.hub_limits import DOCUMENT_BYTES

DEADLINE_S = 60  # for all requests together
REQUEST_S = 15  # until the first byte of one response
QUIET_S = 2  # before a progress line is printed


@dataclass(frozen=True)
class Repository:
    """One repository at one commit."""

    revision: str
    config: Any  # parsed JSON, of any type
    weights: dict[str, int]  # bytes of each safetensors file that an engine loads
    gated: bool
    license: str | None
    task: str | None
    library: str | None
    host: str
    elements: dict[str, int] = field(default_factory=dict)  # number of weights by dtype, from the files' headers


def fetch(
    model_id: str,
    revision: str | None,
    *,
    token: str | None,
    say: Callable[[str], None] | None,
    document: str = "config.json",
) -> Repository:
    """The repository at that revision, in two or three requests. Raises ModelError.

    `document` is the file that describes it: config.json, or adapter_config.json of an adapter.
    """
    outcome: list[Repository | BaseException] = []

    def work() -> None:
        try:
            outcome.append(_fetch(model_id, revision, token, document))
        except BaseException as error:  # raised again in the waiting thread
            outcome.append(error)

    thread = threading.Thread(target=work, daemon=True, name="hub")
    thread.start()
    thread.join(QUIET_S)
    if thread.is_alive() and say:
        say(f"Waiting for {host()} to describe {model_id} (up to {DEADLINE_S} s)")
    thread.join(DEADLINE_S - QUIET_S)
    if not outcome:
        raise HubUnavailable(
            f"{host()} did not describe {model_id} within {DEADLINE_S} seconds.",
            "Try again later, or choose a bundled model: `modal-serve-gen list models`.",
        )
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    return outcome[0]


def _fetch(model_id: str, revision: str | None, token: str | None, document: str) -> Repository:
    from huggingface_hub import HfApi, get_token

    token = token or get_token()
    try:
        hub_limits.apply()
        api = HfApi(endpoint=endpoint(), token=token or False)
        info = api.model_info(model_id, revision=revision, files_metadata=True, timeout=REQUEST_S)
        sizes = {file.rfilename: file.size for file in info.siblings or []}
        commit = info.sha
    except Exception as error:  # the client's error classes differ between its releases
        raise model_error(error, model_id, revision, bool(token)) from None
    if not isinstance(commit, str) or not SHA.fullmatch(commit):
        raise not_the_hub(model_id)
    is_adapter = document != "config.json"
    weights = {name: size for name, size in sizes.items() if size} if is_adapter else _weights(model_id, sizes)
    _check_document(model_id, sizes, document)
    return Repository(
        revision=commit,
        config=_download(api, model_id, commit, bool(token), document),
        weights=weights,
        gated=bool(info.gated),
        license=_license(info.card_data),
        task=info.pipeline_tag if isinstance(info.pipeline_tag, str) else None,
        library=info.library_name if isinstance(info.library_name, str) else None,
        host=host(),
        elements=_elements(info.safetensors),
    )


def _license(card: object) -> str | None:
    """The license of a model card; "other" is replaced by its name."""
    license = getattr(card, "license", None)
    if license == "other":
        license = getattr(card, "license_name", None)
    return license if isinstance(license, str) else None


def _elements(safetensors: object) -> dict[str, int]:
    counts = getattr(safetensors, "parameters", None)
    if not isinstance(counts, dict):
        return {}
    return {str(dtype): count for dtype, count in counts.items() if isinstance(count, int) and count > 0}


def _weights(model_id: str, sizes: dict[str, int | None]) -> dict[str, int]:
    """Bytes of each safetensors file that an engine loads, all of them at the top level of the repository."""
    top_level = [name for name in sizes if "/" not in name]
    weights = {name: sizes[name] or 0 for name in weight_files(top_level)}
    if not weights:
        refuse_other_formats(model_id, [*top_level, *(name for name in sizes if name.endswith(".gguf"))])
        raise ModelError(
            f"{model_id} has no weights at its top level.",
            "Check the id: it may be a dataset, a draft or a collection.",
        )
    if not all(isinstance(size, int) and size > 0 for size in weights.values()):
        raise not_the_hub(model_id)
    return weights


def _check_document(model_id: str, sizes: dict[str, int | None], document: str) -> None:
    if document not in sizes:
        raise ModelError(
            f"{model_id} has no {document}, from which memory is planned.",
            "Choose a repository in the transformers layout.",
        )
    if (size := sizes[document]) and size > DOCUMENT_BYTES:
        raise ModelError(
            f"The {document} of {model_id} has {size:,} bytes, more than that of any model.",
            "Check the id: this is not an ordinary model.",
        )


def _download(api: Any, model_id: str, commit: str, has_token: bool, document: str) -> Any:
    """The parsed document at that commit."""
    from huggingface_hub.utils import (  # type: ignore[attr-defined]  # public there, but not in its __all__
        are_progress_bars_disabled,
        disable_progress_bars,
    )

    if not are_progress_bars_disabled():
        disable_progress_bars()
    with TemporaryDirectory(prefix="modal-serve-gen-") as folder:
        try:
            path = api.hf_hub_download(
                model_id, document, revision=commit, etag_timeout=REQUEST_S, cache_dir=Path(folder)
            )
            content = Path(path).read_bytes()
        except Exception as error:  # the client's error classes differ between its releases
            raise model_error(error, model_id, commit, has_token) from None
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise ModelError(
            f"The {document} of {model_id} is not JSON.", "Choose another revision, or report it to its owner."
        ) from None
