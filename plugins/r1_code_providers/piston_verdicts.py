"""What an answer of Piston says of a program."""

import signal
from collections.abc import Mapping
from typing import Any

from r1_code_providers.patience import TryAgain
from r1cli import ProgramLimits, ProgramResult, ProgramVerdict

# The package for Codeforces problems runs a program under timeout(1), and ends with 134 for memory.
_CODEFORCES = ("codeforces", "cf_python3")
_CODEFORCES_CODES = {
    124: ProgramVerdict.TLE,
    137: ProgramVerdict.TLE,
    143: ProgramVerdict.TLE,
    134: ProgramVerdict.MLE,
}
# What runtimes write when their memory is used up, which is how a limit on address space shows.
_NO_MEMORY = ("MemoryError", "std::bad_alloc", "JavaScript heap out of memory", "java.lang.OutOfMemoryError")
# Piston kills for many reasons. A peak this near to the limit says that memory was it.
_NEAR = 0.95
_OVERLOADED = "Resource temporarily unavailable"


def result_of(answer: Any, limits: ProgramLimits, package: str, seconds: float) -> ProgramResult:
    """The result in an answer.

    Args:
        answer: the JSON of ``execute``.
        limits: of the program, with its language's time factor.
        package: of the runtime.
        seconds: how long the answer took.

    Raises:
        TryAgain: it is not an answer, or Piston was at fault.
    """
    if not isinstance(answer, dict) or not isinstance(answer.get("run"), dict):
        compiled = answer.get("compile") if isinstance(answer, dict) else None
        if not isinstance(compiled, dict) or not _failed(compiled):
            raise TryAgain(f"Piston answered without a result: {str(answer)[:200]}")
        return _not_compiled(compiled)
    compiled = answer.get("compile")
    if isinstance(compiled, dict) and _failed(compiled):
        return _not_compiled(compiled)
    return _run(answer["run"], limits, package, seconds)


def _failed(stage: Mapping[str, Any]) -> bool:
    return bool(stage.get("code") != 0 or stage.get("signal"))


def _not_compiled(stage: Mapping[str, Any]) -> ProgramResult:
    _refuse_faults(stage)
    text = f"{stage.get('stdout') or ''}{stage.get('stderr') or ''}{stage.get('message') or ''}"
    return ProgramResult(ProgramVerdict.CE, stderr=text)


def _run(run: Mapping[str, Any], limits: ProgramLimits, package: str, seconds: float) -> ProgramResult:
    _refuse_faults(run)
    verdict, code = _verdict(run, limits, package, seconds)
    peak = _number(run.get("memory"))
    return ProgramResult(
        verdict,
        str(run.get("stdout") or ""),
        str(run.get("stderr") or ""),
        code,
        (_number(run.get("cpu_time")) or 0.0) / 1000,
        (_number(run.get("wall_time")) or 1000 * seconds) / 1000,
        None if peak is None else peak / 2**20,
    )


def _refuse_faults(stage: Mapping[str, Any]) -> None:
    """Raises for what Piston, and not the program, is to blame for."""
    if stage.get("status") == "XX":
        raise TryAgain(f"Piston's sandbox failed: {stage.get('message')}")
    if _OVERLOADED in str(stage.get("stderr") or "") and stage.get("code") != 0:
        raise TryAgain("Piston is overloaded: it could not start a process")


def _verdict(
    run: Mapping[str, Any], limits: ProgramLimits, package: str, seconds: float
) -> tuple[ProgramVerdict, int | None]:
    code, killed = run.get("code"), run.get("signal")
    limit = _limit_said(run, limits, package)
    if limit is not None:
        return limit, None
    if code == 0 and not killed:
        late = (_number(run.get("cpu_time")) or 0.0) > 1000 * limits.cpu_s
        return (ProgramVerdict.TLE, None) if late else (ProgramVerdict.OK, 0)
    errors = str(run.get("stderr") or "")
    if any(words in errors for words in _NO_MEMORY) or _near_the_limit(run, limits):
        return ProgramVerdict.MLE, None
    if killed == "SIGKILL":
        return _killed(run, limits, seconds), None
    return ProgramVerdict.RE, _exit_code(code, killed)


def _limit_said(run: Mapping[str, Any], limits: ProgramLimits, package: str) -> ProgramVerdict | None:
    """The limit that Piston, or its package for Codeforces, says was passed."""
    code, status, message = run.get("code"), run.get("status"), str(run.get("message") or "").lower()
    if package in _CODEFORCES and code in _CODEFORCES_CODES:
        return _CODEFORCES_CODES[code]
    if status == "TO" or "time limit" in message or "timed out" in message:
        return ProgramVerdict.TLE
    if status in ("OL", "EL") or "length exceeded" in message:
        return _output_exceeded(run, limits)
    return ProgramVerdict.MLE if "memory limit" in message or "out of memory" in message else None


def _output_exceeded(run: Mapping[str, Any], limits: ProgramLimits) -> ProgramVerdict:
    """OLE, if Piston let the program write as much as its limit."""
    written = len(str(run.get("stdout") or "").encode()) + len(str(run.get("stderr") or "").encode())
    if written < 0.9 * 1024 * limits.output_kb:
        raise TryAgain(
            f"Piston cut the output after {written} bytes, below the program's {limits.output_kb} KiB: "
            "start it with a larger PISTON_OUTPUT_MAX_SIZE"
        )
    return ProgramVerdict.OLE


def _near_the_limit(run: Mapping[str, Any], limits: ProgramLimits) -> bool:
    peak = _number(run.get("memory"))
    killed = run.get("signal") == "SIGKILL" or run.get("code") == 128 + signal.SIGKILL
    return killed and peak is not None and peak >= _NEAR * (limits.memory_mb << 20)


def _killed(run: Mapping[str, Any], limits: ProgramLimits, seconds: float) -> ProgramVerdict:
    """Why a program was killed, which an older Piston does not say."""
    if seconds >= limits.wall:
        return ProgramVerdict.TLE
    written = len(str(run.get("stdout") or "").encode()) + len(str(run.get("stderr") or "").encode())
    if written >= 0.9 * 1024 * limits.output_kb:
        return ProgramVerdict.OLE
    if run.get("status"):
        return ProgramVerdict.RE  # it would have said that it was a limit
    raise TryAgain("Piston killed the program, within its limits and without a reason")


def _exit_code(code: Any, killed: Any) -> int | None:
    if isinstance(killed, str) and killed in signal.Signals.__members__:
        return -signal.Signals[killed].value
    if not isinstance(code, int):
        return None
    return 128 - code if 128 < code < 128 + signal.NSIG else code


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
