"""Calls one reward on one batch, and records its values, its logs and the time it took."""

import inspect
import pickle
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from r1cli import environment
from r1cli.errors import R1Error
from r1cli.execution.program import NotJudged
from r1cli.plugins.types import RewardFunction
from r1cli.raised import own_traceback, words_of

#: What TRL passes to a reward only if its signature names it.
ON_REQUEST = ("trainer_state", "log_extra", "log_metric")
#: The trainer computes in float32, where a larger score would be infinite.
_LARGEST = 3.4e38
# What the fault of a completion begins with that a budget left without a judgement.
_NOT_JUDGED = "not judged: "


def is_not_judged(fault: str | None) -> bool:
    """Whether a completion has no score because a budget was used up, and not because something failed."""
    return fault is not None and fault.startswith(_NOT_JUDGED)


@dataclass(frozen=True)
class Batch:
    """Completions, and the columns with one entry per completion; ``trainer_state`` may be among them."""

    completions: Sequence[Any]
    columns: Mapping[str, Any]


@dataclass(frozen=True)
class Outcome:
    """The result of one reward for a batch: ``values`` and ``faults`` have one entry per completion.

    ``reports`` has the details of each kind of fault, for the log. ``metrics`` and ``extras`` are what the
    reward logged with TRL's ``log_metric`` and ``log_extra``.
    """

    values: list[float | None]
    faults: list[str | None]
    reports: dict[str, str] = field(default_factory=dict)
    metrics: list[tuple[str, float]] = field(default_factory=list)
    extras: list[tuple[str, list[Any]]] = field(default_factory=list)
    seconds: float = 0.0


def failed(size: int, kind: str, reason: str, details: str = "", seconds: float = 0.0) -> Outcome:
    """The outcome of a reward that could not score any completion of the batch."""
    report = f"{kind}\n{details}" if details else reason
    return Outcome([None] * size, [reason] * size, {kind: report}, seconds=seconds)


def not_passed_on(name: str, batch: Batch, error: BaseException) -> Outcome:
    """The outcome of a reward that logged something that cannot be sent to another process."""
    reason = f"{name}: the values it logged cannot be sent to the trainer: {words_of(error)}"
    return failed(len(batch.completions), f"{name}: logged", reason)


def pickled(item: object, batches: Iterable[Batch]) -> bytes:
    """Pickles ``item``, which contains the batches, for another process.

    Tensors are copied: multiprocessing's own pickling would share their memory, with its own children only.

    Raises:
        R1Error: a column cannot be pickled.
    """
    try:
        return pickle.dumps(item)
    except Exception:
        for batch in batches:
            for name, column in batch.columns.items():
                _check_pickles(name, column)
        raise


def _check_pickles(name: str, column: object) -> None:
    try:
        pickle.dumps(column)
    except Exception as error:
        raise R1Error(
            f"the column '{name}' cannot be sent to the rewards: {words_of(error)}",
            where="data",
            fix="remove the column from the dataset, or store text, numbers, lists or images in it",
        ) from error


def call_reward(
    name: str,
    function: RewardFunction,
    parameters: Mapping[str, Any],
    batch: Batch,
    finish: Callable[[Awaitable[Any]], Any],
) -> Outcome:
    """Calls a reward. Whatever it raises or returns becomes an outcome.

    Args:
        name: for messages.
        function: the reward.
        parameters: its parameters.
        batch: its input.
        finish: waits for the result of a coroutine function.
    """
    size = len(batch.completions)
    metrics: list[tuple[str, float]] = []
    extras: list[tuple[str, list[Any]]] = []

    def log_extra(column: str, values: Sequence[Any]) -> None:
        if len(values) != size:
            raise ValueError(f"log_extra('{column}') got {len(values)} values for {size} completions")
        extras.append((column, list(values)))

    offered = {
        **batch.columns,
        "log_extra": log_extra,
        "log_metric": lambda metric, value: metrics.append((metric, float(value))),
    }
    started = time.perf_counter()
    try:
        accepted = inspect.signature(function).parameters
        passed = {key: value for key, value in offered.items() if _is_for(key, accepted)}
        result = function(completions=batch.completions, **{**passed, **parameters})
        if inspect.isawaitable(result):
            result = finish(result)
        if not isinstance(result, Iterable):
            raise TypeError(f"returned {result!r:.80}, and not a list with a score for each completion")
        returned = list(result)
        if len(returned) != size:
            raise ValueError(f"returned {len(returned)} values for {size} completions")
    except BaseException as error:  # a reward's own code may raise anything; it all counts as a fault
        if isinstance(error, KeyboardInterrupt) and threading.current_thread() is threading.main_thread():
            raise  # Ctrl-C reaches only the main thread
        kind = f"{name}: {type(error).__name__}"
        seconds = time.perf_counter() - started
        return failed(size, kind, _fault(name, error), _details(error, function), seconds)
    seconds = time.perf_counter() - started
    values, faults = _read(name, returned)
    reports = {
        f"{name}: {type(item).__name__ if isinstance(item, Exception) else 'no score'}": fault
        for item, fault in zip(returned, faults, strict=True)
        if fault is not None
    }
    return Outcome(values, faults, reports, metrics, extras, seconds)


def _is_for(key: str, accepted: Mapping[str, inspect.Parameter]) -> bool:
    """Whether to pass a column or a value of TRL's. Keyword-only parameters with a default take no column."""
    if key not in accepted:
        takes_others = any(one.kind is one.VAR_KEYWORD for one in accepted.values())
        return takes_others and key not in ON_REQUEST
    if key in ON_REQUEST:
        return True
    one = accepted[key]
    return one.kind is not one.KEYWORD_ONLY or one.default is one.empty


def _details(error: BaseException, function: RewardFunction) -> str:
    """What the log shows beside the reason, unless that says all: the traceback in the reward's code."""
    says_all = isinstance(error, R1Error | NotJudged) and not environment.debug()
    return "" if says_all else own_traceback(error, function)


def _read(name: str, returned: Sequence[Any]) -> tuple[list[float | None], list[str | None]]:
    """Each value as a finite float or None, and a fault for every other value."""
    numbers = [_number(value) for value in returned]
    values = [number if number is not None and abs(number) <= _LARGEST else None for number in numbers]
    faults = [
        _fault(name, item) if item is not None and value is None else None
        for item, value in zip(returned, values, strict=True)
    ]
    return values, faults


def _fault(name: str, item: Any) -> str:
    """The message for a value that is not a score; a reward may return an exception to say why."""
    if isinstance(item, NotJudged):
        return f"{_NOT_JUDGED}{name}: {words_of(item)}"
    if isinstance(item, R1Error):
        return f"{name}: {item}"
    if isinstance(item, BaseException):
        return f"{name}: {type(item).__name__}: {words_of(item)}"
    return f"{name}: returned {item!r:.80}, which is not a score"


def _number(value: Any) -> float | None:
    try:
        return None if value is None or isinstance(value, str | bytes) else float(value)
    except Exception:  # a third-party value may raise anything when it is converted
        return None


def as_handed_over(prompts: Sequence[Any], completions: Sequence[str]) -> list[Any]:
    """Completions as TRL passes them to rewards: chats for chats, strings for strings."""
    plain = isinstance(prompts[0], str)
    return [text if plain else [{"role": "assistant", "content": text}] for text in completions]
