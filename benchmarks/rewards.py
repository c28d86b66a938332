"""How fast r1 scores 64 prompts x 16 completions of math text with the seven published text and math rewards.

Side by side with a sequential loop in one process, in which accuracy, cosine and length each parse and verify
for themselves, under math-verify's own time-outs. Both use the same formulas; they differ in who verifies.
The floor is what the six rewards beside accuracy take alone, when all verdicts are known: nothing that
verifies for them can be quicker.

Run it with the interpreter of the environment that has r1: `.venv/bin/python benchmarks/rewards.py`. Both are
warm: what they import is imported, and workers are up. Each round has other numbers, so that nothing is
remembered from the one before. The two take turns, so that a machine whose speed drifts treats them alike.
"""

import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from unittest import mock

from math_verify import ExprExtractionConfig, LatexExtractionConfig, parse
from math_verify import verify as compare

from r1cli import Verdict
from r1cli.config.groups.rewards import Rewards
from r1cli.plugins.registry import find_reward
from r1cli.scoring.choose import make_scorer
from r1cli.scoring.scorer import Scorer

PROMPTS, GROUP, ROUNDS = 64, 16, 3
REWARDS = ["accuracy", "format", "tag_count", "reasoning_steps", "length", "cosine", "repetition_penalty"]
#: Of a prompt's completions, how many give the same answer in the same words.
ALIKE = {"a quarter alike": 4, "often alike": 12}

Values = dict[str, list[float | None]]


@dataclass(frozen=True)
class Problem:
    """A gold as datasets write it, and ways to write a right and a wrong answer, endlessly many of each."""

    gold: str
    right: Callable[[int], str]
    wrong: Callable[[int], str]


def problems(pick: random.Random) -> list[Problem]:
    """One of each kind of gold: with and without dollars, boxed, a number, inside a whole solution."""
    a, b = pick.randint(2, 60), pick.randint(61, 99)
    c, d = pick.randint(2, 9), pick.choice([2, 3, 5, 7, 11])
    total = f"{a} + {b} = <<{a}+{b}={a + b}>>{a + b}"
    square = f"x^2 + {a + c}x + {a * c}"
    return [
        Problem(f"{a * b}", lambda k: f"\\frac{{{k * a * b}}}{{{k}}}", lambda k: f"{a * b + k}"),
        Problem(f"{a}.{c}", lambda k: f"\\frac{{{k * (10 * a + c)}}}{{{k * 10}}}", lambda k: f"{a + k}.{c}"),
        Problem(
            f"$\\frac{{{a}}}{{{b}}}$", lambda k: f"\\frac{{{k * a}}}{{{k * b}}}", lambda k: f"{a + k}/{b}"
        ),
        Problem(
            f"\\boxed{{{c}\\sqrt{{{d}}}}}",
            lambda k: f"\\frac{{{c * k}\\sqrt{{{d}}}}}{{{k}}}",
            lambda k: f"{c + k}\\sqrt{{{d}}}",
        ),
        Problem(f"[{a}, {b})", lambda k: f"[{a}, \\frac{{{b * k}}}{{{k}}})", lambda k: f"[{a}, {b + k})"),
        Problem(
            f"Both roots are negative. Multiplying out gives $(x + {a})(x + {c})$, so $b = {a + c}$ and "
            f"$c = {a * c}$. The polynomial is therefore $\\boxed{{{square}}}$.",
            lambda k: f"(x + {a})(x + {c}) + {k} - {k}",
            lambda k: f"{square} + {k}",
        ),
        Problem(
            f"\\frac{{{a}\\pi}}{{{d}}}",
            lambda k: f"\\frac{{{a * k}\\pi}}{{{d * k}}}",
            lambda k: f"\\frac{{{a + k * d}\\pi}}{{{d}}}",
        ),
        Problem(
            f"In the morning and in the evening she sold {total} cakes.\n#### {a + b}",
            lambda k: f"{a + b + k} - {k}",
            lambda k: f"{a + b + k}",
        ),
    ]


#: Steps of thought, by their number and two numbers to think about.
STEPS: list[Callable[[int, int, int], str]] = [
    lambda k, n, m: f"Step {k}: Let us write $x_{k} = {n}$ and substitute: this gives ${n} + {m} = {n + m}$.",
    lambda k, n, m: f"Next, multiply both sides by {n}. The left becomes ${n}x$ and the right ${n * m}$.",
    lambda k, n, m: f"{k}. As ${n}^2 = {n * n}$, the discriminant is $\\sqrt{{{n * n + 4 * m}}}$.",
    lambda k, n, m: (
        f"Wait, let me check that again: ${n} \\cdot {m} = {n * m}$, which is what we had before."
    ),
    lambda k, n, m: f"Finally, \\(\\frac{{{n}}}{{{m}}}\\) is in lowest terms unless both are even.",
]


def completion(answer: str, pick: random.Random) -> str:
    """Thoughts of a few hundred words, and an answer: mostly between tags, one in four boxed at the end."""
    steps = [
        pick.choice(STEPS)(number, *pick.choices(range(2, 100), k=2))
        for number in range(1, pick.randint(6, 16))
    ]
    thoughts = "\n".join(steps)
    if pick.random() < 0.25:
        return f"{thoughts}\n\nThe final answer is $\\boxed{{{answer}}}$."
    return f"<think>\n{thoughts}\n</think>\n<answer>\n\\boxed{{{answer}}}\n</answer>"


@dataclass
class Step:
    """One step's completions and columns, and which completions are right."""

    completions: list[str]
    prompts: list[str]
    solution: list[str]
    right: list[bool]


def make_step(alike: int, seed: int) -> Step:
    pick = random.Random(seed)
    step = Step([], [], [], [])
    kinds = [problem for _ in range(PROMPTS // 8) for problem in problems(pick)]
    for prompt, problem in enumerate(kinds):
        shared = completion(problem.right(2), pick)
        for row in range(GROUP):
            right = row < alike or pick.random() < 0.4
            answer = problem.right(row + 2) if right else problem.wrong(row + 2)
            step.completions.append(shared if row < alike else completion(answer, pick))
            step.prompts.append(f"Problem {prompt}")
            step.solution.append(problem.gold)
            step.right.append(right)
    return step


def verify_in_turn(golds: Sequence[str], answers: Sequence[str], **parameters: object) -> list[Verdict]:
    """What a reward does that verifies for itself: both sides parsed, and compared, pair by pair."""
    said = (verify_one(gold, answer) for gold, answer in zip(golds, answers, strict=True))
    return [Verdict(correct, "", (), ()) for correct in said]


def verify_one(gold: str, answer: str) -> bool | None:
    read = parse_answer(gold)
    if not read:
        return None
    _, block, inside = answer.rpartition("<answer>")
    said = parse_answer(inside.partition("</answer>")[0]) if block else parse_latex(answer)
    return bool(said) and compare(read, said, timeout_seconds=2)


def parse_answer(text: str) -> list[object]:
    return (
        parse_latex(text, ExprExtractionConfig())
        if "$" in text or "\\boxed" in text
        else parse_latex(f"${text}$")
    )


def parse_latex(text: str, *others: ExprExtractionConfig) -> list[object]:
    config = [LatexExtractionConfig(boxed_match_priority=0), *others]
    return parse(text, extraction_config=config, parsing_timeout=2)


def score_in_turn(step: Step) -> Values:
    """The sequential loop."""
    columns = {"completions": step.completions, "prompts": step.prompts, "solution": step.solution}
    with mock.patch("r1_rewards.math.explain_all", verify_in_turn):
        return {name: find_reward(name).load()(**columns) for name in REWARDS}


def timed(score: Callable[[Step], Values], step: Step) -> tuple[float, Values]:
    start = time.perf_counter()
    values = score(step)
    return time.perf_counter() - start, values


def main() -> None:
    scorer, others = scorer_of(REWARDS), scorer_of([name for name in REWARDS if name != "accuracy"])

    def score(step: Step, by: Scorer = scorer) -> Values:
        return by.score(step.completions, prompts=step.prompts, solution=step.solution).values

    for name, alike in ALIKE.items():
        warm_up = make_step(alike, seed=1_000)
        score(warm_up)
        score_in_turn(Step(*(column[:GROUP] for column in vars(warm_up).values())))
        loop, ours, least, missed, unequal, compared = [], [], [], [0, 0], 0, 0
        for seed in range(ROUNDS):
            step = make_step(alike, seed)
            seconds, expected = timed(score_in_turn, step)
            loop.append(seconds)
            seconds, found = timed(score, step)
            ours.append(seconds)
            score(step, others)
            least.append(timed(lambda step: score(step, others), step)[0])
            for row, right in enumerate(step.right):
                missed[0] += expected["accuracy"][row] != right
                missed[1] += found["accuracy"][row] != right
                if expected["accuracy"][row] == right:
                    compared += len(REWARDS)
                    unequal += sum(expected[reward][row] != found[reward][row] for reward in REWARDS)
        rows = PROMPTS * GROUP
        slow, fast, floor = map(statistics.median, (loop, ours, least))
        print(f"{name}: loop {rows / slow:.0f} completions/s, r1 {rows / fast:.0f}, ratio {slow / fast:.1f}")
        print(
            f"  floor: {rows / floor:.0f} completions/s, ratio {slow / floor:.1f}, of which r1 is "
            f"{floor / fast:.0%}"
        )
        print(f"  wrong verdicts of {ROUNDS * rows}: loop {missed[0]}, r1 {missed[1]}")
        print(f"  values that differ where the loop's verdict is right: {unequal} of {compared}")
    scorer.close()
    others.close()


def scorer_of(rewards: list[str]) -> Scorer:
    return make_scorer(Rewards(reward_funcs=rewards))


if __name__ == "__main__":
    main()
