"""An OpenAI-compatible endpoint as an agent: a small loop with a list of skills and six tools."""

import json
import os
import re
import time
from typing import TYPE_CHECKING, Any

from evals import workspace
from evals.runners import tools
from evals.runners.agent import Attempt, Options
from evals.transcript import ERROR, FINISHED, TIME, TURNS, Transcript
from modal_serve_gen.errors import MachineError

if TYPE_CHECKING:  # an optional dependency
    import openai

SKILLS = ".agents/skills"
KEY = "OPENAI_API_KEY"
RETRIES, PAUSE_S = 5, 1.0  # of a request that hit a rate limit or a server error; the first pause

SYSTEM = """You are a coding agent in a project folder. Do what the user asks with your tools, then answer in a few \
sentences. Nobody can answer questions: where something is open, make an assumption and name it.

Skills are instructions for certain kinds of work. If one of them fits the user's request, activate it with the tool \
`skill` before anything else and follow it; if none fits, work without. Their folders can be read with `read_file`.

<available_skills>
{skills}
</available_skills>"""


def version(options: Options) -> str:
    """The version of the client. Raises MachineError if it or the key is missing."""
    try:
        import openai
    except ImportError:
        raise MachineError("The package openai is not installed.", "pip install 'modal-serve-gen[evals]'") from None
    key = options.key_env or KEY
    # A local endpoint may need no key, but a variable that the user named must be set.
    if not os.environ.get(key) and (options.key_env or not options.base_url):
        raise MachineError(f"{key} is not set.", "Set it, or name another variable with --key-env.")
    return f"openai {openai.__version__}"


def run(attempt: Attempt) -> None:
    """Call the model until it answers without calling a tool, or a limit is reached."""
    import openai

    transcript, options = attempt.transcript, attempt.options
    key = os.environ.get(options.key_env or KEY) or "none"  # the client requires some text
    skills = workspace.descriptions({name: attempt.space.skills_folder / name for name in attempt.space.skills})
    system = SYSTEM.format(skills="\n".join(_entry(name, text) for name, text in sorted(skills.items())))
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": system},
        {"role": "user", "content": attempt.prompt},
    ]
    transcript.offered = sorted(skills)
    with openai.OpenAI(api_key=key, base_url=options.base_url or None, max_retries=0) as client:
        while not transcript.outcome:
            if attempt.canceled():
                transcript.end(ERROR, "canceled")
            elif transcript.turns >= attempt.turns:
                transcript.end(TURNS, f"{transcript.turns} turns")
            elif time.monotonic() >= attempt.until:
                transcript.end(TIME, f"{attempt.seconds:g} s")
            else:
                try:
                    _turn(_complete(client, messages, attempt), messages, attempt)
                except openai.APITimeoutError:
                    transcript.end(TIME, f"{attempt.seconds:g} s, while waiting for the endpoint")
                except (openai.OpenAIError, ValueError) as error:
                    transcript.end(ERROR, _reason(error))


def _turn(answer: object, messages: list[dict[str, Any]], attempt: Attempt) -> None:
    """Record an answer, run the tools that it calls, and append their results to the messages."""
    transcript, completion = attempt.transcript, _plain(answer)
    message = (completion.get("choices") or [{}])[0].get("message")
    if not message:
        return transcript.end(ERROR, f"malformed answer without a message: {str(answer)[:200]}")
    attempt.record(json.dumps(completion))
    _count(completion, attempt.options, transcript)
    transcript.turns += 1
    if message.get("content"):
        transcript.add("text", "", message["content"])
    if not message.get("tool_calls"):
        return transcript.end(FINISHED)
    messages.append({key: message[key] for key in ("role", "content", "tool_calls") if key in message})
    for call in message["tool_calls"]:
        text = tools.use(call, attempt)
        attempt.record(json.dumps({"tool_call_id": call["id"], "content": text}))
        messages.append({"role": "tool", "tool_call_id": call["id"], "content": text})
    return attempt.stop_early()


def _complete(client: "openai.OpenAI", messages: list[dict[str, Any]], attempt: Attempt) -> object:
    """One completion; rate limits, server and connection errors are retried with longer and longer pauses."""
    import openai

    tries = 0
    create: Any = client.chat.completions.create  # its overloads do not take plain dicts
    while True:
        try:
            left = max(0.1, attempt.until - time.monotonic())
            return create(model=attempt.options.model, messages=messages, tools=tools.SCHEMAS, timeout=left)
        except openai.APITimeoutError:
            raise
        except (openai.RateLimitError, openai.InternalServerError, openai.APIConnectionError) as error:
            pause = _pause(error, tries)
            if tries == RETRIES or attempt.canceled() or time.monotonic() + pause > attempt.until:
                raise
            time.sleep(pause)
            tries += 1


def _pause(error: Exception, tries: int) -> float:
    """Seconds before the next try: the endpoint's retry-after, at most 60, otherwise twice the last pause."""
    header = getattr(getattr(error, "response", None), "headers", {}).get("retry-after", "")
    return min(60.0, float(header)) if re.fullmatch(r"\d+(\.\d+)?", header) else PAUSE_S * float(2**tries)


def _entry(name: str, description: str) -> str:
    where = f"{SKILLS}/{name}/SKILL.md"
    return f"  <skill><name>{name}</name><description>{description}</description><location>{where}</location></skill>"


def _plain(answer: object) -> dict[str, Any]:
    """A completion as a JSON object; lone surrogates, which cannot be encoded, become question marks."""
    if not hasattr(answer, "model_dump"):
        return {}
    text = json.dumps(answer.model_dump(exclude_none=True), ensure_ascii=False)
    completion: dict[str, Any] = json.loads(text.encode("utf-8", "replace"))
    return completion


def _count(completion: dict[str, Any], options: Options, transcript: Transcript) -> None:
    used, total = completion.get("usage") or {}, transcript.usage
    transcript.model = completion.get("model") or transcript.model
    total.input_tokens += used.get("prompt_tokens") or 0
    total.output_tokens += used.get("completion_tokens") or 0
    total.cached_tokens += (used.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
    total.usd = options.usd(total)


def _reason(error: Exception) -> str:
    import openai

    if isinstance(error, openai.RateLimitError):
        return f"rate limited, even after {RETRIES} retries: {error}"
    if isinstance(error, openai.APIConnectionError):
        return f"the endpoint cannot be reached: {error.__cause__ or error}"
    if isinstance(error, openai.APIStatusError):
        return f"the endpoint refused the request: {error}"
    return f"malformed answer: {error}"
