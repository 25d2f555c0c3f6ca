"""Arguments that a rehearsal makes up for functions that nothing calls, by their names and types."""

import base64
import re
import struct
import zlib
from collections.abc import Iterable
from typing import Any

from modal_proto import api_pb2

PROMPT = "What is a GPU?"
MESSAGES: list[Any] = [{"role": "user", "content": PROMPT}]
TOKENS = 16
# A request in the words of most apps.
TEXTS = ("prompt", "text", "question", "query", "input", "inputs", "message", "instruction")
BODY = dict.fromkeys(TEXTS, PROMPT) | {"messages": MESSAGES, "prompts": [PROMPT], "max_tokens": TOKENS}
# Names of what only the app's author knows: something that exists elsewhere.
SPECIFIC = re.compile(
    r"(?:^|_)(path|file|filename|dir|folder|image|img|audio|video|data|bytes|url|uri|link|config|dataset|adapter|lora|"
    r"checkpoint|ckpt|repo|model|base|volume|run|job|call|branch|commit|ref|sha|id|token|key|secret|password)s?"
    r"(?:_(?:id|name|path|dir|file|bytes|b64|url|text))?$"
)
CHAT = re.compile(r"messages|conversation|history|dialog|chat")
SEVERAL = re.compile(r"(prompts|questions|texts|inputs|queries|sentences|batch|items|requests)$")
REQUEST = re.compile(r"^(request|req|payload|body|item|params|event|json)$")
IMAGE = re.compile(r"(?:^|_)(image|img|picture|photo)(?:_(?:bytes|data|b64|base64))?$")
REST = ("args", "kwargs")  # parameters that take what is left


def _png() -> bytes:
    """An image of one white pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header, pixel = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0), zlib.compress(b"\0\xff\xff\xff")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixel) + chunk(b"IEND", b"")


class Unknowable(ValueError):
    """No argument can be made up; the text is the parameter's name."""


def arguments(parameters: Iterable[api_pb2.ClassParameterSpec]) -> dict[str, Any]:
    """An argument for each parameter without a default. Raises Unknowable."""
    return {
        parameter.name: value(parameter.name, parameter.full_type)
        for parameter in parameters
        if not parameter.has_default and parameter.name not in REST
    }


def value(name: str, kind: api_pb2.GenericPayloadType) -> Any:
    """An argument for the parameter `name` of type `kind`. Raises Unknowable."""
    base, of = kind.base_type, [sub.base_type for sub in kind.sub_types]
    if base in (api_pb2.PARAM_TYPE_INT, api_pb2.PARAM_TYPE_BOOL):
        return TOKENS if base == api_pb2.PARAM_TYPE_INT else False
    if base == api_pb2.PARAM_TYPE_UNKNOWN and (number := _number(name)):
        return number
    if IMAGE.search(name.lower()) and base != api_pb2.PARAM_TYPE_LIST:
        return base64.b64encode(_png()).decode() if base == api_pb2.PARAM_TYPE_STRING else _png()
    if base == api_pb2.PARAM_TYPE_BYTES or (SPECIFIC.search(name.lower()) and base != api_pb2.PARAM_TYPE_DICT):
        raise Unknowable(name)
    if base == api_pb2.PARAM_TYPE_DICT:
        return dict(BODY)
    if base == api_pb2.PARAM_TYPE_STRING:
        return PROMPT
    if base == api_pb2.PARAM_TYPE_LIST:
        return _list(name, of)
    return _untyped(name)


def _list(name: str, of: list[Any]) -> list[Any]:
    if CHAT.search(name) and of != [api_pb2.PARAM_TYPE_STRING]:
        return MESSAGES
    if of == [api_pb2.PARAM_TYPE_INT]:
        return [1, 2, 3]
    return [dict(BODY)] if of == [api_pb2.PARAM_TYPE_DICT] else [PROMPT]


def _untyped(name: str) -> Any:
    if CHAT.search(name):
        return MESSAGES
    if SEVERAL.search(name):
        return [PROMPT]
    if REQUEST.search(name):
        return dict(BODY)
    return PROMPT


def _number(name: str) -> float:
    """A number for a parameter that is named as one; 0 for others."""
    if re.search(r"temperature|top_p|penalty|threshold|timeout", name):
        return 0.5
    return TOKENS if re.search(r"tokens|length|limit|count|size|seed|num_|^n_|^n$|^k$|top_k", name) else 0
