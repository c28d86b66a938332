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


@pytest.mark.parametrize(
    ("key", "first"),
    [
        ("learnin_rate", "--learning_rate"),
        ("training.learnin_rate", "--training.learning_rate"),
        ("model_name", "--model_name_or_path"),
    ],
)
def test_a_key_is_proposed_once(key: str, first: str) -> None:
    with pytest.raises(R1Error) as caught:
        sft_schema().locate(key, f"flag --{key}")
    proposed = caught.value.fix.removeprefix("did you mean ").removesuffix("?").split(" or ")
    assert proposed[0] == first
    assert len({sft_schema().locate(one.removeprefix("--")) for one in proposed}) == len(proposed)
