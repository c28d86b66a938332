"""Arrays on disk are arrays of zeros like any others, also where the disk is full."""

import os

import pytest

from r1cli.sampling.disk_array import disk_array


@pytest.mark.parametrize("size", [0, 10, 100_000])
@pytest.mark.parametrize("is_full", [False, True])
def test_an_array_can_be_written_and_sorted(
    size: int, is_full: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*given: int) -> None:
        raise OSError("no space left")

    if is_full:
        monkeypatch.setattr(os, "posix_fallocate", refuse)
    array = disk_array(size, "u8")
    assert (array.shape, array.dtype, array.any()) == ((size,), "u8", False)
    array[:] = range(size, 0, -1)
    array.sort()
    assert array.tolist() == list(range(1, size + 1))
    assert disk_array((2, size), "u8").shape == (2, size)
