"""Tables at the width of a terminal: names are never cut, and what tells nothing goes first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1cli.cli.table import lay_out, without_columns
from r1cli.cli.wrapping import wrap

HEADINGS = ("run", "command", "state", "step", "host")
NAMES = ("grpo-qwen1.5b-math-2026-11-26-21-14-02", "grpo-qwen1.5b-math-2026-11-26-21-14-02/sft")
RUNS = [(NAMES[0], "grpo", "finished", "300 of 300", "node1"), (NAMES[1], "sft", "finished", "", "node1")]


def shown(*words: object, width: int | None) -> list[str]:
    return [line.text for line in lay_out(*words, width)]  # type: ignore[arg-type]


def test_a_pipe_gets_every_column_on_one_line() -> None:
    lines = shown(HEADINGS, RUNS, width=None)
    assert len(lines) == 3
    assert lines[0].split() == [*HEADINGS]
    assert lines[1].endswith("  node1")


def test_columns_that_are_alike_or_empty_go_first() -> None:
    assert shown(HEADINGS, RUNS, width=76)[-1] == "in every row: state finished, host node1"
    lines = shown(
        ("benchmark", "groups", "what it is"), [("aime24", "", "x" * 20), ("aime25", "", "y")], width=36
    )
    assert lines[0].split() == ["benchmark", "what", "it", "is"]


def test_texts_are_broken_between_words_and_names_never() -> None:
    rows = [("some-reward-with-a-name", "what it does is said in quite a few words here"), ("b", "c")]
    lines = shown(("reward", "what it is"), rows, width=60)
    assert lines[1:3] == [
        "some-reward-with-a-name  what it does is said in quite a few",
        "                         words here",
    ]


def test_a_row_that_has_no_room_becomes_a_block() -> None:
    lines = shown(
        ("key", "a", "b"), [("model.name_or_path", "runs/" + "x" * 60, ""), ("k", "1", "2")], width=60
    )
    assert lines == ["key  a  b", "model.name_or_path", "  a  runs/" + "x" * 60, "k    1  2"]


def test_long_texts_stand_below_their_rows() -> None:
    rows = [(f"preset-number-{n}", f"{n} GPUs of 80 GB", f"{n} and {'many words ' * 7}") for n in range(2)]
    lines = shown(("preset", "hardware", "what it is"), rows, width=60)
    assert lines[:4] == [
        "preset           hardware",
        "preset-number-0  0 GPUs of 80 GB",
        "    0 and many words many words many words many words many",
        "    words many words many words",
    ]


def test_one_row_keeps_what_it_says() -> None:
    lines = shown(HEADINGS, RUNS[:1], width=60)
    assert [line.split()[0] for line in lines] == [NAMES[0], "command", "state", "step", "host"]


WORDS = st.text(st.sampled_from("abc数"), min_size=1, max_size=30)
CELLS = st.lists(WORDS, max_size=8).map(" ".join)


@given(
    st.lists(st.tuples(WORDS, CELLS, CELLS), min_size=1, max_size=5),
    st.sampled_from([60, 80]),
)
def test_no_word_is_cut_at_any_width(rows: list[tuple[str, ...]], width: int) -> None:
    text = "\n".join(shown(("name", "one", "two"), rows, width=width))
    for row in rows:
        assert all(word in text for cell in row for word in cell.split())


@pytest.mark.parametrize("width", [None, 10, 24, 60])
def test_wrapping_keeps_words_line_breaks_and_blanks_in_front(width: int | None) -> None:
    text = "use `r1 runs list`, or\n  name one: runs/" + "x" * 30
    lines = wrap(text, width, "    ")
    assert " ".join(" ".join(lines).split()) == " ".join(text.split())
    assert any("`r1 runs list`," in line for line in lines)


def test_figures_stay_below_their_heading() -> None:
    rows = [(f"grpo - sft {n}", f"+{n}.2 points [+37.7, +46.3]", f"+{n}.0 points [-0.4, +0.4]") for n in "45"]
    lines = shown(("model", "accuracy", "format"), rows, width=64)
    assert lines[0].split() == ["model", "accuracy", "format"]


LONG = "r1-math-grpo-on-qwen-after-sft-and-with-a-long-name-for-it-20261126-211402/measure-held-out"
LISTED = ("run", "command", "state", "step", "age", "job or host")
LISTED_RUNS = [
    (LONG, "evaluate", "finished", "512 of 512", "11 min", "node1"),
    ("sft", "sft", "interrupted (?)", "", "3 d", "node2"),
]


def listed(width: int | None) -> list[str]:
    return shown(*without_columns(LISTED, LISTED_RUNS, width, ("job or host", "command")), width=width)


def test_a_list_loses_columns_before_its_rows_lose_their_line() -> None:
    lines = listed(len(LONG) + 42)
    assert lines[0].split() == ["run", "state", "step", "age"] and LONG in lines[1]
    assert listed(None) == shown(LISTED, LISTED_RUNS, width=None)
    assert listed(200) == shown(LISTED, LISTED_RUNS, width=200)


def test_a_name_that_is_too_long_for_its_row_is_whole() -> None:
    lines = listed(100)
    assert LONG in lines and max(map(len, lines)) <= 100
    assert "interrupted (?)" in next(line for line in lines if line.startswith("sft"))
