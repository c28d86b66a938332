"""The executor of this process: rewards and verifiers ask `execute`, and need not know the provider."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

from r1cli.config.groups.code import Code
from r1cli.errors import R1Error
from r1cli.execution.executor import Executor, RemoteExecutor, Result, Work, open_executor
from r1cli.execution.program import ExecutionFault, NotJudged, ProgramResult
from r1cli.waits import waiting


@dataclass
class _Process:
    """What this process uses: its configuration, counts, and executors of each event loop, by packages."""

    section: Code
    executors: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[str, ...], Executor]]
    counts: Counter[str]


_process = _Process(Code(), WeakKeyDictionary(), Counter())


def configure(section: Code) -> None:
    """Says how this process runs programs, before it runs any: with the local provider until then."""
    _process.section = section
    _process.executors.clear()


def executor(packages: Sequence[str] = ()) -> Executor:
    """The executor of the running event loop, which is started when it is first needed.

    Args:
        packages: what Python programs may import, too; they then run on this machine, with any provider.

    Raises:
        R1Error: the provider is unknown, or cannot run programs on this machine.
    """
    opened = _process.executors.setdefault(asyncio.get_running_loop(), {})
    key = tuple(packages)
    if key not in opened:
        section = _process.section
        if key:
            section = replace(section, provider="local", python_packages=[*section.python_packages, *key])
        opened[key] = open_executor(section)
    return opened[key]


async def executor_facts() -> Mapping[str, str]:
    """What holds for programs that this process runs: the provider, and its `Executor.facts`.

    Raises:
        R1Error: the provider is unknown, or cannot run programs on this machine.
    """
    return {"provider": _process.section.provider, **executor().facts()}


async def close_executor() -> None:
    """Ends the executors of the running event loop."""
    for opened in _process.executors.pop(asyncio.get_running_loop(), {}).values():
        await opened.close()


def step_deadline() -> float | None:
    """Until when the programs of a step that begins now may run, by `time.monotonic`; None: no budget."""
    budget = getattr(_process.section, "budget", None)
    return None if budget is None else time.monotonic() + budget


async def execute(
    batch: Sequence[Work], *, until: float | None = None, packages: Sequence[str] = ()
) -> list[Result | NotJudged]:
    """Runs programs with the provider of this run, each in its own sandbox.

    Programs that are alike run once. The time that is spent here does not count towards the time limit of a
    reward: each program has its own limits, and ``until`` limits them together.

    Args:
        batch: programs and interactions, run concurrently.
        until: of `step_deadline`; what is not known by then is `NotJudged`.
        packages: what Python programs may import beside ``code.python_packages``, where it is installed. Such
            programs run on this machine, whatever the provider.

    Returns:
        For each its result, the fault of the machine, or `NotJudged`.

    Raises:
        R1Error: the provider is unknown, or cannot run programs on this machine.
    """
    distinct = {work.key(): work for work in batch}
    started = time.monotonic()
    with waiting():
        results = dict(zip(distinct, await _run(list(distinct.values()), until, packages), strict=True))
    _count(results.values(), time.monotonic() - started)
    return [results[work.key()] for work in batch]


def take_counts() -> dict[str, int]:
    """Counts since the last call, without those that are 0.

    ``programs``, those with ``program_faults``, those ``programs_not_judged``; and in milliseconds, how long
    they took together (``programs_ms``), and the sums of the times that each waited for its turn
    (``queue_ms``) and ran (``running_ms``). Of a remote provider also ``sandboxes``, the sum of the times
    that they lived (``sandbox_ms``), and ``retries``.
    """
    counts = _process.counts.copy()
    for each in [each for opened in list(_process.executors.values()) for each in opened.values()]:
        if isinstance(each, RemoteExecutor):
            counts.update(each.take_counts())
    _process.counts.clear()
    return dict(counts)


def _count(results: Iterable[Result | NotJudged], seconds: float) -> None:
    results = list(results)
    ran = [result.wall_s for result in results if isinstance(result, ProgramResult)]
    _process.counts.update(
        programs=len(results),
        program_faults=sum(isinstance(result, ExecutionFault) for result in results),
        programs_not_judged=sum(isinstance(result, NotJudged) for result in results),
        programs_ms=round(1000 * seconds),
        running_ms=round(1000 * sum(ran)),
    )


async def _run(batch: list[Work], until: float | None, packages: Sequence[str]) -> list[Result | NotJudged]:
    found: dict[int, Result] = {}
    rest: Result | NotJudged
    try:
        async with asyncio.timeout(None if until is None else until - time.monotonic()):
            await _collect(executor(packages), batch, found)
        rest = ExecutionFault("the code provider gave no result")
    except TimeoutError:
        rest = NotJudged("the budget of the step, code.budget, was used up")
    except R1Error:
        raise
    except Exception as error:  # a provider's own code may raise anything
        rest = ExecutionFault(f"{type(error).__name__}: {error}")
    return [found.get(number, rest) for number in range(len(batch))]


async def _collect(executor: Executor, batch: list[Work], found: dict[int, Result]) -> None:
    started = time.monotonic()
    async with aclosing(executor.run(batch)) as results:  # type: ignore[type-var]
        async for number, result in results:
            found[number] = result
            if isinstance(result, ProgramResult):
                waited = time.monotonic() - started - result.wall_s
                _process.counts["queue_ms"] += round(1000 * max(waited, 0.0))
