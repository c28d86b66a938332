"""What a run shows of itself."""

from r1cli.cli.progress import summary


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
