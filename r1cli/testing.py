"""For a plugin's tests: checks that a reward, or a code provider, keeps the contract.

from r1cli.testing import check_reward

def test_the_contract():
    check_reward(brevity)
"""

import asyncio
import copy
import inspect
import math
import numbers
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from r1cli.errors import R1Error
from r1cli.execution.contract import check_code_provider
from r1cli.plugins.types import Reward, RewardFunction
from r1cli.raised import said
from r1cli.rewards.choice import needed_columns

__all__ = ["TIMED", "TOO_SLOW", "check_code_provider", "check_reward", "what_is_missing"]

#: Completions in the timed call, and the seconds above which the reward is too slow for training.
TIMED, TOO_SLOW = 64, 60.0

_TEXTS = (
    "<think>\n2 + 2 = 4\n</think>\n<answer>\n4\n</answer>",
    r"Step 1: add. The answer is $\boxed{4}$.",
    "",
    " \n\t ",
    "4",
    "<think>unclosed <answer></think> }{ \\frac{ $",
    "思考 二加二等于四。😀 ١٢٣ é\u0301 \u202e\u0000",
    "word " * 4000,
)
#: Values of columns without examples from the caller. A row may have no gold.
_EXAMPLES: dict[str, tuple[Any, ...]] = {"solution": ("4", r"$\frac{1}{2}$", "B", None)}


def check_reward(
    reward: Reward | RewardFunction, rows: Mapping[str, Sequence[Any]] | None = None, **parameters: Any
) -> float:
    """Checks a reward against the contract in docs/plugins.md, and lists all violations.

    Args:
        reward: a `Reward`, or its function.
        rows: example values by column, for columns that it needs; they are repeated as necessary.
            ``completions`` in it, as strings, are used in addition to r1's own.
        parameters: values for the reward's parameters, to override the defaults.

    Returns:
        The seconds that a call with 64 completions took.

    Raises:
        AssertionError: it breaks the contract.
        ValueError: it needs columns or parameters that are missing.
        R1Error: the reward itself raised it, to tell its user something.
    """
    reward = reward if isinstance(reward, Reward) else Reward(_name(reward), reward, summary="")
    missing = what_is_missing(reward, rows or {}, parameters)
    if missing:
        raise ValueError(f"reward '{reward.name}' cannot be checked without {', '.join(missing)}")
    check = _Check(reward, rows or {}, parameters)
    check.run()
    if check.broken:
        raise AssertionError(
            f"reward '{reward.name}' breaks the contract:\n" + "\n".join(f"- {line}" for line in check.broken)
        )
    return check.seconds


def what_is_missing(
    reward: Reward, rows: Mapping[str, Any] | None = None, parameters: Mapping[str, Any] | None = None
) -> list[str]:
    """The columns and parameters without which `check_reward` cannot call a reward."""
    known = {*_EXAMPLES, *(rows or {}), "prompts", "completion_ids"}
    columns = [f"the column '{name}'" for name in needed_columns(reward) if name not in known]
    defaults = reward.parameters().items()
    unset = [name for name, value in defaults if value is inspect.Parameter.empty]
    return columns + [f"the parameter '{name}'" for name in unset if name not in (parameters or {})]


def _name(function: Callable[..., Any]) -> str:
    return getattr(function, "__name__", type(function).__name__)


class _Check:
    """The check of one reward; ``broken`` lists what it does wrong."""

    def __init__(self, reward: Reward, rows: Mapping[str, Sequence[Any]], parameters: dict[str, Any]) -> None:
        self.function = reward.load()
        self.parameters = parameters
        self.texts = [*_TEXTS, *rows.get("completions", ())]
        self.columns = {**_EXAMPLES, **{name: rows[name] for name in rows if name != "completions"}}
        self.named = inspect.signature(self.function).parameters
        self.takes_all = any(each.kind is each.VAR_KEYWORD for each in self.named.values())
        self.seconds = 0.0
        self.broken: list[str] = []

    def run(self) -> None:
        if not self.takes_all:
            self.broken.append("it takes no **kwargs, and every column of the dataset is passed to it")
        found = {
            kind: self._values(kind, texts, chats)
            for kind, texts, chats in (
                ("strings", self.texts, False),
                ("chats", self.texts, True),
                ("strings, again", self.texts, False),
                ("a single string", self.texts[:1], False),
            )
        }
        self._values("no completions at all", [], False)
        # A reward that is not deterministic cannot be expected to give the same values for chats.
        steady = found["strings"] == found["strings, again"]
        if steady and None not in (found["strings"], found["chats"]) and found["strings"] != found["chats"]:
            self.broken.append("strings and chats of the same text get different values")
        started = time.perf_counter()
        self._values(f"{TIMED} completions", [self.texts[i % len(self.texts)] for i in range(TIMED)], True)
        self.seconds = time.perf_counter() - started
        if self.seconds > TOO_SLOW:
            self.broken.append(f"{TIMED} completions take {self.seconds:.0f} s")

    def _values(self, kind: str, texts: Sequence[str], chats: bool) -> list[Any] | None:
        """The reward's values for these texts; None if they are not valid."""
        arguments = self._arguments(texts, chats)
        before = copy.deepcopy(arguments)
        try:
            values = self._call(arguments)
            complaints = list(_complaints(values, texts))
            if arguments != before:
                complaints.append("it modifies its arguments")
        except R1Error:
            raise
        except (Exception, SystemExit) as error:  # whatever third-party code raises is a violation
            culprit = self._culprit(texts, chats)
            self.broken.append(f"{kind}: it raised {said(error, self.function)}{culprit}")
            return None
        self.broken += [f"{kind}: {complaint}" for complaint in complaints]
        return None if complaints else list(values)

    def _culprit(self, texts: Sequence[str], chats: bool) -> str:
        """The first completion that makes it raise on its own."""
        for text in texts:
            try:
                self._call(self._arguments([text], chats))
            except (Exception, SystemExit):
                return f", for the completion {_short(text)}"
        return ""

    def _arguments(self, texts: Sequence[str], chats: bool) -> dict[str, Any]:
        number = len(texts)
        role, question = "assistant", "What is 2 + 2?"
        columns = {
            name: [values[i % len(values)] for i in range(number)] for name, values in self.columns.items()
        }
        given = {
            "prompts": [[{"role": "user", "content": question}] if chats else question] * number,
            "completion_ids": [list(range(len(text.split()))) for text in texts],
            "an_unknown_column": [None] * number,
            **columns,
            "completions": [[{"role": role, "content": text}] if chats else text for text in texts],
        }
        asked = {"trainer_state": None, "log_extra": _ignore, "log_metric": _ignore}
        given |= {name: value for name, value in asked.items() if name in self.named}
        return given if self.takes_all else {name: given[name] for name in given if name in self.named}

    def _call(self, arguments: dict[str, Any]) -> Any:
        with _within(TOO_SLOW):
            result = self.function(**{**arguments, **self.parameters})
            return asyncio.run(_await(result)) if inspect.isawaitable(result) else result


@contextmanager
def _within(seconds: float) -> Iterator[None]:
    """Interrupts code that takes longer, if possible: in the main thread.

    Raises:
        TimeoutError: it took longer.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def late(*_: object) -> None:
        raise TimeoutError(f"no answer within {seconds:g} s")

    handler = signal.signal(signal.SIGALRM, late)
    # The tests' own time limit may use the same timer.
    left, _ = signal.setitimer(signal.ITIMER_REAL, seconds)
    started = time.monotonic()
    try:
        yield
    finally:
        elapsed = time.monotonic() - started
        signal.setitimer(signal.ITIMER_REAL, max(left - elapsed, 0.001) if left else 0)
        signal.signal(signal.SIGALRM, handler)


async def _await(result: Any) -> Any:
    return await result


def _ignore(name: str, values: Any) -> None:
    """Replaces TRL's ``log_extra`` and ``log_metric``."""


def _complaints(values: Any, texts: Sequence[str]) -> Iterator[str]:
    """What is wrong with the values that a reward returned."""
    if isinstance(values, str) or not isinstance(values, Sequence):
        yield f"it returned a {type(values).__name__}, expected a list"
        return
    if len(values) != len(texts):
        yield f"it returned {len(values)} values for {len(texts)} completions"
        return
    for value, text in zip(values, texts, strict=True):
        if isinstance(value, Exception):
            yield f"it could not score the completion {_short(text)}: {type(value).__name__}: {value}"
            return
        if value is not None and not isinstance(value, numbers.Real):
            kind = type(value).__name__
            yield f"{value!r} for the completion {_short(text)} is a {kind}, expected a float or None"
            return
        if value is not None and not math.isfinite(value):
            yield f"{value} for the completion {_short(text)} is not a score; None means not applicable"
            return


def _short(text: str, length: int = 40) -> str:
    return repr(text if len(text) <= length else f"{text[:length]}...")
