"""Batch files with lines that no engine can answer: each line ends as its own result or its own error."""

import ast
import json
import random
import subprocess

from scripts import golden
from tests.conftest import LIMIT_S
from tests.fuzz import LONG
from tests.rehearsal.engines import environment

SHARD = 8
MOST_MIB = 300  # of the process that answers
GOOD = '{"custom_id": "good", "prompt": "hello", "max_tokens": 4}'
DEEP = 10_000
POISON = [
    r'{"custom_id": "a\ud800", "prompt": "hello"}',
    r'{"prompt": "a\ud800"}',
    r'{"messages": [{"role": "user", "content": "a\udfff"}]}',
    '{"custom_id": NaN, "prompt": "hello"}',
    '{"custom_id": 1e999, "prompt": "hello"}',
    '{"custom_id": {"a": [1e999]}, "prompt": "hello"}',
    '{"prompt": "hello", "temperature": NaN}',
    '{"prompt": "hello", "top_k": Infinity}',
    '{"prompt": "hello", "temperature": 1e400}',
    '{"prompt": "hello", "max_tokens": %s}' % ("9" * 4000),
    '{"prompt": "hello", "seed": %s}' % ("9" * 5000),
    '{"prompt": "hello", "n": 1000000000}',
    '{"custom_id": "%s", "prompt": "hello"}' % ("x" * 10**6),
    '{"prompt": "%s"}' % ("x" * 10**6),
    '{"a": ' * DEEP + "1" + "}" * DEEP,
    '{"custom_id": %s, "prompt": "hello"}' % ("[" * DEEP + "]" * DEEP),
    '{"custom_id": %s, "prompt": "hello"}' % ("[" * 900 + "]" * 900),
    '{"messages": %s}' % ("[" * 900 + "]" * 900),
    '{"custom_id": null, "prompt": "hello"}',
    '{"prompt": "hello", "response_format": "json"}',
    '{"prompt": "hello", "response_format": {"type": "json_schema"}}',
    '{"prompt": "hello", "structured_outputs": {"json": {"$ref": "#"}}}',
    '{"prompt": "hello", "stop": [""]}',
    '{"prompt": "\\u2028\\u0085\\u000b", "custom_id": "\\u2028\\n"}',
    '{"body": 3}',
    "[]",
    "3",
    "null",
    '"',
    "\x00",
    "\ufeff{}",
    "{}",
]
ANSWER = """
import ast, contextlib, inspect, io, json, os, sys, time
from pathlib import Path
from types import SimpleNamespace

def plain(*arguments, **keywords):
    return lambda function: function

modal = SimpleNamespace(enter=plain, method=plain, experimental=SimpleNamespace(stop_fetching_inputs=lambda: None))
jobs = SimpleNamespace(commit=lambda: None)
MODEL, SHARD, MAX_TOKENS = "owner/name", int(sys.argv[2]), 16
exec(sys.argv[1])
from vllm import LLM
engine = Engine()
engine.llm = LLM(sys.argv[3], max_model_len=4096)
engine.defaults = {"max_tokens": MAX_TOKENS}
os.environ["MODAL_TASK_ID"] = "ta-1"
for path in sorted(Path("in").iterdir()):
    os.environ["JOBS"] = "out"
    (Path("out") / path.stem / "results").mkdir(parents=True)
    began = time.monotonic()
    with path.open("rb") as lines:
        engine.answer(path.stem, 0, list(lines))
    print(path.stem, time.monotonic() - began, file=sys.stderr)
# Not ru_maxrss: a process inherits that of the one that started it.
print(int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) // 1024)
"""


def engine_class() -> str:
    """The class of the golden app that answers shards, without its decorators, and the functions it calls."""
    tree = ast.parse(golden.app("vllm_throughput_small"))
    nodes = [node for node in tree.body if getattr(node, "name", "") in ("Engine", "completion")]
    assert len(nodes) == 2
    for node in nodes:
        node.decorator_list = []
    return ast.unparse(ast.Module(nodes, []))


def mutated(lines: list[bytes], numbers: random.Random) -> list[bytes]:
    """`lines` with a few bytes replaced, removed or repeated."""
    result = []
    for line in lines:
        data = bytearray(line)
        for _ in range(numbers.randrange(4) if len(data) < 10_000 else 0):
            at = numbers.randrange(len(data) + 1)
            data[at : at + numbers.randrange(3)] = numbers.choice([b"", b"\xff", b'"', b"\\ud800", b"NaN", b"{", b"0"])
        result.append(bytes(data).replace(b"\n", b" "))
    return result


def files(count: int) -> list[list[bytes]]:
    """Batch files: every poison line next to good ones, then mutated mixtures."""
    poison, numbers = [line.encode("utf-8", "surrogatepass") for line in POISON], random.Random(7)
    first = [[GOOD.encode(), line, GOOD.encode()] for line in poison]
    lines = [*poison, *[GOOD.encode()] * len(poison)]
    return first + [mutated(numbers.choices(lines, k=SHARD), numbers) for _ in range(count)]


def strict(line: str) -> dict:
    """A line of results by a parser that takes standard JSON only, and no half of a surrogate pair."""

    def refuse(name: str):
        raise ValueError(name)

    value = json.loads(line, parse_constant=refuse)
    json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    return value


def test_a_line_never_costs_its_shard(env, model, tmp_path):
    """Every line has one row, in order; good lines are answered whatever is next to them; results are standard JSON."""
    (tmp_path / "in").mkdir()
    batches = files(2000 if LONG else 60)
    for number, lines in enumerate(batches):
        (tmp_path / "in" / f"{number:05}").write_bytes(b"".join(line + b"\n" for line in lines))
    done = subprocess.run(
        [env / "bin" / "python", "-c", ANSWER, engine_class(), str(SHARD), model],
        cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True, timeout=LIMIT_S,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    for number, lines in enumerate(batches):
        path = tmp_path / "out" / f"{number:05}" / "results" / "0000000.jsonl"
        rows = [strict(line) for line in path.read_bytes().decode("utf-8").split("\n")[:-1]]
        assert len(rows) == len([line for line in lines if line.strip()])
        for line, row in zip([line for line in lines if line.strip()], rows, strict=True):
            assert set(row) == {"custom_id", "response", "error"} and isinstance(row["custom_id"], str)
            assert (row["response"] is None) != (row["error"] is None)
            if line == GOOD.encode():
                assert row["custom_id"] == "good" and row["response"]["status_code"] == 200
    assert int(done.stdout.splitlines()[-1]) < MOST_MIB


def test_a_line_of_100_mb_is_an_error(env, model, tmp_path):
    """It is refused before it is parsed."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "0").write_text("\n".join([GOOD, json.dumps({"prompt": "x" * 100_000_000}), GOOD]))
    subprocess.run(
        [env / "bin" / "python", "-c", ANSWER, engine_class(), str(SHARD), model],
        cwd=tmp_path, env=environment(tmp_path), capture_output=True, check=True, timeout=LIMIT_S,
    )  # fmt: skip
    rows = [strict(line) for line in (tmp_path / "out" / "0" / "results" / "0000000.jsonl").read_text().splitlines()]
    assert [row["error"] is None for row in rows] == [True, False, True]
    assert rows[1]["error"]["message"].startswith("JSONDecodeError")
