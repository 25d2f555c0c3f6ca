"""Write the environment variables that an engine's wheel names to src/modal_serve_gen/facts/apis/.

    python -m scripts.update_variables vllm-VERSION-...whl sglang-VERSION-...whl

Every name with the engine's prefix in its Python source is taken, whether the engine reads it or not.
"""

import argparse
import datetime
import json
import re
import sys
import zipfile
from pathlib import Path

APIS = Path(__file__).resolve().parent.parent / "src" / "modal_serve_gen" / "facts" / "apis"
PREFIXES = {"vllm": ("VLLM",), "sglang": ("SGLANG", "SGL")}


def variables(wheel: Path, engine: str) -> list[str]:
    """The names in alphabetical order."""
    pattern = re.compile(rf"\b(?:{'|'.join(PREFIXES[engine])})_[A-Z0-9_]*[A-Z0-9]\b")
    names: set[str] = set()
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.endswith(".py"):
                names |= set(pattern.findall(archive.read(name).decode("utf-8", "replace")))
    return sorted(names)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("wheel", type=Path, nargs="+")
    for wheel in parser.parse_args().wheel:
        engine, version = wheel.name.split("-")[:2]
        names = variables(wheel, engine)
        document = {
            "engine": engine, "version": version, "prefixes": [f"{prefix}_" for prefix in PREFIXES[engine]],
            "read_on": datetime.date.today().isoformat(), "source": f"every such name in {wheel.name}", "names": names,
        }  # fmt: skip
        path = APIS / f"{engine}_variables-{version}.json"
        path.write_text(json.dumps(document, indent=0) + "\n", "utf-8")
        print(f"{path.name}: {len(names)} names")
    return 0


if __name__ == "__main__":
    sys.exit(main())
