"""How completions are sampled where the user does not say: as a protocol or a benchmark has it."""

from collections.abc import Mapping
from typing import Any

from r1cli.evaluate.protocol import find_protocol
from r1cli.plugins.types import Benchmark

#: Where nobody says more: the model's own distribution.
DEFAULTS: Mapping[str, Any] = {"temperature": 1.0, "top_p": 1.0, "max_new_tokens": 512, "samples": 1}


def said(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the settings that say something of the sampling."""
    return {name: settings[name] for name in (*DEFAULTS, "seed") if settings.get(name) is not None}


def fixed(protocol: str | None, benchmark: str) -> dict[str, Any]:
    """What a protocol fixes for a benchmark; nothing without one.

    Raises:
        R1Error: there is no such protocol.
    """
    return find_protocol(protocol, "evaluate.protocol").settings(benchmark) if protocol else {}


def recommended(benchmark: Benchmark, protocol: str | None) -> dict[str, Any]:
    """``temperature``, ``top_p``, ``max_new_tokens`` and ``samples`` of a benchmark.

    Raises:
        R1Error: there is no such protocol.
    """
    own = {"samples": benchmark.samples, **benchmark.sampling}
    return {**DEFAULTS, **own, **said(fixed(protocol, benchmark.name))}
