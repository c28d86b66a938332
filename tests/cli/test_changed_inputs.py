"""A finished run whose datasets were changed since."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from r1cli.cli.changed_inputs import changed_inputs
from r1cli.cli.launch import is_outdated
from r1cli.config.resolve import Request
from r1cli.data.lineage import input_of, record_datasets
from r1cli.prepare.request import Prepared, prepare
from r1cli.prepare.target import SLURM, THIS_MACHINE, Target
from tests.command_line import flags_of


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("rows.jsonl", "more.jsonl", "held.jsonl"):
        write(name, {"prompt": f"1+1 of {name}", "solution": "2"})


def write(name: str, *rows: dict[str, Any]) -> None:
    Path(name).write_text("".join(json.dumps(row) + "\n" for row in rows))


def finished(*words: str, target: Target = THIS_MACHINE) -> Prepared:
    """A request, and what a run of it has recorded."""
    command, *flags = words
    prepared = prepare(
        command, Request(flags=flags_of(*flags, "--output-dir", "run", command=command)), target
    )
    Path("run").mkdir(exist_ok=True)
    read = ("rows.jsonl", "more.jsonl", "held.jsonl")
    record_datasets(Path("run"), [input_of(name, None, "") for name in read])
    return prepared


SAMPLED = ("--model", "some/model", "--endpoint", "http://localhost:1/v1")
GENERATE = ("generate", *SAMPLED, "--dataset", "rows.jsonl")
DECONTAMINATE = ("decontaminate", "--dataset", "rows.jsonl", "--against", "held.jsonl:prompt")


@pytest.mark.parametrize(
    ("words", "file", "expected"),
    [
        (GENERATE, "rows.jsonl", ["rows.jsonl"]),
        (GENERATE, "held.jsonl", []),
        (
            ("evaluate", *SAMPLED, "--dataset", "rows.jsonl", "--reward", "accuracy"),
            "rows.jsonl",
            ["rows.jsonl"],
        ),
        (DECONTAMINATE, "held.jsonl", ["held.jsonl"]),
        (("evaluate", *SAMPLED, "--benchmarks", "tiny_sum"), "rows.jsonl", []),
    ],
)
def test_what_has_changed(words: tuple[str, ...], file: str, expected: list[str]) -> None:
    config = finished(*words).config
    os.utime(file, (2e9, 2e9))
    assert changed_inputs(config, Path("run")) == []
    write(file, {"prompt": "1+2", "solution": "3"})
    assert [Path(name).name for name in changed_inputs(config, Path("run"))] == expected
    Path(file).unlink()
    assert changed_inputs(config, Path("run")) == []


@pytest.mark.parametrize(
    ("words", "target", "expected"),
    [
        (GENERATE, THIS_MACHINE, "the run reads it again"),
        (GENERATE, SLURM, "another --output-dir reads it again"),
        (
            ("grpo", "--model", "some/model", "--dataset", "rows.jsonl", "--reward", "accuracy"),
            THIS_MACHINE,
            "another --output-dir reads it again",
        ),
    ],
)
def test_a_training_and_a_job_of_a_cluster_are_not_continued(
    words: tuple[str, ...], target: Target, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    prepared = finished(*words, target=target)
    assert not is_outdated(prepared) and not capsys.readouterr().err
    write("rows.jsonl", {"prompt": "1+2", "solution": "3"})
    assert is_outdated(prepared) == (expected == "the run reads it again")
    assert "rows.jsonl has changed since this run was finished" in (said := capsys.readouterr().err)
    assert expected in said
