"""Ten thousand prompts through the generated batch app, while containers and the local process are killed."""

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
from tests.conftest import LIMIT_S
from tests.rehearsal.local_modal import local_modal

pytestmark = pytest.mark.slow
PROMPTS = 10_000
RUN = ("run", "a.py", "--input", "prompts.jsonl")


def prompts(path, count: int) -> None:
    """Write lines of all three forms, and a few that cannot be answered."""
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
            # So that the input has several blocks of a Volume.
            lines.write(json.dumps(row | {"metadata": {"note": "x" * 2000}}) + "\n")


@pytest.fixture
def app(tmp_path):
    """The golden app with many small shards, of 64 prompts, and its input."""
    text = golden.app("vllm_throughput_small")
    assert "SHARD = 4 * MAX_NUM_SEQS" in text
    (tmp_path / "a.py").write_text(text.replace("SHARD = 4 * MAX_NUM_SEQS", "SHARD = 64"))
    prompts(tmp_path / "prompts.jsonl", PROMPTS)
    return tmp_path


async def start(local, *arguments: str):
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "modal", *arguments, cwd=local.folder, env=local.environment, start_new_session=True,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip


def results(local) -> list:
    return list(local.plane.folder.glob("volumes/*-jobs/*/results/*.jsonl"))


async def kill_after(local, process, shards: int, *, noticed: bool = True) -> None:
    """Kill the local process when `shards` shards have results; `noticed`: Modal ends its app, as after a timeout."""
    deadline = time.monotonic() + LIMIT_S
    while len(results(local)) < shards:
        assert time.monotonic() < deadline, "the job made no progress"
        assert process.returncode is None, (await process.stdout.read()).decode()
        await asyncio.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
    if noticed:
        await shutdown.end(local.plane, list(local.plane.apps.values())[-1])


async def kill_containers(local, random_numbers: random.Random, killed: list) -> None:
    """At random intervals, kill a container that works on a shard."""
    while True:
        await asyncio.sleep(random_numbers.uniform(0.1, 0.4))
        engines = [function for function in local.plane.functions.values() if function.tag == "Engine.*"]
        busy = [container for engine in engines for container in engine.live if container.running and container.process]
        if busy and len(killed) < 12:
            victim = random_numbers.choice(busy)
            killed.append(victim.id)
            os.killpg(victim.process.pid, signal.SIGKILL)


def test_every_prompt_is_answered_once_and_in_order(app):
    """No result is missing, duplicated or misplaced if the local process is killed twice, and containers at random."""
    killed: list[str] = []

    async def main() -> tuple[str, int]:
        async with local_modal(app, models=True) as local:
            killer = asyncio.create_task(kill_containers(local, random.Random(7), killed))
            before = 0
            for shards in (20, 60):
                await kill_after(local, await start(local, *RUN), shards)
                before = len(results(local))
                assert shards <= before < PROMPTS // 64
            code, output = await local.modal(*RUN, "--output", "out.jsonl")
            killer.cancel()
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
            # A third of the prompts have max_tokens.
            assert content.endswith(f"prompt {number}") if number % 3 else content == "This is the stub"
            assert row["error"] is None
            assert body["usage"]["completion_tokens"] > 0
    assert len(killed) >= 4, killed
    assert "per million tokens" in output
    # Only shards without results were computed again.
    assert f"{PROMPTS - 64 * before} prompts in" in output


def test_a_run_waits_for_a_detached_one(app):
    """The local process is killed and the app continues, as with --detach; the next run uses its results."""
    prompts(app / "prompts.jsonl", 3000)

    async def main() -> str:
        async with local_modal(app, models=True) as local:
            await kill_after(local, await start(local, "run", "--detach", "a.py", *RUN[2:]), 3, noticed=False)
            code, output = await local.modal(*RUN, "--output", "out.jsonl")
            assert code == 0, output
            return output

    assert "0 prompts in 0 shards" in asyncio.run(main())
    assert len((app / "out.jsonl").read_text().splitlines()) == 3000
