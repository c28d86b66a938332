"""What the sentences of a completion say to be the answer."""

import re
from dataclasses import dataclass

from r1cli.answers.kinds import (
    Apply,
    Name,
    Node,
    Number,
    Power,
    Product,
    Quantity,
    Relation,
    Sum,
    Unread,
    Words,
)
from r1cli.answers.read import read
from r1cli.verdicts import phrases


@dataclass(frozen=True)
class Answer:
    """An answer as written, where it stands in the completion, and the rule that found it.

    ``rule`` is "answer block", "box", "said" or "last line".
    """

    text: str
    start: int
    end: int
    rule: str


def either(words: tuple[str, ...]) -> str:
    """A pattern of one of the words, the longest first; whole words, in scripts that part them."""
    return "|".join(
        re.escape(word).replace(r"\ ", r"\s+") + (r"(?![^\W\d_])" if "a" <= word[-1] < "\u2e80" else "")
        for word in sorted(words, key=len, reverse=True)
    )


# The beginning of a word, in scripts that part them.
_BEGINS = "(?<![A-Za-zÀ-ÿА-яё])"
# A conclusion stands at the end of a reply: no more of it is looked at, nor of a sentence, nor what follows.
_END, _REACH, _LONGEST, _FOLLOWING, _BEFORE = 4_000, 500, 400, 2_000, 100
# An answer in words has few of them.
_MOST_WORDS = 6
# Bounded, as several of them may stand side by side.
_MARK = r"[*_`\s]{0,30}"
_CUE = re.compile(
    rf"(?:(?<![A-Za-z])|(?<=[\u3040-\u9fff]))(?:{either(phrases.ANSWER)})(?![A-Za-z]){_MARK}"
    rf"(?:(?:to|of|for|in|的)\s*(?:the\s+)?(?:problem|question|equation|task|this|题|\w+){_MARK})?"
    rf"(?:{_MARK}(?:{either(phrases.SAYS)})(?![A-Za-z]){_MARK}(?:[:：=]\s*)?"
    rf"|[:：=]+\s*|\n+\s*(?=\\\[|\$)|(?={either(phrases.NOT)}))",
    re.IGNORECASE,
)
#: What says at the beginning of a block or a box that the answer follows.
OPENING = re.compile(
    rf"\s*(?:(?:{either(phrases.SO)})(?![A-Za-z])[,:：，]?\s*)?"
    rf"(?:(?:{either(phrases.BEFORE)})(?![A-Za-z])\s*)*(?:{_CUE.pattern}|(?<=[,:，：])\s+)?",
    re.IGNORECASE,
)
_HASHES = re.compile(r"####[ \t]*")
_CONCLUSION = re.compile(
    rf"^[#>*\s]*(?P<back>(?:(?:{either((*phrases.BACK_ALONE, *phrases.NO))})\s*[,.!:：、，—-]\s*)+)?"
    rf"(?P<so>(?:{either(phrases.SO)})(?![A-Za-z])[,:：，]?\s*)?(?P<it>(?:{either(phrases.IT_IS)})\s*)?",
    re.IGNORECASE,
)
_SAYS = re.compile(rf"(?<![A-Za-z])(?:{either(phrases.SAYS)}|=)(?![A-Za-z])\s*")
_DENIED = re.compile(
    rf"^\W*(?:{either(phrases.NOT)})(?![A-Za-z])"
    r"|^\W*(?:less|more|greater|at least|at most|between|unknown|unclear|undetermined)\b",
    re.IGNORECASE,
)
#: Right before an answer: it is none.
DENIES = re.compile(
    rf"(?:{_BEGINS}(?:{either(phrases.DENY)})|n['’]t|\\neq?)"
    r"[\s$:*\\(\[]*(?:equal\s+to\s*|be\s*)?[\s$:*\\(\[]*$",
    re.IGNORECASE,
)
# Behind an answer: it holds for some cases only, or is not the end.
_CONDITION = re.compile(r"[,;]?\s*(?:if|when|but|while|unless|whereas)\b[^.!?\n]*\d", re.IGNORECASE)
# In the clause before a cue: what it says is denied, or asked.
_DOUBTED = re.compile(
    rf"{_BEGINS}(?:{either(phrases.DOUBT)})|n['’]t\b|不"
    r"|(?:is|was|once|check)\s+(?:that\s+|the\s+|my\s+)*$"
)
_FALSE_THAT = re.compile(
    rf"{_BEGINS}(?:{either(phrases.FALSE)}),?\s+(?:{either(phrases.THAT)})", re.IGNORECASE
)
_CLAUSE = re.compile(
    rf"[.!?。！？;；:\n]|[,，](?!\s*(?:{either(phrases.THAT)}))"
    r"|\b(?:so|but|therefore|thus|hence|then)\b"
)
# Where an answer in a sentence may end. A run of spaces is taken as a whole, or up to its last line break.
_STOP = re.compile(
    r"""
    \s*+ (?:
        [.!?。！] (?= \s | $ | ["'*)_] )
      | [.] (?= (?-i:[A-Z\u4e00-\u9fff]) )
      | [。！]
      | (?: [,，;] \s*+ )? \(? \b (?: because|since|as|where|which|(?:and[ ])?not|but|when|so|and[ ]so
          |rather|if|whose|for[ ]all|while|with ) \b (?! \s*\} )
      | , \s+ (?= (?:the|we|i|he|she|it|they|and|this|that|so) \b )
      | [，?？]
    )
    | \s*\n
    """,
    re.IGNORECASE | re.VERBOSE,
)
_NEXT_SENTENCE = re.compile(r"(?<=[.!?。])\s+(?=[A-ZÀ-ÞА-Я\\$\u4e00-\u9fff])|(?<=。)(?=\S)")
_SENTENCE_END = re.compile(r"[.!。！$\])}*]$")
_FINAL_MARKS = re.compile(r"[.。!！*_\s]+$")
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
# "not 58 but 57", "not 58. It is 57": up to the place where 57 begins.
_INSTEAD = re.compile(
    rf"\W*(?:{either(phrases.NOT)})\s*(?P<denied>(?:[^.!?\n]|\.(?=\d)){{1,60}}?)"
    rf"(?:(?:[,，;]\s*|\s)(?:{either(phrases.INSTEAD)})|[.。]\s*(?:{either(phrases.IT_IS)}))[\s,:*]*",
    re.IGNORECASE,
)
_TEXT_OPENING = re.compile(r"\s*\\(?:text|textbf|textrm|mathrm|mbox)\s*\{([^{}]+)\}\s*")


def said(text: str, start: int = 0) -> Answer | None:
    """What is said to be the answer, last: "the answer is", "Answer:", "####", or a last sentence with "so".

    Args:
        text: a completion, or a part of one.
        start: where to begin.

    Returns:
        The answer; an empty one if it is taken back; None if nothing is said to be it.
    """
    begin = max(start, len(text) - _END)
    found = _last_said(text, begin)
    if found is None:
        return _concluded(text, begin)
    if is_taken_back(text[found.end :]):
        return _concluded(text, found.end) or Answer("", found.start, found.end, "said")
    return found


def last_line(text: str, start: int) -> Answer | None:
    """What a last line says in a sentence of its own: "It is 57.", "So it's 57."."""
    return _concluded(text, start, whole_line=True)


def corrected(text: str, start: int) -> Answer | None:
    """What is said to be the answer behind a box: "..., but the correct answer is 58"; None if nothing is."""
    found = _last_said(text, max(start, len(text) - _END))
    return found if found is not None and not isinstance(read(found.text), Unread | Words) else None


def _last_said(text: str, begin: int) -> Answer | None:
    cues = [*_CUE.finditer(text, begin), *_HASHES.finditer(text, begin)]
    for cue in sorted(cues, key=lambda cue: cue.end(), reverse=True):
        if not _is_doubted(text, cue.start()) and (found := _phrase(text, cue.end())):
            return found
    return None


def is_taken_back(behind: str) -> bool:
    """Whether what follows an answer takes it back."""
    is_asked = False
    for clause in _CLAUSE_END.split(behind[:_FOLLOWING].casefold()):
        plain = clause.strip(" $*_)]}\\.、，。")
        if any(word in plain for word in phrases.BACK_ANYWHERE):
            return True
        is_reply = is_asked and _NO.match(plain)
        if not is_reply and (_BACK_ALONE.match(plain) or plain.startswith(phrases.BACK_FIRST)):
            return True
        is_asked = clause.rstrip().endswith(("?", "？"))
    return False


def affirmed(text: str) -> str:
    """An answer without another one that it denies: 57 of "57, not 58"."""
    found = _AND_NOT.search(text) if len(text) <= _LONGEST else None
    if not found:
        return text
    before, other = read(text[: found.start()].strip()), read(found["other"].strip())
    is_other = before != other and _is_value(before) and _is_value(other)
    return text[: found.start()] if is_other else text


def _is_value(node: Node) -> bool:
    """Whether it is one value, a letter, yes or no; of a set, "not 0" is a part."""
    if isinstance(node, Words):
        return node.text in phrases.YES_NO
    if isinstance(node, Name):
        return not node.name.startswith("mathbb")
    return isinstance(node, Number | Quantity | Sum | Product | Power | Apply)


def opening_end(text: str) -> int:
    """The place behind what says at the beginning of a block or a box that the answer follows."""
    group = _TEXT_OPENING.match(text)
    opened = group if group and OPENING.fullmatch(group[1]) else OPENING.match(text)
    return opened.end() if opened and text[opened.end() :].strip() else 0


def is_prose(node: Node, words: int) -> bool:
    """Whether more words were read than a limit."""
    return isinstance(node, Words) and len(node.text.split()) > words


def _is_doubted(text: str, at: int) -> bool:
    """Whether the words before a cue deny what it says, or ask."""
    before = _CLAUSE.split(text[max(0, at - _BEFORE) : at].casefold())[-1]
    return _DOUBTED.search(before) is not None


def _phrase(text: str, at: int) -> Answer | None:
    """The answer that begins at a place: as much of the sentence as is one."""
    while at < len(text) and text[at] in " \t\n*_:：`":
        at += 1
    for opening, closing in (("$$", "$$"), ("\\[", "\\]")):
        end = text.find(closing, at + 2, at + _REACH + 1) if text.startswith(opening, at) else -1
        if end > 0:
            return Answer(text[at + 2 : end].strip(), at, end + 2, "said")
    if _DENIED.match(text[at : at + 20]):
        instead = _INSTEAD.match(text, at)
        return _phrase(text, instead.end()) if instead and _is_value(read(instead["denied"])) else None
    ends = _ends(text, at)
    for end, mark in ends:
        if mark in ("?", "？"):
            return None
        part = affirmed(text[at:end].strip().rstrip("*_` "))
        if not part or len(part) > _LONGEST:
            continue
        node = read(part)
        if not isinstance(node, Unread) and not is_prose(node, _MOST_WORDS):
            if _CONDITION.match(text, end, at + _REACH):
                break
            return Answer(part, at, end, "said")
    # What is said cannot be read: it is the answer all the same.
    end = next((end for end, mark in ends if mark in (".", "。", "\n", "")), len(text))
    part = text[at:end].strip()
    return Answer(part, at, end, "said") if part and len(part) <= _LONGEST else None


def _ends(text: str, at: int) -> list[tuple[int, str]]:
    """The places where an answer may end, with the sign there; the whole sentence first, then less of it.

    What stands in braces or between dollars is kept together: "3, 5 and 7" comes before "3".
    """
    limit = min(len(text), at + _REACH)
    ends = []
    for stop in _STOP.finditer(text, at, limit):
        if _is_open(text[at : stop.start()]):
            continue
        mark = stop[0].strip()[:1] or "\n"
        ends.append((stop.start(), mark))
        if mark in (".", "。", "!", "！", "?", "？") or "\n" in stop[0]:
            break
    else:
        ends.append((limit, ""))
    return ends[::-1]


def _is_open(text: str) -> bool:
    """Whether braces or mathematics are not closed."""
    braces = text.count("{") > text.count("}") or text.count("\\(") > text.count("\\)")
    return braces or text.replace("\\$", "").count("$") % 2 > 0


def _concluded(text: str, start: int, *, whole_line: bool = False) -> Answer | None:
    """A last sentence that draws the conclusion: "Therefore, $x = 42$.", "Hence the probability is 1/2."."""
    sentence, begin = _last_sentence(text, start)
    if len(sentence) > _LONGEST or not _SENTENCE_END.search(sentence):
        return None  # cut off, or a question
    opened = _CONCLUSION.match(sentence)
    is_line = begin == start or text[begin - 1] == "\n"
    if not opened or not (opened["back"] or opened["so"] or (opened["it"] and is_line)):
        return None
    if whole_line and not (opened["it"] and is_line):
        return None
    rest, at = sentence[opened.end() :], begin + opened.end()
    # "It is clear that ..." says less than "So it is clear that ...".
    for says in (None, *(_SAYS.finditer(rest) if opened["so"] else ())):
        place = says.end() if says else 0
        plain = _FINAL_MARKS.sub("", rest[place:])
        if not plain or _DENIED.match(plain) or (says and _is_false(rest[: says.start()])):
            continue
        node = read(plain)
        # Whatever is "known that x" is not the name of a value.
        is_label = not opened["so"] and isinstance(node, Relation) and isinstance(node.sides[0], Words)
        if not is_label and not isinstance(node, Unread | Words):
            return Answer(plain, at + place, at + place + len(plain), "said")
    return None


def _is_false(before: str) -> bool:
    """Whether the words before a value deny it."""
    return DENIES.search(before) is not None or _FALSE_THAT.search(before) is not None


def _last_sentence(text: str, start: int) -> tuple[str, int]:
    """The last sentence of the last line, and where it begins."""
    end = len(text.rstrip())
    begin = max(text.rfind("\n", start, end) + 1, start)
    for found in _NEXT_SENTENCE.finditer(text, start, end):
        begin = max(begin, found.end())
    return text[begin:end], begin
