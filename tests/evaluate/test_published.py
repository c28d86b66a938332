"""Published numbers beside one's own."""

from dataclasses import replace
from typing import Any

import pytest

from r1cli.evaluate.protocol import find_protocol
from r1cli.evaluate.published import Comparison, compare, published_results
from r1cli.evaluate.result import Result, summarise
from r1cli.evaluate.statistics import Group

QWEN_7B = "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B"


def _aime(right: list[int], samples: int = 64, **more: Any) -> Result:
    """A result on AIME 2024 with this number of right samples of each problem."""
    groups: list[Group] = [[1.0] * count + [0.0] * (samples - count) for count in right]
    settings = {**find_protocol("deepseek-r1").settings("aime24"), "samples": samples}
    known = {"truncated": [], "faults": [], "settings": settings, "versions": {}, "prompt_hash": ""}
    return summarise("aime24", groups, **{**known, **more})


def _beside(result: Result, title: str, metric: str = "pass@1") -> Comparison:
    [row] = [
        row
        for row in compare(result, QWEN_7B)
        if row.same_model and (row.published.title, row.published.metric) == (title, metric)
    ][:1]
    return row


def test_the_tables() -> None:
    found = {
        (one.title, one.model, one.benchmark, one.metric): (one.value, one.problems, one.samples)
        for one in published_results()
        if one.model != QWEN_7B
    }
    llama = "deepseek-ai/DeepSeek-R1-Distill-Llama-8B"
    assert found["DeepSeek", llama, "aime24", "pass@1"] == (0.504, 30, 64)
    assert found["DeepSeek", llama, "aime24", "cons@64"] == (0.8, 30, 64)
    assert found["DeepSeek", "deepseek-ai/DeepSeek-R1", "codeforces", "rating"] == (2029, None, None)
    assert found["open-r1", llama, "math_500", "pass@1"] == (0.886, 500, 4)
    assert found["open-r1", llama, "gpqa:diamond", "pass@1"] == (0.467, 198, 8)
    assert found["open-r1", "open-r1/OpenR1-Distill-7B", "lcb:v4_v5", "pass@1"] == (0.394, 268, 16)
    # 11 models of DeepSeek's with six columns, one of them without cons@64; 8 rows of open-r1's with four.
    assert len(published_results()) == 11 * 6 - 1 + 8 * 4
    assert all(0 < one.value < 1 for one in published_results() if one.metric != "rating")


def test_every_published_number_stands_beside() -> None:
    rows = compare(_aime([32] * 30), f"/models/{QWEN_7B.partition('/')[2].upper()}/")
    assert [row.same_model for row in rows] == [True] * 3 + [False] * 16
    assert {row.published.benchmark for row in rows} == {"aime24"}
    row = rows[0]
    assert row.difference.value == row.own.value - row.published.value == pytest.approx(0.5 - 0.555)
    assert row.difference.low < row.difference.value < row.difference.high


def test_nothing_published_stands_beside_another_reward() -> None:
    assert not compare(replace(_aime([32] * 30), reward="format"), QWEN_7B)


def test_a_number_that_is_reproduced() -> None:
    # 54.2 % against 55.5 %. A dozen problems at one half: 12/30 of 1/4 over 64 samples of 30 problems is a
    # standard error of 0.7 points, and 1.0 for the difference.
    row = _beside(_aime([64] * 10 + [32] * 12 + [16] + [0] * 7), "DeepSeek")
    assert row.verdict == "agrees"
    assert row.meaning().startswith("-1.3 points: within the range of sampling")
    assert row.noise is not None
    assert row.noise.high - row.noise.low == pytest.approx(2 * 1.96 * 0.0102, rel=0.1)
    assert row.deviations == ()


def test_more_than_noise_on_too_few_problems() -> None:
    row = _beside(_aime([64] * 13 + [32] * 12 + [0] * 5), "DeepSeek")
    assert row.verdict == "differs here"
    assert row.meaning() == (
        "+7.8 points: more than sampling the same problems again explains, but too few problems (30) to "
        "conclude that it holds for others"
    )


def test_a_difference_that_holds_elsewhere() -> None:
    row = _beside(_aime([64] * 29 + [0]), "DeepSeek")
    assert row.verdict == "differs"
    assert "also holds for other problems of the kind" in row.meaning()


def test_some_of_the_problems() -> None:
    row = _beside(_aime([64] * 7 + [0] * 3), "DeepSeek")
    assert row.noise is None
    assert row.verdict == "unclear"
    assert row.meaning() == "+14.5 points: too few problems (10) to tell the two apart"
    assert _beside(_aime([64] * 10), "DeepSeek").verdict == "differs"


def test_one_sample_is_less_sure_than_many() -> None:
    """The same mean: with one sample of each problem nothing shows that another run would give it again."""
    many, one = _aime([64] * 13 + [32] * 12 + [0] * 5), _aime([1] * 19 + [0] * 11, samples=1)
    assert one.mean == many.mean
    assert _beside(many, "DeepSeek").verdict == "differs here"
    row = _beside(one, "DeepSeek")
    assert row.verdict == "agrees"
    assert row.deviations == ("samples: 1, in deepseek-r1 64",)


def test_the_vote_beside_the_vote() -> None:
    answers = [["1"] * 64] * 25 + [["2"] * 64] * 5
    result = _aime([64] * 25 + [0] * 5, answers=answers)
    row = _beside(result, "DeepSeek", "cons@64")
    assert row.own == result.consensus
    assert row.difference.value == pytest.approx(25 / 30 - 0.833)
    assert (row.noise, row.verdict) == (None, "unclear")
    fewer = _aime([32] * 30, samples=32, answers=[["1"] * 32] * 30)
    assert all(row.published.metric == "pass@1" for row in compare(fewer, QWEN_7B))


def test_a_rating_beside_ratings_from_contests() -> None:
    groups: list[Group] = [[1.0], [1.0], [0.0], [0.0]] * 20
    rows = [{"rating": rating} for rating in (1000, 1200, 1400, 1600)] * 20
    known = {"truncated": [], "faults": [], "settings": {}, "versions": {}, "prompt_hash": ""}
    result = summarise("codeforces", groups, figures="rating", rows=rows, **known)
    (row,) = [row for row in compare(result, QWEN_7B) if row.same_model]
    assert row.shown(row.published.value) == "1189" and row.shown(row.own).startswith("1300 (")
    assert row.meaning().startswith("+111: beyond the interval of the estimate here; the published rating is")


def test_livecodebench_is_compared_with_the_window_that_each_reports() -> None:
    for benchmark, title in (("lcb:v5", "DeepSeek"), ("lcb:v4_v5", "open-r1")):
        known = {"truncated": [], "faults": [], "settings": {}, "versions": {}, "prompt_hash": ""}
        result = summarise(benchmark, [[1.0]] * 100 + [[0.0]] * 168, **known)
        rows = [row for row in compare(result, QWEN_7B) if row.same_model]
        assert {row.published.title for row in rows} == {title}
        assert all(row.published.value in (0.374, 0.376) for row in rows)
