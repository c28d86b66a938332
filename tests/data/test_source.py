"""What a dataset's name means, and what is known of it before it is loaded."""

import csv
import json
import subprocess
from pathlib import Path

import pytest

from r1cli.commands import COMMANDS
from r1cli.config.groups.data import Data
from r1cli.data.source import find_source, peek_columns
from r1cli.data.splits import read_splits
from r1cli.errors import R1Error
from tests.run_folders import make_run

ROWS = [{"question": "1+1", "answer": "2"}, {"question": "2+2", "answer": "4"}]


def write(folder: Path, suffix: str) -> Path:
    """The rows as a file of one format."""
    path = folder / f"rows{suffix}"
    if suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    elif suffix == ".json":
        path.write_text(json.dumps(ROWS, indent=1))
    elif suffix == ".csv":
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, ["question", "answer"])
            writer.writeheader()
            writer.writerows(ROWS)
    else:
        import pyarrow
        import pyarrow.parquet

        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(ROWS), path)
    return path


@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".csv", ".parquet"])
def test_files_and_folders_of_every_format(tmp_path: Path, suffix: str) -> None:
    from r1cli.data.load import load_rows

    path = write(tmp_path, suffix)
    for name, kind in ((str(path), "file"), (str(tmp_path), "folder")):
        source = find_source(name, "here")
        assert source.kind == kind
        assert peek_columns(source) == ["question", "answer"]
        rows = load_rows(
            Data(dataset_name=name, columns={"prompt": "question", "solution": "answer"}), "train"
        )
        assert [(row["prompt"], str(row["solution"])) for row in rows] == [("1+1", "2"), ("2+2", "4")]


def test_files_of_a_spreadsheet_and_with_odd_names(tmp_path: Path) -> None:
    from r1cli.data.load import load_rows

    odd = tmp_path / "rows [1] *.csv"
    odd.write_text("\ufeffprompt,solution\n1+1,2\n", encoding="utf-8")
    assert peek_columns(find_source(str(odd), "here")) == ["prompt", "solution"]
    assert load_rows(Data(dataset_name=str(odd)), "train")["solution"][0] == 2
    spaced = tmp_path / "rows.json"
    spaced.write_text('\n [{"prompt": "1"}, {"prompt": "2", "solution": "3"}]')
    assert peek_columns(find_source(str(spaced), "here")) == ["prompt", "solution"]


def test_a_model_without_a_chat_template_takes_plain_text() -> None:
    from datasets import Dataset

    from r1cli.data.load import shape_rows

    rows = Dataset.from_list([{"prompt": "1+1"}])
    assert shape_rows(rows, None, takes_chats=False)[0] == {"prompt": "1+1"}
    with pytest.raises(R1Error, match="no chat template"):
        shape_rows(rows, "Be brief.", takes_chats=False)


def test_a_slip_beside_what_exists_is_no_hub_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs" / "my-sft").mkdir(parents=True)
    with pytest.raises(R1Error, match="did you mean runs/my-sft"):
        find_source("runs/my-sfft", "here")
    assert find_source("owner/name", "here").kind == "hub"
    with pytest.raises(R1Error, match="does not contain a dataset"):
        find_source("my-sft", "here")
    (tmp_path / "runs" / "my-sft" / "rows.jsonl").write_text('{"text": "a"}\n')
    with pytest.raises(R1Error, match=r"is a folder below \./runs.*\n.*\n.*name it runs/my-sft"):
        find_source("my-sft", "here")


@pytest.mark.parametrize(
    ("there", "name"), [("runs/by-hand", "runs/my-sft"), ("problems.jsonl", "samples.jsonl")]
)
def test_a_common_folder_or_ending_makes_no_names_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: str, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / there).mkdir(parents=True)
    with pytest.raises(R1Error) as caught:
        find_source(name, "here")
    assert caught.value.fix == "check the path"


def test_a_folder_with_a_card_is_read_as_it_is_now(tmp_path: Path) -> None:
    """`datasets` keeps such folders by their last name alone, whatever was in them."""
    for parent, answer in (("one", "1"), ("two", "22"), ("one", "333")):
        folder = tmp_path / parent / "same-name"
        folder.mkdir(parents=True, exist_ok=True)
        card = "---\nconfigs:\n- config_name: default\n  data_files: rows.jsonl\n---\n"
        (folder / "README.md").write_text(card)
        (folder / "rows.jsonl").write_text(f'{{"prompt": "{parent}", "solution": "{answer}"}}\n')
        (row,) = read_splits(str(folder), None, "--dataset")["train"]
        assert row == {"prompt": parent, "solution": answer}


def test_a_saved_dataset(tmp_path: Path) -> None:
    from datasets import Dataset, DatasetDict

    from r1cli.data.load import load_rows

    saved = DatasetDict({"train": Dataset.from_list(ROWS), "test": Dataset.from_list(ROWS[:1])})
    saved.save_to_disk(tmp_path / "saved")
    source = find_source(str(tmp_path / "saved"), "here")
    assert (source.kind, peek_columns(source)) == ("saved", ["question", "answer"])
    assert len(load_rows(Data(dataset_name=source.name), "test")) == 1
    with pytest.raises(R1Error, match="no split 'tests'") as caught:
        load_rows(Data(dataset_name=source.name), "tests")
    assert "did you mean test?" in caught.value.fix


def test_reasoning_gym() -> None:
    from r1cli.data.load import load_rows

    name = "reasoning_gym:chain_sum?size=3&seed=5"
    source = find_source(name, "here")
    assert (source.kind, source.name, source.options) == (
        "reasoning_gym",
        "chain_sum",
        {"size": 3, "seed": 5},
    )
    rows = load_rows(Data(dataset_name=name), "train")
    assert rows.column_names == peek_columns(source)
    assert len(rows) == 3
    assert load_rows(Data(dataset_name=name), "train")[0] == rows[0]
    with pytest.raises(R1Error, match="rejects the options"):
        load_rows(Data(dataset_name="reasoning_gym:chain_sum?min_terms=-3"), "train")
    with pytest.raises(R1Error, match="has no option 'sizes'") as caught:
        find_source("reasoning_gym:chain_sum?sizes=3&seed=5", "here")
    assert caught.value.fix == "did you mean size?"


def test_every_task_of_reasoning_gym_has_the_options_of_its_config() -> None:
    """They are read from its source."""
    from dataclasses import fields

    from reasoning_gym.factory import DATASETS

    for task in set(DATASETS) - {"composite"}:
        options = "&".join(f"{field.name}=1" for field in fields(DATASETS[task][1]))
        assert find_source(f"reasoning_gym:{task}?{options}", "here").name == task


def test_a_hub_id_is_not_looked_up() -> None:
    source = find_source("open-r1/OpenR1-Math-220k", "here")
    assert (source.kind, peek_columns(source)) == ("hub", None)


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("missing.jsonl", "there is no dataset file"),
        ("./missing", "there is no dataset file"),
        ("missing/", "there is no dataset file"),
        ("/missing/rows", "there is no dataset file"),
        ("reasoning_gym:chain_sums", "unknown reasoning-gym task"),
        ("rows.xlsx", "cannot read .xlsx files"),
        ("empty", "the folder does not contain a dataset"),
        ("mixed", "the folder has files of several formats: json, csv"),
        ("trained", "this is a run, which has made no dataset"),
    ],
)
def test_what_does_not_exist_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, what: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.xlsx").touch()
    (tmp_path / "empty").mkdir()
    (tmp_path / "mixed").mkdir()
    (tmp_path / "mixed/a.csv").write_text("text\nx\n")
    (tmp_path / "mixed/b.jsonl").write_text('{"text": "y"}\n')
    make_run(tmp_path / "trained", command="sft", metrics=[{"step": 1, "loss": 2.0}])
    with pytest.raises(R1Error) as caught:
        find_source(name, "flag --dataset")
    assert what in caught.value.what


def test_a_file_with_tabs_is_refused_with_the_command_that_makes_commas_of_them(tmp_path: Path) -> None:
    (tmp_path / "rows.tsv").write_text('prompt\tcompletion\n"a\tb"\tc, d\n')
    with pytest.raises(R1Error, match=r"cannot read \.tsv files") as caught:
        find_source(str(tmp_path / "rows.tsv"), "flag --dataset")
    command = caught.value.fix.removeprefix("write it with commas: `").removesuffix("`")
    subprocess.run(command, shell=True, cwd=tmp_path, check=True)
    with (tmp_path / "commas.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [["prompt", "completion"], ["a\tb", "c, d"]]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("empty.jsonl", ""), ("empty.json", "[]"), ("bad.jsonl", "{"), ("bad.json", "[1]"), ("empty.csv", ""),
        ("header.csv", "prompt,solution\n"), ("empty-row.jsonl", "{}\n"), ("blank.csv", "\n"),
        ("bad.parquet", "no parquet"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_what_it_says_is_refused(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(R1Error, match=r"this is not|has no rows"):
        peek_columns(find_source(str(tmp_path / name), "here"))


def test_plain_prompts_become_chats() -> None:
    from datasets import Dataset

    from r1cli.data.load import shape_rows

    def as_chat(rows: Dataset, system_prompt: str | None) -> Dataset:
        return shape_rows(rows, system_prompt, True, COMMANDS["sft"].columns)

    rows = Dataset.from_list([{"prompt": "1+1", "completion": "2"}])
    (row,) = as_chat(rows, "Be brief.")
    assert row["prompt"] == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "1+1"}]
    assert row["completion"] == [{"role": "assistant", "content": "2"}]
    opened = [{"role": "system", "content": "Be long."}, {"role": "user", "content": "1+1"}]
    chat = Dataset.from_list([{"prompt": opened, "completion": [{"role": "assistant", "content": "2"}]}])
    assert as_chat(chat, "Be brief.")[0] == chat[0]
    assert as_chat(chat, None)[0] == chat[0]
    messages = Dataset.from_list([{"messages": [{"role": "user", "content": "1+1"}]}])
    assert [turn["role"] for turn in as_chat(messages, "Be brief.")[0]["messages"]] == ["system", "user"]
    text = Dataset.from_list([{"text": "1+1=2"}])
    assert as_chat(text, "Be brief.")[0] == text[0]


def test_columns_of_a_cached_hub_dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`datasets` itself lays the cache out, with a name that it spells its own way."""
    from datasets.naming import camelcase_to_snakecase

    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path))
    for config, columns in (("all", ["problem", "answer"]), ("other", ["text"])):
        folder = tmp_path / f"owner___{camelcase_to_snakecase('MyMath-220k')}" / config / "0.0.0" / "abc"
        folder.mkdir(parents=True)
        info = {"config_name": config, "features": {column: {"dtype": "string"} for column in columns}}
        (folder / "dataset_info.json").write_text(json.dumps(info))
    source = find_source("owner/MyMath-220k", "here")
    assert peek_columns(source, "all") == ["problem", "answer"]
    assert peek_columns(source, "other") == ["text"]
    assert peek_columns(source, "third") is None
    assert peek_columns(find_source("owner/MyMath", "here")) is None


def test_several_names_are_a_mixture() -> None:
    with pytest.raises(R1Error, match="'a/b, c/d' is not one dataset") as caught:
        find_source("a/b, c/d", "flag --dataset")
    assert "dataset_mixture: {datasets: [{id: a/b}, {id: c/d}]}" in caught.value.fix
