"""Texts of the stubs: reading a message, making an answer, counting tokens."""

from typing import Any

BYTES_PER_TOKEN = 3  # of UTF-8


def text_of(message: dict[str, Any]) -> str:
    """The text of a message; of all its parts, if there are several."""
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "".join(str(part.get("text", "")) for part in parts if isinstance(part, dict))


def example(schema: dict[str, Any]) -> Any:
    """A minimal value that fits a JSON schema."""
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    for combination in ("anyOf", "oneOf", "allOf"):
        if schema.get(combination):
            return example(schema[combination][0])
    kind = schema.get("type", "object" if "properties" in schema else "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        return {name: example(inner) for name, inner in (schema.get("properties") or {}).items()}
    if kind == "array":
        return [example(schema.get("items") or {}) for _ in range(schema.get("minItems", 1))]
    plain = {"integer": int(schema.get("minimum", 1)), "number": float(schema.get("minimum", 1)), "boolean": True}
    return plain.get(kind, None if kind == "null" else "text")


def words(text: str) -> list[str]:
    """The words of a text, each with the space before it: the tokens of an answer."""
    first, *others = text.split(" ")
    return [first, *(f" {word}" for word in others)]


def tokens_of(text: str) -> list[int]:
    """Token ids: a few bytes each, prefixed with a 1 byte so that leading zeros count."""
    data = text.encode("utf-8", "surrogatepass")
    return [int.from_bytes(b"\1" + data[at : at + BYTES_PER_TOKEN]) for at in range(0, len(data), BYTES_PER_TOKEN)]


def text_of_tokens(tokens: list[int]) -> str:
    """The inverse of tokens_of."""
    pieces = (token.to_bytes(max(1, (token.bit_length() + 7) // 8))[1:] for token in tokens if token > 0)
    return b"".join(pieces).decode("utf-8", "replace")
