"""Several ranks score together: the completions of one prompt may be spread over more than one rank."""

import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from r1cli.errors import R1Error
from r1cli.scoring.call import Batch, Outcome, pickled

_Part = TypeVar("_Part")


@dataclass(frozen=True)
class Ranks:
    """This rank's index, and how it communicates with the others.

    ``gather`` concatenates the lists of all ranks, in their order, on every rank; all ranks must call it at
    the same time.
    """

    index: int = 0
    count: int = 1
    gather: Callable[[list[Any]], list[Any]] = list

    def share(self, work: Callable[[], _Part]) -> list[_Part]:
        """The result of the work on each rank. All ranks must call it at the same time.

        If a rank ended alone, the others would wait for it.

        Raises:
            R1Error: the work raised it on some rank; all ranks raise the error of the first such rank.
        """
        mine: _Part | R1Error
        try:
            mine = work()
        except R1Error as error:
            mine = error
        parts = self.gather([mine])
        for part in parts:
            if isinstance(part, R1Error):
                raise part
        return parts


def whole_groups(batch: Batch, ranks: Ranks) -> tuple[Batch, slice]:
    """A rank's batch, extended to whole groups at both ends, and the slice of it with the rank's rows.

    The trainer distributes rows to the ranks in order, and the completions of a prompt are consecutive, so
    only the first and the last group of a rank can continue on another one.

    Raises:
        R1Error: a column cannot be sent to other ranks.
    """
    if ranks.count == 1:
        return batch, slice(0, len(batch.completions))
    parts: list[Batch] = [pickle.loads(part) for part in ranks.share(lambda: pickled(batch, [batch]))]
    first = sum(len(part.completions) for part in parts[: ranks.index])
    end = first + len(batch.completions)
    start, stop = _widen([prompt for part in parts for prompt in part.columns["prompts"]], first, end)
    columns = {
        # TRL's state is not a column.
        name: [row for part in parts for row in part.columns[name]][start:stop]
        if _is_column(value)
        else value
        for name, value in batch.columns.items()
    }
    completions = [row for part in parts for row in part.completions][start:stop]
    return Batch(completions, columns), slice(first - start, end - start)


def _widen(prompts: Sequence[Any], start: int, stop: int) -> tuple[int, int]:
    """Extends the range to the neighbouring rows with the same prompts as its ends."""
    while 0 < start < stop and prompts[start - 1] == prompts[start]:
        start -= 1
    while start < stop < len(prompts) and prompts[stop - 1] == prompts[stop]:
        stop += 1
    return start, stop


def _is_column(value: Any) -> bool:
    return isinstance(value, Sequence)


def own_rows(outcome: Outcome, own: slice) -> Outcome:
    """The part of an outcome about a rank's own rows."""
    extras = [(column, values[own]) for column, values in outcome.extras]
    return replace(outcome, values=outcome.values[own], faults=outcome.faults[own], extras=extras)
