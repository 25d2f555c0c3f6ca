"""The image in which a Modal object runs, as far as the source tells: its base, its steps, and what they set."""

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from modal_serve_gen.checks import scopes
from modal_serve_gen.checks.evaluation import dotted_name
from modal_serve_gen.checks.modal_objects import Call

BASES = ("debian_slim", "from_registry", "micromamba")
# Steps whose packages are not in the file.
OPAQUE = (
    "from_dockerfile", "from_name", "from_id", "from_aws_ecr", "from_gcp_artifact_registry", "from_scratch",
    "uv_sync", "pip_install_from_requirements", "pip_install_from_pyproject", "poetry_install_from_file",
    "pip_install_private_repos", "micromamba_install",
)  # fmt: skip
KNOWN_BASES = re.compile(r"(docker\.io/|nvcr\.io/)?(library/)?(python|debian|ubuntu|nvidia/cuda)(?=[:@]|$)")
WITHOUT_NVCC = re.compile(r"(docker\.io/)?(library/)?(python|debian|ubuntu)[:@]|.*\bnvidia/cuda:[^@]*-(base|runtime)\b")
NVCC = re.compile(r"cuda[-_]toolkit|cuda-nvcc|cuda-compiler|cuda_\d[\w.]*_linux\.run|\bnvcc\b")  # in an install step


@dataclass(frozen=True)
class Image:
    """Steps of an image, the base first where there is one. `complete`: whether the file shows every step."""

    steps: tuple[Call, ...] = ()
    complete: bool = True

    def __or__(self, other: "Image") -> "Image":
        more = tuple(step for step in other.steps if step not in self.steps)
        return Image(self.steps + more, self.complete and other.complete)

    @property
    def base(self) -> Call | None:
        return next((step for step in self.steps if step.method in BASES), None)

    @property
    def lists_packages(self) -> bool:
        """True if every Python package in it is named in the file."""
        return self.complete and not any(
            step.method in OPAQUE or "requirements" in step.arguments for step in self.steps
        )


@dataclass
class ImageReader:
    """Reads image expressions. `call_of` and `evaluate` are the app's."""

    tree: ast.Module
    call_of: Callable[[ast.Call], Call]
    is_image: Callable[[ast.AST], bool]  # whether an expression is the class modal.Image
    assigned: dict[str, list[ast.expr]] = field(default_factory=dict)
    functions: Mapping[str, ast.AST] = field(default_factory=dict)
    known: dict[str, Image] = field(default_factory=dict)  # by name: each is read once, however often it is used

    def __post_init__(self) -> None:
        for name, expression in scopes.assignments(scopes.module_statements(self.tree)):
            self.assigned.setdefault(name, []).append(expression)

    def read(self, node: ast.AST, seen: frozenset[str] = frozenset()) -> Image:
        """The image that an expression evaluates to. A name that is assigned several times has all their steps."""
        if isinstance(node, ast.IfExp):
            return self.read(node.body, seen) | self.read(node.orelse, seen)
        if isinstance(node, ast.Name):
            return self._named(node.id, seen)
        if not isinstance(node, ast.Call):
            return Image(complete=False)
        if isinstance(node.func, ast.Attribute):
            step = Image((self.call_of(node),))
            return step if self.is_image(node.func.value) else self.read(node.func.value, seen) | step
        return self._built(dotted_name(node.func), seen)

    def _named(self, name: str, seen: frozenset[str]) -> Image:
        if name in self.known or name in seen:
            return self.known.get(name, Image())
        expressions = self.assigned.get(name, [])
        image = Image(complete=bool(expressions))
        for expression in expressions:
            image |= self.read(expression, seen | {name})
        self.known[name] = image
        return image

    def _built(self, name: str, seen: frozenset[str]) -> Image:
        """The image that a function of the app returns."""
        function = self.functions.get(name)
        if name in seen or not isinstance(function, ast.FunctionDef):
            return Image(complete=False)
        local = dict(scopes.assignments(scopes.walk(function)))
        image = Image()
        for node in scopes.walk(function):
            if isinstance(node, ast.Return) and node.value is not None:
                value = local.get(node.value.id, node.value) if isinstance(node.value, ast.Name) else node.value
                image |= self.read(value, seen | {name})
        return image
