"""Put into the engine environment as `torchvision`: lets model files be imported that only name it.

PyPI's torchvision is a CUDA build, which breaks imports next to a CPU build of torch. The rehearsal serves text, so
nothing of it is ever called: every name of every submodule is a placeholder class, and calling one says so.
"""

import importlib.abc
import importlib.machinery
import sys
import types

__version__ = "0.0.0"
__path__ = []  # a package, so that submodules are asked for below


class _Placeholder(type):
    """A class that has every attribute, each a placeholder again."""

    def __getattr__(cls, name: str):
        if name.startswith("__"):
            raise AttributeError(name)
        value = _Placeholder(f"{cls.__name__}.{name}", (), {})
        setattr(cls, name, value)
        return value

    def __call__(cls, *args, **kwargs):
        raise RuntimeError(f"{cls.__name__} was called: the rehearsal's CPU engine handles text only.")


def _named(module: str):
    def find(name: str):
        if name.startswith("__"):
            raise AttributeError(name)
        value = _Placeholder(f"{module}.{name}", (), {})
        setattr(sys.modules[module], name, value)
        return value

    return find


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        if name.startswith("torchvision."):
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        module = types.ModuleType(spec.name)
        module.__path__ = []
        module.__getattr__ = _named(spec.name)
        return module

    def exec_module(self, module):
        pass


sys.meta_path.append(_Finder())
__getattr__ = _named(__name__)
