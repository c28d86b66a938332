"""Several datasets as one: what a config may say, and what becomes of it."""

import json
from pathlib import Path
from typing import Any

import pytest

from r1cli.config.groups.data import Data
from r1cli.data.load import load_rows
from r1cli.data.mixture import Mixture, Part, read_mixture
from r1cli.errors import R1Error


def write(path: Path, rows: list[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """40 rows with reference answers as numbers and an additional column, and 10 with texts."""
    sums = [{"question": f"{n}+0", "answer": n, "level": 1} for n in range(40)]
    products = [{"question": f"{n}*1", "answer": str(n)} for n in range(10)]
    return write(tmp_path / "sums.jsonl", sums), write(tmp_path / "products.jsonl", products)


def data(files: tuple[str, str], **mixture: Any) -> Data:
    sums = {"id": files[0], "columns": ["question", "answer"], "weight": 0.25}
    return Data(
        dataset_mixture={"datasets": [sums, {"id": files[1]}], **mixture},
        columns={"prompt": "question", "solution": "answer"},
    )


def test_shares_of_two_files_are_mixed_and_renamed(files: tuple[str, str]) -> None:
    from r1cli.data.load import load_rows

    rows = load_rows(data(files), "train")
    assert sorted(rows.column_names) == ["prompt", "solution"]
    kinds = [prompt[-2] for prompt in rows["prompt"]]
    assert (kinds.count("+"), kinds.count("*")) == (10, 10)
    assert kinds[:10] != ["+"] * 10, "they are one after the other"
    assert all(row["solution"] == row["prompt"][:-2] for row in rows)
    sums = {row["prompt"] for row in rows if "+" in row["prompt"]}
    assert sums != {f"{n}+0" for n in range(10)}, "the first rows are not a sample"
    assert list(load_rows(data(files), "train")) == list(rows)
    assert list(load_rows(data(files, seed=1), "train")) != list(rows)


@pytest.mark.parametrize(("size", "held_out"), [(0.1, 2), (5, 5)])
def test_a_test_split_is_held_out_of_the_mixture(files: tuple[str, str], size: float, held_out: int) -> None:
    from r1cli.data.load import load_train_and_test

    train, test = load_train_and_test(data(files, test_split_size=size), wants_test=True)
    assert (len(train), len(test)) == (20 - held_out, held_out)
    assert not set(train["prompt"]) & set(test["prompt"])
    assert load_train_and_test(data(files, test_split_size=size), wants_test=False)[1] is None
    with pytest.raises(R1Error, match="no split 'test'") as caught:
        load_train_and_test(data(files), wants_test=True)
    assert "test_split_size" in caught.value.fix


def test_datasets_with_other_columns_are_refused(files: tuple[str, str]) -> None:
    from r1cli.data.load import load_rows

    mixed: dict[str, Any] = {"datasets": [{"id": files[0]}, {"id": files[1]}]}
    with pytest.raises(R1Error, match=r"sums\.jsonl also has level") as caught:
        load_rows(Data(dataset_mixture=mixed), "train")
    assert "columns: [answer, question]" in caught.value.fix
    mixed["datasets"][0]["columns"] = ["question", "answers"]
    with pytest.raises(R1Error, match="no column 'answers'") as caught:
        load_rows(Data(dataset_mixture=mixed), "train")
    assert (caught.value.where, caught.value.fix) == (files[0], "did you mean answer?")


def test_columns_of_different_types_are_refused(files: tuple[str, str], tmp_path: Path) -> None:
    from r1cli.data.load import load_rows

    other = write(tmp_path / "lists.jsonl", [{"question": "1", "answer": ["1"]}])
    mixed = {"datasets": [{"id": files[1]}, {"id": other}]}
    with pytest.raises(R1Error, match=f"'answer' holds texts in {files[1]}, lists in {other}"):
        load_rows(Data(dataset_mixture=mixed), "train")


@pytest.mark.parametrize("others", [["a"], [1], [2.5, "a", None], [True]])
def test_texts_and_numbers_in_one_column_are_mixed_with_others(tmp_path: Path, others: list[Any]) -> None:
    from r1cli.data.load import load_rows

    several = ["1/2", 3, 2.5, None]
    names = [
        write(tmp_path / name, [{"prompt": "1", "solution": value} for value in values])
        for name, values in (("several.jsonl", several), ("others.jsonl", others))
    ]
    for order in (names, names[::-1]):
        mixed = {"datasets": [{"id": name} for name in order]}
        found = load_rows(Data(dataset_mixture=mixed), "train")["solution"]
        written = [
            value if isinstance(value, str | None) else json.dumps(value) for value in several + others
        ]
        assert sorted(map(str, found)) == sorted(map(str, written))


def test_trls_words_are_understood() -> None:
    entry = {"path": "owner/name", "name": "main", "fraction": 3, "columns": None}
    other = {"id": "b.jsonl", "split": "test", "columns": ["a"], "fraction": 1}
    parts = (
        Part("owner/name", "main", fraction=3),
        Part("b.jsonl", split="test", columns={"a": "a"}, fraction=1),
    )
    mixture = {"datasets": [entry, other], "seed": None}
    assert read_mixture(mixture, "here") == Mixture(parts, 0, None)
    of_file = {"path": "json", "data_files": "rows.jsonl"}
    assert read_mixture({"datasets": [of_file]}, "here").parts == (Part("rows.jsonl"),)
    with pytest.raises(R1Error, match="data_files") as caught:
        read_mixture({"datasets": [{"path": "json", "data_files": ["a.jsonl", "b.jsonl"]}]}, "here")
    assert caught.value.fix == "give each file a separate entry, as path: rows.jsonl"


def test_every_mistake_is_found_at_once() -> None:
    entries = [
        {"id": "a", "weight": 0},
        {"split": "train", "wieght": 1},
        {"id": "c", "path": "d", "columns": "prompt"},
        "e",
    ]
    with pytest.raises(R1Error) as caught:
        read_mixture(
            {"datasets": entries, "seed": 0.5, "test_split_size": 1.5, "streaming": True}, "my.yaml:3"
        )
    where = "data.dataset_mixture"
    assert [error.what for error in caught.value.all()] == [
        f"{where}.seed: expected a whole number, 0 or above, found 0.5",
        f"{where}.test_split_size: expected a share below 1 or a number of rows, found 1.5",
        f"{where} has an unknown key 'streaming'",
        f"{where}.datasets[0].weight: expected a share above 0 and at most 1, found 0",
        f"{where}.datasets[1] has an unknown key 'wieght'",
        f"{where}.datasets[1] has no id",
        f"{where}.datasets[2] has both id and path, which mean the same thing",
        f"{where}.datasets[2].columns: expected a list of column names, or a mapping of new names "
        "to the dataset's own, found 'prompt'",
        f"{where}.datasets[3]: expected a mapping, found 'e'",
    ]
    assert caught.value.others[3].fix == "did you mean weight?"
    assert {error.where for error in caught.value.all()} == {"my.yaml:3"}


@pytest.mark.parametrize(
    "value", [{}, {"datasets": []}, {"datasets": {"id": "a"}}, ["a"], {"datasets": None}]
)
def test_no_datasets(value: Any) -> None:
    with pytest.raises(R1Error, match="datasets"):
        read_mixture(value, "here")


def test_fractions_are_shares_of_the_mixture_as_trl_reads_them(tmp_path: Path) -> None:
    for name, rows in (("a", 100), ("b", 10)):
        (tmp_path / f"{name}.jsonl").write_text("".join(f'{{"text": "{name}"}}\n' for _ in range(rows)))
    parts = [
        {"path": str(tmp_path / f"{name}.jsonl"), "fraction": share} for name, share in (("a", 3), ("b", 1))
    ]
    texts = load_rows(Data(dataset_mixture={"datasets": parts}), "train")["text"]
    # The ten rows of b are a quarter, so 30 of a go with them.
    assert (list(texts).count("a"), list(texts).count("b")) == (30, 10)
    with pytest.raises(R1Error, match="some datasets have a fraction, and some do not"):
        read_mixture({"datasets": [parts[0], {"id": "c/d"}]}, "here")
