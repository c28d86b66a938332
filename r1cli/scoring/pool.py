"""Worker processes that verify answers. A gold or answer that is too costly only ends its worker."""

import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass, field
from queue import SimpleQueue
from typing import Any

from r1cli.children import Child
from r1cli.errors import R1Error
from r1cli.system import cores
from r1cli.verdicts.terms import Judged, Rules, VerifierLost

#: Exit status of a worker that reached its memory limit.
OUT_OF_MEMORY = 65
#: Exit status of a worker that has grown too much, and leaves the rest of its batch to a new one.
RETIRED = 66

_MOST_WORKERS = 8
# Seconds that a worker has to end once it has given up its connection.
_GRACE = 5.0


@dataclass
class Batch:
    """One gold, and the answers to compare with it.

    Args:
        gold: the gold's text.
        mode: how to read it.
        rules: how to compare.
        answers: at least one, as they stand in their completions.
    """

    gold: str
    mode: str
    rules: Rules
    answers: Sequence[str]
    futures: list[Future[Judged]] = field(init=False)
    done: int = field(default=0, init=False)
    losses: int = field(default=0, init=False)
    read: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.futures = [Future() for _ in self.answers]

    def request(self) -> dict[str, Any]:
        """The remaining work, in the worker's format."""
        return {
            "gold": self.gold,
            "mode": self.mode,
            "rules": asdict(self.rules),
            "answers": self.answers[self.done :],
        }

    def resolve(self, outcome: Judged) -> None:
        """Sets the outcome of the next answer."""
        self.losses = 0
        self.done += 1
        self.futures[self.done - 1].set_result(outcome)

    def resolve_all(self, outcome: Judged) -> None:
        """Sets the outcome of all remaining answers."""
        while self.done < len(self.answers):
            self.resolve(outcome)

    def give_up(self, error: BaseException) -> None:
        """Sets the error of the next answer."""
        self.losses = 0
        self.done += 1
        self.futures[self.done - 1].set_exception(error)

    def fail(self, error: BaseException) -> None:
        """Sets the error of all remaining answers."""
        while self.done < len(self.answers):
            self.give_up(error)


class Pool:
    """Workers that start when there is work, and keep running.

    Args:
        size: maximum number of workers.
        cpu_seconds: limit on CPU time for reading a gold, or for reading and comparing an answer; by default
            2, or what R1_VERIFY_SECONDS says.
        memory: limit on the growth of a worker for the same, in bytes.
    """

    def __init__(self, size: int, cpu_seconds: float | None = None, memory: int = 2 * 2**30) -> None:
        self.size = size
        self._limits = str(cpu_seconds or _cpu_seconds()), str(memory)
        self._queue: SimpleQueue[Batch | None] = SimpleQueue()
        self._workers: list[_Worker] = []
        self._unfinished = 0
        self._lock = threading.Lock()

    def submit(self, batches: Sequence[Batch]) -> None:
        """Queues the batches; each of their futures gets an outcome, or raises VerifierLost."""
        with self._lock:
            self._unfinished += len(batches)
            while len(self._workers) < min(self.size, self._unfinished):
                worker = _Worker(self._limits)
                self._workers.append(worker)
                # The kernel ends a worker with the thread that started it, so these threads never end.
                threading.Thread(target=self._serve, args=(worker,), daemon=True, name="r1-verify").start()
        for batch in batches:
            self._queue.put(batch)

    def close(self) -> None:
        """Ends all workers immediately. Unfinished futures raise VerifierLost."""
        with self._lock:
            for worker in self._workers:
                worker.close()
                self._queue.put(None)

    def _serve(self, worker: "_Worker") -> None:
        while batch := self._queue.get():
            try:
                worker.work(batch)
            except BaseException as error:  # a caller is waiting for the outcome
                batch.fail(error)
            with self._lock:
                self._unfinished -= 1


class _Worker:
    """One process at a time, restarted after each crash. One thread calls ``work``."""

    def __init__(self, limits: tuple[str, str]) -> None:
        self._limits = limits
        self._child: Child | None = None
        self._closed = False
        self._lock = threading.Lock()

    def work(self, batch: Batch) -> None:
        """Works until each answer has an outcome or a VerifierLost.

        An answer gets VerifierLost if two processes in a row crashed on it without reaching a limit. If they
        crashed on the gold, all remaining answers get it.

        Raises:
            VerifierLost: the pool was closed.
        """
        while batch.done < len(batch.answers):
            child = self._started()
            gold_read, gold = False, ()
            try:
                for reply in _exchange(child, batch):
                    if gold_read:
                        batch.resolve(Judged(reply[0], gold, tuple(reply[1])))
                    elif reply[0]:
                        batch.resolve_all(Judged(reply[0], tuple(reply[1])))
                    else:
                        gold_read, gold = True, tuple(reply[1])
            except EOFError:
                status = child.wait(_GRACE)
                if status == RETIRED:
                    continue
                batch.read |= gold_read
                if not _hit_limit(status):
                    _count_loss(batch, status)
                elif gold_read:
                    batch.resolve(Judged("answer too costly", gold))
                else:
                    batch.resolve_all(Judged("gold too costly"))

    def close(self) -> None:
        with self._lock:
            self._closed = True
            if self._child:
                self._child.kill()

    def _started(self) -> Child:
        with self._lock:
            if self._closed:
                raise VerifierLost("the verification workers were shut down")
            if self._child is None or not self._child.is_running():
                # It finds the same modules as this process.
                path = os.pathsep.join(path or os.curdir for path in sys.path)
                env = {**os.environ, "PYTHONPATH": path, "PYTHONSAFEPATH": "1"}
                self._child = Child("r1cli.scoring.verify_worker", *self._limits, env=env)
            return self._child


def _exchange(child: Child, batch: Batch) -> Iterator[list[Any]]:
    """Sends the rest of a batch, and yields the worker's replies.

    Raises:
        EOFError: the worker has ended.
    """
    child.send(batch.request())
    while batch.done < len(batch.answers):
        yield child.receive()


def _hit_limit(status: int) -> bool:
    """Whether a limit ended a worker: CPU time, or memory (heap, or stack by recursion)."""
    return status in (-signal.SIGPROF, OUT_OF_MEMORY, -signal.SIGABRT, -signal.SIGSEGV)


def _count_loss(batch: Batch, status: int) -> None:
    batch.losses += 1
    if batch.losses > 1:
        what = f"two verification workers in a row crashed, the last with exit status {status}"
        # If not even the gold was read, the other answers would crash a worker, too.
        (batch.give_up if batch.read else batch.fail)(VerifierLost(what))


def pool_size() -> int:
    """The number of workers: one per core, at most 8, or as R1_VERIFY_WORKERS says.

    Raises:
        R1Error: the variable is not a positive number.
    """
    text = os.environ.get("R1_VERIFY_WORKERS", "")
    if not text:
        return min(cores(), _MOST_WORKERS)
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise _no_number("R1_VERIFY_WORKERS", text)
    return int(text)


def _cpu_seconds() -> float:
    """The limit on CPU time.

    Raises:
        R1Error: R1_VERIFY_SECONDS is not a positive number.
    """
    text = os.environ.get("R1_VERIFY_SECONDS", "") or "2"
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise _no_number("R1_VERIFY_SECONDS", text)
    return seconds


def _no_number(variable: str, text: str) -> R1Error:
    return R1Error(
        f"{variable} is '{text}'", where="environment", fix="set it to a number above 0, or unset it"
    )
