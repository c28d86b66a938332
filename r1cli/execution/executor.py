"""What a code provider is: something that runs programs."""

import os
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Protocol

from r1cli.config.groups.code import Code
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


def asks_job_router(section: Code) -> bool:
    """Whether programs go to the router of this job, which runs them with the provider of the config."""
    return bool(getattr(section, "router", False) and os.environ.get(JOB_ROUTER))


def open_executor(section: Code) -> Executor:
    """The executor of the provider that a config names.

    Raises:
        R1Error: the provider is unknown, or cannot run programs on this machine.
    """
    name = "router" if asks_job_router(section) else section.provider
    executor: Executor = find_code_provider(name, "code.provider").load()(section)
    return executor
