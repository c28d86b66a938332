"""Lengths in tokens against what the model can hold, when its config is on this machine."""

from collections.abc import Iterator

from r1cli.checks.subject import BENCHMARKS, PROTOCOL, Subject
from r1cli.config.config import MODEL
from r1cli.config.groups.sampling import Sampling
from r1cli.config.model_files import context_length
from r1cli.errors import R1Error
from r1cli.evaluate.defaults import recommended
from r1cli.evaluate.protocol import PROTOCOLS
from r1cli.evaluate.schema import Evaluate
from r1cli.plugins.types import Benchmark

#: The lengths that must fit into the model's context: the whole text, or what follows a prompt.
_WHOLE = ("training.max_length", "vllm.vllm_max_model_length", "serve.max_model_len")
_AFTER_PROMPT = ("training.max_completion_length", "sampling.max_new_tokens")


def check_lengths(subject: Subject) -> Iterator[R1Error]:
    context = context_length(subject.config.get(MODEL)) if subject.config.has(MODEL) else None
    if context is None:
        return
    evaluate = subject.config.find(Evaluate)
    if evaluate:
        yield from _sampled(subject, evaluate, context)
    for path in (*_WHOLE, *_AFTER_PROMPT):
        # What nobody chose is TRL's limit for long texts, and the user's may all be short.
        length = subject.config.values.get(path)
        if not isinstance(length, int) or length < context or (length == context and path in _WHOLE):
            continue
        more = "" if path in _WHOLE else ", which has to hold the prompt too"
        yield R1Error(
            f"{path} is {length} tokens, and the model's context {context}{more}",
            where=subject.where(path),
            fix=f"set --{path} to {_that_fits(path, context)} or less, or use a model with a longer context",
        )


def _sampled(subject: Subject, evaluate: Evaluate, context: int) -> Iterator[R1Error]:
    """The lengths that benchmarks and protocols ask for, where the user does not."""
    protocol = evaluate.protocol
    if subject.config.section(Sampling).max_new_tokens or (protocol and protocol not in PROTOCOLS):
        return
    own: list[Benchmark | None] = [None] if protocol and not evaluate.benchmarks else []
    for one in [*subject.benchmarks(), *own]:
        length = recommended(one, protocol)["max_new_tokens"]
        if length >= context:
            name = one.name if one else f"protocol {protocol}"
            yield R1Error(
                f"{name} takes {length} tokens, and the model's context of {context} has to hold the "
                "prompt too",
                where=subject.where(BENCHMARKS if one else PROTOCOL),
                fix=f"set --max_new_tokens to {context // 2} or less, or use a model with a longer context",
            )


def _that_fits(path: str, context: int) -> int:
    """A length that leaves half of the context for the prompt, where that has to fit too."""
    return context if path in _WHOLE else context // 2
