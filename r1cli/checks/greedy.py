"""Several completions of a prompt that are all the same."""

from collections.abc import Iterator
from typing import Any

from r1cli.checks.subject import PROTOCOL, Subject
from r1cli.config.groups.sampling import DEFAULTS
from r1cli.errors import R1Error
from r1cli.evaluate.defaults import recommended

_SAMPLES, _TEMPERATURE = "sampling.samples", "sampling.temperature"


def greedy_warnings(subject: Subject) -> Iterator[str]:
    """A warning where samples are copies: they take time, and figures would count them as independent."""
    if not subject.has(_SAMPLES, _TEMPERATURE):
        return
    values = subject.config.values
    given = {name: value for name in DEFAULTS if (value := values.get(f"sampling.{name}")) is not None}
    try:
        chosen = [{**how, **given} for how in _settings(subject)]
    except R1Error:
        return  # an unknown protocol is reported elsewhere
    if copies := max((how["samples"] for how in chosen if how["temperature"] == 0), default=1) - 1:
        yield (
            f"{subject.where(_SAMPLES, _TEMPERATURE)}: at temperature 0 all {copies + 1} completions of a "
            "prompt are the same: add --temperature 0.6, or leave --samples out"
        )


def _settings(subject: Subject) -> list[dict[str, Any]]:
    """What goes without saying: that of each benchmark, or of a dataset."""
    protocol = subject.config.values.get(PROTOCOL)
    return [recommended(one, protocol) for one in subject.benchmarks()] or [recommended(None, protocol)]
