"""Counts completions that could not be scored, and ends the run when there are too many."""

import sys
from collections.abc import Sequence
from typing import Any

from r1cli.config.groups.rewards import Rewards
from r1cli.errors import R1Error
from r1cli.scoring.call import is_not_judged


class FaultWatch:
    """Records which of the last completions had a fault.

    Args:
        share: the largest share of faults at which a run continues.
        window: number of last completions to count; the last batch always counts as a whole.
        minimum: number of scored completions before the share is checked.
    """

    def __init__(self, share: float = Rewards.max_fault_share, window: int = 200, minimum: int = 50) -> None:
        self.share = share
        self.window = window
        self.minimum = minimum
        self.recent: list[str | None] = []
        self.scored = self.faulty = 0
        self._reported: set[str] = set()

    def report(self, kind: str, details: str) -> None:
        """Writes a fault to the log, with the traceback if it has one, once for each kind."""
        if kind not in self._reported:
            self._reported.add(kind)
            sys.stderr.write(f"reward fault, logged once: {details}\n")

    def count(self, faults: Sequence[str | None]) -> None:
        """Adds one entry per completion of all ranks: the fault, or None. Those not judged do not count.

        Raises:
            R1Error: more than the share of the last completions had a fault.
        """
        faults = [fault for fault in faults if not is_not_judged(fault)]
        self.scored += len(faults)
        self.faulty += sum(fault is not None for fault in faults)
        self.recent = [*self.recent, *faults][-max(self.window, len(faults)) :]
        found = [fault for fault in self.recent if fault is not None]
        if len(self.recent) >= self.minimum and len(found) > self.share * len(self.recent):
            raise _too_many(len(found), f"the last {len(self.recent)}", found[-1])

    def state_dict(self) -> dict[str, Any]:
        """The state for a checkpoint, so that a resumed run continues to count."""
        return {"recent": self.recent, "scored": self.scored, "faulty": self.faulty}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.recent, self.scored, self.faulty = state["recent"], state["scored"], state["faulty"]

    def conclude(self) -> None:
        """Checks a run that has ended, even if it had few completions.

        Raises:
            R1Error: none of its completions could be scored.
        """
        if self.scored and self.faulty == self.scored:
            raise _too_many(self.faulty, f"all {self.scored}", str(self.recent[-1]))


def _too_many(faults: int, among: str, example: str) -> R1Error:
    return R1Error(
        f"{faults} of {among} completions could not be scored: {example}",
        where="rewards",
        fix="fix what the fault names (its traceback is above, or in the run's logs/), then resume the run "
        "or repeat the command",
        exit_code=1,
    )
