"""The child of `r1cli.scoring.pool`: ``python -m r1cli.scoring.verify_worker CONNECTION CPU_SECONDS BYTES``.

A request is a batch; it is answered with one message for the gold, and then one for each answer. The kernel
kills it when a gold or an answer exceeds the CPU time limit: sympy can hang inside C code, where no Python
handler runs. The first item without a reply is the one that killed it.
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

#: Exit status of a worker that reached its memory limit.
OUT_OF_MEMORY = 65
#: Exit status of a worker that has grown too much, and leaves the rest of its batch to a new one.
RETIRED = 66


def main() -> None:
    parent = connect()
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    # A signal that is inherited as ignored or blocked would disable the limit.
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGPROF])
    parse_in_two_stages()
    verify_read.equal(verify_read.read("1", "auto"), verify_read.read("2", "auto"))  # imports sympy, and all
    gc.freeze()  # sympy is large and permanent: do not scan it for garbage again and again
    limits = Limits(float(sys.argv[2]), int(sys.argv[3]))
    for batch in parent.messages():
        for number, reply in enumerate(answer_batch(batch, limits)):
            parent.send(reply)
            # Not between a gold and its answers: the next process would have to read the gold again.
            if (number or reply[0]) and limits.outgrown():
                os._exit(RETIRED)  # immediately: there is nothing to clean up


class Limits:
    """Limits for a gold or an answer: CPU seconds, and bytes of growth."""

    def __init__(self, cpu_seconds: float, memory: int) -> None:
        self.cpu_seconds = cpu_seconds
        self.memory = memory
        self._fresh = _peak()

    def outgrown(self) -> bool:
        """Whether the process has grown so much that a new process should do the rest.

        The memory that it retains, free or not, would distort the limit for the next item.
        """
        return _peak() - self._fresh > self.memory / 8

    def run(self, work: Callable[[], Any]) -> Any:
        """The result of ``work``; at a limit, the process ends instead."""
        before = _limit_growth(self.memory)
        signal.setitimer(signal.ITIMER_PROF, self.cpu_seconds)
        try:
            result = work()
        except MemoryError:
            os._exit(OUT_OF_MEMORY)
        signal.setitimer(signal.ITIMER_PROF, 0)
        # math-verify swallows a MemoryError, and would return a meaningless verdict.
        if _peak() - before > self.memory / 2:
            os._exit(OUT_OF_MEMORY)
        return result


def answer_batch(batch: dict[str, Any], limits: Limits) -> Iterator[list[Any]]:
    """Yields ``[reason, extracted texts]`` for the gold, and then for each answer.

    The reason of a gold is empty if it could be read; otherwise there are no replies for the answers.
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
    answer_words, gold_words = verify_read.words_of(answer), verify_read.words_of(gold)
    if answer_words and answer_words == gold_words:
        return "equal", answer
    if not verify_read.has_expression(gold) and not gold_words:
        return "gold not parsed", answer  # a mere text can equal an answer, but cannot prove it wrong
    found = answer_words or verify_read.has_expression(answer)
    return ("different" if found else "answer not parsed"), answer


def _texts(candidates: verify_read.Candidates) -> list[str]:
    texts = []
    for candidate in candidates:
        with suppress(Exception):  # sympy cannot print some of its own objects
            texts.append(str(candidate))
    return texts


def _peak() -> int:
    """This process's peak memory, in bytes."""
    if sys.platform != "linux":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # On Linux getrusage starts with the peak of the parent process.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def _limit_growth(memory: int) -> int:
    """Limits the growth of this process to ``memory`` bytes, and returns its present size in bytes.

    macOS has no such limit, and reports only the peak.
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
