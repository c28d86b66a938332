"""From keys to places, for millions of keys in little memory."""

from collections.abc import Sequence
from typing import Any

from r1cli.sampling.disk_array import disk_array

# Keys that wait in a dictionary before they are sorted.
_WAITING = 1 << 15
# Entries that are merged at a time, about.
_PIECE = 1 << 16


class KeyIndex:
    """A mapping from digests of 16 bytes to whole numbers below 2**64; what is set last counts.

    Most entries are in sorted arrays on disk, of 16 bytes each: of a key, the first half is kept. Two of a
    million digests have the same one with a probability of 1 in 40 million.
    """

    def __init__(self) -> None:
        self._waiting: dict[int, int] = {}
        self._runs: list[_Run] = []

    def __setitem__(self, key: bytes, place: int) -> None:
        self._waiting[_half(key)] = place
        if len(self._waiting) >= _WAITING:
            # A thread that reads finds each entry in the one or in the other.
            self._runs = _merged([*self._runs, _Run.of(self._waiting)])
            self._waiting = {}

    def __contains__(self, key: bytes) -> bool:
        return self.get(key) is not None

    def __getitem__(self, key: bytes) -> int:
        """The place of a key.

        Raises:
            KeyError: it does not have one.
        """
        place = self.get(key)
        if place is None:
            raise KeyError(key.hex())
        return place

    def get(self, key: bytes) -> int | None:
        """The place of a key; None if it does not have one."""
        half = _half(key)
        place = self._waiting.get(half)
        if place is not None:
            return place
        found = (run.get(half) for run in reversed(self._runs))
        return next((place for place in found if place is not None), None)

    def has(self, keys: Sequence[bytes]) -> list[bool]:
        """Whether it has each of many keys: faster than asking for one after the other."""
        halves = [_half(key) for key in keys]
        found = [half in self._waiting for half in halves]
        if self._runs:
            import numpy

            of_them = numpy.array(halves, dtype="u8")
            in_runs = numpy.logical_or.reduce([found, *(run.has(of_them) for run in self._runs)])
            found = in_runs.tolist()
        return found


class _Run:
    """Entries in the order of their keys: an array of keys and one of places."""

    def __init__(self, size: int) -> None:
        self.keys, self.places = disk_array((2, size), "u8")

    @classmethod
    def of(cls, entries: dict[int, int]) -> "_Run":
        """A run of a dictionary's entries."""
        # Small indices do without it.
        import numpy

        run, size = cls(len(entries)), len(entries)
        keys = numpy.fromiter(entries, dtype="u8", count=size)
        run._fill(0, keys, numpy.fromiter(entries.values(), dtype="u8", count=size))
        return run

    @classmethod
    def merged(cls, runs: "list[_Run]") -> "_Run":
        """All entries of several runs, the last of them last."""
        import numpy

        size = sum(len(run.keys) for run in runs)
        merged, first = cls(size), 0
        bits = (size // _PIECE).bit_length()
        edges = [run._edges(bits) for run in runs]
        for piece in range(1 << bits):
            of_it = [slice(edge[piece], edge[piece + 1]) for edge in edges]
            keys = numpy.concatenate([run.keys[one] for run, one in zip(runs, of_it, strict=True)])
            places = numpy.concatenate([run.places[one] for run, one in zip(runs, of_it, strict=True)])
            merged._fill(first, keys, places)
            first += len(keys)
        return merged

    def get(self, key: int) -> int | None:
        at = int(self.keys.searchsorted(self.keys.dtype.type(key), side="right")) - 1
        return int(self.places[at]) if at >= 0 and self.keys[at] == key else None

    def has(self, keys: Any) -> Any:
        """Whether it has each key of an array."""
        at = self.keys.searchsorted(keys)
        return self.keys[at.clip(max=len(self.keys) - 1)] == keys

    def _edges(self, bits: int) -> list[int]:
        """Where the keys with each of the first bits begin, and the last of them end."""
        import numpy

        firsts = [number << 64 - bits for number in range(1 << bits)]
        return [*self.keys.searchsorted(numpy.array(firsts, dtype="u8")).tolist(), len(self.keys)]

    def _fill(self, first: int, keys: Any, places: Any) -> None:
        # Stable: of equal keys, the one that was set last comes last, and is found.
        order = keys.argsort(kind="stable")
        self.keys[first : first + len(keys)] = keys[order]
        self.places[first : first + len(keys)] = places[order]


def _merged(runs: list[_Run]) -> list[_Run]:
    """The runs, the last of them merged while they are alike in size: few are left, each with a file open."""
    first = len(runs) - 1
    size = len(runs[first].keys)
    while first and len(runs[first - 1].keys) < 2 * size:
        first -= 1
        size += len(runs[first].keys)
    return [*runs[:first], _Run.merged(runs[first:])] if first < len(runs) - 1 else runs


def _half(key: bytes) -> int:
    return int.from_bytes(key[:8], "big")
