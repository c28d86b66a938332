"""The time in which somebody waits for work that has its own limits, so that no other limit counts it."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


def waited() -> float:
    """Seconds so far in which at least one thread or task has waited."""
    return _clock.seconds()


@contextmanager
def waiting() -> Iterator[None]:
    """What `waited` counts the time of."""
    _clock.change(1)
    try:
        yield
    finally:
        _clock.change(-1)


class _Clock:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting = 0
        self._total, self._since = 0.0, 0.0

    def seconds(self) -> float:
        with self._lock:
            return self._total + (time.monotonic() - self._since if self._waiting else 0.0)

    def change(self, by: int) -> None:
        with self._lock:
            now = time.monotonic()
            self._total += now - self._since if self._waiting else 0.0
            self._since = now
            self._waiting += by


_clock = _Clock()


def _forget() -> None:
    """In a forked process, where another thread may have held the lock."""
    global _clock  # noqa: PLW0603 - one clock for the whole process is the point
    _clock = _Clock()


os.register_at_fork(after_in_child=_forget)
