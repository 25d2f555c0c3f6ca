"""What is served is pinned: the engine to one version, the model to one commit.

A download without a 40-hex revision serves whatever the repository holds that day, and an engine without a version
takes flags and memory as the newest one likes.
"""

import re
from collections.abc import Iterator

from modal_serve_gen.checks.picture import Picture, keyword, value

SHA = re.compile(r"[0-9a-f]{40}")


def find(picture: Picture) -> Iterator[tuple[int, str, str]]:
    for command in picture.commands:
        if command.engine not in picture.pins:
            line = command.lines[0] if command.lines else 1
            yield line, f"no version of {command.engine} is pinned in the image", f'install "{command.engine}==VERSION"'
    for name, call in picture.calls:
        if name.endswith(("snapshot_download", "hf_hub_download")):
            node = keyword(call, "revision")
            revision = value(node, picture.constants)
            if node is None:
                yield call.lineno, f"{name} is given no revision", "add revision= with the 40-hex commit"
            elif isinstance(revision, str) and not SHA.fullmatch(revision):
                yield call.lineno, f"the revision {revision!r} can move", "write the 40-hex commit"
