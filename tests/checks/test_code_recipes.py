"""What open-r1's recipes for code say, planned on the GPUs that they were written for."""

from pathlib import Path

import pytest

from tests.conftest import RunR1

_SMALL = """\
model_name_or_path: Qwen/Qwen2.5-1.5B-Instruct
torch_dtype: bfloat16
system_prompt: Think first.
use_vllm: true
gradient_accumulation_steps: 4
max_prompt_length: 1024
max_completion_length: 2048
max_steps: 500
num_generations: 14
per_device_train_batch_size: 16
warmup_ratio: 0.03
"""
VERIFIABLE = f"""{_SMALL}
dataset_name: open-r1/verifiable-coding-problems-python
dataset_prompt_column: problem_statement
reward_funcs: [code, format]
reward_weights: [1.0, 0.1]
"""
IOI = f"""{_SMALL}
dataset_name: open-r1/ioi
dataset_prompt_column: problem
code_language: cpp
reward_funcs: [ioi_code, code_format, format]
reward_weights: [1.0, 0.1, 0.1]
code_eval_test_batch_size: 3
"""
CODEFORCES = """\
model_name_or_path: Qwen/Qwen2.5-Coder-7B-Instruct
dataset_name: open-r1/codeforces
dataset_prompt_column: prompt
dataset_config: verifiable-prompts
dataset_test_split: test
callbacks: [push_to_hub_revision]
benchmarks: [lcb_v4]
use_vllm: true
vllm_device: auto
vllm_gpu_memory_utilization: 0.7
gradient_accumulation_steps: 32
per_device_train_batch_size: 4
num_generations: 16
max_completion_length: 8192
reward_funcs: [cf_code, code_format]
reward_weights: [1.0, 0.1]
mask_truncated_completions: true
code_eval_test_batch_size: -1
code_eval_scoring_mode: weighted_sum
"""


@pytest.mark.parametrize(
    ("recipe", "gpus", "says"),
    [
        (VERIFIABLE, 7, ["- code", "- format"]),
        (IOI, 7, ["- ioi_code", "default_language: cpp", "test_batch_size: 3"]),
        (CODEFORCES, 8, ["- cf_code", "scoring_mode: weighted_sum", "test_batch_size: -1"]),
    ],
)
def test_open_r1_s_recipes_for_code_are_planned(
    main: RunR1, tmp_path: Path, recipe: str, gpus: int, says: list[str]
) -> None:
    file = tmp_path / "recipe.yaml"
    file.write_text(recipe)
    planned = main("slurm", "submit", "grpo", "--config", str(file), "--launch.gpus", str(gpus), "--dry-run")
    assert planned.returncode == 0, planned.stderr
    assert f"--gres=gpu:{gpus}" in planned.stdout
    for each in says:
        assert each in planned.stdout
    assert "code_" not in planned.stderr and "changes nothing" not in planned.stderr


def test_a_folder_of_tests_that_is_not_there_is_named_before_anything_loads(
    main: RunR1, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "recipe.yaml"
    file.write_text(CODEFORCES)
    monkeypatch.setenv("CF_TESTS_FOLDER", str(tmp_path / "nowhere"))
    words = ("grpo", "--config", str(file), "--launch.gpus", "8", "--dry-run")
    refused = main(*words)
    assert refused.returncode == 2 and "CF_TESTS_FOLDER" in refused.stderr
    monkeypatch.setenv("CF_TESTS_FOLDER", str(tmp_path))
    refused = main(*words, "--code.testlib", str(tmp_path / "testlib.h"))
    assert refused.returncode == 2 and "testlib" in refused.stderr
