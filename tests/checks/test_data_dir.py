"""A folder of datasets that is not there, or is another than was meant."""

from pathlib import Path

import pytest

from r1cli.checks.data_dir import check_data_dir
from r1cli.checks.subject import Subject
from r1cli.config.resolve import Request, resolve
from r1cli.errors import R1Error
from r1cli.evaluate.schema import evaluate_schema
from r1cli.launch.place import Place
from tests.command_line import flags_of


def mistakes(folder: object, *benchmarks: str) -> list[R1Error]:
    words = ("--evaluate.data_dir", str(folder), "--evaluate.benchmarks", ",".join(benchmarks))
    config = resolve(evaluate_schema(), Request(flags=flags_of("--model", "some/model", *words)))
    return list(check_data_dir(Subject(config, Place(2))))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sets" / "HuggingFaceH4" / "aime_2024").mkdir(parents=True)
    return tmp_path / "sets"


def test_a_folder_with_one_of_the_datasets_is_right(folder: Path) -> None:
    assert mistakes(folder, "aime24", "math_500") == []
    assert mistakes(folder, "tiny_sum") == []


def test_a_folder_that_does_not_exist_is_named(folder: Path) -> None:
    (error,) = mistakes(folder.with_name("sest"), "aime24")
    assert error.what == f"there is no folder '{folder.with_name('sest')}'"
    assert (error.where, error.fix) == ("flag --evaluate.data_dir", "did you mean sets?")


def test_a_level_too_deep_is_found(folder: Path) -> None:
    deep = folder / "HuggingFaceH4"
    (error,) = mistakes(deep, "aime24")
    assert error.what == f"{deep} does not have the datasets: there is no {deep}/HuggingFaceH4/aime_2024"
    assert error.fix == "name the folder in which HuggingFaceH4/aime_2024 is, or leave it out"
