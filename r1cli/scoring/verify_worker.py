"""The child of `r1cli.scoring.pool`: ``python -m r1cli.scoring.verify_worker CONNECTION CPU_SECONDS BYTES``.

A request is a batch; it is answered with one message for the gold, and then one for each answer. The kernel
kills it when a piece of work takes more CPU time than allowed: sympy can hang inside C code, where no Python
handler runs. What the parent has no reply to is what it died of.
"""

import gc
import logging
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from r1cli.children import connect
from r1cli.scoring import verify_read
from r1cli.scoring.latex_parser import parse_in_two_stages

#: Exit status of a worker that ran into its memory limit.
OUT_OF_MEMORY = 65
#: Exit status of a worker that has grown, and leaves the rest of its batch to a fresh one.
RETIRED = 66


def main() -> None:
    parent = connect()
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    # A limit that the parent's parent ignores or blocks would be none.
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGPROF])
    parse_in_two_stages()
    verify_read.equal(verify_read.read("1", "auto"), verify_read.read("2", "auto"))  # imports sympy, and all
    gc.freeze()  # sympy is large, and stays: no need to search it for garbage again and again
    limits = Limits(float(sys.argv[2]), int(sys.argv[3]))
    for batch in parent.messages():
        for number, reply in enumerate(answer_batch(batch, limits)):
            parent.send(reply)
            # Not between a gold and its answers: the next process has to read it again.
            if (number or reply[0]) and limits.outgrown():
                os._exit(RETIRED)  # at once: what it holds needs no tidying


class Limits:
    """What a piece of work may cost: CPU seconds, and bytes beyond what the process has when it begins."""

    def __init__(self, cpu_seconds: float, memory: int) -> None:
        self.cpu_seconds = cpu_seconds
        self.memory = memory
        self._fresh = _peak()

    def outgrown(self) -> bool:
        """Whether the process has been so much larger that what comes next is better off in a fresh one.

        The memory that it keeps, free or not, would count for or against what comes next.
        """
        return _peak() - self._fresh > self.memory / 8

    def run(self, work: Callable[[], Any]) -> Any:
        """The result of ``work``; or none at all, for the process ends at a limit."""
        before = _limit_growth(self.memory)
        signal.setitimer(signal.ITIMER_PROF, self.cpu_seconds)
        try:
            result = work()
        except MemoryError:
            os._exit(OUT_OF_MEMORY)
        signal.setitimer(signal.ITIMER_PROF, 0)
        # math-verify swallows a MemoryError and goes on to a verdict that means nothing.
        if _peak() - before > self.memory / 2:
            os._exit(OUT_OF_MEMORY)
        return result


def answer_batch(batch: dict[str, Any], limits: Limits) -> Iterator[list[Any]]:
    """Yields ``[reason, what was extracted]`` for the gold, and then for each answer.

    The reason of a gold is empty when it was read; otherwise there is no reply for the answers.
    """
    gold = limits.run(partial(_read_gold, batch["gold"], batch["mode"]))
    yield ["" if gold else "gold not parsed", _texts(gold) if batch["texts"] else []]
    for text, in_block in batch["answers"] if gold else ():
        reason, candidates = limits.run(partial(_judge, batch["gold"], gold, text, in_block))
        yield [reason, _texts(candidates) if batch["texts"] else []]


@lru_cache(maxsize=4096)
def _read_gold(text: str, mode: str) -> verify_read.Candidates:
    gold = verify_read.read(text, mode)
    verify_read.try_out(gold)
    return gold


def _judge(
    gold_text: str, gold: verify_read.Candidates, text: str, in_block: bool
) -> tuple[str, verify_read.Candidates]:
    answer = verify_read.read(text, "auto") if in_block else verify_read.read_completion(text)
    if answer and verify_read.equal(gold, answer):
        return "equal", answer
    if number := verify_read.same_quantity(gold_text, text, in_block):
        return "equal", number
    said, wanted = verify_read.words_of(answer), verify_read.words_of(gold)
    if said and said == wanted:
        return "equal", answer
    if not verify_read.has_expression(gold) and not wanted:
        return "gold not parsed", answer  # as mere text it can be matched, and never be missed
    found = said or verify_read.has_expression(answer)
    return ("different" if found else "answer not parsed"), answer


def _texts(candidates: verify_read.Candidates) -> list[str]:
    texts = []
    for candidate in candidates:
        with suppress(Exception):  # sympy refuses to print some of what it can hold
            texts.append(str(candidate))
    return texts


def _peak() -> int:
    """The most memory that this process ever held, in bytes."""
    if sys.platform != "linux":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # There getrusage begins with the most that the process held which started this one.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def _limit_growth(memory: int) -> int:
    """Lets this process grow by so many bytes and no more, and returns what it holds now, in bytes.

    macOS has no such limit, and tells only the most that it ever held.
    """
    if sys.platform != "linux":
        return _peak()
    import resource

    pages, held, *_ = Path("/proc/self/statm").read_text(encoding="ascii").split()
    size = resource.getpagesize()
    limit = int(pages) * size + memory
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (limit if hard < 0 else min(limit, hard), hard))
    return int(held) * size


if __name__ == "__main__":
    main()
