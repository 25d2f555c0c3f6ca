"""Where weights come from: downloaded once, on a CPU, into a Volume, in a safe format, loaded once per container."""

import ast
import re
from collections.abc import Iterator

from modal_serve_gen.checks.picture import Picture
from modal_serve_gen.checks.units import Fault, Unit

DOWNLOADS = ("snapshot_download", "hf_hub_download")
LOADS = ("LLM", "from_pretrained", "Engine")
PICKLES = re.compile(r"\.(bin|pt|pth|ckpt|pkl)$")
COMMAND = re.compile(r"\b(hf|huggingface-cli) download\b")


def weights_volume(app: Picture) -> Iterator[Fault]:
    """The container that loads weights has a Volume to load them from.

    Without one every container downloads the whole model again, on a GPU that is paid for.
    """
    for unit in app.units:
        loads = unit.engine or next((each for each in unit.calls if each.last == "from_pretrained"), None)
        if loads and unit.gpus and unit.call.lacks("volumes") and not _in_image(app):
            yield unit.call.line, f"{unit.name} has no Volume: each container downloads the model", "add volumes={...}"


def download_on_gpu(app: Picture) -> Iterator[Fault]:
    """Weights are downloaded on a CPU, before a GPU starts.

    A download takes minutes in which a GPU does nothing; a function without one, or a step of the image's build, fills
    the Volume first.
    """
    for unit in app.units:
        for call in unit.calls:
            local = call.arguments.get("local_files_only")
            if unit.gpus and call.last in DOWNLOADS and not (local and local.value is True):
                yield call.line, f"{call.last} runs in {unit.name}, on a GPU", "download in a function without a GPU"
        command = unit.engine
        if unit.gpus and command and not _downloads(app) and not _in_image(app):
            yield (
                command.line,
                f"{command.engine} downloads its model itself, on a GPU",
                "fill the Volume first, in a function without a GPU",
            )


def model_per_call(app: Picture) -> Iterator[Fault]:
    """A model is loaded once per container, in `@modal.enter`, not with every call.

    In a function, or in a method, it is loaded anew each time it is called.
    """
    for unit in app.units:
        for name, body in _called(unit) if unit.gpus else ():
            inside = {id(each) for each in ast.walk(body)}
            for call in unit.calls:
                loads = call.last in LOADS or call.name == "transformers.pipeline"
                if loads and id(call.node) in inside and "Tokenizer" not in call.name:
                    yield call.line, f"{name} loads the model with every call", "load it in an @modal.enter of a class"


def pickle_weights(app: Picture) -> Iterator[Fault]:
    """Weights are safetensors: files that hold numbers, and cannot run code when they are loaded.

    .bin, .pt and .pth files are pickles.
    """
    for command in app.commands:
        given = command.value("--load-format")
        if given and given[0] in ("pt", "npcache"):
            yield given[1], f"--load-format {given[0]} reads pickles", "take it out: safetensors are the default"
    for call in app.calls:
        if call.name == "torch.load":
            safe = call.arguments.get("weights_only")
            if safe and safe.value is False:
                yield call.line, "torch.load with weights_only=False runs what the file holds", "load safetensors"
        given = call.arguments.get("use_safetensors")
        if given and given.value is False:
            yield given.line, "use_safetensors=False reads pickles", "take it out"
        allowed = call.arguments.get("allow_patterns")
        if call.last in DOWNLOADS and allowed and isinstance(allowed.value, list | str):
            wanted = [allowed.value] if isinstance(allowed.value, str) else allowed.value
            if wanted and any(isinstance(each, str) and PICKLES.search(each) for each in wanted):
                yield allowed.line, "pickled weights are downloaded", "take safetensors instead"


def volume_commit(app: Picture) -> Iterator[Fault]:
    """What one container writes to a Volume for the next one is committed.

    Modal commits in the background and when a container ends; a container that is called right after sees the files
    only once they are committed.
    """
    if any(call.last == "commit" for call in app.calls):
        return
    called = {call.name.rpartition(".")[0] for call in app.calls if call.last in ("remote", "spawn")}
    for unit in app.units:
        if not unit.given("volumes") or unit.gpus or unit.name not in called:
            continue
        writes = next((call.line for call in unit.calls if call.last in DOWNLOADS), None)
        if writes is None and _by_command([text for text, node in app.strings if _in(unit, node)]):
            writes = unit.node.lineno
        if writes is not None:
            yield (
                writes,
                f"{unit.name} writes to its Volume and does not commit",
                "call .commit() on it afterwards",
            )


def _called(unit: Unit) -> Iterator[tuple[str, ast.AST]]:
    """What of a unit runs with each call, by name: a function that serves no engine, the methods of a class."""
    if unit.kind == "function" and not unit.web:
        yield unit.name, unit.node
    for each in unit.node.body if isinstance(unit.node, ast.ClassDef) else ():
        if any(one.last == "method" for one in unit.methods.get(getattr(each, "name", ""), ())):
            yield f"{unit.name}.{each.name}", each


def _in(unit: Unit, node: ast.AST) -> bool:
    return any(each.lineno <= node.lineno <= (each.end_lineno or 0) for each in unit.within)


def _by_command(texts: list[str]) -> bool:
    """Whether some text, or a list of words among them, is a download on the Hub's command line."""
    listed = "download" in texts and bool({"hf", "huggingface-cli"} & set(texts))
    return listed or any(COMMAND.search(text) for text in texts)


def _downloads(app: Picture) -> bool:
    """Whether the file downloads weights somewhere else than in the engine."""
    return any(call.last in DOWNLOADS for call in app.calls) or _by_command([text for text, _ in app.strings])


def _in_image(app: Picture) -> bool:
    """Whether weights may lie in the image itself: downloaded by a step of its build that has no Volume."""
    steps = [call for call in app.calls if call.last in ("run_function", "run_commands")]
    return bool(steps) and _downloads(app) and not any("volumes" in step.arguments for step in steps)
