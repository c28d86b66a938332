"""Defaults of the sampling settings: those of a protocol, of a benchmark, or of r1."""

from collections.abc import Mapping
from typing import Any

from r1cli.config.groups.sampling import DEFAULTS
from r1cli.evaluate.protocol import find_protocol
from r1cli.evaluate.result_files import DATASET
from r1cli.plugins.types import Benchmark


def set_values(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The sampling settings that have a value."""
    return {name: settings[name] for name in (*DEFAULTS, "seed") if settings.get(name) is not None}


def fixed(protocol: str | None, benchmark: str) -> dict[str, Any]:
    """The settings that a protocol fixes for a benchmark; empty without a protocol.

    Raises:
        R1Error: there is no such protocol.
    """
    return find_protocol(protocol, "evaluate.protocol").settings(benchmark) if protocol else {}


def recommended(benchmark: Benchmark | None, protocol: str | None) -> dict[str, Any]:
    """``temperature``, ``top_p``, ``max_new_tokens`` and ``samples`` of a benchmark, or of a dataset (None).

    Raises:
        R1Error: there is no such protocol.
    """
    own = {"samples": benchmark.samples, **benchmark.sampling} if benchmark else {}
    name = benchmark.name if benchmark else DATASET
    return {**DEFAULTS, **own, **set_values(fixed(protocol, name))}
