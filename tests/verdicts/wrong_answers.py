"""Draws answers that are wrong by construction, and answers that are right in other words, without asking r1.

Half of the references are in `pairs.jsonl`, those recorded from public bug reports and tests.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from tests.verdicts import (
    irrational_kinds,
    number_kinds,
    polynomial_kinds,
    quantity_kinds,
    set_kinds,
    word_kinds,
)
from tests.verdicts.reference_kinds import Kind, Said

KINDS = [
    kind
    for module in (number_kinds, quantity_kinds, irrational_kinds, polynomial_kinds, set_kinds, word_kinds)
    for kind in module.KINDS
]
DENIED = "denied"
_PAIRS = Path(__file__).with_name("pairs.jsonl")
_TRIES = 2_000


@dataclass(frozen=True)
class Answered:
    """A reference, a completion, and how its answer was made: the name of a mutation, or "right"."""

    kind: str
    how: str
    gold: str
    completion: str


# -- references ------------------------------------------------------------------------------------------


@cache
def recorded(kind: Kind) -> list[tuple[str, Any]]:
    """The recorded references of a kind, with their values."""
    golds = sorted({json.loads(line)["gold"] for line in _PAIRS.read_text(encoding="utf-8").splitlines()})
    values = [(gold, kind.read(_bare(gold))) for gold in golds]
    return [(gold, value) for gold, value in values if value is not None]


def _bare(gold: str) -> str:
    """Without dollars around it."""
    return re.sub(r"^\$([^$]*)\$(?!\d)", r"\1", gold).strip()


def _reference(kind: Kind, index: int, pick: Random) -> tuple[str, Any]:
    """As it is written, and its value; every second one is recorded."""
    if index % 2 and recorded(kind):
        return pick.choice(recorded(kind))
    value = kind.draw(pick)
    return pick.choice(kind.write(value)[:2]), value


def _wrong(kind: Kind, mutation: str, value: Any, pick: Random) -> str | None:
    """The text of a wrong answer; None if the mutation leaves the value as it is, or cannot be made of it."""
    new = kind.mutations[mutation](value, pick)
    if new is None:
        return None
    means = new.means if isinstance(new, Said) else kind.means(new)
    if means & kind.means(value):
        return None
    return new.text if isinstance(new, Said) else pick.choice(kind.write(new))


# -- completions -----------------------------------------------------------------------------------------

_ENDINGS = [
    "\\boxed{%s}",
    "$\\boxed{%s}$",
    "So the answer is $\\boxed{%s}$.",
    "Therefore, the final answer is \\boxed{%s}.",
    "The final answer is:\n\n\\[\\boxed{%s}\\]",
    "<answer>%s</answer>",
    "<answer>\n%s\n</answer>",
    "<answer>\n\\boxed{%s}\n</answer>",
    "<answer>\nThe answer is $%s$.\n</answer>",
    "The answer is $%s$.",
    "The answer is %s.",
    "The final answer is %s",
    "**Answer:** $%s$",
    "Adding the parts gives the result.\n#### %s",
    "This is what was asked for.\n\n$%s$",
    "This is what was asked for.\n\n%s",
]
_THOUGHTS = [
    "Let us write down what is given, and simplify.",
    "First we look at both cases.\n\nThe second one cannot be.",
    "Step 1: set up the equation. Step 2: solve it. Step 3: check.",
]
_DENIALS = [
    "The answer is not ${gold}$.",
    "The answer is not {gold}.",
    "The answer cannot be ${gold}$.",
    "The answer is definitely not ${gold}$.",
    "The answer is not $\\boxed{{{gold}}}$.",
    "$\\boxed{{{gold}}}$ is wrong.",
    "It is false that the answer is ${gold}$.",
    "I do not think that the answer is ${gold}$.",
    "It is not true that the answer is ${gold}$.",
    "The answer is anything but ${gold}$.",
    "Is the answer ${gold}$? No.",
    "The answer is ${gold}$. Wait, that is wrong.",
    "Some say that the answer is ${gold}$, but that is wrong.",
    "<answer>not {gold}</answer>",
    "<answer>The answer is not ${gold}$.</answer>",
    "The answer is ${other}$, not ${gold}$.",
    "The answer is not ${gold}$ but ${other}$.",
    "$\\boxed{{{gold}}}$ is wrong, it is $\\boxed{{{other}}}$.",
    "First I had $\\boxed{{{gold}}}$. But that misses a case, so it is $\\boxed{{{other}}}$.",
    "It is $\\boxed{{{other}}}$ and not $\\boxed{{{gold}}}$.",
    "<answer>It is ${other}$, not ${gold}$.</answer>",
    "One might say that the answer is ${gold}$. But the answer is ${other}$.",
    "The answer is ${other}$ rather than ${gold}$.",
    "The answer was thought to be ${gold}$. In truth, the answer is ${other}$.",
    "If the answer were ${gold}$, both sides would differ. So the answer is ${other}$.",
]


def _thoughts(pick: Random, mention: str | None = None) -> str:
    """What precedes the answer: nothing, a text, or thoughts, which may mention the reference."""
    text = pick.choice(_THOUGHTS)
    shape = pick.choice(["none", "text", "thoughts", "mention" if mention else "thoughts"])
    if shape == "mention":
        text += f"\nPerhaps it is {mention}. No, that does not fit."
    return {"none": "", "text": f"{text}\n\n"}.get(shape, f"<think>\n{text}\n</think>\n")


def _completion(answer: str, pick: Random, mention: str | None = None) -> str:
    ending = pick.choice(_ENDINGS)
    if answer.endswith("."):
        ending = ending.replace("%s.", "%s")  # p.m. ends its sentence
    return _thoughts(pick, mention) + ending.replace("%s", answer)


def _denial(gold: str, other: str, pick: Random) -> str:
    before = pick.choice(["", f"<think>\n{pick.choice(_THOUGHTS)}\n</think>\n"])
    return before + pick.choice(_DENIALS).format(gold=_bare(gold), other=other)


# -- drawing ---------------------------------------------------------------------------------------------


def wrong_answers(kind: Kind, mutation: str, count: int, pick: Random) -> Iterator[Answered]:
    """Answers that are wrong because of a mutation, ``DENIED`` among them."""
    for index in range(count):
        for _ in range(_TRIES):
            gold, value = _reference(kind, index, pick)
            text = _wrong(kind, "neighbour" if mutation == DENIED else mutation, value, pick)
            if text is not None:
                break
        else:
            raise ValueError(f"no reference of the kind '{kind.name}' can be mutated by '{mutation}'")
        if mutation == DENIED:
            yield Answered(kind.name, DENIED, gold, _denial(gold, text, pick))
        else:
            yield Answered(kind.name, mutation, gold, _completion(text, pick, gold))


def right_answers(kind: Kind, count: int, pick: Random) -> Iterator[Answered]:
    """Answers that are equal to their references, in other words."""
    for index in range(count):
        gold, value = _reference(kind, index, pick)
        yield Answered(kind.name, "right", gold, _completion(pick.choice(kind.write(value)), pick))


def mutations(kind: Kind) -> list[str]:
    return [*kind.mutations, DENIED]
