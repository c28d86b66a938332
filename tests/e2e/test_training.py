"""``r1 sft``, ``r1 grpo`` and ``r1 rerun`` on the quickstart's tiny models."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
import yaml

from tests.conftest import PATIENCE, R1, RunR1
from tests.e2e.conftest import Quickstart, wait_for


def processes_of(words: str) -> list[str]:
    """The processes whose command line has these words."""
    found = subprocess.run(["pgrep", "-f", words], check=False, capture_output=True, text=True)
    return found.stdout.split()


@pytest.mark.slow
def test_two_ranks_without_gpus_or_preset_train_as_one_by_trls_defaults(
    r1: RunR1, tiny: Path, tmp_path: Path
) -> None:
    (tmp_path / "rows.csv").write_text("prompt,completion\n" + "1+1,2\n2+2,4\n" * 8)
    arguments = ("sft", "--model", tiny / "model", "--dataset", "rows.csv", "--max_steps=2")
    where = ("--launch.num_processes", "2", "--output-dir", "a run's folder")
    result = r1(*arguments, *where, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert result.stderr.splitlines()[0] == "preset: none"
    run = tmp_path / "a run's folder"
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 2, 2]
    # SFTConfig's own, falling linearly to zero over two steps.
    assert lines[0]["learning_rate"] == pytest.approx(2e-5)
    assert (run / "logs" / "train-rank1.log").exists()


def test_a_worker_that_is_not_in_the_planned_world_ends_at_once(quickstart: Quickstart) -> None:
    job = json.loads((quickstart.folder / "sft" / "job.json").read_text())
    command = [
        job["roles"][0]["argv"][0].replace("accelerate", "python"),
        "-m",
        "r1cli.train.sft",
        job["run_dir"],
    ]
    environment = {**os.environ, "WORLD_SIZE": "2", "RANK": "1"}
    result = subprocess.run(command, env=environment, check=False, timeout=PATIENCE)
    assert result.returncode == 1
    left = quickstart.folder / "sft" / "launch" / "error.json"
    error = json.loads(left.read_text())
    left.unlink()
    assert error["what"] == "this is rank 1 of 2, and the job planned 1 ranks"


@pytest.mark.slow
def test_rerun_repeats_a_run_from_its_directory(r1: RunR1, quickstart: Quickstart, tmp_path: Path) -> None:
    old = quickstart.folder / "sft"
    result = r1("rerun", old, "--max_steps", "3", "--output-dir", tmp_path / "again", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    then, now = (yaml.safe_load((run / "run.yaml").read_text()) for run in (old, tmp_path / "again"))
    assert result.stderr.splitlines()[0] == "preset: tiny-sft"
    assert now["preset"] == then["preset"] == "tiny-sft"
    assert now["config"]["training"].pop("max_steps") == 3
    assert now["origins"]["training.max_steps"] == "flag --max_steps"
    assert now["origins"]["training.learning_rate"] == f"run {old}"
    for run in (then, now):
        run["config"]["training"].pop("output_dir")
    assert then["config"]["training"].pop("max_steps") == 12
    assert then["config"] == now["config"]
    # The same seed and data: the first step is the same.
    losses = [
        json.loads((run / "metrics.jsonl").open().readline())["loss"] for run in (old, tmp_path / "again")
    ]
    assert losses[0] == losses[1]
    shorter = json.loads(r1("rerun", old, "--profile", "dev", "--dry-run", "--json", cwd=tmp_path).stdout)
    assert shorter["config"]["training"]["max_steps"] == 20


@pytest.mark.slow
def test_a_killed_supervisor_leaves_no_worker_and_the_run_resumes(
    r1: RunR1, quickstart: Quickstart, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    arguments = [
        "sft", "--preset", "tiny-sft", "--model", str(quickstart.folder / "base"),
        "--dataset", quickstart.data("sft"), "--max_steps", "36", "--save_steps", "12",
        "--per_device_train_batch_size", "16",
        "--output-dir", str(run),
    ]  # fmt: skip
    process = subprocess.Popen([R1, *arguments], stderr=subprocess.PIPE, text=True)
    wait_for((run / "checkpoint-12" / "whole.json").exists, process)
    supervisor = json.loads((run / "status.json").read_text())["pid"]
    os.kill(supervisor, signal.SIGKILL)
    _, talk = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1, talk
    deadline = time.monotonic() + PATIENCE
    while processes_of(f"r1cli.train.sft {run}"):
        assert time.monotonic() < deadline, "a worker trains on"
        time.sleep(0.2)

    changed = r1(*arguments, "--learning_rate", "0.5")
    assert changed.returncode == 2
    assert "training.learning_rate: 0.003 there, 0.5 now" in changed.stderr
    again = r1(*arguments)
    assert again.returncode == 0, again.stderr
    steps = [json.loads(line)["step"] for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert steps == [*range(1, 37), 36]
    assert json.loads((run / "status.json").read_text())["state"] == "finished"
    assert "finished already" in r1(*arguments).stderr


#: As open-r1 writes its recipes, names included that TRL has dropped since.
RECIPE = """\
model_name_or_path: {model}
torch_dtype: float32
dataset_name: {dataset}
dataset_prompt_column: question
chat_template: "{{% for message in messages %}}{{{{ '<|im_start|>' + message['role'] + '\\n' + \\
  message['content'] + '<|im_end|>\\n' }}}}{{% endfor %}}\\
  {{% if add_generation_prompt %}}{{{{ '<|im_start|>assistant\\n' }}}}{{% endif %}}"
bf16: false
do_eval: false
gradient_checkpointing: false
learning_rate: 1.0e-4
max_prompt_length: 512
max_completion_length: 48
num_generations: 8
overwrite_output_dir: true
per_device_train_batch_size: 16
report_to: [none]
reward_funcs: [accuracy, format]
reward_weights: [1.0, 0.5]
warmup_ratio: 0.1
"""


@pytest.mark.slow
def test_an_open_r1_recipe_trains_as_it_is(r1: RunR1, tiny: Path, tmp_path: Path) -> None:
    """On rows whose reference answers are numbers, as CSV readers and many datasets of the Hub have them."""
    rows = tmp_path / "rows.csv"
    rows.write_text("question,answer\n1+1,2\n2+2,4\n")
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(RECIPE.format(model=tiny / "model", dataset=rows))
    run = tmp_path / "run"
    golds = ("--data.columns.solution", "answer")
    result = r1("grpo", "--config", recipe, *golds, "--profile", "test", "--output-dir", run)
    assert result.returncode == 0, result.stderr
    assert result.stderr.count("is left out") == 3
    steps = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert [(line["step"], line["faults"]) for line in steps if "reward" in line] == [(1, 0), (2, 0), (3, 0)]
    record = yaml.safe_load((run / "run.yaml").read_text())
    assert record["origins"]["training.max_steps"] == "profile test"
    assert record["origins"]["model.dtype"] == f"{recipe}:2 (as torch_dtype)"
    saved = (run / "chat_template.jinja").read_text()
    assert saved.startswith("{% for message in messages %}")
