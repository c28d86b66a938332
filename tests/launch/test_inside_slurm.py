"""Commands for one machine, called inside a Slurm job that r1 did not submit."""

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pytest

from r1cli import environment
from r1cli.launch import local
from r1cli.launch.slurm.node import this_node
from r1cli.runs.job import Job, Role
from r1cli.runs.run_dir import read_status, write_job

# They start supervisors and roles, and wait for them.
pytestmark = pytest.mark.e2e

#: Somebody's way into a job -> what Slurm then says of it; read from Slurm 22.05.
_JOB = {"SLURM_JOB_ID": "77", "SLURM_PROCID": "0", "SLURM_NODEID": "0", "SLURM_JOB_NODELIST": "n1"}
IN_A_JOB = {
    "a batch script": {**_JOB, "SLURM_NNODES": "1"},
    "srun --pty bash": {**_JOB, "SLURM_NNODES": "1", "SLURM_NTASKS": "1", "SLURM_STEP_ID": "0"},
    "a batch script with --ntasks-per-node=4": {**_JOB, "SLURM_NNODES": "1", "SLURM_NTASKS": "4"},
    "salloc -N2 -n2": {**_JOB, "SLURM_NNODES": "2", "SLURM_NTASKS": "2", "SLURM_STEP_ID": "4294967290"},
}
RUN_ANOTHER = """
import os, pathlib, sys
from r1cli.launch.local import launch
from r1cli.runs.job import Job
launch(Job.from_json(pathlib.Path(sys.argv[1]).read_text()), lambda line: None)
"""


def job_of(run_dir: Path, *argv: str) -> Job:
    role = Role("train", (sys.executable, "-c", *argv))
    return Job("test", str(run_dir), (role,), {"command": "test", "config": {}}, requires=())


@pytest.mark.parametrize("variables", [{}, *IN_A_JOB.values()], ids=["no Slurm", *IN_A_JOB])
def test_the_supervisor_is_alone(variables: dict[str, str]) -> None:
    node = this_node(variables)
    assert (node.rank, node.count, node.job_id, node.head) == (0, 1, "", "127.0.0.1")


@pytest.mark.parametrize("variables", IN_A_JOB.values(), ids=list(IN_A_JOB))
def test_a_job_runs_as_outside(
    variables: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    # What runs may ask Slurm about its job.
    job = job_of(tmp_path, "import os; print(os.environ['SLURM_JOB_ID'])")
    assert local.launch(job, lambda line: None) == "new"
    assert read_status(tmp_path)["state"] == "finished"
    assert (tmp_path / "logs" / "train.log").read_text() == "77\n"


def test_the_variables_of_an_outer_run_do_not_reach_the_roles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A nested `r1 evaluate` would measure the model on the outer run's server."""
    for name in environment.VARIABLES.keys() - {"R1_SLURM_NODE"}:
        monkeypatch.setenv(name, "outer")
    program = "import os; print(*sorted(name for name, value in os.environ.items() if value == 'outer'))"
    job = job_of(tmp_path, program)
    role = dataclasses.replace(job.roles[0], env={"R1_SHARE": "own"})
    local.launch(dataclasses.replace(job, roles=(role,)), lambda line: None)
    assert (tmp_path / "logs" / "train.log").read_text().split() == [
        "R1_CODE_TOKEN", "R1_DEBUG", "R1_DISABLE_PLUGINS", "R1_HOME", "R1_LIGHTEVAL_PYTHON",
        "R1_TEST_REQUIRE", "R1_TEST_SEED", "R1_VERIFY_SECONDS", "R1_VERIFY_WORKERS", "R1_VLLM_PYTHON",
    ]  # fmt: skip


def test_a_node_uses_the_interface_that_its_job_names(tmp_path: Path) -> None:
    job = job_of(tmp_path, "pass")
    write_job(job)
    variables = {**IN_A_JOB["srun --pty bash"], "R1_SLURM_NODE": "1", "R1_NETWORK_INTERFACE": "no9"}
    command = [sys.executable, "-m", "r1cli.launch.node", f"{job.run_dir}/job.json"]
    done = subprocess.run(
        command, env={**os.environ, **variables}, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "has no network interface 'no9'" in done.stderr


def test_a_command_that_a_node_of_r1s_own_job_runs_is_alone(tmp_path: Path) -> None:
    """A reward that calls `r1 evaluate`, for one."""
    inner = job_of(tmp_path / "inner", "print('hello')")
    (tmp_path / "inner.json").write_text(inner.to_json())
    outer = job_of(tmp_path / "outer", RUN_ANOTHER, str(tmp_path / "inner.json"))
    write_job(outer)
    variables = {**IN_A_JOB["srun --pty bash"], "R1_SLURM_NODE": "1"}
    command = [sys.executable, "-m", "r1cli.launch.node", f"{outer.run_dir}/job.json"]
    done = subprocess.run(
        command, env={**os.environ, **variables}, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    statuses = [read_status(Path(job.run_dir)) for job in (outer, inner)]
    assert [(status["state"], status.get("job_id")) for status in statuses] == [
        ("finished", "77"),
        ("finished", None),
    ]
