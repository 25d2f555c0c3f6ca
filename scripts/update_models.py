"""Update the bundled facts of models from the Hugging Face Hub.

    python scripts/update_models.py Qwen/Qwen3-8B deepseek-ai/DeepSeek-V3.2
    python scripts/update_models.py --all
    python scripts/update_models.py --all --check    write nothing, print what changed; exit 1 if anything did

Written: revision, size (summed from the files, so exact), license, gating and configuration, with the Hub as source and
today as date. Parsers, drafts and oldest engines are kept, since the Hub does not state them. A model that is not
bundled yet is added without them. HF_TOKEN is needed for gated repositories. Exit 5 if the Hub does not respond, which
ends the run.
"""

import argparse
import datetime
import json
import sys

from modal_serve_gen.errors import HubUnavailable, ServeError
from modal_serve_gen.folders import FACTS
from modal_serve_gen.models import from_config, hub_client, valid_id
from modal_serve_gen.models.text_config import Json

UNKNOWN = 5  # exit code: the Hub did not respond
NEW = {
    "tier": "extra",
    "tool_call_parser": {},
    "reasoning_parser": {},
    "min_engine": {},
    "speculative": {},
    "notes": [],
}


def read(model_id: str, known: Json | None, day: str) -> tuple[Json, Json]:
    """The entry and the configuration document of one model as the Hub has it now. Raises ServeError."""
    repository = hub_client.fetch(model_id, None, token=None, say=lambda line: print(line, file=sys.stderr))
    size = sum(repository.weights.values())
    from_config(model_id, repository.revision, repository.config)  # raises ServeError for a broken one
    source = f"{repository.host}, {day}"
    entry = {**NEW, **(known or {})}
    entry.pop("computed_weight_bytes", None)
    entry |= {
        "config": entry.get("config") or f"{model_id.replace('/', '--')}.json",
        "revision": repository.revision,
        "revision_source": source,
        "license": repository.license,
        "gated": repository.gated,
        "weight_bytes": size,
        "weight_bytes_how": "sum of the safetensors files that an engine loads, as the Hub lists them",
        "weights_from_files": True,
        "weight_margin": 0.0,
        "confidence": "A",
        "notes": [note for note in entry["notes"] if not note.startswith("configuration not a verbatim copy")],
    }
    names = ("config", "weight_bytes", "gated", "license")
    entry["sources"] = {**entry.get("sources", {}), **dict.fromkeys(names, source)}
    return entry, {"config": repository.config, "source": source, "verbatim": True, "note": None}


def changes(known: Json | None, entry: Json) -> list[str]:
    """Differences between the facts and the Hub, as `key: before -> now`."""
    keys = ("revision", "weight_bytes", "license", "gated")
    return [f"{key}: {(known or {}).get(key)} -> {entry[key]}" for key in keys if (known or {}).get(key) != entry[key]]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("models", nargs="*", help="ids to read; with --all every bundled one")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if anything changed")
    arguments = parser.parse_args(argv)
    path = FACTS / "models.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    names = list(document["models"]) if arguments.all else arguments.models
    if not names or not all(valid_id(name) for name in names):
        parser.error("name at least one model as OWNER/NAME, or give --all")
    day = datetime.datetime.now(datetime.UTC).date().isoformat()
    failed, unavailable = 0, False
    for name in names:
        try:
            entry, config = read(name, document["models"].get(name), day)
        except HubUnavailable as error:
            print(f"{name} and the models after it were not read: {error.problem}", file=sys.stderr)
            unavailable = True
            break
        except ServeError as error:
            print(f"{name}: {error.problem}", file=sys.stderr)
            failed += 1
            continue
        if arguments.check:
            lines = changes(document["models"].get(name), entry)
            failed += bool(lines)
            print("\n".join(f"{name} {line}" for line in lines), end="\n" if lines else "")
            continue
        document["models"][name] = entry
        target = FACTS / "configs" / entry["config"]
        target.write_text(json.dumps(config, separators=(",", ":"), ensure_ascii=False) + "\n", encoding="utf-8")
        print(f"{name} {entry['revision']} {entry['weight_bytes']:,} bytes")
    if arguments.check:
        return UNKNOWN if unavailable else int(failed > 0)
    document["models"] = dict(sorted(document["models"].items(), key=lambda item: item[0].lower()))
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return UNKNOWN if unavailable else int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
