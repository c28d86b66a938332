"""What a run shows of itself, and what it proposes to do next."""

import json
import shlex
from pathlib import Path

import pytest

from r1cli.report.run_list import duration, size
from r1cli.report.run_summary import facts_of, next_commands, summary_tree
from r1cli.runs.run_dir import correct_status, read_status
from r1cli.runs.state import Run, look_at
from tests.run_folders import make_run


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def proposed(run: Run) -> list[list[str]]:
    return [shlex.split(one.line) for one in next_commands(run)]


def test_the_facts_of_a_failed_run(tmp_path: Path) -> None:
    config = {
        "model": {"model_name_or_path": "some/model"},
        "data": {"dataset_name": "some/data"},
        "rewards": {"reward_funcs": ["accuracy", "format"]},
    }
    lines = [{"step": 3, "max_steps": 9, "reward": 0.5, "rewards/accuracy/mean": 0.25}]
    run = make_run(
        tmp_path / "run", "failed", command="grpo", config=config, metrics=lines, reason="exit code 1"
    )
    (run / "launch").mkdir(exist_ok=True)
    error = {"what": "no memory", "where": "rank 0", "fix": "use less", "exit_code": 1}
    (run / "launch" / "error.json").write_text(json.dumps(error))
    read = [{"name": "some/data", "hash": f"commit:{'ab' * 20}", "rows": 3}]
    (run / "datasets.json").write_text(json.dumps(read))
    facts = dict(facts_of(look_at(run)))
    assert facts["datasets"] == "some/data (commit:abababababab)"
    assert summary_tree(look_at(run))["datasets"] == read
    assert (facts["command"], facts["model"], facts["dataset"]) == ("grpo", "some/model", "some/data")
    assert (facts["rewards"], facts["state"], facts["reason"]) == (
        "accuracy, format",
        "failed",
        "exit code 1",
    )
    assert facts["step"] == "3 of 9"
    assert facts["figures"] == "reward 0.500  accuracy 0.250"
    assert facts["error"] == "no memory\n  where: rank 0\n  fix: use less"


def test_only_a_run_itself_knows_when_it_ended(tmp_path: Path) -> None:
    def ended(name: str) -> str:
        return dict(facts_of(look_at(tmp_path / name)))["ended"]

    make_run(tmp_path / "done", "failed")
    make_run(tmp_path / "killed", "running")
    corrected = make_run(tmp_path / "corrected", "running", host="n1", pid=12)
    correct_status(corrected, "failed", "Slurm job 7 is FAILED: exit code 1:0")
    assert ended("done")
    assert ended("killed") == ended("corrected") == ""
    status = read_status(corrected)
    assert (status["state"], status["host"], status["pid"]) == ("failed", "n1", 12)


def test_what_to_do_next_is_ready_for_a_shell(tmp_path: Path) -> None:
    name = "runs/it's; rm -rf $HOME"
    run = look_at(make_run(tmp_path / name, "interrupted"))
    assert proposed(run) == [
        ["r1", "runs", "tail", name],
        ["r1", "rerun", name, "--output-dir", name],
        ["r1", "rerun", name],
    ]


def test_a_run_that_is_only_planned_can_be_started(tmp_path: Path) -> None:
    run = look_at(make_run(tmp_path / "planned", ""))
    assert proposed(run) == [["r1", "rerun", "planned", "--output-dir", "planned"]]
    assert "planned" in dict(facts_of(run)) and "started" not in dict(facts_of(run))


def test_a_run_of_a_cluster_is_resumed_as_any_other(tmp_path: Path) -> None:
    """Its record says what it asked of the cluster."""
    run = make_run(tmp_path / "run", "interrupted", job_id="7")
    found = Run(run, "interrupted", "", "7")
    assert ["r1", "rerun", "run", "--output-dir", "run"] in proposed(found)


def test_a_model_is_measured_and_served(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    (run / "config.json").write_text("{}")
    assert proposed(look_at(run)) == [
        ["r1", "evaluate", "math_500", "--run", "run"], ["r1", "serve", "run"], ["r1", "rerun", "run"]
    ]  # fmt: skip


def test_completions_are_inspected(tmp_path: Path) -> None:
    trained, measured = make_run(tmp_path / "trained", command="grpo"), make_run(tmp_path / "measured")
    (trained / "completions").mkdir()
    (trained / "completions" / "completions_00001.parquet").touch()
    (measured / "results.json").write_text('{"version": 1, "results": []}')
    assert proposed(look_at(trained))[0] == ["r1", "inspect", "trained", "--sort", "reward"]
    assert proposed(look_at(measured))[0] == ["r1", "inspect", "measured", "--failed"]


def test_a_run_that_is_active_is_followed_or_cancelled(tmp_path: Path) -> None:
    run_dir = make_run(tmp_path / "run", "running", host="elsewhere")
    unconfirmed = Run(run_dir, "running", "", "7", confirmed=False)
    for run in (look_at(run_dir), unconfirmed):
        assert proposed(run) == [["r1", "runs", "tail", "-f", "run"], ["r1", "runs", "cancel", "run"]]


def test_sizes_and_spans_are_short() -> None:
    assert [size(count) for count in (0, 1500, 2_500_000, 3_000_000_000)] == [
        "0.0 kB", "1.5 kB", "2.5 MB", "3.0 GB"
    ]  # fmt: skip
    assert [duration(seconds) for seconds in (-1, 59, 61, 7300, 200_000)] == [
        "0 s", "59 s", "1 min", "2 h", "2 d"
    ]  # fmt: skip
