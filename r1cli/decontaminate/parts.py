"""Work that several processes share: Python's threads would wait for each other."""

import pickle
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import IO, Any, TypeVar

from r1cli.children import end_with_parent
from r1cli.errors import R1Error

#: Told of each piece of work that is done.
Progress = Callable[[int], None]
T = TypeVar("T")
#: From the number of a part, the number of parts, and the progress of it, to what it has found.
Work = Callable[[int, int, Progress], T]


def in_parts(work: Work[T], parts: int, progress: Progress) -> list[T]:
    """What each part of some work has found; a single part is done in this process.

    Raises:
        R1Error: of a part, or one of them has failed.
    """
    if parts == 1:
        return [work(0, 1, progress)]
    # Elsewhere a process that has loaded libraries must not fork.
    context = get_context("fork" if sys.platform == "linux" else "spawn")
    pipes: dict[Connection, int] = {}
    processes = []
    for part in range(parts):
        mine, its = context.Pipe(duplex=False)
        process = context.Process(target=_run, args=(work, part, parts, its), daemon=True)  # type: ignore[attr-defined]
        process.start()
        processes.append(process)
        its.close()
        pipes[mine] = part
    results: dict[int, T] = {}
    while len(results) < parts:
        for pipe in wait(list(pipes)):
            assert isinstance(pipe, Connection)
            try:
                kind, value = pipe.recv()
            except EOFError:
                kind, value = "failed", None
            if kind == "done":
                progress(value)
            elif kind == "found":
                results[pipes.pop(pipe)] = value
            else:
                raise _failure(value)
    for process in processes:
        process.join()
    return [results[part] for part in range(parts)]


def _run(work: Work[T], part: int, parts: int, pipe: Connection) -> None:
    """What the process of a part does."""
    end_with_parent(signal.SIGKILL)
    try:
        found = work(part, parts, lambda done: pipe.send(("done", done)))
        pipe.send(("found", found))
    except R1Error as error:
        pipe.send(("failed", error.fields()))
    except BaseException:
        traceback.print_exc()
        raise


def _failure(fields: dict[str, Any] | None) -> R1Error:
    if fields is not None:
        return R1Error.from_fields(fields)
    fix = "the log says why; if memory was short, close other programs"
    return R1Error("a process that read the rows has ended early", fix=fix, exit_code=1)


def write_values(file: IO[bytes], value: object) -> None:
    """Adds a value to a file of values, which `read_values` reads."""
    pickle.dump(value, file, pickle.HIGHEST_PROTOCOL)


def read_values(path: Path) -> Iterator[Any]:
    """The values of a file, one at a time."""
    with path.open("rb") as file:
        while True:
            try:
                yield pickle.load(file)
            except EOFError:
                return
