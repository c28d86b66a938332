"""A score, "not applicable" and a fault are three things."""

import json
from typing import Any

import pytest

from r1cli.errors import R1Error
from r1cli.execution.program import NotJudged
from r1cli.scoring.faults import FaultWatch
from r1cli.scoring.scorer import ChosenReward, Scorer
from r1cli.scoring.statistics import reward_stats

COMPLETIONS = ["a", "bb", "ccc"]


def lengths(completions: list[str], **kwargs: Any) -> list[float]:
    return [float(len(text)) for text in completions]


def broken(completions: list[str], **kwargs: Any) -> list[float]:
    raise ConnectionError("the service is down")


def sometimes(completions: list[str], **kwargs: Any) -> list[float | None]:
    return [None if text == "bb" else 1.0 for text in completions]


def test_none_keeps_its_meaning() -> None:
    scores = Scorer([ChosenReward("lengths", lengths), ChosenReward("sometimes", sometimes)]).score(
        COMPLETIONS
    )
    assert scores.values == {"lengths": [1.0, 2.0, 3.0], "sometimes": [1.0, None, 1.0]}
    assert scores.faults == [None] * 3
    assert scores.masked() == scores.values


def test_a_fault_blanks_the_row_for_the_trainer_and_stays_in_the_record() -> None:
    scores = Scorer([ChosenReward("lengths", lengths), ChosenReward("broken", broken)]).score(COMPLETIONS)
    assert scores.values["lengths"] == [1.0, 2.0, 3.0]
    assert scores.faults == ["broken: ConnectionError: the service is down"] * 3
    assert scores.masked() == {"lengths": [None] * 3, "broken": [None] * 3}


def test_a_fault_of_weight_zero_does_not_mask() -> None:
    scorer = Scorer([ChosenReward("lengths", lengths), ChosenReward("broken", broken, weight=0.0)])
    assert scorer.score(COMPLETIONS).masked()["lengths"] == [1.0, 2.0, 3.0]


def test_what_was_not_judged_masks_its_row_and_never_ends_a_run() -> None:
    def judged_in_part(completions: list[str], **kwargs: Any) -> list[float | NotJudged]:
        return [NotJudged("too late") if text == "bb" else 1.0 for text in completions]

    watch = FaultWatch(share=0.05, minimum=1)
    rewards = [ChosenReward("lengths", lengths), ChosenReward("judged_in_part", judged_in_part)]
    scores = Scorer(rewards, watch).score(COMPLETIONS)
    assert scores.faults == [None, "not judged: judged_in_part: too late", None]
    assert scores.masked()["lengths"] == [1.0, None, 3.0]
    assert (watch.scored, watch.faulty) == (2, 0)
    watch.conclude()
    # Raised for all of them, too.
    raised = Scorer([ChosenReward("late", _late)], watch).score(COMPLETIONS)
    assert raised.faults == ["not judged: late: nothing was run"] * 3
    assert watch.faulty == 0
    figures = reward_stats(raised.values["late"], raised.faults)
    assert figures == {"none": 0.0, "fault": 0.0}


def _late(completions: list[str], **kwargs: Any) -> list[float]:
    raise NotJudged("nothing was run")


@pytest.mark.parametrize("values", [[1.0], [1.0, 2.0, 3.0, 4.0], None, 1.0])
def test_another_number_of_values_is_a_fault_of_all(values: Any) -> None:
    scores = Scorer([ChosenReward("odd", lambda **kwargs: values)]).score(COMPLETIONS)
    assert all(fault is not None and fault.startswith("odd:") for fault in scores.faults)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "x", "0.5", 10**400])
def test_what_is_no_score_is_a_fault_of_its_row(value: Any) -> None:
    scores = Scorer([ChosenReward("odd", lambda **kwargs: [1.0, value, None])]).score(COMPLETIONS)
    assert scores.values == {"odd": [1.0, None, None]}
    assert scores.faults[0] is scores.faults[2] is None
    assert str(scores.faults[1]).startswith("odd: returned ")


def test_an_exception_among_the_values_is_a_fault_of_its_row() -> None:
    scores = Scorer([ChosenReward("odd", lambda **kwargs: [1.0, OSError("too late"), None])]).score(
        COMPLETIONS
    )
    assert scores.values == {"odd": [1.0, None, None]}
    assert scores.faults == [None, "odd: OSError: too late", None]


def test_logged_columns_have_a_value_for_each_completion() -> None:
    """TRL makes a table of them, and the step dies of columns of several lengths."""

    def logs(completions: list[str], log_extra: Any, **kwargs: Any) -> list[float]:
        log_extra("note", ["only one"])
        return [0.0] * len(completions)

    fault = Scorer([ChosenReward("logs", logs)]).score(COMPLETIONS, log_extra=None).faults[0]
    assert fault == "logs: ValueError: log_extra('note') got 1 values for 3 completions"


def test_a_reward_gets_no_columns_that_it_does_not_take() -> None:
    def plain(completions: list[str], solution: list[str]) -> list[float]:
        return [float(len(one)) for one in solution]

    scored = Scorer([ChosenReward("plain", plain)]).score(
        COMPLETIONS, solution=["a"] * 3, prefill=["<think>"] * 3
    )
    assert (scored.values, scored.faults) == ({"plain": [1.0] * 3}, [None] * 3)


@pytest.mark.parametrize("returned", [None, 1.0])
def test_what_is_no_list_of_scores_is_said_without_a_traceback_of_r1(
    returned: object, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    def forgets(completions: list[str], **kwargs: Any) -> Any:
        return returned

    fault = Scorer([ChosenReward("forgets", forgets)]).score(COMPLETIONS).faults[0]
    assert (
        fault == f"forgets: TypeError: returned {returned}, and not a list with a score for each completion"
    )
    assert "call.py" not in caplog.text + capsys.readouterr().err


def test_rewards_get_columns_and_parameters_and_what_they_ask_for() -> None:
    seen: dict[str, Any] = {}

    def plain(
        completions: list[str], solution: list[str], *, scale: float = 1.0, **kwargs: Any
    ) -> list[float]:
        seen.update(kwargs, scale=scale, solution=solution)
        return [0.0] * len(completions)

    def asking(completions: list[str], log_metric: Any, **kwargs: Any) -> list[float]:
        log_metric("asked", 1.0)
        return [0.0] * len(completions)

    logged: list[Any] = []
    Scorer([ChosenReward("plain", plain, parameters={"scale": 2.0}), ChosenReward("asking", asking)]).score(
        COMPLETIONS,
        prompts=["p"] * 3,
        solution=["1", "2", "3"],
        trainer_state=object(),
        log_metric=lambda *pair: logged.append(pair),
    )
    assert seen == {"prompts": ["p"] * 3, "scale": 2.0, "solution": ["1", "2", "3"]}
    assert logged == [("asked", 1.0)]


def test_coroutines_are_rewards_too() -> None:
    async def slow(completions: list[str], **kwargs: Any) -> list[float]:
        return lengths(completions)

    assert Scorer([ChosenReward("slow", slow)]).score(COMPLETIONS).values["slow"] == [1.0, 2.0, 3.0]


def test_too_many_faults_end_the_run() -> None:
    scorer = Scorer([ChosenReward("broken", broken)], FaultWatch(minimum=6))
    scorer.score(COMPLETIONS)
    with pytest.raises(R1Error, match="6 of the last 6 completions could not be scored: broken") as caught:
        scorer.score(COMPLETIONS)
    assert caught.value.exit_code == 1


def test_a_share_of_faults_within_the_limit_is_counted_only() -> None:
    watch = FaultWatch(share=0.05, window=200, minimum=50)
    watch.count(["fault"] * 10 + [None] * 190)
    assert (watch.scored, watch.faulty) == (200, 10)
    watch.conclude()
    with pytest.raises(R1Error, match="11 of the last 200"):
        watch.count(["fault"] * 11 + [None] * 9)


def test_a_batch_larger_than_the_window_is_looked_at_as_a_whole() -> None:
    """Rows of several ranks follow each other, and those of the first may be the broken ones."""
    with pytest.raises(R1Error, match="100 of the last 1000"):
        FaultWatch(share=0.05, window=200).count(["fault"] * 100 + [None] * 900)


def test_a_short_run_of_nothing_but_faults_fails_at_its_end() -> None:
    scorer = Scorer([ChosenReward("broken", broken)])
    scorer.score(COMPLETIONS)
    with pytest.raises(R1Error, match="3 of all 3 completions could not be scored"):
        scorer.watch.conclude()


def test_a_fault_is_logged_once_with_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    scorer = Scorer([ChosenReward("broken", broken)])
    scorer.score(COMPLETIONS)
    scorer.score(COMPLETIONS)
    log = capsys.readouterr().err
    assert log.count("Traceback") == 1
    assert 'raise ConnectionError("the service is down")' in log


def test_what_the_user_can_fix_has_no_traceback_and_any_other_exception_the_rewards_part_of_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def asks(completions: list[str], **kwargs: Any) -> list[float]:
        try:
            json.loads("")
        except ValueError as error:
            raise R1Error("no answer from the server", fix="start the server") from error
        return []

    def reads(completions: list[str], **kwargs: Any) -> list[float]:
        return [json.loads(one) for one in completions]

    faults = Scorer([ChosenReward("asks", asks)]).score(COMPLETIONS).faults
    said = "asks: no answer from the server\n  fix: start the server"
    assert faults == [said] * 3
    assert capsys.readouterr().err == f"reward fault, logged once: {said}\n"
    Scorer([ChosenReward("reads", reads)]).score(["{", "{", "{"])
    log = capsys.readouterr().err
    assert "return [json.loads(one) for one in completions]" in log and "JSONDecodeError: " in log
    assert "call.py" not in log and "decoder.py" not in log


def test_a_column_is_no_parameter() -> None:
    def takes_language(completions: list[str], *, language: str = "en", **kwargs: object) -> list[float]:
        return [float(language == "en") for _ in completions]

    def takes_gold(completions: list[str], *, solution: list[str], **kwargs: object) -> list[float]:
        return [float(len(solution)) for _ in completions]

    scorer = Scorer([ChosenReward("one", takes_language), ChosenReward("two", takes_gold)])
    scores = scorer.score(["a", "b"], language=["python", "c"], solution=["1", "2"])
    assert scores.values == {"one": [1.0, 1.0], "two": [2.0, 2.0]}


def test_a_fault_of_a_reward_without_weight_is_counted_and_masks_nothing() -> None:
    def broken(completions: list[str], **kwargs: object) -> list[float]:
        raise RuntimeError("boom")

    scorer = Scorer(
        [ChosenReward("broken", broken, 0.0), ChosenReward("fine", lambda completions, **k: [1.0])]
    )
    assert scorer.score(["a"]).masked()["fine"] == [1.0]
    assert scorer.watch.faulty == 1


@pytest.mark.parametrize("value", [1e300, "x", object()])
def test_what_float32_cannot_hold_is_no_score(value: object) -> None:
    scorer = Scorer([ChosenReward("odd", lambda completions, **k: [value, 1.0])])
    assert scorer.score(["a", "b"]).values["odd"] == [None, 1.0]
