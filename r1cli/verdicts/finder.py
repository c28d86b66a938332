"""Finds the answer in a completion: where it is, and by which rule.

The answer block; else the last box after the thoughts; else what is said to be the answer; else a last line
that is nothing but an answer. What the completion takes back or denies does not count, nor what it was cut
off in.
"""

import re

from r1cli.answers.kinds import Name, Node, Number, Relation, Unread, Words, is_assignment, is_name
from r1cli.answers.lettered import read_choice
from r1cli.answers.read import read
from r1cli.verdicts import phrases
from r1cli.verdicts.boxes import boxed, has_box
from r1cli.verdicts.denials import affirmed, is_taken_back, is_value
from r1cli.verdicts.json_answer import json_answer
from r1cli.verdicts.patterns import either
from r1cli.verdicts.prose import (
    DECORATION,
    NO_STOP,
    TAKEN_BACK,
    Answer,
    concluded,
    conclusion_end,
    is_prose,
    opening_end,
    said,
)
from r1cli.verdicts.sentences import calculated, label_end, value_in
from r1cli.verdicts.solutions import is_inequality
from r1cli.verdicts.thoughts import find_thoughts, without_tokens

__all__ = ["Answer", "find_answer", "find_in_solution"]

# A gold of more words, none of them a formula, is a solution; a last line of more is a sentence.
_FEW_WORDS = 3
_LONGEST_LINE = 200
_BOXED = re.compile(r"\\boxed\{[^{}]*\}")
_NUMBERS = re.compile(r"(?<![\w.,/])-?[¤$]?\d[\d,]*(?:\.\d+)?(?:\s+\d+/\d+|/\d+)?%?(?![\w/^'])")
_EXPLAINS = re.compile(
    r"[\s*#]*(?:explanation|because|since|reason|check|note|solution|work|steps?|解释|解析|因为|理由)",
    re.IGNORECASE,
)
_CHECKS = re.compile(rf"[\s*_#>]*(?:{either(phrases.CHECKS)})", re.IGNORECASE)
# Struck out in Markdown; in LaTeX the sign is a space.
_STRUCK = re.compile(r"(?<![^\s*_(>])~~(?=[^\s~\\])[^~\n]+?(?<=\S)~~(?![\w\\~])")
# The marks of a quote, of an item in bold, and of what follows from the lines before.
_LINE_BEGINS = re.compile(r"(?:>\s+)+|[-*+•]\s+(?=\*\*)|(?:=>|⇒|→|∴)\s*")
_YES_BECAUSE = re.compile(r"(yes|no|true|false)[,;.:]?\s+(?:because|since|as)\b", re.IGNORECASE)
# In a line: 12 + 17 = **29**; and not 2**3.
_BOLD = re.compile(r"(?<![\w)*])\*\*(?=\S)([^*\n]+?)(?<=\S)\*\*(?![\w(*])")
_FENCE = re.compile(r"(?:^|\n)```\w*\n(?P<line>[^\n`]+)\n```\s*\Z")
# Bounded, as each of many cues would look through all the rest.
_INTRODUCED = re.compile(
    r"(?:answer|result|solution)\s{0,30}(?:is|:|=)\s{0,30}"
    r"(\$[^$]{1,1000}\$|\\\(.{1,1000}?\\\)|\\\[.{1,1000}?\\\])",
    re.IGNORECASE | re.DOTALL,
)


_NOTHING = Answer("", 0, 0, "no rule applied")


def find_answer(completion: str, rule: str = "auto") -> Answer | None:
    """The answer in a completion.

    Args:
        completion: the text.
        rule: where to look, one of `terms.PLACES`; see `r1cli.answer_of`.

    Returns:
        The answer; None where there is none.
    """
    found = find(completion, rule)
    return found if found.text else None


def find(completion: str, rule: str = "auto") -> Answer:
    """As `find_answer`; but where nothing counts, an answer without text, whose rule says why."""
    found = _find(completion, rule)
    if found == _NOTHING and _STRUCK.search(completion) and _find(completion, rule, strikes=False).text:
        return Answer("", 0, 0, "struck out")
    return found


def _find(completion: str, rule: str, strikes: bool = True) -> Answer:
    thoughts = find_thoughts(completion)
    if thoughts is None and rule == "auto":
        return Answer("", 0, 0, "cut off in the thoughts")
    start = thoughts.end if thoughts else 0
    if rule == "auto":
        completion = completion[: thoughts.again if thoughts else None]
        if strikes:
            completion = _STRUCK.sub(lambda struck: " " * len(struck[0]), completion)
    completion = without_tokens(completion)
    block = None if rule == "boxed" else answer_block(completion, start)
    if block is not None:
        whole = Answer(completion[slice(*block)], *block, "answer block")
        if rule == "block":
            return whole
        is_off = rule == "auto" and is_taken_back(completion[block[1] + len("</answer>") :])
        return Answer("", *block, TAKEN_BACK) if is_off else _inside(completion, *block)
    if rule == "block":
        return _NOTHING
    if rule == "strict":
        return _strict(completion) or _NOTHING
    if rule == "auto" and (found := json_answer(completion, start)):
        return found
    found = boxed(completion, start)
    if found is None and rule == "auto":
        line = _last_line(completion, start) or concluded(completion, start, whole_line=True)
        found = _latest(said(completion, start), line)
    elif found and found.text:
        found = _replaced(completion, found)
    if found is None and start and thoughts and not completion[start:].strip():
        found = boxed(completion[: thoughts.close])
    if found is None and rule == "auto" and _concludes_if_stopped(completion, start):
        return Answer("", 0, 0, NO_STOP)
    return found or _NOTHING


def _concludes_if_stopped(completion: str, start: int) -> bool:
    """Whether a full stop is all that a last sentence lacks."""
    text = completion.rstrip() + "."
    return bool(concluded(text, start) or concluded(text, start, whole_line=True))


def answer_block(text: str, start: int) -> tuple[int, int] | None:
    """The inside of the last answer block after ``start``."""
    end = text.rfind("</answer>", start)
    opening = text.rfind("<answer>", start, max(end, start))
    return (opening + len("<answer>"), end) if opening >= 0 and end >= 0 else None


def _inside(completion: str, start: int, end: int) -> Answer:
    """The answer in an answer block: in a box there, said there, or all of it."""
    text = completion[start:end]
    if has_box(text):
        inner = boxed(text)
        whole = Answer(text.strip(), start, end, "answer block")
        return _moved(inner and _replaced(text, inner), start) or whole
    start += opening_end(text)
    text = affirmed(completion[start:end])
    end = start + len(text)
    is_answer = not isinstance(read(text.strip()), Unread | Words)
    found = None if is_answer else said(text)
    if not is_answer and not (found and found.text):
        found = _first_line(text) or _only_number(text)
    return _moved(found, start) or Answer(text.strip(), start, end, "answer block")


def _moved(found: Answer | None, by: int) -> Answer | None:
    """What was found in an answer block, at its place in the completion."""
    if found is None:
        return None
    rule = "answer block" if found.text else found.rule
    return Answer(found.text, by + found.start, by + found.end, rule)


def _replaced(text: str, box: Answer) -> Answer:
    """The answer in a box, unless a later conclusion or last line gives another one of its sort."""
    line = _last_line(text, box.end) if "\n" in text[box.end :].rstrip() else None
    line = line if line and is_value(read(line.text)) else None
    later = concluded(text, box.end) or line
    is_another = later is not None and _final_sort(read(later.text)) == _final_sort(read(box.text)) != ""
    return later if later and is_another else box


def _final_sort(node: Node) -> str:
    """As `_sort`; whatever equals a number is a value."""
    if isinstance(node, Relation) and set(node.operators) == {"eq"} and isinstance(node.sides[-1], Number):
        return "value"
    return _sort(node)


def _latest(conclusion: Answer | None, line: Answer | None) -> Answer | None:
    """What is said to be the answer, unless a later line is nothing but another one."""
    if conclusion is None or line is None or line.start < conclusion.end:
        return conclusion or line
    before, behind = read(conclusion.text), read(line.text)
    is_another = isinstance(before, Unread) or (_sort(before) == _sort(behind) != "")
    return line if is_another else conclusion


def _sort(node: Node) -> str:
    """What can be said only once: a value, a condition, a letter, yes or no; else an empty text."""
    match node:
        case Words():
            return "yes or no" if node.text in phrases.YES_NO else ""
        case Name():
            return "letter"
        case Relation():
            if isinstance(node.sides[0], Words):
                return ""
            if is_assignment(node):
                return "value"
            return "condition" if is_inequality(node) and any(map(is_name, node.sides)) else ""
    return "value"


def _last_line(text: str, start: int) -> Answer | None:
    """A last line that is nothing but an answer."""
    end = len(text.rstrip())
    begin = max(text.rfind("\n", start, end) + 1, start)
    if text.endswith(("\\]", "$$"), begin, end):
        opening = max(text.rfind("\\[", start, end), text.rfind("$$", start, max(end - 2, start)))
        begin = opening if opening >= start else begin
    if fence := _FENCE.search(text, start):
        begin, end = fence.span("line")
    elif mark := _LINE_BEGINS.match(text, begin, end):
        begin = mark.end()
    line = _BOLD.sub(r"\1", DECORATION.sub("", text[begin:end]).strip()).strip("* ")
    line = line[conclusion_end(line) :]
    line = line[label_end(line) :].strip("* ")
    if not line or len(line) > _LONGEST_LINE or line.endswith("?") or _CHECKS.match(line):
        return None
    if isinstance(read(line), Unread) and (span := calculated(line)):
        line = line[slice(*span)]
    if reason := _YES_BECAUSE.match(line):
        line = reason[1]
    node = read(line)
    if isinstance(node, Words) and (span := value_in(line, is_conclusion=False)):
        return Answer(line[slice(*span)], begin, end, "last line")  # "C is correct."
    # "It is known that x = 57" is a sentence, as its left side says.
    named = node.sides[0] if isinstance(node, Relation) else node
    # The last of several choices is none that was made.
    is_choice = read_choice(line) is not None and not _is_choice_before(text, start, begin)
    if (isinstance(node, Unread) and not is_choice) or is_prose(named, _FEW_WORDS):
        return None
    return Answer(line, begin, end, "last line")


def _is_choice_before(text: str, start: int, begin: int) -> bool:
    """Whether the line before a place begins with the letter of a choice, too."""
    return read_choice(text[start:begin].rstrip().rpartition("\n")[2].strip()) is not None


def _first_line(text: str) -> Answer | None:
    """Of several lines in an answer block, the first, if it is an answer, and the others explain it."""
    line, newline, rest = text.strip().partition("\n")
    if not newline or not _EXPLAINS.match(rest) or isinstance(read(line.strip()), Unread):
        return None
    at = text.index(line)
    return Answer(line.strip(), at, at + len(line), "answer block")


def _only_number(text: str) -> Answer | None:
    """The one value in a sentence of an answer block: "There are 73 residents."."""
    span = value_in(text, is_conclusion=True)
    return Answer(text[slice(*span)], *span, "answer block") if span else None


def _strict(completion: str) -> Answer | None:
    """open-r1's rule without an answer block: boxed, or LaTeX that is introduced as the answer."""
    found = boxed(completion)
    if found is not None:
        return found
    introduced = list(_INTRODUCED.finditer(completion))
    if not introduced:
        return None
    last = introduced[-1]
    return Answer(last[1], last.start(1), last.end(1), "said")


def find_in_solution(text: str, mode: str) -> str:
    """The answer in a gold: a bare answer, or a whole worked solution.

    Args:
        text: the gold.
        mode: ``auto``, ``latex``: boxed, after GSM8K's ``####``, said to be the answer, or all of it.
            ``number``: the last number outside of boxes. ``boxed``: the last box. ``text`` or ``solution``:
            as ``auto``, and else the last number.

    Returns:
        The answer; empty if there is no number or no box.
    """
    if mode == "number":
        return _last_number(_BOXED.sub("", text)) or ""
    found = boxed(text) if has_box(text) else None
    if found is not None and found.text:
        return found.text
    if mode == "boxed":
        return ""
    if "####" in text:
        return text.rpartition("####")[2].strip()
    is_solution = len(text.split()) > _FEW_WORDS and isinstance(read(text), Unread | Words)
    if is_solution and mode != "latex":
        found = said(text)
        if found is not None and found.text:
            return found.text
        if mode in ("text", "solution"):
            return _last_number(text) or text
    return text


def _last_number(text: str) -> str | None:
    numbers = _NUMBERS.findall(text)
    return numbers[-1] if numbers else None
