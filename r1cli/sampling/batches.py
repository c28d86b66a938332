"""Sampling with transformers in this process, in batches: it needs no server, and large models take long."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from r1cli.sampling.store import Ask, Take

if TYPE_CHECKING:
    from r1cli.sampling.transformers_model import Sampler


def sample_batches(
    sampler: "Sampler", size: int, asks: Sequence[Ask], sampling: Mapping[str, Any], take: Take
) -> None:
    """Samples each completion, and hands each batch over when it is done.

    Args:
        sampler: the model.
        size: prompts in a batch.
        asks: what is wanted; chats, or texts for a model without a chat template.
        sampling: ``temperature``, ``top_p``, ``max_tokens``, ``seed``, and ``stop`` where texts end a
            completion.
        take: told of each.
    """
    more: dict[str, Any] = {"top_p": sampling["top_p"]} if sampling["temperature"] > 0 else {}
    if sampling.get("stop"):
        more |= {"stop_strings": sampling["stop"], "tokenizer": sampler.tokenizer}
    sampler.choose(sampling["temperature"], sampling["max_tokens"], **more)
    for first in range(0, len(asks), size):
        batch = asks[first : first + size]
        # Of a batch alone, whatever was sampled before: that may have been in an earlier attempt.
        texts, ids, cut_off = sampler.sample([ask.prompt for ask in batch], batch[0].seed(sampling["seed"]))
        for ask, text, tokens, cut in zip(batch, texts, ids, cut_off, strict=True):
            take(ask, text, "length" if cut else "stop", len(tokens))
