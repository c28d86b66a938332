"""Sampling from a server of OpenAI's protocol: a real one over HTTP, that fails in all the usual ways."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from r1cli.errors import R1Error
from r1cli.sampling import endpoint
from r1cli.sampling.endpoint import Endpoint, sample_all
from r1cli.sampling.store import SamplingRequest
from tests.completion_service import Service

REQUESTS = [
    SamplingRequest(f"p{number}", 0, [{"role": "user", "content": str(number)}]) for number in range(20)
]


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setattr(endpoint, "FIRST_WAIT", 0.01)
    monkeypatch.delenv(endpoint.API_KEY, raising=False)
    running = Service()
    yield running
    running.server.shutdown()


def sampled(
    service: Service, requests: list[SamplingRequest] = REQUESTS, seed: int = 40, **settings: Any
) -> dict[str, tuple[str, str, int]]:
    found: dict[str, tuple[str, str, int]] = {}
    sample_all(
        Endpoint(service.url, "the-model", **settings),
        requests,
        {"temperature": 0.6, "max_tokens": 9, "seed": seed},
        lambda request, *rest: found.update({request.problem: rest}),
    )
    return found


def test_each_is_asked_once_and_many_at_a_time(service: Service) -> None:
    found = sampled(service, concurrency=4)
    assert found["p0"] == ("it is 0", "stop", 5)
    assert found["p3"] == ("it is 3", "length", 5)
    # A reasoning parser has taken the tags away.
    assert found["p7"] == ("<think>\nhm\n</think>\nit is 7", "stop", 5)
    assert len(found) == len(service.bodies) == 20
    assert 2 <= service.most <= 4
    assert all(body["model"] == "the-model" and body["max_tokens"] == 9 for body in service.bodies)


def test_no_two_completions_have_one_seed(service: Service) -> None:
    requests = [
        SamplingRequest(problem, number, REQUESTS[0].prompt) for problem in "pq" for number in range(3)
    ]
    for base in (40, 41, 40):
        sampled(service, requests, base)
    first, second, again = (
        sorted(body["seed"] for body in service.bodies[start : start + 6]) for start in (0, 6, 12)
    )
    assert first == again
    assert len({*first, *second}) == 12


def test_a_completion_that_the_server_broke_off_is_asked_for_again(service: Service) -> None:
    """vLLM says so of what it had begun when it is shut down."""
    broken = json.dumps({"choices": [{"message": {"content": "it"}, "finish_reason": "abort"}]})
    service.fail = lambda number: (200, broken) if number == 1 else None
    assert sampled(service, REQUESTS[:1])["p0"] == ("it is 0", "stop", 5)
    service.fail = lambda number: (200, broken)
    with pytest.raises(R1Error, match="finish_reason abort"):
        sampled(service, REQUESTS[:1])


def test_a_busy_server_is_asked_again(service: Service) -> None:
    service.fail = lambda number: (503, "overloaded") if number % 2 else None
    assert len(sampled(service, concurrency=2)) == 20


def test_what_came_before_a_failure_was_handed_over(service: Service) -> None:
    service.fail = lambda number: (400, "this model's maximum context length is 8") if number > 10 else None
    found: dict[str, str] = {}
    with pytest.raises(R1Error, match="maximum context length"):
        sample_all(
            Endpoint(service.url, concurrency=1),
            REQUESTS,
            {},
            lambda request, text, *rest: found.update({request.problem: text}),
        )
    assert len(found) == 10


def test_a_server_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "FIRST_WAIT", 0.01)
    with pytest.raises(R1Error, match=r"http://127\.0\.0\.1:9/v1 does not answer"):
        sample_all(Endpoint("http://127.0.0.1:9/v1"), REQUESTS, {}, lambda *rest: None)


def test_a_key_is_sent_and_never_shown(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(endpoint.API_KEY, "sk-secret")
    service.fail = lambda number: (401, "wrong key sk-secret")
    with pytest.raises(R1Error) as raised:
        sampled(service)
    assert "401" in str(raised.value)
    assert "sk-secret" not in str(raised.value)
