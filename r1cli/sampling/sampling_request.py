"""What is asked of a model: prompts with their numbers, and a key for each sample."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class SamplingRequest:
    """A completion to sample.

    Args:
        problem: the id of its problem, for whoever reads the stored sample.
        sample: its number among the samples of that problem, from 0.
        prompt: a chat, or text for a model without a chat template.
        key: a digest of all that the completion depends on, in 16 bytes.
    """

    problem: str
    sample: int
    prompt: Any
    key: bytes

    def seed(self, base: int) -> int:
        """A seed for this completion alone, the same wherever and whenever it is sampled."""
        return int(_digest(self.problem, self.prompt, self.sample, {"seed": base}).hex()[:8], 16) % 2**31


def requests_for(
    prompts: Sequence[tuple[str, Any]], samples: int, source: Mapping[str, Any]
) -> list[SamplingRequest]:
    """The requests for a number of samples of each prompt, in the prompts' order.

    A key says nothing of the place of a prompt, so that rows may be reordered, left out or added. Equal
    prompts have their own samples: those of the second are numbered after those of the first.

    Args:
        prompts: the id of each problem, and its prompt.
        samples: of each.
        source: the model's identity, and all sampling settings.
    """
    basis = basis_of(source)
    seen = Counter[bytes]()
    requests = []
    for problem, prompt in prompts:
        digest = prompt_digest(prompt)
        requests += requests_of(basis, problem, prompt, samples, seen[digest])
        seen[digest] += 1
    return requests


def requests_of(basis: bytes, problem: str, prompt: Any, samples: int, earlier: int) -> list[SamplingRequest]:
    """The requests of one prompt.

    Args:
        basis: of the model's identity and all sampling settings.
        problem: the id of its problem.
        prompt: a chat or a text.
        samples: how many.
        earlier: how many equal prompts came before it.
    """
    asked = hashlib.blake2b(basis + _written(prompt), digest_size=16).digest()
    first = earlier * samples
    return [
        SamplingRequest(problem, number, prompt, _numbered(asked, first + number))
        for number in range(samples)
    ]


def basis_of(source: Mapping[str, Any]) -> bytes:
    """What the keys of all requests with the same source have in common."""
    return _digest(source)


def prompt_digest(prompt: Any) -> bytes:
    """A digest of a prompt, in 16 bytes."""
    return hashlib.blake2b(_written(prompt), digest_size=16).digest()


def _numbered(asked: bytes, number: int) -> bytes:
    return hashlib.blake2b(asked + number.to_bytes(8, "big"), digest_size=16).digest()


def _digest(*parts: Any) -> bytes:
    return hashlib.sha256(_written(parts)).digest()


def _written(value: Any) -> bytes:
    """A value as bytes, the same for equal values; half a surrogate pair is kept, as tokenizers leave it."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")
