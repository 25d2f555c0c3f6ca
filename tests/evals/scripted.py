"""A local OpenAI-compatible endpoint that follows a script: a list of turns for each prompt."""

import contextlib
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from evals import answers, cases

KEY = "sk-scripted-0123456789abcdef"


def call(name: str, /, **arguments: str) -> tuple[str, dict]:
    """A tool call."""
    return name, arguments


def turn(*calls: tuple[str, dict], text: str = "") -> dict:
    """A response of the model: tool calls, or text only, which ends the run."""
    message: dict = {"role": "assistant", "content": text or None}
    if calls:
        message["tool_calls"] = [
            {"id": f"call_{index}", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
            for index, (name, arguments) in enumerate(calls)
        ]
    return message


def right_turns(task: cases.Task, options: str | None, file: str = "serve.py") -> list[dict]:
    """The turns of an agent that does a task correctly."""
    turns = []
    if task.expect_skill:
        turns.append(turn(call("skill", name=task.expect_skill)))
    pages = task.references.required if isinstance(task, cases.Case) else list(cases.primaries())[:1]
    if pages and task.expect_skill:
        turns.append(turn(*(call("read_file", path=f".agents/skills/{cases.SKILL}/{page}") for page in pages)))
    if options:
        turns.append(turn(call("write_file", path=file, content=answers.app_text(options))))
    return [*turns, turn(text="Done. Nothing has run on Modal.")]


class Endpoint:
    """The server. `script` returns the turns for a prompt. Instead of a message, a turn may be

    an int: an HTTP status; a float: a delay in seconds; bytes: a body; None: the connection is closed.
    """

    def __init__(self, script: Callable[[str], list]):
        self.script, self.requests, self.keys = script, Counter(), set()
        self.waiting = threading.Event()  # set while a client waits for a delayed response
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                endpoint.keys.add(self.headers.get("Authorization", ""))
                endpoint.answer(self, body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"

    def __enter__(self) -> "Endpoint":
        threading.Thread(target=self.server.serve_forever, args=[0.05], daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, handler: BaseHTTPRequestHandler, body: dict) -> None:
        """Respond to a request with the next turn of its script."""
        prompt = next(message["content"] for message in body["messages"] if message["role"] == "user")
        step = sum(message["role"] == "assistant" for message in body["messages"])
        self.requests[prompt] += 1
        turns = self.script(prompt)
        reply = turns[min(step, len(turns) - 1)]
        if isinstance(reply, float):
            self.waiting.set()
            time.sleep(reply)
            reply = turn(text="late")
        if reply is None:
            handler.close_connection = True
            handler.connection.shutdown(socket.SHUT_RDWR)
            return
        status, data = 200, reply if isinstance(reply, bytes) else b""
        if isinstance(reply, int):
            status, data = reply, json.dumps({"error": {"message": f"scripted {reply}"}}).encode()
        elif isinstance(reply, dict):
            data = json.dumps(completion(body["model"], reply, step)).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(data)))
        if status == 429:
            handler.send_header("retry-after", "0.01")
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # an agent that was killed
            handler.end_headers()
            handler.wfile.write(data)


def completion(model: str, message: dict, step: int) -> dict:
    """A chat completion."""
    reason = "tool_calls" if message.get("tool_calls") else "stop"
    return {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
        "usage": {
            "prompt_tokens": 1000 * (step + 1), "completion_tokens": 50, "total_tokens": 1000 * (step + 1) + 50,
            "prompt_tokens_details": {"cached_tokens": 900 * step},
        },
    }  # fmt: skip
