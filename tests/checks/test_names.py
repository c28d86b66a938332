"""Models, rewards, callbacks and columns that are not there."""

import csv
import json
import os
import subprocess
from pathlib import Path

import pytest

from r1cli.commands import COMMANDS
from r1cli.config.config import Config
from r1cli.config.resolve import Request
from r1cli.errors import R1Error
from r1cli.prepare.request import resolve_and_check
from tests.command_line import flags_of
from tests.run_folders import make_run


@pytest.fixture
def dataset(tmp_path: Path) -> str:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({"question": "1+1", "answer": "2"}) + "\n")
    return str(path)


def grpo(*words: str) -> Config:
    return resolve_and_check(COMMANDS["grpo"], Request(flags=flags_of(*words)))[0]


COLUMNS = ("--data.columns.prompt", "question", "--data.columns.solution", "answer")


def test_a_right_config_passes(dataset: str) -> None:
    config = grpo("--model", "some/model", "--dataset", dataset, "--reward", "accuracy", *COLUMNS)
    assert config.get("data.columns") == {"prompt": "question", "solution": "answer"}


@pytest.mark.parametrize(
    ("words", "what", "fix"),
    [
        (("--reward", "acuracy"), "unknown reward 'acuracy'", "did you mean accuracy?"),
        (
            ("--reward", "tag_count", "--rewards.tag_count.strict", "true"),
            "reward 'tag_count' has no parameter 'strict'",
            "it takes no parameters",
        ),
        (("--rewards.cosin.max_len", "5"), "unknown reward 'cosin'", "did you mean cosine?"),
        (
            ("--reward", "judge", "--rewards.judge.model", "m"),
            "reward 'judge' needs its parameter 'base_url'",
            "set --rewards.judge.base_url VALUE",
        ),
        (
            ("--reward", "repetition_penalty", "--rewards.repetition_penalty.max_penalty", "0.5"),
            "reward 'repetition_penalty': max_penalty must be 0 or below, not 0.5",
            "`r1 reward show repetition_penalty` says",
        ),
        (
            ("--reward", "cosine", "--rewards.cosine.max_len", "long"),
            "rewards.cosine.max_len: expected integer, found 'long'",
            "its default is 1000",
        ),
        (("--reward", "reasoning_steps", "--rewards.reasoning_steps.pattern", "("), "not '(': missing )", ""),
        (("--report_to", "wandbb"), "unknown tracker 'wandbb'", "did you mean wandb"),
        (("--attn_implementation", "spda"), "unknown attn_implementation 'spda'", "did you mean sdpa?"),
        (
            ("--training.fsdp_config", "no.json"),
            "is neither a JSON mapping nor a file",
            "name a file that contains it",
        ),
        (("--model", "~nobody-at-all/x"), "there is no model folder '~nobody-at-all/x'", "check the path"),
        (("--launch.accelerate", "zero4"), "'zero4' is neither an accelerate preset", "zero3"),
        (
            ("--dataset_train_split", "validation"),
            "has no split 'validation'",
            "leave dataset_train_split out",
        ),
        (("--chat_template", "{% if %}"), "the chat template is not valid Jinja", ""),
        (("--model", "./nowhere"), "there is no model folder './nowhere'", "check the path"),
        (("--model", "."), "contains no model: it has no config.json", "name a folder with config.json"),
        (
            ("--data.columns.prompt", "qestion"),
            "the dataset has no column 'qestion'",
            "did you mean question?",
        ),
        (("--dataset", "row.jsonl"), "there is no dataset file 'row.jsonl'", "did you mean rows.jsonl?"),
    ],
)
def test_a_mistake_is_named(
    dataset: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    what: str,
    fix: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    right = ("--model", "some/model", "--dataset", dataset, "--reward", "accuracy", *COLUMNS)
    with pytest.raises(R1Error) as caught:
        grpo(*right, *words)
    (error,) = caught.value.all()
    assert what in error.what
    assert fix in error.fix


def test_all_mistakes_of_a_prompt_template_are_named_at_once(dataset: str) -> None:
    words = ("--model", "some/model", "--dataset", dataset, "--reward", "format")
    with pytest.raises(R1Error) as caught:
        grpo(*words, "--data.prompt_template", "{goal} {} {question}")
    field, column = caught.value.all()
    assert "field {} is not a name" in field.what
    assert column.what == "the dataset has no column 'goal'"
    assert {field.where, column.where} == {"flag --data.prompt_template"}


def test_a_folder_of_models_and_runs_is_answered_with_their_names(dataset: str, tmp_path: Path) -> None:
    for number, file in enumerate(("base/config.json", "sft/run.yaml", "grpo/config.json", "data/rows.csv")):
        path = tmp_path / "tries" / file
        path.parent.mkdir(parents=True)
        path.write_text("{}")
        os.utime(path.parent, (number, number))
    with pytest.raises(R1Error) as caught:
        grpo("--model", str(tmp_path / "tries"), "--dataset", dataset, "--reward", "accuracy", *COLUMNS)
    (error,) = caught.value.all()
    assert error.fix.startswith("name one of the folders in it: base, sft, grpo; as ")
    assert error.fix.endswith("tries/grpo")


def test_a_refused_value_is_named_with_its_line(dataset: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("rewards:\n  soft_overlong_punishment:\n    max_completion_len: 100\n")
    words = ("--model", "a/b", "--dataset", dataset, "--reward", "soft_overlong_punishment", *COLUMNS)
    with pytest.raises(R1Error) as caught:
        resolve_and_check(COMMANDS["grpo"], Request(files=(file,), flags=flags_of(*words)))
    (error,) = caught.value.all()
    assert "soft_punish_cache (4096) must be between 0 and max_completion_len (100)" in error.what
    assert error.where == f"{file}:3"


def test_missing_columns_are_named_for_the_command_and_for_each_reward(dataset: str) -> None:
    with pytest.raises(R1Error) as caught:
        grpo("--model", "some/model", "--dataset", dataset, "--reward", "accuracy,format")
    assert [error.what for error in caught.value.all()] == [
        "`r1 grpo` needs the columns prompt",
        "reward 'accuracy' needs the column 'solution'",
    ]
    assert "its columns are question, answer" in caught.value.where
    assert caught.value.all()[1].fix == "rename what is there: --columns.solution answer"


def test_a_file_in_the_place_of_a_benchmark_needs_its_option(dataset: str) -> None:
    words = flags_of("--evaluate.benchmarks", f"{dataset},aime42", "--model", "some/model")
    with pytest.raises(R1Error) as caught:
        resolve_and_check(COMMANDS["evaluate"], Request(flags=words))
    file, misspelt = caught.value.all()
    assert file.fix == f"give a file of rows as --dataset {dataset}, with --reward"
    assert misspelt.what == "unknown benchmark 'aime42'"


@pytest.mark.parametrize(
    ("text", "sign"), [("Question ;Answer\n1+1;2\n", "semicolons"), ("q\ta\nof 1, 2\tthe last\n", "tabs")]
)
def test_a_table_without_commas_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, sign: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("my rows.csv").write_text(text)
    with pytest.raises(R1Error) as caught:
        grpo("--model", "some/model", "--dataset", "my rows.csv", "--reward", "accuracy", *COLUMNS)
    (error,) = caught.value.all()
    assert f"separated by {sign}" in error.what
    # The fix is a command that works.
    subprocess.run(error.fix.split("`")[1], shell=True, check=True)
    with Path("commas.csv").open() as file:
        assert len(next(csv.reader(file))) == 2


def test_what_is_not_given_is_asked_for() -> None:
    with pytest.raises(R1Error) as caught:
        resolve_and_check(COMMANDS["grpo"], Request(preset="tiny-grpo"))
    assert [error.what for error in caught.value.all()] == [
        "`r1 grpo` needs a --model",
        "`r1 grpo` needs a --dataset",
    ]


def test_a_run_in_a_models_place_is_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make_run(tmp_path / "runs/my-sft/first")
    make_run(tmp_path / "runs/planned", "")
    for model, what, fix in (
        ("my-sft/first", "is a run, and a model is named by its path", "--model runs/my-sft/first"),
        ("my-sft", "'my-sft' is a folder of runs", "name one of the folders in it: first; as runs/my-sft"),
        ("runs/planned/model", "there is no model folder", "`r1 rerun planned --output-dir runs/planned`"),
    ):
        with pytest.raises(R1Error) as caught:
            grpo("--model", model, "--dataset", "owner/name", "--reward", "format")
        (error,) = caught.value.all()
        assert what in error.what and fix in error.fix


def test_an_evaluation_of_nothing_is_asked_for_a_benchmark() -> None:
    for words in (("--model", "some/model"), ("--endpoint", "http://localhost:8000/v1")):
        with pytest.raises(R1Error) as caught:
            resolve_and_check(COMMANDS["evaluate"], Request(flags=flags_of(*words, command="evaluate")))
        assert [error.what for error in caught.value.all()] == [
            "`r1 evaluate` needs a benchmark, or a --dataset and a --reward"
        ]


def test_a_dataset_that_cannot_be_read_is_not_missing_as_well(tmp_path: Path) -> None:
    (tmp_path / "file.yaml").write_text("model: some/model\ndata:\n  dataset_name: [a, b]\n")
    with pytest.raises(R1Error) as caught:
        resolve_and_check(COMMANDS["evaluate"], Request(files=(tmp_path / "file.yaml",)))
    assert not any("needs a benchmark" in error.what for error in caught.value.all())


@pytest.mark.parametrize(
    ("row", "accepted"),
    [
        ({"messages": [{"role": "user", "content": "1+1"}]}, True),
        ({"prompt": "1+1", "completion": "2"}, True),
        ({"text": "1+1=2"}, True),
        ({"prompt": "1+1"}, False),
        ({"message": "1+1"}, False),
    ],
)
def test_what_sft_trains_on(tmp_path: Path, row: dict[str, object], accepted: bool) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(row) + "\n")
    request = Request(flags=flags_of("--model", "some/model", "--dataset", str(path)))
    if accepted:
        resolve_and_check(COMMANDS["sft"], request)
    else:
        with pytest.raises(R1Error, match="needs the columns messages, or prompt and completion, or text"):
            resolve_and_check(COMMANDS["sft"], request)


def test_parameters_of_other_rewards_in_a_file_are_a_warning(dataset: str, tmp_path: Path) -> None:
    file = tmp_path / "theirs.yaml"
    file.write_text(f"model: a/b\ndataset: {dataset}\nreward_funcs: [format]\ncosine_max_len: 1000\n")
    unused = ("--rewards.reasoning_steps.steps", "5")
    words = ("--data.columns.prompt", "question", "--wandb_project", "p", *unused)
    request = Request(files=(file,), flags=flags_of(*words))
    config, _ = resolve_and_check(COMMANDS["grpo"], request)
    assert [warning.partition(": ")[2] for warning in config.warnings] == [
        "'cosine' is not among the rewards, so its max_len changes nothing",
        "'reasoning_steps' is not among the rewards, so its steps changes nothing",
        "nothing reports to Weights & Biases, so it changes nothing: add --report_to wandb",
    ]


def test_a_tracker_whose_name_contains_none_is_only_unknown() -> None:
    with pytest.raises(R1Error) as caught:
        grpo(
            "--model",
            "some/model",
            "--dataset",
            "owner/name",
            "--reward",
            "format",
            "--report_to",
            "nonesuch",
        )
    assert [error.what for error in caught.value.all()] == ["unknown tracker 'nonesuch'"]


@pytest.mark.parametrize(
    "text", ["[]", "not json", '{"text_config": 3, "dtype": [1], "rope_parameters": "x"}']
)
def test_a_models_config_may_say_anything(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text)
    request = Request(flags=flags_of("--model", str(tmp_path), "--dataset", "some/dataset"))
    if text.startswith("{"):
        resolve_and_check(COMMANDS["sft"], request)
    else:
        with pytest.raises(R1Error, match=r"its config\.json is not a JSON mapping"):
            resolve_and_check(COMMANDS["sft"], request)


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("http://me:secret@host/v1",), "contains a user or a password"),
        (
            ("http://host/v1,key_env=R1_TEST_NO_KEY",),
            "the variable R1_TEST_NO_KEY, with the key of http://host/v1, is not set",
        ),
        (("http://host/v1", "--endpoint", "host"), "'host' is not the address of a server"),
    ],
)
def test_an_endpoint_is_checked_before_anything_is_written(words: tuple[str, ...], what: str) -> None:
    command = COMMANDS["evaluate"]
    words = ("--benchmarks", "tiny_sum", "--endpoint", *words)
    with pytest.raises(R1Error, match=what) as raised:
        resolve_and_check(command, Request(flags=flags_of(*words, command="evaluate")))
    assert "where: flag --endpoint" in str(raised.value)
    assert "secret" not in str(raised.value)


def test_a_file_s_reward_needs_its_arguments_as_columns(dataset: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("def mine(completions, answer, level=1, *, target=2, **kwargs): ...\n")
    words = ("--model", "some/model", "--dataset", dataset, "--data.columns.prompt", "question")
    grpo(*words, "--reward", f"{file}:mine")
    file.write_text("def mine(completions, prompts, nums, **kwargs): ...\n")
    with pytest.raises(R1Error, match="needs the column 'nums'"):
        grpo(*words, "--reward", f"{file}:mine")
