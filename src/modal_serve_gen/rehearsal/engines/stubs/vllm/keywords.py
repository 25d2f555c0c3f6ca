"""Check the engine arguments of `vllm.LLM` and write them as the equivalent command line.

`LLM(max_model_len=8192)` and `--max-model-len 8192` set the same field of the engine, so the flag table knows the
values. Python objects (a callable, a class) have no flag.
"""

import json

from engine_stub import flags
from vllm import SETTINGS
from vllm.sampling_params import API

OWN = ("model", "chat_template")  # parameters of LLM itself


def arguments(model: object, keywords: dict, table: flags.Table) -> tuple[list[str], list[str]]:
    """The command line for these engine arguments, and the keywords that it cannot express.

    Raises TypeError for a keyword that the pinned engine does not have, ValueError for a value that it refuses.
    """
    if not isinstance(model, str):
        raise ValueError(f"model: Input should be a valid string, got {type(model).__name__}")
    argv, unsupported = ["--model", model], []
    same_release = API["version"] == table.version
    for name, value in keywords.items():
        # The file of LLM's parameters is that of the pinned release; for others, the flags of the server have to do.
        known = name in API["llm"] or name in API["engine_args"]
        known = known or (not same_release and f"--{name.replace('_', '-')}" in table.options)
        if SETTINGS["checked"] and not known:
            raise TypeError(f"EngineArgs.__init__() got an unexpected keyword argument '{name}'")
        if name in OWN or value is None:
            continue
        option = table.options.get(f"--{name.replace('_', '-')}")
        if option is None or callable(value):
            unsupported.append(name)
        else:
            argv += _words(name, value, option)
    errors = [problem.message for problem in flags.check(argv, table) if problem.kind == "error"]
    if errors and SETTINGS["checked"]:
        raise ValueError(" ".join(errors))
    return argv, unsupported


def _words(name: str, value: object, option: flags.Option) -> list[str]:
    if option.bare:
        if not isinstance(value, bool | int) or value not in (0, 1):
            raise ValueError(f"{name}: Input should be a valid boolean, got {value!r}")
        return [option.flag] if value else list(option.negations[:1])
    if isinstance(value, bool) and option.type in ("int", "float", "human_int", "human_int_or_auto"):
        raise ValueError(f"{name}: Input should be a valid number, got {value!r}")
    if isinstance(value, str) and option.type.startswith("human_int"):
        int(value)  # sizes such as 32k exist on the command line only
    if isinstance(value, list | tuple | set) and option.nargs in ("+", "*"):
        return [option.flag, *map(str, value)]
    if isinstance(value, dict | list):
        return [option.flag, json.dumps(value)]
    text = str(value)
    return [f"{option.flag}={text}"] if text.startswith("-") else [option.flag, text]
