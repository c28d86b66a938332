"""Errors: one style for all, no frame, and a command to copy on its own line, whole."""

import sys

import pytest

from r1cli.cli.error_text import error_lines, split_command
from r1cli.errors import R1Error
from tests.conftest import RunR1

INSTALL = "/opt/python/bin/python3 -m pip install -c /opt/r1/constraints.txt -e '/opt/r1[train,deepspeed]'"


@pytest.mark.parametrize(
    ("fix", "prose", "command"),
    [
        (INSTALL, "", INSTALL),
        ("pip install 'trl>=1.16,<1.17'", "", "pip install 'trl>=1.16,<1.17'"),
        ("run `r1 engine install vllm`", "run", "r1 engine install vllm"),
        ("where there is internet: r1 prefetch x --to F", "where there is internet:", "r1 prefetch x --to F"),
        ("`r1 config keys grpo` lists them", "`r1 config keys grpo` lists them", ""),
        ("start it with `r1 code serve`, or check it", "start it with `r1 code serve`, or check it", ""),
        ("export EDITOR=nano, or another one", "export EDITOR=nano, or another one", ""),
        ("did you mean lr?", "did you mean lr?", ""),
    ],
)
def test_a_command_that_ends_a_fix_is_found(fix: str, prose: str, command: str) -> None:
    assert split_command(fix) == (prose, command)


@pytest.mark.parametrize("width", [60, 80, None])
def test_a_command_to_copy_is_one_whole_line(width: int | None) -> None:
    error = R1Error("training needs torch, which is not installed", where="this environment", fix=INSTALL)
    lines = [line.text for line in error_lines(error, width)]
    assert lines[0] == "error: training needs torch, which is not installed"
    assert lines[-1].strip() == INSTALL


def test_a_command_within_a_text_is_not_broken() -> None:
    error = R1Error("x", fix="first take a look, then call `r1 runs cancel RUN`, or wait until it has ended")
    lines = [line.text for line in error_lines(error, 60)]
    assert any("`r1 runs cancel RUN`," in line for line in lines)
    assert all(len(line) <= 60 for line in lines)


#: What Typer itself finds wrong.
USAGE = {
    "value": (("data", "show", "rows.jsonl", "--rows", "0"), "r1 data show", "--rows"),
    "type": (
        ("evaluate", "show", "x", "--limit", "many"),
        "r1 evaluate show",
        "'--limit'",
    ),
    "argument": (("presets", "copy"), "r1 presets copy", "missing argument"),
    "subcommand": (("runs", "lst"), "command line", "unknown command 'runs lst'"),
    "option": (("presets", "list", "--jsn"), "r1 presets list", "--jsn"),
}


@pytest.mark.parametrize("name", USAGE)
def test_what_typer_refuses_looks_like_every_error(main: RunR1, name: str) -> None:
    words, where, what = USAGE[name]
    result = main(*words)
    assert result.returncode == 2
    first, *rest = result.stderr.splitlines()
    assert first.startswith("error: ")
    assert what in first
    assert rest[0] == f"  where: {where}"
    assert rest[1].startswith("  fix: ")
    assert "╭" not in result.stderr + result.stdout


def test_a_group_alone_shows_its_help(main: RunR1) -> None:
    for words in ((), ("runs",), ("presets",)):
        result = main(*words)
        assert (result.returncode, result.stderr) == (0, "")
        assert "Usage" in result.stdout


def test_nothing_is_broken_where_nobody_looks(main: RunR1, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not sys.stderr.isatty()
    shown = main("grpo", "--presett", "x" * 200).stderr.splitlines()
    assert shown[0].startswith("error: ")
