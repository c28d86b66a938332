"""The store of completions: each is written as it arrives, with a key derived from all that it depends on."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from r1cli.files import json_lines, read_json_lines, write_json_lines


@dataclass(frozen=True)
class SamplingRequest:
    """A completion to sample: its problem's id, its index among the problem's samples, and the prompt."""

    problem: str
    sample: int
    prompt: Any

    def key(self, settings: Mapping[str, Any]) -> str:
        """A digest of the problem, the sample's number, and everything that the sampling depends on."""
        parts = [self.problem, self.prompt, self.sample, settings]
        written = json.dumps(parts, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()[:32]

    def seed(self, base: int) -> int:
        """A seed for this completion alone, derived from its key and ``base``."""
        return int(self.key({"seed": base})[:8], 16) % 2**31


#: Called with each completion as it arrives: request, text, finish reason, number of tokens.
OnCompletion = Callable[[SamplingRequest, str, str, int], None]


@dataclass(frozen=True)
class Sample:
    """A completion: ``finish_reason`` is "length" if the length limit cut it off, else "stop"."""

    key: str
    problem: str
    sample: int
    completion: str
    finish_reason: str
    tokens: int


class Store:
    """A file with one sample per line. A line that was left incomplete by a kill is dropped.

    Args:
        path: the file.
        settings: the model and all sampling settings; samples with other settings are ignored.
        others: files that other processes write, whose samples also count.
    """

    def __init__(self, path: Path, settings: Mapping[str, Any], others: Iterable[Path] = ()) -> None:
        self.path = path
        self.settings = dict(settings)
        _fix(path)
        self._samples = {sample.key: sample for file in (*others, path) for sample in read_samples(file)}

    def missing(self, requests: Iterable[SamplingRequest]) -> list[SamplingRequest]:
        """The requests that have no completion yet."""
        return [request for request in requests if request.key(self.settings) not in self._samples]

    def found(self, requests: Iterable[SamplingRequest]) -> list[Sample]:
        """The completion of each request.

        Raises:
            KeyError: a request has no completion.
        """
        return [self._samples[request.key(self.settings)] for request in requests]

    def add(self, request: SamplingRequest, completion: str, finish_reason: str, tokens: int) -> None:
        """Stores a completion."""
        sample = Sample(
            request.key(self.settings), request.problem, request.sample, completion, finish_reason, tokens
        )
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json_lines([asdict(sample)]))
        self._samples[sample.key] = sample


def gather(path: Path, samples: Iterable[Sample]) -> None:
    """Adds samples to a file, except those that it already has. Several processes may do so at once."""
    known = read_samples(path)
    keys = {sample.key for sample in known}
    new = (sample for sample in samples if sample.key not in keys)
    write_json_lines(path, map(asdict, (*known, *new)))


def read_samples(path: Path) -> list[Sample]:
    """The samples of a file, without a line that is still being written."""
    if not path.exists():
        return []
    return [Sample(**line) for line in read_json_lines(path, torn=True)]


def _fix(path: Path) -> None:
    """Removes a line that a kill left incomplete."""
    if path.exists():
        text = path.read_bytes()
        whole = text.rfind(b"\n") + 1
        if whole < len(text):
            path.write_bytes(text[:whole])
