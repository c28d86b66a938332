"""What `r1 slurm check` says of what the ranks found."""

from typing import Any

import pytest

from r1cli.cluster.check_report import problems


def found(rank: int, **other: Any) -> dict[str, Any]:
    """What a rank of two finds where all is well, with two GPUs."""
    return {
        "rank": rank,
        "node": f"n{rank + 1}",
        "python": "3.11.7",
        "r1": "0.1.0",
        "torch": "2.13.0",
        "megabytes_per_second": 900.0,
        "gpus": 2,
        "gloo": {"seconds": 0.1, "ranks": [0, 1]},
        "nccl": {"seconds": 0.1, "ranks": [0, 1]},
    } | other


FAILED_EARLY = {name: value for name, value in found(1).items() if name not in ("gpus", "gloo", "nccl")}


@pytest.mark.parametrize(
    ("second", "problem"),
    [
        (found(1), None),
        (None, "no word from rank 1: its node does not see the run directory, or r1 does not start there"),
        (found(1, torch="2.12.0"), "torch is not the same everywhere: 2.13.0 on n1; 2.12.0 on n2"),
        (found(1, torch=""), "torch is not the same everywhere: 2.13.0 on n1; none on n2"),
        (found(1, python="3.12.1"), "python is not the same everywhere: 3.11.7 on n1; 3.12.1 on n2"),
        (found(1, gpus=1), "torch sees 1 of the 2 GPUs that were asked for: n2"),
        (found(1, gloo={"seconds": 1, "ranks": [0, 0]}), "over gloo data arrived from the ranks [0, 0]: n2"),
        (found(1, nccl={"seconds": 1, "ranks": [1, 0]}), "over nccl data arrived from the ranks [1, 0]: n2"),
        (FAILED_EARLY, "this rank did not come through the collective: n2"),
        (
            {name: value for name, value in FAILED_EARLY.items() if name != "megabytes_per_second"},
            "nothing can be written into the run directory: n2",
        ),
    ],
)
def test_what_does_not_fit_is_said(second: dict[str, Any] | None, problem: str | None) -> None:
    ranks = {0: found(0)} | ({1: second} if second else {})
    assert list(problems(ranks, 2, 2)) == ([problem] if problem else [])
