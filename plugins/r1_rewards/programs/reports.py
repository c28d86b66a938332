"""What a code reward logs beside its scores."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from r1_rewards.completions import LogExtra
from r1_rewards.programs.cases import RefusedRow

_Row = TypeVar("_Row")
_Key = TypeVar("_Key", bound=Hashable)
_Read = TypeVar("_Read")

#: A score, None where a row has no tests, or why there is no score.
Score = float | None | Exception


@dataclass(frozen=True)
class Report:
    """The score of a completion, and why it has that one."""

    score: Score
    verdict: str


def refused(error: RefusedRow | ValueError) -> Report:
    """The report of a row whose tests cannot be used."""
    return Report(RefusedRow(str(error)), f"refused: {error}")


@dataclass(frozen=True)
class Log:
    """Logs the reports of one call of a reward."""

    reward: str
    log_extra: LogExtra | None

    def finish(self, reports: Sequence[Report]) -> list[Score]:
        """The scores, after the verdicts are logged."""
        if self.log_extra:
            self.log_extra(f"{self.reward}_verdict", [report.verdict for report in reports])
        return [report.score for report in reports]


async def read_each(keys: Sequence[_Key], read: Callable[[_Key], _Read]) -> list[_Read | RefusedRow]:
    """What is read for each key, or why it is refused; in threads, and what is alike once."""

    def read_or_refuse(key: _Key) -> _Read | RefusedRow:
        try:
            return read(key)
        except RefusedRow as error:
            return error

    distinct = list(dict.fromkeys(keys))
    found = await asyncio.gather(*(asyncio.to_thread(read_or_refuse, key) for key in distinct))
    by_key = dict(zip(distinct, found, strict=True))
    return [by_key[key] for key in keys]


async def once_each(
    rows: Sequence[_Row | Report],
    key: Callable[[_Row], Hashable],
    judge: Callable[[_Row], Coroutine[Any, Any, Report]],
) -> list[Report]:
    """The report of each row: rows without one are judged concurrently, and those alike once."""
    keys = [None if isinstance(row, Report) else key(row) for row in rows]
    distinct = {each: row for each, row in zip(keys, rows, strict=True) if not isinstance(row, Report)}
    found = dict(zip(distinct, await _together([judge(row) for row in distinct.values()]), strict=True))
    return [row if isinstance(row, Report) else found[each] for each, row in zip(keys, rows, strict=True)]


async def _together(coroutines: Sequence[Coroutine[Any, Any, Report]]) -> list[Report]:
    """What all return. When one raises an error, the others are stopped: their programs are of no use."""
    tasks = [asyncio.ensure_future(each) for each in coroutines]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
