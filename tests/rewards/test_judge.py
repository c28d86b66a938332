"""The judge, against a local server that speaks the protocol."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest
from r1_rewards import judge as module
from r1_rewards.judge import JudgeError, judge

from tests.judge_service import Service, serving


def grade_in(message: str) -> int:
    """A reply "grade N" is graded N, any other 10."""
    _, found, rest = message.partition("grade ")
    return int(rest.split()[0]) if found else 10


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setattr(module, "FIRST_WAIT", 0.01)
    monkeypatch.setattr(module, "_grades", {})
    monkeypatch.setenv("JUDGE_KEY", "sk-very-secret")
    with serving(grade_in) as server:
        yield server


def ask(service: Service, completions: list[Any], **parameters: Any) -> list[float | JudgeError]:
    prompts = parameters.pop("prompts", ["Help!"] * len(completions))
    settings = {"base_url": service.url, "model": "grader", "api_key_env": "JUDGE_KEY", **parameters}
    return asyncio.run(judge(completions, prompts, **settings))


def failure(service: Service, completions: list[Any], **parameters: Any) -> str:
    """What kept the only completion from a grade."""
    (error,) = ask(service, completions, **parameters)
    assert isinstance(error, JudgeError)
    return str(error)


def test_grades_are_scaled_and_keep_their_order(service: Service) -> None:
    # (1 - 1) / 9 = 0, (4 - 1) / 9 = 1/3, (10 - 1) / 9 = 1.
    completions = ["grade 1", [{"role": "assistant", "content": "grade 4 ü"}], "grade 10"]
    prompts = ["a", [{"role": "system", "content": "be kind"}, {"role": "user", "content": "b"}], "c"]
    assert ask(service, completions, prompts=prompts) == pytest.approx([0.0, 1 / 3, 1.0])
    assert set(service.keys) == {"Bearer sk-very-secret"}
    request = next(each for each in service.requests if "grade 4" in each["messages"][1]["content"])
    assert "system: be kind\n\nuser: b" in request["messages"][1]["content"]
    assert module.RUBRICS["helpfulness"] in request["messages"][0]["content"]
    assert (request["model"], request["temperature"]) == ("grader", 0.0)
    schema = request["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["score"]["enum"] == list(range(1, 11))
    assert ask(service, []) == []


def test_nothing_is_asked_twice_unless_told(service: Service) -> None:
    assert ask(service, ["grade 7", "grade 7"]) == pytest.approx([2 / 3] * 2)
    assert ask(service, ["grade 7"]) == pytest.approx([2 / 3])
    assert len(service.requests) == 1
    ask(service, ["grade 7"], rubric="Is it short and plain?")
    ask(service, ["grade 7"], cache=False)
    assert len(service.requests) == 3


@pytest.mark.parametrize(
    "first",
    [(429, ""), (503, ""), (200, "no json"), (200, '{"score": 11}'), (200, '{"score": true}'), (200, "[]")],
)
def test_a_busy_or_confused_service_is_asked_again(service: Service, first: tuple[int, str]) -> None:
    service.script = [first]
    assert ask(service, ["grade 10"]) == [1.0]
    assert len(service.requests) == 2


def test_a_failure_that_stays_is_a_fault_and_never_a_score(service: Service) -> None:
    service.script = [(500, "")] * 3
    assert "answered 500, in 3 tries" in failure(service, ["a"], retries=2)
    assert len(service.requests) == 3
    # What succeeds later is asked again: the failure was not stored.
    assert ask(service, ["a"]) == [1.0]


def test_one_without_a_grade_costs_no_other_its_grade(service: Service) -> None:
    service.script = [(400, "too long")]
    grades = ask(service, ["first", "grade 10"], concurrency=1)
    assert isinstance(grades[0], JudgeError) and "answered 400" in str(grades[0])
    assert grades[1] == 1.0


def test_a_service_that_is_down_is_soon_given_up(service: Service) -> None:
    service.script = [(500, "")] * 100
    grades = ask(service, [str(number) for number in range(40)], retries=0, concurrency=4)
    assert all(isinstance(grade, JudgeError) for grade in grades)
    assert 8 <= len(service.requests) <= 12
    assert "not sent, because" in str(grades[-1])


def test_a_refusal_is_not_asked_again_and_shows_no_key(service: Service) -> None:
    service.script = [(401, "Incorrect API key provided: sk-very-secret")]
    said = failure(service, ["a"])
    assert "answered 401" in said and "secret" not in said
    assert len(service.requests) == 1


def test_a_service_that_is_not_there(service: Service) -> None:
    assert "no answer from" in failure(service, ["a"], base_url="http://127.0.0.1:9/v1", retries=1)


def test_the_wait_that_a_service_asks_for_is_heeded_up_to_a_limit(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LONGEST_WAIT", 0.3)
    service.script = [(429, "")]
    service.retry_after = "900"
    started = time.monotonic()
    assert ask(service, ["grade 10"]) == [1.0]
    assert 0.3 <= time.monotonic() - started < 60


def test_what_must_be_set(service: Service) -> None:
    assert ask(service, ["grade 10"], rubric="回答是否正确且有帮助") == [1.0]
    with pytest.raises(ValueError, match="no rubric 'helpfullness'"):
        ask(service, ["a"], rubric="helpfullness")
