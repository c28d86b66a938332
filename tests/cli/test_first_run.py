"""`r1 grpo` and nothing else, at a terminal."""

import os
import pty
from pathlib import Path

import pytest

from tests.conftest import R1, RunR1


def at_a_terminal(folder: Path, answer: bytes, *words: str) -> tuple[int, str]:
    """Runs r1 at its own terminal, and answers its first question."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.execv(R1, [str(R1), *words])
    shown, answered = b"", False
    while True:
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # the other side is closed
            break
        if not piece:
            break
        shown += piece
        if b"Start?" in shown and not answered:
            os.write(terminal, answer)
            answered = True
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown.decode()


def test_it_shows_what_it_would_train_and_asks(tmp_path: Path) -> None:
    code, shown = at_a_terminal(tmp_path, b"n\n", "grpo")
    assert code == 0
    for text in ("qwen1.5b-math", "Qwen/Qwen2.5-1.5B-Instruct", "OpenR1-Math-220k", "nothing was started"):
        assert text in shown
    assert list(tmp_path.iterdir()) == []


def test_nobody_is_asked_who_cannot_answer_or_has_asked_for_something(main: RunR1, tmp_path: Path) -> None:
    assert "Start?" not in main("grpo", cwd=tmp_path).stderr
    code, shown = at_a_terminal(tmp_path, b"n\n", "grpo", "--model", "m/x", "--dry-run")
    assert (code, "Start?" in shown) == (0, False)


@pytest.mark.parametrize("short", ["-y", "-v"])
def test_short_options_are_the_command_s_own(main: RunR1, tmp_path: Path, short: str) -> None:
    result = main("sft", "--preset", "tiny-sft", short, "--model", "a/b", "--dry-run", "--json", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
