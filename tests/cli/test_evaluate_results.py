"""``r1 evaluate show`` and ``table``: what they say of evaluations that did not finish."""

import json
from pathlib import Path

import pytest

from tests.conftest import RunR1
from tests.run_folders import make_run

REASON = "the server at http://127.0.0.1:9 cannot be reached"


@pytest.mark.parametrize("also", [(), ("--failed",)])
def test_an_evaluation_without_scores_says_why(
    also: tuple[str, ...], tmp_path: Path, main: RunR1, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make_run(tmp_path / "runs" / "mine", "failed", command="evaluate", reason=REASON)
    done = main("evaluate", "show", "mine", *also)
    said = " ".join(done.stderr.split())
    assert f"runs/mine is failed ({REASON})" in said
    assert "r1 rerun runs/mine --output-dir runs/mine" in said
    assert said.endswith("no completion has a score yet")


def test_a_table_names_the_runs_that_may_lack_results(
    tmp_path: Path, main: RunR1, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, state in (("whole", "finished"), ("stopped", "interrupted"), ("waiting", "queued")):
        run = make_run(tmp_path / "runs" / name, state, command="evaluate")
        (run / "results.json").write_text(json.dumps([]))
    said = main("evaluate", "table", "runs").stderr.splitlines()
    assert [line.partition(":")[0] for line in said] == [
        "runs/stopped is interrupted",
        "runs/waiting is queued",
    ]
    assert ["r1 rerun" in line for line in said] == [True, False]
