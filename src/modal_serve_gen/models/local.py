"""A model from a local folder in the layout of the Hub, or from a bare config.json, without network access.

Only the headers of safetensors files are read. They state the bytes of every tensor: eight bytes of length, then JSON
with `data_offsets` (the format's documentation).
"""

import json
import re
from pathlib import Path
from typing import Any

from modal_serve_gen.errors import BadInput, quoted
from modal_serve_gen.models import Model, from_config
from modal_serve_gen.models.checkpoint_files import refuse_other_formats, weight_files
from modal_serve_gen.models.text_config import Json, text_config_of

MAX_HEADER, MAX_DOCUMENT = 100 * 2**20, 64 * 2**20  # bytes; the format limits headers to 100 MB
MAX_TENSOR = 2**60
DRAFT = re.compile(r"(?:^|\.)(?:mtp|nextn|eagle)\b")
LAYER = re.compile(r"(?:^|\.)layers\.(\d{1,5})\.")
INDEX = "model.safetensors.index.json"
NAME_HELP = "Pass a model's config.json, or its folder."


def is_local(target: str) -> bool:
    """True for a path, False for a repository id: a folder that exists, or text in the form of a path."""
    if target.startswith(("/", "./", "../", "~")) or target in (".", "..") or target.endswith(".json"):
        return True
    try:
        return Path(target).is_dir()
    except (OSError, ValueError):  # not a valid path
        return False


def read(target: str) -> Model:
    """The model in that folder or of that config.json; its weights are exact where the files' headers can be read.

    Raises BadInput for a target that cannot be read, ModelError for one without a model that the engines here load.
    """
    path = Path(target)
    try:
        path = path.expanduser()
        if path.is_dir():
            return _read_folder(path)
        config = _read_json(path)
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or "it is not a valid path"
        raise BadInput(
            f"{quoted(target)} cannot be read: {reason.lower()}.",
            "Pass a folder with a config.json, that file itself, or a model's id on the Hub.",
        ) from None
    return from_config(_model_name(path), "", config)


def _model_name(path: Path) -> str:
    """The model's name: that of its folder, or of a file with another name than config.json."""
    path = path.resolve()
    name = path.name if path.is_dir() else path.parent.name if path.name == "config.json" else path.stem
    return re.sub(r"[^\w.-]+", "-", name, flags=re.ASCII).strip("-.")[:96] or "model"


def _read_folder(path: Path) -> Model:
    names = [file.name for file in path.iterdir()]
    if not (path / "config.json").is_file():
        refuse_other_formats(path.name, names)
        raise BadInput(
            f"{quoted(str(path))} has no config.json, from which memory is planned.",
            "Pass the folder that contains it, such as one made by `hf download`.",
        )
    config = _read_json(path / "config.json")
    known = _weights(path, names, config)
    if quantization := _modelopt_format(path, config):
        known["quantization"] = quantization
    return from_config(_model_name(path), "", config, **known)


def _weights(path: Path, names: list[str], config: Json) -> dict[str, Any]:
    """Arguments of from_config for the size of the weights, as far as it is known from the files."""
    files = weight_files(names)
    index = _read_json(path / INDEX) if (path / INDEX).is_file() else None
    if files and _is_complete(index, files):
        tensors, has_data = _tensor_bytes([path / name for name in files])
        drafts = sum(size for name, size in tensors.items() if _is_draft(name, config))
        source = "sum of the tensors in the safetensors headers"
        return {
            "weight_bytes": sum(tensors.values()) - drafts,
            "weights_source": source if has_data else f"{source}; the files are truncated",
            "weights_from_files": True,
            "weights_exact": True,
        }
    if index is not None:
        metadata = index.get("metadata")
        total = metadata.get("total_size") if isinstance(metadata, dict) else None
        if isinstance(total, int) and total > 0:
            source = "sum of the safetensors files in their index, not all of which are present"
            return {"weight_bytes": total, "weights_source": source, "weights_from_files": True}
    elif not files:  # a configuration alone is planned, weights in another format are not
        refuse_other_formats(path.name, names)
    return {}


def _is_complete(index: Json | None, files: list[str]) -> bool:
    """True if all files that an index names are there; without an index, the files that are there are all."""
    if index is None:
        return True
    files_by_tensor = index.get("weight_map")
    return isinstance(files_by_tensor, dict) and set(map(str, files_by_tensor.values())) <= {*files}


def _read_json(path: Path) -> Json:
    """A JSON object. Raises BadInput for anything else."""
    if path.suffix in (".safetensors", ".bin", ".gguf", ".pt"):
        raise BadInput(
            f"{quoted(path.name)} is a file of weights, not a configuration.", "Pass its folder, or its config.json."
        )
    if (size := path.stat().st_size) > MAX_DOCUMENT:
        raise BadInput(f"{path.name} has {size:,} bytes, more than any model's configuration.", NAME_HELP)
    try:
        document = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        raise BadInput(f"{quoted(str(path))} is not JSON.", NAME_HELP) from None
    if not isinstance(document, dict):
        raise BadInput(f"{quoted(str(path))} is not a JSON object.", NAME_HELP)
    return document


def _tensor_bytes(files: list[Path]) -> tuple[dict[str, int], bool]:
    """Bytes of every tensor as the headers state them, and whether the files contain all of that data.

    Raises BadInput for a file that is not in the safetensors format.
    """
    tensors: dict[str, int] = {}
    has_data = True
    for path in files:
        try:
            with path.open("rb") as stream:
                length = int.from_bytes(stream.read(8), "little")
                if not 2 <= length <= MAX_HEADER:
                    raise ValueError("the length of the header is out of range")
                header = json.loads(stream.read(length))
            for name, tensor in header.items():
                if name != "__metadata__":
                    start, end = tensor["data_offsets"]
                    if not 0 <= start <= end <= MAX_TENSOR:
                        raise ValueError("the offsets are out of range")
                    tensors[name] = end - start
                    has_data &= 8 + length + end <= path.stat().st_size
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise BadInput(
                f"{path.name} is not a safetensors file.",
                "Download it again, or pass the config.json alone, from which the weights are computed.",
            ) from None
    if not sum(tensors.values()):
        raise BadInput(
            f"The safetensors files in {files[0].parent.name} contain no tensors.",
            "Download them again, or pass the config.json alone, from which the weights are computed.",
        )
    return tensors, has_data


def _is_draft(name: str, config: Json) -> bool:
    """True for a tensor of the prediction layers: by its name, or by a layer number beyond the last layer."""
    if DRAFT.search(name):
        return True
    text_config = text_config_of(config)
    layer, total = LAYER.search(name), text_config.get("num_hidden_layers")
    if layer is None or not isinstance(total, int) or "vision" in name:
        return False
    return int(layer[1]) >= total and bool(text_config.get("num_nextn_predict_layers"))


def _modelopt_format(path: Path, config: Json) -> str | None:
    """The weight format in hf_quant_config.json, where ModelOpt wrote it there and not into config.json."""
    if config.get("quantization_config") or not (path / "hf_quant_config.json").is_file():
        return None
    quantization = _read_json(path / "hf_quant_config.json").get("quantization")
    algorithm = str(quantization.get("quant_algo") if isinstance(quantization, dict) else "").lower()
    return algorithm if algorithm in ("fp8", "nvfp4") else None
