"""Checkers: programs of a task that judge an output. Each runs in its own sandbox, after the submission.

They differ in the order of their arguments. Python checkers of open-r1's Codeforces problems and those of CMS
take *input, answer, output*; testlib's take *input, output, answer*.
"""

import asyncio
import random
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from r1_rewards.programs.trials import Trial, Tried, last_line, reason_of
from r1cli import (
    ExecutionFault,
    Interaction,
    NotJudged,
    Program,
    ProgramLimits,
    ProgramResult,
    ProgramVerdict,
    execute,
    time_factor,
)

_SECONDS = 10.0
_MEMORY_MB = 1024
#: Seconds, or a little less, before a checker that failed runs again.
PAUSE = 1.0
# How many checkers are remembered as tried.
_REMEMBERED = 4096
_POINTS = re.compile(r"points\s+([0-9]*\.?[0-9]+)")


class Checker(Protocol):
    """Makes a program that judges an output, and reads what it says."""

    def program(self, stdin: str, answer: str, output: str) -> Program:
        """The run that judges an output for an input."""
        ...

    def read(self, result: ProgramResult) -> Trial | ExecutionFault:
        """What a run says of the output, or that the checker itself failed."""
        ...


@dataclass(frozen=True)
class PythonChecker:
    """A checker in Python that prints 1 (or 100) for a right output and 0 for a wrong one."""

    source: str

    def program(self, stdin: str, answer: str, output: str) -> Program:
        """As `Checker.program`."""
        files = {"input.txt": stdin, "correct_output.txt": answer, "solution_output.txt": output}
        seconds = ProgramLimits(cpu_s=_SECONDS / time_factor("python"), memory_mb=_MEMORY_MB)
        return Program(self.source, "python", files=files, argv=tuple(files), limits=seconds, name="checker")

    def read(self, result: ProgramResult) -> Trial | ExecutionFault:
        """As `Checker.read`."""
        if result.verdict is not ProgramVerdict.OK:
            return _stopped(result)
        words = result.stdout.split()
        right = bool(words) and words[-1] in ("1", "100", "1.0", "100.0")
        return Trial(ProgramVerdict.AC if right else ProgramVerdict.WA, float(right))


@dataclass(frozen=True)
class TestlibChecker:
    """A checker in C++ that includes testlib.h, which tells its verdict by its exit code."""

    __test__ = False

    source: str
    headers: Mapping[str, str] = field(hash=False)

    def program(self, stdin: str, answer: str, output: str) -> Program:
        """As `Checker.program`."""
        texts = {"input.txt": stdin, "output.txt": output, "answer.txt": answer}
        return Program(
            self.source,
            "cpp",
            files={**self.headers, **texts},
            argv=tuple(texts),
            limits=ProgramLimits(cpu_s=_SECONDS, memory_mb=_MEMORY_MB),
            name="checker",
        )

    def read(self, result: ProgramResult) -> Trial | ExecutionFault:
        """As `Checker.read`."""
        code, note = result.exit_code, last_line(result.stderr)
        if result.verdict is ProgramVerdict.OK:
            return Trial(ProgramVerdict.AC, 1.0, note)
        if result.verdict is not ProgramVerdict.RE or code is None or code < 0:
            return _stopped(result)
        if code in (1, 2, 4, 8):
            return Trial(ProgramVerdict.WA, note=note)
        if code == 7:
            found = _POINTS.search(result.stderr)
            return _partial(float(found[1]) if found else 0.0, note)
        if 16 <= code <= 216:
            return _partial((code - 16) / 200, note)
        return ExecutionFault(f"the checker failed with exit code {code}: {note}")


def _partial(score: float, note: str) -> Trial:
    score = min(max(score, 0.0), 1.0)
    verdict = ProgramVerdict.AC if score == 1 else ProgramVerdict.PA if score else ProgramVerdict.WA
    return Trial(verdict, score, note)


def _stopped(result: ProgramResult) -> Trial | ExecutionFault:
    """A checker that has passed its trial and crashes does so by the output that it read."""
    note = last_line(result.stderr)
    if result.verdict is ProgramVerdict.RE:
        return Trial(ProgramVerdict.WA, note=f"the checker could not read the output: {note}")
    return ExecutionFault(f"the checker ended with {result.verdict}: {note}")


@dataclass(frozen=True)
class Claim:
    """An output to be judged, and the right one."""

    stdin: str
    answer: str
    output: str


# Whether checkers accept their own answer: what is known of the last ones, in this process.
_tried: OrderedDict[Checker, str] = OrderedDict()


class Referee:
    """Runs checkers for one call of a reward, each of them only after a trial."""

    def __init__(self, until: float | None) -> None:
        self._until = until
        self._trials: dict[Checker, asyncio.Task[ExecutionFault | NotJudged | None]] = {}

    async def judge(self, checker: Checker, claims: Sequence[Claim]) -> list[Tried]:
        """What the checker says of each output; none is judged if it refuses the answer as an output."""
        if not claims:
            return []
        if checker not in self._trials:
            self._trials[checker] = asyncio.ensure_future(self._try(checker, claims[0]))
        reason = await asyncio.shield(self._trials[checker])
        if reason is not None:
            return [reason] * len(claims)
        return await self._run(checker, claims)

    async def _run(self, checker: Checker, claims: Sequence[Claim]) -> list[Tried]:
        programs = [checker.program(each.stdin, each.answer, each.output) for each in claims]

        def read(result: object) -> Tried:
            return checker.read(result) if isinstance(result, ProgramResult) else _not_run(result)

        return await judged(programs, read, self._until)

    async def _try(self, checker: Checker, claim: Claim) -> ExecutionFault | NotJudged | None:
        if checker not in _tried:
            answer = Claim(claim.stdin, claim.answer, claim.answer)
            programs = [checker.program(answer.stdin, answer.answer, answer.output)]
            (result,) = await execute(programs, until=self._until)
            if not isinstance(result, ProgramResult):
                return _not_run(result)
            _remember(checker, _refusal(checker, result))
        refusal = _tried[checker]
        # It is the row's own, and stays: as a fault it would end every run that meets it.
        return NotJudged(refusal) if refusal else None


async def judged(
    works: Sequence[Program | Interaction], read: Callable[[object], Tried], until: float | None
) -> list[Tried]:
    """What a task's own programs say of outputs. Those that fail at it run again before that is a fault.

    Args:
        works: checkers, or managers with the submission.
        read: what their results say.
        until: as `execute` takes it.
    """
    results = await execute(works, until=until)
    found = [read(result) for result in results]
    # What did not run at all has been tried again by the provider.
    failed = [
        number
        for number, each in enumerate(found)
        if isinstance(each, ExecutionFault) and not isinstance(results[number], ExecutionFault)
    ]
    if failed:
        await asyncio.sleep(random.uniform(0.5, 1.0) * PAUSE)
        again = await execute([works[number] for number in failed], until=until)
        for number, result in zip(failed, again, strict=True):
            found[number] = read(result)
    return found


def _refusal(checker: Checker, result: ProgramResult) -> str:
    if result.verdict is ProgramVerdict.CE:
        return f"the checker cannot be compiled: {reason_of(result)}"
    said = checker.read(result)
    if isinstance(said, Trial) and said.verdict is ProgramVerdict.AC:
        return ""
    note = said.note if isinstance(said, Trial) else str(said)
    return f"the checker refuses the reference answer{': ' if note else ''}{note}"


def _remember(checker: Checker, refusal: str) -> None:
    _tried[checker] = refusal
    while len(_tried) > _REMEMBERED:
        _tried.popitem(last=False)


def _not_run(result: object) -> ExecutionFault | NotJudged:
    if isinstance(result, ExecutionFault | NotJudged):
        return result
    return ExecutionFault(f"the checker's run gave {type(result).__name__}")
