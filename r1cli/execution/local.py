"""The provider ``local``: sandboxes on this machine, made by bubblewrap."""

import asyncio
import os
import random
import shutil
import sys
import weakref
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from r1cli.config.groups.code import Code
from r1cli.errors import R1Error
from r1cli.execution import compiled
from r1cli.execution.compiled import Artifact, Compiler
from r1cli.execution.executor import Result, Work, as_they_end
from r1cli.execution.interaction import channels, members
from r1cli.execution.languages import NOT_STARTED, Language, cannot_run, installed_language
from r1cli.execution.program import (
    ExecutionFault,
    Interaction,
    InteractionResult,
    Program,
    ProgramResult,
)
from r1cli.execution.run_request import limits_request, result_of, run_request
from r1cli.execution.toolchain import real_packages, view
from r1cli.execution.warden_client import WardenClient
from r1cli.system import cores

#: How often a program is started when the machine fails, and seconds before the second time.
_TRIES, _PAUSE = 3, 0.25
_WARNING = "warning: code.isolation is none: programs of models run as you, without any protection\n"
#: Programs at a time that one process watches.
_EACH = 8
#: Programs that are handed over before their turn.
_AHEAD = 4


class LocalExecutor:
    """Runs programs in sandboxes on this machine.

    Args:
        section: the config's group ``code``.
        groups: whether control groups may be used; tests see what holds without them.
        warm: whether small Python programs are run by a Python that has started already.

    Raises:
        R1Error: programs cannot be isolated on this machine.
    """

    def __init__(self, section: Code, *, groups: bool = True, warm: bool = True) -> None:
        self._isolation = section.isolation
        if self._isolation == "sandbox":
            _check_machine()
        else:
            sys.stderr.write(_WARNING)
        self._at_a_time = section.max_sandboxes or cores()
        self._view = view(section.python_packages)
        self._groups = groups
        self._warm = warm
        self._wardens: list[WardenClient] = []
        self._wardens.append(self._start_warden())
        # Whoever forgets to close it leaves no process behind.
        weakref.finalize(self, _hang_up, self._wardens)
        # Some wait beside those that run: the next one then begins at once.
        self._slots = asyncio.Semaphore(self._at_a_time + min(self._at_a_time, _AHEAD))
        self._interactions = asyncio.Semaphore(self._at_a_time)
        self._compiler = Compiler(self._compile)
        self._facts = {**self._wardens[0].facts, "at a time": str(self._at_a_time)}

    def run(self, batch: Sequence[Work]) -> AsyncIterator[tuple[int, Result]]:
        """As `Executor.run`."""
        return as_they_end(self._numbered(number, work) for number, work in enumerate(batch))

    async def close(self) -> None:
        """As `Executor.close`."""
        self._compiler.cancel()
        for warden in self._wardens:
            await asyncio.to_thread(warden.close)

    def facts(self) -> Mapping[str, str]:
        """As `Executor.facts`."""
        return self._facts

    async def _numbered(self, number: int, work: Work) -> tuple[int, Result]:
        try:
            if isinstance(work, Interaction):
                return number, await self._interaction(work)
            return number, await self._program(work)
        except ExecutionFault as fault:
            return number, fault

    async def _program(self, program: Program) -> ProgramResult:
        language = installed_language(program.language)
        artifact = await self._artifact(program, language)
        if isinstance(artifact, ProgramResult):
            return artifact
        async with self._slots:
            found = await self._persistently(lambda again: self._once(program, language, artifact, again))
            await self._check_interpreter(language, found)
        return result_of(found)

    async def _check_interpreter(self, language: Language, found: Mapping[str, Any]) -> None:
        """Tells an interpreter that does not start from a program that ends with the same exit code.

        Raises:
            ExecutionFault: it does not start.
        """
        if found["exit_code"] not in NOT_STARTED or language.run[0] == "{out}":
            return
        request = run_request(Program("", language.name), language)
        # Without the program, the exit code is the interpreter's own.
        alone = {**request, "line": [request["line"][0], "--version"], "warm": False}
        asked = await self._persistently(lambda _: self._warden().run(self._complete(alone)))
        if asked["exit_code"] in NOT_STARTED:
            raise cannot_run(language, f"{language.run[0]} does not start (exit code {asked['exit_code']})")

    async def _artifact(self, program: Program, language: Language) -> Artifact | ProgramResult | None:
        return await self._compiler.artifact(program, language) if language.compile else None

    async def _compile(self, request: dict[str, Any]) -> dict[str, Any]:
        limited = {**request, **limits_request(compiled.LIMITS)}
        # Compilers write far more than they print.
        limited["disk"] = 4 * limited["output"]
        async with self._slots:
            return await self._persistently(lambda _: self._warden().run(self._complete(limited)))

    async def _once(
        self, program: Program, language: Language, artifact: Artifact | None, again: bool
    ) -> dict[str, Any]:
        warden = self._warden()
        request = self._request(warden, program, language, artifact)
        # Where the warmed Python fails, a fresh one may not.
        return await warden.run({**request, "warm": request["warm"] and self._warm and not again})

    def _request(
        self, warden: WardenClient, program: Program, language: Language, artifact: Artifact | None
    ) -> dict[str, Any]:
        """What a warden is asked; it gets the compiled program first, if it does not have it yet."""
        place = ""
        if artifact is not None:
            warden.store(artifact.key, artifact.content)
            place = str(warden.folder / "artifacts" / artifact.key) if warden.folder else ""
        request = run_request(program, language, place)
        return self._complete(request | {"artifact": artifact.key if artifact else ""})

    def _complete(self, request: dict[str, Any]) -> dict[str, Any]:
        if self._isolation == "sandbox":
            return request
        bare = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        return request | {"bare_environment": {**bare, "PYTHONPATH": real_packages()}}

    async def _interaction(self, work: Interaction) -> InteractionResult:
        """Runs a manager and its players at the same time; they count as one program."""
        programs = (work.manager, *work.players)
        languages = [installed_language(program.language) for program in programs]
        made = [await self._artifact(*pair) for pair in zip(programs, languages, strict=True)]
        failed = [one for one in made if isinstance(one, ProgramResult)]
        if failed:
            return InteractionResult(*_not_run(made))
        artifacts = [one for one in made if not isinstance(one, ProgramResult)]
        async with self._interactions:
            found = await self._persistently(lambda _: self._together(work, languages, artifacts))
        for language, member in zip(languages, found["members"], strict=True):
            await self._check_interpreter(language, member)
        manager, *players = [result_of(one) for one in found["members"]]
        return InteractionResult(manager, players)

    async def _together(
        self, work: Interaction, languages: Sequence[Language], artifacts: Sequence[Artifact | None]
    ) -> dict[str, Any]:
        warden = self._warden()
        folders = channels(len(work.players))
        warden.tell("pipes", folders=folders)
        try:
            place = str(warden.folder / "pipes") if warden.folder else ""
            requests = [
                {**self._request(warden, program, language, artifact), "warm": False, **more}
                for (program, more), language, artifact in zip(
                    members(work, list(folders), place), languages, artifacts, strict=True
                )
            ]
            tasks = [asyncio.ensure_future(warden.run(request)) for request in requests]
            try:
                found = await asyncio.gather(*tasks)
            finally:
                for task in tasks:
                    task.cancel()
        finally:
            warden.tell("remove_pipes", folders=list(folders))
        faults = [one for one in found if "fault" in one]
        return faults[0] if faults else {"members": found}

    async def _persistently(self, attempt: compiled.Attempt) -> dict[str, Any]:
        """Tries again where the machine fails.

        Raises:
            ExecutionFault: it fails each time.
        """
        found: dict[str, Any] = {}
        for number in range(_TRIES):
            found = await attempt(number > 0)
            if "fault" not in found:
                return found
            await asyncio.sleep(_PAUSE * 2**number * (1 + random.random()))
        raise ExecutionFault(found["fault"])

    def _warden(self) -> WardenClient:
        """The one with the least to do; another is started when all have much, or one has ended."""
        for dead in [warden for warden in self._wardens if not warden.is_alive()]:
            self._wardens.remove(dead)
        least = min(self._wardens, key=lambda warden: warden.load(), default=None)
        if least is not None and (least.load() < 1 or len(self._wardens) * _EACH >= self._at_a_time):
            return least
        self._wardens.append(self._start_warden())
        return self._wardens[-1]

    def _start_warden(self) -> WardenClient:
        at_a_time = min(_EACH, self._at_a_time - _EACH * len(self._wardens))
        return WardenClient(self._view, self._isolation, self._groups, at_a_time)


def _hang_up(wardens: Sequence[WardenClient]) -> None:
    for warden in wardens:
        warden.hang_up()


def _not_run(made: Sequence[Artifact | ProgramResult | None]) -> tuple[ProgramResult, list[ProgramResult]]:
    """The results of an interaction of which a member cannot be compiled."""
    failed = next(one for one in made if isinstance(one, ProgramResult))
    manager, *players = [one if isinstance(one, ProgramResult) else failed for one in made]
    return manager, players


def _check_machine() -> None:
    others = "--code.provider e2b, morph, piston or router"
    if sys.platform != "linux":
        raise R1Error(
            "the sandbox of r1 works on Linux only", where="code.provider local", fix=f"use {others}"
        )
    if shutil.which("bwrap") is None:
        raise R1Error(
            "programs cannot be isolated here: bubblewrap is not installed",
            where="code.provider local",
            fix=f"apt-get install bubblewrap, or your distribution's equivalent; or use {others}",
        )
