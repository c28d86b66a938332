"""What a verdict is asked by, and what comes back.

Apart from the finder and the judge, which take long to load: whoever checks settings needs only these.
"""

from collections.abc import Sequence
from dataclasses import dataclass

#: Where to look for the answer in a completion.
PLACES = ("auto", "strict", "boxed", "block")
#: How to read a gold.
MODES = ("auto", "latex", "number", "boxed", "text", "solution")


@dataclass(frozen=True)
class Rules:
    """Where experts differ; docs/verdicts.md says why each is as it is.

    Args:
        rounding: a decimal with at least this number of digits after its point may be rounded.
        interval_is_inequality: an inequality answers a gold that is an interval.
        tuple_is_vector: (1, 2) is the column vector of 1 and 2.
        ratio_is_fraction: 9:10 is 9/10.
        ignore_case: n is N.
    """

    rounding: int = 6
    interval_is_inequality: bool = False
    tuple_is_vector: bool = False
    ratio_is_fraction: bool = True
    ignore_case: bool = False


@dataclass(frozen=True)
class Judged:
    """``reason`` is as in `r1cli.explain`; ``gold`` and ``answer`` are what was read of each."""

    reason: str
    gold: tuple[str, ...] = ()
    answer: tuple[str, ...] = ()


class VerifierLost(RuntimeError):
    """Two workers in a row crashed on the same gold or answer, and not because of their limits.

    Args:
        what: the message.
        verdicts: the verdict of `r1cli.verify` on each pair, or a VerifierLost for a pair without one.
    """

    def __init__(self, what: str, verdicts: "Sequence[bool | VerifierLost | None]" = ()) -> None:
        super().__init__(what)
        self.verdicts = list(verdicts)
