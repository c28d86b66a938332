"""Calls one reward on one batch, and keeps what it said, what it logged and how long it took."""

import inspect
import pickle
import threading
import time
import traceback
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from r1cli.errors import R1Error
from r1cli.plugins.types import RewardFunction

#: What TRL passes to a reward only if the reward names it.
ON_REQUEST = ("trainer_state", "log_extra", "log_metric")
#: The trainer computes in float32, where a larger score would be infinite.
_LARGEST = 3.4e38


@dataclass(frozen=True)
class Batch:
    """Completions, and the columns with one entry per completion; ``trainer_state`` may stand among them."""

    completions: Sequence[Any]
    columns: Mapping[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What one reward made of a batch: ``values`` and ``faults`` have one entry per completion.

    ``reports`` has for each kind of fault the details for the log. ``metrics`` and ``extras`` are what the
    reward logged by TRL's ``log_metric`` and ``log_extra``.
    """

    values: list[float | None]
    faults: list[str | None]
    reports: dict[str, str] = field(default_factory=dict)
    metrics: list[tuple[str, float]] = field(default_factory=list)
    extras: list[tuple[str, list[Any]]] = field(default_factory=list)
    seconds: float = 0.0


def failed(size: int, kind: str, reason: str, details: str = "", seconds: float = 0.0) -> Outcome:
    """The outcome of a reward that scored none of the completions it was given."""
    return Outcome([None] * size, [reason] * size, {kind: details or reason}, seconds=seconds)


def not_passed_on(name: str, batch: Batch, error: BaseException) -> Outcome:
    """The outcome of a reward that logged what one process cannot tell another."""
    reason = f"{name}: what it logged cannot be passed on: {_words_of(error)}"
    return failed(len(batch.completions), f"{name}: logged", reason)


def pickled(item: object, batches: Iterable[Batch]) -> bytes:
    """What is made of the batches, as bytes for another process.

    Tensors go by value: multiprocessing's own pickling would share their memory, with its own children only.

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
            f"the column '{name}' cannot be passed on to the rewards: {_words_of(error)}",
            where="data",
            fix="leave the column out of the dataset, or have it hold text, numbers, lists or images",
        ) from error


def call_reward(
    name: str,
    function: RewardFunction,
    parameters: Mapping[str, Any],
    batch: Batch,
    finish: Callable[[Awaitable[Any]], Any],
) -> Outcome:
    """Calls a reward. Whatever it raises or returns ends as an outcome.

    Args:
        name: for messages.
        function: the reward.
        parameters: its parameters.
        batch: what it is given.
        finish: waits for what a coroutine function returns.
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
        wanted = inspect.signature(function).parameters
        passed = {key: value for key, value in offered.items() if _is_for(key, wanted)}
        result = function(completions=batch.completions, **{**passed, **parameters})
        if inspect.isawaitable(result):
            result = finish(result)
        returned = list(result)
        if len(returned) != size:
            raise ValueError(f"returned {len(returned)} values for {size} completions")
    except BaseException as error:  # a reward's own code may raise anything; all of it is a fault
        if isinstance(error, KeyboardInterrupt) and threading.current_thread() is threading.main_thread():
            raise  # Ctrl-C comes to the main thread alone
        kind = f"{name}: {type(error).__name__}"
        seconds = time.perf_counter() - started
        return failed(size, kind, f"{kind}: {_words_of(error)}", traceback.format_exc(), seconds)
    seconds = time.perf_counter() - started
    values, faults = _read(name, returned)
    reports = {
        f"{name}: {type(item).__name__ if isinstance(item, Exception) else 'no score'}": fault
        for item, fault in zip(returned, faults, strict=True)
        if fault is not None
    }
    return Outcome(values, faults, reports, metrics, extras, seconds)


def _is_for(key: str, wanted: Mapping[str, inspect.Parameter]) -> bool:
    """Whether a column, or what TRL offers, is passed. A parameter with a default takes no column."""
    if key in ON_REQUEST or key not in wanted:
        return key in wanted or key not in ON_REQUEST
    one = wanted[key]
    return one.kind is not one.KEYWORD_ONLY or one.default is one.empty


def _words_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # a stranger's exception may not even have words
        return "no words"


def _read(name: str, returned: Sequence[Any]) -> tuple[list[float | None], list[str | None]]:
    """Each value as a finite float or None, and a fault for what is neither."""
    numbers = [_number(value) for value in returned]
    values = [number if number is not None and abs(number) <= _LARGEST else None for number in numbers]
    faults = [
        _fault(name, item) if item is not None and value is None else None
        for item, value in zip(returned, values, strict=True)
    ]
    return values, faults


def _fault(name: str, item: Any) -> str:
    """What is said of a value that is no score; an exception is a reward's way to say why there is none."""
    if isinstance(item, Exception):
        return f"{name}: {type(item).__name__}: {_words_of(item)}"
    return f"{name}: returned {item!r:.80}, which is no score"


def _number(value: Any) -> float | None:
    try:
        return None if value is None or isinstance(value, str | bytes) else float(value)
    except Exception:  # what a stranger's value raises when it is asked for a number
        return None


def as_handed_over(prompts: Sequence[Any], completions: Sequence[str]) -> list[Any]:
    """Completions as TRL hands them to rewards: chats for chats, strings for strings."""
    plain = isinstance(prompts[0], str)
    return [text if plain else [{"role": "assistant", "content": text}] for text in completions]
