"""Write which arguments the installed Modal SDK takes to src/modal_serve_gen/facts/apis/modal-VERSION.json.

    python scripts/update_modal.py

Names are those of an app's file: `app.function`, `modal.concurrent`, `Image.pip_install`. A test holds the bundled
file against the SDK that it names.
"""

import datetime
import inspect
import json
import sys
from importlib.metadata import version
from pathlib import Path

import modal
import modal.experimental

APIS = Path(__file__).resolve().parent.parent / "src" / "modal_serve_gen" / "facts" / "apis"
OF_MODAL = (
    "concurrent", "web_server", "asgi_app", "wsgi_app", "fastapi_endpoint", "enter", "exit", "method", "batched",
    "parameter", "clustered",
)  # fmt: skip
OF_IMAGE = (
    "from_registry", "debian_slim", "pip_install", "uv_pip_install", "run_function", "run_commands", "apt_install",
    "pip_install_from_requirements", "from_dockerfile", "add_local_dir", "add_local_file", "add_local_python_source",
)  # fmt: skip


def signatures() -> dict[str, list[str]]:
    """Name -> the arguments that may be given by name."""
    found = {f"app.{name}": getattr(modal.App, name) for name in ("function", "cls", "server", "local_entrypoint")}
    found |= {f"modal.{name}": getattr(modal, name) for name in OF_MODAL}
    found["modal.experimental.http_server"] = modal.experimental.http_server
    found |= {f"Image.{name}": getattr(modal.Image, name) for name in OF_IMAGE}
    found |= {f"{each.__name__}.from_name": each.from_name for each in (modal.Volume, modal.Secret, modal.Cls)}
    found |= {f"Cls.{name}": getattr(modal.Cls, name) for name in ("with_options", "with_concurrency", "with_batching")}
    return {name: _parameters(each) for name, each in sorted(found.items())}


def _parameters(function) -> list[str]:
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    found = inspect.signature(function).parameters.values()
    return [each.name for each in found if each.kind in kinds and each.name != "self" and each.name[0] != "_"]


def document() -> dict:
    """What the file holds."""
    today = datetime.date.today().isoformat()
    return {"version": version("modal"), "read_on": today, "source": "inspect.signature", "takes": signatures()}


def main() -> int:
    path = APIS / f"modal-{version('modal')}.json"
    path.write_text(json.dumps(document(), indent=1) + "\n", "utf-8")
    print(path.relative_to(APIS.parents[3]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
