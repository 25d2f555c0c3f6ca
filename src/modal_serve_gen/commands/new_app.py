"""`new` without its terminal: from options (and a spec) to the text of an app and what to tell its owner."""

import difflib
import shlex
import shutil
import textwrap
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modal_serve_gen import facts, render
from modal_serve_gen.commands import plan_text, resolve
from modal_serve_gen.errors import BadInput
from modal_serve_gen.plan import Plan
from modal_serve_gen.render import Resolved
from modal_serve_gen.spec import workflows


@dataclass(frozen=True)
class Made:
    """An app that passed its checks; `plan` is None when it was rendered from its provenance as it stands."""

    text: str
    resolved: Resolved
    plan: Plan | None
    notes: tuple[str, ...]

    @property
    def default_file(self) -> str:
        """A name that Python can import: the app's own, with underscores."""
        return "".join(char if char.isalnum() else "_" for char in self.resolved.spec.name) + ".py"

    def document(self, path: Path) -> dict[str, Any]:
        """What `--json` prints."""
        return {
            "file": str(path),
            "workflow": self.resolved.spec.workflow,
            "model": self.resolved.model.id,
            "revision": self.resolved.model.revision,
            "plan": self.plan.model_dump(mode="json") if self.plan else self.resolved.plan.model_dump(mode="json"),
            "notes": list(self.notes),
            "next": [command for command, _ in self._next(path)],
        }

    def summary(self, path: Path) -> str:
        """What a person reads after the file is written: the figures, the notes, the next commands."""
        lines = [f"Wrote {path}: {self.resolved.model.id} with the workflow {self.resolved.spec.workflow}.", ""]
        lines += self.figures()
        if self.notes:
            lines += [""]
            width = min(110, shutil.get_terminal_size().columns)
            for note in self.notes:
                lines += textwrap.wrap(
                    note, width, initial_indent="  - ", subsequent_indent="    ",
                    break_long_words=False, break_on_hyphens=False,
                )  # fmt: skip
        lines += ["", "Next:"]
        commands = self._next(path)
        width = max(len(command) for command, _ in commands)
        if width + 5 + max(len(why) for _, why in commands) <= shutil.get_terminal_size().columns:
            lines += [f"  {command:<{width}}   {why}" for command, why in commands]
        else:
            lines += [f"  # {why}\n  {command}" for command, why in commands]
        return "\n".join(lines)

    def figures(self) -> list[str]:
        """The price and the ledger, line by line."""
        plan, spec = self.resolved.plan, self.resolved.spec
        lines = []
        gpu = plan.gpu if plan.gpus == 1 else f"{plan.gpus} x {plan.gpu}"
        price = f"  {gpu}, ${plan.usd_per_hour:.2f} per hour and container (prices of {plan.price_date}"
        if self.plan and self.plan.region_multiplier != 1:
            price += f", {self.plan.region_multiplier:g} times the base price for the region {spec.region}"
        lines.append(f"{price})")
        bound = plan.usd_per_hour * spec.max_containers
        containers = f"{spec.max_containers} container{'s' if spec.max_containers > 1 else ''}"
        lines.append(f"  at most {containers}, so at most ${bound:.2f} per hour")
        if spec.min_containers:
            least = plan.usd_per_hour * spec.min_containers
            lines.append(
                f"  at least {spec.min_containers} kept warm, so at least ${least:.2f} per hour, day and night: "
                f"${least * 730:,.0f} a month"
            )
        if self.plan:
            lines += ["", *plan_text.ledger(self.plan, min(plan_text.WIDEST, shutil.get_terminal_size().columns))]
            cache = self.plan.kv_cache
            lines += [
                "",
                f"  up to {plan.max_model_len:,} tokens per request, {plan.max_num_seqs} requests at once;",
                f"  the KV cache holds {cache.tokens:,} tokens for all of them together,",
                f"  as many as {cache.max_concurrency:.1f} requests of full length: beyond that they wait",
            ]
        return lines

    def _next(self, path: Path) -> list[tuple[str, str]]:
        file, spec = shlex.quote(str(path)), self.resolved.spec
        before, token = [], []
        if spec.auth == "proxy":
            token = [("modal workspace proxy-tokens create", "a key for your clients: wk-….ws-…")]
        if self.resolved.model.gated is not False:
            before += [_secret(spec.hf_secret, "HF_TOKEN", "a token that may read the model")]
        if spec.auth == "api-key":
            before += [_secret(spec.api_key_secret, "LLM_API_KEY", "the key that clients will send")]
        rehearsed = (f"modal-serve-gen rehearse {file}", "run it here: no account, no GPU, nothing billed")
        run = (f"modal run {file}", "build, verify the weights, smoke-test on a GPU")
        logs = (f"modal app logs {spec.name} -f", "follow its logs")
        stop = (f"modal app stop {spec.name}", "take it down")
        if spec.endpoint is None:
            commands = [
                (f"modal run --detach {file} --input prompts.jsonl", "answer a file; run again to follow or fetch")
            ]
            if spec.schedule:
                volume = shlex.quote(render.jobs_volume(spec))
                commands += [
                    (f"modal volume put {volume} prompts.jsonl input.jsonl", "what the schedule answers each time"),
                    (f"modal deploy {file}", "from then on it runs by its schedule; its log names the results"),
                    (f"modal volume get {volume} JOB/results.jsonl", "JOB stands in the log"),
                    stop,
                ]
            return [rehearsed, *before, run, *commands, logs]
        only = workflows.load(spec.workflow).only_deployed
        again = [(f"modal-serve-gen rehearse {file} -- --deployed", f"its deployment too, of which Modal takes {only}")]
        return [
            rehearsed,
            *(again if only else ()),
            *before,
            run,
            (f"modal deploy -e staging {file}", "put it into another Modal environment first, if you have one"),
            (f"modal deploy {file}", "put it on a permanent URL"),
            *token,
            (
                f"modal run {file} --deployed",
                "smoke-test the deployment before traffic goes to it; --bench measures it",
            ),
            logs,
            *self._autoscaler(),
            stop,
        ]

    def _autoscaler(self) -> list[tuple[str, str]]:
        """Modal's command for other limits without a new deployment, for what it can name."""
        spec = self.resolved.spec
        kind = "server" if spec.endpoint == "server" else "function" if "\ndef serve(" in self.text else None
        if kind is None:
            return []
        name = f"{spec.name}/{'Server' if kind == 'server' else 'serve'}"
        command = f"modal {kind} autoscaler update {name} --max-containers {spec.max_containers + 1}"
        return [(command, "more room without a new deployment")]


def _secret(name: str, key: str, what: str) -> tuple[str, str]:
    return f"modal secret create {shlex.quote(name)} {key}=-", f"once: opens your editor for {what}"


def make(
    given: dict[str, Any], *, source: str | None, generator: str, offline: bool, say: Callable[[str], None]
) -> Made:
    """The app of `given` options, on top of `source` (a TOML spec or a generated app) where there is one."""
    given = {key: value for key, value in given.items() if value is not None and value != []}
    stored = render.read_provenance(source) if source is not None else None
    notes = []
    if stored is not None:
        workflows.load(stored.spec.workflow)  # refuses one that this version does not have
        if stored.generator == generator and render.render(stored) != source:
            notes.append("The app was edited by hand: what is rendered comes from its last block, without the edits.")
    if stored is not None and not given:
        if stored.generator != generator:
            notes.append(f"The app was made by version {stored.generator}; this is {generator}.")
            stored = stored.model_copy(update={"generator": generator})
        return Made(resolve.write(stored), stored, None, tuple(notes))
    asked = {**(stored.asked if stored else _options_of(source) if source is not None else {}), **given}
    resolved, plan = resolve.resolve(asked, generator=generator, offline=offline, say=say)
    return Made(resolve.write(resolved), resolved, plan, (*plan.notes, *_notes(resolved), *notes))


def difference(source: str, given: dict[str, Any], *, generator: str, offline: bool, say: Callable[[str], None]) -> str:
    """What today's facts and this generator would change in a generated app, as a unified diff; '' for nothing.

    Both sides are rendered, so that the owner's own edits do not show.
    """
    stored = render.read_provenance(source)
    if stored is None:
        raise BadInput("--diff needs a generated app: this file has no provenance block.", "Name one with --spec.")
    asked = {**stored.asked, **{key: value for key, value in given.items() if value is not None and value != []}}
    resolved, _ = resolve.resolve(asked, generator=generator, offline=offline, say=say)
    before, after = (render.render(each).splitlines(keepends=True) for each in (stored, resolved))
    return "".join(difflib.unified_diff(before, after, "as it was made", "as it would be made today", n=1))


def _options_of(source: str) -> dict[str, Any]:
    try:
        return tomllib.loads(source)
    except tomllib.TOMLDecodeError as fault:
        raise BadInput(
            f"The --spec file is neither a generated app nor TOML: {fault}.",
            'Write option names with underscores as keys, such as: model = "Qwen/Qwen3-8B".',
        ) from None


def _notes(resolved: Resolved) -> list[str]:
    notes = []
    off = facts.thinking_off().get(resolved.model.reasoning_parser or "")
    if off and off not in "".join(resolved.spec.engine_arg):
        how = f"'--engine-arg=--default-chat-template-kwargs={off}'"
        if resolved.spec.endpoint is None:
            how = f'"chat_template_kwargs": {off} in a line'
        notes.append(
            f"{resolved.model.id} may think before it answers, which takes time and tokens; where its template has the "
            f"switch, {how} spares it."
        )
    if resolved.spec.region and resolved.spec.endpoint == "web-server":
        notes.append("The region is where containers run; where requests enter Modal is Modal's own routing.")
    if resolved.spec.auth == "none":
        notes.append("The endpoint will answer everybody who finds its URL, at your cost; --auth proxy closes it.")
    if resolved.model.gated:
        notes.append(f"{resolved.model.id} is gated: accept its licence on the Hub, then create the Secret below.")
    elif resolved.model.gated is None:
        notes.append(f"Whether {resolved.model.id} is gated is not known, so the Secret for a token is named.")
    return notes
