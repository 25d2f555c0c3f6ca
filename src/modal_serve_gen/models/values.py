"""Types of the values that records of an app hold: each is safe in a file, on a terminal and in arithmetic."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from modal_serve_gen.models import SHA, valid_id

PIN = re.compile(r"[A-Za-z0-9][\w.-]*(\[[\w.,-]*\])?==[\w.!+-]+", re.ASCII)
# Controls, lone surrogates, separators of lines and paragraphs, and the characters that reorder text (Unicode's
# property Bidi_Control): what a reader sees would differ from what Python or a terminal reads.
UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def _text(value: str) -> str:
    if UNSAFE.search(value):
        raise ValueError("must not contain control characters or invalid Unicode")
    return value


def _model(value: str) -> str:
    if not valid_id(value):
        raise ValueError(
            "must be a Hugging Face id: owner/name of letters, digits, '-', '.' and '_', as in Qwen/Qwen3-8B"
        )
    return value


def is_commit(value: str) -> bool:
    """True for the full hash of a commit that may exist."""
    return SHA.fullmatch(value) is not None and value.strip("0") != ""


def _revision(value: str) -> str:
    if not is_commit(value):
        raise ValueError("must be the full hash of a commit (40 lower-case hex digits, not all of them zero)")
    return value


def _pin(value: str) -> str:
    if not PIN.fullmatch(value):
        raise ValueError("must be a package pinned as name==version")
    return value


Text = Annotated[str, AfterValidator(_text), Field(max_length=4000)]  # may still hold any quotes and brackets
Word = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+!-]*$", max_length=100)]  # a version, dtype or parser
ModelId = Annotated[str, AfterValidator(_model)]
Commit = Annotated[str, AfterValidator(_revision)]
Pin = Annotated[str, AfterValidator(_pin), Field(max_length=200)]
Bytes = Annotated[int, Field(ge=0, le=2**60)]
Count = Annotated[int, Field(ge=1, le=2**20)]  # of GPUs, requests or ranks; keeps absurd numbers out of arithmetic
Figure = Annotated[float, Field(ge=0, le=2**40, allow_inf_nan=False)]  # GiB, USD or layers
