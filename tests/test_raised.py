"""What is said of an exception of others' code: its place there, and no frame of r1 or of a library."""

import json
from pathlib import Path

import pytest

from r1cli.raised import own_traceback, said

HERE = Path(__file__)


def reads(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError as error:
        raise KeyError("no JSON") from error


def raised_by(text: str) -> Exception:
    with pytest.raises(KeyError) as caught:
        reads(text)
    return caught.value


def test_the_place_is_the_last_line_of_the_own_code_even_of_what_a_library_raises() -> None:
    line = HERE.read_text().splitlines().index("        return json.loads(text)") + 1
    cause = raised_by("x").__cause__
    assert cause is not None
    assert said(cause) == f"JSONDecodeError: Expecting value: line 1 column 1 (char 0) ({HERE}:{line})"
    assert said(ValueError("never raised")) == "ValueError: never raised"
    several = ExceptionGroup("unhandled errors", [OSError("gone"), OSError("too")])
    assert said(several) == "OSError: gone"


def test_a_package_that_is_installed_has_places_of_its_own() -> None:
    with pytest.raises(ValueError) as caught:
        json.loads("x")
    assert "decoder.py:" not in said(caught.value)
    assert "decoder.py:" in said(caught.value, json.loads)


def test_the_traceback_has_the_own_frames_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = own_traceback(raised_by("x"))
    assert "return json.loads(text)" in shown and shown.endswith("KeyError: 'no JSON'\n")
    assert "JSONDecodeError" in shown and "decoder.py" not in shown
    assert own_traceback(ValueError("never raised")) == ""
    caused = ValueError("in r1's own frame")
    caused.__cause__ = raised_by("x")
    assert "return json.loads(text)" in own_traceback(caused)
    monkeypatch.setenv("R1_DEBUG", "1")
    assert "decoder.py" in own_traceback(raised_by("x"))
