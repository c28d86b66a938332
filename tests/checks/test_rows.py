"""What the check says of rows before anything loads: the same as the loader says, and nothing more."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from r1cli.checks.rows import known_rows
from r1cli.commands import COMMANDS
from r1cli.config.groups.data import Data
from r1cli.config.resolve import Request
from r1cli.data.load import load_rows, shape_rows
from r1cli.data.source import find_source
from r1cli.errors import R1Error
from r1cli.prepare.request import resolve_and_check
from tests.command_line import flags_of
from tests.data.test_shapes import CHAT, TRAINED, WRONG, turn

MODEL = ("--model", "some/model")


def write(path: Path, *rows: Any) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def mistakes(command: str, *words: str) -> list[R1Error]:
    try:
        resolve_and_check(COMMANDS[command], Request(flags=flags_of(*MODEL, *words, command=command)))
    except R1Error as error:
        return error.all()
    return []


@pytest.mark.parametrize("row", [row for row, _ in TRAINED.values()], ids=list(TRAINED))
def test_what_is_trained_on_is_accepted(tmp_path: Path, row: dict[str, Any]) -> None:
    assert mistakes("sft", "--dataset", write(tmp_path / "rows.jsonl", row, row)) == []


@pytest.mark.parametrize(("needed", "rows", "what"), WRONG.values(), ids=list(WRONG))
def test_a_cell_without_a_value_is_found_before_anything_loads(
    tmp_path: Path, needed: Any, rows: Any, what: str
) -> None:
    name = write(tmp_path / "rows.jsonl", *rows)
    command = "sft" if needed == COMMANDS["sft"].columns else "grpo"
    reward = () if command == "sft" else ("--reward", "format")
    (error,) = mistakes(command, "--dataset", name, *reward, *BATCH[command])
    assert what in error.what
    assert error.where == f"{name}:{len(rows)}"


#: Batches of one prompt.
BATCH = {"sft": (), "grpo": ("--per_device_train_batch_size", "8", "--num_generations", "8")}
SPREADSHEET = "prompt,completion\na,b\nc,\n"


def test_cells_of_a_spreadsheet_and_of_mixed_types(tmp_path: Path) -> None:
    table = tmp_path / "rows.csv"
    table.write_text(SPREADSHEET)
    (error,) = mistakes("sft", "--dataset", str(table))
    assert (error.what, error.where) == ("row 1 has no completion", f"{table}:3")
    first, then = {"prompt": "a", "completion": "b"}, {"prompt": "c", "completion": 4}
    name = write(tmp_path / "rows.jsonl", first, then)
    (error,) = mistakes("sft", "--dataset", name)
    assert error.what == "row 1 has the number 4 in completion and other rows a text"
    (error,) = mistakes("sft", "--dataset", write(tmp_path / "rows.jsonl", then, first))
    assert error.what == "row 1 has a text in completion and other rows a number"
    assert mistakes("sft", "--dataset", write(tmp_path / "rows.jsonl", then, then)) == []


@pytest.mark.parametrize("command", ["generate", "filter-pass-rate"])
def test_what_is_sampled_may_lack_a_prompt_and_not_have_a_wrong_one(tmp_path: Path, command: str) -> None:
    reward = ("--reward", "format") if command == "filter-pass-rate" else ()
    name = write(tmp_path / "rows.jsonl", {"prompt": "a"}, {"prompt": ""}, {"prompt": None})
    assert mistakes(command, "--dataset", name, *reward) == []
    name = write(tmp_path / "rows.jsonl", {"prompt": "a"}, {"prompt": 5})
    (error,) = mistakes(command, "--dataset", name, *reward)
    assert (error.what, error.where) == (
        "row 1 has the number 5 in prompt and other rows a text",
        f"{name}:2",
    )


def test_types_are_mixed_where_nothing_is_trained_on(tmp_path: Path) -> None:
    for golds in (["2", 4], [4, "two"]):
        name = write(tmp_path / "rows.jsonl", *({"prompt": "a", "solution": gold} for gold in golds))
        assert mistakes("grpo", "--dataset", name, "--reward", "accuracy", *BATCH["grpo"]) == []
        loaded = load_rows(Data(dataset_name=name), "train")["solution"]
        assert [str(gold) for gold in loaded] == [str(gold) for gold in golds]


def test_each_kind_of_wrong_row_is_named_once(tmp_path: Path) -> None:
    good, empty, half = {"prompt": "a", "completion": "b"}, {"prompt": "", "completion": "b"}, {"prompt": "a"}
    name = write(tmp_path / "rows.jsonl", good, empty, half, empty, empty)
    assert [(error.what, error.where) for error in mistakes("sft", "--dataset", name)] == [
        ("row 1 has no prompt, and 2 more rows", f"{name}:2"),
        ("row 2 has no completion", f"{name}:3"),
    ]


def test_what_rewards_lack_does_not_hide_a_wrong_row(tmp_path: Path) -> None:
    name = write(tmp_path / "rows.jsonl", {"prompt": "a"}, {"prompt": ""})
    words = ("--dataset", name, "--reward", "accuracy", *BATCH["grpo"])
    assert [error.what for error in mistakes("grpo", *words)] == [
        "reward 'accuracy' needs the column 'solution'",
        "row 1 has no prompt",
    ]
    # Without the column itself, all rows would seem wrong.
    (error,) = mistakes("sft", "--dataset", name, "--columns.completion", "answer")
    assert error.what == "the dataset has no column 'answer'"


@pytest.mark.parametrize(
    ("row", "fix"),
    [
        ({"chat": CHAT}, "rename what is there: --columns.messages chat"),
        (
            {"question": "a", "answer": "b"},
            "rename what is there: --columns.prompt question --columns.completion answer",
        ),
        ({"prompt": "a", "response": "b"}, "rename what is there: --columns.completion response"),
        (
            {"a": "b"},
            "rename what is there, as --columns.prompt COLUMN --columns.completion COLUMN",
        ),
    ],
)
def test_the_advice_about_columns_works(tmp_path: Path, row: dict[str, Any], fix: str) -> None:
    name = write(tmp_path / "rows.jsonl", row)
    (error,) = mistakes("sft", "--dataset", name)
    assert error.fix.startswith(fix)
    words = fix.replace("COLUMN", "a").partition("--")[2].split()
    assert mistakes("sft", "--dataset", name, *(f"--{words[0]}", *words[1:])) == []


def test_a_model_folder_without_a_chat_template(tmp_path: Path) -> None:
    chats = write(tmp_path / "rows.jsonl", {"messages": CHAT})
    model = tmp_path / "model"
    model.mkdir()
    (model / "config.json").write_text("{}")
    (model / "tokenizer_config.json").write_text("{}")
    words = ("--dataset", chats, "--model", str(model))
    (error,) = mistakes("sft", *words)
    assert error.what == "the model has no chat template for messages"
    assert "--data.chat_template chatml" in error.fix
    assert mistakes("sft", *words, "--data.chat_template", "{{ messages }}") == []
    assert mistakes("sft", *words, "--chat_template_path", "some/model") == []
    assert mistakes("sft", "--dataset", write(tmp_path / "text.jsonl", {"text": "a"}), *words[2:]) == []
    asked = write(tmp_path / "asked.jsonl", {"prompt": [turn("user", "a")]})
    (error,) = mistakes("grpo", "--dataset", asked, *words[2:], "--reward", "format", *BATCH["grpo"])
    assert error.what == "the model has no chat template for prompt"
    assert mistakes("generate", "--dataset", asked, *words[2:]) == []  # it samples from their texts
    (model / "chat_template.jinja").write_text("{{ messages }}")
    assert mistakes("sft", *words) == []


@pytest.mark.parametrize("column", ["completions", "prompts", "prefill", "log_extra"])
def test_a_column_with_the_name_of_a_rewards_argument(tmp_path: Path, column: str) -> None:
    name = write(tmp_path / "rows.jsonl", {"prompt": "a", column: "b"})
    words = ("--dataset", name, "--reward", "format", *BATCH["grpo"])
    (error,) = mistakes("grpo", *words)
    assert error.what == f"the column '{column}' has the name of an argument that every reward gets"
    fix = error.fix.partition(": ")[2].split()
    assert mistakes("grpo", *words, *fix) == []


def test_fewer_rows_than_a_batch_has_prompts(tmp_path: Path) -> None:
    name = write(tmp_path / "rows.jsonl", {"prompt": "1+1", "solution": "2"})
    words = ("--dataset", name, "--reward", "accuracy", "--num_generations", "4")
    batch = ("--per_device_train_batch_size", "8", "--gradient_accumulation_steps", "1")
    (error,) = mistakes("grpo", *words, *batch, "--gpus", "0")
    assert error.what.startswith("the dataset has 1 row to train on, and one batch takes 2 prompts")
    write(tmp_path / "rows.jsonl", *[{"prompt": "1+1", "solution": "2"}] * 3)
    assert mistakes("grpo", *words, *batch, "--gpus", "0") == []
    (error,) = mistakes("grpo", *words, *batch, "--gpus", "0", "--test_size", "2")
    assert "1 row to train on" in error.what
    assert known_rows(find_source(name, "here")) == 3
    for command in ("grpo", "sft"):
        row = {"prompt": "a", "completion": "b"} if command == "sft" else {"prompt": "a", "solution": "2"}
        write(tmp_path / "rows.jsonl", *[row] * 3)
        chosen = (*words[:2], *(words[2:] + batch if command == "grpo" else ()), "--gpus", "0")
        (error,) = mistakes(command, *chosen, "--test_size", "3")
        assert (error.what, error.where) == (
            "holding out 3 of 3 rows leaves none to train on",
            "flag --test_size",
        )


def test_rows_of_another_split_are_not_those_to_train_on(tmp_path: Path) -> None:
    row = {"prompt": "a", "completion": "b"}
    write(tmp_path / "train.jsonl", *[row] * 2)
    write(tmp_path / "validation.jsonl", *[row] * 30)
    words = ("--model", "m/x", "--dataset", str(tmp_path), "--gpus", "0", "--test_size", "5")
    assert mistakes("sft", *words, "--dataset_train_split", "validation") == []
    (error,) = mistakes("sft", *words)
    assert "holding out 5 of 2 rows" in error.what


def test_rows_of_mixtures_and_tasks_are_counted(tmp_path: Path) -> None:
    asked = [{"prompt": "1+1", "solution": "2"}]
    two, eight = (write(tmp_path / f"{count}.jsonl", *asked * count) for count in (2, 8))
    words = ("--reward", "accuracy", "--num_generations", "4", "--gpus", "0", "--launch.num_processes", "2")
    batch = ("--per_device_train_batch_size", "2", "--gradient_accumulation_steps", "5")  # 5 prompts

    def found(dataset: dict[str, Any] | str) -> list[str]:
        name = "--dataset" if isinstance(dataset, str) else "--data.dataset_mixture"
        value = dataset if isinstance(dataset, str) else json.dumps(dataset)
        return [error.what for error in mistakes("grpo", name, value, *words, *batch)]

    (error,) = found("reasoning_gym:chain_sum?size=4")
    assert error.startswith(
        "the dataset has 4 rows to train on, and one batch takes 5 prompts (20 completions"
    )
    assert found("reasoning_gym:chain_sum?size=5") == found("reasoning_gym:chain_sum") == []
    assert found({"datasets": [{"id": two}, {"id": eight}]}) == []
    for mixture in (
        {"datasets": [{"id": two}, {"id": eight, "weight": 0.25}]},
        {"datasets": [{"id": two, "fraction": 1}, {"id": eight, "fraction": 1}]},
        {"datasets": [{"id": two}, {"id": eight}], "test_split_size": 6},
    ):
        (error,) = found(mixture)
        assert error.startswith("the dataset has 4 rows to train on")


def test_a_path_into_a_column_of_mappings(tmp_path: Path) -> None:
    name = write(tmp_path / "rows.jsonl", {"prompt": "a", "reward_model": {"ground_truth": "2"}})
    words = ("--dataset", name, "--reward", "accuracy", *BATCH["grpo"])
    assert mistakes("grpo", *words, "--columns.solution", "reward_model.ground_truth") == []
    (error,) = mistakes("grpo", *words, "--columns.solution", "reward_model.truth")
    assert (error.what, error.where) == ("row 0 has no 'truth' in the column 'reward_model'", f"{name}:1")
    (error,) = mistakes("grpo", *words, "--columns.solution", "reward_modle.ground_truth")
    assert error.what == "the dataset has no column 'reward_modle.ground_truth'"


def test_the_datasets_of_a_mixture(tmp_path: Path) -> None:
    chats = write(tmp_path / "a.jsonl", {"messages": CHAT, "id": 1})
    other = write(tmp_path / "b.jsonl", {"conversations": CHAT})
    entries: list[dict[str, Any]] = [{"id": chats}, {"id": other}]

    def found() -> list[R1Error]:
        return mistakes("sft", "--data.dataset_mixture", json.dumps({"datasets": entries}))

    assert [error.what for error in found()] == [
        f"the datasets of the mixture have different columns: {chats} also has id"
    ]
    entries[0]["columns"] = {"messages": "messages"}
    assert found() == []
    entries[0]["columns"] = {"messages": "mesages"}
    assert [error.fix for error in found()] == ["did you mean messages?"]


@pytest.mark.parametrize(
    ("row", "entry", "more", "columns"),
    [
        ({"question": "a", "answer": "b"}, {}, {}, "{prompt: question, completion: answer}"),
        ({"prompt": "a", "answer": "b"}, {}, {}, "{prompt: prompt, completion: answer}"),
        ({"q": "a", "answer": "b"}, {"prompt": "q"}, {}, "{prompt: q, completion: answer}"),
        ({"q": "a", "answer": "b"}, {"q": "q"}, {"prompt": "q"}, "{prompt: q, completion: answer}"),
        ({"a: b": "a", "answer": "b"}, {"prompt": "a: b"}, {}, "{prompt: 'a: b', completion: answer}"),
    ],
)
def test_the_advice_about_the_columns_of_an_entry_works(
    tmp_path: Path, row: dict[str, Any], entry: dict[str, str], more: dict[str, str], columns: str
) -> None:
    name = write(tmp_path / "rows.jsonl", row)
    renamed = [word for new, old in more.items() for word in (f"--columns.{new}", old)]

    def found(**entry: Any) -> list[R1Error]:
        mixture = {"datasets": [{"id": name, **entry}]}
        return mistakes("sft", "--data.dataset_mixture", json.dumps(mixture), *renamed)

    (error,) = found(columns=entry or None)
    assert error.fix.startswith(f"name them in this entry, as columns: {columns};")
    assert error.where.startswith(f"flag --data.dataset_mixture: datasets[0]: {name}: its columns are")
    assert found(columns=yaml.safe_load(columns)) == []


def test_rewards_of_a_mixture_name_the_entry_that_lacks_a_column(tmp_path: Path) -> None:
    row = {"prompt": "a", "answer": "2", "completions": "b"}
    mixture: dict[str, Any] = {"datasets": [{"id": write(tmp_path / "rows.jsonl", row)}]}

    def found() -> list[R1Error]:
        words = ("--data.dataset_mixture", json.dumps(mixture), "--reward", "accuracy", *BATCH["grpo"])
        return mistakes("grpo", *words)

    assert [error.fix for error in found()] == [
        "name it in this entry, as columns: {solution: answer}, with all else that is needed",
        "leave it out: name in the `columns:` of this entry only what is needed",
    ]
    mixture["datasets"][0]["columns"] = {"prompt": "prompt", "solution": "answer"}
    assert found() == []


def test_mistakes_of_a_file_are_on_the_lines_of_its_lists(tmp_path: Path) -> None:
    name = write(tmp_path / "rows.jsonl", {"prompt": "a"})
    file = tmp_path / "my.yaml"

    def places(*lines: str, rewards: str = "format", flags: tuple[str, ...] = ()) -> list[str]:
        head = ["reward_funcs:", f"- {rewards}", "data:", "  dataset_mixture:", "    datasets:"]
        file.write_text("".join(f"{line}\n" for line in (*head, *lines)))
        given = flags_of(*MODEL, *flags, *BATCH["grpo"])
        with pytest.raises(R1Error) as caught:
            resolve_and_check(COMMANDS["grpo"], Request(files=(file,), flags=given))
        return [error.where.partition(": its columns")[0] for error in caught.value.all()]

    assert places(f"    - id: {name}", "      weight: 2", "    - a") == [f"{file}:6", f"{file}:8"]
    assert places("    - id: none.jsonl", rewards="formatt") == [f"{file}:2", f"{file}:6: datasets[0]"]
    assert places(f"    - id: {name}", f"    - {{id: {name}, columns: [a]}}") == [f"{file}:7: datasets[1]"]
    assert places(f"    - id: {name}", rewards="accuracy") == [f"{file}:6: datasets[0]: {name}"]
    # What flags give has no lines of the file.
    mixture = ("--dataset_mixture", json.dumps({"datasets": ["a"]}), "--reward", "format,formatt")
    assert places(f"    - id: {name}", flags=mixture) == ["flag --reward", "flag --dataset_mixture"]


def test_an_unknown_reward_is_at_the_flag_that_names_it(tmp_path: Path) -> None:
    name = write(tmp_path / "rows.jsonl", {"prompt": "a"})
    words = ("--dataset", name, "--reward_funcs", "format", "--reward", "formatt", "lenght", *BATCH["grpo"])
    assert [error.where for error in mistakes("grpo", *words)] == ["flag --reward"] * 2
    (error,) = mistakes("grpo", "--reward", "formatt", "--reward_funcs", "format", *words[:2], *BATCH["grpo"])
    assert error.where == "flag --reward"


def test_a_large_file_is_read_at_its_beginning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("r1cli.checks.rows.SMALL", 10)
    rows = [{"text": "a"}] * 100
    assert mistakes("sft", "--dataset", write(tmp_path / "rows.jsonl", *rows, {"text": None})) == []
    (error,) = mistakes("sft", "--dataset", write(tmp_path / "rows.jsonl", {"text": None}, *rows))
    assert error.what == "row 0 has no text"


def test_a_template_is_filled_before_anything_loads(tmp_path: Path) -> None:
    name = write(tmp_path / "rows.jsonl", {"a": "1"}, {"a": None})
    words = ("--dataset", name, "--reward", "format", "--prompt_template", "{a}", *BATCH["grpo"])
    (error,) = mistakes("grpo", *words)
    assert error.what == "row 1 has neither text nor a number in the column 'a', so it has no prompt"
    with pytest.raises(R1Error, match="row 1 has neither"):
        load_rows(Data(dataset_name=name, prompt_template="{a}"), "train")


def test_a_chat_template_is_needed_by_the_loader_too(tmp_path: Path) -> None:
    rows = load_rows(Data(dataset_name=write(tmp_path / "a.jsonl", {"prompt": [turn("user", "a")]})), "train")
    with pytest.raises(R1Error, match="no chat template for prompt"):
        shape_rows(rows, None, takes_chats=False)
