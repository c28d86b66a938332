"""Leaks of every kind, planted from problems, and rows that are none.

`python -m tests.decontaminate.leaks` prints the tables of docs/decontaminate.md.
"""

import random
import re
import sys
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from datasets import Dataset

from r1cli.decontaminate.benchmark_texts import QUESTION, BenchmarkText, searched_texts
from r1cli.decontaminate.dataset_rows import LoadedRows
from r1cli.decontaminate.find_hits import near_duplicate_hits, ngram_hits, openr1_hits
from r1cli.decontaminate.hit import RENUMBERED, Hit
from r1cli.decontaminate.near_duplicates import NearDuplicates
from r1cli.decontaminate.ngram_search import NgramSearch
from r1cli.decontaminate.openr1 import OpenR1Search
from r1cli.decontaminate.schema import Decontaminate
from tests.decontaminate.problems import PROBLEMS, Problem, with_choices

#: Each problem leaks this number of times, where chance decides how.
TIMES = 5
#: Phrases of the problems that many others contain as well, and that are not a leak.
BOILERPLATE = (
    "Find the sum of all possible values of the product",
    "How many ordered triples $(x, y, z)$ of nonnegative integers satisfy $x + y + z =",
    "where $m$ and $n$ are positive integers. What is $m + n$?",
    "the angle bisector from $A$ meets side $BC$ at the point $D$.",
    "What is the probability that all three marbles have different colours?",
    "Three marbles are drawn at random without replacement.",
    "How many pages does the book have altogether?",
)
_FILLER = """
    the proof uses only that each term is smaller than one before it so we may assume otherwise and note how
    every case reduces to a simpler statement about graphs trees or numbers while another student remarks that
    no calculation is needed because symmetry gives both bounds at once from which our claim follows directly
""".split()  # noqa: SIM905


def _filler(chance: random.Random, words: int) -> str:
    return " ".join(chance.choice(_FILLER) for _ in range(words))


def _verbatim(problem: Problem, chance: random.Random) -> str:
    return problem.text


def _other_case(problem: Problem, chance: random.Random) -> str:
    """Other letters, other sentence marks, and a mark or a line break after every fourth word."""
    text = re.sub(r"[.,?:](?=\s|$)", "", problem.text)
    text = re.sub(
        r"(?<!\\)\b[a-z]{3,}\b(?![}$\\])", lambda word: chance.choice([str.upper, str.title])(word[0]), text
    )
    return re.sub(r" ", lambda blank: chance.choice([" ", " ", " ", "; ", " \u2013 ", "\n"]), text)


def _respelt(problem: Problem, chance: random.Random) -> str:
    text = re.sub(
        r"\\frac\{(\w)\}\{(\w)\}",
        lambda f: chance.choice([r"\dfrac{%s}{%s}", r"\tfrac %s%s", "(%s/%s)"]) % f.groups(),
        problem.text,
    )
    text = re.sub(r"\$(.+?)\$", lambda f: chance.choice([r"\( %s \)", "$$%s$$", r"\[%s\]"]) % f[1], text)
    text = re.sub(r"\^(\w)", r"^{\1}", text)
    for old, new in (
        (r"\cdot", "*"),
        (r"\leq", "≤"),
        (r"\geq", r"\ge"),
        (r"\ldots", "…"),
        (r"\times", "\u00d7"),
        (r"{,}", ","),
        (r"\pi", "π"),
        (r"\left", ""),
        (r"\right", ""),
    ):
        text = text.replace(old, new)
    return text


def _shuffled(problem: Problem, chance: random.Random) -> str:
    order = list(problem.choices)
    while order == list(problem.choices):
        chance.shuffle(order)
    return with_choices(problem.question, tuple(order))


def _embedded(problem: Problem, chance: random.Random) -> str:
    before, after = _filler(chance, chance.randint(30, 200)), _filler(chance, chance.randint(30, 200))
    return f"{before}. {problem.text} {after}"


def _cut(problem: Problem, chance: random.Random) -> str:
    words = problem.text.split()
    kept = round(len(words) * chance.uniform(0.55, 0.8))
    return " ".join(words[:kept] if chance.random() < 0.5 else words[-kept:])


def _edited(problem: Problem, chance: random.Random) -> str:
    words = problem.text.split(" ")
    for place in range(chance.randrange(10), len(words), 10):
        words[place] = chance.choice(_FILLER)
    return " ".join(words)


def _renumbered(problem: Problem, chance: random.Random) -> str:
    return re.sub(r"\d+", lambda number: str(int(number[0]) + chance.randint(1, 60)), problem.text)


def _paraphrased(problem: Problem, chance: random.Random) -> str:
    return problem.paraphrase


KINDS: dict[str, Callable[[Problem, random.Random], str]] = {
    "verbatim": _verbatim,
    "case and punctuation": _other_case,
    "LaTeX respelt": _respelt,
    "choices shuffled": _shuffled,
    "embedded in longer text": _embedded,
    "cut to 55 to 80 %": _cut,
    "every tenth word changed": _edited,
    "renumbered": _renumbered,
    "paraphrased": _paraphrased,
}
#: What a method says of rows: those that it removes, and those that it reports as renumbered.
Verdict = tuple[set[int], set[int]]
METHODS = ("ngram", "ngram, near duplicates", "openr1")


@cache
def rows() -> tuple[list[str], list[str]]:
    """The texts of rows, and the kind of leak in each; "" where there is none."""
    chance = random.Random(7)
    planted = [
        (make(problem, chance), kind)
        for kind, make in KINDS.items()
        for problem in PROBLEMS
        if problem.choices or kind != "choices shuffled"
        for _ in range(1 if kind in ("verbatim", "paraphrased") else TIMES)
    ]
    clean = [
        (f"{_filler(chance, chance.randint(20, 60))}. {chance.choice(BOILERPLATE)} {_filler(chance, 10)}", "")
        for _ in range(2000)
    ]
    everything = planted + clean
    chance.shuffle(everything)
    return [text for text, _ in everything], [kind for _, kind in everything]


def verdict(method: str) -> Verdict:
    texts = [
        BenchmarkText("planted", number, QUESTION, text)
        for number, problem in enumerate(PROBLEMS)
        for text in searched_texts(problem.text, QUESTION)
    ]
    dataset, settings = LoadedRows(Dataset.from_dict({"problem": rows()[0]})), Decontaminate()
    hits: list[Hit] = []
    if method == "openr1":
        hits += openr1_hits(dataset, ["problem"], OpenR1Search(texts, settings.ngram_size), lambda done: None)
    else:
        search = NgramSearch(texts, settings.ngram_size)
        with TemporaryDirectory() as folder:
            hits += ngram_hits(
                dataset, ["problem"], search, settings.min_overlap, Path(folder), lambda done: None
            )
    if "near" in method:
        known = {hit.row for hit in hits}
        found = near_duplicate_hits(dataset, ["problem"], NearDuplicates(texts), lambda done: None)
        hits += [hit for hit in found if hit.row not in known]
    renumbered = {hit.row for hit in hits if hit.match.kind == RENUMBERED}
    removed = {hit.row for hit in hits if hit.match.kind != RENUMBERED}
    return removed, renumbered - removed


def share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "-"


def table() -> list[Sequence[str]]:
    """Recall by kind of leak, and what is removed of the rows without one."""
    kinds = rows()[1]
    verdicts = {method: verdict(method) for method in METHODS}
    lines: list[Sequence[str]] = []
    for kind in KINDS:
        those = {number for number, one in enumerate(kinds) if one == kind}
        lines.append(
            (
                kind,
                str(len(those)),
                *(share(len(removed & those), len(those)) for removed, _ in verdicts.values()),
            )
        )
    lines.append(
        (
            "renumbered, reported",
            str(kinds.count("renumbered")),
            *(
                share(len({n for n in reported if kinds[n] == "renumbered"}), kinds.count("renumbered"))
                for _, reported in verdicts.values()
            ),
        )
    )
    clean = {number for number, one in enumerate(kinds) if not one}
    lines.append(
        (
            "no leak (wrongly removed)",
            str(len(clean)),
            *(share(len(removed & clean), len(clean)) for removed, _ in verdicts.values()),
        )
    )
    lines.append(
        ("precision", "", *(share(len(removed - clean), len(removed)) for removed, _ in verdicts.values()))
    )
    return lines


if __name__ == "__main__":
    sys.stdout.write(f"| kind of leak | rows | {' | '.join(METHODS)} |\n|{' --- |' * (2 + len(METHODS))}\n")
    for line in table():
        sys.stdout.write(f"| {' | '.join(line)} |\n")
