"""When a run was started, after its directory was copied too."""

import json
import os
import shutil
import time
from pathlib import Path

import pytest

from r1cli.runs.locate import find_runs
from r1cli.runs.model import newest_trained_run
from r1cli.runs.run_dir import now
from r1cli.runs.start_time import record_start, started
from tests.run_folders import make_run

# What the default state of `make_run` says.
_ENDED = 1735725600.0


def _of_an_earlier_r1(run_dir: Path, age: float = 0.0) -> Path:
    """A run without a recorded start, whose files are of an age."""
    (run_dir / "launch" / "started").unlink()
    written = time.time() - age
    os.utime(run_dir / "run.yaml", (written, written))
    return run_dir


def test_a_copy_has_the_dates_of_its_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, age in (("sft", 7200), ("grpo", 3600)):
        (make_run(tmp_path / "there" / name, command=name, age=age) / "config.json").write_text("{}")
    for name in ("grpo", "sft"):
        shutil.copytree(tmp_path / "there" / name, tmp_path / "runs" / name, copy_function=shutil.copy)
    assert find_runs(Path("runs")) == [Path("runs/grpo"), Path("runs/sft")]
    assert newest_trained_run() == Path("runs/grpo")


def test_a_start_is_recorded(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", age=3600)
    record_start(run)
    assert abs(time.time() - started(run)) < 60


def test_a_run_of_an_earlier_r1_says_when_it_ran(tmp_path: Path) -> None:
    copied = _of_an_earlier_r1(make_run(tmp_path / "copied"))
    assert started(copied) == _ENDED
    (copied / "metrics.jsonl").write_text(json.dumps({"step": 1, "time": _ENDED - 60.5}) + "\n")
    assert started(copied) == _ENDED - 60.5
    # Its files have the right date where they are older than its state.
    in_place = _of_an_earlier_r1(make_run(tmp_path / "in-place", time=now()), age=100)
    assert started(in_place) == (in_place / "run.yaml").stat().st_mtime
    # A state in the same second is not older, and one that cannot be read says nothing.
    fresh = _of_an_earlier_r1(make_run(tmp_path / "fresh", "queued", time=now()))
    assert started(fresh) == (fresh / "run.yaml").stat().st_mtime
    broken = _of_an_earlier_r1(make_run(tmp_path / "broken", time=[]))
    assert started(broken) == (broken / "run.yaml").stat().st_mtime
    assert started(tmp_path / "gone") == 0.0
