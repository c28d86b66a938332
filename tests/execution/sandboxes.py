"""What the tests of the sandbox share."""

import asyncio
import shutil
from collections.abc import Callable, Iterator, Sequence

from r1cli.config.groups.code import Code
from r1cli.execution.executor import Result, Work
from r1cli.execution.local import LocalExecutor
from tests.conftest import require

Runs = Callable[..., list[Result]]


def need_bubblewrap() -> None:
    """Skips a test, or fails it, where there is no sandbox."""
    require("bubblewrap", shutil.which("bwrap") is not None, "apt-get install bubblewrap")


def sandboxes(**settings: bool) -> Iterator[Runs]:
    """A function that runs programs, with one executor for all calls."""
    need_bubblewrap()
    with asyncio.Runner() as runner:
        executor = LocalExecutor(Code(max_sandboxes=4), **settings)

        async def run(works: Sequence[Work]) -> list[Result]:
            found: dict[int, Result] = {}
            async for number, result in executor.run(works):
                found[number] = result
            return [found[number] for number in range(len(works))]

        yield lambda *works: runner.run(run(works))
        runner.run(executor.close())
