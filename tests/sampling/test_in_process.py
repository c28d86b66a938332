"""Sampling in batches: their order, their options, and what is kept of each completion."""

from collections.abc import Callable
from typing import Any

import pytest

from r1cli.sampling.in_process import sample_batches
from r1cli.sampling.sampling_request import SamplingRequest, requests_for
from r1cli.sampling.store import Completion, Outcome


class Echo:
    """A sampler that completes each prompt with its last word, and records what it is asked."""

    tokenizer = "a tokenizer"

    def __init__(self) -> None:
        self.options: dict[str, Any] = {}
        self.batches: list[list[str]] = []

    def choose(self, temperature: float, max_new_tokens: int, **more: Any) -> None:
        self.options = {"temperature": temperature, "max_new_tokens": max_new_tokens, **more}

    def sample(
        self, prompts: list[str], seed: int, on_token: Callable[[int, int], None] | None
    ) -> list[Completion]:
        self.batches.append(prompts)
        words = [prompt.split()[-1] for prompt in prompts]
        return [Completion(word, "length" if word == "cut" else "stop", 1, [len(word)], 3) for word in words]


SAMPLING = {"temperature": 1.0, "top_p": 0.9, "top_k": 5, "max_tokens": 7, "seed": 3}


def sampled(prompts: list[str], sampling: dict[str, Any], **more: Any) -> tuple[Echo, dict[str, Outcome]]:
    echo, found = Echo(), dict[str, Outcome]()

    def report(request: SamplingRequest, outcome: Outcome) -> None:
        found[request.prompt] = outcome

    requests = requests_for([(str(number), prompt) for number, prompt in enumerate(prompts)], 1, {})
    sample_batches(echo, 2, requests, sampling, report, **more)  # type: ignore[arg-type]
    return echo, found


def test_prompts_of_like_length_share_a_batch_the_longest_first() -> None:
    echo, found = sampled(["a b", "long " * 20 + "cut", "c d", "long " * 19 + "e"], SAMPLING)
    assert [[len(prompt) for prompt in batch] for batch in echo.batches] == [[103, 96], [3, 3]]
    assert found["a b"] == Completion("b", "stop", 1, prompt_tokens=3)
    assert [one.finish_reason for one in found.values() if isinstance(one, Completion)].count("length") == 1


@pytest.mark.parametrize(("temperature", "more"), [(1.0, {"top_p": 0.9, "top_k": 5}), (0, {})])
def test_options_of_sampling_are_left_out_where_nothing_is_sampled(
    temperature: float, more: dict[str, Any]
) -> None:
    echo, _ = sampled(
        ["a"], {**SAMPLING, "temperature": temperature, "repetition_penalty": 1.1, "stop": ["x"]}
    )
    always = {"temperature": temperature, "max_new_tokens": 7, "repetition_penalty": 1.1}
    assert echo.options == {**always, **more, "stop_strings": ["x"], "tokenizer": "a tokenizer"}


def test_ids_are_kept_if_they_are_asked_for() -> None:
    assert sampled(["a bc"], SAMPLING, keep_ids=True)[1]["a bc"] == Completion("bc", "stop", 1, [2], 3)
