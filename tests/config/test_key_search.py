"""Finding a key by a word that people use."""

import pytest

from r1cli.commands import visible_commands
from r1cli.config.key_search import default_words, find_keys, first_sentence, type_words
from r1cli.config.leaf import Leaf
from r1cli.config.schema import schema_of
from r1cli.errors import R1Error
from r1cli.train.schema import grpo_schema

GRPO = grpo_schema()


def found(word: str) -> list[str]:
    return [leaf.path for leaf in find_keys(GRPO, word)]


def test_names_come_before_texts() -> None:
    paths = found("checkpointing")
    named = ["checkpointing" in path for path in paths]
    assert named == sorted(named, reverse=True)
    assert named[0]


@pytest.mark.parametrize(
    "word", ["learning_rate", "learning-rate", "training.learning_rate", "LEARNING_RATE"]
)
def test_a_whole_name_finds_its_key_alone(word: str) -> None:
    assert found(word) == ["training.learning_rate"]


def test_what_people_say_finds_the_key() -> None:
    assert found("lr")[0] == "training.learning_rate"
    assert "training.per_device_train_batch_size" in found("bs")
    assert "tracking.report_to" in found("wandb")


def test_letters_within_a_word_of_a_text_do_not_count() -> None:
    # "already" contains "lr".
    assert "launch.offline" not in found("lr")


def test_a_word_in_no_key_is_refused_with_a_near_one() -> None:
    with pytest.raises(R1Error, match="mentions 'lenght'") as error:
        find_keys(GRPO, "lenght")
    assert "length" in error.value.fix
    with pytest.raises(R1Error):
        find_keys(GRPO, "[")


def test_a_key_says_what_it_does_in_one_line() -> None:
    text = "the optimizer, e.g. AdamW or\n SGD.  Others need packages."
    leaf = Leaf("training.optim", ("string", "null"), None, text, unset="the model's")
    assert first_sentence(leaf) == "The optimizer, e.g. AdamW or SGD"
    assert (type_words(leaf), default_words(leaf)) == ("string", "the model's")
    assert default_words(Leaf("training.x", ("number",), 1e-6)) == "1e-06"


@pytest.mark.parametrize("row", visible_commands(), ids=lambda row: row.name)
def test_every_key_says_something(row: object) -> None:
    leaves = find_keys(schema_of(row))  # type: ignore[arg-type]
    assert [leaf.path for leaf in leaves if not (first_sentence(leaf) and type_words(leaf))] == []
