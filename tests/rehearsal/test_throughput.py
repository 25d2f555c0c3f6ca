"""Ten thousand prompts through the generated batch app, with containers and the local process killed on the way."""

import asyncio
import json
import os
import random
import signal
import sys
import time

import pytest

from modal_serve_gen.rehearsal.control_plane import shutdown
from scripts import golden
from tests.rehearsal.local_modal import local_modal

PROMPTS = 10_000
RUN = ("run", "a.py", "--input", "prompts.jsonl")


def prompts(path, count: int) -> None:
    """The three forms that a line may have, and a few that cannot be answered."""
    with path.open("w") as lines:
        for number in range(count):
            if number % 1000 == 7:
                row = {"messages": "no list", "custom_id": f"id-{number}"}
            elif number % 3 == 0:
                row = {"custom_id": f"id-{number}", "prompt": f"prompt {number}", "max_tokens": 4}
            elif number % 3 == 1:
                row = {"custom_id": f"id-{number}", "messages": [{"role": "user", "content": f"prompt {number}"}]}
            else:
                body = {"messages": [{"role": "user", "content": f"prompt {number}"}], "temperature": 0}
                row = {"custom_id": f"id-{number}", "method": "POST", "url": "/v1/chat/completions", "body": body}
            # Input of several of the blocks in which a Volume is written.
            lines.write(json.dumps(row | {"metadata": {"note": "x" * 2000}}) + "\n")


@pytest.fixture
def app(tmp_path):
    """The golden app with shards of 64 prompts, so that there are enough of them to lose."""
    text = golden.app("vllm_throughput_small")
    assert "SHARD = 4 * MAX_NUM_SEQS" in text
    (tmp_path / "a.py").write_text(text.replace("SHARD = 4 * MAX_NUM_SEQS", "SHARD = 64"))
    prompts(tmp_path / "prompts.jsonl", PROMPTS)
    return tmp_path


async def start(one, *arguments: str):
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "modal", *arguments, cwd=one.folder, env=one.environment, start_new_session=True,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip


def results(one) -> list:
    return list(one.plane.folder.glob("volumes/*-jobs/*/results/*.jsonl"))


async def killed_when(one, process, many: int, *, noticed: bool = True) -> None:
    """Kill the local process once so many shards have results; `noticed`: Modal ends its app soon."""
    until = time.monotonic() + 300
    while len(results(one)) < many:
        assert time.monotonic() < until, "it hangs"
        assert process.returncode is None, (await process.stdout.read()).decode()
        await asyncio.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
    if noticed:
        await shutdown.end(one.plane, list(one.plane.apps.values())[-1])


async def harass(one, chance: random.Random, killed: list) -> None:
    """Kill a container that works on a shard, now and then."""
    while True:
        await asyncio.sleep(chance.uniform(0.1, 0.4))
        busy = [
            c for f in one.plane.functions.values() if f.tag == "Engine.*" for c in f.live if c.running and c.process
        ]
        if busy and len(killed) < 12:
            victim = chance.choice(busy)
            killed.append(victim.id)
            os.killpg(victim.process.pid, signal.SIGKILL)


def test_every_prompt_is_answered_once_and_in_order(app):
    """The local process killed twice, containers at random: no result missing, doubled or out of place."""
    killed: list[str] = []

    async def main() -> tuple[str, int]:
        async with local_modal(app, models=True) as one:
            harasser = asyncio.create_task(harass(one, random.Random(7), killed))
            before = 0
            for many in (20, 60):
                await killed_when(one, await start(one, *RUN), many)
                before = len(results(one))
                assert many <= before < PROMPTS // 64
            code, output = await one.modal(*RUN, "--output", "out.jsonl", limit_s=400)
            harasser.cancel()
            assert code == 0, output
            return output, before

    output, before = asyncio.run(main())
    rows = [json.loads(line) for line in (app / "out.jsonl").read_text().splitlines()]
    assert [row["custom_id"] for row in rows] == [f"id-{number}" for number in range(PROMPTS)]
    for number, row in enumerate(rows):
        if number % 1000 == 7:
            assert row["error"]["message"] and row["response"] is None
        else:
            body = row["response"]["body"]
            content = body["choices"][0]["message"]["content"]
            # A third of them is cut short by their own max_tokens.
            assert content.endswith(f"prompt {number}") if number % 3 else content == "This is the stub"
            assert row["error"] is None
            assert body["usage"]["completion_tokens"] > 0
    assert len(killed) >= 4, killed
    assert "per million tokens" in output
    # Only what had no results was computed again.
    assert f"{PROMPTS - 64 * before} prompts in" in output


def test_a_run_that_is_still_at_work_is_waited_for(app):
    """The local process is gone and the app goes on, as with --detach: the next run takes over what it answers."""
    prompts(app / "prompts.jsonl", 3000)

    async def main() -> str:
        async with local_modal(app, models=True) as one:
            await killed_when(one, await start(one, "run", "--detach", "a.py", *RUN[2:]), 3, noticed=False)
            code, output = await one.modal(*RUN, "--output", "out.jsonl", limit_s=240)
            assert code == 0, output
            return output

    assert "0 prompts in 0 shards" in asyncio.run(main())
    assert len((app / "out.jsonl").read_text().splitlines()) == 3000
