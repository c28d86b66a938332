"""``--help``: what it says, and that its examples can be typed."""

import json
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer
from typer.testing import CliRunner

from r1cli.cli.app import load_command, summaries
from r1cli.cli.help_page import examples_of, of_text, with_types
from r1cli.cli.keys import read_words
from r1cli.pass_rate.measurement import Info
from tests.conftest import RunR1
from tests.run_folders import make_run

# Wider lines are broken on a terminal of 80 columns.
WIDTH = 78


@cache
def commands() -> dict[str, Any]:
    """Every command, and every subcommand with its group's name."""
    found: dict[str, Any] = {}
    for name in summaries():
        command = load_command(name)
        if not isinstance(command, typer.Typer):
            found[name] = command
            continue
        for info in command.registered_commands:
            if info.callback and not info.hidden:
                found[f"{name} {info.name or info.callback.__name__}"] = info.callback
    return found


def lines_of(name: str) -> tuple[str, ...]:
    return examples_of(name) or examples_of(name.removesuffix(" run"))


def calls_in(line: str) -> Iterator[list[str]]:
    """The words of each call of r1 in a line of a shell."""
    for part in re.split(r" && | \| | > |[$<]\(|\)", line):
        if part.strip().startswith("r1 "):
            yield shlex.split(part)[1:]


def check_call(words: list[str]) -> None:
    """Whether a command exists, and takes these words: nothing is run.

    Raises:
        Exception: it does not.
    """
    name = next(
        (name for name in (" ".join(words[:2]), words[0], f"{words[0]} run") if name in commands()), None
    )
    assert name, f"there is no command {' '.join(words[:2])}"
    rest = words[len(name.split()) :] if words[: len(name.split())] == name.split() else words[1:]
    left, _ = read_words(commands()[name], rest)
    app = typer.Typer()
    app.command()(with_types(commands()[name]))
    typer.main.get_command(app).make_context(name, left)


@pytest.mark.parametrize("name", commands())
def test_a_command_has_three_examples_that_can_be_typed(name: str, example_folder: Path) -> None:
    lines = lines_of(name)
    assert len(set(lines)) == 3
    for line in lines:
        assert len(line) <= WIDTH, line
        calls = list(calls_in(line))
        assert calls, line
        for words in calls:
            check_call(words)


@pytest.fixture
def example_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that examples name."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs" / "quickstart-tiny-seed0" / "data").mkdir(parents=True)
    for name in ("program.py", "two.py", "program.cpp", "in.txt", "mixture.yaml"):
        (tmp_path / name).touch()
    for name in ("data/mixed", "taught"):
        (tmp_path / name).mkdir(parents=True)
    row = {"prompt": "1+1?", "solution": "2", "completion": "2", "question": "2+2?"}
    for name in ("rows", "traces", "held-out"):
        (tmp_path / f"{name}.jsonl").write_text(f"{json.dumps(row)}\n" * 8)
    for name in ("my-sft", "quickstart-tiny-seed0/sft", "quickstart-tiny-seed0/grpo"):
        run_dir = make_run(tmp_path / "runs" / name, config={"data": {"dataset_name": "rows.jsonl"}})
        (run_dir / "config.json").write_text(json.dumps({"num_attention_heads": 4}))
        (run_dir / "tokenizer_config.json").write_text("{}")
        (run_dir / "chat_template.jinja").write_text("{{ messages }}")
    (tmp_path / "measure.yaml").write_text(
        "dataset_name: rows.jsonl\nmodel_name_or_path: runs/my-sft\nreward_funcs: [accuracy]\n"
    )
    (tmp_path / "runs" / "my-measurement").mkdir()
    (tmp_path / "runs" / "my-measurement" / "measurement.json").write_text(MEASURED.to_json())
    return tmp_path


MEASURED = Info(
    "m", None, "", "", 1.0, 1.0, 64, None, 0, None, True, ("accuracy", "format"), {}, "1", samples=8
)  # fmt: skip
#: Commands whose examples are planned.
PLANNED = (
    "sft", "grpo", "evaluate", "generate", "filter-pass-rate", "filter-pass-rate measure",
    "filter-pass-rate select", "decontaminate", "serve", "reward probe", "slurm submit",
)  # fmt: skip
EXAMPLES = list(dict.fromkeys(line for name in PLANNED for line in lines_of(name)))


@pytest.mark.parametrize("line", EXAMPLES)
def test_an_example_that_runs_something_is_accepted(main: RunR1, line: str, example_folder: Path) -> None:
    if "--preset tiny-grpo" in line:
        record = example_folder / "runs" / "my-sft" / "run.yaml"
        record.write_text(record.read_text().replace("preset: null", "preset: tiny-sft"))
    (words,) = calls_in(line)
    result = main(*words, *([] if "--dry-run" in words else ["--dry-run"]), cwd=example_folder)
    assert result.returncode == 0, result.stderr
    assert result.stdout
    assert "each task of the array" not in result.stderr


@pytest.mark.parametrize("name", commands())
def test_pages_fit_on_eighty_columns(main: RunR1, name: str) -> None:
    result = main(*name.split(), "--help", env={"COLUMNS": "80"})
    assert result.returncode == 0
    assert "<bool>" not in result.stdout
    # What Typer puts where a name is cut.
    assert "…" not in result.stdout
    for line in lines_of(name):
        assert f" {line}" in [shown.rstrip() for shown in result.stdout.splitlines()]


def test_paragraphs_wrap_once(main: RunR1) -> None:
    lines = [line.strip() for line in main("evaluate", "--help", env={"COLUMNS": "80"}).stdout.splitlines()]
    start = next(at for at, line in enumerate(lines) if line.startswith("`r1 evaluate RUN"))
    # All lines of a paragraph but its last are full.
    paragraph = lines[start : lines.index("", start)]
    following = [line.split()[0] for line in paragraph[1:]]
    assert all(len(line) + 1 + len(word) > WIDTH for line, word in zip(paragraph, following, strict=False))


def test_the_page_of_evaluate_is_that_of_measuring_a_model(main: RunR1) -> None:
    shown = main("evaluate", "--help").stdout
    for text in ("--model", "--run", "--samples", "r1 evaluate list", "r1 evaluate table"):
        assert text in shown


def test_the_default_preset_is_named(main: RunR1) -> None:
    assert "qwen1.5b-math" in main("grpo", "--help").stdout
    assert "openr1-distill-7b" in main("sft", "--help").stdout


def test_values_have_types_and_switches_have_none(main: RunR1) -> None:
    shown = main("filter-pass-rate", "--help").stdout
    for option, kind in (("samples", "INTEGER"), ("temperature", "NUMBER"), ("output-dir", "PATH")):
        assert re.search(rf"--{option} +{kind} ", shown), option
    assert re.search(r"--dry-run +Print", shown)
    assert re.search(r"--adaptive +[A-Z]", shown)


def test_brackets_are_no_markup() -> None:
    """Typer reads help as rich's markup, in which [test] is a style."""

    def command(value: Annotated[str, typer.Option(help="As [test].")] = "") -> None:
        """Take [test] as it is."""

    app = typer.Typer()
    app.command(help=of_text(command.__doc__ or ""))(with_types(command))
    shown = CliRunner().invoke(app, ["--help"]).output
    assert "Take [test] as it is." in shown
    assert "As [test]." in shown
