"""The group ``sampling``: how completions are sampled from a model."""

from collections.abc import Mapping
from typing import Any

from r1cli.config.bounds import ABOVE_ZERO, ONE_OR_MORE, PART, ZERO_OR_MORE
from r1cli.config.section import Section, key

#: What holds for a dataset where the user does not say: the model's own distribution.
DEFAULTS: Mapping[str, Any] = {"temperature": 1.0, "top_p": 1.0, "max_new_tokens": 512, "samples": 1}


class Backend(Section):
    """What samples, apart from the model: for every command that needs completions."""

    group = "sampling"

    endpoint: list[str] | str | None = key(
        "servers of OpenAI's protocol that have the model, up to /v1, as URL or URL,key_env=NAME; else the "
        "model is loaded here",
        default=None,
    )
    concurrency: int = key("concurrent requests to each server", default=64, range=ONE_OR_MORE, written=True)
    timeout: float = key("seconds that a server may take for a completion", default=3600.0, range=ABOVE_ZERO)
    price: list[float] | None = key(
        "what a server charges for a million tokens of prompts and of completions, [0.5, 2]: shows the cost",
        default=None,
    )
    batch_size: int = key(
        "prompts sampled at a time without a server", default=64, range=ONE_OR_MORE, written=True
    )


class Sampling(Backend):
    """What is asked of a model; where a key is not set, the benchmark's own value holds."""

    samples: int | None = key(
        "completions of each problem",
        default=None,
        unset=f"the benchmark's, {DEFAULTS['samples']} for a dataset",
        range=ONE_OR_MORE,
    )
    temperature: float | None = key(
        "0 decodes greedily",
        default=None,
        unset=f"the benchmark's, {DEFAULTS['temperature']} for a dataset",
        range=ZERO_OR_MORE,
    )
    top_p: float | None = key(
        "samples from the most likely tokens whose probabilities add up to this",
        default=None,
        unset=f"the benchmark's, {DEFAULTS['top_p']} for a dataset",
        range=PART,
    )
    max_new_tokens: int | None = key(
        "the length limit of a completion, in tokens",
        default=None,
        unset=f"the benchmark's, {DEFAULTS['max_new_tokens']} for a dataset",
        range=ONE_OR_MORE,
    )
    stop: list[str] | str | None = key(
        "texts that end a completion, and are not part of it; [] for none",
        default=None,
        unset="the benchmark's, none for a dataset",
    )
    seed: int = key("of the sampling", default=0, written=True)

    @property
    def stops(self) -> list[str] | None:
        """The texts of ``stop``; None when it is not set."""
        if self.stop is None:
            return None
        return [str(one) for one in ([self.stop] if isinstance(self.stop, str) else self.stop) if one]
