"""Provides the absent modules of libraries that run models inside the app's own process, made of placeholders."""

import importlib.abc
import importlib.machinery
import sys
import types
from typing import Any

from engine_stub.other_table import TABLE
from engine_stub.placeholders import Thing


class Finder(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Makes the absent modules of the libraries; `python -m` of an engine's module runs its HTTP stub."""

    def __init__(self, modules: set[str]):
        self.modules, self.noted = modules, set[str]()

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        top = name.partition(".")[0]
        if top not in self.modules:
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=not name.endswith(".__main__"))

    def create_module(self, spec: Any) -> types.ModuleType:
        module = types.ModuleType(spec.name)
        module.__path__ = []
        module.__dict__["__version__"] = "0.0.0"

        def attribute(name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            return Thing(f"{spec.name}.{name}")

        module.__dict__["__getattr__"] = attribute
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        from engine_stub.notes import note

        top = module.__name__.partition(".")[0]
        if top not in self.noted:
            self.noted.add(top)
            note("placeholder", top)

    def is_package(self, name: str) -> bool:
        return not name.endswith(".__main__")

    def get_source(self, name: str) -> str:
        module = name.removesuffix(".__main__")
        engine = next((row for row, values in TABLE["engines"].items() if module in values.get("modules", ())), "")
        return f"import sys\nfrom engine_stub.other import main\nsys.exit(main({engine!r}, sys.argv[1:]))\n"


def install(modules: list[str]) -> None:
    """Find placeholders for `modules` that nothing else provides."""
    sys.meta_path.append(Finder(set(modules)))
