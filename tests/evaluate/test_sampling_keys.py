"""The keys that say how an evaluation samples, by today's names and by those of older runs and files."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from r1cli.commands import COMMANDS
from r1cli.config.config import Config
from r1cli.config.groups.sampling import Sampling
from r1cli.config.record import RecordedConfig
from r1cli.config.resolve import Request, resolve
from r1cli.evaluate.load_tasks import tasks_of
from r1cli.evaluate.schema import evaluate_schema
from r1cli.evaluate.task import Task
from r1cli.evaluate.worker import requests_of
from r1cli.prepare.request import prepare, repeat_run
from r1cli.runs.run_dir import inspect
from r1cli.yaml12 import to_yaml
from tests.command_line import flags_of
from tests.evaluate.test_load_tasks import Tokenizer

OLD = {"samples": 4, "temperature": 0.6, "top_p": 0.95, "max_new_tokens": 99, "seed": 5}


def evaluation(*words: str, **request: Any) -> Config:
    return resolve(evaluate_schema(), Request(flags=flags_of(*words, command="evaluate"), **request))


def test_older_names_mean_todays_in_files_flags_and_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "older.yaml"
    file.write_text(to_yaml({"evaluate": OLD}))
    flags = [word for name, value in OLD.items() for word in (f"--evaluate.{name}", str(value))]
    flat = [word for name, value in OLD.items() for word in (f"--{name}", str(value))]
    for config in (evaluation(files=(file,)), evaluation(*flags), evaluation(*flat)):
        assert config.section(Sampling) == Sampling(**OLD)
        assert not any(path in config.values for path in COMMANDS["evaluate"].moved)
    monkeypatch.setenv("R1_EVALUATE__TOP_P", "0.5")
    assert evaluation().section(Sampling).top_p == 0.5


@pytest.mark.parametrize("written", ["gpus: 1", "no_such_key: 1"])
def test_no_other_key_may_stand_among_the_moved(written: str, tmp_path: Path) -> None:
    file = tmp_path / "older.yaml"
    file.write_text(f"evaluate: {{{written}}}")
    with pytest.raises(Exception, match="unknown key"):
        evaluation(files=(file,))


def test_a_run_of_older_names_is_resumed_and_repeated(tmp_path: Path) -> None:
    run = tmp_path / "run"
    given = flags_of(
        "--model", "some/model", "--temperature", "0.6", "--engine", "in_process",
        "--evaluate.benchmarks", "tiny_sum", "--output_dir", str(run),
        command="evaluate",
    )  # fmt: skip
    job = prepare("evaluate", Request(flags=given)).job
    record = deepcopy(dict(job.record))
    sampling = record["config"].pop("sampling")
    record["config"]["evaluate"] |= sampling
    run.mkdir()
    (run / "run.yaml").write_text(to_yaml(record))
    assert sampling == {"temperature": 0.6, "seed": 0, "concurrency": 64, "batch_size": 64}
    assert inspect(job) == "resumed"
    again = repeat_run(run)
    assert resolve(evaluate_schema(), again.request).section(Sampling).temperature == 0.6


def task_with(**sampling: Any) -> Task:
    groups: dict[str, Any] = {
        "evaluate": {"benchmarks": ["tiny_sum"], "num_problems": 2},
        "sampling": sampling,
    }
    (task,) = tasks_of(RecordedConfig(groups), Tokenizer)
    return task


def test_stop_sequences_are_asked_for_and_change_the_samples() -> None:
    plain, stopped = task_with(seed=0), task_with(seed=0, stop=["\n\n", "User:"])
    assert "stop" not in plain.sampling and plain.settings["stop"] is None
    assert stopped.sampling == {**plain.sampling, "stop": ["\n\n", "User:"]}
    assert stopped.settings["stop"] == ["\n\n", "User:"]
    keys = [{one.key for one in requests_of(task, {"model": "m"})} for task in (plain, stopped)]
    assert keys[0].isdisjoint(keys[1])
    assert task_with(seed=0, stop=[]).sampling == plain.sampling


@pytest.mark.parametrize(
    ("written", "stops"),
    [("--stop ###", ["###"]), ("--stop [###,1]", ["###", "1"]), ("--stop []", []), ("", None)],
)
def test_stop_sequences_are_written_alone_or_as_a_list(written: str, stops: list[str] | None) -> None:
    assert evaluation(*written.split()).section(Sampling).stops == stops


def test_blanks_are_kept_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "stops.yaml"
    file.write_text('sampling: {stop: "\\n\\n"}')
    assert evaluation(files=(file,)).section(Sampling).stops == ["\n\n"]
