"""A hit: a row of the dataset that shares something with a row of a benchmark."""

from dataclasses import dataclass

#: What a hit is: the text itself, the same words with other numbers, or most of the same words.
CONTAMINATED, RENUMBERED, NEAR_DUPLICATE = "contaminated", "renumbered", "near_duplicate"


@dataclass(frozen=True)
class Match:
    """What a text shares with a benchmark.

    Args:
        kind: of the hit.
        method: that found it: "ngram", "openr1" or "minhash".
        score: the weighted share of the benchmark's text that is in the row's; of near duplicates, the
            share of word triples that both have.
        benchmark: the benchmark's name.
        benchmark_row: its row, from 0.
        field: the text of that row: "question", "answer" or "solution".
        start: where the longest passage that both have begins in the row's text, in characters.
        end: where it ends.
        benchmark_start: where it begins in the benchmark's text.
        benchmark_end: where it ends.
        benchmark_text: the passage in the benchmark's text.
    """

    kind: str
    method: str
    score: float
    benchmark: str
    benchmark_row: int
    field: str
    start: int
    end: int
    benchmark_start: int
    benchmark_end: int
    benchmark_text: str


@dataclass(frozen=True)
class Hit:
    """A match, and where in the dataset it is.

    Args:
        row: of the dataset, from 0.
        column: that was searched.
        text: the passage in the row's text.
        match: the match.
    """

    row: int
    column: str
    text: str
    match: Match
