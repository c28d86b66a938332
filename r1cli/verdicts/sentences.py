"""The one value in a sentence of a known shape: "Therefore, Tom has 36 marbles."."""

import re

from r1cli.answers.kinds import Relation, Unread, Words
from r1cli.answers.read import read
from r1cli.verdicts import phrases
from r1cli.verdicts.patterns import either

_LONGEST = 200
# In bold, between dollars, or plain.
_VALUE = re.compile(
    r"\*\*(?P<bold>[^*\n]+)\*\*|(?P<formula>\$[^$\n]+\$|\\\([^\n]+?\\\))"
    r"|(?P<plain>[-−]?(?:\\?\$|[€£¥])?\d[\d,]*(?:\.\d+)?(?:\s+\d+/\d+|/\d+)?(?:\\?%)?)(?![\w/^'])"
)
_ADJECTIVE = rf"(?:(?:{either(phrases.WHICH)})\s+)*"
_NOUN = rf"{_ADJECTIVE}(?:{either(phrases.VALUES)})"
# "of marbles", "of the first 10 numbers": no word in it may deny or compare.
_OF = (
    r"(?:\s+(?:of|for|in|that|which|to)\s"
    rf"(?P<of>(?:(?!\b(?:is|was|equals|{either(phrases.TURNS)})\b|n['’]t)[^.!?,;:\n]){{1,80}}?))?"
)
_SUBJECT = re.compile(
    rf"\s*(?:there\s+(?:is|are|was|were|will\s+be)\s+"
    rf"|(?:(?:{either(phrases.WHO)})|(?-i:[A-Z][a-z]+)(?:\s+and\s+(?-i:[A-Z][a-z]+))?)\s+"
    rf"(?:(?:will|must|now|still|then|also|can)\s+)*(?:{either(phrases.DOES)})\s+"
    rf"|(?:(?:the|her|his|their|its|our|your|my|(?-i:[A-Z][a-z]+)['’]s)\s+)?{_NOUN}{_OF}"
    r"(?:\s*[:：]\s*|\s+(?:is|was|are|will\s+be|must\s+be|equals|comes\s+to)\s+))"
    r"(?:(?:now|exactly|just|therefore|thus|also|equal\s+to)\s+)*"
    rf"(?:a\s+{_ADJECTIVE}(?:total|profit|sum|amount)\s+of\s+)?",
    re.IGNORECASE,
)
# A word that may be what is counted: up to three of them, or "cups of flour"; and what may stand at the end.
_THING = rf"\s+(?!(?:{either((*phrases.TURNS, *phrases.LINKS))})|(?:{either(phrases.ENDINGS)}))[A-Za-z]+"
# "in April and May", "for the party": where and when, without a number or a word that changes the value.
_CHANGE = rf"\b(?!(?-i:May\b))(?:{either((*phrases.TURNS, 'each', 'every', 'per'))})"
_WHERE = rf"(?:\s+(?:{either(phrases.WHERE)})(?:(?!{_CHANGE})[^.!?,;:\d\n]){{1,60}}?)?"
_COUNTED = re.compile(
    rf"(?P<noun>(?:{_THING}){{0,3}}?(?:(?<=\w)\s+of(?:{_THING}))?)"
    rf"(?:\s+(?:{either(phrases.ENDINGS)}))*{_WHERE}[\s.!*]*$",
    re.IGNORECASE,
)
# "72 clips were sold", "36 marbles remain".
_HAPPENED = re.compile(
    rf"(?P<noun>(?:{_THING}){{1,3}}?)\s+(?:(?:are|were|is|was|will\s+be){_THING}|remain|remained)"
    rf"(?:\s+(?:{either(phrases.ENDINGS)}))*{_WHERE}[\s.!*]*$",
    re.IGNORECASE,
)
_TURNS = re.compile(rf"\b(?:{either((*phrases.TURNS, 'each', 'every'))})", re.IGNORECASE)
_REVERSED = re.compile(
    rf"\s+(?:is|was)\s+(?:the|our)\s+(?:(?P<answer>{_ADJECTIVE}(?:{either(phrases.ANSWER)}))"
    rf"|{_NOUN}{_OF})[\s.!*]*$",
    re.IGNORECASE,
)
_TRUTH = re.compile(
    r"\s*(?:the|this)\s+(?:given\s+)?(?:statement|claim|assertion|proposition|conjecture)\s+is"
    r"[\s*:]+(?P<value>true|false)[\s.!*]*$",
    re.IGNORECASE,
)
_OPTION = re.compile(
    r"\s*(?:option|choice|answer)\s+\**\(?(?P<value>[A-J])\)?\**\s+is\s+(?:the\s+)?(?:correct|right|best)"
    r"(?:\s+(?:answer|option|choice|one))?[\s.!*]*$",
    re.IGNORECASE,
)
_NAME = r"(?-i:[A-ZÀ-ÞА-Я][^\W\d_]+)"
# "Tom a 36 billes", "hat Tom 36 Murmeln", and the same in Russian.
_ELSEWHERE = re.compile(
    rf"\s*(?:(?:{_NAME}|il|elle|er|sie|él|ella|он|она)\s+)?(?:{either(phrases.HAS_ELSEWHERE)})\s+(?:{_NAME}\s+)?"
    rf"|\s*у\s+(?:{_NAME}|него|неё|нее)\s+(?:(?:{either(phrases.HAS_ELSEWHERE)})\s+)?",
    re.IGNORECASE,
)
_COUNTED_ELSEWHERE = re.compile(
    rf"(?P<noun>(?:\s+[^\W\d_]+)?)(?:\s+(?:{either(phrases.ENDINGS_ELSEWHERE)}))?[\s.!*]*$", re.IGNORECASE
)
# "Total profit: $70,000", a line by itself.
_LABEL = re.compile(rf"(?:{_NOUN}|final)\s*[:：]\s*", re.IGNORECASE)
_CHINESE = re.compile(
    r"\s*[\u4e00-\u9fff\s]{0,8}?(?:有|剩下?|需要|得到|赚了|花了|用了|得了|卖了|买了|走了)\s*"
    r"(?P<value>\**\$?\d[\d,.]*(?:/\d+)?\$?\**)\s*(?P<unit>[\u4e00-\u9fff]{0,6})[\s。.！!*]*$"
)
_BAD_BEFORE = re.compile(f"[{phrases.CHINESE_TURNS}不没未非无否若如果假错除少多超负每第只各]")
_COUNTED_CHINESE = re.compile(rf"(?:[{phrases.CHINESE_COUNTERS}](?:[^{phrases.CHINESE_TURNS}]{{0,5}}))?")


def value_in(sentence: str, *, is_conclusion: bool) -> tuple[int, int] | None:
    """Where the one value of a sentence stands, if the whole of it has one of the known shapes.

    Args:
        sentence: the sentence, without a word that draws the conclusion.
        is_conclusion: whether there was one; else only shapes that name the answer are known.
    """
    if len(sentence) > _LONGEST or "?" in sentence:
        return None
    for shape in (_TRUTH, _OPTION):
        if found := shape.match(sentence):
            return found.span("value")
    start = len(sentence) - len(sentence.lstrip())
    if (value := _VALUE.match(sentence, start)) and (tail := _REVERSED.match(sentence, value.end())):
        return _readable(sentence, *_span(value)) if is_conclusion or tail["answer"] else None
    if not is_conclusion:
        return None
    return _counted(sentence) or _counted_elsewhere(sentence) or _counted_in_chinese(sentence)


def label_end(line: str) -> int:
    """The place behind the name of a value that a line begins with: "Total:"."""
    found = _LABEL.match(line)
    return found.end() if found else 0


def turns(text: str) -> bool:
    """Whether a word in it changes what is counted: "36 in each box", "36 years younger"."""
    return _TURNS.search(text) is not None


def _counted(sentence: str) -> tuple[int, int] | None:
    """In English: "Tom has 36 marbles left", "the profit is $18"."""
    subject = _SUBJECT.match(sentence)
    place = subject.end() if subject else len(sentence) - len(sentence.lstrip())
    value = _VALUE.match(sentence, place)
    tail = value and (_COUNTED if subject else _HAPPENED).match(sentence, value.end())
    if not value or not tail:
        return _calculation(sentence, place) if subject else None
    start, end = _span(value)
    if not value["plain"]:
        return _readable(sentence, start, end)
    if "/" in value["plain"] and _readable(thing := f"3{tail['noun']}", 0, len(thing)):
        return _readable(sentence, start, end)  # "1 1/2 cups": what is counted is read behind a plain number
    return _readable(sentence, start, tail.end("noun"))


def _calculation(sentence: str, start: int) -> tuple[int, int] | None:
    """In "the total is 48 + 24 = 72", the calculation."""
    end = len(sentence.rstrip(" .!*"))
    node = read(sentence[start:end])
    is_one = isinstance(node, Relation) and {*node.operators} == {"eq"} and not _TURNS.search(sentence, start)
    return (start, end) if is_one else None


def _counted_elsewhere(sentence: str) -> tuple[int, int] | None:
    """In other languages: "Tom a 36 billes"."""
    subject = _ELSEWHERE.match(sentence)
    value = subject and _VALUE.match(sentence, subject.end())
    tail = value and _COUNTED_ELSEWHERE.match(sentence, value.end())
    if not value or not tail:
        return None
    start, end = _span(value)
    return _readable(sentence, start, tail.end("noun") if value["plain"] else end)


def _counted_in_chinese(sentence: str) -> tuple[int, int] | None:
    found = _CHINESE.match(sentence)
    if not found or _BAD_BEFORE.search(sentence[: found.start("value")]):
        return None
    if not _COUNTED_CHINESE.fullmatch(found["unit"]):
        return None
    start, end = found.start("value"), found.end("value")
    start += len(found["value"]) - len(found["value"].lstrip("*"))
    end -= len(found["value"]) - len(found["value"].rstrip("*"))
    with_unit = _readable(sentence, start, found.end("unit")) if end == found.end("value") else None
    return with_unit or _readable(sentence, start, end)


def _span(value: re.Match[str]) -> tuple[int, int]:
    """Where a value stands, without marks of bold."""
    return value.span(value.lastgroup or 0)


def _readable(text: str, start: int, end: int) -> tuple[int, int] | None:
    return None if isinstance(read(text[start:end]), Unread | Words) else (start, end)
