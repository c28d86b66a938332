"""The client, against a real server over HTTP that fails in all the usual ways."""

import asyncio
import json
import signal
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import ThreadingHTTPServer
from typing import Any

import pytest
from httpx2 import Response

import r1cli
from r1cli import Client, Completion, Endpoint, Failure, R1Error
from r1cli.endpoint import API_KEY, parse_endpoints
from r1cli.sampling.client import sample_all
from r1cli.sampling.sampling_request import SamplingRequest, requests_for
from r1cli.sampling.server_info import require_connection
from r1cli.sampling.store import Outcome
from tests import completion_service
from tests.completion_service import Answer, Service, error

pytestmark = pytest.mark.e2e

NOWHERE = "http://127.0.0.1:9/v1"


def chats(number: int) -> list[SamplingRequest]:
    prompts = [(f"p{count}", [{"role": "user", "content": str(count)}]) for count in range(number)]
    return requests_for(prompts, 1, {})


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(API_KEY, raising=False)


@pytest.fixture
def service() -> Iterator[Service]:
    running = Service()
    yield running
    running.server.shutdown()


@pytest.fixture
def other() -> Iterator[Service]:
    running = Service()
    yield running
    running.server.shutdown()


def sampled(
    *urls: str, requests: list[SamplingRequest] | None = None, seed: int = 40, **settings: Any
) -> dict[str, Outcome]:
    found: dict[str, Outcome] = {}
    client = Client(parse_endpoints(urls), model="the-model", **{"first_wait": 0.01, **settings})
    sample_all(
        client,
        chats(20) if requests is None else requests,
        {"temperature": 0.6, "max_tokens": 9, "seed": seed},
        lambda request, outcome: found.update({request.problem: outcome}),
    )
    return found


def failure(service: Service, answer: Answer) -> Failure:
    """The outcome of one request that is always answered like this."""
    service.fail = lambda number: answer
    found = sampled(service.url, requests=chats(1))["p0"]
    assert isinstance(found, Failure)
    return found


def test_each_is_asked_once_and_many_at_a_time(service: Service) -> None:
    found = sampled(service.url, concurrency=4)
    assert found["p0"] == Completion("it is 0", "stop", 5, prompt_tokens=3)
    assert found["p3"] == Completion("it is 3", "length", 5, prompt_tokens=3)
    # A reasoning parser has taken the tags away.
    assert found["p7"] == Completion("<think>\nhm\n</think>\nit is 7", "stop", 5, prompt_tokens=3)
    assert len(found) == len(service.bodies) == 20
    assert 2 <= service.most <= 4
    assert all(body["model"] == "the-model" and body["max_tokens"] == 9 for body in service.bodies)


@pytest.mark.parametrize(("ended", "text"), [("length", "<think>\nhm"), ("stop", "<think>\nhm\n</think>\n")])
def test_thoughts_that_were_cut_off_have_no_end(service: Service, ended: str, text: str) -> None:
    message = {"content": None, "reasoning_content": "hm"}
    answer = {"choices": [{"message": message, "finish_reason": ended}]}
    service.fail = lambda number: Answer(200, json.dumps(answer))
    found = sampled(service.url, requests=chats(1))["p0"]
    assert isinstance(found, Completion) and found.text == text


def test_no_two_completions_have_one_seed(service: Service) -> None:
    prompt = chats(1)[0].prompt
    for base in (40, 41, 40):
        sampled(service.url, requests=requests_for([("p", prompt), ("q", prompt)], 3, {}), seed=base)
    first, second, again = (
        sorted(body["seed"] for body in service.bodies[start : start + 6]) for start in (0, 6, 12)
    )
    assert first == again
    assert len({*first, *second}) == 12


def test_the_public_function_keeps_the_order_of_chats_and_texts(service: Service) -> None:
    prompts = ["one", [{"role": "user", "content": "two"}], "one \ud83d"]
    found = r1cli.complete(prompts, endpoint=service.url, max_tokens=3)
    texts = [outcome.text for outcome in found if isinstance(outcome, Completion)]
    assert texts == ["it is one", "it is two", "it is one \ud83d"]
    assert {body["model"] for body in service.bodies} == {"the-model"}
    assert r1cli.complete([], endpoint=service.url) == []


@pytest.mark.parametrize(
    ("status", "server"), [(500, NOWHERE), (404, f"the server at {NOWHERE}")], ids=["fails", "has no list"]
)
def test_a_server_that_does_not_list_its_models(
    status: int, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def send(*words: Any) -> Response:
        return Response(status, text="Internal Server Error")

    monkeypatch.setattr(Client, "_send", send)
    with pytest.raises(R1Error) as caught:
        asyncio.run(Client(parse_endpoints([NOWHERE]), tries=1).first_model())
    assert caught.value.what == (
        f"no model is named, and the server does not say which it has: {server} answered {status} "
        "Internal Server Error"
    )
    assert caught.value.where == NOWHERE
    assert "--model" in caught.value.fix and "r1 serve" in caught.value.fix


@pytest.mark.parametrize(
    "name", ["BUSY", "OVERLOADED", "BROKEN", "RUBBISH", "HALF", "ABORTED", "EMPTY", "DROPPED"]
)
def test_what_may_pass_is_asked_for_again(service: Service, name: str) -> None:
    answer = getattr(completion_service, name)
    service.fail = lambda number: answer if number % 2 else None
    found = sampled(service.url, concurrency=2)
    assert len(found) == 20
    assert all(isinstance(outcome, Completion) for outcome in found.values())
    assert len(service.bodies) > 20


@pytest.mark.parametrize(
    ("name", "reason", "message"),
    [
        ("BUSY", "server busy", "answered 429 Rate limit reached"),
        ("OVERLOADED", "server busy", "answered 503 overloaded"),
        ("BROKEN", "server error", "answered 500 CUDA error"),
        ("RUBBISH", "unusable answer", "sent no completion: <html>"),
        ("HALF", "dropped", "dropped the connection"),
        ("ABORTED", "unusable answer", "finish_reason abort"),
        ("EMPTY", "unusable answer", "empty choice"),
        ("DROPPED", "dropped", "dropped the connection"),
    ],
)
def test_what_does_not_pass_is_a_failure_that_may(
    service: Service, name: str, reason: str, message: str
) -> None:
    found = failure(service, getattr(completion_service, name))
    assert (found.reason, found.passing) == (reason, True)
    assert message in found.message
    assert len(service.bodies) == 6


@pytest.mark.parametrize(
    ("name", "reason"),
    [("FILTERED", "filtered"), ("TOO_LONG", "too long for the context"), ("REFUSED", "refused")],
)
def test_what_stays_is_a_failure_after_one_try(service: Service, name: str, reason: str) -> None:
    found = failure(service, getattr(completion_service, name))
    assert (found.reason, found.passing) == (reason, False)
    assert len(service.bodies) == 1


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (400, error("Your messages are too many", code="context_length_exceeded")),
        (400, error("You passed 9 input tokens. However, the model's context length is only 8 tokens")),
        (400, error("The decoder prompt (length 9) is longer than the maximum model length of 8.")),
        (400, error("The input (9 tokens) is longer than the model's context length (8 tokens).")),
        (400, error("Input length (9 tokens) exceeds the maximum allowed length (8 tokens).")),
        (400, error("the request exceeds the available context size", type="exceed_context_size_error")),
        (422, '{"error": "Input validation error: `inputs` must have less than 8 tokens. Given: 9"}'),
        (422, error("`inputs` tokens + `max_new_tokens` must be <= 8. Given: 6 `inputs` tokens and 3")),
    ],
)
def test_a_context_overflow_in_each_servers_words(service: Service, status: int, text: str) -> None:
    assert failure(service, Answer(status, text)).reason == "too long for the context"


def test_a_filter_may_also_answer_with_an_error(service: Service) -> None:
    assert failure(service, Answer(400, error("no", code="content_filter"))).reason == "filtered"


def test_a_slow_answer_is_asked_for_again_and_then_a_failure(service: Service) -> None:
    service.fail = lambda number: Answer(500, seconds=0.5) if number == 1 else None
    assert isinstance(sampled(service.url, requests=chats(1), timeout=0.2)["p0"], Completion)
    service.fail = lambda number: Answer(500, seconds=0.5)
    found = sampled(service.url, requests=chats(1), timeout=0.2, tries=2)["p0"]
    assert isinstance(found, Failure)
    assert (found.reason, found.passing) == ("timed out", True)


def test_one_failure_costs_no_other_its_completion(service: Service) -> None:
    service.fail = lambda number: completion_service.TOO_LONG if number == 5 else None
    found = sampled(service.url)
    assert sum(isinstance(outcome, Failure) for outcome in found.values()) == 1
    assert len(found) == len(service.bodies) == 20


def soon() -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)


@pytest.mark.parametrize("value", ["1", "date"])
def test_the_wait_that_a_server_asks_for_is_heeded(service: Service, value: str) -> None:
    def busy(number: int) -> Answer | None:
        # A date that is made before the client has started may be past when it is answered.
        wait = soon() if value == "date" else value
        return Answer(429, headers={"retry-after": wait}) if number == 1 else None

    service.fail = busy
    found = sampled(service.url, requests=chats(2), concurrency=1)
    assert all(isinstance(outcome, Completion) for outcome in found.values())
    # A date has whole seconds.
    assert service.times[1] - service.times[0] >= 0.95
    assert len(service.bodies) == 3


def test_a_longer_wait_than_is_allowed_is_cut(service: Service) -> None:
    service.fail = lambda number: Answer(429, headers={"retry-after": "900"}) if number == 1 else None
    started = time.monotonic()
    sampled(service.url, requests=chats(2), longest_wait=0.1)
    assert time.monotonic() - started < 60


def test_a_busy_server_gets_fewer_at_a_time_and_then_more_again(service: Service) -> None:
    """It takes four at a time, and refuses more."""
    running: list[int] = []

    def crowded(number: int) -> Answer | None:
        running.append(service.under_way)
        return completion_service.OVERLOADED if service.under_way > 4 else None

    service.fail = crowded
    found = sampled(service.url, requests=chats(200), concurrency=32, first_wait=0.02, tries=20)
    assert all(isinstance(outcome, Completion) for outcome in found.values())
    assert max(running[:32]) > 4
    assert max(running[-100:]) <= 8
    # It climbs until it is refused again.
    assert max(running[-100:]) >= 4
    assert len(service.bodies) < 400


def test_requests_are_spread_over_servers(service: Service, other: Service) -> None:
    found = sampled(service.url, other.url, requests=chats(40), concurrency=4)
    assert len(found) == len(service.bodies) + len(other.bodies) == 40
    assert min(len(service.bodies), len(other.bodies)) >= 10
    assert max(service.most, other.most) <= 4


def test_a_busy_server_leaves_its_requests_to_another(service: Service, other: Service) -> None:
    service.fail = lambda number: Answer(503, headers={"retry-after": "1"})
    found = sampled(service.url, other.url, requests=chats(40), concurrency=2)
    assert all(isinstance(outcome, Completion) for outcome in found.values())
    assert len(service.bodies) <= 6


def test_one_dead_server_of_two_costs_nothing(service: Service) -> None:
    lost: list[str] = []
    found = sampled(NOWHERE, service.url, requests=chats(40), concurrency=2, tries=1, on_lost=lost.append)
    assert all(isinstance(outcome, Completion) for outcome in found.values())
    assert len(lost) == 1 and NOWHERE in lost[0]


def test_a_server_that_is_not_there_is_named() -> None:
    with pytest.raises(R1Error, match=r"no answer from the server at http://127\.0\.0\.1:9/v1: Connect"):
        sampled(NOWHERE)
    with pytest.raises(R1Error, match="in 2 tries") as raised:
        sampled(NOWHERE, NOWHERE.replace(":9", ":7"), tries=2)
    assert raised.value.fix


def test_servers_of_a_named_model_are_asked_whether_they_are_there(service: Service) -> None:
    require_connection([Endpoint(NOWHERE), Endpoint(service.url)])
    with pytest.raises(R1Error, match=r"no answer from the server at http://127\.0\.0\.1:9/v1: Connect"):
        require_connection([Endpoint(NOWHERE)])


@pytest.mark.parametrize(
    ("status", "path", "fix"),
    [
        (401, "/v1", f"set {API_KEY}"),
        (403, "/v1", f"set {API_KEY}"),
        (402, "/v1", "no credit"),
        (404, "", r"ends in /v1: repeat the command with --endpoint http://127\.0\.0\.1:\d+/v1$"),
        (404, "/v1", "start a new run with a --model that it has: http://.*/v1/models lists them"),
    ],
)
def test_what_concerns_every_request_ends_them(service: Service, status: int, path: str, fix: str) -> None:
    service.fail = lambda number: Answer(status, error("no"))
    with pytest.raises(R1Error, match=f"the server at .* answered {status} no") as raised:
        sampled(service.url.removesuffix("/v1") + path, concurrency=1)
    assert raised.match(fix)
    assert len(service.bodies) == 1


def test_one_key_among_three_refused_names_its_server_and_its_variable(
    service: Service, other: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(API_KEY, "sk-right")
    monkeypatch.setenv("OTHER_KEY", "sk-other")
    other.fail = lambda number: Answer(401, error("wrong key sk-other"))
    with pytest.raises(R1Error) as raised:
        sampled(service.url, f"{other.url},key_env=OTHER_KEY", service.url)
    assert other.url in str(raised.value) and "set OTHER_KEY" in str(raised.value)
    assert "sk-" not in str(raised.value)
    assert set(service.keys) == {"Bearer sk-right"} and set(other.keys) == {"Bearer sk-other"}


def test_a_key_is_in_no_failure(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(API_KEY, "sk-secret\n")
    assert "wrong *** here" in failure(service, Answer(400, error("wrong sk-secret here"))).message
    assert service.keys == ["Bearer sk-secret"]
    monkeypatch.setenv(API_KEY, "sk-secret\nsk-more")
    with pytest.raises(R1Error, match=f"the variable {API_KEY} contains") as raised:
        sampled(service.url)
    assert "secret" not in str(raised.value)


def test_only_failures_end_a_run_early(service: Service) -> None:
    service.fail = lambda number: completion_service.TOO_LONG
    reported: list[Outcome] = []
    client = Client([Endpoint(service.url)], model="m", concurrency=4)
    with pytest.raises(R1Error, match="all of the first 8 requests failed, too long for the context"):
        sample_all(client, chats(100), {}, lambda request, outcome: reported.append(outcome))
    # Those in flight may still be answered.
    assert 8 <= len(reported) <= len(service.bodies) <= 12


def test_many_failures_after_a_success_do_not(service: Service) -> None:
    service.fail = lambda number: completion_service.TOO_LONG if number > 1 else None
    assert len(sampled(service.url, concurrency=1)) == 20


@pytest.fixture
def heeds_interrupts() -> Iterator[None]:
    """A shell has its background jobs ignore SIGINT, and tests may be one."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heeds_interrupts")
def test_an_interrupt_reports_whole_outcomes_alone(service: Service) -> None:
    begun, ended = [], []

    def report(request: SamplingRequest, outcome: Outcome) -> None:
        begun.append(request)
        if len(begun) == 5:
            signal.raise_signal(signal.SIGINT)
        time.sleep(0.001)
        ended.append(request)

    with pytest.raises(KeyboardInterrupt):
        sample_all(Client([Endpoint(service.url)], model="m", concurrency=2), chats(100), {}, report)
    assert begun == ended
    assert len(service.bodies) < 100


def test_a_completion_that_fails_a_check_is_sampled_again(service: Service) -> None:
    def check(completion: Completion) -> None:
        if len(service.bodies) < 3:
            raise ValueError("sent no grade")

    async def ask(tries: int) -> Outcome:
        async with Client([Endpoint(service.url)], model="m", tries=tries, first_wait=0.01) as client:
            return await client.complete("x", check=check)

    found = asyncio.run(ask(2))
    assert isinstance(found, Failure)
    assert found.reason == "unusable answer" and "sent no grade" in found.message
    assert asyncio.run(ask(2)) == Completion("it is x", "stop", 5, prompt_tokens=3)


def test_a_server_that_is_started_again_is_waited_for(service: Service) -> None:
    """However long that takes: who has started it says when."""
    port, waited = service.server.server_port, list[bool]()
    service.server.shutdown()
    service.server.server_close()

    def reconnect() -> None:
        waited.append(True)
        service.server = ThreadingHTTPServer(("127.0.0.1", port), service.server.RequestHandlerClass)
        threading.Thread(target=service.server.serve_forever, args=(0.05,), daemon=True).start()

    async def ask() -> Outcome:
        endpoint = Endpoint(service.url)
        async with Client([endpoint], model="m", tries=2, first_wait=0.01, reconnect=reconnect) as client:
            return await client.complete("x")

    assert asyncio.run(ask()) == Completion("it is x", "stop", 5, prompt_tokens=3)
    assert waited == [True]


def test_a_stopped_service_that_comes_back_is_used_again(service: Service) -> None:
    """Requests that find no connection are repeated while it restarts."""
    port = service.server.server_port
    service.server.shutdown()
    service.server.server_close()

    def restart() -> None:
        service.server = ThreadingHTTPServer(("127.0.0.1", port), service.server.RequestHandlerClass)
        service.server.serve_forever(0.05)

    timer = threading.Timer(0.3, restart)
    timer.daemon = True
    timer.start()
    found = sampled(service.url, requests=chats(4), first_wait=0.1)
    assert all(isinstance(outcome, Completion) for outcome in found.values())


def test_a_completion_beyond_the_context_is_none(service: Service) -> None:
    (fitting,) = sampled(service.url, requests=chats(1), context=12).values()
    assert isinstance(fitting, Completion) and fitting.prompt_tokens == 3
    (beyond,) = sampled(service.url, requests=chats(1), context=11).values()
    assert beyond == Failure("too long for the context", "3 tokens, and max_new_tokens 9, of 11")
