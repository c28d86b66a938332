"""Rows that are held out of a split."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from r1cli.config.groups.data import Data
from r1cli.data.load import load_rows, load_train_and_test
from r1cli.errors import R1Error


@pytest.fixture
def data(tmp_path: Path) -> Data:
    """Of ten rows, as a config says it."""
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps({"question": str(n)}) + "\n" for n in range(10)))
    return Data(dataset_name=str(path), columns={"prompt": "question"}, split_seed=3)


@pytest.mark.parametrize(("size", "held_out"), [(0.2, 2), (0.01, 1), (3.0, 3)])
def test_a_test_split_is_held_out(data: Data, size: float, held_out: int) -> None:
    # Whatever the dataset calls its own test split, even the one that is trained on.
    data = replace(data, test_size=size, dataset_test_split="train")
    train, test = load_train_and_test(data, wants_test=True)
    assert test is not None
    assert (len(train), len(test)) == (10 - held_out, held_out)
    assert {*train["prompt"], *test["prompt"]} == {str(n) for n in range(10)}
    assert list(load_rows(data, "train")) == list(train)
    assert list(load_rows(data, "test")) == list(test)
    other, _ = load_train_and_test(replace(data, split_seed=4), wants_test=False)
    assert list(other) != list(train)


@pytest.mark.parametrize(("size", "what"), [(10, "leaves none"), (0, "expected a share"), (2.5, "expected")])
def test_a_size_that_cannot_be_is_refused(data: Data, size: float, what: str) -> None:
    with pytest.raises(R1Error, match=what) as caught:
        load_rows(replace(data, test_size=size), "train")
    assert caught.value.where == "data.test_size"


def test_a_mixture_has_a_size_of_its_own(data: Data) -> None:
    mixture = {"datasets": [{"id": data.dataset_name}]}
    with pytest.raises(R1Error, match="test_split_size"):
        load_rows(Data(dataset_mixture=mixture, test_size=2), "train")
