"""Kinds of reference that are words, letters, ratios, or times of day."""

import re
from fractions import Fraction
from math import gcd
from random import Random
from typing import Any

from tests.verdicts.reference_kinds import (
    Kind,
    Meaning,
    Mutation,
    Said,
    fraction,
    number,
    replaced,
    said,
    shuffled,
)

# -- words -----------------------------------------------------------------------------------------------

_GROUPS = [
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    [
        "January",
        "February",
        "March",
        "April",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    ["east", "west", "north", "south"],
    ["odd", "even"],
    ["yes", "no"],
    ["red", "green", "blue", "yellow", "purple", "orange"],
    ["increasing", "decreasing", "constant"],
    ["triangle", "square", "pentagon", "hexagon", "circle", "trapezoid"],
    ["parabola", "ellipse", "hyperbola"],
    ["true", "false"],
    ["convergent", "divergent"],
    ["acute", "obtuse"],
    ["Evelyn", "Briana", "Carla", "Debra", "Angela", "Élise", "Zoë"],
    ["да", "нет"],
    ["はい", "いいえ"],
    ["正确", "错误"],
    ["größer", "kleiner"],
    ["sí", "quizás"],
]


def _group(word: str) -> list[str]:
    return next((group for group in _GROUPS if word in group), _GROUPS[0])


def _draw_word(pick: Random) -> str:
    return pick.choice(pick.choice(_GROUPS))


def _read_word(text: str) -> str | None:
    word = re.sub(r"^\\text\s*\{([^{}]*)\}$", r"\1", text)
    return word if any(word in group for group in _GROUPS) else None


def _write_word(word: str) -> list[str]:
    return [
        word,
        rf"\text{{{word}}}",
        word[0].upper() + word[1:],
        rf"\text{{ {word} }}",
        rf"\textbf{{{word}}}",
        word.upper(),
    ]


def _word_means(word: str) -> set[Meaning]:
    return {("word", word.casefold())}


def _other_word(word: str, pick: Random) -> str:
    return pick.choice(_group(word))


def _unrelated_word(word: str, pick: Random) -> str:
    return pick.choice(pick.choice([group for group in _GROUPS if word not in group]))


def _misspelt(word: str, pick: Random) -> Said | None:
    """Two letters changed places, or one was doubled."""
    at = pick.randrange(len(word) - 1) if len(word) > 1 else 0
    new = pick.choice(
        [word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :], word[:at] + word[at] + word[at:]]
    )
    return said(rf"\text{{{new}}}", *_word_means(new))


def _cut_word(word: str, pick: Random) -> Said | None:
    """Without its beginning; without its end it may be a usual abbreviation."""
    return said(rf"\text{{{word[1:]}}}", *_word_means(word[1:])) if len(word) > 2 else None


def _two_words(word: str, pick: Random) -> Said:
    other = pick.choice([one for one in _group(word) if one != word] or ["perhaps"])
    joint = pick.choice([" or ", " and ", ", "])
    return said(rf"\text{{{joint.join(pick.sample([word, other], 2))}}}", ("words", word, other))


def _with_number(word: str, pick: Random) -> Said:
    count = pick.randint(2, 30)
    return said(pick.choice([rf"{count} \text{{ {word}}}", str(count), f"{count}"]), ("counted", count))


def _negated_word(word: str, pick: Random) -> Said:
    return said(rf"\text{{{pick.choice(['not', 'neither', 'never', 'non-'])} {word}}}", ("denied", word))


WORD = Kind(
    "word",
    _draw_word,
    _read_word,
    _write_word,
    _word_means,
    {
        "neighbour": _other_word,
        "other": _unrelated_word,
        "order": _misspelt,
        "part": _cut_word,
        "longer": _two_words,
        "unit": _with_number,
        "sign": _negated_word,
    },
)


# -- choices ---------------------------------------------------------------------------------------------


def _draw_choice(pick: Random) -> str:
    return pick.choice("ABCDE")


def _read_choice(text: str) -> str | None:
    found = re.fullmatch(r"(?:\\text\{)?\(?([A-E])\)?\}?", text)
    return found[1] if found else None


def _write_choice(letter: str) -> list[str]:
    return [
        letter,
        rf"\text{{({letter})}}",
        f"({letter})",
        rf"\text{{{letter}}}",
        rf"\textbf{{({letter})}}",
        rf"\mathrm{{{letter}}}",
    ]


def _choice_means(letter: str) -> set[Meaning]:
    return {("choice", letter)}


def _other_choice(letter: str, pick: Random) -> str:
    return pick.choice("ABCDE")


def _next_choice(letter: str, pick: Random) -> str:
    return chr(ord(letter) + pick.choice([-1, 1])) if letter in "BCD" else pick.choice("BD")


def _two_choices(letter: str, pick: Random) -> Said:
    other = pick.choice([one for one in "ABCDE" if one != letter])
    one, two = pick.sample([letter, other], 2)
    return said(
        pick.choice([f"{one}, {two}", rf"{one} \text{{ or }} {two}", rf"\text{{({one}) and ({two})}}"]),
        ("choices", one, two),
    )


def _with_sign(template: str) -> Mutation:
    return lambda letter, pick: said(template.format(letter), ("with", template, letter))


def _word_of_choice(letter: str, pick: Random) -> Said:
    word = {"A": "Apples", "B": "Both", "C": "Cats", "D": "Dogs", "E": "Every one"}[letter]
    return said(rf"\text{{{word}}}", ("word", word))


CHOICE = Kind("choice", _draw_choice, _read_choice, _write_choice, _choice_means, {
    "other": _other_choice, "neighbour": _next_choice, "longer": _two_choices, "exponent": _with_sign("{}^2"),
    "sign": _with_sign("-{}"), "factor": _with_sign("2{}"), "word": _word_of_choice,
})  # fmt: skip


# -- ratios ----------------------------------------------------------------------------------------------

_Ratio = tuple[int, ...]


def _draw_ratio(pick: Random) -> _Ratio:
    parts = tuple(pick.randint(1, 40) for _ in range(pick.choice([2, 2, 3])))
    return tuple(part // gcd(*parts) for part in parts)


def _read_ratio(text: str) -> _Ratio | None:
    parts = re.split("[:\uff1a]", text)
    if not all(part.isdecimal() and int(part) for part in parts) or len(parts) < 2 or text == "12:00":
        return None
    return tuple(map(int, parts))


def _write_ratio(parts: _Ratio) -> list[str]:
    return [
        ":".join(map(str, parts)), " : ".join(map(str, parts)), ":".join(str(3 * part) for part in parts),
        *([fraction(Fraction(*parts))] if len(parts) == 2 and parts[1] else []),
    ]  # fmt: skip


def _ratio_means(parts: _Ratio) -> set[Meaning]:
    """A ratio of two numbers may be their fraction."""
    scaled = tuple(Fraction(part, parts[0]) for part in parts) if parts[0] else parts
    return {("ratio", *scaled), *([number(Fraction(*parts))] if len(parts) == 2 and parts[1] else [])}


def _part_of_ratio(parts: _Ratio, pick: Random) -> Any:
    at = pick.randrange(len(parts))
    rest = (*parts[:at], *parts[at + 1 :])
    return rest if len(rest) > 1 else said(str(rest[0]), number(rest[0]))


def _next_ratio(parts: _Ratio, pick: Random) -> _Ratio:
    at = pick.randrange(len(parts))
    return replaced(parts, at, parts[at] + pick.choice([1, 2]))


def _one_squared(parts: _Ratio, pick: Random) -> _Ratio:
    return tuple(part**2 for part in parts) if pick.random() < 0.5 else replaced(parts, 0, parts[0] ** 2)


def _longer_ratio(parts: _Ratio, pick: Random) -> _Ratio:
    return (*parts, pick.randint(1, 9))


def _share(parts: _Ratio, pick: Random) -> Said:
    """The share of one part in all of them."""
    value = Fraction(pick.choice(parts), sum(parts))
    return said(fraction(value), number(value))


def _negative_ratio(parts: _Ratio, pick: Random) -> Said:
    return said(f"-{':'.join(map(str, parts))}", ("negative ratio", *parts))


RATIO = Kind(
    "ratio",
    _draw_ratio,
    _read_ratio,
    _write_ratio,
    _ratio_means,
    {
        "base": _share,
        "exponent": _one_squared,
        "sign": _negative_ratio,
        "order": shuffled,
        "part": _part_of_ratio,
        "neighbour": _next_ratio,
        "longer": _longer_ratio,
    },
)


# -- times of day ----------------------------------------------------------------------------------------

#: Minutes after 0:00 or 12:00, and "a", "p", or "" where the half of the day is not said.
_Time = tuple[int, str]


def _draw_time(pick: Random) -> _Time:
    return pick.randint(0, 11) * 60 + pick.choice([0, 15, 30, 45, pick.randint(1, 59)]), pick.choice("ap")


def _read_time(text: str) -> _Time | None:
    found = re.fullmatch(r"(\d+)(?::(\d\d))?(?:\s*\\text\{\s*([ap])\.m\.\})?", text)
    if not found or not (found[2] or found[3]):
        return None
    return int(found[1]) % 12 * 60 + int(found[2] or 0), found[3] or ""


def _clock(minutes: int) -> str:
    return f"{minutes // 60 or 12}:{minutes % 60:02}"


def _write_time(time: _Time) -> list[str]:
    minutes, half = time
    if not half:
        return [_clock(minutes)] * 2
    clock = _clock(minutes)
    written = [
        rf"{clock} \text{{ {half}.m.}}",
        f"{clock} {half}.m.",
        f"{clock} {half.upper()}M",
        f"{clock}{half}m",
        f"{clock} {half}m",
    ]
    if half == "p" and minutes >= 60:
        written.append(f"{minutes // 60 + 12}:{minutes % 60:02}")
    if minutes % 60 == 0:
        written.append(rf"{minutes // 60 or 12} \text{{ {half}.m.}}")
    return written


def _time_means(time: _Time) -> set[Meaning]:
    return {("time", half, time[0]) for half in (time[1] or "ap")}


def _other_half(time: _Time, pick: Random) -> _Time | None:
    return (time[0], "a" if time[1] == "p" else "p") if time[1] else None


def _later(*steps: int) -> Mutation:
    return lambda time, pick: ((time[0] + pick.choice(steps)) % 720, time[1])


def _hands_swapped(time: _Time, pick: Random) -> _Time:
    hour, minute = divmod(time[0], 60)
    return minute // 5 % 12 * 60 + hour * 5, time[1]


def _part_of_time(time: _Time, pick: Random) -> Said | None:
    hour, minute = divmod(time[0], 60)
    if not minute:
        return None
    return pick.choice(
        [
            said(
                rf"{hour or 12} \text{{ {time[1]}.m.}}" if time[1] else f"{hour or 12}:00",
                *_time_means((hour * 60, time[1])),
            ),
            said(rf"{minute} \text{{ minutes}}", ("duration", minute)),
        ]
    )


def _negative_time(time: _Time, pick: Random) -> Said:
    return said(f"-{_clock(time[0])}", ("negative time", *time))


def _twice(time: _Time, pick: Random) -> Said:
    other = _clock((time[0] + pick.choice([60, 90, 120])) % 720)
    return said(
        rf"{_clock(time[0])} \text{{ {pick.choice(['or', 'to', 'and'])} }} {other}",
        ("two times", *time, other),
    )


TIME = Kind(
    "time of day",
    _draw_time,
    _read_time,
    _write_time,
    _time_means,
    {
        "unit": _other_half,
        "base": _later(60, 120, -60),
        "sign": _negative_time,
        "order": _hands_swapped,
        "part": _part_of_time,
        "neighbour": _later(-1, 1, 5, 10),
        "longer": _twice,
    },
)


KINDS = [WORD, CHOICE, RATIO, TIME]
