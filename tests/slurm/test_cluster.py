"""The cluster itself: what the tests of r1's launcher take for granted."""

from pathlib import Path

from tests.slurm.cluster import Cluster

#: A job that is told of its limit, asks for a requeue, and ends well the second time.
PREEMPTED = """#!/bin/bash
srun bash -c '
echo "started restart=$SLURM_RESTART_COUNT at $(date +%s)"
if [ "$SLURM_RESTART_COUNT" = 1 ]; then exit; fi
trap "echo signalled at \\$(date +%s); scontrol requeue $SLURM_JOB_ID" USR1
sleep 120 & wait
sleep 30'
"""
TASK = 'echo "$SLURM_PROCID $SLURMD_NODENAME $CUDA_VISIBLE_DEVICES"'


def submit(cluster: Cluster, *words: str | Path) -> str:
    submitted = cluster.run("sbatch", "--parsable", "--gres=gpu:8", *words)
    assert submitted.returncode == 0, submitted.stderr
    return submitted.stdout.strip()


def test_a_job_runs_one_task_on_each_node_with_its_gpus(cluster: Cluster, tmp_path: Path) -> None:
    output = tmp_path / "output"
    job_id = submit(
        cluster, "--nodes=2", "--ntasks-per-node=1", f"--output={output}", "--wrap", f"srun bash -c '{TASK}'"
    )

    assert cluster.wait(job_id, 30) == "COMPLETED", output.read_text()
    ranks, nodes, gpus = zip(*(line.split() for line in sorted(output.read_text().splitlines())), strict=True)
    assert ranks == ("0", "1")
    assert len(set(nodes)) == 2
    assert set(gpus) == {"0,1,2,3,4,5,6,7"}


def test_a_job_is_told_of_its_time_limit_and_starts_again(cluster: Cluster, tmp_path: Path) -> None:
    script, output = tmp_path / "job.sh", tmp_path / "output"
    script.write_text(PREEMPTED)
    job_id = submit(
        cluster, "--time=1", "--signal=USR1@30", f"--output={output}", "--open-mode=append", script
    )

    assert cluster.wait(job_id, 90) == "COMPLETED", output.read_text()
    lines = [line for line in output.read_text().splitlines() if " at " in line and "slurmstepd" not in line]
    started, signalled, again = (int(line.split()[-1]) for line in lines)
    assert lines[2].startswith("started restart=1")
    assert signalled - started < 35, "Slurm looks at time limits every 30 s"
    assert again - signalled < 25, "the old credential is valid for 10 s"
    assert cluster.job(job_id)["Restarts"] == "1"
