"""The values that parameters of the rewards may have; each function raises a ValueError that says so."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from r1_rewards.rubrics import RUBRICS
from r1cli import verify

# Names of XML elements, as far as anybody uses them for tags.
_TAG = re.compile(r"[A-Za-z_][\w.-]*")


def mathematics(*, mode: str, answer: str, **others: Any) -> None:
    # Without an answer to judge, verify only looks at its settings.
    verify([], [], mode=mode, answer=answer)


def accuracy(*, rounding: int, **others: Any) -> None:
    mathematics(**others)
    _at_least("rounding", rounding, 0)


def cosine(*, max_len: int, unit: str, **others: Any) -> None:
    mathematics(**others)
    _above("max_len", max_len, 0)
    lengths(unit=unit)


def length(*, scope: str, unit: str, **others: Any) -> None:
    mathematics(**others)
    _one_of("scope", scope, ("group", "batch"))
    lengths(unit=unit)


def lengths(*, unit: str) -> None:
    _one_of("unit", unit, ("characters", "tokens"))


def format_reward(*, tags: Sequence[str], syntax: str, **others: Any) -> None:
    _one_of("syntax", syntax, ("tags", "json"))
    if not tags or len({*tags}) < len(tags):
        raise ValueError(f"tags must be one or more different names, not '{','.join(map(str, tags))}'")
    wrong = [tag for tag in tags if not _TAG.fullmatch(str(tag))]
    if wrong:
        raise ValueError(f"tags must be names such as think, without brackets, not '{wrong[0]}'")


def reasoning_steps(*, pattern: str, steps: int) -> None:
    try:
        found = re.compile(pattern, re.MULTILINE).search("")
    except re.error as error:
        raise ValueError(f"pattern must be a regular expression, not '{pattern}': {error}") from None
    if found:
        raise ValueError(f"pattern must not match an empty text, as '{pattern}' does")
    _at_least("steps", steps, 1)


def repetition_penalty(*, ngram_size: int, max_penalty: float, language: str) -> None:
    _at_least("ngram_size", ngram_size, 1)
    if max_penalty > 0:
        raise ValueError(f"max_penalty must be 0 or below, not {max_penalty}")
    _one_of("language", language, ("en", "zh"))


def soft_overlong_punishment(*, max_completion_len: int, soft_punish_cache: int) -> None:
    if not 0 <= soft_punish_cache <= max_completion_len:
        raise ValueError(
            f"soft_punish_cache ({soft_punish_cache}) must be between 0 and max_completion_len "
            f"({max_completion_len})"
        )


def language_consistency(*, detector: str, part: str) -> None:
    _one_of("detector", detector, ("script", "word"))
    _one_of("part", part, ("thoughts", "answer"))


def rouge_l(*, beta: float) -> None:
    _at_least("beta", beta, 0)


def reward_model(*, batch_size: int, max_length: int, activation: str, **others: Any) -> None:
    _at_least("batch_size", batch_size, 1)
    _at_least("max_length", max_length, 1)
    _one_of("activation", activation, ("none", "sigmoid"))


def judge(
    *, rubric: str, temperature: float, timeout: float, retries: int, concurrency: int, **others: Any
) -> None:
    # A single word can only be meant as a name.
    if rubric not in RUBRICS and re.fullmatch(r"[\w-]*", rubric, re.ASCII):
        raise ValueError(f"there is no rubric '{rubric}': use {', '.join(RUBRICS)}, or write the text of one")
    if "@" in str(others.get("base_url", "")):
        raise ValueError("base_url contains a user or a password: name the key's variable with api_key_env")
    _at_least("temperature", temperature, 0)
    _above("timeout", timeout, 0)
    _at_least("retries", retries, 0)
    _at_least("concurrency", concurrency, 1)


def code(
    *, time_limit: float, memory_limit: int, tolerance: float, test_batch_size: int = -1, **others: Any
) -> None:
    _above("time_limit", time_limit, 0)
    _at_least("memory_limit", memory_limit, 1)
    _at_least("tolerance", tolerance, 0)
    _batch("test_batch_size", test_batch_size)


def code_format(*, default_language: str) -> None:
    if not re.fullmatch(r"[\w+#.-]+", default_language):
        raise ValueError(f"default_language must be the name of a language, not '{default_language}'")


def cf_code(
    *, scoring_mode: str, test_batch_size: int, tests_folder: str, testlib: str, **others: Any
) -> None:
    _one_of("scoring_mode", scoring_mode, ("pass_fail", "partial", "weighted_sum"))
    _batch("test_batch_size", test_batch_size)
    named = tests_folder or os.environ.get("CF_TESTS_FOLDER", "")
    if named and not Path(named).expanduser().is_dir():
        source = "" if tests_folder else ", which CF_TESTS_FOLDER names"
        raise ValueError(f"tests_folder must be a folder, and '{named}'{source} is not one")
    if testlib and not Path(testlib).expanduser().is_file():
        raise ValueError(f"testlib must be the file testlib.h, and '{testlib}' is not a file")


def ioi_code(*, test_batch_size: int, tests: str, **others: Any) -> None:
    _batch("test_batch_size", test_batch_size)
    if not tests.strip():
        raise ValueError("tests must be a dataset or a folder, not ''")


def lcb_code(*, time_limit: float, memory_limit: int, test_batch_size: int) -> None:
    code(time_limit=time_limit, memory_limit=memory_limit, tolerance=0, test_batch_size=test_batch_size)


def _batch(name: str, value: int) -> None:
    if value < 1 and value != -1:
        raise ValueError(f"{name} must be 1 or more, or -1 for all, not {value}")


def _at_least(name: str, value: float, least: float) -> None:
    if value < least:
        raise ValueError(f"{name} must be {least} or more, not {value}")


def _above(name: str, value: float, bound: float) -> None:
    if value <= bound:
        raise ValueError(f"{name} must be above {bound}, not {value}")


def _one_of(name: str, value: str, choices: Sequence[str]) -> None:
    if value not in choices:
        raise ValueError(f"{name} must be {' or '.join(map(repr, choices))}, not '{value}'")
