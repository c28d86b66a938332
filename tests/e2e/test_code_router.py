"""The installed router before real sandboxes: killed in mid-batch, and ended."""

import asyncio
import json
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
from tests.e2e.conftest import wait_for

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


#: Earned by every completion whose program was run.
REWARD = """\
from r1cli import ExecutionFault, Program, execute

async def ran(completions, **kwargs):
    numbers = range(len(completions))
    source = "import time\\ntime.sleep(0.2)\\nprint({})"
    results = await execute([Program(source.format(number), "python") for number in numbers])
    return [
        result if isinstance(result, ExecutionFault) else float(result.stdout == f"{number}\\n")
        for number, result in zip(numbers, results)
    ]
"""


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


def command_line(process: int) -> str:
    return Path(f"/proc/{process}/cmdline").read_text().replace("\0", " ")


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
        assert process.stderr and "Traceback" not in process.stderr.read()
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        await executor.close()

    asyncio.run(main())


@pytest.mark.slow
def test_a_run_of_two_ranks_survives_its_router(tiny: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"prompt": "1+1"}\n' * 4)
    (tmp_path / "mine.py").write_text(REWARD)
    run = tmp_path / "run"
    words = (
        "grpo", "--model", tiny / "model", "--dataset", "rows.jsonl", "--reward", "./mine.py:ran",
        "--max_steps", "6", "--per_device_train_batch_size", "4", "--num_generations", "4",
        "--max_completion_length", "8", "--bf16", "false", "--gradient_checkpointing", "false",
        "--logging_steps", "1", "--launch.num_processes", "2", "--code.router", "true", "--output-dir", run,
    )  # fmt: skip
    with (tmp_path / "messages").open("w") as messages:
        process = subprocess.Popen([R1, *map(str, words)], cwd=tmp_path, stdout=messages, stderr=messages)
    metrics = run / "metrics.jsonl"
    try:
        wait_for(lambda: metrics.exists() and bool(metrics.read_text()), process)
        (router,) = (child for child in descendants(process.pid) if " code serve " in command_line(child))
        left = descendants(router)
        os.kill(router, signal.SIGKILL)
        assert process.wait(PATIENCE) == 0, (tmp_path / "messages").read_text()
    finally:
        process.terminate()
        process.wait(PATIENCE)
    assert gone(left)
    steps = [json.loads(line) for line in metrics.read_text().splitlines()]
    rewards = {step["step"]: (step["reward"], step["code/fault_share"]) for step in steps if "reward" in step}
    # No false zero, and no fault.
    assert rewards == dict.fromkeys(range(1, 7), (1.0, 0.0))
    assert "router ended with signal SIGKILL, and is started again" in (run / "logs/router.log").read_text()
