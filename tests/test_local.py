"""A model from a folder or a bare config.json: what is read, what is exact, what is refused."""

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
    """A safetensors file of these tensors without their data."""
    document, start = {"__metadata__": {"format": "pt"}}, 0
    for name, size in tensors.items():
        document[name] = {"dtype": "BF16", "shape": [size // 2], "data_offsets": [start, start + size]}
        start += size
    text = json.dumps(document).encode()
    return len(text).to_bytes(8, "little") + text


def test_a_bare_configuration_is_computed_and_marked(folder):
    """Within a per mille of what the maker's files hold; the folder gives the name."""
    for target in (folder, folder / "config.json"):
        found = local.read(str(target))
        assert (found.id, found.weights_exact, found.weights_source) == (
            "My-model-1",
            False,
            "computed from config.json",
        )
        assert found.weight_bytes == pytest.approx(16_381_470_720, rel=1e-3)


def test_headers_make_the_weights_exact(folder):
    """Their offsets are summed, over all files of an index; Mistral's second copies and adapters do not count."""
    (folder / "model-00001-of-00002.safetensors").write_bytes(header({"a": 10_000_000_000, "b": 4_000_000_000}))
    (folder / "model-00002-of-00002.safetensors").write_bytes(header({"c": 2_381_470_720}))
    (folder / "consolidated.safetensors").write_bytes(header({"a": 99}))
    (folder / "adapter_model.safetensors").write_bytes(header({"a": 99}))
    index = {"metadata": {"total_size": 1}, "weight_map": {
        "a": "model-00001-of-00002.safetensors", "c": "model-00002-of-00002.safetensors"}}  # fmt: skip
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    found = local.read(str(folder))
    assert found.weight_bytes == 16_381_470_720 and found.weights_exact and "headers" in found.weights_source
    assert "truncated" in found.weights_source  # there are headers only


def test_an_index_alone_says_the_total(folder):
    """Where not all of its files are there."""
    index = {"metadata": {"total_size": 16_381_470_720}, "weight_map": {"a": "model-00001-of-00002.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    found = local.read(str(folder))
    assert found.weight_bytes == 16_381_470_720 and not found.weights_exact


def test_prediction_layers_are_left_out_where_headers_tell_them_apart(folder):
    """By their name, or by a layer's number beyond the last."""
    (folder / "config.json").write_text(json.dumps(MTP))
    last = MTP["num_hidden_layers"]
    sizes = {"model.layers.0.w": 50_000_000_000, f"model.layers.{last}.w": 10**9, "mtp.fc.weight": 10**9}
    (folder / "model.safetensors").write_bytes(header(sizes))
    assert local.read(str(folder)).weight_bytes == 50_000_000_000


def test_modelopts_own_file_says_the_format(folder):
    """Where config.json does not."""
    (folder / "hf_quant_config.json").write_text(json.dumps({"quantization": {"quant_algo": "NVFP4"}}))
    found = local.read(str(folder))
    assert found.quantization == "nvfp4" and found.weight_bytes < 7e9 and "does not say" in found.weights_source


@pytest.mark.parametrize(
    "name, content, error, words",
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
def test_what_cannot_be_read_is_refused(folder, name, content, error, words):
    """With the file's name and what to do."""
    (folder / name).write_bytes(content)
    with pytest.raises(error) as caught:
        local.read(str(folder))
    assert words in caught.value.problem


def test_a_folder_without_a_configuration_is_refused(tmp_path):
    """And so is one that is not there, or cannot be read."""
    (tmp_path / "x.safetensors").write_bytes(b"")
    for target, words in ((".", "no config.json"), ("x.json", "cannot be read"), ("x.safetensors", "of weights")):
        with pytest.raises(BadInput, match=words):
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
def test_paths_and_ids_are_told_apart(target, is_path, tmp_path, monkeypatch):
    """By how they are written; a folder that is there wins over an id."""
    monkeypatch.chdir(tmp_path)
    assert local.is_local(target) == is_path
    (tmp_path / "Qwen" / "Qwen3-8B").mkdir(parents=True)
    assert local.is_local("Qwen/Qwen3-8B")


@given(st.binary(max_size=200))
def test_no_bytes_get_past_as_headers(tmp_path_factory, content):
    """Anything for a safetensors file: a model or a refusal."""
    path = tmp_path_factory.mktemp("m")
    (path / "config.json").write_text(json.dumps(QWEN))
    (path / "model.safetensors").write_bytes(content)
    try:
        assert local.read(str(path)).weight_bytes > 0
    except ServeError as refusal:
        assert refusal.exit_code in (2, 3)


@pytest.mark.parametrize("target", ["a" * 5000, "a\0b", "./" + "a" * 5000, "~nobody-of-that-name/x"])
def test_what_can_be_no_path_is_refused(target):
    """Too long, with a zero byte, or of a user who is not there."""
    if local.is_local(target):
        with pytest.raises(BadInput, match="cannot be read"):
            local.read(target)
