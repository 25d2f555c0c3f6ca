"""How long 200 cases asked three times take against a scripted endpoint, and how much memory.

python -m scripts.bench_evals [CASES] [JOBS]: the machine's own share, without any model. A third of the files that the
agent writes are new to the grader, the others it has seen; no rehearsals.
"""

import json
import resource
import sys
import tempfile
import threading
import time
from pathlib import Path

from evals import answers, cases
from tests.evals.scripted import Endpoint, right

RUNS = 3


def main(many: int = 200, jobs: int = 4) -> int:
    """Time the whole command, in this process."""
    good = answers.load().good
    tasks = {task.name: task for task in cases.evals()}
    rows, turns = [], {}
    for number in range(many):
        task = list(tasks.values())[number % len(tasks)]
        row = json.loads(cases.EVALS.read_text("utf-8"))["evals"][number % len(tasks)]
        prompt = f"{row['prompt']} ({number})"
        control = row.get("control", False) and number == 0
        rows.append(
            row
            | {
                "id": number + 1,
                "name": f"{row['name']}-{number}",
                "prompt": prompt,
                "control": control,
                "rehearse": False,
            }
        )
        turns[prompt] = [right(task, good.get(task.name)), number]
    seen = {}

    def script(prompt: str) -> list:
        steps, number = turns[prompt]
        seen[prompt] = seen.get(prompt, 0) + 1
        if number % 3 == 0:  # a text that nothing has seen yet
            text = json.dumps(steps).replace('"Done.', f'"Done {number}.')
            steps = json.loads(text.replace("import contextlib\\\\n", f"import contextlib  # {number}\\\\n"))
        return steps

    with tempfile.TemporaryDirectory() as folder, Endpoint(script) as endpoint:
        file = Path(folder, "evals.json")
        file.write_text(json.dumps({"skill_name": cases.SKILL, "evals": rows}), "utf-8")
        from typer.testing import CliRunner

        from evals.__main__ import app

        peaks: list[int] = []
        done = threading.Event()

        def watch() -> None:
            while not done.wait(1):
                peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)

        threading.Thread(target=watch, daemon=True).start()
        began = time.monotonic()
        result = CliRunner().invoke(
            app,
            ["run", "--set", "evals", "--evals-file", str(file), "--model", "scripted", "--base-url", endpoint.url,
             "--runs", str(RUNS), "--no-baseline", "--no-rehearse", "--jobs", str(jobs), "--out", f"{folder}/out"],
        )  # fmt: skip
        took = time.monotonic() - began
        done.set()
        last = [line for line in result.stdout.splitlines() if line.strip()][:6]
        print("\n".join(last))
        quarter = len(peaks) // 4
        print(
            f"{many} cases x {RUNS} runs: {took:.1f} s, {many * RUNS / took:.1f} runs/s, exit code {result.exit_code}"
        )
        print(f"memory of this process: {peaks[quarter]} MiB after a quarter, {peaks[-1]} MiB at the end")
        return 0 if result.exit_code == 0 else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
