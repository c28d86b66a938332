"""The cluster itself: what the tests of r1's launcher take for granted."""

from pathlib import Path

from tests.conftest import PATIENCE
from tests.slurm.cluster import Cluster

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

    assert cluster.wait(job_id, PATIENCE) == "COMPLETED", output.read_text()
    ranks, nodes, gpus = zip(*(line.split() for line in sorted(output.read_text().splitlines())), strict=True)
    assert ranks == ("0", "1")
    assert len(set(nodes)) == 2
    assert set(gpus) == {"0,1,2,3,4,5,6,7"}
