"""How fast the sandbox of the local provider runs programs, beside bare subprocesses of the same programs.

Three measurements in one run, two programs at a time by default:

- tiny Python programs a second: bare, each in a fresh sandbox, and in a sandbox forked from a Python that has
  started; in turns, so that other work on the machine slows all of them down;
- one C++ program with 16 tests, which is compiled once, beside 16 compilations;
- a step of 128 completions by 20 tests, of which each completion is another Python program.

Run it on a quiet machine: `.venv/bin/python benchmarks/sandbox.py`. It prints the tables of docs/code.md.
"""

import argparse
import asyncio
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from r1cli.config.groups.code import Code
from r1cli.execution.local import LocalExecutor
from r1cli.execution.program import Program, ProgramResult

CPP = (
    "#include <iostream>\nint main() { long a, b; std::cin >> a >> b; std::cout << a + b << std::endl; }  // "
)


def tiny(number: int) -> Program:
    """A Python program that reads a line and prints a number."""
    return Program(f"print(int(input()) + {number})", "python", "1\n")


def bare(programs: Sequence[Program], at_a_time: int) -> float:
    """Programs a second that subprocess runs with the interpreter of r1, without any limit."""
    environment = {"PATH": os.environ["PATH"]}

    def run(file: Path, program: Program) -> None:
        command = [sys.executable, str(file)]
        done = subprocess.run(
            command, input=program.stdin, capture_output=True, text=True, env=environment, check=True
        )
        assert done.stdout

    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(at_a_time) as pool:
        files = [Path(folder, f"{number}.py") for number in range(len(programs))]
        for file, program in zip(files, programs, strict=True):
            file.write_text(program.source)
        began = time.monotonic()
        list(pool.map(run, files, programs))
        return len(programs) / (time.monotonic() - began)


def sandboxed(programs: Sequence[Program], at_a_time: int, *, warm: bool) -> float:
    """Seconds that the local provider takes for programs, its start left out."""

    async def run() -> float:
        executor = LocalExecutor(Code(max_sandboxes=at_a_time), warm=warm)
        try:
            async for _ in executor.run([tiny(-number) for number in range(2 * at_a_time)]):
                pass
            began = time.monotonic()
            async for _, result in executor.run(programs):
                assert isinstance(result, ProgramResult), result
                assert result.verdict == "OK", result
            return time.monotonic() - began
        finally:
            await executor.close()

    return asyncio.run(run())


def cpu_seconds() -> float:
    """CPU time of this process and of all that have ended below it, sandboxes included."""
    both = [resource.getrusage(which) for which in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in both)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--at-a-time", type=int, default=2)
    parser.add_argument("--programs", type=int, default=300, help="tiny ones in a turn")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--completions", type=int, default=128)
    words = parser.parse_args()

    programs = [tiny(number) for number in range(words.programs)]
    rates: dict[str, list[float]] = {"bare": [], "fresh": [], "warmed": []}
    used: dict[str, list[float]] = {name: [] for name in rates}
    for _ in range(words.turns):
        for name, found in rates.items():
            before = cpu_seconds()
            if name == "bare":
                found.append(bare(programs, words.at_a_time))
            else:
                seconds = sandboxed(programs, words.at_a_time, warm=name == "warmed")
                found.append(len(programs) / seconds)
            used[name].append(1000 * (cpu_seconds() - before) / len(programs))
    print(f"{words.at_a_time} at a time, {words.programs} programs, median of {words.turns} turns; "
          f"load {os.getloadavg()[0]:.1f} at the end\n")  # fmt: skip
    print("| tiny Python programs | a second | of bare | CPU time of each in ms |\n| --- | --- | --- | --- |")
    middle = {name: statistics.median(found) for name, found in rates.items()}
    ratios = {
        name: statistics.median(one / other for one, other in zip(rates[name], rates["bare"], strict=True))
        for name in rates
    }
    for name, label in (("bare", "bare `subprocess`"), ("fresh", "a fresh sandbox each"),
                        ("warmed", "a sandbox forked from a warmed Python each")):  # fmt: skip
        print(f"| {label} | {middle[name]:.0f} | {ratios[name]:.2f} | {statistics.median(used[name]):.1f} |")

    tests = [Program(CPP + "once", "cpp", f"{number} 1") for number in range(16)]
    once = sandboxed(tests, words.at_a_time, warm=True)
    each = sandboxed([Program(CPP + str(number), "cpp", f"{number} 1") for number in range(16)],
                     words.at_a_time, warm=True)  # fmt: skip
    step = [
        Program(f"n = int(input())\nprint(sum(i * i for i in range(n)) + {completion})", "python", str(test))
        for completion in range(words.completions)
        for test in range(20)
    ]
    seconds = sandboxed(step, words.at_a_time, warm=True)
    print("\n| what | seconds |\n| --- | --- |")
    print(f"| one C++ program with 16 tests, compiled once | {once:.2f} |")
    print(f"| 16 C++ programs with a test each | {each:.2f} |")
    print(f"| a step of {words.completions} Python completions by 20 tests | {seconds:.1f} |")


if __name__ == "__main__":
    main()
