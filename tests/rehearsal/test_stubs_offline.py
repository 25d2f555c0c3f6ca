"""`vllm.LLM` and `vllm bench serve` in a rehearsed container, with the stub and with the real engine."""

import json
import subprocess

import pytest

from modal_serve_gen import facts
from modal_serve_gen.rehearsal.engines import engine_env, miniature
from tests.conftest import LIMIT_S
from tests.rehearsal.engines import MODEL, container, environment, needs_vllm, notes, run, serving
from tests.versions import VLLM

PRELUDE = """
import json, sys
from vllm import LLM, RequestOutput, SamplingParams
from vllm.exceptions import VLLMValidationError
from vllm.sampling_params import StructuredOutputsParams

def tried(make):
    try:
        return make()
    except Exception as fault:
        return f"{type(fault).__name__}: {fault}"

def rows(outputs):
    return [[part.text, len(part.token_ids), part.finish_reason] for output in outputs for part in output.outputs]

def use_tokenizer(tokenizer):
    text = tokenizer.apply_chat_template(HELLO, tokenize=False, add_generation_prompt=True)
    ids = tokenizer.encode("hello there", add_special_tokens=False)
    several = tokenizer.apply_chat_template([HELLO, HELLO], add_generation_prompt=True)
    both = tokenizer(["a", "b c"])
    return [text, tokenizer.decode(ids), several[0] == several[1] and isinstance(several[0][0], int),
            [len(ids) for ids in both["input_ids"]] == [sum(mask) for mask in both["attention_mask"]],
            tokenizer.eos_token_id, tried(lambda: tokenizer.vocab)]

HELLO = [{"role": "user", "content": "hello there"}]
LONG = [{"role": "user", "content": "word " * 3000}]
"""


@pytest.fixture
def python(env, model, tmp_path):
    """Run code in a container's Python: `python(CODE, VARIABLES)` returns its variable `out`."""

    def start(code: str, *, env=env, **more: str):
        script = tmp_path / "script.py"
        script.write_text(f"{PRELUDE}\nMODEL = {str(model)!r}\n{code}\nprint(json.dumps(out))\n")
        done = subprocess.run(
            [env / "bin" / "python", script],
            env=environment(tmp_path, **more),
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout.splitlines()[-1])

    return start


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("nonsense=1", "TypeError: EngineArgs.__init__() got an unexpected keyword argument 'nonsense'"),
        ("tool_call_parser='hermes'", "TypeError: EngineArgs.__init__() got an unexpected"),
        ("port=8000", "TypeError: EngineArgs.__init__() got an unexpected"),
        ("dtype='float8'", f"ValueError: vllm {VLLM} rejects 'float8' for --dtype"),
        ("max_model_len='8k'", "ValueError"),
        ("max_model_len='long'", "ValueError"),
        ("enable_prefix_caching='yes'", "ValueError: enable_prefix_caching"),
        ("max_num_seqs=True", "ValueError: max_num_seqs"),
        ("max_model_len=10**7", "ValueError: User-specified max_model_len (10000000) is greater"),
        ("compilation_config={'level': 3}", "ValueError"),
        ("enable_lora=True, max_loras=4, max_cpu_loras=2", "ValueError: max_cpu_loras (2) must be >= max_loras (4)."),
        ("structured_outputs_config={'disable_any_whitespace': True}", "ValueError: disable_any_whitespace is only"),
    ],
)
def test_engine_arguments_that_the_pinned_engine_refuses(python, arguments, message):
    """An unknown keyword is a TypeError, even if the server has a flag with that name; a bad value is a ValueError."""
    assert python(f"out = tried(lambda: str(LLM(model=MODEL, {arguments})))").startswith(message)


def test_valid_engine_arguments_are_noted(python, tmp_path):
    """Numbers, booleans, objects and None; the default length is the model's."""
    code = """
llm = LLM(model=MODEL, max_model_len=512, enable_prefix_caching=False, enforce_eager=True, gpu_memory_utilization=0.9,
          kv_cache_dtype="fp8", limit_mm_per_prompt={"image": 0}, quantization=None, seed=3, disable_log_stats=False)
out = [llm.model_config.max_model_len, LLM(MODEL).model_config.max_model_len, tried(lambda: LLM(model="/no/such"))]
"""
    length, own, missing = python(code, REHEARSAL_NOTES=str(tmp_path / "notes"))
    assert (length, own) == (512, facts.config(MODEL).config["max_position_embeddings"])
    assert missing.startswith("ValueError: Invalid repository ID or local directory")
    first = json.loads((tmp_path / "notes").read_text().splitlines()[0])
    assert (first["kind"], "10 arguments of vllm.LLM" in first["text"]) == ("checked", True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("nope=1", "TypeError: Unexpected keyword argument 'nope'"),
        ("max_tokens='8'", "TypeError"),
        *[
            (bad, "VLLMValidationError")
            for bad in ("n=0", "max_tokens=0", "temperature=-0.1", "temperature=2.1", "top_p=0", "top_k=-2", "min_p=2",
                        "presence_penalty=3", "repetition_penalty=0", "stop=['']", "n=2, temperature=0", "logprobs=-2",
                        "min_tokens=20", "temperature=float('nan')", "stop='a', detokenize=False")
        ],
    ],
)  # fmt: skip
def test_sampling_parameters_out_of_range_raise(python, arguments, message):
    """An unknown name or a wrong type is a TypeError; a value out of range is vLLM's own error, not a ValueError."""
    code = f"out = [tried(lambda: str(SamplingParams({arguments}))), issubclass(VLLMValidationError, ValueError)]"
    text, is_value_error = python(code)
    assert (text.startswith(message), is_value_error) == (True, False)


def test_answers_follow_their_sampling_parameters(python):
    """Length, number, stop strings, JSON by a schema, choices; one set of parameters per conversation."""
    code = """
llm = LLM(model=MODEL, max_model_len=1024)
schema = {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 3}}}
params = [SamplingParams(max_tokens=3), SamplingParams(n=2, max_tokens=None),
        SamplingParams(max_tokens=50, stop="model"),
        SamplingParams(max_tokens=50, structured_outputs=StructuredOutputsParams(json=schema)),
        SamplingParams(structured_outputs=StructuredOutputsParams(choice=["yes", "no"]))]
outputs = llm.chat([HELLO] * 5, params, use_tqdm=False, chat_template_kwargs={"enable_thinking": False})
single = llm.chat(HELLO)[0]
several = rows(llm.generate(["once", "twice"]))
out = [rows(outputs), single.outputs[0].finish_reason, len(single.prompt_token_ids), several]
"""
    answers, reason, read, generated = python(code)
    assert answers[0][1:] == [3, "length"]
    assert answers[1] == answers[2]
    assert answers[1][0].endswith("You said: hello there")
    assert answers[3][0] == "This is the stub engine, which has no "
    assert json.loads(answers[4][0]) == {"city": "text", "days": 3}
    assert answers[5][0] == "yes"
    assert (reason, read > 3, len(generated)) == ("stop", True, 2)


def test_default_sampling_parameters_come_from_the_model(python, tmp_path):
    """Those of generation_config.json, unless generation_config is "vllm"; the class shows its fields."""
    code = """
import inspect, pathlib, shutil
own = shutil.copytree(MODEL, pathlib.Path(__file__).parent / "own")
(own / "generation_config.json").write_text(json.dumps({"temperature": 0.6, "top_k": 20, "max_new_tokens": 9}))
llms = [LLM(str(own)), LLM(str(own), generation_config="vllm"), LLM(MODEL)]
defaults = [llm.get_default_sampling_params() for llm in llms]
fields = list(inspect.signature(SamplingParams).parameters)
out = [[[params.temperature, params.top_k, params.max_tokens] for params in defaults], fields]
"""
    defaults, fields = python(code)
    assert defaults == [[0.6, 20, 9], [1.0, 0, 16], [1.0, 0, 16]]
    assert fields[:2] == ["n", "presence_penalty"] and "structured_outputs" in fields


def test_an_invalid_prompt_fails_a_batch_but_not_a_queue(python):
    """`chat` raises for the complete list; `enqueue_chat` raises for that prompt only, and keeps the order."""
    code = """
llm = LLM(model=MODEL, max_model_len=256)
params = SamplingParams(max_tokens=4)
failed = tried(lambda: llm.chat([HELLO, LONG, HELLO], params))
nothing = llm.wait_for_completion()
full = tried(lambda: llm.enqueue([{"prompt": "x" * 3 * 256}], params))
other = [{"role": "user", "content": "other"}]
refused = []
for number, messages in enumerate([HELLO, LONG, other, [], HELLO]):
    result = tried(lambda: llm.enqueue_chat([messages], SamplingParams(max_tokens=40), use_tqdm=False))
    refused += [number] if isinstance(result, str) else []
answers = rows(llm.wait_for_completion(RequestOutput, use_tqdm=False))
llm.enqueue_chat(other)
mixed = [text for text, *_ in rows(llm.chat(HELLO, params))]
bad = [tried(lambda: llm.chat([HELLO], [params, params])), tried(lambda: llm.chat([HELLO], {"n": 1})),
       tried(lambda: llm.chat([HELLO], nope=1)), tried(lambda: llm.generate(["a"], params, False)),
       tried(lambda: llm.generate([""]))]
out = [failed, nothing, refused, answers, bad, full, len(mixed)]
"""
    failed, nothing, refused, answers, bad, full, mixed = python(code)
    assert (full.partition(":")[0], mixed) == ("VLLMValidationError", 2)  # all queued prompts are answered
    assert failed.startswith("VLLMValidationError: This model's maximum context length is 256 tokens")
    assert (nothing, refused) == ([], [1, 3])
    assert [text.rpartition(": ")[2] for text, *_ in answers] == ["hello there", "other", "hello there"]
    lengths, kind, keyword, positional, empty = bad
    assert lengths.startswith("VLLMValidationError: The lengths of prompts (1) and params (2)")
    assert kind.startswith("TypeError: params must be either SamplingParams")
    assert keyword == "TypeError: LLM.chat() got an unexpected keyword argument 'nope'"
    assert positional.startswith("TypeError: LLM.generate()")
    assert empty.startswith("VLLMValidationError")


def test_faults_are_injected_into_batches(env, python, tmp_path):
    """A crash at the start raises; after a crash in a batch the engine remains dead."""
    assert "injected" in python("out = tried(lambda: LLM(model=MODEL))", REHEARSAL_FAULTS="engine-crash-at-start:0")
    script = "llm = LLM(model=MODEL)\nout = [tried(lambda: rows(llm.chat(HELLO))) for _ in range(2)]"
    once = {"REHEARSAL_FAULTS": "engine-crash-mid-stream:1", "REHEARSAL_NOTES": str(tmp_path / "notes")}
    assert all(text.startswith("EngineDeadError") for text in python(script, **once))


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--nope"], "--nope"),
        (["--num-prompts", "many"], "an integer"),
        (["--dataset-name", "sharegptt"], "sharegpt"),
        (["--base_url"], "--base_url"),
        (["stray"], "unrecognized arguments: stray"),
    ],
)
@pytest.mark.parametrize("mode", ["stub", "real"])
def test_invalid_flags_of_the_benchmark(mode, flags, message, tmp_path):
    """Exit code 2 and the reason, before any request, in both modes."""
    done = run(container(tmp_path / "env", mode), tmp_path, "bench", "serve", *flags)
    assert (done.returncode, message in done.stderr, "Traceback" in done.stderr) == (2, True, False)
    assert run(container(tmp_path / "other", mode), tmp_path, "bench", "latency").returncode == 2


SUMMARIES = ("mean", "median", "std", "p50", "p99")
KEYS = {f"{kind}_{name}_ms" for kind in SUMMARIES for name in ("ttft", "tpot", "itl", "e2el")} | {
    "date", "endpoint_type", "backend", "label", "model_id", "tokenizer_id", "num_prompts", "request_rate",
    "burstiness", "max_concurrency", "duration", "completed", "failed", "total_input_tokens", "total_output_tokens",
    "request_throughput", "request_goodput", "output_throughput", "total_token_throughput", "latencies",
    "queue_times", "max_output_tokens_per_s", "max_concurrent_requests", "rtfx",
}  # fmt: skip


def bench(url: str, model, folder, *more) -> list:
    return [
        "bench", "serve", "--backend", "openai-chat", "--base-url", url, "--endpoint", "/v1/chat/completions",
        "--model", "m", "--tokenizer", model, "--dataset-name", "random", "--random-input-len", 20,
        "--random-output-len", 40, "--num-prompts", 6, "--max-concurrency", 3, "--percentile-metrics",
        "ttft,tpot,itl,e2el", "--metric-percentiles", "50,99", "--disable-tqdm", "--save-result",
        "--result-dir", folder / "new", "--result-filename", "bench.json", *more,
    ]  # fmt: skip


def test_the_benchmark_writes_the_fields_of_the_real_one(env, model, tmp_path):
    """Answers of full length, at the concurrency; without the key all requests fail, and the exit code is 0."""
    with serving(env, tmp_path, model, "--served-model-name", "m", "--api-key", "one") as (url, _):
        passed = run(env, tmp_path, *bench(url, model, tmp_path), OPENAI_API_KEY="one")
        assert passed.returncode == 0, passed.stderr
        result = json.loads((tmp_path / "new" / "bench.json").read_text())
        assert set(result) == KEYS
        assert [result[name] for name in ("completed", "failed", "total_output_tokens", "max_concurrent_requests")] == [
            6, 0, 240, 3,
        ]  # fmt: skip
        assert 0 < result["median_ttft_ms"] < result["median_e2el_ms"] <= result["p99_e2el_ms"]
        refused = run(env, tmp_path, *bench(url, model, tmp_path, "--save-detailed"))
        result = json.loads((tmp_path / "new" / "bench.json").read_text())
        assert (refused.returncode, result["completed"], result["failed"]) == (0, 0, 6)
        assert "401" in result["errors"][0]
        no_tokenizer = run(env, tmp_path, *bench(url, "/no/such/folder", tmp_path), OPENAI_API_KEY="one")
        assert (no_tokenizer.returncode, "Traceback" in no_tokenizer.stderr) == (1, False)


def test_the_tokenizer_of_the_stub(python):
    """It decodes what it encodes, renders conversations, and names an attribute that it lacks."""
    text, back, same, masks, ends, unsupported = python("out = use_tokenizer(LLM(MODEL).get_tokenizer())")
    assert "hello there" in text and back == "hello there" and same and masks and isinstance(ends, int)
    assert unsupported == "AttributeError: The rehearsal's stub of the tokenizer of vllm.LLM has no vocab."


@pytest.mark.slow
@needs_vllm
def test_the_real_engine_answers_batches(python, tmp_path):
    """The real LLM behind the stub: arguments are left out with notes, schemas observed, invalid prompts refused."""
    env, folder = container(tmp_path / "env", "real"), tmp_path / "model"
    miniature.make(facts.config(MODEL).config, folder=folder, engine_python=engine_env.folder() / "bin" / "python")
    code = f"""
MODEL = {str(folder)!r}
llm = LLM(model=MODEL, max_model_len=512, max_num_seqs=8, tensor_parallel_size=2, enable_prefix_caching=False)
schema = {{"type": "object", "properties": {{"days": {{"type": "integer"}}}}, "required": ["days"]}}
refused = []
for number, messages in enumerate([HELLO, LONG, HELLO]):
    params = SamplingParams(max_tokens=5, temperature=0)
    result = tried(lambda: llm.enqueue_chat([messages], params, use_tqdm=False))
    refused += [number] if isinstance(result, str) else []
waited = llm.wait_for_completion(use_tqdm=False)
failed = tried(lambda: llm.chat([HELLO, LONG], SamplingParams(max_tokens=5)))
shaped = llm.chat(HELLO, SamplingParams(max_tokens=200, structured_outputs=StructuredOutputsParams(json=schema)))
two = llm.generate("once upon", SamplingParams(n=2, max_tokens=3, logprobs=1))
endless = llm.generate("once upon", SamplingParams(max_tokens=None, temperature=0))
by_tokenizer = use_tokenizer(llm.get_tokenizer())
out = [refused, rows(waited), failed, rows(shaped), rows(two), len(two[0].outputs[0].logprobs),
       rows(endless), llm.model_config.max_model_len, llm.get_default_sampling_params().max_tokens, by_tokenizer]
"""
    log = tmp_path / "notes"
    results = python(code, env=env, REHEARSAL_NOTES=str(log))
    refused, waited, failed, shaped, two, likely, endless, length, most, by_tokenizer = results
    text, back, same, masks, ends, unsupported = by_tokenizer
    assert "hello there" in text and back == "hello there" and same and masks and isinstance(ends, int)
    assert "has no vocab" in unsupported
    assert refused == [1]
    assert [row[1:] for row in waited] == [[5, "length"]] * 2
    assert failed.startswith("VLLMValidationError: This model's maximum context length is 512 tokens")
    assert shaped[0][2] == "length" or isinstance(json.loads(shaped[0][0])["days"], int)
    assert [row[1:] for row in two] == [[3, "length"]] * 2
    assert endless[0][1:] == [64, "length"]
    assert (likely, length, most) == (3, 512, 16)
    assert "--tensor-parallel-size 2" in " ".join(line["text"] for line in notes(log))


@pytest.mark.slow
@needs_vllm
def test_the_real_benchmark_writes_the_same_fields(env, model, tmp_path):
    """The benchmark of the CPU build, with the same flags."""
    folder = tmp_path / "model"
    miniature.make(facts.config(MODEL).config, folder=folder, engine_python=engine_env.folder() / "bin" / "python")
    with serving(env, tmp_path, model, "--served-model-name", "m", "--api-key", "one") as (url, _):
        done = subprocess.run(
            [container(tmp_path / "real", "real") / "bin" / "vllm", *map(str, bench(url, folder, tmp_path))],
            env=environment(tmp_path, OPENAI_API_KEY="one"), capture_output=True, text=True, timeout=LIMIT_S,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    result = json.loads((tmp_path / "new" / "bench.json").read_text())
    assert (set(result), result["completed"], result["failed"]) == (KEYS, 6, 0)
