"""Run in the engine environment: the real `vllm.LLM`, which answers lines of JSON from standard input."""

import json
import os
import sys


def main() -> None:
    requests, answers = os.fdopen(os.dup(0), encoding="utf-8"), os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # what the engine prints is not an answer

    def send(**answer) -> None:
        answers.write(json.dumps(answer) + "\n")
        answers.flush()

    try:
        llm = start(json.loads(sys.argv[2]), sys.argv[3:])
    except BaseException as error:
        send(error=type(error).__name__, message=str(error))
        raise
    known: dict[str, str] = {}  # the engine's number of a request -> the container's
    send(
        max_model_len=llm.model_config.max_model_len,
        defaults=llm.model_config.get_diff_sampling_param(),
        eos_token_id=getattr(llm.get_tokenizer(), "eos_token_id", None),
    )
    for line in requests:
        try:
            send(**answer(llm, json.loads(line), known))
        except Exception as error:
            message = error.args[0] if error.args and isinstance(error.args[0], str) else str(error)
            send(error=type(error).__name__, message=message)


def start(chat_template: str | None, argv: list[str]):
    """The engine with these flags of the command line."""
    from vllm import LLM
    from vllm.engine.arg_utils import EngineArgs
    from vllm.utils.argparse_utils import FlexibleArgumentParser

    parser = FlexibleArgumentParser()
    EngineArgs.add_cli_args(parser)
    arguments = EngineArgs.from_cli_args(parser.parse_args(argv))
    return LLM(**vars(arguments), chat_template=chat_template)


def answer(llm, request: dict, known: dict[str, str]) -> dict:
    """The answer to one request."""
    if "add" in request:
        options = request["options"] | {
            "sampling_params": parameters(request["params"]),
            "lora_request": adapter(request["lora_request"]),
            "priority": request["priority"],
            "use_tqdm": False,
        }
        enqueue = llm.enqueue_chat if request["kind"] == "chat" else llm.enqueue
        (number,) = enqueue([request["prompt"]], **options)
        known[number] = request["add"]
        return {}
    if "forget" in request:
        numbers = [number for number, name in known.items() if name in request["forget"]]
        llm.llm_engine.abort_request(numbers, internal=True)
        for number in numbers:
            del known[number]
        return {}
    if "wait" in request:
        outputs = [as_json(output) for output in llm.wait_for_completion(use_tqdm=False)]
        names = list(known.values())  # answers come sorted in the order in which the requests were added
        known.clear()
        return {"outputs": [row | {"request_id": name} for row, name in zip(outputs, names, strict=True)]}
    if "tokenizer" in request:
        value = getattr(llm.get_tokenizer(), request["tokenizer"])(**request["arguments"])
        return {"value": value if isinstance(value, str | list) else value["input_ids"]}
    return {"value": getattr(llm, request["call"])(**request["arguments"])}


def parameters(fields: dict):
    from vllm import SamplingParams
    from vllm.sampling_params import StructuredOutputsParams

    if fields.get("structured_outputs") is not None:
        fields["structured_outputs"] = StructuredOutputsParams(**fields["structured_outputs"])
    return SamplingParams(**fields)


def adapter(fields: dict | None):
    from vllm.lora.request import LoRARequest

    return LoRARequest(**fields) if fields else None


def as_json(output) -> dict:
    """An output in JSON's types."""
    return {
        "prompt": output.prompt,
        "prompt_token_ids": list(output.prompt_token_ids),
        "prompt_logprobs": log_probabilities(output.prompt_logprobs),
        "num_cached_tokens": output.num_cached_tokens,
        "outputs": [
            {
                "index": completion.index, "text": completion.text, "token_ids": list(completion.token_ids),
                "cumulative_logprob": completion.cumulative_logprob, "logprobs": log_probabilities(completion.logprobs),
                "finish_reason": completion.finish_reason, "stop_reason": completion.stop_reason,
            }
            for completion in output.outputs
        ],
    }  # fmt: skip


def log_probabilities(rows) -> list | None:
    """The most likely tokens at each position: log probability, rank and text by token id."""
    if rows is None:
        return None
    return [
        row
        and {
            token_id: {"logprob": token.logprob, "rank": token.rank, "decoded_token": token.decoded_token}
            for token_id, token in row.items()
        }
        for row in rows
    ]


main()
