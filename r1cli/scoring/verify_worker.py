"""The child of `r1cli.scoring.pool`: ``python -m r1cli.scoring.verify_worker CONNECTION CPU_SECONDS BYTES``.

A request is a batch; it is answered with one message for the gold, and then one for each answer. The kernel
kills it when a gold or an answer exceeds the CPU time limit: sympy can hang inside C code, where no Python
handler runs. The first item without a reply is the one that killed it.
"""

import logging
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from r1cli.answers.expression import needs_sympy
from r1cli.answers.kinds import Number
from r1cli.answers.read import read
from r1cli.children import connect
from r1cli.scoring.pool import OUT_OF_MEMORY, RETIRED
from r1cli.verdicts.algebra import load_sympy, same
from r1cli.verdicts.compare import Comparison
from r1cli.verdicts.judge import Gold, judge, read_gold
from r1cli.verdicts.numeric import TooCostly
from r1cli.verdicts.show import show
from r1cli.verdicts.terms import Rules


def main() -> None:
    parent = connect()
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    # A signal that is inherited as ignored or blocked would disable the limit.
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGPROF])
    same(read("\\sqrt{2}"), read("\\sqrt{3}"), Rules().rounding)  # imports mpmath
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

    def leave_out(self, work: Callable[[], None]) -> None:
        """Does what counts for no limit, as loading a large library does not."""
        before = _peak()
        work()
        self._fresh += _peak() - before

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
        # A library may have swallowed a MemoryError.
        if _peak() - before > self.memory / 2:
            os._exit(OUT_OF_MEMORY)
        return result


def answer_batch(batch: dict[str, Any], limits: Limits) -> Iterator[list[Any]]:
    """Yields ``[reason, what was read]`` for the gold, and then for each answer.

    The reason of a gold is empty if its value can be computed; else there are no replies for the answers.
    """
    rules = Rules(**batch["rules"])
    if any(map(needs_sympy, (batch["gold"], *batch["answers"]))):
        limits.leave_out(load_sympy)
    reason, gold = limits.run(partial(_read_gold, batch["gold"], batch["mode"]))
    yield [reason, [show(gold.node)] if gold and gold.is_read else []]
    for answer in () if reason else batch["answers"]:
        yield limits.run(partial(_judge, gold, answer, rules))


@lru_cache(maxsize=4096)
def _read_gold(text: str, mode: str) -> tuple[str, Gold | None]:
    try:
        gold = read_gold(text, mode)
        # Too costly to compare with 1 is too costly to compare with anything.
        Comparison(Rules(), same).equal(gold.node, Number(Fraction(1)))
    except TooCostly:
        return "gold too costly", None
    return "", gold


def _judge(gold: Gold, answer: str, rules: Rules) -> list[Any]:
    try:
        judged = judge(gold, answer, rules, partial(same, rounding=rules.rounding))
    except TooCostly:
        return ["answer too costly", []]
    return [judged.reason, judged.answer]


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
