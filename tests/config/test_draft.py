"""How settings meet: what is kept as written, what gives way, and what is refused."""

from pathlib import Path

import pytest

from r1cli.config.config import Config
from r1cli.config.resolve import Request, resolve
from r1cli.errors import R1Error
from r1cli.train.schema import grpo_schema, sft_schema
from tests.command_line import flags_of

GRPO, SFT = grpo_schema(), sft_schema()


def read(tmp_path: Path, text: str, *words: str, **request: object) -> Config:
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    flags = flags_of(*words)
    return resolve(GRPO, Request(files=(file,), flags=flags, **request))  # type: ignore[arg-type]


def refused(tmp_path: Path, text: str, *words: str, **request: object) -> R1Error:
    with pytest.raises(R1Error) as caught:
        read(tmp_path, text, *words, **request)
    return caught.value


@pytest.mark.parametrize(
    ("key", "written"),
    [
        ("model_revision", "12e4567"),
        ("run_name", "2024_01"),
        ("hub_revision", "1.10"),
        ("wandb_project", "1e3"),
    ],
)
def test_a_name_that_looks_like_a_number_stays_as_it_is_written(
    tmp_path: Path, key: str, written: str
) -> None:
    assert read(tmp_path, f"{key}: {written}\n").get(GRPO.locate(key)) == written


def test_lists_may_be_quoted_as_in_yaml(tmp_path: Path) -> None:
    config = read(tmp_path, "", "--lora_target_modules", "['q_proj', \"k_proj\"]", "--report_to=['wandb']")
    assert config.get("model.lora_target_modules") == ["q_proj", "k_proj"]
    assert config.get("tracking.report_to") == ["wandb"]


@pytest.mark.parametrize("words", [("--run_name", "--seed", "1"), ("--max_steps",), ("--model",)])
def test_a_bare_flag_is_true_only_where_true_can_be(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert refused(tmp_path, "", *words).what == f"'{words[0][2:]}' has no value"


@pytest.mark.parametrize(
    "words",
    [
        ("--training.model_init_kwargs.auth", '{"token": "hf_abc"}'),
        ("--training.lr_scheduler_kwargs", '{"a": [{"token": "hf_abc"}]}'),
        ("--rewards.accuracy.x", '{"api_key": "hf_abc"}'),
    ],
)
def test_secrets_are_refused_however_deep(tmp_path: Path, words: tuple[str, ...]) -> None:
    error = refused(tmp_path, "", *words)
    assert "is a secret" in error.what
    assert "hf_abc" not in str(error)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("learning_rate: 1.0e-5\ntraining:\n  learning_rate: 2.0e-5\n", ":1 and {}:3"),
        ("learning_rate: 1.0e-5\nlearning-rate: 2.0e-5\n", ":1 and {}:2"),
        ("model: a/b\nmodel_name: c/d\n", ":1 and {}:2 (as model_name)"),
    ],
)
def test_one_file_says_a_thing_once_however_it_is_spelt(tmp_path: Path, text: str, where: str) -> None:
    error = refused(tmp_path, text)
    assert "is set twice" in error.what
    assert error.where.endswith(where.format(tmp_path / "mine.yaml"))


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        # As for transformers, 0 steps leave it to the share of them.
        ("warmup_ratio: 0.03\nwarmup_steps: 0\n", "training.warmup_steps", 0.03),
        ("warmup_steps: 0\nwarmup_ratio: 0.03\n", "training.warmup_steps", 0.03),
        ("warmup_steps: 100\nwarmup_ratio: 0.0\n", "training.warmup_steps", 100),
        ("warmup_ratio: 0.0\nwarmup_steps: 100\n", "training.warmup_steps", 100),
        ("group_by_length: false\ntrain_sampling_strategy: sequential\n",
         "training.train_sampling_strategy", "sequential"),
        ("max_steps: 3\ntraining.max_steps: 3\n", "training.max_steps", 3),
        ("accelerator: auto\nlaunch: {accelerate: zero2}\n", "launch.accelerate", "zero2"),
    ],
)  # fmt: skip
def test_what_is_switched_off_gives_way_to_what_is_asked_for(
    tmp_path: Path, text: str, path: str, value: object
) -> None:
    assert read(tmp_path, text).get(path) == value


@pytest.mark.parametrize(
    "text",
    [
        "warmup_ratio: 0.03\nwarmup_steps: 100\n",
        "group_by_length: true\ntrain_sampling_strategy: sequential\n",
        "report_to: wandb\nno_wandb: true\n",
        "push_to_hub: false\ncallbacks: [push_to_hub_revision]\n",
        "accelerate_config: zero2\naccelerator: zero3\n",
        "use_cpu: true\ngpus: 4\n",
        "cosine_max_len: 2000\nrewards: {cosine: {max_len: 1000}}\n",
        "model_init_kwargs: {dtype: bfloat16}\ntorch_dtype: float16\n",
    ],
)
def test_two_names_of_one_thing_do_not_silence_each_other(tmp_path: Path, text: str) -> None:
    assert "is set twice" in refused(tmp_path, text).what


@pytest.mark.parametrize(
    ("text", "what", "fix"),
    [
        ("model: ${MODEL}\n", "variables such as ${MODEL} are not expanded", '--model_name_or_path "$NAME"'),
        ("run_name: $USER\n", "variables such as $USER", "write the value itself"),
        ("output_dir: $HOME/run\n", "variables such as $HOME", "write the value itself"),
        ("run_name: None\n", "'None' is a text", "write null"),
        ("dataset: [a/b, c/d]\n", "expected one name", "dataset_mixture: {datasets: [{id: a/b}, {id: c/d}]}"),
        ("rewards: [{name: accuracy, weight: 0.5}]\n", "expected the name of a reward", "accuracy:0.5"),
        ("reward_model_name_or_path: a/b\n", "unknown key", "did you mean rewards.reward_model.model?"),
        ("traning: {max_steps: 3}\n", "unknown key 'traning'", "did you mean training"),
        ("kl_coef: 0.1\n", "unknown key", "did you mean beta?"),
    ],
)
def test_what_files_of_others_mean_is_said(tmp_path: Path, text: str, what: str, fix: str) -> None:
    error = refused(tmp_path, text)
    assert what in error.what
    assert fix in error.fix


@pytest.mark.parametrize("text", ["output_dir: ${HOME}/run\n", "output_dir: [a, b]\n"])
def test_a_flag_mends_a_wrong_value_of_a_file(tmp_path: Path, text: str) -> None:
    """A config of somebody else, with their paths, needs no edit."""
    assert refused(tmp_path, text).where.endswith("mine.yaml:1")
    assert read(tmp_path, text, "--output_dir", "here").get("training.output_dir").endswith("here")
    assert refused(tmp_path, text, "--output_dir", "$HOME/x").where == "flag --output_dir"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("model: ${X}\nmodel_name_or_path: ${Y}\n", ("--model", "a/b")),
        ("dataset: $DATA/x\n", ("--dataset_mixture", '{"datasets": [{"id": "a/b"}]}')),
        ("dataset_mixture: ${X}/mix.yaml\n", ("--dataset", "a/b")),
    ],
)
def test_a_flag_mends_what_it_displaces(tmp_path: Path, text: str, words: tuple[str, ...]) -> None:
    refused(tmp_path, text)
    read(tmp_path, text, *words)


def test_dollar_signs_of_a_prompt_stay(tmp_path: Path) -> None:
    text = "system_prompt: Write ${x}$ in a box.\n"
    assert read(tmp_path, text).get("data.system_prompt") == "Write ${x}$ in a box."


def test_a_recipe_for_an_older_trl_is_told_of_the_objective(tmp_path: Path) -> None:
    old = read(tmp_path, "max_prompt_length: 512\nbeta: 0.04\n").warnings
    assert any("where loss_type bnpo went without saying" in warning for warning in old), old
    assert not any("objective" in one for one in read(tmp_path, "beta: 0.04\n").warnings)
    (tmp_path / "sft.yaml").write_text("max_prompt_length: 512\n")
    sft = resolve(SFT, Request(files=(tmp_path / "sft.yaml",))).warnings
    assert not any("objective" in one for one in sft)


def test_one_command_line_too_but_a_flag_may_be_repeated(tmp_path: Path) -> None:
    assert read(tmp_path, "", "--max_steps", "3", "--max_steps", "5").get("training.max_steps") == 5
    assert "is set twice" in refused(tmp_path, "", "--max_steps", "3", "--training.max_steps", "5").what


def test_weights_of_a_stronger_source_win_over_those_behind_the_names(tmp_path: Path) -> None:
    text = "rewards: [accuracy, 'format:0.5']\n"
    assert read(tmp_path, text).get("rewards.reward_weights") == [1.0, 0.5]
    assert read(tmp_path, text, "--reward_weights", "1,2").get("rewards.reward_weights") == [1.0, 2.0]


def test_what_belongs_to_a_dataset_goes_with_it() -> None:
    def sft(*words: str) -> Config:
        return resolve(SFT, Request("openr1-distill-7b", flags=flags_of(*words)))

    config = sft("--dataset", "my/rows")
    assert config.get("data.dataset_config") is None
    assert ["data.dataset_config is left out" in warning for warning in config.warnings] == [True]
    assert sft("--dataset", "my/rows", "--dataset_config", "main").get("data.dataset_config") == "main"
    assert sft("--dataset", "open-r1/Mixture-of-Thoughts").get("data.dataset_config") == "all"
    mixture = sft("--data.dataset_mixture", '{"datasets": [{"id": "a/b"}]}')
    assert mixture.get("data.dataset_name") is None


def test_variables_choose_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("R1_DATA__DATASET_NAME", "a/b")
    assert resolve(GRPO, Request(), default_preset="tiny-grpo").preset is None


def test_an_explicit_null_stands_before_a_default_of_r1(tmp_path: Path) -> None:
    assert read(tmp_path, "num_completions_to_print: null\n").get("training.num_completions_to_print") is None


def test_columns_of_a_file_are_those_of_the_dataset_that_is_named(tmp_path: Path) -> None:
    columns = "data:\n  columns: {prompt: question}\n"
    config = read(tmp_path, columns, "--dataset", "a/b")
    assert config.get("data.columns") == {"prompt": "question"} and not config.warnings
    config = read(tmp_path, f"dataset: c/d\n{columns}", "--dataset", "a/b")
    assert not config.get("data.columns")
    assert ["data.columns is left out" in warning for warning in config.warnings] == [True]


def test_anchors_are_merged_and_own_keys_win(tmp_path: Path) -> None:
    text = "_profiles:\n  a: &a {seed: 1, max_steps: 2}\n  b: {<<: *a, seed: 3}\n"
    config = read(tmp_path, text, profile="b")
    assert (config.get("training.seed"), config.get("training.max_steps")) == (3, 2)


@pytest.mark.parametrize("name", ["x-base", "_base", ".base"])
def test_a_block_that_holds_an_anchor_is_no_key(tmp_path: Path, name: str) -> None:
    block = f"{name}: &base {{seed: 5}}\ntraining:\n  <<: *base\n  max_steps: 2\n"
    profiles = "_profiles: &all\n  b: {max_steps: 4}\n"
    config = read(tmp_path, block + profiles, profile="b")
    assert (config.get("training.seed"), config.get("training.max_steps")) == (5, 4)
    with pytest.raises(R1Error, match="unknown key"):
        read(tmp_path, f"{name}: {{seed: 5}}\n")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("_profiles: [dev]\n", "_profiles is not a mapping"),
        ("_profiles: {dev: 3}\n", "the profile 'dev' is not a mapping"),
        ("_profiles:\n  other: {max_stepps: 3}\n", "unknown key 'max_stepps'"),
        ("about: {hardware: 8 GPUs}\n", "about: expected what the file says of itself"),
        ("? [a]\n: 1\n", "a key is a word"),
        ("max_steps: !!int abc\n", "this is not YAML"),
        ("data: {columns: {prompt: [a]}}\n", "expected names of columns"),
        ("vllm: yes\n", "unknown key 'vllm'"),
    ],
)
def test_odd_shapes_are_refused_with_their_line(tmp_path: Path, text: str, what: str) -> None:
    error = refused(tmp_path, text)
    assert what in error.what
    assert str(tmp_path / "mine.yaml") in error.where


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--data.columns.a", "d", "--data.columns.a.b", "c"), "is inside a value that is not a mapping"),
        (("--learning_rate", "9" * 400), "expected number"),
        (("--profile-x", "1"), "unknown key"),
    ],
)
def test_odd_flags_are_refused(tmp_path: Path, words: tuple[str, ...], what: str) -> None:
    assert what in refused(tmp_path, "", *words).what


def test_an_empty_callbacks_group_names_none(tmp_path: Path) -> None:
    assert read(tmp_path, "callbacks:\nmodel: a/b\n").get("callbacks.names") == []


def test_old_names_are_understood_in_groups_too(tmp_path: Path) -> None:
    text = (
        "training: {warmup_ratio: 0.1, max_prompt_length: 5, optimization: {max_grad_norm: 0.2}}\n"
        "grpo: {beta: 0.1, nonsense: 1}\n"
    )
    assert refused(tmp_path, text).what == "unknown key 'grpo.nonsense'"
    config = read(tmp_path, text.replace(", nonsense: 1", ""))
    assert config.get("training.warmup_steps") == 0.1
    assert config.get("training.max_grad_norm") == 0.2
    assert config.get("training.beta") == 0.1
    assert config.origins["training.beta"].endswith(":2 (as grpo.beta)")
