"""What is said of a key that is unknown."""

import pytest

from r1cli.errors import R1Error
from r1cli.train.schema import sft_schema


@pytest.mark.parametrize("option", ["preset", "config", "dry-run", "json"])
def test_an_option_is_not_proposed_in_its_own_place(option: str) -> None:
    with pytest.raises(R1Error, match=f"unknown key '{option.replace('-', '_')}'") as caught:
        sft_schema().locate(option)
    assert caught.value.fix
    assert "did you mean" not in caught.value.fix
