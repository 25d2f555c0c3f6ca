"""Run in the engine environment: the real `vllm.LLM`, which answers lines of JSON from standard input."""

import json
import os
import sys


def main() -> None:
    requests, answers = os.fdopen(os.dup(0), encoding="utf-8"), os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # what the engine prints is not an answer

    def tell(**answer) -> None:
        answers.write(json.dumps(answer) + "\n")
        answers.flush()

    try:
        llm = start(json.loads(sys.argv[2]), sys.argv[3:])
    except BaseException as fault:
        tell(error=type(fault).__name__, message=str(fault))
        raise
    known: dict[str, str] = {}  # the engine's number of a request -> the container's
    tell(
        max_model_len=llm.model_config.max_model_len,
        defaults=llm.model_config.get_diff_sampling_param(),
        eos_token_id=getattr(llm.get_tokenizer(), "eos_token_id", None),
    )
    for line in requests:
        try:
            tell(**answer(llm, json.loads(line), known))
        except Exception as fault:
            message = fault.args[0] if fault.args and isinstance(fault.args[0], str) else str(fault)
            tell(error=type(fault).__name__, message=message)


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
        given = request["options"] | {
            "sampling_params": parameters(request["params"]),
            "lora_request": adapter(request["lora_request"]),
            "priority": request["priority"],
            "use_tqdm": False,
        }
        enqueue = llm.enqueue_chat if request["kind"] == "chat" else llm.enqueue
        (number,) = enqueue([request["prompt"]], **given)
        known[number] = request["add"]
        return {}
    if "forget" in request:
        gone = [number for number, name in known.items() if name in request["forget"]]
        llm.llm_engine.abort_request(gone, internal=True)
        for number in gone:
            del known[number]
        return {}
    if "wait" in request:
        outputs = [told(output) for output in llm.wait_for_completion(use_tqdm=False)]
        names = list(known.values())  # answers come sorted in the order in which the requests were added
        known.clear()
        return {"outputs": [row | {"request_id": name} for row, name in zip(outputs, names, strict=True)]}
    if "tokenizer" in request:
        value = getattr(llm.get_tokenizer(), request["tokenizer"])(**request["given"])
        return {"value": value if isinstance(value, str | list) else value["input_ids"]}
    return {"value": getattr(llm, request["call"])(**request["given"])}


def parameters(given: dict):
    from vllm import SamplingParams
    from vllm.sampling_params import StructuredOutputsParams

    if given.get("structured_outputs") is not None:
        given["structured_outputs"] = StructuredOutputsParams(**given["structured_outputs"])
    return SamplingParams(**given)


def adapter(given: dict | None):
    from vllm.lora.request import LoRARequest

    return LoRARequest(**given) if given else None


def told(output) -> dict:
    """An output in JSON's types."""
    return {
        "prompt": output.prompt,
        "prompt_token_ids": list(output.prompt_token_ids),
        "prompt_logprobs": likelihoods(output.prompt_logprobs),
        "num_cached_tokens": output.num_cached_tokens,
        "outputs": [
            {
                "index": one.index, "text": one.text, "token_ids": list(one.token_ids),
                "cumulative_logprob": one.cumulative_logprob, "logprobs": likelihoods(one.logprobs),
                "finish_reason": one.finish_reason, "stop_reason": one.stop_reason,
            }
            for one in output.outputs
        ],
    }  # fmt: skip


def likelihoods(rows) -> list | None:
    """For each token the most likely ones: log probability, rank and text by token id."""
    if rows is None:
        return None
    return [
        row
        and {
            number: {"logprob": one.logprob, "rank": one.rank, "decoded_token": one.decoded_token}
            for number, one in row.items()
        }
        for row in rows
    ]


main()
