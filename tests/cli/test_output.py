"""What is printed: text of models, datasets and users does nothing in a terminal, and is not markup."""

import io
import json
import sys

import pytest
from rich.console import Console

from r1cli.cli.output import (
    data_console,
    emit,
    emit_json,
    messages_above,
    print_table,
    say,
    say_command,
    show_error,
)  # fmt: skip
from r1cli.cli.quickstart import show_report
from r1cli.errors import R1Error
from r1cli.report.quickstart import Report

ESCAPE = "\x1b]0;title\x07[/]"
VISIBLE = "\\x1b]0;title\\x07[/]"


def test_an_error_shows_the_control_characters_of_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    show_error(R1Error(f"what{ESCAPE}", where=f"where{ESCAPE}", fix=f"fix{ESCAPE}\nit"))
    shown = capsys.readouterr().err
    assert "\x1b" not in shown
    assert all(f"{word}{VISIBLE}" in shown for word in ("what", "where", "fix"))


def test_messages_show_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    say(f"{ESCAPE}\n\tnext")
    assert capsys.readouterr().err == f"{VISIBLE}\n\tnext\n"


@pytest.mark.parametrize("terminal", [False, True])
def test_data_is_changed_in_a_terminal_alone(
    terminal: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    emit(ESCAPE)
    assert capsys.readouterr().out == f"{VISIBLE if terminal else ESCAPE}\n"


def test_headings_are_text(capsys: pytest.CaptureFixture[str]) -> None:
    print_table((ESCAPE, "[red]"), [("1", "2")])
    assert capsys.readouterr().out.splitlines()[0].split() == [VISIBLE, "[red]"]


def test_json_has_null_for_what_is_no_number(capsys: pytest.CaptureFixture[str]) -> None:
    emit_json({"loss": float("nan"), "points": [[1, float("-inf")], [2, 0.5]]})
    assert json.loads(capsys.readouterr().out) == {"loss": None, "points": [[1, None], [2, 0.5]]}


def test_the_examples_of_the_quickstart_are_text(capsys: pytest.CaptureFixture[str]) -> None:
    prompt = [{"role": "user", "content": f"prompt{ESCAPE}"}]
    example = {"prompt": prompt, "completion": f"completion{ESCAPE}", "scores": {"accuracy": 0.0}}
    show_report(Report({}, {}, [example], [(1, 0.5), (2, 0.75)]), [], data_console())
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert all(f"{word}{VISIBLE}" in shown for word in ("prompt", "completion"))


def test_an_ascii_terminal_shows_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, "ascii", write_through=True))
    emit("caf\xe9 \u250c\u2500\u2510 \u28ff \u2588 \u2026")
    print_table(("\u6570",), [("\xe9",)])
    shown = written.getvalue().decode("ascii").split()
    assert shown == ["caf\\xe9", "+-+", "*", "#", ".", "\\u6570", "\\xe9"]


def test_a_message_is_broken_between_words_at_a_terminal_and_a_command_never(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "60")
    command = f"r1 rerun runs/{'x' * 40} --output-dir runs/{'x' * 40}"
    say(f"a warning that has quite a few words, for a terminal that is narrow\n{command}")
    say_command("resume it", command)
    shown = capsys.readouterr().err
    assert "a warning that has quite a few words, for a terminal that is\nnarrow\n" in shown
    assert shown.count(f"\n{command}\n") == 2


def test_messages_appear_whole_above_what_is_redrawn(capsys: pytest.CaptureFixture[str]) -> None:
    screen = io.StringIO()
    with messages_above(Console(file=screen, width=20)):
        say(f"run directory: {'x' * 60}")
    say("after")
    assert screen.getvalue() == f"run directory: {'x' * 60}\n"
    assert capsys.readouterr().err == "after\n"
