"""Published protocols, and in what a measurement differs from them."""

import pytest

from r1cli.data.prompt_template import fill, read_prompt_template
from r1cli.errors import R1Error
from r1cli.evaluate.protocol import PROTOCOLS, deviations, find_protocol

# Of the figures of published-results: sampling, and samples of each problem.
_PUBLISHED = [
    ("deepseek-r1", "aime24", 0.6, 0.95, 32768, 64),
    ("open-r1", "aime24", 0.6, 0.95, 32768, 64),
    ("open-r1", "math_500", 0.6, 0.95, 32768, 4),
    ("open-r1", "gpqa:diamond", 0.6, 0.95, 32768, 8),
]


@pytest.mark.parametrize(("name", "benchmark", "temperature", "top_p", "tokens", "samples"), _PUBLISHED)
def test_what_was_published(
    name: str, benchmark: str, temperature: float, top_p: float, tokens: int, samples: int
) -> None:
    settings = find_protocol(name).settings(benchmark)
    assert (settings["temperature"], settings["top_p"]) == (temperature, top_p)
    assert (settings["max_new_tokens"], settings["samples"]) == (tokens, samples)
    assert settings["system_prompt"] is None


def test_the_prompts_are_templates_of_the_project() -> None:
    row = {"problem": "What is 1 + {1}?"}
    prompts = [
        fill(read_prompt_template(settings["prompt"], "test"), row, 0)
        for protocol in PROTOCOLS.values()
        for settings in protocol.benchmarks.values()
        if settings.get("prompt")
    ]
    assert prompts
    assert all("What is 1 + {1}?" in prompt and r"\boxed{" in prompt for prompt in prompts)
    directive = "Please reason step by step, and put your final answer within \\boxed{}."
    assert prompts[0] == f"What is 1 + {{1}}?\n{directive}"


def test_what_a_protocol_says_is_no_deviation() -> None:
    for protocol in PROTOCOLS.values():
        for benchmark in protocol.benchmarks:
            settings = {**protocol.settings(benchmark), "seed": 7}
            apart = [protocol.apart[benchmark]] if benchmark in protocol.apart else []
            assert deviations(protocol, benchmark, settings) == apart


def test_each_deviation_is_named() -> None:
    protocol = find_protocol("open-r1")
    settings = {**protocol.settings("math_500"), "temperature": 1.0, "samples": 1, "prompt": None}
    temperature, samples, prompt = deviations(protocol, "math_500", {**settings, "system_prompt": None})
    assert temperature == "temperature: 1.0, in open-r1 0.6"
    assert samples == "samples: 1, in open-r1 4"
    assert prompt.startswith("prompt: the benchmark's own, in open-r1 \"Solve the following")
    del settings["top_p"]
    assert "top_p: none, in open-r1 0.95" in deviations(protocol, "math_500", settings)


def test_a_benchmark_that_nobody_measured_so() -> None:
    protocol = find_protocol("deepseek-r1")
    assert deviations(protocol, "tiny_sum", protocol.settings("tiny_sum")) == [
        "deepseek-r1 has not published how it measures tiny_sum"
    ]


def test_a_slip_in_the_name() -> None:
    with pytest.raises(R1Error) as caught:
        find_protocol("deepseek-r2", "--protocol")
    assert caught.value.fix == "did you mean deepseek-r1?"


def test_what_r1_always_does_differently_is_said() -> None:
    open_r1 = find_protocol("open-r1")
    assert deviations(open_r1, "lcb:v4_v5", open_r1.settings("lcb:v4_v5")) == [
        "prompt: r1's own, in open-r1 lighteval's"
    ]
    assert deviations(open_r1, "aime24", open_r1.settings("aime24")) == []
    chosen = {**open_r1.settings("lcb:v4_v5"), "dates": "2024-10.."}
    assert "dates: '2024-10..', in open-r1 the benchmark's own" in deviations(open_r1, "lcb:v4_v5", chosen)
