"""Speculative decoding with a checkpoint's own prediction layers; draft models are tested in test_adapters.py."""

import pytest

from modal_serve_gen import facts
from modal_serve_gen.models import Model, from_config, quantization_config, speculation

SHA = "0123456789abcdef0123456789abcdef01234567"


def bundled(name: str, **changes) -> Model:
    known = facts.models()[name]
    config = facts.config(name).config | changes
    return from_config(name, SHA, config, weight_bytes=known.weight_bytes, speculative=known.speculative)


OWN = [
    ("Qwen/Qwen3.6-35B-A3B-FP8", True),
    ("Qwen/Qwen3-Next-80B-A3B-Instruct", True),  # their number is in the facts, not in the configuration
    ("deepseek-ai/DeepSeek-V3.2", True),
    ("deepseek-ai/DeepSeek-V4-Flash", True),
    ("zai-org/GLM-4.7-Flash", True),
    ("nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-NVFP4", True),
    ("moonshotai/Kimi-K2-Instruct", False),  # other models of this architecture have them
    ("MiniMaxAI/MiniMax-M2", False),  # the engine cannot use them
    ("Qwen/Qwen3-8B", False),
]


@pytest.mark.parametrize(("name", "own"), OWN)
def test_prediction_layers_are_used_if_the_engine_supports_them(name, own):
    """The draft is the model itself, with additional memory; without such layers, there are no arguments."""
    model = bundled(name)
    speculative = speculation.of_model(model, "sglang")
    assert speculative.draft == ((name, SHA) if own else None)
    assert bool(speculative.arguments) == own and speculative.note
    assert (speculative.draft_layers >= 1, speculative.draft_tokens) == ((True, 4) if own else (False, 0))
    assert (0.005 * model.weight_bytes < speculative.extra_weight_bytes < 0.15 * model.weight_bytes) == own


def test_prediction_layers_without_quantization_are_counted_in_16_bits():
    """A 4-bit checkpoint whose configuration excludes them from quantization has them in 16 bits."""
    name = "nvidia/Qwen3.6-27B-NVFP4"
    excluded = speculation.of_model(bundled(name), "sglang").extra_weight_bytes
    stated = facts.config(name).config["quantization_config"]
    stated = {key: value for key, value in stated.items() if key not in quantization_config.IGNORE_LISTS}
    weights = {"num_bits": 4, "type": "float", "group_size": 16}
    stated |= {"config_groups": {"all": {"targets": ["Linear"], "weights": weights}}}
    quantized = speculation.of_model(bundled(name, quantization_config=stated), "sglang").extra_weight_bytes
    assert 2.5 < excluded / quantized < 4


@pytest.mark.parametrize("lists", [7, "mtp", {"mtp": 1}, None, [1, None]])
def test_an_invalid_list_of_excluded_layers_is_ignored(lists):
    """The result is the same as without the list."""
    name, stated = "Qwen/Qwen3.6-35B-A3B", {"quant_method": "fp8"}
    plain = speculation.of_model(bundled(name, quantization_config=stated), "sglang")
    assert speculation.of_model(bundled(name, quantization_config={**stated, "ignore": lists}), "sglang") == plain


def test_a_published_draft_is_suggested_with_its_commit():
    """For a model without prediction layers whose draft is in the facts, the note has the option."""
    speculative = speculation.of_model(bundled("google/gemma-4-26B-A4B-it"), "sglang")
    assert speculative.draft is None and not speculative.arguments
    option = speculative.note.partition("--draft ")[2].rstrip(".")
    assert speculation.parse_draft(option, "sglang")[:2] == ("EAGLE", "google/gemma-4-26B-A4B-it-assistant")


def test_a_draft_without_a_known_commit_is_suggested_with_a_placeholder():
    """The commit in the note is SHA."""
    assert "-assistant@SHA." in speculation.of_model(bundled("google/gemma-4-31B-it"), "sglang").note


def test_an_engine_without_facts_has_no_draft():
    """The workflows with vLLM do not use speculative decoding."""
    assert speculation.of_model(bundled("Qwen/Qwen3.6-35B-A3B-FP8"), "vllm").draft is None
