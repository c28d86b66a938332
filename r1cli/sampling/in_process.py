"""Sampling with transformers in this process, in batches: needs no server, but is slow for large models."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from r1cli.sampling.sampling_request import SamplingRequest
from r1cli.sampling.store import Completion, OnOutcome

if TYPE_CHECKING:
    from r1cli.sampling.transformers_model import Sampler

# Options of generate, always and only if it samples: at temperature 0 it warns about the others.
_SORTED = 64  # batches whose requests are sorted together
_ALWAYS, _SAMPLED = ("repetition_penalty",), ("top_p", "top_k", "min_p")


def sample_batches(
    sampler: "Sampler",
    size: int,
    requests: Iterable[SamplingRequest],
    sampling: Mapping[str, Any],
    on_outcome: OnOutcome,
    keep_ids: bool = False,
    on_token: Callable[[int, int], None] | None = None,
) -> None:
    """Samples all completions, and reports each batch when it is done.

    Of many requests at a time the longest prompts come first: batches have little padding, and too large ones
    show early.

    Args:
        sampler: the model.
        size: prompts in a batch.
        requests: chats, or texts for a model without a chat template.
        sampling: ``temperature``, ``top_p``, ``max_tokens``, ``seed``; ``stop`` if there are stop sequences;
            and other options of transformers' ``generate``: ``top_k``, ``min_p``, ``repetition_penalty``.
        on_outcome: called with each completion.
        keep_ids: completions have the ids of their tokens.
        on_token: called after each token of a batch with how many there are, and how many there may be.
    """
    names = _ALWAYS if sampling["temperature"] == 0 else (*_ALWAYS, *_SAMPLED)
    more: dict[str, Any] = {name: sampling[name] for name in names if name in sampling}
    if sampling.get("stop"):
        more |= {"stop_strings": sampling["stop"], "tokenizer": sampler.tokenizer}
    sampler.choose(sampling["temperature"], sampling["max_tokens"], **more)
    waiting = iter(requests)
    while some := list(islice(waiting, _SORTED * size)):
        some.sort(key=lambda request: -len(str(request.prompt)))
        for first in range(0, len(some), size):
            batch, started = some[first : first + size], time.monotonic()
            # The seed depends on the batch alone: earlier batches may have been sampled in another attempt.
            seed = batch[0].seed(sampling["seed"])
            # Stored whole: short completions end first, and sampling only the others again favours them.
            sampled = sampler.sample([request.prompt for request in batch], seed, on_token)
            seconds = round(time.monotonic() - started, 3)
            for request, outcome in zip(batch, sampled, strict=True):
                if isinstance(outcome, Completion):
                    ids = outcome.ids if keep_ids else ()
                    on_outcome(request, replace(outcome, seconds=seconds, ids=ids))
                else:
                    on_outcome(request, outcome)
