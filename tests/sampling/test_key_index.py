"""The index of keys, against a dictionary."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1cli.sampling import key_index
from r1cli.sampling.key_index import KeyIndex

_KEYS = st.integers(0, 60).map(lambda number: (number << 58).to_bytes(8, "big") + b"12345678")


@pytest.fixture(autouse=True, scope="module")
def _small_runs() -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(key_index, "_WAITING", 4)
        patch.setattr(key_index, "_PIECE", 8)
        yield


@given(st.lists(st.tuples(_KEYS, st.integers(0, 2**64 - 1))))
def test_it_is_a_dictionary(entries: list[tuple[bytes, int]]) -> None:
    index, expected = KeyIndex(), dict[bytes, int]()
    for key, place in entries:
        index[key] = place
        expected[key] = place
    for number in range(61):
        key = (number << 58).to_bytes(8, "big") + b"12345678"
        assert index.get(key) == expected.get(key)
        assert (key in index) == (key in expected)
    keys = [(number << 58).to_bytes(8, "big") + b"12345678" for number in range(61)]
    assert index.has(keys) == [key in expected for key in keys]


def test_large_keys_are_found_and_others_are_not() -> None:
    dice, index = random.Random(0), KeyIndex()
    keys = [dice.randbytes(16) for _ in range(1000)]
    for place, key in enumerate(keys):
        index[key] = place
    assert [index[key] for key in keys] == list(range(1000))
    assert len(index._runs) < 10, "each has a file open, and is searched for each key"
    with pytest.raises(KeyError):
        index[dice.randbytes(16)]
