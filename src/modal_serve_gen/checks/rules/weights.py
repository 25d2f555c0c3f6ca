"""Weights: downloaded once, on a CPU, to a Volume, in a safe format, and loaded once per container."""

import ast
import re
from collections.abc import Iterable, Iterator

from modal_serve_gen.checks import engine_names
from modal_serve_gen.checks.app_source import AppSource
from modal_serve_gen.checks.images import KNOWN_BASES
from modal_serve_gen.checks.modal_objects import Call, ModalObject, Violation
from modal_serve_gen.checks.severity import Severity, severity

DOWNLOADS = ("snapshot_download", "hf_hub_download")
NO_MODELS = re.compile(r"(Tokenizer|Processor|Config|FeatureExtractor)\w*\.from_pretrained$")
PICKLES = re.compile(r"\.(bin|pt|pth|ckpt|pkl)$")
HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
FILE_STEPS = (
    "run_function", "run_commands", "dockerfile_commands",
    "add_local_dir", "add_local_file", "copy_local_dir", "copy_local_file",
)  # fmt: skip
DOWNLOAD_COMMAND = re.compile(r"\b(hf|huggingface-cli) download\b")


@severity(Severity.WARNING)
def weights_volume(app: AppSource) -> Iterator[Violation]:
    """A container that loads weights has a Volume to load them from.

    Without one, every container downloads the model again, on a GPU that is billed.
    """
    for obj in app.modal_objects:
        command = obj.engine_command
        loads = command or any(_loads_model(call) for call in obj.calls)
        if not loads or not obj.gpus or not obj.call.lacks("volumes") or _weights_in_image(app):
            continue
        path = command.model.text if command else None
        if path is None or not path.startswith(("/", ".")):
            message = f"{obj.name} has no Volume: each container downloads the model"
            yield Violation(obj.line, message, "add volumes={...}")
        elif not _may_contain_files(app, obj):
            message = f"{obj.name} has no Volume, and nothing puts {path} into its image"
            yield Violation(obj.line, message, "add volumes={...}", Severity.ERROR)


@severity(Severity.WARNING)
def download_on_gpu(app: AppSource) -> Iterator[Violation]:
    """Weights are downloaded on a CPU, before a GPU starts.

    During the download, which takes minutes, the GPU is idle and billed. Fill the Volume in a function without a GPU,
    or download in a step of the image build.
    """
    for obj in app.modal_objects:
        if not obj.gpus:
            continue
        for call in obj.calls:
            if call.method in DOWNLOADS and not call.switch("local_files_only", True):
                message = f"{obj.name} runs {call.method} on a GPU"
                yield Violation(call.line, message, "download in a function without a GPU")
        command = obj.engine_command
        model = command.model.text if command else ""
        by_name = HUB_ID.fullmatch(model) if model is not None else command and command.line_of("--revision")
        if command and by_name and not _downloads(app) and not _weights_in_image(app):
            message = f"{command.engine} downloads its model on a GPU"
            yield Violation(command.line, message, "download it to a Volume first, in a function without a GPU")


@severity(Severity.WARNING)
def model_per_call(app: AppSource) -> Iterator[Violation]:
    """A model is loaded once per container, in `@modal.enter`, not on every call.

    The body of a function or method runs on every call.
    """
    for obj in app.modal_objects:
        for name, body in _called(obj) if obj.gpus else ():
            nodes = {id(inner) for inner in ast.walk(body)}
            for call in obj.calls:
                if _loads_model(call) and id(call.node) in nodes:
                    message = f"{name} loads the model on every call"
                    yield Violation(call.line, message, "load it in @modal.enter of a class")


@severity(Severity.WARNING)
def pickle_weights(app: AppSource) -> Iterator[Violation]:
    """Weights are safetensors files, which cannot run code when they are loaded.

    .bin, .pt and .pth files are pickles.
    """
    for command in app.commands:
        load_format = command.value("--load-format")
        if load_format and load_format.text in ("pt", "npcache"):
            message = f"--load-format {load_format.text} reads pickles"
            yield Violation(load_format.line, message, "remove it: safetensors is the default")
    for call in app.calls:
        if call.name == "torch.load" and call.switch("weights_only", False):
            message = "torch.load with weights_only=False runs code in the file"
            yield Violation(call.line, message, "load safetensors")
        if use_safetensors := call.switch("use_safetensors", False):
            yield Violation(use_safetensors.line, "use_safetensors=False reads pickles", "remove it")
        allowed = call.arguments.get("allow_patterns")
        if call.method in DOWNLOADS and allowed:
            patterns = allowed.value if isinstance(allowed.value, list) else [allowed.value]
            if any(isinstance(pattern, str) and PICKLES.search(pattern) for pattern in patterns):
                yield Violation(allowed.line, "pickled weights are downloaded", "download safetensors instead")


@severity(Severity.WARNING)
def volume_commit(app: AppSource) -> Iterator[Violation]:
    """Files written to a Volume for other containers are committed.

    Modal commits in the background and when a container ends. A container that is called right afterwards sees the
    files only if they are committed.
    """
    if any(call.method == "commit" for call in app.calls):
        return
    called = {call.name.rpartition(".")[0] for call in app.calls if call.method in ("remote", "spawn")}
    for obj in app.modal_objects:
        if not obj.argument("volumes") or obj.gpus or obj.name not in called:
            continue
        line = next((call.line for call in obj.calls if call.method in DOWNLOADS), None)
        if line is None and _has_download_command(text for text, node in app.strings if _contains(obj, node)):
            line = obj.node.lineno
        if line is not None:
            message = f"{obj.name} writes to its Volume without committing"
            yield Violation(line, message, "call .commit() on the Volume afterwards")


def _loads_model(call: Call) -> bool:
    """True for a call that loads the weights of a model."""
    if call.method == "from_pretrained":
        return not NO_MODELS.search(call.name)
    return bool(engine_names.of_call(call.name))


def _may_contain_files(app: AppSource, obj: ModalObject) -> bool:
    """True if a step of an object's image, or its base, may put files into it."""
    image = app.image_of(obj)
    steps = {step.method for step in image.steps}
    base = image.base
    unknown = base is not None and base.method == "from_registry" and not KNOWN_BASES.match(app.text_of(base))
    return not image.lists_packages or unknown or bool(steps & set(FILE_STEPS))


def _called(obj: ModalObject) -> Iterator[tuple[str, ast.AST]]:
    """(name, definition) of each body that runs with every call: a function without a URL, the methods of a class."""
    if obj.kind == "function" and not obj.web:
        yield obj.name, obj.node
    for node in obj.node.body if isinstance(obj.node, ast.ClassDef) else ():
        name = getattr(node, "name", "")
        if any(decorator.method == "method" for decorator in obj.methods.get(name, ())):
            yield f"{obj.name}.{name}", node


def _contains(obj: ModalObject, node: ast.expr) -> bool:
    return any(definition.lineno <= node.lineno <= (definition.end_lineno or 0) for definition in obj.reachable)


def _has_download_command(strings: Iterable[str]) -> bool:
    """True if a string, or the words of a list among them, is a download with the Hub's command line."""
    strings = set(strings)
    as_list = "download" in strings and bool({"hf", "huggingface-cli"} & strings)
    return as_list or any(DOWNLOAD_COMMAND.search(text) for text in strings)


def _downloads(app: AppSource) -> bool:
    """True if the app downloads weights outside the engine."""
    return any(call.method in DOWNLOADS for call in app.calls) or _has_download_command(text for text, _ in app.strings)


def _weights_in_image(app: AppSource) -> bool:
    """True if the weights may be in the image: downloaded by a build step without a Volume."""
    steps = [call for call in app.calls if call.method in ("run_function", "run_commands")]
    return bool(steps) and _downloads(app) and not any("volumes" in step.arguments for step in steps)
