"""Cancelling runs of this machine: a real supervisor, and numbers that are another process's."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from r1cli.errors import R1Error
from r1cli.runs.cancel import cancel, is_active
from r1cli.runs.job import Job, Role
from r1cli.runs.removal import remove
from r1cli.runs.run_dir import claim, read_status, write_job
from r1cli.runs.state import look_at
from r1cli.runs.supervisor import supervises
from tests.run_folders import make_run
from tests.slurm_scripts import Slurm


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The supervisor of a run in ``a run``, whose role sleeps."""
    run_dir = tmp_path / "a run"
    record = {"command": "sft", "config": {}}
    write_job(Job("sft", str(run_dir), (Role("train", ("sleep", "4712")),), record, requires=()))
    process = subprocess.Popen([sys.executable, "-m", "r1cli.launch.node", str(run_dir / "job.json")])
    deadline = time.monotonic() + 60
    while read_status(run_dir).get("state") != "running":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    yield process
    # Killed, it would leave its role behind.
    process.terminate()
    process.wait()


def test_a_run_is_cancelled_with_all_of_its_processes(
    supervisor: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    run = look_at(tmp_path / "a run")
    assert is_active(run)
    with pytest.raises(R1Error, match="the run is running"):
        remove(run.run_dir)
    has_ended = cancel(run)
    # Nobody else waits for the process here: without that it stays as a zombie, whose command line is empty.
    assert has_ended()
    assert supervisor.wait(30) == 128 + 15
    assert look_at(run.run_dir).headline() == "interrupted: SIGTERM"
    assert subprocess.run(["pgrep", "-f", "sleep 4712"], check=False, capture_output=True).returncode == 1


def test_a_run_that_was_moved_while_it_runs_is_not_taken_for_gone(tmp_path: Path) -> None:
    run_dir = make_run(tmp_path / "moved", "running")
    assert not is_active(look_at(run_dir))
    # As the launcher has its supervisor hold it.
    with claim(run_dir):
        run = look_at(run_dir)
        assert is_active(run)
        with pytest.raises(R1Error, match="still runs, and its process cannot be identified"):
            cancel(run)
        with pytest.raises(R1Error, match="still running"):
            remove(run_dir)


def test_another_process_is_never_ended(tmp_path: Path) -> None:
    other = subprocess.Popen(["sleep", "60"])
    try:
        run = look_at(make_run(tmp_path, "running", pid=other.pid))
        with pytest.raises(R1Error, match=f"process {other.pid} is not it"):
            cancel(run)
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_process_of_another_machine_is_out_of_reach(tmp_path: Path) -> None:
    run = look_at(make_run(tmp_path, "running", pid=os.getpid(), host="elsewhere"))
    with pytest.raises(R1Error, match="a process on elsewhere"):
        cancel(run)


def test_the_supervisor_of_another_run_is_not_this_ones(
    supervisor: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    assert supervises(supervisor.pid, tmp_path / "a run")
    assert not supervises(supervisor.pid, make_run(tmp_path / "run"))
    assert not supervises(2**22 + 1, tmp_path / "a run")


@pytest.mark.parametrize("state", ["finished", "failed", "interrupted", "lost", ""])
def test_what_has_ended_is_not_active(state: str, tmp_path: Path) -> None:
    assert not is_active(look_at(make_run(tmp_path, state)))


def submitted(run_dir: Path) -> Path:
    run = make_run(run_dir, "running", job_id="12", host="n1")
    (run / "launch").mkdir(exist_ok=True)
    (run / "launch" / "job.sh").touch()
    return run


def test_only_the_job_of_a_run_is_cancelled(slurm: Slurm, tmp_path: Path) -> None:
    run, other = submitted(tmp_path / "run"), submitted(tmp_path / "other")
    slurm.scontrol_prints("12", "RUNNING", run=other)
    with pytest.raises(R1Error, match="job 12 was not submitted from this run directory"):
        cancel(look_at(run))
    assert slurm.calls("scancel") == []
    cancel(look_at(other))
    assert slurm.calls("scancel") == ["12"]


def test_one_task_of_an_array_is_cancelled_alone(slurm: Slurm, tmp_path: Path) -> None:
    run = submitted(tmp_path / "run")
    slurm.scontrol_prints("14", "RUNNING", run=run, fields="ArrayJobId=12 ArrayTaskId=4")
    has_ended = cancel(look_at(run), "12_4")
    slurm.scontrol_prints("14", "CANCELLED", run=run, fields="ArrayJobId=12 ArrayTaskId=4")
    assert has_ended()
    assert slurm.calls("scancel") == ["12_4"]
    # The end of this task is waited for, and not that of the array.
    assert slurm.calls("scontrol")[-1].endswith("12_4")
