"""The figures of a run, from metrics that may still be written."""

from pathlib import Path

from r1cli.runs.metrics import curve, last_figures, last_step, summary
from tests.run_folders import make_run


def test_the_last_step_with_the_sum_of_the_run(tmp_path: Path) -> None:
    lines = [
        {"step": 1, "max_steps": 2, "loss": 2.0, "reward": 0.5},
        {"step": 2, "max_steps": 2, "time": 1.0, "loss": 1.0, "reward": 0.75, "faults": None, "done": True},
        {"step": 2, "max_steps": 2, "time": 2.0, "train_runtime": 9.0},
    ]
    run = make_run(tmp_path, metrics=lines)
    with (run / "metrics.jsonl").open("a") as file:
        file.write('{"warning": "slow"}\n{"step": 3, "ma')
    assert last_step(run)["train_runtime"] == 9.0
    figures = last_figures(run)
    assert figures == {"step": 2, "max_steps": 2, "loss": 1.0, "reward": 0.75, "train_runtime": 9.0}
    assert curve(run) == ("reward", [(1, 0.5), (2, 0.75)])


def test_a_run_that_has_no_reward_has_a_loss(tmp_path: Path) -> None:
    run = make_run(tmp_path, metrics=[{"step": step, "loss": 1.0} for step in range(1000)])
    name, points = curve(run, most=100)
    assert name == "loss"
    assert 50 <= len(points) <= 100
    assert (points[0][0], points[-1][0]) == (0, 999)
    assert curve(tmp_path / "none") == ("reward", [])
    assert last_figures(tmp_path / "none") == {}


def test_the_steps_of_shares_are_added(tmp_path: Path) -> None:
    for share in "012":
        make_run(tmp_path / "shares" / share, metrics=[{"step": 3, "max_steps": 5}] if share != "2" else ())
    assert last_step(tmp_path) == {"step": 6, "max_steps": 10}


def test_a_long_file_is_read_from_its_end(tmp_path: Path) -> None:
    run = make_run(tmp_path, metrics=[{"step": 1, "text": "x" * 200_000}, {"step": 2}])
    assert last_step(run) == {"step": 2}


def test_the_figures_that_tell_whether_it_learns() -> None:
    line = {
        "step": 1,
        "max_steps": 2,
        "reward": 1.25,
        "rewards/accuracy/mean": 0.5,
        "loss": 0.1,
        "faults": 0.0,
    }
    assert summary(line) == "loss 0.100  reward 1.250  accuracy 0.500"
    assert "FAULTS 3.000" in summary({**line, "faults": 3.0})
    assert summary({"reward": None}) == ""
