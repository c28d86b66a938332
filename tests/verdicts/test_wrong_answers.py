"""Answers that are wrong by construction are wrong, and those that are right in other words are right."""

from random import Random

from r1cli import verify
from tests.conftest import SEED
from tests.verdicts.wrong_answers import KINDS, Answered, mutations, right_answers, wrong_answers

WRONG, RIGHT = 2_000, 690


def verdicts(answers: list[Answered]) -> list[bool | None]:
    return verify([answer.gold for answer in answers], [answer.completion for answer in answers])


def test_no_wrong_answer_is_accepted() -> None:
    pick = Random(SEED)
    ways = [(kind, mutation) for kind in KINDS for mutation in mutations(kind)]
    answers = [
        answer
        for kind, mutation in ways
        for answer in wrong_answers(kind, mutation, WRONG // len(ways) + 1, pick)
    ]
    accepted = [
        answer for answer, verdict in zip(answers, verdicts(answers), strict=True) if verdict is not False
    ]
    assert len(answers) >= WRONG
    assert accepted == []


def test_right_answers_are_accepted_in_other_words() -> None:
    pick = Random(SEED)
    answers = [answer for kind in KINDS for answer in right_answers(kind, RIGHT // len(KINDS), pick)]
    missed = [
        answer for answer, verdict in zip(answers, verdicts(answers), strict=True) if verdict is not True
    ]
    assert len(missed) <= 0.03 * len(answers), missed


def test_there_are_8_ways_to_get_each_kind_wrong() -> None:
    assert len(KINDS) >= 12
    assert {kind.name: len(mutations(kind)) for kind in KINDS} == {kind.name: 8 for kind in KINDS}
