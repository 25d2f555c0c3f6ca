"""Provenance: the comment block at the end of an app, a TOML document from which the same text is rendered again.

Package lists are not repeated in it: the document names the constant of the app that holds each of them, and reading
takes them from there. An app can therefore be updated by editing its list of packages.
"""

import tomllib
from typing import Any

import tomli_w
from pydantic import ValidationError

from modal_serve_gen.errors import BadInput, quoted
from modal_serve_gen.models.values import PIN
from modal_serve_gen.render.literals import string_list
from modal_serve_gen.render.resolved import Resolved

BEGIN = "# --- provenance: `modal-serve-gen new --spec` reads this block and the lists it names ---"
END = "# --- end ---"
# The first line of the block in older apps, which repeat the package lists in it.
OLD_BEGIN = "# --- what this file was made from: `modal-serve-gen new --spec` reads this block, not the code above ---"
PACKAGES = "PACKAGES"  # the constant of an app that holds the engine's pin, then those of `pins.packages`


def constant(name: str) -> str:
    """Return the name of the constant that holds the further package list `name`."""
    return name.upper()


def provenance(resolved: Resolved) -> str:
    """Return the last comment block of the app's text. Values equal to their defaults are left out."""
    document = resolved.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    document["pins"] |= {"packages": PACKAGES}
    del document["pins"]["version"]
    if resolved.also:
        document["also"] = {name: constant(name) for name in resolved.also}
    text = "".join(char if char == "\n" else _escaped(char) for char in tomli_w.dumps(document))
    lines = [f"# {line}".rstrip() for line in text.split("\n")[:-1]]
    return "\n".join([BEGIN, *lines, END]) + "\n"


def _escaped(char: str) -> str:
    """An unprintable character, which occurs in strings only, as TOML's escape."""
    return char if char.isprintable() else f"\\U{ord(char):08x}"


def split(text: str) -> tuple[str, str | None]:
    """Return the code of an app and its provenance block, the markers excluded; None for the block if there is none.

    Raises ValueError if the block has no last line.
    """
    for begin in (BEGIN, OLD_BEGIN):
        code, marker, rest = text.partition(f"\n{begin}\n")
        if marker:
            block, end, _ = rest.partition(f"\n{END}")
            if not end:
                raise ValueError(f"its last line {END!r} is missing")
            return code, block
    return text, None


def read_provenance(text: str) -> Resolved | None:
    """Return what a generated app was rendered from; None if `text` has no provenance block.

    Raises BadInput if the block, or a package list that it names, cannot be read.
    """
    try:
        code, block = split(text)
        if block is None:
            return None
        lines = [line.removeprefix("#").removeprefix(" ") for line in block.split("\n")]
        document = tomllib.loads("\n".join(lines))
        _read_packages(document, code)
        return Resolved.model_validate(document)
    except (ValueError, RecursionError) as error:
        raise BadInput(
            f"The provenance block at the end of this app cannot be read: {_reason(error)}.",
            "Restore the file from version control, or generate the app again.",
        ) from None


def _reason(error: Exception) -> str:
    """Why a block was refused, with the first value that is not valid."""
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        return f"{quoted(place)} is {quoted(first['input'])} ({first['msg'].removeprefix('Value error, ')})"
    return str(error) if isinstance(error, ValueError) else "it is nested too deeply"


def _read_packages(document: dict[str, Any], code: str) -> None:
    """Replace each name of a package list in `document` by the list that `code` assigns to it."""
    pins, also = document.get("pins"), document.get("also")
    if isinstance(pins, dict) and isinstance(pins.get("packages"), str):
        engine, *pins["packages"] = _pins(code, pins["packages"])
        pins["version"] = engine.partition("==")[2]
    if isinstance(also, dict):
        document["also"] = {
            name: _pins(code, packages) if isinstance(packages, str) else packages for name, packages in also.items()
        }


def _pins(code: str, name: str) -> list[str]:
    if not name.isidentifier():
        raise ValueError(f"{quoted(name)} is not the name of a list")
    pins = string_list(code, name)
    if unpinned := [pin for pin in pins if not PIN.fullmatch(pin)]:
        raise ValueError(f"{name} holds {quoted(unpinned[0])}, which is not a package pinned as name==version")
    if not pins:
        raise ValueError(f"{name} is empty")
    return pins
