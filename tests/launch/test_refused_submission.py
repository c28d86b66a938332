"""A job that Slurm refuses leaves no run directory; one that cannot be handed over stays."""

from pathlib import Path

import pytest

from r1cli.errors import R1Error
from r1cli.launch.slurm.submit import submit
from r1cli.runs.job import Job, Role
from r1cli.runs.slurm_request import SlurmRequest

REFUSAL = "sbatch: error: Batch job submission failed: Invalid account"


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin:/usr/bin")
    request = SlurmRequest(python="python3", stop_before=0, max_requeues=0)
    record = {"command": "sft", "config": {}}
    return Job("sft", str(tmp_path / "run"), (Role("train", ("true",)),), record, slurm=request)


def sbatch(tmp_path: Path, message: str, code: int) -> None:
    script = tmp_path / "bin" / "sbatch"
    script.write_text(f"#!/bin/sh\necho '{message}' >&2\nexit {code}\n")
    script.chmod(0o755)


def test_a_refused_job_leaves_nothing(job: Job, tmp_path: Path) -> None:
    sbatch(tmp_path, REFUSAL, 1)
    with pytest.raises(R1Error, match=r"sbatch refuses the job\n.*Invalid account"):
        submit(job)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "message",
    [
        "sbatch: fatal: Could not establish a configuration source",
        "sbatch: error: Unable to contact slurm controller (connect failure)",
    ],
)
def test_a_controller_that_is_not_reached_leaves_nothing(job: Job, tmp_path: Path, message: str) -> None:
    sbatch(tmp_path, message, 1)
    with pytest.raises(R1Error, match="sbatch failed"):
        submit(job)
    assert not (tmp_path / "run").exists()


def test_a_directory_that_was_there_stays(job: Job, tmp_path: Path) -> None:
    sbatch(tmp_path, REFUSAL, 1)
    (tmp_path / "run").mkdir()
    with pytest.raises(R1Error, match="refuses"):
        submit(job)
    assert (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "message",
    [
        "sbatch: error: Unable to contact slurm controller",
        "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation",
    ],
)
def test_a_job_that_may_be_queued_stays(job: Job, tmp_path: Path, message: str) -> None:
    sbatch(tmp_path, message, 1)
    with pytest.raises(R1Error, match="sbatch failed"):
        submit(job)
    assert (tmp_path / "run" / "run.yaml").exists()


@pytest.mark.parametrize(
    ("message", "fix"),
    [
        (REFUSAL, "change what the job asks for"),
        ("sbatch: fatal: Could not establish a configuration source", "`sinfo` shows whether"),
        (
            "sbatch: error: Socket timed out on send/recv operation",
            "`squeue --me` shows whether it was queued",
        ),
        ("sbatch: error: memory of a node is unknown", "change what the job asks for"),
    ],
)
def test_what_sbatch_says_decides_the_fix(job: Job, tmp_path: Path, message: str, fix: str) -> None:
    sbatch(tmp_path, message, 1)
    with pytest.raises(R1Error) as caught:
        submit(job)
    assert caught.value.fix.startswith(fix)
