"""Finds the program in a completion."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from r1_rewards.completions import with_prefill

#: What models and rows write for a language and its versions, by the language's name at the code providers.
_SPELLINGS = {
    "python": r"python[23]?|py[23]?",
    "cpp": r"(?:c\+\+|cpp|cc|cxx|gnu\+\+)(?:\d\d)?",
    "c": r"(?:c|gnu)\d\d|c",
    "javascript": r"javascript|js|node",
    "typescript": r"typescript|ts",
    "bash": r"bash|sh|shell",
    "java": r"java(?:\d\d?)?",
    "kotlin": r"kotlin|kt",
    "rust": r"rust|rs",
    "go": r"go|golang",
    "perl": r"perl|pl",
    "r": r"r",
}
# Older standards are read by the usual one.
_STANDARD = re.compile(r"(?:11|14|20|23)$")
_FENCE = re.compile(r"[ \t]*(?P<fence>`{3,}|~{3,})[ \t]*(?P<label>[^\s`{]*)[^`]*")


@dataclass(frozen=True)
class Block:
    """A fenced block: the word after its fence, in lower case, and its text."""

    label: str
    text: str


def language_of(name: str) -> str:
    """A language by any of its names, as the code providers call it: ``Python3`` is ``python``.

    A standard of C++ stays: ``c++20`` is ``cpp20``.
    """
    plain = name.strip().lower()
    family = _family(plain)
    standard = _STANDARD.search(plain)
    return f"{family}{standard[0]}" if family == "cpp" and standard else family


def labels_of(language: str) -> str:
    """A regular expression of what models write after the fence of a program in a language."""
    family = _family(language.strip().lower())
    return _SPELLINGS.get(family, re.escape(family))


def _family(plain: str) -> str:
    """The language, whatever its version."""
    return next((name for name, words in _SPELLINGS.items() if re.fullmatch(words, plain)), plain)


def find_programs(
    completions: Sequence[Any],
    languages: Sequence[str],
    prompts: Sequence[Any] | None = None,
    prefill: Sequence[str] | None = None,
) -> list[str]:
    """The program of each completion, empty where there is none: see `find_program`."""
    judged = with_prefill(completions, prompts, prefill)
    return [find_program(text, language) for text, language in zip(judged, languages, strict=True)]


def find_program(text: str, language: str) -> str:
    """The last fenced block of a language in the answer; empty if there is none.

    The answer is what follows the thoughts, and in it the last ``<answer>`` block that has such a block.
    Thoughts that are not closed have no answer.
    """
    answer = _after_thoughts(text)
    labels = re.compile(labels_of(language))
    for part in (*reversed(_answer_blocks(answer)), answer):
        found = [block.text for block in fenced_blocks(part) if labels.fullmatch(block.label)]
        if found:
            return found[-1]
    return ""


def between_last_fences(text: str) -> str:
    """What is between the last two lines that hold a fence, as LiveCodeBench finds the program."""
    lines = text.split("\n")
    fences = [number for number, line in enumerate(lines) if "```" in line]
    return "\n".join(lines[fences[-2] + 1 : fences[-1]]) if len(fences) > 1 else ""


def fenced_blocks(text: str) -> Iterator[Block]:
    """The closed blocks of a Markdown text, in their order.

    A fence is closed by a line that begins with as long a one and has no word after it.
    """
    fence, label, inside = "", "", list[str]()
    for line in text.split("\n"):
        found = _FENCE.fullmatch(line)
        if not fence:
            if found:
                fence, label, inside = found["fence"], found["label"].lower(), []
        elif _closes(line, fence):
            yield Block(label, "".join(f"{each}\n" for each in inside))
            fence = ""
        elif line.rstrip().endswith(fence) and not found:
            # Models forget the line break before the last fence.
            yield Block(label, "".join(f"{each}\n" for each in [*inside, line.rstrip().removesuffix(fence)]))
            fence = ""
        else:
            inside.append(line)


def _closes(line: str, fence: str) -> bool:
    plain = line.strip()
    return plain.startswith(fence) and plain.lstrip(fence[0]).lstrip()[:1] in ("", "<")


def _answer_blocks(text: str) -> list[str]:
    pieces = text.split("</answer>")[:-1]
    return [piece.partition("<answer>")[2] for piece in pieces if "<answer>" in piece]


def _after_thoughts(text: str) -> str:
    before, closing, after = text.rpartition("</think>")
    if closing:
        return after
    return "" if "<think>" in before + after else text
