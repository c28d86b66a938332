"""What an engine of a run says where it cannot sample: only what can help is proposed."""

from typing import Any

import pytest

from r1cli.endpoint import API_KEY, parse_endpoints
from r1cli.errors import R1Error
from r1cli.sampling import backend
from r1cli.sampling.backend import Server
from r1cli.sampling.sampling_request import requests_for
from tests.completion_service import Answer, Service, error

MANY = ["qwen-7b", "qwen-32b", "llama-8b", "phi-4", "gemma-9b", "olmo-7b"]


def said_of(status: int, model: str = "qwen-8b", path: str = "/v1") -> R1Error:
    """What ends a run whose first request is answered with a status."""
    service = Service()
    service.fail = lambda number: Answer(status, error("no"))
    server = Server(parse_endpoints(service.url.removesuffix("/v1") + path), model, 1)

    def ignore(*outcome: Any) -> None:
        pass

    with pytest.raises(R1Error) as caught:
        server.sample(requests_for([("0", "hi")], 1, {}), {"temperature": 1.0}, ignore)
    return caught.value


@pytest.mark.parametrize(
    ("listed", "named"),
    [
        (["phi-4", "gemma-9b"], "phi-4, gemma-9b"),
        (MANY, "qwen-7b, qwen-32b"),
        ([f"phi-{number}" for number in range(9)], "http"),
        (["qwen-8b"], "http"),
        ([], "http"),
    ],
)
def test_a_model_that_is_not_there_needs_another_run(
    listed: list[str], named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend, "listed_models", lambda endpoint: listed)
    fix = said_of(404).fix
    assert fix.startswith(f"start a new run with a --model that it has: {named}")
    assert fix.endswith("/v1/models lists them" if named == "http" else named)


def test_the_server_is_asked_what_it_has() -> None:
    assert said_of(404).fix.endswith("that it has: the-model")


def test_what_another_attempt_can_have_is_resumed() -> None:
    found = said_of(401).fix
    assert f"set {API_KEY}" in found
    assert found.endswith("; then resume the run: received completions are stored")


def test_a_wrong_address_is_not_resumed() -> None:
    assert said_of(404, path="").fix.endswith("/v1") and "resume" not in said_of(404, path="").fix
