"""What a report says of a run."""

from modal_serve_gen.rehearsal import report


def test_the_reason_stands_last_whatever_is_printed_between():
    """Tracebacks are left out, also when another container's line stands within one; what was raised comes last."""
    output = """starting
Traceback (most recent call last):
  File "app.py", line 3, in <module>
INFO 11-21 another container speaks
    LLM(
        model="m",
TypeError: LLM() got an unexpected keyword argument
stopping
TypeError: LLM() got an unexpected keyword argument
"""
    assert report.last_lines(output) == [
        "starting",
        "INFO 11-21 another container speaks",
        "stopping",
        "TypeError: LLM() got an unexpected keyword argument",
    ]
