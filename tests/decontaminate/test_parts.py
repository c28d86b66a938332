"""Work that several processes share: what it returns, and how it fails."""

import os
from functools import partial
from pathlib import Path

import pytest

from r1cli.decontaminate.parts import Progress, in_parts, read_values, write_values
from r1cli.errors import R1Error


def add_up(numbers: range, part: int, parts: int, progress: Progress) -> int:
    progress(1)
    return sum(numbers[part::parts])


def refuse(part: int, parts: int, progress: Progress) -> int:
    if part:
        raise R1Error("this row is broken", where="rows.parquet", fix="repair it")
    return 0


def die(part: int, parts: int, progress: Progress) -> int:
    if part:
        os._exit(9)
    return 0


@pytest.mark.parametrize("parts", [1, 3])
def test_all_parts_are_done(parts: int) -> None:
    done: list[int] = []
    assert sum(in_parts(partial(add_up, range(100)), parts, done.append)) == 4950
    assert sum(done) == parts


def test_the_error_of_a_part_is_that_of_all() -> None:
    with pytest.raises(R1Error, match="this row is broken") as caught:
        in_parts(refuse, 2, lambda done: None)
    assert caught.value.fix == "repair it"


def test_a_part_that_is_killed_is_an_error() -> None:
    with pytest.raises(R1Error, match="ended early"):
        in_parts(die, 2, lambda done: None)


def test_values_are_read_one_at_a_time(tmp_path: Path) -> None:
    with (tmp_path / "values").open("wb") as file:
        for value in (1, {"a": "b"}, None):
            write_values(file, value)
    assert list(read_values(tmp_path / "values")) == [1, {"a": "b"}, None]
