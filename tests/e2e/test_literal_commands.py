"""Command lines and files as users of other systems type them: open-r1's, and the hierarchical GRPO layout.

Each is planned with its values under r1's names, or refused with what to change.
"""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import RunR1

pytestmark = pytest.mark.unit

MODEL = '--model.name "Qwen/Qwen2.5-7B"'
QWEN = {"model.model_name_or_path": "Qwen/Qwen2.5-7B"}
REWARDS = {"rewards.reward_funcs": ["accuracy", "format", "reasoning_steps"]}
NO_TRACKER: dict[str, Any] = {"tracking.report_to": []}
DEFAULT_PRESET = "qwen1.5b-math"

FILES = {
    "profiles.yaml": """
        _profiles:
          dev: {training.epochs: 0.1, monitoring.wandb.enabled: false}
          prod: {training.epochs: 3.0, monitoring.wandb.enabled: true}
    """,
    "gpu.yaml": """
        _profiles:
          gpu_optimized:
            training.precision.bf16: true
            training.precision.tf32: true
            training.dataloader.pin_memory: true
            grpo.vllm.enabled: true
            grpo.vllm.gpu_memory_utilization: 0.4
    """,
    "empty.yaml": """
        project:
        model:
        training: {batch_size: , optimization: , precision: , scheduling: , dataloader: }
        dataset: {split: , processing: }
        grpo: {vllm: }
        rewards: {cosine: , repetition: , code: , soft_punish: }
        system:
        monitoring: {wandb: , logging: }
        callbacks: {comprehensive_logging: , reward_trend: , checkpoint_preservation: }
    """,
    "my_config.yaml": """
        training:
          optimization: {learning_rate: 1e-4}
          batch_size: {per_device_train: 8}
        rewards:
          functions: [format, equation]
          cosine: {min_value_wrong: -1.0, max_value_wrong: -0.5, max_len: 1000}
    """,
    "stratos.yaml": """
        model_name_or_path: Qwen/Qwen2.5-1.5B
        dataset_name: HuggingFaceH4/Bespoke-Stratos-17k
        dataset_text_field: conversations
        packing: true
        max_seq_length: 4096
        evaluation_strategy: "no"
    """,
    "nodes.yaml": """
        model_name_or_path: Qwen/Qwen2.5-32B
        dataset_name: open-r1/Mixture-of-Thoughts
        num_nodes: 16
        gpus_per_node: 8
        accelerator: fsdp
        fsdp_config: {fsdp_transformer_layer_cls_to_wrap: Qwen2DecoderLayer}
    """,
    "mixture.yaml": """
        model_name_or_path: Qwen/Qwen2.5-1.5B
        dataset_mixture:
          - {id: a/one, columns: [messages], weight: 0.5}
          - {id: a/two, columns: [messages]}
    """,
    "later.yaml": """
        callbacks: [push_to_hub_revision]
        benchmarks: [math_500]
        hub_model_revision: v1
        overwrite_hub_revision: true
    """,
    "zero3.yaml": """
        compute_environment: LOCAL_MACHINE
        deepspeed_config: {zero3_init_flag: true, zero3_save_16bit_model: true, zero_stage: 3}
        distributed_type: DEEPSPEED
        mixed_precision: bf16
        num_machines: 1
        num_processes: 8
    """,
}

#: A command line, values of its plan, and parts of its messages.
PLANNED: list[tuple[str, dict[str, Any], list[str]]] = [
    ("grpo", {}, []),
    ("grpo --profile dev", {"training.max_steps": 20, **NO_TRACKER}, []),
    ("grpo --profile prod", {}, ["no tracker is configured"]),
    ("grpo --profile test", {"training.max_steps": 3}, []),
    ("grpo --profile profile", {"tracking.timings": True}, []),
    ("grpo --profile default", {}, []),
    (f"grpo {MODEL} --training.epochs 2.0", {**QWEN, "training.num_train_epochs": 2.0}, []),
    (f"grpo {MODEL}", QWEN, []),
    ("grpo --rewards.functions [accuracy,format,reasoning_steps]", REWARDS, []),
    ("grpo --rewards.functions=[accuracy,format,reasoning_steps]", REWARDS, []),
    ("grpo '--rewards.functions=[accuracy, format, reasoning_steps]'", REWARDS, []),
    ("grpo --rewards.functions [accuracy, format, reasoning_steps]", REWARDS, []),
    ("grpo --reward_funcs accuracy,format,reasoning_steps", REWARDS, []),
    ("grpo --reward_funcs accuracy format reasoning_steps --output_dir X", REWARDS, []),
    (
        "grpo --reward_funcs accuracy format reasoning_steps cosine repetition_penalty --wandb_project P "
        "--run_name R",
        {"rewards.reward_funcs": [*REWARDS["rewards.reward_funcs"], "cosine", "repetition_penalty"]},
        ["nothing reports to Weights & Biases"],
    ),
    (
        'grpo --model_name "Qwen/Qwen2.5-7B" --learning_rate 1e-4 --no_wandb',
        {**QWEN, "training.learning_rate": 1e-4, **NO_TRACKER},
        [],
    ),
    (
        'grpo --model_name "Qwen/Qwen2.5-7B" --learning_rate 1e-4 --per_device_train_batch_size 8 '
        "--reward_funcs accuracy,format --no_wandb",
        {**QWEN, "training.per_device_train_batch_size": 8, "rewards.reward_funcs": ["accuracy", "format"]},
        [],
    ),
    ("grpo --profile prod --training.epochs 5.0", {"training.num_train_epochs": 5.0}, []),
    (
        "grpo --profile dev --training.epochs 0.5",
        {"training.num_train_epochs": 0.5, "training.max_steps": None},
        ["max_steps"],
    ),
    (
        "grpo --profile dev --rewards.functions [format,accuracy] --training.epochs 0.1",
        {"training.num_train_epochs": 0.1, "training.max_steps": None},
        ["max_steps"],
    ),
    (
        "grpo --profile test --rewards.functions [format] --training.epochs 0.01",
        {"training.num_train_epochs": 0.01, "training.max_steps": None, "rewards.reward_funcs": ["format"]},
        ["max_steps"],
    ),
    ("grpo --training.optimization.learning_rate 1e-4", {"training.learning_rate": 1e-4}, []),
    ("grpo --monitoring.wandb.enabled false", NO_TRACKER, []),
    (
        "grpo --training.precision.gradient_checkpointing true",
        {"training.gradient_checkpointing": True},
        [],
    ),
    ("grpo --monitoring.logging.level DEBUG", {"training.log_level": "debug"}, []),
    ("grpo --dataset.split.test_size 0.2", {"data.test_size": 0.2}, ["held out"]),
    (
        f"grpo --profile prod {MODEL} --training.epochs 3.0 --training.optimization.learning_rate 3e-5 "
        "--training.batch_size.per_device_train 8 --rewards.functions "
        "[accuracy,format,reasoning_steps,cosine] --monitoring.wandb.enabled true "
        '--monitoring.wandb.run_name "production-run-v1" '
        "--callbacks.checkpoint_preservation.every_n_steps 1000",
        {
            **QWEN,
            "training.num_train_epochs": 3.0,
            "training.learning_rate": 3e-5,
            "tracking.report_to": ["wandb"],
            "tracking.run_name": "production-run-v1",
            "callbacks.preserve_checkpoints_every": 1000,
        },
        [],
    ),
    ("grpo --config profiles.yaml --profile dev", {"training.num_train_epochs": 0.1, **NO_TRACKER}, []),
    ("grpo --config profiles.yaml --profile prod", {"tracking.report_to": ["wandb"]}, []),
    (
        "grpo --config gpu.yaml --profile gpu_optimized",
        {
            "training.bf16": True,
            "training.tf32": True,
            "training.dataloader_pin_memory": True,
            "vllm.use_vllm": True,
            "vllm.vllm_gpu_memory_utilization": 0.4,
        },
        [],
    ),
    ("grpo --config empty.yaml", {}, []),
    (
        "grpo --profile profile --callbacks.comprehensive_logging.enabled true "
        "--monitoring.logging.profiling_mode true",
        {"tracking.timings": True},
        [],
    ),
    (
        "grpo --config my_config.yaml",
        {"training.learning_rate": 1e-4, "rewards.reward_funcs": ["format", "equation"]},
        ["cosine"],
    ),
    (
        "sft --config stratos.yaml",
        {"training.packing": True, "training.max_length": 4096, "training.eval_strategy": "no"},
        [],
    ),
    ("sft --config mixture.yaml", {}, []),
    ("sft --accelerate_config zero3.yaml", {}, []),
    ("slurm submit sft --config nodes.yaml", {"slurm.nodes": 16, "slurm.gpus_per_node": 8}, []),
    ("slurm submit grpo --nodes 2 --vllm-nodes 1", {"slurm.vllm_nodes": 1, "vllm.use_vllm": True}, []),
    (
        "generate --hf-dataset D/x --hf-dataset-split train --prompt-column problem --model M/x "
        "--vllm-server-url http://h:1/v1 --num-generations 16 --hf-output-dataset O",
        {"sampling.samples": 16, "data.columns": {"prompt": "problem"}},
        [],
    ),
    ("evaluate math_500 --model M/x", {"evaluate.benchmarks": ["math_500"]}, []),
    ("evaluate gpqa --model M/x", {}, []),
    ("evaluate lcb_v4 --model M/x", {}, []),
    ("evaluate 'lighteval|math_500|0|0' --model M/x", {}, []),
    (
        "sft --use_peft --lora_r 16 --lora_alpha 32 --lora_target_modules q_proj,v_proj --lora_dropout 0.05 "
        "--load_in_4bit",
        {"model.lora_r": 16, "model.lora_target_modules": ["q_proj", "v_proj"], "model.load_in_4bit": True},
        [],
    ),
    (
        "grpo --code_language cpp --code_provider e2b --parallel_code_exec_per_proc 4 "
        "--e2b_router_url http://h:1",
        {},
        [],
    ),
    ("grpo --config later.yaml", {}, ["push_to_hub_revision", "benchmarks", "overwrite_hub_revision"]),
]

#: A command line, and parts of the error.
REFUSED = [
    (
        "grpo --training.batch_size.per_device_train 7 --gpus 1",
        ["which is not a multiple of num_generations", "the nearest that work"],
    ),
    ("grpo --training.optimization.learning_rate -1", ["learning_rate: expected above 0"]),
    ("grpo --rewards.functions [invalid_function]", ["invalid_function"]),
    (
        f"grpo --dataset rows.jsonl {MODEL} --reward accuracy --dataset.split.test_size 2",
        ["holding out 2 of 2 rows leaves none to train on"],
    ),
    ("evaluate aime24", ["--model"]),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("literal")
    for name, text in FILES.items():
        (folder / name).write_text(text)
    (folder / "rows.jsonl").write_text('{"prompt": "1+1", "solution": "2"}\n' * 2)
    return folder


@pytest.fixture(autouse=True)
def _without_a_site_profile(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))


@pytest.mark.parametrize(("line", "values", "messages"), PLANNED, ids=[line for line, *_ in PLANNED])
def test_it_is_planned(
    line: str, values: dict[str, Any], messages: list[str], main: RunR1, folder: Path
) -> None:
    done = main(*shlex.split(line), "--dry-run", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    plan = json.loads(done.stdout)
    found = {path: _value(plan["config"], path) for path in values}
    assert found == values
    printed = " ".join(done.stderr.split())
    assert [part for part in messages if part not in printed] == []


def test_nothing_is_changed_by_empty_groups(main: RunR1, folder: Path) -> None:
    plain, empty = (
        json.loads(main("grpo", *words, "--dry-run", "--json", cwd=folder).stdout)["config"]
        for words in ((), ("--config", "empty.yaml"))
    )
    for config in (plain, empty):
        config["training"].pop("output_dir")  # has the time in its name
    assert plain == empty


def test_the_default_preset_is_named(main: RunR1, folder: Path) -> None:
    shown = main("grpo", *shlex.split(MODEL), "--dry-run", cwd=folder).stdout
    assert shown.startswith(
        f"# preset: {DEFAULT_PRESET} (the default of `r1 grpo` where no dataset is named)"
    )


def test_the_variables_of_the_other_layout(
    main: RunR1, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRPO_TRAINING_LEARNING_RATE", "1e-4")
    monkeypatch.setenv("GRPO_MODEL_NAME", "Qwen/Qwen2.5-7B")
    monkeypatch.setenv("GRPO_MONITORING_WANDB_ENABLED", "false")
    done = main("grpo", "--dry-run", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    config = json.loads(done.stdout)["config"]
    values = {**QWEN, **NO_TRACKER, "training.learning_rate": 1e-4}
    assert {path: _value(config, path) for path in values} == values


@pytest.mark.parametrize(("line", "messages"), REFUSED, ids=[line for line, _ in REFUSED])
def test_it_is_refused(line: str, messages: list[str], main: RunR1, folder: Path) -> None:
    done = main(*shlex.split(line), "--dry-run", cwd=folder)
    assert done.returncode == 2
    assert done.stdout == ""
    printed = " ".join(done.stderr.replace("│", " ").split())
    assert [part for part in messages if part not in printed] == []


def _value(config: dict[str, Any], path: str) -> Any:
    group, _, name = path.partition(".")
    return config.get(group, {}).get(name)
