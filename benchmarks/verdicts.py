"""How often r1 accepts wrong answers and misses right ones, beside math-verify alone and TRL's reward.

The answers are those of tests/verdicts/wrong_answers.py: for each kind of reference, some in each of 8 ways
to get it wrong, and some that are right in other words. All are wrong or right by construction; half of the
references were recorded from public bug reports and tests. The exit status is 1 if r1 accepts a wrong answer.

Run it with the interpreter of the environment that has r1: `.venv/bin/python benchmarks/verdicts.py`. The
others get each reference as they need it, in dollars where it is LaTeX, and have their own time limits.
"""

import argparse
import logging
import multiprocessing
import os
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # for tests

from r1cli import verify
from tests.verdicts.wrong_answers import KINDS, Answered, mutations, right_answers, wrong_answers

JUDGES = ("r1", "math-verify", "TRL")
_PLAIN = re.compile(r"[\w\s.,:%-]+")


def draw(seed: int, each: int) -> list[Answered]:
    """All answers: of each kind, `each` for every mutation, and `each` right ones."""
    pick = random.Random(seed)
    return [
        answer
        for kind in KINDS
        for answers in (
            *(wrong_answers(kind, mutation, each, pick) for mutation in mutations(kind)),
            right_answers(kind, each, pick),
        )
        for answer in answers
    ]


def in_dollars(gold: str) -> str:
    """A reference as math-verify reads it: LaTeX in dollars, and plain text as it is."""
    is_plain = _PLAIN.fullmatch(gold) and any(letter.isdigit() for letter in gold) and "_" not in gold
    return gold if is_plain or gold.startswith("$") else f"${gold}$"


def judge_by_others(answer: Answered) -> tuple[bool, bool]:
    """Whether math-verify alone, and TRL's reward, accept an answer."""
    from math_verify import parse
    from math_verify import verify as compare
    from trl.rewards import accuracy_reward

    logging.disable(logging.ERROR)
    gold = in_dollars(answer.gold)
    (reward,) = accuracy_reward([[{"role": "assistant", "content": answer.completion}]], [gold])
    return compare(parsed(gold), parse(answer.completion)), reward == 1.0


@lru_cache(maxsize=1024)
def parsed(gold: str) -> list[object]:
    """Recorded references come again and again."""
    from math_verify import parse

    return parse(gold)


def judge(answers: Sequence[Answered]) -> dict[str, list[bool]]:
    """By each judge, whether it accepts each answer."""
    start = time.perf_counter()
    accepted = verify([answer.gold for answer in answers], [answer.completion for answer in answers])
    print(f"r1: {time.perf_counter() - start:.0f} s", file=sys.stderr)
    start = time.perf_counter()
    # In the main thread of processes, as math-verify's time limits need it.
    with multiprocessing.get_context("spawn").Pool(os.cpu_count()) as pool:
        others = pool.map(judge_by_others, answers, chunksize=200)
    print(f"the others: {time.perf_counter() - start:.0f} s", file=sys.stderr)
    return dict(
        zip(JUDGES, ([one is True for one in accepted], *map(list, zip(*others, strict=True))), strict=True)
    )


def table(answers: Sequence[Answered], accepted: dict[str, list[bool]]) -> list[str]:
    """A line for each kind, and one for all: wrong answers accepted, and right ones missed, by each judge."""
    counts: Counter[tuple[str, ...]] = Counter()
    for row, answer in enumerate(answers):
        side = "right" if answer.how == "right" else "wrong"
        for name in (answer.kind, "all"):
            counts[name, side] += 1
            for judge, verdicts in accepted.items():
                counts[name, side, judge] += verdicts[row] != (side == "right")
    titles = [f"{what} by {judge}" for what in ("accepted", "missed") for judge in JUDGES]
    lines = [
        f"| kind | wrong answers | {' | '.join(titles[:3])} | right answers | {' | '.join(titles[3:])} |",
        f"| --- |{' ---: |' * 8}",
    ]
    for name in (*(kind.name for kind in KINDS), "all"):
        cells = [
            str(counts[key])
            for side in ("wrong", "right")
            for key in ((name, side), *((name, side, judge) for judge in JUDGES))
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--seed", type=int, default=random.randrange(10**6), help="draws the answers; a random one by default"
    )
    parser.add_argument("--each", type=int, default=200, help="answers of each kind and mutation")
    options = parser.parse_args()
    answers = draw(options.seed, options.each)
    accepted = judge(answers)
    print("\n".join(table(answers, accepted)))
    print(f"\nseed {options.seed}, {options.each} answers of each kind and mutation")
    paid = [
        answer for answer, yes in zip(answers, accepted["r1"], strict=True) if yes and answer.how != "right"
    ]
    for answer in paid:
        print(
            f"r1 accepts a wrong answer: {answer.kind}, {answer.how}: {answer.gold!r} {answer.completion!r}"
        )
    return bool(paid)


if __name__ == "__main__":
    sys.exit(main())
