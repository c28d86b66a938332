"""Sampling with transformers in this process, in batches: needs no server, but is slow for large models."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from r1cli.sampling.sampling_request import SamplingRequest
from r1cli.sampling.store import Completion, OnOutcome

if TYPE_CHECKING:
    from r1cli.sampling.transformers_model import Sampler


def sample_batches(
    sampler: "Sampler",
    size: int,
    requests: Sequence[SamplingRequest],
    sampling: Mapping[str, Any],
    on_outcome: OnOutcome,
) -> None:
    """Samples all completions, and reports each batch when it is done.

    Args:
        sampler: the model.
        size: prompts in a batch.
        requests: chats, or texts for a model without a chat template.
        sampling: ``temperature``, ``top_p``, ``max_tokens``, ``seed``, and ``stop`` if there are stop
            sequences.
        on_outcome: called with each completion.
    """
    more: dict[str, Any] = {"top_p": sampling["top_p"]} if sampling["temperature"] > 0 else {}
    if sampling.get("stop"):
        more |= {"stop_strings": sampling["stop"], "tokenizer": sampler.tokenizer}
    sampler.choose(sampling["temperature"], sampling["max_tokens"], **more)
    for first in range(0, len(requests), size):
        batch = requests[first : first + size]
        # The seed depends on the batch alone: earlier batches may have been sampled in another attempt.
        texts, ids, cut_off = sampler.sample(
            [request.prompt for request in batch], batch[0].seed(sampling["seed"])
        )
        for request, text, tokens, cut in zip(batch, texts, ids, cut_off, strict=True):
            on_outcome(request, Completion(text, "length" if cut else "stop", len(tokens)))
