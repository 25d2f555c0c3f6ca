"""Measure time and memory of 200 cases, three runs each, against a scripted endpoint.

python -m scripts.bench_evals [CASES] [JOBS]: the share of this machine, without a model. A third of the apps are new to
the grader, the others repeat earlier ones; nothing is rehearsed.
"""

import json
import resource
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from evals import answers, cases
from evals.__main__ import app
from tests.evals.scripted import Endpoint, right_turns

RUNS = 3


def workload(count: int) -> tuple[list[dict[str, Any]], dict[str, list[Any]]]:
    """`count` variations of the real cases, and the agent's turns for each prompt."""
    good = answers.load().good
    rows = json.loads(cases.EVALS.read_text("utf-8"))["evals"]
    varied, turns = [], {}
    for number in range(count):
        row = rows[number % len(rows)]
        case = cases.Case.model_validate(row)
        prompt = f"{row['prompt']} ({number})"
        changed = {"id": number + 1, "name": f"{case.name}-{number}", "prompt": prompt, "rehearse": False}
        varied.append(row | changed | {"control": case.control and number == 0})
        steps = right_turns(case, good.get(case.name))
        if number % 3 == 0:  # an app that the grader has not seen
            text = json.dumps(steps).replace('"Done.', f'"Done {number}.')
            steps = json.loads(text.replace("import contextlib\\\\n", f"import contextlib  # {number}\\\\n"))
        turns[prompt] = steps
    return varied, turns


def main(count: int = 200, jobs: int = 4) -> int:
    """Time the command in this process."""
    rows, turns = workload(count)

    def script(prompt: str) -> list[Any]:
        return turns[prompt]

    with tempfile.TemporaryDirectory() as folder, Endpoint(script) as endpoint:
        file = Path(folder, "evals.json")
        file.write_text(json.dumps({"skill_name": cases.SKILL, "evals": rows}), "utf-8")
        peaks: list[int] = []
        done = threading.Event()

        def watch() -> None:
            while not done.wait(1):
                peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)

        threading.Thread(target=watch, daemon=True).start()
        began = time.monotonic()
        options = {"--set": "evals", "--evals-file": file, "--model": "scripted", "--base-url": endpoint.url}
        options |= {"--runs": RUNS, "--jobs": jobs, "--out": f"{folder}/out"}
        words = [str(word) for option in options.items() for word in option]
        result = CliRunner().invoke(app, ["run", *words, "--no-baseline", "--no-rehearse"])
        seconds = time.monotonic() - began
        done.set()
        last = [line for line in result.stdout.splitlines() if line.strip()][:6]
        print("\n".join(last))
        quarter = peaks[len(peaks) // 4]
        print(f"{count} cases x {RUNS} runs: {seconds:.1f} s, {count * RUNS / seconds:.1f} runs/s")
        print(f"memory of this process: {quarter} MiB after a quarter, {peaks[-1]} MiB at the end")
    return int(result.exit_code != 0)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
