"""The stub's texts: what is read out of a request, made into an answer, and counted as tokens."""

PIECE = 3  # bytes of UTF-8 that count as one token


def text_of(message: dict) -> str:
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "".join(str(part.get("text", "")) for part in parts if isinstance(part, dict))


def example(schema: dict) -> object:
    """The plainest value that a JSON schema allows."""
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    for several in ("anyOf", "oneOf", "allOf"):
        if schema.get(several):
            return example(schema[several][0])
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
    """A few bytes each, with a one before them so that zeros count."""
    data = text.encode("utf-8", "surrogatepass")
    return [int.from_bytes(b"\1" + data[at : at + PIECE]) for at in range(0, len(data), PIECE)]


def text_of_tokens(tokens: list[int]) -> str:
    pieces = (token.to_bytes(max(1, (token.bit_length() + 7) // 8))[1:] for token in tokens if token > 0)
    return b"".join(pieces).decode("utf-8", "replace")
