"""Sums, as the problems of the quickstart."""

import random

from r1cli.quickstart.problem_sets import Problems, Row, traced

# --- two-digit additions, for the tiny model ---------------------------------------------------------------

#: Of 4,095 unordered pairs: 512 are held out, 2,000 are for SFT, the rest for GRPO.
HELD_OUT, FOR_SFT = 512, 2000

#: Error rate of the sums in cold-start traces. Traces are rarely filtered perfectly, and GRPO then has to fix
#: what the model learns from them.
SLIP = 0.2


def additions(seed: int) -> Problems:
    """Sums of two numbers of two digits, split so that a + b and b + a are the same problem."""
    rng = random.Random(seed)
    pairs = [(a, b) for a in range(10, 100) for b in range(a, 100)]
    rng.shuffle(pairs)
    held_out, rest = pairs[:HELD_OUT], pairs[HELD_OUT:]
    for_sft, for_grpo = rest[:FOR_SFT], rest[FOR_SFT:]
    both_orders = [pair for a, b in for_sft for pair in ((a, b), (b, a))]
    return Problems(
        sft=[{"prompt": f"{a}+{b}", "completion": _trace(a, b, rng)} for a, b in both_orders],
        grpo=[_sum(*_either_order(pair, rng)) for pair in for_grpo],
        held_out=[_sum(*_either_order(pair, rng)) for pair in held_out],
    )


def _sum(a: int, b: int) -> Row:
    return {"prompt": f"{a}+{b}", "solution": str(a + b)}


def _either_order(pair: tuple[int, int], rng: random.Random) -> tuple[int, int]:
    return pair if rng.random() < 0.5 else (pair[1], pair[0])


def _trace(a: int, b: int, rng: random.Random) -> str:
    """Adds the units, then the tens with the carry, with occasional errors."""
    units = _slip(a % 10 + b % 10, rng)
    carry = units // 10
    tens = _slip(a // 10 + b // 10 + carry, rng)
    thoughts = f"{a % 10}+{b % 10}={units}\n{a // 10}+{b // 10}+{carry}={tens}"
    return traced(thoughts, tens * 10 + units % 10)


def _slip(total: int, rng: random.Random) -> int:
    return total if rng.random() >= SLIP else max(0, total + rng.choice((-2, -1, 1, 2)))


# --- reasoning-gym's chain_sum, for a real language model --------------------------------------------------

_INSTRUCTION = "Think between <think> and </think>, then write the answer between <answer> and </answer>."


def chain_sums(seed: int) -> Problems:
    """Sums and differences of two or three numbers of one digit, from reasoning-gym's ``chain_sum``."""
    import reasoning_gym

    items = reasoning_gym.create_dataset(
        "chain_sum", size=600, seed=seed, min_terms=2, max_terms=3, min_digits=1, max_digits=1
    )
    # The generator repeats itself: one row per question.
    unique = list({item["question"]: item for item in items}.values())
    held_out, for_sft, for_grpo = unique[:16], unique[16:80], unique[80:112]
    return Problems(
        sft=[
            {
                "prompt": _ask(item),
                "completion": traced(_steps(item["metadata"]["expression"]), item["answer"]),
            }
            for item in for_sft
        ],
        grpo=[{"prompt": _ask(item), "solution": item["answer"]} for item in for_grpo],
        held_out=[{"prompt": _ask(item), "solution": item["answer"]} for item in held_out],
    )


def _ask(item: Row) -> str:
    return f"{item['question']}\n{_INSTRUCTION}"


def _steps(expression: str) -> str:
    """``4 - 1 - 7`` as ``4 - 1 = 3`` and ``3 - 7 = -4``."""
    first, *rest = expression.split()
    total, lines = int(first), []
    for sign, number in zip(rest[::2], rest[1::2], strict=True):
        result = total + int(number) if sign == "+" else total - int(number)
        lines.append(f"{total} {sign} {number} = {result}")
        total = result
    return "\n".join(lines)
