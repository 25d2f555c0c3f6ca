"""How many tokens the skill costs an agent: `python -m scripts.tokens` prints a table and ends with 1 over a limit.

No tokenizer's vocabulary is needed: pieces are counted so that the sum lies above what a real one makes of such text.
Against o200k_base (rs-bpe 0.1.0) the files of the skill came out MARGIN higher on 2026-11-21.
"""

import re
import sys
from pathlib import Path

from scripts.docs import SKILL

MARGIN = "0 to 27 %"
PIECE = re.compile(r"[A-Za-z]+|\d{1,3}|[^\sA-Za-z\d]|\n\s*|[ \t]{2,}")
WORD = 7  # letters that one token holds of most words
ALWAYS, MAIN, REFERENCE = 130, 1700, 4000


def count(text: str) -> int:
    """An upper estimate of the tokens of an English or Markdown text."""
    return sum(1 + (len(piece) - 1) // WORD if piece[0].isalpha() else 1 for piece in PIECE.findall(text))


def front_matter(text: str) -> str:
    """The front matter between the first two lines of dashes; '' without them."""
    match = re.match(r"---\n(.*?)\n---\n", text, re.S)
    return match[1] if match else ""


def always(text: str) -> int:
    """Tokens of name and description, which every session pays for."""
    match = re.search(r"^name:.*?(?=^(?!name|description| )\w)", front_matter(text), re.S | re.M)
    return count(match[0] if match else front_matter(text))


def costs(folder: Path = SKILL) -> list[tuple[str, int, int]]:
    """(what, tokens, limit) of the skill."""
    main = (folder / "SKILL.md").read_text("utf-8")
    rows = [("name and description", always(main), ALWAYS), ("SKILL.md", count(main), MAIN)]
    for path in sorted((folder / "references").glob("*.md")):
        rows.append((f"references/{path.name}", count(path.read_text("utf-8")), REFERENCE))
    return rows


def main() -> int:
    rows = costs()
    for what, tokens, limit in rows:
        print(f"{what:40} {tokens:6} of {limit}{'  TOO MANY' if tokens > limit else ''}")
    return int(any(tokens > limit for _, tokens, limit in rows))


if __name__ == "__main__":
    sys.exit(main())
