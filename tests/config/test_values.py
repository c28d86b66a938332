"""Text to value: what flags, variables and files may say."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r1cli.config.schema import Leaf
from r1cli.config.values import check_value
from r1cli.errors import R1Error
from r1cli.train.schema import sft_schema


def leaf(*types: str, **more: object) -> Leaf:
    return Leaf("group.leaf", types, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("types", "text", "value"),
    [
        (("number",), "1e-5", 1e-5),
        (("number",), "3", 3.0),
        (("integer",), "4_000", 4000),
        (("integer",), "1e3", 1000),
        (("integer", "null"), "null", None),
        (("boolean",), "true", True),
        (("boolean",), "False", False),
        (("boolean",), "no", False),
        (("string",), "no", "no"),
        (("string",), "12", "12"),
        (("array", "string"), "a,b", ["a", "b"]),
        (("array", "string"), "a", "a"),
        (("array", "null"), "[1, 2.5]", [1, 2.5]),
        (("array", "null"), "[a, b]", ["a", "b"]),
        (("integer", "array", "null"), "0,3", [0, 3]),
        (("object", "null"), '{"a": {"b": 1}}', {"a": {"b": 1}}),
        (("object", "null", "string"), '{"a": 1}', {"a": 1}),
    ],
)
def test_text_is_read_as_the_leaf_says(types: tuple[str, ...], text: str, value: object) -> None:
    found = check_value(leaf(*types), text, "here")
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("types", "value"),
    [
        (("number",), "abc"),
        (("integer",), "1.5"),
        (("integer",), True),
        (("boolean",), "maybe"),
        (("number",), "nan"),
        (("number",), "inf"),
        (("object", "null"), "{not json"),
        (("string",), None),
        (("boolean",), 1),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(types: tuple[str, ...], value: object) -> None:
    with pytest.raises(R1Error) as caught:
        check_value(leaf(*types), value, "flag --leaf")
    assert "group.leaf: expected" in caught.value.what
    assert caught.value.where == "flag --leaf"


@pytest.mark.parametrize("given", ["aime,24", "[aime, 24]", ["aime", 24]])
def test_numbers_among_texts_are_texts(given: object) -> None:
    assert check_value(leaf("array", "string", of_texts=True), given, "flag --leaf") == ["aime", "24"]


def test_a_choice_is_checked_and_the_nearest_named() -> None:
    schedule = sft_schema().leaves["training.lr_scheduler_type"]
    assert check_value(schedule, "cosine", "here") == "cosine"
    with pytest.raises(R1Error) as caught:
        check_value(schedule, "cosin", "here")
    assert "cosine" in caught.value.fix


@pytest.mark.parametrize("default", [None, {}])
def test_how_to_write_a_mapping_is_said(default: object) -> None:
    with pytest.raises(R1Error) as caught:
        check_value(leaf("object", default=default), "{runtime: pyxis}", "flag --leaf")
    assert "JSON" in caught.value.fix


@settings(deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_number_survives_being_written(number: float) -> None:
    assert check_value(leaf("number"), repr(number), "here") == number


@settings(deadline=None)
@given(st.integers())
def test_any_integer_survives_being_written(number: int) -> None:
    assert check_value(leaf("integer"), str(number), "here") == number


@settings(deadline=None)
@given(st.dictionaries(st.text(), st.one_of(st.integers(), st.text(), st.booleans(), st.none())))
def test_any_object_survives_json(tree: dict[str, object]) -> None:
    assert check_value(leaf("object"), json.dumps(tree), "here") == tree
