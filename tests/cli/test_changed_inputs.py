"""A finished run whose inputs were changed since."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from r1cli.cli.changed_inputs import reopen
from r1cli.config.resolve import Request
from r1cli.prepare.request import Prepared, prepare
from r1cli.runs.run_dir import read_status, write_job, write_status
from tests.command_line import flags_of

Finish = Callable[..., Prepared]


@pytest.fixture
def finish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Finish:
    """Makes the finished run of a command, on files that are a minute older."""
    monkeypatch.chdir(tmp_path)
    Path("rows.jsonl").write_text('{"prompt": "1+1", "solution": "2"}\n')
    Path("held.jsonl").write_text('{"problem": "1+2"}\n')
    Path("model").mkdir()
    Path("model/config.json").write_text("{}")
    Path("model/model.safetensors").write_text("")
    for file in ("rows.jsonl", "held.jsonl", "model/model.safetensors"):
        os.utime(file, (time.time() - 60,) * 2)

    def make(command: str, *words: str) -> Prepared:
        flags = flags_of("--dataset", "rows.jsonl", *words, "--output-dir", "run", command=command)
        prepared = prepare(command, Request(flags=flags))
        write_job(prepared.job)
        write_status(Path("run"), "finished")
        return prepared

    return make


def change(file: str) -> None:
    os.utime(file, (time.time() + 1,) * 2)


GENERATE = ("generate", "--model", "model", "--max_new_tokens", "8")


@pytest.mark.parametrize(
    ("words", "file"),
    [
        (GENERATE, "rows.jsonl"),
        (GENERATE, "model/model.safetensors"),
        (("evaluate", *GENERATE[1:], "--reward", "accuracy"), "rows.jsonl"),
        (("decontaminate", "--against", "held.jsonl:problem"), "held.jsonl"),
    ],
)
def test_it_is_continued(
    words: tuple[str, ...], file: str, finish: Finish, capsys: pytest.CaptureFixture[str]
) -> None:
    prepared = finish(*words)
    reopen(prepared)
    assert read_status(Path("run"))["state"] == "finished"
    change(file)
    reopen(prepared)
    assert read_status(Path("run"))["state"] == "interrupted"
    assert f"{file} has changed since this run" in capsys.readouterr().err


def test_a_training_stays_as_it_is_and_says_so(finish: Finish, capsys: pytest.CaptureFixture[str]) -> None:
    prepared = finish("grpo", "--model", "model", "--reward", "accuracy")
    change("rows.jsonl")
    reopen(prepared)
    assert read_status(Path("run"))["state"] == "finished"
    assert "rows.jsonl has changed since this run: name another --output-dir" in capsys.readouterr().err
