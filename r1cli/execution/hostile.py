"""The hostile suite: shows that a sandbox holds. It runs contained, in its own process."""

import asyncio
import json
import os
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from r1cli.config.groups.code import Code
from r1cli.execution.cgroups import find_place
from r1cli.execution.containment import host_memory, run_contained
from r1cli.execution.hostile_programs import ESCAPED, Attack, attacks
from r1cli.execution.languages import find_language
from r1cli.execution.local import LocalExecutor
from r1cli.execution.program import ExecutionFault, Program, ProgramLimits, ProgramResult
from r1cli.execution.program import ProgramVerdict as Verdict

_CANARY = "r1-canary"
_LIMITS = ProgramLimits(cpu_s=0.5, wall_s=4.0, memory_mb=128, output_kb=1024, processes=48)
#: Each of the harmless programs that come first, and what it prints in a sandbox that holds.
_PROBES = (
    ("files", "import os, sys; print(any(map(os.path.exists, (sys.argv[1], '/root/.bashrc'))))", "False"),
    ("processes", "import os; print(os.getuid() == 65534 and os.getppid() < 5)", "True"),
    ("memory", "x = bytearray(400 << 20); print(len(x))", ""),
)
#: What is said of the language where the warmed Python runs it.
_WARMED = ", warmed"
#: Seconds for all of it.
_PATIENCE = 600.0
#: Of the machine's memory, so much stays free.
_FREE = 0.25


@dataclass(frozen=True)
class Tried:
    """One hostile program, and its result.

    Args:
        name: what it tried.
        language: in which.
        held: whether the sandbox held.
        found: the verdict, or what went wrong.
    """

    name: str
    language: str
    held: bool
    found: str


@dataclass(frozen=True)
class Suite:
    """The result of the suite.

    Args:
        tried: each program.
        left: what was found afterwards that should be gone: processes, groups, files.
        least_free: the smallest share of the machine's memory that was free meanwhile.
        facts: of the executor.
    """

    tried: Sequence[Tried]
    left: Sequence[str]
    least_free: float
    facts: Mapping[str, str]

    def held(self) -> bool:
        """Whether the sandbox held in all of it."""
        return all(one.held for one in self.tried) and not self.left and self.least_free >= _FREE


def run_suite(*, groups: bool = True, names: Sequence[str] = (), languages: Sequence[str] = ()) -> Suite:
    """Runs the suite in a second sandbox with hard limits.

    Args:
        groups: whether the executor may use control groups.
        names: the attacks; all of them where none are named.
        languages: only in these.

    Raises:
        R1Error: it cannot be contained here.
    """
    request = {"groups": groups, "names": list(names), "languages": list(languages)}
    # Nothing that is tried may find it.
    os.environ["R1_CODE_CANARY"] = _CANARY
    try:
        reply = run_contained("r1cli.execution.hostile", request, _PATIENCE)
    finally:
        del os.environ["R1_CODE_CANARY"]
    tried = [Tried(**one) for one in reply.pop("tried")]
    return Suite(tried=tried, **reply)


class _Trial:
    """The suite, inside of its containment."""

    def __init__(self, executor: LocalExecutor, places: Mapping[str, str]) -> None:
        self._executor = executor
        self._places = places

    async def probe(self, more: str = "") -> list[Tried]:
        """Shows with harmless programs that there is a sandbox at all."""
        found = []
        for name, source, printed in _PROBES:
            program = Program(source, "python", argv=(self._places["{canary}"],), limits=_LIMITS)
            result = (await self._run([program]))[0]
            held = isinstance(result, ProgramResult) and result.stdout.strip() == printed
            found.append(Tried(f"probe: {name}", f"python{more}", held, _words(result)))
        return found

    async def attack(self, attack: Attack, language: str, more: str = "") -> Tried:
        """Tries one; afterwards the next program must run as if nothing had been."""
        source = attack.sources[language].replace("{canary}", self._places["{canary}"])
        words = [self._places.get(word, word) for word in attack.argv]
        limits = _LIMITS
        if find_language(language).reserves:
            limits = ProgramLimits(cpu_s=1.0, wall_s=6.0, memory_mb=256, output_kb=1024, processes=48)
        program = Program(source, language, argv=words, limits=limits, output_file=attack.output_file)
        began = time.monotonic()
        results = await self._run([program] * attack.at_once)
        seconds = time.monotonic() - began
        found = _words(results[0])
        held = all(_held(attack, result) for result in results)
        if seconds > attack.at_once * 30 + 60:
            held, found = False, f"took {seconds:.0f} s"
        if attack.follower and held:
            after = (await self._run([Program(attack.follower, "python")]))[0]
            held = isinstance(after, ProgramResult) and after.stdout.strip() == "clean"
            found += "" if held else f"; then {_words(after)}"
        (result,) = await self._run([Program("print(6 * 7)", "python")])
        if not isinstance(result, ProgramResult) or result.stdout != "42\n":
            held, found = False, f"{found}; the next program: {_words(result)}"
        return Tried(attack.name, f"{language}{more}", held, found)

    async def _run(self, programs: Sequence[Program]) -> list[ProgramResult | ExecutionFault]:
        found: dict[int, Any] = {}
        async for number, result in self._executor.run(programs):
            found[number] = result
        return [found[number] for number in range(len(programs))]


def _held(attack: Attack, result: ProgramResult | ExecutionFault) -> bool:
    if isinstance(result, ExecutionFault) or result.verdict not in attack.verdicts:
        return False
    return not any(ESCAPED in text or _CANARY in text for text in (result.stdout, result.stderr))


def _words(result: ProgramResult | ExecutionFault) -> str:
    if isinstance(result, ExecutionFault):
        return f"fault: {result}"
    more = [line for line in result.stdout.splitlines() if ESCAPED in line][:3]
    more += [result.stderr.strip()[-200:]] if result.verdict == Verdict.RE else []
    return " ".join([result.verdict, *more])


async def _suite(
    request: Mapping[str, Any], places: Mapping[str, str]
) -> tuple[list[Tried], Mapping[str, str]]:
    executors = [
        LocalExecutor(Code(max_sandboxes=4), groups=request["groups"], warm=warm) for warm in (False, True)
    ]
    plain, warmed = (_Trial(executor, places) for executor in executors)
    facts = executors[0].facts()
    try:
        tried = [*await plain.probe(), *await warmed.probe(_WARMED)]
        if not all(one.held for one in tried):
            return tried, facts
        for attack, language in _chosen(request):
            tried.append(await plain.attack(attack, language))
            # Programs with files, and other languages, never run there.
            if language == "python" and not attack.output_file and request["groups"]:
                tried.append(await warmed.attack(attack, language, _WARMED))
        return tried, facts
    finally:
        for executor in executors:
            await executor.close()


def _chosen(request: Mapping[str, Any]) -> Iterator[tuple[Attack, str]]:
    for attack in attacks():
        for language in attack.sources:
            named = not request["names"] or attack.name in request["names"]
            wanted = not request["languages"] or language in request["languages"]
            if named and wanted and find_language(language).is_installed():
                yield attack, language


@contextmanager
def _places() -> Iterator[dict[str, str]]:
    """What the programs are to find: a file, and servers of this machine."""
    with tempfile.TemporaryDirectory(prefix="r1-hostile-", dir="/var/tmp") as folder:
        canary = Path(folder, "canary.txt")
        canary.write_text(_CANARY)
        Path(folder).chmod(0o755)
        name = f"{_CANARY}-{os.getpid()}"
        with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as abstract:
            abstract.bind("\0" + name)
            abstract.listen()
            yield {"{canary}": str(canary), "{port}": str(server.getsockname()[1]), "{name}": name}


class _Memory(threading.Thread):
    """Watches how much of the machine's memory is free."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.least = 1.0

    def run(self) -> None:
        while True:
            free, total = host_memory()
            self.least = min(self.least, free / total)
            time.sleep(0.05)


def _left(before: set[int]) -> list[str]:
    """Processes, files and groups that should be gone. All of them are those of the containment."""
    deadline = time.monotonic() + 5
    while (more := _processes() - before) and time.monotonic() < deadline:
        time.sleep(0.05)
    found = [f"process {pid}" for pid in sorted(more)]
    found += [f"file {path}" for path in Path(tempfile.gettempdir()).glob(f"r1-code-{os.getpid()}*")]
    place = find_place()
    for folder in place.folders if place else ():
        found += [f"group {path}" for path in folder.glob("r1-code-*")]
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    found += [f"mount {line.split()[4]}" for line in mounts if "r1-code" in line]
    return found


def _processes() -> set[int]:
    return {int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()}


def _main() -> None:
    request = json.load(sys.stdin)
    memory = _Memory()
    memory.start()
    before = _processes()
    with _places() as places:
        tried, facts = asyncio.run(_suite(request, places))
    answer = {
        "tried": [vars(one) for one in tried], "left": _left(before), "least_free": memory.least,
        "facts": dict(facts),
    }  # fmt: skip
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    _main()
