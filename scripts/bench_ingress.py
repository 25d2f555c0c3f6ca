"""What the rehearsal's front adds to streamed requests: `python scripts/bench_ingress.py [CONCURRENT]` (default 100).

The app of each HTTP workflow runs with the stub; so many streamed chats are asked at once through its public URL, and
at the engine's own port. Each has to come back whole, and with its own words.
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
from modal_serve_gen.rehearsal.config import RehearsalConfig
from modal_serve_gen.rehearsal.session import Rehearsal
from modal_serve_gen.spec import workflows


async def measure(workflow: str, concurrent: int) -> None:
    given = {"workflow": workflow, "auth": "none"}
    made = new_app.make(given, source=None, generator="bench", offline=True, say=lambda line: None)
    config = RehearsalConfig("stub", {}, hub.repository_config, isolated=False)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "app.py").write_text(made.text, "utf-8")
        async with Rehearsal(config, lambda text: None) as one:
            if await one.modal("deploy", "app.py", folder=Path(folder)):
                raise SystemExit(f"{workflow} was not deployed")
            url = public_url(one)
            if url is None:
                return
            limits = httpx.Limits(max_connections=concurrent)
            async with httpx.AsyncClient(timeout=120, limits=limits) as client:
                while (await client.get(f"{url}/health")).status_code != 200:
                    await asyncio.sleep(0.1)
                (model,) = [row["id"] for row in (await client.get(f"{url}/v1/models")).json()["data"]]
                container = next(c for f in one.plane.functions.values() for c in f.live if c.ready and c.host)
                rows = [
                    (where, await asked(client, base, model, concurrent))
                    for where, base in (("through the front", url), ("at the engine", f"http://{container.host}:8000"))
                ]
    for where, seconds in rows:
        middle, most = statistics.median(seconds), max(seconds)
        print(f"{workflow}, {concurrent} streams {where}: median {middle * 1000:.0f} ms, slowest {most * 1000:.0f} ms")
    added = (max(rows[0][1]) - max(rows[1][1])) * 1000 / concurrent
    print(f"{workflow}: all {concurrent} whole, {added:.1f} ms more for each\n")


def public_url(one: Rehearsal) -> str | None:
    """The URL of the app's endpoint, of a function, of a method or of a server; None for a batch app."""
    for function in one.plane.functions.values():
        methods = function.metadata.method_handle_metadata.values()
        urls = [
            function.metadata.web_url,
            *function.metadata._experimental_flash_urls,
            *(each.web_url for each in methods),
        ]
        if found := [url for url in urls if url]:
            return found[0]
    return None


async def asked(client: httpx.AsyncClient, base: str, model: str, concurrent: int) -> list[float]:
    return await asyncio.gather(*(one_stream(client, base, model, number) for number in range(concurrent)))


async def one_stream(client: httpx.AsyncClient, base: str, model: str, number: int) -> float:
    """Seconds of one streamed chat, which the stub answers with the words that it was asked."""
    word = f"number-{number}-of-them"
    body = {"model": model, "messages": [{"role": "user", "content": word}], "stream": True}
    began, text, last = time.monotonic(), "", ""
    async with client.stream("POST", f"{base}/v1/chat/completions", json=body) as answer:
        async for line in answer.aiter_lines():
            last = line.removeprefix("data: ") or last
            if line.startswith("data: {"):
                text += "".join(each["delta"].get("content") or "" for each in json.loads(last)["choices"])
    if last != "[DONE]" or word not in text or text.count("number-") != 1:
        raise SystemExit(f"stream {number} came back as {text!r}")
    return time.monotonic() - began


async def main(concurrent: int) -> None:
    for workflow in (name for name in workflows.names() if "none" in workflows.load(name).auth):
        await measure(workflow, concurrent)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100))
