"""Sampling with transformers in this process, in batches: needs no server, but is slow for large models."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from r1cli.sampling.sampling_request import SamplingRequest
from r1cli.sampling.store import Completion, OnOutcome

if TYPE_CHECKING:
    from r1cli.sampling.transformers_model import Sampler

# Options of generate, always and only if it samples: at temperature 0 it warns about the others.
_ALWAYS, _SAMPLED = ("repetition_penalty",), ("top_p", "top_k", "min_p")


def sample_batches(
    sampler: "Sampler",
    size: int,
    requests: Sequence[SamplingRequest],
    sampling: Mapping[str, Any],
    on_outcome: OnOutcome,
    keep_ids: bool = False,
) -> None:
    """Samples all completions, and reports each batch when it is done.

    The longest prompts come first: batches have little padding, and too large ones show early.

    Args:
        sampler: the model.
        size: prompts in a batch.
        requests: chats, or texts for a model without a chat template.
        sampling: ``temperature``, ``top_p``, ``max_tokens``, ``seed``; ``stop`` if there are stop sequences;
            and other options of transformers' ``generate``: ``top_k``, ``min_p``, ``repetition_penalty``.
        on_outcome: called with each completion.
        keep_ids: completions have the ids of their tokens.
    """
    names = _ALWAYS if sampling["temperature"] == 0 else (*_ALWAYS, *_SAMPLED)
    more: dict[str, Any] = {name: sampling[name] for name in names if name in sampling}
    if sampling.get("stop"):
        more |= {"stop_strings": sampling["stop"], "tokenizer": sampler.tokenizer}
    sampler.choose(sampling["temperature"], sampling["max_tokens"], **more)
    ordered = sorted(requests, key=lambda request: -len(str(request.prompt)))
    for first in range(0, len(ordered), size):
        batch = ordered[first : first + size]
        # The seed depends on the batch alone: earlier batches may have been sampled in another attempt.
        texts, ids, cut_off = sampler.sample(
            [request.prompt for request in batch], batch[0].seed(sampling["seed"])
        )
        for request, text, tokens, cut in zip(batch, texts, ids, cut_off, strict=True):
            kept = tokens if keep_ids else ()
            on_outcome(request, Completion(text, "length" if cut else "stop", len(tokens), kept))
