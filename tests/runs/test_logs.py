"""Logs that are read while they grow."""

from pathlib import Path

from r1cli.runs.logs import GrowingText, last_lines, main_log
from r1cli.runs.state import Run


def test_a_log_is_read_on_and_a_new_one_in_its_place_from_its_start(tmp_path: Path) -> None:
    path = tmp_path / "train-rank0.log"
    log = GrowingText(path)
    assert list(log.read()) == []
    whole = "5 € a step\n".encode()
    path.write_bytes(whole[:3])
    assert "".join(log.read()) == "5 "
    with path.open("ab") as file:
        file.write(whole[3:])
    assert "".join(log.read()) == "€ a step\n"
    # Another attempt: the old log is put aside, and the new one is longer.
    path.rename(tmp_path / "aside.log")
    path.write_bytes(whole + b"again\n")
    assert "".join(log.read()) == "5 € a step\nagain\n"
    path.write_bytes(b"cut\n")
    assert "".join(log.read()) == "cut\n"
    assert list(log.read()) == []


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
