"""The verdicts of open-r1's script, from its description: n words in a row, lower-cased, blanks squeezed."""

from hypothesis import given, settings
from hypothesis import strategies as st

from r1cli.decontaminate.benchmark_texts import ANSWER, QUESTION, BenchmarkText
from r1cli.decontaminate.openr1 import OpenR1Search

WORDS = st.lists(st.sampled_from(["a", "B", "b,", "ç", "İ", "1"]), max_size=9)
BLANKS = st.sampled_from([" ", "  ", "\n", "\t ", "\u00a0", "\u2003"])


@st.composite
def texts(draw: st.DrawFn) -> str:
    return "".join(word + draw(BLANKS) for word in draw(WORDS))


@settings(deadline=None)
@given(texts(), st.lists(texts(), max_size=3), st.integers(1, 4))
def test_a_text_is_contaminated_if_any_n_words_are_in_a_question(
    text: str, questions: list[str], size: int
) -> None:
    def normal(one: str) -> str:
        return " ".join(one.lower().strip().split())

    def windows(one: str) -> list[tuple[str, ...]]:
        split = normal(one).split(" ")
        return [tuple(split[place : place + size]) for place in range(len(split) - size + 1) if split[0]]

    known = {gram for question in questions for gram in windows(question)}
    expected = any(gram in known for gram in windows(text))
    search = OpenR1Search([BenchmarkText("b", 0, QUESTION, one) for one in questions], size)
    assert search.is_contaminated(text) == expected
    matches = search.matches(text)
    assert bool(matches) == expected
    for match in matches:
        assert normal(text[match.start : match.end]) == normal(match.benchmark_text)


def test_answers_are_not_looked_at() -> None:
    search = OpenR1Search([BenchmarkText("b", 0, ANSWER, "one two three")], 2)
    assert not search.is_contaminated("one two three")
