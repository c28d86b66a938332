"""The result of a benchmark, from scores to JSON and back."""

import json
from typing import Any

import pytest

from r1cli.errors import R1Error
from r1cli.evaluate.result import Result, hash_prompts, summarise
from r1cli.evaluate.statistics import Group, mean_score, sampling_noise, share
from r1cli.sampling.response import TOO_LONG
from r1cli.sampling.store import Sample

_SETTINGS = {"temperature": 0.6, "top_p": 0.95, "max_new_tokens": 32768, "samples": 4}


def _summary(groups: list[Group], **more: Any) -> Result:
    known = {
        "truncated": [False],
        "faults": [],
        "settings": _SETTINGS,
        "versions": {"r1cli": "1"},
        "prompt_hash": "ab",
    }
    return summarise("math_500", groups, **{**known, **more})


def _failed(failure: str, message: str, passing: bool = False) -> list[Sample]:
    return [Sample("00", "0", 0, failure=failure, message=message, passing=passing)]


def test_a_result_of_its_scores() -> None:
    result = _summary(
        [[1.0, 1.0, 0.0, None], [0.0, 0.0, 0.0, 0.0], [None] * 4],
        truncated=[True, *[False] * 11],
        faults=["timed out", *[None] * 7, *["died"] * 4],
        parsed=[True, True, True, False, None],
        protocol="open-r1",
    )
    assert result.mean == pytest.approx(1 / 3)
    assert (result.problems, result.samples, result.scored) == (2, 4, 7)
    # 1/3 * 1/2; of two of three draws, one right at least: always; and four draws only from the second.
    assert {k: (one.value, one.n) for k, one in result.pass_at.items()} == {
        1: (pytest.approx(1 / 3), 2),
        2: (pytest.approx(1 / 2), 2),
        4: (0.0, 1),
    }
    assert result.truncated == pytest.approx(1 / 12)
    assert result.unparsed == 0.25
    assert result.faults == {"timed out": 1, "died": 4}
    assert [sentence.partition(":")[0] for sentence in result.deviations] == ["prompt"]


def test_the_intervals_are_those_of_the_statistics() -> None:
    groups: list[Group] = [[1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]
    result = _summary(groups, answers=[["1", "2"], ["3", "3"], ["4", "4"]])
    assert result.score == mean_score(groups)
    assert result.again == sampling_noise(groups)
    assert result.consensus is not None
    assert result.consensus.value == 0.5
    assert _summary([[1.0], [0.0]]).score == share(1, 2)


def test_a_result_survives_json() -> None:
    result = _summary([[1.0, 0.0]], answers=[["1", None]], protocol="deepseek-r1", faults=["died"])
    assert Result.from_dict(json.loads(json.dumps(result.to_dict()))) == result


@pytest.mark.parametrize("figures", ["points", "rating"])
def test_figures_beside_the_mean_survive_json(figures: str) -> None:
    rows = [{"name": "nile", "score": 40, "rating": 900}, {"name": "tree", "score": 60, "rating": 1300}]
    result = _summary([[1.0, 0.0], [0.0, 0.0]], figures=figures, rows=rows)
    assert [result.points is None, result.rating is None] == [figures != "points", figures != "rating"]
    assert Result.from_dict(json.loads(json.dumps(result.to_dict()))) == result
    # As an earlier version wrote it.
    old = {name: value for name, value in result.to_dict().items() if name not in ("points", "rating")}
    assert Result.from_dict(old).mean == result.mean


def test_what_is_no_result() -> None:
    tree = _summary([[1.0]]).to_dict()
    for wrong in ({}, {**tree, "more": 1}, {**tree, "interval": None}, {**tree, "pass_at": []}):
        with pytest.raises(R1Error, match="not a result of this version"):
            Result.from_dict(wrong, "results.json")


def test_greedy_copies_do_not_narrow_the_noise() -> None:
    def noise(samples: int, temperature: float) -> tuple[float, float]:
        groups: list[Group] = [[1.0] * samples, [0.0] * samples, [None] * samples]
        return _summary(groups, settings={**_SETTINGS, "temperature": temperature}).noise

    assert noise(4, 0) == noise(1, 0)
    assert noise(4, 0.6) != noise(1, 0.6)


def test_nothing_was_scored() -> None:
    with pytest.raises(R1Error, match="no completion of 'math_500' has a score") as caught:
        _summary([[None, None], []])
    assert caught.value.exit_code == 1
    with pytest.raises(R1Error, match="has a score: refused: answered 400 no such model") as caught:
        _summary([[None]], faults=["refused"], failed=_failed("refused", "answered 400 no such model"))
    assert "--model" in caught.value.fix


def test_what_may_pass_is_no_refusal() -> None:
    failed = [*_failed("refused", "answered 400"), *_failed("server error", "answered 500", passing=True)]
    with pytest.raises(R1Error, match="has a score: server error: answered 500") as caught:
        _summary([[None] * 3], faults=["server error", "refused", "server error"], failed=failed)
    assert caught.value.fix == "check the server, then resume the run: received completions are stored"
    with pytest.raises(R1Error, match="too long for the context: 9 of 8") as caught:
        _summary([[None]], faults=[TOO_LONG], failed=_failed(TOO_LONG, "9 of 8"))
    assert "--max_new_tokens" in caught.value.fix


def test_the_hash_is_of_all_prompts_in_their_order() -> None:
    chats = [[{"role": "user", "content": text}] for text in ("a", "b")]
    assert hash_prompts(chats) == hash_prompts([[{"content": "a", "role": "user"}], chats[1]])
    assert len({hash_prompts(prompts) for prompts in (chats, chats[::-1], chats[:1], ["a", "b"])}) == 4
