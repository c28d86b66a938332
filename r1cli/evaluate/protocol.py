"""Protocols: how others measured, as published, and how a measurement deviates from that."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from r1cli.errors import R1Error, did_you_mean

#: What a protocol may fix: ``temperature``, ``top_p``, ``max_new_tokens``, ``samples`` of each problem,
#: ``num_problems``, ``dates``, ``system_prompt``, and ``prompt``, a template over a row's columns.
Settings = Mapping[str, Any]

# What None means for settings where it does not mean "none".
_OWN = "the benchmark's own"
_UNSET = {"max_new_tokens": "as many as fit", "num_problems": "all", "prompt": _OWN, "dates": _OWN}


@dataclass(frozen=True)
class Protocol:
    """A published way to measure.

    Args:
        name: what users type after ``--protocol``.
        source: where it is published.
        general: settings for all benchmarks.
        benchmarks: additional settings for benchmarks with published numbers.
        answer: where rewards look for the answer in a completion, unless the user says otherwise.
        apart: what r1 always does differently in a benchmark, a sentence.
    """

    name: str
    source: str
    general: Settings
    benchmarks: Mapping[str, Settings]
    answer: str = "auto"
    apart: Mapping[str, str] = field(default_factory=dict)

    def settings(self, benchmark: str) -> dict[str, Any]:
        """All settings that the protocol fixes for a benchmark."""
        return {**self.general, **self.benchmarks.get(benchmark, {})}


# DeepSeek recommends the directive, but not how to separate it from the problem.
_DIRECTIVE = "{problem}\nPlease reason step by step, and put your final answer within \\boxed{{}}."
# lighteval's prompt for AIME and MATH-500 at the time; it has changed the one for MATH-500 since.
_BOXED = (
    "Solve the following math problem efficiently and clearly.  The last line of your response should be of "
    "the following format: 'Therefore, the final answer is: $\\boxed{{ANSWER}}$. I hope it is correct' "
    "(without quotes) where ANSWER is just the final number or expression that solves the problem. Think "
    "step by step before answering.\n\n{problem}"
)
_ALL_WITHOUT_SYSTEM = {"system_prompt": None, "num_problems": None, "dates": None}
_REASONING = {"temperature": 0.6, "top_p": 0.95, "max_new_tokens": 32768, **_ALL_WITHOUT_SYSTEM}

PROTOCOLS = {
    protocol.name: protocol
    for protocol in (
        Protocol(
            "deepseek-r1",
            "DeepSeek-R1, README and paper (arXiv:2501.12948v2, appendix D.1: samples of each problem)",
            _REASONING,
            {
                "aime24": {"samples": 64, "prompt": _DIRECTIVE},
                "aime25": {"samples": 64, "prompt": _DIRECTIVE},
                "math_500": {"samples": 16, "prompt": _DIRECTIVE},
                "gpqa:diamond": {"samples": 64},
                "lcb:v5": {"samples": 8},
            },
            apart={"lcb:v5": "prompt: r1's own, in deepseek-r1 not published"},
        ),
        Protocol(
            "open-r1",
            "open-r1, README, and lighteval, tasks/default_prompts.py",
            _REASONING,
            {
                "aime24": {"samples": 64, "prompt": _BOXED},
                "math_500": {"samples": 4, "prompt": _BOXED},
                "gpqa:diamond": {"samples": 8, "prompt": None},
                "lcb:v4_v5": {"samples": 16, "prompt": None},
            },
            answer="strict",
            apart={"lcb:v4_v5": "prompt: r1's own, in open-r1 lighteval's"},
        ),
        Protocol(
            "lighteval",
            "lighteval 0.13's defaults: tasks and models/model_input.py",
            {"temperature": 0.0, "samples": 1, "prompt": None, **_ALL_WITHOUT_SYSTEM},
            {
                "aime24": {"max_new_tokens": None},
                "aime25": {"max_new_tokens": None},
                "math_500": {"max_new_tokens": 32768},
                "gpqa:diamond": {"max_new_tokens": 32768},
                "gsm8k": {"max_new_tokens": 256},
            },
        ),
    )
}


def find_protocol(name: str, where: str = "") -> Protocol:
    """The protocol of that name.

    Raises:
        R1Error: there is no such protocol.
    """
    if name not in PROTOCOLS:
        fix = did_you_mean(name, PROTOCOLS, f"the protocols are {', '.join(PROTOCOLS)}")
        raise R1Error(f"there is no protocol '{name}'", where=where, fix=fix)
    return PROTOCOLS[name]


def deviations(protocol: Protocol, benchmark: str, settings: Settings) -> list[str]:
    """How a measurement deviates from the protocol for a benchmark; a sentence for each deviation.

    Args:
        protocol: the published one.
        benchmark: the name of what was measured.
        settings: the settings in effect, under the protocol's names; missing ones count as None.
    """
    found = []
    if benchmark not in protocol.benchmarks:
        found.append(f"{protocol.name} has not published how it measures {benchmark}")
    for name, published in protocol.settings(benchmark).items():
        mine = settings.get(name)
        if mine != published:
            found.append(f"{name}: {_shown(name, mine)}, in {protocol.name} {_shown(name, published)}")
    if benchmark in protocol.apart:
        found.append(protocol.apart[benchmark])
    return found


def _shown(name: str, value: Any) -> str:
    return _UNSET.get(name, "none") if value is None else repr(value)
