"""Files, flags and variables that were written for others."""

from pathlib import Path

import pytest

from r1cli.checks.names import unused_parameters
from r1cli.checks.subject import Subject
from r1cli.commands import COMMANDS
from r1cli.config.aliases import ALIASES
from r1cli.config.config import Config
from r1cli.config.resolve import Request, resolve
from r1cli.config.schema import schema_of
from r1cli.decontaminate.schema import decontaminate_schema
from r1cli.errors import R1Error
from r1cli.evaluate.schema import evaluate_schema
from r1cli.pass_rate.schema import filter_schema
from r1cli.train.schema import grpo_schema, sft_schema
from tests.command_line import flags_of

GRPO, SFT = grpo_schema(), sft_schema()


def read(text: str, tmp_path: Path, *words: str, command: str = "grpo") -> Config:
    file = tmp_path / "theirs.yaml"
    file.write_text(text)
    flags = flags_of(*words)
    return resolve(schema_of(COMMANDS[command]), Request(files=(file,), flags=flags))


@pytest.mark.parametrize("name", ALIASES)
def test_every_alias_leads_to_a_key_and_hides_none(name: str) -> None:
    assert name not in GRPO.leaves
    assert name not in SFT.leaves
    to = ALIASES[name].to
    assert to or ALIASES[name].says
    if to:
        known = (
            *GRPO.leaves,
            *SFT.leaves,
            *evaluate_schema().leaves,
            *filter_schema().leaves,
            *decontaminate_schema().leaves,
        )
        assert to in known or GRPO.locate(to) == to


OPEN_R1_GRPO = """\
model_name_or_path: Qwen/Qwen2.5-1.5B-Instruct
model_revision: main
torch_dtype: bfloat16
dataset_name: open-r1/OpenR1-Math-220k
dataset_prompt_column: problem
system_prompt: "Think first."
chat_template: "{% for message in messages %}{{ message.content }}{% endfor %}"
bf16: true
use_vllm: true
do_eval: false
gradient_accumulation_steps: 4
gradient_checkpointing_kwargs:
  use_reentrant: false
hub_model_revision: v01
hub_strategy: every_save
lr_scheduler_kwargs:
  min_lr_rate: 0.1
max_prompt_length: 512
overwrite_output_dir: true
reward_funcs:
- accuracy
- format
reward_weights: [1.0, 0.5]
callbacks: [push_to_hub_revision]
benchmarks: [math_500, aime24]
warmup_ratio: 0.1
wandb_project: open-r1
wandb_entity: huggingface
report_to:
- wandb
"""


@pytest.mark.parametrize("command", ["grpo", "evaluate", "generate", "filter-pass-rate", "decontaminate"])
def test_columns_have_one_spelling_in_every_command_and_the_others_mean_it(command: str) -> None:
    ways = (
        ("--columns.prompt", "question", "--columns.solution", "answer"),
        ("--data.columns.prompt", "question", "--data.columns.solution", "answer"),
        ("--prompt-column", "question", "--solution-column", "answer"),
    )
    schema = schema_of(COMMANDS[command])
    for words in ways:
        config = resolve(schema, Request(flags=flags_of(*words, command=command)))
        assert config.get("data.columns") == {"prompt": "question", "solution": "answer"}


def test_an_open_r1_recipe_runs_as_it_is(tmp_path: Path) -> None:
    config = read(OPEN_R1_GRPO, tmp_path)
    assert config.get("model.dtype") == "bfloat16"
    assert config.get("data.columns") == {"prompt": "problem"}
    assert config.get("data.system_prompt") == "Think first."
    assert config.get("data.chat_template").startswith("{% for")
    assert config.get("rewards.reward_weights") == [1.0, 0.5]
    assert config.get("training.hub_revision") == "v01"
    assert config.get("training.push_to_hub") is True
    assert config.get("training.hub_strategy") == "every_save"
    assert config.get("training.warmup_steps") == 0.1
    assert config.get("training.lr_scheduler_kwargs") == {"min_lr_rate": 0.1}
    assert config.get("tracking.wandb_entity") == "huggingface"
    origin = f"{tmp_path / 'theirs.yaml'}:3 (as torch_dtype)"
    assert config.origins["model.dtype"] == origin


def test_what_is_left_out_is_said_once_each(tmp_path: Path) -> None:
    *warnings, objective = read(OPEN_R1_GRPO, tmp_path).warnings
    assert "loss_type bnpo" in objective
    named = [warning.split("'")[1] for warning in warnings]
    assert named == [
        "do_eval",
        "max_prompt_length",
        "overwrite_output_dir",
        "push_to_hub_revision",
        "benchmarks",
    ]
    assert warnings[1] == (
        f"{tmp_path / 'theirs.yaml'}:18: 'max_prompt_length' is left out: "
        "prompts are no longer cut, and long ones reach the model whole"
    )


HIERARCHICAL = """\
project:
  name: countdown
model:
  name: Qwen/Qwen2.5-0.5B-Instruct
  torch_dtype: bfloat16
training:
  epochs: 2
  batch_size:
    per_device_train: 16
    gradient_accumulation_steps: 2
  optimization:
    learning_rate: 5.0e-5
    warmup_ratio: 0.1
  dataloader:
    group_by_length: true
dataset:
  name: Jiayi-Pan/Countdown-Tasks-3to4
  split: {test_size: 0.1, seed: 7}
grpo:
  num_generations: 8
  vllm:
    enabled: false
rewards:
  functions: [format]
  cosine: {max_len: 1000}
  repetition: {n_grams: 3, max_penalty: -0.1}
system:
  seed: 3
monitoring:
  wandb:
    enabled: false
callbacks:
  checkpoint_preservation:
    enabled: false
    every_n_steps: 2000
_profiles:
  big:
    training.batch_size.per_device_train: 64
    monitoring.wandb.enabled: true
"""


def test_the_hierarchical_layout_runs_as_it_is(tmp_path: Path) -> None:
    config = read(HIERARCHICAL, tmp_path)
    assert config.get("model.model_name_or_path") == "Qwen/Qwen2.5-0.5B-Instruct"
    assert config.get("training.num_train_epochs") == 2
    assert config.get("training.per_device_train_batch_size") == 16
    assert config.get("training.learning_rate") == 5e-5
    assert config.get("training.train_sampling_strategy") == "group_by_length"
    assert (config.get("data.test_size"), config.get("data.split_seed")) == (0.1, 7)
    assert config.get("vllm.use_vllm") is False
    assert config.get("rewards.reward_funcs") == ["format"]
    assert config.get("tracking.report_to") == []
    assert config.get("callbacks.preserve_checkpoints_every") is None


def test_its_profiles_flags_and_variables_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "theirs.yaml"
    file.write_text(HIERARCHICAL)
    monkeypatch.setenv("GRPO_MODEL_NAME", "of/variable")
    monkeypatch.setenv("GRPO_TRAINING_LEARNING_RATE", "1e-4")
    monkeypatch.setenv("GRPO_NONSENSE", "1")
    words = [
        "--callbacks.checkpoint_preservation.every_n_steps",
        "50",
        "--reward_funcs",
        "accuracy",
        "--no_wandb",
    ]
    request = Request(files=(file,), flags=flags_of(*words), profile="big")
    config = resolve(GRPO, request)
    assert config.get("training.per_device_train_batch_size") == 64
    assert config.get("model.model_name_or_path") == "of/variable"
    assert config.get("training.learning_rate") == 1e-4
    assert config.get("callbacks.preserve_checkpoints_every") == 50
    assert config.get("rewards.reward_funcs") == ["accuracy"]
    assert config.get("tracking.report_to") == []
    assert config.origins["tracking.report_to"] == "flag --no_wandb (as no_wandb)"
    assert "the environment variable GRPO_NONSENSE is not recognised" in config.warnings


def test_trl_own_yaml(tmp_path: Path) -> None:
    text = """\
model_name_or_path: Qwen/Qwen2.5-0.5B
max_seq_length: 2048
use_liger: true
datasets:
- path: a/b
  fraction: 0.5
- path: c/d
test_split_size: 0.1
"""
    config = read(text, tmp_path, command="sft")
    assert config.get("training.max_length") == 2048
    assert config.get("training.use_liger_kernel") is True
    assert config.get("data.dataset_mixture") == {
        "datasets": [{"path": "a/b", "fraction": 0.5}, {"path": "c/d"}],
        "test_split_size": 0.1,
    }


def test_a_value_that_cannot_be_converted_has_its_place(tmp_path: Path) -> None:
    with pytest.raises(R1Error) as caught:
        read("warmup_ratio: 10\n", tmp_path)
    assert caught.value.what == (
        "warmup_ratio: expected a share of the steps, 0 or more and below 1, found '10'"
    )
    assert caught.value.where.endswith("theirs.yaml:1")


OPEN_R1_CODE = """\
model_name_or_path: Qwen/Qwen2.5-Coder-7B-Instruct
dataset_name: open-r1/codeforces
dataset_config: verifiable-prompts
reward_funcs: [cf_code, code_format]
reward_weights: [1.0, 0.1]
code_language: cpp
code_eval_test_batch_size: 0
code_eval_scoring_mode: partial
e2b_router_url: cpu-1:8000
code_provider: e2b
parallel_code_exec_per_proc: 4
"""


def test_the_keys_of_open_r1_for_code_mean_the_same(tmp_path: Path) -> None:
    config = read(OPEN_R1_CODE, tmp_path)
    assert config.values["rewards.code_format.default_language"] == "cpp"
    assert config.values["rewards.cf_code.test_batch_size"] == -1
    assert config.values["rewards.cf_code.scoring_mode"] == "partial"
    # A router counts wherever it is: it is what r1 asks, and the provider runs behind it.
    assert config.get("code.provider") == "router"
    assert config.get("code.endpoints") == ["http://cpu-1:8000"]
    assert config.get("code.max_sandboxes") == 4
    (warning,) = config.warnings
    assert "'e2b_router_url' becomes code.provider: the router is `r1 code serve`" in warning
    assert not list(unused_parameters(Subject(config, None, frozenset())))


def test_the_instruction_of_a_template_is_the_column_of_the_prompts(tmp_path: Path) -> None:
    template = "prompt_template: '{{ instruction }}!'\n"
    config = read(template + "prompt_column: problem\n", tmp_path, command="generate")
    assert config.get("data.prompt_template") == "{prompt}!"
    own = read(template, tmp_path, command="generate")
    assert own.get("data.prompt_template") == "{instruction}!"


def test_arguments_of_the_model_are_not_silenced(tmp_path: Path) -> None:
    text = "model_init_kwargs: {torch_dtype: bfloat16, revision: abc, device_map: auto}\n"
    config = read(text, tmp_path, command="sft")
    assert (config.get("model.dtype"), config.get("model.model_revision")) == ("bfloat16", "abc")
    assert config.get("training.model_init_kwargs") == {"device_map": "auto"}
    flag = read("", tmp_path, "--model_init_kwargs", '{"dtype": "bfloat16", "a": 1}', command="sft")
    assert (flag.get("model.dtype"), flag.get("training.model_init_kwargs")) == ("bfloat16", {"a": 1})
    words = ("--model_init_kwargs.dtype", "float16", "--training.model_init_kwargs.a", "1")
    dotted = read("", tmp_path, *words, command="sft")
    assert (dotted.get("model.dtype"), dotted.get("training.model_init_kwargs")) == ("float16", {"a": 1})


def test_an_environment_is_for_jobs_and_what_is_gone_is_named(tmp_path: Path) -> None:
    config = read("env: {A: b}\nuse_ipex: false\nper_gpu_train_batch_size: null\n", tmp_path, command="sft")
    assert config.get("slurm.env") == {"A": "b"}
    assert "training.per_device_train_batch_size" not in config.values
    for said in ("'env' becomes slurm.env: jobs of Slurm", "'use_ipex' is left out: today's TRL"):
        assert any(said in warning for warning in config.warnings), config.warnings


def test_no_router_and_a_provider_for_ioi(tmp_path: Path) -> None:
    text = OPEN_R1_CODE.replace("cpu-1:8000", "null").replace("cf_code", "ioi_code")
    config = read(text + "ioi_provider: piston\n", tmp_path)
    assert (config.get("code.provider"), config.get("code.endpoints")) == ("piston", [])
    assert config.values["rewards.ioi_code.test_batch_size"] == -1
    with pytest.raises(R1Error, match="expected a number of tests"):
        read(OPEN_R1_CODE.replace("size: 0", "size: all"), tmp_path)


_OLD_NAMES = """
model: m/x
dataset_mixture:
  - {id: a/b, weight: 0.5}
packing_strategy: ffd
preprocessing_num_workers: 8
remove_unused_columns: true
num_nodes: 16
gpus_per_node: 8
"""


def test_values_that_are_written_otherwise_elsewhere(tmp_path: Path) -> None:
    """alignment-handbook's packing, an older recipe's workers, a mixture as a list, nodes in a recipe."""
    config = read(_OLD_NAMES, tmp_path, command="sft")
    assert config.get("data.dataset_mixture") == {"datasets": [{"id": "a/b", "weight": 0.5}]}
    assert config.get("training.packing_strategy") == "bfd"
    later = _OLD_NAMES.replace("ffd", "bfd-requeue")
    assert read(later, tmp_path, command="sft").get("training.packing_strategy") == "bfd_split"
    assert config.get("training.dataset_num_proc") == 8
    assert (config.get("slurm.nodes"), config.get("slurm.gpus_per_node")) == (16, 8)
    (warning,) = config.warnings
    assert warning.endswith("'remove_unused_columns' is left out: columns that nothing reads do no harm")


@pytest.mark.parametrize("command", ["sft", "grpo"])
def test_a_length_is_kept_or_left_out_for_a_true_reason(command: str, tmp_path: Path) -> None:
    text = "model: m/x\ndataset:\n  name: a/b\n  processing: {max_length: 512, num_proc: 4}\n"
    config = read(text, tmp_path, command=command)
    if command == "sft":
        assert config.get("training.max_length") == 512
        assert config.warnings == ()
    else:
        assert any("prompts are no longer cut" in warning for warning in config.warnings)
