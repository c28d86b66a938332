"""What a code provider is: something that runs programs."""

import asyncio
import os
from collections.abc import AsyncIterator, Coroutine, Iterable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from r1cli.config.groups.code import Code
from r1cli.errors import R1Error
from r1cli.execution.program import (
    ExecutionFault,
    Interaction,
    InteractionResult,
    Program,
    ProgramResult,
)
from r1cli.plugins.registry import find_code_provider

#: The variable with the address of the router of this job.
JOB_ROUTER = "R1_CODE_ROUTER"

Work = Program | Interaction
Result = ProgramResult | InteractionResult | ExecutionFault


class Executor(Protocol):
    """Runs programs: what the function of a `CodeProvider` makes of the config's section `Code`.

    One event loop uses it, for several batches at a time.
    """

    def run(self, batch: Sequence[Work]) -> AsyncIterator[tuple[int, Result]]:
        """Runs a batch, as many programs at a time as it may.

        What may succeed later (a rate limit, a lost connection) is tried again with backoff and jitter, and
        is then an `ExecutionFault` in the program's place. What this raises counts as a fault of all that
        have no result yet. When the iterator is closed, what still runs is stopped.

        Yields:
            The number of a program in the batch and its result, as soon as there is one.
        """
        ...

    async def close(self) -> None:
        """Ends everything that it has started."""
        ...

    def facts(self) -> Mapping[str, str]:
        """What holds for the programs that it runs, for the run's record and ``r1 code check``:
        ``isolation`` and ``memory limit`` at least."""
        ...


@runtime_checkable
class RemoteExecutor(Executor, Protocol):
    """What an executor has in addition whose sandboxes are those of a service.

    Each sandbox is marked with the run, by the variable R1_RUN_TAG, and has a lifetime there.
    """

    def take_counts(self) -> Mapping[str, int]:
        """Counts since the last call: ``sandboxes``, ``sandbox_ms`` that they lived, and ``retries``."""
        ...

    async def cleanup(self, run: str) -> int:
        """Ends the sandboxes that a run has left behind, by its tag, and says how many.

        Raises:
            R1Error: the service cannot be asked.
        """
        ...


async def as_they_end(
    works: Iterable[Coroutine[Any, Any, tuple[int, Result]]],
) -> AsyncIterator[tuple[int, Result]]:
    """Runs these together, and yields results in the order in which they come; closed, it stops the rest."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        for done in asyncio.as_completed(tasks):
            yield await done
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def asks_job_router(section: Code) -> bool:
    """Whether programs go to the router of this job, which runs them with the provider of the config."""
    return bool(getattr(section, "router", False) and os.environ.get(JOB_ROUTER))


def no_endpoints(provider: str) -> R1Error:
    """What is wrong where a provider needs the addresses of its servers, and there are none."""
    return R1Error(
        f"the code provider '{provider}' has no address",
        where="code.endpoints",
        fix="start a server with `r1 code serve`, and name it: --code.endpoints http://HOST:8001",
    )


def open_executor(section: Code) -> Executor:
    """The executor of the provider that a config names.

    Raises:
        R1Error: the provider is unknown, or cannot run programs on this machine.
    """
    name = "router" if asks_job_router(section) else section.provider
    executor: Executor = find_code_provider(name, "code.provider").load()(section)
    return executor
