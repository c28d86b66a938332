"""The result of each test of a submission, in batches that end early, and what it comes to."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from r1cli import ExecutionFault, InteractionResult, NotJudged, ProgramResult, ProgramVerdict

_NOTE = 120


@dataclass(frozen=True)
class Trial:
    """What is known of one test: its verdict, its share of the points, and what the program said of it."""

    verdict: ProgramVerdict
    score: float = 0.0
    note: str = ""

    @property
    def failed(self) -> bool:
        """Whether the test earns nothing."""
        return self.score <= 0 and self.verdict is not ProgramVerdict.SKIPPED


SKIPPED = Trial(ProgramVerdict.SKIPPED)
NO_CODE = Trial(ProgramVerdict.NO_CODE)

#: A trial, or why nothing is known of the test.
Tried = Trial | ExecutionFault | NotJudged


def of_output(
    result: ProgramResult | InteractionResult | ExecutionFault | NotJudged, is_right: Callable[[str], bool]
) -> Tried:
    """The trial of a program whose output is compared."""
    if isinstance(result, ExecutionFault | NotJudged):
        return result
    if isinstance(result, InteractionResult):
        raise TypeError("an interaction has no output to compare")
    if result.verdict is not ProgramVerdict.OK:
        return Trial(result.verdict, note=reason_of(result))
    right = is_right(result.stdout)
    return Trial(ProgramVerdict.AC if right else ProgramVerdict.WA, float(right))


def reason_of(result: ProgramResult) -> str:
    """What a program says of its failure in its last line, or its compiler in its first error."""
    lines = result.stderr[:20_000].split("\n") if result.verdict is ProgramVerdict.CE else []
    error = next((line.strip() for line in lines if "error" in line.lower()), "")
    return error[:_NOTE] or last_line(result.stderr)


def last_line(text: str) -> str:
    """The last line with something in it, cut: of a traceback or a compiler's messages."""
    lines = [line.strip() for line in text[-4000:].split("\n") if line.strip()]
    return lines[-1][:_NOTE] if lines else ""


async def in_batches(
    size: int,
    batch_size: int,
    judge: Callable[[Sequence[int]], Awaitable[Sequence[Tried]]],
    is_decided: Callable[[Sequence[Tried]], bool],
) -> list[Tried]:
    """Judges tests in batches, until what is known decides the result, or cannot decide it any more.

    Args:
        size: the number of tests.
        batch_size: tests at a time; below 1: all.
        judge: gives the result of the tests of these numbers.
        is_decided: whether what is known so far decides the result.
    """
    found: list[Tried] = []
    step = batch_size if batch_size >= 1 else max(size, 1)
    for start in range(0, size, step):
        found += await judge(range(start, min(start + step, size)))
        if is_decided(found) or any(isinstance(each, Exception) for each in found):
            break
    return found + [SKIPPED] * (size - len(found))


def any_failed(found: Sequence[Tried]) -> bool:
    """Whether a test has failed, so that nothing else counts where all must pass."""
    return any(isinstance(each, Trial) and each.failed for each in found)


def unknown(found: Sequence[Tried]) -> ExecutionFault | NotJudged | None:
    """Why tests are not known; a fault before a used-up budget."""
    reasons = [each for each in found if isinstance(each, ExecutionFault | NotJudged)]
    faults = [each for each in reasons if isinstance(each, ExecutionFault)]
    return (faults or reasons or [None])[0]


def passed(found: Sequence[Tried]) -> int:
    """The number of tests whose output is right."""
    return sum(isinstance(each, Trial) and each.verdict is ProgramVerdict.AC for each in found)


def share(found: Sequence[Tried]) -> float | ExecutionFault | NotJudged:
    """The share of tests passed, if all are known."""
    reason = unknown(found)
    return passed(found) / len(found) if reason is None else reason


def least(found: Sequence[Tried]) -> float | ExecutionFault | NotJudged:
    """The least score of the tests that were run; 0.0 as soon as one has failed."""
    if any_failed(found):
        return 0.0
    reason = unknown(found)
    known = [each.score for each in found if isinstance(each, Trial) and each is not SKIPPED]
    return min(known, default=0.0) if reason is None else reason


def describe(found: Sequence[Tried]) -> str:
    """The result of the tests, in a line: ``AC 12/20, WA at test 3``."""
    if not found:
        return "no tests"
    first = next((each for each in enumerate(found, start=1) if _is_wrong(each[1])), None)
    if found[0] is NO_CODE:
        return "NO_CODE"
    done = f"AC {passed(found)}/{len(found)}"
    reason = unknown(found)
    if first is not None:
        number, trial = first
        if not isinstance(trial, Trial):
            raise TypeError("only trials are wrong")
        note = f": {trial.note}" if trial.note else ""
        if trial.verdict is ProgramVerdict.CE:
            return f"CE{note}"
        done = f"{done}, {trial.verdict} at test {number}{note}"
    if reason is not None:
        kind = "fault" if isinstance(reason, ExecutionFault) else "not judged"
        done = f"{done}, {kind}: {reason}"
    return done


def _is_wrong(each: Tried) -> bool:
    return isinstance(each, Trial) and each.verdict not in (ProgramVerdict.AC, ProgramVerdict.SKIPPED)
