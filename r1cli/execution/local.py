"""The provider ``local``: sandboxes on this machine, made by bubblewrap."""

import asyncio
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

from r1cli.config.groups.code import Code
from r1cli.errors import R1Error
from r1cli.execution.executor import Result, Work
from r1cli.execution.languages import Language, fill, installed_language, python_executable
from r1cli.execution.program import ExecutionFault, Interaction, Program, ProgramResult, ProgramVerdict
from r1cli.system import cores


class LocalExecutor:
    """Runs programs in sandboxes on this machine."""

    def __init__(self, section: Code) -> None:
        if sys.platform != "linux" or shutil.which("bwrap") is None:
            raise R1Error(
                "programs cannot be isolated here: bubblewrap is not installed",
                where="code.provider local",
                fix="apt-get install bubblewrap, or --code.provider e2b, morph, piston or router",
            )
        self._slots = asyncio.Semaphore(section.max_sandboxes or cores())

    async def run(self, batch: Sequence[Work]) -> AsyncIterator[tuple[int, Result]]:
        """As `Executor.run`."""
        tasks = [asyncio.ensure_future(self._one(number, work)) for number, work in enumerate(batch)]
        try:
            for done in asyncio.as_completed(tasks):
                yield await done
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def close(self) -> None:
        """As `Executor.close`."""

    def facts(self) -> Mapping[str, str]:
        """As `Executor.facts`."""
        return {"isolation": "bubblewrap", "memory limit": "RLIMIT_AS"}

    async def _one(self, number: int, work: Work) -> tuple[int, Result]:
        async with self._slots:
            if isinstance(work, Interaction):
                return number, ExecutionFault("interactions cannot run yet")
            return number, await _run(work)


async def _run(program: Program) -> ProgramResult:
    language = installed_language(program.language)
    with tempfile.TemporaryDirectory(prefix="r1-sandbox-") as name:
        folder = Path(name)
        source = language.source_file(program)
        for file, text in {**program.files, source: program.source}.items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(text)
        sources = [source, *(file for file in program.files if file.endswith(language.extension))]
        words = {"python": python_executable(), "source": source, "out": "./program.out",
                 "stem": Path(source).stem, "memory": str(program.limits.memory_mb)}  # fmt: skip
        if language.compile:
            line = fill(language.compile, words, sources)
            code, _, errors, _ = await _sandboxed(folder, line, b"", 30, 30, language, 2048)
            if code:
                return ProgramResult(
                    ProgramVerdict.CE, stderr=errors.decode(errors="replace"), exit_code=code
                )
        limits = language.limits(program.limits)
        line = [*fill(language.run, words), *program.argv]
        started = time.monotonic()
        code, output, errors, late = await _sandboxed(
            folder, line, program.stdin.encode(), limits.cpu_s, limits.wall, language, limits.memory_mb
        )
        wall = time.monotonic() - started
        if program.output_file:
            path = folder / program.output_file
            output = path.read_bytes() if path.exists() else b""
    verdict = ProgramVerdict.TLE if late else ProgramVerdict.RE if code else ProgramVerdict.OK
    most = limits.output_kb << 10
    if len(output) + len(errors) > most:
        verdict = ProgramVerdict.OLE
    return ProgramResult(verdict, output[:most].decode(errors="replace"), errors[:most].decode(errors="replace"),
                         None if late else code, wall, wall)  # fmt: skip


async def _sandboxed(
    folder: Path, line: Sequence[str], stdin: bytes, cpu: float, wall: float, language: Language, memory: int
) -> tuple[int, bytes, bytes, bool]:
    python = Path(python_executable()).parents[1]
    places = [*("/usr", "/bin", "/lib", "/lib64", "/etc/alternatives", "/etc/ld.so.cache"), str(python)]
    binds = [word for place in places for word in ("--ro-bind-try", place, place)]
    command = ["bwrap", "--unshare-all", "--die-with-parent", "--clearenv", "--setenv", "PATH", "/usr/bin:/bin",
               *binds, "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp",
               "--bind", str(folder), "/work", "--chdir", "/work", "--", *line]  # fmt: skip

    def limit() -> None:
        seconds = int(cpu) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        if language.name not in ("javascript", "java"):
            resource.setrlimit(resource.RLIMIT_AS, (memory << 20, memory << 20))

    process = await asyncio.create_subprocess_exec(
        *command, stdin=-1, stdout=-1, stderr=-1, preexec_fn=limit, start_new_session=True
    )
    try:
        output, errors = await asyncio.wait_for(process.communicate(stdin), wall)
        code = process.returncode or 0
        return (128 - code if code > 128 else code), output, errors, code in (128 + signal.SIGXCPU, 137)
    except TimeoutError:
        return 0, b"", b"", True
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
