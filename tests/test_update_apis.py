"""Extraction of vLLM's Python API and benchmark from a small wheel that the test builds."""

import json
import zipfile

import pytest

from modal_serve_gen import facts, flags
from modal_serve_gen.folders import FACTS
from scripts import update_apis

APIS = FACTS / "apis"
WHEEL = {
    "vllm/engine/arg_utils.py": """
class EngineArgs:
    model: str
    max_model_len: int | None = None
    _own: int = 0

    def _compute_kwargs(self): ...
""",
    "vllm/entrypoints/common/cli_args.py": "\nclass FrontendArgs:\n    host: str = ''\n",
    "vllm/entrypoints/llm.py": """
class LLM:
    def __init__(self, model: str, *, dtype: str = "auto", configured=made(), **kwargs): ...
    @overload
    def chat(self, wrong): ...
    def chat(self, messages, params=None, *, quiet: bool = True): ...
    def generate(self): ...
    def enqueue(self): ...
    def enqueue_chat(self): ...
    def wait_for_completion(self): ...
    def sleep(self, level: int = 1): ...
    def wake_up(self): ...
    def reset_prefix_cache(self): ...
""",
    "vllm/sampling_params.py": """
class SamplingParams:
    n: int = 1
    stop: list[str] | None = None
    _hidden: int = 0

class StructuredOutputsParams:
    regex: str | None = None
    inner: str = field(default="x")
""",
    "vllm/lora/request.py": "class LoRARequest:\n    lora_name: str\n",
    "vllm/benchmarks/serve.py": """
import json
from vllm.benchmarks.datasets import add_dataset_parser
FUNCS = 1
from vllm.benchmarks.functions import ASYNC_REQUEST_FUNCS

def add_cli_args(parser):
    add_dataset_parser(parser)
    parser.add_argument("--backend", type=str, default="openai", choices=list(ASYNC_REQUEST_FUNCS.keys()))
    parser.add_argument("--extra-body", type=json.loads)
    parser.add_argument("--self-timed", action=argparse.BooleanOptionalAction)
    parser.add_argument("--rate", type=float, default=float("inf"))
    parser.add_argument("--goodput", nargs="+")
""",
    "vllm/benchmarks/functions.py": "ASYNC_REQUEST_FUNCS = {'vllm': ask, 'openai-chat': chat}\n",
    "vllm/benchmarks/datasets.py": """
class Dataset:
    BUCKETS = {(1, 2): 3}

def add_dataset_parser(parser):
    parser.add_argument("--seed", type=int, default=0)
    group = parser.add_argument_group("random")
    add_random(group)

def add_random(group):
    group.add_argument("--random-buckets", type=parsed, default=Dataset.BUCKETS)
""",
    "vllm-9.9.dist-info/METADATA": "Name: vllm\nVersion: 9.9\n\n",
}


def test_a_wheel_becomes_two_files(tmp_path):
    """Keywords with constant defaults, public fields only, and the flags that helper functions add."""
    wheel = tmp_path / "vllm-9.9-cp38-abi3-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in WHEEL.items():
            archive.writestr(name, text)
    assert update_apis.main([str(wheel), "--into", str(tmp_path / "apis")]) == 0
    api = json.loads((tmp_path / "apis" / "vllm-9.9.json").read_text())
    assert api["llm"] == {
        "model": {}, "dtype": {"keyword_only": True, "default": "auto"}, "configured": {"keyword_only": True},
    }  # fmt: skip
    assert api["methods"]["chat"] == {
        "messages": {}, "params": {"default": None}, "quiet": {"keyword_only": True, "default": True},
    }  # fmt: skip
    assert api["engine_args"] == ["max_model_len", "model"]
    assert api["sampling_params"] == {"n": {"default": 1}, "stop": {"default": None}}
    assert api["structured_outputs"] == {"regex": {"default": None}, "inner": {"default": "x"}}
    bench = flags.load(tmp_path / "apis" / "vllm_bench-9.9.json")
    assert sorted(bench.options) == [
        "--backend", "--extra-body", "--goodput", "--random-buckets", "--rate", "--seed", "--self-timed",
    ]  # fmt: skip
    assert bench.options["--backend"].choices == ("openai-chat", "vllm")
    assert (bench.options["--extra-body"].type, bench.options["--goodput"].nargs) == ("json", "+")
    assert bench.find("--no-self-timed").flag == "--self-timed"


@pytest.mark.parametrize("path", sorted(APIS.iterdir()), ids=lambda path: path.name)
def test_every_file_has_a_version_and_a_source(path):
    """The version of its name, a date, and a wheel or another source."""
    data = json.loads(path.read_text("utf-8"))
    assert path.stem.rpartition("-")[2] == data["version"]
    assert data["read_on"].startswith("20") and (data.get("wheel") or data.get("source"))


def test_the_pinned_version_has_api_files():
    """All three files exist; the parameters of LLM, except `chat_template`, are engine arguments."""
    version = facts.pins()["vllm"].version
    names = [f"vllm{kind}-{version}.json" for kind in ("", "_bench", "_routes")]
    api, _, routes = (json.loads((APIS / name).read_text("utf-8")) for name in names)
    assert set(api["llm"]) - set(api["engine_args"]) == {"chat_template"}
    assert {"GET"} == set(routes["routes"]["/health"]["methods"])
    assert routes["routes"]["/sleep"]["developer"]
