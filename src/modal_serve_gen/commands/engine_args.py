"""What --engine-arg may say: flags of the pinned engine, not set by the app itself, within what the GPU can do."""

from modal_serve_gen import facts, flags
from modal_serve_gen.checks.picture import Picture
from modal_serve_gen.errors import BadInput, quoted
from modal_serve_gen.plan.gpus import gpu_facts
from modal_serve_gen.render import Resolved
from modal_serve_gen.spec.serve_spec import ServeSpec
from modal_serve_gen.spec.workflows import Workflow

KEYS = ("--api-key", "--admin-api-key")
# A draft has to be in the Volume before the engine starts offline, so it is more than a flag.
DRAFTS = ("--speculative-config", "--spec-model", "--speculative-draft-model-path", "--speculative-draft-model")


def check(wanted: ServeSpec, workflow: Workflow, version: str) -> None:
    """Each --engine-arg against the pinned engine's own table, by exact name and choice. Raises BadInput."""
    table = flags.load(facts.flag_table(workflow.engine, version))
    for problem in flags.check(wanted.engine_arg, table, whole=False):
        if problem.kind == "error":
            raise BadInput(
                problem.message + _elsewhere(problem.flag, workflow.engine),
                "Write each as --engine-arg=--flag=value; the engine's own names count.",
            )
    for given in flags.parse(wanted.engine_arg, table).options:
        if given.flag in KEYS:
            raise BadInput(f"{given.flag} would put a key into the file.", "Use --auth; keys live in Modal Secrets.")
        if given.flag in DRAFTS and "model" in str(given.values):
            raise BadInput(
                f"{given.flag} names a draft model, which the app would have to download and pin.",
                "Use --draft ALGORITHM=REPO@SHA with a workflow that has it.",
            )


def _elsewhere(flag: str, engine: str) -> str:
    """A sentence when another engine has the flag; '' when none has."""
    for other in facts.pins():
        if other != engine and facts.pins()[other].torch:
            table = flags.load(facts.flag_table(other, facts.pins()[other].version))
            if flag.partition("=")[0] in table.spellings:
                return f" It is a flag of {other}, and this workflow runs {engine}."
    return ""


def value(wanted: ServeSpec, flag: str) -> str | None:
    """The value that an --engine-arg gives to `flag`; the last one counts."""
    found = [arg.partition("=")[2] for arg in wanted.engine_arg if arg.partition("=")[0] == flag]
    return found[-1] if found and found[-1] else None


def require_gpu(wanted: ServeSpec, gpu: str) -> None:
    """Refuse a quantisation made while loading that the chosen GPU has no kernels for."""
    name = value(wanted, "--quantization")
    rule = facts.quantization().formats.get(name or "")
    if rule and gpu_facts(gpu).compute_capability < rule.least:
        raise BadInput(
            f"--engine-arg=--quantization={name} needs compute capability {rule.least}, which {quoted(gpu)} lacks.",
            "Choose a newer GPU with --gpu, or leave the quantisation out.",
        )


def check_repeats(text: str, resolved: Resolved) -> None:
    """Refuse an --engine-arg for a flag that the template sets itself."""
    command = next(iter(Picture(text).commands), None)
    if command is None or not resolved.spec.engine_arg:
        return
    table = flags.load(facts.flag_table(command.engine, resolved.pins.version))
    seen: set[str] = set()
    for given in flags.parse(command.words, table).options:
        if given.flag in seen and not (given.option and given.option.repeat):
            raise BadInput(
                f"--engine-arg sets {given.flag}, which the app sets already.",
                f"Use the option of modal-serve-gen new for it, or edit {given.flag} in the written file.",
            )
        seen.add(given.flag)
