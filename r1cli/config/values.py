"""Text to value, and value against type: one place for flags, variables and files."""

import json
import math
from typing import Any

from r1cli.config.leaf import Leaf
from r1cli.errors import R1Error, did_you_mean
from r1cli.yaml12 import parse_scalar

JSON_TYPES: dict[Any, str] = {
    type(None): "null", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object",
}  # fmt: skip
_TRUE, _FALSE = {"true", "yes", "on"}, {"false", "no", "off"}


class _Unfit(Exception):
    """The value is not of any of the leaf's types."""


def check_value(leaf: Leaf, value: Any, where: str) -> Any:
    """The value as the leaf's type, read from text where need be.

    Raises:
        R1Error: the value is not of any of the types, or is not among the choices.
    """
    if "null" in leaf.types and isinstance(value, str) and value.strip() == "None":
        fix = "write null, or leave it out"
        raise R1Error(f"{leaf.path}: 'None' is a text here, and not nothing", where=where, fix=fix)
    try:
        result = _from_text(leaf, value) if isinstance(value, str) else _from_data(leaf, value)
    except (_Unfit, OverflowError):
        raise R1Error(
            f"{leaf.path}: expected {leaf.expected}, found {_shown(value)}", where=where, fix=leaf.fix
        ) from None
    if leaf.of_texts and isinstance(result, list):
        # A name that looks like a number is still a name.
        result = [str(one) if JSON_TYPES.get(type(one)) in ("integer", "number") else one for one in result]
    if leaf.choices and result is not None and result not in leaf.choices:
        raise R1Error(
            f"{leaf.path}: expected {leaf.expected}, found {_shown(value)}",
            where=where,
            # Nobody is led to switch something off by a slip.
            fix=did_you_mean(str(result), (str(one) for one in leaf.choices if one != "none")),
        )
    return result


def split_list(word: str) -> list[Any]:
    """The items of one word of a command line: of ``a,b`` or ``[a, b]`` several, else the word itself."""
    try:
        return _list(word.strip())
    except _Unfit:
        return [word]


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return f"'{value}'"
    return json.dumps(value, default=str)


def _from_data(leaf: Leaf, value: Any) -> Any:
    """A value that YAML or JSON has typed already."""
    kind = JSON_TYPES.get(type(value), "object")
    if kind in leaf.types:
        return value
    if kind == "integer" and "number" in leaf.types:
        return float(value)
    if kind == "number" and "integer" in leaf.types and value.is_integer():
        return int(value)
    # A name that looks like a number (run_name: 7) is still a name.
    if kind in ("integer", "number") and "string" in leaf.types:
        return str(value)
    raise _Unfit


def _from_text(leaf: Leaf, text: str) -> Any:
    """A value that came as text: from a flag, a variable, or a quoted YAML scalar."""
    word = text.strip()
    if "null" in leaf.types and word in ("null", "~"):
        return None
    if "boolean" in leaf.types and word.lower() in _TRUE | _FALSE:
        return word.lower() in _TRUE
    if "integer" in leaf.types or "number" in leaf.types:
        number = _number(word)
        if number is not None and ("number" in leaf.types or number == int(number)):
            keeps = isinstance(number, int) and "integer" in leaf.types
            return number if keeps else float(number) if "number" in leaf.types else int(number)
    if "object" in leaf.types and word.startswith("{"):
        return _json(word, dict)
    if "array" in leaf.types and (word.startswith("[") or "," in word or "string" not in leaf.types):
        return _list(word)
    if "string" in leaf.types:
        return text
    raise _Unfit


def _number(word: str) -> float | int | None:
    """``4_000``, ``1e-5``, ``3``: what Python reads as a finite number."""
    try:
        return int(word)
    except ValueError:
        pass
    try:
        number = float(word)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _json(word: str, kind: type) -> Any:
    try:
        value = json.loads(word)
    except json.JSONDecodeError:
        raise _Unfit from None
    if not isinstance(value, kind):
        raise _Unfit
    return value


def _list(word: str) -> list[Any]:
    """``a,b``, or ``[a, 'b']`` as YAML and JSON have it; numbers in it are numbers."""
    if word.startswith("["):
        value = parse_scalar(word)
        if isinstance(value, list):
            return value
        if not word.endswith("]"):
            raise _Unfit
        word = word[1:-1]
    items = (item.strip() for item in word.split(","))
    return [item if _number(item) is None else _number(item) for item in items if item]
