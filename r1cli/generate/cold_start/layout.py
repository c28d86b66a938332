"""The formats of completions: thoughts, and after them the answer."""

from r1cli.generate.output_rows import parts_of
from r1cli.generate.schema import SPECIAL_TOKEN

_MARK = "|special_token|"


def split(completion: str) -> tuple[str, str] | None:
    """The thoughts and the answer of a completion, without their marks; None if it does not have both."""
    thoughts, answer = parts_of(completion)
    return (thoughts, answer) if thoughts and answer else None


def joined(thoughts: str, answer: str, format: str | None) -> str:
    """A completion of thoughts and an answer: in r1's tags, or with the special token of the R1 paper."""
    if format == SPECIAL_TOKEN:
        return f"{_MARK}{thoughts}{_MARK}{answer}"
    return f"<think>\n{thoughts}\n</think>\n<answer>\n{answer}\n</answer>"
