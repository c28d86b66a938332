"""Points of a contest, with the best submission for each subtask."""

from typing import Any

import pytest

from r1cli.errors import R1Error
from r1cli.evaluate.points import Points, points_of


def subtask(name: str, score: float) -> dict[str, Any]:
    return {"name": name, "score": score}


ROWS = [subtask("nile", 40), subtask("nile", 60), subtask("tree", 100), subtask("tree", 0)]


def test_each_subtask_counts_its_best_submission() -> None:
    found = points_of([[1.0, 0.0], [0.0, 0.5], [0.0, 0.0], [1.0, 1.0]], ROWS, "ioi24")
    assert (found.value, found.total, found.samples) == (70.0, 200.0, 2)
    assert found.tasks == {"nile": (70.0, 100.0), "tree": (0.0, 100.0)}
    # One submission earns half of what two do here: each subtask was solved by one of the two.
    assert found.best_of == {1: 35.0, 2: 70.0}
    assert 0 <= found.interval[0] < 70 < found.interval[1] <= 200
    assert str(found).startswith("70.0 of 200 points")


def test_a_subtask_without_a_score_is_no_loss_of_points() -> None:
    found = points_of([[1.0], [None], [0.25], [0.0]], ROWS, "ioi24")
    assert (found.value, found.total, found.unscored) == (65.0, 140.0, 1)
    assert found.best_of == {1: 65.0}
    assert "not counted: 1" in str(found)


def test_rows_need_a_task_and_points() -> None:
    for row in ({"score": 3}, {"name": "nile"}, {"name": "nile", "score": "3"}):
        with pytest.raises(R1Error, match="a subtask needs"):
            points_of([[1.0]], [row], "mine")


def test_points_survive_json() -> None:
    found = points_of([[1.0, 0.0], [0.0, 0.5], [0.0, 0.0], [1.0, 1.0]], ROWS, "ioi24")
    tree = {**vars(found), "interval": list(found.interval), "best_of": {"1": 35.0, "2": 70.0}}
    assert Points.from_dict({**tree, "tasks": {k: list(v) for k, v in found.tasks.items()}}) == found
