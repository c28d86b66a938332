"""The n-grams that an index finds, against those of a plain loop."""

from hypothesis import given, settings
from hypothesis import strategies as st

from r1cli.decontaminate.benchmark_texts import QUESTION, BenchmarkText
from r1cli.decontaminate.ngram_search import NgramSearch

WORDS = st.lists(st.sampled_from(["a", "b", "c", "1", "22", "é"]), max_size=25)


def grams(words: list[str], size: int, *, masked: bool) -> set[tuple[str, ...]]:
    plain = ["#" if masked and word.isdigit() else word for word in words]
    return {tuple(plain[place : place + size]) for place in range(len(plain) - size + 1)}


@settings(deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=4), st.lists(WORDS, max_size=4), st.integers(1, 9))
def test_every_n_gram_of_the_benchmarks_is_found_and_no_other(
    problems: list[list[str]], rows: list[list[str]], size: int
) -> None:
    texts = [BenchmarkText("b", number, QUESTION, " ".join(words)) for number, words in enumerate(problems)]
    search = NgramSearch(texts, size)
    exact, masked = search.scan([" ".join(words) for words in rows])
    known = set().union(*(grams(words, size, masked=False) for words in problems))
    expected = [len(grams(words, size, masked=False) & known) for words in rows]
    assert [exact.texts.tolist().count(number) for number in range(len(rows))] == expected
    # Without numbers, only texts with some different words count, and n-grams that are mostly words.
    numbered = [words for words in problems if {"1", "22"} & {*words} and len({*words} - {"1", "22"}) >= 3]
    known = set().union(*(grams(words, size, masked=True) for words in numbered))
    known = {gram for gram in known if 2 * gram.count("#") <= size}
    expected = [len(grams(words, size, masked=True) & known) for words in rows]
    assert [masked.texts.tolist().count(number) for number in range(len(rows))] == expected
