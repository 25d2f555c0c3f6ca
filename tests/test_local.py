"""Models from a folder or a config.json: sizes, their source, and errors."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modal_serve_gen import facts
from modal_serve_gen.errors import BadInput, ModelError, ServeError
from modal_serve_gen.models import local

QWEN = facts.config("Qwen/Qwen3-8B").config
MTP = facts.config("zai-org/GLM-4.7-Flash").config


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "My model (1)"
    path.mkdir()
    (path / "config.json").write_text(json.dumps(QWEN))
    return path


def header(tensors: dict[str, int]) -> bytes:
    """A safetensors file with these tensors (name -> bytes), without their data."""
    document, start = {"__metadata__": {"format": "pt"}}, 0
    for name, size in tensors.items():
        document[name] = {"dtype": "BF16", "shape": [size // 2], "data_offsets": [start, start + size]}
        start += size
    text = json.dumps(document).encode()
    return len(text).to_bytes(8, "little") + text


def test_weights_are_computed_from_a_configuration_alone(folder):
    """Within 0.1 % of the published files, and marked as computed; the id is the name of the folder."""
    for target in (folder, folder / "config.json"):
        model = local.read(str(target))
        assert (model.id, model.weights_exact, model.weights_source) == (
            "My-model-1",
            False,
            "computed from config.json",
        )
        assert model.weight_bytes == pytest.approx(16_381_470_720, rel=1e-3)


def test_weights_are_exact_with_headers(folder):
    """Offsets are summed over all files of the index; Mistral's second copies and adapters are not counted."""
    (folder / "model-00001-of-00002.safetensors").write_bytes(header({"a": 10_000_000_000, "b": 4_000_000_000}))
    (folder / "model-00002-of-00002.safetensors").write_bytes(header({"c": 2_381_470_720}))
    (folder / "consolidated.safetensors").write_bytes(header({"a": 99}))
    (folder / "adapter_model.safetensors").write_bytes(header({"a": 99}))
    index = {"metadata": {"total_size": 1}, "weight_map": {
        "a": "model-00001-of-00002.safetensors", "c": "model-00002-of-00002.safetensors"}}  # fmt: skip
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    model = local.read(str(folder))
    assert model.weight_bytes == 16_381_470_720 and model.weights_exact and "headers" in model.weights_source
    assert "truncated" in model.weights_source  # the files consist of headers only


def test_the_total_is_read_from_an_index(folder):
    """If some of its files are missing; the size is then not exact."""
    index = {"metadata": {"total_size": 16_381_470_720}, "weight_map": {"a": "model-00001-of-00002.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    model = local.read(str(folder))
    assert model.weight_bytes == 16_381_470_720 and not model.weights_exact


def test_prediction_layers_in_headers_are_left_out(folder):
    """They are recognized by name, or by a number after the last layer."""
    (folder / "config.json").write_text(json.dumps(MTP))
    last = MTP["num_hidden_layers"]
    sizes = {"model.layers.0.w": 50_000_000_000, f"model.layers.{last}.w": 10**9, "mtp.fc.weight": 10**9}
    (folder / "model.safetensors").write_bytes(header(sizes))
    assert local.read(str(folder)).weight_bytes == 50_000_000_000


def test_the_format_is_read_from_modelopts_file(folder):
    """If config.json does not have it."""
    (folder / "hf_quant_config.json").write_text(json.dumps({"quantization": {"quant_algo": "NVFP4"}}))
    model = local.read(str(folder))
    assert model.quantization == "nvfp4" and model.weight_bytes < 7e9 and "does not say" in model.weights_source


@pytest.mark.parametrize(
    "name, content, error, message",
    [
        ("config.json", b"{", BadInput, "not JSON"),
        ("config.json", b"[1]", BadInput, "is not a JSON object"),
        ("config.json", b"[" * 100_000, BadInput, "not JSON"),
        ("config.json", b"{}", ModelError, "lacks"),
        ("model.safetensors", b"short", BadInput, "not a safetensors file"),
        ("model.safetensors", b"\xff" * 8 + b"{}", BadInput, "not a safetensors file"),
        ("model.safetensors", (2).to_bytes(8, "little") + b"[]", BadInput, "not a safetensors file"),
        ("model.safetensors", header({"a": -4}), BadInput, "not a safetensors file"),
        ("model.gguf", b"", ModelError, "GGUF"),
        ("pytorch_model.bin", b"", ModelError, "pickle"),
        ("model.safetensors", header({}), BadInput, "contain no tensors"),
    ],
)
def test_invalid_files_are_refused(folder, name, content, error, message):
    """Configurations and weights that are broken, or in a format that is not supported."""
    (folder / name).write_bytes(content)
    with pytest.raises(error) as caught:
        local.read(str(folder))
    assert message in caught.value.problem


def test_a_folder_without_a_configuration_is_refused(tmp_path):
    """So is a missing file, a file of weights, and an adapter."""
    (tmp_path / "x.safetensors").write_bytes(b"")
    for target, message in ((".", "no config.json"), ("x.json", "cannot be read"), ("x.safetensors", "of weights")):
        with pytest.raises(BadInput, match=message):
            local.read(str(tmp_path / target))
    (tmp_path / "adapter_config.json").write_text("{}")
    with pytest.raises(ModelError, match="a LoRA adapter"):
        local.read(str(tmp_path))


@pytest.mark.parametrize(
    "target, is_path",
    [
        ("Qwen/Qwen3-8B", False), ("gpt2", False), ("./x", True), ("../x", True), ("/x", True), ("~/x", True),
        (".", True), ("x/config.json", True),
    ],
)  # fmt: skip
def test_paths_and_ids_are_distinguished(target, is_path, tmp_path, monkeypatch):
    """By their form; an existing folder takes precedence over an id."""
    monkeypatch.chdir(tmp_path)
    assert local.is_local(target) == is_path
    (tmp_path / "Qwen" / "Qwen3-8B").mkdir(parents=True)
    assert local.is_local("Qwen/Qwen3-8B")


@given(st.binary(max_size=200))
def test_arbitrary_bytes_give_a_model_or_an_error(tmp_path_factory, content):
    """In place of a safetensors file."""
    path = tmp_path_factory.mktemp("m")
    (path / "config.json").write_text(json.dumps(QWEN))
    (path / "model.safetensors").write_bytes(content)
    try:
        assert local.read(str(path)).weight_bytes > 0
    except ServeError as refusal:
        assert refusal.exit_code in (2, 3)


@pytest.mark.parametrize("target", ["a" * 5000, "a\0b", "./" + "a" * 5000, "~nobody-of-that-name/x"])
def test_impossible_paths_are_refused(target):
    """Too long, with a null byte, or of an unknown user."""
    if local.is_local(target):
        with pytest.raises(BadInput, match="cannot be read"):
            local.read(target)
