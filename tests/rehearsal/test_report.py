"""The report of a rehearsal."""

from modal_serve_gen.rehearsal import report


def test_the_last_lines_end_with_the_reason():
    """Tracebacks are left out, even if interrupted by another container's line; the exception comes last."""
    output = """starting
Traceback (most recent call last):
  File "app.py", line 3, in <module>
INFO 11-21 a line of another container
    LLM(
        model="m",
TypeError: LLM() got an unexpected keyword argument
stopping
TypeError: LLM() got an unexpected keyword argument
"""
    assert report.last_lines(output) == [
        "starting",
        "INFO 11-21 a line of another container",
        "stopping",
        "TypeError: LLM() got an unexpected keyword argument",
    ]
