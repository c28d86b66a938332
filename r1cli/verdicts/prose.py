"""What the sentences of a completion say to be the answer."""

import re
from dataclasses import dataclass

from r1cli.answers.kinds import Node, Quantity, Relation, Unread, Words
from r1cli.answers.read import read
from r1cli.verdicts import phrases
from r1cli.verdicts.denials import (
    DENIED_HERE,
    INSTEAD,
    affirmed,
    is_doubted,
    is_false,
    is_refused,
    is_taken_back,
    is_value,
)
from r1cli.verdicts.patterns import either
from r1cli.verdicts.sentences import turns, value_in


@dataclass(frozen=True)
class Answer:
    """An answer as written, where it is in the completion, and the rule that found it.

    ``rule`` is "answer block", "box", "said" or "last line". If nothing counts, ``text`` is empty, and
    ``rule`` says why.
    """

    text: str
    start: int
    end: int
    rule: str


#: Why nothing counts.
TAKEN_BACK, DENIED, CUT_OFF, PART = "taken back", "denied", "cut off", "a part of something else"
NO_STOP = f"{CUT_OFF}: the last sentence does not end with a full stop"
# A conclusion is at the end of a reply: no more of it is looked at, nor of a sentence.
_END, _REACH, _LONGEST, _BEFORE = 4_000, 500, 400, 100
# An answer in words has few of them.
_MOST_WORDS = 6
# Bounded, as several of them may be side by side.
_MARK = r"[*_`\s]{0,30}"
_THEN = rf"(?:[,，]?\s*(?:{either(phrases.THEN)})[,，]?\s*)?"
# "The answer, after simplification, is".
_ASIDE_BEFORE = rf"(?:,\s(?!(?:{either(phrases.IF)})|when|not|never)[^,.\n]{{3,40}},)?"
_CUE = re.compile(
    rf"(?:(?:(?<![A-Za-z])|(?<=[\u3040-\u9fff]))(?:{either(phrases.ANSWER)}){_MARK}"
    rf"(?:(?:to|of|for|in|的)\s*(?:the\s+)?(?:problem|question|equation|task|this|题|\w+){_MARK})?{_THEN}"
    rf"(?:{_ASIDE_BEFORE}{_MARK}(?:{either(phrases.SAYS)}){_MARK}{_THEN}(?:[:：=]\s*)?"
    rf"|(?:[:：=→⇒]|->|=>)+\s*|\n+\s*(?=\\\[|\$)|(?={either(phrases.NOT)}))"
    rf"|\b(?:{either(phrases.SO)})\s+(?:{either(phrases.IS_THE)})\s+(?:{either(phrases.ANSWER)})\s*[:：]?\s*"
    rf"|\b(?:{either(phrases.CHOOSE)})\s+(?:(?:option|choice|answer)\s+)?(?=[*(]*(?-i:[A-J])[*)]*\s*(?:[.!,\n]|$))"
    r"|选择?项?\s*[:：]?\s*(?=\(?[A-H](?![A-Za-z])))",
    re.IGNORECASE,
)
_ANEW = re.compile(
    rf"(?<![A-Za-z])(?:{either(phrases.ANEW)}|(?P<asks>{either(phrases.ASKS)}))\s*[:：]?\s*", re.IGNORECASE
)
# At the beginning of a block or a box, before a cue.
_BEFORE_CUE = re.compile(
    rf"\s*(?:(?:{either(phrases.SO)})(?![A-Za-z])[,:：，]?\s*)?"
    rf"(?:(?:{either(phrases.BEFORE)})(?![A-Za-z])\s*)*",
    re.IGNORECASE,
)
_SPACE_BEHIND_COMMA = re.compile(r"(?<=[,:，：])\s+")
_HASHES = re.compile(r"####[ \t]*")
_CONCLUSION = re.compile(
    rf"^[#>*\s]*(?P<back>(?:(?:{either((*phrases.BACK_ALONE, *phrases.NO))})\s*[,.!:：、，—-]\s*)+)?"
    rf"(?P<so>(?:{either(phrases.SO)})(?![A-Za-z])[,:：，]?\s*|(?:since|because|as)\s[^,.\n]{{3,80}},\s+)?(?P<it>(?:{either(phrases.IT_IS)})\s*)?",
    re.IGNORECASE,
)
_SAYS = re.compile(rf"(?<![A-Za-z])(?:{either(phrases.SAYS)}|=)\s*")
# After an answer: it holds for some cases only, or is not the end.
_CONDITION = re.compile(
    rf"[,;，；]?\s*(?:(?:{either(phrases.IF)})|(?:when|but|while|whereas)\b[^.!?\n]*\d)", re.IGNORECASE
)
_EXPLAINED = re.compile(r"\b(?:because|since|which|where|while)\b", re.IGNORECASE)
# "3/5 of the total, that is 12": what follows is the answer.
_SHARE = re.compile(r"(?:frac|\d/\d|%).*\bof\b")
_NUMBER_FOLLOWS = re.compile(r"[^.!?\n]*\d")
# Signs of joy, and an aside of a known shape: "36 (4 boxes of 9)".
DECORATION = re.compile(r"(?:[\s*_`]*[✅✔✓☑🎉🎊👍🙂😊💯🏆⭐✨\ufe0f])+\s*$")
_ASIDE = re.compile(r"\s*\(((?:approximately|approx\.?|about|roughly|≈)[^()]*|\d+(?: [^\s()]+){2,})\)$")
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
_TEXT_OPENING = re.compile(r"\s*\\(?:text|textbf|textrm|mathrm|mbox)\s*\{([^{}]+)\}\s*")


def said(text: str, start: int = 0) -> Answer | None:
    """What is said to be the answer, last: "the answer is", "Answer:", "####", or a last sentence with "so".

    Args:
        text: a completion, or a part of one.
        start: where to begin.

    Returns:
        The answer; an empty one, whose rule says why, if it is taken back; None if nothing is said to be it.
    """
    begin = max(start, len(text) - _END)
    found = _last_said(text, begin)
    if found is None:
        return concluded(text, begin)
    if is_taken_back(text[found.end :]):
        return concluded(text, found.end) or Answer("", found.start, found.end, TAKEN_BACK)
    return found


def corrected(text: str, start: int) -> Answer | None:
    """What is said to be the answer after a box: "..., but the correct answer is 58"; None if nothing is."""
    begin = max(start, len(text) - _END)
    found = _last_said(text, begin)
    if found is not None and not isinstance(read(found.text), Unread | Words):
        return found
    for cue in _ANEW.finditer(text, begin):
        found = _phrase(text, cue.end())
        node = read(found.text) if found else None
        if isinstance(node, Relation) or (node and not cue["asks"] and is_value(node)):
            return found
    return None


def _last_said(text: str, begin: int) -> Answer | None:
    cues = [*_CUE.finditer(text, begin), *_HASHES.finditer(text, begin)]
    for cue in sorted(cues, key=lambda cue: cue.end(), reverse=True):
        before = text[max(0, cue.start() - _BEFORE) : cue.start()]
        if not is_doubted(before) and (found := _phrase(text, cue.end())):
            return found
    return None


def conclusion_end(line: str) -> int:
    """The place after the word that draws a conclusion: "Therefore, x = 36"."""
    found = _CONCLUSION.match(line)
    return found.end("so") if found and found["so"] and not found["back"] else 0


def opening_end(text: str) -> int:
    """The place after what says at the beginning of a block or a box that the answer follows."""
    group = _TEXT_OPENING.match(text)
    is_opening = group is not None and _opened(group[1]) == len(group[1])
    end = group.end() if group and is_opening else _opened(text)
    return end if text[end:].strip() else 0


def _opened(text: str) -> int:
    """The place after the words that a text opens with: "So the final answer is"."""
    before = _BEFORE_CUE.match(text)
    end = before.end() if before else 0
    cue = _CUE.match(text, end) or _SPACE_BEHIND_COMMA.match(text, end)
    return cue.end() if cue else end


def is_prose(node: Node, words: int) -> bool:
    """Whether more words were read than a limit."""
    return isinstance(node, Words) and len(node.text.split()) > words


def _phrase(text: str, at: int) -> Answer | None:
    """The answer that begins at a place: as much of the sentence as is one."""
    while at < len(text) and text[at] in " \t\n*_:：`":
        at += 1
    for opening, closing in (("$$", "$$"), ("\\[", "\\]")):
        end = text.find(closing, at + 2, at + _REACH + 1) if text.startswith(opening, at) else -1
        if end > 0:
            return Answer(text[at + 2 : end].strip(), at, end + 2, "said")
    if DENIED_HERE.match(text[at : at + 20]):
        instead = INSTEAD.match(text, at)
        return _phrase(text, instead.end()) if instead and is_value(read(instead["denied"])) else None
    ends = _ends(text, at)
    for end, mark in ends:
        if mark in ("?", "？"):
            return None
        plain = _without_aside(DECORATION.sub("", text[at:end].strip()).rstrip("*_` "))
        part = affirmed(plain)
        if not part or len(part) > _LONGEST:
            continue
        node = read(part)
        if isinstance(node, Words) and _EXPLAINED.search(part):
            continue  # "B because the others fail": a shorter part says it
        if _SHARE.search(part) and _NUMBER_FOLLOWS.match(text, end, at + _REACH):
            continue
        if not isinstance(node, Unread) and not is_prose(node, _MOST_WORDS):
            if _CONDITION.match(text, end, at + _REACH):
                break
            if part.casefold().endswith(phrases.DENIES_AT_END) or _is_refused_there(text, end, plain == part):
                return None
            return Answer(part, at, end, "said")
    # What is said cannot be read: it is the answer all the same.
    end = next((end for end, mark in ends if mark in (".", "。", "\n", "")), len(text))
    part = text[at:end].strip()
    if shaped := _shaped(part, text.find(part, at), is_conclusion=True):
        return shaped
    return Answer(part, at, end, "said") if part and len(part) <= _LONGEST else None


def _without_aside(text: str) -> str:
    """Without what a parenthesis says of how it was calculated: "36 (4 boxes of 9)"."""
    aside = _ASIDE.search(text)
    is_calculation = aside is not None and (not aside[1][0].isdecimal() or not turns(aside[1]))
    return text[: aside.start()] if aside and is_calculation else text


def _is_refused_there(text: str, end: int, is_whole: bool) -> bool:
    """Whether the rest of the line refuses what ends there; not if that has just denied another answer."""
    return is_whole and is_refused(text[end : end + 60].partition("\n")[0])


def _shaped(sentence: str, at: int, *, is_conclusion: bool, is_last: bool = False) -> Answer | None:
    """The value in a sentence of a known shape, which begins at a place."""
    span = value_in(sentence, is_conclusion=is_conclusion, is_last=is_last)
    return Answer(sentence[slice(*span)], at + span[0], at + span[1], "said") if span else None


def _ends(text: str, at: int) -> list[tuple[int, str]]:
    """The places where an answer may end, with the sign there; the whole sentence first, then less of it.

    What is in braces or between dollars is kept together: "3, 5 and 7" comes before "3".
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


def concluded(text: str, start: int, *, whole_line: bool = False) -> Answer | None:
    """A last sentence that draws the conclusion: "Therefore, $x = 42$.", "Hence the probability is 1/2.".

    Args:
        text: a completion, or a part of one.
        start: where to begin.
        whole_line: the sentence must be a separate line, as "It is 57." or "So it's 57.".
    """
    sentence, begin = _last_sentence(text, start)
    if len(sentence) > _LONGEST or not _SENTENCE_END.search(sentence):
        return None  # cut off, or a question
    opened = _CONCLUSION.match(sentence)
    is_line = begin == start or text[begin - 1] == "\n"
    is_known = opened is not None and (opened["back"] or opened["so"] or (opened["it"] and is_line))
    if whole_line and not is_line:
        return None
    if not opened or not is_known or (whole_line and not opened["it"]):
        return _shaped(sentence, begin, is_conclusion=False, is_last=whole_line)
    rest, at = sentence[opened.end() :], begin + opened.end()
    # "It is clear that ..." says less than "So it is clear that ...".
    for says in (None, *(_SAYS.finditer(rest) if opened["so"] else ())):
        place = says.end() if says else 0
        plain = _FINAL_MARKS.sub("", rest[place:])
        place += len(plain) - len(plain := plain.lstrip("*_ "))
        if not plain or DENIED_HERE.match(plain) or (says and is_false(rest[: says.start()])):
            continue
        node = read(plain)
        # Whatever is "known that x" is not the name of a value.
        is_label = not opened["so"] and isinstance(node, Relation) and isinstance(node.sides[0], Words)
        is_turned = isinstance(node, Quantity) and turns(plain)
        if not is_label and not is_turned and not isinstance(node, Unread | Words):
            return Answer(plain, at + place, at + place + len(plain), "said")
    return _shaped(rest, at, is_conclusion=bool(opened["so"]))


def _last_sentence(text: str, start: int) -> tuple[str, int]:
    """The last sentence of the last line, and where it begins."""
    end = len(text.rstrip())
    begin = max(text.rfind("\n", start, end) + 1, start)
    for found in _NEXT_SENTENCE.finditer(text, start, end):
        begin = max(begin, found.end())
    return text[begin:end], begin
