"""Benchmarks of programs from the command line: sampled from a server, judged in sandboxes, with figures."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.completion_service import Service
from tests.conftest import R1, RunR1
from tests.evaluate import program_sets
from tests.evaluate.program_sets import CPP_SUM, DOUBLE, JOIN, SMALL_JOIN, SUM

pytestmark = pytest.mark.skipif(
    not (shutil.which("bwrap") and shutil.which("g++")), reason="needs bubblewrap and a compiler of C++"
)


def _answer(body: dict[str, Any]) -> str:
    """Right programs, but for the olympiad's larger subtask only the second of two samples is right."""
    text = body["messages"][-1]["content"]
    if "Olympiad" in text:
        _answer.tries += "02-all" in text  # type: ignore[attr-defined]
        right = "02-all" not in text or _answer.tries == 2  # type: ignore[attr-defined]
        return f"```cpp\n{JOIN if right else SMALL_JOIN}\n```"
    if "Codeforces" in text:
        return f"```cpp\n{CPP_SUM}\n```"
    return f"Thus:\n```python\n{DOUBLE if 'double' in text else SUM}\n```"


def test_programs_are_judged_and_points_and_a_rating_are_reported(tmp_path: Path, r1: RunR1) -> None:
    home, run = tmp_path / "home", tmp_path / "run"
    for make in (program_sets.livecodebench, program_sets.olympiad, program_sets.codeforces):
        make(home)
    service = Service(seconds=0)
    _answer.tries = 0  # type: ignore[attr-defined]
    service.answer = _answer
    words = ("evaluate", "lcb_v4", "ioi24", "codeforces", "--endpoint", service.url, "--samples", "2")
    done = r1(*words, "--evaluate.data_dir", home, "--output-dir", run, "--compare")
    assert done.returncode == 0, done.stderr
    lcb, ioi, codeforces = json.loads((run / "results.json").read_text())
    assert (lcb["benchmark"], lcb["mean"], lcb["problems"], lcb["faults"]) == ("lcb:v4", 1.0, 2, {})
    assert lcb["points"] is lcb["rating"] is None
    # 40 points, and 60 by one of two submissions.
    points = ioi["points"]
    assert (points["value"], points["total"], points["best_of"]) == (100.0, 100.0, {"1": 70.0, "2": 100.0})
    assert ioi["mean"] == 0.75
    rating = codeforces["rating"]
    # As many solved as not, one problem of 800 and one of 1200.
    assert rating["value"] == pytest.approx(1000, abs=1)
    assert rating["interval"][0] < 700 and rating["interval"][1] > 1300
    assert {low: share["value"] for low, share in rating["buckets"].items()} == {"800": 1.0, "1200": 0.0}
    shown = " ".join(done.stdout.split())
    assert "100.0 of 100 points" in shown and "best of 2 for each subtask" in shown
    assert "estimated rating 1000" in shown
    assert "deepseek-ai/DeepSeek-R1 (DeepSeek)" in shown and "published rating is from contests" in shown
    assert "bubblewrap" in ioi["settings"]["isolation"]


@pytest.mark.slow
def test_programs_are_scored_again_with_the_tests_that_the_verifier_reads(tmp_path: Path, r1: RunR1) -> None:
    home, run = tmp_path / "home", tmp_path / "run"
    program_sets.olympiad(home)
    service = Service(seconds=0)
    service.answer = lambda body: f"```cpp\n{JOIN}\n```"
    done = r1("evaluate", "ioi24", "--endpoint", service.url, "--data_dir", home, "--output-dir", run)
    assert done.returncode == 0, done.stderr
    before = json.loads((run / "results.json").read_text())
    assert before[0]["points"]["value"] == 100
    assert r1("evaluate", "score", run).returncode == 0
    assert json.loads((run / "results.json").read_text()) == before


def test_programs_that_cannot_be_run_are_said_before_anything_is_sampled(tmp_path: Path, r1: RunR1) -> None:
    program_sets.codeforces(tmp_path / "home")
    service = Service(seconds=0)
    words = ("codeforces", "--endpoint", service.url, "--data_dir", tmp_path / "home")
    without = {**os.environ, "PATH": str(R1.parent)}
    done = r1("evaluate", *words, "--output-dir", tmp_path / "run", env=without)
    assert done.returncode != 0
    assert "bubblewrap" in done.stderr or "bwrap" in done.stderr
    assert not service.bodies
