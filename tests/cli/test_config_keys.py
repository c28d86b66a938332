"""``r1 config keys``: a row a key in a pipe, and lines that fit on a terminal."""

import json
import sys

import pytest

from r1cli.cli.config_keys import show_keys
from r1cli.config.key_search import find_keys
from r1cli.train.schema import grpo_schema
from tests.conftest import RunR1

LEAVES = find_keys(grpo_schema())


@pytest.mark.parametrize("width", [60, 80, 120])
def test_every_line_fits_and_every_name_is_whole(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    show_keys(LEAVES)
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if len(line) > width] == []
    names = [line.split()[0] for line in lines if not line.startswith(" ")]
    assert [name for name in names if name != "key"] == [leaf.path for leaf in LEAVES]


def test_a_pipe_has_a_row_a_key(main: RunR1) -> None:
    result = main("config", "keys", "grpo", "lr")
    rows = result.stdout.splitlines()
    assert rows[0].split("  ")[0] == "key"
    assert rows[1].split()[:3] == ["training.learning_rate", "number", "1e-06"]
    assert "initial learning rate" in rows[1]


def test_one_key_shows_all_about_it(main: RunR1) -> None:
    shown = main("config", "keys", "grpo", "lr_scheduler_type").stdout
    assert "training.lr_scheduler_type  string  linear" in shown
    assert "cosine_with_restarts" in shown


def test_json_has_the_whole_help(main: RunR1) -> None:
    keys = json.loads(main("config", "keys", "sft", "max_length", "--json").stdout)
    assert [(each["key"], each["default"], each["range"]) for each in keys] == [
        ("training.max_length", 1024, "1 or more")
    ]
    assert "truncated" in keys[0]["help"]


def test_mistakes_are_refused(main: RunR1) -> None:
    assert "did you mean grpo" in main("config", "keys", "grpoo").stderr
    result = main("config", "keys", "grpo", "zzz")
    assert (result.returncode, result.stdout) == (2, "")
    assert "r1 config keys grpo" in result.stderr
