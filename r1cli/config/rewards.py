"""``accuracy,format:0.5``: reward names and weights, as flags and files write them."""

import math
from typing import Any

from r1cli.errors import R1Error


def split_weights(
    rewards: str | list[Any], weights: list[Any] | None, where: str, together: bool = True
) -> tuple[list[str], list[float]]:
    """Names and weights of a reward list.

    Only a last part that is a number is a weight, so ``package.module:function`` stays whole.

    Args:
        rewards: ``"accuracy,format:0.5"`` or a list of such entries.
        weights: ``reward_weights``, when it was set.
        where: for messages.
        together: names and weights come from one source; else the weights come from a stronger one, and those
            behind the names give way.

    Raises:
        R1Error: a name twice, weights given twice, or not as many weights as rewards.
    """
    entries = rewards.split(",") if isinstance(rewards, str) else [str(reward) for reward in rewards]
    names, inline = [], []
    for entry in (entry.strip() for entry in entries):
        name, _, last = entry.rpartition(":")
        weight = _as_number(last) if name else None
        names.append(entry if weight is None else name)
        inline.append(weight)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise R1Error(f"reward '{twice[0]}' is named twice", where=where)
    if weights is None:
        return names, [1.0 if weight is None else weight for weight in inline]
    if together and any(weight is not None for weight in inline):
        raise R1Error(
            "weights are given both behind the names and as reward_weights",
            where=where,
            fix="keep one of the two",
        )
    if len(weights) != len(names):
        raise R1Error(
            f"{len(names)} rewards ({', '.join(names)}) and {len(weights)} reward_weights",
            where=where,
            fix="give one weight for each reward",
        )
    numbers = [_as_number(weight) for weight in weights]
    if None in numbers:
        wrong = weights[numbers.index(None)]
        raise R1Error(f"reward_weights: expected numbers, found '{wrong}'", where=where)
    return names, [number for number in numbers if number is not None]


def _as_number(text: Any) -> float | None:
    """The finite number that a text or value is, or None."""
    try:
        number = float(text)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
