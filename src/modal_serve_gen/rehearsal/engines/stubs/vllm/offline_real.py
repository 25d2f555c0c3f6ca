"""The real engine behind `vllm.LLM`: a process of the engine environment that takes requests as lines of JSON.

The container's own Python does not have the engine's packages. Arguments that the CPU build lacks are left out as on
the command line (handover.py), each with a note.
"""

import builtins
import contextlib
import json
import subprocess
import threading
import weakref
from pathlib import Path

from engine_stub import flags, models, notes
from engine_stub.handover import config_of
from vllm import SETTINGS, exceptions, handover
from vllm.lengths import model_of
from vllm.outputs import CompletionOutput, RequestOutput
from vllm.v1.engine.exceptions import EngineDeadError

HERE = Path(__file__).parent
END_S = 5  # for the engine to end by itself when its input ends


class Engine:
    """`max_model_len` in tokens, `defaults` of sampling, `eos_token_id` of the tokenizer.

    Raises what the engine raises, and EngineDeadError once its process is gone.
    """

    def __init__(self, argv: list[str], unsupported: list[str], chat_template: str | None, table: flags.Table):
        for name in unsupported:
            notes.note("left_out", f"{name}=: a Python object cannot be passed to the engine's process")
        options = flags.parse(argv, table)
        model = model_of(options, table)
        config = config_of(model, options)
        self._adapters = handover.adapters_of(model, options)
        arguments = handover.arguments(options, config, flags.load(HERE / "cpu_table.json"), self._adapters)
        if not options.values("--disable-log-stats") and "--disable-log-stats" not in arguments:
            arguments.append("--disable-log-stats")  # LLM's default, which is not the server's
        python = SETTINGS["engine_python"]
        self._process = subprocess.Popen(
            [python, "-P", str(HERE / "launch.py"), "offline", json.dumps(chat_template), *arguments],
            env=handover.environment(options, config), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, encoding="utf-8",
        )  # fmt: skip
        self._lock = threading.Lock()
        weakref.finalize(self, _end, self._process)
        answer = self._answer()
        self.max_model_len, self.defaults = answer["max_model_len"], answer["defaults"]
        self.eos_token_id = answer["eos_token_id"]

    def add(self, number: str, kind: str, request: dict, options: dict) -> None:
        params, lora = request["params"], request["lora_request"]
        fields = params.changed()
        if "structured_outputs" in fields:
            fields["structured_outputs"] = fields["structured_outputs"].changed()
        self._request(
            add=number, kind=kind, prompt=request["prompt"], params=fields, priority=request["priority"] or 0,
            lora_request=lora and vars(lora) | {"lora_path": self._adapter(lora)}, options=options,
        )  # fmt: skip

    def _adapter(self, lora) -> str:
        try:
            return self._adapters.path(lora.lora_name, lora.lora_path)
        except models.StartError as error:
            raise ValueError(str(error).removeprefix("ValueError: ")) from None

    def forget(self, numbers: list[str]) -> None:
        if self._process.poll() is None:
            self._request(forget=numbers)

    def wait(self) -> list[RequestOutput]:
        """The answers to all waiting requests, in their order."""
        if notes.triggered("engine-crash-mid-stream"):
            self._process.kill()
        rows = self._request(wait=True)["outputs"]
        return [
            RequestOutput(**row | {"outputs": [CompletionOutput(**fields) for fields in row["outputs"]]})
            for row in rows
        ]

    def call(self, name: str, arguments: dict) -> object:
        return self._request(call=name, arguments=arguments)["value"]

    def tokenizer(self, method: str, arguments: dict) -> object:
        return self._request(tokenizer=method, arguments=arguments)["value"]

    def _request(self, **request) -> dict:
        line = json.dumps(request)  # outside the lock: a value that JSON cannot represent raises TypeError here
        with self._lock:
            try:
                self._process.stdin.write(line + "\n")
                self._process.stdin.flush()
            except OSError:
                raise EngineDeadError(self._ending()) from None
            return self._answer()

    def _answer(self) -> dict:
        line = self._process.stdout.readline()
        if not line:
            raise EngineDeadError(self._ending())
        answer = json.loads(line)
        if "error" in answer:
            raise _error(answer["error"], answer["message"])
        return answer

    def _ending(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(END_S)
        return f"the engine's process ended with {self._process.returncode}; see its lines above"


def _error(kind: str, message: str) -> Exception:
    """The error of this name, which the container's code can catch."""
    if kind == "EngineDeadError":
        return EngineDeadError(message)
    error_type = getattr(exceptions, kind, None) or getattr(builtins, kind, None)
    if isinstance(error_type, type) and issubclass(error_type, Exception):
        with contextlib.suppress(TypeError):  # some take more arguments
            return error_type(message)
    return RuntimeError(f"{kind}: {message}")


def _end(process: subprocess.Popen) -> None:
    with contextlib.suppress(OSError):
        process.stdin.close()
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
