"""Measure what a rehearsal's ingress adds to streams: `python scripts/bench_ingress.py [CONCURRENT]` (default 100).

The app of each HTTP workflow runs with the stub. The given number of chats is streamed at once through its public URL,
and from the engine's own port. Each answer has to be complete and belong to its request.
"""

import asyncio
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import httpx

from modal_serve_gen.commands import new_app
from modal_serve_gen.models import hub
from modal_serve_gen.rehearsal import probe
from modal_serve_gen.rehearsal.config import RehearsalConfig
from modal_serve_gen.rehearsal.session import Rehearsal
from modal_serve_gen.spec import workflows


async def measure(workflow: str, concurrent: int) -> None:
    request = {"workflow": workflow, "auth": "none"}
    made = new_app.make(request, source=None, generator="bench", offline=True, say=lambda line: None)
    config = RehearsalConfig("stub", {}, hub.repository_config, isolated=False)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "app.py").write_text(made.text, "utf-8")
        async with Rehearsal(config, lambda text: None) as rehearsal:
            if await rehearsal.modal("deploy", "app.py", folder=Path(folder)):
                raise SystemExit(f"{workflow} was not deployed")
            url = public_url(rehearsal)
            if url is None:
                return
            limits = httpx.Limits(max_connections=concurrent)
            async with httpx.AsyncClient(timeout=120, limits=limits) as client:
                while (await client.get(f"{url}/health")).status_code != 200:
                    await asyncio.sleep(0.1)
                (model,) = [row["id"] for row in (await client.get(f"{url}/v1/models")).json()["data"]]
                live = [container for function in rehearsal.plane.functions.values() for container in function.live]
                host = next(container.host for container in live if container.ready and container.host)
                through_ingress = await stream_all(client, url, model, concurrent)
                from_engine = await stream_all(client, f"http://{host}:8000", model, concurrent)
    for path, seconds in (("through the ingress", through_ingress), ("from the engine", from_engine)):
        median, slowest = statistics.median(seconds) * 1000, max(seconds) * 1000
        print(f"{workflow}, {concurrent} streams {path}: median {median:.0f} ms, slowest {slowest:.0f} ms")
    added = (max(through_ingress) - max(from_engine)) * 1000 / concurrent
    print(f"{workflow}: all {concurrent} complete, {added:.1f} ms more per stream\n")


def public_url(rehearsal: Rehearsal) -> str | None:
    """The URL of the app's first web endpoint; None for a batch app."""
    return next((endpoint.url for endpoint in probe.endpoints(rehearsal.plane)), None)


async def stream_all(client: httpx.AsyncClient, base: str, model: str, concurrent: int) -> list[float]:
    return await asyncio.gather(*(stream(client, base, model, number) for number in range(concurrent)))


async def stream(client: httpx.AsyncClient, base: str, model: str, number: int) -> float:
    """Seconds of one streamed chat. The stub repeats the words of the question in its answer."""
    word = f"number-{number}-of-them"
    body = {"model": model, "messages": [{"role": "user", "content": word}], "stream": True}
    began, text, last = time.monotonic(), "", ""
    async with client.stream("POST", f"{base}/v1/chat/completions", json=body) as answer:
        async for line in answer.aiter_lines():
            last = line.removeprefix("data: ") or last
            if line.startswith("data: {"):
                text += "".join(choice["delta"].get("content") or "" for choice in json.loads(last)["choices"])
    if last != "[DONE]" or word not in text or text.count("number-") != 1:
        raise SystemExit(f"stream {number} got the answer {text!r}")
    return time.monotonic() - began


async def main(concurrent: int) -> None:
    for workflow in (name for name in workflows.names() if "none" in workflows.load(name).auth):
        await measure(workflow, concurrent)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100))
