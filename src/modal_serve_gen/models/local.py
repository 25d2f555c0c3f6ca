"""A model from this machine: a folder as the Hub lays it out, or its bare config.json. Nothing is asked of a network.

Of safetensors files only the headers are read; they say the bytes of every tensor (the format's own documentation:
eight bytes of length, then JSON with `data_offsets`).
"""

import json
import re
from pathlib import Path
from typing import Any

from modal_serve_gen.errors import BadInput, ModelError, quoted
from modal_serve_gen.models import Model, from_config
from modal_serve_gen.models.text_config import text_config_of

MOST_HEADER, MOST_DOCUMENT = 100 * 2**20, 64 * 2**20  # bytes; the format's own limit for headers is 100 MB
DRAFT = re.compile(r"(?:^|\.)(?:mtp|nextn|eagle)\b")
LAYER = re.compile(r"(?:^|\.)layers\.(\d{1,5})\.")


def is_local(target: str) -> bool:
    """Whether this names a path and not a repository: it is there, or it is written as paths are."""
    if target.startswith(("/", "./", "../", "~")) or target in (".", "..") or target.endswith(".json"):
        return True
    try:
        return Path(target).is_dir()
    except (OSError, ValueError):  # no path could be called that
        return False


def read(target: str) -> Model:
    """The model in that folder, or of that config.json, its weights exact where their headers are there.

    Raises BadInput for what cannot be read, ModelError for what holds no model that the engines here load.
    """
    path = Path(target)
    try:
        path = path.expanduser()
        if path.is_dir():
            return _folder(path)
        config = _document(path)
    except (OSError, ValueError, RuntimeError) as fault:
        why = getattr(fault, "strerror", None) or "there can be no such path"
        raise BadInput(
            f"{quoted(target)} cannot be read: {why.lower()}.",
            "Name a folder with a config.json, that file itself, or a model's id on the Hub.",
        ) from None
    return from_config(_name(path), "", config, source=f"{path.name} alone")


def _name(path: Path) -> str:
    """What to call it: the folder's name, which stands for the model."""
    whole = path.resolve()
    name = whole.name if whole.is_dir() else whole.parent.name if whole.name == "config.json" else whole.stem
    return re.sub(r"[^\w.-]+", "-", name, flags=re.ASCII).strip("-.")[:96] or "model"


def _folder(path: Path) -> Model:
    if not (path / "config.json").is_file():
        _refuse_others(path)
        raise BadInput(
            f"{quoted(str(path))} has no config.json, from which memory is planned.",
            "Name the folder that holds it, as `hf download` makes one.",
        )
    config = _document(path / "config.json")
    found = sorted(one for one in path.glob("*.safetensors") if "adapter" not in one.name)
    files = [one for one in found if not one.name.startswith("consolidated")] or found
    known: dict[str, Any] = {}
    if files and _whole(path, files):
        sizes, whole = _tensors(files)
        drafts = sum(size for name, size in sizes.items() if _is_draft(name, config))
        source = "sum of the tensors in the safetensors headers" + ("" if whole else "; their data is cut off")
        known = {"weight_bytes": sum(sizes.values()) - drafts, "weights_source": source}
        known |= {"weights_from_files": True, "weights_exact": True}
    elif (index := path / "model.safetensors.index.json").is_file():
        total = (_document(index).get("metadata") or {}).get("total_size")
        if isinstance(total, int) and total > 0:
            told = "sum of the safetensors files by their index; not all of them are here"
            known = {"weight_bytes": total, "weights_from_files": True, "weights_source": told}
    elif not files:
        _refuse_others(path)
    told = _modelopt(path, config)
    known |= {"quantization": told} if told else {}
    return from_config(_name(path), "", config, source="a local folder", **known)


def _whole(path: Path, files: list[Path]) -> bool:
    """Whether all files are there that an index names; without an index, what is there is all."""
    index = path / "model.safetensors.index.json"
    if not index.is_file():
        return True
    named = _document(index).get("weight_map")
    return isinstance(named, dict) and set(map(str, named.values())) <= {one.name for one in files}


def _refuse_others(path: Path) -> None:
    """Nothing but a configuration is fine; weights that no engine here loads are not."""
    if (path / "adapter_config.json").is_file():
        raise ModelError(
            f"{path.name} is an adapter, not a whole model.", "Plan its base model; `new --lora` serves both."
        )
    if any(path.glob("*.gguf")):
        raise ModelError(
            f"{path.name} holds GGUF files only, which the engines here do not serve.",
            "Choose the repository that it was converted from, or an AWQ, FP8 or NVFP4 one.",
        )
    if any(path.glob("pytorch_model*.bin")):
        raise ModelError(
            f"{path.name} holds its weights as pickle files only, and loading those runs code.",
            "Choose a copy with safetensors files.",
        )


def _document(path: Path) -> dict:
    """A JSON object. BadInput for anything else."""
    if path.suffix in (".safetensors", ".bin", ".gguf", ".pt"):
        raise BadInput(f"{quoted(path.name)} is a file of weights.", "Name its folder, or the config.json in it.")
    if path.stat().st_size > MOST_DOCUMENT:
        raise BadInput(f"{path.name} is larger than any model's: {path.stat().st_size:,} bytes.", "Name another file.")
    try:
        found = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        raise BadInput(f"{quoted(str(path))} is not JSON.", "Name a model's config.json, or its folder.") from None
    if not isinstance(found, dict):
        raise BadInput(f"{quoted(str(path))} holds no JSON object.", "Name a model's config.json, or its folder.")
    return found


def _tensors(files: list[Path]) -> tuple[dict[str, int], bool]:
    """Bytes of every tensor by the headers, and whether all of the data is there, too. BadInput for a file that is no
    safetensors file."""
    found: dict[str, int] = {}
    whole = True
    for path in files:
        try:
            with path.open("rb") as stream:
                length = int.from_bytes(stream.read(8), "little")
                if not 2 <= length <= MOST_HEADER:
                    raise ValueError("its header has no length that can be")
                header = json.loads(stream.read(length))
            for name, tensor in header.items():
                if name != "__metadata__":
                    start, end = tensor["data_offsets"]
                    if not 0 <= start <= end <= 2**60:
                        raise ValueError("its offsets run backwards")
                    found[name] = end - start
                    whole &= 8 + length + end <= path.stat().st_size
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise BadInput(
                f"{path.name} is not a safetensors file that can be read.",
                "Download it again, or name the config.json alone to have its weights computed.",
            ) from None
    if not sum(found.values()):
        raise BadInput(
            f"{files[0].parent.name} has safetensors files without a tensor.",
            "Download them again, or name the config.json alone to have its weights computed.",
        )
    return found, whole


def _is_draft(name: str, config: dict) -> bool:
    """A tensor of the prediction layers: named so, or of a layer beyond the last."""
    text = text_config_of(config).values
    total, layer = text.get("num_hidden_layers"), LAYER.search(name)
    beyond = layer is not None and isinstance(total, int) and int(layer[1]) >= total and "vision" not in name
    return bool(DRAFT.search(name)) or (beyond and bool(text.get("num_nextn_predict_layers")))


def _modelopt(path: Path, config: dict) -> str | None:
    """What hf_quant_config.json says, where ModelOpt wrote its format there alone."""
    beside = path / "hf_quant_config.json"
    if config.get("quantization_config") or not beside.is_file():
        return None
    inner = _document(beside).get("quantization")
    algorithm = str(inner.get("quant_algo") if isinstance(inner, dict) else "").lower()
    return {"fp8": "fp8", "nvfp4": "nvfp4"}.get(algorithm)
