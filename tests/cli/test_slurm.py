"""`r1 slurm` on a machine without Slurm."""

import shlex
from pathlib import Path

import pytest

from tests.conftest import RunR1


@pytest.mark.parametrize(
    ("line", "program"),
    [
        ("list", "squeue"),
        ("status 12", "squeue"),
        ("logs 12", "squeue"),
        ("cancel 12", "squeue"),
        ("init --yes", "sinfo"),
        ("check --nodes 2", "sbatch"),
    ],
)
def test_without_slurm_one_panel_says_so(line: str, program: str, main: RunR1, tmp_path: Path) -> None:
    done = main("slurm", *shlex.split(line), cwd=tmp_path, env={"PATH": "", "HOME": str(tmp_path)})
    assert done.returncode == 2
    assert f"there is no Slurm on this machine: `{program}` is not found" in done.stderr
    assert not done.stdout
    assert not list(tmp_path.iterdir())


def test_the_job_of_a_check_is_shown_anywhere(main: RunR1, tmp_path: Path) -> None:
    words = ("slurm", "check", "--nodes", "3", "--gpus_per_node", "4", "--dry-run")
    done = main(*words, cwd=tmp_path, env={"PATH": "", "HOME": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    assert {"#SBATCH --nodes=3", "#SBATCH --gres=gpu:4", "#SBATCH --time=10"} <= set(done.stdout.splitlines())
    assert 'RANK="$NODE_RANK" WORLD_SIZE=3 MASTER_ADDR="$CHECK_ADDRESS"' in done.stdout


def test_a_run_of_this_machine_needs_no_slurm(main: RunR1, tmp_path: Path) -> None:
    run_dir = tmp_path / "runs" / "one"
    run_dir.mkdir(parents=True)
    (run_dir / "run.yaml").write_text("command: sft\nconfig: {}\n")
    (run_dir / "status.json").write_text('{"state": "interrupted", "reason": "SIGINT"}')
    (run_dir / "metrics.jsonl").write_text(
        '{"step": 7, "max_steps": 9}\n{"warning": "slow"}\n{"step": 8, "ma'
    )
    alone = {"PATH": "", "HOME": str(tmp_path)}
    shown = main("slurm", "status", cwd=tmp_path, env=alone).stdout
    assert shown.splitlines() == [
        f"run       {run_dir}", "state     interrupted", "reason    SIGINT", "step      7 of 9"
    ]  # fmt: skip
    refused = main("slurm", "logs", cwd=tmp_path, env=alone)
    assert refused.returncode == 2
    assert "was not submitted to Slurm" in refused.stderr


def test_an_amount_of_memory_is_one_of_sbatch(main: RunR1, tmp_path: Path) -> None:
    words = (
        "slurm",
        "submit",
        "sft",
        "--model",
        "some/model",
        "--dataset",
        "owner/name",
        "--dry-run",
        "--mem",
    )
    alone = {"PATH": "", "HOME": str(tmp_path)}
    for memory in ("200G", "512", "0", "1tb"):
        done = main(*words, memory, cwd=tmp_path, env=alone)
        assert done.returncode == 0, done.stderr
        assert f"#SBATCH --mem={memory}" in done.stdout
    refused = main(*words, "10QB", cwd=tmp_path, env=alone)
    assert refused.returncode == 2 and "'10QB' is not an amount of memory" in refused.stderr


def test_a_subcommand_is_submitted_by_its_two_words(main: RunR1, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"prompt": "1+1?", "solution": "2"}\n')
    words = (
        "--dataset",
        "rows.jsonl",
        "--endpoint",
        "http://127.0.0.1:1/v1",
        "--reward",
        "accuracy",
        "--dry-run",
    )
    submit = ("slurm", "submit", "--array", "0-3", "filter-pass-rate", "measure", *words)
    done = main(*submit, cwd=tmp_path, env={"PATH": "", "HOME": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    assert "#SBATCH --array=0-3" in done.stdout and "r1cli.pass_rate.worker" in done.stdout


def test_a_command_without_submit_is_answered_with_it(main: RunR1) -> None:
    refused = main("slurm", "grpo", "--nodes", "2")
    assert refused.returncode == 2 and "did you mean `r1 slurm submit grpo`?" in refused.stderr
