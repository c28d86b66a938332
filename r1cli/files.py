"""Files: finding them, writing one whole or not at all, locks, lines of JSON, and reading one that grows."""

import codecs
import errno
import json
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import IO, Any, cast

_PACKAGE = Path(__file__).parent
_BOM = b"\xef\xbb\xbf"
_BLOCK = 1 << 16
#: The numbers of errors by which the system says that a disk is full.
DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
#: How alike names are that differ by a slip, from 0 to 1.
_NEAR = 0.65
#: Seconds between two tries to get a lock.
_RETRY = 0.1


def resource_dir(name: str) -> Path:
    """The folder ``presets``, or what else ships: in the package, or beside it in a checkout."""
    packaged = _PACKAGE / name
    return packaged if packaged.exists() else _PACKAGE.parent / name


def existing_path(name: str) -> Path | None:
    """The file or folder that a name means, or None: most names mean something else, a Hub id or a text."""
    try:
        path = Path(name).expanduser()
        return path if path.exists() else None
    except (OSError, RuntimeError, ValueError):  # too long, no such user's home, a null byte
        return None


def near_names(name: str, folder: Path) -> list[str]:
    """What a folder contains whose name, without endings, differs from this one by a slip."""
    plain = _without_endings(name)
    return sorted(
        entry.name
        for entry in folder.iterdir()
        if get_close_matches(plain, [_without_endings(entry.name)], cutoff=_NEAR)
    )


def _without_endings(name: str) -> str:
    # Otherwise samples.jsonl and problems.jsonl would be alike.
    return name.rstrip(".").partition(".")[0] or name


def write_text(path: Path, text: str) -> None:
    """Writes a file whole or not at all. Several processes may do so at once, on other machines too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def lock(path: Path, held: Exception, seconds: float = 0.0) -> Iterator[int]:
    """Holds the lock of a file, which is made if need be, and is left.

    Args:
        path: the file.
        held: what is raised when another process has the lock.
        seconds: how long it may have it before that.

    Yields:
        A file descriptor: a process that inherits it holds the lock for as long as it lives.

    Raises:
        OSError: the file is a link or cannot be made, or its file system knows no locks.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not cut, and not through a link: whatever lies in its place keeps what it holds.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
    try:
        deadline = time.monotonic() + seconds
        while not _try_to_lock(descriptor):
            if time.monotonic() >= deadline:
                raise held
            time.sleep(_RETRY)
        yield descriptor
    finally:
        os.close(descriptor)


def _try_to_lock(descriptor: int) -> bool:
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def open_bytes(path: Path) -> IO[bytes]:
    """Opens a file for reading; one that ends in .gz is decompressed as it is read."""
    if path.suffix != ".gz":
        return path.open("rb")
    import gzip

    return cast(IO[bytes], gzip.open(path))


class BadLine(ValueError):
    """A line of a file that is not JSON; ``number`` counts from 1."""

    def __init__(self, number: int, error: Exception) -> None:
        super().__init__(f"line {number}: {parser_reason(error)}")
        self.number = number
        self.error = error


def parser_reason(error: Exception) -> str:
    """What a parser of JSON says, without its own number of the line: the place in the file says that."""
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg.removesuffix(' at')} at column {error.colno}"
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)


def read_mapping(path: Path) -> dict[str, Any]:
    """The mapping in a JSON file; empty where the file is missing, cannot be read, or has something else."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def read_json_lines(path: Path, torn: bool = False) -> Iterator[Any]:
    """The values of `numbered_json_lines`."""
    return (value for _, value in numbered_json_lines(path, torn))


def numbered_json_lines(path: Path, torn: bool = False) -> Iterator[tuple[int, Any]]:
    """The number of each line of a file, from 1, and its value, read as they are asked for.

    Empty lines are left out. A line ends at a line feed and nowhere else: JSON lets other separators of lines
    are within its texts.

    Args:
        path: the file, in UTF-8; one that ends in .gz is compressed.
        torn: a last line without its end is left out, as a kill or a writer in the middle of it leaves it.

    Raises:
        OSError: the file cannot be read.
        BadLine: a line is not JSON.
    """
    with open_bytes(path) as file:
        for number, line in enumerate(file, 1):
            text = line.removeprefix(_BOM) if number == 1 else line
            if not text.strip() or (torn and not text.endswith(b"\n")):
                continue
            try:
                # Without its end, so that an error at the end is on this line too.
                value = json.loads(text.rstrip(b"\r\n").decode())
            except (ValueError, RecursionError) as error:
                raise BadLine(number, error) from error
            yield number, value


def write_json_lines(path: Path, values: Iterable[Any]) -> None:
    """Writes a file with a line of JSON for each value, whole or not at all."""
    write_text(path, json_lines(values))


def json_lines(values: Iterable[Any]) -> str:
    """A line of JSON for each value."""
    return "".join(json.dumps(value) + "\n" for value in values)


class GrowingFile:
    """A text file that is read on while others append to it, replace it, cut it, or have not made it yet.

    Args:
        path: the file.
        from_end: what is there already is not read, unless the file is replaced.
    """

    def __init__(self, path: Path, from_end: bool = False) -> None:
        self.path = path
        self._inode = self._offset = 0
        self._rest = ""
        self._start_over()
        if from_end and path.exists():
            status = path.stat()
            self._inode, self._offset = status.st_ino, status.st_size

    def read(self) -> Iterator[str]:
        """What is new, in pieces."""
        try:
            file = self.path.open("rb")
        except FileNotFoundError:
            return
        with file:
            status = os.fstat(file.fileno())
            if status.st_ino != self._inode or status.st_size < self._offset:
                self._inode, self._offset = status.st_ino, 0
                self._start_over()
            file.seek(self._offset)
            while block := file.read(_BLOCK):
                self._offset += len(block)
                yield self._decoder.decode(block)

    def lines(self) -> Iterator[str]:
        """The lines that have been ended since the last call. Not to be mixed with `read`."""
        for piece in self.read():
            *whole, self._rest = (self._rest + piece).split("\n")
            yield from whole

    def _start_over(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""
