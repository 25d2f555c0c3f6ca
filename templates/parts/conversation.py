"""The smoke test of an endpoint that is there for its latency."""

import json
import time
import uuid

from smoke import ask


def check_conversation(url: str, key: str | None, model: str) -> None:
    """Two streamed turns of one conversation: the affinity headers lead both to the container that holds its cache."""
    chat, session = f"{url}/v1/chat/completions", uuid.uuid4().hex
    affinity = {"Modal-Session-ID": session, "Modal-Routing-Affinity-Key": session}  # Modal's guides name either
    messages: list[dict] = []
    for question in ("What is a GPU?", "And what is it good for?"):
        messages.append({"role": "user", "content": question})
        body = {"model": model, "messages": messages, "max_tokens": 128, "stream_options": {"include_usage": True}}
        began, times, text, usage = time.monotonic(), [], "", None
        with ask(chat, key, {**body, "stream": True}, patience=60, **affinity) as stream:
            for line in filter(None, map(bytes.strip, stream)):
                if line.startswith(b"data: {"):
                    chunk = json.loads(line.removeprefix(b"data: "))
                    usage = chunk.get("usage") or usage
                    for delta in (choice["delta"] for choice in chunk["choices"]):
                        times.append(time.monotonic())
                        text += delta.get("content") or delta.get("reasoning_content") or ""
        if not usage or line != b"data: [DONE]":
            raise RuntimeError(f"the streamed answer broke off after {len(times)} pieces")
        messages.append({"role": "assistant", "content": text})
        between = (times[-1] - times[0]) / max(usage["completion_tokens"] - 1, 1)
        cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens", 0)
        print(f"time to first token {times[0] - began:.3f} s, then {1000 * between:.1f} ms per token: {text[:200]!r}")
        print(f"{cached} of {usage['prompt_tokens']} prompt tokens were in the cache")
    with ask(chat, key, {"model": model, "messages": messages[:1], "max_tokens": 16}) as response:
        print("plain answer:", json.load(response)["choices"][0]["message"])
