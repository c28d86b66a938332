"""Counts completions that could not be scored, and ends the run when there are too many."""

import sys
from collections.abc import Sequence
from typing import Any

from r1cli.errors import R1Error

#: The largest share of faults that a run goes on with.
SHARE = 0.05


class FaultWatch:
    """Remembers the last completions, and which of them met a fault.

    Args:
        share: the largest share of faults that a run goes on with.
        window: how many completions are looked back at; the last batch counts whole.
        minimum: nothing is decided before so many were scored.
    """

    def __init__(self, share: float = SHARE, window: int = 200, minimum: int = 50) -> None:
        self.share = share
        self.window = window
        self.minimum = minimum
        self.recent: list[str | None] = []
        self.scored = self.faulty = 0
        self._reported: set[str] = set()

    def report(self, kind: str, details: str) -> None:
        """Writes a fault's traceback to the log, once for each kind."""
        if kind not in self._reported:
            self._reported.add(kind)
            sys.stderr.write(f"reward fault, logged once: {kind}\n{details}\n")

    def count(self, faults: Sequence[str | None]) -> None:
        """Takes one entry per completion of all ranks: what went wrong, or None.

        Raises:
            R1Error: more than the share of the last completions met a fault.
        """
        self.scored += len(faults)
        self.faulty += sum(fault is not None for fault in faults)
        self.recent = [*self.recent, *faults][-max(self.window, len(faults)) :]
        found = [fault for fault in self.recent if fault is not None]
        if len(self.recent) >= self.minimum and len(found) > self.share * len(self.recent):
            raise _too_many(len(found), f"the last {len(self.recent)}", found[-1])

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint has to hold, so that a run that goes on from it counts on."""
        return {"recent": self.recent, "scored": self.scored, "faulty": self.faulty}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.recent, self.scored, self.faulty = state["recent"], state["scored"], state["faulty"]

    def conclude(self) -> None:
        """Called when a run has come to its end, however few completions it had.

        Raises:
            R1Error: not one of its completions could be scored.
        """
        if self.scored and self.faulty == self.scored:
            raise _too_many(self.faulty, f"all {self.scored}", str(self.recent[-1]))


def _too_many(faults: int, among: str, example: str) -> R1Error:
    return R1Error(
        f"{faults} of {among} completions could not be scored: {example}",
        where="rewards",
        fix="fix the reward; the log has the traceback, and the run resumes at its last checkpoint",
        exit_code=1,
    )
