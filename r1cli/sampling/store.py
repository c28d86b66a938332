"""The store of completions: each is written as it comes, under a key made of all that it depends on."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from r1cli.files import json_lines, read_json_lines, write_json_lines


@dataclass(frozen=True)
class Ask:
    """One completion that is wanted: of which problem, the how-manieth of it, and of which prompt."""

    problem: str
    sample: int
    prompt: Any

    def key(self, settings: Mapping[str, Any]) -> str:
        """A digest of the problem, the sample's number, and everything that the sampling depends on."""
        said = [self.problem, self.prompt, self.sample, settings]
        written = json.dumps(said, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()[:32]

    def seed(self, base: int) -> int:
        """A seed of this completion alone: no other, and none under another base, has the same by design."""
        return int(self.key({"seed": base})[:8], 16) % 2**31


#: Told of each completion as it comes: for which ask, its text, why it ended, how many tokens it has.
Take = Callable[[Ask, str, str, int], None]


@dataclass(frozen=True)
class Sample:
    """A completion: ``finish_reason`` is "length" where the limit cut it off, else "stop"."""

    key: str
    problem: str
    sample: int
    completion: str
    finish_reason: str
    tokens: int


class Store:
    """A file of samples, a line each. What a kill left of a line is dropped, and sampled again.

    Args:
        path: the file.
        settings: the model and all of the sampling; a sample that was made with others is left alone.
        others: files that other processes write, whose samples count as well.
    """

    def __init__(self, path: Path, settings: Mapping[str, Any], others: Iterable[Path] = ()) -> None:
        self.path = path
        self.settings = dict(settings)
        _fix(path)
        self._samples = {sample.key: sample for file in (*others, path) for sample in read_samples(file)}

    def missing(self, asks: Iterable[Ask]) -> list[Ask]:
        """Those that have no completion yet."""
        return [ask for ask in asks if ask.key(self.settings) not in self._samples]

    def found(self, asks: Iterable[Ask]) -> list[Sample]:
        """The completion of each.

        Raises:
            KeyError: one has none.
        """
        return [self._samples[ask.key(self.settings)] for ask in asks]

    def add(self, ask: Ask, completion: str, finish_reason: str, tokens: int) -> None:
        """Writes a completion down, before anything else is done with it."""
        sample = Sample(ask.key(self.settings), ask.problem, ask.sample, completion, finish_reason, tokens)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json_lines([asdict(sample)]))
        self._samples[sample.key] = sample


def gather(path: Path, samples: Iterable[Sample]) -> None:
    """Adds to a file of samples those that it lacks. Several processes may do so at once."""
    known = read_samples(path)
    keys = {sample.key for sample in known}
    new = (sample for sample in samples if sample.key not in keys)
    write_json_lines(path, map(asdict, (*known, *new)))


def read_samples(path: Path) -> list[Sample]:
    """The samples of a file, without a line that is being written."""
    if not path.exists():
        return []
    return [Sample(**line) for line in read_json_lines(path, torn=True)]


def _fix(path: Path) -> None:
    """Takes off what a kill left of a line."""
    if path.exists():
        text = path.read_bytes()
        whole = text.rfind(b"\n") + 1
        if whole < len(text):
            path.write_bytes(text[:whole])
