"""The columns of the dataset in TRL's table of completions, so that it can be inspected and re-scored."""

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from r1cli.errors import R1Error
from r1cli.plugins.registry import find_reward
from r1cli.plugins.types import PASSED
from r1cli.scoring.scorer import ChosenReward

#: The reference answer as text, and JSON of all columns that the rewards read.
REFERENCE, COLUMNS = "solution", "columns"

# Characters of a value: tests of a program may be megabytes, which each of its completions would repeat.
_LONGEST = 16_384
# Passed to all rewards, and not a column of the table already.
_ADDED = "prefill"


def columns_read(rewards: Sequence[ChosenReward]) -> frozenset[str]:
    """The columns that rewards name, in their declaration or as an argument, and the reference answer."""
    found = {REFERENCE, _ADDED}
    for reward in rewards:
        function = reward.function
        with suppress(R1Error):
            if function is None:
                offered = find_reward(reward.name)
                found.update(offered.columns)
                function = offered.load()
            found.update(_arguments(function))
    return frozenset(found - (PASSED - {_ADDED}))


def record_columns(
    log_extra: Callable[[str, list[Any]], None],
    columns: Mapping[str, Sequence[Any]],
    names: frozenset[str],
    logged: frozenset[str],
) -> None:
    """Adds the dataset's columns to the table; values that are too long are left out.

    Args:
        log_extra: TRL's.
        columns: of a batch.
        names: those that the rewards read.
        logged: what the rewards have added themselves, which TRL would join with what is added here.
    """
    kept = {name: list(columns[name]) for name in sorted(names & columns.keys())}
    size = max(map(len, kept.values()), default=0)
    if not size:
        return
    rows = [{name: values[index] for name, values in kept.items()} for index in range(size)]
    short = [{name: value for name, value in row.items() if _is_short(value)} for row in rows]
    if COLUMNS not in logged:
        log_extra(COLUMNS, [_json(row) for row in short])
    if REFERENCE in kept and REFERENCE not in logged:
        log_extra(REFERENCE, [_text(row.get(REFERENCE)) for row in short])


def _arguments(function: Callable[..., Any]) -> list[str]:
    with suppress(ValueError, TypeError):
        return [
            name
            for name, parameter in inspect.signature(function).parameters.items()
            if parameter.kind is parameter.POSITIONAL_OR_KEYWORD
        ]
    return []


def _is_short(value: Any) -> bool:
    # Tests of a problem may be a text of a hundred megabytes: its JSON is not shorter.
    return not (isinstance(value, str) and len(value) > _LONGEST) and len(_json(value)) <= _LONGEST


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else _json(value)
