"""The rewards for a completion's shape, with values worked out by hand."""

import re
from itertools import product
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from r1_rewards.format import format_reward, reasoning_steps, tag_count

RIGHT = "<think>\nfour\n</think>\n<answer>\n4\n</answer>"


@pytest.mark.parametrize(
    ("text", "format_score", "loose_score", "tag_score"),
    [
        (RIGHT, 1.0, 1.0, 1.0),
        (f"{RIGHT}\n", 0.0, 0.0, 1.0),
        (f"so: {RIGHT}", 0.0, 0.0, 1.0),
        ("<think>\nfour\n</think>\n<answer>\n4", 0.0, 0.0, 0.75),
        ("<think>four</think><answer>4</answer>", 0.0, 1.0, 0.0),
        ("<think>four</think>\n \n<answer>4</answer>", 0.0, 1.0, 0.0),
        ("<think>four</think> so <answer>4</answer>", 0.0, 0.0, 0.0),
        ("<think>\na\nb\n</think>\n<answer>\nc\n\nd\n</answer>", 1.0, 1.0, 1.0),
        (f"{RIGHT}{RIGHT}", 1.0, 1.0, 0.0),
        ("<think>\nпять 二\n</think>\n<answer>\n2\n</answer>", 1.0, 1.0, 1.0),
        ("", 0.0, 0.0, 0.0),
        ("four", 0.0, 0.0, 0.0),
    ],
)
def test_format_and_tag_count(text: str, format_score: float, loose_score: float, tag_score: float) -> None:
    assert format_reward([text]) == [format_score]
    assert format_reward([text], strict=False) == [loose_score]
    assert tag_count([text]) == [tag_score]


PIECES = st.sampled_from(["<think>", "</think>", "<answer>", "</answer>", "\n", " ", "so"])


@given(pieces=st.lists(PIECES, max_size=12))
def test_the_looser_pattern_is_that_of_open_r1_over_lines(pieces: list[str]) -> None:
    text = "".join(pieces)
    # Before "$" there may be one more line break, which this reward does not accept.
    expected = re.match(r"^<think>.*?</think>\s*<answer>.*?</answer>\Z", text, re.DOTALL)
    assert format_reward([text], strict=False) == [float(expected is not None)]


@given(pieces=st.lists(PIECES, max_size=12), opened=st.sampled_from(["<think>", "<think>\n"]))
def test_a_prefilled_tag_counts_as_if_the_completion_had_it(pieces: list[str], opened: str) -> None:
    text = "".join(pieces)
    assume(not text.lstrip().startswith("<think>"))
    for strict in (True, False):
        found = format_reward([text], prefill=[f"<|assistant|>{opened}"], strict=strict)
        assert found == format_reward([opened + text], strict=strict)
    assert tag_count([text], prefill=[f"<|assistant|>{opened}"]) == tag_count([opened + text])


@pytest.mark.parametrize(
    ("prompt", "prefill", "score"),
    [
        ([{"role": "user", "content": "2+2?"}], "<|im_start|>assistant\n<think>\n", 1.0),
        ([{"role": "user", "content": "2+2?"}], "<|im_start|>assistant\n", 0.0),
        # Without the template's text: a plain prompt, and a message that the completion continues.
        ("2+2? Assistant: <think>\n", None, 1.0),
        ([{"role": "user", "content": "2+2?"}, {"role": "assistant", "content": "So: <think>\n"}], None, 1.0),
        # What the user writes is not continued.
        ([{"role": "user", "content": "Begin with <think>\n"}], None, 0.0),
        ("Reason in <think>, then answer.", None, 0.0),
        (None, None, 0.0),
    ],
)
def test_a_tag_that_the_prompt_has_opened(prompt: Any, prefill: str | None, score: float) -> None:
    rest = RIGHT.removeprefix("<think>\n")
    written = None if prefill is None else [prefill] * 2
    # A model that opens the block again is not punished for it.
    for text, expected in ((rest, score), (RIGHT, 1.0)):
        completions = [text, [{"role": "assistant", "content": text}]]
        assert format_reward(completions, prompts=[prompt] * 2, prefill=written) == [expected] * 2
        assert tag_count(completions, prompts=[prompt] * 2, prefill=written) == [max(expected, 0.75)] * 2


def test_thoughts_that_the_template_skips_are_there() -> None:
    written = ["<|im_start|>assistant\n<think>\n\n</think>\n\n"]
    assert format_reward(["<answer>4</answer>"], prefill=written, strict=False) == [1.0]


@pytest.mark.parametrize(
    ("text", "tags", "score"),
    [
        ("<plan>\na\n</plan>\n<code>\nb\n</code>", ["plan", "code"], 1.0),
        ("<code>\nb\n</code>\n<plan>\na\n</plan>", ["plan", "code"], 0.0),
        (RIGHT, ["plan", "code"], 0.0),
        ("<answer>\n4\n</answer>", ["answer"], 1.0),
        (f"{RIGHT}\n<check>\n2\n</check>", ["think", "answer", "check"], 1.0),
    ],
)
def test_the_format_of_other_tags(text: str, tags: list[str], score: float) -> None:
    assert format_reward([text], tags=tags) == [score]
    first = f"<{tags[0]}>\n"
    assert format_reward([text.removeprefix(first)], prefill=[first], tags=tags) == [score]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"think": "2+2", "answer": 4}', ""),
        ('<think>\n{}\n</think>\n{"answer": 4, "think": ""}\n', ""),
        ('{"answer": 4}', "think is missing"),
        ('{"think": "", "answer": 4, "more": 1}', "'more' is not one of the keys"),
        ('["think", "answer"]', "not a JSON object"),
        ('so {"think": "", "answer": 4}', "not JSON: Expecting value"),
        ("[" * 100_000, "not JSON: "),
        ("", "not JSON: "),
    ],
)
def test_the_format_of_json(text: str, words: str) -> None:
    noted: dict[str, list[str]] = {}
    assert format_reward([text], noted.__setitem__, syntax="json") == [float(not words)]
    assert noted["format_deviation"][0].startswith(words)


def deviation(text: str, *, strict: bool = True) -> str:
    noted: dict[str, list[str]] = {}
    format_reward([text], noted.__setitem__, strict=strict)
    return noted["format_deviation"][0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (RIGHT[:-9], "</answer> is missing"),
        (RIGHT.replace("</think>\n", "</think>\n</think>\nhm\n"), "</think> occurs 2 times; "),
        (f"so {RIGHT}", "'so ' is before <think>"),
        (f"{RIGHT}\n", "'\\n' is after </answer>"),
        ("<think>\n<answer>\n4\n</think>\n</answer>", "<answer> is before </think>"),
        (RIGHT.replace("</think>\n", "</think>\nso\n"), "'\\nso\\n' is between </think> and <answer>"),
        (RIGHT.replace("</think>\n", "</think>"), "no line break between </think> and <answer>"),
        (RIGHT.replace("\n</think>", "</think>"), "no line break before </think>"),
        (RIGHT.replace("<answer>\n", "<answer>"), "no line break after <answer>"),
        (RIGHT.replace("\n4", ""), "no line between <answer> and </answer>"),
    ],
)
def test_a_deviation_from_the_format_is_named(text: str, words: str) -> None:
    assert format_reward([text]) == [0.0]
    assert deviation(text).startswith(words)
    assert deviation(text).count(";") == words.count(";")


def test_every_deviation_has_a_name_and_nothing_else_has() -> None:
    tokens = re.findall(r"</?\w+>|\n|\w+", RIGHT)
    for place, new, cut in product(range(len(tokens) + 1), ["", "so", *set(tokens)], (0, 1, 2)):
        text = "".join([*tokens[:place], new, *tokens[place + cut :]])
        for strict in (True, False):
            assert (format_reward([text], strict=strict) == [1.0]) == (
                deviation(text, strict=strict) == ""
            ), text


def test_tags_that_do_not_count_are_named() -> None:
    noted: dict[str, list[str]] = {}
    tag_count([RIGHT, f"{RIGHT}{RIGHT}"[:-1], "<think>\n"], noted.__setitem__)
    right, twice, cut = noted["tag_count_deviation"]
    assert right == ""
    assert twice.startswith(r"'<think>\n' occurs 2 times; '\n</think>\n' occurs 2 times; ")
    assert cut == r"'\n</think>\n' is missing; '\n<answer>\n' is missing; '\n</answer>' is missing"


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("Step 1: add. Step 12: divide.", 2),
        # A numbered line counts wherever it is, and a number within a line does not.
        ("1. add\n2. divide by 3. Then stop", 2),
        # A bullet has a line break before it.
        ("- one\n- two\n* three", 2),
        ("First, add. Next, divide. Finally, stop.", 3),
        ("first we add, then stop", 0),
        ("", 0),
    ],
)
def test_reasoning_steps(text: str, marks: int) -> None:
    assert reasoning_steps([text]) == [pytest.approx(marks / 3)]


def test_more_than_three_steps_are_worth_no_more() -> None:
    assert reasoning_steps(["Step 1: Step 2: Step 3: Step 4:"]) == [1.0]


def test_the_markers_of_steps_and_their_number_can_be_chosen() -> None:
    text = "## one\n## two\nStep 3: three"
    assert reasoning_steps([text], pattern="^## ", steps=4) == [0.5]
    # Groups in the pattern do not count on their own.
    assert reasoning_steps([text], pattern="^(#)(#) ", steps=4) == [0.5]


@pytest.mark.parametrize("reward", [format_reward, tag_count, reasoning_steps])
def test_chats_and_strings_score_alike(reward: object) -> None:
    assert callable(reward)
    text = f"{RIGHT}\n- so"
    assert reward([[{"role": "assistant", "content": text}]]) == reward([text])
    assert reward([]) == []
