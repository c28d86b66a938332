"""The store of samples: files of JSON lines, which any number of processes write and read at once.

Each process appends to its own segment, ``samples.jsonl``, ``samples-2.jsonl`` and so on, and to its
index: for each line the sample's key, where the line begins, and whether the sample is final. Nothing is
changed in place, so that readers need no lock, and a kill costs at most the line that was being written. An
index that is missing or belongs to other lines is not used: the lines are read instead.
"""

import json
import os
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import count, islice
from pathlib import Path
from typing import Any

from r1cli.sampling.key_index import KeyIndex
from r1cli.sampling.sampling_request import SamplingRequest

# Key, where the line begins, whether the sample is final.
_ENTRY = struct.Struct(">16sQ?")
_Entry = tuple[bytes, int, bool]
_ENTRIES = 1 << 14  # that are read at a time
_OFFSETS = 48  # bits
_SEARCHED = 1 << 16  # requests that are looked up at a time
_INDEX = ".index"
_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND
# Fields that each line has; of the others those that say something.
_ALWAYS = ("key", "problem", "sample", "completion", "finish_reason", "tokens")


@dataclass(frozen=True)
class Completion:
    """What a model wrote.

    Args:
        text: without special tokens.
        finish_reason: "length" if the length limit cut it off, else "stop".
        tokens: how many.
        ids: of these tokens, if they are kept.
        prompt_tokens: tokens of the prompt; 0 if they are not known.
        seconds: from the request to the completion; in a batch, those of the batch.
    """

    text: str
    finish_reason: str
    tokens: int
    ids: Sequence[int] = ()
    prompt_tokens: int = 0
    seconds: float = field(default=0.0, compare=False)

    def before(self, stops: Sequence[str]) -> "Completion":
        """The completion up to the first text that ends it: some engines include that."""
        ends = [self.text.find(stop) for stop in stops if stop in self.text]
        return replace(self, text=self.text[: min(ends)], finish_reason="stop") if ends else self


@dataclass(frozen=True)
class Failure:
    """Why a sample has no completion.

    Args:
        reason: one of few, such as "too long for the context", so that they can be counted.
        message: what was said of this one.
        passing: another try may succeed, and the next start makes it.
    """

    reason: str
    message: str = ""
    passing: bool = False


Outcome = Completion | Failure
#: Called with the result of each request, as it comes.
OnOutcome = Callable[[SamplingRequest, Outcome], None]


@dataclass(frozen=True)
class Sample:
    """A stored sample: its request, and the completion or the failure."""

    key: str
    problem: str
    sample: int
    completion: str = ""
    finish_reason: str = ""
    tokens: int = 0
    ids: Sequence[int] = ()
    prompt_tokens: int = 0
    seconds: float = 0.0
    failure: str = ""
    message: str = ""
    passing: bool = False

    def why(self) -> dict[str, Any]:
        """Why it failed: what is said of it where failures are listed."""
        return {"reason": self.failure, "message": self.message, "passing": self.passing}


class Store:
    """The samples in a folder.

    In memory it has a key and a place for each sample, and no text.

    Args:
        folder: of the segments; it is made with the first sample.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._segments: list[_Segment] = []
        self._final, self._passing = KeyIndex(), KeyIndex()
        self._writer: _Writer | None = None
        self._own = 0  # the number of the writer's segment
        self.refresh()

    def refresh(self) -> None:
        """Reads what others have stored meanwhile."""
        known = {segment.path for segment in self._segments}
        paths = sorted(path for path in self.folder.glob("samples*.jsonl") if path not in known)
        self._segments += map(_Segment, paths)
        for number, segment in enumerate(self._segments):
            for key, offset, final in segment.new_entries():
                self._place(key, number << _OFFSETS | offset, final)

    def missing(self, requests: Iterable[SamplingRequest]) -> list[SamplingRequest]:
        """The requests without a sample, or only with a failure that may pass."""
        requests, missing = iter(requests), []
        while piece := list(islice(requests, _SEARCHED)):
            final = self._final.has([request.key for request in piece])
            missing += [request for request, known in zip(piece, final, strict=True) if not known]
        return missing

    def is_final(self, request: SamplingRequest) -> bool:
        """Whether a request needs no other try."""
        return request.key in self._final

    def has(self, request: SamplingRequest) -> bool:
        """Whether a request has a result."""
        return request.key in self._final or request.key in self._passing

    def found(self, requests: Iterable[SamplingRequest]) -> Iterator[Sample]:
        """The samples of requests, in their order; each is read when it is asked for.

        Raises:
            KeyError: there is none of a request.
        """
        for request in requests:
            # It may have been stored for another row with the same prompt.
            yield replace(self.read(request.key), problem=request.problem, sample=request.sample)

    def read(self, key: bytes) -> Sample:
        """The sample with a key.

        Raises:
            KeyError: there is none.
        """
        place = self._final[key] if key in self._final else self._passing[key]
        segment = self._segments[place >> _OFFSETS]
        return Sample(**segment.line(place & (1 << _OFFSETS) - 1))

    def add(self, request: SamplingRequest, outcome: Outcome) -> None:
        """Stores the result of a request."""
        sample = Sample(request.key.hex(), request.problem, request.sample, **_fields(outcome))
        if self._writer is None:
            self._writer, self._own = _Writer(self.folder), len(self._segments)
            self._segments.append(_Segment(self._writer.path))
        offset = self._writer.add(request.key, sample)
        self._place(request.key, self._own << _OFFSETS | offset, not sample.passing)

    def _place(self, key: bytes, place: int, final: bool) -> None:
        (self._final if final else self._passing)[key] = place


def _fields(outcome: Outcome) -> dict[str, Any]:
    if isinstance(outcome, Failure):
        return {"failure": outcome.reason, "message": outcome.message, "passing": outcome.passing}
    return {
        "completion": outcome.text,
        "finish_reason": outcome.finish_reason,
        "tokens": outcome.tokens,
        "ids": outcome.ids,
        "prompt_tokens": outcome.prompt_tokens,
        "seconds": outcome.seconds,
    }


class _Segment:
    """A file of samples and its index, as far as both were read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._indexed = self._read = 0
        self._has_index: bool | None = None

    def new_entries(self) -> Iterator[_Entry]:
        """The entries of the lines that were added since the last call."""
        if self._has_index is not False:
            yield from self._from_index()
        yield from self._from_lines()

    def line(self, offset: int) -> dict[str, Any]:
        """The line that begins at a place."""
        with self.path.open("rb") as file:
            file.seek(offset)
            tree: dict[str, Any] = json.loads(file.readline())
        return tree

    def _from_index(self) -> Iterator[_Entry]:
        index = self.path.with_suffix(_INDEX)
        if not index.exists():
            self._has_index = False
            return
        with index.open("rb") as file:
            # Without an entry that is being written.
            end = os.fstat(file.fileno()).st_size // _ENTRY.size * _ENTRY.size
            if end <= self._indexed:
                return
            file.seek(end - _ENTRY.size)
            key, offset, _ = _ENTRY.unpack(file.read(_ENTRY.size))
            read = self._end_of(key, offset)
            if read is None and self._has_index is None:
                self._has_index = False
                return
            self._has_index, self._read = True, read or self._read
            file.seek(self._indexed)
            while self._indexed < end:
                data = file.read(min(end - self._indexed, _ENTRIES * _ENTRY.size))
                self._indexed += len(data)
                yield from _ENTRY.iter_unpack(data)

    def _end_of(self, key: bytes, offset: int) -> int | None:
        """Where the line of an entry ends; None if the entry is not of this file."""
        with self.path.open("rb") as file:
            file.seek(offset)
            line = file.readline()
        entry = _entry_of(line, offset) if line.endswith(b"\n") else None
        return offset + len(line) if entry and entry[0] == key else None

    def _from_lines(self) -> Iterator[_Entry]:
        with self.path.open("rb") as file:
            file.seek(self._read)
            for line in file:
                if not line.endswith(b"\n"):
                    break  # a kill, or a writer in the middle of it
                entry = _entry_of(line, self._read)
                self._read += len(line)
                if entry:
                    yield entry


def _entry_of(line: bytes, offset: int) -> _Entry | None:
    """The entry of a line; None if it contains no sample."""
    try:
        tree = json.loads(line)
        return bytes.fromhex(tree["key"]), offset, not tree.get("passing", False)
    except (ValueError, LookupError, TypeError):
        return None


class _Writer:
    """Appends to a new segment, which no other process writes."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path, self._lines = _create(folder)
        self._index = os.open(self.path.with_suffix(_INDEX), _APPEND, 0o666)
        self._end = 0

    def add(self, key: bytes, sample: Sample) -> int:
        """Writes a sample, and returns where its line begins."""
        fields = {name: value for name, value in asdict(sample).items() if value or name in _ALWAYS}
        line = (json.dumps(fields) + "\n").encode()
        # The line first: an entry without its line would be a sample that is not there.
        _write(self._lines, line)
        _write(self._index, _ENTRY.pack(key, self._end, not sample.passing))
        offset, self._end = self._end, self._end + len(line)
        return offset


def _create(folder: Path) -> tuple[Path, int]:
    """A new segment: the first name that no process has taken."""
    for number in count(1):
        path = folder / (f"samples-{number}.jsonl" if number > 1 else "samples.jsonl")
        try:
            return path, os.open(path, _APPEND | os.O_EXCL, 0o666)
        except FileExistsError:
            continue
    raise AssertionError("unreachable")


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
