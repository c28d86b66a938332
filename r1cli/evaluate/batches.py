"""Sampling with transformers in this process, in batches: it needs no server, and large models take long."""

from collections.abc import Callable, Sequence
from typing import Any

from r1cli.evaluate.store import Ask

#: Told of each completion as it comes: for which ask, its text, why it ended, how many tokens it has.
Take = Callable[[Ask, str, str, int], None]

#: What a model's own defaults may not change: its own distribution is what is measured.
NEUTRAL = {"top_k": 0, "top_p": 1.0, "min_p": 0.0, "typical_p": 1.0, "repetition_penalty": 1.0}


def sample_batches(
    model: dict[str, Any], size: int, asks: Sequence[Ask], sampling: dict[str, Any], take: Take
) -> None:
    """Samples each completion, and hands each batch over when it is done.

    Args:
        model: the config's ``model`` group.
        size: prompts in a batch.
        asks: what is wanted; chats, or texts for a model without a chat template.
        sampling: ``temperature``, ``top_p``, ``max_tokens``, ``seed``, and ``stop`` where texts end a
            completion.
        take: told of each.
    """
    from r1cli.evaluate.sampler import Sampler

    sampler = Sampler(model, sampling["temperature"], sampling["max_tokens"])
    if sampling["temperature"] > 0:
        sampler.sampling["top_p"] = sampling["top_p"]
    if sampling.get("stop"):
        sampler.sampling |= {"stop_strings": sampling["stop"], "tokenizer": sampler.tokenizer}
    for first in range(0, len(asks), size):
        batch = asks[first : first + size]
        texts, ids, cut_off = sampler.sample([ask.prompt for ask in batch], _seed(batch[0], sampling["seed"]))
        for ask, text, tokens, cut in zip(batch, texts, ids, cut_off, strict=True):
            take(ask, text, "length" if cut else "stop", len(tokens))


def _seed(first: Ask, seed: int) -> int:
    """Of a batch alone, whatever was sampled before: that may have been in an earlier attempt."""
    digest = int(first.key({"seed": seed})[:8], 16)
    return (seed + digest) % 2**31
