"""`r1cli.testing.check_reward`: what keeps the contract passes, and each breach is named."""

import math
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from r1cli import Reward, testing
from r1cli.testing import check_reward


def good(completions: list[Any], *, target: int = 200, **kwargs: Any) -> list[float | None]:
    return [min(1.0, target / max(len(text), 1)) if text.strip() else None for text in texts(completions)]


async def waiting(completions: list[Any], log_metric: Any, **kwargs: Any) -> list[float]:
    log_metric("seen", float(len(completions)))
    return [1.0] * len(completions)


def texts(completions: list[Any]) -> list[str]:
    return [each if isinstance(each, str) else each[-1]["content"] for each in completions]


@pytest.mark.parametrize("function", [good, waiting])
def test_a_good_reward_passes(function: Callable[..., Any]) -> None:
    assert 0.0 <= check_reward(function) < 5.0
    check_reward(Reward("mine", function, summary="Fine."))


def one_too_few(completions: list[Any], **kwargs: Any) -> list[float]:
    return [1.0] * max(0, len(completions) - 1)


def not_finite(completions: list[Any], **kwargs: Any) -> list[float]:
    return [math.nan if not text else 1.0 for text in texts(completions)]


def as_text(completions: list[Any], **kwargs: Any) -> list[str]:
    return ["1.0"] * len(completions)


def chats_only(completions: list[Any], **kwargs: Any) -> list[float]:
    return [float(len(completion[0]["content"])) for completion in completions]


def chats_by_length(completions: list[Any], **kwargs: Any) -> list[float]:
    return [float(len(completion)) for completion in completions]


def no_more_columns(completions: list[Any]) -> list[float]:
    return [0.0] * len(completions)


def not_when_empty(completions: list[Any], **kwargs: Any) -> list[float]:
    longest = max(len(text) for text in texts(completions))
    return [len(text) / max(longest, 1) for text in texts(completions)]


def strips(completions: list[Any], **kwargs: Any) -> list[float]:
    completions[:] = [""] * len(completions)
    return [0.0] * len(completions)


def latin_only(completions: list[Any], **kwargs: Any) -> list[float]:
    return [float(len(text.encode("latin-1"))) for text in texts(completions)]


def golds_are_text(completions: list[Any], solution: list[str], **kwargs: Any) -> list[float]:
    return [float(len(gold)) for gold in solution]


def quits(completions: list[Any], **kwargs: Any) -> list[float]:
    sys.exit(3)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (golds_are_text, "raised TypeError"),
        (golds_are_text, f"({__file__}:"),
        (quits, "strings: it raised SystemExit: 3"),
        (one_too_few, "values for 64 completions"),
        (not_finite, "nan for the completion '' is not a score"),
        (as_text, "'1.0' for the completion"),
        (chats_only, "strings: it raised TypeError"),
        (chats_by_length, "strings and chats of the same text get different values"),
        (no_more_columns, "takes no **kwargs"),
        (not_when_empty, "no completions at all: it raised ValueError"),
        (strips, "it modifies its arguments"),
        (latin_only, "for the completion '思考"),
    ],
)
def test_each_breach_is_named(function: Callable[..., Any], words: str) -> None:
    with pytest.raises(AssertionError) as caught:
        check_reward(function)
    assert words in str(caught.value)
    assert function.__name__ in str(caught.value)


def test_one_that_sleeps_is_woken(monkeypatch: pytest.MonkeyPatch) -> None:
    def sleeps(completions: list[Any], **kwargs: Any) -> list[float]:
        time.sleep(600)
        return [0.0] * len(completions)

    monkeypatch.setattr(testing, "TOO_SLOW", 0.1)
    with pytest.raises(AssertionError, match=r"no answer within 0\.1 s"):
        check_reward(sleeps)


def test_all_breaches_are_listed_at_once() -> None:
    def several(completions: list[Any]) -> list[float]:
        return [math.inf] * (len(completions) or 1)

    with pytest.raises(AssertionError) as caught:
        check_reward(several)
    assert str(caught.value).count("\n- ") > 3


def test_columns_and_parameters_that_are_needed_are_asked_for_and_used() -> None:
    seen = set()

    def fits(completions: list[Any], target: list[int], *, scale: float, **kwargs: Any) -> list[float]:
        seen.update(target)
        return [scale] * len(completions)

    with pytest.raises(ValueError, match="the column 'target', the parameter 'scale'"):
        check_reward(fits)
    check_reward(fits, {"target": [3, 4], "completions": ["my own"]}, scale=0.5)
    assert seen == {3, 4}
