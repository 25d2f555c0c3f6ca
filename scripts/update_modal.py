"""Write the arguments that the installed Modal SDK takes to src/modal_serve_gen/facts/apis/modal-VERSION.json.

    python -m scripts.update_modal

Names are as in an app: `app.function`, `modal.concurrent`, `Image.pip_install`. A test compares the bundled file with
the SDK that it names.
"""

import datetime
import inspect
import json
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import modal
import modal.experimental

APIS = Path(__file__).resolve().parent.parent / "src" / "modal_serve_gen" / "facts" / "apis"
OF_APP = ("function", "cls", "server", "local_entrypoint")
OF_MODAL = (
    *("concurrent", "web_server", "asgi_app", "wsgi_app", "fastapi_endpoint", "enter", "exit", "method", "batched"),
    *("parameter", "clustered"),
)
OF_IMAGE = (
    *("from_registry", "debian_slim", "pip_install", "uv_pip_install", "run_function", "run_commands", "apt_install"),
    *("pip_install_from_requirements", "from_dockerfile", "add_local_dir", "add_local_file"),
    "add_local_python_source",
)
OF_CLS = ("with_options", "with_concurrency", "with_batching")


def signatures() -> dict[str, list[str]]:
    """The named arguments of each function."""
    functions: dict[str, Callable[..., Any]] = {f"app.{name}": getattr(modal.App, name) for name in OF_APP}
    functions |= {f"modal.{name}": getattr(modal, name) for name in OF_MODAL}
    functions["modal.experimental.http_server"] = getattr(modal.experimental, "http_server")  # noqa: B009 (untyped)
    functions |= {f"Image.{name}": getattr(modal.Image, name) for name in OF_IMAGE}
    functions |= {f"{kind.__name__}.from_name": kind.from_name for kind in (modal.Volume, modal.Secret, modal.Cls)}
    functions |= {f"Cls.{name}": getattr(modal.Cls, name) for name in OF_CLS}
    return {name: _parameters(function) for name, function in sorted(functions.items())}


def _parameters(function: Callable[..., Any]) -> list[str]:
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    parameters = inspect.signature(function).parameters.values()
    return [one.name for one in parameters if one.kind in kinds and one.name != "self" and one.name[0] != "_"]


def document() -> dict[str, Any]:
    """The content of the file."""
    today = datetime.date.today().isoformat()
    return {"version": version("modal"), "read_on": today, "source": "inspect.signature", "takes": signatures()}


def main() -> int:
    path = APIS / f"modal-{version('modal')}.json"
    path.write_text(json.dumps(document(), indent=1) + "\n", "utf-8")
    print(path.relative_to(APIS.parents[3]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
