"""Scores of stored completions, with the answers that a verifier logs."""

from dataclasses import replace
from pathlib import Path

import pytest

from r1cli.cli.evaluate_results import show_results
from r1cli.config.groups.rewards import Rewards
from r1cli.errors import R1Error
from r1cli.evaluate import verdicts
from r1cli.evaluate.problem import Problem
from r1cli.evaluate.result import Result, summarise
from r1cli.evaluate.result_files import results_of, write_results
from r1cli.evaluate.task import Task, as_published
from r1cli.evaluate.verdicts import scores_of, versions_of
from r1cli.sampling.store import Sample
from r1cli.verdicts import VERSION

VERIFIER = """
def shouts(completions, solution, log_extra, **kwargs):
    answers = [text.split()[-1] if text else None for text in completions]
    log_extra("answer", answers)
    return [float(answer == gold) for answer, gold in zip(answers, solution)]
"""
COMPLETIONS = {"one": ["so YES", "so YES", "so NO", ""], "two": ["NO", "NO", "so YES", "YES"]}


def task(reward: str) -> Task:
    problems = [Problem(name, "?", {"solution": "YES"}) for name in COMPLETIONS]
    return Task("mine", problems, Rewards(reward_funcs=[reward]), 4)


def test_consensus_and_unparsed_of_a_verifier_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(VERIFIER)
    mine = task(f"{tmp_path / 'mine.py'}:shouts")
    samples = [
        Sample(f"{name}{number}", name, number, text, "stop", 1)
        for name, texts in COMPLETIONS.items()
        for number, text in enumerate(texts)
    ]
    scores = scores_of(mine, samples)
    assert [score.answer for score in scores] == ["right", "right", "NO", None, "NO", "NO", "right", "right"]
    (result,) = results_of(mine, samples, scores, versions_of(mine))
    assert result.unparsed == 1 / 8
    assert result.consensus is not None
    # Right for the one problem; a tie for the other.
    assert result.consensus.value == pytest.approx(0.75)
    assert result.verdicts == str(VERSION)


def result(**versions: str) -> Result:
    return summarise(
        "mine", [[1.0]], truncated=[False], faults=[None], settings={}, versions=versions, prompt_hash=""
    )


def test_results_of_different_verdicts_are_not_mixed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    of = {"old": result(), "new": result(verdicts="2"), "theirs": result(lighteval="0.13")}
    for name, one in of.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.yaml").write_text("{command: evaluate, config: {}}")
        write_results(tmp_path / name, [one])
    with pytest.raises(R1Error, match="versions 1 and 2") as caught:
        show_results([tmp_path / name for name in of])
    assert f"r1 evaluate score {tmp_path / 'old'}" in str(caught.value.fix)
    assert str(tmp_path / "new") not in str(caught.value.fix)
    show_results([tmp_path / "new", tmp_path / "theirs"])
    assert capsys.readouterr().out.count("mine") == 2


def test_open_r1s_protocol_looks_for_answers_as_open_r1_does() -> None:
    rewards = Rewards(reward_funcs=["accuracy", "format"], parameters={"accuracy": {"mode": "latex"}})
    published = as_published(rewards, "open-r1").parameters
    assert published == {"accuracy": {"mode": "latex", "answer": "strict"}}
    boxed = replace(rewards, parameters={"accuracy": {"answer": "boxed"}})
    assert as_published(boxed, "open-r1").parameters["accuracy"]["answer"] == "boxed"
    assert as_published(rewards, "lighteval") == as_published(rewards, None) == rewards


def test_large_rows_are_scored_in_small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdicts, "LARGE", 250)
    monkeypatch.setattr(verdicts, "SIZE", 5)
    texts = {"tests": [{"input": "x" * 60, "output": "y" * 40}]}
    problems = {str(number): Problem(str(number), "?", texts) for number in range(5)}
    counts = [(0, 2), (1, 6), (2, 1), (3, 1), (4, 1)]
    samples = [
        Sample("key", str(problem), number, "", "stop", 1)
        for problem, size in counts
        for number in range(size)
    ]
    parts = list(verdicts._batches(samples, problems))
    assert [one for part in parts for one in part] == samples
    assert [[one.problem for one in part] for part in parts] == [
        ["0", "0", "1", "1", "1"], ["1", "1", "1", "2"], ["3", "4"]
    ]  # fmt: skip
