"""Speculative decoding by what a checkpoint brings itself; drafts that are asked for are tested with the adapters."""

import pytest

from modal_serve_gen import facts
from modal_serve_gen.models import Model, from_config, quantization_config, speculation

SHA = "0123456789abcdef0123456789abcdef01234567"


def bundled(name: str, **changes) -> Model:
    known = facts.models()[name]
    config = facts.config(name).config | changes
    kept = {"weight_bytes": known.weight_bytes, "speculative": known.speculative}
    return from_config(name, SHA, config, **kept)


OWN = [
    ("Qwen/Qwen3.6-35B-A3B-FP8", True),
    ("Qwen/Qwen3-Next-80B-A3B-Instruct", True),  # its configuration does not count them, the facts do
    ("deepseek-ai/DeepSeek-V3.2", True),
    ("deepseek-ai/DeepSeek-V4-Flash", True),
    ("zai-org/GLM-4.7-Flash", True),
    ("nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-NVFP4", True),
    ("moonshotai/Kimi-K2-Instruct", False),  # an architecture that has them elsewhere, and none here
    ("MiniMaxAI/MiniMax-M2", False),  # it has some, and the engine cannot use them
    ("Qwen/Qwen3-8B", False),
]


@pytest.mark.parametrize(("name", "own"), OWN)
def test_prediction_layers_are_used_where_checkpoint_and_engine_both_have_them(name, own):
    """The draft is the model itself, with memory of its own; without layers there are neither arguments nor a draft."""
    model = bundled(name)
    found = speculation.of_model(model, "sglang")
    assert found.draft == ((name, SHA) if own else None)
    assert bool(found.arguments) == own and found.note
    assert (found.draft_layers >= 1, found.draft_tokens) == ((True, 4) if own else (False, 0))
    assert (0.005 * model.weight_bytes < found.extra_weight_bytes < 0.15 * model.weight_bytes) == own


def test_layers_that_quantisation_left_alone_are_counted_at_their_size():
    """A 4-bit checkpoint whose configuration leaves them out of the quantisation holds them in 16 bits."""
    name = "nvidia/Qwen3.6-27B-NVFP4"
    left = speculation.of_model(bundled(name), "sglang").extra_weight_bytes
    stated = facts.config(name).config["quantization_config"]
    stated = {key: value for key, value in stated.items() if key not in quantization_config.IGNORE_LISTS}
    weights = {"num_bits": 4, "type": "float", "group_size": 16}
    stated |= {"config_groups": {"all": {"targets": ["Linear"], "weights": weights}}}
    four = speculation.of_model(bundled(name, quantization_config=stated), "sglang").extra_weight_bytes
    assert 2.5 < left / four < 4


@pytest.mark.parametrize("lists", [7, "mtp", {"mtp": 1}, None, [1, None]])
def test_a_strange_list_of_layers_says_nothing(lists):
    """What cannot be read changes nothing."""
    name, held = "Qwen/Qwen3.6-35B-A3B", {"quant_method": "fp8"}
    plain = speculation.of_model(bundled(name, quantization_config=held), "sglang")
    assert speculation.of_model(bundled(name, quantization_config={**held, "ignore": lists}), "sglang") == plain


def test_a_published_draft_is_named_with_its_commit():
    """A model without layers of its own, and with a draft that the facts know, gets the option to type."""
    found = speculation.of_model(bundled("google/gemma-4-26B-A4B-it"), "sglang")
    assert found.draft is None and not found.arguments
    option = found.note.partition("--draft ")[2].rstrip(".")
    assert speculation.parse_draft(option, "sglang")[:2] == ("EAGLE", "google/gemma-4-26B-A4B-it-assistant")


def test_a_draft_without_a_known_commit_is_named_without_one():
    """No commit is made up."""
    assert "-assistant@SHA." in speculation.of_model(bundled("google/gemma-4-31B-it"), "sglang").note


def test_an_engine_without_facts_gets_nothing():
    """vLLM's workflows do not speculate here."""
    assert speculation.of_model(bundled("Qwen/Qwen3.6-35B-A3B-FP8"), "vllm").draft is None
