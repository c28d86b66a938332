"""What completions deny, and what they take back."""

import re

from r1cli.answers.kinds import Apply, Name, Node, Number, Power, Product, Quantity, Sum, Words
from r1cli.answers.read import read
from r1cli.verdicts import phrases
from r1cli.verdicts.patterns import BEGINS, either

# Nothing beyond is looked at: after an answer, in one, and before one.
_FOLLOWING, _LONGEST, _BEFORE = 2_000, 400, 100
#: At the beginning of what is said: it is denied, or none.
DENIED_HERE = re.compile(
    rf"^\W*(?:{either(phrases.NOT)})"
    r"|^\W*(?:less|more|greater|at least|at most|between|unknown|unclear|undetermined)\b"
    r"|^[\s*_`$]*(?:~|≈|\\approx)\s*\d",
    re.IGNORECASE,
)
#: Right before an answer: it is none.
DENIES = re.compile(
    rf"(?:{BEGINS}(?:{either(phrases.DENY)})|n['’]t|\\neq?)"
    r"[\s$:*\\(\[]*(?:equal\s+to\s*|be\s*)?[\s$:*\\(\[]*$",
    re.IGNORECASE,
)
# In the clause before a cue: what it says is denied, or asked.
_DOUBTED = re.compile(
    rf"{BEGINS}(?:{either(phrases.DOUBT)})|n['’]t\b|不"
    rf"|{BEGINS}(?:{either(phrases.OTHER)})\s*(?:\w+\s+)?$"
    r"|(?:is|was|once|check)\s+(?:that\s+|the\s+|my\s+)*$"
)
# Near the verb, or before "that".
_NEGATED = re.compile(
    rf"(?:{BEGINS}(?:{either(phrases.NEGATES)})|n['’]t\b)(?:\W+\w+){{0,2}}\W*(?:$|\bthat\b)"
    rf"|(?:{either(phrases.NEGATES_ANYWHERE)})(?!.*的)"
)
_NEGATES_NOTHING = re.compile(either(phrases.NEGATES_NOTHING))
# "The number that is not even": it says nothing about the rest.
_RELATIVE = re.compile(
    r"\b(?:that|which|who)\s+(?:(?:is|are|was|were|does|do|did|has|have|can|will)\s*)?"
    r"(?:not|never|cannot|n['’]t)\b.*"
)
_FALSE_THAT = re.compile(
    rf"{BEGINS}(?:{either(phrases.FALSE)}),?\s+(?:{either(phrases.THAT)})", re.IGNORECASE
)
_CLAUSE = re.compile(
    rf"[.!?。！？;；:\n]|[,，](?!\s*(?:{either(phrases.THAT)}))"
    r"|\b(?:so|but|therefore|thus|hence|then)\b"
)
_MISTAKEN = re.compile(rf"{BEGINS}(?:{either(phrases.MISTAKEN)})")
_LABELLED = re.compile(
    rf"(?:^|[.!?\n])[\s*_#>]*(?:{either(phrases.LABELS)})(?:\s+(?:{either(phrases.ANSWER)}))?"
    r"[\s*_]*[:：][\s*_$]*$"
)
_CHANGES = re.compile(rf"{BEGINS}(?:{either(phrases.CHANGES)})[\s*_$(\\]*(?:the\s*)?[$(\\]*$")
_CALLED_WRONG = re.compile(
    rf"(?:{either(phrases.IS)})\s[^.!?,;:\n]{{0,16}}?(?:{'|'.join(phrases.WRONG)})", re.IGNORECASE
)
_MARKS_BEHIND = re.compile(r"^[\s$\\()\[\]*.,?!:;–—-]+")
_STEP = re.compile(
    rf"\W*(?:{either(phrases.STEPS)})[\s,]*(?:(?:{either(phrases.WE)})\s+)*(?:{either(phrases.CALCULATE)})"
)
_CLAUSE_END = re.compile(r"(?<=[.!?。！？])\s+|\n+|[,;:—]\s+|(?<=[。！？、，])")
# By themselves, or before a correction; not: "Wait for feedback", "Actually this is well known".
_BACK_ALONE = re.compile(
    rf"(?:{either((*phrases.BACK_ALONE, *phrases.NO))})\W*"
    rf"(?:$|(?:{either(phrases.CORRECTS)})(?! (?:also|too)))"
)
_NO = re.compile(either(phrases.NO))
# "57, not 58", "57 (and not 58)".
_AND_NOT = re.compile(
    rf"(?<![.!?\s])[\s,，;(]+(?:{either(phrases.AND_NOT)})\s*(?P<other>[^()]+?|.+?)\)?[\s.]*$", re.IGNORECASE
)
#: "not 58 but 57", "not 58. It is 57": up to the place where 57 begins.
INSTEAD = re.compile(
    rf"\W*(?:{either(phrases.NOT)})\s*(?P<denied>(?:[^.!?\n]|\.(?=\d)){{1,60}}?)"
    rf"(?:(?:[,，;]\s*|\s)(?:{either(phrases.INSTEAD)})|[.。]\s*(?:{either(phrases.IT_IS)}))[\s,:*]*",
    re.IGNORECASE,
)


def is_taken_back(behind: str) -> bool:
    """Whether what follows an answer takes it back, or calculates with it."""
    behind = behind[:_FOLLOWING].casefold()
    if _STEP.match(behind):
        return True
    is_asked = False
    for clause in _CLAUSE_END.split(behind):
        plain = clause.strip(" $*_)]}\\.、，。")
        if any(word in plain for word in phrases.BACK_ANYWHERE):
            return True
        is_reply = is_asked and _NO.match(plain)
        if not is_reply and (_BACK_ALONE.match(plain) or plain.startswith(phrases.BACK_FIRST)):
            return True
        is_asked = clause.rstrip().endswith(("?", "？"))
    return False


def is_refused(behind: str) -> bool:
    """Whether the words right after an answer say that it is wrong."""
    behind = _MARKS_BEHIND.sub("", behind[:60]).casefold()
    return behind.startswith(phrases.REFUSED) or _CALLED_WRONG.match(behind) is not None


def is_mistaken(before: str) -> bool:
    """Whether the words before an answer, in its clause, say that it is wrong, or change it."""
    before = before[-_BEFORE:].casefold()
    clause = _CLAUSE.split(before)[-1]
    return bool(
        _MISTAKEN.search(clause)
        or _FALSE_THAT.search(clause)
        or _CHANGES.search(clause)
        or _LABELLED.search(before)
    )


def is_doubted(before: str) -> bool:
    """Whether the words before "the answer is" deny what it says, or ask."""
    return _DOUBTED.search(_CLAUSE.split(before[-_BEFORE:].casefold())[-1]) is not None


def is_false(before: str) -> bool:
    """Whether the words before the verb of a conclusion deny it."""
    clause = _CLAUSE.split(before.casefold())[-1]
    if DENIES.search(before) or _FALSE_THAT.search(before) or _MISTAKEN.search(clause):
        return True
    return _NEGATED.search(_RELATIVE.sub("", _NEGATES_NOTHING.sub("", clause))) is not None


def affirmed(text: str) -> str:
    """An answer without another one that it denies: 57 of "57, not 58"."""
    found = _AND_NOT.search(text) if len(text) <= _LONGEST else None
    if not found:
        return text
    before, other = read(text[: found.start()].strip()), read(found["other"].strip())
    is_other = before != other and is_value(before) and is_value(other)
    return text[: found.start()] if is_other else text


def is_value(node: Node) -> bool:
    """Whether it is one value, a letter, yes or no; of a set, "not 0" is a part."""
    if isinstance(node, Words):
        return node.text in phrases.YES_NO
    if isinstance(node, Name):
        return not node.name.startswith("mathbb")
    return isinstance(node, Number | Quantity | Sum | Product | Power | Apply)
