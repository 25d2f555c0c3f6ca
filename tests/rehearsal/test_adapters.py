"""Miniature LoRA adapters: created for their base model, served by the local hub, loaded by the real engine."""

import json

import pytest

from modal_serve_gen import facts
from modal_serve_gen.models.hub import RepositoryConfig
from modal_serve_gen.rehearsal.config import ModelRevision, RehearsalConfig
from modal_serve_gen.rehearsal.engines import engine_env, miniature
from modal_serve_gen.rehearsal.engines.stubs.engine_stub import adapters
from modal_serve_gen.rehearsal.substitutes import Substitutes
from tests.rehearsal.engines import HELLO, MODEL, container, get, needs_vllm, post, serving

CONFIG = facts.config(MODEL).config


def test_an_adapter_for_the_stub_has_the_files_that_peft_writes(tmp_path):
    """A configuration and a file of weights, always the same bytes; the note says that the stub does not read them."""
    miniature.make(CONFIG, folder=tmp_path / "base", engine_python=None)
    for name in ("one", "two"):
        (note,) = adapters.make(tmp_path / "base", tmp_path / name, base_id=MODEL)
        assert note.endswith("does not read")
    config = json.loads((tmp_path / "one" / "adapter_config.json").read_text())
    assert (config["peft_type"], config["r"], config["base_model_name_or_path"]) == ("LORA", 1, MODEL)
    one, two = ((tmp_path / name / "adapter_model.safetensors").read_bytes() for name in ("one", "two"))
    assert one == two


def test_an_adapter_is_created_before_its_base_is_requested(tmp_path):
    """Ids in `adapters` are adapters, even if the Hub does not know them; other ids are models."""
    config = RehearsalConfig(
        "stub", {}, lambda model, engine: RepositoryConfig(CONFIG, True) if model == MODEL else None,
        planned=ModelRevision(MODEL, "0" * 40), adapters=frozenset({"some/adapter"}),
    )  # fmt: skip
    recorded: list[str] = []
    substitutes = Substitutes(config, tmp_path, recorded.append)
    folder, gated = substitutes.model("some/adapter")
    assert (sorted(path.name for path in folder.iterdir()), gated) == (
        ["adapter_config.json", "adapter_model.safetensors"],
        False,
    )
    model, gated = substitutes.model(MODEL)
    assert ((model / "config.json").exists(), gated) == (True, True)
    assert substitutes.model("other/adapter") is None
    assert recorded[0].startswith("some/adapter: a tiny adapter")


@pytest.mark.parametrize("gated, reason", [(False, "the Hub could not be reached"), (True, "without a token")])
def test_a_model_whose_configuration_cannot_be_read_gets_a_plain_one(tmp_path, gated, reason):
    """The report says why: no network, or a gated repository without a token."""
    config = RehearsalConfig("stub", {}, lambda model, engine: RepositoryConfig(None, gated))
    recorded: list[str] = []
    folder, model_gated = Substitutes(config, tmp_path, recorded.append).model("some/model")
    assert (folder / "config.json").exists() and model_gated is gated
    assert reason in recorded[0]


@pytest.mark.slow
@needs_vllm
def test_the_real_engine_answers_with_an_adapter(tmp_path):
    """It is loaded at startup, listed with its base model as parent, and its answers differ from those of the base."""
    miniature.make(CONFIG, folder=tmp_path / "base", engine_python=engine_env.folder() / "bin" / "python")
    (note,) = adapters.make(tmp_path / "base", tmp_path / "adapter", base_id=MODEL)
    assert "q_proj" in note
    flags = ["--served-model-name", "m", "--max-model-len", "2048", "--max-num-seqs", "8", "--enable-lora"]
    flags += ["--max-lora-rank", "8", "--lora-modules", f"a={tmp_path / 'adapter'}"]
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "gate.py").write_text(
        "class Gate:\n"
        "    def __init__(self, app):\n"
        "        self.app = app\n"
        "    async def __call__(self, scope, receive, send):\n"
        "        closed = {**scope, 'path': '/closed'}\n"
        "        await self.app(closed if scope.get('path') == '/metrics' else scope, receive, send)\n"
    )
    flags += ["--middleware", "gate.Gate"]
    env = container(tmp_path / "env", "real")
    with serving(env, tmp_path, tmp_path / "base", *flags, PYTHONPATH=str(tmp_path / "code")) as (url, _):
        rows = {row["id"]: row["parent"] for row in get(f"{url}/v1/models").json()["data"]}
        assert rows == {"m": None, "a": "m"}
        options = {"messages": HELLO, "max_tokens": 12, "temperature": 0, "logprobs": True}
        answers = [
            post(f"{url}/v1/chat/completions", json={"model": name, **options}).json()["choices"][0]
            for name in ("m", "a")
        ]
        scores = [[token["logprob"] for token in answer["logprobs"]["content"]] for answer in answers]
        assert scores[0] != scores[1]
        assert get(f"{url}/metrics").status_code == 404  # the app's own middleware, in the real server
