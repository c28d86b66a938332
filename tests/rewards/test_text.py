"""Repetition, length limits and language, with values worked out by hand."""

import sys
from importlib.util import find_spec

import pytest
from r1_rewards.language import language_consistency
from r1_rewards.length import soft_overlong_punishment
from r1_rewards.text import repetition_penalty

from tests.conftest import require


def test_repetition_penalty() -> None:
    # a b c a b c: the trigrams abc, bca, cab, abc; 3 of 4 are distinct: (1 - 3/4) * -1 = -0.25.
    # Capitals are the same words. "a b": too short for a trigram.
    completions = ["a b c A B C", "a b c d", "a b", ""]
    assert repetition_penalty(completions) == [-0.25, 0.0, 0.0, 0.0]
    chats = [[{"role": "assistant", "content": text}] for text in completions]
    assert repetition_penalty(chats) == [-0.25, 0.0, 0.0, 0.0]
    # Pairs: ab bc ca ab bc; 3 of 5 are distinct: (1 - 3/5) * -0.5 = -0.2.
    found = repetition_penalty(["a b c a b c"], ngram_size=2, max_penalty=-0.5)
    assert found == pytest.approx([-0.2])
    assert repetition_penalty([]) == []
    # No -0.0, which would look odd in a table.
    assert str(repetition_penalty(["a b c d"])[0]) == "0.0"


def test_a_penalty_that_rewards_is_refused() -> None:
    with pytest.raises(ValueError, match="max_penalty"):
        repetition_penalty(["a b c"], max_penalty=0.1)
    with pytest.raises(ValueError, match="language"):
        repetition_penalty(["a b c"], language="fr")


def test_chinese_words() -> None:
    require("jieba", find_spec("jieba") is not None, "pip install jieba")
    # 我们 计算 我们 计算 我们 计算: the pairs 我们计算 three times and 计算我们 twice: (1 - 2/5) * -1 = -0.6.
    assert repetition_penalty(["我们计算我们计算我们计算"], ngram_size=2, language="zh") == [-0.6]


def test_without_jieba_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jieba", None)
    with pytest.raises(ImportError, match=r"r1cli\[languages\]"):
        repetition_penalty(["我们计算"], language="zh")


def test_soft_overlong_punishment() -> None:
    # Limit 100, cache 20: nothing up to 80; 85: (80 - 85) / 20 = -0.25; 100: -1; beyond: -1.
    sizes = (0, 80, 85, 100, 101)
    ids = [[1] * size for size in sizes]
    found = soft_overlong_punishment(["x"] * 5, ids, max_completion_len=100, soft_punish_cache=20)
    assert found == [0.0, 0.0, -0.25, -1.0, -1.0]
    # By default 12,288 tokens are free.
    assert soft_overlong_punishment(["x"] * 2, [[1] * 12288, [1] * 14336]) == [0.0, -0.5]
    assert soft_overlong_punishment([], []) == []
    # Without a cache the limit is a step.
    assert soft_overlong_punishment(
        ["x"] * 2, [[1] * 9, [1] * 10], max_completion_len=9, soft_punish_cache=0
    ) == [
        0.0,
        -1.0,
    ]
    with pytest.raises(ValueError, match="soft_punish_cache"):
        soft_overlong_punishment(["x"], [[1]], max_completion_len=10)


@pytest.mark.parametrize(
    ("prompt", "completion", "share"),
    [
        ("How many apples?", "<think>Two and two</think>двадцать", 1.0),
        # twelve: 6 letters; восемь: 6 letters.
        ("How many apples?", "<think>twelve восемь</think>", 0.5),
        # 因为所以 is 4 letters, because 7.
        ("多少苹果", "<think>因为 because 所以</think>", 4 / 11),
        # Kana and Han together are Japanese; in a Chinese chain of thought kana are foreign.
        ("りんごは何個ですか", "漢字とかな", 1.0),
        ("苹果有几个", "漢字とかな", 2 / 5),
        # The mark of a repeated character is not a separate script.
        ("りんごは何個ですか", "我々は人々を", 1.0),
        ("苹果有几个", "我々", 1.0),
        # Formulas, commands, code and variables are of no language.
        ("多少苹果", "设 x 为 $apples$ \\frac \\boxed{two} ```python\nprint()\n``` 因为 y", 1.0),
        # Cut off within the thoughts; opened by the prompt.
        ("How many?", "<think>two", 1.0),
        ("How many?", "two</think>четыре", 1.0),
        # No letters on one of the sides: nobody can say.
        ("2 + 2", "four", None),
        ("How many?", "<think>2 + 2</think>four", None),
        ("How many?", "", None),
    ],
)
def test_language_consistency_by_script(prompt: str, completion: str, share: float | None) -> None:
    assert language_consistency([completion], [prompt]) == [pytest.approx(share)]
    chat = [{"role": "assistant", "content": completion}]
    asked = [{"role": "system", "content": "Пиши"}, {"role": "user", "content": prompt}]
    assert language_consistency([chat], [asked]) == [pytest.approx(share)]


@pytest.mark.slow
def test_language_consistency_by_word() -> None:
    require("lingua", find_spec("lingua") is not None, "pip install lingua-language-detector")
    asked = "Wie viel ist zwei und drei zusammen?"
    thought = "Dann addieren wir die Zahlen und teilen das Ergebnis durch vier."
    other = "So the answer is five, since three and two make five."
    found = language_consistency([thought, other, ""], [asked] * 3, detector="word")
    assert found == [1.0, 0.0, None]


def test_the_language_of_the_answer() -> None:
    # Without a block it is the text after the thoughts.
    completions = ["<think>Two</think><answer>двадцать</answer> well", "<think>два</think>twenty"]
    assert language_consistency(completions, ["How many?"] * 2, part="answer") == [0.0, 1.0]


def test_language_edges() -> None:
    assert language_consistency([], []) == []
    with pytest.raises(ValueError, match="detector"):
        language_consistency(["a"], ["b"], detector="guess")
