"""The smoke test of an endpoint that is there for its latency."""

import json
import time
import uuid

from smoke import ask


def check_conversation(url: str, key: str | None, model: str) -> None:
    """Two streamed turns of one conversation: the affinity headers lead both to the container that holds its cache."""
    chat, session = f"{url}/v1/chat/completions", uuid.uuid4().hex
    affinity = {"Modal-Session-ID": session, "Modal-Routing-Affinity-Key": session}  # Modal's guides name either
    body = {"model": model, "messages": [], "max_tokens": 128, "stream_options": {"include_usage": True}}
    for question in ("What is a GPU?", "And what is it good for?"):
        body["messages"].append({"role": "user", "content": question})
        began = time.monotonic()
        with ask(chat, key, {**body, "stream": True}, patience=60, **affinity) as sse:
            lines = [(time.monotonic(), line.strip()) for line in sse if line.strip()]
        if len(lines) < 3 or lines[-1][1] != b"data: [DONE]":
            raise RuntimeError(f"the streamed answer broke off after {len(lines)} lines")
        chunks = [json.loads(line.removeprefix(b"data: ")) for _, line in lines[:-1]]
        deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
        text = "".join(delta.get("content") or delta.get("reasoning_content") or "" for delta in deltas)
        body["messages"].append({"role": "assistant", "content": text})
        usage = chunks[-1]["usage"]
        cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens", 0)
        between = (lines[-1][0] - lines[0][0]) / max(usage["completion_tokens"] - 1, 1)
        print(f"time to first token {lines[0][0] - began:.3f} s, then {1000 * between:.1f} ms per token", end=", ")
        print(f"{cached} of {usage['prompt_tokens']} prompt tokens were cached: {text[:200]!r}")
    with ask(chat, key, {"model": model, "messages": body["messages"][:1], "max_tokens": 16}, patience=60) as plain:
        print("plain answer:", json.load(plain)["choices"][0]["message"])
