"""Ranges of numbers, for keys that not every number fits."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Range:
    """From ``low`` to ``high``; ``open_low`` and ``open_high`` leave the end itself out."""

    low: float
    high: float = math.inf
    open_low: bool = False
    open_high: bool = False

    def __contains__(self, value: float) -> bool:
        above = value > self.low if self.open_low else value >= self.low
        below = value < self.high if self.open_high else value <= self.high
        return above and below

    def __str__(self) -> str:
        low = f"above {self.low:g}" if self.open_low else f"{self.low:g} or more"
        if self.high == math.inf:
            return low
        if not (self.open_low or self.open_high):
            return f"{self.low:g} to {self.high:g}"
        return f"{low} and {'below' if self.open_high else 'at most'} {self.high:g}"


ABOVE_ZERO = Range(0, open_low=True)
ZERO_OR_MORE = Range(0)
ONE_OR_MORE = Range(1)
SHARE = Range(0, 1)
PART = Range(0, 1, open_low=True)
BELOW_ONE = Range(0, 1, open_high=True)
PORT = Range(1, 65535)
