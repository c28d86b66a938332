# ruff: noqa: RUF001 - these are the characters that people type
"""Words of texts as arrays: what spellings have in common, and what must stay apart."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r1cli.decontaminate.text_words import TextWords
from r1cli.decontaminate.word_arrays import Key, read_words

#: Characters that are read in different ways, and so must be read alike alone and among others.
TEXTS = st.text(
    st.sampled_from("aZ 09,.{}\\$^_-'\n½²₁πΔ√éßﬁ中ก\u0301\u00ad\u200b’Ⅳ𝑥\U0001f600") | st.characters(),
    max_size=30,
)


def words(text: str) -> list[Key]:
    return read_words([text]).keys(0)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Find the REMAINDER, when", "find  the\nremainder when"),
        ("don’t “stop”", 'don\'t "stop"'),
        (r"\frac{1}{2}", "1/2"),
        (r"\dfrac12", r"\frac{1}{2}"),
        (r"\tfrac 12", "½"),
        (r"\frac1{2}", r"\frac{1}2"),
        (r"\frac ab", "a/b"),
        (r"\frac123", r"\frac{1}{2} 3"),
        ("1,000", "1000"),
        (r"$1{,}234{,}567$", r"1\,234\,567"),
        (r"\left( x^{2} \right)", "(x^2)"),
        ("x²", "x^2"),
        ("x₁₂", "x_{12}"),
        ("2πr", r"2\pi r"),
        ("∠ABC = 90°", r"\angle ABC = 90^\circ"),
        ("√2", r"\sqrt{2}"),
        (r"\sqrt2", "sqrt(2)"),
        (r"a \le b", "a ≤ b"),
        (r"3 \cdot 4 \times 5", "3*4×5"),
        (r"7 \pmod{9}", r"7 (\bmod 9)"),
        (r"\varepsilon > 0", "ε > 0"),
        (r"\text{if } x \in \mathbb{R}", "if x ∈ ℝ"),
        (r"\begin{align*} x &= 1 \\ y &= 2 \end{align*}", "x = 1, y = 2"),
        ("naïve Bézout", "nai\u0308ve Bezout"),
        ("ﬁnd \u200bsoft\u00adware", "find software"),
        ("ＡＢＣ１２３", "abc 123"),
        ("Straße", "STRASSE"),
        ("求所有整数", "求 所有，整数。"),
        ("٣ and ३", "3 and 3"),
    ],
)
def test_spellings_of_the_same_words(one: str, other: str) -> None:
    assert words(one) == words(other)
    assert words(one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2 apples", "3 apples"),
        ("10^2", "102"),
        ("3.5", "35"),
        ("(1,200)", "(1200)x"),
        ("1,00", "100"),
        (r"\frac{12}{3}", r"\frac{1}{23}"),
        ("left of", r"\left of"),
        ("π", "ρ"),
        ("中", "书"),
        ("жук", "жок"),
    ],
)
def test_what_is_not_the_same(one: str, other: str) -> None:
    assert words(one) != words(other)


@settings(deadline=None)
@given(st.lists(TEXTS, max_size=5))
def test_a_text_is_read_alike_alone_and_among_others(texts: list[str]) -> None:
    together = read_words(texts)
    alone = [read_words([text]) for text in texts]
    found = [
        together.hashes[first:end].tolist()
        for first, end in zip(together.bounds[:-1], together.bounds[1:], strict=True)
    ]
    assert found == [one.hashes.tolist() for one in alone]


@settings(deadline=None)
@given(st.text(st.characters(max_codepoint=127, exclude_characters="\\,")))
def test_words_of_ascii_are_runs_of_letters_and_of_digits(text: str) -> None:
    plain = re.findall("[a-z]+|[0-9]+", text.lower())
    read = read_words([text])
    spelt = [read.characters.spelt(first, end) for first, end in zip(read.starts, read.ends, strict=True)]
    assert spelt == plain
    assert read.is_number.tolist() == [word.isdigit() for word in plain]


@settings(deadline=None)
@given(TEXTS.filter(lambda text: "\\" not in text))
def test_a_span_leads_back_to_the_words(text: str) -> None:
    # Others around it must make no difference.
    read = TextWords(read_words(["1,000 ½", text, "½ 1,000"]), 1)
    if read.keys:
        start, end = read.span((0, len(read.keys) - 1))
        assert words(text[start:end]) == read.keys


@settings(deadline=None)
@given(st.text(st.characters(categories=["L", "N"]), min_size=1))
def test_letters_and_numbers_of_every_script_make_words(text: str) -> None:
    assert words(text)
