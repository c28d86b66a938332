"""Where the thoughts of a completion end, in the tags that models think in.

To add a model, add the marks that its thoughts begin and end with.
"""

import re
from dataclasses import dataclass

# What opens the thoughts, and what closes them; the marks of gpt-oss also without its special tokens.
_MARKS = (
    (r"<think>", r"</think>"),
    (r"<thinking>", r"</thinking>"),
    (r"<thoughts?>", r"</thoughts?>"),
    (r"<reasoning>", r"</reasoning>"),
    (r"<seed:think>", r"</seed:think>"),
    (r"\[THINK\]", r"\[/THINK\]"),
    (r"◁think▷", r"◁/think▷"),
    (r"<\|begin_of_thought\|>", r"<\|end_of_thought\|>"),
    (
        r"<\|channel\|>(?:analysis|commentary)",
        r"<\|channel\|>final[^<\n]*(?:<\|constrain\|>\w*)?<\|message\|>",
    ),
    (r"\Aanalysis(?-i:(?=[A-Z]))", r"assistantfinal"),
)
_OPENING = re.compile("|".join(opening for opening, _ in _MARKS), re.IGNORECASE)
_CLOSING = re.compile("|".join(closing for _, closing in _MARKS), re.IGNORECASE)
# Marks of the end of a turn, and others that are not part of a text: <|im_end|>.
_TOKEN = re.compile(r"<([|｜])[a-z▁_]{3,}\1>", re.IGNORECASE)


@dataclass(frozen=True)
class Thoughts:
    """Where the thoughts of a completion are.

    ``close`` is the place of the mark that ends them, and ``end`` that after it; both 0 where nothing ends.
    ``again`` is where later ones begin that never end, or the end of the completion.
    """

    close: int
    end: int
    again: int


def find_thoughts(completion: str) -> Thoughts | None:
    """Where the thoughts are; None if the completion was cut off in them."""
    closing = None
    for found in _CLOSING.finditer(completion):
        closing = found
    close, end = closing.span() if closing else (0, 0)
    opening = _OPENING.search(completion, end)
    if opening and not closing:
        return None
    return Thoughts(close, end, opening.start() if opening else len(completion))


def without_tokens(completion: str) -> str:
    """The completion with spaces in the place of special tokens."""
    return _TOKEN.sub(lambda token: " " * len(token[0]), completion)
