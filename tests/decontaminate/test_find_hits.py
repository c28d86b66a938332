"""Searching rows: what is a hit, of which kind, and where."""

import random
from pathlib import Path

import pytest
from datasets import Dataset

from r1cli.decontaminate.benchmark_texts import ANSWER, QUESTION, SOLUTION, BenchmarkText
from r1cli.decontaminate.dataset_rows import LoadedRows
from r1cli.decontaminate.find_hits import ngram_hits
from r1cli.decontaminate.hit import CONTAMINATED, RENUMBERED, Hit
from r1cli.decontaminate.ngram_search import NgramSearch

SHEEP = "A farmer has 17 sheep and buys 25 more at the market in town. How many sheep has the farmer?"


def question(text: str, row: int = 0, benchmark: str = "farm") -> BenchmarkText:
    return BenchmarkText(benchmark, row, QUESTION, text)


def find(
    folder: Path,
    rows: list[str] | dict[str, list[str]],
    texts: list[BenchmarkText],
    *,
    min_overlap: float = 0.3,
    allowed: tuple[str, ...] = (),
) -> list[Hit]:
    columns = rows if isinstance(rows, dict) else {"problem": rows}
    dataset = LoadedRows(Dataset.from_dict(columns))
    search = NgramSearch(texts, 8, allowed)
    return list(ngram_hits(dataset, list(columns), search, min_overlap, folder, lambda done: None))


def kinds(hits: list[Hit]) -> list[tuple[int, str]]:
    return [(hit.row, hit.match.kind) for hit in hits]


def test_a_hit_says_where_and_what(tmp_path: Path) -> None:
    row = f"First, warm up: 1,000 ½. {SHEEP.upper()} Think!"
    (hit,) = find(tmp_path, ["nothing here", row], [question("Another one"), question(SHEEP, 1)])
    assert (hit.row, hit.column, hit.match.benchmark, hit.match.benchmark_row) == (1, "problem", "farm", 1)
    assert (hit.match.kind, hit.match.score) == (CONTAMINATED, 1.0)
    assert hit.text == SHEEP.upper()[:-1] == row[hit.match.start : hit.match.end]
    assert hit.match.benchmark_text == SHEEP[:-1]


def test_other_numbers_are_a_class_of_their_own(tmp_path: Path) -> None:
    other = SHEEP.replace("17", "18")
    swapped = SHEEP.replace("17", "x").replace("25", "17").replace("x", "25")
    hits = find(tmp_path, [other, SHEEP, f"Well. {other} Say it.", swapped], [question(SHEEP)])
    # Numbers that only change places are all there, and most of the words in a row are too.
    assert kinds(hits) == [(0, RENUMBERED), (1, CONTAMINATED), (2, RENUMBERED), (3, CONTAMINATED)]


def test_a_text_of_numbers_has_no_other_numbers(tmp_path: Path) -> None:
    text = "w1 w2 w3 w4 w5 w6 w7 w8 w9 w10 w11 w12"
    rows = [f"{text} w13", text.replace("w", "w9"), "1 2 3 4 5 6 7 8 9 10 11"]
    texts = [question(text), question("10 20 30 40 50 60 70 80 90", 1)]
    assert kinds(find(tmp_path, rows, texts)) == [(0, CONTAMINATED)]


def test_short_texts_are_compared_whole(tmp_path: Path) -> None:
    rows = ["what is 2+2", "And what is 2+2, please?", "What is 2+3?", "4"]
    texts = [question("What is $2 + 2$?"), BenchmarkText("farm", 0, ANSWER, "4")]
    assert kinds(find(tmp_path, rows, texts)) == [(0, CONTAMINATED)]


def test_answers_and_solutions_are_searched_apart(tmp_path: Path) -> None:
    solution = "Seventeen and twenty-five are forty-two, so that the farmer owns forty-two animals."
    texts = [question(SHEEP), BenchmarkText("farm", 0, SOLUTION, solution)]
    rows = {"problem": ["Add them up.", SHEEP], "messages": [solution, f"{SHEEP} {solution}"]}
    hits = find(tmp_path, rows, texts)
    assert sorted((hit.row, hit.column, hit.match.field) for hit in hits) == [
        (0, "messages", SOLUTION),
        (1, "messages", QUESTION),
        (1, "messages", SOLUTION),
        (1, "problem", QUESTION),
    ]


def test_words_of_neighbouring_rows_and_columns_make_no_hit(tmp_path: Path) -> None:
    words = SHEEP.split()
    halves = [" ".join(words[:7]), " ".join(words[7:14]), " ".join(words[14:])]
    assert find(tmp_path, halves, [question(SHEEP)]) == []
    assert (
        find(tmp_path, {name: [half] for name, half in zip("abc", halves, strict=True)}, [question(SHEEP)])
        == []
    )


def test_a_common_phrase_is_no_hit(tmp_path: Path) -> None:
    phrase = "find the remainder when the number of all such ordered pairs is divided by 1000"
    problem = f"Seven dwarfs and one queen sit around a table; {phrase}."
    chance = random.Random(1)
    vocabulary = [f"w{chance.randrange(10**6)}x" for _ in range(500)]
    rows = [f"{' '.join(chance.choices(vocabulary, k=20))} {phrase}" for _ in range(300)]
    rows.append(f"Seven dwarfs and one queen sit around a table; {phrase} (hard)")
    assert kinds(find(tmp_path, rows, [question(problem)])) == [(300, CONTAMINATED)]
    # Without the other rows, most of the problem is what they share.
    assert kinds(find(tmp_path, rows[:1], [question(problem)])) == [(0, CONTAMINATED)]


def test_copies_do_not_make_a_text_a_common_phrase(tmp_path: Path) -> None:
    rows = [f"Now: {SHEEP}", "no leak"] * 300
    assert [hit.row for hit in find(tmp_path, rows, [question(SHEEP)])] == list(range(0, 600, 2))


def test_an_allowed_phrase_is_no_hit(tmp_path: Path) -> None:
    rows = [f"Hello. {SHEEP}"]
    assert find(tmp_path, rows, [question(SHEEP)], allowed=(SHEEP,)) == []
    allowed = ("a farmer has 17 sheep and buys 25 more at the market", "in town how many")
    assert find(tmp_path, rows, [question(SHEEP)], allowed=allowed) == []
    assert len(find(tmp_path, rows, [question(SHEEP)], allowed=("the market in London",))) == 1


@pytest.mark.parametrize(("min_overlap", "found"), [(0.2, 1), (0.6, 0)])
def test_min_overlap(tmp_path: Path, min_overlap: float, found: int) -> None:
    half = "A farmer has 17 sheep and buys 25 more at the market"
    assert len(find(tmp_path, [half], [question(SHEEP)], min_overlap=min_overlap)) == found


def test_every_benchmark_with_the_text_is_named(tmp_path: Path) -> None:
    texts = [question(SHEEP, 3, "one"), question(SHEEP.lower(), 5, "two"), question(SHEEP, 9, "two")]
    hits = find(tmp_path, [SHEEP], texts)
    assert sorted((hit.match.benchmark, hit.match.benchmark_row) for hit in hits) == [("one", 3), ("two", 5)]


@pytest.mark.parametrize("rows", [[""], ["", None], ["-", "$$"]])
def test_rows_without_words(tmp_path: Path, rows: list[str]) -> None:
    assert find(tmp_path, rows, [question(SHEEP), question("")]) == []


def test_more_rows_than_fit_into_a_table(tmp_path: Path) -> None:
    rows = ["some other words"] * 2500
    rows[1999], rows[2400] = SHEEP, f"Now: {SHEEP}"
    assert [hit.row for hit in find(tmp_path, rows, [question(SHEEP)])] == [1999, 2400]
