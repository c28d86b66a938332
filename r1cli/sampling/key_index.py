"""From keys to places, for millions of keys in little memory."""

import struct
from typing import Any

# Keys that wait in a dictionary before they are sorted in among the others.
_WAITING = 1 << 16
_HALVES = struct.Struct(">QQ")


class KeyIndex:
    """A mapping from keys of 16 bytes to whole numbers below 2**64; what is set last counts.

    Most entries are in sorted arrays, of 24 bytes each.
    """

    def __init__(self) -> None:
        self._waiting: dict[bytes, int] = {}
        self._sorted: _Sorted | None = None

    def __setitem__(self, key: bytes, place: int) -> None:
        self._waiting[key] = place
        if len(self._waiting) >= _WAITING:
            self._sorted = _Sorted(self._waiting, self._sorted)
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
        place = self._waiting.get(key)
        return self._sorted.get(key) if place is None and self._sorted else place


class _Sorted:
    """Entries by the first half of their keys."""

    def __init__(self, entries: dict[bytes, int], before: "_Sorted | None") -> None:
        # Small indices do without it.
        import numpy

        halves = numpy.frombuffer(b"".join(entries), dtype=">u8").astype("u8").reshape(-1, 2)
        first: Any = halves[:, 0]
        second: Any = halves[:, 1]
        places: Any = numpy.fromiter(entries.values(), dtype="u8", count=len(entries))
        if before is not None:
            first = numpy.concatenate((before.first, first))
            second = numpy.concatenate((before.second, second))
            places = numpy.concatenate((before.places, places))
        # Stable: of equal keys, the one that was set last comes last.
        order = numpy.argsort(first, kind="stable")
        self.first: Any = first[order]
        self.second: Any = second[order]
        self.places: Any = places[order]

    def get(self, key: bytes) -> int | None:
        first, second = _HALVES.unpack(key)
        at = int(self.first.searchsorted(self.first.dtype.type(first), side="right")) - 1
        while at >= 0 and self.first[at] == first:
            if self.second[at] == second:
                return int(self.places[at])
            at -= 1
        return None
