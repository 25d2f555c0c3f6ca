"""An OpenAI-compatible endpoint as an agent: a small loop with the catalogue of skills and six tools."""

import json
import os
import re
import time

from evals import workspace
from evals.runners import Ask, Options, tools
from evals.transcript import ERROR, FINISHED, MONEY, TIME, TURNS, Transcript
from modal_serve_gen.errors import MachineError

SKILLS = ".agents/skills"
KEY = "OPENAI_API_KEY"
RETRIES, PAUSE_S = 5, 1.0  # of one request that was refused for its rate or failed at the server; before the first

SYSTEM = """You are a coding agent in a project folder. Do what the user asks with your tools, then answer in a few \
sentences. Nobody can answer questions: where something is open, assume it and say so.

Skills are instructions for certain kinds of work. If one of them fits what the user wants, activate it with the tool \
`skill` before anything else and follow it; if none fits, work without. Their folders can be read with `read_file`.

<available_skills>
{catalogue}
</available_skills>"""


def available(options: Options) -> str:
    """The version of the client. Raises MachineError where it or the key is missing."""
    try:
        import openai
    except ImportError:
        raise MachineError("The package openai is not installed.", "pip install 'modal-serve-gen[evals]'") from None
    key = options.key_env or KEY
    # An endpoint of one's own may want none; but a key that was named must be there.
    if not os.environ.get(key) and (options.key_env or not options.base_url):
        raise MachineError(f"{key} is not set.", "Set it, or name another variable with --key-env.")
    return f"openai {openai.__version__}"


def run(ask: Ask, options: Options, transcript: Transcript) -> None:
    """Ask the endpoint until it answers without a tool, or a limit is reached."""
    import openai

    until = time.monotonic() + ask.limits.seconds
    # A local endpoint wants no key, the client wants some text.
    key = os.environ.get(options.key_env or KEY) or "none"
    catalogue = workspace.descriptions({name: ask.space.skills_folder / name for name in ask.space.skills})
    system = SYSTEM.format(catalogue="\n".join(_entry(name, text) for name, text in sorted(catalogue.items())))
    messages: list[dict] = [{"role": "system", "content": system}, {"role": "user", "content": ask.prompt}]
    transcript.offered = sorted(catalogue)
    with openai.OpenAI(api_key=key, base_url=options.base_url or None, max_retries=0) as client:
        while not transcript.outcome:
            if ask.cancelled():
                return transcript.end(ERROR, "cancelled")
            if transcript.turns >= ask.limits.turns:
                return transcript.end(TURNS, f"{transcript.turns} turns")
            if time.monotonic() >= until:
                return transcript.end(TIME, f"{ask.limits.seconds:g} s")
            try:
                answer = _ask(client, options.model, messages, until, ask)
            except openai.APITimeoutError:
                return transcript.end(TIME, f"{ask.limits.seconds:g} s, while the endpoint was answering")
            except (openai.OpenAIError, ValueError) as fault:
                return transcript.end(ERROR, _why(fault))
            held = _plain(answer)
            message = (held.get("choices") or [{}])[0].get("message")
            if not message:
                return transcript.end(ERROR, f"malformed answer: it holds no message: {str(answer)[:200]}")
            ask.keep(json.dumps(held))
            _count(held, options, transcript)
            transcript.turns += 1
            if message.get("content"):
                transcript.add("text", "", message["content"])
            if not message.get("tool_calls"):
                return transcript.end(FINISHED)
            messages.append({key: message[key] for key in ("role", "content", "tool_calls") if key in message})
            for call in message["tool_calls"]:
                text = tools.use(call, ask.space, transcript, until)
                ask.keep(json.dumps({"tool_call_id": call["id"], "content": text}))
                messages.append({"role": "tool", "tool_call_id": call["id"], "content": text})
            if ask.enough(transcript):
                return transcript.end(FINISHED, "no more is needed")
            if ask.limits.usd is not None and (transcript.usage.usd or 0) > ask.limits.usd:
                return transcript.end(MONEY, f"${transcript.usage.usd:.4f}")
    return None


def _ask(client, model: str, messages: list[dict], until: float, ask: Ask):
    """One answer; what may be better the next time is asked again, each time after a longer pause."""
    import openai

    for tried in range(RETRIES + 1):
        try:
            left = max(0.1, until - time.monotonic())
            return client.chat.completions.create(model=model, messages=messages, tools=tools.offered(), timeout=left)
        except openai.APITimeoutError:
            raise
        except (openai.RateLimitError, openai.InternalServerError, openai.APIConnectionError) as fault:
            pause = _pause(fault, tried)
            if tried == RETRIES or ask.cancelled() or time.monotonic() + pause > until:
                raise
            time.sleep(pause)
    return None


def _pause(fault: Exception, tried: int) -> float:
    """Seconds before the next try: what the endpoint asks for, within reason, else twice as long as before."""
    given = getattr(getattr(fault, "response", None), "headers", {}).get("retry-after", "")
    return min(60.0, float(given)) if re.fullmatch(r"\d+(\.\d+)?", given) else PAUSE_S * 2**tried


def _entry(name: str, description: str) -> str:
    where = f"{SKILLS}/{name}/SKILL.md"
    return f"  <skill><name>{name}</name><description>{description}</description><location>{where}</location></skill>"


def _plain(answer: object) -> dict:
    """An answer as plain values; half characters, which nothing can be written with, as question marks."""
    if not hasattr(answer, "model_dump"):
        return {}
    held = json.dumps(answer.model_dump(exclude_none=True), ensure_ascii=False)
    return json.loads(held.encode("utf-8", "replace"))


def _count(held: dict, options: Options, transcript: Transcript) -> None:
    used, total = held.get("usage") or {}, transcript.usage
    transcript.model = held.get("model") or transcript.model
    total.input_tokens += used.get("prompt_tokens") or 0
    total.output_tokens += used.get("completion_tokens") or 0
    total.cached_tokens += (used.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
    total.usd = options.usd(total)


def _why(fault: Exception) -> str:
    import openai

    if isinstance(fault, openai.RateLimitError):
        return f"rate limited, also after {RETRIES} more tries: {fault}"
    if isinstance(fault, openai.APIConnectionError):
        return f"the endpoint cannot be reached: {fault.__cause__ or fault}"
    if isinstance(fault, openai.APIStatusError):
        return f"the endpoint refused: {fault}"
    return f"malformed answer: {fault}"
