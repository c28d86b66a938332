"""From programs to what the process that starts them is asked, and back."""

from collections.abc import Mapping
from typing import Any

from r1cli.execution.isolation import ARTIFACTS
from r1cli.execution.languages import PYTHON, Language, fill, python_executable
from r1cli.execution.program import Program, ProgramLimits, ProgramResult, ProgramVerdict

_KIB, _MIB = 1 << 10, 1 << 20


def run_request(program: Program, language: Language, artifact: str = "") -> dict[str, Any]:
    """The request that runs a program.

    Args:
        program: with its own limits.
        language: the program's.
        artifact: the folder of the compiled program.
    """
    source = language.source_file(program)
    stem = source.rpartition("/")[2].removesuffix(language.extension)
    words = {
        "python": python_executable(),
        "source": source,
        "out": f"{artifact or ARTIFACTS}/program",
        "stem": stem,
        "memory": str(max(16, program.limits.memory_mb * 3 // 4)),
    }
    files = {name: _encoded(text) for name, text in program.files.items()}
    if not language.compile:
        files[source] = _encoded(program.source)
    return {
        "line": [*fill(language.run, words), *program.argv],
        "stdin": _encoded(program.stdin),
        "files": files,
        "collect": program.output_file,
        "wide": language.reserves,
        "words": list(program.argv),
        "warm": language.executable == PYTHON and list(files) == ["program.py"] and not program.output_file,
        **limits_request(language.limits(program.limits)),
    }


def limits_request(limits: ProgramLimits) -> dict[str, Any]:
    """The part of a request that limits it."""
    return {
        "cpu": float(limits.cpu_s),
        "wall": float(limits.wall),
        "memory": int(limits.memory_mb * _MIB),
        "output": int(limits.output_kb * _KIB),
        "disk": int(limits.output_kb * _KIB),
        "processes": int(limits.processes),
    }


def result_of(found: Mapping[str, Any]) -> ProgramResult:
    """The result of a request, as a program's result."""
    return ProgramResult(
        ProgramVerdict(found["verdict"]),
        stdout=found["stdout"].decode(errors="replace"),
        stderr=found["stderr"].decode(errors="replace"),
        exit_code=found["exit_code"],
        cpu_s=round(found["cpu"], 4),
        wall_s=round(found["wall"], 4),
        peak_mb=round(found["peak"] / _MIB, 1) if found["peak"] else None,
    )


def _encoded(text: str) -> bytes:
    return text.encode(errors="surrogatepass")
