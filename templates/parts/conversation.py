"""The smoke test of an endpoint that is used for its low latency."""

import json
import time
import uuid

from smoke import ask


def check_conversation(url: str, key: str, model: str) -> None:
    """Stream two turns of a conversation; the session's headers route both to one container."""
    affinity = dict.fromkeys(
        ("Modal-Session-ID", "Modal-Routing-Affinity-Key"),
        uuid.uuid4().hex,
    )
    body = {"model": model, "messages": [], "max_tokens": 128}
    for question in ("What is a GPU?", "And what is it good for?"):
        body["messages"].append({"role": "user", "content": question})
        began = time.monotonic()
        lines = [
            (time.monotonic(), line)
            for line in ask(
                f"{url}/v1/chat/completions",
                key,
                {**body, "stream": True, "stream_options": {"include_usage": True}},
                deadline=began + 60,
                **affinity,
            )
            if line.strip()
        ]
        if len(lines) < 3 or lines[-1][1].strip() != b"data: [DONE]":
            raise SystemExit(f"the stream ended early, after {len(lines)} lines")
        chunks = [json.loads(line.removeprefix(b"data: ")) for _, line in lines[:-1]]
        text = "".join(
            choice["delta"].get("content") or choice["delta"].get("reasoning_content") or ""
            for chunk in chunks
            for choice in chunk["choices"]
        )
        body["messages"].append({"role": "assistant", "content": text})
        usage = chunks[-1]["usage"]
        cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens", 0)
        seconds = lines[-1][0] - lines[0][0]
        print(
            f"time to first token {lines[0][0] - began:.3f} s,",
            f"{1000 * seconds / max(usage['completion_tokens'] - 1, 1):.1f} ms per output token,",
            f"{cached} of {usage['prompt_tokens']} prompt tokens cached:",
            repr(text[:200]),
        )
    print(
        "plain answer:",
        json.load(
            ask(
                f"{url}/v1/chat/completions",
                key,
                {**body, "messages": body["messages"][:1]},
                deadline=began + 120,
            )
        )["choices"][0],
    )
