"""Makes a miniature of a model: its architecture with few small layers, random weights, and a matching tokenizer.

Apps download, verify and serve it in a rehearsal. With an engine environment, transformers makes real weights; without
one, for the stub engine, the standard library writes the folder, with weights of one tensor.
"""

import hashlib
import json
import os
import random
import shutil
import struct
import subprocess
import tempfile
from pathlib import Path

from modal_serve_gen.errors import MachineError
from modal_serve_gen.folders import FACTS, cache
from modal_serve_gen.models.text_config import Json, text_fields
from modal_serve_gen.rehearsal.engines.shrinking import rules, shrink

WEIGHTS = Path(__file__).with_name("weights.py")
TEMPLATE = FACTS / "rehearsal" / "chat_template.jinja"
TIMEOUT_S = 300
NOT_BUILT = 3  # exit code of weights.py when this transformers does not know the architecture
NOTES = "notes.json"
# Served in place of an architecture that cannot be built: the smallest common one.
PLAIN: Json = {
    "architectures": ["Qwen3ForCausalLM"],
    "model_type": "qwen3",
    "hidden_size": 2048,
    "intermediate_size": 6144,
    "num_hidden_layers": 28,
    "num_attention_heads": 16,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "hidden_act": "silu",
    "rms_norm_eps": 1e-6,
    "rope_theta": 1000000,
    "tie_word_embeddings": True,
    "attention_bias": False,
    "vocab_size": 151936,
    "max_position_embeddings": 40960,
    "eos_token_id": 0,
    "bos_token_id": 0,
}


def make(
    config: Json, *, folder: Path, engine_python: Path | None, context: int | None = None, engine: str = "vllm"
) -> list[str]:
    """Fill `folder` with a miniature of the model whose config.json is `config`; returns notes on what differs.

    `context` is the number of tokens that it must allow (None: the model's, at most 1,048,576). `engine` is the engine
    that will load it, since each runs other architectures on a CPU. The same arguments give the same bytes. Raises
    MachineError when the engine environment cannot make weights at all.
    """
    if engine_python is None:
        notes = _write(config, context, folder)
        _write_placeholder_weights(folder / "model.safetensors")
        return [*notes, "its weights are a placeholder of one tensor, which the stub engine does not read"]
    small, _ = shrink(config, context, _special_ids())
    key = json.dumps([config, small, context, engine, _recipe_hash(), _environment_name(engine_python)], sort_keys=True)
    cached = cache() / "miniatures" / hashlib.sha256(key.encode()).hexdigest()[:24]
    if not cached.is_dir():
        cached.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix="making-", dir=cached.parent))
        try:
            notes = _make_real(config, context, partial, engine_python, engine)
            (partial / NOTES).write_text(json.dumps(notes), encoding="utf-8")
            try:
                partial.rename(cached)
            except OSError:
                if not cached.is_dir():  # else another process has made the same one
                    raise
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    for path in cached.iterdir():
        if path.name != NOTES:
            shutil.copyfile(path, folder / path.name)
    return list(json.loads((cached / NOTES).read_text(encoding="utf-8")))


def _recipe_hash() -> str:
    """A hash of every file of this project that shapes a miniature."""
    sources = (
        Path(__file__),
        WEIGHTS,
        Path(shrink.__code__.co_filename),
        FACTS / "rehearsal" / "miniature.toml",
        TEMPLATE,
    )
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()


def _environment_name(engine_python: Path) -> str:
    """The folder of an engine environment, whose name ends in the hash of its recipe."""
    return engine_python.parent.parent.name


def _make_real(config: Json, context: int | None, folder: Path, engine_python: Path, engine: str) -> list[str]:
    notes = _write(config, context, folder)
    architecture = (config.get("architectures") or [config.get("model_type") or "an unnamed architecture"])[0]
    not_on_cpu = rules()["not_on_cpu"][engine]
    if reason := not_on_cpu.get(architecture) or not_on_cpu.get(text_fields(config).get("model_type")):
        code, problem = NOT_BUILT, f"the CPU engine cannot run {architecture} ({reason})"
    else:
        code, reason = _make_weights(folder, engine_python)
        problem = f"the engine environment cannot build {architecture} ({reason})"
    if code == NOT_BUILT:
        written = text_fields(json.loads((folder / "config.json").read_text(encoding="utf-8")))
        plain_notes = _write(PLAIN, written["max_position_embeddings"], folder)
        notes = [f"{problem}: a small Qwen3 replaces it", *plain_notes[1:]]
        code, reason = _make_weights(folder, engine_python)
    if code:
        raise MachineError(
            f"The engine environment could not make a small model (exit code {code}): {reason}",
            "Remove the folder named by `modal-serve-gen doctor` and try again, or use --engine stub.",
        )
    return notes


def _make_weights(folder: Path, engine_python: Path) -> tuple[int, str]:
    """Run weights.py in the engine environment; returns its exit code and the last line of its stderr."""
    inherited = ("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH")
    environment = {name: os.environ[name] for name in inherited if name in os.environ}
    environment |= {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "PYTHONNOUSERSITE": "1"}
    try:
        run = subprocess.run(
            [str(engine_python), "-I", str(WEIGHTS), str(folder), json.dumps(rules()["vision"])],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        return 1, f"it did not finish within {TIMEOUT_S} s"
    except OSError as error:
        return 1, f"{engine_python.name} does not start: {error.strerror}"
    lines = run.stderr.strip().splitlines()
    return run.returncode, lines[-1][:200] if lines else "no output"


def _special_ids() -> dict[str, int]:
    """Token ids of the tags, after those of the vocabulary."""
    tags = rules()["tags"]
    return {tag: number for number, tag in enumerate((*tags["special"], *tags["shown"]), len(_vocabulary()[0]))}


def _write(config: Json, context: int | None, folder: Path) -> list[str]:
    """Write everything but the weights; returns notes on what differs from the model."""
    folder.mkdir(parents=True, exist_ok=True)
    words, merges = _vocabulary()
    ids = _special_ids()
    small, notes = shrink(config, context, ids)
    eos, pad = ids["<|im_end|>"], ids["<|endoftext|>"]
    documents = {
        "config.json": small,
        "generation_config.json": {"bos_token_id": pad, "eos_token_id": eos, "pad_token_id": pad},
        "tokenizer.json": _tokenizer(words, merges, ids),
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": text_fields(small)["max_position_embeddings"],
            "eos_token": "<|im_end|>",
            "pad_token": "<|endoftext|>",
            "clean_up_tokenization_spaces": False,
            "chat_template": TEMPLATE.read_text(encoding="utf-8"),
        },
    }
    for name, document in documents.items():
        (folder / name).write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return [*notes, f"a tokenizer of {rules()['vocab_size']:,} tokens and a plain chat template replace its own"]


def _tokenizer(words: list[str], merges: list[list[str]], ids: dict[str, int]) -> Json:
    """A tokenizer.json: byte-level BPE with these words and merges, and the added tokens in `ids`."""
    shown = rules()["tags"]["shown"]
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {"id": number, "content": tag, "special": tag not in shown, **flags} for tag, number in ids.items()
        ],
        "normalizer": None,
        "pre_tokenizer": byte_level,
        "post_processor": None,
        "decoder": byte_level,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": {word: number for number, word in enumerate(words)},
            "merges": merges,
        },
    }


def _vocabulary() -> tuple[list[str], list[list[str]]]:
    """All bytes, then syllables with and without a leading space, and the merges that build them.

    A printable byte is written as itself, any other as a letter above 255: the convention of byte-level BPE. Syllables
    make random answers readable, and a text has about as many tokens as with a real tokenizer.
    """
    printable = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    letters = {byte: chr(byte) for byte in printable}
    for number, byte in enumerate(byte for byte in range(256) if byte not in letters):
        letters[byte] = chr(256 + number)
    words, merges = [letters[byte] for byte in range(256)], []
    open_syllables = [[consonant, vowel] for consonant in "bcdfghjklmnprstvwyz" for vowel in "aeiou"]
    spaced = [[letters[ord(" ")], "".join(pair)] for pair in open_syllables]
    closed = [["".join(pair), end] for pair in (*open_syllables, *spaced) for end in "lmnrstd"]
    for pair in (*open_syllables, *spaced, *closed):
        merges.append(pair)
        words.append("".join(pair))
    return words, merges


def _write_placeholder_weights(path: Path) -> None:
    """A safetensors file with one small tensor: eight bytes of length, a JSON header, the data."""
    data = random.Random(0).randbytes(8 * 8 * 4)
    header = {"model.embed_tokens.weight": {"dtype": "F32", "shape": [8, 8], "data_offsets": [0, len(data)]}}
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 8)
    path.write_bytes(struct.pack("<Q", len(head)) + head + data)
