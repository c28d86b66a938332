"""The logs of a run."""

from pathlib import Path

from r1cli.runs.logs import last_lines, main_log
from r1cli.runs.state import Run


def test_the_main_log_is_the_first_workers_that_has_written(tmp_path: Path) -> None:
    run, logs = Run(tmp_path, "running", ""), tmp_path / "logs"
    assert not main_log(run).exists()
    logs.mkdir()
    for name in ("train.log", "train-rank0.log", "vllm.log"):
        (logs / name).touch()
    (logs / "vllm.log").write_text("serving\n")
    assert main_log(run) == logs / "vllm.log"
    (logs / "train-rank0.log").write_text("training\n")
    assert main_log(run) == logs / "train-rank0.log"
    assert main_log(Run(tmp_path, "running", "", "12")) == logs / "slurm-12.out"


def test_the_last_lines_have_of_a_progress_bar_what_it_showed_last() -> None:
    assert last_lines(["a\nb\n0 %\r50 %", "\r100 %\n", "c\r\nd"], 3) == "100 %\nc\nd"
    assert last_lines(["a\nb\n"], 1) == "b\n"
    assert last_lines([]) == ""
