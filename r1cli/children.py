"""A process that ends with the one that started it."""

import ctypes
import sys

_SET_DEATH_SIGNAL = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def end_with_parent(number: int) -> None:
    """Has the kernel send this process a signal when the thread that started it ends, however it ends.

    Only Linux can: elsewhere nothing happens.
    """
    if _LIBC:
        _LIBC.prctl(_SET_DEATH_SIGNAL, number)
