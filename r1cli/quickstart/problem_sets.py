"""What every quickstart's problems are: rows for SFT, for GRPO, and held out, no problem in two of them."""

from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True)
class Problems:
    """Rows of three disjoint sets.

    ``sft`` rows have ``prompt`` and ``completion``; the others ``prompt`` and what the rewards read.
    """

    sft: list[Row]
    grpo: list[Row]
    held_out: list[Row]


def traced(thoughts: str, answer: object) -> str:
    """A completion in DeepSeek-R1's format."""
    return f"<think>\n{thoughts}\n</think>\n<answer>\n{answer}\n</answer>"
