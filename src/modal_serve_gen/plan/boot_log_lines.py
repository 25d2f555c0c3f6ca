"""The lines in which vLLM and SGLang log their start, by what they say.

vLLM 0.10.0 to 0.33.0: v1/worker/gpu_worker.py, gpu_model_runner.py and gpu/model_runner.py, v1/core/kv_cache_utils.py,
v1/engine/core.py, compilation/monitor.py, entrypoints/openai/api_server.py and common/startup.py. SGLang 0.5.5 to
0.5.23: srt/model_executor/model_runner.py, mem_cache/memory_pool.py and kv_cache_configurator.py,
managers/scheduler.py, entrypoints/engine.py. SGLang's GB are GiB as well.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

NUMBER = r"(\d{1,12}(?:\.\d{1,12})?)"
COUNT = r"(\d[\d,]{0,15})"


def _count(text: str) -> int:
    return int(text.replace(",", ""))


def _text(text: str) -> str:
    return text.strip("'\" ")


@dataclass(frozen=True)
class Pattern:
    """A line, the words that it must contain (so that few lines are matched), and its groups' names and types."""

    words: str
    regex: re.Pattern[str]
    groups: tuple[tuple[str, Callable[[str], Any]], ...]


def _pattern(words: str, regex: str, **groups: Callable[[str], Any]) -> Pattern:
    return Pattern(words, re.compile(regex), tuple(groups.items()))


VLLM = (
    _pattern(" version ", r"vLLM (?:API )?server version v?(\d[\w.+-]*)", version=_text),
    _pattern(" version ", r"[█▀▄] +version v?(\d[\w.+-]*)", version=_text),
    _pattern(", serving model ", r", serving model (\S+)", model=_text),
    _pattern("█  model ", r"█ +model +(\S+)", model=_text),
    _pattern("LLM engine (v", r"LLM engine \(v(\d[\w.+-]*)\) with config: model='([^']*)'", version=_text, model=_text),
    _pattern("Loading weights took ", rf"Loading weights took {NUMBER} s", load_s=float),
    _pattern("Model loading took ", rf"Model loading took {NUMBER} GiB", weights=float),
    _pattern("torch.compile t", rf"torch\.compile (?:takes|took) {NUMBER} s in total", compile_s=float),
    _pattern("Available KV cache memory: ", rf"Available KV cache memory: (-?{NUMBER[1:-1]}) GiB", pool=float),
    _pattern("KV cache size: ", rf"KV cache size: {COUNT} tokens", tokens=_count),
    _pattern(
        "Maximum concurrency for ",
        rf"Maximum concurrency for {COUNT} tokens per request: {NUMBER}x",
        length=_count,
        concurrency=float,
    ),
    _pattern("Graph capturing finished in ", rf"Graph capturing finished in {NUMBER} secs", capture_s=float),
    _pattern("init engine (profile", rf"init engine \([^)]*\) took {NUMBER} s", init_s=float),
    _pattern("Free memory on device ", rf"Free memory on device \({NUMBER}/{NUMBER} GiB\)", free=float, total=float),
    _pattern("Desired GPU memory utilization", rf"Desired GPU memory utilization is \({NUMBER},", utilization=float),
    _pattern("Current kv cache memory in use", rf"Current kv cache memory in use is {NUMBER} GiB", in_use=float),
    _pattern("Application startup complete", r"(Application startup complete)", ready=_text),
)
Settings = dict[str, tuple[str, Callable[[str], Any]]]
# Settings in the line of the configuration and in that of the arguments that are not defaults.
VLLM_SETTINGS: Settings = {
    "max_seq_len": ("length", int),
    "max_model_len": ("asked_length", int),
    "max_num_seqs": ("sequences", int),
    "max_num_batched_tokens": ("batched", int),
    "gpu_memory_utilization": ("utilization", float),
    "tensor_parallel_size": ("tp", int),
    "pipeline_parallel_size": ("pp", int),
    "data_parallel_size": ("dp", int),
    "kv_cache_dtype": ("kv_cache_dtype", _text),
    "model": ("model", _text),
    "device_config": ("device", _text),
}
SGLANG = (
    _pattern("Load weight begin", rf"Load weight begin\. avail mem={NUMBER} GB", free=float),
    _pattern("Load weight end", rf"Load weight end\..*?mem usage={NUMBER} GB", weights=float),
    _pattern("Load weight end", rf"Load weight end\. elapsed={NUMBER} s", load_s=float),
    _pattern("KV Cache ", rf"#tokens: {COUNT}, K size: {NUMBER} GB, V size: {NUMBER}",
             pool_tokens=_count, key=float, value=float),
    _pattern("KV Cache ", rf"#tokens: {COUNT}, KV size: {NUMBER} GB", pool_tokens=_count, key=float),
    _pattern("Mamba Cache is allocated", rf"conv_state size: {NUMBER} ?GB", state=float),
    _pattern("Mamba Cache is allocated", rf"[^_]ssm_state size: {NUMBER} ?GB", state=float),
    _pattern("Mamba Cache is allocated", rf"intermediate_ssm_state_cache size: {NUMBER} ?GB", state=float),
    _pattern("Mamba Cache is allocated", rf"intermediate_conv_window_cache size: {NUMBER} ?GB", state=float),
    _pattern("raph end.", rf"(?i)cuda graph end\. (?:step=\d+, )?(?:time )?elapsed(?:: |=){NUMBER} s", capture_s=float),
    _pattern("max_total_num_tokens=", rf"max_total_num_tokens={COUNT}, ", tokens=_count),
    _pattern("max_total_num_tokens=", r", max_running_requests=(\d{1,7})", sequences=int),
    _pattern("max_total_num_tokens=", r", context_len=(\d{1,9})", length=int),
    _pattern("max_total_num_tokens=", r"chunked_prefill_size=(\d{1,7})", batched=int),
    _pattern("available_gpu_mem=", rf"available_gpu_mem={NUMBER} GB", left=float),
    _pattern("fired up and ready", r"(fired up and ready)", ready=_text),
)  # fmt: skip
SGLANG_SETTINGS: Settings = {
    "model_path": ("model", _text),
    "device": ("device", _text),
    "mem_fraction_static": ("utilization", float),
    "context_length": ("asked_length", int),
    "tp_size": ("tp", int),
    "pp_size": ("pp", int),
    "dp_size": ("dp_replicas", int),
    "kv_cache_dtype": ("kv_cache_dtype", _text),
}
SETTING = re.compile(r"['\"]?\b([a-z_]{4,40})['\"]?(?:=|: )('[^']*'|\"[^\"]*\"|[\w.+-]+)")
