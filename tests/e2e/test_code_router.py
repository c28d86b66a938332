"""The installed router before real sandboxes: killed in mid-batch, and ended."""

import asyncio
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from r1cli.config.groups.code import Code
from r1cli.execution.executor import Result
from r1cli.execution.program import Program, ProgramResult, ProgramVerdict
from r1cli.execution.router_client import RouterExecutor
from tests.conftest import PATIENCE, R1

pytestmark = pytest.mark.skipif(not shutil.which("bwrap"), reason="needs bubblewrap")

TOKEN = "a-token-of-the-tests"
Start = Callable[[int], tuple[subprocess.Popen[str], str]]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts a router at a port, and gives its process and its address."""
    monkeypatch.setenv("R1_CODE_TOKEN", TOKEN)
    started: list[subprocess.Popen[str]] = []

    def run(port: int) -> tuple[subprocess.Popen[str], str]:
        words = [R1, "code", "serve", "--port", str(port), "--max-sandboxes", "2"]
        process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stderr
        line = process.stderr.readline()
        found = re.search(r"listens at (http://\S+):", line)
        assert found, line + process.stderr.read()
        assert TOKEN not in line
        return process, found[1]

    yield run
    for process in started:
        process.kill()
        process.wait()
        assert process.stderr
        process.stderr.close()


def descendants(process: int) -> set[int]:
    """All that a process has started, and what that has started."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(folder.name)] = int(fields[1])
    found, new = set[int](), {process}
    while new:
        new = {child for child, parent in parents.items() if parent in new}
        found |= new
    return found


def gone(processes: set[int]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while any(Path(f"/proc/{process}").exists() for process in processes):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


def test_a_router_that_is_killed_in_mid_batch_loses_nothing(start: Start) -> None:
    """No program that it took along becomes a wrong one, and nothing of it is left."""
    process, url = start(0)
    sources = [f"import time\ntime.sleep(0.3)\nprint({number})" for number in range(7)]
    sources[2] = "import time\ntime.sleep(0.3)\nraise SystemExit(3)"
    found: dict[int, Result] = {}

    async def main() -> None:
        executor = RouterExecutor(Code(endpoints=[url]))
        async for number, result in executor.run([Program(source, "python") for source in sources]):
            found[number] = result
            if len(found) == 2:
                left = descendants(process.pid)
                assert left
                os.kill(process.pid, signal.SIGKILL)
                process.wait()
                assert await asyncio.to_thread(gone, left)
                await asyncio.to_thread(start, port_of(url))
        await executor.close()

    asyncio.run(main())
    results = [found[number] for number in range(7)]
    assert all(isinstance(result, ProgramResult) for result in results), results
    verdicts = [result.verdict for result in results if isinstance(result, ProgramResult)]
    assert verdicts == [ProgramVerdict.RE if number == 2 else ProgramVerdict.OK for number in range(7)]
    outputs = [result.stdout for result in results if isinstance(result, ProgramResult)]
    assert outputs == [f"{number}\n" if number != 2 else "" for number in range(7)]


def test_sigterm_ends_it_and_what_runs(start: Start) -> None:
    process, url = start(0)

    async def main() -> None:
        executor = RouterExecutor(Code(endpoints=[url]))
        program = Program("import time\ntime.sleep(60)", "python")
        asking = asyncio.create_task(anext(executor.run([program, program])))  # type: ignore[arg-type]
        deadline = time.monotonic() + PATIENCE
        while len(running := descendants(process.pid)) < 4 and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
        began = time.monotonic()
        process.terminate()
        assert await asyncio.to_thread(process.wait, PATIENCE) == -signal.SIGTERM
        took = time.monotonic() - began
        assert await asyncio.to_thread(gone, running)
        assert took < 10
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        await executor.close()

    asyncio.run(main())
