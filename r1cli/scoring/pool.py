"""Worker processes that verify. A piece of work that costs too much ends its worker, and nothing else."""

import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any, NamedTuple

from r1cli.children import Child
from r1cli.errors import R1Error
from r1cli.scoring.verify_worker import OUT_OF_MEMORY, RETIRED
from r1cli.system import cores

_MOST_WORKERS = 8
# Seconds that a worker has to end once it has given up its connection.
_GRACE = 5.0

#: The text that holds an answer, and whether it is the inside of an answer block or a whole completion.
Answer = tuple[str, bool]


class VerifierLost(RuntimeError):
    """A worker was lost, and its successor at the same piece of work too: nobody can say who is to blame.

    Args:
        what: how.
        verdicts: what `r1cli.verify` has on each pair, and a VerifierLost where it has nothing.
    """

    def __init__(self, what: str, verdicts: "Sequence[bool | VerifierLost | None]" = ()) -> None:
        super().__init__(what)
        self.verdicts = list(verdicts)


class Outcome(NamedTuple):
    """How a comparison went: the reason (see `r1cli.explain`), and what was extracted from each side."""

    reason: str
    gold: tuple[str, ...] = ()
    answer: tuple[str, ...] = ()


@dataclass
class Batch:
    """One gold, and the answers to compare with it.

    Args:
        gold: the gold's text.
        mode: how it is read.
        answers: at least one.
        texts: whether outcomes say what was extracted.
    """

    gold: str
    mode: str
    answers: Sequence[Answer]
    texts: bool = False
    futures: list[Future[Outcome]] = field(init=False)
    done: int = field(default=0, init=False)
    losses: int = field(default=0, init=False)
    read: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.futures = [Future() for _ in self.answers]

    def request(self) -> dict[str, Any]:
        """What is left to do, as the worker is asked."""
        return {
            "gold": self.gold,
            "mode": self.mode,
            "texts": self.texts,
            "answers": self.answers[self.done :],
        }

    def resolve(self, outcome: Outcome) -> None:
        """Gives the next answer its outcome."""
        self.losses = 0
        self.done += 1
        self.futures[self.done - 1].set_result(outcome)

    def resolve_all(self, outcome: Outcome) -> None:
        """Gives all that are left the same outcome."""
        while self.done < len(self.answers):
            self.resolve(outcome)

    def give_up(self, error: BaseException) -> None:
        """Raises the error where the outcome of the next answer is waited for."""
        self.losses = 0
        self.done += 1
        self.futures[self.done - 1].set_exception(error)

    def fail(self, error: BaseException) -> None:
        """Raises the error where any outcome that is left is waited for."""
        while self.done < len(self.answers):
            self.give_up(error)


class Pool:
    """Workers that start when there is work for them, and stay.

    Args:
        size: the most workers at a time.
        cpu_seconds: CPU time that reading a gold, or reading and comparing an answer, may take.
        memory: bytes that a worker may grow by for the same.
    """

    def __init__(self, size: int, cpu_seconds: float = 2.0, memory: int = 2 * 2**30) -> None:
        self.size = size
        self._limits = str(cpu_seconds), str(memory)
        self._queue: SimpleQueue[Batch | None] = SimpleQueue()
        self._workers: list[_Worker] = []
        self._unfinished = 0
        self._lock = threading.Lock()

    def submit(self, batches: Sequence[Batch]) -> None:
        """Has the batches worked on; each of their futures gets its outcome, or raises VerifierLost."""
        with self._lock:
            self._unfinished += len(batches)
            while len(self._workers) < min(self.size, self._unfinished):
                worker = _Worker(self._limits)
                self._workers.append(worker)
                # The kernel ends a worker with the thread that started it, so these threads live on.
                threading.Thread(target=self._serve, args=(worker,), daemon=True, name="r1-verify").start()
        for batch in batches:
            self._queue.put(batch)

    def close(self) -> None:
        """Ends all workers at once. What is unfinished raises VerifierLost."""
        with self._lock:
            for worker in self._workers:
                worker.close()
                self._queue.put(None)

    def _serve(self, worker: "_Worker") -> None:
        while batch := self._queue.get():
            try:
                worker.work(batch)
            except BaseException as error:  # whoever waits for the outcome must hear of it
                batch.fail(error)
            with self._lock:
                self._unfinished -= 1


class _Worker:
    """One process at a time, started anew after each loss. One thread calls ``work``."""

    def __init__(self, limits: tuple[str, str]) -> None:
        self._limits = limits
        self._child: Child | None = None
        self._closed = False
        self._lock = threading.Lock()

    def work(self, batch: Batch) -> None:
        """Works until each answer has its outcome, or VerifierLost in its place.

        That is where two processes in a row were lost, and not to a limit, at the same answer; at the gold,
        it is in place of all that are left.

        Raises:
            VerifierLost: the pool was closed.
        """
        while batch.done < len(batch.answers):
            child = self._started()
            gold_read, gold = False, ()
            try:
                for reply in _exchange(child, batch):
                    if gold_read:
                        batch.resolve(Outcome(reply[0], gold, tuple(reply[1])))
                    elif reply[0]:
                        batch.resolve_all(Outcome(reply[0], tuple(reply[1])))
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
                    batch.resolve(Outcome("answer too costly", gold))
                else:
                    batch.resolve_all(Outcome("gold too costly"))

    def close(self) -> None:
        with self._lock:
            self._closed = True
            if self._child:
                self._child.kill()

    def _started(self) -> Child:
        with self._lock:
            if self._closed:
                raise VerifierLost("the verification workers were told to end")
            if self._child is None or not self._child.is_running():
                # It finds the modules that this process finds, and no others.
                path = os.pathsep.join(path or os.curdir for path in sys.path)
                env = {**os.environ, "PYTHONPATH": path, "PYTHONSAFEPATH": "1"}
                self._child = Child("r1cli.scoring.verify_worker", *self._limits, env=env)
            return self._child


def _exchange(child: Child, batch: Batch) -> Iterator[list[Any]]:
    """Sends what is left of a batch, and yields the worker's replies to it.

    Raises:
        EOFError: the worker is gone.
    """
    child.send(batch.request())
    while batch.done < len(batch.answers):
        yield child.receive()


def _hit_limit(status: int) -> bool:
    """Whether a worker ended as the limits end it: CPU time; memory, be it heap or, by recursion, stack."""
    return status in (-signal.SIGPROF, OUT_OF_MEMORY, -signal.SIGABRT, -signal.SIGSEGV)


def _count_loss(batch: Batch, status: int) -> None:
    batch.losses += 1
    if batch.losses > 1:
        what = f"two verification workers in a row were lost, the last with exit status {status}"
        # Where not even the gold was ever read, no other answer will fare better.
        (batch.give_up if batch.read else batch.fail)(VerifierLost(what))


def pool_size() -> int:
    """As many workers as cores, up to 8; the variable R1_VERIFY_WORKERS overrides it.

    Raises:
        R1Error: the variable is no positive number.
    """
    asked = os.environ.get("R1_VERIFY_WORKERS", "")
    if asked:
        if not asked.isascii() or not asked.isdigit() or int(asked) < 1:
            raise R1Error(
                f"R1_VERIFY_WORKERS is '{asked}'",
                where="environment",
                fix="give it a number from 1, or unset it",
            )
        return int(asked)
    return min(cores(), _MOST_WORKERS)
