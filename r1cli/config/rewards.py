"""Rewards as flags and files write them: names and weights as ``accuracy,format:0.5``, and parameters."""

import inspect
import json
import math
from collections.abc import Sequence
from typing import Any

from r1cli.config.leaf import Leaf
from r1cli.errors import R1Error
from r1cli.plugins.registry import find_reward, parameter_group

# JSON types by annotation.
_TYPES = {"bool": "boolean", "int": "integer", "float": "number", "str": "string", "None": "null"}
#: The annotation that the type of a default stands for.
_OF_DEFAULTS = {bool: "bool", int: "int | float", float: "float", str: "str"}
_LISTS = ("list", "Sequence", "collections.abc.Sequence")


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
            after the names give way.

    Raises:
        R1Error: a name twice, weights given twice, or not as many weights as rewards.
    """
    for entry in rewards if isinstance(rewards, list) else ():
        if isinstance(entry, dict | list):
            what = f"reward_funcs: expected the name of a reward, found {json.dumps(entry, default=str)}"
            raise R1Error(what, where=where, fix="with a weight, a reward is written accuracy:0.5")
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
            "weights are given both after the names and as reward_weights",
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


def parameter_leaf(path: str, rewards: Sequence[str]) -> Leaf | None:
    """The parameter of a reward as a leaf with its types, if its annotation or else its default says them.

    Args:
        path: as rewards.cosine.max_len.
        rewards: the rewards of the config: one of them may be a function of a file.
    """
    group, _, name = path.removeprefix("rewards.").partition(".")
    try:
        reward = find_reward(next((each for each in rewards if parameter_group(each) == group), group))
        default = reward.parameters()[name]
        annotation = reward.annotations().get(name) or _OF_DEFAULTS[type(default)]
    except (R1Error, KeyError):
        return None  # the checks say what is unknown, and nothing is known of other defaults
    # Annotations that are not evaluated are quoted.
    types = [_json_type(part) for part in annotation.strip("'\"").split(" | ")]
    known = tuple(each for each in types if each)
    return Leaf(path, known, None if default is inspect.Parameter.empty else default) if all(types) else None


def _json_type(annotation: str) -> str | None:
    return "array" if annotation.partition("[")[0] in _LISTS else _TYPES.get(annotation)


def _as_number(text: Any) -> float | None:
    """The finite number that a text or value is, or None."""
    try:
        number = float(text)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
