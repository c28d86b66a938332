"""The one value in a sentence of a known shape: "Therefore, Tom has 36 marbles."."""

import re

from r1cli.verdicts import phrases
from r1cli.verdicts.foreign import foreign_value
from r1cli.verdicts.patterns import either
from r1cli.verdicts.spans import VALUE, readable, span_of

_LONGEST = 200
_ADJECTIVE = rf"(?:(?:{either(phrases.WHICH)})\s+)*"
_NAMED = rf"{_ADJECTIVE}(?:{either(phrases.VALUES)})"
# "The total rent", "the number of marbles", "the sum of the first 10 numbers".
_NOUN = rf"(?:{_NAMED}|(?:total|final|net|overall|combined)(?P<what>(?:\s+[a-z]+){{1,2}}))"
_OF = r"(?:\s+(?:of|for|in|that|which|to)\s(?P<of>[^.!?,;:\n]{1,80}?))?"
_DOES = rf"(?:{either(phrases.DOES)})\s+(?:(?:him|her|them|us|me|you|it|the\s+[a-z]+)\s+)?"
_AMOUNT = (
    r"(?:(?:now|exactly|just|therefore|thus|also|equal\s+to)\s+)*"
    rf"(?:a\s+{_ADJECTIVE}(?:total|profit|sum|amount)\s+of\s+)?(?=[*$\\(€£¥−-]*\d|\*\*|[$\\])"
)
_OWNER = r"(?:the|her|his|their|its|our|your|my|(?-i:[A-Z][a-z]+)['’]s)"
_SUBJECT = re.compile(
    rf"\s*(?:there\s+(?:is|are|was|were|will\s+be)\s+"
    rf"|(?:(?:{either(phrases.WHO)})|(?-i:[A-Z][a-z]+)(?:\s+and\s+(?-i:[A-Z][a-z]+))?)\s+"
    rf"(?:(?:will|must|now|still|then|also|can|have)\s+)*{_DOES}"
    rf"|{_OWNER}\s+(?P<owned>[a-z]+(?:\s+[a-z]+)?)\s+{_DOES}"
    rf"|(?P<whoever>(?:[a-z'’-]+\s+){{1,6}}?)(?=a\s+(?:grand\s+)?total\s+of\s)"
    rf"|(?:{_OWNER}\s+)?{_NOUN}{_OF}"
    rf"(?:\s*[:：=]\s*|\s+(?:is|was|are|will\s+be|must\s+be|equals|comes\s+to)\s+)){_AMOUNT}",
    re.IGNORECASE,
)
# "Over four months, she pays": only after a word that draws the conclusion.
_ANY_SUBJECT = re.compile(rf"(?P<words>(?:[a-z'’-]+,?\s+){{0,10}}?){_DOES}{_AMOUNT}", re.IGNORECASE)
# What is counted: up to three words, or "cups of flour"; then what may be at the end: "in April and May".
_THING = r"\s+[A-Za-z]+"
_END = (
    rf"(?:\s+(?:{either(phrases.ENDINGS)}))*(?P<where>(?:\s+(?:{either(phrases.WHERE)})[^.!?,;:\d\n]{{1,60}}?)?)"
    rf"(?:\s+(?:over|after|in|within)(?:\s+\w+){{1,3}}?\s+(?:{either(phrases.TIMES)}))?[\s.!*]*$"
)
_COUNTED = re.compile(
    rf"(?P<noun>(?P<what>(?:{_THING}){{0,3}}?)(?:(?<=\w)\s+of(?P<more>{_THING}))?){_END}", re.IGNORECASE
)
# "72 clips were sold", "36 marbles remain".
_HAPPENED = re.compile(
    rf"(?P<noun>(?P<what>(?:{_THING}){{1,3}}?))"
    rf"\s+(?:(?:are|were|is|was|will\s+be)(?P<more>{_THING})|remain|remained){_END}",
    re.IGNORECASE,
)
_NEEDS = re.compile(r"\b(?:needs?|needed|requires?)\s+$", re.IGNORECASE)
_CALCULATED = re.compile(r"[\d$,.()+*×·÷/%xX\s−-]*\d[)\s]*=\s*(?![^.!?]*=)")
_REVERSED = re.compile(
    rf"\s+(?:is|was)\s+(?:the|our)\s+(?:(?P<answer>{_ADJECTIVE}(?:{either(phrases.ANSWER)}))"
    rf"|{_NAMED}{_OF})[\s.!*]*$",
    re.IGNORECASE,
)
_TRUTH = re.compile(
    r"\s*(?:the|this)\s+(?:given\s+)?(?:statement|claim|assertion|proposition|conjecture)\s+is"
    r"[\s*:]+(?P<value>true|false)[\s.!*]*$",
    re.IGNORECASE,
)
_OPTION = re.compile(
    r"\s*(?:(?:option|choice|answer)\s+)?\**\(?(?P<value>(?-i:[A-J]))\)?\**\s+is\s+(?:the\s+)?"
    r"(?:(?:correct|right|best)(?:\s+(?:answer|option|choice|one))?|answer)[\s.!*]*$",
    re.IGNORECASE,
)
# "Total profit: $70,000", a line by itself.
_LABEL = re.compile(rf"(?:{_NOUN}|final)\s*[:：=]\s*", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
# Words that deny, compare, or change what is counted; that conclude nothing; that are not counted.
_TURNS = frozenset((*phrases.TURNS, "each", "every", "per"))
_NO_VALUE = frozenset(("is", "was", "equals", *phrases.TURNS))
_NO_CONCLUSION = frozenset((*phrases.TURNS, "per")).union(
    phrases.PREMISES, phrases.OTHER, phrases.DOUBT, phrases.ANSWER
)
_NO_THING = frozenset((*phrases.TURNS, *phrases.LINKS, *phrases.ENDINGS))
_NO_PLACE = _TURNS.union(("first", "second", "next", "rest"))
# A month, and the beginning of a sentence: "Over four months".
_NAMES = frozenset(("May", "Over", "After"))


def value_in(sentence: str, *, is_conclusion: bool, is_last: bool = False) -> tuple[int, int] | None:
    """Where the one value of a sentence is, if the whole of it has one of the known shapes.

    Args:
        sentence: the sentence, without the word that draws the conclusion.
        is_conclusion: whether there was one; else only shapes that name the answer are known.
        is_last: whether it is the last line, which may say who has how many.
    """
    if len(sentence) > _LONGEST or "?" in sentence:
        return None
    for shape in (_TRUTH, _OPTION):
        if found := shape.match(sentence):
            return found.span("value")
    start = len(sentence) - len(sentence.lstrip())
    if (value := VALUE.match(sentence, start)) and (tail := _REVERSED.match(sentence, value.end())):
        is_answer = tail["answer"] or (is_conclusion and _lacks(tail["of"], _NO_VALUE))
        return readable(sentence, *span_of(value)) if is_answer else None
    if not is_conclusion and not is_last:
        return None
    return _said_of(sentence, start, is_conclusion) or foreign_value(sentence)


def label_end(line: str) -> int:
    """The place after the name of a value that a line begins with: "Total:"."""
    found = _LABEL.match(line)
    return found.end() if found and _lacks(found["what"], _NO_CONCLUSION) else 0


def calculated(line: str) -> tuple[int, int] | None:
    """Where the result stands of a calculation with amounts: "$100 + $45 = $145"."""
    return _calculation(line, 0)


def turns(text: str) -> bool:
    """Whether a word in it changes what is counted: "36 in each box", "36 years younger"."""
    return not _lacks(text, _TURNS)


def _lacks(text: str | None, words: frozenset[str]) -> bool:
    """Whether a text lacks all of the words, and "n't"."""
    return all(
        word in _NAMES or (word.casefold() not in words and word.casefold()[-3:] not in ("n't", "n’t"))
        for word in _WORD.findall(text or "")
    )


def _said_of(sentence: str, start: int, is_conclusion: bool) -> tuple[int, int] | None:
    """In English: "Tom has 36 marbles left", "the profit is $18", "72 clips were sold"."""
    if subject := _SUBJECT.match(sentence):
        said = " ".join(subject[name] or "" for name in ("what", "owned", "whoever"))
        is_plain = _lacks(subject["of"], _NO_VALUE) and _lacks(said, _NO_CONCLUSION)
    elif is_conclusion and (subject := _ANY_SUBJECT.match(sentence, start)):
        is_plain = _lacks(subject["words"], _NO_CONCLUSION)
    else:
        return _counted(sentence, start, _HAPPENED) if is_conclusion else None
    end = subject.end()
    return (_counted(sentence, end, _COUNTED) or _calculation(sentence, end)) if is_plain else None


def _counted(sentence: str, at: int, ending: re.Pattern[str]) -> tuple[int, int] | None:
    """A value, what is counted, and the end of the sentence."""
    value = VALUE.match(sentence, at)
    tail = value and ending.match(sentence, value.end())
    if not value or not tail:
        return None
    # "She needs 12 more" says how many are missing; "she has 12 more", how many more than somebody else.
    changing = _NO_THING - {"more"} if _NEEDS.search(sentence, 0, at) else _NO_THING
    is_thing = _lacks(tail["what"], changing) and _lacks(tail["more"], _NO_THING)
    if not is_thing or not _lacks(tail["where"], _NO_PLACE):
        return None
    start, end = span_of(value)
    if not value["plain"]:
        return readable(sentence, start, end)
    if "/" in value["plain"] and readable(thing := f"3{tail['noun']}", 0, len(thing)):
        return readable(sentence, start, end)  # "1 1/2 cups": what is counted is read after a plain number
    return readable(sentence, start, tail.end("noun"))


def _calculation(sentence: str, start: int) -> tuple[int, int] | None:
    """In "the total is 48 + 24 = 72", the value after the last sign."""
    signs = _CALCULATED.match(sentence, start)
    return _counted(sentence, signs.end(), _COUNTED) if signs else None
