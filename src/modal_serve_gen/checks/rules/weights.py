"""Where weights come from: downloaded once, on a CPU, into a Volume, in a safe format, loaded once per container."""

import ast
import re
from collections.abc import Iterator

from modal_serve_gen.checks.picture import Picture
from modal_serve_gen.checks.units import Unit

Fault = tuple[int, str, str]
DOWNLOADS = ("snapshot_download", "hf_hub_download")
LOADS = ("LLM", "from_pretrained", "Engine")
PICKLES = re.compile(r"\.(bin|pt|pth|ckpt|pkl)$")
STARTS = ("enter", "build")


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
        if not unit.gpus or (unit.web and unit.kind == "function"):
            continue
        bodies: list[tuple[str, ast.AST]] = []
        if unit.kind == "function":
            bodies = [(unit.name, unit.node)]
        elif isinstance(unit.node, ast.ClassDef):
            for each in unit.node.body:
                if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
                    names = [one.last for one in unit.methods[each.name]]
                    if "method" in names:
                        bodies.append((f"{unit.name}.{each.name}", each))
        for name, body in bodies:
            inside = {id(each) for each in ast.walk(body)}
            for call in unit.calls:
                if id(call.node) in inside and (call.last in LOADS or call.name == "transformers.pipeline"):
                    if call.last == "from_pretrained" and "Tokenizer" in call.name:
                        continue
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
        writes = [call for call in unit.calls if call.last in DOWNLOADS]
        shell = any(
            re.search(r"\b(hf|huggingface-cli)\b.* ?download|^download$", t) for t, n in app.strings if _in(unit, n)
        )
        if unit.given("volumes") and not unit.gpus and (writes or shell) and unit.name in called:
            line = writes[0].line if writes else unit.node.lineno
            yield line, f"{unit.name} writes to its Volume and does not commit", "call .commit() on the Volume after it"


def _in(unit: Unit, node: ast.AST) -> bool:
    return any(each.lineno <= node.lineno <= (each.end_lineno or 0) for each in unit.within)


def _downloads(app: Picture) -> bool:
    """Whether the file downloads weights somewhere else than in the engine."""
    shell = any(re.search(r"\b(hf|huggingface-cli)\b.*download", text) for text, _ in app.strings)
    words = {text for text, _ in app.strings}
    listed = bool(words & {"hf", "huggingface-cli"}) and "download" in words
    return shell or listed or any(call.last in DOWNLOADS for call in app.calls)


def _in_image(app: Picture) -> bool:
    """Whether weights may lie in the image itself."""
    built = {call.last for call in app.calls}
    return (
        bool(built & {"run_function", "run_commands"})
        and _downloads(app)
        and not any(
            call.arguments.get("volumes") for call in app.calls if call.last in ("run_function", "run_commands")
        )
    )
