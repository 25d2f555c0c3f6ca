"""A miniature of a model: its own architecture, few small layers, random weights, and a tokenizer made for it.

What an app downloads, verifies and serves in a rehearsal. With the engine's environment its weights are real ones that
transformers made; without it, for the stub engine, the folder is written by the standard library alone and its weights
are one tensor for show.
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
from modal_serve_gen.rehearsal.engines.shrinking import rules, shrink, text_part

WEIGHTS = Path(__file__).with_name("weights.py")
TEMPLATE = FACTS / "rehearsal" / "chat_template.jinja"
MAKING_LIMIT_S = 300
NOT_BUILT = 3  # weights.py's exit code when this transformers does not know the architecture
# What stands in for an architecture that cannot be built: the smallest common one.
PLAIN = {
    "architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "hidden_size": 2048, "intermediate_size": 6144,
    "num_hidden_layers": 28, "num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 128, "hidden_act": "silu",
    "rms_norm_eps": 1e-6, "rope_theta": 1000000, "tie_word_embeddings": True, "attention_bias": False,
    "vocab_size": 151936, "max_position_embeddings": 40960, "eos_token_id": 0, "bos_token_id": 0,
}  # fmt: skip


def make(
    config: dict, *, folder: Path, engine_python: Path | None, context: int | None = None, engine: str = "vllm"
) -> list[str]:
    """Fill `folder` with a miniature of the model whose config.json is `config`; sentences of what was substituted.

    `context` is the number of tokens that it must allow (None: the model's own, at most 1,048,576). `engine` is the one
    that will load it, as each can run other architectures on a CPU. The same arguments give the same bytes. Raises
    MachineError when the engine's environment cannot make weights at all.
    """
    if engine_python is None:
        said = _write(config, context, folder)
        _token_weights(folder / "model.safetensors")
        return [*said, "its weights are one tensor for show, which the stub engine does not read"]
    key = json.dumps([config, context, engine, _recipe(), _stamp(engine_python)], sort_keys=True)
    kept = cache() / "miniatures" / hashlib.sha256(key.encode()).hexdigest()[:24]
    if not kept.is_dir():
        kept.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix="making-", dir=kept.parent))
        try:
            said = _make_real(config, context, beside, engine_python, engine)
            (beside / "said.json").write_text(json.dumps(said), encoding="utf-8")
            try:
                beside.rename(kept)
            except OSError:
                if not kept.is_dir():  # else somebody made the same one meanwhile
                    raise
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    for path in kept.iterdir():
        if path.name != "said.json":
            shutil.copyfile(path, folder / path.name)
    return json.loads((kept / "said.json").read_text(encoding="utf-8"))


def _recipe() -> str:
    """A hash of everything of ours that shapes a miniature."""
    sources = (
        Path(__file__),
        WEIGHTS,
        Path(shrink.__code__.co_filename),
        FACTS / "rehearsal" / "miniature.toml",
        TEMPLATE,
    )
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()


def _stamp(engine_python: Path) -> str:
    """What tells one engine environment from another: its folder's name, which holds the hash of its recipe."""
    return engine_python.parent.parent.name


def _make_real(config: dict, context: int | None, folder: Path, engine_python: Path, engine: str) -> list[str]:
    said = _write(config, context, folder)
    architecture = (config.get("architectures") or [config.get("model_type") or "an unnamed architecture"])[0]
    refused = rules()["not_on_cpu"][engine]
    if reason := refused.get(architecture) or refused.get(text_part(config).get("model_type")):
        code, why = NOT_BUILT, f"the CPU engine cannot run {architecture} ({reason})"
    else:
        code, reason = _weights(folder, engine_python)
        why = f"the engine environment cannot build {architecture} ({reason})"
    if code == NOT_BUILT:
        own = text_part(json.loads((folder / "config.json").read_text(encoding="utf-8")))["max_position_embeddings"]
        said = [f"{why}: a small Qwen3 stands in for it", *_write(PLAIN, own, folder)[1:]]
        code, reason = _weights(folder, engine_python)
    if code:
        raise MachineError(
            f"The engine environment could not make a small model (exit code {code}): {reason}",
            "Remove the folder named by `modal-serve-gen doctor` and try again, or use --engine stub.",
        )
    return said


def _weights(folder: Path, engine_python: Path) -> tuple[int, str]:
    """Let transformers make the weights; its exit code and the last line that it wrote to stderr."""
    kept = ("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    environment |= {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "PYTHONNOUSERSITE": "1"}
    try:
        run = subprocess.run(
            [str(engine_python), "-I", str(WEIGHTS), str(folder), json.dumps(rules()["vision"])],
            env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=MAKING_LIMIT_S,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return 1, f"it was not done within {MAKING_LIMIT_S} s"
    except OSError as fault:
        return 1, f"{engine_python.name} does not start: {fault.strerror}"
    lines = run.stderr.strip().splitlines()
    return run.returncode, lines[-1][:200] if lines else "it said nothing"


def _write(config: dict, context: int | None, folder: Path) -> list[str]:
    """Everything but the weights; what was substituted."""
    folder.mkdir(parents=True, exist_ok=True)
    words, merges = _syllables()
    vocabulary = {word: at for at, word in enumerate(words)}
    tags = rules()["tags"]
    ids = {tag: len(words) + at for at, tag in enumerate((*tags["special"], *tags["shown"]))}
    small, said = shrink(config, context, ids)
    eos, pad = ids["<|im_end|>"], ids["<|endoftext|>"]
    length = text_part(small)["max_position_embeddings"]
    added = [
        {"id": at, "content": tag, "special": tag not in tags["shown"], "single_word": False, "lstrip": False,
         "rstrip": False, "normalized": False}
        for tag, at in ids.items()
    ]  # fmt: skip
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    tokenizer = {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": None,
        "pre_tokenizer": byte_level, "post_processor": None, "decoder": byte_level,
        "model": {
            "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
            "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
            "vocab": vocabulary, "merges": merges,
        },
    }  # fmt: skip
    documents = {
        "config.json": small,
        "generation_config.json": {"bos_token_id": pad, "eos_token_id": eos, "pad_token_id": pad},
        "tokenizer.json": tokenizer,
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": length, "eos_token": "<|im_end|>",
            "pad_token": "<|endoftext|>", "clean_up_tokenization_spaces": False,
            "chat_template": TEMPLATE.read_text(encoding="utf-8"),
        },
    }  # fmt: skip
    for name, document in documents.items():
        (folder / name).write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return [*said, f"a tokenizer of {rules()['vocab_size']:,} tokens and a plain chat template in place of its own"]


def _syllables() -> tuple[list[str], list[list[str]]]:
    """The vocabulary, all bytes and then syllables with and without a space before them, and the merges to build it.

    A byte stands for itself where it is printable, else for a letter above 255: the convention of byte-level BPE. With
    syllables a random answer can be read, and a text has about as many tokens as with a real tokenizer.
    """
    printable = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    shown = {byte: chr(byte) for byte in printable}
    for at, byte in enumerate(byte for byte in range(256) if byte not in shown):
        shown[byte] = chr(256 + at)
    words, merges = [shown[byte] for byte in range(256)], []
    open_syllables = [[consonant, vowel] for consonant in "bcdfghjklmnprstvwyz" for vowel in "aeiou"]
    spaced = [[shown[ord(" ")], "".join(pair)] for pair in open_syllables]
    closed = [["".join(pair), end] for pair in (*open_syllables, *spaced) for end in "lmnrstd"]
    for pair in (*open_syllables, *spaced, *closed):
        merges.append(pair)
        words.append("".join(pair))
    return words, merges


def _token_weights(path: Path) -> None:
    """A safetensors file with one small tensor: eight bytes of length, a JSON header, the data."""
    data = random.Random(0).randbytes(8 * 8 * 4)
    header = {"model.embed_tokens.weight": {"dtype": "F32", "shape": [8, 8], "data_offsets": [0, len(data)]}}
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 8)
    path.write_bytes(struct.pack("<Q", len(head)) + head + data)
