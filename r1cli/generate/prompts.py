"""The prompts of a dataset's rows, each with the row's id, read as they are needed."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy
from datasets import Dataset, Features, Value

from r1cli.sampling.disk_array import disk_array
from r1cli.sampling.sampling_request import SamplingRequest, prompt_digest, requests_of

#: The column that a row is known by.
ID = "id"
# Digests of prompts that are compared at a time.
_CHUNK = 1 << 16


@dataclass(frozen=True)
class Row:
    """One row.

    Args:
        number: its place in the dataset.
        id: its own, or else a digest of its contents.
        prompt: in the format that the model takes; None if it is missing.
        columns: its other columns.
        fault: why it has no prompt.
        given: the prompt as it is in the dataset.
    """

    number: int
    id: str
    prompt: Any
    columns: Mapping[str, Any]
    fault: str = ""
    given: Any = None


class Prompts:
    """The rows of a dataset as prompts.

    Args:
        rows: with a column ``prompt``.
        chats: the model takes chats, else texts.
        system_prompt: opens each chat without a system prompt.
        first: the first row that is used.
        limit: the number of rows that are used, from that one.
    """

    def __init__(
        self,
        rows: Dataset,
        chats: bool,
        system_prompt: str | None = None,
        limit: int | None = None,
        first: int = 0,
    ) -> None:
        end = len(rows) if limit is None else min(first + limit, len(rows))
        self.rows = rows if (first, end) == (0, len(rows)) else rows.select(range(min(first, end), end))
        self.chats = chats
        self.system_prompt = system_prompt
        self._earlier = _earlier_equals(self)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Row]:
        # In batches: a row alone takes several times as long to read.
        number = 0
        for batch in self.rows.iter(batch_size=256):
            names = list(batch)
            for values in zip(*batch.values(), strict=True):
                yield self._row(number, dict(zip(names, values, strict=True)))
                number += 1

    def __getitem__(self, number: int) -> Row:
        return self._row(number, self.rows[number])

    def requests(self, row: Row, samples: int, basis: bytes) -> list[SamplingRequest]:
        """What is asked for a row; nothing if it has no prompt."""
        if row.fault:
            return []
        return requests_of(basis, str(row.number), row.prompt, samples, self._earlier.get(row.number, 0))

    def is_repeated(self, row: Row) -> bool:
        """Whether an earlier row has an equal prompt."""
        return self.earlier_equals(row) > 0

    def earlier_equals(self, row: Row) -> int:
        """The number of earlier rows with an equal prompt."""
        return self._earlier.get(row.number, 0)

    def features(self) -> Features:
        """The types of the rows' columns, with the prompt in the format of the model."""
        text = Value("string")
        prompt: Any = [{"role": text, "content": text}] if self.chats else text
        return Features({**self.rows.features, "prompt": prompt})

    def _row(self, number: int, columns: dict[str, Any]) -> Row:
        own = columns.get(ID)
        name = str(own) if own is not None else _content_id(columns)
        prompt = columns.pop("prompt", None)
        fault = _fault(prompt)
        asked = None if fault else as_asked(prompt, self.chats, self.system_prompt)
        return Row(number, name, asked, columns, fault, prompt)


def as_asked(prompt: Any, chats: bool, system_prompt: str | None) -> Any:
    """A prompt of a dataset in the format that a model takes: a chat, or a text."""
    if not chats:
        return prompt if isinstance(prompt, str) else _as_text(prompt)
    chat = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt
    turns = [{"role": turn["role"], "content": turn["content"]} for turn in chat]
    if system_prompt and turns[0]["role"] != "system":
        return [{"role": "system", "content": system_prompt}, *turns]
    return turns


def _fault(prompt: Any) -> str:
    """Why this is not a prompt; empty if it is."""
    if prompt is None:
        return "the prompt is empty, or neither a text nor a chat"
    if not len(prompt):
        return "the prompt is empty"
    if isinstance(prompt, str):
        return "" if prompt.strip() else "the prompt is empty"
    for turn in prompt:
        if not isinstance(turn, Mapping) or not isinstance(turn.get("role"), str):
            return "a message of the prompt has no role"
        if not isinstance(turn.get("content"), str):
            return "a message of the prompt has no text"
    return ""


def _as_text(chat: list[Mapping[str, str]]) -> str:
    return "\n\n".join(turn["content"] for turn in chat)


def _content_id(columns: Mapping[str, Any]) -> str:
    written = json.dumps(columns, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.blake2b(written.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _earlier_equals(prompts: "Prompts") -> dict[int, int]:
    """For each row with a prompt that a row before it has, the number of these."""
    digests = disk_array(len(prompts), "u8")
    for number, row in enumerate(prompts):
        digests[number] = int.from_bytes(prompt_digest(row.prompt)[:8], "big")
    in_order = disk_array(len(prompts), "u8")
    in_order[:] = digests
    in_order.sort()
    several = set[int]()
    for first in range(0, len(in_order), _CHUNK):
        chunk = in_order[first : first + _CHUNK + 1]
        several.update(chunk[1:][chunk[1:] == chunk[:-1]].tolist())
    seen = Counter[int]()
    earlier = {}
    wanted = numpy.fromiter(several, dtype="u8", count=len(several))
    for first in range(0, len(digests) if several else 0, _CHUNK):
        chunk = digests[first : first + _CHUNK]
        for place in numpy.flatnonzero(numpy.isin(chunk, wanted)).tolist():
            digest = int(chunk[place])
            if seen[digest]:
                earlier[first + place] = seen[digest]
            seen[digest] += 1
    return earlier
