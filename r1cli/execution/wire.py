"""Programs and results as JSON: what the router and its clients send each other."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from typing import Any, TypeVar

from r1cli.errors import R1Error
from r1cli.execution.executor import Result, Work
from r1cli.execution.program import (
    ExecutionFault,
    Interaction,
    InteractionResult,
    Program,
    ProgramLimits,
    ProgramResult,
    ProgramVerdict,
)

#: The route that takes ``{"programs": [...]}`` and answers a line of JSON for each: see `line_of`.
PROGRAMS = "/v1/programs"
#: The route that says what holds for the programs.
FACTS = "/v1/facts"
#: The header that says whose turn it is: one value for each process that asks.
CLIENT = "x-r1-client"

_Made = TypeVar("_Made")


def tree_of(work: Work) -> dict[str, Any]:
    """A program or an interaction, as JSON has it."""
    return asdict(work)


def work_of(tree: Any) -> Work:
    """The program or the interaction of `tree_of`.

    Raises:
        ValueError: it is not one; an unknown field is refused, because it may say what else must hold.
    """
    if isinstance(tree, dict) and "manager" in tree:
        return _made(Interaction, tree, {"manager": _program, "players": _programs, "channel": _channel})
    return _program(tree)


def line_of(number: int, result: Result | R1Error) -> dict[str, Any]:
    """A line of an answer: the number of a program in the batch, and its result, its fault, or the error that
    the user can fix."""
    if isinstance(result, R1Error):
        return {"number": number, "error": result.fields()}
    if isinstance(result, ExecutionFault):
        return {"number": number, "fault": str(result)}
    return {"number": number, "result": asdict(result)}


def result_of(tree: Any) -> tuple[int, Result]:
    """The number and the result of `line_of`.

    Raises:
        ValueError: it is not such a line.
        R1Error: the router says what the user must fix.
    """
    if not isinstance(tree, dict):
        raise ValueError("a line is not an object")
    number = _whole(tree.get("number"))
    if "error" in tree:
        known = {name: str(tree["error"].get(name, "")) for name in ("what", "where", "fix")}
        raise R1Error(**known, exit_code=1)
    if "fault" in tree:
        return number, ExecutionFault(_text(tree["fault"]))
    found = tree.get("result")
    if isinstance(found, dict) and "manager" in found:
        return number, _made(InteractionResult, found, {"manager": _result, "players": _results})
    return number, _result(found)


def _program(tree: Any) -> Program:
    return _made(Program, tree, _PROGRAM)


def _programs(trees: Any) -> tuple[Program, ...]:
    return tuple(_program(tree) for tree in _list(trees))


def _limits(tree: Any) -> ProgramLimits:
    return _made(ProgramLimits, tree, _LIMITS)


def _result(tree: Any) -> ProgramResult:
    return _made(ProgramResult, tree, _RESULT)


def _results(trees: Any) -> tuple[ProgramResult, ...]:
    return tuple(_result(tree) for tree in _list(trees))


def _made(kind: type[_Made], tree: Any, readers: Mapping[str, Callable[[Any], Any]]) -> _Made:
    if not isinstance(tree, dict):
        raise ValueError(f"expected an object for {kind.__name__}")
    unknown = sorted(set(tree) - set(readers))
    if unknown:
        raise ValueError(f"{kind.__name__} has no field {unknown[0][:40]!r}")
    values = {}
    for name, value in tree.items():
        try:
            values[name] = readers[name](value)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    try:
        return kind(**values)
    except TypeError:
        missing = [field.name for field in fields(kind) if field.name not in values]  # type: ignore[arg-type]
        raise ValueError(f"{kind.__name__} needs more fields; not given: {', '.join(missing)}") from None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("expected a text")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("expected a list")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(_text(one) for one in _list(value))


def _files(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        raise ValueError("expected an object of texts by name")
    return {name: _text(text) for name, text in value.items()}


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("expected a whole number")
    return value


def _number(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ValueError("expected a number")
    return value


def _or_none(reader: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else reader(value)


def _channel(value: Any) -> str:
    if value not in ("fifo_io", "std_io"):
        raise ValueError("expected fifo_io or std_io")
    return _text(value)


_LIMITS = {
    "cpu_s": _number, "wall_s": _or_none(_number), "memory_mb": _whole, "output_kb": _whole,
    "processes": _whole,
}  # fmt: skip
_PROGRAM = {
    "source": _text, "language": _text, "stdin": _text, "files": _files, "argv": _texts, "limits": _limits,
    "name": _text, "output_file": _text,
}  # fmt: skip
_RESULT = {
    "verdict": ProgramVerdict, "stdout": _text, "stderr": _text, "exit_code": _or_none(_whole),
    "cpu_s": _number, "wall_s": _number, "peak_mb": _or_none(_number),
}  # fmt: skip
