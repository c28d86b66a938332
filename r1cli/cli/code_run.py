"""``r1 code run``."""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from r1cli.cli import options
from r1cli.cli.output import emit, emit_json, say
from r1cli.errors import R1Error

if TYPE_CHECKING:
    from r1cli.execution.executor import Executor
    from r1cli.execution.program import Program, ProgramResult

#: Options of all commands that run programs.
Provider = Annotated[
    str, typer.Option("--provider", "--code.provider", help="The code provider: local, e2b, morph, ...")
]
Isolation = Annotated[str, typer.Option("--isolation", "--code.isolation", help="sandbox, or none.")]
Endpoints = Annotated[
    list[str] | None,
    typer.Option("--endpoint", "--code.endpoints", help="A server of the provider; may be repeated."),
]


def run(
    file: Annotated[Path, typer.Argument(help="The program.", exists=True, dir_okay=False)],
    language: Annotated[
        str | None, typer.Option(help="Its language. Default: by the extension of FILE.", show_default=False)
    ] = None,
    stdin: Annotated[
        # Typer's own check of paths takes - for a file.
        Path | None,
        typer.Option(help="A file with its input; - is standard input. Default: what is piped."),
    ] = None,
    provider: Provider = "local",
    isolation: Isolation = "sandbox",
    endpoint: Endpoints = None,
    cpu: Annotated[float, typer.Option(help="Seconds of CPU time, before the language's factor.")] = 10.0,
    memory: Annotated[int, typer.Option(help="MiB of memory, of all its processes.")] = 512,
    as_json: options.Json = False,
) -> None:
    """Run one program in a sandbox, and print what it prints.

    The verdict, its time and its memory go to standard error. The exit code is 0 where the program ended with
    0, else 1.
    """
    from r1cli.execution.program import Program, ProgramLimits

    try:
        limits = ProgramLimits(cpu_s=cpu, memory_mb=memory)
    except ValueError as error:
        raise R1Error(str(error), where="flags --cpu and --memory") from None
    source = _text(file, "argument FILE")
    given = _input(stdin)
    program = Program(source, language or _language_of(file), given, limits=limits)
    say(f"limits: {_limits_of(program)}")
    result = asyncio.run(_run(open_provider(provider, isolation, endpoint), program))
    if as_json:
        emit_json(vars(result))
    else:
        emit(result.stdout.removesuffix("\n"))
        if result.stderr:
            say(result.stderr.rstrip("\n"))
    peak = "" if result.peak_mb is None else f", {result.peak_mb} MiB"
    say(f"{result.verdict}: {result.cpu_s:.3f} s of CPU time, {result.wall_s:.3f} s{peak}")
    if result.verdict != "OK":
        sys.exit(1)


def _limits_of(program: "Program") -> str:
    from r1cli.execution.languages import find_language

    limits = find_language(program.language).limits(program.limits)
    return f"{limits.cpu_s:g} s of CPU time, {limits.memory_mb} MiB"


def _input(file: Path | None) -> str:
    """What the program reads; a terminal is waited for only where ``-`` asks for it."""
    if file is not None and str(file) != "-":
        return _text(file, "flag --stdin")
    return "" if sys.stdin is None or (file is None and sys.stdin.isatty()) else sys.stdin.read()


def open_provider(provider: str, isolation: str, endpoints: list[str] | None) -> "Executor":
    """The executor that the options name.

    Raises:
        R1Error: it is unknown, or cannot run programs here.
    """
    from r1cli.config.groups.code import Code
    from r1cli.execution.executor import open_executor

    if isolation not in ("sandbox", "none"):
        raise R1Error(f"unknown isolation '{isolation}'", where="flag --isolation", fix="sandbox, or none")
    return open_executor(Code(provider=provider, isolation=isolation, endpoints=endpoints or []))


async def _run(executor: "Executor", program: "Program") -> "ProgramResult":
    from r1cli.execution.program import ExecutionFault, ProgramResult

    try:
        async for _, result in executor.run([program]):
            if isinstance(result, ProgramResult):
                return result
            why = str(result) if isinstance(result, ExecutionFault) else "no result"
            raise R1Error(f"the program could not be run: {why}", exit_code=1)
        raise R1Error("the provider gave no result", exit_code=1)
    finally:
        await executor.close()


def _language_of(file: Path) -> str:
    from r1cli.execution.languages import LANGUAGES

    by_extension = {row.extension: row.name for row in reversed(LANGUAGES) if not row.name.startswith("cpp")}
    found = {**by_extension, ".cpp": "cpp", ".cc": "cpp", ".cxx": "cpp"}.get(file.suffix.lower())
    if found is None:
        raise R1Error(f"'{file}' does not say its language", where="argument FILE", fix="add --language NAME")
    return found


def _text(file: Path, where: str) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        what = f"'{file}' cannot be read: {getattr(error, 'strerror', None) or error}"
        raise R1Error(what, where=where, fix="name a file of text in UTF-8") from None
