"""Arguments that a rehearsal makes up."""

import pytest
from modal._serialization import get_callable_schema

from modal_serve_gen.rehearsal import made_up
from modal_serve_gen.rehearsal.made_up import BODY, MESSAGES, PROMPT, TOKENS


def made(function) -> dict:
    return made_up.arguments(get_callable_schema(function, is_web_endpoint=False).arguments)


def test_arguments_have_the_types_that_the_app_declares():
    def typed(a: str, b: int, c: bool, d: list[str], e: list[dict], f: dict, g: float, h: str | None, i: str = "x"): ...

    assert made(typed) == {
        "a": PROMPT, "b": TOKENS, "c": False, "d": [PROMPT], "e": [BODY], "f": BODY, "g": PROMPT, "h": PROMPT,
    }  # fmt: skip


def test_arguments_without_a_type_follow_their_names():
    def untyped(prompt, prompts, messages, chat_history, request, max_tokens, temperature, *args, **kwargs): ...

    assert made(untyped) == {
        "prompt": PROMPT, "prompts": [PROMPT], "messages": MESSAGES, "chat_history": MESSAGES, "request": BODY,
        "max_tokens": TOKENS, "temperature": 0.5,
    }  # fmt: skip


def test_an_image_can_be_decoded():
    image = made(lambda query, img_bytes: None)["img_bytes"]
    assert image.startswith(b"\x89PNG") and image.endswith(b"IEND\xaeB`\x82")


@pytest.mark.parametrize("name", ["path", "image_url", "input_file", "model", "model_name", "repo_id", "audio_bytes"])
def test_what_exists_elsewhere_cannot_be_made_up(name):
    with pytest.raises(made_up.Unknowable, match=name):
        made(eval(f"lambda {name}: None"))
