"""Times of day."""

from fractions import Fraction

from r1cli.answers.kinds import Clock, Node, Number, Ratio


def as_clock(node: Node) -> Clock | None:
    """A ratio 3:30, or a number 10, as a time of day."""
    parts = node.parts if isinstance(node, Ratio) else (node,)
    values = [part.value for part in parts if isinstance(part, Number) and part.value.denominator == 1]
    if len(values) != len(parts) or len(parts) > 2:
        return None
    hour, minute = values[0], values[1] if len(values) == 2 else Fraction(0)
    if not (0 <= hour <= 24 and 0 <= minute < 60):
        return None
    return Clock(int(hour) % 12 * 60 + int(minute), "pm" if 12 < hour < 24 else "")


def same_time(one: Clock, other: Clock) -> bool:
    """Whether two times are the same; 3:30 is 3:30 pm too."""
    return one.minutes == other.minutes and ("" in (one.half, other.half) or one.half == other.half)
