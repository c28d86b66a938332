"""Arrays on disk, which take no memory: one number or so for each of many rows."""

import os
import tempfile
from typing import Any

# Smaller arrays, in bytes, stay in memory.
_SMALL = 1 << 18


def disk_array(size: int | tuple[int, int], kind: str) -> Any:
    """An array of zeros; a large one is a mapped file, which the system takes out of memory when it must.

    The file has no name, and is removed with the array.

    Args:
        size: its shape.
        kind: the type of its elements, as numpy calls it.
    """
    import numpy

    empty = numpy.empty(0, dtype=kind)
    length = empty.itemsize * int(numpy.prod(size))
    if length < _SMALL:
        return numpy.zeros(size, dtype=kind)
    with tempfile.TemporaryFile() as file:
        try:
            # A disk that is full fails here; later, it would end the process.
            os.posix_fallocate(file.fileno(), 0, length)
        except OSError:
            return numpy.zeros(size, dtype=kind)
        # A plain array: single elements of a memmap are slow.
        return numpy.asarray(numpy.memmap(file, kind, "r+", shape=size))
