"""Answers in the format of OpenAI's API, made of the prompt's words: equal requests get equal answers."""

import json
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from engine_stub import limits
from engine_stub.texts import example, text_of, words

DEFAULT_TOKENS = 64  # of an answer without a limit
LIMITS = ("max_tokens", "max_completion_tokens", "n")


class Refusal(Exception):
    """An error response: its HTTP status and its JSON body."""

    def __init__(self, status: int, body: dict[str, Any]):
        super().__init__(status, body)
        self.status, self.body = status, body


Refuse = Callable[[str, str], Refusal]  # of a field's name and a message


@dataclass(frozen=True)
class Shape:
    """Field names and details in which the engines differ, where OpenAI's API does not specify them."""

    reasoning: str  # the field of a reasoning model's thoughts
    matched_stop: str  # the field of the stop string or token that ended an answer
    call_id: str  # prefix of the ids of tool calls
    complete: bool  # empty fields are sent as null, and the finish reason in a stream event without text


@dataclass(frozen=True)
class Generation:
    """A model's answer: the complete body, or the events of a stream."""

    body: dict[str, Any]
    events: Iterator[dict[str, Any]] | None = None


@dataclass(frozen=True)
class Answer:
    """`pieces` are the tokens, each with the name of its field: "content" or the shape's `reasoning`."""

    shape: Shape
    head: dict[str, Any]
    pieces: list[tuple[str, str]]
    reason: str
    usage: dict[str, Any]
    count: int = 1
    function: dict[str, Any] | None = None

    def generation(self, request: dict[str, Any], **more: Any) -> Generation:
        """The complete body (with the fields `more`), or a stream if the request asks for one."""
        choices = [self._choice(index) for index in range(self.count)]
        body = self.head | {"choices": choices, "usage": self.usage} | more
        usage = bool((request.get("stream_options") or {}).get("include_usage"))
        return Generation(body, self._events(usage) if request.get("stream") else None)

    def _text(self, field: str) -> str:
        return "".join(piece for name, piece in self.pieces if name == field)

    def _choice(self, index: int) -> dict[str, Any]:
        end = {"logprobs": None, "finish_reason": self.reason, self.shape.matched_stop: None}
        content = self._text("content")
        if self.head["object"] == "text_completion":
            return {"index": index, "text": content} | end
        message = {
            "role": "assistant",
            "content": None if self.function else content,
            self.shape.reasoning: self._text(self.shape.reasoning) or None,
            "tool_calls": [self._call(content)] if self.function else None if self.shape.complete else [],
        }
        return {"index": index, "message": message} | end

    def _call(self, arguments: str) -> dict[str, Any]:
        function = {"name": (self.function or {}).get("name"), "arguments": arguments}
        return {"id": f"{self.shape.call_id}{secrets.token_hex(12)}", "type": "function", "function": function}

    def _events(self, with_usage: bool) -> Iterator[dict[str, Any]]:
        """One event per token; then the usage, if `with_usage`."""
        plain = self.head["object"] == "text_completion"
        head = self.head if plain else self.head | {"object": "chat.completion.chunk"}
        empty = {self.shape.reasoning: None} if self.shape.complete else {}

        def event(index: int, delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
            inner = {"text": delta.get("content", "")} if plain else {"delta": empty | delta}
            choice = {"index": index, **inner, "logprobs": None, "finish_reason": reason}
            return head | {"choices": [choice | {self.shape.matched_stop: None}]}

        for index in range(self.count):
            if not plain:
                yield event(index, {"role": "assistant", "content": ""})
            for number, (name, piece) in enumerate(self.pieces, 1):
                ends = number == len(self.pieces) and not self.shape.complete
                called = self.function and name == "content"
                delta = {"tool_calls": [{"index": 0} | self._call(piece)]} if called else {name: piece}
                yield event(index, delta, self.reason if ends else None)
            if self.shape.complete:
                yield event(index, {}, self.reason)
        if with_usage:
            yield head | {"choices": [], "usage": self.usage}


def parse(body: bytes, invalid: Refuse) -> dict[str, Any]:
    """The request's JSON object."""
    try:
        request = json.loads(body)
    except ValueError as error:
        raise invalid("body", f"JSON decode error: {error}") from None
    if not isinstance(request, dict):
        raise invalid("body", "Input should be a valid dictionary or object to extract fields from")
    return request


def check_numbers(request: dict[str, Any], *, least: int, invalid: Refuse, out_of_range: Refuse) -> None:
    """Refuse numbers of the wrong type or out of their range; `least` is the smallest limit of an answer."""
    for name in (*LIMITS, "temperature", "top_p"):
        kind, described = (int, "integer") if name in LIMITS else (int | float, "number")
        value = request.get(name)
        if value is None:
            continue
        if not isinstance(value, kind) or isinstance(value, bool):
            raise invalid(name, f"Input should be a valid {described}")
        if name in LIMITS and value < least:
            raise out_of_range(name, f"{name} must be at least {least}, got {value}.")
        if name not in LIMITS and not 0 <= value <= (1 if name == "top_p" else float("inf")):
            raise out_of_range(name, f"{name} must be in its range, got {value}.")


def messages_of(request: dict[str, Any], invalid: Refuse) -> list[dict[str, Any]]:
    """The messages of a chat, each with a role."""
    messages = request.get("messages")
    if not isinstance(messages, list):
        raise invalid("messages", "Field required" if messages is None else "Input should be a valid list")
    if not all(isinstance(message, dict) and isinstance(message.get("role"), str) for message in messages):
        raise invalid("messages", "each message needs a role")
    return messages


def functions_of(request: dict[str, Any]) -> list[dict[str, Any]]:
    """The functions among the request's tools."""
    return [tool.get("function") or {} for tool in request.get("tools") or [] if isinstance(tool, dict)]


def chosen_function(request: dict[str, Any]) -> tuple[str | None, dict[str, Any] | None]:
    """The name that `tool_choice` requires, and that function: the first for "required", None if it is unknown."""
    choice, functions = request.get("tool_choice"), functions_of(request)
    if choice == "required":
        return functions[0].get("name"), functions[0]
    name = (choice.get("function") or {}).get("name") if isinstance(choice, dict) else None
    return name, next((function for function in functions if name and function.get("name") == name), None)


def chat_pieces(
    request: dict[str, Any], last: dict[str, Any], function: dict[str, Any] | None, reasoning: str
) -> list[tuple[str, str]]:
    """The tokens of an answer to the message `last`; thoughts go to the field `reasoning`, '' for none."""
    question = " ".join(text_of(last).split())
    response_format = request.get("response_format") or {}
    form = response_format.get("type", "text")
    if function:
        content = [json.dumps(example(function.get("parameters") or {}))]
    elif form == "json_schema":
        content = [json.dumps(example((response_format.get("json_schema") or {}).get("schema") or {}))]
    elif form != "text":
        content = [json.dumps({"answer": question})]
    else:
        content = words(f"This is the stub engine, which has no model. You said: {question}")
    thinks = reasoning and (request.get("chat_template_kwargs") or {}).get("enable_thinking", True)
    thoughts = words("The stub engine thinks.") if thinks else []
    return [(reasoning, word) for word in thoughts] + [("content", word) for word in content]


def text_pieces(text: str) -> list[tuple[str, str]]:
    """The tokens of a completion of `text`."""
    return [("content", word) for word in words(f" The stub engine read: {text}")]


def truncate(
    pieces: list[tuple[str, str]], limit: int | None, available: int, request: dict[str, Any], function: Any = None
) -> tuple[list[tuple[str, str]], str]:
    """At most `limit` tokens, and at most the `available` rest of the context; and the finish reason."""
    most = min(DEFAULT_TOKENS if limit is None else limit, available)
    if limit and request.get("ignore_eos"):
        most = min(limits.cut(limit), available)
        pieces = pieces + [("content", " on")] * (most + 1 - len(pieces))
    reason = "length" if len(pieces) > most else "tool_calls" if function else "stop"
    return pieces[:most], reason


def head(kind: str, prefix: str, model: str) -> dict[str, Any]:
    """The first fields of every answer."""
    return {"id": f"{prefix}{secrets.token_hex(16)}", "object": kind, "created": int(time.time()), "model": model}
